package web_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"tributary/app/web"
	"tributary/internal/domain/order"
	"tributary/internal/identity"
	"tributary/internal/pgtest"
	"tributary/internal/seal"
	"tributary/internal/store"
	"tributary/internal/tenant"
	"tributary/internal/tracking"
)

// world is a server with a database of its own and two shops.
type world struct {
	t     *testing.T
	db    *store.DB
	keys  *seal.Keys
	url   string
	log   *syncBuffer
	clock *clock
	a, b  shop

	tracker *tracking.Tracker

	mu        sync.Mutex
	resettled []int64
	woken     []int64
}

// shop is a shop with a key of each scope.
type shop struct {
	w           *world
	id          int64
	read, write string
}

// clock is the time the store reads.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(time.Millisecond)
	return c.t
}

type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

func newWorld(t *testing.T, change ...func(*web.Deps)) *world {
	t.Helper()
	w := &world{t: t, log: &syncBuffer{}, clock: &clock{t: time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)}}
	w.db = pgtest.Open(t, store.Options{Now: w.clock.now, MaxConns: 8})
	var err error
	if w.keys, err = seal.New([]seal.Key{seal.Generate("k1")}); err != nil {
		t.Fatal(err)
	}
	w.tracker = &tracking.Tracker{DB: w.db, Keys: w.keys, Log: slog.New(slog.DiscardHandler)}
	d := web.Deps{DB: w.db, Keys: w.keys, Tracker: w.tracker, PublicURL: "https://t.example", Version: "test", Log: slog.New(slog.NewJSONHandler(w.log, nil)),
		Resettle: func(_ context.Context, _ int64, orderIDs ...int64) error {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.resettled = append(w.resettled, orderIDs...)
			return nil
		},
		Wake: func(shopID int64) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.woken = append(w.woken, shopID)
		},
	}
	for _, f := range change {
		f(&d)
	}
	srv := httptest.NewServer(web.New(d))
	t.Cleanup(srv.Close)
	w.url = srv.URL
	w.a = w.addShop("a.myshopify.com")
	w.b = w.addShop("b.myshopify.com")
	return w
}

func (w *world) addShop(domain string) shop {
	w.t.Helper()
	ctx := context.Background()
	added, err := tenant.AddShop(ctx, w.db, w.keys, tenant.NewShop{Platform: order.Shopify, Domain: domain, Currency: "USD", TimeZone: "America/New_York"})
	if err != nil {
		w.t.Fatal(err)
	}
	return w.withKeys(added.ID)
}

// withKeys gives a shop a key of each scope.
func (w *world) withKeys(id int64) shop {
	w.t.Helper()
	ctx := context.Background()
	s := shop{w: w, id: id}
	w.in(s, func(tx *store.Tx) (err error) {
		if s.read, _, err = identity.CreateKey(ctx, tx, "read", identity.Read); err != nil {
			return err
		}
		s.write, _, err = identity.CreateKey(ctx, tx, "write", identity.Write)
		return err
	})
	return s
}

// in runs f in a transaction of the shop.
func (w *world) in(s shop, f func(*store.Tx) error) {
	w.t.Helper()
	if err := w.db.InTx(context.Background(), s.id, f); err != nil {
		w.t.Fatal(err)
	}
}

// reply is an answer with its body read.
type reply struct {
	t      *testing.T
	status int
	header http.Header
	body   []byte
}

// call sends a request; body is marshalled unless it is a string, headers come
// in pairs.
func (w *world) call(key, method, path string, body any, headers ...string) reply {
	w.t.Helper()
	var r io.Reader
	switch b := body.(type) {
	case nil:
	case string:
		r = strings.NewReader(b)
	default:
		raw, err := json.Marshal(b)
		if err != nil {
			w.t.Fatal(err)
		}
		r = bytes.NewReader(raw)
	}
	req, err := http.NewRequestWithContext(context.Background(), method, w.url+path, r)
	if err != nil {
		w.t.Fatal(err)
	}
	if key != "" {
		req.Header.Set("Authorization", "Bearer "+key)
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return reply{t: w.t, status: res.StatusCode, header: res.Header, body: b}
}

func (s shop) get(path string) reply {
	s.w.t.Helper()
	return s.w.call(s.read, "GET", "/api/v1"+path, nil)
}

func (s shop) post(path string, body any, headers ...string) reply {
	s.w.t.Helper()
	return s.w.call(s.write, "POST", "/api/v1"+path, body, headers...)
}

// as is the shop as the holder of another write key sees it.
func (s shop) as(name string) shop {
	s.w.t.Helper()
	s.w.in(s, func(tx *store.Tx) (err error) {
		s.write, _, err = identity.CreateKey(context.Background(), tx, name, identity.Write)
		return err
	})
	return s
}

func (s shop) patch(path string, body any) reply {
	s.w.t.Helper()
	return s.w.call(s.write, "PATCH", "/api/v1"+path, body)
}

// is checks the status and returns the body as an object.
func (r reply) is(status int) m {
	r.t.Helper()
	if r.status != status {
		r.t.Fatalf("status %d, want %d: %s", r.status, status, r.body)
	}
	var out m
	if err := json.Unmarshal(r.body, &out); err != nil {
		r.t.Fatalf("%v: %s", err, r.body)
	}
	return out
}

// problem checks that the answer is a problem with this status and code, and
// returns it.
func (r reply) problem(status int, code string) m {
	r.t.Helper()
	p := r.is(status)
	if ct := r.header.Get("Content-Type"); ct != "application/problem+json" {
		r.t.Errorf("content type %q", ct)
	}
	if p["code"] != code || p["type"] != "urn:tributary:problem:"+code || p["status"] != float64(status) {
		r.t.Errorf("problem %v, want code %s", p, code)
	}
	if p["detail"] == "" || p["title"] == "" || p["request_id"] == nil || r.header.Get("X-Request-Id") != p["request_id"] {
		r.t.Errorf("problem lacks something: %v", p)
	}
	return p
}

// m is a JSON object.
type m map[string]any

func (o m) str(key string) string { s, _ := o[key].(string); return s }

func (o m) list(key string) []m {
	var out []m
	l, _ := o[key].([]any)
	for _, e := range l {
		out = append(out, e.(map[string]any))
	}
	return out
}

func (o m) obj(key string) m { x, _ := o[key].(map[string]any); return x }

// fields lists the wrong fields of a problem.
func (o m) fields() string {
	var out []string
	for _, f := range o.list("errors") {
		out = append(out, f.str("field"))
	}
	return strings.Join(out, " ")
}

// tenPercent is the smallest document of terms.
var tenPercent = m{"version": 1, "currency": "USD", "components": []m{{"id": "base", "type": "percentage", "rate_bps": 1000}}}

// influencer adds one and returns its id.
func (s shop) influencer(handle string) string {
	s.w.t.Helper()
	return s.post("/influencers", m{"handle": handle, "name": handle, "email": handle + "@example.com"}).is(201).str("id")
}

func (s shop) campaign() string {
	s.w.t.Helper()
	return s.post("/campaigns", m{"name": "Autumn"}).is(201).str("id")
}

// agreement drafts one for a new influencer.
func (s shop) agreement(handle string) m {
	s.w.t.Helper()
	return s.post("/agreements", m{"influencer_id": s.influencer(handle), "campaign_id": s.campaign(), "terms": tenPercent}).is(201)
}

func TestAPersonFindsAnHonestPageAtTheRoot(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for path, want := range map[string]string{
		"/":                 "The server is running",
		"/api/docs":         "/api/v1/influencers",
		"/api/openapi.json": `"openapi":"3.1.0"`,
		"/api/openapi.yaml": "openapi: 3.1.0",
		"/healthz":          `"status":"ok"`,
		"/readyz":           `"status":"ready"`,
		"/metrics":          "tributary_build_info",
		"/assets/plain.css": "font",
		"/assets/icon.svg":  "<svg",
		"/favicon.ico":      "<svg",
	} {
		r := w.call("", "GET", path, nil)
		if r.status != 200 || !bytes.Contains(r.body, []byte(want)) {
			t.Errorf("%s: %d, want %q in %.300s", path, r.status, want, r.body)
		}
		for _, h := range []string{"Content-Security-Policy", "X-Content-Type-Options", "X-Frame-Options", "Referrer-Policy", "X-Request-Id"} {
			if r.header.Get(h) == "" {
				t.Errorf("%s: no %s", path, h)
			}
		}
		if bytes.Contains(r.body, []byte("<script")) || bytes.Contains(r.body, []byte("<style")) || bytes.Contains(r.body, []byte("cdn.")) || bytes.Contains(r.body, []byte("unpkg")) {
			t.Errorf("%s loads something", path)
		}
	}
}

func TestTheRootPageSaysWhatDoesNotAnswer(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(d *web.Deps) {
		d.Redis = func(context.Context) error { return errors.New("dial redis://:hunter2@cache") }
	})
	body := string(w.call("", "GET", "/", nil).body)
	for _, want := range []string{"something it needs is not", "does not answer", "up to date", "https://t.example/api/v1/orders"} {
		if !strings.Contains(body, want) {
			t.Errorf("no %q in %s", want, body)
		}
	}
	if strings.Contains(body, "hunter2") {
		t.Error("a secret is shown")
	}
}
