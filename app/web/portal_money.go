package web

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"tributary/internal/domain/kpi"
	"tributary/internal/domain/money"
	"tributary/internal/domain/period"
	"tributary/internal/errs"
	"tributary/internal/insight"
	"tributary/internal/paper"
	"tributary/internal/payout"
	"tributary/internal/store"
)

// portalMoney is the part of the portal about what was earned and paid.
func (s *Server) portalMoney() []portalRoute {
	return []portalRoute{
		{get, "/shops/{shop}/today", false, "Get today's clicks, sales and earnings so far", sees(s.myToday)},
		{get, "/shops/{shop}/earnings", false, "List your earnings", sees(s.listMyEarnings)},
		{get, "/shops/{shop}/earnings/{id}", false, "Get one earning with its journals", sees(s.myEarning)},
		{get, "/shops/{shop}/earnings/{id}/why", false, "Explain an order's earning: every touch, and who won", sees(s.myWhy)},
		{get, "/shops/{shop}/balances", false, "Get what you have in each currency", sees(s.myBalances)},
		{get, "/shops/{shop}/statements", false, "List the closed months", sees(s.myPeriods)},
		{get, "/shops/{shop}/statement", false, "Get a statement as JSON, CSV or PDF", hands(s.myStatement, jsonOf[Statement]("Statement"), textCSV, media{contentPDF, binary})},
		{get, "/shops/{shop}/payouts", false, "List your payouts", sees(s.myPayouts)},
	}
}

const contentPDF = "application/pdf"

// MyToday is what has happened since the shop's midnight.
type MyToday struct {
	Day    string       `json:"day" doc:"Of the shop's calendar" example:"2026-11-25"`
	Clicks int64        `json:"clicks" doc:"Valid ones"`
	Visits int64        `json:"visits" doc:"Of your landing pages"`
	Orders int64        `json:"orders"`
	Leads  int64        `json:"leads"`
	Sums   []MyTodaySum `json:"sums" doc:"One per currency"`
}

// MyTodaySum is today's money in one currency.
type MyTodaySum struct {
	Sales    Money `json:"sales" doc:"Net of refunds, what your commission is computed on"`
	Earned   Money `json:"earned"`
	Reversed Money `json:"reversed" doc:"Taken back for refunds"`
}

func (s *Server) myToday(ctx context.Context, tx *store.Tx, _ *none) (MyToday, error) {
	shop, err := tx.Shop(ctx)
	if err != nil {
		return MyToday{}, err
	}
	zone, err := time.LoadLocation(shop.TimeZone)
	if err != nil {
		return MyToday{}, err
	}
	y, m, d := tx.Now.In(zone).Date()
	day := time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	rows, err := tx.KPIs(ctx, store.KPIFilter{Dim: kpi.Influencer, ID: guestFrom(ctx).member.InfluencerID, Grain: store.KPIDay, From: day, To: day.AddDate(0, 0, 1)})
	if err != nil {
		return MyToday{}, err
	}
	out := MyToday{Day: day.Format(time.DateOnly), Sums: []MyTodaySum{}}
	for i := range rows {
		r := &rows[i]
		out.Clicks += r.Measures[kpi.Clicks]
		out.Visits += r.Measures[kpi.Visits]
		out.Orders += r.Measures[kpi.Orders]
		out.Leads += r.Measures[kpi.Leads]
		out.Sums = append(out.Sums, MyTodaySum{Sales: asMoney(r.Measures[kpi.Net], r.Currency), Earned: asMoney(r.Measures[kpi.Earned], r.Currency),
			Reversed: asMoney(r.Measures[kpi.Reversed], r.Currency)})
	}
	return out, nil
}

// MyEarning is an earning with what it means, in words.
type MyEarning struct {
	Earning
	DisputeID string `json:"dispute_id,omitempty" doc:"It is disputed: its hold does not end before the dispute is decided"`
	Explained string `json:"explained" doc:"Its state in a sentence"`
	Order     string `json:"order,omitempty" doc:"The order's name in the store" example:"#1001"`
}

func asMyEarning(e *store.EarningRow, order string, dispute int64) MyEarning {
	out := MyEarning{Earning: asEarning(e), Order: order, DisputeID: formatOptionalID("dsp", dispute)}
	switch {
	case dispute != 0 && e.LockedAt.IsZero():
		out.Explained = "It is disputed. Its hold does not end before that is decided."
	case e.State == store.EarningLocked && e.Posted == 0:
		out.Explained = "Everything was given back, so nothing is left of it."
	case e.State == store.EarningLocked:
		out.Explained = "The hold is over: it is part of your balance."
	case e.State == store.EarningPending && !e.ReleaseAt.IsZero():
		out.Explained = "In its hold, in case the goods are returned. After that it is part of your balance."
	case e.State == store.EarningPending:
		out.Explained = "It waits for its hold to begin."
	case e.State == store.EarningHeld:
		out.Explained = "Somebody must look at it first: " + words(e.Reason) + "."
	case e.State == store.EarningDenied:
		out.Explained = "It earns nothing: " + words(e.Reason) + "."
	case e.State == store.EarningUnpaid:
		out.Explained = "The shopper has not paid yet."
	case e.State == store.EarningVoid:
		out.Explained = "It does not count: " + words(e.Reason) + "."
	}
	return out
}

// words makes a code readable.
func words(code string) string {
	if code == "" {
		return "no reason was given"
	}
	return strings.ReplaceAll(code, "_", " ")
}

type myEarningsIn struct {
	PageIn
	TimesIn
	Agreement string `query:"agreement"`
	State     string `query:"state" enum:"pending,held,denied,void,unpaid,locked"`
}

func (s *Server) listMyEarnings(ctx context.Context, tx *store.Tx, in *myEarningsIn) (List[MyEarning], error) {
	var none List[MyEarning]
	p, err := in.page()
	if err != nil {
		return none, err
	}
	f := store.EarningFilter{InfluencerID: guestFrom(ctx).member.InfluencerID, State: in.State, From: in.From, To: in.To}
	if f.AgreementID, err = parseOptionalID("agr", in.Agreement); err != nil {
		return none, err
	}
	rows, next, err := tx.ListEarnings(ctx, f, p)
	if err != nil {
		return none, err
	}
	names, err := orderNames(ctx, tx, rows)
	if err != nil {
		return none, err
	}
	disputed, err := disputedOf(ctx, tx, rows)
	if err != nil {
		return none, err
	}
	return listOf(rows, next, func(e *store.EarningRow) MyEarning { return asMyEarning(e, names[e.Source], disputed[e.ID]) }), nil
}

func disputedOf(ctx context.Context, tx *store.Tx, es []store.EarningRow) (map[int64]int64, error) {
	ids := make([]int64, len(es))
	for i := range es {
		ids[i] = es[i].ID
	}
	return tx.DisputedEarnings(ctx, ids)
}

func orderNames(ctx context.Context, tx *store.Tx, es []store.EarningRow) (map[int64]string, error) {
	var ids []int64
	for _, e := range es {
		if e.Kind == store.EarningOrder {
			ids = append(ids, e.Source)
		}
	}
	names := map[int64]string{}
	if len(ids) == 0 {
		return names, nil
	}
	orders, err := tx.OrdersByID(ctx, ids)
	for i := range orders {
		names[orders[i].ID] = orders[i].Name
	}
	return names, err
}

// MyEarningWhole is an earning with every movement of money for it.
type MyEarningWhole struct {
	MyEarning
	Journals []Journal `json:"journals" doc:"The newest first"`
}

func myEarningOf(ctx context.Context, tx *store.Tx, formatted string) (*store.EarningRow, error) {
	id, err := parseID("ern", formatted)
	if err != nil {
		return nil, err
	}
	return tx.Earning(ctx, id)
}

func (s *Server) myEarning(ctx context.Context, tx *store.Tx, in *IDIn) (MyEarningWhole, error) {
	e, err := myEarningOf(ctx, tx, in.ID)
	if err != nil {
		return MyEarningWhole{}, err
	}
	names, err := orderNames(ctx, tx, []store.EarningRow{*e})
	if err != nil {
		return MyEarningWhole{}, err
	}
	disputed, err := disputedOf(ctx, tx, []store.EarningRow{*e})
	if err != nil {
		return MyEarningWhole{}, err
	}
	out := MyEarningWhole{MyEarning: asMyEarning(e, names[e.Source], disputed[e.ID]), Journals: []Journal{}}
	rows, _, err := tx.ListJournals(ctx, store.JournalFilter{EarningID: e.ID}, store.Page{})
	for i := range rows {
		out.Journals = append(out.Journals, asJournal(&rows[i]))
	}
	return out, err
}

// MyWhy explains one's share of an order.
type MyWhy struct {
	Order     string       `json:"order" example:"#1001"`
	EarningID string       `json:"earning_id"`
	Outcome   string       `json:"outcome" enum:"none,attributed,denied,held"`
	Decisions []MyDecision `json:"decisions" doc:"All that were ever taken, the one in force last"`
}

// MyDecision is one decision about an order, as one of those in it may see it.
type MyDecision struct {
	Number    int32     `json:"number"`
	DecidedAt time.Time `json:"decided_at"`
	Outcome   string    `json:"outcome"`
	Reason    string    `json:"reason,omitempty"`
	ShareBps  int64     `json:"share_bps" doc:"Yours, in 1/10,000 of the order or of its lines"`
	TermsHash string    `json:"terms_hash,omitempty" doc:"Of the signed terms that it earns under"`
	Touches   []MyTouch `json:"touches" doc:"Every touch, with why it won or lost; those of others are not named"`
}

// MyTouch is a touch with the verdict on it.
type MyTouch struct {
	Mine   bool      `json:"mine"`
	Kind   string    `json:"kind" enum:"code,click,visit,live,binding,manual"`
	Code   string    `json:"code,omitempty" doc:"Of yours only"`
	LinkID string    `json:"link_id,omitempty" doc:"Of yours only"`
	At     time.Time `json:"at"`
	Won    bool      `json:"won"`
	Reason string    `json:"reason" doc:"Stable code"`
	Detail string    `json:"detail,omitempty" doc:"A sentence; of yours only"`
}

func (s *Server) myWhy(ctx context.Context, tx *store.Tx, in *IDIn) (MyWhy, error) {
	e, err := myEarningOf(ctx, tx, in.ID)
	if err != nil {
		return MyWhy{}, err
	}
	if e.Kind != store.EarningOrder {
		return MyWhy{}, errs.New(errs.NotFound, "not_an_order", "Only the earning of an order has touches to explain. GET the earning for what it was counted from.")
	}
	row, decisions, err := insight.Why(ctx, tx, e.Source)
	if err != nil {
		return MyWhy{}, err
	}
	out := MyWhy{Order: row.Name, EarningID: in.ID, Outcome: row.Outcome, Decisions: []MyDecision{}}
	for i := range decisions {
		out.Decisions = append(out.Decisions, asMyDecision(&decisions[i], e.InfluencerID))
	}
	return out, nil
}

// asMyDecision takes out who the others are.
func asMyDecision(d *insight.Decision, me int64) MyDecision {
	out := MyDecision{Number: d.Number, DecidedAt: d.DecidedAt.UTC(), Outcome: string(d.Outcome), Reason: d.Reason, Touches: []MyTouch{}}
	for _, share := range d.Shares {
		if share.InfluencerID == me {
			out.ShareBps += int64(share.Bps)
			out.TermsHash = share.TermsHash
		}
	}
	for _, c := range d.Candidates {
		t := MyTouch{Kind: string(c.Kind), At: c.At.UTC(), Won: c.Won, Reason: c.Reason}
		if c.InfluencerID == me {
			t.Mine, t.Code, t.LinkID, t.Detail = true, c.Code, formatOptionalID("lnk", c.LinkID), c.Detail
		}
		out.Touches = append(out.Touches, t)
	}
	return out
}

// MyBalance is what one has in one currency. Currencies are never added up.
type MyBalance struct {
	Currency string `json:"currency"`
	Pending  Money  `json:"pending" doc:"Earned, in its hold"`
	Disputed Money  `json:"disputed" doc:"Of what is pending: it stays in its hold until a dispute about it is decided"`
	Payable  Money  `json:"payable" doc:"Yours; negative after refunds of what was paid"`
	Clearing Money  `json:"clearing" doc:"In a payout that is under way"`
	Paid     Money  `json:"paid" doc:"Paid in all"`
}

func (s *Server) myBalances(ctx context.Context, tx *store.Tx, _ *none) (List[MyBalance], error) {
	me := guestFrom(ctx).member.InfluencerID
	rows, _, err := tx.Balances(ctx, tx.Now, me, store.Page{})
	if err != nil {
		return List[MyBalance]{}, err
	}
	disputed, err := tx.Disputed(ctx, me)
	if err != nil {
		return List[MyBalance]{}, err
	}
	return listOf(rows, nil, func(b *store.BalanceRow) MyBalance {
		return MyBalance{Currency: b.Currency, Pending: asMoney(b.Pending, b.Currency), Disputed: asMoney(disputed[b.Currency], b.Currency), Payable: asMoney(b.Payable, b.Currency),
			Clearing: asMoney(b.Clearing, b.Currency), Paid: asMoney(b.Paid, b.Currency)}
	}), nil
}

// MyPeriod is a month that was closed with one's account in a currency.
type MyPeriod struct {
	Period string `json:"period" example:"2026-10"`
	PayoutLine
}

func (s *Server) myPeriods(ctx context.Context, tx *store.Tx, in *PageIn) (List[MyPeriod], error) {
	return s.myLines(ctx, tx, in, "")
}

func (s *Server) myPayouts(ctx context.Context, tx *store.Tx, in *myPayoutsIn) (List[MyPeriod], error) {
	return s.myLines(ctx, tx, &in.PageIn, in.State)
}

type myPayoutsIn struct {
	PageIn
	State string `query:"state" enum:"carried,draft,paying,paid,failed,in_doubt"`
}

func (s *Server) myLines(ctx context.Context, tx *store.Tx, in *PageIn, state string) (List[MyPeriod], error) {
	var none List[MyPeriod]
	p, err := in.page()
	if err != nil {
		return none, err
	}
	rows, next, err := tx.PayoutLines(ctx, store.LineFilter{InfluencerID: guestFrom(ctx).member.InfluencerID, State: state}, p)
	if err != nil {
		return none, err
	}
	periods := map[int64]string{}
	for i := range rows {
		if _, ok := periods[rows[i].BatchID]; ok {
			continue
		}
		b, err := tx.PayoutBatch(ctx, rows[i].BatchID)
		if err != nil {
			return none, err
		}
		periods[b.ID] = b.Period
	}
	return listOf(rows, next, func(l *store.PayoutLine) MyPeriod {
		return MyPeriod{Period: periods[l.BatchID], PayoutLine: asPayoutLine(l)}
	}), nil
}

type myStatementIn struct {
	Currency string `query:"currency" doc:"Default: the shop's" example:"USD"`
	Period   string `query:"period" doc:"A closed month; absent: the open period so far" example:"2026-10"`
	Format   string `query:"format" enum:"json,csv,pdf" default:"json"`
}

func (s *Server) myStatement(ctx context.Context, tx *store.Tx, in *myStatementIn) (sent, error) {
	m := guestFrom(ctx).member
	if in.Currency == "" {
		in.Currency = m.Currency
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
	st, err := payout.MakeStatement(ctx, tx, m.InfluencerID, currency, month)
	if err != nil {
		return sent{}, err
	}
	name := in.Period
	if name == "" {
		name = "open"
	}
	name = "statement-" + m.Handle + "-" + name + "-" + string(currency)
	switch in.Format {
	case "csv":
		body, err := st.CSV()
		return sent{contentType: contentCSV, name: name + ".csv", body: body}, err
	case "pdf":
		body, err := statementPaper(st, m, tx.Now).PDF()
		return sent{contentType: contentPDF, name: name + ".pdf", body: body}, err
	}
	body, err := json.Marshal(asStatement(st))
	return sent{contentType: "application/json", body: body}, err
}

// statementPaper sets a statement line by line as its CSV has it.
func statementPaper(st *payout.Statement, m *store.Membership, now time.Time) *paper.Document {
	zone, err := time.LoadLocation(m.TimeZone)
	if err != nil {
		zone = time.UTC
	}
	day := func(t time.Time) string {
		if t.IsZero() {
			return ""
		}
		return t.In(zone).Format("2006-01-02 15:04")
	}
	amount := func(minor int64) string { return money.Format(minor, st.Currency) }
	title, at := "Statement of the open period", now
	if st.Period != "" {
		title, at = "Statement of "+string(st.Period), st.To
	}
	d := &paper.Document{Title: title, At: at, Foot: fmt.Sprintf("%s · %s · %s", shopName(m), st.Influencer.Name, title)}
	d.Facts = []paper.Fact{{Name: "Shop", Value: shopName(m)}, {Name: "Influencer", Value: st.Influencer.Name + " (" + st.Influencer.Handle + ")"},
		{Name: "Currency", Value: string(st.Currency)}, {Name: "From", Value: day(st.From)}, {Name: "Until", Value: day(st.To)}, {Name: "Times", Value: m.TimeZone}}
	t := paper.Table{Head: []string{"Date", "What", "Source", "Terms", "Amount"}, Share: []float64{.18, .16, .3, .18, .18}, Right: []bool{false, false, false, false, true}}
	t.Rows = append(t.Rows, paper.Row{Cells: []string{day(st.From), "opening", "", "", amount(st.Opening)}, Total: true})
	for i := range st.Movements {
		l := &st.Movements[i]
		source := l.OrderName
		switch {
		case source != "":
		case l.Note != "":
			source = l.Note
		case l.EarningID != 0:
			source = l.EarningKind.String() + " " + formatID("ern", l.EarningID)
		case l.PayoutID != 0:
			source = formatID("pln", l.PayoutID)
		}
		t.Rows = append(t.Rows, paper.Row{Cells: []string{day(l.EffectiveAt), strings.ReplaceAll(l.KindName(), "_", " "), source, strings.Join(l.Rules, " "), amount(l.Minor)}})
	}
	if st.Payout != 0 {
		t.Rows = append(t.Rows, paper.Row{Cells: []string{day(st.To), "payout", formatID("pln", st.Line.ID), st.Line.State, amount(-st.Payout)}, Total: true})
	}
	note := ""
	if st.Line != nil && st.Line.CarryReason != "" {
		note = "carried: " + words(st.Line.CarryReason)
	}
	t.Rows = append(t.Rows, paper.Row{Cells: []string{day(st.To), "closing", note, strconv.Itoa(len(st.Movements)) + " movements", amount(st.Closing)}, Total: true})
	d.Tables = []paper.Table{t}
	return d
}

func shopName(m *store.Membership) string {
	if m.Shop != "" {
		return m.Shop
	}
	return m.Domain
}
