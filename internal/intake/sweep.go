package intake

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"tributary/internal/credential"
	"tributary/internal/domain/money"
	"tributary/internal/domain/order"
	"tributary/internal/platform/shopify"
	"tributary/internal/store"
)

// Sweeper asks Shopify stores what they have changed, and reads the orders of
// which no webhook told: each becomes a delivery and is settled like one.
type Sweeper struct {
	DB     *store.DB
	Access *credential.Shopify
	Log    *slog.Logger
}

const (
	sweepEvery = 15 * time.Minute
	// sweepBehind gives webhooks, and the store's own search, time to arrive.
	sweepBehind = 10 * time.Minute
)

// Sweep is what one look at a store found.
type Sweep struct{ Seen, Missing, Healed int }

// Shop looks at what a store has changed since the last look. It is safe to run
// twice and to be killed: what it read is stored before it says how far it came.
func (s *Sweeper) Shop(ctx context.Context, shopID int64) (Sweep, error) {
	var shop *store.Shop
	var since time.Time
	var attempts int
	err := s.DB.InTx(ctx, shopID, func(tx *store.Tx) (err error) {
		if shop, err = tx.Shop(ctx); err != nil {
			return err
		}
		since, attempts, err = tx.SweepCursor(ctx)
		return err
	})
	if err != nil {
		return Sweep{}, err
	}
	zone, err := time.LoadLocation(shop.TimeZone)
	if err != nil {
		return Sweep{}, err
	}
	if since.IsZero() {
		since = shop.InstalledAt.Truncate(time.Second)
	}
	until := s.DB.Now().Add(-sweepBehind).Truncate(time.Second)
	days := map[time.Time]*store.SweepDay{}
	var total Sweep
	if until.After(since) {
		total, err = s.between(ctx, shopID, since, until, func(at time.Time) *store.SweepDay {
			y, m, d := at.In(zone).Date()
			day := time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
			if days[day] == nil {
				days[day] = &store.SweepDay{Day: day}
			}
			return days[day]
		})
	} else {
		until = since
	}
	if ctx.Err() != nil {
		return total, ctx.Err()
	}
	return total, s.DB.InTx(ctx, shopID, func(tx *store.Tx) error {
		if err != nil {
			s.Log.Warn("store not swept", "shop_id", shopID, "err", err)
			return tx.SetSweep(ctx, since, tx.Now.Add(min(sweepEvery<<min(attempts, 6), 12*time.Hour)), attempts+1, shorten(err.Error()))
		}
		for _, d := range days {
			if err := tx.AddSweepDay(ctx, *d); err != nil {
				return err
			}
		}
		return tx.SetSweep(ctx, until, tx.Now.Add(sweepEvery), 0, "")
	})
}

func (s *Sweeper) query(shopID int64) shopify.Query {
	return func(ctx context.Context, document string, vars map[string]any, out any) error {
		return s.Access.Query(ctx, shopID, document, vars, out)
	}
}

func (s *Sweeper) between(ctx context.Context, shopID int64, since, until time.Time, dayOf func(time.Time) *store.SweepDay) (total Sweep, err error) {
	q := s.query(shopID)
	for after := ""; ; {
		page, next, err := shopify.OrdersSeen(ctx, q, shopify.ByUpdate, since, until, after)
		if err != nil {
			return total, err
		}
		ids := make([]int64, len(page))
		for i, o := range page {
			ids[i] = o.ID
		}
		var known map[int64]time.Time
		if err := s.DB.InTx(ctx, shopID, func(tx *store.Tx) (err error) { known, err = tx.OrderVersions(ctx, ids); return err }); err != nil {
			return total, err
		}
		for _, o := range page {
			day := dayOf(o.UpdatedAt)
			day.Seen++
			total.Seen++
			if v, ok := known[o.ID]; ok && !v.Before(o.UpdatedAt) {
				continue
			}
			day.Missing++
			total.Missing++
			at := s.DB.Now()
			body, err := shopify.ReadOrder(ctx, q, o.ID)
			if err != nil {
				return total, fmt.Errorf("read order %d: %w", o.ID, err)
			}
			if err := observe(ctx, s.DB, store.Delivery{ShopID: shopID, Platform: order.Shopify, Topic: shopify.TopicRead}, o.ID, body, at); err != nil {
				return total, err
			}
			day.Healed++
			total.Healed++
		}
		if after = next; next == "" {
			return total, nil
		}
	}
}

// DayReport holds our books of one day beside the store's own. Amounts are
// minor units of the shop's currency; a day is the shop's, by creation.
type DayReport struct {
	Day                   string // 2006-01-02
	Orders, StoreOrders   int64
	Total, StoreTotal     int64
	Difference            int64   // ours less the store's
	Unknown               []int64 // orders of the store's that we do not have; 20 at most
	Seen, Missing, Healed int64   // of the day's sweeps
}

// Compare reads the store's orders created on the days of [from, to) and holds
// their totals against ours, to the cent.
func (s *Sweeper) Compare(ctx context.Context, shopID int64, from, to time.Time) ([]DayReport, money.Currency, error) {
	var shop *store.Shop
	if err := s.DB.InTx(ctx, shopID, func(tx *store.Tx) (err error) { shop, err = tx.Shop(ctx); return err }); err != nil {
		return nil, "", err
	}
	cur := money.Currency(shop.Currency)
	zone, err := time.LoadLocation(shop.TimeZone)
	if err != nil {
		return nil, cur, err
	}
	var out []DayReport
	for day := from; day.Before(to); day = day.AddDate(0, 0, 1) {
		y, m, d := day.Date()
		start, end := time.Date(y, m, d, 0, 0, 0, 0, zone), time.Date(y, m, d+1, 0, 0, 0, 0, zone)
		r := DayReport{Day: day.Format(time.DateOnly)}
		var ours map[int64]int64
		if err := s.DB.InTx(ctx, shopID, func(tx *store.Tx) (err error) {
			if ours, err = tx.OrderTotals(ctx, start, end); err != nil {
				return err
			}
			sweeps, err := tx.SweepDays(ctx, time.Date(y, m, d, 0, 0, 0, 0, time.UTC), time.Date(y, m, d+1, 0, 0, 0, 0, time.UTC))
			for _, x := range sweeps {
				r.Seen, r.Missing, r.Healed = x.Seen, x.Missing, x.Healed
			}
			return err
		}); err != nil {
			return nil, cur, err
		}
		for _, total := range ours {
			r.Orders++
			r.Total += total
		}
		for after := ""; ; {
			page, next, err := shopify.OrdersSeen(ctx, s.query(shopID), shopify.ByCreation, start, end, after)
			if err != nil {
				return nil, cur, err
			}
			for _, o := range page {
				minor, err := money.ParseRounded(o.Total, cur)
				if err != nil {
					return nil, cur, fmt.Errorf("order %d: %w", o.ID, err)
				}
				r.StoreOrders++
				r.StoreTotal += minor
				if _, known := ours[o.ID]; !known && len(r.Unknown) < 20 {
					r.Unknown = append(r.Unknown, o.ID)
				}
			}
			if after = next; next == "" {
				break
			}
		}
		r.Difference = r.Total - r.StoreTotal
		out = append(out, r)
	}
	return out, cur, nil
}
