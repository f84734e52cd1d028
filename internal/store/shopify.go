package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgtype"
)

// ShopifyAccess is what opens a Shopify shop's Admin API. Tokens are sealed.
type ShopifyAccess struct {
	Generation      int64
	Access, Refresh []byte
	Scopes          []string
	AccessUntil     time.Time
	RefreshUntil    time.Time
	GrantedAt       time.Time
	RenewingUntil   time.Time // zero: nobody is renewing
	Health          string    // "ok", or what is wrong
	HealthAt        time.Time // since when; zero: never anything but ok
	Dead            bool      // only the merchant can help
}

// ShopifyAccess returns this shop's; ErrNotFound when it never had one or has
// uninstalled the app.
func (tx *Tx) ShopifyAccess(ctx context.Context) (*ShopifyAccess, error) {
	var a ShopifyAccess
	var scopes string
	var renewing, health pgtype.Timestamptz
	err := tx.pgx.QueryRow(ctx, `SELECT generation, access_token, refresh_token, scopes, access_until, refresh_until, granted_at, renewing_until, health, health_at, dead
		FROM shopify_access WHERE shop_id = $1`, tx.ShopID).
		Scan(&a.Generation, &a.Access, &a.Refresh, &scopes, &a.AccessUntil, &a.RefreshUntil, &a.GrantedAt, &renewing, &a.Health, &health, &a.Dead)
	if err != nil {
		return nil, fmt.Errorf("load the access to shop %d: %w", tx.ShopID, notFound(err))
	}
	a.Scopes = strings.FieldsFunc(scopes, func(r rune) bool { return r == ',' })
	a.RenewingUntil, a.HealthAt = fromTimestamptz(renewing), fromTimestamptz(health)
	a.AccessUntil, a.RefreshUntil, a.GrantedAt = a.AccessUntil.UTC(), a.RefreshUntil.UTC(), a.GrantedAt.UTC()
	return &a, nil
}

// TokenPair is a pair of tokens to store, sealed.
type TokenPair struct {
	Access, Refresh           []byte
	Scopes                    []string
	AccessUntil, RefreshUntil time.Time
	RenewAt                   time.Time // when a job renews what nobody uses
}

// GrantShopifyAccess stores a pair that somebody in the store's admin has
// brought: it takes the place of any other.
func (tx *Tx) GrantShopifyAccess(ctx context.Context, p TokenPair) error {
	_, err := tx.pgx.Exec(ctx, `INSERT INTO shopify_access AS a (shop_id, generation, access_token, refresh_token, scopes, access_until, refresh_until, granted_at, renew_at)
		VALUES ($1, 1, $2, $3, $4, $5, $6, $7, $8)
		ON CONFLICT (shop_id) DO UPDATE SET generation = a.generation + 1, access_token = excluded.access_token, refresh_token = excluded.refresh_token,
		  scopes = excluded.scopes, access_until = excluded.access_until, refresh_until = excluded.refresh_until, granted_at = excluded.granted_at,
		  renew_at = excluded.renew_at, renewing_until = NULL, dead = false, health = 'ok',
		  health_at = CASE WHEN a.health = 'ok' THEN a.health_at ELSE excluded.granted_at END`,
		tx.ShopID, p.Access, p.Refresh, strings.Join(p.Scopes, ","), p.AccessUntil, p.RefreshUntil, tx.Now, p.RenewAt)
	if err != nil {
		return fmt.Errorf("store the access to shop %d: %w", tx.ShopID, err)
	}
	return nil
}

// ClaimRenewal makes the caller the one who renews the pair of this generation,
// until the lease is over, and reports whether it did.
func (tx *Tx) ClaimRenewal(ctx context.Context, generation int64, lease time.Duration) (bool, error) {
	tag, err := tx.pgx.Exec(ctx, `UPDATE shopify_access SET renewing_until = $3
		WHERE shop_id = $1 AND generation = $2 AND NOT dead AND (renewing_until IS NULL OR renewing_until <= $4)`, tx.ShopID, generation, tx.Now.Add(lease), tx.Now)
	if err != nil {
		return false, fmt.Errorf("claim the renewal of shop %d: %w", tx.ShopID, err)
	}
	return tag.RowsAffected() == 1, nil
}

// StoreRenewal stores the pair that the one of this generation was renewed to,
// both tokens at once, and reports whether it did: not when another pair has
// been stored meanwhile.
func (tx *Tx) StoreRenewal(ctx context.Context, generation int64, p TokenPair) (bool, error) {
	tag, err := tx.pgx.Exec(ctx, `UPDATE shopify_access SET generation = generation + 1, access_token = $3, refresh_token = $4, scopes = $5,
		access_until = $6, refresh_until = $7, renew_at = $8, renewing_until = NULL, health = 'ok', health_at = CASE WHEN health = 'ok' THEN health_at ELSE $9 END
		WHERE shop_id = $1 AND generation = $2`, tx.ShopID, generation, p.Access, p.Refresh, strings.Join(p.Scopes, ","), p.AccessUntil, p.RefreshUntil, p.RenewAt, tx.Now)
	if err != nil {
		return false, fmt.Errorf("store the renewed access to shop %d: %w", tx.ShopID, err)
	}
	return tag.RowsAffected() == 1, nil
}

// GiveUpRenewal ends a claim without a pair: why, when a job tries again, and
// whether only the merchant can help now.
func (tx *Tx) GiveUpRenewal(ctx context.Context, generation int64, why string, dead bool, again time.Time) error {
	_, err := tx.pgx.Exec(ctx, `UPDATE shopify_access SET renewing_until = NULL, health = $3, health_at = CASE WHEN health = $3 THEN health_at ELSE $4 END, dead = $5, renew_at = $6
		WHERE shop_id = $1 AND generation = $2`, tx.ShopID, generation, why, tx.Now, dead, again)
	if err != nil {
		return fmt.Errorf("give up the renewal of shop %d: %w", tx.ShopID, err)
	}
	return nil
}

// SetShopifyHealth records what is wrong with the access of this generation, or
// that it is "ok". dead: only the merchant can help.
func (tx *Tx) SetShopifyHealth(ctx context.Context, generation int64, health string, dead bool) error {
	_, err := tx.pgx.Exec(ctx, "UPDATE shopify_access SET health = $3, dead = $4, health_at = $5 WHERE shop_id = $1 AND generation = $2 AND (health <> $3 OR dead <> $4)",
		tx.ShopID, generation, health, dead, tx.Now)
	if err != nil {
		return fmt.Errorf("set the health of the access to shop %d: %w", tx.ShopID, err)
	}
	return nil
}

// SetScopes records what the store said at the given instant that it grants.
func (tx *Tx) SetScopes(ctx context.Context, scopes []string, at time.Time) error {
	_, err := tx.pgx.Exec(ctx, "UPDATE shopify_access SET scopes = $2 WHERE shop_id = $1 AND granted_at <= $3", tx.ShopID, strings.Join(scopes, ","), at)
	if err != nil {
		return fmt.Errorf("set the scopes of shop %d: %w", tx.ShopID, err)
	}
	return nil
}

// InstallShop returns the shop of a platform and domain, adding it if need be;
// one that had uninstalled the app is back with its ledger. fresh tells that it
// was not there before. It works in a transaction of shop 0.
func (tx *Tx) InstallShop(ctx context.Context, n NewShop) (id int64, fresh bool, err error) {
	err = tx.pgx.QueryRow(ctx, "SELECT id, fresh FROM door_install_shop($1, $2, $3, $4, $5, $6, $7)",
		int16(n.Platform), n.Domain, n.Name, n.Currency, n.TimeZone, n.HashKey, tx.Now).Scan(&id, &fresh)
	if err != nil {
		return 0, false, fmt.Errorf("install shop %s: %w", n.Domain, err)
	}
	return id, fresh, nil
}

// DueRenewals returns the shops whose access a job should renew.
func (db *DB) DueRenewals(ctx context.Context) ([]int64, error) {
	return db.shopIDs(ctx, "SELECT shop_id FROM door_due_renewals($1)")
}
