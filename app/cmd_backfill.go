package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"tributary/internal/intake"
	"tributary/internal/platform"
	"tributary/internal/store"
)

func newBackfillCmd() *cobra.Command {
	var shop, from, to string
	var follow bool
	cmd := &cobra.Command{
		Use: "backfill", GroupID: groupMoney, Short: "Read a store's history", Args: noArgs,
		Long: `Asks for the orders that were created in a store on the days given to be read, all
of them, whether a webhook told of them or not. A worker does it: on Shopify the
store writes its orders down in its own time first. It goes on where it was
interrupted. --follow shows how far it is until it is over.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			start, err := time.Parse(time.DateOnly, from)
			end, err2 := time.Now().UTC(), error(nil)
			if to != "" {
				end, err2 = time.Parse(time.DateOnly, to)
				end = end.AddDate(0, 0, 1)
			}
			if err != nil || err2 != nil {
				return usageError{errors.New("--from and --to must be days such as 2026-11-01")}
			}
			return withShop(cmd, shop, func(sys *system, id int64) error {
				var b *store.Backfill
				err := sys.DB.InTx(cmd.Context(), id, func(tx *store.Tx) error {
					s, err := tx.Shop(cmd.Context())
					if err != nil {
						return err
					}
					zone, err := time.LoadLocation(s.TimeZone)
					if err != nil {
						return err
					}
					since, until := midnight(start, zone), end
					if to != "" {
						until = midnight(end, zone)
					}
					if until.After(tx.Now) {
						until = tx.Now
					}
					b, err = intake.AskBackfill(cmd.Context(), tx, since, until)
					return err
				})
				if err == nil && follow {
					b, err = sys.follow(cmd, id, b.ID)
				}
				if err != nil {
					return err
				}
				if wantJSON(cmd) {
					return printJSON(cmd.OutOrStdout(), map[string]any{"shop": id, "backfill": b.ID, "state": b.State, "seen": b.Seen, "taken": b.Taken, "note": b.Note})
				}
				_, err = fmt.Fprintf(cmd.OutOrStdout(), "History %d of shop %d, %s to %s: %s, %d orders seen, %d taken in. %s\n", b.ID, id,
					b.Since.Format(time.DateTime), b.Until.Format(time.DateTime), b.State, b.Seen, b.Taken, b.Note)
				if err == nil && b.State == store.BackfillFailed {
					err = errors.New("history was not read to its end")
				}
				return err
			})
		},
	}
	cmd.Flags().StringVar(&shop, "shop", "", "the shop's domain or number")
	cmd.Flags().StringVar(&from, "from", "", "first day, such as 2026-01-01")
	cmd.Flags().StringVar(&to, "to", "", "last day (default: today)")
	cmd.Flags().BoolVar(&follow, "follow", false, "wait until it is over")
	return cmd
}

func midnight(day time.Time, zone *time.Location) time.Time {
	y, m, d := day.Date()
	return time.Date(y, m, d, 0, 0, 0, 0, zone)
}

// follow waits until a reading of history is over.
func (sys *system) follow(cmd *cobra.Command, shopID, id int64) (b *store.Backfill, err error) {
	bar := newProgress(cmd, "orders")
	defer bar.Done()
	for {
		if err := sys.DB.InTx(cmd.Context(), shopID, func(tx *store.Tx) (err error) { b, err = tx.Backfill(cmd.Context(), id); return err }); err != nil {
			return nil, err
		}
		if bar.Set(b.Seen, max(b.Total, b.Seen)); !b.DoneAt.IsZero() {
			return b, nil
		}
		if err := platform.Sleep(cmd.Context(), time.Second); err != nil {
			return nil, context.Cause(cmd.Context())
		}
	}
}
