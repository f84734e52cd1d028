package payout

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"tributary/internal/domain/ledger"
	"tributary/internal/domain/money"
	"tributary/internal/errs"
	rail "tributary/internal/rail/csv"
	"tributary/internal/store"
)

// Settled is what a settlement file changed.
type Settled struct {
	Paid, Failed, InDoubt int
	Unchanged             int // rows that say what is known already
	Waiting               int // payouts of the batch that still have no outcome
	Batch                 *store.PayoutBatch
}

// Settle takes in a settlement file about a batch: paid moves clearing to cash,
// failed returns the money to payable in the open period, in doubt
// leaves the payout where it is until a later file knows. Everything wrong with
// the file is reported at once, by line, and then nothing of it is posted.
// Taking in the same file again is a no-op.
func Settle(ctx context.Context, tx *store.Tx, batchID int64, file []byte) (*Settled, error) {
	b, err := underLock(ctx, tx, batchID)
	if err != nil {
		return nil, err
	}
	if b.State == store.BatchDraft || b.State == store.BatchApproved {
		return nil, errs.New(errs.Conflict, "batch_not_paying", fmt.Sprintf("The batch of %s is %s: nothing of it was handed out to be paid.", b.Period, b.State))
	}
	outcomes, rerr := rail.Read(file)
	if rerr != nil && errs.As(rerr).Fields == nil {
		return nil, rerr
	}
	lines, err := tx.PayingLines(ctx, b.ID)
	if err != nil {
		return nil, err
	}
	s := settlement{batch: b, seen: map[int64]int{}, byID: map[int64]*store.PayoutLine{}, byKey: map[string]*store.PayoutLine{}}
	for i := range lines {
		l := &lines[i]
		s.byID[l.ID], s.byKey[l.Key] = l, l
	}
	if rerr != nil {
		s.wrong = errs.As(rerr).Fields
	}
	for i := range outcomes {
		s.take(&outcomes[i])
	}
	if s.wrong != nil {
		slices.SortStableFunc(s.wrong, func(a, b errs.Field) int { return lineOf(a) - lineOf(b) })
		return nil, rail.Wrong(s.wrong)
	}
	return s.post(ctx, tx, lines)
}

// settlement is a file being checked against the batch.
type settlement struct {
	batch   *store.PayoutBatch
	byID    map[int64]*store.PayoutLine
	byKey   map[string]*store.PayoutLine
	seen    map[int64]int // payout → line of the file
	wrong   []errs.Field
	out     Settled
	changed []*store.PayoutLine
}

func (s *settlement) refuse(o *rail.Outcome, format string, args ...any) {
	s.wrong = append(s.wrong, errs.Field{Path: "line " + strconv.Itoa(o.Line), Msg: fmt.Sprintf(format, args...)})
}

// take checks one row and, when it tells something new, notes it on its line.
func (s *settlement) take(o *rail.Outcome) {
	l := s.byID[o.ID]
	if o.ID == 0 {
		l = s.byKey[o.Key]
	}
	switch {
	case l == nil && o.ID != 0:
		s.refuse(o, "%s%d is no payout of the batch of %s", rail.IDPrefix, o.ID, s.batch.Period)
		return
	case l == nil:
		s.refuse(o, "the key %.12s… is of no payout of the batch of %s", o.Key, s.batch.Period)
		return
	case o.Key != "" && o.Key != l.Key:
		s.refuse(o, "the key is not that of %s%d", rail.IDPrefix, l.ID)
		return
	case s.seen[l.ID] != 0:
		s.refuse(o, "%s%d stands in line %d already", rail.IDPrefix, l.ID, s.seen[l.ID])
		return
	}
	s.seen[l.ID] = o.Line
	if due := (money.Amount{Minor: l.Pay, Currency: money.Currency(l.Currency)}); o.Amount != nil && *o.Amount != due {
		s.refuse(o, "%s%d is a payout of %s %s, not of %s %s", rail.IDPrefix, l.ID, due, due.Currency, o.Amount, o.Amount.Currency)
		return
	}
	switch known := l.State; {
	case known == string(o.Status), o.Status == rail.InDoubt && known != store.LinePaying:
		if o.Status == rail.Paid && o.Reference != "" && l.ProviderRef != "" && o.Reference != l.ProviderRef {
			s.refuse(o, "%s%d was paid before, under the reference %q: was it paid twice?", rail.IDPrefix, l.ID, l.ProviderRef)
			return
		}
		s.out.Unchanged++
		return
	case known == store.LinePaid:
		s.refuse(o, "%s%d was paid on %s and cannot fail any more", rail.IDPrefix, l.ID, l.SettledAt.Format("2006-01-02"))
		return
	case known == store.LineFailed:
		s.refuse(o, "%s%d failed on %s and its money went back to the balance", rail.IDPrefix, l.ID, l.SettledAt.Format("2006-01-02"))
		return
	}
	l.State, l.ProviderRef, l.Error = string(o.Status), o.Reference, o.Error
	s.changed = append(s.changed, l)
}

// post writes what the file told.
func (s *settlement) post(ctx context.Context, tx *store.Tx, lines []store.PayoutLine) (*Settled, error) {
	shop, err := tx.Shop(ctx)
	if err != nil {
		return nil, err
	}
	var js []ledger.Journal
	changed := make([]store.PayoutLine, len(s.changed))
	for i, l := range s.changed {
		e := ledger.Event{InfluencerID: l.InfluencerID, PayoutID: l.ID, Currency: money.Currency(l.Currency), OriginAt: tx.Now, OpenFrom: shop.OpenFrom}
		switch l.State {
		case store.LinePaid:
			s.out.Paid++
			l.SettledAt = tx.Now
			js = append(js, ledger.PayoutPaid(e, l.Pay)...)
		case store.LineFailed:
			s.out.Failed++
			l.SettledAt = tx.Now
			js = append(js, ledger.PayoutBack(e, l.Pay)...)
		case store.LineInDoubt:
			s.out.InDoubt++
		}
		changed[i] = *l
	}
	if err := tx.SettleLines(ctx, changed); err != nil {
		return nil, err
	}
	for _, l := range changed { // who waits for money hears of it
		kind := map[string]string{store.LinePaid: store.NoticePayoutSent, store.LineFailed: store.NoticePayoutFailed}[l.State]
		if kind == "" {
			continue
		}
		if err := tx.Note(ctx, kind, l.ID, tx.Now, l.InfluencerID); err != nil {
			return nil, err
		}
	}
	for chunk := range slices.Chunk(js, lockBatch) {
		if _, err := tx.PostJournals(ctx, chunk); err != nil {
			return nil, err
		}
	}
	paid := 0
	for i := range lines {
		switch lines[i].State {
		case store.LinePaying, store.LineInDoubt:
			s.out.Waiting++
		case store.LinePaid:
			paid++
		}
	}
	s.out.Batch = s.batch
	if s.out.Waiting > 0 || len(changed) == 0 {
		return &s.out, nil
	}
	s.batch.State = store.BatchPaid
	if paid == 0 {
		s.batch.State = store.BatchFailed
	}
	return &s.out, tx.SetPayoutBatch(ctx, s.batch)
}

func lineOf(f errs.Field) int {
	var n int
	_, _ = fmt.Sscanf(f.Path, "line %d", &n)
	return n
}
