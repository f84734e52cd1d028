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

// deal is one influencer of the crash tests, whose programme is made beside any
// server.
type deal struct {
	handle string
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
