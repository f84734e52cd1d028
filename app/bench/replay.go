package bench

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"tributary/internal/intake"
	"tributary/internal/store"
)

// replay measures the rebuilding of a shop's ledger from its stored
// deliveries against settling them for the first time, which stands in the
// place of the limit. What it rebuilds must be the ledger, to the cent.
func replay(ctx context.Context, s *stage) (Result, error) {
	r := Result{Unit: "deliveries/s", Note: "limit is the rate of settle in the same rounds"}
	s.steps = 2 * s.Rounds
	s.doing("storing orders")
	base, shopID, err := s.stored(ctx, s.Orders)
	if err != nil {
		return r, err
	}
	var again, first []float64
	for range s.Rounds {
		url, drop, err := s.fresh(ctx, base)
		if err != nil {
			return r, err
		}
		rate := func(role string) (float64, error) {
			a, err := s.job(ctx, task{Role: role, DatabaseURL: url, ShopID: shopID})
			if err != nil {
				return 0, err
			}
			r.RSS = max(r.RSS, a.RSS)
			s.did(fmt.Sprintf("%s: %.0f deliveries/s", role, float64(a.Rows)/a.Seconds))
			return float64(a.Rows) / a.Seconds, nil
		}
		settled, err := rate("settle-ours")
		if err == nil {
			first = append(first, settled)
			if err = execAt(ctx, url, "VACUUM ANALYZE", "CHECKPOINT"); err == nil {
				settled, err = rate("replay-ours")
				again = append(again, settled)
			}
		}
		drop()
		if err != nil {
			return r, err
		}
	}
	r.Ours, r.Limit = median(again), median(first)
	r.ratios()
	r.goal(r.OfLimit >= 0.8, "≥ 0.8 × the rate of settle")
	r.memory()
	return r, nil
}

func replayOurs(ctx context.Context, o task, _ func(string)) (a account, err error) {
	keys, err := openKeys(o.Sealing)
	if err != nil {
		return a, err
	}
	db, err := store.Open(ctx, o.DatabaseURL, store.Options{})
	if err != nil {
		return a, err
	}
	defer db.Close()
	start := time.Now()
	r, err := intake.Replay(ctx, db, o.DatabaseURL, keys, slog.New(slog.DiscardHandler), o.ShopID, nil)
	a.Rows, a.Seconds = r.Deliveries, r.Seconds
	a.Extra = map[string]float64{"seconds in all": time.Since(start).Seconds()}
	if err == nil && len(r.Differences) > 0 {
		err = fmt.Errorf("replay found %d differences, the first: %v", len(r.Differences), r.Differences[0])
	}
	return a, err
}
