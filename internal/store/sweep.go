package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"tributary/internal/domain/order"
)

// SweepState is how far this shop's sweeps came.
type SweepState struct {
	Cursor   time.Time // every change before has been looked at; zero: never
	Attempts int
	NightOn  time.Time // the shop's day whose night is done, as midnight UTC; zero: none
	NightID  int64     // how far a night that was begun came
	NextAt   time.Time
	Note     string // why the last one failed
}

// SweepState returns this shop's; zero when it was never swept.
func (tx *Tx) SweepState(ctx context.Context) (s SweepState, err error) {
	var night pgtype.Date
	err = tx.pgx.QueryRow(ctx, "SELECT cursor, attempts, nightly_on, nightly_id, next_at, note FROM sweeps WHERE shop_id = $1", tx.ShopID).
		Scan(&s.Cursor, &s.Attempts, &night, &s.NightID, &s.NextAt, &s.Note)
	if errors.Is(err, pgx.ErrNoRows) {
		return SweepState{}, nil
	}
	if err != nil {
		return s, fmt.Errorf("load sweep of shop %d: %w", tx.ShopID, err)
	}
	s.Cursor, s.NextAt = s.Cursor.UTC(), s.NextAt.UTC()
	if night.Valid {
		s.NightOn = night.Time
	}
	return s, nil
}

// SetNight records that the night of a day is done, or with a zero day, up to
// which order it came.
func (tx *Tx) SetNight(ctx context.Context, day time.Time, id int64) error {
	_, err := tx.pgx.Exec(ctx, "UPDATE sweeps SET nightly_on = coalesce($2, nightly_on), nightly_id = $3 WHERE shop_id = $1", tx.ShopID, pgtype.Date{Time: day, Valid: !day.IsZero()}, id)
	if err != nil {
		return fmt.Errorf("record a night's sweep: %w", err)
	}
	return nil
}

// OpenOrders walks the orders by id on which commissions may still change: those
// with an earning in its hold, or held back, and for sixty days those that earn
// nothing any more.
func (tx *Tx) OpenOrders(ctx context.Context, afterID int64, limit int) ([]OrderRow, error) {
	return tx.orders(ctx, `id > $2 AND EXISTS (SELECT 1 FROM earnings e WHERE e.shop_id = orders.shop_id AND e.kind = 1 AND e.source = orders.id
		AND e.locked_at IS NULL AND (e.state NOT IN ('void', 'unpaid', 'denied') OR e.occurred_at > $4)) ORDER BY id LIMIT $3`, afterID, limit, tx.Now.AddDate(0, 0, -60))
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

// SweepSoon makes the next sweep due now.
func (tx *Tx) SweepSoon(ctx context.Context) error {
	if _, err := tx.pgx.Exec(ctx, "UPDATE sweeps SET next_at = least(next_at, $2) WHERE shop_id = $1", tx.ShopID, tx.Now); err != nil {
		return fmt.Errorf("sweep shop %d soon: %w", tx.ShopID, err)
	}
	return nil
}

// SweepDay is what sweeps found of one day, by the shop's own calendar.
type SweepDay struct {
	Day                   time.Time // midnight UTC of the date
	Seen, Missing, Healed int64
	Report                *SweepReport // nil: it was never held against the store
}

// SweepReport is what a day came to when it was held against the store. Amounts
// are minor units of the shop's currency.
type SweepReport struct {
	Day                 time.Time // midnight UTC of the date
	Orders, StoreOrders int64
	Total, StoreTotal   int64
	IDs                 string // JSON: which orders differ
	ComparedAt          time.Time
}

// SetSweepReport keeps it.
func (tx *Tx) SetSweepReport(ctx context.Context, r SweepReport) error {
	_, err := tx.pgx.Exec(ctx, `INSERT INTO sweep_days AS d (shop_id, day, orders, store_orders, total, store_total, unknown, compared_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
		ON CONFLICT (shop_id, day) DO UPDATE SET orders = excluded.orders, store_orders = excluded.store_orders, total = excluded.total, store_total = excluded.store_total,
		  unknown = excluded.unknown, compared_at = excluded.compared_at`, tx.ShopID, r.Day, r.Orders, r.StoreOrders, r.Total, r.StoreTotal, r.IDs, r.ComparedAt)
	if err != nil {
		return fmt.Errorf("record a day's report: %w", err)
	}
	return nil
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
	rows, err := tx.pgx.Query(ctx, `SELECT day, seen, missing, healed, orders, store_orders, total, store_total, unknown, compared_at FROM sweep_days
		WHERE shop_id = $1 AND day >= $2 AND day < $3 ORDER BY day`, tx.ShopID, from, to)
	if err != nil {
		return nil, fmt.Errorf("list sweeps: %w", err)
	}
	out, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (d SweepDay, err error) {
		var orders, storeOrders, total, storeTotal pgtype.Int8
		var ids string
		var at pgtype.Timestamptz
		err = r.Scan(&d.Day, &d.Seen, &d.Missing, &d.Healed, &orders, &storeOrders, &total, &storeTotal, &ids, &at)
		if at.Valid {
			d.Report = &SweepReport{d.Day, orders.Int64, storeOrders.Int64, total.Int64, storeTotal.Int64, ids, at.Time.UTC()}
		}
		return d, err
	})
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

// OrderTotals lists the totals of the orders created in [from, to), by id,
// without those that are deleted or no orders yet: a store does not show them.
func (tx *Tx) OrderTotals(ctx context.Context, from, to time.Time) (map[int64]int64, error) {
	rows, err := tx.orders(ctx, "created_at >= $2 AND created_at < $3", from, to)
	if err != nil {
		return nil, err
	}
	out := map[int64]int64{}
	for i := range rows {
		o, err := rows[i].Order()
		if err != nil {
			return nil, err
		}
		if !o.Deleted() && o.PaymentNow() != order.PaymentNotOrder {
			out[o.ID] = rows[i].Total
		}
	}
	return out, nil
}

// DueSweeps returns the shops whose changes should be looked at.
func (db *DB) DueSweeps(ctx context.Context) ([]int64, error) {
	return db.shopIDs(ctx, "SELECT shop_id FROM door_due_sweeps($1)")
}
