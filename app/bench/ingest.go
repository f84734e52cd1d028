package bench

import (
	"context"
	"fmt"
	"time"

	"tributary/internal/domain/order"
	"tributary/internal/seal"
	"tributary/internal/store"
	"tributary/internal/tenant"
)

const warmUp = time.Second

// openRate is what the open loop asks for.
const openRate = 4000

// ingestClosed measures how many signed orders a second become durable when
// each connection waits for its answer.
func ingestClosed(name string, conns int) func(context.Context, *stage) (Result, error) {
	return func(ctx context.Context, s *stage) (Result, error) {
		r := Result{Unit: "orders/s"}
		runs, err := s.ingest(ctx, []string{"naive", "limit", "ours"}, load{conns: conns, warm: warmUp, window: s.Window}, &r)
		if err != nil {
			return r, err
		}
		r.Naive, r.Limit = rate(runs["naive"]), rate(runs["limit"])
		r.NaiveP99 = p99(runs["naive"])
		r.ratios()
		if name == "ingest" {
			r.goal(r.VsNaive >= 6, "≥ 6 × naive")
			r.goal(r.OfLimit >= 0.85, "≥ 0.85 of limit")
			r.goal(r.P99 <= 0.2*r.NaiveP99, "p99 ≤ 0.2 × naive's")
		} else {
			r.goal(r.VsNaive >= 2.5, "≥ 2.5 × naive")
		}
		r.memory()
		return r, nil
	}
}

// ingestOpen sends at a fixed rate and measures from when a request was meant
// to leave. naive cannot keep up, so it does not run.
func ingestOpen(ctx context.Context, s *stage) (Result, error) {
	r := Result{Unit: "orders/s"}
	if _, err := s.ingest(ctx, []string{"ours"}, load{conns: 128, warm: warmUp, window: s.Window + time.Second, rate: openRate}, &r); err != nil {
		return r, err
	}
	r.goal(r.P99 <= 50, "p99 ≤ 50 ms at %d/s", openRate)
	r.goal(r.Errors == 0 && r.Ours >= 0.99*openRate, "no error, none late")
	r.memory()
	return r, nil
}

func rate(hs []heard) float64 {
	return median(each(hs, func(h heard) float64 { return h.rate }))
}

func p99(hs []heard) float64 {
	return median(each(hs, func(h heard) float64 { return h.p99 }))
}

func each[T any](list []T, f func(T) float64) []float64 {
	out := make([]float64, len(list))
	for i := range list {
		out[i] = f(list[i])
	}
	return out
}

// ingest runs the contenders in turn, each round on a database of its own, and
// checks that every acknowledged order is in the table.
func (s *stage) ingest(ctx context.Context, who []string, l load, r *Result) (map[string][]heard, error) {
	s.steps = len(who) * s.Rounds
	s.doing("making orders")
	reqs, err := s.requests(ctx)
	if err != nil {
		return nil, err
	}
	l.reqs = reqs
	redisURL, note, err := s.redisURL()
	if err != nil {
		return nil, err
	}
	r.Note = note
	with, err := s.base(ctx, "shop", func(url string) error { return s.addShop(ctx, url) })
	if err != nil {
		return nil, err
	}
	out := map[string][]heard{}
	for range s.Rounds {
		for _, name := range who {
			template := ""
			if name == "ours" {
				template = with
			}
			h, a, err := s.ingestOnce(ctx, name, template, redisURL, l)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
			out[name] = append(out[name], h)
			if name == "ours" {
				r.RSS = max(r.RSS, a.RSS)
				r.Errors += h.errors
			}
			s.did(fmt.Sprintf("%s: %.0f orders/s, p99 %.1f ms", name, h.rate, h.p99))
		}
	}
	ours := out["ours"]
	r.Ours, r.P99 = rate(ours), p99(ours)
	r.P50 = median(each(ours, func(h heard) float64 { return h.p50 }))
	return out, nil
}

func (s *stage) ingestOnce(ctx context.Context, name, template, redisURL string, l load) (heard, account, error) {
	url, drop, err := s.fresh(ctx, template)
	if err != nil {
		return heard{}, account{}, err
	}
	defer drop()
	c, err := s.start(ctx, task{Role: "ingest-" + name, DatabaseURL: url, RedisURL: redisURL})
	if err != nil {
		return heard{}, account{}, err
	}
	listening, err := c.next()
	if err != nil {
		_, _ = c.end()
		return heard{}, account{}, err
	}
	l.address = listening.Address
	h, err := l.run(ctx)
	a, cerr := c.end()
	if err == nil {
		err = cerr
	}
	if err != nil {
		return h, a, err
	}
	if h.errors > 0 && name != "ours" {
		return h, a, fmt.Errorf("%d errors, the first: %w", h.errors, h.firstErr)
	}
	stored, err := count(ctx, url, "SELECT count(*) FROM deliveries")
	if err == nil && (stored < h.acked || stored > h.acked && h.errors == 0) {
		err = fmt.Errorf("%d orders were acknowledged and %d are stored", h.acked, stored)
	}
	return h, a, err
}

// requests are made once for all runs.
func (s *stage) requests(ctx context.Context) (*requests, error) {
	if r, ok := s.caches["requests"].(*requests); ok {
		return r, nil
	}
	ds, err := sell(ctx, s.Seed, 640)
	if err != nil {
		return nil, err
	}
	var orders []delivery
	for _, d := range ds {
		if d.topic == "orders/create" {
			orders = append(orders, d)
		}
	}
	r := newRequests(orders)
	s.caches["requests"] = r
	return r, nil
}

// addShop migrates the database and adds the shop the orders are of.
func (s *stage) addShop(ctx context.Context, url string) error {
	if _, err := store.Migrate(ctx, url, "", time.Now()); err != nil {
		return err
	}
	db, err := store.Open(ctx, url, store.Options{MaxConns: 2})
	if err != nil {
		return err
	}
	defer db.Close()
	_, err = tenant.AddShop(ctx, db, s.keys, tenant.NewShop{
		Platform: order.Shopify, Domain: shopDomain, Currency: "USD", TimeZone: "America/New_York",
	})
	return err
}

func openKeys(list string) (*seal.Keys, error) {
	keys, err := seal.Parse(list)
	if err != nil {
		return nil, err
	}
	return seal.New(keys)
}
