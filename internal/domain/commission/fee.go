package commission

import (
	"time"

	"tributary/internal/domain/period"
	"tributary/internal/domain/terms"
)

// FeeDates is when a flat fee under a version in force from … to falls due, up
// to now. A zero to is open. Monthly ones are due on the day of the signing, and
// on that day of each month after it, or the month's last.
func FeeDates(c *terms.Component, from, to, now time.Time, zone *time.Location) []time.Time {
	var due []time.Time
	add := func(at time.Time) bool {
		if at.After(now) || !to.IsZero() && !at.Before(to) {
			return false
		}
		due = append(due, at)
		return true
	}
	switch c.Due {
	case terms.OnDate:
		day, err := time.ParseInLocation(time.DateOnly, c.DueDate, zone)
		if err == nil {
			if at := day.UTC(); at.Before(from) {
				add(from) // signed after the day: due at once
			} else {
				add(at)
			}
		}
	case terms.EachMonth:
		for n := 0; add(period.AddMonthsClamped(from, n, zone)); n++ {
		}
	default:
		add(from)
	}
	return due
}
