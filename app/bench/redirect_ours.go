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
	var proxies []*net.IPNet
	if o.Workers > 0 { // the load generator says who comes
		proxies = []*net.IPNet{{IP: net.IPv4(127, 0, 0, 0).To4(), Mask: net.CIDRMask(8, 32)}}
	}
	server := web.New(web.Deps{
		TrustedProxies: proxies,
		DB:             db, Keys: keys, Log: log, Metrics: metrics, Version: "bench", PublicURL: "https://tributary.example.com",
		Wake: waker.Wake, Doors: doors, Clicks: clicks, Limits: web.Limits{ClicksPerSecond: 1e9, ClickBurst: 1e9},
	})
	if o.Workers > 0 { // judge the clicks meanwhile
		ctx, stop := context.WithCancel(ctx)
		done := make(chan struct{})
		defer func() { stop(); <-done }()
		tracker := &tracking.Tracker{DB: db, Keys: keys, Log: log, Uncounted: o.Uncounted}
		go func() {
			defer close(done)
			for ctx.Err() == nil {
				if _, err := tracker.Drain(ctx, o.ShopID); err != nil && ctx.Err() == nil {
					log.Error("judge clicks", "err", err)
					return
				}
				select {
				case <-ctx.Done():
				case <-time.After(100 * time.Millisecond):
				}
			}
		}()
	}
	l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // loopback, at once
	if err != nil {
		return a, err
	}
	ready(l.Addr().String())
	return a, server.Serve(ctx, l, 5*time.Second)
}
