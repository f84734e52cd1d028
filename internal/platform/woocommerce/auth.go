package woocommerce

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// way is how keys travel to a store.
type way uint8

const (
	byHeader    way = iota + 1 // Authorization: Basic
	byQuery                    // for servers that keep that header from PHP
	bySignature                // OAuth 1.0a: the store does not know that it is reached over TLS
)

// codeWrongKey is what a store says that knows the key and not the secret, or
// whose key may not do this: asking in another way ends the same.
const codeWrongKey = "woocommerce_rest_authentication_error"

// waysOf lists how to try the keys, the way that went well last first and
// alone. Over plain http keys are not sent but in development: a signature is.
func (c *Client) waysOf(a Access, u *url.URL) []way {
	if w, ok := c.ways.Load(a); ok {
		return []way{w.(way)}
	}
	if u.Scheme == "http" && !c.plain {
		return []way{bySignature}
	}
	return []way{byHeader, byQuery, bySignature}
}

// sign returns the query with what this way puts there.
func (w way) sign(a Access, method string, u *url.URL, query url.Values, now time.Time) url.Values {
	if w == byHeader {
		return query
	}
	q := url.Values{}
	for k, v := range query {
		q[k] = slices.Clone(v)
	}
	if w == byQuery {
		q.Set("consumer_key", a.Key)
		q.Set("consumer_secret", a.Secret)
		return q
	}
	q.Set("oauth_consumer_key", a.Key)
	q.Set("oauth_nonce", strings.ToLower(rand.Text()))
	q.Set("oauth_signature_method", "HMAC-SHA256")
	q.Set("oauth_timestamp", strconv.FormatInt(now.Unix(), 10))
	q.Set("oauth_signature", Signature(a.Secret, method, u, q))
	return q
}

// Signature is the OAuth 1.0a signature of a request as WooCommerce reckons it:
// a store asks for one when it takes itself to be reached over http, so that is
// the address which is signed, whatever u says.
func Signature(secret, method string, u *url.URL, params url.Values) string {
	var pairs []string
	for k, all := range params {
		if k == "oauth_signature" {
			continue
		}
		for _, v := range all {
			pairs = append(pairs, escape(k)+"="+escape(v))
		}
	}
	slices.Sort(pairs)
	base := method + "&" + escape("http://"+u.Host+"/"+strings.TrimPrefix(u.EscapedPath(), "/")) + "&" + escape(strings.Join(pairs, "&"))
	m := hmac.New(sha256.New, []byte(secret+"&"))
	m.Write([]byte(base))
	return base64.StdEncoding.EncodeToString(m.Sum(nil))
}

// escape is RFC 3986's percent-encoding: a space is %20.
func escape(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }

func encodeQuery(q url.Values) string { return strings.ReplaceAll(q.Encode(), "+", "%20") }

// StoreURL puts an address that a merchant typed into its one form:
// scheme://host[:port][/path], without a slash at its end. http stays http: a
// store may have nothing else.
func StoreURL(typed string) (string, error) {
	typed = strings.TrimSpace(typed)
	if !strings.Contains(typed, "://") {
		typed = "https://" + typed
	}
	u, err := url.Parse(typed)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || len(typed) > 500 {
		return "", fmt.Errorf("must be the address of the store, such as https://shop.example.com")
	}
	host := strings.ToLower(strings.TrimSuffix(u.Hostname(), "."))
	if net.ParseIP(host) == nil && !hostName.MatchString(host) {
		return "", fmt.Errorf("must name the store's host, such as shop.example.com")
	}
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	if p := u.Port(); p != "" && !(u.Scheme == "https" && p == "443") && !(u.Scheme == "http" && p == "80") {
		if n, err := strconv.ParseUint(p, 10, 16); err != nil || n == 0 {
			return "", fmt.Errorf("has a port that is none")
		}
		host += ":" + p
	}
	path := strings.TrimRight(u.EscapedPath(), "/")
	for _, admin := range []string{"/wp-admin", "/wp-login.php", "/wp-json"} { // what people copy from the address line
		if i := strings.Index(path+"/", admin+"/"); i >= 0 {
			path = path[:i]
		}
	}
	return u.Scheme + "://" + host + path, nil
}

var hostName = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)

// Ask is what a store's consent page is opened with.
type Ask struct {
	AppName, State        string
	CallbackURL, ReturnTo string
}

// ConsentURL is the page of the store on which a merchant gives us keys that may
// read and write.
func (a Ask) ConsentURL(base string) (string, error) {
	u, err := url.Parse(base)
	if err != nil {
		return "", err
	}
	u = u.JoinPath("wc-auth/v1/authorize")
	u.RawQuery = encodeQuery(url.Values{"app_name": {a.AppName}, "scope": {"read_write"}, "user_id": {a.State}, "return_url": {a.ReturnTo}, "callback_url": {a.CallbackURL}})
	return u.String(), nil
}

// Granted is what a store sends when its merchant has agreed. Nothing of it is
// signed: only the state says whom it is for, and only a call that the keys open
// says that they are the store's.
type Granted struct {
	State, Key, Secret string
	Rights             string // "read", "write" or "read_write"
}

var keyForm = regexp.MustCompile(`^c[ks]_[0-9a-f]{40}$`)

// ReadGranted reads the body of the callback.
func ReadGranted(body []byte) (g Granted, ok bool) {
	var in struct {
		UserID any    `json:"user_id"` // a number, for apps that send one
		Key    string `json:"consumer_key"`
		Secret string `json:"consumer_secret"`
		Rights string `json:"key_permissions"`
	}
	if json.Unmarshal(body, &in) != nil {
		return g, false
	}
	state, _ := in.UserID.(string)
	g = Granted{State: state, Key: in.Key, Secret: in.Secret, Rights: in.Rights}
	return g, state != "" && keyForm.MatchString(g.Key) && g.Key[1] == 'k' && keyForm.MatchString(g.Secret) && g.Secret[1] == 's'
}
