package bench

import (
	"context"
	"fmt"
	"slices"
	"time"

	"tributary/internal/domain/order"
	"tributary/internal/domain/terms"
	"tributary/internal/insight"
	"tributary/internal/store"
)

func init() { roles["simulate-ours"] = simulateOurs }

const (
	tries    = 60     // how often the drafts are tried, one after the other
	inMemory = 10_000 // on how many orders at most
)

// drafts are what is tried: a rate, levels, and rate tiers, which are valued in
// four conventions and under two refund policies each time.
var drafts = []string{
	termsOfAll,
	`{"currency":"USD","components":[{"id":"base","type":"percentage","rate_bps":500},{"id":"levels","type":"milestones","mode":"replace","metric":"orders","count_basis":"locked",
	  "steps":[{"at":"50","amount":"100.00"},{"at":"100","amount":"300.00"},{"at":"200","amount":"500.00"}]}],"caps":{"per_order":"20.00"}}`,
	`{"currency":"USD","components":[{"id":"tiers","type":"rate_tiers","convention":"split_at_boundary","basis":"revenue","on_refund":"at_original_rate","period":{"kind":"calendar_month"},
	  "bands":[{"from":"0","rate_bps":400},{"from":"1000.00","rate_bps":600},{"from":"5000.00","rate_bps":800}]}]}`,
}

// simulate measures how many orders a second draft terms are tried on, once the
// orders are in memory: whose they are, what they earn, tiers, levels and sums.
// It fails unless the terms that were signed give what the ledger holds.
func simulate(ctx context.Context, s *stage) (Result, error) {
	r := Result{Unit: "orders/s"}
	s.steps = s.Rounds + 2
	s.doing("storing orders")
	base, shopID, err := s.stored(ctx, s.Orders)
	if err != nil {
		return r, err
	}
	s.did("settling them")
	url, drop, err := s.fresh(ctx, base)
	if err != nil {
		return r, err
	}
	defer drop()
	if _, err := s.job(ctx, task{Role: "settle-ours", DatabaseURL: url, ShopID: shopID}); err != nil {
		return r, err
	}
	posted, err := count(ctx, url, "SELECT sum(posted)::bigint FROM earnings")
	if err != nil {
		return r, err
	}
	s.did("the ledger is there")
	var all []account
	for range s.Rounds {
		a, err := s.job(ctx, task{Role: "simulate-ours", DatabaseURL: url, ShopID: shopID})
		if err != nil {
			return r, err
		}
		if a.Value != fmt.Sprint(posted) {
			return r, fmt.Errorf("the signed terms give %s, and the ledger holds %d", a.Value, posted)
		}
		s.did(fmt.Sprintf("%.0f orders/s", float64(a.Rows)/a.Seconds))
		all = append(all, a)
		r.RSS = max(r.RSS, a.RSS)
	}
	r.Ours = medianOf(all, func(a account) float64 { return float64(a.Rows) / a.Seconds })
	r.P50, r.P99 = medianOf(all, func(a account) float64 { return a.P50 }), medianOf(all, func(a account) float64 { return a.P99 })
	stored := medianOf(all, func(a account) float64 { return a.Extra["stored"] })
	r.Note = fmt.Sprintf("p50 and p99 are of one draft over %.0f orders; read from the database as they are tried: %.0f orders/s", all[0].Extra["orders"], stored)
	r.goal(true, "the signed terms give what the ledger holds")
	r.goal(r.Ours >= 50_000, "≥ 50,000 orders/s in memory")
	r.memory()
	return r, nil
}

// simulateOurs tries the drafts on orders it has in memory, and the signed terms
// on those that are stored.
func simulateOurs(ctx context.Context, o task, _ func(string)) (a account, err error) {
	db, err := store.Open(ctx, o.DatabaseURL, store.Options{})
	if err != nil {
		return a, err
	}
	defer db.Close()
	parsed := make([]*terms.Terms, len(drafts))
	for i, doc := range drafts {
		if parsed[i], err = terms.Parse([]byte(doc)); err != nil {
			return a, err
		}
	}
	var orders []*order.Order
	var posted int64 // for them
	var stored *insight.Simulation
	zone := time.UTC
	err = db.InSnapshot(ctx, o.ShopID, func(tx *store.Tx) error {
		start := time.Now()
		if stored, err = insight.Simulate(ctx, tx, insight.Draft{Terms: parsed[0], HoldsNow: true, Limit: 100}, nil); err != nil {
			return err
		}
		took := time.Since(start).Seconds()
		shop, err := tx.ShopForSettling(ctx)
		if err != nil {
			return err
		}
		zone = shop.Zone
		all, err := tx.CountOrders(ctx)
		if err != nil {
			return err
		}
		a.Extra = map[string]float64{"stored": float64(all) / took}
		for after := int64(0); len(orders) < inMemory; {
			rows, err := tx.OrdersSold(ctx, time.Time{}, time.Time{}, after, 1000)
			if err != nil {
				return err
			}
			if len(rows) == 0 {
				break
			}
			after = rows[len(rows)-1].ID
			ids := make([]int64, len(rows))
			for i := range rows {
				read, err := rows[i].Order()
				if err != nil {
					return err
				}
				orders, ids[i] = append(orders, read), rows[i].ID
			}
			earnings, err := tx.EarningsOfOrders(ctx, ids)
			if err != nil {
				return err
			}
			for i := range earnings {
				posted += earnings[i].Posted
			}
		}
		a.Extra["orders"] = float64(len(orders))
		return nil
	})
	if err != nil {
		return a, err
	}
	took := make([]time.Duration, 0, tries)
	for i := range tries + len(drafts) {
		start := time.Now()
		sim, err := insight.SimulateOrders(orders, zone, insight.Draft{Terms: parsed[i%len(drafts)], Limit: 100})
		if err != nil {
			return a, err
		}
		if i < len(drafts) { // the first of each warms up
			if i == 0 && sim.Totals.Simulated.Minor != posted {
				return a, fmt.Errorf("the signed terms give %d in memory, and the ledger holds %d", sim.Totals.Simulated.Minor, posted)
			}
			continue
		}
		took = append(took, time.Since(start))
	}
	a.Value = fmt.Sprint(stored.Totals.Simulated.Minor)
	for _, d := range took {
		a.Seconds += d.Seconds()
	}
	slices.Sort(took)
	a.P50, a.P99, a.Rows = percentile(took, 50), percentile(took, 99), int64(len(took)*len(orders))
	return a, ctx.Err()
}
