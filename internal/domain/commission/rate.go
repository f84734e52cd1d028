package commission

import (
	"tributary/internal/domain/money"
	"tributary/internal/domain/order"
	"tributary/internal/domain/terms"
)

// rateOf picks the one rate of a line: exclusion, then product, then
// collection, then customer type, then the component's own. Within a level the
// higher priority wins, then the rule with more conditions, then the better
// rate if the terms say best_for_influencer, then the one written first. A nil
// line is shipping. id is the rule's, or the component's.
func rateOf(c *terms.Component, l *order.Line, customer string) (rate money.Bps, id string) {
	if len(c.Rules) == 0 {
		return c.RateBps, c.ID
	}
	var best *terms.RateRule
	var level, conditions int
	for i := range c.Rules {
		r := &c.Rules[i]
		lv, n, ok := match(r, l, customer)
		if !ok {
			continue
		}
		if best == nil || beats(c, r, lv, n, best, level, conditions) {
			best, level, conditions = r, lv, n
		}
	}
	switch {
	case best == nil:
		return c.RateBps, c.ID
	case best.Exclude:
		return 0, best.ID
	}
	return best.RateBps, best.ID
}

func beats(c *terms.Component, r *terms.RateRule, level, conditions int, than *terms.RateRule, thanLevel, thanConditions int) bool {
	switch {
	case level != thanLevel:
		return level > thanLevel
	case r.Priority != than.Priority:
		return r.Priority > than.Priority
	case conditions != thanConditions:
		return conditions > thanConditions
	}
	return c.TieBy == terms.BestForInfluencer && r.RateBps > than.RateBps
}

// The levels of R-41.
const (
	levelBase = iota
	levelCustomer
	levelCollection
	levelProduct
	levelExclude
)

// match tells whether all conditions of a rule hold, and how specific it is.
func match(r *terms.RateRule, l *order.Line, customer string) (level, conditions int, ok bool) {
	if r.Customer != "" {
		if r.Customer != customer {
			return 0, 0, false
		}
		level, conditions = levelCustomer, conditions+1
	}
	if len(r.Collections) > 0 {
		if l == nil || !r.NamesCollection(l.Collections) {
			return 0, 0, false
		}
		level, conditions = levelCollection, conditions+1
	}
	if len(r.Products) > 0 {
		if l == nil || !r.NamesProduct(l.ProductID) {
			return 0, 0, false
		}
		level, conditions = levelProduct, conditions+1
	}
	if r.Exclude {
		level = levelExclude
	}
	return level, conditions, true
}

// addRates adds a percentage, or a revenue share of net sales, to the eval.
func (e *Eval) addRates(c *terms.Component, b *base, customer string) {
	var gave bool
	for i := range b.parts {
		p := &b.parts[i]
		if !p.in {
			continue
		}
		rate, rule := c.RateBps, c.ID
		if c.Type == terms.Percentage {
			rate, rule = rateOf(c, p.line, customer)
		}
		w := p.now * int64(rate)
		e.lineOf(b, i).add(e, w, 0, rule)
		e.Sum += w
		gave = gave || w != 0
	}
	e.gave(c, gave)
}

// addMargin adds a share of gross margin: of the whole order, so a line
// sold at a loss counts against the others, but never below zero. A line whose
// cost is not known holds the order.
func (e *Eval) addMargin(c *terms.Component, b *base) {
	var sum int64
	weights := make([]int64, len(b.parts))
	for i := range b.parts {
		p := &b.parts[i]
		if !p.in || p.now == 0 {
			continue
		}
		margin := p.now
		if p.line != nil {
			if !p.line.CostKnown {
				e.hold(HeldNoCost)
				continue
			}
			margin -= ofUnits(p.line.Cost, p.unitsLeft(), p.line.Quantity)
		}
		sum += margin
		weights[i] = max(margin, 0) * int64(c.RateBps)
	}
	if sum <= 0 {
		return
	}
	e.Sum += sum * int64(c.RateBps)
	for i, w := range weights {
		if b.parts[i].in {
			e.lineOf(b, i).add(e, w, 0, c.ID)
		}
	}
	e.gave(c, true)
}

// addFlatOrder adds an amount per order: all of it while the net base is
// above min_net, then none.
func (e *Eval) addFlatOrder(c *terms.Component, s *Source, b *base) {
	net := money.ExactOf(e.Net)
	net.MulRatio(e.ratio())
	if e.Net <= 0 || net.Cmp(money.ExactOf(c.MinNetMinor())) <= 0 {
		return
	}
	amount := s.dealt(flatAmount(c, s))
	weights := make([]int64, len(b.parts))
	for i := range b.parts {
		if b.parts[i].in {
			weights[i] = b.parts[i].now
		}
	}
	e.Flat += amount
	for i, part := range money.Allocate(amount, weights) {
		if b.parts[i].in {
			e.lineOf(b, i).add(e, 0, part, c.ID)
		}
	}
	e.gave(c, amount != 0)
}

// addFlatItem adds an amount for every unit the shopper keeps. Units of
// a line with no base left, such as a free gift, earn nothing.
func (e *Eval) addFlatItem(c *terms.Component, s *Source, b *base) {
	amount := flatAmount(c, s)
	var gave bool
	for i := range b.parts {
		p := &b.parts[i]
		if !p.in || p.line == nil {
			continue
		}
		part := amount * min(p.unitsLeft(), mostUnits)
		e.Flat += part
		e.lineOf(b, i).add(e, 0, part, c.ID)
		gave = gave || part != 0
	}
	e.gave(c, gave)
}

func flatAmount(c *terms.Component, s *Source) int64 {
	return min(max(c.AmountMinor(s.Customer), 0), mostMinor)
}

func (e *Eval) gave(c *terms.Component, gave bool) {
	if gave {
		e.Comps = append(e.Comps, c.ID)
	}
}

// lineOf is the eval's line of a part that counts: lines stand in the order of
// the parts.
func (e *Eval) lineOf(b *base, part int) *EvalLine { return &e.Lines[b.parts[part].place] }

// add adds to a line. The first rule that gives it anything names it.
func (l *EvalLine) add(e *Eval, weight, flat int64, rule string) {
	if l.Weight == 0 && l.Flat == 0 {
		l.Rule = e.ruleIndex(rule)
	}
	l.Weight += weight
	l.Flat += flat
}

func (e *Eval) ruleIndex(rule string) int {
	for i, r := range e.Rules {
		if r == rule {
			return i
		}
	}
	e.Rules = append(e.Rules, rule)
	return len(e.Rules) - 1
}
