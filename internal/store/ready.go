package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"tributary/migrations"
)

// CheckSchema returns an error when the database is not at the newest
// migration that this program knows.
func (db *DB) CheckSchema(ctx context.Context) error {
	want, err := newestMigration()
	if err != nil {
		return err
	}
	var got int64
	if err := db.pool.QueryRow(ctx, "SELECT coalesce(max(version_id), 0) FROM goose_db_version WHERE is_applied").Scan(&got); err != nil {
		return fmt.Errorf("read schema version: %w", err)
	}
	if got < want {
		return fmt.Errorf("the schema is at version %d, this program needs %d: run `tributary migrate`", got, want)
	}
	return nil
}

func newestMigration() (int64, error) {
	names, err := fs.Glob(migrations.FS, "*.sql")
	if err != nil {
		return 0, err
	}
	var newest int64
	for _, n := range names {
		digits, _, _ := strings.Cut(n, "_")
		v, err := strconv.ParseInt(digits, 10, 64)
		if err != nil {
			return 0, fmt.Errorf("migration %s: %w", n, err)
		}
		newest = max(newest, v)
	}
	return newest, nil
}

// IsUnavailable reports whether err means that the database could not be
// reached or was too busy, so that trying again may help.
func IsUnavailable(err error) bool {
	var connect *pgconn.ConnectError
	var network net.Error
	if errors.As(err, &connect) || errors.As(err, &network) {
		return true
	}
	var pg *pgconn.PgError
	if !errors.As(err, &pg) {
		return false
	}
	switch pg.Code {
	case "55P03", "57014", // lock or statement timeout
		"40001", "40P01", // serialization failure, deadlock
		"53300", "57P01", "57P02", "57P03": // too many connections, shutdown, crash, starting
		return true
	}
	return false
}

// IsRefused reports whether err means that the database answered and will not
// have us: a wrong user or password, or no such database. Trying again does not
// help.
func IsRefused(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && (strings.HasPrefix(pg.Code, "28") || pg.Code == "3D000")
}
