package sandbox

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// link is what the plugin in a WooCommerce store knows since it was paired: the
// key of its session tokens, and what names it.
type link struct {
	kid string
	key []byte
}

// Connect gives the plugin of this WooCommerce store the path of the app's
// delivery URL, whose end is the connection's token, and the secret of it.
func (s *Store) Connect(path, secret string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	kid := sha256.Sum256([]byte(path[strings.LastIndexByte(path, '/')+1:]))
	key := hmac.New(sha256.New, []byte(secret))
	key.Write([]byte("tributary admin session"))
	s.link = link{hex.EncodeToString(kid[:]), key.Sum(nil)}
}

// The plugin's page in wp-admin shows the app in a frame and answers it with
// session tokens, which wp-admin makes for whoever is logged in.
func (w *wooSide) adminRoutes(mux *http.ServeMux) {
	mux.HandleFunc("GET /wp-admin/admin.php", func(rw http.ResponseWriter, r *http.Request) {
		w.s.admin(rw, url.Values{"connection": {w.s.connection()}}, "/wp-admin/admin-ajax.php?action=tributary_session&user="+strconv.FormatInt(adminUser(r), 10))
	})
	mux.HandleFunc("GET /wp-admin/admin-ajax.php", sessionFrom(func(r *http.Request) string { return w.s.WooSessionToken(adminUser(r)) }))
	mux.HandleFunc("GET /admin/frame.js", script(frameJS))
}

// connection names the connection without telling its token.
func (s *Store) connection() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.link.kid
}

// WooSessionToken makes the token by which the plugin vouches for a user of
// wp-admin, good for a minute.
func (s *Store) WooSessionToken(user int64) string {
	kid, now := s.connection(), s.Now().Unix()
	s.mu.Lock()
	key, audience := s.link.key, s.app
	s.mu.Unlock()
	if u, err := url.Parse(audience); err == nil {
		audience = u.Scheme + "://" + u.Host
	}
	enc := base64.RawURLEncoding
	text := enc.EncodeToString(encode(nil, object{{"alg", "HS256"}, {"typ", "JWT"}, {"kid", kid}}, php)) + "." + enc.EncodeToString(encode(nil, object{
		{"iss", s.home() + "/wp-admin"}, {"dest", s.home()}, {"aud", audience}, {"sub", fmt.Sprint(user)}, {"name", fmt.Sprintf("Shop manager %d", user)},
		{"exp", now + 60}, {"nbf", now}, {"iat", now},
	}, php))
	return text + "." + jwtSign(string(key), text)
}
