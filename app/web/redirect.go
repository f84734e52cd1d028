package web

import (
	"net"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"tributary/internal/errs"
	"tributary/internal/tracking"
)

// publicRoutes are the doors of shoppers: links, and the proof that a host
// points here. They need no key; addresses are limited, generously, because many
// people may come from one.
func (s *Server) publicRoutes() {
	if s.Clicks == nil {
		return
	}
	both := []string{http.MethodGet, http.MethodHead}
	s.echo.Match(both, linkRoute, s.follow)
	s.echo.Match(both, hostLinkRoute, s.followOnHost)
	s.echo.GET("/.well-known/tributary/:token", s.proveHost, s.limitAddress)
}

const (
	linkRoute     = "/r/:slug"
	hostLinkRoute = "/:slug"
)

// isLink reports whether the route is that of a link.
func isLink(route string) bool { return route == linkRoute || route == hostLinkRoute }

// follow sends a visitor on, once the click is durable. On a shop's own host the
// slug is one of that shop; anywhere else it is the public one.
func (s *Server) follow(c echo.Context) error {
	return s.redirect(c, "/r/")
}

// followOnHost is follow at the root, which is for hosts of shops only.
func (s *Server) followOnHost(c echo.Context) error {
	if s.ownHost(c.Request().Host) {
		return echo.ErrNotFound
	}
	return s.redirect(c, "/")
}

func (s *Server) redirect(c echo.Context, under string) error {
	r := c.Request()
	address := c.RealIP()
	visitFrom(r.Context()).shopper = true
	if !s.clicks.Take(addressKey(address)) {
		return errTooMany
	}
	host := ""
	if !s.ownHost(r.Host) {
		host = hostName(r.Host)
		shop, err := s.Doors.Shop(r.Context(), host)
		if err != nil {
			return err
		}
		if shop == 0 {
			if under == "/" {
				return echo.ErrNotFound
			}
			host = "" // a name of ours that we were not told of: public slugs hold everywhere
		}
	}
	t, err := s.Doors.Target(r.Context(), host, c.Param("slug"))
	if err != nil {
		return err
	}
	if t == nil || t.Off() {
		return errNoLink
	}
	seen := tracking.See(r, address)
	to, err := s.Clicks.Follow(r.Context(), t, seen)
	if err != nil {
		return err
	}
	h := c.Response().Header()
	h["Location"] = []string{to}
	h["Cache-Control"] = noStore
	h["Referrer-Policy"] = originOnly // the store may know which site led there, and no more
	h["X-Robots-Tag"] = noRobots
	if seen.Consent == "granted" {
		s.remember(c, t.Shop(), &seen)
	}
	h["Content-Length"] = empty
	c.Response().WriteHeader(http.StatusFound)
	return nil
}

// What every redirect says; headers share them, which is why nobody may change one.
var (
	noStore    = []string{"no-store"}
	originOnly = []string{"strict-origin-when-cross-origin"}
	noRobots   = []string{"noindex, nofollow"}
	empty      = []string{"0"}
)

var errNoLink = errs.New(errs.NotFound, "link_not_found", "This link does not lead anywhere. It may have been switched off.")

// remember sets the visitor's cookie, for those who have agreed.
func (s *Server) remember(c echo.Context, shop int64, seen *tracking.Seen) {
	if v := s.Clicks.VisitorCookie(c.Request().Context(), shop, seen); v != "" && v != seen.Visitor {
		c.SetCookie(&http.Cookie{Name: tracking.VisitorCookie, Value: v, Path: "/", MaxAge: 30 * 24 * 3600, HttpOnly: true,
			Secure: strings.HasPrefix(s.PublicURL, "https://"), SameSite: http.SameSiteLaxMode})
	}
}

// proveHost answers the token of a domain that is asked for by its own host.
func (s *Server) proveHost(c echo.Context) error {
	ours, err := s.DB.DomainToken(c.Request().Context(), hostName(c.Request().Host), c.Param("token"))
	if err != nil {
		return err
	}
	if !ours {
		return echo.ErrNotFound
	}
	return c.String(http.StatusOK, c.Param("token"))
}

// ownHost tells whether the host is that of PUBLIC_URL, or no name at all.
func (s *Server) ownHost(host string) bool {
	return host == s.host || host == "" || hostName(host) == hostName(s.host) || net.ParseIP(hostName(host)) != nil || hostName(host) == "localhost"
}

// hostName is a Host header's name in lower case, without a port.
func hostName(host string) string {
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	return strings.TrimSuffix(strings.ToLower(host), ".")
}
