package click_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tributary/internal/domain/click"
	"tributary/internal/domain/terms"
)

var noon = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)

func at(id byte, link int64, after time.Duration, r click.Rules) click.Click {
	return click.Click{ID: [16]byte{id}, At: noon.Add(after), Link: link, Campaign: 1, Rules: r}
}

func TestAVisitorCountsOnceOnALinkWithinTheWindow(t *testing.T) {
	t.Parallel()
	day := click.Rules{Window: 24 * time.Hour}
	got := click.Judge([]click.Click{
		at(1, 1, 0, day), at(2, 1, time.Minute, day), at(3, 2, time.Minute, day),
		at(4, 1, 24*time.Hour-1, day), at(5, 1, 24*time.Hour, day), at(6, 1, 47*time.Hour, day), at(7, 1, 48*time.Hour, day),
	})
	if want := []string{"", "duplicate", "", "duplicate", "", "duplicate", ""}; !slices.Equal(got, want) {
		t.Fatalf("%q, want %q", got, want)
	}
}

func TestAVisitorCountsSoOftenInACampaignAndNoMore(t *testing.T) {
	t.Parallel()
	two := click.Rules{Window: time.Hour, Cap: 2}
	other := at(9, 9, 3*time.Minute, two)
	other.Campaign = 2
	visit := click.Click{ID: [16]byte{10}, At: noon.Add(4 * time.Minute), Page: 1, Campaign: 1, Rules: two}
	got := click.Judge([]click.Click{at(1, 1, 0, two), at(2, 2, time.Minute, two), at(3, 3, 2*time.Minute, two), other, visit})
	if want := []string{"", "", "visitor_cap", "", ""}; !slices.Equal(got, want) {
		t.Fatalf("%q, want %q", got, want)
	}
}

func TestAClickThatIsTakenOutLeavesItsPlaceToTheNext(t *testing.T) {
	t.Parallel()
	r := click.Rules{Window: 24 * time.Hour, Cap: 1}
	first := at(1, 1, 0, r)
	first.Out = click.Withdrawn
	got := click.Judge([]click.Click{first, at(2, 1, time.Minute, r), at(3, 2, 2*time.Minute, r)})
	if want := []string{"withdrawn", "", "visitor_cap"}; !slices.Equal(got, want) {
		t.Fatalf("%q, want %q", got, want)
	}
}

func TestTheStrictestPriceOfAVersionSaysWhatCounts(t *testing.T) {
	t.Parallel()
	doc := &terms.Terms{Components: []terms.Component{
		{Type: terms.Clicks, DedupeHours: 2, VisitorCap: 5}, {Type: terms.Percentage}, {Type: terms.Clicks, DedupeHours: 48},
	}}
	if got, want := click.RulesOf(doc), (click.Rules{Window: 48 * time.Hour, Cap: 5}); got != want {
		t.Fatalf("%+v, want %+v", got, want)
	}
	if got := click.RulesOf(&terms.Terms{}); got.Window != 24*time.Hour || got.Cap != 0 {
		t.Fatalf("%+v", got)
	}
}

// The verdict on a set does not depend on the order it came in, never lets more
// count than the rules do, and taking one out never makes fewer others count
// than the caps leave room for.
func TestTheVerdictIsAFunctionOfTheSet(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		rules := click.Rules{Window: time.Duration(rapid.IntRange(1, 5).Draw(t, "hours")) * time.Hour, Cap: rapid.IntRange(0, 4).Draw(t, "cap")}
		var set []click.Click
		for i := range rapid.IntRange(0, 30).Draw(t, "clicks") {
			c := at(byte(i), rapid.Int64Range(0, 3).Draw(t, "link"), time.Duration(rapid.IntRange(0, 600).Draw(t, "minute"))*time.Minute, rules)
			c.Campaign = rapid.Int64Range(1, 2).Draw(t, "campaign")
			c.Out = rapid.SampledFrom([]string{"", "", "", "bot"}).Draw(t, "out")
			set = append(set, c)
		}
		verdict := func(list []click.Click) map[string]string {
			m := map[string]string{}
			for i, v := range click.Judge(list) {
				m[fmt.Sprint(list[i].ID)] = v
			}
			return m
		}
		want := verdict(set)
		got := verdict(rapid.Permutation(set).Draw(t, "permuted"))
		for id, v := range want {
			if got[id] != v {
				t.Fatalf("%s: %q in one order, %q in another", id, v, got[id])
			}
		}
		counts := map[int64]int{}
		for i, a := range set {
			if want[fmt.Sprint(a.ID)] != "" {
				continue
			}
			if a.Link != 0 {
				counts[a.Campaign]++
			}
			for _, b := range set[i+1:] {
				if want[fmt.Sprint(b.ID)] == "" && a.Link == b.Link && a.At.Sub(b.At).Abs() < rules.Window {
					t.Fatalf("%v and %v count on one link within %s", a.ID, b.ID, rules.Window)
				}
			}
		}
		for campaign, n := range counts {
			if rules.Cap > 0 && n > rules.Cap {
				t.Fatalf("%d count in campaign %d, the cap is %d", n, campaign, rules.Cap)
			}
		}
	})
}
