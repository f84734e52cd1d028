package intake

import (
	"context"
	"encoding/binary"
	"fmt"
	"slices"
	"time"

	"tributary/internal/domain/order"
	"tributary/internal/errs"
	"tributary/internal/platform"
	"tributary/internal/platform/shopify"
	"tributary/internal/platform/woocommerce"
	"tributary/internal/store"
)

// handOver decodes what was read and sends it in batches to be settled.
func handOver(ctx context.Context, chunks chan<- []item, ds []store.Delivery, hash platform.Hash) error {
	for part := range slices.Chunk(ds, batchSize) {
		select {
		case chunks <- decodeAll(part, hash):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

func decodeAll(ds []store.Delivery, hash platform.Hash) []item {
	out := make([]item, len(ds))
	var buf []byte
	for i := range ds {
		out[i], buf = decode(ds[i], hash, buf)
	}
	return out
}

// decode reads one stored delivery. What cannot be read is an item with err.
// The body is unpacked into buf, which is returned for the next one: nothing
// that a decoder gives lies in the body.
func decode(d store.Delivery, hash platform.Hash, buf []byte) (item, []byte) {
	body, err := store.UnpackInto(buf, d.Body)
	d.Body = nil // not needed any more, and there are thousands in memory
	it := item{delivery: d}
	if err != nil {
		it.err = err
		return it, buf
	}
	if d.Redacted {
		return understood(it, body), body
	}
	return read(it, body, hash), body
}

func read(it item, body []byte, hash platform.Hash) item {
	d := &it.delivery
	at := d.TriggeredAt
	if at.IsZero() {
		at = d.ReceivedAt
	}
	m, err := decodeBody(d, body, at, hash)
	if err != nil {
		it.err = err
		return it
	}
	m.Fact.Key = binary.BigEndian.Uint64(d.ID[:8])
	it.note = m.Kind.String()
	switch m.Kind {
	case platform.Order:
		it.fact = &m.Fact
	case platform.Ignored, platform.Ping:
		it.ignored = true
		if m.Reason != "" {
			it.note += ": " + m.Reason
		}
	default:
		it.news = &news{Message: m, at: at}
		if m.Reason != "" {
			it.note += ": " + m.Reason
		}
	}
	return it
}

func decodeBody(d *store.Delivery, body []byte, at time.Time, hash platform.Hash) (m platform.Message, err error) {
	defer func() { // a decoder that panics is poison of this delivery alone
		if p := recover(); p != nil {
			err = fmt.Errorf("panic while reading %s: %v", d.Topic, p)
		}
	}()
	switch {
	case d.Platform == order.Shopify && d.Topic == shopify.TopicRead:
		m, err = shopify.DecodeRead(body, at, hash)
	case d.Platform == order.Shopify:
		m, err = shopify.Decode(d.Topic, body, at, hash)
	case d.Topic == woocommerce.TopicRead:
		m, err = woocommerce.DecodeRead(body, at, hash)
	case d.Platform == order.WooCommerce:
		m, err = woocommerce.Decode(d.Topic, body, at, hash)
	default:
		err = fmt.Errorf("platform %d is none of ours", d.Platform)
	}
	if err == nil && d.Platform == order.Shopify && m.Domain != "" && m.Domain != d.Source {
		err = errs.New(errs.Invalid, "shop_mismatch", fmt.Sprintf("the body is about %s, the headers name %s", m.Domain, d.Source))
	}
	return m, err
}
