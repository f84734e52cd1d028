package web

import (
	"bytes"
	"compress/gzip"
	"crypto/rand"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io/fs"
	"mime"
	"net/http"
	"net/url"
	"path"
	"strings"
	"sync"

	"github.com/labstack/echo/v4"

	"tributary/internal/errs"
	"tributary/internal/identity"
	"tributary/internal/platform/shopify"
	"tributary/internal/store"
)

// The merchant app as `npm run build` leaves it; a build without npm has a
// placeholder there.
//
//go:embed all:bundle
var bundle embed.FS

const (
	cdnAppBridge  = "https://cdn.shopify.com/shopifycloud/app-bridge.js"
	shopifyAdmin  = "https://admin.shopify.com"
	nonceMark     = "CSP_NONCE"
	appBridgeMark = "<!--app-bridge-->"
	sessionPage   = "/app/session"
	reloadParam   = "shopify-reload" // where App Bridge goes on, with a token
	retriedParam  = "retried"
)

// appRoutes serve the merchant app: one page for every address below /app, and
// the files it is made of, whose names change with what is in them.
func (s *Server) appRoutes() {
	show := s.built("admin.html", s.showApp)
	for _, p := range []string{"/app", "/app/", "/app/*"} {
		s.echo.GET(p, show, s.limitAddress)
	}
	s.echo.GET(sessionPage, s.bounce, s.limitAddress)
	a := &appFiles{files: s.bundle()}
	s.echo.GET("/app/assets/:name", a.serve, s.limitAddress)
}

func (s *Server) bundle() fs.FS {
	if s.App != nil {
		return s.App
	}
	files, _ := fs.Sub(bundle, "bundle") // it is embedded
	return files
}

// built shows a page of the bundle.
func (s *Server) built(name string, show func(echo.Context, []byte) error) echo.HandlerFunc {
	page, err := fs.ReadFile(s.bundle(), name)
	if err != nil {
		return func(echo.Context) error {
			return errs.New(errs.Unavailable, "pages_not_built", "This program was built without its pages. Build it with `make build`.")
		}
	}
	return func(c echo.Context) error { return show(c, page) }
}

// showApp answers with the page. Whoever comes with a good session of a Shopify
// store's admin has their store installed on the way; one who comes from an admin
// without a session is sent to fetch one. What went wrong is told in the page,
// for Shopify shows no error pages of ours.
func (s *Server) showApp(c echo.Context, page []byte) error {
	head, err := s.arrive(c)
	if err != nil {
		return err
	}
	if c.Response().Committed {
		return nil
	}
	f, framed, err := s.frameOf(c)
	if err != nil {
		return err
	}
	frames, scripts := "'none'", "'self'"
	if framed {
		h := c.Response().Header()
		frames = f.ancestors
		h.Del("X-Frame-Options") // it knows no list of hosts
		if f.bridge != "" {
			scripts += " " + f.bridge
			head += s.bridgeScript(f)
			h.Add("Link", "<"+f.bridge+">; rel=preload; as=script")
		} else {
			head += `<meta name="tributary-admin" content="` + html.EscapeString(f.ancestors) + `">`
		}
	}
	return withPolicy(c, bytes.Replace(page, []byte(appBridgeMark), []byte(head), 1), scripts, frames)
}

// withPolicy answers with a page of the bundle and what it may load.
func withPolicy(c echo.Context, page []byte, scripts, frames string) error {
	nonce := rand.Text()
	h := c.Response().Header()
	h.Set("Content-Security-Policy", "default-src 'none'; script-src "+scripts+"; style-src 'self' 'nonce-"+nonce+"'; img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; "+
		"base-uri 'none'; form-action 'none'; frame-src 'self'; frame-ancestors "+frames)
	h.Set("Cache-Control", "no-store")
	return c.HTMLBlob(http.StatusOK, bytes.ReplaceAll(page, []byte(nonceMark), []byte(nonce)))
}

// arrive installs the store of whoever opens the app in a Shopify admin. It
// returns what the page has to tell, or has answered with a redirect.
func (s *Server) arrive(c echo.Context) (head string, err error) {
	if s.Sessions == nil || s.Installs == nil {
		return "", nil
	}
	token := c.QueryParam("id_token")
	if token == "" {
		if c.QueryParam("embedded") == "1" {
			return "", s.toSession(c, nil)
		}
		return "", nil
	}
	session, err := s.Sessions.Verify(token, s.DB.Now())
	if err == nil {
		_, err = s.Installs.Arrive(c.Request().Context(), session.Shop, token)
	}
	if err == nil {
		return "", nil
	}
	visitFrom(c.Request().Context()).err = fmt.Errorf("arrive from the admin of %s: %w", clip(c.QueryParam("shop")), err)
	e := errs.As(err)
	stale := errors.Is(err, identity.ErrSession) || e != nil && e.Code == "shopify_stale_session"
	if stale && c.QueryParam(retriedParam) == "" {
		return "", s.toSession(c, url.Values{retriedParam: {"1"}})
	}
	return troubleMeta(c, e), nil
}

// troubleMeta tells the page why the store could not be let in.
func troubleMeta(c echo.Context, e *errs.Error) string {
	t := struct {
		Code      string `json:"code"`
		Message   string `json:"message"`
		RequestID string `json:"request_id"`
	}{"not_installed", "Shopify did not answer as it should while the app was being installed.", c.Response().Header().Get(echo.HeaderXRequestID)}
	if e != nil {
		t.Code, t.Message = e.Code, e.Msg
	}
	b, _ := json.Marshal(t) // three strings
	return `<meta name="tributary-trouble" content="` + html.EscapeString(string(b)) + `">`
}

// toSession sends the browser to the page on which App Bridge fetches a session
// token, and back to where it is now.
func (s *Server) toSession(c echo.Context, more url.Values) error {
	if _, ok := s.shopifyFrame(c.QueryParam("shop")); !ok {
		return nil // nobody's admin: the page says so
	}
	back := c.QueryParams()
	back.Del("id_token")
	for k, v := range more {
		back[k] = v
	}
	q := url.Values{}
	for k, v := range back {
		q[k] = v
	}
	q.Set(reloadParam, c.Request().URL.Path+"?"+back.Encode())
	return c.Redirect(http.StatusFound, sessionPage+"?"+q.Encode())
}

// bounce is that page: App Bridge alone. It goes on to an address of ours only.
func (s *Server) bounce(c echo.Context) error {
	f, ok := s.shopifyFrame(c.QueryParam("shop"))
	to, err := url.Parse(c.QueryParam(reloadParam))
	if !ok || err != nil || to.Scheme != "" || to.Host != "" || to.Path != "/app" && !strings.HasPrefix(to.Path, "/app/") || strings.HasPrefix(to.Path, sessionPage) {
		return errs.New(errs.BadRequest, "session_page", "Open the app from the store's admin: this address is only a stop on the way.")
	}
	h := c.Response().Header()
	h.Del("X-Frame-Options")
	h.Set("Content-Security-Policy", "default-src 'none'; script-src "+f.bridge+"; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors "+f.ancestors)
	h.Set("Cache-Control", "no-store")
	return c.HTML(http.StatusOK, `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Tributary</title>`+s.bridgeScript(f)+`</head><body></body></html>`)
}

func (s *Server) bridgeScript(f frame) string {
	return `<script data-api-key="` + html.EscapeString(s.Installs.Access.API.App().ClientID) + `" src="` + html.EscapeString(f.bridge) + `"></script>`
}

// frame is who may show the app in a frame, and where its App Bridge is; a
// WooCommerce store has none, and its admin is asked for sessions directly.
type frame struct{ ancestors, bridge string }

// frameOf tells the frame of the admin that opens the app. It says nothing
// about who asks: data needs a session.
func (s *Server) frameOf(c echo.Context) (frame, bool, error) {
	kid := c.QueryParam("connection")
	if kid == "" || s.WooSessions == nil {
		f, ok := s.shopifyFrame(c.QueryParam("shop"))
		return f, ok, nil
	}
	base, err := s.WooSessions.StoreOf(c.Request().Context(), kid)
	if store.IsNotFound(err) {
		return frame{}, false, nil
	}
	if err != nil {
		return frame{}, false, err
	}
	origin, ok := identity.OriginOf(base)
	return frame{ancestors: origin}, ok, nil
}

func (s *Server) shopifyFrame(shop string) (frame, bool) {
	domain, ok := shopify.ShopDomain(shop)
	if !ok || s.Installs == nil {
		return frame{}, false
	}
	if base, played := s.Installs.Access.API.Played(domain); played {
		return frame{base, base + "/app-bridge.js"}, true
	}
	return frame{"https://" + domain + " " + shopifyAdmin, cdnAppBridge}, true
}

// appFiles are the files of the app, compressed when first asked for.
type appFiles struct {
	files  fs.FS
	packed sync.Map // name → []byte
}

func (a *appFiles) serve(c echo.Context) error {
	name := c.Param("name")
	b, err := fs.ReadFile(a.files, path.Join("assets", name))
	if err != nil || !fs.ValidPath(name) {
		return echo.ErrNotFound
	}
	kind := mime.TypeByExtension(path.Ext(name))
	if kind == "" {
		kind = echo.MIMEOctetStream
	}
	h := c.Response().Header()
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("Vary", "Accept-Encoding")
	if path.Ext(name) != ".woff2" && strings.Contains(c.Request().Header.Get("Accept-Encoding"), "gzip") {
		packed, ok := a.packed.Load(name)
		if !ok {
			var z bytes.Buffer
			w, _ := gzip.NewWriterLevel(&z, gzip.BestCompression) // the level is one
			_, _ = w.Write(b)                                     // memory takes it
			_ = w.Close()
			packed, _ = a.packed.LoadOrStore(name, z.Bytes())
		}
		h.Set("Content-Encoding", "gzip")
		b, _ = packed.([]byte)
	}
	return c.Blob(http.StatusOK, kind, b)
}
