package web

import (
	"context"
	"hash/fnv"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"tributary/internal/errs"
	"tributary/internal/identity"
	"tributary/internal/landing"
	"tributary/internal/store"
	"tributary/internal/tracking"
)

// visitPatience is how long a visitor waits for their visit to be durable. Then
// the page is shown all the same: what earns money is the click on its button.
const visitPatience = 500 * time.Millisecond

// landingRoutes are what visitors of landing pages ask for.
func (s *Server) landingRoutes() {
	if s.Pages == nil {
		return
	}
	s.previews = landing.NewPreviews(s.Keys)
	limit := s.limitAddress
	s.echo.Match([]string{http.MethodGet, http.MethodHead}, "/p/:id/:slug", s.showPage, limit)
	s.echo.GET("/p/:id/:slug/go/:place", s.leavePage, limit)
	s.echo.GET("/assets/page/:name", s.pageAsset, limit)
}

// showPage answers with a page in one of its variants, after the visit is
// durable.
func (s *Server) showPage(c echo.Context) error {
	r := c.Request()
	if token := c.QueryParam("preview"); token != "" {
		return s.showPreview(c, token)
	}
	ctx := r.Context()
	v, err := s.Pages.Find(ctx, c.Param("id"))
	if err != nil {
		return err
	}
	if c.Param("slug") != v.Slug { // the page was renamed, or somebody mistyped
		c.Response().Header().Set("Cache-Control", "no-cache")
		return c.Redirect(http.StatusFound, "/p/"+c.Param("id")+"/"+v.Slug+queryOf(r))
	}
	seen := tracking.See(r, c.RealIP())
	variant := v.Pick(visitorHash(s.Clicks.Visitor(ctx, v.Shop, &seen), v.Release), givenVariant(r))
	shown, err := v.Render(ctx, variant)
	if err != nil {
		return err
	}
	if r.Method == http.MethodGet {
		if err := s.recordVisit(ctx, v, variant, seen); err != nil {
			return err
		}
	}
	return send(c, shown)
}

// recordVisit returns an error when the page must not be shown, not when it was
// not recorded.
func (s *Server) recordVisit(ctx context.Context, v *landing.View, variant string, seen tracking.Seen) error {
	ctx, cancel := context.WithTimeout(ctx, visitPatience)
	defer cancel()
	_, err := s.Clicks.Record(ctx, tracking.Touch{ShopID: v.Shop, Kind: store.ClickVisit, AgreementID: v.Agreement, PageID: v.Page, Variant: variant, Seen: seen})
	if e := errs.As(err); err != nil && (e == nil || e.Kind != errs.NotFound) {
		s.Log.Warn("a visit was not recorded", "shop_id", v.Shop, "page_id", v.Page, "err", err)
		return nil
	}
	return err
}

// visitorHash deals visitors out to variants: the same one always to the same
// place of a release; who may not be recognised, to any.
func visitorHash(visitor string, release int64) uint64 {
	if visitor == "" {
		return rand.Uint64() //nolint:gosec // nobody gains by guessing which variant comes next
	}
	h := fnv.New64a()
	h.Write(strconv.AppendInt(nil, release, 10))
	h.Write([]byte(visitor))
	return mix(h.Sum64())
}

// mix spreads every bit of x over all bits of the result (splitmix64's
// finaliser): FNV's low bits alone are not even enough for percents.
func mix(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// givenVariant is the variant that a link back to the page names: who has come
// once keeps it.
func givenVariant(r *http.Request) string {
	if r.URL.RawQuery == "" {
		return ""
	}
	if v := r.URL.Query().Get("v"); len(v) == 1 {
		return v
	}
	return ""
}

func queryOf(r *http.Request) string {
	if r.URL.RawQuery == "" {
		return ""
	}
	return "?" + r.URL.RawQuery
}

// send answers with a rendered page, or with 304 to who has it.
func send(c echo.Context, p *landing.Rendered) error {
	r, w := c.Request(), c.Response()
	h := w.Header()
	body, tag := p.Body, p.ETag
	if acceptsGzip(r) {
		body, tag = p.Gzip, p.GzipETag
		h.Set("Content-Encoding", "gzip")
	}
	h["Content-Security-Policy"] = p.PolicyHeader
	// Each view is counted, and a variant may be somebody else's: browsers keep
	// the page and ask again, shared caches do not keep it.
	h.Set("Cache-Control", "private, no-cache")
	h.Set("Vary", "Accept-Encoding")
	h.Set("Etag", tag)
	h.Set("Referrer-Policy", "strict-origin-when-cross-origin")
	if match(r.Header.Get("If-None-Match"), tag) {
		h.Del("Content-Encoding")
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(http.StatusOK)
	if r.Method == http.MethodHead {
		return nil
	}
	_, _ = w.Write(body) // the visitor may be gone
	return nil
}

func acceptsGzip(r *http.Request) bool {
	for part := range strings.SplitSeq(r.Header.Get("Accept-Encoding"), ",") {
		name, q, _ := strings.Cut(strings.TrimSpace(part), ";")
		if strings.EqualFold(strings.TrimSpace(name), "gzip") {
			q = strings.ReplaceAll(q, " ", "")
			return q != "q=0" && q != "q=0.0" && q != "q=0.00" && q != "q=0.000"
		}
	}
	return false
}

// match reports whether If-None-Match names the tag; a proxy may have made it weak.
func match(header, tag string) bool {
	if header == "" {
		return false
	}
	for part := range strings.SplitSeq(header, ",") {
		if part = strings.TrimPrefix(strings.TrimSpace(part), "W/"); part == tag || part == "*" {
			return true
		}
	}
	return false
}

func (s *Server) showPreview(c echo.Context, token string) error {
	p, err := s.Pages.Preview(c.Request().Context(), s.previews, c.Param("id"), token, c.QueryParam("still") != "")
	if err != nil {
		return err
	}
	// The merchant app shows it beside what it is made of, itself in the frame of
	// the shop's admin.
	frames := "'self'"
	if f, ok := s.shopifyFrame(p.Shop); ok {
		frames += " " + f.ancestors
	}
	for _, store := range p.Stores {
		if origin, ok := identity.OriginOf(store); ok {
			frames += " " + origin
		}
	}
	h := c.Response().Header()
	h.Del("X-Frame-Options")
	h.Set("Content-Security-Policy", strings.Replace(p.SecurityPolicy, "frame-ancestors 'none'", "frame-ancestors "+frames, 1))
	h.Set("Cache-Control", "private, no-store")
	h.Set("X-Robots-Tag", "noindex, nofollow")
	return c.HTMLBlob(http.StatusOK, p.Body)
}

// leavePage leads from a button of a page to the store, after the click is
// durable, with the click's id and the page's discount.
func (s *Server) leavePage(c echo.Context) error {
	r := c.Request()
	ctx := r.Context()
	out, err := s.Pages.Out(ctx, c.Param("id"), c.Param("place"), c.QueryParam("v"))
	if err != nil {
		return err
	}
	h := c.Response().Header()
	h.Set("Cache-Control", "no-store")
	h.Set("X-Robots-Tag", "noindex, nofollow")
	var click tracking.ClickID
	if out.Variant != "" {
		click, err = s.Clicks.Record(ctx, tracking.Touch{ShopID: out.Shop, Kind: store.ClickLink, AgreementID: out.Agreement, LinkID: out.Link,
			PageID: out.Page, Variant: out.Variant, Seen: tracking.See(r, c.RealIP())})
		if err != nil {
			return err
		}
	}
	return c.Redirect(http.StatusFound, out.Way(string(click)))
}

// pageAsset answers with a file that pages load. Its name changes with it.
func (s *Server) pageAsset(c echo.Context) error {
	a, ok := landing.Assets[c.Param("name")]
	if !ok {
		return echo.ErrNotFound
	}
	h := c.Response().Header()
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("Cross-Origin-Resource-Policy", "cross-origin") // a preview in a sandbox is of no origin
	h.Set("Vary", "Accept-Encoding")
	body := a.Body
	if acceptsGzip(c.Request()) {
		body = a.Gzip
		h.Set("Content-Encoding", "gzip")
	}
	return c.Blob(http.StatusOK, a.ContentType, body)
}
