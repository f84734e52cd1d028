// Package sandbox plays the two kinds of store Tributary serves, over real
// HTTP: a Shopify-like and a WooCommerce-like shop that sell, refund and
// change their minds, sign and send webhooks, and answer the parts of their
// REST and token APIs that an app calls. The demo, the end-to-end tests and
// the benchmarks run against them.
//
// The stores are as strict and as nasty as the real ones are known to be:
// duplicates, disorder, retries with the original payload, merged updates,
// lost deliveries, silent deletions. They speak to the app over HTTP only, and
// they keep their own truth (see Expected), so that what the app's ledger says
// can be compared with a reckoning that shares no code with it.
//
// Everything random comes from Options.Seed and every instant from
// Options.Now, so that the same seed sells the same goods.
package sandbox

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// Platform is the kind of store that is played.
type Platform string

// The platforms.
const (
	Shopify     Platform = "shopify"
	WooCommerce Platform = "woocommerce"
)

// Influencer is someone whose codes and links shoppers of this store use.
type Influencer struct {
	Slug   string // in ?ref= and utm_source
	UTMID  string // utm_id of their link; empty leaves it out
	Weight int    // share of the influencer traffic; 0 counts as 1, less is none
	Codes  []Code
}

// Code is a discount code. Exactly one of PercentBps and Fixed is set.
type Code struct {
	Text       string
	PercentBps int64 // 1500 is 15 %
	Fixed      int64 // minor units of the store's currency off the cart
	Own        bool  // the store's own: there even with Options.CodesByApp
}

// Presentment is a second currency that shoppers may pay in.
type Presentment struct {
	Currency  string
	RateMicro int64 // one unit of the store's currency in millionths of this one
}

// Options describe one store. Platform, Domain and Seed are enough.
type Options struct {
	Platform Platform
	// Domain is "x.myshopify.com" for Shopify. A WooCommerce store is known by
	// its home URL, which is URL() unless HomeURL is set.
	Domain  string
	HomeURL string
	Name    string
	Seed    uint64
	Now     func() time.Time // default time.Now

	Currency      string // default USD
	Zone          *time.Location
	Country       string // default US
	TaxBps        int64  // 0: no tax
	TaxesIncluded bool   // prices include tax
	Presentment   []Presentment
	Products      int   // 8…20; default 12
	BigIDs        bool  // order ids above 2^53
	IDBase        int64 // added to every id, so that a store opened anew does not sell old orders again

	Influencers []Influencer
	Promos      []Code // the store's own codes: nobody's
	Mix         *Mix   // default DefaultMix()
	// CodesByApp leaves the influencers' codes out of the store until the app
	// creates them over the API.
	CodesByApp bool

	// ClientID and ClientSecret are the Shopify app's; deliveries are signed
	// with the secret. WooCommerce webhooks bring their own.
	ClientID, ClientSecret string
	Scopes                 string // granted at install; default read_orders,write_discounts

	// WooAuth is how a WooCommerce store lets keys in: WooTLS, WooHeaderDropped or
	// WooPlain. PlainPermalinks leaves it without an address for its API.
	WooAuth         string
	PlainPermalinks bool

	Delivery Delivery
	Addr     string // of the store's HTTP server; default 127.0.0.1:0

	// Skip moves the clock behind Now ahead. With it, whoever reaches the store's
	// server makes things happen under /play.
	Skip func(time.Duration)
}

// Delivery says how webhooks travel. Probabilities are per thousand.
type Delivery struct {
	Workers    int           // deliveries in flight at once; default 4
	Timeout    time.Duration // default 5 s for Shopify, 60 s for WooCommerce
	TimeScale  float64       // real time per platform time in retry waits; default 1
	Duplicates int           // Shopify: the same delivery again
	Disorder   int           // Shopify: held back behind later ones. WooCommerce: created before updated is the exception anyway
	KeepAlive  bool          // reuse connections, as neither platform does; for load only
}

// Store is one shop. It is safe for concurrent use.
type Store struct {
	opt      Options
	exp      int
	products []*Product
	codes    map[string]*discount // folded code → what it gives
	out      *courier
	shop     *shopifySide
	woo      *wooSide

	clock atomic.Pointer[time.Time]
	later func(after time.Duration, do func()) // set by a World; nil: nothing runs by itself

	mu        sync.Mutex
	rng       *rand.Rand
	customers []*Customer
	orders    []*Order
	byID      map[int64]*Order
	ids       int64 // last resource id given out
	items     int64 // last line, refund line or meta id
	numbers   int64
	app       string // shown in the admin
	link      link   // of a WooCommerce store to the app

	srv server
}

// ErrNotNow is returned when an order's state does not allow what was asked.
var ErrNotNow = errors.New("sandbox: the order's state does not allow this")

// New makes a store. It sends nothing and listens nowhere yet.
func New(o Options) (*Store, error) {
	if o.Platform != Shopify && o.Platform != WooCommerce {
		return nil, fmt.Errorf("sandbox: unknown platform %q", o.Platform)
	}
	if o.Platform == Shopify && !shopDomain.MatchString(o.Domain) {
		return nil, fmt.Errorf("sandbox: %q is not a myshopify.com domain", o.Domain)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Zone == nil {
		o.Zone = time.UTC
	}
	o.Currency = cmp.Or(o.Currency, "USD")
	o.Country = cmp.Or(o.Country, "US")
	o.Products = cmp.Or(o.Products, 12)
	o.Name = cmp.Or(o.Name, o.Domain, "Sandbox Store")
	o.Scopes = cmp.Or(o.Scopes, "read_orders,write_discounts")
	o.Addr = cmp.Or(o.Addr, "127.0.0.1:0")
	o.Delivery.Workers = cmp.Or(o.Delivery.Workers, 4)
	o.Delivery.TimeScale = cmp.Or(o.Delivery.TimeScale, 1)
	if o.Delivery.Timeout == 0 {
		o.Delivery.Timeout = 60 * time.Second
		if o.Platform == Shopify {
			o.Delivery.Timeout = 5 * time.Second
		}
	}
	if o.Mix == nil {
		m := DefaultMix()
		o.Mix = &m
	}
	s := &Store{
		opt: o, exp: exponent(o.Currency),
		rng:   rand.New(rand.NewPCG(o.Seed, 1)),
		byID:  map[int64]*Order{},
		codes: map[string]*discount{},
		out:   newCourier(o.Delivery),
	}
	s.ids, s.items, s.numbers = 9, 1, 1000
	if o.Platform == Shopify {
		s.ids, s.items = 5_400_000_000_000, 13_900_000_000_000
		if o.BigIDs {
			s.ids, s.items = 820_982_911_946_154_508, 866_550_311_766_439_020
		}
		s.shop = newShopifySide(s)
	} else {
		s.woo = newWooSide(s)
	}
	s.ids, s.items, s.numbers = s.ids+o.IDBase, s.items+o.IDBase, s.numbers+o.IDBase%100_000
	s.products = s.catalogue()
	for _, inf := range o.Influencers {
		for _, c := range inf.Codes {
			if !o.CodesByApp || c.Own {
				s.hasHad(c)
			}
		}
	}
	for _, c := range o.Promos {
		s.hasHad(c)
	}
	return s, nil
}

// Now is the store's own time: the simulated instant while history is played,
// else Options.Now.
func (s *Store) Now() time.Time {
	if t := s.clock.Load(); t != nil {
		return *t
	}
	return s.opt.Now().UTC()
}

// Platform tells what kind of store this is.
func (s *Store) Platform() Platform { return s.opt.Platform }

// Domain is what the app knows the store by: the myshopify domain, or the
// home URL of a WooCommerce store.
func (s *Store) Domain() string {
	if s.opt.Platform == Shopify {
		return s.opt.Domain
	}
	return s.home()
}

// Currency is the store's own.
func (s *Store) Currency() string { return s.opt.Currency }

// Products lists the catalogue.
func (s *Store) Products() []*Product { return s.products }

// Settle delivers all that is waiting, retries and held-back deliveries
// included, and returns when the app has had everything it is going to get.
func (s *Store) Settle(ctx context.Context) error {
	for {
		s.Flush()
		if err := s.out.settle(ctx); err != nil {
			return err
		}
		if s.woo == nil || !s.woo.waiting() {
			return nil
		}
	}
}

// Flush hands queued WooCommerce actions and held-back Shopify deliveries to
// the senders: what WP-Cron does each minute.
func (s *Store) Flush() {
	if s.woo != nil {
		s.woo.cron()
	}
	s.out.release(true)
}

// Stats tells what was sent so far.
func (s *Store) Stats() Stats { return s.out.snapshot() }

// Counts is how many orders and refunds are in the store's books.
func (s *Store) Counts() (orders, refunds int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, o := range s.orders {
		refunds += len(o.Refunds)
	}
	return len(s.orders), refunds
}

// SetTransport replaces how deliveries leave, for tests of bad networks. Call
// it before anything is sent.
func (s *Store) SetTransport(rt http.RoundTripper) { s.out.client.Transport = rt }

// Close stops senders and server. Deliveries still waiting are dropped.
func (s *Store) Close() error {
	s.out.close()
	return s.srv.close()
}

func (s *Store) nextID() int64 { s.ids++; return s.ids }

func (s *Store) nextItem() int64 { s.items++; return s.items }
