package insight

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"tributary/internal/domain/order"
	"tributary/internal/store"
)

// LiveSummary is what a live session sold. Revenue is the commission base in
// minor units of the shop's currency: goods after discounts, without tax; net is
// what refunds, edits and cancellations left of it.
type LiveSummary struct {
	Orders     int64 // that are paid and stand
	Cancelled  int64 // that were void or are unpaid
	Gross, Net int64
	Commission []LiveCommission
	Best       *store.LiveMinute // the minute with the highest net revenue; nil: no order
	Products   []LiveProduct     // the highest net revenue first
}

// LiveCommission is what the influencer earns by the session, per currency.
type LiveCommission struct {
	Currency string
	Minor    int64
}

// LiveProduct is one product's part.
type LiveProduct struct {
	ProductID  int64
	SKU        string
	Units      int64 // that were not given back
	Gross, Net int64
}

// Live sums up a session.
func Live(ctx context.Context, tx *store.Tx, id int64) (*LiveSummary, error) {
	sales, err := tx.LiveSales(ctx, id)
	if err != nil {
		return nil, err
	}
	out := &LiveSummary{Commission: []LiveCommission{}, Products: []LiveProduct{}}
	earned := map[string]int64{}
	minutes := map[time.Time]*store.LiveMinute{}
	var ids []int64
	for _, s := range sales {
		earned[s.Currency] += s.Commission
		if s.State == store.EarningVoid || s.State == store.EarningUnpaid {
			out.Cancelled++
			continue
		}
		out.Orders++
		out.Gross += s.Gross
		out.Net += s.Net
		at := s.CreatedAt.Truncate(time.Minute)
		m := minutes[at]
		if m == nil {
			m = &store.LiveMinute{At: at}
			minutes[at] = m
		}
		m.Orders, m.Gross, m.Net = m.Orders+1, m.Gross+s.Gross, m.Net+s.Net
		ids = append(ids, s.OrderID)
	}
	for _, m := range minutes {
		if b := out.Best; b == nil || cmp.Or(cmp.Compare(m.Net, b.Net), cmp.Compare(m.Orders, b.Orders), b.At.Compare(m.At)) > 0 {
			out.Best = m
		}
	}
	for c, minor := range earned {
		out.Commission = append(out.Commission, LiveCommission{c, minor})
	}
	slices.SortFunc(out.Commission, func(a, b LiveCommission) int { return cmp.Compare(a.Currency, b.Currency) })
	out.Products, err = liveProducts(ctx, tx, ids)
	return out, err
}

// liveProducts deals the goods of the orders out to products, some at a time.
func liveProducts(ctx context.Context, tx *store.Tx, ids []int64) ([]LiveProduct, error) {
	type key struct {
		id  int64
		sku string
	}
	sums := map[key]*LiveProduct{}
	for chunk := range slices.Chunk(ids, 500) {
		rows, err := tx.OrdersByID(ctx, chunk)
		if err != nil {
			return nil, err
		}
		for i := range rows {
			raw, err := store.Unpack(rows[i].State)
			if err != nil {
				return nil, fmt.Errorf("load order %d: %w", rows[i].ID, err)
			}
			o, err := order.Decode(raw)
			if err != nil {
				return nil, fmt.Errorf("load order %d: %w", rows[i].ID, err)
			}
			back := map[int64]order.RefundLine{}
			for _, r := range o.EffectiveRefunds() {
				for _, l := range r.Lines {
					b := back[l.LineID]
					b.Quantity, b.Net = b.Quantity+l.Quantity, b.Net+l.Net
					back[l.LineID] = b
				}
			}
			for _, l := range o.Snapshot.Lines {
				if l.Kind != order.Goods {
					continue
				}
				k := key{l.ProductID, ""}
				if l.ProductID == 0 {
					k.sku = l.SKU
				}
				p := sums[k]
				if p == nil {
					p = &LiveProduct{ProductID: l.ProductID, SKU: l.SKU}
					sums[k] = p
				}
				kept := l.Net
				if l.Quantity > 0 {
					kept -= l.Net * l.Removed / l.Quantity
				}
				p.Units += max(0, l.Quantity-l.Removed-back[l.ID].Quantity)
				p.Gross += l.Net
				p.Net += max(0, kept-back[l.ID].Net)
			}
		}
	}
	out := make([]LiveProduct, 0, len(sums))
	for _, p := range sums {
		out = append(out, *p)
	}
	slices.SortFunc(out, func(a, b LiveProduct) int {
		return cmp.Or(cmp.Compare(b.Net, a.Net), cmp.Compare(a.ProductID, b.ProductID), cmp.Compare(a.SKU, b.SKU))
	})
	return out, nil
}
