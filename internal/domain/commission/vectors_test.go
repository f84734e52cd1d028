package commission_test

import (
	"slices"
	"strconv"
	"testing"
	"time"

	"tributary/internal/domain/attribution"
	"tributary/internal/domain/commission"
	"tributary/internal/domain/money"
	"tributary/internal/domain/order"
	"tributary/internal/domain/terms"
)

func TestR6EachLineGoesToItsCode(t *testing.T) {
	t.Parallel()
	var v struct {
		Lines []struct {
			Net  int64
			Code string
			Bps  money.Bps
		}
		Expect map[string]int64
	}
	vec(t, "R-6", &v)
	in := attribution.Input{Order: paid(), Influencers: map[int64]attribution.Influencer{}, Agreements: map[int64][]attribution.Agreement{}}
	docs := map[int64]*terms.Terms{}
	names := map[int64]string{1: "ANNA", 2: "BEN"}
	for i, l := range v.Lines {
		id := int64(i + 1)
		o := &in.Order.Snapshot
		o.Lines = append(o.Lines, order.Line{ID: id, Quantity: 1, Net: l.Net, Discounts: []order.Allocation{{Code: l.Code, Amount: 100}}})
		o.Total += l.Net
		docs[id] = agreed(t, percent(l.Bps))
		in.Influencers[id] = attribution.Influencer{ID: id, Active: []attribution.Span{{}}}
		in.Agreements[id] = []attribution.Agreement{{ID: id, VersionID: id, Number: 1, InfluencerID: id, Terms: docs[id]}}
		in.Touches = append(in.Touches, attribution.Touch{ID: l.Code, Kind: attribution.CodeUse, InfluencerID: id, AgreementID: id, Code: l.Code, At: noon})
	}
	d := attribution.Decide(in)
	got := map[string]int64{}
	for i, s := range d.Shares {
		src := commission.Source{Order: in.Order, Share: s, Shares: d.Shares, Index: i, Terms: docs[s.AgreementID], Zone: time.UTC}
		got[names[s.InfluencerID]] = settle(src).Target
	}
	if len(got) != len(v.Expect) || got["ANNA"] != v.Expect["ANNA"] || got["BEN"] != v.Expect["BEN"] {
		t.Fatalf("%v, want %v", got, v.Expect)
	}
}

func TestR14SharesSumToTheCommission(t *testing.T) {
	t.Parallel()
	var v struct {
		Commission int64
		SharesBps  []money.Bps `json:"shares_bps"`
		Expect     []int64
	}
	vec(t, "R-14", &v)
	var shares []attribution.Share
	for i, b := range v.SharesBps {
		shares = append(shares, attribution.Share{InfluencerID: int64(i), Bps: b})
	}
	for i := range shares {
		s := source(paid(v.Commission*10), agreed(t, percent(1000)))
		s.Share, s.Shares, s.Index = shares[i], shares, i
		if got := settle(s).Target; got != v.Expect[i] {
			t.Errorf("share %d is %d, want %d", i, got, v.Expect[i])
		}
	}
}

func TestR16GoodsAfterDiscountsCount(t *testing.T) {
	t.Parallel()
	var a struct {
		Lines         [][2]int64 // price, discount
		Bps           money.Bps
		Shipping, Tax int64
		ExpectBase    int64   `json:"expect_base"`
		ExpectLines   []int64 `json:"expect_lines"`
		Expect        int64
	}
	vec(t, "R-16a", &a)
	o := paid()
	for i, l := range a.Lines {
		o.Snapshot.Lines = append(o.Snapshot.Lines, order.Line{ID: int64(i), Quantity: 1, Net: l[0] - l[1]})
		o.Snapshot.Total += l[0] - l[1]
	}
	o.Snapshot.Shipping, o.Snapshot.Tax = a.Shipping, a.Tax
	o.Snapshot.Total += a.Shipping + a.Tax
	o.Snapshot.Lines = append(o.Snapshot.Lines,
		order.Line{ID: 90, Quantity: 1, Net: 5000, Kind: order.GiftCard},
		order.Line{ID: 91, Quantity: 1, Net: 500, Kind: order.Donation},
		order.Line{ID: 92, Quantity: 1, Net: 300, Kind: order.TipLine})
	r := settle(source(o, agreed(t, percent(a.Bps))))
	if r.NetBase != a.ExpectBase || r.Target != a.Expect || !slices.Equal(amounts(r), a.ExpectLines) {
		t.Fatalf("%+v, want %+v", r, a)
	}

	var b struct {
		LinesNet    []int64     `json:"lines_net"`
		LineBps     []money.Bps `json:"line_bps"`
		Expect      int64
		ExpectLines []int64 `json:"expect_lines"`
	}
	vec(t, "R-16b", &b)
	c := percent(100)
	for i, bps := range b.LineBps {
		c.Rules = append(c.Rules, terms.RateRule{ID: "r" + strconv.Itoa(i), Products: []string{strconv.Itoa((i + 1) * 11)}, RateBps: bps})
	}
	r = settle(source(paid(b.LinesNet...), agreed(t, c)))
	if r.Target != b.Expect || !slices.Equal(amounts(r), b.ExpectLines) || r.Lines[1].RuleID != "r1" || !slices.Equal(r.RuleIDs, []string{"pct"}) {
		t.Fatalf("%+v, want %+v", r, b)
	}
}

func TestR17TaxIsNotInTheBase(t *testing.T) {
	t.Parallel()
	var v struct {
		Gross  int64
		VatBps int64 `json:"vat_bps"`
		Bps    money.Bps
		Expect int64
	}
	vec(t, "R-17", &v)
	net := v.Gross * 10000 / (10000 + v.VatBps)
	o := paid(net)
	o.Snapshot.Lines[0].Tax = v.Gross - net
	o.Snapshot.Total = v.Gross
	if got := target(o, agreed(t, percent(v.Bps))); got != v.Expect {
		t.Fatalf("%d, want %d", got, v.Expect)
	}
	withTax := changed(t, func(d *terms.Terms) { d.Base.IncludeTax = true }, percent(v.Bps))
	if got := target(o, withTax); got != 1190 {
		t.Fatalf("%d with tax, want 1190", got)
	}
}

func TestR18AFeeDiscountIsSpreadOverTheLines(t *testing.T) {
	t.Parallel()
	var v struct {
		Discount int64
		Lines    []int64
		Expect   []int64
	}
	vec(t, "R-18", &v)
	o := paid(v.Lines...)
	o.Snapshot.Fees = -v.Discount
	o.Snapshot.Total -= v.Discount
	r := settle(source(o, agreed(t, percent(1000))))
	for i, l := range r.Lines {
		if l.Base != v.Lines[i]-v.Expect[i] {
			t.Errorf("line %d has base %d, want %d", i, l.Base, v.Lines[i]-v.Expect[i])
		}
	}
}

func TestR19OneRoundingPerOrder(t *testing.T) {
	t.Parallel()
	var v struct {
		Lines       []int64
		Bps         money.Bps
		Expect      int64
		ExpectLines []int64 `json:"expect_lines"`
	}
	vec(t, "R-19", &v)
	r := settle(source(paid(v.Lines...), agreed(t, percent(v.Bps))))
	if r.Target != v.Expect || !slices.Equal(amounts(r), v.ExpectLines) {
		t.Fatalf("%d %v, want %d %v", r.Target, amounts(r), v.Expect, v.ExpectLines)
	}
}

func TestR20TargetsAreRecomputed(t *testing.T) {
	t.Parallel()
	for _, id := range []string{"R-20a", "R-20b_gumroad_counterexample"} {
		var v struct {
			Base    int64
			Bps     money.Bps
			Refunds []int64
			Deltas  []int64 `json:"expect_deltas"`
		}
		vec(t, id, &v)
		doc := agreed(t, percent(v.Bps))
		for name, back := range map[string]func(*order.Order, int64){
			"by line": func(o *order.Order, amount int64) {
				refund(o, order.Refund{Amount: amount, Lines: []order.RefundLine{{LineID: 1, Net: amount}}})
			},
			"by unit": func(o *order.Order, amount int64) {
				refund(o, order.Refund{Amount: amount, Lines: []order.RefundLine{{LineID: 1, Quantity: 1, Net: amount}}})
			},
			"without lines": unlined,
		} {
			o := paid(v.Base)
			o.Snapshot.Lines[0].Quantity = int64(len(v.Refunds))
			posted := target(o, doc)
			for i, amount := range v.Refunds {
				back(o, amount)
				now := target(o, doc)
				if now-posted != v.Deltas[i] {
					t.Errorf("%s %s: refund %d moves %d, want %d", id, name, i, now-posted, v.Deltas[i])
				}
				posted = now
			}
			if posted != 0 {
				t.Errorf("%s %s: %d left", id, name, posted)
			}
		}
	}
}

func TestR21ALineRefundTakesItsUnits(t *testing.T) {
	t.Parallel()
	var v struct {
		LinesNet []int64 `json:"lines_net"`
		Bps      money.Bps
		Refund   struct {
			Line    int
			Qty, Of int64
		}
		Target int64 `json:"expect_target"`
		Delta  int64 `json:"expect_delta"`
	}
	vec(t, "R-21", &v)
	doc := agreed(t, percent(v.Bps))
	half := v.LinesNet[v.Refund.Line] * v.Refund.Qty / v.Refund.Of
	for name, net := range map[string]int64{"as the store says": half, "by units": 0, "never above the units' price": half + 100} {
		o := paid(v.LinesNet...)
		o.Snapshot.Lines[v.Refund.Line].Quantity = v.Refund.Of
		was := target(o, doc)
		refund(o, order.Refund{Amount: half, Lines: []order.RefundLine{{LineID: int64(v.Refund.Line + 1), Quantity: v.Refund.Qty, Net: net}}})
		if got := target(o, doc); got != v.Target || got-was != v.Delta {
			t.Errorf("%s: %d (%+d), want %d (%+d)", name, got, got-was, v.Target, v.Delta)
		}
	}
}

func TestR22ARefundWithoutLines(t *testing.T) {
	t.Parallel()
	var v struct {
		Base, Shipping, Tax int64
		Bps                 money.Bps
		Refund              int64 `json:"refund_no_lines"`
		Expect              map[string]struct {
			Reduction     int64 `json:"base_reduction"`
			Target, Delta int64
		}
	}
	vec(t, "R-22", &v)
	for mode, want := range v.Expect {
		doc := changed(t, func(d *terms.Terms) { d.Refund.Unlined = mode }, percent(v.Bps))
		o := paid(7200, v.Base-7200)
		o.Snapshot.Shipping, o.Snapshot.Tax = v.Shipping, v.Tax
		o.Snapshot.Total += v.Shipping + v.Tax
		before := settle(source(o, doc))
		unlined(o, v.Refund)
		after := settle(source(o, doc))
		if after.Target-before.Target != want.Delta {
			t.Errorf("%s: %+d, want %+d", mode, after.Target-before.Target, want.Delta)
		}
		if want.Reduction != 0 && before.NetBase-after.NetBase != want.Reduction {
			t.Errorf("%s: base fell by %d, want %d", mode, before.NetBase-after.NetBase, want.Reduction)
		}
	}
}

func TestR35AndR37Milestones(t *testing.T) {
	t.Parallel()
	var v struct {
		Milestones        [][2]int64
		N                 []int
		Replace, Additive []int64
	}
	vec(t, "R-35", &v)
	ladder := func(mode, clawback string) terms.Component {
		c := terms.Component{ID: "ladder", Type: terms.Milestones, Mode: mode, Clawback: clawback}
		for _, s := range v.Milestones {
			c.Steps = append(c.Steps, terms.Step{At: strconv.FormatInt(s[0], 10), Amount: money.Format(s[1], "USD")})
		}
		return c
	}
	sales := func(n int) []commission.Qualifier {
		var qs []commission.Qualifier
		for i := range n {
			qs = append(qs, commission.Qualifier{OrderID: int64(i + 1), PaidAt: noon, NetBase: 100, Locked: true})
		}
		return qs
	}
	for mode, wants := range map[string][]int64{terms.Replace: v.Replace, terms.Additive: v.Additive} {
		doc := agreed(t, ladder(mode, terms.UntilPaid))
		for i, n := range v.N {
			got, ids := commission.MilestoneTarget(doc.Components[0], doc, sales(n), 0, 0)
			if got != wants[i] {
				t.Errorf("%s at %d: %d, want %d", mode, n, got, wants[i])
			}
			need := 0
			for _, s := range v.Milestones {
				if int(s[0]) <= n {
					need = int(s[0])
				}
			}
			if len(ids) != need || need > 0 && ids[need-1] != int64(need) {
				t.Errorf("%s at %d: %d orders qualify, want the first %d", mode, n, len(ids), need)
			}
		}
	}

	var r37 struct {
		Mode     string
		Locked   int
		Refunded int   `json:"refunded_after_award"`
		Unpaid   int64 `json:"unpaid_delta"`
		Paid     int64 `json:"paid_delta_default"`
	}
	vec(t, "R-37", &r37)
	for _, c := range []struct {
		clawback    string
		posted, out int64
		want        int64
	}{
		{terms.UntilPaid, 30000, 0, r37.Unpaid},
		{terms.UntilPaid, 30000, 30000, r37.Paid},
		{terms.UntilPaid, 30000, 10000, r37.Unpaid}, // paid out so far: the first step only
		{terms.Always, 30000, 30000, -20000},
		{terms.Never, 30000, 0, 0},
	} {
		doc := agreed(t, ladder(r37.Mode, c.clawback))
		qs := sales(r37.Locked)
		for i := range r37.Refunded {
			qs[i].NetBase = 0
		}
		got, _ := commission.MilestoneTarget(doc.Components[0], doc, qs, c.posted, c.out)
		if got-c.posted != c.want {
			t.Errorf("%s, paid %d: %+d, want %+d", c.clawback, c.out, got-c.posted, c.want)
		}
		again, _ := commission.MilestoneTarget(doc.Components[0], doc, sales(r37.Locked), got, min(c.out, got))
		if again != 30000 {
			t.Errorf("%s: crossing again is worth %d", c.clawback, again)
		}
	}
}

// tiers are R-38's terms; ord is an order paid minutes after noon.
func tiers(convention, onRefund string) terms.Component {
	return terms.Component{
		ID: "tiers", Type: terms.RateTiers, Convention: convention, OnRefund: onRefund,
		Bands: []terms.Band{{From: "0", RateBps: 400}, {From: "200", RateBps: 600}, {From: "400", RateBps: 800}},
	}
}

func ord(id, net int64, minutes int) *order.Order {
	o := paid(net)
	o.ID = id
	o.Snapshot.PaidAt = noon.Add(time.Duration(minutes) * time.Minute)
	return o
}

func fold(doc *terms.Terms, orders ...*order.Order) []int64 {
	var evals []commission.Eval
	for _, o := range orders {
		evals = append(evals, commission.Evaluate(source(o, doc)))
	}
	var ts []int64
	for _, r := range commission.Fold(doc, time.UTC, evals) {
		ts = append(ts, r.Target)
	}
	return ts
}

func sum(vs []int64) (s int64) {
	for _, v := range vs {
		s += v
	}
	return s
}

func TestR38TierConventions(t *testing.T) {
	t.Parallel()
	var v struct {
		Orders []int64
		Expect struct {
			Split       []int64 `json:"split_at_boundary"`
			Before      []int64 `json:"rate_before_order"`
			After       []int64 `json:"rate_after_order"`
			Retroactive int64   `json:"retroactive_all"`
		}
	}
	vec(t, "R-38", &v)
	orders := func() (os []*order.Order) {
		for i, net := range v.Orders {
			os = append(os, ord(int64(i+1), net, i))
		}
		return os
	}
	for convention, want := range map[string][]int64{
		terms.SplitAtBoundary: v.Expect.Split, terms.RateBeforeOrder: v.Expect.Before, terms.RateAfterOrder: v.Expect.After,
	} {
		doc := agreed(t, tiers(convention, ""))
		if got := fold(doc, orders()...); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", convention, got, want)
		}
		os := orders()
		slices.Reverse(os)
		got := fold(doc, os...)
		slices.Reverse(got)
		if !slices.Equal(got, want) {
			t.Errorf("%s backwards: %v, want %v", convention, got, want)
		}
	}
	if got := fold(agreed(t, tiers(terms.RetroactiveAll, "")), orders()...); sum(got) != v.Expect.Retroactive {
		t.Errorf("retroactive: %v, want %d in all", got, v.Expect.Retroactive)
	}
}

func TestR39TierRefundPolicies(t *testing.T) {
	t.Parallel()
	var v struct {
		Order    int   `json:"refund_order"`
		Split    int64 `json:"split_original"`
		Refold   int64 `json:"refold_total"`
		Delta    int64 `json:"refold_delta"`
		Original int64 `json:"at_original_rate_delta"`
	}
	vec(t, "R-39", &v)
	for policy, want := range map[string]int64{terms.Refold: v.Delta, terms.AtOriginalRate: v.Original} {
		doc := agreed(t, tiers(terms.SplitAtBoundary, policy))
		os := []*order.Order{ord(1, 15000, 0), ord(2, 15000, 1), ord(3, 20000, 2)}
		before := fold(doc, os...)
		unlined(os[v.Order], 15000)
		after := fold(doc, os...)
		if sum(before) != v.Split || sum(after)-sum(before) != want {
			t.Errorf("%s: %v then %v, want %d then %+d", policy, before, after, v.Split, want)
		}
		// Later orders see the lower counter: 35,000 sold, so 5,000 to the next band.
		later := fold(doc, append(os, ord(4, 10000, 24*60))...)
		if later[3] != 300+400 {
			t.Errorf("%s: the next order earns %d, want 700", policy, later[3])
		}
	}
}

func TestR55RevenueShare(t *testing.T) {
	t.Parallel()
	var v struct {
		Net, Cogs int64
		Bps       money.Bps
		Expect    map[string]int64
	}
	vec(t, "R-55", &v)
	for of, want := range v.Expect {
		doc := agreed(t, terms.Component{ID: "share", Type: terms.RevenueShare, RateBps: v.Bps, Of: of})
		o := paid(v.Net)
		o.Snapshot.Lines[0].Cost, o.Snapshot.Lines[0].CostKnown = v.Cogs, true
		if got := target(o, doc); got != want {
			t.Errorf("%s: %d, want %d", of, got, want)
		}
		o.Snapshot.Lines[0].CostKnown = false
		state := ""
		if of == terms.GrossMargin {
			state = commission.HeldNoCost
		}
		if r := settle(source(o, doc)); r.State != state {
			t.Errorf("%s without cost: %q, want %q", of, r.State, state)
		}
	}
}

func TestR57OtherExponents(t *testing.T) {
	t.Parallel()
	var v struct {
		Cases []struct {
			Ccy           money.Currency
			Minor, Expect int64
			Bps           money.Bps
		}
	}
	vec(t, "R-57", &v)
	for _, c := range v.Cases {
		o := paid(c.Minor)
		o.Snapshot.Currency = c.Ccy
		doc := changed(t, func(d *terms.Terms) { d.Currency = c.Ccy; d.Threshold = "0" }, percent(c.Bps))
		if got := target(o, doc); got != c.Expect {
			t.Errorf("%s: %d, want %d", c.Ccy, got, c.Expect)
		}
	}
}
