package landing_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/osteele/liquid"
	"golang.org/x/net/html"

	"tributary/internal/domain/page"
	"tributary/internal/landing"
)

// shape is the markup without its texts.
func shape(t *testing.T, markup string) string {
	t.Helper()
	var b strings.Builder
	z := html.NewTokenizer(strings.NewReader(markup))
	for {
		switch z.Next() {
		case html.ErrorToken:
			return b.String()
		case html.TextToken, html.CommentToken:
		default:
			tok := z.Token()
			b.WriteString("<" + tok.Data)
			for _, a := range tok.Attr {
				b.WriteString(" " + a.Key)
			}
			b.WriteString(">")
		}
	}
}

// FuzzNothingComesToLifeInATheme puts a text everywhere in a page: neither
// Liquid nor HTML may change what the page is.
func FuzzNothingComesToLifeInATheme(f *testing.F) {
	for _, s := range []string{"plain", "{{ shop.name }}", "{% layout none %}", "{%- assign x = 1 -%}{{x}}", "{{", "}}", "{", "<script>alert(1)</script>", `"><img src=x onerror=alert(1)>`, "</div></main>",
		"<!--", "]]>", "&#123;{", "&lbrace;&lbrace; x }}", "\u007b\u007b x }}", "{\u200b{ x }}", "{% raw %}", "'\"`=", "a\n\nb{{\n}}"} {
		f.Add(s)
	}
	engine := liquid.NewEngine()
	make := func(t *testing.T, s string) (string, bool) {
		doc, err := json.Marshal(map[string]any{"title": s, "sections": []any{
			map[string]any{"type": "hero", "heading": s, "button": s, "link": "https://a.example/?x=1"},
			map[string]any{"type": "words", "heading": s, "by": s, "text": s},
			map[string]any{"type": "products", "heading": s, "button": s, "products": []any{map[string]any{"title": s, "price": s, "link": "https://a.example/p", "image": map[string]any{"url": "https://a.example/i.png", "alt": s}}}},
			map[string]any{"type": "banner", "code": "X", "heading": s}, map[string]any{"type": "countdown", "ends": "2030-01-01T00:00:00Z", "heading": s, "ended": s},
			map[string]any{"type": "reviews", "reviews": []any{map[string]any{"author": s, "text": s, "stars": 3}}},
			map[string]any{"type": "faq", "questions": []any{map[string]any{"question": s, "answer": s}}},
			map[string]any{"type": "lead_form", "form": "abcd", "heading": s, "button": s}, map[string]any{"type": "disclosure", "text": s},
		}})
		if err != nil {
			t.Fatal(err)
		}
		d, err := page.Parse(doc, page.Hosts{"a.example": false})
		if err != nil {
			return "", false // no such text may be in a page
		}
		out, err := landing.RenderLiquid(d, &landing.Scene{Prefix: "https://t.example", Path: "/p/x/y", Variant: "a", Version: 1, Influencer: s}, time.Unix(1_800_000_000, 0))
		if err != nil {
			t.Fatal(err)
		}
		return string(out), true
	}
	f.Fuzz(func(t *testing.T, s string) {
		out, ok := make(t, s)
		if !ok {
			return
		}
		if strings.ContainsAny(out, "{}") {
			t.Fatalf("a brace is left in %q", out)
		}
		rendered, err := engine.ParseAndRenderString(out, liquid.Bindings{"shop": map[string]any{"name": "live"}})
		if err != nil || rendered != out {
			t.Fatalf("Liquid lives: %v in %q", err, out)
		}
		// Line breaks and whether a text is empty change the markup; what is in it may not.
		if strings.ContainsAny(s, "\n\r\u0085\u2028\u2029\v\f") {
			return
		}
		plain, _ := make(t, "plain")
		if strings.TrimSpace(s) != "" && shape(t, out) != shape(t, plain) {
			t.Fatalf("%q makes of the page\n%s\nnot\n%s", s, shape(t, out), shape(t, plain))
		}
	})
}
