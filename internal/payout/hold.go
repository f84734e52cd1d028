package payout

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"tributary/internal/domain/ledger"
	"tributary/internal/domain/money"
	"tributary/internal/store"
)

// lockBatch is how many earnings one transaction locks.
const lockBatch = 5000

// Locked is what LockDue did.
type Locked struct {
	Earnings   int64
	Agreements []int64 // touched, ascending
}

// LockDue makes payable what has passed its hold at upTo: pending becomes
// payable, effective when the hold ended or, if that period is closed, in the
// open one. Earnings of nothing are locked too, without a journal. Held
// ones wait for a person. It works in transactions of some thousand earnings,
// so that deliveries settle in between, and may be ended and run again at any
// time.
func (c *Closer) LockDue(ctx context.Context, shopID int64, upTo time.Time) (Locked, error) {
	return c.lockDue(ctx, shopID, upTo, func(int64) {})
}

func (c *Closer) lockDue(ctx context.Context, shopID int64, upTo time.Time, progress func(done int64)) (l Locked, err error) {
	if now := c.DB.Now(); upTo.After(now) {
		upTo = now
	}
	touched := map[int64]bool{}
	for {
		var due []store.DueEarning
		err := c.DB.InTx(ctx, shopID, func(tx *store.Tx) (err error) {
			if err := tx.LockShop(ctx); err != nil {
				return err
			}
			if due, err = tx.DueEarnings(ctx, upTo, lockBatch); err != nil || len(due) == 0 {
				return err
			}
			return c.lock(ctx, tx, due)
		})
		if err != nil {
			return l, fmt.Errorf("lock holds of shop %d: %w", shopID, err)
		}
		// A milestone that the locked sales reached may be due at once, so only
		// an empty batch is the end.
		if len(due) == 0 {
			break
		}
		for _, e := range due {
			touched[e.AgreementID] = true
		}
		l.Earnings += int64(len(due))
		progress(l.Earnings)
	}
	for id := range touched {
		l.Agreements = append(l.Agreements, id)
	}
	slices.Sort(l.Agreements)
	return l, nil
}

func (c *Closer) lock(ctx context.Context, tx *store.Tx, due []store.DueEarning) error {
	shop, err := tx.Shop(ctx)
	if err != nil {
		return err
	}
	ids := make([]int64, len(due))
	var agreements []int64
	var js []ledger.Journal
	for i, e := range due {
		ids[i] = e.ID
		agreements = append(agreements, e.AgreementID)
		js = append(js, ledger.Lock(ledger.Event{InfluencerID: e.InfluencerID, EarningID: e.ID, Currency: money.Currency(e.Currency),
			OriginAt: e.ReleaseAt, OpenFrom: shop.OpenFrom}, e.Posted)...)
	}
	if err := tx.LockEarnings(ctx, ids); err != nil {
		return err
	}
	if err := noteReleased(ctx, tx, shop, due); err != nil {
		return err
	}
	if _, err := tx.PostJournals(ctx, js); err != nil {
		return err
	}
	if c.AfterLock == nil {
		return nil
	}
	slices.Sort(agreements)
	return c.AfterLock(ctx, tx, slices.Compact(agreements))
}

// noteReleased has influencers told, in the morning after, what became theirs on
// a day. What was released long ago is no news.
func noteReleased(ctx context.Context, tx *store.Tx, shop *store.Shop, due []store.DueEarning) error {
	zone, err := time.LoadLocation(shop.TimeZone)
	if err != nil {
		return err
	}
	whose := map[time.Time]map[int64]bool{}
	for _, e := range due {
		if e.Posted == 0 || tx.Now.Sub(e.ReleaseAt) > store.NewsFor {
			continue
		}
		y, m, d := e.ReleaseAt.In(zone).Date()
		day := time.Date(y, m, d, 0, 0, 0, 0, zone)
		if whose[day] == nil {
			whose[day] = map[int64]bool{}
		}
		whose[day][e.InfluencerID] = true
	}
	for day, set := range whose {
		ids := make([]int64, 0, len(set))
		for id := range set {
			ids = append(ids, id)
		}
		if err := tx.Note(ctx, store.NoticeReleased, day.Unix(), day.AddDate(0, 0, 1).Add(8*time.Hour), ids...); err != nil {
			return err
		}
	}
	return nil
}

// Holds locks what is due now in every shop. One shop's failure does not stop
// the others.
func (c *Closer) Holds(ctx context.Context) error {
	now := c.DB.Now()
	var shops []int64
	err := c.DB.InTx(ctx, 0, func(tx *store.Tx) (err error) {
		shops, err = tx.ShopsWithHoldsDue(ctx, now)
		return err
	})
	if err != nil {
		return err
	}
	var failed []error
	for _, id := range shops {
		if _, err := c.LockDue(ctx, id, now); err != nil {
			if ctx.Err() != nil {
				return err
			}
			c.log().ErrorContext(ctx, "lock holds", slog.Int64("shop", id), slog.Any("error", err))
			failed = append(failed, err)
		}
	}
	return errors.Join(failed...)
}
