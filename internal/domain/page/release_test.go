package page_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"tributary/internal/domain/page"
	"tributary/internal/errs"
)

var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

func TestTheNewestReleaseThatHasBegunIsShown(t *testing.T) {
	t.Parallel()
	at := func(h int) time.Time { return noon.Add(time.Duration(h) * time.Hour) }
	rs := []page.Release{{ID: 1, StartsAt: at(0)}, {ID: 2, StartsAt: at(2), EndsAt: at(4)}, {ID: 3, StartsAt: at(3), Withdrawn: true}, {ID: 4, StartsAt: at(6), EndsAt: at(7)}}
	for _, c := range []struct {
		h     int
		live  int64
		state string
		next  int
	}{
		{-1, 0, page.Scheduled, 0}, {0, 1, page.Published, 2}, {2, 2, page.Published, 4}, {3, 2, page.Published, 4},
		{4, 0, page.Scheduled, 6}, {6, 4, page.Published, 7}, {7, 0, page.Unpublished, 0},
	} {
		live := page.LiveAt(rs, at(c.h))
		var id int64
		if live != nil {
			id = live.ID
		}
		state, next := page.StateAt(rs, at(c.h))
		if id != c.live || state != c.state || (c.h < 7 && !next.Equal(at(c.next))) || (c.h == 7 && !next.IsZero()) {
			t.Errorf("at %d: release %d, %s until %v", c.h, id, state, next)
		}
	}
	if state, next := page.StateAt(nil, noon); state != page.Draft || !next.IsZero() {
		t.Errorf("%s %v", state, next)
	}
}

// Nothing about a page changes between an instant and the next that StateAt names.
func TestNothingChangesBeforeTheNextInstant(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		at := func(n int) time.Time { return noon.Add(time.Duration(n) * time.Minute) }
		var rs []page.Release
		for i := range rapid.IntRange(0, 6).Draw(t, "releases") {
			from := rapid.IntRange(0, 20).Draw(t, "from")
			r := page.Release{ID: int64(i + 1), StartsAt: at(from), Withdrawn: rapid.Bool().Draw(t, "withdrawn")}
			if rapid.Bool().Draw(t, "ends") {
				r.EndsAt = at(from + rapid.IntRange(0, 10).Draw(t, "for"))
			}
			rs = append(rs, r)
		}
		now := rapid.IntRange(-1, 30).Draw(t, "now")
		state, next := page.StateAt(rs, at(now))
		live := page.LiveAt(rs, at(now))
		for n := now; n < 40 && (next.IsZero() || at(n).Before(next)); n++ {
			if s, _ := page.StateAt(rs, at(n)); s != state || page.LiveAt(rs, at(n)) != live {
				t.Fatalf("%s at %d became %s at %d, next %v", state, now, s, n, next)
			}
		}
	})
}

func TestVariantsGetTheirWeight(t *testing.T) {
	t.Parallel()
	vs := []page.Variant{{Version: 1, Weight: 70}, {Version: 2, Weight: 20}, {Version: 5, Weight: 10}}
	if err := page.CheckVariants(vs); err != nil || vs[0].Name != "a" || vs[2].Name != "c" {
		t.Fatalf("%v %v", err, vs)
	}
	r := page.Release{Variants: vs}
	n := map[string]int{}
	for h := range uint64(1000) {
		n[r.Pick(h).Name]++
	}
	if n["a"] != 700 || n["b"] != 200 || n["c"] != 100 {
		t.Error(n)
	}
	one := []page.Variant{{Version: 3}}
	if err := page.CheckVariants(one); err != nil || one[0].Weight != 100 {
		t.Errorf("%v %v", err, one)
	}
	for _, bad := range [][]page.Variant{
		nil, {{Version: 1, Weight: 50}, {Version: 2, Weight: 49}}, {{Version: 1, Weight: 50}, {Version: 1, Weight: 50}},
		{{Version: 0, Weight: 100}}, {{Version: 1, Weight: 101}, {Version: 2, Weight: -1}}, make([]page.Variant, 5),
	} {
		if err := page.CheckVariants(bad); errs.As(err) == nil {
			t.Errorf("%v: %v", bad, err)
		}
	}
}
