package intake

import (
	"context"
	"time"

	"tributary/internal/store"
)

// dueAgain is when an order that could not be settled is tried again.
const dueAgain = time.Hour

// drainDue decides and settles again the orders that somebody has marked due:
// their mark goes with what it caused.
func (s *Settler) drainDue(ctx context.Context, shopID int64, total *Report) error {
	for limit := batchSize; ; {
		n := 0
		err := s.db.InTx(ctx, shopID, func(tx *store.Tx) error {
			if err := tx.LockShop(ctx); err != nil {
				return err
			}
			ids, err := tx.TakeOrdersDue(ctx, limit)
			if err != nil || len(ids) == 0 {
				return err
			}
			n = len(ids)
			w, err := s.resettle(ctx, tx, ids)
			if err == nil {
				total.Postings += w.book.Journals
			}
			return err
		})
		switch {
		case err == nil && n == 0:
			return nil
		case err == nil:
		case !isPoison(err):
			return err
		case limit > 1: // which of them is it?
			limit = 1
		default:
			if err := s.putOff(ctx, shopID, err); err != nil {
				return err
			}
		}
	}
}

// putOff leaves the first of the due orders, which cannot be settled as it is, to
// a later time, so that the others do not wait behind it.
func (s *Settler) putOff(ctx context.Context, shopID int64, because error) error {
	return s.db.InTx(ctx, shopID, func(tx *store.Tx) error {
		if err := tx.LockShop(ctx); err != nil {
			return err
		}
		ids, err := tx.TakeOrdersDue(ctx, 1)
		if err != nil {
			return err
		}
		for _, id := range ids {
			s.log.Warn("order put off", "shop_id", shopID, "order_id", id, "err", because)
			if err := tx.PutOrderOff(ctx, id, tx.Now.Add(dueAgain)); err != nil {
				return err
			}
		}
		return nil
	})
}
