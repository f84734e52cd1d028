package sandbox

import (
	"encoding/json"
	"fmt"
	"html"
	"io/fs"
	"net/http"
	"regexp"
	"strings"
	"sync"

	"github.com/osteele/liquid"
	"github.com/osteele/liquid/render"

	"tributary/extensions"
)

// theme renders Liquid as the store's theme does: the blocks of the app's theme
// extension, and what its proxy answers.
type theme struct {
	engine   *liquid.Engine
	files    fs.FS
	strings  map[string]string // of the extension's locale
	snippets sync.Map          // name → *liquid.Template
}

var (
	schemaBlock = regexp.MustCompile(`(?s){%-? *schema.*`)
	namedArg    = regexp.MustCompile(`\| *t: *([a-z]+): *([a-z_.]+)`)
	renderTag   = regexp.MustCompile(`^'([a-z-]+)'(.*)$`)
	renderArg   = regexp.MustCompile(`, *([a-z_]+): *([^,]+)`)
	layoutNone  = regexp.MustCompile(`^\s*{%-? *layout +none *-?%}`)
	entity      = regexp.MustCompile(`&amp;(#[0-9]{1,7}|#x[0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,31});`)
	notHandle   = regexp.MustCompile(`[^a-z0-9]+`)
)

var newTheme = sync.OnceValue(func() *theme {
	sub, err := fs.Sub(extensions.Pages, "tributary-pages")
	if err != nil {
		panic(err)
	}
	t := &theme{engine: liquid.NewEngine(), files: sub, strings: map[string]string{}}
	b, err := fs.ReadFile(sub, "locales/en.default.json")
	var tree map[string]map[string]string
	if err == nil {
		err = json.Unmarshal(b, &tree)
	}
	if err != nil {
		panic(err)
	}
	for group, words := range tree {
		for k, v := range words {
			t.strings[group+"."+k] = v
		}
	}
	e := t.engine
	e.RegisterFilter("escape_once", func(v any) string { return entity.ReplaceAllString(html.EscapeString(text(v)), "&$1;") })
	e.RegisterFilter("escape", func(v any) string { return html.EscapeString(text(v)) })
	e.RegisterFilter("newline_to_br", func(v any) string { return strings.ReplaceAll(text(v), "\n", "<br />\n") })
	e.RegisterFilter("handle", func(v any) string {
		return strings.Trim(notHandle.ReplaceAllString(strings.ToLower(text(v)), "-"), "-")
	})
	e.RegisterFilter("json", func(v any) (string, error) { b, err := json.Marshal(v); return string(b), err })
	e.RegisterFilter("t", t.translate)
	e.RegisterTag("render", t.render)
	return t
})

func text(v any) string {
	if v == nil {
		return ""
	}
	return fmt.Sprint(v)
}

func (t *theme) translate(key string, name func(string) string, value func(any) any) (string, error) {
	s, ok := t.strings[key]
	if !ok {
		return "", fmt.Errorf("there is no text %q", key)
	}
	if n := name(""); n != "" {
		s = strings.ReplaceAll(s, "{{ "+n+" }}", html.EscapeString(text(value(nil))))
	}
	return s, nil
}

// source is a Liquid file without what this engine has no words for.
func (t *theme) source(name string) (string, error) {
	b, err := fs.ReadFile(t.files, name)
	if err != nil {
		return "", err
	}
	return namedArg.ReplaceAllString(schemaBlock.ReplaceAllString(string(b), ""), `| t: "$1", $2`), nil
}

func (t *theme) parsed(name string) (*liquid.Template, error) {
	if had, ok := t.snippets.Load(name); ok {
		return had.(*liquid.Template), nil
	}
	src, err := t.source(name)
	if err != nil {
		return nil, err
	}
	parsed, serr := t.engine.ParseString(src)
	if serr != nil {
		return nil, fmt.Errorf("%s: %w", name, serr)
	}
	t.snippets.Store(name, parsed)
	return parsed, nil
}

// render is the tag: a snippet sees what it is given and nothing else.
func (t *theme) render(c render.Context) (string, error) {
	m := renderTag.FindStringSubmatch(strings.TrimSpace(c.TagArgs()))
	if m == nil {
		return "", fmt.Errorf("render %s: no snippet", c.TagArgs())
	}
	given := map[string]any{}
	for _, a := range renderArg.FindAllStringSubmatch(m[2], -1) {
		v, err := c.EvaluateString(strings.TrimSpace(a[2]))
		if err != nil {
			return "", err
		}
		given[a[1]] = v
	}
	return t.show("snippets/"+m[1]+".liquid", given)
}

func (t *theme) show(name string, given map[string]any) (string, error) {
	parsed, err := t.parsed(name)
	if err != nil {
		return "", err
	}
	out, serr := parsed.RenderString(given)
	if serr != nil {
		return "", fmt.Errorf("%s: %w", name, serr)
	}
	return out, nil
}

// liquid is the entry as Liquid sees it: metaobject.key.value.
func (e *entry) liquid(kinds map[string]string) (map[string]any, error) {
	m := map[string]any{"system": map[string]any{"handle": e.handle}}
	for k, v := range e.values {
		var value any = v
		if v == "" {
			value = nil
		}
		if kinds[k] == "json" {
			dec := json.NewDecoder(strings.NewReader(v))
			dec.UseNumber()
			if err := dec.Decode(&value); err != nil {
				return nil, err
			}
			value = numbers(value)
		}
		m[k] = map[string]any{"value": value}
	}
	return m, nil
}

// numbers makes whole numbers of JSON whole numbers of Liquid.
func numbers(v any) any {
	switch v := v.(type) {
	case json.Number:
		if n, err := v.Int64(); err == nil {
			return int(n)
		}
		return v.String()
	case []any:
		for i := range v {
			v[i] = numbers(v[i])
		}
	case map[string]any:
		for k := range v {
			v[k] = numbers(v[k])
		}
	}
	return v
}

// entryPage is the metaobject template of the store's theme with the app's
// block for whole pages in it, and the app's embed switched on.
func (h *shopifySide) entryPage(rw http.ResponseWriter, r *http.Request) {
	folder, handle := r.PathValue("folder"), r.PathValue("handle")
	s := h.s
	s.mu.Lock()
	var e *entry
	var t *entryType
	to := ""
	for _, one := range h.types {
		if one.folder == folder && folder != "" {
			t, e, to = one, one.entries[handle], one.redirects[handle]
		}
	}
	var title, about string
	var values map[string]any
	var err error
	if e != nil && e.active {
		title, about = e.values[t.titleKey], e.values[t.descriptions]
		values, err = e.liquid(t.fields)
	}
	s.mu.Unlock()
	switch {
	case to != "":
		http.Redirect(rw, r, "/pages/"+folder+"/"+to, http.StatusMovedPermanently)
		return
	case values == nil && err == nil:
		http.NotFound(rw, r)
		return
	}
	var body string
	if err == nil {
		body, err = h.block(r, r.URL.Query().Get("block"), values)
	}
	if err != nil {
		http.Error(rw, "Liquid error: "+err.Error(), http.StatusInternalServerError)
		return
	}
	h.layout(rw, title, about, body)
}

var blockName = regexp.MustCompile(`^[a-z-]{1,30}$`)

// block renders a block of the extension; "" is the one for whole pages.
func (h *shopifySide) block(_ *http.Request, name string, entry map[string]any) (string, error) {
	if !blockName.MatchString(name) {
		name = "page"
	}
	return newTheme().show("blocks/"+name+".liquid", map[string]any{
		"metaobject": entry, "block": map[string]any{"settings": map[string]any{"page": nil, "number": 0}, "shopify_attributes": ""},
		"request": map[string]any{"design_mode": false},
	})
}

// layout is the theme around a page, with the app's embed in it.
func (h *shopifySide) layout(rw http.ResponseWriter, title, about, body string) {
	embed, err := newTheme().show("blocks/visits.liquid", map[string]any{
		"block": map[string]any{"settings": map[string]any{"views": true}}, "request": map[string]any{"design_mode": false}, "routes": map[string]any{"root_url": "/"},
	})
	if err != nil {
		http.Error(rw, "Liquid error: "+err.Error(), http.StatusInternalServerError)
		return
	}
	storefrontPage(rw, shopPage{Store: h.s.opt.Name, Title: title, About: about, Body: body + embed, Consent: true,
		Styles: []string{"/extension/tributary-pages.css"}, Scripts: []string{"/extension/tributary-countdown.js", "/extension/tributary-visits.js"}})
}

// extensionAsset is a file of the extension on the store's CDN.
func (h *shopifySide) extensionAsset(rw http.ResponseWriter, r *http.Request) {
	name := r.PathValue("name")
	if b, err := fs.ReadFile(newTheme().files, "assets/"+name); err == nil && fs.ValidPath(name) {
		rw.Header().Set("Content-Type", map[bool]string{true: "text/css; charset=utf-8", false: "text/javascript; charset=utf-8"}[strings.HasSuffix(name, ".css")])
		_, _ = rw.Write(b)
		return
	}
	http.NotFound(rw, r)
}
