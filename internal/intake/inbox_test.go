package intake

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"tributary/internal/domain/order"
	"tributary/internal/pgtest"
	"tributary/internal/store"
)

func TestNoRowIsAcknowledgedBecauseTheOneBeforeItWasStored(t *testing.T) {
	t.Parallel()
	db := pgtest.Open(t, store.Options{})
	ctx, timeIsOver := context.WithCancel(t.Context())
	acks := 0
	in := &Inbox{db: db, log: slog.New(slog.DiscardHandler), wake: func(int64) {}, seen: func(int, int64) { acks++; timeIsOver() }}
	var batch []*waiting
	var rows []*store.Delivery
	for i, topic := range []string{"orders/create", "orders/\x00", "orders/create", "orders/create"} {
		now := db.Now()
		w := &waiting{ack: make(chan error, 1), d: store.Delivery{ID: [16]byte{byte(i)}, Day: now.Truncate(24 * time.Hour), Platform: order.Shopify, Topic: topic, ReceivedAt: now, Body: []byte("{}")}}
		batch, rows = append(batch, w), append(rows, &w.d)
	}
	in.commit(ctx, batch, rows) // the bad topic refuses the batch; after the first row alone there is no time left
	for i, w := range batch {
		if err := <-w.ack; (err == nil) != (i == 0) {
			t.Errorf("row %d was answered %v", i, err)
		}
	}
	if acks != 1 {
		t.Errorf("%d rows counted as stored, want 1", acks)
	}
}
