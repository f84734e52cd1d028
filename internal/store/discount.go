package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"gorm.io/gorm"
)

// Discount is what codes give in the store. Spec is JSON of discount.Spec.
type Discount struct {
	ShopID      int64 `gorm:"primaryKey;autoIncrement:false"`
	ID          int64 `gorm:"primaryKey;autoIncrement"`
	AgreementID int64
	Title       string
	Spec        string
	Wanted      string // "active", "paused", "deleted"
	Revision    int64  // of Spec and Wanted
	Applied     int64  // the revision that the store has
	State       string // "waiting", "active", "paused", "deleted", "failed", "gone"
	Note        string // why it failed
	RemoteID    string
	Edited      string // what was changed in the store, in words
	CheckedAt   *time.Time
	CreatedAt   time.Time
}

// TableName is for gorm.
func (Discount) TableName() string { return "discounts" }

// AddDiscount stores d and sets its ID.
func (tx *Tx) AddDiscount(ctx context.Context, d *Discount) error {
	d.ShopID, d.CreatedAt = tx.ShopID, tx.Now
	if err := gorm.G[Discount](tx.g).Create(ctx, d); err != nil {
		return fmt.Errorf("add discount: %w", err)
	}
	return nil
}

// Discount returns one by its id; ErrNotFound when there is none.
func (tx *Tx) Discount(ctx context.Context, id int64) (*Discount, error) {
	d, err := gorm.G[Discount](tx.g).Where("shop_id = ? AND id = ?", tx.ShopID, id).Take(ctx)
	if err != nil {
		return nil, fmt.Errorf("load discount %d: %w", id, notFound(err))
	}
	return &d, nil
}

// Discounts lists them, newest first.
func (tx *Tx) Discounts(ctx context.Context, p Page) ([]Discount, *Cursor, error) {
	q := gorm.G[Discount](tx.g).Where("shop_id = ?", tx.ShopID)
	if p.After.Minor != 0 {
		q = q.Where("id < ?", p.After.Minor)
	}
	ds, err := q.Order("id DESC").Limit(p.limit()).Find(ctx)
	if err != nil {
		return nil, nil, fmt.Errorf("list discounts: %w", err)
	}
	ds, next := cut(ds, p, func(d *Discount) Cursor { return Cursor{Minor: d.ID} })
	return ds, next, nil
}

// WantDiscount says what the store shall have from now on.
func (tx *Tx) WantDiscount(ctx context.Context, id int64, wanted, spec string) error {
	_, err := tx.pgx.Exec(ctx, "UPDATE discounts SET wanted = $3, spec = $4, revision = revision + 1 WHERE shop_id = $1 AND id = $2", tx.ShopID, id, wanted, spec)
	if err != nil {
		return fmt.Errorf("change discount %d: %w", id, err)
	}
	return nil
}

// SetDiscount records what became of d in the store: its Applied, State, Note,
// RemoteID and Edited.
func (tx *Tx) SetDiscount(ctx context.Context, d *Discount) error {
	_, err := tx.pgx.Exec(ctx, `UPDATE discounts SET applied = greatest(applied, $3), state = $4, note = $5, remote_id = $6, edited = $7, checked_at = $8
		WHERE shop_id = $1 AND id = $2`, tx.ShopID, d.ID, d.Applied, d.State, d.Note, d.RemoteID, d.Edited, tx.Now)
	if err != nil {
		return fmt.Errorf("record discount %d: %w", d.ID, err)
	}
	return nil
}

// DiscountCodes lists the codes of a discount, in the order they were made;
// with a state, those in it.
func (tx *Tx) DiscountCodes(ctx context.Context, id int64, state string, limit int) ([]Code, error) {
	q := gorm.G[Code](tx.g).Where("shop_id = ? AND discount_id = ?", tx.ShopID, id)
	if state != "" {
		q = q.Where("store_state = ?", state)
	}
	cs, err := q.Order("id").Limit(limit).Find(ctx)
	if err != nil {
		return nil, fmt.Errorf("list codes of discount %d: %w", id, err)
	}
	return cs, nil
}

// CountDiscountCodes counts the codes of a discount by their state in the store.
func (tx *Tx) CountDiscountCodes(ctx context.Context, id int64) (map[string]int64, error) {
	rows, err := tx.pgx.Query(ctx, "SELECT store_state, count(*) FROM codes WHERE shop_id = $1 AND discount_id = $2 GROUP BY 1", tx.ShopID, id)
	if err != nil {
		return nil, fmt.Errorf("count codes of discount %d: %w", id, err)
	}
	defer rows.Close()
	out := map[string]int64{}
	for rows.Next() {
		var state string
		var n int64
		if err := rows.Scan(&state, &n); err != nil {
			return nil, fmt.Errorf("count codes of discount %d: %w", id, err)
		}
		out[state] = n
	}
	return out, rows.Err()
}

// SetCodeInStore records what became of a code in the store.
func (tx *Tx) SetCodeInStore(ctx context.Context, id int64, state, remoteID, note string) error {
	_, err := tx.pgx.Exec(ctx, "UPDATE codes SET store_state = $3, remote_id = $4, store_note = $5 WHERE shop_id = $1 AND id = $2", tx.ShopID, id, state, remoteID, note)
	if err != nil {
		return fmt.Errorf("record code %d: %w", id, err)
	}
	return nil
}

// EndCodesOf ends the intervals of a discount's codes that still run, and
// records that the store has them no more.
func (tx *Tx) EndCodesOf(ctx context.Context, id int64) error {
	_, err := tx.pgx.Exec(ctx, `UPDATE codes SET store_state = 'deleted',
		valid_to = CASE WHEN (valid_to IS NULL OR valid_to > $3) AND valid_from < $3 THEN $3 ELSE valid_to END WHERE shop_id = $1 AND discount_id = $2`, tx.ShopID, id, tx.Now)
	if err != nil {
		return fmt.Errorf("end the codes of discount %d: %w", id, err)
	}
	return nil
}

// RemoveDiscountCodes ends codes of a discount that are in the store, or are to
// be, and marks them to be taken out. It returns how many.
func (tx *Tx) RemoveDiscountCodes(ctx context.Context, id int64, codeIDs []int64) (int64, error) {
	tag, err := tx.pgx.Exec(ctx, `UPDATE codes SET store_state = 'removing',
		valid_to = CASE WHEN (valid_to IS NULL OR valid_to > $4) AND valid_from < $4 THEN $4 ELSE valid_to END
		WHERE shop_id = $1 AND discount_id = $2 AND id = ANY($3) AND store_state IN ('live', 'waiting')`, tx.ShopID, id, codeIDs, tx.Now)
	if err != nil {
		return 0, fmt.Errorf("remove codes of discount %d: %w", id, err)
	}
	return tag.RowsAffected(), nil
}

// DueCodeChecks lists discounts that were not looked at for that long and for
// which no work of the kind waits, those that waited longest first.
func (tx *Tx) DueCodeChecks(ctx context.Context, kind string, every time.Duration, limit int) ([]int64, error) {
	rows, err := tx.pgx.Query(ctx, `SELECT d.id FROM discounts d WHERE d.shop_id = $1 AND d.state IN ('active', 'paused') AND d.wanted <> 'deleted' AND d.checked_at < $2
		AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.shop_id = $1 AND o.kind = $3 AND o.state = 'ready' AND (o.payload->>'discount_id')::bigint = d.id)
		ORDER BY d.checked_at, d.id LIMIT $4`, tx.ShopID, tx.Now.Add(-every), kind, limit)
	if err != nil {
		return nil, fmt.Errorf("list discounts to look at: %w", err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return nil, fmt.Errorf("list discounts to look at: %w", err)
	}
	return ids, nil
}

// DueCodeChecks returns the shops with discounts that were not looked at for
// that long.
func (db *DB) DueCodeChecks(ctx context.Context, every time.Duration) ([]int64, error) {
	return db.shopIDs(ctx, "SELECT shop_id FROM door_due_code_checks($1::timestamptz - $2::interval)", every)
}

// ForgetDiscountsInStore makes all discounts be made in the store anew, for a
// store that has forgotten them, and returns which.
func (tx *Tx) ForgetDiscountsInStore(ctx context.Context) ([]int64, error) {
	if _, err := tx.pgx.Exec(ctx, "UPDATE codes SET store_state = 'waiting', remote_id = '', store_note = '' WHERE shop_id = $1 AND discount_id <> 0 AND store_state = 'live'", tx.ShopID); err != nil {
		return nil, fmt.Errorf("forget codes in the store: %w", err)
	}
	rows, err := tx.pgx.Query(ctx, "UPDATE discounts SET remote_id = '', applied = 0, state = 'waiting', edited = '' WHERE shop_id = $1 AND wanted <> 'deleted' RETURNING id", tx.ShopID)
	if err != nil {
		return nil, fmt.Errorf("forget discounts in the store: %w", err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return nil, fmt.Errorf("forget discounts in the store: %w", err)
	}
	return ids, nil
}
