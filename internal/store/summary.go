package store

import (
	"context"
	"fmt"
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
