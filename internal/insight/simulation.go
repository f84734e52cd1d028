package insight

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"tributary/internal/domain/commission"
	"tributary/internal/domain/money"
	"tributary/internal/domain/period"
	"tributary/internal/domain/terms"
	"tributary/internal/errs"
)

// Simulation is what draft terms would have given. Amounts are in the draft's
// currency unless they say otherwise.
type Simulation struct {
	TermsHash  string     `json:"terms_hash" doc:"sha256 of the draft in RFC 8785 form, hex"`
	Currency   string     `json:"currency" doc:"Of the draft"`
	OrdersFrom string     `json:"orders_from" enum:"store,file"`
	Shop       string     `json:"shop,omitempty" doc:"Domain of the shop whose orders these are"`
	From       *time.Time `json:"from,omitempty"`
	To         *time.Time `json:"to,omitempty"`

	Sales      int                   `json:"sales" doc:"Shares of orders that somebody won"`
	Nobodys    int                   `json:"orders_without_influencer"`
	Totals     SimulatedTotals       `json:"totals"`
	ByPerson   []SimulatedInfluencer `json:"influencers" doc:"By handle"`
	ByOrder    []SimulatedOrder      `json:"orders" doc:"By influencer, then in the order in which they count"`
	LeftOut    int                   `json:"orders_left_out,omitempty" doc:"Orders that are in the sums but beyond the limit of the list"`
	Tiers      []SimulatedConvention `json:"rate_tiers,omitempty" doc:"Earned on orders under each convention, when the draft has rate tiers"`
	Milestones []SimulatedMode       `json:"milestones,omitempty" doc:"Earned by milestones under each mode, when the draft has milestones"`
	Notes      []string              `json:"notes" doc:"What the numbers assume"`
}

// Sum is an exact amount.
type Sum struct {
	Amount   string `json:"amount" doc:"Decimal, with exactly the currency's decimals" example:"19.90"`
	Currency string `json:"currency" doc:"ISO 4217" example:"USD"`
}

func sumOf(minor int64, c money.Currency) Sum {
	return Sum{Amount: money.Format(minor, c), Currency: string(c)}
}

// SimulatedTotals is earnings side by side. Today and Difference are absent
// where there is nothing to compare with.
type SimulatedTotals struct {
	Base       Sum   `json:"base" doc:"What counts now, after refunds and edits"`
	Today      *Sum  `json:"today,omitempty" doc:"What the ledger holds, milestones included"`
	TodayOther []Sum `json:"today_in_other_currencies,omitempty" doc:"What the ledger holds in currencies that are not the draft's"`
	Orders     Sum   `json:"simulated_on_orders"`
	Milestones *Sum  `json:"simulated_milestones,omitempty"`
	Simulated  Sum   `json:"simulated"`
	Difference *Sum  `json:"difference,omitempty" doc:"simulated − today; absent when some of today is in another currency"`
}

// SimulatedInfluencer is one influencer's part.
type SimulatedInfluencer struct {
	Influencer   string `json:"influencer" doc:"Handle; for given orders the discount code"`
	InfluencerID string `json:"influencer_id,omitempty"`
	Sales        int    `json:"sales"`
	SimulatedTotals
	Ladders []SimulatedLadder `json:"milestones,omitempty"`
}

// SimulatedOrder is one influencer's share of one order.
type SimulatedOrder struct {
	OrderID    string    `json:"order_id"`
	Name       string    `json:"name"`
	At         time.Time `json:"at" doc:"When it was paid, or made where the store does not tell"`
	Influencer string    `json:"influencer"`
	Code       string    `json:"code,omitempty"`
	ShareBps   int64     `json:"share_bps"`
	Base       Sum       `json:"base" doc:"In the order's currency"`
	Today      *Sum      `json:"today,omitempty" doc:"In the currency it was posted in"`
	Simulated  Sum       `json:"simulated"`
	Difference *Sum      `json:"difference,omitempty"`
	State      string    `json:"state,omitempty" doc:"Why it earns nothing or waits: unpaid, void:…, denied:…, held:…"`
	// Tiers is parallel to the simulation's.
	Tiers []SimulatedConvention `json:"rate_tiers,omitempty"`
}

// SimulatedConvention is what a convention of rate tiers gives under both
// refund policies.
type SimulatedConvention struct {
	Convention     string `json:"convention"`
	Drafted        bool   `json:"drafted,omitempty" doc:"The draft says so"`
	AtOriginalRate Sum    `json:"at_original_rate"`
	Refold         Sum    `json:"refold"`
}

// SimulatedMode is what a mode of milestones gives.
type SimulatedMode struct {
	Mode    string `json:"mode" enum:"replace,additive"`
	Drafted bool   `json:"drafted,omitempty" doc:"The draft says so"`
	Amount  *Sum   `json:"amount,omitempty" doc:"Absent when these steps could not be signed in this mode"`
	Why     string `json:"why,omitempty" doc:"Why they could not"`
}

// SimulatedLadder is one milestone component in one of its periods.
type SimulatedLadder struct {
	Component string          `json:"component"`
	Start     *time.Time      `json:"period_start,omitempty"`
	Sales     int             `json:"sales" doc:"Sales with something left to count"`
	Modes     []SimulatedMode `json:"modes"`
}

// run values the sales and lays the result out.
func (s *simulator) run(from, shop string) (*Simulation, error) {
	t := s.draft.Terms
	s.fold(t, func(x *sale, r commission.Result) { x.result = r })
	if has(t, terms.RateTiers) {
		if err := s.tiers(); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(s.sales, func(a, b *sale) int {
		return cmp.Or(strings.Compare(s.people[a.person].handle, s.people[b.person].handle), a.at.Compare(b.at),
			cmp.Compare(a.orderID, b.orderID), cmp.Compare(a.agreement, b.agreement))
	})
	out := &Simulation{TermsHash: t.Hash(), Currency: string(t.Currency), OrdersFrom: from, Shop: shop, From: instant(s.draft.From), To: instant(s.draft.To),
		Sales: len(s.sales), Nobodys: s.nobodys, ByPerson: []SimulatedInfluencer{}, ByOrder: []SimulatedOrder{}}

	listed := s.sales
	if s.draft.Limit > 0 && len(listed) > s.draft.Limit {
		listed = listed[:s.draft.Limit]
	}
	out.LeftOut = len(s.sales) - len(listed)
	for _, x := range listed {
		out.ByOrder = append(out.ByOrder, s.orderOf(x))
	}
	out.Tiers = s.conventionsOf(s.sales)

	ladders, err := s.ladders()
	if err != nil {
		return nil, err
	}
	all := tally{today: s.todayOf(s.sales)}
	for id, own := range s.byPerson() {
		p := s.people[id]
		one := tally{today: s.todayOf(own)}
		for _, x := range own {
			one.base += x.result.Counted
			one.orders += x.result.Target
		}
		for c, minor := range p.milestonesToday {
			one.today.add(c, minor)
			all.today.add(c, minor)
		}
		one.milestones = ladders.drafted[id]
		all.base, all.orders, all.milestones = all.base+one.base, all.orders+one.orders, all.milestones+one.milestones
		out.ByPerson = append(out.ByPerson, SimulatedInfluencer{Influencer: p.handle, InfluencerID: p.id, Sales: len(own),
			SimulatedTotals: s.totals(one), Ladders: ladders.of[id]})
	}
	slices.SortFunc(out.ByPerson, func(a, b SimulatedInfluencer) int {
		return cmp.Or(strings.Compare(a.Influencer, b.Influencer), strings.Compare(a.InfluencerID, b.InfluencerID))
	})
	out.Totals = s.totals(all)
	out.Milestones = ladders.total
	out.Notes = s.notes(from)
	return out, nil
}

func (s *simulator) notes(from string) []string {
	var n []string
	if from == "store" {
		n = append(n, "Whoever won an order keeps it: the draft's attribution section is not tried on stored orders.")
	} else {
		n = append(n, "Each discount code stands for an influencer; orders without a code are nobody's.")
	}
	if has(s.draft.Terms, terms.Milestones) {
		n = append(n, "Every sale counts for milestones as if its hold were over, and nothing of them as paid.")
	}
	if !s.draft.From.IsZero() || !s.draft.To.IsZero() {
		n = append(n, "Tiers, caps and milestones count the sales of the span only.")
	}
	return n
}

func (s *simulator) orderOf(x *sale) SimulatedOrder {
	c := s.draft.Terms.Currency
	o := SimulatedOrder{OrderID: strconv.FormatInt(x.orderID, 10), Name: x.name, At: x.at.UTC(), Influencer: s.people[x.person].handle,
		Code: x.share.Code, ShareBps: int64(x.share.Bps), Base: sumOf(x.result.NetBase, x.currency),
		Simulated: sumOf(x.result.Target, c), State: x.result.State, Tiers: s.conventionsOf([]*sale{x})}
	if x.today != nil {
		today, in := int64(0), c
		for cur, minor := range x.today { // an earning has one currency
			today, in = minor, cur
		}
		sum := sumOf(today, in)
		o.Today = &sum
		if in == c {
			d := sumOf(x.result.Target-today, c)
			o.Difference = &d
		}
	}
	return o
}

// conventionsOf sums sales by convention; nil when the draft has no tiers.
func (s *simulator) conventionsOf(sales []*sale) []SimulatedConvention {
	t := s.draft.Terms
	if !has(t, terms.RateTiers) {
		return nil
	}
	var out []SimulatedConvention
	for _, c := range conventions {
		var sums [2]int64
		for i, p := range policies {
			for _, x := range sales {
				sums[i] += x.variants[variant{c, p}]
			}
		}
		drafted := !slices.ContainsFunc(t.Components, func(k terms.Component) bool { return k.Type == terms.RateTiers && k.Convention != c })
		out = append(out, SimulatedConvention{Convention: c, Drafted: drafted, AtOriginalRate: sumOf(sums[0], t.Currency), Refold: sumOf(sums[1], t.Currency)})
	}
	return out
}

func (s *simulator) byPerson() map[int64][]*sale {
	by := map[int64][]*sale{}
	for _, x := range s.sales {
		by[x.person] = append(by[x.person], x)
	}
	return by
}

// tally is sums on the way to SimulatedTotals.
type tally struct {
	base, orders, milestones int64
	today                    purse // nil: there is no today
}

// todayOf sums what is posted; nil when the orders were given.
func (s *simulator) todayOf(sales []*sale) purse {
	var p purse
	for _, x := range sales {
		if x.today == nil {
			continue
		}
		if p == nil {
			p = purse{}
		}
		for c, minor := range x.today {
			p.add(c, minor)
		}
	}
	return p
}

func (s *simulator) totals(a tally) SimulatedTotals {
	c := s.draft.Terms.Currency
	t := SimulatedTotals{Base: sumOf(a.base, c), Orders: sumOf(a.orders, c), Simulated: sumOf(a.orders+a.milestones, c)}
	if has(s.draft.Terms, terms.Milestones) {
		m := sumOf(a.milestones, c)
		t.Milestones = &m
	}
	if a.today == nil {
		return t
	}
	today := sumOf(a.today[c], c)
	t.Today = &today
	for _, cur := range slices.Sorted(maps.Keys(a.today)) {
		if cur != c && a.today[cur] != 0 {
			t.TodayOther = append(t.TodayOther, sumOf(a.today[cur], cur))
		}
	}
	if t.TodayOther == nil {
		d := sumOf(a.orders+a.milestones-a.today[c], c)
		t.Difference = &d
	}
	return t
}

// ladderSums is what milestones give.
type ladderSums struct {
	of      map[int64][]SimulatedLadder // by influencer
	drafted map[int64]int64             // by influencer, as the draft says
	total   []SimulatedMode
}

// ladders values the milestones of the draft in both modes, each agreement and
// period on its own, with every sale counted as one whose hold is over.
func (s *simulator) ladders() (ladderSums, error) {
	out := ladderSums{of: map[int64][]SimulatedLadder{}, drafted: map[int64]int64{}}
	t := s.draft.Terms
	if !has(t, terms.Milestones) {
		return out, nil
	}
	byMode := map[string]*terms.Terms{}
	for _, mode := range modes {
		m := SimulatedMode{Mode: mode, Drafted: !slices.ContainsFunc(t.Components, func(k terms.Component) bool {
			return k.Type == terms.Milestones && k.Mode != mode
		})}
		doc, err := changed(t, func(k *terms.Component) {
			if k.Type == terms.Milestones {
				k.Mode = mode
			}
		})
		if e := errs.As(err); e != nil && len(e.Fields) > 0 {
			m.Why = e.Fields[0].Path + " " + e.Fields[0].Msg
		} else if err != nil {
			return out, err
		} else {
			byMode[mode] = doc
			zero := sumOf(0, t.Currency)
			m.Amount = &zero
		}
		out.total = append(out.total, m)
	}
	sums := map[string]int64{}
	by := s.byAgreement()
	for _, agreement := range sortedKeys(by) {
		own := by[agreement]
		who := own[0].person
		for i := range t.Components {
			if t.Components[i].Type != terms.Milestones {
				continue
			}
			for _, l := range s.periods(&t.Components[i], own) {
				out.drafted[who] += target(t, i, l.qualifiers)
				shown := SimulatedLadder{Component: t.Components[i].ID, Start: instant(l.start), Modes: slices.Clone(out.total)}
				for _, q := range l.qualifiers {
					if q.NetBase > 0 {
						shown.Sales++
					}
				}
				for k := range shown.Modes {
					doc := byMode[shown.Modes[k].Mode]
					if doc == nil {
						continue
					}
					minor := target(doc, i, l.qualifiers)
					sums[shown.Modes[k].Mode] += minor
					sum := sumOf(minor, t.Currency)
					shown.Modes[k].Amount = &sum
				}
				out.of[who] = append(out.of[who], shown)
			}
		}
	}
	for k := range out.total {
		if out.total[k].Amount != nil {
			sum := sumOf(sums[out.total[k].Mode], t.Currency)
			out.total[k].Amount = &sum
		}
	}
	return out, nil
}

func target(t *terms.Terms, component int, qs []commission.Qualifier) int64 {
	minor, _ := commission.MilestoneTarget(t.Components[component], t, qs, 0, 0)
	return minor
}

type ladder struct {
	start      time.Time
	qualifiers []commission.Qualifier
}

// periods deals an agreement's sales out to the periods of a component.
func (s *simulator) periods(c *terms.Component, own []*sale) []ladder {
	by := map[time.Time]*ladder{}
	var out []*ladder
	for _, x := range own {
		if x.result.State != "" {
			continue
		}
		start, _ := period.Of(c.Period, x.at, s.zone)
		l := by[start]
		if l == nil {
			l = &ladder{start: start}
			by[start] = l
			out = append(out, l)
		}
		l.qualifiers = append(l.qualifiers, commission.Qualifier{OrderID: x.orderID, PaidAt: x.at, NetBase: x.result.Counted, Locked: true})
	}
	slices.SortFunc(out, func(a, b *ladder) int { return a.start.Compare(b.start) })
	flat := make([]ladder, len(out))
	for i, l := range out {
		flat[i] = *l
	}
	return flat
}

func instant(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	u := t.UTC()
	return &u
}
