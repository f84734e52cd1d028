package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"tributary/internal/domain/order"
	"tributary/internal/domain/period"
	"tributary/internal/errs"
	"tributary/internal/identity"
	"tributary/internal/store"
	"tributary/internal/tenant"
)

func newShopCmd() *cobra.Command {
	parent := &cobra.Command{Use: "shop", GroupID: groupShop, Short: "Add and list shops"}
	var n tenant.NewShop
	var platform string
	add := &cobra.Command{
		Use: "add", Short: "Add a shop; a WooCommerce shop gets its delivery URL and secret, shown once", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			switch platform {
			case "shopify":
				n.Platform = order.Shopify
			case "woocommerce":
				n.Platform = order.WooCommerce
			default:
				return usageError{fmt.Errorf("--platform must be shopify or woocommerce, not %q", platform)}
			}
			sys, err := openSystem(cmd, needs{db: true})
			if err != nil {
				return err
			}
			defer sys.Close()
			added, err := tenant.AddShop(cmd.Context(), sys.DB, sys.Keys, n)
			if err != nil {
				return err
			}
			out := map[string]any{"shop": added.ID, "domain": n.Domain}
			if c := added.Connection; c != nil {
				out["delivery_path"], out["secret"] = c.Path, c.Secret
				if c.Weak {
					fmt.Fprintln(cmd.ErrOrStderr(), "The secret is short. Give the webhooks a longer one when you can.")
				}
			}
			return printJSON(cmd.OutOrStdout(), out)
		},
	}
	f := add.Flags()
	f.StringVar(&platform, "platform", "", "shopify or woocommerce")
	f.StringVar(&n.Domain, "domain", "", "example.myshopify.com, or the host of the WooCommerce site")
	f.StringVar(&n.Name, "name", "", "name to show (default: the domain)")
	f.StringVar(&n.Currency, "currency", "USD", "the shop's currency")
	f.StringVar(&n.TimeZone, "time-zone", "UTC", "the shop's IANA time zone")
	f.StringVar(&n.BaseURL, "url", "", "address of the WooCommerce site (default: https:// and the domain)")
	f.StringVar(&n.Secret, "secret", "", "secret that WooCommerce signs with (default: one is made)")
	f.StringVar(&n.RestKeys.Key, "rest-key", "", "consumer key of WooCommerce's REST API (ck_…), to read orders again")
	f.StringVar(&n.RestKeys.Secret, "rest-secret", "", "its consumer secret (cs_…)")
	list := &cobra.Command{
		Use: "list", Short: "List the shops", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			sys, err := openSystem(cmd, needs{db: true})
			if err != nil {
				return err
			}
			defer sys.Close()
			rows := [][]string{{"SHOP", "DOMAIN", "TIME ZONE", "STATE"}}
			err = sys.DB.InTx(cmd.Context(), 0, func(tx *store.Tx) error {
				shops, err := tx.Shops(cmd.Context())
				for _, s := range shops {
					state := "installed"
					if s.Uninstalled {
						state = "uninstalled"
					}
					rows = append(rows, []string{fmt.Sprint(s.ID), s.Domain, s.TimeZone, state})
				}
				return err
			})
			if err != nil {
				return err
			}
			return printTable(cmd.OutOrStdout(), rows)
		},
	}
	parent.AddCommand(add, list, newRestKeysCmd())
	return parent
}

func newRestKeysCmd() *cobra.Command {
	var shop string
	var k tenant.RestKeys
	cmd := &cobra.Command{
		Use: "rest-keys", Short: "Give a WooCommerce shop the keys of its REST API", Args: cobra.NoArgs,
		Long: `Stores the consumer key and secret of a WooCommerce shop, sealed. With them an order
is read again where its webhooks do not tell all: which lines a refund gave back.
Read access is enough.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			sys, err := openSystem(cmd, needs{db: true})
			if err != nil {
				return err
			}
			defer sys.Close()
			id, err := sys.oneShop(cmd, shop)
			if err != nil {
				return err
			}
			connection, err := tenant.SetRestKeys(cmd.Context(), sys.DB, sys.Keys, id, k)
			if err != nil {
				return err
			}
			return printJSON(cmd.OutOrStdout(), map[string]any{"shop": id, "connection": connection})
		},
	}
	cmd.Flags().StringVar(&shop, "shop", "", "the shop's domain or number")
	cmd.Flags().StringVar(&k.Key, "rest-key", "", "consumer key (ck_…)")
	cmd.Flags().StringVar(&k.Secret, "rest-secret", "", "consumer secret (cs_…)")
	return cmd
}

// oneShop is the one shop that --shop names.
func (sys *system) oneShop(cmd *cobra.Command, name string) (int64, error) {
	ids, err := sys.shopIDs(cmd.Context(), name)
	if err != nil {
		return 0, err
	}
	if name == "" || len(ids) != 1 {
		return 0, usageError{fmt.Errorf("say which shop with --shop; `tributary shop list` shows them all")}
	}
	return ids[0], nil
}

func newAPIKeyCmd() *cobra.Command {
	parent := &cobra.Command{Use: "apikey", GroupID: groupShop, Short: "Make keys for the API"}
	var shop, name, scope string
	create := &cobra.Command{
		Use: "create", Short: "Make a key for one shop and show it, once", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if scope != "read" && scope != "write" {
				return usageError{fmt.Errorf("--scope must be read or write, not %q", scope)}
			}
			sys, err := openSystem(cmd, needs{db: true})
			if err != nil {
				return err
			}
			defer sys.Close()
			id, err := sys.oneShop(cmd, shop)
			if err != nil {
				return err
			}
			return sys.DB.InTx(cmd.Context(), id, func(tx *store.Tx) error {
				key, _, err := identity.CreateKey(cmd.Context(), tx, name, identity.Scope(scope))
				if err != nil {
					return err
				}
				_, err = fmt.Fprintln(cmd.OutOrStdout(), key)
				return err
			})
		},
	}
	create.Flags().StringVar(&shop, "shop", "", "the shop's domain or number")
	create.Flags().StringVar(&name, "name", "cli", "what the key is for")
	create.Flags().StringVar(&scope, "scope", "write", "read or write")
	parent.AddCommand(create)
	return parent
}

func newCloseCmd() *cobra.Command {
	var shop, month string
	cmd := &cobra.Command{
		Use: "close", GroupID: groupMoney, Short: "Close a month of a shop into a payout batch", Args: cobra.NoArgs,
		Long: `Closes a month that has ended in the shop's own time zone: holds that ended in it
pass, every balance becomes a line of the batch, and what is paid is reserved.
Closing again changes nothing.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			m, err := period.ParseMonth(month)
			if err != nil {
				return usageError{errs.New(errs.Invalid, "invalid_period", "--period must be a month such as 2026-10")}
			}
			sys, err := openSystem(cmd, needs{db: true})
			if err != nil {
				return err
			}
			defer sys.Close()
			id, err := sys.oneShop(cmd, shop)
			if err != nil {
				return err
			}
			bar := newProgress(cmd, "close "+month)
			c, err := sys.Payouts.Close(cmd.Context(), id, m, "tributary close", bar.Set)
			bar.Done()
			if err != nil {
				return err
			}
			if wantJSON(cmd) {
				return printJSON(cmd.OutOrStdout(), map[string]any{"batch": c.Batch.ID, "period": c.Batch.Period, "already_closed": c.Already,
					"locked": c.Locked, "items": c.Items, "lines": c.Lines, "paying": c.Paying})
			}
			if c.Already {
				_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s was closed before, as batch %d. Nothing was done.\n", month, c.Batch.ID)
				return err
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "Closed %s as batch %d: %d movements, %d lines, %d of them pay.\n", month, c.Batch.ID, c.Items, c.Lines, c.Paying)
			return err
		},
	}
	cmd.Flags().StringVar(&shop, "shop", "", "the shop's domain or number")
	cmd.Flags().StringVar(&month, "period", "", "the month, such as 2026-10")
	return cmd
}
