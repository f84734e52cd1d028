package web

import (
	"context"
	"time"

	"tributary/internal/domain/order"
	"tributary/internal/errs"
	"tributary/internal/identity"
	"tributary/internal/store"
)

// settingsTable is the part of the route table about the shop itself and who
// may work in it.
func (s *Server) settingsTable() []route {
	return []route{
		{get, "/me", read, "Tell who calls and what they may do", reads(s.whoAmI)},
		{get, "/settings/shop", read, "Get what the shop is called and counts in", reads(s.getShopSettings)},
		{get, "/api-keys", read, "List API keys, without the keys themselves", reads(s.listAPIKeys)},
		// It reads no idempotency key: the answer would be stored, and with it the key.
		{post, "/api-keys", write, "Make an API key and show it, once", reads(s.createAPIKey)},
		{post, "/api-keys/{id}/revoke", write, "End an API key", writes(s.revokeAPIKey)},
	}
}

// Caller is who calls.
type Caller struct {
	Kind  string `json:"kind" enum:"api_key,session"`
	KeyID string `json:"key_id,omitempty" doc:"Of the API key"`
	User  string `json:"user,omitempty" doc:"Of a session: the person's number in the store's platform"`
	Scope string `json:"scope" enum:"read,write"`
}

func (s *Server) whoAmI(ctx context.Context, _ *store.Tx, _ *none) (Caller, error) {
	c := callerFrom(ctx)
	me := Caller{Kind: "session", User: c.User, Scope: string(c.Scope)}
	if c.KeyID != 0 {
		me.Kind, me.KeyID = "api_key", formatID("key", c.KeyID)
	}
	return me, nil
}

// ShopSettings is what the shop is called and counts in.
type ShopSettings struct {
	Name     string     `json:"name" doc:"As the store says; people read it on pages, giveaways and mails"`
	Domain   string     `json:"domain"`
	Platform string     `json:"platform" enum:"shopify,woocommerce"`
	Currency string     `json:"currency" doc:"Of the store: base amounts are in it"`
	TimeZone string     `json:"time_zone" doc:"Of the store: days, holds and months follow it"`
	OpenFrom *time.Time `json:"open_from,omitempty" doc:"Start of the first month that is not closed"`
}

func asShopSettings(s *store.Shop) ShopSettings {
	platform := "shopify"
	if s.Platform == order.WooCommerce {
		platform = "woocommerce"
	}
	return ShopSettings{Name: s.Name, Domain: s.Domain, Platform: platform, Currency: s.Currency, TimeZone: s.TimeZone, OpenFrom: utcOrNil(s.OpenFrom)}
}

func (s *Server) getShopSettings(ctx context.Context, tx *store.Tx, _ *none) (ShopSettings, error) {
	shop, err := tx.Shop(ctx)
	if err != nil {
		return ShopSettings{}, err
	}
	return asShopSettings(shop), nil
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
