package bench

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"tributary/internal/domain/order"
	"tributary/internal/domain/period"
	"tributary/internal/domain/terms"
	"tributary/internal/payout"
	"tributary/internal/store"
	"tributary/internal/tenant"
)

const (
	payees       = 10_000
	naiveClosing = 10_000 // earnings that naive closes, to extrapolate from
)

// closeMonth measures the close of a month: earnings taken in per second.
func closeMonth(ctx context.Context, s *stage) (Result, error) {
	r := Result{Unit: "earnings/s", Note: fmt.Sprintf("%d earnings of %d influencers; naive is extrapolated from %d", s.Earnings, payees, naiveClosing)}
	s.steps = 3*s.Rounds + 1
	s.doing("posting earnings")
	base, err := s.base(ctx, "close", func(url string) error { return s.earn(ctx, url) })
	if err != nil {
		return r, err
	}
	shopID := s.caches["close shop"].(int64)
	s.did(fmt.Sprintf("%d earnings posted", s.Earnings))
	rates := map[string][]float64{}
	var csv []float64
	for range s.Rounds {
		for _, name := range []string{"naive", "limit", "ours"} {
			url, drop, err := s.fresh(ctx, base)
			if err != nil {
				return r, err
			}
			a, err := s.job(ctx, task{Role: "close-" + name, DatabaseURL: url, ShopID: shopID, Limit: naiveClosing, Period: string(closingMonth())})
			want := int64(s.Earnings)
			if name == "naive" {
				want = naiveClosing
			}
			if err == nil {
				err = checkClosed(ctx, url, name, want)
			}
			drop()
			if err != nil {
				return r, err
			}
			rate := float64(a.Rows) / a.Seconds
			rates[name] = append(rates[name], rate)
			if name == "ours" {
				r.RSS = max(r.RSS, a.RSS)
				csv = append(csv, a.Extra["csv"])
			}
			s.did(fmt.Sprintf("%s: %d earnings in %.2f s", name, a.Rows, a.Seconds))
		}
	}
	r.Ours, r.Naive, r.Limit = median(rates["ours"]), median(rates["naive"]), median(rates["limit"])
	r.CSVSeconds = median(csv)
	r.ratios()
	r.goal(r.OfLimit >= 0.67, "≥ 0.67 of limit")
	r.goal(r.VsNaive >= 50, "≥ 50 × naive")
	r.goal(r.CSVSeconds <= 1, "CSV of %d payouts ≤ 1 s (%.2f s)", payees, r.CSVSeconds)
	r.memory()
	return r, nil
}

func checkClosed(ctx context.Context, url, name string, want int64) error {
	items, err := count(ctx, url, "SELECT count(*) FROM payout_items")
	if err != nil {
		return err
	}
	lines, err := count(ctx, url, "SELECT count(*) FROM payout_lines")
	if err == nil && (items != want || lines == 0 || lines > payees) {
		err = fmt.Errorf("%s linked %d earnings to %d lines, want %d to at most %d", name, items, lines, want, payees)
	}
	return err
}

// closingMonth is the last one that has ended everywhere.
func closingMonth() period.Month {
	return period.MonthOf(time.Now().AddDate(0, 0, -2), time.UTC).Prev()
}

// earn seeds a shop whose influencers have earned all month, each earning
// recorded and locked as settling and holds do it.
func (s *stage) earn(ctx context.Context, url string) error {
	if _, err := store.Migrate(ctx, url, "", time.Now()); err != nil {
		return err
	}
	db, err := store.Open(ctx, url, store.Options{MaxConns: 2})
	if err != nil {
		return err
	}
	defer db.Close()
	shop, err := tenant.AddShop(ctx, db, s.keys, tenant.NewShop{Platform: order.Shopify, Domain: shopDomain, Currency: "USD", TimeZone: "America/New_York"})
	if err != nil {
		return err
	}
	s.caches["close shop"] = shop.ID
	t, err := terms.Parse([]byte(termsOfAll))
	if err != nil {
		return err
	}
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	begin := closingMonth().Start(time.UTC).AddDate(0, 0, 1)
	for _, q := range []struct {
		query string
		args  []any
	}{
		{`INSERT INTO influencers (shop_id, id, handle, name, email, email_hash, payout_method, payout_detail, created_at) OVERRIDING SYSTEM VALUE
		  SELECT $1, i, 'creator-' || i, 'Creator ' || i, 'creator-' || i || '@example.com', md5(i::text), 'csv', 'DE89 3704 0044 ' || i, $2
		  FROM generate_series(1, $3::int) i`, []any{shop.ID, begin, payees}},
		{`INSERT INTO influencer_spans (shop_id, influencer_id, active_from) SELECT $1, i, $2 FROM generate_series(1, $3::int) i`, []any{shop.ID, begin, payees}},
		{`INSERT INTO campaigns (shop_id, id, name, created_at) OVERRIDING SYSTEM VALUE VALUES ($1, 1, 'Benchmark', $2)`, []any{shop.ID, begin}},
		{`INSERT INTO agreements (shop_id, id, influencer_id, campaign_id, created_at) OVERRIDING SYSTEM VALUE
		  SELECT $1, i, i, 1, $2 FROM generate_series(1, $3::int) i`, []any{shop.ID, begin, payees}},
		{`INSERT INTO agreement_versions (shop_id, id, agreement_id, number, state, terms, hash, effective_from, created_at) OVERRIDING SYSTEM VALUE
		  SELECT $1, i, i, 1, 'signed', $4, $5, $2, $2 FROM generate_series(1, $3::int) i`, []any{shop.ID, begin, payees, string(t.Canonical()), t.Hash()}},
		{`SELECT setval('id_block', $1)`, []any{(2*int64(s.Earnings)/1024 + 2) * 1024}},
	} {
		if _, err := conn.Exec(ctx, q.query, q.args...); err != nil {
			return fmt.Errorf("%.50s…: %w", q.query, err)
		}
	}
	for a := 0; a < s.Earnings; a += historyChunk {
		b := min(a+historyChunk, s.Earnings)
		for _, q := range earnInserts {
			if _, err := conn.Exec(ctx, q, shop.ID, a, b-1, s.Earnings, begin, payees, t.Hash()); err != nil {
				return fmt.Errorf("%.50s…: %w", q, err)
			}
		}
		s.doing(fmt.Sprintf("%d earnings posted", b))
	}
	return nil
}

// earnInserts write the earnings [$2, $3] of $4, spread over the 26 days after
// $5: between 1 and 20 dollars each, dealt out to $6 influencers.
var earnInserts = []string{
	`INSERT INTO earnings (shop_id, id, kind, source, influencer_id, agreement_id, version_id, terms_hash, currency, gross_base, net_base, counted, posted,
	   state, occurred_at, release_at, locked_at, detail, updated_at)
	 SELECT $1, i + 1, 1, 5400000000000 + i, f, f, f, $7, 'USD', 10 * m, 10 * m, 10 * m, m, 'locked', t - interval '30 days', t, t, '{"rules":["base"]}', t
	 FROM generate_series($2::bigint, $3::bigint) i,
	 LATERAL (SELECT 1 + (i * 7919) % $6::bigint, 100 + (i * 104729) % 1900, $5::timestamptz + i * (interval '26 days' / $4)) x(f, m, t)`,
	`INSERT INTO ledger_entries (shop_id, journal_id, leg, kind, account, influencer_id, earning_id, currency, minor, effective_at, origin_at, posted_at)
	 SELECT $1, 1 + 2 * i + l.journal, l.leg, l.kind, l.account, f, i + 1, 'USD', l.sign * m, t, t, t
	 FROM generate_series($2::bigint, $3::bigint) i,
	 LATERAL (SELECT 1 + (i * 7919) % $6::bigint, 100 + (i * 104729) % 1900, $5::timestamptz + i * (interval '26 days' / $4)) x(f, m, t),
	 (VALUES (0, 0, 1, 1, 1), (0, 1, 1, 2, -1), (1, 0, 2, 2, 1), (1, 1, 2, 3, -1)) AS l(journal, leg, kind, account, sign)
	 WHERE $7 <> ''`,
}

// closeOurs closes the month and then writes the file to pay from.
func closeOurs(ctx context.Context, o task, _ func(string)) (a account, err error) {
	db, err := store.Open(ctx, o.DatabaseURL, store.Options{})
	if err != nil {
		return a, err
	}
	defer db.Close()
	c := payout.Closer{DB: db}
	start := time.Now()
	closed, err := c.Close(ctx, o.ShopID, period.Month(o.Period), "bench", nil)
	if err != nil {
		return a, err
	}
	a.Seconds, a.Rows = time.Since(start).Seconds(), closed.Items
	if closed.Paying != closed.Lines {
		return a, fmt.Errorf("%d of %d lines pay", closed.Paying, closed.Lines)
	}
	var csv time.Duration
	err = db.InTx(ctx, o.ShopID, func(tx *store.Tx) error {
		if _, err := payout.Approve(ctx, tx, closed.Batch.ID, "bench"); err != nil {
			return err
		}
		if _, err := payout.StartPaying(ctx, tx, closed.Batch.ID); err != nil {
			return err
		}
		start := time.Now()
		_, _, err := payout.Export(ctx, tx, nil, closed.Batch.ID)
		csv = time.Since(start)
		return err
	})
	a.Extra = map[string]float64{"csv": csv.Seconds()}
	return a, err
}

// closeLimit is the bare SQL: one line per influencer, one link per earning,
// no rule, no threshold, no reservation. It writes to the same tables and reads
// what is quickest to read.
func closeLimit(ctx context.Context, o task, _ func(string)) (a account, err error) {
	conn, err := pgx.Connect(ctx, o.DatabaseURL)
	if err != nil {
		return a, err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	start := time.Now()
	tx, err := conn.Begin(ctx)
	if err != nil {
		return a, err
	}
	defer tx.Rollback(ctx) //nolint:errcheck // after Commit it is a no-op
	if _, err := tx.Exec(ctx, `INSERT INTO payout_lines (shop_id, id, batch_id, influencer_id, currency, opening, movement, pay, state, payout_key)
		SELECT shop_id, row_number() OVER (ORDER BY influencer_id), 1, influencer_id, currency, 0, -sum(minor), -sum(minor), 'draft', ''
		FROM ledger_entries WHERE shop_id = $1 AND account = 3 GROUP BY shop_id, influencer_id, currency`, o.ShopID); err != nil {
		return a, err
	}
	tag, err := tx.Exec(ctx, `INSERT INTO payout_items (shop_id, line_id, journal_id, earning_id, minor)
		SELECT e.shop_id, l.id, e.journal_id, e.earning_id, -e.minor FROM ledger_entries e
		JOIN payout_lines l ON l.shop_id = e.shop_id AND l.influencer_id = e.influencer_id AND l.currency = e.currency
		WHERE e.shop_id = $1 AND e.account = 3 AND l.batch_id = 1`, o.ShopID)
	if err != nil {
		return a, err
	}
	if err := tx.Commit(ctx); err != nil {
		return a, err
	}
	a.Seconds, a.Rows = time.Since(start).Seconds(), tag.RowsAffected()
	return a, nil
}
