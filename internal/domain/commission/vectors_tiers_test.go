package commission_test

import (
	"slices"
	"strconv"
	"testing"
	"time"

	"tributary/internal/domain/commission"
	"tributary/internal/domain/money"
	"tributary/internal/domain/order"
	"tributary/internal/domain/terms"
)

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
