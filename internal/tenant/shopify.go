package tenant

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sync/singleflight"

	"tributary/internal/credential"
	"tributary/internal/domain/order"
	"tributary/internal/errs"
	"tributary/internal/platform"
	"tributary/internal/platform/shopify"
	"tributary/internal/seal"
	"tributary/internal/store"
)

// ShopifyScopes are what the app cannot work without; shopify.app.toml asks for
// them.
var ShopifyScopes = []string{"read_orders", "write_discounts"}

// ShopifyInstaller lets Shopify shops in.
type ShopifyInstaller struct {
	DB     *store.DB
	Keys   *seal.Keys
	Access *credential.Shopify
	// RedirectURL is where the authorization-code flow comes back to.
	RedirectURL string

	flights singleflight.Group
}

// Arrive is called whenever somebody opens the app in a store's admin. shop and
// sessionToken are of one id token that was verified before: the shop is its
// dest, never a parameter. A shop that is new, has come back, or whose access
// has ended is installed by exchanging the token; for any other nothing is
// called. Many may arrive at once. An *errs.Error with code
// shopify_stale_session asks for a fresh session token.
func (i *ShopifyInstaller) Arrive(ctx context.Context, shop, sessionToken string) (shopID int64, err error) {
	domain, ok := shopify.ShopDomain(shop)
	if !ok {
		return 0, errs.New(errs.Invalid, "invalid_shop", "That is no shop of Shopify's.")
	}
	if id, ok, err := i.installed(ctx, domain); err != nil || ok {
		return id, err
	}
	// Those who arrive meanwhile share what the first one gets; it goes on when
	// that one leaves.
	id, err, _ := i.flights.Do(domain, func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 25*time.Second)
		defer cancel()
		if id, ok, err := i.installed(ctx, domain); err != nil || ok {
			return id, err
		}
		t, err := i.Access.API.Exchange(ctx, domain, sessionToken)
		if err != nil {
			return int64(0), refusedToken(err)
		}
		return i.install(ctx, domain, t)
	})
	return id.(int64), err
}

func refusedToken(err error) error {
	var e *shopify.Error
	if errors.As(err, &e) && e.Code == "invalid_subject_token" {
		return fmt.Errorf("%w: %w", errs.New(errs.Unauthorized, "shopify_stale_session", "Shopify wants a fresh session token. Load the page again."), err)
	}
	return err
}

// installed finds a shop whose access works, as far as we know.
func (i *ShopifyInstaller) installed(ctx context.Context, domain string) (int64, bool, error) {
	id, err := i.DB.ShopByDomain(ctx, order.Shopify, domain)
	if errors.Is(err, store.ErrNotFound) {
		return 0, false, nil
	}
	if err != nil {
		return 0, false, err
	}
	good := false
	err = i.DB.InTx(ctx, id, func(tx *store.Tx) error {
		shop, err := tx.Shop(ctx)
		if err != nil || shop.UninstalledAt != nil {
			return err
		}
		a, err := tx.ShopifyAccess(ctx)
		if store.IsNotFound(err) {
			return nil
		}
		good = err == nil && !a.Dead && tx.Now.Before(a.RefreshUntil) && len(shopify.MissingScopes(a.Scopes, ShopifyScopes)) == 0
		return err
	})
	return id, good, err
}

// install reads what the shop is, adds it or takes it back, and stores its
// tokens in the same transaction as that. It is safe to repeat.
func (i *ShopifyInstaller) install(ctx context.Context, domain string, t shopify.Token) (id int64, err error) {
	is, err := i.Access.API.Installation(ctx, shopify.Access{Shop: domain, Token: t.Access})
	if err != nil {
		return 0, err
	}
	if is.Domain != domain {
		return 0, errs.New(errs.Conflict, "shop_mismatch", fmt.Sprintf("The token of %s opens another shop.", domain))
	}
	t.Scopes = is.Scopes
	n := NewShop{Platform: order.Shopify, Domain: domain, Name: is.Name, Currency: is.Currency, TimeZone: is.TimeZone}
	if err := n.normalise(); err != nil {
		return 0, err
	}
	err = i.DB.InTx(ctx, 0, func(tx *store.Tx) error {
		id, _, err = tx.InstallShop(ctx, store.NewShop{Platform: n.Platform, Domain: n.Domain, Name: n.Name, Currency: n.Currency, TimeZone: n.TimeZone,
			HashKey: platform.NewHashKey(i.Keys, n.Platform, n.Domain)})
		return err
	})
	if err != nil {
		return 0, err
	}
	return id, i.DB.InTx(ctx, id, func(tx *store.Tx) error {
		if err := tx.UpdateShop(ctx, n.Name, n.TimeZone, tx.Now); err != nil {
			return err
		}
		if err := tx.GrantShopifyAccess(ctx, credential.Seal(i.Keys, id, t, tx.Now)); err != nil {
			return err
		}
		return tx.ShowPagesAgain(ctx)
	})
}

// The authorization-code flow, for a shop that opens the app outside its admin.
// State is kept by the browser: a nonce that Shopify brings back, and a cookie
// that says for which shop and until when it counts, signed with a key of its
// own; nothing we sign with the client secret could pass for a webhook.
const (
	stateCookieFor = 10 * time.Minute
	statePurpose   = "shopify-oauth-state"
)

// Begin returns where to send the browser and the cookie value to give it.
func (i *ShopifyInstaller) Begin(shop string) (redirect, cookie string, err error) {
	domain, ok := shopify.ShopDomain(shop)
	if !ok {
		return "", "", errs.New(errs.Invalid, "invalid_shop", "That is no shop of Shopify's.")
	}
	var nonce [32]byte
	_, _ = rand.Read(nonce[:]) // never fails
	state := hex.EncodeToString(nonce[:])
	redirect, err = i.Access.API.AuthorizeURL(domain, state, i.RedirectURL, ShopifyScopes)
	if err != nil {
		return "", "", err
	}
	text := domain + "|" + state + "|" + strconv.FormatInt(i.DB.Now().Add(stateCookieFor).Unix(), 10)
	return redirect, text + "|" + i.signState(text), nil
}

// StateCookieFor is how long the cookie of Begin counts.
const StateCookieFor = stateCookieFor

func (i *ShopifyInstaller) signState(text string) string {
	m := hmac.New(sha256.New, i.Keys.Derive(statePurpose))
	m.Write([]byte(text))
	return base64.RawURLEncoding.EncodeToString(m.Sum(nil))
}

var errState = errs.New(errs.Unauthorized, "oauth_state", "This installation was not begun in this browser, or too long ago. Open the app from the store's admin again.")

// Finish takes the query Shopify sent the browser back with and the cookie of
// Begin, and installs the shop.
func (i *ShopifyInstaller) Finish(ctx context.Context, q url.Values, cookie string) (shopID int64, shop string, err error) {
	app := i.Access.API.App()
	shop, err = shopify.VerifyQuery(q, i.DB.Now(), app.ClientSecret, app.Previous)
	if err != nil {
		return 0, "", errs.New(errs.Unauthorized, "oauth_query", "Shopify did not sign this address, or it is too old: "+err.Error()+".")
	}
	at := strings.LastIndexByte(cookie, '|')
	if at < 0 || !hmac.Equal([]byte(i.signState(cookie[:at])), []byte(cookie[at+1:])) {
		return 0, "", errState
	}
	parts := strings.Split(cookie[:at], "|")
	until, perr := strconv.ParseInt(parts[len(parts)-1], 10, 64)
	if len(parts) != 3 || perr != nil || i.DB.Now().Unix() > until || parts[0] != shop || len(q["state"]) != 1 || !hmac.Equal([]byte(parts[1]), []byte(q.Get("state"))) {
		return 0, "", errState
	}
	if len(q["code"]) != 1 || q.Get("code") == "" {
		return 0, "", errs.New(errs.BadRequest, "oauth_code", "Shopify sent no code. The installation was declined, perhaps.")
	}
	t, err := i.Access.API.Redeem(ctx, shop, q.Get("code"))
	if err != nil {
		return 0, "", err
	}
	shopID, err = i.install(ctx, shop, t)
	return shopID, shop, err
}
