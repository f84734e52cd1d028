package intake_test

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const tenPercent = `{"id":"base","type":"percentage","rate_bps":1000}`

func at(day, hour int) time.Time { return time.Date(2026, 8, day, hour, 0, 0, 0, time.UTC) }

func TestASaleEarnsAndARefundTakesBack(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	anna := s.agreement("anna", "ANNA10", tenPercent)
	s.clock.set(at(20, 0))
	order := sale{id: 7001, at: at(2, 9), code: "anna10", email: "buyer@example.com", updated: at(2, 9)}
	s.deliver(hook{"orders/create", "w1", order.order(5000), at(2, 9)})
	if got := s.earned()[anna]; got != 900 { // 2 × 50.00 − 10 % = 90.00, of which 10 %
		t.Fatalf("earned %d, want 900", got)
	}
	order.refunded = []refundOf{{id: 1, units: 1, at: at(3, 9), cents: 4500}}
	s.deliver(hook{"refunds/create", "w2", order.refund(order.refunded[0]), at(3, 9)})
	if got := s.earned()[anna]; got != 450 {
		t.Fatalf("after half a refund %d, want 450", got)
	}
	order.refunded = append(order.refunded, refundOf{id: 2, units: 1, at: at(4, 9), cents: 4500})
	order.updated = at(4, 9)
	s.deliver(hook{"orders/updated", "w3", order.order(5000), at(4, 9)})
	if got := s.earned()[anna]; got != 0 {
		t.Fatalf("after the whole refund %d, want 0", got)
	}
	s.verify()
	s.replay()
}

func TestALinkInTheLandingSiteEarns(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	ben := s.agreement("ben", "BEN10", tenPercent)
	s.clock.set(at(20, 0))
	s.deliver(hook{"orders/create", "w1", sale{id: 7002, at: at(2, 9), landing: "/?ref=ben-link&utm_source=ben", email: "x@example.com", updated: at(2, 9)}.order(1000), at(2, 9)})
	if got := s.earned()[ben]; got != 200 {
		t.Fatalf("earned %d, want 200", got)
	}
	s.verify()
}

// story is everything a store says about a number of orders, in the order it
// happened.
func story(orders int, rng *rand.Rand) []hook {
	var out []hook
	for i := range orders {
		o := sale{id: 9000 + int64(i), at: at(2+i%20, rng.IntN(24)), email: fmt.Sprintf("c%d@example.com", rng.IntN(orders/3)), landing: "/"}
		switch rng.IntN(4) {
		case 0, 1:
			o.code = []string{"ANNA10", "BEN10", "CARA10", "LEO10"}[rng.IntN(4)]
		case 2:
			o.landing = "/?ref=" + []string{"anna", "ben", "cara", "leo"}[rng.IntN(4)] + "-link"
		}
		o.updated = o.at
		n := 0
		add := func(topic string, body []byte, when time.Time) {
			n++
			out = append(out, hook{topic, fmt.Sprintf("%d-%d", o.id, n), body, when})
		}
		unit := int64(rng.IntN(20000) + 1)
		net := 2 * unit
		if o.code != "" {
			net -= 2 * unit / 10
		}
		add("orders/create", o.order(unit), o.at)
		add("orders/paid", o.order(unit), o.at)
		for r := range rng.IntN(3) {
			half := net / 2
			if r == 1 {
				half = net - net/2
			}
			re := refundOf{id: o.id*10 + int64(r), units: 1, at: o.updated.Add(time.Hour), cents: half}
			o.refunded = append(o.refunded, re)
			o.updated = re.at
			add("refunds/create", o.refund(re), re.at)
			add("orders/updated", o.order(unit), re.at)
		}
		if rng.IntN(8) == 0 {
			o.updated = o.updated.Add(time.Hour)
			o.cancel = true
			add("orders/cancelled", o.order(unit), o.updated)
		}
	}
	return out
}

const tiers = `{"id":"tiers","type":"rate_tiers","convention":"split_at_boundary","basis":"revenue","on_refund":"at_original_rate",
	"bands":[{"from":"0.00","rate_bps":400},{"from":"500.00","rate_bps":600},{"from":"1500.00","rate_bps":800}],"period":{"kind":"lifetime"}}`

func programme(s *shop) {
	s.agreement("anna", "ANNA10", tenPercent)
	s.agreement("ben", "BEN10", tiers)
	s.agreement("cara", "CARA10", `{"id":"base","type":"percentage","rate_bps":1500,"rules":[{"id":"back","customer":"returning","rate_bps":300}]},
		{"id":"goal","type":"milestones","mode":"replace","metric":"orders","count_basis":"recorded","clawback":"always","steps":[{"at":"2","amount":"20.00"},{"at":"4","amount":"50.00"}]}`,
		`"attribution":{"binding":{"months":3}}`)
	s.agreement("leo", "LEO10", tenPercent, `"caps":{"per_period":"40.00"}`, `"attribution":{"binding":{"months":6,"rebind_on_touch":true}}`)
	s.clock.set(at(31, 0))
}

func TestAnyOrderDuplicationAndLossThenReplayGiveTheSameLedger(t *testing.T) {
	t.Parallel()
	hooks := story(40, rand.New(rand.NewPCG(1, 2)))
	straight := newShop(t)
	programme(straight)
	straight.deliver(hooks...)
	want := straight.earnedByOrder()
	straight.verify()
	straight.replay()
	for seed := range uint64(4) {
		rng := rand.New(rand.NewPCG(seed, 7))
		s := newShop(t)
		programme(s)
		mixed := append([]hook(nil), hooks...)
		rng.Shuffle(len(mixed), func(i, j int) { mixed[i], mixed[j] = mixed[j], mixed[i] })
		cut := rng.IntN(len(mixed))
		for _, h := range mixed[:cut] { // some arrive, some of them twice, settled in dribs and drabs
			if err := s.send(h); err != nil {
				t.Fatal(err)
			}
			if rng.IntN(4) == 0 {
				if err := s.send(h); err != nil {
					t.Fatal(err)
				}
			}
			if rng.IntN(5) == 0 {
				s.drain()
			}
		}
		s.deliver(mixed...) // and then everything once more
		if diff := cmp.Diff(want, s.earnedByOrder()); diff != "" {
			t.Errorf("seed %d: the straight one has (-), this one (+)\n%s", seed, diff)
		}
		s.verify()
		s.recounted()
		s.replay()
	}
}

func TestAnOrderBeforeMakesTheOrdersAfterItBound(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	anna := s.agreement("anna", "ANNA10", tenPercent, `"attribution":{"binding":{"months":3}}`)
	s.clock.set(at(20, 0))
	again := sale{id: 2, at: at(5, 9), email: "buyer@example.com", landing: "/", updated: at(5, 9)}
	s.deliver(hook{"orders/create", "w2", again.order(1000), at(5, 9)}) // nobody's, for all we know
	first := sale{id: 1, at: at(2, 9), code: "ANNA10", email: "buyer@example.com", updated: at(2, 9)}
	s.deliver(hook{"orders/create", "w1", first.order(1000), at(2, 9)})
	if got := s.earned()[anna]; got != 180+200 {
		t.Errorf("earned %d, want %d", got, 180+200)
	}
	// The buyer of the first order turns out to be somebody else.
	first.email, first.updated = "other@example.com", at(6, 9)
	s.deliver(hook{"orders/updated", "w3", first.order(1000), at(6, 9)})
	if got := s.earned()[anna]; got != 180 {
		t.Errorf("earned %d, want 180", got)
	}
	s.verify()
	s.replay()
}

func TestEvidenceThatMovesAnOrderFreesItsPartOfTheCap(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	leo := s.agreement("leo", "LEO10", tenPercent, `"caps":{"per_period":"10.00"}`)
	anna := s.agreement("anna", "ANNA10", tenPercent)
	s.clock.set(at(20, 0))
	for i := range int64(2) {
		o := sale{id: 1 + i, at: at(2+int(i), 9), code: "LEO10", email: fmt.Sprintf("b%d@example.com", i), updated: at(2+int(i), 9)}
		s.deliver(hook{"orders/create", fmt.Sprintf("w%d", i), o.order(5000), o.at})
	}
	if got := s.earned(); got[leo] != 1000 { // 9.00, and 1.00 of the second 9.00
		t.Fatalf("earned %v", got)
	}
	s.decideByHand(1, anna)
	if got := s.earned(); got[anna] != 900 || got[leo] != 900 {
		t.Errorf("earned %v, want 900 each", got)
	}
	s.verify()
	s.replay()
	s.decideByHand(1, leo)
	if got := s.earned(); got[anna] != 0 || got[leo] != 1000 {
		t.Errorf("earned %v, want 1000 of %d", got, leo)
	}
	s.verify()
	s.replay()
}

func TestAFloodOfDuplicatesPostsEachOrderOnce(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	anna := s.agreement("anna", "ANNA10", tenPercent)
	s.clock.set(at(20, 0))
	var wg sync.WaitGroup
	for i := range 1000 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			o := sale{id: 100 + int64(i%50), at: at(2, 9), code: "ANNA10", email: "b@example.com", updated: at(2, 9)}
			id := fmt.Sprintf("w%d", i%50)
			if i%2 == 0 {
				id = fmt.Sprintf("w%d", i) // a delivery of its own that says the same
			}
			if err := s.send(hook{"orders/create", id, o.order(5000), at(2, 9)}); err != nil {
				t.Errorf("send: %v", err)
			}
			if i%100 == 0 {
				if _, err := s.settler.Drain(t.Context(), s.id); err != nil {
					t.Errorf("drain: %v", err)
				}
			}
		}()
	}
	wg.Wait()
	s.drain()
	if got := s.earned()[anna]; got != 50*900 {
		t.Errorf("earned %d, want %d", got, 50*900)
	}
	s.verify()
	s.replay()
}
