// Package embedded is the default without settings: a real PostgreSQL started
// from installed binaries, and an in-process Redis.
//
// One directory belongs to one PostgreSQL:
//
//	lock           held (flock) by the process that runs it; holds its pid
//	data/          the cluster; owned by an unprivileged user when we are root
//	password       of the superuser "tributary", 0600
//	port           the loopback port it had last
//	postgres.log   what PostgreSQL says
//	native-…/      a copy of the binaries, when they cannot be used in place
package embedded

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// Options of Start.
type Options struct {
	// Dir is made when missing. Its parents must let the user pass that
	// PostgreSQL runs as; otherwise another place is used, and logged.
	Dir string
	Log *slog.Logger
	// Bin is a directory with initdb and postgres that goes before all that
	// would be found without it (TRIBUTARY_POSTGRES_BIN).
	Bin string
	// Settings are "name=value" lines of postgresql.conf, for tests.
	Settings []string
}

const (
	user     = "tributary"
	database = "tributary"

	readyTimeout = 60 * time.Second
	stopTimeout  = 30 * time.Second

	// After this many unexpected ends within crashWindow it is not started again.
	maxCrashes  = 5
	crashWindow = time.Minute
)

// Postgres is a running server. Its methods are safe for concurrent use.
type Postgres struct {
	log      *slog.Logger
	place    place
	bin      binaries
	password string
	port     int
	settings []string
	lock     *os.File
	failed   chan error

	mu       sync.Mutex
	proc     *process
	stopping bool
	stopped  chan struct{} // closed when supervise has ended
}

// Start runs PostgreSQL on o.Dir until Stop, making the cluster the first time
// and taking over what a killed process left behind. A PostgreSQL that ends by
// itself is started again on the same port; see Failed.
func Start(ctx context.Context, o Options) (_ *Postgres, err error) {
	began := time.Now()
	p := &Postgres{log: o.Log, settings: o.Settings, failed: make(chan error, 1), stopped: make(chan struct{})}
	if p.place, err = resolve(o.Dir, o.Log); err != nil {
		return nil, err
	}
	if p.lock, err = lock(p.place.dir); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			p.lock.Close()
		}
	}()
	if err := p.stopOrphan(ctx); err != nil {
		return nil, err
	}
	if p.bin, err = findBinaries(ctx, o.Bin, p.place); err != nil {
		return nil, err
	}
	first, err := p.ensureCluster(ctx)
	if err != nil {
		return nil, err
	}
	if err := p.launch(ctx, true); err != nil {
		return nil, err
	}
	if err := p.ensureDatabase(ctx); err != nil {
		p.proc.end(ctx)
		return nil, err
	}
	go p.supervise()
	p.log.Info("embedded postgres is running", "version", p.bin.version, "port", p.port, "dir", p.place.dir,
		"new", first, "took", time.Since(began).Round(time.Millisecond).String())
	return p, nil
}

// Running returns the URL of the PostgreSQL that another process runs on dir,
// for tools that work beside it. ok is false when nobody runs one, or when it
// is not for this user.
func Running(ctx context.Context, dir string) (dsn string, ok bool) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", false
	}
	for _, d := range candidates(dir) {
		password, err1 := os.ReadFile(filepath.Join(d, "password"))
		port, err2 := os.ReadFile(filepath.Join(d, "port"))
		if err1 != nil || err2 != nil {
			continue
		}
		p := Postgres{password: strings.TrimSpace(string(password))}
		if p.port, err = strconv.Atoi(strings.TrimSpace(string(port))); err != nil {
			continue
		}
		ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
		conn, err := pgx.Connect(ctx, p.URL())
		if err == nil {
			err = conn.Close(ctx)
		}
		cancel()
		if err != nil || !isLocked(d) { // unlocked, it is an orphan, which ends or is ended
			continue
		}
		return p.URL(), true
	}
	return "", false
}

// URL is what DATABASE_URL would say: the superuser on the database of the
// program.
func (p *Postgres) URL() string { return p.url(database) }

func (p *Postgres) url(db string) string {
	u := url.URL{
		Scheme: "postgres", User: url.UserPassword(user, p.password), Host: "127.0.0.1:" + strconv.Itoa(p.port),
		Path: "/" + db, RawQuery: "sslmode=disable",
	}
	return u.String()
}

// Failed delivers one error when PostgreSQL has ended and cannot be started
// again. It delivers nothing after Stop.
func (p *Postgres) Failed() <-chan error { return p.failed }

// Stop ends PostgreSQL: open transactions are rolled back and a checkpoint is
// written. When ctx ends first it is stopped hard and recovers at its next
// start. Stopping twice is a no-op.
func (p *Postgres) Stop(ctx context.Context) error {
	p.mu.Lock()
	again := p.stopping
	p.stopping = true
	proc := p.proc
	p.mu.Unlock()
	if again {
		return nil
	}
	proc.end(ctx)
	<-p.stopped
	return p.lock.Close()
}

// supervise starts PostgreSQL again when it ends by itself.
func (p *Postgres) supervise() {
	defer close(p.stopped)
	var crashes []time.Time
	for {
		p.mu.Lock()
		proc := p.proc
		p.mu.Unlock()
		<-proc.done
		p.mu.Lock()
		stopping := p.stopping
		p.mu.Unlock()
		if stopping {
			return
		}
		p.log.Error("embedded postgres ended by itself, starting it again", "end", proc.how(), "log", p.logPath())
		now := time.Now()
		crashes = append(crashes, now)
		if n := len(crashes) - maxCrashes; n >= 0 && now.Sub(crashes[n]) < crashWindow {
			p.failed <- fmt.Errorf("embedded postgres ended %d times within %s; see %s", maxCrashes, crashWindow, p.logPath())
			return
		}
		if err := p.launch(context.Background(), false); err != nil {
			if errors.Is(err, errStopping) {
				return
			}
			p.failed <- fmt.Errorf("start embedded postgres again: %w", err)
			return
		}
		p.log.Info("embedded postgres is running again", "port", p.port)
	}
}

var errStopping = errors.New("stopping")

// launch starts the server and waits until it answers, trying again what
// passes. Only the first launch may choose another port.
func (p *Postgres) launch(ctx context.Context, mayMove bool) error {
	ctx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	for try := 1; ; try++ {
		if mayMove {
			port, err := p.choosePort(ctx)
			if err != nil {
				return err
			}
			p.port = port
		}
		err := p.launchOnce(ctx)
		if err == nil || errors.Is(err, errStopping) || ctx.Err() != nil || !isPassing(err) {
			return err
		}
		p.log.Debug("embedded postgres did not start, trying again", "error", err)
		select {
		case <-ctx.Done():
			return err
		case <-time.After(time.Duration(try) * 100 * time.Millisecond):
		}
	}
}

// isPassing recognizes what goes away by itself: the children of a killed
// server still hold its shared memory for a moment, and another program may
// take the port between our look and the server's bind.
func isPassing(err error) bool {
	return strings.Contains(err.Error(), "pre-existing shared memory block") ||
		strings.Contains(err.Error(), "could not create any TCP/IP sockets") ||
		strings.Contains(err.Error(), `lock file "postmaster.pid" already exists`)
}

func (p *Postgres) launchOnce(ctx context.Context) error {
	args := []string{
		"-D", p.dataDir(), "-p", strconv.Itoa(p.port),
		"-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=",
		"-c", "max_connections=200", "-c", "max_wal_size=4GB",
		"-c", "logging_collector=off", "-c", "log_destination=stderr", "-c", "log_line_prefix=%m [%p] ",
	}
	for _, s := range p.settings {
		args = append(args, "-c", s)
	}
	out, err := os.OpenFile(p.logPath(), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return fmt.Errorf("embedded postgres: %w", err)
	}
	defer out.Close()
	from, _ := out.Seek(0, 2)
	cmd := exec.Command(filepath.Join(p.bin.dir, "postgres"), args...) //nolint:gosec // the binary we looked for; it outlives ctx and ends with Stop
	cmd.Stdout, cmd.Stderr, cmd.Dir, cmd.Env = out, out, p.dataDir(), p.place.env()
	cmd.SysProcAttr = p.place.attr()

	p.mu.Lock()
	if p.stopping {
		p.mu.Unlock()
		return errStopping
	}
	proc, err := startProcess(cmd)
	if err != nil {
		p.mu.Unlock()
		return fmt.Errorf("start embedded postgres: %w", err)
	}
	p.proc = proc
	p.mu.Unlock()

	if err := p.waitReady(ctx, proc); err != nil {
		proc.end(ctx)
		if said := tailFrom(p.logPath(), from); said != "" {
			err = fmt.Errorf("%w; it said:\n%s", err, said)
		}
		return err
	}
	return nil
}

func (p *Postgres) waitReady(ctx context.Context, proc *process) error {
	tick := time.NewTicker(25 * time.Millisecond)
	defer tick.Stop()
	for {
		conn, err := pgx.Connect(ctx, p.url("postgres"))
		if err == nil {
			return conn.Close(ctx)
		}
		select {
		case <-proc.done:
			return fmt.Errorf("embedded postgres ended while it was starting (%s)", proc.how())
		case <-ctx.Done():
			return fmt.Errorf("embedded postgres does not answer on port %d: %w", p.port, err)
		case <-tick.C:
		}
	}
}

// process is one run of the server.
type process struct {
	cmd  *exec.Cmd
	done chan struct{} // closed when it has ended and was reaped
	err  error         // how, once done is closed
}

func (p *process) how() string {
	if p.err == nil {
		return "exit status 0"
	}
	return p.err.Error()
}

// end stops it: fast while ctx lasts, then hard.
func (p *process) end(ctx context.Context) {
	_ = p.cmd.Process.Signal(syscall.SIGINT) // fast shutdown
	select {
	case <-p.done:
		return
	case <-ctx.Done():
	case <-time.After(stopTimeout):
	}
	_ = p.cmd.Process.Signal(syscall.SIGQUIT) // immediate shutdown
	select {
	case <-p.done:
	case <-time.After(10 * time.Second):
		_ = p.cmd.Process.Kill()
		<-p.done
	}
}
