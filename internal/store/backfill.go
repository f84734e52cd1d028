package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
)

// The states of a Backfill.
const (
	BackfillWaiting   = "waiting"
	BackfillRunning   = "running" // the store writes its orders down
	BackfillReading   = "reading"
	BackfillDone      = "done"
	BackfillFailed    = "failed"
	BackfillCancelled = "cancelled"
)

// Backfill is the reading of a store's history: the orders created in [Since,
// Until).
type Backfill struct {
	ID                   int64
	Since, Until         time.Time
	State                string
	RemoteID, FileURL    string // of Shopify's bulk operation
	FileBytes, ReadBytes int64
	Cursor               string // on WooCommerce, how far it came
	Total                int64  // orders, as far as the store tells
	Seen                 int64
	Taken                int64 // orders that we did not have, or not as they are
	Attempts             int
	Note                 string
	AskedAt, NextAt      time.Time
	DoneAt               time.Time // zero: not yet
}

const backfillColumns = "id, since, until, state, remote_id, file_url, file_bytes, read_bytes, cursor, total, seen, taken, attempts, note, asked_at, next_at, done_at"

func scanBackfill(r pgx.CollectableRow) (b Backfill, err error) {
	var done pgtype.Timestamptz
	err = r.Scan(&b.ID, &b.Since, &b.Until, &b.State, &b.RemoteID, &b.FileURL, &b.FileBytes, &b.ReadBytes, &b.Cursor, &b.Total, &b.Seen, &b.Taken,
		&b.Attempts, &b.Note, &b.AskedAt, &b.NextAt, &done)
	b.Since, b.Until, b.AskedAt, b.NextAt, b.DoneAt = b.Since.UTC(), b.Until.UTC(), b.AskedAt.UTC(), b.NextAt.UTC(), fromTimestamptz(done)
	return b, err
}

func (tx *Tx) backfills(ctx context.Context, where string, args ...any) ([]Backfill, error) {
	rows, err := tx.pgx.Query(ctx, "SELECT "+backfillColumns+" FROM backfills WHERE shop_id = $1 "+where, append([]any{tx.ShopID}, args...)...)
	if err != nil {
		return nil, fmt.Errorf("list the readings of history: %w", err)
	}
	out, err := pgx.CollectRows(rows, scanBackfill)
	if err != nil {
		return nil, fmt.Errorf("list the readings of history: %w", err)
	}
	return out, nil
}

// AddBackfill asks for a store's history to be read. It returns 0 when that is
// under way already.
func (tx *Tx) AddBackfill(ctx context.Context, since, until time.Time) (id int64, err error) {
	err = tx.pgx.QueryRow(ctx, `INSERT INTO backfills (shop_id, since, until, asked_at, next_at) VALUES ($1, $2, $3, $4, $4)
		ON CONFLICT (shop_id) WHERE state IN ('waiting', 'running', 'reading') DO NOTHING RETURNING id`, tx.ShopID, since, until, tx.Now).Scan(&id)
	if IsNotFound(notFound(err)) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("ask for history to be read: %w", err)
	}
	return id, nil
}

// Backfills lists them, newest first, the last hundred.
func (tx *Tx) Backfills(ctx context.Context) ([]Backfill, error) {
	return tx.backfills(ctx, "ORDER BY id DESC LIMIT 100")
}

// BackfillUnderWay returns the one that is not over; ErrNotFound.
func (tx *Tx) BackfillUnderWay(ctx context.Context) (*Backfill, error) {
	return oneBackfill(tx.backfills(ctx, "AND state IN ('waiting', 'running', 'reading')"))
}

// Backfill returns one; ErrNotFound.
func (tx *Tx) Backfill(ctx context.Context, id int64) (*Backfill, error) {
	return oneBackfill(tx.backfills(ctx, "AND id = $2", id))
}

func oneBackfill(all []Backfill, err error) (*Backfill, error) {
	if err == nil && len(all) == 0 {
		err = ErrNotFound
	}
	if err != nil {
		return nil, err
	}
	return &all[0], nil
}

// SetBackfill records how far one came, unless it is over. It reports whether it
// did.
func (tx *Tx) SetBackfill(ctx context.Context, b *Backfill) (bool, error) {
	tag, err := tx.pgx.Exec(ctx, `UPDATE backfills SET state = $3, remote_id = $4, file_url = $5, file_bytes = $6, read_bytes = $7, cursor = $8, total = $9, seen = $10, taken = $11,
		attempts = $12, note = $13, next_at = $14, done_at = CASE WHEN $3 IN ('done', 'failed', 'cancelled') THEN $15::timestamptz END
		WHERE shop_id = $1 AND id = $2 AND state IN ('waiting', 'running', 'reading')`,
		tx.ShopID, b.ID, b.State, b.RemoteID, b.FileURL, b.FileBytes, b.ReadBytes, b.Cursor, b.Total, b.Seen, b.Taken, b.Attempts, b.Note, b.NextAt, tx.Now)
	if err != nil {
		return false, fmt.Errorf("record how far history was read: %w", err)
	}
	return tag.RowsAffected() == 1, nil
}

// DueBackfills returns the shops whose history is being read.
func (db *DB) DueBackfills(ctx context.Context) ([]int64, error) {
	return db.shopIDs(ctx, "SELECT shop_id FROM door_due_backfills($1)")
}
