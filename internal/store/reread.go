package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// Reread is an order to be read from its store again.
type Reread struct {
	OrderID  int64
	Attempts int // this one included
}

// maxRereads is how often an order is read in vain before it is left alone,
// until a delivery speaks of it again.
const maxRereads = 12

// AskRereads notes orders that only reading them again can tell more of. One
// that waits already keeps its place.
func (tx *Tx) AskRereads(ctx context.Context, orderIDs []int64) error {
	if len(orderIDs) == 0 {
		return nil
	}
	_, err := tx.pgx.Exec(ctx, `INSERT INTO rereads AS r (shop_id, order_id, next_at) SELECT $1, o, $2 FROM unnest($3::bigint[]) AS u(o)
		ON CONFLICT (shop_id, order_id) DO UPDATE SET attempts = 0, next_at = excluded.next_at WHERE r.attempts >= $4`,
		tx.ShopID, tx.Now, orderIDs, maxRereads)
	if err != nil {
		return fmt.Errorf("ask for %d orders to be read again: %w", len(orderIDs), err)
	}
	return nil
}

// DropRereads forgets orders that have become clear.
func (tx *Tx) DropRereads(ctx context.Context, orderIDs []int64) error {
	if len(orderIDs) == 0 {
		return nil
	}
	if _, err := tx.pgx.Exec(ctx, "DELETE FROM rereads WHERE shop_id = $1 AND order_id = ANY($2)", tx.ShopID, orderIDs); err != nil {
		return fmt.Errorf("forget %d orders to be read again: %w", len(orderIDs), err)
	}
	return nil
}

// ClaimRereads takes up to limit orders that are due; nobody else gets them
// until the lease is over.
func (tx *Tx) ClaimRereads(ctx context.Context, limit int, lease time.Duration) ([]Reread, error) {
	rows, err := tx.pgx.Query(ctx, `UPDATE rereads r SET attempts = r.attempts + 1, next_at = $3
		FROM (SELECT order_id FROM rereads WHERE shop_id = $1 AND next_at <= $2 AND attempts < $5
		      ORDER BY next_at, order_id LIMIT $4 FOR UPDATE SKIP LOCKED) due
		WHERE r.shop_id = $1 AND r.order_id = due.order_id RETURNING r.order_id, r.attempts`,
		tx.ShopID, tx.Now, tx.Now.Add(lease), limit, maxRereads)
	if err != nil {
		return nil, fmt.Errorf("claim orders to be read again: %w", err)
	}
	out, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Reread])
	if err != nil {
		return nil, fmt.Errorf("claim orders to be read again: %w", err)
	}
	return out, nil
}

// PutOffReread says when an order that could not be read is due again, and why
// it could not.
func (tx *Tx) PutOffReread(ctx context.Context, orderID int64, next time.Time, note string) error {
	_, err := tx.pgx.Exec(ctx, "UPDATE rereads SET next_at = $3, note = $4 WHERE shop_id = $1 AND order_id = $2", tx.ShopID, orderID, next, note)
	if err != nil {
		return fmt.Errorf("put off reading order %d: %w", orderID, err)
	}
	return nil
}

// ShopsWithRereads returns the shops that have orders to be read again and keys
// to do it with.
func (db *DB) ShopsWithRereads(ctx context.Context) ([]int64, error) {
	return db.shopIDs(ctx, "SELECT shop_id FROM door_due_rereads($1)")
}

// RestConnection is a way to call a WooCommerce store. Keys are sealed.
type RestConnection struct {
	ID        int64
	TokenHash []byte
	BaseURL   string
	Keys      []byte
}

// RestConnection returns this shop's newest live connection that has REST keys.
// ErrNotFound if there is none.
func (tx *Tx) RestConnection(ctx context.Context) (c RestConnection, err error) {
	err = tx.pgx.QueryRow(ctx, `SELECT id, token_hash, base_url, rest_keys FROM connections
		WHERE shop_id = $1 AND rest_keys IS NOT NULL AND revoked_at IS NULL ORDER BY id DESC LIMIT 1`, tx.ShopID).
		Scan(&c.ID, &c.TokenHash, &c.BaseURL, &c.Keys)
	if err != nil {
		return c, fmt.Errorf("find the REST keys of shop %d: %w", tx.ShopID, notFound(err))
	}
	return c, nil
}
