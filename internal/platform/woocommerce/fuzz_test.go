package woocommerce_test

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"tributary/internal/domain/order"
	"tributary/internal/platform"
	"tributary/internal/platform/woocommerce"
)

// Whatever the body, Decode does not panic, says the same twice, keeps nothing
// of the body, and never makes an order that breaks what later rules rely on.
func FuzzDecode(f *testing.F) {
	for _, pattern := range []string{"*.body", "live_order_*.json"} {
		files, err := filepath.Glob(filepath.Join(fixtures, pattern))
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range files {
			b, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			f.Add("order.updated", b)
		}
	}
	f.Add("order.deleted", []byte(`{"id":16}`))
	f.Add("", []byte(`webhook_id=1`))
	f.Fuzz(func(t *testing.T, topic string, body []byte) {
		before := string(body)
		lent := bytes.Clone(body)
		m, err := woocommerce.Decode(topic, lent, at, plain)
		clear(lent) // whoever lends the body may use its memory again
		again, err2 := woocommerce.Decode(topic, body, at, plain)
		if !reflect.DeepEqual(m, again) || (err == nil) != (err2 == nil) || err != nil && err.Error() != err2.Error() {
			t.Fatalf("twice: %+v %v\n%+v %v", m, err, again, err2)
		}
		if string(body) != before {
			t.Fatal("the body was changed")
		}
		if err == nil && m.Kind == platform.Order {
			checkFact(t, m.Fact)
		}
	})
}

func FuzzDecodeRefunds(f *testing.F) {
	files, err := filepath.Glob(filepath.Join(fixtures, "live_*refund*.json"))
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		fact, err := woocommerce.DecodeRefunds(13, "USD", body, at)
		if err == nil {
			checkRefunds(t, fact.Refunds)
		}
	})
}

func FuzzDecodeRead(f *testing.F) {
	o, err := os.ReadFile(filepath.Join(fixtures, "live_webhook_order_updated_partial_refund.body"))
	if err != nil {
		f.Fatal(err)
	}
	refunds, err := os.ReadFile(filepath.Join(fixtures, "live_order_refunds_list.json"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(woocommerce.Read{OrderID: 13, Order: o, Refunds: refunds}.Body())
	f.Add(woocommerce.Read{OrderID: 13}.Body())
	f.Fuzz(func(t *testing.T, body []byte) {
		m, err := woocommerce.DecodeRead(body, at, plain)
		if err == nil {
			checkFact(t, m.Fact)
		}
	})
}

func checkFact(t *testing.T, f order.Fact) {
	if f.OrderID <= 0 || f.Snapshot == nil && f.DeletedAt.IsZero() {
		t.Fatalf("a fact about nothing: %+v", f)
	}
	if s := f.Snapshot; s != nil {
		if s.Version.IsZero() || s.CreatedAt.IsZero() || s.Currency == "" {
			t.Fatalf("incomplete: %+v", s)
		}
		for _, l := range s.Lines {
			if l.ID <= 0 || l.Net < 0 || l.Tax < 0 || l.Quantity < 0 {
				t.Fatalf("line: %+v", l)
			}
		}
	}
	checkRefunds(t, f.Refunds)
}

func checkRefunds(t *testing.T, rs []order.Refund) {
	for _, r := range rs {
		if r.ID <= 0 || r.Amount < 0 || r.Shipping < 0 || r.Unlined < 0 {
			t.Fatalf("refund: %+v", r)
		}
		for _, l := range r.Lines {
			if l.LineID <= 0 || l.Quantity < 0 || l.Net < 0 || l.Tax < 0 {
				t.Fatalf("refund line: %+v", l)
			}
		}
	}
}

func BenchmarkDecode(b *testing.B) {
	hash := platform.Hash(func(string) string { return "0123456789abcdef" })
	body := load(b, "live_webhook_order_updated_partial_refund.body")
	b.ReportAllocs()
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		if _, err := woocommerce.Decode("order.updated", body, at, hash); err != nil {
			b.Fatal(err)
		}
	}
}
