package landing

import (
	"context"
	"encoding/json"
	"fmt"

	"tributary/internal/domain/order"
	"tributary/internal/domain/page"
	"tributary/internal/errs"
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

// MetaobjectValues is what is in it.
type MetaobjectValues struct {
	Fields []MetaobjectField `json:"fields"`
}

// MetaobjectField is one field; the value of sections is JSON.
type MetaobjectField struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

// Block is a WordPress block with its attributes.
type Block struct {
	Name       string         `json:"name"`
	Attributes page.Flattened `json:"attributes"`
}

// MetaobjectType is the definition that pages are entries of.
const MetaobjectType = "$app:influencer_page"

// ExportOf makes the data of a version (0: the newest) for a platform.
func ExportOf(ctx context.Context, tx *store.Tx, base string, id int64, version int, to order.Platform) (*Export, error) {
	p, err := tx.LandingPage(ctx, id)
	if err != nil {
		return nil, missing(err, "page")
	}
	if version == 0 {
		version = p.Versions
	}
	v, err := tx.LandingVersion(ctx, id, version)
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
	scene := Scene{BaseURL: base, Path: PathOf(p), Variant: "a", Version: version}
	w := wordsOf(d.Lang)
	flat := d.Flatten(w.disclose(s.Influencer), func(place string) string { return scene.BaseURL + scene.out(place) })
	out := &Export{Version: version, Hash: v.Hash}
	if to == order.WooCommerce {
		out.Block = &Block{Name: "tributary/landing-page", Attributes: flat}
		return out, nil
	}
	sections, err := json.Marshal(flat.Sections)
	if err != nil {
		return nil, fmt.Errorf("export page %d: %w", id, err)
	}
	fields := []MetaobjectField{
		{"title", flat.Title}, {"description", flat.Description}, {"lang", flat.Lang}, {"palette", flat.Palette}, {"scheme", flat.Scheme},
		{"disclosure", flat.Disclosure}, {"code", flat.Code}, {"sections", string(sections)},
	}
	out.Metaobject = &Metaobject{Handle: MetaobjectHandle{MetaobjectType, p.Slug}, Metaobject: MetaobjectValues{fields}}
	return out, nil
}
