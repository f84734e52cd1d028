package shopify

import (
	"fmt"
	"strings"
	"time"

	"tributary/internal/domain/money"
	"tributary/internal/domain/order"
	"tributary/internal/platform"
	"tributary/internal/platform/wire"
)

// maxRefunds is beyond all reason for one order.
const maxRefunds = 1000

// decodeRefund reads refunds/create.
func decodeRefund(body []byte) (platform.Message, error) {
	var w refund
	var p wire.Problems
	r := wire.Open(body)
	w.read(r, &p)
	if err := r.Close(); err != nil {
		return platform.Message{}, err
	}
	if !w.isRefund {
		return ignored(unfit), nil
	}
	orderID := needID(&p, "order_id", w.orderID, "")
	c, err := w.currency()
	if err != nil {
		p.Add("currency", err.Error())
		return platform.Message{}, p.Err("refund")
	}
	fact0 := order.Fact{OrderID: orderID, Refunds: []order.Refund{w.convert(c, unknown, "", &p)}}
	return fact(fact0), p.Err("refund")
}

// currency is the shop's own, which a refund names only beside its amounts.
func (w *refund) currency() (money.Currency, error) {
	for _, b := range w.bags() {
		if !b.shopCurrency.Missing() {
			return b.shopCurrency.Currency()
		}
	}
	for i := range w.transactions {
		if c := w.transactions[i].currency; !c.Missing() {
			return c.Currency()
		}
	}
	if len(w.lines) > 0 || len(w.adjustments) > 0 || len(w.transactions) > 0 {
		return "", fmt.Errorf("no amount says in which currency it is")
	}
	return "", nil
}

func (w *refund) bags() []*bag {
	all := make([]*bag, 0, 2*len(w.lines)+2*len(w.adjustments)+len(w.shippingLines)+len(w.transactions)+1)
	for i := range w.lines {
		all = append(all, &w.lines[i].subtotal, &w.lines[i].tax)
	}
	for i := range w.adjustments {
		all = append(all, &w.adjustments[i].amount, &w.adjustments[i].tax)
	}
	for i := range w.shippingLines {
		all = append(all, &w.shippingLines[i])
	}
	for i := range w.transactions {
		all = append(all, &w.transactions[i].amount)
	}
	return append(all, &w.duties)
}

// tristate is what is known of an order's prices.
type tristate uint8

const (
	unknown tristate = iota
	no
	yes
)

// convert reads the refund. inclusive tells whether the order's prices include
// tax, where that is known.
func (w *refund) convert(c money.Currency, inclusive tristate, prefix string, p *wire.Problems) order.Refund {
	at := func(field string) func() string { return func() string { return prefix + field } }
	out := order.Refund{ID: needID(p, prefix+"id", w.id, w.gid), Detailed: true}
	out.At = w.at(prefix, p)
	out.Version = out.At

	var goods int64
	for i := range w.lines {
		l := &w.lines[i]
		path := func(field string) func() string {
			return func() string { return fmt.Sprintf("%srefund_line_items[%d].%s", prefix, i, field) }
		}
		id, ok := l.lineID.ID()
		if !ok {
			id = needID(p, path("line_item_id")(), l.item, l.lineID)
		}
		q, ok := l.quantity.Int()
		if !ok || q < 0 || q > maxQuantity {
			p.Add(path("quantity")(), l.quantity.Describe("a quantity"))
		}
		net, _ := l.subtotal.in(c, p, path("subtotal"))
		tax, _ := l.tax.in(c, p, path("total_tax"))
		if l.includesTax(net, tax, inclusive) {
			net -= tax
		}
		net, tax = max(net, 0), max(tax, 0)
		goods += net + tax
		out.Lines = append(out.Lines, order.RefundLine{LineID: id, Quantity: q, Net: net, Tax: tax})
	}

	var unlined, kept int64
	adjusted := false
	for i := range w.adjustments {
		a := &w.adjustments[i]
		amount, _ := a.amount.in(c, p, at(fmt.Sprintf("order_adjustments[%d].amount", i)))
		tax, _ := a.tax.in(c, p, at(fmt.Sprintf("order_adjustments[%d].tax_amount", i)))
		switch kind := a.what(); {
		case kind == "shipping_refund":
			out.Shipping -= amount + tax
		case strings.HasSuffix(kind, "refund_discrepancy"):
			// Below zero: more went back than lines and shipping come to.
			// Above: the merchant kept something, and the units are back all the same.
			adjusted = true
			if sum := amount + tax; sum < 0 {
				unlined -= sum
			} else {
				kept += sum
			}
		}
	}
	if out.Shipping <= 0 {
		out.Shipping = 0
		for i := range w.shippingLines {
			n, _ := w.shippingLines[i].in(c, p, at("refund_shipping_lines[].subtotal_amount"))
			out.Shipping += max(n, 0)
		}
	}
	duties, _ := w.duties.in(c, p, at("total_duties"))
	duties = max(duties, 0)

	money, moved := w.moved(c, prefix, p)
	switch {
	case adjusted:
		out.Unlined = max(unlined, 0)
	case moved:
		out.Unlined = max(0, money-goods-out.Shipping-duties)
	}
	out.Amount = money
	if !moved {
		out.Amount = max(0, goods+out.Shipping+duties+out.Unlined-kept)
	}
	return out
}

func (a *adjustment) what() string {
	s := a.kind.Peek()
	if s == "" {
		s = strings.ReplaceAll(a.reason.Peek(), " ", "_")
	}
	return strings.ToLower(s)
}

// moved is the money that successful refund transactions gave back. A
// transaction in the shopper's currency is converted with the rate that the
// refund's own amounts show.
func (w *refund) moved(c money.Currency, prefix string, p *wire.Problems) (sum int64, any bool) {
	for i := range w.transactions {
		t := &w.transactions[i]
		if !t.kind.Is("refund") || !t.status.Is("success") {
			continue
		}
		path := func() string { return fmt.Sprintf("%stransactions[%d].amount", prefix, i) }
		if n, ok := t.amount.shop.Money(c); ok {
			sum, any = sum+n, true
			continue
		}
		own := c
		if !t.currency.Missing() {
			var err error
			if own, err = t.currency.Currency(); err != nil {
				p.Add(fmt.Sprintf("%stransactions[%d].currency", prefix, i), err.Error())
				continue
			}
		}
		if own == c {
			if n, there := t.amount.in(c, p, path); there {
				sum, any = sum+n, true
			}
			continue
		}
		plain := bag{plain: t.amount.plain}
		n, there := plain.in(own, p, path)
		shop, presentment := w.rate(c, own)
		if !there || presentment == 0 {
			return 0, false // what lines and adjustments come to will have to do
		}
		x := money.ExactOf(n)
		x.MulRatio(shop, presentment)
		n, err := x.RoundHalfUp()
		if err != nil {
			return 0, false
		}
		sum, any = sum+n, true
	}
	return max(sum, 0), any
}

// rate is the largest pair of one amount in the shop's and another currency.
func (w *refund) rate(c, other money.Currency) (shop, presentment int64) {
	for _, b := range w.bags() {
		if !strings.EqualFold(b.presentmentCurrency.Peek(), string(other)) {
			continue
		}
		s, ok := b.shop.Money(c)
		o, ok2 := b.presentment.Money(other)
		if s < 0 {
			s, o = -s, -o
		}
		if ok && ok2 && s > shop && o > 0 {
			shop, presentment = s, o
		}
	}
	return shop, presentment
}

// includesTax tells whether a refund line's subtotal s contains its tax t
// . A refund does not say; with the rates of the embedded line it shows,
// since t is s·r when added and s·r/(1+r) when contained: whichever is nearer.
// Without rates the order's own flag decides.
func (l *refundLine) includesTax(s, t int64, inclusive tristate) bool {
	if s <= 0 || t <= 0 || inclusive == no {
		return false
	}
	const one = 1_000_000
	var r int64
	for i := range l.rates {
		r += millionths(l.rates[i].rate)
	}
	if r <= 0 || r > one {
		return inclusive == yes
	}
	added, contained := money.ExactOf(s), money.ExactOf(s)
	added.MulRatio(r, one)
	contained.MulRatio(r, one+r)
	added.Add(contained) // twice the middle between the two
	return added.Cmp(money.ExactOf(2*t)) > 0
}

// millionths reads a decimal such as 0.0725; what is none is zero.
func millionths(v wire.Raw) int64 {
	const decimals = 6
	whole, frac, _ := strings.Cut(v.Peek(), ".")
	if len(frac) > decimals {
		frac = frac[:decimals]
	}
	n, ok := wire.Raw(whole + frac + "000000"[len(frac):]).Int()
	if !ok {
		return 0
	}
	return n
}

func (w *refund) at(prefix string, p *wire.Problems) (t time.Time) {
	for _, v := range [...]wire.Raw{w.processed, w.created} {
		if t, ok := v.Time(); ok {
			return t
		}
	}
	for _, v := range [...]wire.Raw{w.processed, w.created} {
		if !v.Missing() {
			p.Add(prefix+"created_at", v.Describe("a time"))
			break
		}
	}
	return t
}
