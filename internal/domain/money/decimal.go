package money

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Parse reads an exact decimal string of any scale: "19.9", "19.90" and
// "19.9000" are the same USD. Digits below the minor unit that are not zero are
// an error, as are spaces, exponents, overflow and the empty string.
func Parse(text string, c Currency) (Amount, error) {
	if strings.ContainsAny(text, "eE") {
		return Amount{}, notMoney(text)
	}
	minor, exact, err := scan(text, c.Exponent())
	if err != nil {
		return Amount{}, err
	}
	if !exact {
		return Amount{}, fmt.Errorf("%q has more decimals than %s has (%d)", clip(text), c, c.Exponent())
	}
	return Amount{Minor: minor, Currency: c}, nil
}

// ParseRounded reads what a store's platform writes as money: any scale,
// exponent form, surrounding spaces. It rounds to minor units once, half away
// from zero. Overflow and the empty string are errors.
func ParseRounded(text string, c Currency) (minor int64, err error) {
	minor, _, err = scan(strings.TrimSpace(text), c.Exponent())
	return minor, err
}

// ParseMicro reads a unit price of at most six decimals in millionths of the
// major unit: "0.0375" is 37500.
func ParseMicro(text string) (Micro, error) {
	v, exact, err := scan(text, 6)
	if err != nil {
		return 0, err
	}
	if !exact {
		return 0, fmt.Errorf("%q has more than six decimals", clip(text))
	}
	return Micro(v), nil
}

// Format is minor in major units with exactly the currency's decimals.
func Format(minor int64, c Currency) string {
	exp := c.Exponent()
	if exp == 0 {
		return strconv.FormatInt(minor, 10)
	}
	var buf [32]byte
	b := buf[:0]
	abs := magnitude(minor)
	if minor < 0 {
		b = append(b, '-')
	}
	start := len(b)
	b = strconv.AppendUint(b, abs, 10)
	for len(b)-start <= exp { // at least one digit before the point
		b = append(b, 0)
		copy(b[start+1:], b[start:])
		b[start] = '0'
	}
	point := len(b) - exp
	b = append(b, 0)
	copy(b[point+1:], b[point:])
	b[point] = '.'
	return string(b)
}

// scan reads [+-]digits[.digits][e[+-]digits] in units of 10^-exp, rounding
// half away from zero; exact tells whether it had to.
func scan(text string, exp int) (minor int64, exact bool, err error) {
	s := text
	neg := false
	if s != "" && (s[0] == '-' || s[0] == '+') {
		neg = s[0] == '-'
		s = s[1:]
	}
	end := len(s)
	e10 := 0
	if i := strings.IndexAny(s, "eE"); i >= 0 {
		// Beyond ±10,000 nothing changes: every digit is far above or below.
		if e10, err = strconv.Atoi(s[i+1:]); err != nil || len(s[i+1:]) > 6 {
			return 0, false, notMoney(text)
		}
		end = i
	}
	digits, point := 0, -1
	for i := range end {
		switch ch := s[i]; {
		case ch >= '0' && ch <= '9':
			digits++
		case ch == '.' && point < 0:
			point = i
		default:
			return 0, false, notMoney(text)
		}
	}
	if digits == 0 {
		return 0, false, notMoney(text)
	}
	if point < 0 {
		point = end
	}
	// keep: how many of the digits stand at or above the minor unit.
	keep := point + e10 + exp
	var v uint64
	exact = true
	seen := 0
	for i := range end {
		ch := s[i]
		if ch == '.' {
			continue
		}
		d := uint64(ch - '0')
		switch {
		case seen < keep:
			if v > (math.MaxInt64-d)/10 {
				return 0, false, tooLarge(text)
			}
			v = v*10 + d
		case d != 0:
			exact = false
			if seen == keep && d >= 5 {
				v++
			}
		}
		seen++
	}
	for ; seen < keep && v != 0; seen++ {
		if v > math.MaxInt64/10 {
			return 0, false, tooLarge(text)
		}
		v *= 10
	}
	if v > math.MaxInt64 {
		return 0, false, tooLarge(text)
	}
	minor = int64(v)
	if neg {
		minor = -minor
	}
	return minor, exact, nil
}

func notMoney(text string) error {
	return fmt.Errorf("%q is not an amount such as 19.90", clip(text))
}

func tooLarge(text string) error { return fmt.Errorf("amount %q is too large", clip(text)) }

// clip keeps what a stranger sent from filling a message.
func clip(s string) string {
	if len(s) > 40 {
		return s[:40] + "…"
	}
	return s
}

// magnitude is |v|, also for the smallest int64.
func magnitude(v int64) uint64 {
	if v < 0 {
		return -uint64(v) //nolint:gosec // two's complement is what is meant
	}
	return uint64(v)
}
