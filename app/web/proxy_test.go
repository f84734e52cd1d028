package web_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"tributary/internal/sandbox"
)

// proxied signs a query as Shopify does.
func proxied(q url.Values, secret string) string {
	var text strings.Builder
	for _, k := range slices.Sorted(maps.Keys(q)) {
		text.WriteString(k + "=" + strings.Join(q[k], ","))
	}
	h := hmac.New(sha256.New, []byte(secret))
	h.Write([]byte(text.String()))
	return q.Encode() + "&signature=" + hex.EncodeToString(h.Sum(nil))
}

func TestTheAppProxyAnswersOnlyWhatShopifySigned(t *testing.T) {
	t.Parallel()
	f := newFront(t, sandbox.Shopify)
	f.publishes("anna", "Hello")
	now := f.clock.now()
	query := func(change func(url.Values)) url.Values {
		q := url.Values{"shop": {frontShop}, "path_prefix": {"/apps/creator"}, "timestamp": {fmt.Sprint(now.Unix())}, "logged_in_customer_id": {""}}
		if change != nil {
			change(q)
		}
		return q
	}
	const page = "/proxy/pages/anna.json?"
	ask := func(q string) reply { return f.plain("GET", page+q, "", "") }

	for name, q := range map[string]string{
		"as it is":                     proxied(query(nil), "hush"),
		"with the secret before":       proxied(query(nil), "old"),
		"a parameter of the shopper's": proxied(query(func(q url.Values) { q["extra"] = []string{"1", "2"} }), "hush"),
		"89 seconds late":              proxied(query(func(q url.Values) { q.Set("timestamp", fmt.Sprint(now.Unix()-89)) }), "hush"),
	} {
		if r := ask(q); r.status != http.StatusOK {
			t.Errorf("%s: %d %s", name, r.status, r.body)
		}
	}

	good := proxied(query(nil), "hush")
	signature := good[strings.LastIndex(good, "=")+1:]
	last := map[bool]string{true: "1", false: "0"}[strings.HasSuffix(signature, "0")]
	for name, c := range map[string]struct {
		query  string
		status int
		code   string
	}{
		"no signature":            {query(nil).Encode(), 401, "proxy_signature"},
		"another secret":          {proxied(query(nil), "somebody's"), 401, "proxy_signature"},
		"a tampered signature":    {strings.TrimSuffix(good, signature) + signature[:63] + last, 401, "proxy_signature"},
		"a short signature":       {strings.TrimSuffix(good, signature) + signature[:40], 401, "proxy_signature"},
		"a tampered shop":         {strings.Replace(good, "sandbox.myshopify.com", "b.myshopify.com", 1), 401, "proxy_signature"},
		"an unsigned parameter":   {good + "&extra=1", 401, "proxy_signature"},
		"the signature twice":     {good + "&signature=" + signature, 400, "proxy_repeated"},
		"the shop twice":          {proxied(query(func(q url.Values) { q["shop"] = []string{frontShop, "b.myshopify.com"} }), "hush"), 400, "proxy_repeated"},
		"the time twice":          {proxied(query(func(q url.Values) { q["timestamp"] = append(q["timestamp"], "1") }), "hush"), 400, "proxy_repeated"},
		"an hmac twice":           {proxied(query(func(q url.Values) { q["hmac"] = []string{"a", "b"} }), "hush"), 400, "proxy_repeated"},
		"two minutes old":         {proxied(query(func(q url.Values) { q.Set("timestamp", fmt.Sprint(now.Unix()-120)) }), "hush"), 401, "proxy_stale"},
		"of the future":           {proxied(query(func(q url.Values) { q.Set("timestamp", fmt.Sprint(now.Unix()+120)) }), "hush"), 401, "proxy_stale"},
		"no time":                 {proxied(query(func(q url.Values) { q.Del("timestamp") }), "hush"), 401, "proxy_stale"},
		"a time that is none":     {proxied(query(func(q url.Values) { q.Set("timestamp", "Infinity") }), "hush"), 401, "proxy_stale"},
		"no shop":                 {proxied(query(func(q url.Values) { q.Del("shop") }), "hush"), 403, "proxy_shop"},
		"a shop of somebody else": {proxied(query(func(q url.Values) { q.Set("shop", "evil.com") }), "hush"), 403, "proxy_shop"},
		"a shop without the app":  {proxied(query(func(q url.Values) { q.Set("shop", "nobody.myshopify.com") }), "hush"), 403, "proxy_shop"},
		"a shop without the page": {proxied(query(func(q url.Values) { q.Set("shop", "b.myshopify.com") }), "hush"), 404, "not_found"},
	} {
		t.Run(name, func(t *testing.T) {
			r := ask(c.query)
			r.t = t
			r.problem(c.status, c.code)
		})
	}
	if r := f.plain("GET", "/proxy/elsewhere?"+good, "", ""); r.status != 404 {
		t.Errorf("%d", r.status)
	}
	if r := f.plain("POST", "/proxy/pages/anna?"+query(nil).Encode(), "", ""); r.status != 401 && r.status != 405 {
		t.Errorf("%d", r.status)
	}
}

func TestThroughTheProxyAThemeGetsDataAndMarkupAndCountsViews(t *testing.T) {
	t.Parallel()
	f := newFront(t, sandbox.Shopify)
	id := f.publishes("anna", `Hello {{ shop.name }} <x>`)
	b := f.shopper()
	res, body := b.do("GET", "/apps/creator/pages/anna.json?utm_id=1&shop=evil.com", "")
	var data struct {
		Slug, Shown string
		Data        struct{ Title string }
	}
	if err := json.Unmarshal([]byte(body), &data); err != nil || res.StatusCode != http.StatusOK || data.Slug != "anna" || data.Shown != "a1" || data.Data.Title != "Hello &#123;&#123; shop.name &#125;&#125; &lt;x&gt;" {
		t.Errorf("%d %s %v", res.StatusCode, body, err)
	}
	res, body = b.do("GET", "/apps/creator/pages/anna", "")
	if res.StatusCode != http.StatusOK || !strings.Contains(body, "<h1>Hello &#123;&#123; shop.name &#125;&#125; &lt;x&gt;</h1>") || strings.Contains(body, "Sandbox?") || !strings.Contains(body, "is paid when you buy") {
		t.Errorf("%d %s", res.StatusCode, body)
	}
	if button := wayOut.FindStringSubmatch(body); button == nil {
		t.Errorf("no way out in %s", body)
	}
	if r := f.plain("GET", "/proxy/pages/anna?"+f.store.ProxyQuery(nil).Encode(), "", ""); r.header.Get("Content-Type") != "application/liquid; charset=utf-8" || r.header.Get("Set-Cookie") != "" {
		t.Errorf("%v", r.header)
	}
	for range 2 {
		if res, body := b.do("GET", "/apps/creator/pages/anna/seen?v=a1", ""); res.StatusCode != http.StatusNoContent {
			t.Fatalf("%d %s", res.StatusCode, body)
		}
	}
	if res, _ := b.do("GET", "/apps/creator/pages/nobody/seen?v=a1", ""); res.StatusCode != http.StatusNotFound {
		t.Errorf("%d", res.StatusCode)
	}
	f.clock.set(f.clock.now().Add(time.Minute))
	got := f.shop.get("/pages/" + id + "/stats").is(200).obj("total")
	if got["views"] != 2.0 || got["unique_visitors"] != 1.0 {
		t.Errorf("%v", got)
	}
}
