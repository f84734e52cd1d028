package program_test

import (
	"strings"
	"testing"
	"time"

	"tributary/internal/domain/discount"
	"tributary/internal/domain/order"
	"tributary/internal/errs"
	"tributary/internal/program"
	"tributary/internal/sandbox"
	"tributary/internal/store"
)

// codes lists the codes of a discount.
func (d *desk) codesOf(id int64) (cs []store.Code) {
	d.t.Helper()
	d.in(func(tx *store.Tx) (err error) { cs, err = tx.DiscountCodes(d.t.Context(), id, "", 5000); return err })
	return cs
}

func (d *desk) discountNow(id int64) (x *store.Discount) {
	d.t.Helper()
	d.in(func(tx *store.Tx) (err error) { x, err = tx.Discount(d.t.Context(), id); return err })
	return x
}

// One code of a pool is taken out: it does not count any more, here and in the
// store, and the others do.
func TestASingleCodeOfAPoolIsTakenOutOfTheStore(t *testing.T) {
	t.Parallel()
	for _, p := range []sandbox.Platform{sandbox.Shopify, sandbox.WooCommerce} {
		t.Run(string(p), func(t *testing.T) {
			t.Parallel()
			d := newDesk(t, p)
			x := d.add("POOL", 5, discount.Spec{Kind: discount.Percent, PercentBps: 1000})
			d.apply(x.ID)
			all := d.codesOf(x.ID)
			first, last := all[0], all[4] // the first was made with the discount
			d.clock.Add(time.Minute.Microseconds())
			d.in(func(tx *store.Tx) error {
				_, err := program.RemoveCodes(t.Context(), tx, x.ID, []int64{first.ID, last.ID})
				return err
			})
			d.apply(x.ID)
			states := map[string]int{}
			for _, c := range d.codesOf(x.ID) {
				states[c.StoreState]++
				if (c.StoreState == "deleted") != (c.ValidTo != nil) {
					t.Errorf("%+v", c)
				}
			}
			if states["deleted"] != 2 || states["live"] != 3 {
				t.Errorf("%v", states)
			}
			if now := d.discountNow(x.ID); now.State != "active" || now.Edited != "" {
				t.Errorf("%+v", now)
			}
			if d.buys(first.Code) || d.buys(last.Code) || !d.buys(all[1].Code) {
				t.Error("the store takes what was taken out, or not what was left")
			}
			d.in(func(tx *store.Tx) error {
				if _, err := program.RemoveCodes(t.Context(), tx, x.ID, []int64{all[1].ID, all[2].ID, all[3].ID}); errs.As(err) == nil || errs.As(err).Code != "last_code" {
					t.Errorf("the last codes: %v", err)
				}
				return nil
			})
		})
	}
}

// Stores are looked at from time to time, each coupon for itself.
func TestWhatWasChangedInTheStoreIsFoundWithoutAsking(t *testing.T) {
	t.Parallel()
	for _, p := range []sandbox.Platform{sandbox.Shopify, sandbox.WooCommerce} {
		t.Run(string(p), func(t *testing.T) {
			t.Parallel()
			d := newDesk(t, p)
			pool := d.add("POOL", 3, discount.Spec{Kind: discount.Percent, PercentBps: 1000})
			one := d.add("ANNA10", 0, discount.Spec{Kind: discount.Percent, PercentBps: 1000})
			d.apply(pool.ID)
			d.apply(one.ID)
			waiting := func() (n int) {
				d.in(func(tx *store.Tx) error {
					rows, err := tx.OutboxOfKind(t.Context(), program.CodeApply)
					n = len(rows)
					return err
				})
				return n
			}
			before := waiting()
			if err := d.CheckDue(t.Context()); err != nil || waiting() != before {
				t.Errorf("looked at again at once: %v", err)
			}
			second := d.codesOf(pool.ID)[1]
			if err := d.store.EditCode(second.Code, func(c *sandbox.Code) { c.PercentBps = 9000 }); err != nil {
				t.Fatal(err)
			}
			d.clock.Add((7 * time.Hour).Microseconds())
			// Work that waits is not asked for twice.
			d.in(func(tx *store.Tx) error {
				due, err := tx.DueCodeChecks(t.Context(), "another kind", time.Hour, 10)
				if len(due) != 2 {
					t.Errorf("due: %v", due)
				}
				return err
			})
			d.apply(pool.ID)
			now := d.discountNow(pool.ID)
			if !strings.Contains(now.Edited, "90.00 %") {
				t.Errorf("%+v", now)
			}
			if p == sandbox.WooCommerce {
				for _, c := range d.codesOf(pool.ID) {
					if (c.StoreNote != "") != (order.Fold(c.Code) == order.Fold(second.Code)) {
						t.Errorf("%s: %q", c.Code, c.StoreNote)
					}
				}
			}
			if now := d.discountNow(one.ID); now.Edited != "" {
				t.Errorf("%+v", now)
			}
		})
	}
}
