// Package discount holds what a discount code gives, in words that mean the
// same on every platform: what a store is asked for, what it shows, and where
// the two differ.
package discount

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"tributary/internal/domain/money"
	"tributary/internal/errs"
)

// Kind says what a discount takes off.
type Kind string

// The kinds.
const (
	Percent      Kind = "percent"
	Fixed        Kind = "fixed"
	FreeShipping Kind = "free_shipping"
)

// Spec is one discount. The zero value of what is optional means no limit.
type Spec struct {
	Kind            Kind       `json:"kind"`
	PercentBps      int64      `json:"percent_bps,omitempty"`
	AmountMinor     int64      `json:"amount_minor,omitempty"` // of the shop's currency, off the whole cart
	MinSubtotal     int64      `json:"min_subtotal,omitempty"` // minor units
	MinQuantity     int64      `json:"min_quantity,omitempty"` // Shopify only
	Products        []int64    `json:"products,omitempty"`     // ids in the store; with Collections empty
	Collections     []int64    `json:"collections,omitempty"`  // on WooCommerce: categories
	UsageLimit      int64      `json:"usage_limit,omitempty"`  // of each code
	OncePerCustomer bool       `json:"once_per_customer,omitempty"`
	WithOrder       bool       `json:"combines_with_order,omitempty"`
	WithProduct     bool       `json:"combines_with_product,omitempty"`
	WithShipping    bool       `json:"combines_with_shipping,omitempty"`
	StartsAt        time.Time  `json:"starts_at"`
	EndsAt          *time.Time `json:"ends_at,omitempty"`
}

// Check returns every field that is wrong.
func (s *Spec) Check() (fields []errs.Field) {
	wrong := func(bad bool, path, msg string) {
		if bad {
			fields = append(fields, errs.Field{Path: path, Msg: msg})
		}
	}
	wrong(!slices.Contains([]Kind{Percent, Fixed, FreeShipping}, s.Kind), "kind", "must be percent, fixed or free_shipping")
	wrong(s.Kind == Percent && (s.PercentBps <= 0 || s.PercentBps > 10_000), "percent_bps", "must be 1 to 10000: hundredths of a percent")
	wrong(s.Kind != Percent && s.PercentBps != 0, "percent_bps", "belongs to kind percent")
	wrong(s.Kind == Fixed && s.AmountMinor <= 0, "amount", "must be more than nothing")
	wrong(s.Kind != Fixed && s.AmountMinor != 0, "amount", "belongs to kind fixed")
	wrong(s.MinSubtotal < 0 || s.MinQuantity < 0, "min_subtotal", "must not be negative")
	wrong(s.MinSubtotal > 0 && s.MinQuantity > 0, "min_quantity", "a store takes one of min_subtotal and min_quantity")
	wrong(len(s.Products) > 0 && len(s.Collections) > 0, "collections", "a store takes one of products and collections")
	wrong(s.Kind == FreeShipping && len(s.Products)+len(s.Collections) > 0, "products", "free shipping is for the whole order")
	wrong(len(s.Products) > 100 || len(s.Collections) > 100, "products", "100 at most")
	wrong(s.UsageLimit < 0, "usage_limit", "must not be negative")
	wrong(s.EndsAt != nil && !s.EndsAt.After(s.StartsAt), "ends_at", "must be later than starts_at")
	return fields
}

// Differences says in words what a store shows otherwise than it was asked for.
// The end is left out while a discount is paused: pausing is ending.
func Differences(asked, shown Spec, c money.Currency, paused bool) (words []string) {
	differ := func(what string, a, b any) {
		if a != b {
			words = append(words, fmt.Sprintf("%s is %v, not %v", what, b, a))
		}
	}
	amount := func(minor int64) string { return money.Format(minor, c) + " " + string(c) }
	percent := func(bps int64) string { return fmt.Sprintf("%d.%02d %%", bps/100, bps%100) }
	differ("the kind", asked.Kind, shown.Kind)
	differ("the discount", percent(asked.PercentBps), percent(shown.PercentBps))
	differ("the amount", amount(asked.AmountMinor), amount(shown.AmountMinor))
	differ("the least order value", amount(asked.MinSubtotal), amount(shown.MinSubtotal))
	differ("the least quantity", asked.MinQuantity, shown.MinQuantity)
	differ("the usage limit", asked.UsageLimit, shown.UsageLimit)
	differ("once per customer", asked.OncePerCustomer, shown.OncePerCustomer)
	differ("combines with order discounts", asked.WithOrder, shown.WithOrder)
	differ("combines with product discounts", asked.WithProduct, shown.WithProduct)
	differ("combines with shipping discounts", asked.WithShipping, shown.WithShipping)
	differ("the products", list(asked.Products), list(shown.Products))
	differ("the collections", list(asked.Collections), list(shown.Collections))
	if !paused {
		differ("the end", end(asked.EndsAt), end(shown.EndsAt))
	}
	return words
}

func list(ids []int64) string {
	if len(ids) == 0 {
		return "all"
	}
	ids = slices.Clone(ids)
	slices.Sort(ids)
	return strings.Trim(fmt.Sprint(ids), "[]")
}

func end(t *time.Time) string {
	if t == nil {
		return "never"
	}
	return t.UTC().Truncate(time.Second).Format(time.RFC3339)
}

var codeText = regexp.MustCompile(`^[A-Z0-9_-]{3,32}$`)

// ValidCode reports whether both platforms take the code as it stands: 3 to 32
// of A-Z, 0-9, '-' and '_'.
func ValidCode(code string) bool { return codeText.MatchString(code) }

// FromPattern fills in {NAME}, {HANDLE} and {PERCENT}; the result is in upper
// case, without what no code may have in it.
func FromPattern(pattern, name, handle string, s *Spec) string {
	off := ""
	switch s.Kind {
	case Percent:
		if off = fmt.Sprint(s.PercentBps / 100); s.PercentBps%100 != 0 {
			off = fmt.Sprintf("%d-%02d", s.PercentBps/100, s.PercentBps%100)
		}
	case FreeShipping:
		off = "FREE"
	}
	first, _, _ := strings.Cut(strings.TrimSpace(name), " ")
	text := strings.NewReplacer("{NAME}", first, "{HANDLE}", handle, "{PERCENT}", off).Replace(pattern)
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z':
			return r - 'a' + 'A'
		case r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '-', r == '_':
			return r
		}
		return -1
	}, text)
}

// alphabet is without what people confuse: 0 and O, 1 and I.
const alphabet = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"

// PoolCode makes a code of a pool from a prefix and random bytes, five bits of
// each of which count.
func PoolCode(prefix string, random []byte) string {
	b := []byte(prefix)
	for _, r := range random {
		b = append(b, alphabet[r%32])
	}
	return string(b)
}
