package landing

import (
	"context"
	"slices"
	"strings"

	"tributary/internal/domain/page"
	"tributary/internal/errs"
	"tributary/internal/store"
)

// LetEdit says what the influencer may do to the texts and pictures of a page:
// page.EditsNone, page.EditsPropose, page.EditsPublish.
func LetEdit(ctx context.Context, tx *store.Tx, id int64, edits string) (*store.LandingPage, error) {
	if !slices.Contains(page.Edits, edits) {
		return nil, errs.New(errs.Invalid, "invalid_page", "The page cannot be like this.", errs.Field{Path: "influencer_edits", Msg: "must be one of: " + strings.Join(page.Edits, ", ")})
	}
	if err := tx.LockLandingPage(ctx, id); err != nil {
		return nil, missing(err, "page")
	}
	if err := tx.SetLandingEdits(ctx, id, edits); err != nil {
		return nil, err
	}
	return tx.LandingPage(ctx, id)
}

var (
	errNotEditable = errs.New(errs.Forbidden, "page_not_editable", "The shop writes this page itself.")
	errNotWords    = errs.New(errs.Invalid, "only_words", "Only texts and pictures can be changed here: not what is sold, where buttons lead, codes, deadlines or the disclosure. Load the page again if it was changed meanwhile.",
		errs.Field{Path: "document", Msg: "differs from the newest version in more than texts and pictures"})
)

// Edit adds a version in which an influencer has changed texts and pictures. If
// the merchant allows it, and the page is shown, it is shown at once; else the
// merchant publishes it.
func Edit(ctx context.Context, tx *store.Tx, id int64, document []byte, author string) (*store.LandingPage, error) {
	if err := tx.LockLandingPage(ctx, id); err != nil {
		return nil, missing(err, "page")
	}
	p, err := tx.LandingPage(ctx, id)
	if err != nil {
		return nil, err
	}
	if p.Edits == page.EditsNone {
		return nil, errNotEditable
	}
	newest, err := tx.LandingVersion(ctx, id, p.Versions)
	if err != nil {
		return nil, err
	}
	before, err := read(ctx, tx, newest.Document)
	if err != nil {
		return nil, err
	}
	after, err := read(ctx, tx, document)
	if err != nil {
		return nil, err
	}
	if !page.SameButWords(before, after) {
		return nil, errNotWords
	}
	v, err := Revise(ctx, tx, id, document, author, "by the influencer")
	if err != nil {
		return nil, err
	}
	rs, err := tx.Releases(ctx, id)
	if err != nil {
		return nil, err
	}
	if p.Edits == page.EditsPublish && page.LiveAt(rs, tx.Now) != nil {
		return Publish(ctx, tx, id, Publication{Variants: []page.Variant{{Version: v.Number, Weight: 100}}, Author: author})
	}
	return tx.LandingPage(ctx, id)
}
