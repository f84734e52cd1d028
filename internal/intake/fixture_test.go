package intake_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"testing"
	"time"

	"tributary/internal/domain/attribution"
	"tributary/internal/domain/order"
	"tributary/internal/intake"
	"tributary/internal/obs"
	"tributary/internal/pgtest"
	"tributary/internal/platform"
	"tributary/internal/program"
	"tributary/internal/seal"
	"tributary/internal/store"
	"tributary/internal/tenant"
)

const (
	shopDomain = "anna-store.myshopify.com"
	secret     = "hush"
)

// shop is a Shopify shop with a database and a clock of its own.
type shop struct {
	t       testing.TB
	db      *store.DB
	keys    *seal.Keys
	id      int64
	clock   *clock
	settler *intake.Settler
	inbox   *intake.Inbox
	door    *intake.Receiver
	url     string
	home    string // of the storefront
}

type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) set(at time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = at
}

func newShop(t testing.TB) *shop {
	t.Helper()
	s := newTenant(t)
	s.home = "https://" + shopDomain + "/"
	added, err := tenant.AddShop(context.Background(), s.db, s.keys, tenant.NewShop{Platform: order.Shopify, Domain: shopDomain, Currency: "USD", TimeZone: "America/New_York"})
	if err != nil {
		t.Fatal(err)
	}
	s.id = added.ID
	return s
}

// newTenant is everything but the shop.
func newTenant(t testing.TB) *shop {
	t.Helper()
	ctx := context.Background()
	c := &clock{at: time.Date(2026, 8, 1, 12, 0, 0, 0, time.UTC)}
	s := &shop{t: t, clock: c, url: pgtest.New(t)}
	var err error
	if s.db, err = store.Open(ctx, s.url, store.Options{Now: c.now}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.db.Close)
	if s.keys, err = seal.New([]seal.Key{seal.Generate("k1")}); err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	m := obs.NewMetrics("test")
	s.settler = intake.NewSettler(s.db, s.keys, log, m)
	s.inbox = intake.NewInbox(s.db, log, func(int64) {}, nil)
	t.Cleanup(s.inbox.Close)
	s.door = intake.NewReceiver(s.db, s.inbox, s.keys, log, m, secret)
	return s
}

// agreement signs an agreement under the given components and gives it a code
// and a link. It returns the agreement's id.
func (s *shop) agreement(handle, code, components string, more ...string) int64 {
	s.t.Helper()
	ctx := context.Background()
	extra := ""
	for _, m := range more {
		extra += "," + m
	}
	doc := fmt.Sprintf(`{"version":1,"currency":"USD","components":[%s]%s}`, components, extra)
	var id int64
	err := s.db.InTx(ctx, s.id, func(tx *store.Tx) error {
		email, name := handle+"@example.com", handle
		inf, err := program.AddInfluencer(ctx, tx, s.keys, program.InfluencerFields{Handle: &handle, Name: &name, Email: &email})
		if err != nil {
			return err
		}
		title := "Campaign of " + handle
		camp, err := program.AddCampaign(ctx, tx, program.CampaignFields{Name: &title})
		if err != nil {
			return err
		}
		a, err := program.DraftAgreement(ctx, tx, program.NewAgreement{InfluencerID: inf.ID, CampaignID: camp.ID, Terms: []byte(doc)})
		if err != nil {
			return err
		}
		id = a.ID
		if err := program.Offer(ctx, tx, a.ID); err != nil {
			return err
		}
		vs, err := tx.Versions(ctx, a.ID)
		if err != nil {
			return err
		}
		for _, party := range []string{"merchant", "influencer"} {
			if err := program.Sign(ctx, tx, a.ID, program.NewSignature{Party: party, Signer: party, Email: party + "@example.com", IP: "127.0.0.1", Method: "api", Hash: vs[0].Hash}); err != nil {
				return err
			}
		}
		if _, err := program.AddCode(ctx, tx, program.NewCode{AgreementID: a.ID, Code: code}); err != nil {
			return err
		}
		_, err = program.AddLink(ctx, tx, program.NewLink{AgreementID: a.ID, Slug: handle + "-link", Destination: s.home})
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return id
}

// hook is one delivery a store would send.
type hook struct {
	topic, id string
	body      []byte
	triggered time.Time
}

func (s *shop) send(h hook) error {
	head := http.Header{}
	head.Set("X-Shopify-Topic", h.topic)
	head.Set("X-Shopify-Hmac-Sha256", platform.Sign(h.body, secret))
	head.Set("X-Shopify-Shop-Domain", shopDomain)
	head.Set("X-Shopify-API-Version", "2026-10")
	head.Set("X-Shopify-Webhook-Id", h.id)
	head.Set("X-Shopify-Triggered-At", h.triggered.Format(time.RFC3339Nano))
	return s.door.Shopify(context.Background(), head, h.body)
}

// deliver sends hooks and settles them.
func (s *shop) deliver(hooks ...hook) {
	s.t.Helper()
	for _, h := range hooks {
		if err := s.send(h); err != nil {
			s.t.Fatalf("send %s: %v", h.topic, err)
		}
	}
	s.drain()
}

func (s *shop) drain() intake.Report {
	s.t.Helper()
	r, err := s.settler.Drain(context.Background(), s.id)
	if err != nil {
		s.t.Fatalf("drain: %v", err)
	}
	return r
}

// earned is what the ledger holds per agreement, in minor units.
func (s *shop) earned() map[int64]int64 {
	out := map[int64]int64{}
	for _, e := range s.earnings() {
		out[e.AgreementID] += e.Posted
	}
	return out
}

// earnedByOrder is the same by agreement and order, without what is nothing.
func (s *shop) earnedByOrder() map[string]int64 {
	out := map[string]int64{}
	for _, e := range s.earnings() {
		if e.Posted != 0 {
			out[fmt.Sprintf("agreement %d, order %d", e.AgreementID, e.Source)] = e.Posted
		}
	}
	return out
}

func (s *shop) earnings() (es []store.EarningRow) {
	s.t.Helper()
	ctx := context.Background()
	if err := s.db.InTx(ctx, s.id, func(tx *store.Tx) error {
		rows, err := tx.OrdersAfter(ctx, 0, 10000)
		if err != nil {
			return err
		}
		ids := make([]int64, len(rows))
		for i := range rows {
			ids[i] = rows[i].ID
		}
		es, err = tx.EarningsOfOrders(ctx, ids)
		return err
	}); err != nil {
		s.t.Fatal(err)
	}
	return es
}

// decideByHand gives an order to an agreement, as a person may.
func (s *shop) decideByHand(orderID, agreementID int64) {
	s.t.Helper()
	ctx := context.Background()
	err := s.db.InTx(ctx, s.id, func(tx *store.Tx) error {
		_, err := program.AddEvidence(ctx, tx, program.NewEvidence{OrderID: orderID, AgreementID: agreementID, Kind: attribution.Manual,
			At: s.clock.now(), Note: "They wrote us."})
		return err
	})
	if err == nil {
		s.clock.set(s.clock.now().Add(time.Minute))
		err = s.settler.Resettle(ctx, s.id, orderID)
	}
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s *shop) verify() {
	s.t.Helper()
	diff, err := s.settler.Verify(context.Background(), s.id, nil)
	if err != nil {
		s.t.Fatalf("verify: %v", err)
	}
	for _, d := range diff {
		s.t.Errorf("%s: %s should be %s, is %s", d.Invariant, d.Subject, d.Want, d.Got)
	}
}

func (s *shop) replay() {
	s.t.Helper()
	r, err := intake.Replay(context.Background(), s.db, s.url, s.keys, slog.New(slog.DiscardHandler), s.id, nil)
	if err != nil {
		s.t.Fatalf("replay: %v", err)
	}
	for _, d := range r.Differences {
		s.t.Errorf("%s: %s should be %s, is %s", d.Invariant, d.Subject, d.Want, d.Got)
	}
}

// sale is a Shopify order in the few fields that matter, and its refunds.
type sale struct {
	id       int64
	at       time.Time
	code     string // discount code, taking 10 % off
	email    string
	landing  string
	updated  time.Time
	refunded []refundOf
	cancel   bool
}

type refundOf struct {
	id    int64
	units int64
	at    time.Time
	cents int64 // net of tax
}

func cents(n int64) string { return fmt.Sprintf("%d.%02d", n/100, n%100) }

// order renders one line of two units, unit cents each, 10 % off by code.
func (s sale) order(unit int64) []byte {
	discount := int64(0)
	codes, apps, allocs := []any{}, []any{}, []any{}
	if s.code != "" {
		discount = 2 * unit / 10
		codes = append(codes, map[string]any{"code": s.code, "amount": cents(discount), "type": "percentage"})
		apps = append(apps, map[string]any{"type": "discount_code", "code": s.code, "value": "10.0", "value_type": "percentage"})
		allocs = append(allocs, map[string]any{"amount": cents(discount), "discount_application_index": 0})
	}
	refunds := []any{}
	left := int64(2)
	for _, r := range s.refunded {
		refunds = append(refunds, json.RawMessage(s.refund(r)))
		left -= r.units
	}
	o := map[string]any{
		"id": s.id, "name": fmt.Sprintf("#%d", s.id), "created_at": s.at.Format(time.RFC3339), "processed_at": s.at.Format(time.RFC3339),
		"updated_at": s.updated.Format(time.RFC3339), "currency": "USD", "presentment_currency": "USD", "financial_status": "paid",
		"taxes_included": false, "total_price": cents(2*unit - discount), "total_tax": "0.00", "test": false,
		"discount_codes": codes, "discount_applications": apps, "landing_site": s.landing, "email": s.email,
		"customer": map[string]any{"id": nil, "email": s.email},
		"line_items": []any{map[string]any{"id": s.id*10 + 1, "product_id": 1, "quantity": 2, "current_quantity": left, "price": cents(unit),
			"total_discount": "0.00", "gift_card": false, "tax_lines": []any{}, "discount_allocations": allocs}},
		"shipping_lines": []any{}, "refunds": refunds,
	}
	if s.cancel {
		o["cancelled_at"] = s.updated.Format(time.RFC3339)
	}
	b, err := json.Marshal(o)
	if err != nil {
		panic(err)
	}
	return b
}

func money(n int64) any {
	m := map[string]any{"amount": cents(n), "currency_code": "USD"}
	return map[string]any{"shop_money": m, "presentment_money": m}
}

func (s sale) refund(r refundOf) []byte {
	b, err := json.Marshal(map[string]any{
		"id": r.id, "order_id": s.id, "created_at": r.at.Format(time.RFC3339), "processed_at": r.at.Format(time.RFC3339),
		"refund_line_items": []any{map[string]any{"id": r.id * 10, "line_item_id": s.id*10 + 1, "quantity": r.units, "subtotal": json.Number(cents(r.cents)), "total_tax": 0,
			"subtotal_set": money(r.cents), "total_tax_set": money(0)}},
		"order_adjustments": []any{}, "transactions": []any{map[string]any{"kind": "refund", "status": "success", "amount": cents(r.cents)}},
	})
	if err != nil {
		panic(err)
	}
	return b
}
