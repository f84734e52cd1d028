package insight

import (
	"slices"
	"strings"
	"time"

	"tributary/internal/domain/commission"
	"tributary/internal/domain/terms"
	"tributary/internal/earning"
	"tributary/internal/errs"
	"tributary/internal/store"
)

// ladderKey is one milestone component in one of its periods, which begins at
// so many unix seconds; 0 stands for life.
type ladderKey struct {
	rule  string
	start int64
}

// kept is what a ladder has had: it may keep it when its count drops.
type kept struct{ posted, paid int64 }

func (d *deal) keeps(rule string, start int64, k kept) {
	if d.kept == nil {
		d.kept = map[ladderKey]kept{}
	}
	d.kept[ladderKey{rule, start}] = k
}

// ladderSums is what milestones give.
type ladderSums struct {
	of      map[int64][]SimulatedLadder // by influencer
	drafted map[int64]kindSum           // by influencer, as the draft says
	total   []SimulatedMode
}

// ladders values the milestones of the draft in both modes, each agreement and
// period on its own.
func (s *simulator) ladders() (ladderSums, error) {
	out := ladderSums{of: map[int64][]SimulatedLadder{}, drafted: map[int64]kindSum{}}
	t := s.draft.Terms
	if !has(t, terms.Milestones) {
		return out, nil
	}
	byMode, err := s.modes(&out)
	if err != nil {
		return out, err
	}
	sums := map[string]int64{}
	for _, agreement := range sortedKeys(s.deals) {
		d := s.deals[agreement]
		for i := range t.Components {
			c := &t.Components[i]
			if c.Type != terms.Milestones {
				continue
			}
			by := earning.Qualifiers(c, s.counted(d, c.Metric), s.zone)
			for k := range d.kept { // one that nothing is left of stands, too
				if _, ok := by[k.start]; !ok && k.rule == c.ID {
					by[k.start] = nil
				}
			}
			for _, start := range sortedKeys(by) {
				was := d.kept[ladderKey{c.ID, start}]
				value := func(t *terms.Terms) int64 {
					minor, _ := commission.MilestoneTarget(t.Components[i], t, by[start], was.posted, was.paid)
					return minor
				}
				sum := out.drafted[d.person]
				sum.minor += value(t)
				shown := SimulatedLadder{Component: c.ID, Start: unix(start), Counted: count(c, by[start]), Modes: slices.Clone(out.total)}
				if value(t) > 0 {
					sum.count++
				}
				out.drafted[d.person] = sum
				for k := range shown.Modes {
					doc := byMode[shown.Modes[k].Mode]
					if doc == nil {
						continue
					}
					minor := value(doc)
					sums[shown.Modes[k].Mode] += minor
					amount := sumOf(minor, t.Currency)
					shown.Modes[k].Amount = &amount
				}
				out.of[d.person] = append(out.of[d.person], shown)
			}
		}
	}
	for k := range out.total {
		if out.total[k].Amount != nil {
			sum := sumOf(sums[out.total[k].Mode], t.Currency)
			out.total[k].Amount = &sum
		}
	}
	return out, nil
}

// modes makes the draft in each mode of milestones, where it could be signed so,
// and the list of them.
func (s *simulator) modes(out *ladderSums) (map[string]*terms.Terms, error) {
	t := s.draft.Terms
	byMode := map[string]*terms.Terms{}
	for _, mode := range modes {
		m := SimulatedMode{Mode: mode, Drafted: !slices.ContainsFunc(t.Components, func(k terms.Component) bool {
			return k.Type == terms.Milestones && k.Mode != mode
		})}
		doc, err := changed(t, func(t *terms.Terms) {
			for i := range t.Components {
				if k := &t.Components[i]; k.Type == terms.Milestones {
					k.Mode = mode
				}
			}
		})
		if e := errs.As(err); e != nil && len(e.Fields) > 0 {
			m.Why = e.Fields[0].Path + " " + e.Fields[0].Msg
		} else if err != nil {
			return nil, err
		} else {
			byMode[mode] = doc
			zero := sumOf(0, t.Currency)
			m.Amount = &zero
		}
		out.total = append(out.total, m)
	}
	return byMode, nil
}

// counted is what a ladder with the metric counts of a deal, as it would be
// stored: with its hold over, or as it is.
func (s *simulator) counted(d *deal, metric string) []store.EarningRow {
	kind := earning.CountedKind(metric)
	var out []store.EarningRow
	if kind != store.EarningOrder {
		for i := range d.rows {
			if d.rows[i].Kind == kind {
				out = append(out, d.rows[i])
			}
		}
	} else {
		out = make([]store.EarningRow, 0, len(d.sales))
		for _, x := range d.sales {
			r := store.EarningRow{Kind: kind, Source: x.orderID, OccurredAt: x.at, Counted: x.result.counted, State: store.EarningPending, LockedAt: x.lockedAt}
			switch word, _, _ := strings.Cut(x.result.state, ":"); {
			case word == "held" && x.lockedAt.IsZero():
				r.State = store.EarningHeld
			case word != "" && word != "held":
				r.State = store.EarningVoid
			}
			out = append(out, r)
		}
	}
	if !s.draft.HoldsNow {
		for i := range out {
			out[i].LockedAt = out[i].OccurredAt
		}
	}
	return out
}

// count is what of the qualifiers counts, by the metric but for amounts: those
// are counted as sales.
func count(c *terms.Component, qs []commission.Qualifier) (n int64) {
	for _, q := range qs {
		switch {
		case q.NetBase <= 0:
		case c.Metric == terms.Clicks:
			n += q.NetBase
		default:
			n++
		}
	}
	return n
}

func unix(seconds int64) *time.Time {
	if seconds == 0 {
		return nil
	}
	return instant(time.Unix(seconds, 0))
}
