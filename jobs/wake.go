package jobs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/hibiken/asynq"
)

// wakeEvery is how often one shop may be woken up: a flood of deliveries costs
// a handful of tasks, a single one is not delayed.
const wakeEvery = 100 * time.Millisecond

const closePatience = 2 * time.Second

// Waker turns "this shop has something new" into at most one waiting task per
// shop. It never blocks its caller; without Redis the sweep finds the work.
type Waker struct {
	client *asynq.Client
	queue  *asynq.Inspector
	log    *slog.Logger

	lookedAt time.Time // of the loop only, as is started
	started  int64

	mu     sync.Mutex
	shops  map[int64]time.Time // shop → not before
	signal chan struct{}
	done   chan struct{}
	end    sync.WaitGroup
}

// NewWaker starts a waker on the Redis at url.
func NewWaker(redisURL string, log *slog.Logger) (*Waker, error) {
	opt, err := asynq.ParseRedisURI(redisURL)
	if err != nil {
		return nil, fmt.Errorf("redis url: %w", err)
	}
	w := &Waker{
		client: asynq.NewClient(opt), queue: asynq.NewInspector(opt), log: log,
		shops: map[int64]time.Time{}, signal: make(chan struct{}, 1), done: make(chan struct{}),
	}
	w.end.Add(1)
	go w.loop()
	return w, nil
}

// Wake asks for the shop's drain to run soon.
func (w *Waker) Wake(shopID int64) {
	w.mu.Lock()
	_, waiting := w.shops[shopID]
	if !waiting {
		w.shops[shopID] = time.Time{}
	}
	w.mu.Unlock()
	if waiting {
		return
	}
	select {
	case w.signal <- struct{}{}:
	default:
	}
}

// Reread asks for the shop's orders to be read again soon. One task at a time
// calls a store.
func (w *Waker) Reread(shopID int64) { w.once(reread, "reread", shopID) }

// Outbox asks for the shop's work outside to be done soon, by one task at a time.
func (w *Waker) Outbox(shopID int64) { w.once(outbox, "outbox", shopID) }

// Sweep asks for the shop's store to be swept, by one task at a time.
func (w *Waker) Sweep(shopID int64) { w.once(sweepShop, "sweep", shopID) }

// Hooks asks for the webhooks of the shop's store to be looked at.
func (w *Waker) Hooks(shopID int64) { w.once(hooks, "hooks", shopID) }

// Backfill asks for the history of the shop's store to be read on.
func (w *Waker) Backfill(shopID int64) { w.once(backfill, "backfill", shopID) }

// once queues a task of which there is one for each shop.
func (w *Waker) once(k kind, what string, shopID int64) {
	_, err := w.client.Enqueue(k.task(payload{ShopID: shopID}), k.options(asynq.TaskID(fmt.Sprintf("%s:%d", what, shopID)))...)
	if err != nil && !errors.Is(err, asynq.ErrTaskIDConflict) {
		w.log.Warn("task not queued; its tick will find the work", "task", k.name, "shop_id", shopID, "err", err)
	}
}

// Ping tells whether Redis answers before ctx ends.
func (w *Waker) Ping(ctx context.Context) error {
	return within(ctx, w.client.Ping) // asynq's own takes minutes when Redis hangs
}

// Close sends what is still waiting, if Redis takes it soon, and stops.
func (w *Waker) Close() error {
	close(w.done)
	ctx, cancel := context.WithTimeout(context.Background(), closePatience)
	defer cancel()
	_ = within(ctx, func() error { w.end.Wait(); return nil }) // the sweep will find what was not sent
	return errors.Join(w.client.Close(), w.queue.Close())
}

// within returns f's error, or ctx's when that ends first.
func within(ctx context.Context, f func() error) error {
	answer := make(chan error, 1)
	go func() { answer <- f() }()
	select {
	case err := <-answer:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (w *Waker) loop() {
	defer w.end.Done()
	last := map[int64]time.Time{}
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		select {
		case <-w.signal:
		case <-timer.C:
		case <-w.done:
			w.flush(last, true)
			return
		}
		if again := w.flush(last, false); again > 0 {
			timer.Reset(again)
		}
		if len(last) > 10_000 {
			clear(last)
		}
	}
}

// flush enqueues the shops whose time has come and returns how long until the
// next one, 0 for none.
func (w *Waker) flush(last map[int64]time.Time, all bool) time.Duration {
	now := time.Now()
	var ready []int64
	var next time.Duration
	w.mu.Lock()
	for id := range w.shops {
		if wait := last[id].Add(wakeEvery).Sub(now); wait > 0 && !all {
			if next == 0 || wait < next {
				next = wait
			}
			continue
		}
		ready = append(ready, id)
		delete(w.shops, id)
	}
	w.mu.Unlock()
	for _, id := range ready {
		last[id] = now
		if err := w.enqueue(id); err != nil {
			w.log.Warn("wake-up not queued; the sweep will find the work", "shop_id", id, "err", err)
		}
	}
	return next
}

// enqueue sees to it that two tasks of the shop are alive: one may be running
// and about to end, the other then waits behind it. Their ids are slots, which
// a worker that was killed leaves taken until asynq recovers them, minutes
// later. So the slots are new with every worker that starts, and those of the
// dead do not count.
func (w *Waker) enqueue(shopID int64) error {
	began := w.lastStart()
	var dead map[string]bool
	for slot, alive := 0, 0; alive < 2; slot++ {
		id := fmt.Sprintf("drain:%d:%d:%d", shopID, began, slot)
		_, err := w.client.Enqueue(drain.task(payload{ShopID: shopID}), drain.options(asynq.TaskID(id))...)
		if !errors.Is(err, asynq.ErrTaskIDConflict) {
			return err
		}
		if dead == nil {
			dead = w.orphans()
		}
		if !dead[id] {
			alive++
		}
	}
	return nil
}

// lastStart is when the youngest of the workers that live started, as a number;
// 0 when none does.
func (w *Waker) lastStart() int64 {
	if now := time.Now(); now.Sub(w.lookedAt) > time.Second {
		servers, err := w.queue.Servers()
		if err != nil {
			return w.started // Redis does not answer; neither will it take the task
		}
		w.lookedAt, w.started = now, 0
		for _, s := range servers {
			w.started = max(w.started, s.Started.UnixMilli())
		}
	}
	return w.started
}

// orphans are the tasks whose worker has not been heard of for half a minute.
func (w *Waker) orphans() map[string]bool {
	dead := map[string]bool{}
	active, err := w.queue.ListActiveTasks(queueIntake, asynq.PageSize(10_000))
	if err != nil { // such as a queue that nobody knows after a FLUSHALL: the slots count as alive
		w.log.Debug("queue not inspected", "err", err)
	}
	for _, t := range active {
		if t.IsOrphaned {
			dead[t.ID] = true
		}
	}
	return dead
}
