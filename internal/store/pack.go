package store

import (
	"fmt"

	"github.com/klauspost/compress/s2"

	"tributary/internal/domain/order"
)

// Pack compresses what is stored as bytes: bodies of deliveries, states of
// orders.
func Pack(b []byte) []byte { return s2.Encode(nil, b) }

// PackInto is Pack that uses buf's memory if it is large enough.
func PackInto(buf, b []byte) []byte { return s2.Encode(buf[:cap(buf)], b) }

// Unpack is what Pack was given.
func Unpack(b []byte) ([]byte, error) { return UnpackInto(nil, b) }

// UnpackInto is Unpack that uses buf's memory if it is large enough.
func UnpackInto(buf, b []byte) ([]byte, error) {
	out, err := s2.Decode(buf[:cap(buf)], b)
	if err != nil {
		return nil, fmt.Errorf("decompress: %w", err)
	}
	return out, nil
}

// Order is the order's stored state.
func (r *OrderRow) Order() (*order.Order, error) {
	b, err := Unpack(r.State)
	if err != nil {
		return nil, fmt.Errorf("order %d: %w", r.ID, err)
	}
	o, err := order.Decode(b)
	if err != nil {
		return nil, fmt.Errorf("order %d: %w", r.ID, err)
	}
	return o, nil
}
