package woocommerce

import (
	"fmt"
	"strconv"
	"time"

	"tributary/internal/domain/order"
	"tributary/internal/platform"
	"tributary/internal/platform/wire"
)

// TopicRead is the topic of what we read from the store ourselves. No header of
// a webhook can say it.
const TopicRead = "read:order"

// Read is an order as the store's REST API showed it. Refunds were read before
// Order: what Order lists and Refunds has not is newer, what Refunds has and
// Order does not list has been deleted between the two.
type Read struct {
	OrderID int64
	Order   []byte // the order resource; nil: the store has no such order any more
	Refunds []byte // the list of its refunds
}

// Body is the read as it is stored: like a delivery's body, with both answers
// in it as they came.
func (r Read) Body() []byte {
	b := make([]byte, 0, len(r.Order)+len(r.Refunds)+64)
	b = append(b, `{"order_id":`...)
	b = strconv.AppendInt(b, r.OrderID, 10)
	b = append(b, `,"refunds":`...)
	b = append(b, or(r.Refunds, "[]")...)
	b = append(b, `,"order":`...)
	b = append(b, or(r.Order, "null")...)
	return append(b, '}')
}

func or(b []byte, otherwise string) []byte {
	if len(b) == 0 {
		return []byte(otherwise)
	}
	return b
}

// DecodeRead reads what Body wrote. at is when it was read, by our clock.
func DecodeRead(body []byte, at time.Time, hash platform.Hash) (platform.Message, error) {
	var p wire.Problems
	var orderID, asRead, refunds wire.Raw
	r := wire.Open(body)
	if r.Object() {
		for r.Next() {
			switch r.Name() {
			case "order_id":
				orderID = r.Value()
			case "order":
				asRead = r.Value()
			case "refunds":
				refunds = r.Value()
			default:
				r.Skip()
			}
		}
	}
	if err := r.Close(); err != nil {
		return platform.Message{}, err
	}
	id, ok := orderID.ID()
	if !ok {
		p.Add("order_id", orderID.Describe("an id"))
		return platform.Message{}, p.Err("order")
	}
	f := order.Fact{Platform: order.WooCommerce, OrderID: id}
	if asRead.Missing() {
		f.DeletedAt = at.UTC()
		return platform.Message{Kind: platform.Order, Fact: f}, nil
	}
	var w payload
	r = wire.Open([]byte(asRead))
	w.read(r, &p)
	if err := r.Close(); err != nil {
		return platform.Message{}, err
	}
	if got, ok := w.id.ID(); !ok || got != id {
		p.Add("order.id", w.id.Describe(fmt.Sprintf("the order %d that was read", id)))
		return platform.Message{}, p.Err("order")
	}
	w.convert(&f, hash, &p)
	if err := p.Err("order"); err != nil {
		return platform.Message{}, err
	}
	s := f.Snapshot
	s.ReadAt, s.Digest = at.UTC(), platform.Digest([]byte(asRead))
	if len(f.Refunds) == 0 {
		return platform.Message{Kind: platform.Order, Fact: f}, nil
	}
	detailed, err := DecodeRefunds(id, s.Currency, []byte(refunds), s.Version)
	if err != nil {
		return platform.Message{}, err
	}
	byID := make(map[int64]order.Refund, len(detailed.Refunds))
	for _, d := range detailed.Refunds {
		byID[d.ID] = d
	}
	for i := range f.Refunds {
		if d, ok := byID[f.Refunds[i].ID]; ok {
			f.Refunds[i] = d
		}
	}
	return platform.Message{Kind: platform.Order, Fact: f}, nil
}
