package web

import (
	"context"
	"encoding/json"
	"strconv"
	"time"

	"tributary/internal/domain/commission"
	"tributary/internal/domain/draw"
	"tributary/internal/domain/ledger"
	"tributary/internal/errs"
	"tributary/internal/store"
)

// Earning is what one source has earned an influencer.
type Earning struct {
	ID           string        `json:"id" example:"ern_1024"`
	Kind         string        `json:"kind" enum:"order,milestone,clicks,lead,post,entry,fee"`
	OrderID      string        `json:"order_id,omitempty" doc:"The store's own id"`
	PeriodStart  *time.Time    `json:"period_start,omitempty" doc:"Of a milestone; of a day of clicks"`
	SourceID     string        `json:"source_id,omitempty" doc:"The lead, post or giveaway entry"`
	Rule         string        `json:"rule,omitempty" doc:"The component, where it is one alone"`
	Count        int64         `json:"count,omitempty" doc:"Clicks of a day; 1 for a lead or an entry that counts"`
	InfluencerID string        `json:"influencer_id"`
	AgreementID  string        `json:"agreement_id"`
	VersionID    string        `json:"version_id"`
	TermsHash    string        `json:"terms_hash" doc:"Of the terms it is earned under"`
	Amount       Money         `json:"amount" doc:"What the ledger holds for it now"`
	State        string        `json:"state" enum:"pending,held,denied,void,unpaid,locked"`
	Reason       string        `json:"reason,omitempty"`
	OccurredAt   time.Time     `json:"occurred_at"`
	ReleaseAt    *time.Time    `json:"release_at,omitempty" doc:"End of the hold"`
	LockedAt     *time.Time    `json:"locked_at,omitempty"`
	Lines        []EarningLine `json:"lines" doc:"The parts of the amount, by order line"`
	Rules        []string      `json:"rules" doc:"Components that gave it"`
}

// EarningLine is one order line's part of an earning.
type EarningLine struct {
	LineID string `json:"line_id"`
	Amount Money  `json:"amount"`
	Rule   string `json:"rule"`
}

func asEarning(e *store.EarningRow) Earning {
	out := Earning{ID: formatID("ern", e.ID), Rule: e.Rule, InfluencerID: formatID("inf", e.InfluencerID), AgreementID: formatID("agr", e.AgreementID),
		VersionID: formatID("agv", e.VersionID), TermsHash: e.TermsHash, Amount: asMoney(e.Posted, e.Currency), State: e.State, Reason: e.Reason,
		OccurredAt: e.OccurredAt, ReleaseAt: utcOrNil(e.ReleaseAt), LockedAt: utcOrNil(e.LockedAt), Lines: []EarningLine{}, Rules: []string{}}
	out.Kind = e.Kind.String()
	if e.Kind > store.EarningMilestone {
		out.Count = e.Counted
	}
	switch e.Kind {
	case store.EarningOrder:
		out.OrderID = strconv.FormatInt(e.Source, 10)
	case store.EarningMilestone, store.EarningClicks:
		out.PeriodStart = utcOrNil(time.Unix(e.Source, 0))
	case store.EarningLead:
		out.SourceID = formatID("led", e.Source)
	case store.EarningPost:
		out.SourceID = formatID("pst", e.Source)
	case store.EarningEntry:
		out.SourceID = draw.FormatID(e.Source)
	}
	var detail struct {
		Lines []commission.LineResult `json:"lines"`
		Rules []string                `json:"rules"`
	}
	if json.Unmarshal(e.Detail, &detail) == nil { // an explanation is worth less than the answer
		for _, l := range detail.Lines {
			out.Lines = append(out.Lines, EarningLine{LineID: strconv.FormatInt(l.LineID, 10), Amount: asMoney(l.Amount, e.Currency), Rule: l.RuleID})
		}
		out.Rules = append(out.Rules, detail.Rules...)
	}
	return out
}

type listEarningsIn struct {
	PageIn
	TimesIn
	Influencer string `query:"influencer"`
	Agreement  string `query:"agreement"`
	Order      string `query:"order" doc:"The store's own id"`
	State      string `query:"state" enum:"pending,held,denied,void,unpaid,locked"`
}

func (s *Server) listEarnings(ctx context.Context, tx *store.Tx, in *listEarningsIn) (List[Earning], error) {
	var none List[Earning]
	p, err := in.page()
	if err != nil {
		return none, err
	}
	f := store.EarningFilter{State: in.State, From: in.From, To: in.To}
	if f.InfluencerID, err = parseOptionalID("inf", in.Influencer); err != nil {
		return none, err
	}
	if f.AgreementID, err = parseOptionalID("agr", in.Agreement); err != nil {
		return none, err
	}
	if in.Order != "" {
		if f.OrderID, err = parseOrderID(in.Order); err != nil {
			return none, err
		}
	}
	rows, next, err := tx.ListEarnings(ctx, f, p)
	if err != nil {
		return none, err
	}
	return listOf(rows, next, asEarning), nil
}

func (s *Server) getEarning(ctx context.Context, tx *store.Tx, in *IDIn) (Earning, error) {
	id, err := parseID("ern", in.ID)
	if err != nil {
		return Earning{}, err
	}
	e, err := tx.Earning(ctx, id)
	if err != nil {
		return Earning{}, err
	}
	return asEarning(e), nil
}

// Journal is one balanced set of postings; it never changes.
type Journal struct {
	ID           string    `json:"id" example:"jrn_2048"`
	Kind         string    `json:"kind" enum:"record,lock,adjust,payout_start,payout_paid,payout_back,write_off,award"`
	InfluencerID string    `json:"influencer_id"`
	EarningID    string    `json:"earning_id,omitempty"`
	PayoutLineID string    `json:"payout_line_id,omitempty"`
	EffectiveAt  time.Time `json:"effective_at" doc:"Decides the period"`
	OriginAt     time.Time `json:"origin_at" doc:"When it happened; earlier than effective_at if that period was closed already"`
	PostedAt     time.Time `json:"posted_at"`
	Postings     []Posting `json:"postings" doc:"Sum to zero"`
}

// Posting is one leg of a journal.
type Posting struct {
	Account string `json:"account" enum:"commission_expense,influencer_pending,influencer_payable,payout_clearing,cash,bad_debt,fx_gain_loss"`
	Debit   *Money `json:"debit,omitempty"`
	Credit  *Money `json:"credit,omitempty"`
}

var (
	journalKinds = map[ledger.Kind]string{ledger.KindRecord: "record", ledger.KindLock: "lock", ledger.KindAdjust: "adjust",
		ledger.KindPayoutStart: "payout_start", ledger.KindPayoutPaid: "payout_paid", ledger.KindPayoutBack: "payout_back", ledger.KindWriteOff: "write_off", ledger.KindAward: "award"}
	accounts = map[ledger.Account]string{ledger.CommissionExpense: "commission_expense", ledger.InfluencerPending: "influencer_pending",
		ledger.InfluencerPayable: "influencer_payable", ledger.PayoutClearing: "payout_clearing", ledger.Cash: "cash",
		ledger.BadDebt: "bad_debt", ledger.FXGainLoss: "fx_gain_loss"}
)

func asJournal(j *store.JournalRow) Journal {
	out := Journal{ID: formatID("jrn", j.ID), Kind: journalKinds[j.Kind], InfluencerID: formatID("inf", j.InfluencerID),
		EarningID: formatOptionalID("ern", j.EarningID), PayoutLineID: formatOptionalID("pln", j.PayoutID),
		EffectiveAt: j.EffectiveAt.UTC(), OriginAt: j.OriginAt.UTC(), PostedAt: j.PostedAt.UTC(), Postings: []Posting{}}
	for _, p := range j.Postings {
		shown := Posting{Account: accounts[p.Account]}
		if p.Minor >= 0 {
			m := asMoney(p.Minor, j.Currency)
			shown.Debit = &m
		} else {
			m := asMoney(-p.Minor, j.Currency)
			shown.Credit = &m
		}
		out.Postings = append(out.Postings, shown)
	}
	return out
}

type earningJournalsIn struct {
	IDIn
	PageIn
}

func (s *Server) earningJournals(ctx context.Context, tx *store.Tx, in *earningJournalsIn) (List[Journal], error) {
	var none List[Journal]
	p, err := in.page()
	if err != nil {
		return none, err
	}
	id, err := parseID("ern", in.ID)
	if err != nil {
		return none, err
	}
	if _, err := tx.Earning(ctx, id); err != nil {
		return none, err
	}
	rows, next, err := tx.ListJournals(ctx, store.JournalFilter{EarningID: id}, p)
	if err != nil {
		return none, err
	}
	return listOf(rows, next, asJournal), nil
}

type listJournalsIn struct {
	PageIn
	TimesIn
	Influencer string `query:"influencer" required:"true"`
}

func (s *Server) listJournals(ctx context.Context, tx *store.Tx, in *listJournalsIn) (List[Journal], error) {
	var none List[Journal]
	p, err := in.page()
	if err != nil {
		return none, err
	}
	id, err := parseID("inf", in.Influencer)
	if err != nil {
		return none, err
	}
	if _, err := tx.Influencer(ctx, id); err != nil {
		return none, err
	}
	rows, next, err := tx.ListJournals(ctx, store.JournalFilter{InfluencerID: id, From: in.From, To: in.To}, p)
	if err != nil {
		return none, err
	}
	return listOf(rows, next, asJournal), nil
}

// Balance is what an influencer had in one currency at an instant. Balances of
// different currencies are never added up.
type Balance struct {
	InfluencerID string `json:"influencer_id"`
	Pending      Money  `json:"pending" doc:"Earned, in its hold"`
	Payable      Money  `json:"payable" doc:"Owed; negative after refunds of what was paid"`
	Clearing     Money  `json:"clearing" doc:"In a payout that is under way"`
	Paid         Money  `json:"paid" doc:"Paid in all"`
}

// Balances is a page of balances with the instant they are of.
type Balances struct {
	At time.Time `json:"at"`
	List[Balance]
}

type balancesIn struct {
	PageIn
	At         time.Time `query:"at" doc:"RFC 3339; absent: now"`
	Influencer string    `query:"influencer"`
}

func (s *Server) balances(ctx context.Context, tx *store.Tx, in *balancesIn) (Balances, error) {
	p, err := in.page()
	if err != nil {
		return Balances{}, err
	}
	id, err := parseOptionalID("inf", in.Influencer)
	if err != nil {
		return Balances{}, err
	}
	at := in.At.UTC()
	if in.At.IsZero() {
		at = tx.Now
	}
	if at.Year() > 9999 || at.Year() < 1 {
		return Balances{}, errs.New(errs.Invalid, "invalid_request", "The request is not valid.", errs.Field{Path: "query.at", Msg: "is out of range"})
	}
	rows, next, err := tx.Balances(ctx, at, id, p)
	if err != nil {
		return Balances{}, err
	}
	return Balances{At: at, List: listOf(rows, next, func(b *store.BalanceRow) Balance {
		return Balance{InfluencerID: formatID("inf", b.InfluencerID), Pending: asMoney(b.Pending, b.Currency), Payable: asMoney(b.Payable, b.Currency),
			Clearing: asMoney(b.Clearing, b.Currency), Paid: asMoney(b.Paid, b.Currency)}
	})}, nil
}
