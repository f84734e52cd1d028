// Package csv is the payout rail of files: payouts leave as a CSV that a person
// hands to a bank or provider, and come back as a settlement file that says
// what became of each.
package csv

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"tributary/internal/domain/money"
	"tributary/internal/errs"
)

// IDPrefix stands before the number of a payout in files and in the API.
const IDPrefix = "pln_"

// Payout is one row of the file that goes out.
type Payout struct {
	ID     int64
	Key    string // the same payout always has the same: a provider can refuse it the second time
	Period string
	Handle string
	Name   string
	Email  string
	Detail string // what the provider needs to find the payee
	Amount money.Amount
}

var payoutHeader = []string{"payout_id", "payout_key", "period", "influencer", "name", "email", "payout_detail", "amount", "currency"}

// Writer writes payouts as RFC 4180 CSV in UTF-8.
type Writer struct{ w *csv.Writer }

// NewWriter writes the heading. Errors show in Flush.
func NewWriter(w io.Writer) *Writer {
	cw := csv.NewWriter(w)
	_ = cw.Write(payoutHeader)
	return &Writer{cw}
}

// Write adds a payout.
func (w *Writer) Write(p Payout) error {
	return w.w.Write([]string{IDPrefix + strconv.FormatInt(p.ID, 10), p.Key, p.Period, Text(p.Handle), Text(p.Name), Text(p.Email), Text(p.Detail),
		p.Amount.String(), string(p.Amount.Currency)})
}

// Flush writes what is buffered and returns the first error.
func (w *Writer) Flush() error {
	w.w.Flush()
	return w.w.Error()
}

// Text makes what people typed safe in a spreadsheet: a cell that would be
// taken for a formula gets an apostrophe in front. Amounts and ids are ours and
// need none.
func Text(s string) string {
	first, _ := utf8.DecodeRuneInString(s)
	if s == "" || !strings.ContainsRune("=+-@\t\r\n＝＋－＠", first) {
		return s
	}
	return "'" + s
}

// Status is what a settlement file says of a payout.
type Status string

// The statuses.
const (
	Paid    Status = "paid"
	Failed  Status = "failed"
	InDoubt Status = "in_doubt"
)

// statuses are the words for them that are taken, in lower case.
var statuses = map[string]Status{
	"paid": Paid, "settled": Paid, "completed": Paid, "success": Paid,
	"failed": Failed, "rejected": Failed, "returned": Failed, "cancelled": Failed, "canceled": Failed,
	"in_doubt": InDoubt, "unknown": InDoubt, "pending": InDoubt,
}

// Outcome is one row of a settlement file.
type Outcome struct {
	Line      int // in the file, from 1
	ID        int64
	Key       string // "" when the file has no such column
	Status    Status
	Reference string
	Error     string
	// Amount is what the file says was paid; nil when it does not say.
	Amount *money.Amount
}

const maxText = 500

// Read reads a settlement file. It needs a heading with payout_id or payout_key
// and status; reference, error, amount and currency may stand beside them in any
// order, and other columns are passed over. Commas or semicolons separate.
// Everything wrong with it comes back at once as an *errs.Error of kind Invalid,
// one field per line; the outcomes are those of the good lines.
func Read(file []byte) ([]Outcome, error) {
	file = bytes.TrimPrefix(file, []byte("\xef\xbb\xbf"))
	if !utf8.Valid(file) {
		return nil, errs.New(errs.Invalid, "settlement_invalid", "The settlement file is not UTF-8 text.")
	}
	heading, _, _ := bytes.Cut(file, []byte("\n"))
	r := csv.NewReader(bytes.NewReader(file))
	r.FieldsPerRecord = -1
	if bytes.ContainsRune(heading, ';') && !bytes.ContainsRune(heading, ',') {
		r.Comma = ';'
	}
	p := &problems{}
	names, err := r.Read()
	if errors.Is(err, io.EOF) {
		return nil, errs.New(errs.Invalid, "settlement_invalid", "The settlement file is empty.")
	}
	if err != nil {
		p.parse(err)
		return nil, p.err()
	}
	col := columns(names, p)
	if p.fields != nil {
		return nil, p.err()
	}
	var out []Outcome
	for {
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			return out, p.err()
		}
		if err != nil {
			p.parse(err) // what follows cannot be told apart any more
			return out, p.err()
		}
		line, _ := r.FieldPos(0)
		if len(record) != len(names) {
			p.add(line, "has %d cells, the heading has %d", len(record), len(names))
			continue
		}
		if o, ok := outcome(line, record, col, p); ok {
			out = append(out, o)
		}
	}
}

// columns finds the columns by name.
func columns(names []string, p *problems) map[string]int {
	col := map[string]int{}
	for i, n := range names {
		n = strings.ToLower(strings.TrimSpace(n))
		if _, twice := col[n]; twice && slices.Contains([]string{"payout_id", "payout_key", "status", "reference", "error", "amount", "currency"}, n) {
			p.add(1, "the column %s stands there twice", n)
		}
		col[n] = i
	}
	_, id := col["payout_id"]
	_, key := col["payout_key"]
	if !id && !key {
		p.add(1, "there is no column payout_id or payout_key")
	}
	if _, ok := col["status"]; !ok {
		p.add(1, "there is no column status")
	}
	return col
}

func outcome(line int, record []string, col map[string]int, p *problems) (Outcome, bool) {
	cell := func(name string) string {
		if i, ok := col[name]; ok {
			return strings.TrimSpace(record[i])
		}
		return ""
	}
	before := len(p.fields)
	o := Outcome{Line: line, Key: strings.ToLower(cell("payout_key")), Reference: cell("reference"), Error: cell("error")}
	if id := cell("payout_id"); id != "" {
		n, err := strconv.ParseInt(strings.TrimPrefix(id, IDPrefix), 10, 64)
		if err != nil || n < 1 {
			p.add(line, "%q is not the id of a payout, such as pln_12", clip(id))
		}
		o.ID = n
	} else if o.Key == "" {
		p.add(line, "names no payout")
	}
	var ok bool
	if o.Status, ok = statuses[strings.ToLower(cell("status"))]; !ok {
		p.add(line, "the status %q is none of paid, failed, in_doubt", clip(cell("status")))
	}
	for name, s := range map[string]string{"reference": o.Reference, "error": o.Error} {
		if len(s) > maxText {
			p.add(line, "the %s is longer than %d bytes", name, maxText)
		}
	}
	if text := cell("amount"); text != "" {
		c, err := money.ParseCurrency(cell("currency"))
		if err == nil {
			var a money.Amount
			if a, err = money.Parse(text, c); err == nil {
				o.Amount = &a
			}
		}
		if err != nil {
			p.add(line, "%s", err)
		}
	}
	return o, len(p.fields) == before
}

// problems gathers what is wrong, by line.
type problems struct{ fields []errs.Field }

func (p *problems) add(line int, format string, args ...any) {
	p.fields = append(p.fields, errs.Field{Path: "line " + strconv.Itoa(line), Msg: fmt.Sprintf(format, args...)})
}

func (p *problems) parse(err error) {
	var pe *csv.ParseError
	if errors.As(err, &pe) {
		p.add(pe.Line, "cannot be read: %s", pe.Err)
		return
	}
	p.add(1, "cannot be read: %s", err)
}

func (p *problems) err() error {
	if p.fields == nil {
		return nil
	}
	return Wrong(p.fields)
}

// Wrong is the error about a settlement file as a whole, of which nothing was
// taken.
func Wrong(fields []errs.Field) error {
	return errs.New(errs.Invalid, "settlement_invalid", "The settlement file was not taken: nothing of it has been posted", fields...)
}

func clip(s string) string {
	if len(s) > 40 {
		return s[:40] + "…"
	}
	return s
}
