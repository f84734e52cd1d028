// Package identity says who is calling: the holder of an API key of one shop,
// or somebody in the admin of a Shopify or WooCommerce store.
package identity

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"tributary/internal/errs"
	"tributary/internal/store"
)

// Scope is what a key may do.
type Scope string

// The scopes. Write includes Read.
const (
	Read  Scope = "read"
	Write Scope = "write"
)

// Allows reports whether a key of scope s may do what needs scope want.
func (s Scope) Allows(want Scope) bool { return s == Write || s == want }

// Caller is who sent a request. The shop comes from the key or the session
// token and from nowhere else.
type Caller struct {
	ShopID int64
	KeyID  int64  // 0: a session
	User   string // of a session: the person's number in the store's platform
	Name   string // of the key, or of the person where the store tells it
	Scope  Scope
}

// Actor says in records who did something, the same for the same caller: "user
// 42" or "key accounting". People are told apart by their number, for names are
// theirs to choose.
func (c Caller) Actor() string {
	if c.KeyID != 0 {
		return "key " + c.Name
	}
	return "user " + c.User
}

const (
	keyPrefix = "trb_"
	keyBytes  = 32
)

// CreateKey makes a key of the transaction's shop and returns it. This is the
// only time it can be seen: the database holds its hash.
func CreateKey(ctx context.Context, tx *store.Tx, name string, scope Scope) (key string, id int64, err error) {
	name = strings.TrimSpace(name)
	var fields []errs.Field
	if name == "" || utf8.RuneCountInString(name) > 100 {
		fields = append(fields, errs.Field{Path: "name", Msg: "must have 1 to 100 characters"})
	}
	if scope != Read && scope != Write {
		fields = append(fields, errs.Field{Path: "scope", Msg: "must be read or write"})
	}
	if fields != nil {
		return "", 0, errs.New(errs.Invalid, "invalid_api_key", "The API key cannot be made like this.", fields...)
	}
	var b [keyBytes]byte
	_, _ = rand.Read(b[:]) // never fails
	key = keyPrefix + base64.RawURLEncoding.EncodeToString(b[:])
	h := sha256.Sum256([]byte(key))
	if id, err = tx.AddAPIKey(ctx, name, string(scope), h[:]); err != nil {
		return "", 0, err
	}
	return key, id, nil
}

const (
	cacheFor = 15 * time.Second
	cacheMax = 4096
)

// Keys tells callers by their keys. It remembers a good key for a few seconds,
// so a revoked one may work that much longer. It is safe for concurrent use.
type Keys struct {
	db *store.DB

	mu    sync.Mutex
	known map[[sha256.Size]byte]knownKey
}

type knownKey struct {
	caller Caller
	until  time.Time
}

// NewKeys makes Keys ready.
func NewKeys(db *store.DB) *Keys {
	return &Keys{db: db, known: map[[sha256.Size]byte]knownKey{}}
}

var errKey = errs.New(errs.Unauthorized, "invalid_api_key",
	"This needs an API key: send it as \"Authorization: Bearer trb_…\". The one that came is missing, unknown or revoked.")

// Authenticate returns the caller behind the value of an Authorization header,
// or an error of kind Unauthorized.
func (k *Keys) Authenticate(ctx context.Context, authorization string) (Caller, error) {
	scheme, key, _ := strings.Cut(authorization, " ")
	key = strings.TrimSpace(key)
	if !strings.EqualFold(scheme, "Bearer") || !strings.HasPrefix(key, keyPrefix) ||
		len(key) != len(keyPrefix)+base64.RawURLEncoding.EncodedLen(keyBytes) {
		return Caller{}, errKey
	}
	h := sha256.Sum256([]byte(key))
	now := time.Now()
	k.mu.Lock()
	known, ok := k.known[h]
	k.mu.Unlock()
	if ok && now.Before(known.until) {
		return known.caller, nil
	}
	var c Caller
	err := k.db.InTx(ctx, 0, func(tx *store.Tx) error {
		shop, id, scope, err := tx.APIKeyByHash(ctx, h[:])
		c = Caller{ShopID: shop, KeyID: id, Scope: Scope(scope)}
		return err
	})
	if err == nil {
		err = k.db.InTx(ctx, c.ShopID, func(tx *store.Tx) error {
			all, err := tx.APIKeys(ctx)
			for i := range all {
				if all[i].ID == c.KeyID {
					c.Name = all[i].Name
				}
			}
			return err
		})
	}
	if store.IsNotFound(err) {
		k.mu.Lock()
		delete(k.known, h)
		k.mu.Unlock()
		return Caller{}, errKey
	}
	if err != nil {
		return Caller{}, fmt.Errorf("look up api key: %w", err)
	}
	k.mu.Lock()
	if len(k.known) >= cacheMax {
		clear(k.known)
	}
	k.known[h] = knownKey{caller: c, until: now.Add(cacheFor)}
	k.mu.Unlock()
	return c, nil
}
