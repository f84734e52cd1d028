package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"tributary/internal/platform/shopify"
)

// requests are whole HTTP requests, made beforehand: what is left to do for
// one is to write a new webhook id into it.
type requests struct {
	bytes [][]byte
	id    []int // where the 36 characters of the webhook id begin
}

func newRequests(ds []delivery) *requests {
	r := &requests{}
	for _, d := range ds {
		var b bytes.Buffer
		fmt.Fprintf(&b, "POST /webhooks/shopify HTTP/1.1\r\nHost: tributary.example.com\r\nUser-Agent: Shopify-Captain-Hook\r\nAccept: */*\r\n"+
			"Content-Type: application/json\r\nContent-Length: %d\r\nX-Shopify-Topic: %s\r\nX-Shopify-Hmac-Sha256: %s\r\n"+
			"X-Shopify-Shop-Domain: %s\r\nX-Shopify-Api-Version: %s\r\nX-Shopify-Triggered-At: %s\r\nX-Shopify-Event-Id: %s\r\nX-Shopify-Webhook-Id: ",
			len(d.body), d.topic, d.signature, shopDomain, shopify.APIVersion, time.Now().UTC().Format(time.RFC3339Nano), d.webhookID)
		r.id = append(r.id, b.Len())
		b.WriteString(d.webhookID)
		b.WriteString("\r\n\r\n")
		b.Write(d.body)
		r.bytes = append(r.bytes, b.Bytes())
	}
	return r
}

// writeID writes the n-th webhook id: a UUID that looks random, as Shopify's
// do, and is not twice the same.
func writeID(dst []byte, n uint64) {
	const hex = "0123456789abcdef"
	a, b := mix(2*n), mix(2*n+1)
	for i, k := 0, 0; i < 36; i++ {
		if i == 8 || i == 13 || i == 18 || i == 23 {
			dst[i] = '-'
			continue
		}
		v := a
		if k >= 16 {
			v = b
		}
		dst[i] = hex[v>>(60-4*(k%16))&15]
		k++
	}
}

// mix is the finaliser of splitmix64, a permutation.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// load is one run of requests against a server.
type load struct {
	address string
	reqs    *requests
	conns   int
	warm    time.Duration
	window  time.Duration
	rate    int // requests per second whatever the answers take; 0: each connection waits for its answer
}

// heard is what came of it.
type heard struct {
	rate     float64 // answers per second within the window
	p50, p99 float64 // milliseconds
	acked    int64   // all of them, the warm-up's too
	errors   int64
	firstErr error
}

// run sends until the time is over. In a closed loop latency counts from the
// write; in an open one from when the request was meant to leave, so that
// waiting behind a slow answer counts.
func (l load) run(ctx context.Context) (heard, error) {
	clients := make([]*client, l.conns)
	for i := range clients {
		c, err := net.Dial("tcp", l.address) //nolint:noctx // loopback; the run is bounded in time
		if err != nil {
			return heard{}, fmt.Errorf("dial: %w", err)
		}
		defer c.Close()
		clients[i] = &client{conn: c, in: make([]byte, 4096)}
	}
	var ticket, errs atomic.Int64
	var first atomic.Pointer[error]
	begin := time.Now()
	from, until := begin.Add(l.warm), begin.Add(l.warm+l.window)
	var wg sync.WaitGroup
	for _, c := range clients {
		wg.Go(func() {
			for ctx.Err() == nil {
				n := ticket.Add(1) - 1
				start := time.Now()
				if l.rate > 0 {
					start = begin.Add(time.Duration(n) * time.Second / time.Duration(l.rate))
					if wait := time.Until(start); wait > 0 {
						time.Sleep(wait)
					}
				}
				if !start.Before(until) {
					return
				}
				err := c.send(l.reqs, uint64(n)) //nolint:gosec // counts up from zero
				end := time.Now()
				if err != nil {
					errs.Add(1)
					first.CompareAndSwap(nil, &err)
					var refused refusal
					if !errors.As(err, &refused) {
						return // the connection is of no more use
					}
					continue
				}
				c.acked++
				if !start.Before(from) && (l.rate > 0 || end.Before(until)) {
					c.took = append(c.took, end.Sub(start))
				}
			}
		})
	}
	wg.Wait()
	var h heard
	var took []time.Duration
	for _, c := range clients {
		h.acked += c.acked
		took = append(took, c.took...)
	}
	if h.errors = errs.Load(); h.errors > 0 {
		h.firstErr = *first.Load()
	}
	if ctx.Err() != nil {
		return h, ctx.Err()
	}
	slices.Sort(took)
	h.rate = float64(len(took)) / l.window.Seconds()
	h.p50, h.p99 = percentile(took, 50), percentile(took, 99)
	return h, nil
}

// percentile in milliseconds of sorted durations.
func percentile(sorted []time.Duration, p int) float64 {
	if len(sorted) == 0 {
		return 0
	}
	return float64(sorted[min(len(sorted)-1, len(sorted)*p/100)]) / float64(time.Millisecond)
}

// client speaks just enough HTTP/1.1 to load a server at little cost: whole
// requests in one write, answers read for their status and length.
type client struct {
	conn  net.Conn
	out   []byte
	in    []byte
	acked int64
	took  []time.Duration
}

// refusal is an answer other than 200.
type refusal int

func (r refusal) Error() string { return "the server answered " + strconv.Itoa(int(r)) }

func (c *client) send(reqs *requests, n uint64) error {
	k := n % uint64(len(reqs.bytes))
	c.out = append(c.out[:0], reqs.bytes[k]...)
	writeID(c.out[reqs.id[k]:], n)
	if _, err := c.conn.Write(c.out); err != nil {
		return err
	}
	return c.answer()
}

func (c *client) answer() error {
	have, head := 0, -1
	for head < 0 {
		if have == len(c.in) {
			return errors.New("the answer's head is too long")
		}
		n, err := c.conn.Read(c.in[have:])
		if err != nil {
			return err
		}
		have += n
		head = bytes.Index(c.in[:have], []byte("\r\n\r\n"))
	}
	if have < 12 || !bytes.HasPrefix(c.in, []byte("HTTP/1.1 ")) {
		return fmt.Errorf("not an answer: %.40q", c.in[:have])
	}
	status := 100*int(c.in[9]-'0') + 10*int(c.in[10]-'0') + int(c.in[11]-'0')
	length, err := contentLength(c.in[:head])
	if err != nil {
		return err
	}
	if rest := length - (have - head - 4); rest > 0 {
		if _, err := io.CopyN(io.Discard, c.conn, int64(rest)); err != nil {
			return err
		}
	}
	if status != 200 {
		return refusal(status)
	}
	return nil
}

var lengthHeader = []byte("\r\nContent-Length: ")

func contentLength(head []byte) (int, error) {
	i := bytes.Index(head, lengthHeader)
	if i < 0 {
		return 0, fmt.Errorf("an answer without a length: %q", head)
	}
	rest := head[i+len(lengthHeader):]
	if end := bytes.IndexByte(rest, '\r'); end >= 0 {
		rest = rest[:end]
	}
	return strconv.Atoi(string(rest))
}
