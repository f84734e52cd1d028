// Package batch lets concurrent callers share one durable commit: whoever hands
// something over while a commit is in flight goes into the next one. There is no
// timer, so an idle writer adds no latency.
package batch

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"tributary/internal/errs"
)

// Options of New. Commit and Name are needed.
type Options[T any] struct {
	Name  string // in errors and the log: "inbox"
	Queue int    // how many may wait for the writer; beyond it callers are refused
	Rows  int    // at most so many in one commit
	Bytes int    // and at most so many bytes, by Size; 0: no bound
	Size  func(T) int
	// Patience bounds the whole wait of a caller, and a commit.
	Patience time.Duration
	// Commit makes all of the list durable, or nothing of it.
	Commit func(ctx context.Context, list []T) (fresh int64, err error)
	// Done, if not nil, hears of each commit before the callers do. It must not
	// block.
	Done func(list []T, fresh int64)
	Log  *slog.Logger
}

// Writer is one goroutine that commits what many hand over.
type Writer[T any] struct {
	o     Options[T]
	queue chan *waiting[T]
	pool  sync.Pool
	done  chan struct{}
	stop  sync.Once
	end   sync.WaitGroup
}

// waiting is what a caller waits for. All of it is used again: at thousands of
// callers a second, channels and timers made anew for each cost more than the
// waiting itself.
type waiting[T any] struct {
	v    T
	ack  chan error
	late *time.Timer
}

// New starts a writer; Close it.
func New[T any](o Options[T]) *Writer[T] {
	w := &Writer[T]{o: o, queue: make(chan *waiting[T], o.Queue), done: make(chan struct{})}
	w.pool.New = func() any {
		it := &waiting[T]{ack: make(chan error, 1), late: time.NewTimer(time.Hour)}
		it.late.Stop()
		return it
	}
	w.end.Add(1)
	go w.write()
	return w
}

// Close stops the writer after it has stored what was already handed over.
func (w *Writer[T]) Close() {
	w.stop.Do(func() { close(w.done) })
	w.end.Wait()
}

// Put returns when v is durable. Any error, always of kind Unavailable, means
// that it may not be, and the caller must not acknowledge it; the writer may
// then still hold v.
func (w *Writer[T]) Put(v T) error {
	select {
	case <-w.done:
		return errs.New(errs.Unavailable, "shutting_down", "This server is shutting down. Try again.")
	default:
	}
	it := w.pool.Get().(*waiting[T])
	it.v = v
	select {
	case w.queue <- it:
	default:
		return errs.New(errs.Unavailable, w.o.Name+"_full", "Too much is waiting to be stored. Try again later.")
	}
	it.late.Reset(w.o.Patience)
	select {
	case err := <-it.ack:
		it.late.Stop()
		var none T
		it.v = none
		w.pool.Put(it)
		return err
	case <-it.late.C:
		return errs.New(errs.Unavailable, "storage_slow", "Storage did not answer in time. Try again.")
	}
}

func (w *Writer[T]) write() {
	defer w.end.Done()
	items := make([]*waiting[T], 0, w.o.Rows)
	list := make([]T, 0, w.o.Rows)
	for {
		items, list = items[:0], list[:0]
		select {
		case it := <-w.queue:
			items = append(items, it)
		case <-w.done:
			select { // what was handed over before the stop is still stored
			case it := <-w.queue:
				items = append(items, it)
			default:
				return
			}
		}
		size := w.size(items[0].v)
	gather:
		for len(items) < w.o.Rows && (w.o.Bytes == 0 || size < w.o.Bytes) {
			select {
			case it := <-w.queue:
				items = append(items, it)
				size += w.size(it.v)
			default:
				break gather
			}
		}
		for _, it := range items {
			list = append(list, it.v)
		}
		w.commit(items, list)
	}
}

func (w *Writer[T]) size(v T) int {
	if w.o.Size == nil {
		return 0
	}
	return w.o.Size(v)
}

// commit stores the list and answers everyone. If that fails, each is tried
// alone, so that one bad row fails alone.
func (w *Writer[T]) commit(items []*waiting[T], list []T) {
	ctx, cancel := context.WithTimeout(context.Background(), w.o.Patience)
	defer cancel()
	fresh, err := w.o.Commit(ctx, list)
	if err == nil {
		w.answer(items, list, fresh)
		return
	}
	w.o.Log.Warn(w.o.Name+" commit failed", "rows", len(items), "err", err)
	for i, it := range items {
		alone := err // which stands for those whom no time is left for
		if len(items) > 1 && ctx.Err() == nil {
			fresh, alone = w.o.Commit(ctx, list[i:i+1])
		}
		if alone != nil {
			it.ack <- errs.New(errs.Unavailable, "storage_down", "Storage is not available. Try again.")
			continue
		}
		w.answer(items[i:i+1], list[i:i+1], fresh)
	}
}

func (w *Writer[T]) answer(items []*waiting[T], list []T, fresh int64) {
	if w.o.Done != nil {
		w.o.Done(list, fresh)
	}
	for _, it := range items {
		it.ack <- nil
	}
}
