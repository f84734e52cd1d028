package woocommerce

import (
	"bytes"
	"fmt"
	"time"

	"tributary/internal/domain/money"
	"tributary/internal/domain/order"
	"tributary/internal/errs"
	"tributary/internal/platform/wire"
)

// refundResource is a refund as /orders/{id}/refunds and /refunds/{id} give it.
type refundResource struct {
	id, amount, created wire.Raw
	lines               []line
	shipping, fees      []amounts
}

func (w *refundResource) read(r *wire.Reader, p *wire.Problems) {
	if !r.Object() {
		return
	}
	for r.Next() {
		switch r.Name() {
		case "id":
			w.id = r.Value()
		case "amount":
			w.amount = r.Value()
		case "date_created_gmt":
			w.created = r.Value()
		case "line_items":
			w.lines = readLines(r, p, "line_items", w.lines[:0])
		case "shipping_lines":
			w.shipping = readAmounts(r, p, "shipping_lines", w.shipping[:0])
		case "fee_lines":
			w.fees = readAmounts(r, p, "fee_lines", w.fees[:0])
		default:
			r.Skip()
		}
	}
}

// DecodeRefunds reads the refund resource of an order, or the list of them, in
// the order's currency, which refunds do not name. version is that of the order
// they were read with.
func DecodeRefunds(orderID int64, c money.Currency, body []byte, version time.Time) (order.Fact, error) {
	f := order.Fact{Platform: order.WooCommerce, OrderID: orderID}
	var p wire.Problems
	var ws []refundResource
	r := wire.Open(body)
	if bytes.HasPrefix(bytes.TrimSpace(body), []byte("[")) {
		if r.List() {
			for r.Item() {
				ws = append(ws, refundResource{})
				ws[len(ws)-1].read(r, &p)
			}
		}
	} else {
		ws = make([]refundResource, 1)
		ws[0].read(r, &p)
	}
	if err := r.Close(); err != nil {
		return f, err
	}
	if orderID <= 0 {
		return f, errs.New(errs.Invalid, "payload_unreadable", "The refunds cannot be read", errs.Field{Path: "order id", Msg: "want an id above zero"})
	}
	for i := range ws {
		refund := ws[i].convert(c, fmt.Sprintf("[%d].", i), &p)
		refund.Version = version.UTC()
		f.Refunds = append(f.Refunds, refund)
	}
	return f, p.Err("refund")
}

// convert reads one refund; the store writes what went back with a minus. The
// amount takes precedence: lines that claim more than went back are no
// evidence, and the money counts as given back without lines.
func (w *refundResource) convert(c money.Currency, prefix string, p *wire.Problems) order.Refund {
	out := order.Refund{Detailed: true}
	var ok bool
	if out.ID, ok = w.id.ID(); !ok {
		p.Add(prefix+"id", w.id.Describe("an id"))
	}
	out.At, _ = w.created.Time()
	if w.amount.Missing() {
		p.Add(prefix+"amount", "missing")
	}
	n := amount(w.amount, c, p, constant(prefix+"amount"))
	out.Amount = max(n, -n)

	var goods, fees int64
	for i := range w.lines {
		from := &w.lines[i]
		path := func(field string) func() string {
			return func() string { return fmt.Sprintf("%sline_items[%d].%s", prefix, i, field) }
		}
		l := order.RefundLine{
			Net: max(0, -amount(from.total, c, p, path("total"))),
			Tax: max(0, -amount(from.tax, c, p, path("total_tax"))),
		}
		q, ok := quantity(from.quantity)
		if !ok {
			p.Add(path("quantity")(), from.quantity.Describe("a quantity"))
		}
		l.Quantity = max(0, -q)
		if l.LineID, ok = from.refunded.ID(); !ok {
			continue // nobody knows of what: it is left to Unlined
		}
		goods += l.Net + l.Tax
		out.Lines = append(out.Lines, l)
	}
	for i, s := range w.shipping {
		path := func() string { return fmt.Sprintf("%sshipping_lines[%d].total", prefix, i) }
		out.Shipping += max(0, -amount(s.total, c, p, path)-amount(s.tax, c, p, path))
	}
	for i, s := range w.fees {
		path := func() string { return fmt.Sprintf("%sfee_lines[%d].total", prefix, i) }
		fees -= amount(s.total, c, p, path) + amount(s.tax, c, p, path)
	}
	rest := out.Amount - goods - out.Shipping - fees
	rounding := int64(len(w.lines) + len(w.shipping) + len(w.fees)) // stores round each part and the sum
	if rest < -rounding {
		out.Lines, out.Shipping, out.Unlined = nil, 0, out.Amount
		return out
	}
	out.Unlined = max(0, rest)
	return out
}
