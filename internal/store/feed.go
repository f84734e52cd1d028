package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// FeedRow is something that just happened to an earning.
type FeedRow struct {
	ID           int64
	At           time.Time // when it happened in the store
	Kind         string    // earned, changed, reversed
	InfluencerID int64
	EarningID    int64
	SourceKind   EarningKind
	Source       int64
	Currency     string
	Minor        int64 // what was earned or, negative, taken back
}

// feedKept is how long the feed is kept.
const feedKept = 7 * 24 * time.Hour

// AddFeed tells those who watch. The caller holds the shop's lock.
func (tx *Tx) AddFeed(ctx context.Context, rows []FeedRow) error {
	if len(rows) == 0 {
		return nil
	}
	n := len(rows)
	at, kind, currency, source := make([]time.Time, n), make([]string, n), make([]string, n), make([]int16, n)
	influencer, earning, id, minor := make([]int64, n), make([]int64, n), make([]int64, n), make([]int64, n)
	for i := range rows {
		r := &rows[i]
		at[i], kind[i], currency[i], source[i] = r.At, r.Kind, r.Currency, int16(r.SourceKind)
		influencer[i], earning[i], id[i], minor[i] = r.InfluencerID, r.EarningID, r.Source, r.Minor
	}
	_, err := tx.pgx.Exec(ctx, `INSERT INTO feed (shop_id, at, kind, influencer_id, earning_id, source_kind, source, currency, minor)
		SELECT $1, * FROM unnest($2::timestamptz[], $3::text[], $4::bigint[], $5::bigint[], $6::smallint[], $7::bigint[], $8::text[], $9::bigint[])`,
		tx.ShopID, at, kind, influencer, earning, source, id, currency, minor)
	if err != nil {
		return fmt.Errorf("tell those who watch: %w", err)
	}
	return nil
}

// Feed returns up to limit rows after an id, ascending; with last > 0 the last
// so many instead.
func (tx *Tx) Feed(ctx context.Context, after int64, last, limit int) ([]FeedRow, error) {
	const columns = "SELECT id, at, kind, influencer_id, earning_id, source_kind, source, currency, minor FROM feed WHERE shop_id = $1 "
	query, arg := columns+"AND id > $2 ORDER BY id LIMIT $3", any(after)
	if last > 0 {
		query, arg, limit = "SELECT * FROM ("+columns+"AND id > $2 ORDER BY id DESC LIMIT $3) l ORDER BY id", int64(0), last
	}
	rows, err := tx.pgx.Query(ctx, query, tx.ShopID, arg, limit)
	if err != nil {
		return nil, fmt.Errorf("read the feed: %w", err)
	}
	out, err := pgx.CollectRows(rows, pgx.RowToStructByPos[FeedRow])
	if err != nil {
		return nil, fmt.Errorf("read the feed: %w", err)
	}
	return out, nil
}
