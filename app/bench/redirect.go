package bench

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"tributary/internal/domain/order"
	"tributary/internal/program"
	"tributary/internal/store"
	"tributary/internal/tenant"
)

const (
	redirectLinks = 20_000
	redirectConns = 64
)

func init() {
	roles["redirect-ours"], roles["redirect-naive"], roles["redirect-limit"] = redirectOurs, redirectNaive, redirectLimit
}

// redirect measures how many people a second are sent on by links when every
// click is durable before its answer.
func redirect(ctx context.Context, s *stage) (Result, error) {
	r := Result{Unit: "clicks/s"}
	who := []string{"naive", "limit", "ours"}
	s.steps = len(who) * s.Rounds
	s.doing("making links")
	redisURL, note, err := s.redisURL()
	if err != nil {
		return r, err
	}
	r.Note = note
	with, err := s.base(ctx, "links", func(url string) error { return s.addLinks(ctx, url) })
	if err != nil {
		return r, err
	}
	runs := map[string][]heard{}
	for range s.Rounds {
		for _, name := range who {
			template := ""
			if name == "ours" {
				template = with
			}
			h, a, err := s.redirectOnce(ctx, name, template, redisURL)
			if err != nil {
				return r, fmt.Errorf("%s: %w", name, err)
			}
			runs[name] = append(runs[name], h)
			if name == "ours" {
				r.RSS = max(r.RSS, a.RSS)
				r.Errors += h.errors
			}
			s.did(fmt.Sprintf("%s: %.0f clicks/s, p99 %.1f ms", name, h.rate, h.p99))
		}
	}
	r.Ours, r.Naive, r.Limit = rate(runs["ours"]), rate(runs["naive"]), rate(runs["limit"])
	r.P99, r.NaiveP99 = p99(runs["ours"]), p99(runs["naive"])
	r.P50 = median(each(runs["ours"], func(h heard) float64 { return h.p50 }))
	r.ratios()
	r.goal(r.VsNaive >= 5, "≥ 5 × naive")
	r.goal(r.OfLimit >= 0.8, "≥ 0.8 of limit")
	r.goal(r.P99 <= 15, "p99 ≤ 15 ms")
	r.memory()
	return r, nil
}

func (s *stage) redirectOnce(ctx context.Context, name, template, redisURL string) (heard, account, error) {
	url, drop, err := s.fresh(ctx, template)
	if err != nil {
		return heard{}, account{}, err
	}
	defer drop()
	c, err := s.start(ctx, task{Role: "redirect-" + name, DatabaseURL: url, RedisURL: redisURL})
	if err != nil {
		return heard{}, account{}, err
	}
	listening, err := c.next()
	if err != nil {
		_, _ = c.end()
		return heard{}, account{}, err
	}
	h, err := visit(ctx, listening.Address, redirectConns, warmUp, s.Window)
	a, cerr := c.end()
	if err == nil {
		err = cerr
	}
	if err != nil {
		return h, a, err
	}
	if h.errors > 0 {
		return h, a, fmt.Errorf("%d errors, the first: %w", h.errors, h.firstErr)
	}
	stored, err := count(ctx, url, "SELECT count(*) FROM clicks")
	if err == nil && stored != h.acked {
		err = fmt.Errorf("%d people were sent on and %d clicks are stored", h.acked, stored)
	}
	return h, a, err
}

// browsers are what people come with.
var browsers = []string{
	"Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.0 Mobile/15E148 Safari/604.1",
	"Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 Instagram 380.0.0.28.97 (iPhone15,2; iOS 18_5; en_US; scale=3.00)",
	"Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36",
	"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
	"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.0 Safari/605.1.15",
	"Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
}

func slugOf(n uint64) string { return fmt.Sprintf("l%05d", mix(n)%redirectLinks) }

// visit follows links over so many connections, each waiting for its answer.
func visit(ctx context.Context, address string, conns int, warm, window time.Duration) (heard, error) {
	return follow(ctx, address, visits(), conns, warm, window)
}

// visits are requests of some thousand visits.
func visits() [][]byte {
	reqs := make([][]byte, 4096)
	for i := range reqs {
		reqs[i] = fmt.Appendf(nil, "GET /r/%s HTTP/1.1\r\nHost: tributary.example.com\r\nUser-Agent: %s\r\nAccept: text/html\r\nReferer: https://www.instagram.com/\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\n\r\n",
			slugOf(uint64(i)), browsers[i%len(browsers)])
	}
	return reqs
}

// follow sends the requests in turn.
func follow(ctx context.Context, address string, reqs [][]byte, conns int, warm, window time.Duration) (heard, error) {
	clients := make([]*client, conns)
	for i := range clients {
		c, err := net.Dial("tcp", address) //nolint:noctx // loopback; the run is bounded in time
		if err != nil {
			return heard{}, fmt.Errorf("dial: %w", err)
		}
		defer c.Close()
		clients[i] = &client{conn: c, in: make([]byte, 4096)}
	}
	var ticket, failed atomic.Int64
	var first atomic.Pointer[error]
	one := func(c *client) bool {
		_, err := c.conn.Write(reqs[ticket.Add(1)%int64(len(reqs))])
		if err == nil {
			err = c.answer()
		}
		if status := refusal(0); !errors.As(err, &status) || status != 302 {
			if err == nil {
				err = errors.New("the server answered 200")
			}
			failed.Add(1)
			first.CompareAndSwap(nil, &err)
			return false
		}
		c.acked++
		return true
	}
	var wg sync.WaitGroup
	for _, c := range clients { // every link once, so that a limit that knows them from the start has no head start
		wg.Go(func() {
			for ctx.Err() == nil && ticket.Load() < int64(len(reqs)) && one(c) {
			}
		})
	}
	wg.Wait()
	begin := time.Now()
	from, until := begin.Add(warm), begin.Add(warm+window)
	for _, c := range clients {
		wg.Go(func() {
			for ctx.Err() == nil {
				start := time.Now()
				if !start.Before(until) || !one(c) {
					return
				}
				if end := time.Now(); !start.Before(from) && end.Before(until) {
					c.took = append(c.took, end.Sub(start))
				}
			}
		})
	}
	wg.Wait()
	h := heard{errors: failed.Load()}
	var took []time.Duration
	for _, c := range clients {
		h.acked += c.acked
		took = append(took, c.took...)
	}
	if h.errors > 0 {
		h.firstErr = *first.Load()
	}
	slices.Sort(took)
	h.rate = float64(len(took)) / window.Seconds()
	h.p50, h.p99 = percentile(took, 50), percentile(took, 99)
	return h, ctx.Err()
}

// addLinks makes a shop with links of one signed agreement.
func (s *stage) addLinks(ctx context.Context, url string) error {
	if _, err := store.Migrate(ctx, url, "", time.Now()); err != nil {
		return err
	}
	db, err := store.Open(ctx, url, store.Options{MaxConns: 2})
	if err != nil {
		return err
	}
	defer db.Close()
	shop, err := tenant.AddShop(ctx, db, s.keys, tenant.NewShop{Platform: order.Shopify, Domain: shopDomain, Currency: "USD", TimeZone: "America/New_York"})
	if err != nil {
		return err
	}
	s.caches["links shop"] = shop.ID
	var agreement int64
	if err := db.InTx(ctx, shop.ID, func(tx *store.Tx) error {
		handle, email, title := "anna", "anna@example.com", "Autumn"
		inf, err := program.AddInfluencer(ctx, tx, s.keys, program.InfluencerFields{Handle: &handle, Name: &handle, Email: &email})
		if err != nil {
			return err
		}
		camp, err := program.AddCampaign(ctx, tx, program.CampaignFields{Name: &title})
		if err != nil {
			return err
		}
		a, err := program.DraftAgreement(ctx, tx, program.NewAgreement{InfluencerID: inf.ID, CampaignID: camp.ID,
			Terms: []byte(`{"version":1,"currency":"USD","components":[{"id":"ppc","type":"clicks","unit_price":"0.40"}]}`)})
		if err != nil {
			return err
		}
		agreement = a.ID
		return signed(ctx, tx, a.ID, email)
	}); err != nil {
		return err
	}
	return execAt(ctx, url, fmt.Sprintf(`INSERT INTO links (shop_id, slug, public, agreement_id, destination, created_at)
		SELECT %d, s, s, %d, 'https://%s/products/' || n, now() FROM (SELECT n, 'l' || lpad(n::text, 5, '0') AS s FROM generate_series(0, %d) n) x`,
		shop.ID, agreement, shopDomain, redirectLinks-1))
}
