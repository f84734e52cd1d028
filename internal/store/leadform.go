package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"gorm.io/gorm"
)

// LeadForm takes leads in for an agreement, or for a campaign.
type LeadForm struct {
	ShopID      int64 `gorm:"primaryKey;autoIncrement:false"`
	ID          int64 `gorm:"primaryKey;autoIncrement"`
	PublicID    string
	AgreementID *int64 // one of the two is set
	CampaignID  *int64
	Title       string
	Intro       string
	Button      string
	Fields      LeadFields `gorm:"type:jsonb;serializer:json"`
	Consent     string
	DoubleOptIn bool
	RedirectURL string
	Active      bool
	CreatedAt   time.Time
}

// TableName is for gorm.
func (LeadForm) TableName() string { return "lead_forms" }

// LeadFields are what a form asks for beside the e-mail address.
type LeadFields []LeadField

// LeadField is one question of a form.
type LeadField struct {
	Name     string   `json:"name"`
	Label    string   `json:"label"`
	Type     string   `json:"type"` // text, textarea, tel, number, select, checkbox
	Required bool     `json:"required"`
	Options  []string `json:"options,omitempty"`
}

// AddLeadForm stores f and sets its ID.
func (tx *Tx) AddLeadForm(ctx context.Context, f *LeadForm) error {
	f.ShopID, f.CreatedAt = tx.ShopID, tx.Now
	fields, err := json.Marshal(f.Fields)
	if err != nil {
		return fmt.Errorf("add lead form: %w", err)
	}
	err = tx.pgx.QueryRow(ctx, `INSERT INTO lead_forms (shop_id, public_id, agreement_id, campaign_id, title, intro, button, fields, consent,
		double_opt_in, redirect_url, active, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) RETURNING id`,
		tx.ShopID, f.PublicID, f.AgreementID, f.CampaignID, f.Title, f.Intro, f.Button, fields, f.Consent, f.DoubleOptIn, f.RedirectURL, f.Active, f.CreatedAt).Scan(&f.ID)
	if err != nil {
		return fmt.Errorf("add lead form: %w", err)
	}
	return nil
}

// SetLeadForm writes every field of f that people may change.
func (tx *Tx) SetLeadForm(ctx context.Context, f *LeadForm) error {
	fields, err := json.Marshal(f.Fields)
	if err != nil {
		return fmt.Errorf("change lead form %d: %w", f.ID, err)
	}
	tag, err := tx.pgx.Exec(ctx, `UPDATE lead_forms SET title = $3, intro = $4, button = $5, fields = $6, consent = $7, double_opt_in = $8,
		redirect_url = $9, active = $10 WHERE shop_id = $1 AND id = $2`,
		tx.ShopID, f.ID, f.Title, f.Intro, f.Button, fields, f.Consent, f.DoubleOptIn, f.RedirectURL, f.Active)
	if err != nil {
		return fmt.Errorf("change lead form %d: %w", f.ID, err)
	}
	if tag.RowsAffected() == 0 {
		return fmt.Errorf("change lead form %d: %w", f.ID, ErrNotFound)
	}
	return nil
}

// LeadForm returns one form; ErrNotFound when there is none.
func (tx *Tx) LeadForm(ctx context.Context, id int64) (*LeadForm, error) {
	f, err := gorm.G[LeadForm](tx.g).Where("shop_id = ? AND id = ?", tx.ShopID, id).Take(ctx)
	if err != nil {
		return nil, fmt.Errorf("load lead form %d: %w", id, notFound(err))
	}
	return &f, nil
}

// LeadFormByPublicID returns one form of this shop; ErrNotFound when there is none.
func (tx *Tx) LeadFormByPublicID(ctx context.Context, public string) (*LeadForm, error) {
	f, err := gorm.G[LeadForm](tx.g).Where("shop_id = ? AND public_id = ?", tx.ShopID, public).Take(ctx)
	if err != nil {
		return nil, fmt.Errorf("load lead form: %w", notFound(err))
	}
	return &f, nil
}

// LeadForms lists forms, newest first; agreementID 0 lists all.
func (tx *Tx) LeadForms(ctx context.Context, agreementID int64, p Page) ([]LeadForm, *Cursor, error) {
	q := gorm.G[LeadForm](tx.g).Where("shop_id = ?", tx.ShopID)
	if p.After.Minor != 0 {
		q = q.Where("id < ?", p.After.Minor)
	}
	if agreementID != 0 {
		q = q.Where("agreement_id = ?", agreementID)
	}
	fs, err := q.Order("id DESC").Limit(p.limit()).Find(ctx)
	if err != nil {
		return nil, nil, fmt.Errorf("list lead forms: %w", err)
	}
	fs, next := cut(fs, p, func(f *LeadForm) Cursor { return Cursor{Minor: f.ID} })
	return fs, next, nil
}

// ShopOfLeadForm tells whose form has the public id; ErrNotFound when none has,
// or its shop has left. It works in a transaction of shop 0.
func (tx *Tx) ShopOfLeadForm(ctx context.Context, public string) (shopID int64, err error) {
	err = tx.pgx.QueryRow(ctx, "SELECT shop_id FROM door_lead_form($1)", public).Scan(&shopID)
	if err != nil {
		return 0, fmt.Errorf("find lead form: %w", notFound(err))
	}
	return shopID, nil
}

// ShopOfLeadToken tells in which shop a confirmation token is; ErrNotFound when
// in none. It works in a transaction of shop 0.
func (tx *Tx) ShopOfLeadToken(ctx context.Context, hash []byte) (shopID int64, err error) {
	err = tx.pgx.QueryRow(ctx, "SELECT shop_id FROM door_lead_token($1)", hash).Scan(&shopID)
	if err != nil {
		return 0, fmt.Errorf("find confirmation token: %w", notFound(err))
	}
	return shopID, nil
}
