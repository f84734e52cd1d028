// Package mail writes letters and hands them to an SMTP server. What a letter
// says is a Letter: plain text in blocks. One layout shows it as HTML, one as
// text, so that both always say the same, and no value in it can become markup.
package mail

import (
	"bytes"
	"embed"
	"fmt"
	htmltemplate "html/template"
	"strings"
	"text/template"
	"unicode"
)

// Letter is what a mail says.
type Letter struct {
	Subject string
	// Shop is who writes, for the head of the letter and the sender's name.
	Shop   string
	Blocks []Block
	// Why tells at the foot why this came.
	Why string
	// Unsubscribe is the page that ends such letters; "" for those that one
	// cannot go without.
	Unsubscribe string
}

// Block is one of: a paragraph, a button, a list of figures, a code to type.
type Block struct {
	Text   string
	Button *Button
	Rows   []Row
	Code   string
}

// Button leads to a page of ours.
type Button struct{ Label, URL string }

// Row is a figure with its name.
type Row struct{ Name, Value string }

// Text is a paragraph.
func Text(format string, args ...any) Block { return Block{Text: fmt.Sprintf(format, args...)} }

// Press is a button.
func Press(label, url string) Block { return Block{Button: &Button{label, url}} }

// Figures are pairs of name and value.
func Figures(pairs ...string) Block {
	var b Block
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			b.Rows = append(b.Rows, Row{pairs[i], pairs[i+1]})
		}
	}
	return b
}

//go:embed layout.html layout.txt
var layouts embed.FS

var (
	htmlLayout = htmltemplate.Must(htmltemplate.ParseFS(layouts, "layout.html"))
	textLayout = template.Must(template.ParseFS(layouts, "layout.txt"))
)

// Render writes the letter as HTML and as text.
func (l Letter) Render() (html, text string, err error) {
	l = l.plain()
	var h, t bytes.Buffer
	if err := htmlLayout.Execute(&h, l); err != nil {
		return "", "", fmt.Errorf("letter %q: %w", l.Subject, err)
	}
	if err := textLayout.Execute(&t, l); err != nil {
		return "", "", fmt.Errorf("letter %q: %w", l.Subject, err)
	}
	return h.String(), strings.TrimSpace(t.String()) + "\n", nil
}

// plain makes one line of every text: what people typed must not look like a
// part of the letter.
func (l Letter) plain() Letter {
	l.Subject, l.Shop, l.Why = line(l.Subject), line(l.Shop), line(l.Why)
	blocks := make([]Block, len(l.Blocks))
	for i, b := range l.Blocks {
		b.Text, b.Code = line(b.Text), line(b.Code)
		rows := make([]Row, len(b.Rows))
		for j, r := range b.Rows {
			rows[j] = Row{line(r.Name), line(r.Value)}
		}
		b.Rows = rows
		blocks[i] = b
	}
	l.Blocks = blocks
	return l
}

// line is s without line breaks, control and direction characters.
func line(s string) string {
	return strings.Join(strings.Fields(strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r) || r == '\u2028' || r == '\u2029':
			return ' '
		case unicode.IsControl(r) || unicode.Is(unicode.Cf, r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))), " ")
}
