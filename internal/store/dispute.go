package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
)

// The states of a dispute.
const (
	DisputeOpen      = "open"  // the merchant's turn
	DisputeAsked     = "asked" // the influencer's turn
	DisputeAccepted  = "accepted"
	DisputeRejected  = "rejected"
	DisputeWithdrawn = "withdrawn"
	DisputeLapsed    = "lapsed" // the influencer did not answer
)

// Dispute is an influencer's word that something was counted wrongly.
type Dispute struct {
	ID             int64
	InfluencerID   int64
	Subject, About string
	EarningID      int64 // held while it is open; 0: none
	CampaignID     int64
	Currency       string
	Claimed        int64 // what is missing, minor units
	Evidence       string
	State          string
	AnswerBy       time.Time // zero: decided
	Overdue        bool
	Reason         string
	Awarded        int64
	JournalID      int64 // of the award; 0: none
	OpenedAt       time.Time
	DecidedAt      time.Time // zero: not decided
	DecidedBy      string
}

// Undecided reports whether the dispute waits for somebody.
func (d *Dispute) Undecided() bool { return d.State == DisputeOpen || d.State == DisputeAsked }

// AddDispute stores d and sets its ID. IsUnique "disputes_open": there is an
// open one about the same thing.
func (tx *Tx) AddDispute(ctx context.Context, d *Dispute) error {
	d.OpenedAt = tx.Now
	err := tx.pgx.QueryRow(ctx, `INSERT INTO disputes (shop_id, influencer_id, subject, about, earning_id, campaign_id, currency, claimed, evidence, state, answer_by, opened_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) RETURNING id`, tx.ShopID, d.InfluencerID, d.Subject, d.About, d.EarningID, d.CampaignID,
		d.Currency, d.Claimed, d.Evidence, d.State, toTimestamptz(d.AnswerBy), d.OpenedAt).Scan(&d.ID)
	if err != nil {
		return fmt.Errorf("add dispute: %w", err)
	}
	return nil
}

// SetDispute writes what became of a dispute.
func (tx *Tx) SetDispute(ctx context.Context, d *Dispute) error {
	var journal *int64
	if d.JournalID != 0 {
		journal = &d.JournalID
	}
	return tx.exec(ctx, "change dispute", `UPDATE disputes SET state = $3, answer_by = $4, overdue = $5, reason = $6, awarded = $7, journal_id = $8, decided_at = $9, decided_by = $10
		WHERE shop_id = $1 AND id = $2`, tx.ShopID, d.ID, d.State, toTimestamptz(d.AnswerBy), d.Overdue, d.Reason, d.Awarded, journal, toTimestamptz(d.DecidedAt), d.DecidedBy)
}

func (tx *Tx) disputes(ctx context.Context, where string, args ...any) ([]Dispute, error) {
	rows, err := tx.pgx.Query(ctx, `SELECT id, influencer_id, subject, about, earning_id, campaign_id, currency, claimed, evidence, state, answer_by, overdue, reason, awarded,
		coalesce(journal_id, 0), opened_at, decided_at, decided_by FROM disputes WHERE shop_id = $1 AND `+where, append([]any{tx.ShopID}, args...)...)
	if err != nil {
		return nil, fmt.Errorf("load disputes: %w", err)
	}
	out, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (d Dispute, err error) {
		var by, decided pgtype.Timestamptz
		err = r.Scan(&d.ID, &d.InfluencerID, &d.Subject, &d.About, &d.EarningID, &d.CampaignID, &d.Currency, &d.Claimed, &d.Evidence, &d.State, &by, &d.Overdue, &d.Reason, &d.Awarded,
			&d.JournalID, &d.OpenedAt, &decided, &d.DecidedBy)
		d.AnswerBy, d.DecidedAt, d.OpenedAt = fromTimestamptz(by), fromTimestamptz(decided), d.OpenedAt.UTC()
		return d, err
	})
	if err != nil {
		return nil, fmt.Errorf("load disputes: %w", err)
	}
	return out, nil
}

// Dispute returns one dispute; ErrNotFound when there is none. With lock, nobody
// else changes it until the transaction ends.
func (tx *Tx) Dispute(ctx context.Context, id int64, lock bool) (*Dispute, error) {
	tail := ""
	if lock {
		tail = " FOR UPDATE"
	}
	ds, err := tx.disputes(ctx, "id = $2"+tail, id)
	if err != nil {
		return nil, err
	}
	if len(ds) == 0 {
		return nil, fmt.Errorf("load dispute %d: %w", id, ErrNotFound)
	}
	return &ds[0], nil
}

// DisputeFilter narrows a list; zero fields do not.
type DisputeFilter struct {
	InfluencerID int64
	State        string
	Overdue      *bool
}

// Disputes lists disputes, newest first.
func (tx *Tx) Disputes(ctx context.Context, f DisputeFilter, p Page) ([]Dispute, *Cursor, error) {
	w := &where{conds: []string{"true"}, args: []any{tx.ShopID}} // disputes() says shop_id = $1
	if f.InfluencerID != 0 {
		w.and("influencer_id = ?", f.InfluencerID)
	}
	if f.State != "" {
		w.and("state = ?", f.State)
	}
	if f.Overdue != nil {
		w.and("overdue = ?", *f.Overdue)
	}
	if p.After.Minor != 0 {
		w.and("id < ?", p.After.Minor)
	}
	tail := " ORDER BY id DESC " + w.limit(p.limit())
	ds, err := tx.disputes(ctx, w.String()+tail, w.args[1:]...)
	if err != nil {
		return nil, nil, err
	}
	ds, next := cut(ds, p, func(d *Dispute) Cursor { return Cursor{Minor: d.ID} })
	return ds, next, nil
}

// DisputesDue returns the disputes whose deadline has passed, and locks them.
func (tx *Tx) DisputesDue(ctx context.Context, limit int) ([]Dispute, error) {
	return tx.disputes(ctx, "state IN ('open', 'asked') AND NOT overdue AND answer_by <= $2 ORDER BY id LIMIT $3 FOR UPDATE", tx.Now, limit)
}

// ShopsWithDisputesDue lists the shops that have such disputes.
func (db *DB) ShopsWithDisputesDue(ctx context.Context) ([]int64, error) {
	return db.shopIDs(ctx, "SELECT shop_id FROM door_disputes_due($1)")
}

// DisputedEarnings returns which of the earnings are disputed.
func (tx *Tx) DisputedEarnings(ctx context.Context, ids []int64) (map[int64]int64, error) {
	rows, err := tx.pgx.Query(ctx, "SELECT earning_id, id FROM disputes WHERE shop_id = $1 AND earning_id = ANY($2) AND earning_id <> 0 AND state IN ('open', 'asked')", tx.ShopID, ids)
	if err != nil {
		return nil, fmt.Errorf("load disputed earnings: %w", err)
	}
	out := map[int64]int64{}
	var earning, dispute int64
	if _, err := pgx.ForEachRow(rows, []any{&earning, &dispute}, func() error { out[earning] = dispute; return nil }); err != nil {
		return nil, fmt.Errorf("load disputed earnings: %w", err)
	}
	return out, nil
}

// Disputed sums, by currency, what is in its hold because of open disputes.
func (tx *Tx) Disputed(ctx context.Context, influencerID int64) (map[string]int64, error) {
	rows, err := tx.pgx.Query(ctx, `SELECT e.currency, sum(e.posted)::bigint FROM earnings e WHERE e.shop_id = $1 AND e.influencer_id = $2 AND e.locked_at IS NULL
		AND EXISTS (SELECT FROM disputes d WHERE d.shop_id = e.shop_id AND d.earning_id = e.id AND d.state IN ('open', 'asked')) GROUP BY 1`, tx.ShopID, influencerID)
	if err != nil {
		return nil, fmt.Errorf("sum what is disputed: %w", err)
	}
	out := map[string]int64{}
	var currency string
	var minor int64
	if _, err := pgx.ForEachRow(rows, []any{&currency, &minor}, func() error { out[currency] = minor; return nil }); err != nil {
		return nil, fmt.Errorf("sum what is disputed: %w", err)
	}
	return out, nil
}

// DisputeMessage is what somebody said about a dispute.
type DisputeMessage struct {
	ID     int64
	Author string // influencer, merchant, deadline
	Text   string
	At     time.Time
}

// AddDisputeMessage stores what was said and returns its id.
func (tx *Tx) AddDisputeMessage(ctx context.Context, disputeID int64, author, text string) (id int64, err error) {
	err = tx.pgx.QueryRow(ctx, "INSERT INTO dispute_messages (shop_id, dispute_id, author, text, at) VALUES ($1, $2, $3, $4, $5) RETURNING id", tx.ShopID, disputeID, author, text, tx.Now).Scan(&id)
	if err != nil {
		return 0, fmt.Errorf("add to dispute: %w", err)
	}
	return id, nil
}

// DisputeMessage returns what was said with the dispute it is about.
func (tx *Tx) DisputeMessage(ctx context.Context, id int64) (disputeID int64, m DisputeMessage, err error) {
	err = tx.pgx.QueryRow(ctx, "SELECT dispute_id, id, author, text, at FROM dispute_messages WHERE shop_id = $1 AND id = $2", tx.ShopID, id).Scan(&disputeID, &m.ID, &m.Author, &m.Text, &m.At)
	if err != nil {
		return 0, m, fmt.Errorf("load what was said: %w", notFound(err))
	}
	return disputeID, m, nil
}

// DisputeMessages returns what was said, ascending.
func (tx *Tx) DisputeMessages(ctx context.Context, disputeID int64) ([]DisputeMessage, error) {
	rows, err := tx.pgx.Query(ctx, "SELECT id, author, text, at FROM dispute_messages WHERE shop_id = $1 AND dispute_id = $2 ORDER BY id", tx.ShopID, disputeID)
	if err != nil {
		return nil, fmt.Errorf("load what was said: %w", err)
	}
	out, err := pgx.CollectRows(rows, pgx.RowToStructByPos[DisputeMessage])
	if err != nil {
		return nil, fmt.Errorf("load what was said: %w", err)
	}
	return out, nil
}

// DisputeSettings are a shop's rules for disputes.
type DisputeSettings struct {
	AnswerDays int
	AutoAccept int64 // a claim up to so much, in the shop's currency, is accepted when the merchant is silent
}

// DisputeSettings returns the shop's rules, or the defaults.
func (tx *Tx) DisputeSettings(ctx context.Context) (DisputeSettings, error) {
	s := DisputeSettings{AnswerDays: 14}
	err := notFound(tx.pgx.QueryRow(ctx, "SELECT answer_days, auto_accept FROM dispute_settings WHERE shop_id = $1", tx.ShopID).Scan(&s.AnswerDays, &s.AutoAccept))
	if err != nil && !IsNotFound(err) {
		return s, fmt.Errorf("load dispute settings: %w", err)
	}
	return s, nil
}

// SetDisputeSettings changes the shop's rules.
func (tx *Tx) SetDisputeSettings(ctx context.Context, s DisputeSettings) error {
	return tx.exec(ctx, "set dispute settings", `INSERT INTO dispute_settings (shop_id, answer_days, auto_accept) VALUES ($1, $2, $3)
		ON CONFLICT (shop_id) DO UPDATE SET answer_days = excluded.answer_days, auto_accept = excluded.auto_accept`, tx.ShopID, s.AnswerDays, s.AutoAccept)
}

// OrdersNamed returns the orders with a name, as the store shows it to people,
// that were made in [from, to).
func (tx *Tx) OrdersNamed(ctx context.Context, name string, from, to time.Time) ([]OrderRow, error) {
	return tx.orders(ctx, "created_at >= $3 AND created_at < $4 AND ltrim(name, '#') = ltrim($2, '#') ORDER BY id LIMIT 10", name, from, to)
}

// CountOrdersBetween is how many orders of which a whole payload came were made
// in [from, to).
func (tx *Tx) CountOrdersBetween(ctx context.Context, from, to time.Time) (n int64, err error) {
	err = tx.pgx.QueryRow(ctx, "SELECT count(*) FROM orders WHERE shop_id = $1 AND created_at >= $2 AND created_at < $3", tx.ShopID, from, to).Scan(&n)
	return n, err
}

// ClickVerdict is how many clicks of a link on a day have a verdict.
type ClickVerdict struct {
	Verdict string `json:"verdict"` // "" valid, else why not
	Clicks  int64  `json:"clicks"`
}

// ClickVerdicts counts the clicks of a link in [from, to) by verdict.
func (tx *Tx) ClickVerdicts(ctx context.Context, linkID int64, from, to time.Time) ([]ClickVerdict, error) {
	rows, err := tx.pgx.Query(ctx, `SELECT CASE WHEN state = 0 THEN 'not_judged_yet' ELSE invalid END, count(*) FROM clicks
		WHERE shop_id = $1 AND link_id = $2 AND at >= $3 AND at < $4 GROUP BY 1 ORDER BY 2 DESC, 1`, tx.ShopID, linkID, from, to)
	if err != nil {
		return nil, fmt.Errorf("count clicks by verdict: %w", err)
	}
	out, err := pgx.CollectRows(rows, pgx.RowToStructByPos[ClickVerdict])
	if err != nil {
		return nil, fmt.Errorf("count clicks by verdict: %w", err)
	}
	return out, nil
}
