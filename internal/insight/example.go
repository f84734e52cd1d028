package insight

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"tributary/internal/domain/commission"
	"tributary/internal/domain/money"
	"tributary/internal/domain/terms"
)

// Example is one thing that could happen under terms, and what it earns.
type Example struct {
	ComponentID string `json:"component_id"`
	Type        string `json:"type"`
	When        string `json:"when" example:"An order of 100.00 USD, without tax and shipping"`
	Earns       Sum    `json:"earns"`
}

// Examples works out, by the same rules that pay, what every component of the
// terms earns for something simple. Components are looked at one by one; caps of
// the whole agreement are not in it.
func Examples(t *terms.Terms, zone *time.Location) ([]Example, error) {
	out := []Example{}
	for i := range t.Components {
		alone, err := changed(t, func(t *terms.Terms) { t.Components, t.Caps = t.Components[i:i+1], terms.Caps{} })
		if err != nil {
			return nil, err
		}
		more, err := examplesOf(alone, zone)
		if err != nil {
			return nil, err
		}
		out = append(out, more...)
	}
	return out, nil
}

// exampleOrder is an order of round size: 100 of a currency with cents.
const exampleOrder = 10_000

func examplesOf(t *terms.Terms, zone *time.Location) ([]Example, error) {
	k, c := &t.Components[0], t.Currency
	amount := func(minor int64) string { return money.Format(minor, c) + " " + string(c) }
	one := func(minor int64, format string, args ...any) []Example {
		return []Example{{ComponentID: k.ID, Type: k.Type, When: fmt.Sprintf(format, args...), Earns: sumOf(minor, c)}}
	}
	day := time.Date(2026, 1, 15, 0, 0, 0, 0, zone)
	switch k.Type {
	case terms.Clicks:
		n := int64(1000)
		if k.Goal > 0 {
			n = int64(k.Goal)
		}
		sum := commission.ClickTargets(k, c, zone, []commission.ClickDay{{Start: day, Valid: n}})[0]
		return one(sum, "%d valid clicks in a period", n), nil
	case terms.Leads, terms.Giveaway:
		pieces := make([]commission.Piece, 10)
		for i := range pieces {
			pieces[i] = commission.Piece{ID: int64(i + 1), At: day, Counts: true}
		}
		var sum int64
		for _, x := range commission.PieceTargets(k, zone, pieces) {
			sum += x
		}
		return one(sum, "10 %s in a period", map[string]string{terms.Leads: "qualified leads", terms.Giveaway: "valid entries"}[k.Type]), nil
	case terms.Engagement:
		var e commission.Engagement
		var of []string
		for i := range k.Prices {
			n := int64(1000)
			for _, g := range k.Gates {
				if g.Event == k.Prices[i].Event {
					n = max(n, int64(g.AtLeast))
				}
			}
			setEvent(&e, k.Prices[i].Event, n)
			of = append(of, fmt.Sprintf("%d %ss", n, k.Prices[i].Event))
		}
		for _, g := range k.Gates {
			if e.Of(g.Event) < int64(g.AtLeast) {
				setEvent(&e, g.Event, int64(g.AtLeast))
			}
		}
		return one(commission.EngagementTarget(k, c, e), "A post with %s", strings.Join(of, ", ")), nil
	case terms.FlatFee:
		return one(k.AmountMinor(""), "%s", map[string]string{terms.OnSigning: "When the agreement is signed", terms.EachMonth: "Every month", terms.OnDate: "On " + k.DueDate}[k.Due]), nil
	case terms.Gift:
		return one(0, "A gift that costs %s counts as cost and is owed to nobody", amount(k.AmountMinor(""))), nil
	case terms.Milestones:
		var out []Example
		for i := range k.Steps {
			s := &k.Steps[i]
			at := s.At
			if k.Metric == terms.Revenue {
				at += " " + string(c)
			}
			when := fmt.Sprintf("From %s %s on", at, k.Metric)
			if i > 0 && k.Mode == terms.Replace {
				when += ", in place of the step before"
			} else if i > 0 {
				when += ", besides the steps before"
			}
			a, err := money.Parse(s.Amount, c)
			if err != nil {
				return nil, err
			}
			out = append(out, Example{ComponentID: k.ID, Type: k.Type, When: when, Earns: sumOf(a.Minor, c)})
		}
		return out, nil
	}
	full, err := earnsOn(t, zone, false)
	if err != nil {
		return nil, err
	}
	half, err := earnsOn(t, zone, true)
	if err != nil {
		return nil, err
	}
	return append(one(full, "An order of two things for %s each, without tax and shipping", amount(exampleOrder/2)), one(half, "The same order when one of them is given back")...), nil
}

func setEvent(e *commission.Engagement, event string, n int64) {
	switch event {
	case terms.Like:
		e.Likes = n
	case terms.Comment:
		e.Comments = n
	case terms.Share:
		e.Shares = n
	case terms.Save:
		e.Saves = n
	case terms.View:
		e.Views = n
	}
}

// earnsOn is what an order of two units earns, or the same after one came back.
func earnsOn(t *terms.Terms, zone *time.Location, returned bool) (int64, error) {
	type obj = map[string]any
	unit, all := money.Format(exampleOrder/2, t.Currency), money.Format(exampleOrder, t.Currency)
	at := "2026-01-15T12:00:00Z"
	via := "EXAMPLE"
	doc := obj{
		"id": 1, "name": "#1", "created_at": at, "processed_at": at, "updated_at": at, "currency": t.Currency, "presentment_currency": t.Currency,
		"financial_status": "paid", "taxes_included": false, "total_price": all, "total_tax": money.Format(0, t.Currency),
		"discount_codes": []obj{{"code": via, "amount": money.Format(0, t.Currency), "type": "fixed_amount"}},
		"line_items":     []obj{{"id": 1, "product_id": 1, "quantity": 2, "current_quantity": 2, "price": unit, "total_discount": money.Format(0, t.Currency)}},
		"refunds":        []obj{},
	}
	if returned {
		doc["refunds"] = []obj{{"id": 1, "created_at": at, "processed_at": at,
			"refund_line_items": []obj{{"id": 1, "line_item_id": 1, "quantity": 1, "subtotal": unit, "total_tax": money.Format(0, t.Currency)}},
			"transactions":      []obj{{"id": 1, "kind": "refund", "status": "success", "amount": unit, "currency": t.Currency}}}}
	}
	b, err := json.Marshal(doc)
	if err != nil {
		return 0, err
	}
	orders, err := ReadEach([]json.RawMessage{b})
	if err != nil {
		return 0, err
	}
	open, err := changed(t, func(t *terms.Terms) { t.Components[0].Via = nil }) // whatever won it
	if err != nil {
		return 0, err
	}
	sim, err := SimulateOrders(orders, zone, Draft{Terms: open})
	if err != nil {
		return 0, err
	}
	return sim.Totals.Simulated.Minor, nil
}
