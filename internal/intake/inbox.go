// Package intake takes deliveries in and settles what they say. Receive runs
// in the request and ends with a durable row; Settle runs in a worker and ends
// with orders, decisions and postings.
package intake

import (
	"context"
	"log/slog"
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

// Inbox makes deliveries durable; those that come at the same time share a
// commit.
type Inbox struct {
	writer *batch.Writer[*store.Delivery]
}

// NewInbox starts the inbox's writer. wake is called after a commit for each
// shop that has something new; it must not block. seen, if not nil, hears of
// each commit.
func NewInbox(db *store.DB, log *slog.Logger, wake func(shopID int64), seen func(batch int, fresh int64)) *Inbox {
	return &Inbox{batch.New(batch.Options[*store.Delivery]{
		Name: "inbox", Queue: inboxQueue, Rows: inboxBatch, Bytes: inboxBytes, Patience: inboxPatience, Log: log,
		Size:   func(d *store.Delivery) int { return len(d.Body) },
		Commit: db.InsertDeliveries,
		Done: func(ds []*store.Delivery, fresh int64) {
			var last int64
			for i, d := range ds {
				if d.ShopID != 0 && d.State == store.DeliveryPending && (i == 0 || d.ShopID != last) {
					wake(d.ShopID)
					last = d.ShopID
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

// Put returns when d is durable. Any error means that it may not be, and the
// caller must not acknowledge it.
func (in *Inbox) Put(ctx context.Context, d *store.Delivery) error { return in.writer.Put(ctx, d) }
