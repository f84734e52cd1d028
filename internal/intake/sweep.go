package intake

import (
	"context"
	"log/slog"
	"time"

	"tributary/internal/credential"
	"tributary/internal/domain/order"
	"tributary/internal/platform/shopify"
	"tributary/internal/platform/woocommerce"
	"tributary/internal/seal"
	"tributary/internal/store"
)

// Sweeper asks stores what they have changed, and reads the orders of which no
// webhook told: each becomes a delivery and is settled like one.
type Sweeper struct {
	DB   *store.DB
	Log  *slog.Logger
	Keys *seal.Keys
	// Access and WooCommerce are how stores are called.
	Access      *credential.Shopify
	WooCommerce *woocommerce.Client
	// Slots, if not nil, is how many stores may be called at once, so that slow
	// ones do not keep all workers.
	Slots chan struct{}
	// Files fetches what Shopify has put down for us; nil: files cannot be read.
	Files *shopify.Files
}

const (
	sweepEvery = 15 * time.Minute
	// sweepBehind gives webhooks, and the store's own search, time to arrive.
	sweepBehind = 10 * time.Minute
	// sweepOverlap looks again at the end of the sweep before: a WooCommerce store
	// may write a change a little later than it says.
	sweepOverlap = 5 * time.Minute
)

// Sweep is what one look at a store found.
type Sweep struct{ Seen, Missing, Healed int }

// slot takes one of the slots; false when all are taken.
func (s *Sweeper) slot() (release func(), ok bool) {
	if s.Slots == nil {
		return func() {}, true
	}
	select {
	case s.Slots <- struct{}{}:
		return func() { <-s.Slots }, true
	default:
		return nil, false
	}
}

// Shop looks at what a store has changed since the last look and, once in a
// night, at more; see night. It is safe to run twice and to be killed: what it
// read is stored before it says how far it came. When too many stores are being
// called nothing is done.
func (s *Sweeper) Shop(ctx context.Context, shopID int64) (Sweep, error) {
	release, ok := s.slot()
	if !ok {
		return Sweep{}, nil
	}
	defer release()
	var shop *store.Shop
	var c store.SweepState
	err := s.DB.InTx(ctx, shopID, func(tx *store.Tx) (err error) {
		if shop, err = tx.Shop(ctx); err != nil {
			return err
		}
		c, err = tx.SweepState(ctx)
		return err
	})
	if err != nil {
		return Sweep{}, err
	}
	zone, err := time.LoadLocation(shop.TimeZone)
	if err != nil {
		return Sweep{}, err
	}
	if c.Cursor.IsZero() {
		c.Cursor = shop.InstalledAt.Truncate(time.Second)
	}
	until := s.DB.Now().Add(-sweepBehind).Truncate(time.Second)
	days := map[time.Time]*store.SweepDay{}
	dayOf := func(at time.Time) *store.SweepDay {
		day := dateOf(at, zone)
		if days[day] == nil {
			days[day] = &store.SweepDay{Day: day}
		}
		return days[day]
	}
	shelf, err := s.shelfOf(ctx, shop)
	if store.IsNotFound(err) {
		return Sweep{}, s.DB.InTx(ctx, shopID, func(tx *store.Tx) error {
			return tx.SetSweep(ctx, c.Cursor, tx.Now.Add(time.Hour), 0, "nobody has given us keys")
		})
	}
	var total Sweep
	if err == nil && until.After(c.Cursor) {
		total, err = s.between(ctx, shelf, shop, c.Cursor, until, dayOf)
	} else {
		until = c.Cursor
	}
	if ctx.Err() != nil {
		return total, ctx.Err()
	}
	werr := s.DB.InTx(ctx, shopID, func(tx *store.Tx) error {
		if err != nil {
			s.Log.Warn("store not swept", "shop_id", shopID, "err", err)
			return tx.SetSweep(ctx, c.Cursor, tx.Now.Add(min(sweepEvery<<min(c.Attempts, 6), 12*time.Hour)), c.Attempts+1, shorten(err.Error()))
		}
		for _, d := range days {
			if err := tx.AddSweepDay(ctx, *d); err != nil {
				return err
			}
		}
		return tx.SetSweep(ctx, until, tx.Now.Add(sweepEvery), 0, "")
	})
	if err != nil || werr != nil || total.Healed > 0 { // what was found now has to be settled before a day can be compared
		return total, werr
	}
	more, err := s.night(ctx, shelf, shop, c, zone)
	return Sweep{total.Seen + more.Seen, total.Missing + more.Missing, total.Healed + more.Healed}, err
}

// dateOf is the shop's date of an instant, as midnight UTC.
func dateOf(at time.Time, zone *time.Location) time.Time {
	y, m, d := at.In(zone).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

func (s *Sweeper) between(ctx context.Context, h shelf, shop *store.Shop, since, until time.Time, dayOf func(time.Time) *store.SweepDay) (total Sweep, err error) {
	from := since
	if shop.Platform == order.WooCommerce && from.Add(-sweepOverlap).After(shop.InstalledAt) {
		from = from.Add(-sweepOverlap)
	}
	done := map[int64]bool{} // a list of a WooCommerce store shows some twice
	for after := ""; ; {
		page, next, err := h.seen(ctx, false, from, until, after)
		if err != nil {
			return total, err
		}
		known, err := s.known(ctx, shop.ID, page)
		if err != nil {
			return total, err
		}
		for _, o := range page {
			if done[o.ID] {
				continue
			}
			done[o.ID] = true
			fresh := !o.UpdatedAt.Before(since)
			day := dayOf(o.UpdatedAt)
			if fresh {
				day.Seen++
				total.Seen++
			}
			if v, ok := known[o.ID]; ok && !v.Before(o.UpdatedAt) {
				continue
			}
			day.Missing++
			total.Missing++
			if err := h.take(ctx, o.ID); err != nil {
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

// known is of these orders the store's own time of the newest change we know.
func (s *Sweeper) known(ctx context.Context, shopID int64, page []seenOrder) (known map[int64]time.Time, err error) {
	ids := make([]int64, len(page))
	for i, o := range page {
		ids[i] = o.ID
	}
	err = s.DB.InTx(ctx, shopID, func(tx *store.Tx) (err error) { known, err = tx.OrderVersions(ctx, ids); return err })
	return known, err
}
