package shopify_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tributary/internal/platform/shopify"
	"tributary/internal/platform/shopify/schema"
)

const testShop = "test-shop.myshopify.com"

func played(t *testing.T, log io.Writer, h http.HandlerFunc) *shopify.API {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	api := shopify.NewAPI(shopify.Options{App: shopify.App{ClientID: "test_key", ClientSecret: "test_secret_key"}, Private: true, Version: "test",
		Log: slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))})
	api.Play(testShop, s.URL)
	return api
}

func TestEveryDocumentIsOfTheSchema(t *testing.T) {
	t.Parallel()
	if len(shopify.Documents) < 15 || schema.Version != shopify.APIVersion || !strings.Contains(schema.Source(), "sha256") {
		t.Fatalf("%d documents, schema %s %q", len(shopify.Documents), schema.Version, schema.Source())
	}
	for name, d := range shopify.Documents {
		doc, err := schema.Parse(d.Text)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if len(doc.Operations) != 1 || (doc.Operations[0].Operation == "mutation") != d.Mutation {
			t.Errorf("%s: one operation, please", name)
		}
	}
	for _, wrong := range []string{`{ shop { nam } }`, `{ order(id: 1, x: 2) { id } }`, `mutation { discountCodeDelete { deletedCodeDiscountId } }`,
		`query($i: DiscountCodeBasicInpu!) { shop { id } }`} {
		if _, err := schema.Parse(wrong); err == nil {
			t.Errorf("%s fits the schema", wrong)
		}
	}
}

func TestTokenCallsAreAsShopifyWantsThem(t *testing.T) {
	t.Parallel()
	var got map[string]string
	api := played(t, io.Discard, func(w http.ResponseWriter, r *http.Request) {
		got = nil
		if r.URL.Path != "/admin/oauth/access_token" || r.Method != http.MethodPost || r.Header.Get("Content-Type") != "application/json" {
			t.Errorf("%s %s %v", r.Method, r.URL, r.Header)
		}
		_ = json.NewDecoder(r.Body).Decode(&got)
		fmt.Fprint(w, `{"access_token":"shpat_1","scope":"write_discounts,read_orders","expires_in":525600,"refresh_token":"shprt_1","refresh_token_expires_in":2592000}`)
	})
	want := func(fields map[string]string) {
		t.Helper()
		fields["client_id"], fields["client_secret"] = "test_key", "test_secret_key"
		if fmt.Sprint(got) != fmt.Sprint(fields) {
			t.Errorf("sent %v", got)
		}
	}
	tok, err := api.Exchange(t.Context(), testShop, "jwt")
	if err != nil || tok.Access != "shpat_1" || tok.Refresh != "shprt_1" || tok.AccessFor != 525600*time.Second || tok.RefreshFor != 2592000*time.Second || len(tok.Scopes) != 2 {
		t.Fatalf("%+v %v", tok.Scopes, err)
	}
	want(map[string]string{"grant_type": "urn:ietf:params:oauth:grant-type:token-exchange", "subject_token": "jwt", "subject_token_type": "urn:ietf:params:oauth:token-type:id_token",
		"requested_token_type": "urn:shopify:params:oauth:token-type:offline-access-token", "expiring": "1"})
	if _, err := api.Renew(t.Context(), testShop, "shprt_0"); err != nil {
		t.Fatal(err)
	}
	want(map[string]string{"grant_type": "refresh_token", "refresh_token": "shprt_0"})
	if _, err := api.Redeem(t.Context(), testShop, "c0de"); err != nil {
		t.Fatal(err)
	}
	want(map[string]string{"code": "c0de", "expiring": "1"})
	if _, err := api.Migrate(t.Context(), testShop, "shpat_old"); err != nil {
		t.Fatal(err)
	}
	want(map[string]string{"grant_type": "urn:ietf:params:oauth:grant-type:token-exchange", "subject_token": "shpat_old", "subject_token_type": "urn:shopify:params:oauth:token-type:offline-access-token",
		"requested_token_type": "urn:shopify:params:oauth:token-type:offline-access-token", "expiring": "1"})
	for _, shown := range []string{fmt.Sprint(tok), fmt.Sprintf("%v", tok)} {
		if strings.Contains(shown, "shp") {
			t.Errorf("a token shows itself: %s", shown)
		}
	}
}

func TestTokenCallsThatFailSayWhy(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		status int
		body   string
		code   string
		calls  int32
		dead   bool
	}{
		"invalid subject": {400, `{"error":"invalid_subject_token","error_description":"Subject token is invalid"}`, "invalid_subject_token", 1, false},
		"invalid grant":   {400, `{"error":"invalid_grant","error_description":"The refresh token is invalid or expired"}`, "invalid_grant", 1, true},
		"a page":          {200, `<html>Oauth error</html>`, shopify.CodeNotJSON, 1, false},
		"a page of 400":   {400, `<html>Oauth error</html>`, shopify.CodeNotJSON, 1, false},
		"busy":            {503, `<html>`, shopify.CodeServer, 3, false},
		"too many":        {429, `<html>`, shopify.CodeThrottled, 3, false},
		"non-expiring":    {200, `{"access_token":"shpat_x","scope":"read_orders"}`, "not_expiring", 1, false},
		"nothing":         {200, `{}`, "no_token", 1, false},
		"redirect":        {302, ``, shopify.CodeRedirected, 1, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var calls atomic.Int32
			var log bytes.Buffer
			api := played(t, &log, func(w http.ResponseWriter, _ *http.Request) {
				calls.Add(1)
				w.Header().Set("Retry-After", "0.001")
				w.Header().Set("Location", "http://169.254.169.254/latest/meta-data")
				w.WriteHeader(c.status)
				fmt.Fprint(w, c.body)
			})
			_, err := api.Renew(t.Context(), testShop, "shprt_secret")
			var e *shopify.Error
			if !errors.As(err, &e) || e.Code != c.code || calls.Load() != c.calls || shopify.IsDead(err) != c.dead || e.Unknown {
				t.Errorf("%v after %d calls", err, calls.Load())
			}
			if all := log.String() + err.Error(); strings.Contains(all, "secret") || strings.Contains(all, "shpat") {
				t.Errorf("a secret shows: %s", all)
			}
		})
	}
}

func TestPrivateAddressesAreNotCalled(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("a private address was called") }))
	t.Cleanup(s.Close)
	api := shopify.NewAPI(shopify.Options{})
	api.PlayForTest(testShop, s.URL)
	var e *shopify.Error
	if err := api.Query(t.Context(), shopify.Access{Shop: testShop, Token: "t"}, "installation", nil, nil); !errors.As(err, &e) || e.Code != shopify.CodeNotAllowed {
		t.Error(err)
	}
}

const okAnswer = `{"data":{"shop":{"name":"N","myshopifyDomain":"Test-Shop.myshopify.com","currencyCode":"EUR","ianaTimezone":"Europe/Berlin","primaryDomain":{"host":"Shop.Example"}},
"currentAppInstallation":{"accessScopes":[{"handle":"write_discounts"}]}},"extensions":{"cost":{"requestedQueryCost":10,"actualQueryCost":8,"throttleStatus":{"maximumAvailable":2000.0,"currentlyAvailable":1990,"restoreRate":100.0}}}}`

func TestAQueryIsSentAndUnderstood(t *testing.T) {
	t.Parallel()
	api := played(t, io.Discard, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/admin/api/2026-10/graphql.json" || r.Header.Get("X-Shopify-Access-Token") != "shpat_1" || r.UserAgent() != "Tributary/test" {
			t.Errorf("%s %v", r.URL, r.Header)
		}
		w.Header().Set("X-Shopify-API-Version", "2026-10")
		fmt.Fprint(w, okAnswer)
	})
	in, err := api.Installation(t.Context(), shopify.Access{Shop: testShop, Token: "shpat_1"})
	if err != nil || in.Name != "N" || in.Domain != testShop || in.Currency != "EUR" || in.TimeZone != "Europe/Berlin" || in.Storefront != "shop.example" || len(in.Scopes) != 1 {
		t.Errorf("%+v %v", in, err)
	}
}

func TestAnswersThatAreNoneAreErrorsWithCodes(t *testing.T) {
	t.Parallel()
	throttled := `{"errors":[{"message":"Throttled","extensions":{"code":"THROTTLED"}}],"extensions":{"cost":{"requestedQueryCost":10,"actualQueryCost":null,"throttleStatus":{"maximumAvailable":2000,"currentlyAvailable":9,"restoreRate":1000}}}}`
	for name, c := range map[string]struct {
		status   int
		body     string
		header   string
		document string
		code     string
		calls    int32
		unknown  bool
	}{
		"dead token":            {401, `{"errors":"[API] Invalid API key or access token (unrecognized login or wrong password)"}`, "", "installation", shopify.CodeUnauthorized, 1, false},
		"text for errors":       {400, `{"errors":"Bad Request"}`, "", "installation", "http_400", 1, false},
		"object for errors":     {400, `{"errors":{"query":"Required parameter missing or invalid"}}`, "", "installation", "http_400", 1, false},
		"forbidden":             {403, `{"errors":"[API] This action requires merchant approval"}`, "", "installation", shopify.CodeDenied, 1, false},
		"frozen":                {402, `{"errors":"Unavailable Shop"}`, "", "installation", shopify.CodeUnavailable, 1, false},
		"locked":                {423, `{"errors":"Locked"}`, "", "installation", shopify.CodeUnavailable, 1, false},
		"page, query":           {502, `<html>Bad gateway</html>`, "", "installation", shopify.CodeServer, 6, false},
		"page, mutation":        {502, `<html>Bad gateway</html>`, "", "discount_delete", shopify.CodeServer, 1, true},
		"page of 200, mutation": {200, `<html>oops</html>`, "", "discount_delete", shopify.CodeNotJSON, 1, true},
		"429 without JSON":      {429, `<html>slow down</html>`, "", "discount_delete", shopify.CodeThrottled, 6, false},
		"throttled":             {200, throttled, "", "discount_delete", shopify.CodeThrottled, 6, false},
		"denied":                {200, `{"errors":[{"message":"Access denied for x","path":["discountCodeDelete"],"extensions":{"code":"ACCESS_DENIED"}}],"data":null}`, "", "discount_delete", shopify.CodeDenied, 1, false},
		"partly":                {200, `{"errors":[{"message":"m","extensions":{"code":"ACCESS_DENIED"}}],"data":{"shop":null}}`, "", "discount_delete", shopify.CodeDenied, 1, true},
		"no data":               {200, `{}`, "", "installation", shopify.CodeNotJSON, 6, false},
		"another version":       {200, okAnswer, "2027-01", "installation", shopify.CodeVersion, 1, false},
		"redirect":              {301, ``, "", "installation", shopify.CodeRedirected, 1, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var calls atomic.Int32
			var log bytes.Buffer
			api := played(t, &log, func(w http.ResponseWriter, _ *http.Request) {
				calls.Add(1)
				w.Header().Set("Retry-After", "0.001")
				if c.header != "" {
					w.Header().Set("X-Shopify-API-Version", c.header)
				}
				w.WriteHeader(c.status)
				fmt.Fprint(w, c.body)
			})
			err := api.Query(t.Context(), shopify.Access{Shop: testShop, Token: "shpat_secret"}, c.document, map[string]any{"id": "gid-in-the-body"}, nil)
			var e *shopify.Error
			if !errors.As(err, &e) || e.Code != c.code || calls.Load() != c.calls || e.Unknown != c.unknown {
				t.Errorf("%#v after %d calls", err, calls.Load())
			}
			if all := log.String() + err.Error(); strings.Contains(all, "secret") || strings.Contains(all, "gid-in") || strings.Contains(all, "<html>") {
				t.Errorf("too much shows: %s", all)
			}
		})
	}
}

func TestWaitingForTheBudgetEndsWithTheContext(t *testing.T) {
	t.Parallel()
	var calls atomic.Int32
	api := played(t, io.Discard, func(w http.ResponseWriter, _ *http.Request) {
		calls.Add(1)
		fmt.Fprint(w, strings.NewReplacer("1990", "1", `"requestedQueryCost":10`, `"requestedQueryCost":1900`).Replace(okAnswer))
	})
	to := shopify.Access{Shop: testShop, Token: "t"}
	if err := api.Query(t.Context(), to, "installation", nil, nil); err != nil {
		t.Fatal(err)
	}
	// The next one costs 1900 and there is 1 left at 100 a second: 19 seconds.
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	start := time.Now()
	if err := api.Query(ctx, to, "installation", nil, nil); !errors.Is(err, context.DeadlineExceeded) || time.Since(start) > 5*time.Second || calls.Load() != 1 {
		t.Errorf("%v after %v and %d calls", err, time.Since(start), calls.Load())
	}
}

// Eight at once on a bucket of 100 that fills with 1000 a second: whoever
// would overdraw it waits, and no call is refused.
func TestCallsOfManyWorkersStayWithinTheBudget(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	left, at, refused := 100.0, time.Now(), 0
	api := played(t, io.Discard, func(w http.ResponseWriter, _ *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		left, at = min(100, left+1000*time.Since(at).Seconds()), time.Now()
		if left < 40 {
			refused++
			fmt.Fprintf(w, `{"errors":[{"message":"Throttled","extensions":{"code":"THROTTLED"}}],"extensions":{"cost":{"requestedQueryCost":40,"throttleStatus":{"maximumAvailable":100,"currentlyAvailable":%f,"restoreRate":1000}}}}`, left)
			return
		}
		left -= 40
		fmt.Fprintf(w, `{"data":{"shop":{}},"extensions":{"cost":{"requestedQueryCost":40,"throttleStatus":{"maximumAvailable":100,"currentlyAvailable":%f,"restoreRate":1000}}}}`, left)
	})
	to := shopify.Access{Shop: testShop, Token: "t"}
	if err := api.Query(t.Context(), to, "installation", nil, nil); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 3 {
				if err := api.Query(t.Context(), to, "installation", nil, nil); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if refused > 8 { // the bucket is learnt from answers that may overtake each other
		t.Errorf("%d of 25 calls were refused", refused)
	}
}
