package sandbox

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
)

// graphOrder shows an order as the Admin API does: the same figures as in its
// webhooks, in other words.
func (s *Store) graphOrder(o *Order) object {
	rest := s.shopifyOrder(o)
	val := func(of object, key string) any { v, _ := of.get(key); return v }
	from := func(key string) any { return val(rest, key) }
	bagOf := func(v any) any {
		b, ok := v.(object)
		if !ok {
			return nil
		}
		out := object{}
		for i, side := range []string{"shopMoney", "presentmentMoney"} {
			m := b[i].val.(object)
			out = append(out, field{side, object{{"amount", m[0].val}, {"currencyCode", m[1].val}}})
		}
		return out
	}
	nodes := func(l list) object {
		return object{{"nodes", l}, {"pageInfo", object{{"hasNextPage", false}, {"endCursor", nil}}}}
	}
	each := func(v any, f func(object) object) list {
		out := list{}
		l, _ := v.(list)
		for _, e := range l {
			out = append(out, f(e.(object)))
		}
		return out
	}
	allocation := func(a object) object {
		return object{{"allocatedAmountSet", bagOf(val(a, "amount_set"))}, {"discountApplication", object{{"index", val(a, "discount_application_index")}}}}
	}
	tax := func(t object) object {
		return object{{"rate", val(t, "rate")}, {"priceSet", bagOf(val(t, "price_set"))}}
	}
	index := -1
	var landing any
	if o.Visit.Landing != "" {
		landing = object{{"landingPage", "https://" + s.opt.Domain + o.Visit.Landing}, {"referralCode", o.Visit.Slug}, {"occurredAt", o.Visit.At.UTC().Format(time.RFC3339)}, {"utmParameters", nil}}
	}
	status := "UNFULFILLED"
	if from("fulfillment_status") == "fulfilled" {
		status = "FULFILLED"
	}
	zero := s.moneyOf(o).set(0)
	orZero := func(v any) any {
		if v == nil {
			return bagOf(zero)
		}
		return bagOf(v)
	}
	return object{
		{"id", gidOf("Order", o.ID)}, {"legacyResourceId", fmt.Sprint(o.ID)}, {"name", from("name")}, {"test", o.Test},
		{"createdAt", o.CreatedAt.UTC().Format(time.RFC3339)}, {"updatedAt", o.UpdatedAt.UTC().Format(time.RFC3339)}, {"processedAt", o.CreatedAt.UTC().Format(time.RFC3339)},
		{"email", from("email")}, {"phone", from("phone")}, {"clientIp", from("browser_ip")},
		{"shippingAddress", addressOf(from("shipping_address"))}, {"billingAddress", addressOf(from("billing_address"))},
		{"cancelledAt", from("cancelled_at")}, {"displayFinancialStatus", strings.ToUpper(o.financial())}, {"displayFulfillmentStatus", status},
		{"currencyCode", s.opt.Currency}, {"presentmentCurrencyCode", from("presentment_currency")}, {"taxesIncluded", s.opt.TaxesIncluded},
		{"totalPriceSet", bagOf(from("total_price_set"))}, {"totalTaxSet", bagOf(from("total_tax_set"))}, {"totalTipReceivedSet", bagOf(s.moneyOf(o).set(o.Tip))},
		{"totalShippingPriceSet", bagOf(from("total_shipping_price_set"))}, {"totalDiscountsSet", bagOf(from("total_discounts_set"))}, {"originalTotalDutiesSet", nil},
		{"customAttributes", each(from("note_attributes"), func(a object) object { return object{{"key", val(a, "name")}, {"value", val(a, "value")}} })},
		{"customer", object{{"legacyResourceId", fmt.Sprint(o.Customer.ID)}, {"numberOfOrders", fmt.Sprint(o.Customer.Orders)}}},
		{"customerJourneySummary", object{{"ready", true}, {"customerOrderIndex", o.index}, {"lastVisit", landing}}},
		{"fulfillments", each(from("fulfillments"), func(f object) object {
			return object{{"createdAt", val(f, "created_at")}, {"updatedAt", val(f, "updated_at")}, {"status", "SUCCESS"}, {"displayStatus", "FULFILLED"}, {"deliveredAt", nil}}
		})},
		{"discountApplications", nodes(each(from("discount_applications"), func(a object) object {
			index++
			return object{{"__typename", "DiscountCodeApplication"}, {"index", index}, {"targetType", "LINE_ITEM"}, {"code", val(a, "code")}}
		}))},
		{"lineItems", nodes(each(from("line_items"), func(l object) object {
			return object{{"id", val(l, "admin_graphql_api_id")}, {"title", val(l, "title")}, {"sku", val(l, "sku")}, {"quantity", val(l, "quantity")},
				{"currentQuantity", val(l, "current_quantity")}, {"isGiftCard", val(l, "gift_card")}, {"product", object{{"legacyResourceId", fmt.Sprint(val(l, "product_id"))}}},
				{"variant", object{{"legacyResourceId", fmt.Sprint(val(l, "variant_id"))}}}, {"originalUnitPriceSet", bagOf(val(l, "price_set"))},
				{"totalDiscountSet", bagOf(val(l, "total_discount_set"))}, {"discountAllocations", each(val(l, "discount_allocations"), allocation)}, {"taxLines", each(val(l, "tax_lines"), tax)}}
		}))},
		{"shippingLines", nodes(each(from("shipping_lines"), func(l object) object {
			removed, _ := val(l, "is_removed").(bool)
			return object{{"isRemoved", removed}, {"originalPriceSet", bagOf(val(l, "price_set"))}, {"discountedPriceSet", bagOf(val(l, "discounted_price_set"))},
				{"discountAllocations", each(val(l, "discount_allocations"), allocation)}, {"taxLines", each(val(l, "tax_lines"), tax)}}
		}))},
		{"refunds", each(from("refunds"), func(r object) object {
			return object{{"legacyResourceId", fmt.Sprint(val(r, "id"))}, {"createdAt", val(r, "created_at")}, {"processedAt", val(r, "processed_at")}, {"duties", list{}},
				{"refundLineItems", nodes(each(val(r, "refund_line_items"), func(l object) object {
					return object{{"quantity", val(l, "quantity")}, {"lineItem", object{{"id", fmt.Sprintf("gid://shopify/LineItem/%v", val(l, "line_item_id"))}}},
						{"subtotalSet", bagOf(val(l, "subtotal_set"))}, {"totalTaxSet", bagOf(val(l, "total_tax_set"))}}
				}))},
				{"orderAdjustments", nodes(each(val(r, "order_adjustments"), func(a object) object {
					return object{{"reason", "REFUND_DISCREPANCY"}, {"amountSet", bagOf(val(a, "amount_set"))}, {"taxAmountSet", bagOf(val(a, "tax_amount_set"))}}
				}))},
				{"refundShippingLines", nodes(each(val(r, "refund_shipping_lines"), func(l object) object {
					return object{{"subtotalAmountSet", bagOf(val(l, "subtotal_amount_set"))}, {"taxAmountSet", bagOf(val(l, "tax_amount_set"))}}
				}))},
				{"transactions", nodes(each(val(r, "transactions"), func(t object) object {
					amount := val(t, "amount")
					return object{{"kind", "REFUND"}, {"status", "SUCCESS"}, {"amountSet", object{{"shopMoney", object{{"amount", amount}, {"currencyCode", s.opt.Currency}}},
						{"presentmentMoney", object{{"amount", amount}, {"currencyCode", s.opt.Currency}}}}}}
				}))}}
		})},
		{"currentTotalDutiesSet", orZero(nil)},
	}
}

// addressOf puts a webhook's address into the Admin API's words.
func addressOf(v any) any {
	a, ok := v.(object)
	if !ok {
		return nil
	}
	out := object{}
	for _, k := range [][2]string{{"address1", "address1"}, {"address2", "address2"}, {"zip", "zip"}, {"countryCodeV2", "country_code"}, {"phone", "phone"}} {
		got, _ := a.get(k[1])
		out = append(out, field{k[0], got})
	}
	return out
}

var updatedQuery = regexp.MustCompile(`^(updated_at|created_at):>='([^']+)' AND (?:updated_at|created_at):<'([^']+)'$`)

// ordersPage answers orders(query: "updated_at:>='…' AND updated_at:<'…'"),
// oldest first.
func (h *shopifySide) ordersPage(args map[string]any) (any, *problem) {
	s := h.s
	query, _ := args["query"].(string)
	m := updatedQuery.FindStringSubmatch(query)
	if m == nil {
		return nil, &problem{"The sandbox cannot search for " + query, "BAD_REQUEST"}
	}
	since, err1 := time.Parse(time.RFC3339, m[2])
	until, err2 := time.Parse(time.RFC3339, m[3])
	if err1 != nil || err2 != nil {
		return nil, &problem{"Invalid timestamp", "BAD_REQUEST"}
	}
	var found []*Order
	for _, o := range s.orders {
		at := o.UpdatedAt
		if m[1] == "created_at" {
			at = o.CreatedAt
		}
		if s.byID[o.ID] == o && !at.Before(since) && at.Before(until) {
			found = append(found, o)
		}
	}
	slices.SortStableFunc(found, func(a, b *Order) int { return cmp.Or(a.UpdatedAt.Compare(b.UpdatedAt), cmp.Compare(a.ID, b.ID)) })
	start := 0
	if after, _ := args["after"].(string); after != "" {
		_, _ = fmt.Sscan(after, &start)
	}
	start = min(start, len(found))
	const page = 100
	end := min(start+page, len(found))
	out := list{}
	for _, o := range found[start:end] {
		out = append(out, s.graphOrder(o))
	}
	return object{{"nodes", out}, {"pageInfo", object{{"hasNextPage", end < len(found)}, {"endCursor", fmt.Sprint(end)}}}}, nil
}

func (h *shopifySide) orderByID(id string) any {
	var n int64
	_, _ = fmt.Sscan(strings.TrimPrefix(id, "gid://shopify/Order/"), &n)
	if o := h.s.byID[n]; o != nil {
		return h.s.graphOrder(o)
	}
	return nil
}
