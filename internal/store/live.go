package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"tributary/internal/domain/attribution"
)

// LiveSession is one session of live selling. SettleFrom … SettleTo holds every
// order that it, as it is or once was, can have a say in.
type LiveSession struct {
	ID, AgreementID      int64
	Title, Platform      string
	StartsAt, EndsAt     time.Time
	GraceMinutes         int
	LinkID               int64     // 0: none
	CancelledAt          time.Time // zero: it stands
	SettleFrom, SettleTo time.Time
	CreatedAt            time.Time
}

// GraceEnd is the last instant at which an order can belong to the session.
func (s *LiveSession) GraceEnd() time.Time {
	return s.EndsAt.Add(time.Duration(s.GraceMinutes) * time.Minute)
}

// State is what the session is at an instant: scheduled, live, ended, cancelled.
func (s *LiveSession) State(now time.Time) string {
	switch {
	case !s.CancelledAt.IsZero():
		return "cancelled"
	case now.Before(s.StartsAt):
		return "scheduled"
	case now.After(s.EndsAt):
		return "ended"
	}
	return "live"
}

const liveColumns = "id, agreement_id, title, platform, starts_at, ends_at, grace_minutes, coalesce(link_id, 0), cancelled_at, settle_from, settle_to, created_at"

func (tx *Tx) liveSessions(ctx context.Context, where string, args ...any) ([]LiveSession, error) {
	rows, err := tx.pgx.Query(ctx, "SELECT "+liveColumns+" FROM live_sessions WHERE shop_id = $1 AND "+where, append([]any{tx.ShopID}, args...)...)
	if err != nil {
		return nil, fmt.Errorf("load live sessions: %w", err)
	}
	out, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (s LiveSession, err error) {
		var cancelled pgtype.Timestamptz
		err = r.Scan(&s.ID, &s.AgreementID, &s.Title, &s.Platform, &s.StartsAt, &s.EndsAt, &s.GraceMinutes, &s.LinkID, &cancelled, &s.SettleFrom, &s.SettleTo, &s.CreatedAt)
		s.StartsAt, s.EndsAt, s.CancelledAt = s.StartsAt.UTC(), s.EndsAt.UTC(), fromTimestamptz(cancelled)
		s.SettleFrom, s.SettleTo, s.CreatedAt = s.SettleFrom.UTC(), s.SettleTo.UTC(), s.CreatedAt.UTC()
		return s, err
	})
	if err != nil {
		return nil, fmt.Errorf("load live sessions: %w", err)
	}
	return out, nil
}

// AddLiveSession stores s and sets its ID.
func (tx *Tx) AddLiveSession(ctx context.Context, s *LiveSession) error {
	s.CreatedAt = tx.Now
	err := tx.pgx.QueryRow(ctx, `INSERT INTO live_sessions (shop_id, agreement_id, title, platform, starts_at, ends_at, grace_minutes, link_id, settle_from, settle_to, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, nullif($8::bigint, 0), $9, $10, $11) RETURNING id`,
		tx.ShopID, s.AgreementID, s.Title, s.Platform, s.StartsAt, s.EndsAt, s.GraceMinutes, s.LinkID, s.SettleFrom, s.SettleTo, tx.Now).Scan(&s.ID)
	if err != nil {
		return fmt.Errorf("add live session: %w", err)
	}
	return nil
}

// SetLiveSession writes every field of s that may change.
func (tx *Tx) SetLiveSession(ctx context.Context, s *LiveSession) error {
	tag, err := tx.pgx.Exec(ctx, `UPDATE live_sessions SET title = $3, platform = $4, starts_at = $5, ends_at = $6, grace_minutes = $7, link_id = nullif($8::bigint, 0),
		cancelled_at = $9, settle_from = $10, settle_to = $11 WHERE shop_id = $1 AND id = $2`,
		tx.ShopID, s.ID, s.Title, s.Platform, s.StartsAt, s.EndsAt, s.GraceMinutes, s.LinkID, toTimestamptz(s.CancelledAt), s.SettleFrom, s.SettleTo)
	if err != nil {
		return fmt.Errorf("change live session %d: %w", s.ID, err)
	}
	if tag.RowsAffected() == 0 {
		return fmt.Errorf("change live session %d: %w", s.ID, ErrNotFound)
	}
	return nil
}

// LiveSession returns one session and keeps others from changing it until the
// transaction ends, if lock is set; ErrNotFound when there is none.
func (tx *Tx) LiveSession(ctx context.Context, id int64, lock bool) (*LiveSession, error) {
	where := "id = $2"
	if lock {
		where += " FOR UPDATE"
	}
	list, err := tx.liveSessions(ctx, where, id)
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("load live session %d: %w", id, ErrNotFound)
	}
	return &list[0], nil
}

// LiveFilter narrows a list; zero fields do not.
type LiveFilter struct {
	State                     string // at the transaction's time
	AgreementID, InfluencerID int64
}

// LiveSessions lists sessions, newest first by id.
func (tx *Tx) LiveSessions(ctx context.Context, f LiveFilter, p Page) ([]LiveSession, *Cursor, error) {
	w := &where{conds: []string{"true"}, args: []any{tx.ShopID}} // liveSessions() says shop_id = $1
	switch f.State {
	case "cancelled":
		w.and("cancelled_at IS NOT NULL")
	case "scheduled":
		w.and("cancelled_at IS NULL AND starts_at > ?", tx.Now)
	case "live":
		w.and("cancelled_at IS NULL AND starts_at <= ?", tx.Now).and("ends_at >= ?", tx.Now)
	case "ended":
		w.and("cancelled_at IS NULL AND ends_at < ?", tx.Now)
	}
	if f.AgreementID != 0 {
		w.and("agreement_id = ?", f.AgreementID)
	}
	if f.InfluencerID != 0 {
		w.and("agreement_id IN (SELECT a.id FROM agreements a WHERE a.shop_id = live_sessions.shop_id AND a.influencer_id = ?)", f.InfluencerID)
	}
	if p.After.Minor != 0 {
		w.and("id < ?", p.After.Minor)
	}
	tail := " ORDER BY id DESC " + w.limit(p.limit())
	out, err := tx.liveSessions(ctx, w.String()+tail, w.args[1:]...)
	if err != nil {
		return nil, nil, err
	}
	out, next := cut(out, p, func(s *LiveSession) Cursor { return Cursor{Minor: s.ID} })
	return out, next, nil
}

// LiveCode is a code that is given out in a session.
type LiveCode struct {
	SessionID, CodeID int64
	Code              string
	From, To          time.Time // To zero: open
	Follows           bool      // it is valid from the session's start to the end of its grace
}

// AddLiveCode gives a code to a session.
func (tx *Tx) AddLiveCode(ctx context.Context, sessionID, codeID int64, follows bool) error {
	_, err := tx.pgx.Exec(ctx, "INSERT INTO live_codes (shop_id, session_id, code_id, follows) VALUES ($1, $2, $3, $4)", tx.ShopID, sessionID, codeID, follows)
	if err != nil {
		return fmt.Errorf("give code %d to live session %d: %w", codeID, sessionID, err)
	}
	return nil
}

// LiveCodes returns the codes of the sessions.
func (tx *Tx) LiveCodes(ctx context.Context, sessionIDs []int64) (map[int64][]LiveCode, error) {
	rows, err := tx.pgx.Query(ctx, `SELECT l.session_id, l.code_id, c.code, c.valid_from, c.valid_to, l.follows FROM live_codes l
		JOIN codes c ON c.shop_id = l.shop_id AND c.id = l.code_id WHERE l.shop_id = $1 AND l.session_id = ANY($2) ORDER BY l.session_id, c.code, c.id`, tx.ShopID, sessionIDs)
	if err != nil {
		return nil, fmt.Errorf("load live codes: %w", err)
	}
	list, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (c LiveCode, err error) {
		var to pgtype.Timestamptz
		err = r.Scan(&c.SessionID, &c.CodeID, &c.Code, &c.From, &to, &c.Follows)
		c.From, c.To = c.From.UTC(), fromTimestamptz(to)
		return c, err
	})
	if err != nil {
		return nil, fmt.Errorf("load live codes: %w", err)
	}
	out := map[int64][]LiveCode{}
	for _, c := range list {
		out[c.SessionID] = append(out[c.SessionID], c)
	}
	return out, nil
}

// MoveCode gives a code another interval.
func (tx *Tx) MoveCode(ctx context.Context, codeID int64, from, to time.Time) error {
	_, err := tx.pgx.Exec(ctx, "UPDATE codes SET valid_from = $3, valid_to = $4 WHERE shop_id = $1 AND id = $2", tx.ShopID, codeID, from, to)
	if err != nil {
		return fmt.Errorf("move code %d: %w", codeID, err)
	}
	return nil
}

// SessionsForAttribution returns the sessions of the agreements that stand and
// that orders created in [from, to], or the folded codes, can belong to.
func (tx *Tx) SessionsForAttribution(ctx context.Context, agreements []int64, codes []string, from, to time.Time) ([]attribution.Session, error) {
	if len(agreements) == 0 {
		return nil, nil
	}
	found, err := tx.liveSessions(ctx, `agreement_id = ANY($2) AND cancelled_at IS NULL AND (
		  starts_at <= $4 AND ends_at + make_interval(mins => grace_minutes) >= $3
		  OR EXISTS (SELECT FROM live_codes l JOIN codes c ON c.shop_id = l.shop_id AND c.id = l.code_id
		    WHERE l.shop_id = live_sessions.shop_id AND l.session_id = live_sessions.id AND c.code = ANY($5))) ORDER BY id`, agreements, from, to, codes)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	ids := make([]int64, len(found))
	for i := range found {
		ids[i] = found[i].ID
	}
	live, err := tx.LiveCodes(ctx, ids)
	if err != nil {
		return nil, err
	}
	out := make([]attribution.Session, len(found))
	for i, s := range found {
		out[i] = attribution.Session{ID: s.ID, AgreementID: s.AgreementID, From: s.StartsAt, To: s.EndsAt, Grace: time.Duration(s.GraceMinutes) * time.Minute}
		for _, c := range live[s.ID] {
			out[i].Codes = append(out[i].Codes, attribution.SessionCode{Text: c.Code, Valid: attribution.Span{From: c.From, To: c.To}})
		}
	}
	return out, nil
}

// OrdersOfLiveSession lists, ascending, the orders that may have to be settled
// anew when the session changes: those created while it could have a say, and
// those that its agreement has a touch on while one of its codes was valid.
func (tx *Tx) OrdersOfLiveSession(ctx context.Context, id int64) ([]int64, error) {
	rows, err := tx.pgx.Query(ctx, `SELECT o.id FROM live_sessions s JOIN orders o ON o.shop_id = s.shop_id AND o.created_at BETWEEN s.settle_from AND s.settle_to
		WHERE s.shop_id = $1 AND s.id = $2
		UNION
		SELECT o.id FROM live_sessions s JOIN live_codes l ON l.shop_id = s.shop_id AND l.session_id = s.id
		JOIN codes c ON c.shop_id = l.shop_id AND c.id = l.code_id
		JOIN orders o ON o.shop_id = s.shop_id AND o.created_at >= c.valid_from AND (c.valid_to IS NULL OR o.created_at < c.valid_to)
		JOIN attributions a ON a.shop_id = o.shop_id AND a.order_id = o.id AND a.number = o.decision_number
		WHERE s.shop_id = $1 AND s.id = $2 AND jsonb_path_exists(convert_from(a.decision, 'UTF8')::jsonb, '$.candidates[*].agreement_id ? (@ == $a)', jsonb_build_object('a', s.agreement_id))
		ORDER BY 1`, tx.ShopID, id)
	if err != nil {
		return nil, fmt.Errorf("list orders of live session %d: %w", id, err)
	}
	return pgx.CollectRows(rows, pgx.RowTo[int64])
}

// liveSales are the orders that a session has won and what they earned: by the
// decision in force, in the shop's currency. $2 is the session.
const liveSales = `SELECT o.id, o.created_at, e.gross_base AS gross, CASE WHEN e.state IN ('void', 'unpaid') THEN 0 ELSE e.net_base END AS net, e.posted, e.currency, e.state
	FROM live_sessions s
	JOIN orders o ON o.shop_id = s.shop_id AND o.via <> '' AND o.created_at BETWEEN least(s.starts_at, (SELECT min(c.valid_from) FROM live_codes l
	    JOIN codes c ON c.shop_id = l.shop_id AND c.id = l.code_id WHERE l.shop_id = s.shop_id AND l.session_id = s.id))
	  AND greatest(s.ends_at + make_interval(mins => s.grace_minutes), (SELECT max(coalesce(c.valid_to, 'infinity')) FROM live_codes l
	    JOIN codes c ON c.shop_id = l.shop_id AND c.id = l.code_id WHERE l.shop_id = s.shop_id AND l.session_id = s.id))
	JOIN attributions a ON a.shop_id = o.shop_id AND a.order_id = o.id AND a.number = o.decision_number
	JOIN earnings e ON e.shop_id = o.shop_id AND e.kind = 1 AND e.source = o.id AND e.agreement_id = s.agreement_id AND e.reason <> 'reattributed'
	WHERE s.shop_id = $1 AND s.id = $2
	  AND jsonb_path_exists(convert_from(a.decision, 'UTF8')::jsonb, '$.shares[*].session_id ? (@ == $s)', jsonb_build_object('s', s.id))`

// LiveMinute is what a session sold in one minute, minor units of the shop's
// currency; orders that are cancelled or unpaid do not count.
type LiveMinute struct {
	At         time.Time
	Orders     int64
	Gross, Net int64
}

// LiveMinutes sums a session's sales by the minute in which they were placed;
// minutes without any are left out.
func (tx *Tx) LiveMinutes(ctx context.Context, id int64) ([]LiveMinute, error) {
	rows, err := tx.pgx.Query(ctx, `SELECT date_trunc('minute', created_at), count(*), sum(gross)::bigint, sum(net)::bigint FROM (`+liveSales+`) x
		WHERE state NOT IN ('void', 'unpaid') GROUP BY 1 ORDER BY 1`, tx.ShopID, id)
	if err != nil {
		return nil, fmt.Errorf("sum live session %d: %w", id, err)
	}
	out, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (m LiveMinute, err error) {
		err = r.Scan(&m.At, &m.Orders, &m.Gross, &m.Net)
		m.At = m.At.UTC()
		return m, err
	})
	if err != nil {
		return nil, fmt.Errorf("sum live session %d: %w", id, err)
	}
	return out, nil
}

// LiveSale is one order that a session has won.
type LiveSale struct {
	OrderID    int64
	CreatedAt  time.Time
	Gross, Net int64 // minor units of the shop's currency
	Commission int64 // minor units of Currency
	Currency   string
	State      string // of the earning
}

// LiveSales lists them, ascending by time.
func (tx *Tx) LiveSales(ctx context.Context, id int64) ([]LiveSale, error) {
	rows, err := tx.pgx.Query(ctx, "SELECT id, created_at, gross, net, posted, currency, state FROM ("+liveSales+") x ORDER BY created_at, id", tx.ShopID, id)
	if err != nil {
		return nil, fmt.Errorf("list sales of live session %d: %w", id, err)
	}
	out, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (s LiveSale, err error) {
		err = r.Scan(&s.OrderID, &s.CreatedAt, &s.Gross, &s.Net, &s.Commission, &s.Currency, &s.State)
		s.CreatedAt = s.CreatedAt.UTC()
		return s, err
	})
	if err != nil {
		return nil, fmt.Errorf("list sales of live session %d: %w", id, err)
	}
	return out, nil
}
