package tenant

import (
	"context"
	"encoding/hex"
	"fmt"

	"tributary/internal/platform"
	"tributary/internal/seal"
	"tributary/internal/store"
)

// Rotation is what sealing everything anew came to.
type Rotation struct {
	Sealed  int            `json:"sealed"`         // anew, with the first key
	Current int            `json:"current"`        // were sealed with it already
	Kept    map[string]int `json:"kept,omitempty"` // by kind: what still needs an older key
}

// resealAtOnce is how many values are sealed anew in one transaction.
const resealAtOnce = 500

// Rotate seals all that is sealed in all shops with the first of the keys. It is
// safe to repeat, to be killed, and to run beside servers that know all of the
// keys.
func Rotate(ctx context.Context, db *store.DB, keys *seal.Keys) (Rotation, error) {
	r := Rotation{Kept: map[string]int{}}
	var shops []store.ShopRef
	if err := db.InTx(ctx, 0, func(tx *store.Tx) (err error) { shops, err = tx.Shops(ctx); return err }); err != nil {
		return r, err
	}
	for _, s := range shops {
		for _, kind := range store.SealedKinds() {
			if err := r.kind(ctx, db, keys, s.ID, kind); err != nil {
				return r, err
			}
		}
		if err := db.InTx(ctx, s.ID, func(tx *store.Tx) error {
			n, err := tx.SealedMail(ctx, keys.Prefix())
			if n > 0 {
				r.Kept["mail that waits"] += n
			}
			return err
		}); err != nil {
			return r, err
		}
	}
	return r, nil
}

// kind seals the values of a kind anew, some at a time: there may be a lead for
// each of a hundred thousand people.
func (r *Rotation) kind(ctx context.Context, db *store.DB, keys *seal.Keys, shopID int64, kind store.SealedKind) error {
	if err := db.InTx(ctx, shopID, func(tx *store.Tx) error {
		n, err := tx.SealedCurrent(ctx, kind, keys.Prefix())
		r.Current += n
		return err
	}); err != nil {
		return err
	}
	for more := true; more; {
		if err := db.InTx(ctx, shopID, func(tx *store.Tx) error {
			shop, err := tx.Shop(ctx)
			if err != nil {
				return err
			}
			old, err := tx.SealedOtherwise(ctx, kind, keys.Prefix(), resealAtOnce)
			if err != nil {
				return err
			}
			more = len(old) == resealAtOnce
			for _, v := range old {
				place, err := placeOf(shop, kind, v)
				if err != nil {
					return err
				}
				plain, err := keys.Open(v.Value, place)
				if err != nil {
					return fmt.Errorf("the %s of %s: %w", kind, shop.Domain, err)
				}
				if ok, err := tx.Reseal(ctx, kind, v, keys.Seal(plain, place)); err != nil {
					return err
				} else if ok { // else somebody has replaced it meanwhile
					r.Sealed++
				}
			}
			return nil
		}); err != nil {
			return err
		}
	}
	return nil
}

// placeOf is the place that a value was sealed for.
func placeOf(shop *store.Shop, kind store.SealedKind, v store.Sealed) ([]byte, error) {
	hash, err := hex.DecodeString(v.Place)
	switch kind {
	case store.SealedConnection:
		return platform.SecretPlace(hash), err
	case store.SealedRestKeys:
		return platform.RestKeysPlace(hash), err
	case store.SealedToken:
		return platform.DeliveryTokenPlace(hash), err
	case store.SealedHashKey:
		return platform.HashKeyPlace(shop.Platform, shop.Domain), nil
	case store.SealedAccess:
		return platform.TokenPlace(shop.ID, platform.AccessToken), nil
	case store.SealedRefresh:
		return platform.TokenPlace(shop.ID, platform.RefreshToken), nil
	case store.SealedInstall:
		return platform.InstallKeysPlace(shop.ID, v.ID), nil
	case store.SealedSocial:
		return platform.SocialPlace(shop.ID, v.Place), nil
	case store.SealedCRM:
		return platform.CRMPlace(shop.ID), nil
	case store.SealedLead:
		return platform.LeadPlace(shop.ID, v.Place, "email"), nil
	case store.SealedAnswers:
		return platform.LeadPlace(shop.ID, v.Place, "answers"), nil
	case store.SealedEntry:
		return platform.EntryPlace(shop.ID, v.ID), nil
	case store.SealedSubject:
		return platform.PrivacyPlace(shop.ID, "subject"), nil
	case store.SealedReport:
		return platform.PrivacyPlace(shop.ID, "report"), nil
	case store.SealedTax:
		return platform.TaxPlace(shop.ID, v.ID), nil
	case store.SealedPayee:
		return platform.PayeePlace(shop.ID, v.ID), nil
	}
	return nil, fmt.Errorf("nobody knows for which place a %s is sealed", kind)
}
