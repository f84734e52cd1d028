package sandbox

import (
	"fmt"
	"time"
)

// purse writes money of one order: the shop's currency and, beside it, the one
// the shopper paid in.
type purse struct {
	currency string
	exp      int
	foreign  *Presentment
}

func (s *Store) moneyOf(o *Order) purse { return purse{s.opt.Currency, s.exp, o.Presentment} }

func (p purse) dec(minor int64) string { return decimal(minor, p.exp) }

func (p purse) set(minor int64) object {
	shop := object{{"amount", p.dec(minor)}, {"currency_code", p.currency}}
	paid := shop
	if p.foreign != nil {
		exp := exponent(p.foreign.Currency)
		n := ratio(minor, p.foreign.RateMicro, 1_000_000)
		for i := p.exp; i < exp; i++ {
			n *= 10
		}
		if exp < p.exp {
			n = ratio(n, 1, pow10(p.exp-exp))
		}
		paid = object{{"amount", decimal(n, exp)}, {"currency_code", p.foreign.Currency}}
	}
	return object{{"shop_money", shop}, {"presentment_money", paid}}
}

func (s *Store) shopifyTaxes(m purse, tax int64) list {
	if s.opt.TaxBps == 0 || tax == 0 {
		return list{}
	}
	return list{object{
		{"price", m.dec(tax)}, {"rate", literal(trimmed(s.opt.TaxBps, 4))}, {"title", "Tax"}, {"price_set", m.set(tax)}, {"channel_liable", false},
	}}
}

func (s *Store) shopifyLine(o *Order, l *Line) object {
	m := s.moneyOf(o)
	refunded, _, _ := o.refunded(l)
	current := l.Quantity - l.Removed - refunded
	var fulfilled any
	ready := current
	if !o.CompletedAt.IsZero() {
		fulfilled, ready = "fulfilled", 0
	}
	p := l.Product
	return object{
		{"id", l.ID},
		{"admin_graphql_api_id", fmt.Sprintf("gid://shopify/LineItem/%d", l.ID)},
		{"attributed_staffs", list{}},
		{"current_quantity", current},
		{"fulfillable_quantity", ready},
		{"fulfillment_service", "manual"},
		{"fulfillment_status", fulfilled},
		{"gift_card", p.GiftCard},
		{"grams", p.Grams},
		{"name", p.Title},
		{"price", m.dec(l.Price)},
		{"price_set", m.set(l.Price)},
		{"product_exists", true},
		{"product_id", p.ID},
		{"properties", list{}},
		{"quantity", l.Quantity},
		{"requires_shipping", !p.GiftCard},
		{"sku", p.SKU},
		{"taxable", !p.GiftCard},
		{"title", p.Title},
		{"total_discount", m.dec(0)}, // code discounts stand in the allocations
		{"total_discount_set", m.set(0)},
		{"variant_id", p.VariantID},
		{"variant_inventory_management", "shopify"},
		{"variant_title", nil},
		{"vendor", p.Vendor},
		{"tax_lines", s.shopifyTaxes(m, l.Tax)},
		{"duties", list{}},
		{"discount_allocations", allocations(l, m)},
	}
}

func allocations(l *Line, m purse) list {
	out := list{}
	for i, off := range l.Off {
		if off > 0 {
			out = append(out, object{{"amount", m.dec(off)}, {"amount_set", m.set(off)}, {"discount_application_index", i}})
		}
	}
	return out
}

func (s *Store) shopifyShipping(o *Order, m purse) list {
	if o.Shipping == 0 {
		return list{}
	}
	return list{s.shopifyShippingLine(o, m)}
}

func (s *Store) shopifyShippingLine(o *Order, m purse) object {
	return object{
		{"id", o.shipID}, {"carrier_identifier", nil}, {"code", "Standard"},
		{"discounted_price", m.dec(o.Shipping)}, {"discounted_price_set", m.set(o.Shipping)}, {"is_removed", false}, {"phone", nil},
		{"price", m.dec(o.Shipping)}, {"price_set", m.set(o.Shipping)}, {"requested_fulfillment_service_id", nil},
		{"source", "shopify"}, {"title", "Standard"}, {"tax_lines", s.shopifyTaxes(m, o.ShippingTax)}, {"discount_allocations", list{}},
	}
}

// shopifyRefund renders a refund as refunds/create carries it and as it stands
// inside later orders.
func (s *Store) shopifyRefund(o *Order, r *Refund) object {
	m := s.moneyOf(o)
	at := r.At.In(s.opt.Zone).Format(time.RFC3339)
	lines := list{}
	for _, l := range r.Lines {
		lines = append(lines, s.shopifyRefundLine(o, l, m))
	}
	shipping := list{}
	if r.Shipping > 0 {
		shipping = append(shipping, object{
			{"id", r.ID + 3}, {"shipping_line", s.shopifyShippingLine(o, m)},
			{"subtotal_amount_set", m.set(s.shown(r.Shipping, r.ShipTax))}, {"tax_amount_set", m.set(r.ShipTax)},
		})
	}
	adjustments := list{}
	if r.Adjust != 0 {
		adjustments = append(adjustments, object{
			{"id", r.ID + 1}, {"amount", m.dec(-r.Adjust)}, {"amount_set", m.set(-r.Adjust)}, {"kind", "refund_discrepancy"},
			{"order_id", o.ID}, {"reason", "Refund discrepancy"}, {"refund_id", r.ID}, {"tax_amount", m.dec(0)}, {"tax_amount_set", m.set(0)},
		})
	}
	var note any
	if r.Reason != "" {
		note = r.Reason
	}
	return object{
		{"id", r.ID},
		{"order_id", o.ID},
		{"created_at", at},
		{"note", note},
		{"user_id", 548380009},
		{"processed_at", at},
		{"restock", len(r.Lines) > 0},
		{"duties", list{}},
		{"total_duties_set", m.set(0)},
		{"return", nil},
		{"refund_shipping_lines", shipping},
		{"admin_graphql_api_id", fmt.Sprintf("gid://shopify/Refund/%d", r.ID)},
		{"order_adjustments", adjustments},
		{"refund_line_items", lines},
		{"transactions", list{object{
			{"id", r.ID + 2}, {"admin_graphql_api_id", fmt.Sprintf("gid://shopify/OrderTransaction/%d", r.ID+2)},
			{"amount", m.dec(r.Amount)}, {"authorization", nil}, {"created_at", at}, {"currency", m.currency}, {"device_id", nil},
			{"error_code", nil}, {"gateway", "shopify_payments"}, {"kind", "refund"}, {"location_id", nil}, {"message", "Transaction approved"},
			{"order_id", o.ID}, {"parent_id", o.ID + 7}, {"payment_id", fmt.Sprintf("c%d.1", o.ID)}, {"processed_at", at},
			{"receipt", object{}}, {"source_name", "1830279"}, {"status", "success"}, {"test", o.Test}, {"user_id", 548380009},
		}}},
	}
}

func (s *Store) shopifyRefundLine(o *Order, r RefundLine, m purse) object {
	l, p := r.Line, r.Line.Product
	shown := s.shown(r.Net, r.Tax)
	return object{
		{"id", r.ID},
		{"quantity", r.Quantity},
		{"line_item_id", l.ID},
		{"location_id", nil},
		{"restock_type", "return"},
		{"subtotal", literal(trimmed(shown, m.exp))}, // a JSON number, as the real ones are
		{"total_tax", literal(trimmed(r.Tax, m.exp))},
		{"subtotal_set", m.set(shown)},
		{"total_tax_set", m.set(r.Tax)},
		{"line_item", object{
			{"id", l.ID}, {"variant_id", p.VariantID}, {"title", p.Title}, {"quantity", l.Quantity}, {"sku", p.SKU},
			{"variant_title", nil}, {"vendor", p.Vendor}, {"fulfillment_service", "manual"}, {"product_id", p.ID},
			{"requires_shipping", !p.GiftCard}, {"taxable", !p.GiftCard}, {"gift_card", p.GiftCard}, {"name", p.Title},
			{"variant_inventory_management", "shopify"}, {"properties", list{}}, {"product_exists", true},
			{"fulfillable_quantity", 0}, {"grams", p.Grams}, {"price", m.dec(l.Price)}, {"total_discount", m.dec(0)},
			{"fulfillment_status", nil}, {"price_set", m.set(l.Price)}, {"total_discount_set", m.set(0)},
			{"discount_allocations", allocations(l, m)}, {"duties", list{}},
			{"admin_graphql_api_id", fmt.Sprintf("gid://shopify/LineItem/%d", l.ID)}, {"tax_lines", s.shopifyTaxes(m, l.Tax)},
		}},
	}
}
