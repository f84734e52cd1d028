package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
)

// OrderRow is one order with its attribution in short.
type OrderRow struct {
	ID             int64
	Name           string
	Payment        int16
	CreatedAt      time.Time // zero: no whole-order payload yet
	PaidAt         time.Time // zero: not paid
	Currency       string
	Total          int64
	CustomerKey    string
	Outcome        string
	InfluencerID   int64
	VersionID      int64
	Via            string
	DecisionNumber int32
	FirstSeenAt    time.Time
	State          []byte // order.Encode, S2
	Acquired       bool   // it was its customer's first, and attributed
	KPI            []byte // what it counts for: kpi.Cells.Encode
}

// OrdersByID loads the orders we know among ids.
func (tx *Tx) OrdersByID(ctx context.Context, ids []int64) ([]OrderRow, error) {
	return tx.orders(ctx, "id = ANY($2)", ids)
}

// OrdersAfter walks all orders of the shop by id.
func (tx *Tx) OrdersAfter(ctx context.Context, afterID int64, limit int) ([]OrderRow, error) {
	return tx.orders(ctx, "id > $2 ORDER BY id LIMIT $3", afterID, limit)
}

// soldIn keeps orders that were paid, or where the store does not tell made, in
// [$2, $3).
const soldIn = "coalesce(paid_at, created_at) >= $2 AND coalesce(paid_at, created_at) < $3"

// OrdersSold walks the orders that were sold in [from, to) by id; a zero time
// is open.
func (tx *Tx) OrdersSold(ctx context.Context, from, to time.Time, afterID int64, limit int) ([]OrderRow, error) {
	f, t := span(from, to)
	return tx.orders(ctx, soldIn+" AND id > $4 ORDER BY id LIMIT $5", f, t, afterID, limit)
}

// CountSold is how many OrdersSold would return in all.
func (tx *Tx) CountSold(ctx context.Context, from, to time.Time) (n int64, err error) {
	f, t := span(from, to)
	err = tx.pgx.QueryRow(ctx, "SELECT count(*) FROM orders WHERE shop_id = $1 AND "+soldIn, tx.ShopID, f, t).Scan(&n)
	return n, err
}

func span(from, to time.Time) (f, t pgtype.Timestamptz) {
	f = pgtype.Timestamptz{Time: from, Valid: true}
	t = pgtype.Timestamptz{Time: to, Valid: true}
	if from.IsZero() {
		f = pgtype.Timestamptz{InfinityModifier: pgtype.NegativeInfinity, Valid: true}
	}
	if to.IsZero() {
		t = pgtype.Timestamptz{InfinityModifier: pgtype.Infinity, Valid: true}
	}
	return f, t
}

func (tx *Tx) orders(ctx context.Context, where string, args ...any) ([]OrderRow, error) {
	rows, err := tx.pgx.Query(ctx, `SELECT id, name, payment, created_at, paid_at, currency, total, customer_key, outcome,
		influencer_id, version_id, via, decision_number, first_seen_at, state, acquired, kpi FROM orders WHERE shop_id = $1 AND `+where,
		append([]any{tx.ShopID}, args...)...)
	if err != nil {
		return nil, fmt.Errorf("load orders: %w", err)
	}
	out, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (OrderRow, error) {
		var o OrderRow
		var created, paid pgtype.Timestamptz
		err := r.Scan(&o.ID, &o.Name, &o.Payment, &created, &paid, &o.Currency, &o.Total, &o.CustomerKey, &o.Outcome,
			&o.InfluencerID, &o.VersionID, &o.Via, &o.DecisionNumber, &o.FirstSeenAt, &o.State, &o.Acquired, &o.KPI)
		o.CreatedAt, o.PaidAt = fromTimestamptz(created), fromTimestamptz(paid)
		return o, err
	})
	if err != nil {
		return nil, fmt.Errorf("load orders: %w", err)
	}
	return out, nil
}

// UpsertOrders writes the new current state of orders.
func (tx *Tx) UpsertOrders(ctx context.Context, os []OrderRow) error {
	if len(os) == 0 {
		return nil
	}
	n := len(os)
	var (
		id, total, infl, version     = make([]int64, n), make([]int64, n), make([]int64, n), make([]int64, n)
		name, currency, key, out, vi = make([]string, n), make([]string, n), make([]string, n), make([]string, n), make([]string, n)
		payment                      = make([]int16, n)
		number                       = make([]int32, n)
		created, paid                = make([]pgtype.Timestamptz, n), make([]pgtype.Timestamptz, n)
		state, counts                = make([][]byte, n), make([][]byte, n)
		acquired                     = make([]bool, n)
	)
	for i := range os {
		o := &os[i]
		id[i], total[i], infl[i], version[i] = o.ID, o.Total, o.InfluencerID, o.VersionID
		name[i], currency[i], key[i], out[i], vi[i] = o.Name, o.Currency, o.CustomerKey, o.Outcome, o.Via
		payment[i], number[i], state[i], counts[i] = o.Payment, o.DecisionNumber, o.State, o.KPI
		acquired[i] = o.Acquired
		created[i], paid[i] = toTimestamptz(o.CreatedAt), toTimestamptz(o.PaidAt)
	}
	_, err := tx.pgx.Exec(ctx, `INSERT INTO orders AS o (shop_id, id, name, payment, created_at, paid_at, currency, total, customer_key,
		outcome, influencer_id, version_id, via, decision_number, first_seen_at, updated_at, state, acquired, kpi)
		SELECT $1, i, n, p, c, pd, cur, tot, k, oc, inf, v, vi, num, $2, $2, st, ac, kp
		FROM unnest($3::bigint[], $4::text[], $5::smallint[], $6::timestamptz[], $7::timestamptz[], $8::text[], $9::bigint[], $10::text[],
		  $11::text[], $12::bigint[], $13::bigint[], $14::text[], $15::int[], $16::bytea[], $17::bool[], $18::bytea[])
		  AS u(i, n, p, c, pd, cur, tot, k, oc, inf, v, vi, num, st, ac, kp)
		ON CONFLICT (shop_id, id) DO UPDATE SET name = excluded.name, payment = excluded.payment, created_at = excluded.created_at,
		  paid_at = excluded.paid_at, currency = excluded.currency, total = excluded.total, customer_key = excluded.customer_key,
		  outcome = excluded.outcome, influencer_id = excluded.influencer_id, version_id = excluded.version_id, via = excluded.via,
		  decision_number = excluded.decision_number, updated_at = excluded.updated_at, state = excluded.state,
		  acquired = excluded.acquired, kpi = excluded.kpi`,
		tx.ShopID, tx.Now, id, name, payment, created, paid, currency, total, key, out, infl, version, vi, number, state, acquired, counts)
	if err != nil {
		return fmt.Errorf("store %d orders: %w", n, err)
	}
	return nil
}

// CustomerOrder is an order in a customer's history.
type CustomerOrder struct {
	ID           int64
	CustomerKey  string
	CreatedAt    time.Time
	Payment      int16
	InfluencerID int64
	VersionID    int64
	Via          string
	Acquired     bool // it was the customer's first, and attributed
}

// Same tells whether c and d say the same.
func (c *CustomerOrder) Same(d *CustomerOrder) bool {
	return c.ID == d.ID && c.CustomerKey == d.CustomerKey && c.CreatedAt.Equal(d.CreatedAt) && c.Payment == d.Payment &&
		c.InfluencerID == d.InfluencerID && c.VersionID == d.VersionID && c.Via == d.Via && c.Acquired == d.Acquired
}

// A join, not = ANY: the plan is made once, and looks each key up in the index
// however large the table is or was. The hashes are made before the join, because
// under row-level security a condition that calls a function which might leak is
// no condition for an index.
const ordersOfCustomers = `WITH key AS MATERIALIZED (SELECT k, hashtextextended(k, $1) AS hash FROM unnest($2::text[]) k)
	SELECT o.id, o.customer_key, o.created_at, o.payment, o.influencer_id, o.version_id, o.via, o.acquired
	FROM key JOIN orders o ON o.customer_hash = key.hash AND o.customer_key = key.k AND o.shop_id = $1
	  AND o.customer_key <> '' AND o.created_at IS NOT NULL
	ORDER BY o.created_at, o.id`

// OrdersOfCustomers returns the orders of the customers, ascending by creation.
func (tx *Tx) OrdersOfCustomers(ctx context.Context, keys []string) ([]CustomerOrder, error) {
	if len(keys) == 0 {
		return nil, nil
	}
	rows, err := tx.pgx.Query(ctx, ordersOfCustomers, tx.ShopID, keys)
	if err != nil {
		return nil, fmt.Errorf("load customers' orders: %w", err)
	}
	out, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (c CustomerOrder, err error) {
		err = r.Scan(&c.ID, &c.CustomerKey, &c.CreatedAt, &c.Payment, &c.InfluencerID, &c.VersionID, &c.Via, &c.Acquired)
		c.CreatedAt = c.CreatedAt.UTC()
		return c, err
	})
	if err != nil {
		return nil, fmt.Errorf("load customers' orders: %w", err)
	}
	return out, nil
}

// DecisionRow is one immutable version of an order's attribution.
type DecisionRow struct {
	OrderID int64
	Number  int32
	Bytes   []byte // attribution.Decision.Encode
}

// LatestDecisions returns the newest decision of each order that has one.
func (tx *Tx) LatestDecisions(ctx context.Context, orderIDs []int64) (map[int64]DecisionRow, error) {
	out := map[int64]DecisionRow{}
	if len(orderIDs) == 0 {
		return out, nil
	}
	rows, err := tx.pgx.Query(ctx, `SELECT DISTINCT ON (order_id) order_id, number, decision FROM attributions
		WHERE shop_id = $1 AND order_id = ANY($2) ORDER BY order_id, number DESC`, tx.ShopID, orderIDs)
	if err != nil {
		return nil, fmt.Errorf("load decisions: %w", err)
	}
	list, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (d DecisionRow, err error) {
		err = r.Scan(&d.OrderID, &d.Number, &d.Bytes)
		return d, err
	})
	if err != nil {
		return nil, fmt.Errorf("load decisions: %w", err)
	}
	for _, d := range list {
		out[d.OrderID] = d
	}
	return out, nil
}

// InsertDecisions adds new versions.
func (tx *Tx) InsertDecisions(ctx context.Context, ds []DecisionRow) error {
	if len(ds) == 0 {
		return nil
	}
	id, number, bytes := make([]int64, len(ds)), make([]int32, len(ds)), make([][]byte, len(ds))
	for i, d := range ds {
		id[i], number[i], bytes[i] = d.OrderID, d.Number, d.Bytes
	}
	if _, err := tx.pgx.Exec(ctx, `INSERT INTO attributions (shop_id, order_id, number, decided_at, decision)
		SELECT $1, o, n, $2, d FROM unnest($3::bigint[], $4::int[], $5::bytea[]) AS u(o, n, d)`, tx.ShopID, tx.Now, id, number, bytes); err != nil {
		return fmt.Errorf("store %d decisions: %w", len(ds), err)
	}
	return nil
}

func toTimestamptz(t time.Time) pgtype.Timestamptz {
	return pgtype.Timestamptz{Time: t, Valid: !t.IsZero()}
}

func fromTimestamptz(t pgtype.Timestamptz) time.Time {
	if !t.Valid {
		return time.Time{}
	}
	return t.Time.UTC()
}
