package shopify_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"tributary/internal/platform"
	"tributary/internal/platform/shopify"
)

// Whatever the body, Decode does not panic, says the same twice, keeps nothing
// of the body, and never makes an order that breaks what later rules rely on.
func FuzzDecode(f *testing.F) {
	files, err := filepath.Glob(filepath.Join(fixtures, "*.json"))
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(topicOf(file), b)
	}
	f.Add("orders/create", []byte(`{"line_items":{"0":{"id":1}},"line_items":[{}],"currency":"USD"}`))
	f.Fuzz(func(t *testing.T, topic string, body []byte) {
		before := string(body)
		lent := bytes.Clone(body)
		m, err := shopify.Decode(topic, lent, at, plain)
		clear(lent) // whoever lends the body may use its memory again
		again, err2 := shopify.Decode(topic, body, at, plain)
		if !reflect.DeepEqual(m, again) || (err == nil) != (err2 == nil) || err != nil && err.Error() != err2.Error() {
			t.Fatalf("twice: %+v %v\n%+v %v", m, err, again, err2)
		}
		if string(body) != before {
			t.Fatal("the body was changed")
		}
		if err == nil && m.Kind == platform.Order {
			checkFact(t, m)
		}
	})
}

func checkFact(t *testing.T, m platform.Message) {
	f := m.Fact
	if f.OrderID <= 0 || f.Snapshot == nil && len(f.Refunds) == 0 && f.DeletedAt.IsZero() {
		t.Fatalf("a fact about nothing: %+v", f)
	}
	if s := f.Snapshot; s != nil {
		if s.Version.IsZero() || s.CreatedAt.IsZero() || s.Currency == "" || s.RefundCount != len(s.RefundIDs) || s.RefundCount != len(f.Refunds) {
			t.Fatalf("incomplete: %+v", s)
		}
		for _, l := range s.Lines {
			if l.ID <= 0 || l.Net < 0 || l.Tax < 0 || l.Quantity < 0 || l.Removed < 0 || l.Removed > l.Quantity {
				t.Fatalf("line: %+v", l)
			}
		}
	}
	for _, r := range f.Refunds {
		if r.ID <= 0 || r.Amount < 0 || r.Shipping < 0 || r.Unlined < 0 {
			t.Fatalf("refund: %+v", r)
		}
		for _, l := range r.Lines {
			if l.LineID <= 0 || l.Quantity < 0 || l.Net < 0 || l.Tax < 0 {
				t.Fatalf("refund line: %+v", l)
			}
		}
	}
	if _, err := json.Marshal(f); err != nil {
		t.Fatal(err)
	}
}

func BenchmarkDecode(b *testing.B) {
	for _, name := range []string{"orders_create_jpy.json", "orders_create_one_code.json", "orders_updated_partial_refund.json", "refunds_create_partial.json"} {
		body := load(b, name)
		topic := topicOf(name)
		hash := platform.Hash(func(string) string { return "0123456789abcdef" })
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(body)))
			for b.Loop() {
				if _, err := shopify.Decode(topic, body, at, hash); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	// What the standard library takes for a small part of the same fields.
	body := load(b, "orders_create_jpy.json")
	b.Run("encoding/json", func(b *testing.B) {
		b.ReportAllocs()
		b.SetBytes(int64(len(body)))
		type set struct {
			Shop struct {
				Amount json.Number `json:"amount"`
			} `json:"shop_money"`
		}
		for b.Loop() {
			var o struct {
				ID        int64  `json:"id"`
				Name      string `json:"name"`
				Currency  string `json:"currency"`
				Total     set    `json:"total_price_set"`
				LineItems []struct {
					ID       int64 `json:"id"`
					Quantity int64 `json:"quantity"`
					Price    set   `json:"price_set"`
				} `json:"line_items"`
			}
			if err := json.Unmarshal(body, &o); err != nil {
				b.Fatal(err)
			}
		}
	})
}
