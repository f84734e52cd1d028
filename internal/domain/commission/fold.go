package commission

import (
	"cmp"
	"slices"
	"time"

	"tributary/internal/domain/money"
	"tributary/internal/domain/period"
	"tributary/internal/domain/terms"
)

// NeedsFold tells whether a target can depend on other orders of the agreement:
// rate tiers, a cap per period, a budget.
func NeedsFold(t *terms.Terms) bool {
	if t.Caps.PerPeriod != "" || t.Caps.Budget != "" {
		return true
	}
	for i := range t.Components {
		if t.Components[i].Type == terms.RateTiers {
			return true
		}
	}
	return false
}

// Scope is which evals Fold must see to settle an order paid at the instant:
// those with from ≤ PaidAt < to. A zero from or to is open. When NeedsFold is
// false nothing but the order itself is needed, and from equals to.
//
// Every result of a fold over a whole scope is final, the neighbours' too. An
// order whose PaidAt moved has two scopes, the old and the new.
func Scope(t *terms.Terms, zone *time.Location, at time.Time) (from, to time.Time) {
	from, to = at, at
	widen := func(p *terms.Period) {
		f, u := period.Of(p, at, zone)
		if f.IsZero() || u.IsZero() {
			from, to = time.Time{}, time.Time{}
		}
		if !from.IsZero() && f.Before(from) {
			from = f
		}
		if !to.IsZero() && u.After(to) {
			to = u
		}
	}
	if t.Caps.Budget != "" {
		return time.Time{}, time.Time{}
	}
	if t.Caps.PerPeriod != "" {
		widen(&capPeriod)
	}
	rolling := false
	for i := range t.Components {
		if c := &t.Components[i]; c.Type == terms.RateTiers {
			rolling = rolling || c.Period != nil && c.Period.Kind == terms.RollingDays
			widen(c.Period)
		}
	}
	if rolling {
		return time.Time{}, time.Time{} // windows chain into each other
	}
	return from, to
}

// Fold makes the targets. Results stand in the order of evals; inside, orders
// follow each other by (PaidAt, OrderID), never by the order they are given in
// . All evals are of one agreement version.
func Fold(t *terms.Terms, zone *time.Location, evals []Eval) []Result {
	results := make([]Result, len(evals))
	if !NeedsFold(t) {
		perOrder := bound(t.Caps.PerOrderMinor())
		for i := range evals {
			if e := &evals[i]; e.earns() {
				results[i] = e.result(e.total(nil), perOrder, noCap, nil)
			} else {
				results[i] = e.nothing()
			}
		}
		return results
	}

	f := folding{t: t, zone: zone, evals: evals, tiers: make([][]tierPart, len(evals))}
	for i := range evals {
		if evals[i].earns() {
			f.order = append(f.order, i)
		} else {
			results[i] = evals[i].nothing()
		}
	}
	slices.SortFunc(f.order, func(a, b int) int {
		return cmp.Or(
			evals[a].PaidAt.Compare(evals[b].PaidAt),
			cmp.Compare(evals[a].OrderID, evals[b].OrderID),
			cmp.Compare(evals[a].Index, evals[b].Index),
		)
	})
	for i := range t.Components {
		if c := &t.Components[i]; c.Type == terms.RateTiers {
			f.foldTiers(c)
		}
	}
	caps := newCaps(t, zone)
	for _, i := range f.order {
		e := &evals[i]
		results[i] = e.result(e.total(f.tiers[i]), caps.perOrder, caps.left(e.PaidAt), f.tiers[i])
		caps.take(results[i].Target)
	}
	return results
}

// folding is one Fold in progress.
type folding struct {
	t     *terms.Terms
	zone  *time.Location
	evals []Eval
	order []int        // evals that earn, by (PaidAt, OrderID)
	tiers [][]tierPart // by eval: what the tier components give
}

// tierPart is what one tier component gives one order, in the terms' currency.
type tierPart struct {
	id     string
	amount money.Exact
}

// total is the exact commission of the whole order, all components together.
func (e *Eval) total(tiers []tierPart) money.Exact {
	var x money.Exact
	x.AddRate(e.Sum, 1) // Sum is in 1/10,000
	if e.Den != 0 {
		x.MulRatio(e.Num, e.Den)
	}
	x.AddInt(e.Flat)
	for i := range tiers {
		x.Add(tiers[i].amount)
	}
	return x
}

// nothing is the result of an order that earns nothing as it stands. A void
// order has no net base either.
func (e *Eval) nothing() Result {
	r := Result{GrossBase: e.Gross, State: e.State}
	if !isVoid(e.State) {
		r.NetBase, r.Counted = e.Net, e.counted()
	}
	r.Lines = make([]LineResult, len(e.Lines))
	for i, l := range e.Lines {
		r.Lines[i] = LineResult{LineID: l.ID, RuleID: e.rule(l, nil)}
		if !isVoid(e.State) {
			r.Lines[i].Base = l.Base
		}
	}
	return r
}

func isVoid(state string) bool { return len(state) >= 5 && state[:5] == "void:" }

func (e *Eval) counted() int64 {
	if e.State == HeldNoRate || e.State == HeldTooLarge {
		return 0
	}
	return e.toTerms(e.Net)
}

// result rounds once, caps the order, takes the share's part,
// caps that by what is left of the agreement's bounds, and deals it to the lines.
func (e *Eval) result(exact money.Exact, perOrder, left int64, tiers []tierPart) Result {
	r := Result{GrossBase: e.Gross, NetBase: e.Net, Counted: e.toTerms(e.Net), State: e.State}
	target := min(max(rounded(exact), 0), perOrder)
	if len(e.Bps) > 0 {
		weights := make([]int64, len(e.Bps))
		for i, b := range e.Bps {
			weights[i] = int64(b)
		}
		target = money.Allocate(target, weights)[e.Index]
	}
	r.Target = min(target, left)
	r.RuleIDs = slices.Clone(e.Comps)
	for i := range tiers {
		if tiers[i].amount.Sign() > 0 {
			r.RuleIDs = append(r.RuleIDs, tiers[i].id)
		}
	}
	r.Lines = e.lines(r.Target, tiers)
	return r
}

// lines deals the target out by what each line gave, by largest remainder.
func (e *Eval) lines(target int64, tiers []tierPart) []LineResult {
	weights := e.weights(tiers)
	parts := money.Allocate(target, weights)
	lines := make([]LineResult, len(e.Lines))
	for i, l := range e.Lines {
		lines[i] = LineResult{LineID: l.ID, Base: l.Base, Amount: parts[i], RuleID: e.rule(l, tiers)}
	}
	return lines
}

// weights is what each line gave. With one source of money it is exact; where
// rates, flat amounts and tiers meet it is in 1/10,000 of the terms' minor unit.
func (e *Eval) weights(tiers []tierPart) []int64 {
	w := make([]int64, len(e.Lines))
	if len(tiers) == 0 && e.Flat == 0 {
		for i := range e.Lines {
			w[i] = e.Lines[i].Weight
		}
		return w
	}
	if e.Sum == 0 && e.Flat == 0 {
		for i := range e.Lines {
			w[i] = e.Lines[i].Base
		}
		return w
	}
	for i := range e.Lines {
		l := &e.Lines[i]
		x := money.ExactOf(l.Weight)
		x.MulRatio(e.ratio())
		x.AddInt(l.Flat * 10_000)
		for j := range tiers {
			if e.Net > 0 {
				y := tiers[j].amount
				y.MulRatio(l.Base, e.Net)
				y.MulRatio(10_000, 1)
				x.Add(y)
			}
		}
		w[i] = rounded(x)
	}
	return w
}

func (e *Eval) rule(l EvalLine, tiers []tierPart) string {
	switch {
	case l.Weight == 0 && l.Flat == 0 && l.Base > 0 && len(tiers) > 0:
		return tiers[0].id
	case l.Rule < len(e.Rules):
		return e.Rules[l.Rule]
	}
	return ""
}
