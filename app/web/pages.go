package web

import (
	"bytes"
	"context"
	"embed"
	"encoding/json"
	"fmt"
	"html/template"
	"maps"
	"math"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/labstack/echo/v4"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"tributary/internal/errs"
)

//go:embed pages
var pageFiles embed.FS

var pageTemplates = template.Must(template.ParseFS(pageFiles, "pages/*.html"))

func page(c echo.Context, status int, name string, data any) error {
	var b bytes.Buffer
	if err := pageTemplates.ExecuteTemplate(&b, name, data); err != nil {
		return fmt.Errorf("page %s: %w", name, err)
	}
	return c.HTMLBlob(status, b.Bytes())
}

// asset answers with one of the files that the pages are made of.
func asset(name, contentType string) echo.HandlerFunc {
	return func(c echo.Context) error {
		b, err := pageFiles.ReadFile("pages/" + name)
		if err != nil {
			return err
		}
		c.Response().Header().Set("Cache-Control", "public, max-age=3600")
		return c.Blob(http.StatusOK, contentType, b)
	}
}

// check is one thing the server needs, and whether it answers.
type check struct {
	Name   string  `json:"name"`
	OK     bool    `json:"ok"`
	Error  string  `json:"error,omitempty"`
	TookMS float64 `json:"-"`
}

const checkTimeout = 2 * time.Second

// checks asks everything the server needs. Errors are named, not quoted: they
// may hold addresses; the log has them.
func (s *Server) checks(ctx context.Context) ([]check, error) {
	list := []struct {
		name, complaint string
		do              func(context.Context) error
	}{
		{"database", "does not answer", s.DB.Ping},
		{"schema", "is behind this program: run `tributary migrate`", s.DB.CheckSchema},
		{"redis", "does not answer", s.Redis},
	}
	var out []check
	var failed error
	for _, k := range list {
		if k.do == nil {
			continue
		}
		ctx, cancel := context.WithTimeout(ctx, checkTimeout)
		err := k.do(ctx)
		cancel()
		c := check{Name: k.name, OK: err == nil}
		if err != nil {
			c.Error = k.complaint
			failed = fmt.Errorf("%s: %w", k.name, err)
		}
		out = append(out, c)
	}
	return out, failed
}

// healthz says that the process lives.
func (s *Server) healthz(c echo.Context) error {
	c.Response().Header().Set("Cache-Control", "no-store")
	return c.JSON(http.StatusOK, map[string]string{"status": "ok", "version": s.Version})
}

// readyz says whether the process can do its work: 503 takes it out of a load
// balancer. Redis only wakes workers up, so losing it does not.
func (s *Server) readyz(c echo.Context) error {
	checks, err := s.checks(c.Request().Context())
	c.Response().Header().Set("Cache-Control", "no-store")
	code, word := http.StatusOK, "ready"
	for _, k := range checks {
		if k.OK {
			continue
		}
		if k.Name == "redis" {
			if code == http.StatusOK {
				word = "degraded"
			}
			continue
		}
		code, word = http.StatusServiceUnavailable, "not ready"
	}
	if err != nil {
		visitFrom(c.Request().Context()).err = fmt.Errorf("%w: %w", errs.New(errs.Unavailable, "not_ready", word), err)
	}
	return c.JSON(code, map[string]any{"status": word, "checks": checks})
}

// metrics answers with what the process has counted and what waits in the
// database now.
func (s *Server) metrics() echo.HandlerFunc {
	counted := echo.WrapHandler(promhttp.HandlerFor(s.Metrics.Registry, promhttp.HandlerOpts{}))
	return func(c echo.Context) error {
		ctx, cancel := context.WithTimeout(c.Request().Context(), checkTimeout)
		defer cancel()
		b, err := s.DB.Backlog(ctx)
		waiting, oldest, parked := float64(b.Waiting), b.Oldest.Seconds(), float64(b.Parked)
		if err != nil { // not known is not none
			s.Log.WarnContext(ctx, "metrics: what waits is not known", "error", err)
			waiting, oldest, parked = math.NaN(), math.NaN(), math.NaN()
		}
		s.Metrics.Unprocessed.Set(waiting)
		s.Metrics.OldestSecs.Set(oldest)
		s.Metrics.Parked.Set(parked)
		return counted(c)
	}
}

// shown says what a check is to people.
var shown = map[string]struct{ Title, Good, For string }{
	"database": {"PostgreSQL", "answers", "holds the truth"},
	"schema":   {"Schema", "up to date", "of the database, for this version"},
	"redis":    {"Redis", "answers", "wakes workers up; without it work is late, not lost"},
}

// index is what a person finds at the root.
func (s *Server) index(c echo.Context) error {
	checks, failed := s.checks(c.Request().Context())
	type line struct {
		check
		Title, Good, For string
	}
	var lines []line
	for _, k := range checks {
		lines = append(lines, line{k, shown[k.Name].Title, shown[k.Name].Good, shown[k.Name].For})
	}
	base := s.PublicURL
	if base == "" {
		base = "http://" + c.Request().Host
	}
	c.Response().Header().Set("Cache-Control", "no-store")
	return page(c, http.StatusOK, "index.html", map[string]any{"Version": s.Version, "Checks": lines, "Failed": failed != nil, "Base": base, "MetricsOpen": s.OperatorToken == ""})
}

// docs lists the operations of the API document, without a script.
func (s *Server) docs(c echo.Context) error {
	doc := s.api.OpenAPI()
	byTag := map[string][]shownOperation{}
	for _, path := range slices.Sorted(maps.Keys(doc.Paths)) {
		item := doc.Paths[path]
		for _, op := range []*huma.Operation{item.Get, item.Post, item.Patch, item.Put, item.Delete} {
			if op != nil {
				byTag[op.Tags[0]] = append(byTag[op.Tags[0]], showOperation(doc, op))
			}
		}
	}
	type group struct {
		Name       string
		Operations []shownOperation
	}
	var groups []group
	for _, tag := range slices.Sorted(maps.Keys(byTag)) {
		groups = append(groups, group{tag, byTag[tag]})
	}
	return page(c, http.StatusOK, "docs.html", map[string]any{"Info": doc.Info, "Groups": groups, "Version": s.Version})
}

type shownOperation struct {
	ID, Method, Path, Summary, Description, Scope string
	Parameters, Body, Answer                      shownFields
	Status                                        string
}

type shownFields struct {
	Label  string
	Fields []shownField
}

type shownField struct {
	Name, Type, Doc, In string
	Required            bool
}

func showOperation(doc *huma.OpenAPI, op *huma.Operation) shownOperation {
	of := op.Method + " " + op.Path
	out := shownOperation{ID: op.OperationID, Method: op.Method, Path: op.Path, Summary: op.Summary, Description: op.Description,
		Parameters: shownFields{Label: "Parameters of " + of}, Body: shownFields{Label: "Body of " + of}, Answer: shownFields{Label: "Answer of " + of}}
	out.Scope, _ = op.Extensions["x-scope"].(string)
	for _, p := range op.Parameters {
		out.Parameters.Fields = append(out.Parameters.Fields, shownField{Name: p.Name, In: p.In, Type: typeOf(p.Schema), Doc: p.Description, Required: p.Required})
	}
	if op.RequestBody != nil {
		out.Body.Fields = fieldsOf(doc, op.RequestBody.Content)
	}
	for _, status := range slices.Sorted(maps.Keys(op.Responses)) {
		if strings.HasPrefix(status, "2") {
			out.Status, out.Answer.Fields = status, fieldsOf(doc, op.Responses[status].Content)
		}
	}
	return out
}

func fieldsOf(doc *huma.OpenAPI, content map[string]*huma.MediaType) []shownField {
	m := content["application/json"]
	if m == nil || m.Schema == nil {
		return nil
	}
	schema := m.Schema
	if schema.Ref != "" {
		schema = doc.Components.Schemas.SchemaFromRef(schema.Ref)
	}
	var out []shownField
	for _, name := range slices.Sorted(maps.Keys(schema.Properties)) {
		p := schema.Properties[name]
		out = append(out, shownField{Name: name, Type: typeOf(p), Doc: p.Description, Required: slices.Contains(schema.Required, name)})
	}
	return out
}

func typeOf(s *huma.Schema) string {
	switch {
	case s == nil:
		return ""
	case s.Ref != "":
		return s.Ref[strings.LastIndexByte(s.Ref, '/')+1:]
	case s.Type == huma.TypeArray:
		return "list of " + typeOf(s.Items)
	case len(s.Enum) > 0:
		words := make([]string, len(s.Enum))
		for i, e := range s.Enum {
			b, _ := json.Marshal(e) // a schema's own value
			words[i] = strings.Trim(string(b), `"`)
		}
		return strings.Join(words, " | ")
	case s.Format != "":
		return s.Type + " (" + s.Format + ")"
	}
	return s.Type
}
