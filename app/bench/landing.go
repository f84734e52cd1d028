package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"tributary/app/web"
	"tributary/internal/domain/order"
	"tributary/internal/domain/page"
	"tributary/internal/landing"
	"tributary/internal/obs"
	"tributary/internal/program"
	"tributary/internal/store"
	"tributary/internal/tenant"
	"tributary/internal/tracking"
	"tributary/jobs"
)

// landingConns is how many visitors ask at the same time: enough that a commit
// has many to share it.
const landingConns = 128

const pageVisitor = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.0 Mobile/15E148 Safari/604.1"

// wireGoal is what a page may weigh without its pictures, in bytes.
const wireGoal = 30_000

func init() { roles["landing-ours"], roles["landing-limit"] = landingOurs, landingLimit }

// landingPage measures how many visitors a second a page of ours can take, when
// each visit is durable before its answer, against net/http that answers the same
// bytes and does nothing else.
func landingPage(ctx context.Context, s *stage) (Result, error) {
	r := Result{Unit: "views/s"}
	who := []string{"limit", "ours"}
	s.steps = len(who) * s.Rounds
	s.doing("making a page")
	redisURL, note, err := s.redisURL()
	if err != nil {
		return r, err
	}
	r.Note = note
	var path string
	with, err := s.base(ctx, "landing", func(url string) error { return s.addPage(ctx, url) })
	if err != nil {
		return r, err
	}
	if path, err = pagePath(ctx, s.url(with)); err != nil {
		return r, err
	}
	runs := map[string][]heard{}
	weight := 0
	for range s.Rounds {
		for _, name := range who {
			h, a, bytes, err := s.landingOnce(ctx, name, with, redisURL, path)
			if err != nil {
				return r, fmt.Errorf("%s: %w", name, err)
			}
			runs[name] = append(runs[name], h)
			if name == "ours" {
				r.RSS, weight = max(r.RSS, a.RSS), bytes
				r.Errors += h.errors
			}
			s.did(fmt.Sprintf("%s: %.0f views/s, p99 %.1f ms", name, h.rate, h.p99))
		}
	}
	r.Ours, r.Limit = rate(runs["ours"]), rate(runs["limit"])
	r.P99 = p99(runs["ours"])
	r.P50 = median(each(runs["ours"], func(h heard) float64 { return h.p50 }))
	r.ratios()
	for _, a := range landing.Assets {
		weight += len(a.Gzip)
	}
	r.goal(r.OfLimit >= 0.7, "≥ 0.7 of net/http answering the same bytes")
	r.goal(weight <= wireGoal, "≤ %d kB on the wire without pictures: %.1f", wireGoal/1000, float64(weight)/1000)
	r.memory()
	return r, nil
}

func (s *stage) landingOnce(ctx context.Context, name, template, redisURL, path string) (h heard, a account, bytes int, err error) {
	url, drop, err := s.fresh(ctx, template)
	if err != nil {
		return h, a, 0, err
	}
	defer drop()
	c, err := s.start(ctx, task{Role: "landing-" + name, DatabaseURL: url, RedisURL: redisURL})
	if err != nil {
		return h, a, 0, err
	}
	listening, err := c.next()
	if err != nil {
		_, _ = c.end()
		return h, a, 0, err
	}
	bytes, err = weigh(ctx, "http://"+listening.Address+path)
	if err == nil {
		h, err = view(ctx, listening.Address, path, s.Window)
	}
	a, cerr := c.end()
	if err == nil {
		err = cerr
	}
	if err != nil {
		return h, a, bytes, err
	}
	if h.errors > 0 {
		return h, a, bytes, fmt.Errorf("%d errors, the first: %w", h.errors, h.firstErr)
	}
	if name != "ours" {
		return h, a, bytes, nil
	}
	stored, err := count(ctx, url, "SELECT count(*) FROM clicks WHERE kind = 2")
	if err == nil && stored != h.acked+1 { // and the one that weighed it
		err = fmt.Errorf("%d people saw the page and %d visits are stored", h.acked+1, stored)
	}
	return h, a, bytes, err
}

// weigh is what the page weighs on the wire, without its head.
func weigh(ctx context.Context, url string) (int, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0, err
	}
	req.Header.Set("Accept-Encoding", "gzip")
	req.Header.Set("User-Agent", pageVisitor)
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		return 0, err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK || res.Header.Get("Content-Encoding") != "gzip" {
		return 0, fmt.Errorf("the page answers %s, encoded %q", res.Status, res.Header.Get("Content-Encoding"))
	}
	return strconv.Atoi(res.Header.Get("Content-Length"))
}

// view asks for the page over and over, each connection waiting for its answer.
func view(ctx context.Context, address, path string, window time.Duration) (heard, error) {
	req := fmt.Appendf(nil, "GET %s HTTP/1.1\r\nHost: tributary.example.com\r\nUser-Agent: %s\r\nAccept: text/html\r\nAccept-Encoding: gzip, deflate, br\r\n"+
		"Referer: https://www.instagram.com/\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\n\r\n", path, pageVisitor)
	clients := make([]*client, landingConns)
	for i := range clients {
		c, err := net.Dial("tcp", address) //nolint:noctx // loopback; the run is bounded in time
		if err != nil {
			return heard{}, fmt.Errorf("dial: %w", err)
		}
		defer c.Close()
		clients[i] = &client{conn: c, in: make([]byte, 16<<10)}
	}
	var failed atomic.Int64
	var first atomic.Pointer[error]
	begin := time.Now()
	from, until := begin.Add(warmUp), begin.Add(warmUp+window)
	var wg sync.WaitGroup
	for _, c := range clients {
		wg.Go(func() {
			for ctx.Err() == nil {
				start := time.Now()
				if !start.Before(until) {
					return
				}
				_, err := c.conn.Write(req)
				if err == nil {
					err = c.answer()
				}
				if err != nil {
					failed.Add(1)
					first.CompareAndSwap(nil, &err)
					return
				}
				end := time.Now()
				c.acked++
				if !start.Before(from) && end.Before(until) {
					c.took = append(c.took, end.Sub(start))
				}
			}
		})
	}
	wg.Wait()
	h := heard{errors: failed.Load()}
	var took []time.Duration
	for _, c := range clients {
		h.acked += c.acked
		took = append(took, c.took...)
	}
	if h.errors > 0 {
		h.firstErr = *first.Load()
	}
	slices.Sort(took)
	h.rate = float64(len(took)) / window.Seconds()
	h.p50, h.p99 = percentile(took, 50), percentile(took, 99)
	return h, ctx.Err()
}

// benchPage is a page as a merchant would make it.
func benchPage() []byte {
	at := func(p string) string { return "https://" + shopDomain + p }
	picture := func(p string) map[string]any {
		return map[string]any{"url": at("/img/" + p + ".jpg"), "alt": "A picture of it"}
	}
	var products, reviews, questions []any
	for i := range 8 {
		products = append(products, map[string]any{"title": fmt.Sprintf("Pan number %d, hand made in Vermont", i), "price": fmt.Sprintf("$%d.00", 40+i), "image": picture(strconv.Itoa(i)), "link": at(fmt.Sprintf("/products/pan-%d", i))})
		reviews = append(reviews, map[string]any{"author": fmt.Sprintf("Buyer %d", i), "stars": 1 + i%5, "text": fmt.Sprintf("I have had it for %d months, and it is as good as on the first day. The handle stays cold.", i+2)})
		questions = append(questions, map[string]any{"question": fmt.Sprintf("What about the size of pan number %d?", i), "answer": "It fits what you cook for four people.\n\nMeasure your stove before you order."})
	}
	b, err := json.Marshal(map[string]any{"title": "The pans I really use", "description": "What is on my stove, and why.", "sections": []any{
		map[string]any{"type": "hero", "heading": "The pans I really use", "text": "I have tested forty of them in eight years. These are the ones that stayed.", "image": picture("hero"), "button": "See the set", "link": at("/products/set")},
		map[string]any{"type": "countdown", "heading": "Autumn offer", "ends": "2099-12-01T23:59:59Z"},
		map[string]any{"type": "products", "heading": "What is on my stove", "products": products},
		map[string]any{"type": "banner", "heading": "A little something", "code": "ANNA15", "percent": 15},
		map[string]any{"type": "words", "text": "A pan must do two things: get hot evenly, and let go of what is in it.", "by": "Anna", "image": picture("anna")},
		map[string]any{"type": "reviews", "reviews": reviews},
		map[string]any{"type": "faq", "questions": questions},
	}})
	if err != nil {
		panic(err) // strings and numbers
	}
	return b
}

// addPage makes a shop with one page, published.
func (s *stage) addPage(ctx context.Context, url string) error {
	if _, err := store.Migrate(ctx, url, "", time.Now()); err != nil {
		return err
	}
	db, err := store.Open(ctx, url, store.Options{MaxConns: 2})
	if err != nil {
		return err
	}
	defer db.Close()
	shop, err := tenant.AddShop(ctx, db, s.keys, tenant.NewShop{Platform: order.Shopify, Domain: shopDomain, Currency: "USD", TimeZone: "America/New_York"})
	if err != nil {
		return err
	}
	return db.InTx(ctx, shop.ID, func(tx *store.Tx) error {
		handle, email, title := "anna", "anna@example.com", "Autumn"
		inf, err := program.AddInfluencer(ctx, tx, s.keys, program.InfluencerFields{Handle: &handle, Name: &handle, Email: &email})
		if err != nil {
			return err
		}
		camp, err := program.AddCampaign(ctx, tx, program.CampaignFields{Name: &title})
		if err != nil {
			return err
		}
		a, err := program.DraftAgreement(ctx, tx, program.NewAgreement{InfluencerID: inf.ID, CampaignID: camp.ID,
			Terms: []byte(`{"version":1,"currency":"USD","components":[{"id":"fee","type":"flat_order","amount":"5","via":["landing_page"]}]}`)})
		if err != nil {
			return err
		}
		p, err := landing.Add(ctx, tx, landing.NewPage{AgreementID: a.ID, Slug: "anna", Document: benchPage()})
		if err != nil {
			return err
		}
		_, err = landing.Publish(ctx, tx, p.ID, landing.Publication{Variants: []page.Variant{{Version: 1}}})
		return err
	})
}

func pagePath(ctx context.Context, url string) (string, error) {
	db, err := store.Open(ctx, url, store.Options{MaxConns: 2})
	if err != nil {
		return "", err
	}
	defer db.Close()
	list, _, err := db.LandingChanges(ctx, 0)
	if err != nil {
		return "", err
	}
	if len(list) != 1 {
		return "", errors.New("the page is not there")
	}
	return "/p/" + list[0].PublicID + "/anna", nil
}

// landingOurs is what `tributary serve` is to a visitor of a page.
func landingOurs(ctx context.Context, o task, ready func(string)) (a account, err error) {
	keys, err := openKeys(o.Sealing)
	if err != nil {
		return a, err
	}
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		return a, err
	}
	defer null.Close()
	log, metrics := obs.NewLog(null, "info", "json"), obs.NewMetrics("bench")
	db, err := store.Open(ctx, o.DatabaseURL, store.Options{})
	if err != nil {
		return a, err
	}
	defer db.Close()
	waker, err := jobs.NewWaker(o.RedisURL, log)
	if err != nil {
		return a, err
	}
	defer waker.Close()
	doors := tracking.NewDoors(db, keys, log, time.Second)
	defer doors.Close()
	clicks := tracking.NewRecorder(db, doors, nil, log, waker.Wake)
	defer clicks.Close()
	pages := landing.NewPages(db, log, "https://tributary.example.com", time.Second)
	defer pages.Close()
	if err := pages.Refresh(ctx); err != nil {
		return a, err
	}
	server := web.New(web.Deps{
		DB: db, Keys: keys, Log: log, Metrics: metrics, Version: "bench", PublicURL: "https://tributary.example.com",
		Wake: waker.Wake, Doors: doors, Clicks: clicks, Pages: pages,
		Limits: web.Limits{AddressPerSecond: 1e9, AddressBurst: 1e9, ClicksPerSecond: 1e9, ClickBurst: 1e9}, // all visitors come from one address here
	})
	l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // loopback, at once
	if err != nil {
		return a, err
	}
	ready(l.Addr().String())
	return a, server.Serve(ctx, l, 5*time.Second)
}

// landingLimit answers the same bytes from memory.
func landingLimit(ctx context.Context, o task, ready func(string)) (a account, err error) {
	d, err := page.Stored(benchPage())
	if err != nil {
		return a, err
	}
	path, err := pagePath(ctx, o.DatabaseURL)
	if err != nil {
		return a, err
	}
	r, err := landing.Render(d, &landing.Scene{BaseURL: "https://tributary.example.com", Path: path, Variant: "a", Version: 1, Shop: shopDomain, Influencer: "anna"}, time.Now())
	if err != nil {
		return a, err
	}
	length := strconv.Itoa(len(r.Gzip))
	handler := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		h := w.Header()
		h.Set("Content-Type", "text/html; charset=utf-8")
		h.Set("Content-Encoding", "gzip")
		h.Set("Content-Length", length)
		_, _ = w.Write(r.Gzip)
	})
	l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // loopback, at once
	if err != nil {
		return a, err
	}
	return a, serveUntil(ctx, l, handler, ready)
}
