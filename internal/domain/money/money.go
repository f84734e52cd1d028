// Package money holds exact amounts: int64 minor units with an ISO 4217
// currency whose exponent comes from CLDR, or from ISO where that is finer,
// exact sums of amount × rate, one rounding step, and allocation by
// largest remainder. Nothing here, and nothing that uses it,
// touches a float.
package money

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
)

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

// String is the amount in major units without the currency: "19.90", "-0.05".
func (a Amount) String() string { return Format(a.Minor, a.Currency) }

type amountJSON struct {
	Amount   string   `json:"amount"`
	Currency Currency `json:"currency"`
}

// MarshalJSON gives {"amount":"19.90","currency":"USD"}.
func (a Amount) MarshalJSON() ([]byte, error) {
	return json.Marshal(amountJSON{a.String(), a.Currency})
}

// UnmarshalJSON takes what MarshalJSON gives. Unknown members, unknown
// currencies and digits below the minor unit are errors.
func (a *Amount) UnmarshalJSON(b []byte) error {
	var j amountJSON
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&j); err != nil {
		return fmt.Errorf("read amount: %w", err)
	}
	if _, err := d.Token(); err != io.EOF { //nolint:errorlint // Token documents io.EOF itself
		return fmt.Errorf("read amount: more than one value")
	}
	c, err := ParseCurrency(string(j.Currency))
	if err != nil {
		return err
	}
	v, err := Parse(j.Amount, c)
	if err != nil {
		return err
	}
	*a = v
	return nil
}
