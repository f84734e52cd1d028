// Package payout pays influencers: it makes earnings payable when their hold is
// over, closes a month with a cut through the ledger, hands the payouts to a
// rail, takes in what became of them, and writes statements.
//
// Whatever moves an influencer's balance runs under the shop's lock. A closed
// period never changes: journals that belong to it by their origin take effect
// in the open one.
package payout

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"tributary/internal/domain/ledger"
	"tributary/internal/domain/money"
	"tributary/internal/domain/period"
	"tributary/internal/domain/terms"
	"tributary/internal/errs"
	"tributary/internal/store"
)

// Closer locks holds and closes months.
type Closer struct {
	DB *store.DB
	// AfterLock settles in tx what depends on locked sales: the milestones of
	// these agreements. It may be nil.
	AfterLock func(ctx context.Context, tx *store.Tx, agreementIDs []int64) error
	Log       *slog.Logger
}

func (c *Closer) log() *slog.Logger {
	if c.Log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return c.Log
}

// Closed is what a close did.
type Closed struct {
	Batch *store.PayoutBatch
	// Already is set when the month was closed before; then nothing was done.
	Already bool
	Locked  int64 // earnings whose hold passed
	Items   int64 // ledger movements taken in
	Lines   int
	Paying  int // lines that pay something
}

// Close closes a month of a shop at its end in the shop's own zone:
//
//  1. holds that ended in it are locked;
//  2. every influencer's balance per currency becomes a line: opening, the
//     movement since the cut before, and what is paid of it;
//  3. what is paid is reserved, payable → clearing, in the last microsecond of
//     the month: the balance at the cut is what the line leaves, and nobody can
//     be paid it twice;
//  4. the next period opens at the cut.
//
// 2 to 4 are one transaction and change no earning and no ledger row. A month
// that has not ended, or whose month before is still open, is refused with
// Conflict; the first close takes in all months before it too. Closing again is
// a no-op. by names who closes; "" is the schedule. progress may be nil.
func (c *Closer) Close(ctx context.Context, shopID int64, month period.Month, by string, progress func(done, total int64)) (*Closed, error) {
	out, err := c.close(ctx, shopID, month, by, progress)
	if err != nil {
		return nil, fmt.Errorf("close %s of shop %d: %w", month, shopID, err)
	}
	return out, nil
}

func (c *Closer) close(ctx context.Context, shopID int64, month period.Month, by string, progress func(done, total int64)) (*Closed, error) {
	out := &Closed{}
	var due int64
	var cut time.Time
	err := c.DB.InTx(ctx, shopID, func(tx *store.Tx) (err error) {
		if out.Batch, err = begin(ctx, tx, month); err != nil {
			return err
		}
		cut = out.Batch.CutAt
		due, err = tx.CountDueEarnings(ctx, cut)
		return err
	})
	if err != nil {
		return nil, err
	}
	if out.Batch.ID != 0 {
		out.Already = true
		return out, nil
	}
	if progress == nil {
		progress = func(_, _ int64) {}
	}
	const steps = 3
	total := due + steps
	locked, err := c.lockDue(ctx, shopID, cut, func(done int64) { total = max(total, done+steps); progress(done, total) })
	if err != nil {
		return nil, err
	}
	out.Locked = locked.Earnings
	err = c.DB.InTx(ctx, shopID, func(tx *store.Tx) (err error) {
		if err := tx.LockShop(ctx); err != nil {
			return err
		}
		// Somebody may have closed it while we waited.
		if out.Batch, err = begin(ctx, tx, month); err != nil || out.Batch.ID != 0 {
			out.Already = err == nil
			return err
		}
		out.Batch.CreatedBy = by
		lines, err := draw(ctx, tx, out.Batch, nil)
		if err != nil {
			return err
		}
		progress(total-2, total)
		if err := write(ctx, tx, out, lines); err != nil {
			return err
		}
		progress(total-1, total)
		return nil
	})
	if err != nil {
		return nil, err
	}
	progress(total, total)
	return out, nil
}

// begin returns the batch of the month: the stored one, or a new one without
// id once it is clear that the month can be closed now.
func begin(ctx context.Context, tx *store.Tx, month period.Month) (*store.PayoutBatch, error) {
	b, err := tx.PayoutBatchOf(ctx, string(month))
	if !errors.Is(err, store.ErrNotFound) {
		return b, err
	}
	shop, err := tx.Shop(ctx)
	if err != nil {
		return nil, err
	}
	zone, err := time.LoadLocation(shop.TimeZone)
	if err != nil {
		return nil, err
	}
	cut := month.End(zone)
	if tx.Now.Before(cut) {
		return nil, errs.New(errs.Conflict, "period_not_over", fmt.Sprintf("%s has not ended in the shop's time zone, %s. It can be closed from %s on.",
			month, shop.TimeZone, cut.In(zone).Format(time.RFC3339)))
	}
	b = &store.PayoutBatch{Period: string(month), CutAt: cut, State: store.BatchDraft, Rail: "csv"}
	last, err := tx.LastPayoutBatch(ctx)
	if err != nil || last == nil {
		return b, err
	}
	b.StartsAt = last.CutAt
	switch next := period.Month(last.Period).Next(); {
	case month < next:
		return nil, errs.New(errs.Conflict, "period_covered", fmt.Sprintf("%s lies before the first period that was closed, which took it in.", month))
	case month > next:
		return nil, errs.New(errs.Conflict, "period_out_of_order", fmt.Sprintf("The last closed period is %s: close %s first.", last.Period, next))
	}
	return b, nil
}

// draw makes the lines of a batch: everybody with a movement in the period or a
// balance left from the one before. expected are movements that are not in the
// ledger yet.
func draw(ctx context.Context, tx *store.Tx, b *store.PayoutBatch, expected []store.Movement) ([]store.PayoutLine, error) {
	moves, err := tx.Movements(ctx, b)
	if err != nil {
		return nil, err
	}
	type account struct {
		influencer int64
		currency   string
	}
	lines := make([]store.PayoutLine, 0, len(moves))
	journals := make(map[account][]byte, len(moves))
	at := make(map[account]int, len(moves))
	for _, m := range moves {
		k := account{m.InfluencerID, m.Currency}
		journals[k], at[k] = m.Journals, len(lines)
		lines = append(lines, store.PayoutLine{InfluencerID: m.InfluencerID, Currency: m.Currency, Movement: m.Minor})
	}
	for _, m := range expected {
		k := account{m.InfluencerID, m.Currency}
		if i, ok := at[k]; ok {
			lines[i].Movement += m.Minor
			continue
		}
		at[k] = len(lines)
		lines = append(lines, store.PayoutLine{InfluencerID: m.InfluencerID, Currency: m.Currency, Movement: m.Minor})
	}
	last, err := tx.LastPayoutBatch(ctx)
	if err != nil {
		return nil, err
	}
	if last != nil {
		open, err := tx.OpenLines(ctx, last.ID)
		if err != nil {
			return nil, err
		}
		for _, l := range open {
			k := account{l.InfluencerID, l.Currency}
			if i, ok := at[k]; ok {
				lines[i].Opening = l.Closing()
			} else {
				lines = append(lines, store.PayoutLine{InfluencerID: l.InfluencerID, Currency: l.Currency, Opening: l.Closing()})
			}
		}
	}
	// Items are written in the order of their lines, which the ledger is read in.
	slices.SortFunc(lines, func(a, b store.PayoutLine) int {
		return cmp.Or(cmp.Compare(a.InfluencerID, b.InfluencerID), cmp.Compare(a.Currency, b.Currency))
	})
	payees, err := loadPayees(ctx, tx, lines)
	if err != nil {
		return nil, err
	}
	for i := range lines {
		l := &lines[i]
		p := payees.who[l.InfluencerID]
		if p == nil {
			return nil, fmt.Errorf("influencer %d has ledger entries and does not exist", l.InfluencerID)
		}
		l.State = store.LineCarried
		l.Pay, l.CarryReason = decide(l.Opening+l.Movement, payees.threshold(p, l.Currency), p)
		if l.Pay > 0 {
			l.State = store.LineDraft
			l.Key = key(tx.ShopID, l.InfluencerID, l.Currency, period.Month(b.Period), journals[account{l.InfluencerID, l.Currency}])
		}
	}
	return lines, nil
}

// write stores the batch, its lines and items, and reserves what is paid.
func write(ctx context.Context, tx *store.Tx, out *Closed, lines []store.PayoutLine) error {
	b := out.Batch
	out.Lines = len(lines)
	for i := range lines {
		if lines[i].Pay > 0 {
			out.Paying++
		}
	}
	if out.Paying == 0 {
		b.State = store.BatchPaid // nothing to approve
	}
	if err := tx.AddPayoutBatch(ctx, b); err != nil {
		return err
	}
	if err := tx.AddPayoutLines(ctx, b.ID, lines); err != nil {
		return err
	}
	var err error
	if out.Items, err = tx.AddPayoutItems(ctx, b); err != nil {
		return err
	}
	js := make([]ledger.Journal, 0, out.Paying)
	for i := range lines {
		l := &lines[i]
		js = append(js, ledger.PayoutStart(ledger.Event{InfluencerID: l.InfluencerID, PayoutID: l.ID, Currency: money.Currency(l.Currency),
			OriginAt: b.CutAt.Add(-time.Microsecond), OpenFrom: b.StartsAt}, l.Pay)...)
	}
	for chunk := range slices.Chunk(js, lockBatch) {
		if _, err := tx.PostJournals(ctx, chunk); err != nil {
			return err
		}
	}
	return nil
}

// payees is who may be paid, under which thresholds.
type payees struct {
	who   map[int64]*store.Payee
	terms map[string]*terms.Terms
}

func loadPayees(ctx context.Context, tx *store.Tx, lines []store.PayoutLine) (payees, error) {
	p := payees{terms: map[string]*terms.Terms{}}
	ids := make([]int64, len(lines))
	for i := range lines {
		ids[i] = lines[i].InfluencerID
	}
	var err error
	if p.who, err = tx.Payees(ctx, slices.Compact(ids)); err != nil {
		return p, err
	}
	var hashes []string
	for _, who := range p.who {
		hashes = append(append(hashes, who.SignedHashes...), who.EarlierHashes...)
	}
	slices.Sort(hashes)
	docs, err := tx.TermsByHash(ctx, slices.Compact(hashes))
	if err != nil {
		return p, err
	}
	for hash, doc := range docs {
		if p.terms[hash], err = terms.Parse(doc); err != nil {
			return p, fmt.Errorf("terms %s: %w", hash, err)
		}
	}
	return p, nil
}

// threshold is the smallest payout the influencer agreed to in the currency:
// the lowest of all terms that are signed now or, when none is, of those that
// were. Without any it is zero.
func (p *payees) threshold(who *store.Payee, currency string) int64 {
	for _, hashes := range [][]string{who.SignedHashes, who.EarlierHashes} {
		least, found := int64(0), false
		for _, h := range hashes {
			if t := p.terms[h]; t != nil && string(t.Currency) == currency && (!found || t.ThresholdMinor() < least) {
				least, found = t.ThresholdMinor(), true
			}
		}
		if found {
			return least
		}
	}
	return 0
}

// CloseDue closes, in every shop, each month that has ended in the shop's own
// zone since it was installed or last closed; also where the app is no longer
// installed. One shop's failure does not stop the others.
func (c *Closer) CloseDue(ctx context.Context, now time.Time) error {
	var shops []store.ShopRef
	err := c.DB.InTx(ctx, 0, func(tx *store.Tx) (err error) {
		shops, err = tx.Shops(ctx)
		return err
	})
	if err != nil {
		return err
	}
	var failed []error
	for _, s := range shops {
		if !s.OpenFrom.IsZero() && now.Sub(s.OpenFrom) < 27*24*time.Hour {
			continue // no month is that short
		}
		if err := c.closeDue(ctx, s, now); err != nil {
			if ctx.Err() != nil {
				return err
			}
			c.log().ErrorContext(ctx, "close due months", slog.Int64("shop", s.ID), slog.Any("error", err))
			failed = append(failed, err)
		}
	}
	return errors.Join(failed...)
}

func (c *Closer) closeDue(ctx context.Context, s store.ShopRef, now time.Time) error {
	zone, err := time.LoadLocation(s.TimeZone)
	if err != nil {
		return fmt.Errorf("shop %d: %w", s.ID, err)
	}
	var month period.Month
	err = c.DB.InTx(ctx, s.ID, func(tx *store.Tx) error {
		last, err := tx.LastPayoutBatch(ctx)
		if err != nil {
			return err
		}
		if last != nil {
			month = period.Month(last.Period).Next()
			return nil
		}
		shop, err := tx.Shop(ctx)
		if err != nil {
			return err
		}
		month = period.MonthOf(shop.InstalledAt, zone)
		return nil
	})
	if err != nil {
		return fmt.Errorf("months due of shop %d: %w", s.ID, err)
	}
	for ; !now.Before(month.End(zone)); month = month.Next() {
		out, err := c.Close(ctx, s.ID, month, "", nil)
		if err != nil {
			return err
		}
		c.log().InfoContext(ctx, "month closed", slog.Int64("shop", s.ID), slog.String("period", string(month)),
			slog.Int64("locked", out.Locked), slog.Int("lines", out.Lines), slog.Int("payouts", out.Paying))
	}
	return nil
}
