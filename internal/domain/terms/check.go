package terms

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"tributary/internal/domain/money"
	"tributary/internal/errs"
)

// root is the first element of every field path.
const root = "terms"

// Validate fills what the document leaves out, checks it as a whole and reads
// its amounts, so that the accessors of the package can be used. Everything
// wrong comes back at once. Parse has already done it.
func (t *Terms) Validate() error { return t.check(nil) }

func (t *Terms) check(wrong []errs.Field) error {
	c := checker{wrong: wrong}
	c.terms(t)
	if len(c.wrong) == 0 {
		return nil
	}
	slices.SortStableFunc(c.wrong, func(a, b errs.Field) int { return strings.Compare(a.Path, b.Path) })
	// One complaint a field: a value of the wrong shape reads as empty too.
	fields := slices.CompactFunc(c.wrong, func(a, b errs.Field) bool { return a.Path == b.Path })
	msg := fmt.Sprintf("The terms have %d problems.", len(fields))
	if len(fields) == 1 {
		msg = "The terms have a problem."
	}
	return errs.New(errs.Invalid, "terms_invalid", msg, fields...)
}

type checker struct {
	currency money.Currency
	wrong    []errs.Field
	ids      map[string]string // component and rule ids → path
}

func (c *checker) add(path, format string, args ...any) {
	c.wrong = append(c.wrong, errs.Field{Path: path, Msg: fmt.Sprintf(format, args...)})
}

func (c *checker) terms(t *Terms) {
	if t.Version != 1 {
		c.add(root+".version", "must be 1, the version of the document's format")
	}
	if cur, err := money.ParseCurrency(string(t.Currency)); err != nil || cur != t.Currency {
		c.add(root+".currency", "must be a currency code of ISO 4217 in upper case, such as USD")
	}
	c.currency = t.Currency
	oneOf(c, root+".rounding", &t.Rounding, HalfUp)
	oneOf(c, root+".schedule", &t.Schedule, Monthly, Weekly, AfterCampaign)
	c.attribution(&t.Attribution, root+".attribution")
	c.base(&t.Base, root+".base")

	c.ids = map[string]string{}
	c.length(root+".components", len(t.Components), 1, 20)
	for i := range t.Components {
		c.component(&t.Components[i], fmt.Sprintf("%s.components[%d]", root, i))
	}

	t.Caps.perOrder = c.optional(root+".caps.per_order", &t.Caps.PerOrder, 1)
	t.Caps.perPeriod = c.optional(root+".caps.per_period", &t.Caps.PerPeriod, 1)
	t.Caps.budget = c.optional(root+".caps.budget", &t.Caps.Budget, 1)
	oneOf(c, root+".refund.unlined", &t.Refund.Unlined, Proportional, GoodsFirst, Ignore)
	c.between(root+".hold.days", t.Hold.Days, 0, 365)
	oneOf(c, root+".hold.from", &t.Hold.From, FromPaid, FromFulfilled, FromDelivered)
	if t.Threshold == "" {
		t.Threshold = "0"
	}
	t.threshold = c.amount(root+".threshold", &t.Threshold, 0)
	c.text(root+".disclosure.clause", t.Disclosure.Clause, 10_000)
	c.list(root+".disclosure.tags", t.Disclosure.Tags, 20, nil)
}

func (c *checker) attribution(a *Attribution, path string) {
	c.between(path+".window_days", a.WindowDays, 1, 730)
	oneOf(c, path+".precedence", &a.Precedence, CodeFirst, LinkFirst, FirstClick, LastTouchAny, Split)
	c.between(path+".late_touch_seconds", a.LateTouchSeconds, 0, 86_400)
	oneOf(c, path+".customers", &a.Customers, AllCustomers, NewOnly)
	oneOf(c, path+".self_referral", &a.SelfReferral, Deny, Allow)
	if b := a.Binding; b != nil {
		c.between(path+".binding.months", b.Months, 0, 120)
		oneOf(c, path+".binding.terms", &b.Terms, FirstOrder, Current)
	}
	switch {
	case a.Precedence == Split && a.SplitBps == nil:
		a.SplitBps = []money.Bps{5000, 5000}
	case a.Precedence == Split:
		if s := a.SplitBps; len(s) != 2 || s[0] < 0 || s[1] < 0 || s[0]+s[1] != 10_000 {
			c.add(path+".split_bps", "must be the shares of the first and the last touch, together 10000")
		}
	case a.SplitBps != nil:
		c.add(path+".split_bps", "belongs to the precedence split only")
	}
}

func (c *checker) base(b *Base, path string) {
	b.excluded = c.products(path+".exclude_products", b.ExcludeProducts)
	b.only = c.products(path+".only_products", b.OnlyProducts)
	c.list(path+".exclude_collections", b.ExcludeCollections, maxIDs, nil)
	c.list(path+".only_collections", b.OnlyCollections, maxIDs, nil)
}

// maxIDs bounds a list of products or collections.
const maxIDs = 1000

// products checks store product ids and reads them.
func (c *checker) products(path string, ids []string) map[int64]bool {
	if len(ids) == 0 {
		return nil
	}
	set := make(map[int64]bool, len(ids))
	c.list(path, ids, maxIDs, func(s string) string {
		id, err := strconv.ParseInt(s, 10, 64)
		if err != nil || id <= 0 || s[0] == '+' || s[0] == '0' {
			return "must be the numeric id of a product"
		}
		set[id] = true
		return ""
	})
	return set
}

func (c *checker) list(path string, items []string, most int, check func(string) string) {
	c.length(path, len(items), 0, most)
	seen := make(map[string]bool, len(items))
	for i, s := range items {
		at := fmt.Sprintf("%s[%d]", path, i)
		c.text(at, s, 200)
		if seen[s] {
			c.add(at, "stands there twice")
		}
		seen[s] = true
		if check != nil {
			if msg := check(s); msg != "" {
				c.add(at, "%s", msg)
			}
		}
	}
}

func (c *checker) text(path, s string, most int) {
	switch {
	case strings.TrimSpace(s) == "":
		c.add(path, "must not be empty")
	case len([]rune(s)) > most:
		c.add(path, "must not be longer than %d characters", most)
	}
}

func (c *checker) length(path string, n, low, high int) {
	if n < low || n > high {
		c.add(path, "must have %d to %d entries", low, high)
	}
}

func (c *checker) between(path string, n, low, high int) {
	if n < low || n > high {
		c.add(path, "must be between %d and %d", low, high)
	}
}

func (c *checker) rate(path string, r money.Bps, low money.Bps) {
	if r < low || r > 10_000 {
		c.add(path, "must be between %d and 10000 basis points (100 is 1 %%)", low)
	}
}

// amount reads *text, which must be at least low minor units, and rewrites it
// the one way.
func (c *checker) amount(path string, text *string, low int64) int64 {
	a, err := money.Parse(*text, c.currency)
	switch {
	case *text == "":
		c.add(path, `is missing; amounts are written like "19.90"`)
	case err != nil:
		c.add(path, "%s", err)
	case a.Minor < low && low == 0:
		c.add(path, "must not be negative")
	case a.Minor < low:
		c.add(path, "must be more than zero")
	default:
		*text = a.String()
	}
	return a.Minor
}

// optional is amount for a field that may be empty: then −1.
func (c *checker) optional(path string, text *string, low int64) int64 {
	if *text == "" {
		return none
	}
	return c.amount(path, text, low)
}

func (c *checker) count(path string, text *string, low int64) int64 {
	n, err := strconv.ParseInt(*text, 10, 64)
	if err != nil || n < low || n > 1_000_000_000 || strings.HasPrefix(*text, "+") {
		c.add(path, "must be a whole number of at least %d, written as a string", low)
		return 0
	}
	*text = strconv.FormatInt(n, 10)
	return n
}

// oneOf checks a closed set; an empty value becomes the first, the default.
func oneOf[S ~string](c *checker, path string, have *S, set ...S) {
	if *have == "" {
		*have = set[0]
	}
	if !slices.Contains(set, *have) {
		names := make([]string, len(set))
		for i, s := range set {
			names[i] = string(s)
		}
		c.add(path, "must be one of: %s", strings.Join(names, ", "))
	}
}
