package shopify

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"tributary/internal/platform"
)

// TopicRead is the topic of what we read from the store ourselves. No header of
// a webhook can say it.
const TopicRead = "read:order"

// SeenOrder is one line of what the store shows of its orders.
type SeenOrder struct {
	ID                   int64
	CreatedAt, UpdatedAt time.Time
	Total                string // as the shop's currency writes it
}

// By is the time that orders are searched by.
type By string

// The times.
const (
	ByUpdate   By = "updated_at"
	ByCreation By = "created_at"
)

// OrdersSeen lists the orders whose time lies in [since, until), a page at a
// time: after is "" or what the call before returned, next is "" on the last
// page.
func OrdersSeen(ctx context.Context, q Query, by By, since, until time.Time, after string) (page []SeenOrder, next string, err error) {
	var in struct {
		Orders struct {
			Nodes []struct {
				LegacyResourceID json.RawMessage `json:"legacyResourceId"`
				CreatedAt        time.Time
				UpdatedAt        time.Time
				TotalPriceSet    struct{ ShopMoney struct{ Amount string } }
			}
			PageInfo struct {
				HasNextPage bool
				EndCursor   string
			}
		}
	}
	vars := map[string]any{"query": fmt.Sprintf("%[1]s:>='%[2]s' AND %[1]s:<'%[3]s'", by, since.UTC().Format(time.RFC3339), until.UTC().Format(time.RFC3339)), "after": nil}
	if after != "" {
		vars["after"] = after
	}
	if err := q(ctx, "orders_seen", vars, &in); err != nil {
		return nil, "", err
	}
	for _, n := range in.Orders.Nodes {
		id, err := strconv.ParseInt(strings.Trim(string(n.LegacyResourceID), `"`), 10, 64)
		if err != nil {
			return nil, "", &Error{Shop: "a shop", What: "orders_seen", Code: CodeNotJSON, Reason: "an order has no number for an id"}
		}
		page = append(page, SeenOrder{id, n.CreatedAt.UTC(), n.UpdatedAt.UTC(), n.TotalPriceSet.ShopMoney.Amount})
	}
	if in.Orders.PageInfo.HasNextPage {
		next = in.Orders.PageInfo.EndCursor
	}
	return page, next, nil
}

// ReadOrder reads an order as it is now: the body of a delivery of TopicRead. An
// order that is gone is a body that says so.
func ReadOrder(ctx context.Context, q Query, id int64) ([]byte, error) {
	var in struct {
		Order json.RawMessage `json:"order"`
	}
	if err := q(ctx, "order_read", map[string]any{"id": fmt.Sprintf("gid://shopify/Order/%d", id)}, &in); err != nil {
		return nil, err
	}
	if len(in.Order) == 0 {
		in.Order = json.RawMessage("null")
	}
	return fmt.Appendf(nil, `{"order_id":%d,"order":%s}`, id, in.Order), nil
}

type graphBag = json.RawMessage

// readOrder is what order_read selects.
type readOrder struct {
	Name, DisplayFinancialStatus, DisplayFulfillmentStatus, CurrencyCode, PresentmentCurrencyCode  string
	LegacyResourceID                                                                               json.RawMessage `json:"legacyResourceId"`
	Test, TaxesIncluded                                                                            bool
	CreatedAt, UpdatedAt, ProcessedAt                                                              json.RawMessage
	CancelledAt                                                                                    json.RawMessage
	Email, Phone, ClientIP                                                                         string // null where the app may not see them
	ShippingAddress, BillingAddress                                                                *readAddress
	TotalPriceSet, TotalTaxSet, TotalTipReceivedSet, TotalShippingPriceSet, OriginalTotalDutiesSet graphBag
	CustomAttributes                                                                               []struct{ Key, Value string }
	Customer                                                                                       *struct {
		LegacyResourceID json.RawMessage `json:"legacyResourceId"`
	}
	CustomerJourneySummary *struct {
		LastVisit *struct{ LandingPage, ReferralCode string }
	}
	Fulfillments []struct {
		CreatedAt, UpdatedAt, DeliveredAt json.RawMessage
		Status                            string
	}
	DiscountApplications nodes[struct {
		Index int
		Code  string
	}]
	LineItems     nodes[readLine]
	ShippingLines nodes[readShipping]
	Refunds       []readRefund
}

type readAddress struct{ Address1, Address2, Zip, CountryCodeV2, Phone string }

func (a *readAddress) asWebhook() map[string]any {
	return map[string]any{"address1": a.Address1, "address2": a.Address2, "zip": a.Zip, "country_code": a.CountryCodeV2, "phone": a.Phone}
}

type nodes[T any] struct {
	Nodes    []T
	PageInfo struct{ HasNextPage bool }
}

type readAllocation struct {
	AllocatedAmountSet  graphBag
	DiscountApplication struct{ Index int }
}

type readTax struct {
	Rate     json.RawMessage
	PriceSet graphBag
}

type readLine struct {
	ID, Title, SKU            string
	Quantity, CurrentQuantity int64
	IsGiftCard                bool
	Product, Variant          *struct {
		LegacyResourceID json.RawMessage `json:"legacyResourceId"`
	}
	OriginalUnitPriceSet graphBag
	TotalDiscountSet     graphBag
	DiscountAllocations  []readAllocation
	TaxLines             []readTax
}

type readShipping struct {
	IsRemoved                            bool
	OriginalPriceSet, DiscountedPriceSet graphBag
	DiscountAllocations                  []readAllocation
	TaxLines                             []readTax
}

type readRefund struct {
	LegacyResourceID       json.RawMessage `json:"legacyResourceId"`
	CreatedAt, ProcessedAt json.RawMessage
	Duties                 []struct{ AmountSet graphBag }
	RefundLineItems        nodes[struct {
		Quantity                 int64
		LineItem                 struct{ ID string }
		SubtotalSet, TotalTaxSet graphBag
	}]
	OrderAdjustments nodes[struct {
		Reason                  string
		AmountSet, TaxAmountSet graphBag
	}]
	RefundShippingLines nodes[struct{ SubtotalAmountSet, TaxAmountSet graphBag }]
	Transactions        nodes[struct {
		Kind, Status string
		AmountSet    graphBag
	}]
}

// DecodeRead reads what ReadOrder gave. at is when it was read, by our clock.
// The order is put into the words of a webhook and read by the same code, so
// that there is one meaning of an order.
func DecodeRead(body []byte, at time.Time, hash platform.Hash) (platform.Message, error) {
	var in struct {
		OrderID int64      `json:"order_id"`
		Order   *readOrder `json:"order"`
	}
	if err := json.Unmarshal(body, &in); err != nil || in.OrderID <= 0 {
		return platform.Message{}, fmt.Errorf("read what was read of an order: %w", err)
	}
	if in.Order == nil {
		return decodeDelete(fmt.Appendf(nil, `{"id":%d}`, in.OrderID), at)
	}
	if got := strings.Trim(string(in.Order.LegacyResourceID), `"`); got != strconv.FormatInt(in.OrderID, 10) {
		return platform.Message{}, fmt.Errorf("order %d was read, and %s came", in.OrderID, got)
	}
	words, err := in.Order.asWebhook()
	if err != nil {
		return platform.Message{}, err
	}
	m, err := decodeOrder("orders/updated", words, hash)
	if err == nil && m.Fact.Snapshot != nil {
		m.Fact.Snapshot.ReadAt = at.UTC()
	}
	return m, err
}

func (o *readOrder) asWebhook() ([]byte, error) {
	if o.LineItems.PageInfo.HasNextPage {
		return nil, fmt.Errorf("the order has more lines than are read at once")
	}
	type obj = map[string]any
	applications := make([]obj, 0, len(o.DiscountApplications.Nodes))
	for _, a := range o.DiscountApplications.Nodes {
		for len(applications) <= a.Index {
			applications = append(applications, obj{"type": "automatic"})
		}
		if a.Code != "" {
			applications[a.Index] = obj{"type": "discount_code", "code": a.Code}
		}
	}
	allocations := func(all []readAllocation) []obj {
		out := []obj{}
		for _, a := range all {
			out = append(out, obj{"amount_set": set(a.AllocatedAmountSet), "discount_application_index": a.DiscountApplication.Index})
		}
		return out
	}
	taxes := func(all []readTax) []obj {
		out := []obj{}
		for _, t := range all {
			out = append(out, obj{"price_set": set(t.PriceSet), "rate": t.Rate})
		}
		return out
	}
	lines, ships, refunds, attributes, parcels := []obj{}, []obj{}, []obj{}, []obj{}, []obj{}
	for _, l := range o.LineItems.Nodes {
		x := obj{"id": l.ID, "title": l.Title, "sku": l.SKU, "quantity": l.Quantity, "current_quantity": l.CurrentQuantity, "gift_card": l.IsGiftCard,
			"price_set": set(l.OriginalUnitPriceSet), "total_discount_set": set(l.TotalDiscountSet), "discount_allocations": allocations(l.DiscountAllocations), "tax_lines": taxes(l.TaxLines)}
		if l.Product != nil {
			x["product_id"] = l.Product.LegacyResourceID
		}
		if l.Variant != nil {
			x["variant_id"] = l.Variant.LegacyResourceID
		}
		lines = append(lines, x)
	}
	for _, s := range o.ShippingLines.Nodes {
		ships = append(ships, obj{"price_set": set(s.OriginalPriceSet), "discounted_price_set": set(s.DiscountedPriceSet), "is_removed": s.IsRemoved,
			"discount_allocations": allocations(s.DiscountAllocations), "tax_lines": taxes(s.TaxLines)})
	}
	for _, r := range o.Refunds {
		if r.RefundLineItems.PageInfo.HasNextPage {
			return nil, fmt.Errorf("a refund has more lines than are read at once")
		}
		back, adjust, shipping, moved := []obj{}, []obj{}, []obj{}, []obj{}
		for _, l := range r.RefundLineItems.Nodes {
			back = append(back, obj{"line_item_id": l.LineItem.ID, "quantity": l.Quantity, "subtotal_set": set(l.SubtotalSet), "total_tax_set": set(l.TotalTaxSet)})
		}
		for _, a := range r.OrderAdjustments.Nodes {
			adjust = append(adjust, obj{"reason": a.Reason, "amount_set": set(a.AmountSet), "tax_amount_set": set(a.TaxAmountSet)})
		}
		for _, s := range r.RefundShippingLines.Nodes {
			shipping = append(shipping, obj{"subtotal_amount_set": set(s.SubtotalAmountSet), "tax_amount_set": set(s.TaxAmountSet)})
		}
		for _, t := range r.Transactions.Nodes {
			moved = append(moved, obj{"kind": strings.ToLower(t.Kind), "status": strings.ToLower(t.Status), "amount_set": set(t.AmountSet)})
		}
		refunds = append(refunds, obj{"id": r.LegacyResourceID, "created_at": r.CreatedAt, "processed_at": r.ProcessedAt, "refund_line_items": back,
			"order_adjustments": adjust, "refund_shipping_lines": shipping, "transactions": moved})
	}
	for _, a := range o.CustomAttributes {
		attributes = append(attributes, obj{"name": a.Key, "value": a.Value})
	}
	for _, f := range o.Fulfillments {
		x := obj{"created_at": f.CreatedAt, "updated_at": f.UpdatedAt, "status": strings.ToLower(f.Status)}
		if len(f.DeliveredAt) > 0 && string(f.DeliveredAt) != "null" {
			x["shipment_status"], x["updated_at"] = "delivered", f.DeliveredAt
		}
		parcels = append(parcels, x)
	}
	out := obj{"id": o.LegacyResourceID, "name": o.Name, "test": o.Test, "created_at": o.CreatedAt, "updated_at": o.UpdatedAt, "processed_at": o.ProcessedAt,
		"cancelled_at": o.CancelledAt, "currency": o.CurrencyCode, "presentment_currency": o.PresentmentCurrencyCode, "taxes_included": o.TaxesIncluded,
		"financial_status": strings.ToLower(o.DisplayFinancialStatus), "total_price_set": set(o.TotalPriceSet), "total_tax_set": set(o.TotalTaxSet),
		"total_tip_received_set": set(o.TotalTipReceivedSet), "total_shipping_price_set": set(o.TotalShippingPriceSet), "original_total_duties_set": set(o.OriginalTotalDutiesSet),
		"discount_codes": []obj{}, "discount_applications": applications, "line_items": lines, "shipping_lines": ships, "refunds": refunds, "note_attributes": attributes, "fulfillments": parcels}
	if o.DisplayFulfillmentStatus == "FULFILLED" {
		out["fulfillment_status"] = "fulfilled"
	}
	if o.Customer != nil {
		out["customer"] = obj{"id": o.Customer.LegacyResourceID}
	}
	for word, v := range map[string]string{"email": o.Email, "phone": o.Phone, "browser_ip": o.ClientIP} {
		if v != "" {
			out[word] = v
		}
	}
	if o.ShippingAddress != nil {
		out["shipping_address"] = o.ShippingAddress.asWebhook()
	}
	if o.BillingAddress != nil {
		out["billing_address"] = o.BillingAddress.asWebhook()
	}
	if j := o.CustomerJourneySummary; j != nil && j.LastVisit != nil {
		out["landing_site"], out["landing_site_ref"] = j.LastVisit.LandingPage, j.LastVisit.ReferralCode
	}
	return json.Marshal(out)
}

// set puts a MoneyBag into the words of a webhook.
func set(b graphBag) any {
	var in struct {
		ShopMoney, PresentmentMoney *struct{ Amount, CurrencyCode string }
	}
	if len(b) == 0 || json.Unmarshal(b, &in) != nil || in.ShopMoney == nil {
		return nil
	}
	out := map[string]any{"shop_money": map[string]any{"amount": in.ShopMoney.Amount, "currency_code": in.ShopMoney.CurrencyCode}}
	if p := in.PresentmentMoney; p != nil {
		out["presentment_money"] = map[string]any{"amount": p.Amount, "currency_code": p.CurrencyCode}
	}
	return out
}
