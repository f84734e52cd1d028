// Package outbox does work that has an effect outside: discount codes in
// stores, mails. Whoever decides on such work writes it down in its own
// transaction (store.Tx.AddOutbox); a runner does it after that is committed.
// It is done at least once: an effect that must not happen twice is for its
// handler to recognise.
package outbox

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"time"

	"tributary/internal/store"
)

// Work is one piece of work.
type Work struct {
	ShopID  int64
	ID      int64
	Kind    string
	Payload []byte // JSON
	Attempt int    // this one included
	// Doubt says that an earlier attempt was never heard of again: its effect
	// may be there.
	Doubt bool
}

// Handler does one piece of work. An error means that it should be tried again
// later, unless it is Final or Unknown.
type Handler func(ctx context.Context, w Work) error

// Final marks an error that trying again ends with as well.
func Final(err error) error { return final{err} }

// Unknown marks an error after which nobody knows whether the effect is there,
// and the handler has no way to look. A person decides whether to try again.
func Unknown(err error) error { return unknown{err} }

type (
	final   struct{ error }
	unknown struct{ error }
)

func (e final) Unwrap() error   { return e.error }
func (e unknown) Unwrap() error { return e.error }

const (
	claimAtOnce = 20
	lease       = 10 * time.Minute // until what a dead worker had claimed is due again
	patience    = 2 * time.Minute  // of one attempt
)

// The waits between attempts; after the last the work has failed.
var again = []time.Duration{10 * time.Second, time.Minute, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 6 * time.Hour, 12 * time.Hour, 24 * time.Hour}

// Runner does the work of the kinds it has handlers for. Work of other kinds
// waits for a process that has.
type Runner struct {
	DB       *store.DB
	Log      *slog.Logger
	Handlers map[string]Handler
}

// DueShops lists the shops with work to do.
func (r *Runner) DueShops(ctx context.Context) ([]int64, error) {
	return r.DB.ShopsWithOutbox(ctx, r.kinds())
}

func (r *Runner) kinds() []string { return slices.Sorted(maps.Keys(r.Handlers)) }

// Shop does what is due in a shop, one piece after the other, and returns how
// many it tried. It is safe to run twice and to be killed at any point.
func (r *Runner) Shop(ctx context.Context, shopID int64) (tried int, err error) {
	for {
		var due []store.OutboxRow
		err := r.DB.InTx(ctx, shopID, func(tx *store.Tx) (err error) {
			due, err = tx.ClaimOutbox(ctx, r.kinds(), claimAtOnce, lease)
			return err
		})
		if err != nil || len(due) == 0 {
			return tried, err
		}
		for i := range due {
			if err := r.do(ctx, shopID, &due[i]); err != nil {
				return tried, err
			}
			tried++
		}
	}
}

// do tries one piece of work and writes down what became of it. What the end of
// ctx interrupts keeps its claim, and with it the doubt.
func (r *Runner) do(ctx context.Context, shopID int64, row *store.OutboxRow) error {
	err := r.attempt(ctx, shopID, row)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	end := store.OutboxEnd{ID: row.ID, State: store.OutboxDone}
	if err != nil {
		end.Note = err.Error()
		switch {
		case errors.As(err, new(unknown)):
			end.State = store.OutboxInDoubt
		case errors.As(err, new(final)), row.Attempts > len(again):
			end.State = store.OutboxFailed
		default:
			end.State, end.Wait = store.OutboxReady, again[row.Attempts-1]
		}
		r.Log.Warn("outbox work not done", "shop_id", shopID, "id", row.ID, "kind", row.Kind, "attempt", row.Attempts, "state", end.State, "err", err)
	}
	return r.DB.InTx(ctx, shopID, func(tx *store.Tx) error { return tx.EndOutbox(ctx, end) })
}

func (r *Runner) attempt(ctx context.Context, shopID int64, row *store.OutboxRow) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = Final(fmt.Errorf("panic: %v", p))
		}
	}()
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return r.Handlers[row.Kind](ctx, Work{ShopID: shopID, ID: row.ID, Kind: row.Kind, Payload: row.Payload, Attempt: row.Attempts, Doubt: row.Doubt})
}
