package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"tributary/app/bench"
	"tributary/internal/config"
	"tributary/internal/embedded"
	"tributary/internal/obs"
)

// benchDir is the place in DATA_DIR of the PostgreSQL that is measured, apart
// from the one that serves.
const benchDir = "bench"

func newBenchCmd() *cobra.Command {
	var o bench.Options
	var check bool
	cmd := &cobra.Command{
		Use:     "bench [NAME]...",
		Short:   "Measure the speed beside a naive way and the limit of the machine",
		GroupID: groupAdmin,
		Long: "Measures each benchmark beside two baselines in the same run: naive, the way a\nfirst version would be built (Echo, gorm, one asynq task per order), and limit,\n" +
			"the bare writes without any rule. Runs alternate; the figures are medians.\n\nIt works in databases of its own, on the PostgreSQL of MIGRATE_DATABASE_URL or\n" +
			"DATABASE_URL, whose user must be allowed to create databases, or on an embedded\none in DATA_DIR. docs/benchmarks.md says how to read the result.\n\nBenchmarks (all, when none is named):\n" + benchNames(),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.Names = args
			ok, err := runBench(cmd, o)
			if errors.Is(err, bench.ErrUnknown) {
				return usageError{err}
			}
			if err == nil && check && !ok {
				return errors.New("a goal was missed")
			}
			return err
		},
	}
	f := cmd.Flags()
	f.IntVar(&o.Rounds, "rounds", 3, "how often each contender runs")
	f.DurationVar(&o.Window, "window", 4*time.Second, "length of one load run")
	f.Uint64Var(&o.Seed, "seed", 1, "seed of the orders")
	f.IntVar(&o.Orders, "orders", 20_000, "deliveries that settle, replay and simulate work through")
	f.IntVar(&o.History, "history", 1_000_000, "past orders of the old shop in settle-history")
	f.IntVar(&o.Earnings, "earnings", 1_000_000, "earnings that close takes in")
	f.IntVar(&o.Clicks, "clicks", 5_000_000, "clicks of the shop in kpi; it has a fifth as many orders")
	f.BoolVar(&check, "check", false, "exit 1 when a goal is missed")
	f.StringVar(&o.Profile, "profile", "", "directory for CPU profiles of the contenders")
	return cmd
}

func benchNames() string {
	var b strings.Builder
	for _, n := range bench.Names() {
		fmt.Fprintf(&b, "  %-15s %s\n", n[0], n[1])
	}
	return b.String()
}

// newBenchProcessCmd is one contender's process; bench starts it.
func newBenchProcessCmd() *cobra.Command {
	return &cobra.Command{
		Use:    "bench-process",
		Short:  "Run one contender of a benchmark",
		Hidden: true,
		Args:   noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return bench.Contend(cmd.Context(), cmd.InOrStdin(), cmd.OutOrStdout())
		},
	}
}

// runBench reports whether every goal was met.
func runBench(cmd *cobra.Command, o bench.Options) (ok bool, err error) {
	ctx := cmd.Context()
	cfg, err := config.Load()
	if err != nil {
		return false, err
	}
	o.OwnerURL, o.RedisURL = cfg.OwnerURL(), cfg.RedisURL
	if o.OwnerURL == "" {
		pg, err := embedded.Start(ctx, embedded.Options{Dir: filepath.Join(cfg.DataDir, benchDir), Log: obs.NewLog(cmd.ErrOrStderr(), "warn", cfg.LogFormat), Bin: cfg.PostgresBin})
		if err != nil {
			return false, err
		}
		defer func() { err = errors.Join(err, pg.Stop(context.WithoutCancel(ctx))) }()
		o.OwnerURL = pg.URL()
	}
	self, err := os.Executable()
	if err != nil {
		return false, err
	}
	o.Exec = func(ctx context.Context) bench.Command {
		c := exec.CommandContext(ctx, self, "bench-process") //nolint:gosec // this program
		c.Stderr = cmd.ErrOrStderr()
		return c
	}
	line := newBenchLine(cmd)
	o.Progress = line.show
	ok, first := true, true
	err = bench.Run(ctx, o, func(r bench.Result) error {
		line.clear()
		ok = ok && r.Met()
		if wantJSON(cmd) {
			return json.NewEncoder(cmd.OutOrStdout()).Encode(r) // a line each, so that several can be told apart
		}
		if !first {
			fmt.Fprintln(cmd.OutOrStdout())
		}
		first = false
		return printBench(cmd, r)
	})
	line.clear()
	return ok, err
}

func printBench(cmd *cobra.Command, r bench.Result) error {
	w := cmd.OutOrStdout()
	or := func(v float64, format string) string {
		if v == 0 {
			return "–"
		}
		return fmt.Sprintf(format, v)
	}
	err := printTable(w, [][]string{
		{"benchmark", "unit", "ours", "naive", "limit", "× naive", "of limit", "p50 ms", "p99 ms", "naive p99", "MiB"},
		{
			r.Name, r.Unit, or(r.Ours, "%.0f"), or(r.Naive, "%.0f"), or(r.Limit, "%.0f"), or(r.VsNaive, "%.1f"), or(r.OfLimit, "%.2f"),
			or(r.P50, "%.1f"), or(r.P99, "%.1f"), or(r.NaiveP99, "%.1f"), or(r.RSS, "%.0f"),
		},
	})
	if err != nil {
		return err
	}
	for _, g := range r.Goals {
		mark := "met   "
		if !g.Met {
			mark = "MISSED"
		}
		fmt.Fprintf(w, "  %s  %s\n", mark, g.Goal)
	}
	if r.Note != "" {
		fmt.Fprintf(w, "  %s\n", r.Note)
	}
	return nil
}

// benchLine shows how far a benchmark is: one line that changes on a terminal,
// a line per step elsewhere.
type benchLine struct {
	cmd  *cobra.Command
	tty  bool
	last string
}

func newBenchLine(cmd *cobra.Command) *benchLine {
	return &benchLine{cmd: cmd, tty: obs.IsTerminal(cmd.ErrOrStderr())}
}

func (l *benchLine) show(name, step string, done, total int) {
	w := l.cmd.ErrOrStderr()
	text := fmt.Sprintf("%s %d/%d  %s", name, done, total, step)
	switch {
	case l.tty:
		const width = 20
		full := 0
		if total > 0 {
			full = width * done / total
		}
		fmt.Fprintf(w, "\r\033[K%s [%s%s] %d/%d  %s", name, strings.Repeat("=", full), strings.Repeat(" ", width-full), done, total, step)
	case text != l.last && !wantJSON(l.cmd):
		fmt.Fprintln(w, text)
	}
	l.last = text
}

func (l *benchLine) clear() {
	if l.tty {
		fmt.Fprint(l.cmd.ErrOrStderr(), "\r\033[K")
	}
}
