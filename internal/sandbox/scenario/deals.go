package scenario

import (
	"encoding/json"
	"fmt"
	"strings"

	"tributary/internal/sandbox"
)

// Model is a way to pay. Each has a campaign of its own, named after it.
type Model string

// The eleven ways to pay.
const (
	Affiliate     Model = "Affiliate programme"
	RevenueShare  Model = "Revenue share"
	DiscountCodes Model = "Performance discount codes"
	PayPerSale    Model = "Pay-per-sale"
	Giveaway      Model = "Conversion giveaway"
	LandingPages  Model = "Influencer landing pages"
	Livestream    Model = "Livestream selling"
	PayPerClick   Model = "Pay-per-click"
	Engagement    Model = "Pay-per-engagement"
	Tiers         Model = "Tiered incentives"
	PayPerLead    Model = "Pay-per-lead"
)

// Models are all of them, in the order people read them.
var Models = []Model{Affiliate, RevenueShare, DiscountCodes, PayPerSale, Giveaway, LandingPages, Livestream, PayPerClick, Engagement, Tiers, PayPerLead}

// Deal is one influencer of the demo with the terms that were agreed.
type Deal struct {
	Handle string
	Model  Model
	Way    string // in words
	// Components of the terms, and what else stands in them.
	Components []string
	More       map[string]any
	// PlainBps is the rate of a deal that pays nothing for orders but a
	// percentage of them: the stores can reckon that by themselves. With Own it
	// pays for the orders only that the scenario knows to have come by the deal's
	// own way.
	PlainBps int64
	Own      bool
	OffBps   int64 // what the influencer's code takes off
	// Weight is the share of the store's ordinary trade; −1: none.
	Weight int
}

func (d *Deal) code() string { return fmt.Sprintf("%s%d", strings.ToUpper(d.Handle), d.OffBps/100) }

// liveCode is the code that is given out in live sessions.
func (d *Deal) liveCode() string { return "LIVE" + strings.ToUpper(d.Handle) }

func (d *Deal) name() string { return strings.ToUpper(d.Handle[:1]) + d.Handle[1:] }

// document is the deal's terms as JSON.
func (d *Deal) document(currency string) ([]byte, error) {
	doc := map[string]any{
		"version": 1, "currency": currency, "threshold": "25.00", "hold": map[string]any{"days": 14, "from": "paid_at"},
		"disclosure": map[string]any{"clause": "Every post says #ad where people see it.", "tags": []string{"#ad"}},
	}
	parts := make([]json.RawMessage, len(d.Components))
	for i, c := range d.Components {
		parts[i] = json.RawMessage(c)
	}
	doc["components"] = parts
	for k, v := range d.More {
		doc[k] = v
	}
	return json.Marshal(doc)
}

// Influencers is what a store must know of its deals.
func Influencers(deals []Deal) []sandbox.Influencer {
	out := make([]sandbox.Influencer, len(deals))
	for i := range deals {
		d := &deals[i]
		out[i] = sandbox.Influencer{Slug: d.Handle, UTMID: d.Handle, Weight: d.Weight, Codes: []sandbox.Code{{Text: d.code(), PercentBps: d.OffBps}}}
		if d.Model == Livestream {
			out[i].Codes = append(out[i].Codes, sandbox.Code{Text: d.liveCode(), PercentBps: 2000, Own: true})
		}
	}
	return out
}

// Shopify and WooCommerce are the deals of the two stores: every component and
// convention that can be settled is in one of them.
var (
	Shopify = []Deal{
		{Handle: "anna", Model: Affiliate, Way: "10 % of sales", PlainBps: 1000, OffBps: 1000, Components: []string{`{"id":"base","type":"percentage","rate_bps":1000}`}},
		{Handle: "ben", Model: Affiliate, Way: "12 %, nothing on returning buyers; a product worth $60 as a gift", OffBps: 1500, Components: []string{
			`{"id":"base","type":"percentage","rate_bps":1200,"rules":[{"id":"returning","customer":"returning","rate_bps":0}]}`,
			`{"id":"seed","type":"gift","amount":"60.00","note":"The serum set"}`}},
		{Handle: "eva", Model: RevenueShare, Way: "30 % of net sales", PlainBps: 3000, OffBps: 1000, Components: []string{
			`{"id":"share","type":"revenue_share","of":"net_sales","rate_bps":3000}`}},
		{Handle: "hugo", Model: DiscountCodes, Way: "6 % by the code; $50 / $150 / $300 at 20 / 50 / 100 sales", OffBps: 2000, Weight: 2, Components: []string{
			`{"id":"base","type":"percentage","rate_bps":600,"via":["code"]}`,
			`{"id":"goal","type":"milestones","mode":"replace","metric":"orders","count_basis":"locked","clawback":"until_paid",
			  "steps":[{"at":"20","amount":"50.00"},{"at":"50","amount":"150.00"},{"at":"100","amount":"300.00"}]}`}},
		{Handle: "cara", Model: PayPerSale, Way: "$5.00 an order", OffBps: 1000, Components: []string{`{"id":"fee","type":"flat_order","amount":"5.00"}`}},
		{Handle: "dan", Model: PayPerSale, Way: "$1.50 an item", OffBps: 500, Components: []string{`{"id":"item","type":"flat_item","amount":"1.50"}`}},
		{Handle: "gwen", Model: Giveaway, Way: "$1.50 an entry, 200 at most", OffBps: 1000, Components: []string{
			`{"id":"entry","type":"giveaway","amount":"1.50","max_count":200}`}},
		{Handle: "lena", Model: LandingPages, Way: "12 % of what her page sells", PlainBps: 1200, Own: true, OffBps: 1000, Weight: -1, Components: []string{
			`{"id":"page","type":"percentage","rate_bps":1200,"via":["landing_page"]}`}},
		{Handle: "liv", Model: Livestream, Way: "15 % of what she sells live, and $150 for the evening", PlainBps: 1500, Own: true, OffBps: 1000, Weight: -1, Components: []string{
			`{"id":"live","type":"percentage","rate_bps":1500,"via":["live"]}`, `{"id":"evening","type":"flat_fee","amount":"150.00","note":"For the evening"}`}},
		{Handle: "pia", Model: PayPerClick, Way: "$0.40 a click, 1,000 at most", OffBps: 1000, Weight: -1, Components: []string{
			`{"id":"click","type":"clicks","unit_price":"0.40","max_count":1000}`}},
		{Handle: "ella", Model: Engagement, Way: "$0.05 a like and $0.10 a comment, from 500 likes on", OffBps: 1000, Weight: -1, Components: []string{
			`{"id":"post","type":"engagement","prices":[{"event":"like","unit_price":"0.05"},{"event":"comment","unit_price":"0.10"}],"gates":[{"event":"like","at_least":500}],"final_days":14}`}},
		{Handle: "finn", Model: Tiers, Way: "rate tiers, split at the boundary", OffBps: 1000, Components: []string{
			`{"id":"tiers","type":"rate_tiers","convention":"split_at_boundary","basis":"revenue","on_refund":"at_original_rate","period":{"kind":"calendar_month"},
			  "bands":[{"from":"0.00","rate_bps":400},{"from":"1000.00","rate_bps":600},{"from":"3000.00","rate_bps":800}]}`}},
		{Handle: "gia", Model: Tiers, Way: "rate tiers, all orders at the highest rate", OffBps: 1000, Components: []string{
			`{"id":"tiers","type":"rate_tiers","convention":"retroactive_all","basis":"orders","on_refund":"refold","period":{"kind":"calendar_quarter"},
			  "bands":[{"from":"0","rate_bps":500},{"from":"25","rate_bps":700},{"from":"75","rate_bps":900}]}`}},
		{Handle: "tess", Model: Tiers, Way: "$100 / $300 / $500 at 50 / 100 / 200 sales", OffBps: 1000, Weight: 2, Components: []string{
			`{"id":"levels","type":"milestones","mode":"replace","metric":"orders","count_basis":"recorded","clawback":"until_paid",
			  "steps":[{"at":"50","amount":"100.00"},{"at":"100","amount":"300.00"},{"at":"200","amount":"500.00"}]}`}},
		{Handle: "paul", Model: PayPerLead, Way: "$12 a qualified lead, and $50 for twenty", OffBps: 1000, Weight: -1, Components: []string{
			`{"id":"lead","type":"leads","amount":"12.00","vetting_days":14,"on_deadline":"reject"}`,
			`{"id":"twenty","type":"milestones","mode":"replace","metric":"leads","count_basis":"locked","clawback":"until_paid","steps":[{"at":"20","amount":"50.00"}]}`}},
	}
	WooCommerce = []Deal{
		{Handle: "ida", Model: Affiliate, Way: "8 % of sales", PlainBps: 800, OffBps: 1000, Components: []string{`{"id":"base","type":"percentage","rate_bps":800}`}},
		{Handle: "jon", Model: Affiliate, Way: "15 % of first orders, 5 % later", OffBps: 1000, Components: []string{
			`{"id":"base","type":"percentage","rate_bps":1500,"rules":[{"id":"returning","customer":"returning","rate_bps":500}]}`}},
		{Handle: "rosa", Model: RevenueShare, Way: "30 % of net sales", PlainBps: 3000, OffBps: 1000, Components: []string{
			`{"id":"share","type":"revenue_share","of":"net_sales","rate_bps":3000}`}},
		{Handle: "grok", Model: DiscountCodes, Way: "$4 each time the code is used, and $25 for each 20 in a month", OffBps: 2000, Components: []string{
			`{"id":"use","type":"flat_order","amount":"4.00","via":["code"]}`,
			`{"id":"bonus","type":"milestones","mode":"additive","metric":"orders","count_basis":"recorded","clawback":"never","period":{"kind":"calendar_month"},
			  "steps":[{"at":"10","amount":"25.00"},{"at":"20","amount":"25.00"}]}`}},
		{Handle: "leo", Model: PayPerSale, Way: "20 % up to $400 a month", OffBps: 1000,
			Components: []string{`{"id":"base","type":"percentage","rate_bps":2000}`},
			More:       map[string]any{"caps": map[string]any{"per_period": "400.00"}, "attribution": map[string]any{"binding": map[string]any{"months": 6, "rebind_on_touch": false, "terms": "first_order"}}}},
		{Handle: "gus", Model: Giveaway, Way: "$2 an entry, $120 at most", OffBps: 1000, Components: []string{
			`{"id":"entry","type":"giveaway","amount":"2.00","max_amount":"120.00"}`}},
		{Handle: "lars", Model: LandingPages, Way: "$6 for each order his page brings", OffBps: 1000, Weight: -1, Components: []string{
			`{"id":"page","type":"flat_order","amount":"6.00","via":["landing_page"]}`}},
		{Handle: "lou", Model: Livestream, Way: "10 % of what he sells live", PlainBps: 1000, Own: true, OffBps: 1000, Weight: -1, Components: []string{
			`{"id":"live","type":"percentage","rate_bps":1000,"via":["live"]}`}},
		{Handle: "pip", Model: PayPerClick, Way: "$500 for 2,000 clicks, in proportion", OffBps: 1000, Weight: -1, Components: []string{
			`{"id":"click","type":"clicks","amount":"500.00","goal":2000}`}},
		{Handle: "emil", Model: Engagement, Way: "$0.05 a like, $0.10 a comment, $0.40 a share; half beyond 10,000", OffBps: 1000, Weight: -1, Components: []string{
			`{"id":"post","type":"engagement","prices":[{"event":"like","unit_price":"0.05"},{"event":"comment","unit_price":"0.10"},{"event":"share","unit_price":"0.40"}],
			  "bands":[{"from":"0","rate_bps":10000},{"from":"10000","rate_bps":5000}],"final_days":14}`}},
		{Handle: "kim", Model: Tiers, Way: "$40 at 10 and $100 more at 30 sales", OffBps: 1500, Components: []string{
			`{"id":"goal","type":"milestones","mode":"additive","metric":"orders","count_basis":"locked","clawback":"always",
			  "steps":[{"at":"10","amount":"40.00"},{"at":"30","amount":"100.00"}]}`}},
		{Handle: "pavo", Model: PayPerLead, Way: "$25 a qualified lead, $500 a month at most", OffBps: 1000, Weight: -1, Components: []string{
			`{"id":"lead","type":"leads","amount":"25.00","vetting_days":7,"on_deadline":"reject","max_amount":"500.00","period":{"kind":"calendar_month"}}`}},
	}
)
