package scenario

import (
	"context"
	"time"
)

// Trickle lets it go on in the live trade: a few clicks, looks and leads at a
// time, every so often, until ctx ends. It runs in the world's own time. The
// first thing that goes wrong ends it, and failed hears of it.
func (s *Scenario) Trickle(ctx context.Context, every time.Duration, failed func(error)) {
	s.ctx, s.Clock = ctx, nil
	s.to, s.hurry = s.Store.Now().AddDate(100, 0, 0), 600
	var linked []*party
	for i := range s.Deals {
		if p := s.parties[s.Deals[i].Handle]; p != nil && p.Link != "" {
			linked = append(linked, p)
		}
	}
	if len(linked) == 0 {
		return
	}
	n := 0
	var step func()
	step = func() {
		if ctx.Err() != nil || s.err != nil {
			return
		}
		n++
		if err := s.trickle(linked[s.rng.IntN(len(linked))], n); err != nil && ctx.Err() == nil {
			s.err = err
			failed(err)
			return
		}
		s.World.At(s.Store, s.Store.Now().Add(every), step)
	}
	s.World.At(s.Store, s.Store.Now(), step)
}

func (s *Scenario) trickle(p *party, n int) error {
	landings, err := s.send(p, crowd{people: 1 + s.rng.IntN(4), twice: s.rng.IntN(2), bots: s.rng.IntN(2)})
	if err != nil {
		return err
	}
	if s.rng.IntN(4) == 0 {
		s.buy(landings[0], s.soon(), nil)
	}
	for _, p := range s.of(LandingPages) {
		if n%3 == 0 && p.Page != "" {
			if err := s.look(p, 2); err != nil {
				return err
			}
		}
	}
	for _, p := range s.of(PayPerLead) {
		switch {
		case p.Form == "":
		case n%5 == 0:
			if err := s.trickleLead(p); err != nil {
				return err
			}
		case n%15 == 1 && n > 1:
			if err := s.vetLive(p); err != nil {
				return err
			}
		}
	}
	return nil
}
