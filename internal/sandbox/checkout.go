package sandbox

import (
	"fmt"
	"math/rand/v2"
	"net/url"
	"strings"
	"time"
)

// Basket is what a shopper checks out with. The zero value of everything but
// Items is an ordinary paid order that nobody sent.
type Basket struct {
	Items   []Item
	Codes   []string // must exist in the store
	Ref     string   // influencer slug whose link was followed
	ClickID string
	Landing string // address of the store to which a link of the app led; instead of Ref
	// Attributes of the cart, as the storefront's script leaves them; not nil:
	// nothing else is known of how the shopper came.
	Attributes map[string]string
	Customer   *Customer
	Gateway    string // default: paid at once. "cod" and "bacs" are paid later
	Unpaid     bool
	Draft      bool // WooCommerce checkout-draft
	Test       bool
	Tip        int64
	GiftPaid   bool
	Foreign    int   // 1…n: pay in Options.Presentment[n-1]
	Fee        int64 // WooCommerce fee line, may be negative
	NoShip     bool
	// ByLine makes code i discount line i only (every line must have one): a
	// product discount rather than one on the order. Shopify only.
	ByLine bool
}

// Item is one line: index into Products and how many.
type Item struct {
	Product  int
	Quantity int64
}

// Checkout places an order and fires what the platform fires.
func (s *Store) Checkout(b Basket) (*Order, error) {
	s.mu.Lock()
	o, err := s.place(b)
	if err != nil {
		s.mu.Unlock()
		return nil, err
	}
	return o, s.tell(o, placed)
}

// place builds the order. Call with mu held.
func (s *Store) place(b Basket) (*Order, error) {
	if len(b.Items) == 0 {
		return nil, fmt.Errorf("sandbox: an empty basket cannot be checked out")
	}
	now := s.Now().Truncate(time.Second)
	c := b.Customer
	if c == nil {
		c = s.shopper()
	}
	o := &Order{
		ID: s.nextID(), Customer: c, CreatedAt: now, UpdatedAt: now, Test: b.Test,
		Gateway: b.Gateway, GiftCardPaid: b.GiftPaid, Tip: b.Tip, Fee: b.Fee, Via: "store-api",
		key: fmt.Sprintf("wc_order_%013x", s.rng.Uint64()&0xfffffffffffff),
	}
	if s.shop != nil {
		s.ids += 97 // ids of one shop are not consecutive
		o.Fee = 0
		if b.Test {
			o.ID += 820_982_905_000_000_000 // test ids are beyond what a float can hold
		}
	}
	s.numbers++
	o.Number = s.numbers
	c.Orders++
	o.index = c.Orders
	for _, it := range b.Items {
		if it.Product < 0 || it.Product >= len(s.products) || it.Quantity < 1 {
			return nil, fmt.Errorf("sandbox: no product %d × %d", it.Product, it.Quantity)
		}
		p := s.products[it.Product]
		o.Lines = append(o.Lines, &Line{ID: s.nextItem(), Product: p, Quantity: it.Quantity, Price: p.Price})
	}
	for i, code := range b.Codes {
		d := s.codes[foldCode(code)]
		if !d.usable(now) {
			return nil, fmt.Errorf("sandbox: the store does not take code %q", code)
		}
		if why := s.allows(d, o); why != "" {
			return nil, fmt.Errorf("sandbox: the store does not take code %q: %s", code, why)
		}
		d.use(c.Email)
		var only []*Line
		if b.ByLine {
			only = o.Lines[i : i+1]
		}
		s.discount(o, d, only)
	}
	for _, l := range o.Lines {
		s.reckon(l)
	}
	if !b.NoShip {
		unit := ratio(5, pow10(s.exp), 1)
		if s.exp == 0 {
			unit = 500
		}
		o.Shipping = unit
		o.shipNet, o.ShippingTax = s.untax(o.Shipping, s.opt.TaxBps)
	}
	o.shipID, o.metaID = s.nextItem(), s.items+1
	s.items += 40
	if b.Foreign > 0 && b.Foreign <= len(s.opt.Presentment) {
		o.Presentment = &s.opt.Presentment[b.Foreign-1]
	}
	if o.Attributes = b.Attributes; o.Attributes == nil {
		o.Visit = s.visit(b, now)
	}
	if s.woo != nil && s.rng.IntN(20) == 0 {
		o.Via, o.trimNumbers = "rest-api", true
	}
	switch {
	case b.Draft:
		o.Status = "checkout-draft"
	case b.Gateway == "cod":
		o.Status = "processing" // and still not paid
	case b.Gateway == "bacs":
		o.Status = "on-hold"
	case b.Unpaid:
		o.Status = "pending"
	default:
		o.Status, o.PaidAt = "processing", now
	}
	if o.Gateway == "" {
		o.Gateway = "card"
	}
	s.orders = append(s.orders, o)
	s.byID[o.ID] = o
	return o, nil
}

// visit makes up how the shopper arrived.
func (s *Store) visit(b Basket, now time.Time) Visit {
	if b.Landing != "" {
		return s.arrival(b.Landing, now)
	}
	if b.Ref == "" {
		if s.rng.IntN(3) > 0 {
			return Visit{}
		}
		return Visit{Landing: "/collections/all?utm_source=newsletter&utm_medium=email", Referrer: "https://mail.example/", At: now.Add(-9 * time.Minute)}
	}
	v := Visit{
		Slug: b.Ref, ClickID: b.ClickID, Campaign: "spring-drop", Referrer: "https://l.instagram.com/",
		At: now.Add(-time.Duration(3+s.rng.IntN(25)) * time.Minute), Noted: s.rng.IntN(2) == 0,
	}
	for _, inf := range s.opt.Influencers {
		if inf.Slug == b.Ref {
			v.UTMID = inf.UTMID
		}
	}
	q := url.Values{"ref": {v.Slug}, "utm_source": {v.Slug}, "utm_medium": {"influencer"}, "utm_campaign": {v.Campaign}}
	if v.UTMID != "" {
		q.Set("utm_id", v.UTMID)
	}
	if v.ClickID != "" {
		q.Set("clk", v.ClickID)
	}
	v.Landing = "/?" + q.Encode()
	return v
}

// arrival is the visit of a shopper whom a link led to the address: past
// Shopify's /discount/CODE, which only sets a cookie.
func (s *Store) arrival(address string, now time.Time) Visit {
	u, err := url.Parse(address)
	if err != nil {
		return Visit{}
	}
	if strings.HasPrefix(u.Path, "/discount/") {
		if to, err := url.Parse(u.Query().Get("redirect")); err == nil {
			u = to
		}
	}
	q := u.Query()
	return Visit{Slug: q.Get("utm_source"), UTMID: q.Get("utm_id"), ClickID: q.Get("utm_id"), Campaign: q.Get("utm_campaign"), Landing: u.RequestURI(),
		Referrer: "https://l.instagram.com/", At: now.Add(-time.Duration(3+s.rng.IntN(25)) * time.Minute), Noted: s.rng.IntN(2) == 0}
}

// RandomBasket draws a basket by the store's Mix.
func (s *Store) RandomBasket() Basket {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.basket(s.rng)
}

func (s *Store) basket(r *rand.Rand) Basket {
	m := s.opt.Mix
	var b Basket
	hit := func(permille int) bool { return r.IntN(1000) < permille }
	n := 1 + r.IntN(3)
	sold := len(s.products)
	if s.shop != nil {
		sold-- // the gift card comes on its own terms
	}
	for _, p := range r.Perm(sold)[:n] {
		b.Items = append(b.Items, Item{p, 1 + r.Int64N(3)})
	}
	if s.shop != nil && hit(m.GiftCards) {
		b.Items = append(b.Items, Item{sold, 1})
	}
	anna, ben := s.someone(r), s.someone(r)
	promo := ""
	if len(s.opt.Promos) > 0 {
		promo = s.opt.Promos[r.IntN(len(s.opt.Promos))].Text
	}
	add := func(code string) {
		if code != "" && s.codes[foldCode(code)].usable(s.Now()) {
			b.Codes = append(b.Codes, code)
		}
	}
	how := r.IntN(1000)
	switch {
	case anna == nil: // only promos, below
	case how < m.Code:
		add(anna.code(r))
	case how < m.Code+m.Link:
		b.Ref = anna.Slug
	case how < m.Code+m.Link+m.Both:
		add(anna.code(r))
		b.Ref = anna.Slug
	case how < m.Code+m.Link+m.Both+m.Rivals:
		add(anna.code(r))
		b.Ref = ben.Slug
	case how < m.Code+m.Link+m.Both+m.Rivals+m.CodeAndPromo:
		add(anna.code(r))
		add(promo)
	case how < m.Code+m.Link+m.Both+m.Rivals+m.CodeAndPromo+m.TwoCodes && s.shop != nil && anna != ben && len(anna.Codes)*len(ben.Codes) > 0:
		b.Items = b.Items[:1]
		b.Items = append(b.Items, Item{(b.Items[0].Product + 1) % sold, 1})
		add(anna.code(r))
		add(ben.code(r))
		b.ByLine = len(b.Codes) == 2
	case how < m.Code+m.Link+m.Both+m.Rivals+m.CodeAndPromo+m.TwoCodes+m.Promo:
		add(promo)
		if hit(300) {
			b.Ref = anna.Slug
		}
	}
	if anna == nil && hit(m.Promo) {
		add(promo)
	}
	switch p := r.IntN(1000); {
	case p < m.BankTransfer:
		b.Gateway = "bacs"
	case p < m.BankTransfer+m.CashOnDelivery:
		b.Gateway = "cod"
	case p < m.BankTransfer+m.CashOnDelivery+m.Failing && s.woo != nil:
		b.Unpaid = true
	}
	b.Test = s.shop != nil && hit(m.Test)
	b.Draft = s.woo != nil && hit(m.Drafts)
	b.GiftPaid = s.shop != nil && hit(30)
	if s.shop != nil && hit(m.Tips) {
		b.Tip = pow10(s.exp) * (1 + r.Int64N(5))
	}
	if s.woo != nil && hit(20) {
		b.Fee = pow10(s.exp) * 2
	}
	if n := len(s.opt.Presentment); n > 0 && hit(150) {
		b.Foreign = 1 + r.IntN(n)
	}
	return b
}

// someone picks an influencer by weight.
func (s *Store) someone(r *rand.Rand) *Influencer {
	sum := 0
	for i := range s.opt.Influencers {
		sum += s.opt.Influencers[i].weight()
	}
	if sum == 0 {
		return nil
	}
	n := r.IntN(sum)
	for i := range s.opt.Influencers {
		if n -= s.opt.Influencers[i].weight(); n < 0 {
			return &s.opt.Influencers[i]
		}
	}
	return nil
}

func (inf *Influencer) weight() int {
	if inf.Weight == 0 {
		return 1
	}
	return max(inf.Weight, 0)
}

// code is one of the influencer's codes, typed as shoppers type.
func (inf *Influencer) code(r *rand.Rand) string {
	if len(inf.Codes) == 0 {
		return ""
	}
	c := inf.Codes[r.IntN(len(inf.Codes))].Text
	if r.IntN(5) == 0 {
		return strings.ToLower(c)
	}
	return c
}

func pow10(n int) int64 {
	p := int64(1)
	for range n {
		p *= 10
	}
	return p
}
