package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// Asset is a picture that the shop hands to influencers, or one of them to it.
type Asset struct {
	ID            int64
	InfluencerID  int64 // whose it is; 0: the shop's
	CampaignID    int64 // of whom it is for; 0: all of the shop's
	Title         string
	ContentType   string
	Width, Height int
	Bytes         int64
	CreatedAt     time.Time
}

// AddAsset stores a picture and sets its ID.
func (tx *Tx) AddAsset(ctx context.Context, a *Asset, data []byte) error {
	a.CreatedAt, a.Bytes = tx.Now, int64(len(data))
	err := tx.pgx.QueryRow(ctx, `INSERT INTO assets (shop_id, influencer_id, campaign_id, title, content_type, width, height, data, created_at)
		VALUES ($1, nullif($2, 0), nullif($3, 0), $4, $5, $6, $7, $8, $9) RETURNING id`,
		tx.ShopID, a.InfluencerID, a.CampaignID, a.Title, a.ContentType, a.Width, a.Height, data, a.CreatedAt).Scan(&a.ID)
	if err != nil {
		return fmt.Errorf("add asset: %w", err)
	}
	return nil
}

// AssetFilter chooses assets; zero fields choose all.
type AssetFilter struct {
	InfluencerID int64
	OfShop       bool // only the shop's own
}

const assetColumns = "id, coalesce(influencer_id, 0), coalesce(campaign_id, 0), title, content_type, width, height, length(data)::bigint, created_at"

// Assets lists pictures without their data, the newest first.
func (tx *Tx) Assets(ctx context.Context, f AssetFilter, p Page) ([]Asset, *Cursor, error) {
	as, err := tx.assets(ctx, "($2 = 0 OR influencer_id = $2) AND (NOT $3 OR influencer_id IS NULL) AND ($4 = 0 OR id < $4) ORDER BY id DESC LIMIT $5",
		f.InfluencerID, f.OfShop, p.After.Minor, p.limit())
	if err != nil {
		return nil, nil, err
	}
	as, next := cut(as, p, func(a *Asset) Cursor { return Cursor{Minor: a.ID} })
	return as, next, nil
}

func (tx *Tx) assets(ctx context.Context, where string, args ...any) ([]Asset, error) {
	rows, err := tx.pgx.Query(ctx, "SELECT "+assetColumns+" FROM assets WHERE shop_id = $1 AND "+where, append([]any{tx.ShopID}, args...)...)
	if err != nil {
		return nil, fmt.Errorf("load assets: %w", err)
	}
	as, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Asset])
	if err != nil {
		return nil, fmt.Errorf("load assets: %w", err)
	}
	return as, nil
}

// Asset returns one picture without its data; ErrNotFound when there is none.
func (tx *Tx) Asset(ctx context.Context, id int64) (*Asset, error) {
	as, err := tx.assets(ctx, "id = $2", id)
	if err == nil && len(as) == 0 {
		err = fmt.Errorf("load asset %d: %w", id, ErrNotFound)
	}
	if err != nil {
		return nil, err
	}
	return &as[0], nil
}

// AssetData returns a picture's data.
func (tx *Tx) AssetData(ctx context.Context, id int64) (data []byte, err error) {
	if err = notFound(tx.pgx.QueryRow(ctx, "SELECT data FROM assets WHERE shop_id = $1 AND id = $2", tx.ShopID, id).Scan(&data)); err != nil {
		return nil, fmt.Errorf("load asset %d: %w", id, err)
	}
	return data, nil
}

// CountAssets counts the pictures of an influencer, or with 0 the shop's own.
func (tx *Tx) CountAssets(ctx context.Context, influencerID int64) (n int, err error) {
	if err = tx.pgx.QueryRow(ctx, "SELECT count(*) FROM assets WHERE shop_id = $1 AND coalesce(influencer_id, 0) = $2", tx.ShopID, influencerID).Scan(&n); err != nil {
		return 0, fmt.Errorf("count assets: %w", err)
	}
	return n, nil
}

// DropAsset deletes a picture.
func (tx *Tx) DropAsset(ctx context.Context, id int64) error {
	return tx.exec(ctx, "delete asset", "DELETE FROM assets WHERE shop_id = $1 AND id = $2", tx.ShopID, id)
}
