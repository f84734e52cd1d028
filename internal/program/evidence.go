package program

import (
	"context"
	"time"

	"tributary/internal/domain/attribution"
	"tributary/internal/errs"
	"tributary/internal/store"
)

// NewEvidence is a touch that did not come in the order's payload: one that a
// person vouches for, or one that became known late.
type NewEvidence struct {
	OrderID, AgreementID int64
	LinkID               int64 // 0: none
	Kind                 attribution.Kind
	At                   time.Time
	Note                 string // why; people read it
}

// AddEvidence records a touch. The order must then be settled again.
func AddEvidence(ctx context.Context, tx *store.Tx, n NewEvidence) (int64, error) {
	var w wrong
	switch n.Kind {
	case attribution.Manual, attribution.Click, attribution.Visit, attribution.Live:
	default:
		w.when(true, "kind", "must be manual, click, visit or live")
	}
	n.Note = w.text("note", n.Note, 1, 1000)
	n.At = instant(n.At)
	w.when(n.At.After(tx.Now), "at", "must not be in the future")
	if err := w.err("invalid_evidence", "This is not evidence."); err != nil {
		return 0, err
	}
	orders, err := tx.OrdersByID(ctx, []int64{n.OrderID})
	if err != nil {
		return 0, err
	}
	if len(orders) == 0 {
		return 0, errs.New(errs.NotFound, "order_not_found", "No delivery about such an order has been settled in this shop.")
	}
	if _, err := tx.Agreement(ctx, n.AgreementID); err != nil {
		return 0, missing(err, "agreement")
	}
	if n.LinkID != 0 {
		l, err := tx.Link(ctx, n.LinkID)
		if err != nil {
			return 0, missing(err, "link")
		}
		if l.AgreementID != n.AgreementID {
			return 0, errs.New(errs.Invalid, "invalid_evidence", "This is not evidence.", errs.Field{Path: "link_id", Msg: "belongs to another agreement"})
		}
	}
	return tx.AddEvidence(ctx, store.NewEvidence{OrderID: n.OrderID, AgreementID: n.AgreementID, LinkID: n.LinkID,
		Kind: string(n.Kind), At: n.At, Note: n.Note})
}
