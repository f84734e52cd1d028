package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
)

// EarningKind is what kind of source an earning comes from.
type EarningKind int16

// The kinds of source.
const (
	EarningOrder     EarningKind = 1 // Source is the order's id
	EarningMilestone EarningKind = 2 // Source is the period's start in unix seconds, Rule the component
	// Rule is the component of all that follow.
	EarningClicks EarningKind = 3 // Source is the day's start in unix seconds
	EarningLead   EarningKind = 4 // Source is the lead's id
	EarningPost   EarningKind = 5 // Source is the post's id
	EarningEntry  EarningKind = 6 // Source is the giveaway entry's id
	EarningFee    EarningKind = 7 // Source is when it fell due in unix seconds
	EarningGift   EarningKind = 8 // Source is when it was agreed in unix seconds; it earns nothing, NetBase is its cost
)

// String is the kind in words.
func (k EarningKind) String() string {
	if names := [...]string{"", "order", "milestone", "clicks", "lead", "post", "entry", "fee", "gift"}; int(k) < len(names) && k > 0 {
		return names[k]
	}
	return fmt.Sprintf("kind %d", int16(k))
}

// EarningRow is the state of one source of earnings. Posted is the sum of its
// ledger postings in minor units of Currency; after every settlement it equals
// the source's target.
type EarningRow struct {
	ID           int64
	Kind         EarningKind
	Source       int64
	Rule         string
	InfluencerID int64
	AgreementID  int64
	CampaignID   int64
	LinkID       int64 // of the touch that won the order; 0: none
	CodeID       int64 // of the code that won the order; 0: none
	PageID       int64 // of the landing page that won the order; 0: none
	SessionID    int64 // of the live session it was sold in; 0: none
	VersionID    int64
	TermsHash    string
	Currency     string
	GrossBase    int64
	NetBase      int64
	Counted      int64 // NetBase in Currency
	Posted       int64
	State        string
	Reason       string
	OccurredAt   time.Time
	ReleaseAt    time.Time // zero: not known yet
	LockedAt     time.Time // zero: not locked
	Detail       []byte
}

// The states of an earning.
const (
	EarningPending = "pending" // in its hold
	EarningHeld    = "held"    // a person must look; Reason says why
	EarningDenied  = "denied"  // earns nothing; Reason says why
	EarningVoid    = "void"    // the order is cancelled, or somebody else won it
	EarningUnpaid  = "unpaid"  // the shopper has not paid
	EarningLocked  = "locked"  // hold over: the amount is payable
)

const earningColumns = `id, kind, source, rule, influencer_id, agreement_id, version_id, terms_hash, currency, gross_base, net_base, counted,
	posted, state, reason, occurred_at, release_at, locked_at, detail, campaign_id, link_id, code_id, page_id, session_id`

func (tx *Tx) earnings(ctx context.Context, where string, args ...any) ([]EarningRow, error) {
	rows, err := tx.pgx.Query(ctx, "SELECT "+earningColumns+" FROM earnings WHERE shop_id = $1 AND "+where, append([]any{tx.ShopID}, args...)...)
	if err != nil {
		return nil, fmt.Errorf("load earnings: %w", err)
	}
	out, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (EarningRow, error) {
		var e EarningRow
		var release, locked pgtype.Timestamptz
		err := r.Scan(&e.ID, &e.Kind, &e.Source, &e.Rule, &e.InfluencerID, &e.AgreementID, &e.VersionID, &e.TermsHash, &e.Currency,
			&e.GrossBase, &e.NetBase, &e.Counted, &e.Posted, &e.State, &e.Reason, &e.OccurredAt, &release, &locked, &e.Detail, &e.CampaignID, &e.LinkID, &e.CodeID,
			&e.PageID, &e.SessionID)
		e.OccurredAt, e.ReleaseAt, e.LockedAt = e.OccurredAt.UTC(), fromTimestamptz(release), fromTimestamptz(locked)
		return e, err
	})
	if err != nil {
		return nil, fmt.Errorf("load earnings: %w", err)
	}
	return out, nil
}

// EarningsOfOrders returns the order earnings of the orders.
func (tx *Tx) EarningsOfOrders(ctx context.Context, orderIDs []int64) ([]EarningRow, error) {
	if len(orderIDs) == 0 {
		return nil, nil
	}
	return tx.earnings(ctx, "kind = 1 AND source = ANY($2) ORDER BY source, agreement_id", orderIDs)
}

// EarningsOfVersion returns the earnings of a kind under one agreement version
// that occurred in [from, to); zero times are open.
func (tx *Tx) EarningsOfVersion(ctx context.Context, agreementID, versionID int64, kind EarningKind, from, to time.Time) ([]EarningRow, error) {
	return tx.earnings(ctx, `agreement_id = $2 AND version_id = $3 AND kind = $6
		AND occurred_at >= coalesce($4::timestamptz, '-infinity') AND occurred_at < coalesce($5::timestamptz, 'infinity') ORDER BY occurred_at, source`,
		agreementID, versionID, toTimestamptz(from), toTimestamptz(to), int16(kind))
}

// EarningsOfKind returns an agreement's earnings of a kind.
func (tx *Tx) EarningsOfKind(ctx context.Context, agreementID int64, kind EarningKind) ([]EarningRow, error) {
	return tx.earnings(ctx, "agreement_id = $2 AND kind = $3", agreementID, int16(kind))
}

// paidOfEarning is the query of PaidOfEarning for the earning e; schema stands
// before the names of tables.
func paidOfEarning(schema string) string {
	return strings.ReplaceAll(`SELECT coalesce(-sum(n.minor), 0)::bigint FROM $.ledger_entries n
		WHERE n.shop_id = e.shop_id AND n.earning_id = e.id AND n.account = 3 AND EXISTS (
		  SELECT FROM $.payout_lines l JOIN $.payout_batches b ON b.shop_id = l.shop_id AND b.id = l.batch_id
		  WHERE l.shop_id = n.shop_id AND l.influencer_id = n.influencer_id AND l.currency = n.currency AND b.cut_at > n.effective_at
		    AND l.pay > 0 AND l.state IN ('draft', 'paying', 'paid', 'in_doubt'))`, "$.", schema)
}

// PaidOfEarning returns how much of an earning was paid, or is on its way, in
// minor units. A payout is always the whole balance, so a movement counts as
// soon as its own period or a later one paid: what was carried at first is paid
// with the rest.
func (tx *Tx) PaidOfEarning(ctx context.Context, earningID int64) (minor int64, err error) {
	err = tx.pgx.QueryRow(ctx, "SELECT ("+paidOfEarning("")+") FROM (SELECT $1::bigint AS shop_id, $2::bigint AS id) e", tx.ShopID, earningID).Scan(&minor)
	if err != nil {
		return 0, fmt.Errorf("paid of earning %d: %w", earningID, err)
	}
	return minor, nil
}

// UpsertEarnings writes the state of sources. Rows with ID 0 are new and get
// an id, which is set in es.
func (tx *Tx) UpsertEarnings(ctx context.Context, es []*EarningRow) error {
	var fresh, known []*EarningRow
	for _, e := range es {
		if e.ID == 0 {
			fresh = append(fresh, e)
		} else {
			known = append(known, e)
		}
	}
	if len(fresh) > 0 {
		ids, err := tx.IDs(ctx, len(fresh))
		if err != nil {
			return err
		}
		for i, e := range fresh {
			e.ID = ids[i]
		}
		c := columnsOf(fresh)
		if _, err := tx.pgx.Exec(ctx, `INSERT INTO earnings (shop_id, updated_at, `+earningColumns+`)
			SELECT $1, $2, * FROM unnest($3::bigint[], $4::smallint[], $5::bigint[], $6::text[], $7::bigint[], $8::bigint[], $9::bigint[],
			  $10::text[], $11::text[], $12::bigint[], $13::bigint[], $14::bigint[], $15::bigint[], $16::text[], $17::text[], $18::timestamptz[],
			  $19::timestamptz[], $20::timestamptz[], $21::bytea[], $22::bigint[], $23::bigint[], $24::bigint[], $25::bigint[], $26::bigint[])`,
			tx.ShopID, tx.Now, c.id, c.kind, c.source, c.rule, c.influencer, c.agreement, c.version, c.hash, c.currency, c.gross, c.net, c.counted,
			c.posted, c.state, c.reason, c.occurred, c.release, c.locked, c.detail, c.campaign, c.link, c.code, c.page, c.session); err != nil {
			return fmt.Errorf("store %d earnings: %w", len(fresh), err)
		}
	}
	if len(known) > 0 {
		c := columnsOf(known)
		if _, err := tx.pgx.Exec(ctx, `UPDATE earnings e SET version_id = u.v, terms_hash = u.h, gross_base = u.g, net_base = u.n, posted = u.p,
			  state = u.s, reason = u.r, counted = u.co, occurred_at = u.oc, release_at = u.re, locked_at = u.lo, detail = u.d,
			  link_id = u.li, code_id = u.cd, page_id = u.pa, session_id = u.se, updated_at = $2
			FROM unnest($3::bigint[], $4::bigint[], $5::text[], $6::bigint[], $7::bigint[], $8::bigint[], $9::text[], $10::text[],
			  $11::timestamptz[], $12::timestamptz[], $13::timestamptz[], $14::bytea[], $15::bigint[], $16::bigint[], $17::bigint[], $18::bigint[], $19::bigint[])
			  AS u(i, v, h, g, n, p, s, r, oc, re, lo, d, co, li, cd, pa, se)
			WHERE e.shop_id = $1 AND e.id = u.i`,
			tx.ShopID, tx.Now, c.id, c.version, c.hash, c.gross, c.net, c.posted, c.state, c.reason, c.occurred, c.release, c.locked, c.detail, c.counted, c.link, c.code,
			c.page, c.session); err != nil {
			return fmt.Errorf("update %d earnings: %w", len(known), err)
		}
	}
	return nil
}

type earningArrays struct {
	id, source, influencer, agreement, version, gross, net, counted, posted []int64
	campaign, link, code, page, session                                     []int64
	kind                                                                    []int16
	rule, hash, currency, state, reason                                     []string
	occurred                                                                []time.Time
	release, locked                                                         []pgtype.Timestamptz
	detail                                                                  [][]byte
}

func columnsOf(es []*EarningRow) earningArrays {
	var c earningArrays
	for _, e := range es {
		c.id, c.source = append(c.id, e.ID), append(c.source, e.Source)
		c.influencer, c.agreement, c.version = append(c.influencer, e.InfluencerID), append(c.agreement, e.AgreementID), append(c.version, e.VersionID)
		c.gross, c.net, c.counted, c.posted = append(c.gross, e.GrossBase), append(c.net, e.NetBase), append(c.counted, e.Counted), append(c.posted, e.Posted)
		c.campaign, c.link, c.code = append(c.campaign, e.CampaignID), append(c.link, e.LinkID), append(c.code, e.CodeID)
		c.page, c.session = append(c.page, e.PageID), append(c.session, e.SessionID)
		c.kind = append(c.kind, int16(e.Kind))
		c.rule, c.hash, c.currency = append(c.rule, e.Rule), append(c.hash, e.TermsHash), append(c.currency, e.Currency)
		c.state, c.reason = append(c.state, e.State), append(c.reason, e.Reason)
		c.occurred = append(c.occurred, e.OccurredAt)
		c.release, c.locked = append(c.release, toTimestamptz(e.ReleaseAt)), append(c.locked, toTimestamptz(e.LockedAt))
		c.detail = append(c.detail, e.Detail)
	}
	return c
}
