// Package jobs is the queue edge and the only importer of asynq. Redis wakes
// workers up and nothing more: every handler asks PostgreSQL what there is to
// do, so a lost queue makes work late, never lost.
package jobs

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"time"

	"github.com/hibiken/asynq"
)

// The kinds of task.
const (
	kindDrain      = "intake:drain"
	kindReread     = "reread:order"
	kindOutbox     = "outbox:shop"
	kindSweep      = "tick:sweep"
	kindRereads    = "tick:rereads"
	kindOutboxes   = "tick:outbox"
	kindHolds      = "tick:holds"
	kindClose      = "tick:close"
	kindPartitions = "tick:partitions"
	kindPosts      = "tick:posts"
	kindPages      = "tick:pages"
	kindNotices    = "tick:notices"
	kindRenewals   = "tick:renewals"
	kindSweepShop  = "sweep:shop"
	kindHooks      = "hooks:shop"
	kindBackfill   = "backfill:shop"
	kindSweeps     = "tick:sweeps"
	kindHookShops  = "tick:hooks"
	kindCodes      = "tick:codes"
	kindBackfills  = "tick:backfills"
	kindPrivacy    = "tick:privacy"
)

// kind is one row of the task table. asynq's own defaults (25 retries, 30
// minutes) fit none of them: a handler that fails is run again by its tick.
type kind struct {
	name    string
	queue   string
	timeout time.Duration
	retries int    // how often a task is taken over from a worker that died; then it is archived
	every   string // "" for tasks that are not ticks
	run     func(ctx context.Context, w Work, p payload) error
}

// payload is a version and ids, never data.
type payload struct {
	V      int   `json:"v"`
	ShopID int64 `json:"shop_id,omitempty"`
}

// Work is what the handlers call: one use case each.
type Work struct {
	// Drain settles what has come in for a shop.
	Drain func(ctx context.Context, shopID int64) error
	// DueShops lists the shops with deliveries that wait.
	DueShops func(ctx context.Context) ([]int64, error)
	// Reread reads a shop's orders from their store again that are due.
	Reread func(ctx context.Context, shopID int64) error
	// DueRereads lists the shops that have such orders.
	DueRereads func(ctx context.Context) ([]int64, error)
	// Outbox does a shop's work outside that is due: codes in its store, mails.
	Outbox func(ctx context.Context, shopID int64) error
	// DueOutbox lists the shops that have such work.
	DueOutbox func(ctx context.Context) ([]int64, error)
	// Renewals renews the access to Shopify shops that nobody has called for long.
	Renewals func(ctx context.Context) error
	// Sweep reads from a shop's store what no webhook told.
	Sweep func(ctx context.Context, shopID int64) error
	// DueSweeps lists the shops whose store should be swept.
	DueSweeps func(ctx context.Context) ([]int64, error)
	// Hooks looks at the webhooks of a shop's store and mends them.
	Hooks func(ctx context.Context, shopID int64) error
	// DueHooks lists the shops whose webhooks should be looked at.
	DueHooks func(ctx context.Context) ([]int64, error)
	// Backfill goes on with reading a store's history.
	Backfill func(ctx context.Context, shopID int64) error
	// DueBackfills lists the shops whose history is being read.
	DueBackfills func(ctx context.Context) ([]int64, error)
	// Codes has stores looked at for codes that were changed there.
	Codes func(ctx context.Context) error
	// Privacy hands out and forgets personal data as people have asked.
	Privacy func(ctx context.Context) error
	// Holds makes payable what has passed its hold.
	Holds func(ctx context.Context) error
	// Close closes every month that has ended in its shop's zone.
	Close func(ctx context.Context) error
	// Posts reads the numbers of posts that are due.
	Posts func(ctx context.Context) error
	// Partitions makes the next months' partitions and drops old raw deliveries.
	Partitions func(ctx context.Context) error
	// Notices tells influencers what has happened.
	Notices func(ctx context.Context) error
	// Pages writes down which landing pages have been published or taken down
	// by their schedule.
	Pages func(ctx context.Context) error
}

// missing names the use cases that are not wired: a tick that fails every
// minute is found later than a process that does not start.
func (w Work) missing() []string {
	var names []string
	v := reflect.ValueOf(w)
	for i := range v.NumField() {
		if v.Field(i).IsNil() {
			names = append(names, v.Type().Field(i).Name)
		}
	}
	return names
}

const (
	queueIntake = "intake"
	queueStores = "stores" // calls to stores: slow, and never in the way of the rest
	queueTicks  = "ticks"
)

var (
	// An archived task would keep its shop's slot for ever.
	drain = kind{name: kindDrain, queue: queueIntake, timeout: 10 * time.Minute, retries: math.MaxInt32,
		run: func(ctx context.Context, w Work, p payload) error { return w.Drain(ctx, p.ShopID) }}
	reread = kind{name: kindReread, queue: queueStores, timeout: 10 * time.Minute, retries: math.MaxInt32,
		run: func(ctx context.Context, w Work, p payload) error { return w.Reread(ctx, p.ShopID) }}
	outbox = kind{name: kindOutbox, queue: queueStores, timeout: 30 * time.Minute, retries: math.MaxInt32,
		run: func(ctx context.Context, w Work, p payload) error { return w.Outbox(ctx, p.ShopID) }}
	sweepShop = kind{name: kindSweepShop, queue: queueStores, timeout: 30 * time.Minute, retries: math.MaxInt32,
		run: func(ctx context.Context, w Work, p payload) error { return w.Sweep(ctx, p.ShopID) }}
	hooks = kind{name: kindHooks, queue: queueStores, timeout: 10 * time.Minute, retries: math.MaxInt32,
		run: func(ctx context.Context, w Work, p payload) error { return w.Hooks(ctx, p.ShopID) }}
	backfill = kind{name: kindBackfill, queue: queueStores, timeout: 2 * time.Hour, retries: math.MaxInt32,
		run: func(ctx context.Context, w Work, p payload) error { return w.Backfill(ctx, p.ShopID) }}
)

func table(wake *Waker) []kind {
	return []kind{
		drain,
		reread,
		outbox,
		sweepShop,
		hooks,
		backfill,
		sweep(wake),
		{name: kindOutboxes, queue: queueTicks, timeout: time.Minute, retries: 1, every: "@every 3s",
			run: func(ctx context.Context, w Work, _ payload) error { return wakeAll(ctx, w.DueOutbox, wake.Outbox) }},
		{name: kindRereads, queue: queueTicks, timeout: time.Minute, retries: 1, every: "@every 1m",
			run: func(ctx context.Context, w Work, _ payload) error { return wakeAll(ctx, w.DueRereads, wake.Reread) }},
		{name: kindRenewals, queue: queueTicks, timeout: 10 * time.Minute, retries: 1, every: "@every 10m",
			run: func(ctx context.Context, w Work, _ payload) error { return w.Renewals(ctx) }},
		{name: kindSweeps, queue: queueTicks, timeout: time.Minute, retries: 1, every: "@every 1m",
			run: func(ctx context.Context, w Work, _ payload) error { return wakeAll(ctx, w.DueSweeps, wake.Sweep) }},
		{name: kindHookShops, queue: queueTicks, timeout: time.Minute, retries: 1, every: "@every 1m",
			run: func(ctx context.Context, w Work, _ payload) error { return wakeAll(ctx, w.DueHooks, wake.Hooks) }},
		{name: kindCodes, queue: queueTicks, timeout: 5 * time.Minute, retries: 1, every: "@every 5m",
			run: func(ctx context.Context, w Work, _ payload) error { return w.Codes(ctx) }},
		{name: kindBackfills, queue: queueTicks, timeout: time.Minute, retries: 1, every: "@every 5s",
			run: func(ctx context.Context, w Work, _ payload) error { return wakeAll(ctx, w.DueBackfills, wake.Backfill) }},
		{name: kindPrivacy, queue: queueTicks, timeout: 30 * time.Minute, retries: 1, every: "@every 1m",
			run: func(ctx context.Context, w Work, _ payload) error { return w.Privacy(ctx) }},
		{name: kindHolds, queue: queueTicks, timeout: 10 * time.Minute, retries: 1, every: "@every 1m",
			run: func(ctx context.Context, w Work, _ payload) error { return w.Holds(ctx) }},
		{name: kindClose, queue: queueTicks, timeout: 30 * time.Minute, retries: 1, every: "@every 5m",
			run: func(ctx context.Context, w Work, _ payload) error { return w.Close(ctx) }},
		{name: kindPosts, queue: queueTicks, timeout: 15 * time.Minute, retries: 1, every: "@every 2m",
			run: func(ctx context.Context, w Work, _ payload) error { return w.Posts(ctx) }},
		{name: kindPartitions, queue: queueTicks, timeout: 5 * time.Minute, retries: 1, every: "@every 1h",
			run: func(ctx context.Context, w Work, _ payload) error { return w.Partitions(ctx) }},
		{name: kindNotices, queue: queueTicks, timeout: 5 * time.Minute, retries: 1, every: "@every 1m",
			run: func(ctx context.Context, w Work, _ payload) error { return w.Notices(ctx) }},
		{name: kindPages, queue: queueTicks, timeout: 5 * time.Minute, retries: 1, every: "@every 30s",
			run: func(ctx context.Context, w Work, _ payload) error { return w.Pages(ctx) }},
	}
}

func sweep(wake *Waker) kind {
	return kind{name: kindSweep, queue: queueTicks, timeout: 20 * time.Second, retries: 1, every: "@every 5s",
		run: func(ctx context.Context, w Work, _ payload) error { return wakeAll(ctx, w.DueShops, wake.Wake) }}
}

// wakeAll wakes the shops up that are due.
func wakeAll(ctx context.Context, due func(context.Context) ([]int64, error), wake func(shopID int64)) error {
	shops, err := due(ctx)
	for _, id := range shops {
		wake(id)
	}
	return err
}

func (k kind) task(p payload) *asynq.Task {
	p.V = 1
	b, err := json.Marshal(p)
	if err != nil {
		panic(err) // a struct of integers
	}
	return asynq.NewTask(k.name, b)
}

// options of a task; once says what keeps it from being queued twice.
func (k kind) options(once asynq.Option) []asynq.Option {
	return []asynq.Option{asynq.Queue(k.queue), asynq.Timeout(k.timeout), asynq.MaxRetry(k.retries), once}
}

// tick is the task that the schedule queues. While one waits or runs there is
// no second, but one that died with its worker stands in the way no longer
// than it may run. A task id would stand there until asynq recovers it.
func (k kind) tick() (*asynq.Task, []asynq.Option) {
	return k.task(payload{}), k.options(asynq.Unique(k.timeout))
}

// decode refuses what this version cannot read; such a task is not run again.
func decode(t *asynq.Task) (payload, error) {
	var p payload
	if err := json.Unmarshal(t.Payload(), &p); err != nil || p.V != 1 {
		return p, fmt.Errorf("task %s: payload %.80q is not version 1: %w", t.Type(), t.Payload(), asynq.SkipRetry)
	}
	return p, nil
}
