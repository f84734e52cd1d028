package store

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
)

// AddOutbox writes down work with an effect outside, to be done after this
// transaction is committed. payload is a version and ids, and no personal data
// that is not sealed.
func (tx *Tx) AddOutbox(ctx context.Context, kind string, payload any) (id int64, err error) {
	b, err := json.Marshal(payload)
	if err != nil {
		return 0, fmt.Errorf("outbox %s: %w", kind, err)
	}
	err = tx.pgx.QueryRow(ctx, `INSERT INTO outbox (shop_id, kind, payload, next_at, created_at) VALUES ($1, $2, $3, $4, $4) RETURNING id`,
		tx.ShopID, kind, b, tx.Now).Scan(&id)
	if err != nil {
		return 0, fmt.Errorf("outbox %s: %w", kind, err)
	}
	return id, nil
}

// The states of outbox work.
const (
	OutboxReady   = "ready"    // to be done, or done again
	OutboxDone    = "done"     //
	OutboxFailed  = "failed"   // trying again would end the same way
	OutboxInDoubt = "in_doubt" // nobody knows whether the effect is there
)

// OutboxRow is work to be done outside.
type OutboxRow struct {
	ID       int64
	Kind     string
	Payload  []byte // JSON
	Attempts int    // when claimed: this one included
	Doubt    bool   // an earlier attempt was never heard of again
}

// ClaimOutbox takes up to limit pieces of work of the kinds that are due;
// nobody else gets them until the lease is over.
func (tx *Tx) ClaimOutbox(ctx context.Context, kinds []string, limit int, lease time.Duration) ([]OutboxRow, error) {
	rows, err := tx.pgx.Query(ctx, `UPDATE outbox o SET attempts = o.attempts + 1, next_at = $3, claimed = true
		FROM (SELECT id, claimed FROM outbox WHERE shop_id = $1 AND state = 'ready' AND next_at <= $2 AND kind = ANY($5)
		      ORDER BY next_at, id LIMIT $4 FOR UPDATE SKIP LOCKED) due
		WHERE o.shop_id = $1 AND o.id = due.id RETURNING o.id, o.kind, o.payload, o.attempts, due.claimed`,
		tx.ShopID, tx.Now, tx.Now.Add(lease), limit, kinds)
	if err != nil {
		return nil, fmt.Errorf("claim outbox work: %w", err)
	}
	out, err := pgx.CollectRows(rows, pgx.RowToStructByPos[OutboxRow])
	if err != nil {
		return nil, fmt.Errorf("claim outbox work: %w", err)
	}
	slices.SortFunc(out, func(a, b OutboxRow) int { return cmp.Compare(a.ID, b.ID) })
	return out, nil
}

// OutboxEnd is what became of an attempt.
type OutboxEnd struct {
	ID    int64
	State string
	Wait  time.Duration // until the next attempt, in OutboxReady
	Note  string
}

// EndOutbox writes down what became of an attempt.
func (tx *Tx) EndOutbox(ctx context.Context, e OutboxEnd) error {
	_, err := tx.pgx.Exec(ctx, `UPDATE outbox SET state = $3, next_at = $4, note = $5, claimed = false, done_at = CASE WHEN $3 = 'done' THEN $6::timestamptz END
		WHERE shop_id = $1 AND id = $2`, tx.ShopID, e.ID, e.State, tx.Now.Add(e.Wait), strings.ToValidUTF8(strings.ReplaceAll(e.Note, "\x00", ""), ""), tx.Now)
	if err != nil {
		return fmt.Errorf("end outbox work %d: %w", e.ID, err)
	}
	return nil
}

// RetryOutbox makes failed or doubtful work due at once, with its attempts
// counted anew. ErrNotFound if there is none with that id.
func (tx *Tx) RetryOutbox(ctx context.Context, id int64) error {
	tag, err := tx.pgx.Exec(ctx, `UPDATE outbox SET state = 'ready', attempts = 0, next_at = $3, claimed = state = 'in_doubt'
		WHERE shop_id = $1 AND id = $2 AND state IN ('failed', 'in_doubt')`, tx.ShopID, id, tx.Now)
	if err != nil {
		return fmt.Errorf("retry outbox work %d: %w", id, err)
	}
	if tag.RowsAffected() == 0 {
		return fmt.Errorf("outbox work %d: %w", id, ErrNotFound)
	}
	return nil
}

// OutboxEntry is outbox work as a list shows it: what it carries stays inside.
type OutboxEntry struct {
	ID        int64
	Kind      string
	State     string
	Attempts  int
	NextAt    time.Time
	Note      string
	CreatedAt time.Time
	DoneAt    time.Time // zero: not done
}

// ListOutbox lists the work in a state, newest first.
func (tx *Tx) ListOutbox(ctx context.Context, state string, p Page) ([]OutboxEntry, *Cursor, error) {
	w := tx.where().and("state = ?", state)
	if p.After != (Cursor{}) {
		w.and("id < ?", p.After.Minor)
	}
	rows, err := tx.pgx.Query(ctx, "SELECT id, kind, state, attempts, next_at, note, created_at, done_at FROM outbox WHERE "+w.String()+" ORDER BY id DESC "+w.limit(p.limit()), w.args...)
	if err != nil {
		return nil, nil, fmt.Errorf("list outbox: %w", err)
	}
	out, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (e OutboxEntry, err error) {
		var done pgtype.Timestamptz
		err = r.Scan(&e.ID, &e.Kind, &e.State, &e.Attempts, &e.NextAt, &e.Note, &e.CreatedAt, &done)
		e.DoneAt = fromTimestamptz(done)
		return e, err
	})
	if err != nil {
		return nil, nil, fmt.Errorf("list outbox: %w", err)
	}
	out, next := cut(out, p, func(e *OutboxEntry) Cursor { return Cursor{Minor: e.ID} })
	return out, next, nil
}

// ShopsWithOutbox returns the shops that have work of the kinds to do.
func (db *DB) ShopsWithOutbox(ctx context.Context, kinds []string) ([]int64, error) {
	return db.shopIDs(ctx, "SELECT shop_id FROM door_outbox_due($1, $2)", kinds)
}

// OutboxOfKind lists the rows of a kind that are not done, ascending.
func (tx *Tx) OutboxOfKind(ctx context.Context, kind string) ([]OutboxRow, error) {
	rows, err := tx.pgx.Query(ctx, "SELECT id, kind, payload, attempts, claimed FROM outbox WHERE shop_id = $1 AND kind = $2 AND state = 'ready' ORDER BY id", tx.ShopID, kind)
	if err != nil {
		return nil, fmt.Errorf("list outbox: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[OutboxRow])
}
