package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/spf13/cobra"

	"tributary/internal/config"
	"tributary/internal/errs"
	"tributary/internal/store"
)

func newHealthCmd() *cobra.Command {
	var worker bool
	cmd := &cobra.Command{
		Use:     "health",
		Short:   "Ask whether the server, or what a worker needs, is ready",
		GroupID: groupAdmin,
		Long: `Asks the server on LISTEN whether it is ready, or with --worker, PostgreSQL and
Redis whether they answer. It is made for container health checks: the image
has no other program. Exit code 3 when something does not answer.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := config.Load()
			if err != nil {
				return err
			}
			ctx, cancel := context.WithTimeout(cmd.Context(), 8*time.Second)
			defer cancel()
			if worker {
				err = askBackends(ctx, c)
			} else {
				err = askServer(ctx, c)
			}
			if err != nil {
				return err
			}
			if wantJSON(cmd) {
				return printJSON(cmd.OutOrStdout(), map[string]string{"status": "ready"})
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), "ready")
			return err
		},
	}
	cmd.Flags().BoolVar(&worker, "worker", false, "ask PostgreSQL and Redis instead of the server")
	return cmd
}

func askServer(ctx context.Context, c config.Config) error {
	host, port, _ := net.SplitHostPort(c.Listen)
	if ip := net.ParseIP(host); host == "" || (ip != nil && ip.IsUnspecified()) {
		host = "localhost"
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+net.JoinHostPort(host, port)+"/readyz", nil)
	if err != nil {
		return err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return unavailable("the server on "+c.Listen, err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return errs.New(errs.Unavailable, "not_ready", "the server on "+c.Listen+" is not ready: "+res.Status)
	}
	return nil
}

func askBackends(ctx context.Context, c config.Config) error {
	if c.DatabaseURL == "" || c.RedisURL == "" {
		return errs.New(errs.Invalid, "nothing_to_ask", "health --worker needs DATABASE_URL and REDIS_URL")
	}
	if _, _, err := store.SchemaVersion(ctx, c.DatabaseURL); err != nil {
		return unavailable("PostgreSQL (DATABASE_URL)", err)
	}
	o, err := redis.ParseURL(c.RedisURL)
	if err != nil {
		return nil //nolint:nilerr // a Sentinel URL, which only the queue understands
	}
	client := redis.NewClient(o)
	defer client.Close()
	if err := client.Ping(ctx).Err(); err != nil {
		return unavailable("Redis (REDIS_URL)", err)
	}
	return nil
}
