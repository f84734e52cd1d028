package identity

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/url"
	"regexp"
	"strings"
	"time"

	"tributary/internal/errs"
)

// Session is who a Shopify session token speaks for: a person at work in the
// admin of a shop.
type Session struct {
	Shop    string // "example.myshopify.com"
	User    string // the person's number at Shopify
	ID      string // of the token
	Expires time.Time
}

// Sessions verifies the session tokens (id tokens) that App Bridge sends. It is
// safe for concurrent use.
type Sessions struct {
	clientID string
	secrets  [][]byte
}

// NewSessions verifies tokens for the app clientID that are signed with one of
// the secrets that are not empty: the current one and, while it is being
// replaced, the previous one. Without an app there is nothing to verify: nil.
func NewSessions(clientID string, secrets ...string) *Sessions {
	s := &Sessions{clientID: clientID}
	for _, secret := range secrets {
		if secret != "" {
			s.secrets = append(s.secrets, []byte(secret))
		}
	}
	if clientID == "" || s.secrets == nil {
		return nil
	}
	return s
}

const (
	// sessionLeeway is how far our clock and Shopify's may be apart.
	sessionLeeway = 10 * time.Second
	// sessionLongest is longer than any token of Shopify's.
	sessionLongest = 8 << 10
)

var (
	sessionShop = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,99}\.myshopify\.com$`)
	sessionUser = regexp.MustCompile(`^[0-9]{1,20}$`)

	// ErrSession says that a session token is no good, or no longer; a new one
	// may be.
	ErrSession = errs.New(errs.Unauthorized, "invalid_session_token", "The session has ended. Open the app from the store's admin again.")
	// ErrOtherApp says that a token is genuine and meant for somebody else;
	// asking for a new one gives the same.
	ErrOtherApp = errs.New(errs.Unauthorized, "session_of_another_app", "This session belongs to another app. SHOPIFY_CLIENT_ID must name the app that was opened.")
)

// IsSessionToken reports whether the value of an Authorization header has the
// form of a session token, good or not.
func IsSessionToken(authorization string) bool {
	_, ok := sessionToken(authorization)
	return ok
}

func sessionToken(authorization string) (string, bool) {
	scheme, token, _ := strings.Cut(authorization, " ")
	token = strings.TrimSpace(token)
	return token, strings.EqualFold(scheme, "Bearer") && strings.Count(token, ".") == 2
}

// Verify returns the session behind a token as of now, or ErrSession or
// ErrOtherApp. Tokens of checkouts and customer accounts are no sessions of the
// admin.
func (s *Sessions) Verify(token string, now time.Time) (Session, error) {
	if len(token) > sessionLongest {
		return Session{}, ErrSession
	}
	signed, signature, ok := cutLast(token)
	head, body, ok2 := strings.Cut(signed, ".")
	if !ok || !ok2 || !s.signed(signed, signature) {
		return Session{}, ErrSession
	}
	var h struct {
		Alg string `json:"alg"`
	}
	if !decodePart(head, &h) || h.Alg != "HS256" {
		return Session{}, ErrSession
	}
	var c struct {
		Iss, Dest, Aud, Sub, Jti string
		Exp, Nbf                 json.Number
	}
	if !decodePart(body, &c) {
		return Session{}, ErrSession
	}
	if c.Aud != s.clientID {
		return Session{}, ErrOtherApp
	}
	exp, err := c.Exp.Int64() // without one a token would be good for ever
	if err != nil || !now.Before(time.Unix(exp, 0).Add(sessionLeeway)) {
		return Session{}, ErrSession
	}
	if c.Nbf != "" {
		if nbf, err := c.Nbf.Int64(); err != nil || now.Add(sessionLeeway).Before(time.Unix(nbf, 0)) {
			return Session{}, ErrSession
		}
	}
	shop, ok := shopOf(c.Dest)
	if !ok || c.Iss != "https://"+shop+"/admin" || !sessionUser.MatchString(c.Sub) {
		return Session{}, ErrSession
	}
	return Session{Shop: shop, User: c.Sub, ID: c.Jti, Expires: time.Unix(exp, 0).UTC()}, nil
}

// FromHeader is Verify for the value of an Authorization header.
func (s *Sessions) FromHeader(authorization string, now time.Time) (Session, error) {
	token, ok := sessionToken(authorization)
	if !ok {
		return Session{}, ErrSession
	}
	return s.Verify(token, now)
}

// shopOf reads the shop from a token's destination.
func shopOf(dest string) (string, bool) {
	u, err := url.Parse(dest)
	if err != nil || dest != "https://"+u.Host || !sessionShop.MatchString(u.Host) {
		return "", false
	}
	return u.Host, true
}

// signed compares in constant time. The algorithm is ours, whatever the header
// of the token says.
func (s *Sessions) signed(text, signature string) bool {
	got, err := base64.RawURLEncoding.Strict().DecodeString(signature)
	if err != nil {
		return false
	}
	for _, secret := range s.secrets {
		m := hmac.New(sha256.New, secret)
		m.Write([]byte(text))
		if hmac.Equal(m.Sum(nil), got) {
			return true
		}
	}
	return false
}

func cutLast(token string) (before, after string, ok bool) {
	i := strings.LastIndexByte(token, '.')
	if i < 0 {
		return token, "", false
	}
	return token[:i], token[i+1:], true
}

func decodePart(part string, into any) bool {
	b, err := base64.RawURLEncoding.Strict().DecodeString(part)
	if err != nil {
		return false
	}
	d := json.NewDecoder(bytes.NewReader(b))
	return d.Decode(into) == nil
}
