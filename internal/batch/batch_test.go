package batch_test

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tributary/internal/batch"
	"tributary/internal/errs"
)

// disk is what the tests' writers commit to.
type disk struct {
	mu      sync.Mutex
	rows    []int
	commits int
	broken  func(list []int) error
	gate    chan struct{} // a commit waits for it; nil: none does
}

func (d *disk) commit(_ context.Context, list []int) (int64, error) {
	if d.gate != nil {
		<-d.gate
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.commits++
	if d.broken != nil {
		if err := d.broken(list); err != nil {
			return 0, err
		}
	}
	d.rows = append(d.rows, list...)
	return int64(len(list)), nil
}

func writer(d *disk, queue int, patience time.Duration) *batch.Writer[int] {
	return batch.New(batch.Options[int]{Name: "test", Queue: queue, Rows: 8, Patience: patience, Commit: d.commit, Log: slog.New(slog.DiscardHandler)})
}

func TestThoseWhoComeDuringACommitShareTheNext(t *testing.T) {
	t.Parallel()
	d := &disk{gate: make(chan struct{})}
	w := writer(d, 100, time.Minute)
	var wg sync.WaitGroup
	for i := range 17 {
		wg.Go(func() {
			if err := w.Put(context.Background(), i); err != nil {
				t.Error(err)
			}
		})
	}
	go func() {
		for range 17 {
			d.gate <- struct{}{}
		}
	}()
	wg.Wait()
	w.Close()
	if len(d.rows) != 17 || d.commits < 3 || d.commits > 17 { // 8 at most in each
		t.Errorf("%d rows in %d commits", len(d.rows), d.commits)
	}
}

func TestOneBadRowFailsAlone(t *testing.T) {
	t.Parallel()
	d := &disk{broken: func(list []int) error {
		for _, v := range list {
			if v == 3 {
				return errors.New("bad row")
			}
		}
		return nil
	}}
	w := writer(d, 100, time.Minute)
	defer w.Close()
	var refused atomic.Int64
	var wg sync.WaitGroup
	for i := range 30 {
		wg.Go(func() {
			err := w.Put(context.Background(), i)
			if (err != nil) != (i == 3) {
				t.Errorf("%d: %v", i, err)
			}
			if e := errs.As(err); e != nil && e.Kind == errs.Unavailable {
				refused.Add(1)
			}
		})
	}
	wg.Wait()
	if len(d.rows) != 29 || refused.Load() != 1 {
		t.Errorf("%d rows, %d refused", len(d.rows), refused.Load())
	}
}

func TestAFullQueueRefusesAtOnceAndASlowDiskAfterAWhile(t *testing.T) {
	t.Parallel()
	d := &disk{gate: make(chan struct{})}
	w := writer(d, 1, 50*time.Millisecond)
	var wg sync.WaitGroup
	codes := make(chan string, 20)
	for i := range 20 {
		wg.Go(func() {
			if e := errs.As(w.Put(context.Background(), i)); e != nil {
				codes <- e.Code
			}
		})
	}
	wg.Wait()
	close(codes)
	n := map[string]int{}
	for c := range codes {
		n[c]++
	}
	if n["test_full"] == 0 || n["storage_slow"] == 0 || n["test_full"]+n["storage_slow"] != 20 {
		t.Error(n)
	}
	close(d.gate)
	w.Close()
	if e := errs.As(w.Put(context.Background(), 1)); e == nil || e.Code != "shutting_down" {
		t.Error(e)
	}
}

func TestWhatWasHandedOverIsStoredBeforeTheEnd(t *testing.T) {
	t.Parallel()
	d := &disk{gate: make(chan struct{})}
	w := writer(d, 100, time.Minute)
	var stored atomic.Int64
	var wg sync.WaitGroup
	for i := range 50 {
		wg.Go(func() {
			if w.Put(context.Background(), i) == nil {
				stored.Add(1)
			}
		})
	}
	close(d.gate)
	wg.Wait()
	w.Close()
	if int(stored.Load()) != len(d.rows) {
		t.Errorf("%d were told yes, %d are stored", stored.Load(), len(d.rows))
	}
}
