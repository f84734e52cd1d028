package store

import (
	"context"
	"strings"

	"github.com/jackc/pgx/v5"
)

// FastArrays is for tests that look at what arrives.
var FastArrays = fastArrays

// OrdersOfCustomersSQL is for the test that looks at its plan.
const OrdersOfCustomersSQL = ordersOfCustomers

// Plan returns how PostgreSQL would run the statement if it could not read a
// whole table, which is what pays for a small one.
func (tx *Tx) Plan(ctx context.Context, sql string, args ...any) (string, error) {
	if _, err := tx.pgx.Exec(ctx, "SET LOCAL enable_seqscan = off"); err != nil {
		return "", err
	}
	rows, err := tx.pgx.Query(ctx, "EXPLAIN "+sql, args...)
	if err != nil {
		return "", err
	}
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	return strings.Join(lines, "\n"), err
}
