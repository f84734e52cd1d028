package sandbox

import (
	"time"
)

// happening is what befell an order; each platform makes its own webhooks of
// it.
type happening uint8

const (
	placed happening = iota
	paid
	touched
	completed
	failed
	cancelled
	refundedSome
	edited
	trashed
	restored
	deleted
	silent // nothing is fired
)

// act runs one change on an order and fires what follows from it.
func (s *Store) act(id int64, what happening, do func(*Order) bool) error {
	s.mu.Lock()
	o, err := s.order(id)
	if err != nil {
		s.mu.Unlock()
		return err
	}
	if !do(o) {
		s.mu.Unlock()
		return ErrNotNow
	}
	if what != silent {
		s.change(o)
	}
	return s.tell(o, what)
}

// tell fires the platform's webhooks. It is called with mu held and lets it
// go, because senders may be busy.
func (s *Store) tell(o *Order, what happening) error {
	if s.shop != nil {
		batch := s.shop.deliveries(o, what)
		s.mu.Unlock()
		s.shop.send(batch)
		return nil
	}
	fired := s.woo.hooks(o, what)
	first := s.woo.fire(fired)
	s.mu.Unlock()
	if first && s.later != nil {
		s.later(s.woo.cronDelay(), s.woo.cron)
	}
	return nil
}

// Pay takes the money of an order that waits for it: bank transfer, cash on
// delivery, or a second try after a failure.
func (s *Store) Pay(id int64) error {
	return s.act(id, paid, func(o *Order) bool {
		if !o.PaidAt.IsZero() || o.Status == "cancelled" || o.Status == "trash" {
			return false
		}
		o.PaidAt = s.Now().Truncate(time.Second)
		if o.Status != "completed" {
			o.Status = "processing"
		}
		return true
	})
}

// Fail records that the payment did not go through.
func (s *Store) Fail(id int64) error {
	return s.act(id, failed, func(o *Order) bool {
		if !o.PaidAt.IsZero() || o.Status == "cancelled" {
			return false
		}
		o.Status = "failed"
		return true
	})
}

// Complete ships the order. Cash on delivery is paid by it.
func (s *Store) Complete(id int64) error {
	return s.act(id, completed, func(o *Order) bool {
		if o.Status != "processing" && o.Status != "refunded" {
			return false
		}
		o.CompletedAt = s.Now().Truncate(time.Second)
		if o.PaidAt.IsZero() {
			o.PaidAt = o.CompletedAt
		}
		o.Status = "completed"
		return true
	})
}

// Cancel calls the order off. A paid Shopify order is refunded by it; a paid
// WooCommerce order only changes its status.
func (s *Store) Cancel(id int64) error {
	return s.act(id, cancelled, func(o *Order) bool {
		if !o.CancelledAt.IsZero() || o.Status == "cancelled" || o.Status == "refunded" || o.Status == "trash" {
			return false
		}
		o.CancelledAt = s.Now().Truncate(time.Second)
		if s.shop != nil && !o.PaidAt.IsZero() {
			s.refundAll(o, "Order canceled")
		}
		o.Status = "cancelled"
		return true
	})
}

// Touch saves the order without changing anything, as any plugin may.
func (s *Store) Touch(id int64) error {
	return s.act(id, touched, func(*Order) bool { return true })
}

// RemoveItem takes units of a line out of the order by an edit, not a refund.
// Shopify keeps the line and lowers its current quantity; WooCommerce rewrites
// it. Orders with refunds are left alone.
func (s *Store) RemoveItem(id int64, line int, units int64) error {
	return s.act(id, edited, func(o *Order) bool {
		if line >= len(o.Lines) || len(o.Refunds) > 0 || !o.live() {
			return false
		}
		l := o.Lines[line]
		if units < 1 || units > l.Quantity-l.Removed {
			return false
		}
		if s.shop != nil {
			l.Removed += units
			return true
		}
		if len(o.Lines) == 1 && units == l.Quantity {
			return false
		}
		was := l.Quantity
		l.Quantity -= units
		if l.Quantity == 0 {
			o.Lines = append(o.Lines[:line:line], o.Lines[line+1:]...)
			return true
		}
		for i := range l.Off {
			l.Off[i] = l.Off[i] * l.Quantity / was
		}
		s.reckon(l)
		return true
	})
}

// AddItem puts another line on the order by an edit, without discount.
func (s *Store) AddItem(id int64, product int, units int64) error {
	return s.act(id, edited, func(o *Order) bool {
		if product >= len(s.products) || units < 1 || len(o.Refunds) > 0 || !o.live() {
			return false
		}
		p := s.products[product]
		l := &Line{ID: s.nextItem(), Product: p, Quantity: units, Price: p.Price, Off: make([]int64, len(o.Codes))}
		s.reckon(l)
		o.Lines = append(o.Lines, l)
		return true
	})
}

// Delete removes the order for good. Shopify says so with orders/delete;
// WooCommerce says nothing at all.
func (s *Store) Delete(id int64) error {
	what := deleted
	if s.woo != nil {
		what = silent
	}
	return s.act(id, what, func(o *Order) bool {
		o.Gone = true
		return true
	})
}

// Trash moves a WooCommerce order to the bin.
func (s *Store) Trash(id int64) error {
	return s.act(id, trashed, func(o *Order) bool {
		if s.woo == nil || o.Status == "trash" {
			return false
		}
		o.beforeTrash, o.Status = o.Status, "trash"
		return true
	})
}

// Restore takes it out again, as it was.
func (s *Store) Restore(id int64) error {
	return s.act(id, restored, func(o *Order) bool {
		if s.woo == nil || o.Status != "trash" {
			return false
		}
		o.Status, o.beforeTrash = o.beforeTrash, ""
		return true
	})
}

// live tells whether an order can still be worked on.
func (o *Order) live() bool {
	switch o.Status {
	case "cancelled", "trash", "refunded", "failed", "checkout-draft":
		return false
	}
	return !o.Gone
}
