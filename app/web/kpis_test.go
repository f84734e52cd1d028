package web_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"tributary/internal/domain/kpi"
	"tributary/internal/store"
)

// counts adds a day of the article's campaign to a shop.
func (s shop) counts(at time.Time, scale int64) {
	s.w.t.Helper()
	s.w.in(s, func(tx *store.Tx) error {
		c := kpi.Cells{}
		for _, k := range []kpi.Key{{Dim: kpi.Shop}, {Dim: kpi.Influencer, ID: 1}} {
			k.Hour, k.Currency = at, "USD"
			m := c.At(k)
			m[kpi.Impressions], m[kpi.Clicks], m[kpi.Orders], m[kpi.ClickOrders], m[kpi.Kept] = 100_000*scale, 100*scale, 25*scale, 10*scale, 25*scale
			m[kpi.Gross], m[kpi.Net], m[kpi.Earned], m[kpi.Acquired], m[kpi.Repeats] = 200_000*scale, 170_000*scale, 50_000*scale, 20*scale, 5*scale
		}
		return tx.AddKPI(context.Background(), time.UTC, c)
	})
}

func TestKPIsAreShownWithTheirFormulas(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.a.counts(time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC), 1)
	w.a.counts(time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC), 1)
	w.b.counts(time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC), 7)
	r := w.a.get("/kpis?grain=day&from=2026-11-20&to=2026-11-21").is(200)
	step := r.list("steps")[0]
	want := map[string]string{"conversions": "25", "sales": "2000.00", "conversion_rate": "10.00", "ctr": "0.10", "roi": "300.00", "rpm": "20.00", "cpa": "20.00", "cost": "500.00"}
	for _, f := range step.list("gross") {
		if f["value"] != want[f["name"].(string)] || f["formula"] == "" {
			t.Errorf("%v, want %s", f, want[f["name"].(string)])
		}
	}
	if step["from"] != "2026-11-20" || step["repeat"].(map[string]any)["value"] != "25.00" {
		t.Errorf("%v", step)
	}
	if got := w.a.get("/kpis?dim=influencer&id=inf_1").is(200).list("steps"); len(got) != 1 || got[0]["counts"].(map[string]any)["orders"] != 50.0 {
		t.Errorf("%v", got)
	}
	if got := w.a.get("/kpis?from=2026-10-01&to=2026-10-02").is(200).list("steps"); len(got) != 0 {
		t.Errorf("%v", got)
	}
	// Nothing by zero.
	for _, k := range w.a.get("/kpis?dim=influencer&id=inf_1&grain=total&from=2026-11-20").is(200).list("steps") {
		if k.list("net")[0]["value"] != "50" {
			t.Errorf("%v", k)
		}
	}
	if got := w.a.get("/kpis/top?dim=influencer&by=gross").is(200).list("steps"); len(got) != 1 || got[0]["id"] != "inf_1" {
		t.Errorf("%v", got)
	}
	if got := w.a.get("/kpis/scores").is(200).list("data"); len(got) != 1 || got[0]["points"] != 50.0 {
		t.Errorf("%v", got)
	}
	w.a.get("/kpis/cohorts").is(200)
	w.a.get("/kpis?from=yesterday&to=tomorrow").problem(422, "invalid_range")
	w.a.get("/kpis?from=2026-11-02&to=2026-11-01").problem(422, "invalid_range")
	for dim, id := range map[string]string{"campaign": "cmp_1", "influencer": "inf_1", "link": "lnk_1", "code": "cod_1", "page": "pag_1", "session": "liv_1", "post": "pst_1"} {
		month := "/kpis?grain=hour&dim=" + dim + "&id=" + id + "&from=2026-11-01T00:00:00Z&to=2026-12-02T00:00:0"
		w.a.get(month + "0Z").is(200)
		p := w.a.get(month+"1Z").problem(422, "invalid_range")
		if field := p.list("errors")[0]; field["field"] != "to" || !strings.Contains(field["message"].(string), "at most 31 days with grain hour; ask for one stretch after the other, or for days") {
			t.Errorf("%s: %v", dim, field)
		}
	}
	w.a.get("/kpis?dim=influencer&id=cmp_1").problem(404, "not_found")
}
