package web

import (
	"cmp"
	"context"
	"slices"
	"time"

	"tributary/internal/store"
)

type pageStatsIn struct {
	IDIn
	TimesIn
}

// PageStats says what came of a page, as a whole and per variant.
type PageStats struct {
	PageID   string       `json:"page_id"`
	From     *time.Time   `json:"from,omitempty"`
	To       *time.Time   `json:"to,omitempty"`
	Total    PageCounts   `json:"total"`
	Variants []PageCounts `json:"variants" doc:"A visitor who saw two of them counts in both"`
}

// PageCounts are the figures of a page or one of its variants.
type PageCounts struct {
	Variant        string        `json:"variant,omitempty"`
	Views          int64         `json:"views" doc:"By people: no bots, previews or prefetches"`
	UniqueVisitors int64         `json:"unique_visitors" doc:"Of those who may be recognised; who comes again on another day counts again"`
	ButtonClicks   int64         `json:"button_clicks"`
	Clickers       int64         `json:"clickers" doc:"Different visitors who clicked"`
	Conversions    int64         `json:"conversions" doc:"Paid orders whose winning touch is this page"`
	ClickRate      *Ratio        `json:"click_rate,omitempty" doc:"clickers / unique_visitors; absent without visitors"`
	ConversionRate *Ratio        `json:"conversion_rate,omitempty" doc:"conversions / button_clicks; absent without clicks"`
	Revenue        []PageRevenue `json:"revenue" doc:"One per currency"`
}

// Ratio is a part of a whole in basis points, rounded down.
type Ratio struct {
	Bps int64 `json:"bps" doc:"10000 is 100 %"`
	Of  int64 `json:"of"`
}

// PageRevenue is what a page sold in one currency: the bases that commission is
// counted from.
type PageRevenue struct {
	Gross      Money `json:"gross"`
	Net        Money `json:"net" doc:"After returns"`
	Commission Money `json:"commission" doc:"What the influencer earned, net of clawback"`
	Orders     int64 `json:"orders"`
}

func (s *Server) pageStats(ctx context.Context, tx *store.Tx, in *pageStatsIn) (PageStats, error) {
	id, err := parseID("pag", in.ID)
	if err != nil {
		return PageStats{}, err
	}
	p, err := tx.LandingPage(ctx, id)
	if err != nil {
		return PageStats{}, err
	}
	views, err := tx.LandingViews(ctx, id, in.From, in.To)
	if err != nil {
		return PageStats{}, err
	}
	sales, err := tx.LandingSales(ctx, id, p.AgreementID, in.From, in.To)
	if err != nil {
		return PageStats{}, err
	}
	out := PageStats{PageID: formatID("pag", id), From: utcOrNil(in.From), To: utcOrNil(in.To), Variants: []PageCounts{}, Total: PageCounts{Revenue: []PageRevenue{}}}
	by := map[string]*PageCounts{}
	of := func(variant string) *PageCounts {
		if by[variant] == nil {
			by[variant] = &PageCounts{Variant: variant, Revenue: []PageRevenue{}}
		}
		return by[variant]
	}
	for _, v := range views {
		c := &out.Total
		if v.Variant != "" {
			c = of(v.Variant)
		}
		c.Views, c.UniqueVisitors, c.ButtonClicks, c.Clickers = v.Views, v.Visitors, v.Clicks, v.Clickers
	}
	total := map[[2]string]*store.LandingSales{}
	for _, x := range sales {
		of(x.Variant).sold(&x)
		key := [2]string{x.Currency, x.EarnedIn}
		if total[key] == nil {
			total[key] = &store.LandingSales{Currency: x.Currency, EarnedIn: x.EarnedIn}
		}
		t := total[key]
		t.Orders, t.Gross, t.Net, t.Earned = t.Orders+x.Orders, t.Gross+x.Gross, t.Net+x.Net, t.Earned+x.Earned
	}
	for _, t := range total {
		out.Total.sold(t)
	}
	slices.SortFunc(out.Total.Revenue, func(a, b PageRevenue) int {
		return cmp.Or(cmp.Compare(a.Net.Currency, b.Net.Currency), cmp.Compare(a.Commission.Currency, b.Commission.Currency))
	})
	out.Total.rates()
	for _, c := range by {
		c.rates()
		out.Variants = append(out.Variants, *c)
	}
	slices.SortFunc(out.Variants, func(a, b PageCounts) int { return cmp.Compare(a.Variant, b.Variant) })
	return out, nil
}

func (c *PageCounts) sold(x *store.LandingSales) {
	c.Conversions += x.Orders
	c.Revenue = append(c.Revenue, PageRevenue{Orders: x.Orders, Gross: asMoney(x.Gross, x.Currency), Net: asMoney(x.Net, x.Currency), Commission: asMoney(x.Earned, x.EarnedIn)})
}

func (c *PageCounts) rates() {
	c.ClickRate, c.ConversionRate = ratio(c.Clickers, c.UniqueVisitors), ratio(c.Conversions, c.ButtonClicks)
}

// ratio is nil when there is nothing to divide by.
func ratio(part, whole int64) *Ratio {
	if whole == 0 {
		return nil
	}
	return &Ratio{Bps: part * 10_000 / whole, Of: whole}
}
