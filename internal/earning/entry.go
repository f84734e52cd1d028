package earning

import (
	"context"
	"slices"
	"time"

	"tributary/internal/domain/attribution"
	"tributary/internal/domain/draw"
	"tributary/internal/domain/order"
	"tributary/internal/domain/terms"
	"tributary/internal/store"
)

// entries are the giveaway entries that came by a version's agreement.
// An entry whose purchase is given back is gone until the draw; from then on it
// is what it was in the draw. Its hold ends no sooner than the giveaway closes.
func (b *Book) entries(ctx context.Context, v *attribution.Agreement, _ *terms.Component) ([]unit, error) {
	giveaways, err := b.Tx.GiveawaysOfAgreement(ctx, v.ID)
	if err != nil {
		return nil, err
	}
	var units []unit
	for i := range giveaways {
		g := &giveaways[i]
		es, err := StandingEntries(ctx, b.Tx, g)
		if err != nil {
			return nil, err
		}
		for _, e := range es {
			if e.AgreementID != v.ID || e.At.Before(v.Effective.From) || !v.Effective.To.IsZero() && !e.At.Before(v.Effective.To) {
				continue
			}
			u := unit{source: e.ID, when: e.At, release: b.release(v.Terms, e.At), count: 1, state: store.EarningPending}
			if u.release.Before(g.ClosesAt) {
				u.release = g.ClosesAt
			}
			if e.OrderID != 0 {
				u.detail.Orders = []int64{e.OrderID}
			}
			units = append(units, u)
		}
	}
	return units, nil
}

// StandingEntries are the entries of a giveaway that stand now, ascending by id:
// until the freeze all that there are, then those of the frozen list that still
// have something to stand on, and after the draw those that could win.
func StandingEntries(ctx context.Context, tx *store.Tx, g *store.Giveaway) ([]draw.Entry, error) {
	if g.State == store.GiveawayPlanned || g.State == store.GiveawayCancelled {
		sources, err := tx.EntrySources(ctx, g.ID, time.Time{})
		return draw.Entries(g.ID, sources), err
	}
	frozen, err := tx.FrozenEntries(ctx, g.ID)
	if err != nil {
		return nil, err
	}
	standing := map[string]bool{}
	if g.State == store.GiveawayFrozen {
		if standing, err = StandingPersons(ctx, tx, g, time.Time{}); err != nil {
			return nil, err
		}
	}
	var out []draw.Entry
	for _, e := range frozen {
		if e.Void == "" && (g.State == store.GiveawayDrawn || standing[e.Person]) {
			out = append(out, e.Entry)
		}
	}
	return out, nil
}

// StandingPersons are the people who have something that makes them entrants, by
// what was known before an instant; a zero one is now.
func StandingPersons(ctx context.Context, tx *store.Tx, g *store.Giveaway, before time.Time) (map[string]bool, error) {
	sources, err := tx.EntrySources(ctx, g.ID, before)
	standing := map[string]bool{}
	for _, s := range sources {
		if s.Counts {
			standing[s.Person] = true
		}
	}
	return standing, err
}

// PurchaseOf is what an order makes of its buyer in a giveaway. agreementID is
// whose the order is; 0: nobody's.
func PurchaseOf(g *store.Giveaway, o *order.Order, agreementID int64) store.Purchase {
	p := store.Purchase{GiveawayID: g.ID, OrderID: o.ID, Person: o.Snapshot.Customer.EmailHash, At: o.Snapshot.CreatedAt.UTC().Truncate(time.Microsecond), AgreementID: agreementID}
	p.Counts, p.Reason = draw.Purchase(o, g.OpensAt, g.ClosesAt)
	if p.Counts && !slices.Contains(g.Ways, draw.ByPurchase) {
		p.Counts, p.Reason = false, "not_a_way_in"
	}
	return p
}
