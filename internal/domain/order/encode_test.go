package order_test

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	jsonv1 "github.com/go-json-experiment/json/v1"

	"tributary/internal/domain/order"
)

func typical() *order.Order {
	f := order.Fact{Platform: order.Shopify, OrderID: 820982911946154508, Name: "#9999", Snapshot: &order.Snapshot{
		Version: at(60), Digest: 0xfeedfacecafebeef, CreatedAt: at(0), CheckoutAt: at(1), PaidAt: at(2), Payment: order.PaymentPaid, Status: "paid",
		Currency: "USD", Total: 40900, Presentment: "EUR", PresentmentTotal: 36000, Shipping: 1000, Tax: 900,
		Customer: order.Customer{ID: 115310627314723954, EmailHash: "3f2a9c3f2a9c3f2a9c3f2a9c", PhoneHash: "3f2a9c3f2a9c3f2a9c3f2a9c", OrderIndex: 3},
		Codes:    []order.Code{{Text: "ANNA10", Amount: 4000}},
		Claims:   []order.Claim{{Kind: order.ClaimRef, Value: "anna", From: "landing_site"}},
	}}
	for i := range int64(3) {
		f.Snapshot.Lines = append(f.Snapshot.Lines, order.Line{
			ID: 866550311766439020 + i, ProductID: 632910392 + i, VariantID: 808950810 + i, SKU: fmt.Sprintf("IPOD2008PINK-%d", i), Quantity: 1, Net: 19900, Tax: 300,
			Discounts: []order.Allocation{{Code: "ANNA10", Amount: 1333}},
		})
	}
	f.Refunds = []order.Refund{{ID: 1, Version: at(50), At: at(50), Amount: 19900, Detailed: true, Lines: []order.RefundLine{{LineID: 866550311766439020, Quantity: 1, Net: 19900}}}}
	var o order.Order
	o.Apply(f)
	return &o
}

func TestEncodedOrdersComeBackTheSame(t *testing.T) {
	t.Parallel()
	b := order.Encode(typical())
	o, err := order.Decode(b)
	if err != nil {
		t.Fatal(err)
	}
	if again := order.Encode(o); string(again) != string(b) {
		t.Errorf("\n%s\n%s", b, again)
	}
	if o.Snapshot.CreatedAt.Location() != time.UTC {
		t.Error("times come back in UTC")
	}
	if _, err := order.Decode([]byte(`{"id":7,"from_the_future":1}`)); err != nil {
		t.Errorf("a member written by a later version: %v", err)
	}
	if _, err := order.Decode([]byte(`{"id":`)); err == nil {
		t.Error("half a document was decoded")
	}
}

// The struct tags say what is read; what is written by hand must be the same.
// Every field of every struct is set in turn, so a field added to one only is
// found.
func TestEncodeWritesWhatTheTagsSay(t *testing.T) {
	t.Parallel()
	options := json.JoinOptions(jsontext.AllowInvalidUTF8(true), jsonv1.OmitEmptyWithLegacySemantics(true))
	same := func(o *order.Order) {
		want, err := json.Marshal(o, options)
		if err != nil {
			t.Fatal(err)
		}
		if got := order.Encode(o); string(got) != string(want) {
			t.Errorf("by hand  %s\nby tags  %s", got, want)
		}
	}
	same(&order.Order{})
	same(typical())
	var o order.Order
	fill(reflect.ValueOf(&o).Elem(), func() { same(&o) })
	o.Name = "\xff<&>\u2028\"\\\x00\x1f\x7f\n\t😀"
	same(&o)
}

// fill sets all fields below v, one after the other.
func fill(v reflect.Value, each func()) {
	if v.Type() == reflect.TypeFor[time.Time]() {
		v.Set(reflect.ValueOf(time.Date(2026, 10, 31, 11, 0, 0, 123456000, time.UTC)))
		each()
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i), each)
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		each()
		fill(v.Index(1), each)
	case reflect.String:
		v.SetString("text")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(-7_000_000)
	case reflect.Uint8, reflect.Uint64:
		v.SetUint(200)
	default:
		panic("fill does not know " + v.Kind().String())
	}
	each()
}

func TestNothingAStoreWritesStopsEncode(t *testing.T) {
	t.Parallel()
	var o order.Order
	o.Apply(order.Fact{OrderID: 1, Name: "\xff<&>", Snapshot: &order.Snapshot{
		CreatedAt: time.Date(9999, 12, 31, 23, 59, 59, 0, time.FixedZone("", -14*3600)), PaidAt: time.Date(-5, 1, 1, 0, 0, 0, 0, time.UTC),
	}})
	if _, err := order.Decode(order.Encode(&o)); err != nil {
		t.Error(err)
	}
}

func BenchmarkEncode(b *testing.B) {
	o := typical()
	b.SetBytes(int64(len(order.Encode(o))))
	for b.Loop() {
		order.Encode(o)
	}
}

func BenchmarkDecode(b *testing.B) {
	state := order.Encode(typical())
	b.SetBytes(int64(len(state)))
	for b.Loop() {
		if _, err := order.Decode(state); err != nil {
			b.Fatal(err)
		}
	}
}
