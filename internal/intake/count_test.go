package intake_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"tributary/internal/domain/kpi"
	"tributary/internal/earning"
	"tributary/internal/store"
)

// counted is the sums of one dimension over August.
func (s *shop) counted(dim kpi.Dim, id int64) (m kpi.Measures) {
	s.t.Helper()
	err := s.db.InTx(context.Background(), s.id, func(tx *store.Tx) error {
		rows, err := tx.KPIs(context.Background(), store.KPIFilter{Dim: dim, ID: id, Grain: store.KPITotal,
			From: time.Date(2026, 8, 1, 0, 0, 0, 0, time.UTC), To: time.Date(2026, 9, 1, 0, 0, 0, 0, time.UTC)})
		for i := range rows {
			m.Add(&rows[i].Measures)
		}
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return m
}

// recounted proves that what is counted equals a recount.
func (s *shop) recounted() {
	s.t.Helper()
	ctx := context.Background()
	var diff []store.Difference
	err := s.db.InTx(ctx, s.id, func(tx *store.Tx) error {
		book, err := earning.NewBook(ctx, tx)
		if err != nil {
			return err
		}
		book.Dry = &diff
		return book.VerifyKPI(ctx)
	})
	if err != nil {
		s.t.Fatal(err)
	}
	for _, d := range diff {
		s.t.Errorf("%s: %s should be %s, is %s", d.Invariant, d.Subject, d.Want, d.Got)
	}
}

func (s *shop) wantCounts(dim kpi.Dim, id int64, want map[kpi.Measure]int64) {
	s.t.Helper()
	got := s.counted(dim, id)
	for m := range got {
		if got[m] != want[kpi.Measure(m)] {
			s.t.Errorf("%s of %s %d is %d, want %d", kpi.Names[m], kpi.DimNames[dim], id, got[m], want[kpi.Measure(m)])
		}
	}
}

func TestKPIsFollowSalesRefundsAndReturningCustomers(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.agreement("anna", "ANNA10", tenPercent) // influencer, campaign, agreement, code and link have the id 1
	s.clock.set(at(20, 0))
	first := sale{id: 1, at: at(2, 9), landing: "/?ref=anna-link", email: "a@example.com", updated: at(2, 9)}
	second := sale{id: 2, at: at(3, 9), code: "ANNA10", email: "b@example.com", updated: at(3, 9)}
	again := sale{id: 3, at: at(4, 9), landing: "/", email: "a@example.com", updated: at(4, 9)}
	s.deliver(hook{"orders/create", "w3", again.order(1000), at(4, 9)}) // arrives before what makes it a repeat
	s.wantCounts(kpi.Shop, 0, nil)
	s.deliver(hook{"orders/create", "w1", first.order(1000), at(2, 9)}, hook{"orders/create", "w2", second.order(1000), at(3, 9)})
	both := map[kpi.Measure]int64{kpi.Orders: 2, kpi.ClickOrders: 1, kpi.Kept: 2, kpi.KeptClicks: 1, kpi.Gross: 3800, kpi.Net: 3800, kpi.Acquired: 2, kpi.Repeats: 1, kpi.Earned: 380}
	s.wantCounts(kpi.Shop, 0, both)
	s.wantCounts(kpi.Influencer, 1, both)
	s.wantCounts(kpi.Campaign, 1, both)
	s.wantCounts(kpi.Link, 1, map[kpi.Measure]int64{kpi.Orders: 1, kpi.ClickOrders: 1, kpi.Kept: 1, kpi.KeptClicks: 1, kpi.Gross: 2000, kpi.Net: 2000, kpi.Acquired: 1, kpi.Earned: 200})
	s.wantCounts(kpi.Code, 1, map[kpi.Measure]int64{kpi.Orders: 1, kpi.Kept: 1, kpi.Gross: 1800, kpi.Net: 1800, kpi.Acquired: 1, kpi.Earned: 180})
	s.recounted()

	first.refunded = []refundOf{{id: 1, units: 2, at: at(6, 9), cents: 2000}}
	first.updated = at(6, 9)
	s.deliver(hook{"orders/updated", "w4", first.order(1000), at(6, 9)})
	s.wantCounts(kpi.Influencer, 1, map[kpi.Measure]int64{kpi.Orders: 2, kpi.ClickOrders: 1, kpi.Kept: 1, kpi.Gross: 3800, kpi.Net: 1800, kpi.Acquired: 2, kpi.Repeats: 1,
		kpi.Earned: 380, kpi.Reversed: 200})
	s.recounted()

	second.cancel, second.updated = true, at(7, 9)
	s.deliver(hook{"orders/cancelled", "w5", second.order(1000), at(7, 9)})
	s.wantCounts(kpi.Code, 1, nil)
	s.recounted()
	s.verify()
}

// Two share a customer's first order. Which of them has tiers, and so is worked
// out last, makes no difference to what the order counts for.
func TestASharedOrderCountsTheSameWhicheverShareIsFolded(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	const split = `"attribution":{"precedence":"split","split_bps":[5000,5000],"late_touch_seconds":0}`
	anna := s.agreement("anna", "ANNA10", tiers, split)
	ben := s.agreement("ben", "BEN10", tenPercent, split)
	s.clock.set(at(20, 0))
	for i, o := range []sale{
		{landing: "/?utm_id=" + s.click(anna, at(2, 8)), code: "BEN10"},
		{landing: "/?utm_id=" + s.click(ben, at(3, 8)), code: "ANNA10"},
	} {
		o.id, o.at = int64(i+1), at(2+i, 9)
		o.updated, o.email = o.at, fmt.Sprintf("buyer%d@example.com", i)
		s.deliver(hook{"orders/create", fmt.Sprint(i), o.order(1000), o.at})
	}
	for id := int64(1); id <= 2; id++ {
		if got := s.share(id); got == nil || got.Bps != 5000 {
			t.Fatalf("order %d is not shared: %+v", id, got)
		}
	}
	if got := s.counted(kpi.Shop, 0); got[kpi.Orders] != 2 || got[kpi.Acquired] != 2 {
		t.Errorf("%d orders of the shop, %d of which acquired a customer, want 2 and 2", got[kpi.Orders], got[kpi.Acquired])
	}
	if got := s.counted(kpi.Shop, 0); got[kpi.Gross] != 3600 || got[kpi.Net] != 3600 {
		t.Errorf("%d sold and %d kept of the shop, want 3600 once, not once for each share", got[kpi.Gross], got[kpi.Net])
	}
	for _, campaign := range []int64{1, 2} {
		if got := s.counted(kpi.Campaign, campaign); got[kpi.Orders] != 2 || got[kpi.Acquired] != 1 {
			t.Errorf("%d orders of campaign %d, %d of which acquired a customer, want 2 and 1", got[kpi.Orders], campaign, got[kpi.Acquired])
		}
	}
	s.recounted()
	s.verify()
}
