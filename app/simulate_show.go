package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"tributary/internal/insight"
)

// printSimulation writes tables for people.
func printSimulation(w io.Writer, s *insight.Simulation) error {
	where := "given orders"
	if s.Shop != "" {
		where = "what " + s.Shop + " has stored"
	}
	fmt.Fprintf(w, "Terms %.12s in %s over %s: %s, %s without an influencer\n\n", s.TermsHash, s.Currency, where,
		count(int64(s.Sales), "sale"), count(int64(s.Nobodys), "order"))
	if s.Sales == 0 && len(s.ByPerson) == 0 {
		for _, n := range s.Notes {
			fmt.Fprintln(w, n)
		}
		return nil
	}

	compare, others := s.Totals.Today != nil, s.Totals.Others.Minor != 0
	money := func(t insight.SimulatedTotals) []string {
		row := []string{t.Base.Amount}
		if compare {
			today := amount(t.Today)
			for _, o := range t.TodayOther {
				today += " + " + o.Amount + " " + o.Currency
			}
			row = append(row, today)
		}
		if t.Milestones != nil || others {
			row = append(row, t.Orders.Amount)
		}
		if others {
			row = append(row, t.Others.Amount)
		}
		if t.Milestones != nil {
			row = append(row, t.Milestones.Amount)
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
	if s.Totals.Milestones != nil || others {
		head = append(head, "ORDERS")
	}
	if others {
		head = append(head, "OTHERS")
	}
	if s.Totals.Milestones != nil {
		head = append(head, "MILESTONES")
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
	if err := printSimulatedKinds(w, s, compare); err != nil {
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

// printSimulatedKinds writes what is paid for what, and what it all costs.
func printSimulatedKinds(w io.Writer, s *insight.Simulation, compare bool) error {
	head := []string{"PAID FOR", "COMPONENTS", "COUNT"}
	if compare {
		head = append(head, "TODAY")
	}
	head = append(head, "SIMULATED")
	if compare {
		head = append(head, "DIFFERENCE")
	}
	rows := [][]string{head}
	add := func(cells []string, today *insight.Sum, other []insight.Sum, simulated insight.Sum, difference *insight.Sum) {
		if compare {
			have := amount(today)
			for _, o := range other {
				have += " + " + o.Amount + " " + o.Currency
			}
			cells = append(cells, have)
		}
		cells = append(cells, simulated.Amount)
		if compare {
			cells = append(cells, amount(difference))
		}
		rows = append(rows, cells)
	}
	for i := range s.Totals.Components {
		c := &s.Totals.Components[i]
		add([]string{c.For, strings.Join(c.IDs, ", "), strconv.FormatInt(c.Count, 10)}, c.Today, c.TodayOther, c.Simulated, c.Difference)
	}
	cost := &s.Totals.Cost
	add([]string{"all, as cost", "", ""}, cost.Today, nil, cost.Simulated, cost.Difference)
	if cost.CPA != nil {
		add([]string{"cost per order", "", ""}, cost.CPAToday, nil, *cost.CPA, nil)
		if compare {
			rows[len(rows)-1][len(head)-1] = ""
		}
	}
	fmt.Fprintln(w)
	return printTable(w, rows)
}

func printSimulatedOrders(w io.Writer, s *insight.Simulation, compare bool) error {
	if len(s.ByOrder) == 0 {
		fmt.Fprintln(w)
		return nil
	}
	head := []string{"ORDER", "SOLD (UTC)", "INFLUENCER", "BASE"}
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
	differ := false
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
			differ = differ || c.AtOriginalRate != c.Refold
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
	if differ {
		fmt.Fprintln(w, "Two amounts: refunds at the original rate / refunds folded anew.")
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
