package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tributary/internal/sandbox"
)

// crashDeals are plain percentages, which the stores reckon by themselves.
var crashDeals = []deal{
	{handle: "anna", plainBps: 1000, offBps: 1000, components: []string{`{"id":"base","type":"percentage","rate_bps":1000}`}},
	{handle: "ida", plainBps: 800, offBps: 1500, components: []string{`{"id":"base","type":"percentage","rate_bps":800}`}},
}

// crashShop is a sandbox store that has sold already; what it would have sent
// waits in parcels.
type crashShop struct {
	domain  string
	id      int64
	store   *sandbox.Store
	parcels []*parcel
}

// parcel is one signed webhook.
type parcel struct {
	shop   *crashShop
	path   string
	header http.Header
	body   []byte
	id     string // what makes it itself
	topic  string
	acked  atomic.Bool
}

// The stores sell for three days that are over.
func soldFrom() time.Time { return time.Now().UTC().Truncate(24*time.Hour).AddDate(0, 0, -5) }

const soldDays = 3

// addShops adds a shop of each platform by the command line and lets it sell.
func (s *stack) addShops() {
	s.t.Helper()
	told := sandbox.DefaultMix()
	// What a WooCommerce store tells nobody or without a time cannot be taken in
	// any order.
	told.SilentDelete, told.Delete, told.Trash = 0, 0, 0
	for i, o := range []sandbox.Options{
		{Platform: sandbox.Shopify, Domain: "crash.myshopify.com", ClientSecret: appSecret, TaxBps: 825, BigIDs: true},
		{Platform: sandbox.WooCommerce, HomeURL: "https://crash.example", TaxBps: 1900, TaxesIncluded: true, Mix: &told},
	} {
		shop := &crashShop{domain: strings.TrimPrefix(o.Domain+o.HomeURL, "https://")}
		o.Seed, o.Influencers = uint64(41+i), influencers(crashDeals)
		o.Promos = []sandbox.Code{{Text: "WELCOME5", PercentBps: 500}}
		o.Delivery = sandbox.Delivery{Workers: 1, Duplicates: 40, KeepAlive: true}
		var added struct {
			Shop   int64
			URL    string `json:"delivery_url"`
			Secret string
		}
		out := s.mustRun("shop", "add", "--platform", string(o.Platform), "--domain", shop.domain, "--currency", "USD", "--time-zone", "America/New_York", "--json")
		if err := json.Unmarshal([]byte(out), &added); err != nil {
			s.t.Fatal(err)
		}
		shop.id = added.Shop
		door, err := url.Parse(added.URL)
		if err != nil {
			s.t.Fatal(err)
		}
		st, err := sandbox.New(o)
		if err != nil {
			s.t.Fatal(err)
		}
		s.t.Cleanup(func() { _ = st.Close() })
		shop.store = st
		st.SetTransport(&postbox{shop: shop})
		if o.Platform == sandbox.Shopify {
			st.Subscribe("http://app/webhooks/shopify", sandbox.OrderTopics...)
		} else {
			for _, topic := range []string{"order.created", "order.updated", "order.deleted", "order.restored"} {
				st.SubscribeWoo(topic, "http://app"+door.Path, added.Secret)
			}
		}
		err = sandbox.NewWorld(o.Seed, st).Simulate(s.t.Context(), sandbox.Run{From: soldFrom(), To: soldFrom().AddDate(0, 0, soldDays), PerDay: 40})
		if err == nil {
			err = st.Settle(s.t.Context())
		}
		if err != nil {
			s.t.Fatal(err)
		}
		s.shops = append(s.shops, shop)
	}
}

// postbox keeps what a store sends. A ping is not a delivery.
type postbox struct {
	shop *crashShop
	mu   sync.Mutex
}

func (b *postbox) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	p := &parcel{shop: b.shop, path: r.URL.Path, header: r.Header.Clone(), body: body}
	for _, h := range []string{"X-Shopify-Topic", "X-WC-Webhook-Topic"} {
		if v := r.Header[h]; len(v) > 0 {
			p.topic = v[0]
		}
	}
	p.id = p.topic
	for _, h := range []string{"X-Shopify-Webhook-Id", "X-WC-Webhook-Delivery-ID"} { // as the stores spell them
		p.id += fmt.Sprint(r.Header[h])
	}
	if r.Header["X-Shopify-Topic"] == nil {
		p.id += string(body)
	}
	if p.topic != "" {
		b.mu.Lock()
		b.shop.parcels = append(b.shop.parcels, p)
		b.mu.Unlock()
	}
	return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody, Request: r}, nil
}

// flood sends every parcel, three in ten of them more than once, in no order,
// and each until it is acknowledged, as a platform would. Meanwhile the test
// breaks things: there is always more on its way than the test has waited for.
type flood struct {
	t       *testing.T
	base    string
	queue   []*parcel
	next    chan *parcel
	sent    int // put into next
	acked   atomic.Int64
	refused atomic.Int64 // 503
	cut     atomic.Int64 // no answer
	down    atomic.Bool  // set while an acknowledgement would be a lie
	end     sync.WaitGroup

	mu    sync.Mutex
	wrong map[string]int // answers that a platform must never see
}

const (
	floodSenders = 12
	floodAhead   = 100 // per thousand that are sent before the test waits for them
)

func (s *stack) flood(seed uint64) *flood {
	f := &flood{t: s.t, base: s.base, wrong: map[string]int{}}
	rng := rand.New(rand.NewPCG(seed, 1))
	for _, shop := range s.shops {
		for _, p := range shop.parcels {
			f.queue = append(f.queue, p)
			for rng.IntN(10) < 3 {
				f.queue = append(f.queue, p)
			}
		}
	}
	rng.Shuffle(len(f.queue), func(i, j int) { f.queue[i], f.queue[j] = f.queue[j], f.queue[i] })
	f.next = make(chan *parcel, len(f.queue))
	client := &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: floodSenders}}
	for range floodSenders {
		f.end.Go(func() {
			for p := range f.next {
				if !f.deliver(client, p) {
					return
				}
			}
		})
	}
	f.send(floodAhead)
	s.t.Cleanup(func() {
		f.send(1000)
		f.end.Wait() // before what it sends to is taken away
		client.CloseIdleConnections()
	})
	return f
}

// send lets so much of the flood (per thousand) go.
func (f *flood) send(permille int) {
	for upTo := len(f.queue) * min(permille, 1000) / 1000; f.sent < upTo; f.sent++ {
		if f.next <- f.queue[f.sent]; f.sent == len(f.queue)-1 {
			close(f.next)
		}
	}
}

// deliver sends p until it is acknowledged, and returns false when the test is
// over before that.
func (f *flood) deliver(c *http.Client, p *parcel) bool {
	for f.t.Context().Err() == nil {
		was := f.down.Load()
		code, err := p.send(f.t.Context(), c, f.base)
		switch {
		case err != nil:
			f.cut.Add(1)
		case code == http.StatusOK:
			if was && f.down.Load() {
				f.note("200 while nothing can be stored")
			}
			p.acked.Store(true)
			f.acked.Add(1)
			return true
		case code == http.StatusServiceUnavailable:
			f.refused.Add(1)
		default:
			f.note(fmt.Sprint(code))
		}
		select {
		case <-time.After(40 * time.Millisecond): // a platform waits for minutes
		case <-f.t.Context().Done():
		}
	}
	return false
}

func (f *flood) note(what string) {
	f.mu.Lock()
	f.wrong[what]++
	f.mu.Unlock()
}

func (f *flood) wrongAnswers() map[string]int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return maps.Clone(f.wrong)
}

func (p *parcel) send(ctx context.Context, c *http.Client, base string) (int, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, base+p.path, bytes.NewReader(p.body))
	if err != nil {
		return 0, err
	}
	req.Header = p.header.Clone()
	res, err := c.Do(req)
	if err != nil {
		return 0, err
	}
	defer res.Body.Close()
	_, err = io.Copy(io.Discard, res.Body)
	return res.StatusCode, err
}

// until waits until so much of the flood (per thousand) is acknowledged. More is
// on its way then.
func (f *flood) until(permille int) {
	f.t.Helper()
	f.send(permille + floodAhead)
	want := int64(len(f.queue) * permille / 1000)
	eventually(f.t, fmt.Sprintf("%d of %d deliveries are acknowledged", want, len(f.queue)), func() error {
		if n := f.acked.Load(); n < want {
			return fmt.Errorf("%d are, %d answers were 503, %d requests were cut off", n, f.refused.Load(), f.cut.Load())
		}
		return nil
	})
}

// refuses waits for so many answers of 503, during which 200 would be a lie.
func (f *flood) refuses(n int64) {
	f.t.Helper()
	f.send(f.sent*1000/len(f.queue) + floodAhead) // or there may be nothing left to refuse
	f.down.Store(true)
	before := f.refused.Load()
	eventually(f.t, "deliveries are refused", func() error {
		if n, got := before+n, f.refused.Load(); got < n {
			return fmt.Errorf("%d of %d answers", got, n)
		}
		return nil
	})
	f.down.Store(false)
}

// over waits for the rest and checks the answers.
func (f *flood) over() {
	f.t.Helper()
	f.until(1000)
	f.end.Wait()
	if wrong := f.wrongAnswers(); len(wrong) > 0 {
		f.t.Errorf("answers that a platform must not get: %v", wrong)
	}
	f.t.Logf("%d deliveries acknowledged, %d answers were 503, %d requests cut off", f.acked.Load(), f.refused.Load(), f.cut.Load())
}
