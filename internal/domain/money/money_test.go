package money_test

import (
	"encoding/json"
	"math"
	"math/big"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"tributary/internal/domain/money"
)

func TestExponentsStayWhatStoredAmountsWereWrittenWith(t *testing.T) {
	t.Parallel()
	for c, want := range map[money.Currency]int{
		"USD": 2, "EUR": 2, "GBP": 2, "CHF": 2, "CAD": 2, "AUD": 2, "BRL": 2, "INR": 2, "MXN": 2, "PLN": 2, "SEK": 2, "TRY": 2, "ZAR": 2,
		"JPY": 0, "KRW": 0, "VND": 0, "CLP": 0, "ISK": 0, "XAF": 0, "XOF": 0, "PYG": 0,
		"KWD": 3, "BHD": 3, "OMR": 3, "TND": 3, "JOD": 3, "SLE": 2, "XCG": 2,
		"PKR": 2, "RSD": 2, "IDR": 2, "COP": 2, "UGX": 0, "RWF": 0, "IQD": 3, "HUF": 2, "TWD": 2,
	} {
		if got := c.Exponent(); got != want {
			t.Errorf("%s has exponent %d, want %d", c, got, want)
		}
	}
}

func TestParseCurrencyTakesAnyCaseAndNothingElse(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]money.Currency{"USD": "USD", "usd": "USD", "Eur": "EUR", "KWD": "KWD"} {
		if got, err := money.ParseCurrency(in); err != nil || got != want {
			t.Errorf("ParseCurrency(%q) = %q, %v", in, got, err)
		}
	}
	for _, in := range []string{"", "US", "USDT", "XXX", "XTS", "AAA", "U$D", " USD", strings.Repeat("A", 1000)} {
		if got, err := money.ParseCurrency(in); err == nil || len(err.Error()) > 200 {
			t.Errorf("ParseCurrency(%.10q) = %q, %v", in, got, err)
		}
	}
}

func TestParseIsExactOrAnError(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text string
		cur  money.Currency
		want int64
	}{
		{"19.90", "USD", 1990}, {"19.9", "USD", 1990}, {"19.900000", "USD", 1990}, {"19", "USD", 1900}, {".5", "USD", 50},
		{"5.", "USD", 500}, {"-0.05", "USD", -5}, {"+1", "USD", 100}, {"0", "USD", 0}, {"-0", "USD", 0}, {"007.10", "USD", 710},
		{"1234", "JPY", 1234}, {"1234.00", "JPY", 1234}, {"1.235", "KWD", 1235},
		{"92233720368547758.07", "USD", math.MaxInt64}, {"-92233720368547758.07", "USD", -math.MaxInt64},
	} {
		got, err := money.Parse(c.text, c.cur)
		if err != nil || got.Minor != c.want || got.Currency != c.cur {
			t.Errorf("Parse(%q, %s) = %+v, %v; want %d", c.text, c.cur, got, err, c.want)
		}
	}
	for _, c := range []struct {
		text string
		cur  money.Currency
	}{
		{"", "USD"}, {".", "USD"}, {"-", "USD"}, {"1.001", "USD"}, {"1.5", "JPY"}, {"1.2345", "KWD"}, {"1e2", "USD"}, {"1,00", "USD"},
		{"1.0.0", "USD"}, {" 1", "USD"}, {"0x10", "USD"}, {"NaN", "USD"}, {"Inf", "USD"}, {"--1", "USD"}, {"١", "USD"},
		{"92233720368547758.08", "USD"}, {"99999999999999999999999", "USD"},
	} {
		if got, err := money.Parse(c.text, c.cur); err == nil {
			t.Errorf("Parse(%q, %s) = %+v, want an error", c.text, c.cur, got)
		}
	}
}

func TestParseRoundedReadsWhatPlatformsWrite(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text string
		cur  money.Currency
		want int64
	}{
		{"6.3", "USD", 630}, {"32.903226", "USD", 3290}, {"-38.74", "USD", -3874}, {"1e2", "USD", 10000}, {"1E-2", "USD", 1},
		{"0.005", "USD", 1}, {"-0.005", "USD", -1}, {"0.00499999999999999999999999", "USD", 0}, {"0.015", "USD", 2}, {"0.025", "USD", 3},
		{" 7.00\n", "USD", 700}, {"9e-2", "JPY", 0}, {"9e-1", "JPY", 1}, {"0.09e1", "JPY", 1}, {"0.5e-3", "USD", 0}, {"1.2345", "KWD", 1235},
		{"0e99999", "USD", 0}, {"1e-99999", "USD", 0}, {"2.5", "JPY", 3}, {"-2.5", "JPY", -3}, {"9.995", "USD", 1000},
	} {
		got, err := money.ParseRounded(c.text, c.cur)
		if err != nil || got != c.want {
			t.Errorf("ParseRounded(%q, %s) = %d, %v; want %d", c.text, c.cur, got, err, c.want)
		}
	}
	for _, text := range []string{
		"", " ", "e2", "1e", "1e+", "1e1.5", "1e999999999999", "1e17", "abc", "1 000", "$5", "92233720368547758.075", "-92233720368547758.08", "1e99999",
	} {
		if got, err := money.ParseRounded(text, "USD"); err == nil {
			t.Errorf("ParseRounded(%q) = %d, want an error", text, got)
		}
	}
}

func FuzzParseRounded(f *testing.F) {
	for _, s := range []string{"6.3", "32.903226", "-38.74", "", "1e2", "9e-1", "0.005", "92233720368547758.07", ".e1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, err := money.ParseRounded(s, "USD")
		if err != nil {
			return
		}
		r, ok := new(big.Rat).SetString(strings.TrimSpace(s))
		if !ok {
			t.Fatalf("took %q, which is no number", s)
		}
		var e money.Exact
		if err := e.UnmarshalText([]byte(r.Mul(r, big.NewRat(100, 1)).RatString())); err != nil {
			t.Skip("too long to compare")
		}
		if want, err := e.RoundHalfUp(); err != nil || want != got {
			t.Fatalf("%q gave %d, want %d (%v)", s, got, want, err)
		}
	})
}

func TestFormatAndParseAreInverse(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		minor int64
		cur   money.Currency
		want  string
	}{
		{1990, "USD", "19.90"}, {5, "USD", "0.05"}, {-5, "USD", "-0.05"}, {0, "USD", "0.00"}, {100, "USD", "1.00"},
		{-1234, "JPY", "-1234"}, {7, "KWD", "0.007"}, {math.MinInt64, "USD", "-92233720368547758.08"},
	} {
		if got := money.Format(c.minor, c.cur); got != c.want {
			t.Errorf("Format(%d, %s) = %q, want %q", c.minor, c.cur, got, c.want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		a := money.Amount{
			Minor:    rapid.Int64Range(-math.MaxInt64, math.MaxInt64).Draw(t, "minor"),
			Currency: rapid.SampledFrom([]money.Currency{"USD", "JPY", "KWD"}).Draw(t, "currency"),
		}
		b, err := json.Marshal(a)
		if err != nil {
			t.Fatal(err)
		}
		var back money.Amount
		if err := json.Unmarshal(b, &back); err != nil || back != a {
			t.Fatalf("%s came back as %+v, %v", b, back, err)
		}
	})
}

func TestAmountJSONIsStrict(t *testing.T) {
	t.Parallel()
	b, err := json.Marshal(money.Amount{Minor: 1990, Currency: "USD"})
	if err != nil || string(b) != `{"amount":"19.90","currency":"USD"}` {
		t.Fatalf("%s, %v", b, err)
	}
	for _, in := range []string{
		`{"amount":19.90,"currency":"USD"}`, `{"amount":"19.90"}`, `{"amount":"19.901","currency":"USD"}`,
		`{"amount":"1","currency":"USD","x":1}`, `"19.90"`, `{}`,
	} {
		var a money.Amount
		if err := json.Unmarshal([]byte(in), &a); err == nil {
			t.Errorf("%s gave %+v, want an error", in, a)
		}
	}
}
