package store

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"
)

// Link leads shoppers to the store on behalf of an agreement.
type Link struct {
	ShopID      int64 `gorm:"primaryKey;autoIncrement:false"`
	ID          int64 `gorm:"primaryKey;autoIncrement"`
	Slug        string
	AgreementID int64
	Destination string
	CreatedAt   time.Time
	DisabledAt  *time.Time
}

// TableName is for gorm.
func (Link) TableName() string { return "links" }

// AddLink stores l, sets its ID and returns true; false when the slug is taken.
func (tx *Tx) AddLink(ctx context.Context, l *Link) (bool, error) {
	l.ShopID, l.CreatedAt = tx.ShopID, tx.Now
	err := tx.pgx.QueryRow(ctx, `INSERT INTO links (shop_id, slug, agreement_id, destination, created_at) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (shop_id, slug) DO NOTHING RETURNING id`, tx.ShopID, l.Slug, l.AgreementID, l.Destination, l.CreatedAt).Scan(&l.ID)
	if IsNotFound(notFound(err)) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("add link: %w", err)
	}
	return true, nil
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
