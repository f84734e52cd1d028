package commission

import (
	"cmp"
	"slices"
	"time"

	"tributary/internal/domain/money"
	"tributary/internal/domain/order"
	"tributary/internal/domain/terms"
)

// takeRefunds brings the base down by the refunds that stand and tells when
// each took how much. The base depends on the set of refunds only: all that name
// lines or shipping come first, then the rest is taken in one step, so no
// refund is ever rounded on its own (R-20 … R-24).
func (b *base) takeRefunds(s *Source, paidAt time.Time) []Cut {
	refunds := s.Order.EffectiveRefunds()
	if len(refunds) == 0 {
		return nil
	}
	if len(refunds) > 1 {
		refunds = slices.Clone(refunds)
		slices.SortFunc(refunds, func(x, y order.Refund) int {
			return cmp.Or(instant(&x, paidAt).Compare(instant(&y, paidAt)), cmp.Compare(x.ID, y.ID))
		})
	}
	cuts := make([]Cut, 0, len(refunds))
	was := b.sold
	var sum given
	for i := range refunds {
		b.gather(&sum, &refunds[i], s.Order.Platform)
		b.reduce(s, sum)
		if now := b.now(); now != was {
			cuts = append(cuts, Cut{At: instant(&refunds[i], paidAt), Amount: was - now})
			was = now
		}
	}
	return cuts
}

// instant is when a refund counts; never before the payment.
func instant(r *order.Refund, paidAt time.Time) time.Time {
	at := r.At
	if at.IsZero() {
		at = r.Version
	}
	if at.Before(paidAt) {
		at = paidAt
	}
	return at.UTC().Truncate(time.Microsecond)
}

// given is the money of the refunds so far, tax included.
type given struct {
	amount, lines, shipping, unlined int64
	// owed is what refunds name by lines but have not paid back: an edit's
	// removal, or goods returned before the money. Unlined money that follows
	// settles it first, so it is not counted twice.
	owed int64
}

// gather adds one refund up.
func (b *base) gather(sum *given, r *order.Refund, from order.Platform) {
	sum.amount += max(r.Amount, 0)
	if !r.Detailed && len(r.Lines) == 0 {
		sum.unlined += max(r.Amount, 0)
		return
	}
	named := max(r.Shipping, 0)
	for i := range r.Lines {
		named += max(r.Lines[i].Net, 0) + max(r.Lines[i].Tax, 0)
	}
	// WooCommerce lets the amount disagree with the lines; the amount is what
	// was paid back. More than the lines is already in Unlined.
	scale := from == order.WooCommerce && r.Amount < named
	if !scale {
		sum.owed += max(named-max(r.Amount, 0), 0)
	}
	for i := range r.Lines {
		l := &r.Lines[i]
		net, tax := max(l.Net, 0), max(l.Tax, 0)
		if scale {
			net, tax = ratio(net, max(r.Amount, 0), named), ratio(tax, max(r.Amount, 0), named)
		}
		sum.lines += net + tax
		p := b.partOf(l.LineID)
		if p == nil {
			continue
		}
		units := max(l.Quantity, 0)
		p.rows++
		p.units += units
		switch {
		case l.Net <= 0 && l.Tax <= 0:
			// WooCommerce always says the money, so there it is none.
			if from != order.WooCommerce {
				p.priceless += units
			}
		case scale || units == 0:
			p.amountOnly = true // the units do not say what was given back
		}
		p.got += net
		if b.tax {
			p.got += tax
		}
	}
	if scale {
		sum.shipping += ratio(max(r.Shipping, 0), max(r.Amount, 0), named)
	} else {
		sum.shipping += max(r.Shipping, 0)
	}
	sum.unlined += max(r.Unlined, 0)
}

// reduce sets what is left of every part after all that was given.
func (b *base) reduce(s *Source, g given) {
	o := &s.Order.Snapshot
	owed := b.removed + g.owed
	absorbed := min(g.unlined, owed)
	if o.Total > 0 && g.amount+owed-absorbed >= o.Total {
		for i := range b.parts {
			b.parts[i].now = 0
		}
		return
	}
	for i := range b.parts {
		p := &b.parts[i]
		if p.line == nil {
			p.now = p.sold - min(p.sold, ratio(p.sold, min(g.shipping, o.Shipping+o.ShippingTax), o.Shipping+o.ShippingTax))
		} else {
			p.now = p.left()
		}
	}
	unlined := g.unlined - absorbed
	if unlined <= 0 {
		return
	}
	var remaining, goods int64
	for i := range b.parts {
		if p := &b.parts[i]; p.in {
			remaining += p.now
		}
		if p := &b.parts[i]; p.goods {
			goods += p.now
		}
	}
	var less int64
	switch s.Terms.Refund.Unlined {
	case terms.Ignore:
		return
	case terms.GoodsFirst:
		less = ratio(unlined, remaining, goods)
	default: // proportional
		total := o.Total - b.removed - g.lines - g.shipping
		if total <= unlined {
			less = remaining
		} else {
			less = ratio(unlined, remaining, total)
		}
	}
	b.spread(min(less, remaining))
}

// left is what refund lines leave of a line: never more taken than the units
// given back had cost, never below zero.
func (p *part) left() int64 {
	if p.rows == 0 {
		return p.sold
	}
	quantity := p.line.Quantity
	take := p.got + ofUnits(p.gross, p.priceless, quantity)
	most := p.sold
	allBack := p.units+p.line.Removed >= quantity
	if !allBack && !p.amountOnly {
		most = min(most, ofUnits(p.gross, p.units, quantity))
	}
	take = min(take, most)
	if allBack && !p.amountOnly && p.sold-take <= p.units {
		take = p.sold // every unit is back; what is left is the store's rounding
	}
	return p.sold - take
}

// spread takes less off the parts that count, by largest remainder.
func (b *base) spread(less int64) {
	weights := make([]int64, len(b.parts))
	for i := range b.parts {
		if b.parts[i].in {
			weights[i] = b.parts[i].now
		}
	}
	if less == 0 {
		return
	}
	for i, cut := range money.Allocate(less, weights) {
		b.parts[i].now -= cut
	}
}

// unitsLeft is how many units of a line are still with the shopper.
func (p *part) unitsLeft() int64 {
	if p.line == nil || p.now <= 0 {
		return 0
	}
	return max(p.line.Quantity-max(p.line.Removed, 0)-p.units, 0)
}
