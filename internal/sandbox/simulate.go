package sandbox

import (
	"container/heap"
	"context"
	"math/rand/v2"
	"slices"
	"sync"
	"time"
)

// Mix says how shoppers and merchants behave, per thousand orders.
type Mix struct {
	Code, Link, Both, Rivals, CodeAndPromo, TwoCodes, Promo int // how an order came

	GiftCards, Tips, Test, Drafts         int
	BankTransfer, CashOnDelivery, Failing int

	// Life after purchase; at most one of these befalls an order.
	RefundLine, RefundFee, RefundAmount, RefundShipping, RefundAll, RefundByStatus int
	Cancel, Edit, Delete, Trash, SilentDelete                                      int
}

// DefaultMix is a lively shop: a tenth of orders meets with some refund.
func DefaultMix() Mix {
	return Mix{
		Code: 280, Link: 150, Both: 100, Rivals: 40, CodeAndPromo: 30, TwoCodes: 15, Promo: 60,
		GiftCards: 30, Tips: 40, Test: 6, Drafts: 15,
		BankTransfer: 60, CashOnDelivery: 50, Failing: 20,
		RefundLine: 50, RefundFee: 5, RefundAmount: 25, RefundShipping: 12, RefundAll: 25, RefundByStatus: 12,
		Cancel: 15, Edit: 15, Delete: 3, Trash: 6, SilentDelete: 5,
	}
}

// World is some stores under one clock.
type World struct {
	Stores []*Store

	mu    sync.Mutex
	due   steps
	seq   int
	rng   *rand.Rand
	now   func() time.Time
	scale float64 // real or simulated time per planned time of life after purchase
}

// NewWorld puts stores under one clock. A store belongs to one world only.
func NewWorld(seed uint64, stores ...*Store) *World {
	w := &World{Stores: stores, rng: rand.New(rand.NewPCG(seed, 5)), now: time.Now, scale: 1}
	for _, s := range stores {
		s.later = func(after time.Duration, do func()) { w.plan(s, after, do) }
	}
	return w
}

// step is something that will happen in a store.
type step struct {
	at  time.Time
	seq int
	s   *Store
	do  func()
}

type steps []step

func (h steps) Len() int { return len(h) }
func (h steps) Less(i, j int) bool {
	if !h[i].at.Equal(h[j].at) {
		return h[i].at.Before(h[j].at)
	}
	return h[i].seq < h[j].seq
}
func (h steps) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *steps) Push(x any)   { *h = append(*h, x.(step)) }
func (h *steps) Pop() any     { old := *h; x := old[len(old)-1]; *h = old[:len(old)-1]; return x }

// plan schedules do in the store's time.
func (w *World) plan(s *Store, after time.Duration, do func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.seq++
	heap.Push(&w.due, step{s.Now().Add(time.Duration(float64(after) * w.scale)), w.seq, s, do})
}

// At plans something that people do besides shopping in the store's world: do
// runs at that instant of the store's time, before whatever comes after it.
func (w *World) At(s *Store, at time.Time, do func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.seq++
	heap.Push(&w.due, step{at, w.seq, s, do})
}

// next pops the earliest step before until.
func (w *World) next(until time.Time) (step, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.due) == 0 || !w.due[0].at.Before(until) {
		return step{}, false
	}
	return heap.Pop(&w.due).(step), true
}

// Run describes a stretch of history.
type Run struct {
	From, To time.Time
	PerDay   int     // orders a day and store, on average
	Speed    float64 // simulated seconds per real second; 0: as fast as it goes
	// Progress is called after each order with how many of all are placed.
	Progress func(done, total int)
	// Barrier is called when a UTC day is over and all its webhooks have been
	// answered; the next day begins when it returns.
	Barrier func(ctx context.Context, end time.Time) error
}

// Simulate plays history in the order of store time. What is planned beyond To
// stays planned: a later Simulate or Live goes on with it.
func (w *World) Simulate(ctx context.Context, run Run) error {
	type arrival struct {
		at time.Time
		s  *Store
	}
	var coming []arrival
	for _, s := range w.Stores {
		span := run.To.Sub(run.From)
		n := int(int64(run.PerDay) * int64(span/time.Minute) / (24 * 60))
		for range n {
			coming = append(coming, arrival{run.From.Add(time.Duration(w.rng.Int64N(int64(max(span, 1))))), s})
		}
	}
	slices.SortStableFunc(coming, func(a, b arrival) int { return a.at.Compare(b.at) })
	for _, s := range w.Stores {
		w.at(s, run.From)
	}
	done := 0
	began := time.Now()
	defer func() {
		for _, s := range w.Stores {
			s.clock.Store(nil)
		}
	}()
	for day := run.From; day.Before(run.To); {
		end := day.Truncate(24 * time.Hour).Add(24 * time.Hour)
		if end.After(run.To) {
			end = run.To
		}
		for {
			if err := ctx.Err(); err != nil {
				return err
			}
			limit := end
			order := len(coming) > 0 && coming[0].at.Before(end)
			if order {
				limit = coming[0].at
			}
			if st, ok := w.next(limit); ok {
				w.at(st.s, st.at)
				st.do()
				continue
			}
			if !order {
				break
			}
			a := coming[0]
			coming = coming[1:]
			if err := pace(ctx, began, a.at.Sub(run.From), run.Speed); err != nil {
				return err
			}
			w.at(a.s, a.at)
			w.sell(a.s)
			if done++; run.Progress != nil {
				run.Progress(done, done+len(coming))
			}
		}
		for _, s := range w.Stores {
			w.at(s, end)
			if err := s.Settle(ctx); err != nil {
				return err
			}
		}
		if run.Barrier != nil {
			if err := run.Barrier(ctx, end); err != nil {
				return err
			}
		}
		day = end
	}
	return nil
}

func (w *World) at(s *Store, t time.Time) { t = t.UTC(); s.clock.Store(&t) }

// pace waits until real time has caught up with simulated time.
func pace(ctx context.Context, began time.Time, passed time.Duration, speed float64) error {
	if speed <= 0 {
		return nil
	}
	wait := time.Until(began.Add(time.Duration(float64(passed) / speed)))
	if wait <= 0 {
		return nil
	}
	t := time.NewTimer(wait)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// liveScale makes a day of life after purchase a quarter of a minute.
const liveScale = 1.0 / 6000

// Live trades until ctx ends: perMinute orders a minute over all stores. What
// would take days after a purchase takes seconds, that of earlier purchases
// too, so that something happens.
func (w *World) Live(ctx context.Context, perMinute int) error {
	w.mu.Lock()
	w.scale = liveScale
	for i := range w.due {
		now := w.due[i].s.Now()
		w.due[i].at = now.Add(time.Duration(float64(w.due[i].at.Sub(now)) * liveScale))
	}
	heap.Init(&w.due)
	w.mu.Unlock()
	defer func() {
		w.mu.Lock()
		w.scale = 1
		w.mu.Unlock()
	}()
	gap := time.Minute / time.Duration(max(perMinute, 1))
	beat := time.NewTicker(min(gap, time.Second))
	defer beat.Stop()
	nextOrder := w.now().Add(gap)
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-beat.C:
		}
		for {
			st, ok := w.next(w.Stores[0].Now())
			if !ok {
				break
			}
			st.do()
		}
		for _, s := range w.Stores {
			s.out.release(false)
		}
		for ; perMinute > 0 && !w.now().Before(nextOrder); nextOrder = nextOrder.Add(gap) {
			w.sell(w.Stores[w.rng.IntN(len(w.Stores))])
		}
	}
}
