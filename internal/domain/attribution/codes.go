package attribution

import (
	"cmp"
	"slices"
	"strings"

	"tributary/internal/domain/order"
)

// codeWinners is R-6: nil without codes, the whole order when the codes are one
// influencer's, and the lines dealt out by discount when they are several's.
// Codes that are no influencer's never come here, so they block nothing.
func codeWinners(field []*cand, o *order.Order) []winner {
	var codes []*cand
	several := false
	for _, c := range field {
		if c.Kind == CodeUse {
			codes = append(codes, c)
			several = several || c.InfluencerID != codes[0].InfluencerID
		}
	}
	if len(codes) == 0 {
		return nil
	}
	if len(codes) == 1 {
		return one(codes[0])
	}
	onLines := countDiscounts(codes, o)
	slices.SortStableFunc(codes, strongerCode)
	if !several || !onLines {
		return one(codes[0])
	}
	return dealLines(heads(codes), codes, o)
}

// strongerCode: the larger discount, then the earlier touch, then the lower id.
func strongerCode(a, b *cand) int {
	return cmp.Or(
		cmp.Compare(b.discount, a.discount),
		a.At.Compare(b.At),
		cmp.Compare(a.InfluencerID, b.InfluencerID),
		strings.Compare(a.ID, b.ID),
	)
}

// countDiscounts notes what each code took off: by the lines' allocations when
// the store gave any for these codes, else by the order's own sum per code.
func countDiscounts(codes []*cand, o *order.Order) (onLines bool) {
	for i := range o.Snapshot.Lines {
		for _, d := range o.Snapshot.Lines[i].Discounts {
			for _, c := range codes {
				if sameCode(c.Code, d.Code) {
					c.discount += d.Amount
					onLines = onLines || d.Amount > 0
				}
			}
		}
	}
	if onLines {
		return true
	}
	for _, d := range o.Snapshot.Codes {
		for _, c := range codes {
			if sameCode(c.Code, d.Text) {
				c.discount += d.Amount
			}
		}
	}
	return false
}

func sameCode(a, b string) bool {
	return a != "" && b != "" && (a == b || order.Fold(a) == order.Fold(b))
}

// heads is each influencer's strongest code, their discounts added up, the
// strongest influencer first.
func heads(codes []*cand) []head {
	var hs []head
next:
	for _, c := range codes {
		for i := range hs {
			if hs[i].InfluencerID == c.InfluencerID {
				hs[i].total += c.discount
				continue next
			}
		}
		hs = append(hs, head{cand: c, total: c.discount})
	}
	slices.SortStableFunc(hs, func(a, b head) int {
		return cmp.Or(
			cmp.Compare(b.total, a.total),
			a.At.Compare(b.At),
			cmp.Compare(a.InfluencerID, b.InfluencerID),
		)
	})
	return hs
}

type head struct {
	*cand
	total int64
}

// dealLines gives each line to the influencer whose code discounted it. Lines
// that the same influencers discounted together are one contest, won by the
// larger sum, so codes on the whole order do not fall apart over cents. Lines
// no code touched go with the strongest.
func dealLines(hs []head, codes []*cand, o *order.Order) []winner {
	lines := o.Snapshot.Lines
	took := make([][]int64, len(lines)) // line → discount by head
	contests := map[string][]int64{}    // which heads → their sums
	keys := make([]string, len(lines))
	for i := range lines {
		took[i] = make([]int64, len(hs))
		for _, d := range lines[i].Discounts {
			for _, c := range codes {
				if sameCode(c.Code, d.Code) {
					took[i][headOf(hs, c)] += d.Amount
				}
			}
		}
		key := make([]byte, len(hs))
		for j, amount := range took[i] {
			if amount > 0 {
				key[j] = 1
			}
		}
		keys[i] = string(key)
		sums := contests[keys[i]]
		if sums == nil {
			sums = make([]int64, len(hs))
			contests[keys[i]] = sums
		}
		for j, amount := range took[i] {
			sums[j] += amount
		}
	}
	ws := make([]winner, len(hs))
	for j := range hs {
		ws[j] = winner{cand: hs[j].cand, bps: whole}
	}
	for i := range lines {
		best := 0 // heads stand strongest first, so a tie stays with the stronger
		for j, sum := range contests[keys[i]] {
			if sum > contests[keys[i]][best] {
				best = j
			}
		}
		ws[best].lines = append(ws[best].lines, lines[i].ID)
	}
	ws = slices.DeleteFunc(ws, func(w winner) bool { return len(w.lines) == 0 })
	if len(ws) == 1 {
		ws[0].lines = nil
	}
	return ws
}

func headOf(hs []head, c *cand) int {
	return slices.IndexFunc(hs, func(h head) bool { return h.InfluencerID == c.InfluencerID })
}
