package tracking_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"

	rules "tributary/internal/domain/content"
	"tributary/internal/domain/lead"
	"tributary/internal/platform"
	"tributary/internal/program"
	"tributary/internal/store"
	"tributary/internal/tracking/giveaway"
)

// states is in what states an agreement's earnings of a kind are.
func (s *shop) earningStates(agreementID int64, kind store.EarningKind) map[string]int {
	out := map[string]int{}
	for _, e := range s.earnings(agreementID, kind) {
		state := e.State
		if e.Reason != "" {
			state += " " + e.Reason
		}
		out[state]++
	}
	return out
}

// banned after it happened → hold, not delete.
func TestABanHoldsAllThatIsPendingAndLiftingItLetsItGoOn(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	s := newShop(t)
	d := s.door("")
	anna := s.agreement("anna", `{"id":"base","type":"percentage","rate_bps":1000},{"id":"ppc","type":"clicks","unit_price":"0.40"},
		{"id":"ppl","type":"leads","amount":"12.00"},{"id":"win","type":"giveaway","amount":"2.00"},
		{"id":"eng","type":"engagement","prices":[{"event":"like","unit_price":"0.05"}]},
		{"id":"goal","type":"milestones","metric":"orders","mode":"replace","count_basis":"recorded","steps":[{"at":"1","amount":"50.00"}]}`)
	ben := s.agreement("ben", `{"id":"ppc","type":"clicks","unit_price":"0.40"}`)
	s.click(d, anna, person(1))
	s.click(d, anna, person(2))
	s.click(d, ben, person(3))
	s.take(s.form(anna, false), "lea@example.com")
	s.settle()
	if err := s.say(s.leads()[0].ID, lead.Qualified, "bought a sample"); err != nil {
		t.Fatal(err)
	}
	g := s.planned(nil, anna)
	s.clock.set(g.OpensAt.Add(time.Minute))
	s.mustEnter(g, giveaway.Form{Email: "eva@example.com", Country: "US", Way: "free", Ref: "anna"})
	s.buy(bought{id: 7, at: s.clock.now(), email: "olga@example.com", code: "ANNA10"})
	post := s.video(anna, "aaaaaaaaaaa")
	likes := int64(1000)
	s.record(post, rules.Snapshot{At: s.clock.now(), Source: "api", Verified: true, Likes: &likes})
	s.approve(post)
	s.settle()
	kinds := map[store.EarningKind]int64{store.EarningOrder: 500, store.EarningClicks: 80, store.EarningLead: 1200, store.EarningEntry: 400, store.EarningPost: 5000, store.EarningMilestone: 5000}
	check := func(when, state string) {
		t.Helper()
		for kind, want := range kinds {
			if got := s.earned(anna, kind); got != want {
				t.Errorf("%s: %s has %d, want %d", when, kind, got, want)
			}
			for got := range s.earningStates(anna, kind) {
				if got != state {
					t.Errorf("%s: %s is %q, want %q", when, kind, got, state)
				}
			}
		}
		s.proven()
	}
	check("before", "pending")

	ban := func(f func(context.Context, *store.Tx, int64) (*store.Influencer, error)) {
		s.later(time.Minute)
		s.in(func(tx *store.Tx) error {
			a, err := tx.Agreement(ctx, anna)
			if err != nil {
				return err
			}
			_, err = f(ctx, tx, a.InfluencerID)
			return err
		})
		s.settle()
	}
	ban(program.Ban)
	check("banned", "held influencer_banned")
	s.clock.set(s.clock.now().AddDate(0, 6, 0)) // every hold would be over
	s.settle()
	check("half a year later", "held influencer_banned")
	if got := s.earningStates(ben, store.EarningClicks); got["locked"] != 1 {
		t.Errorf("ben, who is not banned, has %v", got)
	}

	ban(program.Unban)
	check("lifted", "locked")
}

func TestAClickThatArrivesAfterItsOrderStillWinsIt(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	anna := s.agreement("anna", `{"id":"base","type":"percentage","rate_bps":1000}`)
	id := uuid.Must(uuid.NewV7())
	ordered := s.clock.now().Add(time.Hour)
	s.buy(bought{id: 7, at: ordered, email: "olga@example.com", click: platform.NewClickIDs(s.keys).Sign(s.id, id)})
	if got := s.earned(anna, store.EarningOrder); got != 0 {
		t.Fatalf("%d before the click is known", got)
	}
	s.proven()
	s.clock.set(ordered.Add(time.Minute))
	if _, err := s.db.InsertClicks(t.Context(), []*store.Click{{ShopID: s.id, ID: id, At: ordered.Add(-30 * time.Minute), Kind: store.ClickLink, AgreementID: anna,
		LinkID: s.linkOf(anna), Visitor: "somebody"}}); err != nil {
		t.Fatal(err)
	}
	s.settle() // judges the click
	s.settle() // and now the order is settled again
	if got := s.earned(anna, store.EarningOrder); got != 500 {
		t.Errorf("%d after it, want 500", got)
	}
	s.settle()
	s.proven()
}
