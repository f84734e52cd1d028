package intake

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"strings"

	"tributary/internal/domain/order"
	"tributary/internal/platform"
	"tributary/internal/store"
)

// forgetAtOnce is how many rows one transaction forgets somebody in.
const forgetAtOnce = 500

// forgetCustomer forgets one buyer (customers/redact): raw deliveries of their
// orders become what was understood of them, the store's customer id becomes a
// number of ours, forms lose what they say. What earned and what was posted
// stays, and so does all that a decision rests on: keyed hashes.
func (s *Settler) forgetCustomer(ctx context.Context, shopID int64, r *store.PrivacyRequest) error {
	return s.db.InTx(ctx, shopID, func(tx *store.Tx) error {
		if err := tx.LockShop(ctx); err != nil {
			return err
		}
		p, err := s.person(ctx, tx, r)
		if err != nil {
			return err
		}
		f, err := newForgetting(ctx, tx, p.hash)
		if err != nil {
			return err
		}
		rows, err := p.orders(ctx, tx)
		if err != nil {
			return err
		}
		if err := f.orders(ctx, rows); err != nil {
			return err
		}
		ids := make([]int64, 0, len(rows)+len(p.Orders))
		for i := range rows {
			ids = append(ids, rows[i].ID)
		}
		ids = append(ids, p.Orders...)
		if len(ids) > 0 {
			if err := f.deliveries(ctx, ids, false, nil); err != nil {
				return err
			}
		}
		if err := f.deliveries(ctx, nil, false, p.mentioned()); err != nil {
			return err
		}
		if err := f.forms(ctx, p.emailHash); err != nil {
			return err
		}
		for _, text := range []string{p.Email, p.Phone} {
			if text == "" {
				continue
			}
			if err := tx.ForgetMentions(ctx, text); err != nil {
				return err
			}
		}
		if err := s.forgetReports(ctx, tx, p); err != nil {
			return err
		}
		return tx.FinishPrivacyRequest(ctx, r.ID, fmt.Sprintf("%d orders", len(rows)), nil)
	})
}

// forgetReports forgets the answers to data requests of the person.
func (s *Settler) forgetReports(ctx context.Context, tx *store.Tx, p *person) error {
	all, err := tx.Reports(ctx)
	if err != nil {
		return err
	}
	var ids []int64
	for i := range all {
		x, err := ReportOf(s.keys, tx.ShopID, &all[i])
		if err != nil {
			return err
		}
		if p.emailHash != "" && p.hash.Email(x.Email) == p.emailHash || p.CustomerID != 0 && x.CustomerID == fmt.Sprint(p.CustomerID) {
			ids = append(ids, all[i].ID)
		}
	}
	return tx.ForgetReports(ctx, ids)
}

// forgetShop forgets every buyer of a shop that has left (shop/redact), and
// destroys the key of its hashes: nothing that stays can be compared with
// a person any more. A shop that came back keeps everything.
func (s *Settler) forgetShop(ctx context.Context, shopID int64, r *store.PrivacyRequest) error {
	back := false
	if err := s.db.InTx(ctx, shopID, func(tx *store.Tx) error {
		shop, err := tx.Shop(ctx)
		if err != nil {
			return err
		}
		if back = shop.UninstalledAt == nil; back {
			return tx.FinishPrivacyRequest(ctx, r.ID, "The shop has the app again.", nil)
		}
		return nil
	}); err != nil || back {
		return err
	}
	for _, step := range []func(*forgetting, context.Context) (int, error){(*forgetting).everyDelivery, (*forgetting).everyOrder, (*forgetting).everyLead} {
		var f *forgetting
		for more := 1; more > 0; {
			if err := s.db.InTx(ctx, shopID, func(tx *store.Tx) error {
				if err := tx.LockShop(ctx); err != nil {
					return err
				}
				p, err := s.person(ctx, tx, r)
				if err != nil {
					return err
				}
				next, err := newForgetting(ctx, tx, p.hash)
				if err != nil {
					return err
				}
				if f != nil {
					next.after, next.cursor = f.after, f.cursor
				}
				f = next
				more, err = step(f, ctx)
				return err
			}); err != nil {
				return err
			}
		}
	}
	return s.db.InTx(ctx, shopID, func(tx *store.Tx) error {
		if err := tx.LockShop(ctx); err != nil {
			return err
		}
		if err := tx.RedactForms(ctx, ""); err != nil {
			return err
		}
		if err := tx.ForgetMentions(ctx, ""); err != nil {
			return err
		}
		if err := tx.ForgetShop(ctx); err != nil {
			return err
		}
		return tx.FinishPrivacyRequest(ctx, r.ID, "", nil)
	})
}

// forgetting rewrites what tells of people in one transaction.
type forgetting struct {
	tx          *store.Tx
	hash        platform.Hash
	influencers map[int64]bool // customer ids that a decision may rest on: they are in the programme

	after  int64
	cursor store.StoredCursor
}

func newForgetting(ctx context.Context, tx *store.Tx, hash platform.Hash) (*forgetting, error) {
	influencers, err := tx.InfluencerCustomers(ctx)
	return &forgetting{tx: tx, hash: hash, influencers: influencers}, err
}

// forgotten is the number that stands for a store's customer id once it is
// forgotten: always the same one, below zero, and nobody's.
func forgotten(hash platform.Hash, id int64) int64 {
	if id <= 0 {
		return id
	}
	sum := sha256.Sum256([]byte(hash(fmt.Sprintf("customer\n%d", id))))
	return -int64(binary.BigEndian.Uint64(sum[:8])>>1) - 1 //nolint:gosec // 63 bits
}

func (f *forgetting) customer(c *order.Customer) {
	if !f.influencers[c.ID] {
		c.ID = forgotten(f.hash, c.ID)
	}
}

// orders forgets the store's customer id in orders.
func (f *forgetting) orders(ctx context.Context, rows []store.OrderRow) error {
	for i := range rows {
		o, err := rows[i].Order()
		if err != nil {
			return err
		}
		f.customer(&o.Snapshot.Customer)
		rows[i].CustomerKey, rows[i].State = customerKey(o), store.Pack(order.Encode(o))
	}
	return f.tx.UpsertOrders(ctx, rows)
}

// deliveries redacts the raw deliveries of orders; without any those of no order
// that mention somebody; with all every one.
func (f *forgetting) deliveries(ctx context.Context, orders []int64, all bool, mentioned func(body []byte) bool) error {
	var cursor store.StoredCursor
	for {
		ds, err := f.tx.RawDeliveries(ctx, &cursor, orders, all, forgetAtOnce)
		if err != nil || len(ds) == 0 {
			return err
		}
		if err := f.redact(ctx, ds, mentioned); err != nil {
			return err
		}
	}
}

func (f *forgetting) redact(ctx context.Context, ds []store.Delivery, mentioned func([]byte) bool) error {
	for i := range ds {
		d := &ds[i]
		if mentioned != nil {
			body, err := store.Unpack(d.Body)
			if err == nil && !mentioned(body) {
				continue
			}
		}
		it, _ := decode(*d, f.hash, nil)
		if it.fact != nil && it.fact.Snapshot != nil {
			f.customer(&it.fact.Snapshot.Customer)
		}
		b, err := json.Marshal(it.fact)
		if err != nil {
			return fmt.Errorf("encode what a delivery said: %w", err)
		}
		if err := f.tx.RedactDelivery(ctx, d, store.Pack(b), it.fact != nil); err != nil {
			return err
		}
	}
	return nil
}

// understood reads a redacted delivery: what was understood of it when it was
// redacted, or nothing.
func understood(it item, body []byte) item {
	it.note = "redacted"
	if err := json.Unmarshal(body, &it.fact); err != nil {
		it.err = fmt.Errorf("redacted delivery: %w", err)
	}
	it.ignored = it.fact == nil
	return it
}

// mentioned tells whether a body names the person: by mailbox, telephone or the
// store's id.
func (p *person) mentioned() func([]byte) bool {
	var words [][]byte
	for _, w := range []string{strings.ToLower(p.Email), p.Phone} {
		if w != "" {
			words = append(words, []byte(w))
		}
	}
	if p.CustomerID != 0 {
		words = append(words, fmt.Append(nil, p.CustomerID))
	}
	return func(body []byte) bool {
		body = bytes.ToLower(body)
		for _, w := range words {
			if bytes.Contains(body, w) {
				return true
			}
		}
		return false
	}
}

// forms forgets what a mailbox sent in.
func (f *forgetting) forms(ctx context.Context, emailHash string) error {
	if emailHash == "" {
		return nil
	}
	for {
		leads, err := f.tx.LeadsOfMailbox(ctx, emailHash, forgetAtOnce)
		if err != nil {
			return err
		}
		for i := range leads {
			if err := f.tx.RedactLead(ctx, leads[i].ID); err != nil {
				return err
			}
		}
		if len(leads) < forgetAtOnce {
			return f.tx.RedactForms(ctx, emailHash)
		}
	}
}

func (f *forgetting) everyDelivery(ctx context.Context) (int, error) {
	ds, err := f.tx.RawDeliveries(ctx, &f.cursor, nil, true, forgetAtOnce)
	if err != nil {
		return 0, err
	}
	return len(ds), f.redact(ctx, ds, nil)
}

func (f *forgetting) everyOrder(ctx context.Context) (int, error) {
	rows, err := f.tx.OrdersAfter(ctx, f.after, forgetAtOnce)
	if err != nil || len(rows) == 0 {
		return 0, err
	}
	f.after = rows[len(rows)-1].ID
	return len(rows), f.orders(ctx, rows)
}

func (f *forgetting) everyLead(ctx context.Context) (int, error) {
	leads, err := f.tx.LeadsOfMailbox(ctx, "", forgetAtOnce)
	if err != nil {
		return 0, err
	}
	for i := range leads {
		if err := f.tx.RedactLead(ctx, leads[i].ID); err != nil {
			return 0, err
		}
	}
	return len(leads), nil
}
