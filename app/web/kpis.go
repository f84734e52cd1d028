package web

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"tributary/internal/domain/kpi"
	"tributary/internal/domain/money"
	"tributary/internal/errs"
	"tributary/internal/insight"
	"tributary/internal/store"
)

func (s *Server) kpiTable() []route {
	return []route{
		{get, "/kpis", read, "Get the KPIs of the shop or a part of it, as a series", reads(s.getKPIs)},
		{get, "/kpis/overview", read, "Get what the first page shows: the last 30 days beside those before, hours, days of a year, and who sold most", reads(s.overview)},
		{get, "/kpis/top", read, "List campaigns, influencers, links, codes, pages, live sessions or posts by a measure", reads(s.topKPIs)},
		{get, "/kpis/cohorts", read, "Get repeat conversions by the month in which customers were acquired", reads(s.cohorts)},
		{get, "/kpis/scores", read, "Score influencers by what they have done", reads(s.scores)},
	}
}

// KPIs is a series of sums with the figures made of them.
type KPIs struct {
	Dim      string    `json:"dim"`
	TimeZone string    `json:"time_zone" doc:"Whose days and hours these are"`
	Steps    []KPIStep `json:"steps"`
}

// KPIStep is the sums of one step in one currency.
type KPIStep struct {
	ID       string    `json:"id,omitempty" doc:"Of the campaign, influencer, link, code, page, live session or post"`
	From     string    `json:"from,omitempty" doc:"Start of the step: a date, or the instant an hour begins; absent for a total"`
	Currency string    `json:"currency"`
	Counts   KPICounts `json:"counts"`
	Gross    []KPI     `json:"gross" doc:"Before refunds, with the cost before clawback"`
	Net      []KPI     `json:"net" doc:"After refunds, with the cost that remained"`
	Repeat   KPI       `json:"repeat" doc:"n/a for links, codes, pages, live sessions and posts: a customer comes back to whoever acquired them, by whatever touch"`
}

// KPICounts is what was counted.
type KPICounts struct {
	Impressions int64 `json:"impressions" doc:"Views of posts, as their snapshots tell; a correction takes away"`
	Clicks      int64 `json:"clicks" doc:"Valid ones"`
	Visits      int64 `json:"visits"`
	Orders      int64 `json:"orders" doc:"Attributed and paid for"`
	ClickOrders int64 `json:"click_orders" doc:"Of those, won by a click or a visit"`
	CodeOrders  int64 `json:"code_orders" doc:"Of those, won without a click"`
	Kept        int64 `json:"kept" doc:"Orders of which something was kept"`
	Gross       Money `json:"gross" doc:"Net sales as sold"`
	NetSales    Money `json:"net" doc:"Net sales after refunds"`
	Acquired    int64 `json:"acquired" doc:"Customers whose first order was attributed"`
	Repeats     int64 `json:"repeats" doc:"Later orders of customers acquired before; counted for the shop, campaigns and influencers"`
	Leads       int64 `json:"leads"`
	Entries     int64 `json:"entries"`
	Earned      Money `json:"earned" doc:"Commission and fees posted; of a link, code, page, live session or post: what it holds now, net of what was taken back"`
	Reversed    Money `json:"reversed" doc:"Taken back"`
	Gifts       Money `json:"gifts" doc:"Cost of products given"`
}

// KPI is one figure with how it comes about.
type KPI struct {
	Name    string  `json:"name" enum:"conversions,sales,conversion_rate,ctr,roi,rpm,cpa,cost,repeat_rate"`
	Value   *string `json:"value" doc:"A decimal; null (n/a) where the denominator is zero"`
	Unit    string  `json:"unit" enum:"count,percent,money"`
	Formula string  `json:"formula"`
}

func asKPIs(f kpi.Figures, currency string) []KPI {
	c := money.Currency(currency)
	percent := func(name, formula string, r kpi.Ratio) KPI {
		return KPI{Name: name, Unit: "percent", Formula: formula, Value: defined(r, r.Decimal(100, 2))}
	}
	amount := func(name, formula string, minor int64) KPI {
		v := money.Format(minor, c)
		return KPI{Name: name, Unit: "money", Formula: formula, Value: &v}
	}
	rate := func(name, formula string, r kpi.Ratio, scale int64) KPI {
		return KPI{Name: name, Unit: "money", Formula: formula, Value: defined(r, money.Format(r.Minor(scale), c))}
	}
	orders := strconv.FormatInt(f.Conversions, 10)
	return []KPI{
		{Name: "conversions", Unit: "count", Formula: "attributed, paid orders", Value: &orders},
		amount("sales", "net sales of those orders", f.Sales),
		percent("conversion_rate", "orders by click ÷ valid clicks", f.ConversionRate),
		percent("ctr", "valid clicks ÷ impressions", f.CTR),
		percent("roi", "(sales − cost) ÷ cost", f.ROI),
		rate("rpm", "sales ÷ impressions × 1000", f.RPM, 1000),
		rate("cpa", "cost ÷ conversions", f.CPA, 1),
		amount("cost", "commission + fees + gifts", f.Cost),
	}
}

func defined(r kpi.Ratio, v string) *string {
	if !r.Defined() {
		return nil
	}
	return &v
}

var dimPrefix = map[kpi.Dim]string{kpi.Campaign: "cmp", kpi.Influencer: "inf", kpi.Link: "lnk", kpi.Code: "cod", kpi.Page: "pag", kpi.Session: "liv", kpi.Post: "pst"}

func asKPIStep(r *store.KPIRow, dim kpi.Dim, grain store.KPIGrain) KPIStep {
	m := &r.Measures
	amount := func(k kpi.Measure) Money { return asMoney(m[k], r.Currency) }
	step := KPIStep{
		Currency: r.Currency, Gross: asKPIs(m.GrossFigures(), r.Currency), Net: asKPIs(m.NetFigures(), r.Currency),
		Repeat: KPI{Name: "repeat_rate", Unit: "percent", Formula: "later orders of acquired customers ÷ customers acquired"},
		Counts: KPICounts{Impressions: m[kpi.Impressions], Clicks: m[kpi.Clicks], Visits: m[kpi.Visits], Orders: m[kpi.Orders], ClickOrders: m[kpi.ClickOrders],
			CodeOrders: m[kpi.Orders] - m[kpi.ClickOrders], Kept: m[kpi.Kept], Gross: amount(kpi.Gross), NetSales: amount(kpi.Net), Acquired: m[kpi.Acquired],
			Repeats: m[kpi.Repeats], Leads: m[kpi.Leads], Entries: m[kpi.Entries], Earned: amount(kpi.Earned), Reversed: amount(kpi.Reversed), Gifts: amount(kpi.Gifts)},
	}
	if dim.Repeats() {
		step.Repeat.Value = defined(m.RepeatRate(), m.RepeatRate().Decimal(100, 2))
	}
	if p := dimPrefix[dim]; p != "" {
		step.ID = formatID(p, r.ID)
	}
	switch {
	case r.At.IsZero():
	case grain == store.KPIHour:
		step.From = r.At.Format(time.RFC3339)
	default:
		step.From = r.At.Format(time.DateOnly)
	}
	return step
}

// KPIIn says what to sum.
type KPIIn struct {
	Dim   string `query:"dim" enum:"shop,campaign,influencer,link,code,page,session,post" default:"shop"`
	From  string `query:"from" doc:"First day of the shop's calendar (2026-11-01), or with grain hour an instant; default 30 days ago, or 24 hours"`
	To    string `query:"to" doc:"The day after the last, or with grain hour an instant; default tomorrow, or in an hour"`
	Grain string `query:"grain" enum:"hour,day,week,month,total" default:"total" doc:"Hours of the shop's clocks, days, weeks from Monday, months; hour with a range of at most 31 days (40 with dim shop)"`
}

// filter reads dim, grain and range. Days are bounded to 5 years; hours to 40 days
// where they are kept, and to 31 where they are counted for the answer.
func (in *KPIIn) filter(shop *store.ShopForSettling, now time.Time) (store.KPIFilter, error) {
	f := store.KPIFilter{Dim: kpi.Dim(slices.Index(kpi.DimNames, in.Dim)), Grain: store.KPIGrain(in.Grain)} //nolint:gosec // one of the names
	y, m, d := now.In(shop.Zone).Date()
	today := time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	f.From, f.To = today.AddDate(0, 0, -29), today.AddDate(0, 0, 1)
	if f.Grain == store.KPIHour {
		f.From, f.To = now.Add(-24*time.Hour), now.Add(time.Hour)
	}
	var fields []errs.Field
	for _, x := range []struct {
		name, text string
		at         *time.Time
	}{{"from", in.From, &f.From}, {"to", in.To, &f.To}} {
		if x.text == "" {
			continue
		}
		layout, example := time.DateOnly, "2026-11-01"
		if f.Grain == store.KPIHour {
			layout, example = time.RFC3339, "2026-11-01T00:00:00Z"
		}
		t, err := time.Parse(layout, x.text)
		if err != nil {
			fields = append(fields, errs.Field{Path: x.name, Msg: "must look like " + example + " with this grain"})
			continue
		}
		*x.at = t.UTC()
	}
	longest, instead := 5*366, ""
	if f.Grain == store.KPIHour {
		longest, instead = 40, "; ask for one stretch after the other, or for days"
		if !f.Dim.Hourly() {
			longest = 31
		}
	}
	if len(fields) == 0 && (!f.To.After(f.From) || f.To.Sub(f.From) > time.Duration(longest)*24*time.Hour) {
		fields = append(fields, errs.Field{Path: "to", Msg: fmt.Sprintf("must be after from, by at most %d days with grain %s%s", longest, f.Grain, instead)})
	}
	if len(fields) > 0 {
		return f, errs.New(errs.Invalid, "invalid_range", "There are no KPIs like this.", fields...)
	}
	return f, nil
}

type getKPIsIn struct {
	KPIIn
	ID string `query:"id" doc:"Of the campaign, influencer, link, code, page, live session or post; not with dim shop"`
}

func (s *Server) getKPIs(ctx context.Context, tx *store.Tx, in *getKPIsIn) (KPIs, error) {
	shop, err := tx.ShopForSettling(ctx)
	if err != nil {
		return KPIs{}, err
	}
	f, err := in.filter(&shop, tx.Now)
	if err != nil {
		return KPIs{}, err
	}
	if f.Dim != kpi.Shop {
		if f.ID, err = parseID(dimPrefix[f.Dim], in.ID); err != nil {
			return KPIs{}, err
		}
	}
	return kpisOf(ctx, tx, &shop, in.Dim, f)
}

func kpisOf(ctx context.Context, tx *store.Tx, shop *store.ShopForSettling, dim string, f store.KPIFilter) (KPIs, error) {
	rows, err := insight.KPIs(ctx, tx, f)
	if err != nil {
		return KPIs{}, err
	}
	out := KPIs{Dim: dim, TimeZone: shop.Zone.String(), Steps: make([]KPIStep, len(rows))}
	for i := range rows {
		out.Steps[i] = asKPIStep(&rows[i], f.Dim, f.Grain)
	}
	return out, nil
}

type topKPIsIn struct {
	KPIIn
	By    string `query:"by" enum:"orders,kept,gross,net,impressions,clicks,visits,acquired,repeats,leads,entries,earned" default:"net"`
	Limit int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
}

func (s *Server) topKPIs(ctx context.Context, tx *store.Tx, in *topKPIsIn) (KPIs, error) {
	shop, err := tx.ShopForSettling(ctx)
	if err != nil {
		return KPIs{}, err
	}
	in.Grain = string(store.KPITotal)
	f, err := in.filter(&shop, tx.Now)
	if err != nil {
		return KPIs{}, err
	}
	f.EachID, f.Limit, f.Order = true, in.Limit, kpi.Measure(slices.Index(kpi.Names[:], in.By))
	return kpisOf(ctx, tx, &shop, in.Dim, f)
}

// Cohort is the customers acquired in one month.
type Cohort struct {
	Month     string  `json:"month" example:"2026-10"`
	Customers int64   `json:"customers"`
	Repeats   []int64 `json:"repeats" doc:"Paid orders after the first: in the same month, the month after, and so on"`
}

type cohortsIn struct {
	Influencer string `query:"influencer" doc:"Only those this influencer acquired"`
}

func (s *Server) cohorts(ctx context.Context, tx *store.Tx, in *cohortsIn) (List[Cohort], error) {
	influencer, err := parseOptionalID("inf", in.Influencer)
	if err != nil {
		return List[Cohort]{}, err
	}
	shop, err := tx.ShopForSettling(ctx)
	if err != nil {
		return List[Cohort]{}, err
	}
	cohorts, err := insight.Cohorts(ctx, tx, influencer, shop.Zone)
	if err != nil {
		return List[Cohort]{}, err
	}
	out := List[Cohort]{Data: make([]Cohort, len(cohorts))}
	for i, c := range cohorts {
		out.Data[i] = Cohort{Month: c.Month, Customers: c.Customers, Repeats: c.Repeats}
	}
	return out, nil
}

// InfluencerScore is how promising an influencer is by what they have done.
type InfluencerScore struct {
	InfluencerID string           `json:"influencer_id"`
	Points       int64            `json:"points" minimum:"0" maximum:"100" doc:"50 is the shop's average"`
	Components   []ScoreComponent `json:"components"`
}

// ScoreComponent is one figure of a score.
type ScoreComponent struct {
	Name   string  `json:"name" enum:"conversion,revenue,kept,repeat"`
	Sample int64   `json:"sample" doc:"Clicks, orders or customers the own figure rests on"`
	Own    *string `json:"own" doc:"What the influencer did; null without a sample"`
	Shop   *string `json:"shop"`
	Used   *string `json:"used" doc:"Own, drawn towards the shop's as far as the sample is small"`
	Points int64   `json:"points"`
	Weight int64   `json:"weight" doc:"Of 100"`
}

type scoresIn struct {
	From string `query:"from" doc:"First day; default 365 days ago"`
	To   string `query:"to" doc:"The day after the last; default tomorrow"`
}

func (s *Server) scores(ctx context.Context, tx *store.Tx, in *scoresIn) (List[InfluencerScore], error) {
	none := List[InfluencerScore]{}
	shop, err := tx.ShopForSettling(ctx)
	if err != nil {
		return none, err
	}
	q := KPIIn{Dim: "influencer", From: in.From, To: in.To, Grain: string(store.KPITotal)}
	if q.From == "" {
		q.From = tx.Now.In(shop.Zone).AddDate(-1, 0, 0).Format(time.DateOnly)
	}
	f, err := q.filter(&shop, tx.Now)
	if err != nil {
		return none, err
	}
	scores, err := insight.Scores(ctx, tx, f, shop.Currency)
	if err != nil {
		return none, err
	}
	out := List[InfluencerScore]{Data: []InfluencerScore{}}
	for _, id := range kpi.Best(scores) {
		one := InfluencerScore{InfluencerID: formatID("inf", id), Points: scores[id].Points, Components: []ScoreComponent{}}
		for _, c := range scores[id].Components {
			scale, decimals := int64(100), 2
			if c.Name == "revenue" {
				scale, decimals = 1, 0
			}
			show := func(r kpi.Ratio) *string {
				if c.Name == "revenue" {
					return defined(r, money.Format(r.Minor(1), money.Currency(shop.Currency)))
				}
				return defined(r, r.Decimal(scale, decimals))
			}
			one.Components = append(one.Components, ScoreComponent{Name: c.Name, Sample: c.Sample, Own: show(c.Own), Shop: show(c.Shop), Used: show(c.Used),
				Points: c.Points, Weight: c.Weight})
		}
		out.Data = append(out.Data, one)
	}
	return out, nil
}
