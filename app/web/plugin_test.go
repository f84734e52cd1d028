package web_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"tributary/app/web"
	"tributary/internal/sandbox"
)

// paired is a WooCommerce store whose plugin knows us.
func paired(t *testing.T, change ...func(*web.Deps)) *front {
	t.Helper()
	f := newFront(t, sandbox.WooCommerce, change...)
	f.store.InstallPlugin()
	f.shop.post("/plugin/pair", m{}).is(200)
	return f
}

// minted is a token as the plugin signs it, with claims and header changed.
func (f *front) minted(change func(head, claims map[string]any), method jwt.SigningMethod, secret string) string {
	f.t.Helper()
	kid, own, api := f.store.PluginSecret()
	if secret == "" {
		secret = own
	}
	now := f.clock.now().Unix()
	t := jwt.New(method)
	claims := map[string]any{"iss": f.store.URL(), "aud": api, "sub": "7", "iat": now, "exp": now + 60, "jti": strings.Repeat("j", 20), "purpose": "admin"}
	t.Header["kid"] = kid
	if change != nil {
		change(t.Header, claims)
	}
	t.Claims = jwt.MapClaims(claims)
	var key any = []byte(secret)
	if method == jwt.SigningMethodNone {
		key = jwt.UnsafeAllowNoneSignatureType
	}
	s, err := t.SignedString(key)
	if err != nil {
		f.t.Fatal(err)
	}
	return s
}

func (f *front) swap(token string) reply {
	b, _ := json.Marshal(m{"token": token})
	return f.plain("POST", "/auth/woocommerce", "application/json", string(b))
}

func TestATokenOfThePluginIsSwappedOnceForASessionOfItsShop(t *testing.T) {
	t.Parallel()
	f := paired(t)
	token := f.minted(nil, jwt.SigningMethodHS256, "")
	got := f.swap(token).is(200)
	if got["expires_in"] != 600.0 || !strings.HasPrefix(got.str("session"), "tws_") {
		t.Fatalf("%v", got)
	}
	f.swap(token).problem(401, "plugin_token_used")

	bearer := "Bearer " + got.str("session")
	if r := f.plain("GET", "/api/v1/plugin", "", "", "Authorization", bearer); r.status != 200 || !strings.Contains(string(r.body), f.store.URL()) {
		t.Errorf("%d %s", r.status, r.body)
	}
	if r := f.plain("POST", "/api/v1/influencers", "application/json", `{"name":"Zoe","handle":"zoe","email":"zoe@example.com"}`, "Authorization", bearer); r.status != 201 {
		t.Errorf("%d %s", r.status, r.body)
	}
	if r := f.a.get("/influencers").is(200); len(r.list("data")) != 0 {
		t.Errorf("another shop has her: %v", r)
	}
	for name, bad := range map[string]string{"cut": bearer[:len(bearer)-1], "changed": bearer[:20] + "B" + bearer[21:], "nothing": "Bearer tws_", "spaces": "Bearer tws_ " + bearer[11:]} {
		r := f.plain("GET", "/api/v1/plugin", "", "", "Authorization", bad)
		if r.problem(401, "invalid_session_token"); r.header.Get("X-Shopify-Retry-Invalid-Session-Request") != "1" {
			t.Errorf("%s: %v", name, r.header)
		}
	}
	f.clock.set(f.clock.now().Add(10 * time.Minute))
	f.plain("GET", "/api/v1/plugin", "", "", "Authorization", bearer).problem(401, "invalid_session_token")
}

func TestATokenThatManySwapAtOnceIsSwappedOnce(t *testing.T) {
	t.Parallel()
	f := paired(t)
	token := f.minted(nil, jwt.SigningMethodHS256, "")
	var wg sync.WaitGroup
	var mu sync.Mutex
	good := 0
	for range 8 {
		wg.Go(func() {
			if r := f.swap(token); r.status == 200 {
				mu.Lock()
				good++
				mu.Unlock()
			}
		})
	}
	if wg.Wait(); good != 1 {
		t.Errorf("%d got a session", good)
	}
}

func TestATokenThatIsNotThePluginsOwnGivesNoSession(t *testing.T) {
	t.Parallel()
	f := paired(t)
	at := func(key string, v any) func(_, claims map[string]any) {
		return func(_, claims map[string]any) { claims[key] = v }
	}
	now := f.clock.now().Unix()
	for name, token := range map[string]string{
		"nothing":           "",
		"another secret":    f.minted(nil, jwt.SigningMethodHS256, "somebody's"),
		"no signature":      f.minted(nil, jwt.SigningMethodNone, ""),
		"another algorithm": f.minted(nil, jwt.SigningMethodHS512, ""),
		"an unknown kid":    f.minted(func(h, _ map[string]any) { h["kid"] = strings.Repeat("k", 26) }, jwt.SigningMethodHS256, ""),
		"no kid":            f.minted(func(h, _ map[string]any) { delete(h, "kid") }, jwt.SigningMethodHS256, ""),
		"another site":      f.minted(at("iss", "https://evil.example"), jwt.SigningMethodHS256, ""),
		"another server":    f.minted(at("aud", "https://evil.example"), jwt.SigningMethodHS256, ""),
		"two servers":       f.minted(at("aud", []string{"https://go.example.com", "https://evil.example"}), jwt.SigningMethodHS256, ""),
		"over":              f.minted(at("exp", now-30), jwt.SigningMethodHS256, ""),
		"without an end":    f.minted(func(_, c map[string]any) { delete(c, "exp") }, jwt.SigningMethodHS256, ""),
		"good for an hour":  f.minted(at("exp", now+3600), jwt.SigningMethodHS256, ""),
		"without a start":   f.minted(func(_, c map[string]any) { delete(c, "iat") }, jwt.SigningMethodHS256, ""),
		"of the future":     f.minted(func(_, c map[string]any) { c["iat"], c["exp"] = now+100, now+150 }, jwt.SigningMethodHS256, ""),
		"for pages":         f.minted(at("purpose", "pages"), jwt.SigningMethodHS256, ""),
		"without an id":     f.minted(at("jti", ""), jwt.SigningMethodHS256, ""),
		"of nobody":         f.minted(at("sub", "site"), jwt.SigningMethodHS256, ""),
	} {
		t.Run(name, func(t *testing.T) {
			r := f.swap(token)
			r.t = t
			r.problem(401, "invalid_plugin_token")
		})
	}
	f.plain("POST", "/auth/woocommerce", "application/json", "{", "").problem(400, "malformed_request")

	// Paired anew, the old secret is worth nothing.
	old := f.minted(nil, jwt.SigningMethodHS256, "")
	f.shop.post("/plugin/pair", m{}).is(200)
	f.swap(old).problem(401, "invalid_plugin_token")
	f.swap(f.minted(nil, jwt.SigningMethodHS256, "")).is(200)
}

func TestTheAppMayBeFramedByThePairedSiteAndGetsItsBridge(t *testing.T) {
	t.Parallel()
	f := paired(t, func(d *web.Deps) {
		d.App = fstest.MapFS{"admin.html": {Data: []byte(`<head><!--app-bridge--></head>`)}}
	})
	kid, _, _ := f.store.PluginSecret()
	res, body := look(t, f.url+"/app?plugin="+kid)
	if csp := res.Header.Get("Content-Security-Policy"); !strings.HasSuffix(csp, "frame-ancestors "+f.store.URL()) || !strings.Contains(csp, "script-src 'self';") || res.Header.Get("X-Frame-Options") != "" {
		t.Error(csp)
	}
	if !strings.Contains(body, `<script data-admin="`+f.store.URL()+`" src="/assets/plugin-bridge.js"></script>`) || res.Header.Get("Set-Cookie") != "" {
		t.Errorf("%s %v", body, res.Header)
	}
	if res, js := look(t, f.url+"/assets/plugin-bridge.js"); res.StatusCode != 200 || !strings.Contains(js, "postMessage") {
		t.Errorf("%d", res.StatusCode)
	}
	for _, unknown := range []string{"x", strings.Repeat("k", 26), strings.Repeat("k", 100), "'%20https:"} {
		if res, _ := look(t, f.url+"/app?plugin="+unknown); !strings.HasSuffix(res.Header.Get("Content-Security-Policy"), "frame-ancestors 'none'") {
			t.Errorf("%q: %v", unknown, res.Header)
		}
	}
}

func TestTheSiteGetsItsOwnPublishedPagesOnly(t *testing.T) {
	t.Parallel()
	f := paired(t)
	f.publishes("anna", "Hello")
	f.a.page(f.a.agreed("ben"), "ben", simple("Somebody else's"))
	pages := f.minted(func(_, c map[string]any) { c["purpose"], c["sub"] = "pages", "site" }, jwt.SigningMethodHS256, "")
	got := f.plain("GET", "/plugin/pages", "", "", "Authorization", "Bearer "+pages).is(200).list("pages")
	if len(got) != 1 || got[0].str("slug") != "anna" || got[0].str("state") != "shown" || got[0].obj("data").str("title") != "Hello" {
		t.Errorf("%v", got)
	}
	for _, bad := range []string{"", "Basic x", "Bearer " + f.minted(nil, jwt.SigningMethodHS256, "")} {
		f.plain("GET", "/plugin/pages", "", "", "Authorization", bad).problem(401, "invalid_plugin_token")
	}
}

// driven runs the real plugin.
func driven(t *testing.T, in m) (out struct{ Admin, Pages, Markup string }) {
	t.Helper()
	php, err := exec.LookPath("php")
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("PHP is missing")
		}
		t.Skip("PHP is missing")
	}
	b, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(context.Background(), php, "../../integrations/woocommerce/tests/drive.php")
	cmd.Env = append(os.Environ(), "HOME_URL="+in.str("home"))
	cmd.Stdin = bytes.NewReader(b)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	answer, err := cmd.Output()
	if err == nil {
		err = json.Unmarshal(answer, &out)
	}
	if err != nil {
		t.Fatalf("%v %s %s", err, stderr.String(), answer)
	}
	return out
}

func TestThePluginItselfSignsWhatWeTakeAndShowsWhatWeSend(t *testing.T) {
	t.Parallel()
	f := paired(t)
	f.publishes("anna", `Anna's "pans" [gallery] {{ x }} <b>`)
	kid, secret, api := f.store.PluginSecret()
	base := m{"home": f.store.URL() + "/", "kid": kid, "secret": secret, "api": api, "show": "anna", "pages": []m{}}
	first := driven(t, base)
	got := f.swap(first.Admin).is(200)
	if r := f.plain("GET", "/api/v1/plugin", "", "", "Authorization", "Bearer "+got.str("session")); r.status != http.StatusOK {
		t.Fatalf("%d %s", r.status, r.body)
	}
	r := f.plain("GET", "/plugin/pages", "", "", "Authorization", "Bearer "+first.Pages).is(200)
	base["pages"] = r["pages"]
	markup := driven(t, base).Markup
	for _, want := range []string{
		"<h2>Anna&#39;s &#34;pans&#34; &#91;gallery&#93; &#123;&#123; x &#125;&#125; &lt;b&gt;</h2>", "<p>Two &lt;b&gt;.</p>", "is paid when you buy through this page.", `rel="sponsored nofollow">Go</a>`,
		"<summary>&#123;&#123; shop.name &#125;&#125;?</summary>",
	} {
		if !strings.Contains(markup, want) {
			t.Errorf("no %q in %s", want, markup)
		}
	}
	if head, err := base64.RawURLEncoding.DecodeString(first.Admin[:strings.Index(first.Admin, ".")]); err != nil || !strings.Contains(string(head), kid) {
		t.Errorf("%s %v", head, err)
	}
}

func TestAPluginIsPairedByItselfWhenItComesAndNothingFailsWithoutOne(t *testing.T) {
	t.Parallel()
	f := newFront(t, sandbox.WooCommerce)
	f.works() // the store was connected with keys
	waits := func() []m { return f.shop.get("/outbox?state=ready").is(200).list("data") }
	if w := waits(); len(w) != 1 || w[0].str("kind") != "plugin:pair" {
		t.Fatalf("%v", w)
	}
	f.store.InstallPlugin()
	f.clock.set(f.clock.now().Add(time.Hour))
	f.works()
	if kid, _, api := f.store.PluginSecret(); kid == "" || api != "https://go.example.com" || f.shop.get("/plugin").is(200)["connected"] != true {
		t.Error("it is not paired")
	}

	never := newFront(t, sandbox.WooCommerce)
	for range 10 {
		never.works()
		never.clock.set(never.clock.now().Add(25 * time.Hour))
	}
	if ready, failed := never.shop.get("/outbox?state=ready").is(200).list("data"), never.shop.get("/outbox?state=failed").is(200).list("data"); len(ready)+len(failed) != 0 {
		t.Errorf("%v %v", ready, failed)
	}
}
