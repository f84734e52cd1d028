package tenant

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"time"

	"tributary/internal/domain/order"
	"tributary/internal/errs"
	"tributary/internal/platform"
	"tributary/internal/platform/woocommerce"
	"tributary/internal/seal"
	"tributary/internal/store"
)

// WooConnect is the kind of outbox work that verifies the keys a store has sent
// and makes a connection of them.
const WooConnect = "woo:connect"

// WooConnectPayload is that work's payload.
type WooConnectPayload struct {
	V         int   `json:"v"`
	InstallID int64 `json:"install_id"`
}

// WooInstaller connects WooCommerce stores by their own consent page, and keeps
// their webhooks.
//
// A store's answer is not signed and says not even whose it is. So the shop is
// the one that began; the browser that comes back must be the one that opened
// the page, which had it by a link that works once; the state that the store
// gives back works once; and the keys count only when they open the store at the
// address that was typed.
type WooInstaller struct {
	DB     *store.DB
	Keys   *seal.Keys
	Client *woocommerce.Client
	Log    *slog.Logger
	// PublicURL is where stores reach us. They give keys to https only.
	PublicURL string
}

// The pages of a connection on its way, below PublicURL.
const (
	WooOpenPath     = "/connect/woocommerce/"
	WooCallbackPath = "/connect/woocommerce/callback"
	WooReturnPath   = "/connect/woocommerce/return"
)

// WooInstallFor is how long a merchant may take.
const WooInstallFor = 15 * time.Minute

// BegunInstall is a connection that can be opened in a browser, once.
type BegunInstall struct {
	ID      int64
	OpenURL string
	Until   time.Time
}

// Begin looks whether a store can be connected and begins it. What speaks
// against it is an error for its merchant.
func (i *WooInstaller) Begin(ctx context.Context, shopID int64, typed string) (*BegunInstall, error) {
	base, err := woocommerce.StoreURL(typed)
	if err != nil {
		return nil, errs.New(errs.Invalid, "invalid_store_url", "The store cannot be connected like this.", errs.Field{Path: "store_url", Msg: err.Error()})
	}
	if err := i.DB.InTx(ctx, shopID, func(tx *store.Tx) error {
		shop, err := tx.Shop(ctx)
		if err == nil && shop.Platform != order.WooCommerce {
			err = errs.New(errs.Conflict, "not_woocommerce", "This shop is not a WooCommerce shop.")
		}
		return err
	}); err != nil {
		return nil, err
	}
	p, err := i.Client.Preflight(ctx, base)
	if err != nil {
		return nil, err
	}
	if p != nil {
		return nil, errs.New(errs.Invalid, p.Code, p.Text, errs.Field{Path: "store_url", Msg: p.Text})
	}
	ticket := random()
	b := &BegunInstall{OpenURL: i.PublicURL + WooOpenPath + ticket}
	return b, i.DB.InTx(ctx, shopID, func(tx *store.Tx) (err error) {
		b.Until = tx.Now.Add(WooInstallFor)
		b.ID, err = tx.BeginWooInstall(ctx, base, hashOf(ticket), b.Until)
		return err
	})
}

func hashOf(secret string) []byte {
	h := sha256.Sum256([]byte(secret))
	return h[:]
}

var errWooLink = errs.New(errs.Conflict, "link_used", "This link has been used already, or is too old. Begin again where it came from.")

// Open uses a ticket up. It returns where to send the browser and the cookie to
// give it.
func (i *WooInstaller) Open(ctx context.Context, ticket string) (redirect, cookie string, err error) {
	shopID, id, err := i.DB.WooInstallByTicket(ctx, hashOf(ticket))
	if store.IsNotFound(err) {
		return "", "", errWooLink
	}
	if err != nil {
		return "", "", err
	}
	state := random()
	cookie = random()
	err = i.DB.InTx(ctx, shopID, func(tx *store.Tx) error {
		ok, err := tx.OpenWooInstall(ctx, id, hashOf(state), hashOf(cookie))
		if err != nil {
			return err
		}
		if !ok {
			return errWooLink
		}
		w, err := tx.WooInstall(ctx, id)
		if err != nil {
			return err
		}
		redirect, err = woocommerce.Ask{AppName: "Tributary", State: state, CallbackURL: i.PublicURL + WooCallbackPath, ReturnTo: i.PublicURL + WooReturnPath}.ConsentURL(w.BaseURL)
		return err
	})
	return redirect, cookie, err
}

// Callback takes the keys that a store sends. The store waits for the answer and
// throws the keys away on any but 200, so nothing is verified here. It returns
// the shop that has work to do now.
func (i *WooInstaller) Callback(ctx context.Context, body []byte) (shopID int64, err error) {
	g, ok := woocommerce.ReadGranted(body)
	if !ok {
		return 0, errs.New(errs.BadRequest, "no_keys", "These are no keys of a WooCommerce store.")
	}
	shopID, id, err := i.DB.WooInstallByState(ctx, hashOf(g.State))
	if store.IsNotFound(err) {
		return 0, errs.New(errs.NotFound, "unknown_state", "Nobody has asked for these keys.")
	}
	if err != nil {
		return 0, err
	}
	return shopID, i.DB.InTx(ctx, shopID, func(tx *store.Tx) error {
		sealed := i.Keys.Seal([]byte(g.Key+"\n"+g.Secret), platform.InstallKeysPlace(shopID, id))
		ok, err := tx.GiveWooKeys(ctx, id, sealed, g.Rights)
		if err != nil {
			return err
		}
		if !ok {
			return errs.New(errs.Conflict, "state_used", "These keys come a second time, or too late.")
		}
		_, err = tx.AddOutbox(ctx, WooConnect, WooConnectPayload{V: 1, InstallID: id})
		return err
	})
}

var errWooBrowser = errs.New(errs.Unauthorized, "other_browser", "This connection was not begun in this browser, or too long ago. Begin again in the app.")

// Return takes the query that a store sends the browser back with and the cookie
// of Open. It reports whether the merchant agreed, and the shop that has work to
// do now.
func (i *WooInstaller) Return(ctx context.Context, q url.Values, cookie string) (shopID int64, agreed bool, err error) {
	shopID, id, err := i.DB.WooInstallByState(ctx, hashOf(q.Get("user_id")))
	if store.IsNotFound(err) || cookie == "" {
		return 0, false, errWooBrowser
	}
	if err != nil {
		return 0, false, err
	}
	agreed = q.Get("success") == "1"
	return shopID, agreed, i.DB.InTx(ctx, shopID, func(tx *store.Tx) error {
		w, err := tx.WooInstall(ctx, id)
		if err != nil {
			return err
		}
		if subtle.ConstantTimeCompare(hashOf(cookie), w.SessionHash) != 1 || !tx.Now.Before(w.Until) {
			return errWooBrowser
		}
		if !agreed {
			if w.Step != store.WooOpened { // keys came: it was agreed to
				return errWooBrowser
			}
			return tx.EndWooInstall(ctx, id, store.WooDenied, "", "[]", 0)
		}
		if w.Step == store.WooOpened {
			return errs.New(errs.Conflict, "no_keys_came", "The store says that it has sent its keys, but none have come. Its server must be able to reach "+i.PublicURL+". Begin again in the app.")
		}
		if ok, err := tx.ReturnWooInstall(ctx, id); err != nil || !ok {
			return err
		}
		_, err = tx.AddOutbox(ctx, WooConnect, WooConnectPayload{V: 1, InstallID: id})
		return err
	})
}

// Connect verifies the keys of an installation and, once its browser is back,
// makes a connection of them with its webhooks. It is safe to repeat.
func (i *WooInstaller) Connect(ctx context.Context, shopID, id int64) error {
	var w *store.WooInstall
	var shop *store.Shop
	if err := i.DB.InTx(ctx, shopID, func(tx *store.Tx) (err error) {
		if shop, err = tx.Shop(ctx); err != nil {
			return err
		}
		w, err = tx.WooInstall(ctx, id)
		return err
	}); err != nil {
		return err
	}
	if w.Keys == nil || w.Step != store.WooReceived && w.Step != store.WooVerified {
		return nil
	}
	both, err := i.Keys.Open(w.Keys, platform.InstallKeysPlace(shopID, id))
	if err != nil {
		return fmt.Errorf("open the keys that a store has sent: %w", err)
	}
	key, secret, _ := strings.Cut(string(both), "\n")
	if w.Step == store.WooReceived {
		ok, err := i.verify(ctx, shop, w, woocommerce.Access{BaseURL: w.BaseURL, Key: key, Secret: secret})
		if err != nil || !ok {
			return err
		}
	}
	made := false
	token, hookSecret := random(), random()
	err = i.DB.InTx(ctx, shopID, func(tx *store.Tx) error {
		now, err := tx.WooInstall(ctx, id)
		if err != nil || now.Step != store.WooVerified || now.ReturnedAt.IsZero() {
			return err
		}
		hash := hashOf(token)
		c, err := tx.AddConnection(ctx, store.NewConnection{TokenHash: hash, Secret: platform.SealSecret(i.Keys, hash, hookSecret), BaseURL: now.BaseURL,
			RestKeys: platform.SealRestKeys(i.Keys, hash, key, secret), Token: platform.SealDeliveryToken(i.Keys, hash, token), KeepHooks: true})
		if err != nil {
			return err
		}
		made = true
		return tx.EndWooInstall(ctx, id, store.WooConnected, now.Found, now.Problems, c)
	})
	if err != nil || !made {
		return err
	}
	i.Log.Info("a WooCommerce store was connected", "shop_id", shopID, "store", w.BaseURL)
	return i.KeepHooks(ctx, shopID)
}

// verify asks the store who it is. It reports whether the keys may be used.
func (i *WooInstaller) verify(ctx context.Context, shop *store.Shop, w *store.WooInstall, a woocommerce.Access) (bool, error) {
	site, problems, err := i.Client.Look(ctx, a)
	if err != nil {
		return false, err
	}
	if w.Rights != "read_write" {
		problems = append(problems, woocommerce.Problem{Code: "read_only", Text: "The keys may only " + w.Rights + ". They must read and write: connect the store again.", Stops: true})
	}
	if site != nil && site.Currency != shop.Currency {
		problems = append(problems, woocommerce.Problem{Code: "other_currency", Text: fmt.Sprintf("The store sells in %s; this shop's books are in %s.", site.Currency, shop.Currency)})
	}
	step := store.WooVerified
	for _, p := range problems {
		if p.Stops {
			step = store.WooFailed
		}
	}
	found, err := json.Marshal(site)
	if err != nil {
		return false, err
	}
	return step == store.WooVerified, i.DB.InTx(ctx, shop.ID, func(tx *store.Tx) error {
		return tx.EndWooInstall(ctx, w.ID, step, string(found), problemsJSON(problems), 0)
	})
}

func problemsJSON(problems []woocommerce.Problem) string {
	if len(problems) == 0 {
		return "[]"
	}
	b, err := json.Marshal(problems)
	if err != nil {
		return "[]"
	}
	return string(b)
}

// The waits between two looks at a store's webhooks.
const (
	hooksEvery      = time.Hour
	hooksAfterError = 15 * time.Minute
)

// KeepHooks looks at the webhooks of a shop's store: those that are missing are
// made, those that the store has switched off or that were changed are mended.
// What older connections left behind is taken away, and they end. It is safe to
// repeat and to be killed.
func (i *WooInstaller) KeepHooks(ctx context.Context, shopID int64) error {
	k := keeper{WooInstaller: i, shopID: shopID}
	err := k.run(ctx)
	if store.IsNotFound(err) {
		return nil // no connection with webhooks of ours
	}
	var e *woocommerce.Error
	if !errors.As(err, &e) {
		return err
	}
	_, problems, lerr := i.Client.Look(ctx, k.access)
	if lerr != nil || len(problems) == 0 {
		problems = []woocommerce.Problem{{Code: "webhooks", Text: "The store's webhooks cannot be kept: " + e.Reason + ".", Stops: true}}
	}
	return i.DB.InTx(ctx, shopID, func(tx *store.Tx) error {
		if err := tx.SetRestHealth(ctx, k.c.ID, shorten(e.Reason)); err != nil {
			return err
		}
		return tx.NextHooks(ctx, k.c.ID, tx.Now.Add(max(hooksAfterError, e.RetryAfter)), problemsJSON(problems))
	})
}

func shorten(s string) string {
	const longest = 300
	if r := []rune(s); len(r) > longest {
		return string(r[:longest]) + "…"
	}
	return s
}
