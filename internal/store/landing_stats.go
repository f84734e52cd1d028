package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// LandingViews counts what visitors of one variant did; "" is the whole page.
type LandingViews struct {
	Variant  string
	Views    int64
	Visitors int64 // different ones, of those that may be recognised
	Clicks   int64 // on the page's buttons
	Clickers int64 // different visitors of whom there is a click
}

// people leaves out what no person has seen. Who may not be recognised is a
// person all the same.
const people = "refused IN ('', 'gpc', 'no_consent')"

// LandingViews counts within [from, to); a zero bound is none. The whole page
// comes first.
func (tx *Tx) LandingViews(ctx context.Context, pageID int64, from, to time.Time) ([]LandingViews, error) {
	w := tx.where().and("page_id = ?", pageID).and("page_id <> 0").and(people)
	w.between("at", from, to)
	rows, err := tx.pgx.Query(ctx, `SELECT CASE WHEN grouping(variant) = 1 THEN '' ELSE variant END,
		  count(*) FILTER (WHERE kind = 2), count(DISTINCT visitor) FILTER (WHERE kind = 2 AND visitor <> ''),
		  count(*) FILTER (WHERE kind = 1), count(DISTINCT visitor) FILTER (WHERE kind = 1 AND visitor <> '')
		FROM clicks WHERE `+w.String()+` GROUP BY GROUPING SETS ((), (variant)) ORDER BY grouping(variant) DESC, 1`, w.args...)
	if err != nil {
		return nil, fmt.Errorf("count views of page %d: %w", pageID, err)
	}
	out, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (v LandingViews, err error) {
		err = r.Scan(&v.Variant, &v.Views, &v.Visitors, &v.Clicks, &v.Clickers)
		return v, err
	})
	if err != nil {
		return nil, fmt.Errorf("count views of page %d: %w", pageID, err)
	}
	return out, nil
}

// LandingSales is what one variant sold in one currency: the orders whose
// winning touch it is. Minor units.
type LandingSales struct {
	Variant    string
	Currency   string // of the orders
	Orders     int64
	Gross, Net int64 // bases of commission, before and after returns
	Earned     int64 // by the influencer, in EarnedIn
	EarnedIn   string
}

// LandingSales sums the orders paid within [from, to) that the page of the
// agreement has won. Orders that were never paid, or denied, are none.
func (tx *Tx) LandingSales(ctx context.Context, pageID, agreementID int64, from, to time.Time) ([]LandingSales, error) {
	w := &where{conds: []string{"e.shop_id = $1"}, args: []any{tx.ShopID}}
	w.and("e.agreement_id = ?", agreementID).and("e.kind = 1 AND e.state NOT IN ('void', 'unpaid', 'denied')")
	w.between("e.occurred_at", from, to)
	w.and("s ->> 'page_id' = ?", fmt.Sprint(pageID)).and("s ->> 'agreement_id' = e.agreement_id::text")
	rows, err := tx.pgx.Query(ctx, `SELECT coalesce(s ->> 'variant', ''), o.currency, e.currency, count(*), sum(e.gross_base)::bigint, sum(e.net_base)::bigint, sum(e.posted)::bigint
		FROM earnings e
		JOIN orders o ON o.shop_id = e.shop_id AND o.id = e.source
		JOIN attributions a ON a.shop_id = e.shop_id AND a.order_id = e.source AND a.number = o.decision_number
		CROSS JOIN LATERAL json_array_elements(convert_from(a.decision, 'UTF8')::json -> 'shares') s
		WHERE `+w.String()+` GROUP BY 1, 2, 3 ORDER BY 1, 2, 3`, w.args...)
	if err != nil {
		return nil, fmt.Errorf("sum sales of page %d: %w", pageID, err)
	}
	out, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (x LandingSales, err error) {
		err = r.Scan(&x.Variant, &x.Currency, &x.EarnedIn, &x.Orders, &x.Gross, &x.Net, &x.Earned)
		return x, err
	})
	if err != nil {
		return nil, fmt.Errorf("sum sales of page %d: %w", pageID, err)
	}
	return out, nil
}
