package embedded

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	osuser "os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"tributary/internal/errs"
)

// place is where the cluster lives and who runs it.
type place struct {
	dir  string
	cred *syscall.Credential // nil: ourselves
}

// resolve makes the directory and decides who runs PostgreSQL in it. As root
// that is an unprivileged user, for PostgreSQL refuses root; if that user
// cannot reach dir (a checkout under /root), a directory of its own elsewhere
// takes its place, always the same one for the same dir.
func resolve(dir string, log *slog.Logger) (place, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return place{}, fmt.Errorf("data directory: %w", err)
	}
	if os.Geteuid() != 0 {
		return place{dir: dir}, makeDir(dir, 0o700)
	}
	cred, err := unprivileged()
	if err != nil {
		return place{}, err
	}
	pl := place{dir: dir, cred: cred}
	if !pl.reachable(filepath.Dir(dir)) {
		if pl.dir, err = elsewhere(dir, pl); err != nil {
			return place{}, err
		}
		log.Warn("the user that runs postgres cannot reach the data directory, so the data is elsewhere",
			"wanted", dir, "using", pl.dir, "user", cred.Uid)
	}
	return pl, makeDir(pl.dir, 0o711)
}

func makeDir(dir string, mode fs.FileMode) error {
	err := os.MkdirAll(dir, 0o755) //nolint:gosec // parents must be passable; dir itself gets mode below
	if err == nil {
		err = os.Chmod(dir, mode)
	}
	if errors.Is(err, fs.ErrPermission) {
		return errs.New(errs.Invalid, "data_dir_unwritable", fmt.Sprintf("this user cannot write to %s: set DATA_DIR to a directory of theirs, or set DATABASE_URL", dir))
	}
	if err != nil {
		return fmt.Errorf("data directory: %w", err)
	}
	return nil
}

// fallbacks are the parents tried in order when the wanted place cannot be used.
func fallbacks() []string {
	return []string{"/var/lib/tributary", filepath.Join(os.TempDir(), "tributary")}
}

func elsewhere(dir string, pl place) (string, error) {
	for _, parent := range fallbacks() {
		if os.MkdirAll(parent, 0o755) == nil && pl.reachable(parent) { //nolint:gosec // must be passable
			return filepath.Join(parent, nameFor(dir)), nil
		}
	}
	return "", errs.New(errs.Invalid, "data_dir_unreachable", fmt.Sprintf(
		"the unprivileged user that runs PostgreSQL cannot reach %s: set DATA_DIR to a directory whose parents are passable (mode o+x)", dir))
}

func nameFor(dir string) string {
	h := sha256.Sum256([]byte(dir))
	return filepath.Base(filepath.Dir(filepath.Dir(dir))) + "-" + hex.EncodeToString(h[:6])
}

func unprivileged() (*syscall.Credential, error) {
	for _, name := range []string{"nobody", "postgres", "daemon"} {
		u, err := osuser.Lookup(name)
		if err != nil {
			continue
		}
		uid, err1 := strconv.ParseUint(u.Uid, 10, 32)
		gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
		if err1 == nil && err2 == nil && uid != 0 {
			return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
		}
	}
	return nil, errs.New(errs.Invalid, "no_unprivileged_user",
		"PostgreSQL does not run as root, and there is no user nobody to run it as: start the program as another user, or set DATABASE_URL")
}

// reachable reports whether the user that runs PostgreSQL may pass through dir
// and all above it. What does not exist yet will be made passable.
func (pl place) reachable(dir string) bool {
	for {
		st, err := os.Stat(dir)
		if err == nil && !pl.allowed(st, 0o1) {
			return false
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return false
		}
		up := filepath.Dir(dir)
		if up == dir {
			return true
		}
		dir = up
	}
}

// allowed checks one permission (4 read, 1 execute) by the file's mode.
func (pl place) allowed(st fs.FileInfo, bit fs.FileMode) bool {
	if pl.cred == nil {
		return true
	}
	sys, ok := st.Sys().(*syscall.Stat_t)
	switch {
	case ok && sys.Uid == pl.cred.Uid:
		bit <<= 6
	case ok && sys.Gid == pl.cred.Gid:
		bit <<= 3
	}
	return st.Mode().Perm()&bit != 0
}

// give hands a file or directory to the user that runs PostgreSQL.
func (pl place) give(path string) error {
	if pl.cred == nil {
		return nil
	}
	return os.Chown(path, int(pl.cred.Uid), int(pl.cred.Gid))
}

// attr runs a child as that user, in a process group of its own so that Ctrl-C
// reaches us and not it.
func (pl place) attr() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Credential: pl.cred}
}

// env is the children's environment: no PG* variable of ours may steer them.
func (pl place) env() []string {
	return []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C", "TZ=UTC", "HOME=" + pl.dir}
}

// lock takes the directory for this process, or says who has it.
func lock(dir string) (*os.File, error) {
	path := filepath.Join(dir, "lock")
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o644) //nolint:gosec // others may read whose it is
	if err != nil {
		return nil, fmt.Errorf("data directory: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		defer f.Close()
		if !errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fmt.Errorf("lock %s: %w", path, err)
		}
		return nil, inUse(dir, f)
	}
	err = f.Truncate(0)
	if err == nil {
		_, err = f.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
	}
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("lock %s: %w", path, err)
	}
	return f, nil
}

// isLocked reports whether a process has the directory. It asks by taking a
// lock, so it is for directories whose PostgreSQL answers.
func isLocked(dir string) bool {
	f, err := os.Open(filepath.Join(dir, "lock"))
	if err != nil {
		return false
	}
	defer f.Close()
	return errors.Is(syscall.Flock(int(f.Fd()), syscall.LOCK_SH|syscall.LOCK_NB), syscall.EWOULDBLOCK)
}

func inUse(dir string, f *os.File) error {
	b := make([]byte, 20)
	n, _ := f.ReadAt(b, 0)
	pid := strings.TrimSpace(string(b[:n]))
	who, stop := "another tributary process", "stop it"
	if pid != "" {
		who, stop = "process "+pid, "stop it (kill "+pid+")"
	}
	return errs.New(errs.Conflict, "data_dir_in_use", fmt.Sprintf(
		"%s already runs the embedded PostgreSQL in %s: %s, or set DATA_DIR to another directory, or set DATABASE_URL", who, dir, stop))
}

// Remove deletes the PostgreSQL of dir with all its data, wherever Start put
// it. It refuses while a process uses it; what does not exist is no error.
func Remove(dir string) error {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	for _, d := range candidates(dir) {
		if err := removeOne(d); err != nil {
			return err
		}
	}
	return nil
}

func candidates(dir string) []string {
	all := []string{dir}
	for _, parent := range fallbacks() {
		all = append(all, filepath.Join(parent, nameFor(dir)))
	}
	return all
}

func removeOne(dir string) error {
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	f, err := lock(dir)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := stopOrphan(dir); err != nil {
		return err
	}
	return os.RemoveAll(dir)
}
