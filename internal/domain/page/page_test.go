package page_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"tributary/internal/domain/page"
	"tributary/internal/errs"
)

var hosts = page.Hosts{"shop.example.com": false, "127.0.0.1:9": true}

func sample(t testing.TB) []byte {
	t.Helper()
	b, err := os.ReadFile("../../landing/testdata/page.json")
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// section is a page with one section.
func section(fields string) string {
	return `{"title":"T","sections":[{` + fields + `}]}`
}

const link = `"link":"https://shop.example.com/a"`

var documents = []struct {
	name, doc string
	wrong     []string // field paths; none: it is good
}{
	{"the smallest", section(`"type":"hero","heading":"H"`), nil},
	{"a button", section(`"type":"hero","heading":"H","button":"Go",` + link), nil},
	{"nothing", `{}`, []string{"document.sections", "document.title"}},
	{"all that is wrong at once", `{"title":"","lang":"english","theme":{"palette":"neon","scheme":"dim"},"colour":"red","sections":[{"type":"hero","code":"A"},{"type":"carousel"}]}`,
		[]string{"document.colour", "document.lang", "document.sections[0].code", "document.sections[0].heading", "document.sections[1].type", "document.theme.palette", "document.theme.scheme", "document.title"}},
	{"a button that leads nowhere", section(`"type":"hero","heading":"H","button":"Go"`), []string{"document.sections[0].link"}},
	{"a way without a button", section(`"type":"banner","code":"A",` + link), []string{"document.sections[0].button"}},
	{"words", section(`"type":"words","text":"Hello\n\nThere","by":"Anna"`), nil},
	{"words without any", section(`"type":"words"`), []string{"document.sections[0].text"}},
	{"a video alone", section(`"type":"words","video":"https://youtu.be/dQw4w9WgXcQ"`), nil},
	{"a video of somebody's own", section(`"type":"words","text":"x","video":"https://evil.example.com/dQw4w9WgXcQ"`), []string{"document.sections[0].video"}},
	{"products", section(`"type":"products","products":[{"title":"P",` + link + `}]`), nil},
	{"no products", section(`"type":"products","products":[]`), []string{"document.sections[0].products"}},
	{"products of nowhere", section(`"type":"products","products":[{"title":"","link":"/a","image":{"url":"https://shop.example.com/\"><script>"}}]`),
		[]string{"document.sections[0].products[0].image.url", "document.sections[0].products[0].link", "document.sections[0].products[0].title"}},
	{"a code", section(`"type":"banner","code":"ANNA10","percent":10`), nil},
	{"a code with spaces", section(`"type":"banner","code":"ANNA 10","percent":101`), []string{"document.sections[0].code", "document.sections[0].percent"}},
	{"a countdown", section(`"type":"countdown","ends":"2026-12-01T23:59:59+01:00"`), nil},
	{"a countdown to soon", section(`"type":"countdown","ends":"soon"`), []string{"document.sections[0].ends"}},
	{"reviews", section(`"type":"reviews","reviews":[{"author":"A","text":"Good","stars":5}]`), nil},
	{"too many stars", section(`"type":"reviews","reviews":[{"author":"","text":"","stars":6}]`),
		[]string{"document.sections[0].reviews[0].author", "document.sections[0].reviews[0].stars", "document.sections[0].reviews[0].text"}},
	{"a faq", section(`"type":"faq","questions":[{"question":"Q","answer":"A"}]`), nil},
	{"a form", section(`"type":"lead_form","form":"k2jd8s7q"`), nil},
	{"no form", section(`"type":"lead_form","form":"3"`), []string{"document.sections[0].form"}},
	{"a giveaway", section(`"type":"giveaway","giveaway":"gaw_3"`), nil},
	{"no giveaway", section(`"type":"giveaway"`), []string{"document.sections[0].giveaway"}},
	{"a disclosure", section(`"type":"disclosure","text":"Paid."`), nil},
	{"an empty disclosure", section(`"type":"disclosure","text":" "`), []string{"document.sections[0].text"}},
	{"wrong shapes", `{"title":3,"sections":{}}`, []string{"document.sections", "document.title"}},
	{"text of control characters", section(`"type":"hero","heading":"a\u0007b"`), []string{"document.sections[0].heading"}},
	{"text that turns around", section(`"type":"hero","heading":"abc\u202egnp"`), []string{"document.sections[0].heading"}},
}

func TestEverythingWrongIsToldAtOnce(t *testing.T) {
	t.Parallel()
	for _, c := range documents {
		_, err := page.Parse([]byte(c.doc), hosts)
		var got []string
		if e := errs.As(err); e != nil {
			for _, f := range e.Fields {
				got = append(got, f.Path)
			}
		} else if err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		if strings.Join(got, " ") != strings.Join(c.wrong, " ") {
			t.Errorf("%s: %v, want %v", c.name, got, c.wrong)
		}
	}
	for _, doc := range []string{"", "[", `{} {}`, `{"title":"\xff"}`, strings.Repeat(" ", 60<<10)} {
		if _, err := page.Parse([]byte(doc), hosts); errs.As(err) == nil {
			t.Errorf("%.20q: %v", doc, err)
		}
	}
}

// What the schema lets pass and Parse does not is what a schema cannot say; the
// reverse never happens.
func TestTheSchemaSaysWhatParseDoes(t *testing.T) {
	t.Parallel()
	var schema any
	if err := json.Unmarshal(page.Schema(), &schema); err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("page.json", schema); err != nil {
		t.Fatal(err)
	}
	compiled, err := c.Compile("page.json")
	if err != nil {
		t.Fatal(err)
	}
	beyond := map[string]bool{"a video of somebody's own": true, "text of control characters": true, "text that turns around": true, "all of it": false}
	for _, d := range append(documents, struct {
		name, doc string
		wrong     []string
	}{"all of it", string(sample(t)), nil}) {
		v, err := jsonschema.UnmarshalJSON(strings.NewReader(d.doc))
		if err != nil {
			t.Fatal(err)
		}
		valid := compiled.Validate(v) == nil
		if good := d.wrong == nil; valid != good && !(valid && beyond[d.name]) {
			t.Errorf("%s: schema says %t: %v", d.name, valid, compiled.Validate(v))
		}
	}
}

func TestAddressesAreOfTheStoreOnly(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"https://shop.example.com/a?b=c#d":         "https://shop.example.com/a?b=c#d",
		"https://SHOP.example.com":                 "https://shop.example.com",
		"https://www.shop.example.com/":            "https://www.shop.example.com/",
		"http://127.0.0.1:9/a":                     "http://127.0.0.1:9/a",
		"http://shop.example.com/":                 "",
		"https://shop.example.com.evil.test/":      "",
		"https://evil.test/shop.example.com":       "",
		"https://shop.example.com@evil.test/":      "",
		"https://user@shop.example.com/":           "",
		"//shop.example.com/":                      "",
		"/a":                                       "",
		"javascript:alert(1)":                      "",
		"https://shop.example.com/\"onload=x":      "",
		"https://shop.example.com/{{ x }}":         "",
		"https://shop.example.com/a b":             "",
		"https://shop.example.com\\@evil.test/":    "",
		"https://shop.example.com/\u202e":          "",
		"data:image/svg+xml,<svg onload=alert(1)>": "",
	} {
		b, _ := json.Marshal(map[string]any{"title": "T", "sections": []any{map[string]any{"type": "hero", "heading": "H", "button": "B", "link": address}}})
		d, err := page.Parse(b, hosts)
		switch {
		case want == "" && err == nil:
			t.Errorf("%q was taken", address)
		case want != "" && err != nil:
			t.Errorf("%q: %v", address, err)
		case want != "" && d.Sections[0].Link != want:
			t.Errorf("%q became %q", address, d.Sections[0].Link)
		}
	}
}

func TestAVideoPlaysWithoutCookies(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"https://www.youtube.com/watch?v=dQw4w9WgXcQ":            "https://www.youtube-nocookie.com/embed/dQw4w9WgXcQ",
		"https://www.youtube.com/watch?list=a&v=dQw4w9WgXcQ&t=3": "https://www.youtube-nocookie.com/embed/dQw4w9WgXcQ",
		"https://youtu.be/dQw4w9WgXcQ?si=x":                      "https://www.youtube-nocookie.com/embed/dQw4w9WgXcQ",
		"https://m.youtube.com/shorts/dQw4w9WgXcQ":               "https://www.youtube-nocookie.com/embed/dQw4w9WgXcQ",
		"https://vimeo.com/76979871":                             "https://player.vimeo.com/video/76979871?dnt=1",
		"https://youtube.com.evil.test/watch?v=dQw4w9WgXcQ":      "",
		"https://www.youtube.com/watch?v=<script>":               "",
		"http://youtu.be/dQw4w9WgXcQ":                            "",
		"https://vimeo.com/about":                                "",
	} {
		v, ok := page.ParseVideo(address)
		if ok != (want != "") || (ok && v.Private() != want) {
			t.Errorf("%s: %t %s", address, ok, v.Private())
		}
	}
}

func TestEqualPagesHaveEqualHashes(t *testing.T) {
	t.Parallel()
	a, err := page.Parse(sample(t), hosts)
	if err != nil {
		t.Fatal(err)
	}
	again, err := page.Stored(a.Canonical())
	if err != nil || again.Hash() != a.Hash() || len(a.Hash()) != 64 {
		t.Fatalf("%v %s %s", err, again.Hash(), a.Hash())
	}
	b, err := page.Parse([]byte(`{"sections":[{"heading":" H ","type":"hero"}],"title":"T","version":1,"lang":"en","theme":{}}`), hosts)
	if err != nil {
		t.Fatal(err)
	}
	c, err := page.Parse([]byte(section(`"type":"hero","heading":"H"`)), hosts)
	if err != nil || b.Hash() != c.Hash() {
		t.Errorf("%v\n%s\n%s", err, b.Canonical(), c.Canonical())
	}
}

func TestButtonsAreFoundByTheirPlace(t *testing.T) {
	t.Parallel()
	d, err := page.Parse(sample(t), hosts)
	if err != nil {
		t.Fatal(err)
	}
	for place, want := range map[string]string{
		"0": "https://shop.example.com/products/set", "2.1": "https://shop.example.com/products/skillet", "3": "https://shop.example.com/",
		"1": "", "2": "", "2.9": "", "99": "", "-1": "", "+0": "", "00": "", "2.": "", "": "", "x": "", "0.0": "",
	} {
		got, ok := d.TargetAt(place)
		if got.URL != want || ok != (want != "") {
			t.Errorf("%q: %v %t", place, got, ok)
		}
	}
	if form, ok := d.TargetAt("7"); !ok || form.Form != "k2jd8s7q" {
		t.Errorf("%v", form)
	}
	if d.DiscountCode() != "ANNA15" {
		t.Error(d.DiscountCode())
	}
}
