package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
)

// MarkInfluencerDue says that all an influencer's agreements, and their orders
// whose hold runs, must be settled again.
func (tx *Tx) MarkInfluencerDue(ctx context.Context, influencerID int64) error {
	if _, err := tx.pgx.Exec(ctx, `INSERT INTO orders_due (shop_id, order_id, due_at)
		SELECT DISTINCT e.shop_id, e.source, $3::timestamptz FROM agreements a JOIN earnings e ON e.shop_id = a.shop_id AND e.agreement_id = a.id
		WHERE a.shop_id = $1 AND a.influencer_id = $2 AND e.kind = 1 AND e.locked_at IS NULL ORDER BY 2
		ON CONFLICT (shop_id, order_id) DO UPDATE SET due_at = least(orders_due.due_at, excluded.due_at)`, tx.ShopID, influencerID, tx.Now); err != nil {
		return fmt.Errorf("mark the orders of influencer %d due: %w", influencerID, err)
	}
	rows, err := tx.pgx.Query(ctx, "SELECT id FROM agreements WHERE shop_id = $1 AND influencer_id = $2", tx.ShopID, influencerID)
	if err != nil {
		return fmt.Errorf("list the agreements of influencer %d: %w", influencerID, err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return fmt.Errorf("list the agreements of influencer %d: %w", influencerID, err)
	}
	return tx.MarkDue(ctx, tx.Now, ids...)
}

// TakeOrdersDue takes up to limit orders that are due, and their marks away. The
// caller holds the shop's lock.
func (tx *Tx) TakeOrdersDue(ctx context.Context, limit int) ([]int64, error) {
	return tx.takeDue(ctx, "orders_due", "order_id", limit)
}

// PutOrderOff marks an order due later.
func (tx *Tx) PutOrderOff(ctx context.Context, orderID int64, until time.Time) error {
	if _, err := tx.pgx.Exec(ctx, `INSERT INTO orders_due (shop_id, order_id, due_at) VALUES ($1, $2, $3)
		ON CONFLICT (shop_id, order_id) DO UPDATE SET due_at = excluded.due_at`, tx.ShopID, orderID, until); err != nil {
		return fmt.Errorf("put order %d off: %w", orderID, err)
	}
	return nil
}

// AwaitClicks notes clicks that an order names and that are not there yet.
func (tx *Tx) AwaitClicks(ctx context.Context, orderID int64, ids [][16]byte) error {
	if len(ids) == 0 {
		return nil
	}
	if _, err := tx.pgx.Exec(ctx, `INSERT INTO awaited_clicks (shop_id, click_id, order_id) SELECT $1, c, $3 FROM unnest($2::uuid[]) AS c
		ON CONFLICT DO NOTHING`, tx.ShopID, uuids(ids), orderID); err != nil {
		return fmt.Errorf("await the clicks of order %d: %w", orderID, err)
	}
	return nil
}

// ClicksCame marks the orders due that have waited for these clicks.
func (tx *Tx) ClicksCame(ctx context.Context, ids [][16]byte) error {
	if _, err := tx.pgx.Exec(ctx, `WITH came AS (DELETE FROM awaited_clicks WHERE shop_id = $1 AND click_id = ANY($2) RETURNING order_id)
		INSERT INTO orders_due (shop_id, order_id, due_at) SELECT DISTINCT $1::bigint, order_id, $3::timestamptz FROM came ORDER BY 2
		ON CONFLICT (shop_id, order_id) DO UPDATE SET due_at = least(orders_due.due_at, excluded.due_at)`, tx.ShopID, uuids(ids), tx.Now); err != nil {
		return fmt.Errorf("mark orders due whose clicks came: %w", err)
	}
	return nil
}

func uuids(ids [][16]byte) []pgtype.UUID {
	out := make([]pgtype.UUID, len(ids))
	for i, id := range ids {
		out[i] = pgtype.UUID{Bytes: id, Valid: true}
	}
	return out
}

// BannedInfluencers tells which of the influencers are banned.
func (tx *Tx) BannedInfluencers(ctx context.Context, ids []int64) (map[int64]bool, error) {
	rows, err := tx.pgx.Query(ctx, "SELECT id FROM influencers WHERE shop_id = $1 AND id = ANY($2) AND banned_at IS NOT NULL", tx.ShopID, ids)
	if err != nil {
		return nil, fmt.Errorf("load bans: %w", err)
	}
	banned, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return nil, fmt.Errorf("load bans: %w", err)
	}
	out := map[int64]bool{}
	for _, id := range banned {
		out[id] = true
	}
	return out, nil
}
