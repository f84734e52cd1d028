package web

import (
	"context"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"tributary/internal/domain/picture"
	"tributary/internal/errs"
	"tributary/internal/program"
	"tributary/internal/store"
)

// assetTable is the part of the route table about pictures for content.
func (s *Server) assetTable() []route {
	return []route{
		{get, "/assets", read, "List pictures for content: yours, and what influencers have handed in", reads(s.listAssets)},
		{post, "/assets", write, "Hand a picture to influencers; it is checked and written anew", takesFile(writes(s.addAsset))},
		{get, "/assets/{id}/file", read, "Get a picture", sends(s.assetFile, media{"image/jpeg", binary}, media{"image/png", binary})},
		{post, "/assets/{id}/delete", write, "Delete a picture", writes(s.dropAsset)},
	}
}

// portalAssets is the same, of the portal.
func (s *Server) portalAssets() []portalRoute {
	return []portalRoute{
		{get, "/shops/{shop}/assets", false, "List pictures for your content: the shop's, and yours", sees(s.myAssets)},
		{post, "/shops/{shop}/assets", false, "Hand in a picture; it is checked and written anew", takesFile(does(nil, s.addMyAsset))},
		{get, "/shops/{shop}/assets/{id}/file", false, "Get a picture", hands(s.assetFile, media{"image/jpeg", binary}, media{"image/png", binary})},
		{post, "/shops/{shop}/assets/{id}/delete", false, "Delete a picture of yours", does(ownAsset, s.dropMyAsset)},
	}
}

// takesFile mounts what takes a file.
func takesFile(mount func(*Server, huma.Operation)) func(*Server, huma.Operation) {
	return func(s *Server, op huma.Operation) {
		op.MaxBodyBytes = picture.MaxBytes + 1
		mount(s, op)
	}
}

// Asset is a picture for content.
type Asset struct {
	ID           string    `json:"id" example:"ast_5"`
	InfluencerID string    `json:"influencer_id,omitempty" doc:"Who has handed it in; absent: the shop"`
	CampaignID   string    `json:"campaign_id,omitempty" doc:"Of whom it is for; absent: all"`
	Title        string    `json:"title"`
	ContentType  string    `json:"content_type" enum:"image/jpeg,image/png"`
	Width        int       `json:"width"`
	Height       int       `json:"height"`
	Bytes        int64     `json:"bytes"`
	CreatedAt    time.Time `json:"created_at"`
}

func asAsset(a *store.Asset) Asset {
	return Asset{ID: formatID("ast", a.ID), InfluencerID: formatOptionalID("inf", a.InfluencerID), CampaignID: formatOptionalID("cmp", a.CampaignID), Title: a.Title,
		ContentType: a.ContentType, Width: a.Width, Height: a.Height, Bytes: a.Bytes, CreatedAt: a.CreatedAt.UTC()}
}

func asAssetOr(a *store.Asset, err error) (Asset, error) {
	if err != nil {
		return Asset{}, err
	}
	return asAsset(a), nil
}

type listAssetsIn struct {
	PageIn
	Influencer string `query:"influencer"`
	Of         string `query:"of" enum:"shop" doc:"shop: only what the shop has handed out"`
}

func (s *Server) listAssets(ctx context.Context, tx *store.Tx, in *listAssetsIn) (List[Asset], error) {
	var none List[Asset]
	p, err := in.page()
	if err != nil {
		return none, err
	}
	f := store.AssetFilter{OfShop: in.Of == "shop"}
	if f.InfluencerID, err = parseOptionalID("inf", in.Influencer); err != nil {
		return none, err
	}
	rows, next, err := tx.Assets(ctx, f, p)
	if err != nil {
		return none, err
	}
	return listOf(rows, next, asAsset), nil
}

type addAssetIn struct {
	Title    string `query:"title" required:"true" maxLength:"200"`
	Campaign string `query:"campaign" doc:"Only who takes part in it sees the picture; absent: everybody"`
	RawBody  []byte `contentType:"application/octet-stream" doc:"A JPEG or PNG of up to 8 MB"`
}

func (s *Server) addAsset(ctx context.Context, tx *store.Tx, in *addAssetIn) (Asset, error) {
	campaign, err := parseOptionalID("cmp", in.Campaign)
	if err != nil {
		return Asset{}, err
	}
	return asAssetOr(program.AddAsset(ctx, tx, program.NewAsset{CampaignID: campaign, Title: in.Title, Raw: in.RawBody}))
}

func (s *Server) assetFile(ctx context.Context, tx *store.Tx, in *IDIn) (sent, error) {
	id, err := parseID("ast", in.ID)
	if err != nil {
		return sent{}, err
	}
	a, err := tx.Asset(ctx, id)
	if err != nil {
		return sent{}, err
	}
	data, err := tx.AssetData(ctx, id)
	return sent{contentType: a.ContentType, body: data}, err
}

func (s *Server) dropAsset(ctx context.Context, tx *store.Tx, in *IDIn) (Asset, error) {
	id, err := parseID("ast", in.ID)
	if err != nil {
		return Asset{}, err
	}
	a, err := tx.Asset(ctx, id)
	if err != nil {
		return Asset{}, err
	}
	return asAsset(a), tx.DropAsset(ctx, id)
}

type myAssetsIn struct{ PageIn }

func (s *Server) myAssets(ctx context.Context, tx *store.Tx, in *myAssetsIn) (List[Asset], error) {
	return s.listAssets(ctx, tx, &listAssetsIn{PageIn: in.PageIn})
}

type addMyAssetIn struct {
	Title   string `query:"title" required:"true" maxLength:"200"`
	RawBody []byte `contentType:"application/octet-stream" doc:"A JPEG or PNG of up to 8 MB"`
}

func (s *Server) addMyAsset(ctx context.Context, tx *store.Tx, m *store.Membership, in *addMyAssetIn) (Asset, error) {
	return asAssetOr(program.AddAsset(ctx, tx, program.NewAsset{InfluencerID: m.InfluencerID, Title: in.Title, Raw: in.RawBody}))
}

// ownAsset lets nobody delete what the shop has handed out, which they see.
func ownAsset(ctx context.Context, tx *store.Tx, in *IDIn) error {
	id, err := parseID("ast", in.ID)
	if err != nil {
		return err
	}
	a, err := tx.Asset(ctx, id)
	if err == nil && a.InfluencerID == 0 {
		err = errs.New(errs.Forbidden, "not_yours", "The shop has handed this picture out; only the shop deletes it.")
	}
	return err
}

func (s *Server) dropMyAsset(ctx context.Context, tx *store.Tx, _ *store.Membership, in *IDIn) (Asset, error) {
	return s.dropAsset(ctx, tx, in)
}
