package web

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"tributary/internal/errs"
	"tributary/internal/platform/woocommerce"
	"tributary/internal/store"
	"tributary/internal/tenant"
)

// wooRoutes are the doors through which a WooCommerce store is connected: two
// for the merchant's browser, one for the store.
func (s *Server) wooRoutes() {
	if s.WooCommerce == nil {
		return
	}
	s.echo.GET(tenant.WooReturnPath, s.returnWoo, s.limitAddress)
	s.echo.POST(tenant.WooCallbackPath, s.wooKeys, s.limitAddress)
	s.echo.GET(tenant.WooOpenPath+":ticket", s.openWoo, s.limitAddress)
}

const wooCookie = "tributary_woocommerce"

func (s *Server) openWoo(c echo.Context) error {
	to, value, err := s.WooCommerce.Open(c.Request().Context(), c.Param("ticket"))
	if err != nil {
		return s.connectPage(c, err)
	}
	s.setWooCookie(c, value, int(tenant.WooInstallFor.Seconds()))
	c.Response().Header().Set("Cache-Control", "no-store")
	return c.Redirect(http.StatusFound, to)
}

// wooKeys answers exactly 200, or the store throws the keys away.
func (s *Server) wooKeys(c echo.Context) error {
	const longest = 16 << 10
	body, err := io.ReadAll(http.MaxBytesReader(c.Response(), c.Request().Body, longest))
	if err != nil {
		return errs.New(errs.BadRequest, "no_keys", "These are no keys of a WooCommerce store.")
	}
	shopID, err := s.WooCommerce.Callback(c.Request().Context(), body)
	if err != nil {
		return err
	}
	s.wakeOutbox(shopID)
	return c.NoContent(http.StatusOK)
}

func (s *Server) returnWoo(c echo.Context) error {
	value := ""
	if cookie, err := c.Cookie(wooCookie); err == nil {
		value = cookie.Value
	}
	s.setWooCookie(c, "", -1)
	c.Response().Header().Set("Cache-Control", "no-store")
	shopID, agreed, err := s.WooCommerce.Return(c.Request().Context(), c.QueryParams(), value)
	switch {
	case err != nil:
		return s.connectPage(c, err)
	case !agreed:
		return page(c, http.StatusOK, "connect.html", map[string]string{"Title": "Not connected", "Text": "You did not approve, so nothing has changed. You can begin again in the app."})
	}
	s.wakeOutbox(shopID)
	return page(c, http.StatusOK, "connect.html", map[string]string{"Title": "Nearly done", "Text": "The store has sent its keys. They are tried now, which takes a few seconds; the app shows when the store is connected. You can close this page."})
}

// connectPage says to a person what went wrong.
func (s *Server) connectPage(c echo.Context, err error) error {
	e := errs.As(err)
	if e == nil {
		return err
	}
	visitFrom(c.Request().Context()).err = err
	status := http.StatusConflict
	if e.Kind == errs.Unauthorized {
		status = http.StatusUnauthorized
	}
	return page(c, status, "connect.html", map[string]string{"Title": "Not connected", "Text": e.Msg})
}

func (s *Server) setWooCookie(c echo.Context, value string, maxAge int) {
	c.SetCookie(&http.Cookie{Name: wooCookie, Value: value, Path: "/connect/woocommerce", MaxAge: maxAge, HttpOnly: true,
		Secure: strings.HasPrefix(s.PublicURL, "https://"), SameSite: http.SameSiteLaxMode})
}

func (s *Server) wakeOutbox(shopID int64) {
	if s.WakeOutbox != nil {
		s.WakeOutbox(shopID)
	}
}

// connectWooIn is a store to connect.
type connectWooIn struct {
	Body struct {
		StoreURL string `json:"store_url" minLength:"1" maxLength:"500" doc:"Where the store is" example:"https://shop.example.com"`
	}
}

// BegunConnection is a connection that waits for its merchant.
type BegunConnection struct {
	ID        string    `json:"id" example:"wci_3"`
	OpenURL   string    `json:"open_url" doc:"Open it in the merchant's browser. It works once and leads to the store's own page, where the merchant approves"`
	ExpiresAt time.Time `json:"expires_at"`
}

var errNoWoo = errs.New(errs.Conflict, "not_available", "Stores cannot be connected on this server.")

func (s *Server) connectWoo(ctx context.Context, shopID int64, in *connectWooIn) (BegunConnection, error) {
	if s.WooCommerce == nil {
		return BegunConnection{}, errNoWoo
	}
	b, err := s.WooCommerce.Begin(ctx, shopID, in.Body.StoreURL)
	if err != nil {
		return BegunConnection{}, err
	}
	return BegunConnection{ID: formatID("wci", b.ID), OpenURL: b.OpenURL, ExpiresAt: b.Until.UTC()}, nil
}

// ConnectionProgress is how far connecting a store came.
type ConnectionProgress struct {
	ID           string         `json:"id"`
	StoreURL     string         `json:"store_url"`
	State        string         `json:"state" enum:"begun,opened,received,verified,connected,denied,failed,expired" doc:"verified: the keys are good; connected: and the browser that began is back"`
	ConnectionID string         `json:"connection_id,omitempty"`
	Store        *FoundStore    `json:"store,omitempty"`
	Problems     []StoreProblem `json:"problems"`
	ExpiresAt    time.Time      `json:"expires_at"`
}

// FoundStore is what a store said of itself.
type FoundStore struct {
	HomeURL  string `json:"home_url"`
	Version  string `json:"woocommerce_version"`
	Currency string `json:"currency"`
	Keys     string `json:"keys_travel_by" enum:"header,query,signature" doc:"How the store takes its keys"`
}

// StoreProblem is something for the merchant to mend.
type StoreProblem struct {
	Code  string `json:"code" example:"plain_permalinks"`
	Text  string `json:"text"`
	Stops bool   `json:"stops" doc:"Nothing goes until it is mended"`
}

func asProblems(text string) []StoreProblem {
	var in []woocommerce.Problem
	out := []StoreProblem{}
	if json.Unmarshal([]byte(text), &in) == nil {
		for _, p := range in {
			out = append(out, StoreProblem(p))
		}
	}
	return out
}

func (s *Server) getWooInstall(ctx context.Context, tx *store.Tx, in *IDIn) (ConnectionProgress, error) {
	id, err := parseID("wci", in.ID)
	if err != nil {
		return ConnectionProgress{}, err
	}
	w, err := tx.WooInstall(ctx, id)
	if errors.Is(err, store.ErrNotFound) {
		return ConnectionProgress{}, errs.New(errs.NotFound, "connection_not_found", "Nobody has begun such a connection in this shop.")
	}
	if err != nil {
		return ConnectionProgress{}, err
	}
	out := ConnectionProgress{ID: in.ID, StoreURL: w.BaseURL, State: w.Step, ConnectionID: formatOptionalID("con", w.ConnectionID), Problems: asProblems(w.Problems), ExpiresAt: w.Until}
	var found *woocommerce.Site
	if json.Unmarshal([]byte(w.Found), &found) == nil && found != nil {
		out.Store = &FoundStore{HomeURL: found.HomeURL, Version: found.Version, Currency: found.Currency, Keys: found.Way}
	}
	return out, nil
}
