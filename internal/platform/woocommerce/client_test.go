package woocommerce_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"tributary/internal/platform/woocommerce"
)

const (
	consumerKey    = "ck_0123456789abcdef0123456789abcdef01234567"
	consumerSecret = "cs_fedcba9876543210fedcba9876543210fedcba98"
)

// restStore answers with one handler and gives the access to it.
func restStore(t *testing.T, h http.HandlerFunc) woocommerce.Access {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return woocommerce.Access{BaseURL: s.URL + "/shop/", Key: consumerKey, Secret: consumerSecret}
}

func TestAnOrderIsReadWithAllItsRefunds(t *testing.T) {
	t.Parallel()
	var asked []string
	a := restStore(t, func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.URL.RequestURI())
		key, secret, _ := r.BasicAuth()
		if key != consumerKey || secret != consumerSecret || r.Method != http.MethodGet || !strings.HasPrefix(r.UserAgent(), "Tributary/") {
			t.Errorf("%s %v", r.Method, r.Header)
		}
		switch {
		case strings.HasSuffix(r.URL.Path, "/refunds"):
			w.Header().Set("X-WP-TotalPages", "2")
			fmt.Fprintf(w, `[{"id":%s}]`, r.URL.Query().Get("page"))
		default:
			// A byte order mark and a plugin's warning, as they happen.
			fmt.Fprint(w, "\ufeff<br />\n<b>Warning</b>: Undefined array key [\"x\"] in {plugin}<br />\n"+`{"id":13,"number":"13\u00e9"}`+"\n")
		}
	})
	got, err := woocommerce.NewClient("test", true).ReadOrder(context.Background(), a, 13)
	if err != nil {
		t.Fatal(err)
	}
	if string(got.Order) != `{"id":13,"number":"13\u00e9"}` || string(got.Refunds) != `[{"id":1},{"id":2}]` || got.OrderID != 13 {
		t.Errorf("%s %s", got.Order, got.Refunds)
	}
	want := "/shop/wp-json/wc/v3/orders/13/refunds?page=1&per_page=100 /shop/wp-json/wc/v3/orders/13/refunds?page=2&per_page=100 /shop/wp-json/wc/v3/orders/13"
	if strings.Join(asked, " ") != want {
		t.Errorf("asked %v", asked)
	}
}

func TestEveryBadAnswerIsTyped(t *testing.T) {
	t.Parallel()
	var called atomic.Int64
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { called.Add(1) }))
	t.Cleanup(elsewhere.Close)
	answer := func(status int, body string, header ...string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			for i := 0; i < len(header); i += 2 {
				w.Header().Set(header[i], header[i+1])
			}
			w.WriteHeader(status)
			fmt.Fprint(w, body)
		}
	}
	for name, c := range map[string]struct {
		answer  http.HandlerFunc
		status  int
		code    string
		retry   time.Duration
		ofOrder bool
	}{
		"unknown key":         {answer(401, `{"code":"woocommerce_rest_cannot_view","message":"Sorry, you cannot list resources.","data":{"status":401}}`), 401, "woocommerce_rest_cannot_view", 0, false},
		"wrong secret":        {answer(401, `{"code":"woocommerce_rest_authentication_error","message":"Consumer secret is invalid."}`), 401, "woocommerce_rest_authentication_error", 0, false},
		"no such route":       {answer(404, `{"code":"rest_no_route","message":"No route."}`), 404, "rest_no_route", 0, false},
		"too many":            {answer(429, `{}`, "Retry-After", "120"), 429, "", 2 * time.Minute, false},
		"too many, for ever":  {answer(503, `{}`, "Retry-After", "99999999999"), 503, "", 24 * time.Hour, false},
		"a firewall's page":   {answer(403, "<html>Blocked</html>"), 403, "not_json", 0, false},
		"a page and all well": {answer(200, "<html>Welcome</html>"), 200, "not_json", 0, false},
		"nothing":             {answer(200, ""), 200, "not_json", 0, false},
		"a redirect":          {answer(301, "", "Location", elsewhere.URL+"/wp-json"), 301, "redirected", 0, false},
		"a redirect at home":  {answer(302, "", "Location", "/login"), 302, "redirected", 0, false},
		"no list":             {answer(200, `{"id":1}`), 200, "unexpected", 0, true},
		"too much":            {answer(200, "["+strings.Repeat(" ", 5<<20)+"]"), 200, "too_large", 0, true},
		"broken off":          {answer(200, "[", "Content-Length", "100"), 200, "no_answer", 0, false},
		"it hangs up":         {func(w http.ResponseWriter, _ *http.Request) { panic(http.ErrAbortHandler) }, 0, "no_answer", 0, false},
	} {
		_, err := woocommerce.NewClient("test", true).ReadOrder(context.Background(), restStore(t, c.answer), 13)
		var e *woocommerce.Error
		if !errors.As(err, &e) || e.Status != c.status || e.Code != c.code || e.RetryAfter != c.retry || e.OfOrder() != c.ofOrder || e.Reason == "" {
			t.Errorf("%s: %v %+v", name, err, e)
			continue
		}
		for x := err; x != nil; x = errors.Unwrap(x) {
			if s := fmt.Sprintf("%v %+v", x, x); strings.Contains(s, consumerSecret) || strings.Contains(s, consumerKey) {
				t.Errorf("%s: the error shows a key: %s", name, s)
			}
		}
	}
	if called.Load() != 0 {
		t.Error("a redirect was followed")
	}
}

func TestAnOrderThatIsGoneIsReadAsGone(t *testing.T) {
	t.Parallel()
	for name, path := range map[string]string{"from the start": "/refunds", "between the two": "/13"} {
		a := restStore(t, func(w http.ResponseWriter, r *http.Request) {
			if !strings.HasSuffix(r.URL.Path, path) {
				fmt.Fprint(w, "[]")
				return
			}
			w.WriteHeader(http.StatusNotFound)
			fmt.Fprint(w, `{"code":"woocommerce_rest_shop_order_invalid_id","message":"Invalid ID."}`)
		})
		got, err := woocommerce.NewClient("test", true).ReadOrder(context.Background(), a, 13)
		if err != nil || got.Order != nil || got.OrderID != 13 {
			t.Errorf("%s: %v %+v", name, err, got)
		}
	}
}

func TestStoresAreCalledAtPublicAddressesOverTLSOnly(t *testing.T) {
	t.Parallel()
	var called atomic.Int64
	h := func(http.ResponseWriter, *http.Request) { called.Add(1) }
	plain, tls := httptest.NewServer(http.HandlerFunc(h)), httptest.NewTLSServer(http.HandlerFunc(h))
	t.Cleanup(plain.Close)
	t.Cleanup(tls.Close)
	for _, base := range []string{
		plain.URL, tls.URL, strings.Replace(tls.URL, "127.0.0.1", "localhost", 1), strings.Replace(tls.URL, "127.0.0.1", "[::ffff:127.0.0.1]", 1),
		"https://10.0.0.1", "https://192.168.1.1:8443", "https://169.254.169.254", "https://100.64.0.1", "https://[::1]", "https://[fd00::1]", "https://[64:ff9b::7f00:1]", "https://0.0.0.0",
		"ftp://shop.example.com", "shop.example.com", "", "://",
	} {
		_, err := woocommerce.NewClient("test", false).ReadOrder(context.Background(), woocommerce.Access{BaseURL: base, Key: consumerKey, Secret: consumerSecret}, 13)
		var e *woocommerce.Error
		if !errors.As(err, &e) || e.Code != "not_allowed" {
			t.Errorf("%q: %v", base, err)
		}
	}
	if called.Load() != 0 {
		t.Error("a private address was called")
	}
}

func TestACallEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(context.Background())
	end := make(chan struct{})
	a := restStore(t, func(http.ResponseWriter, *http.Request) { cancel(); <-end })
	_, err := woocommerce.NewClient("test", true).ReadOrder(ctx, a, 13)
	close(end)
	if !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
