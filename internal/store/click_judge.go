package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
)

// This file reads clicks for their verdict and writes it, with the counters.

const clickColumns = `id, at, kind, agreement_id, link_id, page_id, variant, visitor, ip_hash, agent, referrer, refused, withdrawn,
	state = 1, invalid, version_id, day`

func (tx *Tx) clicks(ctx context.Context, where string, args ...any) ([]Click, error) {
	rows, err := tx.pgx.Query(ctx, "SELECT "+clickColumns+" FROM clicks WHERE shop_id = $1 AND "+where, append([]any{tx.ShopID}, args...)...)
	if err != nil {
		return nil, fmt.Errorf("load clicks: %w", err)
	}
	out, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (Click, error) { return scanClick(r, tx.ShopID) })
	if err != nil {
		return nil, fmt.Errorf("load clicks: %w", err)
	}
	return out, nil
}

// scanClick reads clickColumns.
func scanClick(r pgx.CollectableRow, shopID int64) (Click, error) {
	c := Click{ShopID: shopID}
	var id pgtype.UUID
	var day pgtype.Timestamptz
	err := r.Scan(&id, &c.At, &c.Kind, &c.AgreementID, &c.LinkID, &c.PageID, &c.Variant, &c.Visitor, &c.IPHash, &c.Agent, &c.Referrer,
		&c.Refused, &c.Withdrawn, &c.Judged, &c.Invalid, &c.VersionID, &day)
	c.ID, c.At, c.Day = id.Bytes, c.At.UTC(), fromTimestamptz(day)
	return c, err
}

// NewClicks returns up to limit clicks that wait for their verdict, oldest first.
func (tx *Tx) NewClicks(ctx context.Context, limit int) ([]Click, error) {
	return tx.clicks(ctx, "state = 0 ORDER BY at, id LIMIT $2", limit)
}

// ClicksOfVisitors returns the clicks of the visitors; of those that have been
// judged only the ones that count, when so asked.
func (tx *Tx) ClicksOfVisitors(ctx context.Context, visitors []string, counting bool) ([]Click, error) {
	if len(visitors) == 0 {
		return nil, nil
	}
	cond := "visitor = ANY($2)"
	if counting {
		cond += " AND state = 1 AND invalid = ''"
	}
	return tx.clicks(ctx, cond, visitors)
}

// LatestJudged returns when each of the visitors was last judged to have
// clicked, whether it counted or not.
func (tx *Tx) LatestJudged(ctx context.Context, visitors []string) (map[string]time.Time, error) {
	rows, err := tx.pgx.Query(ctx, `SELECT v, (SELECT c.at FROM clicks c WHERE c.shop_id = $1 AND c.visitor = v AND c.state = 1 ORDER BY c.at DESC LIMIT 1)
		FROM unnest($2::text[]) AS v`, tx.ShopID, visitors)
	if err != nil {
		return nil, fmt.Errorf("last clicks of visitors: %w", err)
	}
	out := map[string]time.Time{}
	var visitor string
	var at pgtype.Timestamptz
	if _, err := pgx.ForEachRow(rows, []any{&visitor, &at}, func() error {
		if at.Valid {
			out[visitor] = at.Time.UTC()
		}
		return nil
	}); err != nil {
		return nil, fmt.Errorf("last clicks of visitors: %w", err)
	}
	return out, nil
}

// WriteVerdicts writes Invalid, VersionID and Day of clicks, and that they are
// judged.
func (tx *Tx) WriteVerdicts(ctx context.Context, cs []*Click) error {
	n := len(cs)
	if n == 0 {
		return nil
	}
	id, at, invalid, version, day := make([]pgtype.UUID, n), make([]time.Time, n), make([]string, n), make([]int64, n), make([]time.Time, n)
	for i, c := range cs {
		id[i], at[i], invalid[i], version[i], day[i] = pgtype.UUID{Bytes: c.ID, Valid: true}, c.At, c.Invalid, c.VersionID, c.Day
	}
	_, err := tx.pgx.Exec(ctx, `UPDATE clicks c SET state = 1, invalid = u.x, version_id = u.v, day = u.d
		FROM unnest($2::uuid[], $3::timestamptz[], $4::text[], $5::bigint[], $6::timestamptz[]) AS u(i, t, x, v, d)
		WHERE c.shop_id = $1 AND c.id = u.i AND c.at = u.t`, tx.ShopID, id, at, invalid, version, day)
	if err != nil {
		return fmt.Errorf("write verdicts on %d clicks: %w", n, err)
	}
	return nil
}

// ClickDay is how many clicks or visits there were on one day of the shop under
// one agreement version. Day is its start, or that of the version when it began
// later.
type ClickDay struct {
	AgreementID, VersionID, LinkID, PageID int64
	Day                                    time.Time
	Raw, Valid                             int64
}

// AddClickDays adds to the counters.
func (tx *Tx) AddClickDays(ctx context.Context, ds []ClickDay) error {
	n := len(ds)
	if n == 0 {
		return nil
	}
	agreement, version, link, page := make([]int64, n), make([]int64, n), make([]int64, n), make([]int64, n)
	day, raw, valid := make([]time.Time, n), make([]int64, n), make([]int64, n)
	for i, d := range ds {
		agreement[i], version[i], link[i], page[i], day[i], raw[i], valid[i] = d.AgreementID, d.VersionID, d.LinkID, d.PageID, d.Day, d.Raw, d.Valid
	}
	// An upsert would be checked (valid ≤ raw) before it adds up: a row that only
	// takes away is no row to insert.
	_, err := tx.pgx.Exec(ctx, `WITH u AS (SELECT * FROM unnest($2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::timestamptz[], $7::bigint[], $8::bigint[]) AS u(a, v, l, p, d, r, n)),
		known AS (UPDATE click_days c SET raw = c.raw + u.r, valid = c.valid + u.n FROM u
		  WHERE c.shop_id = $1 AND c.agreement_id = u.a AND c.version_id = u.v AND c.link_id = u.l AND c.page_id = u.p AND c.day = u.d RETURNING u.*)
		INSERT INTO click_days (shop_id, agreement_id, version_id, link_id, page_id, day, raw, valid)
		SELECT $1, * FROM (SELECT * FROM u EXCEPT ALL SELECT * FROM known) fresh`, tx.ShopID, agreement, version, link, page, day, raw, valid)
	if err != nil {
		return fmt.Errorf("count clicks: %w", err)
	}
	return nil
}

// recountClicks is what click_days must hold; schema stands before the table.
const recountClicks = `SELECT shop_id, agreement_id, version_id, link_id, page_id, day, count(*) AS raw, count(*) FILTER (WHERE invalid = '') AS valid
	FROM %[1]sclicks WHERE shop_id = %[2]s AND day IS NOT NULL GROUP BY 1, 2, 3, 4, 5, 6`

// ClickDaysOf returns the clicks on links under one agreement version, a row a
// day; visits of pages are not among them.
func (tx *Tx) ClickDaysOf(ctx context.Context, agreementID, versionID int64) ([]ClickDay, error) {
	rows, err := tx.pgx.Query(ctx, `SELECT day, sum(raw)::bigint, sum(valid)::bigint FROM click_days
		WHERE shop_id = $1 AND agreement_id = $2 AND version_id = $3 AND link_id <> 0 GROUP BY day ORDER BY day`, tx.ShopID, agreementID, versionID)
	if err != nil {
		return nil, fmt.Errorf("load days of clicks: %w", err)
	}
	out, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (ClickDay, error) {
		d := ClickDay{AgreementID: agreementID, VersionID: versionID}
		err := r.Scan(&d.Day, &d.Raw, &d.Valid)
		d.Day = d.Day.UTC()
		return d, err
	})
	if err != nil {
		return nil, fmt.Errorf("load days of clicks: %w", err)
	}
	return out, nil
}

// ShopsWithClicks lists the shops with clicks that wait for their verdict. It
// works in a transaction of shop 0.
func (tx *Tx) ShopsWithClicks(ctx context.Context) ([]int64, error) {
	rows, err := tx.pgx.Query(ctx, "SELECT shop_id FROM door_clicks_due()")
	if err != nil {
		return nil, fmt.Errorf("list shops with new clicks: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowTo[int64])
}

// VisitorsAfter lists visitors all of whose clicks have been judged, ascending.
func (tx *Tx) VisitorsAfter(ctx context.Context, after string, limit int) ([]string, error) {
	rows, err := tx.pgx.Query(ctx, `SELECT visitor FROM clicks WHERE shop_id = $1 AND visitor > $2
		GROUP BY visitor HAVING bool_and(state = 1) ORDER BY visitor LIMIT $3`, tx.ShopID, after, limit)
	if err != nil {
		return nil, fmt.Errorf("list visitors: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}
