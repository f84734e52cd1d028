package period_test

import (
	"testing"
	"time"
	_ "time/tzdata"

	"pgregory.net/rapid"

	"tributary/internal/domain/period"
	"tributary/internal/domain/terms"
)

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func instant(t testing.TB, s string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func TestReleaseCountsCalendarDays(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, zone, from string
		days             int
		want             string
	}{
		{"R-30 across the end of summer time", "America/New_York", "2026-10-31T23:30:00-04:00", 30, "2026-11-30T23:30:00-05:00"},
		{"across its start", "America/New_York", "2026-03-07T12:00:00-05:00", 1, "2026-03-08T12:00:00-04:00"},
		{"into the hour that is left out", "America/New_York", "2026-03-07T02:30:00-05:00", 1, "2026-03-08T03:30:00-04:00"},
		{"into the hour that comes twice", "America/New_York", "2026-10-31T01:30:00-04:00", 1, "2026-11-01T01:30:00-04:00"},
		{"no days", "Europe/Berlin", "2026-06-01T10:00:00.5Z", 0, "2026-06-01T10:00:00.5Z"},
		{"a half-hour zone", "Asia/Kolkata", "2026-01-31T20:00:00Z", 1, "2026-02-01T20:00:00Z"},
		{"over a year's end", "UTC", "2026-12-25T00:00:00Z", 30, "2027-01-24T00:00:00Z"},
	} {
		got := period.Release(instant(t, c.from), c.days, zone(t, c.zone))
		if !got.Equal(instant(t, c.want)) || got.Location() != time.UTC {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
	from := instant(t, "2026-10-31T23:30:00-04:00")
	if h := period.Release(from, 30, zone(t, "America/New_York")).Sub(from).Hours(); h != 721 {
		t.Errorf("the hold lasts %v hours, want 721", h)
	}
}

func TestMonthsAreTheShopsOwn(t *testing.T) {
	t.Parallel()
	ny := zone(t, "America/New_York")
	if m := period.MonthOf(instant(t, "2026-11-01T03:30:00Z"), ny); m != "2026-10" {
		t.Errorf("month %s, want 2026-10", m)
	}
	for _, c := range []struct {
		zone, month, start, end string
	}{
		{"America/New_York", "2026-11", "2026-11-01T04:00:00Z", "2026-12-01T05:00:00Z"},
		{"UTC", "2026-12", "2026-12-01T00:00:00Z", "2027-01-01T00:00:00Z"},
		{"Asia/Tokyo", "2026-02", "2026-01-31T15:00:00Z", "2026-02-28T15:00:00Z"},
		{"Asia/Amman", "2022-04", "2022-03-31T21:00:00Z", "2022-04-30T21:00:00Z"},
		{"America/Asuncion", "2017-10", "2017-10-01T04:00:00Z", "2017-11-01T03:00:00Z"}, // midnight left out
		{"America/Havana", "2026-11", "2026-11-01T04:00:00Z", "2026-12-01T05:00:00Z"},   // midnight twice
	} {
		m, z := period.Month(c.month), zone(t, c.zone)
		if got := m.Start(z); !got.Equal(instant(t, c.start)) {
			t.Errorf("%s in %s starts %s, want %s", c.month, c.zone, got, c.start)
		}
		if got := m.End(z); !got.Equal(instant(t, c.end)) {
			t.Errorf("%s in %s ends %s, want %s", c.month, c.zone, got, c.end)
		}
	}
}

func TestMonthArithmetic(t *testing.T) {
	t.Parallel()
	m := period.Month("2026-12")
	if m.Next() != "2027-01" || m.Prev() != "2026-11" || m.Add(-12) != "2025-12" || m.Add(0) != m {
		t.Error(m.Next(), m.Prev(), m.Add(-12))
	}
	for m, want := range map[period.Month]period.Month{"2026-01": "2026-01", "2026-03": "2026-01", "2026-04": "2026-04", "2026-12": "2026-10"} {
		if got := m.Quarter(); got != want {
			t.Errorf("quarter of %s is %s, want %s", m, got, want)
		}
	}
	if got, err := period.ParseMonth("2026-10"); got != "2026-10" || err != nil {
		t.Error(got, err)
	}
	for _, s := range []string{"", "2026", "2026-13", "2026-1", "2026-00", "26-10", "2026-10-01", "0000-01", "-026-10", "2026-10 "} {
		if got, err := period.ParseMonth(s); err == nil {
			t.Errorf("ParseMonth(%q) = %s", s, got)
		}
	}
}

func TestAddMonthsClamped(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		from   string
		months int
		want   string
	}{
		{"2026-01-31T10:00:00Z", 1, "2026-02-28T10:00:00Z"},
		{"2028-01-31T10:00:00Z", 1, "2028-02-29T10:00:00Z"},
		{"2026-01-31T10:00:00Z", 2, "2026-03-31T10:00:00Z"},
		{"2026-10-31T10:00:00Z", 4, "2027-02-28T10:00:00Z"},
		{"2026-03-31T10:00:00Z", -1, "2026-02-28T10:00:00Z"},
		{"2026-05-15T10:00:00Z", 12, "2027-05-15T10:00:00Z"},
	} {
		if got := period.AddMonthsClamped(instant(t, c.from), c.months, time.UTC); !got.Equal(instant(t, c.want)) {
			t.Errorf("%s + %d months = %s, want %s", c.from, c.months, got, c.want)
		}
	}
	// The day is the shop's: 31 January there, 1 February in UTC.
	got := period.AddMonthsClamped(instant(t, "2026-02-01T04:00:00Z"), 1, zone(t, "America/New_York"))
	if want := instant(t, "2026-03-01T04:00:00Z"); !got.Equal(want) {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestOfIsTheSpanCountingRunsIn(t *testing.T) {
	t.Parallel()
	ny := zone(t, "America/New_York")
	at := instant(t, "2026-11-01T03:30:00Z")
	for _, c := range []struct {
		name     string
		p        *terms.Period
		from, to string
	}{
		{"none", nil, "0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"},
		{"lifetime", &terms.Period{Kind: terms.Lifetime}, "0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"},
		{"month", &terms.Period{Kind: terms.CalendarMonth}, "2026-10-01T04:00:00Z", "2026-11-01T04:00:00Z"},
		{"quarter", &terms.Period{Kind: terms.CalendarQuarter}, "2026-10-01T04:00:00Z", "2027-01-01T05:00:00Z"},
		{"30 days", &terms.Period{Kind: terms.RollingDays, Days: 30}, "2026-10-02T03:30:00Z", "2026-11-01T03:30:00.000000001Z"},
	} {
		from, to := period.Of(c.p, at, ny)
		if !from.Equal(instant(t, c.from)) || !to.Equal(instant(t, c.to)) {
			t.Errorf("%s: [%s, %s), want [%s, %s)", c.name, from, to, c.from, c.to)
		}
	}
}

func TestMonthsAndQuartersTileTime(t *testing.T) {
	t.Parallel()
	zones := []*time.Location{
		time.UTC, zone(t, "America/New_York"), zone(t, "Europe/Berlin"), zone(t, "America/Havana"), zone(t, "America/Asuncion"),
		zone(t, "Asia/Amman"), zone(t, "Pacific/Apia"), zone(t, "Australia/Lord_Howe"),
	}
	rapid.Check(t, func(t *rapid.T) {
		z := rapid.SampledFrom(zones).Draw(t, "zone")
		at := time.Unix(rapid.Int64Range(0, 2_500_000_000).Draw(t, "unix"), 0)
		m := period.MonthOf(at, z)
		if start, end := m.Start(z), m.End(z); at.Before(start) || !at.Before(end) || period.MonthOf(start, z) != m || period.MonthOf(end, z) != m.Next() {
			t.Fatalf("%s is not in [%s, %s)", at, start, end)
		}
		if m.Next().Prev() != m || m.Quarter() > m || m.Quarter().Add(3) <= m {
			t.Fatalf("%s: %s, %s", m, m.Next(), m.Quarter())
		}
		days := rapid.IntRange(0, 400).Draw(t, "days")
		hours := period.Release(at, days, z).Sub(at).Hours() - 24*float64(days)
		if hours < -25 || hours > 25 {
			t.Fatalf("%d days from %s are off by %v hours", days, at, hours)
		}
	})
}
