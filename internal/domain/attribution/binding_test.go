package attribution_test

import (
	"testing"
	"time"

	"tributary/internal/domain/attribution"
	"tributary/internal/domain/terms"
)

func past(id int64, when string, who int64, via attribution.Kind) attribution.PastOrder {
	return attribution.PastOrder{OrderID: id, CreatedAt: at(when), Paid: true, InfluencerID: who, VersionID: 100 * who, Via: via}
}

func TestTheFirstAttributedOrderBindsTheCustomer(t *testing.T) {
	t.Parallel()
	first := past(1, "2026-01-31T09:00:00Z", anna, attribution.Click)
	unpaid := first
	unpaid.Paid = false
	for _, c := range []struct {
		name    string
		binding *terms.Binding
		past    []attribution.PastOrder
		order   string
		want    int64 // 0: nobody
	}{
		{"for life", &terms.Binding{}, []attribution.PastOrder{first}, "2026-12-01T12:00:00Z", anna},
		{"not without the terms", nil, []attribution.PastOrder{first}, "2026-02-01T12:00:00Z", 0},
		{"not unpaid", &terms.Binding{}, []attribution.PastOrder{unpaid}, "2026-12-01T12:00:00Z", 0},
		{"one month from 31 January to the last instant of it on 28 February", &terms.Binding{Months: 1}, []attribution.PastOrder{first}, "2026-02-28T09:00:00Z", anna},
		{"and no longer", &terms.Binding{Months: 1}, []attribution.PastOrder{first}, "2026-02-28T09:00:01Z", 0},
		{
			"unchanged by another's order", &terms.Binding{},
			[]attribution.PastOrder{first, past(2, "2026-03-01T00:00:00Z", ben, attribution.Click)}, "2026-12-01T12:00:00Z", anna,
		},
		{
			"anew where a touch rebinds", &terms.Binding{RebindOnTouch: true},
			[]attribution.PastOrder{first, past(2, "2026-03-01T00:00:00Z", ben, attribution.CodeUse)}, "2026-12-01T12:00:00Z", ben,
		},
		{
			"anew after it ran out", &terms.Binding{Months: 1},
			[]attribution.PastOrder{first, past(2, "2026-11-15T00:00:00Z", ben, attribution.Click)}, "2026-12-01T12:00:00Z", ben,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			in := scene(t, func(a *terms.Attribution) { a.Binding = c.binding })
			in.Order.Snapshot.CreatedAt = at(c.order)
			in.Past = c.past
			d := attribution.Decide(in)
			if c.want == 0 {
				wantWinners(t, d)
				return
			}
			wantWinners(t, d, c.want)
			if d.Shares[0].Via != attribution.Bound {
				t.Fatal(d.Shares[0].Via)
			}
			// Another's explicit touch takes this order.
			in.Touches = []attribution.Touch{{ID: "click:c", Kind: attribution.Click, InfluencerID: cleo, AgreementID: 30, At: in.Order.Snapshot.CreatedAt.Add(-time.Hour)}}
			wantWinners(t, attribution.Decide(in), cleo)
		})
	}
}

func TestMonthsAreTheShopsCalendar(t *testing.T) {
	t.Parallel()
	zone, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	in := scene(t, func(a *terms.Attribution) { a.Binding = &terms.Binding{Months: 1} })
	// 28 February 20:00 in New York is 1 March in UTC.
	in.Past = []attribution.PastOrder{past(1, "2026-03-01T01:00:00Z", anna, attribution.Click)}
	in.Order.Snapshot.CreatedAt = at("2026-03-30T00:00:00Z")
	wantWinners(t, attribution.Decide(in), anna)
	in.Zone = zone
	d := attribution.Decide(in)
	wantWinners(t, d)
	wantReasons(t, d, map[string]string{"binding:1": "binding_expired"})
}

func TestRenewalsEarnByTheVersionOfTheFirstOrder(t *testing.T) {
	t.Parallel()
	for word, version := range map[string]int64{terms.FirstOrder: 100, terms.Current: 101} {
		in := scene(t, func(a *terms.Attribution) { a.Binding = &terms.Binding{} })
		v1 := in.Agreements[10][0]
		v1.Effective.To = at("2026-06-01T00:00:00Z")
		v2 := attribution.Agreement{
			ID: 10, VersionID: 101, Number: 2, InfluencerID: anna, Effective: attribution.Span{From: at("2026-06-01T00:00:00Z")},
			Terms: signed(t, func(a *terms.Attribution) { a.Binding = &terms.Binding{Terms: word} }),
		}
		in.Agreements[10] = []attribution.Agreement{v1, v2}
		in.Past = []attribution.PastOrder{past(1, "2026-03-01T00:00:00Z", anna, attribution.Click)}
		d := attribution.Decide(in)
		wantWinners(t, d, anna)
		if d.Shares[0].VersionID != version {
			t.Errorf("%s: version %d, want %d", word, d.Shares[0].VersionID, version)
		}
	}
}

func TestAClickWithoutATimeGoesBeforeABindingButNotBeforeAClick(t *testing.T) {
	t.Parallel()
	in := scene(t, func(a *terms.Attribution) { a.Binding = &terms.Binding{} })
	in.Past = []attribution.PastOrder{past(1, "2026-11-01T00:00:00Z", anna, attribution.Click)}
	untimed := attribution.Touch{ID: "claim:ben", Kind: attribution.Click, InfluencerID: ben, AgreementID: 20, At: in.Order.Snapshot.CreatedAt, TimeClaimed: true}
	in.Touches = []attribution.Touch{untimed}
	d := attribution.Decide(in)
	wantWinners(t, d, ben)
	wantReasons(t, d, map[string]string{"claim:ben": "won", "binding:1": "beaten_by_click"})

	// One that is known to be late does not: that is how a click is stuffed in
	// at the checkout.
	late := untimed
	late.TimeClaimed = false
	in.Touches = []attribution.Touch{late}
	d = attribution.Decide(in)
	wantWinners(t, d, anna)
	wantReasons(t, d, map[string]string{"claim:ben": "late_touch", "binding:1": "won"})

	in.Touches = []attribution.Touch{untimed, click("c", cleo, "2026-12-01T10:00:00Z")}
	d = attribution.Decide(in)
	wantWinners(t, d, cleo)
	wantReasons(t, d, map[string]string{"claim:ben": "late_touch", "click:c": "won", "binding:1": "beaten_by_click"})
}
