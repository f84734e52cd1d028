package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"tributary/internal/errs"
	"tributary/internal/identity"
	"tributary/internal/store"
)

func newAPIKeyCmd() *cobra.Command {
	return family("apikey", groupShop, "Make, list and revoke keys for the API", newAPIKeyCreateCmd(), newAPIKeyListCmd(), newAPIKeyRevokeCmd())
}

// inShop runs f in a transaction of the shop that --shop names.
func inShop(cmd *cobra.Command, shop string, f func(context.Context, *store.Tx) error) error {
	return withShop(cmd, shop, func(sys *system, id int64) error {
		return sys.DB.InTx(cmd.Context(), id, func(tx *store.Tx) error { return f(cmd.Context(), tx) })
	})
}

func newAPIKeyCreateCmd() *cobra.Command {
	var shop, name, scope string
	cmd := &cobra.Command{
		Use: "create", Short: "Make a key for one shop and show it, once", Args: noArgs,
		Long: `Makes a key for the API of one shop and prints it. The database holds only its
hash: it cannot be shown again. A key with the scope read may read, one with
write may do both.`,
		Example: `  tributary apikey create --shop example.myshopify.com --scope read --name reporting`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var key string
			var id int64
			if err := inShop(cmd, shop, func(ctx context.Context, tx *store.Tx) (err error) {
				key, id, err = identity.CreateKey(ctx, tx, name, identity.Scope(scope))
				return err
			}); err != nil {
				return err
			}
			if wantJSON(cmd) {
				return printJSON(cmd.OutOrStdout(), map[string]any{"id": id, "key": key, "name": name, "scope": scope})
			}
			_, err := fmt.Fprintln(cmd.OutOrStdout(), key)
			return err
		},
	}
	cmd.Flags().StringVar(&shop, "shop", "", "the shop's domain or number")
	cmd.Flags().StringVar(&name, "name", "cli", "what the key is for")
	cmd.Flags().StringVar(&scope, "scope", "write", "read or write")
	return cmd
}

func newAPIKeyListCmd() *cobra.Command {
	type key struct {
		ID        int64      `json:"id"`
		Name      string     `json:"name"`
		Scope     string     `json:"scope"`
		CreatedAt time.Time  `json:"created_at"`
		RevokedAt *time.Time `json:"revoked_at,omitempty"`
	}
	var shop string
	cmd := &cobra.Command{
		Use: "list", Short: "List a shop's keys, without the keys themselves", Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			list := []key{}
			if err := inShop(cmd, shop, func(ctx context.Context, tx *store.Tx) error {
				keys, err := tx.APIKeys(ctx)
				for _, k := range keys {
					list = append(list, key{k.ID, k.Name, k.Scope, k.CreatedAt.UTC(), k.RevokedAt})
				}
				return err
			}); err != nil {
				return err
			}
			if wantJSON(cmd) {
				return printJSON(cmd.OutOrStdout(), list)
			}
			rows := [][]string{{"KEY", "NAME", "SCOPE", "MADE", "REVOKED"}}
			for _, k := range list {
				revoked := ""
				if k.RevokedAt != nil {
					revoked = k.RevokedAt.UTC().Format(time.DateTime)
				}
				rows = append(rows, []string{fmt.Sprint(k.ID), k.Name, k.Scope, k.CreatedAt.Format(time.DateTime), revoked})
			}
			return printTable(cmd.OutOrStdout(), rows)
		},
	}
	cmd.Flags().StringVar(&shop, "shop", "", "the shop's domain or number")
	return cmd
}

func newAPIKeyRevokeCmd() *cobra.Command {
	var shop string
	var id int64
	cmd := &cobra.Command{
		Use: "revoke", Short: "End a key", Args: noArgs,
		Long: `Ends a key. Servers that have just seen it may accept it for up to 15 seconds
more.`,
		Example: `  tributary apikey revoke --shop example.myshopify.com --id 3`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			err := inShop(cmd, shop, func(ctx context.Context, tx *store.Tx) error { return tx.RevokeAPIKey(ctx, id) })
			if store.IsNotFound(err) {
				return errs.New(errs.NotFound, "no_such_key", fmt.Sprintf("this shop has no live key %d; `tributary apikey list` shows them all", id))
			}
			if err != nil {
				return err
			}
			if wantJSON(cmd) {
				return printJSON(cmd.OutOrStdout(), map[string]any{"id": id, "revoked": true})
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "Revoked key %d.\n", id)
			return err
		},
	}
	cmd.Flags().StringVar(&shop, "shop", "", "the shop's domain or number")
	cmd.Flags().Int64Var(&id, "id", 0, "number of the key, as apikey list shows it")
	return cmd
}
