package bench

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"net/url"

	"github.com/jackc/pgx/v5"

	"tributary/internal/seal"
)

// stage is where contenders run: databases on one PostgreSQL, one Redis, the
// inputs, made once and used by all.
type stage struct {
	Options
	admin    *pgx.Conn
	prefix   string
	made     []string // databases, in order
	redis    *redis
	sealing  seal.Key
	keys     *seal.Keys
	template map[string]bool
	caches   map[string]any

	benchmark   string
	step, steps int
}

func newStage(ctx context.Context, o Options) (*stage, error) {
	admin, err := pgx.Connect(ctx, o.OwnerURL)
	if err != nil {
		return nil, fmt.Errorf("connect to PostgreSQL: %w", err)
	}
	var b [4]byte
	_, _ = rand.Read(b[:])
	s := &stage{
		Options: o, admin: admin, prefix: "bench_" + hex.EncodeToString(b[:]) + "_", sealing: seal.Generate("bench"),
		template: map[string]bool{}, caches: map[string]any{},
	}
	if s.keys, err = seal.New([]seal.Key{s.sealing}); err != nil {
		return nil, err
	}
	for _, setting := range []string{"fsync", "synchronous_commit", "full_page_writes"} {
		var v string
		if err := admin.QueryRow(ctx, "SELECT current_setting($1)", setting).Scan(&v); err != nil {
			return nil, fmt.Errorf("read %s: %w", setting, err)
		}
		if v != "on" {
			return nil, fmt.Errorf("%s is %q on this PostgreSQL: speed bought with lost orders is not measured here", setting, v)
		}
	}
	return s, nil
}

func (s *stage) close(ctx context.Context) {
	for _, name := range s.made {
		_, _ = s.admin.Exec(ctx, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)")
	}
	_ = s.admin.Close(ctx)
	if s.redis != nil {
		s.redis.stop()
	}
}

// did tells that another step is done.
func (s *stage) did(step string) {
	s.step++
	s.Progress(s.benchmark, step, s.step, max(s.steps, s.step))
}

func (s *stage) doing(step string) { s.Progress(s.benchmark, step, s.step, max(s.steps, s.step)) }

func (s *stage) url(name string) string {
	u, err := url.Parse(s.OwnerURL)
	if err != nil {
		panic(err) // pgx has connected with it
	}
	u.Path = "/" + name
	return u.String()
}

// base returns the name of a database made once by build: the template that
// every round gets a fresh copy of.
func (s *stage) base(ctx context.Context, name string, build func(url string) error) (string, error) {
	full := s.prefix + name
	if s.template[name] {
		return full, nil
	}
	if err := s.create(ctx, full, ""); err != nil {
		return "", err
	}
	if err := build(s.url(full)); err != nil {
		return "", err
	}
	s.template[name] = true
	return full, s.exec(ctx, full, "VACUUM ANALYZE")
}

func (s *stage) create(ctx context.Context, full, template string) error {
	q := "CREATE DATABASE " + full
	if template != "" {
		q += " TEMPLATE " + template + " STRATEGY FILE_COPY"
	}
	if _, err := s.admin.Exec(ctx, q); err != nil {
		return fmt.Errorf("make database: %w", err)
	}
	s.made = append(s.made, full)
	return nil
}

// fresh copies a base (or makes an empty database), and starts the round from
// a checkpoint, so that no contender pays for the one before it.
func (s *stage) fresh(ctx context.Context, template string) (url string, drop func(), err error) {
	var b [4]byte
	_, _ = rand.Read(b[:])
	full := s.prefix + hex.EncodeToString(b[:])
	if err := s.create(ctx, full, template); err != nil {
		return "", nil, err
	}
	if _, err := s.admin.Exec(ctx, "CHECKPOINT"); err != nil {
		return "", nil, fmt.Errorf("checkpoint: %w", err)
	}
	return s.url(full), func() {
		_, _ = s.admin.Exec(context.WithoutCancel(ctx), "DROP DATABASE IF EXISTS "+full+" WITH (FORCE)")
	}, nil
}

// exec runs statements as the owner in one of our databases.
func (s *stage) exec(ctx context.Context, full string, statements ...string) error {
	return execAt(ctx, s.url(full), statements...)
}

func execAt(ctx context.Context, url string, statements ...string) error {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	for _, q := range statements {
		if _, err := conn.Exec(ctx, q); err != nil {
			return fmt.Errorf("%.70s…: %w", q, err)
		}
	}
	return nil
}

// count returns the single integer that the query gives.
func count(ctx context.Context, url, query string, args ...any) (n int64, err error) {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return 0, err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	if err := conn.QueryRow(ctx, query, args...).Scan(&n); err != nil {
		return 0, fmt.Errorf("%.70s…: %w", query, err)
	}
	return n, nil
}

// redisURL is the Redis given, or a redis-server of the run's own, or the
// in-process one, which note tells.
func (s *stage) redisURL() (url, note string, err error) {
	if s.RedisURL != "" {
		return s.RedisURL, "", nil
	}
	if s.redis == nil {
		if s.redis, err = startRedis(); err != nil {
			return "", "", err
		}
	}
	return s.redis.url, s.redis.note, nil
}
