package intake

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"tributary/internal/errs"
	"tributary/internal/platform/shopify"
	"tributary/internal/store"
)

// AskBackfill asks for the orders created in [since, until) to be read from the
// store. One at a time.
func AskBackfill(ctx context.Context, tx *store.Tx, since, until time.Time) (*store.Backfill, error) {
	var w errs.Wrong
	w.When(since.IsZero(), "since", "is missing")
	w.When(!until.After(since), "until", "must be later than since")
	w.When(until.After(tx.Now.Add(time.Minute)), "until", "must not lie in the future")
	if err := w.Err("invalid_backfill", "History cannot be read like this."); err != nil {
		return nil, err
	}
	id, err := tx.AddBackfill(ctx, since.UTC().Truncate(time.Second), until.UTC().Truncate(time.Second))
	if err != nil {
		return nil, err
	}
	if id == 0 {
		return nil, errs.New(errs.Conflict, "backfill_under_way", "History is being read already. Wait for it, or cancel it.")
	}
	return tx.Backfill(ctx, id)
}

const (
	bulkAttempts  = 4
	bulkLookAgain = 10 * time.Second
	bulkKeepEvery = 100 // orders between two notes of how far it came
)

// Backfill goes on with reading a shop's history. It may be killed at any point
// and goes on from the last hundred orders: taking one twice changes nothing.
func (s *Sweeper) Backfill(ctx context.Context, shopID int64) (taken int64, err error) {
	release, ok := s.slot()
	if !ok {
		return 0, nil
	}
	defer release()
	var shop *store.Shop
	var b *store.Backfill
	err = s.DB.InTx(ctx, shopID, func(tx *store.Tx) (err error) {
		if shop, err = tx.Shop(ctx); err != nil {
			return err
		}
		b, err = tx.BackfillUnderWay(ctx)
		return err
	})
	if store.IsNotFound(err) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	before := b.Taken
	f := &filler{Sweeper: s, shop: shop, b: b}
	if f.h, err = s.shelfOf(ctx, shop); err == nil {
		if h, ok := f.h.(*shopifyShelf); ok {
			err = f.shopify(ctx, h)
		} else {
			err = f.woocommerce(ctx)
		}
	}
	switch {
	case ctx.Err() != nil:
		return b.Taken - before, ctx.Err()
	case errors.Is(err, errCancelled):
		return b.Taken - before, nil
	case err != nil:
		s.Log.Warn("history not read", "shop_id", shopID, "backfill", b.ID, "err", err)
		b.Attempts++
		b.Note, b.NextAt = shorten(err.Error()), s.DB.Now().Add(min(time.Minute<<min(b.Attempts, 8), 4*time.Hour))
		if b.Attempts > 12 {
			b.State = store.BackfillFailed
		}
		err = f.keep(ctx)
	}
	if errors.Is(err, errCancelled) {
		err = nil
	}
	return b.Taken - before, err
}

var errCancelled = errors.New("it was cancelled meanwhile")

type filler struct {
	*Sweeper
	shop  *store.Shop
	b     *store.Backfill
	h     shelf
	batch []seenOrder
}

// keep notes how far it came.
func (f *filler) keep(ctx context.Context) error {
	return f.DB.InTx(ctx, f.shop.ID, func(tx *store.Tx) error {
		ok, err := tx.SetBackfill(ctx, f.b)
		if err == nil && !ok {
			err = errCancelled
		}
		return err
	})
}

func (f *filler) end(ctx context.Context, state, note string) error {
	f.b.State, f.b.Note, f.b.FileURL = state, note, ""
	return f.keep(ctx)
}

// flush takes in of the batch what we do not have.
func (f *filler) flush(ctx context.Context) error {
	known, err := f.known(ctx, f.shop.ID, f.batch)
	if err != nil {
		return err
	}
	for _, o := range f.batch {
		if v, ok := known[o.ID]; ok && !v.Before(o.UpdatedAt) {
			continue
		}
		if err := f.h.take(ctx, o.ID); err != nil {
			return err
		}
		f.b.Taken++
	}
	f.b.Seen += int64(len(f.batch)) // all at once: a batch that fails is begun anew
	f.batch = f.batch[:0]
	f.b.Attempts, f.b.Note = 0, ""
	return nil
}

// shopify lets the store write its orders down, which may take hours, and then
// reads the file.
func (f *filler) shopify(ctx context.Context, h *shopifyShelf) error {
	b := f.b
	if b.State == store.BackfillWaiting {
		id, err := shopify.StartOrders(ctx, h.query, b.Since, b.Until)
		var no *shopify.Refused
		if errors.As(err, &no) {
			b.Note, b.NextAt = shorten(no.Error()), f.DB.Now().Add(5*time.Minute) // one may be running already
			if b.Attempts++; b.Attempts > bulkAttempts {
				return f.end(ctx, store.BackfillFailed, b.Note)
			}
			return f.keep(ctx)
		}
		if err != nil {
			return err
		}
		b.RemoteID, b.State, b.NextAt = id, store.BackfillRunning, f.DB.Now().Add(bulkLookAgain)
		return f.keep(ctx)
	}
	if b.State == store.BackfillRunning {
		ready, err := f.look(ctx, h)
		if err != nil || !ready {
			return err
		}
	}
	for tries := 0; ; tries++ {
		err := f.read(ctx)
		if !errors.Is(err, shopify.ErrFileGone) || tries > 0 {
			return err
		}
		b.State = store.BackfillRunning // its address is good for some days only: ask for a new one
		if ready, err := f.look(ctx, h); err != nil || !ready {
			return err
		}
	}
}

// look asks how far the store is. It reports whether there is a file to read.
func (f *filler) look(ctx context.Context, h *shopifyShelf) (bool, error) {
	b := f.b
	st, err := shopify.Bulk(ctx, h.query, b.RemoteID)
	if err != nil {
		return false, err
	}
	if st == nil {
		st = &shopify.BulkState{Status: "EXPIRED"}
	}
	b.Total = max(b.Total, st.Objects)
	switch st.Status {
	case "COMPLETED":
		if st.URL == "" {
			return false, f.end(ctx, store.BackfillDone, "the store has no orders of that time")
		}
		b.State, b.FileURL, b.FileBytes = store.BackfillReading, st.URL, st.Bytes
		return true, f.keep(ctx)
	case "FAILED", "CANCELED", "EXPIRED":
		b.Note = "the store gave up: " + st.Status + " " + st.Error
		if b.Attempts++; b.Attempts > bulkAttempts || st.Error == "ACCESS_DENIED" {
			return false, f.end(ctx, store.BackfillFailed, b.Note)
		}
		b.State, b.RemoteID, b.ReadBytes, b.Seen = store.BackfillWaiting, "", 0, 0
		b.NextAt = f.DB.Now().Add(time.Minute)
		return false, f.keep(ctx)
	}
	b.NextAt = f.DB.Now().Add(bulkLookAgain)
	return false, f.keep(ctx)
}

// read streams the file from where it was left.
func (f *filler) read(ctx context.Context) error {
	if f.Files == nil {
		return errors.New("files cannot be fetched here")
	}
	b := f.b
	f.batch = f.batch[:0]
	at := b.ReadBytes
	flush := func() error {
		if err := f.flush(ctx); err != nil {
			return err
		}
		b.ReadBytes = at
		return f.keep(ctx)
	}
	err := f.Files.Lines(ctx, b.FileURL, b.ReadBytes, func(line []byte, next int64) error {
		o, err := shopify.BulkOrder(line)
		if err != nil {
			return fmt.Errorf("at byte %d: %w", at, err)
		}
		f.batch, at = append(f.batch, seenOrder{o.ID, o.CreatedAt, o.UpdatedAt, o.Total}), next
		if len(f.batch) >= bulkKeepEvery {
			return flush()
		}
		return nil
	})
	if err != nil {
		return err
	}
	if err := flush(); err != nil {
		return err
	}
	if b.FileBytes > 0 && b.ReadBytes < b.FileBytes {
		return fmt.Errorf("the file has %d bytes and broke off after %d", b.FileBytes, b.ReadBytes)
	}
	return f.end(ctx, store.BackfillDone, "")
}

// woocommerce reads the list of orders page by page.
func (f *filler) woocommerce(ctx context.Context) error {
	b := f.b
	b.State = store.BackfillReading
	var before []int64 // of the page before: a list shows the orders of a second twice
	for {
		page, next, err := f.h.seen(ctx, true, b.Since, b.Until, b.Cursor)
		if err != nil {
			return err
		}
		var ids []int64
		for _, o := range page {
			if ids = append(ids, o.ID); !slices.Contains(before, o.ID) {
				f.batch = append(f.batch, o)
			}
		}
		if err := f.flush(ctx); err != nil {
			return err
		}
		if b.Cursor, before = next, ids; next == "" {
			return f.end(ctx, store.BackfillDone, "")
		}
		if err := f.keep(ctx); err != nil {
			return err
		}
	}
}
