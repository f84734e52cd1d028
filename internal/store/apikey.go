package store

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"
)

// APIKey is a key of one shop; the key itself is not stored.
type APIKey struct {
	ShopID    int64 `gorm:"primaryKey;autoIncrement:false"`
	ID        int64 `gorm:"primaryKey;autoIncrement"`
	Name      string
	Hash      []byte // sha256 of the key
	Scope     string // "read", "write"
	CreatedAt time.Time
	RevokedAt *time.Time
}

// TableName is for gorm.
func (APIKey) TableName() string { return "api_keys" }

// AddAPIKey stores a key and returns its id.
func (tx *Tx) AddAPIKey(ctx context.Context, name, scope string, hash []byte) (int64, error) {
	k := APIKey{ShopID: tx.ShopID, Name: name, Hash: hash, Scope: scope, CreatedAt: tx.Now}
	if err := gorm.G[APIKey](tx.g).Create(ctx, &k); err != nil {
		return 0, fmt.Errorf("add api key: %w", err)
	}
	return k.ID, nil
}

// APIKeys lists the shop's keys, ascending by id.
func (tx *Tx) APIKeys(ctx context.Context) ([]APIKey, error) {
	ks, err := gorm.G[APIKey](tx.g).Where("shop_id = ?", tx.ShopID).Order("id").Find(ctx)
	if err != nil {
		return nil, fmt.Errorf("list api keys: %w", err)
	}
	return ks, nil
}

// RevokeAPIKey ends a key; ErrNotFound when there is no live one.
func (tx *Tx) RevokeAPIKey(ctx context.Context, id int64) error {
	n, err := gorm.G[APIKey](tx.g).Where("shop_id = ? AND id = ? AND revoked_at IS NULL", tx.ShopID, id).Update(ctx, "revoked_at", tx.Now)
	if err != nil {
		return fmt.Errorf("revoke api key %d: %w", id, err)
	}
	if n == 0 {
		return fmt.Errorf("revoke api key %d: %w", id, ErrNotFound)
	}
	return nil
}

// APIKeyByHash finds a live key before the tenant is known; ErrNotFound when
// there is none. It works in a transaction of shop 0.
func (tx *Tx) APIKeyByHash(ctx context.Context, hash []byte) (shopID, id int64, scope string, err error) {
	err = tx.pgx.QueryRow(ctx, "SELECT shop_id, id, scope FROM door_api_key($1)", hash).Scan(&shopID, &id, &scope)
	if err != nil {
		return 0, 0, "", notFound(err)
	}
	return shopID, id, scope, nil
}
