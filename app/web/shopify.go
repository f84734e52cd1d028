package web

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"tributary/internal/errs"
	"tributary/internal/platform/shopify"
	"tributary/internal/store"
	"tributary/internal/tenant"
)

// shopifyRoutes are the doors of the authorization-code flow, for shops that
// open the app outside their admin. Inside it the id token does, and no
// redirect.
func (s *Server) shopifyRoutes() {
	if s.Installs == nil {
		return
	}
	s.echo.GET("/auth/shopify", s.beginShopify, s.limitAddress)
	s.echo.GET("/auth/callback", s.finishShopify, s.limitAddress)
}

const (
	stateCookie  = "tributary_shopify_state"
	callbackPath = "/auth/callback"
)

// beginShopify takes the query that Shopify opens the app with: nobody is asked
// for a shop, and nobody is sent away who does not come from one.
func (s *Server) beginShopify(c echo.Context) error {
	app := s.Installs.Access.API.App()
	shop, err := shopify.VerifyQuery(c.QueryParams(), s.DB.Now(), app.ClientSecret, app.Previous)
	if err != nil {
		return errs.New(errs.Unauthorized, "oauth_query", "Open the app from the store's admin: "+err.Error()+".")
	}
	to, value, err := s.Installs.Begin(shop)
	if err != nil {
		return err
	}
	s.setState(c, value, int(tenant.StateCookieFor.Seconds()))
	return c.Redirect(http.StatusFound, to)
}

func (s *Server) finishShopify(c echo.Context) error {
	value := ""
	if cookie, err := c.Cookie(stateCookie); err == nil {
		value = cookie.Value
	}
	s.setState(c, "", -1)
	_, _, err := s.Installs.Finish(c.Request().Context(), c.QueryParams(), value)
	var e *shopify.Error
	if errors.As(err, &e) {
		return errs.New(errs.Conflict, "shopify_refused", "The installation did not succeed: "+e.Reason+". Open the app from the store's admin again.")
	}
	if err != nil {
		return err
	}
	admin, ok := shopify.AdminHost(c.QueryParam("host"))
	if !ok { // it was signed, but it is no admin's
		return c.String(http.StatusOK, "The app is installed. Open it from the store's admin.")
	}
	return c.Redirect(http.StatusFound, "https://"+admin+"/apps/"+s.Installs.Access.API.App().ClientID)
}

func (s *Server) setState(c echo.Context, value string, maxAge int) {
	c.SetCookie(&http.Cookie{Name: stateCookie, Value: value, Path: callbackPath, MaxAge: maxAge, HttpOnly: true,
		Secure: strings.HasPrefix(s.PublicURL, "https://"), SameSite: http.SameSiteLaxMode})
}

// ShopifyState is our access to a Shopify store.
type ShopifyState struct {
	Installed bool       `json:"installed"`
	Health    Health     `json:"health" doc:"Whether Shopify accepts our access"`
	Reopen    bool       `json:"reopen" doc:"The app has to be opened in the store's admin once"`
	Scopes    []string   `json:"scopes" doc:"What the store grants"`
	Missing   []string   `json:"missing_scopes" doc:"What we cannot work without and the store does not grant"`
	GrantedAt *time.Time `json:"granted_at,omitempty"`
	Until     *time.Time `json:"until,omitempty" doc:"When the access ends unless it is renewed before"`
}

func (s *Server) getShopify(ctx context.Context, tx *store.Tx, _ *none) (ShopifyState, error) {
	a, err := tx.ShopifyAccess(ctx)
	if store.IsNotFound(err) {
		return ShopifyState{Health: Health{Note: "the app is not installed in a Shopify store"}, Scopes: []string{}, Missing: tenant.ShopifyScopes}, nil
	}
	if err != nil {
		return ShopifyState{}, err
	}
	missing := shopify.MissingScopes(a.Scopes, tenant.ShopifyScopes)
	if missing == nil {
		missing = []string{}
	}
	return ShopifyState{Installed: true, Health: asHealth(a.Health, a.HealthAt), Reopen: a.Dead || len(missing) > 0, Scopes: a.Scopes, Missing: missing,
		GrantedAt: utcOrNil(a.GrantedAt), Until: utcOrNil(a.RefreshUntil)}, nil
}
