package platform

import (
	"net/url"
	"strings"
	"time"

	"tributary/internal/domain/order"
)

// Names of ours, in the query of links and in what a storefront adds to orders.
const (
	QueryClick = "clk"                 // a click id
	QueryRef   = "ref"                 // a public link or influencer handle
	AttrClick  = "_tributary_click_id" // cart attribute or order meta
	AttrRef    = "_tributary_ref"      // cart attribute or order meta
)

const (
	maxClaim  = 128
	maxClaims = 32 // of one order: what comes after them is noise
)

// Claims collects what an order payload claims about the way the shopper came,
// each claim once, with a time if it came with one anywhere.
type Claims []order.Claim

// Add appends a claim whose value could be one of ours; all others are dropped:
// whoever writes a payload may write anything into it.
func (c *Claims) Add(kind order.ClaimKind, value string, at time.Time, from string) {
	if !claimable(value) {
		return
	}
	for i := range *c {
		if have := &(*c)[i]; have.Kind == kind && have.Value == value {
			if have.At.IsZero() && !at.IsZero() {
				have.At, have.From = at, from
			}
			return
		}
	}
	if len(*c) == maxClaims {
		return
	}
	*c = append(*c, order.Claim{Kind: kind, Value: strings.Clone(value), At: at, From: from})
}

// AddQuery appends the claims of a URL's query: click, ref, utm_id, utm_source.
func (c *Claims) AddQuery(rawURL string, at time.Time, from string) {
	_, query, ok := strings.Cut(rawURL, "?")
	if !ok {
		return
	}
	query, _, _ = strings.Cut(query, "#")
	var id, source string
	for query != "" {
		var pair string
		pair, query, _ = strings.Cut(query, "&")
		name, value, _ := strings.Cut(pair, "=")
		switch name {
		case QueryClick:
			c.Add(order.ClaimClick, unescape(value), at, from)
		case QueryRef:
			c.Add(order.ClaimRef, unescape(value), at, from)
		case "utm_id":
			if id == "" {
				id = unescape(value)
			}
		case "utm_source":
			if source == "" {
				source = unescape(value)
			}
		}
	}
	c.Add(order.ClaimUTM, id, at, from)
	c.Add(order.ClaimUTM, source, at, from)
}

// unescape is s decoded, or "" when it cannot be.
func unescape(s string) string {
	if !strings.ContainsAny(s, "%+") {
		return s
	}
	s, err := url.QueryUnescape(s)
	if err != nil {
		return ""
	}
	return s
}

// claimable reports whether s has the shape all our ids and handles have.
func claimable(s string) bool {
	if s == "" || len(s) > maxClaim {
		return false
	}
	for i := range len(s) {
		switch ch := s[i]; {
		case ch >= 'a' && ch <= 'z', ch >= 'A' && ch <= 'Z', ch >= '0' && ch <= '9', ch == '_', ch == '-':
		default:
			return false
		}
	}
	return true
}
