// Package tenant adds the shops that use us and the ways their stores talk to
// us.
package tenant

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"tributary/internal/domain/money"
	"tributary/internal/domain/order"
	"tributary/internal/errs"
	"tributary/internal/platform"
	"tributary/internal/seal"
	"tributary/internal/store"
)

// NewShop is what to know of a shop to add.
type NewShop struct {
	Platform order.Platform
	Domain   string // example.myshopify.com, or the host of the WooCommerce site
	Name     string // empty: the domain
	Currency string
	TimeZone string // IANA name
	// BaseURL of the WooCommerce site; empty: https:// and the domain.
	BaseURL string
	// Secret signs WooCommerce's deliveries; empty: one is made.
	Secret string
	// RestKeys open WooCommerce's REST API; empty: nothing is read from the store.
	RestKeys RestKeys
}

// RestKeys are a consumer key and secret of WooCommerce's REST API.
type RestKeys struct{ Key, Secret string }

var restKey = regexp.MustCompile(`^c[ks]_[0-9a-f]{40}$`)

// wrong says what is wrong with them; "" when nothing is.
func (k RestKeys) wrong() string {
	switch {
	case k == RestKeys{}:
	case !restKey.MatchString(k.Key) || k.Key[1] != 'k':
		return "the key must be ck_ and 40 hexadecimal digits"
	case !restKey.MatchString(k.Secret) || k.Secret[1] != 's':
		return "the secret must be cs_ and 40 hexadecimal digits"
	}
	return ""
}

// AddedShop is a shop that was added. Connection is nil on Shopify.
type AddedShop struct {
	ID         int64
	Connection *NewConnection
}

// NewConnection is the way a WooCommerce store talks to us. This is the only
// time that its token and its secret can be seen.
type NewConnection struct {
	ID     int64
	Path   string // of the delivery URL, token included
	Secret string // to sign deliveries with
	Weak   bool   // the secret that was given is shorter than one should be
}

// How long a webhook secret must be, and should be.
const (
	shortestSecret = 12
	goodSecret     = 16
)

// AddShop adds a shop. It returns an error of kind Conflict when the platform
// and domain are there already. A shop that uninstalled the app comes back with
// its ledger.
func AddShop(ctx context.Context, db *store.DB, keys *seal.Keys, n NewShop) (*AddedShop, error) {
	if err := n.normalise(); err != nil {
		return nil, err
	}
	var added AddedShop
	err := db.InTx(ctx, 0, func(tx *store.Tx) (err error) {
		added.ID, err = tx.AddShop(ctx, store.NewShop{
			Platform: n.Platform, Domain: n.Domain, Name: n.Name, Currency: n.Currency, TimeZone: n.TimeZone,
			HashKey: platform.NewHashKey(keys, n.Platform, n.Domain),
		})
		if err == nil && added.ID == 0 {
			err = errs.New(errs.Conflict, "shop_exists", fmt.Sprintf("The shop %s has been added already.", n.Domain))
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	if n.Platform != order.WooCommerce {
		return &added, nil
	}
	added.Connection, err = Connect(ctx, db, keys, added.ID, ConnectionTo{BaseURL: n.BaseURL, Secret: n.Secret, RestKeys: n.RestKeys})
	return &added, err
}

// ConnectionTo is what to know of a connection to add; see NewShop.
type ConnectionTo struct {
	BaseURL, Secret string
	RestKeys        RestKeys
}

// Connect adds a connection to a WooCommerce shop: a new delivery URL with a
// secret of its own. An empty secret is made up.
func Connect(ctx context.Context, db *store.DB, keys *seal.Keys, shopID int64, to ConnectionTo) (*NewConnection, error) {
	if to.Secret == "" {
		to.Secret = random()
	}
	token := random()
	hash := sha256.Sum256([]byte(token))
	c := NewConnection{Path: "/webhooks/woocommerce/" + token, Secret: to.Secret, Weak: len(to.Secret) < goodSecret}
	n := store.NewConnection{TokenHash: hash[:], Secret: platform.SealSecret(keys, hash[:], to.Secret), BaseURL: to.BaseURL}
	if to.RestKeys != (RestKeys{}) {
		n.RestKeys = platform.SealRestKeys(keys, hash[:], to.RestKeys.Key, to.RestKeys.Secret)
	}
	err := db.InTx(ctx, shopID, func(tx *store.Tx) (err error) {
		c.ID, err = tx.AddConnection(ctx, n)
		return err
	})
	if err != nil {
		return nil, err
	}
	return &c, nil
}

// SetRestKeys gives the newest connection of a WooCommerce shop other REST
// keys and returns that connection's id.
func SetRestKeys(ctx context.Context, db *store.DB, keys *seal.Keys, shopID int64, k RestKeys) (id int64, err error) {
	if k == (RestKeys{}) {
		return 0, errs.New(errs.Invalid, "invalid_rest_keys", "Give a consumer key and a consumer secret.")
	}
	if msg := k.wrong(); msg != "" {
		return 0, errs.New(errs.Invalid, "invalid_rest_keys", "These are no REST keys of WooCommerce.", errs.Field{Path: "rest_keys", Msg: msg})
	}
	err = db.InTx(ctx, shopID, func(tx *store.Tx) error {
		all, err := tx.Connections(ctx)
		if err != nil {
			return err
		}
		for _, c := range all {
			if c.RevokedAt.IsZero() {
				id = c.ID
				return tx.SetRestKeys(ctx, id, platform.SealRestKeys(keys, c.TokenHash, k.Key, k.Secret))
			}
		}
		return errs.New(errs.NotFound, "no_connection", "This shop has no live connection to a WooCommerce store.")
	})
	return id, err
}

// random is 256 bits in base64url.
func random() string {
	var b [32]byte
	_, _ = rand.Read(b[:]) // never fails
	return base64.RawURLEncoding.EncodeToString(b[:])
}

var (
	shopifyDomain = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,99}\.myshopify\.com$`)
	hostName      = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)
)

// normalise checks n, reports every wrong field, and puts it into its one form.
func (n *NewShop) normalise() error {
	var fields []errs.Field
	wrong := func(path, msg string) { fields = append(fields, errs.Field{Path: path, Msg: msg}) }

	n.Domain = strings.ToLower(strings.TrimSpace(n.Domain))
	switch n.Platform {
	case order.Shopify:
		if !shopifyDomain.MatchString(n.Domain) {
			wrong("domain", "must be the shop's own domain, such as example.myshopify.com")
		}
		if n.BaseURL != "" || n.Secret != "" || n.RestKeys != (RestKeys{}) {
			wrong("platform", "a Shopify shop has no base URL, secret or REST keys of its own")
		}
	case order.WooCommerce:
		if !validHost(n.Domain) {
			wrong("domain", "must be the host of the store, such as shop.example.com")
		}
		if n.BaseURL == "" {
			n.BaseURL = "https://" + n.Domain
		}
		if u, err := url.Parse(n.BaseURL); err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" || u.User != nil {
			wrong("base_url", "must be the address of the store, such as https://shop.example.com")
		}
		if n.Secret != "" && len(n.Secret) < shortestSecret {
			wrong("secret", fmt.Sprintf("must have %d characters at least, and should have %d", shortestSecret, goodSecret))
		}
		if msg := n.RestKeys.wrong(); msg != "" {
			wrong("rest_keys", msg)
		}
	default:
		wrong("platform", "must be shopify or woocommerce")
	}
	if n.Name = strings.TrimSpace(n.Name); n.Name == "" {
		n.Name = n.Domain
	}
	if utf8.RuneCountInString(n.Name) > 200 {
		wrong("name", "must have at most 200 characters")
	}
	if c, err := money.ParseCurrency(n.Currency); err != nil {
		wrong("currency", err.Error())
	} else {
		n.Currency = string(c)
	}
	if _, err := time.LoadLocation(n.TimeZone); err != nil || n.TimeZone == "" || n.TimeZone == "Local" {
		wrong("time_zone", "must be an IANA name such as America/New_York")
	}
	if fields != nil {
		return errs.New(errs.Invalid, "invalid_shop", "The shop cannot be added like this.", fields...)
	}
	return nil
}

// validHost accepts a host name or an IP address, with or without a port.
func validHost(s string) bool {
	host := s
	if h, port, err := net.SplitHostPort(s); err == nil {
		if p, err := strconv.ParseUint(port, 10, 16); err != nil || p == 0 {
			return false
		}
		host = h
	}
	return net.ParseIP(host) != nil || (len(host) <= 253 && hostName.MatchString(host))
}
