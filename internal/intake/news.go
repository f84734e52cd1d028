package intake

import (
	"time"

	"tributary/internal/platform"
)

// news is a delivery about the shop rather than an order.
type news struct {
	platform.Message
	at time.Time
}

// privacyWithin is how long the platform gives us to act on a privacy request.
const privacyWithin = 30 * 24 * time.Hour

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
		case platform.ShopUpdate:
			err = w.tx.UpdateShop(w.ctx, n.Shop.Name, n.Shop.TimeZone)
		case platform.Unhealthy:
			err = w.tx.SetConnectionHealth(w.ctx, it.delivery.ConnectionID, n.Reason)
		case platform.Privacy:
			err = w.tx.AddPrivacyRequest(w.ctx, n.Privacy.Topic, it.delivery.ID, n.Privacy.CustomerID, it.delivery.ReceivedAt.Add(privacyWithin))
		}
		if err != nil {
			return err
		}
	}
	return nil
}
