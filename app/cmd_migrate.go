package main

import (
	"fmt"

	"github.com/spf13/cobra"
)

func newMigrateCmd() *cobra.Command {
	return &cobra.Command{
		Use:     "migrate",
		Short:   "Bring the database schema up to this version",
		GroupID: groupAdmin,
		Long: `Brings the schema up to this program's version and makes the partitions of the
coming months. It connects as MIGRATE_DATABASE_URL, the owner of the tables, or
as DATABASE_URL when that is not set. Running it again does nothing. The
embedded PostgreSQL is migrated by every command that opens it.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			sys, err := openSystem(cmd, needs{migrate: true})
			if err != nil {
				return err
			}
			defer sys.Close()
			if wantJSON(cmd) {
				return printJSON(cmd.OutOrStdout(), map[string]int64{"schema_version": sys.SchemaVersion})
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "The schema is at version %d.\n", sys.SchemaVersion)
			return err
		},
	}
}
