package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// SignedAgreement is an agreement of which a version was signed by both.
type SignedAgreement struct{ ID, InfluencerID int64 }

// AgreementsSigned lists them by id: those of an influencer, one, or all (0).
func (tx *Tx) AgreementsSigned(ctx context.Context, influencerID, agreementID int64) ([]SignedAgreement, error) {
	rows, err := tx.pgx.Query(ctx, `SELECT a.id, a.influencer_id FROM agreements a
		WHERE a.shop_id = $1 AND ($2::bigint = 0 OR a.influencer_id = $2) AND ($3::bigint = 0 OR a.id = $3)
		  AND EXISTS (SELECT FROM agreement_versions v WHERE v.shop_id = a.shop_id AND v.agreement_id = a.id AND v.effective_from IS NOT NULL)
		ORDER BY a.id`, tx.ShopID, influencerID, agreementID)
	if err != nil {
		return nil, fmt.Errorf("list signed agreements: %w", err)
	}
	out, err := pgx.CollectRows(rows, pgx.RowToStructByPos[SignedAgreement])
	if err != nil {
		return nil, fmt.Errorf("list signed agreements: %w", err)
	}
	return out, nil
}

// KindSum is what one agreement's earnings of a kind hold.
type KindSum struct {
	AgreementID int64
	Kind        EarningKind
	Currency    string
	Posted      int64
	Cost        int64 // of gifts, which earn nothing
}

// PostedByKind sums what the ledger holds by agreement and kind, for everything
// but orders, of what happened in [from, to); zero times are open.
func (tx *Tx) PostedByKind(ctx context.Context, from, to time.Time) ([]KindSum, error) {
	f, t := span(from, to)
	rows, err := tx.pgx.Query(ctx, `SELECT agreement_id, kind, currency, sum(posted)::bigint,
		  coalesce(sum(net_base) FILTER (WHERE kind = 8 AND state IN ('pending', 'locked', 'held')), 0)::bigint
		FROM earnings WHERE shop_id = $1 AND kind <> 1 AND occurred_at >= $2 AND occurred_at < $3 GROUP BY 1, 2, 3 ORDER BY 1, 2, 3`, tx.ShopID, f, t)
	if err != nil {
		return nil, fmt.Errorf("sum what is posted by kind: %w", err)
	}
	out, err := pgx.CollectRows(rows, pgx.RowToStructByPos[KindSum])
	if err != nil {
		return nil, fmt.Errorf("sum what is posted by kind: %w", err)
	}
	return out, nil
}
