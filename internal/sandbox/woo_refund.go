package sandbox

import "fmt"

// tax is the tax a refund gives back; amount-only refunds show none.
func (r *Refund) tax() int64 {
	t := r.ShipTax
	for _, l := range r.Lines {
		t += l.Tax
	}
	return t
}

// wooRefund renders a refund as wc/v3 shows it. parent adds parent_id, which
// only the list over all orders has.
func (s *Store) wooRefund(o *Order, r *Refund, parent bool) object {
	kind := "partial"
	if r.Full {
		kind = "full"
	}
	lines, shipping, taxes := list{}, list{}, list{}
	var goodsTax int64
	for _, l := range r.Lines {
		if l.Quantity == 0 {
			continue
		}
		goodsTax += l.Tax
		lines = append(lines, s.wooItem(l.Line, l.ID, -l.Quantity, [4]int64{-l.Net, -l.Tax, -l.Net, -l.Tax}, list{refundedItem(r.ID, l.Line.ID)}))
	}
	if r.Shipping > 0 {
		shipping = append(shipping, s.wooShipping(r.ID*10+1, -r.Shipping, -r.ShipTax, list{refundedItem(r.ID+1, o.shipID)}))
	}
	if s.opt.TaxBps > 0 && goodsTax+r.ShipTax > 0 {
		taxes = append(taxes, s.wooTax(r.ID*10+2, -goodsTax, -r.ShipTax))
	}
	base := fmt.Sprintf("%s/wp-json/wc/v3/orders/%d", s.home(), o.ID)
	out := object{{"id", r.ID}}
	if parent {
		out = append(out, field{"parent_id", o.ID})
	}
	return append(out,
		field{"date_created", s.local(r.At)}, field{"date_created_gmt", s.gmt(r.At)}, field{"amount", decimal(r.Amount, s.exp)},
		field{"reason", r.Reason}, field{"refunded_by", 1}, field{"refunded_payment", false},
		field{"meta_data", list{object{{"id", r.ID*10 + 3}, {"key", "_refund_type"}, {"value", kind}}}},
		field{"line_items", lines}, field{"shipping_lines", shipping}, field{"tax_lines", taxes}, field{"fee_lines", list{}},
		field{"_links", object{
			{"self", list{object{{"href", fmt.Sprintf("%s/refunds/%d", base, r.ID)}, {"targetHints", object{{"allow", list{"GET", "DELETE"}}}}}}},
			{"collection", list{object{{"href", base + "/refunds"}}}},
			{"up", list{object{{"href", base}}}},
		}},
	)
}

func refundedItem(id, item int64) object {
	v := fmt.Sprint(item)
	return object{{"id", id}, {"key", "_refunded_item_id"}, {"value", v}, {"display_key", "_refunded_item_id"}, {"display_value", v}}
}
