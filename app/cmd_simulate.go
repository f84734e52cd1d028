package main

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"tributary/internal/domain/order"
	"tributary/internal/domain/terms"
	"tributary/internal/errs"
	"tributary/internal/insight"
	"tributary/internal/store"
)

// simulateFlags are simulate's flags.
type simulateFlags struct {
	terms, shop, orders, influencer, agreement, from, to, holds, zone string
	limit                                                             int
}

func newSimulateCmd() *cobra.Command {
	var f simulateFlags
	cmd := &cobra.Command{
		Use:     "simulate --terms FILE [--shop SHOP | --orders FILE]",
		GroupID: groupMoney,
		Short:   "Try terms on what a shop has behind it, or on given orders",
		Long: `Runs a draft of terms over what a shop has stored – orders, clicks, leads, posts,
giveaway entries, fees and gifts – and shows per influencer, per kind and per
order what the ledger holds today, what the draft would give, and the difference.
Whoever won an order keeps it. Changes nothing.

With --orders it runs over order payloads of Shopify or WooCommerce instead (one
after the other, or a JSON array), needs no database, and takes each discount
code for an influencer.

Rate tiers are shown in all four conventions and under both refund policies,
milestones in both modes. Milestones count everything as if its hold were over;
with --holds now they count, and keep, what they do in the ledger, so that the
terms an agreement has had from its start give what is posted.`,
		Example: `  tributary simulate --terms draft.json --shop anna-store.myshopify.com --from 2026-10-01 --to 2026-11-01
  tributary simulate --terms testdata/simulate/tiers.json --orders testdata/simulate/orders.json`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return simulate(cmd, f) },
	}
	flags := cmd.Flags()
	flags.StringVar(&f.terms, "terms", "", "file with the draft, a document as GET /api/v1/terms/schema describes it; - is standard input")
	flags.StringVar(&f.shop, "shop", "", "the shop whose stored orders to use: its domain or number (default: the only one)")
	flags.StringVar(&f.orders, "orders", "", "file with orders to use instead; - is standard input")
	flags.StringVar(&f.influencer, "influencer", "", "only this influencer: handle, or code with --orders")
	flags.StringVar(&f.agreement, "agreement", "", "only this agreement, by its id (agr_7); not with --orders")
	flags.StringVar(&f.holds, "holds", "over", "how milestones count: over, as if every hold were over and nothing paid; or now, as it is")
	flags.StringVar(&f.from, "from", "", "only what was paid or happened from this day (2026-10-01, in the shop's time zone) or instant (RFC 3339) on")
	flags.StringVar(&f.to, "to", "", "only what was paid or happened before this day or instant")
	flags.StringVar(&f.zone, "time-zone", "UTC", "time zone of the store, with --orders")
	flags.IntVar(&f.limit, "limit", 100, "most orders to list; 0: all, as --json does unless told otherwise")
	return cmd
}

// check tells every wrong flag at once.
func (f simulateFlags) check() error {
	var wrong []errs.Field
	add := func(flag, msg string) { wrong = append(wrong, errs.Field{Path: flag, Msg: msg}) }
	if f.terms == "" {
		add("--terms", "must name the file with the draft")
	}
	if f.terms == "-" && f.orders == "-" {
		add("--orders", "cannot be standard input when --terms is")
	}
	if f.shop != "" && f.orders != "" {
		add("--orders", "are instead of those of a --shop: give one of the two")
	}
	if f.holds != "over" && f.holds != "now" {
		add("--holds", "must be over or now")
	}
	if _, err := f.agreementID(); err != nil {
		add("--agreement", err.Error())
	} else if f.agreement != "" && f.orders != "" {
		add("--agreement", "has no given --orders")
	}
	if f.limit < 0 {
		add("--limit", "must not be negative")
	}
	zone, err := time.LoadLocation(f.zone)
	if err != nil {
		add("--time-zone", "must be an IANA name such as America/New_York")
		zone = time.UTC
	}
	for _, d := range []struct{ flag, text string }{{"--from", f.from}, {"--to", f.to}} {
		if _, err := day(d.text, zone); err != nil {
			add(d.flag, err.Error())
		}
	}
	if wrong != nil {
		return errs.New(errs.Invalid, "invalid_flags", "the simulation cannot be run like this", wrong...)
	}
	return nil
}

// agreementID reads --agreement; 0: it is not set.
func (f simulateFlags) agreementID() (int64, error) {
	if f.agreement == "" {
		return 0, nil
	}
	id, err := strconv.ParseInt(strings.TrimPrefix(f.agreement, "agr_"), 10, 64)
	if err != nil || id <= 0 {
		return 0, fmt.Errorf("must be the id of an agreement such as agr_7, not %q", f.agreement)
	}
	return id, nil
}

func simulate(cmd *cobra.Command, f simulateFlags) error {
	if err := f.check(); err != nil {
		return err
	}
	doc, err := readInput(cmd, f.terms)
	if err != nil {
		return err
	}
	t, err := terms.Parse(doc)
	var given []*order.Order
	if f.orders != "" {
		b, rerr := readInput(cmd, f.orders)
		if rerr == nil {
			given, rerr = insight.ReadOrders(b)
		}
		err = insight.Problems(err, rerr)
	}
	if err != nil {
		return err
	}
	d := insight.Draft{Terms: t, Influencer: f.influencer, HoldsNow: f.holds == "now", Limit: f.limit}
	if d.AgreementID, err = f.agreementID(); err != nil {
		return err
	}
	if wantJSON(cmd) && !cmd.Flags().Changed("limit") {
		d.Limit = 0
	}
	var sim *insight.Simulation
	if f.orders != "" {
		sim, err = simulateGiven(f, d, given)
	} else {
		sim, err = simulateStored(cmd, f, d)
	}
	if err != nil {
		return err
	}
	if wantJSON(cmd) {
		return printJSON(cmd.OutOrStdout(), sim)
	}
	return printSimulation(cmd.OutOrStdout(), sim)
}

func simulateGiven(f simulateFlags, d insight.Draft, orders []*order.Order) (*insight.Simulation, error) {
	zone, err := time.LoadLocation(f.zone)
	if err != nil {
		return nil, err
	}
	if err := f.span(&d, zone); err != nil {
		return nil, err
	}
	return insight.SimulateOrders(orders, zone, d)
}

func simulateStored(cmd *cobra.Command, f simulateFlags, d insight.Draft) (sim *insight.Simulation, err error) {
	sys, err := openSystem(cmd, needs{db: true})
	if err != nil {
		return nil, err
	}
	defer sys.Close()
	ctx := cmd.Context()
	ids, err := sys.shopIDs(ctx, f.shop)
	if err != nil {
		return nil, err
	}
	if len(ids) != 1 {
		return nil, errs.New(errs.Invalid, "which_shop", fmt.Sprintf("there is not one shop but %d: name it with --shop, or give orders with --orders", len(ids)))
	}
	bar := newProgress(cmd, "simulate")
	defer bar.Done()
	err = sys.DB.InSnapshot(ctx, ids[0], func(tx *store.Tx) error {
		shop, err := tx.ShopForSettling(ctx)
		if err != nil {
			return err
		}
		if err := f.span(&d, shop.Zone); err != nil {
			return err
		}
		sim, err = insight.Simulate(ctx, tx, d, bar.Set)
		return err
	})
	return sim, err
}

// span reads --from and --to.
func (f simulateFlags) span(d *insight.Draft, zone *time.Location) (err error) {
	if d.From, err = day(f.from, zone); err != nil {
		return err
	}
	d.To, err = day(f.to, zone)
	return err
}

// day reads a day in zone, or an instant.
func day(s string, zone *time.Location) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	if t, err := time.ParseInLocation(time.DateOnly, s, zone); err == nil {
		return t.UTC(), nil
	}
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return time.Time{}, fmt.Errorf("must be a day such as 2026-10-01 or an instant such as 2026-10-01T09:00:00Z, not %q", s)
	}
	return t.UTC(), nil
}

func readInput(cmd *cobra.Command, name string) ([]byte, error) {
	if name == "-" {
		return io.ReadAll(cmd.InOrStdin())
	}
	b, err := os.ReadFile(name) //nolint:gosec // the person at the command line names it
	if err != nil {
		return nil, errs.New(errs.BadRequest, "file_unreadable", err.Error())
	}
	return b, nil
}
