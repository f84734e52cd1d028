package commission

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"tributary/internal/domain/money"
)

// Eval is everything about one order source that needs no other order. It is
// stored with the earning, so that tiers and caps can be folded again without
// loading orders. Its JSON is compact: a few hundred bytes for a common order.
type Eval struct {
	OrderID int64
	PaidAt  time.Time // its place in the fold, microseconds, UTC; zero while unpaid
	State   string    // see Result.State

	// Bases in minor units of the shop's currency: as sold, after edits, and
	// after refunds too. Net is what a void order would have had; its Result
	// says zero.
	Gross, Sold, Net int64
	// Num/Den turns the shop's minor units into the terms'. Both 0: 1:1.
	Num, Den int64

	Sum   int64      // Σ base × rate without tiers, in 1/10,000 of the shop's minor unit
	Flat  int64      // flat amounts, minor units of the terms' currency
	Lines []EvalLine // the lines that count
	Cuts  []Cut      // what refunds took off Sold, oldest first
	Rules []string   // names EvalLine.Rule
	Comps []string   // component ids that gave Sum and Flat

	Bps   []money.Bps // the shares of the order when it is split
	Index int         // which of them this is
}

// EvalLine is one line's part of an Eval.
type EvalLine struct {
	ID     int64 // 0: shipping
	Base   int64 // now
	Weight int64 // its part of Sum
	Flat   int64 // its part of Flat
	Rule   int   // index into Rules
}

// Cut is a reduction of the base by refunds at one instant.
type Cut struct {
	At     time.Time
	Amount int64
}

// earns tells whether the target is computed at all.
func (e *Eval) earns() bool {
	switch e.State {
	case "":
		return true
	case Unpaid, HeldNoRate, HeldTooLarge:
		return false
	}
	return strings.HasPrefix(e.State, "held:")
}

// Converts tells whether an order in this state is a conversion: paid for and
// somebody's, if only a person has still to look at it.
func Converts(state string) bool { return state == "" || strings.HasPrefix(state, "held:") }

// MarshalJSON writes one-letter members and lines as arrays
// [id, base, weight, flat, rule] without trailing zeros.
func (e Eval) MarshalJSON() ([]byte, error) {
	b := make([]byte, 0, 96+48*len(e.Lines)+32*len(e.Cuts))
	b = append(b, `{"o":`...)
	b = strconv.AppendInt(b, e.OrderID, 10)
	if !e.PaidAt.IsZero() {
		b = appendInt(b, "p", e.PaidAt.UnixMicro())
	}
	if e.State != "" {
		b = appendText(append(b, `,"s":`...), e.State)
	}
	b = appendInt(b, "g", e.Gross)
	if e.Sold != e.Gross {
		b = appendInt(b, "d", e.Gross-e.Sold)
	}
	if e.Net != e.Sold {
		b = appendInt(b, "r", e.Sold-e.Net)
	}
	if e.Den != 0 {
		b = appendInts(append(b, `,"x":`...), e.Num, e.Den)
	}
	if e.Sum != 0 {
		b = appendInt(b, "w", e.Sum)
	}
	if e.Flat != 0 {
		b = appendInt(b, "f", e.Flat)
	}
	for i, l := range e.Lines {
		b = open(b, i, `,"l":[`)
		switch {
		case l.Rule != 0:
			b = appendInts(b, l.ID, l.Base, l.Weight, l.Flat, int64(l.Rule))
		case l.Flat != 0:
			b = appendInts(b, l.ID, l.Base, l.Weight, l.Flat)
		default:
			b = appendInts(b, l.ID, l.Base, l.Weight)
		}
	}
	b = shut(b, len(e.Lines))
	for i, c := range e.Cuts {
		b = appendInts(open(b, i, `,"c":[`), c.At.UnixMicro(), c.Amount)
	}
	b = shut(b, len(e.Cuts))
	for i, r := range e.Rules {
		b = appendText(open(b, i, `,"n":[`), r)
	}
	b = shut(b, len(e.Rules))
	for i, k := range e.Comps {
		b = appendText(open(b, i, `,"k":[`), k)
	}
	b = shut(b, len(e.Comps))
	for i, s := range e.Bps {
		b = strconv.AppendInt(open(b, i, `,"b":[`), int64(s), 10)
	}
	b = shut(b, len(e.Bps))
	if e.Index != 0 {
		b = appendInt(b, "i", int64(e.Index))
	}
	return append(b, '}'), nil
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (e *Eval) UnmarshalJSON(data []byte) error {
	var j struct {
		O int64       `json:"o"`
		P *int64      `json:"p"`
		S string      `json:"s"`
		G int64       `json:"g"`
		D int64       `json:"d"`
		R int64       `json:"r"`
		X [2]int64    `json:"x"`
		W int64       `json:"w"`
		F int64       `json:"f"`
		L [][]int64   `json:"l"`
		C [][2]int64  `json:"c"`
		N []string    `json:"n"`
		K []string    `json:"k"`
		B []money.Bps `json:"b"`
		I int         `json:"i"`
	}
	if err := json.Unmarshal(data, &j); err != nil {
		return fmt.Errorf("read commission eval: %w", err)
	}
	*e = Eval{
		OrderID: j.O, State: j.S, Gross: j.G, Sold: j.G - j.D, Net: j.G - j.D - j.R, Num: j.X[0], Den: j.X[1],
		Sum: j.W, Flat: j.F, Rules: j.N, Comps: j.K, Bps: j.B, Index: j.I,
	}
	if j.P != nil {
		e.PaidAt = time.UnixMicro(*j.P).UTC()
	}
	if len(j.L) > 0 {
		e.Lines = make([]EvalLine, len(j.L))
	}
	for i, v := range j.L {
		var a [5]int64
		copy(a[:], v)
		if a[4] < 0 || a[4] > 0 && a[4] >= int64(len(e.Rules)) {
			return fmt.Errorf("read commission eval: line %d has no rule %d", a[0], a[4])
		}
		e.Lines[i] = EvalLine{ID: a[0], Base: a[1], Weight: a[2], Flat: a[3], Rule: int(a[4])}
	}
	for _, v := range j.C {
		e.Cuts = append(e.Cuts, Cut{At: time.UnixMicro(v[0]).UTC(), Amount: v[1]})
	}
	if e.Index < 0 || e.Index > 0 && e.Index >= len(e.Bps) {
		return fmt.Errorf("read commission eval: share %d of %d", e.Index, len(e.Bps))
	}
	return nil
}

func open(b []byte, i int, head string) []byte {
	if i == 0 {
		return append(b, head...)
	}
	return append(b, ',')
}

func shut(b []byte, n int) []byte {
	if n == 0 {
		return b
	}
	return append(b, ']')
}

func appendInt(b []byte, key string, v int64) []byte {
	b = append(append(append(b, ',', '"'), key...), '"', ':')
	return strconv.AppendInt(b, v, 10)
}

func appendInts(b []byte, vs ...int64) []byte {
	b = append(b, '[')
	for i, v := range vs {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(b, v, 10)
	}
	return append(b, ']')
}

func appendText(b []byte, s string) []byte {
	plain := true
	for i := range len(s) {
		plain = plain && s[i] >= ' ' && s[i] != '"' && s[i] != '\\' && s[i] < 0x7f
	}
	if plain {
		return append(append(append(b, '"'), s...), '"')
	}
	q, _ := json.Marshal(s) //nolint:errchkjson // a string always marshals
	return append(b, q...)
}
