package money_test

import (
	"encoding/json"
	"os"
	"slices"
	"testing"

	"tributary/internal/domain/money"
)

// vector reads one entry of the shared worked examples.
func vector(t *testing.T, id string, into any) {
	t.Helper()
	b, err := os.ReadFile("../../../testdata/domain-vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var all []json.RawMessage
	if err := json.Unmarshal(b, &all); err != nil {
		t.Fatal(err)
	}
	for _, raw := range all {
		var head struct{ ID string }
		if err := json.Unmarshal(raw, &head); err != nil {
			t.Fatal(err)
		}
		if head.ID == id {
			if err := json.Unmarshal(raw, into); err != nil {
				t.Fatalf("%s: %v", id, err)
			}
			return
		}
	}
	t.Fatalf("there is no vector %s", id)
}

func round(t *testing.T, e money.Exact) int64 {
	t.Helper()
	n, err := e.RoundHalfUp()
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestVectorsOfAllocation(t *testing.T) {
	t.Parallel()
	var split struct {
		Commission int64
		Shares     []int64 `json:"shares_bps"`
		Expect     []int64
	}
	vector(t, "R-14", &split)
	if got := money.Allocate(split.Commission, split.Shares); !slices.Equal(got, split.Expect) {
		t.Errorf("R-14: %v, want %v", got, split.Expect)
	}
	var discount struct {
		Discount      int64
		Lines, Expect []int64
	}
	vector(t, "R-18", &discount)
	if got := money.Allocate(discount.Discount, discount.Lines); !slices.Equal(got, discount.Expect) {
		t.Errorf("R-18: %v, want %v", got, discount.Expect)
	}
}

func TestVectorsOfRounding(t *testing.T) {
	t.Parallel()
	var lines struct {
		Lines       []int64
		Bps         money.Bps
		Expect      int64
		ExpectLines []int64 `json:"expect_lines"`
	}
	vector(t, "R-19", &lines)
	var sum money.Exact
	for _, l := range lines.Lines {
		sum.AddRate(l, lines.Bps)
	}
	if got := round(t, sum); got != lines.Expect || !slices.Equal(money.Allocate(got, lines.Lines), lines.ExpectLines) {
		t.Errorf("R-19: %d dealt %v", got, money.Allocate(got, lines.Lines))
	}

	for _, id := range []string{"R-20a", "R-20b_gumroad_counterexample"} {
		var refunds struct {
			Base    int64
			Bps     money.Bps
			Refunds []int64
			Deltas  []int64 `json:"expect_deltas"`
		}
		vector(t, id, &refunds)
		base, posted := refunds.Base, round(t, rate(refunds.Base, int64(refunds.Bps)))
		for i, r := range refunds.Refunds {
			base -= r
			target := round(t, rate(base, int64(refunds.Bps)))
			if target-posted != refunds.Deltas[i] {
				t.Errorf("%s: refund %d posts %d, want %d", id, i, target-posted, refunds.Deltas[i])
			}
			posted = target
		}
	}

	var tax struct {
		Gross, Expect int64
		Vat           int64     `json:"vat_bps"`
		Bps           money.Bps `json:"bps"`
	}
	vector(t, "R-17", &tax)
	net := money.ExactOf(tax.Gross)
	net.MulRatio(10_000, 10_000+tax.Vat)
	if got := round(t, rate(round(t, net), int64(tax.Bps))); got != tax.Expect {
		t.Errorf("R-17: %d, want %d", got, tax.Expect)
	}

	var other struct {
		Cases []struct {
			Ccy           money.Currency
			Minor, Expect int64
			Bps           int64
		}
	}
	vector(t, "R-57", &other)
	for _, c := range other.Cases {
		if got := round(t, rate(c.Minor, c.Bps)); got != c.Expect {
			t.Errorf("R-57: %s, want %s", money.Amount{Minor: got, Currency: c.Ccy}, money.Amount{Minor: c.Expect, Currency: c.Ccy})
		}
	}
}

func TestVectorsOfUnitPrices(t *testing.T) {
	t.Parallel()
	var clicks struct {
		Unit               money.Micro `json:"unit_micro"`
		Cap, Valid, Expect int64
	}
	vector(t, "R-44", &clicks)
	if got := round(t, micro(min(clicks.Valid, clicks.Cap), clicks.Unit, "USD")); got != clicks.Expect {
		t.Errorf("R-44: %d, want %d", got, clicks.Expect)
	}
	vector(t, "R-46", &clicks)
	if got := round(t, micro(clicks.Valid, clicks.Unit, "USD")); got != clicks.Expect {
		t.Errorf("R-46: %d, want %d", got, clicks.Expect)
	}
	var engagement struct {
		Like    money.Micro `json:"like_micro"`
		Comment money.Micro `json:"comment_micro"`
		Gate    int64       `json:"gate_likes"`
		Cases   [][3]int64
	}
	vector(t, "R-48", &engagement)
	for _, c := range engagement.Cases {
		var e money.Exact
		if c[0] >= engagement.Gate {
			e = micro(c[0], engagement.Like, "USD")
			e.Add(micro(c[1], engagement.Comment, "USD"))
		}
		if got := round(t, e); got != c[2] {
			t.Errorf("R-48: %d, want %d", got, c[2])
		}
	}
	var goal struct {
		Budget, Goal int64
		Cases        [][2]int64
	}
	vector(t, "R-47", &goal)
	for _, c := range goal.Cases {
		e := money.ExactOf(goal.Budget)
		e.MulRatio(min(c[0], goal.Goal), goal.Goal)
		if got := round(t, e); got != c[1] {
			t.Errorf("R-47: %d, want %d", got, c[1])
		}
	}
}
