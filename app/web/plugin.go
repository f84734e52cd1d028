package web

import (
	"context"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"tributary/internal/errs"
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

// pluginRoutes are what the plugin asks for.
func (s *Server) pluginRoutes() {
	if s.Storefronts != nil && s.WooSessions != nil {
		s.echo.GET("/plugin/pages", s.pluginPages, s.limitAddress)
	}
}

// pluginPages answers the site with what its pages show, for when it could not
// be told.
func (s *Server) pluginPages(c echo.Context) error {
	ctx := c.Request().Context()
	site, err := s.WooSessions.FromHeader(ctx, c.Request().Header.Get("Authorization"), s.DB.Now())
	if err != nil {
		if errs.As(err) != nil && !s.failures.Take(addressKey(c.RealIP())) {
			return errTooMany
		}
		return err
	}
	pages, err := s.Storefronts.Shown(ctx, site.ShopID)
	if err != nil {
		return err
	}
	c.Response().Header().Set("Cache-Control", "no-store")
	return c.JSON(http.StatusOK, struct {
		Pages []landing.StorePage `json:"pages"`
	}{pages})
}
