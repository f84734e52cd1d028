package woocommerce

import (
	"fmt"

	"tributary/internal/platform/wire"
)

// Of one order; stores have a handful. More coupons are noise, more refunds are
// beyond all reason.
const (
	maxCoupons = 100
	maxRefunds = 1000
)

// The parts of an order payload that are looked at, as they stood in the body.
type payload struct {
	id, status, number, currency, code, message wire.Raw
	created, modified, paid, completed          wire.Raw
	total, totalTax, shippingTotal, shippingTax wire.Raw
	customerID, ip                              wire.Raw
	bill, ship                                  address
	lines                                       []line
	coupons                                     []coupon
	fees                                        []amounts
	refunds                                     []refundSum
	meta                                        []meta
	hasLines, hasRefunds                        bool
}

type address struct{ street, second, postcode, country, email, phone wire.Raw }

type line struct {
	id, product, variation, sku, quantity wire.Raw
	subtotal                              wire.Raw
	amounts
	refunded wire.Raw // meta _refunded_item_id, on the lines of a refund
}

type amounts struct{ total, tax wire.Raw }

type coupon struct{ code, discount wire.Raw }

type refundSum struct{ id, total wire.Raw }

type meta struct{ key, value wire.Raw }

func (w *payload) read(r *wire.Reader, p *wire.Problems) {
	if !r.Object() {
		return
	}
	for r.Next() {
		switch r.Name() {
		case "id":
			w.id = r.Value()
		case "status":
			w.status = r.Value()
		case "number":
			w.number = r.Value()
		case "currency":
			w.currency = r.Value()
		case "code":
			w.code = r.Value()
		case "message":
			w.message = r.Value()
		case "date_created_gmt":
			w.created = r.Value()
		case "date_modified_gmt":
			w.modified = r.Value()
		case "date_paid_gmt":
			w.paid = r.Value()
		case "date_completed_gmt":
			w.completed = r.Value()
		case "total":
			w.total = r.Value()
		case "total_tax":
			w.totalTax = r.Value()
		case "shipping_total":
			w.shippingTotal = r.Value()
		case "shipping_tax":
			w.shippingTax = r.Value()
		case "customer_id":
			w.customerID = r.Value()
		case "customer_ip_address":
			w.ip = r.Value()
		case "billing":
			w.bill.read(r)
		case "shipping":
			w.ship.read(r)
		case "line_items":
			w.hasLines = true
			w.lines = readLines(r, p, "line_items", w.lines[:0])
		case "fee_lines":
			w.fees = readAmounts(r, p, "fee_lines", w.fees[:0])
		case "coupon_lines":
			w.readCoupons(r, p)
		case "refunds":
			w.readRefunds(r, p)
		case "meta_data":
			w.readMeta(r)
		default:
			r.Skip()
		}
	}
}

func (a *address) read(r *wire.Reader) {
	if !r.Object() {
		return
	}
	for r.Next() {
		switch r.Name() {
		case "address_1":
			a.street = r.Value()
		case "address_2":
			a.second = r.Value()
		case "postcode":
			a.postcode = r.Value()
		case "country":
			a.country = r.Value()
		case "email":
			a.email = r.Value()
		case "phone":
			a.phone = r.Value()
		default:
			r.Skip()
		}
	}
}

// readLines reads an order's or a refund's line items.
func readLines(r *wire.Reader, p *wire.Problems, path string, into []line) []line {
	if !r.Needed(p, path) {
		return into
	}
	for r.Item() {
		var l line
		if r.Object() {
			for r.Next() {
				switch r.Name() {
				case "id":
					l.id = r.Value()
				case "product_id":
					l.product = r.Value()
				case "variation_id":
					l.variation = r.Value()
				case "sku":
					l.sku = r.Value()
				case "quantity":
					l.quantity = r.Value()
				case "subtotal":
					l.subtotal = r.Value()
				case "total":
					l.total = r.Value()
				case "total_tax":
					l.tax = r.Value()
				case "meta_data":
					l.readRefunded(r)
				default:
					r.Skip()
				}
			}
		}
		into = append(into, l)
	}
	return into
}

func (l *line) readRefunded(r *wire.Reader) {
	if !r.List() {
		return
	}
	for r.Item() {
		if m := readPair(r); m.key.Is("_refunded_item_id") {
			l.refunded = m.value
		}
	}
}

func readAmounts(r *wire.Reader, p *wire.Problems, path string, into []amounts) []amounts {
	if !r.Needed(p, path) {
		return into
	}
	for r.Item() {
		var a amounts
		if r.Object() {
			for r.Next() {
				switch r.Name() {
				case "total":
					a.total = r.Value()
				case "total_tax":
					a.tax = r.Value()
				default:
					r.Skip()
				}
			}
		}
		into = append(into, a)
	}
	return into
}

func (w *payload) readCoupons(r *wire.Reader, p *wire.Problems) {
	w.coupons = w.coupons[:0]
	if !r.Needed(p, "coupon_lines") {
		return
	}
	for r.Item() {
		var c coupon
		if r.Object() {
			for r.Next() {
				switch r.Name() {
				case "code":
					c.code = r.Value()
				case "discount":
					c.discount = r.Value()
				default:
					r.Skip()
				}
			}
		}
		if len(w.coupons) < maxCoupons {
			w.coupons = append(w.coupons, c)
		}
	}
}

func (w *payload) readRefunds(r *wire.Reader, p *wire.Problems) {
	w.refunds = w.refunds[:0]
	if !r.Needed(p, "refunds") {
		return // a payload that lists none does not say that there are none
	}
	w.hasRefunds = true
	for r.Item() {
		var s refundSum
		if r.Object() {
			for r.Next() {
				switch r.Name() {
				case "id":
					s.id = r.Value()
				case "total":
					s.total = r.Value()
				default:
					r.Skip()
				}
			}
		}
		if len(w.refunds) == maxRefunds {
			p.Add("refunds", fmt.Sprintf("more than %d of them", maxRefunds))
			continue
		}
		w.refunds = append(w.refunds, s)
	}
}

func (w *payload) readMeta(r *wire.Reader) {
	w.meta = w.meta[:0]
	if !r.List() {
		return
	}
	for r.Item() {
		if m := readPair(r); isClaim(m.key.Peek()) {
			w.meta = append(w.meta, m)
		}
	}
}

func readPair(r *wire.Reader) (m meta) {
	if !r.Object() {
		return m
	}
	for r.Next() {
		switch r.Name() {
		case "key":
			m.key = r.Value()
		case "value":
			m.value = r.Value()
		default:
			r.Skip()
		}
	}
	return m
}
