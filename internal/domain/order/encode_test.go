package order_test

import (
	"fmt"
	"testing"
	"time"

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
