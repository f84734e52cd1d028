package web

import (
	"context"
	"encoding/json"
	"time"

	"tributary/internal/domain/order"
	"tributary/internal/domain/terms"
	"tributary/internal/insight"
	"tributary/internal/store"
)

type simulateIn struct {
	Body struct {
		Terms      JSON      `json:"terms" doc:"The draft, as GET /terms/schema describes it"`
		Orders     []JSON    `json:"orders,omitempty" nullable:"false" doc:"Order payloads as Shopify or WooCommerce write them, to use instead of the stored ones; each discount code then stands for an influencer"`
		Influencer string    `json:"influencer,omitempty" maxLength:"255" doc:"Only this influencer: handle, or code when orders are given"`
		Agreement  string    `json:"agreement_id,omitempty" doc:"Only this agreement; not with given orders"`
		From       time.Time `json:"from,omitzero" doc:"Only what happened from this instant on; an order when it was paid, or made where the store does not tell"`
		To         time.Time `json:"to,omitzero" doc:"Only what happened before this instant"`
		Holds      string    `json:"holds,omitempty" enum:"over,now" default:"over" doc:"Milestones: over counts everything as if its hold were over and nothing as paid, now leaves holds and payouts as they are; the terms an agreement has had from its start then give what is posted"`
		Limit      int       `json:"limit,omitempty" minimum:"1" maximum:"1000" default:"100" doc:"Most orders to list; the sums hold all of them"`
	}
}

// simulate tries a draft and writes nothing.
func (s *Server) simulate(ctx context.Context, tx *store.Tx, in *simulateIn) (insight.Simulation, error) {
	t, err := terms.Parse(in.Body.Terms)
	var given []*order.Order
	if in.Body.Orders != nil {
		docs := make([]json.RawMessage, len(in.Body.Orders))
		for i, doc := range in.Body.Orders {
			docs[i] = json.RawMessage(doc)
		}
		var oerr error
		given, oerr = insight.ReadEach(docs)
		err = insight.Problems(err, oerr)
	}
	if err != nil {
		return insight.Simulation{}, err
	}
	d := insight.Draft{Terms: t, Influencer: in.Body.Influencer, From: in.Body.From, To: in.Body.To, HoldsNow: in.Body.Holds == "now", Limit: in.Body.Limit}
	if in.Body.Agreement != "" {
		if d.AgreementID, err = parseID("agr", in.Body.Agreement); err != nil {
			return insight.Simulation{}, err
		}
	}
	var sim *insight.Simulation
	if in.Body.Orders != nil {
		shop, serr := tx.ShopForSettling(ctx)
		if serr != nil {
			return insight.Simulation{}, serr
		}
		sim, err = insight.SimulateOrders(given, shop.Zone, d)
	} else {
		sim, err = insight.Simulate(ctx, tx, d, nil)
	}
	if err != nil {
		return insight.Simulation{}, err
	}
	return *sim, nil
}

// TermsExamples is what draft terms earn for simple things.
type TermsExamples struct {
	Examples []insight.Example `json:"examples" doc:"In the order of the components"`
	Hash     string            `json:"hash" doc:"Of the draft as it would be signed"`
}

type termsExamplesIn struct {
	Body struct {
		Terms JSON `json:"terms" doc:"The draft, as GET /terms/schema describes it"`
	}
}

func (s *Server) termsExamples(ctx context.Context, tx *store.Tx, in *termsExamplesIn) (TermsExamples, error) {
	t, err := terms.Parse(in.Body.Terms)
	if err != nil {
		return TermsExamples{}, err
	}
	shop, err := tx.ShopForSettling(ctx)
	if err != nil {
		return TermsExamples{}, err
	}
	out := TermsExamples{Hash: t.Hash()}
	out.Examples, err = insight.Examples(t, shop.Zone)
	return out, err
}
