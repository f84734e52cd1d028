package program

import (
	"context"
	"fmt"

	"tributary/internal/errs"
	"tributary/internal/store"
)

// Propose answers an offer, or what is signed, with other terms. It replaces a
// proposal that waits; the offer stays as it is.
func Propose(ctx context.Context, tx *store.Tx, agreementID int64, terms []byte, text string) (*store.Proposal, error) {
	_, vs, err := lockVersions(ctx, tx, agreementID)
	if err != nil {
		return nil, err
	}
	v := vs[len(vs)-1]
	if v.State != store.VersionOffered && v.State != store.VersionSigned {
		return nil, errs.New(errs.Conflict, "nothing_offered", fmt.Sprintf("Version %d is %s: there is nothing to answer.", v.Number, v.State))
	}
	var w wrong
	text = w.text("text", text, 1, 4000)
	if err := w.err("invalid_proposal", "The proposal cannot be like this."); err != nil {
		return nil, err
	}
	doc, err := readTerms(terms)
	if err != nil {
		return nil, err
	}
	p := store.Proposal{AgreementID: agreementID, Number: v.Number, Terms: doc.canonical, Text: text}
	return &p, tx.AddProposal(ctx, &p)
}

var errProposal = errs.New(errs.Conflict, "proposal_decided", "This proposal does not wait any more.")

// TakeProposal makes a draft of the agreement's next version with the terms that
// the influencer proposed. An offer that still stands is withdrawn for it.
func TakeProposal(ctx context.Context, tx *store.Tx, id int64) (*store.Proposal, error) {
	p, err := tx.Proposal(ctx, id)
	if err != nil {
		return nil, missing(err, "proposal")
	}
	_, vs, err := lockVersions(ctx, tx, p.AgreementID)
	if err != nil {
		return nil, err
	}
	ok, err := tx.DecideProposal(ctx, id, store.ProposalTaken, "")
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, errProposal
	}
	if v := vs[len(vs)-1]; v.State == store.VersionOffered {
		if err := Withdraw(ctx, tx, p.AgreementID); err != nil {
			return nil, err
		}
	}
	if _, err := DraftVersion(ctx, tx, p.AgreementID, []byte(p.Terms)); err != nil {
		return nil, err
	}
	return tx.Proposal(ctx, id)
}

// DeclineProposal says no, with a reason that the influencer is told.
func DeclineProposal(ctx context.Context, tx *store.Tx, id int64, reason string) (*store.Proposal, error) {
	var w wrong
	reason = w.text("reason", reason, 1, 1000)
	if err := w.err("invalid_decision", "The proposal is not decided like this."); err != nil {
		return nil, err
	}
	p, err := tx.Proposal(ctx, id)
	if err != nil {
		return nil, missing(err, "proposal")
	}
	a, _, err := lockVersions(ctx, tx, p.AgreementID)
	if err != nil {
		return nil, err
	}
	ok, err := tx.DecideProposal(ctx, id, store.ProposalDeclined, reason)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, errProposal
	}
	if err := tx.Note(ctx, store.NoticeProposal, id, tx.Now, a.InfluencerID); err != nil {
		return nil, err
	}
	return tx.Proposal(ctx, id)
}
