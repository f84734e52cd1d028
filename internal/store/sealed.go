package store

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// Sealed is one sealed value of a shop. What says which; ID and Place, whose.
type Sealed struct {
	What  string
	ID    int64
	Place []byte // a connection's token hash
	Value []byte
}

// The sealed values that can be sealed anew.
const (
	SealedHashKey    = "hash key"
	SealedConnection = "connection secret"
	SealedRestKeys   = "REST keys"
	SealedAccess     = "access token"
	SealedRefresh    = "refresh token"
)

var resealing = map[string]string{
	SealedHashKey:    "UPDATE shops SET hash_key = $3 WHERE id = $1 AND id = $2 AND hash_key = $4",
	SealedConnection: "UPDATE connections SET secret = $3 WHERE shop_id = $1 AND id = $2 AND secret = $4",
	SealedRestKeys:   "UPDATE connections SET rest_keys = $3 WHERE shop_id = $1 AND id = $2 AND rest_keys = $4",
	SealedAccess:     "UPDATE shopify_access SET access_token = $3 WHERE shop_id = $1 AND shop_id = $2 AND access_token = $4",
	SealedRefresh:    "UPDATE shopify_access SET refresh_token = $3 WHERE shop_id = $1 AND shop_id = $2 AND refresh_token = $4",
}

// SealedValues lists all that is sealed in this shop: first what Reseal knows,
// then what it does not, which an old key has to stay for.
func (tx *Tx) SealedValues(ctx context.Context) (known, others []Sealed, err error) {
	const none = `''::bytea`
	if known, err = tx.sealed(ctx, `SELECT 'hash key', id, `+none+`, hash_key FROM shops WHERE id = $1
		UNION ALL SELECT 'connection secret', id, token_hash, secret FROM connections WHERE shop_id = $1
		UNION ALL SELECT 'REST keys', id, token_hash, rest_keys FROM connections WHERE shop_id = $1 AND rest_keys IS NOT NULL
		UNION ALL SELECT 'access token', shop_id, `+none+`, access_token FROM shopify_access WHERE shop_id = $1
		UNION ALL SELECT 'refresh token', shop_id, `+none+`, refresh_token FROM shopify_access WHERE shop_id = $1`); err != nil {
		return nil, nil, err
	}
	others, err = tx.sealed(ctx, `SELECT 'social account', id, `+none+`, token FROM social_accounts WHERE shop_id = $1
		UNION ALL SELECT 'CRM secret', 0, `+none+`, secret FROM crm_hooks WHERE shop_id = $1
		UNION ALL SELECT 'lead', id, `+none+`, substr(email, 1, 64) FROM leads WHERE shop_id = $1 AND email IS NOT NULL
		UNION ALL SELECT 'payout method', id, `+none+`, decode(substr(payout_detail, 8), 'base64') FROM influencers WHERE shop_id = $1 AND payout_detail LIKE 'sealed:%'
		UNION ALL SELECT 'tax form', id, `+none+`, substr(data, 1, 64) FROM tax_forms WHERE shop_id = $1
		UNION ALL SELECT 'giveaway form', 0, `+none+`, substr(email, 1, 64) FROM giveaway_forms WHERE shop_id = $1`)
	return known, others, err
}

func (tx *Tx) sealed(ctx context.Context, query string) ([]Sealed, error) {
	rows, err := tx.pgx.Query(ctx, query, tx.ShopID)
	if err != nil {
		return nil, fmt.Errorf("list what is sealed: %w", err)
	}
	out, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Sealed])
	if err != nil {
		return nil, fmt.Errorf("list what is sealed: %w", err)
	}
	return out, nil
}

// Reseal puts value in the place of s.Value and reports whether that was still
// there.
func (tx *Tx) Reseal(ctx context.Context, s Sealed, value []byte) (bool, error) {
	tag, err := tx.pgx.Exec(ctx, resealing[s.What], tx.ShopID, s.ID, value, s.Value)
	if err != nil {
		return false, fmt.Errorf("seal the %s of shop %d anew: %w", s.What, tx.ShopID, err)
	}
	return tag.RowsAffected() == 1, nil
}
