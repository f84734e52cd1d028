package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
)

// StoreHook is one webhook of a store that is ours to keep.
type StoreHook struct {
	ConnectionID int64
	Topic        string
	RemoteID     int64  // 0: it could not be made
	State        string // as last found: "active", "missing", "disabled", "changed"
	Note         string
	Repairs      int
	RepairedAt   time.Time // zero: never
	CheckedAt    time.Time
}

// StoreHooks lists the webhooks of this shop's live connections.
func (tx *Tx) StoreHooks(ctx context.Context) ([]StoreHook, error) {
	rows, err := tx.pgx.Query(ctx, `SELECT h.connection_id, h.topic, h.remote_id, h.state, h.note, h.repairs, h.repaired_at, h.checked_at FROM store_hooks h
		JOIN connections c ON c.shop_id = h.shop_id AND c.id = h.connection_id WHERE h.shop_id = $1 AND c.revoked_at IS NULL ORDER BY h.connection_id, h.topic`, tx.ShopID)
	if err != nil {
		return nil, fmt.Errorf("list the store's webhooks: %w", err)
	}
	out, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (h StoreHook, err error) {
		var repaired pgtype.Timestamptz
		err = r.Scan(&h.ConnectionID, &h.Topic, &h.RemoteID, &h.State, &h.Note, &h.Repairs, &repaired, &h.CheckedAt)
		h.RepairedAt = fromTimestamptz(repaired)
		return h, err
	})
	if err != nil {
		return nil, fmt.Errorf("list the store's webhooks: %w", err)
	}
	return out, nil
}

// SetStoreHook records how a webhook was found. repaired tells that it was made
// or switched on again.
func (tx *Tx) SetStoreHook(ctx context.Context, h StoreHook, repaired bool) error {
	_, err := tx.pgx.Exec(ctx, `INSERT INTO store_hooks AS s (shop_id, connection_id, topic, remote_id, state, note, repairs, repaired_at, checked_at)
		VALUES ($1, $2, $3, $4, $5, $6, CASE WHEN $7 THEN 1 ELSE 0 END, CASE WHEN $7 THEN $8::timestamptz END, $8)
		ON CONFLICT (shop_id, connection_id, topic) DO UPDATE SET remote_id = excluded.remote_id, state = excluded.state, note = excluded.note,
		  repairs = s.repairs + excluded.repairs, repaired_at = coalesce(excluded.repaired_at, s.repaired_at), checked_at = excluded.checked_at`,
		tx.ShopID, h.ConnectionID, h.Topic, h.RemoteID, h.State, h.Note, repaired, tx.Now)
	if err != nil {
		return fmt.Errorf("record a webhook of the store: %w", err)
	}
	return nil
}

// KeptConnection is a connection whose webhooks are ours to keep. Secrets are
// sealed.
type KeptConnection struct {
	RestConnection
	Secret, Token []byte
}

// KeptConnection returns this shop's newest live one; ErrNotFound.
func (tx *Tx) KeptConnection(ctx context.Context) (c KeptConnection, err error) {
	err = tx.pgx.QueryRow(ctx, `SELECT id, token_hash, base_url, rest_keys, secret, token FROM connections
		WHERE shop_id = $1 AND rest_keys IS NOT NULL AND token IS NOT NULL AND hooks_next_at IS NOT NULL AND revoked_at IS NULL ORDER BY id DESC LIMIT 1`, tx.ShopID).
		Scan(&c.ID, &c.TokenHash, &c.BaseURL, &c.Keys, &c.Secret, &c.Token)
	if err != nil {
		return c, fmt.Errorf("find the connection of shop %d: %w", tx.ShopID, notFound(err))
	}
	return c, nil
}

// NextHooks says when the webhooks of a connection are looked at again, and what
// its merchant has to mend (JSON).
func (tx *Tx) NextHooks(ctx context.Context, id int64, at time.Time, problems string) error {
	_, err := tx.pgx.Exec(ctx, "UPDATE connections SET hooks_next_at = $3, problems = $4 WHERE shop_id = $1 AND id = $2", tx.ShopID, id, at, problems)
	if err != nil {
		return fmt.Errorf("note the state of connection %d: %w", id, err)
	}
	return nil
}

// RevokeOlder ends all connections but one, and all that opened the store for
// them.
func (tx *Tx) RevokeOlder(ctx context.Context, keep int64) error {
	_, err := tx.pgx.Exec(ctx, `UPDATE connections SET revoked_at = $3, rest_keys = NULL, token = NULL, hooks_next_at = NULL
		WHERE shop_id = $1 AND id <> $2 AND revoked_at IS NULL`, tx.ShopID, keep, tx.Now)
	if err != nil {
		return fmt.Errorf("end the connections before %d: %w", keep, err)
	}
	return nil
}

// DueHooks returns the shops whose stores' webhooks should be looked at.
func (db *DB) DueHooks(ctx context.Context) ([]int64, error) {
	return db.shopIDs(ctx, "SELECT shop_id FROM door_due_hooks($1)")
}
