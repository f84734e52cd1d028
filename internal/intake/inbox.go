// Package intake takes deliveries in and settles what they say. Receive runs
// in the request and ends with a durable row; Settle runs in a worker and ends
// with orders, decisions and postings.
package intake

import (
	"log/slog"
	"sync"
	"time"

	"tributary/internal/batch"
	"tributary/internal/store"
)

const (
	inboxQueue    = 4096            // deliveries that may wait for the writer; beyond it callers get 503
	inboxBatch    = 128             // rows in one commit
	inboxBytes    = 4 << 20         // bytes in one commit
	inboxPatience = time.Second * 4 // Shopify gives up after five
)

// Inbox makes deliveries durable; those that arrive together share a commit.
type Inbox struct {
	writer *batch.Writer[*store.Delivery]
}

// parcel is a delivery with the memory that its packed body lies in, which is
// used again.
type parcel struct {
	d   store.Delivery
	buf []byte
}

var parcels = sync.Pool{New: func() any { return &parcel{buf: make([]byte, 16<<10)} }}

const keepBuffer = 64 << 10 // larger ones are left to the garbage collector

// NewInbox starts the inbox's writer; Close it. wake is called after a commit
// for each shop that has something new; it must not block. seen, if not nil,
// hears of each commit.
func NewInbox(db *store.DB, log *slog.Logger, wake func(shopID int64), seen func(batch int, fresh int64)) *Inbox {
	return &Inbox{batch.New(batch.Options[*store.Delivery]{
		Name: "inbox", Queue: inboxQueue, Rows: inboxBatch, Bytes: inboxBytes, Patience: inboxPatience, Log: log, Commit: db.InsertDeliveries,
		Size: func(d *store.Delivery) int { return len(d.Body) },
		Done: func(ds []*store.Delivery, fresh int64) {
			var last int64
			for i, d := range ds {
				if s := d.ShopID; s != 0 && d.State == store.DeliveryPending && (i == 0 || s != last) {
					wake(s)
					last = s
				}
			}
			if seen != nil {
				seen(len(ds), fresh)
			}
		},
	})}
}

// Close stops the writer after it has stored what was already handed over.
func (in *Inbox) Close() { in.writer.Close() }

// Put returns when d with this body is durable. Any error means that it may
// not be, and the caller must not acknowledge it. The body is not kept.
func (in *Inbox) Put(d store.Delivery, body []byte) error {
	p := parcels.Get().(*parcel)
	p.d = d
	p.d.Body = store.PackInto(p.buf, body)
	if err := in.writer.Put(&p.d); err != nil {
		return err // the writer may still hold the parcel
	}
	if cap(p.d.Body) > cap(p.buf) && cap(p.d.Body) <= keepBuffer {
		p.buf = p.d.Body
	}
	p.d = store.Delivery{}
	parcels.Put(p)
	return nil
}
