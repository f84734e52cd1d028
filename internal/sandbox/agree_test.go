package sandbox_test

import (
	"context"
	"encoding/binary"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"tributary/internal/domain/attribution"
	"tributary/internal/domain/commission"
	"tributary/internal/domain/money"
	"tributary/internal/domain/order"
	"tributary/internal/domain/terms"
	"tributary/internal/platform"
	"tributary/internal/platform/shopify"
	"tributary/internal/platform/woocommerce"
	"tributary/internal/sandbox"
)

// TestTheStoresBooksAgreeWithTheRules feeds a month of deliveries, twice sent
// and out of order, to the decoders and the pure rules: what is left of every
// order, and what ten percent of it is, must be what the store itself reckons.
func TestTheStoresBooksAgreeWithTheRules(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]sandbox.Options{
		"shopify, tax on top":          {Platform: sandbox.Shopify, TaxBps: 825},
		"shopify, tax included, yen":   {Platform: sandbox.Shopify, TaxBps: 1000, TaxesIncluded: true, Currency: "JPY"},
		"woocommerce, tax on top":      {Platform: sandbox.WooCommerce, TaxBps: 825},
		"woocommerce, tax included":    {Platform: sandbox.WooCommerce, TaxBps: 1900, TaxesIncluded: true, Currency: "EUR"},
		"woocommerce, dinars, no tax":  {Platform: sandbox.WooCommerce, Currency: "KWD"},
		"shopify, presentment, no tax": {Platform: sandbox.Shopify, Presentment: []sandbox.Presentment{{Currency: "CAD", RateMicro: 1_370_000}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			agree(t, o)
		})
	}
}

func agree(t *testing.T, o sandbox.Options) {
	end := time.Date(2026, 10, 31, 0, 0, 0, 0, time.UTC)
	start := end.AddDate(0, 0, -40)
	var mu sync.Mutex
	// All of it is received long after it happened: what has no time of its own
	// must not seem to be the latest.
	received := end.AddDate(0, 1, 0)
	orders := map[int64]*order.Order{}
	app := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		var m platform.Message
		var err error
		switch topic := r.Header.Get("X-Shopify-Topic"); {
		case topic != "":
			at, _ := time.Parse(time.RFC3339Nano, r.Header.Get("X-Shopify-Triggered-At"))
			m, err = shopify.Decode(topic, body, at, func(v string) string { return v })
		case strings.HasPrefix(r.Header.Get("Content-Type"), "application/json"):
			topic, id := r.Header.Get("X-WC-Webhook-Topic"), r.Header.Get("X-WC-Webhook-Delivery-ID")
			m, err = woocommerce.Decode(topic, body, received, func(v string) string { return v })
			sum := woocommerce.DeliveryID(1, topic, id, body)
			m.Fact.Key = binary.BigEndian.Uint64(sum[:])
		}
		if err != nil {
			t.Errorf("decode: %v", err)
		}
		if m.Kind == platform.Order {
			mu.Lock()
			defer mu.Unlock()
			if orders[m.Fact.OrderID] == nil {
				orders[m.Fact.OrderID] = &order.Order{}
			}
			orders[m.Fact.OrderID].Apply(m.Fact)
		}
	}))
	defer app.Close()

	o.Domain, o.Seed, o.ClientSecret, o.Now = "agree.myshopify.com", 77, "hush", func() time.Time { return end }
	o.Influencers = []sandbox.Influencer{
		{Slug: "anna", Codes: []sandbox.Code{{Text: "ANNA15", PercentBps: 1500}}}, {Slug: "ben", Codes: []sandbox.Code{{Text: "BEN5", Fixed: 500}}},
	}
	o.Promos = []sandbox.Code{{Text: "WELCOME", PercentBps: 1000}}
	o.Delivery = sandbox.Delivery{Duplicates: 80, Disorder: 150, TimeScale: 1e-7, KeepAlive: true}
	s, err := sandbox.New(o)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	if o.Platform == sandbox.Shopify {
		s.Subscribe(app.URL, sandbox.OrderTopics...)
	} else {
		for _, topic := range []string{"order.created", "order.updated", "order.deleted", "order.restored"} {
			s.SubscribeWoo(topic, app.URL, "secret")
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := sandbox.NewWorld(5, s).Simulate(ctx, sandbox.Run{
		From: start, To: end, PerDay: 5,
	}); err != nil {
		t.Fatal(err)
	}
	reread(ctx, t, s, orders, received.Add(time.Hour))

	doc := terms.Default(money.Currency(s.Currency()))
	doc.Components = []terms.Component{{ID: "pct", Type: terms.Percentage, RateBps: 1000}}
	earning, refunded := 0, 0
	for _, e := range s.Orders(sandbox.WithLines) {
		got := orders[e.OrderID]
		if got == nil {
			t.Errorf("order %d was never heard of", e.OrderID)
			continue
		}
		paid, want := got.PaymentNow() == order.PaymentPaid && !got.Snapshot.Test, e.Counts()
		if paid != want {
			t.Errorf("order %d: counts %v, want %v (%s)", e.OrderID, paid, want, got.Snapshot.Status)
			continue
		}
		if !want {
			continue
		}
		earning++
		if e.Refunds > 0 {
			refunded++
		}
		eval := commission.Evaluate(commission.Source{Order: got, Terms: doc, Zone: time.UTC, Customer: "unknown", Share: attribution.Share{Bps: 10_000}})
		ten := (e.Remaining()*2000 + 10_000) / 20_000
		result := commission.Fold(doc, time.UTC, []commission.Eval{eval})[0]
		if eval.Net != e.Remaining() || result.Target != ten {
			t.Errorf("order %d (%s): %d remain and earn %d, want %d and %d", e.OrderID, got.Snapshot.Status, eval.Net, result.Target, e.Remaining(), ten)
		}
	}
	if earning < 100 || refunded < 5 {
		t.Errorf("%d orders earn, %d of them refunded", earning, refunded)
	}
}

// reread reads the orders from the store of which webhooks do not tell all.
func reread(ctx context.Context, t *testing.T, s *sandbox.Store, orders map[int64]*order.Order, at time.Time) {
	if s.Platform() != sandbox.WooCommerce {
		return
	}
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	access := woocommerce.Access{BaseURL: s.URL()}
	access.Key, access.Secret = s.AddKey(false)
	client, n := woocommerce.NewClient("test", true), 0
	for id, o := range orders {
		if !o.Unclear() {
			continue
		}
		n++
		got, err := client.ReadOrder(ctx, access, id)
		if err != nil {
			t.Fatal(err)
		}
		m, err := woocommerce.DecodeRead(got.Body(), at, func(v string) string { return v })
		if err != nil {
			t.Fatal(err)
		}
		if o.Apply(m.Fact); o.Unclear() {
			t.Errorf("order %d is unclear after it was read", id)
		}
	}
	if n == 0 {
		t.Error("no order had to be read")
	}
}
