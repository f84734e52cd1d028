package sandbox

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// Product is one thing the store sells. Price is what a shopper sees: with tax
// where the store's prices include it.
type Product struct {
	ID, VariantID int64
	Title, SKU    string
	Vendor        string
	Collections   []string // collection ids (Shopify) or category ids (WooCommerce)
	Price         int64
	Grams         int64
	GiftCard      bool // Shopify only
}

// Customer is a shopper; guests have no id.
type Customer struct {
	ID     int64
	N      int
	Email  string
	Phone  string
	City   string
	Orders int
}

func (c *Customer) first() string { return "Shopper" }
func (c *Customer) last() string  { return fmt.Sprintf("No %d", c.N) }
func (c *Customer) street() string {
	return fmt.Sprintf("%d Market Street", 10+c.N%900)
}

var goods = []string{
	"Serum 30ml", "Cleanser", "Crème Brûlée Candle", "Linen Throw", "Travel Kit \"Mini\"", "Overnight Mask",
	"Ceramic Mug", "Oat Soap <sensitive>", "Body Oil & Brush", "Bath Salts", "Lip Balm", "Refill 1/2 l",
	"Hand Cream", "Eye Patches", "Cotton Robe", "Scalp Tonic", "Sun Fluid", "Sleep Spray", "Nail Set", "Clay Bar",
}

var cities = []string{"San Francisco", "Köln", "São Paulo", "Leeds", "Łódź", "Osaka 大阪", "Austin", "Lyon"}

// catalogue makes the products: prices between 5 and 120 major units, odd
// enough to make rounding matter.
func (s *Store) catalogue() []*Product {
	r := rand.New(rand.NewPCG(s.opt.Seed, 2))
	n := min(max(s.opt.Products, 8), len(goods))
	unit := int64(1)
	for range s.exp {
		unit *= 10
	}
	major := int64(1)
	if s.exp == 0 {
		major = 100
	}
	var ps []*Product
	for i := range n {
		price := (5 + r.Int64N(115)) * unit * major
		if s.exp > 0 {
			price += []int64{0, unit / 2, unit * 99 / 100, unit / 3}[r.IntN(4)]
		} else {
			price += r.Int64N(100)
		}
		p := &Product{
			ID: s.nextID(), Title: goods[i], SKU: fmt.Sprintf("SKU-%02d", i+1), Vendor: "House",
			Price: price, Grams: 50 + r.Int64N(900),
			Collections: []string{fmt.Sprint(900 + i%3)},
		}
		if s.opt.Platform == Shopify {
			p.VariantID = s.nextID()
		}
		ps = append(ps, p)
	}
	if s.opt.Platform == Shopify {
		ps = append(ps, &Product{ID: s.nextID(), VariantID: s.nextID(), Title: "Gift Card", SKU: "GIFT", Vendor: "House",
			Price: 25 * unit * major, GiftCard: true})
	}
	return ps
}

// shopper returns a returning customer in three cases of ten, else a new one.
// Call with mu held.
func (s *Store) shopper() *Customer {
	if len(s.customers) > 5 && s.rng.IntN(10) < 3 {
		return s.customers[s.rng.IntN(len(s.customers))]
	}
	n := len(s.customers) + 1
	c := &Customer{
		N: n, Email: fmt.Sprintf("shopper%d@example.test", n), Phone: fmt.Sprintf("+1415555%04d", n%10000),
		City: cities[n%len(cities)],
	}
	if s.opt.Platform == Shopify || s.rng.IntN(3) == 0 {
		c.ID = s.nextID()
	}
	s.customers = append(s.customers, c)
	return c
}

// foldCode is how stores compare codes: without case.
func foldCode(c string) string { return strings.ToLower(strings.TrimSpace(c)) }
