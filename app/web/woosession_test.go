package web_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"strings"
	"testing"

	"tributary/app/web"
	"tributary/internal/domain/order"
	"tributary/internal/identity"
	"tributary/internal/tenant"
)

// wooShop adds a WooCommerce shop and returns what its plugin knows.
func wooShop(t *testing.T, w *world, domain string) (kid, secret string) {
	t.Helper()
	added, err := tenant.AddShop(context.Background(), w.db, w.keys, tenant.NewShop{Platform: order.WooCommerce, Domain: domain, Currency: "USD", TimeZone: "America/Los_Angeles",
		BaseURL: "https://" + domain + "/store/"})
	if err != nil {
		t.Fatal(err)
	}
	c := added.Connection
	return identity.WooKeyID(c.Path[strings.LastIndexByte(c.Path, '/')+1:]), c.Secret
}

func wooToken(head, claims m, key []byte) string {
	enc := base64.RawURLEncoding
	a, _ := json.Marshal(head)
	b, _ := json.Marshal(claims)
	text := enc.EncodeToString(a) + "." + enc.EncodeToString(b)
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return text + "." + enc.EncodeToString(h.Sum(nil))
}

func wooWorld(t *testing.T) (*world, func(kid, secret string, change m) string) {
	t.Helper()
	w := newWorld(t, func(d *web.Deps) {
		d.WooSessions = &identity.WooSessions{DB: d.DB, Keys: d.Keys, PublicURL: d.PublicURL}
	})
	return w, func(kid, secret string, change m) string {
		now := w.clock.now().Unix()
		claims := m{"iss": "https://one.example/store/wp-admin", "dest": "https://one.example/store", "aud": "https://t.example", "sub": "7", "name": "Anna  Müller", "iat": now, "nbf": now, "exp": now + 60}
		maps.Copy(claims, change)
		return wooToken(m{"alg": "HS256", "typ": "JWT", "kid": kid}, claims, identity.WooKey(secret))
	}
}

func TestSomebodyInWPAdminReadsAndWritesTheirShopOnly(t *testing.T) {
	t.Parallel()
	w, token := wooWorld(t)
	kid, secret := wooShop(t, w, "one.example")
	other, otherSecret := wooShop(t, w, "two.example")
	one := token(kid, secret, nil)
	if r := w.call(one, "POST", "/api/v1/influencers", m{"handle": "anna", "name": "Anna", "email": "anna@example.com"}); r.status != 201 {
		t.Fatalf("%d %s", r.status, r.body)
	}
	two := token(other, otherSecret, m{"iss": "https://two.example/store/wp-admin", "dest": "https://two.example/store"})
	if r := w.call(two, "GET", "/api/v1/influencers", nil); r.status != 200 || strings.Contains(string(r.body), "anna") {
		t.Errorf("another shop: %d %s", r.status, r.body)
	}
	s := w.call(one, "GET", "/api/v1/session", nil).is(200)
	if shop := s.obj("shop"); s.str("actor") != "user 7" || s.str("name") != "Anna Müller" || shop.str("domain") != "one.example" || shop.str("platform") != "woocommerce" ||
		shop.str("today") != "2026-11-24" || shop["demo"] != false {
		t.Errorf("%v", s)
	}
}

func TestASessionOfWPAdminIsCheckedForMoreThanItsSignature(t *testing.T) {
	t.Parallel()
	w, token := wooWorld(t)
	kid, secret := wooShop(t, w, "one.example")
	other, _ := wooShop(t, w, "two.example")
	now := w.clock.now().Unix()
	for name, bad := range map[string]string{
		"another connection":        token(other, secret, nil),
		"no connection":             token(identity.WooKeyID("guess"), secret, nil),
		"no kid of ours":            token("x", secret, nil),
		"the webhooks' own key":     wooToken(m{"alg": "HS256", "kid": kid}, m{"iss": "https://one.example/store/wp-admin", "dest": "https://one.example/store", "aud": "https://t.example", "sub": "7", "iat": now, "exp": now + 60}, []byte(secret)),
		"another algorithm":         wooToken(m{"alg": "none", "kid": kid}, m{"exp": now + 60}, nil),
		"another app":               token(kid, secret, m{"aud": "https://other.example"}),
		"two audiences":             token(kid, secret, m{"aud": []string{"https://t.example", "https://other.example"}}),
		"another store":             token(kid, secret, m{"dest": "https://two.example/store"}),
		"another issuer":            token(kid, secret, m{"iss": "https://one.example/store"}),
		"a past":                    token(kid, secret, m{"iat": now - 120, "exp": now - 60}),
		"a future":                  token(kid, secret, m{"nbf": now + 60}),
		"issued in the future":      token(kid, secret, m{"iat": now + 60, "exp": now + 120}),
		"no end":                    token(kid, secret, m{"exp": nil}),
		"an hour":                   token(kid, secret, m{"exp": now + 3600}),
		"no beginning":              token(kid, secret, m{"iat": nil}),
		"nobody":                    token(kid, secret, m{"sub": ""}),
		"somebody without a number": token(kid, secret, m{"sub": "admin"}),
	} {
		r := w.call(bad, "GET", "/api/v1/session", nil)
		if r.status != 401 || r.header.Get("X-Shopify-Retry-Invalid-Session-Request") != "1" {
			t.Errorf("%s: %d %s", name, r.status, r.body)
		}
	}
	w.call(token(kid, secret, nil), "GET", "/api/v1/session", nil).is(200)
}

func TestTheAppMayBeFramedByTheStoreOfTheConnectionThatOpensIt(t *testing.T) {
	t.Parallel()
	w, _ := appWorld(t)
	kid, _ := wooShop(t, w, "one.example")
	res, body := look(t, w.url+"/app?connection="+kid)
	csp := res.Header.Get("Content-Security-Policy")
	if !strings.HasSuffix(csp, "frame-ancestors https://one.example") || !strings.Contains(csp, "script-src 'self';") || res.Header.Get("X-Frame-Options") != "" ||
		!strings.Contains(body, `<meta name="tributary-admin" content="https://one.example">`) {
		t.Errorf("%s\n%s", csp, body)
	}
	for _, bad := range []string{"x", identity.WooKeyID("guess"), strings.ToUpper(kid) + "0"} {
		if res, body := look(t, w.url+"/app?connection="+bad); res.StatusCode != http.StatusOK || !strings.HasSuffix(res.Header.Get("Content-Security-Policy"), "frame-ancestors 'none'") || strings.Contains(body, "tributary-admin") {
			t.Errorf("%s: %s", bad, res.Header.Get("Content-Security-Policy"))
		}
	}
}

func TestEverybodyHasAWordThatRecordsNameThemBy(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(d *web.Deps) { d.Sessions = identity.NewSessions("app", "secret") })
	r := w.call(sessionOf(w, "secret", "a.myshopify.com", 60), "GET", "/api/v1/session", nil).is(200)
	if r.str("actor") != "user 42" || r.obj("shop").str("currency") != "USD" {
		t.Errorf("%v", r)
	}
	if r := w.a.get("/session").is(200); r.str("actor") != "key read" || r.str("scope") != "read" {
		t.Errorf("%v", r)
	}
}
