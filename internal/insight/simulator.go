package insight

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"tributary/internal/domain/attribution"
	"tributary/internal/domain/commission"
	"tributary/internal/domain/money"
	"tributary/internal/domain/order"
	"tributary/internal/domain/terms"
	"tributary/internal/store"
)

// simulator holds what one simulation values. What an order gives on its own is
// computed once; only the folds differ between variants of the terms.
type simulator struct {
	draft    Draft
	zone     *time.Location
	compares bool // there is a today
	sales    []*sale
	people   map[int64]*person
	deals    map[int64]*deal // by agreement
	read     int64           // orders looked at
	nobodys  int             // orders in the span that nobody won
}

// deal is one agreement's part.
type deal struct {
	id, person int64
	sales      []*sale
	evals      []commission.Eval  // of the sales
	rows       []store.EarningRow // under the draft: everything but orders and ladders
	today      purses
	kept       map[ladderKey]kept
}

// empty tells whether the deal has nothing, under the draft or today.
func (d *deal) empty() bool {
	return len(d.sales) == 0 && len(d.rows) == 0 && len(d.today) == 0
}

// sale is one share of one order.
type sale struct {
	orderID  int64
	name     string
	at       time.Time
	currency money.Currency // of the order
	person   int64
	who      *person // who that is
	deal     *deal
	code     string
	bps      money.Bps
	index    int // of the share
	today    int64
	todayIn  money.Currency // "": nothing is posted
	lockedAt time.Time
	result   outcome
	variants [len(conventions) * len(policies)]int64
}

// outcome is what is kept of a commission.Result.
type outcome struct {
	target, netBase, counted int64
	state                    string
}

// keeps tells whether something of the order was kept by its buyer, and it counts.
func (o *outcome) keeps() bool { return commission.Converts(o.state) && o.netBase > 0 }

// person is one influencer's part.
type person struct{ id, handle string }

// purse is amounts by currency.
type purse map[money.Currency]int64

func (p purse) add(c money.Currency, minor int64) { p[c] += minor }

// purses are amounts by what they are for.
type purses map[store.EarningKind]purse

func (p purses) add(kind store.EarningKind, c money.Currency, minor int64) {
	if p[kind] == nil {
		p[kind] = purse{}
	}
	p[kind].add(c, minor)
}

func (p purses) join(o purses) {
	for kind, amounts := range o {
		for c, minor := range amounts {
			p.add(kind, c, minor)
		}
	}
}

func newSimulator(d Draft, zone *time.Location) *simulator {
	return &simulator{draft: d, zone: zone, people: map[int64]*person{}, deals: map[int64]*deal{}}
}

func (s *simulator) person(id int64) *person {
	p := s.people[id]
	if p == nil {
		p = &person{}
		s.people[id] = p
	}
	return p
}

// deal is an agreement's part, begun when it is not there yet.
func (s *simulator) deal(agreement, influencer int64) *deal {
	d := s.deals[agreement]
	if d == nil {
		d = &deal{id: agreement, person: influencer, today: purses{}}
		s.deals[agreement] = d
	}
	return d
}

// add takes in one share of an order under the draft.
func (s *simulator) add(o *order.Order, dec *attribution.Decision, i int) *sale {
	sh := dec.Shares[i]
	d := s.deal(sh.AgreementID, sh.InfluencerID)
	x := &sale{orderID: o.ID, name: o.Name, at: cmp.Or(o.Snapshot.PaidAt, o.Snapshot.CreatedAt), currency: o.Snapshot.Currency, person: sh.InfluencerID,
		who: s.person(sh.InfluencerID), deal: d, code: sh.Code, bps: sh.Bps, index: i}
	d.evals = append(d.evals, commission.Evaluate(commission.Source{Order: o, Share: sh, Shares: dec.Shares, Index: i, Terms: s.draft.Terms,
		Customer: dec.Customer, Zone: s.zone}))
	d.sales = append(d.sales, x)
	s.sales = append(s.sales, x)
	return x
}

// fold values every sale under t, each agreement on its own, and hands each its
// result.
func (s *simulator) fold(t *terms.Terms, take func(*sale, commission.Result)) {
	for _, d := range s.deals {
		for i, r := range commission.Fold(t, s.zone, d.evals) {
			take(d.sales[i], r)
		}
	}
}

// The ways to read rate tiers and milestones.
var (
	conventions = [...]string{terms.SplitAtBoundary, terms.RateBeforeOrder, terms.RateAfterOrder, terms.RetroactiveAll}
	policies    = [...]string{terms.AtOriginalRate, terms.Refold}
	modes       = [...]string{terms.Replace, terms.Additive}
)

// tiers values every sale under each convention and refund policy.
func (s *simulator) tiers() error {
	for i, c := range conventions {
		for k, p := range policies {
			t, err := changed(s.draft.Terms, func(t *terms.Terms) {
				for i := range t.Components {
					if k := &t.Components[i]; k.Type == terms.RateTiers {
						k.Convention, k.OnRefund = c, p
					}
				}
			})
			if err != nil {
				return err
			}
			s.fold(t, func(x *sale, r commission.Result) { x.variants[i*len(policies)+k] = r.Target })
		}
	}
	return nil
}

// changed is a copy of t, changed; an error when that is no document that could
// be signed.
func changed(t *terms.Terms, change func(*terms.Terms)) (*terms.Terms, error) {
	c, err := terms.Parse(t.Canonical())
	if err != nil {
		return nil, fmt.Errorf("read the draft again: %w", err)
	}
	change(c)
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
