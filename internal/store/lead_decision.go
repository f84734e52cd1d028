package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
)

// LeadDecision is what somebody said about a lead. Source and Key name it, so
// that it is taken once.
type LeadDecision struct {
	ID, LeadID      int64
	At              time.Time
	Outcome, Reason string // qualified, rejected
	Source, Key     string
}

// AddLeadDecision stores d; false when it was there already.
func (tx *Tx) AddLeadDecision(ctx context.Context, d LeadDecision) (bool, error) {
	tag, err := tx.pgx.Exec(ctx, `INSERT INTO lead_decisions (shop_id, lead_id, at, outcome, reason, source, key)
		VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (shop_id, lead_id, source, key) DO NOTHING`,
		tx.ShopID, d.LeadID, d.At, d.Outcome, d.Reason, d.Source, d.Key)
	if err != nil {
		return false, fmt.Errorf("decide lead %d: %w", d.LeadID, err)
	}
	return tag.RowsAffected() > 0, nil
}

// DecisionsOfLeads returns all that was said about the leads, ascending.
func (tx *Tx) DecisionsOfLeads(ctx context.Context, ids []int64) (map[int64][]LeadDecision, error) {
	rows, err := tx.pgx.Query(ctx, `SELECT id, lead_id, at, outcome, reason, source, key FROM lead_decisions
		WHERE shop_id = $1 AND lead_id = ANY($2) ORDER BY at, id`, tx.ShopID, ids)
	if err != nil {
		return nil, fmt.Errorf("load decisions on leads: %w", err)
	}
	list, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (d LeadDecision, err error) {
		err = r.Scan(&d.ID, &d.LeadID, &d.At, &d.Outcome, &d.Reason, &d.Source, &d.Key)
		d.At = d.At.UTC()
		return d, err
	})
	if err != nil {
		return nil, fmt.Errorf("load decisions on leads: %w", err)
	}
	out := map[int64][]LeadDecision{}
	for _, d := range list {
		out[d.LeadID] = append(out[d.LeadID], d)
	}
	return out, nil
}

// AddLeadToken stores the hash of a confirmation token.
func (tx *Tx) AddLeadToken(ctx context.Context, hash []byte, leadID int64, expires time.Time) error {
	_, err := tx.pgx.Exec(ctx, "INSERT INTO lead_tokens (shop_id, hash, lead_id, expires_at, created_at) VALUES ($1, $2, $3, $4, $5)",
		tx.ShopID, hash, leadID, expires, tx.Now)
	if err != nil {
		return fmt.Errorf("add confirmation token of lead %d: %w", leadID, err)
	}
	return nil
}

// LeadToken is a token of a confirmation mail.
type LeadToken struct {
	LeadID    int64
	ExpiresAt time.Time
	UsedAt    time.Time // zero: not used
}

// LeadToken returns the token with this hash; ErrNotFound when there is none.
func (tx *Tx) LeadToken(ctx context.Context, hash []byte) (*LeadToken, error) {
	var t LeadToken
	var used pgtype.Timestamptz
	err := tx.pgx.QueryRow(ctx, "SELECT lead_id, expires_at, used_at FROM lead_tokens WHERE shop_id = $1 AND hash = $2", tx.ShopID, hash).
		Scan(&t.LeadID, &t.ExpiresAt, &used)
	if err != nil {
		return nil, fmt.Errorf("load confirmation token: %w", notFound(err))
	}
	t.ExpiresAt, t.UsedAt = t.ExpiresAt.UTC(), fromTimestamptz(used)
	return &t, nil
}

// CountLeadTokens is how many tokens were made for a mailbox since an instant.
func (tx *Tx) CountLeadTokens(ctx context.Context, emailHash string, since time.Time) (n int, err error) {
	err = tx.pgx.QueryRow(ctx, `SELECT count(*) FROM lead_tokens t JOIN leads l ON l.shop_id = t.shop_id AND l.id = t.lead_id
		WHERE t.shop_id = $1 AND l.email_hash = $2 AND t.created_at > $3`, tx.ShopID, emailHash, since).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("count confirmation tokens: %w", err)
	}
	return n, nil
}

// ConfirmLead uses a token up and confirms its lead, unless that is confirmed
// already. It reports whether this call used the token.
func (tx *Tx) ConfirmLead(ctx context.Context, hash []byte, leadID int64) (bool, error) {
	tag, err := tx.pgx.Exec(ctx, "UPDATE lead_tokens SET used_at = $3 WHERE shop_id = $1 AND hash = $2 AND used_at IS NULL AND expires_at > $3", tx.ShopID, hash, tx.Now)
	if err != nil {
		return false, fmt.Errorf("use confirmation token: %w", err)
	}
	if tag.RowsAffected() == 0 {
		return false, nil
	}
	if _, err := tx.pgx.Exec(ctx, "UPDATE leads SET confirmed_at = coalesce(confirmed_at, $3), next_at = $3 WHERE shop_id = $1 AND id = $2", tx.ShopID, leadID, tx.Now); err != nil {
		return false, fmt.Errorf("confirm lead %d: %w", leadID, err)
	}
	return true, nil
}

// ShopsWithLeadsDue lists the shops in which leads wait for a verdict. It works
// in a transaction of shop 0.
func (tx *Tx) ShopsWithLeadsDue(ctx context.Context) ([]int64, error) {
	rows, err := tx.pgx.Query(ctx, "SELECT shop_id FROM door_leads_due($1)", tx.Now)
	if err != nil {
		return nil, fmt.Errorf("list shops with leads due: %w", err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return nil, fmt.Errorf("list shops with leads due: %w", err)
	}
	return ids, nil
}
