package web_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"tributary/app/web"
	"tributary/internal/identity"
)

func sessionOf(w *world, secret, shop string, lives int64) string {
	enc, now := base64.RawURLEncoding, w.clock.now().Unix()
	text := enc.EncodeToString([]byte(`{"alg":"HS256","typ":"JWT"}`)) + "." + enc.EncodeToString(fmt.Appendf(nil,
		`{"iss":"https://%s/admin","dest":"https://%s","aud":"app","sub":"42","exp":%d,"nbf":%d,"jti":"j"}`, shop, shop, now+lives, now))
	m := hmac.New(sha256.New, []byte(secret))
	m.Write([]byte(text))
	return text + "." + enc.EncodeToString(m.Sum(nil))
}

func TestASessionOfTheStoresAdminReadsAndWritesItsShopOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(d *web.Deps) { d.Sessions = identity.NewSessions("app", "secret") })
	a, b := sessionOf(w, "secret", "a.myshopify.com", 60), sessionOf(w, "secret", "b.myshopify.com", 60)
	if r := w.call(a, "POST", "/api/v1/influencers", m{"handle": "anna", "name": "Anna", "email": "anna@example.com"}); r.status != 201 {
		t.Fatalf("%d %s", r.status, r.body)
	}
	if r := w.call(a, "GET", "/api/v1/influencers", nil); r.status != 200 || !strings.Contains(string(r.body), `"anna"`) {
		t.Errorf("its own shop: %d %s", r.status, r.body)
	}
	for _, path := range []string{"/api/v1/influencers", "/api/v1/influencers?search=anna"} {
		if r := w.call(b, "GET", path, nil, "X-Shopify-Shop-Domain", "a.myshopify.com"); r.status != 200 || strings.Contains(string(r.body), "anna") {
			t.Errorf("another shop: %d %s", r.status, r.body)
		}
	}
}

func TestABadSessionIsAskedForAgainAndAShopThatDidNotInstallIsNot(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(d *web.Deps) { d.Sessions = identity.NewSessions("app", "secret") })
	const again = "X-Shopify-Retry-Invalid-Session-Request"
	for name, token := range map[string]string{
		"expired": sessionOf(w, "secret", "a.myshopify.com", -60), "forged": sessionOf(w, "guess", "a.myshopify.com", 60), "no shop": sessionOf(w, "secret", "evil.com", 60),
	} {
		r := w.call(token, "GET", "/api/v1/influencers", nil)
		r.problem(401, "invalid_session_token")
		if r.header.Get(again) != "1" {
			t.Errorf("%s: App Bridge is not told to try again", name)
		}
	}
	r := w.call(sessionOf(w, "secret", "c.myshopify.com", 60), "GET", "/api/v1/influencers", nil)
	r.problem(403, "shop_not_installed")
	r = w.call("", "GET", "/api/v1/influencers", nil)
	r.problem(401, "invalid_api_key")
	if r.header.Get(again) != "" {
		t.Error("a caller without a session is told to try again")
	}
}

func TestWithoutAnAppASessionIsNobody(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.call(sessionOf(w, "secret", "a.myshopify.com", 60), "GET", "/api/v1/influencers", nil).problem(401, "invalid_api_key")
}
