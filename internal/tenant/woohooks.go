package tenant

import (
	"context"
	"slices"
	"strings"

	"tributary/internal/platform"
	"tributary/internal/platform/woocommerce"
	"tributary/internal/store"
)

// keeper looks at a store's webhooks once.
type keeper struct {
	*WooInstaller
	shopID int64
	c      store.KeptConnection
	access woocommerce.Access
	url    string // where they deliver
	secret string
	known  map[string]store.StoreHook // by topic
	older  map[[32]byte]bool          // token hashes of other connections of this shop
	lost   bool                       // a webhook did not send for a while
}

func (k *keeper) run(ctx context.Context) error {
	if err := k.load(ctx); err != nil {
		return err
	}
	hooks, err := k.Client.Hooks(ctx, k.access)
	if err != nil {
		return err
	}
	for _, topic := range woocommerce.Topics {
		if err := k.keep(ctx, topic, hooks); err != nil {
			return err
		}
	}
	for _, h := range hooks {
		token, ours := strings.CutPrefix(h.URL, k.PublicURL+wooDelivery)
		if ours && k.older[[32]byte(hashOf(token))] {
			if err := k.Client.DropHook(ctx, k.access, h.ID); err != nil {
				return err
			}
		}
	}
	return k.DB.InTx(ctx, k.shopID, func(tx *store.Tx) error {
		if err := tx.RevokeOlder(ctx, k.c.ID); err != nil {
			return err
		}
		if k.lost { // what they did not tell is read
			if err := tx.SweepSoon(ctx); err != nil {
				return err
			}
		}
		if err := tx.SetRestHealth(ctx, k.c.ID, store.Healthy); err != nil {
			return err
		}
		return tx.NextHooks(ctx, k.c.ID, tx.Now.Add(hooksEvery), "[]")
	})
}

const wooDelivery = "/webhooks/woocommerce/"

func (k *keeper) load(ctx context.Context) error {
	k.known, k.older = map[string]store.StoreHook{}, map[[32]byte]bool{}
	err := k.DB.InTx(ctx, k.shopID, func(tx *store.Tx) (err error) {
		if k.c, err = tx.KeptConnection(ctx); err != nil {
			return err
		}
		all, err := tx.Connections(ctx)
		if err != nil {
			return err
		}
		for _, c := range all {
			if c.ID != k.c.ID && len(c.TokenHash) == 32 {
				k.older[[32]byte(c.TokenHash)] = true
			}
		}
		hooks, err := tx.StoreHooks(ctx)
		for _, h := range hooks {
			if h.ConnectionID == k.c.ID {
				k.known[h.Topic] = h
			}
		}
		return err
	})
	if err != nil {
		return err
	}
	key, secret, err := platform.OpenRestKeys(k.Keys, k.c.TokenHash, k.c.Keys)
	if err != nil {
		return err
	}
	token, err := platform.OpenDeliveryToken(k.Keys, k.c.TokenHash, k.c.Token)
	if err != nil {
		return err
	}
	if k.secret, err = platform.OpenSecret(k.Keys, k.c.TokenHash, k.c.Secret); err != nil {
		return err
	}
	k.access, k.url = woocommerce.Access{BaseURL: k.c.BaseURL, Key: key, Secret: secret}, k.PublicURL+wooDelivery+token
	return nil
}

// keep sees to one topic.
func (k *keeper) keep(ctx context.Context, topic string, hooks []woocommerce.Hook) error {
	known, before := k.known[topic]
	found := store.StoreHook{ConnectionID: k.c.ID, Topic: topic, State: "active"}
	at := slices.IndexFunc(hooks, func(h woocommerce.Hook) bool { return h.URL == k.url && h.Topic == topic })
	if at < 0 && before {
		at = slices.IndexFunc(hooks, func(h woocommerce.Hook) bool { return h.ID == known.RemoteID })
	}
	if at < 0 {
		h, err := k.Client.MakeHook(ctx, k.access, topic, k.url, k.secret)
		if err != nil {
			return err
		}
		found.RemoteID = h.ID
		if before {
			found.State, found.Note, k.lost = "missing", "it was deleted in the store, and has been made again", true
		}
		return k.record(ctx, found, before)
	}
	h := hooks[at]
	found.RemoteID = h.ID
	// A second one of the same topic is of an attempt whose answer was lost.
	for _, twin := range hooks[at+1:] {
		if twin.URL == k.url && twin.Topic == topic && h.URL == k.url {
			if err := k.Client.DropHook(ctx, k.access, twin.ID); err != nil {
				return err
			}
		}
	}
	switch {
	case h.URL != k.url || h.Topic != topic:
		found.State, found.Note = "changed", "it was changed in the store, and has been put right"
	case h.Status == "disabled":
		found.State, found.Note = "disabled", "the store had switched it off after failures, and it has been switched on again"
	case h.Status == "paused":
		found.State, found.Note = "disabled", "somebody has paused it in the store: orders are read every quarter of an hour until it is active again"
		return k.record(ctx, found, false)
	default:
		return k.record(ctx, found, false)
	}
	k.lost = true
	if _, err := k.Client.MendHook(ctx, k.access, h.ID, topic, k.url, k.secret); err != nil {
		return err
	}
	return k.record(ctx, found, true)
}

func (k *keeper) record(ctx context.Context, h store.StoreHook, repaired bool) error {
	if repaired {
		k.Log.Warn("a webhook of a store was not as it should be", "shop_id", k.shopID, "topic", h.Topic, "state", h.State)
	}
	return k.DB.InTx(ctx, k.shopID, func(tx *store.Tx) error { return tx.SetStoreHook(ctx, h, repaired) })
}
