package earning

import (
	"context"

	"tributary/internal/domain/attribution"
	"tributary/internal/domain/commission"
	"tributary/internal/domain/period"
	"tributary/internal/domain/terms"
	"tributary/internal/store"
)

// clicks are the days of the shop on which there were clicks under the version.
// A day's hold begins at its end.
func (b *Book) clicks(ctx context.Context, v *attribution.Agreement, _ *terms.Component) ([]unit, error) {
	days, err := b.Tx.ClickDaysOf(ctx, v.ID, v.VersionID)
	if err != nil {
		return nil, err
	}
	units := make([]unit, len(days))
	for i, d := range days {
		_, end := period.Day(d.Day, b.Shop.Zone)
		units[i] = unit{source: d.Day.Unix(), when: d.Day, release: b.release(v.Terms, end), count: d.Valid, state: store.EarningPending}
	}
	return units, nil
}

// clickTargets are what the days earn together, in the order of time (R-44 … R-47).
func clickTargets(b *Book, v *attribution.Agreement, c *terms.Component, units []unit, rows []*store.EarningRow) []int64 {
	days := make([]commission.ClickDay, len(units))
	for i, u := range units {
		days[i] = commission.ClickDay{Start: u.when, Valid: u.count, Final: !rows[i].LockedAt.IsZero(), Counted: rows[i].Counted, Posted: rows[i].Posted}
	}
	return commission.ClickTargets(c, v.Terms.Currency, b.Shop.Zone, days)
}
