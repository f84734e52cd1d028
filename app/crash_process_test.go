package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// binary builds the program as it is shipped, once for all tests.
var binary = sync.OnceValues(func() (string, error) {
	var err error
	if binaryDir, err = os.MkdirTemp("", "tributary-crash-bin-"); err != nil {
		return "", err
	}
	path := filepath.Join(binaryDir, "tributary")
	cmd := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-o", path, ".")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return path, nil
})

// What all tests share, deleted in the end.
var binaryDir, shared string

// process is a running program of the stack's.
type process struct {
	t    *testing.T
	name string
	cmd  *exec.Cmd
	log  *lockedBuffer
	done chan struct{} // closed when it has ended
}

// launch starts a program that is killed with the test at the latest.
func launch(t *testing.T, name string, cmd *exec.Cmd) *process {
	t.Helper()
	p := &process{t: t, name: name, cmd: cmd, log: &lockedBuffer{}, done: make(chan struct{})}
	if cmd.Stdout == nil {
		cmd.Stdout = p.log
	}
	cmd.Stderr, cmd.SysProcAttr = p.log, diesWithUs()
	if err := cmd.Start(); err != nil {
		t.Fatalf("start %s: %v", name, err)
	}
	go func() {
		_ = cmd.Wait() // how it ended is in cmd.ProcessState
		close(p.done)
	}()
	t.Cleanup(func() {
		p.kill()
		if said := p.log.tail(3000); t.Failed() && said != "" && name != "redis-server" {
			t.Logf("%s (pid %d) said at last:\n%s", name, cmd.Process.Pid, said)
		}
	})
	return p
}

// kill is kill -9.
func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	<-p.done
}

func (p *process) signal(s os.Signal) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		p.t.Fatalf("signal %s: %v", p.name, err)
	}
}

func (p *process) running() bool {
	select {
	case <-p.done:
		return false
	default:
		return true
	}
}

// exit waits for the end and returns the exit code; -1 when a signal ended it.
func (p *process) exit() int {
	p.t.Helper()
	select {
	case <-p.done:
		return p.cmd.ProcessState.ExitCode()
	case <-time.After(patience):
		p.t.Fatalf("%s does not end; it said:\n%s", p.name, p.log.tail(2000))
		return 0
	}
}

// terminate is SIGTERM, which must end the program in order.
func (p *process) terminate() {
	p.t.Helper()
	p.signal(syscall.SIGTERM)
	if code := p.exit(); code != exitOK {
		p.t.Errorf("%s ended with %d after SIGTERM, want 0; it said:\n%s", p.name, code, p.log.tail(2000))
	}
}

// said waits until the program has logged text.
func (p *process) said(text string) {
	p.t.Helper()
	eventually(p.t, p.name+" says "+text, func() error {
		if strings.Contains(p.log.String(), text) {
			return nil
		}
		if !p.running() {
			return stop{fmt.Errorf("it has ended:\n%s", p.log.tail(2000))}
		}
		return errNotYet
	})
}

var errNotYet = errors.New("not yet")

// patience is how long anything may take on a machine that is busy with other
// things.
const patience = 80 * time.Second

// stop is an error that waiting longer will not mend.
type stop struct{ error }

// eventually asks again until f has no complaint.
func eventually(t *testing.T, what string, f func() error) {
	t.Helper()
	began := time.Now()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		err := f()
		var final stop
		switch {
		case err == nil:
			return
		case errors.As(err, &final), time.Since(began) > patience:
			t.Fatalf("%s: %v (after %s)", what, err, time.Since(began).Round(time.Millisecond))
		}
		select {
		case <-tick.C:
		case <-t.Context().Done():
			t.Fatalf("%s: %v", what, t.Context().Err())
		}
	}
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// tail is the end of what was said, without what went well.
func (l *lockedBuffer) tail(n int) string {
	var b strings.Builder
	for line := range strings.Lines(l.String()) {
		if !strings.Contains(line, `"level":"INFO","msg":"request"`) {
			b.WriteString(line)
		}
	}
	s := b.String()
	return s[max(0, len(s)-n):]
}

// freePort is a loopback port that nothing listens on.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return port
}

// openDir is a directory that PostgreSQL's unprivileged user can reach, which
// t.TempDir is not when the tests run as root.
func openDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "tributary-crash-")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// redisServer is a real redis-server that keeps nothing.
type redisServer struct {
	t          *testing.T
	path, port string
	proc       *process
}

func startRedis(t *testing.T) *redisServer {
	t.Helper()
	path, err := exec.LookPath("redis-server")
	if err != nil {
		const what = "redis-server is not installed: apt-get install redis-server, or your system's way"
		if os.Getenv("CI") != "" { // there, what is not run has not passed
			t.Fatal(what)
		}
		t.Skip(what)
	}
	r := &redisServer{t: t, path: path, port: freePort(t)}
	r.start()
	return r
}

func (r *redisServer) start() {
	r.t.Helper()
	r.proc = launch(r.t, "redis-server", exec.Command(r.path, "--port", r.port, "--bind", "127.0.0.1",
		"--save", "", "--appendonly", "no", "--loglevel", "warning", "--dir", r.t.TempDir()))
	eventually(r.t, "redis-server answers", func() error {
		return r.do(func(ctx context.Context, c *redis.Client) error { return c.Ping(ctx).Err() })
	})
}

func (r *redisServer) url() string { return "redis://127.0.0.1:" + r.port + "/0" }

func (r *redisServer) do(f func(context.Context, *redis.Client) error) error {
	c := redis.NewClient(&redis.Options{Addr: "127.0.0.1:" + r.port, MaxRetries: -1})
	defer c.Close()
	return f(r.t.Context(), c)
}

// flush is FLUSHALL.
func (r *redisServer) flush() {
	r.t.Helper()
	if err := r.do(func(ctx context.Context, c *redis.Client) error { return c.FlushAll(ctx).Err() }); err != nil {
		r.t.Fatal(err)
	}
}
