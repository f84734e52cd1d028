package identity

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"tributary/internal/errs"
	"tributary/internal/platform"
	"tributary/internal/seal"
	"tributary/internal/store"
)

// Plugins verifies the tokens that a WooCommerce store's companion plugin signs,
// and gives whoever is at work in the site's admin a session for them. It is safe
// for concurrent use.
type Plugins struct {
	db   *store.DB
	keys *seal.Keys
	own  []byte // signs sessions
	api  string // where we are: who tokens must be for
}

// NewPlugins verifies tokens that are for the server at api.
func NewPlugins(db *store.DB, keys *seal.Keys, api string) *Plugins {
	return &Plugins{db: db, keys: keys, own: keys.Derive("plugin-session"), api: api}
}

// What a token of the plugin is for.
const (
	PluginAdmin = "admin" // somebody at work in the site's admin
	PluginPages = "pages" // the site asks for its pages
)

const (
	// pluginLongest is for how long a token may be good: it is made when it is
	// needed.
	pluginLongest = 60 * time.Second
	// PluginSession is how long a session lasts; the page asks for another.
	PluginSession = 10 * time.Minute

	sessionPrefix = "tws_"
	sessionBody   = 3 * 8
	sessionMAC    = 16
)

var (
	pluginKid = regexp.MustCompile(`^[A-Za-z0-9_-]{20,64}$`)
	pluginJTI = regexp.MustCompile(`^[A-Za-z0-9_-]{16,64}$`)
	wpUser    = regexp.MustCompile(`^[1-9][0-9]{0,17}$`)

	// ErrPluginToken says that a token of the plugin is no good. It says nothing
	// about why: who has no good one learns nothing.
	ErrPluginToken = errs.New(errs.Unauthorized, "invalid_plugin_token", "The store's plugin is not connected, or its clock is wrong. Open the page in the store's admin again.")
	// ErrPluginUsed says that a token was swapped before.
	ErrPluginUsed = errs.New(errs.Unauthorized, "plugin_token_used", "This token of the store's plugin was used before. Open the page in the store's admin again.")
)

type pluginClaims struct {
	Purpose string `json:"purpose"`
	jwt.RegisteredClaims
}

// Token is a verified token of the plugin.
type Token struct {
	ShopID  int64
	User    string // of the site's; "" in PluginPages
	id      string
	expires time.Time
}

// Verify checks a token. The shop is that of the secret which signed it.
func (p *Plugins) Verify(ctx context.Context, token, purpose string) (Token, error) {
	if len(token) > sessionLongest {
		return Token{}, ErrPluginToken
	}
	now := p.db.Now()
	var link *store.PluginLink
	var failed error
	var c pluginClaims
	_, err := jwt.NewParser(
		jwt.WithValidMethods([]string{jwt.SigningMethodHS256.Alg()}), jwt.WithStrictDecoding(), jwt.WithLeeway(sessionLeeway),
		jwt.WithExpirationRequired(), jwt.WithIssuedAt(), jwt.WithAudience(p.api), jwt.WithTimeFunc(func() time.Time { return now }),
	).ParseWithClaims(token, &c, func(t *jwt.Token) (any, error) {
		kid, _ := t.Header["kid"].(string)
		if !pluginKid.MatchString(kid) {
			return nil, ErrPluginToken
		}
		link, failed = p.db.PluginLinkByKid(ctx, kid)
		return []byte(platform.PluginSecret(p.keys, kid)), failed
	})
	switch {
	case failed != nil && !store.IsNotFound(failed):
		return Token{}, failed
	case err != nil, link == nil, len(c.Audience) != 1, c.Purpose != purpose, strings.TrimRight(c.Issuer, "/") != link.HomeURL,
		c.IssuedAt == nil, c.ExpiresAt.Sub(c.IssuedAt.Time) > pluginLongest, !pluginJTI.MatchString(c.ID):
		return Token{}, ErrPluginToken
	case purpose == PluginAdmin && !wpUser.MatchString(c.Subject):
		return Token{}, ErrPluginToken
	}
	return Token{ShopID: link.ShopID, User: c.Subject, id: c.ID, expires: c.ExpiresAt.UTC()}, nil
}

// Swap makes of a token for PluginAdmin a session: once.
func (p *Plugins) Swap(ctx context.Context, token string) (session string, err error) {
	t, err := p.Verify(ctx, token, PluginAdmin)
	if err != nil {
		return "", err
	}
	err = p.db.InTx(ctx, t.ShopID, func(tx *store.Tx) error {
		ok, err := tx.BurnPluginToken(ctx, t.id, t.expires)
		if err == nil && !ok {
			err = ErrPluginUsed
		}
		return err
	})
	if err != nil {
		return "", err
	}
	user, _ := strconv.ParseUint(t.User, 10, 63) // wpUser
	b := make([]byte, sessionBody, sessionBody+sha256.Size)
	binary.BigEndian.PutUint64(b, uint64(t.ShopID))                                  //nolint:gosec // ids are positive
	binary.BigEndian.PutUint64(b[8:], user)                                          //
	binary.BigEndian.PutUint64(b[16:], uint64(p.db.Now().Add(PluginSession).Unix())) //nolint:gosec // after 1970
	return sessionPrefix + base64.RawURLEncoding.EncodeToString(append(b, p.mac(b)...)), nil
}

func (p *Plugins) mac(b []byte) []byte {
	m := hmac.New(sha256.New, p.own)
	m.Write(b)
	return m.Sum(nil)[:sessionMAC]
}

// IsPluginSession reports whether the value of an Authorization header has the
// form of a session that Swap gives, good or not.
func IsPluginSession(authorization string) bool {
	scheme, token, _ := strings.Cut(authorization, " ")
	return strings.EqualFold(scheme, "Bearer") && strings.HasPrefix(strings.TrimSpace(token), sessionPrefix)
}

// Caller is who a session of Swap's speaks for, or ErrSession.
func (p *Plugins) Caller(authorization string) (Caller, error) {
	_, token, _ := strings.Cut(authorization, " ")
	b, err := base64.RawURLEncoding.Strict().DecodeString(strings.TrimPrefix(strings.TrimSpace(token), sessionPrefix))
	if err != nil || len(b) != sessionBody+sessionMAC || !hmac.Equal(b[sessionBody:], p.mac(b[:sessionBody])) {
		return Caller{}, ErrSession
	}
	if until := int64(binary.BigEndian.Uint64(b[16:])); p.db.Now().Unix() >= until { //nolint:gosec // we wrote it
		return Caller{}, ErrSession
	}
	return Caller{ShopID: int64(binary.BigEndian.Uint64(b)), User: strconv.FormatUint(binary.BigEndian.Uint64(b[8:]), 10), Scope: Write}, nil //nolint:gosec // we wrote it
}
