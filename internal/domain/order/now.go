package order

import (
	"slices"
	"time"
)

// Known tells whether a whole-order payload has been seen. Without one the
// order is only a number with refunds or a deletion.
func (o *Order) Known() bool { return !o.Snapshot.Version.IsZero() }

// Deleted tells whether the store said that the order is gone and nothing newer
// brings it back.
//
// A payload that shows the order in the bin is such a word. WooCommerce's own
// word for it, order.deleted, has no time and comes early, late or twice. It
// holds while there are more such words than words that the
// order was taken out, unless the newest snapshot is newer than the last time
// the order was seen in the bin, was modified after we were told, or was read
// by us after we were told. Only that last comparison looks at when something
// was received, as it was recorded: it decides when nothing else speaks.
func (o *Order) Deleted() bool {
	s, b := &o.Snapshot, &o.Bin
	switch {
	case s.Binned:
		return true
	case !o.DeletedAt.IsZero() && !s.Version.After(o.DeletedAt) && !s.ReadAt.After(o.DeletedAt):
		return true
	case len(b.In) <= len(b.Out):
		return false
	}
	told := b.Told()
	return !(!b.Seen.IsZero() && s.Version.After(b.Seen)) && !s.Version.After(told) && !s.ReadAt.After(told)
}

// Told is when we last heard that the order is in the bin; zero: never.
func (b *Bin) Told() (at time.Time) {
	for _, h := range b.In {
		at = latest(at, h.At)
	}
	return at
}

// GoneSince is when the order was deleted, as far as is known; zero while it is
// not Deleted.
func (o *Order) GoneSince() time.Time {
	if !o.Deleted() {
		return time.Time{}
	}
	if o.Snapshot.Binned {
		return o.Snapshot.Version
	}
	return latest(o.DeletedAt, o.Bin.Told())
}

// Unclear tells whether reading the order from the store would tell more than
// the store has sent: a refund of which only the sum is known, or an undated
// deletion that nothing dates.
func (o *Order) Unclear() bool {
	if o.Deleted() {
		return !o.Snapshot.Binned && o.DeletedAt.IsZero()
	}
	return slices.ContainsFunc(o.EffectiveRefunds(), func(r Refund) bool { return !r.Detailed })
}

// PaymentNow is the payment state after deletion: a deleted order is void until
// a snapshot with a later Version brings it back. An order that is not
// Known is not an order yet.
func (o *Order) PaymentNow() Payment {
	switch {
	case o.Deleted():
		return PaymentVoid
	case !o.Known():
		return PaymentNotOrder
	}
	return o.Snapshot.Payment
}

// EffectiveRefunds is the refunds that stand, ascending by id. A snapshot with
// RefundsComplete hides those it does not list: the store has deleted them,
// unless they were heard of after that snapshot. Read only: it may be o.Refunds
// itself.
func (o *Order) EffectiveRefunds() []Refund {
	gone := func(r Refund) bool {
		return !slices.Contains(o.Snapshot.RefundIDs, r.ID) && !r.Seen.After(o.Snapshot.Version)
	}
	if !o.Snapshot.RefundsComplete || !slices.ContainsFunc(o.Refunds, gone) {
		return o.Refunds
	}
	return slices.DeleteFunc(slices.Clone(o.Refunds), gone)
}

// Line finds a line by id; nil when the snapshot has none such.
func (o *Order) Line(id int64) *Line {
	for i := range o.Snapshot.Lines {
		if o.Snapshot.Lines[i].ID == id {
			return &o.Snapshot.Lines[i]
		}
	}
	return nil
}
