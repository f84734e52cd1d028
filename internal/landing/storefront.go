package landing

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"tributary/internal/credential"
	"tributary/internal/domain/order"
	"tributary/internal/domain/page"
	"tributary/internal/errs"
	"tributary/internal/outbox"
	"tributary/internal/platform"
	"tributary/internal/platform/shopify"
	"tributary/internal/platform/woocommerce"
	"tributary/internal/seal"
	"tributary/internal/store"
)

// Handlers are who does the work of stores' own pages.
func (s *Storefronts) Handlers() map[string]outbox.Handler {
	return map[string]outbox.Handler{
		store.PageApply: func(ctx context.Context, w outbox.Work) error {
			var p store.PagePayload
			if err := json.Unmarshal(w.Payload, &p); err != nil {
				return outbox.Final(err)
			}
			err := s.Apply(ctx, w.ShopID, p.PageID)
			if err != nil && Permanent(err) {
				return outbox.Final(err)
			}
			return err
		},
		store.PluginPair: func(ctx context.Context, w outbox.Work) error {
			_, err := s.Pair(ctx, w.ShopID)
			var e *errs.Error
			if errors.As(err, &e) && (e.Code != errAbsent.Code || w.Attempt > pairAttempts) {
				return nil // there is nothing to pair with: that is no failure
			}
			return err
		},
	}
}

// pairAttempts is how often a plugin that is not there is looked for after a
// store was connected: for some two days, as the outbox waits.
const pairAttempts = 8

// Storefronts show pages in the stores themselves: as entries of a metaobject
// on Shopify, and by the companion plugin on WooCommerce.
type Storefronts struct {
	DB   *store.DB
	Keys *seal.Keys
	Log  *slog.Logger
	// Shopify and WooCommerce are how stores are called.
	Shopify     *credential.Shopify
	WooCommerce *woocommerce.Client
	// BaseURL is where this server is reached, without a slash at its end.
	BaseURL string
}

// wish is what the store is to show of a page.
type wish struct {
	shop *store.Shop
	page *store.LandingPage
	was  store.LandingPlace
	show *flattened // nil: nothing
}

// key tells wishes apart.
func (w *wish) key() string {
	if w.show == nil {
		return "hidden"
	}
	return w.page.Slug + " " + w.show.shown + " " + w.show.hash
}

// wish reads it.
func (s *Storefronts) wish(ctx context.Context, shopID, pageID int64) (*wish, error) {
	w := &wish{}
	err := s.DB.InTx(ctx, shopID, func(tx *store.Tx) (err error) {
		if w.shop, err = tx.Shop(ctx); err != nil {
			return err
		}
		if w.page, err = tx.LandingPage(ctx, pageID); err != nil {
			return err
		}
		if w.was, err = tx.LandingPlace(ctx, pageID); err != nil {
			return err
		}
		if w.shop.UninstalledAt == nil {
			w.show, err = s.live(ctx, tx, w.page)
		}
		return err
	})
	return w, err
}

// mostTurns is how often a page may change while the store is being told.
const mostTurns = 5

// Apply brings the store to what a page shows now. It is safe to repeat, and
// whoever is last to tell the store has told it the newest. An error that says
// Permanent is the store's last word: the page shows it.
func (s *Storefronts) Apply(ctx context.Context, shopID, pageID int64) error {
	told := ""
	for range mostTurns {
		w, err := s.wish(ctx, shopID, pageID)
		if err != nil || w.key() == told || w.shop.UninstalledAt != nil {
			return err
		}
		told = w.key()
		place, err := s.tell(ctx, w)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		switch {
		case unable(err):
			place.State, place.Note, err = store.PlaceAbsent, err.Error(), nil
		case err != nil:
			place.Note = err.Error()
			if Permanent(err) {
				place.State = store.PlaceFailed
			}
		}
		after, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		werr := s.DB.InTx(after, shopID, func(tx *store.Tx) error { return tx.SetLandingPlace(after, pageID, place) })
		cancel()
		if err := errors.Join(err, werr); err != nil {
			return err
		}
	}
	return nil
}

// tell tells the store and returns where it shows the page now.
func (s *Storefronts) tell(ctx context.Context, w *wish) (store.LandingPlace, error) {
	place := w.was
	place.Note = ""
	if w.show == nil && w.was.Handle == "" { // it was never there
		place.State = store.PlaceHidden
		return place, nil
	}
	var err error
	if w.shop.Platform == order.Shopify {
		err = s.shopify(ctx, w, &place)
	} else {
		err = s.woocommerce(ctx, w, &place)
	}
	return place, err
}

func (s *Storefronts) shopify(ctx context.Context, w *wish, place *store.LandingPlace) error {
	q := func(ctx context.Context, document string, vars map[string]any, out any) error {
		return s.Shopify.Query(ctx, w.shop.ID, document, vars, out)
	}
	if w.show == nil {
		if err := shopify.HidePage(ctx, q, w.was.Handle); err != nil {
			return err
		}
		place.State = store.PlaceHidden
		return nil
	}
	fields, err := w.show.fields()
	if err != nil {
		return err
	}
	for _, f := range fields {
		if len(f.Value) > shopify.LongestJSON {
			return errTooLong
		}
	}
	folder, err := shopify.EnsurePageType(ctx, q)
	if err != nil {
		return err
	}
	if err := shopify.ShowPage(ctx, q, w.was.Handle, w.page.Slug, fields); err != nil {
		return err
	}
	*place = store.LandingPlace{Handle: w.page.Slug, State: store.PlaceShown}
	if folder == "" {
		place.Note = "The store has the page, but its entries have no pages of their own: a theme can show it in any template."
		return nil
	}
	place.URL = "https://" + w.shop.Domain + "/pages/" + folder + "/" + w.page.Slug
	return nil
}

func (s *Storefronts) woocommerce(ctx context.Context, w *wish, place *store.LandingPlace) error {
	at, err := s.access(ctx, w.shop.ID)
	if err != nil {
		return err
	}
	p := woocommerce.PluginPage{Slug: cmp.Or(w.was.Handle, w.page.Slug), State: store.PlaceHidden}
	if w.show != nil {
		p = woocommerce.PluginPage{Slug: w.page.Slug, State: store.PlaceShown, Shown: w.show.shown, Data: w.show.Flattened}
		if w.was.Handle != w.page.Slug {
			p.Was = w.was.Handle
		}
	}
	kept, err := s.WooCommerce.PutPage(ctx, at.Access, p)
	if err != nil {
		return err
	}
	if err := s.linked(ctx, w.shop.ID, at, kept.Kid); err != nil {
		return err
	}
	address := kept.URL
	*place = store.LandingPlace{Handle: p.Slug, State: p.State}
	if _, ok := woocommerce.Origin(address); ok && w.show != nil {
		place.URL = address
	}
	return nil
}

// door is a store's REST API, and the connection it was opened with.
type door struct {
	woocommerce.Access
	tokenHash []byte
}

func (s *Storefronts) access(ctx context.Context, shopID int64) (door, error) {
	var c store.RestConnection
	err := s.DB.InTx(ctx, shopID, func(tx *store.Tx) (err error) { c, err = tx.RestConnection(ctx); return err })
	if store.IsNotFound(err) {
		return door{}, errNoKeys
	}
	if err != nil {
		return door{}, err
	}
	key, secret, err := platform.OpenRestKeys(s.Keys, c.TokenHash, c.Keys)
	return door{woocommerce.Access{BaseURL: c.BaseURL, Key: key, Secret: secret}, c.TokenHash}, err
}

// linked pairs the plugin with us unless it is: it knows the key kid.
func (s *Storefronts) linked(ctx context.Context, shopID int64, a door, kid string) error {
	var l *store.PluginLink
	err := s.DB.InTx(ctx, shopID, func(tx *store.Tx) (err error) { l, err = tx.PluginLink(ctx); return err })
	if store.IsNotFound(err) || err == nil && (l.Kid != kid || kid != hex.EncodeToString(a.tokenHash)) {
		_, err = s.pair(ctx, shopID, a)
	}
	return err
}

// Pair tells the companion plugin of a WooCommerce store the key of its session
// tokens. The merchant app in the store's admin works from then on.
func (s *Storefronts) Pair(ctx context.Context, shopID int64) (*store.PluginLink, error) {
	var shop *store.Shop
	if err := s.DB.InTx(ctx, shopID, func(tx *store.Tx) (err error) { shop, err = tx.Shop(ctx); return err }); err != nil {
		return nil, err
	}
	if shop.Platform != order.WooCommerce {
		return nil, errs.New(errs.Conflict, "no_plugin", "Shopify stores have no plugin: the app is there when it is installed.")
	}
	a, err := s.access(ctx, shopID)
	if err != nil {
		return nil, err
	}
	l, err := s.pair(ctx, shopID, a)
	var we *woocommerce.Error
	switch {
	case errors.Is(err, woocommerce.ErrNoPlugin):
		return nil, errAbsent
	case errors.As(err, &we):
		return nil, errs.New(errs.Conflict, "plugin_refused", "The companion plugin cannot be reached: "+we.Reason+".")
	}
	return l, err
}

func (s *Storefronts) pair(ctx context.Context, shopID int64, a door) (*store.PluginLink, error) {
	at, err := s.DB.ConnectionByToken(ctx, a.tokenHash)
	if err != nil {
		return nil, err
	}
	secret, err := platform.OpenSecret(s.Keys, a.tokenHash, at.Secret)
	if err != nil {
		return nil, err
	}
	l := &store.PluginLink{Kid: hex.EncodeToString(a.tokenHash)}
	p, err := s.WooCommerce.Pair(ctx, a.Access, woocommerce.PluginPairing{Kid: l.Kid, Key: base64.RawURLEncoding.EncodeToString(platform.PluginKey(secret)),
		Store: strings.TrimRight(a.BaseURL, "/"), API: s.BaseURL})
	if err != nil {
		return nil, err
	}
	if _, ok := woocommerce.Origin(p.HomeURL); !ok || len(p.HomeURL) > 500 || len(p.Version) > 40 {
		return nil, &woocommerce.Error{What: "pair the plugin", Status: 200, Code: "unexpected", Reason: "the plugin does not say where its site is"}
	}
	l.HomeURL, l.Version = strings.TrimRight(p.HomeURL, "/"), p.Version
	err = s.DB.InTx(ctx, shopID, func(tx *store.Tx) error {
		if err := tx.SetPluginLink(ctx, l); err != nil {
			return err
		}
		return tx.ShowPagesAgain(ctx)
	})
	if err != nil {
		return nil, err
	}
	s.Log.Info("plugin paired", "shop_id", shopID, "version", l.Version)
	return l, nil
}

// StorePage is a published page as the store's plugin asks for it.
type StorePage struct {
	Slug  string         `json:"slug"`
	State string         `json:"state"`
	Shown string         `json:"shown"`
	Data  page.Flattened `json:"data"`
}

// Visited is what a view of a page is recorded for.
type Visited struct{ Page, Agreement int64 }

// Seen finds out what a view in the store is of, by slug and by what the markup
// says was shown; the error says that there is no such page.
func (s *Storefronts) Seen(ctx context.Context, shopID int64, slug, shown string) (v Visited, variant string, err error) {
	err = s.DB.InTx(ctx, shopID, func(tx *store.Tx) error {
		l, err := tx.LandingBySlug(ctx, slug)
		if store.IsNotFound(err) {
			return errNoPage
		}
		if err != nil {
			return err
		}
		f, err := s.live(ctx, tx, l)
		if err != nil || f == nil {
			return errors.Join(err, errNoPage)
		}
		v, variant = Visited{l.ID, l.AgreementID}, f.scene.Variant
		if shown != "" && shown[0] >= 'a' && shown[0] <= 'd' { // an older one may still be in a cache
			variant = shown[:1]
		}
		return nil
	})
	return v, variant, err
}

// Shown lists what the shop's pages show now.
func (s *Storefronts) Shown(ctx context.Context, shopID int64) ([]StorePage, error) {
	out := []StorePage{}
	err := s.DB.InTx(ctx, shopID, func(tx *store.Tx) error {
		ids, err := tx.LandingShown(ctx)
		if err != nil {
			return err
		}
		for _, id := range ids {
			p, err := s.shown(ctx, tx, id)
			if err != nil {
				return fmt.Errorf("page %d: %w", id, err)
			}
			if p != nil {
				out = append(out, *p)
			}
		}
		return nil
	})
	return out, err
}

// ShownAt is what the page with a slug shows now; the error says that there is
// none.
func (s *Storefronts) ShownAt(ctx context.Context, shopID int64, slug string) (p *StorePage, err error) {
	err = s.DB.InTx(ctx, shopID, func(tx *store.Tx) error {
		l, err := tx.LandingBySlug(ctx, slug)
		if store.IsNotFound(err) {
			return errNoPage
		}
		if err != nil {
			return err
		}
		p, err = s.shown(ctx, tx, l.ID)
		return err
	})
	if err == nil && p == nil {
		err = errNoPage
	}
	return p, err
}

// Liquid is the page with a slug as markup for the store's theme, in which no
// Liquid is alive; the error says that there is none.
func (s *Storefronts) Liquid(ctx context.Context, shopID int64, slug string) (out []byte, err error) {
	err = s.DB.InTx(ctx, shopID, func(tx *store.Tx) error {
		l, err := tx.LandingBySlug(ctx, slug)
		if store.IsNotFound(err) {
			return errNoPage
		}
		if err != nil {
			return err
		}
		f, err := s.live(ctx, tx, l)
		if err != nil || f == nil {
			return errors.Join(err, errNoPage)
		}
		out, err = RenderLiquid(f.plain, f.scene, tx.Now)
		return err
	})
	return out, err
}

func (s *Storefronts) shown(ctx context.Context, tx *store.Tx, pageID int64) (*StorePage, error) {
	l, err := tx.LandingPage(ctx, pageID)
	if err != nil {
		return nil, err
	}
	f, err := s.live(ctx, tx, l)
	if err != nil || f == nil {
		return nil, err
	}
	return &StorePage{Slug: l.Slug, State: store.PlaceShown, Shown: f.shown, Data: f.Flattened}, nil
}

// live is what a page shows now, of variants the first: a store's page is the
// same for everybody. nil: nothing.
func (s *Storefronts) live(ctx context.Context, tx *store.Tx, l *store.LandingPage) (*flattened, error) {
	releases, err := tx.Releases(ctx, l.ID)
	live := page.LiveAt(releases, tx.Now)
	if err != nil || live == nil {
		return nil, err
	}
	return flat(ctx, tx, s.BaseURL, l, live.Variants[0])
}

var (
	errNoKeys  = errs.New(errs.Conflict, "no_rest_keys", "We have no keys of this store's REST API: give some that may write, with `tributary shop rest-keys`.")
	errAbsent  = errs.New(errs.Conflict, "plugin_absent", "The store does not have the companion plugin, or has it switched off. Install and activate it, then try again.")
	errTooLong = errs.New(errs.Invalid, "page_too_long", "The page is too long for the store: take out text or sections. It is shown at its own address.")
)

// unable reports whether err says that the store is not set up to show pages.
func unable(err error) bool {
	return errors.Is(err, errNoKeys) || errors.Is(err, woocommerce.ErrNoPlugin) || errors.Is(err, credential.ErrNotInstalled)
}

// Permanent reports whether trying again would end the same way.
func Permanent(err error) bool {
	var refused *shopify.Refused
	var se *shopify.Error
	var we *woocommerce.Error
	switch {
	case errors.Is(err, errTooLong), errors.As(err, &refused):
		return true
	case errors.As(err, &se):
		return se.Code == shopify.CodeDenied || se.Code == shopify.CodeNotAllowed
	case errors.As(err, &we):
		return we.Status >= 400 && we.Status < 500 && we.Status != 408 && we.Status != 429 || we.Code == "not_allowed"
	}
	return false
}
