package sandbox

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// Detail says how much of a refund the app can have seen.
type Detail uint8

// With lines (Shopify's webhooks, or WooCommerce's REST API), or only the sums
// that a WooCommerce order payload shows.
const (
	WithLines Detail = iota
	SumsOnly
)

// Expected is what the store holds to be true of one order: what an app that
// has heard everything must believe. It is reckoned from the store's own
// books, by the published rules, with no code of the app.
type Expected struct {
	OrderID   int64
	Number    int64
	CreatedAt time.Time
	PaidAt    time.Time
	Paid      bool // money was taken
	Cancelled bool // called off, failed, in the bin or deleted
	Draft     bool
	Test      bool
	Currency  string
	Total     int64
	Refunded  int64 // money given back, in all
	Refunds   int
	Codes     []string // as typed
	Ref       string   // influencer slug of the link that was followed
	Customer  int      // which shopper, counted from 1
	Index     int      // the shopper's n-th order
	Lines     []ExpectedLine
}

// ExpectedLine is one line of goods; gift cards are left out.
type ExpectedLine struct {
	LineID     int64
	ProductID  int64
	Quantity   int64
	Net        int64  // as sold, after discounts, without tax
	Remaining  int64  // after edits and refunds; zero when the order earns nothing
	Influencer string // slug of who brought it; empty: nobody
}

// Counts tells whether the order earns at all.
func (e *Expected) Counts() bool { return e.Paid && !e.Cancelled && !e.Draft && !e.Test }

// Remaining is the net goods value that commission is due on.
func (e *Expected) Remaining() (sum int64) {
	for _, l := range e.Lines {
		sum += l.Remaining
	}
	return sum
}

// Commission is what plain percentage deals owe each influencer for the
// order: rate basis points of the remaining goods, rounded once, half up.
// Influencers who get nothing are not in it.
func (e *Expected) Commission(rate func(slug string) int64) map[string]int64 {
	base := map[string]int64{}
	for _, l := range e.Lines {
		if l.Influencer != "" {
			base[l.Influencer] += l.Remaining
		}
	}
	for slug, b := range base {
		base[slug] = ratio(b, rate(slug), 10_000)
		if base[slug] == 0 {
			delete(base, slug)
		}
	}
	return base
}

// Orders lists what the store expects of every order, oldest first. Orders
// that are gone are in it, as cancelled.
func (s *Store) Orders(d Detail) []Expected {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]Expected, 0, len(s.orders))
	for _, o := range s.orders {
		out = append(out, s.expect(o, d))
	}
	slices.SortFunc(out, func(a, b Expected) int {
		return cmp.Or(a.CreatedAt.Compare(b.CreatedAt), cmp.Compare(a.OrderID, b.OrderID))
	})
	return out
}

// Expected is the same for one order.
func (s *Store) Expected(id int64, d Detail) (Expected, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	o := s.byID[id]
	if o == nil {
		return Expected{}, false
	}
	return s.expect(o, d), true
}

// ExpectedCommission sums Commission over all orders, by influencer slug.
func (s *Store) ExpectedCommission(rate func(slug string) int64, d Detail) map[string]int64 {
	sum := map[string]int64{}
	for _, e := range s.Orders(d) {
		for slug, c := range e.Commission(rate) {
			sum[slug] += c
		}
	}
	return sum
}

func (s *Store) expect(o *Order, d Detail) Expected {
	e := Expected{
		OrderID: o.ID, Number: o.Number, CreatedAt: o.CreatedAt, PaidAt: o.PaidAt,
		Paid: !o.PaidAt.IsZero(), Draft: o.Status == "checkout-draft", Test: o.Test,
		Currency: s.opt.Currency, Total: o.Total(), Refunded: o.refundedTotal(), Refunds: len(o.Refunds),
		Codes: o.Codes, Ref: o.Visit.Slug, Customer: o.Customer.N, Index: o.index,
	}
	switch {
	case o.Gone, !o.CancelledAt.IsZero(), o.Status == "cancelled", o.Status == "failed", o.Status == "trash":
		e.Cancelled = true
	}
	left := s.remaining(o, d)
	for i, l := range o.Lines {
		if l.Product.GiftCard {
			continue
		}
		x := ExpectedLine{LineID: l.ID, ProductID: l.Product.ID, Quantity: l.Quantity, Net: l.Net, Influencer: s.winner(o, l)}
		if e.Counts() {
			x.Remaining = left[i]
		}
		e.Lines = append(e.Lines, x)
	}
	return e
}

// remaining takes the refunds as a set, so that neither their order nor their
// rounding matters: lines first, as booked; then all money without lines in one
// step, in proportion of what then remains of goods to what remains of the
// whole. Money that pays for lines already counted as gone (edited away, or
// given back for less) is not counted again.
func (s *Store) remaining(o *Order, d Detail) []int64 {
	left := make([]int64, len(o.Lines))
	var base, loose, owed, back int64
	total := o.Total()
	for i, l := range o.Lines {
		net, tax := l.removedPart()
		owed += net + tax
		total -= net + tax
		if !l.Product.GiftCard {
			left[i] = l.Net - net
			base += left[i]
		}
	}
	for _, r := range o.Refunds {
		back += r.Amount
		if d == SumsOnly {
			loose += r.Amount
			continue
		}
		total -= r.Amount - r.Adjust
		loose += max(r.Adjust, 0)
		owed += max(-r.Adjust, 0)
		for _, rl := range r.Lines {
			if i := slices.Index(o.Lines, rl.Line); i >= 0 && !rl.Line.Product.GiftCard {
				left[i] -= rl.Net
				base -= rl.Net
			}
		}
	}
	paidFor := min(loose, owed)
	loose -= paidFor
	if back > 0 && back+owed-paidFor >= o.Total() {
		return make([]int64, len(o.Lines))
	}
	if loose > 0 {
		cut := base
		if loose < total {
			cut = min(ratio(loose, base, total), base)
		}
		for i, part := range spread(cut, left) {
			left[i] -= part
		}
	}
	return left
}

// winner is who brought a line: the influencer whose code discounted it, else
// whose link was followed. A promo code of the store stands in nobody's way.
func (s *Store) winner(o *Order, l *Line) string {
	slugs := map[string]int64{}
	anyCode := ""
	for i, code := range o.Codes {
		d := s.codes[foldCode(code)]
		if d == nil || d.slug == "" {
			continue
		}
		anyCode = d.slug
		if i < len(l.Off) {
			slugs[d.slug] += l.Off[i]
		} else {
			slugs[d.slug] += 0
		}
	}
	if len(slugs) <= 1 {
		return cmp.Or(anyCode, o.Visit.Slug)
	}
	best := ""
	for slug, off := range slugs {
		if best == "" || off > slugs[best] || off == slugs[best] && strings.Compare(slug, best) < 0 {
			best = slug
		}
	}
	return best
}
