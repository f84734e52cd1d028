package insight

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"tributary/internal/domain/attribution"
	"tributary/internal/domain/commission"
	"tributary/internal/domain/money"
	"tributary/internal/domain/order"
	"tributary/internal/domain/terms"
	"tributary/internal/errs"
	"tributary/internal/store"
)

// Draft is what to simulate: terms, and the sales they are tried on.
type Draft struct {
	Terms *terms.Terms
	// InfluencerID keeps only this influencer's sales; 0 all. Stored orders only.
	InfluencerID int64
	// Influencer is the same by handle, or for given orders by code; "" all.
	Influencer string
	// From and To keep the sales that happened in [From, To): when they were
	// paid, or, where the store does not tell, made. Zero is open.
	From, To time.Time
	// Limit is how many orders are listed; 0 all. The sums hold all of them.
	Limit int
}

// check refuses a span that holds nothing.
func (d *Draft) check() error {
	if !d.To.IsZero() && !d.From.Before(d.To) {
		return errs.New(errs.Invalid, "invalid_span", "The span holds nothing: it ends before it begins.", errs.Field{Path: "to", Msg: "must be later than from"})
	}
	return nil
}

func (d *Draft) covers(at time.Time) bool {
	return !at.Before(d.From) && (d.To.IsZero() || at.Before(d.To))
}

// simulateChunk is how many stored orders are read at once.
const simulateChunk = 1000

// Simulate runs draft terms over the orders the shop has stored, in a
// transaction that sees one instant (store.DB.InSnapshot), and writes nothing.
// Whoever won an order keeps it: the draft's attribution section is not tried.
// Each agreement counts its own tiers, caps and milestones, as if the draft had
// been signed for all of it. progress, if not nil, hears how many orders are
// read.
func Simulate(ctx context.Context, tx *store.Tx, d Draft, progress func(done, total int64)) (*Simulation, error) {
	if err := d.check(); err != nil {
		return nil, err
	}
	shop, err := tx.ShopForSettling(ctx)
	if err != nil {
		return nil, err
	}
	total, err := tx.CountSold(ctx, d.From, d.To)
	if err != nil {
		return nil, err
	}
	s := newSimulator(d, shop.Zone)
	if d.Influencer != "" {
		if s.draft.InfluencerID, err = influencerByHandle(ctx, tx, d.Influencer); err != nil {
			return nil, err
		}
	}
	for after := int64(0); ; {
		rows, err := tx.OrdersSold(ctx, d.From, d.To, after, simulateChunk)
		if err != nil {
			return nil, err
		}
		if len(rows) == 0 {
			break
		}
		after = rows[len(rows)-1].ID
		if err := s.addStored(ctx, tx, rows); err != nil {
			return nil, err
		}
		if s.read += int64(len(rows)); progress != nil {
			progress(s.read, max(s.read, total))
		}
	}
	if err := s.addPostedMilestones(ctx, tx); err != nil {
		return nil, err
	}
	if err := s.addNames(ctx, tx); err != nil {
		return nil, err
	}
	return s.run("store", shop.Domain)
}

// addStored takes in stored orders under the shares that were decided.
func (s *simulator) addStored(ctx context.Context, tx *store.Tx, rows []store.OrderRow) error {
	ids := make([]int64, 0, len(rows))
	won := make([]*store.OrderRow, 0, len(rows))
	for i := range rows {
		if rows[i].InfluencerID == 0 {
			s.nobodys++
			continue
		}
		ids, won = append(ids, rows[i].ID), append(won, &rows[i])
	}
	decisions, err := tx.LatestDecisions(ctx, ids)
	if err != nil {
		return err
	}
	earnings, err := tx.EarningsOfOrders(ctx, ids)
	if err != nil {
		return err
	}
	posted := map[[2]int64]*store.EarningRow{} // order, agreement
	for i := range earnings {
		posted[[2]int64{earnings[i].Source, earnings[i].AgreementID}] = &earnings[i]
	}
	for _, row := range won {
		o, err := row.Order()
		if err != nil {
			return err
		}
		dec, err := attribution.Decode(decisions[row.ID].Bytes)
		if err != nil {
			return fmt.Errorf("order %d: %w", row.ID, err)
		}
		for i := range dec.Shares {
			share := &dec.Shares[i]
			if s.draft.InfluencerID != 0 && share.InfluencerID != s.draft.InfluencerID {
				continue
			}
			sale := s.add(o, &dec, i)
			sale.today = map[money.Currency]int64{}
			if e := posted[[2]int64{row.ID, share.AgreementID}]; e != nil {
				sale.today[money.Currency(e.Currency)] = e.Posted
				s.agreements[share.AgreementID] = share.InfluencerID
			}
		}
	}
	return nil
}

// addPostedMilestones adds what the ledger holds for milestones today.
func (s *simulator) addPostedMilestones(ctx context.Context, tx *store.Tx) error {
	for _, agreement := range sortedKeys(s.agreements) {
		have, err := tx.EarningsOfKind(ctx, agreement, store.EarningMilestone)
		if err != nil {
			return err
		}
		for i := range have {
			if s.draft.covers(have[i].OccurredAt) {
				s.person(have[i].InfluencerID).milestonesToday.add(money.Currency(have[i].Currency), have[i].Posted)
			}
		}
	}
	return nil
}

func (s *simulator) addNames(ctx context.Context, tx *store.Tx) error {
	for id, p := range s.people {
		inf, err := tx.Influencer(ctx, id)
		if err != nil {
			return err
		}
		p.handle, p.id = inf.Handle, fmt.Sprintf("inf_%d", id)
	}
	return nil
}

func influencerByHandle(ctx context.Context, tx *store.Tx, handle string) (int64, error) {
	handle = strings.ToLower(strings.TrimPrefix(strings.TrimSpace(handle), "@"))
	var page store.Page
	for {
		found, next, err := tx.Influencers(ctx, store.InfluencerFilter{Search: handle}, page)
		if err != nil {
			return 0, err
		}
		for i := range found {
			if found[i].Handle == handle {
				return found[i].ID, nil
			}
		}
		if next == nil {
			return 0, noInfluencer(handle)
		}
		page.After = *next
	}
}

// simulator holds the sales of one simulation. What an order gives on its own
// is computed once; only the folds differ between variants of the terms.
type simulator struct {
	draft      Draft
	zone       *time.Location
	sales      []*sale
	people     map[int64]*person
	agreements map[int64]int64 // with earnings in the ledger → influencer
	read       int64           // orders looked at
	nobodys    int             // orders in the span that nobody won
}

// sale is one share of one order.
type sale struct {
	orderID   int64
	name      string
	at        time.Time
	currency  money.Currency // of the order
	person    int64
	agreement int64
	share     attribution.Share
	eval      commission.Eval
	today     purse // nil: there is no today
	result    commission.Result
	variants  map[variant]int64
}

// person is one influencer's part.
type person struct {
	id, handle      string
	milestonesToday purse
}

// purse is amounts by currency.
type purse map[money.Currency]int64

func (p purse) add(c money.Currency, minor int64) { p[c] += minor }

func newSimulator(d Draft, zone *time.Location) *simulator {
	return &simulator{draft: d, zone: zone, people: map[int64]*person{}, agreements: map[int64]int64{}}
}

func (s *simulator) person(id int64) *person {
	p := s.people[id]
	if p == nil {
		p = &person{milestonesToday: purse{}}
		s.people[id] = p
	}
	return p
}

// add takes in one share of an order under the draft.
func (s *simulator) add(o *order.Order, dec *attribution.Decision, i int) *sale {
	sh := dec.Shares[i]
	at := cmp.Or(o.Snapshot.PaidAt, o.Snapshot.CreatedAt)
	x := &sale{orderID: o.ID, name: o.Name, at: at, currency: o.Snapshot.Currency, person: sh.InfluencerID, agreement: sh.AgreementID, share: sh}
	x.eval = commission.Evaluate(commission.Source{Order: o, Share: sh, Shares: dec.Shares, Index: i, Terms: s.draft.Terms,
		Customer: dec.Customer, Zone: s.zone})
	s.sales = append(s.sales, x)
	s.person(sh.InfluencerID)
	return x
}

// fold values every sale under t, each agreement on its own, and hands each its
// result.
func (s *simulator) fold(t *terms.Terms, take func(*sale, commission.Result)) {
	for _, own := range s.byAgreement() {
		evals := make([]commission.Eval, len(own))
		for i, x := range own {
			evals[i] = x.eval
		}
		for i, r := range commission.Fold(t, s.zone, evals) {
			take(own[i], r)
		}
	}
}

func (s *simulator) byAgreement() map[int64][]*sale {
	by := map[int64][]*sale{}
	for _, x := range s.sales {
		by[x.agreement] = append(by[x.agreement], x)
	}
	return by
}

// variant is a way to read rate tiers.
type variant struct{ convention, onRefund string }

var (
	conventions = []string{terms.SplitAtBoundary, terms.RateBeforeOrder, terms.RateAfterOrder, terms.RetroactiveAll}
	policies    = []string{terms.AtOriginalRate, terms.Refold}
	modes       = []string{terms.Replace, terms.Additive}
)

// tiers values every sale under each convention and refund policy.
func (s *simulator) tiers() error {
	for _, c := range conventions {
		for _, p := range policies {
			t, err := changed(s.draft.Terms, func(k *terms.Component) {
				if k.Type == terms.RateTiers {
					k.Convention, k.OnRefund = c, p
				}
			})
			if err != nil {
				return err
			}
			s.fold(t, func(x *sale, r commission.Result) {
				if x.variants == nil {
					x.variants = map[variant]int64{}
				}
				x.variants[variant{c, p}] = r.Target
			})
		}
	}
	return nil
}

// changed is t with its components changed; an error when that is no document
// that could be signed.
func changed(t *terms.Terms, change func(*terms.Component)) (*terms.Terms, error) {
	c, err := terms.Parse(t.Canonical())
	if err != nil {
		return nil, fmt.Errorf("read the draft again: %w", err)
	}
	for i := range c.Components {
		change(&c.Components[i])
	}
	return c, c.Validate()
}

func has(t *terms.Terms, kind string) bool {
	return slices.ContainsFunc(t.Components, func(c terms.Component) bool { return c.Type == kind })
}

func sortedKeys[V any](m map[int64]V) []int64 {
	out := make([]int64, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}
