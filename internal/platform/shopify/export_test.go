package shopify

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/url"
	"slices"
	"strings"
)

// SignQueryForTest and SignProxyForTest sign like Shopify; written apart from
// what they test.
func SignQueryForTest(q url.Values, secret string) string {
	parts := make([]string, 0, len(q))
	for k, v := range q {
		parts = append(parts, strings.ReplaceAll(url.Values{k: {strings.Join(v, ",")}}.Encode(), "+", "%20"))
	}
	slices.Sort(parts)
	return digest(strings.Join(parts, "&"), secret)
}

func SignProxyForTest(q url.Values, secret string) string {
	parts := make([]string, 0, len(q))
	for k, v := range q {
		parts = append(parts, k+"="+strings.Join(v, ","))
	}
	slices.Sort(parts)
	return digest(strings.Join(parts, ""), secret)
}

func digest(text, secret string) string {
	m := hmac.New(sha256.New, []byte(secret))
	m.Write([]byte(text))
	return hex.EncodeToString(m.Sum(nil))
}

// PlayForTest is Play without the permission to call private addresses.
func (a *API) PlayForTest(shop, base string) { a.bases.Store(shop, base) }
