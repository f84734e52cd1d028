package scenario

import (
	"fmt"
	"time"

	"tributary/internal/sandbox"
)

// live is an evening of selling live: sales by the evening's code, by a click in
// the session, and within the grace after it; then some that come too late. The
// grace of the first evening is made longer the day after, which takes those in
// that were late; a second evening is cancelled, which takes all of its sales out.
func (s *Scenario) live() {
	for _, p := range s.of(Livestream) {
		evening := s.at(30, 18)
		var session struct{ ID string }
		s.plan(evening.Add(-24*time.Hour), func() error {
			return s.API.post(s.ctx, "/live-sessions", obj{"agreement_id": p.Agreement, "title": p.name() + " live", "platform": "tiktok",
				"starts_at": evening, "ends_at": evening.Add(time.Hour), "grace_minutes": 30, "codes": []obj{{"code": p.liveCode()}}}, &session)
		})
		own := func(o *sandbox.Order) { s.truth.own[o.ID] = true }
		for i := range 14 {
			s.plan(evening.Add(time.Duration(2+4*i)*time.Minute), func() error { return s.sellBy(p.liveCode(), own) })
		}
		s.plan(evening.Add(20*time.Minute), func() error {
			landings, err := s.send(p, crowd{people: 18, twice: 2, bots: 1})
			for i, l := range landings {
				switch {
				case i < 5: // in the session, or the half hour after it
					s.buy(l, time.Duration(5+15*i)*time.Minute, own)
				case i < 8: // later: it counts since the grace was made longer
					s.buy(l, time.Duration(72+5*i)*time.Minute-time.Duration(i)*time.Minute, own)
				case i == 8: // too late for that, too
					s.buy(l, 4*time.Hour, nil)
				}
			}
			return err
		})
		s.plan(s.at(31, 16), func() error {
			return s.API.json(s.ctx, "PATCH", "/live-sessions/"+session.ID, obj{"grace_minutes": 90}, nil)
		})

		var second struct{ ID string }
		evening2 := s.at(44, 18)
		s.plan(evening2.Add(-24*time.Hour), func() error {
			return s.API.post(s.ctx, "/live-sessions", obj{"agreement_id": p.Agreement, "title": "An evening that the platform cut off", "platform": "tiktok",
				"starts_at": evening2, "ends_at": evening2.Add(time.Hour)}, &second)
		})
		s.plan(evening2.Add(10*time.Minute), func() error {
			landings, err := s.send(p, crowd{people: 6})
			for _, l := range landings[:min(3, len(landings))] {
				s.buy(l, 20*time.Minute, nil)
			}
			return err
		})
		s.plan(s.at(45, 16), func() error { return s.API.post(s.ctx, "/live-sessions/"+second.ID+"/cancel", obj{}, nil) })
	}
}

// sellBy sells to somebody who types a code.
func (s *Scenario) sellBy(code string, sold func(*sandbox.Order)) error {
	b := s.basket()
	b.Codes = []string{code}
	o, err := s.World.Sell(s.Store, b)
	if err != nil {
		return fmt.Errorf("sell by %s: %w", code, err)
	}
	if sold != nil {
		sold(o)
	}
	return nil
}
