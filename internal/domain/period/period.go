// Package period is calendar arithmetic in a shop's time zone: holds, months,
// quarters and the spans counting restarts in. Spans
// are half-open, [from, to), and the instants it returns are UTC.
package period

import (
	"fmt"
	"time"

	"tributary/internal/domain/terms"
)

// Release is when a hold of so many calendar days ends: the same time of day in
// zone, days later. A time of day that a change of clocks leaves out
// falls as far after the change; of one that comes twice it is the first.
func Release(from time.Time, days int, zone *time.Location) time.Time {
	l := from.In(zone)
	return local(l.Year(), l.Month(), l.Day()+days, l, zone)
}

// AddMonthsClamped is the same day and time of day in zone, months later, or the
// last day of that month when it has no such day: 31 January and one month is
// 28 February.
func AddMonthsClamped(t time.Time, months int, zone *time.Location) time.Time {
	l := t.In(zone)
	first := time.Date(l.Year(), l.Month()+time.Month(months), 1, 0, 0, 0, 0, time.UTC)
	last := first.AddDate(0, 1, -1).Day()
	return local(first.Year(), first.Month(), min(l.Day(), last), l, zone)
}

// Of is the span of p that at falls in. Without p, and for a lifetime,
// both ends are zero: unbounded. A rolling span is the last Days calendar days
// up to and including at, so its end is the nanosecond after it.
func Of(p *terms.Period, at time.Time, zone *time.Location) (from, to time.Time) {
	if p == nil {
		return time.Time{}, time.Time{}
	}
	switch p.Kind {
	case terms.CalendarMonth:
		m := MonthOf(at, zone)
		return m.Start(zone), m.End(zone)
	case terms.CalendarQuarter:
		q := MonthOf(at, zone).Quarter()
		return q.Start(zone), q.Add(3).Start(zone)
	case terms.RollingDays:
		return Release(at, -p.Days, zone), at.UTC().Add(1)
	}
	return time.Time{}, time.Time{}
}

// Month is a calendar month such as "2026-10". The zero value is no month.
// Months compare as text.
type Month string

// MonthOf is the month at falls in, as clocks in zone show it.
func MonthOf(at time.Time, zone *time.Location) Month {
	l := at.In(zone)
	return month(l.Year(), l.Month())
}

// ParseMonth reads "2026-10".
func ParseMonth(s string) (Month, error) {
	t, err := time.Parse("2006-01", s)
	if err != nil || len(s) != len("2006-01") || t.Year() < 1 {
		return "", fmt.Errorf("%.20q is not a month such as 2026-10", s)
	}
	return Month(s), nil
}

// Start is the first instant of the month in zone, also where midnight is left
// out or comes twice.
func (m Month) Start(zone *time.Location) time.Time {
	y, mo := m.parts()
	return resolve(time.Date(y, mo, 1, 0, 0, 0, 0, time.UTC), zone)
}

// End is the first instant after the month in zone.
func (m Month) End(zone *time.Location) time.Time { return m.Next().Start(zone) }

// Next is the month after m.
func (m Month) Next() Month { return m.Add(1) }

// Prev is the month before m.
func (m Month) Prev() Month { return m.Add(-1) }

// Add is the month n months after m.
func (m Month) Add(n int) Month {
	y, mo := m.parts()
	t := time.Date(y, mo+time.Month(n), 1, 0, 0, 0, 0, time.UTC)
	return month(t.Year(), t.Month())
}

// Quarter is the first month of the quarter m lies in.
func (m Month) Quarter() Month {
	y, mo := m.parts()
	return month(y, mo-(mo-1)%3)
}

func (m Month) parts() (int, time.Month) {
	t, err := time.Parse("2006-01", string(m))
	if err != nil {
		panic(fmt.Sprintf("period: %q is not a month", string(m)))
	}
	return t.Year(), t.Month()
}

func month(y int, m time.Month) Month { return Month(fmt.Sprintf("%04d-%02d", y, int(m))) }

// local is the time of day of l on another day.
func local(y int, m time.Month, d int, l time.Time, zone *time.Location) time.Time {
	return resolve(time.Date(y, m, d, l.Hour(), l.Minute(), l.Second(), l.Nanosecond(), time.UTC), zone)
}

// resolve is the first instant at which clocks in zone show what wall shows in
// UTC; when they never do, it is as far after the change as wall says. Unlike
// time.Date it does not leave the choice open.
func resolve(wall time.Time, zone *time.Location) time.Time {
	const near = 24 * time.Hour // changes of clocks are further apart
	_, before := wall.Add(-near).In(zone).Zone()
	_, after := wall.Add(near).In(zone).Zone()
	early := wall.Add(-time.Duration(before) * time.Second)
	late := wall.Add(-time.Duration(after) * time.Second)
	shows := func(t time.Time) bool {
		_, offset := t.In(zone).Zone()
		return t.Add(time.Duration(offset) * time.Second).Equal(wall)
	}
	if late.Before(early) && shows(late) || !shows(early) && shows(late) {
		return late
	}
	return early
}
