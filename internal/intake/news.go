package intake

import (
	"time"

	"tributary/internal/platform"
	"tributary/internal/platform/woocommerce"
	"tributary/internal/store"
)

// news is a delivery about the shop rather than an order.
type news struct {
	platform.Message
	at time.Time
}

// shopNews records what the deliveries say about the shop itself.
func (w *work) shopNews(chunk []item) error {
	for i := range chunk {
		it := &chunk[i]
		if it.err != nil || it.news == nil {
			continue
		}
		var err error
		switch n := it.news; n.Kind {
		case platform.Uninstalled:
			// One that was triggered before the shop came back is stale.
			err = w.tx.MarkUninstalled(w.ctx, n.at)
		case platform.Scopes:
			err = w.tx.SetScopes(w.ctx, n.Scopes, n.at)
		case platform.ShopUpdate:
			err = w.tx.UpdateShop(w.ctx, n.Shop.Name, n.Shop.TimeZone, n.at)
		case platform.Privacy:
			err = AskPrivacy(w.ctx, w.tx, w.s.keys, it.delivery.ID, &n.Privacy, it.delivery.ReceivedAt)
		}
		if err != nil {
			return err
		}
	}
	return w.health(chunk)
}

// health keeps for each connection what the store sent last: an order, or
// something else in its place. A bare id, as of a deleted order, is sent even
// by a store that has lost the right to show orders.
func (w *work) health(chunk []item) error {
	type word struct {
		what string
		at   time.Time
	}
	last := map[int64]word{}
	for i := range chunk {
		it := &chunk[i]
		d := &it.delivery
		if it.err != nil || it.replayed || d.ConnectionID == 0 || d.Topic == woocommerce.TopicRead || d.ReceivedAt.Before(last[d.ConnectionID].at) {
			continue
		}
		switch {
		case it.news != nil && it.news.Kind == platform.Unhealthy:
			last[d.ConnectionID] = word{it.news.Reason, d.ReceivedAt}
		case it.fact != nil && it.fact.Snapshot != nil:
			last[d.ConnectionID] = word{store.Healthy, d.ReceivedAt}
		}
	}
	for id, l := range last {
		if err := w.tx.SetConnectionHealth(w.ctx, id, l.what, l.at); err != nil {
			return err
		}
	}
	return nil
}
