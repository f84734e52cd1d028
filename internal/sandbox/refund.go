package sandbox

import "time"

// refund adds one refund if do fills it, and keeps the status that follows.
func (s *Store) refund(id int64, reason string, do func(*Order, *Refund) bool) error {
	return s.act(id, refundedSome, func(o *Order) bool {
		if o.PaidAt.IsZero() || o.Status == "trash" || o.Status == "cancelled" || o.refundedTotal() >= o.Total() {
			return false
		}
		r := s.newRefund(reason)
		if !do(o, r) {
			return false
		}
		s.book(o, r)
		return true
	})
}

func (s *Store) newRefund(reason string) *Refund {
	return &Refund{ID: s.nextID(), At: s.Now().Truncate(time.Second), Reason: reason}
}

// book adds the refund up and appends it. No order gives back more than it took.
func (s *Store) book(o *Order, r *Refund) {
	sum := r.Shipping + r.ShipTax
	for _, l := range r.Lines {
		sum += l.Net + l.Tax
	}
	if r.Amount == 0 {
		r.Amount = sum
	}
	r.Adjust = r.Amount - sum
	o.Refunds = append(o.Refunds, r)
	if o.refundedTotal() >= o.Total() {
		r.Full = true
		if s.woo != nil {
			o.Status = "refunded"
		}
	}
}

// take gives back units of a line: the cumulative share, so that giving back
// all units one by one gives back the line to the cent.
func (s *Store) take(o *Order, r *Refund, l *Line, units int64) bool {
	done, net, tax := o.refunded(l)
	kept := l.Quantity - l.Removed
	if units < 1 || done+units > kept {
		return false
	}
	goneNet, goneTax := l.removedPart()
	r.Lines = append(r.Lines, RefundLine{
		ID: s.nextItem(), Line: l, Quantity: units,
		Net: ratio(l.Net-goneNet, done+units, kept) - net,
		Tax: ratio(l.Tax-goneTax, done+units, kept) - tax,
	})
	return true
}

// RefundLine gives back units of one line.
func (s *Store) RefundLine(id int64, line int, units int64) error {
	return s.refund(id, "one item broken", func(o *Order, r *Refund) bool {
		if line >= len(o.Lines) || o.unlined() {
			return false
		}
		return s.take(o, r, o.Lines[line], units)
	})
}

// RefundLineLess gives back units of one line but keeps a fee (Shopify): the
// goods are back, the money is less than they cost.
func (s *Store) RefundLineLess(id int64, line int, units, fee int64) error {
	return s.refund(id, "restocking fee", func(o *Order, r *Refund) bool {
		if s.shop == nil || line >= len(o.Lines) || o.unlined() || !s.take(o, r, o.Lines[line], units) {
			return false
		}
		r.Amount = r.Lines[0].Net + r.Lines[0].Tax - fee
		return r.Amount > 0
	})
}

// RefundAmount gives back money without saying for what.
func (s *Store) RefundAmount(id int64, minor int64) error {
	return s.refund(id, "goodwill", func(o *Order, r *Refund) bool {
		r.Amount = minor
		return minor > 0 && minor <= o.Total()-o.refundedTotal()
	})
}

// RefundShipping gives back the shipping.
func (s *Store) RefundShipping(id int64) error {
	return s.refund(id, "late delivery", func(o *Order, r *Refund) bool {
		if o.shipNet == 0 || o.shippingBack() {
			return false
		}
		r.Shipping, r.ShipTax = o.shipNet, o.ShippingTax
		return r.Shipping+r.ShipTax <= o.Total()-o.refundedTotal()
	})
}

// RefundAll gives back what is left, line by line and with the shipping.
func (s *Store) RefundAll(id int64) error {
	return s.act(id, refundedSome, func(o *Order) bool {
		if o.PaidAt.IsZero() || o.Status == "cancelled" || o.Status == "trash" || o.refundedTotal() >= o.Total() {
			return false
		}
		s.refundAll(o, "")
		return true
	})
}

func (s *Store) refundAll(o *Order, reason string) {
	left := o.Total() - o.refundedTotal()
	if left <= 0 {
		return
	}
	r := s.newRefund(reason)
	if !o.unlined() {
		for _, l := range o.Lines {
			done, _, _ := o.refunded(l)
			s.take(o, r, l, l.Quantity-l.Removed-done)
		}
	}
	if !o.shippingBack() && !o.unlined() {
		r.Shipping, r.ShipTax = o.shipNet, o.ShippingTax
	}
	r.Amount = left
	s.book(o, r)
}

// RefundByStatus sets a WooCommerce order to refunded: one refund of all that
// is left, without lines.
func (s *Store) RefundByStatus(id int64) error {
	return s.refund(id, "Order fully refunded.", func(o *Order, r *Refund) bool {
		r.Amount = o.Total() - o.refundedTotal()
		return s.woo != nil
	})
}

// DeleteRefund takes a WooCommerce refund back. Nothing is fired and the order
// does not look modified: only reading it again shows it.
func (s *Store) DeleteRefund(id, refund int64) error {
	return s.act(id, silent, func(o *Order) bool {
		for i, r := range o.Refunds {
			if r.ID == refund && s.woo != nil {
				o.Refunds = append(o.Refunds[:i:i], o.Refunds[i+1:]...)
				return true
			}
		}
		return false
	})
}

// unlined tells whether money went back that no line accounts for.
func (o *Order) unlined() bool {
	for _, r := range o.Refunds {
		if r.Adjust > 0 {
			return true
		}
	}
	return false
}

func (o *Order) shippingBack() bool {
	for _, r := range o.Refunds {
		if r.Shipping > 0 {
			return true
		}
	}
	return false
}
