package earning

import (
	"context"
	"maps"
	"slices"
	"time"

	"tributary/internal/domain/attribution"
	"tributary/internal/domain/commission"
	"tributary/internal/domain/period"
	"tributary/internal/domain/terms"
	"tributary/internal/store"
)

// HasMilestones tells whether the terms have a milestone ladder.
func HasMilestones(t *terms.Terms) bool {
	return slices.ContainsFunc(t.Components, func(c terms.Component) bool { return c.Type == terms.Milestones })
}

// CountedKind is the kind of earning that a ladder's metric counts.
func CountedKind(metric string) store.EarningKind { return countedKind[metric] }

var countedKind = map[string]store.EarningKind{
	terms.Orders: store.EarningOrder, terms.Revenue: store.EarningOrder,
	terms.Clicks: store.EarningClicks, terms.Leads: store.EarningLead, terms.Entries: store.EarningEntry,
}

// Milestones settles every ladder of the versions, each period a source of its
// own (R-35 … ). Those counted on what is locked move when holds pass.
func (b *Book) Milestones(ctx context.Context, versions []attribution.Agreement) error {
	loaded := false
	for i := range versions {
		v := &versions[i]
		if !HasMilestones(v.Terms) {
			continue
		}
		if !loaded {
			if err := b.loadBans(ctx, versions); err != nil {
				return err
			}
			loaded = true
		}
		have, err := b.Tx.EarningsOfKind(ctx, v.ID, store.EarningMilestone)
		if err != nil {
			return err
		}
		var sources []*Source
		for _, c := range v.Terms.Components {
			if c.Type != terms.Milestones {
				continue
			}
			mine := slices.DeleteFunc(slices.Clone(have), func(r store.EarningRow) bool { return r.Rule != c.ID || r.VersionID != v.VersionID })
			ladder, err := b.ladder(ctx, v, c, mine)
			if err != nil {
				return err
			}
			sources = append(sources, ladder...)
		}
		if err := b.Write(ctx, sources); err != nil {
			return err
		}
	}
	return nil
}

// ladder makes the sources of one ladder; have is what is stored of it.
func (b *Book) ladder(ctx context.Context, v *attribution.Agreement, c terms.Component, have []store.EarningRow) ([]*Source, error) {
	counted, err := b.Tx.EarningsOfVersion(ctx, v.ID, v.VersionID, countedKind[c.Metric], time.Time{}, time.Time{})
	if err != nil {
		return nil, err
	}
	byPeriod := Qualifiers(&c, counted, b.Shop.Zone)
	rows := map[int64]*store.EarningRow{}
	for i := range have { // one that nothing is left of stands, too
		rows[have[i].Source] = &have[i]
		if byPeriod[have[i].Source] == nil {
			byPeriod[have[i].Source] = []commission.Qualifier{}
		}
	}
	var sources []*Source
	for _, key := range slices.Sorted(maps.Keys(byPeriod)) {
		row := rows[key]
		if row == nil {
			row = &store.EarningRow{Kind: store.EarningMilestone, Source: key, Rule: c.ID, InfluencerID: v.InfluencerID,
				AgreementID: v.ID, CampaignID: v.CampaignID, Currency: string(v.Terms.Currency)}
		}
		row.VersionID, row.TermsHash = v.VersionID, v.Hash
		posted, paid := row.Posted, int64(0)
		if k, ok := b.Original.Kept(row); ok {
			posted, paid = k.Posted, k.Paid
		} else if row.ID != 0 {
			if paid, err = b.Tx.PaidOfEarning(ctx, row.ID); err != nil {
				return nil, err
			}
		}
		target, carriers := commission.MilestoneTarget(c, v.Terms, byPeriod[key], posted, paid)
		if row.ID == 0 && target == 0 {
			continue
		}
		s := b.reached(row, c, v.Terms, target, carriers, counted)
		b.holdBanned(s)
		sources = append(sources, s)
	}
	return sources, nil
}

// Qualifiers deals what a ladder counts out to the periods of its component, by
// the start of each in unix seconds; 0 stands for life.
func Qualifiers(c *terms.Component, counted []store.EarningRow, zone *time.Location) map[int64][]commission.Qualifier {
	by := map[int64][]commission.Qualifier{}
	for i := range counted {
		e := &counted[i]
		if e.State == store.EarningUnpaid || e.State == store.EarningVoid || e.State == store.EarningDenied || e.State == store.EarningHeld && e.Reason != InfluencerBanned {
			continue
		}
		var key int64
		if c.Period != nil {
			if start, _ := period.Of(c.Period, e.OccurredAt, zone); !start.IsZero() {
				key = start.Unix()
			}
		}
		by[key] = append(by[key], commission.Qualifier{OrderID: e.Source, PaidAt: e.OccurredAt, NetBase: e.Counted, Locked: !e.LockedAt.IsZero()})
	}
	return by
}

// reached is the source of one period's ladder. One that counts what is locked
// has no hold of its own: what it counts has passed its hold, so it is payable
// at once. One that counts what is recorded waits as long as a sale would.
func (b *Book) reached(row *store.EarningRow, c terms.Component, t *terms.Terms, target int64, carriers []int64, counted []store.EarningRow) *Source {
	s := &Source{Row: row, Target: target, State: store.EarningPending, Detail: Detail{Rules: []string{c.ID}, Orders: carriers}.Encode(),
		When: row.OccurredAt, Release: row.ReleaseAt, At: b.Tx.Now}
	if row.ID != 0 {
		return s
	}
	var at time.Time // when the last of what reached it happened, or passed its hold
	for i := range counted {
		when := counted[i].OccurredAt
		if c.CountBasis != terms.Recorded {
			when = counted[i].LockedAt
		}
		if slices.Contains(carriers, counted[i].Source) && when.After(at) {
			at = when
		}
	}
	if at.IsZero() {
		at = b.Tx.Now
	}
	s.When, s.Release, s.At = at, at, at
	if c.CountBasis == terms.Recorded {
		s.Release = period.Release(at, t.Hold.Days, b.Shop.Zone)
	}
	return s
}
