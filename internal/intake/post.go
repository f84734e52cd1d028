package intake

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"tributary/internal/domain/commission"
	"tributary/internal/domain/terms"
	"tributary/internal/earning"
	"tributary/internal/store"
)

// source is one order's earning being settled.
type source struct {
	earning.Source
	terms *terms.Terms
	eval  commission.Eval
	share int // which of the decision's shares it is
}

// post writes the orders and brings the ledger to where the targets are: for
// each source it posts target − posted, and nothing when that is zero.
func (w *work) post() error {
	sources, folds := w.sources()
	if err := w.count(sources, folds); err != nil {
		return err
	}
	if w.book.Dry == nil {
		if err := w.writeOrders(); err != nil {
			return err
		}
	} else if err := w.checkGiveaways(w.inOrder()); err != nil {
		return err
	}
	for version, f := range folds {
		all, err := w.fold(version, f)
		if err != nil {
			return err
		}
		sources = append(sources, all...)
	}
	plain := make([]*earning.Source, len(sources))
	agreements := map[int64]bool{}
	for i, s := range sources {
		plain[i] = &s.Source
		if s.terms != nil && earning.HasMilestones(s.terms) {
			agreements[s.Row.AgreementID] = true
		}
	}
	if err := w.book.Write(w.ctx, plain); err != nil {
		return err
	}
	return w.book.Milestones(w.ctx, w.versionsOf(keysOf(agreements)))
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
			s := &source{terms: v.Terms, share: i, Source: earning.Source{At: e.changeAt}}
			if k := slices.IndexFunc(left, func(r *store.EarningRow) bool { return r.AgreementID == share.AgreementID }); k >= 0 {
				s.Row = left[k]
				left = slices.Delete(left, k, k+1)
				w.leave(folds, s.Row, share.VersionID, e.changeAt)
			} else {
				s.Row = &store.EarningRow{Kind: store.EarningOrder, Source: e.o.ID, InfluencerID: share.InfluencerID, AgreementID: share.AgreementID, CampaignID: v.CampaignID,
					Currency: string(v.Terms.Currency)}
			}
			s.Row.VersionID, s.Row.TermsHash = share.VersionID, share.TermsHash
			s.Link, s.Code, s.Page, s.Session = share.LinkID, w.codeOf(e.o, &share), share.PageID, share.SessionID
			s.eval = commission.Evaluate(commission.Source{Order: e.o, Share: share, Shares: e.decision.Shares, Index: i, Terms: v.Terms,
				Customer: e.decision.Customer, Zone: w.shop.Zone})
			if at, ok := commission.ReleaseAt(v.Terms, &e.o.Snapshot, w.shop.Zone); ok {
				s.Release = at
			}
			s.When = e.o.Snapshot.PaidAt
			if s.When.IsZero() {
				s.When = e.o.Snapshot.CreatedAt
			}
			if commission.NeedsFold(v.Terms) {
				f := folds.of(share.VersionID, e.changeAt)
				f.own = append(f.own, s)
				f.places = append(f.places, s.When)
				continue
			}
			s.take(commission.Fold(v.Terms, w.shop.Zone, []commission.Eval{s.eval})[0], false)
			alone = append(alone, s)
		}
		for _, r := range left { // somebody else's now
			w.leave(folds, r, 0, e.changeAt)
			s := &source{Source: earning.Source{Row: r, At: e.changeAt, Release: r.ReleaseAt, When: r.OccurredAt, State: store.EarningVoid,
				Reason: reattributed, Gross: r.GrossBase}}
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
	rows, err := w.tx.EarningsOfVersion(w.ctx, v.ID, version, store.EarningOrder, from, to)
	if err != nil {
		return nil, err
	}
	known := f.gone
	for _, s := range f.own {
		known[s.Row.ID] = true
	}
	all := slices.Clone(f.own)
	for i := range rows {
		r := &rows[i]
		if known[r.ID] || r.Reason == reattributed {
			continue
		}
		var d earning.Detail
		if err := json.Unmarshal(r.Detail, &d); err != nil || d.Eval == nil {
			return nil, poison{fmt.Errorf("earning %d: its evaluation is not stored: %w", r.ID, err)}
		}
		all = append(all, &source{terms: v.Terms, eval: *d.Eval, Source: earning.Source{Row: r, At: f.at, Release: r.ReleaseAt, When: r.OccurredAt,
			Link: r.LinkID, Code: r.CodeID, Page: r.PageID, Session: r.SessionID}})
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
	s.Target, s.Gross, s.Net, s.Counted = r.Target, r.GrossBase, r.NetBase, r.Counted
	kind, reason, _ := strings.Cut(r.State, ":")
	switch kind {
	case "":
		s.State = store.EarningPending
	case "held":
		s.State, s.Reason = store.EarningHeld, reason
	case "denied":
		s.State, s.Reason = store.EarningDenied, reason
	case "unpaid":
		s.State = store.EarningUnpaid
	default:
		s.State, s.Reason = store.EarningVoid, reason
	}
	d := earning.Detail{Lines: r.Lines, Rules: r.RuleIDs}
	if keepEval {
		d.Eval = &s.eval
	}
	s.Detail = d.Encode()
}
