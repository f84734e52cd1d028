package attribution_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"tributary/internal/domain/attribution"
)

// Which session an order belongs to does not depend on the order of touches or
// of sessions, and an agreement has one at most.
func TestTheSessionOfAnOrderDoesNotDependOnAnyOrder(t *testing.T) {
	t.Parallel()
	start := at("2026-09-02T18:00:00Z")
	rapid.Check(t, func(t *rapid.T) {
		minute := func(name string, most int) time.Time {
			return start.Add(time.Duration(rapid.IntRange(0, most).Draw(t, name)) * time.Minute)
		}
		created := minute("created", 300)
		var sessions []attribution.Session
		for i := range rapid.IntRange(0, 5).Draw(t, "sessions") {
			from := minute("from", 120)
			s := attribution.Session{ID: int64(i + 1), AgreementID: rapid.Int64Range(1, 2).Draw(t, "agreement"), From: from,
				To: from.Add(time.Duration(rapid.IntRange(1, 120).Draw(t, "long")) * time.Minute), Grace: 30 * time.Minute}
			if rapid.Bool().Draw(t, "has code") {
				s.Codes = []attribution.SessionCode{{Text: "LIVE", Valid: attribution.Span{From: s.From, To: s.To.Add(s.Grace + 1)}}}
			}
			sessions = append(sessions, s)
		}
		var touches []attribution.Touch
		kinds := []attribution.Kind{attribution.Click, attribution.Visit, attribution.CodeUse, attribution.Live}
		for i := range rapid.IntRange(0, 6).Draw(t, "touches") {
			touch := attribution.Touch{ID: "t" + string(rune('0'+i)), Kind: rapid.SampledFrom(kinds).Draw(t, "kind"),
				AgreementID: rapid.Int64Range(1, 3).Draw(t, "whose"), At: minute("at", 300)}
			if touch.Kind == attribution.CodeUse {
				touch.Code, touch.At = rapid.SampledFrom([]string{"LIVE", "OTHER"}).Draw(t, "code"), created
			}
			touches = append(touches, touch)
		}
		byID := func(ts []attribution.Touch) map[string]attribution.Touch {
			out := map[string]attribution.Touch{}
			for _, x := range ts {
				if _, twice := out[x.ID]; twice {
					t.Fatalf("two touches %q", x.ID)
				}
				out[x.ID] = x
			}
			return out
		}
		want := byID(attribution.InSessions(touches, sessions, created))
		var shuffled, ss = rapid.Permutation(touches).Draw(t, "touches again"), rapid.Permutation(sessions).Draw(t, "sessions again")
		got := byID(attribution.InSessions(shuffled, ss, created))
		if len(got) != len(want) {
			t.Fatalf("%v, want %v", got, want)
		}
		of := map[int64]int64{}
		for id, x := range got {
			if x != want[id] {
				t.Fatalf("%+v, want %+v", x, want[id])
			}
			if x.SessionID == 0 {
				continue
			}
			if other, ok := of[x.AgreementID]; ok && other != x.SessionID {
				t.Fatalf("agreement %d is in sessions %d and %d", x.AgreementID, other, x.SessionID)
			}
			of[x.AgreementID] = x.SessionID
		}
		for _, x := range touches {
			if x.SessionID != 0 {
				t.Fatal("the touches that were given have changed")
			}
		}
	})
}
