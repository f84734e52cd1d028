package woocommerce_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"tributary/internal/domain/order"
	"tributary/internal/errs"
	"tributary/internal/platform"
	"tributary/internal/platform/woocommerce"
)

type object = map[string]any

// body is an order that is paid, with changes laid over it.
func body(t testing.TB, changes ...object) []byte {
	t.Helper()
	o := object{
		"id": 9007199254740993, "number": "1", "status": "processing", "currency": "USD", "date_created_gmt": "2026-11-20T10:00:00", "date_modified_gmt": "2026-11-20T10:00:06",
		"date_paid_gmt": "2026-11-20T10:00:05", "total": "100.00", "total_tax": "0.00", "line_items": []object{line(1, "100.00", "100.00", 1)}, "coupon_lines": []object{}, "refunds": []object{},
	}
	for _, c := range changes {
		for k, v := range c {
			o[k] = v
		}
	}
	return encode(t, o)
}

func line(id int64, subtotal, total string, quantity int) object {
	return object{"id": id, "product_id": 10 + id, "variation_id": 0, "quantity": quantity, "subtotal": subtotal, "total": total, "total_tax": "0.00"}
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
	m, err := woocommerce.Decode(topic, b, at, plain)
	if err != nil {
		t.Fatalf("%v\n%s", err, b)
	}
	return m
}

func snapshot(t testing.TB, changes ...object) *order.Snapshot {
	t.Helper()
	m := decode(t, "order.updated", body(t, changes...))
	if m.Kind != platform.Order || m.Fact.Snapshot == nil {
		t.Fatalf("%+v", m)
	}
	return m.Fact.Snapshot
}

func TestPaymentFollowsStatusAndTimeOfPayment(t *testing.T) {
	t.Parallel()
	paid, completed, created := "2026-11-20T10:00:05Z", "2026-11-22T10:00:00Z", "2026-11-20T10:00:00Z"
	for _, c := range []struct {
		name    string
		change  object
		payment order.Payment
		paidAt  string
	}{
		{"processing and paid", object{"status": "processing"}, order.PaymentPaid, paid},
		{"cash on delivery", object{"status": "processing", "date_paid_gmt": nil}, order.PaymentPending, ""},
		{"bank transfer", object{"status": "on-hold", "date_paid_gmt": nil}, order.PaymentPending, ""},
		{"pending", object{"status": "pending", "date_paid_gmt": nil}, order.PaymentPending, ""},
		{"completed", object{"status": "completed", "date_completed_gmt": "2026-11-22T10:00:00"}, order.PaymentPaid, paid},
		{"completed, paid nobody knows when", object{"status": "completed", "date_paid_gmt": nil, "date_completed_gmt": "2026-11-22T10:00:00"}, order.PaymentPaid, completed},
		{"completed, no time at all", object{"status": "completed", "date_paid_gmt": nil}, order.PaymentPaid, created},
		{"refunded: the refunds decide", object{"status": "refunded"}, order.PaymentPaid, paid},
		{"cancelled", object{"status": "cancelled"}, order.PaymentVoid, paid},
		{"failed", object{"status": "failed", "date_paid_gmt": nil}, order.PaymentVoid, ""},
		{"trash", object{"status": "trash"}, order.PaymentVoid, paid},
		{"a draft", object{"status": "checkout-draft"}, order.PaymentNotOrder, ""},
		{"a plugin's status", object{"status": "wc-in-the-oven"}, order.PaymentUnknown, paid},
	} {
		s := snapshot(t, c.change)
		got := ""
		if !s.PaidAt.IsZero() {
			got = s.PaidAt.Format(time.RFC3339)
		}
		if s.Payment != c.payment || got != c.paidAt {
			t.Errorf("%s: %v, paid at %q", c.name, s.Payment, got)
		}
	}
}

func TestADraftIsAcceptedHoweverUnfinished(t *testing.T) {
	t.Parallel()
	m := decode(t, "order.updated", body(t, object{"status": "checkout-draft", "total": nil, "line_items": nil}))
	if m.Fact.Snapshot.Payment != order.PaymentNotOrder || len(m.Fact.Snapshot.Lines) > 0 {
		t.Errorf("%+v", m)
	}
}

func TestCouponsGetWhatTheLinesLost(t *testing.T) {
	t.Parallel()
	coupon := func(code, discount string) object { return object{"code": code, "discount": discount} }
	for name, c := range map[string]struct {
		lines, coupons []object
		want, codes    string
	}{
		"one coupon":                       {[]object{line(1, "84.00", "71.40", 2), line(2, "18.50", "15.73", 1)}, []object{coupon("anna15", "15.37")}, "[{ANNA15 1260}] [{ANNA15 277}]", "[{ANNA15 1537}]"},
		"one coupon, a cent of rounding":   {[]object{line(1, "10.00", "9.00", 1)}, []object{coupon("a", "0.99")}, "[{A 100}]", "[{A 99}]"},
		"two coupons, in proportion":       {[]object{line(1, "40.00", "10.00", 1), line(2, "10.00", "9.99", 1)}, []object{coupon("a", "20.00"), coupon("b", "10.01")}, "[{A 1999} {B 1001}] [{A 1}]", "[{A 2000} {B 1001}]"},
		"a coupon and a price cut by hand": {[]object{line(1, "100.00", "70.00", 1)}, []object{coupon("a", "10.00")}, "[{A 1000} { 2000}]", "[{A 1000}]"},
		"a price cut by hand":              {[]object{line(1, "100.00", "70.00", 1)}, nil, "[{ 3000}]", "[]"},
		"a coupon that only ships free":    {[]object{line(1, "100.00", "100.00", 1)}, []object{coupon("a", "0")}, "[]", "[{A 0}]"},
		"that, and a price cut by hand":    {[]object{line(1, "100.00", "70.00", 1)}, []object{coupon("a", "0")}, "[{ 3000}]", "[{A 0}]"},
		"a price raised by hand":           {[]object{line(1, "70.00", "100.00", 1)}, []object{coupon("a", "0")}, "[]", "[{A 0}]"},
	} {
		s := snapshot(t, object{"line_items": c.lines, "coupon_lines": c.coupons})
		var got []string
		for _, l := range s.Lines {
			got = append(got, fmt.Sprint(l.Discounts))
		}
		if strings.Join(got, " ") != c.want || fmt.Sprint(s.Codes) != c.codes {
			t.Errorf("%s: %v, codes %v", name, got, s.Codes)
		}
	}
}

func TestAmountsAreStringsOrNumbersOfAnyScale(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		currency string
		total    any
		want     int64
	}{
		{"USD", "6.3", 630}, {"USD", 32.903226, 3290}, {"USD", "99.970000", 9997}, {"JPY", "78", 78}, {"JPY", "1234.5", 1235}, {"KWD", "1.235", 1235}, {"usd", json.Number("1e2"), 10000},
	} {
		if s := snapshot(t, object{"currency": c.currency, "total": c.total}); s.Total != c.want {
			t.Errorf("%v %s: %d, want %d", c.total, c.currency, s.Total, c.want)
		}
	}
}

func TestFeesShippingAndRefundSumsAreRead(t *testing.T) {
	t.Parallel()
	m := decode(t, "order.updated", body(t, object{
		"shipping_total": "5.00", "shipping_tax": "0.43", "total_tax": "4.00", "fee_lines": []object{{"total": "3.00"}, {"total": "-4.50"}},
		"refunds": []object{{"id": 18, "total": "-38.74", "total_tax": "-3.04"}, {"id": 17, "total": "-5"}},
	}))
	s := m.Fact.Snapshot
	if s.Shipping != 500 || s.ShippingTax != 43 || s.Tax != 400 || s.Fees != -150 || s.RefundCount != 2 || !slices.Equal(s.RefundIDs, []int64{18, 17}) || !s.RefundsComplete {
		t.Errorf("%+v", s)
	}
	for i, want := range []int64{3874, 500} {
		if r := m.Fact.Refunds[i]; r.Amount != want || r.Detailed || !r.At.Equal(s.Version) || !r.Version.Equal(s.Version) {
			t.Errorf("%+v", r)
		}
	}
}

// PHP writes a list with gaps as an object, and an empty object as a list.
func TestPHPsIdeaOfListsIsUnderstood(t *testing.T) {
	t.Parallel()
	b := body(t, object{"line_items": object{"0": line(1, "60.00", "60.00", 1), "2": line(3, "40.00", "40.00", 1)}, "coupon_lines": object{}, "billing": []any{}, "refunds": object{"1": object{"id": 5, "total": "-1.00"}}})
	m := decode(t, "order.updated", b)
	if len(m.Fact.Snapshot.Lines) != 2 || m.Fact.Snapshot.Lines[1].ID != 3 || len(m.Fact.Refunds) != 1 {
		t.Errorf("%+v", m.Fact)
	}
}

func TestQuantitiesByWeightAreAtLeastOneUnit(t *testing.T) {
	t.Parallel()
	for in, want := range map[any]int64{"2": 2, 2.0: 2, 0.25: 1, "1.5": 2, 0: 0} {
		l := line(1, "1.00", "1.00", 1)
		l["quantity"] = in
		if s := snapshot(t, object{"line_items": []object{l}}); s.Lines[0].Quantity != want {
			t.Errorf("%v: %d", in, s.Lines[0].Quantity)
		}
	}
}

func TestABodyThatIsNoOrderMarksTheConnectionUnhealthy(t *testing.T) {
	t.Parallel()
	for b, want := range map[string]string{
		`{"code":"woocommerce_rest_cannot_view","message":"Sorry, you cannot view this resource.","data":{"status":401}}`: "woocommerce_rest_cannot_view: Sorry, you cannot view this resource.",
		`{}`: "without order id", `[]`: "without order id", `null`: "without order id", `{"id":16}`: "without order id", `{"id":"x","status":"completed"}`: "without order id",
		`<br />Warning: something`: "not JSON", ``: "not JSON", `{"id":16,"status":`: "not JSON",
	} {
		m := decode(t, "order.updated", []byte(b))
		if m.Kind != platform.Unhealthy || !strings.Contains(m.Reason, want) {
			t.Errorf("%s: %v %q", b, m.Kind, m.Reason)
		}
	}
	for _, topic := range []string{"order.deleted", "coupon.updated", "coupon.deleted"} {
		if m := decode(t, topic, []byte(`{"code":"x","message":"y"}`)); m.Kind != platform.Unhealthy || m.Reason != "x: y" {
			t.Errorf("%s: %+v", topic, m)
		}
	}
}

func TestWhatWasErasedBeforeItWasSentIsNoSignOfIllHealth(t *testing.T) {
	t.Parallel()
	for topic, code := range map[string]string{"order.updated": "woocommerce_rest_shop_order_invalid_id", "coupon.updated": "woocommerce_rest_shop_coupon_invalid_id"} {
		m := decode(t, topic, []byte(`{"code":"`+code+`","message":"Invalid ID.","data":{"status":404}}`))
		if m.Kind != platform.Ignored || m.Reason == "" {
			t.Errorf("%s: %+v", topic, m)
		}
	}
}

func TestAPayloadWithoutItsRefundsDoesNotSayThatThereAreNone(t *testing.T) {
	t.Parallel()
	for _, odd := range []any{nil, 0, "", "none"} {
		m, err := woocommerce.Decode("order.updated", body(t, object{"refunds": odd}), at, plain)
		if err == nil && m.Fact.Snapshot.RefundsComplete {
			t.Errorf("%v: the list counts as complete", odd)
		}
	}
	if !snapshot(t).RefundsComplete {
		t.Error("an empty list is complete")
	}
}

func TestRestoredIsAnOrderThatIsOutOfTheBin(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		topic, status    string
		restored, binned bool
	}{
		{"order.restored", "processing", true, false},
		{"order.restored", "trash", false, true}, // it was put there again before the store sent this
		{"order.updated", "processing", false, false},
		{"order.updated", "trash", false, true},
	} {
		f := decode(t, c.topic, body(t, object{"status": c.status})).Fact
		if f.Restored != c.restored || f.Snapshot.Binned != c.binned || !f.DeletedAt.IsZero() {
			t.Errorf("%s, %s: %+v", c.topic, c.status, f)
		}
	}
}

func TestMoreRefundsThanAnOrderCanHaveAreRefusedAndMoreCouponsAreNoise(t *testing.T) {
	t.Parallel()
	var refunds, coupons []object
	for i := range 2000 {
		refunds = append(refunds, object{"id": i + 1, "total": "-0.01"})
		coupons = append(coupons, object{"code": fmt.Sprint("c", i), "discount": "0.01"})
	}
	if _, err := woocommerce.Decode("order.updated", body(t, object{"refunds": refunds}), at, plain); errs.As(err) == nil {
		t.Error("2000 refunds were taken")
	}
	if s := snapshot(t, object{"coupon_lines": coupons, "refunds": refunds[:1000]}); len(s.Codes) != 100 || len(s.RefundIDs) != 1000 {
		t.Errorf("%d codes, %d refunds", len(s.Codes), len(s.RefundIDs))
	}
}

func TestAReadJoinsTheOrderWithTheLinesOfItsRefunds(t *testing.T) {
	t.Parallel()
	read := func(o, refunds []byte) platform.Message {
		t.Helper()
		m, err := woocommerce.DecodeRead(woocommerce.Read{OrderID: 13, Order: o, Refunds: refunds}.Body(), at, plain)
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	// The order knows refund 17; the list of refunds, read in the same moment,
	// shows 18 too, which was deleted or is not part of the order yet.
	f := read(load(t, "live_webhook_order_updated_partial_refund.body"), load(t, "live_order_refunds_list.json")).Fact
	modified := time.Date(2026, 11, 23, 6, 59, 35, 0, time.UTC)
	if s := f.Snapshot; f.OrderID != 13 || !s.ReadAt.Equal(at) || !s.Version.Equal(modified) || !s.RefundsComplete || len(f.Refunds) != 1 {
		t.Fatalf("%+v %+v", f, s)
	}
	if r := f.Refunds[0]; r.ID != 17 || !r.Detailed || r.Amount != 3874 || fmt.Sprint(r.Lines) != "[{2 1 3570 304}]" || !r.Version.Equal(modified) || !r.At.Equal(modified.Add(-2*time.Second)) {
		t.Errorf("%+v", r)
	}
	// A refund that came between the two reads keeps its sum.
	if r := read(load(t, "live_webhook_order_updated_partial_refund.body"), nil).Fact.Refunds[0]; r.Detailed || r.Amount != 3874 {
		t.Errorf("%+v", r)
	}
	if f := read(nil, nil).Fact; !f.DeletedAt.Equal(at) || f.Undated || f.Snapshot != nil || f.OrderID != 13 {
		t.Errorf("%+v", f)
	}
	if f := read(load(t, "live_order_coupon_attribution.json"), []byte("[]")).Fact; len(f.Refunds) != 0 || f.Snapshot == nil {
		t.Errorf("%+v", f)
	}
}

func TestAReadThatCannotBeReadIsAnError(t *testing.T) {
	t.Parallel()
	partial := load(t, "live_webhook_order_updated_partial_refund.body")
	for name, b := range map[string][]byte{
		"another order":          woocommerce.Read{OrderID: 14, Order: partial}.Body(),
		"an error":               woocommerce.Read{OrderID: 13, Order: []byte(`{"code":"woocommerce_rest_cannot_view"}`)}.Body(),
		"no id":                  woocommerce.Read{Order: partial}.Body(),
		"refunds are an error":   woocommerce.Read{OrderID: 13, Order: partial, Refunds: []byte(`{"code":"woocommerce_rest_cannot_view"}`)}.Body(),
		"no JSON":                []byte("<html>"),
		"half of it":             woocommerce.Read{OrderID: 13, Order: partial[:100]}.Body(),
		"an unreadable currency": woocommerce.Read{OrderID: 13, Order: []byte(`{"id":13,"status":"completed"}`)}.Body(),
	} {
		if m, err := woocommerce.DecodeRead(b, at, plain); errs.As(err) == nil {
			t.Errorf("%s: %+v, %v", name, m, err)
		}
	}
}

func TestADeletionIsOnlyABareID(t *testing.T) {
	t.Parallel()
	if m := decode(t, "order.deleted", []byte(`{"id":16}`)); m.Fact.OrderID != 16 || !m.Fact.DeletedAt.Equal(at) || m.Fact.Snapshot != nil {
		t.Errorf("%+v", m)
	}
	// Only the body is signed: an order sent again as its own deletion deletes nothing.
	if m := decode(t, "order.deleted", body(t)); !m.Fact.DeletedAt.IsZero() || m.Fact.Snapshot == nil {
		t.Errorf("%+v", m)
	}
}

func TestOtherTopicsAreIgnored(t *testing.T) {
	t.Parallel()
	for _, topic := range []string{"coupon.updated", "coupon.deleted", "action.woocommerce_order_refunded", "customer.created", "product.updated", "", "orders/create"} {
		if m := decode(t, topic, body(t)); m.Kind != platform.Ignored || m.Reason == "" {
			t.Errorf("%s: %+v", topic, m)
		}
	}
}

func TestClaimsComeFromMetaAndSession(t *testing.T) {
	t.Parallel()
	meta := func(key string, value any) object { return object{"id": 1, "key": key, "value": value} }
	s := snapshot(t, object{"meta_data": []any{
		meta("_tributary_click_id", "01JXAAAA"), meta("_tributary_ref", "anna"), meta("_tributary_ref", []any{"x"}), meta("_wc_order_attribution_utm_source", "instagram"), meta("_wc_order_attribution_utm_id", "inf_1"),
		meta("_wc_order_attribution_session_entry", "https://shop.example/checkout/?ref=ben&clk=01JXBBBB&session=eyJhbGciOiJIUzI1NiJ9.e30.x"),
		meta("_wc_order_attribution_session_start_time", "2026-11-20 09:59:00"), meta("_wc_order_attribution_user_agent", "x"), 7, nil, object{"key": 3},
	}})
	var got []string
	for _, c := range s.Claims {
		got = append(got, fmt.Sprintf("%s:%s@%s/%s", c.Kind, c.Value, c.At.Format("15:04"), c.From))
	}
	want := "click:01JXAAAA@00:00/meta_data ref:anna@00:00/meta_data utm:inf_1@09:59/order_attribution ref:ben@09:59/session_entry click:01JXBBBB@09:59/session_entry utm:instagram@09:59/order_attribution"
	if strings.Join(got, " ") != want {
		t.Errorf("%v", got)
	}
}

func TestAnErasedBuyerHasNoEmail(t *testing.T) {
	t.Parallel()
	if s := snapshot(t, object{"customer_id": 5, "billing": object{"email": "deleted@site.invalid"}}); s.Customer.EmailHash != "" || s.Customer.ID != 5 {
		t.Errorf("%+v", s.Customer)
	}
}

func TestIllTypedFieldsThatAreNotNeededDoNotFailAnOrder(t *testing.T) {
	t.Parallel()
	for _, field := range []string{"number", "customer_id", "customer_ip_address", "billing", "shipping", "meta_data", "date_paid_gmt", "date_completed_gmt", "date_modified_gmt", "tax_lines", "shipping_lines", "total_tax", "code", "message", "x"} {
		for _, odd := range []any{nil, 7, -1.5, "x", true, []any{}, []any{1, "x", nil, object{}}, object{}, object{"a": []any{object{}}}} {
			if _, err := woocommerce.Decode("order.updated", body(t, object{field: odd}), at, plain); err != nil {
				t.Errorf("%s = %v: %v", field, odd, err)
			}
		}
	}
}

func TestANeededFieldThatCannotBeReadIsNamed(t *testing.T) {
	t.Parallel()
	for path, change := range map[string]object{
		"currency":                 {"currency": nil},
		"total":                    {"total": nil},
		"shipping_total":           {"shipping_total": "?"},
		"date_created_gmt":         {"date_created_gmt": nil, "date_modified_gmt": nil},
		"line_items":               {"line_items": 5},
		"line_items[0].id":         {"line_items": []any{nil}},
		"line_items[0].total":      {"line_items": []object{{"id": 1, "quantity": 1}}},
		"line_items[0].quantity":   {"line_items": []object{{"id": 1, "quantity": "?", "total": "1"}}},
		"coupon_lines[0].discount": {"coupon_lines": []object{{"code": "a", "discount": true}}},
		"fee_lines[0].total":       {"fee_lines": []object{{"total": "?"}}},
		"refunds[0].id":            {"refunds": []object{{"total": "-1"}}},
		"refunds[0].total":         {"refunds": []object{{"id": 1, "total": "?"}}},
	} {
		_, err := woocommerce.Decode("order.updated", body(t, change), at, plain)
		e := errs.As(err)
		if e == nil || !slices.ContainsFunc(e.Fields, func(f errs.Field) bool { return f.Path == path }) {
			t.Errorf("%s is not named: %v", path, err)
		}
	}
}

func TestARefundsAmountComesBeforeItsLines(t *testing.T) {
	t.Parallel()
	item := func(total, tax string, refunded any) object {
		return object{"id": 99, "quantity": -1, "total": total, "total_tax": tax, "meta_data": []any{7, object{"key": "_refunded_item_id", "value": refunded}}}
	}
	for name, c := range map[string]struct {
		refund                    object
		amount, shipping, unlined int64
		lines                     string
	}{
		"what the lines say":     {object{"amount": "38.74", "line_items": []object{item("-35.70", "-3.04", "2")}}, 3874, 0, 0, "[{2 1 3570 304}]"},
		"a cent of rounding":     {object{"amount": "38.73", "line_items": []object{item("-35.70", "-3.04", "2")}}, 3873, 0, 0, "[{2 1 3570 304}]"},
		"more":                   {object{"amount": "50.00", "line_items": []object{item("-35.70", "-3.04", 2)}}, 5000, 0, 1126, "[{2 1 3570 304}]"},
		"less":                   {object{"amount": "5.00", "line_items": []object{item("-35.70", "-3.04", "2")}}, 500, 0, 500, "[]"},
		"of nobody knows what":   {object{"amount": "38.74", "line_items": []object{item("-35.70", "-3.04", nil)}}, 3874, 0, 3874, "[]"},
		"shipping and a fee":     {object{"amount": "10.00", "shipping_lines": []object{{"total": "-5.00", "total_tax": "-0.43"}}, "fee_lines": []object{{"total": "-2.00", "total_tax": "0"}}}, 1000, 543, 257, "[]"},
		"an amount with a minus": {object{"amount": "-5.00"}, 500, 0, 500, "[]"},
		"a number":               {object{"amount": 5}, 500, 0, 500, "[]"},
	} {
		c.refund["id"] = 17
		f, err := woocommerce.DecodeRefunds(13, "USD", encode(t, c.refund), at)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if r := f.Refunds[0]; f.OrderID != 13 || !r.Detailed || r.Amount != c.amount || r.Shipping != c.shipping || r.Unlined != c.unlined || fmt.Sprint(r.Lines) != c.lines {
			t.Errorf("%s: %+v", name, r)
		}
	}
	for _, bad := range []string{`[{"id":1}]`, `{"amount":"5"}`, `{"code":"woocommerce_rest_cannot_view"}`, `[7]`, `?`} {
		if _, err := woocommerce.DecodeRefunds(13, "USD", []byte(bad), at); errs.As(err) == nil {
			t.Errorf("%s: %v", bad, err)
		}
	}
	if f, err := woocommerce.DecodeRefunds(13, "USD", []byte(`[]`), at); err != nil || len(f.Refunds) > 0 {
		t.Errorf("%+v %v", f, err)
	}
}

func TestDeliveriesOfOneSecondShareTheirHeaderAndAreStillTold(t *testing.T) {
	t.Parallel()
	a := woocommerce.DeliveryID(1, "order.updated", "357d", []byte(`{"id":13}`))
	if a != woocommerce.DeliveryID(1, "order.updated", "357d", []byte(`{"id":13}`)) {
		t.Error("the same delivery must have the same id")
	}
	for name, b := range map[string][16]byte{
		"another order": woocommerce.DeliveryID(1, "order.updated", "357d", []byte(`{"id":14}`)), "a later deletion": woocommerce.DeliveryID(1, "order.updated", "357e", []byte(`{"id":13}`)),
		"another topic": woocommerce.DeliveryID(1, "order.deleted", "357d", []byte(`{"id":13}`)), "another connection": woocommerce.DeliveryID(2, "order.updated", "357d", []byte(`{"id":13}`)),
	} {
		if a == b {
			t.Errorf("%s has the same id", name)
		}
	}
}

func TestHeadersThatAreMissingAreNamed(t *testing.T) {
	t.Parallel()
	h := captured(t, "live_webhook_order_deleted.headers.json")
	hd, missing := woocommerce.ReadHeaders(h)
	if hd.Topic != "order.deleted" || hd.Resource != "order" || hd.Event != "deleted" || hd.WebhookID != "3" || hd.DeliveryID == "" || hd.Source == "" || len(missing) > 0 {
		t.Errorf("%+v %v", hd, missing)
	}
	h.Del("X-WC-Webhook-Topic")
	if _, missing := woocommerce.ReadHeaders(h); !slices.Equal(missing, []string{"X-WC-Webhook-Topic"}) {
		t.Error(missing)
	}
	if woocommerce.IsPing(h, []byte("webhook_id=1")) || woocommerce.IsPing(http.Header{}, []byte("webhook_id=1&x=2")) || woocommerce.IsPing(http.Header{}, []byte("webhook_id=")) {
		t.Error("that is no ping")
	}
}

func TestOnlyTheConnectionsSecretVerifies(t *testing.T) {
	t.Parallel()
	b := []byte(`{"id":16}`)
	sig := captured(t, "live_webhook_order_deleted.headers.json").Get("X-WC-Webhook-Signature")
	if !woocommerce.Verify(b, sig, secret) || woocommerce.Verify(b, sig, "other") || woocommerce.Verify(b, sig, "") || woocommerce.Verify(nil, platform.Sign(nil, secret), secret) {
		t.Error("only the secret, and only of a body")
	}
}
