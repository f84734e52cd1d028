package intake

import (
	"bytes"
	"context"
	"fmt"
	"sort"
	"strconv"
	"time"

	"tributary/internal/domain/attribution"
	"tributary/internal/domain/order"
	"tributary/internal/store"
)

// work is one settlement in one transaction: a set of orders, what is known of
// them, and what changes.
type work struct {
	ctx  context.Context
	s    *Settler
	tx   *store.Tx
	shop store.ShopForSettling

	orders map[int64]*entry
	prog   programme
	past   map[string][]store.CustomerOrder // by customer key, ascending by (CreatedAt, ID)

	changed  int
	journals int
	// dry, if not nil, collects what would change; nothing is written.
	dry *[]store.Difference
}

// entry is one order in the work.
type entry struct {
	o   *order.Order
	row store.OrderRow // ID 0: not stored yet

	dirty    bool // the order itself changed
	changeAt time.Time

	decision attribution.Decision
	earnings []*store.EarningRow // as stored
	frozen   bool                // a hold has passed: the decision is final
}

func (s *Settler) newWork(ctx context.Context, tx *store.Tx) (*work, error) {
	shop, err := tx.ShopForSettling(ctx)
	if err != nil {
		return nil, err
	}
	return &work{ctx: ctx, s: s, tx: tx, shop: shop, orders: map[int64]*entry{}, past: map[string][]store.CustomerOrder{}}, nil
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
		state, err := decompress(r.State)
		if err != nil {
			return poison{fmt.Errorf("order %d: %w", r.ID, err)}
		}
		o, err := order.Decode(state)
		if err != nil {
			return poison{fmt.Errorf("order %d: %w", r.ID, err)}
		}
		w.orders[r.ID] = &entry{o: o, row: r, changeAt: lastChange(o)}
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

// loadHistory loads the other orders of the same customers. An order that
// arrives late, or turns out to be paid, changes what later orders of its
// customer are (first or returning, bound or not), so those join the work.
func (w *work) loadHistory() error {
	keys := map[string]bool{}
	for _, e := range w.orders {
		if k := customerKey(e.o); k != "" {
			keys[k] = true
		}
	}
	list := make([]string, 0, len(keys))
	for k := range keys {
		list = append(list, k)
	}
	sort.Strings(list)
	rows, err := w.tx.OrdersOfCustomers(w.ctx, list)
	if err != nil {
		return err
	}
	for _, r := range rows {
		w.past[r.CustomerKey] = append(w.past[r.CustomerKey], r)
	}
	var later []int64
	for _, e := range w.orders {
		if !e.dirty || e.o.Snapshot.CreatedAt.IsZero() {
			continue
		}
		k := customerKey(e.o)
		if e.row.ID != 0 && e.row.CustomerKey == k && e.row.Payment == int16(e.o.PaymentNow()) && e.row.CreatedAt.Equal(e.o.Snapshot.CreatedAt) {
			continue // nothing that the customer's history is made of
		}
		for _, r := range w.past[k] {
			if r.DecisionNumber > 0 && w.orders[r.ID] == nil && before(e.o.Snapshot.CreatedAt, e.o.ID, r.CreatedAt, r.ID) {
				later = append(later, r.ID)
			}
		}
	}
	if len(later) == 0 {
		return nil
	}
	return w.load(later)
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

// decide says whose each order is and writes orders and new decisions.
func (w *work) decide() error {
	list := w.inOrder()
	if err := w.loadProgramme(list); err != nil {
		return err
	}
	withDecision := make([]int64, 0, len(list))
	for _, e := range list {
		if e.row.DecisionNumber > 0 {
			withDecision = append(withDecision, e.row.ID)
		}
	}
	stored, err := w.tx.LatestDecisions(w.ctx, withDecision)
	if err != nil {
		return err
	}
	var rows []store.OrderRow
	var decisions []store.DecisionRow
	for _, e := range list {
		old, has := stored[e.o.ID]
		if e.frozen && has {
			if e.decision, err = attribution.Decode(old.Bytes); err != nil {
				return poison{fmt.Errorf("order %d, decision %d: %w", e.o.ID, old.Number, err)}
			}
		} else {
			e.decision = attribution.Decide(w.evidence(e))
			b := e.decision.Encode()
			if w.dry != nil {
				if has || len(e.decision.Candidates) > 0 {
					w.differsDecision(e.o.ID, b, old.Bytes)
				}
				continue
			}
			if has && !bytes.Equal(b, old.Bytes) || !has && len(e.decision.Candidates) > 0 {
				e.row.DecisionNumber = old.Number + 1
				decisions = append(decisions, store.DecisionRow{OrderID: e.o.ID, Number: e.row.DecisionNumber, Bytes: b})
				e.dirty = true
			}
		}
		if e.dirty {
			w.fillRow(e)
			rows = append(rows, e.row)
			w.remember(e)
		}
	}
	if err := w.tx.UpsertOrders(w.ctx, rows); err != nil {
		return err
	}
	return w.tx.InsertDecisions(w.ctx, decisions)
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
	r.State = compress(order.Encode(e.o))
}

// remember puts the order into its customer's history, for the customer's
// later orders in the same work.
func (w *work) remember(e *entry) {
	if e.row.CustomerKey == "" || e.row.CreatedAt.IsZero() {
		return
	}
	now := store.CustomerOrder{ID: e.row.ID, CustomerKey: e.row.CustomerKey, CreatedAt: e.row.CreatedAt, Payment: e.row.Payment,
		InfluencerID: e.row.InfluencerID, VersionID: e.row.VersionID, Via: e.row.Via, DecisionNumber: e.row.DecisionNumber}
	h := w.past[now.CustomerKey]
	for i := range h {
		if h[i].ID == now.ID {
			h = append(h[:i:i], h[i+1:]...)
			break
		}
	}
	at := sort.Search(len(h), func(i int) bool { return before(now.CreatedAt, now.ID, h[i].CreatedAt, h[i].ID) })
	h = append(h, store.CustomerOrder{})
	copy(h[at+1:], h[at:])
	h[at] = now
	w.past[now.CustomerKey] = h
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
	for _, t := range []time.Time{o.DeletedAt} {
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
