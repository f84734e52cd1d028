package terms

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"tributary/internal/domain/document"
)

// kind is what the package knows of a component type: the fields it may have
// besides id and type, and how to fill and check them. A new way to pay is one
// entry here, its fields in Component, its part of terms.schema.json, and its
// target in the commission package.
type kind struct {
	fields []string
	check  func(*checker, *Component, string)
}

var kinds = map[string]kind{
	Percentage:   {[]string{"rate_bps", "rules", "tie_by", "via"}, (*checker).percentage},
	RevenueShare: {[]string{"rate_bps", "of", "via"}, (*checker).revenueShare},
	FlatOrder:    {[]string{"amount", "returning_amount", "min_net", "via"}, (*checker).flatOrder},
	FlatItem:     {[]string{"amount", "returning_amount", "via"}, (*checker).flat},
	RateTiers:    {[]string{"convention", "basis", "bands", "on_refund", "period"}, (*checker).rateTiers},
	Milestones:   {[]string{"mode", "metric", "count_basis", "steps", "clawback", "period"}, (*checker).milestones},
	Clicks:       {[]string{"unit_price", "amount", "goal", "dedupe_hours", "visitor_cap", "max_count", "max_amount", "period"}, (*checker).clicks},
	Leads:        {[]string{"amount", "vetting_days", "on_deadline", "dedupe_days", "max_count", "max_amount", "period"}, (*checker).leads},
	Engagement:   {[]string{"prices", "gates", "bands", "max_amount", "final_days", "vetting_days", "on_deadline"}, (*checker).engagement},
	Giveaway:     {[]string{"amount", "max_count", "max_amount", "period"}, (*checker).giveaway},
	FlatFee:      {[]string{"amount", "due", "due_date", "note"}, (*checker).flatFee},
	Gift:         {[]string{"amount", "note"}, (*checker).gift},
}

// types are the names of kinds in the order people read them.
var types = []string{Percentage, RevenueShare, FlatOrder, FlatItem, RateTiers, Milestones, Clicks, Leads, Engagement, Giveaway, FlatFee, Gift}

var idPattern = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,63}$`)

func (c *checker) component(k *Component, path string) {
	c.id(path+".id", k.ID)
	known, ok := kinds[k.Type]
	switch {
	case ok:
		c.strangers(k, known.fields, path)
		c.via(k, path+".via")
		known.check(c, k, path)
	default:
		c.add(path+".type", "must be one of: %s", strings.Join(types, ", "))
	}
}

// strangers complains of fields that are set but belong to another type.
func (c *checker) strangers(k *Component, fields []string, path string) {
	v := reflect.ValueOf(k).Elem()
	for i := range v.NumField() {
		name := document.Name(v.Type().Field(i))
		if name == "" || name == "id" || name == "type" || slices.Contains(fields, name) || v.Field(i).IsZero() {
			continue
		}
		c.add(path+"."+name, "does not belong to a component of type %s", k.Type)
	}
}

func (c *checker) id(path, id string) {
	if !idPattern.MatchString(id) {
		c.add(path, "must be 1 to 64 lower-case letters, digits, - and _, beginning with a letter or digit")
		return
	}
	if first, ok := c.ids[id]; ok {
		c.add(path, "is already the id at %s", first)
		return
	}
	c.ids[id] = path
}

func (c *checker) percentage(k *Component, path string) {
	c.rate(path+".rate_bps", k.RateBps, 0)
	oneOf(c, path+".tie_by", &k.TieBy, ByPriority, BestForInfluencer)
	c.length(path+".rules", len(k.Rules), 0, 200)
	pays := k.RateBps > 0
	for i := range k.Rules {
		r := &k.Rules[i]
		at := fmt.Sprintf("%s.rules[%d]", path, i)
		c.id(at+".id", r.ID)
		c.rate(at+".rate_bps", r.RateBps, 0)
		c.between(at+".priority", r.Priority, -1000, 1000)
		r.products = c.products(at+".products", r.Products)
		c.list(at+".collections", r.Collections, maxIDs, nil)
		if r.Customer != "" {
			oneOf(c, at+".customer", &r.Customer, New, Returning)
		}
		if r.Exclude && r.RateBps != 0 {
			c.add(at+".rate_bps", "must be 0 where the rule excludes")
		}
		if len(r.Products) == 0 && len(r.Collections) == 0 && r.Customer == "" {
			c.add(at, "must name products, collections or a customer; for all others there is the component's rate_bps")
		}
		pays = pays || r.RateBps > 0
	}
	if !pays {
		c.add(path+".rate_bps", "is missing: the component would never pay")
	}
}

func (c *checker) revenueShare(k *Component, path string) {
	c.rate(path+".rate_bps", k.RateBps, 1)
	oneOf(c, path+".of", &k.Of, NetSales, GrossMargin)
}

func (c *checker) flat(k *Component, path string) {
	k.amount = c.amount(path+".amount", &k.Amount, 1)
	k.returning = c.optional(path+".returning_amount", &k.ReturningAmount, 0)
}

func (c *checker) flatOrder(k *Component, path string) {
	c.flat(k, path)
	k.minNet = max(0, c.optional(path+".min_net", &k.MinNet, 0))
}

func (c *checker) rateTiers(k *Component, path string) {
	oneOf(c, path+".convention", &k.Convention, SplitAtBoundary, RateBeforeOrder, RateAfterOrder, RetroactiveAll)
	oneOf(c, path+".basis", &k.Basis, Revenue, Orders)
	oneOf(c, path+".on_refund", &k.OnRefund, AtOriginalRate, Refold)
	c.period(k, path+".period")
	c.length(path+".bands", len(k.Bands), 1, 50)
	pays := false
	for i := range k.Bands {
		b := &k.Bands[i]
		at := fmt.Sprintf("%s.bands[%d]", path, i)
		b.from = c.measure(at+".from", &b.From, k.Basis, 0)
		c.rate(at+".rate_bps", b.RateBps, 0)
		pays = pays || b.RateBps > 0
		switch {
		case i == 0 && b.from != 0:
			c.add(at+".from", "must be 0, so that nothing is left without a rate")
		case i > 0 && b.from <= k.Bands[i-1].from:
			c.add(at+".from", "must be more than the band before it")
		}
	}
	if len(k.Bands) > 0 && !pays {
		c.add(path+".bands", "must pay something somewhere")
	}
}

func (c *checker) milestones(k *Component, path string) {
	oneOf(c, path+".mode", &k.Mode, Replace, Additive)
	oneOf(c, path+".metric", &k.Metric, Orders, Revenue, Clicks, Leads, Entries)
	oneOf(c, path+".count_basis", &k.CountBasis, Locked, Recorded)
	oneOf(c, path+".clawback", &k.Clawback, UntilPaid, Always, Never)
	c.period(k, path+".period")
	c.length(path+".steps", len(k.Steps), 1, 50)
	for i := range k.Steps {
		s := &k.Steps[i]
		at := fmt.Sprintf("%s.steps[%d]", path, i)
		s.at = c.measure(at+".at", &s.At, k.Metric, 1)
		s.amount = c.amount(at+".amount", &s.Amount, 1)
		if i == 0 {
			continue
		}
		if s.at <= k.Steps[i-1].at {
			c.add(at+".at", "must be more than the step before it")
		}
		if k.Mode == Replace && s.amount <= k.Steps[i-1].amount {
			c.add(at+".amount", "must be more than the step before it, which it replaces")
		}
	}
}

// measure reads a threshold of revenue as an amount, any other as a count.
func (c *checker) measure(path string, text *string, of string, low int64) int64 {
	if of == Revenue {
		return c.amount(path, text, low)
	}
	return c.count(path, text, low)
}

func (c *checker) period(k *Component, path string) {
	if k.Period == nil {
		k.Period = &Period{}
	}
	oneOf(c, path+".kind", &k.Period.Kind, Lifetime, CalendarMonth, CalendarQuarter, RollingDays)
	switch {
	case k.Period.Kind == RollingDays:
		c.between(path+".days", k.Period.Days, 1, 730)
	case k.Period.Days != 0:
		c.add(path+".days", "belongs to rolling_days only")
	}
}
