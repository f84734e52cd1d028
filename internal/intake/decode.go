package intake

import (
	"encoding/binary"
	"fmt"
	"time"

	"tributary/internal/domain/order"
	"tributary/internal/errs"
	"tributary/internal/platform"
	"tributary/internal/platform/shopify"
	"tributary/internal/platform/woocommerce"
	"tributary/internal/store"
)

func decodeAll(ds []store.Delivery, hash platform.Hash) []item {
	out := make([]item, len(ds))
	for i := range ds {
		out[i] = decode(ds[i], hash)
	}
	return out
}

// decode reads one stored delivery. What cannot be read is an item with err.
func decode(d store.Delivery, hash platform.Hash) item {
	it := item{delivery: d}
	body, err := decompress(d.Body)
	if err != nil {
		it.err = err
		return it
	}
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

func decodeBody(d store.Delivery, body []byte, at time.Time, hash platform.Hash) (m platform.Message, err error) {
	defer func() { // a decoder that panics is poison of this delivery alone
		if p := recover(); p != nil {
			err = fmt.Errorf("panic while reading %s: %v", d.Topic, p)
		}
	}()
	switch {
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
