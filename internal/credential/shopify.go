// Package credential keeps what opens a shop's store and hands it to the use
// cases that call the store. Shopify's tokens live an hour: they are renewed
// when they are about to end, by one caller at a time over all processes.
package credential

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"tributary/internal/errs"
	"tributary/internal/platform"
	"tributary/internal/platform/shopify"
	"tributary/internal/seal"
	"tributary/internal/store"
)

// Shopify hands out access to Shopify shops. It is safe for concurrent use.
type Shopify struct {
	DB   *store.DB
	Keys *seal.Keys
	API  *shopify.API
	Log  *slog.Logger
}

const (
	// renewBefore is how long before its end a token is not handed out any more.
	renewBefore = 5 * time.Minute
	// renewLease is how long a renewal may take; then another caller may try.
	renewLease = 2 * time.Minute
	// idleRenewal is after how long a shop's tokens are renewed that nobody
	// uses: the refresh token itself ends after 90 days.
	idleRenewal = 45 * 24 * time.Hour
	// How often one who waits for another's renewal looks.
	lookAgain = 50 * time.Millisecond
)

// ErrReopen tells that only the merchant can help: the app has to be opened
// again in the store's admin.
var ErrReopen = errs.New(errs.Conflict, "shopify_reopen", "Shopify does not accept our access to this store any more. Open the app in the store's admin once, and it is renewed.")

// ErrNotInstalled tells that the shop has never given us access, or has taken
// it away.
var ErrNotInstalled = errs.New(errs.Conflict, "shopify_not_installed", "The app is not installed in this Shopify store. Install it from the store's admin.")

// Access returns a token that is good for some minutes at least. Errors are
// ErrReopen, ErrNotInstalled, *shopify.Error, or of ctx.
func (s *Shopify) Access(ctx context.Context, shopID int64) (shopify.Access, error) {
	return s.access(ctx, shopID, func(a *store.ShopifyAccess, now time.Time) bool { return now.Before(a.AccessUntil.Add(-renewBefore)) })
}

func (s *Shopify) access(ctx context.Context, shopID int64, good func(*store.ShopifyAccess, time.Time) bool) (shopify.Access, error) {
	for {
		var a *store.ShopifyAccess
		var domain string
		claimed, usable := false, false
		err := s.DB.InTx(ctx, shopID, func(tx *store.Tx) error {
			shop, err := tx.Shop(ctx)
			if err != nil {
				return err
			}
			domain = shop.Domain
			if a, err = tx.ShopifyAccess(ctx); err != nil {
				return err
			}
			if a.Dead || good(a, tx.Now) {
				return nil
			}
			claimed, err = tx.ClaimRenewal(ctx, a.Generation, renewLease)
			// While somebody else renews, what there is serves until its very end.
			usable = tx.Now.Before(a.AccessUntil.Add(-10 * time.Second))
			return err
		})
		switch {
		case store.IsNotFound(err):
			return shopify.Access{}, ErrNotInstalled
		case err != nil:
			return shopify.Access{}, err
		case a.Dead:
			return shopify.Access{}, ErrReopen
		case claimed:
			if err := s.renew(ctx, shopID, domain, a); err != nil {
				return shopify.Access{}, err
			}
		case good(a, s.DB.Now()), usable:
			token, err := platform.OpenToken(s.Keys, shopID, platform.AccessToken, a.Access)
			return shopify.Access{Shop: domain, Token: token}, err
		default:
			if err := platform.Sleep(ctx, lookAgain); err != nil {
				return shopify.Access{}, err
			}
		}
	}
}

// renew asks for a new pair and stores it. A process that dies in between costs
// nothing: the refresh token stays good until the new pair is used.
func (s *Shopify) renew(ctx context.Context, shopID int64, domain string, a *store.ShopifyAccess) error {
	refresh, err := platform.OpenToken(s.Keys, shopID, platform.RefreshToken, a.Refresh)
	if err != nil {
		return err
	}
	t, err := s.API.Renew(ctx, domain, refresh)
	// Whoever asked may be gone; what is known now is written down all the same.
	after, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	if err != nil {
		dead := shopify.IsDead(err)
		why, again := "renewing the access failed", s.DB.Now().Add(time.Hour)
		var e *shopify.Error
		if errors.As(err, &e) {
			why = e.Reason
		}
		if dead {
			s.Log.Warn("access to a shop has ended", "shop_id", shopID, "reason", why)
		}
		if werr := s.DB.InTx(after, shopID, func(tx *store.Tx) error { return tx.GiveUpRenewal(after, a.Generation, why, dead, again) }); werr != nil {
			return errors.Join(err, werr)
		}
		if dead {
			return ErrReopen
		}
		return err
	}
	return s.DB.InTx(after, shopID, func(tx *store.Tx) error {
		_, err := tx.StoreRenewal(after, a.Generation, Seal(s.Keys, shopID, t, tx.Now))
		return err
	})
}

// Seal makes of a token what is stored.
func Seal(keys *seal.Keys, shopID int64, t shopify.Token, now time.Time) store.TokenPair {
	p := store.TokenPair{
		Access: platform.SealToken(keys, shopID, platform.AccessToken, t.Access), Refresh: platform.SealToken(keys, shopID, platform.RefreshToken, t.Refresh),
		Scopes: t.Scopes, AccessUntil: now.Add(t.AccessFor), RefreshUntil: now.Add(t.RefreshFor),
	}
	p.RenewAt = now.Add(min(idleRenewal, t.RefreshFor/2))
	return p
}

// Query sends a document to the shop. A token that Shopify does not accept is
// marked dead, unless it has been replaced meanwhile: then the new one is tried.
func (s *Shopify) Query(ctx context.Context, shopID int64, document string, vars map[string]any, out any) error {
	return s.Do(ctx, shopID, func(a shopify.Access) error { return s.API.Query(ctx, a, document, vars, out) })
}

// Do calls the shop with its token, once more with a newer one when the token
// turns out to be dead and there is one.
func (s *Shopify) Do(ctx context.Context, shopID int64, call func(shopify.Access) error) error {
	a, err := s.Access(ctx, shopID)
	if err != nil {
		return err
	}
	if err = call(a); !shopify.IsDead(err) {
		return err
	}
	newer, aerr := s.refused(ctx, shopID, a.Token, err)
	if aerr != nil {
		return aerr
	}
	if newer.Token == "" {
		return ErrReopen
	}
	if err = call(newer); shopify.IsDead(err) {
		if _, aerr := s.refused(ctx, shopID, newer.Token, err); aerr != nil {
			return aerr
		}
		return ErrReopen
	}
	return err
}

// refused marks the access dead whose token was refused. It returns another one
// if that has taken its place.
func (s *Shopify) refused(ctx context.Context, shopID int64, token string, cause error) (newer shopify.Access, err error) {
	err = s.DB.InTx(ctx, shopID, func(tx *store.Tx) error {
		shop, err := tx.Shop(ctx)
		if err != nil {
			return err
		}
		a, err := tx.ShopifyAccess(ctx)
		if store.IsNotFound(err) {
			return nil // uninstalled meanwhile
		}
		if err != nil {
			return err
		}
		have, err := platform.OpenToken(s.Keys, shopID, platform.AccessToken, a.Access)
		if err != nil {
			return err
		}
		if have != token && !a.Dead {
			newer = shopify.Access{Shop: shop.Domain, Token: have}
			return nil
		}
		why := "the access token is not accepted"
		var e *shopify.Error
		if errors.As(cause, &e) {
			why = e.Reason
		}
		s.Log.Warn("access to a shop has ended", "shop_id", shopID, "reason", why)
		return tx.SetShopifyHealth(ctx, a.Generation, why, true)
	})
	return newer, err
}

// RenewIdle renews the access to shops that nobody has called for long. One
// that fails does not stop the others.
func (s *Shopify) RenewIdle(ctx context.Context) error {
	shops, err := s.DB.DueRenewals(ctx)
	if err != nil {
		return err
	}
	var failed error
	for _, id := range shops {
		seen := int64(0)
		_, err := s.access(ctx, id, func(a *store.ShopifyAccess, _ time.Time) bool {
			first := seen == 0
			if first {
				seen = a.Generation
			}
			return a.Generation != seen
		})
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil && !errors.Is(err, ErrReopen) && !errors.Is(err, ErrNotInstalled) {
			failed = errors.Join(failed, fmt.Errorf("renew the access to shop %d: %w", id, err))
		}
	}
	return failed
}
