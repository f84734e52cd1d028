package scenario

import (
	"fmt"
	"net/http"
	"net/url"
	"time"

	"tributary/internal/sandbox"
)

// crowd is so many people who follow a link, and the noise around them.
type crowd struct {
	people, twice, heads, prefetches, previews, bots, optedOut int
}

// send lets a crowd follow a party's link at once and counts who is worth
// counting: people, once each. It returns where the people were led.
func (s *Scenario) send(p *party, c crowd) ([]string, error) {
	var hits []sandbox.Hit
	add := func(who sandbox.Person, method string) {
		hits = append(hits, sandbox.Hit{Person: who, Method: method, URL: p.Link})
	}
	people := make([]sandbox.Person, c.people)
	for i := range people {
		people[i] = s.Crowd.Person()
		add(people[i], http.MethodGet)
	}
	for range c.heads {
		add(s.Crowd.Person(), http.MethodHead)
	}
	other := func(n int, change func(*sandbox.Person)) {
		for range n {
			who := s.Crowd.Person()
			change(&who)
			add(who, http.MethodGet)
		}
	}
	other(c.prefetches, func(w *sandbox.Person) { w.Header = []string{"Sec-Purpose", "prefetch"} })
	other(c.previews, func(w *sandbox.Person) { w.Agent = sandbox.PreviewAgent })
	other(c.bots, func(w *sandbox.Person) { w.Agent = []string{sandbox.BotAgent, sandbox.ScriptAgent, ""}[s.rng.IntN(3)] })
	other(c.optedOut, func(w *sandbox.Person) { w.Header = []string{"Sec-GPC", "1"} })
	replies, err := s.Crowd.Together(s.ctx, hits)
	if err != nil {
		return nil, err
	}
	again := make([]sandbox.Hit, c.twice)
	for i := range again {
		again[i] = hits[s.rng.IntN(c.people)]
	}
	if _, err := s.Crowd.Together(s.ctx, again); err != nil {
		return nil, err
	}
	s.truth.clicks[p.Handle] += int64(c.people)
	s.truth.hits += int64(len(hits) + len(again))
	landings := make([]string, c.people)
	for i := range landings {
		landings[i] = replies[i].Location
	}
	return landings, nil
}

// buy lets somebody who was led to an address buy there a little later.
func (s *Scenario) buy(landing string, after time.Duration, sold func(*sandbox.Order)) {
	if s.hurry > 1 { // stores know whole seconds: an order must not be made in that of its click
		after = after/s.hurry + 2*time.Second
	}
	s.plan(s.Store.Now().Add(after), func() error {
		b := s.basket()
		b.Landing = landing
		o, err := s.World.Sell(s.Store, b)
		if err == nil && sold != nil {
			sold(o)
		}
		return err
	})
}

// basket is one that nobody's code or link stands behind yet.
func (s *Scenario) basket() sandbox.Basket {
	b := s.Store.RandomBasket()
	b.Codes, b.Ref, b.ByLine = nil, "", false
	return b
}

// soon is up to an hour and a half.
func (s *Scenario) soon() time.Duration { return time.Duration(2+s.rng.IntN(88)) * time.Minute }

// traffic is the everyday trickle: people, twice-comers and bots on all links
// but those that are paid by the click; one in eight buys.
func (s *Scenario) traffic() {
	var shared []*party
	for i := range s.Deals {
		if p := s.parties[s.Deals[i].Handle]; p != nil && p.Model != PayPerClick && p.Link != "" {
			shared = append(shared, p)
		}
	}
	if len(shared) == 0 {
		return
	}
	for day := range int(s.to.Sub(s.from)/(24*time.Hour)) + 1 {
		for range 3 {
			p := shared[s.rng.IntN(len(shared))]
			c := crowd{people: 2 + s.rng.IntN(4), twice: s.rng.IntN(2), bots: s.rng.IntN(2), previews: s.rng.IntN(2)}
			s.plan(s.at(day, 15+7*s.rng.Float64()), func() error {
				landings, err := s.send(p, c)
				for _, l := range landings {
					if s.rng.IntN(8) == 0 {
						s.buy(l, s.soon(), nil)
					}
				}
				return err
			})
		}
	}
}

// clicks are the campaigns that pay by the click. The larger one is that of
// 1,900 clicks, 1,250 of which are valid, and 1,000 paid. Some are taken
// out while their day is in its hold, so that later ones move up; and some
// after it, which changes nothing any more.
func (s *Scenario) clicks() {
	for _, p := range s.of(PayPerClick) {
		days, each := 19, crowd{people: 65, twice: 21, heads: 3, prefetches: 3, previews: 3, bots: 4}
		rest := crowd{people: 80, twice: 22, heads: 6, prefetches: 0, previews: 2, bots: 6, optedOut: 2}
		if p.Handle != "pia" {
			days, each = 12, crowd{people: 46, twice: 8, heads: 1, prefetches: 1, previews: 1, bots: 2, optedOut: 1}
			rest = each
		}
		for day := range days {
			c := each
			if day == days-1 {
				c = rest
			}
			s.plan(s.at(5+day, 18), func() error {
				landings, err := s.send(p, c)
				for i := 0; i < len(landings); i += 25 {
					s.buy(landings[i], s.soon(), nil)
				}
				return err
			})
		}
		s.plan(s.at(5+days+2, 16), func() error { return s.takeOut(p, 5+days-4, 40, "bought traffic") })
		s.plan(s.at(5+days+35, 16), func() error { return s.takeOut(p, 6, 10, "found out too late") })
	}
}

// takeOut takes so many people's clicks of a day out after the fact, all of
// theirs: of somebody who came twice the second click would count instead. Those
// of a day whose hold is over stay paid for.
func (s *Scenario) takeOut(p *party, day, n int, reason string) error {
	from := s.at(day, 15)
	q := url.Values{"link": {p.LinkID}, "from": {from.Format(time.RFC3339)}, "to": {from.Add(8 * time.Hour).Format(time.RFC3339)}}
	type click struct {
		ID, Visitor string
		Valid       bool
	}
	ids, whole := map[string][]string{}, map[string]bool{}
	err := each(s.ctx, s.API, "/clicks?"+q.Encode(), func(c click) error {
		ids[c.Visitor] = append(ids[c.Visitor], c.ID)
		whole[c.Visitor] = whole[c.Visitor] || c.Valid
		return nil
	})
	if err != nil {
		return err
	}
	var list []string
	left := n
	for visitor, theirs := range ids {
		if visitor != "" && whole[visitor] && left > 0 {
			list = append(list, theirs...)
			left--
		}
	}
	if left > 0 {
		return fmt.Errorf("there are %d people too few on the link of %s", left, p.Handle)
	}
	if err := s.API.post(s.ctx, "/clicks/invalidate", obj{"ids": list, "reason": reason}, nil); err != nil {
		return err
	}
	if s.Store.Now().Sub(from) < 14*24*time.Hour { // the hold of the terms
		s.truth.clicks[p.Handle] -= int64(n)
	}
	return nil
}
