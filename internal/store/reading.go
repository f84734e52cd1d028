package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"tributary/internal/domain/ledger"
)

// This file reads what settling has written, page by page, for people.

// where collects conditions and their arguments; $1 is the shop.
type where struct {
	conds []string
	args  []any
}

func (tx *Tx) where() *where {
	return &where{conds: []string{"shop_id = $1"}, args: []any{tx.ShopID}}
}

// and adds a condition; each ? in it stands for the next of args.
func (w *where) and(cond string, args ...any) *where {
	for _, a := range args {
		w.args = append(w.args, a)
		cond = strings.Replace(cond, "?", fmt.Sprintf("$%d", len(w.args)), 1)
	}
	w.conds = append(w.conds, cond)
	return w
}

func (w *where) between(column string, from, to time.Time) {
	if !from.IsZero() {
		w.and(column+" >= ?", from)
	}
	if !to.IsZero() {
		w.and(column+" < ?", to)
	}
}

func (w *where) String() string { return strings.Join(w.conds, " AND ") }

// limit adds one argument and names it.
func (w *where) limit(n int) string {
	w.args = append(w.args, n)
	return fmt.Sprintf("LIMIT $%d", len(w.args))
}

// OrderFilter narrows a list; zero fields do not.
type OrderFilter struct {
	Outcome      string
	InfluencerID int64 // the first winner
	Via          string
	Code         string // folded; a share was won by it
	Payment      *int16
	From, To     time.Time // of creation, half open
}

// ListOrders lists the orders of which a whole payload came, newest first by
// creation. State is not loaded.
func (tx *Tx) ListOrders(ctx context.Context, f OrderFilter, p Page) ([]OrderRow, *Cursor, error) {
	w := tx.where().and("created_at IS NOT NULL")
	if f.Outcome != "" {
		w.and("outcome = ?", f.Outcome)
	}
	if f.InfluencerID != 0 {
		w.and("influencer_id = ?", f.InfluencerID)
	}
	if f.Via != "" {
		w.and("via = ?", f.Via)
	}
	if f.Code != "" {
		w.and(`EXISTS (SELECT FROM attributions a WHERE a.shop_id = orders.shop_id AND a.order_id = orders.id AND a.number = orders.decision_number
		  AND jsonb_path_exists(convert_from(a.decision, 'UTF8')::jsonb, ?::jsonpath))`, fmt.Sprintf(`$.shares[*].code ? (@ == %s)`, jsonString(f.Code)))
	}
	if f.Payment != nil {
		w.and("payment = ?", *f.Payment)
	}
	w.between("created_at", f.From, f.To)
	if p.After != (Cursor{}) {
		w.and("(created_at, id) < (?, ?)", time.UnixMicro(p.After.Major).UTC(), p.After.Minor)
	}
	rows, err := tx.pgx.Query(ctx, `SELECT id, name, payment, created_at, paid_at, currency, total, customer_key, outcome,
		influencer_id, version_id, via, decision_number, first_seen_at FROM orders WHERE `+w.String()+`
		ORDER BY created_at DESC, id DESC `+w.limit(p.limit()), w.args...)
	if err != nil {
		return nil, nil, fmt.Errorf("list orders: %w", err)
	}
	out, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (o OrderRow, err error) {
		var created, paid pgtype.Timestamptz
		err = r.Scan(&o.ID, &o.Name, &o.Payment, &created, &paid, &o.Currency, &o.Total, &o.CustomerKey, &o.Outcome,
			&o.InfluencerID, &o.VersionID, &o.Via, &o.DecisionNumber, &o.FirstSeenAt)
		o.CreatedAt, o.PaidAt, o.FirstSeenAt = fromTimestamptz(created), fromTimestamptz(paid), o.FirstSeenAt.UTC()
		return o, err
	})
	if err != nil {
		return nil, nil, fmt.Errorf("list orders: %w", err)
	}
	out, next := cut(out, p, func(o *OrderRow) Cursor { return Cursor{Major: o.CreatedAt.UnixMicro(), Minor: o.ID} })
	return out, next, nil
}

// jsonString quotes s for a jsonpath.
func jsonString(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r < 0x20:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// DecisionVersion is one decision about an order with when it was taken.
type DecisionVersion struct {
	Number    int32
	DecidedAt time.Time
	Bytes     []byte // attribution.Decision.Encode
}

// Decisions returns all decisions about an order, ascending.
func (tx *Tx) Decisions(ctx context.Context, orderID int64) ([]DecisionVersion, error) {
	rows, err := tx.pgx.Query(ctx, "SELECT number, decided_at, decision FROM attributions WHERE shop_id = $1 AND order_id = $2 ORDER BY number", tx.ShopID, orderID)
	if err != nil {
		return nil, fmt.Errorf("load decisions about order %d: %w", orderID, err)
	}
	out, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (d DecisionVersion, err error) {
		err = r.Scan(&d.Number, &d.DecidedAt, &d.Bytes)
		return d, err
	})
	if err != nil {
		return nil, fmt.Errorf("load decisions about order %d: %w", orderID, err)
	}
	return out, nil
}

// NewEvidence is evidence a person enters about an order.
type NewEvidence struct {
	OrderID, AgreementID, LinkID int64
	Kind                         string // attribution.Kind
	At                           time.Time
	Note                         string
}

// AddEvidence stores evidence and returns its id.
func (tx *Tx) AddEvidence(ctx context.Context, n NewEvidence) (int64, error) {
	var id int64
	err := tx.pgx.QueryRow(ctx, `INSERT INTO evidence (shop_id, order_id, kind, agreement_id, link_id, at, note, received_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING id`,
		tx.ShopID, n.OrderID, n.Kind, n.AgreementID, n.LinkID, n.At, n.Note, tx.Now).Scan(&id)
	if err != nil {
		return 0, fmt.Errorf("add evidence about order %d: %w", n.OrderID, err)
	}
	return id, nil
}

// UnlockedOrders lists the orders on which the influencer has earnings whose
// hold still runs, ascending.
func (tx *Tx) UnlockedOrders(ctx context.Context, influencerID int64) ([]int64, error) {
	rows, err := tx.pgx.Query(ctx, `SELECT DISTINCT source FROM earnings WHERE shop_id = $1 AND influencer_id = $2 AND kind = 1 AND locked_at IS NULL
		ORDER BY source`, tx.ShopID, influencerID)
	if err != nil {
		return nil, fmt.Errorf("list orders in hold: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowTo[int64])
}

// EarningFilter narrows a list; zero fields do not.
type EarningFilter struct {
	InfluencerID, AgreementID int64
	OrderID                   int64
	State                     string
	From, To                  time.Time // of OccurredAt, half open
}

// ListEarnings lists earnings, newest first by id.
func (tx *Tx) ListEarnings(ctx context.Context, f EarningFilter, p Page) ([]EarningRow, *Cursor, error) {
	w := &where{conds: []string{"true"}, args: []any{tx.ShopID}} // earnings() says shop_id = $1
	if f.InfluencerID != 0 {
		w.and("influencer_id = ?", f.InfluencerID)
	}
	if f.AgreementID != 0 {
		w.and("agreement_id = ?", f.AgreementID)
	}
	if f.OrderID != 0 {
		w.and("kind = 1 AND source = ?", f.OrderID)
	}
	if f.State != "" {
		w.and("state = ?", f.State)
	}
	w.between("occurred_at", f.From, f.To)
	if p.After.Minor != 0 {
		w.and("id < ?", p.After.Minor)
	}
	tail := " ORDER BY id DESC " + w.limit(p.limit())
	out, err := tx.earnings(ctx, w.String()+tail, w.args[1:]...)
	if err != nil {
		return nil, nil, err
	}
	out, next := cut(out, p, func(e *EarningRow) Cursor { return Cursor{Minor: e.ID} })
	return out, next, nil
}

// Earning returns one earning; ErrNotFound when there is none.
func (tx *Tx) Earning(ctx context.Context, id int64) (*EarningRow, error) {
	es, err := tx.earnings(ctx, "id = $2", id)
	if err != nil {
		return nil, err
	}
	if len(es) == 0 {
		return nil, fmt.Errorf("load earning %d: %w", id, ErrNotFound)
	}
	return &es[0], nil
}

// JournalRow is one journal as it was posted.
type JournalRow struct {
	ID           int64
	PostedAt     time.Time
	Kind         ledger.Kind
	InfluencerID int64
	EarningID    int64
	PayoutID     int64
	Currency     string
	EffectiveAt  time.Time
	OriginAt     time.Time
	Postings     []ledger.Posting
}

// JournalFilter names whose journals; one field at least is set.
type JournalFilter struct {
	InfluencerID, EarningID, PayoutID int64
	From, To                          time.Time // of EffectiveAt, half open
}

// ListJournals lists journals, newest first by id.
func (tx *Tx) ListJournals(ctx context.Context, f JournalFilter, p Page) ([]JournalRow, *Cursor, error) {
	w := tx.where()
	if f.InfluencerID != 0 {
		w.and("influencer_id = ?", f.InfluencerID)
	}
	if f.EarningID != 0 {
		w.and("earning_id = ?", f.EarningID)
	}
	if f.PayoutID != 0 {
		w.and("payout_id = ?", f.PayoutID)
	}
	w.between("effective_at", f.From, f.To)
	if p.After.Minor != 0 {
		w.and("journal_id < ?", p.After.Minor)
	}
	// Every journal has a first leg, so the page is a page of legs 0.
	rows, err := tx.pgx.Query(ctx, `SELECT j.journal_id, j.kind, j.influencer_id, j.earning_id, j.payout_id, j.currency, j.effective_at, j.origin_at, j.posted_at,
		  array_agg(l.account ORDER BY l.leg), array_agg(l.minor ORDER BY l.leg)
		FROM (SELECT * FROM ledger_entries WHERE `+w.String()+` AND leg = 0 ORDER BY journal_id DESC `+w.limit(p.limit())+`) j
		JOIN ledger_entries l ON l.shop_id = j.shop_id AND l.earning_id = j.earning_id AND l.journal_id = j.journal_id AND l.effective_at = j.effective_at
		GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9 ORDER BY 1 DESC`, w.args...)
	if err != nil {
		return nil, nil, fmt.Errorf("list journals: %w", err)
	}
	out, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (j JournalRow, err error) {
		var accounts []int16
		var minors []int64
		err = r.Scan(&j.ID, &j.Kind, &j.InfluencerID, &j.EarningID, &j.PayoutID, &j.Currency, &j.EffectiveAt, &j.OriginAt, &j.PostedAt, &accounts, &minors)
		for i := range accounts {
			j.Postings = append(j.Postings, ledger.Posting{Account: ledger.Account(accounts[i]), Minor: minors[i]})
		}
		return j, err
	})
	if err != nil {
		return nil, nil, fmt.Errorf("list journals: %w", err)
	}
	out, next := cut(out, p, func(j *JournalRow) Cursor { return Cursor{Minor: j.ID} })
	return out, next, nil
}

// BalanceRow is what an influencer had in one currency at an instant, in minor
// units. Positive is owed, or was paid, to the influencer.
type BalanceRow struct {
	InfluencerID                     int64
	Currency                         string
	Pending, Payable, Clearing, Paid int64
}

// Balances sums the ledger up to and including the given instant, ascending by
// influencer and currency; influencerID 0 lists all.
func (tx *Tx) Balances(ctx context.Context, at time.Time, influencerID int64, p Page) ([]BalanceRow, *Cursor, error) {
	// The cursor names the last influencer, who was shown with all currencies.
	rows, err := tx.pgx.Query(ctx, `SELECT influencer_id, currency,
		  -coalesce(sum(minor) FILTER (WHERE account = 2), 0)::bigint, -coalesce(sum(minor) FILTER (WHERE account = 3), 0)::bigint,
		  -coalesce(sum(minor) FILTER (WHERE account = 4), 0)::bigint, -coalesce(sum(minor) FILTER (WHERE account = 5), 0)::bigint
		FROM ledger_entries l
		JOIN (SELECT id FROM influencers i WHERE shop_id = $1 AND id > $3 AND ($4::bigint = 0 OR id = $4)
		        AND EXISTS (SELECT FROM ledger_entries e WHERE e.shop_id = $1 AND e.influencer_id = i.id AND e.effective_at <= $2)
		      ORDER BY id LIMIT $5) page ON page.id = l.influencer_id
		WHERE l.shop_id = $1 AND l.effective_at <= $2 GROUP BY 1, 2 ORDER BY 1, 2`, tx.ShopID, at, p.After.Minor, influencerID, p.limit())
	if err != nil {
		return nil, nil, fmt.Errorf("sum balances: %w", err)
	}
	out, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (b BalanceRow, err error) {
		err = r.Scan(&b.InfluencerID, &b.Currency, &b.Pending, &b.Payable, &b.Clearing, &b.Paid)
		return b, err
	})
	if err != nil {
		return nil, nil, fmt.Errorf("sum balances: %w", err)
	}
	// A page is a number of influencers, each with all of their currencies.
	seen, last := 0, int64(0)
	for i, b := range out {
		if b.InfluencerID == last {
			continue
		}
		if seen == p.size() {
			return out[:i], &Cursor{Minor: last}, nil
		}
		seen, last = seen+1, b.InfluencerID
	}
	return out, nil, nil
}

// ListDeliveries lists deliveries in one state by when they came, newest first.
// Bodies are not loaded.
func (tx *Tx) ListDeliveries(ctx context.Context, state DeliveryState, p Page) ([]Delivery, *Cursor, error) {
	w := tx.where().and("state = ?", int16(state))
	if p.After != (Cursor{}) {
		w.and("(received_at, hashtextextended(id::text, 0)) < (?, ?)", time.UnixMicro(p.After.Major).UTC(), p.After.Minor)
	}
	rows, err := tx.pgx.Query(ctx, `SELECT id, day, connection_id, platform, topic, source, triggered_at, received_at, attempts, next_at,
		  coalesce(order_id, 0), coalesce(note, ''), hashtextextended(id::text, 0)
		FROM deliveries WHERE `+w.String()+` ORDER BY received_at DESC, 13 DESC `+w.limit(p.limit()), w.args...)
	if err != nil {
		return nil, nil, fmt.Errorf("list deliveries: %w", err)
	}
	type keyed struct {
		Delivery
		tie int64
	}
	found, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (d keyed, err error) {
		var id pgtype.UUID
		var day pgtype.Date
		var triggered pgtype.Timestamptz
		err = r.Scan(&id, &day, &d.ConnectionID, &d.Platform, &d.Topic, &d.Source, &triggered, &d.ReceivedAt, &d.Attempts, &d.NextAt,
			&d.OrderID, &d.Note, &d.tie)
		d.ShopID, d.State, d.ID, d.Day, d.TriggeredAt = tx.ShopID, state, id.Bytes, day.Time, fromTimestamptz(triggered)
		return d, err
	})
	if err != nil {
		return nil, nil, fmt.Errorf("list deliveries: %w", err)
	}
	found, next := cut(found, p, func(d *keyed) Cursor { return Cursor{Major: d.ReceivedAt.UnixMicro(), Minor: d.tie} })
	out := make([]Delivery, len(found))
	for i := range found {
		out[i] = found[i].Delivery
	}
	return out, next, nil
}

// RetryDelivery makes a parked delivery due at once, with its attempts counted
// anew. ErrNotFound when there is none that is parked.
func (tx *Tx) RetryDelivery(ctx context.Context, id [16]byte) error {
	tag, err := tx.pgx.Exec(ctx, `UPDATE deliveries SET state = 1, attempts = 0, next_at = $3
		WHERE shop_id = $1 AND id = $2 AND state = 3`, tx.ShopID, pgtype.UUID{Bytes: id, Valid: true}, tx.Now)
	if err != nil {
		return fmt.Errorf("retry delivery: %w", err)
	}
	if tag.RowsAffected() == 0 {
		return fmt.Errorf("retry delivery: %w", ErrNotFound)
	}
	return nil
}
