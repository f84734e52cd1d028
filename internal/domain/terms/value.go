package terms

import "slices"

// none stands for an amount that is not set.
const none = -1

// The closed sets of the document, defaults first.
const (
	CodeFirst    = "code_first"
	LinkFirst    = "link_first"
	FirstClick   = "first_click"
	LastTouchAny = "last_touch_any"
	Split        = "split"

	AllCustomers = "all"
	NewOnly      = "new_only"

	Deny  = "deny"
	Allow = "allow"

	FirstOrder = "first_order"
	Current    = "current"

	ByPriority        = "priority"
	BestForInfluencer = "best_for_influencer"

	New       = "new"
	Returning = "returning"

	NetSales    = "net_sales"
	GrossMargin = "gross_margin"

	SplitAtBoundary = "split_at_boundary"
	RateBeforeOrder = "rate_before_order"
	RateAfterOrder  = "rate_after_order"
	RetroactiveAll  = "retroactive_all"

	Revenue = "revenue"
	Orders  = "orders"

	AtOriginalRate = "at_original_rate"
	Refold         = "refold"

	Replace  = "replace"
	Additive = "additive"

	Locked   = "locked"
	Recorded = "recorded"

	UntilPaid = "until_paid"
	Always    = "always"
	Never     = "never"

	Lifetime        = "lifetime"
	CalendarMonth   = "calendar_month"
	CalendarQuarter = "calendar_quarter"
	RollingDays     = "rolling_days"

	Proportional = "proportional"
	GoodsFirst   = "goods_first"
	Ignore       = "ignore"

	FromPaid      = "paid_at"
	FromFulfilled = "fulfilled_at"
	FromDelivered = "delivered_at"
)

// All accessors below hold what Parse or Validate read, in minor units of the
// document's currency. On a value that has been through neither they are zero.

// ThresholdMinor is the smallest payout.
func (t *Terms) ThresholdMinor() int64 { return t.threshold }

// PerOrderMinor is the cap on one order; false when there is none.
func (c *Caps) PerOrderMinor() (int64, bool) { return limit(c.PerOrder, c.perOrder) }

// PerPeriodMinor is the cap on one calendar month; false when there is none.
func (c *Caps) PerPeriodMinor() (int64, bool) { return limit(c.PerPeriod, c.perPeriod) }

// BudgetMinor is the cap on the whole agreement; false when there is none.
func (c *Caps) BudgetMinor() (int64, bool) { return limit(c.Budget, c.budget) }

func limit(text string, minor int64) (int64, bool) {
	if text == "" {
		return 0, false
	}
	return minor, true
}

// AmountMinor is what a flat component pays for a buyer who is "returning" or
// anything else.
func (k *Component) AmountMinor(customer string) int64 {
	if customer == Returning && k.ReturningAmount != "" {
		return k.returning
	}
	return k.amount
}

// MinNetMinor is the net base at or below which flat_order pays nothing.
func (k *Component) MinNetMinor() int64 { return k.minNet }

// FromValue is where the band starts: minor units for revenue, else a count.
func (b *Band) FromValue() int64 { return b.from }

// AtValue is where the step stands: minor units for revenue, else a count.
func (s *Step) AtValue() int64 { return s.at }

// AmountMinor is what the step is worth.
func (s *Step) AmountMinor() int64 { return s.amount }

// Covers tells whether a product in these collections is in the base: not
// excluded, and among the only ones where such are named.
func (b *Base) Covers(product int64, collections []string) bool {
	if b.excluded[product] || overlap(b.ExcludeCollections, collections) {
		return false
	}
	if len(b.only) == 0 && len(b.OnlyCollections) == 0 {
		return true
	}
	return b.only[product] || overlap(b.OnlyCollections, collections)
}

// NamesProduct tells whether the rule lists the product.
func (r *RateRule) NamesProduct(product int64) bool { return r.products[product] }

// NamesCollection tells whether the rule lists one of the collections.
func (r *RateRule) NamesCollection(collections []string) bool {
	return overlap(r.Collections, collections)
}

// Component finds a component by id; nil when there is none.
func (t *Terms) Component(id string) *Component {
	for i := range t.Components {
		if t.Components[i].ID == id {
			return &t.Components[i]
		}
	}
	return nil
}

func overlap(a, b []string) bool {
	return slices.ContainsFunc(a, func(s string) bool { return slices.Contains(b, s) })
}
