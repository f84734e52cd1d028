package web

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"tributary/internal/domain/kpi"
	"tributary/internal/errs"
	rail "tributary/internal/rail/csv"
	"tributary/internal/store"
)

// reportTable is the part of the route table about reports.
func (s *Server) reportTable() []route {
	return []route{
		{get, "/reports", read, "List saved reports", reads(s.listReports)},
		{post, "/reports", write, "Save what a report asks for", writes(s.saveReport)},
		{post, "/reports/{id}/remove", write, "Forget a saved report", writes(s.removeReport)},
		{get, "/reports/run", read, "Run a report: a dimension over a range, as a list or a series", reads(s.runReport)},
		{get, "/reports/run.csv", read, "Run a report and get it as a file", sends(s.exportReport, textCSV)},
	}
}

// ReportIn says what a report asks for.
type ReportIn struct {
	KPIIn
	Days  int    `query:"days" minimum:"0" maximum:"1830" doc:"In place of from and to: the last days, today included"`
	ID    string `query:"id" doc:"One of the dimension, as a series; absent: each of them, in sum"`
	By    string `query:"by" enum:"orders,kept,gross,net,impressions,clicks,visits,acquired,repeats,leads,entries,earned" default:"net" doc:"What each of them is sorted by"`
	Limit int    `query:"limit" minimum:"1" maximum:"200" default:"100"`
}

// Report is what came of it.
type Report struct {
	Dim      string      `json:"dim"`
	TimeZone string      `json:"time_zone" doc:"Whose days these are"`
	From     string      `json:"from" doc:"First day"`
	To       string      `json:"to" doc:"The day after the last"`
	Each     bool        `json:"each" doc:"Rows are things of the dimension, and not steps in time"`
	Rows     []ReportRow `json:"rows"`
}

// ReportRow is one thing or one step, in one currency.
type ReportRow struct {
	Name string `json:"name,omitempty" doc:"What people call it"`
	KPIStep
}

func (s *Server) runReport(ctx context.Context, tx *store.Tx, in *ReportIn) (Report, error) {
	shop, err := tx.ShopForSettling(ctx)
	if err != nil {
		return Report{}, err
	}
	if in.Days > 0 {
		today := tx.Now.In(shop.Zone)
		in.From, in.To = today.AddDate(0, 0, 1-in.Days).Format(time.DateOnly), today.AddDate(0, 0, 1).Format(time.DateOnly)
	}
	each := in.Dim != "shop" && in.ID == ""
	switch {
	case in.Grain == string(store.KPIHour):
		return Report{}, errs.New(errs.Invalid, "invalid_range", "Reports are of days.", errs.Field{Path: "grain", Msg: "must be day, week, month or total"})
	case each:
		in.Grain = string(store.KPITotal)
	}
	f, err := in.filter(&shop, tx.Now)
	if err != nil {
		return Report{}, err
	}
	if each {
		f.EachID, f.Limit, f.Order = true, in.Limit, kpi.Measure(slices.Index(kpi.Names[:], in.By))
	} else if f.Dim != kpi.Shop {
		if f.ID, err = parseID(dimPrefix[f.Dim], in.ID); err != nil {
			return Report{}, err
		}
	}
	rows, err := tx.KPIs(ctx, f)
	if err != nil {
		return Report{}, err
	}
	ids := make([]int64, 0, len(rows))
	for i := range rows {
		ids = append(ids, rows[i].ID)
	}
	names, err := tx.NamesOf(ctx, in.Dim, ids)
	if err != nil {
		return Report{}, err
	}
	out := Report{Dim: in.Dim, TimeZone: shop.Zone.String(), From: f.From.Format(time.DateOnly), To: f.To.Format(time.DateOnly), Each: each, Rows: make([]ReportRow, len(rows))}
	for i := range rows {
		out.Rows[i] = ReportRow{Name: names[rows[i].ID], KPIStep: asKPIStep(&rows[i], f.Dim, f.Grain)}
	}
	return out, nil
}

// reportMeasures are the columns a report can have, in the order of its file.
var reportMeasures = []string{"orders", "kept", "gross", "net", "earned", "reversed", "gifts", "cost", "impressions", "clicks", "visits", "leads", "entries",
	"acquired", "repeats", "conversion_rate", "ctr", "roi", "rpm", "cpa", "repeat_rate"}

// measure is one figure of a row as text; "" where there is none.
func (r *ReportRow) measure(name string) string {
	c := &r.Counts
	switch name {
	case "gross":
		return c.Gross.Amount
	case "net":
		return c.NetSales.Amount
	case "earned":
		return c.Earned.Amount
	case "reversed":
		return c.Reversed.Amount
	case "gifts":
		return c.Gifts.Amount
	}
	for n, v := range map[string]int64{"orders": c.Orders, "kept": c.Kept, "impressions": c.Impressions, "clicks": c.Clicks, "visits": c.Visits, "leads": c.Leads,
		"entries": c.Entries, "acquired": c.Acquired, "repeats": c.Repeats} {
		if n == name {
			return strconv.FormatInt(v, 10)
		}
	}
	for _, k := range append(slices.Clone(r.Net), r.Repeat) {
		if k.Name == name && k.Value != nil {
			return *k.Value
		}
	}
	return ""
}

type exportReportIn struct {
	ReportIn
	Measures string `query:"measures" maxLength:"400" doc:"Names with commas between; absent: all"`
}

func (s *Server) exportReport(ctx context.Context, tx *store.Tx, in *exportReportIn) (sent, error) {
	columns := reportMeasures
	if in.Measures != "" {
		columns = strings.Split(in.Measures, ",")
		for _, c := range columns {
			if !slices.Contains(reportMeasures, c) {
				return sent{}, errs.New(errs.Invalid, "invalid_measures", "There is no such measure.", errs.Field{Path: "measures", Msg: "must be of " + strings.Join(reportMeasures, ", ")})
			}
		}
	}
	r, err := s.runReport(ctx, tx, &in.ReportIn)
	if err != nil {
		return sent{}, err
	}
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	head := []string{"from"}
	if r.Each {
		head = []string{"id", "name"}
	}
	_ = w.Write(append(append(head, "currency"), columns...)) // a buffer takes everything
	for i := range r.Rows {
		row := &r.Rows[i]
		line := []string{row.From}
		if r.Each {
			line = []string{row.KPIStep.ID, rail.Text(row.Name)}
		}
		line = append(line, row.Currency)
		for _, c := range columns {
			line = append(line, row.measure(c))
		}
		_ = w.Write(line)
	}
	w.Flush()
	return sent{contentType: contentCSV, name: fmt.Sprintf("report-%s-%s.csv", r.Dim, r.From), body: b.Bytes()}, nil
}

// SavedReport is what a report asks for, under a name.
type SavedReport struct {
	ID        string    `json:"id" example:"rep_3"`
	Name      string    `json:"name"`
	Query     string    `json:"query" doc:"Of the report's address" example:"dim=influencer&days=30&measures=net,earned"`
	Author    string    `json:"author,omitempty"`
	CreatedAt time.Time `json:"created_at"`
}

func asReport(r *store.SavedReport) SavedReport {
	return SavedReport{ID: formatID("rep", r.ID), Name: r.Name, Query: r.Query, Author: r.Author, CreatedAt: r.CreatedAt.UTC()}
}

func (s *Server) listReports(ctx context.Context, tx *store.Tx, _ *none) (List[SavedReport], error) {
	rs, err := tx.SavedReports(ctx)
	if err != nil {
		return List[SavedReport]{}, err
	}
	return listOf(rs, nil, asReport), nil
}

type saveReportIn struct {
	Body struct {
		Name  string `json:"name"`
		Query string `json:"query" doc:"Of the report's address" example:"dim=influencer&days=30"`
	}
}

func (s *Server) saveReport(ctx context.Context, tx *store.Tx, in *saveReportIn) (SavedReport, error) {
	var w errs.Wrong
	name, ok := oneLine(in.Body.Name, 100)
	w.When(!ok, "name", "must have 1 to 100 characters on one line")
	_, err := url.ParseQuery(in.Body.Query)
	w.When(err != nil || len(in.Body.Query) > 1000, "query", "must be the query of a report's address, of at most 1000 characters")
	if err := w.Err("invalid_report", "The report cannot be saved like this."); err != nil {
		return SavedReport{}, err
	}
	r := store.SavedReport{Name: name, Query: in.Body.Query, Author: authorOf(ctx, "")}
	added, err := tx.AddReport(ctx, &r)
	if err != nil {
		return SavedReport{}, err
	}
	if !added {
		return SavedReport{}, errs.New(errs.Conflict, "name_taken", "Another report has this name.", errs.Field{Path: "name", Msg: "is taken"})
	}
	return asReport(&r), nil
}

// Removed says that something is gone.
type Removed struct {
	ID string `json:"id"`
}

func (s *Server) removeReport(ctx context.Context, tx *store.Tx, in *IDIn) (Removed, error) {
	id, err := parseID("rep", in.ID)
	if err != nil {
		return Removed{}, err
	}
	return Removed{in.ID}, tx.DropReport(ctx, id)
}

// oneLine trims a name and tells whether it is one: not empty, short enough,
// nothing in it that cannot be seen.
func oneLine(s string, most int) (string, bool) {
	s = strings.TrimSpace(s)
	return s, s != "" && utf8.ValidString(s) && utf8.RuneCountInString(s) <= most && !strings.ContainsFunc(s, unicode.IsControl)
}
