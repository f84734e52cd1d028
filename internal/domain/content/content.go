// Package content is the rules of posts that are paid by their engagement
// (R-48 … R-50): which numbers of which snapshots count, when the next snapshot
// is due, and what looks wrong. Everything is a function of the set of
// snapshots: duplicates, late ones and their order of arrival do not matter.
package content

import (
	"cmp"
	"slices"
	"time"

	"tributary/internal/domain/commission"
)

// What a post is when it is not there to be seen.
const (
	Deleted = "deleted"
	Private = "private"
)

// Snapshot is what a post had at an instant. Nil numbers are ones that the
// source does not tell.
type Snapshot struct {
	At       time.Time
	Source   string // connector, api, csv, manual
	Status   string // "", Deleted, Private
	Verified bool
	Likes, Comments, Shares, Saves, Views,
	Followers *int64
	Evidence string
}

// rank orders sources that speak of the same instant; the last one is believed.
var rank = map[string]int{"manual": 0, "csv": 1, "api": 2, "connector": 3}

// ordered is the verified snapshots of [published, final], the earliest first.
// Those of one instant stand in an order that is theirs, not that of arrival.
func ordered(snapshots []Snapshot, published, final time.Time) []Snapshot {
	out := make([]Snapshot, 0, len(snapshots))
	for _, s := range snapshots {
		if s.Verified && !s.At.Before(published) && !s.At.After(final) {
			out = append(out, s)
		}
	}
	slices.SortFunc(out, func(a, b Snapshot) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(rank[a.Source], rank[b.Source]), cmp.Compare(a.Status, b.Status),
			compare(a.Likes, b.Likes), compare(a.Comments, b.Comments), compare(a.Shares, b.Shares), compare(a.Saves, b.Saves),
			compare(a.Views, b.Views), compare(a.Followers, b.Followers), cmp.Compare(a.Evidence, b.Evidence))
	})
	return out
}

func compare(a, b *int64) int {
	switch {
	case a == nil && b == nil:
		return 0
	case a == nil:
		return -1
	case b == nil:
		return 1
	}
	return cmp.Compare(*a, *b)
}

// Standing is what a post is paid for.
type Standing struct {
	Events commission.Engagement
	At     time.Time // of the last snapshot that counts; zero: none does
	Gone   string    // Deleted or Private when the last word on the post is that
}

// Final is the standing of a post by the last verified snapshot up to final
// . An event that it does not tell of keeps the number of the snapshot
// before it. A post that is gone keeps the numbers it was last seen with.
func Final(snapshots []Snapshot, published, final time.Time) (st Standing) {
	for _, s := range ordered(snapshots, published, final) {
		st.Gone = s.Status
		if s.Status != "" {
			continue
		}
		st.At = s.At
		for _, n := range []struct {
			to   *int64
			from *int64
		}{{&st.Events.Likes, s.Likes}, {&st.Events.Comments, s.Comments}, {&st.Events.Shares, s.Shares}, {&st.Events.Saves, s.Saves}, {&st.Events.Views, s.Views}} {
			if n.from != nil {
				*n.to = *n.from
			}
		}
	}
	return st
}

// Seen is how many more views a post had at an instant than before; negative
// after a correction.
type Seen struct {
	At   time.Time
	More int64
}

// Views is how the views of a post grew, by its verified snapshots of whatever
// time. They sum up to what the last one that tells views has.
func Views(snapshots []Snapshot, published time.Time) (out []Seen) {
	var last int64
	for _, s := range ordered(snapshots, published, endOfTime) {
		if s.Views == nil || s.Status != "" || *s.Views == last {
			continue
		}
		out = append(out, Seen{s.At, *s.Views - last})
		last = *s.Views
	}
	return out
}

var endOfTime = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)

// lastLook is how long before the end the last snapshot is taken, so that it is
// there when the post's hold ends.
const lastLook = 15 * time.Minute

// NextLook is when a connector reads a post again after it did now: each hour of
// its first two days, each six hours of its first week, then each day, and once
// shortly before final. Zero: no more.
func NextLook(published, final, now time.Time) time.Time {
	end := final.Add(-lastLook)
	if !now.Before(end) {
		return time.Time{}
	}
	step := 24 * time.Hour
	switch age := now.Sub(published); {
	case age < 48*time.Hour:
		step = time.Hour
	case age < 7*24*time.Hour:
		step = 6 * time.Hour
	}
	if next := now.Add(step); next.Before(end) {
		return next
	}
	return end
}
