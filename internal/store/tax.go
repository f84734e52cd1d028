package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgtype"
)

// TaxForm is a form as an influencer filled it in.
type TaxForm struct {
	ID, InfluencerID int64
	Kind             string // tax.W9, …
	Data             []byte // sealed
	SignedAt         time.Time
	ValidUntil       time.Time // zero: until another is filled in
}

// AddTaxForm stores f in the place of earlier ones and sets its ID.
func (tx *Tx) AddTaxForm(ctx context.Context, f *TaxForm) error {
	f.SignedAt = tx.Now
	if err := tx.exec(ctx, "replace tax form", "DELETE FROM tax_forms WHERE shop_id = $1 AND influencer_id = $2", tx.ShopID, f.InfluencerID); err != nil {
		return err
	}
	err := tx.pgx.QueryRow(ctx, "INSERT INTO tax_forms (shop_id, influencer_id, kind, data, signed_at, valid_until) VALUES ($1, $2, $3, $4, $5, $6) RETURNING id",
		tx.ShopID, f.InfluencerID, f.Kind, f.Data, f.SignedAt, toTimestamptz(f.ValidUntil)).Scan(&f.ID)
	if err != nil {
		return fmt.Errorf("add tax form: %w", err)
	}
	return nil
}

// TaxForm returns an influencer's form; ErrNotFound when there is none.
func (tx *Tx) TaxForm(ctx context.Context, influencerID int64) (*TaxForm, error) {
	f := TaxForm{InfluencerID: influencerID}
	var until pgtype.Timestamptz
	err := tx.pgx.QueryRow(ctx, "SELECT id, kind, data, signed_at, valid_until FROM tax_forms WHERE shop_id = $1 AND influencer_id = $2 ORDER BY id DESC LIMIT 1", tx.ShopID, influencerID).
		Scan(&f.ID, &f.Kind, &f.Data, &f.SignedAt, &until)
	if err != nil {
		return nil, fmt.Errorf("load tax form of influencer %d: %w", influencerID, notFound(err))
	}
	f.SignedAt, f.ValidUntil = f.SignedAt.UTC(), fromTimestamptz(until)
	return &f, nil
}

// PaidBetween sums what was paid to an influencer in a currency in [from, to).
func (tx *Tx) PaidBetween(ctx context.Context, influencerID int64, currency string, from, to time.Time) (minor int64, err error) {
	err = tx.pgx.QueryRow(ctx, `SELECT coalesce(sum(minor), 0)::bigint FROM ledger_entries
		WHERE shop_id = $1 AND influencer_id = $2 AND currency = $3 AND account = 4 AND kind = 5 AND effective_at >= $4 AND effective_at < $5`,
		tx.ShopID, influencerID, currency, from, to).Scan(&minor)
	if err != nil {
		return 0, fmt.Errorf("sum what was paid: %w", err)
	}
	return minor, nil
}
