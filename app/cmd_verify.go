package main

import (
	"context"
	"fmt"
	"strconv"

	"github.com/spf13/cobra"

	"tributary/internal/errs"
	"tributary/internal/intake"
	"tributary/internal/store"
)

// verdict is what verify and replay print with --json.
type verdict struct {
	Shops       int                `json:"shops"`
	Differences []store.Difference `json:"differences"`
	Count       int                `json:"count"`
	Deliveries  int64              `json:"deliveries,omitempty"`
	Seconds     float64            `json:"seconds,omitempty"`
}

func newVerifyCmd() *cobra.Command {
	var shop string
	cmd := &cobra.Command{
		Use:     "verify",
		GroupID: groupMoney,
		Short:   "Check every invariant and recompute every target",
		Long: `Checks that the books balance, that earnings, ledger, payouts and statements
agree, and decides and values every order anew to compare with what is posted.
Changes nothing. Exits 1 and prints the differences when there are any.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return eachShop(cmd, shop, "verify", func(ctx context.Context, sys *system, id int64, v *verdict, p func(done, total int64)) error {
				d, err := sys.verify(ctx, id, p)
				v.Differences = append(v.Differences, d...)
				return err
			})
		},
	}
	cmd.Flags().StringVar(&shop, "shop", "", "only this shop: its domain or number (default: all)")
	return cmd
}

func newReplayCmd() *cobra.Command {
	var shop string
	cmd := &cobra.Command{
		Use:     "replay",
		GroupID: groupMoney,
		Short:   "Rebuild a shop's ledger from its deliveries and compare",
		Long: `Settles every stored delivery of the shop again, in an arbitrary order, in a
scratch schema that is dropped afterwards, and compares what each source has
earned to the cent. Exits 1 and prints the differences when there are any.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return eachShop(cmd, shop, "replay", func(ctx context.Context, sys *system, id int64, v *verdict, p func(done, total int64)) error {
				r, err := intake.Replay(ctx, sys.DB, sys.OwnerURL, sys.Keys, sys.Log, id, p)
				v.Differences = append(v.Differences, r.Differences...)
				v.Deliveries += r.Deliveries
				v.Seconds += r.Seconds
				return err
			})
		},
	}
	cmd.Flags().StringVar(&shop, "shop", "", "only this shop: its domain or number (default: all)")
	return cmd
}

// eachShop runs a check over the shops and prints what it found.
func eachShop(cmd *cobra.Command, shop, what string, check func(context.Context, *system, int64, *verdict, func(done, total int64)) error) error {
	sys, err := openSystem(cmd, needs{db: true})
	if err != nil {
		return err
	}
	defer sys.Close()
	ids, err := sys.shopIDs(cmd.Context(), shop)
	if err != nil {
		return err
	}
	v := verdict{Shops: len(ids), Differences: []store.Difference{}}
	for _, id := range ids {
		bar := newProgress(cmd, fmt.Sprintf("%s shop %d", what, id))
		err := check(cmd.Context(), sys, id, &v, bar.Set)
		bar.Done()
		if err != nil {
			return fmt.Errorf("%s shop %d: %w", what, id, err)
		}
	}
	v.Count = len(v.Differences)
	if wantJSON(cmd) {
		if err := printJSON(cmd.OutOrStdout(), v); err != nil {
			return err
		}
	} else {
		printVerdict(cmd, what, v)
	}
	if v.Count > 0 {
		return fmt.Errorf("%s found %s", what, count(int64(v.Count), "difference"))
	}
	return nil
}

func printVerdict(cmd *cobra.Command, what string, v verdict) {
	w := cmd.OutOrStdout()
	rows := [][]string{{"INVARIANT", "SUBJECT", "SHOULD BE", "IS"}}
	for _, d := range v.Differences {
		rows = append(rows, []string{d.Invariant, d.Subject, short(d.Want), short(d.Got)})
	}
	if v.Count > 0 {
		_ = printTable(w, rows)
	}
	if v.Deliveries > 0 {
		fmt.Fprintf(w, "%s: %s, %s in %.1f s, %s\n", what, count(int64(v.Shops), "shop"), count(v.Deliveries, "webhook"), v.Seconds, count(int64(v.Count), "difference"))
		return
	}
	fmt.Fprintf(w, "%s: %s, %s\n", what, count(int64(v.Shops), "shop"), count(int64(v.Count), "difference"))
}

func short(s string) string {
	if len(s) > 60 {
		return s[:57] + "..."
	}
	return s
}

// shopIDs turns what --shop says into ids; nothing means all shops.
func (sys *system) shopIDs(ctx context.Context, name string) ([]int64, error) {
	var all []store.ShopRef
	err := sys.DB.InTx(ctx, 0, func(tx *store.Tx) (err error) {
		all, err = tx.Shops(ctx)
		return err
	})
	if err != nil {
		return nil, err
	}
	var ids []int64
	for _, s := range all {
		if name == "" || strconv.FormatInt(s.ID, 10) == name || s.Domain == name {
			ids = append(ids, s.ID)
		}
	}
	if len(ids) == 0 && name != "" {
		return nil, errs.New(errs.NotFound, "no_such_shop", fmt.Sprintf("There is no shop %q. `tributary shop list` shows them all.", name))
	}
	return ids, nil
}
