package embedded_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"tributary/internal/embedded"
	"tributary/internal/errs"
)

// childEnv makes this test binary a process that only runs PostgreSQL on the
// directory it names, so that a test can kill it.
const childEnv = "EMBEDDED_TEST_CHILD"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childEnv); dir != "" {
		pg, err := embedded.Start(context.Background(), options(dir, io.Discard))
		if err != nil {
			fmt.Println("error", err)
			os.Exit(1)
		}
		fmt.Println("url", pg.URL())
		select {} // until killed
	}
	os.Exit(m.Run())
}

func options(dir string, log io.Writer) embedded.Options {
	return embedded.Options{
		Dir: dir, Log: slog.New(slog.NewTextHandler(log, nil)),
		Settings: []string{"shared_buffers=8MB", "max_connections=20"},
	}
}

// newDir is a directory that an unprivileged user can reach, which t.TempDir
// is not when the tests run as root.
func newDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "embedded-test-")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := embedded.Remove(filepath.Join(dir, "pg")); err != nil {
			t.Error(err)
		}
		os.RemoveAll(dir)
	})
	return filepath.Join(dir, "pg")
}

func start(t *testing.T, dir string) *embedded.Postgres {
	t.Helper()
	var log bytes.Buffer
	pg, err := embedded.Start(t.Context(), options(dir, &log))
	if err != nil {
		t.Fatalf("%v\n%s", err, &log)
	}
	t.Cleanup(func() { stop(t, pg) })
	return pg
}

func stop(t *testing.T, pg *embedded.Postgres) {
	t.Helper()
	if err := pg.Stop(context.Background()); err != nil {
		t.Error(err)
	}
}

func query(t *testing.T, url, sql string) string {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	var out string
	if err := conn.QueryRow(t.Context(), sql).Scan(&out); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return out
}

func exec1(t *testing.T, url, sql string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	if _, err := conn.Exec(t.Context(), sql); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

func serverPID(t *testing.T, dir string) int {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, "data", "postmaster.pid"))
	if err != nil {
		t.Fatal(err)
	}
	line, _, _ := strings.Cut(string(b), "\n")
	pid, err := strconv.Atoi(line)
	if err != nil {
		t.Fatal(err)
	}
	return pid
}

func TestDataAndPortSurviveAStop(t *testing.T) {
	t.Parallel()
	dir := newDir(t)
	pg := start(t, dir)
	exec1(t, pg.URL(), "CREATE TABLE t AS SELECT 'kept' AS v")
	first := pg.URL()
	stop(t, pg)
	if _, err := pgx.Connect(t.Context(), first); err == nil {
		t.Error("it answers after Stop")
	}
	pg = start(t, dir)
	if got := query(t, pg.URL(), "SELECT v FROM t"); got != "kept" {
		t.Errorf("got %q", got)
	}
	if pg.URL() != first {
		t.Error("another password or port")
	}
}

func TestTheClusterIsPrivateAndSpeaksUTF8(t *testing.T) {
	t.Parallel()
	dir := newDir(t)
	pg := start(t, dir)
	for sql, want := range map[string]string{
		"SHOW server_encoding":  "UTF8",
		"SHOW listen_addresses": "127.0.0.1",
		"SHOW fsync":            "on",
		"SHOW data_checksums":   "on",
		"SELECT string_agg(DISTINCT auth_method, ',') FROM pg_hba_file_rules":   "scram-sha-256",
		"SELECT string_agg(x, '' ORDER BY x) FROM unnest(ARRAY['b','a','B']) x": "Bab",
	} {
		if got := query(t, pg.URL(), sql); got != want {
			t.Errorf("%s: %q, want %q", sql, got, want)
		}
	}
	for name, want := range map[string]os.FileMode{"password": 0o600, "data": 0o700} {
		st, err := os.Stat(filepath.Join(dir, name))
		if err != nil || st.Mode().Perm() != want {
			t.Errorf("%s: %v, %v", name, st.Mode(), err)
		}
	}
	if os.Geteuid() == 0 {
		st, err := os.Stat(fmt.Sprintf("/proc/%d", serverPID(t, dir)))
		if err == nil && st.Sys().(*syscall.Stat_t).Uid == 0 {
			t.Error("it runs as root")
		}
	}
	wrong := strings.Replace(pg.URL(), "tributary:", "tributary:x", 1)
	if _, err := pgx.Connect(t.Context(), wrong); err == nil {
		t.Error("a wrong password is let in")
	}
}

func TestASecondInstanceOnTheDirectoryIsRefused(t *testing.T) {
	t.Parallel()
	dir := newDir(t)
	pg := start(t, dir)
	_, err := embedded.Start(t.Context(), options(dir, io.Discard))
	e := errs.As(err)
	if e == nil || e.Kind != errs.Conflict || !strings.Contains(e.Msg, strconv.Itoa(os.Getpid())) || !strings.Contains(e.Msg, "DATA_DIR") {
		t.Errorf("want a message that names the process and what to do, got %v", err)
	}
	if errs.As(embedded.Remove(dir)) == nil {
		t.Error("it may be removed while it runs")
	}
	if query(t, pg.URL(), "SELECT 'fine'") != "fine" {
		t.Error("the first one was hurt")
	}
}

// child runs PostgreSQL in another process of ours.
func child(t *testing.T, dir string) (cmd *exec.Cmd, url string) {
	t.Helper()
	cmd = exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childEnv+"="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	line, err := bufio.NewReader(out).ReadString('\n')
	url, ok := strings.CutPrefix(strings.TrimSpace(line), "url ")
	if err != nil || !ok {
		t.Fatalf("child says %q, %v", line, err)
	}
	return cmd, url
}

func kill(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
}

func TestToolsWorkBesideTheProcessThatRunsIt(t *testing.T) {
	t.Parallel()
	dir := newDir(t)
	if url, ok := embedded.Running(t.Context(), dir); ok {
		t.Errorf("nothing runs, yet it answers at %s", url)
	}
	pg := start(t, dir)
	url, ok := embedded.Running(t.Context(), dir)
	if !ok || url != pg.URL() || query(t, url, "SELECT 'yes'") != "yes" {
		t.Errorf("%v %s, want %s", ok, url, pg.URL())
	}
	stop(t, pg)
	if _, ok := embedded.Running(t.Context(), dir); ok {
		t.Error("it runs no more")
	}
}

func TestAKilledProcessIsRecoveredFromByTheNextStart(t *testing.T) {
	t.Parallel()
	dir := newDir(t)
	cmd, url := child(t, dir)
	exec1(t, url, "CREATE TABLE t AS SELECT 'committed' AS v")
	kill(t, cmd)
	pg := start(t, dir) // at once, while the orphan may still run
	if got := query(t, pg.URL(), "SELECT v FROM t"); got != "committed" {
		t.Errorf("got %q", got)
	}
}

func TestAnOrphanThatKeepsRunningIsStopped(t *testing.T) {
	t.Parallel()
	dir := newDir(t)
	cmd, url := child(t, dir)
	exec1(t, url, "CREATE TABLE t AS SELECT 'committed' AS v")
	pid := serverPID(t, dir)
	if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil { // it cannot follow us into death
		t.Fatal(err)
	}
	kill(t, cmd)
	go func() { _ = syscall.Kill(pid, syscall.SIGCONT) }()
	pg := start(t, dir)
	if got := query(t, pg.URL(), "SELECT v FROM t"); got != "committed" {
		t.Errorf("got %q", got)
	}
	if serverPID(t, dir) == pid {
		t.Error("the orphan still runs")
	}
}

func TestAStaleProcessFileIsNoObstacle(t *testing.T) {
	t.Parallel()
	dir := newDir(t)
	pg := start(t, dir)
	file := filepath.Join(dir, "data", "postmaster.pid")
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	stop(t, pg)
	_, rest, _ := bytes.Cut(b, []byte("\n"))
	for name, pid := range map[string]int{"dead": 1 << 22, "someone else's": os.Getpid()} {
		stale := append([]byte(strconv.Itoa(pid)+"\n"), rest...)
		if err := os.WriteFile(file, stale, 0o600); err != nil {
			t.Fatal(err)
		}
		if os.Geteuid() == 0 {
			st, _ := os.Stat(filepath.Dir(file))
			sys := st.Sys().(*syscall.Stat_t)
			if err := os.Chown(file, int(sys.Uid), int(sys.Gid)); err != nil {
				t.Fatal(err)
			}
		}
		pg, err := embedded.Start(t.Context(), options(dir, io.Discard))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		stop(t, pg)
	}
}

func TestAKilledPostgresIsNoticedAndStartedAgain(t *testing.T) {
	t.Parallel()
	dir := newDir(t)
	pg := start(t, dir)
	exec1(t, pg.URL(), "CREATE TABLE t AS SELECT 'committed' AS v")
	pid := serverPID(t, dir)
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	deadline := time.After(30 * time.Second)
	for {
		conn, err := pgx.Connect(t.Context(), pg.URL())
		if err == nil {
			conn.Close(t.Context())
			if serverPID(t, dir) != pid {
				break
			}
		}
		select {
		case err := <-pg.Failed():
			t.Fatal(err)
		case <-deadline:
			t.Fatal("it does not come back")
		case <-time.After(20 * time.Millisecond):
		}
	}
	if got := query(t, pg.URL(), "SELECT v FROM t"); got != "committed" {
		t.Errorf("got %q", got)
	}
}

func TestAPostgresThatCannotComeBackIsReported(t *testing.T) {
	t.Parallel()
	dir := newDir(t)
	pg := start(t, dir)
	pid := serverPID(t, dir)
	control := filepath.Join(dir, "data", "global", "pg_control")
	if err := os.Rename(control, control+".away"); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-pg.Failed():
		if !strings.Contains(err.Error(), "pg_control") {
			t.Errorf("the reason is missing: %v", err)
		}
	case <-time.After(30 * time.Second):
		t.Error("nothing is reported")
	}
}

func TestAClusterOfAnotherVersionIsNotTouched(t *testing.T) {
	t.Parallel()
	dir := newDir(t)
	if err := os.MkdirAll(filepath.Join(dir, "data"), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"data/PG_VERSION": "12\n", "password": "x\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	_, err := embedded.Start(t.Context(), options(dir, io.Discard))
	e := errs.As(err)
	if e == nil || e.Code != "postgres_version" || !strings.Contains(e.Msg, "PostgreSQL 12") || !strings.Contains(e.Msg, "TRIBUTARY_POSTGRES_BIN") {
		t.Errorf("want a message that says what to do, got %v", err)
	}
}

func TestWithoutBinariesItSaysWhatToInstall(t *testing.T) {
	t.Parallel()
	o := options(newDir(t), io.Discard)
	o.Bin = t.TempDir()
	_, err := embedded.Start(t.Context(), o)
	e := errs.As(err)
	if e == nil || e.Code != "postgres_missing" || !strings.Contains(e.Msg, "make setup") || !strings.Contains(e.Msg, o.Bin) {
		t.Errorf("got %v", err)
	}
}

func TestAnInterruptedFirstStartIsMadeAnew(t *testing.T) {
	t.Parallel()
	dir := newDir(t)
	if err := os.MkdirAll(filepath.Join(dir, "data.new", "base"), 0o755); err != nil {
		t.Fatal(err)
	}
	start(t, dir)
	if _, err := os.Stat(filepath.Join(dir, "data.new")); !errors.Is(err, os.ErrNotExist) {
		t.Error("the leftover stays")
	}
}

func TestADirectoryBehindAClosedDoorIsMovedAndRemembered(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("only root runs PostgreSQL as another user")
	}
	closed := t.TempDir() // 0700 above
	if err := os.Chmod(closed, 0o700); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(closed, "pg")
	t.Cleanup(func() {
		if err := embedded.Remove(dir); err != nil {
			t.Error(err)
		}
	})
	var log bytes.Buffer
	for round := range 2 {
		pg, err := embedded.Start(t.Context(), options(dir, &log))
		if err != nil {
			t.Fatal(err)
		}
		if round == 0 {
			exec1(t, pg.URL(), "CREATE TABLE t AS SELECT 'kept' AS v")
		}
		if got := query(t, pg.URL(), "SELECT v FROM t"); got != "kept" {
			t.Errorf("got %q", got)
		}
		stop(t, pg)
	}
	if !strings.Contains(log.String(), "cannot reach") || !strings.Contains(log.String(), dir) {
		t.Errorf("the log does not say where the data is: %s", &log)
	}
}

func TestRedisAnswersAndSaysThatNothingIsLost(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	r, err := embedded.StartRedis(slog.New(slog.NewTextHandler(&log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Stop()
	if !strings.HasPrefix(r.URL(), "redis://127.0.0.1:") || !strings.Contains(log.String(), "nothing is lost") {
		t.Errorf("%s, %s", r.URL(), &log)
	}
}
