// Package terms is the agreement as data: one canonical JSON document per
// agreement version. It is validated with every error at once, published as a
// JSON Schema, and identified by the sha256 of its RFC 8785 form, which stands
// on every commission it earns.
package terms

import "tributary/internal/domain/money"

// Terms is the whole document. Amounts inside it are decimal strings in
// Currency; rates are basis points.
type Terms struct {
	Version     int            `json:"version"` // of the document format: 1
	Currency    money.Currency `json:"currency"`
	Rounding    Rounding       `json:"rounding"` // "half_up"
	Attribution Attribution    `json:"attribution"`
	Base        Base           `json:"base"`
	Components  []Component    `json:"components"`
	Caps        Caps           `json:"caps"`
	Refund      Refund         `json:"refund"`
	Hold        Hold           `json:"hold"`
	Schedule    Schedule       `json:"schedule"`
	Threshold   string         `json:"threshold"` // smallest payout, "50.00"
	Disclosure  Disclosure     `json:"disclosure"`

	threshold int64 // as Validate read it, like the other unexported fields
}

// Rounding is the one rounding step.
type Rounding string

// Schedule says how often a payout batch takes this agreement in.
type Schedule string

// The closed sets of the document.
const (
	HalfUp Rounding = "half_up" // half away from zero

	Monthly       Schedule = "monthly"
	Weekly        Schedule = "weekly"
	AfterCampaign Schedule = "after_campaign"
)

// Attribution is who may win an order, and when.
type Attribution struct {
	WindowDays int `json:"window_days"` // R-3, inclusive
	// Precedence: code_first (default), link_first, first_click, last_touch_any, split.
	Precedence string `json:"precedence"`
	// LateTouchSeconds: a click this close to the order cannot displace an
	// earlier influencer's touch.
	LateTouchSeconds int `json:"late_touch_seconds"`
	// Customers: "all", or "new_only" (returning buyers earn nothing, R-12).
	Customers string `json:"customers"`
	// Binding keeps a customer with the influencer who first brought them.
	Binding *Binding `json:"binding,omitempty"`
	// SelfReferral: "deny" (default) or "allow".
	SelfReferral string `json:"self_referral"`
	// SplitBps gives first and last touch their shares when Precedence is split.
	SplitBps []money.Bps `json:"split_bps,omitempty"`
}

// Binding is R-13. Months 0 means for life.
type Binding struct {
	Months        int    `json:"months"`
	RebindOnTouch bool   `json:"rebind_on_touch"`
	Terms         string `json:"terms"` // "first_order" (default) or "current"
}

// Base is what counts.
type Base struct {
	IncludeShipping    bool     `json:"include_shipping"`
	IncludeTax         bool     `json:"include_tax"`
	ExcludeProducts    []string `json:"exclude_products,omitempty"`    // store product ids
	ExcludeCollections []string `json:"exclude_collections,omitempty"` // store collection or category ids
	OnlyProducts       []string `json:"only_products,omitempty"`
	OnlyCollections    []string `json:"only_collections,omitempty"`

	excluded, only map[int64]bool
}

// Component is one way to pay. Type decides which other fields may stand.
type Component struct {
	ID   string `json:"id"` // unique in the document; the rule_id on commissions
	Type string `json:"type"`

	// percentage: RateBps for every line, Rules for exceptions.
	// revenue_share: RateBps of Of.
	RateBps money.Bps  `json:"rate_bps,omitempty"`
	Rules   []RateRule `json:"rules,omitempty"`
	TieBy   string     `json:"tie_by,omitempty"` // "priority" (default) or "best_for_influencer"
	Of      string     `json:"of,omitempty"`     // "net_sales" or "gross_margin"

	// flat_order, flat_item: Amount each. flat_order is kept while the
	// net base is above MinNet.
	Amount string `json:"amount,omitempty"`
	MinNet string `json:"min_net,omitempty"`
	// ReturningAmount replaces Amount for returning buyers when set.
	ReturningAmount string `json:"returning_amount,omitempty"`

	// rate_tiers.
	Convention string `json:"convention,omitempty"` // split_at_boundary, rate_before_order, rate_after_order, retroactive_all
	Basis      string `json:"basis,omitempty"`      // "revenue" (net base) or "orders"
	Bands      []Band `json:"bands,omitempty"`
	OnRefund   string `json:"on_refund,omitempty"` // at_original_rate, refold

	// milestones (R-35 … R-37).
	Mode       string `json:"mode,omitempty"`        // replace, additive
	Metric     string `json:"metric,omitempty"`      // orders, revenue, clicks, leads, entries
	CountBasis string `json:"count_basis,omitempty"` // locked, recorded
	Steps      []Step `json:"steps,omitempty"`
	Clawback   string `json:"clawback,omitempty"` // until_paid, always, never

	// rate_tiers, milestones, clicks, leads, giveaway.
	Period *Period `json:"period,omitempty"`

	// percentage, revenue_share, flat_order, flat_item: pays only for orders won
	// by one of these touches: code, link, landing_page, live, binding, manual.
	// Empty: by any. This is how landing pages and live sessions are paid.
	Via []string `json:"via,omitempty"`

	// clicks (R-42 … R-47): UnitPrice for each valid click, up to six decimals;
	// or Amount as a budget that is earned in proportion up to Goal clicks.
	UnitPrice   string `json:"unit_price,omitempty"`
	Goal        int    `json:"goal,omitempty"`
	DedupeHours int    `json:"dedupe_hours,omitempty"` // a visitor counts once on a link in so many hours; default 24
	VisitorCap  int    `json:"visitor_cap,omitempty"`  // and so often in the campaign; 0: no bound

	// clicks, leads, giveaway: the first MaxCount pay, while all of one fits
	// into MaxAmount. engagement: MaxAmount per post.
	MaxCount  int    `json:"max_count,omitempty"`
	MaxAmount string `json:"max_amount,omitempty"`

	// leads: Amount for each qualified one. One not vetted after
	// VettingDays is decided by OnDeadline: reject (default) or qualify.
	VettingDays int    `json:"vetting_days,omitempty"`
	OnDeadline  string `json:"on_deadline,omitempty"`
	DedupeDays  int    `json:"dedupe_days,omitempty"` // an address counts once in so many days; default 90

	// engagement (R-48 … R-50): Prices per event of a post once every gate is
	// passed; Bands rate what lies beyond a number of priced events. The last
	// snapshot within FinalDays of the post is final. A post that nobody approved
	// after VettingDays, or whose numbers were held so long, is decided by
	// OnDeadline: qualify (default) or reject.
	Prices    []Price `json:"prices,omitempty"`
	Gates     []Gate  `json:"gates,omitempty"`
	FinalDays int     `json:"final_days,omitempty"`

	// flat_fee: Amount, Due on_signing (default), monthly or on_date DueDate.
	// gift: Amount is what the product costs; it is not owed, but it counts in ROI.
	Due     string `json:"due,omitempty"`
	DueDate string `json:"due_date,omitempty"`
	Note    string `json:"note,omitempty"`

	amount, minNet, returning, maxAmount int64
	unit                                 money.Micro
}

// Price is what one event of a post is worth: like, comment, share, save, view
// or click; up to six decimals.
type Price struct {
	Event     string `json:"event"`
	UnitPrice string `json:"unit_price"`

	unit money.Micro
}

// Gate is a minimum below which a post earns nothing; it takes nothing off.
type Gate struct {
	Event   string `json:"event"`
	AtLeast int    `json:"at_least"`
}

// The component types this version can settle.
const (
	Percentage   = "percentage"
	RevenueShare = "revenue_share"
	FlatOrder    = "flat_order"
	FlatItem     = "flat_item"
	RateTiers    = "rate_tiers"
	Milestones   = "milestones"
	Clicks       = "clicks"
	Leads        = "leads"
	Engagement   = "engagement"
	Giveaway     = "giveaway"
	FlatFee      = "flat_fee"
	Gift         = "gift"
)

// RateRule is an exception to a percentage: the most specific match wins
// (exclusion > product > collection > customer type > base), ties by Priority.
type RateRule struct {
	ID          string    `json:"id"`
	Products    []string  `json:"products,omitempty"`
	Collections []string  `json:"collections,omitempty"`
	Customer    string    `json:"customer,omitempty"` // "new" or "returning"
	Exclude     bool      `json:"exclude,omitempty"`
	RateBps     money.Bps `json:"rate_bps"`
	Priority    int       `json:"priority,omitempty"`

	products map[int64]bool
}

// Band starts at From (≥, R-38): an amount for revenue, a count for orders or
// for a post's events.
type Band struct {
	From    string    `json:"from"`
	RateBps money.Bps `json:"rate_bps"`

	from int64
}

// Step is one milestone: at At (a count, or an amount for revenue) Amount is earned.
type Step struct {
	At     string `json:"at"`
	Amount string `json:"amount"`

	at, amount int64
}

// Period is where counting starts anew.
type Period struct {
	Kind string `json:"kind"` // lifetime, calendar_month, calendar_quarter, rolling_days
	Days int    `json:"days,omitempty"`
}

// Caps bound what the agreement can cost. Empty strings mean no bound.
type Caps struct {
	PerOrder  string `json:"per_order,omitempty"`
	PerPeriod string `json:"per_period,omitempty"` // per calendar month of the shop
	Budget    string `json:"budget,omitempty"`     // in all

	perOrder, perPeriod, budget int64
}

// Refund is what an unlined refund takes from the base.
type Refund struct {
	Unlined string `json:"unlined"` // proportional (default), goods_first, ignore
}

// Hold is R-30: calendar days of the shop's time zone.
type Hold struct {
	Days int    `json:"days"`
	From string `json:"from"` // paid_at (default), fulfilled_at, delivered_at
}

// Disclosure is the clause the influencer signs.
type Disclosure struct {
	Clause string   `json:"clause"`
	Tags   []string `json:"tags,omitempty"`
}
