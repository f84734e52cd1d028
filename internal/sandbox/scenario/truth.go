package scenario

import (
	"net/url"

	"tributary/internal/sandbox"
)

// truth is the scenario's own reckoning, of what its people did and of nothing
// the app says.
type truth struct {
	own    map[int64]bool   // orders that came by a deal's own way
	clicks map[string]int64 // by handle: different people a day
	leads  map[string]int64 // by handle: those that are qualified in the end
	posts  map[string]int64 // by handle: minor units
	hits   int64            // requests of links and pages
}

func newTruth() truth {
	return truth{own: map[int64]bool{}, clicks: map[string]int64{}, leads: map[string]int64{}, posts: map[string]int64{}}
}

// Hits is how many requests of links and pages there were, of people and others.
func (s *Scenario) Hits() int64 { return s.truth.hits }

// Earned is what an order should have earned each influencer whose orders the
// store can reckon, in minor units; nothing is 0.
func (s *Scenario) Earned(o *sandbox.Expected) map[string]int64 {
	out := map[string]int64{}
	paid := o.Commission(func(slug string) int64 {
		if p := s.parties[slug]; p != nil {
			return p.PlainBps
		}
		return 0
	})
	for handle, p := range s.parties {
		if p.PlainBps == 0 {
			continue
		}
		out[handle] = 0
		if !p.Own || s.truth.own[o.OrderID] {
			out[handle] = paid[handle]
		}
	}
	return out
}

// Counted is what clicks, leads and posts should have earned, in minor units by
// handle: plain arithmetic on what the people did.
func (s *Scenario) Counted() (clicks, leads, posts map[string]int64) {
	clicks, leads, posts = map[string]int64{}, map[string]int64{}, map[string]int64{}
	for handle, n := range s.truth.clicks {
		switch handle {
		case "pia": // $0.40 each, 1,000 at most
			clicks[handle] = 40 * min(n, 1000)
		case "pip": // $500 for 2,000
			clicks[handle] = (50_000*min(n, 2000) + 1000) / 2000
		}
	}
	for handle, n := range s.truth.leads {
		leads[handle] = n * map[string]int64{"paul": 1200, "pavo": 2500}[handle]
	}
	for handle, minor := range s.truth.posts {
		posts[handle] = minor
	}
	return clicks, leads, posts
}

// here is an address of the app with the host at which it answers now.
func (s *Scenario) here(address string) string {
	u, err := url.Parse(address)
	base, berr := url.Parse(s.API.base)
	if err != nil || berr != nil || address == "" {
		return address
	}
	u.Scheme, u.Host = base.Scheme, base.Host
	return u.String()
}
