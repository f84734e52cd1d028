package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync/atomic"
	"time"

	"tributary/internal/domain/order"
	"tributary/internal/errs"
	"tributary/internal/identity"
	"tributary/internal/payout"
	"tributary/internal/program"
	"tributary/internal/sandbox"
	"tributary/internal/sandbox/scenario"
	"tributary/internal/store"
	"tributary/internal/tenant"
)

// demo is the whole program under two sandbox stores.
type demo struct {
	sys   *system
	clock *demoClock
	shops []*demoShop
	world *sandbox.World
	fresh bool // the shops were made by this run: there is history to play
	empty bool // the stores have no past, and the Shopify one has not installed the app
	base  string
	mails string // where the mails that were sent are shown; "" elsewhere
}

// demoShop is one sandbox store and the shop it is to us.
type demoShop struct {
	store *sandbox.Store
	deals []scenario.Deal
	play  *scenario.Scenario // what happens in it besides the ordinary trade
	id    int64
	key   string // an API key, shown once
}

// demoClock is the machine's clock, or a simulated instant while history is
// played.
type demoClock struct {
	at    atomic.Pointer[time.Time]
	ahead atomic.Int64 // nanoseconds that were skipped
}

func (c *demoClock) now() time.Time {
	if t := c.at.Load(); t != nil {
		return *t
	}
	return time.Now().Add(time.Duration(c.ahead.Load()))
}

func (c *demoClock) skip(d time.Duration) { c.ahead.Add(int64(d)) }

func (c *demoClock) set(t time.Time) { c.at.Store(&t) }
func (c *demoClock) real()           { c.at.Store(nil) }

// The sandbox stores.
const (
	demoShopify = "tributary-demo.myshopify.com"
	demoWoo     = "woo-demo.localhost"
)

// historyFrom is where the demo's history begins: three whole months and the
// days of the current one.
func historyFrom(now time.Time) time.Time {
	y, m, _ := now.UTC().Date()
	return time.Date(y, m-3, 1, 0, 0, 0, 0, time.UTC)
}

// open makes the stores, installs the app in them and lets them send their
// webhooks to base.
func (d *demo) open(ctx context.Context, seed uint64) error {
	secret := d.sys.Config.ShopifyClientSecret
	now := time.Now()
	known, err := d.known(ctx)
	if err != nil {
		return err
	}
	if d.fresh = known[demoShopify] == 0 && known[demoWoo] == 0; !d.fresh && !d.empty {
		if err := d.complete(ctx, known); err != nil {
			return err
		}
	}
	idBase := int64(0)
	if !d.fresh { // the stores forget what they sold before; what they sell now is new
		idBase = now.Unix() * 10
	}
	newYork, err := time.LoadLocation("America/New_York")
	if err != nil {
		return err
	}
	losAngeles, err := time.LoadLocation("America/Los_Angeles")
	if err != nil {
		return err
	}
	nasty := sandbox.Delivery{Workers: 4, TimeScale: 1.0 / 600, Duplicates: 60, Disorder: 60, KeepAlive: true}
	// What a WooCommerce store tells nobody, that it has taken a refund back or
	// erased an order, only reading its orders again can show.
	told := sandbox.DefaultMix()
	told.SilentDelete, told.Delete = 0, 0
	promos := []sandbox.Code{{Text: "WELCOME5", PercentBps: 500}, {Text: "FREETOTE", Fixed: 300}}
	stores := []sandbox.Options{
		{Platform: sandbox.Shopify, Domain: demoShopify, Name: "Shopify demo store", Seed: seed, Currency: "USD", Zone: newYork, Country: "US", TaxBps: 825,
			CodesByApp: true, Presentment: []sandbox.Presentment{{Currency: "EUR", RateMicro: 920_000}, {Currency: "JPY", RateMicro: 151_300_000}},
			Influencers: scenario.Influencers(scenario.Shopify), Promos: promos, ClientID: d.sys.Config.ShopifyClientID, ClientSecret: secret, Delivery: nasty, IDBase: idBase, BigIDs: true},
		{Platform: sandbox.WooCommerce, Name: "WooCommerce demo store", Seed: seed + 1, Currency: "USD", Zone: losAngeles, Country: "US", TaxBps: 1900, TaxesIncluded: true, CodesByApp: true,
			Influencers: scenario.Influencers(scenario.WooCommerce), Promos: promos, Delivery: nasty, IDBase: idBase, Mix: &told},
	}
	deals := [][]scenario.Deal{scenario.Shopify, scenario.WooCommerce}
	for i, o := range stores {
		if d.empty {
			o.Influencers, o.Now, o.Skip = nil, d.clock.now, d.clock.skip
		}
		s, err := sandbox.New(o)
		if err != nil {
			return err
		}
		if err := s.Start(); err != nil {
			return err
		}
		d.sys.onClose(func(context.Context) { _ = s.Close() })
		shop := &demoShop{store: s, deals: deals[i]}
		if err := d.install(ctx, shop, known); err != nil {
			return err
		}
		d.shops = append(d.shops, shop)
	}
	forget, err := playedStores{ClientID: d.sys.Config.ShopifyClientID, ClientSecret: secret, Stores: map[string]string{demoShopify: d.shops[0].store.URL()}}.keep(d.sys.Config.DataDir)
	if err != nil {
		return err
	}
	d.sys.onClose(func(context.Context) { forget() })
	if d.empty {
		return nil
	}
	d.world = sandbox.NewWorld(seed, d.shops[0].store, d.shops[1].store)
	for i, s := range d.shops {
		if err := d.cast(ctx, s, seed+uint64(i)); err != nil { //nolint:gosec // two shops
			return err
		}
	}
	return nil
}

// cast agrees with the influencers of a shop, or finds what was agreed.
func (d *demo) cast(ctx context.Context, s *demoShop, seed uint64) error {
	var key string
	err := d.sys.DB.InTx(ctx, s.id, func(tx *store.Tx) (err error) {
		key, _, err = identity.CreateKey(ctx, tx, "the demo's merchant", identity.Write)
		return err
	})
	if err != nil {
		return err
	}
	s.play = scenario.New(seed, s.store, d.world, scenario.NewAPI(d.base, key), s.deals)
	if !d.fresh {
		if err := s.play.Recall(ctx); err != nil {
			return err
		}
		return d.codesAnew(ctx, s)
	}
	s.play.Clock = d.clock.set
	if err := s.play.Agree(ctx); err != nil {
		return err
	}
	return d.codes(ctx, s)
}

// codes makes in the store what the merchant has asked for, as the workers do.
func (d *demo) codes(ctx context.Context, s *demoShop) error {
	if _, err := d.sys.Outbox.Shop(ctx, s.id); err != nil {
		return err
	}
	return d.sys.DB.InTx(ctx, s.id, func(tx *store.Tx) error {
		all, _, err := tx.Discounts(ctx, store.Page{Limit: 200})
		for _, x := range all {
			if err == nil && (x.State != "active" || x.Edited != "") {
				err = fmt.Errorf("the store has no code %s: %s %s %s", x.Title, x.State, x.Note, x.Edited)
			}
		}
		return err
	})
}

// codesAnew makes the codes again in a store that was opened anew and has
// forgotten them.
func (d *demo) codesAnew(ctx context.Context, s *demoShop) error {
	if err := d.sys.DB.InTx(ctx, s.id, func(tx *store.Tx) error {
		ids, err := tx.ForgetDiscountsInStore(ctx)
		for _, id := range ids {
			if err == nil {
				_, err = tx.AddOutbox(ctx, program.CodeApply, program.CodePayload{V: 1, DiscountID: id})
			}
		}
		return err
	}); err != nil {
		return err
	}
	_, err := d.sys.Outbox.Shop(ctx, s.id)
	return err
}

// known is the shops of an earlier run, by domain.
func (d *demo) known(ctx context.Context) (map[string]int64, error) {
	out := map[string]int64{}
	err := d.sys.DB.InTx(ctx, 0, func(tx *store.Tx) error {
		shops, err := tx.Shops(ctx)
		for _, s := range shops {
			out[s.Domain] = s.ID
		}
		return err
	})
	return out, err
}

func (d *demo) install(ctx context.Context, shop *demoShop, known map[string]int64) error {
	sys, s := d.sys, shop.store
	if s.Platform() == sandbox.Shopify {
		s.Embed(d.base + "/app")
		s.Proxy(d.base + "/proxy")
		sys.Shopify.API.Play(demoShopify, s.URL())
		if id := known[demoShopify]; id != 0 { // the store has forgotten the tokens it gave to an earlier demo
			if err := sys.Shopify.Query(ctx, id, "installation", nil, nil); err == nil {
				return errors.New("the sandbox store knows a token that it cannot know")
			}
		}
		if !d.empty {
			id, err := sys.Installs.Arrive(ctx, demoShopify, s.SessionToken(1))
			if err != nil {
				return err
			}
			shop.id = id
		}
		s.Subscribe(d.base+"/webhooks/shopify", append([]string{"app/uninstalled", "shop/update"}, sandbox.OrderTopics...)...)
		s.Subscribe(d.base+"/webhooks/shopify/compliance", sandbox.ComplianceTopics...)
	} else {
		s.InstallPlugin()
		shop.id = known[demoWoo]
		if shop.id == 0 {
			added, err := tenant.AddShop(ctx, sys.DB, sys.Keys, tenant.NewShop{Platform: order.WooCommerce, Domain: demoWoo, Name: "WooCommerce demo store",
				Currency: "USD", TimeZone: "America/Los_Angeles", BaseURL: s.URL()})
			if err != nil {
				return err
			}
			shop.id = added.ID
		}
		to := tenant.ConnectionTo{BaseURL: s.URL()}
		to.RestKeys.Key, to.RestKeys.Secret = s.AddKey(true)
		c, err := tenant.Connect(ctx, sys.DB, sys.Keys, shop.id, to)
		if err != nil {
			return err
		}
		s.Embed(d.base + "/app")
		s.Connect(c.Path, c.Secret)
		for _, topic := range []string{"order.created", "order.updated", "order.deleted", "order.restored", "coupon.updated", "coupon.deleted"} {
			s.SubscribeWoo(topic, d.base+c.Path, c.Secret)
		}
	}
	return nil
}

// demoKey is the name of the key that is shown.
const demoKey = "demo"

// makeKeys gives each shop the API key that is shown. A shop without one has a
// history that was not played to its end.
func (d *demo) makeKeys(ctx context.Context) error {
	for _, s := range d.shops {
		err := d.sys.DB.InTx(ctx, s.id, func(tx *store.Tx) (err error) {
			s.key, _, err = identity.CreateKey(ctx, tx, demoKey, identity.Write)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// complete refuses to go on with a history that was broken off.
func (d *demo) complete(ctx context.Context, known map[string]int64) error {
	for _, domain := range []string{demoShopify, demoWoo} {
		var keys []store.APIKey
		err := d.sys.DB.InTx(ctx, known[domain], func(tx *store.Tx) (err error) {
			keys, err = tx.APIKeys(ctx)
			return err
		})
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(keys, func(k store.APIKey) bool { return k.Name == demoKey }) {
			return errs.New(errs.Conflict, "history_incomplete", "an earlier demo was stopped before it had played the history; delete what it left with `make demo-reset` (`tributary reset --yes`) and start again")
		}
	}
	return nil
}

// history plays the past: days of trade, each settled before the next begins,
// holds passing and months closing when their time comes.
func (d *demo) history(ctx context.Context, from, to time.Time, perDay int, progress func(done, total int64)) error {
	defer d.clock.real()
	for _, s := range d.shops {
		s.play.Play(ctx, from, to)
	}
	err := d.world.Simulate(ctx, sandbox.Run{
		From: from, To: to, PerDay: perDay,
		Progress: func(done, total int) { progress(int64(done), int64(total)) },
		Barrier: func(ctx context.Context, end time.Time) error {
			d.clock.set(end)
			return d.day(ctx)
		},
	})
	if err != nil {
		return fmt.Errorf("play history: %w", err)
	}
	return nil
}

// day does what the workers do, at the clock's time.
func (d *demo) day(ctx context.Context) error {
	for _, s := range d.shops {
		if err := d.settle(ctx, s); err != nil {
			return err
		}
		if err := s.play.EndOfDay(d.clock.now()); err != nil {
			return err
		}
	}
	if err := d.sys.Payouts.Holds(ctx); err != nil {
		return err
	}
	if err := d.sys.Payouts.CloseDue(ctx, d.clock.now()); err != nil {
		return err
	}
	return d.pay(ctx)
}

// settle takes in all that a store has sent, and all that only reading its
// orders again can tell.
func (d *demo) settle(ctx context.Context, s *demoShop) error {
	for {
		if _, err := d.sys.settle(ctx, s.id); err != nil {
			return err
		}
		if n, err := d.sys.Rereader.Shop(ctx, s.id); err != nil || n == 0 {
			return err
		}
	}
}

// pay approves every draft batch, exports it to the CSV rail, and plays the
// bank: its settlement file pays all but, in the first batch, one account that
// does not exist.
func (d *demo) pay(ctx context.Context) error {
	for _, s := range d.shops {
		err := d.sys.DB.InTx(ctx, s.id, func(tx *store.Tx) error {
			drafts, _, err := tx.PayoutBatches(ctx, store.BatchDraft, store.Page{Limit: 100})
			if err != nil {
				return err
			}
			for _, b := range drafts {
				if _, err := payout.Approve(ctx, tx, b.ID, "the demo's second person"); err != nil {
					return err
				}
				if _, err := payout.StartPaying(ctx, tx, b.ID); err != nil {
					return err
				}
				file, _, err := payout.Export(ctx, tx, d.sys.Keys, b.ID)
				if err != nil {
					return err
				}
				answer, err := bank(file, b.Period == historyFrom(time.Now()).AddDate(0, 1, 0).Format("2006-01"))
				if err != nil || answer == nil {
					return err
				}
				if _, err := payout.Settle(ctx, tx, b.ID, answer); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("pay the batches of shop %d: %w", s.id, err)
		}
	}
	return nil
}

// bank answers a payout file with a settlement file; nil when there is nothing
// in it.
func bank(file []byte, refuseFirst bool) ([]byte, error) {
	r := csv.NewReader(bytes.NewReader(file))
	head, err := r.Read()
	if err != nil {
		return nil, fmt.Errorf("payout file: %w", err)
	}
	column := map[string]int{}
	for i, h := range head {
		column[h] = i
	}
	var out bytes.Buffer
	w := csv.NewWriter(&out)
	_ = w.Write([]string{"payout_key", "status", "reference", "error"})
	n := 0
	for ; ; n++ {
		row, err := r.Read()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("payout file: %w", err)
		}
		if refuseFirst && n == 0 {
			_ = w.Write([]string{row[column["payout_key"]], "failed", "", "account closed"})
			continue
		}
		_ = w.Write([]string{row[column["payout_key"]], "paid", "TRF-" + rand.Text()[:10], ""})
	}
	w.Flush()
	if n == 0 {
		return nil, nil
	}
	return out.Bytes(), nil
}
