package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// SavedReport is what a report asks for, under a name.
type SavedReport struct {
	ID        int64
	Name      string
	Query     string // of the report's address
	Author    string
	CreatedAt time.Time
}

// AddReport stores r, sets its ID and returns true; false when the name is
// taken.
func (tx *Tx) AddReport(ctx context.Context, r *SavedReport) (bool, error) {
	r.CreatedAt = tx.Now
	err := tx.pgx.QueryRow(ctx, `INSERT INTO saved_reports (shop_id, name, query, author, created_at) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (shop_id, name) DO NOTHING RETURNING id`, tx.ShopID, r.Name, r.Query, r.Author, tx.Now).Scan(&r.ID)
	if IsNotFound(notFound(err)) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("add report: %w", err)
	}
	return true, nil
}

// SavedReports lists the saved reports by name.
func (tx *Tx) SavedReports(ctx context.Context) ([]SavedReport, error) {
	rows, err := tx.pgx.Query(ctx, "SELECT id, name, query, author, created_at FROM saved_reports WHERE shop_id = $1 ORDER BY lower(name), id LIMIT 200", tx.ShopID)
	if err != nil {
		return nil, fmt.Errorf("list reports: %w", err)
	}
	out, err := pgx.CollectRows(rows, pgx.RowToStructByPos[SavedReport])
	if err != nil {
		return nil, fmt.Errorf("list reports: %w", err)
	}
	return out, nil
}

// DropReport forgets a saved report; ErrNotFound when there is none.
func (tx *Tx) DropReport(ctx context.Context, id int64) error {
	tag, err := tx.pgx.Exec(ctx, "DELETE FROM saved_reports WHERE shop_id = $1 AND id = $2", tx.ShopID, id)
	if err != nil {
		return fmt.Errorf("drop report %d: %w", id, err)
	}
	if tag.RowsAffected() == 0 {
		return fmt.Errorf("report %d: %w", id, ErrNotFound)
	}
	return nil
}

// NamesOf tells what people call the things of a dimension by their ids.
func (tx *Tx) NamesOf(ctx context.Context, dim string, ids []int64) (map[int64]string, error) {
	from, ok := map[string]string{
		"campaign":   "name FROM campaigns",
		"influencer": "coalesce(nullif(name, ''), handle) FROM influencers",
		"link":       "slug FROM links",
		"code":       "code FROM codes",
		"page":       "slug FROM pages",
		"session":    "title FROM live_sessions",
		"post":       "url FROM posts",
	}[dim]
	out := make(map[int64]string, len(ids))
	if !ok || len(ids) == 0 {
		return out, nil
	}
	rows, err := tx.pgx.Query(ctx, "SELECT id, "+from+" WHERE shop_id = $1 AND id = ANY($2)", tx.ShopID, ids)
	if err != nil {
		return nil, fmt.Errorf("names of %ss: %w", dim, err)
	}
	var id int64
	var name string
	if _, err = pgx.ForEachRow(rows, []any{&id, &name}, func() error { out[id] = name; return nil }); err != nil {
		return nil, fmt.Errorf("names of %ss: %w", dim, err)
	}
	return out, nil
}
