package web_test

import (
	"bufio"
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"tributary/app/web"
	"tributary/internal/store"
)

// bell is a feed that the test rings.
type bell struct {
	mu        sync.Mutex
	listeners map[int64][]chan struct{}
	listening chan int64
}

func (b *bell) Listen(shopID int64) (<-chan struct{}, func()) {
	c := make(chan struct{}, 1)
	b.mu.Lock()
	b.listeners[shopID] = append(b.listeners[shopID], c)
	b.mu.Unlock()
	b.listening <- shopID
	return c, func() {}
}

func (b *bell) ring(shopID int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, c := range b.listeners[shopID] {
		c <- struct{}{}
	}
}

// happens adds an event of so many cents to a shop's feed.
func (s shop) happens(minor int64) {
	s.w.t.Helper()
	s.w.in(s, func(tx *store.Tx) error {
		return tx.AddFeed(context.Background(), []store.FeedRow{{At: tx.Now, Kind: "earned", InfluencerID: 1, EarningID: 7, SourceKind: store.EarningOrder, Source: 1001, Currency: "USD", Minor: minor}})
	})
}

// watch connects and gives the lines of the stream.
func (s shop) watch(ctx context.Context, headers ...string) (lines chan string) {
	s.w.t.Helper()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.w.url+"/api/v1/feed", http.NoBody)
	if err != nil {
		s.w.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+s.read)
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		s.w.t.Fatal(err)
	}
	if res.StatusCode != http.StatusOK || res.Header.Get("Content-Type") != "text/event-stream" {
		s.w.t.Fatalf("%d %v", res.StatusCode, res.Header)
	}
	lines = make(chan string, 100)
	go func() {
		defer res.Body.Close()
		defer close(lines)
		for sc := bufio.NewScanner(res.Body); sc.Scan(); {
			lines <- sc.Text()
		}
	}()
	return lines
}

// next is the next line that begins with prefix.
func next(t *testing.T, lines chan string, prefix string) string {
	t.Helper()
	for {
		select {
		case l, ok := <-lines:
			if !ok {
				t.Fatal("the stream has ended")
			}
			if strings.HasPrefix(l, prefix) {
				return l
			}
		case <-time.After(20 * time.Second):
			t.Fatalf("no line with %q", prefix)
		}
	}
}

func TestTheLiveFeedGoesOnWhereItEnded(t *testing.T) {
	t.Parallel()
	b := &bell{listeners: map[int64][]chan struct{}{}, listening: make(chan int64, 10)}
	w := newWorld(t, func(d *web.Deps) { d.Feed = b })
	w.a.happens(100)
	w.b.happens(99999)
	ctx, cancel := context.WithCancel(t.Context())
	lines := w.a.watch(ctx)
	first := next(t, lines, "id: ")
	if data := next(t, lines, "data: "); !strings.Contains(data, `"amount":"1.00"`) || !strings.Contains(data, `"order_id":"1001"`) {
		t.Fatal(data)
	}
	<-b.listening
	w.a.happens(200)
	b.ring(w.a.id)
	if data := next(t, lines, "data: "); !strings.Contains(data, `"amount":"2.00"`) {
		t.Fatal(data)
	}
	cancel()
	w.a.happens(300)
	ctx, cancel = context.WithCancel(t.Context())
	defer cancel()
	lines = w.a.watch(ctx, "Last-Event-ID", strings.TrimPrefix(first, "id: "))
	for _, want := range []string{"2.00", "3.00"} {
		if data := next(t, lines, "data: "); !strings.Contains(data, `"amount":"`+want+`"`) {
			t.Errorf("%s, want %s", data, want)
		}
	}
}
