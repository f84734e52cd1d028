package attribution_test

import (
	"encoding/json"
	"os"
	"testing"
	"time"

	"tributary/internal/domain/attribution"
	"tributary/internal/domain/terms"
)

func TestTheWindowIsInclusive(t *testing.T) {
	t.Parallel()
	for _, v := range vectors(t) {
		if v.ID != "R-3" {
			continue
		}
		for _, c := range v.Cases {
			var created time.Time
			var in bool
			mustJSON(t, c[0], &created)
			mustJSON(t, c[1], &in)
			s := scene(t, func(a *terms.Attribution) { a.WindowDays = v.WindowDays })
			s.Order.Snapshot.CreatedAt = created
			s.Touches = []attribution.Touch{{ID: "click:1", Kind: attribution.Click, InfluencerID: anna, AgreementID: 10, At: v.Click}}
			d := attribution.Decide(s)
			if won := len(d.Shares) == 1; won != in {
				t.Errorf("order of %v: won %v, want %v (%v)", created, won, in, reasons(d))
			}
		}
		return
	}
	t.Fatal("no vector R-3")
}

func TestATouchAfterTheOrderDoesNotCount(t *testing.T) {
	t.Parallel()
	in := scene(t, nil)
	in.Touches = []attribution.Touch{click("1", anna, "2026-12-01T12:00:01Z")}
	d := attribution.Decide(in)
	wantReasons(t, d, map[string]string{"click:1": "after_order"})
	if d.Outcome != attribution.None || d.Reason != "no_eligible_touch" {
		t.Fatalf("%s %s", d.Outcome, d.Reason)
	}
}

func TestAVersionSignedLaterNeverApplies(t *testing.T) {
	t.Parallel()
	in := scene(t, nil)
	v1 := in.Agreements[10][0]
	v2 := v1
	v1.Effective.To = at("2026-11-20T00:00:00Z")
	v2.VersionID, v2.Number, v2.Effective.From = 101, 2, at("2026-11-20T00:00:00Z")
	in.Agreements[10] = []attribution.Agreement{v1, v2}
	for when, version := range map[string]int64{"2026-11-19T23:59:59Z": 100, "2026-11-20T00:00:00Z": 101} {
		in.Touches = []attribution.Touch{click("a", anna, when)}
		if d := attribution.Decide(in); d.Shares[0].VersionID != version {
			t.Errorf("touch of %s earns by version %d, want %d", when, d.Shares[0].VersionID, version)
		}
	}
	in.Agreements[10] = []attribution.Agreement{v2}
	in.Touches = []attribution.Touch{click("a", anna, "2026-11-19T00:00:00Z")}
	wantReasons(t, attribution.Decide(in), map[string]string{"click:a": "no_agreement"})
}

func TestTheInfluencerMustBeActiveAtTouchAndOrder(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		active  []attribution.Span
		banned  time.Time
		outcome attribution.Outcome
		reason  string
	}{
		{"active throughout", []attribution.Span{{From: year}}, time.Time{}, attribution.Attributed, "won"},
		{"joined after the touch", []attribution.Span{{From: at("2026-12-01T11:00:00Z")}}, time.Time{}, attribution.None, "inactive_at_touch"},
		{"paused before the order", []attribution.Span{{From: year, To: at("2026-12-01T11:00:00Z")}}, time.Time{}, attribution.None, "inactive_at_order"},
		{"paused in between only", []attribution.Span{{From: year, To: at("2026-12-01T11:00:00Z")}, {From: at("2026-12-01T11:30:00Z")}}, time.Time{}, attribution.Attributed, "won"},
		{"banned before the order", []attribution.Span{{From: year}}, at("2026-12-01T11:00:00Z"), attribution.None, "inactive_at_order"},
		{"banned after the order", []attribution.Span{{From: year, To: at("2026-12-02T00:00:00Z")}}, at("2026-12-02T00:00:00Z"), attribution.Held, "won"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			in := scene(t, nil)
			in.Influencers[anna] = attribution.Influencer{ID: anna, Active: c.active, BannedAt: c.banned}
			in.Touches = []attribution.Touch{click("a", anna, "2026-12-01T10:00:00Z")}
			d := attribution.Decide(in)
			wantReasons(t, d, map[string]string{"click:a": c.reason})
			if d.Outcome != c.outcome {
				t.Errorf("outcome %s, want %s", d.Outcome, c.outcome)
			}
		})
	}
}

type vector struct {
	ID         string              `json:"id"`
	WindowDays int                 `json:"window_days"`
	Click      time.Time           `json:"click"`
	Cases      [][]json.RawMessage `json:"cases"`
}

func vectors(t *testing.T) []vector {
	t.Helper()
	b, err := os.ReadFile("../../../testdata/domain-vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var raw []json.RawMessage
	mustJSON(t, b, &raw)
	var vs []vector
	for _, r := range raw {
		var id struct{ ID string }
		mustJSON(t, r, &id)
		if id.ID == "R-3" {
			var v vector
			mustJSON(t, r, &v)
			vs = append(vs, v)
		}
	}
	return vs
}

func mustJSON(t *testing.T, b []byte, v any) {
	t.Helper()
	if err := json.Unmarshal(b, v); err != nil {
		t.Fatal(err)
	}
}
