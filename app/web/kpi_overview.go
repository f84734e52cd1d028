package web

import (
	"context"

	"tributary/internal/domain/kpi"
	"tributary/internal/insight"
	"tributary/internal/store"
)

// KPIOverview is what a first page shows.
type KPIOverview struct {
	TimeZone string    `json:"time_zone"`
	Period   []KPIStep `json:"period" doc:"The last 30 days, a step a currency"`
	Before   []KPIStep `json:"before" doc:"The 30 days before"`
	Hours    []KPIStep `json:"hours" doc:"The last 48 hours"`
	Days     []KPIStep `json:"days" doc:"The last 365 days"`
	Top      []KPIStep `json:"top" doc:"The influencers with the highest net sales of the last 30 days"`
}

func (s *Server) overview(ctx context.Context, tx *store.Tx, _ *struct{}) (KPIOverview, error) {
	shop, err := tx.ShopForSettling(ctx)
	if err != nil {
		return KPIOverview{}, err
	}
	o, err := insight.Home(ctx, tx, shop.Zone, tx.Now)
	if err != nil {
		return KPIOverview{}, err
	}
	steps := func(rows []store.KPIRow, dim kpi.Dim, grain store.KPIGrain) []KPIStep {
		out := make([]KPIStep, len(rows))
		for i := range rows {
			out[i] = asKPIStep(&rows[i], dim, grain)
		}
		return out
	}
	return KPIOverview{TimeZone: shop.Zone.String(), Period: steps(o.Period, kpi.Shop, store.KPITotal), Before: steps(o.Before, kpi.Shop, store.KPITotal),
		Hours: steps(o.Hours, kpi.Shop, store.KPIHour), Days: steps(o.Days, kpi.Shop, store.KPIDay), Top: steps(o.Top, kpi.Influencer, store.KPITotal)}, nil
}
