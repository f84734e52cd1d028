package tracking_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"tributary/internal/beacon"
	"tributary/internal/domain/draw"
	"tributary/internal/errs"
	"tributary/internal/store"
	"tributary/internal/tracking/giveaway"
)

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
