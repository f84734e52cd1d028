// Package money holds exact amounts: int64 minor units with an ISO 4217
// currency whose exponent comes from CLDR, exact sums of amount × rate, one
// rounding step, and allocation by largest remainder.
// Nothing here, and nothing that uses it, touches a float.
package money

// Currency is an upper-case ISO 4217 code such as "USD".
type Currency string

// Bps is a rate in basis points: 1/10,000.
type Bps int64

// Micro is a unit price in millionths of the currency's major unit.
type Micro int64

// Amount is a number of minor units (cents for USD, yen for JPY, fils for KWD).
type Amount struct {
	Minor    int64
	Currency Currency
}
