package commission

import (
	"tributary/internal/domain/money"
	"tributary/internal/domain/terms"
)

// Engagement is what a post had at one instant, by event.
type Engagement struct {
	Likes, Comments, Shares, Saves, Views int64
}

// Of is the number of an event's occurrences.
func (e *Engagement) Of(event string) int64 {
	switch event {
	case terms.Like:
		return e.Likes
	case terms.Comment:
		return e.Comments
	case terms.Share:
		return e.Shares
	case terms.Save:
		return e.Saves
	case terms.View:
		return e.Views
	}
	return 0
}

// EngagementTarget is what a post with these numbers is worth, in
// minor units: nothing while a gate is closed; then each priced event its price,
// all of them rated by the bands their number reaches into, rounded once, and
// capped.
func EngagementTarget(c *terms.Component, currency money.Currency, e Engagement) int64 {
	for _, g := range c.Gates {
		if e.Of(g.Event) < int64(g.AtLeast) {
			return 0
		}
	}
	var x money.Exact
	var count int64
	for i := range c.Prices {
		n := max(0, e.Of(c.Prices[i].Event))
		count += n
		x.AddMicro(n, c.Prices[i].Unit(), currency.Exponent())
	}
	if len(c.Bands) > 0 && count > 0 {
		var rated int64 // events × rate
		for i := range c.Bands {
			b := &c.Bands[i]
			end := count
			if i+1 < len(c.Bands) {
				end = min(count, c.Bands[i+1].FromValue())
			}
			if end > b.FromValue() {
				rated += (end - b.FromValue()) * int64(b.RateBps)
			}
		}
		x.MulRatio(rated, count)
		x.MulRatio(1, int64(whole))
	}
	return capped(c, max(0, rounded(x)))
}
