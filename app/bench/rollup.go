package bench

import (
	"context"
	"fmt"
)

// keep is what part of the speed must stay when the KPIs are counted.
const keep = 0.9

// rollup measures what counting the KPIs costs, where it is done: in the
// transactions that settle orders and judge clicks. Ours counts; limit is the
// same program that does not.
func rollup(ctx context.Context, s *stage) (Result, error) {
	r := Result{Unit: "deliveries/s"}
	s.steps = 4 * s.Rounds
	s.doing("storing orders")
	base, shopID, err := s.stored(ctx, s.Orders)
	if err != nil {
		return r, err
	}
	redisURL, note, err := s.redisURL()
	if err != nil {
		return r, err
	}
	links, err := s.base(ctx, "links", func(url string) error { return s.addLinks(ctx, url) })
	if err != nil {
		return r, err
	}
	settled, clicked := map[bool][]float64{}, map[bool][]float64{}
	for range s.Rounds {
		for _, uncounted := range []bool{true, false} {
			rate, rss, err := s.settleCounted(ctx, base, shopID, uncounted)
			if err != nil {
				return r, err
			}
			if settled[uncounted] = append(settled[uncounted], rate); !uncounted {
				r.RSS = max(r.RSS, rss)
			}
			s.did(fmt.Sprintf("settle, counting %v: %.0f deliveries/s", !uncounted, rate))
			if rate, err = s.redirectCounted(ctx, links, redisURL, uncounted); err != nil {
				return r, err
			}
			clicked[uncounted] = append(clicked[uncounted], rate)
			s.did(fmt.Sprintf("redirect, counting %v: %.0f clicks/s", !uncounted, rate))
		}
	}
	r.Ours, r.Limit = median(settled[false]), median(settled[true])
	with, without := median(clicked[false]), median(clicked[true])
	r.ratios()
	r.Note = fmt.Sprintf("redirect, with a worker judging at the same time: %.0f clicks/s counted, %.0f not, so %.2f stays", with, without, with/without)
	if note != "" {
		r.Note += "; " + note
	}
	r.goal(r.OfLimit >= keep, "settle keeps ≥ %.1f with the KPIs counted", keep)
	r.goal(with/without >= keep, "redirect keeps ≥ %.1f with the KPIs counted", keep)
	r.memory()
	return r, nil
}

func (s *stage) settleCounted(ctx context.Context, base string, shopID int64, uncounted bool) (rate, rss float64, err error) {
	url, drop, err := s.fresh(ctx, base)
	if err != nil {
		return 0, 0, err
	}
	defer drop()
	before, err := counted(ctx, url, "orders")
	if err != nil {
		return 0, 0, err
	}
	a, err := s.job(ctx, task{Role: "settle-ours", DatabaseURL: url, ShopID: shopID, Uncounted: uncounted})
	if err != nil {
		return 0, 0, err
	}
	return float64(a.Rows) / a.Seconds, a.RSS, counts(ctx, url, "orders", before, !uncounted)
}

func (s *stage) redirectCounted(ctx context.Context, links, redisURL string, uncounted bool) (float64, error) {
	url, drop, err := s.fresh(ctx, links)
	if err != nil {
		return 0, err
	}
	defer drop()
	c, err := s.start(ctx, task{Role: "redirect-ours", DatabaseURL: url, RedisURL: redisURL, ShopID: s.caches["links shop"].(int64), Workers: 1, Uncounted: uncounted})
	if err != nil {
		return 0, err
	}
	listening, err := c.next()
	if err != nil {
		_, _ = c.end()
		return 0, err
	}
	h, err := follow(ctx, listening.Address, crowd(), redirectConns, warmUp, s.Window)
	if _, cerr := c.end(); err == nil {
		err = cerr
	}
	if err == nil && h.errors > 0 {
		err = fmt.Errorf("%d errors, the first: %w", h.errors, h.firstErr)
	}
	if err == nil {
		err = counts(ctx, url, "clicks", 0, !uncounted)
	}
	return h.rate, err
}

// counts makes sure that the KPIs were counted, or were not.
func counts(ctx context.Context, url, measure string, before int64, want bool) error {
	n, err := counted(ctx, url, measure)
	if err == nil && (n > before) != want {
		err = fmt.Errorf("%d more %s are counted, and counting was %v", n-before, measure, want)
	}
	return err
}

func counted(ctx context.Context, url, measure string) (int64, error) {
	return count(ctx, url, "SELECT coalesce(sum("+measure+"), 0)::bigint FROM kpi_days WHERE dim = 0")
}

// crowd is visits of many people, each from an address of their own, so that
// their clicks are valid ones.
func crowd() [][]byte {
	reqs := make([][]byte, 32_768)
	for i := range reqs {
		reqs[i] = fmt.Appendf(nil, "GET /r/%s HTTP/1.1\r\nHost: tributary.example.com\r\nUser-Agent: %s\r\nX-Forwarded-For: 10.%d.%d.7\r\nAccept: text/html\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\n\r\n",
			slugOf(uint64(i)), browsers[i%len(browsers)], i/256, i%256)
	}
	return reqs
}
