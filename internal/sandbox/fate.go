package sandbox

import "time"

const day = 24 * time.Hour

// sell lets a shopper buy something and plans what becomes of the order.
func (w *World) sell(s *Store) { _, _ = w.Sell(s, s.RandomBasket()) }

// Sell is Checkout, with a life of the order planned after it. It is for what
// runs in the world's time: steps of At.
func (w *World) Sell(s *Store, b Basket) (*Order, error) {
	o, err := s.Checkout(b)
	if err == nil {
		w.fate(s, o, b)
	}
	return o, err
}

// between draws a duration.
func (w *World) between(from, to time.Duration) time.Duration {
	return from + time.Duration(w.rng.Int64N(int64(to-from)))
}

// fate plans an order's life: how it is paid, and one thing that may befall it
// once it is. Steps that have become impossible by then do nothing.
func (w *World) fate(s *Store, o *Order, b Basket) {
	if b.Draft || b.Test {
		return
	}
	id := o.ID
	after := time.Duration(0)
	try := func(at time.Duration, do func() error) { w.plan(s, at, func() { _ = do() }) }
	switch {
	case b.Unpaid: // the card is refused at first
		at := w.between(time.Minute, 3*time.Minute)
		try(at, func() error { return s.Fail(id) })
		if w.rng.IntN(3) == 0 {
			return
		}
		after = at + w.between(10*time.Minute, 8*time.Hour)
		try(after, func() error { return s.Pay(id) })
	case b.Gateway == "bacs":
		after = w.between(6*time.Hour, 4*day)
		if w.rng.IntN(5) == 0 {
			try(after, func() error { return s.Cancel(id) }) // the money never came
			return
		}
		try(after, func() error { return s.Pay(id) })
	case b.Gateway == "cod":
		after = w.between(2*day, 5*day)
		if s.shop != nil {
			try(after, func() error { return s.Pay(id) })
		}
	}
	shipped := max(after, w.between(6*time.Hour, 2*day))
	if w.rng.IntN(10) > 0 || b.Gateway == "cod" {
		try(shipped+time.Minute, func() error { return s.Complete(id) })
	}
	later := shipped + w.between(day, 24*day)
	soon := after + w.between(time.Hour, 5*time.Hour)
	line := w.rng.IntN(len(b.Items))

	m := s.opt.Mix
	roll := w.rng.IntN(1000)
	is := func(n int) bool { roll -= n; return roll < 0 }
	switch {
	case is(m.RefundLine):
		try(later, func() error { return s.RefundLine(id, line, 1) })
		if w.rng.IntN(3) == 0 {
			try(later+w.between(time.Hour, 6*day), func() error { return s.RefundAll(id) })
		}
	case is(m.RefundFee):
		try(later, func() error { return s.RefundLineLess(id, line, 1, pow10(s.exp)) })
	case is(m.RefundAmount):
		try(later, func() error { return s.RefundAmount(id, pow10(s.exp)*(3+w.rng.Int64N(9))) })
	case is(m.RefundShipping):
		try(later, func() error { return s.RefundShipping(id) })
	case is(m.RefundAll):
		try(later, func() error { return s.RefundAll(id) })
	case is(m.RefundByStatus):
		try(later, func() error { return s.RefundByStatus(id) })
		if w.rng.IntN(4) == 0 { // set back to completed: the refund stays
			try(later+time.Hour, func() error { return s.Complete(id) })
		}
	case is(m.Cancel):
		try(soon, func() error { return s.Cancel(id) })
	case is(m.Edit):
		switch {
		case b.ByLine: // whose would an added line be?
		case w.rng.IntN(2) == 0:
			try(soon, func() error { return s.RemoveItem(id, line, 1) })
		default:
			try(soon, func() error { return s.AddItem(id, w.rng.IntN(8), 1) })
		}
	case is(m.Delete):
		if s.shop != nil { // Shopify lets only cancelled orders go
			try(soon, func() error { return s.Cancel(id) })
			try(soon+day, func() error { return s.Delete(id) })
		}
	case is(m.Trash):
		try(later, func() error { return s.Trash(id) })
		if w.rng.IntN(2) == 0 {
			try(later+w.between(time.Hour, day), func() error { return s.Restore(id) })
		}
	case is(m.SilentDelete):
		try(later, func() error { return s.RefundLine(id, line, 1) })
		try(later+2*time.Hour, func() error {
			if o, err := s.Order(id); err == nil && len(o.Refunds) > 0 {
				return s.DeleteRefund(id, o.Refunds[0].ID)
			}
			return nil
		})
		// Somebody saves the order in the end, and then it shows.
		try(later+2*day, func() error { return s.Touch(id) })
	}
}
