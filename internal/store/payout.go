package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"tributary/internal/domain/ledger"
)

// The states of a payout batch.
const (
	BatchDraft    = "draft"
	BatchApproved = "approved"
	BatchPaying   = "paying"
	BatchPaid     = "paid"   // every payout has an outcome, and nothing or something was paid
	BatchFailed   = "failed" // every payout has an outcome, and all of them failed
)

// PayoutBatch is one closed month of a shop: [StartsAt, CutAt) of its ledger.
type PayoutBatch struct {
	ID         int64
	Period     string    // "2026-10"
	StartsAt   time.Time // the cut before; zero: the beginning
	CutAt      time.Time // the month's end in the shop's zone
	State      string
	Rail       string
	CreatedAt  time.Time
	CreatedBy  string    // "" the schedule
	ApprovedAt time.Time // zero: not yet
	ApprovedBy string
}

const batchColumns = `id, period, starts_at, cut_at, state, rail, created_at, created_by, approved_at, coalesce(approved_by, '')`

func scanBatch(r pgx.CollectableRow) (b PayoutBatch, err error) {
	var starts, approved pgtype.Timestamptz
	err = r.Scan(&b.ID, &b.Period, &starts, &b.CutAt, &b.State, &b.Rail, &b.CreatedAt, &b.CreatedBy, &approved, &b.ApprovedBy)
	if starts.InfinityModifier == pgtype.Finite {
		b.StartsAt = starts.Time.UTC()
	}
	b.CutAt, b.CreatedAt, b.ApprovedAt = b.CutAt.UTC(), b.CreatedAt.UTC(), fromTimestamptz(approved)
	return b, err
}

func (tx *Tx) payoutBatch(ctx context.Context, where string, args ...any) (*PayoutBatch, error) {
	rows, err := tx.pgx.Query(ctx, "SELECT "+batchColumns+" FROM payout_batches WHERE shop_id = $1 "+where, append([]any{tx.ShopID}, args...)...)
	if err != nil {
		return nil, fmt.Errorf("load payout batch: %w", err)
	}
	b, err := pgx.CollectOneRow(rows, scanBatch)
	if err != nil {
		return nil, fmt.Errorf("load payout batch: %w", notFound(err))
	}
	return &b, nil
}

// PayoutBatch returns one batch; ErrNotFound when there is none.
func (tx *Tx) PayoutBatch(ctx context.Context, id int64) (*PayoutBatch, error) {
	return tx.payoutBatch(ctx, "AND id = $2", id)
}

// PayoutBatchOf returns the batch that closed a period such as "2026-10";
// ErrNotFound when that has not happened.
func (tx *Tx) PayoutBatchOf(ctx context.Context, period string) (*PayoutBatch, error) {
	return tx.payoutBatch(ctx, "AND period = $2", period)
}

// LastPayoutBatch returns the batch of the last closed period, nil when nothing
// was ever closed.
func (tx *Tx) LastPayoutBatch(ctx context.Context) (*PayoutBatch, error) {
	b, err := tx.payoutBatch(ctx, "ORDER BY period DESC LIMIT 1")
	if errors.Is(err, ErrNotFound) {
		return nil, nil
	}
	return b, err
}

// PayoutBatches lists batches, newest first.
func (tx *Tx) PayoutBatches(ctx context.Context, state string, p Page) ([]PayoutBatch, *Cursor, error) {
	rows, err := tx.pgx.Query(ctx, "SELECT "+batchColumns+` FROM payout_batches
		WHERE shop_id = $1 AND ($2 = '' OR state = $2) AND ($3 = 0 OR id < $3) ORDER BY id DESC LIMIT $4`, tx.ShopID, state, p.After.Minor, p.limit())
	if err != nil {
		return nil, nil, fmt.Errorf("list payout batches: %w", err)
	}
	bs, err := pgx.CollectRows(rows, scanBatch)
	if err != nil {
		return nil, nil, fmt.Errorf("list payout batches: %w", err)
	}
	bs, next := cut(bs, p, func(b *PayoutBatch) Cursor { return Cursor{Minor: b.ID} })
	return bs, next, nil
}

// AddPayoutBatch stores b, sets its ID, and opens the next period at its cut.
// The caller holds the shop's lock.
func (tx *Tx) AddPayoutBatch(ctx context.Context, b *PayoutBatch) error {
	b.CreatedAt = tx.Now
	err := tx.pgx.QueryRow(ctx, `INSERT INTO payout_batches (shop_id, period, starts_at, cut_at, state, rail, created_at, created_by)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING id`,
		tx.ShopID, b.Period, since(b.StartsAt), b.CutAt, b.State, b.Rail, b.CreatedAt, b.CreatedBy).Scan(&b.ID)
	if err != nil {
		return fmt.Errorf("add payout batch %s: %w", b.Period, err)
	}
	if _, err := tx.pgx.Exec(ctx, "UPDATE shops SET open_from = $2 WHERE id = $1", tx.ShopID, b.CutAt); err != nil {
		return fmt.Errorf("open the period after %s: %w", b.Period, err)
	}
	return nil
}

// SetPayoutBatch writes the state of b and who approved it.
func (tx *Tx) SetPayoutBatch(ctx context.Context, b *PayoutBatch) error {
	_, err := tx.pgx.Exec(ctx, "UPDATE payout_batches SET state = $3, approved_at = $4, approved_by = nullif($5, '') WHERE shop_id = $1 AND id = $2",
		tx.ShopID, b.ID, b.State, toTimestamptz(b.ApprovedAt), b.ApprovedBy)
	if err != nil {
		return fmt.Errorf("change payout batch %d: %w", b.ID, err)
	}
	return nil
}

// BatchTotal counts the lines of a batch that are in one state, in one currency.
type BatchTotal struct {
	BatchID  int64
	Currency string
	State    string
	Lines    int64
	Pay      int64 // minor units
	Closing  int64 // what stays with the influencers, in minor units
}

// PayoutTotals sums the lines of batches.
func (tx *Tx) PayoutTotals(ctx context.Context, batchIDs ...int64) ([]BatchTotal, error) {
	rows, err := tx.pgx.Query(ctx, `SELECT batch_id, currency, state, count(*), sum(pay)::bigint, sum(opening + movement - pay)::bigint FROM payout_lines
		WHERE shop_id = $1 AND batch_id = ANY($2) GROUP BY 1, 2, 3 ORDER BY 1, 2, 3`, tx.ShopID, batchIDs)
	if err != nil {
		return nil, fmt.Errorf("sum payout lines: %w", err)
	}
	out, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (t BatchTotal, err error) {
		err = r.Scan(&t.BatchID, &t.Currency, &t.State, &t.Lines, &t.Pay, &t.Closing)
		return t, err
	})
	if err != nil {
		return nil, fmt.Errorf("sum payout lines: %w", err)
	}
	return out, nil
}

// Movement is what one influencer's payable moved in a span of time, in one
// currency, apart from payouts that started.
type Movement struct {
	InfluencerID int64
	Currency     string
	Minor        int64  // positive is earned
	Journals     []byte // sha256 over the ascending ids of the journals, eight bytes each
}

// movementsIn is what a period takes in. The start of a payout is left out: it
// is what the period pays, not what was earned in it.
const movementsIn = "e.shop_id = $1 AND e.account = 3 AND e.kind <> 4 AND e.effective_at >= $2 AND e.effective_at < $3"

// Movements sums the payable movements of b's period, ordered by influencer and
// currency.
func (tx *Tx) Movements(ctx context.Context, b *PayoutBatch) ([]Movement, error) {
	rows, err := tx.pgx.Query(ctx, `SELECT e.influencer_id, e.currency, -sum(e.minor)::bigint, sha256(string_agg(int8send(e.journal_id), '' ORDER BY e.journal_id))
		FROM ledger_entries e WHERE `+movementsIn+` GROUP BY 1, 2 ORDER BY 1, 2`, tx.ShopID, since(b.StartsAt), b.CutAt)
	if err != nil {
		return nil, fmt.Errorf("sum movements of %s: %w", b.Period, err)
	}
	out, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (m Movement, err error) {
		err = r.Scan(&m.InfluencerID, &m.Currency, &m.Minor, &m.Journals)
		return m, err
	})
	if err != nil {
		return nil, fmt.Errorf("sum movements of %s: %w", b.Period, err)
	}
	return out, nil
}

// AddPayoutItems links every movement of b's period to its line and returns how
// many there are. It is one statement over the ledger; no row is changed.
func (tx *Tx) AddPayoutItems(ctx context.Context, b *PayoutBatch) (int64, error) {
	tag, err := tx.pgx.Exec(ctx, `INSERT INTO payout_items (shop_id, line_id, journal_id, earning_id, minor)
		SELECT e.shop_id, l.id, e.journal_id, e.earning_id, -e.minor
		FROM ledger_entries e JOIN payout_lines l ON l.shop_id = e.shop_id AND l.influencer_id = e.influencer_id AND l.currency = e.currency
		WHERE `+movementsIn+` AND l.batch_id = $4`, tx.ShopID, since(b.StartsAt), b.CutAt, b.ID)
	if err != nil {
		return 0, fmt.Errorf("link movements of %s: %w", b.Period, err)
	}
	return tag.RowsAffected(), nil
}

// since is t, or the beginning of time when it is zero.
func since(t time.Time) pgtype.Timestamptz {
	if t.IsZero() {
		return pgtype.Timestamptz{InfinityModifier: pgtype.NegativeInfinity, Valid: true}
	}
	return pgtype.Timestamptz{Time: t, Valid: true}
}

// until is t, or the end of time when it is zero.
func until(t time.Time) pgtype.Timestamptz {
	if t.IsZero() {
		return pgtype.Timestamptz{InfinityModifier: pgtype.Infinity, Valid: true}
	}
	return pgtype.Timestamptz{Time: t, Valid: true}
}

// AccountBalance is the balance of one account of an influencer before an
// instant by effective time, straight from the ledger: debits positive. A zero
// instant is the end of time.
func (tx *Tx) AccountBalance(ctx context.Context, a ledger.Account, influencerID int64, currency string, before time.Time) (minor int64, err error) {
	err = tx.pgx.QueryRow(ctx, `SELECT coalesce(sum(minor), 0)::bigint FROM ledger_entries
		WHERE shop_id = $1 AND account = $2 AND influencer_id = $3 AND currency = $4 AND effective_at < $5`,
		tx.ShopID, int16(a), influencerID, currency, until(before)).Scan(&minor)
	if err != nil {
		return 0, fmt.Errorf("balance of account %d of influencer %d: %w", a, influencerID, err)
	}
	return minor, nil
}
