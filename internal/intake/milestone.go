package intake

import (
	"context"
	"maps"
	"slices"
	"time"

	"tributary/internal/domain/commission"
	"tributary/internal/domain/period"
	"tributary/internal/domain/terms"
	"tributary/internal/store"
)

func hasMilestones(t *terms.Terms) bool {
	return slices.ContainsFunc(t.Components, func(c terms.Component) bool { return c.Type == terms.Milestones })
}

// Milestones settles the milestones of agreements inside tx. Those counted on
// locked sales move when holds pass, so the payout side calls it after it has
// locked earnings. The caller holds the shop's lock.
func (s *Settler) Milestones(ctx context.Context, tx *store.Tx, agreements []int64) error {
	w, err := s.newWork(ctx, tx)
	if err != nil {
		return err
	}
	if err := w.loadAgreements(agreements); err != nil {
		return err
	}
	return w.milestones(agreements)
}

// milestones settles every milestone component of the agreements' versions,
// each period a source of its own (R-35 … ).
func (w *work) milestones(agreements []int64) error {
	for _, id := range agreements {
		for i := range w.prog.agreements[id] {
			v := &w.prog.agreements[id][i]
			if !hasMilestones(v.Terms) {
				continue
			}
			sales, err := w.tx.EarningsOfVersion(w.ctx, id, v.VersionID, time.Time{}, time.Time{})
			if err != nil {
				return err
			}
			have, err := w.tx.MilestoneEarnings(w.ctx, id)
			if err != nil {
				return err
			}
			var sources []*source
			for _, c := range v.Terms.Components {
				if c.Type != terms.Milestones {
					continue
				}
				byPeriod := w.qualifiers(c, sales)
				for k := range have { // one whose sales are all gone stands, too
					if have[k].Rule == c.ID && have[k].VersionID == v.VersionID && byPeriod[have[k].Source] == nil {
						byPeriod[have[k].Source] = []commission.Qualifier{}
					}
				}
				for _, key := range slices.Sorted(maps.Keys(byPeriod)) {
					row := &store.EarningRow{Kind: store.EarningMilestone, Source: key, Rule: c.ID, InfluencerID: v.InfluencerID,
						AgreementID: id, Currency: string(v.Terms.Currency)}
					for k := range have {
						if have[k].Source == key && have[k].Rule == c.ID && have[k].VersionID == v.VersionID {
							row = &have[k]
						}
					}
					row.VersionID, row.TermsHash = v.VersionID, v.Hash
					var paid int64
					if row.ID != 0 {
						if paid, err = w.tx.PaidOfEarning(w.ctx, row.ID); err != nil {
							return err
						}
					}
					posted := row.Posted
					if k, ok := w.s.original.Kept(row); ok {
						posted, paid = k.Posted, k.Paid
					}
					target, orders := commission.MilestoneTarget(c, v.Terms, byPeriod[key], posted, paid)
					if row.ID == 0 && target == 0 {
						continue
					}
					sources = append(sources, w.milestoneSource(row, c, v.Terms, target, orders, sales))
				}
			}
			if err := w.write(sources); err != nil {
				return err
			}
		}
	}
	return nil
}

// qualifiers deals the sales of a version out to the periods of a component,
// by the start of each in unix seconds; 0 stands for life.
func (w *work) qualifiers(c terms.Component, sales []store.EarningRow) map[int64][]commission.Qualifier {
	by := map[int64][]commission.Qualifier{}
	for i := range sales {
		e := &sales[i]
		if e.State == store.EarningUnpaid || e.State == store.EarningVoid || e.State == store.EarningDenied || e.State == store.EarningHeld {
			continue
		}
		var key int64
		if c.Period != nil {
			if start, _ := period.Of(c.Period, e.OccurredAt, w.shop.Zone); !start.IsZero() {
				key = start.Unix()
			}
		}
		by[key] = append(by[key], commission.Qualifier{OrderID: e.Source, PaidAt: e.OccurredAt, NetBase: e.Counted, Locked: !e.LockedAt.IsZero()})
	}
	return by
}

// milestoneSource is the source of one milestone. One that counts locked sales
// has no hold of its own: its sales have passed theirs, so it is payable at
// once. One that counts recorded sales waits as long as a sale would.
func (w *work) milestoneSource(row *store.EarningRow, c terms.Component, t *terms.Terms, target int64, orders []int64, sales []store.EarningRow) *source {
	s := &source{row: row, terms: nil, target: target, state: store.EarningPending, detail: encodeDetail(Detail{Rules: []string{c.ID}, Orders: orders})}
	s.when, s.release = row.OccurredAt, row.ReleaseAt
	var reached time.Time // when the sale that reached it happened, or passed its hold
	for i := range sales {
		at := sales[i].OccurredAt
		if c.CountBasis != "recorded" {
			at = sales[i].LockedAt
		}
		if slices.Contains(orders, sales[i].Source) && at.After(reached) {
			reached = at
		}
	}
	if reached.IsZero() {
		reached = w.tx.Now
	}
	if row.ID == 0 {
		s.when = reached
		s.release = reached
		if c.CountBasis == "recorded" {
			s.release = period.Release(reached, t.Hold.Days, w.shop.Zone)
		}
	}
	s.at = w.tx.Now
	if row.ID == 0 {
		s.at = reached
	}
	return s
}
