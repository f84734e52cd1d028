package money

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"math/bits"
	"strconv"
	"strings"
)

// Exact is an exact sum of minor units, rational until its one rounding step
// . The zero value is zero. Copies are independent. It marshals to its
// reduced fraction as text ("201/2"), so equal values have equal bytes.
type Exact struct {
	// num/den while both fit; den 0 means 1. When r is set it is the value; it
	// is never written to once set.
	num, den int64
	r        *big.Rat
}

// ErrOverflow is returned when a sum does not fit an amount of money.
var ErrOverflow = errors.New("amount is too large")

// ExactOf is minor as an Exact.
func ExactOf(minor int64) Exact { return Exact{num: minor} }

// AddRate adds minor × rate.
func (e *Exact) AddRate(minor int64, rate Bps) {
	if n, ok := mul(minor, int64(rate)); ok {
		e.add(n, 10_000)
		return
	}
	e.addProduct(minor, int64(rate), 10_000)
}

// AddInt adds whole minor units.
func (e *Exact) AddInt(minor int64) { e.add(minor, 1) }

// AddMicro adds count × unit, where the currency has exp decimals.
func (e *Exact) AddMicro(count int64, unit Micro, exp int) {
	den, num := int64(1), int64(1)
	for ; exp < 6; exp++ {
		den *= 10
	}
	for ; exp > 6; exp-- {
		num *= 10
	}
	if n, ok := mul(count, int64(unit)); ok {
		if n, ok = mul(n, num); ok {
			e.add(n, den)
			return
		}
	}
	var x Exact
	x.addProduct(count, int64(unit), den)
	x.MulRatio(num, 1)
	e.Add(x)
}

// Add adds o.
func (e *Exact) Add(o Exact) {
	if o.r == nil {
		e.add(o.num, o.denom())
		return
	}
	e.set(new(big.Rat).Add(e.rat(), o.r))
}

// Sub subtracts o.
func (e *Exact) Sub(o Exact) { e.Add(o.Neg()) }

// Neg is −e.
func (e Exact) Neg() Exact {
	if e.r != nil {
		return Exact{r: new(big.Rat).Neg(e.r)}
	}
	if e.num == math.MinInt64 {
		return Exact{r: new(big.Rat).Neg(e.rat())}
	}
	e.num = -e.num
	return e
}

// MulRatio multiplies by num/den. Like integer division it panics when den is
// zero.
func (e *Exact) MulRatio(num, den int64) {
	if den == 0 {
		panic("money: ratio with a zero denominator")
	}
	if e.r == nil && den > 0 {
		if n, ok := mul(e.num, num); ok {
			if d, ok := mul(e.denom(), den); ok {
				e.num, e.den = n, d
				return
			}
		}
		e.reduce()
		if g := gcd(magnitude(num), uint64(den)); g > 1 {
			num, den = num/int64(g), den/int64(g)
		}
		if n, ok := mul(e.num, num); ok {
			if d, ok := mul(e.denom(), den); ok {
				e.num, e.den = n, d
				return
			}
		}
	}
	e.set(new(big.Rat).Mul(e.rat(), new(big.Rat).SetFrac64(num, den)))
}

// Sign is −1, 0 or 1.
func (e Exact) Sign() int {
	if e.r != nil {
		return e.r.Sign()
	}
	switch {
	case e.num < 0:
		return -1
	case e.num > 0:
		return 1
	}
	return 0
}

// IsZero lets a JSON field of this type be left out with omitzero.
func (e Exact) IsZero() bool { return e.Sign() == 0 }

// Cmp is −1, 0 or 1 as e is less than, equal to or greater than o.
func (e Exact) Cmp(o Exact) int {
	if e.r == nil && o.r == nil {
		if e.denom() == o.denom() {
			switch {
			case e.num < o.num:
				return -1
			case e.num > o.num:
				return 1
			}
			return 0
		}
		if a, ok := mul(e.num, o.denom()); ok {
			if b, ok := mul(o.num, e.denom()); ok {
				return Exact{num: a}.Cmp(Exact{num: b})
			}
		}
	}
	return e.rat().Cmp(o.rat())
}

// RoundHalfUp is the one rounding step: the nearest minor unit, halves away
// from zero. ErrOverflow when it does not fit.
func (e Exact) RoundHalfUp() (int64, error) {
	if e.r != nil {
		return roundBig(e.r)
	}
	den := uint64(e.denom()) //nolint:gosec // always positive
	abs := magnitude(e.num)
	q, rem := abs/den, abs%den
	if rem >= den-rem {
		q++
	}
	if q > math.MaxInt64 {
		return 0, ErrOverflow
	}
	if e.num < 0 {
		return -int64(q), nil
	}
	return int64(q), nil
}

func roundBig(r *big.Rat) (int64, error) {
	two := big.NewInt(2)
	n := new(big.Int).Abs(r.Num())
	n.Mul(n, two).Add(n, r.Denom())
	n.Quo(n, new(big.Int).Mul(r.Denom(), two))
	if r.Sign() < 0 {
		n.Neg(n)
	}
	if !n.IsInt64() {
		return 0, ErrOverflow
	}
	return n.Int64(), nil
}

// String is the reduced fraction: "0", "101", "-201/2".
func (e Exact) String() string {
	if e.r != nil {
		return e.r.RatString()
	}
	e.reduce()
	s := strconv.FormatInt(e.num, 10)
	if e.den > 1 {
		s += "/" + strconv.FormatInt(e.den, 10)
	}
	return s
}

// MarshalText gives String.
func (e Exact) MarshalText() ([]byte, error) { return []byte(e.String()), nil }

// UnmarshalText reads what MarshalText gives.
func (e *Exact) UnmarshalText(b []byte) error {
	s := string(b)
	num, den, frac := strings.Cut(s, "/")
	bad := len(s) > 1000 || !digits(strings.TrimPrefix(num, "-")) || frac && (!digits(den) || strings.Trim(den, "0") == "")
	if bad {
		return fmt.Errorf("%q is not a fraction such as 201/2", clip(s))
	}
	r, ok := new(big.Rat).SetString(s)
	if !ok {
		return fmt.Errorf("%q is not a fraction such as 201/2", clip(s))
	}
	e.set(r)
	return nil
}

func digits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

func (e Exact) denom() int64 {
	if e.den == 0 {
		return 1
	}
	return e.den
}

// add adds n/d, d > 0, staying on the common denominator when there is one.
func (e *Exact) add(n, d int64) {
	if n == 0 {
		return
	}
	if e.r == nil {
		if e.num == 0 {
			e.num, e.den = n, d
			return
		}
		if e.addSmall(n, d) {
			return
		}
		e.reduce()
		if e.addSmall(n, d) {
			return
		}
	}
	e.set(new(big.Rat).Add(e.rat(), big.NewRat(n, d)))
}

func (e *Exact) addSmall(n, d int64) bool {
	ed := e.denom()
	en := e.num
	if ed != d {
		g := int64(gcd(uint64(ed), uint64(d))) //nolint:gosec // both positive
		var ok1, ok2, ok3 bool
		en, ok1 = mul(en, d/g)
		n, ok2 = mul(n, ed/g)
		ed, ok3 = mul(ed, d/g)
		if !ok1 || !ok2 || !ok3 {
			return false
		}
	}
	sum := en + n
	if (en^sum)&(n^sum) < 0 { // overflow
		return false
	}
	e.num, e.den = sum, ed
	return true
}

func (e *Exact) addProduct(a, b, den int64) {
	n := new(big.Int).Mul(big.NewInt(a), big.NewInt(b))
	r := new(big.Rat).SetFrac(n, big.NewInt(den))
	e.set(r.Add(r, e.rat()))
}

// set takes r over, in small form when it fits.
func (e *Exact) set(r *big.Rat) {
	if r.Num().IsInt64() && r.Denom().IsInt64() {
		*e = Exact{num: r.Num().Int64(), den: r.Denom().Int64()}
		return
	}
	*e = Exact{r: r}
}

func (e *Exact) reduce() {
	if e.den > 1 {
		if g := gcd(magnitude(e.num), uint64(e.den)); g > 1 {
			e.num, e.den = e.num/int64(g), e.den/int64(g) //nolint:gosec // g divides den
		}
	}
}

func (e Exact) rat() *big.Rat {
	if e.r != nil {
		return e.r
	}
	return big.NewRat(e.num, e.denom())
}

// mul is a × b and whether it fits.
func mul(a, b int64) (int64, bool) {
	hi, lo := bits.Mul64(magnitude(a), magnitude(b))
	if hi != 0 || lo > math.MaxInt64 {
		return 0, false
	}
	if (a < 0) != (b < 0) {
		return -int64(lo), true
	}
	return int64(lo), true
}

func gcd(a, b uint64) uint64 {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}
