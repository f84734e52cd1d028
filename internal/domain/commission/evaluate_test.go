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
