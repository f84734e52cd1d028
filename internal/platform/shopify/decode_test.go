package shopify_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"tributary/internal/domain/order"
	"tributary/internal/errs"
	"tributary/internal/platform"
	"tributary/internal/platform/shopify"
)

type object = map[string]any

// body is an order that is paid, with changes laid over it.
func body(t testing.TB, changes ...object) []byte {
	t.Helper()
	o := object{
		"id": 9007199254740993, "name": "#1", "created_at": "2026-11-20T10:00:00Z", "processed_at": "2026-11-20T10:00:05Z", "updated_at": "2026-11-20T10:00:06Z",
		"currency": "USD", "financial_status": "paid", "total_price": "100.00", "line_items": []object{line(1, "100.00", 1)},
	}
	for _, c := range changes {
		for k, v := range c {
			o[k] = v
		}
	}
	return encode(t, o)
}

func line(id int64, price string, quantity int, changes ...object) object {
	l := object{"id": id, "product_id": 10 + id, "price": price, "quantity": quantity}
	for _, c := range changes {
		for k, v := range c {
			l[k] = v
		}
	}
	return l
}

func encode(t testing.TB, v any) []byte {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func decode(t testing.TB, topic string, b []byte) platform.Message {
	t.Helper()
	m, err := shopify.Decode(topic, b, at, plain)
	if err != nil {
		t.Fatalf("%v\n%s", err, b)
	}
	return m
}

func snapshot(t testing.TB, changes ...object) *order.Snapshot {
	t.Helper()
	m := decode(t, "orders/updated", body(t, changes...))
	if m.Kind != platform.Order || m.Fact.Snapshot == nil {
		t.Fatalf("%+v", m)
	}
	return m.Fact.Snapshot
}

func TestPaymentFollowsTheFinancialStatusUnlessCancelled(t *testing.T) {
	t.Parallel()
	for status, want := range map[string]order.Payment{
		"paid": order.PaymentPaid, "partially_refunded": order.PaymentPaid, "refunded": order.PaymentPaid,
		"pending": order.PaymentPending, "authorized": order.PaymentPending, "partially_paid": order.PaymentPending, "expired": order.PaymentPending,
		"voided": order.PaymentVoid, "something_new": order.PaymentUnknown, "": order.PaymentUnknown,
	} {
		s := snapshot(t, object{"financial_status": status})
		if s.Payment != want || s.ProcessedAt.IsZero() == (want == order.PaymentPaid) {
			t.Errorf("%s: %v, paid at %v", status, s.Payment, s.ProcessedAt)
		}
		if s = snapshot(t, object{"financial_status": status, "cancelled_at": "2026-11-21T10:00:00Z"}); s.Payment != order.PaymentVoid {
			t.Errorf("%s and cancelled: %v", status, s.Payment)
		}
	}
	if s := snapshot(t, object{"financial_status": nil}); s.Payment != order.PaymentUnknown {
		t.Errorf("null: %v", s.Payment)
	}
}

func TestWhatAnOrderBecomesDependsOnItsBodyOnly(t *testing.T) {
	t.Parallel()
	b := load(t, "orders_updated_partial_refund.json")
	want := encode(t, decode(t, "orders/create", b))
	for _, topic := range []string{"orders/paid", "orders/updated", "orders/edited", "orders/cancelled", "orders/fulfilled"} {
		m, err := shopify.Decode(topic, b, at.Add(time.Hour), plain)
		if got := encode(t, m); err != nil || string(got) != string(want) {
			t.Errorf("%s: %v\n%s\n%s", topic, err, got, want)
		}
	}
}

func TestARefundIsTheSameFromBothTopics(t *testing.T) {
	t.Parallel()
	inOrder := decode(t, "orders/updated", load(t, "orders_updated_partial_refund.json")).Fact.Refunds[0]
	alone := decode(t, "refunds/create", load(t, "refunds_create_partial.json")).Fact
	alone.Refunds[0].Version = inOrder.Version
	if alone.OrderID != 9007199254740993101 || fmt.Sprint(alone.Refunds[0]) != fmt.Sprint(inOrder) {
		t.Errorf("\n%+v\n%+v", alone.Refunds[0], inOrder)
	}
}

func TestUnitsAnEditTookOutAreRemovedAndRefundedOnesAreNot(t *testing.T) {
	t.Parallel()
	refund := []object{{"id": 7, "created_at": "2026-11-21T10:00:00Z", "refund_line_items": []object{{"line_item_id": 1, "quantity": 2, "subtotal": "20.00", "total_tax": 0}}}}
	for name, c := range map[string]struct {
		line    object
		refunds []object
		want    int64
	}{
		"nothing happened":           {line(1, "10.00", 5, object{"current_quantity": 5}), nil, 0},
		"not told":                   {line(1, "10.00", 5), nil, 0},
		"edited":                     {line(1, "10.00", 5, object{"current_quantity": 3}), nil, 2},
		"refunded":                   {line(1, "10.00", 5, object{"current_quantity": 3}), refund, 0},
		"edited and refunded":        {line(1, "10.00", 5, object{"current_quantity": 0}), refund, 3},
		"refunded before the change": {line(1, "10.00", 5, object{"current_quantity": 5}), refund, 0},
		"more than there ever were":  {line(1, "10.00", 5, object{"current_quantity": -4}), nil, 5},
	} {
		if s := snapshot(t, object{"line_items": []object{c.line}, "refunds": c.refunds}); s.Lines[0].Removed != c.want {
			t.Errorf("%s: removed %d, want %d", name, s.Lines[0].Removed, c.want)
		}
	}
}

func TestNetIsAfterEveryDiscountAndWithoutTax(t *testing.T) {
	t.Parallel()
	tax := []object{{"price": "19.00", "rate": 0.19}}
	for name, c := range map[string]struct {
		changes  []object
		net, tax int64
		discount string
	}{
		"prices without tax":                      {[]object{{"line_items": []object{line(1, "100.00", 1, object{"tax_lines": tax})}}}, 10000, 1900, "[]"},
		"prices with tax":                         {[]object{{"taxes_included": true, "line_items": []object{line(1, "119.00", 1, object{"tax_lines": tax})}}}, 10000, 1900, "[]"},
		"the set comes before the plain field":    {[]object{{"line_items": []object{line(1, "1.00", 1, object{"price_set": object{"shop_money": object{"amount": "100.00"}}})}}}, 10000, 0, "[]"},
		"an ill-typed set leaves the plain field": {[]object{{"line_items": []object{line(1, "100.00", 1, object{"price_set": 7})}}}, 10000, 0, "[]"},
		"allocations, not total_discount": {[]object{{"discount_applications": []object{{"type": "discount_code", "code": "anna"}}, "line_items": []object{
			line(1, "100.00", 1, object{"total_discount": "5.00", "discount_allocations": []object{{"amount": "10.00", "discount_application_index": 0}}})}}}, 9000, 0, "[{ANNA 1000}]"},
		"an automatic discount": {[]object{{"discount_codes": []object{{"code": "anna", "amount": "5.00"}}, "discount_applications": []object{{"type": "automatic", "title": "x"}}, "line_items": []object{
			line(1, "100.00", 1, object{"discount_allocations": []object{{"amount": 10, "discount_application_index": 0}}})}}}, 9000, 0, "[{ 1000}]"},
		"an index that points nowhere": {[]object{{"discount_applications": []object{{"type": "discount_code", "code": "anna"}}, "line_items": []object{
			line(1, "100.00", 1, object{"discount_allocations": []object{{"amount": "10.00", "discount_application_index": 4}, {"amount": "1.00", "discount_application_index": nil}}})}}}, 8900, 0, "[{ 1100}]"},
		"a line discount without allocation":   {[]object{{"line_items": []object{line(1, "100.00", 1, object{"total_discount": "5.00"})}}}, 9500, 0, "[{ 500}]"},
		"an order discount without allocation": {[]object{{"total_discounts": "10.00", "discount_codes": []object{{"code": "anna", "amount": "10.00"}}}}, 9000, 0, "[{ANNA 1000}]"},
		"of which some fell on shipping":       {[]object{{"total_discounts": "15.00", "shipping_lines": []object{{"price": "5.00", "discounted_price": "0.00"}}}}, 9000, 0, "[{ 1000}]"},
		"a discount of more than all":          {[]object{{"total_discounts": "1000.00"}}, 0, 0, "[{ 10000}]"},
	} {
		s := snapshot(t, c.changes...)
		if l := s.Lines[0]; l.Net != c.net || l.Tax != c.tax || fmt.Sprint(l.Discounts) != c.discount {
			t.Errorf("%s: net %d, tax %d, discounts %v", name, l.Net, l.Tax, l.Discounts)
		}
	}
}

func TestAnOrderDiscountWithoutAllocationsIsSpreadByLargestRemainder(t *testing.T) {
	t.Parallel()
	s := snapshot(t, object{"total_discounts": "10.00", "line_items": []object{line(1, "33.33", 1), line(2, "33.33", 1), line(3, "33.34", 1), line(4, "50.00", 1, object{"gift_card": true})}})
	if got := fmt.Sprint(s.Lines[0].Discounts, s.Lines[1].Discounts, s.Lines[2].Discounts, s.Lines[3].Discounts); got != "[{ 333}] [{ 333}] [{ 334}] []" {
		t.Error(got)
	}
}

func TestCodesSayWhatTheyTookOffWithoutTax(t *testing.T) {
	t.Parallel()
	code := []object{{"type": "discount_code", "code": "Anna"}}
	codes := []object{{"code": "ANNA ", "amount": "11.90", "type": "percentage"}, {"code": "FREESHIP", "amount": "5.00", "type": "shipping"}, {"code": "", "amount": "1"}, {"code": nil}}
	lines := []object{line(1, "119.00", 1, object{"tax_lines": []object{{"price": "17.10", "rate": "0.19"}}, "discount_allocations": []object{{"amount": "11.90", "discount_application_index": 0}}})}
	s := snapshot(t, object{"discount_codes": codes, "discount_applications": code, "line_items": lines})
	if got := fmt.Sprint(s.Codes); got != "[{ANNA 1190} {FREESHIP 500}]" {
		t.Error(got)
	}
	s = snapshot(t, object{"discount_codes": codes, "discount_applications": code, "line_items": lines, "taxes_included": true})
	if got := fmt.Sprint(s.Codes); got != "[{ANNA 1000} {FREESHIP 0}]" || s.Lines[0].Net != 9000 {
		t.Error(got, s.Lines[0].Net)
	}
}

func TestGiftCardsAndTipsAreNoGoods(t *testing.T) {
	t.Parallel()
	s := snapshot(t, object{"total_tip_received": "5.00", "line_items": []object{
		line(1, "25.00", 1, object{"gift_card": true}),
		line(2, "3.00", 1, object{"product_id": nil, "title": " TIP "}),
		line(3, "5.00", 1, object{"product_id": nil, "title": "Trinkgeld"}),
		line(4, "7.00", 1, object{"product_id": nil, "title": "Custom engraving"}),
		line(5, "5.00", 1, object{"title": "Tip"}),
	}})
	want := []order.LineKind{order.GiftCard, order.TipLine, order.TipLine, order.Goods, order.Goods}
	for i, k := range want {
		if s.Lines[i].Kind != k {
			t.Errorf("line %d: kind %d, want %d", i+1, s.Lines[i].Kind, k)
		}
	}
	if s.Tip != 500 {
		t.Errorf("tip %d", s.Tip)
	}
	if s = snapshot(t, object{"line_items": []object{line(2, "3.00", 1, object{"product_id": nil, "title": "Tip"})}}); s.Tip != 300 {
		t.Errorf("tip from its line: %d", s.Tip)
	}
}

func TestShippingDutiesAndTheShoppersCurrencyAreRead(t *testing.T) {
	t.Parallel()
	s := snapshot(t, object{
		"taxes_included": true, "presentment_currency": "JPY",
		"total_price_set":           object{"shop_money": object{"amount": "100.00", "currency_code": "USD"}, "presentment_money": object{"amount": "15000", "currency_code": "JPY"}},
		"original_total_duties_set": object{"shop_money": object{"amount": "4.00"}},
		"current_total_duties_set":  object{"shop_money": object{"amount": "1.00"}},
		"shipping_lines": []object{
			{"price": "10.00", "discounted_price": "10.00", "tax_lines": []object{{"price": "1.50"}}, "discount_allocations": []object{{"amount": "2.00"}}},
			{"price": "9.00", "is_removed": true},
		},
	})
	if s.Shipping != 650 || s.ShippingTax != 150 || s.Duties != 400 || s.Presentment != "JPY" || s.PresentmentTotal != 15000 {
		t.Errorf("%+v", s)
	}
	if s = snapshot(t, object{"total_shipping_price_set": object{"shop_money": object{"amount": "10.00"}}, "presentment_currency": "USD"}); s.Shipping != 1000 || s.Presentment != "" {
		t.Errorf("%+v", s)
	}
}

func TestFulfillmentAndDeliveryNeedTheWholeOrder(t *testing.T) {
	t.Parallel()
	parts := []object{
		{"status": "success", "created_at": "2026-11-21T10:00:00Z", "updated_at": "2026-11-24T10:00:00Z", "shipment_status": "delivered"},
		{"status": "cancelled", "created_at": "2026-11-29T10:00:00Z"},
		{"status": "success", "created_at": "2026-11-22T10:00:00Z", "updated_at": "2026-11-25T10:00:00Z", "shipment_status": "delivered"},
	}
	if s := snapshot(t, object{"fulfillments": parts}); !s.FulfilledAt.IsZero() || !s.DeliveredAt.IsZero() {
		t.Errorf("not fulfilled: %v %v", s.FulfilledAt, s.DeliveredAt)
	}
	if s := snapshot(t, object{"fulfillments": parts, "fulfillment_status": "fulfilled"}); s.FulfilledAt.Day() != 22 || s.DeliveredAt.Day() != 25 {
		t.Errorf("fulfilled: %v %v", s.FulfilledAt, s.DeliveredAt)
	}
	parts[2]["shipment_status"] = "in_transit"
	if s := snapshot(t, object{"fulfillments": parts, "fulfillment_status": "fulfilled"}); s.FulfilledAt.Day() != 22 || !s.DeliveredAt.IsZero() {
		t.Errorf("on its way: %v %v", s.FulfilledAt, s.DeliveredAt)
	}
}

func TestIllTypedFieldsThatAreNotNeededDoNotFailAnOrder(t *testing.T) {
	t.Parallel()
	for _, field := range []string{
		"name", "test", "taxes_included", "email", "contact_email", "phone", "browser_ip", "client_details", "landing_site", "landing_site_ref", "customer", "shipping_address", "billing_address",
		"note_attributes", "fulfillments", "fulfillment_status", "presentment_currency", "total_price_set", "tags", "anything", "closed_at", "financial_status", "admin_graphql_api_id", "processed_at",
		"total_tax", "total_tax_set", "original_total_duties_set", "current_total_duties_set",
	} {
		for _, odd := range []any{nil, 7, -1.5, "x", true, []any{}, []any{1, "x", nil, object{}}, object{}, object{"a": []any{object{}}}} {
			if _, err := shopify.Decode("orders/updated", body(t, object{field: odd}), at, plain); err != nil {
				t.Errorf("%s = %v: %v", field, odd, err)
			}
		}
	}
}

func TestNullsAndEmptyListsAreNothing(t *testing.T) {
	t.Parallel()
	for _, field := range []string{"discount_codes", "discount_applications", "shipping_lines", "refunds", "total_tax", "total_tip_received", "total_discounts", "updated_at", "original_total_duties_set"} {
		for _, none := range []any{nil, []any{}} {
			if none != nil && strings.HasPrefix(field, "total_") || none != nil && field == "updated_at" {
				continue
			}
			snapshot(t, object{field: none})
		}
	}
	snapshot(t, object{"total_tax": ""})
}

func TestANeededFieldThatCannotBeReadIsNamed(t *testing.T) {
	t.Parallel()
	for path, change := range map[string]object{
		"id":                     {"id": "x"},
		"currency":               {"currency": "DOLLARS"},
		"total_price":            {"total_price": nil},
		"total_tip_received":     {"total_tip_received": []any{1}},
		"created_at":             {"created_at": "yesterday", "processed_at": nil, "updated_at": nil},
		"line_items":             {"line_items": "none"},
		"line_items[0].id":       {"line_items": []any{7}},
		"line_items[1].price":    {"line_items": []object{line(1, "1.00", 1), line(2, "a lot", 1)}},
		"line_items[0].quantity": {"line_items": []object{{"id": 1, "price": "1.00", "quantity": "two"}}},
		"line_items[0].price_set.shop_money.amount":    {"line_items": []object{{"id": 1, "quantity": 1, "price_set": object{"shop_money": object{"amount": true}}}}},
		"line_items[0].tax_lines[0].price":             {"line_items": []object{line(1, "1.00", 1, object{"tax_lines": []object{{"price": "?"}}})}},
		"discount_codes":                               {"discount_codes": "ANNA"},
		"discount_codes[0].amount":                     {"discount_codes": []object{{"code": "ANNA", "amount": "ten"}}},
		"refunds":                                      {"refunds": 3},
		"refunds[0].id":                                {"refunds": []object{{"created_at": "2026-11-21T10:00:00Z"}}},
		"refunds[0].refund_line_items[0].line_item_id": {"refunds": []object{{"id": 1, "refund_line_items": []object{{"quantity": 1, "subtotal": 1}}}}},
		"refunds[0].refund_line_items[0].subtotal":     {"refunds": []object{{"id": 1, "refund_line_items": []object{{"line_item_id": 1, "quantity": 1, "subtotal": "?"}}}}},
	} {
		_, err := shopify.Decode("orders/updated", body(t, change), at, plain)
		e := errs.As(err)
		if e == nil || e.Kind != errs.Invalid {
			t.Errorf("%s: %v", path, err)
			continue
		}
		found := false
		for _, f := range e.Fields {
			found = found || f.Path == path
		}
		if !found {
			t.Errorf("%s is not named: %v", path, err)
		}
	}
}

func TestEverythingThatIsWrongIsSaidAtOnce(t *testing.T) {
	t.Parallel()
	_, err := shopify.Decode("orders/create", body(t, object{"total_price": "?", "total_tip_received": "?", "line_items": []object{line(1, "?", 1)}}), at, plain)
	if e := errs.As(err); e == nil || len(e.Fields) != 3 {
		t.Error(err)
	}
}

func TestAmountsBeyondAllReasonAreRefusedNotWrapped(t *testing.T) {
	t.Parallel()
	for _, change := range []object{
		{"total_price": "92233720368547758.07"}, {"total_price": "1e300"},
		{"line_items": []object{line(1, "900000000000.00", 1_000_000)}},
		{"line_items": []object{line(1, "1.00", 1_000_001)}},
		{"line_items": []object{line(1, "-1.00", 1)}},
		{"line_items": []object{line(1, "1.00", -1)}},
	} {
		if m, err := shopify.Decode("orders/create", body(t, change), at, plain); err == nil {
			t.Errorf("%v: %+v", change, m.Fact.Snapshot)
		}
	}
}

func TestMoreRefundsThanAnOrderCanHaveAreRefusedAndMoreCodesAreNoise(t *testing.T) {
	t.Parallel()
	var refunds, codes []object
	for i := range 2000 {
		refunds = append(refunds, object{"id": i + 1, "refund_line_items": []object{}})
		codes = append(codes, object{"code": fmt.Sprint("c", i), "amount": "0.01", "type": "percentage"})
	}
	if _, err := shopify.Decode("orders/updated", body(t, object{"refunds": refunds}), at, plain); errs.As(err) == nil {
		t.Error("2000 refunds were taken")
	}
	m, err := shopify.Decode("orders/updated", body(t, object{"refunds": refunds[:1000], "discount_codes": codes}), at, plain)
	if err != nil || len(m.Fact.Refunds) != 1000 || len(m.Fact.Snapshot.Codes) != 100 {
		t.Errorf("%v: %d refunds, %d codes", err, len(m.Fact.Refunds), len(m.Fact.Snapshot.Codes))
	}
}

func TestIdsAreExactFromNumberStringAndGlobalID(t *testing.T) {
	t.Parallel()
	for _, id := range []object{
		{"id": json.Number("820982911946154508")}, {"id": "820982911946154508"}, {"id": nil, "admin_graphql_api_id": "gid://shopify/Order/820982911946154508"},
		{"id": 1.5e300, "admin_graphql_api_id": "gid://shopify/Order/820982911946154508?x=1"}, {"id": "gid://shopify/Order/820982911946154508"},
	} {
		if m := decode(t, "orders/create", body(t, id)); m.Fact.OrderID != 820982911946154508 {
			t.Errorf("%v: %d", id, m.Fact.OrderID)
		}
	}
}

// Only the body is signed. A genuine body that is sent again under another
// topic must do no harm.
func TestABodyUnderAnotherTopicIsIgnored(t *testing.T) {
	t.Parallel()
	for topic, files := range map[string][]string{
		"orders/delete":          {"orders_create_one_code.json", "refunds_create_partial.json", "shop_update.json", "customers_redact.json"},
		"refunds/create":         {"orders_create_one_code.json", "shop_update.json", "orders_delete.json"},
		"app/uninstalled":        {"orders_create_one_code.json", "orders_delete.json", "refunds_create_partial.json", "customers_redact.json", "shop_redact.json", "app_scopes_update.json"},
		"shop/update":            {"orders_create_one_code.json", "orders_delete.json", "shop_redact.json"},
		"app/scopes_update":      {"orders_create_one_code.json", "orders_delete.json", "shop_update.json"},
		"shop/redact":            {"orders_create_one_code.json", "orders_delete.json", "customers_redact.json", "customers_data_request.json", "app_uninstalled.json"},
		"customers/redact":       {"orders_create_one_code.json", "customers_data_request.json", "shop_redact.json", "app_uninstalled.json"},
		"customers/data_request": {"customers_redact.json", "shop_redact.json"},
		"orders/updated":         {"orders_delete.json", "shop_redact.json", "customers_redact.json"},
		"products/update":        {"orders_create_one_code.json"},
	} {
		for _, file := range files {
			if m := decode(t, topic, load(t, file)); m.Kind != platform.Ignored || m.Reason == "" {
				t.Errorf("%s as %s: %v", file, topic, m.Kind)
			}
		}
	}
}

func TestABodyThatIsNotJSONIsAnError(t *testing.T) {
	t.Parallel()
	for _, b := range []string{"", "{", `{"id":1}{}`, "id=1", `{"id":1,}`, "\x00", `{"line_items":[}`} {
		for _, topic := range []string{"orders/create", "orders/delete", "refunds/create", "shop/update"} {
			if _, err := shopify.Decode(topic, []byte(b), at, plain); errs.As(err) == nil {
				t.Errorf("%s %q: %v", topic, b, err)
			}
		}
	}
	if m := decode(t, "orders/create", append([]byte("\ufeff"), body(t)...)); m.Fact.OrderID == 0 {
		t.Error("a byte order mark is forgiven")
	}
}

func TestTextIsFitToBeStored(t *testing.T) {
	t.Parallel()
	m := decode(t, "orders/create", body(t, object{"name": "#1\u0000\n" + strings.Repeat("é", 300)}))
	if n := m.Fact.Name; strings.ContainsAny(n, "\x00\n") || len(n) > 255 || !strings.HasPrefix(n, "#1  é") {
		t.Errorf("%q", n)
	}
	b := strings.Replace(string(body(t)), `"#1"`, "\"\xff\\ud800\"", 1)
	if n := decode(t, "orders/create", []byte(b)).Fact.Name; n != "\uFFFD\uFFFD" {
		t.Errorf("%q", n)
	}
}

func TestAPrivateShopDomainIsTakenFromTheBodyOnlyWhenItIsOne(t *testing.T) {
	t.Parallel()
	if m := decode(t, "shop/redact", []byte(`{"shop_id":1,"shop_domain":"{shop}.myshopify.com"}`)); m.Kind != platform.Privacy || m.Domain != "" {
		t.Errorf("%+v", m)
	}
	if m := decode(t, "shop/redact", []byte(`{"shop_id":1,"shop_domain":"A.myshopify.com"}`)); m.Domain != "a.myshopify.com" {
		t.Errorf("%+v", m)
	}
}
