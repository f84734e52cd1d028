package commission_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tributary/internal/domain/attribution"
	"tributary/internal/domain/commission"
	"tributary/internal/domain/money"
	"tributary/internal/domain/order"
	"tributary/internal/domain/terms"
)

func TestTheStateFollowsTheOrder(t *testing.T) {
	t.Parallel()
	doc := agreed(t, percent(1000))
	for _, c := range []struct {
		name   string
		change func(*commission.Source)
		state  string
		target int64
	}{
		{"paid", func(*commission.Source) {}, "", 1000},
		{"not paid yet", func(s *commission.Source) { s.Order.Snapshot.Payment = order.PaymentPending }, commission.Unpaid, 0},
		{"cancelled", func(s *commission.Source) { s.Order.Snapshot.Payment = order.PaymentVoid }, commission.VoidCancelled, 0},
		{"deleted", func(s *commission.Source) { s.Order.DeletedAt = noon.Add(time.Hour) }, commission.VoidDeleted, 0},
		{"deleted and restored", func(s *commission.Source) { s.Order.DeletedAt = noon.Add(-time.Hour) }, "", 1000},
		{"a draft", func(s *commission.Source) { s.Order.Snapshot.Payment = order.PaymentNotOrder }, commission.VoidNotOrder, 0},
		{"never seen whole", func(s *commission.Source) { s.Order.Snapshot = order.Snapshot{} }, commission.VoidNotOrder, 0},
		{"a test", func(s *commission.Source) { s.Order.Snapshot.Test = true }, commission.VoidTest, 0},
		{"a status a plugin made", func(s *commission.Source) { s.Order.Snapshot.Payment = order.PaymentUnknown }, commission.HeldStatus, 1000},
		{"self-referral", func(s *commission.Source) {
			s.Share.Outcome, s.Share.Reason = attribution.Denied, "self_referral"
		}, "denied:self_referral", 0},
		{"a banned influencer", func(s *commission.Source) {
			s.Share.Outcome, s.Share.Reason = attribution.Held, "influencer_banned"
		}, "held:influencer_banned", 1000},
		{"another currency", func(s *commission.Source) { s.Order.Snapshot.Currency = "EUR" }, commission.HeldNoRate, 0},
		{"absurd amounts", func(s *commission.Source) { s.Order.Snapshot.Lines[0].Net = 1 << 62 }, commission.HeldTooLarge, 0},
		{"absurd refunds", func(s *commission.Source) { unlined(s.Order, 1<<62) }, commission.HeldTooLarge, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := source(paid(10000), doc)
			c.change(&s)
			r := settle(s)
			if r.State != c.state || r.Target != c.target {
				t.Fatalf("%q %d, want %q %d", r.State, r.Target, c.state, c.target)
			}
			if isVoid := len(c.state) > 4 && c.state[:5] == "void:"; isVoid && r.NetBase != 0 {
				t.Fatalf("void with a net base of %d", r.NetBase)
			}
		})
	}
}

func TestTheBaseIsTheAgreements(t *testing.T) {
	t.Parallel()
	order7 := func() *order.Order {
		o := paid(7000, 2000, 1000)
		o.Snapshot.Lines[1].Collections = []string{"sale"}
		o.Snapshot.Lines[2].Collections = []string{"sale", "shoes"}
		o.Snapshot.Lines[0].Tax = 700
		o.Snapshot.Shipping, o.Snapshot.ShippingTax, o.Snapshot.Tax = 500, 50, 750
		o.Snapshot.Total += 500 + 750
		return o
	}
	for _, c := range []struct {
		name string
		base terms.Base
		want int64
	}{
		{"all goods", terms.Base{}, 10000},
		{"with shipping", terms.Base{IncludeShipping: true}, 10500},
		{"with tax", terms.Base{IncludeTax: true}, 10700},
		{"with both", terms.Base{IncludeShipping: true, IncludeTax: true}, 11250},
		{"without a product", terms.Base{ExcludeProducts: []string{"11"}}, 3000},
		{"without a collection", terms.Base{ExcludeCollections: []string{"sale"}}, 7000},
		{"one product only", terms.Base{OnlyProducts: []string{"22"}}, 2000},
		{"one collection only", terms.Base{OnlyCollections: []string{"shoes"}}, 1000},
		{"one of either", terms.Base{OnlyProducts: []string{"11"}, OnlyCollections: []string{"shoes"}}, 8000},
		{"exclusion beats only", terms.Base{OnlyCollections: []string{"sale"}, ExcludeCollections: []string{"shoes"}}, 2000},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			doc := changed(t, func(d *terms.Terms) { d.Base = c.base }, percent(1000))
			if r := settle(source(order7(), doc)); r.NetBase != c.want || r.Target != (c.want+5)/10 {
				t.Fatalf("base %d target %d, want base %d", r.NetBase, r.Target, c.want)
			}
		})
	}
}

// back is one line of a refund.
func back(line, units, net int64) order.RefundLine {
	return order.RefundLine{LineID: line, Quantity: units, Net: net}
}

func TestRefundsOfEveryShape(t *testing.T) {
	t.Parallel()
	// Two units of line 1 at 36.00, line 2 at 18.00, shipping 7.50, tax 8.25.
	base := func() *order.Order {
		o := paid(7200, 1800)
		o.Snapshot.Lines[0].Quantity = 2
		o.Snapshot.Shipping, o.Snapshot.Tax = 750, 825
		o.Snapshot.Total += 750 + 825
		return o
	}
	for _, c := range []struct {
		name   string
		change func(*order.Order)
		want   int64 // net base
	}{
		{"shipping only changes nothing", func(o *order.Order) { refund(o, order.Refund{Amount: 750, Shipping: 750}) }, 9000},
		{"a line twice is capped", func(o *order.Order) {
			refund(o, order.Refund{Amount: 1800, Lines: []order.RefundLine{back(2, 1, 1800)}})
			refund(o, order.Refund{Amount: 1800, Lines: []order.RefundLine{back(2, 1, 1800)}})
		}, 7200},
		{"the whole sum without lines", func(o *order.Order) { unlined(o, 10575) }, 0},
		{"the whole sum in steps", func(o *order.Order) { unlined(o, 10000); unlined(o, 575) }, 0},
		{"more than the whole sum", func(o *order.Order) { unlined(o, 20000) }, 0},
		{"a sum without detail is taken as without lines", func(o *order.Order) {
			o.Refunds = []order.Refund{{ID: 1, Amount: 2000, At: noon}}
		}, 7298},
		{"an unknown line counts as money only", func(o *order.Order) {
			refund(o, order.Refund{Amount: 500, Lines: []order.RefundLine{back(99, 1, 500)}})
		}, 9000},
		{"all units are back though the store's cents do not add up", func(o *order.Order) {
			refund(o, order.Refund{Amount: 3599, Lines: []order.RefundLine{back(1, 1, 3599)}})
			refund(o, order.Refund{Amount: 3600, Lines: []order.RefundLine{back(1, 1, 3600)}})
		}, 1800},
		{"an edit takes units out", func(o *order.Order) { o.Snapshot.Lines[0].Removed = 1 }, 5400},
		{"and its money back is not counted again", func(o *order.Order) {
			o.Snapshot.Lines[0].Removed = 1
			unlined(o, 3600)
		}, 5400},
		{"nor where the edit shows as a refund without money first", func(o *order.Order) {
			refund(o, order.Refund{Lines: []order.RefundLine{back(1, 1, 3600)}})
			unlined(o, 3600)
		}, 5400},
		{"money beyond it is", func(o *order.Order) {
			o.Snapshot.Lines[0].Removed = 1
			unlined(o, 3600+6975)
		}, 0},
		{"an edit adds a line", func(o *order.Order) {
			o.Snapshot.Lines = append(o.Snapshot.Lines, order.Line{ID: 3, Quantity: 1, Net: 1000})
			o.Snapshot.Total += 1000
		}, 10000},
		{"a removed unit and a refunded one", func(o *order.Order) {
			o.Snapshot.Lines[0].Removed = 1
			refund(o, order.Refund{Amount: 3600, Lines: []order.RefundLine{back(1, 1, 3600)}})
		}, 1800},
		{"a refund the store deleted", func(o *order.Order) {
			unlined(o, 2000)
			o.Snapshot.RefundsComplete = true
		}, 9000},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			o := base()
			c.change(o)
			if r := settle(source(o, agreed(t, percent(1200)))); r.NetBase != c.want {
				t.Fatalf("net base %d, want %d", r.NetBase, c.want)
			}
		})
	}
	t.Run("shipping counts where the base has it", func(t *testing.T) {
		t.Parallel()
		doc := changed(t, func(d *terms.Terms) { d.Base.IncludeShipping = true }, percent(1000))
		o := base()
		refund(o, order.Refund{Amount: 300, Shipping: 300})
		if r := settle(source(o, doc)); r.NetBase != 9450 {
			t.Fatal(r.NetBase)
		}
	})
	t.Run("WooCommerce's amount beats its lines", func(t *testing.T) {
		t.Parallel()
		o := base()
		o.Platform = order.WooCommerce
		refund(o, order.Refund{Amount: 900, Lines: []order.RefundLine{back(2, 1, 1800)}})
		if r := settle(source(o, agreed(t, percent(1000)))); r.NetBase != 8100 {
			t.Fatal(r.NetBase)
		}
	})
}

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

func TestCaps(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		caps terms.Caps
		want []int64 // 30, 30 and 40 dollars in October, 50 in November
	}{
		{"none", terms.Caps{}, []int64{3000, 3000, 4000, 5000}},
		{"per order", terms.Caps{PerOrder: "35.00"}, []int64{3000, 3000, 3500, 3500}},
		{"per month", terms.Caps{PerPeriod: "50.00"}, []int64{3000, 2000, 0, 5000}},
		{"budget", terms.Caps{Budget: "110.00"}, []int64{3000, 3000, 4000, 1000}},
		{"all", terms.Caps{PerOrder: "35.00", PerPeriod: "90.00", Budget: "120.00"}, []int64{3000, 3000, 3000, 3000}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			doc := changed(t, func(d *terms.Terms) { d.Caps = c.caps }, percent(1000))
			november := ord(4, 50000, 0)
			november.Snapshot.PaidAt = at("2026-11-01T00:00:00Z")
			if diff := cmp.Diff(c.want, fold(doc, ord(1, 30000, 0), ord(2, 30000, 0), ord(3, 40000, 1), november)); diff != "" {
				t.Fatal(diff)
			}
		})
	}
	t.Run("what a refund frees goes to the next order", func(t *testing.T) {
		t.Parallel()
		doc := changed(t, func(d *terms.Terms) { d.Caps.Budget = "50.00" }, percent(1000))
		first, second := ord(1, 30000, 0), ord(2, 40000, 1)
		if diff := cmp.Diff([]int64{3000, 2000}, fold(doc, first, second)); diff != "" {
			t.Fatal(diff)
		}
		unlined(first, 20000)
		if diff := cmp.Diff([]int64{1000, 4000}, fold(doc, first, second)); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestTiersStartAnewWithThePeriod(t *testing.T) {
	t.Parallel()
	october, november := at("2026-10-31T23:30:00-04:00"), at("2026-11-01T00:30:00-04:00")
	zone, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		period *terms.Period
		want   []int64
	}{
		{nil, []int64{600, 800}},
		{&terms.Period{Kind: terms.CalendarMonth}, []int64{600, 600}},
		{&terms.Period{Kind: terms.CalendarQuarter}, []int64{600, 800}},
		{&terms.Period{Kind: terms.RollingDays, Days: 1}, []int64{600, 800}},
	} {
		comp := tiers(terms.SplitAtBoundary, "")
		comp.Period = c.period
		doc := agreed(t, comp)
		var evals []commission.Eval
		for i, when := range []time.Time{october, november} {
			o := ord(int64(i), 15000, 0)
			o.Snapshot.PaidAt = when
			evals = append(evals, commission.Evaluate(source(o, doc)))
		}
		var got []int64
		for _, r := range commission.Fold(doc, zone, evals) {
			got = append(got, r.Target)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%+v: %s", c.period, diff)
		}
	}
}

func TestRollingTiersForgetOldOrders(t *testing.T) {
	t.Parallel()
	for _, policy := range []string{terms.AtOriginalRate, terms.Refold} {
		comp := tiers(terms.RateBeforeOrder, policy)
		comp.Period = &terms.Period{Kind: terms.RollingDays, Days: 2}
		doc := agreed(t, comp)
		day := 24 * 60
		// 250 on day 0; day 1 sees 250; day 3 sees day 1's 250 only; day 9 nothing.
		got := fold(doc, ord(1, 25000, 0), ord(2, 25000, day), ord(3, 10000, 3*day), ord(4, 10000, 9*day))
		if diff := cmp.Diff([]int64{1000, 1500, 600, 400}, got); diff != "" {
			t.Error(policy, diff)
		}
		first := ord(1, 25000, 0)
		refund(first, order.Refund{At: noon.Add(time.Hour), Amount: 25000, Unlined: 25000})
		got = fold(doc, first, ord(2, 25000, day), ord(3, 10000, 3*day))
		if diff := cmp.Diff([]int64{0, 1000, 600}, got); diff != "" {
			t.Error(policy, diff)
		}
	}
}

func TestTiersMayCountOrders(t *testing.T) {
	t.Parallel()
	comp := terms.Component{ID: "t", Type: terms.RateTiers, Basis: terms.Orders, Bands: []terms.Band{{From: "0", RateBps: 500}, {From: "2", RateBps: 1000}}}
	doc := agreed(t, comp)
	if diff := cmp.Diff([]int64{50, 50, 100}, fold(doc, ord(1, 1000, 0), ord(2, 1000, 1), ord(3, 1000, 2))); diff != "" {
		t.Fatal(diff)
	}
	gone := ord(1, 1000, 0)
	refund(gone, order.Refund{At: noon.Add(90 * time.Second), Amount: 1000, Unlined: 1000})
	if diff := cmp.Diff([]int64{0, 50, 50}, fold(doc, gone, ord(2, 1000, 1), ord(3, 1000, 2))); diff != "" {
		t.Fatal(diff)
	}
}

func TestARetroactiveRateSurvivesARefundUnlessRefolded(t *testing.T) {
	t.Parallel()
	for policy, want := range map[string][]int64{
		terms.AtOriginalRate: {0, 1200, 1600}, // 8 % was reached
		terms.Refold:         {0, 900, 1200},  // 350 is left: 6 %
	} {
		doc := agreed(t, tiers(terms.RetroactiveAll, policy))
		first := ord(1, 15000, 0)
		unlined(first, 15000)
		if diff := cmp.Diff(want, fold(doc, first, ord(2, 15000, 1), ord(3, 20000, 2))); diff != "" {
			t.Error(policy, diff)
		}
	}
}

func TestScopeIsWhatAnOrderNeeds(t *testing.T) {
	t.Parallel()
	zone, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	when := at("2026-11-01T03:30:00Z")
	month := func(c terms.Component) terms.Component {
		c.Period = &terms.Period{Kind: terms.CalendarMonth}
		return c
	}
	quarter := tiers("", "")
	quarter.ID, quarter.Period = "q", &terms.Period{Kind: terms.CalendarQuarter}
	rolling := tiers("", "")
	rolling.ID, rolling.Period = "r", &terms.Period{Kind: terms.RollingDays, Days: 7}
	october, november := at("2026-10-01T04:00:00Z"), at("2026-11-01T04:00:00Z")
	for _, c := range []struct {
		name     string
		doc      *terms.Terms
		needs    bool
		from, to time.Time
	}{
		{"itself", agreed(t, percent(1000)), false, when, when},
		{"the shop's month", agreed(t, month(tiers("", ""))), true, october, november},
		{"its quarter", agreed(t, quarter, month(tiers("", ""))), true, october, at("2027-01-01T05:00:00Z")},
		{"a capped month", changed(t, func(d *terms.Terms) { d.Caps.PerPeriod = "1.00" }, percent(1000)), true, october, november},
		{"everything, for a budget", changed(t, func(d *terms.Terms) { d.Caps.Budget = "1.00" }, month(tiers("", ""))), true, time.Time{}, time.Time{}},
		{"everything, for a lifetime", agreed(t, tiers("", "")), true, time.Time{}, time.Time{}},
		{"everything, for rolling days", agreed(t, rolling), true, time.Time{}, time.Time{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			from, to := commission.Scope(c.doc, zone, when)
			if !from.Equal(c.from) || !to.Equal(c.to) || commission.NeedsFold(c.doc) != c.needs {
				t.Fatalf("%v to %v, want %v to %v", from, to, c.from, c.to)
			}
		})
	}
}

func TestReleaseIsCalendarDaysOfTheShop(t *testing.T) {
	t.Parallel()
	var v struct {
		Zone    string    `json:"shop_tz"`
		PaidAt  time.Time `json:"paid_at"`
		Days    int       `json:"hold_days"`
		Release time.Time `json:"expect_release"`
	}
	vec(t, "R-30", &v)
	zone, err := time.LoadLocation(v.Zone)
	if err != nil {
		t.Fatal(err)
	}
	doc := changed(t, func(d *terms.Terms) { d.Hold.Days = v.Days }, percent(1000))
	s := &order.Snapshot{PaidAt: v.PaidAt}
	if got, ok := commission.ReleaseAt(doc, s, zone); !ok || !got.Equal(v.Release) {
		t.Fatalf("%v %v, want %v", got, ok, v.Release)
	}
	doc = changed(t, func(d *terms.Terms) { d.Hold.From = terms.FromDelivered }, percent(1000))
	if _, ok := commission.ReleaseAt(doc, s, zone); ok {
		t.Fatal("released before delivery")
	}
	if _, ok := commission.ReleaseAt(doc, &order.Snapshot{DeliveredAt: noon}, zone); ok {
		t.Fatal("released before payment")
	}
}

func TestWhatBelongsToTheWholeOrderIsDealtOutToo(t *testing.T) {
	t.Parallel()
	doc := changed(t, func(d *terms.Terms) { d.Base.IncludeShipping = true },
		percent(1000), terms.Component{ID: "flat", Type: terms.FlatOrder, Amount: "5.00"})
	o := paid(6000, 3000)
	o.Snapshot.Shipping = 901
	o.Snapshot.Total += 901
	o.Snapshot.Lines = append(o.Snapshot.Lines, order.Line{ID: 3, Quantity: 1, Net: 1000}) // added by an edit
	o.Snapshot.Total += 1000
	shares := []attribution.Share{{Bps: 10000, Lines: []int64{1}}, {Bps: 10000, Lines: []int64{2}}}
	var bases, targets []int64
	for i := range shares {
		s := source(o, doc)
		s.Share, s.Shares, s.Index = shares[i], shares, i
		r := settle(s)
		bases, targets = append(bases, r.NetBase), append(targets, r.Target)
	}
	if diff := cmp.Diff([]int64{7000 + 631, 3000 + 270}, bases); diff != "" {
		t.Fatal(diff)
	}
	if diff := cmp.Diff([]int64{763 + 350, 327 + 150}, targets); diff != "" {
		t.Fatal(diff)
	}
}

func TestAnEvalIsSmallAndComesBackWhole(t *testing.T) {
	t.Parallel()
	o := paid(7200, 1800)
	o.ID = 5823498234123
	o.Snapshot.Lines[0].ID, o.Snapshot.Lines[1].ID = 14829384756123, 14829384756124
	unlined(o, 2000)
	e := commission.Evaluate(source(o, agreed(t, percent(1200))))
	b, err := json.Marshal(e)
	if err != nil || len(b) > 300 {
		t.Fatalf("%d bytes: %s (%v)", len(b), b, err)
	}
	full := commission.Eval{
		OrderID: 1, PaidAt: noon, State: "held:odd \"reason\"", Gross: 10, Sold: 9, Net: 8, Num: 3, Den: 2, Sum: 7, Flat: 6,
		Lines: []commission.EvalLine{{ID: 1, Base: 8, Weight: 7}, {ID: 2, Flat: 6}, {ID: 3, Rule: 1}},
		Cuts:  []commission.Cut{{At: noon, Amount: 1}}, Rules: []string{"a", "é"}, Comps: []string{"a"}, Bps: []money.Bps{6000, 4000}, Index: 1,
	}
	for _, want := range []commission.Eval{e, full, {}} {
		b, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		var got commission.Eval
		if err := json.Unmarshal(b, &got); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("%s: %s", b, diff)
		}
	}
	for _, bad := range []string{`{"o":1,"l":[[1,2,3,4,9]]}`, `{"b":[1,2],"i":2}`, `{"i":-1}`, `[]`} {
		var got commission.Eval
		if err := json.Unmarshal([]byte(bad), &got); err == nil {
			t.Errorf("%s is taken", bad)
		}
	}
}
