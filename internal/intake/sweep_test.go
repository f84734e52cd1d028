package intake_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"tributary/internal/credential"
	"tributary/internal/intake"
	"tributary/internal/platform/shopify"
	"tributary/internal/sandbox"
	"tributary/internal/store"
	"tributary/internal/tenant"
)

// installed starts a store and installs the app in it.
func (s *shop) installed(o sandbox.Options) (*sandbox.Store, *credential.Shopify) {
	s.t.Helper()
	st, err := sandbox.New(o)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = st.Close() })
	if err := st.Start(); err != nil {
		s.t.Fatal(err)
	}
	st.Budget(1e6, 1e6)
	api := shopify.NewAPI(shopify.Options{App: shopify.App{ClientID: "client", ClientSecret: secret}, Private: true})
	api.Play(shopDomain, st.URL())
	access := &credential.Shopify{DB: s.db, Keys: s.keys, API: api, Log: slog.New(slog.DiscardHandler)}
	in := &tenant.ShopifyInstaller{DB: s.db, Keys: s.keys, Access: access}
	if s.id, err = in.Arrive(context.Background(), shopDomain, st.SessionToken(1)); err != nil {
		s.t.Fatal(err)
	}
	return st, access
}

// A store none of whose webhooks arrive. What sweeps read gives the same ledger
// as the store's own books, to the cent, and a replay sees it too.
func TestOrdersWhoseWebhooksWereLostAreFoundAndSettled(t *testing.T) {
	t.Parallel()
	s := newTenant(t)
	start := s.clock.now()
	o := sandbox.Options{Platform: sandbox.Shopify, Domain: shopDomain, Seed: 5, Now: s.clock.now, ClientID: "client", ClientSecret: secret, TaxBps: 825, BigIDs: true,
		Presentment: []sandbox.Presentment{{Currency: "EUR", RateMicro: 920_000}}, Delivery: sandbox.Delivery{TimeScale: 1e-7},
		Influencers: []sandbox.Influencer{{Slug: "anna", Codes: []sandbox.Code{{Text: "ANNA", PercentBps: 1000}}}, {Slug: "ben", Codes: []sandbox.Code{{Text: "BEN", Fixed: 700}}}}}
	st, access := s.installed(o)
	s.home = "https://" + shopDomain + "/"
	s.agreement("anna", "ANNA", `{"id":"base","type":"percentage","rate_bps":1000}`)
	s.agreement("ben", "BEN", `{"id":"base","type":"percentage","rate_bps":1500}`)
	var ids []int64
	for i := range 120 { // more than a page
		s.clock.set(start.Add(time.Duration(i) * 20 * time.Minute))
		b := st.RandomBasket()
		b.ClickID = ""
		placed, err := st.Checkout(b)
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, placed.ID)
	}
	for i, f := range []func(int64) error{
		func(id int64) error { return st.RefundLine(id, 0, 1) }, func(id int64) error { return st.RefundAmount(id, 321) }, st.RefundShipping, st.RefundAll, st.Cancel,
		func(id int64) error { return st.RefundLineLess(id, 0, 1, 100) }, func(id int64) error { return st.RemoveItem(id, 0, 1) },
	} {
		done := 0
		for n := i; n < len(ids) && done < 4; n += 7 {
			if f(ids[n]) == nil {
				done++
			}
		}
		if done == 0 {
			t.Errorf("life %d happened to nobody", i)
		}
	}
	sweeper := &intake.Sweeper{DB: s.db, Access: access, Log: slog.New(slog.DiscardHandler)}
	s.clock.set(s.clock.now().Add(time.Hour))
	got, err := sweeper.Shop(t.Context(), s.id)
	if err != nil || got.Seen != 120 || got.Missing != 120 || got.Healed != 120 {
		t.Fatalf("%+v %v", got, err)
	}
	s.drain()
	if again, err := sweeper.Shop(t.Context(), s.id); err != nil || again.Seen != 0 {
		t.Errorf("%+v %v", again, err)
	}
	rate := func(slug string) int64 { return map[string]int64{"anna": 1000, "ben": 1500}[slug] }
	var earned map[string]map[int64]int64
	if err := s.db.InTx(t.Context(), s.id, func(tx *store.Tx) (err error) { earned, err = tx.EarnedByOrder(t.Context()); return err }); err != nil {
		t.Fatal(err)
	}
	differences := 0
	for _, e := range st.Orders(sandbox.WithLines) {
		want := e.Commission(rate)
		for _, who := range []string{"anna", "ben"} {
			if have := earned[who][e.OrderID]; have != want[who] {
				if differences++; differences < 5 {
					t.Errorf("%s, order %d: %d, the store's books say %d", who, e.OrderID, have, want[who])
				}
			}
		}
	}
	days, cur, err := sweeper.Compare(t.Context(), s.id, start.Truncate(24*time.Hour), s.clock.now().Add(24*time.Hour), false)
	if err != nil || cur != "USD" || len(days) < 2 {
		t.Fatalf("%v %s %v", days, cur, err)
	}
	var orders, seen int64
	for _, d := range days {
		if d.Difference != 0 || d.Orders != d.StoreOrders || d.Unknown != nil {
			t.Errorf("%+v", d)
		}
		orders += d.Orders
	}
	for _, d := range s.reports(start) {
		seen += d.Healed
	}
	if orders != 120 || seen != 120 {
		t.Errorf("%d orders, %d healed", orders, seen)
	}
	s.verify()
	s.replay()
}

// reports are what the days since start came to.
func (s *shop) reports(start time.Time) (days []intake.DayReport) {
	s.t.Helper()
	err := s.db.InTx(context.Background(), s.id, func(tx *store.Tx) (err error) {
		days, err = intake.Reports(context.Background(), tx, start.Truncate(24*time.Hour).AddDate(0, 0, -1), start.AddDate(1, 0, 0))
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return days
}

// One webhook arrives and one is lost: only the lost one is read.
func TestOrdersThatWebhooksToldOfAreNotReadAgain(t *testing.T) {
	t.Parallel()
	s := newTenant(t)
	st, access := s.installed(sandbox.Options{Platform: sandbox.Shopify, Domain: shopDomain, Seed: 5, Now: s.clock.now, ClientID: "client", ClientSecret: secret, Delivery: sandbox.Delivery{TimeScale: 1e-7}})
	sweeper := &intake.Sweeper{DB: s.db, Access: access, Log: slog.New(slog.DiscardHandler)}
	lost, err := st.Checkout(sandbox.Basket{Items: []sandbox.Item{{Product: 0, Quantity: 1}}})
	if err != nil {
		t.Fatal(err)
	}
	door := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if err := s.door.Shopify(r.Context(), r.Header, body); err != nil {
			t.Error(err)
			w.WriteHeader(http.StatusInternalServerError)
		}
	}))
	t.Cleanup(door.Close)
	st.Subscribe(door.URL, sandbox.OrderTopics...)
	if _, err := st.Checkout(sandbox.Basket{Items: []sandbox.Item{{Product: 1, Quantity: 1}}}); err != nil {
		t.Fatal(err)
	}
	if err := st.Settle(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.drain()
	s.clock.set(s.clock.now().Add(time.Hour))
	before, _, err := sweeper.Compare(t.Context(), s.id, s.clock.now().AddDate(0, 0, -1), s.clock.now().AddDate(0, 0, 1), false)
	if err != nil || before[1].Difference != -lost.Total() || len(before[1].Unknown) != 1 || before[1].Unknown[0] != lost.ID {
		t.Errorf("%+v %v", before, err)
	}
	st.Break(1, sandbox.Fault{Status: 429, Body: "<html>slow down</html>", Header: http.Header{"Retry-After": {"0.01"}}, Only: "OrderRead"})
	got, err := sweeper.Shop(t.Context(), s.id)
	if err != nil || got.Seen != 2 || got.Missing != 1 || got.Healed != 1 {
		t.Errorf("%+v %v", got, err)
	}
	if s.drain(); st.Calls("OrderRead") != 1 {
		t.Errorf("%d orders were read", st.Calls("OrderRead"))
	}
	// A store that fails is asked again later.
	st.RevokeTokens()
	s.clock.set(s.clock.now().Add(30 * time.Minute))
	if _, err := sweeper.Shop(t.Context(), s.id); err != nil {
		t.Error(err)
	}
	if due, err := s.db.DueSweeps(t.Context()); err != nil || len(due) != 0 {
		t.Errorf("%v %v", due, err)
	}
}
