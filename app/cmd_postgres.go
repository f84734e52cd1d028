package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"tributary/internal/config"
	"tributary/internal/embedded"
	"tributary/internal/errs"
	"tributary/internal/obs"
)

func newPostgresCmd() *cobra.Command {
	return &cobra.Command{
		Use:     "postgres [-- command [argument...]]",
		Short:   "Reach into the embedded PostgreSQL: psql, dumps, restores",
		GroupID: groupAdmin,
		Long: `Runs a command that finds the embedded PostgreSQL of DATA_DIR in PGHOST, PGPORT,
PGUSER, PGPASSWORD, PGDATABASE and DATABASE_URL. Where no other process runs it,
it is started for as long as the command takes; without a command it prints the
URL and, having started it, waits for Ctrl-C. It migrates nothing.`,
		Example: `  tributary postgres -- psql
  tributary postgres -- pg_dump --format=custom --file=tributary.dump`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := config.Load()
			if err != nil {
				return err
			}
			if c.DatabaseURL != "" {
				return errs.New(errs.Conflict, "database_given", "DATABASE_URL is set, so there is no embedded PostgreSQL: use that one")
			}
			dir := filepath.Join(c.DataDir, postgresDir)
			if dsn, ok := embedded.Running(cmd.Context(), dir); ok {
				if len(args) == 0 {
					_, err := fmt.Fprintln(cmd.OutOrStdout(), dsn)
					return err
				}
				return runWithPostgres(cmd, dsn, args)
			}
			log := obs.NewLog(cmd.ErrOrStderr(), toolLevel(c), c.LogFormat)
			pg, err := embedded.Start(cmd.Context(), embedded.Options{Dir: dir, Log: log, Bin: c.PostgresBin})
			if err != nil {
				return err
			}
			defer func() {
				if err := pg.Stop(context.Background()); err != nil {
					log.Error("stop embedded postgres", "error", err)
				}
			}()
			if len(args) == 0 {
				fmt.Fprintln(cmd.OutOrStdout(), pg.URL())
				select {
				case <-cmd.Context().Done():
					return nil
				case err := <-pg.Failed():
					return err
				}
			}
			return runWithPostgres(cmd, pg.URL(), args)
		},
	}
}

func runWithPostgres(cmd *cobra.Command, dsn string, args []string) error {
	u, err := url.Parse(dsn)
	if err != nil {
		return err
	}
	password, _ := u.User.Password()
	child := exec.Command(args[0], args[1:]...) //nolint:gosec // running a command is what it is for
	child.Stdin, child.Stdout, child.Stderr = cmd.InOrStdin(), cmd.OutOrStdout(), cmd.ErrOrStderr()
	child.Env = append(os.Environ(), "DATABASE_URL="+dsn, "PGHOST="+u.Hostname(), "PGPORT="+u.Port(),
		"PGUSER="+u.User.Username(), "PGPASSWORD="+password, "PGDATABASE="+strings.TrimPrefix(u.Path, "/"), "PGSSLMODE=disable")
	err = child.Run() // Ctrl-C reaches it by itself: it is in our process group
	if errors.Is(err, exec.ErrNotFound) {
		return errs.New(errs.NotFound, "no_such_program", fmt.Sprintf("there is no program %s here; npm installs PostgreSQL's server only, take its clients from your system's packages", args[0]))
	}
	if err != nil {
		return fmt.Errorf("%s: %w", args[0], err)
	}
	return nil
}
