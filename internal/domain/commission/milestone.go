package commission

import (
	"cmp"
	"slices"
	"time"

	"tributary/internal/domain/terms"
)

// Qualifier is what may count for a milestone: an order, a day of clicks, a
// lead, a giveaway entry.
type Qualifier struct {
	OrderID int64 // or whatever else it is
	PaidAt  time.Time
	NetBase int64 // in the terms' currency: Result.Counted; the clicks of a day; 1 for a lead or an entry
	Locked  bool  // its hold has passed
}

// MilestoneTarget is what a ladder is worth now (R-35 … R-37): c is a milestones
// component, qs the orders of one of its periods, in any order. posted is what
// the ledger holds for the ladder, paid how much of that was paid out; both
// matter only for what an award keeps when the count drops. qualifying lists the
// orders that carried the count to the highest step it stands on, oldest first.
func MilestoneTarget(c terms.Component, _ *terms.Terms, qs []Qualifier, posted, paid int64) (target int64, qualifying []int64) {
	counted := countable(&c, qs)
	weighs := c.Metric == terms.Revenue || c.Metric == terms.Clicks // else each counts once

	var ladder, need, count int64
	for i := range counted {
		if weighs {
			count += counted[i].NetBase
		} else {
			count++
		}
	}
	for i := range c.Steps { // ascending, as Validate demands
		s := &c.Steps[i]
		if s.AtValue() > count {
			break
		}
		need = s.AtValue()
		if c.Mode == terms.Additive {
			ladder += s.AmountMinor()
		} else {
			ladder = s.AmountMinor()
		}
	}
	count = 0
	for i := range counted {
		if count >= need {
			break
		}
		if weighs {
			count += counted[i].NetBase
		} else {
			count++
		}
		qualifying = append(qualifying, counted[i].OrderID)
	}
	switch c.Clawback {
	case terms.Always:
		return ladder, qualifying
	case terms.Never:
		return max(ladder, posted), qualifying
	}
	return max(ladder, paid), qualifying // until_paid
}

// countable is the orders that count, once each, by (PaidAt, OrderID): those
// with net base left, and the hold passed unless the terms count recorded ones.
func countable(c *terms.Component, qs []Qualifier) []Qualifier {
	counted := make([]Qualifier, 0, len(qs))
	for _, q := range qs {
		if q.NetBase > 0 && (q.Locked || c.CountBasis == terms.Recorded) {
			counted = append(counted, q)
		}
	}
	slices.SortFunc(counted, func(a, b Qualifier) int {
		return cmp.Or(cmp.Compare(a.OrderID, b.OrderID), a.PaidAt.Compare(b.PaidAt), cmp.Compare(b.NetBase, a.NetBase))
	})
	counted = slices.CompactFunc(counted, func(a, b Qualifier) bool { return a.OrderID == b.OrderID })
	slices.SortFunc(counted, func(a, b Qualifier) int {
		return cmp.Or(a.PaidAt.Compare(b.PaidAt), cmp.Compare(a.OrderID, b.OrderID))
	})
	return counted
}
