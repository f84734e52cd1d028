package sandbox

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Crowd is people, and programs that are not people, in front of the app's public
// doors: links, landing pages, forms. They come from addresses of their own,
// which a proxy on this machine passes on: the app must trust 127.0.0.1.
type Crowd struct {
	name   string
	client *http.Client
	people atomic.Uint64
}

// Person is somebody with a browser, an address and a mailbox.
type Person struct {
	Address, Agent, Email string
	Header                []string // more of what their browser sends: names and values
}

// The agents of programs that follow links without anybody having read them.
const (
	PreviewAgent = "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)"
	BotAgent     = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
	ScriptAgent  = "python-requests/2.32.3"
)

// browsers are the agents of people.
var browsers = []string{
	userAgent,
	"Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Mobile Safari/537.36",
	"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36",
	"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Safari/605.1.15",
	"Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0",
}

// NewCrowd makes a crowd; mailboxes of different names never meet.
func NewCrowd(name string) *Crowd {
	return &Crowd{name: name, client: &http.Client{
		Timeout:       30 * time.Second,
		Transport:     &http.Transport{MaxIdleConnsPerHost: 64},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// networks is how many /24 the shared address space 100.64.0.0/10 has: nobody's
// in public.
const networks = 1 << 14

// Person is somebody who has not come before: in a network, or with a browser,
// that nobody had so far.
func (c *Crowd) Person() Person {
	n := c.people.Add(1) - 1
	net := n % networks
	return Person{
		Address: fmt.Sprintf("100.%d.%d.%d", 64+net/256, net%256, 1+n/networks%250),
		Agent:   browsers[n/networks%uint64(len(browsers))],
		Email:   fmt.Sprintf("person%d.%s@example.com", n, c.name),
	}
}

// Reply is what the app answered.
type Reply struct {
	Status   int
	Location string
	Body     []byte
}

// Do sends a request as the person. A nil form has no body.
func (c *Crowd) Do(ctx context.Context, p Person, method, address string, form url.Values) (Reply, error) {
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	req, err := http.NewRequestWithContext(ctx, method, address, body)
	if err != nil {
		return Reply{}, err
	}
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	req.Header.Set("X-Forwarded-For", p.Address)
	req.Header.Set("User-Agent", p.Agent)
	for i := 0; i+1 < len(p.Header); i += 2 {
		req.Header.Set(p.Header[i], p.Header[i+1])
	}
	res, err := c.client.Do(req)
	if err != nil {
		return Reply{}, err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(io.LimitReader(res.Body, 1<<20))
	return Reply{Status: res.StatusCode, Location: res.Header.Get("Location"), Body: bytes.Clone(b)}, err
}

// Follow follows a link and returns the address of the store that it leads to.
func (c *Crowd) Follow(ctx context.Context, p Person, link string) (landing string, err error) {
	r, err := c.Do(ctx, p, http.MethodGet, link, nil)
	if err == nil && (r.Status != http.StatusFound || r.Location == "") {
		err = fmt.Errorf("sandbox: %s answered %d", link, r.Status)
	}
	return r.Location, err
}

// Hit is one request of many.
type Hit struct {
	Person Person
	Method string
	URL    string
}

// Together sends requests as so many do at the same time, and returns how each
// was answered, in their order.
func (c *Crowd) Together(ctx context.Context, visits []Hit) ([]Reply, error) {
	const atOnce = 32
	replies := make([]Reply, len(visits))
	errs := make([]error, len(visits))
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(atOnce, len(visits)) {
		wg.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= len(visits) {
					return
				}
				replies[i], errs[i] = c.Do(ctx, visits[i].Person, visits[i].Method, visits[i].URL, nil)
			}
		})
	}
	wg.Wait()
	for i, err := range errs {
		if err != nil {
			return replies, err
		}
		if s := replies[i].Status; s >= 400 {
			return replies, fmt.Errorf("sandbox: %s answered %d", visits[i].URL, s)
		}
	}
	return replies, nil
}
