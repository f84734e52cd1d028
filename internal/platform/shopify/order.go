package shopify

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math"
	"strings"
	"time"

	"tributary/internal/domain/money"
	"tributary/internal/domain/order"
	"tributary/internal/platform"
	"tributary/internal/platform/wire"
)

const maxQuantity = 1_000_000

// decodeOrder reads a whole-order payload. What it becomes depends on the body
// alone: the same order told by orders/paid and by orders/updated is the same.
func decodeOrder(topic string, body []byte, hash platform.Hash) (platform.Message, error) {
	var w payload
	var p wire.Problems
	r := wire.Open(body)
	w.read(r, &p)
	if err := r.Close(); err != nil {
		return platform.Message{}, err
	}
	if !w.isOrder {
		if w.isEdit || topic == "orders/edited" {
			return ignored("an order edit without the order; orders/updated brings it"), nil
		}
		if !w.currency.Present() {
			return ignored(unfit), nil
		}
		p.Add("line_items", "missing")
	}
	f := w.convert(hash, &p)
	if err := p.Err("order"); err != nil {
		return platform.Message{}, err
	}
	sum := sha256.Sum256(body)
	f.Snapshot.Digest = binary.BigEndian.Uint64(sum[:])
	return fact(f), nil
}

func (w *payload) convert(hash platform.Hash, p *wire.Problems) order.Fact {
	f := order.Fact{OrderID: needID(p, "id", w.id, w.gid), Name: w.name.Text()}
	c, err := w.currency.Currency()
	if err != nil {
		p.Add("currency", w.currency.Describe("a currency code"))
		return f
	}
	s := &order.Snapshot{Currency: c, Test: w.test.True(), RefundCount: len(w.refunds)}
	f.Snapshot = s
	w.times(s, p)
	s.Status = w.financial.Text()
	w.payment(s)

	var there bool
	if s.Total, there = w.total.in(c, p, constant("total_price")); !there && w.total.plain.Missing() && w.total.shop.Missing() {
		p.Add("total_price", "missing")
	}
	w.presentmentTotal(s)
	s.Tax, _ = w.tax.in(c, p, constant("total_tax"))
	s.Tip, _ = w.tip.in(c, p, constant("total_tip_received"))
	if s.Duties, there = w.duties.in(c, p, constant("original_total_duties")); !there {
		s.Duties, _ = w.currentDuties.in(c, p, constant("current_total_duties"))
	}
	inclusive := no
	if w.taxesIncluded.True() {
		inclusive = yes
	}
	x := converter{payload: w, p: p, currency: c, inclusive: inclusive == yes}
	x.readCodes()
	s.Shipping, s.ShippingTax = x.shippingCost()
	s.Lines = x.orderLines(s)
	s.Codes = x.finishCodes(s)

	for i := range w.refunds {
		r := w.refunds[i].convert(c, inclusive, fmt.Sprintf("refunds[%d].", i), p)
		if s.Version.After(r.Version) {
			r.Version = s.Version // what the order said when it was last changed
		}
		f.Refunds = append(f.Refunds, r)
		s.RefundIDs = append(s.RefundIDs, r.ID)
	}
	w.removed(s, f.Refunds)
	s.Customer = w.buyer(hash)
	s.Claims = w.claims()
	return f
}

func constant(s string) func() string { return func() string { return s } }

func (w *payload) times(s *order.Snapshot, p *wire.Problems) {
	pick := func(path string, vs ...wire.Raw) time.Time {
		for _, v := range vs {
			if t, ok := v.Time(); ok {
				return t
			}
		}
		p.Add(path, vs[0].Describe("a time"))
		return time.Time{}
	}
	s.CreatedAt = pick("created_at", w.created, w.processed, w.updated)
	s.Version = pick("updated_at", w.updated, w.created, w.processed)
	if !w.fulfillment.Is("fulfilled") {
		return
	}
	delivered := true
	var deliveredAt time.Time
	for _, d := range w.fulfillments {
		if st := d.status.Peek(); st != "success" && st != "" {
			continue
		}
		if t, ok := d.created.Time(); ok && t.After(s.FulfilledAt) {
			s.FulfilledAt = t
		}
		t, ok := d.updated.Time()
		if !ok || !d.shipment.Is("delivered") {
			delivered = false
		} else if t.After(deliveredAt) {
			deliveredAt = t
		}
	}
	if delivered {
		s.DeliveredAt = deliveredAt
	}
}

// payment reads how far the money has come. A payload has no time of payment:
// the time Shopify processed the order stands in for it. A cancelled order is
// void whatever its money did, and so is its target.
func (w *payload) payment(s *order.Snapshot) {
	switch s.Status {
	case "paid", "partially_refunded", "refunded":
		s.Payment = order.PaymentPaid
		s.PaidAt = s.CreatedAt
		if t, ok := w.processed.Time(); ok {
			s.PaidAt = t
		}
	case "pending", "authorized", "partially_paid", "expired", "unpaid":
		s.Payment = order.PaymentPending
	case "voided":
		s.Payment = order.PaymentVoid
	default:
		s.Payment = order.PaymentUnknown
	}
	if !w.cancelled.Missing() {
		s.Payment = order.PaymentVoid
	}
}

// presentmentTotal keeps what the shopper paid in their own currency, if that
// is another one: with Total it is the order's own rate.
func (w *payload) presentmentTotal(s *order.Snapshot) {
	code := w.total.presentmentCurrency
	if code.Missing() {
		code = w.presentment
	}
	c, err := code.Currency()
	if err != nil || c == s.Currency {
		return
	}
	if n, ok := w.total.presentment.Money(c); ok {
		s.Presentment, s.PresentmentTotal = c, n
	}
}

// removed finds the units that edits took out: gone, and not refunded.
func (w *payload) removed(s *order.Snapshot, refunds []order.Refund) {
	var refunded map[int64]int64
	for _, r := range refunds {
		for _, l := range r.Lines {
			if refunded == nil {
				refunded = make(map[int64]int64)
			}
			refunded[l.LineID] += l.Quantity
		}
	}
	for i := range s.Lines {
		if current, ok := w.lines[i].current.Int(); ok {
			l := &s.Lines[i]
			l.Removed = min(l.Quantity, max(0, l.Quantity-max(0, current)-refunded[l.ID]))
		}
	}
}

func (w *payload) buyer(hash platform.Hash) order.Customer {
	first := func(vs ...wire.Raw) string {
		for _, v := range vs {
			if !v.Missing() {
				return v.Peek()
			}
		}
		return ""
	}
	b := order.Customer{
		EmailHash: hash.Email(first(w.email, w.contactEmail, w.customerEmail)),
		PhoneHash: hash.Phone(first(w.phone, w.customerPhone, w.ship.phone, w.bill.phone)),
		IPHash:    hash.IP(first(w.ip, w.clientIP)),
	}
	if b.ID = w.customerID.Whole(); b.ID == 0 {
		b.ID = w.customerGID.Whole()
	}
	a := w.ship
	if a.street.Missing() {
		a = w.bill
	}
	b.AddressHash = hash.Address(a.street.Peek(), a.second.Peek(), a.postcode.Peek(), a.country.Peek())
	return b
}

func (w *payload) claims() []order.Claim {
	var c platform.Claims
	for _, a := range w.attributes {
		switch strings.TrimPrefix(a.name.Peek(), "_") {
		case platform.AttrClick[1:]:
			c.Add(order.ClaimClick, a.value.Peek(), time.Time{}, "note_attributes")
		case platform.AttrRef[1:]:
			c.Add(order.ClaimRef, a.value.Peek(), time.Time{}, "note_attributes")
		}
	}
	c.AddQuery(w.landing.Peek(), time.Time{}, "landing_site")
	c.Add(order.ClaimRef, w.landingRef.Peek(), time.Time{}, "landing_site_ref")
	return c
}

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
