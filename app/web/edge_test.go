package web_test

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"tributary/app/web"
	"tributary/internal/domain/order"
	"tributary/internal/identity"
	"tributary/internal/store"
)

var update = flag.Bool("update", false, "write docs/openapi.json anew")

const openAPIFile = "../../docs/openapi.json"

func TestTheAPIDocumentInDocsIsCurrent(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	served := w.call("", "GET", "/api/openapi.json", nil)
	var indented bytes.Buffer
	if err := json.Indent(&indented, served.body, "", "  "); err != nil {
		t.Fatal(err)
	}
	indented.WriteByte('\n')
	if *update {
		if err := os.WriteFile(openAPIFile, bytes.TrimRight(indented.Bytes(), "\n"), 0o644); err != nil { //nolint:gosec // a public document
			t.Fatal(err)
		}
	}
	committed, err := os.ReadFile(openAPIFile)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(bytes.TrimSpace(committed), bytes.TrimSpace(indented.Bytes())) {
		t.Error("docs/openapi.json is not what the server serves: run `go test ./app/web -run APIDocument -update`")
	}
}

// document is the part of an OpenAPI document that the test below looks at.
type document struct {
	OpenAPI string `json:"openapi"`
	Paths   map[string]map[string]struct {
		OperationID string                     `json:"operationId"`
		Summary     string                     `json:"summary"`
		Scope       string                     `json:"x-scope"`
		Responses   map[string]json.RawMessage `json:"responses"`
		Parameters  []struct {
			Name, In string
		} `json:"parameters"`
		RequestBody struct {
			Content map[string]struct {
				Schema json.RawMessage `json:"schema"`
			} `json:"content"`
		} `json:"requestBody"`
	} `json:"paths"`
	Components struct {
		Schemas map[string]json.RawMessage `json:"schemas"`
	} `json:"components"`
}

func TestEveryOperationIsDescribedAndGuarded(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(d *web.Deps) { d.Limits.FailuresPerSecond, d.Limits.FailureBurst = 1000, 1000 })
	raw := w.call("", "GET", "/api/openapi.json", nil).body
	var doc document
	if err := json.Unmarshal(raw, &doc); err != nil {
		t.Fatal(err)
	}
	if doc.OpenAPI != "3.1.0" || len(doc.Paths) < 20 {
		t.Fatalf("%s with %d paths", doc.OpenAPI, len(doc.Paths))
	}
	for _, ref := range strings.Split(string(raw), `"$ref":"#/components/schemas/`)[1:] {
		name, _, _ := strings.Cut(ref, `"`)
		if doc.Components.Schemas[name] == nil {
			t.Errorf("%s is referred to and not described", name)
		}
	}
	ids := map[string]bool{}
	for path, ops := range doc.Paths {
		concrete := strings.NewReplacer("{id}", "1", "{batch}", "1", "{line}", "1").Replace(path)
		for method, op := range ops {
			method := strings.ToUpper(method)
			name := method + " " + path
			if op.Summary == "" || ids[op.OperationID] {
				t.Errorf("%s: id %q, summary %q", name, op.OperationID, op.Summary)
			}
			ids[op.OperationID] = true
			reads := method == "GET" || path == "/api/v1/simulations" || path == "/api/v1/terms/examples" // they take a document and change nothing
			if want := map[bool]string{true: "read", false: "write"}[reads]; op.Scope != want {
				t.Errorf("%s needs the scope %q", name, op.Scope)
			}
			hasKey := slices.ContainsFunc(op.Parameters, func(p struct{ Name, In string }) bool { return p.Name == "Idempotency-Key" })
			once := reads || method+path == "POST/api/v1/api-keys" // whose answer must not be stored
			if hasKey == once {
				t.Errorf("%s: Idempotency-Key %v", name, hasKey)
			}
			w.call("", method, concrete, nil).problem(401, "invalid_api_key")
			if !reads {
				w.call(w.a.read, method, concrete, nil).problem(403, "scope_missing")
			}
		}
	}
}

func TestEveryErrorIsAProblemDocument(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.call("", "GET", "/nowhere", nil).problem(404, "not_found")
	w.call("", "DELETE", "/healthz", nil).problem(405, "method_not_allowed")
	w.call(w.a.write, "DELETE", "/api/v1/influencers", nil).problem(405, "method_not_allowed")
	w.call(w.a.write, "POST", "/api/v1/influencers", `{"name":`).problem(400, "malformed_request")
	w.call(w.a.write, "POST", "/api/v1/influencers", nil).problem(400, "malformed_request")
	w.call(w.a.write, "POST", "/api/v1/influencers", strings.Repeat(" ", 1<<20+1)).problem(413, "body_too_large")
	w.call(w.a.write, "POST", "/api/v1/influencers", "a=b", "Content-Type", "application/x-www-form-urlencoded").problem(415, "unsupported_media_type")
	w.call(w.a.write, "POST", "/api/v1/influencers", m{}, "Idempotency-Key", strings.Repeat("x", 256)).problem(422, "invalid_idempotency_key")
	for _, id := range []string{"inf_0", "inf_-1", "inf_", "cmp_1", "1", "inf_9999999999999999999999", "inf_1%00", "%27"} {
		w.a.get("/influencers/"+id).problem(404, "not_found")
	}
}

func TestAnInternalErrorTellsPeopleNothingAndTheLogAllOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(d *web.Deps) {
		d.Resettle = func(context.Context, int64, ...int64) error { panic("the secret is 42") }
	})
	w.a.settled(1001, w.a.agreement("anna"), 100)
	p := w.a.post("/orders/1001/evidence", m{"kind": "manual", "agreement_id": "agr_1", "at": "2026-10-31T11:00:00Z", "note": "x"}, "X-Request-Id", "request-1234").problem(500, "internal")
	if p.str("detail") != "Internal error." || p.str("request_id") != "request-1234" {
		t.Errorf("%v", p)
	}
	lines := 0
	for line := range strings.SplitSeq(w.log.String(), "\n") {
		if strings.Contains(line, "request-1234") {
			lines++
			if !strings.Contains(line, "the secret is 42") || !strings.Contains(line, `"level":"ERROR"`) || !strings.Contains(line, `"route":"/api/v1/orders/:id/evidence"`) {
				t.Error(line)
			}
		}
	}
	if lines != 1 {
		t.Errorf("%d lines", lines)
	}
}

func TestAKeyIsNeededAndMustBeKnown(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, header := range []string{"", "Bearer", "Bearer x", "Basic " + w.a.read, "Bearer trb_" + strings.Repeat("A", 43), w.a.read} {
		r := w.call("", "GET", "/api/v1/influencers", nil, "Authorization", header)
		r.problem(401, "invalid_api_key")
		if r.header.Get("WWW-Authenticate") == "" {
			t.Error("no WWW-Authenticate")
		}
	}
	w.call(w.a.read, "GET", "/api/v1/influencers?shop_id=1", nil).problem(422, "invalid_request") // the shop comes from the key alone
	if strings.Contains(w.log.String(), w.a.read[4:]) {
		t.Error("the log holds a key")
	}
}

func TestARevokedKeyStopsWorking(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := context.Background()
	w.in(w.a, func(tx *store.Tx) error {
		keys, err := tx.APIKeys(ctx)
		if err != nil {
			return err
		}
		for _, k := range keys {
			if bytes.Contains(k.Hash, []byte("trb_")) || len(k.Hash) != 32 {
				t.Error("the key itself is stored")
			}
			if err := tx.RevokeAPIKey(ctx, k.ID); err != nil {
				return err
			}
		}
		return nil
	})
	w.a.get("/influencers").problem(401, "invalid_api_key")
	if _, err := identity.NewKeys(w.db).Authenticate(ctx, "Bearer "+w.b.read); err != nil {
		t.Error(err)
	}
}

func TestAWriteWithAnIdempotencyKeyHappensOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	body := m{"name": "Autumn"}
	var wg sync.WaitGroup
	var mu sync.Mutex
	ids, replayed := map[string]int{}, 0
	for range 24 {
		wg.Go(func() {
			r := w.a.post("/campaigns", body, "Idempotency-Key", "once")
			id := r.is(201).str("id")
			mu.Lock()
			defer mu.Unlock()
			ids[id]++
			if r.header.Get("Idempotency-Replayed") == "true" {
				replayed++
			}
		})
	}
	wg.Wait()
	if len(ids) != 1 || replayed != 23 {
		t.Errorf("%v, %d replayed", ids, replayed)
	}
	if l := w.a.get("/campaigns").is(200).list("data"); len(l) != 1 {
		t.Errorf("%v", l)
	}
	first, again := w.a.post("/campaigns", body, "Idempotency-Key", "two"), w.a.post("/campaigns", body, "Idempotency-Key", "two")
	if !bytes.Equal(first.body, again.body) || first.status != again.status {
		t.Errorf("%s\n%s", first.body, again.body)
	}
	w.a.post("/campaigns", m{"name": "Winter"}, "Idempotency-Key", "once").problem(409, "idempotency_key_reused")
	w.a.post("/influencers", body, "Idempotency-Key", "once").problem(409, "idempotency_key_reused")
	w.b.post("/campaigns", m{"name": "Winter"}, "Idempotency-Key", "once").is(201) // keys are a shop's own
	// A refused request leaves its key unused.
	w.a.post("/campaigns", m{"name": ""}, "Idempotency-Key", "three").problem(422, "invalid_campaign")
	w.a.post("/campaigns", m{"name": "Spring"}, "Idempotency-Key", "three").is(201)
}

func TestAnActWithAnIdempotencyKeyIsAnsweredOnce(t *testing.T) {
	t.Parallel()
	w, _ := payoutWorld(t)
	body := m{"period": "2026-10"}
	var wg sync.WaitGroup
	var mu sync.Mutex
	bodies, busy := map[string]bool{}, 0
	for range 8 {
		wg.Go(func() {
			r := w.a.post("/payouts/close", body, "Idempotency-Key", "close")
			mu.Lock()
			defer mu.Unlock()
			if r.status == 409 {
				r.problem(409, "request_in_progress")
				busy++
				return
			}
			bodies[r.is(200).str("id")] = true
		})
	}
	wg.Wait()
	if len(bodies) != 1 || busy > 7 {
		t.Errorf("%v, %d busy", bodies, busy)
	}
	if r := w.a.post("/payouts/close", body, "Idempotency-Key", "close"); r.header.Get("Idempotency-Replayed") != "true" || !bodies[r.is(200).str("id")] {
		t.Errorf("%d %s", r.status, r.body)
	}
	w.a.post("/payouts/close", m{"period": "2026-09"}, "Idempotency-Key", "close").problem(409, "idempotency_key_reused")
	// A refused act leaves its key unused.
	if r := w.a.post("/payouts/close", m{"period": "2999-01"}, "Idempotency-Key", "later"); r.status < 400 {
		t.Errorf("%d %s", r.status, r.body)
	}
	if r := w.a.post("/payouts/close", body, "Idempotency-Key", "later"); r.status != 200 {
		t.Errorf("%d %s", r.status, r.body)
	}
}

func TestACallerWhoIsTooFastIsToldToWait(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(d *web.Deps) {
		d.Limits = web.Limits{KeyPerSecond: 0.001, KeyBurst: 3, AddressPerSecond: 1000, AddressBurst: 1000}
	})
	for range 3 {
		w.a.get("/campaigns").is(200)
	}
	r := w.a.get("/campaigns")
	r.problem(429, "too_many_requests")
	if r.header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
	w.b.get("/campaigns").is(200) // another key has its own bucket
}

func TestSomebodyWhoGuessesKeysShutsOutNobodyElse(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(d *web.Deps) { d.Limits.FailuresPerSecond, d.Limits.FailureBurst = 0.001, 2 })
	guess := "trb_" + strings.Repeat("A", 43)
	for range 2 {
		w.call(guess, "GET", "/api/v1/campaigns", nil).problem(401, "invalid_api_key")
	}
	w.call(guess, "GET", "/api/v1/campaigns", nil).problem(429, "too_many_requests")
	w.a.get("/campaigns").is(200)
}

func TestAnAddressThatIsTooFastIsToldToWait(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(d *web.Deps) {
		d.Limits = web.Limits{KeyPerSecond: 1000, KeyBurst: 1000, AddressPerSecond: 0.001, AddressBurst: 4}
	})
	for range 4 {
		if r := w.call("", "GET", "/", nil); r.status != 200 {
			t.Fatal(r.status)
		}
	}
	w.call("", "GET", "/", nil).problem(429, "too_many_requests")
	w.call("", "GET", "/", nil, "X-Forwarded-For", "203.0.113.9").problem(429, "too_many_requests") // nobody is believed about where they are
	if r := w.call("", "GET", "/healthz", nil); r.status != 200 {
		t.Error("a load balancer must always be answered")
	}
}

func TestMetricsAreForTheOperator(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(d *web.Deps) { d.OperatorToken = "operator-token-123" })
	w.call("", "GET", "/metrics", nil).problem(401, "operator_only")
	w.call("operator-token-124", "GET", "/metrics", nil).problem(401, "operator_only")
	r := w.call("operator-token-123", "GET", "/metrics", nil)
	if r.status != 200 || !bytes.Contains(r.body, []byte(`tributary_http_requests_total{method="GET",route="/metrics",status="4xx"} 2`)) {
		t.Errorf("%d %s", r.status, r.body)
	}
}

func TestMetricsTellWhatWaitsInTheDatabase(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	at := w.clock.now()
	var ds []*store.Delivery
	for i, s := range []shop{w.a, w.a, w.b, w.b} {
		ds = append(ds, &store.Delivery{ID: [16]byte{byte(i + 1)}, ShopID: s.id, Platform: order.Shopify, Day: at.Truncate(24 * time.Hour), Topic: "orders/create",
			ReceivedAt: at.Add(-time.Minute), TriggeredAt: at.Add(-time.Minute), Body: []byte("x")})
	}
	if _, err := w.db.InsertDeliveries(context.Background(), ds); err != nil {
		t.Fatal(err)
	}
	w.in(w.b, func(tx *store.Tx) error {
		ds[2].State = store.DeliveryParked
		ds[3].State, ds[3].NextAt = store.DeliveryRetry, at.Add(time.Hour) // not due, so nobody is late
		return tx.FinishDeliveries(context.Background(), []store.Delivery{*ds[2], *ds[3]})
	})
	body := string(w.call("", "GET", "/metrics", nil).body)
	for _, want := range []string{"\ntributary_deliveries_unprocessed 2\n", "\ntributary_deliveries_parked 1\n", "\ntributary_deliveries_oldest_seconds 60.0"} {
		if !strings.Contains(body, want) {
			t.Errorf("no %q in\n%s", want, body)
		}
	}
	w.db.Close()
	if body := string(w.call("", "GET", "/metrics", nil).body); !strings.Contains(body, "tributary_deliveries_unprocessed NaN") {
		t.Errorf("what is not known is told as known:\n%s", body)
	}
}

func TestAWorkerAnswersOnlyThoseWhoWatchIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	probe := httptest.NewServer(web.NewProbe(web.Deps{DB: w.db}))
	defer probe.Close()
	w.url = probe.URL
	for path, status := range map[string]int{"/healthz": 200, "/readyz": 200, "/metrics": 200, "/": 404, "/api/v1/orders": 404, "/webhooks/shopify": 404} {
		if r := w.call(w.a.read, "GET", path, nil); r.status != status {
			t.Errorf("%s: %d, want %d", path, r.status, status)
		}
	}
}

func TestReadinessTellsWhatIsMissing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(d *web.Deps) {
		d.Redis = func(context.Context) error { return fmt.Errorf("dial redis://user:password@cache") }
	})
	r := w.call("", "GET", "/readyz", nil)
	if r.status != 200 || !strings.Contains(string(r.body), `"degraded"`) || strings.Contains(string(r.body), "password") {
		t.Errorf("%d %s", r.status, r.body)
	}
	w.db.Close()
	if r := w.call("", "GET", "/readyz", nil); r.status != http.StatusServiceUnavailable {
		t.Errorf("%d %s", r.status, r.body)
	}
	if r := w.call("", "GET", "/healthz", nil); r.status != 200 {
		t.Errorf("%d", r.status)
	}
}
