package commission

import (
	"math"

	"tributary/internal/domain/money"
	"tributary/internal/domain/order"
)

// convert notes how the order's minor units become the terms': not at
// all, or by the order's own presentment rate, which refunds use too, so that a
// full refund always gives zero. Any other pair has no rate and is held.
func (e *Eval) convert(o *order.Snapshot, to money.Currency) {
	switch {
	case to == o.Currency:
	case to == o.Presentment && o.Total > 0 && o.PresentmentTotal > 0:
		e.Num, e.Den = o.PresentmentTotal, o.Total
	default:
		e.hold(HeldNoRate)
	}
}

func (e *Eval) ratio() (num, den int64) {
	if e.Den == 0 {
		return 1, 1
	}
	return e.Num, e.Den
}

// toTerms is an amount of the shop's currency in the terms', rounded half up.
func (e *Eval) toTerms(minor int64) int64 {
	if e.Den == 0 {
		return minor
	}
	return ratio(minor, e.Num, e.Den)
}

// mostMinor and mostUnits bound what is computed at all, so that no product of
// an amount and a rate can wrap: ten thousand billion minor units.
const (
	mostMinor = 10_000_000_000_000
	mostUnits = 100_000
)

func tooLarge(o *order.Order) bool {
	s := &o.Snapshot
	big := func(vs ...int64) bool {
		for _, v := range vs {
			if v > mostMinor || v < -mostMinor {
				return true
			}
		}
		return false
	}
	if big(s.Total, s.PresentmentTotal, s.Shipping, s.ShippingTax, s.Fees) || len(s.Lines) > 10_000 {
		return true
	}
	var sum int64
	for i := range s.Lines {
		l := &s.Lines[i]
		if big(l.Net, l.Tax, l.Cost, l.Quantity) {
			return true
		}
		if sum += max(l.Net, 0) + max(l.Tax, 0); sum > mostMinor {
			return true
		}
	}
	for i := range o.Refunds {
		r := &o.Refunds[i]
		if big(r.Amount, r.Shipping, r.Unlined) {
			return true
		}
		for j := range r.Lines {
			if l := &r.Lines[j]; big(l.Net, l.Tax, l.Quantity) {
				return true
			}
		}
	}
	return false
}

// rounded is the one rounding step; what does not fit saturates.
func rounded(e money.Exact) int64 {
	v, err := e.RoundHalfUp()
	if err != nil {
		return int64(e.Sign()) * math.MaxInt64
	}
	return v
}
