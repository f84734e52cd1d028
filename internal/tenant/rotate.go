package tenant

import (
	"context"
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

// Rotate seals the secrets of all shops with the first of the keys. It is safe
// to repeat, to be killed, and to run beside servers that know all of the keys.
func Rotate(ctx context.Context, db *store.DB, keys *seal.Keys) (Rotation, error) {
	r := Rotation{Kept: map[string]int{}}
	var shops []store.ShopRef
	if err := db.InTx(ctx, 0, func(tx *store.Tx) (err error) { shops, err = tx.Shops(ctx); return err }); err != nil {
		return r, err
	}
	for _, s := range shops {
		if err := db.InTx(ctx, s.ID, func(tx *store.Tx) error { return r.shop(ctx, tx, keys) }); err != nil {
			return r, err
		}
	}
	return r, nil
}

func (r *Rotation) shop(ctx context.Context, tx *store.Tx, keys *seal.Keys) error {
	shop, err := tx.Shop(ctx)
	if err != nil {
		return err
	}
	known, others, err := tx.SealedValues(ctx)
	if err != nil {
		return err
	}
	for _, o := range others {
		if !keys.Current(o.Value) {
			r.Kept[o.What]++
		}
	}
	for _, k := range known {
		if keys.Current(k.Value) || len(k.Value) == 0 { // an empty hash key was destroyed
			r.Current++
			continue
		}
		var place []byte
		switch k.What {
		case store.SealedHashKey:
			place = platform.HashKeyPlace(shop.Platform, shop.Domain)
		case store.SealedConnection:
			place = platform.SecretPlace(k.Place)
		case store.SealedRestKeys:
			place = platform.RestKeysPlace(k.Place)
		case store.SealedAccess:
			place = platform.TokenPlace(shop.ID, platform.AccessToken)
		case store.SealedRefresh:
			place = platform.TokenPlace(shop.ID, platform.RefreshToken)
		}
		plain, err := keys.Open(k.Value, place)
		if err != nil {
			return fmt.Errorf("the %s of %s: %w", k.What, shop.Domain, err)
		}
		if ok, err := tx.Reseal(ctx, k, keys.Seal(plain, place)); err != nil {
			return err
		} else if ok { // else somebody has replaced it meanwhile
			r.Sealed++
		}
	}
	return nil
}
