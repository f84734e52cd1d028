package web

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/labstack/echo/v4"
	"golang.org/x/text/language"
	"golang.org/x/text/language/display"

	"tributary/internal/domain/draw"
	"tributary/internal/errs"
	"tributary/internal/store"
	"tributary/internal/tracking/giveaway"
)

// maxEntryForm is more than any honest entry needs.
const maxEntryForm = 16 << 10

// giveawayPages are the public pages of giveaways: no key, no cookie, no script.
func (s *Server) giveawayPages() {
	s.echo.GET("/g/:giveaway", s.giveawayPage, s.limitAddress)
	s.echo.POST("/g/:giveaway", s.enterGiveaway, s.limitAddress)
	s.echo.GET("/g/:giveaway/terms", s.giveawayTerms, s.limitAddress)
	s.echo.GET("/g/:giveaway/proof", s.publicProof, s.limitAddress)
}

// shownGiveaway is what the public pages show.
type shownGiveaway struct {
	ID, Title, Prize, Shop string
	Winners                int
	OpensAt, ClosesAt      string
	Status                 string // upcoming, open, closed, frozen, drawn, cancelled
	Terms                  []string
	Ways                   map[string]bool
	Countries              []shownCountry // to choose from
	Limited                bool           // to some countries

	Form   giveaway.Form // as it was sent, to correct
	Errors map[string]string
	Entry  string // id, once the person is in
	Proof  *draw.Proof
}

type shownCountry struct{ Code, Name string }

// public runs f in a transaction of the giveaway's shop and returns what the
// pages show of the giveaway afterwards.
func (s *Server) public(c echo.Context, f func(ctx context.Context, tx *store.Tx, g *store.Giveaway, show *shownGiveaway) error) (*shownGiveaway, error) {
	ctx, cancel := context.WithTimeout(c.Request().Context(), requestTimeout)
	defer cancel()
	id, err := parseID("gaw", c.Param("giveaway"))
	if err != nil {
		return nil, err
	}
	var shopID int64
	if err := s.DB.InTx(ctx, 0, func(tx *store.Tx) (err error) {
		shopID, err = tx.ShopOfGiveaway(ctx, id)
		return err
	}); err != nil {
		return nil, err
	}
	show := &shownGiveaway{}
	err = s.DB.InTx(ctx, shopID, func(tx *store.Tx) error {
		g, err := tx.Giveaway(ctx, id)
		if err != nil {
			return err
		}
		shop, err := tx.Shop(ctx)
		if err != nil {
			return err
		}
		show.fill(tx, g, shop)
		if f == nil {
			return nil
		}
		return f(ctx, tx, g, show)
	})
	if err == nil && show.Entry != "" && s.Wake != nil {
		s.Wake(shopID)
	}
	return show, err
}

func (v *shownGiveaway) fill(tx *store.Tx, g *store.Giveaway, shop *store.Shop) {
	zone, err := time.LoadLocation(shop.TimeZone)
	if err != nil {
		zone = time.UTC
	}
	at := func(t time.Time) string { return t.In(zone).Format("2 January 2006, 15:04 MST") }
	v.ID, v.Title, v.Prize, v.Shop, v.Winners = formatID("gaw", g.ID), g.Title, g.Prize, shop.Name, g.Winners
	if v.Shop == "" {
		v.Shop = shop.Domain
	}
	v.OpensAt, v.ClosesAt = at(g.OpensAt), at(g.ClosesAt)
	switch {
	case g.State != store.GiveawayPlanned:
		v.Status = g.State
	case giveaway.Open(tx, g):
		v.Status = "open"
	case tx.Now.Before(g.OpensAt):
		v.Status = "upcoming"
	default:
		v.Status = "closed"
	}
	for p := range strings.SplitSeq(g.Terms, "\n") {
		if p = strings.TrimSpace(p); p != "" {
			v.Terms = append(v.Terms, p)
		}
	}
	v.Ways = map[string]bool{}
	for _, w := range g.Ways {
		v.Ways[w] = true
	}
	v.Limited = len(g.Countries) > 0
	for _, c := range countries() {
		if !v.Limited || slices.Contains(g.Countries, c.Code) {
			v.Countries = append(v.Countries, c)
		}
	}
}

// countries are all countries by name.
var countries = sync.OnceValue(func() []shownCountry {
	var out []shownCountry
	names := display.English.Regions()
	for a := 'A'; a <= 'Z'; a++ {
		for b := 'A'; b <= 'Z'; b++ {
			r, err := language.ParseRegion(string(a) + string(b))
			if err != nil || !r.IsCountry() || r.Canonicalize() != r || r.String() == "ZZ" {
				continue
			}
			if n := names.Name(r); n != "" && n != "Unknown Region" {
				out = append(out, shownCountry{r.String(), n})
			}
		}
	}
	slices.SortFunc(out, func(a, b shownCountry) int { return strings.Compare(a.Name, b.Name) })
	return out
})

// giveawayPage shows a giveaway and, while it is open, its form. clk (a click of
// ours), ref (or the slug of a link) and code in the query tell whose influencer sent the person.
func (s *Server) giveawayPage(c echo.Context) error {
	show, err := s.public(c, nil)
	if err != nil {
		return err
	}
	q := c.QueryParams()
	show.Form = giveaway.Form{Click: cut(q.Get("clk"), 128), Ref: cut(q.Get("ref"), 128), Code: cut(q.Get("code"), 255)}
	return s.giveawayAnswer(c, http.StatusOK, "giveaway.html", show)
}

func (s *Server) giveawayAnswer(c echo.Context, status int, name string, show *shownGiveaway) error {
	h := c.Response().Header()
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'")
	h.Set("Cache-Control", "no-store")
	return page(c, status, name, show)
}

// enterGiveaway takes the form. A field that people do not see and robots fill
// in gets the same answer and no entry.
func (s *Server) enterGiveaway(c echo.Context) error {
	if !s.byEntrant.Take(addressKey(c.RealIP())) {
		return errTooMany
	}
	r := c.Request()
	r.Body = http.MaxBytesReader(c.Response(), r.Body, maxEntryForm)
	if err := r.ParseForm(); err != nil {
		if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
			return errs.New(errs.TooLarge, "body_too_large", "The form is larger than any honest one.")
		}
		return errBody
	}
	form := giveaway.Form{Email: cut(r.PostFormValue("email"), 300), Way: r.PostFormValue("way"), Country: cut(r.PostFormValue("country"), 10), Agreed: r.PostFormValue("agreed") == "yes",
		Click: cut(r.PostFormValue("clk"), 128), Ref: cut(r.PostFormValue("ref"), 128), Code: cut(r.PostFormValue("code"), 255)}
	robot := r.PostFormValue("website") != ""
	show, err := s.public(c, func(ctx context.Context, tx *store.Tx, g *store.Giveaway, show *shownGiveaway) error {
		show.Form = form
		if robot {
			show.Entry = draw.FormatID(draw.EntryID(g.ID, form.Email))
			return nil
		}
		id, err := giveaway.Enter(ctx, tx, s.Keys, g.ID, form)
		if err == nil {
			show.Entry = draw.FormatID(id)
		}
		return err
	})
	e := errs.As(err)
	switch {
	case err == nil:
		return s.giveawayAnswer(c, http.StatusOK, "giveaway.html", show)
	case e != nil && e.Kind == errs.Invalid:
		show.Errors = map[string]string{}
		for _, f := range e.Fields {
			show.Errors[f.Path] = f.Msg
		}
		return s.giveawayAnswer(c, http.StatusUnprocessableEntity, "giveaway.html", show)
	case e != nil && e.Kind == errs.Conflict:
		return s.giveawayAnswer(c, http.StatusConflict, "giveaway.html", show)
	}
	return err
}

func (s *Server) giveawayTerms(c echo.Context) error {
	show, err := s.public(c, nil)
	if err != nil {
		return err
	}
	return s.giveawayAnswer(c, http.StatusOK, "giveaway_terms.html", show)
}

// publicProof answers with the proof of the draw: a page to browsers, else the
// document that `tributary draw verify` reads.
func (s *Server) publicProof(c echo.Context) error {
	show, err := s.public(c, func(ctx context.Context, tx *store.Tx, g *store.Giveaway, show *shownGiveaway) (err error) {
		show.Proof, err = giveaway.Proof(ctx, tx, g)
		return err
	})
	if err != nil {
		return err
	}
	c.Response().Header().Set("Vary", "Accept")
	if strings.Contains(c.Request().Header.Get("Accept"), "text/html") && c.QueryParam("format") != "json" {
		return s.giveawayAnswer(c, http.StatusOK, "giveaway_proof.html", show)
	}
	b, err := encodeProof(show.Proof)
	if err != nil {
		return err
	}
	c.Response().Header().Set("Cache-Control", "no-store")
	return c.Blob(http.StatusOK, "application/json", b)
}

// cut is at most n bytes of s, as valid text.
func cut(s string, n int) string {
	if len(s) > n {
		s = s[:n]
	}
	return strings.ReplaceAll(strings.ToValidUTF8(s, ""), "\x00", "")
}
