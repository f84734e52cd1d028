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

// unit is one source of an activity component as it is known now: a day of
// clicks, a lead, a post, a giveaway entry, a fee that fell due.
type unit struct {
	source  int64
	when    time.Time
	release time.Time
	count   int64 // clicks of a day; else 1 for one that counts, 0 for one that does not
	worth   int64 // its target, where that needs no other unit: posts, fees
	cost    int64 // what it costs the shop without being owed: gifts
	state   string
	reason  string
	detail  Detail
}

// way is how one component type is settled.
type way struct {
	kind store.EarningKind
	// units lists everything the version could earn for by the component. Units
	// that have no earning yet and do not count may be left out.
	units func(b *Book, ctx context.Context, v *attribution.Agreement, c *terms.Component) ([]unit, error)
	// targets computes the target of each unit; nil: its worth.
	targets func(b *Book, v *attribution.Agreement, c *terms.Component, units []unit, rows []*store.EarningRow) []int64
}

var ways = map[string]way{
	terms.FlatFee:    {kind: store.EarningFee, units: (*Book).fees},
	terms.Gift:       {kind: store.EarningGift, units: (*Book).gifts},
	terms.Leads:      {kind: store.EarningLead, units: (*Book).leads, targets: pieces},
	terms.Clicks:     {kind: store.EarningClicks, units: (*Book).clicks, targets: clickTargets},
	terms.Engagement: {kind: store.EarningPost, units: (*Book).posts},
	terms.Giveaway:   {kind: store.EarningEntry, units: (*Book).entries, targets: pieces},
}

// counting is the component that stands in for a metric of a milestone ladder
// that no component of the terms pays for: it counts and pays nothing.
func counting(t *terms.Terms) []terms.Component {
	var out []terms.Component
	has := map[string]bool{}
	for i := range t.Components {
		has[t.Components[i].Type] = true
	}
	for i := range t.Components {
		c := &t.Components[i]
		if c.Type != terms.Milestones {
			continue
		}
		kind := map[string]string{terms.Clicks: terms.Clicks, terms.Leads: terms.Leads, terms.Entries: terms.Giveaway}[c.Metric]
		if kind != "" && !has[kind] {
			has[kind] = true
			out = append(out, terms.Component{ID: "#" + kind, Type: kind})
		}
	}
	return out
}

// Settle brings everything the versions earn by other means than orders to its
// target, and their milestones after it. Settling again changes nothing.
func (b *Book) Settle(ctx context.Context, versions []attribution.Agreement) error {
	if err := b.Activity(ctx, versions); err != nil {
		return err
	}
	return b.Milestones(ctx, versions)
}

// Activity is Settle without the milestones. versions are all those of their
// agreements.
func (b *Book) Activity(ctx context.Context, versions []attribution.Agreement) error {
	b.versions = versions
	if err := b.loadBans(ctx, versions); err != nil {
		return err
	}
	for i := range versions {
		v := &versions[i]
		var sources []*Source
		for _, c := range append(counting(v.Terms), v.Terms.Components...) {
			w, ok := ways[c.Type]
			if !ok {
				continue
			}
			made, err := b.component(ctx, v, &c, w)
			if err != nil {
				return err
			}
			sources = append(sources, made...)
		}
		if err := b.Write(ctx, sources); err != nil {
			return err
		}
	}
	return nil
}

// component makes the sources of one component of a version.
func (b *Book) component(ctx context.Context, v *attribution.Agreement, c *terms.Component, w way) ([]*Source, error) {
	stored, err := b.Tx.EarningsOfVersion(ctx, v.ID, v.VersionID, w.kind, time.Time{}, time.Time{})
	if err != nil {
		return nil, err
	}
	known := map[int64]*store.EarningRow{}
	for i := range stored {
		if stored[i].Rule == c.ID {
			known[stored[i].Source] = &stored[i]
		}
	}
	units, err := w.units(b, ctx, v, c)
	if err != nil {
		return nil, err
	}
	units = append(units, left(units, known)...)
	rows := make([]*store.EarningRow, len(units))
	for i, u := range units {
		if rows[i] = known[u.source]; rows[i] == nil {
			rows[i] = &store.EarningRow{Kind: w.kind, Source: u.source, Rule: c.ID, InfluencerID: v.InfluencerID, AgreementID: v.ID, CampaignID: v.CampaignID, Currency: string(v.Terms.Currency)}
		}
		delete(known, u.source)
		rows[i].VersionID, rows[i].TermsHash = v.VersionID, v.Hash
	}
	var targets []int64
	if w.targets != nil {
		targets = w.targets(b, v, c, units, rows)
	}
	sources := make([]*Source, 0, len(units)+len(known))
	for i, u := range units {
		r := rows[i]
		s := &Source{Row: r, Target: u.worth, State: u.state, Reason: u.reason, When: u.when, Release: u.release, At: u.when, Counted: u.count, Gross: u.cost, Net: u.cost}
		if targets != nil {
			s.Target = targets[i]
		}
		if r.ID == 0 && s.Target == 0 && s.Counted == 0 {
			continue
		}
		if r.ID != 0 {
			s.At = b.Tx.Now
		}
		u.detail.Rules = []string{c.ID}
		s.Detail = u.detail.Encode()
		if !r.LockedAt.IsZero() { // its hold is over: what it counted and earned stays
			s.keep()
		}
		b.holdBanned(s)
		sources = append(sources, s)
	}
	for _, r := range known { // nothing is left of it
		sources = append(sources, &Source{Row: r, State: store.EarningVoid, Reason: "gone", When: r.OccurredAt, Release: r.ReleaseAt, At: b.Tx.Now})
	}
	return sources, nil
}

// left is what the units have left behind whose hold is over: it keeps what it
// has, and so its part of the caps.
func left(units []unit, known map[int64]*store.EarningRow) []unit {
	standing := make(map[int64]bool, len(units))
	for i := range units {
		standing[units[i].source] = true
	}
	var out []unit
	for _, source := range slices.Sorted(maps.Keys(known)) {
		if r := known[source]; !standing[source] && !r.LockedAt.IsZero() {
			out = append(out, unit{source: source, when: r.OccurredAt, release: r.ReleaseAt, state: r.State, reason: r.Reason})
		}
	}
	return out
}

// InfluencerBanned is the reason of an earning that waits because its
// influencer was banned after it happened.
const InfluencerBanned = "influencer_banned"

func (b *Book) loadBans(ctx context.Context, versions []attribution.Agreement) (err error) {
	ids := make([]int64, len(versions))
	for i := range versions {
		ids[i] = versions[i].InfluencerID
	}
	b.banned, err = b.Tx.BannedInfluencers(ctx, ids)
	return err
}

// holdBanned holds what a banned influencer has pending. It keeps its amount and
// its place, so that lifting the ban only lets it go on.
func (b *Book) holdBanned(s *Source) {
	if b.banned[s.Row.InfluencerID] && s.Row.LockedAt.IsZero() && s.State == store.EarningPending {
		s.State, s.Reason = store.EarningHeld, InfluencerBanned
	}
}

// keep leaves the source as it is stored.
func (s *Source) keep() {
	r := s.Row
	s.Target, s.Gross, s.Net, s.Counted, s.State, s.Reason, s.Detail = r.Posted, r.GrossBase, r.NetBase, r.Counted, r.State, r.Reason, r.Detail
	s.When = r.OccurredAt
}

// pieces are the targets of what is paid by the piece.
func pieces(b *Book, _ *attribution.Agreement, c *terms.Component, units []unit, rows []*store.EarningRow) []int64 {
	ps := make([]commission.Piece, len(units))
	for i, u := range units {
		ps[i] = commission.Piece{ID: u.source, At: u.when, Counts: u.count > 0 && u.state == store.EarningPending, Final: !rows[i].LockedAt.IsZero(), Posted: rows[i].Posted}
	}
	return commission.PieceTargets(c, b.Shop.Zone, ps)
}

// fees are the fees of a version that have fallen due. A fee is no sale that
// could be taken back, so it has no hold. New terms that still have the fee do
// not make it due again: what falls due once fell due under the first version
// that has it, and monthly ones go on by its days.
func (b *Book) fees(_ context.Context, v *attribution.Agreement, c *terms.Component) ([]unit, error) {
	first := b.first(v, c)
	if first.VersionID != v.VersionID && c.Due != terms.EachMonth {
		return nil, nil
	}
	var units []unit
	for _, due := range commission.FeeDates(c, first.Effective.From, v.Effective.To, b.Tx.Now, b.Shop.Zone) {
		if due.Before(v.Effective.From) {
			continue
		}
		units = append(units, unit{source: due.Unix(), when: due, release: due, count: 1, worth: c.AmountMinor(""), state: store.EarningPending})
	}
	return units, nil
}

// first is the first version of v's agreement that has the component.
func (b *Book) first(v *attribution.Agreement, c *terms.Component) *attribution.Agreement {
	for i := range b.versions {
		w := &b.versions[i]
		if w.ID != v.ID || w.Number >= v.Number {
			continue
		}
		if k := w.Terms.Component(c.ID); k != nil && k.Type == c.Type {
			return w
		}
	}
	return v
}

// gifts are the products a version gives, at what they cost, when it was agreed.
// Nothing is owed for them. New terms that still name a gift give it once.
func (b *Book) gifts(_ context.Context, v *attribution.Agreement, c *terms.Component) ([]unit, error) {
	if b.first(v, c).VersionID != v.VersionID {
		return nil, nil
	}
	at := v.Effective.From
	return []unit{{source: at.Unix(), when: at, release: at, count: 1, cost: c.AmountMinor(""), state: store.EarningPending}}, nil
}

// NextDue is when the version must be settled again although nothing has
// happened: when its next fee falls due. Zero: never.
func (b *Book) NextDue(v *attribution.Agreement) (next time.Time) {
	for i := range v.Terms.Components {
		c := &v.Terms.Components[i]
		if c.Type != terms.FlatFee {
			continue
		}
		far := b.Tx.Now.AddDate(10, 0, 0)
		for _, due := range commission.FeeDates(c, b.first(v, c).Effective.From, v.Effective.To, far, b.Shop.Zone) {
			if due.After(b.Tx.Now) && !due.Before(v.Effective.From) {
				if next.IsZero() || due.Before(next) {
					next = due
				}
				break
			}
		}
	}
	return next
}

// release is when the hold of something that happened at ends.
func (b *Book) release(t *terms.Terms, at time.Time) time.Time {
	return period.Release(at, t.Hold.Days, b.Shop.Zone)
}
