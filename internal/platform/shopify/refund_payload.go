package shopify

import "tributary/internal/platform/wire"

// refund is one refund as it stands in an order's refunds[] and, the same, in
// refunds/create. What it becomes depends on the refund alone, not on which of
// the two brought it.
type refund struct {
	id, gid, orderID, created, processed wire.Raw
	lines                                []refundLine
	transactions                         []transaction
	adjustments                          []adjustment
	shippingLines                        []bag // each once without and once with its tax
	duties                               bag
	isRefund                             bool
}

type refundLine struct {
	lineID, quantity wire.Raw
	subtotal, tax    bag
	item             wire.Raw // id of the embedded line item
	rates            []taxLine
}

type transaction struct {
	kind, status, currency wire.Raw
	amount                 bag
}

type adjustment struct {
	kind, reason wire.Raw
	amount, tax  bag
}

func (w *refund) read(r *wire.Reader, p *wire.Problems) {
	if !r.Object() {
		return
	}
	for r.Next() {
		switch r.Name() {
		case "id":
			w.id = r.Value()
		case "admin_graphql_api_id":
			w.gid = r.Value()
		case "order_id":
			w.orderID = r.Value()
		case "created_at":
			w.created = r.Value()
		case "processed_at":
			w.processed = r.Value()
		case "total_duties_set":
			w.duties.readSet(r)
		case "refund_line_items":
			w.isRefund = true
			w.readLines(r, p)
		case "transactions":
			w.readTransactions(r, p)
		case "order_adjustments":
			w.readAdjustments(r, p)
		case "refund_shipping_lines":
			w.readShipping(r, p)
		default:
			r.Skip()
		}
	}
}

func (w *refund) readLines(r *wire.Reader, p *wire.Problems) {
	w.lines = nil
	if !r.Needed(p, "refunds[].refund_line_items") {
		return
	}
	for r.Item() {
		var l refundLine
		if r.Object() {
			for r.Next() {
				switch r.Name() {
				case "line_item_id":
					l.lineID = r.Value()
				case "quantity":
					l.quantity = r.Value()
				case "subtotal":
					l.subtotal.plain = r.Value()
				case "subtotal_set":
					l.subtotal.readSet(r)
				case "total_tax":
					l.tax.plain = r.Value()
				case "total_tax_set":
					l.tax.readSet(r)
				case "line_item":
					l.readItem(r)
				default:
					r.Skip()
				}
			}
		}
		w.lines = append(w.lines, l)
	}
}

func (l *refundLine) readItem(r *wire.Reader) {
	if !r.Object() {
		return
	}
	for r.Next() {
		switch r.Name() {
		case "id":
			l.item = r.Value()
		case "tax_lines":
			if r.List() {
				l.rates = readTaxLines(r, nil)
			}
		default:
			r.Skip()
		}
	}
}

func (w *refund) readTransactions(r *wire.Reader, p *wire.Problems) {
	w.transactions = nil
	if !r.Needed(p, "refunds[].transactions") {
		return
	}
	for r.Item() {
		var t transaction
		if r.Object() {
			for r.Next() {
				switch r.Name() {
				case "kind":
					t.kind = r.Value()
				case "status":
					t.status = r.Value()
				case "currency":
					t.currency = r.Value()
				case "amount":
					t.amount.plain = r.Value()
				case "amount_set":
					t.amount.readSet(r)
				default:
					r.Skip()
				}
			}
		}
		w.transactions = append(w.transactions, t)
	}
}

func (w *refund) readAdjustments(r *wire.Reader, p *wire.Problems) {
	w.adjustments = nil
	if !r.Needed(p, "refunds[].order_adjustments") {
		return
	}
	for r.Item() {
		var a adjustment
		if r.Object() {
			for r.Next() {
				switch r.Name() {
				case "kind":
					a.kind = r.Value()
				case "reason":
					a.reason = r.Value()
				case "amount":
					a.amount.plain = r.Value()
				case "amount_set":
					a.amount.readSet(r)
				case "tax_amount":
					a.tax.plain = r.Value()
				case "tax_amount_set":
					a.tax.readSet(r)
				default:
					r.Skip()
				}
			}
		}
		w.adjustments = append(w.adjustments, a)
	}
}

func (w *refund) readShipping(r *wire.Reader, p *wire.Problems) {
	w.shippingLines = nil
	if !r.Needed(p, "refunds[].refund_shipping_lines") {
		return
	}
	for r.Item() {
		var amount, tax bag
		if r.Object() {
			for r.Next() {
				switch r.Name() {
				case "subtotal_amount":
					amount.plain = r.Value()
				case "subtotal_amount_set":
					amount.readSet(r)
				case "tax_amount":
					tax.plain = r.Value()
				case "tax_amount_set":
					tax.readSet(r)
				default:
					r.Skip()
				}
			}
		}
		w.shippingLines = append(w.shippingLines, amount, tax)
	}
}
