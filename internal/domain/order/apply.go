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
//   - the newest snapshot stays: see beats;
//   - refunds are a union by id; of two accounts of one refund the Detailed one,
//     then the later Version stays, and what both know of its time is kept;
//   - the latest deletion, and all that was heard of the bin, stay beside the
//     snapshot; Deleted weighs them;
//   - of the times an order without a time of payment was seen waiting for its
//     money, and having it, the earliest stay;
//   - of two names the longer, then the greater stays.
//
// A fact about another order is refused: false, nothing changed. A snapshot
// without a Version counts as old as its creation. o keeps the slices of f.
func (o *Order) Apply(f Fact) bool {
	if o.ID != 0 && (o.ID != f.OrderID || o.Platform != f.Platform) {
		return false
	}
	changed := o.ID == 0 && f.OrderID != 0
	o.Platform, o.ID = f.Platform, f.OrderID
	if cmp.Or(cmp.Compare(len(f.Name), len(o.Name)), cmp.Compare(f.Name, o.Name)) > 0 {
		o.Name, changed = f.Name, true
	}
	switch at := utc(f.DeletedAt); {
	case at.IsZero():
	case f.Undated:
		changed = hear(&o.Bin.In, Heard{f.Key, at}) || changed
	case at.After(o.DeletedAt):
		o.DeletedAt, changed = at, true
	}
	if f.Snapshot != nil {
		s := f.Snapshot.inUTC()
		if f.Restored {
			changed = hear(&o.Bin.Out, Heard{f.Key, s.Version}) || changed
		}
		if s.Binned && s.Version.After(o.Bin.Seen) {
			o.Bin.Seen, changed = s.Version, true
		}
		if s.Payment == PaymentPending {
			changed = earlier(&o.Waited, s.Version) || changed
		}
		if !s.ProcessedAt.IsZero() {
			changed = earlier(&o.Paid, s.Version) || changed
		}
		if s.beats(&o.Snapshot) {
			o.Snapshot, changed = s, true
		}
		o.Snapshot.PaidAt = o.paidAt()
	}
	for i := range f.Refunds {
		if o.applyRefund(f.Refunds[i].inUTC()) {
			changed = true
		}
	}
	return changed
}

// paidAt is when the order was paid, as far as its store tells.
func (o *Order) paidAt() time.Time {
	s := &o.Snapshot
	switch {
	case s.ProcessedAt.IsZero():
		return s.PaidAt
	case !o.Waited.IsZero() && o.Waited.Before(o.Paid):
		return latest(s.ProcessedAt, o.Paid)
	}
	return s.ProcessedAt
}

// earlier keeps the earliest time.
func earlier(t *time.Time, at time.Time) (changed bool) {
	if !t.IsZero() && !at.Before(*t) {
		return false
	}
	*t = at
	return true
}

// hear adds what one delivery told, once. A copy: another Order may share the
// backing array.
func hear(list *[]Heard, h Heard) (changed bool) {
	i, found := slices.BinarySearchFunc(*list, h.Key, func(have Heard, key uint64) int { return cmp.Compare(have.Key, key) })
	switch {
	case !found:
		*list = slices.Insert(slices.Clip(*list), i, h)
	case h.At.Before((*list)[i].At):
		*list = slices.Clone(*list)
		(*list)[i] = h
	default:
		return false
	}
	return true
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

// beats tells whether s is newer than another snapshot. Stores count whole
// seconds and change an order several times in one, so of snapshots with one
// Version these come later, in this order: one that we read well after that
// second (a refund taken back in WooCommerce shows in nothing else); one that
// knows more refunds; one of an order that has come further; one read later.
// What is then still open is decided by digest and content.
func (s *Snapshot) beats(than *Snapshot) bool {
	c := cmp.Or(
		s.Version.Compare(than.Version),
		s.readAfter().Compare(than.readAfter()),
		cmp.Compare(s.RefundCount, than.RefundCount),
		cmp.Compare(s.progress(), than.progress()),
		s.ReadAt.Compare(than.ReadAt),
		cmp.Compare(s.Digest, than.Digest),
	)
	if c == 0 {
		a, b := s.asSent(), than.asSent()
		c = bytes.Compare(a.encode(), b.encode())
	}
	return c > 0
}

// asSent is s without what Apply makes of it.
func (s *Snapshot) asSent() *Snapshot {
	if s.ProcessedAt.IsZero() {
		return s
	}
	sent := *s
	sent.PaidAt = time.Time{}
	return &sent
}

// apart is by how much the store's clock and ours may differ.
const apart = 2 * time.Minute

// readAfter is when the order was read, if that was certainly after Version.
func (s *Snapshot) readAfter() time.Time {
	if s.ReadAt.Sub(s.Version) < apart {
		return time.Time{}
	}
	return s.ReadAt
}

// progress ranks how far an order has come within one second.
func (s *Snapshot) progress() int {
	rank := map[Payment]int{PaymentNotOrder: 0, PaymentPending: 1, PaymentUnknown: 2, PaymentPaid: 3, PaymentVoid: 4}[s.Payment] << 2
	if !s.FulfilledAt.IsZero() {
		rank |= 1
	}
	if !s.DeliveredAt.IsZero() {
		rank |= 2
	}
	return rank
}

// inUTC is s as it is stored: UTC, without a monotonic clock.
func (s *Snapshot) inUTC() Snapshot {
	u := *s
	for _, t := range []*time.Time{&u.Version, &u.ReadAt, &u.CreatedAt, &u.CheckoutAt, &u.PaidAt, &u.ProcessedAt, &u.FulfilledAt, &u.DeliveredAt} {
		*t = utc(*t)
	}
	if !u.ProcessedAt.IsZero() {
		u.PaidAt = time.Time{}
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
