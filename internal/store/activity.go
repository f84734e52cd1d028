package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// MarkDue says that agreements must be settled for what is not an order, at the
// given instant or later. An earlier mark stays.
func (tx *Tx) MarkDue(ctx context.Context, at time.Time, agreementIDs ...int64) error {
	if len(agreementIDs) == 0 {
		return nil
	}
	_, err := tx.pgx.Exec(ctx, `INSERT INTO activity_due (shop_id, agreement_id, due_at)
		SELECT DISTINCT $1::bigint, a, $3::timestamptz FROM unnest($2::bigint[]) AS a ORDER BY a
		ON CONFLICT (shop_id, agreement_id) DO UPDATE SET due_at = least(activity_due.due_at, excluded.due_at)`, tx.ShopID, agreementIDs, at)
	if err != nil {
		return fmt.Errorf("mark agreements due: %w", err)
	}
	return nil
}

// TakeDue takes up to limit agreements that are due, and their marks away. A
// mark that another transaction is about to make stays for the next time.
func (tx *Tx) TakeDue(ctx context.Context, limit int) ([]int64, error) {
	return tx.takeDue(ctx, "activity_due", "agreement_id", limit)
}

// takeDue takes up to limit marks that are due away from a table of them.
func (tx *Tx) takeDue(ctx context.Context, table, id string, limit int) ([]int64, error) {
	rows, err := tx.pgx.Query(ctx, fmt.Sprintf(`DELETE FROM %[1]s WHERE shop_id = $1 AND %[2]s IN (
		  SELECT %[2]s FROM %[1]s WHERE shop_id = $1 AND due_at <= $2 ORDER BY due_at, %[2]s LIMIT $3 FOR UPDATE SKIP LOCKED)
		RETURNING %[2]s`, table, id), tx.ShopID, tx.Now, limit)
	if err != nil {
		return nil, fmt.Errorf("take from %s: %w", table, err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return nil, fmt.Errorf("take from %s: %w", table, err)
	}
	return ids, nil
}

// ShopsWithActivityDue lists the shops with agreements that are due. It works in
// a transaction of shop 0.
func (tx *Tx) ShopsWithActivityDue(ctx context.Context) ([]int64, error) {
	rows, err := tx.pgx.Query(ctx, "SELECT shop_id FROM door_activity_due($1)", tx.Now)
	if err != nil {
		return nil, fmt.Errorf("list shops with activity due: %w", err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return nil, fmt.Errorf("list shops with activity due: %w", err)
	}
	return ids, nil
}

// SignedAgreements lists the agreements that have ever been signed by both,
// ascending, after the given one.
func (tx *Tx) SignedAgreements(ctx context.Context, after int64, limit int) ([]int64, error) {
	rows, err := tx.pgx.Query(ctx, `SELECT DISTINCT agreement_id FROM agreement_versions
		WHERE shop_id = $1 AND effective_from IS NOT NULL AND agreement_id > $2 ORDER BY agreement_id LIMIT $3`, tx.ShopID, after, limit)
	if err != nil {
		return nil, fmt.Errorf("list signed agreements: %w", err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return nil, fmt.Errorf("list signed agreements: %w", err)
	}
	return ids, nil
}
