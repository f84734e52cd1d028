package shopify

import "tributary/internal/platform/wire"

// The lists inside an order payload. A list that money or attribution hangs on
// is Needed; the others may be anything.

func (w *payload) readCodes(r *wire.Reader, p *wire.Problems) {
	w.codes = w.codes[:0]
	if !r.Needed(p, "discount_codes") {
		return
	}
	for r.Item() {
		var c code
		if r.Object() {
			for r.Next() {
				switch r.Name() {
				case "code":
					c.code = r.Value()
				case "amount":
					c.amount = r.Value()
				case "type":
					c.kind = r.Value()
				default:
					r.Skip()
				}
			}
		}
		w.codes = append(w.codes, c)
	}
}

func (w *payload) readApplications(r *wire.Reader, p *wire.Problems) {
	w.applications = w.applications[:0]
	if !r.Needed(p, "discount_applications") {
		return
	}
	for r.Item() {
		var a application // one for each item, whatever it is: allocations count them
		if r.Object() {
			for r.Next() {
				switch r.Name() {
				case "type":
					a.kind = r.Value()
				case "code":
					a.code = r.Value()
				default:
					r.Skip()
				}
			}
		}
		w.applications = append(w.applications, a)
	}
}

func (w *payload) readLines(r *wire.Reader, p *wire.Problems) {
	w.lines = w.lines[:0]
	if !r.Needed(p, "line_items") {
		return
	}
	for r.Item() {
		var l line
		if r.Object() {
			for r.Next() {
				switch r.Name() {
				case "id":
					l.id = r.Value()
				case "admin_graphql_api_id":
					l.gid = r.Value()
				case "product_id":
					l.product = r.Value()
				case "variant_id":
					l.variant = r.Value()
				case "sku":
					l.sku = r.Value()
				case "title":
					l.title = r.Value()
				case "gift_card":
					l.giftCard = r.Value()
				case "quantity":
					l.quantity = r.Value()
				case "current_quantity":
					l.current = r.Value()
				case "price":
					l.price.plain = r.Value()
				case "price_set":
					l.price.readSet(r)
				case "total_discount":
					l.discount.plain = r.Value()
				case "total_discount_set":
					l.discount.readSet(r)
				case "discount_allocations":
					l.allocations = w.readAllocations(r, p, "line_items[].discount_allocations")
				case "tax_lines":
					l.taxes = w.readTaxes(r, p, "line_items[].tax_lines")
				default:
					r.Skip()
				}
			}
		}
		w.lines = append(w.lines, l)
	}
}

func (w *payload) readShipping(r *wire.Reader, p *wire.Problems) {
	w.shippingLines = w.shippingLines[:0]
	if !r.Needed(p, "shipping_lines") {
		return
	}
	for r.Item() {
		var l shippingLine
		if r.Object() {
			for r.Next() {
				switch r.Name() {
				case "price":
					l.price.plain = r.Value()
				case "price_set":
					l.price.readSet(r)
				case "discounted_price":
					l.discounted.plain = r.Value()
				case "discounted_price_set":
					l.discounted.readSet(r)
				case "is_removed":
					l.removed = r.Value()
				case "discount_allocations":
					l.allocations = w.readAllocations(r, p, "shipping_lines[].discount_allocations")
				case "tax_lines":
					l.taxes = w.readTaxes(r, p, "shipping_lines[].tax_lines")
				default:
					r.Skip()
				}
			}
		}
		w.shippingLines = append(w.shippingLines, l)
	}
}

func (w *payload) readAllocations(r *wire.Reader, p *wire.Problems, path string) span {
	s := span{len(w.allocations), len(w.allocations)}
	if !r.Needed(p, path) {
		return s
	}
	for r.Item() {
		var a allocation
		if r.Object() {
			for r.Next() {
				switch r.Name() {
				case "amount":
					a.amount.plain = r.Value()
				case "amount_set":
					a.amount.readSet(r)
				case "discount_application_index":
					a.index = r.Value()
				default:
					r.Skip()
				}
			}
		}
		w.allocations = append(w.allocations, a)
	}
	s.to = len(w.allocations)
	return s
}

func (w *payload) readTaxes(r *wire.Reader, p *wire.Problems, path string) span {
	s := span{len(w.taxes), len(w.taxes)}
	if r.Needed(p, path) {
		w.taxes = readTaxLines(r, w.taxes)
	}
	s.to = len(w.taxes)
	return s
}

func readTaxLines(r *wire.Reader, into []taxLine) []taxLine {
	for r.Item() {
		var t taxLine
		if r.Object() {
			for r.Next() {
				switch r.Name() {
				case "price":
					t.price.plain = r.Value()
				case "price_set":
					t.price.readSet(r)
				case "rate":
					t.rate = r.Value()
				default:
					r.Skip()
				}
			}
		}
		into = append(into, t)
	}
	return into
}

func (w *payload) readAttributes(r *wire.Reader) {
	w.attributes = w.attributes[:0]
	if !r.List() {
		return
	}
	for r.Item() {
		var a attribute
		if r.Object() {
			for r.Next() {
				switch r.Name() {
				case "name", "key":
					a.name = r.Value()
				case "value":
					a.value = r.Value()
				default:
					r.Skip()
				}
			}
		}
		w.attributes = append(w.attributes, a)
	}
}

func (w *payload) readFulfillments(r *wire.Reader) {
	w.fulfillments = w.fulfillments[:0]
	if !r.List() {
		return
	}
	for r.Item() {
		var f fulfillment
		if r.Object() {
			for r.Next() {
				switch r.Name() {
				case "created_at":
					f.created = r.Value()
				case "updated_at":
					f.updated = r.Value()
				case "status":
					f.status = r.Value()
				case "shipment_status":
					f.shipment = r.Value()
				default:
					r.Skip()
				}
			}
		}
		w.fulfillments = append(w.fulfillments, f)
	}
}
