package shopify

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// clockTolerance is how far a signed query's timestamp may be from now.
const clockTolerance = 90 * time.Second

// What is wrong with a signed query.
var (
	ErrQuerySignature = errors.New("the query is not signed by Shopify")
	ErrQueryTime      = errors.New("the query's timestamp is missing, no whole number, or more than 90 s away")
	ErrQueryRepeated  = errors.New("the query repeats a parameter that must stand there once")
	ErrQueryShop      = errors.New("the query names no shop of Shopify's")
)

// VerifyQuery checks a query that Shopify's admin sent: the app's start and the
// OAuth callback. secrets are the client secrets that count. It returns the shop.
func VerifyQuery(q url.Values, now time.Time, secrets ...string) (shop string, err error) {
	keys := make([]string, 0, len(q))
	for k := range q {
		if k != "hmac" && k != "signature" {
			keys = append(keys, k)
		}
	}
	slices.Sort(keys)
	var text strings.Builder
	for i, k := range keys {
		if i > 0 {
			text.WriteByte('&')
		}
		text.WriteString(escape(k) + "=" + escape(strings.Join(q[k], ",")))
	}
	if err := once(q, "hmac"); err != nil {
		return "", err
	}
	return verifySigned(q, q.Get("hmac"), text.String(), now, secrets)
}

// VerifyProxy checks a query of the app proxy. It returns the shop.
func VerifyProxy(q url.Values, now time.Time, secrets ...string) (shop string, err error) {
	keys := make([]string, 0, len(q))
	for k := range q {
		if k != "signature" {
			keys = append(keys, k)
		}
	}
	slices.Sort(keys)
	var text strings.Builder
	for _, k := range keys {
		text.WriteString(k + "=" + strings.Join(q[k], ","))
	}
	if err := once(q, "signature"); err != nil {
		return "", err
	}
	if len(q["hmac"]) > 1 {
		return "", ErrQueryRepeated
	}
	return verifySigned(q, q.Get("signature"), text.String(), now, secrets)
}

func verifySigned(q url.Values, signature, text string, now time.Time, secrets []string) (string, error) {
	want, err := hex.DecodeString(signature)
	if err != nil || len(want) != sha256.Size {
		return "", ErrQuerySignature
	}
	signed := false
	for _, s := range secrets {
		if s != "" {
			m := hmac.New(sha256.New, []byte(s))
			m.Write([]byte(text))
			signed = hmac.Equal(m.Sum(nil), want) || signed
		}
	}
	if !signed {
		return "", ErrQuerySignature
	}
	if err := errors.Join(once(q, "timestamp"), once(q, "shop")); err != nil {
		return "", err
	}
	stamp := q.Get("timestamp")
	at, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil || strings.Trim(stamp, "0123456789") != "" {
		return "", ErrQueryTime
	}
	if d := now.Sub(time.Unix(at, 0)); d > clockTolerance+time.Second-1 || d < -clockTolerance {
		return "", ErrQueryTime
	}
	shop, ok := ShopDomain(q.Get("shop"))
	if !ok {
		return "", ErrQueryShop
	}
	return shop, nil
}

func once(q url.Values, key string) error {
	if len(q[key]) > 1 {
		return ErrQueryRepeated
	}
	return nil
}

// escape is the percent-encoding that Shopify signs: a space is %20.
func escape(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }

// AuthorizeURL is where the authorization-code flow begins.
func (a *API) AuthorizeURL(shop, state, redirect string, scopes []string) (string, error) {
	u, err := a.address(shop, "/admin/oauth/authorize")
	if err != nil {
		return "", err
	}
	u.RawQuery = url.Values{"client_id": {a.app.ClientID}, "scope": {strings.Join(scopes, ",")}, "redirect_uri": {redirect}, "state": {state}}.Encode()
	return u.String(), nil
}

var (
	base64Text = regexp.MustCompile(`^[0-9a-zA-Z+/]+={0,2}$`)
	adminHost  = regexp.MustCompile(`^(?:([a-z0-9][a-z0-9-]*\.myshopify\.com)/admin|admin\.shopify\.com/store/([a-z0-9][a-z0-9-]*))$`)
)

// AdminHost reads the host parameter, base64 of where the shop's admin is. It
// reports false for anything that is no Shopify admin.
func AdminHost(host string) (admin string, ok bool) {
	if !base64Text.MatchString(host) {
		return "", false
	}
	b, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(host, "="))
	if err != nil || !adminHost.Match(b) {
		return "", false
	}
	return string(b), true
}
