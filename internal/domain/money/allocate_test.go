package money_test

import (
	"math"
	"math/big"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"tributary/internal/domain/money"
)

func TestAllocateByLargestRemainder(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		total   int64
		weights []int64
		want    []int64
	}{
		{"R-14 split 60/40", 1001, []int64{6000, 4000}, []int64{601, 400}},
		{"R-18 discount over lines", 1000, []int64{3333, 3333, 3334}, []int64{333, 333, 334}},
		{"R-19 commission over lines", 101, []int64{335, 335, 335}, []int64{34, 34, 33}},
		{"a negative total mirrors", -101, []int64{1, 1, 1}, []int64{-34, -34, -33}},
		{"a zero weight gets nothing", 5, []int64{0, 2, 1}, []int64{0, 3, 2}},
		{"a negative weight gets nothing", 5, []int64{-3, 2, 1}, []int64{0, 3, 2}},
		{"all zero weights share alike", 5, []int64{0, 0, 0}, []int64{2, 2, 1}},
		{"one weight gets all", -7, []int64{3}, []int64{-7}},
		{"no weights give no parts", 7, nil, nil},
		{"nothing to deal", 0, []int64{1, 2}, []int64{0, 0}},
		{"the extremes", math.MinInt64, []int64{math.MaxInt64}, []int64{math.MinInt64}},
	} {
		if got := money.Allocate(c.total, c.weights); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

func TestAllocatedPartsSumToTheTotalAndAreWithinOneOfTheirShare(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		total := rapid.Int64().Draw(t, "total")
		weights := rapid.SliceOfN(rapid.Int64Range(0, math.MaxInt64), 1, 12).Draw(t, "weights")
		parts := money.Allocate(total, weights)
		sum, wsum := new(big.Int), new(big.Int)
		for i, p := range parts {
			sum.Add(sum, big.NewInt(p))
			wsum.Add(wsum, big.NewInt(weights[i]))
		}
		if sum.Cmp(big.NewInt(total)) != 0 {
			t.Fatalf("parts sum to %s, not %d", sum, total)
		}
		if wsum.Sign() == 0 || !wsum.IsInt64() {
			return
		}
		for i, p := range parts {
			share := new(big.Rat).SetFrac(new(big.Int).Mul(big.NewInt(total), big.NewInt(weights[i])), wsum)
			off := share.Sub(share, new(big.Rat).SetInt64(p))
			if off.Abs(off).Cmp(big.NewRat(1, 1)) >= 0 {
				t.Fatalf("part %d is off by %s", i, off)
			}
		}
	})
}

func BenchmarkAllocate(b *testing.B) {
	w := []int64{335, 1200, 7200}
	for b.Loop() {
		money.Allocate(1001, w)
	}
}
