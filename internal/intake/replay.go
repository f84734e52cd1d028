package intake

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"tributary/internal/domain/order"
	"tributary/internal/earning"
	"tributary/internal/obs"
	"tributary/internal/platform"
	"tributary/internal/seal"
	"tributary/internal/store"
)

// ReplayReport is what a replay found.
type ReplayReport struct {
	Deliveries  int64              `json:"deliveries"`
	Seconds     float64            `json:"seconds"`
	Differences []store.Difference `json:"differences"`
}

// Replay rebuilds the ledger of a shop, as it is now, from its stored
// deliveries in a scratch schema and compares the two to the minor unit. The
// deliveries are read in an arbitrary order, which must not matter. Sources
// whose raw deliveries have been dropped after their retention show as
// differences.
func Replay(ctx context.Context, db *store.DB, ownerURL string, keys *seal.Keys, log *slog.Logger, shopID int64,
	progress func(done, total int64),
) (r ReplayReport, err error) {
	var scratch *store.Scratch
	var s *Settler
	err = db.InSnapshot(ctx, shopID, func(tx *store.Tx) (err error) {
		if scratch, err = store.NewScratch(ctx, tx, ownerURL, fmt.Sprintf("replay_%d_%d", shopID, time.Now().UnixNano())); err != nil {
			return err
		}
		s = NewSettler(scratch.DB, keys, log, obs.NewMetrics(""))
		s.original = scratch.Original
		total, err := tx.CountSettled(ctx)
		if err != nil {
			return err
		}
		start := time.Now()
		err = s.replay(ctx, tx, func(n int) {
			r.Deliveries += int64(n)
			if progress != nil {
				progress(r.Deliveries, total)
			}
		})
		r.Seconds = time.Since(start).Seconds()
		return err
	})
	if scratch != nil {
		defer func() {
			if derr := scratch.Drop(context.WithoutCancel(ctx)); err == nil {
				err = derr
			}
		}()
	}
	if err != nil {
		return r, err
	}
	if err := scratch.TakeLocks(ctx); err != nil {
		return r, err
	}
	if err := s.replayActivity(ctx, scratch.DB, shopID); err != nil {
		return r, err
	}
	r.Differences, err = scratch.ReplayDifferences(ctx)
	return r, err
}

// replayActivity settles what has no deliveries: what was recorded besides
// orders, and the milestones.
func (s *Settler) replayActivity(ctx context.Context, db *store.DB, shopID int64) error {
	var after int64
	for {
		n := 0
		err := db.InTx(ctx, shopID, func(tx *store.Tx) error {
			ids, err := tx.SignedAgreements(ctx, after, 100)
			if err != nil || len(ids) == 0 {
				return err
			}
			n, after = len(ids), ids[len(ids)-1]
			versions, err := s.terms.Versions(ctx, tx, ids)
			if err != nil {
				return err
			}
			book, err := earning.NewBook(ctx, tx)
			if err != nil {
				return err
			}
			book.Original = s.original
			return book.Settle(ctx, versions)
		})
		if err != nil || n == 0 {
			return err
		}
	}
}

// replay settles what tx's shop has stored, reading and decoding ahead.
func (s *Settler) replay(ctx context.Context, tx *store.Tx, done func(n int)) error {
	shop, err := tx.ShopForSettling(ctx)
	if err != nil {
		return err
	}
	hash, err := platform.OpenHash(s.keys, order.Platform(shop.Platform), shop.Domain, shop.HashKey)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	chunks := make(chan []item, 1)
	failed := make(chan error, 1)
	go func() {
		defer close(chunks)
		var cursor store.StoredCursor
		for {
			ds, err := tx.StoredDeliveries(ctx, &cursor, readSize)
			if err != nil || len(ds) == 0 {
				failed <- err
				return
			}
			if err := handOver(ctx, chunks, ds, hash); err != nil {
				failed <- err
				return
			}
		}
	}()
	for chunk := range chunks {
		for i := range chunk {
			chunk[i].news, chunk[i].replayed = nil, true
		}
		if _, err := s.settleOrSplit(ctx, tx.ShopID, chunk); err != nil {
			cancel()
			for range chunks { //nolint:revive // let the reader see the cancellation and end
			}
			return err
		}
		done(len(chunk))
	}
	return <-failed
}
