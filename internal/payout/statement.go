package payout

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"tributary/internal/domain/ledger"
	"tributary/internal/domain/money"
	"tributary/internal/domain/period"
	"tributary/internal/errs"
	rail "tributary/internal/rail/csv"
	"tributary/internal/store"
)

// Statement is an influencer's account in one currency over one period:
// closing = opening + Σ movements − payout, which is what the ledger holds at
// its end.
type Statement struct {
	Influencer *store.Influencer
	Currency   money.Currency
	Period     period.Month // "" the open period
	From, To   time.Time    // zero: the beginning; not closed yet
	Opening    int64        // minor units, like all amounts here
	Movements  []StatementLine
	Movement   int64 // their sum
	Payout     int64
	Closing    int64
	// Line is what the close decided; nil in the open period, and when nothing
	// moved and nothing was carried.
	Line *store.PayoutLine
}

// StatementLine is one movement.
type StatementLine struct {
	store.StatementRow
	Rules []string // ids of the components that earned it
}

// kindNames are the kinds of journal for people and programs.
var kindNames = map[ledger.Kind]string{
	ledger.KindLock: "earned", ledger.KindAdjust: "adjusted", ledger.KindPayoutBack: "payout_returned", ledger.KindWriteOff: "written_off", ledger.KindAward: "awarded",
}

// KindName names what a movement is.
func (l *StatementLine) KindName() string { return kindNames[l.Kind] }

// MakeStatement makes the statement of a closed month, or with month "" that of
// the open period so far.
func MakeStatement(ctx context.Context, tx *store.Tx, influencerID int64, currency money.Currency, month period.Month) (*Statement, error) {
	who, err := tx.Influencer(ctx, influencerID)
	if err != nil {
		return nil, err
	}
	s := &Statement{Influencer: who, Currency: currency, Period: month}
	b, err := tx.LastPayoutBatch(ctx)
	if err != nil {
		return nil, err
	}
	if month != "" {
		b, err = tx.PayoutBatchOf(ctx, string(month))
		if errors.Is(err, store.ErrNotFound) {
			return nil, errs.New(errs.NotFound, "period_not_closed",
				fmt.Sprintf("There is no statement of %s: that period is not closed. Without a period you get the open one so far.", month))
		} else if err != nil {
			return nil, err
		}
		s.From, s.To = b.StartsAt, b.CutAt
	} else if b != nil {
		s.From = b.CutAt
	}
	if b != nil {
		l, err := tx.PayoutLineOf(ctx, b.ID, influencerID, string(currency))
		switch {
		case errors.Is(err, store.ErrNotFound): // the balance was and is zero
		case err != nil:
			return nil, err
		case month == "":
			s.Opening = l.Closing()
		default:
			s.Line, s.Opening, s.Payout = l, l.Opening, l.Pay
		}
	}
	rows, err := tx.Statement(ctx, influencerID, string(currency), s.From, s.To)
	if err != nil {
		return nil, err
	}
	s.Movements = make([]StatementLine, len(rows))
	for i, r := range rows {
		s.Movements[i] = StatementLine{StatementRow: r, Rules: rulesOf(r)}
		s.Movement += r.Minor
	}
	s.Closing = s.Opening + s.Movement - s.Payout
	return s, nil
}

// rulesOf reads which components earned it from what settling kept.
func rulesOf(r store.StatementRow) []string {
	if r.Rule != "" {
		return []string{r.Rule}
	}
	var d struct {
		Rules []string `json:"rules"`
	}
	if len(r.Detail) > 0 {
		_ = json.Unmarshal(r.Detail, &d) // a statement is worth having without it
	}
	return d.Rules
}

// CSV is the statement as a table: the opening balance, every movement, the
// payout, the closing balance.
func (s *Statement) CSV() ([]byte, error) {
	var buf bytes.Buffer
	w := csv.NewWriter(&buf)
	_ = w.Write([]string{"type", "effective_at", "occurred_at", "order_id", "order_name", "earning_id", "payout_id", "rule", "note", "amount", "currency"})
	amount := func(minor int64) string { return money.Format(minor, s.Currency) }
	sum := func(name string, at time.Time, payout string, note string, minor int64) {
		_ = w.Write([]string{name, stamp(at), "", "", "", "", payout, "", note, amount(minor), string(s.Currency)})
	}
	sum("opening", s.From, "", "", s.Opening)
	for i := range s.Movements {
		m := &s.Movements[i]
		order := ""
		if m.EarningKind == store.EarningOrder {
			order = strconv.FormatInt(m.Source, 10)
		}
		_ = w.Write([]string{m.KindName(), stamp(m.EffectiveAt), stamp(m.OriginAt), order, rail.Text(m.OrderName), id("ern_", m.EarningID), id(rail.IDPrefix, m.PayoutID),
			strings.Join(m.Rules, " "), rail.Text(m.Note), amount(m.Minor), string(s.Currency)})
	}
	if s.Payout != 0 {
		sum("payout", s.To, id(rail.IDPrefix, s.Line.ID), s.Line.State, -s.Payout)
	}
	note := ""
	if s.Line != nil {
		note = s.Line.CarryReason
	}
	sum("closing", s.To, "", note, s.Closing)
	w.Flush()
	return buf.Bytes(), w.Error()
}

func id(prefix string, n int64) string {
	if n == 0 {
		return ""
	}
	return prefix + strconv.FormatInt(n, 10)
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}
