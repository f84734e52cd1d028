package earning

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"tributary/internal/domain/attribution"
	"tributary/internal/domain/commission"
	"tributary/internal/domain/terms"
	"tributary/internal/store"
)

// Tries tells whether Try has anything to say about the terms: whether they pay
// for, or count, anything but orders.
func Tries(t *terms.Terms) bool {
	for _, c := range append(counting(t), t.Components...) {
		if _, ok := ways[c.Type]; ok {
			return true
		}
	}
	return false
}

// Try is what other terms would have given an agreement for everything but
// orders and ladders, had they stood in each of its signed versions: the
// earnings as they would be stored, without ids, that happened in [from, to);
// zero times are open. It writes nothing. Versions count together, as orders do
// in a simulation. What a hold has closed counts as it did when it ended, with
// LockedAt as stored, and is worth what the other terms say.
func (b *Book) Try(ctx context.Context, signed []attribution.Agreement, t *terms.Terms, from, to time.Time) ([]store.EarningRow, error) {
	if len(signed) == 0 {
		return nil, nil
	}
	b.versions = make([]attribution.Agreement, len(signed))
	for i := range signed {
		b.versions[i] = signed[i]
		b.versions[i].Terms = t
	}
	defer func() { b.versions = nil }()
	var out []store.EarningRow
	for _, c := range append(counting(t), t.Components...) {
		w, ok := ways[c.Type]
		if !ok {
			continue
		}
		units, locked, err := b.trial(ctx, signed, &c, w, from, to)
		if err != nil {
			return nil, err
		}
		targets := make([]int64, len(units))
		for i, u := range units {
			targets[i] = u.worth
		}
		if w.targets != nil {
			none := make([]*store.EarningRow, len(units)) // nothing is posted under other terms
			for i := range none {
				none[i] = &store.EarningRow{}
			}
			targets = w.targets(b, &b.versions[0], &c, units, none)
		}
		v := &signed[0]
		for i, u := range units {
			if targets[i] == 0 && u.count == 0 {
				continue
			}
			if u.state != store.EarningVoid && u.state != store.EarningDenied && !locked[u.source].IsZero() {
				u.state = store.EarningLocked
			}
			out = append(out, store.EarningRow{Kind: w.kind, Source: u.source, Rule: c.ID, InfluencerID: v.InfluencerID, AgreementID: v.ID, CampaignID: v.CampaignID,
				Currency: string(t.Currency), GrossBase: u.cost, NetBase: u.cost, Counted: u.count, Posted: targets[i], State: u.state, Reason: u.reason,
				OccurredAt: u.when, LockedAt: locked[u.source]})
		}
	}
	return out, nil
}

// trial is the units of a component over all versions, and when the holds of
// those ended whose hold is over.
func (b *Book) trial(ctx context.Context, signed []attribution.Agreement, c *terms.Component, w way, from, to time.Time) (all []unit, locked map[int64]time.Time, err error) {
	locked = map[int64]time.Time{}
	place := map[int64]int{}
	for i := range b.versions {
		v := &b.versions[i]
		units, err := w.units(b, ctx, v, c)
		if err != nil {
			return nil, nil, err
		}
		closed := map[int64]*store.EarningRow{}
		if w.kind != store.EarningFee && w.kind != store.EarningGift { // which other terms make due at other times
			rows, err := b.Tx.EarningsOfVersion(ctx, v.ID, v.VersionID, w.kind, time.Time{}, time.Time{})
			if err != nil {
				return nil, nil, err
			}
			for k := range rows {
				r := &rows[k]
				if known := closed[r.Source]; !r.LockedAt.IsZero() && (known == nil || r.Rule == c.ID) {
					closed[r.Source] = r
				}
			}
		}
		for k := range units {
			if r := closed[units[k].source]; r != nil {
				if err := asClosed(&units[k], r, c, &signed[i], v.Terms, true); err != nil {
					return nil, nil, err
				}
				locked[r.Source] = r.LockedAt
				delete(closed, r.Source)
			}
		}
		for _, r := range closed { // nothing is left of it but what it was
			u := unit{source: r.Source, when: r.OccurredAt}
			if err := asClosed(&u, r, c, &signed[i], v.Terms, false); err != nil {
				return nil, nil, err
			}
			locked[r.Source] = r.LockedAt
			units = append(units, u)
		}
		for _, u := range units {
			if u.when.Before(from) || !to.IsZero() && !u.when.Before(to) {
				continue
			}
			at, seen := place[u.source]
			if !seen {
				place[u.source] = len(all)
				all = append(all, u)
				continue
			}
			all[at].count += u.count // the day of clicks on which the terms changed
		}
	}
	return all, locked, nil
}

// asClosed makes a unit what it was when its hold ended. known tells that its
// worth under the terms is there already.
func asClosed(u *unit, r *store.EarningRow, c *terms.Component, signed *attribution.Agreement, t *terms.Terms, known bool) error {
	u.when, u.count, u.state, u.reason = r.OccurredAt, r.Counted, store.EarningPending, r.Reason
	switch {
	case r.State == store.EarningVoid || r.State == store.EarningDenied:
		u.state, u.worth = r.State, 0
		return nil
	case r.Kind != store.EarningPost:
		return nil
	}
	if was := signed.Terms.Component(r.Rule); known && (was == nil || was.FinalDays != c.FinalDays) {
		return nil // the terms look at other days of it
	}
	var d Detail
	if err := json.Unmarshal(r.Detail, &d); err != nil || d.Events == nil {
		return fmt.Errorf("earning %d: the numbers of its post are not stored: %w", r.ID, err)
	}
	u.worth = commission.EngagementTarget(c, t.Currency, *d.Events)
	return nil
}
