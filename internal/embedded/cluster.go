package embedded

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
)

func (p *Postgres) dataDir() string { return filepath.Join(p.place.dir, "data") }
func (p *Postgres) logPath() string { return filepath.Join(p.place.dir, "postgres.log") }

const maxLog = 16 << 20

// ensureCluster makes the cluster when there is none. One that was being made
// when we were killed is made anew: it gets its name when it is complete.
func (p *Postgres) ensureCluster(ctx context.Context) (first bool, err error) {
	if st, err := os.Stat(p.logPath()); err == nil && st.Size() > maxLog {
		_ = os.Rename(p.logPath(), p.logPath()+".1")
	}
	if err := p.ensurePassword(); err != nil {
		return false, err
	}
	if _, err := os.Stat(filepath.Join(p.dataDir(), "PG_VERSION")); err == nil {
		return false, nil
	}
	fresh := p.dataDir() + ".new"
	if err := os.RemoveAll(fresh); err != nil {
		return false, fmt.Errorf("make cluster: %w", err)
	}
	if err := os.Mkdir(fresh, 0o700); err != nil {
		return false, fmt.Errorf("make cluster: %w", err)
	}
	if err := p.place.give(fresh); err != nil {
		return false, fmt.Errorf("make cluster: %w", err)
	}
	if err := p.initdb(ctx, fresh); err != nil {
		return false, err
	}
	return true, os.Rename(fresh, p.dataDir())
}

func (p *Postgres) initdb(ctx context.Context, dir string) error {
	// initdb reads the password as the unprivileged user, from a file that
	// lives no longer than it.
	pw, err := os.CreateTemp(p.place.dir, "pw") // mode 0600
	if err != nil {
		return fmt.Errorf("make cluster: %w", err)
	}
	defer os.Remove(pw.Name())
	_, err = pw.WriteString(p.password + "\n")
	if err := errors.Join(err, pw.Close(), p.place.give(pw.Name())); err != nil {
		return fmt.Errorf("make cluster: %w", err)
	}
	args := []string{
		"-D", dir, "-U", user, "--pwfile", pw.Name(), "--auth=scram-sha-256",
		"--encoding=UTF8", "--locale=C", "--data-checksums", "--no-instructions",
	}
	if p.bin.major >= 17 { // the same order of text on every machine, with Unicode letters known
		args = append(args, "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
	}
	cmd := exec.CommandContext(ctx, filepath.Join(p.bin.dir, "initdb"), args...) //nolint:gosec // the binary we looked for
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr, cmd.Dir, cmd.Env = &out, &out, p.place.dir, p.place.env()
	cmd.SysProcAttr = p.place.attr()
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("make cluster with %s: %w\n%s", cmd.Path, err, lastLines(out.Bytes()))
	}
	return nil
}

// ensurePassword reads the superuser's password or makes it. It belongs to the
// cluster: without it the cluster's data cannot be reached.
func (p *Postgres) ensurePassword() error {
	path := filepath.Join(p.place.dir, "password")
	b, err := os.ReadFile(path)
	if err == nil && len(b) > 0 {
		p.password = strings.TrimSpace(string(b))
		return nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("password of the embedded postgres: %w", err)
	}
	if _, err := os.Stat(filepath.Join(p.dataDir(), "PG_VERSION")); err == nil {
		return fmt.Errorf("%s is missing, so the data in %s cannot be opened: put it back from a backup, or start anew with `tributary reset --yes`", path, p.dataDir())
	}
	p.password = rand.Text()
	return writeFile(path, p.password)
}

// choosePort returns the port it had last, or a free one, which is remembered.
func (p *Postgres) choosePort(ctx context.Context) (int, error) {
	path := filepath.Join(p.place.dir, "port")
	var lc net.ListenConfig
	if b, err := os.ReadFile(path); err == nil {
		last := strings.TrimSpace(string(b))
		if l, err := lc.Listen(ctx, "tcp", "127.0.0.1:"+last); err == nil {
			l.Close()
			return strconv.Atoi(last)
		}
	}
	l, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return 0, fmt.Errorf("find a free port: %w", err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	l.Close()
	return port, writeFile(path, strconv.Itoa(port))
}

// ensureDatabase makes the program's database in a new cluster.
func (p *Postgres) ensureDatabase(ctx context.Context) error {
	conn, err := pgx.Connect(ctx, p.url("postgres"))
	if err != nil {
		return fmt.Errorf("embedded postgres: %w", err)
	}
	defer conn.Close(ctx)
	var there bool
	err = conn.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", database).Scan(&there)
	if err == nil && !there {
		_, err = conn.Exec(ctx, "CREATE DATABASE "+database)
	}
	if err != nil {
		return fmt.Errorf("make database: %w", err)
	}
	return nil
}

// writeFile replaces a small private file whole.
func writeFile(path, text string) error {
	if err := os.WriteFile(path+".new", []byte(text+"\n"), 0o600); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}

// tailFrom returns the last lines of the log after an offset.
func tailFrom(path string, from int64) string {
	b, err := os.ReadFile(path)
	if err != nil || int64(len(b)) <= from {
		return ""
	}
	return lastLines(b[from:])
}

func lastLines(b []byte) string {
	lines := strings.Split(strings.TrimSpace(string(b)), "\n")
	return strings.Join(lines[max(0, len(lines)-12):], "\n")
}
