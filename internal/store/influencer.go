package store

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"
)

// Influencer is a person or company that sends buyers to a shop.
type Influencer struct {
	ShopID       int64 `gorm:"primaryKey;autoIncrement:false"`
	ID           int64 `gorm:"primaryKey;autoIncrement"`
	Handle       string
	Name         string
	Email        string
	EmailHash    string
	PhoneHash    string
	AddressHash  string
	CustomerID   int64
	PayoutMethod string
	PayoutDetail string
	TaxForm      string
	BannedAt     *time.Time
	CreatedAt    time.Time
	InvitedAt    *time.Time // the last time
	LeavingAt    *time.Time // asked to leave and to have their data deleted
}

// TableName is for gorm.
func (Influencer) TableName() string { return "influencers" }

// InfluencerSpan is a time in which an influencer was active; without
// ActiveTo it still runs.
type InfluencerSpan struct {
	ShopID       int64     `gorm:"primaryKey;autoIncrement:false"`
	InfluencerID int64     `gorm:"primaryKey;autoIncrement:false"`
	ActiveFrom   time.Time `gorm:"primaryKey"`
	ActiveTo     *time.Time
}

// TableName is for gorm.
func (InfluencerSpan) TableName() string { return "influencer_spans" }

// AddInfluencer stores i and sets its ID. The handle and the e-mail hash are
// unique in the shop: IsUnique tells.
func (tx *Tx) AddInfluencer(ctx context.Context, i *Influencer) error {
	i.ShopID, i.CreatedAt = tx.ShopID, tx.Now
	if err := gorm.G[Influencer](tx.g).Create(ctx, i); err != nil {
		return fmt.Errorf("add influencer: %w", err)
	}
	return nil
}

// Influencer returns one influencer; ErrNotFound when there is none.
func (tx *Tx) Influencer(ctx context.Context, id int64) (*Influencer, error) {
	i, err := gorm.G[Influencer](tx.g).Where("shop_id = ? AND id = ?", tx.ShopID, id).Take(ctx)
	if err != nil {
		return nil, fmt.Errorf("load influencer %d: %w", id, notFound(err))
	}
	return &i, nil
}

// InfluencerByHandle returns one influencer; ErrNotFound when nobody has the
// handle.
func (tx *Tx) InfluencerByHandle(ctx context.Context, handle string) (*Influencer, error) {
	i, err := gorm.G[Influencer](tx.g).Where("shop_id = ? AND handle = ?", tx.ShopID, handle).Take(ctx)
	if err != nil {
		return nil, fmt.Errorf("load influencer %q: %w", handle, notFound(err))
	}
	return &i, nil
}

// InfluencerFilter narrows a list; zero fields do not.
type InfluencerFilter struct {
	Search string // part of the name, handle or e-mail
	Active *bool
	Banned *bool
}

// Influencers lists influencers, newest first.
func (tx *Tx) Influencers(ctx context.Context, f InfluencerFilter, p Page) ([]Influencer, *Cursor, error) {
	q := gorm.G[Influencer](tx.g).Where("shop_id = ?", tx.ShopID)
	if p.After.Minor != 0 {
		q = q.Where("id < ?", p.After.Minor)
	}
	if f.Search != "" {
		like := "%" + escapeLike(f.Search) + "%"
		q = q.Where("(name ILIKE ? OR handle ILIKE ? OR email ILIKE ?)", like, like, like)
	}
	if f.Active != nil {
		q = q.Where("EXISTS (SELECT FROM influencer_spans s WHERE s.shop_id = influencers.shop_id AND s.influencer_id = influencers.id AND s.active_to IS NULL) = ?", *f.Active)
	}
	if f.Banned != nil {
		q = q.Where("(banned_at IS NOT NULL) = ?", *f.Banned)
	}
	is, err := q.Order("id DESC").Limit(p.limit()).Find(ctx)
	if err != nil {
		return nil, nil, fmt.Errorf("list influencers: %w", err)
	}
	is, next := cut(is, p, func(i *Influencer) Cursor { return Cursor{Minor: i.ID} })
	return is, next, nil
}

// SetInfluencer writes every field of i that people may change.
func (tx *Tx) SetInfluencer(ctx context.Context, i *Influencer) error {
	tag, err := tx.pgx.Exec(ctx, `UPDATE influencers SET handle = $3, name = $4, email = $5, email_hash = $6, phone_hash = $7,
		address_hash = $8, customer_id = $9, payout_method = $10, payout_detail = $11, tax_form = $12, banned_at = $13
		WHERE shop_id = $1 AND id = $2`, tx.ShopID, i.ID, i.Handle, i.Name, i.Email, i.EmailHash, i.PhoneHash,
		i.AddressHash, i.CustomerID, i.PayoutMethod, i.PayoutDetail, i.TaxForm, i.BannedAt)
	if err != nil {
		return fmt.Errorf("change influencer %d: %w", i.ID, err)
	}
	if tag.RowsAffected() == 0 {
		return fmt.Errorf("change influencer %d: %w", i.ID, ErrNotFound)
	}
	return nil
}

// LockInfluencer makes this transaction the only one that changes the
// influencer until it ends; ErrNotFound when there is none.
func (tx *Tx) LockInfluencer(ctx context.Context, id int64) error {
	var one int
	err := tx.pgx.QueryRow(ctx, "SELECT 1 FROM influencers WHERE shop_id = $1 AND id = $2 FOR NO KEY UPDATE", tx.ShopID, id).Scan(&one)
	if err != nil {
		return fmt.Errorf("lock influencer %d: %w", id, notFound(err))
	}
	return nil
}

// InfluencerSpans returns the active times of the given influencers, ascending.
func (tx *Tx) InfluencerSpans(ctx context.Context, ids ...int64) (map[int64][]InfluencerSpan, error) {
	rows, err := gorm.G[InfluencerSpan](tx.g).Where("shop_id = ? AND influencer_id IN ?", tx.ShopID, ids).
		Order("influencer_id, active_from").Find(ctx)
	if err != nil {
		return nil, fmt.Errorf("load spans: %w", err)
	}
	out := make(map[int64][]InfluencerSpan, len(ids))
	for _, s := range rows {
		out[s.InfluencerID] = append(out[s.InfluencerID], s)
	}
	return out, nil
}

// StartSpan makes the influencer active from the given instant.
func (tx *Tx) StartSpan(ctx context.Context, id int64, from time.Time) error {
	s := InfluencerSpan{ShopID: tx.ShopID, InfluencerID: id, ActiveFrom: from}
	if err := gorm.G[InfluencerSpan](tx.g).Create(ctx, &s); err != nil {
		return fmt.Errorf("start span of influencer %d: %w", id, err)
	}
	return nil
}

// EndSpan ends the running span of the influencer and reports whether one ran.
func (tx *Tx) EndSpan(ctx context.Context, id int64, at time.Time) (bool, error) {
	n, err := gorm.G[InfluencerSpan](tx.g).Where("shop_id = ? AND influencer_id = ? AND active_to IS NULL", tx.ShopID, id).
		Update(ctx, "active_to", gorm.Expr("greatest(active_from, ?)", at))
	if err != nil {
		return false, fmt.Errorf("end span of influencer %d: %w", id, err)
	}
	return n > 0, nil
}
