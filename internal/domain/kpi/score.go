package kpi

import "slices"

// Score says how promising an influencer is by what they have done, with
// everything it is made of. It is 50 for one who does as the shop's average.
type Score struct {
	Points     int64 // 0 … 100
	Components []ScoreComponent
}

// ScoreComponent is one figure of a score. Own is what the influencer did; Used
// is that, drawn towards the shop's average as far as there is little of it.
type ScoreComponent struct {
	Name   string // conversion, revenue, kept, repeat
	Sample int64  // clicks, orders or customers the own figure rests on
	Own    Ratio
	Shop   Ratio
	Used   Ratio
	Points int64 // 50 is the shop's average, 100 twice it or more
	Weight int64 // of 100
}

// scored is how a component is made: what ÷ of what, and after how many of the
// latter one's own figure counts as much as the shop's.
type scored struct {
	name      string
	what, of  Measure
	shrinkage int64
	weight    int64
}

var scoreParts = []scored{
	{name: "conversion", what: ClickOrders, of: Clicks, shrinkage: 200, weight: 30},
	{name: "revenue", what: Net, of: Orders, shrinkage: 10, weight: 30},
	{name: "kept", what: Kept, of: Orders, shrinkage: 10, weight: 20},
	{name: "repeat", what: Repeats, of: Acquired, shrinkage: 10, weight: 20},
}

// Scored computes the score of one influencer beside the shop's sums. Parts for
// which the shop itself has no figure are left out; without any the score has
// no components and 50 points.
func Scored(own, shop *Measures) Score {
	s := Score{Points: 50}
	var sum, weights int64
	for _, p := range scoreParts {
		if shop[p.of] <= 0 || shop[p.what] <= 0 {
			continue
		}
		c := ScoreComponent{Name: p.name, Sample: own[p.of], Own: Ratio{own[p.what], own[p.of]}, Shop: Ratio{shop[p.what], shop[p.of]}, Weight: p.weight}
		// Used = (own + k × shop's) ÷ (n + k), both sides times the shop's n.
		c.Used = Ratio{own[p.what]*shop[p.of] + p.shrinkage*shop[p.what], (own[p.of] + p.shrinkage) * shop[p.of]}
		// Points = 50 × used ÷ shop's.
		c.Points = max(0, min(100, divide(50*c.Used.Num, c.Used.Den, shop[p.what], shop[p.of])))
		sum += c.Points * c.Weight
		weights += c.Weight
		s.Components = append(s.Components, c)
	}
	if weights > 0 {
		s.Points = (sum + weights/2) / weights
	}
	return s
}

// divide is (a ÷ b) ÷ (c ÷ d), rounded; the parts are positive or zero.
func divide(a, b, c, d int64) int64 {
	r := Ratio{a, b}
	if r.Den == 0 || c == 0 {
		return 0
	}
	x := r.rat()
	x.Quo(x, Ratio{c, d}.rat())
	x.Add(x, half())
	q := x.Num().Div(x.Num(), x.Denom())
	if !q.IsInt64() {
		return 100
	}
	return q.Int64()
}

// Best orders ids by points, the best first, then by id.
func Best(scores map[int64]Score) []int64 {
	ids := make([]int64, 0, len(scores))
	for id := range scores {
		ids = append(ids, id)
	}
	slices.SortFunc(ids, func(a, b int64) int {
		if d := scores[b].Points - scores[a].Points; d != 0 {
			return int(d)
		}
		if a < b {
			return -1
		}
		return 1
	})
	return ids
}
