package program

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"tributary/internal/credential"
	"tributary/internal/domain/discount"
	"tributary/internal/domain/money"
	"tributary/internal/domain/order"
	"tributary/internal/errs"
	"tributary/internal/platform"
	"tributary/internal/platform/shopify"
	"tributary/internal/platform/woocommerce"
	"tributary/internal/seal"
	"tributary/internal/store"
)

// Codes brings stores to what is wanted of their discounts.
type Codes struct {
	DB   *store.DB
	Keys *seal.Keys
	Log  *slog.Logger
	// Shopify and WooCommerce are how stores are called.
	Shopify     *credential.Shopify
	WooCommerce *woocommerce.Client
}

// job is one discount on its way into the store.
type job struct {
	*Codes
	shop *store.Shop
	d    *store.Discount
	spec discount.Spec
	cur  money.Currency
}

// owner marks in the store whose a discount is, so that one that was made and
// whose answer was lost is known again.
func (j *job) owner() string { return "dsc_" + strconv.FormatInt(j.d.ID, 10) }

func (j *job) title() string { return j.d.Title + " (" + j.owner() + ")" }

// Apply brings the store to what is wanted of a discount. It looks before it
// makes anything, so it is safe to repeat, also when nobody knows what became of
// the last attempt. An error that says Permanent is the store's last word: the
// discount shows it. After any other the work should be tried again.
func (c *Codes) Apply(ctx context.Context, shopID, discountID int64) error {
	j := &job{Codes: c}
	err := c.DB.InTx(ctx, shopID, func(tx *store.Tx) (err error) {
		if j.shop, err = tx.Shop(ctx); err != nil {
			return err
		}
		j.d, err = tx.Discount(ctx, discountID)
		return err
	})
	if err != nil {
		return err
	}
	if err := json.Unmarshal([]byte(j.d.Spec), &j.spec); err != nil {
		return fmt.Errorf("read discount %d: %w", discountID, err)
	}
	j.cur = money.Currency(j.shop.Currency)
	revision := j.d.Revision
	if j.shop.Platform == order.Shopify {
		err = j.shopify(ctx)
	} else {
		err = j.woocommerce(ctx)
	}
	j.d.Note = ""
	if err == nil {
		j.d.Applied = revision
	} else if ctx.Err() == nil {
		j.d.Note = err.Error()
		if Permanent(err) {
			j.d.State = "failed"
		}
	} else {
		return err
	}
	after, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	werr := c.DB.InTx(after, shopID, func(tx *store.Tx) error {
		if err := tx.SetDiscount(after, j.d); err != nil {
			return err
		}
		if j.d.State == "deleted" {
			return tx.EndCodesOf(after, j.d.ID)
		}
		return nil
	})
	return errors.Join(err, werr)
}

// errNoKeys may pass: the keys can be given while the work waits.
var errNoKeys = errs.New(errs.Conflict, "no_rest_keys", "We have no keys of this store's REST API: give some that may write, with `tributary shop rest-keys`.")

// Permanent reports whether trying again would end the same way.
func Permanent(err error) bool {
	var refused *shopify.Refused
	var se *shopify.Error
	var we *woocommerce.Error
	switch {
	case errors.Is(err, errTaken), errors.As(err, &refused):
		return true
	case errors.As(err, &se):
		return se.Code == shopify.CodeDenied || se.Code == shopify.CodeNotAllowed
	case errors.As(err, &we):
		return we.Status >= 400 && we.Status < 500 && we.Status != 408 && we.Status != 429
	}
	return false
}

func (j *job) waiting(ctx context.Context, most int) ([]store.Code, error) {
	return j.codesIn(ctx, "waiting", most)
}

func (j *job) codesIn(ctx context.Context, state string, most int) (cs []store.Code, err error) {
	err = j.DB.InTx(ctx, j.shop.ID, func(tx *store.Tx) error {
		cs, err = tx.DiscountCodes(ctx, j.d.ID, state, most)
		return err
	})
	return cs, err
}

func (j *job) mark(ctx context.Context, f func(tx *store.Tx) error) error {
	return j.DB.InTx(ctx, j.shop.ID, f)
}

// shopify has one discount with all the codes.
func (j *job) shopify(ctx context.Context) error {
	q := func(ctx context.Context, document string, vars map[string]any, out any) error {
		return j.Shopify.Query(ctx, j.shop.ID, document, vars, out)
	}
	if j.d.Wanted == "deleted" {
		if j.d.RemoteID == "" { // it may be there all the same
			if _, err := j.adopt(ctx, q); err != nil && !errors.Is(err, errTaken) {
				return err
			}
		}
		if j.d.RemoteID != "" {
			if err := shopify.DeleteDiscount(ctx, q, j.d.RemoteID); err != nil {
				return err
			}
		}
		j.d.State, j.d.Edited = "deleted", ""
		return nil
	}
	if j.d.RemoteID == "" {
		found, err := j.adopt(ctx, q)
		if err != nil || !found {
			if err == nil {
				err = j.create(ctx, q)
			}
			if err != nil {
				return err
			}
		}
	}
	shown, err := shopify.DiscountByID(ctx, q, j.d.RemoteID, j.cur)
	if err != nil {
		return err
	}
	if shown == nil {
		j.d.State, j.d.Edited = "gone", "it was deleted in the store"
		return nil
	}
	if err := j.addCodes(ctx, q); err != nil {
		return err
	}
	removed, err := j.removeCodes(ctx, q)
	if err != nil {
		return err
	}
	paused := j.d.Wanted == "paused"
	on := shown.Status != "EXPIRED"
	over := j.spec.EndsAt != nil && !j.DB.Now().Before(*j.spec.EndsAt)
	if j.d.Applied < j.d.Revision {
		if paused && on {
			if err := shopify.SwitchDiscount(ctx, q, j.d.RemoteID, false); err != nil {
				return err
			}
		}
		if !paused {
			if !on && !over {
				if err := shopify.SwitchDiscount(ctx, q, j.d.RemoteID, true); err != nil {
					return err
				}
			}
			// Also gives back the end that letting it count has taken away.
			if _, _, err := shopify.SaveDiscount(ctx, q, j.d.RemoteID, j.title(), "", j.spec, j.cur, &shown.Spec); err != nil {
				return err
			}
		}
		if shown, err = shopify.DiscountByID(ctx, q, j.d.RemoteID, j.cur); err != nil || shown == nil {
			return err
		}
	}
	words := discount.Differences(j.spec, shown.Spec, j.cur, paused)
	if paused && shown.Status != "EXPIRED" {
		words = append(words, "it counts, though it is paused here")
	} else if !paused && !over && shown.Status == "EXPIRED" {
		words = append(words, "it does not count, though it is active here")
	}
	live := int64(0)
	if err := j.mark(ctx, func(tx *store.Tx) error {
		n, err := tx.CountDiscountCodes(ctx, j.d.ID)
		live = n["live"]
		return err
	}); err != nil {
		return err
	}
	if shown.Codes != live && removed == 0 { // a store takes them out in its own time
		words = append(words, fmt.Sprintf("it has %d codes, not %d", shown.Codes, live))
	}
	j.d.State, j.d.Edited = j.d.Wanted, strings.Join(words, "; ")
	return nil
}

// removeCodes takes single codes of a pool out of the store and returns how many.
func (j *job) removeCodes(ctx context.Context, q shopify.Query) (n int, err error) {
	for {
		cs, err := j.codesIn(ctx, "removing", shopify.MostCodes)
		if err != nil || len(cs) == 0 {
			return n, err
		}
		var ids []string
		for _, c := range cs {
			if c.RemoteID == "" { // it was never told by which id the store has it
				have, err := shopify.DiscountByCode(ctx, q, c.Code, j.cur)
				if err != nil {
					return n, err
				}
				if have == nil || have.ID != j.d.RemoteID || order.Fold(have.FirstCode.Code) != c.Code {
					continue
				}
				c.RemoteID = have.FirstCode.ID
			}
			ids = append(ids, c.RemoteID)
		}
		if len(ids) > 0 {
			if err := shopify.RemoveCodes(ctx, q, j.d.RemoteID, ids); err != nil {
				return n, err
			}
		}
		if err := j.removed(ctx, cs); err != nil {
			return n, err
		}
		n += len(cs)
	}
}

func (j *job) removed(ctx context.Context, cs []store.Code) error {
	return j.mark(ctx, func(tx *store.Tx) error {
		for _, c := range cs {
			if err := tx.SetCodeInStore(ctx, c.ID, "deleted", c.RemoteID, ""); err != nil {
				return err
			}
		}
		return nil
	})
}

// adopt finds the discount in the store by its first code. One that is not ours
// has taken the code.
func (j *job) adopt(ctx context.Context, q shopify.Query) (found bool, err error) {
	var cs []store.Code
	if err := j.mark(ctx, func(tx *store.Tx) (err error) { cs, err = tx.DiscountCodes(ctx, j.d.ID, "", 1); return err }); err != nil || len(cs) == 0 {
		return false, err
	}
	have, err := shopify.DiscountByCode(ctx, q, cs[0].Code, j.cur)
	if err != nil || have == nil {
		return false, err
	}
	if !strings.HasSuffix(have.Title, "("+j.owner()+")") {
		return false, errors.Join(fmt.Errorf("%s: %w", cs[0].Code, errTaken),
			j.mark(ctx, func(tx *store.Tx) error { return tx.SetCodeInStore(ctx, cs[0].ID, "failed", "", errTaken.Error()) }))
	}
	return true, j.made(ctx, have.ID, cs[0], have.FirstCode.ID)
}

func (j *job) create(ctx context.Context, q shopify.Query) error {
	cs, err := j.waiting(ctx, 1)
	if err != nil || len(cs) == 0 {
		return errors.Join(err, errTaken)
	}
	id, codeID, err := shopify.SaveDiscount(ctx, q, "", j.title(), cs[0].Code, j.spec, j.cur, nil)
	var refused *shopify.Refused
	if errors.As(err, &refused) {
		return errors.Join(err, j.mark(ctx, func(tx *store.Tx) error { return tx.SetCodeInStore(ctx, cs[0].ID, "failed", "", refused.Error()) }))
	}
	if err != nil {
		return err
	}
	return j.made(ctx, id, cs[0], codeID)
}

// made writes down what the store has before anything else is done.
func (j *job) made(ctx context.Context, id string, first store.Code, remote string) error {
	j.d.RemoteID = id
	return j.mark(ctx, func(tx *store.Tx) error {
		if err := tx.SetCodeInStore(ctx, first.ID, "live", remote, ""); err != nil {
			return err
		}
		return tx.SetDiscount(ctx, j.d)
	})
}

// addCodes brings the rest of a pool in, MostCodes at a time. A code that is
// taken is looked up: an attempt whose answer was lost may have made it.
func (j *job) addCodes(ctx context.Context, q shopify.Query) error {
	for {
		cs, err := j.waiting(ctx, shopify.MostCodes)
		if err != nil || len(cs) == 0 {
			return err
		}
		texts := make([]string, len(cs))
		ids := map[string]int64{}
		for i, c := range cs {
			texts[i], ids[c.Code] = c.Code, c.ID
		}
		added, err := shopify.AddCodes(ctx, q, j.d.RemoteID, texts)
		if err != nil {
			return err
		}
		for i, a := range added {
			if a.Refused == "TAKEN" {
				have, err := shopify.DiscountByCode(ctx, q, a.Code, j.cur)
				if err != nil {
					return err
				}
				if have != nil && have.ID == j.d.RemoteID {
					added[i].Refused = ""
				}
			}
		}
		if err := j.mark(ctx, func(tx *store.Tx) error {
			for _, a := range added {
				state, note := "live", ""
				if a.Refused != "" {
					state, note = "failed", a.Reason
				}
				if err := tx.SetCodeInStore(ctx, ids[a.Code], state, a.ID, note); err != nil {
					return err
				}
				delete(ids, a.Code)
			}
			return nil
		}); err != nil {
			return err
		}
		if len(ids) > 0 {
			return fmt.Errorf("shopify told nothing of %d codes", len(ids))
		}
	}
}

// woocommerce has a coupon for each code.
func (j *job) woocommerce(ctx context.Context) error {
	var c store.RestConnection
	var zone *time.Location
	err := j.mark(ctx, func(tx *store.Tx) (err error) { c, err = tx.RestConnection(ctx); return err })
	if store.IsNotFound(err) {
		return errNoKeys
	}
	if err != nil {
		return err
	}
	if zone, err = time.LoadLocation(j.shop.TimeZone); err != nil {
		return err
	}
	key, secret, err := platform.OpenRestKeys(j.Keys, c.TokenHash, c.Keys)
	if err != nil {
		return err
	}
	access := woocommerce.Access{BaseURL: c.BaseURL, Key: key, Secret: secret}
	var all []store.Code
	if err := j.mark(ctx, func(tx *store.Tx) (err error) { all, err = tx.DiscountCodes(ctx, j.d.ID, "", MostPool); return err }); err != nil {
		return err
	}
	behind := j.d.Applied < j.d.Revision
	if j.d.Wanted == "deleted" {
		return j.deleteCoupons(ctx, access, all)
	}
	var todo []woocommerce.CouponOf
	byCode := map[string]store.Code{}
	for _, k := range all {
		id, _ := strconv.ParseInt(k.RemoteID, 10, 64)
		if k.StoreState == "waiting" || k.StoreState == "live" && behind {
			todo = append(todo, woocommerce.CouponOf{ID: id, Code: k.Code, Owner: j.owner(), Paused: j.d.Wanted == "paused", Spec: j.spec})
		}
		byCode[order.Fold(k.Code)] = k
	}
	failed := 0
	for len(todo) > 0 {
		part := todo[:min(len(todo), woocommerce.MostCoupons)]
		todo = todo[len(part):]
		bad, err := j.saveCoupons(ctx, access, part, byCode, zone)
		if err != nil {
			return err
		}
		failed += bad
	}
	if failed == len(all) {
		return errTaken
	}
	if err := j.removeCoupons(ctx, access); err != nil {
		return err
	}
	j.d.State = j.d.Wanted
	return j.lookAtCoupons(ctx, access)
}

// removeCoupons takes single codes of a pool out of the store.
func (j *job) removeCoupons(ctx context.Context, access woocommerce.Access) error {
	for {
		cs, err := j.codesIn(ctx, "removing", woocommerce.MostCoupons)
		if err != nil || len(cs) == 0 {
			return err
		}
		var ids []int64
		for _, c := range cs {
			if id, _ := strconv.ParseInt(c.RemoteID, 10, 64); id > 0 {
				ids = append(ids, id)
			}
		}
		if len(ids) > 0 {
			if err := j.WooCommerce.DeleteCoupons(ctx, access, ids); err != nil {
				return err
			}
		}
		if err := j.removed(ctx, cs); err != nil {
			return err
		}
	}
}

// saveCoupons saves one batch and writes down what became of each coupon.
func (j *job) saveCoupons(ctx context.Context, access woocommerce.Access, part []woocommerce.CouponOf, byCode map[string]store.Code, zone *time.Location) (failed int, err error) {
	saved, err := j.WooCommerce.SaveCoupons(ctx, access, part, j.cur, zone)
	if err != nil {
		return 0, err
	}
	if len(saved) != len(part) {
		return 0, fmt.Errorf("the store told of %d coupons, not of %d", len(saved), len(part))
	}
	// The answer has the new ones first, then the changed ones, each as sent.
	sorted := make([]woocommerce.CouponOf, 0, len(part))
	for _, fresh := range []bool{true, false} {
		for _, p := range part {
			if (p.ID == 0) == fresh {
				sorted = append(sorted, p)
			}
		}
	}
	for i := range saved {
		if strings.HasSuffix(saved[i].Failed, "_code_already_exists") {
			have, err := j.WooCommerce.CouponByCode(ctx, access, sorted[i].Code, j.cur)
			if err != nil {
				return 0, err
			}
			if have != nil && have.Owner == j.owner() {
				saved[i] = woocommerce.SavedCoupon{ID: have.ID, Code: have.Code}
			}
		}
	}
	return failed, j.mark(ctx, func(tx *store.Tx) error {
		for i, s := range saved {
			k := byCode[order.Fold(sorted[i].Code)]
			state, remote, note := "live", woocommerce.FormatID(s.ID), ""
			if s.Failed != "" {
				failed++
				state, remote, note = "failed", k.RemoteID, s.Words+" ("+s.Failed+")"
			}
			if err := tx.SetCodeInStore(ctx, k.ID, state, remote, note); err != nil {
				return err
			}
		}
		return nil
	})
}

func (j *job) deleteCoupons(ctx context.Context, access woocommerce.Access, all []store.Code) error {
	var ids []int64
	for _, k := range all {
		if id, _ := strconv.ParseInt(k.RemoteID, 10, 64); id > 0 {
			ids = append(ids, id)
		} else if k.StoreState == "waiting" { // it may be there all the same
			have, err := j.WooCommerce.CouponByCode(ctx, access, k.Code, j.cur)
			if err != nil {
				return err
			}
			if have != nil && have.Owner == j.owner() {
				ids = append(ids, have.ID)
			}
		}
	}
	for len(ids) > 0 {
		n := min(len(ids), woocommerce.MostCoupons)
		if err := j.WooCommerce.DeleteCoupons(ctx, access, ids[:n]); err != nil {
			return err
		}
		ids = ids[n:]
	}
	j.d.State, j.d.Edited = "deleted", ""
	return nil
}

// lookAtCoupons compares every coupon with what was asked for: each can be
// edited by itself.
func (j *job) lookAtCoupons(ctx context.Context, access woocommerce.Access) error {
	live, err := j.codesIn(ctx, "live", MostPool)
	if err != nil || len(live) == 0 {
		return err
	}
	asked := j.spec
	asked.WithOrder = asked.WithOrder || asked.WithProduct // a coupon knows one switch for all
	asked.WithProduct, asked.WithShipping, asked.MinQuantity = asked.WithOrder, false, 0
	gone, differ, first := 0, 0, ""
	for from := 0; from < len(live); from += woocommerce.MostCoupons {
		part := live[from:min(from+woocommerce.MostCoupons, len(live))]
		ids := make([]int64, 0, len(part))
		for _, c := range part {
			if id, _ := strconv.ParseInt(c.RemoteID, 10, 64); id > 0 {
				ids = append(ids, id)
			}
		}
		shown, err := j.WooCommerce.CouponsByID(ctx, access, ids, j.cur)
		if err != nil {
			return err
		}
		byID := map[string]*woocommerce.Coupon{}
		for i := range shown {
			byID[woocommerce.FormatID(shown[i].ID)] = &shown[i]
		}
		if err := j.mark(ctx, func(tx *store.Tx) error {
			for _, c := range part {
				var note string
				if k := byID[c.RemoteID]; k == nil {
					gone++
					note = "it was deleted in the store"
				} else if note = strings.Join(j.couponWords(asked, k, c.Code), "; "); note != "" {
					if differ++; first == "" {
						first = note
					}
				}
				if note != c.StoreNote {
					if err := tx.SetCodeInStore(ctx, c.ID, "live", c.RemoteID, note); err != nil {
						return err
					}
				}
			}
			return nil
		}); err != nil {
			return err
		}
	}
	var words []string
	if gone > 0 && len(live) > 1 {
		words = append(words, fmt.Sprintf("%d of %d coupons were deleted in the store", gone, len(live)))
	}
	if differ > 0 {
		if len(live) > 1 {
			words = append(words, fmt.Sprintf("%d of %d coupons were changed", differ, len(live)))
		}
		words = append(words, first)
	}
	if gone == len(live) {
		j.d.State, words = "gone", []string{"it was deleted in the store"}
	}
	j.d.Edited = strings.Join(words, "; ")
	return nil
}

func (j *job) couponWords(asked discount.Spec, k *woocommerce.Coupon, code string) []string {
	words := discount.Differences(asked, k.Spec, j.cur, false)
	if order.Fold(k.Code) != order.Fold(code) {
		words = append(words, "its code is "+k.Code)
	}
	if paused := j.d.Wanted == "paused"; paused != k.Paused {
		words = append(words, map[bool]string{true: "it counts, though it is paused here", false: "it does not count, though it is active here"}[paused])
	}
	return words
}
