package jobs

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/hibiken/asynq"
)

// queues is a Redis of the test's own.
type queues struct {
	*miniredis.Miniredis
	t     *testing.T
	waker *Waker
}

func newQueues(t *testing.T) *queues {
	t.Helper()
	r := miniredis.RunT(t)
	w, err := NewWaker("redis://"+r.Addr(), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	})
	return &queues{Miniredis: r, t: t, waker: w}
}

func (q *queues) wake() {
	q.t.Helper()
	if err := q.waker.enqueue(7); err != nil {
		q.t.Fatal(err)
	}
}

// waiting are the ids of the tasks that no worker has taken.
func (q *queues) waiting(queue string) []string {
	ids, err := q.List("asynq:{" + queue + "}:pending")
	if err != nil && !errors.Is(err, miniredis.ErrKeyNotFound) {
		q.t.Fatal(err)
	}
	return ids
}

// taken is what a worker leaves behind that took the oldest task and last said
// so a while ago.
func (q *queues) taken(queue string, ago time.Duration) {
	q.t.Helper()
	const lease = 30 * time.Second // asynq's
	key := "asynq:{" + queue + "}:"
	id, err := q.Lpop(key + "pending")
	if err == nil {
		_, err = q.Lpush(key+"active", id)
	}
	if err == nil {
		_, err = q.ZAdd(key+"lease", float64(time.Now().Add(lease-ago).Unix()), id)
	}
	if err != nil {
		q.t.Fatal(err)
	}
	q.HSet(key+"t:"+id, "state", "active")
}

func TestOneTaskRunsAndOneWaits(t *testing.T) {
	t.Parallel()
	q := newQueues(t)
	q.wake()
	q.taken(queueIntake, time.Second)
	for range 5 {
		q.wake()
	}
	if got := q.waiting(queueIntake); len(got) != 1 {
		t.Errorf("%q wait behind the one that runs, want one", got)
	}
	q.taken(queueIntake, time.Second)
	q.wake()
	if got := q.waiting(queueIntake); len(got) != 0 {
		t.Errorf("%q wait behind two that run", got)
	}
}

func TestTasksOfDeadWorkersDoNotKeepAShopAsleep(t *testing.T) {
	t.Parallel()
	q := newQueues(t)
	for range 5 {
		q.wake()
		if got := q.waiting(queueIntake); len(got) != 1 {
			t.Fatalf("%q wait, want one", got)
		}
		q.taken(queueIntake, time.Minute)
	}
}

func TestAWorkerThatStartsDoesNotWaitForTheDead(t *testing.T) {
	t.Parallel()
	q := newQueues(t)
	for range 2 {
		q.wake()
		q.taken(queueIntake, time.Second) // killed just now: nobody knows yet
	}
	q.wake()
	if got := q.waiting(queueIntake); len(got) != 0 {
		t.Fatalf("%q wait behind two that seem to run", got)
	}
	q.waker.lookedAt = time.Time{} // a second later
	drained := make(chan struct{}, 10)
	s, err := NewServer(Options{RedisURL: "redis://" + q.Addr(), Concurrency: 1, Shutdown: time.Second, Log: slog.New(slog.DiscardHandler)},
		Work{
			Drain:    func(context.Context, int64) error { drained <- struct{}{}; return nil },
			DueShops: func(context.Context) ([]int64, error) { return []int64{7}, nil },
			Reread:   func(context.Context, int64) error { return nil }, DueRereads: func(context.Context) ([]int64, error) { return nil, nil },
			Outbox: func(context.Context, int64) error { return nil }, DueOutbox: none,
			Sweep: no, DueSweeps: none, Hooks: no, DueHooks: none, Backfill: no, DueBackfills: none,
			Holds: idle, Close: idle, Partitions: idle, Posts: idle, Pages: idle, Renewals: idle, Privacy: idle, Codes: idle, Notices: idle,
		}, q.waker)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	defer s.Stop()
	select {
	case <-drained:
	case <-time.After(20 * time.Second): // the dead keep their slots for longer
		t.Fatal("the shop is not drained")
	}
}

func TestADrainIsNeverArchived(t *testing.T) {
	t.Parallel()
	q := newQueues(t)
	q.wake()
	tasks, err := q.waker.queue.ListPendingTasks(queueIntake)
	if err != nil || len(tasks) != 1 || tasks[0].MaxRetry < 1_000_000 {
		t.Errorf("%+v, %v", tasks, err)
	}
}

func TestATickOfADeadWorkerDoesNotStopTheClock(t *testing.T) {
	t.Parallel()
	q := newQueues(t)
	sweep := sweep(nil)
	task, options := sweep.tick()
	queue := func() error {
		_, err := q.waker.client.EnqueueContext(context.Background(), task, options...)
		return err
	}
	for range 4 { // more often than a task is taken over
		if err := queue(); err != nil {
			t.Fatal(err)
		}
		if err := queue(); !errors.Is(err, asynq.ErrDuplicateTask) {
			t.Fatalf("a second tick is queued behind the first: %v", err)
		}
		q.taken(queueTicks, time.Minute)
		q.FastForward(sweep.timeout)
	}
}

func TestARedisThatHangsHoldsNobodyUp(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0") // takes connections and says nothing
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	w, err := NewWaker("redis://"+l.Addr().String(), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := w.Ping(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("ping: %v", err)
	}
	w.Wake(7)
	if err := w.Close(); err != nil {
		t.Error(err)
	}
	if took := time.Since(began); took > 10*time.Second { // the driver alone tries for longer
		t.Errorf("it took %s", took)
	}
}

func idle(context.Context) error { return nil }

func none(context.Context) ([]int64, error) { return nil, nil }

func no(context.Context, int64) error { return nil }
