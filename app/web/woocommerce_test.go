package web_test

import (
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"tributary/app/web"
	"tributary/internal/domain/order"
	"tributary/internal/platform/woocommerce"
	"tributary/internal/sandbox"
	"tributary/internal/tenant"
)

// A merchant connects a store from the app to the end, in a browser.
func TestAWooCommerceStoreIsConnectedInABrowser(t *testing.T) {
	t.Parallel()
	var in *tenant.WooInstaller
	woken := 0
	w := newWorld(t, func(d *web.Deps) {
		in = &tenant.WooInstaller{DB: d.DB, Keys: d.Keys, Client: woocommerce.NewClient("test", true), Log: slog.New(slog.DiscardHandler)}
		d.WooCommerce, d.WakeOutbox = in, func(int64) { woken++ }
	})
	in.PublicURL = w.url
	st, err := sandbox.New(sandbox.Options{Platform: sandbox.WooCommerce, Seed: 1, Now: w.clock.now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = st.Close() })
	if err := st.Start(); err != nil {
		t.Fatal(err)
	}
	added, err := tenant.AddShop(t.Context(), w.db, w.keys, tenant.NewShop{Platform: order.WooCommerce, Domain: "shop.example.com", Currency: "USD", TimeZone: "UTC"})
	if err != nil {
		t.Fatal(err)
	}
	shop := w.withKeys(added.ID)
	w.a.post("/connections/woocommerce", m{"store_url": st.URL()}).problem(409, "not_woocommerce")
	shop.post("/connections/woocommerce", m{"store_url": "ftp://x"}).problem(422, "invalid_store_url")
	begun := shop.post("/connections/woocommerce", m{"store_url": st.URL()}).is(200)
	id := begun.str("id")
	browser := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	open := func(url string, cookies ...*http.Cookie) (*http.Response, string) {
		t.Helper()
		req, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
		for _, c := range cookies {
			req.AddCookie(c)
		}
		res, err := browser.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		b, _ := io.ReadAll(res.Body)
		return res, string(b)
	}
	res, body := open(begun.str("open_url"))
	if res.StatusCode != http.StatusFound || len(res.Cookies()) != 1 {
		t.Fatalf("%d %s", res.StatusCode, body)
	}
	c := res.Cookies()[0]
	if !c.HttpOnly || !c.Secure || c.SameSite != http.SameSiteLaxMode || c.Path != "/connect/woocommerce" {
		t.Errorf("%+v", c)
	}
	if again, _ := open(begun.str("open_url")); again.StatusCode != http.StatusConflict {
		t.Errorf("a link opened twice: %d", again.StatusCode)
	}
	back, err := st.Approve(t.Context(), res.Header.Get("Location"))
	if err != nil {
		t.Fatal(err)
	}
	if other, _ := open(back); other.StatusCode != http.StatusUnauthorized {
		t.Errorf("another browser: %d", other.StatusCode)
	}
	if res, body := open(back, c); res.StatusCode != http.StatusOK || !strings.Contains(body, "Nearly done") {
		t.Errorf("%d %s", res.StatusCode, body)
	}
	if woken != 2 {
		t.Errorf("woken %d times", woken)
	}
	for range 2 { // as the outbox does
		if err := in.Connect(t.Context(), added.ID, 1); err != nil {
			t.Fatal(err)
		}
	}
	if p := shop.get("/connections/woocommerce/" + id).is(200); p.str("state") != "connected" || p.obj("store").str("keys_travel_by") != "header" {
		t.Errorf("%v", p)
	}
	w.a.get("/connections/woocommerce/"+id).problem(404, "connection_not_found")
	list := shop.get("/connections").is(200).list("data")
	if len(list) != 2 || len(list[0].list("store_webhooks")) != 6 {
		t.Errorf("%v", list)
	}
	if log := w.log.String(); strings.Contains(log, "ck_") || strings.Contains(log, "cs_") || strings.Contains(log, strings.TrimPrefix(begun.str("open_url"), w.url+tenant.WooOpenPath)) {
		t.Errorf("a secret is in the log: %s", log)
	}
}
