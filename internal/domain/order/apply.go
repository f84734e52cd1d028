package order

import (
	"bytes"
	"cmp"
	"slices"
	"time"
)

// Apply joins what one delivery says into o and reports whether it changed
// anything. The result depends on the set of facts applied, never on their
// order or number:
//
//   - the snapshot with the greatest (Version, RefundCount, Digest) stays, equal
//     keys being decided by content;
//   - refunds are a union by id; of two accounts of one refund the Detailed one,
//     then the later Version stays, and what both know of its time is kept;
//   - the latest deletion stays beside the snapshot, PaymentNow weighs the two;
//   - of two names the longer, then the greater stays.
//
// A fact about another order is refused: false, nothing changed. A snapshot
// without a Version counts as old as its creation. A snapshot read from the
// store's API should carry the time of the read as Version: a read shows all
// that was modified before it, and only that makes a refund deleted in
// WooCommerce, which changes no modification time, visible. o keeps the slices
// of f.
func (o *Order) Apply(f Fact) bool {
	if o.ID != 0 && (o.ID != f.OrderID || o.Platform != f.Platform) {
		return false
	}
	changed := o.ID == 0 && f.OrderID != 0
	o.Platform, o.ID = f.Platform, f.OrderID
	if cmp.Or(cmp.Compare(len(f.Name), len(o.Name)), cmp.Compare(f.Name, o.Name)) > 0 {
		o.Name, changed = f.Name, true
	}
	if at := utc(f.DeletedAt); at.After(o.DeletedAt) {
		o.DeletedAt, changed = at, true
	}
	if f.Snapshot != nil {
		if s := f.Snapshot.inUTC(); s.beats(&o.Snapshot) {
			o.Snapshot, changed = s, true
		}
	}
	for i := range f.Refunds {
		if o.applyRefund(f.Refunds[i].inUTC()) {
			changed = true
		}
	}
	return changed
}

func (o *Order) applyRefund(r Refund) bool {
	i, found := slices.BinarySearchFunc(o.Refunds, r.ID, func(have Refund, id int64) int { return cmp.Compare(have.ID, id) })
	if !found {
		// A copy: another Order may share the backing array.
		o.Refunds = slices.Insert(slices.Clip(o.Refunds), i, r)
		return true
	}
	have := &o.Refunds[i]
	joined := *have
	if r.compare(have) > 0 {
		joined = r
	}
	joined.At, joined.Seen = earliest(have.At, r.At), latest(have.Seen, r.Seen)
	if joined.compare(have) == 0 && joined.At.Equal(have.At) && joined.Seen.Equal(have.Seen) {
		return false
	}
	o.Refunds = slices.Clone(o.Refunds)
	o.Refunds[i] = joined
	return true
}

// compare ranks two accounts of one refund. It leaves out At and Seen, which
// are joined on their own, and is 0 only when all else is equal.
func (r *Refund) compare(than *Refund) int {
	return cmp.Or(
		compareBool(r.Detailed, than.Detailed),
		r.Version.Compare(than.Version),
		cmp.Compare(r.Amount, than.Amount),
		cmp.Compare(r.Shipping, than.Shipping),
		cmp.Compare(r.Unlined, than.Unlined),
		slices.CompareFunc(r.Lines, than.Lines, func(a, b RefundLine) int {
			return cmp.Or(cmp.Compare(a.LineID, b.LineID), cmp.Compare(a.Quantity, b.Quantity), cmp.Compare(a.Net, b.Net), cmp.Compare(a.Tax, b.Tax))
		}),
	)
}

func (s *Snapshot) beats(than *Snapshot) bool {
	c := cmp.Or(s.Version.Compare(than.Version), cmp.Compare(s.RefundCount, than.RefundCount), cmp.Compare(s.Digest, than.Digest))
	if c == 0 {
		c = bytes.Compare(s.encode(), than.encode())
	}
	return c > 0
}

// inUTC is s as it is stored: UTC, without a monotonic clock.
func (s *Snapshot) inUTC() Snapshot {
	u := *s
	for _, t := range []*time.Time{&u.Version, &u.CreatedAt, &u.CheckoutAt, &u.PaidAt, &u.FulfilledAt, &u.DeliveredAt} {
		*t = utc(*t)
	}
	if u.Version.IsZero() {
		u.Version = u.CreatedAt
	}
	if u.Version.IsZero() {
		u.Version = time.Unix(0, 0).UTC()
	}
	for i := range u.Claims {
		if c := u.Claims[i].At; c != utc(c) { //nolint:staticcheck // the representation is what matters
			u.Claims = slices.Clone(u.Claims)
			for j := range u.Claims {
				u.Claims[j].At = utc(u.Claims[j].At)
			}
			break
		}
	}
	return u
}

func (r *Refund) inUTC() Refund {
	u := *r
	u.Version, u.At = utc(u.Version), utc(u.At)
	u.Seen = latest(u.Version, utc(u.Seen))
	return u
}

// utc is t in UTC without a monotonic clock; a time that JSON cannot write, as
// no store means one, is unknown.
func utc(t time.Time) time.Time {
	t = t.Round(0).UTC()
	if y := t.Year(); y < 1 || y > 9999 {
		return time.Time{}
	}
	return t
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

// earliest is the earlier of two times, one that is zero being unknown.
func earliest(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

func latest(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
