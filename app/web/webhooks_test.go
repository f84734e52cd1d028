package web_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"

	"tributary/app/web"
	"tributary/internal/domain/order"
	"tributary/internal/identity"
	"tributary/internal/intake"
	"tributary/internal/obs"
	"tributary/internal/pgtest"
	"tributary/internal/platform"
	"tributary/internal/store"
	"tributary/internal/tenant"
)

const (
	clientSecret   = "the app's client secret"
	previousSecret = "the one before"
	storeSecret    = "the store's own secret"
)

// doors is a server with the stores' doors and a WooCommerce connection.
type doors struct {
	*world
	woo string // path of the connection's door
	id  int64  // of its shop
}

func newDoors(t *testing.T, change ...func(*web.Deps)) *doors {
	t.Helper()
	d := &doors{}
	var inbox *intake.Inbox
	d.world = newWorld(t, append([]func(*web.Deps){func(deps *web.Deps) {
		log := slog.New(slog.DiscardHandler)
		inbox = intake.NewInbox(deps.DB, log, deps.Wake, nil)
		deps.Stores = intake.NewReceiver(deps.DB, inbox, deps.Keys, log, obs.NewMetrics("test"), clientSecret, previousSecret)
		deps.Limits.FailuresPerSecond, deps.Limits.FailureBurst = 1000, 1000
	}}, change...)...)
	t.Cleanup(inbox.Close)
	added, err := tenant.AddShop(context.Background(), d.db, d.keys, tenant.NewShop{Platform: order.WooCommerce, Domain: "shop.example.com", Currency: "USD", TimeZone: "UTC", Secret: storeSecret})
	if err != nil {
		t.Fatal(err)
	}
	d.woo, d.id = added.Connection.Path, added.ID
	return d
}

// shopify is a delivery's headers; pairs replace them, "" takes one out.
func shopify(body, secret string, pairs ...string) []string {
	h := map[string]string{
		"X-Shopify-Topic": "orders/create", "X-Shopify-Shop-Domain": "a.myshopify.com", "X-Shopify-API-Version": "2026-10",
		"X-Shopify-Webhook-Id": "w1", "X-Shopify-Hmac-Sha256": platform.Sign([]byte(body), secret),
	}
	return headers(h, pairs)
}

func woo(body, secret string, pairs ...string) []string {
	h := map[string]string{
		"X-WC-Webhook-Topic": "order.updated", "X-WC-Webhook-ID": "3", "X-WC-Webhook-Delivery-ID": "b7c1443a247f56d7a8064851af2506a0",
		"X-WC-Webhook-Signature": platform.Sign([]byte(body), secret),
	}
	return headers(h, pairs)
}

func headers(h map[string]string, pairs []string) (out []string) {
	for i := 0; i < len(pairs); i += 2 {
		h[pairs[i]] = pairs[i+1]
	}
	for k, v := range h {
		if v != "" {
			out = append(out, k, v)
		}
	}
	return out
}

// stored counts what a shop's inbox holds.
func (d *doors) stored(shopID int64) (n int) {
	d.t.Helper()
	ctx := context.Background()
	if err := d.db.InTx(ctx, shopID, func(tx *store.Tx) error {
		for _, state := range []store.DeliveryState{store.DeliveryPending, store.DeliveryIgnored} {
			ds, _, err := tx.ListDeliveries(ctx, state, store.Page{Limit: 200})
			if err != nil {
				return err
			}
			n += len(ds)
		}
		return nil
	}); err != nil {
		d.t.Fatal(err)
	}
	return n
}

func TestEveryDeliveryGetsTheAnswerItsStoreUnderstands(t *testing.T) {
	t.Parallel()
	d := newDoors(t)
	const body = `{"id":16}`
	form := []string{"Content-Type", "application/x-www-form-urlencoded"}
	unknown := "/webhooks/woocommerce/" + strings.Repeat("x", 43)
	large := strings.Repeat(" ", 1<<20) + body
	exact := body + strings.Repeat(" ", 1<<20-len(body))
	for _, c := range []struct {
		name    string
		path    string
		body    string
		headers []string
		status  int
		code    string
		stored  int // by then, of shop a, the WooCommerce shop and nobody
	}{
		{"Shopify", "/webhooks/shopify", body, shopify(body, clientSecret), 200, "", 1},
		{"the same again", "/webhooks/shopify", body, shopify(body, clientSecret), 200, "", 1},
		{"another delivery of the same", "/webhooks/shopify", body, shopify(body, clientSecret, "X-Shopify-Webhook-Id", "w2"), 200, "", 2},
		{"the same id under another topic", "/webhooks/shopify", body, shopify(body, clientSecret, "X-Shopify-Topic", "orders/paid"), 200, "", 3},
		{"the secret before the rotation", "/webhooks/shopify", body, shopify(body, previousSecret, "X-Shopify-Webhook-Id", "w3"), 200, "", 4},
		{"a compliance topic", "/webhooks/shopify/compliance", body, shopify(body, clientSecret, "X-Shopify-Topic", "shop/redact", "X-Shopify-Webhook-Id", "w4"), 200, "", 5},
		{"a shop we do not know", "/webhooks/shopify", body, shopify(body, clientSecret, "X-Shopify-Shop-Domain", "stranger.myshopify.com"), 200, "", 6},
		{"a mebibyte", "/webhooks/shopify", exact, shopify(exact, clientSecret, "X-Shopify-Webhook-Id", "w5"), 200, "", 7},
		{"no signature", "/webhooks/shopify", body, shopify(body, clientSecret, "X-Shopify-Hmac-Sha256", ""), 401, "bad_signature", 7},
		{"another secret", "/webhooks/shopify", body, shopify(body, "another"), 401, "bad_signature", 7},
		{"the store's secret", "/webhooks/shopify", body, shopify(body, storeSecret), 401, "bad_signature", 7},
		{"another body", "/webhooks/shopify", body + " ", shopify(body, clientSecret), 401, "bad_signature", 7},
		{"nothing, signed", "/webhooks/shopify", "", shopify("", clientSecret), 401, "bad_signature", 7},
		{"bad compliance", "/webhooks/shopify/compliance", body, shopify(body, "another"), 401, "bad_signature", 7},
		{"no topic", "/webhooks/shopify", body, shopify(body, clientSecret, "X-Shopify-Topic", ""), 400, "missing_headers", 7},
		{"no shop", "/webhooks/shopify", body, shopify(body, clientSecret, "X-Shopify-Shop-Domain", ""), 400, "missing_headers", 7},
		{"no shop of Shopify's", "/webhooks/shopify", body, shopify(body, clientSecret, "X-Shopify-Shop-Domain", "a.myshopify.com.evil.example.com"), 400, "missing_headers", 7},
		{"no version", "/webhooks/shopify", body, shopify(body, clientSecret, "X-Shopify-API-Version", ""), 400, "missing_headers", 7},
		{"no id", "/webhooks/shopify", body, shopify(body, clientSecret, "X-Shopify-Webhook-Id", ""), 400, "missing_headers", 7},
		{"a topic that is none", "/webhooks/shopify", body, shopify(body, clientSecret, "X-Shopify-Topic", "orders/\xff"), 400, "missing_headers", 7},
		{"too large", "/webhooks/shopify", large, shopify(large, clientSecret), 413, "body_too_large", 7},

		{"WooCommerce", d.woo, body, woo(body, storeSecret), 200, "", 8},
		{"the same again", d.woo, body, woo(body, storeSecret), 200, "", 8},
		{"another order, the same delivery id", d.woo, `{"id":17}`, woo(`{"id":17}`, storeSecret), 200, "", 9},
		{"the same body in another second", d.woo, body, woo(body, storeSecret, "X-WC-Webhook-Delivery-ID", "c"), 200, "", 10},
		{"a ping", d.woo, "webhook_id=1", form, 200, "", 10},
		{"a ping to nobody", unknown, "webhook_id=1", form, 401, "bad_signature", 10},
		{"an unknown door", unknown, body, woo(body, storeSecret), 401, "bad_signature", 10},
		{"another secret", d.woo, body, woo(body, clientSecret), 401, "bad_signature", 10},
		{"no signature", d.woo, body, woo(body, storeSecret, "X-WC-Webhook-Signature", ""), 401, "bad_signature", 10},
		{"a form that is no ping", d.woo, "webhook_id=1&x=2", form, 401, "bad_signature", 10},
		{"no topic", d.woo, body, woo(body, storeSecret, "X-WC-Webhook-Topic", ""), 400, "missing_headers", 10},
		{"a topic of ours", d.woo, body, woo(body, storeSecret, "X-WC-Webhook-Topic", "read:order"), 400, "missing_headers", 10},
		{"no webhook", d.woo, body, woo(body, storeSecret, "X-WC-Webhook-ID", ""), 400, "missing_headers", 10},
		{"no delivery id", d.woo, body, woo(body, storeSecret, "X-WC-Webhook-Delivery-ID", ""), 400, "missing_headers", 10},
		{"too large", d.woo, large, woo(large, storeSecret), 413, "body_too_large", 10},
	} {
		r := d.call("", "POST", c.path, c.body, c.headers...)
		if r.status != c.status || c.code != "" && !strings.Contains(string(r.body), c.code) || c.code == "" && len(r.body) != 0 {
			t.Errorf("%s to %.30s: %d %s", c.name, c.path, r.status, r.body)
		}
		if n := d.stored(d.a.id) + d.stored(d.id) + d.stored(0); n != c.stored {
			t.Fatalf("%s to %.30s: %d deliveries are stored, want %d", c.name, c.path, n, c.stored)
		}
	}
}

func TestOtherMethodsAreRefusedAndNothingIsEverRedirected(t *testing.T) {
	t.Parallel()
	d := newDoors(t)
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	const body = `{"id":16}`
	ask := func(method, path string) int {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), method, d.url, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.URL.Opaque = "//" + req.URL.Host + path // as it is, not cleaned
		for h, i := shopify(body, clientSecret), 0; i < len(h); i += 2 {
			req.Header.Set(h[i], h[i+1])
		}
		for h, i := woo(body, storeSecret), 0; i < len(h); i += 2 {
			req.Header.Set(h[i], h[i+1])
		}
		res, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		if method != http.MethodPost && res.StatusCode == http.StatusMethodNotAllowed && !strings.Contains(res.Header.Get("Allow"), "POST") {
			t.Errorf("%s %s: Allow %q", method, path, res.Header.Get("Allow"))
		}
		return res.StatusCode
	}
	for _, path := range []string{"/webhooks/shopify", "/webhooks/shopify/compliance", d.woo} {
		for _, method := range []string{"GET", "HEAD", "PUT", "PATCH", "DELETE", "PROPFIND"} {
			if got := ask(method, path); got != 405 {
				t.Errorf("%s %s: %d", method, path, got)
			}
		}
		if got := ask("POST", path+"?x=1"); got != 200 {
			t.Errorf("%s with a query: %d", path, got)
		}
		for _, odd := range []string{path + "/", path + "//", "/" + path, strings.Replace(path, "webhooks/", "webhooks//", 1), path + "/.", path + "/../" + path[10:],
			strings.ToUpper(path), path + "%2F", path + ";x", "/webhooks"} {
			if got := ask("POST", odd); got < 400 || got >= 500 {
				t.Errorf("POST %s: %d", odd, got)
			}
		}
	}
}

// A chunked body says nothing of its length before it has come.
func TestABodyOfUnknownLengthIsStillLimited(t *testing.T) {
	t.Parallel()
	d := newDoors(t)
	conn, err := net.Dial("tcp", strings.TrimPrefix(d.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "POST /webhooks/shopify HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
	go func() {
		chunk := strings.Repeat("x", 1<<16)
		for range 17 {
			if _, err := fmt.Fprintf(conn, "%x\r\n%s\r\n", len(chunk), chunk); err != nil {
				return
			}
		}
	}()
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if _, err := io.Copy(io.Discard, res.Body); err != nil || res.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("%d %v", res.StatusCode, err)
	}
}

func TestWhileStorageIsDownNothingIsAcknowledged(t *testing.T) {
	t.Parallel()
	db := pgtest.Open(t, store.Options{})
	d := newDoors(t, func(deps *web.Deps) {
		log := slog.New(slog.DiscardHandler)
		inbox := intake.NewInbox(db, log, func(int64) {}, nil)
		t.Cleanup(inbox.Close)
		deps.Stores = intake.NewReceiver(db, inbox, deps.Keys, log, obs.NewMetrics("test"), clientSecret)
	})
	db.Close()
	const body = `{"id":16}`
	for path, h := range map[string][]string{"/webhooks/shopify": shopify(body, clientSecret), d.woo: woo(body, storeSecret)} {
		r := d.call("", "POST", path, body, h...)
		r.problem(503, "storage_down")
		if r.header.Get("Retry-After") == "" {
			t.Errorf("%s: no Retry-After", path)
		}
	}
	// A bad signature is one, storage or not.
	d.call("", "POST", "/webhooks/shopify", body, shopify(body, "another")...).problem(401, "bad_signature")
}

func TestManyAtOnceAreEachStoredOnce(t *testing.T) {
	t.Parallel()
	d := newDoors(t)
	var wg sync.WaitGroup
	for i := range 200 {
		wg.Go(func() {
			body := fmt.Sprintf(`{"id":%d}`, 1+i%50)
			h := shopify(body, clientSecret, "X-Shopify-Webhook-Id", fmt.Sprint(i%100))
			if r := d.call("", "POST", "/webhooks/shopify", body, h...); r.status != 200 {
				t.Errorf("%d %s", r.status, r.body)
			}
		})
	}
	wg.Wait()
	if n := d.stored(d.a.id); n != 100 {
		t.Errorf("%d deliveries are stored", n)
	}
}

func TestAConnectionTellsHowItIs(t *testing.T) {
	t.Parallel()
	d := newDoors(t)
	s := shop{w: d.world, id: d.id}
	var id int64
	ctx := context.Background()
	since := d.clock.now()
	d.in(s, func(tx *store.Tx) (err error) {
		if s.read, _, err = identity.CreateKey(ctx, tx, "read", identity.Read); err != nil {
			return err
		}
		all, err := tx.Connections(ctx)
		if err != nil {
			return err
		}
		id = all[0].ID
		return tx.SetConnectionHealth(ctx, id, "woocommerce_rest_cannot_view: Sorry", since)
	})
	c := s.get("/connections").is(200).list("data")[0]
	if hooks := c.obj("webhooks"); c["base_url"] != "https://shop.example.com" || hooks["ok"] != false || hooks["note"] != "woocommerce_rest_cannot_view: Sorry" || hooks["since"] == nil || c["rest"] != nil {
		t.Errorf("%v", c)
	}
	k := tenant.RestKeys{Key: "ck_" + strings.Repeat("0", 40), Secret: "cs_" + strings.Repeat("1", 40)}
	if _, err := tenant.SetRestKeys(ctx, d.db, d.keys, d.id, k); err != nil {
		t.Fatal(err)
	}
	r := s.get("/connections")
	if rest := r.is(200).list("data")[0].obj("rest"); rest["ok"] != true || rest["note"] != nil {
		t.Errorf("%v", rest)
	}
	if strings.Contains(string(r.body), "cs_") || strings.Contains(string(r.body), "ck_") {
		t.Errorf("a key is shown: %s", r.body)
	}
	if got := d.a.get("/connections").is(200).list("data"); len(got) != 0 {
		t.Errorf("another shop sees %v", got)
	}
}
