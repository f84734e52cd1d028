package intake

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"tributary/internal/domain/money"
	"tributary/internal/domain/order"
	"tributary/internal/platform/woocommerce"
	"tributary/internal/store"
)

// nightHour is the hour of the shop's day after which a night's work may begin.
const nightHour = 2

// nightDays is how many of the days before a night holds against the store.
const nightDays = 7

// night does once a day what changes do not show. On WooCommerce every order on
// which something may still change is listed again: that is the only way to see
// a refund that was taken back, or an order erased for good. Then the days of
// the past week are held against the store's own orders, and what differs is
// read. It goes on where it was interrupted.
func (s *Sweeper) night(ctx context.Context, h shelf, shop *store.Shop, c store.SweepState, zone *time.Location) (total Sweep, err error) {
	now := s.DB.Now()
	today := dateOf(now, zone)
	if now.In(zone).Hour() < nightHour || !today.After(c.NightOn) || now.Sub(shop.InstalledAt) < 24*time.Hour {
		return Sweep{}, nil
	}
	if woo, ok := h.(*wooShelf); ok {
		if total, err = s.rereadOpen(ctx, woo, c.NightID); err != nil {
			return total, err
		}
	}
	from := today.AddDate(0, 0, -nightDays)
	if first := dateOf(shop.InstalledAt, zone).AddDate(0, 0, 1); from.Before(first) { // the day of the installation has orders from before it
		from = first
	}
	days, _, err := s.Compare(ctx, shop.ID, from, today, true)
	for _, d := range days {
		total.Missing += len(d.Unknown) + len(d.Extra) + len(d.Differs)
		total.Healed += int(d.Taken)
	}
	if err != nil {
		return total, err
	}
	return total, s.DB.InTx(ctx, shop.ID, func(tx *store.Tx) error { return tx.SetNight(ctx, today, 0) })
}

// rereadOpen lists the orders on which something may still change and asks for
// those to be read again that the store shows otherwise, or not at all.
func (s *Sweeper) rereadOpen(ctx context.Context, h *wooShelf, after int64) (total Sweep, err error) {
	for {
		var rows []store.OrderRow
		if err := s.DB.InTx(ctx, h.shopID, func(tx *store.Tx) (err error) {
			rows, err = tx.OpenOrders(ctx, after, woocommerce.MostByID)
			return err
		}); err != nil || len(rows) == 0 {
			return total, err
		}
		ids := make([]int64, len(rows))
		for i := range rows {
			ids[i] = rows[i].ID
		}
		shown, err := h.WooCommerce.OrdersByID(ctx, h.access, ids)
		if err != nil {
			return total, h.health(ctx, err)
		}
		byID := map[int64]woocommerce.SeenOrder{}
		for _, o := range shown {
			byID[o.ID] = o
		}
		var ask []int64
		for i := range rows {
			ours, err := rows[i].Order()
			if err != nil {
				return total, err
			}
			if o, ok := byID[ours.ID]; !sameOrder(ours, o, ok) {
				ask = append(ask, ours.ID)
			}
		}
		total.Seen += len(rows)
		total.Missing += len(ask)
		for _, id := range ask {
			if err := h.take(ctx, id); err != nil {
				return total, err
			}
			total.Healed++
		}
		after = ids[len(ids)-1]
		if err := s.DB.InTx(ctx, h.shopID, func(tx *store.Tx) error { return tx.SetNight(ctx, time.Time{}, after) }); err != nil {
			return total, err
		}
	}
}

// sameOrder tells whether a store shows an order as we have it.
func sameOrder(ours *order.Order, o woocommerce.SeenOrder, shown bool) bool {
	if !shown || ours.Deleted() {
		return !shown && ours.Deleted()
	}
	if ours.Snapshot.Version.Before(o.UpdatedAt) {
		return false
	}
	have := []int64{}
	for _, r := range ours.EffectiveRefunds() {
		have = append(have, r.ID)
	}
	slices.Sort(o.Refunds)
	return slices.Equal(have, o.Refunds) || len(have) == 0 && len(o.Refunds) == 0
}

// DayReport holds our books of one day beside the store's own. Amounts are
// minor units of the shop's currency; a day is the shop's, by creation.
type DayReport struct {
	Day                   string    `json:"day"` // 2006-01-02
	Orders                int64     `json:"orders"`
	StoreOrders           int64     `json:"store_orders"`
	Total                 int64     `json:"total"`
	StoreTotal            int64     `json:"store_total"`
	Difference            int64     `json:"difference"`        // ours less the store's
	Unknown               []int64   `json:"unknown,omitempty"` // the store has them and we do not; mostIDs at most, as of the others
	Extra                 []int64   `json:"extra,omitempty"`   // we have them and the store does not
	Differs               []int64   `json:"differs,omitempty"` // with another total
	Seen, Missing, Healed int64     `json:"-"`                 // of the day's sweeps
	Taken                 int64     `json:"-"`                 // of those three, that were read now
	ComparedAt            time.Time `json:"-"`
}

const mostIDs = 50

// Compare reads the store's orders created on the days of [from, to) and holds
// their totals against ours, to the cent. What differs is read anew when heal
// says so; it waits to be settled then. The days are kept for reports.
func (s *Sweeper) Compare(ctx context.Context, shopID int64, from, to time.Time, heal bool) ([]DayReport, money.Currency, error) {
	var shop *store.Shop
	if err := s.DB.InTx(ctx, shopID, func(tx *store.Tx) (err error) { shop, err = tx.Shop(ctx); return err }); err != nil {
		return nil, "", err
	}
	cur := money.Currency(shop.Currency)
	zone, err := time.LoadLocation(shop.TimeZone)
	if err != nil {
		return nil, cur, err
	}
	h, err := s.shelfOf(ctx, shop)
	if err != nil {
		return nil, cur, err
	}
	var out []DayReport
	for day := from; day.Before(to); day = day.AddDate(0, 0, 1) {
		r, err := s.compareDay(ctx, h, shop, cur, zone, day)
		if err != nil {
			return out, cur, err
		}
		if heal {
			for _, id := range slices.Concat(r.Unknown, r.Extra, r.Differs) {
				if err := h.take(ctx, id); err != nil {
					return out, cur, err
				}
				r.Taken++
			}
		}
		if err := s.keepReport(ctx, shopID, day, r); err != nil {
			return out, cur, err
		}
		out = append(out, r)
	}
	return out, cur, nil
}

func (s *Sweeper) compareDay(ctx context.Context, h shelf, shop *store.Shop, cur money.Currency, zone *time.Location, day time.Time) (DayReport, error) {
	y, m, d := day.Date()
	start, end := time.Date(y, m, d, 0, 0, 0, 0, zone), time.Date(y, m, d+1, 0, 0, 0, 0, zone)
	r := DayReport{Day: day.Format(time.DateOnly), ComparedAt: s.DB.Now()}
	var ours map[int64]int64
	if err := s.DB.InTx(ctx, shop.ID, func(tx *store.Tx) (err error) {
		ours, err = tx.OrderTotals(ctx, start, end)
		return err
	}); err != nil {
		return r, err
	}
	for _, total := range ours {
		r.Orders++
		r.Total += total
	}
	note := func(list *[]int64, id int64) {
		if len(*list) < mostIDs {
			*list = append(*list, id)
		}
	}
	done := map[int64]bool{}
	for after := ""; ; {
		page, next, err := h.seen(ctx, true, start, end, after)
		if err != nil {
			return r, err
		}
		for _, o := range page {
			if done[o.ID] {
				continue
			}
			done[o.ID] = true
			minor, err := money.ParseRounded(o.Total, cur)
			if err != nil {
				return r, fmt.Errorf("order %d: %w", o.ID, err)
			}
			r.StoreOrders++
			r.StoreTotal += minor
			if have, known := ours[o.ID]; !known {
				note(&r.Unknown, o.ID)
			} else if have != minor {
				note(&r.Differs, o.ID)
			}
		}
		if after = next; next == "" {
			break
		}
	}
	for id := range ours {
		if !done[id] {
			note(&r.Extra, id)
		}
	}
	slices.Sort(r.Extra)
	r.Difference = r.Total - r.StoreTotal
	return r, nil
}

func (s *Sweeper) keepReport(ctx context.Context, shopID int64, day time.Time, r DayReport) error {
	ids, err := json.Marshal(map[string][]int64{"unknown": r.Unknown, "extra": r.Extra, "differs": r.Differs})
	if err != nil {
		return err
	}
	return s.DB.InTx(ctx, shopID, func(tx *store.Tx) error {
		if err := tx.SetSweepReport(ctx, store.SweepReport{Day: day, Orders: r.Orders, StoreOrders: r.StoreOrders, Total: r.Total, StoreTotal: r.StoreTotal, IDs: string(ids), ComparedAt: r.ComparedAt}); err != nil {
			return err
		}
		if r.Taken == 0 {
			return nil
		}
		return tx.AddSweepDay(ctx, store.SweepDay{Day: day, Missing: r.Taken, Healed: r.Taken})
	})
}

// Reports lists what the days of [from, to) came to when they were last held
// against the store. Days that never were have a zero ComparedAt.
func Reports(ctx context.Context, tx *store.Tx, from, to time.Time) ([]DayReport, error) {
	rows, err := tx.SweepDays(ctx, from, to)
	if err != nil {
		return nil, err
	}
	out := make([]DayReport, len(rows))
	for i, x := range rows {
		r := DayReport{Day: x.Day.Format(time.DateOnly), Seen: x.Seen, Missing: x.Missing, Healed: x.Healed}
		if p := x.Report; p != nil {
			r.Orders, r.StoreOrders, r.Total, r.StoreTotal, r.ComparedAt = p.Orders, p.StoreOrders, p.Total, p.StoreTotal, p.ComparedAt
			r.Difference = r.Total - r.StoreTotal
			if err := json.Unmarshal([]byte(p.IDs), &r); err != nil {
				return nil, fmt.Errorf("read the report of %s: %w", r.Day, err)
			}
		}
		out[i] = r
	}
	return out, nil
}
