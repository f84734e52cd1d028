package period

import "time"

// Day is the calendar day at falls in, as clocks in zone show it: its first
// instant and that of the next day.
func Day(at time.Time, zone *time.Location) (from, to time.Time) {
	l := at.In(zone)
	midnight := func(d int) time.Time {
		return resolve(time.Date(l.Year(), l.Month(), d, 0, 0, 0, 0, time.UTC), zone)
	}
	return midnight(l.Day()), midnight(l.Day() + 1)
}
