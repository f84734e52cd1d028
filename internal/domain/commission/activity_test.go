package commission_test

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tributary/internal/domain/attribution"
	"tributary/internal/domain/commission"
	"tributary/internal/domain/money"
	"tributary/internal/domain/terms"
)

// only is the single component of validated terms.
func only(t tester, c terms.Component) *terms.Component {
	t.Helper()
	c.ID = "it"
	return &agreed(t, c).Components[0]
}

func clicksOn(days ...int64) []commission.ClickDay {
	out := make([]commission.ClickDay, len(days))
	for i, n := range days {
		out[i] = commission.ClickDay{Start: at("2026-10-01T00:00:00Z").AddDate(0, 0, i), Valid: n}
	}
	return out
}

func micro(n int64) string { return money.Format(n, "USD") } // of 1/100

func TestR44OnlyTheFirstClicksPay(t *testing.T) {
	t.Parallel()
	var v struct {
		UnitMicro  int64 `json:"unit_micro"`
		Cap, Valid int64
		Expect     int64
	}
	vec(t, "R-44", &v)
	c := only(t, terms.Component{Type: terms.Clicks, UnitPrice: micro(v.UnitMicro / 10_000), MaxCount: int(v.Cap)})
	got := commission.ClickTargets(c, "USD", time.UTC, clicksOn(700, v.Valid-700, 650))
	if sum(got) != v.Expect || got[0] != 28000 || got[2] != 0 {
		t.Fatalf("%v, want %d in all", got, v.Expect)
	}
}

func TestR45AnInvalidClickLeavesItsPlaceToTheNextUntilTheHoldIsOver(t *testing.T) {
	t.Parallel()
	c := only(t, terms.Component{Type: terms.Clicks, UnitPrice: "0.40", MaxCount: 1000})
	days := clicksOn(1000, 250)
	if got := commission.ClickTargets(c, "USD", time.UTC, days); !slices.Equal(got, []int64{40000, 0}) {
		t.Fatal(got)
	}
	days[0].Valid = 900 // a hundred turned out to be bots
	if got := commission.ClickTargets(c, "USD", time.UTC, days); !slices.Equal(got, []int64{36000, 4000}) {
		t.Fatal(got)
	}
	days[0] = commission.ClickDay{Start: days[0].Start, Valid: 900, Final: true, Counted: 1000, Posted: 40000}
	if got := commission.ClickTargets(c, "USD", time.UTC, days); !slices.Equal(got, []int64{40000, 0}) {
		t.Fatal(got)
	}
}

func TestR46ClicksAreRoundedOnceAPeriod(t *testing.T) {
	t.Parallel()
	var v struct {
		UnitMicro     int64 `json:"unit_micro"`
		Valid, Expect int64
	}
	vec(t, "R-46", &v)
	c := only(t, terms.Component{Type: terms.Clicks, UnitPrice: "0.0375"})
	if c.Unit() != money.Micro(v.UnitMicro) {
		t.Fatal(c.Unit())
	}
	days := clicksOn(slices.Repeat([]int64{1}, int(v.Valid))...)
	if got := sum(commission.ClickTargets(c, "USD", time.UTC, days)); got != v.Expect {
		t.Fatalf("%d, want %d", got, v.Expect)
	}
}

func TestR47ABudgetIsEarnedInProportionToItsGoal(t *testing.T) {
	t.Parallel()
	var v struct {
		Budget int64
		Goal   int
		Cases  [][2]int64
	}
	vec(t, "R-47", &v)
	c := only(t, terms.Component{Type: terms.Clicks, Amount: money.Format(v.Budget, "USD"), Goal: v.Goal})
	for _, k := range v.Cases {
		if got := sum(commission.ClickTargets(c, "USD", time.UTC, clicksOn(k[0]-7, 7))); got != k[1] {
			t.Errorf("%d clicks: %d, want %d", k[0], got, k[1])
		}
	}
}

func TestAClickThatDoesNotFitIntoTheCapIsNotPaid(t *testing.T) {
	t.Parallel()
	c := only(t, terms.Component{Type: terms.Clicks, UnitPrice: "0.30", MaxAmount: "1.00"})
	if got := commission.ClickTargets(c, "USD", time.UTC, clicksOn(2, 2)); !slices.Equal(got, []int64{60, 30}) {
		t.Fatal(got)
	}
}

func TestCapsOfClicksStartAnewWithThePeriod(t *testing.T) {
	t.Parallel()
	zone, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	c := only(t, terms.Component{Type: terms.Clicks, UnitPrice: "1.00", MaxCount: 3, Period: &terms.Period{Kind: terms.CalendarMonth}})
	days := []commission.ClickDay{
		{Start: at("2026-11-01T04:00:00Z"), Valid: 2}, // 1 November in New York
		{Start: at("2026-10-31T04:00:00Z"), Valid: 5},
	}
	if got := commission.ClickTargets(c, "USD", zone, days); !slices.Equal(got, []int64{200, 300}) {
		t.Fatal(got)
	}
}

func TestDaysOfClicksSumToThePeriodWhateverIsLocked(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := only(t, terms.Component{Type: terms.Clicks, UnitPrice: rapid.SampledFrom([]string{"0.0375", "0.30", "1", "0.000001"}).Draw(t, "price"),
			MaxCount: rapid.SampledFrom([]int{0, 10, 100}).Draw(t, "cap"), MaxAmount: rapid.SampledFrom([]string{"", "3.10"}).Draw(t, "max")})
		days := clicksOn(rapid.SliceOfN(rapid.Int64Range(0, 60), 1, 20).Draw(t, "days")...)
		got := commission.ClickTargets(c, "USD", time.UTC, days)
		var all int64
		for _, d := range days {
			all += d.Valid
		}
		if whole := sum(commission.ClickTargets(c, "USD", time.UTC, clicksOn(all))); sum(got) != whole {
			t.Fatalf("days %v, at once %d", got, whole)
		}
		// Locking days as they are changes nothing.
		for i := range rapid.IntRange(0, len(days)).Draw(t, "locked") {
			days[i].Final, days[i].Counted, days[i].Posted = true, days[i].Valid, got[i]
		}
		if again := commission.ClickTargets(c, "USD", time.UTC, days); !slices.Equal(again, got) {
			t.Fatalf("%v, before %v", again, got)
		}
	})
}

func TestR48PricesPerEventBehindAGate(t *testing.T) {
	t.Parallel()
	var v struct {
		Cases [][3]int64
	}
	vec(t, "R-48", &v)
	c := only(t, terms.Component{Type: terms.Engagement, Prices: []terms.Price{{Event: terms.Like, UnitPrice: "0.05"}, {Event: terms.Comment, UnitPrice: "0.10"}},
		Gates: []terms.Gate{{Event: terms.Like, AtLeast: 500}}})
	for _, k := range v.Cases {
		if got := commission.EngagementTarget(c, "USD", commission.Engagement{Likes: k[0], Comments: k[1]}); got != k[2] {
			t.Errorf("%d likes, %d comments: %d, want %d", k[0], k[1], got, k[2])
		}
	}
	// The article's 5,000 interactions for $500.
	c = only(t, terms.Component{Type: terms.Engagement, Prices: []terms.Price{{Event: terms.Like, UnitPrice: "0.05"}, {Event: terms.Comment, UnitPrice: "0.10"},
		{Event: terms.Share, UnitPrice: "0.40"}}})
	if got := commission.EngagementTarget(c, "USD", commission.Engagement{Likes: 3000, Comments: 1500, Shares: 500}); got != 50000 {
		t.Errorf("%d, want 50000", got)
	}
}

func TestR50BandsAndCapsApplyToTheTotal(t *testing.T) {
	t.Parallel()
	c := only(t, terms.Component{Type: terms.Engagement, Prices: []terms.Price{{Event: terms.Like, UnitPrice: "0.10"}},
		Bands: []terms.Band{{From: "0", RateBps: 10_000}, {From: "1000", RateBps: 5_000}}, MaxAmount: "200.00"})
	for likes, want := range map[int64]int64{0: 0, 1000: 10000, 2000: 15000, 3000: 20000, 9000: 20000} {
		if got := commission.EngagementTarget(c, "USD", commission.Engagement{Likes: likes}); got != want {
			t.Errorf("%d likes: %d, want %d", likes, got, want)
		}
	}
}

func TestR51OnlyQualifiedLeadsEarn(t *testing.T) {
	t.Parallel()
	var v struct{ Leads, Duplicate, Rejected, Fee, Expect int64 }
	vec(t, "R-51", &v)
	c := only(t, terms.Component{Type: terms.Leads, Amount: money.Format(v.Fee, "USD")})
	pieces := make([]commission.Piece, v.Leads)
	for i := range pieces {
		pieces[i] = commission.Piece{ID: int64(i), At: noon, Counts: int64(i) >= v.Duplicate+v.Rejected}
	}
	if got := sum(commission.PieceTargets(c, time.UTC, pieces)); got != v.Expect {
		t.Fatalf("%d, want %d", got, v.Expect)
	}
}

// The article's ranges: $5 to $50 a lead, $0.30 to $1.00 a click and 1,000 of
// them at most.
func TestTheArticlesPricesOfLeadsAndClicks(t *testing.T) {
	t.Parallel()
	twenty := make([]commission.Piece, 20)
	for i := range twenty {
		twenty[i] = commission.Piece{ID: int64(i), At: noon, Counts: true}
	}
	for amount, want := range map[string]int64{"5.00": 10_000, "50.00": 100_000} {
		if got := sum(commission.PieceTargets(only(t, terms.Component{Type: terms.Leads, Amount: amount}), time.UTC, twenty)); got != want {
			t.Errorf("20 leads at %s: %d, want %d", amount, got, want)
		}
	}
	days := []commission.ClickDay{{Start: noon, Valid: 700}, {Start: noon.AddDate(0, 0, 1), Valid: 800}}
	for price, want := range map[string]int64{"0.30": 30_000, "1.00": 100_000} {
		c := only(t, terms.Component{Type: terms.Clicks, UnitPrice: price, MaxCount: 1000})
		if got := sum(commission.ClickTargets(c, "USD", time.UTC, days)); got != want {
			t.Errorf("1,500 clicks at %s, 1,000 at most: %d, want %d", price, got, want)
		}
	}
}

func TestPiecesBeyondTheCapEarnNothingUntilOneBeforeThemFalls(t *testing.T) {
	t.Parallel()
	c := only(t, terms.Component{Type: terms.Giveaway, Amount: "2.00", MaxCount: 2})
	pieces := []commission.Piece{{ID: 3, At: noon, Counts: true}, {ID: 1, At: noon, Counts: true}, {ID: 2, At: noon, Counts: true}}
	if got := commission.PieceTargets(c, time.UTC, pieces); !slices.Equal(got, []int64{0, 200, 200}) {
		t.Fatal(got)
	}
	pieces[1].Counts = false // a refund voids the paid entry
	if got := commission.PieceTargets(c, time.UTC, pieces); !slices.Equal(got, []int64{200, 0, 200}) {
		t.Fatal(got)
	}
	// One that counts again after the hold of those that took its place is over
	// finds the cap used up.
	late := []commission.Piece{{ID: 1, At: noon, Counts: true}, {ID: 2, At: noon, Counts: true, Final: true, Posted: 200}, {ID: 3, At: noon, Counts: true, Final: true, Posted: 200}}
	if got := commission.PieceTargets(c, time.UTC, late); !slices.Equal(got, []int64{0, 200, 200}) {
		t.Fatal(got)
	}
	pieces[1].Final, pieces[1].Posted = true, 200 // too late
	if got := commission.PieceTargets(c, time.UTC, pieces); !slices.Equal(got, []int64{0, 200, 200}) {
		t.Fatal(got)
	}
}

func TestAFeeFallsDueWhenItWasAgreed(t *testing.T) {
	t.Parallel()
	zone, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	signed, now := at("2026-08-31T15:00:00Z"), at("2026-11-15T00:00:00Z")
	for _, c := range []struct {
		name     string
		due, day string
		to       time.Time
		want     []time.Time
	}{
		{"at signing", "", "", time.Time{}, []time.Time{signed}},
		{"each month, on its last day when it has no 31st", terms.EachMonth, "", time.Time{}, []time.Time{signed, at("2026-09-30T15:00:00Z"), at("2026-10-31T15:00:00Z")}},
		{"each month while the version runs", terms.EachMonth, "", at("2026-10-01T00:00:00Z"), []time.Time{signed, at("2026-09-30T15:00:00Z")}},
		{"on a day of the shop's", terms.OnDate, "2026-11-02", time.Time{}, []time.Time{at("2026-11-02T05:00:00Z")}},
		{"on a day to come", terms.OnDate, "2026-12-24", time.Time{}, nil},
		{"on a day gone by", terms.OnDate, "2026-01-01", time.Time{}, []time.Time{signed}},
	} {
		got := commission.FeeDates(only(t, terms.Component{Type: terms.FlatFee, Amount: "250", Due: c.due, DueDate: c.day}), signed, c.to, now, zone)
		if !slices.EqualFunc(got, c.want, time.Time.Equal) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

func TestAComponentPaysOnlyForItsTouches(t *testing.T) {
	t.Parallel()
	doc := agreed(t, percent(1000), terms.Component{ID: "page", Type: terms.FlatOrder, Amount: "5.00", Via: []string{terms.ViaPage, terms.ViaLive}})
	for via, want := range map[attribution.Kind]int64{attribution.Click: 1000, attribution.CodeUse: 1000, attribution.Visit: 1500, attribution.Live: 1500} {
		s := source(paid(10_000), doc)
		s.Share.Via = via
		if got := settle(s).Target; got != want {
			t.Errorf("via %s: %d, want %d", via, got, want)
		}
	}
}
