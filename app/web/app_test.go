package web_test

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"tributary/app/web"
	"tributary/internal/credential"
	"tributary/internal/identity"
	platform "tributary/internal/platform/shopify"
	"tributary/internal/tenant"
)

func appWorld(t *testing.T) (*world, *platform.API) {
	t.Helper()
	api := platform.NewAPI(platform.Options{App: platform.App{ClientID: `the"app`, ClientSecret: "secret"}, Private: true})
	w := newWorld(t, func(d *web.Deps) {
		d.Sessions = identity.NewSessions("app", "secret")
		d.WooSessions = &identity.WooSessions{DB: d.DB, Keys: d.Keys, PublicURL: d.PublicURL}
		d.Installs = &tenant.ShopifyInstaller{DB: d.DB, Keys: d.Keys, Access: &credential.Shopify{API: api, DB: d.DB, Keys: d.Keys}}
		d.App = fstest.MapFS{
			"admin.html":            {Data: []byte(`<head><meta nonce="CSP_NONCE"><!--app-bridge--><script src="/app/assets/a-1.js" nonce="CSP_NONCE"></script></head>`)},
			"assets/a-1.js":         {Data: []byte(strings.Repeat("go();", 1000))},
			"assets/.hidden/b-2.js": {Data: []byte("no")},
		}
	})
	return w, api
}

func look(t *testing.T, url string, headers ...string) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Accept-Encoding", "identity")
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, string(b)
}

func TestTheAppMayBeFramedByTheAdminOfTheShopThatOpensItOnly(t *testing.T) {
	t.Parallel()
	w, api := appWorld(t)
	api.Play("played.myshopify.com", "http://127.0.0.1:4000")
	for query, want := range map[string]string{
		"":                            "frame-ancestors 'none'",
		"?shop=evil.com":              "frame-ancestors 'none'",
		"?shop=a.myshopify.com.evil":  "frame-ancestors 'none'",
		"?shop=a.myshopify.com;x":     "frame-ancestors 'none'",
		"?shop=a.myshopify.com":       "frame-ancestors https://a.myshopify.com https://admin.shopify.com",
		"?shop=played.myshopify.com":  "frame-ancestors http://127.0.0.1:4000",
		"?shop=*.myshopify.com&shop=": "frame-ancestors 'none'",
	} {
		res, _ := look(t, w.url+"/app"+query)
		csp := res.Header.Get("Content-Security-Policy")
		if res.StatusCode != http.StatusOK || !strings.HasSuffix(csp, want) || strings.Contains(csp, "unsafe") {
			t.Errorf("%q: %d %s", query, res.StatusCode, csp)
		}
		if framed := !strings.Contains(want, "none"); framed == (res.Header.Get("X-Frame-Options") != "") {
			t.Errorf("%q: X-Frame-Options %q", query, res.Header.Get("X-Frame-Options"))
		}
	}
}

func TestEachPageOfTheAppHasANonceOfItsOwnAndAppBridgeOnlyInAnAdmin(t *testing.T) {
	t.Parallel()
	w, _ := appWorld(t)
	seen := map[string]bool{}
	for _, path := range []string{"/app", "/app/", "/app/orders/12", "/app?shop=a.myshopify.com"} {
		res, body := look(t, w.url+path)
		if strings.Contains(path, "shop=") && (!strings.Contains(res.Header.Get("Content-Security-Policy"), "script-src 'self' https://cdn.shopify.com/shopifycloud/app-bridge.js;") ||
			!strings.Contains(res.Header.Get("Link"), "<https://cdn.shopify.com/shopifycloud/app-bridge.js>; rel=preload; as=script") ||
			strings.Index(body, "app-bridge.js") > strings.Index(body, "/app/assets/a-1.js")) {
			t.Errorf("App Bridge is not let in first: %v\n%s", res.Header, body)
		}
		nonce := regexp.MustCompile(`'nonce-([A-Z2-7]{20,})'`).FindStringSubmatch(res.Header.Get("Content-Security-Policy"))
		if nonce == nil || seen[nonce[1]] || strings.Count(body, nonce[1]) != 2 || strings.Contains(body, "CSP_NONCE") {
			t.Fatalf("%s: %v\n%s", path, nonce, body)
		}
		seen[nonce[1]] = true
		if embedded := strings.Contains(path, "shop="); strings.Contains(body, `data-api-key="the&#34;app" src="https://cdn.shopify.com/`) != embedded {
			t.Errorf("%s: %s", path, body)
		}
	}
}

func TestAPageOpenedInAnAdminWithoutASessionFetchesOneAndComesBackToOurOwnAddressesOnly(t *testing.T) {
	t.Parallel()
	w, _ := appWorld(t)
	stay := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := stay.Get(w.url + "/app/orders/ord_1?embedded=1&shop=a.myshopify.com&host=aG9zdA&x=1")
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	to, err := res.Location()
	if err != nil || res.StatusCode != http.StatusFound || to.Path != "/app/session" ||
		to.Query().Get("shopify-reload") != "/app/orders/ord_1?embedded=1&host=aG9zdA&shop=a.myshopify.com&x=1" || to.Query().Get("host") != "aG9zdA" {
		t.Fatalf("%d %v", res.StatusCode, to)
	}
	res, body := look(t, to.String())
	csp := res.Header.Get("Content-Security-Policy")
	if res.StatusCode != http.StatusOK || !strings.Contains(body, `src="https://cdn.shopify.com/shopifycloud/app-bridge.js"`) || res.Header.Get("X-Frame-Options") != "" ||
		!strings.Contains(csp, "script-src https://cdn.shopify.com/shopifycloud/app-bridge.js;") || !strings.HasSuffix(csp, "frame-ancestors https://a.myshopify.com https://admin.shopify.com") {
		t.Errorf("%d %s %s", res.StatusCode, csp, body)
	}
	for _, back := range []string{"https://evil.com/app", "//evil.com/app", "/apps", "javascript:alert(1)", "/app/session?x", `/\evil.com`, ""} {
		if res, _ := look(t, w.url+"/app/session?shop=a.myshopify.com&shopify-reload="+url.QueryEscape(back)); res.StatusCode != http.StatusBadRequest {
			t.Errorf("%q: %d", back, res.StatusCode)
		}
	}
	if res, _ := look(t, w.url+"/app/session?shop=evil.com&shopify-reload=/app"); res.StatusCode != http.StatusBadRequest {
		t.Errorf("no shop: %d", res.StatusCode)
	}
}

func TestAStoreThatCannotBeLetInIsToldWhyAndABadSessionIsFetchedAnewOnce(t *testing.T) {
	t.Parallel()
	w, api := appWorld(t)
	answer := http.StatusBadRequest
	shop := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
		rw.WriteHeader(answer)
		_, _ = rw.Write([]byte(`{"error":"invalid_client"}`))
	}))
	t.Cleanup(shop.Close)
	api.Play("new.myshopify.com", shop.URL)
	res, body := look(t, w.url+"/app?embedded=1&shop=new.myshopify.com&id_token="+sessionOf(w, "secret", "new.myshopify.com", 60))
	if res.StatusCode != http.StatusOK || !strings.Contains(body, `<meta name="tributary-trouble" content="{&#34;code&#34;:&#34;`) || !strings.Contains(body, res.Header.Get("X-Request-Id")) {
		t.Errorf("%d %s", res.StatusCode, body)
	}
	if !strings.Contains(w.log.String(), "arrive from the admin of new.myshopify.com") {
		t.Error("the log does not tell")
	}
	bad := w.url + "/app?embedded=1&shop=new.myshopify.com&id_token=" + sessionOf(w, "guess", "new.myshopify.com", 60)
	if res, body := look(t, bad); res.Request.URL.Path != "/app/session" || !strings.Contains(res.Request.URL.Query().Get("shopify-reload"), "retried=1") {
		t.Errorf("%s %s", res.Request.URL, body)
	}
	if res, body := look(t, bad+"&retried=1"); res.Request.URL.Path != "/app" || !strings.Contains(body, "invalid_session_token") {
		t.Errorf("%s %s", res.Request.URL, body)
	}
}

func TestTheFilesOfTheAppAreCompressedAndKeptForEver(t *testing.T) {
	t.Parallel()
	w, _ := appWorld(t)
	_, plain := look(t, w.url+"/app/assets/a-1.js")
	for range 2 { // packed, and from memory
		res, body := look(t, w.url+"/app/assets/a-1.js", "Accept-Encoding", "gzip")
		z, err := gzip.NewReader(strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		got, _ := io.ReadAll(z)
		if string(got) != plain || len(body) > 200 || res.Header.Get("Vary") != "Accept-Encoding" || !strings.Contains(res.Header.Get("Cache-Control"), "immutable") ||
			!strings.HasPrefix(res.Header.Get("Content-Type"), "text/javascript") {
			t.Errorf("%d of %d bytes, %v", len(body), len(plain), res.Header)
		}
	}
	for _, path := range []string{"a-2.js", "..%2fadmin.html", ".hidden%2fb-2.js", ""} {
		if res, _ := look(t, w.url+"/app/assets/"+path); res.StatusCode == http.StatusOK && strings.Contains(res.Header.Get("Cache-Control"), "immutable") {
			t.Errorf("%s: %d", path, res.StatusCode)
		}
	}
}
