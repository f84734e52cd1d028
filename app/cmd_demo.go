package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/spf13/cobra"

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
invariant holds, 1 when one does not.

With --empty the stores have sold nothing and nobody has signed anything: the
Shopify one installs the app when its admin is opened. Sales, refunds and days
are made by POST /play/sale?code=…, /play/refund?order=… and /play/days?n=… at the
store.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if o.once && o.empty {
				return usageError{errors.New("--once plays a history, and --empty has none")}
			}
			if o.perDay < 0 || o.perMinute < 0 || o.live < 0 {
				return usageError{errors.New("--per-day, --per-minute and --live must not be negative")}
			}
			return runDemo(cmd, o)
		},
	}
	cmd.Flags().BoolVar(&o.once, "once", false, "a bounded run that checks itself and exits")
	cmd.Flags().BoolVar(&o.empty, "empty", false, "stores without a past, in which nothing happens by itself: to try the setup")
	cmd.Flags().IntVar(&o.perDay, "per-day", 12, "orders a day and store in the history")
	cmd.Flags().IntVar(&o.perMinute, "per-minute", 20, "orders a minute in the live trade")
	cmd.Flags().Uint64Var(&o.seed, "seed", 1, "what is sold to whom: the same seed sells the same goods")
	cmd.Flags().DurationVar(&o.live, "live", 5*time.Second, "how long --once trades live")
	return cmd
}

type demoOptions struct {
	once, empty       bool
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
	if err := os.Setenv("PRIVATE_STORES", "true"); err != nil { // the sandbox stores are on this machine
		return err
	}
	if os.Getenv("TRUSTED_PROXIES") == "" { // its people come from addresses of their own
		if err := os.Setenv("TRUSTED_PROXIES", "127.0.0.1,::1"); err != nil {
			return err
		}
	}
	for name, value := range map[string]string{"SHOPIFY_CLIENT_ID": "demo", "SHOPIFY_CLIENT_SECRET": rand.Text()} { // of the app in the sandbox
		if os.Getenv(name) == "" {
			if err := os.Setenv(name, value); err != nil {
				return err
			}
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
		if err := os.Chmod(dir, 0o711); err != nil { //nolint:gosec // as root, PostgreSQL runs as another user, who must pass
			return err
		}
		if err := os.Setenv("DATA_DIR", dir); err != nil {
			return err
		}
	}
	d := &demo{clock: &demoClock{}}
	var stopMails func()
	var err error
	if d.mails, stopMails, err = demoSink(o.once); err != nil {
		return err
	}
	defer stopMails()
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
	address := sys.Config.Listen
	if o.once {
		address = "127.0.0.1:0"
	}
	l, err := listen(address, "LISTEN")
	if err != nil {
		return err
	}
	d.base = "http://" + l.Addr().String()
	sys.Config.PublicURL, sys.People.PublicURL, sys.Teller.PublicURL = d.base, d.base, d.base
	ctx, cancel := context.WithCancel(cmd.Context())
	defer cancel()
	served := make(chan error, 1)
	go func() { served <- sys.serve(ctx, l, false) }()
	defer func() { cancel(); <-served }()

	if o.empty {
		d.empty = true
		return d.playground(cmd, ctx, o.seed)
	}
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
			if ctx.Err() != nil && !o.once {
				fmt.Fprintln(say, "Stopped while the history was played. Run `make demo-reset` before the next demo.")
			}
			return err
		}
	}
	d.clock.real()
	if err := d.makeKeys(ctx); err != nil {
		return err
	}
	stop, err := sys.startWork()
	if err != nil {
		return err
	}
	stop = sync.OnceFunc(stop)
	defer stop()
	if o.once {
		return d.once(cmd, ctx, o, start, stop)
	}
	return d.forever(cmd, ctx, o)
}

// playground opens stores without a past and waits for Ctrl-C.
func (d *demo) playground(cmd *cobra.Command, ctx context.Context, seed uint64) error {
	if err := d.open(ctx, seed); err != nil {
		return err
	}
	stop, err := d.sys.startWork()
	if err != nil {
		return err
	}
	defer stop()
	w := cmd.OutOrStdout()
	rows := [][]string{{"What is running", d.base + "/"}}
	for _, s := range d.shops {
		rows = append(rows, []string{s.name(), s.store.URL() + "/"}, []string{"  its merchant's app", s.merchantAt()})
	}
	if err := printTable(w, rows); err != nil {
		return err
	}
	fmt.Fprintln(w, "\nThe stores are empty. Ctrl-C ends it; what was stored stays.")
	<-ctx.Done()
	fmt.Fprintln(w, "\nStopping …")
	return nil
}

// once trades live for a moment, lets everything arrive, checks and prints.
func (d *demo) once(cmd *cobra.Command, ctx context.Context, o demoOptions, start time.Time, stopWork func()) error {
	live, cancel := context.WithTimeout(ctx, o.live)
	d.trickle(live, 500*time.Millisecond)
	err := d.world.Live(live, o.perMinute*10)
	cancel()
	if err != nil {
		return err
	}
	for _, s := range d.shops {
		if err := s.store.Settle(ctx); err != nil {
			return err
		}
	}
	stopWork() // what they have begun is done then
	for _, s := range d.shops {
		if err := d.settle(ctx, s); err != nil {
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
		r.print(cmd.OutOrStdout(), d.fresh)
	}
	if !r.ok() {
		return errors.New("the demo found that not everything adds up")
	}
	return nil
}
