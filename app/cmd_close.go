package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"tributary/internal/domain/period"
	"tributary/internal/errs"
)

func newCloseCmd() *cobra.Command {
	var shop, month string
	cmd := &cobra.Command{
		Use: "close --shop SHOP --period MONTH", GroupID: groupMoney, Short: "Close a month of a shop into a payout batch", Args: noArgs,
		Long: `Closes a month that has ended in the shop's own time zone: holds that ended in it
pass, every balance becomes a line of the batch, and what is paid is reserved.
The workers do this by themselves when a month has ended; closing again changes
nothing.`,
		Example: `  tributary close --shop example.myshopify.com --period 2026-10`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var wrong []errs.Field
			if shop == "" {
				wrong = append(wrong, errs.Field{Path: "--shop", Msg: "must name a shop; `tributary shop list` shows them all"})
			}
			m, err := period.ParseMonth(month)
			if err != nil {
				wrong = append(wrong, errs.Field{Path: "--period", Msg: "must be a month such as 2026-10"})
			}
			if wrong != nil {
				return errs.New(errs.Invalid, "invalid_flags", "which month of which shop", wrong...)
			}
			return withShop(cmd, shop, func(sys *system, id int64) error {
				bar := newProgress(cmd, "close "+month)
				c, err := sys.Payouts.Close(cmd.Context(), id, m, "tributary close", bar.Set)
				bar.Done()
				if err != nil {
					return err
				}
				batch := fmt.Sprintf("bat_%d", c.Batch.ID)
				if wantJSON(cmd) {
					return printJSON(cmd.OutOrStdout(), map[string]any{"batch": batch, "period": c.Batch.Period, "already_closed": c.Already,
						"locked": c.Locked, "items": c.Items, "lines": c.Lines, "paying": c.Paying})
				}
				if c.Already {
					_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s was closed before, as batch %s. Nothing was done.\n", month, batch)
					return err
				}
				_, err = fmt.Fprintf(cmd.OutOrStdout(), "Closed %s as batch %s: %s, %s, %d of them paid out.\n", month, batch,
					count(c.Items, "movement"), count(int64(c.Lines), "balance"), c.Paying)
				return err
			})
		},
	}
	cmd.Flags().StringVar(&shop, "shop", "", "the shop's domain or number")
	cmd.Flags().StringVar(&month, "period", "", "the month, such as 2026-10")
	return cmd
}
