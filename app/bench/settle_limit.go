package bench

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"tributary/internal/domain/kpi"
	"tributary/internal/domain/ledger"
	"tributary/internal/earning"
	"tributary/internal/store"
)

const limitChunk = 500

// column is one column of a table as an array parameter.
type column struct {
	name, kind string
}

// table says how the limit copies rows of a table: all columns as they are.
type table struct {
	name    string
	columns []column
	tail    string // what to do about rows that are there already
}

// settleLimit writes the rows that ours wrote after the shop's past, in chunks
// of 500 deliveries and in the same order, into an identical database: same
// tables, indexes and triggers, the same kind of statements, nothing read and
// nothing decided. An order that a later delivery changes is written again.
func settleLimit(ctx context.Context, o task, _ func(string)) (a account, err error) {
	chunks, err := readChunks(ctx, o.SourceURL, o.ShopID)
	if err != nil {
		return a, err
	}
	conn, err := pgx.Connect(ctx, o.DatabaseURL)
	if err != nil {
		return a, err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	start := time.Now()
	for _, c := range chunks {
		if err := c.write(ctx, conn); err != nil {
			return a, err
		}
		a.Rows += int64(c.deliveries)
	}
	a.Seconds = time.Since(start).Seconds()
	return a, nil
}

// chunk is what one transaction writes.
type chunk struct {
	deliveries int
	statements []statement
}

type statement struct {
	query string
	args  []any
}

func (c *chunk) write(ctx context.Context, conn *pgx.Conn) error {
	tx, err := conn.Begin(ctx)
	if err != nil {
		return err
	}
	defer tx.Rollback(ctx) //nolint:errcheck // after Commit it is a no-op
	for _, s := range c.statements {
		if _, err := tx.Exec(ctx, s.query, s.args...); err != nil {
			return fmt.Errorf("%.60s…: %w", s.query, err)
		}
	}
	return tx.Commit(ctx)
}

var (
	limitOrders = table{"orders", []column{
		{"shop_id", "bigint"}, {"id", "bigint"}, {"name", "text"}, {"payment", "smallint"}, {"created_at", "timestamptz"}, {"paid_at", "timestamptz"},
		{"currency", "text"}, {"total", "bigint"}, {"customer_key", "text"}, {"outcome", "text"}, {"influencer_id", "bigint"}, {"version_id", "bigint"},
		{"via", "text"}, {"decision_number", "integer"}, {"first_seen_at", "timestamptz"}, {"updated_at", "timestamptz"}, {"state", "bytea"},
		{"acquired", "boolean"}, {"kpi", "bytea"},
	}, `ON CONFLICT (shop_id, id) DO UPDATE SET name = excluded.name, payment = excluded.payment, created_at = excluded.created_at,
		paid_at = excluded.paid_at, currency = excluded.currency, total = excluded.total, customer_key = excluded.customer_key,
		outcome = excluded.outcome, influencer_id = excluded.influencer_id, version_id = excluded.version_id, via = excluded.via,
		decision_number = excluded.decision_number, updated_at = excluded.updated_at, state = excluded.state, acquired = excluded.acquired, kpi = excluded.kpi`}
	limitAttributions = table{"attributions", []column{
		{"shop_id", "bigint"}, {"order_id", "bigint"}, {"number", "integer"}, {"decided_at", "timestamptz"}, {"decision", "bytea"},
	}, ""}
	limitEarnings = table{"earnings", []column{
		{"shop_id", "bigint"}, {"id", "bigint"}, {"kind", "smallint"}, {"source", "bigint"}, {"rule", "text"}, {"influencer_id", "bigint"},
		{"agreement_id", "bigint"}, {"version_id", "bigint"}, {"terms_hash", "text"}, {"currency", "text"}, {"gross_base", "bigint"},
		{"net_base", "bigint"}, {"posted", "bigint"}, {"state", "text"}, {"reason", "text"}, {"occurred_at", "timestamptz"},
		{"release_at", "timestamptz"}, {"locked_at", "timestamptz"}, {"detail", "bytea"}, {"updated_at", "timestamptz"}, {"counted", "bigint"},
		{"campaign_id", "bigint"}, {"link_id", "bigint"}, {"code_id", "bigint"},
	}, ""}
	limitLedger = table{"ledger_entries", []column{
		{"shop_id", "bigint"}, {"journal_id", "bigint"}, {"leg", "smallint"}, {"kind", "smallint"}, {"account", "smallint"}, {"influencer_id", "bigint"},
		{"earning_id", "bigint"}, {"payout_id", "bigint"}, {"currency", "text"}, {"minor", "bigint"}, {"effective_at", "timestamptz"},
		{"origin_at", "timestamptz"}, {"posted_at", "timestamptz"},
	}, ""}
)

// The counts of the KPIs, which are added to.
var (
	limitDays  = countsTable("kpi_days", column{"day", "date"})
	limitHours = countsTable("kpi_hours", column{"hour", "timestamptz"})
)

func countsTable(name string, at column) table {
	t := table{name: name, columns: []column{{"shop_id", "bigint"}, {"dim", "smallint"}, {"id", "bigint"}, at, {"currency", "text"}}}
	var sets []string
	for _, n := range kpi.Names {
		t.columns = append(t.columns, column{n, "bigint"})
		sets = append(sets, fmt.Sprintf("%[1]s = %[2]s.%[1]s + excluded.%[1]s", n, name))
	}
	t.tail = fmt.Sprintf("ON CONFLICT (shop_id, dim, id, %s, currency) DO UPDATE SET %s", at.name, strings.Join(sets, ", "))
	return t
}

// countRows are cells as rows of both tables of counts.
func countRows(shopID int64, zone *time.Location, cells kpi.Cells) (days, hours [][]any) {
	byDay := kpi.Cells{}
	row := func(k kpi.Key, m *kpi.Measures) []any {
		r := []any{shopID, int16(k.Dim), k.ID, k.Hour, k.Currency}
		for _, v := range m {
			r = append(r, v)
		}
		return r
	}
	for _, k := range cells.Keys() {
		if k.Dim.Hourly() {
			hours = append(hours, row(k, cells[k]))
		}
		day := k
		y, m, d := k.Hour.In(zone).Date()
		day.Hour = time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
		byDay.At(day).Add(cells[k])
	}
	for _, k := range byDay.Keys() {
		days = append(days, row(k, byDay[k]))
	}
	return days, hours
}

const limitChangeEarnings = `UPDATE earnings e SET gross_base = u.g, net_base = u.n, posted = u.p, state = u.s, detail = u.d, updated_at = u.t, counted = u.c
	FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::text[], $7::bytea[], $8::timestamptz[], $9::bigint[])
	AS u(shop, id, g, n, p, s, d, t, c) WHERE e.shop_id = u.shop AND e.id = u.id`

const limitFinish = `UPDATE deliveries d SET state = 2, attempts = 0, next_at = u.n, order_id = u.o, note = nullif(u.note, '')
	FROM unnest($3::uuid[], $4::timestamptz[], $5::bigint[], $6::text[]) AS u(i, n, o, note)
	WHERE d.shop_id = $1 AND d.day = $2 AND d.id = u.i`

// insert is the statement that adds rows to the table.
func (t *table) insert(rows [][]any) statement {
	names, kinds := make([]string, len(t.columns)), make([]string, len(t.columns))
	for i, c := range t.columns {
		names[i], kinds[i] = c.name, fmt.Sprintf("$%d::%s[]", i+1, c.kind)
	}
	return statement{
		query: fmt.Sprintf("INSERT INTO %s (%s) SELECT * FROM unnest(%s) %s", t.name, strings.Join(names, ", "), strings.Join(kinds, ", "), t.tail),
		args:  t.arrays(rows),
	}
}

// arrays are the rows as one typed slice per column, or per named column.
func (t *table) arrays(rows [][]any, only ...string) []any {
	var out []any
	add := func(i int, c column) {
		switch c.kind {
		case "bigint":
			out = append(out, slice[int64](rows, i))
		case "integer":
			out = append(out, slice[int32](rows, i))
		case "smallint":
			out = append(out, slice[int16](rows, i))
		case "text":
			out = append(out, slice[string](rows, i))
		case "bytea":
			out = append(out, slice[[]byte](rows, i))
		case "boolean":
			out = append(out, slice[bool](rows, i))
		case "date":
			day := make([]pgtype.Date, len(rows))
			for k, r := range rows {
				day[k].Time, day[k].Valid = r[i].(time.Time)
			}
			out = append(out, day)
		case "timestamptz":
			at := make([]pgtype.Timestamptz, len(rows))
			for k, r := range rows {
				at[k].Time, at[k].Valid = r[i].(time.Time)
			}
			out = append(out, at)
		}
	}
	if len(only) == 0 {
		for i, c := range t.columns {
			add(i, c)
		}
	}
	for _, name := range only {
		for i, c := range t.columns {
			if c.name == name {
				add(i, c)
			}
		}
	}
	return out
}

func slice[T any](rows [][]any, i int) []T {
	out := make([]T, len(rows))
	for k, r := range rows {
		out[k], _ = r[i].(T) // NULL is nil
	}
	return out
}

// read returns the table's rows by the value of one of its columns.
func (t *table) read(ctx context.Context, conn *pgx.Conn, shopID int64, by string, order string) (map[int64][][]any, error) {
	names := make([]string, len(t.columns))
	key := 0
	for i, c := range t.columns {
		names[i] = c.name
		if c.name == by {
			key = i
		}
	}
	rows, err := conn.Query(ctx, fmt.Sprintf("SELECT %s FROM %s WHERE shop_id = $1 ORDER BY %s", strings.Join(names, ", "), t.name, order), shopID)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	out := map[int64][][]any{}
	for rows.Next() {
		v, err := rows.Values()
		if err != nil {
			return nil, err
		}
		out[v[key].(int64)] = append(out[v[key].(int64)], v)
	}
	return out, rows.Err()
}

// readChunks reads what ours wrote and deals it out to transactions.
func readChunks(ctx context.Context, url string, shopID int64) ([]chunk, error) {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return nil, err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	orders, err := limitOrders.read(ctx, conn, shopID, "id", "id")
	if err != nil {
		return nil, err
	}
	decisions, err := limitAttributions.read(ctx, conn, shopID, "order_id", "order_id, number")
	if err != nil {
		return nil, err
	}
	earnings, err := limitEarnings.read(ctx, conn, shopID, "source", "source, id")
	if err != nil {
		return nil, err
	}
	legs, err := limitLedger.read(ctx, conn, shopID, "earning_id", "earning_id, journal_id, leg")
	if err != nil {
		return nil, err
	}
	var name string
	if err := conn.QueryRow(ctx, "SELECT time_zone FROM shops WHERE id = $1", shopID).Scan(&name); err != nil {
		return nil, err
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return nil, err
	}
	type done struct {
		id      pgtype.UUID
		day     pgtype.Date
		next    time.Time
		orderID int64
		note    string
	}
	rows, err := conn.Query(ctx, "SELECT id, day, next_at, coalesce(order_id, 0), coalesce(note, '') FROM deliveries WHERE shop_id = $1 ORDER BY next_at, id", shopID)
	if err != nil {
		return nil, err
	}
	deliveries, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (d done, err error) {
		err = r.Scan(&d.id, &d.day, &d.next, &d.orderID, &d.note)
		return d, err
	})
	if err != nil {
		return nil, err
	}
	left := map[int64]int{} // how often the order is still to come
	for _, d := range deliveries {
		left[d.orderID]++
	}
	var out []chunk
	seen := map[int64]bool{}
	for len(deliveries) > 0 {
		part := deliveries[:min(limitChunk, len(deliveries))]
		deliveries = deliveries[len(part):]
		c := chunk{deliveries: len(part)}
		var ids []int64
		here := map[int64]bool{}
		for _, d := range part {
			left[d.orderID]--
			if !here[d.orderID] {
				here[d.orderID] = true
				ids = append(ids, d.orderID)
			}
		}
		var orderRows, decided, earned, changed, posted [][]any
		cells := kpi.Cells{}
		for _, id := range ids {
			orderRows = append(orderRows, orders[id]...)
			if !seen[id] {
				if err := countOrder(cells, zone, orders[id], earnings[id]); err != nil {
					return nil, err
				}
				decided, earned = append(decided, decisions[id]...), append(earned, earnings[id]...)
			} else {
				changed = append(changed, earnings[id]...)
			}
			seen[id] = true
			for _, e := range earnings[id] {
				own := legs[e[1].(int64)]
				if left[id] > 0 && len(own) > 2 { // the first journal now, the others with the order's later deliveries
					legs[e[1].(int64)] = own[2:]
					own = own[:2]
				} else {
					delete(legs, e[1].(int64))
				}
				posted = append(posted, own...)
				for _, leg := range own {
					if ledger.Account(leg[4].(int16)) == ledger.CommissionExpense {
						earning.CountPosting(cells, zone, e[21].(int64), leg[5].(int64), leg[8].(string), leg[11].(time.Time), leg[9].(int64))
					}
				}
			}
		}
		c.statements = append(c.statements, limitOrders.insert(orderRows))
		if len(decided) > 0 {
			c.statements = append(c.statements, limitAttributions.insert(decided))
		}
		if len(earned) > 0 {
			c.statements = append(c.statements, limitEarnings.insert(earned))
		}
		if len(changed) > 0 {
			c.statements = append(c.statements, statement{limitChangeEarnings,
				limitEarnings.arrays(changed, "shop_id", "id", "gross_base", "net_base", "posted", "state", "detail", "updated_at", "counted")})
		}
		if len(posted) > 0 {
			c.statements = append(c.statements, limitLedger.insert(posted))
		}
		days, hours := countRows(shopID, zone, cells)
		c.statements = append(c.statements, limitDays.insert(days), limitHours.insert(hours))
		byDay := map[time.Time][]done{}
		for _, d := range part {
			byDay[d.day.Time] = append(byDay[d.day.Time], d)
		}
		for day, ds := range byDay {
			var id []pgtype.UUID
			var next []time.Time
			var of []int64
			var note []string
			for _, d := range ds {
				id, next, of, note = append(id, d.id), append(next, d.next), append(of, d.orderID), append(note, d.note)
			}
			c.statements = append(c.statements, statement{limitFinish, []any{shopID, pgtype.Date{Time: day, Valid: true}, id, next, of, note}})
		}
		out = append(out, c)
	}
	return out[past/limitChunk:], nil
}

// countOrder counts what an order and its earnings stand for.
func countOrder(cells kpi.Cells, zone *time.Location, orders, earnings [][]any) error {
	for _, o := range orders {
		b, _ := o[18].([]byte)
		c, err := kpi.Decode(b)
		if err != nil {
			return err
		}
		cells.Add(c, 1)
	}
	for _, e := range earnings {
		earning.CountRow(cells, zone, &store.EarningRow{Kind: store.EarningOrder, Posted: e[12].(int64), Currency: e[9].(string),
			OccurredAt: e[15].(time.Time), LinkID: e[22].(int64), CodeID: e[23].(int64)}, 1)
	}
	return nil
}
