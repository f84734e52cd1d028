package tracking_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"tributary/internal/beacon"
	"tributary/internal/domain/draw"
	"tributary/internal/earning"
	"tributary/internal/errs"
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
	o := map[string]any{"id": b.id, "name": fmt.Sprint("#", b.id), "created_at": b.at, "processed_at": b.at, "updated_at": b.updated, "currency": "USD", "presentment_currency": "USD",
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

func (s *shop) frozen(g *store.Giveaway, d *giveaway.Drawer, n giveaway.Announcement) *store.Giveaway {
	s.t.Helper()
	ctx := context.Background()
	s.clock.set(g.ClosesAt)
	if _, err := d.Announce(ctx, s.id, g.ID, n); err != nil {
		s.t.Fatal(err)
	}
	s.clock.set(g.ClosesAt.Add(time.Minute))
	s.in(func(tx *store.Tx) (err error) {
		g, err = giveaway.Freeze(ctx, tx, g.ID)
		return err
	})
	return g
}

func (s *shop) proof(g *store.Giveaway) (p *draw.Proof) {
	s.t.Helper()
	s.in(func(tx *store.Tx) error {
		now, err := tx.Giveaway(context.Background(), g.ID)
		if err != nil {
			return err
		}
		p, err = giveaway.Proof(context.Background(), tx, now)
		return err
	})
	return p
}

func honest(t *testing.T, p *draw.Proof) {
	t.Helper()
	for _, f := range draw.Verify(p) {
		if !f.OK {
			t.Error(f.What)
		}
	}
}

func committed(seed string) giveaway.Announcement {
	sum := sha256.Sum256([]byte(seed))
	return giveaway.Announcement{Kind: draw.Commit, Commitment: hex.EncodeToString(sum[:])}
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

func TestR54TheListIsFrozenDrawnAndChecked(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := newShop(t)
	anna := s.agreement("anna", entryPay)
	two := 2
	g := s.planned(func(f *giveaway.Fields) { f.Winners = &two }, anna)
	d := &giveaway.Drawer{DB: s.db}
	s.clock.set(g.OpensAt)
	for i := range 8 {
		s.mustEnter(g, giveaway.Form{Email: fmt.Sprintf("p%d@example.com", i), Ref: "anna"})
	}
	s.buy(bought{id: 1, at: g.OpensAt.Add(time.Hour), email: "buyer@example.com", code: "ANNA10"})
	freeze := func() error {
		return s.db.InTx(ctx, s.id, func(tx *store.Tx) error { _, err := giveaway.Freeze(ctx, tx, g.ID); return err })
	}
	if err := freeze(); errs.As(err) == nil || errs.As(err).Code != "giveaway_still_open" {
		t.Errorf("%v", err)
	}
	s.clock.set(g.ClosesAt)
	if err := freeze(); errs.As(err) == nil || errs.As(err).Code != "beacon_missing" {
		t.Errorf("%v", err)
	}
	if _, err := s.enter(g, giveaway.Form{Email: "late@example.com"}); errs.As(err) == nil || errs.As(err).Code != "giveaway_closed" {
		t.Errorf("%v", err)
	}
	g = s.frozen(g, d, committed("open sesame"))
	p := s.proof(g)
	if g.EntryCount != 9 || p.ListHash != draw.ListHash(p.Entries) || len(p.Drawn) != 0 || p.Beacon.Value != "" {
		t.Fatalf("%+v", p)
	}
	if _, err := d.Announce(ctx, s.id, g.ID, committed("another")); errs.As(err) == nil || errs.As(err).Code != "giveaway_frozen" {
		t.Errorf("announced after the freeze: %v", err)
	}
	// Late news: an order that came in time but was told late does not change the list; one given back cannot win.
	s.buy(bought{id: 2, at: g.OpensAt.Add(2 * time.Hour), email: "lost@example.com", code: "ANNA10"},
		bought{id: 1, at: g.OpensAt.Add(time.Hour), email: "buyer@example.com", code: "ANNA10", refunded: true, updated: g.ClosesAt.Add(time.Hour)})
	if s.proof(g).ListHash != p.ListHash || s.earned(anna, store.EarningEntry) != 1600 {
		t.Errorf("%d", s.earned(anna, store.EarningEntry))
	}
	s.proven()
	if _, err := d.Draw(ctx, s.id, g.ID, hex.EncodeToString([]byte("guess"))); errs.As(err) == nil || errs.As(err).Code != "invalid_seed" {
		t.Errorf("%v", err)
	}
	var wg sync.WaitGroup
	for range 4 { // drawn once, however often at once
		wg.Go(func() {
			if _, err := d.Draw(ctx, s.id, g.ID, hex.EncodeToString([]byte("open sesame"))); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	p = s.proof(g)
	honest(t, p)
	if len(p.Drawn) != 2 || len(p.Void) != 1 {
		t.Errorf("%+v", p)
	}
	s.in(func(tx *store.Tx) error {
		n, err := tx.CountOutbox(ctx, "mail:giveaway_winner")
		if n != 2 {
			t.Errorf("%d winners are told", n)
		}
		return err
	})
	s.settle()
	s.proven()
	s.clock.set(g.ClosesAt.AddDate(0, 0, 60))
	s.settle()
	if s.earned(anna, store.EarningEntry) != 1600 || s.earnings(anna, store.EarningEntry)[0].LockedAt.IsZero() {
		t.Errorf("%d", s.earned(anna, store.EarningEntry))
	}
	s.proven()
}

// dice is a chain whose rounds the test makes.
type dice struct{ chain beacon.Chain }

func (d *dice) Chain(context.Context) (*beacon.Chain, error) { return &d.chain, nil }

func (d *dice) Round(_ context.Context, n int64) (*beacon.Round, error) {
	signature := fmt.Sprintf("%016x", n*7919)
	raw, _ := hex.DecodeString(signature)
	sum := sha256.Sum256(raw)
	return &beacon.Round{Number: n, Randomness: hex.EncodeToString(sum[:]), Signature: signature}, nil
}

func TestADrandRoundIsNamedBeforeItIsMade(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := newShop(t)
	anna := s.agreement("anna", entryPay)
	g := s.planned(nil, anna)
	d := &giveaway.Drawer{DB: s.db, Beacon: &dice{beacon.Chain{Hash: strings.Repeat("ab", 32), Genesis: start, Period: 30 * time.Second}}}
	s.clock.set(g.OpensAt)
	for i := range 5 {
		s.mustEnter(g, giveaway.Form{Email: fmt.Sprintf("p%d@example.com", i)})
	}
	s.buy(bought{id: 1, at: g.OpensAt, email: "soon@example.com"}, bought{id: 2, at: g.OpensAt, email: "later@example.com"})
	if _, err := d.Announce(ctx, s.id, g.ID, giveaway.Announcement{Kind: draw.Drand, Round: 5}); errs.As(err) == nil || errs.As(err).Fields[0].Path != "round" {
		t.Errorf("a round before the close: %v", err)
	}
	g = s.frozen(g, d, giveaway.Announcement{Kind: draw.Drand})
	if g.RoundAt == nil || g.RoundAt.Before(g.ClosesAt.Add(time.Hour)) {
		t.Fatalf("%+v", g)
	}
	if _, err := d.Draw(ctx, s.id, g.ID, ""); errs.As(err) == nil || errs.As(err).Code != "round_not_out" {
		t.Errorf("%v", err)
	}
	s.buy(bought{id: 1, at: g.OpensAt, email: "soon@example.com", refunded: true, updated: g.RoundAt.Add(-time.Minute)})
	s.clock.set(g.RoundAt.Add(time.Second))
	// Now the number is known: what is given back from here on changes nothing.
	s.buy(bought{id: 2, at: g.OpensAt, email: "later@example.com", refunded: true, updated: g.RoundAt.Add(time.Minute)})
	if _, err := d.Draw(ctx, s.id, g.ID, ""); err != nil {
		t.Fatal(err)
	}
	p := s.proof(g)
	honest(t, p)
	if len(p.Void) != 1 || len(p.Drawn) != 1 {
		t.Errorf("%+v", p)
	}
	s.settle()
	s.proven()
}

func TestARoundThatIsOutCannotFreeze(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := newShop(t)
	anna := s.agreement("anna", entryPay)
	g := s.planned(nil, anna)
	d := &giveaway.Drawer{DB: s.db, Beacon: &dice{beacon.Chain{Hash: strings.Repeat("ab", 32), Genesis: start, Period: 30 * time.Second}}}
	s.clock.set(g.OpensAt)
	s.mustEnter(g, giveaway.Form{Email: "p@example.com"})
	if _, err := d.Announce(ctx, s.id, g.ID, giveaway.Announcement{Kind: draw.Drand}); err != nil {
		t.Fatal(err)
	}
	s.clock.set(g.ClosesAt.AddDate(0, 0, 1))
	err := s.db.InTx(ctx, s.id, func(tx *store.Tx) error { _, err := giveaway.Freeze(ctx, tx, g.ID); return err })
	if errs.As(err) == nil || errs.As(err).Code != "round_is_out" {
		t.Errorf("%v", err)
	}
	if _, err := d.Announce(ctx, s.id, g.ID, giveaway.Announcement{Kind: draw.Drand}); err != nil {
		t.Fatal(err)
	}
	s.clock.set(s.clock.now().Add(time.Minute))
	s.in(func(tx *store.Tx) error { _, err := giveaway.Freeze(ctx, tx, g.ID); return err })
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
