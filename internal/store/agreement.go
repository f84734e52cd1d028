package store

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"
)

// The states of an agreement version.
const (
	VersionDraft      = "draft"
	VersionOffered    = "offered"
	VersionSigned     = "signed"
	VersionSuperseded = "superseded"
	VersionDeclined   = "declined"
	VersionWithdrawn  = "withdrawn"
)

// Agreement is between a shop and an influencer, for a campaign. What was
// agreed stands in its versions.
type Agreement struct {
	ShopID       int64 `gorm:"primaryKey;autoIncrement:false"`
	ID           int64 `gorm:"primaryKey;autoIncrement"`
	InfluencerID int64
	CampaignID   int64
	CreatedAt    time.Time
}

// TableName is for gorm.
func (Agreement) TableName() string { return "agreements" }

// AgreementVersion is one document of terms and how far the parties got with it.
type AgreementVersion struct {
	ShopID        int64 `gorm:"primaryKey;autoIncrement:false"`
	ID            int64 `gorm:"primaryKey;autoIncrement"`
	AgreementID   int64
	Number        int
	State         string
	Terms         string // RFC 8785 canonical JSON
	Hash          string // hex sha256 of Terms
	EffectiveFrom *time.Time
	EffectiveTo   *time.Time
	CreatedAt     time.Time
}

// TableName is for gorm.
func (AgreementVersion) TableName() string { return "agreement_versions" }

// Signature is one party's signature under one version; it never changes.
type Signature struct {
	ShopID    int64 `gorm:"primaryKey;autoIncrement:false"`
	ID        int64 `gorm:"primaryKey;autoIncrement"`
	VersionID int64
	Party     string // "merchant", "influencer"
	Signer    string
	Email     string
	IP        string `gorm:"column:ip"`
	Method    string // "api", "portal", "admin"
	Hash      string
	SignedAt  time.Time
}

// TableName is for gorm.
func (Signature) TableName() string { return "signatures" }

// AddAgreement stores a and sets its ID.
func (tx *Tx) AddAgreement(ctx context.Context, a *Agreement) error {
	a.ShopID, a.CreatedAt = tx.ShopID, tx.Now
	if err := gorm.G[Agreement](tx.g).Create(ctx, a); err != nil {
		return fmt.Errorf("add agreement: %w", err)
	}
	return nil
}

// Agreement returns one agreement; ErrNotFound when there is none.
func (tx *Tx) Agreement(ctx context.Context, id int64) (*Agreement, error) {
	a, err := gorm.G[Agreement](tx.g).Where("shop_id = ? AND id = ?", tx.ShopID, id).Take(ctx)
	if err != nil {
		return nil, fmt.Errorf("load agreement %d: %w", id, notFound(err))
	}
	return &a, nil
}

// LockAgreement makes this transaction the only one that changes the agreement
// and its versions until it ends; ErrNotFound when there is none.
func (tx *Tx) LockAgreement(ctx context.Context, id int64) (*Agreement, error) {
	a := Agreement{ShopID: tx.ShopID, ID: id}
	err := tx.pgx.QueryRow(ctx, "SELECT influencer_id, campaign_id, created_at FROM agreements WHERE shop_id = $1 AND id = $2 FOR NO KEY UPDATE",
		tx.ShopID, id).Scan(&a.InfluencerID, &a.CampaignID, &a.CreatedAt)
	if err != nil {
		return nil, fmt.Errorf("lock agreement %d: %w", id, notFound(err))
	}
	return &a, nil
}

// AgreementFilter narrows a list; zero fields do not.
type AgreementFilter struct {
	InfluencerID, CampaignID int64
	State                    string // some version is in it
}

// Agreements lists agreements, newest first.
func (tx *Tx) Agreements(ctx context.Context, f AgreementFilter, p Page) ([]Agreement, *Cursor, error) {
	q := gorm.G[Agreement](tx.g).Where("shop_id = ?", tx.ShopID)
	if p.After.Minor != 0 {
		q = q.Where("id < ?", p.After.Minor)
	}
	if f.InfluencerID != 0 {
		q = q.Where("influencer_id = ?", f.InfluencerID)
	}
	if f.CampaignID != 0 {
		q = q.Where("campaign_id = ?", f.CampaignID)
	}
	if f.State != "" {
		q = q.Where("EXISTS (SELECT FROM agreement_versions v WHERE v.shop_id = agreements.shop_id AND v.agreement_id = agreements.id AND v.state = ?)", f.State)
	}
	as, err := q.Order("id DESC").Limit(p.limit()).Find(ctx)
	if err != nil {
		return nil, nil, fmt.Errorf("list agreements: %w", err)
	}
	as, next := cut(as, p, func(a *Agreement) Cursor { return Cursor{Minor: a.ID} })
	return as, next, nil
}

// AddVersion stores v and sets its ID.
func (tx *Tx) AddVersion(ctx context.Context, v *AgreementVersion) error {
	v.ShopID, v.CreatedAt = tx.ShopID, tx.Now
	if err := gorm.G[AgreementVersion](tx.g).Create(ctx, v); err != nil {
		return fmt.Errorf("add version %d of agreement %d: %w", v.Number, v.AgreementID, err)
	}
	return nil
}

// Versions returns the versions of the given agreements, ascending by number.
func (tx *Tx) Versions(ctx context.Context, agreementIDs ...int64) ([]AgreementVersion, error) {
	vs, err := gorm.G[AgreementVersion](tx.g).Where("shop_id = ? AND agreement_id IN ?", tx.ShopID, agreementIDs).
		Order("agreement_id, number").Find(ctx)
	if err != nil {
		return nil, fmt.Errorf("load versions: %w", err)
	}
	return vs, nil
}

// Version returns one version by its id; ErrNotFound when there is none.
func (tx *Tx) Version(ctx context.Context, id int64) (*AgreementVersion, error) {
	v, err := gorm.G[AgreementVersion](tx.g).Where("shop_id = ? AND id = ?", tx.ShopID, id).Take(ctx)
	if err != nil {
		return nil, fmt.Errorf("load agreement version %d: %w", id, notFound(err))
	}
	return &v, nil
}

// SetVersionState writes the state and the effective interval of v.
func (tx *Tx) SetVersionState(ctx context.Context, v *AgreementVersion) error {
	tag, err := tx.pgx.Exec(ctx, "UPDATE agreement_versions SET state = $3, effective_from = $4, effective_to = $5 WHERE shop_id = $1 AND id = $2",
		tx.ShopID, v.ID, v.State, v.EffectiveFrom, v.EffectiveTo)
	if err != nil {
		return fmt.Errorf("change agreement version %d: %w", v.ID, err)
	}
	if tag.RowsAffected() == 0 {
		return fmt.Errorf("change agreement version %d: %w", v.ID, ErrNotFound)
	}
	return nil
}

// AddSignature stores s and sets its ID.
func (tx *Tx) AddSignature(ctx context.Context, s *Signature) error {
	s.ShopID = tx.ShopID
	if err := gorm.G[Signature](tx.g).Create(ctx, s); err != nil {
		return fmt.Errorf("sign agreement version %d: %w", s.VersionID, err)
	}
	return nil
}

// Signatures returns the signatures under the given versions, ascending by time.
func (tx *Tx) Signatures(ctx context.Context, versionIDs ...int64) (map[int64][]Signature, error) {
	rows, err := gorm.G[Signature](tx.g).Where("shop_id = ? AND version_id IN ?", tx.ShopID, versionIDs).Order("signed_at, id").Find(ctx)
	if err != nil {
		return nil, fmt.Errorf("load signatures: %w", err)
	}
	out := make(map[int64][]Signature, len(versionIDs))
	for _, s := range rows {
		out[s.VersionID] = append(out[s.VersionID], s)
	}
	return out, nil
}
