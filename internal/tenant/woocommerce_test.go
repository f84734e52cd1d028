package tenant_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"tributary/internal/domain/order"
	"tributary/internal/errs"
	"tributary/internal/pgtest"
	"tributary/internal/platform/woocommerce"
	"tributary/internal/sandbox"
	"tributary/internal/seal"
	"tributary/internal/store"
	"tributary/internal/tenant"
)

// wooApp is an app beside a WooCommerce store, with the doors that the store and
// a browser use.
type wooApp struct {
	*tenant.WooInstaller
	t     *testing.T
	store *sandbox.Store
	clock *atomic.Int64
	shop  int64
	// refuse is what webhooks are answered with; 0: they are taken.
	refuse atomic.Int64
	pinged atomic.Int64
}

func newWooApp(t *testing.T, change func(*sandbox.Options)) *wooApp {
	t.Helper()
	a := &wooApp{t: t, clock: &atomic.Int64{}}
	a.clock.Store(time.Date(2026, 10, 5, 12, 0, 0, 0, time.UTC).UnixMicro())
	now := func() time.Time { return time.UnixMicro(a.clock.Load()) }
	db := pgtest.Open(t, store.Options{Now: now})
	keys, err := seal.New([]seal.Key{seal.Generate("k1")})
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	door := httptest.NewServer(mux)
	t.Cleanup(door.Close)
	a.WooInstaller = &tenant.WooInstaller{DB: db, Keys: keys, Client: woocommerce.NewClient("test", true), Log: slog.New(slog.DiscardHandler), PublicURL: door.URL}
	mux.HandleFunc("POST "+tenant.WooCallbackPath, func(rw http.ResponseWriter, r *http.Request) {
		b := make([]byte, 4096)
		n, _ := r.Body.Read(b)
		if _, err := a.Callback(r.Context(), b[:n]); err != nil {
			rw.WriteHeader(http.StatusConflict)
		}
	})
	mux.HandleFunc("POST /webhooks/woocommerce/", func(rw http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded") {
			a.pinged.Add(1)
		} else if status := a.refuse.Load(); status != 0 {
			rw.WriteHeader(int(status))
		}
	})
	o := sandbox.Options{Platform: sandbox.WooCommerce, Seed: 3, Now: now, Currency: "EUR", Delivery: sandbox.Delivery{TimeScale: 1e-7}}
	if change != nil {
		change(&o)
	}
	if a.store, err = sandbox.New(o); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = a.store.Close() })
	if err := a.store.Start(); err != nil {
		t.Fatal(err)
	}
	added, err := tenant.AddShop(t.Context(), db, keys, tenant.NewShop{Platform: order.WooCommerce, Domain: "shop.example.com", Currency: "EUR", TimeZone: "Europe/Berlin", Secret: "as it was before"})
	if err != nil {
		t.Fatal(err)
	}
	a.shop = added.ID
	return a
}

func (a *wooApp) pass(d time.Duration) { a.clock.Add(d.Microseconds()) }

// open begins and opens in a browser; it returns the store's page and the
// browser's cookie.
func (a *wooApp) open() (id int64, consent, cookie string) {
	a.t.Helper()
	b, err := a.Begin(a.t.Context(), a.shop, a.store.URL())
	if err != nil {
		a.t.Fatal(err)
	}
	ticket := strings.TrimPrefix(b.OpenURL, a.PublicURL+tenant.WooOpenPath)
	consent, cookie, err = a.Open(a.t.Context(), ticket)
	if err != nil {
		a.t.Fatal(err)
	}
	return b.ID, consent, cookie
}

func (a *wooApp) approve(consent string) url.Values {
	a.t.Helper()
	back, err := a.store.Approve(a.t.Context(), consent)
	if err != nil {
		a.t.Fatal(err)
	}
	u, err := url.Parse(back)
	if err != nil || !strings.HasPrefix(back, a.PublicURL+tenant.WooReturnPath) {
		a.t.Fatal(back, err)
	}
	return u.Query()
}

// work does what the outbox does.
func (a *wooApp) work(id int64) *store.WooInstall {
	a.t.Helper()
	if err := a.Connect(a.t.Context(), a.shop, id); err != nil {
		a.t.Fatal(err)
	}
	return a.install(id)
}

func (a *wooApp) install(id int64) (w *store.WooInstall) {
	a.t.Helper()
	a.tx(func(ctx context.Context, tx *store.Tx) (err error) { w, err = tx.WooInstall(ctx, id); return err })
	return w
}

func (a *wooApp) tx(f func(ctx context.Context, tx *store.Tx) error) {
	a.t.Helper()
	if err := a.DB.InTx(a.t.Context(), a.shop, func(tx *store.Tx) error { return f(a.t.Context(), tx) }); err != nil {
		a.t.Fatal(err)
	}
}

func (a *wooApp) connections() (all []store.Connection, hooks []store.StoreHook) {
	a.t.Helper()
	a.tx(func(ctx context.Context, tx *store.Tx) (err error) {
		if all, err = tx.Connections(ctx); err == nil {
			hooks, err = tx.StoreHooks(ctx)
		}
		return err
	})
	return all, hooks
}

// connect goes all the way.
func (a *wooApp) connect() {
	a.t.Helper()
	id, consent, cookie := a.open()
	q := a.approve(consent)
	if w := a.work(id); w.Step != store.WooVerified || w.Problems != "[]" {
		a.t.Fatalf("%+v", w)
	}
	if _, agreed, err := a.Return(a.t.Context(), q, cookie); err != nil || !agreed {
		a.t.Fatal(agreed, err)
	}
	if w := a.work(id); w.Step != store.WooConnected || w.Keys != nil {
		a.t.Fatalf("%+v", w)
	}
}

func code(err error) string {
	if e := errs.As(err); e != nil {
		return e.Code
	}
	if err == nil {
		return ""
	}
	return "not for people: " + err.Error()
}

func TestAStoreIsConnectedByItsConsentPage(t *testing.T) {
	t.Parallel()
	a := newWooApp(t, nil)
	a.connect()
	all, hooks := a.connections()
	if len(all) != 2 || !all[0].HasRestKeys || !all[0].KeepsHooks || all[1].RevokedAt.IsZero() {
		t.Errorf("%+v", all)
	}
	if len(hooks) != len(woocommerce.Topics) || a.pinged.Load() != int64(len(woocommerce.Topics)) {
		t.Errorf("%d pings, %+v", a.pinged.Load(), hooks)
	}
	for _, h := range a.store.Webhooks() {
		if h.Status != "active" || h.PendingDelivery {
			t.Errorf("%+v", h)
		}
	}
	// Once more: the same webhooks, none twice.
	if err := a.KeepHooks(t.Context(), a.shop); err != nil || len(a.store.Webhooks()) != len(woocommerce.Topics) {
		t.Errorf("%v %d", err, len(a.store.Webhooks()))
	}
	// Connected anew, the older connection and its webhooks are gone.
	a.connect()
	if all, _ := a.connections(); len(all) != 3 || !all[0].RevokedAt.IsZero() || all[1].RevokedAt.IsZero() || all[1].HasRestKeys {
		t.Errorf("%+v", all)
	}
	if n := len(a.store.Webhooks()); n != len(woocommerce.Topics) {
		t.Errorf("%d webhooks", n)
	}
}

func TestAStateAndATicketWorkOnce(t *testing.T) {
	t.Parallel()
	a := newWooApp(t, nil)
	b, err := a.Begin(t.Context(), a.shop, a.store.URL()+"/wp-admin/index.php")
	if err != nil {
		t.Fatal(err)
	}
	ticket := strings.TrimPrefix(b.OpenURL, a.PublicURL+tenant.WooOpenPath)
	consent, cookie, err := a.Open(t.Context(), ticket)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := a.Open(t.Context(), ticket); code(err) != "link_used" {
		t.Errorf("a ticket opened twice: %v", err)
	}
	q := a.approve(consent)
	// The page reloaded: the store makes other keys and sends them with the same
	// state. They are not taken, and the store throws them away.
	if _, err := a.store.Approve(t.Context(), consent); err == nil || !strings.Contains(err.Error(), "401") {
		t.Errorf("keys came a second time: %v", err)
	}
	forged := url.Values{"success": {"1"}, "user_id": {"forged"}}
	if _, _, err := a.Return(t.Context(), forged, cookie); code(err) != "other_browser" {
		t.Errorf("a forged state: %v", err)
	}
	for _, other := range []string{"", "another browser's"} {
		if _, _, err := a.Return(t.Context(), q, other); code(err) != "other_browser" {
			t.Errorf("returned with the cookie %q: %v", other, err)
		}
	}
	// Without its browser the keys are verified and nothing more.
	if w := a.work(b.ID); w.Step != store.WooVerified {
		t.Errorf("%+v", w)
	}
	if all, _ := a.connections(); len(all) != 1 {
		t.Errorf("connected without its browser: %+v", all)
	}
	// Nor can somebody else deny it.
	if _, _, err := a.Return(t.Context(), url.Values{"success": {"0"}, "user_id": q["user_id"]}, cookie); code(err) != "other_browser" {
		t.Error(err)
	}
	a.pass(16 * time.Minute)
	if _, _, err := a.Return(t.Context(), q, cookie); code(err) != "other_browser" {
		t.Errorf("returned too late: %v", err)
	}
	if err := a.DB.Maintain(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	if w := a.install(b.ID); w.Step != store.WooExpired || w.Keys != nil {
		t.Errorf("keys that nobody came back for are kept: %+v", w)
	}
}

func TestKeysThatNobodyAskedForAreRefused(t *testing.T) {
	t.Parallel()
	a := newWooApp(t, nil)
	_, consent, _ := a.open()
	u, _ := url.Parse(consent)
	state := u.Query().Get("user_id")
	good := map[string]any{"key_id": 1, "user_id": state, "consumer_key": "ck_" + strings.Repeat("a", 40), "consumer_secret": "cs_" + strings.Repeat("b", 40), "key_permissions": "read_write"}
	for name, c := range map[string]struct {
		change map[string]any
		code   string
	}{
		"a state of nobody's": {map[string]any{"user_id": "guess"}, "unknown_state"},
		"an empty state":      {map[string]any{"user_id": ""}, "no_keys"},
		"a number":            {map[string]any{"user_id": 1}, "no_keys"},
		"keys swapped":        {map[string]any{"consumer_key": "cs_" + strings.Repeat("a", 40)}, "no_keys"},
		"a key with a break":  {map[string]any{"consumer_key": "ck_" + strings.Repeat("a", 40) + "\n"}, "no_keys"},
	} {
		in := map[string]any{}
		for k, v := range good {
			in[k] = v
		}
		for k, v := range c.change {
			in[k] = v
		}
		body, _ := json.Marshal(in)
		if _, err := a.Callback(t.Context(), body); code(err) != c.code {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := a.Callback(t.Context(), []byte("<html>")); code(err) != "no_keys" {
		t.Error(err)
	}
	// Somebody who knows the state sends keys of a store of theirs: they do not
	// open the one that was typed.
	body, _ := json.Marshal(good)
	if _, err := a.Callback(t.Context(), body); err != nil {
		t.Fatal(err)
	}
	if w := a.work(1); w.Step != store.WooFailed || !strings.Contains(w.Problems, "no_rights") || w.Keys != nil {
		t.Errorf("%+v", w)
	}
}

func TestAMerchantWhoDoesNotWantToIsNotConnected(t *testing.T) {
	t.Parallel()
	a := newWooApp(t, nil)
	id, consent, cookie := a.open()
	back, err := a.store.Deny(t.Context(), consent)
	if err != nil {
		t.Fatal(err)
	}
	u, _ := url.Parse(back)
	if _, _, err := a.Return(t.Context(), u.Query(), "another browser's"); code(err) != "other_browser" {
		t.Error(err)
	}
	if _, agreed, err := a.Return(t.Context(), u.Query(), cookie); err != nil || agreed || a.install(id).Step != store.WooDenied {
		t.Errorf("%v %v %+v", agreed, err, a.install(id))
	}
	// And says yes afterwards, with the page still open: too late.
	if _, err := a.store.Approve(t.Context(), consent); err == nil {
		t.Error("keys were taken after a no")
	}
}

func TestWhatIsWrongWithAStoreIsNamed(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*sandbox.Options)
		fault  *sandbox.Fault
		code   string
	}{
		"plain permalinks":                {change: func(o *sandbox.Options) { o.PlainPermalinks = true }, code: "plain_permalinks"},
		"a firewall":                      {fault: &sandbox.Fault{Status: 403, Body: "<html>Blocked</html>"}, code: "firewall"},
		"a redirect":                      {fault: &sandbox.Fault{Status: 301, Header: http.Header{"Location": {"https://www.example.com/wp-json/"}}}, code: "redirected"},
		"a redirect to a private address": {fault: &sandbox.Fault{Status: 302, Header: http.Header{"Location": {"http://169.254.169.254/latest/meta-data/"}}}, code: "redirected"},
		"a page":                          {fault: &sandbox.Fault{Status: 500, Body: "<html>Oops</html>"}, code: "no_answer"},
		"WordPress alone":                 {fault: &sandbox.Fault{Status: 200, Body: `{"namespaces":["wp/v2"]}`}, code: "no_woocommerce"},
		"an index for users only":         {fault: &sandbox.Fault{Status: 401, Body: `{"code":"rest_not_logged_in"}`}},
	} {
		a := newWooApp(t, c.change)
		if c.fault != nil {
			a.store.Break(1, *c.fault)
		}
		if _, err := a.Begin(t.Context(), a.shop, a.store.URL()); code(err) != c.code {
			t.Errorf("%s: %v", name, err)
		}
	}
	a := newWooApp(t, nil)
	for _, typed := range []string{"", "ftp://shop.example.com", "https://user:pw@shop.example.com", "https://shop.example.com/?x=1", "https://shop.example.com:99999", "https://-x.example.com", "javascript:alert(1)", "https://"} {
		if _, err := a.Begin(t.Context(), a.shop, typed); code(err) != "invalid_store_url" {
			t.Errorf("%q: %v", typed, err)
		}
	}
	// In production no private address is called, whatever name it has.
	a.Client = woocommerce.NewClient("test", false)
	for _, typed := range []string{a.store.URL(), "https://localhost", "https://127.0.0.1", "https://[::1]", "https://[::ffff:10.0.0.1]", "https://169.254.169.254", "https://192.0.2.1", "https://198.18.0.1", "https://[2001:db8::1]"} {
		if _, err := a.Begin(t.Context(), a.shop, typed); code(err) != "not_allowed" {
			t.Errorf("%s: %v", typed, err)
		}
	}
}

func TestWhatVerifyingFindsIsNamed(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*sandbox.Options)
		scope  string
		step   string
		code   string
		way    string
	}{
		"the header is dropped":      {change: func(o *sandbox.Options) { o.WooAuth = sandbox.WooHeaderDropped }, step: store.WooVerified, code: "authorization_dropped", way: "query"},
		"it does not know about TLS": {change: func(o *sandbox.Options) { o.WooAuth = sandbox.WooPlain }, step: store.WooVerified, code: "not_encrypted", way: "signature"},
		"it calls itself otherwise":  {change: func(o *sandbox.Options) { o.HomeURL = "https://shop.example.com" }, step: store.WooFailed, code: "other_address", way: "header"},
		"another currency":           {change: func(o *sandbox.Options) { o.Currency = "USD" }, step: store.WooVerified, code: "other_currency", way: "header"},
		"keys that may only read":    {scope: "read", step: store.WooFailed, code: "read_only", way: "header"},
	} {
		a := newWooApp(t, c.change)
		id, consent, _ := a.open()
		if c.scope != "" {
			consent = strings.Replace(consent, "scope=read_write", "scope="+c.scope, 1)
		}
		a.approve(consent)
		w := a.work(id)
		if w.Step != c.step || !strings.Contains(w.Problems, `"code":"`+c.code+`"`) || !strings.Contains(w.Found, `"way":"`+c.way+`"`) {
			t.Errorf("%s: %s %s %s", name, w.Step, w.Problems, w.Found)
		}
	}
}

func TestWebhooksThatTheStoreSwitchedOffAreFoundAndMended(t *testing.T) {
	t.Parallel()
	a := newWooApp(t, nil)
	a.connect()
	a.refuse.Store(500)
	for range 8 {
		if _, err := a.store.Checkout(sandbox.Basket{Items: []sandbox.Item{{Product: 0, Quantity: 1}}}); err != nil {
			t.Fatal(err)
		}
		if err := a.store.Settle(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	a.refuse.Store(0)
	off := 0
	for _, h := range a.store.Webhooks() {
		if h.Status == "disabled" {
			off++
		}
	}
	if off != 2 { // created and updated
		t.Fatalf("%d webhooks are off: %+v", off, a.store.Webhooks())
	}
	if due, err := a.DB.DueHooks(t.Context()); err != nil || len(due) != 0 {
		t.Errorf("%v %v", due, err)
	}
	a.pass(61 * time.Minute)
	if due, err := a.DB.DueHooks(t.Context()); err != nil || len(due) != 1 {
		t.Errorf("%v %v", due, err)
	}
	if err := a.KeepHooks(t.Context(), a.shop); err != nil {
		t.Fatal(err)
	}
	_, hooks := a.connections()
	mended := 0
	for _, h := range hooks {
		if h.State == "disabled" && h.Repairs == 1 && !h.RepairedAt.IsZero() {
			mended++
		}
	}
	if mended != 2 {
		t.Errorf("%+v", hooks)
	}
	for _, h := range a.store.Webhooks() {
		if h.Status != "active" {
			t.Errorf("%+v", h)
		}
	}
	// The key's user loses its rights: it is said, and nothing is made twice.
	a.store.LoseRights(true)
	if err := a.KeepHooks(t.Context(), a.shop); err != nil {
		t.Fatal(err)
	}
	if all, _ := a.connections(); all[0].RestHealth == store.Healthy || !strings.Contains(all[0].Problems, "no_rights") {
		t.Errorf("%+v", all[0])
	}
	a.store.LoseRights(false)
	if err := a.KeepHooks(t.Context(), a.shop); err != nil {
		t.Fatal(err)
	}
	if all, _ := a.connections(); all[0].RestHealth != store.Healthy || all[0].Problems != "[]" {
		t.Errorf("%+v", all[0])
	}
}

// The answer to making a webhook is lost: the store has it, and it is not made
// a second time.
func TestAWebhookWhoseAnswerWasLostIsNotMadeTwice(t *testing.T) {
	t.Parallel()
	a := newWooApp(t, nil)
	id, consent, cookie := a.open()
	q := a.approve(consent)
	a.work(id)
	if _, _, err := a.Return(t.Context(), q, cookie); err != nil {
		t.Fatal(err)
	}
	a.store.Break(1, sandbox.Fault{Status: 502, Body: "<html>", After: true, Only: "POST /wp-json/wc/v3/webhooks"})
	if w := a.work(id); w.Step != store.WooConnected {
		t.Fatalf("%+v", w)
	}
	if all, _ := a.connections(); !strings.Contains(all[0].Problems, "webhooks") {
		t.Errorf("%+v", all[0])
	}
	if err := a.KeepHooks(t.Context(), a.shop); err != nil {
		t.Fatal(err)
	}
	if n := len(a.store.Webhooks()); n != len(woocommerce.Topics) {
		t.Errorf("%d webhooks: %+v", n, a.store.Webhooks())
	}
}
