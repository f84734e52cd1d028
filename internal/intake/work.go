package intake

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"sort"
	"strconv"
	"time"

	"tributary/internal/domain/attribution"
	"tributary/internal/domain/order"
	"tributary/internal/domain/terms"
	"tributary/internal/earning"
	"tributary/internal/store"
)

// work is one settlement in one transaction: a set of orders, what is known of
// them, and what changes.
type work struct {
	ctx  context.Context
	s    *Settler
	tx   *store.Tx
	shop store.ShopForSettling
	book *earning.Book

	orders map[int64]*entry
	prog   programme
	past   map[string][]store.CustomerOrder // by customer key, ascending by (CreatedAt, ID)

	changed int
}

// entry is one order in the work.
type entry struct {
	o   *order.Order
	row store.OrderRow // ID 0: not stored yet

	dirty    bool // the order itself changed
	changeAt time.Time

	was      store.CustomerOrder // its place in its customer's history, as stored
	stored   *store.DecisionRow  // the decision in force; nil: none
	final    []byte              // the decision that a replay must keep; nil: none
	decision attribution.Decision
	earnings []*store.EarningRow // as stored
	frozen   bool                // a hold has passed: the decision is final
	awaits   [][16]byte          // clicks of ours that it names and that have not come
}

func (s *Settler) newWork(ctx context.Context, tx *store.Tx) (*work, error) {
	book, err := earning.NewBook(ctx, tx)
	if err != nil {
		return nil, err
	}
	book.Original, book.Uncounted = s.original, s.Uncounted
	return &work{ctx: ctx, s: s, tx: tx, shop: book.Shop, book: book, orders: map[int64]*entry{}, past: map[string][]store.CustomerOrder{}}, nil
}

// apply joins what the deliveries say into the orders' state.
func (w *work) apply(chunk []item) error {
	var ids []int64
	for i := range chunk {
		if chunk[i].err == nil && chunk[i].fact != nil {
			ids = append(ids, chunk[i].fact.OrderID)
		}
	}
	if err := w.load(ids); err != nil {
		return err
	}
	for i := range chunk {
		it := &chunk[i]
		if it.err != nil || it.fact == nil {
			continue
		}
		e := w.orders[it.fact.OrderID]
		if e == nil {
			e = &entry{o: &order.Order{Platform: it.fact.Platform, ID: it.fact.OrderID}}
			w.orders[it.fact.OrderID] = e
		}
		if e.o.Apply(*it.fact) {
			e.dirty = true
		}
	}
	for _, e := range w.orders {
		if e.dirty {
			w.changed++
			e.changeAt = lastChange(e.o)
		}
	}
	return w.loadHistory()
}

// load brings orders and their earnings into the work.
func (w *work) load(ids []int64) error {
	rows, err := w.tx.OrdersByID(w.ctx, ids)
	if err != nil {
		return err
	}
	return w.take(rows)
}

// take puts stored orders and their earnings into the work.
func (w *work) take(rows []store.OrderRow) error {
	known := make([]int64, 0, len(rows))
	for _, r := range rows {
		if w.orders[r.ID] != nil {
			continue
		}
		o, err := r.Order()
		if err != nil {
			return poison{err}
		}
		w.orders[r.ID] = &entry{o: o, row: r, was: placeOf(&r), changeAt: lastChange(o)}
		known = append(known, r.ID)
	}
	earnings, err := w.tx.EarningsOfOrders(w.ctx, known)
	if err != nil {
		return err
	}
	for i := range earnings {
		e := w.orders[earnings[i].Source]
		e.earnings = append(e.earnings, &earnings[i])
		e.frozen = e.frozen || !earnings[i].LockedAt.IsZero()
	}
	return nil
}

// loadHistory loads the history of the customers whose orders are in the work,
// those an order has left included.
func (w *work) loadHistory() error {
	keys := set{}
	for _, e := range w.orders {
		for _, k := range []string{customerKey(e.o), e.was.CustomerKey} {
			if _, known := w.past[k]; !known {
				keys.add(k)
			}
		}
	}
	rows, err := w.tx.OrdersOfCustomers(w.ctx, keys.list())
	if err != nil {
		return err
	}
	for k := range keys {
		w.past[k] = nil // known, if empty
	}
	for _, r := range rows {
		w.past[r.CustomerKey] = append(w.past[r.CustomerKey], r)
	}
	return nil
}

// inOrder is the work in the order in which things happened in the store,
// which is the same whatever the order of arrival.
func (w *work) inOrder() []*entry {
	out := make([]*entry, 0, len(w.orders))
	for _, e := range w.orders {
		out = append(out, e)
	}
	sort.Slice(out, func(i, j int) bool {
		return before(out[i].o.Snapshot.CreatedAt, out[i].o.ID, out[j].o.Snapshot.CreatedAt, out[j].o.ID)
	})
	return out
}

// decide says whose each order is.
//
// An order that arrives late, turns out to be paid or turns out to be somebody's
// changes what later orders of its customer are: first or returning, bound or
// not. Those then join the work.
func (w *work) decide() error {
	for {
		list := w.inOrder()
		if err := w.loadProgramme(list); err != nil {
			return err
		}
		if err := w.loadDecisions(list); err != nil {
			return err
		}
		if err := w.loadFinal(list); err != nil {
			return err
		}
		for _, e := range list {
			if err := w.decideOne(e); err != nil {
				return err
			}
		}
		if w.book.Dry != nil {
			return w.checkGiveaways(list)
		}
		later := w.laterOrders(list)
		if len(later) == 0 {
			return nil
		}
		if err := w.load(later); err != nil {
			return err
		}
		if err := w.loadHistory(); err != nil {
			return err
		}
	}
}

// loadDecisions loads the decisions in force that are not loaded yet.
func (w *work) loadDecisions(list []*entry) error {
	var ids []int64
	for _, e := range list {
		if e.row.DecisionNumber > 0 && e.stored == nil {
			ids = append(ids, e.o.ID)
		}
	}
	stored, err := w.tx.LatestDecisions(w.ctx, ids)
	if err != nil {
		return err
	}
	for _, id := range ids {
		if d, ok := stored[id]; ok {
			w.orders[id].stored = &d
		}
	}
	return nil
}

// decideOne decides an order, unless its decision is final.
func (w *work) decideOne(e *entry) error {
	if final, ok := w.finalDecision(e); ok {
		d, err := attribution.Decode(final)
		if err != nil {
			return poison{fmt.Errorf("order %d, final decision: %w", e.o.ID, err)}
		}
		e.decision = d
	} else {
		e.decision = attribution.Decide(w.evidence(e))
	}
	if w.book.Dry == nil {
		w.remember(e)
		return nil
	}
	var old []byte
	if e.stored != nil {
		old = e.stored.Bytes
	}
	if b := e.decision.Encode(); e.stored != nil || len(e.decision.Candidates) > 0 {
		w.differsDecision(e.o.ID, b, old)
	}
	return nil
}

// finalDecision is the decision that stands because a hold has passed.
func (w *work) finalDecision(e *entry) ([]byte, bool) {
	if e.final != nil {
		return e.final, true
	}
	if e.frozen && e.stored != nil {
		return e.stored.Bytes, true
	}
	return nil, false
}

// loadFinal lets a replay take final decisions from the original: evidence that
// came later changed nothing there, and must not here.
func (w *work) loadFinal(list []*entry) error {
	if w.s.original == nil {
		return nil
	}
	ids := make([]int64, len(list))
	for i, e := range list {
		ids[i] = e.o.ID
	}
	final, err := w.s.original.FinalDecisions(w.ctx, w.tx, ids)
	for id, d := range final {
		w.orders[id].final = d
	}
	return err
}

// laterOrders is the stored orders not in the work whose customer's history
// has changed before them.
func (w *work) laterOrders(list []*entry) []int64 {
	later := map[int64]bool{}
	for _, e := range list {
		now := w.place(e)
		if now.Same(&e.was) {
			continue
		}
		for _, place := range []store.CustomerOrder{now, e.was} {
			if place.CreatedAt.IsZero() {
				continue
			}
			for _, r := range w.past[place.CustomerKey] {
				if w.orders[r.ID] == nil && before(place.CreatedAt, e.o.ID, r.CreatedAt, r.ID) {
					later[r.ID] = true
				}
			}
		}
	}
	return keysOf(later)
}

// writeOrders writes the orders that changed and the decisions that are new.
func (w *work) writeOrders() error {
	var rows []store.OrderRow
	var decisions []store.DecisionRow
	list := w.inOrder()
	for _, e := range list {
		b := e.decision.Encode()
		if e.stored != nil && !bytes.Equal(b, e.stored.Bytes) || e.stored == nil && len(e.decision.Candidates) > 0 {
			e.row.DecisionNumber++
			decisions = append(decisions, store.DecisionRow{OrderID: e.o.ID, Number: e.row.DecisionNumber, Bytes: b})
			e.dirty = true
		}
		if e.dirty {
			w.fillRow(e)
			rows = append(rows, e.row)
		}
	}
	if err := w.tx.UpsertOrders(w.ctx, rows); err != nil {
		return err
	}
	if err := w.tx.InsertDecisions(w.ctx, decisions); err != nil {
		return err
	}
	for _, e := range list {
		if err := w.tx.AwaitClicks(w.ctx, e.o.ID, e.awaits); err != nil {
			return err
		}
	}
	return w.enterGiveaways(list)
}

func (w *work) fillRow(e *entry) {
	sn, d, r := &e.o.Snapshot, &e.decision, &e.row
	r.ID, r.Name, r.Payment = e.o.ID, e.o.Name, int16(e.o.PaymentNow())
	r.CreatedAt, r.PaidAt = sn.CreatedAt, sn.PaidAt
	r.Currency, r.Total = string(sn.Currency), sn.Total
	if r.Currency == "" {
		r.Currency = w.shop.Currency
	}
	r.CustomerKey = customerKey(e.o)
	r.Outcome = string(d.Outcome)
	r.InfluencerID, r.VersionID, r.Via = 0, 0, ""
	if len(d.Shares) > 0 {
		r.InfluencerID, r.VersionID, r.Via = d.Shares[0].InfluencerID, d.Shares[0].VersionID, string(d.Shares[0].Via)
	}
	r.Acquired = w.place(e).Acquired
	r.State = store.Pack(order.Encode(e.o))
}

// place is the order's place in its customer's history.
func (w *work) place(e *entry) store.CustomerOrder {
	p := store.CustomerOrder{ID: e.o.ID, CustomerKey: customerKey(e.o), CreatedAt: e.o.Snapshot.CreatedAt, Payment: int16(e.o.PaymentNow())}
	if d := &e.decision; len(d.Shares) > 0 {
		p.InfluencerID, p.VersionID, p.Via = d.Shares[0].InfluencerID, d.Shares[0].VersionID, string(d.Shares[0].Via)
		p.Acquired = d.Customer == terms.New && order.Payment(p.Payment) == order.PaymentPaid
	}
	return p
}

func placeOf(r *store.OrderRow) store.CustomerOrder {
	return store.CustomerOrder{ID: r.ID, CustomerKey: r.CustomerKey, CreatedAt: r.CreatedAt, Payment: r.Payment,
		InfluencerID: r.InfluencerID, VersionID: r.VersionID, Via: r.Via, Acquired: r.Acquired}
}

// remember puts the order into its customer's history, for the customer's
// later orders in the same work.
func (w *work) remember(e *entry) {
	now := w.place(e)
	for _, k := range []string{e.was.CustomerKey, now.CustomerKey} {
		if k == "" {
			continue
		}
		if i := slices.IndexFunc(w.past[k], func(p store.CustomerOrder) bool { return p.ID == now.ID }); i >= 0 {
			w.past[k] = slices.Delete(w.past[k], i, i+1)
		}
	}
	if now.CustomerKey == "" || now.CreatedAt.IsZero() {
		return
	}
	h := w.past[now.CustomerKey]
	at := sort.Search(len(h), func(i int) bool { return before(now.CreatedAt, now.ID, h[i].CreatedAt, h[i].ID) })
	w.past[now.CustomerKey] = slices.Insert(h, at, now)
}

// customerKey names the buyer across orders: the store's customer id, or for a
// guest the hash of the normalised e-mail.
func customerKey(o *order.Order) string {
	c := &o.Snapshot.Customer
	switch {
	case c.EmailHash != "":
		return c.EmailHash
	case c.ID != 0:
		return strconv.FormatInt(c.ID, 10)
	default:
		return ""
	}
}

// lastChange is when the newest thing we know about the order happened.
func lastChange(o *order.Order) time.Time {
	at := o.Snapshot.Version
	for _, t := range []time.Time{o.DeletedAt, o.Bin.Told()} {
		if t.After(at) {
			at = t
		}
	}
	for i := range o.Refunds {
		if o.Refunds[i].At.After(at) {
			at = o.Refunds[i].At
		}
	}
	return at
}

func before(a time.Time, ai int64, b time.Time, bi int64) bool {
	if c := a.Compare(b); c != 0 {
		return c < 0
	}
	return ai < bi
}
