package main

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"tributary/internal/domain/terms"
	"tributary/internal/errs"
	"tributary/internal/insight"
	"tributary/internal/store"
)

// simulateFlags are simulate's flags.
type simulateFlags struct {
	terms, shop, orders, influencer, from, to, zone string
	limit                                           int
}

func newSimulateCmd() *cobra.Command {
	var f simulateFlags
	cmd := &cobra.Command{
		Use:     "simulate --terms FILE [--shop SHOP | --orders FILE]",
		GroupID: groupMoney,
		Short:   "Try terms on stored or given orders",
		Long: `Runs a draft of terms over the orders a shop has stored, and shows per
influencer and per order what the ledger holds today, what the draft would give,
and the difference. Whoever won an order keeps it. Changes nothing.

With --orders it runs over order payloads of Shopify or WooCommerce instead (one
after the other, or a JSON array), needs no database, and takes each discount
code for an influencer.

Rate tiers are shown in all four conventions and under both refund policies,
milestones in both modes.`,
		Example: `  tributary simulate --terms draft.json --shop anna-store.myshopify.com --from 2026-10-01 --to 2026-11-01
  tributary simulate --terms testdata/simulate/tiers.json --orders testdata/simulate/orders.json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return simulate(cmd, f) },
	}
	flags := cmd.Flags()
	flags.StringVar(&f.terms, "terms", "", "file with the draft, a document as GET /api/v1/terms/schema describes it; - is standard input")
	flags.StringVar(&f.shop, "shop", "", "the shop whose stored orders to use: its domain or number (default: the only one)")
	flags.StringVar(&f.orders, "orders", "", "file with orders to use instead; - is standard input")
	flags.StringVar(&f.influencer, "influencer", "", "only this influencer: handle, or code with --orders")
	flags.StringVar(&f.from, "from", "", "only what was paid from this day (2026-10-01, in the shop's time zone) or instant (RFC 3339) on")
	flags.StringVar(&f.to, "to", "", "only what was paid before this day or instant")
	flags.StringVar(&f.zone, "time-zone", "UTC", "time zone of the store, with --orders")
	flags.IntVar(&f.limit, "limit", 100, "most orders to list; 0: all, as --json does unless told otherwise")
	_ = cmd.MarkFlagRequired("terms")
	cmd.MarkFlagsMutuallyExclusive("shop", "orders")
	return cmd
}

func simulate(cmd *cobra.Command, f simulateFlags) error {
	doc, err := readInput(cmd, f.terms)
	if err != nil {
		return err
	}
	t, err := terms.Parse(doc)
	if err != nil {
		return err
	}
	d := insight.Draft{Terms: t, Influencer: f.influencer, Limit: f.limit}
	if wantJSON(cmd) && !cmd.Flags().Changed("limit") {
		d.Limit = 0
	}
	run := simulateStored
	if f.orders != "" {
		run = simulateGiven
	}
	sim, err := run(cmd, f, d)
	if err != nil {
		return err
	}
	if wantJSON(cmd) {
		return printJSON(cmd.OutOrStdout(), sim)
	}
	return printSimulation(cmd.OutOrStdout(), sim)
}

func simulateGiven(cmd *cobra.Command, f simulateFlags, d insight.Draft) (*insight.Simulation, error) {
	b, err := readInput(cmd, f.orders)
	if err != nil {
		return nil, err
	}
	orders, err := insight.ReadOrders(b)
	if err != nil {
		return nil, err
	}
	zone, err := time.LoadLocation(f.zone)
	if err != nil {
		return nil, usageError{fmt.Errorf("--time-zone: %w", err)}
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
		return nil, usageError{fmt.Errorf("there are %d shops: name one with --shop, or give orders with --orders", len(ids))}
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
		return usageError{fmt.Errorf("--from: %w", err)}
	}
	if d.To, err = day(f.to, zone); err != nil {
		return usageError{fmt.Errorf("--to: %w", err)}
	}
	return nil
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
		return time.Time{}, fmt.Errorf("%q is neither a day such as 2026-10-01 nor an instant such as 2026-10-01T09:00:00Z", s)
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

// printSimulation writes tables for people.
func printSimulation(w io.Writer, s *insight.Simulation) error {
	where := "given orders"
	if s.Shop != "" {
		where = "stored orders of " + s.Shop
	}
	fmt.Fprintf(w, "Terms %.12s in %s over %s: %d sales, %d orders without an influencer\n\n", s.TermsHash, s.Currency, where, s.Sales, s.Nobodys)

	compare := s.Totals.Today != nil
	money := func(t insight.SimulatedTotals) []string {
		row := []string{t.Base.Amount}
		if compare {
			today := amount(t.Today)
			for _, o := range t.TodayOther {
				today += " + " + o.Amount + " " + o.Currency
			}
			row = append(row, today)
		}
		if t.Milestones != nil {
			row = append(row, t.Orders.Amount, t.Milestones.Amount)
		}
		row = append(row, t.Simulated.Amount)
		if compare {
			row = append(row, amount(t.Difference))
		}
		return row
	}
	head := []string{"INFLUENCER", "SALES", "BASE"}
	if compare {
		head = append(head, "TODAY")
	}
	if s.Totals.Milestones != nil {
		head = append(head, "ORDERS", "MILESTONES")
	}
	head = append(head, "SIMULATED")
	if compare {
		head = append(head, "DIFFERENCE")
	}
	rows := [][]string{head}
	for i := range s.ByPerson {
		p := &s.ByPerson[i]
		rows = append(rows, append([]string{p.Influencer, strconv.Itoa(p.Sales)}, money(p.SimulatedTotals)...))
	}
	rows = append(rows, append([]string{"all", strconv.Itoa(s.Sales)}, money(s.Totals)...))
	if err := printTable(w, rows); err != nil {
		return err
	}
	if err := printSimulatedOrders(w, s, compare); err != nil {
		return err
	}
	if err := printVariants(w, s); err != nil {
		return err
	}
	for _, n := range s.Notes {
		fmt.Fprintln(w, n)
	}
	return nil
}

func printSimulatedOrders(w io.Writer, s *insight.Simulation, compare bool) error {
	head := []string{"ORDER", "PAID", "INFLUENCER", "BASE"}
	if compare {
		head = append(head, "TODAY")
	}
	head = append(head, "SIMULATED")
	if compare {
		head = append(head, "DIFFERENCE")
	}
	for _, c := range s.Tiers {
		head = append(head, strings.ToUpper(c.Convention))
	}
	rows := [][]string{append(head, "NOTE")}
	for i := range s.ByOrder {
		o := &s.ByOrder[i]
		row := []string{o.Name, o.At.Format(time.DateTime), o.Influencer, o.Base.Amount}
		if o.Base.Currency != s.Currency {
			row[3] += " " + o.Base.Currency
		}
		if compare {
			today := amount(o.Today)
			if o.Today != nil && o.Today.Currency != s.Currency {
				today += " " + o.Today.Currency
			}
			row = append(row, today)
		}
		row = append(row, o.Simulated.Amount)
		if compare {
			row = append(row, amount(o.Difference))
		}
		for _, c := range o.Tiers {
			row = append(row, both(c))
		}
		note := o.State
		if o.ShareBps != 10_000 {
			note = strings.TrimSpace(fmt.Sprintf("%s %d bps of it", note, o.ShareBps))
		}
		rows = append(rows, append(row, note))
	}
	fmt.Fprintln(w)
	if err := printTable(w, rows); err != nil {
		return err
	}
	if s.LeftOut > 0 {
		fmt.Fprintf(w, "… and %d more: --limit 0 lists them all\n", s.LeftOut)
	}
	fmt.Fprintln(w)
	return nil
}

// both is what a convention gives under both refund policies, where they differ.
func both(c insight.SimulatedConvention) string {
	if c.AtOriginalRate == c.Refold {
		return c.Refold.Amount
	}
	return c.AtOriginalRate.Amount + " / " + c.Refold.Amount
}

func printVariants(w io.Writer, s *insight.Simulation) error {
	mark := func(drafted bool) string {
		if drafted {
			return "as drafted"
		}
		return ""
	}
	if len(s.Tiers) > 0 {
		rows := [][]string{{"RATE TIERS", "AT ORIGINAL RATE", "REFOLD", ""}}
		for _, c := range s.Tiers {
			rows = append(rows, []string{c.Convention, c.AtOriginalRate.Amount, c.Refold.Amount, mark(c.Drafted)})
		}
		if err := printTable(w, rows); err != nil {
			return err
		}
		fmt.Fprintln(w)
	}
	if len(s.Milestones) > 0 {
		rows := [][]string{{"MILESTONES", "AMOUNT", ""}}
		for _, m := range s.Milestones {
			note := mark(m.Drafted)
			if m.Why != "" {
				note = "not possible: " + m.Why
			}
			rows = append(rows, []string{m.Mode, amount(m.Amount), note})
		}
		if err := printTable(w, rows); err != nil {
			return err
		}
		fmt.Fprintln(w)
	}
	return nil
}

func amount(s *insight.Sum) string {
	if s == nil {
		return "n/a"
	}
	return s.Amount
}
