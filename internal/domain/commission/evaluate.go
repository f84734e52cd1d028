package commission

import (
	"time"

	"tributary/internal/domain/attribution"
	"tributary/internal/domain/money"
	"tributary/internal/domain/order"
	"tributary/internal/domain/period"
	"tributary/internal/domain/terms"
)

// Sources is every source of earnings an order is under a decision, one for each
// share in its order. termsOf finds the terms of an agreement version; a share
// whose terms it does not know (nil) gives no source.
func Sources(o *order.Order, d attribution.Decision, termsOf func(versionID int64) *terms.Terms, zone *time.Location) []Source {
	sources := make([]Source, 0, len(d.Shares))
	for i, share := range d.Shares {
		if t := termsOf(share.VersionID); t != nil {
			sources = append(sources, Source{Order: o, Share: share, Shares: d.Shares, Index: i, Terms: t, Customer: d.Customer, Zone: zone})
		}
	}
	return sources
}

// Evaluate computes everything about one order source that needs no other
// order. Fold makes the target of it.
func Evaluate(s Source) Eval {
	o := &s.Order.Snapshot
	e := Eval{OrderID: s.Order.ID, State: stateOf(&s)}
	if s.Order.PaymentNow() != order.PaymentPending {
		e.PaidAt = paidAt(o)
	}
	if len(s.Share.Lines) == 0 && (len(s.Shares) > 1 || s.Share.Bps != whole) {
		e.split(&s)
	}
	if tooLarge(s.Order) {
		e.hold(HeldTooLarge)
		return e
	}
	e.convert(o, s.Terms.Currency)

	b := baseOf(&s)
	e.Cuts = b.takeRefunds(&s, e.PaidAt)
	e.Gross, e.Sold, e.Net = b.gross, b.sold, b.now()
	n := 0
	for i := range b.parts {
		if b.parts[i].in {
			b.parts[i].place = n
			n++
		}
	}
	e.Lines = make([]EvalLine, 0, n)
	for i := range b.parts {
		if p := &b.parts[i]; p.in {
			e.Lines = append(e.Lines, EvalLine{ID: p.id, Base: p.now})
		}
	}
	for i := range s.Terms.Components {
		c := &s.Terms.Components[i]
		if !c.PaysFor(viaOf(s.Share.Via)) {
			continue
		}
		switch c.Type {
		case terms.Percentage:
			e.addRates(c, &b, s.Customer)
		case terms.RevenueShare:
			if c.Of == terms.GrossMargin {
				e.addMargin(c, &b)
			} else {
				e.addRates(c, &b, s.Customer)
			}
		case terms.FlatOrder:
			e.addFlatOrder(c, &s, &b)
		case terms.FlatItem:
			e.addFlatItem(c, &s, &b)
		}
	}
	return e
}

// viaOf is the word the terms have for a touch.
func viaOf(k attribution.Kind) string {
	switch k {
	case attribution.CodeUse:
		return terms.ViaCode
	case attribution.Visit:
		return terms.ViaPage
	case attribution.Live:
		return terms.ViaLive
	case attribution.Bound:
		return terms.ViaBinding
	case attribution.Manual:
		return terms.ViaManual
	}
	return terms.ViaLink
}

// whole is every basis point of an order.
const whole money.Bps = 10_000

// split notes all shares of the order, so that the parts sum to it.
func (e *Eval) split(s *Source) {
	if len(s.Shares) < 2 {
		e.Bps, e.Index = []money.Bps{s.Share.Bps, whole - s.Share.Bps}, 0
		return
	}
	e.Bps, e.Index = make([]money.Bps, len(s.Shares)), s.Index
	for i := range s.Shares {
		e.Bps[i] = s.Shares[i].Bps
	}
}

// stateOf is the order's part of the state: a function of what the order
// is now, so it can go back and forth. What makes the target zero comes before
// what only holds it.
func stateOf(s *Source) string {
	payment := s.Order.PaymentNow()
	switch {
	case payment == order.PaymentNotOrder:
		return VoidNotOrder
	case s.Order.Snapshot.Test:
		return VoidTest
	case payment == order.PaymentVoid && s.Order.Deleted():
		return VoidDeleted
	case payment == order.PaymentVoid:
		return VoidCancelled
	case s.Share.Outcome == attribution.Denied:
		return "denied:" + s.Share.Reason
	case payment == order.PaymentPending:
		return Unpaid
	case payment == order.PaymentUnknown:
		return HeldStatus
	case s.Share.Outcome == attribution.Held:
		return "held:" + s.Share.Reason
	}
	return ""
}

// hold holds the eval unless it already has a stronger state. What leaves
// nothing to compute replaces a hold that only waits.
func (e *Eval) hold(state string) {
	if e.State == "" || e.earns() && state != HeldNoCost {
		e.State = state
	}
}

// paidAt is the instant that places an order among others: when it was paid,
// else, where the store does not tell, when it was made.
func paidAt(o *order.Snapshot) time.Time {
	at := o.PaidAt
	if at.IsZero() {
		at = o.CreatedAt
	}
	return at.UTC().Truncate(time.Microsecond)
}

// ReleaseAt is when the order's hold ends: calendar days of the shop's
// time zone after the instant the terms name. False while that has not come, or
// the order is not paid.
func ReleaseAt(t *terms.Terms, s *order.Snapshot, zone *time.Location) (time.Time, bool) {
	paid := s.PaidAt
	if paid.IsZero() && s.Payment == order.PaymentPaid {
		paid = s.CreatedAt
	}
	from := paid
	switch t.Hold.From {
	case terms.FromFulfilled:
		from = s.FulfilledAt
	case terms.FromDelivered:
		from = s.DeliveredAt
	}
	if paid.IsZero() || from.IsZero() {
		return time.Time{}, false
	}
	return period.Release(from, t.Hold.Days, zone), true
}
