package commission

import (
	"slices"

	"tributary/internal/domain/money"
	"tributary/internal/domain/order"
)

// part is one line of the order, or its shipping, on the way from what was sold
// to what is left.
type part struct {
	line  *order.Line // nil: shipping
	place int         // among the parts that count
	id    int64
	in    bool  // counts under these terms and belongs to this share
	goods bool  // counts under these terms, whoever's it is
	gross int64 // as sold: discounts taken off, tax by the terms
	sold  int64 // without what edits took out
	now   int64 // and without what refunds took

	// Given back so far, by refund lines.
	got        int64 // money, by the terms with or without tax
	units      int64 // units of refund lines that name units
	priceless  int64 // units of refund lines that name no money
	rows       int64 // refund lines
	amountOnly bool  // some refund line names money but no units
}

// base is the commission base of one order under one set of terms.
type base struct {
	parts       []part
	gross, sold int64
	tax         bool // the parts hold tax
	// removed is what the units that edits took out had cost the shopper in
	// all, tax included and counted lines or not.
	removed int64
}

func baseOf(s *Source) base {
	o := &s.Order.Snapshot
	t := &s.Terms.Base
	b := base{parts: make([]part, 0, len(o.Lines)+1), tax: t.IncludeTax}
	fees := feeDiscounts(o)
	for i := range o.Lines {
		l := &o.Lines[i]
		p := part{line: l, id: l.ID, gross: max(l.Net, 0)}
		if fees != nil {
			p.gross -= fees[i]
		}
		p.goods = l.Kind == order.Goods && t.Covers(l.ProductID, l.Collections)
		p.in = p.goods && s.owns(l.ID)
		b.removed += ofUnits(p.gross+max(l.Tax, 0), l.Removed, l.Quantity)
		if t.IncludeTax {
			p.gross += max(l.Tax, 0)
		}
		p.sold = p.gross - ofUnits(p.gross, l.Removed, l.Quantity)
		b.parts = append(b.parts, p)
	}
	if t.IncludeShipping && o.Shipping > 0 {
		gross := o.Shipping
		if t.IncludeTax {
			gross += max(o.ShippingTax, 0)
		}
		gross = s.dealt(gross)
		b.parts = append(b.parts, part{gross: gross, sold: gross, in: true, goods: true})
	}
	for i := range b.parts {
		p := &b.parts[i]
		p.now = p.sold
		if p.in {
			b.gross += p.gross
			b.sold += p.sold
		}
	}
	return b
}

func (b *base) now() (sum int64) {
	for i := range b.parts {
		if b.parts[i].in {
			sum += b.parts[i].now
		}
	}
	return sum
}

func (b *base) partOf(lineID int64) *part {
	for i := range b.parts {
		if p := &b.parts[i]; p.line != nil && p.id == lineID {
			return p
		}
	}
	return nil
}

// feeDiscounts deals a negative WooCommerce fee, which is a discount the store
// did not allocate, out to the lines by largest remainder.
func feeDiscounts(o *order.Snapshot) []int64 {
	if o.Fees >= 0 {
		return nil
	}
	nets := make([]int64, len(o.Lines))
	var sum int64
	for i := range o.Lines {
		nets[i] = max(o.Lines[i].Net, 0)
		sum += nets[i]
	}
	return money.Allocate(min(-o.Fees, sum), nets)
}

// owns tells whether a line belongs to the share. Lines that no share names,
// added by an edit after the decision, go with the first.
func (s *Source) owns(line int64) bool {
	if len(s.Share.Lines) == 0 || slices.Contains(s.Share.Lines, line) {
		return true
	}
	if s.Index != 0 || len(s.Shares) == 0 {
		return false
	}
	for i := range s.Shares {
		if slices.Contains(s.Shares[i].Lines, line) {
			return false
		}
	}
	return true
}

// dealt is this share's part of an amount that belongs to the whole order, when
// the order's lines are dealt out: by what the lines cost as sold.
func (s *Source) dealt(amount int64) int64 {
	if len(s.Share.Lines) == 0 || len(s.Shares) < 2 {
		return amount
	}
	weights := make([]int64, len(s.Shares))
	lines := s.Order.Snapshot.Lines
	for i := range lines {
		to := 0
		for j := range s.Shares {
			if slices.Contains(s.Shares[j].Lines, lines[i].ID) {
				to = j
				break
			}
		}
		if lines[i].Kind == order.Goods {
			weights[to] += max(lines[i].Net, 0)
		}
	}
	return money.Allocate(amount, weights)[s.Index]
}

// ofUnits is the part of amount that units of quantity make, rounded half up.
func ofUnits(amount, units, quantity int64) int64 {
	switch {
	case units <= 0 || amount <= 0:
		return 0
	case units >= quantity:
		return amount
	}
	return ratio(amount, units, quantity)
}

// ratio is amount × num/den, rounded half up. It saturates rather than wrap.
func ratio(amount, num, den int64) int64 {
	if den == 0 {
		return 0
	}
	e := money.ExactOf(amount)
	e.MulRatio(num, den)
	return rounded(e)
}
