package order

import "slices"

// Known tells whether a whole-order payload has been seen. Without one the
// order is only a number with refunds or a deletion.
func (o *Order) Known() bool { return !o.Snapshot.Version.IsZero() }

// Deleted tells whether the store said that the order is gone and no snapshot
// is newer than that.
func (o *Order) Deleted() bool {
	return !o.DeletedAt.IsZero() && !o.Snapshot.Version.After(o.DeletedAt)
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
