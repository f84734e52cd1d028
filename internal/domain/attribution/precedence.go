package attribution

import (
	"tributary/internal/domain/money"
	"tributary/internal/domain/order"
	"tributary/internal/domain/terms"
)

// rank is the default order of precedence.
func rank(k Kind) int {
	switch k {
	case Manual:
		return 0
	case CodeUse:
		return 1
	case Click, Visit:
		return 2
	case Live:
		return 3
	case Bound:
		return 4
	}
	return 5
}

// pick takes the winners from the eligible touches, which stand oldest first.
func pick(field []*cand, o *order.Order) []winner {
	if len(field) == 0 {
		return nil
	}
	if m := last(field, Manual); m != nil {
		return one(m)
	}
	codes := codeWinners(field, o)
	favourite := codeFirstOf(field, codes)
	switch favourite.rules().Precedence {
	case terms.LinkFirst:
		if c := last(field, Click, Visit); c != nil {
			return one(c)
		}
	case terms.FirstClick:
		if c := first(field, Click, Visit); c != nil {
			return one(c)
		}
	case terms.LastTouchAny:
		if c := last(field, CodeUse, Click, Visit, Live); c != nil && c.Kind != CodeUse {
			return one(c)
		}
	case terms.Split:
		return splitOf(field, codes, favourite.rules().SplitBps)
	}
	if codes != nil {
		return codes
	}
	return one(favourite)
}

// codeFirstOf is who wins under code_first.
func codeFirstOf(field []*cand, codes []winner) *cand {
	if codes != nil {
		return codes[0].cand
	}
	if c := last(field, Click, Visit); c != nil {
		return c
	}
	if c := last(field, Live); c != nil {
		return c
	}
	return field[len(field)-1]
}

// splitOf gives the first and the last touch their parts. A binding takes part
// only when there is nothing else. One influencer at both ends has it all.
func splitOf(field []*cand, codes []winner, bps []money.Bps) []winner {
	a, z := first(field, CodeUse, Click, Visit, Live), last(field, CodeUse, Click, Visit, Live)
	if a == nil {
		return one(field[len(field)-1])
	}
	if z.Kind == CodeUse {
		z = codes[0].cand
	}
	if a.InfluencerID == z.InfluencerID {
		return one(z)
	}
	part := whole / 2
	if len(bps) > 0 {
		part = min(max(bps[0], 0), whole)
	}
	switch part {
	case 0:
		return one(z)
	case whole:
		return one(a)
	}
	return []winner{{cand: a, bps: part}, {cand: z, bps: whole - part}}
}

func one(c *cand) []winner { return []winner{{cand: c, bps: whole}} }

// last is the latest touch of the kinds. At the same instant the higher
// precedence wins, then the lower id.
func last(field []*cand, kinds ...Kind) *cand {
	var best *cand
	for _, c := range field {
		if c.is(kinds) && (best == nil || c.At.After(best.At)) {
			best = c
		}
	}
	return best
}

// first is the earliest touch of the kinds; ties as in last.
func first(field []*cand, kinds ...Kind) *cand {
	for _, c := range field {
		if c.is(kinds) {
			return c
		}
	}
	return nil
}

func (c *cand) is(kinds []Kind) bool {
	for _, k := range kinds {
		if c.Kind == k {
			return true
		}
	}
	return false
}

// settleLosers tells each eligible touch that did not win why.
func settleLosers(field []*cand, winners []winner) {
	if len(winners) == 0 {
		return
	}
	for _, c := range field {
		if !isWinner(c, winners) {
			c.lose(whyLost(c, winners))
		}
	}
}

func isWinner(c *cand, winners []winner) bool {
	for _, w := range winners {
		if w.cand == c {
			return true
		}
	}
	return false
}

func whyLost(c *cand, winners []winner) (reason, detail string) {
	for _, w := range winners {
		if w.InfluencerID == c.InfluencerID {
			return "same_influencer", "The influencer already has the order by another touch; one order pays once."
		}
	}
	w := winners[0]
	switch {
	case len(winners) > 1 && w.lines == nil:
		return "between_first_and_last", "The agreement pays the first and the last touch."
	case c.Kind == CodeUse && w.Kind == CodeUse:
		return "smaller_discount", "Another influencer's code took more off the order."
	case rank(c.Kind) != rank(w.Kind):
		return "beaten_by_" + string(w.Kind), beatenDetail[w.Kind]
	case w.At.After(c.At):
		return "beaten_by_later_touch", "A later touch counts."
	case w.At.Before(c.At):
		return "beaten_by_earlier_touch", "The agreement pays the earliest touch."
	}
	return "beaten_by_tie_break", "Two touches at the same instant; the one with the lower id counts."
}

var beatenDetail = map[Kind]string{
	Manual:  "A person decided otherwise.",
	CodeUse: "A discount code of another influencer was used.",
	Click:   "The click on another influencer's link counts.",
	Visit:   "The visit to another influencer's page counts.",
	Live:    "Another influencer's live session counts.",
	Bound:   "The customer is bound to another influencer.",
}

func wonDetail(w winner) string {
	switch {
	case w.lines != nil:
		return "The code took most off these lines."
	case w.bps < whole:
		return "It shares the order with the other end of the journey."
	}
	switch w.Kind {
	case Manual:
		return "A person decided it."
	case CodeUse:
		return "The code was used."
	case Bound:
		return "The customer came with this influencer first."
	case Live:
		return "The order came out of the live session."
	}
	if w.late {
		return "It came late, but nobody came before it."
	}
	return "It is the touch the agreement counts."
}
