package program

import (
	"context"
	"fmt"

	"tributary/internal/domain/picture"
	"tributary/internal/errs"
	"tributary/internal/store"
)

// How many pictures are kept.
const (
	assetsOfInfluencer = 50
	assetsOfShop       = 500
)

// NewAsset is a picture to keep, as it was uploaded.
type NewAsset struct {
	InfluencerID, CampaignID int64 // 0: the shop's; for all
	Title                    string
	Raw                      []byte
}

// AddAsset keeps a picture, written anew.
func AddAsset(ctx context.Context, tx *store.Tx, n NewAsset) (*store.Asset, error) {
	var w wrong
	title := w.text("title", n.Title, 1, 200)
	if err := w.err("invalid_asset", "The picture cannot be kept like this."); err != nil {
		return nil, err
	}
	if n.CampaignID != 0 {
		if _, err := tx.Campaign(ctx, n.CampaignID); err != nil {
			return nil, missing(err, "campaign")
		}
	}
	most := assetsOfShop
	if n.InfluencerID != 0 {
		most = assetsOfInfluencer
		if err := tx.LockInfluencer(ctx, n.InfluencerID); err != nil {
			return nil, missing(err, "influencer")
		}
	}
	have, err := tx.CountAssets(ctx, n.InfluencerID)
	if err != nil {
		return nil, err
	}
	if have >= most {
		return nil, errs.New(errs.Conflict, "too_many_assets", fmt.Sprintf("There are %d pictures already. Delete one first.", have))
	}
	p, err := picture.Read(n.Raw)
	if err != nil {
		return nil, err
	}
	a := store.Asset{InfluencerID: n.InfluencerID, CampaignID: n.CampaignID, Title: title, ContentType: p.ContentType, Width: p.Width, Height: p.Height}
	return &a, tx.AddAsset(ctx, &a, p.Data)
}
