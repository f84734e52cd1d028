// Package paper sets documents for people to keep as PDF: statements,
// agreements. What it is given is text; it computes nothing.
package paper

import (
	"bytes"
	"fmt"
	"strings"
	"time"

	"codeberg.org/go-pdf/fpdf"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/gomono"
	"golang.org/x/image/font/gofont/goregular"
)

// Document is one document, set from top to bottom.
type Document struct {
	Title  string
	Facts  []Fact  // under the title
	Tables []Table // one after the other
	// Source is a text that must stand as it is, such as signed terms.
	Source string
	Foot   string // on every page
	At     time.Time
}

// Fact is a name and its value.
type Fact struct{ Name, Value string }

// Table is rows under a head. Right says which columns hold amounts; Total rows
// stand out.
type Table struct {
	Title string
	Head  []string
	Share []float64 // of the width, by column; adds up to 1
	Right []bool
	Rows  []Row
}

// Row is one row of a table.
type Row struct {
	Cells []string
	Total bool
}

const (
	margin = 15.0 // mm
	width  = 210 - 2*margin
	line   = 5.0
)

// PDF sets the document. The same document gives the same bytes.
func (d *Document) PDF() ([]byte, error) { return d.set(true) }

func (d *Document) set(compress bool) ([]byte, error) {
	f := fpdf.New("P", "mm", "A4", "")
	f.SetCompression(compress)
	f.SetCatalogSort(true)
	f.SetCreationDate(d.At.UTC())
	f.SetModificationDate(d.At.UTC())
	f.SetTitle(clean(d.Title), true)
	f.SetLang("en")
	f.SetMargins(margin, margin, margin)
	f.SetAutoPageBreak(true, 20)
	f.AddUTF8FontFromBytes("go", "", goregular.TTF)
	f.AddUTF8FontFromBytes("go", "B", gobold.TTF)
	f.AddUTF8FontFromBytes("mono", "", gomono.TTF)
	f.SetFooterFunc(func() {
		f.SetY(-14)
		f.SetFont("go", "", 8)
		f.SetTextColor(90, 90, 90)
		f.CellFormat(width-20, line, clean(d.Foot), "", 0, "L", false, 0, "")
		f.CellFormat(20, line, fmt.Sprintf("%d", f.PageNo()), "", 0, "R", false, 0, "")
		f.SetTextColor(0, 0, 0)
	})
	f.AddPage()
	f.SetFont("go", "B", 16)
	f.MultiCell(width, 8, clean(d.Title), "", "L", false)
	f.Ln(2)
	for _, fact := range d.Facts {
		f.SetFont("go", "", 9)
		f.SetTextColor(90, 90, 90)
		f.CellFormat(45, line, clean(fact.Name), "", 0, "L", false, 0, "")
		f.SetTextColor(0, 0, 0)
		f.MultiCell(width-45, line, clean(fact.Value), "", "L", false)
	}
	for i := range d.Tables {
		d.Tables[i].set(f)
	}
	if d.Source != "" {
		f.Ln(4)
		f.SetFont("mono", "", 8)
		f.MultiCell(width, 4, d.Source, "", "L", false)
	}
	var b bytes.Buffer
	if err := f.Output(&b); err != nil {
		return nil, fmt.Errorf("set %q: %w", d.Title, err)
	}
	return b.Bytes(), nil
}

func (t *Table) set(f *fpdf.Fpdf) {
	f.Ln(5)
	if t.Title != "" {
		f.SetFont("go", "B", 11)
		f.CellFormat(width, 7, clean(t.Title), "", 1, "L", false, 0, "")
	}
	t.row(f, Row{Cells: t.Head, Total: true})
	for _, r := range t.Rows {
		if f.GetY()+line > 297-20 { // a head on every page
			f.AddPage()
			t.row(f, Row{Cells: t.Head, Total: true})
		}
		t.row(f, r)
	}
}

func (t *Table) row(f *fpdf.Fpdf, r Row) {
	style := ""
	if r.Total {
		style = "B"
	}
	f.SetFont("go", style, 8)
	for i, c := range r.Cells {
		w := t.Share[i] * width
		align := "L"
		if t.Right[i] {
			align = "R"
		}
		f.CellFormat(w, line, fit(f, clean(c), w-2), "B", 0, align, false, 0, "")
	}
	f.Ln(line)
}

// fit shortens s so that it stands in one line of the width.
func fit(f *fpdf.Fpdf, s string, w float64) string {
	if f.GetStringWidth(s) <= w {
		return s
	}
	r := []rune(s)
	for len(r) > 0 && f.GetStringWidth(string(r)+"…") > w {
		r = r[:len(r)-1]
	}
	return string(r) + "…"
}

// clean is s in one line.
func clean(s string) string { return strings.Join(strings.Fields(strings.ToValidUTF8(s, "")), " ") }
