package jobs_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"tributary/internal/embedded"
	"tributary/jobs"
)

func TestAShopIsReadAgainByOneTaskAtATime(t *testing.T) {
	t.Parallel()
	log := slog.New(slog.DiscardHandler)
	redis, err := embedded.StartRedis(log)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(redis.Stop)
	waker, err := jobs.NewWaker(redis.URL(), log)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = waker.Close() })
	began, release, ended := make(chan int64, 10), make(chan struct{}), make(chan struct{}, 10)
	idle := func(context.Context) error { return nil }
	none := func(context.Context) ([]int64, error) { return nil, nil }
	no := func(context.Context, int64) error { return nil }
	srv, err := jobs.NewServer(jobs.Options{
		RedisURL: redis.URL(), Concurrency: 4, Shutdown: time.Second, Log: log,
		Observe: func(kind string, _ time.Duration, _ error) {
			if kind == "reread:order" {
				ended <- struct{}{}
			}
		},
	}, jobs.Work{
		Reread: func(_ context.Context, shopID int64) error {
			began <- shopID
			<-release
			return nil
		},
		DueShops:   func(context.Context) ([]int64, error) { return nil, nil },
		DueRereads: func(context.Context) ([]int64, error) { return nil, nil },
		Drain:      func(context.Context, int64) error { return nil },
		Outbox:     func(context.Context, int64) error { return nil }, DueOutbox: none,
		Sweep: no, DueSweeps: none, Hooks: no, DueHooks: none, Backfill: no, DueBackfills: none,
		Holds: idle, Close: idle, Partitions: idle, Posts: idle, Pages: idle, Renewals: idle, Privacy: idle, Codes: idle, Notices: idle,
	}, waker)
	if err != nil {
		t.Fatal(err)
	}
	if err := srv.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(srv.Stop)
	for range 5 {
		waker.Reread(7)
	}
	waker.Reread(8)
	if a, b := <-began, <-began; a+b != 15 {
		t.Errorf("shops %d and %d", a, b)
	}
	for range 5 { // while it runs
		waker.Reread(7)
	}
	close(release)
	<-ended
	<-ended
	if len(began) != 0 {
		t.Errorf("shop %d was read by two tasks", <-began)
	}
}
