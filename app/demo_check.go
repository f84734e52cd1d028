package main

import (
	"context"
	"fmt"
	"time"

	"tributary/internal/domain/kpi"
	"tributary/internal/intake"
	"tributary/internal/sandbox"
	"tributary/internal/store"
)

// report is what a bounded demo prints.
type report struct {
	store.Summary
	Refunds           int64 `json:"refunds"` // that the stores know of
	LedgerBalanced    bool  `json:"ledger_balanced"`
	VerifyDifferences int   `json:"verify_differences"`
	ReplayDifferences int   `json:"replay_differences"`
	OracleDifferences int   `json:"oracle_differences"` // to the stores' own books, and to what people did
	// Simulated counts the agreements whose own terms were simulated; they must
	// give what is posted.
	Simulated             int                `json:"simulated_agreements"`
	SimulationDifferences int                `json:"simulation_differences"`
	ClickRequests         int64              `json:"click_requests"` // sent to links and pages, by people and others
	Models                []modelReport      `json:"models"`
	KPIs                  []kpiReport        `json:"kpis"`
	DuplicatesSent        int                `json:"duplicates_sent"`
	Sent                  int                `json:"deliveries_sent"`
	Retries               int                `json:"retries"`
	HeldBack              int                `json:"sent_out_of_order"`
	Currency              string             `json:"currency"`
	Seconds               float64            `json:"seconds"`
	Differences           []store.Difference `json:"differences,omitempty"`

	replayed, compared bool // what was checked beside every target
}

func (r *report) ok() bool {
	return r.LedgerBalanced && r.differences() == 0 && r.Parked == 0 && r.Waiting == 0
}

func (r *report) differences() int {
	return r.VerifyDifferences + r.ReplayDifferences + r.OracleDifferences + r.SimulationDifferences
}

// check counts everything and holds it against each other: verify, replay, and
// the stores' own reckoning of what plain percentage deals earned. With replay
// the agreements' own terms are simulated, too.
func (d *demo) check(ctx context.Context, replay bool) (*report, error) {
	r := &report{LedgerBalanced: true, Currency: "USD", replayed: replay, compared: d.fresh}
	for _, s := range d.shops {
		diff, err := d.sys.verify(ctx, s.id, nil)
		if err != nil {
			return nil, err
		}
		for _, x := range diff {
			if x.Invariant == "journals_balance" {
				r.LedgerBalanced = false
			}
		}
		r.VerifyDifferences += len(diff)
		r.Differences = append(r.Differences, diff...)
		if replay {
			again, err := intake.Replay(ctx, d.sys.DB, d.sys.OwnerURL, d.sys.Keys, d.sys.Log, s.id, nil)
			if err != nil {
				return nil, err
			}
			r.ReplayDifferences += len(again.Differences)
			r.Differences = append(r.Differences, again.Differences...)
			if err := d.simulate(ctx, s, r); err != nil {
				return nil, err
			}
		}
		if err := d.count(ctx, s, r); err != nil {
			return nil, err
		}
	}
	return r, nil
}

func (d *demo) count(ctx context.Context, s *demoShop, r *report) error {
	var sum store.Summary
	var earned map[string]map[int64]int64
	var byKind map[string]map[store.EarningKind]int64
	var models []store.CampaignSummary
	var kpis []store.KPIRow
	err := d.sys.DB.InTx(ctx, s.id, func(tx *store.Tx) (err error) {
		if sum, err = tx.Summary(ctx); err != nil {
			return err
		}
		if earned, err = tx.EarnedByOrder(ctx); err != nil {
			return err
		}
		if byKind, err = tx.EarnedByKind(ctx); err != nil {
			return err
		}
		if models, err = tx.SummaryByCampaign(ctx); err != nil {
			return err
		}
		kpis, err = tx.KPIs(ctx, store.KPIFilter{Dim: kpi.Shop, Grain: store.KPITotal, From: tx.Now.AddDate(-10, 0, 0), To: tx.Now.AddDate(0, 0, 2)})
		return err
	})
	if err != nil {
		return err
	}
	r.Orders += sum.Orders
	r.Attributed += sum.Attributed
	r.CommissionMinor += sum.CommissionMinor
	r.ReversedMinor += sum.ReversedMinor
	r.Batches += sum.Batches
	r.PaidMinor += sum.PaidMinor
	r.Deliveries += sum.Deliveries
	r.Parked += sum.Parked
	r.Waiting += sum.Waiting
	r.Rereads += sum.Rereads
	r.addModels(models)
	r.addKPIs(s, kpis)
	r.ClickRequests += s.play.Hits()
	if err := s.play.Err(); err != nil {
		return err
	}
	st := s.store.Stats()
	r.DuplicatesSent += st.Duplicates
	r.Sent += st.Attempts
	r.Retries += st.Retries
	r.HeldBack += st.HeldBack
	for _, o := range s.store.Orders(sandbox.WithLines) {
		r.Refunds += int64(o.Refunds)
		if !d.fresh {
			continue // the store has forgotten what it sold before
		}
		for handle, want := range s.play.Earned(&o) {
			if got := earned[handle][o.OrderID]; want != got {
				r.differs("ledger_equals_the_stores_books", fmt.Sprintf("%s, order %d", handle, o.OrderID), want, got)
			}
		}
	}
	if !d.fresh {
		return nil
	}
	clicks, leads, posts := s.play.Counted()
	for kind, all := range map[store.EarningKind]map[string]int64{store.EarningClicks: clicks, store.EarningLead: leads, store.EarningPost: posts} {
		for handle, want := range all {
			if got := byKind[handle][kind]; want != got {
				r.differs("ledger_equals_what_people_did", fmt.Sprintf("%s, %s", handle, kind), want, got)
			}
		}
	}
	return nil
}

func (r *report) differs(invariant, subject string, want, got int64) {
	r.OracleDifferences++
	r.Differences = append(r.Differences, store.Difference{Invariant: invariant, Subject: subject, Want: fmt.Sprint(want), Got: fmt.Sprint(got)})
}

// trickle lets people come and go while the stores trade live.
func (d *demo) trickle(ctx context.Context, every time.Duration) {
	for _, s := range d.shops {
		s.play.Trickle(ctx, every, func(err error) {
			d.sys.Log.Error("nobody follows links in this store any more", "shop", s.store.Domain(), "error", err)
		})
	}
}
