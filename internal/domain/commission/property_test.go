package commission_test

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"tributary/internal/domain/attribution"
	"tributary/internal/domain/commission"
	"tributary/internal/domain/money"
	"tributary/internal/domain/order"
	"tributary/internal/domain/terms"
)

// anyTerms draws terms of every component type; folding ones too when asked.
func anyTerms(t *rapid.T, folding bool) *terms.Terms {
	bps := func(name string) money.Bps { return money.Bps(rapid.IntRange(1, 10000).Draw(t, name)) }
	var cs []terms.Component
	if rapid.Bool().Draw(t, "pct") {
		c := percent(bps("rate"))
		if rapid.Bool().Draw(t, "rules") {
			c.Rules = []terms.RateRule{
				{ID: "p", Products: []string{"11"}, RateBps: bps("product rate")},
				{ID: "x", Products: []string{"22"}, Exclude: true},
				{ID: "c", Customer: "returning", RateBps: bps("returning rate")},
			}
		}
		cs = append(cs, c)
	}
	if rapid.Bool().Draw(t, "margin") {
		cs = append(cs, terms.Component{ID: "m", Type: terms.RevenueShare, RateBps: bps("margin rate"), Of: terms.GrossMargin})
	}
	if rapid.Bool().Draw(t, "flat") {
		cs = append(cs, terms.Component{ID: "f", Type: terms.FlatOrder, Amount: "3.33"}, terms.Component{ID: "i", Type: terms.FlatItem, Amount: "0.07"})
	}
	if folding || len(cs) == 0 {
		c := tiers(
			rapid.SampledFrom([]string{terms.SplitAtBoundary, terms.RateBeforeOrder, terms.RateAfterOrder, terms.RetroactiveAll}).Draw(t, "convention"),
			rapid.SampledFrom([]string{terms.AtOriginalRate, terms.Refold}).Draw(t, "on refund"))
		c.Period = rapid.SampledFrom([]*terms.Period{
			nil, {Kind: terms.CalendarMonth}, {Kind: terms.CalendarQuarter}, {Kind: terms.RollingDays, Days: 3},
		}).Draw(t, "period")
		if rapid.Bool().Draw(t, "by orders") {
			c.Basis = terms.Orders
			c.Bands = []terms.Band{{From: "0", RateBps: 400}, {From: "2", RateBps: 600}, {From: "4", RateBps: 800}}
		}
		cs = append(cs, c)
	}
	return changed(t, func(d *terms.Terms) {
		d.Base.IncludeShipping = rapid.Bool().Draw(t, "with shipping")
		d.Base.IncludeTax = rapid.Bool().Draw(t, "with tax")
		d.Refund.Unlined = rapid.SampledFrom([]string{terms.Proportional, terms.GoodsFirst, terms.Ignore}).Draw(t, "unlined")
		d.Caps.PerOrder = rapid.SampledFrom([]string{"", "20.00"}).Draw(t, "per order")
		if folding {
			d.Caps.PerPeriod = rapid.SampledFrom([]string{"", "50.00"}).Draw(t, "per period")
			d.Caps.Budget = rapid.SampledFrom([]string{"", "100.00"}).Draw(t, "budget")
		}
	}, cs...)
}

// anyOrder draws a paid order without refunds.
func anyOrder(t *rapid.T, id int64) *order.Order {
	o := paid()
	o.ID = id
	o.Platform = rapid.SampledFrom([]order.Platform{order.Shopify, order.WooCommerce}).Draw(t, "platform")
	s := &o.Snapshot
	s.PaidAt = noon.Add(time.Duration(rapid.IntRange(0, 60*24).Draw(t, "hours")) * time.Hour)
	for i := range rapid.IntRange(1, 4).Draw(t, "lines") {
		l := order.Line{ID: int64(i + 1), ProductID: int64(i+1) * 11, CostKnown: true}
		l.Quantity = rapid.Int64Range(1, 4).Draw(t, "quantity")
		l.Net = rapid.Int64Range(0, 30000).Draw(t, "net")
		l.Tax = rapid.Int64Range(0, l.Net/4).Draw(t, "tax")
		l.Cost = rapid.Int64Range(0, l.Net).Draw(t, "cost")
		s.Lines = append(s.Lines, l)
		s.Tax += l.Tax
		s.Total += l.Net + l.Tax
	}
	s.Shipping = rapid.Int64Range(0, 1000).Draw(t, "shipping")
	s.ShippingTax = s.Shipping / 10
	s.Tax += s.ShippingTax
	s.Total += s.Shipping + s.ShippingTax
	if rapid.Bool().Draw(t, "foreign") {
		s.Currency, s.Presentment, s.PresentmentTotal = "EUR", "USD", s.Total*rapid.Int64Range(50, 200).Draw(t, "rate")/100
	}
	return o
}

// anyRefund adds one refund of any shape and tells whether it pays back all that
// it names.
func anyRefund(t *rapid.T, o *order.Order) (whole bool) {
	at := o.Snapshot.PaidAt.Add(time.Duration(rapid.IntRange(0, 60*24).Draw(t, "refund hours")) * time.Hour)
	switch rapid.IntRange(0, 2).Draw(t, "shape") {
	case 0:
		amount := rapid.Int64Range(0, o.Snapshot.Total+100).Draw(t, "unlined")
		refund(o, order.Refund{At: at, Amount: amount, Unlined: amount})
	case 1:
		l := rapid.SampledFrom(o.Snapshot.Lines).Draw(t, "line")
		units := rapid.Int64Range(0, l.Quantity).Draw(t, "units")
		net := rapid.Int64Range(0, l.Net).Draw(t, "line net")
		amount := net + rapid.Int64Range(-net, 100).Draw(t, "off")
		refund(o, order.Refund{At: at, Amount: amount, Lines: []order.RefundLine{{LineID: l.ID, Quantity: units, Net: net}}, Unlined: max(amount-net, 0)})
		return amount >= net
	case 2:
		refund(o, order.Refund{At: at, Amount: o.Snapshot.Shipping, Shipping: o.Snapshot.Shipping})
	}
	return true
}

func checkResult(t *rapid.T, r commission.Result) {
	var lines, bases int64
	for _, l := range r.Lines {
		lines, bases = lines+l.Amount, bases+l.Base
		if l.Amount < 0 || l.Base < 0 {
			t.Fatalf("negative line in %+v", r)
		}
	}
	if r.Target < 0 || lines != r.Target || bases != r.NetBase || r.NetBase > r.GrossBase {
		t.Fatalf("%+v: lines sum to %d and %d", r, lines, bases)
	}
}

func TestLinesSumToATargetThatIsNeverNegative(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		doc, o := anyTerms(t, false), anyOrder(t, 1)
		last := settle(source(o, doc))
		checkResult(t, last)
		for range rapid.IntRange(0, 4).Draw(t, "refunds") {
			// Goods named without their money explain money that came without
			// lines, which may give some of the base back.
			whole := anyRefund(t, o)
			r := settle(source(o, doc))
			checkResult(t, r)
			if whole && r.NetBase > last.NetBase {
				t.Fatalf("a refund raised the base from %d to %d", last.NetBase, r.NetBase)
			}
			last = r
		}
	})
}

func TestAFullRefundLeavesNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		doc, o := anyTerms(t, false), anyOrder(t, 1)
		if doc.Refund.Unlined == terms.Ignore {
			doc.Refund.Unlined = terms.Proportional
		}
		if rapid.Bool().Draw(t, "by line") {
			// Unit by unit, as a store would, then the shipping.
			for _, l := range o.Snapshot.Lines {
				even := make([]int64, l.Quantity)
				nets, taxes := money.Allocate(l.Net, even), money.Allocate(l.Tax, even)
				for u := range even {
					refund(o, order.Refund{Amount: nets[u] + taxes[u], Lines: []order.RefundLine{{LineID: l.ID, Quantity: 1, Net: nets[u], Tax: taxes[u]}}})
				}
			}
			ship := o.Snapshot.Shipping + o.Snapshot.ShippingTax
			refund(o, order.Refund{Amount: ship, Shipping: ship})
		} else {
			left := o.Snapshot.Total
			for left > 0 {
				part := rapid.Int64Range(1, left).Draw(t, "part")
				unlined(o, part)
				if left -= part; len(o.Refunds) == 4 {
					unlined(o, left)
					break
				}
			}
		}
		if r := settle(source(o, doc)); r.Target != 0 || r.NetBase != 0 {
			t.Fatalf("%+v", r)
		}
	})
}

func TestHowRefundsArePartedDoesNotMatter(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		doc, once := anyTerms(t, false), anyOrder(t, 1)
		steps := *once
		amount := rapid.Int64Range(0, once.Snapshot.Total).Draw(t, "unlined")
		l := rapid.SampledFrom(once.Snapshot.Lines).Draw(t, "line")
		units := rapid.Int64Range(0, l.Quantity).Draw(t, "units")
		even := make([]int64, l.Quantity)
		nets, taxes := money.Allocate(l.Net, even), money.Allocate(l.Tax, even)
		var net, tax int64
		for u := range units {
			net, tax = net+nets[u], tax+taxes[u]
			refund(&steps, order.Refund{Amount: nets[u] + taxes[u], Lines: []order.RefundLine{{LineID: l.ID, Quantity: 1, Net: nets[u], Tax: taxes[u]}}})
		}
		refund(once, order.Refund{Amount: net + tax, Lines: []order.RefundLine{{LineID: l.ID, Quantity: units, Net: net, Tax: tax}}})
		unlined(once, amount)
		for left := amount; left > 0; {
			part := rapid.Int64Range(min(left, 1+amount/4), left).Draw(t, "part")
			unlined(&steps, part)
			left -= part
		}
		a, b := settle(source(once, doc)), settle(source(&steps, doc))
		if diff := cmp.Diff(a, b); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestFoldsDoNotDependOnTheOrderOfTheirInput(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		doc := anyTerms(t, true)
		var evals []commission.Eval
		for i := range rapid.IntRange(0, 6).Draw(t, "orders") {
			o := anyOrder(t, int64(i))
			for range rapid.IntRange(0, 2).Draw(t, "refunds") {
				anyRefund(t, o)
			}
			o.Snapshot.Payment = rapid.SampledFrom([]order.Payment{order.PaymentPaid, order.PaymentPaid, order.PaymentVoid, order.PaymentPending}).Draw(t, "payment")
			evals = append(evals, commission.Evaluate(source(o, doc)))
		}
		byOrder := map[int64]commission.Result{}
		for i, r := range commission.Fold(doc, time.UTC, evals) {
			checkResult(t, r)
			byOrder[evals[i].OrderID] = r
		}
		evals = rapid.Permutation(evals).Draw(t, "permuted")
		for i := range evals { // and through storage
			b, err := json.Marshal(evals[i])
			if err != nil {
				t.Fatal(err)
			}
			evals[i] = commission.Eval{}
			if err := json.Unmarshal(b, &evals[i]); err != nil {
				t.Fatal(err)
			}
			if again, _ := json.Marshal(evals[i]); !bytes.Equal(again, b) {
				t.Fatalf("%s\n%s", again, b)
			}
		}
		for i, r := range commission.Fold(doc, time.UTC, evals) {
			if diff := cmp.Diff(byOrder[evals[i].OrderID], r); diff != "" {
				t.Fatal(diff)
			}
		}
	})
}

func TestAScopeIsEnough(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		doc := anyTerms(t, true)
		var evals []commission.Eval
		for i := range rapid.IntRange(1, 6).Draw(t, "orders") {
			o := anyOrder(t, int64(i))
			anyRefund(t, o)
			evals = append(evals, commission.Evaluate(source(o, doc)))
		}
		all := commission.Fold(doc, time.UTC, evals)
		from, to := commission.Scope(doc, time.UTC, evals[0].PaidAt)
		var some []commission.Eval
		var want []commission.Result
		for i, e := range evals {
			if (from.IsZero() || !e.PaidAt.Before(from)) && (to.IsZero() || e.PaidAt.Before(to)) {
				some, want = append(some, e), append(want, all[i])
			}
		}
		if diff := cmp.Diff(want, commission.Fold(doc, time.UTC, some)); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestSharesOfOneOrderSumToItsCommission(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		doc, o := anyTerms(t, false), anyOrder(t, 1)
		for range rapid.IntRange(0, 2).Draw(t, "refunds") {
			anyRefund(t, o)
		}
		first := money.Bps(rapid.IntRange(0, 10000).Draw(t, "first"))
		shares := []attribution.Share{{InfluencerID: 1, Bps: first}, {InfluencerID: 2, Bps: 10000 - first}}
		var parts int64
		for i := range shares {
			s := source(o, doc)
			s.Share, s.Shares, s.Index = shares[i], shares, i
			r := settle(s)
			checkResult(t, r)
			parts += r.Target
		}
		if want := settle(source(o, doc)).Target; parts != want {
			t.Fatalf("parts sum to %d, want %d", parts, want)
		}
	})
}

func BenchmarkOrder(b *testing.B) {
	o := paid(7200, 1800)
	o.Snapshot.Codes = []order.Code{{Text: "anna10", Amount: 1000}}
	o.Snapshot.Lines[0].Discounts = []order.Allocation{{Code: "anna10", Amount: 800}}
	o.Snapshot.Lines[1].Discounts = []order.Allocation{{Code: "anna10", Amount: 200}}
	doc := agreed(b, percent(1200))
	in := attribution.Input{
		Order: o,
		Touches: []attribution.Touch{
			{ID: "code:anna10", Kind: attribution.CodeUse, InfluencerID: 1, AgreementID: 1, Code: "anna10", At: noon},
			{ID: "click:1", Kind: attribution.Click, InfluencerID: 2, AgreementID: 2, At: noon.Add(-time.Hour)},
		},
		Influencers: map[int64]attribution.Influencer{1: {ID: 1, Active: []attribution.Span{{}}}, 2: {ID: 2, Active: []attribution.Span{{}}}},
		Agreements: map[int64][]attribution.Agreement{
			1: {{ID: 1, VersionID: 1, Number: 1, InfluencerID: 1, Terms: doc}}, 2: {{ID: 2, VersionID: 2, Number: 1, InfluencerID: 2, Terms: doc}},
		},
	}
	b.Run("decide, evaluate and fold", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			d := attribution.Decide(in)
			s := commission.Source{Order: o, Share: d.Shares[0], Shares: d.Shares, Terms: doc, Customer: d.Customer, Zone: time.UTC}
			if commission.Fold(doc, time.UTC, []commission.Eval{commission.Evaluate(s)})[0].Target != 1080 {
				b.Fatal("wrong target")
			}
		}
	})
	unlined(o, 2000)
	e := commission.Evaluate(source(o, doc))
	b.Run("evaluate with a refund", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			commission.Evaluate(source(o, doc))
		}
	})
	b.Run("store and load", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			j, _ := e.MarshalJSON()
			var back commission.Eval
			if err := back.UnmarshalJSON(j); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkFoldOfTenThousandOrders(b *testing.B) {
	doc := agreed(b, tiers(terms.SplitAtBoundary, ""))
	evals := make([]commission.Eval, 10_000)
	for i := range evals {
		o := ord(int64(i), 5000, i)
		if i%10 == 0 {
			unlined(o, 1000)
		}
		evals[i] = commission.Evaluate(source(o, doc))
	}
	b.ReportAllocs()
	for b.Loop() {
		commission.Fold(doc, time.UTC, evals)
	}
}
