package web_test

import (
	"strings"
	"testing"
	"time"
)

func TestADraftKeepsItsMistakesAndIsLookedAtOnceItHasNone(t *testing.T) {
	t.Parallel()
	w := newWorld(t, withPages(t))
	p := w.a.page(w.a.agreed("anna"), "anna-autumn", simple("Hello"))
	at, address := "/pages/"+p.str("id"), path(t, p.str("url"))
	w.a.get(at+"/draft").problem(404, "no_draft")

	half := m{"title": "Half", "sections": []m{{"type": "hero", "heading": "Half", "button": "Go"}, {"type": "countdown", "ends": "tomorrow"}}}
	d := w.a.post(at+"/draft", m{"document": half}).is(200)
	if got := d.fields0("problems"); got != "document.sections[0].link document.sections[1].ends" || d.str("preview") != "" {
		t.Fatalf("%v", d)
	}
	if kept := w.a.get(at + "/draft").is(200); kept.obj("document").list("sections")[1].str("ends") != "tomorrow" {
		t.Errorf("%v", kept)
	}
	// What an editor shows, it can be shown in: text stays text.
	evil := `<script>alert(1)</script>{{.}}`
	d = w.a.post(at+"/draft", m{"document": simple(evil)}).is(200)
	preview := path(t, d.str("preview"))
	r := w.visit(preview)
	if r.status != 200 || strings.Contains(string(r.body), evil) || !strings.Contains(string(r.body), "&lt;script&gt;alert(1)&lt;/script&gt;{{.}}") {
		t.Fatalf("%d %s", r.status, r.body)
	}
	if c := r.header.Get("Content-Security-Policy"); !strings.Contains(c, "frame-ancestors 'self'") || !strings.Contains(c, "script-src 'none'") || r.header.Get("X-Frame-Options") != "" {
		t.Errorf("%s, %q", c, r.header.Get("X-Frame-Options"))
	}
	w.visit(address).problem(404, "not_found") // nothing is published by it
	if live := w.a.get(at).is(200); live["versions"] != 1.0 || live.str("draft_saved_at") == "" {
		t.Errorf("%v", live)
	}

	w.a.post(at+"/versions", m{"document": simple("Hello again")}).is(201)
	w.a.get(at+"/draft").problem(404, "no_draft") // it is a version now
	w.visit(preview).problem(404, "preview_over")
	if p := w.a.get(at).is(200); p["draft_saved_at"] != nil {
		t.Errorf("%v", p)
	}
	w.a.post(at+"/draft", m{"document": half}).is(200)
	w.a.post(at+"/draft/discard", m{}).is(200)
	w.a.get(at+"/draft").problem(404, "no_draft")

	w.b.get(at+"/draft").problem(404, "not_found")
	w.b.post(at+"/draft", m{"document": half}).problem(404, "not_found")
	w.call(w.a.read, "POST", "/api/v1"+at+"/draft", m{"document": half}).problem(403, "scope_missing")
}

func TestAPreviewInAFrameRunsNoScript(t *testing.T) {
	t.Parallel()
	w := newWorld(t, withPages(t))
	p := w.a.page(w.a.agreed("anna"), "anna", simple("Hello"))
	doc := simple("Soon")
	doc["sections"] = append(doc["sections"].([]m), m{"type": "countdown", "ends": w.clock.now().Add(time.Hour).Format(time.RFC3339)})
	d := w.a.post("/pages/"+p.str("id")+"/draft", m{"document": doc}).is(200)
	preview := path(t, d.str("preview"))
	if r := w.visit(preview); !strings.Contains(string(r.body), "countdown.") {
		t.Errorf("a preview of its own counts down: %s", r.body)
	}
	r := w.visit(preview + "&still=1")
	if strings.Contains(string(r.body), "countdown.") || !strings.Contains(string(r.body), `id="s2"`) {
		t.Errorf("%s", r.body)
	}
	css := string(r.body)
	css = css[strings.Index(css, "/assets/page/page."):]
	if a := w.visit(css[:strings.IndexByte(css, '"')]); a.status != 200 || a.header.Get("Cross-Origin-Resource-Policy") != "cross-origin" {
		t.Errorf("%d %v", a.status, a.header)
	}
}

// fields0 lists the fields of a list of problems.
func (o m) fields0(key string) string {
	var out []string
	for _, f := range o.list(key) {
		out = append(out, f.str("field"))
	}
	return strings.Join(out, " ")
}
