package web

import (
	"context"
	"strconv"
	"time"

	"github.com/google/uuid"

	"tributary/internal/errs"
	"tributary/internal/store"
)

// Delivery is a webhook as it came in.
type Delivery struct {
	ID         string    `json:"id" format:"uuid"`
	Topic      string    `json:"topic" example:"orders/updated"`
	State      string    `json:"state" enum:"pending,retry,done,parked,ignored"`
	ReceivedAt time.Time `json:"received_at"`
	Attempts   int16     `json:"attempts"`
	NextAt     time.Time `json:"next_at" doc:"When it is tried next, in the states pending and retry"`
	OrderID    string    `json:"order_id,omitempty"`
	Note       string    `json:"note,omitempty" doc:"What it became, or why it failed"`
}

var deliveryStates = map[string]store.DeliveryState{"pending": store.DeliveryPending, "retry": store.DeliveryRetry, "done": store.DeliveryDone,
	"parked": store.DeliveryParked, "ignored": store.DeliveryIgnored}

func deliveryWord(state store.DeliveryState) string {
	for word, s := range deliveryStates {
		if s == state {
			return word
		}
	}
	return ""
}

func asDelivery(d *store.Delivery) Delivery {
	out := Delivery{ID: uuid.UUID(d.ID).String(), Topic: d.Topic, State: deliveryWord(d.State), ReceivedAt: d.ReceivedAt.UTC(),
		Attempts: d.Attempts, NextAt: d.NextAt.UTC(), Note: d.Note}
	if d.OrderID != 0 {
		out.OrderID = strconv.FormatInt(d.OrderID, 10)
	}
	return out
}

type listDeliveriesIn struct {
	PageIn
	State string `query:"state" enum:"pending,retry,done,parked,ignored" default:"parked"`
}

func (s *Server) listDeliveries(ctx context.Context, tx *store.Tx, in *listDeliveriesIn) (List[Delivery], error) {
	p, err := in.page()
	if err != nil {
		return List[Delivery]{}, err
	}
	rows, next, err := tx.ListDeliveries(ctx, deliveryStates[in.State], p)
	if err != nil {
		return List[Delivery]{}, err
	}
	return listOf(rows, next, asDelivery), nil
}

// Retried says that a delivery will be tried again.
type Retried struct {
	ID    string `json:"id" format:"uuid"`
	State string `json:"state" enum:"retry"`
}

func (s *Server) retryDelivery(ctx context.Context, tx *store.Tx, in *IDIn) (Retried, error) {
	id, err := uuid.Parse(in.ID)
	if err == nil {
		err = tx.RetryDelivery(ctx, id)
	} else {
		err = store.ErrNotFound
	}
	if store.IsNotFound(err) {
		return Retried{}, errs.New(errs.NotFound, "delivery_not_parked", "There is no such delivery that is parked.")
	}
	return Retried{ID: id.String(), State: "retry"}, err
}

// wakeForRetry wakes a worker; a sweep would find the delivery later anyway.
func (s *Server) wakeForRetry(ctx context.Context, _ *IDIn, _ Retried) error {
	if s.Wake != nil {
		s.Wake(callerFrom(ctx).ShopID)
	}
	return nil
}
