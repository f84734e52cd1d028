package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
)

// Outbox work about a store's own pages.
const (
	PageApply  = "page:apply"  // bring the store to what a page shows
	PluginPair = "plugin:pair" // tell the companion plugin the key of its tokens
)

// PagePayload is what PageApply carries.
type PagePayload struct {
	Version int   `json:"version"`
	PageID  int64 `json:"page_id"`
}

// ShowPage has the store follow a page.
func (tx *Tx) ShowPage(ctx context.Context, pageID int64) error {
	_, err := tx.AddOutbox(ctx, PageApply, PagePayload{Version: 1, PageID: pageID})
	return err
}

// ShowPagesAgain has the store follow every page that is published now: it could
// not show them until now, or has forgotten them.
func (tx *Tx) ShowPagesAgain(ctx context.Context) error {
	ids, err := tx.LandingShown(ctx)
	if err != nil {
		return err
	}
	for _, id := range ids {
		if err := tx.ShowPage(ctx, id); err != nil {
			return err
		}
	}
	return nil
}

// pairPlugin has the companion plugin told a secret, now that there are keys to
// tell it with.
func (tx *Tx) pairPlugin(ctx context.Context) error {
	_, err := tx.AddOutbox(ctx, PluginPair, struct {
		Version int `json:"version"`
	}{1})
	return err
}

// The states of a page in the store.
const (
	PlaceShown  = "shown"
	PlaceHidden = "hidden" // it is there, and nobody sees it
	PlaceAbsent = "absent" // the store cannot show pages: Note says why
	PlaceFailed = "failed" // the store refused it: Note says why
)

// LandingPlace is where the store itself shows a page.
type LandingPlace struct {
	Handle string // "": it was never there
	URL    string
	State  string // Place…; "": nothing was tried
	Note   string
	At     time.Time // of the last attempt; zero: none
}

// LandingPlace loads it.
func (tx *Tx) LandingPlace(ctx context.Context, pageID int64) (p LandingPlace, err error) {
	var at pgtype.Timestamptz
	err = tx.pgx.QueryRow(ctx, "SELECT store_handle, store_url, store_state, store_note, store_at FROM pages WHERE shop_id = $1 AND id = $2", tx.ShopID, pageID).
		Scan(&p.Handle, &p.URL, &p.State, &p.Note, &at)
	if err != nil {
		return p, fmt.Errorf("load the place of page %d: %w", pageID, notFound(err))
	}
	p.At = fromTimestamptz(at)
	return p, nil
}

// SetLandingPlace writes it down, as of now.
func (tx *Tx) SetLandingPlace(ctx context.Context, pageID int64, p LandingPlace) error {
	_, err := tx.pgx.Exec(ctx, "UPDATE pages SET store_handle = $3, store_url = $4, store_state = $5, store_note = $6, store_at = $7 WHERE shop_id = $1 AND id = $2",
		tx.ShopID, pageID, p.Handle, p.URL, p.State, p.Note, tx.Now)
	if err != nil {
		return fmt.Errorf("set the place of page %d: %w", pageID, err)
	}
	return nil
}

// LandingBySlug finds a page of this shop; ErrNotFound when there is none.
func (tx *Tx) LandingBySlug(ctx context.Context, slug string) (*LandingPage, error) {
	var id int64
	if err := tx.pgx.QueryRow(ctx, "SELECT id FROM pages WHERE shop_id = $1 AND slug = $2", tx.ShopID, slug).Scan(&id); err != nil {
		return nil, fmt.Errorf("find page %q: %w", slug, notFound(err))
	}
	return tx.LandingPage(ctx, id)
}

// LandingShown lists the pages of this shop that are published now, by id.
func (tx *Tx) LandingShown(ctx context.Context) ([]int64, error) {
	rows, err := tx.pgx.Query(ctx, `SELECT DISTINCT page_id FROM page_releases WHERE shop_id = $1 AND withdrawn_at IS NULL AND starts_at <= $2
		AND (ends_at IS NULL OR ends_at > $2) ORDER BY 1`, tx.ShopID, tx.Now)
	if err != nil {
		return nil, fmt.Errorf("list shown pages: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowTo[int64])
}

// PluginLink is the companion plugin of a WooCommerce store, paired with us.
type PluginLink struct {
	Kid       string // names the key of its session tokens
	HomeURL   string // of the site it is in
	Version   string // of the plugin
	CreatedAt time.Time
}

// SetPluginLink makes l the link of this shop.
func (tx *Tx) SetPluginLink(ctx context.Context, l *PluginLink) error {
	l.CreatedAt = tx.Now
	_, err := tx.pgx.Exec(ctx, `INSERT INTO plugin_links (shop_id, kid, home_url, version, created_at) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (shop_id) DO UPDATE SET kid = excluded.kid, home_url = excluded.home_url, version = excluded.version, created_at = excluded.created_at`,
		tx.ShopID, l.Kid, l.HomeURL, l.Version, tx.Now)
	if err != nil {
		return fmt.Errorf("link the plugin of shop %d: %w", tx.ShopID, err)
	}
	return nil
}

// PluginLink returns this shop's link; ErrNotFound when there is none.
func (tx *Tx) PluginLink(ctx context.Context) (*PluginLink, error) {
	var l PluginLink
	err := tx.pgx.QueryRow(ctx, "SELECT kid, home_url, version, created_at FROM plugin_links WHERE shop_id = $1", tx.ShopID).
		Scan(&l.Kid, &l.HomeURL, &l.Version, &l.CreatedAt)
	if err != nil {
		return nil, fmt.Errorf("load the plugin's link: %w", notFound(err))
	}
	l.CreatedAt = l.CreatedAt.UTC()
	return &l, nil
}
