package insight

import (
	"maps"
	"slices"

	"tributary/internal/domain/kpi"
	"tributary/internal/domain/money"
	"tributary/internal/domain/terms"
	"tributary/internal/store"
)

// tally is sums on the way to SimulatedTotals.
type tally struct {
	sales, kept int   // shares of orders; orders of which something is kept
	base        int64 // of the orders
	kinds       map[store.EarningKind]kindSum
	today       purses
}

// kindSum is what the draft gives for one kind of thing. Of gifts it is what
// they cost.
type kindSum struct{ count, minor int64 }

func newTally() *tally {
	return &tally{kinds: map[store.EarningKind]kindSum{}, today: purses{}}
}

func (t *tally) add(kind store.EarningKind, count, minor int64) {
	k := t.kinds[kind]
	t.kinds[kind] = kindSum{k.count + count, k.minor + minor}
}

// join adds another influencer's sums.
func (t *tally) join(o *tally) {
	t.sales += o.sales
	t.kept += o.kept
	t.base += o.base
	for kind, k := range o.kinds {
		t.add(kind, k.count, k.minor)
	}
	t.today.join(o.today)
}

// tallies sums up by influencer.
func (s *simulator) tallies(ladders ladderSums) map[int64]*tally {
	by := map[int64]*tally{}
	of := func(person int64) *tally {
		if by[person] == nil {
			by[person] = newTally()
		}
		return by[person]
	}
	for id := range s.people {
		of(id)
	}
	last := map[int64]int64{} // an order that somebody shares with themselves is one
	for _, x := range s.sales {
		t := of(x.person)
		t.sales++
		t.base += x.result.counted
		n := int64(0)
		if x.result.keeps() && last[x.person] != x.orderID {
			n = 1
			last[x.person] = x.orderID
		}
		t.kept += int(n)
		t.add(store.EarningOrder, n, x.result.target)
		if x.todayIn != "" {
			t.today.add(store.EarningOrder, x.todayIn, x.today)
		}
	}
	for _, d := range s.deals {
		if d.empty() {
			continue
		}
		t := of(d.person)
		for i := range d.rows {
			r := &d.rows[i]
			t.add(r.Kind, r.Counted, r.Posted+r.NetBase)
		}
		t.today.join(d.today)
	}
	for person, k := range ladders.drafted {
		of(person).kinds[store.EarningMilestone] = k
	}
	return by
}

// together is the sums of everybody. An order that two share is one.
func (s *simulator) together(each map[int64]*tally) *tally {
	all := newTally()
	for _, t := range each {
		all.join(t)
	}
	all.kept = 0
	shared := map[int64]bool{}
	for _, x := range s.sales {
		switch {
		case !x.result.keeps() || shared[x.orderID]:
		case x.bps != 10_000:
			shared[x.orderID] = true
			fallthrough
		default:
			all.kept++
		}
	}
	if k, ok := all.kinds[store.EarningOrder]; ok {
		k.count = int64(all.kept)
		all.kinds[store.EarningOrder] = k
	}
	return all
}

// shownKinds is the order in which people read what is paid for.
var shownKinds = []store.EarningKind{store.EarningOrder, store.EarningClicks, store.EarningLead, store.EarningPost, store.EarningEntry, store.EarningFee,
	store.EarningGift, store.EarningMilestone}

// kindOf is what a type of component pays for.
func kindOf(component string) store.EarningKind {
	switch component {
	case terms.Clicks:
		return store.EarningClicks
	case terms.Leads:
		return store.EarningLead
	case terms.Engagement:
		return store.EarningPost
	case terms.Giveaway:
		return store.EarningEntry
	case terms.FlatFee:
		return store.EarningFee
	case terms.Gift:
		return store.EarningGift
	case terms.Milestones:
		return store.EarningMilestone
	}
	return store.EarningOrder
}

func (s *simulator) totals(a *tally) SimulatedTotals {
	c := s.draft.Terms.Currency
	t := SimulatedTotals{Base: sumOf(a.base, c), Orders: sumOf(a.kinds[store.EarningOrder].minor, c), Components: []SimulatedComponent{}}
	ids := map[store.EarningKind][]string{}
	for i := range s.draft.Terms.Components {
		k := &s.draft.Terms.Components[i]
		ids[kindOf(k.Type)] = append(ids[kindOf(k.Type)], k.ID)
	}
	var earned, cost int64
	owed, spent := purse{}, purse{}
	for _, kind := range shownKinds {
		k := a.kinds[kind]
		cost += k.minor
		if kind != store.EarningGift {
			earned += k.minor
		}
		for cur, minor := range a.today[kind] {
			spent.add(cur, minor)
			if kind != store.EarningGift {
				owed.add(cur, minor)
			}
		}
		if len(ids[kind]) == 0 && k.minor == 0 && !a.today[kind].any() {
			continue
		}
		part := SimulatedComponent{For: kind.String(), IDs: ids[kind], Count: k.count, Simulated: sumOf(k.minor, c)}
		if part.IDs == nil {
			part.IDs = []string{}
		}
		part.Today, part.TodayOther, part.Difference = s.beside(a.today[kind], k.minor)
		t.Components = append(t.Components, part)
	}
	if has(s.draft.Terms, terms.Milestones) {
		m := sumOf(a.kinds[store.EarningMilestone].minor, c)
		t.Milestones = &m
	}
	t.Simulated = sumOf(earned, c)
	t.Others = sumOf(earned-t.Orders.Minor-a.kinds[store.EarningMilestone].minor, c)
	t.Today, t.TodayOther, t.Difference = s.beside(owed, earned)
	t.Cost.Simulated = sumOf(cost, c)
	t.Cost.CPA = perOrder(cost, a.kept, c)
	t.Cost.Today, _, t.Cost.Difference = s.beside(spent, cost)
	if t.Cost.Difference != nil {
		t.Cost.CPAToday = perOrder(t.Cost.Today.Minor, a.kept, c)
	}
	return t
}

// any tells whether there is anything in it.
func (p purse) any() bool {
	for _, minor := range p {
		if minor != 0 {
			return true
		}
	}
	return false
}

// beside holds what the draft gives against what is there today.
func (s *simulator) beside(today purse, simulated int64) (have *Sum, other []Sum, difference *Sum) {
	if !s.compares {
		return nil, nil, nil
	}
	c := s.draft.Terms.Currency
	sum := sumOf(today[c], c)
	for _, cur := range slices.Sorted(maps.Keys(today)) {
		if cur != c && today[cur] != 0 {
			other = append(other, sumOf(today[cur], cur))
		}
	}
	if other == nil {
		d := sumOf(simulated-today[c], c)
		difference = &d
	}
	return &sum, other, difference
}

// perOrder is the cost per acquisition; nil when there is none.
func perOrder(cost int64, orders int, c money.Currency) *Sum {
	r := kpi.Ratio{Num: cost, Den: int64(orders)}
	if !r.Defined() {
		return nil
	}
	sum := sumOf(r.Minor(1), c)
	return &sum
}
