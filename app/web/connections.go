package web

import (
	"context"
	"time"

	"tributary/internal/store"
)

// Connection is one way a WooCommerce store and this server talk.
type Connection struct {
	ID        string     `json:"id"`
	BaseURL   string     `json:"base_url" example:"https://shop.example.com"`
	CreatedAt time.Time  `json:"created_at"`
	RevokedAt *time.Time `json:"revoked_at,omitempty"`
	Webhooks  Health     `json:"webhooks" doc:"What the store's webhooks brought last: orders, or an error in their place"`
	Rest      *Health    `json:"rest,omitempty" doc:"What the store last answered to its REST keys; absent without keys"`
}

// Health is the state of one direction of a connection.
type Health struct {
	OK    bool       `json:"ok"`
	Note  string     `json:"note,omitempty" doc:"What is wrong" example:"woocommerce_rest_cannot_view: Sorry, you cannot view this resource."`
	Since *time.Time `json:"since,omitempty"`
}

func asHealth(word string, since time.Time) Health {
	h := Health{OK: word == store.Healthy, Since: utcOrNil(since)}
	if !h.OK {
		h.Note = word
	}
	return h
}

func asConnection(c *store.Connection) Connection {
	out := Connection{ID: formatID("con", c.ID), BaseURL: c.BaseURL, CreatedAt: c.CreatedAt.UTC(), RevokedAt: utcOrNil(c.RevokedAt),
		Webhooks: asHealth(c.Health, c.HealthAt)}
	if c.HasRestKeys {
		rest := asHealth(c.RestHealth, c.RestHealthAt)
		out.Rest = &rest
	}
	return out
}

func (s *Server) listConnections(ctx context.Context, tx *store.Tx, _ *none) (List[Connection], error) {
	rows, err := tx.Connections(ctx)
	if err != nil {
		return List[Connection]{}, err
	}
	return listOf(rows, nil, asConnection), nil
}
