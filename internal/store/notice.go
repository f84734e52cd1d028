package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// The kinds of notice; Ref is what each is about.
const (
	NoticeOffered        = "agreement_offered" // an agreement version
	NoticeFirstSale      = "first_sale"        // 0
	NoticeMilestone      = "milestone"         // an earning
	NoticeReleased       = "hold_released"     // the start of a day, unix seconds
	NoticeStatement      = "statement_ready"   // a payout batch
	NoticePayoutSent     = "payout_sent"       // a payout line
	NoticePayoutFailed   = "payout_failed"     // a payout line
	NoticeDisputeAnswer  = "dispute_answer"    // a message
	NoticeDisputeDecided = "dispute_decided"   // a dispute
	NoticeInvited        = "invitation"        // when, unix seconds
	NoticePayee          = "payout_method"     // when it was changed, unix seconds
	NoticeProposal       = "proposal"          // a proposal that was declined
	NoticeDigest         = "digest"            // when it is due, unix seconds
)

// NewsFor is how long something is news: what is older when it is found is not
// told any more.
const NewsFor = 7 * 24 * time.Hour

// Note has influencers told something at the given instant or soon after. Each
// hears of it once, however often it is noted.
func (tx *Tx) Note(ctx context.Context, kind string, ref int64, due time.Time, influencers ...int64) error {
	return tx.exec(ctx, "note "+kind, `INSERT INTO notices (shop_id, influencer_id, kind, ref, at, due_at) SELECT $1, i, $2, $3, $4, $5 FROM unnest($6::bigint[]) AS u(i)
		ON CONFLICT DO NOTHING`, tx.ShopID, kind, ref, tx.Now, due, influencers)
}

// NoteWhatHappened notes what can be seen in the books: first sales, milestones,
// months that were closed.
func (tx *Tx) NoteWhatHappened(ctx context.Context) error {
	since := tx.Now.Add(-NewsFor)
	for _, q := range []string{
		// A first sale is looked for with those who have not had one.
		`SELECT $1, i.id, 'first_sale', 0, $2, $2 FROM influencers i
			WHERE i.shop_id = $1 AND NOT EXISTS (SELECT FROM notices n WHERE n.shop_id = $1 AND n.influencer_id = i.id AND n.kind = 'first_sale')
			AND (SELECT min(first.at) FROM agreements a, LATERAL (SELECT e.occurred_at AS at FROM earnings e
				WHERE e.shop_id = a.shop_id AND e.agreement_id = a.id AND e.kind = 1 AND e.posted > 0 ORDER BY e.occurred_at LIMIT 1) first
				WHERE a.shop_id = $1 AND a.influencer_id = i.id) >= $3`,
		`SELECT $1, e.influencer_id, 'milestone', e.id, $2, $2 FROM earnings e
			WHERE e.shop_id = $1 AND e.kind = 2 AND e.posted > 0 AND e.updated_at >= $3`,
		`SELECT $1, l.influencer_id, 'statement_ready', b.id, $2, $2 FROM payout_batches b JOIN payout_lines l ON l.shop_id = b.shop_id AND l.batch_id = b.id
			WHERE b.shop_id = $1 AND b.created_at >= $3 AND NOT EXISTS (SELECT FROM notices n WHERE n.shop_id = $1 AND n.kind = 'statement_ready' AND n.ref = b.id)`,
	} {
		if err := tx.exec(ctx, "note what happened", "INSERT INTO notices (shop_id, influencer_id, kind, ref, at, due_at) "+q+" ON CONFLICT DO NOTHING", tx.ShopID, tx.Now, since); err != nil {
			return err
		}
	}
	return nil
}

// Notice is something to tell an influencer.
type Notice struct {
	InfluencerID int64
	Kind         string
	Ref          int64
	At           time.Time
}

// DueNotices returns up to limit notices that are to be told now, and locks them.
func (tx *Tx) DueNotices(ctx context.Context, limit int) ([]Notice, error) {
	return tx.notices(ctx, "queued_at IS NULL AND due_at <= $2 ORDER BY due_at, influencer_id, kind, ref LIMIT $3 FOR UPDATE SKIP LOCKED", tx.Now, limit)
}

// DigestOf returns the notices that a digest tells, by when they were noted.
func (tx *Tx) DigestOf(ctx context.Context, influencerID, ref int64) ([]Notice, error) {
	return tx.notices(ctx, "influencer_id = $2 AND digest = $3 ORDER BY at, kind, ref", influencerID, ref)
}

func (tx *Tx) notices(ctx context.Context, where string, args ...any) ([]Notice, error) {
	rows, err := tx.pgx.Query(ctx, "SELECT influencer_id, kind, ref, at FROM notices WHERE shop_id = $1 AND "+where, append([]any{tx.ShopID}, args...)...)
	if err != nil {
		return nil, fmt.Errorf("load notices: %w", err)
	}
	out, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Notice])
	if err != nil {
		return nil, fmt.Errorf("load notices: %w", err)
	}
	return out, nil
}

// QueueNotice marks a notice as handed on: to the outbox, or to the digest.
func (tx *Tx) QueueNotice(ctx context.Context, n *Notice, digest int64) error {
	return tx.exec(ctx, "queue notice", "UPDATE notices SET queued_at = $5, digest = $6 WHERE shop_id = $1 AND influencer_id = $2 AND kind = $3 AND ref = $4",
		tx.ShopID, n.InfluencerID, n.Kind, n.Ref, tx.Now, digest)
}

// ShopsWithNotices returns the shops with something to tell.
func (db *DB) ShopsWithNotices(ctx context.Context) ([]int64, error) {
	return db.shopIDs(ctx, "SELECT shop_id FROM door_notices_due($1)")
}

// MailSettings are what an influencer wants to be told by mail, and how that
// goes.
type MailSettings struct {
	Muted   []string // topics
	Digest  string   // "off", "daily", "weekly"
	Problem string   // why the mail server takes nothing for the address; "" none
}

// MailSettings returns an influencer's settings, or the defaults.
func (tx *Tx) MailSettings(ctx context.Context, influencerID int64) (MailSettings, error) {
	s := MailSettings{Muted: []string{}, Digest: "off"}
	err := notFound(tx.pgx.QueryRow(ctx, "SELECT muted, digest, problem FROM mail_settings WHERE shop_id = $1 AND influencer_id = $2", tx.ShopID, influencerID).
		Scan(&s.Muted, &s.Digest, &s.Problem))
	if err != nil && !IsNotFound(err) {
		return s, fmt.Errorf("load mail settings: %w", err)
	}
	return s, nil
}

// SetMailSettings changes what an influencer wants to be told.
func (tx *Tx) SetMailSettings(ctx context.Context, influencerID int64, s MailSettings) error {
	return tx.exec(ctx, "set mail settings", `INSERT INTO mail_settings (shop_id, influencer_id, muted, digest) VALUES ($1, $2, $3, $4)
		ON CONFLICT (shop_id, influencer_id) DO UPDATE SET muted = excluded.muted, digest = excluded.digest`, tx.ShopID, influencerID, s.Muted, s.Digest)
}

// SetMailProblem records that the mail server takes nothing for an influencer's
// address; "" that it does.
func (tx *Tx) SetMailProblem(ctx context.Context, influencerID int64, problem string) error {
	return tx.exec(ctx, "set mail problem", `INSERT INTO mail_settings (shop_id, influencer_id, problem, problem_at) VALUES ($1, $2, $3, $4)
		ON CONFLICT (shop_id, influencer_id) DO UPDATE SET problem = excluded.problem, problem_at = excluded.problem_at`, tx.ShopID, influencerID, problem, tx.Now)
}

// Released sums what passed its hold in [from, to), by currency.
func (tx *Tx) Released(ctx context.Context, influencerID int64, from, to time.Time) (map[string]int64, error) {
	rows, err := tx.pgx.Query(ctx, `SELECT currency, -sum(minor)::bigint FROM ledger_entries
		WHERE shop_id = $1 AND influencer_id = $2 AND account = 3 AND kind = 2 AND effective_at >= $3 AND effective_at < $4 GROUP BY 1`, tx.ShopID, influencerID, from, to)
	if err != nil {
		return nil, fmt.Errorf("sum what was released: %w", err)
	}
	out := map[string]int64{}
	var currency string
	var minor int64
	if _, err := pgx.ForEachRow(rows, []any{&currency, &minor}, func() error { out[currency] = minor; return nil }); err != nil {
		return nil, fmt.Errorf("sum what was released: %w", err)
	}
	return out, nil
}
