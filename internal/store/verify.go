package store

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// Difference is one broken invariant, for people.
type Difference struct {
	Invariant string `json:"invariant"` // stable name
	Subject   string `json:"subject"`   // "order 17, agreement 3"
	Want      string `json:"want"`
	Got       string `json:"got"`
}

// invariants are the identities that hold between the tables at every commit.
// Each query gives (subject, want, got) rows for this shop where one does not.
var invariants = []struct{ name, query string }{
	{"journals_balance", `SELECT 'journal ' || journal_id || ' ' || currency, '0', sum(minor)::text
		FROM ledger_entries WHERE shop_id = $1 GROUP BY journal_id, currency HAVING sum(minor) <> 0`},
	{"earning_equals_its_postings", `SELECT 'earning ' || coalesce(e.id, l.earning_id), coalesce(e.posted, 0)::text, coalesce(l.minor, 0)::text
		FROM (SELECT id, posted FROM earnings WHERE shop_id = $1) e
		FULL JOIN (SELECT earning_id, sum(minor) AS minor FROM ledger_entries
		           WHERE shop_id = $1 AND account = 1 AND earning_id <> 0 GROUP BY earning_id) l ON l.earning_id = e.id
		WHERE coalesce(e.posted, 0) <> coalesce(l.minor, 0)`},
	{"pending_equals_unlocked_earnings", `SELECT 'influencer ' || coalesce(e.influencer_id, l.influencer_id) || ' ' || coalesce(e.currency, l.currency),
		  coalesce(e.minor, 0)::text, coalesce(l.minor, 0)::text
		FROM (SELECT influencer_id, currency, sum(posted) AS minor FROM earnings WHERE shop_id = $1 AND locked_at IS NULL GROUP BY 1, 2) e
		FULL JOIN (SELECT influencer_id, currency, -sum(minor) AS minor FROM ledger_entries WHERE shop_id = $1 AND account = 2 GROUP BY 1, 2) l
		  ON l.influencer_id = e.influencer_id AND l.currency = e.currency
		WHERE coalesce(e.minor, 0) <> coalesce(l.minor, 0)`},
	{"statement_equals_its_items", `SELECT 'payout line ' || l.id, l.movement::text, coalesce(sum(i.minor), 0)::text
		FROM payout_lines l LEFT JOIN payout_items i ON i.shop_id = l.shop_id AND i.line_id = l.id
		WHERE l.shop_id = $1 GROUP BY l.id, l.movement HAVING l.movement <> coalesce(sum(i.minor), 0)`},
	{"nothing_is_paid_beyond_the_balance", `SELECT 'payout line ' || id, '<= ' || (opening + movement), pay::text
		FROM payout_lines WHERE shop_id = $1 AND pay > 0 AND pay > opening + movement`},
	{"clearing_equals_payouts_under_way", `SELECT 'influencer ' || coalesce(p.influencer_id, l.influencer_id) || ' ' || coalesce(p.currency, l.currency),
		  coalesce(p.minor, 0)::text, coalesce(l.minor, 0)::text
		FROM (SELECT influencer_id, currency, sum(pay) AS minor FROM payout_lines
		      WHERE shop_id = $1 AND state IN ('draft', 'paying', 'in_doubt') GROUP BY 1, 2 HAVING sum(pay) <> 0) p
		FULL JOIN (SELECT influencer_id, currency, -sum(minor) AS minor FROM ledger_entries
		           WHERE shop_id = $1 AND account = 4 GROUP BY 1, 2 HAVING sum(minor) <> 0) l
		  ON l.influencer_id = p.influencer_id AND l.currency = p.currency
		WHERE coalesce(p.minor, 0) <> coalesce(l.minor, 0)`},
	{"click_counters_equal_a_recount", `SELECT 'agreement ' || coalesce(d.agreement_id, c.agreement_id) || ', link ' || coalesce(d.link_id, c.link_id) ||
		  ', page ' || coalesce(d.page_id, c.page_id) || ', ' || coalesce(d.day, c.day),
		  coalesce(c.raw, 0) || ' raw, ' || coalesce(c.valid, 0) || ' valid', coalesce(d.raw, 0) || ' raw, ' || coalesce(d.valid, 0) || ' valid'
		FROM (SELECT * FROM click_days WHERE shop_id = $1) d
		FULL JOIN (` + fmt.Sprintf(recountClicks, "", "$1") + `) c USING (agreement_id, version_id, link_id, page_id, day)
		WHERE (d.raw, d.valid) IS DISTINCT FROM (c.raw, c.valid)`},
	{"click_that_cannot_count_does_not", `SELECT 'click ' || id, refused || withdrawn, 'counts' FROM clicks
		WHERE shop_id = $1 AND state = 1 AND invalid = '' AND (refused <> '' OR withdrawn <> '')`},
}

// BrokenInvariants checks the shop's tables against each other.
func (tx *Tx) BrokenInvariants(ctx context.Context) ([]Difference, error) {
	var out []Difference
	for _, inv := range invariants {
		rows, err := tx.pgx.Query(ctx, inv.query+" LIMIT 100", tx.ShopID)
		if err != nil {
			return nil, fmt.Errorf("check %s: %w", inv.name, err)
		}
		found, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (d Difference, err error) {
			d.Invariant = inv.name
			err = r.Scan(&d.Subject, &d.Want, &d.Got)
			return d, err
		})
		if err != nil {
			return nil, fmt.Errorf("check %s: %w", inv.name, err)
		}
		out = append(out, found...)
	}
	return out, nil
}

// MilestoneAgreements lists the agreements that have milestone earnings, or
// terms with milestones.
func (tx *Tx) MilestoneAgreements(ctx context.Context) ([]int64, error) {
	rows, err := tx.pgx.Query(ctx, `SELECT DISTINCT agreement_id FROM agreement_versions
		WHERE shop_id = $1 AND effective_from IS NOT NULL AND terms LIKE '%"type":"milestones"%' ORDER BY 1`, tx.ShopID)
	if err != nil {
		return nil, fmt.Errorf("agreements with milestones: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowTo[int64])
}

// CountOrders is how many orders the shop has.
func (tx *Tx) CountOrders(ctx context.Context) (n int64, err error) {
	err = tx.pgx.QueryRow(ctx, "SELECT count(*) FROM orders WHERE shop_id = $1", tx.ShopID).Scan(&n)
	return n, err
}
