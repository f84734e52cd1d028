package lead_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"tributary/internal/domain/lead"
	"tributary/internal/domain/terms"
)

var zone = time.UTC

func at(s string) time.Time {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		panic(err)
	}
	return t
}

var start = at("2026-09-01T10:00:00Z")

func days(n float64) time.Time { return start.Add(time.Duration(n * 24 * float64(time.Hour))) }

func rules() lead.Rules {
	return lead.Rules{VettingDays: 14, DedupeDays: 90, HoldDays: 30, OnDeadline: terms.Reject}
}

func one(id int64, day float64, ds ...lead.Decision) lead.Lead {
	return lead.Lead{ID: id, At: days(day), Rules: rules(), Decisions: ds}
}

func said(day float64, qualified bool) lead.Decision {
	return lead.Decision{ID: int64(day * 100), At: days(day), Qualified: qualified, Reason: "said"}
}

func states(t *testing.T, now float64, leads []lead.Lead, want ...lead.State) []lead.Verdict {
	t.Helper()
	vs := lead.Judge(leads, days(now), zone)
	for i, v := range vs {
		if v.State != want[i] {
			t.Errorf("lead %d is %s (%s), want %s", leads[i].ID, v.State, v.Reason, want[i])
		}
	}
	return vs
}

func TestTheFirstLeadOfAMailboxCounts(t *testing.T) {
	t.Parallel()
	vs := states(t, 1, []lead.Lead{one(2, 0.5), one(1, 0), one(3, 0.5)}, lead.Duplicate, lead.Vetting, lead.Duplicate)
	if vs[0].DuplicateOf != 1 || vs[2].DuplicateOf != 1 {
		t.Errorf("%+v", vs)
	}
	states(t, 1, []lead.Lead{one(2, 0), one(1, 0)}, lead.Duplicate, lead.Vetting) // a tie is the lower id's
	states(t, 91, []lead.Lead{one(1, 0, said(1, true)), one(2, 90)}, lead.Qualified, lead.Duplicate)
	vs = lead.Judge([]lead.Lead{one(1, 0, said(1, true)), {ID: 2, At: days(90).Add(time.Second), Rules: rules()}}, days(91), zone)
	if vs[1].State != lead.Vetting {
		t.Errorf("after the days of dedupe it is %s", vs[1].State)
	}
}

func TestWhenTheFirstTurnsOutBadTheNextTakesItsPlace(t *testing.T) {
	t.Parallel()
	first, second, third := one(1, 0), one(2, 1), one(3, 2)
	first.Decisions = []lead.Decision{said(3, true), said(20, false)} // bad while its hold ran
	vs := states(t, 21, []lead.Lead{first, second, third}, lead.Rejected, lead.Vetting, lead.Duplicate)
	if !vs[1].VetFrom.Equal(days(20)) || !vs[1].VetBy.Equal(days(34)) || vs[2].DuplicateOf != 2 {
		t.Errorf("%+v", vs)
	}
	first.Invalid = "self_referral"
	states(t, 21, []lead.Lead{first, second, third}, lead.Invalid, lead.Expired, lead.Vetting)
	second.Decisions = []lead.Decision{said(2, true)} // said while it was a duplicate
	first.Invalid = ""
	if vs := states(t, 21, []lead.Lead{first, second, third}, lead.Rejected, lead.Qualified, lead.Duplicate); !vs[1].QualifiedAt.Equal(days(20)) {
		t.Errorf("%+v", vs[1])
	}
}

func TestADeadlineBringsTheAgreedDefault(t *testing.T) {
	t.Parallel()
	l := one(1, 0)
	if vs := states(t, 13.999, []lead.Lead{l}, lead.Vetting); !vs[0].Next.Equal(days(14)) {
		t.Errorf("%+v", vs[0])
	}
	states(t, 14, []lead.Lead{l}, lead.Expired)
	l.Decisions = []lead.Decision{said(15, true)} // too late
	states(t, 16, []lead.Lead{l}, lead.Expired)
	l.Rules.OnDeadline = terms.Qualify
	vs := states(t, 16, []lead.Lead{l}, lead.Qualified)
	if !vs[0].QualifiedAt.Equal(days(14)) || vs[0].Reason != lead.Deadline {
		t.Errorf("%+v", vs[0])
	}
	l.Decisions = []lead.Decision{said(43.9, false)}
	states(t, 50, []lead.Lead{l}, lead.Rejected) // until the hold is over
	l.Decisions = []lead.Decision{said(44, false)}
	states(t, 50, []lead.Lead{l}, lead.Qualified)
	l.Decisions = []lead.Decision{said(2, false), said(3, true)} // a mistake, put right in time
	states(t, 50, []lead.Lead{l}, lead.Qualified)
}

func TestAMailboxThatDoesNotConfirmFreesThePlaceItHeld(t *testing.T) {
	t.Parallel()
	first, second := one(1, 0), one(2, 1)
	first.ConfirmBy = days(3)
	states(t, 2, []lead.Lead{first, second}, lead.Unconfirmed, lead.Duplicate)
	vs := states(t, 3, []lead.Lead{first, second}, lead.Invalid, lead.Vetting)
	if vs[0].Reason != lead.NotConfirmed || !vs[1].VetFrom.Equal(days(3)) {
		t.Errorf("%+v", vs)
	}
	first.ConfirmedAt = days(2)
	vs = states(t, 3, []lead.Lead{first, second}, lead.Vetting, lead.Duplicate)
	if !vs[0].VetFrom.Equal(days(2)) {
		t.Errorf("%+v", vs[0])
	}
}

func TestALeadWhoseHoldIsOverStaysQualified(t *testing.T) {
	t.Parallel()
	final := one(2, 1, said(2, true))
	kept := lead.Judge([]lead.Lead{final}, days(40), zone)[0]
	final.Final = &kept
	final.Decisions = append(final.Decisions, said(3, false)) // became known too late
	vs := states(t, 41, []lead.Lead{one(1, 0), final}, lead.Duplicate, lead.Qualified)
	if vs[0].DuplicateOf != 2 {
		t.Errorf("%+v", vs[0])
	}
}

func TestALeadThatMadeRoomStaysWhatItWasWhenTheNextIsFinal(t *testing.T) {
	t.Parallel()
	for _, first := range []lead.Lead{one(1, 0, said(1, false)), one(1, 0)} { // rejected, or left to its deadline
		second := one(2, 20, said(21, true))
		before := lead.Judge([]lead.Lead{first, second}, days(22), zone)
		if before[1].State != lead.Qualified {
			t.Fatalf("%+v", before[1])
		}
		second.Final = &before[1]
		states(t, 60, []lead.Lead{first, second}, before[0].State, lead.Qualified)
	}
}

// However the leads and decisions of a mailbox arrive, the verdicts are the
// same, and at most one lead stands for the days of dedupe.
func TestVerdictsDoNotDependOnTheOrderOfArrival(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 8).Draw(t, "leads")
		var leads []lead.Lead
		for i := range n {
			l := one(int64(i+1), float64(rapid.IntRange(0, 40).Draw(t, "at")))
			l.Rules.DedupeDays = rapid.SampledFrom([]int{5, 90}).Draw(t, "dedupe")
			l.Rules.OnDeadline = rapid.SampledFrom([]string{terms.Reject, terms.Qualify}).Draw(t, "default")
			l.Invalid = rapid.SampledFrom([]string{"", "", "", "honeypot"}).Draw(t, "invalid")
			if rapid.Bool().Draw(t, "confirm") {
				l.ConfirmBy = l.At.Add(72 * time.Hour)
				if rapid.Bool().Draw(t, "confirmed") {
					l.ConfirmedAt = l.At.Add(time.Hour)
				}
			}
			for k := range rapid.IntRange(0, 3).Draw(t, "decisions") {
				l.Decisions = append(l.Decisions, lead.Decision{ID: int64(i*10 + k), At: days(float64(rapid.IntRange(0, 60).Draw(t, "said"))),
					Qualified: rapid.Bool().Draw(t, "outcome"), Reason: "said"})
			}
			leads = append(leads, l)
		}
		now := days(float64(rapid.IntRange(0, 80).Draw(t, "now")))
		want := map[int64]lead.Verdict{}
		for i, v := range lead.Judge(leads, now, zone) {
			want[leads[i].ID] = v
		}
		leads = rapid.Permutation(leads).Draw(t, "arrived")
		for i := range leads {
			leads[i].Decisions = rapid.Permutation(leads[i].Decisions).Draw(t, "decided")
		}
		got := lead.Judge(leads, now, zone)
		for i, v := range got {
			if v != want[leads[i].ID] {
				t.Fatalf("lead %d: %+v, want %+v", leads[i].ID, v, want[leads[i].ID])
			}
			for j, w := range got {
				gap := leads[j].At.Sub(leads[i].At)
				if i != j && v.State == lead.Qualified && w.State == lead.Qualified && leads[j].Rules.DedupeDays == 90 && gap > 0 {
					t.Fatalf("leads %d and %d of one mailbox are both qualified", leads[i].ID, leads[j].ID)
				}
			}
		}
	})
}
