package money_test

import (
	"encoding/json"
	"errors"
	"math"
	"math/big"
	"testing"

	"pgregory.net/rapid"

	"tributary/internal/domain/money"
)

func rate(pairs ...int64) money.Exact {
	var e money.Exact
	for i := 0; i < len(pairs); i += 2 {
		e.AddRate(pairs[i], money.Bps(pairs[i+1]))
	}
	return e
}

func micro(count int64, unit money.Micro, c money.Currency) money.Exact {
	var e money.Exact
	e.AddMicro(count, unit, c.Exponent())
	return e
}

func TestRoundingIsOnceAndHalfAwayFromZero(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		exact money.Exact
		want  int64
	}{
		{"R-16a 12 % of two lines", rate(7200, 1200, 1800, 1200), 1080},
		{"R-16b product rates", rate(7200, 1500, 1800, 500), 1170},
		{"R-19 three lines round once", rate(335, 1000, 335, 1000, 335, 1000), 101},
		{"R-19 the mirror image", rate(-335, 1000, -335, 1000, -335, 1000), -101},
		{"R-20 after one refund", rate(670, 1000), 67},
		{"R-57 yen", rate(1234, 750), 93},
		{"R-57 dinar", rate(1235, 1000), 124},
		{"R-44 clicks", micro(1000, 400_000, "USD"), 40000},
		{"R-46 sub-cent clicks", micro(1333, 37_500, "USD"), 4999},
		{"micro of yen", micro(3, 500_000, "JPY"), 2},
		{"micro of dinar", micro(3, 500, "KWD"), 2},
		{"zero", money.Exact{}, 0},
		{"one half", rate(1, 5000), 1},
		{"minus one half", rate(-1, 5000), -1},
		{"just under a half", rate(1, 4999), 0},
	} {
		if got, err := c.exact.RoundHalfUp(); err != nil || got != c.want {
			t.Errorf("%s: %s rounds to %d, %v; want %d", c.name, c.exact, got, err, c.want)
		}
	}
}

func TestMulRatioConvertsWithTheOrdersOwnRate(t *testing.T) {
	t.Parallel()
	e := rate(9200, 1000) // 10 % of 92.00 EUR where the order says 92.00 EUR = 100.00 USD
	e.MulRatio(10000, 9200)
	if got, _ := e.RoundHalfUp(); got != 1000 {
		t.Errorf("got %d, want 1000", got)
	}
	e = rate(4600, 1000)
	e.MulRatio(10000, 9200)
	if got, _ := e.RoundHalfUp(); got != 500 {
		t.Errorf("half of it: got %d, want 500", got)
	}
	e = rate(4600, 1000)
	e.MulRatio(1, -2)
	if e.String() != "-230" {
		t.Errorf("negative ratio gave %s", e)
	}
}

func TestOverflowIsAnErrorNotAWrap(t *testing.T) {
	t.Parallel()
	e := money.ExactOf(math.MaxInt64)
	e.AddInt(1)
	if _, err := e.RoundHalfUp(); !errors.Is(err, money.ErrOverflow) {
		t.Errorf("got %v", err)
	}
	e.AddInt(-1)
	if got, err := e.RoundHalfUp(); err != nil || got != math.MaxInt64 {
		t.Errorf("back below the bound: %d, %v", got, err)
	}
	m := money.ExactOf(math.MinInt64)
	m.AddInt(math.MinInt64)
	if m.Sign() != -1 {
		t.Errorf("the sum of the smallest is %s", m)
	}
}

func TestCopiesOfASumAreIndependent(t *testing.T) {
	t.Parallel()
	a := money.ExactOf(math.MaxInt64)
	a.AddInt(1)
	b := a
	b.AddInt(1)
	if a.String() != "9223372036854775808" || b.String() != "9223372036854775809" {
		t.Errorf("%s, %s", a, b)
	}
}

func TestExactAgreesWithBigRat(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var e money.Exact
		want := new(big.Rat)
		amount := rapid.OneOf(rapid.Int64Range(-100_000, 100_000), rapid.Int64())
		for range rapid.IntRange(0, 12).Draw(t, "steps") {
			a, b := amount.Draw(t, "a"), amount.Draw(t, "b")
			product := new(big.Rat).Mul(new(big.Rat).SetInt64(a), new(big.Rat).SetInt64(b))
			switch rapid.IntRange(0, 5).Draw(t, "op") {
			case 0:
				e.AddRate(a, money.Bps(b))
				want.Add(want, product.Mul(product, big.NewRat(1, 10_000)))
			case 1:
				e.AddInt(a)
				want.Add(want, new(big.Rat).SetInt64(a))
			case 2:
				exp := rapid.IntRange(0, 8).Draw(t, "exp")
				e.AddMicro(a, money.Micro(b), exp)
				scale := new(big.Rat).SetFrac(new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(exp)), nil), big.NewInt(1_000_000))
				want.Add(want, product.Mul(product, scale))
			case 3:
				if b == 0 {
					b = 1
				}
				e.MulRatio(a, b)
				want.Mul(want, new(big.Rat).SetFrac64(a, b))
			case 4:
				e.Add(rate(a, b))
				want.Add(want, product.Mul(product, big.NewRat(1, 10_000)))
			case 5:
				e.Sub(rate(a, b))
				want.Sub(want, product.Mul(product, big.NewRat(1, 10_000)))
			}
		}
		if e.String() != want.RatString() || e.Sign() != want.Sign() {
			t.Fatalf("got %s, want %s", e, want.RatString())
		}
		b, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		var back money.Exact
		if err := json.Unmarshal(b, &back); len(b) < 1000 && (err != nil || back.Cmp(e) != 0 || back.String() != e.String()) {
			t.Fatalf("%s came back as %s, %v", b, back, err)
		}
	})
}

func TestExactRefusesTextThatIsNotAFraction(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"", "-", "1/0", "1/", "/2", "1.5", "1e9", "0x1", "1/-2", "a", "1/00"} {
		var e money.Exact
		if err := e.UnmarshalText([]byte(s)); err == nil {
			t.Errorf("%q gave %s", s, e)
		}
	}
}

func BenchmarkExactOrderOfThreeLines(b *testing.B) {
	for b.Loop() {
		e := rate(7200, 1500, 1800, 500, 335, 1000)
		if _, err := e.RoundHalfUp(); err != nil {
			b.Fatal(err)
		}
	}
}
