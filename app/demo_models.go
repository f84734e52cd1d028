package main

import (
	"fmt"
	"io"
	"slices"

	"tributary/internal/domain/kpi"
	"tributary/internal/domain/money"
	"tributary/internal/sandbox/scenario"
	"tributary/internal/store"
)

// modelReport is what one of the eleven ways to pay came to in both stores.
type modelReport struct {
	Model           scenario.Model `json:"model"`
	Influencers     int64          `json:"influencers"`
	Events          int64          `json:"events"`
	CommissionMinor int64          `json:"commission_minor"`
	ReversedMinor   int64          `json:"reversed_minor"`
}

// kpiReport is the six KPIs of a store over all its time.
type kpiReport struct {
	Shop     string  `json:"shop"`
	Currency string  `json:"currency"`
	Gross    figures `json:"gross"` // before refunds and clawback
	Net      figures `json:"net"`   // after them
}

// figures are the six KPIs; null where the denominator is zero.
type figures struct {
	Conversions    int64   `json:"conversions"`
	SalesMinor     int64   `json:"sales_minor"`
	CostMinor      int64   `json:"cost_minor"`
	ConversionRate *string `json:"conversion_rate"` // percent, as all rates
	CTR            *string `json:"ctr"`
	ROI            *string `json:"roi"`
	RPM            *string `json:"rpm"`
	CPA            *string `json:"cpa"`
	RepeatRate     *string `json:"repeat_rate"`
}

// addModels adds the campaigns of a store; they are named after the models.
func (r *report) addModels(campaigns []store.CampaignSummary) {
	if r.Models == nil {
		for _, m := range scenario.Models {
			r.Models = append(r.Models, modelReport{Model: m})
		}
	}
	for _, c := range campaigns {
		i := slices.IndexFunc(r.Models, func(m modelReport) bool { return string(m.Model) == c.Name })
		if i < 0 {
			continue // somebody has added a campaign of their own
		}
		m := &r.Models[i]
		m.Influencers += c.Influencers
		m.Events += c.Events
		m.CommissionMinor += c.CommissionMinor
		m.ReversedMinor += c.ReversedMinor
	}
}

func (r *report) addKPIs(s *demoShop, rows []store.KPIRow) {
	for i := range rows {
		m := &rows[i].Measures
		currency := money.Currency(rows[i].Currency)
		repeat := m.RepeatRate()
		r.KPIs = append(r.KPIs, kpiReport{Shop: s.name(), Currency: rows[i].Currency,
			Gross: figuresOf(m.GrossFigures(), repeat, currency), Net: figuresOf(m.NetFigures(), repeat, currency)})
	}
}

func figuresOf(f kpi.Figures, repeat kpi.Ratio, c money.Currency) figures {
	percent := func(r kpi.Ratio) *string { return orNull(r, r.Decimal(100, 2)) }
	return figures{Conversions: f.Conversions, SalesMinor: f.Sales, CostMinor: f.Cost, ConversionRate: percent(f.ConversionRate), CTR: percent(f.CTR), ROI: percent(f.ROI),
		RPM: orNull(f.RPM, money.Format(f.RPM.Minor(1000), c)), CPA: orNull(f.CPA, money.Format(f.CPA.Minor(1), c)), RepeatRate: percent(repeat)}
}

func orNull(r kpi.Ratio, v string) *string {
	if !r.Defined() {
		return nil
	}
	return &v
}

// printModels writes what each way to pay came to, and the KPIs of each store.
func (r *report) printModels(w io.Writer) {
	rows := [][]string{{"WAY TO PAY", "INFLUENCERS", "EVENTS", "EARNED", "TAKEN BACK"}}
	for _, m := range r.Models {
		rows = append(rows, []string{string(m.Model), fmt.Sprint(m.Influencers), fmt.Sprint(m.Events), money.Format(m.CommissionMinor, money.Currency(r.Currency)),
			money.Format(m.ReversedMinor, money.Currency(r.Currency))})
	}
	_ = printTable(w, rows)
	fmt.Fprintln(w)
	rows = [][]string{{"KPI, AFTER REFUNDS", "CONVERSIONS", "SALES", "CONVERSION", "CLICK-THROUGH", "ROI", "RPM", "CPA", "REPEAT"}}
	for i := range r.KPIs {
		k := &r.KPIs[i]
		unit := func(v *string, unit string) string {
			if v == nil {
				return "n/a"
			}
			return *v + unit
		}
		f := k.Net
		rows = append(rows, []string{k.Shop, fmt.Sprint(f.Conversions), money.Format(f.SalesMinor, money.Currency(k.Currency)) + " " + k.Currency, unit(f.ConversionRate, " %"), unit(f.CTR, " %"),
			unit(f.ROI, " %"), unit(f.RPM, ""), unit(f.CPA, ""), unit(f.RepeatRate, " %")})
	}
	_ = printTable(w, rows)
}
