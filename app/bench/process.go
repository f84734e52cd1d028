package bench

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/pprof"
	"strconv"
	"strings"
	"time"

	"tributary/internal/config"
)

// Command is a process to start: *exec.Cmd of this program as a contender.
type Command interface {
	StdinPipe() (io.WriteCloser, error)
	StdoutPipe() (io.ReadCloser, error)
	Start() error
	Wait() error
}

// task is what a contender's process is told, one JSON line on its stdin.
type task struct {
	Role        string
	DatabaseURL string
	RedisURL    string
	SourceURL   string // where the limit takes its rows from
	Sealing     string // seal.Key
	Secret      string // of the Shopify app
	ShopID      int64
	Workers     int
	Limit       int // rows, where a role does only some of its work
	Period      string
	Until       time.Time // as of when
	Uncounted   bool      // without KPIs
	Profile     string    // file for a CPU profile
}

// account is what it says when it is done, one JSON line on its stdout. A
// server says where it listens first.
type account struct {
	Address string
	Seconds float64
	Rows    int64
	P50     float64            `json:",omitempty"` // ms
	P99     float64            `json:",omitempty"`
	Value   string             `json:",omitempty"` // what was found, to be compared
	Extra   map[string]float64 `json:",omitempty"`
	RSS     float64            // peak, MiB
	Error   string
}

// role is what a contender's process does. A server role calls ready with its
// address and works until ctx ends.
type role func(ctx context.Context, o task, ready func(address string)) (account, error)

var roles = map[string]role{
	"ingest-ours":  ingestOurs,
	"ingest-naive": ingestNaive,
	"ingest-limit": ingestLimit,
	"settle-ours":  settleOurs,
	"settle-naive": settleNaive,
	"settle-limit": settleLimit,
	"replay-ours":  replayOurs,
	"close-ours":   closeOurs,
	"close-naive":  closeNaive,
	"close-limit":  closeLimit,
}

// Contend is the other side: the process of one contender. It reads its task
// from in, works, and tells its account on out. It ends when in is closed.
func Contend(ctx context.Context, in io.Reader, out io.Writer) error {
	r := bufio.NewReader(in)
	line, err := r.ReadBytes('\n')
	if err != nil {
		return errors.New("this command is started by bench")
	}
	var o task
	if err := json.Unmarshal(line, &o); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		_, _ = r.ReadByte()
		cancel()
	}()
	if !strings.HasSuffix(o.Role, "-naive") {
		config.TuneMemory() // as serve and work do
	}
	if o.Profile != "" {
		f, err := os.Create(o.Profile)
		if err != nil {
			return err
		}
		defer f.Close()
		if err := pprof.StartCPUProfile(f); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
	}
	enc := json.NewEncoder(out)
	do, ok := roles[o.Role]
	if !ok {
		return fmt.Errorf("no role %q", o.Role)
	}
	a, err := do(ctx, o, func(address string) { _ = enc.Encode(account{Address: address}) })
	if err != nil {
		a.Error = err.Error()
	}
	a.RSS = peakRSS()
	return enc.Encode(a)
}

// peakRSS is this process's VmHWM in MiB; 0 where the system does not tell.
func peakRSS() float64 {
	b, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(b)) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kib, _ := strconv.ParseFloat(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 64)
			return kib / 1024
		}
	}
	return 0
}

// contender is a running process of a role.
type contender struct {
	cmd Command
	in  io.WriteCloser
	out *json.Decoder
}

func (s *stage) start(ctx context.Context, o task) (*contender, error) {
	o.Sealing, o.Secret = s.sealing.String(), secret
	if s.Profile != "" {
		if err := os.MkdirAll(s.Profile, 0o755); err != nil { //nolint:gosec // a directory of profiles is no secret
			return nil, err
		}
		o.Profile = fmt.Sprintf("%s/%s-%02d-%s.pprof", s.Profile, s.benchmark, s.step, o.Role)
	}
	c := &contender{cmd: s.Exec(ctx)}
	var err error
	if c.in, err = c.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	c.out = json.NewDecoder(out)
	if err := c.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", o.Role, err)
	}
	if err := json.NewEncoder(c.in).Encode(o); err != nil {
		c.in.Close()
		_ = c.cmd.Wait()
		return nil, fmt.Errorf("start %s: %w", o.Role, err)
	}
	return c, nil
}

// next reads what the process has to say.
func (c *contender) next() (a account, err error) {
	if err := c.out.Decode(&a); err != nil {
		return a, fmt.Errorf("contender ended early: %w", err)
	}
	if a.Error != "" {
		return a, errors.New(a.Error)
	}
	return a, nil
}

// end stops it and returns its account.
func (c *contender) end() (account, error) {
	c.in.Close()
	a, err := c.next()
	if werr := c.cmd.Wait(); err == nil {
		err = werr
	}
	return a, err
}

// job runs a role that ends by itself.
func (s *stage) job(ctx context.Context, o task) (account, error) {
	c, err := s.start(ctx, o)
	if err != nil {
		return account{}, err
	}
	a, err := c.next()
	c.in.Close()
	if werr := c.cmd.Wait(); err == nil {
		err = werr
	}
	if err != nil {
		err = fmt.Errorf("%s: %w", o.Role, err)
	}
	return a, err
}
