package tracking_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"tributary/internal/domain/draw"
	"tributary/internal/earning"
	"tributary/internal/intake"
	"tributary/internal/obs"
	"tributary/internal/platform"
	"tributary/internal/store"
	"tributary/internal/tracking/giveaway"
)

const entryPay = `{"id":"gaw","type":"giveaway","amount":"2.00"}`

// planned plans a giveaway of a week from tomorrow on, for the agreements.
func (s *shop) planned(change func(*giveaway.Fields), agreements ...int64) (g *store.Giveaway) {
	s.t.Helper()
	ctx := context.Background()
	opens := start.Add(day)
	closes := opens.Add(7 * day)
	title, prize, terms := "Win", "A serum", "Be kind."
	f := giveaway.Fields{Title: &title, Prize: &prize, Terms: &terms, OpensAt: &opens, ClosesAt: &closes, AgreementIDs: &agreements}
	if change != nil {
		change(&f)
	}
	s.in(func(tx *store.Tx) error {
		a, err := tx.Agreement(ctx, agreements[0])
		if err != nil {
			return err
		}
		g, err = giveaway.Add(ctx, tx, a.CampaignID, f)
		return err
	})
	return g
}

func (s *shop) enter(g *store.Giveaway, f giveaway.Form) (id int64, err error) {
	s.t.Helper()
	if f.Way == "" {
		f.Way = draw.ByFree
	}
	f.Country, f.Agreed = "US", true
	err = s.db.InTx(context.Background(), s.id, func(tx *store.Tx) (err error) {
		id, err = giveaway.Enter(context.Background(), tx, s.keys, g.ID, f)
		return err
	})
	return id, err
}

func (s *shop) mustEnter(g *store.Giveaway, f giveaway.Form) int64 {
	s.t.Helper()
	id, err := s.enter(g, f)
	if err != nil {
		s.t.Fatal(err)
	}
	return id
}

// entries are the ways of those that stand, by id.
func (s *shop) entries(g *store.Giveaway) map[int64]string {
	s.t.Helper()
	out := map[int64]string{}
	s.in(func(tx *store.Tx) error {
		now, err := tx.Giveaway(context.Background(), g.ID)
		if err != nil {
			return err
		}
		es, err := earning.StandingEntries(context.Background(), tx, now)
		for _, e := range es {
			out[e.ID] = e.Way
		}
		return err
	})
	return out
}

// bought is an order as Shopify sends it.
type bought struct {
	id       int64
	at       time.Time
	email    string
	code     string
	updated  time.Time
	paid     time.Time // zero: at once
	refunded bool
	cancel   bool
	click    string // signed id of the click that the cart remembers
}

func (b bought) body() []byte {
	refunds := []any{}
	if b.refunded {
		m := map[string]any{"shop_money": map[string]any{"amount": "50.00", "currency_code": "USD"}, "presentment_money": map[string]any{"amount": "50.00", "currency_code": "USD"}}
		zero := map[string]any{"shop_money": map[string]any{"amount": "0.00", "currency_code": "USD"}, "presentment_money": map[string]any{"amount": "0.00", "currency_code": "USD"}}
		refunds = append(refunds, map[string]any{"id": b.id * 100, "order_id": b.id, "created_at": b.updated, "processed_at": b.updated, "order_adjustments": []any{},
			"refund_line_items": []any{map[string]any{"id": b.id * 1000, "line_item_id": b.id * 10, "quantity": 1, "subtotal": 50, "total_tax": 0, "subtotal_set": m, "total_tax_set": zero}},
			"transactions":      []any{map[string]any{"kind": "refund", "status": "success", "amount": "50.00"}}})
	}
	codes, apps, allocs := []any{}, []any{}, []any{}
	if b.code != "" {
		codes = append(codes, map[string]any{"code": b.code, "amount": "0.00", "type": "percentage"})
		apps = append(apps, map[string]any{"type": "discount_code", "code": b.code, "value": "0.0", "value_type": "percentage"})
		allocs = append(allocs, map[string]any{"amount": "0.00", "discount_application_index": 0})
	}
	paid := b.paid
	if paid.IsZero() {
		paid = b.at
	}
	o := map[string]any{"id": b.id, "name": fmt.Sprint("#", b.id), "created_at": b.at, "processed_at": paid, "updated_at": b.updated, "currency": "USD", "presentment_currency": "USD",
		"financial_status": "paid", "taxes_included": false, "total_price": "50.00", "total_tax": "0.00", "test": false, "discount_codes": codes, "discount_applications": apps,
		"email": b.email, "customer": map[string]any{"id": nil, "email": b.email}, "shipping_lines": []any{}, "refunds": refunds,
		"line_items": []any{map[string]any{"id": b.id * 10, "product_id": 1, "quantity": 1, "price": "50.00", "total_discount": "0.00", "tax_lines": []any{}, "discount_allocations": allocs}}}
	if b.cancel {
		o["cancelled_at"] = b.updated
	}
	if b.click != "" {
		o["landing_site"] = "/?utm_id=" + b.click
	}
	raw, err := json.Marshal(o)
	if err != nil {
		panic(err)
	}
	return raw
}

// buy sends orders to the shop's door and settles them.
func (s *shop) buy(orders ...bought) {
	s.t.Helper()
	log := slog.New(slog.DiscardHandler)
	inbox := intake.NewInbox(s.db, log, func(int64) {}, nil)
	defer inbox.Close()
	door := intake.NewReceiver(s.db, inbox, s.keys, log, obs.NewMetrics("test"), "hush")
	for _, b := range orders {
		if b.updated.IsZero() {
			b.updated = b.at
		}
		if s.clock.now().Before(b.updated) {
			s.clock.set(b.updated)
		}
		body := b.body()
		head := http.Header{}
		for k, v := range map[string]string{"X-Shopify-Topic": "orders/updated", "X-Shopify-Hmac-Sha256": platform.Sign(body, "hush"), "X-Shopify-Shop-Domain": "anna-store.myshopify.com",
			"X-Shopify-API-Version": "2026-10", "X-Shopify-Webhook-Id": fmt.Sprint(b.id, "-", b.updated.UnixNano(), b.refunded, b.cancel), "X-Shopify-Triggered-At": b.updated.Format(time.RFC3339Nano)} {
			head.Set(k, v)
		}
		if err := door.Shopify(context.Background(), head, body); err != nil {
			s.t.Fatal(err)
		}
	}
	s.settle()
}

func TestR54EntriesByOrderAndByFormArePaidOncePerPerson(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	anna, ben := s.agreement("anna", entryPay), s.agreement("ben", entryPay)
	g := s.planned(nil, anna, ben)
	open := g.OpensAt.Add(time.Hour)
	s.clock.set(open)
	one := s.mustEnter(g, giveaway.Form{Email: "one@example.com", Ref: "anna"})
	if again := s.mustEnter(g, giveaway.Form{Email: "O.N.E+x@example.com", Ref: "ben"}); again == one {
		t.Error("another mailbox has the same entry")
	}
	if again := s.mustEnter(g, giveaway.Form{Email: "One+news@Example.com", Ref: "ben"}); again != one {
		t.Error("the same mailbox has two entries")
	}
	s.buy(bought{id: 1, at: open.Add(time.Hour), email: "one@example.com", code: "BEN10"}, // in already, by anna
		bought{id: 2, at: open.Add(2 * time.Hour), email: "two@example.com", code: "BEN10"}, // by ben
		bought{id: 3, at: open.Add(3 * time.Hour), email: "two@example.com", code: "ANNA10"},
		bought{id: 4, at: open.Add(4 * time.Hour), email: "three@example.com"}, // by nobody
		bought{id: 5, at: g.OpensAt.Add(-time.Second), email: "early@example.com", code: "BEN10"},
		bought{id: 6, at: open.Add(5 * time.Hour), email: "four@example.com", cancel: true, updated: open.Add(6 * time.Hour)})
	if n := s.entries(g); len(n) != 4 || n[one] != draw.ByFree {
		t.Fatalf("%v", n)
	}
	if a, b := s.earned(anna, store.EarningEntry), s.earned(ben, store.EarningEntry); a != 200 || b != 400 { // one; two, and O.N.E, which is another mailbox
		t.Fatalf("anna %d, ben %d", a, b)
	}
	s.proven()
	// Two gives both orders back, the later one first: then they are out, and may come in freely.
	s.buy(bought{id: 3, at: open.Add(3 * time.Hour), email: "two@example.com", code: "ANNA10", refunded: true, updated: open.Add(30 * time.Hour)})
	if b := s.earned(ben, store.EarningEntry); b != 400 {
		t.Errorf("ben %d", b)
	}
	s.buy(bought{id: 2, at: open.Add(2 * time.Hour), email: "two@example.com", code: "BEN10", refunded: true, updated: open.Add(31 * time.Hour)})
	if b := s.earned(ben, store.EarningEntry); b != 200 || len(s.entries(g)) != 3 {
		t.Errorf("ben %d, %v", b, s.entries(g))
	}
	s.mustEnter(g, giveaway.Form{Email: "two@example.com", Code: "anna10"})
	s.settle()
	if a := s.earned(anna, store.EarningEntry); a != 400 || len(s.entries(g)) != 4 {
		t.Errorf("anna %d, %v", a, s.entries(g))
	}
	for _, e := range s.earnings(anna, store.EarningEntry) {
		if e.State != store.EarningPending || e.ReleaseAt.Before(g.ClosesAt) {
			t.Errorf("%+v", e)
		}
	}
	s.proven()
}

func TestOrdersMayArriveInAnyOrder(t *testing.T) {
	t.Parallel()
	var want map[int64]string
	for turn := range 3 {
		s := newShop(t)
		anna := s.agreement("anna", entryPay, `"hold":{"days":0}`)
		g := s.planned(nil, anna)
		open := g.OpensAt
		all := []bought{
			{id: 1, at: open, email: "one@example.com", code: "ANNA10"},
			{id: 1, at: open, email: "one@example.com", code: "ANNA10", refunded: true, updated: open.Add(time.Hour)},
			{id: 2, at: open.Add(time.Minute), email: "one@example.com", code: "ANNA10"},
			{id: 3, at: open.Add(time.Minute), email: "two@example.com", code: "ANNA10", cancel: true, updated: open.Add(2 * time.Hour)},
			{id: 3, at: open.Add(time.Minute), email: "two@example.com", code: "ANNA10"},
		}
		switch turn {
		case 1:
			slices.Reverse(all)
		case 2:
			all = append(all[2:], all...)
		}
		s.buy(all...)
		got := map[int64]string{}
		for range s.entries(g) {
			got[int64(len(got))] = draw.ByPurchase
		}
		if turn == 0 {
			want = got
		}
		if len(got) != 1 || len(want) != 1 || s.earned(anna, store.EarningEntry) != 200 {
			t.Errorf("turn %d: %v, paid %d", turn, got, s.earned(anna, store.EarningEntry))
		}
		s.proven()
	}
}

func TestManyFormsOfOnePersonAreOneEntry(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	anna := s.agreement("anna", entryPay)
	g := s.planned(nil, anna)
	s.clock.set(g.OpensAt)
	ids := make([]int64, 12)
	var wg sync.WaitGroup
	for i := range ids {
		wg.Go(func() {
			id, err := s.enter(g, giveaway.Form{Email: fmt.Sprintf("p%d@example.com", i%2), Ref: "anna"})
			if err != nil {
				t.Error(err)
			}
			ids[i] = id
		})
	}
	wg.Wait()
	s.settle()
	if len(s.entries(g)) != 2 || s.earned(anna, store.EarningEntry) != 400 || ids[0] == ids[1] || ids[0] != ids[2] {
		t.Errorf("%v, %d", ids, s.earned(anna, store.EarningEntry))
	}
}

func TestAnInfluencerIsPaidNeitherForThemselvesNorWhileInactive(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	anna := s.agreement("anna", entryPay)
	stranger := s.agreement("ben", entryPay)
	g := s.planned(nil, anna)
	s.clock.set(g.OpensAt)
	s.mustEnter(g, giveaway.Form{Email: "anna@example.com", Ref: "anna"})
	s.mustEnter(g, giveaway.Form{Email: "fan@example.com", Ref: "ben"}) // who does not take part
	s.settle()
	if a, b := s.earned(anna, store.EarningEntry), s.earned(stranger, store.EarningEntry); a != 0 || b != 0 || len(s.entries(g)) != 2 {
		t.Errorf("anna %d, ben %d", a, b)
	}
}

func TestMilestonesCountEntriesThatNothingElsePaysFor(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	anna := s.agreement("anna", `{"id":"m","type":"milestones","metric":"entries","count_basis":"recorded","steps":[{"at":"3","amount":"50.00"}]}`)
	g := s.planned(nil, anna)
	s.clock.set(g.OpensAt)
	for i := range 3 {
		s.mustEnter(g, giveaway.Form{Email: fmt.Sprintf("p%d@example.com", i), Ref: "anna"})
		s.settle()
	}
	if got := s.earned(anna, store.EarningMilestone); got != 5000 {
		t.Errorf("%d", got)
	}
	s.proven()
}

func TestACancelledGiveawayPaysNobody(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := newShop(t)
	anna := s.agreement("anna", entryPay)
	g := s.planned(nil, anna)
	s.clock.set(g.OpensAt)
	s.mustEnter(g, giveaway.Form{Email: "p@example.com", Ref: "anna"})
	s.settle()
	if got := s.earned(anna, store.EarningEntry); got != 200 {
		t.Fatal(got)
	}
	s.in(func(tx *store.Tx) error { _, err := giveaway.Cancel(ctx, tx, g.ID); return err })
	s.settle()
	if got := s.earned(anna, store.EarningEntry); got != 0 {
		t.Errorf("%d", got)
	}
	s.proven()
}

func TestAGiveawayThatOpenedYesterdayCountsYesterdaysOrders(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	anna := s.agreement("anna", entryPay)
	s.buy(bought{id: 1, at: start.Add(2 * day), email: "p@example.com", code: "ANNA10"})
	s.clock.set(start.Add(3 * day))
	g := s.planned(nil, anna)
	s.settle()
	if got := s.earned(anna, store.EarningEntry); got != 200 || len(s.entries(g)) != 1 {
		t.Errorf("%d", got)
	}
	s.proven()
}

func TestTheClickOnALandingPageTellsWhoBroughtAnEntrant(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	d := s.door("")
	anna, ben := s.agreement("anna", entryPay), s.agreement("ben", entryPay)
	g := s.planned(nil, anna, ben)
	s.clock.set(g.OpensAt.Add(time.Minute))
	fresh := string(s.click(d, anna, person(1)))
	forged := []byte(fresh)
	forged[len(forged)-1] ^= 1
	s.mustEnter(g, giveaway.Form{Email: "eva@example.com", Country: "US", Way: "free", Click: fresh, Ref: "ben"})
	s.mustEnter(g, giveaway.Form{Email: "ina@example.com", Country: "US", Way: "free", Click: string(forged)})
	s.mustEnter(g, giveaway.Form{Email: "uli@example.com", Country: "US", Way: "free", Click: fresh, Code: "BEN10"})
	s.settle()
	if a, b := s.earned(anna, store.EarningEntry), s.earned(ben, store.EarningEntry); a != 200 || b != 200 {
		t.Errorf("anna has %d and ben %d, want 200 each: by the click, and by the code that goes before it", a, b)
	}
	s.proven()
}
