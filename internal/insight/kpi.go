package insight

import (
	"context"
	"fmt"
	"time"

	"tributary/internal/domain/kpi"
	"tributary/internal/store"
)

// Cohort is the customers acquired in one month of the shop's calendar.
type Cohort struct {
	Month     string // "2026-10"
	Customers int64
	Repeats   []int64 // paid orders after the first, by months since
}

// Cohorts lists the cohorts of customers whom an influencer acquired, or any
// (0), oldest first.
func Cohorts(ctx context.Context, tx *store.Tx, influencerID int64, zone *time.Location) ([]Cohort, error) {
	rows, err := tx.Cohorts(ctx, influencerID, zone.String())
	if err != nil {
		return nil, err
	}
	var out []Cohort
	for _, r := range rows {
		if len(out) == 0 || out[len(out)-1].Month != r.Month {
			out = append(out, Cohort{Month: r.Month})
		}
		c := &out[len(out)-1]
		if r.After < 0 {
			c.Customers = r.Count
			continue
		}
		for len(c.Repeats) <= r.After {
			c.Repeats = append(c.Repeats, 0)
		}
		c.Repeats[r.After] = r.Count
	}
	return out, nil
}

// Scores scores every influencer of whom anything was counted in the range. Only
// what was counted in the shop's currency is compared.
func Scores(ctx context.Context, tx *store.Tx, f store.KPIFilter, currency string) (map[int64]kpi.Score, error) {
	f.Dim, f.EachID, f.Grain, f.Order, f.Limit = kpi.Influencer, true, store.KPITotal, kpi.Net, 100_000
	each, err := tx.KPIs(ctx, f)
	if err != nil {
		return nil, fmt.Errorf("score influencers: %w", err)
	}
	f.Dim, f.EachID, f.ID = kpi.Shop, false, 0
	all, err := tx.KPIs(ctx, f)
	if err != nil {
		return nil, fmt.Errorf("score influencers: %w", err)
	}
	var shop kpi.Measures
	for i := range all {
		if all[i].Currency == currency {
			shop.Add(&all[i].Measures)
		}
	}
	out := map[int64]kpi.Score{}
	for i := range each {
		if each[i].Currency == currency {
			out[each[i].ID] = kpi.Scored(&each[i].Measures, &shop)
		}
	}
	return out, nil
}
