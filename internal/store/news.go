package store

import (
	"context"
	"fmt"
	"time"
)

// MarkUninstalled records that the app left the store at the given instant,
// unless it has been installed again since, and forgets what opened the store.
func (tx *Tx) MarkUninstalled(ctx context.Context, at time.Time) error {
	_, err := tx.pgx.Exec(ctx, `WITH gone AS (
		UPDATE shops SET uninstalled_at = $2 WHERE id = $1 AND installed_at <= $2 AND uninstalled_at IS NULL
		  AND NOT EXISTS (SELECT 1 FROM shopify_access a WHERE a.shop_id = $1 AND a.granted_at > $2) RETURNING id)
		DELETE FROM shopify_access USING gone WHERE shop_id = gone.id`, tx.ShopID, at)
	if err != nil {
		return fmt.Errorf("mark shop %d uninstalled: %w", tx.ShopID, err)
	}
	return nil
}

// UpdateShop takes over what the store said of itself at the given instant,
// unless it has said something later; empty texts change nothing. The currency
// of a shop does not change: its ledger is kept in it.
func (tx *Tx) UpdateShop(ctx context.Context, name, timeZone string, at time.Time) error {
	if _, err := time.LoadLocation(timeZone); err != nil || timeZone == "Local" {
		timeZone = ""
	}
	_, err := tx.pgx.Exec(ctx, `UPDATE shops SET name = coalesce(nullif($2, ''), name), time_zone = coalesce(nullif($3, ''), time_zone), described_at = $4
		WHERE id = $1 AND (described_at IS NULL OR described_at <= $4)`, tx.ShopID, name, timeZone, at)
	if err != nil {
		return fmt.Errorf("update shop %d: %w", tx.ShopID, err)
	}
	return nil
}
