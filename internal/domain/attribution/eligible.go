package attribution

import (
	"slices"
	"strconv"
	"time"

	"tributary/internal/domain/order"
)

const day = 24 * time.Hour

// judgeAll makes the candidates, oldest first, each id once, and tells of each
// whether it may take part. The customer's binding joins them.
func judgeAll(in *Input) []*cand {
	binding, bound := bindingOf(in)
	n := len(in.Touches)
	if bound {
		n++
	}
	if n == 0 {
		return nil
	}
	all := make([]cand, n)
	cands := make([]*cand, n)
	for i := range all {
		cands[i] = &all[i]
		if i < len(in.Touches) {
			all[i].Touch = in.Touches[i]
		} else {
			all[i] = binding
		}
	}
	slices.SortFunc(cands, func(a, b *cand) int { return compareTouch(&a.Touch, &b.Touch) })
	cands = uniqueByID(cands)
	for _, c := range cands {
		if c.Reason == "" {
			judge(in, c)
		}
	}
	return cands
}

// uniqueByID keeps the earliest of each id.
func uniqueByID(cands []*cand) []*cand {
	if len(cands) < 16 {
		kept := cands[:0]
	next:
		for i := range cands {
			for j := range kept {
				if kept[j].ID == cands[i].ID {
					continue next
				}
			}
			kept = append(kept, cands[i])
		}
		return kept
	}
	seen := make(map[string]bool, len(cands))
	return slices.DeleteFunc(cands, func(c *cand) bool {
		was := seen[c.ID]
		seen[c.ID] = true
		return was
	})
}

// judge finds the agreement version of a touch and checks.
func judge(in *Input, c *cand) {
	created := in.Order.Snapshot.CreatedAt
	if c.Kind == Manual {
		judgeManual(in, c)
		return
	}
	if c.Kind != Bound && c.At.After(created) {
		c.lose("after_order", "It happened after the order was placed.")
		return
	}
	if c.version == nil {
		if c.version = versionAt(in.Agreements[c.AgreementID], c.At); c.version == nil {
			c.lose("no_agreement", "No signed version of the agreement was in force then.")
			return
		}
	}
	c.VersionID = c.version.VersionID
	if days := c.rules().WindowDays; c.Kind != Bound && c.At.Before(created.Add(-time.Duration(days)*day)) {
		c.lose("outside_window", "It is older than the agreement's window of "+strconv.Itoa(days)+" days.")
		return
	}
	inf, ok := in.Influencers[c.InfluencerID]
	switch {
	case !ok:
		c.lose("unknown_influencer", "The influencer is not known here.")
	case !inf.activeAt(c.At):
		c.lose("inactive_at_touch", "The influencer was not active at that time.")
	case !inf.activeAt(created):
		c.lose("inactive_at_order", "The influencer was not active when the order was placed.")
	default:
		c.eligible = true
	}
}

// judgeManual lets a person's decision stand: only terms must exist for it. It
// may be taken after the order; then the terms of the order's time apply, for a
// version signed later never does.
func judgeManual(in *Input, c *cand) {
	at := c.At
	if created := in.Order.Snapshot.CreatedAt; at.After(created) {
		at = created
	}
	if c.version = versionAt(in.Agreements[c.AgreementID], at); c.version == nil {
		c.lose("no_agreement", "No signed version of the agreement was in force then.")
		return
	}
	c.VersionID = c.version.VersionID
	c.eligible = true
}

// versionAt is the newest version in force at the instant, or nil.
func versionAt(versions []Agreement, at time.Time) *Agreement {
	var found *Agreement
	for i := range versions {
		v := &versions[i]
		if v.Effective.holds(at) && v.Terms != nil && (found == nil || v.Number > found.Number) {
			found = v
		}
	}
	return found
}

func (i *Influencer) activeAt(at time.Time) bool {
	if !i.BannedAt.IsZero() && !at.Before(i.BannedAt) {
		return false
	}
	for _, s := range i.Active {
		if s.holds(at) {
			return true
		}
	}
	return false
}

// dropLate is R-11: a click or visit after checkout began, or just before the
// order, wins only when nobody came before it. If there are late touches only,
// the earliest stands.
//
// A click whose time the store does not tell may have come early or late. It
// displaces no touch that has a time, but it is an explicit touch all the same,
// and those go before the customer's binding.
func dropLate(field []*cand, s *order.Snapshot) []*cand {
	late, manual, bound := 0, false, false
	var first, untimed *cand // the oldest late one, and the oldest without a time
	for _, c := range field {
		c.late = isLate(c, s)
		manual = manual || c.Kind == Manual
		bound = bound || c.Kind == Bound
		if !c.late {
			continue
		}
		late++
		if first == nil {
			first = c
		}
		if untimed == nil && c.hasNoTime(s) {
			untimed = c
		}
	}
	if late == 0 || manual {
		return field
	}
	stands := first
	switch explicit := len(field) - late; {
	case explicit == 1 && bound:
		stands = untimed
	case explicit > 0:
		stands = nil
	}
	if stands != nil && stands.hasNoTime(s) {
		stands.late = false // not known to be
	}
	return slices.DeleteFunc(field, func(c *cand) bool {
		if !c.late || c == stands {
			return false
		}
		detail := "It came as the order was being placed, too late to displace an earlier touch."
		if c.hasNoTime(s) {
			detail = "Its time is not known, so it cannot displace another touch."
		}
		c.lose("late_touch", detail)
		return true
	})
}

// hasNoTime tells that the touch stands at the order's own time for want of a
// better one.
func (c *cand) hasNoTime(s *order.Snapshot) bool { return c.TimeClaimed && c.At.Equal(s.CreatedAt) }

func isLate(c *cand, s *order.Snapshot) bool {
	if c.Kind != Click && c.Kind != Visit {
		return false
	}
	if !s.CheckoutAt.IsZero() && c.At.After(s.CheckoutAt) {
		return true
	}
	return s.CreatedAt.Sub(c.At) < time.Duration(c.rules().LateTouchSeconds)*time.Second
}
