// Package earning brings the ledger to where the targets are: for each source
// of earnings it posts target − posted, and nothing when that is zero. Sources
// are made by those who know what happened: intake makes them of orders, Settle
// of clicks, leads, posts, giveaway entries and fees.
package earning

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"tributary/internal/domain/attribution"
	"tributary/internal/domain/commission"
	"tributary/internal/domain/kpi"
	"tributary/internal/domain/ledger"
	"tributary/internal/domain/money"
	"tributary/internal/store"
)

// Source is one earning being settled. Amounts are minor units.
type Source struct {
	Row    *store.EarningRow // as stored; ID 0 when it is new
	Target int64
	State  string // store.EarningPending, …
	Reason string
	// At is when the change happened that makes it being settled; When is its
	// place among the sources of its agreement.
	At, When time.Time
	// Release is when the hold ends; zero while that cannot be told.
	Release time.Time
	Gross   int64 // base as sold, in the shop's currency
	Net     int64 // base now
	Counted int64 // what tiers and milestones count: net in the terms' currency, clicks, 1 for a lead
	Detail  []byte
	// Link, Code and Page are those of the touch that won the order, Session is
	// the live session it was sold in; 0: none.
	Link, Code, Page, Session int64
}

// Detail is what is kept with an earning so that it explains itself, and so
// that tiers can be folded again without loading orders.
type Detail struct {
	Eval  *commission.Eval        `json:"eval,omitempty"` // only where other orders' earnings depend on it
	Lines []commission.LineResult `json:"lines,omitempty"`
	Rules []string                `json:"rules,omitempty"`
	// Orders are the sales that reached a milestone.
	Orders []int64 `json:"orders,omitempty"`
	// Events are the numbers of the post's snapshot that counts.
	Events *commission.Engagement `json:"events,omitempty"`
}

// Encode is the detail as it is stored.
func (d Detail) Encode() []byte {
	b, err := json.Marshal(d)
	if err != nil {
		panic(err) // plain values
	}
	return b
}

// Book writes sources in one transaction of a shop whose lock the caller holds.
type Book struct {
	Tx   *store.Tx
	Shop store.ShopForSettling
	// Original is what a replay takes from the ledger that it rebuilds, because
	// it is history and no function of what happened; else nil.
	Original *store.Original
	// Dry, if not nil, collects what would change; nothing is written.
	Dry *[]store.Difference
	// Journals counts what was posted.
	Journals int
	// Uncounted leaves the KPIs alone: it is for measuring what counting costs.
	Uncounted bool

	cells    kpi.Cells               // to be counted with the next Write
	versions []attribution.Agreement // being settled
	banned   map[int64]bool          // influencers of the versions being settled
}

// NewBook opens the book of tx's shop.
func NewBook(ctx context.Context, tx *store.Tx) (*Book, error) {
	shop, err := tx.ShopForSettling(ctx)
	if err != nil {
		return nil, err
	}
	return &Book{Tx: tx, Shop: shop}, nil
}

// Write updates the earnings that changed and posts the differences.
func (b *Book) Write(ctx context.Context, sources []*Source) error {
	var rows []*store.EarningRow
	var changed []*Source
	var deltas []int64
	for _, s := range sources {
		r := s.Row
		delta := s.Target - r.Posted
		next := *r
		next.GrossBase, next.NetBase, next.Counted, next.Posted = s.Gross, s.Net, s.Counted, s.Target
		next.OccurredAt, next.State, next.Reason = s.When, s.State, s.Reason
		next.LinkID, next.CodeID, next.PageID, next.SessionID = s.Link, s.Code, s.Page, s.Session
		next.Detail = s.Detail
		if next.Detail == nil {
			next.Detail = []byte("{}")
		}
		if r.LockedAt.IsZero() {
			next.ReleaseAt = s.Release
			if next.State == store.EarningUnpaid {
				next.ReleaseAt = time.Time{}
			}
		} else if next.State != store.EarningVoid && next.State != store.EarningDenied {
			next.State = store.EarningLocked
		}
		if b.Dry != nil {
			b.differsSource(s, &next)
			continue
		}
		if r.ID != 0 && delta == 0 && same(r, &next) {
			continue
		}
		if r.ID != 0 {
			b.countRow(r, -1)
		}
		b.countRow(&next, 1)
		*r = next
		rows = append(rows, r)
		changed = append(changed, s)
		deltas = append(deltas, delta)
	}
	if err := b.Tx.UpsertEarnings(ctx, rows); err != nil {
		return err
	}
	var js []ledger.Journal
	for i, s := range changed {
		made := b.journal(s, deltas[i])
		for k := range made {
			b.countJournal(&made[k], s.Row.CampaignID)
		}
		js = append(js, made...)
	}
	b.Journals += len(js)
	if _, err := b.Tx.PostJournals(ctx, js); err != nil {
		return err
	}
	if err := b.tell(ctx, changed, deltas); err != nil {
		return err
	}
	counted := b.cells
	b.cells = nil
	if b.Original != nil || b.Uncounted { // a replay rebuilds the ledger; VerifyKPI counts anew
		return nil
	}
	return b.Tx.AddKPI(ctx, b.Shop.Zone, counted)
}

// journal is the journal that brings a source from posted to target: through
// pending during the hold, through payable after it.
func (b *Book) journal(s *Source, delta int64) []ledger.Journal {
	r := s.Row
	at := s.At
	if r.Posted == delta { // the first amount ever posted for this source
		at = r.OccurredAt
	}
	if at.IsZero() || at.After(b.Tx.Now) {
		at = b.Tx.Now
	}
	e := ledger.Event{InfluencerID: r.InfluencerID, EarningID: r.ID, Currency: money.Currency(r.Currency), OriginAt: at, OpenFrom: b.Shop.OpenFrom}
	if r.LockedAt.IsZero() {
		return ledger.Record(e, delta)
	}
	return ledger.Adjust(e, delta)
}

func same(a, b *store.EarningRow) bool {
	return a.LinkID == b.LinkID && a.CodeID == b.CodeID && a.PageID == b.PageID && a.SessionID == b.SessionID && a.State == b.State && a.Reason == b.Reason && a.GrossBase == b.GrossBase && a.NetBase == b.NetBase && a.Counted == b.Counted && a.VersionID == b.VersionID &&
		a.ReleaseAt.Equal(b.ReleaseAt) && a.OccurredAt.Equal(b.OccurredAt) && string(a.Detail) == string(b.Detail)
}

// Differs reports a difference to a dry run.
func (b *Book) Differs(invariant, subject string, want, got any) {
	*b.Dry = append(*b.Dry, store.Difference{Invariant: invariant, Subject: subject, Want: fmt.Sprint(want), Got: fmt.Sprint(got)})
}

// differsSource reports an earning that is not what it should be.
func (b *Book) differsSource(s *Source, next *store.EarningRow) {
	r := s.Row
	subject := Subject(r)
	switch {
	case s.Target != r.Posted:
		b.Differs("posted_equals_target", subject, s.Target, r.Posted)
	case r.ID == 0:
		b.Differs("earning_exists", subject, next.State, "none")
	case r.State != next.State || r.Reason != next.Reason:
		b.Differs("state_is_recomputable", subject, next.State+" "+next.Reason, r.State+" "+r.Reason)
	case r.Counted != next.Counted:
		b.Differs("count_is_recomputable", subject, next.Counted, r.Counted)
	}
}

// Subject names an earning for people: "order 17, agreement 3".
func Subject(r *store.EarningRow) string {
	what := fmt.Sprintf("%s %d", r.Kind, r.Source)
	if r.Rule != "" {
		what = fmt.Sprintf("%s %s %d", r.Kind, r.Rule, r.Source)
	}
	return fmt.Sprintf("%s, agreement %d", what, r.AgreementID)
}

// newsAge is how old a change may be that is still news: a history that is
// played back is none.
const newsAge = 24 * time.Hour

// tell tells those who watch what has just changed.
func (b *Book) tell(ctx context.Context, changed []*Source, deltas []int64) error {
	if b.Original != nil {
		return nil
	}
	var news []store.FeedRow
	for i, s := range changed {
		delta := deltas[i]
		if delta == 0 || b.Tx.Now.Sub(s.At) > newsAge {
			continue
		}
		kind := "changed"
		switch {
		case delta < 0:
			kind = "reversed"
		case s.Row.Posted == delta:
			kind = "earned"
		}
		news = append(news, store.FeedRow{At: s.At, Kind: kind, InfluencerID: s.Row.InfluencerID, EarningID: s.Row.ID, SourceKind: s.Row.Kind, Source: s.Row.Source,
			Currency: s.Row.Currency, Minor: delta})
	}
	return b.Tx.AddFeed(ctx, news)
}
