package money

import (
	"fmt"
	"strings"

	"golang.org/x/text/currency"
)

// exponents holds every currency ParseCurrency accepts.
var exponents = func() map[Currency]int {
	// In use, and younger than the CLDR tables at hand.
	m := map[Currency]int{"SLE": 2, "VED": 2, "XCG": 2, "ZWG": 2}
	for q := currency.Query(currency.Historical); q.Next(); {
		scale, _ := currency.Standard.Rounding(q.Unit())
		m[Currency(q.Unit().String())] = scale
	}
	for q := currency.Query(); q.Next(); {
		scale, _ := currency.Standard.Rounding(q.Unit())
		m[Currency(q.Unit().String())] = scale
	}
	delete(m, "XXX") // ISO's "no currency"
	delete(m, "XTS") // ISO's "for testing"
	return m
}()

// ParseCurrency reads an ISO 4217 code in any case.
func ParseCurrency(s string) (Currency, error) {
	c := Currency(s)
	if _, ok := exponents[c]; ok {
		return c, nil
	}
	c = Currency(strings.ToUpper(s))
	if _, ok := exponents[c]; ok {
		return c, nil
	}
	return "", fmt.Errorf("%q is not a currency code of ISO 4217 such as USD", clip(s))
}

// Exponent is the number of decimals of the minor unit: USD 2, JPY 0, KWD 3.
// A code that ParseCurrency refuses has 2.
func (c Currency) Exponent() int {
	if e, ok := exponents[c]; ok {
		return e
	}
	return 2
}
