package web

import (
	"context"
	"errors"
	"net"
	"net/http"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"tributary/internal/domain/order"
	"tributary/internal/errs"
	"tributary/internal/platform/shopify"
	"tributary/internal/store"
	"tributary/internal/tracking"
)

// proxyRoutes answer what shoppers ask for below /apps/creator of a Shopify
// store. Shopify sends it on and signs the query, but neither headers nor
// cookies: nothing that earns money is recorded here.
func (s *Server) proxyRoutes() {
	if s.Installs == nil || s.Storefronts == nil {
		return
	}
	s.echo.GET("/proxy/pages/:slug", s.proxied(s.proxyPage))
	s.echo.GET("/proxy/pages/:slug/seen", s.proxied(s.proxySeen))
	s.echo.Any("/proxy/*", s.proxied(func(echo.Context, int64) error { return echo.ErrNotFound }))
}

// What is wrong with a request that did not come through Shopify.
var (
	errProxySignature = errs.New(errs.Unauthorized, "proxy_signature", "This address answers Shopify's app proxy only: the query's signature is missing or wrong.")
	errProxyRepeated  = errs.New(errs.BadRequest, "proxy_repeated", "The query names shop, timestamp, hmac or signature more than once.")
	errProxyStale     = errs.New(errs.Unauthorized, "proxy_stale", "The query's timestamp is missing, no whole number, or more than 90 seconds away. Load the page again.")
	errProxyShop      = errs.New(errs.Forbidden, "proxy_shop", "The query names no shop that has installed the app.")
)

// proxied lets in what Shopify has signed, for the shop that it names.
func (s *Server) proxied(next func(c echo.Context, shopID int64) error) echo.HandlerFunc {
	return func(c echo.Context) error {
		ctx := c.Request().Context()
		c.Response().Header().Set("Cache-Control", "no-store")
		app := s.Installs.Access.API.App()
		shop, err := shopify.VerifyProxy(c.QueryParams(), s.DB.Now(), app.ClientSecret, app.Previous)
		if err != nil {
			if !s.failures.Take(addressKey(c.RealIP())) {
				return errTooMany
			}
			return proxyError(err)
		}
		// Shoppers share Shopify's addresses: they are counted by shop.
		id, err := s.DB.ShopByDomain(ctx, order.Shopify, shop)
		if store.IsNotFound(err) {
			return errProxyShop
		}
		if err != nil {
			return err
		}
		if !s.byKey.Take("proxy/" + strconv.FormatInt(id, 10)) {
			return errTooMany
		}
		visitFrom(ctx).shopper = true
		return next(c, id)
	}
}

func proxyError(err error) error {
	switch {
	case errors.Is(err, shopify.ErrQueryRepeated):
		return errProxyRepeated
	case errors.Is(err, shopify.ErrQueryTime):
		return errProxyStale
	case errors.Is(err, shopify.ErrQueryShop):
		return errProxyShop
	}
	return errProxySignature
}

// proxyPage answers with a published page: "anna.json" as data whose texts are
// escaped, "anna" as markup for the theme.
func (s *Server) proxyPage(c echo.Context, shopID int64) error {
	ctx := c.Request().Context()
	slug, data := strings.CutSuffix(c.Param("slug"), ".json")
	if data {
		p, err := s.Storefronts.ShownAt(ctx, shopID, slug)
		if err != nil {
			return err
		}
		return c.JSON(http.StatusOK, p)
	}
	b, err := s.Storefronts.Liquid(ctx, shopID, slug)
	if err != nil {
		return err
	}
	return c.Blob(http.StatusOK, "application/liquid; charset=utf-8", b)
}

// proxySeen records a view of a page in the store. The storefront's script asks
// only for visitors who have allowed it.
func (s *Server) proxySeen(c echo.Context, shopID int64) error {
	r := c.Request()
	v, variant, err := s.Storefronts.Seen(r.Context(), shopID, c.Param("slug"), c.QueryParam("v"))
	if err != nil {
		return err
	}
	if s.Clicks == nil {
		return c.NoContent(http.StatusNoContent)
	}
	ctx, cancel := context.WithTimeout(r.Context(), visitPatience)
	defer cancel()
	seen := tracking.Seen{Address: shopperAddress(r, c.RealIP()), Agent: r.UserAgent(), Method: http.MethodGet, Consent: "granted", OptedOut: r.Header.Get("Sec-Gpc") == "1"}
	if _, err := s.Clicks.Record(ctx, tracking.Touch{ShopID: shopID, Kind: store.ClickVisit, AgreementID: v.Agreement, PageID: v.Page, Variant: variant, Seen: seen}); err != nil {
		s.Log.Warn("a visit was not recorded", "shop_id", shopID, "page_id", v.Page, "err", err)
	}
	return c.NoContent(http.StatusNoContent)
}

// shopperAddress is the shopper's as Shopify says it. It is a claim, good enough
// for counting views.
func shopperAddress(r *http.Request, otherwise string) string {
	first, _, _ := strings.Cut(r.Header.Get("X-Forwarded-For"), ",")
	if ip := net.ParseIP(strings.TrimSpace(first)); ip != nil {
		return ip.String()
	}
	return otherwise
}
