package commission_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"tributary/internal/domain/order"
	"tributary/internal/domain/terms"
)

func TestFlatAmounts(t *testing.T) {
	t.Parallel()
	perOrder := agreed(t, terms.Component{ID: "flat", Type: terms.FlatOrder, Amount: "5.00", ReturningAmount: "2.00"})
	above := agreed(t, terms.Component{ID: "flat", Type: terms.FlatOrder, Amount: "5.00", MinNet: "20.00"})
	perItem := agreed(t, terms.Component{ID: "flat", Type: terms.FlatItem, Amount: "0.50"})
	for _, c := range []struct {
		name     string
		doc      *terms.Terms
		customer string
		change   func(*order.Order)
		want     int64
	}{
		{"per order", perOrder, "new", func(*order.Order) {}, 500},
		{"per order for a returning buyer", perOrder, "returning", func(*order.Order) {}, 200},
		{"is kept after a partial refund", perOrder, "new", func(o *order.Order) { unlined(o, 3999) }, 500},
		{"goes with a full refund", perOrder, "new", func(o *order.Order) { unlined(o, 4000) }, 0},
		{"needs more than the least net", above, "new", func(o *order.Order) { unlined(o, 2000) }, 0},
		{"and has it a cent above", above, "new", func(o *order.Order) { unlined(o, 1999) }, 500},
		{"per item", perItem, "new", func(*order.Order) {}, 200},
		{"per item left", perItem, "new", func(o *order.Order) {
			refund(o, order.Refund{Amount: 1000, Lines: []order.RefundLine{back(1, 1, 1000)}})
		}, 150},
		{"per item not removed", perItem, "new", func(o *order.Order) { o.Snapshot.Lines[0].Removed = 3 }, 50},
		{"not per free item", perItem, "new", func(o *order.Order) { o.Snapshot.Lines[0].Net = 0 }, 50},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			o := paid(3000, 1000)
			o.Snapshot.Lines[0].Quantity = 3
			c.change(o)
			s := source(o, c.doc)
			s.Customer = c.customer
			if got := settle(s).Target; got != c.want {
				t.Fatalf("%d, want %d", got, c.want)
			}
		})
	}
}

func TestOneRatePerLine(t *testing.T) {
	t.Parallel()
	product := terms.RateRule{ID: "product", Products: []string{"11"}, RateBps: 500}
	collection := terms.RateRule{ID: "collection", Collections: []string{"sale"}, RateBps: 2000}
	fresh := terms.RateRule{ID: "fresh", Customer: "new", RateBps: 3000}
	again := terms.RateRule{ID: "again", Customer: "returning", RateBps: 100}
	exclude := terms.RateRule{ID: "not", Collections: []string{"sale"}, Exclude: true}
	better := terms.RateRule{ID: "better", Products: []string{"11", "22"}, RateBps: 700}
	ranked := better
	ranked.ID, ranked.RateBps, ranked.Priority = "ranked", 600, 5
	narrow := terms.RateRule{ID: "narrow", Products: []string{"11"}, Customer: "new", RateBps: 400}
	for _, c := range []struct {
		name, tie, customer string
		rules               []terms.RateRule
		rule                string
		want                int64
	}{
		{"base", "", "new", nil, "pct", 1000},
		{"customer type beats base", "", "new", []terms.RateRule{again, fresh}, "fresh", 3000},
		{"returning has its own", "", "returning", []terms.RateRule{again, fresh}, "again", 100},
		{"an unknown customer is neither", "", "unknown", []terms.RateRule{again, fresh}, "pct", 1000},
		{"collection beats customer", "", "new", []terms.RateRule{fresh, collection}, "collection", 2000},
		{"product beats collection, though lower", "", "new", []terms.RateRule{collection, product, fresh}, "product", 500},
		{"exclusion beats all", "", "new", []terms.RateRule{product, exclude}, "not", 0},
		{"the first written of a tie", "", "new", []terms.RateRule{product, better}, "product", 500},
		{"the best of a tie if agreed", terms.BestForInfluencer, "new", []terms.RateRule{product, better}, "better", 700},
		{"priority before the best", terms.BestForInfluencer, "new", []terms.RateRule{product, better, ranked}, "ranked", 600},
		{"more conditions before the best", terms.BestForInfluencer, "new", []terms.RateRule{better, narrow}, "narrow", 400},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			comp := percent(1000)
			comp.Rules, comp.TieBy = c.rules, c.tie
			o := paid(10000)
			o.Snapshot.Lines[0].Collections = []string{"sale"}
			s := source(o, agreed(t, comp))
			s.Customer = c.customer
			r := settle(s)
			if r.Target != c.want || r.Lines[0].RuleID != c.rule {
				t.Fatalf("%d by %s, want %d by %s", r.Target, r.Lines[0].RuleID, c.want, c.rule)
			}
		})
	}
}

func TestTheOrdersOwnRateConverts(t *testing.T) {
	t.Parallel()
	// €92.00 that the shopper saw as $100.00; the agreement is in dollars.
	doc := agreed(t, percent(1000))
	o := paid(9200)
	o.Snapshot.Currency, o.Snapshot.Presentment, o.Snapshot.PresentmentTotal = "EUR", "USD", 10000
	r := settle(source(o, doc))
	if r.Target != 1000 || r.NetBase != 9200 || r.Counted != 10000 {
		t.Fatalf("%+v", r)
	}
	unlined(o, 4600)
	if got := target(o, doc); got != 500 {
		t.Fatalf("%d after half, want 500", got)
	}
	unlined(o, 4600)
	if got := target(o, doc); got != 0 {
		t.Fatalf("%d after all, want 0", got)
	}
}

func TestComponentsAddUpAndRoundOnce(t *testing.T) {
	t.Parallel()
	doc := agreed(t,
		percent(1000), terms.Component{ID: "flat", Type: terms.FlatOrder, Amount: "1.00"},
		terms.Component{ID: "more", Type: terms.RevenueShare, RateBps: 500})
	r := settle(source(paid(333, 333), doc)) // 66.6 + 33.3 + 100 = 199.9
	if r.Target != 200 {
		t.Fatal(r.Target)
	}
	if diff := cmp.Diff([]string{"pct", "flat", "more"}, r.RuleIDs); diff != "" {
		t.Fatal(diff)
	}
	if diff := cmp.Diff([]int64{100, 100}, amounts(r)); diff != "" {
		t.Fatal(diff)
	}
}

func TestMarginIsTheOrders(t *testing.T) {
	t.Parallel()
	doc := agreed(t, terms.Component{ID: "m", Type: terms.RevenueShare, RateBps: 3000, Of: terms.GrossMargin})
	o := paid(10000, 2000)
	o.Snapshot.Lines[0].Cost, o.Snapshot.Lines[0].CostKnown = 4000, true
	o.Snapshot.Lines[1].Cost, o.Snapshot.Lines[1].CostKnown = 3000, true // sold at a loss
	if got := target(o, doc); got != 1500 {
		t.Fatalf("%d, want 30%% of 6000 − 1000", got)
	}
	refund(o, order.Refund{Amount: 10000, Lines: []order.RefundLine{back(1, 1, 10000)}})
	if got := target(o, doc); got != 0 {
		t.Fatalf("%d of a loss", got)
	}
}
