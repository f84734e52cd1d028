package payout

import (
	"context"
	"time"

	"tributary/internal/domain/period"
	"tributary/internal/store"
)

// Preview is what the next close would do if it were done now.
type Preview struct {
	Period   period.Month
	Closable bool      // the month has ended
	From     time.Time // when it ends
	CutAt    time.Time // up to where the lines reckon: the month's end, or now
	Lines    []store.PayoutLine
	// Due is how many of the earnings in the lines are not locked yet
	// although their hold is over: the close locks them first, and milestones may follow from that.
	Due int64
}

// Ahead reckons the next close and writes nothing. The first close of a shop
// takes in everything up to the end of the month before the current one.
func Ahead(ctx context.Context, tx *store.Tx) (*Preview, error) {
	shop, err := tx.Shop(ctx)
	if err != nil {
		return nil, err
	}
	zone, err := time.LoadLocation(shop.TimeZone)
	if err != nil {
		return nil, err
	}
	last, err := tx.LastPayoutBatch(ctx)
	if err != nil {
		return nil, err
	}
	p := &Preview{Period: period.MonthOf(tx.Now, zone).Prev()}
	b := &store.PayoutBatch{}
	if last != nil {
		p.Period, b.StartsAt = period.Month(last.Period).Next(), last.CutAt
	}
	p.From = p.Period.End(zone)
	p.Closable, p.CutAt = !tx.Now.Before(p.From), p.From
	if !p.Closable {
		p.CutAt = tx.Now
	}
	b.Period, b.CutAt = string(p.Period), p.CutAt
	if p.Due, err = tx.CountDueEarnings(ctx, p.CutAt); err != nil {
		return nil, err
	}
	expected, err := tx.DueSums(ctx, p.CutAt)
	if err != nil {
		return nil, err
	}
	p.Lines, err = draw(ctx, tx, b, expected)
	return p, err
}
