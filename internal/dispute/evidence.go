package dispute

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"tributary/internal/domain/attribution"
	"tributary/internal/errs"
	"tributary/internal/store"
)

// Evidence is what our records say about the subject of a dispute, read again
// when it is opened. Both sides see it; other influencers are not named in it.
type Evidence struct {
	At      time.Time            `json:"at"`
	Finding string               `json:"finding"` // in a sentence
	Orders  []OrderEvidence      `json:"orders,omitempty"`
	Earning *EarningEvidence     `json:"earning,omitempty"`
	Clicks  []store.ClickVerdict `json:"clicks,omitempty"`
	Lead    *LeadEvidence        `json:"lead,omitempty"`
	Payout  *PayoutEvidence      `json:"payout,omitempty"`
}

// OrderEvidence is an order with the decision in force, replayed from the touches
// it was taken on.
type OrderEvidence struct {
	Order   string          `json:"order"`
	Outcome string          `json:"outcome"`
	Yours   int64           `json:"your_share_bps"`
	Touches []TouchEvidence `json:"touches"`
}

// TouchEvidence is a touch with the verdict on it.
type TouchEvidence struct {
	Yours  bool      `json:"yours"`
	Kind   string    `json:"kind"`
	At     time.Time `json:"at"`
	Won    bool      `json:"won"`
	Reason string    `json:"reason"`
	Detail string    `json:"detail,omitempty"`
}

// EarningEvidence is what an earning was computed from.
type EarningEvidence struct {
	Kind    string `json:"kind"`
	State   string `json:"state"`
	Reason  string `json:"reason,omitempty"`
	Base    int64  `json:"net_base_minor"`
	Posted  int64  `json:"posted_minor"`
	Terms   string `json:"terms_hash"`
	Counted int64  `json:"counted"`
}

// LeadEvidence is a lead with the verdict on it.
type LeadEvidence struct {
	State  string `json:"state"`
	Reason string `json:"reason,omitempty"`
}

// PayoutEvidence is the account that a payout was taken from.
type PayoutEvidence struct {
	Opening  int64  `json:"opening_minor"`
	Movement int64  `json:"movement_minor"`
	Pay      int64  `json:"pay_minor"`
	State    string `json:"state"`
	Carried  string `json:"carry_reason,omitempty"`
	Error    string `json:"error,omitempty"`
}

func (e *Evidence) encode() (string, error) {
	b, err := json.Marshal(e)
	return string(b), err
}

func notYours(what string) error {
	return errs.New(errs.NotFound, what+"_not_found", "You have no such "+strings.ReplaceAll(what, "_", " ")+" in this shop.")
}

func (e *Evidence) earning(ctx context.Context, tx *store.Tx, d *store.Dispute, c Claim, w *errs.Wrong) error {
	r, err := tx.Earning(ctx, c.EarningID)
	if store.IsNotFound(err) || err == nil && r.InfluencerID != d.InfluencerID {
		return notYours("earning")
	}
	if err != nil {
		return err
	}
	w.When(r.Currency != d.Currency, "claimed.currency", "must be that of the earning, "+r.Currency)
	d.EarningID, d.CampaignID, d.About = r.ID, r.CampaignID, fmt.Sprintf("ern_%d", r.ID)
	e.Earning = &EarningEvidence{Kind: r.Kind.String(), State: r.State, Reason: r.Reason, Base: r.NetBase, Posted: r.Posted, Terms: r.TermsHash, Counted: r.Counted}
	e.Finding = "The earning is what the signed terms give for what was recorded."
	if r.Kind != store.EarningOrder {
		return nil
	}
	orders, err := tx.OrdersByID(ctx, []int64{r.Source})
	if err != nil {
		return err
	}
	return e.orders(ctx, tx, d, orders)
}

func (e *Evidence) missingOrder(ctx context.Context, tx *store.Tx, d *store.Dispute, c Claim, zone *time.Location, w *errs.Wrong) error {
	a, err := tx.Agreement(ctx, c.AgreementID)
	if store.IsNotFound(err) || err == nil && a.InfluencerID != d.InfluencerID {
		return notYours("agreement")
	}
	if err != nil {
		return err
	}
	d.CampaignID = a.CampaignID
	name := w.Text("order", c.OrderName, 1, 100)
	day, ok := dayOf(c.Day, zone)
	w.When(!ok, "day", "must be a day such as 2026-11-25")
	if name == "" || !ok {
		return nil
	}
	d.About = strings.TrimLeft(name, "#") + " " + c.Day
	from, to := day.AddDate(0, 0, -1), day.AddDate(0, 0, 2) // people's days and the shop's are not always the same
	orders, err := tx.OrdersNamed(ctx, name, from, to)
	if err != nil {
		return err
	}
	if len(orders) == 0 {
		n, err := tx.CountOrdersBetween(ctx, from, to)
		e.Finding = fmt.Sprintf("No order %s of that day or the days beside it has reached us, among %d that did.", name, n)
		return err
	}
	e.Finding = "The order is known; the touches say whose it is."
	return e.orders(ctx, tx, d, orders)
}

// orders replays the decision in force about each order.
func (e *Evidence) orders(ctx context.Context, tx *store.Tx, d *store.Dispute, orders []store.OrderRow) error {
	for i := range orders {
		o := OrderEvidence{Order: orders[i].Name, Outcome: orders[i].Outcome, Touches: []TouchEvidence{}}
		versions, err := tx.Decisions(ctx, orders[i].ID)
		if err != nil {
			return err
		}
		if n := len(versions); n > 0 {
			decision, err := attribution.Decode(versions[n-1].Bytes)
			if err != nil {
				return err
			}
			for _, s := range decision.Shares {
				if s.InfluencerID == d.InfluencerID {
					o.Yours += int64(s.Bps)
				}
			}
			for _, c := range decision.Candidates {
				t := TouchEvidence{Yours: c.InfluencerID == d.InfluencerID, Kind: string(c.Kind), At: c.At.UTC(), Won: c.Won, Reason: c.Reason}
				if t.Yours {
					t.Detail = c.Detail
				}
				o.Touches = append(o.Touches, t)
			}
		}
		e.Orders = append(e.Orders, o)
	}
	return nil
}

func (e *Evidence) clicks(ctx context.Context, tx *store.Tx, d *store.Dispute, c Claim, zone *time.Location, w *errs.Wrong) error {
	l, err := tx.Link(ctx, c.LinkID)
	if store.IsNotFound(err) {
		return notYours("link")
	}
	if err != nil {
		return err
	}
	a, err := tx.Agreement(ctx, l.AgreementID)
	if err != nil {
		return err
	}
	if a.InfluencerID != d.InfluencerID {
		return notYours("link")
	}
	day, ok := dayOf(c.Day, zone)
	w.When(!ok, "day", "must be a day such as 2026-11-25")
	if !ok {
		return nil
	}
	d.CampaignID, d.About = a.CampaignID, fmt.Sprintf("lnk_%d %s", l.ID, c.Day)
	if e.Clicks, err = tx.ClickVerdicts(ctx, l.ID, day, day.AddDate(0, 0, 1)); err != nil {
		return err
	}
	var all, valid int64
	for _, v := range e.Clicks {
		all += v.Clicks
		if v.Verdict == "" {
			valid += v.Clicks
		}
	}
	e.Finding = fmt.Sprintf("%d clicks came on that day, of which %d are valid. The others have the reason beside them.", all, valid)
	return nil
}

func (e *Evidence) lead(ctx context.Context, tx *store.Tx, d *store.Dispute, c Claim) error {
	l, err := tx.Lead(ctx, c.LeadID)
	if store.IsNotFound(err) || err == nil && l.AgreementID == 0 {
		return notYours("lead")
	}
	if err != nil {
		return err
	}
	a, err := tx.Agreement(ctx, l.AgreementID)
	if err != nil {
		return err
	}
	if a.InfluencerID != d.InfluencerID {
		return notYours("lead")
	}
	d.CampaignID, d.About = a.CampaignID, fmt.Sprintf("led_%d", l.ID)
	e.Lead = &LeadEvidence{State: l.State, Reason: l.Reason}
	e.Finding = "The lead is " + strings.ReplaceAll(l.State, "_", " ") + "."
	return nil
}

func (e *Evidence) payout(ctx context.Context, tx *store.Tx, d *store.Dispute, c Claim, w *errs.Wrong) error {
	lines, _, err := tx.PayoutLines(ctx, store.LineFilter{InfluencerID: d.InfluencerID}, store.Page{Limit: 1, After: store.Cursor{Minor: c.PayoutLineID + 1}})
	if err != nil {
		return err
	}
	if len(lines) == 0 || lines[0].ID != c.PayoutLineID {
		return notYours("payout")
	}
	l := &lines[0]
	w.When(l.Currency != d.Currency, "claimed.currency", "must be that of the payout, "+l.Currency)
	d.About = fmt.Sprintf("pln_%d", l.ID)
	e.Payout = &PayoutEvidence{Opening: l.Opening, Movement: l.Movement, Pay: l.Pay, State: l.State, Carried: l.CarryReason, Error: l.Error}
	e.Finding = "The payout is the account at the month's end; its statement has every movement."
	return nil
}

// dayOf is the start of a day of the shop's calendar.
func dayOf(s string, zone *time.Location) (time.Time, bool) {
	t, err := time.ParseInLocation(time.DateOnly, strings.TrimSpace(s), zone)
	return t, err == nil
}
