package web_test

import (
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"tributary/app/web"
	"tributary/internal/credential"
	platform "tributary/internal/platform/shopify"
	"tributary/internal/sandbox"
	"tributary/internal/store"
	"tributary/internal/tenant"
)

// shopifyWorld is a world with a sandbox store that may install the app.
func shopifyWorld(t *testing.T) (*world, *sandbox.Store, *credential.Shopify) {
	t.Helper()
	api := platform.NewAPI(platform.Options{App: platform.App{ClientID: "client", ClientSecret: "hush"}, Private: true})
	access := &credential.Shopify{API: api, Log: slog.New(slog.DiscardHandler)}
	w := newWorld(t, func(d *web.Deps) {
		access.DB, access.Keys = d.DB, d.Keys
		d.Installs = &tenant.ShopifyInstaller{DB: d.DB, Keys: d.Keys, Access: access, RedirectURL: "https://t.example/auth/callback"}
	})
	s, err := sandbox.New(sandbox.Options{Platform: sandbox.Shopify, Domain: "new.myshopify.com", Seed: 1, ClientID: "client", ClientSecret: "hush", Now: w.clock.now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	api.Play("new.myshopify.com", s.URL())
	return w, s, access
}

func TestAShopInstallsThroughTheBrowser(t *testing.T) {
	t.Parallel()
	w, s, _ := shopifyWorld(t)
	browser := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	open := func(path string, q url.Values, cookie *http.Cookie) (*http.Response, string) {
		t.Helper()
		req, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, w.url+path+"?"+q.Encode(), nil)
		if cookie != nil {
			req.AddCookie(cookie)
		}
		res, err := browser.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		b, _ := io.ReadAll(res.Body)
		return res, string(b)
	}
	// Nobody is sent anywhere by a query that Shopify did not sign.
	for _, shop := range []string{"new.myshopify.com", "evil.com/?x=.myshopify.com", "evil.com"} {
		if res, _ := open("/auth/shopify", url.Values{"shop": {shop}}, nil); res.StatusCode != http.StatusUnauthorized || res.Header.Get("Location") != "" {
			t.Errorf("%s: %d %s", shop, res.StatusCode, res.Header.Get("Location"))
		}
	}
	res, body := open("/auth/shopify", s.OpenQuery(1), nil)
	if res.StatusCode != http.StatusFound || len(res.Cookies()) != 1 {
		t.Fatalf("%d %s", res.StatusCode, body)
	}
	c := res.Cookies()[0]
	if !c.HttpOnly || !c.Secure || c.SameSite != http.SameSiteLaxMode || c.Path != "/auth/callback" {
		t.Errorf("%+v", c)
	}
	q, err := s.Consent(res.Header.Get("Location"))
	if err != nil {
		t.Fatal(err)
	}
	if res, _ := open("/auth/callback", q, nil); res.StatusCode != http.StatusUnauthorized {
		t.Errorf("without the cookie: %d", res.StatusCode)
	}
	res, body = open("/auth/callback", q, c)
	if res.StatusCode != http.StatusFound || res.Header.Get("Location") != "https://admin.shopify.com/store/new/apps/client" || len(res.Cookies()) != 1 || res.Cookies()[0].MaxAge >= 0 {
		t.Errorf("%d %s %s", res.StatusCode, res.Header.Get("Location"), body)
	}
	res, body = open("/auth/callback", q, c) // the code is used up
	if res.StatusCode != http.StatusConflict || !strings.Contains(body, "shopify_refused") {
		t.Errorf("again: %d %s", res.StatusCode, body)
	}
	if id, err := w.db.ShopByDomain(t.Context(), 1, "new.myshopify.com"); err != nil || id == 0 {
		t.Errorf("%d %v", id, err)
	}
	if log := w.log.String(); strings.Contains(log, "shpat") || strings.Contains(log, q.Get("code")) || strings.Contains(log, "hush") {
		t.Errorf("a secret is in the log: %s", log)
	}
}

func TestTheStateOfTheAccessIsShown(t *testing.T) {
	t.Parallel()
	w, _, _ := shopifyWorld(t)
	none := w.a.get("/shopify").is(200)
	if none["installed"] != false {
		t.Errorf("%v", none)
	}
	err := w.db.InTx(t.Context(), w.a.id, func(tx *store.Tx) error {
		return tx.GrantShopifyAccess(t.Context(), credential.Seal(w.keys, w.a.id, platform.Token{Access: "shpat_1", Refresh: "shprt_1", Scopes: []string{"read_orders"}}, tx.Now))
	})
	if err != nil {
		t.Fatal(err)
	}
	got := w.a.get("/shopify").is(200)
	if got["installed"] != true || got["reopen"] != true || len(got["missing_scopes"].([]any)) != 1 {
		t.Errorf("%v", got)
	}
	if other := w.b.get("/shopify").is(200); other["installed"] != false {
		t.Errorf("another shop's: %v", other)
	}
}
