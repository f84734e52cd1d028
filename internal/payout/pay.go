package payout

import (
	"bytes"
	"context"
	"fmt"
	"strings"

	"tributary/internal/domain/money"
	"tributary/internal/errs"
	rail "tributary/internal/rail/csv"
	"tributary/internal/rail/payee"
	"tributary/internal/seal"
	"tributary/internal/store"
)

// underLock returns the batch under the shop's lock.
func underLock(ctx context.Context, tx *store.Tx, batchID int64) (*store.PayoutBatch, error) {
	if err := tx.LockShop(ctx); err != nil {
		return nil, err
	}
	return tx.PayoutBatch(ctx, batchID)
}

// Approve releases a draft batch for payment; by is who says so, and somebody
// else than who closed the month: four eyes. What the schedule closed anybody may
// approve. The same person may say it twice. Conflict when the batch is past
// that, Forbidden when it is their own.
func Approve(ctx context.Context, tx *store.Tx, batchID int64, by string) (*store.PayoutBatch, error) {
	if by = strings.TrimSpace(by); by == "" {
		return nil, errs.New(errs.Invalid, "approver_missing", "An approval needs somebody who gives it.")
	}
	b, err := underLock(ctx, tx, batchID)
	if err != nil {
		return nil, err
	}
	if b.State == store.BatchApproved && b.ApprovedBy == by {
		return b, nil
	}
	if b.State != store.BatchDraft {
		return nil, errs.New(errs.Conflict, "batch_not_draft", fmt.Sprintf("The batch of %s is %s: only a draft can be approved.", b.Period, b.State))
	}
	if b.CreatedBy == by {
		return nil, errs.New(errs.Forbidden, "own_batch", fmt.Sprintf("%s closed %s, so somebody else has to approve it.", by, b.Period))
	}
	b.State, b.ApprovedAt, b.ApprovedBy = store.BatchApproved, tx.Now, by
	return b, tx.SetPayoutBatch(ctx, b)
}

// StartPaying hands an approved batch to its rail. Doing it again is a no-op;
// Conflict when the batch is not approved.
func StartPaying(ctx context.Context, tx *store.Tx, batchID int64) (*store.PayoutBatch, error) {
	b, err := underLock(ctx, tx, batchID)
	if err != nil {
		return nil, err
	}
	switch b.State {
	case store.BatchApproved:
	case store.BatchPaying:
		return b, nil
	default:
		return nil, errs.New(errs.Conflict, "batch_not_approved", fmt.Sprintf("The batch of %s is %s: only an approved batch can be paid.", b.Period, b.State))
	}
	b.State = store.BatchPaying
	if _, err := tx.StartLines(ctx, b.ID); err != nil {
		return nil, err
	}
	return b, tx.SetPayoutBatch(ctx, b)
}

// Export is the payouts of a batch that are with the rail, as the CSV file to
// pay from. Those with an outcome, and those whose outcome is in doubt, are not
// in it: paying them again would be paying twice.
func Export(ctx context.Context, tx *store.Tx, keys *seal.Keys, batchID int64) (file []byte, name string, err error) {
	b, err := tx.PayoutBatch(ctx, batchID)
	if err != nil {
		return nil, "", err
	}
	if b.State == store.BatchDraft || b.State == store.BatchApproved {
		return nil, "", errs.New(errs.Conflict, "batch_not_paying", fmt.Sprintf("The batch of %s is %s: approve it and start paying first.", b.Period, b.State))
	}
	var buf bytes.Buffer
	w := rail.NewWriter(&buf)
	err = tx.EachPaying(ctx, b.ID, func(p *store.PayoutFile) error {
		detail, err := payee.Open(keys, tx.ShopID, p.InfluencerID, p.Detail)
		if err != nil {
			return err
		}
		return w.Write(rail.Payout{ID: p.ID, Key: p.Key, Period: b.Period, Handle: p.Handle, Name: p.Name, Email: p.Email, Detail: detail,
			Amount: money.Amount{Minor: p.Pay, Currency: money.Currency(p.Currency)}})
	})
	if err != nil {
		return nil, "", err
	}
	if err := w.Flush(); err != nil {
		return nil, "", err
	}
	return buf.Bytes(), "payouts-" + b.Period + ".csv", nil
}
