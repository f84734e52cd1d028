package insight

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"tributary/internal/domain/commission"
	"tributary/internal/domain/money"
	"tributary/internal/domain/terms"
	"tributary/internal/earning"
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

	Holds      string                `json:"holds" enum:"over,now" doc:"Whether every hold counted as over, or as it is"`
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
	Minor    int64  `json:"minor" doc:"The same in minor units" example:"1990"`
}

func sumOf(minor int64, c money.Currency) Sum {
	return Sum{Amount: money.Format(minor, c), Currency: string(c), Minor: minor}
}

// SimulatedTotals is earnings side by side. Today and Difference are absent
// where there is nothing to compare with.
type SimulatedTotals struct {
	Base       Sum                  `json:"base" doc:"What counts now of the orders, after refunds and edits"`
	Today      *Sum                 `json:"today,omitempty" doc:"What the ledger holds, of whatever kind"`
	TodayOther []Sum                `json:"today_in_other_currencies,omitempty" doc:"What the ledger holds in currencies that are not the draft's"`
	Orders     Sum                  `json:"simulated_on_orders"`
	Others     Sum                  `json:"simulated_on_others" doc:"On clicks, leads, posts, entries and fees"`
	Milestones *Sum                 `json:"simulated_milestones,omitempty"`
	Simulated  Sum                  `json:"simulated" doc:"All of it"`
	Difference *Sum                 `json:"difference,omitempty" doc:"simulated − today; absent when some of today is in another currency"`
	Components []SimulatedComponent `json:"components" doc:"By what is paid for: what the draft pays for and what is paid for today"`
	Cost       SimulatedCost        `json:"cost" doc:"What it costs the shop: all of it, and the gifts"`
}

// SimulatedComponent is what is paid for one kind of thing.
type SimulatedComponent struct {
	For        string   `json:"for" enum:"order,clicks,lead,post,entry,fee,gift,milestone"`
	IDs        []string `json:"ids" doc:"Of the draft's components that pay for it"`
	Count      int64    `json:"count" doc:"What counts under the draft: orders of which something is kept, clicks, leads, posts, entries, fees due, gifts, milestone ladders on a step"`
	Today      *Sum     `json:"today,omitempty"`
	TodayOther []Sum    `json:"today_in_other_currencies,omitempty"`
	Simulated  Sum      `json:"simulated"`
	Difference *Sum     `json:"difference,omitempty"`
}

// SimulatedCost is what is earned, and what gifts cost.
type SimulatedCost struct {
	Today      *Sum `json:"today,omitempty"`
	Simulated  Sum  `json:"simulated"`
	Difference *Sum `json:"difference,omitempty"`
	CPAToday   *Sum `json:"cpa_today,omitempty" doc:"Cost ÷ orders of which something is kept; absent without any"`
	CPA        *Sum `json:"cpa,omitempty" doc:"The same under the draft"`
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
	Counted   int64           `json:"counted" doc:"What counted: sales with something left, clicks, leads or entries"`
	Modes     []SimulatedMode `json:"modes"`
}

// run values the sales and lays the result out.
func (s *simulator) run(from, shop string) (*Simulation, error) {
	t := s.draft.Terms
	s.fold(t, func(x *sale, r commission.Result) { x.result = outcome{r.Target, r.NetBase, r.Counted, r.State} })
	if has(t, terms.RateTiers) {
		if err := s.tiers(); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(s.sales, func(a, b *sale) int {
		return cmp.Or(strings.Compare(a.who.handle, b.who.handle), a.at.Compare(b.at),
			cmp.Compare(a.orderID, b.orderID), cmp.Compare(a.deal.id, b.deal.id))
	})
	out := &Simulation{TermsHash: t.Hash(), Currency: string(t.Currency), OrdersFrom: from, Shop: shop, From: instant(s.draft.From), To: instant(s.draft.To),
		Holds: "over", Sales: len(s.sales), Nobodys: s.nobodys, ByPerson: []SimulatedInfluencer{}, ByOrder: []SimulatedOrder{}}
	if s.draft.HoldsNow {
		out.Holds = "now"
	}

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
	each := s.tallies(ladders)
	for id, one := range each {
		out.ByPerson = append(out.ByPerson, SimulatedInfluencer{Influencer: s.people[id].handle, InfluencerID: s.people[id].id, Sales: one.sales,
			SimulatedTotals: s.totals(one), Ladders: ladders.of[id]})
	}
	slices.SortFunc(out.ByPerson, func(a, b SimulatedInfluencer) int {
		return cmp.Or(strings.Compare(a.Influencer, b.Influencer), strings.Compare(a.InfluencerID, b.InfluencerID))
	})
	out.Totals = s.totals(s.together(each))
	out.Milestones = ladders.total
	out.Notes = s.notes(from)
	return out, nil
}

func (s *simulator) notes(from string) []string {
	var n []string
	t := s.draft.Terms
	if from == "store" {
		n = append(n, "Whoever won an order keeps it: the draft's attribution section is not tried on stored orders.")
		if has(t, terms.Clicks) || has(t, terms.Leads) {
			n = append(n, "Clicks and leads count as they were judged: the draft's rules for duplicates and deadlines are not tried.")
		}
	} else {
		n = append(n, "Each discount code stands for an influencer; orders without a code are nobody's.")
		if earning.Tries(t) {
			n = append(n, "Given orders tell of no clicks, leads, posts, giveaway entries, fees and gifts: what the draft pays for those is not here.")
		}
	}
	if has(t, terms.Milestones) && !s.draft.HoldsNow {
		n = append(n, "Everything counts for milestones as if its hold were over, and nothing of them as paid.")
	}
	if !s.draft.From.IsZero() || !s.draft.To.IsZero() {
		n = append(n, "Tiers, caps and milestones count what happened in the span only.")
	}
	return n
}

func (s *simulator) orderOf(x *sale) SimulatedOrder {
	c := s.draft.Terms.Currency
	o := SimulatedOrder{OrderID: strconv.FormatInt(x.orderID, 10), Name: x.name, At: x.at.UTC(), Influencer: x.who.handle,
		Code: x.code, ShareBps: int64(x.bps), Base: sumOf(x.result.netBase, x.currency),
		Simulated: sumOf(x.result.target, c), State: x.result.state, Tiers: s.conventionsOf([]*sale{x})}
	if s.compares {
		sum := sumOf(x.today, cmp.Or(x.todayIn, c))
		o.Today = &sum
		if sum.Currency == string(c) {
			d := sumOf(x.result.target-x.today, c)
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
	for i, c := range conventions {
		var sums [len(policies)]int64
		for _, x := range sales {
			for k := range policies {
				sums[k] += x.variants[i*len(policies)+k]
			}
		}
		drafted := !slices.ContainsFunc(t.Components, func(k terms.Component) bool { return k.Type == terms.RateTiers && k.Convention != c })
		out = append(out, SimulatedConvention{Convention: c, Drafted: drafted, AtOriginalRate: sumOf(sums[0], t.Currency), Refold: sumOf(sums[1], t.Currency)})
	}
	return out
}

func instant(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	u := t.UTC()
	return &u
}
