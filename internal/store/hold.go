package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// DueEarning is an earning whose hold is over and that is not locked yet.
type DueEarning struct {
	ID, InfluencerID, AgreementID int64
	Currency                      string
	Posted                        int64 // minor units of Currency that lie in pending
	ReleaseAt                     time.Time
}

// dueEarnings leaves out what a person must look at first: a held earning stays
// pending, however long ago its hold ended (R-34 gives that its own deadline),
// and so does one that is disputed.
const dueEarnings = `FROM earnings WHERE shop_id = $1 AND locked_at IS NULL AND release_at IS NOT NULL AND state <> 'held' AND release_at <= $2
	AND NOT EXISTS (SELECT FROM disputes d WHERE d.shop_id = earnings.shop_id AND d.earning_id = earnings.id AND d.state IN ('open', 'asked'))`

// DueEarnings returns up to limit earnings whose hold is over at upTo, the
// oldest first. The caller holds the shop's lock.
func (tx *Tx) DueEarnings(ctx context.Context, upTo time.Time, limit int) ([]DueEarning, error) {
	rows, err := tx.pgx.Query(ctx, "SELECT id, influencer_id, agreement_id, currency, posted, release_at "+dueEarnings+
		" ORDER BY release_at, id LIMIT $3", tx.ShopID, upTo, limit)
	if err != nil {
		return nil, fmt.Errorf("load earnings whose hold is over: %w", err)
	}
	out, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (e DueEarning, err error) {
		err = r.Scan(&e.ID, &e.InfluencerID, &e.AgreementID, &e.Currency, &e.Posted, &e.ReleaseAt)
		e.ReleaseAt = e.ReleaseAt.UTC()
		return e, err
	})
	if err != nil {
		return nil, fmt.Errorf("load earnings whose hold is over: %w", err)
	}
	return out, nil
}

// CountDueEarnings is how many earnings DueEarnings has to give.
func (tx *Tx) CountDueEarnings(ctx context.Context, upTo time.Time) (n int64, err error) {
	if err := tx.pgx.QueryRow(ctx, "SELECT count(*) "+dueEarnings, tx.ShopID, upTo).Scan(&n); err != nil {
		return 0, fmt.Errorf("count earnings whose hold is over: %w", err)
	}
	return n, nil
}

// DueSums is what DueEarnings has to give, by influencer and currency.
func (tx *Tx) DueSums(ctx context.Context, upTo time.Time) ([]Movement, error) {
	rows, err := tx.pgx.Query(ctx, "SELECT influencer_id, currency, sum(posted)::bigint "+dueEarnings+" GROUP BY 1, 2 ORDER BY 1, 2", tx.ShopID, upTo)
	if err != nil {
		return nil, fmt.Errorf("sum earnings whose hold is over: %w", err)
	}
	out, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (m Movement, err error) {
		err = r.Scan(&m.InfluencerID, &m.Currency, &m.Minor)
		return m, err
	})
	if err != nil {
		return nil, fmt.Errorf("sum earnings whose hold is over: %w", err)
	}
	return out, nil
}

// LockEarnings marks earnings locked as of the end of their hold. What is
// denied or void stays so: it is final, but no sale.
func (tx *Tx) LockEarnings(ctx context.Context, ids []int64) error {
	tag, err := tx.pgx.Exec(ctx, `UPDATE earnings SET locked_at = release_at, state = CASE state WHEN 'pending' THEN 'locked' ELSE state END, updated_at = $3
		WHERE shop_id = $1 AND id = ANY($2) AND locked_at IS NULL`, tx.ShopID, ids, tx.Now)
	if err != nil {
		return fmt.Errorf("lock %d earnings: %w", len(ids), err)
	}
	if n := tag.RowsAffected(); n != int64(len(ids)) {
		return fmt.Errorf("lock %d earnings: only %d were there to lock", len(ids), n)
	}
	return nil
}

// ShopsWithHoldsDue lists the shops in which a hold is over at the given
// instant. It works in a transaction of shop 0.
func (tx *Tx) ShopsWithHoldsDue(ctx context.Context, at time.Time) ([]int64, error) {
	rows, err := tx.pgx.Query(ctx, "SELECT shop_id FROM door_holds_due($1)", at)
	if err != nil {
		return nil, fmt.Errorf("list shops with holds due: %w", err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return nil, fmt.Errorf("list shops with holds due: %w", err)
	}
	return ids, nil
}
