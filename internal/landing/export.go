package landing

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"

	"tributary/internal/domain/order"
	"tributary/internal/domain/page"
	"tributary/internal/errs"
	"tributary/internal/platform/shopify"
	"tributary/internal/store"
)

// Export is a version of a page as a store's own theme or plugin shows it. All
// text in it is escaped for HTML, Liquid and shortcodes: it is safe wherever a
// template puts it.
type Export struct {
	Version int
	Hash    string
	// Metaobject is the variables of Shopify's metaobjectUpsert.
	Metaobject *Metaobject
	// Block is the companion plugin's block.
	Block *Block
}

// Metaobject is the variables of metaobjectUpsert.
type Metaobject struct {
	Handle     MetaobjectHandle `json:"handle"`
	Metaobject MetaobjectValues `json:"metaobject"`
}

// MetaobjectHandle names a metaobject.
type MetaobjectHandle struct {
	Type   string `json:"type"`
	Handle string `json:"handle"`
}

// MetaobjectValues is what is in it. The value of sections is JSON.
type MetaobjectValues struct {
	Fields []shopify.MetaobjectField `json:"fields"`
}

// Block is a WordPress block with its attributes.
type Block struct {
	Name       string         `json:"name"`
	Attributes page.Flattened `json:"attributes"`
}

// ExportOf makes the data of a version (0: the newest) for a platform.
func ExportOf(ctx context.Context, tx *store.Tx, base string, id int64, version int, to order.Platform) (*Export, error) {
	p, err := tx.LandingPage(ctx, id)
	if err != nil {
		return nil, missing(err, "page")
	}
	if version == 0 {
		version = p.Versions
	}
	f, err := flat(ctx, tx, base, p, page.Variant{Name: "a", Version: version})
	if err != nil {
		return nil, err
	}
	out := &Export{Version: version, Hash: f.hash}
	if to == order.WooCommerce {
		out.Block = &Block{Name: "tributary/landing-page", Attributes: f.Flattened}
		return out, nil
	}
	fields, err := f.fields()
	if err != nil {
		return nil, err
	}
	out.Metaobject = &Metaobject{Handle: MetaobjectHandle{shopify.PageType, p.Slug}, Metaobject: MetaobjectValues{fields}}
	return out, nil
}

// flattened is a variant of a page as a store shows it.
type flattened struct {
	page.Flattened
	hash  string // of the document
	shown string // variant and version, as the page's links say it
	plain *page.Document
	scene *Scene
}

func flat(ctx context.Context, tx *store.Tx, base string, p *store.LandingPage, variant page.Variant) (*flattened, error) {
	v, err := tx.LandingVersion(ctx, p.ID, variant.Version)
	if store.IsNotFound(err) {
		return nil, errs.New(errs.NotFound, "not_found", "This page has no such version.")
	}
	if err != nil {
		return nil, err
	}
	d, err := page.Stored(v.Document)
	if err != nil {
		return nil, err
	}
	s, err := tx.LandingScene(ctx, p.AgreementID)
	if err != nil {
		return nil, missing(err, "shop")
	}
	scene := &Scene{BaseURL: base, Path: PathOf(p), Prefix: base, Variant: variant.Name, Version: variant.Version, Shop: s.Name, Influencer: s.Influencer, Zone: s.Zone}
	f := d.Flatten(wordsOf(d.Lang).disclose(s.Influencer), scene.out)
	return &flattened{Flattened: f, hash: v.Hash, shown: variant.Name + strconv.Itoa(variant.Version), plain: d, scene: scene}, nil
}

// fields are those of the page's metaobject. What search engines are told is not
// escaped: the store does that itself.
func (f *flattened) fields() ([]shopify.MetaobjectField, error) {
	sections, err := json.Marshal(f.Sections)
	if err != nil {
		return nil, fmt.Errorf("export page: %w", err)
	}
	return []shopify.MetaobjectField{
		{Key: "title", Value: f.Title}, {Key: "description", Value: f.Description}, {Key: "seo_title", Value: f.plain.Title}, {Key: "seo_description", Value: f.plain.Description},
		{Key: "lang", Value: f.Lang}, {Key: "palette", Value: f.Palette}, {Key: "scheme", Value: f.Scheme},
		{Key: "disclosure", Value: f.Disclosure}, {Key: "code", Value: f.Code}, {Key: "shown", Value: f.shown}, {Key: "sections", Value: string(sections)},
	}, nil
}
