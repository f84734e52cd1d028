package store

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// AddOutbox writes down work with an effect outside, to be done after this
// transaction is committed. payload is a version and ids, and no personal data
// that is not sealed.
func (tx *Tx) AddOutbox(ctx context.Context, kind string, payload any) (id int64, err error) {
	b, err := json.Marshal(payload)
	if err != nil {
		return 0, fmt.Errorf("outbox %s: %w", kind, err)
	}
	err = tx.pgx.QueryRow(ctx, `INSERT INTO outbox (shop_id, kind, payload, next_at, created_at) VALUES ($1, $2, $3, $4, $4) RETURNING id`,
		tx.ShopID, kind, b, tx.Now).Scan(&id)
	if err != nil {
		return 0, fmt.Errorf("outbox %s: %w", kind, err)
	}
	return id, nil
}

// OutboxRow is work to be done outside.
type OutboxRow struct {
	ID      int64
	Kind    string
	Payload []byte // JSON
}

// OutboxOfKind lists the rows of a kind that are not done, ascending.
func (tx *Tx) OutboxOfKind(ctx context.Context, kind string) ([]OutboxRow, error) {
	rows, err := tx.pgx.Query(ctx, "SELECT id, kind, payload FROM outbox WHERE shop_id = $1 AND kind = $2 AND state = 'ready' ORDER BY id", tx.ShopID, kind)
	if err != nil {
		return nil, fmt.Errorf("list outbox: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[OutboxRow])
}
