package bench

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"tributary/internal/domain/order"
	"tributary/internal/platform"
	"tributary/internal/store"
)

// settleHistory measures settling on a shop with a long past against the same
// deliveries on a new shop, which stands in the place of the limit.
func settleHistory(ctx context.Context, s *stage) (Result, error) {
	r := Result{Unit: "deliveries/s", Note: fmt.Sprintf("on %d past orders; limit is the rate on a new shop in the same rounds", s.History)}
	s.steps = 2*s.Rounds + 2
	s.doing("storing orders")
	fresh, shopID, err := s.stored(ctx, s.Orders)
	if err != nil {
		return r, err
	}
	old, err := s.oldShop(ctx, fresh, shopID)
	if err != nil {
		return r, err
	}
	rates := map[string][]float64{}
	for range s.Rounds {
		for _, base := range []string{fresh, old} {
			url, drop, err := s.fresh(ctx, base)
			if err != nil {
				return r, err
			}
			a, err := s.job(ctx, task{Role: "settle-ours", DatabaseURL: url, ShopID: shopID})
			drop()
			if err != nil {
				return r, err
			}
			rate := float64(a.Rows) / a.Seconds
			rates[base] = append(rates[base], rate)
			what := "new shop"
			if base == old {
				what = "old shop"
				r.RSS = max(r.RSS, a.RSS)
			}
			s.did(fmt.Sprintf("%s: %.0f deliveries/s", what, rate))
		}
	}
	r.Ours, r.Limit = median(rates[old]), median(rates[fresh])
	r.ratios()
	r.goal(r.OfLimit >= 0.85, "≥ 0.85 × the rate on a new shop")
	r.memory()
	return r, nil
}

const historyChunk = 200_000

// oldShop is the shop of a base with a year of orders in its past: orders,
// decisions, earnings and journals in the shapes that settling gave the same
// shop's new ones. One new customer in three has bought before.
func (s *stage) oldShop(ctx context.Context, base string, shopID int64) (string, error) {
	settled, drop, err := s.fresh(ctx, base)
	if err != nil {
		return "", err
	}
	defer drop()
	if _, err := s.job(ctx, task{Role: "settle-ours", DatabaseURL: settled, ShopID: shopID}); err != nil {
		return "", err
	}
	s.did("shapes of orders taken")
	old := fmt.Sprintf("%shistory_%d", s.prefix, s.History)
	if s.template[old] {
		return old, nil
	}
	if err := s.create(ctx, old, base); err != nil {
		return "", err
	}
	from, err := pgx.Connect(ctx, settled)
	if err != nil {
		return "", err
	}
	defer from.Close(context.WithoutCancel(ctx))
	to, err := pgx.Connect(ctx, s.url(old))
	if err != nil {
		return "", err
	}
	defer to.Close(context.WithoutCancel(ctx))
	if err := copyShapes(ctx, from, to, shopID); err != nil {
		return "", err
	}
	keys, err := s.customers(ctx, s.url(old), shopID)
	if err != nil {
		return "", err
	}
	if _, err := to.Exec(ctx, "CREATE TEMP TABLE buyer AS SELECT k, n - 1 AS n FROM unnest($1::text[]) WITH ORDINALITY AS u(k, n)", keys); err != nil {
		return "", err
	}
	if _, err := to.Exec(ctx, "CREATE UNIQUE INDEX ON buyer (n)"); err != nil {
		return "", err
	}
	if _, err := to.Exec(ctx, "SELECT setval('id_block', $1)", (1_000_000_000+4*int64(s.History))/1024*1024); err != nil {
		return "", err
	}
	for a := 0; a < s.History; a += historyChunk {
		b := min(a+historyChunk, s.History)
		for _, q := range historyInserts {
			if _, err := to.Exec(ctx, q, shopID, a, b-1, s.History, since(time.Now())); err != nil {
				return "", fmt.Errorf("history: %.60s…: %w", q, err)
			}
		}
		s.doing(fmt.Sprintf("%d past orders", b))
	}
	for _, q := range []string{"DROP TABLE shape", "DROP TABLE buyer", "VACUUM ANALYZE"} {
		if _, err := to.Exec(ctx, q); err != nil {
			return "", err
		}
	}
	s.template[old] = true
	s.did("the past is there")
	return old, nil
}

// shapes of settled orders that the past is made of.
const shapes = 500

func copyShapes(ctx context.Context, from, to *pgx.Conn, shopID int64) error {
	const columns = `n, currency, total, outcome, influencer_id, version_id, via, number, state, decision, agreement_id, hash, gross, net, posted, detail`
	if _, err := to.Exec(ctx, `CREATE TABLE shape (n bigint PRIMARY KEY, currency text, total bigint, outcome text, influencer_id bigint, version_id bigint,
		via text, number integer, state bytea, decision bytea, agreement_id bigint, hash text, gross bigint, net bigint, posted bigint, detail bytea)`); err != nil {
		return err
	}
	rows, err := from.Query(ctx, `SELECT row_number() OVER (ORDER BY o.id) - 1, o.currency, o.total, o.outcome, o.influencer_id, o.version_id, o.via, o.decision_number,
		o.state, a.decision, e.agreement_id, e.terms_hash, e.gross_base, e.net_base, e.posted, e.detail
		FROM orders o LEFT JOIN attributions a ON a.shop_id = o.shop_id AND a.order_id = o.id AND a.number = o.decision_number
		LEFT JOIN earnings e ON e.shop_id = o.shop_id AND e.kind = 1 AND e.source = o.id AND e.posted > 0
		WHERE o.shop_id = $1 AND (o.decision_number = 0 OR e.id IS NOT NULL) ORDER BY o.id LIMIT $2`, shopID, shapes)
	if err != nil {
		return err
	}
	list, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) ([]any, error) { return r.Values() })
	if err != nil {
		return err
	}
	if len(list) != shapes {
		return fmt.Errorf("%d orders to make a past of, want %d", len(list), shapes)
	}
	for _, v := range list {
		if _, err := to.Exec(ctx, "INSERT INTO shape ("+columns+") VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15,$16)", v...); err != nil {
			return err
		}
	}
	return nil
}

// customers are the hashes of a third of the customers who buy in the new
// deliveries.
func (s *stage) customers(ctx context.Context, url string, shopID int64) ([]string, error) {
	db, err := store.Open(ctx, url, store.Options{MaxConns: 2})
	if err != nil {
		return nil, err
	}
	defer db.Close()
	var keys []string
	return keys, db.InTx(ctx, shopID, func(tx *store.Tx) error {
		shop, err := tx.ShopForSettling(ctx)
		if err != nil {
			return err
		}
		hash, err := platform.OpenHash(s.keys, order.Shopify, shop.Domain, shop.HashKey)
		if err != nil {
			return err
		}
		for n := 1; n <= s.Orders*7/10; n += 3 {
			keys = append(keys, hash.Email(fmt.Sprintf("shopper%d@example.test", n)))
		}
		return nil
	})
}

// historyInserts write the orders [$2, $3] of $4, spread over the 330 days
// before $5, with what follows from them. Ids are below those of new orders.
var historyInserts = []string{
	`INSERT INTO orders (shop_id, id, name, payment, created_at, paid_at, currency, total, customer_key, outcome, influencer_id, version_id, via,
	   decision_number, first_seen_at, updated_at, state)
	 SELECT $1, 1000000000 + i, '#' || i, 2, t, t, s.currency, s.total, coalesce(b.k, md5('past' || i / 3)), s.outcome, s.influencer_id, s.version_id, s.via,
	   s.number, t, t, s.state
	 FROM generate_series($2::bigint, $3::bigint) i JOIN shape s ON s.n = i % 500
	 LEFT JOIN buyer b ON b.n = i * (SELECT count(*) FROM buyer) / $4 AND i * (SELECT count(*) FROM buyer) % $4 < (SELECT count(*) FROM buyer),
	 LATERAL (SELECT $5::timestamptz - interval '340 days' + i * (interval '330 days' / $4)) x(t)`,
	`INSERT INTO attributions (shop_id, order_id, number, decided_at, decision)
	 SELECT $1, 1000000000 + i, 1, $5::timestamptz - interval '340 days' + i * (interval '330 days' / $4), s.decision
	 FROM generate_series($2::bigint, $3::bigint) i JOIN shape s ON s.n = i % 500 WHERE s.number > 0`,
	`INSERT INTO earnings (shop_id, id, kind, source, influencer_id, agreement_id, version_id, terms_hash, currency, gross_base, net_base, counted, posted,
	   state, occurred_at, release_at, locked_at, detail, updated_at)
	 SELECT $1, 1000000000 + i, 1, 1000000000 + i, s.influencer_id, s.agreement_id, s.version_id, s.hash, s.currency, s.gross, s.net, s.net, s.posted,
	   'locked', t, t + interval '1 day', t + interval '1 day', s.detail, t
	 FROM generate_series($2::bigint, $3::bigint) i JOIN shape s ON s.n = i % 500,
	 LATERAL (SELECT $5::timestamptz - interval '340 days' + i * (interval '330 days' / $4)) x(t) WHERE s.number > 0`,
	`INSERT INTO ledger_entries (shop_id, journal_id, leg, kind, account, influencer_id, earning_id, currency, minor, effective_at, origin_at, posted_at)
	 SELECT $1, 1000000000 + 2 * i + l.journal, l.leg, l.kind, l.account, s.influencer_id, 1000000000 + i, s.currency, l.sign * s.posted, t, t, t
	 FROM generate_series($2::bigint, $3::bigint) i JOIN shape s ON s.n = i % 500,
	 LATERAL (SELECT $5::timestamptz - interval '340 days' + i * (interval '330 days' / $4)) x(t),
	 (VALUES (0, 0, 1, 1, 1), (0, 1, 1, 2, -1), (1, 0, 2, 2, 1), (1, 1, 2, 3, -1)) AS l(journal, leg, kind, account, sign)
	 WHERE s.number > 0`,
}
