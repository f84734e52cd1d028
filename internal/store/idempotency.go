package store

import (
	"context"
	"fmt"
	"time"
)

// Answer is the stored response to a write that carried an idempotency key.
type Answer struct {
	RequestHash []byte
	Status      int
	Response    []byte
}

// ClaimKey takes an idempotency key for this transaction. It returns nil when
// the key is new: do the work, then call KeepAnswer before committing. It
// returns the stored answer when the key was used before. A concurrent request
// with the same key waits here until this transaction ends; if it rolls back,
// the key was never used.
func (tx *Tx) ClaimKey(ctx context.Context, key string, requestHash []byte) (*Answer, error) {
	tag, err := tx.pgx.Exec(ctx, `INSERT INTO idempotency_keys (shop_id, key, request_hash, status, response, created_at)
		VALUES ($1, $2, $3, 0, '', $4) ON CONFLICT (shop_id, key) DO NOTHING`, tx.ShopID, key, requestHash, tx.Now)
	if err != nil {
		return nil, fmt.Errorf("claim idempotency key: %w", err)
	}
	if tag.RowsAffected() == 1 {
		return nil, nil
	}
	var a Answer
	err = tx.pgx.QueryRow(ctx, "SELECT request_hash, status, response FROM idempotency_keys WHERE shop_id = $1 AND key = $2", tx.ShopID, key).
		Scan(&a.RequestHash, &a.Status, &a.Response)
	if err != nil {
		return nil, fmt.Errorf("load idempotency key: %w", notFound(err))
	}
	return &a, nil
}

// KeepAnswer stores the answer of the key this transaction claimed.
func (tx *Tx) KeepAnswer(ctx context.Context, key string, status int, response []byte) error {
	_, err := tx.pgx.Exec(ctx, "UPDATE idempotency_keys SET status = $3, response = $4 WHERE shop_id = $1 AND key = $2",
		tx.ShopID, key, status, response)
	if err != nil {
		return fmt.Errorf("keep answer: %w", err)
	}
	return nil
}

// ReclaimKey takes over a key that was claimed before the given instant and
// never answered, and reports whether it did.
func (tx *Tx) ReclaimKey(ctx context.Context, key string, before time.Time) (bool, error) {
	tag, err := tx.pgx.Exec(ctx, "UPDATE idempotency_keys SET created_at = $3 WHERE shop_id = $1 AND key = $2 AND status = 0 AND created_at < $4",
		tx.ShopID, key, tx.Now, before)
	if err != nil {
		return false, fmt.Errorf("reclaim idempotency key: %w", err)
	}
	return tag.RowsAffected() == 1, nil
}

// ReleaseKey forgets a key that was claimed and not answered.
func (tx *Tx) ReleaseKey(ctx context.Context, key string) error {
	_, err := tx.pgx.Exec(ctx, "DELETE FROM idempotency_keys WHERE shop_id = $1 AND key = $2 AND status = 0", tx.ShopID, key)
	if err != nil {
		return fmt.Errorf("release idempotency key: %w", err)
	}
	return nil
}

// ForgetKeys deletes the shop's idempotency keys from before the given instant
// and returns how many they were.
func (tx *Tx) ForgetKeys(ctx context.Context, before time.Time) (int64, error) {
	tag, err := tx.pgx.Exec(ctx, "DELETE FROM idempotency_keys WHERE shop_id = $1 AND created_at < $2", tx.ShopID, before)
	if err != nil {
		return 0, fmt.Errorf("forget idempotency keys: %w", err)
	}
	return tag.RowsAffected(), nil
}
