package web_test

import (
	"encoding/csv"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestAReportIsRunReadAsAFileAndSaved(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.a.influencer("anna") // inf_1
	w.a.counts(time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC), 1)
	w.a.counts(time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC), 2)
	w.b.counts(time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC), 7)

	r := w.a.get("/reports/run?dim=influencer&days=30").is(200)
	row := r.list("rows")[0]
	if len(r.list("rows")) != 1 || r["each"] != true || row.str("name") != "anna" || row.str("id") != "inf_1" || row.obj("counts")["orders"] != 75.0 || r.str("to") != "2026-11-25" {
		t.Errorf("%v", r)
	}
	series := w.a.get("/reports/run?dim=influencer&id=inf_1&grain=day&from=2026-11-20&to=2026-11-23").is(200).list("rows")
	if len(series) != 2 || series[1].str("from") != "2026-11-22" {
		t.Errorf("%v", series)
	}
	f := w.a.get("/reports/run.csv?dim=influencer&days=30&measures=net,earned,roi,rpm")
	rows, err := csv.NewReader(strings.NewReader(string(f.body))).ReadAll()
	want := [][]string{{"id", "name", "currency", "net", "earned", "roi", "rpm"}, {"inf_1", "anna", "USD", "5100.00", "1500.00", "240.00", "17.00"}}
	if err != nil || !slices.EqualFunc(rows, want, slices.Equal) || !strings.HasPrefix(f.header.Get("Content-Type"), "text/csv") {
		t.Errorf("%v %v", err, rows)
	}
	all, _ := csv.NewReader(strings.NewReader(string(w.a.get("/reports/run.csv?days=30").body))).ReadAll()
	if len(all) != 2 || slices.Contains(all[1][2:], "") {
		t.Errorf("a measure is missing: %v", all)
	}
	w.a.get("/reports/run.csv?measures=net,evil").problem(422, "invalid_measures")
	w.a.get("/reports/run?grain=hour").problem(422, "invalid_range")
	w.a.get("/reports/run?dim=influencer&id=cmp_1").problem(404, "not_found")

	saved := w.a.post("/reports", m{"name": " Who sold most ", "query": "dim=influencer&days=30"}).is(201)
	w.a.post("/reports", m{"name": "Who sold most", "query": ""}).problem(409, "name_taken")
	if p := w.a.post("/reports", m{"name": "a\nb", "query": "%zz"}).problem(422, "invalid_report"); p.fields() != "name query" {
		t.Error(p.fields())
	}
	if l := w.a.get("/reports").is(200).list("data"); len(l) != 1 || l[0].str("name") != "Who sold most" || l[0].str("query") != "dim=influencer&days=30" {
		t.Errorf("%v", l)
	}
	if l := w.b.get("/reports").is(200).list("data"); len(l) != 0 {
		t.Errorf("%v", l)
	}
	w.b.post("/reports/"+saved.str("id")+"/remove", m{}).problem(404, "not_found")
	w.a.post("/reports/"+saved.str("id")+"/remove", m{}).is(200)
	w.a.post("/reports/"+saved.str("id")+"/remove", m{}).problem(404, "not_found")
}

func TestAFormulaInANameIsNoneInAReportsFile(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.a.post("/influencers", m{"handle": "eve", "name": `=HYPERLINK("http://evil","x")`, "email": "eve@example.com"}).is(201)
	w.a.counts(time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC), 1)
	rows, _ := csv.NewReader(strings.NewReader(string(w.a.get("/reports/run.csv?dim=influencer&days=30&measures=net").body))).ReadAll()
	if len(rows) != 2 || rows[1][1] != `'=HYPERLINK("http://evil","x")` {
		t.Errorf("%v", rows)
	}
}
