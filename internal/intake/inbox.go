// Package intake takes deliveries in and settles what they say. Receive runs
// in the request and ends with a durable row; Settle runs in a worker and ends
// with orders, decisions and postings.
package intake

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"tributary/internal/errs"
	"tributary/internal/store"
)

const (
	inboxQueue    = 4096            // deliveries that may wait for the writer; beyond it callers get 503
	inboxBatch    = 128             // rows in one commit
	inboxBytes    = 4 << 20         // bytes in one commit
	inboxPatience = time.Second * 4 // Shopify gives up after five
)

// Inbox makes deliveries durable. Requests that arrive while a commit is in
// flight share the next one: no timer, so an idle inbox adds no latency.
type Inbox struct {
	db   *store.DB
	log  *slog.Logger
	wake func(shopID int64)
	seen func(batch int, fresh int64)

	queue chan *waiting
	done  chan struct{}
	stop  sync.Once
	end   sync.WaitGroup
}

// waiting is a delivery that its request waits for. All of it is used again:
// at thousands of requests a second, memory and timers made anew for each cost
// more than the waiting itself.
type waiting struct {
	d    store.Delivery
	buf  []byte // what d.Body lies in
	ack  chan error
	late *time.Timer
}

var waitingPool = sync.Pool{New: func() any {
	w := &waiting{buf: make([]byte, 16<<10), ack: make(chan error, 1), late: time.NewTimer(time.Hour)}
	w.late.Stop()
	return w
}}

const keepBuffer = 64 << 10 // larger ones are left to the garbage collector

// NewInbox starts the inbox's writer. wake is called after a commit for each
// shop that has something new; it must not block. seen, if not nil, hears of
// each commit.
func NewInbox(db *store.DB, log *slog.Logger, wake func(shopID int64), seen func(batch int, fresh int64)) *Inbox {
	in := &Inbox{db: db, log: log, wake: wake, seen: seen, queue: make(chan *waiting, inboxQueue), done: make(chan struct{})}
	in.end.Add(1)
	go in.write()
	return in
}

// Close stops the writer after it has stored what was already handed over.
func (in *Inbox) Close() {
	in.stop.Do(func() { close(in.done) })
	in.end.Wait()
}

// Put returns when d with this body is durable. Any error means that it may
// not be, and the caller must not acknowledge it. The body is not kept.
func (in *Inbox) Put(d store.Delivery, body []byte) error {
	select {
	case <-in.done:
		return errs.New(errs.Unavailable, "shutting_down", "This server is shutting down. Send the delivery again.")
	default:
	}
	w := waitingPool.Get().(*waiting)
	w.d = d
	w.d.Body = store.PackInto(w.buf, body)
	select {
	case in.queue <- w:
	default:
		return errs.New(errs.Unavailable, "inbox_full", "The inbox is full. Send the delivery again later.")
	}
	w.late.Reset(inboxPatience)
	select {
	case err := <-w.ack:
		w.late.Stop()
		if cap(w.d.Body) > cap(w.buf) && cap(w.d.Body) <= keepBuffer {
			w.buf = w.d.Body
		}
		w.d = store.Delivery{}
		waitingPool.Put(w)
		return err
	case <-w.late.C: // the writer still has w
		return errs.New(errs.Unavailable, "storage_slow", "Storage did not answer in time. Send the delivery again.")
	}
}

func (in *Inbox) write() {
	defer in.end.Done()
	batch := make([]*waiting, 0, inboxBatch)
	rows := make([]*store.Delivery, 0, inboxBatch)
	for {
		batch, rows = batch[:0], rows[:0]
		select {
		case w := <-in.queue:
			batch = append(batch, w)
		case <-in.done:
			select { // what was handed over before the stop is still stored
			case w := <-in.queue:
				batch = append(batch, w)
			default:
				return
			}
		}
		size := len(batch[0].d.Body)
	gather:
		for len(batch) < inboxBatch && size < inboxBytes {
			select {
			case w := <-in.queue:
				batch = append(batch, w)
				size += len(w.d.Body)
			default:
				break gather
			}
		}
		for _, w := range batch {
			rows = append(rows, &w.d)
		}
		ctx, cancel := context.WithTimeout(context.Background(), inboxPatience)
		in.commit(ctx, batch, rows)
		cancel()
	}
}

// commit stores the batch and answers everyone in it. If the batch fails, each
// row is tried alone while ctx lasts, so that one bad row fails alone.
func (in *Inbox) commit(ctx context.Context, batch []*waiting, rows []*store.Delivery) {
	fresh, err := in.db.InsertDeliveries(ctx, rows)
	if err == nil {
		in.answer(batch, fresh)
		return
	}
	in.log.Warn("inbox commit failed", "rows", len(batch), "err", err)
	for i, w := range batch {
		alone := err
		if len(batch) > 1 && ctx.Err() == nil {
			fresh, alone = in.db.InsertDeliveries(ctx, rows[i:i+1])
		}
		if alone != nil {
			w.ack <- errs.New(errs.Unavailable, "storage_down", "Storage is not available. Send the delivery again.")
			continue
		}
		in.answer(batch[i:i+1], fresh)
	}
}

func (in *Inbox) answer(batch []*waiting, fresh int64) {
	var last int64
	for i, w := range batch {
		if s := w.d.ShopID; s != 0 && w.d.State == store.DeliveryPending && (i == 0 || s != last) {
			in.wake(s)
			last = s
		}
		w.ack <- nil
	}
	if in.seen != nil {
		in.seen(len(batch), fresh)
	}
}
