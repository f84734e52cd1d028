package intake_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"tributary/internal/domain/order"
	"tributary/internal/errs"
	"tributary/internal/intake"
	"tributary/internal/platform/shopify"
	"tributary/internal/platform/woocommerce"
	"tributary/internal/sandbox"
	"tributary/internal/store"
	"tributary/internal/tenant"
)

// readWoo is a WooCommerce store none of whose webhooks arrive, its shop, and
// who reads it.
func readWoo(t *testing.T, change func(*sandbox.Options)) (*shop, *sandbox.Store, *intake.Sweeper) {
	t.Helper()
	s := newTenant(t)
	o := sandbox.Options{Platform: sandbox.WooCommerce, Seed: 5, Now: s.clock.now, TaxBps: 1900, TaxesIncluded: true, Delivery: sandbox.Delivery{TimeScale: 1e-7},
		Influencers: []sandbox.Influencer{{Slug: "anna", Codes: []sandbox.Code{{Text: "ANNA", PercentBps: 1000}}}}}
	if change != nil {
		change(&o)
	}
	st, err := sandbox.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = st.Close() })
	if err := st.Start(); err != nil {
		t.Fatal(err)
	}
	n := tenant.NewShop{Platform: order.WooCommerce, Domain: "shop.example.com", BaseURL: st.URL(), Currency: "USD", TimeZone: "America/New_York"}
	n.RestKeys.Key, n.RestKeys.Secret = st.AddKey(true)
	added, err := tenant.AddShop(t.Context(), s.db, s.keys, n)
	if err != nil {
		t.Fatal(err)
	}
	s.id, s.home = added.ID, st.URL()+"/"
	return s, st, &intake.Sweeper{DB: s.db, Keys: s.keys, WooCommerce: woocommerce.NewClient("test", true), Log: slog.New(slog.DiscardHandler)}
}

func (s *shop) known(id int64) *order.Order {
	s.t.Helper()
	var o *order.Order
	err := s.db.InTx(context.Background(), s.id, func(tx *store.Tx) error {
		rows, err := tx.OrdersByID(context.Background(), []int64{id})
		if err == nil && len(rows) == 1 {
			o, err = rows[0].Order()
		}
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return o
}

// A WooCommerce store none of whose webhooks arrive, however it lets keys in:
// sweeps find every order, at nights what changes do not show, and the days are
// the store's to the cent.
func TestAWooCommerceStoreIsReadWithoutItsWebhooks(t *testing.T) {
	t.Parallel()
	for _, way := range []string{sandbox.WooTLS, sandbox.WooHeaderDropped, sandbox.WooPlain} {
		t.Run("keys by "+way, func(t *testing.T) {
			t.Parallel()
			s, st, sweeper := readWoo(t, func(o *sandbox.Options) { o.WooAuth = way })
			start := s.clock.now()
			s.agreement("anna", "ANNA", `{"id":"base","type":"percentage","rate_bps":1000}`)
			var ids []int64
			for i := range 250 { // pages, and many of one second
				if i%40 == 0 {
					s.clock.set(s.clock.now().Add(7 * time.Minute).Truncate(time.Second))
				}
				placed, err := st.Checkout(sandbox.Basket{Items: []sandbox.Item{{Product: i % 5, Quantity: 1}}, Codes: []string{"ANNA"}})
				if err != nil {
					t.Fatal(err)
				}
				ids = append(ids, placed.ID)
			}
			if err := st.RefundLine(ids[0], 0, 1); err != nil {
				t.Fatal(err)
			}
			s.clock.set(s.clock.now().Add(time.Hour))
			st.Break(1, sandbox.Fault{Status: 503, Body: "<html>busy</html>", Only: "/orders?"})
			if got, err := sweeper.Shop(t.Context(), s.id); err != nil || got.Healed != 0 {
				t.Fatalf("a store that is busy: %+v %v", got, err)
			}
			got, err := sweeper.Shop(t.Context(), s.id)
			if err != nil || got.Seen != 250 || got.Missing != 250 || got.Healed != 250 {
				t.Fatalf("%+v %v", got, err)
			}
			s.drain()
			if again, err := sweeper.Shop(t.Context(), s.id); err != nil || again.Missing != 0 {
				t.Errorf("%+v %v", again, err)
			}
			want := int64(0)
			for _, e := range st.Orders(sandbox.WithLines) {
				want += e.Commission(func(string) int64 { return 1000 })["anna"]
			}
			earned := func() (n int64) {
				for _, v := range s.earned() {
					n += v
				}
				return n
			}
			if got := earned(); got != want || want == 0 {
				t.Errorf("earned %d, the store's books say %d", got, want)
			}
			// What no change shows: a refund taken back, an order erased.
			first, err := st.Order(ids[0])
			if err != nil || len(first.Refunds) != 1 {
				t.Fatal(first, err)
			}
			if err := st.DeleteRefund(ids[0], first.Refunds[0].ID); err != nil {
				t.Fatal(err)
			}
			if err := st.Delete(ids[1]); err != nil {
				t.Fatal(err)
			}
			s.clock.set(start.AddDate(0, 0, 2).Truncate(24 * time.Hour).Add(9 * time.Hour)) // some night later
			got, err = sweeper.Shop(t.Context(), s.id)
			if err != nil || got.Healed < 2 {
				t.Fatalf("the night found %+v %v", got, err)
			}
			s.drain()
			if o := s.known(ids[0]); len(o.EffectiveRefunds()) != 0 {
				t.Errorf("a refund that was taken back stands: %+v", o.EffectiveRefunds())
			}
			if o := s.known(ids[1]); !o.Deleted() {
				t.Error("an order that was erased stands")
			}
			want = 0
			for _, e := range st.Orders(sandbox.WithLines) {
				want += e.Commission(func(string) int64 { return 1000 })["anna"]
			}
			if got := earned(); got != want {
				t.Errorf("earned %d, the store's books say %d", got, want)
			}
			if again, err := sweeper.Shop(t.Context(), s.id); err != nil || again.Healed != 0 {
				t.Errorf("the night was done twice: %+v %v", again, err)
			}
			days, _, err := sweeper.Compare(t.Context(), s.id, start.Truncate(24*time.Hour).AddDate(0, 0, -1), s.clock.now(), false)
			if err != nil {
				t.Fatal(err)
			}
			n := int64(0)
			for _, d := range days {
				n += d.StoreOrders
				if d.Difference != 0 || d.Orders != d.StoreOrders || d.Unknown != nil || d.Extra != nil || d.Differs != nil {
					t.Errorf("%+v", d)
				}
			}
			if n != 249 {
				t.Errorf("%d orders compared", n)
			}
			kept := s.reports(start)
			if len(kept) == 0 || kept[0].ComparedAt.IsZero() {
				t.Errorf("%+v", kept)
			}
			s.verify()
			s.replay()
		})
	}
}

// fill goes on with a backfill until it is over and returns it.
func fill(t *testing.T, s *shop, sweeper *intake.Sweeper) store.Backfill {
	t.Helper()
	for range 60 {
		if _, err := sweeper.Backfill(t.Context(), s.id); err != nil {
			t.Fatal(err)
		}
		var all []store.Backfill
		if err := s.db.InTx(t.Context(), s.id, func(tx *store.Tx) (err error) { all, err = tx.Backfills(t.Context()); return err }); err != nil {
			t.Fatal(err)
		}
		if !all[0].DoneAt.IsZero() {
			return all[0]
		}
		s.clock.set(s.clock.now().Add(time.Minute))
	}
	t.Fatal("it never ends")
	return store.Backfill{}
}

func (s *shop) ask(since, until time.Time) {
	s.t.Helper()
	err := s.db.InTx(context.Background(), s.id, func(tx *store.Tx) error {
		_, err := intake.AskBackfill(context.Background(), tx, since, until)
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
}

// A store's history from before the installation, through a bulk operation that
// fails once, a file whose address ends and which breaks off, and a process that
// dies.
func TestHistoryIsReadThroughABulkOperation(t *testing.T) {
	t.Parallel()
	s := newTenant(t)
	start := s.clock.now()
	st, access := s.installed(sandbox.Options{Platform: sandbox.Shopify, Domain: shopDomain, Seed: 5, Now: s.clock.now, ClientID: "client", ClientSecret: secret, Delivery: sandbox.Delivery{TimeScale: 1e-7}})
	s.home = "https://" + shopDomain + "/"
	for i := range 350 {
		s.clock.set(start.Add(time.Duration(i) * time.Minute))
		if _, err := st.Checkout(sandbox.Basket{Items: []sandbox.Item{{Product: i % 3, Quantity: 1}}}); err != nil {
			t.Fatal(err)
		}
	}
	s.clock.set(start.Add(24 * time.Hour))
	sweeper := &intake.Sweeper{DB: s.db, Access: access, Files: shopify.NewFiles(true), Log: slog.New(slog.DiscardHandler)}
	s.ask(start, start.Add(12*time.Hour))
	if err := s.db.InTx(t.Context(), s.id, func(tx *store.Tx) error {
		_, err := intake.AskBackfill(t.Context(), tx, start, start.Add(time.Hour))
		if errs.As(err) == nil || errs.As(err).Code != "backfill_under_way" {
			t.Errorf("two at once: %v", err)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	step := func() {
		t.Helper()
		if _, err := sweeper.Backfill(t.Context(), s.id); err != nil {
			t.Fatal(err)
		}
		s.clock.set(s.clock.now().Add(2 * time.Minute))
	}
	step() // begun
	st.FailBulk("INTERNAL_SERVER_ERROR")
	step() // it has failed
	step() // begun again
	step() // it runs
	step() // it runs
	st.Break(1, sandbox.Fault{Status: 500, Body: "x", Only: "/bulk/"})
	step() // there is a file, whose server fails
	// A process dies in the middle of it.
	dying, die := context.WithCancel(t.Context())
	st.When("OrderRead", 150, die)
	_, _ = sweeper.Backfill(dying, s.id)
	read := st.Calls("OrderRead")
	st.ExpireFiles()
	b := fill(t, s, sweeper)
	if b.State != store.BackfillDone || b.Seen != 350 || b.ReadBytes != b.FileBytes || b.FileBytes == 0 || b.FileURL != "" {
		t.Errorf("%+v", b)
	}
	if again := st.Calls("OrderRead") - 350; read < 150 || again > 100 {
		t.Errorf("%d orders were read twice", again)
	}
	s.drain()
	days, _, err := sweeper.Compare(t.Context(), s.id, start.Truncate(24*time.Hour).AddDate(0, 0, -1), start.AddDate(0, 0, 1), false)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range days {
		if d.Difference != 0 || d.Orders != d.StoreOrders {
			t.Errorf("%+v", d)
		}
	}
	// Anew: all is known, nothing is read.
	before := st.Calls("OrderRead")
	s.ask(start, start.Add(12*time.Hour))
	if b := fill(t, s, sweeper); b.Seen != 350 || b.Taken != 0 || st.Calls("OrderRead") != before {
		t.Errorf("%+v", b)
	}
	// A time without orders.
	s.ask(start.AddDate(-2, 0, 0), start.AddDate(-1, 0, 0))
	if b := fill(t, s, sweeper); b.State != store.BackfillDone || b.Seen != 0 {
		t.Errorf("%+v", b)
	}
	s.verify()
	s.replay()
}

func TestHistoryOfAWooCommerceStoreIsReadPageByPage(t *testing.T) {
	t.Parallel()
	s, st, sweeper := readWoo(t, nil)
	start := s.clock.now()
	for i := range 230 {
		if i%30 == 0 {
			s.clock.set(s.clock.now().Add(3 * time.Minute).Truncate(time.Second))
		}
		if _, err := st.Checkout(sandbox.Basket{Items: []sandbox.Item{{Product: i % 5, Quantity: 1}}}); err != nil {
			t.Fatal(err)
		}
	}
	s.clock.set(s.clock.now().Add(time.Hour))
	s.ask(start.Add(-time.Hour), s.clock.now())
	st.Break(1, sandbox.Fault{Status: 429, Body: "<html>slow down", Header: http.Header{"Retry-After": {"1"}}, Only: "/refunds"})
	b := fill(t, s, sweeper)
	if b.State != store.BackfillDone || b.Seen != 230 || b.Taken != 230 {
		t.Errorf("%+v", b)
	}
	s.drain()
	n := 0
	for _, e := range st.Orders(sandbox.WithLines) {
		if s.known(e.OrderID) == nil {
			n++
		}
	}
	if n != 0 {
		t.Errorf("%d orders are missing", n)
	}
}

// An order that a sweep found has its buyer's hashes, like one of a webhook.
func TestAHealedOrderHasItsBuyersHashes(t *testing.T) {
	t.Parallel()
	s := newTenant(t)
	st, access := s.installed(sandbox.Options{Platform: sandbox.Shopify, Domain: shopDomain, Seed: 5, Now: s.clock.now, ClientID: "client", ClientSecret: secret, Delivery: sandbox.Delivery{TimeScale: 1e-7}})
	placed, err := st.Checkout(sandbox.Basket{Items: []sandbox.Item{{Product: 0, Quantity: 1}}})
	if err != nil {
		t.Fatal(err)
	}
	s.clock.set(s.clock.now().Add(time.Hour))
	sweeper := &intake.Sweeper{DB: s.db, Access: access, Log: slog.New(slog.DiscardHandler)}
	if _, err := sweeper.Shop(t.Context(), s.id); err != nil {
		t.Fatal(err)
	}
	s.drain()
	read := s.known(placed.ID).Snapshot.Customer
	door := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if err := s.door.Shopify(r.Context(), r.Header, body); err != nil {
			t.Error(err)
		}
	}))
	t.Cleanup(door.Close)
	st.Subscribe(door.URL, sandbox.OrderTopics...)
	if err := st.Touch(placed.ID); err != nil {
		t.Fatal(err)
	}
	if err := st.Settle(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.drain()
	told := s.known(placed.ID).Snapshot.Customer
	if fmt.Sprint(read) != fmt.Sprint(told) || read.EmailHash == "" || read.AddressHash == "" || read.IPHash == "" {
		t.Errorf("read %+v, told %+v", read, told)
	}
}
