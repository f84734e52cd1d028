package commission

import (
	"math"
	"time"

	"tributary/internal/domain/period"
	"tributary/internal/domain/terms"
)

const noCap = math.MaxInt64

// capPeriod is what "per period" means: the calendar month of the shop.
var capPeriod = terms.Period{Kind: terms.CalendarMonth}

// bound is a cap of the terms, or none.
func bound(minor int64, ok bool) int64 {
	if !ok {
		return noCap
	}
	return max(minor, 0)
}

// caps is what is left of the agreement's bounds while orders pass by in fold
// order: earlier orders are served first, and what one of them gives
// back by a refund is free for the next.
type caps struct {
	zone                        *time.Location
	perOrder, perPeriod, budget int64
	until                       time.Time // end of the period in hand
	inPeriod                    int64     // left of it
}

func newCaps(t *terms.Terms, zone *time.Location) caps {
	return caps{
		zone:      zone,
		perOrder:  bound(t.Caps.PerOrderMinor()),
		perPeriod: bound(t.Caps.PerPeriodMinor()),
		budget:    bound(t.Caps.BudgetMinor()),
	}
}

// left is the most an order paid at the instant may earn.
func (c *caps) left(paidAt time.Time) int64 {
	if c.perPeriod == noCap {
		return c.budget
	}
	if c.until.IsZero() || !paidAt.Before(c.until) {
		_, c.until = period.Of(&capPeriod, paidAt, c.zone)
		c.inPeriod = c.perPeriod
	}
	return min(c.inPeriod, c.budget)
}

func (c *caps) take(target int64) {
	if c.perPeriod != noCap {
		c.inPeriod -= target
	}
	if c.budget != noCap {
		c.budget -= target
	}
}
