package main

import (
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"tributary/internal/config"
	"tributary/internal/embedded"
	"tributary/internal/errs"
)

func newResetCmd() *cobra.Command {
	var yes bool
	cmd := &cobra.Command{
		Use:     "reset",
		Short:   "Delete the embedded PostgreSQL with all its data",
		GroupID: groupAdmin,
		Long: `Deletes the embedded PostgreSQL of DATA_DIR with all its data. It refuses while
a process uses it, and does nothing to a database that DATABASE_URL names.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := config.Load()
			if err != nil {
				return err
			}
			if c.DatabaseURL != "" {
				return errs.New(errs.Conflict, "database_given", "DATABASE_URL is set: reset deletes the embedded PostgreSQL only, and will not touch that one")
			}
			dir := filepath.Join(c.DataDir, postgresDir)
			if !yes {
				return usageError{fmt.Errorf("this deletes all data in %s; say --yes to do it", dir)}
			}
			if err := embedded.Remove(dir); err != nil {
				return err
			}
			if wantJSON(cmd) {
				return printJSON(cmd.OutOrStdout(), map[string]string{"deleted": dir})
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "Deleted %s.\n", dir)
			return err
		},
	}
	cmd.Flags().BoolVar(&yes, "yes", false, "really delete it")
	return cmd
}
