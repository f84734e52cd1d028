package shopify

import (
	"fmt"

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
	id, gid, name, updated, created, processed, cancelled              wire.Raw
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
					if len(w.refunds) == maxRefunds {
						p.Add("refunds", fmt.Sprintf("more than %d of them", maxRefunds))
						r.Skip()
						continue
					}
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
