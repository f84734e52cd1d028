package identity

import (
	"errors"
	"regexp"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"tributary/internal/errs"
	"tributary/internal/platform/shopify"
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
	secrets  jwt.VerificationKeySet // any of which may have signed
}

// NewSessions verifies tokens for the app clientID that are signed with one of
// the secrets that are not empty: the current one and, while it is being
// replaced, the previous one. Without an app there is nothing to verify: nil.
func NewSessions(clientID string, secrets ...string) *Sessions {
	s := &Sessions{clientID: clientID}
	for _, secret := range secrets {
		if secret != "" {
			s.secrets.Keys = append(s.secrets.Keys, []byte(secret))
		}
	}
	if clientID == "" || s.secrets.Keys == nil {
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

// claims are those of a session token that we look at.
type claims struct {
	Dest string `json:"dest"`
	jwt.RegisteredClaims
}

// Verify returns the session behind a token as of now, or ErrSession or
// ErrOtherApp. Tokens of checkouts and customer accounts are no sessions of the
// admin.
func (s *Sessions) Verify(token string, now time.Time) (Session, error) {
	if len(token) > sessionLongest {
		return Session{}, ErrSession
	}
	var c claims
	_, err := jwt.NewParser(
		jwt.WithValidMethods([]string{jwt.SigningMethodHS256.Alg()}), jwt.WithStrictDecoding(), jwt.WithLeeway(sessionLeeway),
		jwt.WithExpirationRequired(), // without one a token would be good for ever
		jwt.WithAudience(s.clientID), jwt.WithTimeFunc(func() time.Time { return now }),
	).ParseWithClaims(token, &c, func(*jwt.Token) (any, error) { return s.secrets, nil })
	switch {
	case errors.Is(err, jwt.ErrTokenInvalidAudience):
		return Session{}, ErrOtherApp
	case err != nil:
		return Session{}, ErrSession
	}
	host, https := strings.CutPrefix(c.Dest, "https://")
	shop, ok := shopify.ShopDomain(host)
	if len(c.Audience) != 1 || !https || !ok || shop != host || c.Issuer != c.Dest+"/admin" || !sessionUser.MatchString(c.Subject) {
		return Session{}, ErrSession
	}
	return Session{Shop: shop, User: c.Subject, ID: c.ID, Expires: c.ExpiresAt.UTC()}, nil
}

// FromHeader is Verify for the value of an Authorization header.
func (s *Sessions) FromHeader(authorization string, now time.Time) (Session, error) {
	token, ok := sessionToken(authorization)
	if !ok {
		return Session{}, ErrSession
	}
	return s.Verify(token, now)
}
