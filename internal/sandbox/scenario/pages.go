package scenario

import (
	"context"
	"fmt"
	"html"
	"net/http"
	"regexp"
	"strings"
	"time"

	"tributary/internal/sandbox"
)

// givePage gives a party a published landing page.
func (s *Scenario) givePage(ctx context.Context, p *party) error {
	front := "https://" + strings.TrimPrefix(strings.TrimPrefix(s.front(), "https://"), "http://")
	doc := obj{
		"title": p.name() + "'s favourites",
		"sections": []obj{
			{"type": "hero", "heading": "What I use every day", "text": "I have tried all of it, and this is what stayed.", "button": "To the shop", "link": front},
			{"type": "banner", "code": p.code(), "percent": p.OffBps / 100},
			{"type": "words", "heading": "Why", "text": "Few ingredients, and none that I cannot pronounce."},
		},
	}
	var page struct{ ID, URL string }
	if err := s.API.post(ctx, "/pages", obj{"agreement_id": p.Agreement, "slug": p.Handle + "-favourites", "document": doc, "author": p.name()}, &page); err != nil {
		return err
	}
	p.Page = page.URL
	return s.API.post(ctx, "/pages/"+page.ID+"/publish", obj{}, nil)
}

// front is where the store says it is.
func (s *Scenario) front() string {
	if s.Store.Platform() == sandbox.Shopify {
		return "https://" + s.Store.Domain() + "/"
	}
	return wooFront
}

// wooFront is the address of the demo's WooCommerce store.
const wooFront = "https://woo-demo.localhost/"

// pages are the campaigns of landing pages: people look, some click on the
// button, and one in four of those buys.
func (s *Scenario) pages() {
	for _, p := range s.of(LandingPages) {
		if p.Page == "" {
			continue
		}
		for day := 4; day < int(s.to.Sub(s.from)/(24*time.Hour)); day += 2 {
			n := 4 + s.rng.IntN(5)
			s.plan(s.at(day, 19), func() error { return s.look(p, n) })
		}
	}
}

var goButton = regexp.MustCompile(`href="(/p/[^"]+/go/[^"]+)"`)

// look lets people look at a party's page.
func (s *Scenario) look(p *party, n int) error {
	for range n {
		who := s.Crowd.Person()
		r, err := s.Crowd.Do(s.ctx, who, http.MethodGet, p.Page, nil)
		if err != nil {
			return err
		}
		s.truth.hits++
		button := goButton.FindSubmatch(r.Body)
		if r.Status != http.StatusOK || button == nil {
			return fmt.Errorf("the page of %s answered %d without a button", p.Handle, r.Status)
		}
		if s.rng.IntN(2) == 0 {
			continue
		}
		landing, err := s.Crowd.Follow(s.ctx, who, s.API.base+html.UnescapeString(string(button[1])))
		if err != nil {
			return err
		}
		s.truth.hits++
		if s.rng.IntN(4) == 0 {
			s.buy(landing, s.soon(), func(o *sandbox.Order) { s.truth.own[o.ID] = true })
		}
	}
	// A link preview of a messenger, and somebody whose browser loads ahead.
	for _, noise := range []sandbox.Person{{Address: "100.127.0.1", Agent: sandbox.PreviewAgent}, {Address: "100.127.1.1", Agent: sandbox.ScriptAgent}} {
		if _, err := s.Crowd.Do(s.ctx, noise, http.MethodGet, p.Page, nil); err != nil {
			return err
		}
		s.truth.hits++
	}
	return nil
}
