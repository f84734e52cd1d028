package attribution_test

import (
	"slices"
	"testing"

	"tributary/internal/domain/attribution"
	"tributary/internal/domain/money"
	"tributary/internal/domain/terms"
)

func TestPrecedenceIsTheAgreements(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		precedence string
		winners    []int64
		bps        []money.Bps
		why        map[string]string
	}{
		{"code_first", []int64{cleo}, []money.Bps{10000}, map[string]string{"click:a": "beaten_by_code", "click:b": "beaten_by_code", "code:CLEO": "won"}},
		{"link_first", []int64{ben}, []money.Bps{10000}, map[string]string{"click:a": "beaten_by_later_touch", "click:b": "won", "code:CLEO": "beaten_by_click"}},
		{"first_click", []int64{anna}, []money.Bps{10000}, map[string]string{"click:a": "won", "click:b": "beaten_by_earlier_touch", "code:CLEO": "beaten_by_click"}},
		{"last_touch_any", []int64{cleo}, []money.Bps{10000}, map[string]string{"click:a": "beaten_by_code", "click:b": "beaten_by_code", "code:CLEO": "won"}},
		{"split", []int64{anna, cleo}, []money.Bps{6000, 4000}, map[string]string{"click:a": "won", "click:b": "between_first_and_last", "code:CLEO": "won"}},
	} {
		t.Run(c.precedence, func(t *testing.T) {
			t.Parallel()
			in := scene(t, func(a *terms.Attribution) {
				a.Precedence = c.precedence
				if c.precedence == "split" {
					a.SplitBps = []money.Bps{6000, 4000}
				}
			})
			in.Touches = []attribution.Touch{
				click("a", anna, "2026-12-01T10:00:00Z"), click("b", ben, "2026-12-01T11:00:00Z"),
				code("CLEO", cleo, at("2026-12-01T11:05:00Z")),
			}
			d := attribution.Decide(in)
			wantWinners(t, d, c.winners...)
			wantReasons(t, d, c.why)
			for i, s := range d.Shares {
				if s.Bps != c.bps[i] {
					t.Errorf("share %d is %d bps, want %d", i, s.Bps, c.bps[i])
				}
			}
		})
	}
}

func TestAShareOfNothingIsNoShare(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		bps  []money.Bps
		want []int64
	}{{[]money.Bps{0, 10000}, []int64{ben}}, {[]money.Bps{10000, 0}, []int64{anna}}, {nil, []int64{anna, ben}}} {
		in := scene(t, func(a *terms.Attribution) { a.Precedence, a.SplitBps = terms.Split, c.bps })
		in.Touches = []attribution.Touch{click("a", anna, "2026-12-01T10:00:00Z"), click("b", ben, "2026-12-01T11:00:00Z")}
		wantWinners(t, attribution.Decide(in), c.want...)
	}
}

func TestLiveBeatsABindingAndLosesToALink(t *testing.T) {
	t.Parallel()
	live := attribution.Touch{ID: "live:9", Kind: attribution.Live, InfluencerID: ben, AgreementID: 20, At: at("2026-12-01T11:50:00Z")}
	in := scene(t, func(a *terms.Attribution) { a.Binding = &terms.Binding{} })
	in.Past = []attribution.PastOrder{{OrderID: 1, CreatedAt: at("2026-10-01T00:00:00Z"), Paid: true, InfluencerID: anna, VersionID: 100, Via: attribution.Click}}
	in.Touches = []attribution.Touch{live}
	d := attribution.Decide(in)
	wantWinners(t, d, ben)
	wantReasons(t, d, map[string]string{"live:9": "won", "binding:1": "beaten_by_live"})
	in.Touches = append(in.Touches, click("c", cleo, "2026-12-01T09:00:00Z"))
	wantWinners(t, attribution.Decide(in), cleo)
}

func TestThePrecedenceOfTheCodesAgreementCounts(t *testing.T) {
	t.Parallel()
	in := scene(t, nil)
	in.Agreements[30][0].Terms = signed(t, func(a *terms.Attribution) { a.Precedence = terms.LinkFirst })
	in.Touches = []attribution.Touch{click("a", anna, "2026-12-01T10:00:00Z"), code("CLEO", cleo, at("2026-12-01T12:00:00Z"))}
	wantWinners(t, attribution.Decide(in), anna)
}

func TestOneInfluencerByLinkAndCodeIsPaidOnce(t *testing.T) {
	t.Parallel()
	in := scene(t, nil)
	in.Touches = []attribution.Touch{click("a", anna, "2026-12-01T10:00:00Z"), code("ANNA", anna, at("2026-12-01T12:00:00Z"))}
	d := attribution.Decide(in)
	wantWinners(t, d, anna)
	wantReasons(t, d, map[string]string{"click:a": "same_influencer", "code:ANNA": "won"})
}

func TestALateClickDisplacesNobody(t *testing.T) {
	t.Parallel()
	early, late := click("a", anna, "2026-12-01T10:00:00Z"), click("b", ben, "2026-12-01T11:59:01Z")
	in := scene(t, nil)
	in.Touches = []attribution.Touch{early, late}
	d := attribution.Decide(in)
	wantWinners(t, d, anna)
	wantReasons(t, d, map[string]string{"click:a": "won", "click:b": "late_touch"})

	t.Run("but wins alone, flagged", func(t *testing.T) {
		t.Parallel()
		in := scene(t, nil)
		in.Touches = []attribution.Touch{late}
		d := attribution.Decide(in)
		wantWinners(t, d, ben)
		if !slices.Equal(d.Flags, []string{"late_touch"}) {
			t.Fatal(d.Flags)
		}
	})
	t.Run("and is in time 60 seconds before the order", func(t *testing.T) {
		t.Parallel()
		in := scene(t, nil)
		in.Touches = []attribution.Touch{early, click("b", ben, "2026-12-01T11:59:00Z")}
		wantWinners(t, attribution.Decide(in), ben)
	})
	t.Run("nor one after checkout began", func(t *testing.T) {
		t.Parallel()
		in := scene(t, nil)
		in.Order.Snapshot.CheckoutAt = at("2026-12-01T11:30:00Z")
		in.Touches = []attribution.Touch{early, click("b", ben, "2026-12-01T11:30:01Z")}
		wantWinners(t, attribution.Decide(in), anna)
	})
	t.Run("nor the owner of a code where links come first", func(t *testing.T) {
		t.Parallel()
		in := scene(t, func(a *terms.Attribution) { a.Precedence = terms.LinkFirst })
		in.Touches = []attribution.Touch{late, code("ANNA", anna, at("2026-12-01T12:00:00Z"))}
		wantWinners(t, attribution.Decide(in), anna)
	})
	t.Run("and the earliest of several late ones stands", func(t *testing.T) {
		t.Parallel()
		in := scene(t, nil)
		in.Touches = []attribution.Touch{click("c", cleo, "2026-12-01T11:59:30Z"), late}
		wantWinners(t, attribution.Decide(in), ben)
	})
	t.Run("nor takes over a bound customer", func(t *testing.T) {
		t.Parallel()
		in := scene(t, func(a *terms.Attribution) { a.Binding = &terms.Binding{} })
		in.Past = []attribution.PastOrder{{OrderID: 1, CreatedAt: year, Paid: true, InfluencerID: anna, VersionID: 100}}
		in.Touches = []attribution.Touch{late}
		wantWinners(t, attribution.Decide(in), anna)
	})
}
