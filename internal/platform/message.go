// Package platform is what both kinds of store have in common at the edge:
// what a delivery can say, how it is signed, what makes it itself, and how the
// traces a shopper leaves in an order are read. The wire formats are in
// platform/shopify and platform/woocommerce.
package platform

import (
	"crypto/sha256"
	"strings"
	"time"

	"github.com/cespare/xxhash/v2"

	"tributary/internal/domain/money"
	"tributary/internal/domain/order"
)

// Kind says what a delivery is about.
type Kind uint8

// The kinds of Message.
const (
	Ignored     Kind = iota // understood, and nothing to do: Reason says why
	Order                   // Fact is what it says about one order
	Unhealthy               // signed, but the store could not say what it should have: Reason says what it said
	Uninstalled             // the app is gone from the store
	Scopes                  // the granted access changed: Scopes lists what is granted now
	ShopUpdate              // Shop is what the store now says of itself
	Privacy                 // a request about personal data
	Ping                    // a first call that only wants a 200
)

func (k Kind) String() string {
	return [...]string{"ignored", "order", "unhealthy", "uninstalled", "scopes", "shop_update", "privacy", "ping"}[k]
}

// Message is what one delivery says. It is a pure function of the topic, the
// body and the instant that Decode was given.
type Message struct {
	Kind   Kind
	Reason string
	// Domain is the shop's permanent domain where the body names it, else "".
	// Only the body is signed: it must agree with what the headers claim.
	Domain  string
	Fact    order.Fact
	Scopes  []string
	Shop    Shop
	Privacy PrivacyRequest
}

// Shop is a store's own description of itself; empty means it did not say.
type Shop struct {
	Currency money.Currency
	TimeZone string // IANA
	Name     string
	Domain   string // the storefront's host
}

// PrivacyRequest is one of the compliance requests.
type PrivacyRequest struct {
	Topic      string // "customers/data_request", "customers/redact", "shop/redact"
	RequestID  int64  // of a data request
	CustomerID int64
	Email      string `json:",omitempty"` // of the customer, as they are named
	Phone      string `json:",omitempty"`
	Orders     []int64
}

// Topic is s as topics are kept: trimmed and in lower case; "" when it is none.
// A colon is in no topic a store can name, so topics with one are ours.
func Topic(s string) string {
	const longest = 100
	if s = strings.ToLower(strings.TrimSpace(s)); len(s) > longest {
		return ""
	}
	for i := range len(s) {
		switch c := s[i]; {
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9', c == '_', c == '-', c == '.', c == '/':
		default:
			return ""
		}
	}
	return s
}

// Digest tells two bodies of one order with the same times apart, the same way
// in every process. A body was signed, so nobody gains by a collision, and a
// cryptographic hash of 7 kB would be a tenth of what settling an order costs.
func Digest(body []byte) uint64 { return xxhash.Sum64(body) }

// DeliveryID is the first half of a SHA-256 over parts that cannot run into
// each other.
func DeliveryID(parts ...string) (id [16]byte) {
	n := 0
	for _, p := range parts {
		n += len(p) + 8
	}
	buf := make([]byte, 0, n)
	for _, p := range parts {
		for shift := 56; shift >= 0; shift -= 8 {
			buf = append(buf, byte(len(p)>>shift))
		}
		buf = append(buf, p...)
	}
	sum := sha256.Sum256(buf)
	copy(id[:], sum[:])
	return id
}

// How far a delivery's own word about its age is believed: platforms retry for
// hours and are late by a day, and clocks differ.
const (
	oldest = 40 * 24 * time.Hour
	newest = 24 * time.Hour
)

// Day is the UTC day a delivery is filed under. Retries carry the trigger time
// of the first attempt, so they are filed under the same day and can be told
// to be duplicates; a trigger time that cannot be right is not believed.
func Day(triggered, received time.Time) time.Time {
	t := received
	if !triggered.IsZero() && !triggered.Before(received.Add(-oldest)) && !triggered.After(received.Add(newest)) {
		t = triggered
	}
	y, m, d := t.UTC().Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}
