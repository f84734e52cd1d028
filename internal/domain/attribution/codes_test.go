package attribution_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"tributary/internal/domain/attribution"
	"tributary/internal/domain/order"
)

func line(id, net int64, discounts ...order.Allocation) order.Line {
	return order.Line{ID: id, Quantity: 1, Net: net, Discounts: discounts}
}

func off(code string, amount int64) order.Allocation {
	return order.Allocation{Code: code, Amount: amount}
}

func TestSeveralCodes(t *testing.T) {
	t.Parallel()
	noon := at("2026-12-01T12:00:00Z")
	a10, a20, b15 := code("ANNA10", anna, noon), code("ANNA20", anna, noon), code("BEN15", ben, noon)
	type deal map[int64][]int64 // influencer → lines; nil: the whole order
	for _, c := range []struct {
		name    string
		touches []attribution.Touch
		lines   []order.Line
		codes   []order.Code
		want    deal
	}{
		{
			"of one influencer are that influencer's",
			[]attribution.Touch{a10, a20},
			[]order.Line{line(1, 90, off("ANNA10", 10)), line(2, 80, off("ANNA20", 20))}, nil,
			deal{anna: nil},
		},
		{
			"beside a promotion of the store are the influencer's",
			[]attribution.Touch{a10},
			[]order.Line{line(1, 90, off("ANNA10", 10), off("SUMMER", 50)), line(2, 80, off("SUMMER", 20))}, nil,
			deal{anna: nil},
		},
		{
			"of two influencers deal the lines out",
			[]attribution.Touch{b15, a10},
			[]order.Line{line(1, 6000, off("ANNA10", 600)), line(2, 4500, off("BEN15", 675))}, nil,
			deal{anna: {1}, ben: {2}},
		},
		{
			"on the whole order go to the larger discount",
			[]attribution.Touch{a10, b15},
			[]order.Line{line(1, 100, off("ANNA10", 10), off("BEN15", 15)), line(2, 1, off("ANNA10", 1), off("BEN15", 0))}, nil,
			deal{ben: {1}, anna: {2}},
		},
		{
			"on the same lines do not fall apart over cents",
			[]attribution.Touch{a10, b15},
			[]order.Line{line(1, 100, off("ANNA10", 9), off("BEN15", 15)), line(2, 1, off("ANNA10", 2), off("BEN15", 1))}, nil,
			deal{ben: nil},
		},
		{
			"leave undiscounted lines with the larger discount",
			[]attribution.Touch{a10, b15},
			[]order.Line{line(1, 6000, off("ANNA10", 600)), line(2, 4500, off("BEN15", 675)), line(3, 700)}, nil,
			deal{anna: {1}, ben: {2, 3}},
		},
		{
			"without allocations go to the larger sum",
			[]attribution.Touch{a10, b15},
			[]order.Line{line(1, 6000)}, []order.Code{{Text: "anna10", Amount: 700}, {Text: "ben15", Amount: 600}},
			deal{anna: nil},
		},
		{
			"that tie go to the lower id",
			[]attribution.Touch{b15, a10},
			[]order.Line{line(1, 6000, off("ANNA10", 600), off("BEN15", 600))}, nil,
			deal{anna: nil},
		},
		{
			"that took nothing off still count",
			[]attribution.Touch{b15},
			[]order.Line{line(1, 6000)}, nil,
			deal{ben: nil},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			in := scene(t, nil)
			in.Touches, in.Order.Snapshot.Lines, in.Order.Snapshot.Codes = c.touches, c.lines, c.codes
			got := deal{}
			d := attribution.Decide(in)
			for _, s := range d.Shares {
				got[s.InfluencerID] = s.Lines
				if s.Bps != 10000 {
					t.Errorf("%d bps", s.Bps)
				}
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Fatal(diff, reasons(d))
			}
		})
	}
}
