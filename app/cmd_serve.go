package main

import (
	"context"
	"fmt"
	"net"
	"time"

	"github.com/spf13/cobra"

	"tributary/app/web"
	"tributary/internal/intake"
	"tributary/internal/landing"
	"tributary/jobs"
)

func newServeCmd() *cobra.Command {
	var work bool
	cmd := &cobra.Command{
		Use:     "serve",
		GroupID: groupRun,
		Short:   "Answer HTTP: webhooks, API, health, metrics",
		Long: `Answers HTTP on LISTEN. Any number of these may run side by side.

With the embedded PostgreSQL, which belongs to one process, the workers run in
this process too; with DATABASE_URL and REDIS_URL they run in "tributary work"
unless --work is given.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			sys, err := openSystem(cmd, needs{db: true, redis: true})
			if err != nil {
				return err
			}
			defer sys.Close()
			if !cmd.Flags().Changed("work") {
				work = sys.Config.DatabaseURL == "" || sys.Config.RedisURL == ""
			}
			l, err := net.Listen("tcp", sys.Config.Listen)
			if err != nil {
				return unavailable("the address to listen on (LISTEN)", err)
			}
			return sys.serve(cmd.Context(), l, work)
		},
	}
	cmd.Flags().BoolVar(&work, "work", false, "run the workers in this process as well")
	return cmd
}

func newWorkCmd() *cobra.Command {
	return &cobra.Command{
		Use:     "work",
		GroupID: groupRun,
		Short:   "Settle deliveries, pass holds, close months",
		Long: `Runs the workers: they settle what stores have sent, make payable what has
passed its hold, and close each shop's month when it has ended in the shop's own
time zone. Any number of these may run side by side.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			sys, err := openSystem(cmd, needs{db: true, redis: true})
			if err != nil {
				return err
			}
			defer sys.Close()
			stop, err := sys.startWork()
			if err != nil {
				return err
			}
			sys.Log.Info("working", "workers", sys.Config.Workers)
			err = sys.wait(cmd.Context())
			stop()
			return err
		},
	}
}

// serve answers on l until ctx ends.
func (sys *system) serve(ctx context.Context, l net.Listener, work bool) error {
	inbox := intake.NewInbox(sys.DB, sys.Log, sys.Waker.Wake, sys.observeCommit)
	defer inbox.Close()
	if err := sys.openDoors(); err != nil {
		return err
	}
	server := web.New(sys.webDeps(intake.NewReceiver(sys.DB, inbox, sys.Keys, sys.Log, sys.Metrics,
		sys.Config.ShopifyClientSecret, sys.Config.ShopifyClientSecretPrevious)))
	if work {
		stop, err := sys.startWork()
		if err != nil {
			return err
		}
		defer stop()
	}
	sys.Log.Info("serving", "address", l.Addr().String(), "workers", work)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(ctx, l, sys.Config.ShutdownTimeout) }()
	select {
	case err := <-ended:
		return err
	case err := <-sys.Failed:
		cancel()
		<-ended
		return err
	}
}

// wait blocks until ctx ends or something the program cannot do without fails.
func (sys *system) wait(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return nil
	case err := <-sys.Failed:
		return err
	}
}

func (sys *system) observeCommit(batch int, fresh int64) {
	sys.Metrics.IntakeBatch.Observe(float64(batch))
	if dup := int64(batch) - fresh; dup > 0 {
		sys.Metrics.Deliveries.WithLabelValues("any", "duplicate").Add(float64(dup))
	}
}

// startWork starts the workers and the schedule; call stop to end them.
func (sys *system) startWork() (stop func(), err error) {
	srv, err := jobs.NewServer(jobs.Options{
		RedisURL: sys.RedisURL, Concurrency: sys.Config.Workers, Shutdown: sys.Config.ShutdownTimeout, Log: sys.Log,
		Observe: func(kind string, took time.Duration, err error) {
			result := "done"
			if err != nil {
				result = "failed"
			}
			sys.Metrics.Jobs.WithLabelValues(kind, result).Inc()
			sys.Metrics.JobSeconds.WithLabelValues(kind).Observe(took.Seconds())
		},
	}, sys.work(), sys.Waker.Wake)
	if err != nil {
		return nil, err
	}
	if err := srv.Start(); err != nil {
		return nil, unavailable("Redis (REDIS_URL)", err)
	}
	return srv.Stop, nil
}

// work is what the tasks call.
func (sys *system) work() jobs.Work {
	return jobs.Work{
		Drain: func(ctx context.Context, shopID int64) error {
			r, err := sys.settle(ctx, shopID)
			if err != nil {
				return fmt.Errorf("drain shop %d: %w", shopID, err)
			}
			if r.Deliveries > 0 {
				sys.Log.Info("settled", "shop_id", shopID, "deliveries", r.Deliveries, "orders", r.Orders, "journals", r.Postings, "failed", r.Failed)
			}
			return nil
		},
		DueShops: sys.dueShops,
		Pages:    func(ctx context.Context) error { return landing.Tick(ctx, sys.DB) },
		Partitions: func(ctx context.Context) error {
			return sys.DB.Maintain(ctx, time.Duration(sys.Config.DeliveryRetention)*24*time.Hour)
		},
	}
}
