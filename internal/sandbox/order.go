package sandbox

import (
	"fmt"
	"slices"
	"time"
)

// Order is the store's truth about one order. Amounts are minor units of the
// store's currency. "Shown" amounts are as the shopper sees them (with tax
// where prices include it); Net amounts are without tax everywhere.
type Order struct {
	ID        int64
	Number    int64
	Customer  *Customer
	CreatedAt time.Time
	UpdatedAt time.Time

	PaidAt      time.Time
	CancelledAt time.Time
	CompletedAt time.Time
	Status      string // WooCommerce's vocabulary, kept on both platforms
	beforeTrash string
	Test        bool
	Gone        bool // deleted for good

	Gateway      string
	GiftCardPaid bool // partly paid by gift card: a payment, not a discount
	Via          string
	Lines        []*Line
	Codes        []string // as typed; index is that of Line.Off
	Shipping     int64    // shown
	ShippingTax  int64
	shipNet      int64
	Tip          int64
	Fee          int64 // WooCommerce fee line without tax; its tax is zero
	Presentment  *Presentment
	Visit        Visit
	Attributes   map[string]string // of the cart; nil: see Visit
	Refunds      []*Refund         // deleted ones are not in it

	key         string
	shipID      int64
	metaID      int64
	index       int // the customer's n-th order
	trimNumbers bool
}

// Line is one line item.
type Line struct {
	ID       int64
	Product  *Product
	Quantity int64
	Price    int64   // shown, one unit
	Off      []int64 // shown discount by code, aligned with Order.Codes
	SubNet   int64   // without tax, before discounts
	SubTax   int64
	Net      int64 // without tax, after discounts, all units
	Tax      int64
	Removed  int64 // units an edit took out (Shopify)
}

// Refund is money given back.
type Refund struct {
	ID       int64
	At       time.Time
	Reason   string
	Amount   int64 // all of it
	Lines    []RefundLine
	Shipping int64 // without tax
	ShipTax  int64
	Full     bool
	// Adjust is Amount − (lines + shipping): positive for money given beyond
	// them, negative for a restocking fee.
	Adjust int64
}

// RefundLine gives back units of a line.
type RefundLine struct {
	ID       int64
	Line     *Line
	Quantity int64
	Net, Tax int64
}

// Visit is the evidence a shopper's arrival leaves on the order.
type Visit struct {
	Slug     string // influencer named by the link; empty: none
	UTMID    string
	Campaign string
	ClickID  string
	Landing  string // path and query
	Referrer string
	At       time.Time
	Noted    bool // carried in note attributes or order meta too
}

// reckon derives net amounts and tax of a line from its shown price and
// discounts.
func (s *Store) reckon(l *Line) {
	tax := s.opt.TaxBps
	if l.Product.GiftCard {
		tax = 0
	}
	l.SubNet, l.SubTax = s.untax(l.Price*l.Quantity, tax)
	l.Net, l.Tax = s.untax(l.after(), tax)
}

// untax splits a shown amount into net and tax; without included taxes the
// tax comes on top.
func (s *Store) untax(shown, bps int64) (net, tax int64) {
	if s.opt.TaxesIncluded {
		tax = ratio(shown, bps, 10_000+bps)
		return shown - tax, tax
	}
	return shown, ratio(shown, bps, 10_000)
}

// shown is what a net amount and its tax look like to the shopper.
func (s *Store) shown(net, tax int64) int64 {
	if s.opt.TaxesIncluded {
		return net + tax
	}
	return net
}

func (l *Line) off() (sum int64) {
	for _, o := range l.Off {
		sum += o
	}
	return sum
}

func (l *Line) after() int64 { return l.Price*l.Quantity - l.off() }

// refunded sums what refunds took of the line.
func (o *Order) refunded(l *Line) (qty, net, tax int64) {
	for _, r := range o.Refunds {
		for _, rl := range r.Lines {
			if rl.Line == l {
				qty, net, tax = qty+rl.Quantity, net+rl.Net, tax+rl.Tax
			}
		}
	}
	return qty, net, tax
}

// removed is the part of a line an edit took out.
func (l *Line) removedPart() (net, tax int64) {
	if l.Removed == 0 {
		return 0, 0
	}
	return ratio(l.Net, l.Removed, l.Quantity), ratio(l.Tax, l.Removed, l.Quantity)
}

// Total is all the shopper pays: goods, shipping, tax, tip and fees.
func (o *Order) Total() int64 {
	t := o.Tip + o.Fee + o.shipNet + o.ShippingTax
	for _, l := range o.Lines {
		t += l.Net + l.Tax
	}
	return t
}

func (o *Order) goodsTax() (t int64) {
	for _, l := range o.Lines {
		t += l.Tax
	}
	return t
}

func (o *Order) refundedTotal() (t int64) {
	for _, r := range o.Refunds {
		t += r.Amount
	}
	return t
}

// discount deals a code out over the lines it may touch (nil: all goods).
func (s *Store) discount(o *Order, d *discount, only []*Line) {
	k := len(o.Codes)
	o.Codes = append(o.Codes, d.Text)
	weight := make([]int64, len(o.Lines))
	var sum int64
	for i, l := range o.Lines {
		l.Off = append(l.Off, 0)
		if !l.Product.GiftCard && (only == nil || slices.Contains(only, l)) && (d.deal == nil || d.deal.covers(l.Product) && !d.deal.shipping) {
			weight[i] = l.after()
			sum += weight[i]
		}
	}
	cut := min(d.Fixed, sum)
	if d.PercentBps > 0 {
		cut = ratio(sum, d.PercentBps, 10_000)
	}
	for i, part := range spread(cut, weight) {
		o.Lines[i].Off[k] = part
	}
}

// Order returns a copy-safe view of the order; callers must not change it and
// should not read it while other goroutines trade.
func (s *Store) Order(id int64) (*Order, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.order(id)
}

func (s *Store) order(id int64) (*Order, error) {
	o := s.byID[id]
	if o == nil || o.Gone {
		return nil, fmt.Errorf("sandbox: no order %d", id)
	}
	return o, nil
}

// change stamps the order as updated now. Two states never share a second:
// the platforms' times have no finer grain.
func (s *Store) change(o *Order) {
	t := s.Now().Truncate(time.Second)
	if !t.After(o.UpdatedAt) {
		t = o.UpdatedAt.Add(time.Second)
	}
	o.UpdatedAt = t
}
