package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"

	"tributary/migrations"
)

// Migrate brings the schema up to this program's version and makes the month
// partitions from months before now to ahead after it. url names the owner of
// the tables. It returns the schema's version. Running it twice is a no-op.
func Migrate(ctx context.Context, url, searchPath string, now time.Time) (int64, error) {
	cfg, err := pgx.ParseConfig(url)
	if err != nil {
		return 0, fmt.Errorf("database url: %w", err)
	}
	if searchPath != "" {
		cfg.RuntimeParams["search_path"] = searchPath
	}
	db := stdlib.OpenDB(*cfg)
	defer db.Close()
	p, err := goose.NewProvider(goose.DialectPostgres, db, migrations.FS, goose.WithVerbose(false), goose.WithAllowOutofOrder(true))
	if err != nil {
		return 0, fmt.Errorf("migrations: %w", err)
	}
	if _, err := p.Up(ctx); err != nil {
		return 0, fmt.Errorf("migrate: %w", err)
	}
	if err := makePartitions(ctx, db, now); err != nil {
		return 0, err
	}
	return p.GetDBVersion(ctx)
}

// SchemaVersion returns the version that the schema at url has (0: none) and the
// one this program needs. url may name the application's user.
func SchemaVersion(ctx context.Context, url string) (have, want int64, err error) {
	cfg, err := pgx.ParseConfig(url)
	if err != nil {
		return 0, 0, fmt.Errorf("database url: %w", err)
	}
	db := stdlib.OpenDB(*cfg)
	defer db.Close()
	p, err := goose.NewProvider(goose.DialectPostgres, db, migrations.FS, goose.WithVerbose(false), goose.WithAllowOutofOrder(true))
	if err != nil {
		return 0, 0, fmt.Errorf("migrations: %w", err)
	}
	for _, s := range p.ListSources() {
		want = max(want, s.Version)
	}
	err = db.QueryRowContext(ctx, "SELECT coalesce(max(version_id), 0) FROM goose_db_version WHERE is_applied").Scan(&have)
	var pg *pgconn.PgError
	if errors.As(err, &pg) && pg.Code == "42P01" { // undefined_table
		return 0, want, nil
	}
	if err != nil {
		return 0, 0, fmt.Errorf("schema version: %w", err)
	}
	return have, want, nil
}

const (
	partitionsBehind = 13 // months
	partitionsAhead  = 3
)

func makePartitions(ctx context.Context, db *sql.DB, now time.Time) error {
	_, err := db.ExecContext(ctx, "SELECT make_partitions($1::date, $2::date)",
		now.UTC().AddDate(0, -partitionsBehind, 0).Format(time.DateOnly), now.UTC().AddDate(0, partitionsAhead, 0).Format(time.DateOnly))
	if err != nil {
		return fmt.Errorf("make partitions: %w", err)
	}
	return nil
}

// Maintain makes the months' partitions that will be needed next and drops the
// raw deliveries of months that ended more than keep ago; 0 keeps them all.
// What has not been settled is never dropped.
func (db *DB) Maintain(ctx context.Context, keep time.Duration) error {
	return db.InTx(ctx, 0, func(tx *Tx) error {
		month := tx.Now.Format(time.DateOnly)
		if _, err := tx.pgx.Exec(ctx, "SELECT make_partitions($1::date, ($1::date + interval '3 months')::date)", month); err != nil {
			return fmt.Errorf("make partitions: %w", err)
		}
		if _, err := tx.pgx.Exec(ctx, "SELECT prune_feed($1)", tx.Now.Add(-feedKept)); err != nil {
			return fmt.Errorf("prune the feed: %w", err)
		}
		if _, err := tx.pgx.Exec(ctx, "SELECT expire_woo_installs($1)", tx.Now); err != nil {
			return fmt.Errorf("forget the keys that nobody came back for: %w", err)
		}
		if keep <= 0 {
			return nil
		}
		if _, err := tx.pgx.Exec(ctx, "SELECT drop_deliveries_before($1::date)", tx.Now.Add(-keep).Format(time.DateOnly)); err != nil {
			return fmt.Errorf("drop old deliveries: %w", err)
		}
		return nil
	})
}
