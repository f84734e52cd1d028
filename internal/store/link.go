package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"gorm.io/gorm"
)

// Link leads shoppers to the store on behalf of an agreement.
type Link struct {
	ShopID      int64  `gorm:"primaryKey;autoIncrement:false"`
	ID          int64  `gorm:"primaryKey;autoIncrement"`
	Slug        string // unique in the shop
	Public      string // unique everywhere: /r/{public}
	AgreementID int64
	Destination string
	CodeID      int64  // discount applied on the way; 0 none
	Products    string // "10:2,11:1": put into the cart on the way
	CreatedAt   time.Time
	DisabledAt  *time.Time
}

// TableName is for gorm.
func (Link) TableName() string { return "links" }

// AddLink stores l, sets its ID and returns true; false when its slug is taken
// in this shop, or its public slug in any.
func (tx *Tx) AddLink(ctx context.Context, l *Link) (bool, error) {
	l.ShopID, l.CreatedAt = tx.ShopID, tx.Now
	err := tx.pgx.QueryRow(ctx, `INSERT INTO links (shop_id, slug, public, agreement_id, destination, code_id, products, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING RETURNING id`,
		tx.ShopID, l.Slug, l.Public, l.AgreementID, l.Destination, l.CodeID, l.Products, l.CreatedAt).Scan(&l.ID)
	if IsNotFound(notFound(err)) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("add link: %w", err)
	}
	return true, nil
}

// SlugTaken tells whether a link of this shop has the slug.
func (tx *Tx) SlugTaken(ctx context.Context, slug string) (taken bool, err error) {
	err = tx.pgx.QueryRow(ctx, "SELECT EXISTS (SELECT FROM links WHERE shop_id = $1 AND slug = $2)", tx.ShopID, slug).Scan(&taken)
	if err != nil {
		return false, fmt.Errorf("look for slug: %w", err)
	}
	return taken, nil
}

// LinkTarget is what a link needs to lead somewhere.
type LinkTarget struct {
	Link
	Handle     string // of the influencer
	CampaignID int64
	Code       string // "" none
	CodeFrom   time.Time
	CodeTo     time.Time // zero: open
}

// LinkTarget finds a link for somebody who follows it: by its public slug, or,
// with a host, by the slug it has in the shop of that host. ErrNotFound if there
// is none.
func (db *DB) LinkTarget(ctx context.Context, host, slug string) (*LinkTarget, error) {
	var t LinkTarget
	var disabled, from, to pgtype.Timestamptz
	var b pgx.Batch // one round trip
	b.Queue("SELECT set_config('role', 'tributary_app', true)")
	b.Queue("SELECT * FROM door_link($1, $2)", host, slug).QueryRow(func(row pgx.Row) error {
		return row.Scan(&t.ShopID, &t.ID, &t.Slug, &t.AgreementID, &t.Destination, &t.Products, &disabled, &t.Handle, &t.CampaignID, &t.Code, &from, &to)
	})
	if err := db.pool.SendBatch(ctx, &b).Close(); err != nil {
		return nil, fmt.Errorf("look up link: %w", notFound(err))
	}
	if disabled.Valid {
		t.DisabledAt = &disabled.Time
	}
	t.CodeFrom, t.CodeTo = fromTimestamptz(from), fromTimestamptz(to)
	return &t, nil
}

// Link returns one link; ErrNotFound when there is none.
func (tx *Tx) Link(ctx context.Context, id int64) (*Link, error) {
	l, err := gorm.G[Link](tx.g).Where("shop_id = ? AND id = ?", tx.ShopID, id).Take(ctx)
	if err != nil {
		return nil, fmt.Errorf("load link %d: %w", id, notFound(err))
	}
	return &l, nil
}

// DisableLink switches a link off; doing it twice keeps the first instant.
func (tx *Tx) DisableLink(ctx context.Context, id int64) error {
	n, err := gorm.G[Link](tx.g).Where("shop_id = ? AND id = ?", tx.ShopID, id).
		Update(ctx, "disabled_at", gorm.Expr("coalesce(disabled_at, ?)", tx.Now))
	if err != nil {
		return fmt.Errorf("disable link %d: %w", id, err)
	}
	if n == 0 {
		return fmt.Errorf("disable link %d: %w", id, ErrNotFound)
	}
	return nil
}

// LinkFilter narrows a list; zero fields do not.
type LinkFilter struct {
	AgreementID, InfluencerID int64
}

// Links lists links, newest first.
func (tx *Tx) Links(ctx context.Context, f LinkFilter, p Page) ([]Link, *Cursor, error) {
	q := gorm.G[Link](tx.g).Where("shop_id = ?", tx.ShopID)
	if p.After.Minor != 0 {
		q = q.Where("id < ?", p.After.Minor)
	}
	if f.AgreementID != 0 {
		q = q.Where("agreement_id = ?", f.AgreementID)
	}
	if f.InfluencerID != 0 {
		q = q.Where("agreement_id IN (SELECT a.id FROM agreements a WHERE a.shop_id = ? AND a.influencer_id = ?)", tx.ShopID, f.InfluencerID)
	}
	ls, err := q.Order("id DESC").Limit(p.limit()).Find(ctx)
	if err != nil {
		return nil, nil, fmt.Errorf("list links: %w", err)
	}
	ls, next := cut(ls, p, func(l *Link) Cursor { return Cursor{Minor: l.ID} })
	return ls, next, nil
}
