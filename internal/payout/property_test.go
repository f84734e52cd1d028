package payout_test

import (
	"flag"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"tributary/internal/domain/ledger"
	"tributary/internal/domain/period"
	"tributary/internal/store"
)

// Whatever happens in whatever order – sales, refunds before and after the
// lock, closes by hand and by the schedule, files with every outcome, files
// taken in twice – what was earned is what was paid and what is still owed.
func TestWhatWasEarnedIsWhatWasPaidAndWhatIsOwed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "2026-01-05T12:00:00Z")
	if f := flag.Lookup("rapid.checks"); f.Value.String() == f.DefValue {
		require.NoError(t, flag.Set("rapid.checks", "20")) // each is a few hundred transactions
	}
	n := 0
	rapid.Check(t, func(rt *rapid.T) {
		n++
		w.at("2026-01-05T12:00:00Z")
		w.shop = w.addShop(fmt.Sprintf("shop-%d.example.com", n), rapid.SampledFrom([]string{newYork, "Asia/Tokyo", "UTC"}).Draw(rt, "zone"))
		w.source = 0
		threshold := rapid.SampledFrom([]string{"", "20.00"}).Draw(rt, "threshold")
		m := &machine{w: w, rt: rt, who: []int64{w.influencer("anna", threshold), w.influencer("ben", "")}, month: "2026-01", earned: map[int64]int64{}}
		for range rapid.IntRange(5, 25).Draw(rt, "steps") {
			rapid.SampledFrom([]func(){m.sell, m.sell, m.refund, m.wait, m.wait, m.holds, m.close, m.settle, m.settle}).Draw(rt, "step")()
		}
		m.check()
	})
}

type machine struct {
	w       *world
	rt      *rapid.T
	who     []int64
	sales   []*store.EarningRow
	month   period.Month // next to close
	batches []int64
	earned  map[int64]int64 // per influencer, all targets
}

func (m *machine) sell() {
	who := rapid.SampledFrom(m.who).Draw(m.rt, "who")
	minor := rapid.Int64Range(0, 3000).Draw(m.rt, "minor")
	days := rapid.IntRange(0, 40).Draw(m.rt, "hold")
	m.sales = append(m.sales, m.w.earn(who, minor, m.w.clock().AddDate(0, 0, days).Format(time.RFC3339)))
	m.earned[who] += minor
}

// refund takes part of a sale back: from pending before the lock, from payable
// after it.
func (m *machine) refund() {
	if len(m.sales) == 0 {
		return
	}
	id := rapid.SampledFrom(m.sales).Draw(m.rt, "sale").ID
	e := m.w.earning(id)
	if e.Posted == 0 {
		return
	}
	delta := -rapid.Int64Range(1, e.Posted).Draw(m.rt, "refund")
	m.earned[e.InfluencerID] += delta
	origin := m.w.clock().AddDate(0, 0, -rapid.IntRange(0, 20).Draw(m.rt, "late"))
	if !e.LockedAt.IsZero() {
		m.w.adjust(id, delta, origin)
		return
	}
	m.w.in(m.w.shop, func(tx *store.Tx) error {
		e.Posted += delta
		if err := tx.UpsertEarnings(m.w.ctx, []*store.EarningRow{e}); err != nil {
			return err
		}
		_, err := tx.PostJournals(m.w.ctx, ledger.Record(m.w.event(tx, e), delta))
		return err
	})
}

func (m *machine) wait() {
	m.w.tick(time.Duration(rapid.IntRange(1, 30*24).Draw(m.rt, "hours")) * time.Hour)
}

func (m *machine) holds() {
	_, err := m.w.closer.LockDue(m.w.ctx, m.w.shop, m.w.clock())
	require.NoError(m.w.t, err)
}

func (m *machine) close() {
	c, err := m.w.closer.Close(m.w.ctx, m.w.shop, m.month, "", nil)
	if err != nil {
		return // not over yet
	}
	m.month = m.month.Next()
	m.batches = append(m.batches, c.Batch.ID)
	if c.Paying > 0 {
		m.w.pay(c.Batch.ID)
	}
	lines := m.w.lines(c.Batch.ID)
	for id, l := range lines {
		require.Equal(m.w.t, -l.Closing(), m.w.account(ledger.InfluencerPayable, id, c.Batch.CutAt), "the balance at the cut is what the line leaves")
		s := m.w.statement(id, period.Month(c.Batch.Period))
		require.Equal(m.w.t, []int64{l.Opening, l.Movement, l.Closing()}, []int64{s.Opening, s.Movement, s.Closing})
	}
}

// settle takes in a file with outcomes for some payouts, and then perhaps the
// same file again.
func (m *machine) settle() {
	if len(m.batches) == 0 {
		return
	}
	batch := rapid.SampledFrom(m.batches).Draw(m.rt, "batch")
	file := heading
	for _, id := range m.who {
		l, ok := m.w.lines(batch)[id]
		if ok && (l.State == store.LinePaying || l.State == store.LineInDoubt) {
			if s := rapid.SampledFrom([]string{"paid", "paid", "failed", "in_doubt", ""}).Draw(m.rt, "outcome"); s != "" {
				file += row(l, s, "TR")
			}
		}
	}
	for range rapid.IntRange(1, 2).Draw(m.rt, "times") {
		_, err := m.w.settle(batch, file)
		require.NoError(m.w.t, err)
	}
}

func (m *machine) check() {
	t := m.w.t
	m.w.sound()
	var all []store.PayoutLine
	for _, b := range m.batches {
		for _, l := range m.w.lines(b) {
			all = append(all, l)
		}
	}
	keys := map[string]bool{}
	for _, id := range m.who {
		var paid, under int64
		for _, l := range all {
			if l.InfluencerID != id || l.Pay == 0 {
				continue
			}
			require.False(t, keys[l.Key], "two payouts have one key")
			keys[l.Key] = true
			switch l.State {
			case store.LinePaid:
				paid += l.Pay
			case store.LinePaying, store.LineInDoubt:
				under += l.Pay
			}
		}
		end := time.Time{}
		pending, payable := -m.w.account(ledger.InfluencerPending, id, end), -m.w.account(ledger.InfluencerPayable, id, end)
		require.Equal(t, paid, -m.w.account(ledger.Cash, id, end), "cash is what was paid")
		require.Equal(t, under, -m.w.account(ledger.PayoutClearing, id, end), "clearing is what is on its way")
		require.Equal(t, m.earned[id], pending+payable+under+paid, "earned = pending + payable + on its way + paid")
		require.Equal(t, payable, m.w.payable(id), "the quick balance is the slow one")
		require.Equal(t, payable, m.w.statement(id, "").Closing, "the open statement ends with the balance")
	}
}
