package bench

import (
	"context"
	"net"
	"os"
	"time"

	"tributary/app/web"
	"tributary/internal/intake"
	"tributary/internal/obs"
	"tributary/internal/store"
	"tributary/jobs"
)

// ingestOurs is what `tributary serve` is, without workers: the same edge, the
// same inbox, the same wake-ups, the same log lines, thrown away at the end.
func ingestOurs(ctx context.Context, o task, ready func(string)) (a account, err error) {
	keys, err := openKeys(o.Sealing)
	if err != nil {
		return a, err
	}
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		return a, err
	}
	defer null.Close()
	log, metrics := obs.NewLog(null, "info", "json"), obs.NewMetrics("bench")
	db, err := store.Open(ctx, o.DatabaseURL, store.Options{})
	if err != nil {
		return a, err
	}
	defer db.Close()
	waker, err := jobs.NewWaker(o.RedisURL, log)
	if err != nil {
		return a, err
	}
	defer waker.Close()
	inbox := intake.NewInbox(db, log, waker.Wake, func(batch int, _ int64) { metrics.IntakeBatch.Observe(float64(batch)) })
	defer inbox.Close()
	server := web.New(web.Deps{
		DB: db, Keys: keys, Log: log, Metrics: metrics, Version: "bench", PublicURL: "https://tributary.example.com",
		Wake: waker.Wake, Stores: intake.NewReceiver(db, inbox, keys, log, metrics, o.Secret),
	})
	l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // loopback, at once
	if err != nil {
		return a, err
	}
	ready(l.Addr().String())
	return a, server.Serve(ctx, l, 5*time.Second)
}
