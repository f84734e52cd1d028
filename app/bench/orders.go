package bench

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"tributary/internal/sandbox"
)

const (
	secret      = "the-secret-of-the-benchmarks"
	shopDomain  = "bench.myshopify.com"
	influencers = 50
)

// delivery is a webhook as the store sends it.
type delivery struct {
	topic, signature, webhookID string
	triggered                   time.Time
	body                        []byte
}

// since is when the stored orders begin; they come one every tick.
func since(now time.Time) time.Time { return now.UTC().Truncate(24*time.Hour).AddDate(0, 0, -30) }

func codeOf(i int) string   { return fmt.Sprintf("CREATOR%02d", i+1) }
func handleOf(i int) string { return fmt.Sprintf("creator-%02d", i+1) }

// sell lets a Shopify-like store sell until it has sent n deliveries: whole
// orders of 6 to 8 kB, half of them with the code of one of fifty influencers,
// one delivery in twenty a refund of an order before it. The same seed sells
// the same.
func sell(ctx context.Context, seed uint64, n int) ([]delivery, error) {
	o := sandbox.Options{
		Platform: sandbox.Shopify, Domain: shopDomain, Seed: seed, ClientSecret: secret,
		Mix:      &sandbox.Mix{Code: 520},
		Delivery: sandbox.Delivery{Workers: 1, KeepAlive: true},
	}
	at := since(time.Now())
	step := 30 * 24 * time.Hour / time.Duration(n+1)
	var mu sync.Mutex
	o.Now = func() time.Time { mu.Lock(); defer mu.Unlock(); return at }
	for i := range influencers {
		o.Influencers = append(o.Influencers, sandbox.Influencer{Slug: handleOf(i), Codes: []sandbox.Code{{Text: codeOf(i), PercentBps: 1000}}})
	}
	s, err := sandbox.New(o)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	post := &postbox{}
	s.SetTransport(post)
	s.Subscribe("http://bench/webhooks/shopify", "orders/create", "refunds/create")
	var sold []int64
	for i := range n {
		mu.Lock()
		at = at.Add(step)
		mu.Unlock()
		if i%20 == 19 { // every order is refunded once at most
			k := (i * 7) % len(sold)
			id := sold[k]
			sold[k] = sold[len(sold)-1]
			sold = sold[:len(sold)-1]
			if err := s.RefundLine(id, 0, 1); err != nil {
				return nil, fmt.Errorf("refund order %d: %w", id, err)
			}
			continue
		}
		b := s.RandomBasket()
		b.Gateway, b.Unpaid, b.Test = "", false, false
		placed, err := s.Checkout(b)
		if err != nil {
			return nil, err
		}
		sold = append(sold, placed.ID)
	}
	if err := s.Settle(ctx); err != nil {
		return nil, err
	}
	if len(post.got) != n {
		return nil, fmt.Errorf("the store sent %d deliveries, want %d", len(post.got), n)
	}
	return post.got, nil
}

// postbox keeps what the store sends.
type postbox struct{ got []delivery }

func (p *postbox) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	h := func(k string) string { return r.Header[k][0] }
	at, err := time.Parse(time.RFC3339Nano, h("X-Shopify-Triggered-At"))
	if err != nil {
		return nil, err
	}
	p.got = append(p.got, delivery{topic: h("X-Shopify-Topic"), signature: h("X-Shopify-Hmac-Sha256"), webhookID: h("X-Shopify-Webhook-Id"), triggered: at, body: body})
	return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(bytes.NewReader(nil)), Request: r}, nil
}
