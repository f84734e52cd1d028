package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"tributary/internal/domain/money"
	"tributary/internal/errs"
	"tributary/internal/intake"
	"tributary/internal/store"
)

func newReconcileCmd() *cobra.Command {
	var shop, from, to string
	var heal bool
	cmd := &cobra.Command{
		Use: "reconcile", GroupID: groupMoney, Short: "Hold a shop's orders against the store's own", Args: noArgs,
		Long: `Reads the orders of a store, a day of the shop's calendar at a time, and holds
number and total against what is here, to the cent. It exits with an error when a
day differs. Beside it stands what the sweeps of each day have found: changes
seen, missing, and healed. With --heal the store is swept first, and what differs
is read anew and settled before it is compared once more. The days are kept: GET
/api/v1/reconciliation shows them.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			end, err := time.Parse(time.DateOnly, to)
			start, err2 := time.Parse(time.DateOnly, from)
			if from == "" {
				start, err2 = time.Now().UTC().Truncate(24*time.Hour).AddDate(0, 0, -6), nil
			}
			if to == "" {
				end, err = time.Now().UTC().Truncate(24*time.Hour), nil
			}
			if err != nil || err2 != nil || end.Before(start) || end.Sub(start) > 400*24*time.Hour {
				return usageError{errors.New("--from and --to must be days such as 2026-11-01, in order, a year apart at most")}
			}
			return withShop(cmd, shop, func(sys *system, id int64) error { return sys.reconcile(cmd, id, start, end, heal) })
		},
	}
	cmd.Flags().StringVar(&shop, "shop", "", "the shop's domain or number")
	cmd.Flags().StringVar(&from, "from", "", "first day, such as 2026-11-01 (default: a week ago)")
	cmd.Flags().StringVar(&to, "to", "", "last day (default: today)")
	cmd.Flags().BoolVar(&heal, "heal", false, "sweep the store first")
	return cmd
}

// reconcile compares the days from start to end, both included.
func (sys *system) reconcile(cmd *cobra.Command, shopID int64, start, end time.Time, heal bool) error {
	ctx := cmd.Context()
	if heal {
		if _, err := sys.Sweeper.Shop(ctx, shopID); err != nil {
			return err
		}
		if _, _, err := sys.Sweeper.Compare(ctx, shopID, start, end.AddDate(0, 0, 1), true); err != nil {
			return err
		}
		if _, err := sys.settle(ctx, shopID); err != nil {
			return err
		}
	}
	_, cur, err := sys.Sweeper.Compare(ctx, shopID, start, end.AddDate(0, 0, 1), false)
	if store.IsNotFound(err) {
		return errs.New(errs.Conflict, "no_rest_keys", "We have no keys of this store's REST API: connect the store, or give some with `tributary shop rest-keys`.")
	}
	if err != nil {
		return err
	}
	var days []intake.DayReport
	if err := sys.DB.InTx(ctx, shopID, func(tx *store.Tx) (err error) {
		days, err = intake.Reports(ctx, tx, start, end.AddDate(0, 0, 1))
		return err
	}); err != nil {
		return err
	}
	rows := [][]string{{"DAY", "ORDERS", "STORE", "TOTAL", "STORE'S", "DIFFERENCE", "SEEN", "MISSING", "HEALED"}}
	differ := 0
	for _, d := range days {
		if d.Difference != 0 || d.Orders != d.StoreOrders {
			differ++
		}
		rows = append(rows, []string{d.Day, fmt.Sprint(d.Orders), fmt.Sprint(d.StoreOrders), money.Format(d.Total, cur), money.Format(d.StoreTotal, cur),
			money.Format(d.Difference, cur), fmt.Sprint(d.Seen), fmt.Sprint(d.Missing), fmt.Sprint(d.Healed)})
	}
	if wantJSON(cmd) {
		err = printJSON(cmd.OutOrStdout(), map[string]any{"shop": shopID, "currency": cur, "days": days})
	} else {
		err = printTable(cmd.OutOrStdout(), rows)
	}
	if err == nil && differ > 0 {
		err = fmt.Errorf("%d days differ from the store", differ)
	}
	return err
}
