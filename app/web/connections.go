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
	// Hooks and Problems are of a store that was connected by its consent page.
	Hooks    []StoreHook    `json:"store_webhooks,omitempty" doc:"The store's webhooks that we keep, as last found"`
	Problems []StoreProblem `json:"problems" doc:"What the merchant has to mend"`
}

// StoreHook is a webhook of a store, as it was found and mended.
type StoreHook struct {
	Topic      string     `json:"topic" example:"order.updated"`
	State      string     `json:"state" enum:"active,missing,disabled,changed" doc:"As it was found; all but active were mended, or the note says why not"`
	Note       string     `json:"note,omitempty"`
	Repairs    int        `json:"repairs"`
	RepairedAt *time.Time `json:"repaired_at,omitempty"`
	CheckedAt  time.Time  `json:"checked_at"`
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
		Webhooks: asHealth(c.Health, c.HealthAt), Problems: asProblems(c.Problems)}
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
	hooks, err := tx.StoreHooks(ctx)
	if err != nil {
		return List[Connection]{}, err
	}
	return listOf(rows, nil, func(c *store.Connection) Connection {
		out := asConnection(c)
		for _, h := range hooks {
			if h.ConnectionID == c.ID {
				out.Hooks = append(out.Hooks, StoreHook{Topic: h.Topic, State: h.State, Note: h.Note, Repairs: h.Repairs, RepairedAt: utcOrNil(h.RepairedAt), CheckedAt: h.CheckedAt.UTC()})
			}
		}
		return out
	}), nil
}
