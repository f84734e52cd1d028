package program

import (
	"context"
	"fmt"
	"strings"
	"time"

	"tributary/internal/domain/order"
	"tributary/internal/errs"
	"tributary/internal/store"
)

// NewCode gives a discount code to an agreement for an interval.
type NewCode struct {
	AgreementID int64
	Code        string
	ValidFrom   time.Time  // zero: now
	ValidTo     *time.Time // nil: until ended
}

// AddCode gives a discount code to an agreement. A code belongs to one
// agreement at a time: it returns an error of kind Conflict when the code
// is somebody's at an instant of the interval, whoever else asks at the same
// moment.
func AddCode(ctx context.Context, tx *store.Tx, n NewCode) (*store.Code, error) {
	return addCode(ctx, tx, n, 0)
}

// addCode adds a code that a discount of ours makes in the store, or, with
// discountID 0, one that the store has of its own.
func addCode(ctx context.Context, tx *store.Tx, n NewCode, discountID int64) (*store.Code, error) {
	var w wrong
	text := w.text("code", n.Code, 1, 255)
	w.when(strings.ContainsAny(text, " \t\r\n"), "code", "must not contain spaces")
	from := instant(n.ValidFrom)
	if n.ValidFrom.IsZero() {
		from = tx.Now
	}
	var to *time.Time
	if n.ValidTo != nil {
		t := instant(*n.ValidTo)
		to = &t
		w.when(!t.After(from), "valid_to", "must be later than valid_from")
	}
	if err := w.err("invalid_code", "The code cannot be like this."); err != nil {
		return nil, err
	}
	if _, err := tx.Agreement(ctx, n.AgreementID); err != nil {
		return nil, missing(err, "agreement")
	}
	c := store.Code{Code: order.Fold(text), AgreementID: n.AgreementID, ValidFrom: from, ValidTo: to, DiscountID: discountID}
	if discountID != 0 {
		c.StoreState = "waiting"
	}
	if err := tx.LockCode(ctx, c.Code); err != nil {
		return nil, err
	}
	other, err := tx.CodeOverlapping(ctx, c.Code, from, to)
	if err != nil {
		return nil, err
	}
	if other != nil {
		until := "until it is ended"
		if other.ValidTo != nil {
			until = "until " + other.ValidTo.UTC().Format(time.RFC3339)
		}
		return nil, errs.New(errs.Conflict, "code_taken", fmt.Sprintf("%s belongs to agreement agr_%d from %s %s.",
			c.Code, other.AgreementID, other.ValidFrom.UTC().Format(time.RFC3339), until),
			errs.Field{Path: "code", Msg: "is taken at that time"})
	}
	if err := tx.AddCode(ctx, &c); err != nil {
		return nil, err
	}
	return &c, nil
}

// EndCode ends a code's interval at an instant that is not past (zero: now).
// Orders before it keep their influencer.
func EndCode(ctx context.Context, tx *store.Tx, id int64, at time.Time) (*store.Code, error) {
	c, err := tx.Code(ctx, id)
	if err != nil {
		return nil, missing(err, "code")
	}
	if err := tx.LockCode(ctx, c.Code); err != nil {
		return nil, err
	}
	if c, err = tx.Code(ctx, id); err != nil {
		return nil, missing(err, "code")
	}
	at = instant(at)
	if at.Unix() <= 0 {
		at = tx.Now
	}
	var w wrong
	w.when(at.Before(tx.Now), "at", "must not be past: orders that were placed keep their influencer")
	w.when(!at.After(c.ValidFrom), "at", "must be later than valid_from, "+c.ValidFrom.UTC().Format(time.RFC3339))
	if err := w.err("invalid_end", "The code cannot end then."); err != nil {
		return nil, err
	}
	if c.ValidTo != nil && !c.ValidTo.After(tx.Now) {
		return nil, errs.New(errs.Conflict, "code_ended", "This code has ended already.")
	}
	if ended, err := tx.EndCode(ctx, id, at); err != nil || !ended {
		return c, err // it ends before that anyway
	}
	return tx.Code(ctx, id)
}
