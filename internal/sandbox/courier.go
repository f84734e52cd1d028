package sandbox

import (
	"bytes"
	"context"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"
)

// Stats counts what a store sent. Attempts = Delivered + Failures.
type Stats struct {
	Attempts   int            `json:"attempts"`
	Delivered  int            `json:"delivered"`  // answered with success
	Failures   int            `json:"failures"`   // attempts that were not
	Retries    int            `json:"retries"`    // attempts after the first (Shopify)
	Lost       int            `json:"lost"`       // given up for good
	Duplicates int            `json:"duplicates"` // sent again although it had been answered
	HeldBack   int            `json:"held_back"`  // sent behind later ones
	Merged     int            `json:"merged"`     // repeats that became one delivery (WooCommerce)
	Dropped    int            `json:"dropped"`    // not queued because the webhook was disabled (WooCommerce)
	Pings      int            `json:"pings"`
	ByTopic    map[string]int `json:"by_topic"`
}

// courier runs deliveries with bounded workers and knows when all is quiet.
type courier struct {
	opt    Delivery
	client *http.Client
	jobs   chan func()
	ctx    context.Context
	cancel context.CancelFunc

	mu    sync.Mutex
	idle  *sync.Cond
	open  int // jobs not finished, waits for a retry included
	held  []held
	rng   *rand.Rand
	stats Stats
}

type held struct {
	after int // jobs that go first
	do    func()
}

func newCourier(d Delivery) *courier {
	c := &courier{
		opt: d, jobs: make(chan func(), 256), rng: rand.New(rand.NewPCG(7, 11)),
		client: &http.Client{
			Timeout:       d.Timeout,
			Transport:     &http.Transport{MaxIdleConnsPerHost: d.Workers, DisableKeepAlives: !d.KeepAlive, DisableCompression: true},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
	c.stats.ByTopic = map[string]int{}
	c.idle = sync.NewCond(&c.mu)
	c.ctx, c.cancel = context.WithCancel(context.Background())
	for range d.Workers {
		go c.work()
	}
	return c
}

func (c *courier) work() {
	for {
		select {
		case <-c.ctx.Done():
			return
		case do := <-c.jobs:
			do()
		}
	}
}

// submit hands a job to the workers and waits when they are far behind.
// The job must call done exactly once when it is over for good.
func (c *courier) submit(do func()) {
	c.mu.Lock()
	c.open++
	c.mu.Unlock()
	c.push(do)
	c.release(false)
}

func (c *courier) push(do func()) {
	select {
	case c.jobs <- do:
	case <-c.ctx.Done():
		c.done()
	}
}

// hold keeps a job back until some later ones have gone.
func (c *courier) hold(do func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.open++
	c.stats.HeldBack++
	c.held = append(c.held, held{1 + c.rng.IntN(12), do})
}

// release counts one job past those held back, and lets go of what is due.
func (c *courier) release(all bool) {
	c.mu.Lock()
	var due []func()
	keep := c.held[:0]
	for _, h := range c.held {
		if h.after--; all || h.after <= 0 {
			due = append(due, h.do)
		} else {
			keep = append(keep, h)
		}
	}
	c.held = keep
	c.mu.Unlock()
	for _, do := range due {
		c.push(do)
	}
}

// wait runs the job again after d of platform time.
func (c *courier) wait(d time.Duration, do func()) {
	time.AfterFunc(time.Duration(float64(d)*c.opt.TimeScale), func() { c.push(do) })
}

func (c *courier) done() {
	c.mu.Lock()
	c.open--
	c.mu.Unlock()
	c.idle.Broadcast()
}

// settle returns when nothing is open, or with ctx's error.
func (c *courier) settle(ctx context.Context) error {
	c.release(true)
	stop := context.AfterFunc(ctx, c.idle.Broadcast)
	defer stop()
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.open > 0 && ctx.Err() == nil && c.ctx.Err() == nil {
		c.idle.Wait()
	}
	return ctx.Err()
}

func (c *courier) close() {
	c.cancel()
	c.idle.Broadcast()
	c.client.CloseIdleConnections()
}

func (c *courier) count(do func(*Stats)) {
	c.mu.Lock()
	do(&c.stats)
	c.mu.Unlock()
}

func (c *courier) snapshot() Stats {
	c.mu.Lock()
	defer c.mu.Unlock()
	st := c.stats
	st.ByTopic = maps.Clone(st.ByTopic)
	return st
}

// chance draws with a probability per thousand.
func (c *courier) chance(permille int) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return permille > 0 && c.rng.IntN(1000) < permille
}

// post sends one request with headers spelt exactly as given and returns the
// status; 0 when there was no answer.
func (c *courier) post(url string, header map[string]string, body []byte) int {
	req, err := http.NewRequestWithContext(c.ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return 0
	}
	for k, v := range header {
		req.Header[k] = []string{v}
	}
	res, err := c.client.Do(req)
	if err != nil {
		return 0
	}
	_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, 1<<16))
	_ = res.Body.Close()
	return res.StatusCode
}
