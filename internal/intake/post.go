package intake

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"tributary/internal/domain/commission"
	"tributary/internal/domain/ledger"
	"tributary/internal/domain/money"
	"tributary/internal/domain/terms"
	"tributary/internal/store"
)

// source is one earning being settled.
type source struct {
	row   *store.EarningRow
	terms *terms.Terms
	eval  commission.Eval
	// at is when the change happened that makes it being settled.
	at time.Time
	// release is when the hold ends; zero while that cannot be told.
	release time.Time
	target  int64
	detail  []byte
	state   string
	reason  string
	gross   int64
	net     int64
	counted int64
	when    time.Time
}

// Detail is what is kept with an earning so that it explains itself, and so
// that tiers can be folded again without loading orders.
type Detail struct {
	Eval  *commission.Eval        `json:"eval,omitempty"` // only where other orders' earnings depend on it
	Lines []commission.LineResult `json:"lines,omitempty"`
	Rules []string                `json:"rules,omitempty"`
	// Orders are the sales that reached a milestone.
	Orders []int64 `json:"orders,omitempty"`
}

// post brings the ledger to where the targets are: for each source it posts
// target − posted, and nothing when that is zero.
func (w *work) post() error {
	sources, folds := w.sources()
	for version, f := range folds {
		all, err := w.fold(version, f)
		if err != nil {
			return err
		}
		sources = append(sources, all...)
	}
	if err := w.write(sources); err != nil {
		return err
	}
	agreements := map[int64]bool{}
	for _, s := range sources {
		if s.terms != nil && hasMilestones(s.terms) {
			agreements[s.row.AgreementID] = true
		}
	}
	return w.milestones(keysOf(agreements))
}

// folding is what the work does to one agreement version whose tiers or caps
// make orders depend on each other.
type folding struct {
	own    []*source
	places []time.Time    // where own sources stand, and where they stood
	gone   map[int64]bool // earnings that are another version's now
	at     time.Time      // of the newest change
}

type foldings map[int64]*folding

func (f foldings) of(version int64, at time.Time) *folding {
	if f[version] == nil {
		f[version] = &folding{gone: map[int64]bool{}}
	}
	if at.After(f[version].at) {
		f[version].at = at
	}
	return f[version]
}

// sources computes what each order in the work is worth under each share of
// its decision. Those whose terms make orders depend on each other are
// returned by version, to be folded.
func (w *work) sources() (alone []*source, folds foldings) {
	folds = foldings{}
	for _, e := range w.inOrder() {
		left := slices.Clone(e.earnings)
		for i, share := range e.decision.Shares {
			v := w.prog.versions[share.VersionID]
			if v == nil {
				continue // Decide only picks versions that it was given
			}
			s := &source{terms: v.Terms, at: e.changeAt}
			if k := slices.IndexFunc(left, func(r *store.EarningRow) bool { return r.AgreementID == share.AgreementID }); k >= 0 {
				s.row = left[k]
				left = slices.Delete(left, k, k+1)
				w.leave(folds, s.row, share.VersionID, e.changeAt)
			} else {
				s.row = &store.EarningRow{Kind: store.EarningOrder, Source: e.o.ID, InfluencerID: share.InfluencerID, AgreementID: share.AgreementID,
					Currency: string(v.Terms.Currency)}
			}
			s.row.VersionID, s.row.TermsHash = share.VersionID, share.TermsHash
			s.eval = commission.Evaluate(commission.Source{Order: e.o, Share: share, Shares: e.decision.Shares, Index: i, Terms: v.Terms,
				Customer: e.decision.Customer, Zone: w.shop.Zone})
			if at, ok := commission.ReleaseAt(v.Terms, &e.o.Snapshot, w.shop.Zone); ok {
				s.release = at
			}
			s.when = e.o.Snapshot.PaidAt
			if s.when.IsZero() {
				s.when = e.o.Snapshot.CreatedAt
			}
			if commission.NeedsFold(v.Terms) {
				f := folds.of(share.VersionID, e.changeAt)
				f.own = append(f.own, s)
				f.places = append(f.places, s.when)
				continue
			}
			s.take(commission.Fold(v.Terms, w.shop.Zone, []commission.Eval{s.eval})[0], false)
			alone = append(alone, s)
		}
		for _, r := range left { // somebody else's now
			w.leave(folds, r, 0, e.changeAt)
			s := &source{row: r, at: e.changeAt, release: r.ReleaseAt, when: r.OccurredAt, state: store.EarningVoid,
				reason: reattributed, gross: r.GrossBase}
			if v := w.prog.versions[r.VersionID]; v != nil {
				s.terms = v.Terms
			}
			alone = append(alone, s)
		}
	}
	return alone, folds
}

// reattributed is the reason of an earning whose order is somebody else's now.
const reattributed = "reattributed"

// leave notes that an earning leaves its place among the orders of its version,
// for those behind it: for another place, or for good when the version it goes
// to is not the one it had.
func (w *work) leave(folds foldings, r *store.EarningRow, to int64, at time.Time) {
	v := w.prog.versions[r.VersionID]
	if v == nil || !commission.NeedsFold(v.Terms) || r.Reason == reattributed {
		return
	}
	f := folds.of(r.VersionID, at)
	f.places = append(f.places, r.OccurredAt)
	if r.VersionID != to {
		f.gone[r.ID] = true
	}
}

// fold settles all orders of an agreement version whose tiers or caps an order
// in the work can move: the same result whatever arrived first.
func (w *work) fold(version int64, f *folding) ([]*source, error) {
	v := w.prog.versions[version]
	var from, to time.Time
	for i, at := range f.places {
		a, z := commission.Scope(v.Terms, w.shop.Zone, at)
		if i == 0 || a.Before(from) {
			from = a
		}
		if i == 0 || !to.IsZero() && (z.IsZero() || z.After(to)) {
			to = z
		}
	}
	rows, err := w.tx.EarningsOfVersion(w.ctx, v.ID, version, from, to)
	if err != nil {
		return nil, err
	}
	known := f.gone
	for _, s := range f.own {
		known[s.row.ID] = true
	}
	all := slices.Clone(f.own)
	for i := range rows {
		r := &rows[i]
		if known[r.ID] || r.Reason == reattributed {
			continue
		}
		var d Detail
		if err := json.Unmarshal(r.Detail, &d); err != nil || d.Eval == nil {
			return nil, poison{fmt.Errorf("earning %d: its evaluation is not stored: %w", r.ID, err)}
		}
		all = append(all, &source{row: r, terms: v.Terms, eval: *d.Eval, at: f.at, release: r.ReleaseAt, when: r.OccurredAt})
	}
	evals := make([]commission.Eval, len(all))
	for i, s := range all {
		evals[i] = s.eval
	}
	for i, res := range commission.Fold(v.Terms, w.shop.Zone, evals) {
		all[i].take(res, true)
	}
	return all, nil
}

// take reads a result into the source.
func (s *source) take(r commission.Result, keepEval bool) {
	s.target, s.gross, s.net, s.counted = r.Target, r.GrossBase, r.NetBase, r.Counted
	kind, reason, _ := strings.Cut(r.State, ":")
	switch kind {
	case "":
		s.state = store.EarningPending
	case "held":
		s.state, s.reason = store.EarningHeld, reason
	case "denied":
		s.state, s.reason = store.EarningDenied, reason
	case "unpaid":
		s.state = store.EarningUnpaid
	default:
		s.state, s.reason = store.EarningVoid, reason
	}
	d := Detail{Lines: r.Lines, Rules: r.RuleIDs}
	if keepEval {
		d.Eval = &s.eval
	}
	s.detail = encodeDetail(d)
}

// write updates the earnings that changed and posts the differences.
func (w *work) write(sources []*source) error {
	var rows []*store.EarningRow
	var changed []*source
	var deltas []int64
	for _, s := range sources {
		r := s.row
		delta := s.target - r.Posted
		next := *r
		next.GrossBase, next.NetBase, next.Counted, next.Posted = s.gross, s.net, s.counted, s.target
		next.OccurredAt, next.State, next.Reason = s.when, s.state, s.reason
		next.Detail = s.detail
		if next.Detail == nil {
			next.Detail = []byte("{}")
		}
		if r.LockedAt.IsZero() {
			next.ReleaseAt = s.release
			if next.State == store.EarningUnpaid {
				next.ReleaseAt = time.Time{}
			}
		} else if next.State != store.EarningVoid && next.State != store.EarningDenied {
			next.State = store.EarningLocked
		}
		if w.dry != nil {
			w.differsSource(s, &next)
			continue
		}
		if r.ID != 0 && delta == 0 && sameEarning(r, &next) {
			continue
		}
		*r = next
		rows = append(rows, r)
		changed = append(changed, s)
		deltas = append(deltas, delta)
	}
	if err := w.tx.UpsertEarnings(w.ctx, rows); err != nil {
		return err
	}
	var js []ledger.Journal
	for i, s := range changed {
		js = append(js, w.journal(s, deltas[i])...)
	}
	w.journals += len(js)
	_, err := w.tx.PostJournals(w.ctx, js)
	return err
}

// journal is the journal that brings a source from posted to target: through
// pending during the hold, through payable after it.
func (w *work) journal(s *source, delta int64) []ledger.Journal {
	r := s.row
	at := s.at
	if r.Posted == delta { // the first amount ever posted for this source
		at = r.OccurredAt
	}
	if at.IsZero() || at.After(w.tx.Now) {
		at = w.tx.Now
	}
	e := ledger.Event{InfluencerID: r.InfluencerID, EarningID: r.ID, Currency: money.Currency(r.Currency), OriginAt: at, OpenFrom: w.shop.OpenFrom}
	if r.LockedAt.IsZero() {
		return ledger.Record(e, delta)
	}
	return ledger.Adjust(e, delta)
}

func sameEarning(a, b *store.EarningRow) bool {
	return a.State == b.State && a.Reason == b.Reason && a.GrossBase == b.GrossBase && a.NetBase == b.NetBase && a.Counted == b.Counted && a.VersionID == b.VersionID &&
		a.ReleaseAt.Equal(b.ReleaseAt) && a.OccurredAt.Equal(b.OccurredAt) && string(a.Detail) == string(b.Detail)
}

func encodeDetail(d Detail) []byte {
	b, err := json.Marshal(d)
	if err != nil {
		panic(err) // plain values
	}
	return b
}
