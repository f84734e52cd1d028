package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"gorm.io/gorm"
)

// Campaign is what agreements are made for.
type Campaign struct {
	ShopID    int64 `gorm:"primaryKey;autoIncrement:false"`
	ID        int64 `gorm:"primaryKey;autoIncrement"`
	Name      string
	Goal      string
	State     string // "draft", "active", "ended"
	StartsAt  *time.Time
	EndsAt    *time.Time
	CreatedAt time.Time
}

// TableName is for gorm.
func (Campaign) TableName() string { return "campaigns" }

// AddCampaign stores c and sets its ID.
func (tx *Tx) AddCampaign(ctx context.Context, c *Campaign) error {
	c.ShopID, c.CreatedAt = tx.ShopID, tx.Now
	if err := gorm.G[Campaign](tx.g).Create(ctx, c); err != nil {
		return fmt.Errorf("add campaign: %w", err)
	}
	return nil
}

// Campaign returns one campaign; ErrNotFound when there is none.
func (tx *Tx) Campaign(ctx context.Context, id int64) (*Campaign, error) {
	c, err := gorm.G[Campaign](tx.g).Where("shop_id = ? AND id = ?", tx.ShopID, id).Take(ctx)
	if err != nil {
		return nil, fmt.Errorf("load campaign %d: %w", id, notFound(err))
	}
	return &c, nil
}

// Campaigns lists campaigns, newest first; an empty state lists all.
func (tx *Tx) Campaigns(ctx context.Context, state string, p Page) ([]Campaign, *Cursor, error) {
	q := gorm.G[Campaign](tx.g).Where("shop_id = ?", tx.ShopID)
	if p.After.Minor != 0 {
		q = q.Where("id < ?", p.After.Minor)
	}
	if state != "" {
		q = q.Where("state = ?", state)
	}
	cs, err := q.Order("id DESC").Limit(p.limit()).Find(ctx)
	if err != nil {
		return nil, nil, fmt.Errorf("list campaigns: %w", err)
	}
	cs, next := cut(cs, p, func(c *Campaign) Cursor { return Cursor{Minor: c.ID} })
	return cs, next, nil
}

// SetCampaign writes every field of c that people may change.
func (tx *Tx) SetCampaign(ctx context.Context, c *Campaign) error {
	tag, err := tx.pgx.Exec(ctx, "UPDATE campaigns SET name = $3, goal = $4, state = $5, starts_at = $6, ends_at = $7 WHERE shop_id = $1 AND id = $2",
		tx.ShopID, c.ID, c.Name, c.Goal, c.State, c.StartsAt, c.EndsAt)
	if err != nil {
		return fmt.Errorf("change campaign %d: %w", c.ID, err)
	}
	if tag.RowsAffected() == 0 {
		return fmt.Errorf("change campaign %d: %w", c.ID, ErrNotFound)
	}
	return nil
}

// escapeLike makes what a person typed match itself in LIKE.
func escapeLike(s string) string {
	return strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(s)
}
