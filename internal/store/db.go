// Package store holds all SQL. Reading and writing go through a Tx, which is
// one database transaction for one shop: row-level security sees only that
// shop's rows. Row-shaped work uses gorm, bulk work pgx, on the same
// connection.
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"gorm.io/driver/postgres"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"
)

// ErrNotFound is returned when no row of this shop matches.
var ErrNotFound = errors.New("not found")

// DB is the database. It is safe for concurrent use.
type DB struct {
	pool *pgxpool.Pool
	sql  *sql.DB
	gorm *gorm.DB
	now  func() time.Time
	ids  idBlocks

	looks atomic.Int64 // commits of deliveries that are still to look for repeats
}

// Options of Open. The zero value is good.
type Options struct {
	MaxConns int32
	// Now is the clock that transactions read; time.Now when nil.
	Now func() time.Time
	// SearchPath puts all work into another schema (replay's scratch schema).
	SearchPath string
}

// Open connects to the PostgreSQL at url and checks that it answers.
func Open(ctx context.Context, url string, o Options) (*DB, error) {
	cfg, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("database url: %w", err)
	}
	if o.MaxConns > 0 {
		cfg.MaxConns = o.MaxConns
	} else if cfg.MaxConns < 16 {
		cfg.MaxConns = 16
	}
	if o.SearchPath != "" {
		cfg.ConnConfig.RuntimeParams["search_path"] = o.SearchPath
	}
	cfg.ConnConfig.RuntimeParams["application_name"] = "tributary"
	cfg.ConnConfig.RuntimeParams["timezone"] = "UTC"
	cfg.ConnConfig.RuntimeParams["statement_timeout"] = "120s"
	cfg.ConnConfig.RuntimeParams["lock_timeout"] = "20s"
	cfg.ConnConfig.RuntimeParams["idle_in_transaction_session_timeout"] = "60s"
	cfg.AfterConnect = fastArrays
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	if err := pool.Ping(ctx); err != nil {
		pool.Close()
		return nil, fmt.Errorf("open database: %w", err)
	}
	db := &DB{pool: pool, sql: stdlib.OpenDBFromPool(pool), now: o.Now}
	if db.now == nil {
		db.now = time.Now
	}
	db.gorm, err = gorm.Open(postgres.New(postgres.Config{Conn: db.sql}), &gorm.Config{
		SkipDefaultTransaction: true,
		TranslateError:         true,
		NowFunc:                func() time.Time { return db.now().UTC() },
		Logger:                 logger.Discard,
	})
	if err != nil {
		pool.Close()
		return nil, fmt.Errorf("open gorm: %w", err)
	}
	return db, nil
}

// Close releases all connections.
func (db *DB) Close() {
	_ = db.sql.Close()
	db.pool.Close()
}

// Now is the clock all transactions read, in UTC and whole microseconds, as
// PostgreSQL stores it.
func (db *DB) Now() time.Time { return db.now().UTC().Truncate(time.Microsecond) }

// Ping tells whether the database answers.
func (db *DB) Ping(ctx context.Context) error { return db.pool.Ping(ctx) }

// Tx is one transaction for one shop. It is not safe for concurrent use.
type Tx struct {
	ShopID int64
	// Now is the instant the transaction began, the same for all it writes.
	Now time.Time

	g   *gorm.DB
	pgx *pgx.Conn
	db  *DB
}

// InTx runs f in one transaction in which only shopID's rows are visible, and
// commits if f returns nil. Nothing outside PostgreSQL may happen inside f.
// shopID 0 sees no tenant rows; the doors work with it.
func (db *DB) InTx(ctx context.Context, shopID int64, f func(*Tx) error) error {
	return db.inTx(ctx, shopID, "", nil, f)
}

// InPortal is InTx in which only the rows of one influencer are visible, and
// nothing can be written: the database keeps influencers apart whatever f asks.
func (db *DB) InPortal(ctx context.Context, shopID, influencerID int64, f func(*Tx) error) error {
	return db.inTx(ctx, shopID, strconv.FormatInt(influencerID, 10), &sql.TxOptions{ReadOnly: true}, f)
}

// inTx is for the application; with an influencer, for the portal.
func (db *DB) inTx(ctx context.Context, shopID int64, influencer string, opt *sql.TxOptions, f func(*Tx) error) (err error) {
	conn, err := db.sql.Conn(ctx)
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	defer conn.Close()
	// database/sql ends a transaction from another goroutine when its context
	// ends, which must not happen while f uses the connection itself. So the
	// transaction's context ends with ctx only outside f; statements inside f
	// have ctx of their own.
	alive, end := context.WithCancel(context.WithoutCancel(ctx))
	defer end()
	outside := func(g func() error) error {
		stop := context.AfterFunc(ctx, end)
		defer stop()
		return g()
	}
	var tx *sql.Tx
	if err := outside(func() (err error) { tx, err = conn.BeginTx(alive, opt); return err }); err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	defer func() { _ = outside(tx.Rollback) }() // after Commit it is a no-op; before, the error that matters is f's
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	enter, args := "SELECT set_config('role', 'tributary_app', true), set_config('app.shop_id', $1::bigint::text, true)", []any{shopID}
	if influencer != "" {
		enter = "SELECT set_config('role', 'tributary_portal', true), set_config('app.shop_id', $1::bigint::text, true), set_config('app.influencer_id', $2::text, true)"
		args = append(args, influencer)
	}
	if _, err := tx.ExecContext(ctx, enter, args...); err != nil {
		return fmt.Errorf("enter shop %d: %w", shopID, err)
	}
	t := &Tx{ShopID: shopID, Now: db.Now(), db: db}
	t.g = db.gorm.Session(&gorm.Session{NewDB: true, Context: ctx})
	t.g.Statement.ConnPool = tx
	if err := conn.Raw(func(dc any) error { t.pgx = dc.(*stdlib.Conn).Conn(); return nil }); err != nil {
		return fmt.Errorf("unwrap connection: %w", err)
	}
	if err := f(t); err != nil {
		return err
	}
	if err := outside(tx.Commit); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}

// LockShop makes this transaction the only one that settles, locks holds or
// closes for the shop until it ends. It waits; TryLockShop does not.
func (tx *Tx) LockShop(ctx context.Context) error {
	_, err := tx.pgx.Exec(ctx, "SELECT pg_advisory_xact_lock(7121, hashint8($1))", tx.ShopID)
	return err
}

// TryLockShop is LockShop that returns false at once when another transaction
// holds the lock.
func (tx *Tx) TryLockShop(ctx context.Context) (bool, error) {
	var ok bool
	err := tx.pgx.QueryRow(ctx, "SELECT pg_try_advisory_xact_lock(7121, hashint8($1))", tx.ShopID).Scan(&ok)
	return ok, err
}

// notFound turns the drivers' "no rows" into ErrNotFound.
func notFound(err error) error {
	if errors.Is(err, pgx.ErrNoRows) || errors.Is(err, gorm.ErrRecordNotFound) || errors.Is(err, sql.ErrNoRows) {
		return ErrNotFound
	}
	return err
}

// IsUnique reports whether err is a violation of the named unique constraint,
// or of any when name is empty.
func IsUnique(err error, name string) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && pg.Code == "23505" && (name == "" || pg.ConstraintName == name)
}

// IsDataError reports whether the database refused err's statement because of
// the data in it (out of range, a constraint), not because of its own state.
func IsDataError(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && (strings.HasPrefix(pg.Code, "22") || strings.HasPrefix(pg.Code, "23"))
}
