package intake

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"tributary/internal/domain/order"
	"tributary/internal/platform"
	"tributary/internal/platform/woocommerce"
	"tributary/internal/seal"
	"tributary/internal/store"
)

// Rereader reads orders again whose webhooks do not tell all: WooCommerce's
// webhooks give of a refund only the sum, and of a deletion not even the time.
// What it reads is stored as a delivery of its own kind and settled like one,
// so that a replay sees it too.
type Rereader struct {
	db     *store.DB
	keys   *seal.Keys
	client *woocommerce.Client
	log    *slog.Logger
	slots  chan struct{}
}

// NewRereader makes a Rereader. keys open the connections' REST keys; atOnce is
// how many stores may be called at the same time, so that slow ones do not keep
// all workers.
func NewRereader(db *store.DB, keys *seal.Keys, client *woocommerce.Client, log *slog.Logger, atOnce int) *Rereader {
	return &Rereader{db: db, keys: keys, client: client, log: log, slots: make(chan struct{}, max(atOnce, 1))}
}

const (
	rereadBatch = 20               // orders claimed at once
	rereadLease = 10 * time.Minute // until what a dead worker had claimed is due again
)

// The waits before an order that could not be read is tried again.
var rereadAfter = []time.Duration{time.Minute, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 12 * time.Hour, 24 * time.Hour}

// Shop reads what is due in a shop, one order after the other, and returns how
// many were read; they wait to be settled then. A store that does not answer,
// or refuses the keys, is left alone for a while; when too many stores are being
// called nothing is done. It is safe to run twice and to be killed at any point:
// reading again changes nothing.
func (r *Rereader) Shop(ctx context.Context, shopID int64) (read int, err error) {
	select {
	case r.slots <- struct{}{}:
		defer func() { <-r.slots }()
	default:
		return 0, nil
	}
	for {
		var due []store.Reread
		var c store.RestConnection
		err := r.db.InTx(ctx, shopID, func(tx *store.Tx) (err error) {
			if c, err = tx.RestConnection(ctx); err != nil {
				return err
			}
			due, err = tx.ClaimRereads(ctx, rereadBatch, rereadLease)
			return err
		})
		if store.IsNotFound(err) {
			return read, nil // nobody gave us keys
		}
		if err != nil || len(due) == 0 {
			return read, err
		}
		n, more, err := r.readAll(ctx, shopID, c, due)
		read += n
		if err != nil || !more {
			return read, err
		}
	}
}

// readAll reads what was claimed, outside any transaction. more is false when
// the store should be left alone.
func (r *Rereader) readAll(ctx context.Context, shopID int64, c store.RestConnection, due []store.Reread) (n int, more bool, err error) {
	key, secret, err := platform.OpenRestKeys(r.keys, c.TokenHash, c.Keys)
	if err != nil {
		return 0, false, err
	}
	access := woocommerce.Access{BaseURL: c.BaseURL, Key: key, Secret: secret}
	for i := range due {
		at := r.db.Now()
		got, err := r.client.ReadOrder(ctx, access, due[i].OrderID)
		if err == nil {
			err = Observe(ctx, r.db, shopID, c.ID, got, at)
		}
		var e *woocommerce.Error
		switch {
		case err == nil:
			n++
		case !errors.As(err, &e):
			return n, false, err
		case e.OfOrder():
			if err := r.putOff(ctx, shopID, c.ID, due[i:i+1], e); err != nil {
				return n, false, err
			}
		default:
			return n, false, r.putOff(ctx, shopID, c.ID, due[i:], e)
		}
	}
	return n, true, r.db.InTx(ctx, shopID, func(tx *store.Tx) error { return tx.SetRestHealth(ctx, c.ID, store.Healthy) })
}

// putOff notes why orders could not be read and when to try again. Trouble with
// the store is the connection's, too.
func (r *Rereader) putOff(ctx context.Context, shopID, connectionID int64, due []store.Reread, e *woocommerce.Error) error {
	r.log.Warn("order not read again", "shop_id", shopID, "order_id", due[0].OrderID, "orders", len(due), "err", e, "cause", errors.Unwrap(e))
	return r.db.InTx(ctx, shopID, func(tx *store.Tx) error {
		for _, d := range due {
			wait := max(rereadAfter[min(d.Attempts, len(rereadAfter))-1], e.RetryAfter)
			if err := tx.PutOffReread(ctx, d.OrderID, tx.Now.Add(wait), shorten(e.Error())); err != nil {
				return err
			}
		}
		if e.OfOrder() {
			return nil
		}
		return tx.SetRestHealth(ctx, connectionID, shorten(e.Reason))
	})
}

// Observe stores what reading an order at the given instant gave, as a delivery
// that nobody sent and nobody signed. It returns when that is durable.
func Observe(ctx context.Context, db *store.DB, shopID, connectionID int64, got woocommerce.Read, at time.Time) error {
	return observe(ctx, db, store.Delivery{ShopID: shopID, ConnectionID: connectionID, Platform: order.WooCommerce, Topic: woocommerce.TopicRead}, got.OrderID, got.Body(), at)
}

func observe(ctx context.Context, db *store.DB, d store.Delivery, orderID int64, body []byte, at time.Time) error {
	var name [24]byte
	binary.BigEndian.PutUint64(name[:], uint64(d.ConnectionID))   //nolint:gosec // any bits will do
	binary.BigEndian.PutUint64(name[8:], uint64(orderID))         //nolint:gosec // any bits will do
	binary.BigEndian.PutUint64(name[16:], uint64(at.UnixMicro())) //nolint:gosec // any bits will do
	d.ID = platform.DeliveryID(d.Topic, string(name[:]), string(body))
	d.TriggeredAt, d.ReceivedAt, d.Body = at, db.Now(), store.Pack(body)
	d.Day = platform.Day(d.TriggeredAt, d.ReceivedAt)
	if _, err := db.InsertDeliveries(ctx, []*store.Delivery{&d}); err != nil {
		return fmt.Errorf("store what reading order %d gave: %w", orderID, err)
	}
	return nil
}

// askRereads notes which of the chunk's orders only a reading would make clear,
// and forgets those that are.
func (w *work) askRereads(chunk []item) (unclear int, err error) {
	if order.Platform(w.shop.Platform) != order.WooCommerce {
		return 0, nil
	}
	var ask, drop []int64
	seen := map[int64]bool{}
	for i := range chunk {
		it := &chunk[i]
		if it.err != nil || it.fact == nil || it.replayed || seen[it.fact.OrderID] {
			continue
		}
		seen[it.fact.OrderID] = true
		if w.orders[it.fact.OrderID].o.Unclear() {
			ask = append(ask, it.fact.OrderID)
		} else {
			drop = append(drop, it.fact.OrderID)
		}
	}
	if err := w.tx.AskRereads(w.ctx, ask); err != nil {
		return 0, err
	}
	return len(ask), w.tx.DropRereads(w.ctx, drop)
}
