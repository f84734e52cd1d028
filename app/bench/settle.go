package bench

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"tributary/internal/intake"
	"tributary/internal/obs"
	"tributary/internal/store"
)

// workers is how many tasks naive works on at once: the default of WORKERS.
const workers = 8

// settle measures how many stored deliveries a second become orders, decisions
// and postings.
func settle(ctx context.Context, s *stage) (Result, error) {
	r := Result{Unit: "deliveries/s"}
	s.steps = 3*s.Rounds + 1
	s.doing("storing orders")
	base, shopID, err := s.stored(ctx, s.Orders)
	if err != nil {
		return r, err
	}
	// What the limit has to write is what ours wrote once.
	done, _, err := s.fresh(ctx, base)
	if err != nil {
		return r, err
	}
	want, err := s.job(ctx, task{Role: "settle-ours", DatabaseURL: done, ShopID: shopID})
	if err != nil {
		return r, err
	}
	if err := checkSettled(ctx, done, past+int64(s.Orders)); err != nil {
		return r, err
	}
	s.did(fmt.Sprintf("%d deliveries gave %.0f journals", want.Rows, want.Extra["journals"]))
	rates := map[string][]float64{}
	for range s.Rounds {
		for _, name := range []string{"naive", "limit", "ours"} {
			url, drop, err := s.fresh(ctx, base)
			if err != nil {
				return r, err
			}
			a, err := s.job(ctx, task{Role: "settle-" + name, DatabaseURL: url, ShopID: shopID, SourceURL: done, Workers: workers})
			if err == nil {
				err = sameRows(ctx, name, done, url)
			}
			drop()
			if err != nil {
				return r, err
			}
			rates[name] = append(rates[name], float64(a.Rows)/a.Seconds)
			if name == "ours" {
				r.RSS = max(r.RSS, a.RSS)
			}
			s.did(fmt.Sprintf("%s: %.0f deliveries/s", name, float64(a.Rows)/a.Seconds))
		}
	}
	r.Ours, r.Naive, r.Limit = median(rates["ours"]), median(rates["naive"]), median(rates["limit"])
	r.ratios()
	r.goal(r.VsNaive >= 7, "≥ 7 × naive")
	r.goal(r.OfLimit >= 0.6, "≥ 0.6 of limit")
	r.memory()
	s.caches["settle rate"] = r.Ours
	return r, nil
}

// checkSettled makes sure that what is measured happened.
func checkSettled(ctx context.Context, url string, n int64) error {
	for _, c := range []struct {
		what, query string
		least       int64
	}{
		{"deliveries done", "SELECT count(*) FROM deliveries WHERE state = 2", n},
		{"orders", "SELECT count(*) FROM orders", n * 9 / 10},
		{"earnings that are worth something", "SELECT count(*) FROM earnings WHERE posted > 0", n * 4 / 10},
		{"refunds taken back", "SELECT count(*) FROM (SELECT FROM ledger_entries GROUP BY earning_id HAVING count(*) > 2) r", n / 100},
	} {
		got, err := count(ctx, url, c.query)
		if err != nil {
			return err
		}
		if got < c.least {
			return fmt.Errorf("%d %s, want at least %d", got, c.what, c.least)
		}
	}
	return nil
}

// sameRows holds the limit to every row ours wrote, and naive to every order.
func sameRows(ctx context.Context, name, done, url string) error {
	tables := []string{"orders", "attributions", "earnings", "ledger_entries", "kpi_days", "kpi_hours", "deliveries WHERE state = 2"}
	if name == "naive" {
		tables = []string{"orders", "deliveries WHERE state = 2"}
	}
	for _, t := range tables {
		want, err := count(ctx, done, "SELECT count(*) FROM "+t)
		if err != nil {
			return err
		}
		got, err := count(ctx, url, "SELECT count(*) FROM "+t)
		if err != nil {
			return err
		}
		if got != want {
			return fmt.Errorf("%s wrote %d %s, want %d", name, got, t, want)
		}
	}
	return nil
}

// settleOurs drains the shop, as the worker does when it is woken up.
func settleOurs(ctx context.Context, o task, _ func(string)) (a account, err error) {
	keys, err := openKeys(o.Sealing)
	if err != nil {
		return a, err
	}
	db, err := store.Open(ctx, o.DatabaseURL, store.Options{})
	if err != nil {
		return a, err
	}
	defer db.Close()
	s := intake.NewSettler(db, keys, slog.New(slog.DiscardHandler), obs.NewMetrics("bench"))
	s.Uncounted = o.Uncounted
	start := time.Now()
	r, err := s.Drain(ctx, o.ShopID)
	a.Seconds, a.Rows = time.Since(start).Seconds(), int64(r.Deliveries)
	a.Extra = map[string]float64{"journals": float64(r.Postings)}
	if err == nil && r.Failed > 0 {
		err = fmt.Errorf("%d deliveries failed", r.Failed)
	}
	return a, err
}
