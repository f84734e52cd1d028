package web

import (
	"context"
	"reflect"
	"strconv"
	"time"

	"tributary/internal/domain/attribution"
	"tributary/internal/domain/order"
	"tributary/internal/errs"
	"tributary/internal/insight"
	"tributary/internal/program"
	"tributary/internal/store"
)

// OrderSummary is an order in a list.
type OrderSummary struct {
	ID           string     `json:"id" doc:"The store's own id"`
	Name         string     `json:"name" example:"#1001"`
	Payment      string     `json:"payment" enum:"unknown,pending,paid,void,not_order"`
	Total        Money      `json:"total" doc:"As sold"`
	CreatedAt    *time.Time `json:"created_at,omitempty" doc:"In the store; absent until a whole order came"`
	PaidAt       *time.Time `json:"paid_at,omitempty"`
	Outcome      string     `json:"outcome" enum:"none,attributed,denied,held"`
	InfluencerID string     `json:"influencer_id,omitempty" doc:"The first winner"`
	VersionID    string     `json:"version_id,omitempty" doc:"The agreement version it won under"`
	Via          string     `json:"via,omitempty" doc:"Kind of the winning touch"`
	FirstSeenAt  *time.Time `json:"first_seen_at,omitempty" doc:"When we first heard of it"`
}

// Order is an order with what it consists of now.
type Order struct {
	OrderSummary
	Status    string        `json:"status,omitempty" doc:"The store's own word"`
	Test      bool          `json:"test"`
	DeletedAt *time.Time    `json:"deleted_at,omitempty"`
	Codes     []OrderCode   `json:"codes"`
	Lines     []OrderLine   `json:"lines"`
	Refunds   []OrderRefund `json:"refunds" doc:"Those that stand"`
	Shipping  Money         `json:"shipping"`
	Tax       Money         `json:"tax"`
	Earnings  []Earning     `json:"earnings"`
}

// OrderCode is a discount code on an order.
type OrderCode struct {
	Code     string `json:"code"`
	Discount Money  `json:"discount" doc:"Without tax"`
}

// OrderLine is a line as sold.
type OrderLine struct {
	ID        string `json:"id"`
	ProductID string `json:"product_id,omitempty"`
	SKU       string `json:"sku,omitempty"`
	Kind      string `json:"kind" enum:"goods,gift_card,donation,tip"`
	Quantity  int64  `json:"quantity"`
	Removed   int64  `json:"removed" doc:"Units that an edit took out"`
	Net       Money  `json:"net" doc:"All units, after discounts, without tax"`
}

// OrderRefund is money given back.
type OrderRefund struct {
	ID     string     `json:"id"`
	At     *time.Time `json:"at,omitempty"`
	Amount Money      `json:"amount" doc:"All of it, tax and shipping included"`
}

var (
	payments  = map[order.Payment]string{order.PaymentUnknown: "unknown", order.PaymentPending: "pending", order.PaymentPaid: "paid", order.PaymentVoid: "void", order.PaymentNotOrder: "not_order"}
	lineKinds = map[order.LineKind]string{order.Goods: "goods", order.GiftCard: "gift_card", order.Donation: "donation", order.TipLine: "tip"}
)

func asOrderSummary(o *store.OrderRow) OrderSummary {
	return OrderSummary{ID: strconv.FormatInt(o.ID, 10), Name: o.Name, Payment: payments[order.Payment(o.Payment)], //nolint:gosec // 0 … 4
		Total: asMoney(o.Total, o.Currency), CreatedAt: utcOrNil(o.CreatedAt), PaidAt: utcOrNil(o.PaidAt), Outcome: o.Outcome,
		InfluencerID: formatOptionalID("inf", o.InfluencerID), VersionID: formatOptionalID("agv", o.VersionID), Via: o.Via, FirstSeenAt: utcOrNil(o.FirstSeenAt)}
}

func asOrder(v *insight.OrderView) Order {
	s, currency := v.State.Snapshot, v.Row.Currency
	o := Order{OrderSummary: asOrderSummary(&v.Row), Status: s.Status, Test: s.Test,
		Codes: []OrderCode{}, Lines: []OrderLine{}, Refunds: []OrderRefund{}, Earnings: []Earning{},
		Shipping: asMoney(s.Shipping, currency), Tax: asMoney(s.Tax, currency)}
	o.DeletedAt = utcOrNil(v.State.GoneSince())
	for _, c := range s.Codes {
		o.Codes = append(o.Codes, OrderCode{Code: c.Text, Discount: asMoney(c.Amount, currency)})
	}
	for _, l := range s.Lines {
		line := OrderLine{ID: strconv.FormatInt(l.ID, 10), SKU: l.SKU, Kind: lineKinds[l.Kind], Quantity: l.Quantity, Removed: l.Removed, Net: asMoney(l.Net, currency)}
		if l.ProductID != 0 {
			line.ProductID = strconv.FormatInt(l.ProductID, 10)
		}
		o.Lines = append(o.Lines, line)
	}
	for _, r := range v.State.EffectiveRefunds() {
		o.Refunds = append(o.Refunds, OrderRefund{ID: strconv.FormatInt(r.ID, 10), At: utcOrNil(r.At), Amount: asMoney(r.Amount, currency)})
	}
	for i := range v.Earnings {
		o.Earnings = append(o.Earnings, asEarning(&v.Earnings[i]))
	}
	return o
}

type listOrdersIn struct {
	PageIn
	TimesIn
	Outcome    string `query:"outcome" enum:"none,attributed,denied,held"`
	Influencer string `query:"influencer" doc:"The first winner"`
	Code       string `query:"code" maxLength:"255" doc:"The order was won by this code"`
	Via        string `query:"via" enum:"code,click,visit,live,binding,manual" doc:"Kind of the winning touch"`
	Payment    string `query:"payment" enum:"unknown,pending,paid,void,not_order"`
}

func (s *Server) listOrders(ctx context.Context, tx *store.Tx, in *listOrdersIn) (List[OrderSummary], error) {
	var none List[OrderSummary]
	p, err := in.page()
	if err != nil {
		return none, err
	}
	f := store.OrderFilter{Outcome: in.Outcome, Via: in.Via, From: in.From, To: in.To}
	if in.Code != "" {
		f.Code = order.Fold(in.Code)
	}
	if f.InfluencerID, err = parseOptionalID("inf", in.Influencer); err != nil {
		return none, err
	}
	for payment, word := range payments {
		if word == in.Payment {
			n := int16(payment)
			f.Payment = &n
		}
	}
	rows, next, err := tx.ListOrders(ctx, f, p)
	if err != nil {
		return none, err
	}
	return listOf(rows, next, asOrderSummary), nil
}

// parseOrderID reads the store's own id.
func parseOrderID(id string) (int64, error) {
	n, err := strconv.ParseInt(id, 10, 64)
	if err != nil || n < 1 {
		return 0, errs.New(errs.NotFound, "order_not_found", "The id of an order is the store's own number, such as 5123456789.")
	}
	return n, nil
}

func (s *Server) getOrder(ctx context.Context, tx *store.Tx, in *IDIn) (Order, error) {
	id, err := parseOrderID(in.ID)
	if err != nil {
		return Order{}, err
	}
	v, err := insight.Order(ctx, tx, id)
	if err != nil {
		return Order{}, err
	}
	return asOrder(v), nil
}

// Why explains who an order belongs to.
type Why struct {
	OrderID   string     `json:"order_id"`
	Outcome   string     `json:"outcome" enum:"none,attributed,denied,held"`
	Decisions []Decision `json:"decisions" doc:"All that were ever taken, the one in force last; empty when no touch was ever seen"`
}

// Decision is one decision with all the evidence it was taken on.
type Decision struct {
	Number     int32       `json:"number"`
	DecidedAt  time.Time   `json:"decided_at"`
	Outcome    string      `json:"outcome" enum:"none,attributed,denied,held"`
	Reason     string      `json:"reason,omitempty"`
	Customer   string      `json:"customer" enum:"new,returning,unknown"`
	Flags      []string    `json:"flags"`
	Winners    []Winner    `json:"winners"`
	Candidates []Candidate `json:"candidates" doc:"Every touch, with why it won or lost"`
}

// Winner is a share of an order.
type Winner struct {
	InfluencerID string   `json:"influencer_id"`
	AgreementID  string   `json:"agreement_id"`
	VersionID    string   `json:"version_id"`
	TermsHash    string   `json:"terms_hash" doc:"Of the terms it earns under"`
	ShareBps     int64    `json:"share_bps" doc:"In 1/10,000 of the order, or of its lines"`
	Lines        []string `json:"lines,omitempty" doc:"Line ids; absent: the whole order"`
	Via          string   `json:"via"`
	TouchID      string   `json:"touch_id"`
	LinkID       string   `json:"link_id,omitempty"`
	PageID       string   `json:"page_id,omitempty"`
	Variant      string   `json:"variant,omitempty"`
	Code         string   `json:"code,omitempty"`
	SessionID    string   `json:"session_id,omitempty" doc:"The live session that the order belongs to"`
}

// Candidate is a touch with the verdict on it.
type Candidate struct {
	TouchID      string    `json:"touch_id"`
	Kind         string    `json:"kind" enum:"code,click,visit,live,binding,manual"`
	InfluencerID string    `json:"influencer_id,omitempty"`
	AgreementID  string    `json:"agreement_id,omitempty"`
	VersionID    string    `json:"version_id,omitempty"`
	Code         string    `json:"code,omitempty"`
	LinkID       string    `json:"link_id,omitempty"`
	PageID       string    `json:"page_id,omitempty" doc:"Landing page they were on"`
	Variant      string    `json:"variant,omitempty" doc:"Of the page"`
	At           time.Time `json:"at"`
	TimeClaimed  bool      `json:"time_claimed" doc:"The time is not our own measurement"`
	Won          bool      `json:"won"`
	Reason       string    `json:"reason" doc:"Stable code"`
	Detail       string    `json:"detail,omitempty" doc:"A sentence for people"`
}

func asDecision(d *insight.Decision) Decision {
	out := Decision{Number: d.Number, DecidedAt: d.DecidedAt.UTC(), Outcome: string(d.Outcome), Reason: d.Reason, Customer: d.Customer,
		Flags: append([]string{}, d.Flags...), Winners: []Winner{}, Candidates: []Candidate{}}
	for _, s := range d.Shares {
		w := Winner{InfluencerID: formatID("inf", s.InfluencerID), AgreementID: formatID("agr", s.AgreementID), VersionID: formatID("agv", s.VersionID),
			TermsHash: s.TermsHash, ShareBps: int64(s.Bps), Via: string(s.Via), TouchID: s.TouchID, LinkID: formatOptionalID("lnk", s.LinkID),
			PageID: formatOptionalID("pag", s.PageID), Variant: s.Variant, Code: s.Code, SessionID: formatOptionalID("liv", s.SessionID)}
		for _, l := range s.Lines {
			w.Lines = append(w.Lines, strconv.FormatInt(l, 10))
		}
		out.Winners = append(out.Winners, w)
	}
	for _, c := range d.Candidates {
		out.Candidates = append(out.Candidates, Candidate{TouchID: c.ID, Kind: string(c.Kind), InfluencerID: formatOptionalID("inf", c.InfluencerID),
			AgreementID: formatOptionalID("agr", c.AgreementID), VersionID: formatOptionalID("agv", c.VersionID), Code: c.Code,
			LinkID: formatOptionalID("lnk", c.LinkID), PageID: formatOptionalID("pag", c.PageID), Variant: c.Variant, At: c.At.UTC(), TimeClaimed: c.TimeClaimed, Won: c.Won, Reason: c.Reason, Detail: c.Detail})
	}
	return out
}

func why(ctx context.Context, tx *store.Tx, id int64) (Why, error) {
	row, decisions, err := insight.Why(ctx, tx, id)
	if err != nil {
		return Why{}, err
	}
	out := Why{OrderID: strconv.FormatInt(id, 10), Outcome: row.Outcome, Decisions: []Decision{}}
	for i := range decisions {
		out.Decisions = append(out.Decisions, asDecision(&decisions[i]))
	}
	return out, nil
}

func (s *Server) getWhy(ctx context.Context, tx *store.Tx, in *IDIn) (Why, error) {
	id, err := parseOrderID(in.ID)
	if err != nil {
		return Why{}, err
	}
	return why(ctx, tx, id)
}

// OrderReplay is what deciding an order again came to.
type OrderReplay struct {
	Same   bool  `json:"same" doc:"The decision in force and all earnings are what they were"`
	Before Order `json:"before"`
	After  Order `json:"after"`
	Why    Why   `json:"why"`
}

// replayOrder decides and settles an order again. What it earns is the same
// afterwards, unless something about it had become known meanwhile.
func (s *Server) replayOrder(ctx context.Context, shopID int64, in *IDIn) (OrderReplay, error) {
	var out OrderReplay
	id, err := parseOrderID(in.ID)
	if err != nil {
		return out, err
	}
	var decisions [2]int
	look := func(order *Order, decisions *int) error {
		return s.DB.InTx(ctx, shopID, func(tx *store.Tx) error {
			v, err := insight.Order(ctx, tx, id)
			if err != nil {
				return err
			}
			*order = asOrder(v)
			out.Why, err = why(ctx, tx, id)
			*decisions = len(out.Why.Decisions)
			return err
		})
	}
	if err := look(&out.Before, &decisions[0]); err != nil {
		return out, err
	}
	if s.Resettle != nil {
		if err := s.Resettle(ctx, shopID, id); err != nil {
			return out, err
		}
	}
	if err := look(&out.After, &decisions[1]); err != nil {
		return out, err
	}
	out.Same = decisions[0] == decisions[1] && reflect.DeepEqual(out.Before.Earnings, out.After.Earnings)
	return out, nil
}

// Evidence is a touch that did not come in an order's payload.
type Evidence struct {
	ID          string    `json:"id" example:"evd_1"`
	OrderID     string    `json:"order_id"`
	Kind        string    `json:"kind"`
	AgreementID string    `json:"agreement_id"`
	LinkID      string    `json:"link_id,omitempty"`
	At          time.Time `json:"at"`
	Note        string    `json:"note"`
}

type addEvidenceIn struct {
	IDIn
	Body struct {
		Kind        string    `json:"kind" enum:"manual,click,visit,live" doc:"manual: a person decided, as in a dispute; it beats everything"`
		AgreementID string    `json:"agreement_id" example:"agr_7"`
		LinkID      string    `json:"link_id,omitempty" example:"lnk_5"`
		At          time.Time `json:"at" doc:"When the buyer was touched"`
		Note        string    `json:"note" doc:"Why; people read it"`
	}
}

func (s *Server) addEvidence(ctx context.Context, tx *store.Tx, in *addEvidenceIn) (Evidence, error) {
	id, err := parseOrderID(in.ID)
	if err != nil {
		return Evidence{}, err
	}
	agreement, err := parseID("agr", in.Body.AgreementID)
	if err != nil {
		return Evidence{}, err
	}
	link, err := parseOptionalID("lnk", in.Body.LinkID)
	if err != nil {
		return Evidence{}, err
	}
	n := program.NewEvidence{OrderID: id, AgreementID: agreement, LinkID: link, Kind: attribution.Kind(in.Body.Kind), At: in.Body.At, Note: in.Body.Note}
	evidence, err := program.AddEvidence(ctx, tx, n)
	if err != nil {
		return Evidence{}, err
	}
	return Evidence{ID: formatID("evd", evidence), OrderID: in.ID, Kind: in.Body.Kind, AgreementID: in.Body.AgreementID, LinkID: in.Body.LinkID,
		At: n.At.UTC(), Note: n.Note}, nil
}

// settleEvidence settles the order the evidence is about, in its own
// transaction.
func (s *Server) settleEvidence(ctx context.Context, in *addEvidenceIn, _ Evidence) error {
	id, err := parseOrderID(in.ID)
	if err != nil || s.Resettle == nil {
		return err
	}
	return s.Resettle(ctx, callerFrom(ctx).ShopID, id)
}

// settleHeld settles what is in hold of an influencer whose ban began or ended.
func (s *Server) settleHeld(ctx context.Context, in *IDIn, _ Influencer) error {
	id, err := parseID("inf", in.ID)
	if err != nil || s.Resettle == nil {
		return err
	}
	shop := callerFrom(ctx).ShopID
	var orders []int64
	if err := s.DB.InTx(ctx, shop, func(tx *store.Tx) (err error) {
		orders, err = tx.UnlockedOrders(ctx, id)
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
