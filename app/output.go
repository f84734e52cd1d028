package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"
)

// wantJSON reports whether --json was given.
func wantJSON(cmd *cobra.Command) bool {
	v, _ := cmd.Flags().GetBool("json")
	return v
}

// printJSON writes v, indented, with a newline.
func printJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

// printTable writes rows in columns; the first row is the heading. Columns of
// numbers after the first stand to the right.
func printTable(w io.Writer, rows [][]string) error {
	var width []int
	var text []bool // a column with something that is no number
	for i, row := range rows {
		for k, cell := range row {
			if k == len(width) {
				width, text = append(width, 0), append(text, false)
			}
			width[k] = max(width[k], utf8.RuneCountInString(cell))
			text[k] = text[k] || i > 0 && !isNumber(cell)
		}
	}
	var b strings.Builder
	for _, row := range rows {
		line := ""
		for k, cell := range row {
			if k > 0 {
				line += "  "
			}
			pad := strings.Repeat(" ", width[k]-utf8.RuneCountInString(cell))
			if k == 0 || text[k] || len(rows) < 2 {
				line += cell + pad
			} else {
				line += pad + cell
			}
		}
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// isNumber is true of amounts, two of them, and nothing.
func isNumber(s string) bool {
	return s == "n/a" || s == "–" || strings.IndexFunc(s, func(r rune) bool { return !strings.ContainsRune("0123456789.-+/ ", r) }) < 0
}

// count is a number with its noun.
func count(n int64, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return fmt.Sprintf("%d %s", n, noun)
}
