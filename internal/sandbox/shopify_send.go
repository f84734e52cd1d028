package sandbox

import (
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
)

// APIVersion is what the sandbox's Shopify speaks.
const APIVersion = "2026-10"

var shopDomain = regexp.MustCompile(`^[a-zA-Z0-9][a-zA-Z0-9\-]*\.myshopify\.com$`)

// shopNumber is the numeric id of a shop: any number that stays the same.
func shopNumber(domain string) int64 {
	var n uint64 = 14695981039346656037
	for _, b := range []byte(domain) {
		n = (n ^ uint64(b)) * 1099511628211
	}
	return int64(n%900_000_000) + 100_000_000
}

// shopifyBackoff are the waits before the eight retries: four hours in all.
var shopifyBackoff = []time.Duration{
	1 * time.Minute, 2 * time.Minute, 4 * time.Minute, 8 * time.Minute,
	16 * time.Minute, 32 * time.Minute, 64 * time.Minute, 113 * time.Minute,
}

// shopifySide is what makes a store Shopify.
type shopifySide struct {
	s *Store

	mu     sync.Mutex
	subs   []subscription
	secret string // signs deliveries
	next   string // set while a rotation runs: the new secret, not yet signing
	rng    *rand.Rand
	tokens tokens
	grants map[string]bool // authorization codes that were not redeemed
	faults []Fault
	calls  map[string]int
	bucket bucket

	deals map[string]*dealNode // with the store's mu held, as are bulks
	bulks map[string]*bulkAdd

	types   map[string]*entryType // metaobjects, with the store's mu held, as are folders
	folders map[string]bool       // of pages, taken

	proxyTo   string           // the app's proxy
	carts     map[string]*cart // by cookie
	bulkReads []*bulkRead
	when      func(name string, times int) // with mu held
}

type subscription struct {
	topics []string
	url    string
}

// parcel is one delivery. Its body and webhook id never change, however often
// it is sent.
type parcel struct {
	topic, url         string
	body               []byte
	webhookID, eventID string
	triggered          time.Time
	attempt            int
}

func newShopifySide(s *Store) *shopifySide {
	return &shopifySide{s: s, secret: s.opt.ClientSecret, rng: rand.New(rand.NewPCG(s.opt.Seed, 3)), tokens: tokens{},
		grants: map[string]bool{}, calls: map[string]int{}, deals: map[string]*dealNode{}, bulks: map[string]*bulkAdd{}, types: map[string]*entryType{}, folders: map[string]bool{}, carts: map[string]*cart{},
		bucket: bucket{max: 2000, restore: 100, left: 2000, at: time.Now()}}
}

// OrderTopics are the order topics an app subscribes to.
var OrderTopics = []string{
	"orders/create", "orders/paid", "orders/updated", "orders/edited", "orders/cancelled", "orders/delete", "refunds/create",
}

// ComplianceTopics are the ones every app must take.
var ComplianceTopics = []string{"customers/data_request", "customers/redact", "shop/redact"}

// Subscribe makes a Shopify store deliver topics to url, as the app's toml
// would.
func (s *Store) Subscribe(url string, topics ...string) {
	s.shop.mu.Lock()
	defer s.shop.mu.Unlock()
	s.shop.subs = append(s.shop.subs, subscription{slices.Clone(topics), url})
}

// RotateSecret begins a rotation: deliveries stay signed with the old secret,
// the oldest that is not revoked, until RevokeOldSecret.
func (s *Store) RotateSecret(secret string) {
	s.shop.mu.Lock()
	defer s.shop.mu.Unlock()
	s.shop.next = secret
}

// RevokeOldSecret ends a rotation.
func (s *Store) RevokeOldSecret() {
	s.shop.mu.Lock()
	defer s.shop.mu.Unlock()
	if s.shop.next != "" {
		s.shop.secret, s.shop.next = s.shop.next, ""
	}
}

// Fire sends a delivery of any topic and body to whoever subscribed to it:
// compliance topics, app/uninstalled, shop/update.
func (s *Store) Fire(topic string, body []byte) {
	s.shop.send(s.shop.parcels(map[string][]byte{topic: body}, []string{topic}))
}

// Uninstall fires app/uninstalled and ends all access.
func (s *Store) Uninstall() {
	s.shop.revokeAll()
	s.Fire("app/uninstalled", encode(nil, s.shopifyShop(), rails))
}

// deliveries renders what an event sends. Call with the store's mu held.
func (h *shopifySide) deliveries(o *Order, what happening) []parcel {
	h.mu.Lock()
	heard := len(h.subs) > 0
	h.mu.Unlock()
	if what == silent || !heard {
		return nil
	}
	topics := []string{"orders/updated"}
	bodies := map[string][]byte{}
	switch what {
	case placed:
		topics = []string{"orders/create"}
		if !o.PaidAt.IsZero() {
			topics = []string{"orders/create", "orders/paid", "orders/updated"}
		}
	case paid:
		topics = []string{"orders/paid", "orders/updated"}
	case refundedSome:
		topics = []string{"refunds/create", "orders/updated"}
	case cancelled:
		topics = []string{"orders/cancelled", "orders/updated"}
		if !o.PaidAt.IsZero() {
			topics = []string{"orders/cancelled", "refunds/create", "orders/updated"}
		}
	case edited:
		topics = []string{"orders/edited", "orders/updated"}
		bodies["orders/edited"] = encode(nil, h.s.shopifyEdit(o), rails)
	case deleted:
		topics = []string{"orders/delete"}
		bodies["orders/delete"] = fmt.Appendf(nil, `{"id":%d}`, o.ID)
	}
	var whole []byte
	for _, t := range topics {
		switch {
		case bodies[t] != nil:
		case t == "refunds/create" && len(o.Refunds) > 0:
			bodies[t] = encode(nil, h.s.shopifyRefund(o, o.Refunds[len(o.Refunds)-1]), rails)
		case t == "refunds/create":
		default:
			if whole == nil {
				whole = encode(make([]byte, 0, 12<<10), h.s.shopifyOrder(o), rails)
			}
			bodies[t] = whole
		}
	}
	return h.parcels(bodies, topics)
}

// parcels makes one delivery for each subscription to each topic, all of one
// event.
func (h *shopifySide) parcels(bodies map[string][]byte, topics []string) []parcel {
	h.mu.Lock()
	defer h.mu.Unlock()
	event := h.uuid()
	now := h.s.Now()
	var out []parcel
	for i, t := range topics {
		for _, sub := range h.subs {
			if bodies[t] != nil && slices.Contains(sub.topics, t) {
				out = append(out, parcel{
					topic: t, url: sub.url, body: bodies[t], webhookID: h.uuid(), eventID: event,
					triggered: now.Add(time.Duration(i)*7*time.Millisecond + time.Duration(h.rng.IntN(1_000_000))),
				})
			}
		}
	}
	return out
}

// send hands an event's deliveries to the workers, in a random order when
// disorder strikes, some of them twice, some of them late.
func (h *shopifySide) send(batch []parcel) {
	c, d := h.s.out, h.s.opt.Delivery
	if c.chance(d.Disorder) {
		slices.Reverse(batch)
	}
	for i := range batch {
		p, again := &batch[i], batch[i]
		if c.chance(d.Disorder) {
			c.hold(func() { h.deliver(p) })
		} else {
			c.submit(func() { h.deliver(p) })
		}
		if c.chance(d.Duplicates) {
			c.count(func(st *Stats) { st.Duplicates++ })
			c.hold(func() { h.deliver(&again) })
		}
	}
}

// deliver sends the parcel once and sees to the retries.
func (h *shopifySide) deliver(p *parcel) {
	c := h.s.out
	p.attempt++
	code := c.post(p.url, h.headers(p), p.body)
	ok := code >= 200 && code < 300
	again := !ok && p.attempt <= len(shopifyBackoff)
	c.count(func(st *Stats) {
		st.Attempts++
		if p.attempt > 1 {
			st.Retries++
		}
		switch {
		case ok:
			st.Delivered++
			st.ByTopic[p.topic]++
		case again:
			st.Failures++
		default:
			st.Failures++
			st.Lost++
		}
	})
	if again {
		c.wait(shopifyBackoff[p.attempt-1], func() { h.deliver(p) })
		return
	}
	c.done()
}

func (h *shopifySide) headers(p *parcel) map[string]string {
	h.mu.Lock()
	secret := h.secret
	h.mu.Unlock()
	return map[string]string{
		"User-Agent":            "Shopify-Captain-Hook",
		"Accept":                "*/*",
		"Content-Type":          "application/json",
		"X-Shopify-Topic":       p.topic,
		"X-Shopify-Hmac-Sha256": Sign(secret, p.body),
		"X-Shopify-Shop-Domain": strings.ToLower(h.s.opt.Domain),
		"X-Shopify-Api-Version": APIVersion,
		"X-Shopify-Webhook-Id":  p.webhookID,
		"X-Shopify-Event-Id":    p.eventID,
		"X-Shopify-Triggered-At": p.triggered.UTC().Format(
			"2006-01-02T15:04:05.000000000Z"),
	}
}

// Sign is the base64 HMAC-SHA256 that both platforms put on a body.
func Sign(secret string, body []byte) string {
	m := hmac.New(sha256.New, []byte(secret))
	m.Write(body)
	return b64(m.Sum(nil))
}

// uuid draws a version 4 UUID from the store's seed. Call with mu held.
func (h *shopifySide) uuid() string {
	a, b := h.rng.Uint64(), h.rng.Uint64()
	return fmt.Sprintf("%08x-%04x-4%03x-%04x-%012x", a>>32, a>>16&0xffff, a&0xfff, 0x8000|b>>48&0x3fff, b&0xffffffffffff)
}

// shopifyEdit is the body of orders/edited: not an order at all.
func (s *Store) shopifyEdit(o *Order) object {
	add, gone := list{}, list{}
	for _, l := range o.Lines {
		if l.Removed > 0 {
			gone = append(gone, object{{"id", l.ID}, {"delta", l.Removed}})
		}
	}
	if len(gone) == 0 {
		l := o.Lines[len(o.Lines)-1]
		add = append(add, object{{"id", l.ID}, {"delta", l.Quantity}})
	}
	at := o.UpdatedAt.In(s.opt.Zone).Format(time.RFC3339)
	return object{{"order_edit", object{
		{"id", o.UpdatedAt.Unix()}, {"app_id", 1354745}, {"created_at", at}, {"notify_customer", false}, {"order_id", o.ID},
		{"reason", ""}, {"staff_note", ""}, {"user_id", 548380009},
		{"line_items", object{{"additions", add}, {"removals", gone}}},
		{"discounts", object{{"line_item", object{{"additions", list{}}, {"removals", list{}}}}}},
		{"shipping_lines", object{{"additions", list{}}, {"removals", list{}}}},
		{"committed_at", at},
	}}}
}
