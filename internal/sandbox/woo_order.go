package sandbox

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// wooVersion is the WooCommerce that is played.
const wooVersion = "11.0.1"

func (s *Store) home() string {
	if s.opt.HomeURL != "" {
		return strings.TrimRight(s.opt.HomeURL, "/")
	}
	return s.srv.url()
}

// local and gmt are the two ways WordPress writes an instant, neither with a
// zone.
func (s *Store) local(t time.Time) string { return t.In(s.opt.Zone).Format("2006-01-02T15:04:05") }
func (s *Store) gmt(t time.Time) string   { return t.UTC().Format("2006-01-02T15:04:05") }

func (s *Store) links(kind string, id int64) object {
	base := s.home() + "/wp-json/wc/v3/" + kind
	self := fmt.Sprintf("%s/%d", base, id)
	l := object{
		{"self", list{object{{"href", self}, {"targetHints", object{{"allow", list{"GET", "POST", "PUT", "PATCH", "DELETE"}}}}}}},
		{"collection", list{object{{"href", base}}}},
	}
	if kind == "orders" {
		l = append(l, field{"email_templates", list{object{{"embeddable", true}, {"href", self + "/actions/email_templates"}}}})
	}
	return l
}

// wooOrder renders an order as wc/v3 and webhooks show it: line totals without
// tax even where prices include it, nothing ever reduced by refunds.
func (s *Store) wooOrder(o *Order) object {
	d := func(n int64) string { return decimal(n, s.exp) }
	when := func(t time.Time, f func(time.Time) string) any {
		if t.IsZero() {
			return nil
		}
		return f(t)
	}
	var discount, discountTax int64
	lines := list{}
	for _, l := range o.Lines {
		discount += l.SubNet - l.Net
		discountTax += l.SubTax - l.Tax
		lines = append(lines, s.wooLine(l))
	}
	goods := o.goodsTax()
	taxes := list{}
	if s.opt.TaxBps > 0 && o.Status != "checkout-draft" {
		taxes = append(taxes, s.wooTax(o.shipID+1, goods, o.ShippingTax))
	}
	shipping := list{}
	if o.shipNet > 0 {
		shipping = append(shipping, s.wooShipping(o.shipID, o.shipNet, o.ShippingTax, list{o.itemsMeta()}))
	}
	fees := list{}
	if o.Fee != 0 {
		fees = append(fees, object{
			{"id", o.shipID + 2}, {"name", "Gift wrap"}, {"tax_class", ""}, {"tax_status", "none"}, {"amount", trimmed(o.Fee, s.exp)},
			{"total", d(o.Fee)}, {"total_tax", d(0)}, {"taxes", list{}}, {"meta_data", list{}},
		})
	}
	refunds := list{}
	for i := len(o.Refunds) - 1; i >= 0; i-- { // newest first, as the posts are listed
		r := o.Refunds[i]
		refunds = append(refunds, object{{"id", r.ID}, {"reason", r.Reason}, {"total", d(-r.Amount)}, {"total_tax", d(-r.tax())}})
	}
	customer, c := int64(0), o.Customer
	if c.ID > 0 {
		customer = c.ID
	}
	title := map[string]string{"card": "Credit card", "cod": "COD", "bacs": "BACS"}[o.Gateway]
	transaction := ""
	if o.Gateway == "card" && !o.PaidAt.IsZero() {
		transaction = fmt.Sprintf("ch_%x", o.ID*7919)
	}
	return object{
		{"id", o.ID}, {"parent_id", 0}, {"status", o.Status}, {"currency", s.opt.Currency}, {"version", wooVersion},
		{"prices_include_tax", s.opt.TaxesIncluded},
		{"date_created", s.local(o.CreatedAt)}, {"date_modified", s.local(o.UpdatedAt)},
		{"discount_total", d(discount)}, {"discount_tax", d(discountTax)},
		{"shipping_total", d(o.shipNet)}, {"shipping_tax", d(o.ShippingTax)}, {"cart_tax", d(goods)},
		{"total", d(o.Total())}, {"total_tax", d(goods + o.ShippingTax)}, {"customer_id", customer}, {"order_key", o.key},
		{"billing", append(s.wooAddress(c), field{"email", c.Email}, field{"phone", c.Phone})},
		{"shipping", append(s.wooAddress(c), field{"phone", c.Phone})},
		{"payment_method", o.Gateway}, {"payment_method_title", title}, {"transaction_id", transaction},
		{"customer_ip_address", ip(c)}, {"customer_user_agent", userAgent}, {"created_via", o.Via}, {"customer_note", ""},
		{"date_completed", when(o.CompletedAt, s.local)}, {"date_paid", when(o.PaidAt, s.local)},
		{"cart_hash", fmt.Sprintf("%032x", o.ID*104729)}, {"number", fmt.Sprint(o.ID)}, {"meta_data", s.wooMeta(o)},
		{"line_items", lines}, {"tax_lines", taxes}, {"shipping_lines", shipping}, {"fee_lines", fees},
		{"coupon_lines", s.wooCouponLines(o)}, {"refunds", refunds},
		{"payment_url", fmt.Sprintf("%s/checkout/order-pay/%d/?pay_for_order=true&key=%s", s.home(), o.ID, o.key)},
		{"is_editable", o.Status == "pending" || o.Status == "on-hold"},
		{"needs_payment", o.Status == "pending" || o.Status == "failed" || o.Status == "checkout-draft"}, {"needs_processing", true},
		{"date_created_gmt", s.gmt(o.CreatedAt)}, {"date_modified_gmt", s.gmt(o.UpdatedAt)},
		{"date_completed_gmt", when(o.CompletedAt, s.gmt)}, {"date_paid_gmt", when(o.PaidAt, s.gmt)},
		{"currency_symbol", symbol(s.opt.Currency)}, {"_links", s.links("orders", o.ID)},
	}
}

func symbol(currency string) string {
	switch currency {
	case "USD":
		return "$"
	case "EUR":
		return "€"
	case "GBP":
		return "£"
	case "JPY":
		return "¥"
	}
	return currency
}

func (s *Store) wooAddress(c *Customer) object {
	return object{
		{"first_name", c.first()}, {"last_name", c.last()}, {"company", ""}, {"address_1", c.street()}, {"address_2", ""},
		{"city", c.City}, {"state", "CA"}, {"postcode", "94103"}, {"country", s.opt.Country},
	}
}

// wooLine writes price as a JSON number of up to six decimals, as PHP does.
func (s *Store) wooLine(l *Line) object {
	return s.wooItem(l, l.ID, l.Quantity, [4]int64{l.SubNet, l.SubTax, l.Net, l.Tax}, list{})
}

// wooItem writes a line item: money is subtotal, its tax, total, its tax.
func (s *Store) wooItem(l *Line, id, quantity int64, money [4]int64, meta list) object {
	d := func(n int64) string { return decimal(n, s.exp) }
	taxes := list{}
	if s.opt.TaxBps > 0 {
		taxes = append(taxes, object{{"id", 1}, {"total", d(money[3])}, {"subtotal", d(money[1])}})
	}
	price := ratio(money[2]*pow10(6-s.exp), 1, 1) / quantity
	return object{
		{"id", id}, {"name", l.Product.Title}, {"product_id", l.Product.ID}, {"variation_id", 0}, {"quantity", quantity}, {"tax_class", ""},
		{"subtotal", d(money[0])}, {"subtotal_tax", d(money[1])}, {"total", d(money[2])}, {"total_tax", d(money[3])}, {"taxes", taxes},
		{"meta_data", meta}, {"sku", l.Product.SKU}, {"global_unique_id", ""}, {"price", literal(trimmed(price, 6))},
		{"image", object{{"id", ""}, {"src", ""}}}, {"parent_name", nil},
	}
}

func (s *Store) wooTax(id, goods, shipping int64) object {
	return object{
		{"id", id}, {"rate_code", "US-CA-CA TAX-1"}, {"rate_id", 1}, {"label", "CA Tax"}, {"compound", false},
		{"tax_total", decimal(goods, s.exp)}, {"shipping_tax_total", decimal(shipping, s.exp)},
		{"rate_percent", literal(trimmed(s.opt.TaxBps, 2))}, {"meta_data", list{}},
	}
}

func (s *Store) wooShipping(id, net, tax int64, meta list) object {
	taxes := list{}
	if s.opt.TaxBps > 0 {
		taxes = append(taxes, object{{"id", 1}, {"total", decimal(tax, s.exp)}, {"subtotal", ""}})
	}
	return object{
		{"id", id}, {"method_title", "Flat"}, {"method_id", "flat_rate"}, {"instance_id", "1"},
		{"total", decimal(net, s.exp)}, {"total_tax", decimal(tax, s.exp)}, {"taxes", taxes}, {"tax_status", "taxable"}, {"meta_data", meta},
	}
}

func (o *Order) itemsMeta() object {
	var parts []string
	for _, l := range o.Lines {
		parts = append(parts, fmt.Sprintf("%s &times; %d", l.Product.Title, l.Quantity))
	}
	v := strings.Join(parts, ", ")
	return object{{"id", o.metaID + 30}, {"key", "Items"}, {"value", v}, {"display_key", "Items"}, {"display_value", v}}
}

// wooCouponLines deals each line's discount back to the coupons by what each
// took. Orders made over REST show the discount without trailing zeros.
func (s *Store) wooCouponLines(o *Order) list {
	off, tax := make([]int64, len(o.Codes)), make([]int64, len(o.Codes))
	for _, l := range o.Lines {
		for i, part := range spread(l.SubNet-l.Net, l.Off) {
			off[i] += part
		}
		for i, part := range spread(l.SubTax-l.Tax, l.Off) {
			tax[i] += part
		}
	}
	out := list{}
	for i, code := range o.Codes {
		write := decimal
		if o.trimNumbers {
			write = trimmed
		}
		kind, nominal, id := "fixed_cart", "0", int64(0)
		if d := s.codes[foldCode(code)]; d != nil {
			kind, nominal, id = d.kind, trimmed(d.Fixed, s.exp), d.id
			if d.kind == "percent" {
				nominal = trimmed(d.PercentBps, 2)
			}
		}
		info := fmt.Sprintf("[%d,%q,%q,%s]", id, foldCode(code), kind, nominal)
		out = append(out, object{
			{"id", o.shipID + 4 + int64(i)}, {"code", foldCode(code)}, {"discount", write(off[i], s.exp)}, {"discount_tax", decimal(tax[i], s.exp)},
			{"meta_data", list{object{{"id", o.metaID + 33 + int64(i)}, {"key", "coupon_info"}, {"value", info}, {"display_key", "coupon_info"}, {"display_value", info}}}},
			{"discount_type", kind}, {"nominal_amount", literal(nominal)}, {"free_shipping", false},
		})
	}
	return out
}

// wooMeta is the order's meta data, order attribution included where the
// shopper's browser let it through.
func (s *Store) wooMeta(o *Order) list {
	out := list{}
	id := o.metaID
	add := func(k, v string) {
		out = append(out, object{{"id", id}, {"key", k}, {"value", v}})
		id++
	}
	for i, k := range []string{"_shipping_hash", "_coupons_hash", "_fees_hash", "_taxes_hash"} {
		add(k, fmt.Sprintf("%032x", o.ID*31337+int64(i)))
	}
	add("is_vat_exempt", "no")
	for _, k := range slices.Sorted(maps.Keys(o.Attributes)) {
		add(k, o.Attributes[k])
	}
	v := o.Visit
	if v.Slug != "" && v.Noted {
		add("_tributary_ref", v.Slug)
		if v.ClickID != "" {
			add("_tributary_click_id", v.ClickID)
		}
	}
	if v.Landing == "" {
		add("_wc_order_attribution_source_type", "typein")
		return out
	}
	const p = "_wc_order_attribution_"
	add(p+"source_type", "utm")
	add(p+"referrer", v.Referrer)
	if v.Slug != "" {
		add(p+"utm_campaign", v.Campaign)
		add(p+"utm_source", v.Slug)
		add(p+"utm_medium", "influencer")
		if v.UTMID != "" {
			add(p+"utm_id", v.UTMID)
		}
	} else {
		add(p+"utm_source", "newsletter")
		add(p+"utm_medium", "email")
	}
	add(p+"session_entry", s.home()+v.Landing)
	add(p+"session_start_time", v.At.UTC().Format("2006-01-02 15:04:05"))
	add(p+"session_pages", "4")
	add(p+"session_count", "1")
	add(p+"user_agent", userAgent)
	add(p+"device_type", "Mobile")
	return out
}
