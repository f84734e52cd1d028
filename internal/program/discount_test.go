package program_test

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"tributary/internal/credential"
	"tributary/internal/domain/discount"
	"tributary/internal/domain/order"
	"tributary/internal/errs"
	"tributary/internal/pgtest"
	"tributary/internal/platform/shopify"
	"tributary/internal/platform/woocommerce"
	"tributary/internal/program"
	"tributary/internal/sandbox"
	"tributary/internal/seal"
	"tributary/internal/store"
	"tributary/internal/tenant"
)

// desk is a shop with a sandbox store and an agreement with Anna.
type desk struct {
	t *testing.T
	*program.Codes
	store     *sandbox.Store
	shop      int64
	agreement int64
	clock     *atomic.Int64
}

func newDesk(t *testing.T, p sandbox.Platform) *desk {
	t.Helper()
	d := &desk{t: t, clock: &atomic.Int64{}}
	d.clock.Store(time.Date(2026, 10, 5, 12, 0, 0, 0, time.UTC).UnixMicro())
	now := func() time.Time { return time.UnixMicro(d.clock.Load()).UTC() }
	s, err := sandbox.New(sandbox.Options{Platform: p, Domain: "sandbox.myshopify.com", Seed: 7, Now: now, ClientID: "client", ClientSecret: "hush",
		Promos: []sandbox.Code{{Text: "WELCOME", PercentBps: 500}}, Delivery: sandbox.Delivery{TimeScale: 1e-7}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	d.store = s
	db := pgtest.Open(t, store.Options{Now: now})
	keys, err := seal.New([]seal.Key{seal.Generate("k1")})
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	api := shopify.NewAPI(shopify.Options{App: shopify.App{ClientID: "client", ClientSecret: "hush"}, Private: true})
	d.Codes = &program.Codes{DB: db, Keys: keys, Log: log, Shopify: &credential.Shopify{DB: db, Keys: keys, API: api, Log: log}, WooCommerce: woocommerce.NewClient("test", true)}
	if p == sandbox.Shopify {
		api.Play("sandbox.myshopify.com", s.URL())
		in := &tenant.ShopifyInstaller{DB: db, Keys: keys, Access: d.Shopify}
		d.shop, err = in.Arrive(t.Context(), "sandbox.myshopify.com", s.SessionToken(1))
	} else {
		n := tenant.NewShop{Platform: order.WooCommerce, Domain: "woo.localhost", Currency: "USD", TimeZone: "UTC", BaseURL: s.URL()}
		n.RestKeys.Key, n.RestKeys.Secret = s.AddKey(true)
		var added *tenant.AddedShop
		if added, err = tenant.AddShop(t.Context(), db, keys, n); err == nil {
			d.shop = added.ID
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	d.in(func(tx *store.Tx) error {
		name, handle, email, campaign := "Anna Berg", "anna", "anna@example.com", "Autumn"
		inf, err := program.AddInfluencer(t.Context(), tx, keys, program.InfluencerFields{Name: &name, Handle: &handle, Email: &email})
		if err != nil {
			return err
		}
		c, err := program.AddCampaign(t.Context(), tx, program.CampaignFields{Name: &campaign})
		if err != nil {
			return err
		}
		a, err := program.DraftAgreement(t.Context(), tx, program.NewAgreement{InfluencerID: inf.ID, CampaignID: c.ID,
			Terms: []byte(`{"version":1,"currency":"USD","components":[{"id":"base","type":"percentage","rate_bps":1000}]}`)})
		if err == nil {
			d.agreement = a.ID
		}
		return err
	})
	return d
}

func (d *desk) in(f func(*store.Tx) error) {
	d.t.Helper()
	if err := d.DB.InTx(d.t.Context(), d.shop, f); err != nil {
		d.t.Fatal(err)
	}
}

func (d *desk) add(pattern string, pool int, spec discount.Spec) *store.Discount {
	d.t.Helper()
	var out *store.Discount
	d.in(func(tx *store.Tx) (err error) {
		out, err = program.AddDiscount(d.t.Context(), tx, program.NewDiscount{AgreementID: d.agreement, Pattern: pattern, Pool: pool, Spec: spec})
		return err
	})
	return out
}

func (d *desk) change(id int64, wanted string, spec *discount.Spec) {
	d.t.Helper()
	d.in(func(tx *store.Tx) error {
		_, err := program.ChangeDiscount(d.t.Context(), tx, id, wanted, spec)
		return err
	})
}

func (d *desk) apply(id int64) {
	d.t.Helper()
	if err := d.Apply(d.t.Context(), d.shop, id); err != nil {
		d.t.Fatal(err)
	}
}

func (d *desk) is(id int64, state, edited string) {
	d.t.Helper()
	d.in(func(tx *store.Tx) error {
		x, err := tx.Discount(d.t.Context(), id)
		if err == nil && (x.State != state || !strings.Contains(x.Edited, edited) || edited == "" && x.Edited != "") {
			d.t.Errorf("state %s, edited %q, note %q; want %s, %q", x.State, x.Edited, x.Note, state, edited)
		}
		return err
	})
}

// buys tells whether the store takes the code, and what it takes off 100 %.
func (d *desk) buys(code string) bool {
	_, err := d.store.Checkout(sandbox.Basket{Items: []sandbox.Item{{Product: 0, Quantity: 1}}, Codes: []string{code}})
	return err == nil
}

var platforms = []sandbox.Platform{sandbox.Shopify, sandbox.WooCommerce}

func TestACodeLivesInTheStoreAsItIsWanted(t *testing.T) {
	t.Parallel()
	for _, p := range platforms {
		t.Run(string(p), func(t *testing.T) {
			t.Parallel()
			d := newDesk(t, p)
			end := time.Date(2026, 12, 24, 18, 0, 0, 0, time.UTC)
			x := d.add("{NAME}{PERCENT}", 0, discount.Spec{Kind: discount.Percent, PercentBps: 1500, MinSubtotal: 500, EndsAt: &end})
			if d.buys("ANNA15") {
				t.Fatal("the store knows a code that nobody made")
			}
			d.apply(x.ID)
			d.is(x.ID, "active", "")
			if !d.buys("anna15") {
				t.Error("the code does not count")
			}
			d.apply(x.ID) // again changes nothing
			d.is(x.ID, "active", "")

			d.change(x.ID, "paused", nil)
			d.apply(x.ID)
			d.is(x.ID, "paused", "")
			if d.buys("ANNA15") {
				t.Error("a paused code counts")
			}
			d.change(x.ID, "active", nil)
			d.apply(x.ID)
			d.is(x.ID, "active", "") // its end, too, or the difference would show
			if !d.buys("ANNA15") {
				t.Error("a code that was resumed does not count")
			}
			d.clock.Store(end.Add(time.Minute).UnixMicro())
			if d.buys("ANNA15") {
				t.Error("the planned end was lost when the code was resumed")
			}
			d.clock.Store(end.Add(-time.Hour).UnixMicro())

			if err := d.store.EditCode("ANNA15", func(c *sandbox.Code) { c.PercentBps = 5000 }); err != nil {
				t.Fatal(err)
			}
			d.apply(x.ID)
			d.is(x.ID, "active", "the discount is 50.00 %, not 15.00 %")
			d.change(x.ID, "", &discount.Spec{Kind: discount.Percent, PercentBps: 2000})
			d.apply(x.ID)
			d.is(x.ID, "active", "")

			d.change(x.ID, "deleted", nil)
			d.apply(x.ID)
			d.is(x.ID, "deleted", "")
			d.apply(x.ID)
			if d.buys("ANNA15") {
				t.Error("a deleted code counts")
			}
			d.in(func(tx *store.Tx) error {
				cs, err := tx.DiscountCodes(t.Context(), x.ID, "", 9)
				if len(cs) != 1 || cs[0].ValidTo == nil || cs[0].StoreState != "deleted" {
					t.Errorf("%+v", cs)
				}
				if _, err := program.ChangeDiscount(t.Context(), tx, x.ID, "active", nil); errs.As(err) == nil || errs.As(err).Code != "discount_deleted" {
					t.Errorf("deleted, and then: %v", err)
				}
				return err
			})
		})
	}
}

func TestAPoolsCodesAreSingleUseAndFailOneByOne(t *testing.T) {
	t.Parallel()
	for _, p := range platforms {
		t.Run(string(p), func(t *testing.T) {
			t.Parallel()
			d := newDesk(t, p)
			const n = 260 // more than one call holds
			x := d.add("{NAME}", n, discount.Spec{Kind: discount.Fixed, AmountMinor: 100})
			var cs []store.Code
			read := func() {
				d.in(func(tx *store.Tx) (err error) { cs, err = tx.DiscountCodes(t.Context(), x.ID, "", n+1); return err })
			}
			read()
			if len(cs) != n || !strings.HasPrefix(cs[0].Code, "ANNA-") {
				t.Fatalf("%d codes, %+v", len(cs), cs[0])
			}
			// One that the store has already.
			if err := d.store.EditCode("WELCOME", func(c *sandbox.Code) { c.Text = cs[7].Code }); err != nil {
				t.Fatal(err)
			}
			d.apply(x.ID)
			d.is(x.ID, "active", "")
			read()
			count := map[string]int{}
			for _, c := range cs {
				count[c.StoreState]++
			}
			if count["live"] != n-1 || count["failed"] != 1 || cs[7].StoreState != "failed" || cs[7].StoreNote == "" {
				t.Errorf("%v, %+v", count, cs[7])
			}
			if !d.buys(cs[1].Code) || d.buys(cs[1].Code) || !d.buys(cs[2].Code) {
				t.Error("a code of the pool is not good for one order")
			}
			d.change(x.ID, "deleted", nil)
			d.apply(x.ID)
			if d.buys(cs[3].Code) || !d.buys(cs[7].Code) {
				t.Error("deleting a pool took too little, or too much")
			}
		})
	}
}

func TestACodeThatTheStoreHasAlreadyFails(t *testing.T) {
	t.Parallel()
	for _, p := range platforms {
		t.Run(string(p), func(t *testing.T) {
			t.Parallel()
			d := newDesk(t, p)
			x := d.add("WELCOME", 0, discount.Spec{Kind: discount.Percent, PercentBps: 1000})
			if err := d.Apply(t.Context(), d.shop, x.ID); !program.Permanent(err) {
				t.Errorf("%v", err)
			}
			d.is(x.ID, "failed", "")
		})
	}
}

// The store made the discount and the answer was lost.
func TestWhatBecameOfALostAnswerIsLookedUp(t *testing.T) {
	t.Parallel()
	d := newDesk(t, sandbox.Shopify)
	x := d.add("{NAME}{PERCENT}", 0, discount.Spec{Kind: discount.Percent, PercentBps: 1000})
	d.store.Break(1, sandbox.Fault{Status: 502, Body: "<html>Bad gateway</html>", After: true, Only: "discountCodeBasicCreate"})
	if err := d.Apply(t.Context(), d.shop, x.ID); !shopify.IsUnknown(err) || program.Permanent(err) {
		t.Fatalf("%v", err)
	}
	d.apply(x.ID)
	d.is(x.ID, "active", "")
	if n := d.store.Calls("DiscountBasicCreate"); n != 1 {
		t.Errorf("made %d times", n)
	}
	pool := d.add("POOL", 3, discount.Spec{Kind: discount.Percent, PercentBps: 1000})
	d.store.Break(1, sandbox.Fault{Status: 504, Body: "<html>Timeout</html>", After: true, Only: "RedeemCodesCreation"})
	d.apply(pool.ID) // a query is repeated at once
	d.in(func(tx *store.Tx) error {
		n, err := tx.CountDiscountCodes(t.Context(), pool.ID)
		if n["live"] != 3 {
			t.Errorf("%v", n)
		}
		return err
	})
}

func TestEveryKindOfDiscountReachesTheStoreAsItWasAsked(t *testing.T) {
	t.Parallel()
	for _, p := range platforms {
		t.Run(string(p), func(t *testing.T) {
			t.Parallel()
			d := newDesk(t, p)
			end := time.Date(2026, 11, 30, 22, 59, 59, 0, time.UTC)
			product := d.store.Products()[0].ID
			for i, s := range []discount.Spec{
				{Kind: discount.Percent, PercentBps: 1250, OncePerCustomer: true, UsageLimit: 20, EndsAt: &end},
				{Kind: discount.Percent, PercentBps: 1, WithOrder: true, WithProduct: true},
				{Kind: discount.Fixed, AmountMinor: 1999, MinSubtotal: 5000, Products: []int64{product}},
				{Kind: discount.Fixed, AmountMinor: 1, Collections: []int64{900}},
				{Kind: discount.FreeShipping, MinSubtotal: 10_000, EndsAt: &end},
			} {
				x := d.add(fmt.Sprintf("KIND-%d", i), 0, s)
				d.apply(x.ID)
				d.is(x.ID, "active", "")
			}
			if !d.buys("KIND-2") && p == sandbox.WooCommerce {
				t.Error("a coupon with a least order value does not count")
			}
		})
	}
}

func TestWhatAStoreCannotDoIsRefusedBeforeItIsTried(t *testing.T) {
	t.Parallel()
	d := newDesk(t, sandbox.WooCommerce)
	for want, n := range map[string]program.NewDiscount{
		"percent_bps":              {Pattern: "X{PERCENT}", Spec: discount.Spec{Kind: discount.Percent, PercentBps: 10_001}},
		"kind pattern":             {Spec: discount.Spec{}},
		"min_quantity":             {Pattern: "ABC", Spec: discount.Spec{Kind: discount.Percent, PercentBps: 1, MinQuantity: 2}},
		"amount":                   {Pattern: "ABC", Spec: discount.Spec{Kind: discount.Fixed}},
		"pattern":                  {Pattern: "!", Spec: discount.Spec{Kind: discount.Percent, PercentBps: 1}},
		"pool usage_limit ends_at": {Pattern: "ABC", Pool: program.MostPool + 1, Spec: discount.Spec{Kind: discount.Percent, PercentBps: 1, UsageLimit: 2, StartsAt: time.Unix(9, 0), EndsAt: new(time.Unix(9, 0))}},
	} {
		n.AgreementID = d.agreement
		err := d.DB.InTx(t.Context(), d.shop, func(tx *store.Tx) error { _, err := program.AddDiscount(t.Context(), tx, n); return err })
		var e *errs.Error
		if !errors.As(err, &e) || e.Code != "invalid_discount" {
			t.Errorf("%s: %v", want, err)
			continue
		}
		for _, f := range e.Fields {
			if !strings.Contains(want, f.Path) {
				t.Errorf("%s: %s %s", want, f.Path, f.Msg)
			}
		}
		if len(e.Fields) != len(strings.Fields(want)) {
			t.Errorf("%s: %v", want, e.Fields)
		}
	}
}
