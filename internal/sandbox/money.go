package sandbox

import (
	"sort"
	"strconv"
	"strings"
)

// The sandbox reckons for itself, on purpose: it is the second opinion.

// exponent is the number of decimals a currency is written with.
func exponent(currency string) int {
	switch currency {
	case "JPY", "KRW", "VND", "CLP", "ISK", "UGX", "XAF", "XOF", "PYG":
		return 0
	case "KWD", "BHD", "OMR", "JOD", "TND", "IQD", "LYD":
		return 3
	}
	return 2
}

// decimal writes minor units as the platforms do: "19.90", "-5.00", "1234".
func decimal(minor int64, exp int) string {
	neg := minor < 0
	if neg {
		minor = -minor
	}
	s := strconv.FormatInt(minor, 10)
	if exp > 0 {
		if len(s) <= exp {
			s = strings.Repeat("0", exp-len(s)+1) + s
		}
		s = s[:len(s)-exp] + "." + s[len(s)-exp:]
	}
	if neg {
		s = "-" + s
	}
	return s
}

// trimmed writes a number without trailing zeros: 35.7, 15, 0.5.
func trimmed(minor int64, exp int) string {
	s := decimal(minor, exp)
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	return s
}

// ratio is a×b/c rounded half away from zero; c > 0.
func ratio(a, b, c int64) int64 {
	n := a * b
	if n < 0 {
		return -((-n*2 + c) / (2 * c))
	}
	return (n*2 + c) / (2 * c)
}

// spread deals total out by weight with the largest remainder; ties go to the
// earlier one. With no weight at all everything stays zero.
func spread(total int64, weight []int64) []int64 {
	out := make([]int64, len(weight))
	var sum int64
	for _, w := range weight {
		sum += w
	}
	if sum == 0 || total == 0 {
		return out
	}
	rest := make([]int64, len(weight))
	left := total
	for i, w := range weight {
		out[i] = total * w / sum
		rest[i] = total * w % sum
		left -= out[i]
	}
	order := make([]int, len(weight))
	for i := range order {
		order[i] = i
	}
	sort.SliceStable(order, func(a, b int) bool { return rest[order[a]] > rest[order[b]] })
	for i := 0; left > 0; i++ {
		out[order[i%len(order)]]++
		left--
	}
	return out
}
