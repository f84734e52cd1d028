package money

import (
	"fmt"
	"strings"

	"golang.org/x/text/currency"
)

// finer lists currencies whose minor unit in ISO 4217 is finer than the decimals
// CLDR shows people. Stores write these amounts with decimals, and so do payout
// rails: rounding them away would make an order disagree with its store.
const finer = "AFN ALL AMD COP GYD IDR IRR KPW LAK LBP MGA MMK MNT MUR PKR RSD SLL SOS SYP TZS UZS YER"

// exponents holds every currency ParseCurrency accepts. Stored amounts depend
// on it: an entry may be added, never changed.
var exponents = func() map[Currency]int {
	m := map[Currency]int{}
	for q := currency.Query(currency.Historical); q.Next(); {
		scale, _ := currency.Standard.Rounding(q.Unit())
		m[Currency(q.Unit().String())] = scale
	}
	for q := currency.Query(); q.Next(); {
		scale, _ := currency.Standard.Rounding(q.Unit())
		m[Currency(q.Unit().String())] = scale
	}
	for c := range strings.FieldsSeq(finer) {
		m[Currency(c)] = 2
	}
	m["IQD"] = 3
	// In use, and younger than the CLDR tables at hand.
	m["SLE"], m["VED"], m["XCG"], m["ZWG"] = 2, 2, 2, 2
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
