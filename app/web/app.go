package web

import (
	"bytes"
	"compress/gzip"
	"crypto/rand"
	"embed"
	"fmt"
	"html"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
	"sync"

	"github.com/labstack/echo/v4"

	"tributary/internal/errs"
	"tributary/internal/platform/shopify"
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
)

// appRoutes serve the merchant app: one page for every address below /app, and
// the files it is made of, whose names change with what is in them.
func (s *Server) appRoutes() {
	files := s.App
	if files == nil {
		files, _ = fs.Sub(bundle, "bundle") // it is embedded
	}
	page, err := fs.ReadFile(files, "admin.html")
	show := func(c echo.Context) error { return s.showApp(c, page) }
	if err != nil {
		show = func(echo.Context) error {
			return errs.New(errs.Unavailable, "pages_not_built", "This program was built without its pages. Build it with `make build`.")
		}
	}
	for _, p := range []string{"/app", "/app/", "/app/*"} {
		s.echo.GET(p, show, s.limitAddress)
	}
	a := &appFiles{files: files}
	s.echo.GET("/app/assets/:name", a.serve, s.limitAddress)
}

// showApp answers with the page. Whoever comes with a good session of a Shopify
// store's admin has their store installed on the way; a page without one asks
// App Bridge for it.
func (s *Server) showApp(c echo.Context, page []byte) error {
	ctx := c.Request().Context()
	if token := c.QueryParam("id_token"); token != "" && s.Sessions != nil && s.Installs != nil {
		if session, err := s.Sessions.Verify(token, s.DB.Now()); err == nil {
			if _, err := s.Installs.Arrive(ctx, session.Shop, token); err != nil {
				visitFrom(ctx).err = fmt.Errorf("install %s: %w", session.Shop, err)
			}
		}
	}
	nonce := rand.Text()
	frames, scripts, bridge := "'none'", "'self'", ""
	if f, ok := s.frameOf(c.QueryParam("shop")); ok {
		frames, scripts = f.ancestors, scripts+" "+f.bridge
		bridge = `<script data-api-key="` + html.EscapeString(s.Installs.Access.API.App().ClientID) + `" src="` + html.EscapeString(f.bridge) + `"></script>`
		c.Response().Header().Del("X-Frame-Options") // it knows no list of hosts
	}
	h := c.Response().Header()
	h.Set("Content-Security-Policy", "default-src 'none'; script-src "+scripts+"; style-src 'self' 'nonce-"+nonce+"'; img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; "+
		"base-uri 'none'; form-action 'none'; frame-ancestors "+frames)
	h.Set("Cache-Control", "no-store")
	out := bytes.ReplaceAll(page, []byte(nonceMark), []byte(nonce))
	out = bytes.Replace(out, []byte(appBridgeMark), []byte(bridge), 1)
	return c.HTMLBlob(http.StatusOK, out)
}

// frame is who may show the app in a frame, and where its App Bridge is.
type frame struct{ ancestors, bridge string }

// frameOf tells the frame of a shop's admin. It says nothing about who asks:
// data needs a session.
func (s *Server) frameOf(shop string) (frame, bool) {
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
