package woocommerce

import (
	"fmt"
	"strings"
	"time"

	"tributary/internal/domain/money"
	"tributary/internal/domain/order"
	"tributary/internal/platform"
	"tributary/internal/platform/wire"
)

const maxQuantity = 1_000_000

// Decode reads one delivery. at is when it was received; it dates what the body
// itself gives no time for. A body that is no JSON or is an error, as signed
// bodies are once the webhook's user has lost the right to see orders, is
// Unhealthy. Only the body is signed, the topic is not: what has a status is an
// order whatever the topic calls it.
//
// An error is an *errs.Error that names every needed field that could not be
// read; what is not needed may be missing, null, or of any type.
func Decode(topic string, body []byte, at time.Time, hash platform.Hash) (platform.Message, error) {
	if topic == "" && isPing(body) {
		return platform.Message{Kind: platform.Ping}, nil
	}
	resource, _, _ := strings.Cut(topic, ".")
	if resource != "order" && resource != "coupon" {
		return ignored("nothing is done for topic " + wire.Raw(`"`+strings.ReplaceAll(topic, `"`, ``)+`"`).Text()), nil
	}
	var w payload
	var p wire.Problems
	r := wire.Open(body)
	w.read(r, &p)
	if err := r.Close(); err != nil {
		return unhealthy("the store sent something that is not JSON"), nil //nolint:nilerr // it is news about the store, not poison
	}
	id, ok := w.id.ID()
	switch {
	case !ok && !w.code.Missing() && strings.HasSuffix(w.code.Peek(), "_invalid_id"):
		return ignored("it was erased before the store sent it"), nil
	case !ok && !w.code.Missing():
		return unhealthy(w.code.Text() + ": " + w.message.Text()), nil
	case !ok || resource == "order" && w.status.Missing() && topic != "order.deleted":
		return unhealthy("the store sent a body without " + resource + " id and status"), nil
	case resource != "order":
		return ignored("nothing is done for topic " + wire.Raw(`"`+strings.ReplaceAll(topic, `"`, ``)+`"`).Text()), nil
	}
	f := order.Fact{Platform: order.WooCommerce, OrderID: id}
	if w.status.Missing() {
		// It has no time, so it may be older than anything heard before it.
		f.DeletedAt, f.Undated = at.UTC(), true
		return platform.Message{Kind: platform.Order, Fact: f}, nil
	}
	w.convert(&f, hash, &p)
	if err := p.Err("order"); err != nil {
		return platform.Message{}, err
	}
	f.Snapshot.Digest = platform.Digest(body)
	f.Restored = topic == "order.restored" && !f.Snapshot.Binned
	return platform.Message{Kind: platform.Order, Fact: f}, nil
}

func ignored(why string) platform.Message {
	return platform.Message{Kind: platform.Ignored, Reason: why}
}

func unhealthy(why string) platform.Message {
	return platform.Message{Kind: platform.Unhealthy, Reason: why}
}

func (w *payload) convert(f *order.Fact, hash platform.Hash, p *wire.Problems) {
	if f.Name = w.number.Text(); f.Name == "" {
		f.Name = fmt.Sprint(f.OrderID)
	}
	c, err := w.currency.Currency()
	if err != nil {
		p.Add("currency", w.currency.Describe("a currency code"))
		return
	}
	s := &order.Snapshot{Currency: c, Status: w.status.Text(), RefundCount: len(w.refunds), RefundsComplete: w.hasRefunds}
	f.Snapshot = s
	w.times(s, p)
	w.payment(s)
	if s.Payment == order.PaymentNotOrder {
		return // an unfinished checkout: whatever it holds will change
	}
	if !w.hasLines {
		p.Add("line_items", "missing")
	}
	need := func(path string, v wire.Raw) int64 { return amount(v, c, p, constant(path)) }
	if w.total.Missing() {
		p.Add("total", "missing")
	}
	s.Total = need("total", w.total)
	s.Tax, _ = w.totalTax.Money(c) // for people to see: nothing earned hangs on it
	s.Shipping, s.ShippingTax = need("shipping_total", w.shippingTotal), need("shipping_tax", w.shippingTax)
	for i, fee := range w.fees {
		s.Fees += amount(fee.total, c, p, func() string { return fmt.Sprintf("fee_lines[%d].total", i) })
	}
	w.orderLines(s, p)
	for i, r := range w.refunds {
		id, ok := r.id.ID()
		if !ok {
			p.Add(fmt.Sprintf("refunds[%d].id", i), r.id.Describe("an id"))
		}
		n := amount(r.total, c, p, func() string { return fmt.Sprintf("refunds[%d].total", i) })
		f.Refunds = append(f.Refunds, order.Refund{ID: id, Version: s.Version, At: s.Version, Amount: max(n, -n)})
		s.RefundIDs = append(s.RefundIDs, id)
	}
	s.Customer = w.buyer(hash)
	s.Claims = w.claims()
}

func constant(s string) func() string { return func() string { return s } }

// amount reads money: what is missing is zero, what cannot be read a problem.
func amount(v wire.Raw, c money.Currency, p *wire.Problems, path func() string) int64 {
	n, ok := v.Money(c)
	if !ok && !v.Missing() {
		p.Add(path(), v.Describe("an amount"))
	}
	return n
}

func (w *payload) times(s *order.Snapshot, p *wire.Problems) {
	created, okCreated := w.created.Time()
	modified, okModified := w.modified.Time()
	switch {
	case okCreated && okModified:
	case okCreated:
		modified = created
	case okModified:
		created = modified
	default:
		p.Add("date_created_gmt", w.created.Describe("a time"))
	}
	s.CreatedAt, s.Version = created, modified
	s.FulfilledAt, _ = w.completed.Time()
}

// payment reads how far the money has come.
//
// "processing" is not "paid": cash on delivery is processing with no time of
// payment, and the cash may never come. It earns nothing until WooCommerce says
// when it was paid, which it does at the latest when the order is completed. An
// order that was completed or refunded without one counts as paid when it was
// completed, else when it was placed: never at its last change, or each change
// would begin the hold anew.
//
// Status alone is not the truth about refunds: a refunded order that was set
// back to completed keeps its refund. Both are paid, and the refunds decide.
func (w *payload) payment(s *order.Snapshot) {
	paid, ok := w.paid.Time()
	switch s.Status {
	case "processing":
		s.Payment = order.PaymentPending
		if ok {
			s.Payment, s.PaidAt = order.PaymentPaid, paid
		}
	case "completed", "refunded":
		s.Payment, s.PaidAt = order.PaymentPaid, paid
		if !ok {
			if s.PaidAt = s.FulfilledAt; s.PaidAt.IsZero() {
				s.PaidAt = s.CreatedAt
			}
		}
	case "pending", "on-hold":
		s.Payment = order.PaymentPending
	case "cancelled", "failed":
		s.Payment, s.PaidAt = order.PaymentVoid, paid
	case "trash":
		s.Payment, s.PaidAt, s.Binned = order.PaymentVoid, paid, true
	case "checkout-draft", "auto-draft", "draft":
		s.Payment = order.PaymentNotOrder
	default: // a plugin's own
		s.Payment, s.PaidAt = order.PaymentUnknown, paid
	}
}

// orderLines reads lines and coupons. Line totals are after coupons and without
// tax, also where the store's prices include it.
func (w *payload) orderLines(s *order.Snapshot, p *wire.Problems) {
	c := s.Currency
	s.Lines = make([]order.Line, len(w.lines))
	off := make([]int64, len(w.lines)) // what each line's discounts took off
	var taken int64
	for i := range w.lines {
		l, from := &s.Lines[i], &w.lines[i]
		path := func(field string) func() string {
			return func() string { return fmt.Sprintf("line_items[%d].%s", i, field) }
		}
		var ok bool
		if l.ID, ok = from.id.ID(); !ok {
			p.Add(path("id")(), from.id.Describe("an id"))
		}
		l.ProductID, l.VariantID, l.SKU = from.product.Whole(), from.variation.Whole(), from.sku.Text()
		if l.Quantity, ok = quantity(from.quantity); !ok || l.Quantity < 0 {
			p.Add(path("quantity")(), from.quantity.Describe("a quantity"))
		}
		if from.total.Missing() {
			p.Add(path("total")(), "missing")
		}
		l.Net = max(0, amount(from.total, c, p, path("total")))
		l.Tax = max(0, amount(from.tax, c, p, path("total_tax")))
		off[i] = max(0, amount(from.subtotal, c, p, path("subtotal"))-l.Net)
		taken += off[i]
	}

	// WooCommerce tells how much each coupon took off the order and how much
	// all of them took off each line, not which took what off which line.
	weights := make([]int64, len(w.coupons), len(w.coupons)+1)
	var byCoupons int64
	for i, from := range w.coupons {
		code := order.Code{Text: order.Fold(from.code.Text())}
		code.Amount = max(0, amount(from.discount, c, p, func() string { return fmt.Sprintf("coupon_lines[%d].discount", i) }))
		if code.Text != "" {
			s.Codes = append(s.Codes, code)
		}
		weights[i] = code.Amount
		byCoupons += code.Amount
	}
	// What the lines lost beyond their coupons, rounding aside, was not theirs.
	if rest := taken - byCoupons; rest > int64(len(w.lines)) || byCoupons == 0 {
		weights = append(weights, max(rest, 0))
	}
	for i := range s.Lines {
		if off[i] == 0 {
			continue
		}
		for k, n := range money.Allocate(off[i], weights) {
			if n == 0 {
				continue
			}
			a := order.Allocation{Amount: n}
			if k < len(w.coupons) {
				a.Code = order.Fold(w.coupons[k].code.Text())
			}
			s.Lines[i].Discounts = append(s.Lines[i].Discounts, a)
		}
	}
}

// quantity reads a whole number of units; plugins that sell by weight make it a
// fraction, which is at least one unit.
func quantity(v wire.Raw) (int64, bool) {
	if n, ok := v.Int(); ok {
		return n, n <= maxQuantity && n >= -maxQuantity
	}
	thousandths, ok := v.Money("KWD")
	if !ok || thousandths > maxQuantity*1000 || thousandths < -maxQuantity*1000 {
		return 0, false
	}
	if thousandths < 0 {
		return (thousandths - 999) / 1000, true
	}
	return (thousandths + 999) / 1000, true
}

// anonymous is what WooCommerce puts in the place of an erased e-mail address.
const anonymous = "deleted@site.invalid"

func (w *payload) buyer(hash platform.Hash) order.Customer {
	b := order.Customer{ID: w.customerID.Whole(), IPHash: hash.IP(w.ip.Peek())}
	if e := w.bill.email.Peek(); e != anonymous {
		b.EmailHash = hash.Email(e)
	}
	phone := w.bill.phone
	if phone.Missing() {
		phone = w.ship.phone
	}
	b.PhoneHash = hash.Phone(phone.Peek())
	a := w.ship
	if a.street.Missing() {
		a = w.bill
	}
	b.AddressHash = hash.Address(a.street.Peek(), a.second.Peek(), a.postcode.Peek(), a.country.Peek())
	return b
}

// WooCommerce's own order attribution, as the browser told it.
const (
	attribution  = "_wc_order_attribution_"
	utmID        = attribution + "utm_id"
	utmSource    = attribution + "utm_source"
	sessionEntry = attribution + "session_entry"
	sessionStart = attribution + "session_start_time"
)

func isClaim(key string) bool {
	switch key {
	case platform.AttrClick, platform.AttrRef, utmID, utmSource, sessionEntry, sessionStart:
		return true
	}
	return false
}

func (w *payload) claims() []order.Claim {
	var c platform.Claims
	var at time.Time // UTC; the tracker is set to it
	for _, m := range w.meta {
		if m.key.Is(sessionStart) {
			at, _ = m.value.Time()
		}
	}
	each := func(key string, use func(value string)) {
		for _, m := range w.meta {
			if m.key.Is(key) {
				use(m.value.Peek())
			}
		}
	}
	each(platform.AttrClick, func(v string) { c.Add(order.ClaimClick, v, time.Time{}, "meta_data") })
	each(platform.AttrRef, func(v string) { c.Add(order.ClaimRef, v, time.Time{}, "meta_data") })
	each(utmID, func(v string) { c.Add(order.ClaimUTM, v, at, "order_attribution") })
	each(sessionEntry, func(v string) { c.AddQuery(v, at, "session_entry") })
	each(utmSource, func(v string) { c.Add(order.ClaimUTM, v, at, "order_attribution") })
	return c
}
