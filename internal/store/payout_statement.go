package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"tributary/internal/domain/ledger"
)

// StatementRow is one movement of an influencer's payable with what caused it.
type StatementRow struct {
	JournalID   int64
	Kind        ledger.Kind
	Minor       int64 // positive is earned
	EffectiveAt time.Time
	OriginAt    time.Time
	PayoutID    int64 // payout line; 0 for earnings

	EarningID   int64 // 0 for payouts
	EarningKind EarningKind
	Source      int64 // order id; see EarningRow
	AgreementID int64
	Rule        string // component of a milestone
	Detail      []byte // of the earning
	OrderName   string // "" when it is no order
	Note        string // why a debt was written off, or something was awarded
}

// Statement returns the payable movements of an influencer in a currency with
// from ≤ effective < to, by effective instant. The start of payouts is left
// out: lines tell them. A zero from is the beginning, a zero to has no end.
func (tx *Tx) Statement(ctx context.Context, influencerID int64, currency string, from, to time.Time) ([]StatementRow, error) {
	rows, err := tx.pgx.Query(ctx, `SELECT e.journal_id, e.kind, -e.minor, e.effective_at, e.origin_at, e.payout_id, e.earning_id,
		  coalesce(s.kind, 0), coalesce(s.source, 0), coalesce(s.agreement_id, 0), coalesce(s.rule, ''), coalesce(s.detail, ''), coalesce(o.name, ''),
		  coalesce(w.reason, 'dispute dsp_' || d.id || ': ' || d.reason, '')
		FROM ledger_entries e
		LEFT JOIN earnings s ON s.shop_id = e.shop_id AND s.id = e.earning_id AND e.earning_id <> 0
		LEFT JOIN orders o ON o.shop_id = s.shop_id AND o.id = s.source AND s.kind = 1
		LEFT JOIN disputes d ON d.shop_id = e.shop_id AND d.journal_id = e.journal_id AND e.kind = 8
		LEFT JOIN write_offs w ON w.shop_id = e.shop_id AND w.journal_id = e.journal_id AND e.kind = 7
		WHERE `+movementsIn+` AND e.influencer_id = $4 AND e.currency = $5
		ORDER BY e.effective_at, e.journal_id`, tx.ShopID, since(from), until(to), influencerID, currency)
	if err != nil {
		return nil, fmt.Errorf("load statement of influencer %d: %w", influencerID, err)
	}
	out, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (s StatementRow, err error) {
		err = r.Scan(&s.JournalID, &s.Kind, &s.Minor, &s.EffectiveAt, &s.OriginAt, &s.PayoutID, &s.EarningID,
			&s.EarningKind, &s.Source, &s.AgreementID, &s.Rule, &s.Detail, &s.OrderName, &s.Note)
		s.EffectiveAt, s.OriginAt = s.EffectiveAt.UTC(), s.OriginAt.UTC()
		return s, err
	})
	if err != nil {
		return nil, fmt.Errorf("load statement of influencer %d: %w", influencerID, err)
	}
	return out, nil
}
