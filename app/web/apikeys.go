package web

import (
	"context"
	"time"

	"tributary/internal/errs"
	"tributary/internal/identity"
	"tributary/internal/store"
)

// settingsTable is the part of the route table about who may call.
func (s *Server) settingsTable() []route {
	return []route{
		{get, "/api-keys", read, "List API keys, without the keys themselves", reads(s.listAPIKeys)},
		// It reads no idempotency key: the answer would be stored, and with it the key.
		{post, "/api-keys", write, "Make an API key and show it, once", reads(s.createAPIKey)},
		{post, "/api-keys/{id}/revoke", write, "End an API key", writes(s.revokeAPIKey)},
	}
}

// APIKey is a key of the shop; the key itself is not stored.
type APIKey struct {
	ID        string     `json:"id" example:"key_3"`
	Name      string     `json:"name"`
	Scope     string     `json:"scope" enum:"read,write"`
	CreatedAt time.Time  `json:"created_at"`
	RevokedAt *time.Time `json:"revoked_at,omitempty"`
}

func asAPIKey(k *store.APIKey) APIKey {
	return APIKey{ID: formatID("key", k.ID), Name: k.Name, Scope: k.Scope, CreatedAt: k.CreatedAt.UTC(), RevokedAt: utc(k.RevokedAt)}
}

func (s *Server) listAPIKeys(ctx context.Context, tx *store.Tx, _ *none) (List[APIKey], error) {
	ks, err := tx.APIKeys(ctx)
	if err != nil {
		return List[APIKey]{}, err
	}
	return listOf(ks, nil, asAPIKey), nil
}

// MadeAPIKey is a new key, the only time it can be seen.
type MadeAPIKey struct {
	ID    string `json:"id" example:"key_3"`
	Name  string `json:"name"`
	Scope string `json:"scope" enum:"read,write"`
	Key   string `json:"key" doc:"Shown this once: what is stored is its hash"`
}

type createAPIKeyIn struct {
	Body struct {
		Name  string `json:"name" doc:"What the key is for"`
		Scope string `json:"scope" doc:"read, or write: both"`
	}
}

func (s *Server) createAPIKey(ctx context.Context, tx *store.Tx, in *createAPIKeyIn) (MadeAPIKey, error) {
	key, id, err := identity.CreateKey(ctx, tx, in.Body.Name, identity.Scope(in.Body.Scope))
	if err != nil {
		return MadeAPIKey{}, err
	}
	return MadeAPIKey{ID: formatID("key", id), Name: in.Body.Name, Scope: in.Body.Scope, Key: key}, nil
}

func (s *Server) revokeAPIKey(ctx context.Context, tx *store.Tx, in *IDIn) (APIKey, error) {
	id, err := parseID("key", in.ID)
	if err != nil {
		return APIKey{}, err
	}
	if err := tx.RevokeAPIKey(ctx, id); err != nil {
		if store.IsNotFound(err) {
			err = errs.New(errs.NotFound, "no_such_key", "This shop has no live key "+in.ID+".")
		}
		return APIKey{}, err
	}
	ks, err := tx.APIKeys(ctx)
	if err != nil {
		return APIKey{}, err
	}
	for i := range ks {
		if ks[i].ID == id {
			return asAPIKey(&ks[i]), nil
		}
	}
	return APIKey{}, store.ErrNotFound
}
