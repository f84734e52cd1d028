package intake

import (
	"context"
	"errors"
	"fmt"
	"time"

	"tributary/internal/domain/order"
	"tributary/internal/platform"
	"tributary/internal/platform/shopify"
	"tributary/internal/platform/woocommerce"
	"tributary/internal/store"
)

// seenOrder is one line of what a store shows of its orders.
type seenOrder struct {
	ID                   int64
	CreatedAt, UpdatedAt time.Time
	Total                string
}

// shelf is a store's own orders: Shopify's or WooCommerce's.
type shelf interface {
	// seen lists orders by change, or by creation, a page at a time.
	seen(ctx context.Context, byCreation bool, since, until time.Time, after string) ([]seenOrder, string, error)
	// take reads an order and stores what it read as a delivery.
	take(ctx context.Context, id int64) error
}

// shelfOf opens the store of a shop.
func (s *Sweeper) shelfOf(ctx context.Context, shop *store.Shop) (shelf, error) {
	if shop.Platform == order.Shopify {
		return &shopifyShelf{s, shop.ID}, nil
	}
	return s.wooShelf(ctx, shop.ID)
}

type shopifyShelf struct {
	*Sweeper
	shopID int64
}

func (h *shopifyShelf) query(ctx context.Context, document string, vars map[string]any, out any) error {
	return h.Access.Query(ctx, h.shopID, document, vars, out)
}

func (h *shopifyShelf) seen(ctx context.Context, byCreation bool, since, until time.Time, after string) ([]seenOrder, string, error) {
	by := shopify.ByUpdate
	if byCreation {
		by = shopify.ByCreation
	}
	page, next, err := shopify.OrdersSeen(ctx, h.query, by, since, until, after)
	out := make([]seenOrder, len(page))
	for i, o := range page {
		out[i] = seenOrder{o.ID, o.CreatedAt, o.UpdatedAt, o.Total}
	}
	return out, next, err
}

func (h *shopifyShelf) take(ctx context.Context, id int64) error {
	at := h.DB.Now()
	body, err := shopify.ReadOrder(ctx, h.query, id)
	if err != nil {
		return fmt.Errorf("read order %d: %w", id, err)
	}
	return observe(ctx, h.DB, store.Delivery{ShopID: h.shopID, Platform: order.Shopify, Topic: shopify.TopicRead}, id, body, at)
}

type wooShelf struct {
	*Sweeper
	shopID, connectionID int64
	access               woocommerce.Access
}

// wooShelf fails with store.ErrNotFound when there are no keys.
func (s *Sweeper) wooShelf(ctx context.Context, shopID int64) (*wooShelf, error) {
	var c store.RestConnection
	if err := s.DB.InTx(ctx, shopID, func(tx *store.Tx) (err error) { c, err = tx.RestConnection(ctx); return err }); err != nil {
		return nil, err
	}
	key, secret, err := platform.OpenRestKeys(s.Keys, c.TokenHash, c.Keys)
	if err != nil {
		return nil, err
	}
	return &wooShelf{s, shopID, c.ID, woocommerce.Access{BaseURL: c.BaseURL, Key: key, Secret: secret}}, nil
}

func (h *wooShelf) seen(ctx context.Context, byCreation bool, since, until time.Time, after string) ([]seenOrder, string, error) {
	by := woocommerce.ByUpdate
	if byCreation {
		by = woocommerce.ByCreation
	}
	page, next, err := h.WooCommerce.OrdersSeen(ctx, h.access, by, since, until, after)
	out := make([]seenOrder, len(page))
	for i, o := range page {
		out[i] = seenOrder{o.ID, o.CreatedAt, o.UpdatedAt, o.Total}
	}
	return out, next, h.health(ctx, err)
}

func (h *wooShelf) take(ctx context.Context, id int64) error {
	at := h.DB.Now()
	got, err := h.WooCommerce.ReadOrder(ctx, h.access, id)
	var e *woocommerce.Error
	if errors.As(err, &e) && e.OfOrder() { // it must not keep the others waiting
		h.Log.Warn("order not read", "shop_id", h.shopID, "order_id", id, "err", err)
		return h.DB.InTx(ctx, h.shopID, func(tx *store.Tx) error { return tx.AskRereads(ctx, []int64{id}) })
	}
	if err != nil {
		return h.health(ctx, err)
	}
	return Observe(ctx, h.DB, h.shopID, h.connectionID, got, at)
}

// health notes trouble with the store, and hands it on.
func (h *wooShelf) health(ctx context.Context, err error) error {
	var e *woocommerce.Error
	if !errors.As(err, &e) || e.OfOrder() {
		return err
	}
	return errors.Join(err, h.DB.InTx(ctx, h.shopID, func(tx *store.Tx) error { return tx.SetRestHealth(ctx, h.connectionID, shorten(e.Reason)) }))
}
