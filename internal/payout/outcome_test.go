package payout_test

import (
	"bytes"
	stdcsv "encoding/csv"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"tributary/internal/domain/ledger"
	"tributary/internal/errs"
	"tributary/internal/payout"
	"tributary/internal/store"
)

// paying is a world in which October is closed and being paid to anna, ben and
// cleo: 10.00, 20.00, 30.00.
func paying(t *testing.T) (w *world, batch int64, ids [3]int64) {
	t.Helper()
	w = newWorld(t, "2026-10-10T12:00:00Z")
	for i, h := range []string{"anna", "ben", "cleo"} {
		ids[i] = w.influencer(h, "")
		w.earn(ids[i], int64(1000*(i+1)), "2026-10-20T00:00:00Z")
	}
	w.at("2026-11-03T12:00:00Z")
	batch = w.close("2026-10").Batch.ID
	w.pay(batch)
	return w, batch, ids
}

func (w *world) batch(id int64) (b *store.PayoutBatch) {
	w.t.Helper()
	w.in(w.shop, func(tx *store.Tx) (err error) {
		b, err = tx.PayoutBatch(w.ctx, id)
		return err
	})
	return b
}

func TestASettlementFileMovesTheMoneyOnce(t *testing.T) {
	t.Parallel()
	w, batch, ids := paying(t)
	l := w.lines(batch)
	first := heading + row(l[ids[0]], "paid", "TR-1") + row(l[ids[1]], "failed", "") + row(l[ids[2]], "unknown", "")
	s, err := w.settle(batch, first)
	require.NoError(t, err)
	assert.Equal(t, []int{1, 1, 1, 0, 1}, []int{s.Paid, s.Failed, s.InDoubt, s.Unchanged, s.Waiting})
	assert.Equal(t, store.BatchPaying, w.batch(batch).State)
	s, err = w.settle(batch, first)
	require.NoError(t, err)
	assert.Equal(t, []int{0, 0, 0, 3, 1}, []int{s.Paid, s.Failed, s.InDoubt, s.Unchanged, s.Waiting})
	s, err = w.settle(batch, heading+row(l[ids[2]], "paid", "TR-3"))
	require.NoError(t, err)
	assert.Equal(t, 1, s.Paid)
	assert.Equal(t, store.BatchPaid, w.batch(batch).State)
	for i, want := range [3]struct{ clearing, cash, payable int64 }{{0, -1000, 0}, {0, 0, 2000}, {0, -3000, 0}} {
		assert.Equal(t, want.clearing, w.account(ledger.PayoutClearing, ids[i], time.Time{}))
		assert.Equal(t, want.cash, w.account(ledger.Cash, ids[i], time.Time{}))
		assert.Equal(t, want.payable, w.payable(ids[i]))
	}
	// The failed one is paid with the next batch, under another key.
	w.at("2026-12-03T12:00:00Z")
	next := w.close("2026-11")
	again := w.lines(next.Batch.ID)
	require.Len(t, again, 1)
	assert.EqualValues(t, 2000, again[ids[1]].Pay)
	assert.EqualValues(t, 2000, again[ids[1]].Movement)
	assert.NotEqual(t, l[ids[1]].Key, again[ids[1]].Key)
}

func TestEverythingWrongWithASettlementIsToldByLineAndNothingIsPosted(t *testing.T) {
	t.Parallel()
	w, batch, ids := paying(t)
	l := w.lines(batch)
	_, err := w.settle(batch, heading+row(l[ids[0]], "paid", "TR-1")+row(l[ids[1]], "failed", ""))
	require.NoError(t, err)
	a, b, c := l[ids[0]].ID, l[ids[1]].ID, l[ids[2]].ID
	file := "payout_id,payout_key,status,reference,amount,currency\n" +
		fmt.Sprintf("pln_%d,,paid,,30.00,USD\n", c) + // good
		"pln_999999,,paid,,,\n" +
		fmt.Sprintf("pln_%d,,paid,,,\n", c) + // twice
		fmt.Sprintf("pln_%d,beef,paid,,,\n", b) +
		fmt.Sprintf("pln_%d,,paid,TR-9,,\n", a) + // paid twice?
		",beef,paid,,,\n" +
		fmt.Sprintf("pln_%d,,paid,,,\n", b) + // went back
		"pln_1,,sent,,,\n"
	_, err = w.settle(batch, file)
	e := errs.As(err)
	require.NotNil(t, e)
	var lines []string
	for _, f := range e.Fields {
		lines = append(lines, strings.TrimPrefix(f.Path, "line ")+": "+f.Msg)
	}
	require.Len(t, lines, 7, "%q", lines)
	for i, want := range []string{
		"3: pln_999999 is no payout of the batch of 2026-10",
		fmt.Sprintf("4: pln_%d stands in line 2 already", c),
		fmt.Sprintf("5: the key is not that of pln_%d", b),
		fmt.Sprintf("6: pln_%d was paid before, under the reference \"TR-1\": was it paid twice?", a),
		"7: the key beef… is of no payout of the batch of 2026-10",
		fmt.Sprintf("8: pln_%d failed on 2026-11-03 and its money went back to the balance", b),
		"9: the status \"sent\" is none of paid, failed, in_doubt",
	} {
		assert.Equal(t, want, lines[i])
	}
	assert.Equal(t, store.LinePaying, w.lines(batch)[ids[2]].State)
	_, err = w.settle(batch, fmt.Sprintf("payout_id,status,amount,currency\npln_%d,paid,30.00,EUR\n", c))
	require.NotNil(t, errs.As(err))
	assert.Contains(t, errs.As(err).Fields[0].Msg, "is a payout of 30.00 USD, not of 30.00 EUR")
}

func TestABatchIsPaidOnlyAfterItIsApprovedAndExportedOnlyWhilePaying(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "2026-10-10T12:00:00Z")
	anna := w.influencer("anna", "")
	w.earn(anna, 1000, "2026-10-20T00:00:00Z")
	w.at("2026-11-03T12:00:00Z")
	b := w.close("2026-10").Batch
	code := func(f func(tx *store.Tx) error) string {
		e := errs.As(w.db.InTx(w.ctx, w.shop, f))
		require.NotNil(t, e)
		return e.Code
	}
	pay := func(tx *store.Tx) error { _, err := payout.StartPaying(w.ctx, tx, b.ID); return err }
	approve := func(by string) func(tx *store.Tx) error {
		return func(tx *store.Tx) error { _, err := payout.Approve(w.ctx, tx, b.ID, by); return err }
	}
	export := func(tx *store.Tx) error { _, _, err := payout.Export(w.ctx, tx, nil, b.ID); return err }
	settle := func(tx *store.Tx) error {
		_, err := payout.Settle(w.ctx, tx, b.ID, []byte(heading))
		return err
	}
	assert.Equal(t, "batch_not_approved", code(pay))
	assert.Equal(t, "batch_not_paying", code(export))
	assert.Equal(t, "approver_missing", code(approve("  ")))
	if b.CreatedBy != "" {
		assert.Equal(t, "own_batch", code(approve(b.CreatedBy)))
	}
	w.in(w.shop, approve("ben"))
	w.in(w.shop, approve("ben"))
	assert.Equal(t, "batch_not_draft", code(approve("cleo")))
	assert.Equal(t, "batch_not_paying", code(settle))
	w.in(w.shop, pay)
	w.in(w.shop, pay)
	var file []byte
	w.in(w.shop, func(tx *store.Tx) (err error) {
		file, _, err = payout.Export(w.ctx, tx, nil, b.ID)
		return err
	})
	rows, err := stdcsv.NewReader(bytes.NewReader(file)).ReadAll()
	require.NoError(t, err)
	require.Len(t, rows, 2)
	l := w.lines(b.ID)[anna]
	assert.Equal(t, []string{fmt.Sprint("pln_", l.ID), l.Key, "2026-10", "anna", "anna", "anna@example.com", "DE00 anna", "10.00", "USD"}, rows[1])
	// What is in doubt is not handed out a second time.
	_, err = w.settle(b.ID, heading+row(l, "unknown", ""))
	require.NoError(t, err)
	w.in(w.shop, func(tx *store.Tx) (err error) {
		file, _, err = payout.Export(w.ctx, tx, nil, b.ID)
		return err
	})
	assert.Equal(t, 1, bytes.Count(file, []byte("\n")))
	_, err = w.settle(b.ID, heading+row(l, "failed", ""))
	require.NoError(t, err)
	assert.Equal(t, store.BatchFailed, w.batch(b.ID).State)
}

func TestABatchThatPaysNothingNeedsNobody(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "2026-11-03T12:00:00Z")
	w.influencer("anna", "")
	c := w.close("2026-10")
	assert.Equal(t, store.BatchPaid, w.batch(c.Batch.ID).State)
	assert.Zero(t, c.Lines)
}

func TestAStatementTellsEveryMovementAndEqualsTheLedger(t *testing.T) {
	t.Parallel()
	w, batch, ids := paying(t)
	anna := ids[0]
	_, err := w.settle(batch, heading+row(w.lines(batch)[anna], "failed", ""))
	require.NoError(t, err)
	sale := w.earn(anna, 700, "2026-11-10T00:00:00Z")
	w.at("2026-11-12T12:00:00Z")
	_, err = w.closer.LockDue(w.ctx, w.shop, w.clock())
	require.NoError(t, err)
	w.adjust(sale.ID, -2500, w.clock())
	kinds := func(s *payout.Statement) (k []string) {
		for i := range s.Movements {
			k = append(k, s.Movements[i].KindName())
		}
		return k
	}
	open := w.statement(anna, "")
	assert.Equal(t, []string{"payout_returned", "earned", "adjusted"}, kinds(open))
	assert.EqualValues(t, -800, open.Closing)
	w.in(w.shop, func(tx *store.Tx) error {
		_, err := payout.WriteOff(w.ctx, tx, payout.Forgiveness{InfluencerID: anna, Currency: "USD", Minor: 801, Reason: "goodwill", RequestedBy: "ben", ApprovedBy: "cleo"})
		require.NotNil(t, errs.As(err))
		assert.Equal(t, "debt_smaller", errs.As(err).Code)
		_, err = payout.WriteOff(w.ctx, tx, payout.Forgiveness{InfluencerID: anna, Currency: "USD", Minor: 800, Reason: "goodwill", RequestedBy: "Ben", ApprovedBy: " ben "})
		require.NotNil(t, errs.As(err))
		assert.Equal(t, "write_off_invalid", errs.As(err).Code)
		_, err = payout.WriteOff(w.ctx, tx, payout.Forgiveness{InfluencerID: anna, Currency: "USD", Minor: 800, Reason: "=goodwill", RequestedBy: "ben", ApprovedBy: "cleo"})
		return err
	})
	w.at("2026-12-02T12:00:00Z")
	c := w.close("2026-11")
	for _, m := range []struct {
		s                                   *payout.Statement
		opening, movement, payout, closing_ int64
	}{
		{w.statement(anna, "2026-10"), 0, 1000, 1000, 0},
		{w.statement(anna, "2026-11"), 0, 0, 0, 0},
		{w.statement(anna, ""), 0, 0, 0, 0},
	} {
		assert.Equal(t, m.opening, m.s.Opening)
		assert.Equal(t, m.movement, m.s.Movement)
		assert.Equal(t, m.payout, m.s.Payout)
		assert.Equal(t, m.closing_, m.s.Closing)
		assert.Equal(t, -m.s.Closing, w.account(ledger.InfluencerPayable, anna, m.s.To))
	}
	november := w.statement(anna, "2026-11")
	assert.Equal(t, []string{"payout_returned", "earned", "adjusted", "written_off"}, kinds(november))
	assert.Equal(t, payout.ReasonNothing, november.Line.CarryReason)
	table, err := november.CSV()
	require.NoError(t, err)
	rows, err := stdcsv.NewReader(bytes.NewReader(table)).ReadAll()
	require.NoError(t, err)
	require.Len(t, rows, 7)
	assert.Equal(t, "'=goodwill", rows[5][8])
	assert.Equal(t, []string{"-25.00", "8.00"}, []string{rows[4][9], rows[5][9]})
	assert.Equal(t, []string{"closing", "2026-12-01T05:00:00Z", "", "", "", "", "", "", payout.ReasonNothing, "0.00", "USD"}, rows[6])
	assert.Zero(t, c.Paying)
}

func TestAnEarningThatWasCarriedIsPaidByTheLaterPayout(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "2026-10-10T12:00:00Z")
	anna := w.influencer("anna", "15.00")
	first := w.earn(anna, 1000, "2026-10-20T00:00:00Z")
	paid := func() (minor int64) {
		w.in(w.shop, func(tx *store.Tx) (err error) {
			minor, err = tx.PaidOfEarning(w.ctx, first.ID)
			return err
		})
		return minor
	}
	w.at("2026-11-03T12:00:00Z")
	w.close("2026-10")
	assert.Zero(t, paid())
	w.earn(anna, 600, "2026-11-20T00:00:00Z")
	w.at("2026-12-03T12:00:00Z")
	b := w.close("2026-11").Batch.ID
	assert.EqualValues(t, 1000, paid())
	w.pay(b)
	_, err := w.settle(b, heading+row(w.lines(b)[anna], "failed", ""))
	require.NoError(t, err)
	assert.Zero(t, paid())
}
