package tenant_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tributary/internal/credential"
	"tributary/internal/errs"
	"tributary/internal/pgtest"
	"tributary/internal/platform/shopify"
	"tributary/internal/sandbox"
	"tributary/internal/seal"
	"tributary/internal/store"
	"tributary/internal/tenant"
)

const shopifyDomain = "sandbox.myshopify.com"

// installed is an app beside a sandbox store, both on one clock.
type app struct {
	*tenant.ShopifyInstaller
	store *sandbox.Store
	log   *bytes.Buffer
	clock *atomic.Int64
}

func newApp(t *testing.T, change func(*sandbox.Options)) app {
	t.Helper()
	a := app{log: &bytes.Buffer{}, clock: &atomic.Int64{}}
	a.clock.Store(time.Date(2026, 10, 5, 12, 0, 0, 0, time.UTC).UnixMicro())
	now := func() time.Time { return time.UnixMicro(a.clock.Load()) }
	o := sandbox.Options{Platform: sandbox.Shopify, Domain: shopifyDomain, Seed: 7, Now: now, ClientID: "client", ClientSecret: "hush", Currency: "EUR", Delivery: sandbox.Delivery{TimeScale: 1e-7}}
	if change != nil {
		change(&o)
	}
	s, err := sandbox.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	a.store = s
	db := pgtest.Open(t, store.Options{Now: now})
	keys, err := seal.New([]seal.Key{seal.Generate("k1")})
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.NewTextHandler(&locked{b: a.log}, &slog.HandlerOptions{Level: slog.LevelDebug}))
	api := shopify.NewAPI(shopify.Options{App: shopify.App{ClientID: "client", ClientSecret: "hush"}, Private: true, Log: log})
	api.Play(shopifyDomain, s.URL())
	a.ShopifyInstaller = &tenant.ShopifyInstaller{DB: db, Keys: keys, RedirectURL: "https://app.example.com/auth/callback",
		Access: &credential.Shopify{DB: db, Keys: keys, API: api, Log: log}}
	return a
}

type locked struct {
	mu sync.Mutex
	b  *bytes.Buffer
}

func (l *locked) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (a app) pass(d time.Duration) { a.clock.Add(d.Microseconds()) }

func (a app) arrive(t *testing.T) int64 {
	t.Helper()
	id, err := a.Arrive(t.Context(), shopifyDomain, a.store.SessionToken(1))
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func (a app) shop(t *testing.T, id int64) (s *store.Shop, access *store.ShopifyAccess) {
	t.Helper()
	err := a.DB.InTx(t.Context(), id, func(tx *store.Tx) (err error) {
		if s, err = tx.Shop(t.Context()); err != nil {
			return err
		}
		if access, err = tx.ShopifyAccess(t.Context()); store.IsNotFound(err) {
			access, err = nil, nil
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return s, access
}

func (a app) ask(t *testing.T, id int64) error {
	t.Helper()
	return a.Access.Query(t.Context(), id, "installation", nil, nil)
}

func TestAShopIsInstalledByOpeningTheApp(t *testing.T) {
	t.Parallel()
	a := newApp(t, nil)
	var wg sync.WaitGroup
	ids := make([]int64, 8)
	for i := range ids {
		wg.Go(func() {
			id, err := a.Arrive(t.Context(), shopifyDomain, a.store.SessionToken(1))
			if err != nil {
				t.Error(err)
			}
			ids[i] = id
		})
	}
	wg.Wait()
	for _, id := range ids {
		if id == 0 || id != ids[0] {
			t.Fatalf("shops %v", ids)
		}
	}
	s, access := a.shop(t, ids[0])
	if s.Currency != "EUR" || s.TimeZone != "UTC" || fmt.Sprint(access.Scopes) != "[read_orders write_discounts]" || access.Dead || access.Health != "ok" {
		t.Errorf("%+v %+v", s, access)
	}
	if calls := a.store.Calls("token"); calls != 1 {
		t.Errorf("%d exchanges for eight who arrived at once", calls)
	}
	a.arrive(t)
	if a.store.Calls("token") != 1 {
		t.Error("a session token was exchanged for nothing")
	}
	if err := a.ask(t, ids[0]); err != nil {
		t.Error(err)
	}
	if bytes.Contains(access.Access, []byte("shpat")) || strings.Contains(a.log.String(), "shpat") || strings.Contains(a.log.String(), "hush") {
		t.Error("a token lies open")
	}
}

func TestAForgedOrStaleSessionInstallsNothing(t *testing.T) {
	t.Parallel()
	a := newApp(t, nil)
	stale := a.store.SessionToken(1)
	a.pass(2 * time.Minute)
	for _, jwt := range []string{"", "a.b.c", stale, stale + "x"} {
		if id, err := a.Arrive(t.Context(), shopifyDomain, jwt); errs.As(err) == nil || errs.As(err).Code != "shopify_stale_session" || id != 0 {
			t.Errorf("%.20q: %d, %v", jwt, id, err)
		}
	}
	for _, shop := range []string{"evil.com/?x=.myshopify.com", "a.myshopify.com.evil.com", ""} {
		if _, err := a.Arrive(t.Context(), shop, a.store.SessionToken(1)); errs.As(err) == nil || errs.As(err).Code != "invalid_shop" {
			t.Errorf("%q: %v", shop, err)
		}
	}
	if id, err := a.DB.ShopByDomain(t.Context(), 1, shopifyDomain); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("shop %d, %v", id, err)
	}
}

func TestManyWorkersRenewAnAccessOnce(t *testing.T) {
	t.Parallel()
	a := newApp(t, nil)
	id := a.arrive(t)
	a.pass(59 * time.Minute) // within five minutes of its end
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			if err := a.ask(t, id); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if calls := a.store.Calls("token"); calls != 2 {
		t.Errorf("%d calls for one exchange and one renewal", calls)
	}
	_, access := a.shop(t, id)
	if access.Generation != 2 {
		t.Errorf("generation %d", access.Generation)
	}
	a.pass(3 * time.Hour) // ended for all: everybody has to wait for the one who renews
	for range 16 {
		wg.Go(func() {
			if err := a.ask(t, id); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if calls := a.store.Calls("token"); calls != 3 {
		t.Errorf("%d calls for one exchange and two renewals", calls)
	}
}

// Shopify made a new pair and the answer was lost: the refresh token we have
// stays good until the new pair is used, which is never.
func TestARenewalWhoseAnswerIsLostIsDoneAgain(t *testing.T) {
	t.Parallel()
	a := newApp(t, nil)
	id := a.arrive(t)
	a.pass(2 * time.Hour)
	a.store.Break(1, sandbox.Fault{Status: 502, Body: "<html>Bad gateway</html>", After: true, Only: "access_token"})
	if err := a.ask(t, id); err != nil {
		t.Fatal(err)
	}
	a.store.Break(3, sandbox.Fault{Status: 502, Body: "<html>Bad gateway</html>", Only: "access_token"})
	a.pass(2 * time.Hour)
	var e *shopify.Error
	if err := a.ask(t, id); !errors.As(err, &e) || e.Code != shopify.CodeServer {
		t.Errorf("%v", err)
	}
	if _, access := a.shop(t, id); access.Dead || access.Health == "ok" || !access.RenewingUntil.IsZero() {
		t.Errorf("%+v", access)
	}
	if err := a.ask(t, id); err != nil {
		t.Error(err)
	}
	if _, access := a.shop(t, id); access.Health != "ok" {
		t.Errorf("health %s", access.Health)
	}
}

func TestAWorkerThatDiedWhileRenewingIsReplaced(t *testing.T) {
	t.Parallel()
	a := newApp(t, nil)
	id := a.arrive(t)
	a.pass(2 * time.Hour)
	_, access := a.shop(t, id)
	if err := a.DB.InTx(t.Context(), id, func(tx *store.Tx) error {
		claimed, err := tx.ClaimRenewal(t.Context(), access.Generation, time.Minute)
		if !claimed {
			t.Error("not claimed")
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	a.pass(time.Minute)
	if err := a.ask(t, id); err != nil {
		t.Error(err)
	}
}

func TestIdleShopsAreRenewedBeforeTheirNinetyDaysEnd(t *testing.T) {
	t.Parallel()
	a := newApp(t, nil)
	id := a.arrive(t)
	for day := range 200 {
		if err := a.Access.RenewIdle(t.Context()); err != nil {
			t.Fatalf("day %d: %v", day, err)
		}
		a.pass(24 * time.Hour)
	}
	if calls := a.store.Calls("token"); calls < 4 || calls > 6 {
		t.Errorf("%d token calls in 200 days", calls)
	}
	if err := a.ask(t, id); err != nil {
		t.Error(err)
	}
}

func TestAShopThatWasForgottenForNinetyDaysHasToOpenTheAppAgain(t *testing.T) {
	t.Parallel()
	a := newApp(t, nil)
	id := a.arrive(t)
	a.pass(91 * 24 * time.Hour)
	if err := a.ask(t, id); !errors.Is(err, credential.ErrReopen) {
		t.Errorf("%v", err)
	}
	calls := a.store.Calls("token")
	if err := a.ask(t, id); !errors.Is(err, credential.ErrReopen) || a.store.Calls("token") != calls {
		t.Errorf("asked again: %v", err)
	}
	if _, access := a.shop(t, id); !access.Dead || !strings.Contains(access.Health, "invalid_grant") {
		t.Errorf("%+v", access)
	}
	if again := a.arrive(t); again != id {
		t.Errorf("shop %d became %d", id, again)
	}
	if err := a.ask(t, id); err != nil {
		t.Error(err)
	}
}

// The app is uninstalled and installed again; the word of the uninstall comes
// after the return, or in time.
func TestAGoodbyeThatComesAfterTheReturnChangesNothing(t *testing.T) {
	t.Parallel()
	a := newApp(t, nil)
	id := a.arrive(t)
	goodbye := func(at time.Time) {
		t.Helper()
		if err := a.DB.InTx(t.Context(), id, func(tx *store.Tx) error { return tx.MarkUninstalled(t.Context(), at) }); err != nil {
			t.Fatal(err)
		}
	}
	a.pass(time.Minute)
	left := a.DB.Now()
	a.store.RevokeTokens()
	a.pass(time.Minute)
	if err := a.ask(t, id); !errors.Is(err, credential.ErrReopen) {
		t.Errorf("a dead token: %v", err)
	}
	if again := a.arrive(t); again != id {
		t.Fatalf("shop %d", again)
	}
	goodbye(left)
	if s, access := a.shop(t, id); s.UninstalledAt != nil || access == nil || access.Dead {
		t.Errorf("gone: %+v %+v", s, access)
	}
	a.pass(time.Minute)
	goodbye(a.DB.Now())
	if s, access := a.shop(t, id); s.UninstalledAt == nil || access != nil {
		t.Errorf("still there: %+v", access)
	}
	if err := a.ask(t, id); !errors.Is(err, credential.ErrNotInstalled) {
		t.Errorf("%v", err)
	}
	a.pass(time.Minute)
	if again := a.arrive(t); again != id {
		t.Errorf("shop %d", again)
	}
	if s, _ := a.shop(t, id); s.UninstalledAt != nil {
		t.Error("not back")
	}
}

func TestAShopThatTakesScopesAwayIsAskedAgain(t *testing.T) {
	t.Parallel()
	a := newApp(t, nil)
	id := a.arrive(t)
	a.pass(time.Minute)
	if err := a.DB.InTx(t.Context(), id, func(tx *store.Tx) error { return tx.SetScopes(t.Context(), []string{"read_orders"}, a.DB.Now()) }); err != nil {
		t.Fatal(err)
	}
	a.arrive(t)
	if _, access := a.shop(t, id); len(access.Scopes) != 2 || a.store.Calls("token") != 2 {
		t.Errorf("scopes %v after %d token calls", access.Scopes, a.store.Calls("token"))
	}
}

func TestTheAuthorizationCodeFlowInstallsOnce(t *testing.T) {
	t.Parallel()
	a := newApp(t, nil)
	redirect, cookie, err := a.Begin(shopifyDomain)
	if err != nil {
		t.Fatal(err)
	}
	q, err := a.store.Consent(redirect)
	if err != nil {
		t.Fatal(err)
	}
	clone := func(change func(url.Values)) url.Values {
		c := url.Values{}
		for k, v := range q {
			c[k] = append([]string{}, v...)
		}
		change(c)
		return c
	}
	_, otherCookie, _ := a.Begin(shopifyDomain)
	_, othersCookie, _ := a.Begin("another.myshopify.com")
	for name, c := range map[string]struct {
		q      url.Values
		cookie string
	}{
		"forged state":      {clone(func(c url.Values) { c.Set("state", strings.Repeat("0", 64)) }), cookie},
		"tampered shop":     {clone(func(c url.Values) { c.Set("shop", "evil.myshopify.com") }), cookie},
		"tampered hmac":     {clone(func(c url.Values) { c.Set("hmac", strings.Repeat("0", 64)) }), cookie},
		"repeated shop":     {clone(func(c url.Values) { c["shop"] = append(c["shop"], "b.myshopify.com") }), cookie},
		"another's cookie":  {q, othersCookie},
		"another state":     {q, otherCookie},
		"no cookie":         {q, ""},
		"half a cookie":     {q, "|"},
		"an unsigned state": {q, strings.Join(strings.Split(cookie, "|")[:3], "|") + "|" + "AAAA"},
	} {
		if id, _, err := a.Finish(t.Context(), c.q, c.cookie); errs.As(err) == nil || errs.As(err).Kind != errs.Unauthorized || id != 0 {
			t.Errorf("%s: %d, %v", name, id, err)
		}
	}
	id, shop, err := a.Finish(t.Context(), q, cookie)
	if err != nil || shop != shopifyDomain {
		t.Fatal(id, shop, err)
	}
	if err := a.ask(t, id); err != nil {
		t.Error(err)
	}
	var e *shopify.Error
	if _, _, err := a.Finish(t.Context(), q, cookie); !errors.As(err, &e) {
		t.Errorf("a code was redeemed twice: %v", err)
	}
	a.pass(91 * time.Second)
	if _, _, err := a.Finish(t.Context(), q, cookie); errs.As(err) == nil || errs.As(err).Code != "oauth_query" {
		t.Errorf("an old address: %v", err)
	}
	// What we sign is no webhook of Shopify's.
	if shopify.Verify([]byte(cookie[:strings.LastIndexByte(cookie, '|')]), cookie[strings.LastIndexByte(cookie, '|')+1:], "hush") {
		t.Error("the cookie's signature signs a webhook")
	}
}

func TestSecretsAreSealedAnewWithTheFirstKey(t *testing.T) {
	t.Parallel()
	a := newApp(t, nil)
	k1, k2 := seal.Generate("k1"), seal.Generate("k2")
	old, _ := seal.New([]seal.Key{k1})
	both, _ := seal.New([]seal.Key{k2, k1})
	fresh, _ := seal.New([]seal.Key{k2})
	a.Keys, a.Access.Keys = old, old
	id := a.arrive(t)
	n := tenant.NewShop{Platform: 2, Domain: "shop.example.com", Currency: "EUR", TimeZone: "UTC"}
	n.RestKeys = tenant.RestKeys{Key: "ck_" + strings.Repeat("0", 40), Secret: "cs_" + strings.Repeat("1", 40)}
	if _, err := tenant.AddShop(t.Context(), a.DB, old, n); err != nil {
		t.Fatal(err)
	}
	a.Access.Keys = fresh
	if err := a.ask(t, id); err == nil {
		t.Fatal("a key opens what it has not sealed")
	}
	r, err := tenant.Rotate(t.Context(), a.DB, both)
	if err != nil || r.Sealed != 6 || r.Current != 0 || len(r.Kept) != 0 {
		t.Errorf("%+v %v", r, err)
	}
	if err := a.ask(t, id); err != nil {
		t.Error(err)
	}
	if r, err = tenant.Rotate(t.Context(), a.DB, fresh); err != nil || r.Sealed != 0 || r.Current != 6 {
		t.Errorf("%+v %v", r, err)
	}
}
