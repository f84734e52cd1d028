package web

import (
	"context"
	"encoding/json"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"tributary/internal/domain/money"
	"tributary/internal/domain/period"
	"tributary/internal/errs"
	"tributary/internal/payout"
	"tributary/internal/store"
)

// Statement is an influencer's account in one currency over one period:
// closing = opening + the sum of the movements − payout.
type Statement struct {
	InfluencerID string              `json:"influencer_id" example:"inf_12"`
	Influencer   string              `json:"influencer" doc:"Name" example:"Anna"`
	Currency     string              `json:"currency"`
	Period       string              `json:"period,omitempty" doc:"Absent: the open period so far" example:"2026-10"`
	From         *time.Time          `json:"from,omitempty" doc:"Absent: the beginning"`
	To           *time.Time          `json:"to,omitempty" doc:"Absent: not closed yet"`
	Opening      Money               `json:"opening"`
	Movements    []StatementMovement `json:"movements" doc:"Ascending by effective_at"`
	Movement     Money               `json:"movement" doc:"The sum of the movements"`
	Payout       Money               `json:"payout"`
	Closing      Money               `json:"closing"`
	Line         *PayoutLine         `json:"line,omitempty" doc:"What the close decided"`
}

// StatementMovement is one change of what is owed.
type StatementMovement struct {
	Type        string    `json:"type" enum:"earned,adjusted,payout_returned,written_off,awarded"`
	JournalID   string    `json:"journal_id" example:"jrn_2048"`
	EarningID   string    `json:"earning_id,omitempty" example:"ern_1024"`
	OrderID     string    `json:"order_id,omitempty" doc:"The store's own id"`
	OrderName   string    `json:"order_name,omitempty" example:"#1001"`
	PayoutID    string    `json:"payout_id,omitempty" doc:"The payout that came back"`
	AgreementID string    `json:"agreement_id,omitempty"`
	Rules       []string  `json:"rules" doc:"Components of the terms that gave it"`
	Note        string    `json:"note,omitempty"`
	EffectiveAt time.Time `json:"effective_at" doc:"Decides the period"`
	OccurredAt  time.Time `json:"occurred_at" doc:"Earlier than effective_at when that period was closed"`
	Amount      Money     `json:"amount"`
}

func asStatement(s *payout.Statement) Statement {
	m := func(minor int64) Money { return asMoney(minor, string(s.Currency)) }
	out := Statement{InfluencerID: formatID("inf", s.Influencer.ID), Influencer: s.Influencer.Name, Currency: string(s.Currency), Period: string(s.Period),
		From: utcOrNil(s.From), To: utcOrNil(s.To), Opening: m(s.Opening), Movement: m(s.Movement), Payout: m(s.Payout), Closing: m(s.Closing),
		Movements: make([]StatementMovement, len(s.Movements))}
	if s.Line != nil {
		l := asPayoutLine(s.Line)
		out.Line = &l
	}
	for i := range s.Movements {
		r := &s.Movements[i]
		v := StatementMovement{Type: r.KindName(), JournalID: formatID("jrn", r.JournalID), EarningID: formatOptionalID("ern", r.EarningID),
			OrderName: r.OrderName, PayoutID: formatOptionalID("pln", r.PayoutID), AgreementID: formatOptionalID("agr", r.AgreementID),
			Rules: append([]string{}, r.Rules...), Note: r.Note, EffectiveAt: r.EffectiveAt, OccurredAt: r.OriginAt, Amount: m(r.Minor)}
		if r.EarningKind == store.EarningOrder {
			v.OrderID = strconv.FormatInt(r.Source, 10)
		}
		out.Movements[i] = v
	}
	return out
}

// jsonOf describes a JSON answer that is sent as a file.
func jsonOf[T any](name string) media {
	return media{"application/json", func(r huma.Registry) *huma.Schema { return r.Schema(reflect.TypeFor[T](), true, name) }}
}

type statementIn struct {
	Influencer string `query:"influencer" required:"true"`
	Currency   string `query:"currency" doc:"Default: the shop's" example:"USD"`
	Period     string `query:"period" doc:"A closed month; absent: the open period so far" example:"2026-10"`
	Accept     string `header:"Accept" hidden:"true"`
}

func (s *Server) statement(ctx context.Context, tx *store.Tx, in *statementIn) (sent, error) {
	id, err := parseID("inf", in.Influencer)
	if err != nil {
		return sent{}, err
	}
	if in.Currency == "" {
		shop, err := tx.Shop(ctx)
		if err != nil {
			return sent{}, err
		}
		in.Currency = shop.Currency
	}
	currency, err := parseCurrency("query.currency", in.Currency)
	if err != nil {
		return sent{}, err
	}
	var month period.Month
	if in.Period != "" {
		if month, err = parsePeriod("query.period", in.Period); err != nil {
			return sent{}, err
		}
	}
	st, err := payout.MakeStatement(ctx, tx, id, currency, month)
	if err != nil {
		return sent{}, err
	}
	if strings.Contains(strings.ToLower(in.Accept), "text/csv") {
		body, err := st.CSV()
		name := in.Period
		if name == "" {
			name = "open"
		}
		return sent{contentType: contentCSV, name: "statement-" + st.Influencer.Handle + "-" + name + "-" + string(currency) + ".csv", body: body}, err
	}
	body, err := json.Marshal(asStatement(st))
	return sent{contentType: "application/json", body: body}, err
}

func parseCurrency(path, text string) (money.Currency, error) {
	c, err := money.ParseCurrency(text)
	if err != nil {
		return "", errs.New(errs.Invalid, "invalid_currency", "This is not a currency.", errs.Field{Path: path, Msg: "must be an ISO 4217 code such as USD"})
	}
	return c, nil
}

// WriteOff is a debt that was forgiven.
type WriteOff struct {
	JournalID    string    `json:"journal_id" example:"jrn_2048"`
	InfluencerID string    `json:"influencer_id"`
	Amount       Money     `json:"amount"`
	Reason       string    `json:"reason"`
	RequestedBy  string    `json:"requested_by"`
	ApprovedBy   string    `json:"approved_by"`
	CreatedAt    time.Time `json:"created_at"`
}

type writeOffIn struct {
	Body struct {
		InfluencerID string `json:"influencer_id" example:"inf_12"`
		Amount       Money  `json:"amount" doc:"How much of the debt"`
		Reason       string `json:"reason" maxLength:"500"`
		RequestedBy  string `json:"requested_by" maxLength:"200" doc:"Who asked for it; who calls approves it, and must be somebody else"`
	}
}

func (s *Server) writeOff(ctx context.Context, tx *store.Tx, in *writeOffIn) (WriteOff, error) {
	b := &in.Body
	id, err := parseID("inf", b.InfluencerID)
	if err != nil {
		return WriteOff{}, err
	}
	currency, err := parseCurrency("amount.currency", b.Amount.Currency)
	if err != nil {
		return WriteOff{}, err
	}
	amount, err := money.Parse(b.Amount.Amount, currency)
	if err != nil {
		return WriteOff{}, errs.New(errs.Invalid, "invalid_amount", "This is not an amount.", errs.Field{Path: "amount.amount", Msg: err.Error()})
	}
	w, err := payout.WriteOff(ctx, tx, payout.Forgiveness{InfluencerID: id, Currency: currency, Minor: amount.Minor, Reason: b.Reason,
		RequestedBy: b.RequestedBy, ApprovedBy: callerFrom(ctx).Actor()})
	if err != nil {
		return WriteOff{}, err
	}
	return WriteOff{JournalID: formatID("jrn", w.JournalID), InfluencerID: formatID("inf", w.InfluencerID), Amount: asMoney(w.Minor, w.Currency), Reason: w.Reason,
		RequestedBy: w.RequestedBy, ApprovedBy: w.ApprovedBy, CreatedAt: w.CreatedAt}, nil
}
