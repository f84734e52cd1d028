package commission

import (
	"slices"
	"time"

	"tributary/internal/domain/money"
	"tributary/internal/domain/period"
	"tributary/internal/domain/terms"
)

// ClickDay is the clicks of one agreement version on one day of the shop.
type ClickDay struct {
	Start time.Time
	Valid int64 // valid clicks as they are known now
	// Once a day's hold has passed it stays as it was: late invalidation
	// changes the days after it only.
	Final   bool
	Counted int64 // the clicks it had then
	Posted  int64 // what it earned, minor units of the terms' currency
}

// ClickTargets is what each day earns (R-44 … R-47), in the order of days. A day
// earns what all clicks of the period up to its end are worth together, less
// what the days before it earn: so the period is rounded once, whole clicks
// stop at the cap, and a click that turns out to be invalid leaves its place to
// the next.
func ClickTargets(c *terms.Component, currency money.Currency, zone *time.Location, days []ClickDay) []int64 {
	targets := make([]int64, len(days))
	order := ascending(len(days), func(a, b int) int { return days[a].Start.Compare(days[b].Start) })
	var until time.Time
	var count, paid int64
	for n, i := range order {
		d := &days[i]
		if n == 0 || !until.IsZero() && !d.Start.Before(until) {
			_, until = period.Of(c.Period, d.Start, zone)
			count, paid = 0, 0
		}
		if d.Final {
			count += d.Counted
			targets[i] = d.Posted
		} else {
			count += d.Valid
			targets[i] = max(0, clicksWorth(c, currency, count)-paid)
		}
		paid += targets[i]
	}
	return targets
}

// clicksWorth is what the first n valid clicks of a period are worth.
func clicksWorth(c *terms.Component, currency money.Currency, n int64) int64 {
	if c.MaxCount > 0 {
		n = min(n, int64(c.MaxCount))
	}
	if c.Goal > 0 { // a budget in proportion to the goal
		var x money.Exact
		x.AddInt(c.AmountMinor(""))
		x.MulRatio(min(n, int64(c.Goal)), int64(c.Goal))
		return capped(c, rounded(x))
	}
	worth := func(n int64) int64 {
		var x money.Exact
		x.AddMicro(n, c.Unit(), currency.Exponent())
		return rounded(x)
	}
	limit, ok := c.MaxAmountMinor()
	if !ok || worth(n) <= limit {
		return worth(n)
	}
	// A click that does not fit whole is not paid.
	low, high := int64(0), n // worth(low) fits, worth(high) does not
	for high-low > 1 {
		if mid := low + (high-low)/2; worth(mid) <= limit {
			low = mid
		} else {
			high = mid
		}
	}
	return worth(low)
}

func capped(c *terms.Component, minor int64) int64 {
	if limit, ok := c.MaxAmountMinor(); ok {
		return min(minor, limit)
	}
	return minor
}

// Piece is one thing that is paid by the piece: a lead, a giveaway entry.
type Piece struct {
	ID     int64
	At     time.Time
	Counts bool // qualified, valid
	Final  bool // its hold has passed: it keeps what it has
	Posted int64
}

// PieceTargets is what each piece earns: the first ones of a period
// by (At, ID) the amount each, while the caps last. What is final has its part of
// them first: a piece before it that counts only now takes what is left.
func PieceTargets(c *terms.Component, zone *time.Location, pieces []Piece) []int64 {
	targets := make([]int64, len(pieces))
	order := ascending(len(pieces), func(a, b int) int { return compareAt(pieces[a].At, pieces[a].ID, pieces[b].At, pieces[b].ID) })
	limit, bounded := c.MaxAmountMinor()
	amount := c.AmountMinor("")
	for len(order) > 0 {
		_, until := period.Of(c.Period, pieces[order[0]].At, zone)
		n := 1
		for n < len(order) && (until.IsZero() || pieces[order[n]].At.Before(until)) {
			n++
		}
		var count, paid int64
		for _, i := range order[:n] {
			if p := &pieces[i]; p.Final && p.Posted > 0 {
				targets[i] = p.Posted
				count++
				paid += p.Posted
			}
		}
		for _, i := range order[:n] {
			p := &pieces[i]
			if p.Counts && !p.Final && (c.MaxCount == 0 || count < int64(c.MaxCount)) && (!bounded || paid+amount <= limit) {
				targets[i] = amount
				count++
				paid += amount
			}
		}
		order = order[n:]
	}
	return targets
}

// ascending is the places 0 … n−1 in order.
func ascending(n int, compare func(a, b int) int) []int {
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, compare)
	return order
}

func compareAt(a time.Time, ai int64, b time.Time, bi int64) int {
	if c := a.Compare(b); c != 0 {
		return c
	}
	switch {
	case ai < bi:
		return -1
	case ai > bi:
		return 1
	}
	return 0
}
