package web_test

import (
	"compress/gzip"
	"io"
	"net/http"
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
