package shopify

import (
	"fmt"
	"math"
	"strings"

	"tributary/internal/domain/money"
	"tributary/internal/domain/order"
	"tributary/internal/platform/wire"
)

const (
	maxQuantity = 1_000_000
	maxCodes    = 100 // of one order; stores allow a handful
)

// converter turns lines and discounts into minor units.
type converter struct {
	*payload
	p         *wire.Problems
	currency  money.Currency
	inclusive bool

	codes     []order.Code // as folded, in the store's order
	amounts   []bool       // which of codes have the store's own amount
	byIndex   []string     // folded code of each discount application; "" is no code
	sole      string       // the only code that can have discounted goods
	allocated bool         // some line says which discounts fell on it
}

func (x *converter) readCodes() {
	goods := 0
	for i, c := range x.payload.codes {
		text := order.Fold(c.code.Text())
		if text == "" {
			continue
		}
		if !c.kind.Is("shipping") {
			goods++
			x.sole = text
		}
		b := bag{plain: c.amount}
		n, there := b.in(x.currency, x.p, func() string { return fmt.Sprintf("discount_codes[%d].amount", i) })
		x.addCode(text, n, there && !x.inclusive)
	}
	if goods != 1 {
		x.sole = ""
	}
	x.byIndex = make([]string, len(x.applications))
	for i, a := range x.applications {
		if a.kind.Is("discount_code") {
			x.byIndex[i] = order.Fold(a.code.Text())
			if x.byIndex[i] != "" {
				x.addCode(x.byIndex[i], 0, false)
			}
		}
	}
	for i := range x.payload.lines {
		a := x.payload.lines[i].allocations
		x.allocated = x.allocated || a.to > a.from
	}
}

func (x *converter) addCode(text string, amount int64, known bool) {
	for i := range x.codes {
		if x.codes[i].Text == text {
			x.codes[i].Amount += amount
			x.amounts[i] = x.amounts[i] || known
			return
		}
	}
	if len(x.codes) == maxCodes {
		return
	}
	if !known {
		amount = 0
	}
	x.codes = append(x.codes, order.Code{Text: text, Amount: amount})
	x.amounts = append(x.amounts, known)
}

func (x *converter) orderLines(s *order.Snapshot) []order.Line {
	lines := make([]order.Line, len(x.payload.lines))
	for i := range x.payload.lines {
		x.line(&lines[i], &x.payload.lines[i], i)
	}
	x.spreadRest(lines)
	for i := range lines {
		l, w := &lines[i], &x.payload.lines[i]
		gross := l.Net // after discounts, as priced
		for k := w.taxes.from; k < w.taxes.to; k++ {
			n, _ := x.taxes[k].price.in(x.currency, x.p, func() string { return fmt.Sprintf("line_items[%d].tax_lines[%d].price", i, k-w.taxes.from) })
			l.Tax += max(n, 0)
		}
		if x.inclusive {
			l.Net -= l.Tax
		}
		if l.Net < 0 {
			l.Net = 0
		}
		if isTip(w, l, gross, s.Tip) {
			l.Kind = order.TipLine
		}
	}
	if s.Tip == 0 {
		for i := range lines {
			if lines[i].Kind == order.TipLine {
				s.Tip += lines[i].Net + lines[i].Tax
			}
		}
	}
	return lines
}

// line reads one line up to its price after the discounts it names; Net still
// includes tax where prices do.
func (x *converter) line(l *order.Line, w *line, i int) {
	path := func(field string) func() string {
		return func() string { return fmt.Sprintf("line_items[%d].%s", i, field) }
	}
	var ok bool
	if l.ID, ok = w.id.ID(); !ok {
		l.ID = needID(x.p, fmt.Sprintf("line_items[%d].id", i), w.id, w.gid)
	}
	l.ProductID, l.VariantID, l.SKU = w.product.Whole(), w.variant.Whole(), w.sku.Text()
	if l.Quantity, ok = w.quantity.Int(); !ok || l.Quantity < 0 || l.Quantity > maxQuantity {
		x.p.Add(path("quantity")(), w.quantity.Describe("a quantity"))
		return
	}
	if w.giftCard.True() {
		l.Kind = order.GiftCard
	}
	price, there := w.price.in(x.currency, x.p, path("price"))
	if !there && w.price.plain.Missing() && w.price.shop.Missing() {
		x.p.Add(path("price")(), "missing")
	}
	if l.Quantity > 0 && (price > math.MaxInt64/l.Quantity/1000 || price < 0) {
		x.p.Add(path("price")(), "beyond all reason")
		return
	}
	l.Net = price * l.Quantity
	for k := w.allocations.from; k < w.allocations.to; k++ {
		a := &x.allocations[k]
		n, _ := a.amount.in(x.currency, x.p, func() string {
			return fmt.Sprintf("line_items[%d].discount_allocations[%d].amount", i, k-w.allocations.from)
		})
		if n <= 0 {
			continue
		}
		code := ""
		if at, ok := a.index.Int(); ok && at >= 0 && at < int64(len(x.byIndex)) {
			code = x.byIndex[at]
		} else if len(x.byIndex) == 0 {
			code = x.sole
		}
		discount(l, code, n)
	}
	if !x.allocated {
		n, _ := w.discount.in(x.currency, x.p, path("total_discount"))
		discount(l, x.sole, n)
	}
}

// discount takes n, at most what is left, off a line.
func discount(l *order.Line, code string, n int64) {
	if n <= 0 {
		return
	}
	l.Net = max(0, l.Net-n)
	for i := range l.Discounts {
		if l.Discounts[i].Code == code {
			l.Discounts[i].Amount += n
			return
		}
	}
	l.Discounts = append(l.Discounts, order.Allocation{Code: code, Amount: n})
}

// spreadRest deals an order's discount out over its lines where the store
// named a sum but no allocation, as old and sample payloads do.
func (x *converter) spreadRest(lines []order.Line) {
	if x.allocated || len(lines) == 0 {
		return
	}
	rest, _ := x.discounts.in(x.currency, x.p, constant("total_discounts"))
	rest -= x.shippingDiscount()
	weights := make([]int64, len(lines))
	var sum int64
	for i := range lines {
		for _, d := range lines[i].Discounts {
			rest -= d.Amount
		}
		if lines[i].Kind == order.Goods {
			weights[i] = lines[i].Net
			sum += lines[i].Net
		}
	}
	if rest <= 0 || sum == 0 {
		return
	}
	for i, n := range money.Allocate(min(rest, sum), weights) {
		discount(&lines[i], x.sole, n)
	}
}

// isTip recognizes the line that Shopify makes of a tip: it has no product, and
// says so by its title or by costing just what was received as tip.
func isTip(w *line, l *order.Line, gross, tip int64) bool {
	if l.Kind != order.Goods || l.ProductID != 0 || l.VariantID != 0 {
		return false
	}
	return strings.EqualFold(strings.TrimSpace(w.title.Peek()), "tip") || tip > 0 && gross == tip
}

// shippingCost is what shipping cost after its discounts, without its tax.
func (x *converter) shippingCost() (net, tax int64) {
	if len(x.shippingLines) == 0 {
		net, _ = x.shipping.in(x.currency, x.p, constant("total_shipping_price"))
		return max(net, 0), 0
	}
	for i := range x.shippingLines {
		w := &x.shippingLines[i]
		if w.removed.True() {
			continue
		}
		cost, discounted := x.shippingPrice(w, i)
		for k := w.allocations.from; k < w.allocations.to; k++ {
			n, _ := x.allocations[k].amount.in(x.currency, x.p, func() string { return fmt.Sprintf("shipping_lines[%d].discount_allocations[].amount", i) })
			cost -= max(n, 0)
		}
		if w.allocations.to == w.allocations.from {
			cost = discounted
		}
		var t int64
		for k := w.taxes.from; k < w.taxes.to; k++ {
			n, _ := x.taxes[k].price.in(x.currency, x.p, func() string { return fmt.Sprintf("shipping_lines[%d].tax_lines[].price", i) })
			t += max(n, 0)
		}
		if x.inclusive {
			cost -= t
		}
		net, tax = net+max(cost, 0), tax+t
	}
	return net, tax
}

func (x *converter) shippingPrice(w *shippingLine, i int) (price, discounted int64) {
	price, _ = w.price.in(x.currency, x.p, func() string { return fmt.Sprintf("shipping_lines[%d].price", i) })
	discounted, there := w.discounted.in(x.currency, x.p, func() string { return fmt.Sprintf("shipping_lines[%d].discounted_price", i) })
	if !there {
		discounted = price
	}
	return price, discounted
}

func (x *converter) shippingDiscount() (sum int64) {
	for i := range x.shippingLines {
		price, discounted := x.shippingPrice(&x.shippingLines[i], i)
		sum += max(0, price-discounted)
	}
	return sum
}

// finishCodes gives every code what it took off, without tax: the store's own
// figure, or the sum of its allocations less the tax in them.
func (x *converter) finishCodes(s *order.Snapshot) []order.Code {
	for i := range x.codes {
		c := &x.codes[i]
		if x.amounts[i] {
			continue
		}
		c.Amount = 0
		for k := range s.Lines {
			l := &s.Lines[k]
			for _, d := range l.Discounts {
				if d.Code == c.Text {
					c.Amount += x.withoutTax(d.Amount, l)
				}
			}
		}
	}
	return x.codes
}

func (x *converter) withoutTax(n int64, l *order.Line) int64 {
	if !x.inclusive || l.Tax == 0 || l.Net+l.Tax == 0 {
		return n
	}
	e := money.ExactOf(n)
	e.MulRatio(l.Net, l.Net+l.Tax)
	out, err := e.RoundHalfUp()
	if err != nil {
		return n
	}
	return out
}
