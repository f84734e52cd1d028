// Package click decides which clicks count: a pure function of the
// set of a visitor's clicks, whatever order they came in.
package click

import (
	"bytes"
	"slices"
	"time"

	"tributary/internal/domain/terms"
)

// Why a click does not count, beyond what was known when it came.
const (
	Duplicate   = "duplicate"           // the visitor counted on this link within the window
	VisitorCap  = "visitor_cap"         // the visitor counted often enough in the campaign
	NoAgreement = "no_agreement"        // no signed version held then
	Inactive    = "inactive_influencer"
	Withdrawn   = "withdrawn"           // a person took it out
)

// Click is one click or visit as far as it matters here.
type Click struct {
	ID   [16]byte
	At   time.Time
	Link int64 // 0: a visit
	Page int64
	// Campaign is what the visitor's cap is counted in.
	Campaign int64
	// Out is why it cannot count whatever else there is; "" it can.
	Out   string
	Rules Rules
}

// Rules are what the agreement version a click falls under says.
type Rules struct {
	Window time.Duration // the visitor counts once on a link in so long
	Cap    int           // and so often in the campaign; 0: no bound
}

// RulesOf are the rules of a version. Without a price for clicks they are
// counted all the same; of several prices the strictest rule holds.
func RulesOf(t *terms.Terms) Rules {
	hours, limit := 0, 0
	for i := range t.Components {
		c := &t.Components[i]
		if c.Type != terms.Clicks {
			continue
		}
		hours = max(hours, c.DedupeHours)
		if c.VisitorCap > 0 && (limit == 0 || c.VisitorCap < limit) {
			limit = c.VisitorCap
		}
	}
	if hours == 0 {
		hours = 24
	}
	return Rules{Window: time.Duration(hours) * time.Hour, Cap: limit}
}

// Judge tells for each click of one visitor why it does not count; "" it does.
// The window runs from a click that counts, and includes its start only. Visits
// of pages are told apart from clicks on links and take no part in the cap.
func Judge(clicks []Click) []string {
	out := make([]string, len(clicks))
	order := make([]int, len(clicks))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return Compare(&clicks[a], &clicks[b]) })
	type place struct{ link, page int64 }
	last := map[place]time.Time{}
	counted := map[int64]int{}
	for _, i := range order {
		c := &clicks[i]
		at := place{c.Link, c.Page}
		before, some := last[at]
		switch {
		case c.Out != "":
			out[i] = c.Out
		case some && c.At.Sub(before) < c.Rules.Window:
			out[i] = Duplicate
		case c.Link != 0 && c.Rules.Cap > 0 && counted[c.Campaign] >= c.Rules.Cap:
			out[i] = VisitorCap
		default:
			last[at] = c.At
			if c.Link != 0 {
				counted[c.Campaign]++
			}
		}
	}
	return out
}

// Compare orders clicks by time, then id.
func Compare(a, b *Click) int {
	if c := a.At.Compare(b.At); c != 0 {
		return c
	}
	return bytes.Compare(a.ID[:], b.ID[:])
}
