package sandbox

import (
	"context"
	"maps"
	"reflect"
	"slices"
	"sync"
	"testing"
	"time"
)

func TestTheSameSeedSellsTheSameGoods(t *testing.T) {
	t.Parallel()
	play := func() (out [][]Expected) {
		shop, woo := open(t, options(Shopify), nil), open(t, options(WooCommerce), nil)
		ok(t, NewWorld(3, shop, woo).Simulate(t.Context(), Run{From: noon.AddDate(0, 0, -20), To: noon, PerDay: 15}))
		return [][]Expected{shop.Orders(WithLines), woo.Orders(WithLines)}
	}
	if a, b := play(), play(); !reflect.DeepEqual(a, b) || len(a[0]) != 300 {
		t.Errorf("%d orders, and not the same twice", len(a[0]))
	}
}

// TestAListenerEndsUpWithTheStoresTruth folds everything that was sent, in
// whatever order it came, by the newest state: what is left must be what the
// store's own books say.
func TestAListenerEndsUpWithTheStoresTruth(t *testing.T) {
	t.Parallel()
	for _, p := range []Platform{Shopify, WooCommerce} {
		t.Run(string(p), func(t *testing.T) {
			t.Parallel()
			var mu sync.Mutex
			newest, gone := map[int64]tree{}, map[int64]bool{}
			stamp := map[Platform]string{Shopify: "updated_at", WooCommerce: "date_modified_gmt"}[p]
			a := newApp(t, func(n int, g got) int {
				if n%41 == 7 && p == Shopify {
					return 500
				}
				if g.header.Get("Content-Type") != "application/json" {
					return 200
				}
				m := parse(t, g.body)
				mu.Lock()
				defer mu.Unlock()
				id := m.minor("id", 0)
				switch {
				case m["order_edit"] != nil, m["order_id"] != nil:
				case len(m) == 1:
					gone[id] = true
				default:
					if old := newest[id]; old == nil || old[stamp].(string) < m[stamp].(string) {
						newest[id] = m
					}
				}
				return 200
			})
			o := options(p)
			o.Delivery.Duplicates, o.Delivery.Disorder = 100, 150
			s := open(t, o, a)
			var days []time.Time
			progress := 0
			ok(t, NewWorld(9, s).Simulate(t.Context(), Run{
				From: noon.AddDate(0, 0, -30), To: noon, PerDay: 12,
				Progress: func(done, total int) { progress = done * 1000 / total },
				Barrier: func(_ context.Context, end time.Time) error {
					days = append(days, end)
					return nil
				},
			}))
			if len(days) != 31 || !slices.IsSortedFunc(days, time.Time.Compare) || progress != 1000 {
				t.Errorf("%d barriers, progress %d", len(days), progress)
			}
			kinds := map[string]int{}
			for _, e := range s.Orders(WithLines) {
				m := newest[e.OrderID]
				if m == nil {
					t.Fatalf("nobody heard of order %d", e.OrderID)
				}
				total, refunds := m.minor("total_price", 2), m.list("refunds")
				if p == WooCommerce {
					total = m.minor("total", 2)
				}
				if total != e.Total || len(refunds) != e.Refunds && !gone[e.OrderID] {
					t.Errorf("order %d: total %d and %d refunds, want %d and %d", e.OrderID, total, len(refunds), e.Total, e.Refunds)
				}
				switch {
				case e.Cancelled:
					kinds["cancelled"]++
				case !e.Paid:
					kinds["unpaid"]++
				case e.Refunds > 0:
					kinds["refunded"]++
				}
			}
			if kinds["cancelled"] == 0 || kinds["unpaid"] == 0 || kinds["refunded"] == 0 {
				t.Errorf("too quiet a month: %v", kinds)
			}
			ten := func(string) int64 { return 1000 }
			if sum := s.ExpectedCommission(ten, WithLines); sum["anna"] == 0 || sum["ben"] == 0 {
				t.Errorf("commission %v", sum)
			}
			if st := s.Stats(); st.Lost > 0 || p == Shopify && st.Duplicates == 0 || p == WooCommerce && st.Merged == 0 {
				t.Errorf("stats %+v", st)
			}
		})
	}
}

func TestLiveTradeGoesOnUntilItIsStopped(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var mu sync.Mutex
	heard := map[Platform]int{}
	listen := func(p Platform) *Store {
		o := options(p)
		o.Now = time.Now
		return open(t, o, newApp(t, func(int, got) int {
			mu.Lock()
			defer mu.Unlock()
			if heard[p]++; heard[Shopify] > 20 && heard[WooCommerce] > 20 {
				cancel()
			}
			return 200
		}))
	}
	w := NewWorld(1, listen(Shopify), listen(WooCommerce))
	ok(t, w.Live(ctx, 6000))
	if ctx.Err() != context.Canceled {
		t.Errorf("too little trade in a minute: %v", heard)
	}
}

func TestStoresCanBeUsedFromManyGoroutines(t *testing.T) {
	t.Parallel()
	for _, p := range []Platform{Shopify, WooCommerce} {
		a := newApp(t, nil)
		o := options(p)
		o.Delivery.Duplicates, o.Delivery.Disorder, o.Delivery.Workers = 100, 100, 8
		s := open(t, o, a)
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				for range 10 {
					o, err := s.Checkout(s.RandomBasket())
					if err != nil {
						t.Error(err)
						return
					}
					_ = s.RefundLine(o.ID, 0, 1)
					s.Flush()
					s.Orders(SumsOnly)
				}
			})
		}
		wg.Wait()
		settle(t, s)
		if n := len(s.Orders(WithLines)); n != 80 {
			t.Errorf("%d orders", n)
		}
	}
}

// The worked examples of the rules, with taxes on top.
func TestTheOracleAgreesWithTheWorkedExamples(t *testing.T) {
	t.Parallel()
	store := func() *Store {
		o := options(Shopify)
		s := open(t, o, nil)
		s.products[0].Price, s.products[1].Price = 4000, 2000
		s.codes["ten"] = &discount{Code: Code{Text: "TEN", PercentBps: 1000}, slug: "anna", status: "publish"}
		return s
	}
	basket := Basket{Items: []Item{{0, 2}, {1, 1}}, Codes: []string{"TEN"}}
	twelve := func(string) int64 { return 1200 }
	for name, c := range map[string]struct {
		do   func(*Store, *Order) error
		want int64
	}{
		"as sold":                  {func(*Store, *Order) error { return nil }, 1080},
		"one of two given back":    {func(s *Store, o *Order) error { return s.RefundLine(o.ID, 0, 1) }, 648},
		"the shipping given back":  {func(s *Store, o *Order) error { return s.RefundShipping(o.ID) }, 1080},
		"all given back":           {func(s *Store, o *Order) error { return s.RefundAll(o.ID) }, 0},
		"cancelled":                {func(s *Store, o *Order) error { return s.Cancel(o.ID) }, 0},
		"one line edited away":     {func(s *Store, o *Order) error { return s.RemoveItem(o.ID, 1, 1) }, 864},
		"a restocking fee is kept": {func(s *Store, o *Order) error { return s.RefundLineLess(o.ID, 1, 1, 500) }, 864},
	} {
		s := store()
		o := must(s.Checkout(basket))(t)
		ok(t, c.do(s, o))
		if have := s.ExpectedCommission(twelve, WithLines)["anna"]; have != c.want {
			t.Errorf("%s: %d, want %d", name, have, c.want)
		}
	}
	// $20.00 of goodwill on 105.75 takes 17.02 off a base of 90.00.
	s := store()
	o := must(s.Checkout(basket))(t)
	o.Shipping, o.shipNet, o.ShippingTax = 750, 750, 10575-9000-750-o.goodsTax()
	ok(t, s.RefundAmount(o.ID, 2000))
	e, _ := s.Expected(o.ID, WithLines)
	if e.Total != 10575 || e.Remaining() != 7298 || e.Commission(twelve)["anna"] != 876 {
		t.Errorf("total %d, remaining %d, commission %v", e.Total, e.Remaining(), e.Commission(twelve))
	}
	// Two influencers' codes: each gets the line their code discounted.
	s = store()
	s.codes["ben15"] = &discount{Code: Code{Text: "BEN15", PercentBps: 1500}, slug: "ben", status: "publish"}
	o = must(s.Checkout(Basket{Items: []Item{{0, 1}, {1, 1}}, Codes: []string{"TEN", "BEN15"}, ByLine: true}))(t)
	e, _ = s.Expected(o.ID, WithLines)
	if have := e.Commission(func(string) int64 { return 1000 }); !maps.Equal(have, map[string]int64{"anna": 360, "ben": 170}) {
		t.Errorf("split %v", have)
	}
}
