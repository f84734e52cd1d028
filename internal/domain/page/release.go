package page

import (
	"fmt"
	"time"

	"tributary/internal/errs"
)

// Variant is one of the versions that a release shows.
type Variant struct {
	Name    string // "a" … "d"
	Version int
	Weight  int // percent of the visitors
}

// Release says what a page shows from an instant on.
type Release struct {
	ID        int64
	StartsAt  time.Time
	EndsAt    time.Time // zero: until the next
	Withdrawn bool
	Variants  []Variant
}

// The states of a page.
const (
	Draft       = "draft"
	Scheduled   = "scheduled"
	Published   = "published"
	Unpublished = "unpublished"
)

// mostVariants is how many versions a release can compare.
const mostVariants = 4

// CheckVariants checks a release's variants and names them. One without a
// weight, alone, has all visitors.
func CheckVariants(vs []Variant) error {
	var wrong []errs.Field
	add := func(path, format string, args ...any) {
		wrong = append(wrong, errs.Field{Path: path, Msg: fmt.Sprintf(format, args...)})
	}
	if len(vs) < 1 || len(vs) > mostVariants {
		return errs.New(errs.Invalid, "invalid_variants", "A page shows one to four variants.", errs.Field{Path: "variants", Msg: "must have 1 to 4 entries"})
	}
	if len(vs) == 1 && vs[0].Weight == 0 {
		vs[0].Weight = 100
	}
	sum := 0
	for i := range vs {
		v, at := &vs[i], fmt.Sprintf("variants[%d]", i)
		v.Name = string(rune('a' + i))
		if v.Weight < 1 || v.Weight > 100 {
			add(at+".weight", "must be between 1 and 100")
		}
		if v.Version < 1 {
			add(at+".version", "must be the number of a version")
		}
		for k := range i {
			if vs[k].Version == v.Version {
				add(at+".version", "is variant %s already", vs[k].Name)
			}
		}
		sum += v.Weight
	}
	if sum != 100 && wrong == nil {
		add("variants", "have weights that sum to %d, and must sum to 100", sum)
	}
	if wrong != nil {
		return errs.New(errs.Invalid, "invalid_variants", "The variants cannot be like this.", wrong...)
	}
	return nil
}

// LiveAt is the release that a page shows at an instant, or nil: of those that
// have begun the last one by start and id, unless it has ended.
func LiveAt(rs []Release, at time.Time) *Release {
	var live *Release
	for i := range rs {
		r := &rs[i]
		if r.Withdrawn || at.Before(r.StartsAt) {
			continue
		}
		if live == nil || r.StartsAt.After(live.StartsAt) || (r.StartsAt.Equal(live.StartsAt) && r.ID > live.ID) {
			live = r
		}
	}
	if live == nil || (!live.EndsAt.IsZero() && !at.Before(live.EndsAt)) {
		return nil
	}
	return live
}

// StateAt is the page's state at an instant, and when time alone will next
// change what it shows; zero: never.
func StateAt(rs []Release, at time.Time) (state string, next time.Time) {
	state = Draft
	later := func(t time.Time) {
		if t.After(at) && (next.IsZero() || t.Before(next)) {
			next = t
		}
	}
	waits := false
	for i := range rs {
		r := &rs[i]
		if r.Withdrawn {
			continue
		}
		if at.Before(r.StartsAt) {
			waits = true
		} else {
			state = Unpublished
		}
		later(r.StartsAt)
		if !r.EndsAt.IsZero() {
			later(r.EndsAt)
		}
	}
	switch {
	case LiveAt(rs, at) != nil:
		state = Published
	case waits:
		state = Scheduled
	}
	return state, next
}

// Pick is the variant of somebody whose hash is h: always the same one, and of
// many people, each variant its weight.
func (r *Release) Pick(h uint64) Variant {
	n := int(h % 100) //nolint:gosec // below 100
	for _, v := range r.Variants {
		if n -= v.Weight; n < 0 {
			return v
		}
	}
	return r.Variants[len(r.Variants)-1]
}
