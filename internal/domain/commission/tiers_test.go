package commission_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tributary/internal/domain/commission"
	"tributary/internal/domain/order"
	"tributary/internal/domain/terms"
)

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
