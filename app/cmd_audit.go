package main

import (
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"tributary/internal/store"
)

func newAuditCmd() *cobra.Command {
	return family("audit", groupAdmin, "See and check who saw or changed what", newAuditListCmd(), newAuditVerifyCmd())
}

func newAuditVerifyCmd() *cobra.Command {
	var shop, head string
	cmd := &cobra.Command{
		Use: "verify", Short: "Check that no line of the log was changed, put in or taken out", Args: noArgs,
		Long: `Reckons the hash of every line anew. It exits with an error when one does not fit.
Who can change the database at will can make the whole log anew: note the head that
is printed somewhere else, and give it with --head at the next check, so that this
shows, too.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			sys, err := openSystem(cmd, needs{db: true})
			if err != nil {
				return err
			}
			defer sys.Close()
			ids, err := sys.shopIDs(cmd.Context(), shop)
			if err != nil {
				return err
			}
			type proof struct {
				Shop  int64  `json:"shop"`
				Lines int64  `json:"lines"`
				Head  string `json:"head"`
				Wrong string `json:"wrong,omitempty"`
			}
			var out []proof
			bad, found := 0, head == ""
			for _, id := range ids {
				err := sys.DB.InSnapshot(cmd.Context(), id, func(tx *store.Tx) error {
					p, err := tx.VerifyAudit(cmd.Context())
					if err != nil {
						return err
					}
					if head != "" {
						known, err := tx.HasAuditHash(cmd.Context(), head)
						if err != nil {
							return err
						}
						found = found || known
					}
					out = append(out, proof{id, p.Lines, hex.EncodeToString(p.Head), p.Wrong})
					if p.Wrong != "" {
						bad++
					}
					return nil
				})
				if err != nil {
					return err
				}
			}
			if wantJSON(cmd) {
				err = printJSON(cmd.OutOrStdout(), out)
			} else {
				rows := [][]string{{"SHOP", "LINES", "HEAD", "WRONG"}}
				for _, p := range out {
					rows = append(rows, []string{fmt.Sprint(p.Shop), fmt.Sprint(p.Lines), p.Head, p.Wrong})
				}
				err = printTable(cmd.OutOrStdout(), rows)
			}
			switch {
			case err != nil:
				return err
			case bad > 0:
				return fmt.Errorf("%d logs do not hold", bad)
			case !found:
				return errors.New("no line has the head that was given: the log was made anew")
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&shop, "shop", "", "the shop's domain or number (default: all)")
	cmd.Flags().StringVar(&head, "head", "", "a head that was noted before")
	return cmd
}

func newAuditListCmd() *cobra.Command {
	var shop, actor, action string
	cmd := &cobra.Command{
		Use: "list", Short: "List the last lines of a shop's log", Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withShop(cmd, shop, func(sys *system, id int64) error {
				var lines []store.AuditLine
				if err := sys.DB.InTx(cmd.Context(), id, func(tx *store.Tx) (err error) {
					lines, _, err = tx.AuditLines(cmd.Context(), store.AuditFilter{Actor: actor, Action: action}, store.Page{Limit: 50})
					return err
				}); err != nil {
					return err
				}
				if wantJSON(cmd) {
					return printJSON(cmd.OutOrStdout(), lines)
				}
				rows := [][]string{{"LINE", "AT", "WHO", "WHAT", "OF", "FIELDS"}}
				for _, l := range lines {
					rows = append(rows, []string{fmt.Sprint(l.Seq), l.At.UTC().Format(time.DateTime), l.Actor, l.Action, l.Target, l.Detail})
				}
				return printTable(cmd.OutOrStdout(), rows)
			})
		},
	}
	cmd.Flags().StringVar(&shop, "shop", "", "the shop's domain or number")
	cmd.Flags().StringVar(&actor, "actor", "", `only of this one, such as "key 3"`)
	cmd.Flags().StringVar(&action, "action", "", "only of this operation")
	return cmd
}
