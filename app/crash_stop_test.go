package main

import (
	"bufio"
	"bytes"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
)

// These tests hold the program to what docs/operations.md says about stopping
// and about the embedded PostgreSQL.

func TestSIGTERMEndsInOrder(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	server, worker := s.serve(), s.work()
	f := s.flood(5)
	f.until(150)
	worker.terminate()
	f.until(300)
	server.terminate()
	server, worker = s.serve(), s.work()
	f.until(600)
	server.terminate()
	worker.terminate()
	server = s.serve()
	s.work()
	f.over()
	s.sound()

	// A request under way is waited for; new ones find the door closed.
	p := s.shops[0].parcels[0]
	slow := p.begin(t, s.base)
	server.signal(syscall.SIGTERM)
	eventually(t, "the door is closed", func() error {
		c, err := net.Dial("tcp", strings.TrimPrefix(s.base, "http://"))
		if err != nil {
			return nil //nolint:nilerr // what was hoped for
		}
		c.Close()
		return errNotYet
	})
	if status := slow.finish(t); status != http.StatusOK {
		t.Errorf("a request under way when SIGTERM came was answered %d", status)
	}
	if code := server.exit(); code != exitOK {
		t.Errorf("serve ended with %d", code)
	}

	// A second signal ends at once.
	server = s.serve()
	slow = p.begin(t, s.base)
	defer slow.conn.Close()
	server.signal(syscall.SIGTERM)
	eventually(t, "the second signal ends it", func() error {
		if server.running() {
			_ = server.cmd.Process.Signal(syscall.SIGTERM)
			return errNotYet
		}
		return nil
	})
	if code := server.exit(); code != -1 {
		t.Errorf("serve ended with %d at the second signal, want the signal's own end", code)
	}
}

func TestARedisThatHangsHoldsNothingUp(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	s.env = append(s.env, "SHUTDOWN_TIMEOUT=3s")
	server, worker := s.serve(), s.work()
	f := s.flood(7)
	f.until(150)
	s.redis.proc.signal(syscall.SIGSTOP)
	f.over()
	if code, body := s.get("/readyz"); code != http.StatusOK || !strings.Contains(body, `"redis","ok":false`) {
		t.Errorf("readyz while Redis hangs: %d %s", code, body)
	}
	if n := f.refused.Load() + f.cut.Load(); n > 0 {
		t.Errorf("%d deliveries were refused because of Redis", n)
	}
	began := time.Now()
	server.terminate()
	worker.terminate()
	if took := time.Since(began); took > 20*time.Second { // left to itself the driver tries for longer
		t.Errorf("serve and work took %s to end", took)
	}
}

// halfSent is a request whose body is not complete yet.
type halfSent struct {
	conn net.Conn
	in   *bufio.Reader
	rest []byte
}

func (p *parcel) begin(t *testing.T, base string) *halfSent {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(base, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "POST %s HTTP/1.1\r\nHost: app\r\nContent-Length: %d\r\nExpect: 100-continue\r\n", p.path, len(p.body))
	_ = p.header.Write(&b)
	b.WriteString("\r\n")
	half := len(p.body) / 2
	b.Write(p.body[:half])
	if _, err := conn.Write(b.Bytes()); err != nil {
		t.Fatal(err)
	}
	in := bufio.NewReader(conn)
	if line, err := in.ReadString('\n'); err != nil || !strings.Contains(line, "100 Continue") { // it reads the body now
		t.Fatalf("%q, %v", line, err)
	}
	_, _ = in.ReadString('\n')
	return &halfSent{conn, in, p.body[half:]}
}

func (h *halfSent) finish(t *testing.T) int {
	t.Helper()
	defer h.conn.Close()
	if _, err := h.conn.Write(h.rest); err != nil {
		t.Fatal(err)
	}
	res, err := http.ReadResponse(h.in, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	return res.StatusCode
}

func TestACommandStoppedBeforeItIsDoneSaysSo(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0") // takes connections and says nothing
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	bin, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	for _, command := range []string{"serve", "work", "verify"} {
		s := &stack{t: t, bin: bin, dir: t.TempDir()}
		s.settings("DATABASE_URL=postgres://x:x@"+l.Addr().String()+"/x?sslmode=disable", "REDIS_URL=redis://127.0.0.1:1/0")
		p := launch(t, command, s.command(command))
		conn, err := l.Accept() // it waits for PostgreSQL now
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		p.signal(syscall.SIGTERM)
		if code := p.exit(); code != exitInterrupted || !strings.Contains(p.log.String(), "interrupted") {
			t.Errorf("%s ended with %d and said %q", command, code, p.log.String())
		}
	}
}

func TestWithoutWhatItNeedsServeSaysWhatIsMissing(t *testing.T) {
	t.Parallel()
	bin, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	for _, command := range []string{"serve", "work"} {
		s := &stack{t: t, bin: bin, dir: t.TempDir()}
		s.settings("DATABASE_URL=postgres://x:x@127.0.0.1:1/x?sslmode=disable", "REDIS_URL=redis://127.0.0.1:1/0")
		if _, said, code := s.run(command); code != exitUnavailable || !strings.Contains(said, "PostgreSQL (DATABASE_URL) does not answer") {
			t.Errorf("%s ended with %d and said %q", command, code, said)
		}
	}
}

func TestTheEmbeddedPostgresIsOneProcessesAndSurvivesIt(t *testing.T) {
	t.Parallel()
	bin, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	s := &stack{t: t, bin: bin, dir: openDir(t)}
	s.settings()
	s.addShops()
	server := s.serve() // works as well

	// The way to look inside that docs/operations.md shows.
	data := filepath.Join(s.dir, "data", "postgres")
	read := func(name string) string {
		b, err := os.ReadFile(filepath.Join(data, name))
		if err != nil {
			t.Fatal(err)
		}
		return strings.TrimSpace(string(b))
	}
	url := fmt.Sprintf("postgres://tributary:%s@127.0.0.1:%s/tributary", read("password"), read("port"))
	s.agree(url)
	if s.admin, err = pgxpool.New(t.Context(), url); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.admin.Close)

	// One at a time, refused by name of the first.
	pid := strconv.Itoa(server.cmd.Process.Pid)
	for _, command := range [][]string{{"serve"}, {"work"}, {"reset", "--yes"}} {
		if _, said, code := s.run(command...); code != exitConflict || !strings.Contains(said, "process "+pid) || !strings.Contains(said, "DATA_DIR") {
			t.Errorf("%s on the same directory ended with %d and said %q", command, code, said)
		}
	}

	// PostgreSQL dies under it and is started again; it is killed itself, twice.
	f := s.flood(6)
	f.until(200)
	s.pgDir = data
	s.killPostmaster()
	f.until(400)
	if !server.running() {
		t.Error("it ended with its PostgreSQL")
	}
	for _, permille := range []int{400, 700} {
		f.until(permille)
		server.kill()
		server = s.serve()
	}
	f.over()
	s.quiet()
	s.stored()
	s.balanced()
	s.earned()
	s.logged()
	server.terminate()
	s.check("verify")
	s.check("replay")

	// A PostgreSQL that cannot come back ends the program, which says why.
	server = s.serve()
	control := filepath.Join(data, "data", "global", "pg_control")
	if err := os.Rename(control, control+".away"); err != nil {
		t.Fatal(err)
	}
	s.killPostmaster()
	if code := server.exit(); code != exitFailed || !strings.Contains(server.log.tail(2000), "pg_control") {
		t.Errorf("serve ended with %d and said %q", code, server.log.tail(2000))
	}
	s.mustRun("reset", "--yes")
}
