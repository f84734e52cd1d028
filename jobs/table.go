// Package jobs is the queue edge and the only importer of asynq. Redis wakes
// workers up and nothing more: every handler asks PostgreSQL what there is to
// do, so a lost queue makes work late, never lost.
package jobs

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/hibiken/asynq"
)

// The kinds of task.
const (
	kindDrain      = "intake:drain"
	kindSweep      = "tick:sweep"
	kindHolds      = "tick:holds"
	kindClose      = "tick:close"
	kindPartitions = "tick:partitions"
	kindPages      = "tick:pages"
)

// kind is one row of the task table. asynq's own defaults (25 retries, 30
// minutes) fit none of them: a handler that fails is run again by its tick.
type kind struct {
	name    string
	queue   string
	timeout time.Duration
	retries int    // how often a task is taken over from a worker that died
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
	// Holds makes payable what has passed its hold.
	Holds func(ctx context.Context) error
	// Close closes every month that has ended in its shop's zone.
	Close func(ctx context.Context) error
	// Partitions makes the next months' partitions and drops old raw deliveries.
	Partitions func(ctx context.Context) error
	// Pages writes down which landing pages have been published or taken down
	// by their schedule.
	Pages func(ctx context.Context) error
}

const (
	queueIntake = "intake"
	queueTicks  = "ticks"
)

func table(wake func(int64)) []kind {
	return []kind{
		{name: kindDrain, queue: queueIntake, timeout: 10 * time.Minute, retries: 3,
			run: func(ctx context.Context, w Work, p payload) error { return w.Drain(ctx, p.ShopID) }},
		{name: kindSweep, queue: queueTicks, timeout: time.Minute, retries: 1, every: "@every 5s",
			run: func(ctx context.Context, w Work, _ payload) error {
				shops, err := w.DueShops(ctx)
				for _, id := range shops {
					wake(id)
				}
				return err
			}},
		{name: kindHolds, queue: queueTicks, timeout: 10 * time.Minute, retries: 1, every: "@every 1m",
			run: func(ctx context.Context, w Work, _ payload) error { return w.Holds(ctx) }},
		{name: kindClose, queue: queueTicks, timeout: 30 * time.Minute, retries: 1, every: "@every 5m",
			run: func(ctx context.Context, w Work, _ payload) error { return w.Close(ctx) }},
		{name: kindPartitions, queue: queueTicks, timeout: 5 * time.Minute, retries: 1, every: "@every 1h",
			run: func(ctx context.Context, w Work, _ payload) error { return w.Partitions(ctx) }},
		{name: kindPages, queue: queueTicks, timeout: 5 * time.Minute, retries: 1, every: "@every 30s",
			run: func(ctx context.Context, w Work, _ payload) error { return w.Pages(ctx) }},
	}
}

func (k kind) task(p payload) *asynq.Task {
	p.V = 1
	b, err := json.Marshal(p)
	if err != nil {
		panic(err) // a struct of integers
	}
	return asynq.NewTask(k.name, b)
}

func (k kind) options(id string) []asynq.Option {
	return []asynq.Option{asynq.Queue(k.queue), asynq.Timeout(k.timeout), asynq.MaxRetry(k.retries), asynq.TaskID(id)}
}

// decode refuses what this version cannot read; such a task is not run again.
func decode(t *asynq.Task) (payload, error) {
	var p payload
	if err := json.Unmarshal(t.Payload(), &p); err != nil || p.V != 1 {
		return p, fmt.Errorf("task %s: payload %.80q is not version 1: %w", t.Type(), t.Payload(), asynq.SkipRetry)
	}
	return p, nil
}
