package period_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"tributary/internal/domain/period"
)

func TestADayIsOneOfTheShop(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ zone, at, from, to string }{
		{"America/New_York", "2026-11-01T03:30:00Z", "2026-10-31T04:00:00Z", "2026-11-01T04:00:00Z"},
		{"America/New_York", "2026-11-01T12:00:00Z", "2026-11-01T04:00:00Z", "2026-11-02T05:00:00Z"}, // 25 hours
		{"America/Santiago", "2026-09-06T12:00:00Z", "2026-09-06T04:00:00Z", "2026-09-07T03:00:00Z"}, // midnight is left out
		{"Europe/Berlin", "2026-03-29T10:00:00Z", "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z"},
	} {
		at, _ := time.Parse(time.RFC3339, c.at)
		from, to := period.Day(at, zone(t, c.zone))
		if f, e := from.Format(time.RFC3339), to.Format(time.RFC3339); f != c.from || e != c.to {
			t.Errorf("%s in %s: %s to %s, want %s to %s", c.at, c.zone, f, e, c.from, c.to)
		}
	}
}

func TestDaysMeetWithoutGapOrOverlap(t *testing.T) {
	t.Parallel()
	zones := []*time.Location{zone(t, "America/New_York"), zone(t, "Australia/Lord_Howe"), zone(t, "America/Santiago"), time.UTC}
	rapid.Check(t, func(t *rapid.T) {
		z := rapid.SampledFrom(zones).Draw(t, "zone")
		at := time.Unix(rapid.Int64Range(1.6e9, 1.9e9).Draw(t, "at"), 0)
		from, to := period.Day(at, z)
		if at.Before(from) || !at.Before(to) {
			t.Fatalf("%s is not in [%s, %s)", at, from, to)
		}
		if next, _ := period.Day(to, z); !next.Equal(to) {
			t.Fatalf("the day after begins at %s, not %s", next, to)
		}
	})
}
