package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"tributary/internal/domain/page"
)

// AddRelease stores a release of a page that is locked, and sets its ID. It
// returns ErrNotFound when a variant's version is not there.
func (tx *Tx) AddRelease(ctx context.Context, pageID int64, r *page.Release, author string) error {
	err := tx.pgx.QueryRow(ctx, `INSERT INTO page_releases (shop_id, page_id, starts_at, ends_at, author, created_at) VALUES ($1, $2, $3, $4, $5, $6) RETURNING id`,
		tx.ShopID, pageID, r.StartsAt, toTimestamptz(r.EndsAt), author, tx.Now).Scan(&r.ID)
	if err != nil {
		return fmt.Errorf("add release of page %d: %w", pageID, err)
	}
	for _, v := range r.Variants {
		tag, err := tx.pgx.Exec(ctx, `INSERT INTO page_variants (shop_id, release_id, name, page_id, number, weight)
			SELECT $1, $2, $3, $4, number, $6 FROM page_versions WHERE shop_id = $1 AND page_id = $4 AND number = $5`,
			tx.ShopID, r.ID, v.Name, pageID, v.Version, v.Weight)
		if err != nil {
			return fmt.Errorf("add release of page %d: %w", pageID, err)
		}
		if tag.RowsAffected() == 0 {
			return fmt.Errorf("version %d of page %d: %w", v.Version, pageID, ErrNotFound)
		}
	}
	return nil
}

// Releases returns all releases of a page, ascending by (start, id).
func (tx *Tx) Releases(ctx context.Context, pageID int64) ([]page.Release, error) {
	rows, err := tx.pgx.Query(ctx, `SELECT r.id, r.starts_at, r.ends_at, r.withdrawn_at IS NOT NULL, v.name, v.number, v.weight
		FROM page_releases r JOIN page_variants v ON v.shop_id = r.shop_id AND v.release_id = r.id
		WHERE r.shop_id = $1 AND r.page_id = $2 ORDER BY r.starts_at, r.id, v.name`, tx.ShopID, pageID)
	if err != nil {
		return nil, fmt.Errorf("load releases of page %d: %w", pageID, err)
	}
	var out []page.Release
	var r page.Release
	var v page.Variant
	var ends pgtype.Timestamptz
	_, err = pgx.ForEachRow(rows, []any{&r.ID, &r.StartsAt, &ends, &r.Withdrawn, &v.Name, &v.Version, &v.Weight}, func() error {
		if n := len(out); n == 0 || out[n-1].ID != r.ID {
			out = append(out, page.Release{ID: r.ID, StartsAt: r.StartsAt.UTC(), EndsAt: fromTimestamptz(ends), Withdrawn: r.Withdrawn})
		}
		last := &out[len(out)-1]
		last.Variants = append(last.Variants, v)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("load releases of page %d: %w", pageID, err)
	}
	return out, nil
}

// EndReleases ends what the page shows at the instant, or would begin to show
// later: releases under way end then, those that have not begun are withdrawn.
func (tx *Tx) EndReleases(ctx context.Context, pageID int64, at time.Time) error {
	_, err := tx.pgx.Exec(ctx, `UPDATE page_releases SET
		  ends_at = CASE WHEN starts_at <= $3 THEN least(coalesce(ends_at, $3), $3) ELSE ends_at END,
		  withdrawn_at = CASE WHEN starts_at > $3 THEN $4::timestamptz END
		WHERE shop_id = $1 AND page_id = $2 AND withdrawn_at IS NULL AND (ends_at IS NULL OR ends_at > $3)`, tx.ShopID, pageID, at, tx.Now)
	if err != nil {
		return fmt.Errorf("end releases of page %d: %w", pageID, err)
	}
	return nil
}

// WithdrawScheduled takes back what was to begin after the instant.
func (tx *Tx) WithdrawScheduled(ctx context.Context, pageID int64, after time.Time) error {
	_, err := tx.pgx.Exec(ctx, `UPDATE page_releases SET withdrawn_at = $4
		WHERE shop_id = $1 AND page_id = $2 AND withdrawn_at IS NULL AND starts_at > $3`, tx.ShopID, pageID, after, tx.Now)
	if err != nil {
		return fmt.Errorf("withdraw releases of page %d: %w", pageID, err)
	}
	return nil
}

// SetLandingState writes the state down and tells servers that the page has
// changed.
func (tx *Tx) SetLandingState(ctx context.Context, pageID int64, state string, due time.Time) error {
	_, err := tx.pgx.Exec(ctx, "UPDATE pages SET state = $3, due_at = $4, changed = pg_current_xact_id() WHERE shop_id = $1 AND id = $2",
		tx.ShopID, pageID, state, toTimestamptz(due))
	if err != nil {
		return fmt.Errorf("set state of page %d: %w", pageID, err)
	}
	return nil
}

// LandingDue lists the pages of this shop whose state is due to change.
func (tx *Tx) LandingDue(ctx context.Context) ([]int64, error) {
	rows, err := tx.pgx.Query(ctx, "SELECT id FROM pages WHERE shop_id = $1 AND due_at <= $2 ORDER BY id", tx.ShopID, tx.Now)
	if err != nil {
		return nil, fmt.Errorf("list pages that are due: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowTo[int64])
}

// ShopsWithLandingDue lists the shops with such pages. It works in a transaction
// of shop 0.
func (tx *Tx) ShopsWithLandingDue(ctx context.Context) ([]int64, error) {
	rows, err := tx.pgx.Query(ctx, "SELECT shop_id FROM door_pages_due($1)", tx.Now)
	if err != nil {
		return nil, fmt.Errorf("list shops with pages that are due: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowTo[int64])
}

// LandingChange says that a page is there and when it last changed.
type LandingChange struct {
	PublicID     string
	ShopID, Page int64
	Changed      int64 // the transaction that did
}

// LandingChanges lists the pages of all shops that have changed since the mark,
// and the mark to ask with the next time; 0 gives all. Some are named twice;
// none is left out, whatever the order in which transactions commit.
func (db *DB) LandingChanges(ctx context.Context, since int64) (list []LandingChange, mark int64, err error) {
	err = db.InTx(ctx, 0, func(tx *Tx) error {
		// Before the list: what commits in between comes again the next time.
		if err := tx.pgx.QueryRow(ctx, "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint").Scan(&mark); err != nil {
			return err
		}
		rows, err := tx.pgx.Query(ctx, "SELECT public_id, shop_id, id, changed::text::bigint FROM door_pages($1::bigint::text::xid8)", since)
		if err != nil {
			return err
		}
		list, err = pgx.CollectRows(rows, func(r pgx.CollectableRow) (c LandingChange, err error) {
			err = r.Scan(&c.PublicID, &c.ShopID, &c.Page, &c.Changed)
			return c, err
		})
		return err
	})
	if err != nil {
		return nil, 0, fmt.Errorf("ask for changed pages: %w", err)
	}
	return list, mark, nil
}

// LandingScene is what a page shows besides its document.
type LandingScene struct {
	Platform     int16
	Domain, Name string // of the shop
	Influencer   string // name
	Handle       string // the influencer's
	Campaign     int64
	Zone         *time.Location
}

// LandingScene loads it for the page's agreement; ErrNotFound when the app has
// left the shop.
func (tx *Tx) LandingScene(ctx context.Context, agreementID int64) (LandingScene, error) {
	var s LandingScene
	var zone string
	err := tx.pgx.QueryRow(ctx, `SELECT s.platform, s.domain, s.name, s.time_zone, i.name, i.handle, a.campaign_id FROM shops s
		JOIN agreements a ON a.shop_id = s.id AND a.id = $2 JOIN influencers i ON i.shop_id = s.id AND i.id = a.influencer_id
		WHERE s.id = $1 AND s.uninstalled_at IS NULL`, tx.ShopID, agreementID).Scan(&s.Platform, &s.Domain, &s.Name, &zone, &s.Influencer, &s.Handle, &s.Campaign)
	if err != nil {
		return s, fmt.Errorf("load the scene of a page: %w", notFound(err))
	}
	if s.Zone, err = time.LoadLocation(zone); err != nil {
		return s, fmt.Errorf("shop %d: %w", tx.ShopID, err)
	}
	return s, nil
}
