package tracking

import (
	"bytes"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"tributary/internal/errs"
)

// mostRows bounds a file: it is taken in in one transaction.
const mostRows = 5000

// table is a CSV file read whole; a row that could not be read has an error.
type table struct {
	digest  string
	columns map[string]int
	rows    []tableRow
}

type tableRow struct {
	line  int
	cells []string
	err   string
}

func (t *table) cell(r *tableRow, column string) string {
	i, ok := t.columns[column]
	if !ok || i >= len(r.cells) {
		return ""
	}
	return strings.TrimSpace(r.cells[i])
}

// readTable reads a CSV file with commas or semicolons and a heading. Only a
// file that cannot be read at all is an error.
func readTable(body []byte, needs ...string) (*table, error) {
	bad := func(msg string) (*table, error) {
		return nil, errs.New(errs.Invalid, "invalid_file", msg, errs.Field{Path: "body", Msg: msg})
	}
	sum := sha256.Sum256(body)
	t := &table{digest: hex.EncodeToString(sum[:8]), columns: map[string]int{}}
	body = bytes.TrimPrefix(body, []byte("\xef\xbb\xbf"))
	r := csv.NewReader(bytes.NewReader(body))
	r.FieldsPerRecord = -1
	if first, _, _ := bytes.Cut(body, []byte("\n")); bytes.Count(first, []byte(";")) > bytes.Count(first, []byte(",")) {
		r.Comma = ';'
	}
	head, err := r.Read()
	if err != nil {
		return bad("The file has no heading with the names of its columns.")
	}
	for i, name := range head {
		name = strings.ToLower(strings.TrimSpace(name))
		if _, twice := t.columns[name]; twice && name != "" {
			return bad(fmt.Sprintf("The column %q stands there twice.", clipText(name, 60)))
		}
		t.columns[name] = i
	}
	for _, name := range needs {
		if _, ok := t.columns[name]; !ok {
			return bad(fmt.Sprintf("The column %q is missing.", name))
		}
	}
	for {
		cells, err := r.Read()
		if errors.Is(err, io.EOF) {
			return t, nil
		}
		if len(t.rows) == mostRows {
			return bad(fmt.Sprintf("The file has more than %d rows. Send it in parts.", mostRows))
		}
		row := tableRow{cells: cells}
		var parse *csv.ParseError
		switch {
		case errors.As(err, &parse):
			row.line, row.err = parse.StartLine, "is not CSV: "+parse.Err.Error()
		case err != nil:
			return bad("The file cannot be read.")
		default:
			row.line, _ = r.FieldPos(0)
			if len(cells) > len(head) {
				row.err = fmt.Sprintf("has %d cells, and there are %d columns", len(cells), len(head))
			}
			for _, c := range cells {
				if !utf8.ValidString(c) || strings.ContainsRune(c, 0) {
					row.err = "is not UTF-8 text"
				}
			}
		}
		t.rows = append(t.rows, row)
	}
}
