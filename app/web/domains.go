package web

import (
	"context"
	"time"

	"tributary/internal/errs"
	"tributary/internal/program"
	"tributary/internal/store"
)

// Domain is a host that the shop says is its own. Put its proof there, then have
// it checked.
type Domain struct {
	ID         string     `json:"id" example:"dom_3"`
	Host       string     `json:"host" example:"go.example.com"`
	Purpose    string     `json:"purpose" enum:"links,store" doc:"links: it points to this server and serves the shop's links. store: the store is reached by it, so links may lead there"`
	Verified   bool       `json:"verified"`
	TXTName    string     `json:"txt_name" doc:"DNS name of the proof" example:"_tributary.go.example.com"`
	TXTValue   string     `json:"txt_value" doc:"Its text record" example:"tributary=ab12"`
	URL        string     `json:"url" doc:"Or: the address that answers with token; one that points to this server does so by itself"`
	Token      string     `json:"token"`
	Problem    string     `json:"problem,omitempty" doc:"What the last check said"`
	VerifiedAt *time.Time `json:"verified_at,omitempty"`
	CheckedAt  *time.Time `json:"checked_at,omitempty"`
	CreatedAt  time.Time  `json:"created_at"`
}

func asDomain(d *store.Domain) Domain {
	return Domain{ID: formatID("dom", d.ID), Host: d.Host, Purpose: d.Purpose, Verified: d.VerifiedAt != nil, TXTName: program.ProofName(d.Host),
		TXTValue: program.ProofText(d.Token), URL: "http://" + d.Host + "/.well-known/tributary/" + d.Token, Token: d.Token, Problem: d.Problem,
		VerifiedAt: utc(d.VerifiedAt), CheckedAt: utc(d.CheckedAt), CreatedAt: d.CreatedAt.UTC()}
}

func (s *Server) listDomains(ctx context.Context, tx *store.Tx, _ *none) (List[Domain], error) {
	ds, err := tx.Domains(ctx)
	if err != nil {
		return List[Domain]{}, err
	}
	return listOf(ds, nil, asDomain), nil
}

type createDomainIn struct {
	Body struct {
		Host    string `json:"host" example:"go.example.com"`
		Purpose string `json:"purpose" example:"links"`
	}
}

func (s *Server) createDomain(ctx context.Context, tx *store.Tx, in *createDomainIn) (Domain, error) {
	d, err := program.AddDomain(ctx, tx, in.Body.Host, in.Body.Purpose, hostName(s.host))
	if err != nil {
		return Domain{}, err
	}
	return asDomain(d), nil
}

func (s *Server) checkDomain(ctx context.Context, shopID int64, in *IDIn) (Domain, error) {
	id, err := parseID("dom", in.ID)
	if err != nil {
		return Domain{}, err
	}
	if s.Proof == nil {
		return Domain{}, errs.New(errs.Unavailable, "no_lookups", "This server does not look up domains.")
	}
	d, err := program.CheckDomain(ctx, s.DB, shopID, id, s.Proof)
	if err != nil {
		return Domain{}, err
	}
	return asDomain(d), nil
}

func (s *Server) removeDomain(ctx context.Context, tx *store.Tx, in *IDIn) (Domain, error) {
	id, err := parseID("dom", in.ID)
	if err != nil {
		return Domain{}, err
	}
	d, err := program.RemoveDomain(ctx, tx, id)
	if err != nil {
		return Domain{}, err
	}
	return asDomain(d), nil
}

// Consent is what the shop's visitors are asked for.
type Consent struct {
	Required bool `json:"required" doc:"true: without the cookie tributary_consent=granted a visitor is not recognised, and the click is not paid for. Codes and orders work all the same"`
}

func (s *Server) getConsent(ctx context.Context, tx *store.Tx, _ *none) (Consent, error) {
	shop, err := tx.ClickShop(ctx)
	return Consent{Required: shop.ConsentRequired}, err
}

type setConsentIn struct{ Body Consent }

func (s *Server) setConsent(ctx context.Context, tx *store.Tx, in *setConsentIn) (Consent, error) {
	return in.Body, tx.SetConsentRequired(ctx, in.Body.Required)
}
