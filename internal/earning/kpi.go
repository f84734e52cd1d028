package earning

import (
	"context"
	"fmt"
	"time"

	"tributary/internal/domain/kpi"
	"tributary/internal/domain/ledger"
	"tributary/internal/store"
)

// Count adds sign × c to what the book will count with its next Write.
func (b *Book) Count(c kpi.Cells, sign int64) { b.counts().Add(c, sign) }

func (b *Book) counts() kpi.Cells {
	if b.cells == nil {
		b.cells = kpi.Cells{}
	}
	return b.cells
}

func (b *Book) countRow(r *store.EarningRow, sign int64) { CountRow(b.counts(), b.Shop.Zone, r, sign) }

func (b *Book) countJournal(j *ledger.Journal, campaign int64) {
	for _, p := range j.Postings {
		if p.Account == ledger.CommissionExpense {
			CountPosting(b.counts(), b.Shop.Zone, campaign, j.InfluencerID, string(j.Currency), j.OriginAt, p.Minor)
		}
	}
}

// CountRow counts sign × what an earning itself stands for. What is earned by
// link, code, page, live session and post is what the ledger holds now, on the
// day of the sale or the post; so it is net of what was taken back.
func CountRow(c kpi.Cells, zone *time.Location, r *store.EarningRow, sign int64) {
	hour := kpi.HourOf(r.OccurredAt, zone)
	counts := r.State == store.EarningPending || r.State == store.EarningLocked || r.State == store.EarningHeld
	switch {
	case r.Kind == store.EarningOrder:
		for dim, id := range [...]int64{kpi.Link: r.LinkID, kpi.Code: r.CodeID, kpi.Page: r.PageID, kpi.Session: r.SessionID} {
			if id != 0 {
				c.At(kpi.Key{Dim: kpi.Dim(dim), ID: id, Hour: hour, Currency: r.Currency})[kpi.Earned] += sign * r.Posted //nolint:gosec // one of the dimensions
			}
		}
	case r.Kind == store.EarningPost:
		c.At(kpi.Key{Dim: kpi.Post, ID: r.Source, Hour: hour, Currency: r.Currency})[kpi.Earned] += sign * r.Posted
	case r.Kind == store.EarningLead && counts:
		programme(c, hour, r.Currency, r.CampaignID, r.InfluencerID, kpi.Leads, sign*r.Counted)
	case r.Kind == store.EarningEntry && counts:
		programme(c, hour, r.Currency, r.CampaignID, r.InfluencerID, kpi.Entries, sign*r.Counted)
	case r.Kind == store.EarningGift && counts:
		programme(c, hour, r.Currency, r.CampaignID, r.InfluencerID, kpi.Gifts, sign*r.NetBase)
	}
}

// CountPosting counts what a posting to commission expense earns or takes back,
// when that happened.
func CountPosting(c kpi.Cells, zone *time.Location, campaign, influencer int64, currency string, at time.Time, minor int64) {
	measure := kpi.Earned
	if minor < 0 {
		measure, minor = kpi.Reversed, -minor
	}
	programme(c, kpi.HourOf(at, zone), currency, campaign, influencer, measure, minor)
}

// CountClick counts n valid clicks on a link, or visits of a page.
func CountClick(c kpi.Cells, zone *time.Location, campaign, influencer, link, page int64, currency string, at time.Time, n int64) {
	hour := kpi.HourOf(at, zone)
	measure, own := kpi.Clicks, kpi.Key{Dim: kpi.Link, ID: link, Hour: hour, Currency: currency}
	if page != 0 {
		own.Dim, own.ID = kpi.Page, page
		if link == 0 {
			measure = kpi.Visits
		}
	}
	programme(c, hour, currency, campaign, influencer, measure, n)
	c.At(own)[measure] += n
}

// programme counts v for the shop, a campaign and an influencer.
func programme(c kpi.Cells, hour time.Time, currency string, campaign, influencer int64, m kpi.Measure, v int64) {
	c.At(kpi.Key{Dim: kpi.Shop, Hour: hour, Currency: currency})[m] += v
	c.At(kpi.Key{Dim: kpi.Campaign, ID: campaign, Hour: hour, Currency: currency})[m] += v
	c.At(kpi.Key{Dim: kpi.Influencer, ID: influencer, Hour: hour, Currency: currency})[m] += v
}

// recount counts anew what happened. Of one thing it may count more than r asks
// for: other cells, and not all of those.
func (b *Book) recount(ctx context.Context, r store.Recount) (kpi.Cells, error) {
	out, zone := kpi.Cells{}, b.Shop.Zone
	if err := b.Tx.EachOrderKPI(ctx, r, func(cells []byte) error {
		c, err := kpi.Decode(cells)
		if err == nil {
			out.Add(c, 1)
		}
		return err
	}); err != nil {
		return nil, err
	}
	if err := b.Tx.EachExpense(ctx, r, func(x *store.Expense) error {
		CountPosting(out, zone, x.CampaignID, x.InfluencerID, x.Currency, x.At, x.Minor)
		return nil
	}); err != nil {
		return nil, err
	}
	if err := b.Tx.EachEarning(ctx, r, func(e *store.EarningRow) error {
		CountRow(out, zone, e, 1)
		return nil
	}); err != nil {
		return nil, err
	}
	if err := b.eachImpressions(ctx, r, func(c kpi.Cells) { out.Add(c, 1) }); err != nil {
		return nil, err
	}
	if err := b.Tx.EachValidClick(ctx, r, func(k *store.ValidClick) error {
		CountClick(out, zone, k.CampaignID, k.InfluencerID, k.LinkID, k.PageID, b.Shop.Currency, k.At, 1)
		return nil
	}); err != nil {
		return nil, err
	}
	return out, nil
}

// Hours counts the hours of one thing that begin in [f.From, f.To) from what
// happened, as VerifyKPI does: they add up to the days that are kept.
func (b *Book) Hours(ctx context.Context, f store.KPIFilter) ([]store.KPIRow, error) {
	cells, err := b.recount(ctx, store.Recount{Dim: f.Dim, ID: f.ID, From: f.From, To: f.To.Add(time.Hour)}) // of an hour that begins just before To, too
	if err != nil {
		return nil, fmt.Errorf("count hours of %s %d: %w", kpi.DimNames[f.Dim], f.ID, err)
	}
	var out []store.KPIRow
	for _, k := range cells.Keys() {
		if k.Dim == f.Dim && k.ID == f.ID && !k.Hour.Before(f.From) && k.Hour.Before(f.To) {
			out = append(out, store.KPIRow{ID: k.ID, At: k.Hour, Currency: k.Currency, Measures: *cells[k]})
		}
	}
	return out, nil
}

// VerifyKPI counts everything anew and compares with what is counted. It
// reports to Dry.
func (b *Book) VerifyKPI(ctx context.Context) error {
	zone := b.Shop.Zone
	want, err := b.recount(ctx, store.Recount{})
	if err != nil {
		return err
	}
	days, hours := kpi.Cells{}, kpi.Cells{}
	for k, m := range want {
		if k.Dim.Hourly() {
			hours.At(k).Add(m)
		}
		y, mo, d := k.Hour.In(zone).Date()
		k.Hour = time.Date(y, mo, d, 0, 0, 0, 0, time.UTC)
		days.At(k).Add(m)
	}
	for grain, counted := range map[store.KPIGrain]kpi.Cells{store.KPIDay: days, store.KPIHour: hours} {
		have := kpi.Cells{}
		if err := b.Tx.EachKPI(ctx, grain, func(k kpi.Key, m *kpi.Measures) { have.At(k).Add(m) }); err != nil {
			return err
		}
		b.differsKPI(grain, counted, have)
	}
	return nil
}

func (b *Book) differsKPI(grain store.KPIGrain, want, have kpi.Cells) {
	all := kpi.Cells{}
	all.Add(want, 1)
	for k := range have {
		all.At(k)
	}
	for k := range all {
		w, h := want.At(k), have.At(k)
		for m := range w {
			if w[m] != h[m] {
				b.Differs("kpi_equals_recount", fmt.Sprintf("%s of %s %d, %s %s, %s", kpi.Names[m], kpi.DimNames[k.Dim], k.ID, grain, k.Hour.Format(time.RFC3339), k.Currency), w[m], h[m])
			}
		}
	}
}
