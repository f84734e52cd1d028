// Package insight reads what was settled and explains it: an order's state, why
// it belongs to whom, what it earned, and the journals behind every amount.
package insight

import (
	"context"
	"fmt"

	"github.com/klauspost/compress/s2"

	"tributary/internal/domain/attribution"
	"tributary/internal/domain/order"
	"tributary/internal/errs"
	"tributary/internal/store"
)

// OrderView is an order with everything known about it.
type OrderView struct {
	Row      store.OrderRow
	State    *order.Order
	Earnings []store.EarningRow
}

// Order returns one order; an error of kind NotFound when there is none.
func Order(ctx context.Context, tx *store.Tx, id int64) (*OrderView, error) {
	rows, err := tx.OrdersByID(ctx, []int64{id})
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return nil, errOrder
	}
	v := OrderView{Row: rows[0]}
	raw, err := s2.Decode(nil, v.Row.State)
	if err != nil {
		return nil, fmt.Errorf("load order %d: %w", id, err)
	}
	if v.State, err = order.Decode(raw); err != nil {
		return nil, fmt.Errorf("load order %d: %w", id, err)
	}
	if v.Earnings, err = tx.EarningsOfOrders(ctx, []int64{id}); err != nil {
		return nil, err
	}
	return &v, nil
}

var errOrder = errs.New(errs.NotFound, "order_not_found", "No delivery about such an order has been settled in this shop.")

// Decision is one decision about an order.
type Decision struct {
	store.DecisionVersion
	attribution.Decision
}

// Why returns all decisions about an order, the newest last.
func Why(ctx context.Context, tx *store.Tx, orderID int64) (*store.OrderRow, []Decision, error) {
	rows, err := tx.OrdersByID(ctx, []int64{orderID})
	if err != nil {
		return nil, nil, err
	}
	if len(rows) == 0 {
		return nil, nil, errOrder
	}
	versions, err := tx.Decisions(ctx, orderID)
	if err != nil {
		return nil, nil, err
	}
	out := make([]Decision, len(versions))
	for i, v := range versions {
		out[i].DecisionVersion = v
		if out[i].Decision, err = attribution.Decode(v.Bytes); err != nil {
			return nil, nil, fmt.Errorf("decision %d about order %d: %w", v.Number, orderID, err)
		}
	}
	return &rows[0], out, nil
}
