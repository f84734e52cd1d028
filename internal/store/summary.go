package store

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// Summary is a shop's main job in numbers, as of this transaction.
type Summary struct {
	Orders          int64 `json:"orders"`     // heard of
	Attributed      int64 `json:"attributed"` // won by somebody
	CommissionMinor int64 `json:"commission_minor"`
	ReversedMinor   int64 `json:"reversed_minor"`
	Batches         int64 `json:"payout_batches"`
	PaidMinor       int64 `json:"paid_minor"`
	Deliveries      int64 `json:"deliveries"`
	Parked          int64 `json:"deliveries_parked"`
	Waiting         int64 `json:"deliveries_waiting"`
	Rereads         int64 `json:"orders_read_again"`
}

// Summary counts. CommissionMinor is every amount ever added for a source,
// ReversedMinor every amount taken back; their difference is what is earned.
func (tx *Tx) Summary(ctx context.Context) (s Summary, err error) {
	err = tx.pgx.QueryRow(ctx, `SELECT
		  (SELECT count(*) FROM orders WHERE shop_id = $1),
		  (SELECT count(*) FROM orders WHERE shop_id = $1 AND influencer_id <> 0),
		  (SELECT coalesce(sum(minor) FILTER (WHERE minor > 0), 0)::bigint FROM ledger_entries WHERE shop_id = $1 AND account = 1),
		  (SELECT coalesce(-sum(minor) FILTER (WHERE minor < 0), 0)::bigint FROM ledger_entries WHERE shop_id = $1 AND account = 1),
		  (SELECT count(*) FROM payout_batches WHERE shop_id = $1),
		  (SELECT coalesce(-sum(minor), 0)::bigint FROM ledger_entries WHERE shop_id = $1 AND account = 5),
		  (SELECT count(*) FROM deliveries WHERE shop_id = $1),
		  (SELECT count(*) FROM deliveries WHERE shop_id = $1 AND state = 3),
		  (SELECT count(*) FROM deliveries WHERE shop_id = $1 AND state < 2),
		  (SELECT count(*) FROM deliveries WHERE shop_id = $1 AND topic = 'read:order')`, tx.ShopID).
		Scan(&s.Orders, &s.Attributed, &s.CommissionMinor, &s.ReversedMinor, &s.Batches, &s.PaidMinor, &s.Deliveries, &s.Parked, &s.Waiting, &s.Rereads)
	if err != nil {
		return s, fmt.Errorf("summary of shop %d: %w", tx.ShopID, err)
	}
	return s, nil
}

// EarnedByOrder is what each order has earned each influencer by now, by handle
// and order id, in minor units; milestones are left out.
func (tx *Tx) EarnedByOrder(ctx context.Context) (map[string]map[int64]int64, error) {
	rows, err := tx.pgx.Query(ctx, `SELECT i.handle, e.source, sum(e.posted)::bigint FROM earnings e
		JOIN influencers i ON i.shop_id = e.shop_id AND i.id = e.influencer_id
		WHERE e.shop_id = $1 AND e.kind = 1 GROUP BY i.handle, e.source`, tx.ShopID)
	if err != nil {
		return nil, fmt.Errorf("earned by order: %w", err)
	}
	defer rows.Close()
	out := map[string]map[int64]int64{}
	for rows.Next() {
		var handle string
		var id, minor int64
		if err := rows.Scan(&handle, &id, &minor); err != nil {
			return nil, fmt.Errorf("earned by order: %w", err)
		}
		if out[handle] == nil {
			out[handle] = map[int64]int64{}
		}
		out[handle][id] = minor
	}
	return out, rows.Err()
}

// EarnedByKind is what each influencer has earned by now by each kind of source,
// by handle, in minor units.
func (tx *Tx) EarnedByKind(ctx context.Context) (map[string]map[EarningKind]int64, error) {
	rows, err := tx.pgx.Query(ctx, `SELECT i.handle, e.kind, sum(e.posted)::bigint FROM earnings e
		JOIN influencers i ON i.shop_id = e.shop_id AND i.id = e.influencer_id
		WHERE e.shop_id = $1 GROUP BY i.handle, e.kind`, tx.ShopID)
	if err != nil {
		return nil, fmt.Errorf("earned by kind: %w", err)
	}
	out := map[string]map[EarningKind]int64{}
	var handle string
	var kind EarningKind
	var minor int64
	_, err = pgx.ForEachRow(rows, []any{&handle, &kind, &minor}, func() error {
		if out[handle] == nil {
			out[handle] = map[EarningKind]int64{}
		}
		out[handle][kind] = minor
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("earned by kind: %w", err)
	}
	return out, nil
}

// CampaignSummary is what a campaign has come to in one currency.
type CampaignSummary struct {
	Name        string
	Currency    string
	Influencers int64 // with signed terms
	// Events is how much of what it pays for there was: orders that count, valid
	// clicks, qualified leads, posts, entries, goals reached, fees and gifts.
	Events          int64
	CommissionMinor int64 // every amount ever added
	ReversedMinor   int64 // every amount taken back
}

// SummaryByCampaign sums every campaign up, by name and currency.
func (tx *Tx) SummaryByCampaign(ctx context.Context) ([]CampaignSummary, error) {
	rows, err := tx.pgx.Query(ctx, `WITH signed AS (
		  SELECT campaign_id, count(DISTINCT influencer_id) AS n FROM agreements a
		  WHERE shop_id = $1 AND EXISTS (SELECT FROM agreement_versions v WHERE v.shop_id = a.shop_id AND v.agreement_id = a.id AND v.effective_from IS NOT NULL)
		  GROUP BY 1),
		posted AS (
		  SELECT earning_id, sum(minor) FILTER (WHERE minor > 0) AS earned, -sum(minor) FILTER (WHERE minor < 0) AS reversed
		  FROM ledger_entries WHERE shop_id = $1 AND account = 1 GROUP BY 1)
		SELECT c.name, e.currency, coalesce(min(s.n), 0),
		  sum(CASE WHEN e.kind = 1 THEN (e.counted > 0)::int WHEN e.kind = 2 THEN (e.posted > 0)::int ELSE e.counted END)::bigint,
		  coalesce(sum(p.earned), 0)::bigint, coalesce(sum(p.reversed), 0)::bigint
		FROM campaigns c JOIN earnings e ON e.shop_id = c.shop_id AND e.campaign_id = c.id
		LEFT JOIN posted p ON p.earning_id = e.id LEFT JOIN signed s ON s.campaign_id = c.id
		WHERE c.shop_id = $1 GROUP BY c.id, c.name, e.currency ORDER BY c.name, e.currency`, tx.ShopID)
	if err != nil {
		return nil, fmt.Errorf("summary by campaign: %w", err)
	}
	out, err := pgx.CollectRows(rows, pgx.RowToStructByPos[CampaignSummary])
	if err != nil {
		return nil, fmt.Errorf("summary by campaign: %w", err)
	}
	return out, nil
}
