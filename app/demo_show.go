package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"tributary/internal/domain/attribution"
	"tributary/internal/domain/money"
	"tributary/internal/insight"
	"tributary/internal/obs"
	"tributary/internal/sandbox"
	"tributary/internal/store"
)

// forever prints where to look and trades until Ctrl-C.
func (d *demo) forever(cmd *cobra.Command, ctx context.Context, o demoOptions) error {
	w := cmd.OutOrStdout()
	fmt.Fprintln(w, "Checking everything …")
	r, err := d.check(ctx, false)
	if err != nil {
		return err
	}
	fmt.Fprintln(w)
	r.print(w, d.fresh)
	if err := d.places(ctx, w); err != nil {
		return err
	}
	fmt.Fprintf(w, "\nBoth stores now sell %d orders a minute. Ctrl-C ends it; what was stored stays.\n", o.perMinute)
	ended := make(chan struct{})
	live, cancel := context.WithCancel(ctx)
	go func() { defer close(ended); d.tell(live, w) }()
	d.trickle(live, 3*time.Second)
	err = d.world.Live(ctx, o.perMinute)
	cancel()
	<-ended
	if ctx.Err() != nil {
		fmt.Fprintln(w, "\nStopping …")
		return nil //nolint:nilerr // Ctrl-C is how a demo ends
	}
	return err
}

// print writes the numbers, and what was checked. played says that the stores
// know all their orders: they forget them when the demo ends.
func (r *report) print(w io.Writer, played bool) {
	orders := fmt.Sprintf("%d attributed", r.Attributed)
	webhooks := []string{"Webhooks", fmt.Sprint(r.Deliveries), fmt.Sprintf("stored, %d parked", r.Parked)}
	if played {
		orders += fmt.Sprintf(", %d refunds", r.Refunds)
		webhooks = []string{"Webhooks", fmt.Sprint(r.Sent), fmt.Sprintf("sent: %d duplicates, %d retries, %d out of order; %d parked",
			r.DuplicatesSent, r.Retries, r.HeldBack, r.Parked)}
	}
	checked := fmt.Sprintf("%d when every target is recomputed", r.VerifyDifferences)
	if r.replayed {
		checked += fmt.Sprintf(", %d when all webhooks are replayed, %d when %d agreements' own terms are simulated", r.ReplayDifferences, r.SimulationDifferences, r.Simulated)
	}
	if r.compared {
		checked += fmt.Sprintf(", %d to the stores' own books", r.OracleDifferences)
	}
	amount := func(minor int64) string { return money.Format(minor, money.Currency(r.Currency)) + " " + r.Currency }
	_ = printTable(w, [][]string{
		{"Orders", fmt.Sprint(r.Orders), orders},
		{"Commission", amount(r.CommissionMinor), amount(r.ReversedMinor) + " taken back"},
		{"Payouts", fmt.Sprint(r.Batches), "batches, " + amount(r.PaidMinor) + " paid"},
		webhooks,
		{"Differences", fmt.Sprint(r.differences()), checked},
	})
	fmt.Fprintln(w)
	r.printModels(w)
	for i, x := range r.Differences {
		if i == 10 {
			fmt.Fprintf(w, "  … and %d more\n", len(r.Differences)-i)
			break
		}
		fmt.Fprintf(w, "  %s: %s should be %s, is %s\n", x.Invariant, x.Subject, short(x.Want), short(x.Got))
	}
}

// places prints where to look and what to try.
func (d *demo) places(ctx context.Context, w io.Writer) error {
	fmt.Fprintln(w)
	rows := [][]string{
		{"What is running", d.base + "/"},
		{"API, by operation", d.base + "/api/docs"},
		{"Influencers' portal", d.base + "/portal", "sign in as anna@example.com"},
		{"Health, metrics", d.base + "/readyz", d.base + "/metrics"},
	}
	if d.mails != "" {
		rows = append(rows, []string{"Mails that were sent", d.mails + "/"})
	}
	for _, s := range d.shops {
		rows = append(rows, []string{s.name(), s.store.URL() + "/", "API key " + s.key}, []string{"  its merchant's app", s.merchantAt()})
	}
	if err := printTable(w, rows); err != nil {
		return err
	}
	told, err := d.interesting(ctx)
	if err != nil {
		return err
	}
	self := os.Args[0]
	fmt.Fprintf(w, `
Try in another terminal:
  KEY=%s API=%s/api/v1
  curl -H "Authorization: Bearer $KEY" "$API/orders?outcome=attributed&limit=3"
`, d.shops[0].key, d.base)
	if told != 0 {
		fmt.Fprintf(w, "  curl -H \"Authorization: Bearer $KEY\" $API/orders/%d/why    # who brought it, and why the others did not\n", told)
	}
	fmt.Fprintf(w, "  %s verify\n", self)
	if terms := filepath.Join("testdata", "simulate", "tiers.json"); exists(terms) {
		fmt.Fprintf(w, "  %s simulate --shop %s --terms %s --limit 10\n", self, demoShopify, terms)
	}
	return nil
}

func (s *demoShop) name() string {
	if s.store.Platform() == sandbox.Shopify {
		return "Shopify store"
	}
	return "WooCommerce store"
}

// merchantAt is where the merchant works: in the store's admin.
func (s *demoShop) merchantAt() string {
	if s.store.Platform() == sandbox.Shopify {
		return s.store.URL() + "/admin"
	}
	return s.store.URL() + "/wp-admin/admin.php?page=tributary"
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// interesting is a recent order of the first shop that more than one influencer
// had a hand in; 0 when there is none.
func (d *demo) interesting(ctx context.Context) (id int64, err error) {
	err = d.sys.DB.InTx(ctx, d.shops[0].id, func(tx *store.Tx) error {
		rows, _, err := tx.ListOrders(ctx, store.OrderFilter{Outcome: "attributed"}, store.Page{Limit: 200})
		if err != nil {
			return err
		}
		for i := range rows {
			_, decisions, err := insight.Why(ctx, tx, rows[i].ID)
			if err != nil {
				return err
			}
			if n := len(decisions); n > 0 && rivals(decisions[n-1].Candidates) {
				id = rows[i].ID
				return nil
			}
		}
		return nil
	})
	return id, err
}

func rivals(cs []attribution.Candidate) bool {
	return slices.ContainsFunc(cs, func(c attribution.Candidate) bool { return c.InfluencerID != cs[0].InfluencerID })
}

// tell says what the live trade has come to: one line that changes on a
// terminal, a line every half minute elsewhere.
func (d *demo) tell(ctx context.Context, w io.Writer) {
	tty := obs.IsTerminal(w)
	every := 30 * time.Second
	if tty {
		every = 2 * time.Second
	}
	tick := time.NewTicker(every)
	defer tick.Stop()
	before, err := d.now(ctx)
	for err == nil {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		var now trade
		if now, err = d.now(ctx); err != nil {
			return
		}
		line := fmt.Sprintf("%s  live: %s (%d attributed), %s, %s USD earned, %s taken back", time.Now().Format(time.TimeOnly),
			count(now.orders-before.orders, "order"), now.attributed-before.attributed, count(now.refunds-before.refunds, "refund"),
			money.Format(now.earned-before.earned, "USD"), money.Format(now.back-before.back, "USD"))
		if tty {
			fmt.Fprintf(w, "\r\033[K%s", line)
		} else {
			fmt.Fprintln(w, line)
		}
	}
}

// trade is what both shops have come to.
type trade struct{ orders, attributed, refunds, earned, back int64 }

func (d *demo) now(ctx context.Context) (t trade, err error) {
	for _, s := range d.shops {
		var sum store.Summary
		err := d.sys.DB.InTx(ctx, s.id, func(tx *store.Tx) (err error) {
			sum, err = tx.Summary(ctx)
			return err
		})
		if err != nil {
			return t, err
		}
		_, refunds := s.store.Counts()
		t.orders, t.attributed, t.refunds = t.orders+sum.Orders, t.attributed+sum.Attributed, t.refunds+int64(refunds)
		t.earned, t.back = t.earned+sum.CommissionMinor, t.back+sum.ReversedMinor
	}
	return t, nil
}
