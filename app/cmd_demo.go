package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"tributary/internal/domain/money"
	"tributary/internal/embedded"
)

func newDemoCmd() *cobra.Command {
	var o demoOptions
	cmd := &cobra.Command{
		Use:     "demo",
		GroupID: groupRun,
		Short:   "Run it all under two sandbox stores that sell and refund",
		Long: `Starts the server, the workers and two sandbox stores, one like Shopify and one
like WooCommerce. The stores install the app, a dozen influencers sign different
terms, three months of history are played and closed, and then both stores trade
live until Ctrl-C. What was stored survives a restart; "make demo-reset" clears it.

With --once it plays the history and a little live trade in a database that is
thrown away, checks everything, prints the numbers and exits: 0 when every
invariant holds, 1 when one does not.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runDemo(cmd, o) },
	}
	cmd.Flags().BoolVar(&o.once, "once", false, "a bounded run that checks itself and exits")
	cmd.Flags().IntVar(&o.perDay, "per-day", 12, "orders a day and store in the history")
	cmd.Flags().IntVar(&o.perMinute, "per-minute", 20, "orders a minute in the live trade")
	cmd.Flags().Uint64Var(&o.seed, "seed", 1, "what is sold to whom: the same seed sells the same goods")
	cmd.Flags().DurationVar(&o.live, "live", 5*time.Second, "how long --once trades live")
	return cmd
}

type demoOptions struct {
	once              bool
	perDay, perMinute int
	seed              uint64
	live              time.Duration
}

func runDemo(cmd *cobra.Command, o demoOptions) error {
	start := time.Now()
	if os.Getenv("LOG_LEVEL") == "" { // the demo's own words are enough
		if err := os.Setenv("LOG_LEVEL", "warn"); err != nil {
			return err
		}
	}
	if o.once && os.Getenv("DATABASE_URL") == "" {
		dir, err := os.MkdirTemp("", "tributary-demo-")
		if err != nil {
			return err
		}
		defer func() {
			err := embedded.Remove(filepath.Join(dir, postgresDir)) // which may be elsewhere
			if err = errors.Join(err, os.RemoveAll(dir)); err != nil {
				fmt.Fprintln(cmd.ErrOrStderr(), "the demo's database is left behind:", err)
			}
		}()
		if err := os.Setenv("DATA_DIR", dir); err != nil {
			return err
		}
	}
	d := &demo{clock: &demoClock{}}
	say := cmd.OutOrStdout()
	if wantJSON(cmd) {
		say = io.Discard
	}
	fmt.Fprintln(say, "Starting PostgreSQL, Redis and the server …")
	sys, err := openSystem(cmd, needs{db: true, redis: true, migrate: true, clock: d.clock.now})
	if err != nil {
		return err
	}
	defer sys.Close()
	d.sys = sys
	if sys.Config.ShopifyClientSecret == "" {
		sys.Config.ShopifyClientSecret = rand.Text()
	}
	address := sys.Config.Listen
	if o.once {
		address = "127.0.0.1:0"
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		return unavailable("the address to listen on (LISTEN)", err)
	}
	d.base = "http://" + l.Addr().String()
	ctx, cancel := context.WithCancel(cmd.Context())
	defer cancel()
	served := make(chan error, 1)
	go func() { served <- sys.serve(ctx, l, false) }()
	defer func() { cancel(); <-served }()

	from := historyFrom(start)
	d.clock.set(from)
	err = d.open(ctx, o.seed)
	if err != nil {
		return err
	}
	if d.fresh {
		fmt.Fprintf(say, "Playing history from %s …\n", from.Format(time.DateOnly))
		bar := newProgress(cmd, "orders")
		err := d.history(ctx, from, start.UTC().Truncate(time.Hour), o.perDay, bar.Set)
		bar.Done()
		if err != nil {
			return err
		}
	}
	d.clock.real()
	stop, err := sys.startWork()
	if err != nil {
		return err
	}
	defer stop()
	if o.once {
		return d.once(cmd, ctx, o, start)
	}
	return d.forever(cmd, ctx, o)
}

// once trades live for a moment, lets everything arrive, checks and prints.
func (d *demo) once(cmd *cobra.Command, ctx context.Context, o demoOptions, start time.Time) error {
	live, cancel := context.WithTimeout(ctx, o.live)
	err := d.world.Live(live, o.perMinute*10)
	cancel()
	if err != nil {
		return err
	}
	for _, s := range d.shops {
		if err := s.store.Settle(ctx); err != nil {
			return err
		}
		if _, err := d.sys.Settler.Drain(ctx, s.id); err != nil {
			return err
		}
	}
	r, err := d.check(ctx, true)
	if err != nil {
		return err
	}
	r.Seconds = time.Since(start).Seconds()
	if wantJSON(cmd) {
		if err := printJSON(cmd.OutOrStdout(), r); err != nil {
			return err
		}
	} else {
		d.print(cmd.OutOrStdout(), r)
	}
	if !r.ok() {
		return errors.New("the demo found that not everything adds up")
	}
	return nil
}

// forever prints where to look and trades until Ctrl-C.
func (d *demo) forever(cmd *cobra.Command, ctx context.Context, o demoOptions) error {
	w := cmd.OutOrStdout()
	r, err := d.check(ctx, false)
	if err != nil {
		return err
	}
	d.print(w, r)
	fmt.Fprintf(w, `
  What is running      %[1]s/
  API document         %[1]s/api/docs
  Health, metrics      %[1]s/readyz  %[1]s/metrics
`, d.base)
	for _, s := range d.shops {
		fmt.Fprintf(w, "  %-20s %s   API key %s\n", s.store.Platform(), s.store.URL(), s.key)
	}
	fmt.Fprintf(w, "\nTry: curl -H 'Authorization: Bearer %s' '%s/api/v1/orders?outcome=attributed&limit=3'\n", d.shops[0].key, d.base)
	fmt.Fprintf(w, "Both stores now sell %d orders a minute. Ctrl-C ends it; what was stored stays.\n", o.perMinute)
	err = d.world.Live(ctx, o.perMinute)
	if ctx.Err() != nil {
		fmt.Fprintln(w, "\nStopping …")
		return nil //nolint:nilerr // Ctrl-C is how a demo ends
	}
	return err
}

func (d *demo) print(w io.Writer, r *report) {
	c := money.Currency(r.Currency)
	amount := func(minor int64) string { return money.Format(minor, c) + " " + r.Currency }
	_ = printTable(w, [][]string{
		{"Orders", fmt.Sprint(r.Orders), fmt.Sprintf("%d attributed, %d refunds", r.Attributed, r.Refunds)},
		{"Commission", amount(r.CommissionMinor), amount(r.ReversedMinor) + " taken back"},
		{"Payouts", fmt.Sprint(r.Batches), amount(r.PaidMinor) + " paid"},
		{"Webhooks", fmt.Sprint(r.Sent), fmt.Sprintf("%d duplicates, %d retries, %d out of order, %d parked", r.DuplicatesSent, r.Retries, r.HeldBack, r.Parked)},
		{"Differences", fmt.Sprint(r.VerifyDifferences + r.ReplayDifferences + r.OracleDifferences),
			fmt.Sprintf("verify %d, replay %d, the stores' own books %d", r.VerifyDifferences, r.ReplayDifferences, r.OracleDifferences)},
	})
	for i, x := range r.Differences {
		if i == 10 {
			fmt.Fprintf(w, "  … and %d more\n", len(r.Differences)-i)
			break
		}
		fmt.Fprintf(w, "  %s: %s should be %s, is %s\n", x.Invariant, x.Subject, short(x.Want), short(x.Got))
	}
}
