// Package woocommerce turns what WooCommerce sends into what Tributary
// understands: signatures over raw bytes, headers, webhook bodies and refund
// resources. It keeps nothing and calls nobody.
package woocommerce

import (
	"bytes"
	"encoding/binary"
	"net/http"
	"strings"

	"tributary/internal/platform"
)

// Verify reports whether header (X-WC-Webhook-Signature) signs body with the
// connection's secret. An empty body never verifies.
func Verify(body []byte, header, secret string) bool {
	return platform.Verify(body, header, secret)
}

// Headers are the ones a webhook comes with. None of them is signed, and
// DeliveryID is not unique: deliveries of one second share it.
type Headers struct {
	Topic      string // "order.updated"
	Signature  string
	Source     string // the store's address as it sees itself; no identity
	Resource   string
	Event      string
	WebhookID  string
	DeliveryID string
}

// ReadHeaders reads them and lists the required ones that are missing. A ping
// has none of them: ask IsPing first. The signature is not in that list:
// without one the request is unauthorized.
func ReadHeaders(h http.Header) (hd Headers, missing []string) {
	hd = Headers{
		Topic:      platform.Topic(h.Get("X-WC-Webhook-Topic")),
		Signature:  h.Get("X-WC-Webhook-Signature"),
		Source:     h.Get("X-WC-Webhook-Source"),
		Resource:   h.Get("X-WC-Webhook-Resource"),
		Event:      h.Get("X-WC-Webhook-Event"),
		WebhookID:  h.Get("X-WC-Webhook-ID"),
		DeliveryID: h.Get("X-WC-Webhook-Delivery-ID"),
	}
	if hd.Topic == "" {
		missing = append(missing, "X-WC-Webhook-Topic")
	}
	if hd.WebhookID == "" {
		missing = append(missing, "X-WC-Webhook-ID")
	}
	if hd.DeliveryID == "" {
		missing = append(missing, "X-WC-Webhook-Delivery-ID")
	}
	return hd, missing
}

// IsPing recognizes the unsigned call a store makes while a webhook is being
// created: a form with the webhook's id and no WooCommerce header. It wants a
// 200 and nothing else.
func IsPing(h http.Header, body []byte) bool {
	for name := range h {
		if strings.HasPrefix(http.CanonicalHeaderKey(name), "X-Wc-Webhook-") {
			return false
		}
	}
	return isPing(body)
}

func isPing(body []byte) bool {
	id, ok := bytes.CutPrefix(bytes.TrimSpace(body), []byte("webhook_id="))
	return ok && len(id) > 0 && len(id) < 20 && len(bytes.Trim(id, "0123456789")) == 0
}

// DeliveryID is what makes a delivery itself. The store's own delivery id is
// not enough, several deliveries of one second share it; nor is the body, the
// same {"id":16} may rightly come again.
func DeliveryID(connectionID int64, topic, deliveryHeader string, body []byte) [16]byte {
	var id [8]byte
	binary.BigEndian.PutUint64(id[:], uint64(connectionID)) //nolint:gosec // any bits will do
	return platform.DeliveryID("woocommerce", string(id[:]), topic, deliveryHeader, string(body))
}
