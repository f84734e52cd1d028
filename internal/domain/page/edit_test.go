package page_test

import (
	"testing"

	"tributary/internal/domain/page"
)

func TestAnInfluencerChangesWordsAndPicturesAndNothingElse(t *testing.T) {
	t.Parallel()
	hosts := page.Hosts{"shop.example": true}
	base := `{"version":1,"lang":"en","title":"Anna","theme":{"palette":"clay","scheme":"auto"},"sections":[
		{"type":"hero","heading":"Hi","button":"Shop","link":"https://shop.example/a"},
		{"type":"faq","questions":[{"question":"Why?","answer":"So."}]},
		{"type":"disclosure","text":"Ad: I earn a commission."}]}`
	parse := func(doc string) *page.Document {
		t.Helper()
		d, err := page.Parse([]byte(doc), hosts)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	for _, c := range []struct {
		name, doc string
		want      bool
	}{
		{"nothing", base, true},
		{"words", `{"version":1,"lang":"en","title":"Anna’s","theme":{"palette":"clay","scheme":"auto"},"sections":[
			{"type":"hero","heading":"Hello","text":"More","button":"Buy","link":"https://shop.example/a"},
			{"type":"faq","questions":[{"question":"Why not?","answer":"So."}]},
			{"type":"disclosure","text":"Ad: I earn a commission."}]}`, true},
		{"a picture", `{"version":1,"lang":"en","title":"Anna","theme":{"palette":"clay","scheme":"auto"},"sections":[
			{"type":"hero","heading":"Hi","image":{"url":"https://shop.example/me.jpg","alt":"Me"},"button":"Shop","link":"https://shop.example/a"},
			{"type":"faq","questions":[{"question":"Why?","answer":"So."}]},
			{"type":"disclosure","text":"Ad: I earn a commission."}]}`, true},
		{"where a button leads", `{"version":1,"lang":"en","title":"Anna","theme":{"palette":"clay","scheme":"auto"},"sections":[
			{"type":"hero","heading":"Hi","button":"Shop","link":"https://shop.example/b"},
			{"type":"faq","questions":[{"question":"Why?","answer":"So."}]},
			{"type":"disclosure","text":"Ad: I earn a commission."}]}`, false},
		{"the disclosure", `{"version":1,"lang":"en","title":"Anna","theme":{"palette":"clay","scheme":"auto"},"sections":[
			{"type":"hero","heading":"Hi","button":"Shop","link":"https://shop.example/a"},
			{"type":"faq","questions":[{"question":"Why?","answer":"So."}]},
			{"type":"disclosure","text":"Just fun."}]}`, false},
		{"a section less", `{"version":1,"lang":"en","title":"Anna","theme":{"palette":"clay","scheme":"auto"},"sections":[
			{"type":"hero","heading":"Hi","button":"Shop","link":"https://shop.example/a"},
			{"type":"disclosure","text":"Ad: I earn a commission."}]}`, false},
	} {
		if got := page.SameButWords(parse(base), parse(c.doc)); got != c.want {
			t.Errorf("%s: %t", c.name, got)
		}
	}
}
