package shopify_test

import (
	"fmt"
	"testing"

	"tributary/internal/domain/order"
	"tributary/internal/platform/shopify"
)

func usd(amount string) object {
	return object{"shop_money": object{"amount": amount, "currency_code": "USD"}, "presentment_money": object{"amount": amount, "currency_code": "USD"}}
}

func back(quantity int, subtotal, tax string) object {
	return object{"line_item_id": 1, "quantity": quantity, "subtotal_set": usd(subtotal), "total_tax_set": usd(tax)}
}

func paid(amount, currency, status string) object {
	return object{"kind": "refund", "status": status, "amount": amount, "currency": currency}
}

func adjust(kind, amount, tax string) object {
	return object{"kind": kind, "amount_set": usd(amount), "tax_amount": tax}
}

func refund(t testing.TB, r object) order.Refund {
	t.Helper()
	r["id"], r["order_id"], r["created_at"] = 7, 9, "2026-11-21T10:00:00Z"
	if r["refund_line_items"] == nil {
		r["refund_line_items"] = []object{}
	}
	m := decode(t, "refunds/create", encode(t, r))
	if m.Fact.OrderID != 9 || m.Fact.Snapshot != nil || len(m.Fact.Refunds) != 1 || !m.Fact.Refunds[0].Detailed {
		t.Fatalf("%+v", m)
	}
	return m.Fact.Refunds[0]
}

func TestARefundIsWhatWentBack(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		refund                    object
		amount, shipping, unlined int64
		lines                     string
	}{
		"lines and the money for them":   {object{"refund_line_items": []object{back(1, "36.00", "3.00")}, "transactions": []object{paid("39.00", "USD", "success")}}, 3900, 0, 0, "[{1 1 3600 300}]"},
		"lines and no money yet":         {object{"refund_line_items": []object{back(1, "36.00", "3.00")}, "transactions": []object{}}, 3900, 0, 0, "[{1 1 3600 300}]"},
		"money that did not go":          {object{"refund_line_items": []object{back(1, "36.00", "3.00")}, "transactions": []object{paid("39.00", "USD", "failure"), paid("39.00", "USD", "pending")}}, 3900, 0, 0, "[{1 1 3600 300}]"},
		"money without lines":            {object{"order_adjustments": []object{adjust("refund_discrepancy", "-20.00", "0.00")}, "transactions": []object{paid("20.00", "USD", "success")}}, 2000, 0, 2000, "[]"},
		"money without a word":           {object{"transactions": []object{paid("20.00", "USD", "success")}}, 2000, 0, 2000, "[]"},
		"in two transactions":            {object{"transactions": []object{paid("20.00", "USD", "success"), paid("5.00", "USD", "success"), {"kind": "void", "status": "success", "amount": "9.00"}}}, 2500, 0, 2500, "[]"},
		"more than the lines":            {object{"refund_line_items": []object{back(1, "36.00", "3.00")}, "order_adjustments": []object{adjust("refund_discrepancy", "-11.00", "0.00")}, "transactions": []object{paid("50.00", "USD", "success")}}, 5000, 0, 1100, "[{1 1 3600 300}]"},
		"less than the lines":            {object{"refund_line_items": []object{back(1, "36.00", "3.00")}, "order_adjustments": []object{adjust("refund_discrepancy", "9.00", "0.00")}, "transactions": []object{paid("30.00", "USD", "success")}}, 3000, 0, 0, "[{1 1 3600 300}]"},
		"less, no transaction shown":     {object{"refund_line_items": []object{back(1, "36.00", "3.00")}, "order_adjustments": []object{adjust("refund_discrepancy", "9.00", "0.00")}}, 3000, 0, 0, "[{1 1 3600 300}]"},
		"shipping":                       {object{"order_adjustments": []object{adjust("shipping_refund", "-7.50", "-0.75")}, "transactions": []object{paid("8.25", "USD", "success")}}, 825, 825, 0, "[]"},
		"shipping in its newer form":     {object{"refund_shipping_lines": []object{{"subtotal_amount_set": usd("8.25")}}, "transactions": []object{paid("8.25", "USD", "success")}}, 825, 825, 0, "[]"},
		"shipping in both forms":         {object{"order_adjustments": []object{adjust("shipping_refund", "-8.25", "0")}, "refund_shipping_lines": []object{{"subtotal_amount_set": usd("8.25")}}}, 825, 825, 0, "[]"},
		"a pending discrepancy":          {object{"order_adjustments": []object{{"reason": "Pending refund discrepancy", "amount_set": usd("-20.00")}}}, 2000, 0, 2000, "[]"},
		"an adjustment of no known kind": {object{"order_adjustments": []object{adjust("something", "-20.00", "0")}}, 0, 0, 0, "[]"},
		"duties":                         {object{"total_duties_set": usd("4.00"), "transactions": []object{paid("4.00", "USD", "success")}}, 400, 0, 0, "[]"},
		"an edit, no money":              {object{"refund_line_items": []object{back(2, "0.00", "0.00")}}, 0, 0, 0, "[{1 2 0 0}]"},
		"nothing at all":                 {object{}, 0, 0, 0, "[]"},
	} {
		r := refund(t, c.refund)
		if r.Amount != c.amount || r.Shipping != c.shipping || r.Unlined != c.unlined || fmt.Sprint(r.Lines) != c.lines {
			t.Errorf("%s: %+v", name, r)
		}
	}
}

func TestARefundInTheShoppersCurrencyIsConvertedWithItsOwnRate(t *testing.T) {
	t.Parallel()
	both := func(shop, presentment string) object {
		return object{"shop_money": object{"amount": shop, "currency_code": "USD"}, "presentment_money": object{"amount": presentment, "currency_code": "EUR"}}
	}
	r := refund(t, object{"refund_line_items": []object{{"line_item_id": 1, "quantity": 1, "subtotal_set": both("100.00", "92.00"), "total_tax_set": both("0.00", "0.00")}}, "transactions": []object{paid("46.00", "EUR", "success")}})
	if r.Amount != 5000 {
		t.Errorf("%+v", r)
	}
	r = refund(t, object{"order_adjustments": []object{{"kind": "refund_discrepancy", "amount_set": both("-50.00", "-46.00")}}, "transactions": []object{paid("46.00", "EUR", "success")}})
	if r.Amount != 5000 || r.Unlined != 5000 {
		t.Errorf("%+v", r)
	}
	r = refund(t, object{"refund_line_items": []object{back(1, "36.00", "3.00")}, "transactions": []object{paid("46.00", "EUR", "success")}})
	if r.Amount != 3900 {
		t.Errorf("without a rate the lines decide: %+v", r)
	}
}

func TestTaxIsTakenOutOfASubtotalThatContainsIt(t *testing.T) {
	t.Parallel()
	with := func(subtotal, tax string, rates ...any) object {
		l := back(1, subtotal, tax)
		var taxes []object
		for _, r := range rates {
			taxes = append(taxes, object{"price": "0.00", "rate": r})
		}
		l["line_item"] = object{"id": 1, "tax_lines": taxes}
		return object{"refund_line_items": []object{l}}
	}
	for name, c := range map[string]struct {
		refund object
		net    int64
	}{
		"contained":                 {with("119.00", "19.00", 0.19), 10000},
		"added":                     {with("100.00", "19.00", "0.19"), 10000},
		"contained, two rates":      {with("108.88", "8.88", 0.0625, 0.02625), 10000},
		"added, two rates":          {with("100.00", "8.88", 0.0625, 0.02625), 10000},
		"no tax":                    {with("100.00", "0.00", 0.19), 10000},
		"no rate, so nobody knows":  {with("119.00", "19.00"), 11900},
		"a rate that is none":       {with("119.00", "19.00", "?"), 11900},
		"a small amount":            {with("1.19", "0.19", 0.19), 100},
		"a small amount, tax added": {with("1.00", "0.19", 0.19), 100},
	} {
		if r := refund(t, c.refund); r.Lines[0].Net != c.net {
			t.Errorf("%s: %+v", name, r.Lines[0])
		}
	}
	// Inside an order the order's own flag says what the rates cannot.
	r := []object{{"id": 7, "created_at": "2026-11-21T10:00:00Z", "refund_line_items": []object{back(1, "119.00", "19.00")}}}
	for flag, net := range map[bool]int64{true: 10000, false: 11900} {
		m := decode(t, "orders/updated", body(t, object{"taxes_included": flag, "refunds": r}))
		if got := m.Fact.Refunds[0].Lines[0].Net; got != net {
			t.Errorf("taxes_included %v: net %d", flag, got)
		}
	}
}

func TestARefundThatNamesNoCurrencyIsAnError(t *testing.T) {
	t.Parallel()
	if _, err := shopify.Decode("refunds/create", encode(t, object{"id": 7, "order_id": 9, "refund_line_items": []object{{"line_item_id": 1, "quantity": 1, "subtotal": 199}}}), at, plain); err == nil {
		t.Error("minor units of what?")
	}
}
