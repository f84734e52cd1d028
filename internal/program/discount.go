package program

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"tributary/internal/domain/discount"
	"tributary/internal/domain/order"
	"tributary/internal/errs"
	"tributary/internal/store"
)

// CodeApply is the kind of outbox work that brings a store to what is wanted of
// a discount.
const CodeApply = "code:apply"

// CodePayload is that work's payload.
type CodePayload struct {
	V          int   `json:"v"`
	DiscountID int64 `json:"discount_id"`
}

// NewDiscount is a discount to make in the store, with its codes: one, from
// Pattern, or a pool of Pool codes that can be used once each and begin with
// the pattern's text.
type NewDiscount struct {
	AgreementID int64
	Spec        discount.Spec
	Pattern     string // {NAME}, {HANDLE} and {PERCENT} are filled in
	Pool        int    // 0: one code
}

// MostPool is how many codes one pool may have.
const MostPool = 5000

// AddDiscount writes down a discount with its codes, which are the agreement's
// from now on, and the work that makes it in the store. It returns an error of
// kind Conflict when its one code is somebody's.
func AddDiscount(ctx context.Context, tx *store.Tx, n NewDiscount) (*store.Discount, error) {
	var w wrong
	w.when(n.Pool < 0 || n.Pool > MostPool, "pool", fmt.Sprintf("must be 0 to %d", MostPool))
	w.when(strings.TrimSpace(n.Pattern) == "", "pattern", "must not be empty")
	if n.Spec.StartsAt.IsZero() {
		n.Spec.StartsAt = tx.Now
	}
	n.Spec.StartsAt = instant(n.Spec.StartsAt)
	if n.Pool > 0 {
		w.when(n.Spec.UsageLimit > 1, "usage_limit", "each code of a pool can be used once")
		n.Spec.UsageLimit = 1
	}
	w = append(w, n.Spec.Check()...)
	shop, err := tx.Shop(ctx)
	if err != nil {
		return nil, err
	}
	w = append(w, onPlatform(shop, &n.Spec, tx.Now)...)
	if err := w.err("invalid_discount", "The discount cannot be like this."); err != nil {
		return nil, err
	}
	a, err := tx.Agreement(ctx, n.AgreementID)
	if err != nil {
		return nil, missing(err, "agreement")
	}
	inf, err := tx.Influencer(ctx, a.InfluencerID)
	if err != nil {
		return nil, err
	}
	text := discount.FromPattern(n.Pattern, inf.Name, inf.Handle, &n.Spec)
	codes := []string{text}
	if n.Pool > 0 {
		codes = pool(text, n.Pool)
	}
	if !discount.ValidCode(codes[0]) {
		return nil, errs.New(errs.Invalid, "invalid_discount", "The discount cannot be like this.",
			errs.Field{Path: "pattern", Msg: fmt.Sprintf("makes the code %q: a code has 3 to 32 of A-Z, 0-9, - and _", codes[0])})
	}
	spec, err := json.Marshal(n.Spec)
	if err != nil {
		return nil, err
	}
	d := &store.Discount{AgreementID: n.AgreementID, Title: codes[0], Spec: string(spec), Wanted: "active", Revision: 1, State: "waiting"}
	if n.Pool > 0 {
		d.Title = fmt.Sprintf("%s (%d codes)", text, n.Pool)
	}
	if err := tx.AddDiscount(ctx, d); err != nil {
		return nil, err
	}
	for _, c := range codes {
		from := tx.Now
		if n.Spec.StartsAt.After(from) {
			from = n.Spec.StartsAt
		}
		if _, err := addCode(ctx, tx, NewCode{AgreementID: n.AgreementID, Code: c, ValidFrom: from}, d.ID); err != nil {
			return nil, err
		}
	}
	_, err = tx.AddOutbox(ctx, CodeApply, CodePayload{V: 1, DiscountID: d.ID})
	return d, err
}

// onPlatform is what this shop's platform cannot do.
func onPlatform(shop *store.Shop, s *discount.Spec, now time.Time) (w wrong) {
	if shop.Platform == order.WooCommerce {
		w.when(s.MinQuantity > 0, "min_quantity", "a WooCommerce coupon has no least quantity; use min_subtotal")
		w.when(s.StartsAt.After(now), "starts_at", "a WooCommerce coupon counts from the moment it is made")
	}
	return w
}

// pool makes n different codes that begin with a text: eight signs of 32 each
// are beyond guessing one that somebody may use.
func pool(prefix string, n int) []string {
	prefix = strings.Trim(prefix, "-")
	if len(prefix) > 20 {
		prefix = prefix[:20]
	}
	if prefix != "" {
		prefix += "-"
	}
	seen := make(map[string]bool, n)
	out := make([]string, 0, n)
	for len(out) < n {
		var b [8]byte
		_, _ = rand.Read(b[:]) // never fails
		if c := discount.PoolCode(prefix, b[:]); !seen[c] {
			seen[c] = true
			out = append(out, c)
		}
	}
	return out
}

// ChangeDiscount says what the store shall have: wanted is "active", "paused"
// or "deleted", and spec, unless it is nil, takes the place of the terms. A
// deleted discount stays deleted; its codes end when the store has let go of it.
func ChangeDiscount(ctx context.Context, tx *store.Tx, id int64, wanted string, spec *discount.Spec) (*store.Discount, error) {
	d, err := tx.Discount(ctx, id)
	if err != nil {
		return nil, missing(err, "discount")
	}
	if d.Wanted == "deleted" {
		return nil, errs.New(errs.Conflict, "discount_deleted", "This discount was deleted. Make a new one.")
	}
	text := d.Spec
	if spec != nil {
		var was discount.Spec
		if err := json.Unmarshal([]byte(d.Spec), &was); err != nil {
			return nil, fmt.Errorf("read discount %d: %w", id, err)
		}
		var w wrong
		w.when(spec.Kind == discount.FreeShipping != (was.Kind == discount.FreeShipping), "kind", "free shipping is another kind of discount in the store: make a new one")
		if spec.StartsAt.IsZero() {
			spec.StartsAt = was.StartsAt
		}
		w = append(w, spec.Check()...)
		shop, err := tx.Shop(ctx)
		if err != nil {
			return nil, err
		}
		w = append(w, onPlatform(shop, spec, tx.Now)...)
		if err := w.err("invalid_discount", "The discount cannot be like this."); err != nil {
			return nil, err
		}
		b, err := json.Marshal(spec)
		if err != nil {
			return nil, err
		}
		text = string(b)
	}
	if wanted == "" {
		wanted = d.Wanted
	}
	if err := tx.WantDiscount(ctx, id, wanted, text); err != nil {
		return nil, err
	}
	if _, err := tx.AddOutbox(ctx, CodeApply, CodePayload{V: 1, DiscountID: id}); err != nil {
		return nil, err
	}
	return tx.Discount(ctx, id)
}

// CheckDiscount asks for the store to be looked at: edits made there are shown
// then.
func CheckDiscount(ctx context.Context, tx *store.Tx, id int64) (*store.Discount, error) {
	d, err := tx.Discount(ctx, id)
	if err != nil {
		return nil, missing(err, "discount")
	}
	_, err = tx.AddOutbox(ctx, CodeApply, CodePayload{V: 1, DiscountID: id})
	return d, err
}

// RemoveCodes ends single codes of a pool now and has them taken out of the
// store. The last one cannot go without its discount.
func RemoveCodes(ctx context.Context, tx *store.Tx, discountID int64, codeIDs []int64) (*store.Discount, error) {
	d, err := tx.Discount(ctx, discountID)
	if err != nil {
		return nil, missing(err, "discount")
	}
	if d.Wanted == "deleted" {
		return nil, errs.New(errs.Conflict, "discount_deleted", "This discount was deleted, and its codes with it.")
	}
	n, err := tx.CountDiscountCodes(ctx, discountID)
	if err != nil {
		return nil, err
	}
	removed, err := tx.RemoveDiscountCodes(ctx, discountID, codeIDs)
	if err != nil {
		return nil, err
	}
	switch {
	case removed != int64(len(codeIDs)):
		return nil, errs.New(errs.NotFound, "code_not_found", "Not all of these are codes of this discount that are in the store.")
	case removed >= n["live"]+n["waiting"]:
		return nil, errs.New(errs.Conflict, "last_code", "These are all the codes it has. Delete the discount.")
	}
	_, err = tx.AddOutbox(ctx, CodeApply, CodePayload{V: 1, DiscountID: discountID})
	return d, err
}

// How often stores are looked at for what was changed in them, and how many
// discounts of a shop at once.
const (
	checkEvery  = 6 * time.Hour
	checkAtOnce = 100
)

// CheckDue asks for those discounts to be looked at in their stores that were
// not for hours. One shop that fails does not stop the others.
func (c *Codes) CheckDue(ctx context.Context) error {
	shops, err := c.DB.DueCodeChecks(ctx, checkEvery)
	if err != nil {
		return err
	}
	var failed error
	for _, id := range shops {
		if err := c.DB.InTx(ctx, id, func(tx *store.Tx) error {
			due, err := tx.DueCodeChecks(ctx, CodeApply, checkEvery, checkAtOnce)
			for _, d := range due {
				if err == nil {
					_, err = tx.AddOutbox(ctx, CodeApply, CodePayload{V: 1, DiscountID: d})
				}
			}
			return err
		}); err != nil {
			failed = errors.Join(failed, fmt.Errorf("ask for the codes of shop %d: %w", id, err))
		}
	}
	return failed
}

// errTaken is what a code failed for that the store has already.
var errTaken = errors.New("the store has a discount with this code that is not ours")
