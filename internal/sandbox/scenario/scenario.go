// Package scenario is the demo's story: in each sandbox store a campaign for
// each of the eleven ways to pay, the merchant who runs them through the API,
// and the people who follow links, fill in forms, enter giveaways and buy. It
// knows the app by HTTP alone, and keeps a reckoning of its own of what was
// earned.
package scenario

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"tributary/internal/sandbox"
)

// Scenario plays in one store.
type Scenario struct {
	Store *sandbox.Store
	World *sandbox.World
	API   *API
	Crowd *sandbox.Crowd
	Deals []Deal
	// Clock sets the app's clock to an instant of history; nil: it goes by itself.
	Clock func(time.Time)

	ctx      context.Context // of the play; steps have no other
	from, to time.Time
	hurry    time.Duration // how many times faster people make up their minds
	rng      *rand.Rand
	parties  map[string]*party
	ends     []ending
	err      error
	truth    truth
}

// party is one influencer with what they were given.
type party struct {
	Deal
	Influencer, Agreement, Campaign string
	Link                            string // its address
	LinkID                          string
	Form, Page                      string // addresses, where the deal has them
	FormID                          string
}

// ending is something that happens when all of a day is settled.
type ending struct {
	at time.Time
	do func() error
}

// New makes the scenario of a store. It begins with Agree, or with Recall where
// an earlier run has agreed.
func New(seed uint64, store *sandbox.Store, world *sandbox.World, api *API, deals []Deal) *Scenario {
	return &Scenario{Store: store, World: world, API: api, Deals: deals, Crowd: sandbox.NewCrowd(fmt.Sprintf("%s%d", store.Platform(), seed)),
		rng: rand.New(rand.NewPCG(seed, 7)), parties: map[string]*party{}, truth: newTruth()}
}

// Play plans all that happens between two instants besides the store's ordinary
// trade.
func (s *Scenario) Play(ctx context.Context, from, to time.Time) {
	s.ctx, s.from, s.to, s.hurry = ctx, from, to, 1
	s.traffic()
	s.clicks()
	s.leads()
	s.pages()
	s.live()
	s.posts()
	s.giveaway()
}

// Err is the first thing that went wrong in the play.
func (s *Scenario) Err() error { return s.err }

// EndOfDay does what had to wait until everything up to end was settled.
func (s *Scenario) EndOfDay(end time.Time) error {
	for len(s.ends) > 0 && !s.ends[0].at.After(end) && s.err == nil {
		e := s.ends[0]
		s.ends = s.ends[1:]
		s.err = e.do()
	}
	return s.err
}

// at is an instant of the play: so many days after it began, at an hour UTC.
// Hours from 15 to 23 are day in all time zones of the stores.
func (s *Scenario) at(day int, hour float64) time.Time {
	return s.from.Add(time.Duration(day)*24*time.Hour + time.Duration(hour*float64(time.Hour)))
}

// plan lets something happen at an instant; what the play does not reach does
// not happen. Nothing happens any more once something has gone wrong.
func (s *Scenario) plan(at time.Time, do func() error) {
	if !at.Before(s.to) {
		return
	}
	s.World.At(s.Store, at, func() {
		if s.err != nil || s.ctx.Err() != nil {
			return
		}
		if s.Clock != nil {
			s.Clock(s.Store.Now())
		}
		if err := do(); err != nil {
			s.err = fmt.Errorf("%s, %s: %w", s.Store.Domain(), at.Format(time.DateTime), err)
		}
	})
}

// settled lets something happen at the end of a day, when all is settled.
func (s *Scenario) settled(day int, do func() error) {
	if at := s.at(day+1, 0); !at.After(s.to) {
		s.ends = append(s.ends, ending{at, do})
	}
}

// of lists the parties of a way to pay, in the order of the deals.
func (s *Scenario) of(m Model) (out []*party) {
	for i := range s.Deals {
		if p := s.parties[s.Deals[i].Handle]; p != nil && p.Model == m {
			out = append(out, p)
		}
	}
	return out
}
