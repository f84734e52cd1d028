package sandbox

import (
	"encoding/json"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func sameKeys(t *testing.T, want map[string][]string, name string, m tree) {
	t.Helper()
	keys := slices.Sorted(maps.Keys(m))
	expect := slices.Sorted(slices.Values(want[name]))
	if len(expect) == 0 {
		t.Fatalf("no keys known for %s", name)
	}
	if !slices.Equal(keys, expect) {
		t.Errorf("%s: keys\n %v\nwant\n %v", name, keys, expect)
	}
}

func knownKeys(t *testing.T) (want map[string][]string) {
	t.Helper()
	ok(t, json.Unmarshal(must(os.ReadFile("testdata/keys.json"))(t), &want))
	return want
}

func TestShopifyBodiesHaveExactlyTheRealKeys(t *testing.T) {
	t.Parallel()
	want := knownKeys(t)
	s := open(t, options(Shopify), nil)
	o := must(s.Checkout(Basket{Items: []Item{{0, 2}, {1, 1}}, Codes: []string{"anna15"}, Ref: "ben"}))(t)
	ok(t, s.RefundLine(o.ID, 0, 1))
	body := encode(nil, s.shopifyOrder(o), rails)
	m := parse(t, body)
	sameKeys(t, want, "shopify order", m)
	for _, k := range []string{"line_items", "shipping_lines"} {
		sameKeys(t, want, "shopify order."+k, m.list(k)[0])
	}
	for _, k := range []string{"customer", "billing_address", "shipping_address"} {
		sameKeys(t, want, "shopify order."+k, m.obj(k))
	}
	sameKeys(t, want, "shopify order.customer.default_address", m.obj("customer").obj("default_address"))
	r := parse(t, encode(nil, s.shopifyRefund(o, o.Refunds[0]), rails))
	sameKeys(t, want, "shopify refund", r)
	line := r.list("refund_line_items")[0]
	sameKeys(t, want, "shopify refund.refund_line_items", line)
	sameKeys(t, want, "shopify refund.refund_line_items.line_item", line.obj("line_item"))
	if _, isNumber := line["subtotal"].(json.Number); !isNumber {
		t.Error("a refund line's subtotal must be a JSON number")
	}
	if !strings.Contains(string(body), `\u0026utm_`) {
		t.Error("an ampersand must be written as \\u0026")
	}
	sameKeys(t, want, "shopify shop", parse(t, encode(nil, s.shopifyShop(), rails)))
}

func TestWooCommerceBodiesHaveExactlyTheRealKeys(t *testing.T) {
	t.Parallel()
	want := knownKeys(t)
	s := open(t, options(WooCommerce), nil)
	o := must(s.Checkout(Basket{Items: []Item{{2, 2}, {1, 1}}, Codes: []string{"anna15"}, Ref: "anna"}))(t)
	ok(t, s.RefundAll(o.ID))
	body := encode(nil, s.wooOrder(o), php)
	m := parse(t, body)
	sameKeys(t, want, "woocommerce order", m)
	for _, k := range []string{"line_items", "tax_lines", "shipping_lines", "coupon_lines", "refunds", "meta_data"} {
		sameKeys(t, want, "woocommerce order."+k, m.list(k)[0])
	}
	for _, k := range []string{"billing", "shipping", "_links"} {
		sameKeys(t, want, "woocommerce order."+k, m.obj(k))
	}
	r := parse(t, encode(nil, s.wooRefund(o, o.Refunds[0], false), php))
	sameKeys(t, want, "woocommerce refund", r)
	for _, k := range []string{"line_items", "shipping_lines", "tax_lines"} {
		sameKeys(t, want, "woocommerce refund."+k, r.list(k)[0])
	}
	sameKeys(t, want, "woocommerce coupon", parse(t, encode(nil, s.wooCoupon(s.codes["anna15"]), php)))
	for _, sign := range []string{`\/`, `Cr\u00e8me Br\u00fbl\u00e9e`} {
		if !strings.Contains(string(body), sign) {
			t.Errorf("body is not escaped as PHP does: no %s in it", sign)
		}
	}
	if i := slices.IndexFunc(body, func(b byte) bool { return b >= 0x80 }); i >= 0 {
		t.Errorf("byte %d is not ASCII", i)
	}
}

// shops draws a store of any currency and tax regime.
func shops(t *rapid.T, p Platform) *Store {
	o := options(p)
	o.Seed = rapid.Uint64().Draw(t, "seed")
	o.Currency = rapid.SampledFrom([]string{"USD", "EUR", "JPY", "KWD"}).Draw(t, "currency")
	o.TaxBps = rapid.SampledFrom([]int64{0, 825, 1900, 500}).Draw(t, "tax")
	o.TaxesIncluded = rapid.Bool().Draw(t, "included")
	o.Presentment = []Presentment{{"CAD", 1_370_000}, {"JPY", 151_000_000}}
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// mishaps runs some random events on an order.
func mishaps(t *rapid.T, s *Store, o *Order) {
	for range rapid.IntRange(0, 4).Draw(t, "mishaps") {
		line := rapid.IntRange(0, 2).Draw(t, "line")
		_ = []func() error{
			func() error { return s.RefundLine(o.ID, line, 1) },
			func() error { return s.RefundLineLess(o.ID, line, 1, 1) },
			func() error { return s.RefundAmount(o.ID, 123) },
			func() error { return s.RefundShipping(o.ID) },
			func() error { return s.RefundAll(o.ID) },
			func() error { return s.RefundByStatus(o.ID) },
			func() error { return s.RemoveItem(o.ID, line, 1) },
			func() error { return s.AddItem(o.ID, 3, 2) },
			func() error { return s.Pay(o.ID) },
			func() error { return s.Cancel(o.ID) },
		}[rapid.IntRange(0, 9).Draw(t, "what")]()
	}
}

func TestShopifyTotalsReconcile(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := shops(t, Shopify)
		defer func() { _ = s.Close() }()
		o, err := s.Checkout(s.RandomBasket())
		if err != nil {
			t.Fatal(err)
		}
		mishaps(t, s, o)
		d := json.NewDecoder(strings.NewReader(string(encode(nil, s.shopifyOrder(o), rails))))
		d.UseNumber()
		var m tree
		if err := d.Decode(&m); err != nil {
			t.Fatal(err)
		}
		f := func(k string) int64 { return m.minor(k, s.exp) }
		var items, off, tax int64
		for _, l := range m.list("line_items") {
			q, _ := l["quantity"].(json.Number).Int64()
			items += q * l.minor("price", s.exp)
			for _, a := range l.list("discount_allocations") {
				off += a.minor("amount", s.exp)
			}
			for _, x := range l.list("tax_lines") {
				tax += x.minor("price", s.exp)
			}
		}
		var ship int64
		for _, l := range m.list("shipping_lines") {
			ship += l.minor("price", s.exp)
			for _, x := range l.list("tax_lines") {
				tax += x.minor("price", s.exp)
			}
		}
		eq(t, "items", f("total_line_items_price"), items)
		eq(t, "discounts", f("total_discounts"), off)
		eq(t, "subtotal", f("subtotal_price"), items-off)
		eq(t, "tax", f("total_tax"), tax)
		total := items - off + ship + f("total_tip_received")
		if !s.opt.TaxesIncluded {
			total += tax
		}
		eq(t, "total", f("total_price"), total)
		var codes, back int64
		for _, c := range m.list("discount_codes") {
			codes += c.minor("amount", s.exp)
		}
		eq(t, "codes", codes, off)
		for _, r := range m.list("refunds") {
			var lines, adjust, paid int64
			for _, l := range r.list("refund_line_items") {
				lines += l.minor("subtotal", s.exp)
				if !s.opt.TaxesIncluded {
					lines += l.minor("total_tax", s.exp)
				}
			}
			for _, l := range r.list("refund_shipping_lines") {
				lines += l.obj("subtotal_amount_set").obj("shop_money").minor("amount", s.exp)
				if !s.opt.TaxesIncluded {
					lines += l.obj("tax_amount_set").obj("shop_money").minor("amount", s.exp)
				}
			}
			for _, a := range r.list("order_adjustments") {
				adjust += a.minor("amount", s.exp)
			}
			for _, x := range r.list("transactions") {
				paid += x.minor("amount", s.exp)
			}
			eq(t, "refund", paid, lines-adjust)
			back += paid
		}
		if back > total {
			t.Fatalf("gave back %d of %d", back, total)
		}
		if back == total && total > 0 {
			e, _ := s.Expected(o.ID, WithLines)
			eq(t, "remaining after a full refund", e.Remaining(), 0)
		}
		honest(t, s, o)
	})
}

func TestWooCommerceTotalsReconcile(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := shops(t, WooCommerce)
		defer func() { _ = s.Close() }()
		o, err := s.Checkout(s.RandomBasket())
		if err != nil {
			t.Fatal(err)
		}
		mishaps(t, s, o)
		d := json.NewDecoder(strings.NewReader(string(encode(nil, s.wooOrder(o), php))))
		d.UseNumber()
		var m tree
		if err := d.Decode(&m); err != nil {
			t.Fatal(err)
		}
		f := func(k string) int64 { return m.minor(k, s.exp) }
		var net, sub, tax, fees, off, offTax int64
		for _, l := range m.list("line_items") {
			net += l.minor("total", s.exp)
			sub += l.minor("subtotal", s.exp)
			tax += l.minor("total_tax", s.exp)
		}
		for _, l := range m.list("fee_lines") {
			fees += l.minor("total", s.exp)
		}
		for _, c := range m.list("coupon_lines") {
			off += c.minor("discount", s.exp)
			offTax += c.minor("discount_tax", s.exp)
		}
		eq(t, "discount", f("discount_total"), sub-net)
		eq(t, "coupons", off, sub-net)
		eq(t, "coupon tax", offTax, f("discount_tax"))
		eq(t, "cart tax", f("cart_tax"), tax)
		eq(t, "tax", f("total_tax"), tax+f("shipping_tax"))
		eq(t, "total", f("total"), net+fees+f("shipping_total")+f("total_tax"))
		var back int64
		for _, r := range m.list("refunds") {
			back -= r.minor("total", s.exp)
		}
		if back > f("total") {
			t.Fatalf("gave back %d of %d", back, f("total"))
		}
		if full := back == f("total") && back > 0; full != (m["status"] == "refunded") && m["status"] != "cancelled" {
			t.Fatalf("status %v with %d of %d given back", m["status"], back, f("total"))
		}
		honest(t, s, o)
	})
}

// honest checks that what the store expects is possible.
func honest(t *rapid.T, s *Store, o *Order) {
	for _, d := range []Detail{WithLines, SumsOnly} {
		e, _ := s.Expected(o.ID, d)
		for _, l := range e.Lines {
			if l.Remaining < 0 || l.Remaining > l.Net {
				t.Fatalf("line of %d has %d remaining", l.Net, l.Remaining)
			}
		}
	}
}

func eq(t *rapid.T, what string, have, want int64) {
	t.Helper()
	if have != want {
		t.Fatalf("%s: %d, want %d", what, have, want)
	}
}

func TestBulkOrdersAreSixToEightKilobytesAndDiffer(t *testing.T) {
	t.Parallel()
	b := NewBulk(1)
	seen := map[int64]bool{}
	for n := range int64(100) {
		o := b.Order(n, int(n), nil)
		if len(o.Body) < 6000 || len(o.Body) > 8200 {
			t.Fatalf("order %d has %d bytes", n, len(o.Body))
		}
		m := parse(t, o.Body)
		id, _ := m["id"].(json.Number).Int64()
		if id != o.ID || seen[id] {
			t.Fatalf("id %d, want %d, new", id, o.ID)
		}
		seen[id] = true
		if code := m.list("discount_codes")[0]["code"]; code != "BULK0000"+string([]byte{byte('0' + n/10), byte('0' + n%10)}) {
			t.Fatalf("code %v", code)
		}
		if !slices.Equal(o.Body, GenerateShopifyOrder(1, n)) {
			t.Fatal("not the same bytes again")
		}
	}
}

func BenchmarkBulkOrder(b *testing.B) {
	bulk := NewBulk(1)
	var buf []byte
	for n := int64(0); b.Loop(); n++ {
		buf = bulk.Order(n, 7, buf).Body
	}
}
