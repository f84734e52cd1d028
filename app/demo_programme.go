package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"tributary/internal/program"
	"tributary/internal/sandbox"
	"tributary/internal/store"
)

// deal is one influencer of the demo with the terms that were agreed.
type deal struct {
	handle string
	way    string // in words, for the summary
	// components of the terms, and what else stands in them.
	components []string
	more       map[string]any
	// plainBps is the rate of a deal that is a percentage of everything and
	// nothing else: the stores can reckon those by themselves.
	plainBps int64
	// offBps is what the influencer's code takes off.
	offBps int64
}

func (d deal) code() string { return fmt.Sprintf("%s%d", strings.ToUpper(d.handle), d.offBps/100) }
func (d deal) slug() string { return d.handle }

// The deals of the two stores: every component and convention that can be
// settled is in one of them.
var (
	shopifyDeals = []deal{
		{handle: "anna", way: "10 % of sales", plainBps: 1000, offBps: 1000, components: []string{`{"id":"base","type":"percentage","rate_bps":1000}`}},
		{handle: "ben", way: "12 %, nothing on returning buyers", offBps: 1500, components: []string{
			`{"id":"base","type":"percentage","rate_bps":1200,"rules":[{"id":"returning","customer":"returning","rate_bps":0}]}`}},
		{handle: "cara", way: "$5.00 an order", offBps: 1000, components: []string{`{"id":"fee","type":"flat_order","amount":"5.00"}`}},
		{handle: "dan", way: "$1.50 an item", offBps: 500, components: []string{`{"id":"item","type":"flat_item","amount":"1.50"}`}},
		{handle: "eva", way: "30 % of net sales", offBps: 1000, components: []string{`{"id":"share","type":"revenue_share","of":"net_sales","rate_bps":3000}`}},
		{handle: "finn", way: "rate tiers, split at the boundary", offBps: 1000, components: []string{
			`{"id":"tiers","type":"rate_tiers","convention":"split_at_boundary","basis":"revenue","on_refund":"at_original_rate","period":{"kind":"calendar_month"},
			  "bands":[{"from":"0.00","rate_bps":400},{"from":"1000.00","rate_bps":600},{"from":"3000.00","rate_bps":800}]}`}},
		{handle: "gia", way: "rate tiers, all orders at the highest rate", offBps: 1000, components: []string{
			`{"id":"tiers","type":"rate_tiers","convention":"retroactive_all","basis":"orders","on_refund":"refold","period":{"kind":"calendar_quarter"},
			  "bands":[{"from":"0","rate_bps":500},{"from":"25","rate_bps":700},{"from":"75","rate_bps":900}]}`}},
		{handle: "hugo", way: "6 % and $50 / $150 / $300 at 20 / 50 / 100 sales", offBps: 2000, components: []string{
			`{"id":"base","type":"percentage","rate_bps":600}`,
			`{"id":"goal","type":"milestones","mode":"replace","metric":"orders","count_basis":"locked","clawback":"until_paid",
			  "steps":[{"at":"20","amount":"50.00"},{"at":"50","amount":"150.00"},{"at":"100","amount":"300.00"}]}`}},
	}
	wooDeals = []deal{
		{handle: "ida", way: "8 % of sales", plainBps: 800, offBps: 1000, components: []string{`{"id":"base","type":"percentage","rate_bps":800}`}},
		{handle: "jon", way: "15 % of first orders, 5 % later", offBps: 1000, components: []string{
			`{"id":"base","type":"percentage","rate_bps":1500,"rules":[{"id":"returning","customer":"returning","rate_bps":500}]}`}},
		{handle: "kim", way: "$40 at 10 and $100 more at 30 sales", offBps: 1500, components: []string{
			`{"id":"goal","type":"milestones","mode":"additive","metric":"orders","count_basis":"locked","clawback":"always",
			  "steps":[{"at":"10","amount":"40.00"},{"at":"30","amount":"100.00"}]}`}},
		{handle: "leo", way: "20 % up to $400 a month", offBps: 1000,
			components: []string{`{"id":"base","type":"percentage","rate_bps":2000}`},
			more:       map[string]any{"caps": map[string]any{"per_period": "400.00"}, "attribution": map[string]any{"binding": map[string]any{"months": 6, "rebind_on_touch": false, "terms": "first_order"}}}},
	}
)

// influencers is what the store must know of the deals.
func influencers(deals []deal) []sandbox.Influencer {
	out := make([]sandbox.Influencer, len(deals))
	for i, d := range deals {
		out[i] = sandbox.Influencer{Slug: d.slug(), UTMID: d.slug(), Codes: []sandbox.Code{{Text: d.code(), PercentBps: d.offBps}}}
	}
	return out
}

// plainRate is the rate of a plain percentage deal, 0 for every other.
func plainRate(deals []deal) func(slug string) int64 {
	return func(slug string) int64 {
		for _, d := range deals {
			if d.slug() == slug {
				return d.plainBps
			}
		}
		return 0
	}
}

// document is the deal's terms as JSON.
func (d deal) document(currency string) ([]byte, error) {
	doc := map[string]any{
		"version": 1, "currency": currency, "threshold": "25.00", "hold": map[string]any{"days": 14, "from": "paid_at"},
	}
	parts := make([]json.RawMessage, len(d.components))
	for i, c := range d.components {
		parts[i] = json.RawMessage(c)
	}
	doc["components"] = parts
	for k, v := range d.more {
		doc[k] = v
	}
	return json.Marshal(doc)
}

// agree adds the influencers with signed agreements, codes and links.
func (sys *system) agree(ctx context.Context, shopID int64, storeURL, currency string, deals []deal) error {
	return sys.DB.InTx(ctx, shopID, func(tx *store.Tx) error {
		name := "Autumn launch"
		campaign, err := program.AddCampaign(ctx, tx, program.CampaignFields{Name: &name})
		if err != nil {
			return err
		}
		for _, d := range deals {
			if err := sys.agreeOne(ctx, tx, campaign.ID, storeURL, currency, d); err != nil {
				return fmt.Errorf("agreement with %s: %w", d.handle, err)
			}
		}
		return nil
	})
}

func (sys *system) agreeOne(ctx context.Context, tx *store.Tx, campaignID int64, storeURL, currency string, d deal) error {
	email, name, method, payee := d.handle+"@example.com", strings.ToUpper(d.handle[:1])+d.handle[1:], "csv", "IBAN of "+d.handle
	inf, err := program.AddInfluencer(ctx, tx, sys.Keys, program.InfluencerFields{Handle: &d.handle, Name: &name, Email: &email, PayoutMethod: &method, PayoutDetail: &payee})
	if err != nil {
		return err
	}
	doc, err := d.document(currency)
	if err != nil {
		return err
	}
	a, err := program.DraftAgreement(ctx, tx, program.NewAgreement{InfluencerID: inf.ID, CampaignID: campaignID, Terms: doc})
	if err != nil {
		return err
	}
	if err := program.Offer(ctx, tx, a.ID); err != nil {
		return err
	}
	vs, err := tx.Versions(ctx, a.ID)
	if err != nil {
		return err
	}
	for party, signer := range map[string]string{"merchant": "The demo's merchant", "influencer": name} {
		if err := program.Sign(ctx, tx, a.ID, program.NewSignature{Party: party, Signer: signer, Email: email, IP: "127.0.0.1", Method: "api", Hash: vs[0].Hash}); err != nil {
			return err
		}
	}
	if _, err := program.AddCode(ctx, tx, program.NewCode{AgreementID: a.ID, Code: d.code()}); err != nil {
		return err
	}
	_, err = program.AddLink(ctx, tx, program.NewLink{AgreementID: a.ID, Slug: d.slug(), Destination: storeURL})
	return err
}
