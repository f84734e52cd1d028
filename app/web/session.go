package web

import (
	"context"
	"net"
	"net/url"
	"time"

	"tributary/internal/domain/order"
	"tributary/internal/store"
)

// Session is who calls, and for which shop.
type Session struct {
	Actor string      `json:"actor" example:"user 42" doc:"How the caller stands in records of who did what"`
	Name  string      `json:"name,omitempty" doc:"What the caller is called, where that is known"`
	Scope string      `json:"scope" enum:"read,write"`
	Shop  SessionShop `json:"shop"`
}

// SessionShop is the caller's shop.
type SessionShop struct {
	Name     string     `json:"name"`
	Domain   string     `json:"domain"`
	Platform string     `json:"platform" enum:"shopify,woocommerce"`
	Currency string     `json:"currency"`
	TimeZone string     `json:"time_zone" example:"America/New_York" doc:"Days and months are this zone's"`
	Today    string     `json:"today" example:"2026-11-25" doc:"The shop's day"`
	OpenFrom *time.Time `json:"open_from,omitempty" doc:"Start of the first month that is not closed; absent: nothing was closed yet"`
	Demo     bool       `json:"demo" doc:"The store is played on this machine: nothing in it is real"`
}

func (s *Server) getSession(ctx context.Context, tx *store.Tx, _ *none) (Session, error) {
	shop, err := tx.Shop(ctx)
	if err != nil {
		return Session{}, err
	}
	zone, err := time.LoadLocation(shop.TimeZone)
	if err != nil {
		return Session{}, err
	}
	c := callerFrom(ctx)
	out := Session{Actor: c.Actor(), Name: c.Name, Scope: string(c.Scope), Shop: SessionShop{Name: shop.Name, Domain: shop.Domain, Platform: "shopify",
		Currency: shop.Currency, TimeZone: shop.TimeZone, Today: tx.Now.In(zone).Format(time.DateOnly), OpenFrom: utcOrNil(shop.OpenFrom)}}
	if shop.Platform != order.WooCommerce {
		if s.Installs != nil {
			_, out.Shop.Demo = s.Installs.Access.API.Played(shop.Domain)
		}
		return out, nil
	}
	out.Shop.Platform = "woocommerce"
	connections, err := tx.Connections(ctx)
	if err != nil {
		return Session{}, err
	}
	for i := range connections {
		u, err := url.Parse(connections[i].BaseURL)
		if err == nil && connections[i].RevokedAt.IsZero() {
			ip := net.ParseIP(u.Hostname())
			out.Shop.Demo = ip != nil && ip.IsLoopback()
			break
		}
	}
	return out, nil
}
