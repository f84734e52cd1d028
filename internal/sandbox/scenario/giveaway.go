package scenario

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"

	"tributary/internal/domain/draw"
	"tributary/internal/sandbox"
)

// giveaway is three weeks in which people enter by buying, by signing up, or
// free of charge. Some enter twice, some give back what they bought before the
// list is frozen or after it. Then the winners are drawn, and anybody can check.
func (s *Scenario) giveaway() {
	for _, p := range s.of(Giveaway) {
		var made struct{ ID string }
		opens, closes := s.at(20, 0), s.at(41, 0)
		sum := sha256.Sum256([]byte("the demo's seed of " + p.Handle))
		seed := hex.EncodeToString(sum[:])
		commitment := sha256.Sum256(sum[:])
		s.plan(s.at(18, 16), func() error {
			err := s.API.post(s.ctx, "/giveaways", obj{"campaign_id": p.Campaign, "title": "Win a year of serum", "prize": "Twelve bottles", "winners": 3, "opens_at": opens, "closes_at": closes,
				"countries": []string{"US", "CA"}, "ways": []string{"purchase", "signup", "free"}, "terms": "No purchase necessary. One entry a person.", "agreement_ids": []string{p.Agreement}}, &made)
			if err != nil {
				return err
			}
			return s.API.post(s.ctx, "/giveaways/"+made.ID+"/commit", obj{"kind": draw.Commit, "commitment": hex.EncodeToString(commitment[:])}, nil)
		})
		for i := range 60 {
			s.plan(s.at(21+i/3, 15+7*s.rng.Float64()), func() error {
				who := s.Crowd.Person()
				form := entry(who, []string{draw.BySignup, draw.ByFree}[i%2])
				switch { // most came by the influencer
				case i%6 == 0:
					form.Set("code", p.code())
				case i%6 < 5:
					form.Set("ref", p.Handle)
				}
				if err := s.enter(made.ID, who, form); err != nil || i%7 > 0 {
					return err
				}
				return s.enter(made.ID, who, form) // and once more, to be sure
			})
		}
		for i := range 3 {
			s.plan(s.at(25, 16+float64(i)), func() error {
				robot := s.Crowd.Person()
				form := entry(robot, draw.ByFree)
				form.Set("website", "https://spam.example")
				return s.enter(made.ID, robot, form)
			})
		}
		var bought []*sandbox.Order
		for i := range 8 {
			s.plan(s.at(22+i, 20), func() error {
				b := s.basket()
				b.Codes, b.Test, b.Draft, b.Gateway, b.Unpaid, b.GiftPaid = []string{p.code()}, false, false, "", false, false
				o, err := s.Store.Checkout(b)
				bought = append(bought, o)
				return err
			})
		}
		s.plan(s.at(33, 16), func() error { // a buyer enters free of charge, too: one entry it is
			who := s.Crowd.Person()
			who.Email = bought[0].Customer.Email
			form := entry(who, draw.ByFree)
			form.Set("ref", p.Handle)
			return s.enter(made.ID, who, form)
		})
		s.plan(s.at(34, 16), func() error { return s.Store.RefundAll(bought[1].ID) }) // gone before the freeze
		s.plan(s.at(43, 16), func() error { return s.Store.RefundAll(bought[2].ID) }) // and after it
		s.settled(41, func() error { return s.API.post(s.ctx, "/giveaways/"+made.ID+"/freeze", obj{}, nil) })
		s.settled(44, func() error {
			if err := s.API.post(s.ctx, "/giveaways/"+made.ID+"/draw", obj{"seed": seed}, nil); err != nil {
				return err
			}
			return s.checkDraw(made.ID)
		})
	}
}

func entry(who sandbox.Person, way string) url.Values {
	return url.Values{"email": {who.Email}, "way": {way}, "country": {"US"}, "agreed": {"yes"}}
}

func (s *Scenario) enter(giveaway string, who sandbox.Person, form url.Values) error {
	r, err := s.Crowd.Do(s.ctx, who, http.MethodPost, s.API.base+"/g/"+giveaway, form)
	if err == nil && r.Status != http.StatusOK {
		err = fmt.Errorf("the giveaway answered %d to an entry", r.Status)
	}
	return err
}

// checkDraw draws again by what is published.
func (s *Scenario) checkDraw(giveaway string) error {
	r, err := s.Crowd.Do(s.ctx, s.Crowd.Person(), http.MethodGet, s.API.base+"/g/"+giveaway+"/proof", nil)
	if err != nil {
		return err
	}
	var p draw.Proof
	if err := json.Unmarshal(r.Body, &p); err != nil {
		return fmt.Errorf("the proof of the draw: %w", err)
	}
	for _, f := range draw.Verify(&p) {
		if !f.OK {
			return fmt.Errorf("the draw does not stand: %s", f.What)
		}
	}
	return nil
}
