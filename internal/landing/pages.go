package landing

import (
	"context"
	"crypto/rand"
	"fmt"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"tributary/internal/domain/order"
	"tributary/internal/domain/page"
	"tributary/internal/errs"
	"tributary/internal/store"
)

var slugPattern = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?$`)

const slugRule = "must have 1 to 64 of a-z, 0-9 and -, beginning and ending with a letter or digit"

// NewPage is a page to add with its first version.
type NewPage struct {
	AgreementID  int64
	Slug         string
	Document     []byte
	Author, Note string
}

// Add adds a page in draft, and the link that its buttons count for.
func Add(ctx context.Context, tx *store.Tx, n NewPage) (*store.LandingPage, error) {
	d, err := read(ctx, tx, n.Document)
	if err := joined(err, slugField(n.Slug), noteFields(&n.Author, &n.Note)); err != nil {
		return nil, err
	}
	if _, err := tx.Agreement(ctx, n.AgreementID); err != nil {
		return nil, missing(err, "agreement")
	}
	front, err := tx.FrontPage(ctx)
	if err != nil {
		return nil, err
	}
	p := &store.LandingPage{PublicID: strings.ToLower(rand.Text()[:10]), AgreementID: n.AgreementID, Slug: n.Slug}
	l := store.Link{AgreementID: n.AgreementID, Slug: linkSlug(p.PublicID), Public: linkSlug(p.PublicID), Destination: front}
	if ok, err := tx.AddLink(ctx, &l); err != nil || !ok {
		return nil, fmt.Errorf("add the link of a page: taken %t: %w", !ok, err)
	}
	p.LinkID = l.ID
	ok, err := tx.AddLandingPage(ctx, p)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, errTaken
	}
	v := store.LandingVersion{PageID: p.ID, Document: d.Canonical(), Hash: d.Hash(), Author: n.Author, Note: n.Note}
	if err := tx.AddLandingVersion(ctx, &v); err != nil {
		return nil, err
	}
	return tx.LandingPage(ctx, p.ID)
}

func linkSlug(publicID string) string { return "page-" + publicID }

var errTaken = errs.New(errs.Conflict, "slug_taken", "Another page of this shop has this slug.", errs.Field{Path: "slug", Msg: "is taken"})

// Rename gives a page another slug. Its old addresses lead to the new one.
func Rename(ctx context.Context, tx *store.Tx, id int64, slug string) (*store.LandingPage, error) {
	if f := slugField(slug); f != nil {
		return nil, errs.New(errs.Invalid, "invalid_page", "The page cannot be like this.", f...)
	}
	if err := tx.LockLandingPage(ctx, id); err != nil {
		return nil, missing(err, "page")
	}
	ok, err := tx.SetLandingSlug(ctx, id, slug)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, errTaken
	}
	if err := tx.ShowPage(ctx, id); err != nil {
		return nil, err
	}
	return tx.LandingPage(ctx, id)
}

// Revise adds a version to a page. What is shown stays until it is published.
func Revise(ctx context.Context, tx *store.Tx, id int64, document []byte, author, note string) (*store.LandingVersion, error) {
	d, err := read(ctx, tx, document)
	if err := joined(err, nil, noteFields(&author, &note)); err != nil {
		return nil, err
	}
	if err := tx.LockLandingPage(ctx, id); err != nil {
		return nil, missing(err, "page")
	}
	v := store.LandingVersion{PageID: id, Document: d.Canonical(), Hash: d.Hash(), Author: author, Note: note}
	if err := tx.AddLandingVersion(ctx, &v); err != nil {
		return nil, err
	}
	if err := tx.DropLandingDraft(ctx, id); err != nil { // it is a version now
		return nil, err
	}
	return &v, nil
}

// Publication is what to publish: from now or a later instant, for good or
// until another.
type Publication struct {
	Variants []page.Variant // Name is given by place
	From, To time.Time      // zero: now; for good
	Author   string
}

// Publish shows variants of a page from an instant on. What was to begin later
// still does.
func Publish(ctx context.Context, tx *store.Tx, id int64, n Publication) (*store.LandingPage, error) {
	if err := page.CheckVariants(n.Variants); err != nil {
		return nil, err
	}
	from, to := instant(n.From), instant(n.To)
	if n.From.IsZero() {
		from = tx.Now
	}
	if n.To.IsZero() {
		to = time.Time{}
	}
	var fields []errs.Field
	if from.Before(tx.Now) {
		fields = append(fields, errs.Field{Path: "publish_at", Msg: "must not be past; leave it out to publish at once"})
	}
	if !to.IsZero() && !to.After(from) {
		fields = append(fields, errs.Field{Path: "unpublish_at", Msg: "must be later than publish_at"})
	}
	if fields != nil {
		return nil, errs.New(errs.Invalid, "invalid_schedule", "The page cannot be published then.", fields...)
	}
	if err := tx.LockLandingPage(ctx, id); err != nil {
		return nil, missing(err, "page")
	}
	err := tx.AddRelease(ctx, id, &page.Release{StartsAt: from, EndsAt: to, Variants: n.Variants}, n.Author)
	if store.IsNotFound(err) {
		return nil, errs.New(errs.Invalid, "no_such_version", "A variant names a version that this page does not have.", errs.Field{Path: "variants", Msg: "must name versions of this page"})
	}
	if err != nil {
		return nil, err
	}
	return settle(ctx, tx, id)
}

// Unpublish takes a page down at an instant (zero: now), and what was to be
// shown after it back.
func Unpublish(ctx context.Context, tx *store.Tx, id int64, at time.Time) (*store.LandingPage, error) {
	if at.IsZero() {
		at = tx.Now
	}
	if at = instant(at); at.Before(tx.Now) {
		return nil, errs.New(errs.Invalid, "invalid_schedule", "The page cannot be taken down then.", errs.Field{Path: "at", Msg: "must not be past; leave it out to take it down at once"})
	}
	if err := tx.LockLandingPage(ctx, id); err != nil {
		return nil, missing(err, "page")
	}
	if err := tx.EndReleases(ctx, id, at); err != nil {
		return nil, err
	}
	return settle(ctx, tx, id)
}

// settle writes a page's state down, and has the store follow.
func settle(ctx context.Context, tx *store.Tx, id int64) (*store.LandingPage, error) {
	rs, err := tx.Releases(ctx, id)
	if err != nil {
		return nil, err
	}
	state, due := page.StateAt(rs, tx.Now)
	if err := tx.SetLandingState(ctx, id, state, due); err != nil {
		return nil, err
	}
	if err := tx.ShowPage(ctx, id); err != nil {
		return nil, err
	}
	return tx.LandingPage(ctx, id)
}

// Tick writes down the state of pages whose releases have begun or ended since.
// Visitors see them begin and end without it.
func Tick(ctx context.Context, db *store.DB) error {
	var shops []int64
	err := db.InTx(ctx, 0, func(tx *store.Tx) (err error) {
		shops, err = tx.ShopsWithLandingDue(ctx)
		return err
	})
	if err != nil {
		return err
	}
	for _, shop := range shops {
		err := db.InTx(ctx, shop, func(tx *store.Tx) error {
			ids, err := tx.LandingDue(ctx)
			if err != nil {
				return err
			}
			for _, id := range ids {
				if err := tx.LockLandingPage(ctx, id); err != nil {
					return err
				}
				if _, err := settle(ctx, tx, id); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("pages of shop %d: %w", shop, err)
		}
	}
	return nil
}

// read checks a document against the shop's hosts. On Shopify, the store's
// pictures are on a host of Shopify's.
func read(ctx context.Context, tx *store.Tx, document []byte) (*page.Document, error) {
	shop, err := tx.Shop(ctx)
	if err != nil {
		return nil, err
	}
	hosts, err := tx.StoreHosts(ctx)
	if err != nil {
		return nil, err
	}
	if shop.Platform == order.Shopify {
		hosts["cdn.shopify.com"] = false
	}
	return page.Parse(document, hosts)
}

func slugField(slug string) []errs.Field {
	if slugPattern.MatchString(slug) {
		return nil
	}
	return []errs.Field{{Path: "slug", Msg: slugRule}}
}

func noteFields(author, note *string) (out []errs.Field) {
	*author, *note = strings.TrimSpace(*author), strings.TrimSpace(*note)
	for _, f := range []struct {
		path, text string
		most       int
	}{{"author", *author, 120}, {"note", *note, 500}} {
		if !utf8.ValidString(f.text) || strings.ContainsRune(f.text, 0) || utf8.RuneCountInString(f.text) > f.most {
			out = append(out, errs.Field{Path: f.path, Msg: fmt.Sprintf("must be text of at most %d characters", f.most)})
		}
	}
	return out
}

// joined puts field errors of a request and of the document in it together.
func joined(err error, lists ...[]errs.Field) error {
	var fields []errs.Field
	for _, l := range lists {
		fields = append(fields, l...)
	}
	if fields == nil {
		return err
	}
	e := errs.As(err)
	switch {
	case err == nil:
		return errs.New(errs.Invalid, "invalid_page", "The page cannot be like this.", fields...)
	case e == nil:
		return err
	}
	return errs.New(e.Kind, e.Code, e.Msg, append(fields, e.Fields...)...)
}

func missing(err error, what string) error {
	if store.IsNotFound(err) {
		return errs.New(errs.NotFound, "not_found", "There is no such "+what+" in this shop.")
	}
	return err
}

// instant is t in UTC and in the microseconds that PostgreSQL keeps.
func instant(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }
