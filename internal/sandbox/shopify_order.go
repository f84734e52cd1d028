package sandbox

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// shopifyOrder renders an order as orders/* webhooks carry it in API version
// 2026-10: every key, in the order Shopify writes them.
func (s *Store) shopifyOrder(o *Order) object {
	at := func(t time.Time) any {
		if t.IsZero() {
			return nil
		}
		return t.In(s.opt.Zone).Format(time.RFC3339)
	}
	m := s.moneyOf(o)
	sum := s.sums(o)
	gid := func(kind string, id int64) string { return fmt.Sprintf("gid://shopify/%s/%d", kind, id) }
	c := o.Customer
	token := fmt.Sprintf("%016x%016x", uint64(o.ID)*0x9e3779b97f4a7c15, uint64(o.ID)*0xc2b2ae3d27d4eb4f)

	var landing, referrer, device any
	if o.Visit.Landing != "" {
		landing, referrer = o.Visit.Landing, o.Visit.Referrer
		device = object{
			{"accept_language", "en-US"}, {"browser_height", 844}, {"browser_ip", ip(c)}, {"browser_width", 390},
			{"session_hash", nil}, {"user_agent", userAgent},
		}
	}
	var ref any
	notes := list{}
	for _, k := range slices.Sorted(maps.Keys(o.Attributes)) {
		notes = append(notes, object{{"name", k}, {"value", o.Attributes[k]}})
	}
	if o.Visit.Slug != "" {
		ref = o.Visit.Slug
		if o.Visit.Noted {
			notes = append(notes, object{{"name", "_tributary_ref"}, {"value", o.Visit.Slug}})
			if o.Visit.ClickID != "" {
				notes = append(notes, object{{"name", "_tributary_click_id"}, {"value", o.Visit.ClickID}})
			}
		}
	}
	var cancelReason any
	if !o.CancelledAt.IsZero() {
		cancelReason = "customer"
	}
	var fulfilled any
	parcels := list{}
	if !o.CompletedAt.IsZero() {
		fulfilled = "fulfilled"
		parcels = list{object{
			{"id", o.ID + 11}, {"admin_graphql_api_id", gid("Fulfillment", o.ID+11)}, {"created_at", at(o.CompletedAt)}, {"location_id", 76683084},
			{"name", fmt.Sprintf("#%d.1", o.Number)}, {"order_id", o.ID}, {"origin_address", object{}}, {"receipt", object{}}, {"service", "manual"},
			{"shipment_status", nil}, {"status", "success"}, {"tracking_company", nil}, {"tracking_number", nil}, {"tracking_numbers", list{}},
			{"tracking_url", nil}, {"tracking_urls", list{}}, {"updated_at", at(o.CompletedAt)}, {"line_items", list{}},
		}}
	}
	gateways := list{"shopify_payments"}
	switch {
	case o.Gateway == "bacs":
		gateways = list{"Bank Deposit"}
	case o.Gateway == "cod":
		gateways = list{"Cash on Delivery (COD)"}
	case o.GiftCardPaid:
		gateways = list{"gift_card", "shopify_payments"}
	}
	refunds := list{}
	for _, r := range o.Refunds {
		refunds = append(refunds, s.shopifyRefund(o, r))
	}
	lines := list{}
	var weight int64
	for _, l := range o.Lines {
		lines = append(lines, s.shopifyLine(o, l))
		weight += l.Product.Grams * l.Quantity
	}
	presentment := s.opt.Currency
	if o.Presentment != nil {
		presentment = o.Presentment.Currency
	}
	return object{
		{"id", o.ID},
		{"admin_graphql_api_id", gid("Order", o.ID)},
		{"app_id", 580111},
		{"browser_ip", ip(c)},
		{"buyer_accepts_marketing", c.N%2 == 0},
		{"cancel_reason", cancelReason},
		{"cancelled_at", at(o.CancelledAt)},
		{"cart_token", token[:24]},
		{"checkout_id", o.ID + 31_000_000_000},
		{"checkout_token", token},
		{"client_details", device},
		{"closed_at", nil},
		{"confirmation_number", strings.ToUpper(token[:9])},
		{"confirmed", true},
		{"contact_email", c.Email},
		{"created_at", at(o.CreatedAt)},
		{"currency", s.opt.Currency},
		{"current_subtotal_price", m.dec(sum.currentSubtotal)},
		{"current_subtotal_price_set", m.set(sum.currentSubtotal)},
		{"current_total_additional_fees_set", nil},
		{"current_total_discounts", m.dec(sum.currentDiscounts)},
		{"current_total_discounts_set", m.set(sum.currentDiscounts)},
		{"current_total_duties_set", nil},
		{"current_total_price", m.dec(sum.currentTotal)},
		{"current_total_price_set", m.set(sum.currentTotal)},
		{"current_total_tax", m.dec(sum.currentTax)},
		{"current_total_tax_set", m.set(sum.currentTax)},
		{"customer_locale", "en-US"},
		{"device_id", nil},
		{"discount_codes", s.shopifyCodes(o, m)},
		{"email", c.Email},
		{"estimated_taxes", false},
		{"financial_status", o.financial()},
		{"fulfillment_status", fulfilled},
		{"landing_site", landing},
		{"landing_site_ref", ref},
		{"location_id", nil},
		{"merchant_of_record_app_id", nil},
		{"name", fmt.Sprintf("#%d", o.Number)},
		{"note", nil},
		{"note_attributes", notes},
		{"number", o.Number - 1000},
		{"order_number", o.Number},
		{"order_status_url", fmt.Sprintf("https://%s/%d/orders/%s/authenticate?key=%s&none=1", s.opt.Domain, shopNumber(s.opt.Domain), token, token[3:19])},
		{"original_total_additional_fees_set", nil},
		{"original_total_duties_set", nil},
		{"payment_gateway_names", gateways},
		{"phone", nil},
		{"po_number", nil},
		{"presentment_currency", presentment},
		{"processed_at", at(o.CreatedAt)},
		{"reference", nil},
		{"referring_site", referrer},
		{"source_identifier", nil},
		{"source_name", "web"},
		{"source_url", nil},
		{"subtotal_price", m.dec(sum.subtotal)},
		{"subtotal_price_set", m.set(sum.subtotal)},
		{"tags", ""},
		{"tax_exempt", false},
		{"tax_lines", s.shopifyTaxes(m, sum.tax)},
		{"taxes_included", s.opt.TaxesIncluded},
		{"test", o.Test},
		{"token", token},
		{"total_discounts", m.dec(sum.discounts)},
		{"total_discounts_set", m.set(sum.discounts)},
		{"total_line_items_price", m.dec(sum.items)},
		{"total_line_items_price_set", m.set(sum.items)},
		{"total_outstanding", m.dec(sum.outstanding)},
		{"total_price", m.dec(o.Total())},
		{"total_price_set", m.set(o.Total())},
		{"total_shipping_price_set", m.set(o.Shipping)},
		{"total_tax", m.dec(sum.tax)},
		{"total_tax_set", m.set(sum.tax)},
		{"total_tip_received", m.dec(o.Tip)},
		{"total_weight", weight},
		{"updated_at", at(o.UpdatedAt)},
		{"user_id", nil},
		{"billing_address", s.shopifyAddress(c)},
		{"customer", s.shopifyCustomer(c, at(o.CreatedAt))},
		{"discount_applications", s.shopifyApplications(o)},
		{"fulfillments", parcels},
		{"line_items", lines},
		{"payment_terms", nil},
		{"refunds", refunds},
		{"shipping_address", s.shopifyAddress(c)},
		{"shipping_lines", s.shopifyShipping(o, m)},
	}
}

const userAgent = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148"

func ip(c *Customer) string { return fmt.Sprintf("203.0.113.%d", c.N%250+1) }

// financial is the state of the money in Shopify's words.
func (o *Order) financial() string {
	back := o.refundedTotal()
	switch {
	case o.PaidAt.IsZero() && !o.CancelledAt.IsZero():
		return "voided"
	case o.PaidAt.IsZero():
		return "pending"
	case back >= o.Total() && back > 0:
		return "refunded"
	case back > 0:
		return "partially_refunded"
	}
	return "paid"
}

// totals are the sums of an order as Shopify shows them.
type totals struct {
	items, discounts, subtotal, tax, outstanding                int64
	currentSubtotal, currentDiscounts, currentTax, currentTotal int64
}

func (s *Store) sums(o *Order) totals {
	t := totals{tax: o.ShippingTax, currentTax: o.ShippingTax}
	var removed int64
	for _, l := range o.Lines {
		t.items += l.Price * l.Quantity
		t.discounts += l.off()
		t.subtotal += l.after()
		t.tax += l.Tax
		qty, net, tax := o.refunded(l)
		goneNet, goneTax := l.removedPart()
		removed += goneNet + goneTax
		t.currentSubtotal += l.after() - s.shown(net+goneNet, tax+goneTax)
		t.currentTax += l.Tax - tax - goneTax
		t.currentDiscounts += ratio(l.off(), l.Quantity-l.Removed-qty, l.Quantity)
	}
	for _, r := range o.Refunds {
		t.currentTax -= r.ShipTax
	}
	t.currentTotal = o.Total() - removed - o.refundedTotal()
	t.outstanding = t.currentTotal
	if !o.PaidAt.IsZero() {
		t.outstanding = -removed
	}
	if t.currentTotal < 0 { // all of it was given back, edits included
		t.currentTotal, t.outstanding = 0, 0
	}
	if !o.CancelledAt.IsZero() {
		t.outstanding = 0
	}
	return t
}

func (s *Store) shopifyCodes(o *Order, m purse) list {
	out := list{}
	for i, code := range o.Codes {
		var amount int64
		for _, l := range o.Lines {
			amount += l.Off[i]
		}
		kind := "fixed_amount"
		if d := s.codes[foldCode(code)]; d != nil && d.PercentBps > 0 {
			kind = "percentage"
		}
		out = append(out, object{{"code", code}, {"amount", m.dec(amount)}, {"type", kind}})
	}
	return out
}

func (s *Store) shopifyApplications(o *Order) list {
	out := list{}
	for i, code := range o.Codes {
		value, kind := "0.0", "fixed_amount"
		if d := s.codes[foldCode(code)]; d != nil {
			value = decimal(d.Fixed, s.exp)
			if d.PercentBps > 0 {
				value, kind = decimal(d.PercentBps/10, 1), "percentage"
			}
		}
		selection, method, hit := "all", "across", 0
		for _, l := range o.Lines {
			if l.Off[i] > 0 {
				hit++
			}
		}
		if hit < len(o.Lines) && len(o.Codes) > 1 {
			selection = "entitled"
		}
		out = append(out, object{
			{"target_type", "line_item"}, {"type", "discount_code"}, {"value", value}, {"value_type", kind},
			{"allocation_method", method}, {"target_selection", selection}, {"code", code},
		})
	}
	return out
}

func (s *Store) shopifyAddress(c *Customer) object {
	return object{
		{"first_name", c.first()}, {"address1", c.street()}, {"phone", c.Phone}, {"city", c.City}, {"zip", "94103"},
		{"province", "California"}, {"country", "United States"}, {"last_name", c.last()}, {"address2", nil}, {"company", nil},
		{"latitude", literal("37.7749")}, {"longitude", literal("-122.4194")}, {"name", c.first() + " " + c.last()},
		{"country_code", s.opt.Country}, {"province_code", "CA"},
	}
}

func (s *Store) shopifyCustomer(c *Customer, at any) object {
	return object{
		{"id", c.ID}, {"email", c.Email}, {"created_at", at}, {"updated_at", at},
		{"first_name", c.first()}, {"last_name", c.last()}, {"state", "disabled"}, {"note", nil}, {"verified_email", true},
		{"multipass_identifier", nil}, {"tax_exempt", false}, {"phone", nil},
		{"email_marketing_consent", object{{"state", "not_subscribed"}, {"opt_in_level", "single_opt_in"}, {"consent_updated_at", nil}}},
		{"sms_marketing_consent", nil}, {"tags", ""}, {"currency", s.opt.Currency}, {"tax_exemptions", list{}},
		{"admin_graphql_api_id", fmt.Sprintf("gid://shopify/Customer/%d", c.ID)},
		{"default_address", object{
			{"id", c.ID + 1_000_000}, {"customer_id", c.ID}, {"first_name", c.first()}, {"last_name", c.last()}, {"company", nil},
			{"address1", c.street()}, {"address2", nil}, {"city", c.City}, {"province", "California"}, {"country", "United States"},
			{"zip", "94103"}, {"phone", c.Phone}, {"name", c.first() + " " + c.last()}, {"province_code", "CA"},
			{"country_code", s.opt.Country}, {"country_name", "United States"}, {"default", true},
		}},
	}
}
