// Package kpi is what is counted and the six figures made of it (product's
// KPIs: conversion and sales, click-through rate, ROI, RPM, CPA, repeat
// conversions). Counts are added up cell by cell when things happen; figures
// are exact ratios of sums and are not defined where the denominator is zero.
package kpi

import (
	"encoding/binary"
	"errors"
	"slices"
	"time"
)

// Measure is one thing that is counted.
type Measure int

// The measures. Money is minor units of the cell's currency.
const (
	Impressions  Measure = iota
	Clicks               // valid ones
	Visits               // views of landing pages
	Orders               // attributed and paid for, whatever became of them
	ClickOrders          // of those, the ones won by a click or a visit
	Kept                 // orders of which something was kept
	KeptClicks           // of those, the ones won by a click or a visit
	Gross                // their net sales as sold
	Net                  // after refunds
	Acquired             // orders that were a customer's first, and attributed
	Repeats              // later orders of customers acquired before, by whatever touch
	Leads                // qualified
	Entries              // valid giveaway entries
	Earned               // commission and fees posted
	Reversed             // commission taken back
	Gifts                // cost of products given
	MeasureCount = int(Gifts) + 1
)

// Names are the measures' columns, in order.
var Names = [MeasureCount]string{"impressions", "clicks", "visits", "orders", "click_orders", "kept", "kept_clicks", "gross", "net", "acquired", "repeats",
	"leads", "entries", "earned", "reversed", "gifts"}

// Measures is a count of each.
type Measures [MeasureCount]int64

// Add adds o.
func (m *Measures) Add(o *Measures) {
	for i := range m {
		m[i] += o[i]
	}
}

// IsZero tells whether nothing was counted.
func (m *Measures) IsZero() bool { return *m == Measures{} }

// Dim is what a cell is about.
type Dim int16

// The dimensions. ID is that of the thing, 0 for the shop.
const (
	Shop Dim = iota
	Campaign
	Influencer
	Link
	Code
	Page
	Session
	Post
)

// Hourly tells whether hours are kept beside days: for the shop as a whole, so
// that an order adds to few rows. Those of all else are counted when asked for.
func (d Dim) Hourly() bool { return d == Shop }

// Repeats tells whether repeat conversions are counted: they are those of who
// acquired the customer, by whatever touch, and so of no link or code.
func (d Dim) Repeats() bool { return d <= Influencer }

// DimNames are the dimensions in words, in order.
var DimNames = []string{"shop", "campaign", "influencer", "link", "code", "page", "session", "post"}

// Key is one cell of the rollup: a dimension at an hour of the shop's clock.
type Key struct {
	Dim      Dim
	ID       int64
	Hour     time.Time // its start, UTC
	Currency string
}

// Cells is what something counts for.
type Cells map[Key]*Measures

// At gives the cell of a key.
func (c Cells) At(k Key) *Measures {
	m := c[k]
	if m == nil {
		m = &Measures{}
		c[k] = m
	}
	return m
}

// Add adds sign × o.
func (c Cells) Add(o Cells, sign int64) {
	for k, m := range o {
		mine := c.At(k)
		for i := range m {
			mine[i] += sign * m[i]
		}
	}
}

// Keys lists the cells that count something, in a fixed order.
func (c Cells) Keys() []Key {
	out := make([]Key, 0, len(c))
	for k, m := range c {
		if !m.IsZero() {
			out = append(out, k)
		}
	}
	slices.SortFunc(out, compareKeys)
	return out
}

func compareKeys(a, b Key) int {
	if a.Dim != b.Dim {
		return int(a.Dim) - int(b.Dim)
	}
	switch {
	case a.ID < b.ID:
		return -1
	case a.ID > b.ID:
		return 1
	}
	if c := a.Hour.Compare(b.Hour); c != 0 {
		return c
	}
	switch {
	case a.Currency < b.Currency:
		return -1
	case a.Currency > b.Currency:
		return 1
	}
	return 0
}

// HourOf is the start of the hour that clocks in zone show at the instant.
func HourOf(at time.Time, zone *time.Location) time.Time {
	l := at.In(zone)
	return at.Add(-time.Duration(l.Minute())*time.Minute - time.Duration(l.Second())*time.Second - time.Duration(l.Nanosecond())).UTC()
}

// Encode is the cells in a compact form that Decode reads; equal cells have
// equal bytes. Nothing counted is nil.
func (c Cells) Encode() []byte {
	keys := c.Keys()
	if len(keys) == 0 {
		return nil
	}
	b := binary.AppendUvarint(nil, uint64(len(keys)))
	for _, k := range keys {
		b = binary.AppendUvarint(b, uint64(k.Dim))
		b = binary.AppendVarint(b, k.ID)
		b = binary.AppendVarint(b, k.Hour.Unix())
		b = binary.AppendUvarint(b, uint64(len(k.Currency)))
		b = append(b, k.Currency...)
		m := c[k]
		var set uint64
		for i, v := range m {
			if v != 0 {
				set |= 1 << i
			}
		}
		b = binary.AppendUvarint(b, set)
		for _, v := range m {
			if v != 0 {
				b = binary.AppendVarint(b, v)
			}
		}
	}
	return b
}

var errCells = errors.New("not the encoding of cells")

// Decode reads what Encode wrote.
func Decode(b []byte) (Cells, error) {
	if len(b) == 0 {
		return Cells{}, nil
	}
	r := reader{b: b}
	n := r.uvarint()
	c := Cells{}
	for range n {
		var k Key
		k.Dim = Dim(r.uvarint()) //nolint:gosec // a handful of dimensions
		k.ID = r.varint()
		k.Hour = time.Unix(r.varint(), 0).UTC()
		k.Currency = r.text(r.uvarint())
		set := r.uvarint()
		m := c.At(k)
		for i := range m {
			if set&(1<<i) != 0 {
				m[i] = r.varint()
			}
		}
		if r.bad {
			return nil, errCells
		}
	}
	if r.bad || len(r.b) > 0 {
		return nil, errCells
	}
	return c, nil
}

type reader struct {
	b   []byte
	bad bool
}

func (r *reader) uvarint() uint64 {
	v, n := binary.Uvarint(r.b)
	r.skip(n)
	return v
}

func (r *reader) varint() int64 {
	v, n := binary.Varint(r.b)
	r.skip(n)
	return v
}

func (r *reader) text(n uint64) string {
	if n > uint64(len(r.b)) {
		r.bad = true
		return ""
	}
	s := string(r.b[:n])
	r.b = r.b[n:]
	return s
}

func (r *reader) skip(n int) {
	if n <= 0 {
		r.bad, r.b = true, nil
		return
	}
	r.b = r.b[n:]
}
