package shopify

import (
	"context"
	"errors"
	"slices"
)

// PageType is the definition that landing pages are entries of. It is the
// app's own, so that it needs no scope and nobody else can change it.
const PageType = "$app:influencer_page"

// A field of the definition, by its key in entries.
type pageField struct{ key, name, kind string }

var pageFields = []pageField{
	{"title", "Title", "single_line_text_field"},
	{"description", "Description", "multi_line_text_field"},
	{"seo_title", "Title for search engines", "single_line_text_field"},
	{"seo_description", "Description for search engines", "multi_line_text_field"},
	{"lang", "Language", "single_line_text_field"},
	{"palette", "Palette", "single_line_text_field"},
	{"scheme", "Light or dark", "single_line_text_field"},
	{"disclosure", "Disclosure", "multi_line_text_field"},
	{"code", "Discount code", "single_line_text_field"},
	{"shown", "Variant and version", "single_line_text_field"},
	{"sections", "Sections", "json"},
}

// LongestJSON is how much Shopify keeps in one field of JSON.
const LongestJSON = 128 << 10

// pageHandles are where pages live, /pages/{one of these}/{handle}: the first
// that the merchant has not given away.
var pageHandles = []string{"creators", "influencers", "tributary-creators"}

// MetaobjectField is one field of an entry; values of JSON are text as well.
type MetaobjectField struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

type pageType struct {
	ID               string
	FieldDefinitions []struct{ Key string }
	Capabilities     struct {
		OnlineStore *struct {
			Enabled bool
			Data    *struct{ URLHandle string }
		}
	}
}

func (t *pageType) handle() string {
	if s := t.Capabilities.OnlineStore; s != nil && s.Enabled && s.Data != nil {
		return s.Data.URLHandle
	}
	return ""
}

// EnsurePageType makes the definition of pages, or brings one of an earlier
// version of this program up to date. It returns the folder that the store shows
// pages in, "" when the merchant does not let it. It is safe to repeat and for
// many at once.
func EnsurePageType(ctx context.Context, q Query) (folder string, err error) {
	var in struct{ MetaobjectDefinitionByType *pageType }
	if err := q(ctx, "page_type", map[string]any{"type": PageType}, &in); err != nil {
		return "", err
	}
	if have := in.MetaobjectDefinitionByType; have != nil {
		return have.handle(), addPageFields(ctx, q, have)
	}
	for i, handle := range pageHandles {
		made, err := createPageType(ctx, q, handle)
		var refused *Refused
		switch {
		case err == nil:
			return made.handle(), nil
		case !errors.As(err, &refused):
			return "", err
		case refused.Has("TAKEN"): // somebody else made it meanwhile
			return EnsurePageType(ctx, q)
		case !refused.Has("URL_HANDLE_TAKEN") || i == len(pageHandles)-1:
			return "", err
		}
	}
	return "", nil
}

func createPageType(ctx context.Context, q Query, handle string) (*pageType, error) {
	fields := make([]any, len(pageFields))
	for i, f := range pageFields {
		fields[i] = f.input()
	}
	var in struct {
		MetaobjectDefinitionCreate struct {
			MetaobjectDefinition *pageType
			UserErrors           []UserError
		}
	}
	err := q(ctx, "page_type_create", map[string]any{"definition": map[string]any{
		"type": PageType, "name": "Influencer page", "displayNameKey": "seo_title", "fieldDefinitions": fields,
		// What is on a page is edited where it is counted, not in two places.
		"access": map[string]any{"admin": "MERCHANT_READ", "storefront": "PUBLIC_READ"},
		"capabilities": map[string]any{
			"publishable": map[string]any{"enabled": true},
			"onlineStore": map[string]any{"enabled": true, "data": map[string]any{"urlHandle": handle, "createRedirects": true}},
			"renderable":  map[string]any{"enabled": true, "data": map[string]any{"metaTitleKey": "seo_title", "metaDescriptionKey": "seo_description"}},
		},
	}}, &in)
	if got := in.MetaobjectDefinitionCreate; err == nil && got.MetaobjectDefinition == nil {
		err = &Refused{What: "define pages", Errors: got.UserErrors}
	}
	return in.MetaobjectDefinitionCreate.MetaobjectDefinition, err
}

func (f pageField) input() map[string]any {
	return map[string]any{"key": f.key, "name": f.name, "type": f.kind}
}

func addPageFields(ctx context.Context, q Query, have *pageType) error {
	var missing []any
	for _, f := range pageFields {
		if !slices.ContainsFunc(have.FieldDefinitions, func(d struct{ Key string }) bool { return d.Key == f.key }) {
			missing = append(missing, map[string]any{"create": f.input()})
		}
	}
	if missing == nil {
		return nil
	}
	var in struct {
		MetaobjectDefinitionUpdate struct {
			MetaobjectDefinition *pageType
			UserErrors           []UserError
		}
	}
	err := q(ctx, "page_type_update", map[string]any{"id": have.ID, "definition": map[string]any{"fieldDefinitions": missing}}, &in)
	if got := in.MetaobjectDefinitionUpdate; err == nil && got.UserErrors != nil && len(got.UserErrors) > 0 {
		err = &Refused{What: "add fields to pages", Errors: got.UserErrors}
	}
	return err
}

// ShowPage makes the entry of a page, or changes it, and shows it. was is the
// handle it had before, "" for none: its old address then leads to the new one.
func ShowPage(ctx context.Context, q Query, was, handle string, fields []MetaobjectField) error {
	at := handle
	if was != "" && was != handle {
		there, err := pageAt(ctx, q, was)
		if err != nil {
			return err
		}
		if there {
			at = was
		}
	}
	return savePage(ctx, q, at, map[string]any{"handle": handle, "fields": fields, "capabilities": shown("ACTIVE")})
}

// HidePage takes the entry off the store, if there is one; it stays there, so
// that its address is the page's when it comes back.
func HidePage(ctx context.Context, q Query, handle string) error {
	there, err := pageAt(ctx, q, handle)
	if err != nil || !there {
		return err
	}
	return savePage(ctx, q, handle, map[string]any{"capabilities": shown("DRAFT")})
}

func shown(status string) map[string]any {
	return map[string]any{"publishable": map[string]any{"status": status}}
}

func pageAt(ctx context.Context, q Query, handle string) (bool, error) {
	var in struct{ MetaobjectByHandle *struct{ ID string } }
	err := q(ctx, "page_by_handle", map[string]any{"handle": map[string]any{"type": PageType, "handle": handle}}, &in)
	return in.MetaobjectByHandle != nil, err
}

func savePage(ctx context.Context, q Query, handle string, values map[string]any) error {
	var in struct {
		MetaobjectUpsert struct {
			Metaobject *struct{ ID string }
			UserErrors []UserError
		}
	}
	err := q(ctx, "page_upsert", map[string]any{"handle": map[string]any{"type": PageType, "handle": handle}, "metaobject": values}, &in)
	if got := in.MetaobjectUpsert; err == nil && got.Metaobject == nil {
		err = &Refused{What: "save the page", Errors: got.UserErrors}
	}
	return err
}
