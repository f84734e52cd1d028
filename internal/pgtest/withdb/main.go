// Command withdb runs a command with a throw-away PostgreSQL and, when
// redis-server is installed, a throw-away Redis:
//
//	go run ./internal/pgtest/withdb -- go test ./...
//
// The command finds them in TEST_DATABASE_URL and TEST_REDIS_URL; one that is
// set already is used instead. Both are deleted afterwards, and the command's
// exit code is passed on.
package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strconv"
	"syscall"
	"time"

	"github.com/redis/go-redis/v9"

	"tributary/internal/embedded"
	"tributary/internal/obs"
)

func init() { runtime.LockOSThread() } // main stays on the main thread; see childAttr

func main() {
	args := os.Args[1:]
	if len(args) > 0 && args[0] == "--" {
		args = args[1:]
	}
	if len(args) == 0 {
		fmt.Fprintln(os.Stderr, "usage: withdb [--] command [argument...]")
		os.Exit(2)
	}
	code, err := run(args)
	if err != nil {
		fmt.Fprintln(os.Stderr, "withdb:", err)
		os.Exit(1)
	}
	os.Exit(code)
}

func run(args []string) (code int, err error) {
	// The command is in our process group, so Ctrl-C reaches it by itself; we
	// stay to clean up behind it.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	dir, err := os.MkdirTemp("", "tributary-test-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	if err := os.Chmod(dir, 0o755); err != nil { // PostgreSQL passes through as another user
		return 0, err
	}
	env := os.Environ()
	if os.Getenv("TEST_DATABASE_URL") == "" {
		pg, err := startPostgres(ctx, dir)
		if err != nil {
			return 0, err
		}
		defer pg.Stop(context.Background()) //nolint:errcheck // its data is deleted next
		env = append(env, "TEST_DATABASE_URL="+pg.URL())
	}
	if os.Getenv("TEST_REDIS_URL") == "" {
		url, end, err := startRedis(ctx, dir)
		switch {
		case errors.Is(err, exec.ErrNotFound):
			fmt.Fprintln(os.Stderr, "withdb: redis-server is not installed: tests that need a real Redis are skipped")
		case err != nil:
			return 0, err
		default:
			defer end()
			env = append(env, "TEST_REDIS_URL="+url)
		}
	}
	return command(ctx, args, env)
}

func startPostgres(ctx context.Context, dir string) (*embedded.Postgres, error) {
	return embedded.Start(ctx, embedded.Options{
		Dir: filepath.Join(dir, "postgres"),
		Log: obs.NewLog(os.Stderr, "warn", "text"),
		Bin: os.Getenv("TRIBUTARY_POSTGRES_BIN"),
		// Losing this data in a crash of the machine is fine; tests that crash
		// PostgreSQL start one of their own.
		Settings: []string{"fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=300", "shared_buffers=128MB", "max_wal_size=4GB", "autovacuum_naptime=20s"},
	})
}

func startRedis(ctx context.Context, dir string) (url string, end func(), err error) {
	bin, err := exec.LookPath("redis-server")
	if err != nil {
		return "", nil, err
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	port := l.Addr().(*net.TCPAddr).Port
	l.Close()
	cmd := exec.Command(bin, "--port", strconv.Itoa(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no",
		"--dir", dir, "--databases", "64", "--loglevel", "warning")
	cmd.Stderr = os.Stderr
	cmd.SysProcAttr = childAttr()
	if err := cmd.Start(); err != nil {
		return "", nil, fmt.Errorf("start redis-server: %w", err)
	}
	end = func() {
		_ = cmd.Process.Kill() // it keeps nothing
		_ = cmd.Wait()
	}
	c := redis.NewClient(&redis.Options{Addr: "127.0.0.1:" + strconv.Itoa(port), MaxRetries: -1})
	defer c.Close()
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		err := c.Ping(ctx).Err()
		if err == nil {
			return fmt.Sprintf("redis://127.0.0.1:%d/0", port), end, nil
		}
		if time.Now().After(deadline) || ctx.Err() != nil {
			end()
			return "", nil, fmt.Errorf("redis-server does not answer: %w", err)
		}
	}
}

func command(ctx context.Context, args, env []string) (int, error) {
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr, cmd.Env = os.Stdin, os.Stdout, os.Stderr, env
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 20 * time.Second
	err := cmd.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		if exit.ExitCode() < 0 {
			return 130, nil // ended by a signal
		}
		return exit.ExitCode(), nil
	}
	return 0, err
}
