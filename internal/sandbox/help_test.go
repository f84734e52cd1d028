package sandbox

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// got is one request an app received.
type got struct {
	path   string
	header http.Header
	body   []byte
}

// app is a stand-in for Tributary: it keeps what it gets and answers as told.
type app struct {
	*httptest.Server
	mu     sync.Mutex
	got    []got
	answer func(n int, g got) int // n counts from 0
}

func newApp(t *testing.T, answer func(n int, g got) int) *app {
	t.Helper()
	a := &app{answer: answer}
	a.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		g := got{r.URL.RequestURI(), r.Header, b}
		a.mu.Lock()
		n := len(a.got)
		a.got = append(a.got, g)
		a.mu.Unlock()
		code := 200
		if a.answer != nil {
			code = a.answer(n, g)
		}
		if code >= 300 && code < 400 {
			w.Header().Set("Location", a.URL+"/elsewhere")
		}
		w.WriteHeader(code)
	}))
	t.Cleanup(a.Close)
	return a
}

func (a *app) all() []got {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.got)
}

func (a *app) topics(header string) (out []string) {
	for _, g := range a.all() {
		out = append(out, g.header.Get(header))
	}
	return out
}

var (
	anna = Influencer{Slug: "anna", UTMID: "lnk_anna", Codes: []Code{{Text: "ANNA15", PercentBps: 1500}}}
	ben  = Influencer{Slug: "ben", Codes: []Code{{Text: "BEN5", Fixed: 500}}}
)

var noon = time.Date(2026, 10, 5, 12, 0, 0, 0, time.UTC)

func options(p Platform) Options {
	return Options{
		Platform: p, Domain: "sandbox.myshopify.com", Seed: 42, TaxBps: 825, Now: func() time.Time { return noon },
		ClientID: "client", ClientSecret: "hush", Influencers: []Influencer{anna, ben}, Promos: []Code{{Text: "WELCOME", PercentBps: 1000}},
		Delivery: Delivery{TimeScale: 1e-7},
	}
}

// open makes a store and subscribes a to everything.
func open(t *testing.T, o Options, a *app) *Store {
	t.Helper()
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	if a == nil {
		return s
	}
	if o.Platform == Shopify {
		s.Subscribe(a.URL+"/webhooks/shopify", append(slices.Clone(OrderTopics), "app/uninstalled")...)
		return s
	}
	for _, topic := range []string{"order.created", "order.updated", "order.deleted", "order.restored", "coupon.updated"} {
		s.SubscribeWoo(topic, a.URL+"/webhooks/woocommerce/c1", "s3cr&t")
	}
	return s
}

func settle(t *testing.T, s *Store) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if err := s.Settle(ctx); err != nil {
		t.Fatal(err)
	}
}

func must[T any](v T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// tree is a decoded body that keeps numbers as they were written.
type tree map[string]any

func parse(t testing.TB, b []byte) tree {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(string(b)))
	d.UseNumber()
	var m tree
	if err := d.Decode(&m); err != nil {
		t.Fatalf("decode %.200s: %v", b, err)
	}
	return m
}

func (m tree) list(k string) (out []tree) {
	l, _ := m[k].([]any)
	for _, e := range l {
		out = append(out, tree(e.(map[string]any)))
	}
	return out
}

func (m tree) obj(k string) tree { v, _ := m[k].(map[string]any); return v }

// minor reads a money field, string or number.
func (m tree) minor(k string, exp int) int64 {
	var text string
	switch v := m[k].(type) {
	case string:
		text = v
	case json.Number:
		text = v.String()
	}
	n, fine := minorOf(strings.TrimPrefix(text, "-"), exp)
	if !fine {
		return -1 << 62
	}
	if strings.HasPrefix(text, "-") {
		return -n
	}
	return n
}
