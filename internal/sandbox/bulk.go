package sandbox

import (
	"bytes"
	"fmt"
	"time"
)

// Bulk makes order bodies for load tests: rendered once, then varied in place.
// Order n of a seed is always the same bytes. It is safe for concurrent use.
type Bulk struct {
	moulds []mould
}

// mould is one rendered order and where its varying parts stand.
type mould struct {
	body []byte
	id   []int // offsets of the 13-digit order id
	tail []int // offsets of the 13-digit line id
	code []int // offsets of the six digits in the code
}

const (
	mouldID   = 7_111_111_111_111
	mouldLine = 8_222_222_222_222
	mouldCode = "BULK000000"
)

// BulkOrder is one order of a Bulk.
type BulkOrder struct {
	ID   int64
	Body []byte // orders/create, 6–8 kB
}

// NewBulk renders the moulds: one-line orders, each with a code, some with a
// link. Codes are BULK000000 … with the number given to Order.
func NewBulk(seed uint64) *Bulk {
	s, err := New(Options{
		Platform: Shopify, Domain: "bulk.myshopify.com", Seed: seed, TaxBps: 825,
		Now:         func() time.Time { return time.Date(2026, 10, 1, 12, 0, 0, 0, time.UTC) },
		Influencers: []Influencer{{Slug: "bulk", UTMID: "inf_bulk", Codes: []Code{{Text: mouldCode, PercentBps: 1000}}}},
	})
	if err != nil {
		panic(err) // the options above are constant
	}
	defer func() { _ = s.Close() }()
	b := &Bulk{}
	for i := range 32 {
		basket := Basket{Items: []Item{{i % 12, int64(1 + i%3)}}, Codes: []string{mouldCode}}
		if i%2 == 0 {
			basket.Ref = "bulk"
		}
		s.mu.Lock()
		o, err := s.place(basket)
		if err != nil {
			panic(err)
		}
		o.ID, o.Lines[0].ID = mouldID, mouldLine
		m := mould{body: encode(nil, s.shopifyOrder(o), rails)}
		s.mu.Unlock()
		m.id = offsets(m.body, fmt.Sprint(int64(mouldID)))
		m.tail = offsets(m.body, fmt.Sprint(int64(mouldLine)))
		for _, at := range offsets(m.body, mouldCode) {
			m.code = append(m.code, at+4)
		}
		b.moulds = append(b.moulds, m)
	}
	return b
}

func offsets(body []byte, of string) (out []int) {
	for from := 0; ; {
		i := bytes.Index(body[from:], []byte(of))
		if i < 0 {
			return out
		}
		out = append(out, from+i)
		from += i + len(of)
	}
}

// Order is the n-th order (0 ≤ n < 10¹²), with code BULK and the six digits of
// code. buf is reused when it is large enough.
func (b *Bulk) Order(n int64, code int, buf []byte) BulkOrder {
	m := &b.moulds[int(n)%len(b.moulds)]
	buf = append(buf[:0], m.body...)
	id := 7_000_000_000_000 + n
	for _, at := range m.id {
		digits(buf[at:at+13], id)
	}
	for _, at := range m.tail {
		digits(buf[at:at+13], 8_000_000_000_000+n)
	}
	for _, at := range m.code {
		digits(buf[at:at+6], int64(code%1_000_000))
	}
	return BulkOrder{ID: id, Body: buf}
}

// digits writes n right-aligned with leading zeros.
func digits(dst []byte, n int64) {
	for i := len(dst) - 1; i >= 0; i-- {
		dst[i] = byte('0' + n%10)
		n /= 10
	}
}

// GenerateShopifyOrder is one order body of a seed; Bulk is the way to many.
func GenerateShopifyOrder(seed uint64, n int64) []byte {
	return NewBulk(seed).Order(n, int(n%100), nil).Body
}
