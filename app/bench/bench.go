// Package bench measures Tributary beside two baselines in the same run: the
// naive way (Echo, gorm, one asynq task per order, as a tutorial would build
// it) and the limit (what the same machine can do when nothing but the bare
// writes is done). Absolute figures drift with the machine; the ratios hold.
//
// It is the one package besides their homes that imports Echo, gorm, asynq and
// pgx: it needs them for the baselines. Nothing imports it but the command.
package bench

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Options of Run.
type Options struct {
	// OwnerURL names a PostgreSQL whose user may create databases; everything
	// is measured in databases of its own there, dropped in the end.
	OwnerURL string
	// RedisURL names a real Redis; empty: one is started for the run.
	RedisURL string
	Names    []string // which benchmarks; empty: all

	Rounds   int           // at least 3 mean something
	Window   time.Duration // of one load run
	Seed     uint64
	Orders   int // of settle, replay, simulate: deliveries stored beforehand
	History  int // of settle-history: past orders of the old shop
	Earnings int // of close
	Clicks   int // of kpi: a shop with so many, and a fifth as many orders

	// Profile is a directory for CPU profiles of the contenders; empty: none.
	Profile string
	// Progress hears what is going on: done of total steps of the benchmark.
	Progress func(benchmark, step string, done, total int)
	// Exec starts this program again as one contender's process.
	Exec func(ctx context.Context) Command
}

// Defaults fills what is not set.
func (o *Options) defaults() {
	def := func(v *int, d int) {
		if *v == 0 {
			*v = d
		}
	}
	def(&o.Rounds, 3)
	def(&o.Orders, 20_000)
	def(&o.History, 1_000_000)
	def(&o.Earnings, 1_000_000)
	def(&o.Clicks, 5_000_000)
	if o.Window == 0 {
		o.Window = 4 * time.Second
	}
	if o.Progress == nil {
		o.Progress = func(string, string, int, int) {}
	}
}

// Result is what one benchmark found. Rates are medians over the rounds.
type Result struct {
	Name  string  `json:"name"`
	Unit  string  `json:"unit"`
	Ours  float64 `json:"ours"`
	Naive float64 `json:"naive"` // 0: no such baseline
	Limit float64 `json:"limit"`
	// VsNaive and OfLimit are how many times faster than naive, and which part
	// of the limit; 0 where there is no such baseline.
	VsNaive    float64 `json:"vs_naive"`
	OfLimit    float64 `json:"of_limit"`
	P50        float64 `json:"p50_ms"`
	P99        float64 `json:"p99_ms"`
	NaiveP99   float64 `json:"naive_p99_ms"`
	RSS        float64 `json:"rss_mib"` // peak of our process
	Errors     int64   `json:"errors"`
	Rounds     int     `json:"rounds"`
	Goals      []Goal  `json:"goals"`
	Note       string  `json:"note,omitempty"`
	CSVSeconds float64 `json:"csv_seconds,omitempty"`
}

// Goal is what was set out for, and whether this run reached it.
type Goal struct {
	Goal string `json:"goal"`
	Met  bool   `json:"met"`
}

func (r *Result) ratios() {
	if r.Naive > 0 {
		r.VsNaive = r.Ours / r.Naive
	}
	if r.Limit > 0 {
		r.OfLimit = r.Ours / r.Limit
	}
}

func (r *Result) goal(met bool, format string, args ...any) {
	r.Goals = append(r.Goals, Goal{fmt.Sprintf(format, args...), met})
}

// Met reports whether every goal was reached.
func (r *Result) Met() bool {
	return !slices.ContainsFunc(r.Goals, func(g Goal) bool { return !g.Met })
}

// memoryGoal is what one process of ours may hold, in MiB.
const memoryGoal = 200

func (r *Result) memory() {
	if r.RSS > 0 {
		r.goal(r.RSS <= memoryGoal, "process ≤ %d MiB", memoryGoal)
	}
}

type benchmark struct {
	name, about string
	run         func(context.Context, *stage) (Result, error)
}

var benchmarks = []benchmark{
	{"ingest", "signed orders to durable rows, 64 connections", ingestClosed("ingest", 64)},
	{"ingest8", "the same with 8 connections", ingestClosed("ingest8", 8)},
	{"ingest-open", "4,000 orders a second whatever the answer takes", ingestOpen},
	{"redirect", "links followed, each click durable before its 302, 64 connections", redirect},
	{"settle", "stored deliveries to orders, decisions and postings", settle},
	{"settle-history", "the same on a shop with a long past, against a new shop", settleHistory},
	{"replay", "the ledger of a shop from its stored deliveries, against settle", replay},
	{"landing", "visitors of a landing page, each visit durable, against the bare bytes", landingPage},
	{"kpi", "the first page of a shop with a year of clicks and orders, against sums over the raw rows", home},
	{"rollup", "settle, and redirect while its clicks are judged, with and without counting the KPIs", rollup},
	{"simulate", "draft terms tried on a shop's orders, in memory", simulate},
	{"close", "a month's payouts from a million earnings", closeMonth},
}

// Names lists the benchmarks with a line about each.
func Names() [][2]string {
	out := make([][2]string, len(benchmarks))
	for i, b := range benchmarks {
		out[i] = [2]string{b.name, b.about}
	}
	return out
}

// ErrUnknown says that there is no such benchmark.
var ErrUnknown = errors.New("no such benchmark")

// Run measures and reports each benchmark as it is done.
func Run(ctx context.Context, o Options, report func(Result) error) error {
	o.defaults()
	var chosen []benchmark
	for _, n := range o.Names {
		i := slices.IndexFunc(benchmarks, func(b benchmark) bool { return b.name == n })
		if i < 0 {
			return fmt.Errorf("%w: %q; there are %s", ErrUnknown, n, strings.Join(names(), ", "))
		}
		chosen = append(chosen, benchmarks[i])
	}
	if len(chosen) == 0 {
		chosen = benchmarks
	}
	s, err := newStage(ctx, o)
	if err != nil {
		return err
	}
	defer s.close(context.WithoutCancel(ctx))
	for _, b := range chosen {
		s.benchmark, s.step, s.steps = b.name, 0, 0
		r, err := b.run(ctx, s)
		if err != nil {
			return fmt.Errorf("benchmark %s: %w", b.name, err)
		}
		r.Name, r.Rounds = b.name, o.Rounds
		r.ratios()
		if err := report(r); err != nil {
			return err
		}
	}
	return nil
}

func names() []string {
	out := make([]string, len(benchmarks))
	for i, b := range benchmarks {
		out[i] = b.name
	}
	return out
}

// median of the values; 0 of none.
func median(v []float64) float64 {
	if len(v) == 0 {
		return 0
	}
	v = slices.Sorted(slices.Values(v))
	if n := len(v); n%2 == 0 {
		return (v[n/2-1] + v[n/2]) / 2
	}
	return v[len(v)/2]
}
