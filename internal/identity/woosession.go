package identity

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/golang-jwt/jwt/v5"

	"tributary/internal/platform"
	"tributary/internal/seal"
	"tributary/internal/store"
)

// WooSession is who a session token of a WooCommerce store speaks for: a person
// at work in its wp-admin.
type WooSession struct {
	ShopID  int64
	Store   string // the address of the store, without a slash at its end
	User    string // the person's number in WordPress
	Name    string // how the person is called there; may be empty
	Expires time.Time
}

// WooSessions verifies the session tokens that our WordPress plugin makes for
// whoever has the app open in wp-admin. They are JWTs:
//
//   - HS256 with WooKey of the secret that both sides know since the store was
//     connected; the header's kid is WooKeyID of the connection's token.
//   - dest is the address of the store, iss is dest + "/wp-admin", aud is our
//     own public address, sub the number of the WordPress user.
//   - exp is required and at most five minutes after iat.
//
// It is safe for concurrent use.
type WooSessions struct {
	DB   *store.DB
	Keys *seal.Keys
	// PublicURL is where stores reach this server, without a slash at its end.
	PublicURL string
}

// wooLives is the longest a token of the plugin may live.
const wooLives = 5 * time.Minute

// WooKey is the key of the session tokens of a connection with the secret.
func WooKey(secret string) []byte { return platform.PluginKey(secret) }

// WooKeyID names the connection whose delivery URL ends with token. Who knows
// it can find the address of the store, and no more.
func WooKeyID(token string) string {
	h := sha256.Sum256([]byte(token))
	return hex.EncodeToString(h[:])
}

// IsWooToken reports whether the value of an Authorization header has the form
// of a session token of a WooCommerce store, good or not.
func IsWooToken(authorization string) bool {
	token, ok := sessionToken(authorization)
	if !ok || len(token) > sessionLongest {
		return false
	}
	t, _, err := jwt.NewParser().ParseUnverified(token, &jwt.RegisteredClaims{})
	return err == nil && t.Header["kid"] != nil
}

// StoreOf is the address of the store behind a live connection, by WooKeyID.
// It returns store.ErrNotFound when there is none.
func (s *WooSessions) StoreOf(ctx context.Context, kid string) (string, error) {
	_, c, err := s.connection(ctx, kid)
	return c.BaseURL, err
}

func (s *WooSessions) connection(ctx context.Context, kid string) (door store.ConnectionDoor, c store.Connection, err error) {
	hash, err := hex.DecodeString(kid)
	if err != nil || len(hash) != sha256.Size {
		return door, c, store.ErrNotFound
	}
	if door, err = s.DB.ConnectionByToken(ctx, hash); err != nil {
		return door, c, err
	}
	err = s.DB.InTx(ctx, door.ShopID, func(tx *store.Tx) error {
		all, err := tx.Connections(ctx)
		for _, one := range all {
			if one.ID == door.ID {
				c = one
				c.BaseURL = strings.TrimRight(c.BaseURL, "/")
				return err
			}
		}
		return errors.Join(err, store.ErrNotFound)
	})
	return door, c, err
}

type wooClaims struct {
	Dest string `json:"dest"`
	Name string `json:"name"`
	jwt.RegisteredClaims
}

// FromHeader returns the session behind the value of an Authorization header as
// of now, or ErrSession.
func (s *WooSessions) FromHeader(ctx context.Context, authorization string, now time.Time) (WooSession, error) {
	token, ok := sessionToken(authorization)
	if !ok || len(token) > sessionLongest {
		return WooSession{}, ErrSession
	}
	var door store.ConnectionDoor
	var at store.Connection
	var lookup error
	var c wooClaims
	_, err := jwt.NewParser(
		jwt.WithValidMethods([]string{jwt.SigningMethodHS256.Alg()}), jwt.WithStrictDecoding(), jwt.WithLeeway(sessionLeeway),
		jwt.WithExpirationRequired(), jwt.WithIssuedAt(), jwt.WithAudience(s.PublicURL), jwt.WithTimeFunc(func() time.Time { return now }),
	).ParseWithClaims(token, &c, func(t *jwt.Token) (any, error) {
		kid, _ := t.Header["kid"].(string)
		if door, at, lookup = s.connection(ctx, kid); lookup != nil {
			return nil, lookup
		}
		secret, err := platform.OpenSecret(s.Keys, at.TokenHash, door.Secret)
		if err != nil {
			lookup = err
			return nil, err
		}
		return WooKey(secret), nil
	})
	if lookup != nil && !store.IsNotFound(lookup) {
		return WooSession{}, lookup
	}
	if err != nil || len(c.Audience) != 1 || c.IssuedAt == nil || c.ExpiresAt.Sub(c.IssuedAt.Time) > wooLives ||
		c.Dest != at.BaseURL || c.Issuer != c.Dest+"/wp-admin" || !sessionUser.MatchString(c.Subject) || !utf8.ValidString(c.Name) {
		return WooSession{}, ErrSession
	}
	name := strings.Join(strings.Fields(c.Name), " ")
	if r := []rune(name); len(r) > 100 {
		name = string(r[:100])
	}
	return WooSession{ShopID: door.ShopID, Store: at.BaseURL, User: c.Subject, Name: name, Expires: c.ExpiresAt.UTC()}, nil
}

// OriginOf is the origin of a store's address, as a browser writes it.
func OriginOf(address string) (string, bool) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || strings.ContainsAny(u.Host, " ;,'\"*") {
		return "", false
	}
	return u.Scheme + "://" + strings.ToLower(u.Host), true
}
