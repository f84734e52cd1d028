package web

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humaecho"
	"github.com/labstack/echo/v4"

	"tributary/internal/errs"
	"tributary/internal/identity"
	"tributary/internal/store"
)

// The portal is an API of its own, for influencers: whoever calls has a session
// cookie and sees their own rows in every shop. What reads runs as a role of the
// database that shows one influencer and nothing else (store.InPortal), so the
// handlers of the merchant's API serve here too.

// portalRoute is one line of the portal's route table. open ones need no
// session.
type portalRoute struct {
	method, path string
	open         bool
	summary      string
	mount        func(*Server, huma.Operation)
}

const portalPath = "/portal/v1"

type portalKey struct{}

// guest is who calls the portal, and what they are in the shop of the path.
type guest struct {
	visitor *identity.Visitor
	member  *store.Membership // nil: the path names no shop
}

func guestFrom(ctx context.Context) *guest {
	g, _ := ctx.Value(portalKey{}).(*guest)
	return g
}

// sees mounts what reads the visitor's own rows in the shop of the path.
func sees[I, B any](f func(context.Context, *store.Tx, *I) (B, error)) func(*Server, huma.Operation) {
	return func(s *Server, op huma.Operation) {
		huma.Register(s.portal, op, func(ctx context.Context, in *I) (*answer[B], error) {
			var o answer[B]
			m := guestFrom(ctx).member
			err := s.DB.InPortal(ctx, m.ShopID, m.InfluencerID, func(tx *store.Tx) (err error) {
				o.Body, err = f(ctx, tx, in)
				return err
			})
			if err != nil {
				return nil, problemOf(ctx, err)
			}
			return &o, nil
		})
	}
}

// does mounts what changes something of the visitor's in the shop of the path.
// own looks whether what the request names is theirs, as the portal's role; f
// then writes as the application.
func does[I, B any](own func(context.Context, *store.Tx, *I) error, f func(context.Context, *store.Tx, *store.Membership, *I) (B, error)) func(*Server, huma.Operation) {
	return func(s *Server, op huma.Operation) {
		huma.Register(s.portal, op, func(ctx context.Context, in *I) (*answer[B], error) {
			var o answer[B]
			m := guestFrom(ctx).member
			var err error
			if own != nil {
				err = s.DB.InPortal(ctx, m.ShopID, m.InfluencerID, func(tx *store.Tx) error { return own(ctx, tx, in) })
			}
			if err == nil {
				err = s.DB.InTx(ctx, m.ShopID, func(tx *store.Tx) (err error) {
					o.Body, err = f(ctx, tx, m, in)
					return err
				})
			}
			if err != nil {
				return nil, problemOf(ctx, err)
			}
			return &o, nil
		})
	}
}

// hands mounts what reads the visitor's own rows and answers with a file.
func hands[I any](f func(context.Context, *store.Tx, *I) (sent, error), types ...media) func(*Server, huma.Operation) {
	return func(s *Server, op huma.Operation) {
		content := map[string]*huma.MediaType{}
		for _, m := range types {
			content[m.name] = &huma.MediaType{Schema: m.schema(s.portal.OpenAPI().Components.Schemas)}
		}
		op.Responses = map[string]*huma.Response{"200": {Description: http.StatusText(http.StatusOK), Content: content}}
		huma.Register(s.portal, op, func(ctx context.Context, in *I) (*huma.StreamResponse, error) {
			var out sent
			m := guestFrom(ctx).member
			err := s.DB.InPortal(ctx, m.ShopID, m.InfluencerID, func(tx *store.Tx) (err error) {
				out, err = f(ctx, tx, in)
				return err
			})
			if err != nil {
				return nil, problemOf(ctx, err)
			}
			return &huma.StreamResponse{Body: func(hc huma.Context) {
				hc.SetHeader("Content-Type", out.contentType)
				if out.name != "" {
					hc.SetHeader("Content-Disposition", `attachment; filename="`+out.name+`"`)
				}
				_, _ = hc.BodyWriter().Write(out.body) // the client may be gone
			}}, nil
		})
	}
}

// speaks mounts what is about the visitor and no shop.
func speaks[I, B any](f func(context.Context, *identity.Visitor, *I) (B, error)) func(*Server, huma.Operation) {
	return func(s *Server, op huma.Operation) {
		huma.Register(s.portal, op, func(ctx context.Context, in *I) (*answer[B], error) {
			var o answer[B]
			var v *identity.Visitor
			if g := guestFrom(ctx); g != nil {
				v = g.visitor
			}
			var err error
			if o.Body, err = f(ctx, v, in); err != nil {
				return nil, problemOf(ctx, err)
			}
			return &o, nil
		})
	}
}

// mountPortal registers the portal's routes. Without people to let in there is
// no portal.
func (s *Server) mountPortal() {
	if s.People == nil {
		return
	}
	s.portal = humaecho.New(s.echo, portalConfig())
	s.portal.UseMiddleware(s.enterPortal)
	for _, r := range s.portalTable() {
		op := huma.Operation{
			OperationID: operationID(r.method, r.path), Method: r.method, Path: portalPath + r.path, Summary: r.summary, MaxBodyBytes: maxBody,
			Tags: []string{portalTag(r.path)}, DefaultStatus: http.StatusOK, Metadata: map[string]any{"open": r.open, "portal": true},
			Errors: []int{http.StatusTooManyRequests},
		}
		if !r.open {
			op.Security = []map[string][]string{{"session": {}}}
			op.Errors = append(op.Errors, http.StatusUnauthorized)
			if r.method != http.MethodGet {
				op.Errors = append(op.Errors, http.StatusForbidden)
				op.Parameters = append(op.Parameters, &huma.Param{Name: csrfHeader, In: "header", Required: true,
					Description: "csrf_token of GET /me", Schema: &huma.Schema{Type: huma.TypeString}})
			}
		}
		if strings.Contains(r.path, "{") {
			op.Errors = append(op.Errors, http.StatusNotFound)
		}
		if strings.HasPrefix(r.path, "/shops/{shop}") {
			op.Parameters = append(op.Parameters, &huma.Param{Name: "shop", In: "path", Required: true, Description: "Id of a shop you work with, as GET /me lists them",
				Example: "shp_1", Schema: &huma.Schema{Type: huma.TypeString}})
		}
		r.mount(s, op)
	}
}

func portalTag(path string) string {
	path = strings.TrimPrefix(path, "/shops/{shop}")
	if tag := tagOf(path); tag != "" {
		return tag
	}
	return "shops"
}

func portalConfig() huma.Config {
	c := apiConfig()
	c.Info.Title = "Tributary portal"
	c.Info.Description = "What influencers see and do, in every shop that they work with. Callers have a session cookie, which they get by a link or a code that is mailed to them; " +
		"what changes something carries the token of GET /me in X-CSRF-Token. Amounts are decimal strings with their currency, times are RFC 3339 in UTC, ids are strings. " +
		"Errors are application/problem+json (RFC 9457) with a stable code."
	c.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"session": {Type: "apiKey", In: "cookie", Name: "__Host-tributary", Description: "Without the prefix on a server without https"},
	}
	c.OpenAPIPath = "/portal/openapi"
	return c
}

// PortalOpenAPI is the portal's API document; nil without a portal.
func (s *Server) PortalOpenAPI() ([]byte, error) {
	if s.portal == nil {
		return nil, nil
	}
	return s.portal.OpenAPI().MarshalJSON()
}

const csrfHeader = "X-CSRF-Token"

var (
	errCSRF   = errs.New(errs.Forbidden, "csrf_token_missing", "This request does not carry the token of GET /portal/v1/me in X-CSRF-Token. Load the page again.")
	errOrigin = errs.New(errs.Forbidden, "cross_site", "This request comes from another site.")
)

// enterPortal stands before every operation of the portal: limits, who calls,
// where the request comes from, which shop it is about, a deadline.
func (s *Server) enterPortal(hc huma.Context, next func(huma.Context)) {
	c := humaecho.Unwrap(hc)
	ctx, cancel := context.WithTimeout(hc.Context(), requestTimeout)
	defer cancel()
	c.Response().Header().Set("Cache-Control", "no-store")
	g, err := s.admitGuest(ctx, c, hc.Operation(), hc.Param("shop"))
	if err != nil {
		writeProblem(c, err)
		return
	}
	if g != nil {
		ctx = context.WithValue(ctx, portalKey{}, g)
	}
	next(huma.WithContext(hc, ctx))
}

func (s *Server) admitGuest(ctx context.Context, c echo.Context, op *huma.Operation, shop string) (*guest, error) {
	address := addressKey(visitFrom(ctx).address)
	if !s.byAddress.Take(address) {
		return nil, errTooMany
	}
	if op.Metadata["portal"] == nil {
		return nil, nil // the API document
	}
	r := c.Request()
	if op.Method != http.MethodGet && !sameSite(r, s.PublicURL) {
		return nil, errOrigin
	}
	if op.Metadata["open"] == true {
		if op.Method != http.MethodGet && !s.signIns.Take(address) {
			return nil, errTooMany
		}
		return nil, nil
	}
	token := ""
	if cookie, err := r.Cookie(s.cookieName(sessionCookie)); err == nil {
		token = cookie.Value
	}
	v, err := s.People.Visitor(ctx, token)
	if err != nil {
		if errs.As(err) != nil && !s.failures.Take(address) {
			return nil, errTooMany
		}
		return nil, err
	}
	if v.Fresh != "" {
		c.SetCookie(s.cookie(sessionCookie, v.Fresh, v.Session.ExpiresAt))
	}
	visitFrom(ctx).caller.User = "person " + strconv.FormatInt(v.Person.ID, 10)
	if op.Method != http.MethodGet && !v.Means(r.Header.Get(csrfHeader)) {
		return nil, errCSRF
	}
	g := &guest{visitor: v}
	if strings.HasPrefix(op.Path, portalPath+"/shops/{shop}") {
		id, err := parseID("shp", shop)
		if err != nil {
			return nil, err
		}
		if g.member, err = v.Member(id); err != nil {
			return nil, err
		}
	}
	return g, nil
}

// sameSite refuses what a browser was made to send by another site. Programs
// send neither header.
func sameSite(r *http.Request, public string) bool {
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" && site != "same-origin" && site != "none" {
		return false
	}
	origin := r.Header.Get("Origin")
	return origin == "" || origin == public || origin == "http://"+r.Host || origin == "https://"+r.Host
}

const (
	sessionCookie = "tributary"
	askCookie     = "tributary-ask" // of the browser that asked for a link
)

func (s *Server) secure() bool { return strings.HasPrefix(s.PublicURL, "https://") }

// cookieName has the prefix that keeps other hosts of the domain from setting
// the cookie; browsers take it over https only.
func (s *Server) cookieName(name string) string {
	if s.secure() {
		return "__Host-" + name
	}
	return name
}

func (s *Server) cookie(name, value string, until time.Time) *http.Cookie {
	c := &http.Cookie{Name: s.cookieName(name), Value: value, Path: "/", HttpOnly: true, Secure: s.secure(), SameSite: http.SameSiteLaxMode, Expires: until}
	if value == "" {
		c.MaxAge, c.Expires = -1, time.Time{}
	}
	return c
}
