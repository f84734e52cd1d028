package terms

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"tributary/internal/domain/money"
)

// The closed sets of the components that pay for something else than orders.
const (
	ViaCode    = "code"
	ViaLink    = "link"
	ViaPage    = "landing_page"
	ViaLive    = "live"
	ViaBinding = "binding"
	ViaManual  = "manual"

	Entries = "entries"

	Reject  = "reject"
	Qualify = "qualify"

	OnSigning = "on_signing"
	EachMonth = "monthly"
	OnDate    = "on_date"
)

// The events of a post that have a price.
const (
	Like    = "like"
	Comment = "comment"
	Share   = "share"
	Save    = "save"
	View    = "view"
)

var (
	vias   = []string{ViaCode, ViaLink, ViaPage, ViaLive, ViaBinding, ViaManual}
	events = []string{Like, Comment, Share, Save, View}
)

func (c *checker) via(k *Component, path string) {
	for i, v := range k.Via {
		at := fmt.Sprintf("%s[%d]", path, i)
		switch {
		case !slices.Contains(vias, v):
			c.add(at, "must be one of: %s", strings.Join(vias, ", "))
		case slices.Contains(k.Via[:i], v):
			c.add(at, "stands there twice")
		}
	}
}

func (c *checker) clicks(k *Component, path string) {
	switch {
	case k.UnitPrice != "" && k.Amount == "" && k.Goal == 0:
		k.unit = c.unit(path+".unit_price", k.UnitPrice)
	case k.UnitPrice == "" && k.Amount != "":
		k.amount = c.amount(path+".amount", &k.Amount, 1)
		c.between(path+".goal", k.Goal, 1, 1_000_000_000)
	default:
		c.add(path+".unit_price", "must be the price of a click; or leave it out and give amount, a budget, and goal, the clicks it is for")
	}
	if k.DedupeHours == 0 {
		k.DedupeHours = 24
	}
	c.between(path+".dedupe_hours", k.DedupeHours, 1, 24*30)
	c.between(path+".visitor_cap", k.VisitorCap, 0, 1_000_000)
	c.bounds(k, path)
}

func (c *checker) leads(k *Component, path string) {
	k.amount = c.amount(path+".amount", &k.Amount, 1)
	if k.VettingDays == 0 {
		k.VettingDays = 14
	}
	c.between(path+".vetting_days", k.VettingDays, 1, 365)
	oneOf(c, path+".on_deadline", &k.OnDeadline, Reject, Qualify)
	if k.DedupeDays == 0 {
		k.DedupeDays = 90
	}
	c.between(path+".dedupe_days", k.DedupeDays, 1, 3650)
	c.bounds(k, path)
}

func (c *checker) giveaway(k *Component, path string) {
	k.amount = c.amount(path+".amount", &k.Amount, 1)
	c.bounds(k, path)
}

// bounds are the caps of what is paid by the piece, and where they start anew.
func (c *checker) bounds(k *Component, path string) {
	c.between(path+".max_count", k.MaxCount, 0, 1_000_000_000)
	k.maxAmount = c.optional(path+".max_amount", &k.MaxAmount, 1)
	c.period(k, path+".period")
	if k.Period.Kind == RollingDays {
		c.add(path+".period.kind", "must be one of: %s, %s, %s", Lifetime, CalendarMonth, CalendarQuarter)
	}
}

func (c *checker) engagement(k *Component, path string) {
	c.length(path+".prices", len(k.Prices), 1, len(events))
	var priced []string
	for i := range k.Prices {
		p := &k.Prices[i]
		at := fmt.Sprintf("%s.prices[%d]", path, i)
		c.event(at+".event", p.Event, priced)
		priced = append(priced, p.Event)
		p.unit = c.unit(at+".unit_price", p.UnitPrice)
	}
	c.length(path+".gates", len(k.Gates), 0, len(events))
	var gated []string
	for i, g := range k.Gates {
		at := fmt.Sprintf("%s.gates[%d]", path, i)
		c.event(at+".event", g.Event, gated)
		gated = append(gated, g.Event)
		c.between(at+".at_least", g.AtLeast, 1, 1_000_000_000)
	}
	c.length(path+".bands", len(k.Bands), 0, 50)
	for i := range k.Bands {
		b := &k.Bands[i]
		at := fmt.Sprintf("%s.bands[%d]", path, i)
		b.from = c.count(at+".from", &b.From, 0)
		c.rate(at+".rate_bps", b.RateBps, 0)
		switch {
		case i == 0 && b.from != 0:
			c.add(at+".from", "must be 0, so that nothing is left without a rate")
		case i > 0 && b.from <= k.Bands[i-1].from:
			c.add(at+".from", "must be more than the band before it")
		}
	}
	k.maxAmount = c.optional(path+".max_amount", &k.MaxAmount, 1)
	if k.FinalDays == 0 {
		k.FinalDays = 30
	}
	c.between(path+".final_days", k.FinalDays, 1, 365)
	if k.VettingDays == 0 {
		k.VettingDays = 7
	}
	c.between(path+".vetting_days", k.VettingDays, 1, 365)
	oneOf(c, path+".on_deadline", &k.OnDeadline, Qualify, Reject)
}

func (c *checker) event(path, event string, before []string) {
	switch {
	case !slices.Contains(events, event):
		c.add(path, "must be one of: %s", strings.Join(events, ", "))
	case slices.Contains(before, event):
		c.add(path, "stands there twice")
	}
}

func (c *checker) flatFee(k *Component, path string) {
	k.amount = c.amount(path+".amount", &k.Amount, 1)
	oneOf(c, path+".due", &k.Due, OnSigning, EachMonth, OnDate)
	switch {
	case k.Due == OnDate:
		if _, err := time.Parse(time.DateOnly, k.DueDate); err != nil {
			c.add(path+".due_date", "must be a day such as 2026-12-31")
		}
	case k.DueDate != "":
		c.add(path+".due_date", "belongs to due on_date only")
	}
	c.note(k, path)
}

func (c *checker) gift(k *Component, path string) {
	k.amount = c.amount(path+".amount", &k.Amount, 1)
	c.note(k, path)
}

func (c *checker) note(k *Component, path string) {
	if k.Note != "" {
		c.text(path+".note", k.Note, 500)
	}
}

// unit reads a price of up to six decimals.
func (c *checker) unit(path, text string) money.Micro {
	u, err := money.ParseMicro(text)
	switch {
	case text == "":
		c.add(path, `is missing; prices are written like "0.0375"`)
	case err != nil:
		c.add(path, "%s", err)
	case u <= 0:
		c.add(path, "must be more than zero")
	}
	return u
}

// Unit is the price of one click.
func (k *Component) Unit() money.Micro { return k.unit }

// MaxAmountMinor is the cap in money on what is paid by the piece; false when
// there is none.
func (k *Component) MaxAmountMinor() (int64, bool) { return limit(k.MaxAmount, k.maxAmount) }

// Unit is the price of one event.
func (p *Price) Unit() money.Micro { return p.unit }

// PaysFor tells whether the component pays for orders won by the touch.
func (k *Component) PaysFor(via string) bool { return len(k.Via) == 0 || slices.Contains(k.Via, via) }
