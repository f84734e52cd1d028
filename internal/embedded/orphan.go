package embedded

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// stopOrphan ends a PostgreSQL that still runs on the directory because the
// process that started it was killed. The lock is ours, so nobody needs it. A
// stopped and restarted server has recovered; an adopted one would be no child
// of ours, and its end would go unnoticed.
func (p *Postgres) stopOrphan(ctx context.Context) error {
	pid, running := orphan(p.place.dir)
	if !running {
		return nil
	}
	p.log.Warn("a postgres is left from a process that was killed, stopping it", "pid", pid, "dir", p.place.dir)
	if err := ctx.Err(); err != nil {
		return err
	}
	return stopOrphan(p.place.dir)
}

func stopOrphan(dir string) error {
	for _, step := range []struct {
		sig  syscall.Signal
		wait time.Duration
	}{{syscall.SIGINT, 20 * time.Second}, {syscall.SIGQUIT, 10 * time.Second}} {
		pid, running := orphan(dir)
		if !running {
			return nil
		}
		if err := syscall.Kill(pid, step.sig); err != nil && !errors.Is(err, syscall.ESRCH) {
			return fmt.Errorf("stop the postgres (process %d) that is left in %s: %w", pid, dir, err)
		}
		for end := time.Now().Add(step.wait); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
			if !isPostgres(pid, dir) {
				return nil
			}
		}
	}
	pid, _ := orphan(dir)
	return fmt.Errorf("the postgres (process %d) that is left in %s does not stop: end it with kill -QUIT %d", pid, dir, pid)
}

// orphan reads postmaster.pid. A pid that now belongs to something else would
// make PostgreSQL refuse to start, so such a file is removed.
func orphan(dir string) (pid int, running bool) {
	path := filepath.Join(dir, "data", "postmaster.pid")
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) || err != nil {
		return 0, false
	}
	line, _, _ := strings.Cut(string(b), "\n")
	pid, err = strconv.Atoi(strings.TrimSpace(line))
	if err != nil || pid <= 1 {
		return 0, false
	}
	if isPostgres(pid, dir) {
		return pid, true
	}
	if !errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
		_ = os.Remove(path)
	}
	return pid, false
}

// isPostgres reports whether pid is a live postgres that was started on dir.
func isPostgres(pid int, dir string) bool {
	var line string
	if b, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid)); err == nil {
		line = strings.ReplaceAll(string(b), "\x00", " ") // empty for a zombie
	} else if b, err := exec.Command("ps", "-o", "command=", "-p", strconv.Itoa(pid)).Output(); err == nil { //nolint:gosec // a number
		line = string(b)
	}
	return strings.Contains(line, "postgres") && strings.Contains(line, filepath.Join(dir, "data"))
}
