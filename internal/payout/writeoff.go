package payout

import (
	"context"
	"fmt"
	"strings"

	"tributary/internal/domain/ledger"
	"tributary/internal/domain/money"
	"tributary/internal/errs"
	"tributary/internal/store"
)

// Forgiveness asks to write off what an influencer owes.
type Forgiveness struct {
	InfluencerID int64
	Currency     money.Currency
	Minor        int64 // how much of the debt, positive
	Reason       string
	RequestedBy  string
	ApprovedBy   string // somebody else: four eyes
}

// WriteOff forgives so much of an influencer's negative balance. Invalid when
// one person does both parts or the debt is smaller; NotFound when there is no
// such influencer.
func WriteOff(ctx context.Context, tx *store.Tx, f Forgiveness) (*store.WriteOff, error) {
	w := &store.WriteOff{InfluencerID: f.InfluencerID, Currency: string(f.Currency), Minor: f.Minor, Reason: strings.TrimSpace(f.Reason),
		RequestedBy: name(f.RequestedBy), ApprovedBy: name(f.ApprovedBy)}
	var wrong []errs.Field
	for _, t := range []struct{ path, text string }{{"reason", w.Reason}, {"requested_by", w.RequestedBy}, {"approved_by", w.ApprovedBy}} {
		if t.text == "" || len(t.text) > 500 {
			wrong = append(wrong, errs.Field{Path: t.path, Msg: "must have 1 to 500 characters"})
		}
	}
	if w.ApprovedBy != "" && strings.EqualFold(w.RequestedBy, w.ApprovedBy) {
		wrong = append(wrong, errs.Field{Path: "approved_by", Msg: "must be somebody else than requested_by"})
	}
	if w.Minor <= 0 {
		wrong = append(wrong, errs.Field{Path: "amount", Msg: "must be more than zero"})
	}
	if wrong != nil {
		return nil, errs.New(errs.Invalid, "write_off_invalid", "The write-off is not valid.", wrong...)
	}
	if err := tx.LockShop(ctx); err != nil {
		return nil, err
	}
	if _, err := tx.Influencer(ctx, w.InfluencerID); err != nil {
		return nil, err
	}
	balance, err := tx.PayableNow(ctx, w.InfluencerID, w.Currency)
	if err != nil {
		return nil, err
	}
	if w.Minor > -balance {
		return nil, errs.New(errs.Conflict, "debt_smaller", fmt.Sprintf("The balance is %s %s: only a debt can be written off, and no more than it.",
			money.Format(balance, f.Currency), f.Currency))
	}
	shop, err := tx.Shop(ctx)
	if err != nil {
		return nil, err
	}
	ids, err := tx.PostJournals(ctx, ledger.WriteOff(ledger.Event{InfluencerID: w.InfluencerID, Currency: f.Currency, OriginAt: tx.Now, OpenFrom: shop.OpenFrom}, w.Minor))
	if err != nil {
		return nil, err
	}
	w.JournalID = ids[0]
	return w, tx.AddWriteOff(ctx, w)
}

// name trims a person's name and folds its spaces.
func name(s string) string { return strings.Join(strings.Fields(s), " ") }
