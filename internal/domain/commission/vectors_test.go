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
	for _, s := range commission.Sources(in.Order, d, func(version int64) *terms.Terms { return docs[version] }, time.UTC) {
		got[names[s.Share.InfluencerID]] = settle(s).Target
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
