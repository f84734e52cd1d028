package tracking_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"tributary/internal/program"
	"tributary/internal/store"
	"tributary/internal/tracking"
)

func TestAVersionThatBeginsInTheMiddleOfADayHasItsPartOfIt(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	d := s.door("")
	anna := s.agreement("anna", `{"id":"ppc","type":"clicks","unit_price":"0.10"}`)
	s.clock.set(start.Add(time.Hour))
	for n := range 3 {
		s.click(d, anna, person(n))
	}
	s.clock.set(start.Add(2 * time.Hour))
	s.in(func(tx *store.Tx) error {
		ctx := context.Background()
		if _, err := program.DraftVersion(ctx, tx, anna, []byte(`{"version":1,"currency":"USD","components":[{"id":"ppc","type":"clicks","unit_price":"5.00","visitor_cap":1}]}`)); err != nil {
			return err
		}
		return sign(ctx, tx, anna)
	})
	s.clock.set(start.Add(3 * time.Hour))
	for n := range 2 {
		s.click(d, anna, person(10+n))
	}
	s.click(d, anna, person(0)) // counted once today, under the old terms
	s.settle()
	es := s.earnings(anna, store.EarningClicks)
	got := map[int64]int64{}
	for _, e := range es {
		got[e.Source] = e.Posted
	}
	// The first version was signed at noon, in the middle of its first day, too.
	want := map[int64]int64{start.Unix(): 30, start.Add(2 * time.Hour).Unix(): 1000}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%v, want %v", got, want)
	}
	for _, e := range es {
		if !e.ReleaseAt.Equal(at("2026-09-01T04:00:00Z")) { // 30 days after midnight in New York
			t.Errorf("released at %s", e.ReleaseAt)
		}
	}
	s.proven()
}

// The verdict must not depend on the order in which clicks are judged, nor on
// how many at a time.
func TestLateClicksAreJudgedAsIfTheyHadComeInTime(t *testing.T) {
	t.Parallel()
	for seed := range uint64(4) {
		s := newShop(t)
		r := rand.New(rand.NewPCG(seed, 7))
		anna := s.agreement("anna", `{"id":"ppc","type":"clicks","unit_price":"1.00","dedupe_hours":2,"visitor_cap":3}`)
		link := s.linkOf(anna)
		s.clock.set(start.Add(72 * time.Hour))
		var list []*store.Click
		for i := range 120 {
			when := start.Add(time.Duration(1+r.IntN(3000)) * time.Minute)
			list = append(list, &store.Click{ShopID: s.id, ID: [16]byte{byte(i), byte(seed), 1}, At: when, Kind: store.ClickLink, AgreementID: anna,
				LinkID: link + r.Int64N(2), Visitor: fmt.Sprint("v", r.IntN(5))})
		}
		for len(list) > 0 {
			n := min(len(list), 1+r.IntN(20))
			if _, err := s.db.InsertClicks(context.Background(), list[:n]); err != nil {
				t.Fatal(err)
			}
			list = list[n:]
			s.settle()
			if r.IntN(4) == 0 {
				all := s.clicks(store.ClickFilter{})
				s.invalidate(tracking.Invalidation{IDs: []string{uuidOf(all[r.IntN(len(all))].ID)}, Reason: "looked wrong"})
			}
		}
		s.proven() // judges all from the beginning and compares
		if got := s.reasons(store.ClickFilter{}); got["duplicate"] == 0 || got["visitor_cap"] == 0 || got["withdrawn"] == 0 {
			t.Errorf("%v exercises little", got)
		}
	}
}

func TestClicksOfOneWhoWasNotActiveOrHadNotSignedAreNotPaid(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	d := s.door("")
	anna := s.agreement("anna", `{"id":"ppc","type":"clicks","unit_price":"1.00"}`)
	s.clock.set(start.Add(time.Hour))
	s.click(d, anna, person(1))
	s.clock.set(start.Add(2 * time.Hour))
	s.in(func(tx *store.Tx) error {
		a, err := tx.Agreement(context.Background(), anna)
		if err != nil {
			return err
		}
		_, err = program.Deactivate(context.Background(), tx, a.InfluencerID)
		return err
	})
	s.clock.set(start.Add(3 * time.Hour))
	s.click(d, anna, person(2))
	if _, err := d.Record(context.Background(), tracking.Touch{ShopID: s.id, Kind: store.ClickLink, AgreementID: anna + 1000, LinkID: 1000, Seen: person(3)}); err != nil {
		t.Fatal(err)
	}
	s.settle()
	want := map[string]int{"": 1, "inactive_influencer": 1, "no_agreement": 1}
	if got := s.reasons(store.ClickFilter{}); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%v, want %v", got, want)
	}
	s.proven()
}

func TestManyWorkersCountEachClickOnce(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	d := s.door("")
	anna := s.agreement("anna", `{"id":"ppc","type":"clicks","unit_price":"0.01"}`)
	link := s.linkOf(anna)
	ctx := context.Background()
	var wg sync.WaitGroup
	for worker := range 4 {
		wg.Go(func() {
			for n := range 100 {
				if _, err := d.Record(ctx, tracking.Touch{ShopID: s.id, Kind: store.ClickLink, AgreementID: anna, LinkID: link, Seen: person(worker*100 + n)}); err != nil {
					t.Error(err)
				}
			}
		})
		wg.Go(func() {
			for range 10 {
				if _, err := s.tracker.Drain(ctx, s.id); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	s.settle()
	if got := s.earned(anna, store.EarningClicks); got != 400 {
		t.Errorf("400 clicks earned %d", got)
	}
	s.proven()
}
