package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
)

// The states of a proposal.
const (
	ProposalOpen     = "open"
	ProposalTaken    = "taken" // into a draft of the agreement's next version
	ProposalDeclined = "declined"
	ProposalReplaced = "replaced" // by the influencer's next one
)

// Proposal is an influencer's answer to an offer: other terms.
type Proposal struct {
	ID, AgreementID int64
	Number          int    // of the version it answers
	Terms           string // canonical JSON
	Text            string
	State, Reason   string
	CreatedAt       time.Time
	DecidedAt       time.Time // zero: not decided
}

// AddProposal stores p in the place of one that waits, and sets its ID.
func (tx *Tx) AddProposal(ctx context.Context, p *Proposal) error {
	p.State, p.CreatedAt = ProposalOpen, tx.Now
	if err := tx.exec(ctx, "replace proposal", "UPDATE proposals SET state = 'replaced', decided_at = $3 WHERE shop_id = $1 AND agreement_id = $2 AND state = 'open'",
		tx.ShopID, p.AgreementID, tx.Now); err != nil {
		return err
	}
	err := tx.pgx.QueryRow(ctx, `INSERT INTO proposals (shop_id, agreement_id, number, terms, text, created_at) VALUES ($1, $2, $3, $4, $5, $6) RETURNING id`,
		tx.ShopID, p.AgreementID, p.Number, p.Terms, p.Text, p.CreatedAt).Scan(&p.ID)
	if err != nil {
		return fmt.Errorf("add proposal: %w", err)
	}
	return nil
}

// Proposals lists proposals, the newest first; an agreement of 0 and an empty
// state list all.
func (tx *Tx) Proposals(ctx context.Context, agreementID int64, state string, p Page) ([]Proposal, *Cursor, error) {
	ps, err := tx.proposals(ctx, "($2 = 0 OR agreement_id = $2) AND ($3 = '' OR state = $3) AND ($4 = 0 OR id < $4) ORDER BY id DESC LIMIT $5", agreementID, state, p.After.Minor, p.limit())
	if err != nil {
		return nil, nil, err
	}
	ps, next := cut(ps, p, func(p *Proposal) Cursor { return Cursor{Minor: p.ID} })
	return ps, next, nil
}

// Proposal returns one proposal; ErrNotFound when there is none.
func (tx *Tx) Proposal(ctx context.Context, id int64) (*Proposal, error) {
	ps, err := tx.proposals(ctx, "id = $2", id)
	if err == nil && len(ps) == 0 {
		err = fmt.Errorf("load proposal %d: %w", id, ErrNotFound)
	}
	if err != nil {
		return nil, err
	}
	return &ps[0], nil
}

func (tx *Tx) proposals(ctx context.Context, where string, args ...any) ([]Proposal, error) {
	rows, err := tx.pgx.Query(ctx, "SELECT id, agreement_id, number, terms, text, state, reason, created_at, decided_at FROM proposals WHERE shop_id = $1 AND "+where,
		append([]any{tx.ShopID}, args...)...)
	if err != nil {
		return nil, fmt.Errorf("load proposals: %w", err)
	}
	out, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (p Proposal, err error) {
		var decided pgtype.Timestamptz
		err = r.Scan(&p.ID, &p.AgreementID, &p.Number, &p.Terms, &p.Text, &p.State, &p.Reason, &p.CreatedAt, &decided)
		p.CreatedAt, p.DecidedAt = p.CreatedAt.UTC(), fromTimestamptz(decided)
		return p, err
	})
	if err != nil {
		return nil, fmt.Errorf("load proposals: %w", err)
	}
	return out, nil
}

// DecideProposal writes what became of an open proposal, and reports whether it
// was open.
func (tx *Tx) DecideProposal(ctx context.Context, id int64, state, reason string) (bool, error) {
	tag, err := tx.pgx.Exec(ctx, "UPDATE proposals SET state = $3, reason = $4, decided_at = $5 WHERE shop_id = $1 AND id = $2 AND state = 'open'", tx.ShopID, id, state, reason, tx.Now)
	if err != nil {
		return false, fmt.Errorf("decide proposal %d: %w", id, err)
	}
	return tag.RowsAffected() == 1, nil
}
