package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"tributary/internal/domain/page"
)

// LandingPage is an influencer's page.
type LandingPage struct {
	ID          int64
	PublicID    string // in its address
	AgreementID int64
	LinkID      int64 // what its buttons count for
	Slug        string
	State       string    // page.Draft, …
	DueAt       time.Time // when the state changes by itself; zero: never
	CreatedAt   time.Time
	Versions    int    // how many there are
	Edits       string // what the influencer may do to texts and pictures: page.EditsNone, …
}

const landingColumns = `id, public_id, agreement_id, link_id, slug, state, due_at, created_at, influencer_edits,
	(SELECT coalesce(max(number), 0) FROM page_versions v WHERE v.shop_id = pages.shop_id AND v.page_id = pages.id)`

func scanLanding(r pgx.CollectableRow) (p LandingPage, err error) {
	var due pgtype.Timestamptz
	err = r.Scan(&p.ID, &p.PublicID, &p.AgreementID, &p.LinkID, &p.Slug, &p.State, &due, &p.CreatedAt, &p.Edits, &p.Versions)
	p.DueAt, p.CreatedAt = fromTimestamptz(due), p.CreatedAt.UTC()
	return p, err
}

// AddLandingPage stores p, sets its ID and returns true; false when the slug is
// taken.
func (tx *Tx) AddLandingPage(ctx context.Context, p *LandingPage) (bool, error) {
	p.CreatedAt, p.State, p.Edits = tx.Now, page.Draft, page.EditsNone
	err := tx.pgx.QueryRow(ctx, `INSERT INTO pages (shop_id, public_id, agreement_id, link_id, slug, created_at) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (shop_id, slug) DO NOTHING RETURNING id`, tx.ShopID, p.PublicID, p.AgreementID, p.LinkID, p.Slug, tx.Now).Scan(&p.ID)
	if IsNotFound(notFound(err)) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("add page: %w", err)
	}
	return true, nil
}

// LandingPage returns one page; ErrNotFound when there is none.
func (tx *Tx) LandingPage(ctx context.Context, id int64) (*LandingPage, error) {
	rows, err := tx.pgx.Query(ctx, "SELECT "+landingColumns+" FROM pages WHERE shop_id = $1 AND id = $2", tx.ShopID, id)
	if err != nil {
		return nil, fmt.Errorf("load page %d: %w", id, err)
	}
	p, err := pgx.CollectExactlyOneRow(rows, scanLanding)
	if err != nil {
		return nil, fmt.Errorf("load page %d: %w", id, notFound(err))
	}
	return &p, nil
}

// LockLandingPage makes this transaction the only one that writes to the page
// until it ends.
func (tx *Tx) LockLandingPage(ctx context.Context, id int64) error {
	var one int
	if err := tx.pgx.QueryRow(ctx, "SELECT 1 FROM pages WHERE shop_id = $1 AND id = $2 FOR UPDATE", tx.ShopID, id).Scan(&one); err != nil {
		return fmt.Errorf("lock page %d: %w", id, notFound(err))
	}
	return nil
}

// SetLandingSlug gives the page another slug and returns true; false when it is
// taken.
func (tx *Tx) SetLandingSlug(ctx context.Context, id int64, slug string) (bool, error) {
	_, err := tx.pgx.Exec(ctx, "SAVEPOINT slug")
	if err == nil {
		_, err = tx.pgx.Exec(ctx, "UPDATE pages SET slug = $3, changed = pg_current_xact_id() WHERE shop_id = $1 AND id = $2", tx.ShopID, id, slug)
	}
	if IsUnique(err, "") {
		_, err = tx.pgx.Exec(ctx, "ROLLBACK TO SAVEPOINT slug")
		return false, err
	}
	if err != nil {
		return false, fmt.Errorf("change slug of page %d: %w", id, err)
	}
	return true, nil
}

// LandingFilter narrows a list; zero fields do not.
type LandingFilter struct {
	AgreementID, InfluencerID int64
	State                     string
}

// LandingPages lists pages, newest first.
func (tx *Tx) LandingPages(ctx context.Context, f LandingFilter, p Page) ([]LandingPage, *Cursor, error) {
	w := tx.where()
	if p.After.Minor != 0 {
		w.and("id < ?", p.After.Minor)
	}
	if f.AgreementID != 0 {
		w.and("agreement_id = ?", f.AgreementID)
	}
	if f.InfluencerID != 0 {
		w.and("agreement_id IN (SELECT a.id FROM agreements a WHERE a.shop_id = pages.shop_id AND a.influencer_id = ?)", f.InfluencerID)
	}
	if f.State != "" {
		w.and("state = ?", f.State)
	}
	rows, err := tx.pgx.Query(ctx, "SELECT "+landingColumns+" FROM pages WHERE "+w.String()+" ORDER BY id DESC "+w.limit(p.limit()), w.args...)
	if err != nil {
		return nil, nil, fmt.Errorf("list pages: %w", err)
	}
	ps, err := pgx.CollectRows(rows, scanLanding)
	if err != nil {
		return nil, nil, fmt.Errorf("list pages: %w", err)
	}
	ps, next := cut(ps, p, func(p *LandingPage) Cursor { return Cursor{Minor: p.ID} })
	return ps, next, nil
}

// LandingVersion is what was on a page, at one time.
type LandingVersion struct {
	PageID    int64
	Number    int
	Document  []byte // page.Document.Canonical; nil in lists
	Hash      string
	Author    string
	Note      string
	CreatedAt time.Time
}

// AddLandingVersion stores the next version of a page that is locked, and sets
// its number.
func (tx *Tx) AddLandingVersion(ctx context.Context, v *LandingVersion) error {
	v.CreatedAt = tx.Now
	err := tx.pgx.QueryRow(ctx, `INSERT INTO page_versions (shop_id, page_id, number, document, hash, author, note, created_at)
		SELECT $1, $2, coalesce(max(number), 0) + 1, $3, $4, $5, $6, $7 FROM page_versions WHERE shop_id = $1 AND page_id = $2 RETURNING number`,
		tx.ShopID, v.PageID, string(v.Document), v.Hash, v.Author, v.Note, tx.Now).Scan(&v.Number)
	if err != nil {
		return fmt.Errorf("add version of page %d: %w", v.PageID, err)
	}
	return nil
}

// LandingVersion returns one version of a page; ErrNotFound when there is none.
func (tx *Tx) LandingVersion(ctx context.Context, pageID int64, number int) (*LandingVersion, error) {
	v := LandingVersion{PageID: pageID, Number: number}
	var doc string
	err := tx.pgx.QueryRow(ctx, "SELECT document, hash, author, note, created_at FROM page_versions WHERE shop_id = $1 AND page_id = $2 AND number = $3",
		tx.ShopID, pageID, number).Scan(&doc, &v.Hash, &v.Author, &v.Note, &v.CreatedAt)
	if err != nil {
		return nil, fmt.Errorf("load version %d of page %d: %w", number, pageID, notFound(err))
	}
	v.Document, v.CreatedAt = []byte(doc), v.CreatedAt.UTC()
	return &v, nil
}

// LandingVersions lists the versions of a page without their documents, newest
// first.
func (tx *Tx) LandingVersions(ctx context.Context, pageID int64, p Page) ([]LandingVersion, *Cursor, error) {
	w := tx.where().and("page_id = ?", pageID)
	if p.After.Minor != 0 {
		w.and("number < ?", p.After.Minor)
	}
	rows, err := tx.pgx.Query(ctx, "SELECT page_id, number, hash, author, note, created_at FROM page_versions WHERE "+w.String()+" ORDER BY number DESC "+w.limit(p.limit()), w.args...)
	if err != nil {
		return nil, nil, fmt.Errorf("list versions of page %d: %w", pageID, err)
	}
	vs, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (v LandingVersion, err error) {
		err = r.Scan(&v.PageID, &v.Number, &v.Hash, &v.Author, &v.Note, &v.CreatedAt)
		v.CreatedAt = v.CreatedAt.UTC()
		return v, err
	})
	if err != nil {
		return nil, nil, fmt.Errorf("list versions of page %d: %w", pageID, err)
	}
	vs, next := cut(vs, p, func(v *LandingVersion) Cursor { return Cursor{Minor: int64(v.Number)} })
	return vs, next, nil
}

// SetLandingEdits says what the influencer may do to a page's texts and pictures.
func (tx *Tx) SetLandingEdits(ctx context.Context, id int64, edits string) error {
	return tx.exec(ctx, "let a page be edited", "UPDATE pages SET influencer_edits = $3 WHERE shop_id = $1 AND id = $2", tx.ShopID, id, edits)
}
