package commission_test

import (
	"encoding/json"
	"os"
	"testing"
	"time"

	"tributary/internal/domain/attribution"
	"tributary/internal/domain/commission"
	"tributary/internal/domain/money"
	"tributary/internal/domain/order"
	"tributary/internal/domain/terms"
)

var noon = at("2026-10-05T12:00:00Z")

func at(s string) time.Time {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		panic(err)
	}
	return t
}

type tester interface {
	Helper()
	Fatal(args ...any)
}

// agreed is validated terms in USD with the components.
func agreed(t tester, components ...terms.Component) *terms.Terms {
	t.Helper()
	return changed(t, nil, components...)
}

func changed(t tester, change func(*terms.Terms), components ...terms.Component) *terms.Terms {
	t.Helper()
	doc := terms.Default("USD")
	doc.Components = components
	if change != nil {
		change(doc)
	}
	if err := doc.Validate(); err != nil {
		t.Fatal(err)
	}
	return doc
}

func percent(bps money.Bps) terms.Component {
	return terms.Component{ID: "pct", Type: terms.Percentage, RateBps: bps}
}

// paid is an order of lines with the given nets, one unit each, without tax.
func paid(nets ...int64) *order.Order {
	o := &order.Order{Platform: order.Shopify, ID: 1, Snapshot: order.Snapshot{
		Version: noon, CreatedAt: noon, PaidAt: noon, Payment: order.PaymentPaid, Currency: "USD",
	}}
	for i, n := range nets {
		o.Snapshot.Lines = append(o.Snapshot.Lines, order.Line{ID: int64(i + 1), ProductID: int64(i+1) * 11, Quantity: 1, Net: n})
		o.Snapshot.Total += n
	}
	return o
}

// refund adds a refund an hour after the one before.
func refund(o *order.Order, r order.Refund) {
	r.ID = int64(len(o.Refunds) + 1)
	if r.At.IsZero() {
		r.At = noon.Add(time.Duration(r.ID) * time.Hour)
	}
	r.Detailed = true
	o.Refunds = append(o.Refunds, r)
}

// money back without lines.
func unlined(o *order.Order, amount int64) {
	refund(o, order.Refund{Amount: amount, Unlined: amount})
}

func source(o *order.Order, t *terms.Terms) commission.Source {
	return commission.Source{Order: o, Terms: t, Share: attribution.Share{Bps: 10000}, Customer: "new", Zone: time.UTC}
}

// settle is the result of one order alone.
func settle(s commission.Source) commission.Result {
	return commission.Fold(s.Terms, s.Zone, []commission.Eval{commission.Evaluate(s)})[0]
}

func target(o *order.Order, t *terms.Terms) int64 { return settle(source(o, t)).Target }

func amounts(r commission.Result) []int64 {
	var as []int64
	for _, l := range r.Lines {
		as = append(as, l.Amount)
	}
	return as
}

// vec reads a vector of testdata into v.
func vec(t *testing.T, id string, v any) {
	t.Helper()
	b, err := os.ReadFile("../../../testdata/domain-vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var all []json.RawMessage
	if err := json.Unmarshal(b, &all); err != nil {
		t.Fatal(err)
	}
	for _, raw := range all {
		var head struct{ ID string }
		if err := json.Unmarshal(raw, &head); err != nil {
			t.Fatal(err)
		}
		if head.ID == id {
			if err := json.Unmarshal(raw, v); err != nil {
				t.Fatal(err)
			}
			return
		}
	}
	t.Fatalf("no vector %s", id)
}
