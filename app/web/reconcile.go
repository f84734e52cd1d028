package web

import (
	"context"
	"strconv"
	"time"

	"tributary/internal/errs"
	"tributary/internal/intake"
	"tributary/internal/store"
)

// reconcileTable is the part of the route table about our books beside the
// store's.
func (s *Server) reconcileTable() []route {
	return []route{
		{get, "/reconciliation", read, "List days held against the store's own orders", reads(s.reconciliation)},
		{get, "/backfills", read, "List readings of a store's history with their progress", reads(s.listBackfills)},
		{post, "/backfills", write, "Read a store's history", writesThen(s.createBackfill, s.startBackfill)},
		{get, "/backfills/{id}", read, "Get a reading of a store's history", reads(s.getBackfill)},
		{post, "/backfills/{id}/cancel", write, "Stop reading a store's history", writes(s.cancelBackfill)},
	}
}

type reconciliationIn struct {
	From string `query:"from" doc:"First day of the shop's calendar; a week ago by default" example:"2026-11-01"`
	To   string `query:"to" doc:"Last day; today by default"`
}

// Reconciliation is our books of some days beside the store's.
type Reconciliation struct {
	Days      []ReconciledDay `json:"days"`
	SweptTo   *time.Time      `json:"swept_to,omitempty" doc:"Every change in the store before has been looked at"`
	NextSweep *time.Time      `json:"next_sweep,omitempty"`
	Note      string          `json:"note,omitempty" doc:"Why the last sweep failed"`
}

// ReconciledDay is a day of the shop's calendar.
type ReconciledDay struct {
	Day         string     `json:"day" example:"2026-11-01"`
	Seen        int64      `json:"seen" doc:"Changes of orders that the store showed"`
	Missing     int64      `json:"missing" doc:"Of which no webhook had told"`
	Healed      int64      `json:"healed" doc:"Of which were read and taken in"`
	Orders      *int64     `json:"orders,omitempty" doc:"Created on that day, here; absent until the day was compared"`
	StoreOrders *int64     `json:"store_orders,omitempty"`
	Total       *Money     `json:"total,omitempty"`
	StoreTotal  *Money     `json:"store_total,omitempty"`
	Difference  *Money     `json:"difference,omitempty" doc:"Ours less the store's"`
	Unknown     []string   `json:"unknown,omitempty" doc:"Orders that the store has and we have not, the first 50"`
	Extra       []string   `json:"extra,omitempty" doc:"Orders that we have and the store has not"`
	Differs     []string   `json:"differs,omitempty" doc:"Orders with another total"`
	ComparedAt  *time.Time `json:"compared_at,omitempty"`
}

func (s *Server) reconciliation(ctx context.Context, tx *store.Tx, in *reconciliationIn) (Reconciliation, error) {
	shop, err := tx.Shop(ctx)
	if err != nil {
		return Reconciliation{}, err
	}
	zone, err := time.LoadLocation(shop.TimeZone)
	if err != nil {
		return Reconciliation{}, err
	}
	y, m, d := tx.Now.In(zone).Date()
	to := time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	from := to.AddDate(0, 0, -6)
	var fields []errs.Field
	day := func(path, text string, into *time.Time) {
		if text == "" {
			return
		}
		t, err := time.Parse(time.DateOnly, text)
		if err != nil {
			fields = append(fields, errs.Field{Path: "query." + path, Msg: "must be a day such as 2026-11-01"})
		}
		*into = t
	}
	day("from", in.From, &from)
	day("to", in.To, &to)
	if fields == nil && (to.Before(from) || to.Sub(from) > 400*24*time.Hour) {
		fields = append(fields, errs.Field{Path: "query.to", Msg: "must not be before from, nor more than 400 days after"})
	}
	if fields != nil {
		return Reconciliation{}, errs.New(errs.Invalid, "invalid_days", "These are no days to compare.", fields...)
	}
	days, err := intake.Reports(ctx, tx, from, to.AddDate(0, 0, 1))
	if err != nil {
		return Reconciliation{}, err
	}
	state, err := tx.SweepState(ctx)
	if err != nil {
		return Reconciliation{}, err
	}
	out := Reconciliation{Days: []ReconciledDay{}, SweptTo: utcOrNil(state.Cursor), NextSweep: utcOrNil(state.NextAt), Note: state.Note}
	cur := shop.Currency
	for _, r := range days {
		d := ReconciledDay{Day: r.Day, Seen: r.Seen, Missing: r.Missing, Healed: r.Healed, ComparedAt: utcOrNil(r.ComparedAt)}
		if d.ComparedAt != nil {
			d.Orders, d.StoreOrders = &r.Orders, &r.StoreOrders
			total, stores, difference := asMoney(r.Total, cur), asMoney(r.StoreTotal, cur), asMoney(r.Difference, cur)
			d.Total, d.StoreTotal, d.Difference = &total, &stores, &difference
			d.Unknown, d.Extra, d.Differs = idTexts(r.Unknown), idTexts(r.Extra), idTexts(r.Differs)
		}
		out.Days = append(out.Days, d)
	}
	return out, nil
}

func idTexts(ids []int64) (out []string) {
	for _, id := range ids {
		out = append(out, strconv.FormatInt(id, 10))
	}
	return out
}

// Backfill is the reading of a store's history.
type Backfill struct {
	ID      string     `json:"id" example:"bkf_3"`
	Since   time.Time  `json:"since"`
	Until   time.Time  `json:"until"`
	State   string     `json:"state" enum:"waiting,running,reading,done,failed,cancelled" doc:"running: the store writes its orders down, in its own time"`
	Total   int64      `json:"total" doc:"Orders, as far as the store has told"`
	Seen    int64      `json:"seen"`
	Taken   int64      `json:"taken" doc:"Orders that were not here, or not as they are"`
	Note    string     `json:"note,omitempty"`
	AskedAt time.Time  `json:"asked_at"`
	DoneAt  *time.Time `json:"done_at,omitempty"`
	Percent *int64     `json:"percent,omitempty" doc:"Of what the store has written down"`
}

func asBackfill(b *store.Backfill) Backfill {
	out := Backfill{ID: formatID("bkf", b.ID), Since: b.Since, Until: b.Until, State: b.State, Total: max(b.Total, b.Seen), Seen: b.Seen, Taken: b.Taken, Note: b.Note,
		AskedAt: b.AskedAt, DoneAt: utcOrNil(b.DoneAt)}
	if b.FileBytes > 0 {
		p := 100 * b.ReadBytes / b.FileBytes
		out.Percent = &p
	}
	return out
}

func (s *Server) listBackfills(ctx context.Context, tx *store.Tx, _ *none) (List[Backfill], error) {
	rows, err := tx.Backfills(ctx)
	if err != nil {
		return List[Backfill]{}, err
	}
	return listOf(rows, nil, asBackfill), nil
}

type backfillIn struct {
	Body struct {
		Since time.Time  `json:"since" doc:"Orders created from then on"`
		Until *time.Time `json:"until,omitempty" doc:"Until then; now by default"`
	}
}

func (s *Server) createBackfill(ctx context.Context, tx *store.Tx, in *backfillIn) (Backfill, error) {
	until := tx.Now
	if in.Body.Until != nil {
		until = *in.Body.Until
	}
	b, err := intake.AskBackfill(ctx, tx, in.Body.Since, until)
	if err != nil {
		return Backfill{}, err
	}
	return asBackfill(b), nil
}

func (s *Server) startBackfill(ctx context.Context, _ *backfillIn, _ Backfill) error {
	if s.WakeBackfill != nil {
		s.WakeBackfill(callerFrom(ctx).ShopID)
	}
	return nil
}

func backfillOf(ctx context.Context, tx *store.Tx, id string) (*store.Backfill, error) {
	n, err := parseID("bkf", id)
	if err != nil {
		return nil, err
	}
	b, err := tx.Backfill(ctx, n)
	if store.IsNotFound(err) {
		return nil, errs.New(errs.NotFound, "backfill_not_found", "There is no such reading of history in this shop.")
	}
	return b, err
}

func (s *Server) getBackfill(ctx context.Context, tx *store.Tx, in *IDIn) (Backfill, error) {
	b, err := backfillOf(ctx, tx, in.ID)
	if err != nil {
		return Backfill{}, err
	}
	return asBackfill(b), nil
}

func (s *Server) cancelBackfill(ctx context.Context, tx *store.Tx, in *IDIn) (Backfill, error) {
	b, err := backfillOf(ctx, tx, in.ID)
	if err != nil {
		return Backfill{}, err
	}
	b.State, b.FileURL = store.BackfillCancelled, ""
	ok, err := tx.SetBackfill(ctx, b)
	if err != nil {
		return Backfill{}, err
	}
	if !ok {
		return Backfill{}, errs.New(errs.Conflict, "backfill_over", "It is over already.")
	}
	if b, err = tx.Backfill(ctx, b.ID); err != nil {
		return Backfill{}, err
	}
	return asBackfill(b), nil
}
