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
			if err := w.Put(i); err != nil {
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
			err := w.Put(i)
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

func TestNoRowIsAcknowledgedBecauseTheOneBeforeItWasStored(t *testing.T) {
	t.Parallel()
	first, gate := true, make(chan struct{})
	var stored []int
	w := batch.New(batch.Options[int]{Name: "test", Queue: 8, Rows: 8, Patience: 200 * time.Millisecond, Log: slog.New(slog.DiscardHandler),
		Commit: func(ctx context.Context, list []int) (int64, error) {
			switch {
			case first: // all come together behind this one
				first, stored = false, append(stored, list...)
				<-gate
			case len(list) > 1:
				return 0, errors.New("bad batch")
			default: // after the first row alone there is no time left
				stored = append(stored, list...)
				<-ctx.Done()
			}
			return 1, nil
		}})
	var wg sync.WaitGroup
	wg.Go(func() { _ = w.Put(0) })
	var thanked atomic.Int64
	for i := range 4 {
		wg.Go(func() {
			if w.Put(i+1) == nil {
				thanked.Add(1)
			}
		})
	}
	time.AfterFunc(50*time.Millisecond, func() { close(gate) })
	wg.Wait()
	w.Close()
	if int(thanked.Load()) > len(stored) {
		t.Errorf("%d callers were told that their rows are stored, %v are", thanked.Load(), stored)
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
			if e := errs.As(w.Put(i)); e != nil {
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
	if e := errs.As(w.Put(1)); e == nil || e.Code != "shutting_down" {
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
			if w.Put(i) == nil {
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
