package web

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"tributary/internal/errs"
	"tributary/internal/identity"
	"tributary/internal/landing"
	"tributary/internal/store"
)

// pluginTable is the part of the route table about the companion plugin of
// WooCommerce stores.
func (s *Server) pluginTable() []route {
	return []route{
		{get, "/plugin", read, "Get how the store's companion plugin is connected", reads(s.getPlugin)},
		{post, "/plugin/pair", write, "Connect the store's companion plugin, anew if it was", acts(s.pairPlugin)},
	}
}

// PluginState is the companion plugin in the store.
type PluginState struct {
	Connected   bool       `json:"connected"`
	HomeURL     string     `json:"home_url,omitempty" doc:"Of the site that it is in"`
	Version     string     `json:"version,omitempty"`
	ConnectedAt *time.Time `json:"connected_at,omitempty"`
}

func asPlugin(l *store.PluginLink) PluginState {
	return PluginState{Connected: true, HomeURL: l.HomeURL, Version: l.Version, ConnectedAt: &l.CreatedAt}
}

func (s *Server) getPlugin(ctx context.Context, tx *store.Tx, _ *none) (PluginState, error) {
	l, err := tx.PluginLink(ctx)
	if store.IsNotFound(err) {
		return PluginState{}, nil
	}
	if err != nil {
		return PluginState{}, err
	}
	return asPlugin(l), nil
}

func (s *Server) pairPlugin(ctx context.Context, shopID int64, _ *none) (PluginState, error) {
	if s.Storefronts == nil {
		return PluginState{}, errs.New(errs.Unavailable, "no_stores", "This process does not call stores.")
	}
	l, err := s.Storefronts.Pair(ctx, shopID)
	if err != nil {
		return PluginState{}, err
	}
	if s.Wake != nil {
		s.Wake(shopID)
	}
	return asPlugin(l), nil
}

// pluginRoutes are what the plugin and its page in the site's admin ask for.
func (s *Server) pluginRoutes() {
	s.plugins = identity.NewPlugins(s.DB, s.Keys, s.PublicURL)
	s.echo.GET("/assets/plugin-bridge.js", asset("plugin-bridge.js", "text/javascript; charset=utf-8"), s.limitAddress)
	s.echo.POST("/auth/woocommerce", s.swapPluginToken, s.limitAddress)
	if s.Storefronts != nil {
		s.echo.GET("/plugin/pages", s.pluginPages, s.limitAddress)
	}
}

const longestToken = 16 << 10

// swapPluginToken gives the page in the site's admin a session for a token of
// the plugin. It sets no cookie: the page keeps the session in its memory.
func (s *Server) swapPluginToken(c echo.Context) error {
	var in struct {
		Token string `json:"token"`
	}
	if err := json.NewDecoder(http.MaxBytesReader(c.Response(), c.Request().Body, longestToken)).Decode(&in); err != nil {
		return errs.New(errs.BadRequest, "malformed_request", "Send the plugin's token as {\"token\": \"…\"}.")
	}
	session, err := s.plugins.Swap(c.Request().Context(), in.Token)
	if err != nil {
		return s.failed(c, err)
	}
	c.Response().Header().Set("Cache-Control", "no-store")
	return c.JSON(http.StatusOK, struct {
		Session   string `json:"session"`
		ExpiresIn int    `json:"expires_in"` // seconds
	}{session, int(identity.PluginSession.Seconds())})
}

// pluginPages answers the site with what its pages show, for when it could not
// be told.
func (s *Server) pluginPages(c echo.Context) error {
	ctx := c.Request().Context()
	scheme, token, _ := strings.Cut(c.Request().Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return identity.ErrPluginToken
	}
	t, err := s.plugins.Verify(ctx, strings.TrimSpace(token), identity.PluginPages)
	if err != nil {
		return s.failed(c, err)
	}
	pages, err := s.Storefronts.Shown(ctx, t.ShopID)
	if err != nil {
		return err
	}
	c.Response().Header().Set("Cache-Control", "no-store")
	return c.JSON(http.StatusOK, struct {
		Pages []landing.StorePage `json:"pages"`
	}{pages})
}

// failed counts a bad token against the address it came from.
func (s *Server) failed(c echo.Context, err error) error {
	if errs.As(err) != nil && !s.failures.Take(addressKey(c.RealIP())) {
		return errTooMany
	}
	return err
}
