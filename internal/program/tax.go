package program

import (
	"context"
	"encoding/json"
	"fmt"

	"tributary/internal/domain/tax"
	"tributary/internal/platform"
	"tributary/internal/seal"
	"tributary/internal/store"
)

// FileTaxForm stores a form sealed, and makes the influencer one whose form is
// there.
func FileTaxForm(ctx context.Context, tx *store.Tx, keys *seal.Keys, influencerID int64, f tax.Form) (*store.TaxForm, error) {
	if err := f.Check(tx.Now); err != nil {
		return nil, err
	}
	if err := tx.LockInfluencer(ctx, influencerID); err != nil {
		return nil, missing(err, "influencer")
	}
	plain, err := json.Marshal(f)
	if err != nil {
		return nil, fmt.Errorf("encode tax form: %w", err)
	}
	row := store.TaxForm{InfluencerID: influencerID, Kind: f.Kind, Data: keys.Seal(plain, taxPlace(tx.ShopID, influencerID)), ValidUntil: tax.ValidUntil(f.Kind, tx.Now)}
	if err := tx.AddTaxForm(ctx, &row); err != nil {
		return nil, err
	}
	i, err := tx.Influencer(ctx, influencerID)
	if err != nil {
		return nil, err
	}
	i.TaxForm = "valid"
	return &row, tx.SetInfluencer(ctx, i)
}

// OpenTaxForm returns what stands in a form.
func OpenTaxForm(keys *seal.Keys, shopID int64, row *store.TaxForm) (f tax.Form, err error) {
	plain, err := keys.Open(row.Data, taxPlace(shopID, row.InfluencerID))
	if err == nil {
		err = json.Unmarshal(plain, &f)
	}
	if err != nil {
		return f, fmt.Errorf("open tax form of influencer %d: %w", row.InfluencerID, err)
	}
	return f, nil
}

func taxPlace(shopID, influencerID int64) []byte { return platform.TaxPlace(shopID, influencerID) }
