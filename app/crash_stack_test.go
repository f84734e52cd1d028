package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"tributary/internal/embedded"
	"tributary/internal/seal"
	"tributary/internal/store"
)

// stack is an installation as docs/operations.md describes it: PostgreSQL with
// an owner and an application login, a Redis, the program's settings, and two
// shops with a programme. What runs are processes of their own.
type stack struct {
	t       *testing.T
	bin     string
	env     []string
	dir     string
	pgDir   string
	pg      *embedded.Postgres
	redis   *redisServer
	lasting []*process    // serve and work
	admin   *pgxpool.Pool // as superuser, to look into the tables
	keys    *seal.Keys
	base    string
	shops   []*crashShop
	key     string // of the API, for the first shop
}

const (
	stackDatabase = "crash"
	appSecret     = "the-secret-of-the-crash-tests"
)

// newStack sets everything up and starts neither serve nor work.
func newStack(t *testing.T) *stack {
	t.Helper()
	s := &stack{t: t, dir: openDir(t)}
	s.redis = startRedis(t)
	var err error
	if s.bin, err = binary(); err != nil {
		t.Fatal(err)
	}
	s.pgDir = filepath.Join(s.dir, "pg")
	s.copyCluster()
	s.startPostgres()
	t.Cleanup(func() {
		_ = s.pg.Stop(context.Background())
		if err := embedded.Remove(s.pgDir); err != nil {
			t.Error(err)
		}
	})
	s.settings(
		"DATABASE_URL="+s.databaseURL("app_login"), "MIGRATE_DATABASE_URL="+s.databaseURL("tributary_owner"),
		"REDIS_URL="+s.redis.url())
	s.mustRun("migrate")
	s.addShops()
	s.key = strings.TrimSpace(s.mustRun("apikey", "create", "--shop", s.shops[0].domain, "--scope", "read"))
	s.agree(s.databaseURL("tributary_owner"))
	s.admin, err = pgxpool.New(t.Context(), s.adminURL(stackDatabase))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.admin.Close)
	return s
}

// settings are the whole environment of the program: nothing of the machine's
// own leaks in.
func (s *stack) settings(more ...string) {
	s.t.Helper()
	listen := "127.0.0.1:" + freePort(s.t)
	s.base = "http://" + listen
	key := seal.Generate("k1")
	var err error
	if s.keys, err = seal.New([]seal.Key{key}); err != nil {
		s.t.Fatal(err)
	}
	s.env = append([]string{
		"HOME=" + s.dir, "PATH=/usr/bin:/bin", "LISTEN=" + listen, "DATA_DIR=" + filepath.Join(s.dir, "data"),
		"SECRET_KEYS=" + key.String(), "SHOPIFY_CLIENT_ID=crash", "SHOPIFY_CLIENT_SECRET=" + appSecret,
		"LOG_FORMAT=json", "WORKERS=4", "SHUTDOWN_TIMEOUT=10s",
		"TRIBUTARY_POSTGRES_BIN=" + os.Getenv("TRIBUTARY_POSTGRES_BIN"),
	}, more...)
}

func postgresIn(dir string) embedded.Options {
	return embedded.Options{Dir: dir, Log: slog.New(slog.DiscardHandler), Settings: []string{"shared_buffers=32MB", "max_connections=100"}}
}

// cluster makes the directory that every stack gets a copy of: an empty
// database and the roles of docs/operations.md.
var cluster = sync.OnceValues(func() (dir string, err error) {
	ctx := context.Background()
	if shared, err = os.MkdirTemp("", "tributary-crash-shared-"); err != nil {
		return "", err
	}
	if err := os.Chmod(shared, 0o755); err != nil {
		return "", err
	}
	dir = filepath.Join(shared, "pg")
	pg, err := embedded.Start(ctx, postgresIn(dir))
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, pg.Stop(ctx)) }()
	conn, err := pgx.Connect(ctx, pg.URL())
	if err != nil {
		return "", err
	}
	defer conn.Close(ctx)
	for _, q := range []string{
		"CREATE ROLE tributary_app NOLOGIN",
		"CREATE ROLE tributary_owner LOGIN PASSWORD 'tributary_owner'",
		"CREATE ROLE tributary_portal NOLOGIN",
		"GRANT tributary_app, tributary_portal TO tributary_owner",
		"CREATE ROLE app_login LOGIN PASSWORD 'app_login' IN ROLE tributary_app, tributary_portal",
		"CREATE DATABASE " + stackDatabase + " OWNER tributary_owner",
	} {
		if _, err := conn.Exec(ctx, q); err != nil {
			return "", fmt.Errorf("%s: %w", q, err)
		}
	}
	return dir, nil
})

func (s *stack) copyCluster() {
	s.t.Helper()
	dir, err := cluster()
	if err == nil {
		err = exec.Command("cp", "-a", dir, s.pgDir).Run() // with its owner
	}
	if err == nil {
		err = os.Remove(filepath.Join(s.pgDir, "port")) // each finds one of its own
	}
	if err != nil {
		s.t.Fatal(err)
	}
}

// startPostgres starts the server on the stack's directory, with the durability
// that PostgreSQL has by default.
func (s *stack) startPostgres() {
	s.t.Helper()
	pg, err := embedded.Start(s.t.Context(), postgresIn(s.pgDir))
	if err != nil {
		s.t.Fatal(err)
	}
	if s.pg = pg; s.admin != nil {
		s.admin.Reset()
	}
}

// stopPostgres is an immediate shutdown, which loses what is not on disk.
func (s *stack) stopPostgres() {
	s.t.Helper()
	now, cancel := context.WithCancel(context.Background())
	cancel()
	if err := s.pg.Stop(now); err != nil {
		s.t.Fatal(err)
	}
}

func (s *stack) adminURL(database string) string {
	u, err := url.Parse(s.pg.URL())
	if err != nil {
		s.t.Fatal(err)
	}
	u.Path = "/" + database
	return u.String()
}

func (s *stack) databaseURL(login string) string {
	u, err := url.Parse(s.adminURL(stackDatabase))
	if err != nil {
		s.t.Fatal(err)
	}
	u.User = url.UserPassword(login, login)
	return u.String()
}

// command is the program with the stack's settings. It runs where npm has put a
// PostgreSQL, for the embedded one.
func (s *stack) command(args ...string) *exec.Cmd {
	cmd := exec.Command(s.bin, args...)
	cmd.Env, cmd.Dir = s.env, ".."
	return cmd
}

// run runs a command to its end.
func (s *stack) run(args ...string) (stdout, stderr string, code int) {
	s.t.Helper()
	var out bytes.Buffer
	cmd := s.command(args...)
	cmd.Stdout = &out
	p := launch(s.t, strings.Join(args, " "), cmd)
	code = p.exit()
	return out.String(), p.log.String(), code
}

func (s *stack) mustRun(args ...string) string {
	s.t.Helper()
	out, said, code := s.run(args...)
	if code != exitOK {
		s.t.Fatalf("%s: exit code %d\n%s%s", strings.Join(args, " "), code, out, said)
	}
	return out
}

// serve starts a server and waits until it answers.
func (s *stack) serve() *process {
	s.t.Helper()
	p := launch(s.t, "serve", s.command("serve"))
	s.lasting = append(s.lasting, p)
	eventually(s.t, "serve answers", func() error {
		if !p.running() {
			return stop{fmt.Errorf("it has ended:\n%s", p.log.tail(2000))}
		}
		code, body := s.get("/healthz")
		if code != http.StatusOK {
			return fmt.Errorf("healthz: %d %s", code, body)
		}
		return nil
	})
	return p
}

// work starts a worker and waits until it works.
func (s *stack) work() *process {
	s.t.Helper()
	p := launch(s.t, "work", s.command("work"))
	s.lasting = append(s.lasting, p)
	p.said(`"msg":"working"`)
	return p
}

// get asks the server; 0 when it does not answer.
func (s *stack) get(path string) (code int, body string) {
	req, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, s.base+path, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+s.key)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err.Error()
	}
	defer res.Body.Close()
	b, _ := io.ReadAll(res.Body)
	return res.StatusCode, string(b)
}

// agree makes the programme as it was before the stores sold anything.
func (s *stack) agree(databaseURL string) {
	s.t.Helper()
	before := soldFrom().AddDate(0, 0, -1)
	db, err := store.Open(s.t.Context(), databaseURL, store.Options{MaxConns: 2, Now: func() time.Time { return before }})
	if err != nil {
		s.t.Fatal(err)
	}
	defer db.Close()
	sys := &system{DB: db, Keys: s.keys}
	for _, shop := range s.shops {
		if err := sys.agree(s.t.Context(), shop.id, "https://"+shop.domain+"/", "USD", crashDeals); err != nil {
			s.t.Fatal(err)
		}
	}
}

// count is the one number that a query gives.
func (s *stack) count(query string, args ...any) (n int, err error) {
	err = s.admin.QueryRow(s.t.Context(), query, args...).Scan(&n)
	return n, err
}

// settled is how many deliveries are done; -1 while PostgreSQL does not answer.
func (s *stack) settled() int {
	n, err := s.count("SELECT count(*) FROM deliveries WHERE state = 2")
	if err != nil {
		return -1
	}
	return n
}

// atWork waits until more is settled than before.
func (s *stack) atWork(before int) {
	s.t.Helper()
	eventually(s.t, "a worker works", func() error {
		if n := s.settled(); n <= before {
			return fmt.Errorf("%d deliveries are settled, as before", n)
		}
		return nil
	})
}

// lock makes everybody who uses the table wait.
func (s *stack) lock(table string) (unlock func()) {
	s.t.Helper()
	conn, err := pgx.Connect(s.t.Context(), s.adminURL(stackDatabase))
	if err != nil {
		s.t.Fatal(err)
	}
	if _, err := conn.Exec(s.t.Context(), "BEGIN; LOCK TABLE "+table); err != nil {
		s.t.Fatal(err)
	}
	return func() { conn.Close(s.t.Context()) }
}

// killPostmaster is kill -9 of PostgreSQL's first process; what started it
// starts it again.
func (s *stack) killPostmaster() {
	s.t.Helper()
	b, err := os.ReadFile(filepath.Join(s.pgDir, "data", "postmaster.pid"))
	if err != nil {
		s.t.Fatal(err)
	}
	line, _, _ := strings.Cut(string(b), "\n")
	pid, err := strconv.Atoi(line)
	if err == nil {
		err = syscall.Kill(pid, syscall.SIGKILL)
	}
	if err != nil {
		s.t.Fatal(err)
	}
}
