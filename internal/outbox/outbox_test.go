package outbox_test

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tributary/internal/outbox"
	"tributary/internal/pgtest"
	"tributary/internal/store"
)

// shop is a shop with work to be done outside.
type shop struct {
	t   *testing.T
	db  *store.DB
	id  int64
	now atomic.Pointer[time.Time]
}

func newShop(t *testing.T) *shop {
	t.Helper()
	s := &shop{t: t}
	start := time.Date(2026, 8, 1, 12, 0, 0, 0, time.UTC)
	s.now.Store(&start)
	s.db = pgtest.Open(t, store.Options{Now: func() time.Time { return *s.now.Load() }})
	err := s.db.InTx(t.Context(), 0, func(tx *store.Tx) (err error) {
		s.id, err = tx.AddShop(t.Context(), store.NewShop{Platform: 1, Domain: "anna.myshopify.com", Currency: "USD", TimeZone: "UTC", HashKey: []byte("key")})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *shop) in(f func(*store.Tx) error) {
	s.t.Helper()
	if err := s.db.InTx(context.Background(), s.id, f); err != nil {
		s.t.Fatal(err)
	}
}

func (s *shop) give(kind string) (id int64) {
	s.t.Helper()
	s.in(func(tx *store.Tx) (err error) {
		id, err = tx.AddOutbox(context.Background(), kind, map[string]int{"v": 1})
		return err
	})
	return id
}

func (s *shop) later(d time.Duration) {
	at := s.now.Load().Add(d)
	s.now.Store(&at)
}

// state of all the work, by id.
func (s *shop) states() map[int64]store.OutboxEntry {
	s.t.Helper()
	out := map[int64]store.OutboxEntry{}
	s.in(func(tx *store.Tx) error {
		for _, state := range []string{store.OutboxReady, store.OutboxDone, store.OutboxFailed, store.OutboxInDoubt} {
			rows, _, err := tx.ListOutbox(context.Background(), state, store.Page{})
			if err != nil {
				return err
			}
			for _, r := range rows {
				out[r.ID] = r
			}
		}
		return nil
	})
	return out
}

func (s *shop) runner(h outbox.Handler) *outbox.Runner {
	return &outbox.Runner{DB: s.db, Log: slog.New(slog.DiscardHandler), Handlers: map[string]outbox.Handler{"code:apply": h}}
}

func (s *shop) run(r *outbox.Runner) int {
	s.t.Helper()
	n, err := r.Shop(context.Background(), s.id)
	if err != nil {
		s.t.Fatal(err)
	}
	return n
}

func TestWorkIsDoneOnceInOrderAndWhatNobodyHandlesWaits(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	first, second, mail := s.give("code:apply"), s.give("code:apply"), s.give("mail:unknown")
	var done []int64
	r := s.runner(func(_ context.Context, w outbox.Work) error {
		if w.ShopID != s.id || w.Attempt != 1 || w.Doubt || string(w.Payload) != `{"v": 1}` {
			t.Errorf("%+v %s", w, w.Payload)
		}
		done = append(done, w.ID)
		return nil
	})
	if due, err := r.DueShops(t.Context()); err != nil || len(due) != 1 || due[0] != s.id {
		t.Errorf("shops with work: %v, %v", due, err)
	}
	if n := s.run(r); n != 2 || len(done) != 2 || done[0] != first || done[1] != second {
		t.Errorf("%d tried, done %v", n, done)
	}
	if n := s.run(r); n != 0 {
		t.Errorf("%d were done again", n)
	}
	if due, err := r.DueShops(t.Context()); err != nil || len(due) != 0 {
		t.Errorf("shops with work after it is done: %v, %v", due, err)
	}
	if got := s.states(); got[first].State != store.OutboxDone || got[first].DoneAt.IsZero() || got[mail].State != store.OutboxReady {
		t.Errorf("%+v", got)
	}
}

func TestWhatFailsIsTriedAgainWithGrowingWaitsAndThenShown(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	id := s.give("code:apply")
	broken := true
	r := s.runner(func(context.Context, outbox.Work) error {
		if broken {
			return errors.New("the store is asleep")
		}
		return nil
	})
	tries, wait := 0, time.Duration(0)
	for range 20 {
		tries += s.run(r)
		e := s.states()[id]
		if e.State != store.OutboxReady {
			break
		}
		if next := e.NextAt.Sub(*s.now.Load()); next <= wait {
			t.Errorf("after attempt %d it waits %s, before it waited %s", tries, next, wait)
		} else {
			wait = next
		}
		if n := s.run(r); n != 0 {
			t.Fatal("it was tried before its time")
		}
		s.later(wait)
	}
	if e := s.states()[id]; e.State != store.OutboxFailed || e.Note != "the store is asleep" || e.Attempts != tries || tries != 9 {
		t.Errorf("after %d attempts: %+v", tries, e)
	}
	broken = false
	s.in(func(tx *store.Tx) error { return tx.RetryOutbox(context.Background(), id) })
	if n := s.run(r); n != 1 || s.states()[id].State != store.OutboxDone {
		t.Errorf("%d tried after a person's retry: %+v", n, s.states()[id])
	}
	if err := s.db.InTx(t.Context(), s.id, func(tx *store.Tx) error { return tx.RetryOutbox(t.Context(), id) }); !store.IsNotFound(err) {
		t.Errorf("done work can be retried: %v", err)
	}
}

func TestALastWordIsNotAskedAgainAndADoubtIsForAPerson(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	refused, lost, crashed := s.give("code:apply"), s.give("code:apply"), s.give("code:apply")
	r := s.runner(func(_ context.Context, w outbox.Work) error {
		switch w.ID {
		case refused:
			return outbox.Final(errors.New("the code is taken"))
		case lost:
			return outbox.Unknown(errors.New("no answer came"))
		}
		panic("a handler's mistake")
	})
	s.run(r)
	got := s.states()
	if got[refused].State != store.OutboxFailed || got[lost].State != store.OutboxInDoubt || got[crashed].State != store.OutboxFailed {
		t.Errorf("%+v", got)
	}
	s.in(func(tx *store.Tx) error { return tx.RetryOutbox(context.Background(), lost) })
	r.Handlers["code:apply"] = func(_ context.Context, w outbox.Work) error {
		if !w.Doubt {
			t.Error("the handler is not told that the effect may be there")
		}
		return nil
	}
	if n := s.run(r); n != 1 {
		t.Errorf("%d tried", n)
	}
}

// A worker dies between the effect and the word that it is there.
func TestWhatADeadWorkerHadClaimedIsDoneAgainInDoubt(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	id := s.give("code:apply")
	ctx, die := context.WithCancel(t.Context())
	effects := 0
	r := s.runner(func(_ context.Context, w outbox.Work) error {
		if w.Attempt == 1 {
			effects++
			die()
			return nil
		}
		if !w.Doubt {
			t.Error("the handler is not told that the effect may be there")
		}
		return nil // it looks, and finds it
	})
	if _, err := r.Shop(ctx, s.id); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if n := s.run(r); n != 0 {
		t.Error("it was taken over while its worker could still be at work")
	}
	s.later(11 * time.Minute)
	if n := s.run(r); n != 1 || effects != 1 || s.states()[id].State != store.OutboxDone {
		t.Errorf("%d tried, %d effects, %+v", n, effects, s.states()[id])
	}
}

func TestManyWorkersDoEachPieceOnce(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	for range 100 {
		s.give("code:apply")
	}
	var mu sync.Mutex
	times := map[int64]int{}
	r := s.runner(func(_ context.Context, w outbox.Work) error {
		mu.Lock()
		defer mu.Unlock()
		times[w.ID]++
		return nil
	})
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if _, err := r.Shop(context.Background(), s.id); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for id, n := range times {
		if n != 1 {
			t.Errorf("work %d was done %d times", id, n)
		}
	}
	if len(times) != 100 {
		t.Errorf("%d done", len(times))
	}
}
