package intake

import (
	"fmt"
	"time"

	"tributary/internal/domain/attribution"
	"tributary/internal/earning"
	"tributary/internal/store"
)

// enterGiveaways writes what the orders that changed make of their buyers in
// giveaways, and marks the agreements of those giveaways due.
func (w *work) enterGiveaways(list []*entry) error {
	var changed []*entry
	for _, e := range list {
		if e.dirty {
			changed = append(changed, e)
		}
	}
	want, have, giveaways, err := w.purchases(changed)
	if err != nil || len(want) == 0 {
		return err
	}
	var rows []store.Purchase
	for _, p := range want {
		old, stored := have[purchaseKey{p.GiveawayID, p.OrderID}]
		if stored && old == p || !stored && !p.Counts {
			continue
		}
		rows = append(rows, p)
		if g := giveaways[p.GiveawayID]; g != nil {
			if err := w.tx.MarkDue(w.ctx, w.tx.Now, g.AgreementIDs...); err != nil {
				return err
			}
		}
	}
	return w.tx.UpsertPurchases(w.ctx, rows)
}

// checkGiveaways reports where what is stored of orders in giveaways is not what
// they make now.
func (w *work) checkGiveaways(list []*entry) error {
	want, have, _, err := w.purchases(list)
	for _, p := range want {
		old, stored := have[purchaseKey{p.GiveawayID, p.OrderID}]
		if stored && old != p || !stored && p.Counts {
			w.book.Differs("giveaway_purchase_is_recomputable", fmt.Sprintf("giveaway %d, order %d", p.GiveawayID, p.OrderID), p, old)
		}
	}
	return err
}

type purchaseKey struct{ giveaway, order int64 }

// purchases is what orders make of their buyers now, and what is stored of it.
func (w *work) purchases(list []*entry) (want []store.Purchase, have map[purchaseKey]store.Purchase, giveaways map[int64]*store.Giveaway, err error) {
	var from, to time.Time
	ids := make([]int64, 0, len(list))
	for _, e := range list {
		at := e.o.Snapshot.CreatedAt
		if at.IsZero() {
			continue
		}
		ids = append(ids, e.o.ID)
		if from.IsZero() || at.Before(from) {
			from = at
		}
		if at.After(to) {
			to = at
		}
	}
	if len(ids) == 0 {
		return nil, nil, nil, nil
	}
	open, err := w.tx.GiveawaysBetween(w.ctx, from, to)
	if err != nil {
		return nil, nil, nil, err
	}
	stored, err := w.tx.PurchasesOfOrders(w.ctx, ids)
	if err != nil || len(open)+len(stored) == 0 {
		return nil, nil, nil, err
	}
	giveaways, have = map[int64]*store.Giveaway{}, map[purchaseKey]store.Purchase{}
	for i := range open {
		giveaways[open[i].ID] = &open[i]
	}
	for _, p := range stored {
		have[purchaseKey{p.GiveawayID, p.OrderID}] = p
		if giveaways[p.GiveawayID] == nil { // the order's time was corrected, or the giveaway was cancelled
			g, err := w.tx.Giveaway(w.ctx, p.GiveawayID)
			if err != nil {
				return nil, nil, nil, err
			}
			giveaways[g.ID] = g
		}
	}
	for _, e := range list {
		at := e.o.Snapshot.CreatedAt
		if at.IsZero() {
			continue
		}
		var agreement int64
		// What is only held for a ban stays whose it is, as its entry is held, too.
		if d := &e.decision; len(d.Shares) > 0 && (d.Outcome == attribution.Attributed || d.Outcome == attribution.Held && d.Reason == earning.InfluencerBanned) {
			agreement = d.Shares[0].AgreementID
		}
		for _, g := range giveaways {
			_, stored := have[purchaseKey{g.ID, e.o.ID}]
			if stored || !at.Before(g.OpensAt) && at.Before(g.ClosesAt) {
				want = append(want, earning.PurchaseOf(g, e.o, agreement))
			}
		}
	}
	return want, have, giveaways, nil
}
