package shopify

import (
	"fmt"
	"strings"
	"time"

	"tributary/internal/domain/order"
	"tributary/internal/platform"
	"tributary/internal/platform/wire"
)

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
	f.Snapshot.Digest = platform.Digest(body)
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
	s.Tip, _ = w.tip.in(c, p, constant("total_tip_received"))
	var shown wire.Problems // nothing earned hangs on these
	s.Tax, _ = w.tax.in(c, &shown, constant("total_tax"))
	if s.Duties, there = w.duties.in(c, &shown, constant("original_total_duties")); !there {
		s.Duties, _ = w.currentDuties.in(c, &shown, constant("current_total_duties"))
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

// payment reads how far the money has come. A payload has no time of payment,
// only the time Shopify processed the order. A cancelled order is void whatever
// its money did, and so is its target.
func (w *payload) payment(s *order.Snapshot) {
	switch s.Status {
	case "paid", "partially_refunded", "refunded":
		s.Payment = order.PaymentPaid
		s.ProcessedAt = s.CreatedAt
		if t, ok := w.processed.Time(); ok {
			s.ProcessedAt = t
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
