package insight

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"tributary/internal/domain/kpi"
	"tributary/internal/earning"
	"tributary/internal/store"
)

// KPIs sums what was counted. Hours are kept for the shop alone; those of
// anything else are counted when they are asked for.
func KPIs(ctx context.Context, tx *store.Tx, f store.KPIFilter) ([]store.KPIRow, error) {
	if f.Grain != store.KPIHour || f.Dim.Hourly() || f.EachID {
		return tx.KPIs(ctx, f)
	}
	book, err := earning.NewBook(ctx, tx)
	if err != nil {
		return nil, err
	}
	return book.Hours(ctx, f)
}

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

// HomePeriod is how many days Home looks back, and compares with those before.
const HomePeriod = 30

// Overview is what a merchant's first page shows.
type Overview struct {
	Period []store.KPIRow // sums of the last HomePeriod days, a row a currency
	Before []store.KPIRow // of the HomePeriod days before
	Hours  []store.KPIRow // of the last 48 hours
	Days   []store.KPIRow // of the last year
	Top    []store.KPIRow // the influencers who sold most in the period, in one currency each
}

// Home reads the overview of a shop as of now: a year of its days, two days of
// its hours, and who sold most, whatever it has behind it, in one round trip.
func Home(ctx context.Context, tx *store.Tx, zone *time.Location, now time.Time) (o Overview, err error) {
	y, m, d := now.In(zone).Date()
	tomorrow := time.Date(y, m, d+1, 0, 0, 0, 0, time.UTC)
	since := func(days int) time.Time { return tomorrow.AddDate(0, 0, -days) }
	hour := kpi.HourOf(now, zone)
	all, err := tx.KPIsOf(ctx,
		store.KPIFilter{Dim: kpi.Shop, Grain: store.KPIHour, From: hour.Add(-47 * time.Hour), To: hour.Add(time.Hour)},
		store.KPIFilter{Dim: kpi.Shop, Grain: store.KPIDay, From: since(365), To: tomorrow},
		store.KPIFilter{Dim: kpi.Influencer, EachID: true, Order: kpi.Net, Limit: 10, Grain: store.KPITotal, From: since(HomePeriod), To: tomorrow})
	if err != nil {
		return o, fmt.Errorf("overview: %w", err)
	}
	o.Hours, o.Days, o.Top = all[0], all[1], all[2]
	o.Period, o.Before = together(o.Days, since(HomePeriod), tomorrow), together(o.Days, since(2*HomePeriod), since(HomePeriod))
	return o, nil
}

// together sums the days of [from, to) by currency.
func together(days []store.KPIRow, from, to time.Time) []store.KPIRow {
	sums := map[string]*store.KPIRow{}
	for i := range days {
		r := &days[i]
		if r.At.Before(from) || !r.At.Before(to) {
			continue
		}
		if sums[r.Currency] == nil {
			sums[r.Currency] = &store.KPIRow{ID: r.ID, Currency: r.Currency}
		}
		sums[r.Currency].Add(&r.Measures)
	}
	out := make([]store.KPIRow, 0, len(sums))
	for _, currency := range slices.Sorted(maps.Keys(sums)) {
		out = append(out, *sums[currency])
	}
	return out
}
