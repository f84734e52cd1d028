package commission_test

import (
	"testing"

	"tributary/internal/domain/order"
	"tributary/internal/domain/terms"
)

// back is one line of a refund.
func back(line, units, net int64) order.RefundLine {
	return order.RefundLine{LineID: line, Quantity: units, Net: net}
}

func TestRefundsOfEveryShape(t *testing.T) {
	t.Parallel()
	// Two units of line 1 at 36.00, line 2 at 18.00, shipping 7.50, tax 8.25.
	base := func() *order.Order {
		o := paid(7200, 1800)
		o.Snapshot.Lines[0].Quantity = 2
		o.Snapshot.Shipping, o.Snapshot.Tax = 750, 825
		o.Snapshot.Total += 750 + 825
		return o
	}
	for _, c := range []struct {
		name   string
		change func(*order.Order)
		want   int64 // net base
	}{
		{"shipping only changes nothing", func(o *order.Order) { refund(o, order.Refund{Amount: 750, Shipping: 750}) }, 9000},
		{"a line twice is capped", func(o *order.Order) {
			refund(o, order.Refund{Amount: 1800, Lines: []order.RefundLine{back(2, 1, 1800)}})
			refund(o, order.Refund{Amount: 1800, Lines: []order.RefundLine{back(2, 1, 1800)}})
		}, 7200},
		{"the whole sum without lines", func(o *order.Order) { unlined(o, 10575) }, 0},
		{"the whole sum in steps", func(o *order.Order) { unlined(o, 10000); unlined(o, 575) }, 0},
		{"more than the whole sum", func(o *order.Order) { unlined(o, 20000) }, 0},
		{"a sum without detail is taken as without lines", func(o *order.Order) {
			o.Refunds = []order.Refund{{ID: 1, Amount: 2000, At: noon}}
		}, 7298},
		{"an unknown line counts as money only", func(o *order.Order) {
			refund(o, order.Refund{Amount: 500, Lines: []order.RefundLine{back(99, 1, 500)}})
		}, 9000},
		{"all units are back though the store's cents do not add up", func(o *order.Order) {
			refund(o, order.Refund{Amount: 3599, Lines: []order.RefundLine{back(1, 1, 3599)}})
			refund(o, order.Refund{Amount: 3600, Lines: []order.RefundLine{back(1, 1, 3600)}})
		}, 1800},
		{"an edit takes units out", func(o *order.Order) { o.Snapshot.Lines[0].Removed = 1 }, 5400},
		{"and its money back is not counted again", func(o *order.Order) {
			o.Snapshot.Lines[0].Removed = 1
			unlined(o, 3600)
		}, 5400},
		{"nor where the edit shows as a refund without money first", func(o *order.Order) {
			refund(o, order.Refund{Lines: []order.RefundLine{back(1, 1, 3600)}})
			unlined(o, 3600)
		}, 5400},
		{"money beyond it is", func(o *order.Order) {
			o.Snapshot.Lines[0].Removed = 1
			unlined(o, 3600+6975)
		}, 0},
		{"an edit adds a line", func(o *order.Order) {
			o.Snapshot.Lines = append(o.Snapshot.Lines, order.Line{ID: 3, Quantity: 1, Net: 1000})
			o.Snapshot.Total += 1000
		}, 10000},
		{"a removed unit and a refunded one", func(o *order.Order) {
			o.Snapshot.Lines[0].Removed = 1
			refund(o, order.Refund{Amount: 3600, Lines: []order.RefundLine{back(1, 1, 3600)}})
		}, 1800},
		{"a refund the store deleted", func(o *order.Order) {
			unlined(o, 2000)
			o.Snapshot.RefundsComplete = true
		}, 9000},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			o := base()
			c.change(o)
			if r := settle(source(o, agreed(t, percent(1200)))); r.NetBase != c.want {
				t.Fatalf("net base %d, want %d", r.NetBase, c.want)
			}
		})
	}
	t.Run("shipping counts where the base has it", func(t *testing.T) {
		t.Parallel()
		doc := changed(t, func(d *terms.Terms) { d.Base.IncludeShipping = true }, percent(1000))
		o := base()
		refund(o, order.Refund{Amount: 300, Shipping: 300})
		if r := settle(source(o, doc)); r.NetBase != 9450 {
			t.Fatal(r.NetBase)
		}
	})
	t.Run("WooCommerce's amount beats its lines", func(t *testing.T) {
		t.Parallel()
		o := base()
		o.Platform = order.WooCommerce
		refund(o, order.Refund{Amount: 900, Lines: []order.RefundLine{back(2, 1, 1800)}})
		if r := settle(source(o, agreed(t, percent(1000)))); r.NetBase != 8100 {
			t.Fatal(r.NetBase)
		}
	})
}
