package web

import (
	"context"
	"strconv"
	"time"

	"tributary/internal/insight"
	"tributary/internal/program"
	"tributary/internal/store"
)

// liveTable is the part of the route table about live selling.
func (s *Server) liveTable() []route {
	return []route{
		{get, "/live-sessions", read, "List live sessions", reads(s.listLive)},
		{post, "/live-sessions", write, "Add a live session with its codes", writesThen(s.createLive, s.settleLive)},
		{get, "/live-sessions/{id}", read, "Get a live session", reads(s.getLive)},
		{patch, "/live-sessions/{id}", write, "Change a live session; orders still in hold are settled again", writesThen(s.changeLive, func(ctx context.Context, _ *changeLiveIn, b LiveSession) error {
			return s.resettleLive(ctx, b.ID)
		})},
		{post, "/live-sessions/{id}/cancel", write, "Cancel a live session; orders still in hold are settled again", writesThen(s.cancelLive, func(ctx context.Context, _ *IDIn, b LiveSession) error {
			return s.resettleLive(ctx, b.ID)
		})},
		{post, "/live-sessions/{id}/codes", write, "Give one more code to a live session", writesThen(s.addLiveCode, func(ctx context.Context, _ *addLiveCodeIn, b LiveSession) error {
			return s.resettleLive(ctx, b.ID)
		})},
		{get, "/live-sessions/{id}/minutes", read, "Get sales by the minute, while it runs and after", reads(s.liveMinutes)},
		{get, "/live-sessions/{id}/summary", read, "Sum a live session up", reads(s.liveSummary)},
	}
}

// LiveSession is a session of live selling.
type LiveSession struct {
	ID           string            `json:"id" example:"liv_3"`
	AgreementID  string            `json:"agreement_id" example:"agr_7"`
	Title        string            `json:"title"`
	Platform     string            `json:"platform" enum:"amazon,facebook,instagram,tiktok,twitch,youtube,other"`
	State        string            `json:"state" enum:"scheduled,live,ended,cancelled" doc:"By the time now"`
	StartsAt     time.Time         `json:"starts_at"`
	EndsAt       time.Time         `json:"ends_at"`
	GraceMinutes int               `json:"grace_minutes"`
	OrdersUntil  time.Time         `json:"orders_until" doc:"The last instant at which an order can belong to it by a click"`
	LinkID       string            `json:"link_id,omitempty" doc:"The link shown in the session"`
	Codes        []LiveSessionCode `json:"codes"`
	CancelledAt  *time.Time        `json:"cancelled_at,omitempty"`
	CreatedAt    time.Time         `json:"created_at"`
}

// LiveSessionCode is a code given out in a session.
type LiveSessionCode struct {
	ID        string     `json:"id" example:"cod_4"`
	Code      string     `json:"code"`
	ValidFrom time.Time  `json:"valid_from"`
	ValidTo   *time.Time `json:"valid_to,omitempty"`
	Follows   bool       `json:"follows" doc:"It is valid from the session's start to the end of its grace, and moves with it"`
}

// asLive shows sessions with their codes.
func asLive(ctx context.Context, tx *store.Tx, list []store.LiveSession) ([]LiveSession, error) {
	ids := make([]int64, len(list))
	for i := range list {
		ids[i] = list[i].ID
	}
	codes, err := tx.LiveCodes(ctx, ids)
	if err != nil {
		return nil, err
	}
	out := make([]LiveSession, len(list))
	for i := range list {
		s := &list[i]
		out[i] = LiveSession{ID: formatID("liv", s.ID), AgreementID: formatID("agr", s.AgreementID), Title: s.Title, Platform: s.Platform, State: s.State(tx.Now),
			StartsAt: s.StartsAt, EndsAt: s.EndsAt, GraceMinutes: s.GraceMinutes, OrdersUntil: s.GraceEnd(), LinkID: formatOptionalID("lnk", s.LinkID),
			Codes: []LiveSessionCode{}, CancelledAt: utcOrNil(s.CancelledAt), CreatedAt: s.CreatedAt}
		for _, c := range codes[s.ID] {
			out[i].Codes = append(out[i].Codes, LiveSessionCode{ID: formatID("cod", c.CodeID), Code: c.Code, ValidFrom: c.From, ValidTo: utcOrNil(c.To), Follows: c.Follows})
		}
	}
	return out, nil
}

func asOneLive(ctx context.Context, tx *store.Tx, s *store.LiveSession) (LiveSession, error) {
	out, err := asLive(ctx, tx, []store.LiveSession{*s})
	if err != nil {
		return LiveSession{}, err
	}
	return out[0], nil
}

// LiveSessionChange is what may be said about a session; what is left out stays
// as it is.
type LiveSessionChange struct {
	Title        *string    `json:"title,omitempty"`
	Platform     *string    `json:"platform,omitempty" doc:"amazon, facebook, instagram, tiktok, twitch, youtube or other"`
	StartsAt     *time.Time `json:"starts_at,omitempty"`
	EndsAt       *time.Time `json:"ends_at,omitempty" doc:"Within 24 hours of the start"`
	GraceMinutes *int       `json:"grace_minutes,omitempty" doc:"How long after the end an order still counts; 30 unless it says otherwise"`
	LinkID       *string    `json:"link_id,omitempty" doc:"A link of the agreement; empty: none"`
}

func (b LiveSessionChange) fields() (program.LiveSessionFields, error) {
	f := program.LiveSessionFields{Title: b.Title, Platform: b.Platform, StartsAt: b.StartsAt, EndsAt: b.EndsAt, GraceMinutes: b.GraceMinutes}
	if b.LinkID != nil {
		id, err := parseOptionalID("lnk", *b.LinkID)
		if err != nil {
			return f, err
		}
		f.LinkID = &id
	}
	return f, nil
}

// LiveCodeIn is a code to give to a session.
type LiveCodeIn struct {
	Code      string     `json:"code" example:"LIVE20"`
	ValidFrom *time.Time `json:"valid_from,omitempty" doc:"Absent with valid_to: from the session's start to the end of its grace, wherever they move"`
	ValidTo   *time.Time `json:"valid_to,omitempty"`
}

type createLiveIn struct {
	Body struct {
		AgreementID string `json:"agreement_id" example:"agr_7"`
		LiveSessionChange
		Codes []LiveCodeIn `json:"codes,omitempty"`
	}
}

func (s *Server) createLive(ctx context.Context, tx *store.Tx, in *createLiveIn) (LiveSession, error) {
	agreement, err := parseID("agr", in.Body.AgreementID)
	if err != nil {
		return LiveSession{}, err
	}
	n := program.NewLiveSession{AgreementID: agreement}
	if n.LiveSessionFields, err = in.Body.fields(); err != nil {
		return LiveSession{}, err
	}
	for _, c := range in.Body.Codes {
		n.Codes = append(n.Codes, program.NewLiveCode(c))
	}
	l, err := program.AddLiveSession(ctx, tx, n)
	if err != nil {
		return LiveSession{}, err
	}
	return asOneLive(ctx, tx, l)
}

func (s *Server) settleLive(ctx context.Context, _ *createLiveIn, b LiveSession) error {
	return s.resettleLive(ctx, b.ID)
}

// resettleLive settles the orders that a session can have a say in; those whose
// hold is over keep their decision.
func (s *Server) resettleLive(ctx context.Context, formatted string) error {
	id, err := parseID("liv", formatted)
	if err != nil || s.Resettle == nil {
		return err
	}
	shop := callerFrom(ctx).ShopID
	var orders []int64
	if err := s.DB.InTx(ctx, shop, func(tx *store.Tx) (err error) {
		orders, err = tx.OrdersOfLiveSession(ctx, id)
		return err
	}); err != nil {
		return err
	}
	const together = 200 // orders in one transaction
	for len(orders) > 0 {
		n := min(together, len(orders))
		if err := s.Resettle(ctx, shop, orders[:n]...); err != nil {
			return err
		}
		orders = orders[n:]
	}
	return nil
}

type changeLiveIn struct {
	IDIn
	Body LiveSessionChange
}

func (s *Server) changeLive(ctx context.Context, tx *store.Tx, in *changeLiveIn) (LiveSession, error) {
	id, err := parseID("liv", in.ID)
	if err != nil {
		return LiveSession{}, err
	}
	f, err := in.Body.fields()
	if err != nil {
		return LiveSession{}, err
	}
	l, err := program.ChangeLiveSession(ctx, tx, id, f)
	if err != nil {
		return LiveSession{}, err
	}
	return asOneLive(ctx, tx, l)
}

func (s *Server) cancelLive(ctx context.Context, tx *store.Tx, in *IDIn) (LiveSession, error) {
	id, err := parseID("liv", in.ID)
	if err != nil {
		return LiveSession{}, err
	}
	l, err := program.CancelLiveSession(ctx, tx, id)
	if err != nil {
		return LiveSession{}, err
	}
	return asOneLive(ctx, tx, l)
}

type addLiveCodeIn struct {
	IDIn
	Body LiveCodeIn
}

func (s *Server) addLiveCode(ctx context.Context, tx *store.Tx, in *addLiveCodeIn) (LiveSession, error) {
	l, err := liveOf(ctx, tx, in.ID, true)
	if err != nil {
		return LiveSession{}, err
	}
	if err := program.AddLiveCode(ctx, tx, l, program.NewLiveCode(in.Body)); err != nil {
		return LiveSession{}, err
	}
	return asOneLive(ctx, tx, l)
}

func liveOf(ctx context.Context, tx *store.Tx, formatted string, lock bool) (*store.LiveSession, error) {
	id, err := parseID("liv", formatted)
	if err != nil {
		return nil, err
	}
	return tx.LiveSession(ctx, id, lock)
}

func (s *Server) getLive(ctx context.Context, tx *store.Tx, in *IDIn) (LiveSession, error) {
	l, err := liveOf(ctx, tx, in.ID, false)
	if err != nil {
		return LiveSession{}, err
	}
	return asOneLive(ctx, tx, l)
}

type listLiveIn struct {
	PageIn
	State      string `query:"state" enum:"scheduled,live,ended,cancelled"`
	Agreement  string `query:"agreement"`
	Influencer string `query:"influencer"`
}

func (s *Server) listLive(ctx context.Context, tx *store.Tx, in *listLiveIn) (List[LiveSession], error) {
	var none List[LiveSession]
	p, err := in.page()
	if err != nil {
		return none, err
	}
	f := store.LiveFilter{State: in.State}
	if f.AgreementID, err = parseOptionalID("agr", in.Agreement); err != nil {
		return none, err
	}
	if f.InfluencerID, err = parseOptionalID("inf", in.Influencer); err != nil {
		return none, err
	}
	rows, next, err := tx.LiveSessions(ctx, f, p)
	if err != nil {
		return none, err
	}
	shown, err := asLive(ctx, tx, rows)
	if err != nil {
		return none, err
	}
	return listOf(shown, next, func(l *LiveSession) LiveSession { return *l }), nil
}

// LiveMinutes is what a session sold, minute by minute.
type LiveMinutes struct {
	State   string       `json:"state" enum:"scheduled,live,ended,cancelled"`
	AsOf    time.Time    `json:"as_of"`
	Orders  int64        `json:"orders"`
	Gross   Money        `json:"gross"`
	Net     Money        `json:"net" doc:"After refunds, edits and cancellations"`
	Minutes []LiveMinute `json:"minutes" doc:"Ascending; minutes without an order are left out"`
}

// LiveMinute is one minute. Revenue is goods after discounts, without tax.
type LiveMinute struct {
	At     time.Time `json:"at" doc:"Start of the minute in which the orders were placed"`
	Orders int64     `json:"orders"`
	Gross  Money     `json:"gross"`
	Net    Money     `json:"net"`
}

func (s *Server) liveMinutes(ctx context.Context, tx *store.Tx, in *IDIn) (LiveMinutes, error) {
	l, err := liveOf(ctx, tx, in.ID, false)
	if err != nil {
		return LiveMinutes{}, err
	}
	shop, err := tx.Shop(ctx)
	if err != nil {
		return LiveMinutes{}, err
	}
	rows, err := tx.LiveMinutes(ctx, l.ID)
	if err != nil {
		return LiveMinutes{}, err
	}
	out := LiveMinutes{State: l.State(tx.Now), AsOf: tx.Now, Minutes: make([]LiveMinute, 0, len(rows))}
	var gross, net int64
	for _, m := range rows {
		out.Orders, gross, net = out.Orders+m.Orders, gross+m.Gross, net+m.Net
		out.Minutes = append(out.Minutes, asLiveMinute(&m, shop.Currency))
	}
	out.Gross, out.Net = asMoney(gross, shop.Currency), asMoney(net, shop.Currency)
	return out, nil
}

func asLiveMinute(m *store.LiveMinute, currency string) LiveMinute {
	return LiveMinute{At: m.At, Orders: m.Orders, Gross: asMoney(m.Gross, currency), Net: asMoney(m.Net, currency)}
}

// LiveSummary is what a session sold in all.
type LiveSummary struct {
	State      string        `json:"state" enum:"scheduled,live,ended,cancelled"`
	Orders     int64         `json:"orders" doc:"Paid and not cancelled"`
	Cancelled  int64         `json:"cancelled" doc:"Cancelled, or not paid"`
	Gross      Money         `json:"gross"`
	Net        Money         `json:"net"`
	Commission []Money       `json:"commission" doc:"What the influencer earns by it, per currency"`
	BestMinute *LiveMinute   `json:"best_minute,omitempty" doc:"The minute with the highest net revenue"`
	Products   []LiveProduct `json:"products" doc:"The highest net revenue first"`
}

// LiveProduct is one product's part of a session's sales.
type LiveProduct struct {
	ProductID string `json:"product_id,omitempty"`
	SKU       string `json:"sku,omitempty"`
	Units     int64  `json:"units" doc:"Not given back"`
	Gross     Money  `json:"gross"`
	Net       Money  `json:"net"`
}

func (s *Server) liveSummary(ctx context.Context, tx *store.Tx, in *IDIn) (LiveSummary, error) {
	l, err := liveOf(ctx, tx, in.ID, false)
	if err != nil {
		return LiveSummary{}, err
	}
	shop, err := tx.Shop(ctx)
	if err != nil {
		return LiveSummary{}, err
	}
	sum, err := insight.Live(ctx, tx, l.ID)
	if err != nil {
		return LiveSummary{}, err
	}
	out := LiveSummary{State: l.State(tx.Now), Orders: sum.Orders, Cancelled: sum.Cancelled, Gross: asMoney(sum.Gross, shop.Currency), Net: asMoney(sum.Net, shop.Currency),
		Commission: []Money{}, Products: []LiveProduct{}}
	for _, c := range sum.Commission {
		out.Commission = append(out.Commission, asMoney(c.Minor, c.Currency))
	}
	if sum.Best != nil {
		m := asLiveMinute(sum.Best, shop.Currency)
		out.BestMinute = &m
	}
	for _, p := range sum.Products {
		out.Products = append(out.Products, LiveProduct{ProductID: storeNumber(p.ProductID), SKU: p.SKU, Units: p.Units,
			Gross: asMoney(p.Gross, shop.Currency), Net: asMoney(p.Net, shop.Currency)})
	}
	return out, nil
}

// storeNumber is a number of the store as text; 0 is none.
func storeNumber(n int64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatInt(n, 10)
}
