package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"tributary/internal/domain/kpi"
	"tributary/internal/domain/order"
	"tributary/internal/insight"
	"tributary/internal/store"
	"tributary/internal/tenant"
)

const (
	sellers    = 200 // influencers who share the shop's year
	homeLooks  = 2000
	naiveLooks = 3
	homeZone   = "America/New_York"
)

func init() { roles["kpi-ours"], roles["kpi-naive"] = homeOurs, homeNaive }

// home measures how quickly the first page of a shop with a year behind it has
// its figures: the last 30 days, those before, hours, the days of the year and
// the best influencers. Naive sums up clicks, orders and postings each time, in
// as few statements as they are. Both must find the same.
func home(ctx context.Context, s *stage) (Result, error) {
	r := Result{Unit: "pages/s", Note: fmt.Sprintf("%d clicks and %d orders in a year, %d influencers", s.Clicks, s.Clicks/5, sellers)}
	s.steps = 2*s.Rounds + 1
	s.doing("making a year")
	until := time.Now().UTC().Truncate(time.Second)
	base, err := s.base(ctx, fmt.Sprintf("year_%d", s.Clicks), func(url string) error { return s.year(ctx, url, until) })
	if err != nil {
		return r, err
	}
	shopID := s.caches["year shop"].(int64)
	s.did("the year is there")
	var ours, naive []account
	for range s.Rounds {
		n, err := s.job(ctx, task{Role: "kpi-naive", DatabaseURL: s.url(base), ShopID: shopID, Until: until})
		if err != nil {
			return r, err
		}
		s.did(fmt.Sprintf("naive: %.0f ms", n.P50))
		o, err := s.job(ctx, task{Role: "kpi-ours", DatabaseURL: s.url(base), ShopID: shopID, Until: until})
		if err != nil {
			return r, err
		}
		s.did(fmt.Sprintf("ours: %.2f ms, p99 %.2f ms", o.P50, o.P99))
		if o.Value != n.Value {
			return r, fmt.Errorf("the page shows\n%.600s\nand the raw rows give\n%.600s", o.Value, n.Value)
		}
		ours, naive, r.RSS = append(ours, o), append(naive, n), max(r.RSS, o.RSS)
	}
	r.P50, r.P99 = medianOf(ours, func(a account) float64 { return a.P50 }), medianOf(ours, func(a account) float64 { return a.P99 })
	r.NaiveP99 = medianOf(naive, func(a account) float64 { return a.P99 })
	r.Ours, r.Naive = 1000/r.P50, 1000/medianOf(naive, func(a account) float64 { return a.P50 })
	r.ratios()
	r.goal(true, "every figure equals the raw rows'")
	r.goal(r.VsNaive >= 100, "≥ 100 × naive")
	r.goal(r.P99 <= 25, "p99 ≤ 25 ms")
	r.memory()
	return r, nil
}

func medianOf(as []account, f func(account) float64) float64 {
	v := make([]float64, len(as))
	for i := range as {
		v[i] = f(as[i])
	}
	return median(v)
}

// look times looks at the page and keeps what it showed.
func look(ctx context.Context, looks int, page func() (insight.Overview, error)) (a account, err error) {
	took := make([]time.Duration, 0, looks)
	for i := range looks + 1 {
		start := time.Now()
		o, err := page()
		if err != nil {
			return a, err
		}
		if i > 0 { // the first one warms up
			took = append(took, time.Since(start))
		}
		b, err := json.Marshal(o)
		if err != nil {
			return a, err
		}
		if a.Value != "" && a.Value != string(b) {
			return a, errors.New("the page changed though nothing happened")
		}
		a.Value = string(b)
	}
	slices.Sort(took)
	a.P50, a.P99, a.Rows = percentile(took, 50), percentile(took, 99), int64(looks)
	return a, ctx.Err()
}

func homeOurs(ctx context.Context, o task, _ func(string)) (a account, err error) {
	db, err := store.Open(ctx, o.DatabaseURL, store.Options{})
	if err != nil {
		return a, err
	}
	defer db.Close()
	return look(ctx, homeLooks, func() (v insight.Overview, err error) {
		err = db.InTx(ctx, o.ShopID, func(tx *store.Tx) error {
			shop, err := tx.ShopForSettling(ctx)
			if err == nil {
				v, err = insight.Home(ctx, tx, shop.Zone, o.Until)
			}
			return err
		})
		return v, err
	})
}

// homeNaive sums up raw rows.
func homeNaive(ctx context.Context, o task, _ func(string)) (a account, err error) {
	conn, err := pgx.Connect(ctx, o.DatabaseURL)
	if err != nil {
		return a, err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	zone, err := time.LoadLocation(homeZone)
	if err != nil {
		return a, err
	}
	y, m, d := o.Until.In(zone).Date()
	midnight := func(ago int) time.Time { return time.Date(y, m, d+1-ago, 0, 0, 0, 0, zone) }
	hour := kpi.HourOf(o.Until, zone)
	return look(ctx, naiveLooks, func() (v insight.Overview, err error) {
		for _, part := range []struct {
			rows     *[]store.KPIRow
			id, step string
			from, to time.Time
			tail     string
		}{
			{&v.Period, "0", "NULL::timestamp", midnight(30), midnight(0), "ORDER BY 2, 3"},
			{&v.Before, "0", "NULL::timestamp", midnight(60), midnight(30), "ORDER BY 2, 3"},
			{&v.Hours, "0", "date_trunc('hour', at)", hour.Add(-47 * time.Hour), hour.Add(time.Hour), "ORDER BY 2, 3"},
			{&v.Days, "0", "date_trunc('day', at AT TIME ZONE '" + homeZone + "')", midnight(365), midnight(0), "ORDER BY 2, 3"},
			{&v.Top, "influencer", "NULL::timestamp", midnight(30), midnight(0), "ORDER BY net DESC, 1, 2, 3 LIMIT 10"},
		} {
			if *part.rows, err = rawKPIs(ctx, conn, o.ShopID, part.id, part.step, part.from, part.to, part.tail); err != nil {
				return v, err
			}
		}
		return v, nil
	})
}

// rawRows are what the figures come from: influencer, at, currency and what each
// row counts for. The filters stand where they are quickest.
const rawRows = `
	SELECT a.influencer_id AS influencer, c.at, 'USD' AS currency, 1 AS clicks, 0 AS orders, 0 AS click_orders, 0 AS kept, 0 AS kept_clicks, 0::bigint AS gross, 0::bigint AS net,
	  0 AS acquired, 0::bigint AS earned, 0::bigint AS reversed
	FROM clicks c JOIN agreements a ON a.shop_id = c.shop_id AND a.id = c.agreement_id
	WHERE c.shop_id = $1 AND c.at >= $2 AND c.at < $3 AND c.state = 1 AND c.invalid = ''
	UNION ALL
	SELECT e.influencer_id, e.occurred_at, e.currency, 0, 1, (o.via IN ('click', 'visit'))::int, (e.net_base > 0)::int, (o.via IN ('click', 'visit') AND e.net_base > 0)::int,
	  e.gross_base, e.net_base, o.acquired::int, 0, 0
	FROM earnings e JOIN orders o ON o.shop_id = e.shop_id AND o.id = e.source
	WHERE e.shop_id = $1 AND e.kind = 1 AND e.state IN ('pending', 'locked', 'held') AND e.occurred_at >= $2 AND e.occurred_at < $3
	UNION ALL
	SELECT l.influencer_id, l.origin_at, l.currency, 0, 0, 0, 0, 0, 0, 0, 0, greatest(l.minor, 0), greatest(-l.minor, 0)
	FROM ledger_entries l WHERE l.shop_id = $1 AND l.account = 1 AND l.origin_at >= $2 AND l.origin_at < $3`

func rawKPIs(ctx context.Context, conn *pgx.Conn, shopID int64, id, step string, from, to time.Time, tail string) ([]store.KPIRow, error) {
	rows, err := conn.Query(ctx, fmt.Sprintf(`SELECT %s::bigint, %s, currency, sum(clicks)::bigint, sum(orders)::bigint, sum(click_orders)::bigint, sum(kept)::bigint,
		  sum(kept_clicks)::bigint, sum(gross)::bigint, sum(net)::bigint AS net, sum(acquired)::bigint, sum(earned)::bigint, sum(reversed)::bigint
		FROM (%s) raw GROUP BY 1, 2, 3 %s`, id, step, rawRows, tail), shopID, from, to)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(r pgx.CollectableRow) (k store.KPIRow, err error) {
		var at *time.Time
		err = r.Scan(&k.ID, &at, &k.Currency, &k.Measures[kpi.Clicks], &k.Measures[kpi.Orders], &k.Measures[kpi.ClickOrders], &k.Measures[kpi.Kept], &k.Measures[kpi.KeptClicks],
			&k.Measures[kpi.Gross], &k.Measures[kpi.Net], &k.Measures[kpi.Acquired], &k.Measures[kpi.Earned], &k.Measures[kpi.Reversed])
		if at != nil {
			k.At = at.UTC()
		}
		return k, err
	})
}

// year makes a shop with a year of clicks, orders, earnings and postings that
// ends at the given instant, and counts them as settling would have.
func (s *stage) year(ctx context.Context, url string, until time.Time) error {
	if _, err := store.Migrate(ctx, url, "", until); err != nil {
		return err
	}
	db, err := store.Open(ctx, url, store.Options{MaxConns: 2})
	if err != nil {
		return err
	}
	defer db.Close()
	shop, err := tenant.AddShop(ctx, db, s.keys, tenant.NewShop{Platform: order.Shopify, Domain: shopDomain, Currency: "USD", TimeZone: homeZone})
	if err != nil {
		return err
	}
	s.caches["year shop"] = shop.ID
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	begin, orders := until.AddDate(-1, 0, 0), s.Clicks/5
	for _, q := range []struct {
		what, query string
		args        []any
	}{
		{"", "SELECT make_partitions($1, $2)", []any{begin, until}},
		{"", `INSERT INTO influencers (shop_id, id, handle, name, email, email_hash, created_at) OVERRIDING SYSTEM VALUE
		  SELECT $1, i, 'creator-' || i, 'Creator ' || i, 'creator-' || i || '@example.com', md5(i::text), $2 FROM generate_series(1, $3::int) i`, []any{shop.ID, begin, sellers}},
		{"", "INSERT INTO campaigns (shop_id, id, name, created_at) OVERRIDING SYSTEM VALUE VALUES ($1, 1, 'A year', $2)", []any{shop.ID, begin}},
		{"", `INSERT INTO agreements (shop_id, id, influencer_id, campaign_id, created_at) OVERRIDING SYSTEM VALUE
		  SELECT $1, i, i, 1, $2 FROM generate_series(1, $3::int) i`, []any{shop.ID, begin, sellers}},
		{"clicks", `INSERT INTO clicks (shop_id, id, at, link_id, kind, agreement_id, visitor, agent, state, invalid, version_id, day)
		  SELECT $1, gen_random_uuid(), t, f, 1, f, md5(i::text), 'browser', 1, CASE WHEN i % 10 = 0 THEN 'duplicate' ELSE '' END, f, date_trunc('day', t AT TIME ZONE $6) AT TIME ZONE $6
		  FROM generate_series(1, $4::bigint) i, LATERAL (SELECT 1 + (i * 7919) % $5::bigint, $2::timestamptz + i * ($3::timestamptz - $2) / ($4 + 1)) x(f, t)`,
			[]any{shop.ID, begin, until, s.Clicks, sellers, homeZone}},
		{"orders", `INSERT INTO orders (shop_id, id, name, payment, created_at, paid_at, currency, total, outcome, influencer_id, version_id, via, decision_number, first_seen_at, updated_at, state, acquired)
		  SELECT $1, i, '#' || i, 1, t, t, 'USD', 1000 + (i * 104729) % 9000, 'attributed', f, f, CASE WHEN i % 5 < 3 THEN 'click' ELSE 'code' END, 1, t, t, '', i % 3 = 0
		  FROM generate_series(1, $4::bigint) i, LATERAL (SELECT 1 + (i * 7919) % $5::bigint, $2::timestamptz + i * ($3::timestamptz - $2) / ($4 + 1)) x(f, t)`,
			[]any{shop.ID, begin, until, orders, sellers}},
		{"earnings", `INSERT INTO earnings (shop_id, id, kind, source, influencer_id, agreement_id, version_id, terms_hash, currency, gross_base, net_base, counted, posted, state, occurred_at, detail, updated_at, campaign_id)
		  SELECT shop_id, id, 1, id, influencer_id, influencer_id, version_id, '', 'USD', total, n, n, n / 10, CASE WHEN id % 20 = 1 THEN 'void' ELSE 'pending' END, paid_at, '{}', paid_at, 1
		  FROM orders, LATERAL (SELECT CASE WHEN id % 20 = 0 THEN 0 ELSE total END) x(n) WHERE shop_id = $1`, []any{shop.ID}},
		{"postings", `INSERT INTO ledger_entries (shop_id, journal_id, leg, kind, account, influencer_id, earning_id, currency, minor, effective_at, origin_at, posted_at)
		  SELECT $1, 2 * id + j, leg, 1, CASE leg WHEN 0 THEN 1 ELSE 2 END, influencer_id, id, 'USD', (1 - 2 * leg) * (1 - 2 * j) * (gross_base / 10), t, t, t
		  FROM earnings, generate_series(0, 1) j, generate_series(0, 1) leg, LATERAL (SELECT least(occurred_at + j * interval '9 days', $2::timestamptz)) x(t)
		  WHERE shop_id = $1 AND state <> 'void' AND (j = 0 OR net_base = 0)`, []any{shop.ID, until}},
		{"days", fmt.Sprintf(countYear, "kpi_days", "day", "(at AT TIME ZONE '"+homeZone+"')::date", rawRows, "(0, 0::bigint), (1, 1), (2, influencer)"), []any{shop.ID, begin.AddDate(0, 0, -1), until.AddDate(0, 0, 1)}},
		{"hours", fmt.Sprintf(countYear, "kpi_hours", "hour", "date_trunc('hour', at)", rawRows, "(0, 0::bigint)"), []any{shop.ID, begin.AddDate(0, 0, -1), until.AddDate(0, 0, 1)}},
	} {
		if q.what != "" {
			s.doing("making a year: " + q.what)
		}
		if _, err := conn.Exec(ctx, q.query, q.args...); err != nil {
			return fmt.Errorf("%.60s…: %w", q.query, err)
		}
	}
	return nil
}

// countYear fills a table of counts for the dimensions that it has.
const countYear = `INSERT INTO %[1]s (shop_id, dim, id, %[2]s, currency, clicks, orders, click_orders, kept, kept_clicks, gross, net, acquired, earned, reversed)
	SELECT $1, dim, d.id, %[3]s, currency, sum(clicks), sum(orders), sum(click_orders), sum(kept), sum(kept_clicks), sum(gross), sum(net), sum(acquired), sum(earned), sum(reversed)
	FROM (%[4]s) raw, LATERAL (VALUES %[5]s) d(dim, id) GROUP BY 2, 3, 4, 5`
