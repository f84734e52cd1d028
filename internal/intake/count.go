package intake

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"time"

	"tributary/internal/domain/attribution"
	"tributary/internal/domain/commission"
	"tributary/internal/domain/kpi"
	"tributary/internal/domain/order"
	"tributary/internal/store"
)

// repeatWindow is how long after a customer was acquired later orders are
// repeat conversions of the influencer who brought them.
const repeatWindow = 365 * 24 * time.Hour

// count brings what each order in the work counts for in the KPIs up to date.
func (w *work) count(alone []*source, folds foldings) error {
	if w.book.Uncounted {
		return nil
	}
	byOrder := map[int64][]*source{}
	add := func(s *source) {
		if s.eval.OrderID != 0 {
			byOrder[s.eval.OrderID] = append(byOrder[s.eval.OrderID], s)
		}
	}
	for _, s := range alone {
		add(s)
	}
	for _, f := range folds {
		for _, s := range f.own {
			add(s)
		}
	}
	for _, e := range w.orders {
		shared := byOrder[e.o.ID] // in the decision's order, whichever of them are folded
		slices.SortFunc(shared, func(a, b *source) int { return cmp.Compare(a.share, b.share) })
		now := w.cells(e, shared)
		b := now.Encode()
		if bytes.Equal(b, e.row.KPI) {
			continue
		}
		before, err := kpi.Decode(e.row.KPI)
		if err != nil {
			return poison{fmt.Errorf("order %d: %w", e.o.ID, err)}
		}
		if w.book.Dry != nil {
			w.differsCells(e.o.ID, now, before)
			continue
		}
		w.book.Count(before, -1)
		w.book.Count(now, 1)
		e.row.KPI = b
		e.dirty = true
	}
	return nil
}

// differsCells tells what an order should count for and does not, or the other
// way round.
func (w *work) differsCells(orderID int64, want, have kpi.Cells) {
	all := kpi.Cells{}
	all.Add(want, 1)
	for k := range have {
		all.At(k)
	}
	for k := range all {
		for i, v := range want.At(k) {
			if got := have.At(k)[i]; v != got {
				w.book.Differs("kpi_is_recomputable", fmt.Sprintf("order %d, %s of %s %d, %s", orderID, kpi.Names[i], kpi.DimNames[k.Dim], k.ID, k.Hour.Format(time.RFC3339)), v, got)
			}
		}
	}
}

// cells is what an order counts for: as a conversion of those who share it, and
// as a repeat conversion of whoever acquired its customer.
func (w *work) cells(e *entry, sources []*source) kpi.Cells {
	c := kpi.Cells{}
	sn := &e.o.Snapshot
	when := sn.PaidAt
	if when.IsZero() {
		when = sn.CreatedAt
	}
	if when.IsZero() {
		return c
	}
	hour, currency := kpi.HourOf(when, w.shop.Zone), string(sn.Currency)
	if currency == "" {
		currency = w.shop.Currency
	}
	at := func(d kpi.Dim, id int64) *kpi.Measures {
		return c.At(kpi.Key{Dim: d, ID: id, Hour: hour, Currency: currency})
	}
	seen := map[kpi.Key]bool{}
	place := w.place(e)
	for _, s := range sources {
		if !commission.Converts(s.eval.State) {
			continue
		}
		share := &e.decision.Shares[s.share]
		dims := []kpi.Key{{Dim: kpi.Shop}, {Dim: kpi.Campaign, ID: s.Row.CampaignID}, {Dim: kpi.Influencer, ID: share.InfluencerID}}
		if s.Link != 0 {
			dims = append(dims, kpi.Key{Dim: kpi.Link, ID: s.Link})
		}
		if s.Code != 0 {
			dims = append(dims, kpi.Key{Dim: kpi.Code, ID: s.Code})
		}
		if share.PageID != 0 {
			dims = append(dims, kpi.Key{Dim: kpi.Page, ID: share.PageID})
		}
		if share.SessionID != 0 {
			dims = append(dims, kpi.Key{Dim: kpi.Session, ID: share.SessionID})
		}
		byClick := share.Via == attribution.Click || share.Via == attribution.Visit
		for _, k := range dims {
			m := at(k.Dim, k.ID)
			if !seen[k] || len(share.Lines) > 0 { // shares have lines of their own, or each the whole order
				m[kpi.Gross] += s.eval.Gross
				m[kpi.Net] += s.eval.Net
			}
			if seen[k] { // an order that two share is one
				continue
			}
			seen[k] = true
			m[kpi.Orders]++
			one(m, kpi.Kept, s.eval.Net > 0)
			one(m, kpi.ClickOrders, byClick)
			one(m, kpi.KeptClicks, byClick && s.eval.Net > 0)
			one(m, kpi.Acquired, place.Acquired && s.share == 0)
		}
	}
	if order.Payment(place.Payment) == order.PaymentPaid {
		if first := w.acquirer(e); first != nil {
			at(kpi.Shop, 0)[kpi.Repeats]++
			at(kpi.Influencer, first.InfluencerID)[kpi.Repeats]++
			if v := w.prog.versions[first.VersionID]; v != nil {
				at(kpi.Campaign, v.CampaignID)[kpi.Repeats]++
			}
		}
	}
	return c
}

// acquirer is the earlier place of e's customer by which they were acquired,
// within the window; nil when there is none.
func (w *work) acquirer(e *entry) *store.CustomerOrder {
	h := w.past[customerKey(e.o)]
	for i := range h {
		p := &h[i]
		if !before(p.CreatedAt, p.ID, e.o.Snapshot.CreatedAt, e.o.ID) {
			return nil
		}
		if p.Acquired {
			if e.o.Snapshot.CreatedAt.Sub(p.CreatedAt) > repeatWindow {
				return nil
			}
			return p
		}
	}
	return nil
}

func one(m *kpi.Measures, what kpi.Measure, counts bool) {
	if counts {
		m[what]++
	}
}

// codeOf is the id of the code by which a share was won; 0 for none.
func (w *work) codeOf(o *order.Order, share *attribution.Share) int64 {
	if share.Code == "" {
		return 0
	}
	for _, span := range w.prog.codes[share.Code] {
		if span.AgreementID == share.AgreementID && !o.Snapshot.CreatedAt.Before(span.From) && (span.To.IsZero() || o.Snapshot.CreatedAt.Before(span.To)) {
			return span.ID
		}
	}
	return 0
}
