package store

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"
)

// Code says that a discount code belonged to an agreement, and when. The
// interval is half open; without ValidTo it still runs.
type Code struct {
	ShopID      int64  `gorm:"primaryKey;autoIncrement:false"`
	ID          int64  `gorm:"primaryKey;autoIncrement"`
	Code        string // folded
	AgreementID int64
	ValidFrom   time.Time
	ValidTo     *time.Time
	CreatedAt   time.Time
	DiscountID  int64  // what we made in the store for it; 0: the store's own
	StoreState  string // "" the store's own, "waiting", "live", "failed", "deleted"
	StoreNote   string // why it failed
	RemoteID    string
}

// TableName is for gorm.
func (Code) TableName() string { return "codes" }

// LockCode makes this transaction the only one that gives out the folded code
// until it ends.
func (tx *Tx) LockCode(ctx context.Context, code string) error {
	_, err := tx.pgx.Exec(ctx, "SELECT pg_advisory_xact_lock(hashtextextended($1, $2))", "code/"+code, tx.ShopID)
	if err != nil {
		return fmt.Errorf("lock code: %w", err)
	}
	return nil
}

// CodeOverlapping returns the first interval of the folded code that shares an
// instant with [from, to); nil when none does. A nil to is open.
func (tx *Tx) CodeOverlapping(ctx context.Context, code string, from time.Time, to *time.Time) (*Code, error) {
	cs, err := gorm.G[Code](tx.g).Where("shop_id = ? AND code = ? AND (valid_to IS NULL OR valid_to > ?) AND (?::timestamptz IS NULL OR valid_from < ?)",
		tx.ShopID, code, from, to, to).Order("valid_from").Limit(1).Find(ctx)
	if err != nil {
		return nil, fmt.Errorf("look for code: %w", err)
	}
	if len(cs) == 0 {
		return nil, nil
	}
	return &cs[0], nil
}

// AddCode stores c and sets its ID.
func (tx *Tx) AddCode(ctx context.Context, c *Code) error {
	c.ShopID, c.CreatedAt = tx.ShopID, tx.Now
	if err := gorm.G[Code](tx.g).Create(ctx, c); err != nil {
		return fmt.Errorf("add code: %w", err)
	}
	return nil
}

// Code returns one code by its id; ErrNotFound when there is none.
func (tx *Tx) Code(ctx context.Context, id int64) (*Code, error) {
	c, err := gorm.G[Code](tx.g).Where("shop_id = ? AND id = ?", tx.ShopID, id).Take(ctx)
	if err != nil {
		return nil, fmt.Errorf("load code %d: %w", id, notFound(err))
	}
	return &c, nil
}

// EndCode ends the interval of a code that still runs, and reports whether it did.
func (tx *Tx) EndCode(ctx context.Context, id int64, at time.Time) (bool, error) {
	n, err := gorm.G[Code](tx.g).Where("shop_id = ? AND id = ? AND (valid_to IS NULL OR valid_to > ?)", tx.ShopID, id, at).Update(ctx, "valid_to", at)
	if err != nil {
		return false, fmt.Errorf("end code %d: %w", id, err)
	}
	return n > 0, nil
}

// CodeFilter narrows a list; zero fields do not.
type CodeFilter struct {
	Code         string // folded, exact
	AgreementID  int64
	InfluencerID int64
	LiveAt       time.Time
}

// Codes lists codes, newest first.
func (tx *Tx) Codes(ctx context.Context, f CodeFilter, p Page) ([]Code, *Cursor, error) {
	q := gorm.G[Code](tx.g).Where("shop_id = ?", tx.ShopID)
	if p.After.Minor != 0 {
		q = q.Where("id < ?", p.After.Minor)
	}
	if f.Code != "" {
		q = q.Where("code = ?", f.Code)
	}
	if f.AgreementID != 0 {
		q = q.Where("agreement_id = ?", f.AgreementID)
	}
	if f.InfluencerID != 0 {
		q = q.Where("agreement_id IN (SELECT a.id FROM agreements a WHERE a.shop_id = ? AND a.influencer_id = ?)", tx.ShopID, f.InfluencerID)
	}
	if !f.LiveAt.IsZero() {
		q = q.Where("valid_from <= ? AND (valid_to IS NULL OR valid_to > ?)", f.LiveAt, f.LiveAt)
	}
	cs, err := q.Order("id DESC").Limit(p.limit()).Find(ctx)
	if err != nil {
		return nil, nil, fmt.Errorf("list codes: %w", err)
	}
	cs, next := cut(cs, p, func(c *Code) Cursor { return Cursor{Minor: c.ID} })
	return cs, next, nil
}
