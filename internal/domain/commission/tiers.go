package commission

import (
	"cmp"
	"slices"
	"time"

	"tributary/internal/domain/money"
	"tributary/internal/domain/period"
	"tributary/internal/domain/terms"
)

// rateAt is the rate of the last band that starts at or below the position.
func rateAt(bands []terms.Band, position int64) (rate money.Bps) {
	for i := range bands { // ascending, as Validate demands
		if bands[i].FromValue() > position {
			break
		}
		rate = bands[i].RateBps
	}
	return rate
}

// tierOrder is one order as a tier counter sees it.
type tierOrder struct {
	eval      int
	e         *Eval
	sold, now int64 // what it counts for: as sold, and after refunds
}

func (o *tierOrder) counts(refold bool) int64 {
	if refold {
		return o.now
	}
	return o.sold
}

// foldTiers adds what a tier component gives to each order (R-38 … R-40).
func (f *folding) foldTiers(c *terms.Component) {
	orders := make([]tierOrder, len(f.order))
	for n, i := range f.order {
		e := &f.evals[i]
		o := tierOrder{eval: i, e: e, sold: e.toTerms(e.Sold), now: e.toTerms(e.Net)}
		if c.Basis == terms.Orders {
			o.sold, o.now = min(e.Sold, 1), min(e.Net, 1)
		}
		orders[n] = o
	}
	tc := tierFold{c: c, bands: c.Bands}
	give := func(o *tierOrder, amount money.Exact) {
		if amount.Sign() != 0 {
			f.tiers[o.eval] = append(f.tiers[o.eval], tierPart{c.ID, amount})
		}
	}
	if c.Period != nil && c.Period.Kind == terms.RollingDays {
		tc.rolling(orders, f.zone, give)
		return
	}
	for len(orders) > 0 {
		_, until := period.Of(c.Period, orders[0].e.PaidAt, f.zone)
		n := len(orders)
		if !until.IsZero() {
			n = slices.IndexFunc(orders, func(o tierOrder) bool { return !o.e.PaidAt.Before(until) })
			if n < 0 {
				n = len(orders)
			}
		}
		tc.period(orders[:n], give)
		orders = orders[n:]
	}
}

type tierFold struct {
	c     *terms.Component
	bands []terms.Band
}

// period folds the orders of one period.
func (tc *tierFold) period(orders []tierOrder, give func(*tierOrder, money.Exact)) {
	refold := tc.c.OnRefund == terms.Refold
	if tc.c.Convention == terms.RetroactiveAll {
		rate := rateAt(tc.bands, tc.reached(orders, refold))
		for i := range orders {
			give(&orders[i], orders[i].e.times(orders[i].e.Net, rate))
		}
		return
	}
	var position int64
	undone := undoing(orders, refold, tc.c.Basis)
	for i := range orders {
		o := &orders[i]
		position -= undone.before(i, o.e.PaidAt)
		give(o, tc.amount(o, position, refold))
		position += o.counts(refold)
	}
}

// reached is the counter that decides a retroactive rate: what it is now, or,
// when refunds leave the rates of others alone, the highest it ever was.
func (tc *tierFold) reached(orders []tierOrder, refold bool) int64 {
	var counter, peak int64
	undone := undoing(orders, refold, tc.c.Basis)
	for i := range orders {
		o := &orders[i]
		if refold {
			counter += o.now
			peak = counter
			continue
		}
		counter += o.sold - undone.before(i, o.e.PaidAt)
		peak = max(peak, counter)
	}
	return peak
}

// amount is what one order earns that starts at the position. Under
// at_original_rate it is rated as sold and keeps, after a refund, the same part
// of that as of its base.
func (tc *tierFold) amount(o *tierOrder, position int64, refold bool) money.Exact {
	if refold {
		return tc.rated(o.e, o.e.Net, o.now, position)
	}
	if o.e.Sold <= 0 {
		return money.Exact{}
	}
	x := tc.rated(o.e, o.e.Sold, o.sold, position)
	if o.e.Net != o.e.Sold {
		x.MulRatio(o.e.Net, o.e.Sold)
	}
	return x
}

// rated rates a base that counts for units from the position on.
func (tc *tierFold) rated(e *Eval, base, units, position int64) money.Exact {
	switch tc.c.Convention {
	case terms.RateBeforeOrder:
		return e.times(base, rateAt(tc.bands, position))
	case terms.RateAfterOrder:
		return e.times(base, rateAt(tc.bands, position+units))
	}
	// split_at_boundary. An order is one unit of a count and is never split.
	if tc.c.Basis == terms.Orders {
		return e.times(base, rateAt(tc.bands, position))
	}
	var sum money.Exact
	rest := money.ExactOf(base)
	rest.MulRatio(e.ratio())
	end := position + units
	for i := range tc.bands {
		if from := tc.bands[i].FromValue(); from > position && from < end {
			sum.AddRate(from-position, rateAt(tc.bands, position))
			rest.AddInt(position - from)
			position = from
		}
	}
	rest.MulRatio(int64(rateAt(tc.bands, position)), 10_000)
	sum.Add(rest)
	return sum
}

// times is base × rate in the terms' currency.
func (e *Eval) times(base int64, rate money.Bps) money.Exact {
	var x money.Exact
	x.AddRate(base, rate)
	x.MulRatio(e.ratio())
	return x
}

// undo is a refund as the counter sees it: from At on, by units.
type undo struct {
	at    time.Time
	order int // its place in the fold
	units int64
}

// undos are refunds in time order, taken from the front.
type undos []undo

// undoing lists the refunds that lower the counter of later orders. Under
// refold there are none: the counter runs over what is left.
func undoing(orders []tierOrder, refold bool, basis string) undos {
	if refold {
		return nil
	}
	var us undos
	for i := range orders {
		e := orders[i].e
		var cut, was int64
		for n, c := range e.Cuts {
			cut += c.Amount
			units := orders[i].sold - e.toTerms(e.Sold-cut)
			if basis == terms.Orders {
				units = orders[i].sold - min(e.Sold-cut, 1)
			}
			if n == len(e.Cuts)-1 {
				units = orders[i].sold - orders[i].now
			}
			us = append(us, undo{c.At, i, units - was})
			was = units
		}
	}
	slices.SortFunc(us, func(a, b undo) int { return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.order, b.order)) })
	return us
}

// before takes off the list, and sums, what was given back before order i was
// paid at the instant.
func (us *undos) before(i int, paidAt time.Time) (units int64) {
	us.each(i, paidAt, func(u undo) { units += u.units })
	return units
}

func (us *undos) each(i int, paidAt time.Time, do func(undo)) {
	for len(*us) > 0 {
		u := (*us)[0]
		if u.at.After(paidAt) || u.at.Equal(paidAt) && u.order >= i {
			return
		}
		do(u)
		*us = (*us)[1:]
	}
}

// rolling folds a counter that for each order holds the calendar days before it.
// Under retroactive_all that sum, the order with it, decides the order's rate.
func (tc *tierFold) rolling(orders []tierOrder, zone *time.Location, give func(*tierOrder, money.Exact)) {
	refold := tc.c.OnRefund == terms.Refold
	undone := undoing(orders, refold, tc.c.Basis)
	counted := make([]int64, len(orders)) // what each order counts for just now
	var position int64
	oldest := 0
	for i := range orders {
		o := &orders[i]
		from, _ := period.Of(tc.c.Period, o.e.PaidAt, zone)
		for ; oldest < i && orders[oldest].e.PaidAt.Before(from); oldest++ {
			position -= counted[oldest]
		}
		undone.each(i, o.e.PaidAt, func(u undo) {
			counted[u.order] -= u.units
			if u.order >= oldest {
				position -= u.units
			}
		})
		if tc.c.Convention == terms.RetroactiveAll {
			give(o, o.e.times(o.e.Net, rateAt(tc.bands, position+o.counts(refold))))
		} else {
			give(o, tc.amount(o, position, refold))
		}
		counted[i] = o.counts(refold)
		position += counted[i]
	}
}
