package main

import (
	"context"
	"fmt"

	"tributary/internal/intake"
	"tributary/internal/sandbox"
	"tributary/internal/store"
)

// report is what a bounded demo prints.
type report struct {
	store.Summary
	Refunds           int64              `json:"refunds"` // that the stores know of
	LedgerBalanced    bool               `json:"ledger_balanced"`
	VerifyDifferences int                `json:"verify_differences"`
	ReplayDifferences int                `json:"replay_differences"`
	OracleDifferences int                `json:"oracle_differences"` // plain percentage deals, against the stores' own books
	DuplicatesSent    int                `json:"duplicates_sent"`
	Sent              int                `json:"deliveries_sent"`
	Retries           int                `json:"retries"`
	HeldBack          int                `json:"sent_out_of_order"`
	Currency          string             `json:"currency"`
	Seconds           float64            `json:"seconds"`
	Differences       []store.Difference `json:"differences,omitempty"`

	replayed, compared bool // what was checked beside every target
}

func (r *report) ok() bool {
	return r.LedgerBalanced && r.VerifyDifferences+r.ReplayDifferences+r.OracleDifferences == 0 && r.Parked == 0 && r.Waiting == 0
}

// check counts everything and holds it against each other: verify, replay, and
// the stores' own reckoning of what plain percentage deals earned.
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
	err := d.sys.DB.InTx(ctx, s.id, func(tx *store.Tx) (err error) {
		if sum, err = tx.Summary(ctx); err != nil {
			return err
		}
		earned, err = tx.EarnedByOrder(ctx)
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
	st := s.store.Stats()
	r.DuplicatesSent += st.Duplicates
	r.Sent += st.Attempts
	r.Retries += st.Retries
	r.HeldBack += st.HeldBack
	rate := plainRate(s.deals)
	for _, o := range s.store.Orders(sandbox.WithLines) {
		r.Refunds += int64(o.Refunds)
		if !d.fresh {
			continue // the store has forgotten what it sold before
		}
		want := o.Commission(rate)
		for _, deal := range s.deals {
			if got := earned[deal.handle][o.OrderID]; deal.plainBps > 0 && want[deal.slug()] != got {
				r.OracleDifferences++
				r.Differences = append(r.Differences, store.Difference{Invariant: "ledger_equals_the_stores_books",
					Subject: fmt.Sprintf("%s, order %d", deal.handle, o.OrderID), Want: fmt.Sprint(want[deal.slug()]), Got: fmt.Sprint(got)})
			}
		}
	}
	return nil
}
