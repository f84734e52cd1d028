package main

import (
	"fmt"
	"maps"
	"slices"

	"github.com/spf13/cobra"

	"tributary/internal/tenant"
)

func newKeysCmd() *cobra.Command {
	return family("keys", groupAdmin, "Keep the keys that seal secrets", newKeysRotateCmd())
}

func newKeysRotateCmd() *cobra.Command {
	return &cobra.Command{
		Use: "rotate", Short: "Seal all secrets with the first of SECRET_KEYS", Args: noArgs,
		Long: `Seals all that is sealed with the first key of SECRET_KEYS: the stores' tokens,
secrets and keys, social accounts and CRM secrets, and what people have said in
forms. Put a new key in front of the list, restart everything with it, then run
this. What it says still needs an older key keeps it in the list; the last key of
the list stays for ever, because other keys are derived from it.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			sys, err := openSystem(cmd, needs{db: true})
			if err != nil {
				return err
			}
			defer sys.Close()
			r, err := tenant.Rotate(cmd.Context(), sys.DB, sys.Keys)
			if err != nil {
				return err
			}
			if wantJSON(cmd) {
				return printJSON(cmd.OutOrStdout(), r)
			}
			w := cmd.OutOrStdout()
			fmt.Fprintf(w, "Sealed %d secrets anew; %d were current.\n", r.Sealed, r.Current)
			for _, what := range slices.Sorted(maps.Keys(r.Kept)) {
				fmt.Fprintf(w, "An older key is still needed by %d of: %s\n", r.Kept[what], what)
			}
			return nil
		},
	}
}
