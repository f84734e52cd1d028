package web

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"time"

	"tributary/internal/domain/order"
	document "tributary/internal/domain/page"
	"tributary/internal/errs"
	"tributary/internal/landing"
	"tributary/internal/store"
)

// landingTable is the part of the route table about landing pages.
func (s *Server) landingTable() []route {
	return []route{
		{get, "/pages", read, "List landing pages", reads(s.listPages)},
		{post, "/pages", write, "Add a landing page with its first version", writesThen(s.createPage, refreshPages[createPageIn](s))},
		{get, "/pages/schema", read, "Get the JSON Schema of a page's document", reads(s.pageSchema)},
		{get, "/pages/{id}", read, "Get a landing page with what it shows and will show", reads(s.getPage)},
		{patch, "/pages/{id}", write, "Change a landing page's slug, or what its influencer may edit", writesThen(s.changePage, refreshPages[changePageIn](s))},
		{get, "/pages/{id}/versions", read, "List the versions of a page", reads(s.listPageVersions)},
		{post, "/pages/{id}/versions", write, "Add a version to a page", writes(s.createPageVersion)},
		{get, "/pages/{id}/versions/{number}", read, "Get a version with its document", reads(s.getPageVersion)},
		{get, "/pages/{id}/draft", read, "Get what somebody is writing on a page", reads(s.getPageDraft)},
		{post, "/pages/{id}/draft", write, "Keep what somebody is writing on a page, and say what is wrong with it", writes(s.keepPageDraft)},
		{post, "/pages/{id}/draft/discard", write, "Forget what somebody was writing on a page", writes(s.dropPageDraft)},
		{post, "/pages/{id}/preview", write, "Make an address at which a version can be looked at", writes(s.previewPage)},
		{post, "/pages/{id}/publish", write, "Publish a version, or up to four side by side, now or later", writesThen(s.publishPage, refreshPages[publishPageIn](s))},
		{post, "/pages/{id}/unpublish", write, "Take a page down, now or later", writesThen(s.unpublishPage, refreshPages[unpublishPageIn](s))},
		{get, "/pages/{id}/render", read, "Get a version as data for a store's theme or plugin", reads(s.renderPage)},
		{get, "/pages/{id}/stats", read, "Count views, clicks, conversions and revenue of a page", reads(s.pageStats)},
	}
}

// LandingPage is an influencer's page.
type LandingPage struct {
	ID              string        `json:"id" example:"pag_3"`
	AgreementID     string        `json:"agreement_id" example:"agr_7"`
	LinkID          string        `json:"link_id" example:"lnk_5" doc:"What its buttons count for"`
	Slug            string        `json:"slug" example:"anna-autumn"`
	URL             string        `json:"url" doc:"Where it is shown while it is published"`
	State           string        `json:"state" enum:"draft,scheduled,published,unpublished"`
	Versions        int           `json:"versions" doc:"Number of the newest version"`
	InfluencerEdits string        `json:"influencer_edits" enum:"none,propose,publish" doc:"What the influencer may do to texts and pictures: nothing; add a version that you publish; or publish it at once"`
	Live            *PageRelease  `json:"live,omitempty" doc:"What it shows"`
	Scheduled       []PageRelease `json:"scheduled,omitempty" doc:"What it will show"`
	Store           *PagePlace    `json:"store,omitempty" doc:"Where the store itself shows it; absent until it was asked to"`
	CreatedAt       time.Time     `json:"created_at"`
	DraftAt         *time.Time    `json:"draft_saved_at,omitempty" doc:"When somebody last wrote on it; absent without a draft, and in lists"`
}

// PagePlace is a page in the store's own storefront.
type PagePlace struct {
	State string    `json:"state" enum:"waiting,shown,hidden,absent,failed" doc:"absent: the store is not set up to show pages; failed: it refused this one"`
	URL   string    `json:"url,omitempty"`
	Note  string    `json:"note,omitempty" doc:"What to do, where something is wrong"`
	At    time.Time `json:"at"`
}

// PageRelease is what a page shows for a time.
type PageRelease struct {
	PublishAt   time.Time     `json:"publish_at"`
	UnpublishAt *time.Time    `json:"unpublish_at,omitempty"`
	Variants    []PageVariant `json:"variants"`
}

// PageVariant is a version that some of the visitors see.
type PageVariant struct {
	Name    string `json:"name,omitempty" enum:"a,b,c,d" doc:"Given by place"`
	Version int    `json:"version" minimum:"1"`
	Weight  int    `json:"weight,omitempty" minimum:"1" maximum:"100" doc:"Percent of the visitors; together 100"`
}

// PageVersion is what was on a page at one time; it never changes.
type PageVersion struct {
	Number    int       `json:"number"`
	Hash      string    `json:"hash" doc:"sha256 of the document in the form of RFC 8785"`
	Author    string    `json:"author,omitempty"`
	Note      string    `json:"note,omitempty"`
	CreatedAt time.Time `json:"created_at"`
	Document  *JSON     `json:"document,omitempty" doc:"Left out in lists"`
}

func (s *Server) asPage(p *store.LandingPage) LandingPage {
	return LandingPage{ID: formatID("pag", p.ID), AgreementID: formatID("agr", p.AgreementID), LinkID: formatID("lnk", p.LinkID), Slug: p.Slug,
		URL: s.PublicURL + landing.PathOf(p), State: p.State, Versions: p.Versions, InfluencerEdits: p.Edits, CreatedAt: p.CreatedAt}
}

// asPageNow adds what the page shows and will show, and its state by the clock.
func (s *Server) asPageNow(ctx context.Context, tx *store.Tx, p *store.LandingPage) (LandingPage, error) {
	out, err := s.asPageShown(ctx, tx, p)
	if err != nil {
		return out, err
	}
	place, err := tx.LandingPlace(ctx, p.ID)
	if err != nil {
		return out, err
	}
	if !place.At.IsZero() {
		out.Store = &PagePlace{State: cmp.Or(place.State, "waiting"), URL: place.URL, Note: place.Note, At: place.At}
	}
	draft, err := tx.LandingDraft(ctx, p.ID)
	if store.IsNotFound(err) {
		return out, nil
	}
	if err != nil {
		return out, err
	}
	out.DraftAt = &draft.SavedAt
	return out, nil
}

// asPageShown is what everybody may know who may see the page: not who writes on
// it, nor how it gets to the store.
func (s *Server) asPageShown(ctx context.Context, tx *store.Tx, p *store.LandingPage) (LandingPage, error) {
	out := s.asPage(p)
	rs, err := tx.Releases(ctx, p.ID)
	if err != nil {
		return out, err
	}
	out.State, _ = document.StateAt(rs, tx.Now)
	if live := document.LiveAt(rs, tx.Now); live != nil {
		r := asRelease(live)
		out.Live = &r
	}
	for i := range rs {
		if !rs[i].Withdrawn && rs[i].StartsAt.After(tx.Now) {
			out.Scheduled = append(out.Scheduled, asRelease(&rs[i]))
		}
	}
	return out, nil
}

func asRelease(r *document.Release) PageRelease {
	out := PageRelease{PublishAt: r.StartsAt, UnpublishAt: utcOrNil(r.EndsAt)}
	for _, v := range r.Variants {
		out.Variants = append(out.Variants, PageVariant(v))
	}
	return out
}

func asPageVersion(v *store.LandingVersion) PageVersion {
	out := PageVersion{Number: v.Number, Hash: v.Hash, Author: v.Author, Note: v.Note, CreatedAt: v.CreatedAt}
	if v.Document != nil {
		d := JSON(v.Document)
		out.Document = &d
	}
	return out
}

type createPageIn struct {
	Body struct {
		AgreementID string `json:"agreement_id" example:"agr_7"`
		Slug        string `json:"slug" doc:"a-z, 0-9 and -; unique in the shop" example:"anna-autumn"`
		Document    JSON   `json:"document" doc:"See GET /pages/schema"`
		Author      string `json:"author,omitempty"`
		Note        string `json:"note,omitempty"`
	}
}

func (s *Server) createPage(ctx context.Context, tx *store.Tx, in *createPageIn) (LandingPage, error) {
	agreement, err := parseID("agr", in.Body.AgreementID)
	if err != nil {
		return LandingPage{}, err
	}
	p, err := landing.Add(ctx, tx, landing.NewPage{AgreementID: agreement, Slug: in.Body.Slug, Document: in.Body.Document,
		Author: authorOf(ctx, in.Body.Author), Note: in.Body.Note})
	if err != nil {
		return LandingPage{}, err
	}
	return s.asPage(p), nil
}

// authorOf is who the caller says they are, or else their key.
func authorOf(ctx context.Context, said string) string {
	if said != "" {
		return said
	}
	return formatID("key", callerFrom(ctx).KeyID)
}

// refreshPages shows a change in this process at once; others see it within a
// second.
func refreshPages[I any](s *Server) func(context.Context, *I, LandingPage) error {
	return func(ctx context.Context, _ *I, _ LandingPage) error {
		if s.Pages == nil {
			return nil
		}
		return s.Pages.Refresh(ctx)
	}
}

type changePageIn struct {
	IDIn
	Body struct {
		Slug            *string `json:"slug,omitempty"`
		InfluencerEdits *string `json:"influencer_edits,omitempty" doc:"none, propose or publish"`
	}
}

func (s *Server) changePage(ctx context.Context, tx *store.Tx, in *changePageIn) (LandingPage, error) {
	id, err := parseID("pag", in.ID)
	if err != nil {
		return LandingPage{}, err
	}
	if in.Body.InfluencerEdits != nil {
		if _, err := landing.LetEdit(ctx, tx, id, *in.Body.InfluencerEdits); err != nil {
			return LandingPage{}, err
		}
	}
	var p *store.LandingPage
	if in.Body.Slug != nil {
		p, err = landing.Rename(ctx, tx, id, *in.Body.Slug)
	} else {
		p, err = tx.LandingPage(ctx, id)
	}
	if err != nil {
		return LandingPage{}, err
	}
	return s.asPageNow(ctx, tx, p)
}

func (s *Server) getPage(ctx context.Context, tx *store.Tx, in *IDIn) (LandingPage, error) {
	id, err := parseID("pag", in.ID)
	if err != nil {
		return LandingPage{}, err
	}
	p, err := tx.LandingPage(ctx, id)
	if err != nil {
		return LandingPage{}, err
	}
	return s.asPageNow(ctx, tx, p)
}

type listPagesIn struct {
	PageIn
	Agreement  string `query:"agreement"`
	Influencer string `query:"influencer"`
	State      string `query:"state" enum:"draft,scheduled,published,unpublished"`
}

func (s *Server) listPages(ctx context.Context, tx *store.Tx, in *listPagesIn) (List[LandingPage], error) {
	var none List[LandingPage]
	p, err := in.page()
	if err != nil {
		return none, err
	}
	f := store.LandingFilter{State: in.State}
	if f.AgreementID, err = parseOptionalID("agr", in.Agreement); err != nil {
		return none, err
	}
	if f.InfluencerID, err = parseOptionalID("inf", in.Influencer); err != nil {
		return none, err
	}
	ps, next, err := tx.LandingPages(ctx, f, p)
	if err != nil {
		return none, err
	}
	return listOf(ps, next, s.asPage), nil
}

type createPageVersionIn struct {
	IDIn
	Body struct {
		Document JSON   `json:"document" doc:"See GET /pages/schema"`
		Author   string `json:"author,omitempty"`
		Note     string `json:"note,omitempty" doc:"What is new"`
	}
}

func (s *Server) createPageVersion(ctx context.Context, tx *store.Tx, in *createPageVersionIn) (PageVersion, error) {
	id, err := parseID("pag", in.ID)
	if err != nil {
		return PageVersion{}, err
	}
	v, err := landing.Revise(ctx, tx, id, in.Body.Document, authorOf(ctx, in.Body.Author), in.Body.Note)
	if err != nil {
		return PageVersion{}, err
	}
	return asPageVersion(v), nil
}

type pageVersionIn struct {
	IDIn
	Number int `path:"number" minimum:"1"`
}

func (s *Server) getPageVersion(ctx context.Context, tx *store.Tx, in *pageVersionIn) (PageVersion, error) {
	id, err := parseID("pag", in.ID)
	if err != nil {
		return PageVersion{}, err
	}
	v, err := tx.LandingVersion(ctx, id, in.Number)
	if err != nil {
		return PageVersion{}, err
	}
	return asPageVersion(v), nil
}

type listPageVersionsIn struct {
	IDIn
	PageIn
}

func (s *Server) listPageVersions(ctx context.Context, tx *store.Tx, in *listPageVersionsIn) (List[PageVersion], error) {
	var none List[PageVersion]
	id, err := parseID("pag", in.ID)
	if err != nil {
		return none, err
	}
	p, err := in.page()
	if err != nil {
		return none, err
	}
	if _, err := tx.LandingPage(ctx, id); err != nil {
		return none, err
	}
	vs, next, err := tx.LandingVersions(ctx, id, p)
	if err != nil {
		return none, err
	}
	return listOf(vs, next, asPageVersion), nil
}

func (s *Server) pageSchema(context.Context, *store.Tx, *none) (JSON, error) {
	schema := document.Schema()
	if !json.Valid(schema) {
		return nil, fmt.Errorf("the schema of pages is not JSON")
	}
	return JSON(schema), nil
}

// PagePreview is an address that shows a version to whoever has it.
type PagePreview struct {
	URL       string    `json:"url"`
	Version   int       `json:"version"`
	ExpiresAt time.Time `json:"expires_at"`
}

type previewPageIn struct {
	IDIn
	Body struct {
		Version int `json:"version,omitempty" minimum:"1" doc:"Absent: the newest"`
		Hours   int `json:"hours,omitempty" minimum:"1" maximum:"720" doc:"How long it holds; absent: 24"`
	}
}

func (s *Server) previewPage(ctx context.Context, tx *store.Tx, in *previewPageIn) (PagePreview, error) {
	id, err := parseID("pag", in.ID)
	if err != nil {
		return PagePreview{}, err
	}
	p, err := tx.LandingPage(ctx, id)
	if err != nil {
		return PagePreview{}, err
	}
	version, hours := in.Body.Version, in.Body.Hours
	if version == 0 {
		version = p.Versions
	}
	if hours == 0 {
		hours = 24
	}
	if _, err := tx.LandingVersion(ctx, id, version); err != nil {
		return PagePreview{}, err
	}
	until := tx.Now.Add(time.Duration(hours) * time.Hour).Truncate(time.Second)
	return PagePreview{URL: s.PublicURL + landing.PathOf(p) + "?preview=" + landing.NewPreviews(s.Keys).Sign(tx.ShopID, id, version, until), Version: version, ExpiresAt: until}, nil
}

type publishPageIn struct {
	IDIn
	Body struct {
		Version     int           `json:"version,omitempty" minimum:"1" doc:"The one to show; absent, without variants: the newest"`
		Variants    []PageVariant `json:"variants,omitempty" maxItems:"4" doc:"Instead of version: two to four side by side"`
		PublishAt   *time.Time    `json:"publish_at,omitempty" doc:"Absent: now"`
		UnpublishAt *time.Time    `json:"unpublish_at,omitempty" doc:"Absent: for good"`
		Author      string        `json:"author,omitempty"`
	}
}

func (s *Server) publishPage(ctx context.Context, tx *store.Tx, in *publishPageIn) (LandingPage, error) {
	id, err := parseID("pag", in.ID)
	if err != nil {
		return LandingPage{}, err
	}
	n := landing.Publication{Author: authorOf(ctx, in.Body.Author)}
	for _, v := range in.Body.Variants {
		n.Variants = append(n.Variants, document.Variant{Version: v.Version, Weight: v.Weight})
	}
	switch {
	case n.Variants != nil && in.Body.Version != 0:
		return LandingPage{}, errs.New(errs.Invalid, "invalid_variants", "Give a version or variants, not both.", errs.Field{Path: "version", Msg: "stands beside variants"})
	case n.Variants == nil:
		if in.Body.Version == 0 {
			p, err := tx.LandingPage(ctx, id)
			if err != nil {
				return LandingPage{}, err
			}
			in.Body.Version = p.Versions
		}
		n.Variants = []document.Variant{{Version: in.Body.Version}}
	}
	if in.Body.PublishAt != nil {
		n.From = *in.Body.PublishAt
	}
	if in.Body.UnpublishAt != nil {
		n.To = *in.Body.UnpublishAt
	}
	p, err := landing.Publish(ctx, tx, id, n)
	if err != nil {
		return LandingPage{}, err
	}
	return s.asPageNow(ctx, tx, p)
}

type unpublishPageIn struct {
	IDIn
	Body struct {
		At *time.Time `json:"at,omitempty" doc:"Absent: now"`
	} `required:"false"`
}

func (s *Server) unpublishPage(ctx context.Context, tx *store.Tx, in *unpublishPageIn) (LandingPage, error) {
	id, err := parseID("pag", in.ID)
	if err != nil {
		return LandingPage{}, err
	}
	var at time.Time
	if in.Body.At != nil {
		at = *in.Body.At
	}
	p, err := landing.Unpublish(ctx, tx, id, at)
	if err != nil {
		return LandingPage{}, err
	}
	return s.asPageNow(ctx, tx, p)
}

type renderPageIn struct {
	IDIn
	For     string `query:"for" required:"true" enum:"shopify,woocommerce"`
	Version int    `query:"version" minimum:"0" doc:"Absent: the newest"`
}

// PageData is a version of a page for a store's own theme or plugin. All text in
// it is escaped for HTML, Liquid and shortcodes.
type PageData struct {
	For        string              `json:"for" enum:"shopify,woocommerce"`
	Version    int                 `json:"version"`
	Hash       string              `json:"hash"`
	Metaobject *landing.Metaobject `json:"metaobject,omitempty" doc:"Variables of Shopify's metaobjectUpsert"`
	Block      *landing.Block      `json:"block,omitempty" doc:"Block of the WordPress plugin"`
}

func (s *Server) renderPage(ctx context.Context, tx *store.Tx, in *renderPageIn) (PageData, error) {
	id, err := parseID("pag", in.ID)
	if err != nil {
		return PageData{}, err
	}
	to := order.Shopify
	if in.For == "woocommerce" {
		to = order.WooCommerce
	}
	x, err := landing.ExportOf(ctx, tx, s.PublicURL, id, in.Version, to)
	if err != nil {
		return PageData{}, err
	}
	return PageData{For: in.For, Version: x.Version, Hash: x.Hash, Metaobject: x.Metaobject, Block: x.Block}, nil
}
