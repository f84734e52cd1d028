package sandbox_test

import (
	"context"
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
	// The listener's clock moves at the barriers, behind the store's. An
	// order.deleted has no time of its own; one that seems later than the
	// restored order's last change would outlive it.
	clock := start
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
			mu.Lock()
			at := clock
			mu.Unlock()
			m, err = woocommerce.Decode(r.Header.Get("X-WC-Webhook-Topic"), body, at, func(v string) string { return v })
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
		Barrier: func(_ context.Context, day time.Time) error {
			mu.Lock()
			defer mu.Unlock()
			clock = day
			return nil
		},
	}); err != nil {
		t.Fatal(err)
	}

	detail := sandbox.WithLines
	if o.Platform == sandbox.WooCommerce {
		detail = sandbox.SumsOnly // only the REST API knows refunds by line
	}
	doc := terms.Default(money.Currency(s.Currency()))
	doc.Components = []terms.Component{{ID: "pct", Type: terms.Percentage, RateBps: 1000}}
	earning, refunded := 0, 0
	for _, e := range s.Orders(detail) {
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
