package money

import (
	"math/bits"
	"slices"
)

// Allocate deals total out in proportion to weights by largest remainder: the
// parts always sum to total, and ties go to the lower index. A
// negative total is dealt as its mirror image. Negative weights count as zero;
// if all are zero the parts are as equal as can be. No weights: no parts.
func Allocate(total int64, weights []int64) []int64 {
	n := len(weights)
	if n == 0 {
		return nil
	}
	parts := make([]int64, n)
	if total == 0 {
		return parts
	}
	shift, sum := scaleOf(weights)
	weight := func(i int) uint64 {
		if sum == 0 {
			return 1
		}
		return uint64(max(weights[i], 0)) >> shift
	}
	div := sum
	if sum == 0 {
		div = uint64(n)
	}

	abs := magnitude(total)
	left := abs
	rest := make([]uint64, n)
	order := make([]int, n)
	for i := range parts {
		hi, lo := bits.Mul64(abs, weight(i))
		q, r := bits.Div64(hi, lo, div) // hi < div because weight ≤ div
		parts[i], rest[i], order[i] = int64(q), r, i
		left -= q
	}
	if left > 0 {
		slices.SortFunc(order, func(a, b int) int {
			switch {
			case rest[a] > rest[b]:
				return -1
			case rest[a] < rest[b]:
				return 1
			}
			return a - b
		})
		for _, i := range order[:left] {
			parts[i]++
		}
	}
	if total < 0 {
		for i := range parts {
			parts[i] = -parts[i]
		}
	}
	return parts
}

// scaleOf is the sum of the weights and the right shift that makes it fit.
func scaleOf(weights []int64) (shift uint, sum uint64) {
next:
	for ; ; shift++ {
		sum = 0
		for _, w := range weights {
			var carry uint64
			sum, carry = bits.Add64(sum, uint64(max(w, 0))>>shift, 0)
			if carry != 0 {
				continue next
			}
		}
		return shift, sum
	}
}
