package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
)

// The states of a payout line.
const (
	LineCarried = "carried"  // pays nothing; CarryReason says why
	LineDraft   = "draft"    // reserved, not on its way
	LinePaying  = "paying"   // handed to the rail
	LinePaid    = "paid"     // the rail says it was paid
	LineFailed  = "failed"   // the rail says it was not; the money is payable again
	LineInDoubt = "in_doubt" // the rail does not know; never handed out again until it does
)

// PayoutLine is the account of one influencer in one currency and one batch:
// closing = opening + movement − pay.
type PayoutLine struct {
	ID           int64
	BatchID      int64
	InfluencerID int64
	Currency     string
	Opening      int64
	Movement     int64
	Pay          int64
	CarryReason  string
	State        string
	Key          string // R-33; empty when nothing is paid
	ProviderRef  string
	Error        string
	SettledAt    time.Time // zero: no outcome yet
}

// Closing is what is owed after the payout; the next line opens with it.
func (l *PayoutLine) Closing() int64 { return l.Opening + l.Movement - l.Pay }

const lineColumns = `l.id, l.batch_id, l.influencer_id, l.currency, l.opening, l.movement, l.pay, l.carry_reason, l.state, l.payout_key,
	l.provider_ref, l.error, l.settled_at`

func (l *PayoutLine) fields(settled *pgtype.Timestamptz) []any {
	return []any{&l.ID, &l.BatchID, &l.InfluencerID, &l.Currency, &l.Opening, &l.Movement, &l.Pay, &l.CarryReason, &l.State, &l.Key,
		&l.ProviderRef, &l.Error, settled}
}

func scanLine(r pgx.CollectableRow) (l PayoutLine, err error) {
	var settled pgtype.Timestamptz
	err = r.Scan(l.fields(&settled)...)
	l.SettledAt = fromTimestamptz(settled)
	return l, err
}

func (tx *Tx) payoutLines(ctx context.Context, where string, args ...any) ([]PayoutLine, error) {
	rows, err := tx.pgx.Query(ctx, "SELECT "+lineColumns+" FROM payout_lines l WHERE l.shop_id = $1 AND "+where, append([]any{tx.ShopID}, args...)...)
	if err != nil {
		return nil, fmt.Errorf("load payout lines: %w", err)
	}
	out, err := pgx.CollectRows(rows, scanLine)
	if err != nil {
		return nil, fmt.Errorf("load payout lines: %w", err)
	}
	return out, nil
}

// OpenLines returns the lines of a batch that leave something, owed or owing:
// what the next batch opens with.
func (tx *Tx) OpenLines(ctx context.Context, batchID int64) ([]PayoutLine, error) {
	return tx.payoutLines(ctx, "l.batch_id = $2 AND l.opening + l.movement <> l.pay ORDER BY l.influencer_id, l.currency", batchID)
}

// PayingLines returns the lines of a batch that pay something, by id.
func (tx *Tx) PayingLines(ctx context.Context, batchID int64) ([]PayoutLine, error) {
	return tx.payoutLines(ctx, "l.batch_id = $2 AND l.pay > 0 ORDER BY l.id", batchID)
}

// PayoutLineOf returns the line of an influencer and currency in a batch;
// ErrNotFound when nothing moved and nothing was carried.
func (tx *Tx) PayoutLineOf(ctx context.Context, batchID, influencerID int64, currency string) (*PayoutLine, error) {
	ls, err := tx.payoutLines(ctx, "l.batch_id = $2 AND l.influencer_id = $3 AND l.currency = $4", batchID, influencerID, currency)
	if err != nil {
		return nil, err
	}
	if len(ls) == 0 {
		return nil, fmt.Errorf("load payout line: %w", ErrNotFound)
	}
	return &ls[0], nil
}

// LineFilter narrows a list; zero fields do not.
type LineFilter struct {
	BatchID, InfluencerID int64
	State                 string
}

// PayoutLines lists lines, newest first.
func (tx *Tx) PayoutLines(ctx context.Context, f LineFilter, p Page) ([]PayoutLine, *Cursor, error) {
	ls, err := tx.payoutLines(ctx, `($2 = 0 OR l.batch_id = $2) AND ($3 = 0 OR l.influencer_id = $3) AND ($4 = '' OR l.state = $4)
		AND ($5 = 0 OR l.id < $5) ORDER BY l.id DESC LIMIT $6`, f.BatchID, f.InfluencerID, f.State, p.After.Minor, p.limit())
	if err != nil {
		return nil, nil, err
	}
	ls, next := cut(ls, p, func(l *PayoutLine) Cursor { return Cursor{Minor: l.ID} })
	return ls, next, nil
}

// AddPayoutLines stores the lines of a batch in one statement and sets their
// ids, ascending.
func (tx *Tx) AddPayoutLines(ctx context.Context, batchID int64, ls []PayoutLine) error {
	if len(ls) == 0 {
		return nil
	}
	ids, err := tx.IDs(ctx, len(ls))
	if err != nil {
		return err
	}
	n := len(ls)
	influencer, opening, movement, pay := make([]int64, n), make([]int64, n), make([]int64, n), make([]int64, n)
	currency, reason, state, key := make([]string, n), make([]string, n), make([]string, n), make([]string, n)
	for i := range ls {
		l := &ls[i]
		l.ID, l.BatchID = ids[i], batchID
		influencer[i], opening[i], movement[i], pay[i] = l.InfluencerID, l.Opening, l.Movement, l.Pay
		currency[i], reason[i], state[i], key[i] = l.Currency, l.CarryReason, l.State, l.Key
	}
	_, err = tx.pgx.Exec(ctx, `INSERT INTO payout_lines (shop_id, batch_id, id, influencer_id, currency, opening, movement, pay, carry_reason, state, payout_key)
		SELECT $1, $2, * FROM unnest($3::bigint[], $4::bigint[], $5::text[], $6::bigint[], $7::bigint[], $8::bigint[], $9::text[], $10::text[], $11::text[])`,
		tx.ShopID, batchID, ids, influencer, currency, opening, movement, pay, reason, state, key)
	if err != nil {
		return fmt.Errorf("store %d payout lines: %w", n, err)
	}
	return nil
}

// StartLines hands the draft lines of a batch to the rail and returns how many
// there were.
func (tx *Tx) StartLines(ctx context.Context, batchID int64) (int64, error) {
	tag, err := tx.pgx.Exec(ctx, "UPDATE payout_lines SET state = 'paying' WHERE shop_id = $1 AND batch_id = $2 AND state = 'draft'", tx.ShopID, batchID)
	if err != nil {
		return 0, fmt.Errorf("start payouts of batch %d: %w", batchID, err)
	}
	return tag.RowsAffected(), nil
}

// SettleLines writes the outcome of lines that wait for one. The caller holds
// the shop's lock and has looked at their state under it.
func (tx *Tx) SettleLines(ctx context.Context, ls []PayoutLine) error {
	if len(ls) == 0 {
		return nil
	}
	ids, state, ref, msg := make([]int64, len(ls)), make([]string, len(ls)), make([]string, len(ls)), make([]string, len(ls))
	settled := make([]pgtype.Timestamptz, len(ls))
	for i := range ls {
		ids[i], state[i], ref[i], msg[i], settled[i] = ls[i].ID, ls[i].State, ls[i].ProviderRef, ls[i].Error, toTimestamptz(ls[i].SettledAt)
	}
	tag, err := tx.pgx.Exec(ctx, `UPDATE payout_lines l SET state = u.s, provider_ref = u.r, error = u.e, settled_at = u.a
		FROM unnest($2::bigint[], $3::text[], $4::text[], $5::text[], $6::timestamptz[]) AS u(i, s, r, e, a)
		WHERE l.shop_id = $1 AND l.id = u.i AND l.state IN ('paying', 'in_doubt')`, tx.ShopID, ids, state, ref, msg, settled)
	if err != nil {
		return fmt.Errorf("settle %d payouts: %w", len(ls), err)
	}
	if n := tag.RowsAffected(); n != int64(len(ls)) {
		return fmt.Errorf("settle %d payouts: only %d waited for an outcome", len(ls), n)
	}
	return nil
}

// Payee is what decides whether an influencer can be paid.
type Payee struct {
	ID            int64
	Handle        string
	Name          string
	Email         string
	Method        string // "" none
	Detail        string
	TaxForm       string
	Banned        bool
	SignedHashes  []string // terms of versions that are signed now
	EarlierHashes []string // terms of versions that were signed once and are over
}

// Payees loads influencers with the terms they signed.
func (tx *Tx) Payees(ctx context.Context, ids []int64) (map[int64]*Payee, error) {
	rows, err := tx.pgx.Query(ctx, `SELECT i.id, i.handle, i.name, i.email, i.payout_method, i.payout_detail,
		  -- A form that was filled in and has ended since is missing again.
		  CASE WHEN i.tax_form = 'valid' AND EXISTS (SELECT FROM tax_forms f WHERE f.shop_id = i.shop_id AND f.influencer_id = i.id AND f.valid_until <= $3) THEN 'missing' ELSE i.tax_form END,
		  i.banned_at IS NOT NULL,
		  coalesce(v.signed, '{}'), coalesce(v.earlier, '{}')
		FROM influencers i LEFT JOIN (
		  SELECT a.influencer_id, array_agg(DISTINCT v.hash) FILTER (WHERE v.state = 'signed') AS signed,
		         array_agg(DISTINCT v.hash) FILTER (WHERE v.state <> 'signed') AS earlier
		  FROM agreements a JOIN agreement_versions v ON v.shop_id = a.shop_id AND v.agreement_id = a.id
		  WHERE a.shop_id = $1 AND v.effective_from IS NOT NULL GROUP BY a.influencer_id) v ON v.influencer_id = i.id
		WHERE i.shop_id = $1 AND i.id = ANY($2)`, tx.ShopID, ids, tx.Now)
	if err != nil {
		return nil, fmt.Errorf("load payees: %w", err)
	}
	all, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (*Payee, error) {
		var p Payee
		err := r.Scan(&p.ID, &p.Handle, &p.Name, &p.Email, &p.Method, &p.Detail, &p.TaxForm, &p.Banned, &p.SignedHashes, &p.EarlierHashes)
		return &p, err
	})
	if err != nil {
		return nil, fmt.Errorf("load payees: %w", err)
	}
	out := make(map[int64]*Payee, len(all))
	for _, p := range all {
		out[p.ID] = p
	}
	return out, nil
}

// PayoutFile is one payout as a rail's file names it.
type PayoutFile struct {
	PayoutLine
	Handle, Name, Email, Detail string
}

// EachPaying calls f for every payout of a batch that is with the rail, by id.
// f must not use the transaction.
func (tx *Tx) EachPaying(ctx context.Context, batchID int64, f func(*PayoutFile) error) error {
	rows, err := tx.pgx.Query(ctx, "SELECT "+lineColumns+`, i.handle, i.name, i.email, i.payout_detail
		FROM payout_lines l JOIN influencers i ON i.shop_id = l.shop_id AND i.id = l.influencer_id
		WHERE l.shop_id = $1 AND l.batch_id = $2 AND l.state = 'paying' ORDER BY l.id`, tx.ShopID, batchID)
	if err != nil {
		return fmt.Errorf("load payouts of batch %d: %w", batchID, err)
	}
	defer rows.Close()
	for rows.Next() {
		var p PayoutFile
		var settled pgtype.Timestamptz
		if err := rows.Scan(append(p.fields(&settled), &p.Handle, &p.Name, &p.Email, &p.Detail)...); err != nil {
			return fmt.Errorf("load payouts of batch %d: %w", batchID, err)
		}
		if err := f(&p); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("load payouts of batch %d: %w", batchID, err)
	}
	return nil
}

// WriteOff is a debt that two people forgave.
type WriteOff struct {
	JournalID    int64
	InfluencerID int64
	Currency     string
	Minor        int64
	Reason       string
	RequestedBy  string
	ApprovedBy   string
	CreatedAt    time.Time
}

// AddWriteOff stores who forgave a debt and why, beside its journal.
func (tx *Tx) AddWriteOff(ctx context.Context, w *WriteOff) error {
	w.CreatedAt = tx.Now
	_, err := tx.pgx.Exec(ctx, `INSERT INTO write_offs (shop_id, journal_id, influencer_id, currency, minor, reason, requested_by, approved_by, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`, tx.ShopID, w.JournalID, w.InfluencerID, w.Currency, w.Minor, w.Reason, w.RequestedBy, w.ApprovedBy, w.CreatedAt)
	if err != nil {
		return fmt.Errorf("record write-off: %w", err)
	}
	return nil
}

// PayableNow is what is owed to an influencer in a currency, in minor units;
// negative when the influencer owes.
func (tx *Tx) PayableNow(ctx context.Context, influencerID int64, currency string) (minor int64, err error) {
	last, err := tx.LastPayoutBatch(ctx)
	if err != nil {
		return 0, err
	}
	var from time.Time
	if last != nil {
		from = last.CutAt
		l, err := tx.PayoutLineOf(ctx, last.ID, influencerID, currency)
		if err == nil {
			minor = l.Closing()
		} else if !errors.Is(err, ErrNotFound) {
			return 0, err
		}
	}
	var moved int64
	err = tx.pgx.QueryRow(ctx, `SELECT coalesce(-sum(minor), 0)::bigint FROM ledger_entries
		WHERE shop_id = $1 AND influencer_id = $2 AND currency = $3 AND account = 3 AND effective_at >= $4`, tx.ShopID, influencerID, currency, since(from)).Scan(&moved)
	if err != nil {
		return 0, fmt.Errorf("balance of influencer %d: %w", influencerID, err)
	}
	return minor + moved, nil
}
