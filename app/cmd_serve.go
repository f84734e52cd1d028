package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"tributary/app/web"
	"tributary/internal/dispute"
	"tributary/internal/errs"
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
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			sys, err := openSystem(cmd, needs{db: true, redis: true})
			if err != nil {
				return err
			}
			defer sys.Close()
			if !cmd.Flags().Changed("work") {
				work = sys.Config.DatabaseURL == "" || sys.Config.RedisURL == ""
			}
			l, err := listen(sys.Config.Listen, "LISTEN")
			if err != nil {
				return err
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
time zone. Any number of these may run side by side. With WORK_LISTEN it also
answers /healthz, /readyz and /metrics.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			sys, err := openSystem(cmd, needs{db: true, redis: true})
			if err != nil {
				return err
			}
			defer sys.Close()
			var l net.Listener
			if sys.Config.WorkListen != "" {
				if l, err = listen(sys.Config.WorkListen, "WORK_LISTEN"); err != nil {
					return err
				}
			}
			stop, err := sys.startWork()
			if err != nil {
				return err
			}
			defer stop()
			sys.Log.Info("working", "workers", sys.Config.Workers)
			if l != nil {
				return sys.answer(cmd.Context(), l, web.NewProbe(sys.webDeps(nil)))
			}
			return sys.wait(cmd.Context())
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
	return sys.answer(ctx, l, server)
}

// answer lets the server answer on l until ctx ends or something the program
// cannot do without fails.
func (sys *system) answer(ctx context.Context, l net.Listener, server *web.Server) error {
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

// listen takes the address that a setting names.
func listen(address, setting string) (net.Listener, error) {
	l, err := net.Listen("tcp", address)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, errs.New(errs.Conflict, "address_in_use", fmt.Sprintf(
			"another program listens on %s: stop it, or set %s to another address, such as 127.0.0.1:8081", address, setting))
	case err != nil:
		return nil, errs.New(errs.Invalid, "cannot_listen", fmt.Sprintf("cannot listen on %s (%s): %s", address, setting, err))
	}
	return l, nil
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
		sys.Metrics.Duplicates.Add(float64(dup))
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
	}, sys.work(), sys.Waker)
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
			if r.Unclear > 0 {
				sys.Waker.Reread(shopID)
			}
			return nil
		},
		DueShops: sys.dueShops,
		Reread: func(ctx context.Context, shopID int64) error {
			n, err := sys.Rereader.Shop(ctx, shopID)
			if n > 0 {
				sys.Waker.Wake(shopID)
			}
			if err != nil {
				return fmt.Errorf("read orders of shop %d again: %w", shopID, err)
			}
			return nil
		},
		DueRereads: sys.DB.ShopsWithRereads,
		Outbox: func(ctx context.Context, shopID int64) error {
			if _, err := sys.Outbox.Shop(ctx, shopID); err != nil {
				return fmt.Errorf("outbox of shop %d: %w", shopID, err)
			}
			return nil
		},
		DueOutbox: sys.Outbox.DueShops,
		Renewals:  sys.Shopify.RenewIdle,
		Sweep:     sys.sweep, DueSweeps: sys.DB.DueSweeps,
		Hooks: sys.Woo.KeepHooks, DueHooks: sys.DB.DueHooks,
		Backfill: func(ctx context.Context, shopID int64) error {
			n, err := sys.Sweeper.Backfill(ctx, shopID)
			if n > 0 {
				sys.Waker.Wake(shopID)
			}
			return err
		},
		DueBackfills: sys.DB.DueBackfills,
		Codes:        sys.Codes.CheckDue,
		Privacy:      sys.Settler.Privacy,
		Holds: func(ctx context.Context) error {
			return errors.Join(dispute.Tick(ctx, sys.DB), sys.Payouts.Holds(ctx))
		},
		Close:   func(ctx context.Context) error { return sys.Payouts.CloseDue(ctx, sys.DB.Now()) },
		Posts:   sys.Reader.Tick,
		Notices: sys.Teller.Tick,
		Pages:   func(ctx context.Context) error { return landing.Tick(ctx, sys.DB) },
		Partitions: func(ctx context.Context) error {
			return errors.Join(sys.DB.Maintain(ctx, time.Duration(sys.Config.DeliveryRetention)*24*time.Hour), sys.People.Tidy(ctx))
		},
	}
}

// sweep looks at a shop's store.
func (sys *system) sweep(ctx context.Context, shopID int64) error {
	got, err := sys.Sweeper.Shop(ctx, shopID)
	if got.Healed > 0 {
		sys.Log.Info("orders found that no webhook told of", "shop_id", shopID, "seen", got.Seen, "missing", got.Missing)
		sys.Waker.Wake(shopID)
	}
	if err != nil {
		return fmt.Errorf("sweep shop %d: %w", shopID, err)
	}
	return nil
}
