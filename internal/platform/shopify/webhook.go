// Package shopify turns what Shopify sends into what Tributary understands:
// signatures over raw bytes, headers, and payloads of any age and completeness
// into platform.Message. It keeps nothing and calls nobody.
package shopify

import (
	"net/http"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"tributary/internal/platform"
)

// APIVersion is the Admin API version the app is written for.
const APIVersion = "2026-10"

// Verify reports whether header (X-Shopify-Hmac-Sha256) signs body with one of
// the client secrets: after a rotation deliveries may carry either for an hour.
// An empty body never verifies. A server that checks many should keep a
// platform.Verifier.
func Verify(body []byte, header string, secrets ...string) bool {
	return platform.Verify(body, header, secrets...)
}

// Headers are the ones a webhook comes with. None of them is signed.
type Headers struct {
	Topic       string
	HMAC        string
	ShopDomain  string // lower-cased; empty when it is not a *.myshopify.com host
	APIVersion  string
	WebhookID   string    // one per delivery, the same in its retries
	EventID     string    // one per merchant action; may be empty
	TriggeredAt time.Time // zero: the header is absent or no time
	Test        bool
}

// ReadHeaders reads them and lists the required ones that are missing or
// unusable, which is a bad request rather than a bad signature. The signature
// is not in that list: without one the request is unauthorized.
func ReadHeaders(h http.Header) (hd Headers, missing []string) {
	hd = Headers{
		Topic:      platform.Topic(h.Get("X-Shopify-Topic")),
		HMAC:       h.Get("X-Shopify-Hmac-Sha256"),
		APIVersion: h.Get("X-Shopify-Api-Version"),
		WebhookID:  strings.TrimSpace(h.Get("X-Shopify-Webhook-Id")),
		EventID:    h.Get("X-Shopify-Event-Id"),
		Test:       h.Get("X-Shopify-Test") == "true",
	}
	if t, err := time.Parse(time.RFC3339Nano, h.Get("X-Shopify-Triggered-At")); err == nil {
		hd.TriggeredAt = t.UTC()
	}
	var ok bool
	if hd.ShopDomain, ok = ShopDomain(h.Get("X-Shopify-Shop-Domain")); !ok {
		missing = append(missing, "X-Shopify-Shop-Domain")
	}
	if hd.Topic == "" {
		missing = append(missing, "X-Shopify-Topic")
	}
	if hd.APIVersion == "" {
		missing = append(missing, "X-Shopify-API-Version")
	}
	if hd.WebhookID == "" {
		missing = append(missing, "X-Shopify-Webhook-Id")
	}
	return hd, missing
}

var shopDomain = regexp.MustCompile(`^[a-z0-9][a-z0-9-]*\.myshopify\.com$`)

const longestDomain = 255

// ShopDomain is s as a key for a shop: lower-cased. It reports false, and gives
// nothing, unless all of s is a host directly below myshopify.com: whatever
// passes is sent secrets.
func ShopDomain(s string) (string, bool) {
	if len(s) > longestDomain {
		return "", false
	}
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf { // some of these have a lower case in ASCII
			return "", false
		}
	}
	if s = strings.ToLower(s); !shopDomain.MatchString(s) {
		return "", false
	}
	return s, true
}

// DeliveryID is what makes a delivery itself: a retry has the same, and another
// subscription of the same event has another.
func DeliveryID(topic, webhookID string) [16]byte {
	return platform.DeliveryID("shopify", topic, webhookID)
}
