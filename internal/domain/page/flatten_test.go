package page_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/osteele/liquid"
	"golang.org/x/net/html"

	"tributary/internal/domain/page"
)

var engine = liquid.NewEngine()

// dead checks that neither Liquid nor HTML nor a shortcode lives in what a theme
// would be given.
func dead(t *testing.T, f page.Flattened) {
	t.Helper()
	b, err := json.Marshal(f)
	if err != nil {
		t.Fatal(err)
	}
	var texts []string
	eachText(reflect.ValueOf(f), func(s string) { texts = append(texts, s) })
	for _, s := range append(texts, string(b)) {
		out, err := engine.ParseAndRenderString(s, liquid.Bindings{"shop": "live", "x": "live"})
		if err != nil || out != s {
			t.Fatalf("Liquid lives in %q: %q %v", s, out, err)
		}
	}
	for _, s := range texts {
		for z := html.NewTokenizer(strings.NewReader("<p title=\"" + s + "\">" + s + "</p>")); ; {
			kind := z.Next()
			if kind == html.ErrorToken {
				break
			}
			tok := z.Token()
			if kind == html.TextToken || (tok.Data == "p" && len(tok.Attr) <= 1) {
				continue
			}
			t.Fatalf("HTML lives in %q: %v", s, tok)
		}
		if strings.ContainsAny(s, "[]{}<>\"'`") {
			t.Fatalf("something is left in %q", s)
		}
	}
}

func eachText(v reflect.Value, f func(string)) {
	switch v.Kind() {
	case reflect.String:
		f(v.String())
	case reflect.Struct:
		for i := range v.NumField() {
			eachText(v.Field(i), f)
		}
	case reflect.Slice:
		for i := range v.Len() {
			eachText(v.Index(i), f)
		}
	}
}

var attacks = []string{
	"{{ shop }}", "{% raw %}", "{%- assign a = 1 -%}", "{{'a'|upcase}}", "{", "{{", "}}{{", "<script>alert(1)</script>", `"><img src=x onerror=alert(1)>`,
	"</script><script>", "'-alert(1)-'", "[gallery]", "[/x]", "&lbrace;&lbrace; x }}", "<!--", "]]>", "`${1}`", "{\n{ x }}", "\u007b{", "&#123;{",
}

// everywhere is a document with s in each of its texts.
func everywhere(s string) map[string]any {
	image := map[string]any{"url": "https://shop.example.com/i.png", "alt": s}
	return map[string]any{"title": s, "description": s, "image": image, "sections": []any{
		map[string]any{"type": "hero", "heading": s, "text": s, "image": image, "button": s, "link": "https://shop.example.com/?a=1&b=2"},
		map[string]any{"type": "words", "heading": s, "text": s, "by": s},
		map[string]any{"type": "products", "heading": s, "text": s, "button": s, "products": []any{map[string]any{"title": s, "price": s, "was": s, "image": image, "link": "https://shop.example.com/p"}}},
		map[string]any{"type": "banner", "heading": s, "text": s, "code": "CODE"},
		map[string]any{"type": "countdown", "heading": s, "text": s, "ends": "2026-12-01T00:00:00Z", "ended": s},
		map[string]any{"type": "reviews", "heading": s, "reviews": []any{map[string]any{"author": s, "text": s, "stars": 3}}},
		map[string]any{"type": "faq", "heading": s, "questions": []any{map[string]any{"question": s, "answer": s}}},
		map[string]any{"type": "lead_form", "heading": s, "form": "k2jd8s7q", "button": s},
		map[string]any{"type": "disclosure", "text": s},
	}}
}

func FuzzNothingLivesInTheDataOfThemes(f *testing.F) {
	for _, s := range attacks {
		f.Add(s, "CODE")
		f.Add("x", s)
	}
	f.Fuzz(func(t *testing.T, s, code string) {
		doc := everywhere(s)
		doc["sections"].([]any)[3].(map[string]any)["code"] = code
		b, err := json.Marshal(doc)
		if err != nil {
			t.Skip()
		}
		d, err := page.Parse(b, hosts)
		if err != nil {
			return // refused: nothing to show
		}
		dead(t, d.Flatten(s, func(place string) string { return "https://pages.example.com/p/x/y/go/" + place + "?v=a1" }))
	})
}

// Every attack is a text that people may write, so none may be refused.
func TestAttacksAreShownAsTheTextTheyAre(t *testing.T) {
	t.Parallel()
	for _, s := range attacks {
		one := strings.ReplaceAll(s, "\n", " ") // most fields have one line
		b, err := json.Marshal(everywhere(one))
		if err != nil {
			t.Fatal(err)
		}
		d, err := page.Parse(b, hosts)
		if err != nil {
			t.Errorf("%q: %v", one, err)
			continue
		}
		flat := d.Flatten("paid", func(place string) string { return "/go/" + place })
		dead(t, flat)
		if got := html.UnescapeString(flat.Title); got != one {
			t.Errorf("%q became %q", one, got)
		}
	}
}
