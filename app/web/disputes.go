package web

import (
	"context"
	"time"

	"tributary/internal/dispute"
	"tributary/internal/domain/money"
	"tributary/internal/errs"
	"tributary/internal/store"
)

// disputeTable is the part of the route table about disputes.
func (s *Server) disputeTable() []route {
	return []route{
		{get, "/disputes", read, "List disputes", reads(s.listDisputes)},
		{get, "/disputes/{id}", read, "Get a dispute with its evidence and what was said", reads(s.getDispute)},
		{post, "/disputes/{id}/answer", write, "Answer, and make it the influencer's turn", writes(s.answerDispute)},
		{post, "/disputes/{id}/accept", write, "Accept a dispute and award what is missing", writes(s.acceptDispute)},
		{post, "/disputes/{id}/reject", write, "Reject a dispute with the reason", writes(s.rejectDispute)},
		{get, "/settings/disputes", read, "Get the rules for disputes", reads(s.getDisputeSettings)},
		{post, "/settings/disputes", write, "Set the rules for disputes", writes(s.setDisputeSettings)},
	}
}

// portalDisputes is the part of the portal about disputes.
func (s *Server) portalDisputes() []portalRoute {
	return []portalRoute{
		{get, "/shops/{shop}/disputes", false, "List your disputes", sees(s.myDisputes)},
		{post, "/shops/{shop}/disputes", false, "Say that something was counted wrongly", does(nil, s.openDispute)},
		{get, "/shops/{shop}/disputes/{id}", false, "Get a dispute with its evidence and what was said", sees(s.getDispute)},
		{post, "/shops/{shop}/disputes/{id}/messages", false, "Add to a dispute, and make it the shop's turn", does(ownDisputeSay, s.sayDispute)},
		{post, "/shops/{shop}/disputes/{id}/withdraw", false, "Withdraw a dispute", does(ownDispute, s.withdrawDispute)},
	}
}

// Dispute is an influencer's word that something was counted wrongly.
type Dispute struct {
	ID           string           `json:"id" example:"dsp_3"`
	InfluencerID string           `json:"influencer_id" example:"inf_12"`
	Subject      string           `json:"subject" enum:"earning,missing_order,clicks,lead,payout"`
	About        string           `json:"about" doc:"Which one: an id, an order's name and day, a link and a day"`
	Claimed      Money            `json:"claimed" doc:"What is missing"`
	State        string           `json:"state" enum:"open,asked,accepted,rejected,withdrawn,lapsed" doc:"open: the shop's turn; asked: the influencer's"`
	AnswerBy     *time.Time       `json:"answer_by,omitempty" doc:"Until when whose turn it is has to answer"`
	Overdue      bool             `json:"overdue" doc:"The shop let answer_by pass"`
	Reason       string           `json:"reason,omitempty" doc:"Why it was decided so"`
	Awarded      *Money           `json:"awarded,omitempty"`
	JournalID    string           `json:"journal_id,omitempty" doc:"Of the award"`
	OpenedAt     time.Time        `json:"opened_at"`
	DecidedAt    *time.Time       `json:"decided_at,omitempty"`
	DecidedBy    string           `json:"decided_by,omitempty" doc:"Absent for one that a deadline decided"`
	Evidence     JSON             `json:"evidence,omitempty" doc:"What our records said when it was opened; of a single dispute only"`
	Messages     []DisputeMessage `json:"messages,omitempty" doc:"Of a single dispute only, ascending"`
}

// DisputeMessage is what somebody said about a dispute.
type DisputeMessage struct {
	Author string    `json:"author" enum:"influencer,merchant,deadline"`
	Text   string    `json:"text"`
	At     time.Time `json:"at"`
}

func asDispute(d *store.Dispute) Dispute {
	out := Dispute{ID: formatID("dsp", d.ID), InfluencerID: formatID("inf", d.InfluencerID), Subject: d.Subject, About: d.About, Claimed: asMoney(d.Claimed, d.Currency),
		State: d.State, AnswerBy: utcOrNil(d.AnswerBy), Overdue: d.Overdue, Reason: d.Reason, JournalID: formatOptionalID("jrn", d.JournalID), OpenedAt: d.OpenedAt,
		DecidedAt: utcOrNil(d.DecidedAt), DecidedBy: d.DecidedBy}
	if d.Awarded > 0 {
		m := asMoney(d.Awarded, d.Currency)
		out.Awarded = &m
	}
	return out
}

func wholeDispute(ctx context.Context, tx *store.Tx, d *store.Dispute) (Dispute, error) {
	out := asDispute(d)
	out.Evidence, out.Messages = JSON(d.Evidence), []DisputeMessage{}
	said, err := tx.DisputeMessages(ctx, d.ID)
	for _, m := range said {
		out.Messages = append(out.Messages, DisputeMessage{Author: m.Author, Text: m.Text, At: m.At.UTC()})
	}
	return out, err
}

// wholeDisputeOr is wholeDispute of what did not fail.
func wholeDisputeOr(ctx context.Context, tx *store.Tx, d *store.Dispute, err error) (Dispute, error) {
	if err != nil {
		return Dispute{}, err
	}
	return wholeDispute(ctx, tx, d)
}

type listDisputesIn struct {
	PageIn
	Influencer string `query:"influencer"`
	State      string `query:"state" enum:"open,asked,accepted,rejected,withdrawn,lapsed"`
	Overdue    string `query:"overdue" enum:"true,false"`
}

func (s *Server) listDisputes(ctx context.Context, tx *store.Tx, in *listDisputesIn) (List[Dispute], error) {
	var none List[Dispute]
	p, err := in.page()
	if err != nil {
		return none, err
	}
	f := store.DisputeFilter{State: in.State, Overdue: triState(in.Overdue)}
	if f.InfluencerID, err = parseOptionalID("inf", in.Influencer); err != nil {
		return none, err
	}
	rows, next, err := tx.Disputes(ctx, f, p)
	if err != nil {
		return none, err
	}
	return listOf(rows, next, asDispute), nil
}

type myDisputesIn struct {
	PageIn
	State string `query:"state" enum:"open,asked,accepted,rejected,withdrawn,lapsed"`
}

func (s *Server) myDisputes(ctx context.Context, tx *store.Tx, in *myDisputesIn) (List[Dispute], error) {
	return s.listDisputes(ctx, tx, &listDisputesIn{PageIn: in.PageIn, State: in.State})
}

func (s *Server) getDispute(ctx context.Context, tx *store.Tx, in *IDIn) (Dispute, error) {
	id, err := parseID("dsp", in.ID)
	if err != nil {
		return Dispute{}, err
	}
	d, err := tx.Dispute(ctx, id, false)
	return wholeDisputeOr(ctx, tx, d, err)
}

type answerDisputeIn struct {
	IDIn
	Body struct {
		Text string `json:"text" maxLength:"4000"`
	}
}

func (s *Server) answerDispute(ctx context.Context, tx *store.Tx, in *answerDisputeIn) (Dispute, error) {
	return sayTo(ctx, tx, in, dispute.Merchant)
}

func sayTo(ctx context.Context, tx *store.Tx, in *answerDisputeIn, author string) (Dispute, error) {
	id, err := parseID("dsp", in.ID)
	if err != nil {
		return Dispute{}, err
	}
	d, err := dispute.Say(ctx, tx, id, author, in.Body.Text)
	return wholeDisputeOr(ctx, tx, d, err)
}

type acceptDisputeIn struct {
	IDIn
	Body struct {
		Awarded *Money `json:"awarded,omitempty" doc:"Absent: what was claimed. 0 when evidence or a correction has brought it home already"`
		Reason  string `json:"reason" maxLength:"1000" doc:"The influencer reads it, on the statement too"`
		By      string `json:"by" maxLength:"200" doc:"Who decides"`
	}
}

func (s *Server) acceptDispute(ctx context.Context, tx *store.Tx, in *acceptDisputeIn) (Dispute, error) {
	id, err := parseID("dsp", in.ID)
	if err != nil {
		return Dispute{}, err
	}
	d, err := tx.Dispute(ctx, id, false)
	if err != nil {
		return Dispute{}, err
	}
	minor := d.Claimed
	if in.Body.Awarded != nil {
		m, err := parseMoney("awarded", *in.Body.Awarded)
		if err != nil {
			return Dispute{}, err
		}
		if string(m.Currency) != d.Currency {
			return Dispute{}, errs.New(errs.Invalid, "invalid_decision", "The dispute is not decided like this.", errs.Field{Path: "awarded.currency", Msg: "must be " + d.Currency})
		}
		minor = m.Minor
	}
	d, err = dispute.Accept(ctx, tx, id, minor, in.Body.Reason, in.Body.By)
	return wholeDisputeOr(ctx, tx, d, err)
}

// parseMoney reads an amount of a request.
func parseMoney(path string, m Money) (money.Amount, error) {
	currency, err := parseCurrency(path+".currency", m.Currency)
	if err != nil {
		return money.Amount{}, err
	}
	amount, err := money.Parse(m.Amount, currency)
	if err != nil {
		return money.Amount{}, errs.New(errs.Invalid, "invalid_amount", "This is not an amount.", errs.Field{Path: path + ".amount", Msg: err.Error()})
	}
	return amount, nil
}

type rejectDisputeIn struct {
	IDIn
	Body struct {
		Reason string `json:"reason" maxLength:"1000" doc:"The influencer reads it"`
		By     string `json:"by" maxLength:"200" doc:"Who decides"`
	}
}

func (s *Server) rejectDispute(ctx context.Context, tx *store.Tx, in *rejectDisputeIn) (Dispute, error) {
	id, err := parseID("dsp", in.ID)
	if err != nil {
		return Dispute{}, err
	}
	d, err := dispute.Reject(ctx, tx, id, in.Body.Reason, in.Body.By)
	return wholeDisputeOr(ctx, tx, d, err)
}

// DisputeSettings are a shop's rules for disputes.
type DisputeSettings struct {
	AnswerDays int   `json:"answer_days" minimum:"1" maximum:"90" doc:"Days of the shop's calendar that either side has to answer; 14 unless set"`
	AutoAccept Money `json:"auto_accept" doc:"A claim up to so much, in the shop's currency, stands when the shop does not answer in time; above it the dispute stays open and is overdue. 0 unless set"`
}

func (s *Server) getDisputeSettings(ctx context.Context, tx *store.Tx, _ *none) (DisputeSettings, error) {
	shop, err := tx.Shop(ctx)
	if err != nil {
		return DisputeSettings{}, err
	}
	set, err := tx.DisputeSettings(ctx)
	return DisputeSettings{AnswerDays: set.AnswerDays, AutoAccept: asMoney(set.AutoAccept, shop.Currency)}, err
}

type disputeSettingsIn struct {
	Body DisputeSettings
}

func (s *Server) setDisputeSettings(ctx context.Context, tx *store.Tx, in *disputeSettingsIn) (DisputeSettings, error) {
	shop, err := tx.Shop(ctx)
	if err != nil {
		return DisputeSettings{}, err
	}
	m, err := parseMoney("auto_accept", in.Body.AutoAccept)
	if err != nil {
		return DisputeSettings{}, err
	}
	if string(m.Currency) != shop.Currency || m.Minor < 0 {
		return DisputeSettings{}, errs.New(errs.Invalid, "invalid_settings", "The rules cannot be like this.", errs.Field{Path: "auto_accept", Msg: "must be 0 or more in " + shop.Currency})
	}
	if err := tx.SetDisputeSettings(ctx, store.DisputeSettings{AnswerDays: in.Body.AnswerDays, AutoAccept: m.Minor}); err != nil {
		return DisputeSettings{}, err
	}
	return s.getDisputeSettings(ctx, tx, nil)
}

type openDisputeIn struct {
	Body struct {
		Subject     string `json:"subject" enum:"earning,missing_order,clicks,lead,payout"`
		EarningID   string `json:"earning_id,omitempty" doc:"Of an earning"`
		AgreementID string `json:"agreement_id,omitempty" doc:"Of a missing order: under which it should earn"`
		Order       string `json:"order,omitempty" doc:"Of a missing order: its name in the store" example:"#1001"`
		Day         string `json:"day,omitempty" doc:"Of a missing order or of clicks, in the shop's calendar" example:"2026-11-25"`
		LinkID      string `json:"link_id,omitempty" doc:"Of clicks"`
		LeadID      string `json:"lead_id,omitempty" doc:"Of a lead"`
		PayoutID    string `json:"payout_id,omitempty" doc:"Of a payout" example:"pln_1024"`
		Claimed     Money  `json:"claimed" doc:"What is missing"`
		Text        string `json:"text" maxLength:"4000" doc:"What happened"`
	}
}

func (s *Server) openDispute(ctx context.Context, tx *store.Tx, m *store.Membership, in *openDisputeIn) (Dispute, error) {
	b := &in.Body
	claimed, err := parseMoney("claimed", b.Claimed)
	if err != nil {
		return Dispute{}, err
	}
	c := dispute.Claim{Subject: b.Subject, OrderName: b.Order, Day: b.Day, Minor: claimed.Minor, Currency: claimed.Currency, Text: b.Text}
	for _, x := range []struct {
		subject, prefix, text string
		id                    *int64
	}{{dispute.Earning, "ern", b.EarningID, &c.EarningID}, {dispute.MissingOrder, "agr", b.AgreementID, &c.AgreementID}, {dispute.Clicks, "lnk", b.LinkID, &c.LinkID},
		{dispute.Lead, "led", b.LeadID, &c.LeadID}, {dispute.Payout, "pln", b.PayoutID, &c.PayoutLineID}} {
		if x.subject != b.Subject {
			continue
		}
		if *x.id, err = parseID(x.prefix, x.text); err != nil {
			return Dispute{}, err
		}
	}
	d, err := dispute.Open(ctx, tx, m.InfluencerID, c)
	return wholeDisputeOr(ctx, tx, d, err)
}

func ownDispute(ctx context.Context, tx *store.Tx, in *IDIn) error {
	id, err := parseID("dsp", in.ID)
	if err == nil {
		_, err = tx.Dispute(ctx, id, false)
	}
	return err
}

func ownDisputeSay(ctx context.Context, tx *store.Tx, in *answerDisputeIn) error {
	return ownDispute(ctx, tx, &in.IDIn)
}

func (s *Server) sayDispute(ctx context.Context, tx *store.Tx, _ *store.Membership, in *answerDisputeIn) (Dispute, error) {
	return sayTo(ctx, tx, in, dispute.Influencer)
}

func (s *Server) withdrawDispute(ctx context.Context, tx *store.Tx, _ *store.Membership, in *IDIn) (Dispute, error) {
	id, err := parseID("dsp", in.ID)
	if err != nil {
		return Dispute{}, err
	}
	d, err := dispute.Withdraw(ctx, tx, id)
	return wholeDisputeOr(ctx, tx, d, err)
}
