package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// SweepCursor returns up to where this shop's changes have been looked at; zero
// when they never were.
func (tx *Tx) SweepCursor(ctx context.Context) (at time.Time, attempts int, err error) {
	err = tx.pgx.QueryRow(ctx, "SELECT cursor, attempts FROM sweeps WHERE shop_id = $1", tx.ShopID).Scan(&at, &attempts)
	if errors.Is(err, pgx.ErrNoRows) {
		return time.Time{}, 0, nil
	}
	if err != nil {
		return at, 0, fmt.Errorf("load sweep of shop %d: %w", tx.ShopID, err)
	}
	return at.UTC(), attempts, nil
}

// SetSweep records how far a sweep came, when the next one is due, and why this
// one failed, if it did.
func (tx *Tx) SetSweep(ctx context.Context, cursor, next time.Time, attempts int, note string) error {
	_, err := tx.pgx.Exec(ctx, `INSERT INTO sweeps (shop_id, cursor, next_at, attempts, note) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (shop_id) DO UPDATE SET cursor = excluded.cursor, next_at = excluded.next_at, attempts = excluded.attempts, note = excluded.note`,
		tx.ShopID, cursor, next, attempts, note)
	if err != nil {
		return fmt.Errorf("record sweep of shop %d: %w", tx.ShopID, err)
	}
	return nil
}

// SweepDay is what sweeps found of one day, by the shop's own calendar.
type SweepDay struct {
	Day                   time.Time // midnight UTC of the date
	Seen, Missing, Healed int64
}

// AddSweepDay adds what a sweep found.
func (tx *Tx) AddSweepDay(ctx context.Context, d SweepDay) error {
	_, err := tx.pgx.Exec(ctx, `INSERT INTO sweep_days AS d (shop_id, day, seen, missing, healed) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (shop_id, day) DO UPDATE SET seen = d.seen + excluded.seen, missing = d.missing + excluded.missing, healed = d.healed + excluded.healed`,
		tx.ShopID, d.Day, d.Seen, d.Missing, d.Healed)
	if err != nil {
		return fmt.Errorf("record a day's sweep: %w", err)
	}
	return nil
}

// SweepDays lists what sweeps found of the days in [from, to).
func (tx *Tx) SweepDays(ctx context.Context, from, to time.Time) ([]SweepDay, error) {
	rows, err := tx.pgx.Query(ctx, "SELECT day, seen, missing, healed FROM sweep_days WHERE shop_id = $1 AND day >= $2 AND day < $3 ORDER BY day", tx.ShopID, from, to)
	if err != nil {
		return nil, fmt.Errorf("list sweeps: %w", err)
	}
	out, err := pgx.CollectRows(rows, pgx.RowToStructByPos[SweepDay])
	if err != nil {
		return nil, fmt.Errorf("list sweeps: %w", err)
	}
	return out, nil
}

// OrderVersions returns of the orders that we know the store's own time of the
// newest change that we know.
func (tx *Tx) OrderVersions(ctx context.Context, ids []int64) (map[int64]time.Time, error) {
	rows, err := tx.OrdersByID(ctx, ids)
	if err != nil {
		return nil, err
	}
	out := map[int64]time.Time{}
	for i := range rows {
		o, err := rows[i].Order()
		if err != nil {
			return nil, err
		}
		out[o.ID] = o.Snapshot.Version
	}
	return out, nil
}

// OrderTotals sums the orders created in [from, to), by id.
func (tx *Tx) OrderTotals(ctx context.Context, from, to time.Time) (map[int64]int64, error) {
	rows, err := tx.pgx.Query(ctx, "SELECT id, total FROM orders WHERE shop_id = $1 AND created_at >= $2 AND created_at < $3", tx.ShopID, from, to)
	if err != nil {
		return nil, fmt.Errorf("load totals of orders: %w", err)
	}
	defer rows.Close()
	out := map[int64]int64{}
	for rows.Next() {
		var id, total int64
		if err := rows.Scan(&id, &total); err != nil {
			return nil, fmt.Errorf("load totals of orders: %w", err)
		}
		out[id] = total
	}
	return out, rows.Err()
}

// DueSweeps returns the shops whose changes should be looked at.
func (db *DB) DueSweeps(ctx context.Context) ([]int64, error) {
	return db.shopIDs(ctx, "SELECT shop_id FROM door_due_sweeps($1)")
}
