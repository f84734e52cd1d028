package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"tributary/internal/domain/kpi"
)

// Recount says what is counted anew from what happened. The zero value is all of
// the shop; else it is one thing, from From until before To. What is read for it
// holds all that counts for the thing then, and may hold more.
type Recount struct {
	Dim      kpi.Dim // not the shop, unless all of it
	ID       int64
	From, To time.Time
}

func (r *Recount) all() bool { return r.Dim == kpi.Shop }

// is tells whether r is of all, or of one of the dimensions.
func (r *Recount) is(dims ...kpi.Dim) bool {
	return r.all() || slices.Contains(dims, r.Dim)
}

// recountArgs are the arguments of r's statements: the shop, the range and the thing.
func (tx *Tx) recountArgs(r *Recount) []any {
	if r.all() {
		return []any{tx.ShopID}
	}
	return []any{tx.ShopID, r.From, r.To, r.ID}
}

// agreements is a subquery with the agreements by which the thing can have
// anything: indexes find what happened in a range by agreement.
func (r *Recount) agreements() string {
	switch r.Dim {
	case kpi.Campaign:
		return "ARRAY(SELECT a.id FROM agreements a WHERE a.shop_id = $1 AND a.campaign_id = $4)"
	case kpi.Influencer:
		return "ARRAY(SELECT a.id FROM agreements a WHERE a.shop_id = $1 AND a.influencer_id = $4)"
	default:
		return "ARRAY(SELECT a.id FROM agreements a WHERE a.shop_id = $1)"
	}
}

// earnings is the condition for earnings e of the thing, whenever.
func (r *Recount) earnings() string {
	of := "e.shop_id = $1 AND e.agreement_id = ANY(" + r.agreements() + ")"
	switch r.Dim {
	case kpi.Link:
		return of + " AND e.link_id = $4"
	case kpi.Code:
		return of + " AND e.code_id = $4"
	case kpi.Page:
		return of + " AND e.page_id = $4"
	case kpi.Session:
		return of + " AND e.session_id = $4"
	case kpi.Post:
		return fmt.Sprintf("%s AND e.kind = %d AND e.source = $4", of, EarningPost)
	default:
		return of
	}
}

const earnedIn = " AND e.occurred_at >= $2 AND e.occurred_at < $3"

// EachOrderKPI hears what every order counts for, as kpi.Cells.Encode wrote it.
// Of one thing they are found by their earnings, one for each share, which have
// the order's time; and repeat orders by the customers it acquired.
func (tx *Tx) EachOrderKPI(ctx context.Context, r Recount, f func(cells []byte) error) error {
	if !r.is(kpi.Campaign, kpi.Influencer, kpi.Link, kpi.Code, kpi.Page, kpi.Session) {
		return nil
	}
	query := "SELECT kpi FROM orders WHERE shop_id = $1 AND kpi IS NOT NULL"
	if !r.all() {
		ids := fmt.Sprintf("SELECT e.source FROM earnings e WHERE e.kind = %d AND %s%s", EarningOrder, r.earnings(), earnedIn)
		if r.is(kpi.Campaign, kpi.Influencer) {
			ids += fmt.Sprintf(` UNION SELECT n.id FROM earnings e
				JOIN orders o ON o.shop_id = $1 AND o.id = e.source AND o.acquired AND o.customer_key <> ''
				JOIN orders n ON n.shop_id = $1 AND n.customer_hash = o.customer_hash AND n.customer_key = o.customer_key AND n.customer_key <> ''
				  AND coalesce(n.paid_at, n.created_at) >= $2 AND coalesce(n.paid_at, n.created_at) < $3
				WHERE e.kind = %d AND %s`, EarningOrder, r.earnings())
		}
		query += " AND id IN (" + ids + ")"
	}
	rows, err := tx.pgx.Query(ctx, query, tx.recountArgs(&r)...)
	if err != nil {
		return fmt.Errorf("read what orders count for: %w", err)
	}
	var b []byte
	if _, err := pgx.ForEachRow(rows, []any{&b}, func() error { return f(b) }); err != nil {
		return fmt.Errorf("read what orders count for: %w", err)
	}
	return nil
}

// Expense is a posting to commission expense.
type Expense struct {
	CampaignID, InfluencerID int64
	Currency                 string
	At                       time.Time
	Minor                    int64
}

// EachExpense hears every posting to commission expense. Only the shop,
// campaigns and influencers count them.
func (tx *Tx) EachExpense(ctx context.Context, r Recount, f func(*Expense) error) error {
	if !r.is(kpi.Campaign, kpi.Influencer) {
		return nil
	}
	var of string
	if !r.all() { // nothing is effective before it happened: earlier months are not read
		of = " AND l.origin_at >= $2 AND l.origin_at < $3 AND l.effective_at >= $2 AND l.influencer_id = $4"
		if r.Dim == kpi.Campaign {
			of = strings.Replace(of, "= $4", `= ANY(ARRAY(SELECT a.influencer_id FROM agreements a WHERE a.shop_id = $1 AND a.campaign_id = $4
				UNION SELECT x.influencer_id FROM disputes x WHERE x.shop_id = $1 AND x.campaign_id = $4))`, 1) + " AND coalesce(e.campaign_id, d.campaign_id, 0) = $4"
		}
	}
	rows, err := tx.pgx.Query(ctx, `SELECT coalesce(e.campaign_id, d.campaign_id, 0), l.influencer_id, l.currency, l.origin_at, l.minor
		FROM ledger_entries l LEFT JOIN earnings e ON e.shop_id = l.shop_id AND e.id = l.earning_id AND l.earning_id <> 0
		LEFT JOIN disputes d ON d.shop_id = l.shop_id AND d.journal_id = l.journal_id AND l.kind = 8
		WHERE l.shop_id = $1 AND l.account = 1`+of, tx.recountArgs(&r)...)
	if err != nil {
		return fmt.Errorf("read commission expense: %w", err)
	}
	var x Expense
	if _, err := pgx.ForEachRow(rows, []any{&x.CampaignID, &x.InfluencerID, &x.Currency, &x.At, &x.Minor}, func() error { return f(&x) }); err != nil {
		return fmt.Errorf("read commission expense: %w", err)
	}
	return nil
}

// EachEarning hears every earning, in the fields that count.
func (tx *Tx) EachEarning(ctx context.Context, r Recount, f func(*EarningRow) error) error {
	of := "e.shop_id = $1"
	if !r.all() {
		of = r.earnings() + earnedIn
	}
	rows, err := tx.pgx.Query(ctx, `SELECT kind, source, influencer_id, campaign_id, link_id, code_id, page_id, session_id, currency, net_base, counted, posted, state, occurred_at
		FROM earnings e WHERE `+of, tx.recountArgs(&r)...)
	if err != nil {
		return fmt.Errorf("read earnings: %w", err)
	}
	var e EarningRow
	if _, err := pgx.ForEachRow(rows, []any{&e.Kind, &e.Source, &e.InfluencerID, &e.CampaignID, &e.LinkID, &e.CodeID, &e.PageID, &e.SessionID, &e.Currency, &e.NetBase, &e.Counted, &e.Posted, &e.State, &e.OccurredAt},
		func() error { return f(&e) }); err != nil {
		return fmt.Errorf("read earnings: %w", err)
	}
	return nil
}

// ValidClick is a click or visit that counts.
type ValidClick struct {
	CampaignID, InfluencerID, LinkID, PageID int64
	At                                       time.Time
}

// EachValidClick hears every click and visit that counts. Codes, live sessions
// and posts have none.
func (tx *Tx) EachValidClick(ctx context.Context, r Recount, f func(*ValidClick) error) error {
	var of string
	switch r.Dim {
	case kpi.Shop:
	case kpi.Campaign, kpi.Influencer:
		of = " AND c.agreement_id = ANY(" + r.agreements() + ")"
	case kpi.Link:
		of = " AND c.link_id = $4"
	case kpi.Page:
		of = " AND c.page_id = $4 AND c.page_id <> 0"
	default:
		return nil
	}
	if !r.all() {
		of += " AND c.at >= $2 AND c.at < $3"
	}
	rows, err := tx.pgx.Query(ctx, `SELECT a.campaign_id, a.influencer_id, c.link_id, c.page_id, c.at
		FROM clicks c JOIN agreements a ON a.shop_id = c.shop_id AND a.id = c.agreement_id
		WHERE c.shop_id = $1 AND c.day IS NOT NULL AND c.invalid = '' AND c.version_id <> 0`+of, tx.recountArgs(&r)...)
	if err != nil {
		return fmt.Errorf("read valid clicks: %w", err)
	}
	var c ValidClick
	if _, err := pgx.ForEachRow(rows, []any{&c.CampaignID, &c.InfluencerID, &c.LinkID, &c.PageID, &c.At}, func() error { return f(&c) }); err != nil {
		return fmt.Errorf("read valid clicks: %w", err)
	}
	return nil
}

// PostsToCount lists the posts that can count for r's thing, ascending by id,
// after the given one. Links, codes, pages and live sessions have none.
func (tx *Tx) PostsToCount(ctx context.Context, r Recount, after int64, limit int) ([]Post, error) {
	switch r.Dim {
	case kpi.Shop:
		return tx.PostsAfter(ctx, after, limit)
	case kpi.Post:
		return tx.posts(ctx, "id = $2 AND id > $3", r.ID, after)
	case kpi.Campaign, kpi.Influencer:
		return tx.posts(ctx, "agreement_id = ANY("+r.agreements()+") AND id > $2 ORDER BY id LIMIT $3", after, limit, r.ID)
	default:
		return nil, nil
	}
}
