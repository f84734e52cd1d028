package main

import (
	"context"
	"fmt"

	"tributary/internal/earning"
	"tributary/internal/insight"
	"tributary/internal/store"
)

// simulate tries the terms that every agreement has had from its start on what
// it has behind it, holds as they are: that must give what is posted, whatever
// the way to pay.
func (d *demo) simulate(ctx context.Context, s *demoShop, r *report) error {
	return d.sys.DB.InSnapshot(ctx, s.id, func(tx *store.Tx) error {
		signed, err := tx.AgreementsSigned(ctx, 0, 0)
		if err != nil {
			return err
		}
		ids, count := make([]int64, len(signed)), map[int64]int{}
		for i := range signed {
			ids[i] = signed[i].ID
		}
		var known earning.Terms
		versions, err := known.Versions(ctx, tx, ids)
		if err != nil {
			return err
		}
		for i := range versions {
			count[versions[i].ID]++
		}
		for i := range versions {
			v := &versions[i]
			if count[v.ID] > 1 {
				continue // what it has had changed on the way
			}
			sim, err := insight.Simulate(ctx, tx, insight.Draft{Terms: v.Terms, AgreementID: v.ID, HoldsNow: true, Limit: 1}, nil)
			if err != nil {
				return fmt.Errorf("try agreement %d: %w", v.ID, err)
			}
			r.Simulated++
			for _, c := range sim.Totals.Components {
				if c.Simulated != *c.Today || len(c.TodayOther) > 0 {
					r.SimulationDifferences++
					r.Differences = append(r.Differences, store.Difference{Invariant: "simulation_gives_what_is_posted",
						Subject: fmt.Sprintf("agreement %d, %s", v.ID, c.For), Want: c.Today.Amount, Got: c.Simulated.Amount})
				}
			}
		}
		return nil
	})
}
