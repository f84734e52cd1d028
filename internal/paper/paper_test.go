package paper_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"tributary/internal/paper"
)

func document(rows int) *paper.Document {
	d := &paper.Document{Title: "Statement of Zoë Łukasz", Facts: []paper.Fact{{Name: "Period", Value: "2026-10"}}, Foot: "foot", At: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC),
		Tables: []paper.Table{{Head: []string{"What", "Amount"}, Share: []float64{.7, .3}, Right: []bool{false, true}}}}
	for i := range rows {
		d.Tables[0].Rows = append(d.Tables[0].Rows, paper.Row{Cells: []string{fmt.Sprintf("line %d", i), fmt.Sprintf("%d.00", i)}})
	}
	return d
}

// words are the texts of an uncompressed document: fonts with all of Unicode
// have them as UTF-16.
func words(pdf []byte) []string {
	var out []string
	for {
		i := bytes.Index(pdf, []byte(" Td ("))
		if i < 0 {
			return out
		}
		pdf = pdf[i+5:]
		var raw []byte
		j := 0
		for ; j < len(pdf) && pdf[j] != ')'; j++ {
			if pdf[j] == '\\' {
				j++
				if pdf[j] == 'r' {
					raw = append(raw, '\r')
					continue
				}
			}
			raw = append(raw, pdf[j])
		}
		var u []uint16
		for k := 0; k+1 < len(raw); k += 2 {
			u = append(u, uint16(raw[k])<<8|uint16(raw[k+1]))
		}
		out = append(out, string(utf16.Decode(u)))
		pdf = pdf[j:]
	}
}

func TestEveryLineStandsInTheDocument(t *testing.T) {
	t.Parallel()
	pdf, err := document(120).Plain()
	if err != nil {
		t.Fatal(err)
	}
	got := strings.Join(words(pdf), "\n")
	for i := range 120 {
		if !strings.Contains(got, fmt.Sprintf("line %d\n%d.00", i, i)) {
			t.Fatalf("line %d is not there:\n%.2000s", i, got)
		}
	}
	if !strings.Contains(got, "Zoë Łukasz") || strings.Count(got, "What\nAmount") < 3 {
		t.Errorf("the title, or the head of a page, is not there: %d heads", strings.Count(got, "What\nAmount"))
	}
}

func TestTheSameDocumentGivesTheSamePages(t *testing.T) {
	t.Parallel()
	// What follows the pages are the fonts. The library draws by lot which of two
	// letters that look the same stands in their tables.
	pages := func() []byte {
		b, err := document(50).Plain()
		if err != nil {
			t.Fatal(err)
		}
		pages, _, found := bytes.Cut(b, []byte("/Type /Font"))
		if !found || !bytes.HasPrefix(b, []byte("%PDF-")) {
			t.Fatal("not a PDF with fonts")
		}
		return pages
	}
	if a := pages(); len(a) < 10_000 || !bytes.Equal(a, pages()) {
		t.Errorf("the %d bytes of the pages differ", len(a))
	}
}
