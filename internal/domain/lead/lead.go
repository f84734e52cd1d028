// Package lead gives the verdict on leads: a pure function of all leads of one
// mailbox, of what was decided about them, and of the time. It does
// not depend on the order in which any of it arrived.
package lead

import (
	"cmp"
	"slices"
	"time"

	"tributary/internal/domain/period"
	"tributary/internal/domain/terms"
)

// State is where a lead stands.
type State string

// The states. Only a qualified lead earns.
const (
	Submitted   State = "submitted" // no verdict yet
	Duplicate   State = "duplicate"
	Invalid     State = "invalid"
	Unconfirmed State = "pending_confirmation"
	Vetting     State = "pending_vetting"
	Qualified   State = "qualified"
	Rejected    State = "rejected"
	Expired     State = "expired" // the agreed default: nobody decided in time
)

// States are all of them.
var States = []State{Submitted, Duplicate, Invalid, Unconfirmed, Vetting, Qualified, Rejected, Expired}

// The reasons that a verdict gives by itself.
const (
	Deadline     = "deadline"      // the agreed default happened
	NotConfirmed = "not_confirmed" // the mailbox did not confirm in time
	KnownAddress = "known_address" // the shop has the mailbox from an earlier lead
)

// Rules are the terms that a lead falls under.
type Rules struct {
	VettingDays, DedupeDays, HoldDays int
	OnDeadline                        string // terms.Reject or terms.Qualify
}

// RulesOf is what t says about leads. Terms that do not, and no terms at all,
// have the defaults.
func RulesOf(t *terms.Terms) Rules {
	r := Rules{VettingDays: 14, DedupeDays: 90, HoldDays: 30, OnDeadline: terms.Reject}
	if t == nil {
		return r
	}
	r.HoldDays = t.Hold.Days
	for i := range t.Components {
		if c := &t.Components[i]; c.Type == terms.Leads {
			r.VettingDays, r.DedupeDays, r.OnDeadline = c.VettingDays, c.DedupeDays, c.OnDeadline
			break
		}
	}
	return r
}

// Lead is one lead as it came.
type Lead struct {
	ID      int64
	At      time.Time // when it was submitted
	Invalid string    // why it cannot count, known from the beginning; "" it can
	// ConfirmBy is when an unconfirmed mailbox counts as not confirmed; zero
	// asks for no confirmation.
	ConfirmBy, ConfirmedAt time.Time
	Rules                  Rules
	Decisions              []Decision // as a set
	// Final is the verdict that stays because the hold of what the lead earned
	// is over; such a lead goes before every other. Nil: its verdict may
	// still change.
	Final *Verdict
}

// Decision is what somebody said about a lead.
type Decision struct {
	ID        int64
	At        time.Time
	Qualified bool // else rejected
	Reason    string
}

// Verdict is where a lead stands and why.
type Verdict struct {
	State       State
	Reason      string
	DuplicateOf int64
	VetFrom     time.Time // when vetting began; zero: not yet
	VetBy       time.Time // when the agreed default happens
	QualifiedAt time.Time // zero: not qualified
	// Next is when time alone may change the verdict; zero: never.
	Next time.Time
	// gone is when a lead that stood in the way of later ones no longer did.
	gone time.Time
}

const day = 24 * time.Hour

// Judge gives the verdict on each of the leads of one mailbox, in the order
// given. The first that counts, by (At, ID), stands in the way of the others for
// as many days as their terms say; when it turns out to be bad, the next takes
// its place and its vetting begins then.
func Judge(leads []Lead, now time.Time, zone *time.Location) []Verdict {
	out := make([]Verdict, len(leads))
	order := make([]int, len(leads))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int {
		x, y := &leads[a], &leads[b]
		switch {
		case x.Final != nil && y.Final == nil:
			return -1
		case x.Final == nil && y.Final != nil:
			return 1
		}
		return cmp.Or(x.At.Compare(y.At), cmp.Compare(x.ID, y.ID))
	})
	for n, i := range order {
		l, v := &leads[i], &out[i]
		switch {
		case l.Final != nil:
			*v = *l.Final
			continue
		case l.Invalid != "":
			*v = Verdict{State: Invalid, Reason: l.Invalid}
			continue
		}
		from := l.At           // when nothing stood in its way any more
		var first, later *Lead // that stands in its way; that has taken its place for good
		for _, j := range order[:n] {
			e, w := &leads[j], &out[j]
			never := w.gone.IsZero() && (w.State == Invalid || w.State == Duplicate)
			if never || apart(e.At, l.At) > time.Duration(l.Rules.DedupeDays)*day {
				continue
			}
			if e.Final != nil && (l.At.Before(e.At) || l.At.Equal(e.At) && l.ID < e.ID) {
				later = e
				continue
			}
			if w.gone.IsZero() {
				first = e
				break
			}
			if w.gone.After(from) {
				from = w.gone
			}
		}
		if first != nil {
			*v = Verdict{State: Duplicate, Reason: KnownAddress, DuplicateOf: first.ID}
			continue
		}
		// One that had turned out bad before a later one took its place stays what
		// it was; else it cannot count beside that.
		*v = judge(l, from, now, zone)
		if later != nil && (v.gone.IsZero() || v.gone.After(later.Final.VetFrom)) {
			*v = Verdict{State: Duplicate, Reason: KnownAddress, DuplicateOf: later.ID}
		}
	}
	return out
}

func apart(a, b time.Time) time.Duration {
	if d := b.Sub(a); d > 0 {
		return d
	}
	return a.Sub(b)
}

// judge is the verdict on a lead that nothing stands in the way of since from.
func judge(l *Lead, from, now time.Time, zone *time.Location) Verdict {
	if !l.ConfirmBy.IsZero() {
		switch {
		case !l.ConfirmedAt.IsZero():
			if l.ConfirmedAt.After(from) {
				from = l.ConfirmedAt
			}
		case now.Before(l.ConfirmBy):
			return Verdict{State: Unconfirmed, Next: l.ConfirmBy}
		default:
			return Verdict{State: Invalid, Reason: NotConfirmed, gone: l.ConfirmBy}
		}
	}
	v := Verdict{State: Vetting, VetFrom: from, VetBy: period.Release(from, l.Rules.VettingDays, zone)}
	decisions := slices.SortedFunc(slices.Values(l.Decisions), func(a, b Decision) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.ID, b.ID))
	})
	for _, d := range decisions {
		at := d.At
		if at.Before(from) {
			at = from // it was said while another lead stood in the way
		}
		v.settle(l, at)
		v.take(l, d, at, zone)
	}
	v.settle(l, now)
	if v.State == Vetting {
		v.Next = v.VetBy
	}
	return v
}

// settle lets the agreed default happen when its time has come.
func (v *Verdict) settle(l *Lead, now time.Time) {
	if v.State != Vetting || now.Before(v.VetBy) {
		return
	}
	v.Reason = Deadline
	if l.Rules.OnDeadline == terms.Qualify {
		v.State, v.QualifiedAt = Qualified, v.VetBy
		return
	}
	v.State, v.gone = Expired, v.VetBy
}

// take takes one decision in. A lead that was rejected in time may still be
// qualified until its deadline; one that was qualified may turn out to be bad
// until its hold is over. Anything later changes nothing.
func (v *Verdict) take(l *Lead, d Decision, at time.Time, zone *time.Location) {
	switch {
	case d.Qualified && (v.State == Vetting || v.State == Rejected && at.Before(v.VetBy)):
		v.State, v.Reason, v.QualifiedAt, v.gone = Qualified, d.Reason, at, time.Time{}
	case !d.Qualified && (v.State == Vetting || v.State == Qualified && at.Before(v.Release(&l.Rules, zone))):
		v.State, v.Reason, v.QualifiedAt, v.gone = Rejected, d.Reason, time.Time{}, at
	}
}

// Release is when the hold of a qualified lead is over; zero for any other.
func (v *Verdict) Release(r *Rules, zone *time.Location) time.Time {
	if v.QualifiedAt.IsZero() {
		return time.Time{}
	}
	return period.Release(v.QualifiedAt, r.HoldDays, zone)
}
