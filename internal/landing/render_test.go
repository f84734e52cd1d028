package landing

import (
	"encoding/json"
	"math"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"tributary/internal/domain/page"
)

var (
	hosts = page.Hosts{"shop.example.com": false}
	scene = Scene{BaseURL: "https://pages.example.com", Path: "/p/abcdefghij/anna", Variant: "a", Version: 3, Shop: "Maple & Iron", Influencer: "Anna Almeida", Zone: time.UTC}
	when  = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
)

func document(t testing.TB) *page.Document {
	t.Helper()
	b, err := os.ReadFile("testdata/page.json")
	if err != nil {
		t.Fatal(err)
	}
	d, err := page.Parse(b, hosts)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func rendered(t testing.TB, d *page.Document, s Scene, at time.Time) *Rendered {
	t.Helper()
	r, err := Render(d, &s, at)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestAPageIsSmallOnTheWire(t *testing.T) {
	t.Parallel()
	n := len(rendered(t, document(t), scene, when).Gzip)
	for _, a := range Assets {
		n += len(a.Gzip)
	}
	if n > 30_000 {
		t.Errorf("%d bytes with styles and script", n)
	}
}

func TestACountdownIsToldInWordsAndRenderedAnewWhenTheyChange(t *testing.T) {
	t.Parallel()
	d := document(t)
	end := time.Date(2026, 12, 2, 4, 59, 59, 0, time.UTC)
	for _, c := range []struct {
		before time.Duration
		says   string
	}{
		{7*24*time.Hour + 2*time.Hour + 5*time.Minute, ">7 days 2 hours<"},
		{25 * time.Hour, ">1 day 1 hour<"},
		{24 * time.Hour, ">1 day<"},
		{61*time.Minute + 20*time.Second, ">1 hour 1 minute<"},
		{2 * time.Minute, ">2 minutes<"},
		{59 * time.Second, ">Less than a minute left<"},
		{0, ">This offer has ended.<"},
		{-time.Hour, ">This offer has ended.<"},
	} {
		at := end.Add(-c.before)
		r := rendered(t, d, scene, at)
		if !strings.Contains(string(r.Body), c.says) {
			t.Errorf("%v before: no %q", c.before, c.says)
		}
		if c.before <= 0 {
			if !r.StaleAt.IsZero() || strings.Contains(string(r.Body), "data-until") {
				t.Errorf("%v before: stale at %v", c.before, r.StaleAt)
			}
			continue
		}
		if wait := r.StaleAt.Sub(at); wait <= 0 || wait > time.Minute+1 {
			t.Errorf("%v before: stale in %v", c.before, wait)
		}
		last := rendered(t, d, scene, r.StaleAt.Add(-1))
		if string(last.Body) != string(r.Body) && c.before != 24*time.Hour {
			t.Errorf("%v before: says something else before it is stale", c.before)
		}
	}
}

func TestThePageDisclosesWhetherTheDocumentDoesOrNot(t *testing.T) {
	t.Parallel()
	b := string(rendered(t, document(t), scene, when).Body)
	if i, k := strings.Index(b, "Anna Almeida is paid when you buy through this page."), strings.Index(b, "<a "); i < 0 || i > k {
		t.Errorf("disclosure at %d, first link at %d", i, k)
	}
	d, err := page.Parse([]byte(`{"title":"T","lang":"de","sections":[{"type":"hero","heading":"H"},{"type":"disclosure","text":"Bezahlte Partnerschaft."}]}`), hosts)
	if err != nil {
		t.Fatal(err)
	}
	b = string(rendered(t, d, scene, when).Body)
	if strings.Count(b, "Bezahlte Partnerschaft.") != 1 || !strings.Contains(b, "<b>Anzeige</b>") || strings.Contains(b, "wird bezahlt") {
		t.Error(b)
	}
}

const payload = `</script><img src=x onerror=alert(1)>"'{{.}}<svg/onload=alert(2)>&lt;`

// Every text is an attack; what comes out must be the page's own elements, and
// the attack the text it is.
func TestAttacksInEveryTextStayText(t *testing.T) {
	t.Parallel()
	img := map[string]any{"url": "https://shop.example.com/i.png", "alt": payload}
	doc := map[string]any{"title": payload, "description": payload, "image": img, "sections": []any{
		map[string]any{"type": "hero", "heading": payload, "text": payload, "image": img, "button": "</a><b onclick=x>", "link": "https://shop.example.com/?a=%22%3E%3Cscript%3E&b=1"},
		map[string]any{"type": "words", "heading": payload, "text": payload + "\n\n" + payload + "\n" + payload, "by": payload, "video": "https://vimeo.com/76979871", "image": img},
		map[string]any{"type": "products", "heading": payload, "text": payload, "button": "<i>", "products": []any{map[string]any{"title": payload, "price": `<s onmouseover="x">`, "was": "<script>", "image": img, "link": "https://shop.example.com/p"}}},
		map[string]any{"type": "banner", "heading": payload, "text": payload, "code": `<script>alert(1)<!--`, "percent": 10},
		map[string]any{"type": "countdown", "heading": payload, "text": payload, "ends": "2026-12-01T00:00:00Z", "ended": payload},
		map[string]any{"type": "reviews", "heading": payload, "reviews": []any{map[string]any{"author": payload, "text": payload, "stars": 3}}},
		map[string]any{"type": "faq", "heading": payload, "questions": []any{map[string]any{"question": payload, "answer": payload}}},
		map[string]any{"type": "lead_form", "heading": payload, "form": "k2jd8s7q", "button": "<b>"},
		map[string]any{"type": "disclosure", "text": payload},
	}}
	b, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	d, err := page.Parse(b, hosts)
	if err != nil {
		t.Fatal(err)
	}
	s := scene
	s.Shop, s.Influencer, s.Preview = payload, payload, true
	root, err := html.Parse(strings.NewReader(string(rendered(t, d, s, when).Body)))
	if err != nil {
		t.Fatal(err)
	}
	scripts, shown := 0, 0
	for n := range root.Descendants() {
		if n.Type == html.TextNode {
			shown += strings.Count(n.Data, payload)
			continue
		}
		if n.Type != html.ElementNode {
			continue
		}
		switch n.Data {
		case "svg", "style", "iframe", "form", "i", "object", "embed", "base":
			t.Errorf("there is a <%s>", n.Data)
		case "script":
			scripts++
			checkScript(t, n)
		case "img":
			if src := attr(n, "src"); src != "https://shop.example.com/i.png" {
				t.Errorf("an image of %q", src)
			}
		case "a":
			if href := attr(n, "href"); !strings.HasPrefix(href, "/p/abcdefghij/anna/go/") && href != "https://player.vimeo.com/video/76979871?dnt=1" {
				t.Errorf("a link to %q", href)
			}
		}
		for _, a := range n.Attr {
			if strings.HasPrefix(a.Key, "on") || a.Key == "style" || a.Key == "srcdoc" {
				t.Errorf("<%s %s>", n.Data, a.Key)
			}
		}
	}
	if scripts != 2 || shown < 20 {
		t.Errorf("%d scripts, the attack is shown %d times", scripts, shown)
	}
}

func checkScript(t *testing.T, n *html.Node) {
	if src := attr(n, "src"); src != "" {
		if src != assetPath(jsName) {
			t.Errorf("a script of %q", src)
		}
		return
	}
	var data map[string]any
	if attr(n, "type") != "application/ld+json" || n.FirstChild == nil || json.Unmarshal([]byte(n.FirstChild.Data), &data) != nil {
		t.Errorf("a script that is no data: %v", n.Attr)
		return
	}
	web := data["@graph"].([]any)[0].(map[string]any)
	if web["description"] != payload || web["author"].(map[string]any)["name"] != payload {
		t.Errorf("the data lost something: %v", web)
	}
}

func attr(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

func TestThePolicyAllowsOnlyWhatThePageHas(t *testing.T) {
	t.Parallel()
	if got := rendered(t, document(t), scene, when).SecurityPolicy; got != "default-src 'none'; style-src 'self'; script-src 'self'; img-src https://shop.example.com; base-uri 'none'; form-action 'none'; frame-ancestors 'none'" {
		t.Error(got)
	}
	d, err := page.Parse([]byte(`{"title":"T","sections":[{"type":"hero","heading":"H"}]}`), hosts)
	if err != nil {
		t.Fatal(err)
	}
	if got := rendered(t, d, scene, when).SecurityPolicy; !strings.Contains(got, "script-src 'none'; img-src 'none'") {
		t.Error(got)
	}
}

var (
	paletteRule = regexp.MustCompile(`\[data-palette=([a-z]+)\]\{([^}]*)\}`)
	darkValue   = regexp.MustCompile(`--([a-z]+):light-dark\((#[0-9a-f]{6}),(#[0-9a-f]{6})\)`)
	lightValue  = regexp.MustCompile(`--([a-z]+):(#[0-9a-f]{6})`)
)

// WCAG AA asks for 4.5 between text and what is behind it.
func TestEveryPaletteCanBeReadInLightAndDark(t *testing.T) {
	t.Parallel()
	css, err := files.ReadFile("assets/" + cssName)
	if err != nil {
		t.Fatal(err)
	}
	have := map[string]int{}
	check := func(name string, c map[string]string) {
		have[name]++
		for _, pair := range [][2]string{{"ink", "bg"}, {"ink", "surface"}, {"ink", "tint"}, {"muted", "bg"}, {"muted", "surface"}, {"muted", "tint"}, {"accent", "bg"}, {"accent", "surface"}, {"on", "accent"}} {
			if k := contrast(t, c[pair[0]], c[pair[1]]); k < 4.5 {
				t.Errorf("%s: %s on %s has %.1f", name, pair[0], pair[1], k)
			}
		}
	}
	for _, m := range paletteRule.FindAllStringSubmatch(string(css), -1) {
		light, dark := map[string]string{}, map[string]string{}
		for _, v := range darkValue.FindAllStringSubmatch(m[2], -1) {
			light[v[1]], dark[v[1]] = v[2], v[3]
		}
		if len(dark) == 0 {
			for _, v := range lightValue.FindAllStringSubmatch(m[2], -1) {
				light[v[1]] = v[2]
			}
			check(m[1], light)
			continue
		}
		check(m[1], light)
		check(m[1], dark)
	}
	for _, p := range page.Palettes {
		if have[p] != 3 {
			t.Errorf("%s stands there %d times", p, have[p])
		}
		delete(have, p)
	}
	if len(have) != 0 {
		t.Errorf("palettes nobody knows: %v", have)
	}
}

func contrast(t *testing.T, a, b string) float64 {
	t.Helper()
	l := []float64{luminance(t, a), luminance(t, b)}
	slices.Sort(l)
	return (l[1] + 0.05) / (l[0] + 0.05)
}

func luminance(t *testing.T, hex string) float64 {
	t.Helper()
	if len(hex) != 7 {
		t.Fatalf("%q is no colour", hex)
	}
	var sum float64
	for i, part := range []float64{0.2126, 0.7152, 0.0722} {
		n, err := strconv.ParseUint(hex[1+2*i:3+2*i], 16, 8)
		if err != nil {
			t.Fatal(err)
		}
		v := float64(n) / 255
		if v <= 0.03928 {
			v /= 12.92
		} else {
			v = math.Pow((v+0.055)/1.055, 2.4)
		}
		sum += part * v
	}
	return sum
}
