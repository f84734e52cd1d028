package bench

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"strconv"
	"time"

	"tributary/internal/embedded"
)

// redis is the one that naive queues its tasks in.
type redis struct {
	url, note string
	stop      func()
}

// startRedis starts redis-server on a free port, or the in-process stand-in,
// which is several times slower and therefore told of.
func startRedis() (*redis, error) {
	path, err := exec.LookPath("redis-server")
	if err != nil {
		r, err := embedded.StartRedis(slog.New(slog.DiscardHandler))
		if err != nil {
			return nil, err
		}
		return &redis{url: r.URL(), note: "redis-server was not found: the in-process Redis, several times slower, stood in, so naive is too slow here", stop: r.Stop}, nil
	}
	l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // loopback, at once
	if err != nil {
		return nil, err
	}
	port := strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
	l.Close()
	dir, err := os.MkdirTemp("", "tributary-bench-redis-")
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(path, "--port", port, "--bind", "127.0.0.1", "--save", "", "--dir", dir) //nolint:gosec,noctx // the binary we looked for; it ends with stop
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start redis-server: %w", err)
	}
	stop := func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		_ = os.RemoveAll(dir)
	}
	for range 100 {
		if c, err := net.Dial("tcp", "127.0.0.1:"+port); err == nil { //nolint:noctx // loopback, at once
			c.Close()
			return &redis{url: "redis://127.0.0.1:" + port + "/0", stop: stop}, nil
		}
		time.Sleep(50 * time.Millisecond)
	}
	stop()
	return nil, errors.New("redis-server does not answer")
}
