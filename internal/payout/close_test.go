package payout_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"tributary/internal/domain/ledger"
	"tributary/internal/domain/period"
	"tributary/internal/errs"
	"tributary/internal/payout"
	"tributary/internal/store"
)

// a refund after the payout is carried until sales have made up for it
// and the threshold is passed.
func TestARefundAfterPayoutIsCarriedUntilThresholdIsReached(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "2026-10-02T12:00:00Z")
	anna := w.influencer("anna", "50.00")
	september := w.earn(anna, 6000, "2026-10-03T00:00:00Z", func(e *store.EarningRow) { e.ReleaseAt = instant(t, "2026-09-30T12:00:00Z") })
	first := w.close("2026-09")
	assert.EqualValues(t, 6000, w.lines(first.Batch.ID)[anna].Pay)
	w.pay(first.Batch.ID)
	_, err := w.settle(first.Batch.ID, heading+row(w.lines(first.Batch.ID)[anna], "paid", "tr-1"))
	require.NoError(t, err)

	w.adjust(september.ID, -3000, w.clock())
	w.earn(anna, 1800, "2026-10-20T00:00:00Z")
	w.at("2026-11-02T12:00:00Z")
	w.earn(anna, 5500, "2026-11-20T00:00:00Z")
	w.at("2026-12-02T12:00:00Z")
	w.earn(anna, 2000, "2026-12-20T00:00:00Z")
	w.at("2027-01-01T05:00:00Z")

	for _, m := range []struct {
		month                  period.Month
		balance, pay, movement int64
		reason                 string
	}{
		{"2026-10", -1200, 0, -1200, payout.ReasonNegative},
		{"2026-11", 4300, 0, 5500, payout.ReasonThreshold},
		{"2026-12", 6300, 6300, 2000, ""},
	} {
		c := w.close(m.month)
		l := w.lines(c.Batch.ID)[anna]
		assert.Equal(t, m.balance, l.Opening+l.Movement, m.month)
		assert.Equal(t, m.pay, l.Pay, m.month)
		assert.Equal(t, m.movement, l.Movement, m.month)
		assert.Equal(t, m.reason, l.CarryReason, m.month)
		assert.Equal(t, -l.Closing(), w.account(ledger.InfluencerPayable, anna, c.Batch.CutAt), m.month)
	}
}

// the month ends where the shop is.
func TestASaleBelongsToTheMonthOfTheShopsOwnZone(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "2026-11-01T03:30:00Z") // 31 October 23:30 in New York
	anna := w.influencer("anna", "")
	w.earn(anna, 1000, "2026-11-01T03:30:00Z")
	w.tick(time.Hour) // 1 November 00:30
	w.earn(anna, 200, "2026-11-01T04:30:00Z")
	w.tick(time.Hour)
	c := w.close("2026-10")
	assert.EqualValues(t, 1000, w.lines(c.Batch.ID)[anna].Pay)
	assert.Equal(t, "2026-11-01T04:00:00Z", c.Batch.CutAt.Format(time.RFC3339))
	assert.True(t, c.Batch.StartsAt.IsZero())
	assert.Empty(t, w.lines(c.Batch.ID)[anna].CarryReason)
}

// what happened in a closed month is told in the open one, with its own
// date.
func TestALateEventIsPostedToTheOpenPeriodWithItsOrigin(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "2026-10-10T12:00:00Z")
	anna := w.influencer("anna", "")
	sale := w.earn(anna, 1000, "2026-10-20T00:00:00Z")
	w.at("2026-11-03T12:00:00Z")
	c := w.close("2026-10")
	w.pay(c.Batch.ID)
	refunded := instant(t, "2026-10-25T10:00:00Z")
	w.adjust(sale.ID, -400, refunded)
	late := w.earn(anna, 300, "2026-10-28T00:00:00Z")
	locked, err := w.closer.LockDue(w.ctx, w.shop, w.clock())
	require.NoError(t, err)
	assert.EqualValues(t, 1, locked.Earnings)
	assert.Equal(t, "2026-10-28T00:00:00Z", w.earning(late.ID).LockedAt.Format(time.RFC3339))

	s := w.statement(anna, "")
	require.Len(t, s.Movements, 2)
	for _, m := range s.Movements {
		assert.Equal(t, c.Batch.CutAt, m.EffectiveAt)
		assert.True(t, m.OriginAt.Before(c.Batch.CutAt))
	}
	assert.EqualValues(t, -100, s.Closing)
	closed := w.statement(anna, "2026-10")
	assert.EqualValues(t, 1000, closed.Movement, "a closed statement does not change")
	assert.Equal(t, []string{"sale"}, closed.Movements[0].Rules)
}

func TestAMonthIsClosedOnlyWhenItIsOverAndInOrder(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "2026-11-01T03:59:59Z") // 31 October in New York
	w.influencer("anna", "")
	code := func(month period.Month) string {
		_, err := w.closer.Close(w.ctx, w.shop, month, "anna", nil)
		e := errs.As(err)
		require.NotNil(t, e, "%v", err)
		assert.Equal(t, errs.Conflict, e.Kind)
		return e.Code
	}
	assert.Equal(t, "period_not_over", code("2026-10"))
	w.tick(time.Second)
	w.close("2026-10")
	w.at("2027-01-15T00:00:00Z")
	assert.Equal(t, "period_out_of_order", code("2026-12"))
	assert.Equal(t, "period_covered", code("2026-09"))
	assert.Equal(t, "period_not_over", code("2027-01"))
	w.close("2026-11")
	w.close("2026-12")
}

func TestClosingTwiceIsANoOpAlsoAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "2026-10-10T12:00:00Z")
	for _, h := range []string{"anna", "ben", "cleo"} {
		id := w.influencer(h, "")
		for range 5 {
			w.earn(id, 700, "2026-10-20T00:00:00Z")
		}
	}
	w.at("2026-11-03T12:00:00Z")
	var wg sync.WaitGroup
	batches, already := make([]int64, 8), make([]bool, 8)
	for i := range batches {
		wg.Go(func() {
			c, err := w.closer.Close(w.ctx, w.shop, "2026-10", "anna", nil)
			if assert.NoError(t, err) {
				batches[i], already[i] = c.Batch.ID, c.Already
			}
		})
	}
	wg.Wait()
	fresh := 0
	for i := range batches {
		assert.Equal(t, batches[0], batches[i])
		if !already[i] {
			fresh++
		}
	}
	assert.Equal(t, 1, fresh)
	assert.True(t, w.close("2026-10").Already)
	lines := w.lines(batches[0])
	require.Len(t, lines, 3)
	for id, l := range lines {
		assert.EqualValues(t, 3500, l.Pay)
		assert.EqualValues(t, -3500, w.account(ledger.PayoutClearing, id, time.Time{}))
		assert.Zero(t, w.account(ledger.InfluencerPayable, id, time.Time{}))
	}
}

// each reason to carry, and that the balance decides over all agreements.
func TestABalanceIsPaidWholeOrCarriedWithItsReason(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "2026-10-10T12:00:00Z")
	for _, c := range []struct {
		handle, threshold string
		minor             int64
		change            func(*store.Influencer)
		pay               int64
		reason            string
	}{
		{"at_threshold", "50.00", 5000, nil, 5000, ""},
		{"below", "50.00", 4999, nil, 0, payout.ReasonThreshold},
		{"no_terms", "", 1, nil, 1, ""},
		{"negative", "", -10, nil, 0, payout.ReasonNegative},
		{"no_method", "", 100, func(i *store.Influencer) { i.PayoutMethod = "" }, 0, payout.ReasonMethod},
		{"other_rail", "", 100, func(i *store.Influencer) { i.PayoutMethod = "pigeon" }, 0, payout.ReasonMethod},
		{"no_form", "", 100, func(i *store.Influencer) { i.TaxForm = "missing" }, 0, payout.ReasonTaxForm},
		{"banned", "", 100, func(i *store.Influencer) { at := time.Now(); i.BannedAt = &at }, 0, payout.ReasonBanned},
		{"two_agreements", "50.00", 2000, func(i *store.Influencer) {
			w.in(w.shop, func(tx *store.Tx) error { return w.sign(tx, i.ID, "20.00", "USD") })
		}, 2000, ""},
		{"other_currency", "50.00", 4000, func(i *store.Influencer) {
			w.in(w.shop, func(tx *store.Tx) error { return w.sign(tx, i.ID, "1.00", "EUR") })
		}, 0, payout.ReasonThreshold},
	} {
		id := w.influencer(c.handle, c.threshold)
		w.earn(id, c.minor, "2026-10-20T00:00:00Z")
		if c.change != nil {
			w.change(id, c.change)
		}
		t.Cleanup(func() {
			var l store.PayoutLine
			w.in(w.shop, func(tx *store.Tx) error {
				b, err := tx.PayoutBatchOf(w.ctx, "2026-10")
				if err != nil {
					return err
				}
				p, err := tx.PayoutLineOf(w.ctx, b.ID, id, "USD")
				l = *p
				return err
			})
			assert.Equal(t, c.pay, l.Pay, c.handle)
			assert.Equal(t, c.reason, l.CarryReason, c.handle)
			assert.Equal(t, c.pay > 0, l.Key != "", c.handle)
		})
	}
	w.at("2026-11-03T12:00:00Z")
	assert.Equal(t, 3, w.close("2026-10").Paying)
}

func TestEachCurrencyHasABalanceOfItsOwn(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "2026-10-10T12:00:00Z")
	anna := w.influencer("anna", "")
	w.earn(anna, -500, "2026-10-20T00:00:00Z")
	w.earn(anna, 800, "2026-10-20T00:00:00Z", func(e *store.EarningRow) { e.Currency = "EUR" })
	w.at("2026-11-03T12:00:00Z")
	c := w.close("2026-10")
	assert.Equal(t, 2, c.Lines)
	w.in(w.shop, func(tx *store.Tx) error {
		eur, err := tx.PayoutLineOf(w.ctx, c.Batch.ID, anna, "EUR")
		require.NoError(t, err)
		assert.EqualValues(t, 800, eur.Pay)
		usd, err := tx.PayoutLineOf(w.ctx, c.Batch.ID, anna, "USD")
		assert.EqualValues(t, -500, usd.Closing())
		return err
	})
}

func TestHoldsLockWhatIsPendingAndLeaveWhatAPersonMustSee(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "2026-10-10T12:00:00Z")
	anna := w.influencer("anna", "")
	state := func(state, reason string) func(*store.EarningRow) {
		return func(e *store.EarningRow) { e.State, e.Reason = state, reason }
	}
	const due = "2026-10-11T00:00:00Z"
	pending := w.earn(anna, 100, due)
	nothing := w.earn(anna, 0, due)
	held := w.earn(anna, 100, due, state(store.EarningHeld, "ip"))
	denied := w.earn(anna, 0, due, state(store.EarningDenied, "self_referral"))
	void := w.earn(anna, 0, due, state(store.EarningVoid, "cancelled"))
	unpaid := w.earn(anna, 0, due, func(e *store.EarningRow) { e.State, e.ReleaseAt = store.EarningUnpaid, time.Time{} })
	later := w.earn(anna, 100, "2026-10-12T00:00:00.000001Z")
	w.at("2026-10-12T00:00:00Z")

	var hooked []int64
	w.closer.AfterLock = func(_ context.Context, _ *store.Tx, ids []int64) error { hooked = append(hooked, ids...); return nil }
	require.NoError(t, w.closer.Holds(w.ctx))
	require.NoError(t, w.closer.Holds(w.ctx))
	w.sound()
	for _, c := range []struct {
		name   string
		id     int64
		state  string
		locked bool
	}{
		{"pending", pending.ID, store.EarningLocked, true},
		{"nothing", nothing.ID, store.EarningLocked, true},
		{"held", held.ID, store.EarningHeld, false},
		{"denied", denied.ID, store.EarningDenied, true},
		{"void", void.ID, store.EarningVoid, true},
		{"unpaid", unpaid.ID, store.EarningUnpaid, false},
		{"later", later.ID, store.EarningPending, false},
	} {
		e := w.earning(c.id)
		assert.Equal(t, c.state, e.State, c.name)
		assert.Equal(t, c.locked, !e.LockedAt.IsZero(), c.name)
	}
	assert.EqualValues(t, 100, w.payable(anna))
	assert.EqualValues(t, -200, w.account(ledger.InfluencerPending, anna, time.Time{}))
	assert.Equal(t, []int64{1 + anna}, hooked)
}

func TestMilestonesThatLockedSalesReachedAreLockedInTheSameRun(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "2026-10-10T12:00:00Z")
	anna := w.influencer("anna", "")
	w.earn(anna, 100, "2026-10-11T00:00:00Z")
	w.at("2026-11-12T00:00:00Z")
	reached := false
	w.closer.AfterLock = func(ctx context.Context, tx *store.Tx, _ []int64) error {
		if reached {
			return nil
		}
		reached = true
		m := &store.EarningRow{Kind: store.EarningMilestone, Rule: "ladder", InfluencerID: anna, AgreementID: 1 + anna, VersionID: 1, Currency: "USD",
			Posted: 5000, State: store.EarningPending, OccurredAt: instant(t, "2026-10-11T00:00:00Z"), ReleaseAt: instant(t, "2026-10-11T00:00:00Z"), Detail: []byte("{}")}
		if err := tx.UpsertEarnings(ctx, []*store.EarningRow{m}); err != nil {
			return err
		}
		_, err := tx.PostJournals(ctx, ledger.Record(ledger.Event{InfluencerID: anna, EarningID: m.ID, Currency: "USD", OriginAt: m.OccurredAt}, 5000))
		return err
	}
	c := w.close("2026-10")
	assert.EqualValues(t, 2, c.Locked)
	assert.EqualValues(t, 5100, w.lines(c.Batch.ID)[anna].Pay)
}

func TestEveryShopClosesAtItsOwnMonthEndAndOnesFailureStopsNobody(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "2026-10-31T10:00:00Z") // in Auckland 23:00
	auckland := w.addShop("kiwi.example.com", "Pacific/Auckland")
	left := w.addShop("left.example.com", newYork) // uninstalled: its influencers are owed all the same
	w.in(left, func(tx *store.Tx) error { return tx.MarkUninstalled(w.ctx, w.clock()) })
	broken := w.addShop("broken.example.com", "Mars/Olympus")
	periods := func(shop int64) (ps []string) {
		w.in(shop, func(tx *store.Tx) error {
			bs, _, err := tx.PayoutBatches(w.ctx, "", store.Page{})
			for _, b := range bs {
				ps = append(ps, b.Period)
			}
			return err
		})
		return ps
	}
	closeDue := func() {
		err := w.closer.CloseDue(w.ctx, w.clock())
		require.Error(t, err)
		assert.Contains(t, err.Error(), "Mars/Olympus")
	}
	closeDue()
	assert.Empty(t, periods(auckland))
	w.tick(time.Hour) // midnight in Auckland, 07:00 in New York
	closeDue()
	assert.Equal(t, []string{"2026-10"}, periods(auckland))
	assert.Empty(t, periods(w.shop))
	w.at("2026-12-05T00:00:00Z")
	closeDue()
	closeDue()
	assert.Equal(t, []string{"2026-11", "2026-10"}, periods(auckland))
	assert.Equal(t, []string{"2026-11", "2026-10"}, periods(w.shop))
	assert.Equal(t, []string{"2026-11", "2026-10"}, periods(left))
	assert.Empty(t, periods(broken))
}

func TestACloseThatFailsHalfWayLeavesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "2026-10-10T12:00:00Z")
	anna := w.influencer("anna", "")
	w.earn(anna, 100, "2026-10-11T00:00:00Z")
	w.at("2026-11-12T00:00:00Z")
	stop := errors.New("stop")
	w.closer.AfterLock = func(context.Context, *store.Tx, []int64) error { return stop }
	_, err := w.closer.Close(w.ctx, w.shop, "2026-10", "", nil)
	require.ErrorIs(t, err, stop)
	w.sound()
	assert.Zero(t, w.payable(anna))
	w.closer.AfterLock = nil
	var last, total int64
	c, err := w.closer.Close(w.ctx, w.shop, "2026-10", "", func(d, n int64) { last, total = d, n })
	require.NoError(t, err)
	assert.EqualValues(t, 100, w.lines(c.Batch.ID)[anna].Pay)
	assert.Equal(t, total, last)
	assert.EqualValues(t, 4, total)
}
