package shopify

import (
	"tributary/internal/domain/money"
	"tributary/internal/platform/wire"
)

// The parts of an order payload that are looked at, as they stood in the body.

// bag is one amount in its two forms: the *_set object, which names currencies
// and is preferred, and the plain field beside it, in the shop's currency.
type bag struct {
	shop, shopCurrency               wire.Raw
	presentment, presentmentCurrency wire.Raw
	plain                            wire.Raw
}

func (b *bag) readSet(r *wire.Reader) {
	if !r.Object() {
		return
	}
	for r.Next() {
		switch r.Name() {
		case "shop_money":
			readMoney(r, &b.shop, &b.shopCurrency)
		case "presentment_money":
			readMoney(r, &b.presentment, &b.presentmentCurrency)
		default:
			r.Skip()
		}
	}
}

func readMoney(r *wire.Reader, amount, currency *wire.Raw) {
	if !r.Object() {
		return
	}
	for r.Next() {
		switch r.Name() {
		case "amount":
			*amount = r.Value()
		case "currency_code":
			*currency = r.Value()
		default:
			r.Skip()
		}
	}
}

// in is the amount in minor units of the shop's currency. One that is missing
// is zero and not there; one that is there and cannot be read is a problem.
func (b *bag) in(c money.Currency, p *wire.Problems, path func() string) (minor int64, there bool) {
	if n, ok := b.shop.Money(c); ok {
		return n, true
	}
	if n, ok := b.plain.Money(c); ok {
		return n, true
	}
	switch {
	case !b.plain.Missing():
		p.Add(path(), b.plain.Describe("an amount"))
	case !b.shop.Missing():
		p.Add(path()+"_set.shop_money.amount", b.shop.Describe("an amount"))
	}
	return 0, false
}

type payload struct {
	id, gid, orderID, name, updated, created, processed, cancelled     wire.Raw
	currency, presentment, financial, fulfillment, test, taxesIncluded wire.Raw
	email, contactEmail, phone, customerID, customerGID, customerEmail wire.Raw
	customerPhone, ip, clientIP, landing, landingRef                   wire.Raw
	total, tax, shipping, tip, duties, currentDuties, discounts        bag
	ship, bill                                                         address
	codes                                                              []code
	applications                                                       []application
	lines                                                              []line
	shippingLines                                                      []shippingLine
	refunds                                                            []refund
	attributes                                                         []attribute
	fulfillments                                                       []fulfillment
	allocations                                                        []allocation // of all lines, one after the other
	taxes                                                              []taxLine    // likewise
	isOrder                                                            bool
	isEdit                                                             bool
}

type address struct{ street, second, postcode, country, phone wire.Raw }

type code struct{ code, amount, kind wire.Raw }

type application struct{ kind, code wire.Raw }

type attribute struct{ name, value wire.Raw }

type fulfillment struct{ created, updated, status, shipment wire.Raw }

type span struct{ from, to int }

type line struct {
	id, gid, product, variant, sku, title, giftCard, quantity, current wire.Raw
	price, discount                                                    bag
	allocations, taxes                                                 span
}

type shippingLine struct {
	price, discounted  bag
	removed            wire.Raw
	allocations, taxes span
}

type allocation struct {
	amount bag
	index  wire.Raw
}

type taxLine struct {
	price bag
	rate  wire.Raw
}

func (w *payload) read(r *wire.Reader, p *wire.Problems) {
	if !r.Object() {
		return
	}
	for r.Next() {
		switch r.Name() {
		case "id":
			w.id = r.Value()
		case "admin_graphql_api_id":
			w.gid = r.Value()
		case "name":
			w.name = r.Value()
		case "updated_at":
			w.updated = r.Value()
		case "created_at":
			w.created = r.Value()
		case "processed_at":
			w.processed = r.Value()
		case "cancelled_at":
			w.cancelled = r.Value()
		case "currency":
			w.currency = r.Value()
		case "presentment_currency":
			w.presentment = r.Value()
		case "financial_status":
			w.financial = r.Value()
		case "fulfillment_status":
			w.fulfillment = r.Value()
		case "test":
			w.test = r.Value()
		case "taxes_included":
			w.taxesIncluded = r.Value()
		case "email":
			w.email = r.Value()
		case "contact_email":
			w.contactEmail = r.Value()
		case "phone":
			w.phone = r.Value()
		case "browser_ip":
			w.ip = r.Value()
		case "client_details":
			w.clientIP = member(r, "browser_ip")
		case "landing_site":
			w.landing = r.Value()
		case "landing_site_ref":
			w.landingRef = r.Value()
		case "total_price":
			w.total.plain = r.Value()
		case "total_price_set":
			w.total.readSet(r)
		case "total_tax":
			w.tax.plain = r.Value()
		case "total_tax_set":
			w.tax.readSet(r)
		case "total_shipping_price_set":
			w.shipping.readSet(r)
		case "total_tip_received":
			w.tip.plain = r.Value()
		case "total_tip_received_set":
			w.tip.readSet(r)
		case "original_total_duties_set":
			w.duties.readSet(r)
		case "current_total_duties_set":
			w.currentDuties.readSet(r)
		case "total_discounts":
			w.discounts.plain = r.Value()
		case "total_discounts_set":
			w.discounts.readSet(r)
		case "customer":
			w.readCustomer(r)
		case "shipping_address":
			w.ship.read(r)
		case "billing_address":
			w.bill.read(r)
		case "discount_codes":
			w.readCodes(r, p)
		case "discount_applications":
			w.readApplications(r, p)
		case "line_items":
			w.isOrder = true
			w.readLines(r, p)
		case "shipping_lines":
			w.readShipping(r, p)
		case "refunds":
			w.refunds = w.refunds[:0]
			if r.Needed(p, "refunds") {
				for r.Item() {
					w.refunds = append(w.refunds, refund{})
					w.refunds[len(w.refunds)-1].read(r, p)
				}
			}
		case "note_attributes":
			w.readAttributes(r)
		case "fulfillments":
			w.readFulfillments(r)
		case "order_edit":
			w.isEdit = true
			r.Skip()
		default:
			r.Skip()
		}
	}
}

func (w *payload) readCustomer(r *wire.Reader) {
	if !r.Object() {
		return
	}
	for r.Next() {
		switch r.Name() {
		case "id":
			w.customerID = r.Value()
		case "admin_graphql_api_id":
			w.customerGID = r.Value()
		case "email":
			w.customerEmail = r.Value()
		case "phone":
			w.customerPhone = r.Value()
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
		case "address1":
			a.street = r.Value()
		case "address2":
			a.second = r.Value()
		case "zip":
			a.postcode = r.Value()
		case "country_code":
			a.country = r.Value()
		case "phone":
			a.phone = r.Value()
		default:
			r.Skip()
		}
	}
}

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
