package intake

import (
	"bytes"
	"context"
	"fmt"

	"tributary/internal/store"
)

// verifyChunk is how many orders are recomputed under the shop's lock at once.
const verifyChunk = 1000

// Verify checks every invariant between the shop's tables, then decides and
// values every order again and compares with what is stored and posted. It
// writes nothing. progress, if not nil, hears how many orders are done.
func (s *Settler) Verify(ctx context.Context, shopID int64, progress func(done, total int64)) ([]store.Difference, error) {
	var out []store.Difference
	var total, done, after int64
	err := s.db.InTx(ctx, shopID, func(tx *store.Tx) (err error) {
		if err = tx.LockShop(ctx); err != nil {
			return err
		}
		if out, err = tx.BrokenInvariants(ctx); err != nil {
			return err
		}
		total, err = tx.CountOrders(ctx)
		return err
	})
	if err != nil {
		return nil, err
	}
	for first := true; ; first = false {
		n := 0
		err := s.db.InTx(ctx, shopID, func(tx *store.Tx) error {
			if err := tx.LockShop(ctx); err != nil {
				return err
			}
			w, err := s.newWork(ctx, tx)
			if err != nil {
				return err
			}
			w.book.Dry = &out
			if first {
				ids, err := tx.MilestoneAgreements(ctx)
				if err != nil {
					return err
				}
				if err := w.loadAgreements(ids); err != nil {
					return err
				}
				if err := w.book.Milestones(ctx, w.versionsOf(ids)); err != nil {
					return err
				}
			}
			rows, err := tx.OrdersAfter(ctx, after, verifyChunk)
			if err != nil || len(rows) == 0 {
				return err
			}
			n = len(rows)
			after = rows[n-1].ID
			if err := w.take(rows); err != nil {
				return err
			}
			if err := w.loadHistory(); err != nil {
				return err
			}
			if err := w.decide(); err != nil {
				return err
			}
			return w.post()
		})
		if err != nil {
			return nil, err
		}
		if n == 0 {
			return out, nil
		}
		if done += int64(n); progress != nil {
			progress(done, max(done, total))
		}
	}
}

// differsDecision reports a decision that would be another one today.
func (w *work) differsDecision(orderID int64, want, got []byte) {
	if !bytes.Equal(want, got) {
		w.book.Differs("decision_is_recomputable", fmt.Sprintf("order %d", orderID), string(want), string(got))
	}
}
