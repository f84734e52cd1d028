package scenario

import (
	"context"
	"encoding/json"
	"fmt"
)

// Agree makes the campaigns, the influencers and their signed agreements, and
// gives them codes and links.
func (s *Scenario) Agree(ctx context.Context) error {
	campaigns := map[Model]string{}
	for _, m := range Models {
		var made struct{ ID string }
		if err := s.API.post(ctx, "/campaigns", obj{"name": string(m), "goal": "Show how " + string(m) + " is counted and paid."}, &made); err != nil {
			return err
		}
		campaigns[m] = made.ID
	}
	for i := range s.Deals {
		p := &party{Deal: s.Deals[i], Campaign: campaigns[s.Deals[i].Model]}
		if err := s.agreeOne(ctx, p); err != nil {
			return fmt.Errorf("agreement with %s: %w", p.Handle, err)
		}
		s.parties[p.Handle] = p
	}
	return nil
}

func (s *Scenario) agreeOne(ctx context.Context, p *party) error {
	email := p.Handle + "@example.com"
	var influencer struct{ ID string }
	if err := s.API.post(ctx, "/influencers", obj{"handle": p.Handle, "name": p.name(), "email": email, "payout_method": "csv", "payout_detail": "IBAN of " + p.Handle}, &influencer); err != nil {
		return err
	}
	doc, err := p.document(s.Store.Currency())
	if err != nil {
		return err
	}
	var agreement struct {
		ID       string
		Versions []struct{ Hash string }
	}
	if err := s.API.post(ctx, "/agreements", obj{"influencer_id": influencer.ID, "campaign_id": p.Campaign, "terms": json.RawMessage(doc)}, &agreement); err != nil {
		return err
	}
	p.Influencer, p.Agreement = influencer.ID, agreement.ID
	at := "/agreements/" + agreement.ID
	if err := s.API.post(ctx, at+"/offer", obj{}, nil); err != nil {
		return err
	}
	for _, by := range []obj{{"party": "merchant", "signer": "The demo's merchant"}, {"party": "influencer", "signer": p.name()}} {
		by["email"], by["hash"], by["ip"] = email, agreement.Versions[0].Hash, "192.0.2.1"
		if err := s.API.post(ctx, at+"/sign", by, nil); err != nil {
			return err
		}
	}
	// The code is made in the store, by the work that this leaves behind.
	terms := obj{"kind": "percent", "percent": fmt.Sprintf("%d.%02d", p.OffBps/100, p.OffBps%100), "combines_with": []string{"order", "product", "shipping"}}
	if err := s.API.post(ctx, "/discounts", obj{"agreement_id": p.Agreement, "pattern": p.code(), "terms": terms}, nil); err != nil {
		return err
	}
	var link struct{ ID, URL string }
	if err := s.API.post(ctx, "/links", obj{"agreement_id": p.Agreement, "slug": p.Handle}, &link); err != nil {
		return err
	}
	p.Link, p.LinkID = link.URL, link.ID
	switch p.Model {
	case PayPerLead:
		return s.giveForm(ctx, p)
	case LandingPages:
		return s.givePage(ctx, p)
	}
	return nil
}

// Recall finds what an earlier run has agreed.
func (s *Scenario) Recall(ctx context.Context) error {
	handles, agreements := map[string]string{}, map[string]*party{}
	if err := each(ctx, s.API, "/influencers", func(i struct{ ID, Handle string }) error {
		handles[i.ID] = i.Handle
		return nil
	}); err != nil {
		return err
	}
	deals := map[string]Deal{}
	for i := range s.Deals {
		deals[s.Deals[i].Handle] = s.Deals[i]
	}
	type agreement struct {
		ID         string
		Influencer string `json:"influencer_id"`
		Campaign   string `json:"campaign_id"`
	}
	if err := each(ctx, s.API, "/agreements", func(a agreement) error {
		if d, ok := deals[handles[a.Influencer]]; ok {
			p := &party{Deal: d, Influencer: a.Influencer, Agreement: a.ID, Campaign: a.Campaign}
			s.parties[d.Handle], agreements[a.ID] = p, p
		}
		return nil
	}); err != nil {
		return err
	}
	type thing struct {
		ID, URL, Slug string
		Agreement     string `json:"agreement_id"`
	}
	for path, give := range map[string]func(*party, thing){
		"/links": func(p *party, t thing) {
			if t.Slug == p.Handle {
				p.Link, p.LinkID = t.URL, t.ID
			}
		},
		"/lead-forms": func(p *party, t thing) { p.Form, p.FormID = t.URL, t.ID },
		"/pages":      func(p *party, t thing) { p.Page = t.URL },
	} {
		if err := each(ctx, s.API, path, func(t thing) error {
			if p := agreements[t.Agreement]; p != nil {
				give(p, t)
			}
			return nil
		}); err != nil {
			return err
		}
	}
	// What we were told may be an address of an earlier run.
	for _, p := range agreements {
		p.Link, p.Form, p.Page = s.here(p.Link), s.here(p.Form), s.here(p.Page)
	}
	return nil
}
