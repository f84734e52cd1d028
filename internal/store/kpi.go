package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"tributary/internal/domain/kpi"
)

// AddKPI adds cells to the counts, in one round trip: days of zone's calendar for
// every dimension, hours for those that have them (kpi.Dim.Hourly). The caller
// holds the shop's lock.
func (tx *Tx) AddKPI(ctx context.Context, zone *time.Location, c kpi.Cells) error {
	days, hours := map[cellKey]*kpi.Measures{}, map[cellKey]*kpi.Measures{}
	add := func(m map[cellKey]*kpi.Measures, k cellKey, v *kpi.Measures) {
		if m[k] == nil {
			m[k] = &kpi.Measures{}
		}
		m[k].Add(v)
	}
	for k, m := range c {
		if m.IsZero() {
			continue
		}
		y, mo, d := k.Hour.In(zone).Date()
		add(days, cellKey{k.Dim, k.ID, time.Date(y, mo, d, 0, 0, 0, 0, time.UTC), k.Currency}, m)
		if k.Dim.Hourly() {
			add(hours, cellKey{k.Dim, k.ID, k.Hour, k.Currency}, m)
		}
	}
	var b pgx.Batch
	tx.addCells(&b, addDays, days)
	tx.addCells(&b, addHours, hours)
	if b.Len() == 0 {
		return nil
	}
	if err := tx.pgx.SendBatch(ctx, &b).Close(); err != nil {
		return fmt.Errorf("add to the KPIs: %w", err)
	}
	return nil
}

type cellKey struct {
	dim      kpi.Dim
	id       int64
	at       time.Time
	currency string
}

var (
	addDays  = addStatement("kpi_days", "day", "date")
	addHours = addStatement("kpi_hours", "hour", "timestamptz")
)

// addStatement is the upsert that adds to the counts: $1 is the shop, then come
// arrays of the key's parts and of the measures.
func addStatement(table, at, typ string) string {
	var sets, arrays []string
	for i, n := range kpi.Names {
		sets = append(sets, fmt.Sprintf("%[1]s = k.%[1]s + excluded.%[1]s", n))
		arrays = append(arrays, "$"+strconv.Itoa(6+i)+"::bigint[]")
	}
	columns := strings.Join(kpi.Names[:], ", ")
	return fmt.Sprintf(`INSERT INTO %s AS k (shop_id, dim, id, %s, currency, %s)
		SELECT $1, * FROM unnest($2::smallint[], $3::bigint[], $4::%s[], $5::text[], %s)
		ON CONFLICT (shop_id, dim, id, %s, currency) DO UPDATE SET %s`,
		table, at, columns, typ, strings.Join(arrays, ", "), at, strings.Join(sets, ", "))
}

func (tx *Tx) addCells(b *pgx.Batch, statement string, cells map[cellKey]*kpi.Measures) {
	keys := make([]cellKey, 0, len(cells))
	for k, m := range cells {
		if !m.IsZero() {
			keys = append(keys, k)
		}
	}
	if len(keys) == 0 {
		return
	}
	slices.SortFunc(keys, func(a, b cellKey) int {
		return cmp.Or(cmp.Compare(a.dim, b.dim), cmp.Compare(a.id, b.id), a.at.Compare(b.at), strings.Compare(a.currency, b.currency))
	})
	dims, ids, ats, currencies := make([]int16, len(keys)), make([]int64, len(keys)), make([]time.Time, len(keys)), make([]string, len(keys))
	var values [kpi.MeasureCount][]int64
	for m := range values {
		values[m] = make([]int64, len(keys))
	}
	for i, k := range keys {
		dims[i], ids[i], ats[i], currencies[i] = int16(k.dim), k.id, k.at, k.currency
		for m := range values {
			values[m][i] = cells[k][m]
		}
	}
	args := []any{tx.ShopID, dims, ids, ats, currencies}
	for m := range values {
		args = append(args, values[m])
	}
	b.Queue(statement, args...)
}

// KPIGrain is the length of the steps of a series.
type KPIGrain string

// The grains: hours of the shop's clocks, and days, weeks (from Monday) and
// months of its calendar. KPITotal is one step.
const (
	KPIHour  KPIGrain = "hour"
	KPIDay   KPIGrain = "day"
	KPIWeek  KPIGrain = "week"
	KPIMonth KPIGrain = "month"
	KPITotal KPIGrain = "total"
)

// KPIFilter says what to sum: one dimension, over [From, To).
type KPIFilter struct {
	Dim kpi.Dim
	ID  int64 // 0 with EachID
	// EachID gives a row for each id of the dimension, the greatest by Order
	// first, Limit of them.
	EachID bool
	Order  kpi.Measure
	Limit  int
	Grain  KPIGrain
	// From and To are days for every grain but hours, for which they are
	// instants.
	From, To time.Time
}

// KPIRow is one sum.
type KPIRow struct {
	ID       int64
	At       time.Time // start of the step: a date at midnight UTC, or an hour's instant; zero for a total
	Currency string
	kpi.Measures
}

// KPIs sums the counts.
func (tx *Tx) KPIs(ctx context.Context, f KPIFilter) ([]KPIRow, error) {
	all, err := tx.KPIsOf(ctx, f)
	if err != nil {
		return nil, err
	}
	return all[0], nil
}

// KPIsOf sums the counts for several filters in one round trip.
func (tx *Tx) KPIsOf(ctx context.Context, fs ...KPIFilter) ([][]KPIRow, error) {
	var b pgx.Batch
	for i := range fs {
		f := &fs[i]
		b.Queue(f.query(), tx.ShopID, int16(f.Dim), f.ID, f.From, f.To)
	}
	res := tx.pgx.SendBatch(ctx, &b)
	out := make([][]KPIRow, len(fs))
	for i := range fs {
		rows, err := res.Query()
		if err == nil {
			out[i], err = pgx.CollectRows(rows, scanKPI)
		}
		if err != nil {
			_ = res.Close()
			return nil, fmt.Errorf("sum the KPIs: %w", err)
		}
	}
	if err := res.Close(); err != nil {
		return nil, fmt.Errorf("sum the KPIs: %w", err)
	}
	return out, nil
}

// fewBest is how many of a dimension are looked up one by one, once it is known
// which they are.
const fewBest = 100

// query is the statement of a filter: $1 shop, $2 dimension, $3 id (used even
// where there is none), and the range.
func (f *KPIFilter) query() string {
	table, column, at := "kpi_days", "day", "NULL::timestamp"
	switch f.Grain {
	case KPIHour:
		table, column, at = "kpi_hours", "hour", "hour AT TIME ZONE 'UTC'"
	case KPIDay:
		at = "day::timestamp"
	case KPIWeek:
		at = "date_trunc('week', day::timestamp)"
	case KPIMonth:
		at = "date_trunc('month', day::timestamp)"
	}
	of := fmt.Sprintf("FROM %s WHERE shop_id = $1 AND dim = $2 AND %[2]s >= $4 AND %[2]s < $5", table, column)
	switch {
	case !f.EachID && (f.Grain == KPIDay || f.Grain == KPIHour): // what is stored
		return fmt.Sprintf("SELECT $3::bigint, %s, currency, %s %s AND id = $3 ORDER BY 2, 3", at, kpiColumns, of)
	case !f.EachID:
		return fmt.Sprintf("SELECT $3::bigint, %s, currency, %s %s AND id = $3 GROUP BY 1, 2, 3 ORDER BY 2, 3", at, kpiSums, of)
	case f.Grain == KPITotal && f.Limit <= fewBest: // who is best by one measure, and then all of theirs
		return fmt.Sprintf(`WITH best AS (SELECT id, currency, sum(%[1]s)::bigint AS by %[2]s AND $3::bigint = 0 GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2 LIMIT %[3]d)
			SELECT b.id, %[4]s, b.currency, k.* FROM best b, LATERAL (SELECT %[5]s %[2]s AND id = b.id AND currency = b.currency) k ORDER BY b.by DESC, b.id, b.currency`,
			kpi.Names[f.Order], of, max(1, f.Limit), at, kpiSums)
	default:
		return fmt.Sprintf("SELECT id, %s, currency, %s %s AND $3::bigint = 0 GROUP BY 1, 2, 3 ORDER BY %d DESC, 1, 2, 3 LIMIT %d", at, kpiSums, of, 4+int(f.Order), max(1, f.Limit))
	}
}

var (
	kpiColumns = strings.Join(kpi.Names[:], ", ")
	kpiSums    = "sum(" + strings.Join(kpi.Names[:], ")::bigint, sum(") + ")::bigint"
)

func scanKPI(r pgx.CollectableRow) (k KPIRow, err error) {
	var at *time.Time
	dest := make([]any, 0, 3+kpi.MeasureCount)
	dest = append(dest, &k.ID, &at, &k.Currency)
	for m := range k.Measures {
		dest = append(dest, &k.Measures[m])
	}
	err = r.Scan(dest...)
	if at != nil {
		k.At = at.UTC()
	}
	return k, err
}

// PostKPIs returns what posts count for, as kpi.Cells.Encode wrote it.
func (tx *Tx) PostKPIs(ctx context.Context, ids []int64) (map[int64][]byte, error) {
	rows, err := tx.pgx.Query(ctx, "SELECT id, kpi FROM posts WHERE shop_id = $1 AND id = ANY($2)", tx.ShopID, ids)
	if err != nil {
		return nil, fmt.Errorf("read what posts count for: %w", err)
	}
	out := map[int64][]byte{}
	var id int64
	var b []byte
	if _, err := pgx.ForEachRow(rows, []any{&id, &b}, func() error { out[id] = slices.Clone(b); return nil }); err != nil {
		return nil, fmt.Errorf("read what posts count for: %w", err)
	}
	return out, nil
}

// SetPostKPI writes what a post counts for.
func (tx *Tx) SetPostKPI(ctx context.Context, id int64, cells []byte) error {
	if _, err := tx.pgx.Exec(ctx, "UPDATE posts SET kpi = $3 WHERE shop_id = $1 AND id = $2", tx.ShopID, id, cells); err != nil {
		return fmt.Errorf("write what post %d counts for: %w", id, err)
	}
	return nil
}

// Parties are whose an agreement is.
type Parties struct{ CampaignID, InfluencerID int64 }

// AgreementParties returns whose the agreements are.
func (tx *Tx) AgreementParties(ctx context.Context, ids []int64) (map[int64]Parties, error) {
	rows, err := tx.pgx.Query(ctx, "SELECT id, campaign_id, influencer_id FROM agreements WHERE shop_id = $1 AND id = ANY($2)", tx.ShopID, ids)
	if err != nil {
		return nil, fmt.Errorf("load whose agreements are: %w", err)
	}
	out := map[int64]Parties{}
	var id int64
	var p Parties
	if _, err := pgx.ForEachRow(rows, []any{&id, &p.CampaignID, &p.InfluencerID}, func() error { out[id] = p; return nil }); err != nil {
		return nil, fmt.Errorf("load whose agreements are: %w", err)
	}
	return out, nil
}

// EachKPI hears every cell that is counted: by hour, or by day, whose Hour is
// its date at midnight UTC.
func (tx *Tx) EachKPI(ctx context.Context, grain KPIGrain, f func(k kpi.Key, m *kpi.Measures)) error {
	table, column := "kpi_days", "day::timestamp AT TIME ZONE 'UTC'"
	if grain == KPIHour {
		table, column = "kpi_hours", "hour"
	}
	rows, err := tx.pgx.Query(ctx, fmt.Sprintf("SELECT dim, id, %s, currency, %s FROM %s WHERE shop_id = $1", column, strings.Join(kpi.Names[:], ", "), table), tx.ShopID)
	if err != nil {
		return fmt.Errorf("read the KPIs: %w", err)
	}
	var k kpi.Key
	var m kpi.Measures
	dest := []any{&k.Dim, &k.ID, &k.Hour, &k.Currency}
	for i := range m {
		dest = append(dest, &m[i])
	}
	_, err = pgx.ForEachRow(rows, dest, func() error {
		if grain == KPIHour && !k.Dim.Hourly() {
			return nil // of a version that kept more
		}
		k.Hour = k.Hour.UTC()
		copied := m
		f(k, &copied)
		return nil
	})
	return err
}

// CohortRow counts the customers acquired in a month (After −1), or the paid
// orders that they made so many months later.
type CohortRow struct {
	Month string // "2026-10" in the zone
	After int
	Count int64
}

// Cohorts counts acquired customers and their later orders by month of
// acquisition; influencerID 0 is any.
func (tx *Tx) Cohorts(ctx context.Context, influencerID int64, zone string) ([]CohortRow, error) {
	rows, err := tx.pgx.Query(ctx, `WITH a AS (
		  SELECT customer_key, customer_hash, id, created_at, date_trunc('month', created_at AT TIME ZONE $3) AS month FROM orders
		  WHERE shop_id = $1 AND acquired AND customer_key <> '' AND ($2::bigint = 0 OR influencer_id = $2))
		SELECT to_char(month, 'YYYY-MM'), -1, count(*) FROM a GROUP BY 1
		UNION ALL
		SELECT to_char(a.month, 'YYYY-MM'), m.after, count(*) FROM a
		JOIN orders o ON o.shop_id = $1 AND o.customer_hash = a.customer_hash AND o.customer_key = a.customer_key AND o.customer_key <> '' AND (o.created_at, o.id) > (a.created_at, a.id) AND o.payment = 2
		CROSS JOIN LATERAL (SELECT ((extract(year FROM o.created_at AT TIME ZONE $3) - extract(year FROM a.month)) * 12
		  + extract(month FROM o.created_at AT TIME ZONE $3) - extract(month FROM a.month))::int AS after) m
		GROUP BY 1, 2 ORDER BY 1, 2`, tx.ShopID, influencerID, zone)
	if err != nil {
		return nil, fmt.Errorf("count cohorts: %w", err)
	}
	out, err := pgx.CollectRows(rows, pgx.RowToStructByPos[CohortRow])
	if err != nil {
		return nil, fmt.Errorf("count cohorts: %w", err)
	}
	return out, nil
}
