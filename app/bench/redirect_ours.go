package bench

import (
	"context"
	"net"
	"os"
	"time"

	"tributary/app/web"
	"tributary/internal/obs"
	"tributary/internal/store"
	"tributary/internal/tracking"
	"tributary/jobs"
)

// redirectOurs is what `tributary serve` is, without workers. Everybody comes
// from one address here, so its limit is out of the way.
func redirectOurs(ctx context.Context, o task, ready func(string)) (a account, err error) {
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
	doors := tracking.NewDoors(db, keys, log, time.Second)
	defer doors.Close()
	clicks := tracking.NewRecorder(db, doors, nil, log, waker.Wake)
	defer clicks.Close()
	server := web.New(web.Deps{
		DB: db, Keys: keys, Log: log, Metrics: metrics, Version: "bench", PublicURL: "https://tributary.example.com",
		Wake: waker.Wake, Doors: doors, Clicks: clicks, Limits: web.Limits{ClicksPerSecond: 1e9, ClickBurst: 1e9},
	})
	l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // loopback, at once
	if err != nil {
		return a, err
	}
	ready(l.Addr().String())
	return a, server.Serve(ctx, l, 5*time.Second)
}
