package shopify_test

import (
	"encoding/base64"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"tributary/internal/platform"
	"tributary/internal/platform/shopify"
)

// Published vectors of the official libraries and of go-shopify.
func TestPublishedSignaturesVerify(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		secret, body, sig string
		want              bool
	}{
		{"test_secret_key", `{"foo": "bar"}`, "B23tXN681gZ0qIWNRrgtzBE9XSDo5yaUu6wfmhu3a7g=", true},
		{"hush", `"my secret message"`, "hMTq0K2x7oyOjoBwGYeTj5oxfnaVYXzbanUG9aajpKI=", true},
		{"hush", `my secret message`, "7/WDe43pNWxHoCMD7ukeWbZMtWEMfYQy8wPrdA6jiwc=", true},
		{"hush", ``, "Knm8rWjeSXNIt2H0AOMT7DQ8/YSy8sQi/pEjbuUmGMs=", false},                            // right, but of nothing
		{"test_secret_key", `{"foo":"bar"}`, "B23tXN681gZ0qIWNRrgtzBE9XSDo5yaUu6wfmhu3a7g=", false},    // re-serialized
		{"test_secret_key", `{"foo": "bar"}`, "", false},                                               // no header
		{"test_secret_key", `{"foo": "bar"}`, "YmxhaGJsYWgK", false},                                   // too short
		{"test_secret_key", `{"foo": "bar"}`, strings.Repeat("YWFh", 35), false},                       // 140 characters
		{"test_secret_key", `{"foo": "bar"}`, "!!!tXN681gZ0qIWNRrgtzBE9XSDo5yaUu6wfmhu3a7g=", false},   // not base64
		{"test_secret_key", `{"foo": "bar"}`, "B23tXN681gZ0qIWNRrgtzBE9XSDo5yaUu6wfmhu3a7h=", false},   // stray bits at the end
		{"test_secret_key", `{"foo": "bar"}`, "B23tXN681gZ0qIWNRrgtzBE9XSDo5yaUu6wfmhu3a7g", false},    // no padding
		{"test_secret_key", `{"foo": "bar"}`, "B23tXN681gZ0qIWNRrgtzBE9XSDo5yaUu6wfm\nhu3a7g=", false}, // a line break
		{"test_secret_key", `{"foo": "bar"}`, "B23tXN681gZ0qIWNRrgtzBE9XSDo5yaUu6wfmhu3a7g=\n", false}, // another
		{"another", `{"foo": "bar"}`, "B23tXN681gZ0qIWNRrgtzBE9XSDo5yaUu6wfmhu3a7g=", false},           // another secret
		{"", `{"foo": "bar"}`, platform.Sign([]byte(`{"foo": "bar"}`), ""), false},                     // none
	} {
		if got := shopify.Verify([]byte(c.body), c.sig, c.secret); got != c.want {
			t.Errorf("%q signed %q with %q: %v", c.body, c.sig, c.secret, got)
		}
		if got := platform.NewVerifier(c.secret).Verify([]byte(c.body), c.sig); got != c.want {
			t.Errorf("kept: %q signed %q with %q: %v", c.body, c.sig, c.secret, got)
		}
	}
}

func TestThePreviousSecretStillVerifies(t *testing.T) {
	t.Parallel()
	body := []byte(`{"id":1}`)
	old := platform.Sign(body, "old")
	if !shopify.Verify(body, old, "new", "old") || shopify.Verify(body, old, "new") || shopify.Verify(body, old, "new", "") || shopify.Verify(body, old) {
		t.Error("a body must verify with the current or the previous secret and with no other")
	}
}

// What else the app signs is signed hex-encoded or with other keys; even the
// right MAC in another encoding is no webhook signature.
func TestASignatureInAnotherEncodingDoesNotVerify(t *testing.T) {
	t.Parallel()
	body := []byte("state=abcd")
	raw, err := base64.StdEncoding.DecodeString(platform.Sign(body, "hush"))
	if err != nil {
		t.Fatal(err)
	}
	for _, header := range []string{base64.URLEncoding.EncodeToString(raw) + "=", base64.RawStdEncoding.EncodeToString(raw), string(raw), base64.StdEncoding.EncodeToString([]byte(platform.Sign(body, "hush")))} {
		if shopify.Verify(body, header, "hush") {
			t.Errorf("%q verifies", header)
		}
	}
}

func TestHeadersAreReadInAnyCaseAndMissingOnesNamed(t *testing.T) {
	t.Parallel()
	full := map[string]string{
		"x-shopify-topic": "orders/create", "X-SHOPIFY-HMAC-SHA256": "sig", "X-Shopify-Shop-Domain": "Example-Goods.MyShopify.com", "X-Shopify-API-Version": "2026-10",
		"X-Shopify-Webhook-Id": "8a95126f", "X-Shopify-Event-Id": "e1", "X-Shopify-Triggered-At": "2024-08-07T22:57:57.290670248Z", "X-Shopify-Test": "true",
	}
	headers := func(without ...string) http.Header {
		h := http.Header{}
		for k, v := range full {
			if !slices.Contains(without, k) {
				h.Set(k, v)
			}
		}
		return h
	}
	got, missing := shopify.ReadHeaders(headers())
	want := shopify.Headers{Topic: "orders/create", HMAC: "sig", ShopDomain: "example-goods.myshopify.com", APIVersion: "2026-10", WebhookID: "8a95126f", EventID: "e1",
		TriggeredAt: time.Date(2024, 8, 7, 22, 57, 57, 290670248, time.UTC), Test: true}
	if got != want || len(missing) > 0 {
		t.Errorf("%+v, missing %v", got, missing)
	}
	for _, name := range []string{"x-shopify-topic", "X-Shopify-Shop-Domain", "X-Shopify-API-Version", "X-Shopify-Webhook-Id"} {
		if _, missing := shopify.ReadHeaders(headers(name)); len(missing) != 1 || !strings.EqualFold(missing[0], name) {
			t.Errorf("without %s: missing %v", name, missing)
		}
	}
	if _, missing := shopify.ReadHeaders(headers("X-Shopify-Event-Id", "X-Shopify-Triggered-At", "X-Shopify-Test", "X-SHOPIFY-HMAC-SHA256")); len(missing) > 0 {
		t.Errorf("optional ones are missing: %v", missing)
	}
	h := headers()
	h.Set("X-Shopify-Shop-Domain", "evil.com/?x=.myshopify.com")
	if hd, missing := shopify.ReadHeaders(h); len(missing) != 1 || hd.ShopDomain != "" {
		t.Errorf("%+v, missing %v", hd, missing)
	}
}

func TestOnlyHostsBelowMyshopifyAreShops(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"someshop.myshopify.com": "someshop.myshopify.com", "Test-Shop.MyShopify.com": "test-shop.myshopify.com", "1a-.myshopify.com": "1a-.myshopify.com",
	} {
		if got, ok := shopify.ShopDomain(in); !ok || got != want {
			t.Errorf("%q: %q, %v", in, got, ok)
		}
	}
	for _, bad := range []string{
		"notshopify.com", "-invalid.myshopify.io", "-invalid.myshopify.com", "not-admin.shopify.com/store/my-shop", "attacker.example", "", "evil.com", "myshopify.com", ".myshopify.com",
		"myshopify.com.evil.com", "test-shop.notmyshopify.com", "attacker.com/.myshopify.com", "shop.myshopify.com@evil.com", "a.myshopify.com.evil.com",
		"evil.com/?x=.myshopify.com", "evil.com#myshopify.com", "dev-shop-.myshopify.io", "shop_1.myshopify.com", "a.b.myshopify.com", "shop.myshopify.com/",
		"shop.myshopify.com\n", "\nshop.myshopify.com", "evil.com\nshop.myshopify.com", "shop.myshopify.com.", "shopXmyshopifyXcom", " shop.myshopify.com", "https://shop.myshopify.com",
		"shop.myshopify.com:443", "shöp.myshopify.com", "\u212Aing.myshopify.com", "king.myshopify.com\x00", strings.Repeat("a", 300) + ".myshopify.com",
	} {
		if got, ok := shopify.ShopDomain(bad); ok || got != "" {
			t.Errorf("%q passes as %q", bad, got)
		}
	}
}

func TestADeliveryIsItsTopicAndWebhookID(t *testing.T) {
	t.Parallel()
	id := shopify.DeliveryID("orders/create", "8a95126f")
	if id != shopify.DeliveryID("orders/create", "8a95126f") {
		t.Error("a retry must be the same delivery")
	}
	if id == shopify.DeliveryID("orders/paid", "8a95126f") || id == shopify.DeliveryID("orders/create", "8a95126e") {
		t.Error("another topic or webhook id must be another delivery")
	}
}
