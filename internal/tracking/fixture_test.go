package tracking_test

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"tributary/internal/domain/order"
	"tributary/internal/intake"
	"tributary/internal/obs"
	"tributary/internal/payout"
	"tributary/internal/pgtest"
	"tributary/internal/program"
	"tributary/internal/seal"
	"tributary/internal/store"
	"tributary/internal/tenant"
	"tributary/internal/tracking"
)

// shop is a shop with a database and a clock of its own.
type shop struct {
	t       testing.TB
	db      *store.DB
	url     string
	key     seal.Key
	keys    *seal.Keys // of that key alone
	id      int64
	clock   *clock
	tracker *tracking.Tracker
	settler *intake.Settler
	payouts *payout.Closer
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

func at(s string) time.Time {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		panic(err)
	}
	return t
}

// start is when a shop of the tests is installed.
var start = at("2026-08-01T12:00:00Z")

func newShop(t testing.TB) *shop {
	t.Helper()
	ctx := context.Background()
	s := &shop{t: t, clock: &clock{at: start}, url: pgtest.New(t)}
	var err error
	if s.db, err = store.Open(ctx, s.url, store.Options{Now: s.clock.now}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.db.Close)
	s.key = seal.Generate("k1")
	if s.keys, err = seal.New([]seal.Key{s.key}); err != nil {
		t.Fatal(err)
	}
	added, err := tenant.AddShop(ctx, s.db, s.keys, tenant.NewShop{Platform: order.Shopify, Domain: "anna-store.myshopify.com", Currency: "USD", TimeZone: "America/New_York"})
	if err != nil {
		t.Fatal(err)
	}
	s.id = added.ID
	log := slog.New(slog.DiscardHandler)
	s.settler = intake.NewSettler(s.db, s.keys, log, obs.NewMetrics("test"))
	s.tracker = &tracking.Tracker{DB: s.db, Keys: s.keys, Log: log}
	s.payouts = &payout.Closer{DB: s.db, Log: log, AfterLock: s.settler.Milestones}
	return s
}

// agreement signs an agreement under the given components, with a code and a
// link of the handle's name, and returns its id.
func (s *shop) agreement(handle, components string, more ...string) int64 {
	s.t.Helper()
	ctx := context.Background()
	extra := ""
	for _, m := range more {
		extra += "," + m
	}
	doc := fmt.Sprintf(`{"version":1,"currency":"USD","components":[%s]%s}`, components, extra)
	var id int64
	s.in(func(tx *store.Tx) error {
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
		if err := sign(ctx, tx, id); err != nil {
			return err
		}
		if _, err := program.AddCode(ctx, tx, program.NewCode{AgreementID: id, Code: handle + "10"}); err != nil {
			return err
		}
		_, err = program.AddLink(ctx, tx, program.NewLink{AgreementID: id, Slug: handle, Destination: "https://anna-store.myshopify.com/"})
		return err
	})
	return id
}

// sign has the newest version of an agreement offered and signed by both.
func sign(ctx context.Context, tx *store.Tx, agreementID int64) error {
	if err := program.Offer(ctx, tx, agreementID); err != nil {
		return err
	}
	vs, err := tx.Versions(ctx, agreementID)
	if err != nil {
		return err
	}
	for _, party := range []string{"merchant", "influencer"} {
		if err := program.Sign(ctx, tx, agreementID, program.NewSignature{Party: party, Signer: party, Email: party + "@example.com", IP: "127.0.0.1", Method: "api",
			Hash: vs[len(vs)-1].Hash}); err != nil {
			return err
		}
	}
	return nil
}

// in runs f in a transaction of the shop.
func (s *shop) in(f func(*store.Tx) error) {
	s.t.Helper()
	if err := s.db.InTx(context.Background(), s.id, f); err != nil {
		s.t.Fatal(err)
	}
}

// settle drains deliveries and activity, and passes holds, at the clock's time.
func (s *shop) settle() {
	s.t.Helper()
	ctx := context.Background()
	if _, err := s.settler.Drain(ctx, s.id); err != nil {
		s.t.Fatal(err)
	}
	if _, err := s.tracker.Drain(ctx, s.id); err != nil {
		s.t.Fatal(err)
	}
	if err := s.payouts.Holds(ctx); err != nil {
		s.t.Fatal(err)
	}
}

// earnings is what an agreement has earned by a kind of source, oldest first.
func (s *shop) earnings(agreementID int64, kind store.EarningKind) (es []store.EarningRow) {
	s.t.Helper()
	s.in(func(tx *store.Tx) (err error) {
		es, err = tx.EarningsOfKind(context.Background(), agreementID, kind)
		return err
	})
	return es
}

// earned is the sum of it, in minor units.
func (s *shop) earned(agreementID int64, kind store.EarningKind) (sum int64) {
	for _, e := range s.earnings(agreementID, kind) {
		sum += e.Posted
	}
	return sum
}

// proven verifies and replays the shop.
func (s *shop) proven() {
	s.t.Helper()
	ctx := context.Background()
	diff, err := s.settler.Verify(ctx, s.id, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	more, err := s.tracker.Verify(ctx, s.id)
	if err != nil {
		s.t.Fatal(err)
	}
	r, err := intake.Replay(ctx, s.db, s.url, s.keys, slog.New(slog.DiscardHandler), s.id, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, d := range append(append(diff, more...), r.Differences...) {
		s.t.Errorf("%s: %s should be %s, is %s", d.Invariant, d.Subject, d.Want, d.Got)
	}
}
