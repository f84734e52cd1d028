package web

import (
	"context"
	"time"

	"tributary/internal/program"
	"tributary/internal/store"
)

// proposalTable is the part of the route table about what influencers propose.
func (s *Server) proposalTable() []route {
	return []route{
		{get, "/proposals", read, "List terms that influencers have proposed", reads(s.listProposals)},
		{post, "/proposals/{id}/take", write, "Take proposed terms over into a draft of the next version", writes(s.takeProposal)},
		{post, "/proposals/{id}/decline", write, "Decline proposed terms with a reason that the influencer reads", writes(s.declineProposal)},
	}
}

// portalProposals is the same, of the portal.
func (s *Server) portalProposals() []portalRoute {
	return []portalRoute{
		{get, "/shops/{shop}/agreements/{id}/proposals", false, "List the terms you have proposed", sees(s.myProposals)},
		{post, "/shops/{shop}/agreements/{id}/proposals", false, "Propose other terms; one that waits is replaced", does(ownProposal, s.propose)},
	}
}

// Proposal is an influencer's answer to an offer: other terms.
type Proposal struct {
	ID          string     `json:"id" example:"prp_2"`
	AgreementID string     `json:"agreement_id"`
	Version     int        `json:"version" doc:"The one it answers"`
	Terms       JSON       `json:"terms"`
	Text        string     `json:"text" doc:"Why"`
	State       string     `json:"state" enum:"open,taken,declined,replaced"`
	Reason      string     `json:"reason,omitempty" doc:"Why it was declined"`
	CreatedAt   time.Time  `json:"created_at"`
	DecidedAt   *time.Time `json:"decided_at,omitempty"`
}

func asProposal(p *store.Proposal) Proposal {
	return Proposal{ID: formatID("prp", p.ID), AgreementID: formatID("agr", p.AgreementID), Version: p.Number, Terms: JSON(p.Terms), Text: p.Text, State: p.State, Reason: p.Reason,
		CreatedAt: p.CreatedAt, DecidedAt: utcOrNil(p.DecidedAt)}
}

func asProposalOr(p *store.Proposal, err error) (Proposal, error) {
	if err != nil {
		return Proposal{}, err
	}
	return asProposal(p), nil
}

type listProposalsIn struct {
	PageIn
	Agreement string `query:"agreement"`
	State     string `query:"state" enum:"open,taken,declined,replaced"`
}

func (s *Server) listProposals(ctx context.Context, tx *store.Tx, in *listProposalsIn) (List[Proposal], error) {
	var none List[Proposal]
	p, err := in.page()
	if err != nil {
		return none, err
	}
	agreement, err := parseOptionalID("agr", in.Agreement)
	if err != nil {
		return none, err
	}
	rows, next, err := tx.Proposals(ctx, agreement, in.State, p)
	if err != nil {
		return none, err
	}
	return listOf(rows, next, asProposal), nil
}

func (s *Server) takeProposal(ctx context.Context, tx *store.Tx, in *IDIn) (Proposal, error) {
	id, err := parseID("prp", in.ID)
	if err != nil {
		return Proposal{}, err
	}
	return asProposalOr(program.TakeProposal(ctx, tx, id))
}

type declineProposalIn struct {
	IDIn
	Body struct {
		Reason string `json:"reason"`
	}
}

func (s *Server) declineProposal(ctx context.Context, tx *store.Tx, in *declineProposalIn) (Proposal, error) {
	id, err := parseID("prp", in.ID)
	if err != nil {
		return Proposal{}, err
	}
	return asProposalOr(program.DeclineProposal(ctx, tx, id, in.Body.Reason))
}

type myProposalsIn struct {
	IDIn
	PageIn
}

func (s *Server) myProposals(ctx context.Context, tx *store.Tx, in *myProposalsIn) (List[Proposal], error) {
	if err := ownsAgreement(ctx, tx, in.ID); err != nil {
		return List[Proposal]{}, err
	}
	return s.listProposals(ctx, tx, &listProposalsIn{PageIn: in.PageIn, Agreement: in.ID})
}

type proposeIn struct {
	IDIn
	Body struct {
		Terms JSON   `json:"terms" doc:"The whole document, as you want it"`
		Text  string `json:"text" maxLength:"4000" doc:"Why"`
	}
}

func ownProposal(ctx context.Context, tx *store.Tx, in *proposeIn) error {
	return ownsAgreement(ctx, tx, in.ID)
}

func (s *Server) propose(ctx context.Context, tx *store.Tx, _ *store.Membership, in *proposeIn) (Proposal, error) {
	id, err := parseID("agr", in.ID)
	if err != nil {
		return Proposal{}, err
	}
	return asProposalOr(program.Propose(ctx, tx, id, in.Body.Terms, in.Body.Text))
}
