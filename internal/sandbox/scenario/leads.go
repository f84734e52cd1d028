package scenario

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"tributary/internal/sandbox"
)

// giveForm gives a party a form for leads.
func (s *Scenario) giveForm(ctx context.Context, p *party) error {
	var form struct{ ID, URL string }
	err := s.API.post(ctx, "/lead-forms", obj{"agreement_id": p.Agreement, "title": "A free sample for your team", "button": "Ask for it",
		"fields": []obj{{"name": "company", "label": "Your company", "type": "text", "required": true}}}, &form)
	p.Form, p.FormID = form.URL, form.ID
	return err
}

// What becomes of a lead. The company they say they are of tells the merchant.
const (
	goodLead    = "Bright & Sons"
	badLead     = "Asdf"      // rejected
	laterBad    = "Bounce Co" // qualified, and then found out in its hold
	ignoredLead = "Quiet Ltd" // nobody decides: the deadline does
)

// leads are the campaigns that pay by the lead, in the numbers of R-51: of 40
// leads 5 come twice and 6 turn out bad. A robot and the influencer try, too.
func (s *Scenario) leads() {
	for _, p := range s.of(PayPerLead) {
		if p.Form == "" {
			continue
		}
		good, bad := 29, 4
		if p.Handle != "paul" {
			good, bad = 12, 3
		}
		var come []string
		for range good {
			come = append(come, goodLead)
		}
		for range bad {
			come = append(come, badLead)
		}
		come = append(come, ignoredLead)
		s.rng.Shuffle(len(come), func(i, j int) { come[i], come[j] = come[j], come[i] })
		come = append(come, laterBad) // last, so that its hold still runs when it is found out
		var people []sandbox.Person
		for i, company := range come {
			s.plan(s.at(10+i*20/len(come), 15+7*s.rng.Float64()), func() error {
				who := s.Crowd.Person()
				if company == goodLead {
					people = append(people, who)
					s.truth.leads[p.Handle]++
				}
				return s.submit(p, who, company, "")
			})
		}
		for i := range 5 { // the same mailbox once more
			s.plan(s.at(31, 16+float64(i)/2), func() error {
				who := s.Crowd.Person()
				who.Email = people[i*2].Email
				return s.submit(p, who, goodLead, "")
			})
		}
		s.plan(s.at(15, 20), func() error { return s.submit(p, s.Crowd.Person(), goodLead, "https://spam.example") })
		s.plan(s.at(16, 20), func() error {
			self := s.Crowd.Person()
			self.Email = p.Handle + "@example.com"
			return s.submit(p, self, goodLead, "")
		})
		for day := 12; day <= 34; day += 3 {
			s.settled(day, func() error { return s.vet(p) })
		}
		s.settled(35, func() error { return s.findOut(p) })
	}
}

// submit sends the form of a party as a person would.
func (s *Scenario) submit(p *party, who sandbox.Person, company, honeypot string) error {
	r, err := s.Crowd.Do(s.ctx, who, http.MethodPost, p.Form, url.Values{"email": {who.Email}, "company": {company}, "consent": {"yes"}, "website": {honeypot}, "ref": {p.Handle}})
	if err == nil && r.Status != http.StatusSeeOther {
		err = fmt.Errorf("the form of %s answered %d", p.Handle, r.Status)
	}
	return err
}

// lead is one as the merchant reads it.
type lead struct {
	ID      string
	Answers struct{ Company string }
}

// ofState lists the leads of a party's form in a state, with what they said.
func (s *Scenario) ofState(p *party, state string) (out []lead, err error) {
	err = each(s.ctx, s.API, "/leads?form="+p.FormID+"&state="+state, func(l lead) error {
		err := s.API.get(s.ctx, "/leads/"+l.ID, &l)
		out = append(out, l)
		return err
	})
	return out, err
}

// vet decides about the leads that wait.
func (s *Scenario) vet(p *party) error {
	waiting, err := s.ofState(p, "pending_vetting")
	if err != nil {
		return err
	}
	var qualified, rejected []string
	for _, l := range waiting {
		switch l.Answers.Company {
		case goodLead, laterBad:
			qualified = append(qualified, l.ID)
		case badLead:
			rejected = append(rejected, l.ID)
		}
	}
	if err := s.decide(qualified, "qualified", ""); err != nil {
		return err
	}
	return s.decide(rejected, "rejected", "There is no such company.")
}

// findOut rejects a lead that was qualified, before its hold is over.
func (s *Scenario) findOut(p *party) error {
	list, err := s.ofState(p, "qualified")
	if err != nil {
		return err
	}
	for _, l := range list {
		if l.Answers.Company == laterBad {
			return s.decide([]string{l.ID}, "rejected", "Their mail came back.")
		}
	}
	return fmt.Errorf("no lead of %s is there to be found out", p.Handle)
}

func (s *Scenario) decide(ids []string, outcome, reason string) error {
	if len(ids) == 0 {
		return nil
	}
	var out struct{ Refused int }
	err := s.API.post(s.ctx, "/leads/decide", obj{"ids": ids, "outcome": outcome, "reason": reason}, &out)
	if err == nil && out.Refused > 0 {
		err = fmt.Errorf("%d of %d leads could not be %s", out.Refused, len(ids), outcome)
	}
	return err
}

// trickleLead lets somebody ask in the live trade.
func (s *Scenario) trickleLead(p *party) error {
	company := goodLead
	if s.rng.IntN(4) == 0 {
		company = badLead
	}
	return s.submit(p, s.Crowd.Person(), company, "")
}

// vetLive is vet in the live trade: who is qualified counts when they are.
func (s *Scenario) vetLive(p *party) error {
	waiting, err := s.ofState(p, "pending_vetting")
	if err != nil {
		return err
	}
	for _, l := range waiting {
		if l.Answers.Company == goodLead {
			s.truth.leads[p.Handle]++
		}
	}
	return s.vet(p)
}

const day = 24 * time.Hour
