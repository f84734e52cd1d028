package program

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"tributary/internal/errs"
	"tributary/internal/seal"
	"tributary/internal/store"
)

// People is what a file of influencers changed.
type People struct {
	Added, Changed, Unchanged int
	Problems                  []PersonProblem // in the order of the file
}

// PersonProblem is a row that was not taken in; the heading is line 1.
type PersonProblem struct {
	Line int
	Err  *errs.Error
}

const mostPeople = 5000

var peopleColumns = []string{"name", "handle", "email", "phone", "customer_id", "payout_method", "payout_detail", "tax_form"}

// ImportPeople takes influencers in from a CSV file with a heading, by comma or
// semicolon. Who has a handle that is known is changed, in what the file has
// columns for; an empty cell leaves what there is. Each row is a transaction of
// its own, so doing it again goes on where it ended. Only a file that cannot be
// read at all is an error.
func ImportPeople(ctx context.Context, db *store.DB, keys *seal.Keys, shopID int64, file []byte) (*People, error) {
	rows, columns, err := readPeople(file)
	if err != nil {
		return nil, err
	}
	out := &People{}
	for i, row := range rows {
		cell := func(column string) *string {
			at := slices.Index(columns, column)
			if at < 0 || at >= len(row) || strings.TrimSpace(row[at]) == "" {
				return nil
			}
			v := strings.TrimSpace(row[at])
			return &v
		}
		f := InfluencerFields{Handle: cell("handle"), Name: cell("name"), Email: cell("email"), Phone: cell("phone"), PayoutMethod: cell("payout_method"),
			PayoutDetail: cell("payout_detail"), TaxForm: cell("tax_form")}
		err := f.customer(cell("customer_id"))
		if err == nil {
			err = db.InTx(ctx, shopID, func(tx *store.Tx) error { return out.take(ctx, tx, keys, f) })
		}
		if e := errs.As(err); e != nil {
			out.Problems = append(out.Problems, PersonProblem{Line: i + 2, Err: e})
		} else if err != nil {
			return nil, fmt.Errorf("import line %d: %w", i+2, err)
		}
	}
	return out, nil
}

func (f *InfluencerFields) customer(text *string) error {
	if text == nil {
		return nil
	}
	n, err := strconv.ParseInt(*text, 10, 64)
	if err != nil || n < 1 {
		return errs.New(errs.Invalid, "invalid_influencer", "The influencer cannot be like this.", errs.Field{Path: "customer_id", Msg: "must be the store's number of the customer"})
	}
	f.CustomerID = &n
	return nil
}

func (p *People) take(ctx context.Context, tx *store.Tx, keys *seal.Keys, f InfluencerFields) error {
	handle := ""
	if f.Handle != nil {
		handle = *f.Handle
	}
	known, err := tx.InfluencerByHandle(ctx, handle)
	if store.IsNotFound(err) {
		if _, err = AddInfluencer(ctx, tx, keys, f); err == nil {
			p.Added++
		}
		return err
	}
	if err != nil {
		return err
	}
	now, err := ChangeInfluencer(ctx, tx, keys, known.ID, f)
	switch {
	case err != nil:
		return err
	case reflect.DeepEqual(now, known):
		p.Unchanged++
	default:
		p.Changed++
	}
	return nil
}

func readPeople(file []byte) (rows [][]string, columns []string, err error) {
	bad := func(format string, args ...any) ([][]string, []string, error) {
		msg := fmt.Sprintf(format, args...)
		return nil, nil, errs.New(errs.Invalid, "invalid_file", msg, errs.Field{Path: "body", Msg: msg})
	}
	file = bytes.TrimPrefix(file, []byte("\xef\xbb\xbf"))
	r := csv.NewReader(bytes.NewReader(file))
	r.FieldsPerRecord = -1
	if first, _, _ := bytes.Cut(file, []byte("\n")); bytes.Count(first, []byte(";")) > bytes.Count(first, []byte(",")) {
		r.Comma = ';'
	}
	head, err := r.Read()
	if err != nil {
		return bad("The file has no heading with the names of its columns.")
	}
	for _, name := range head {
		name = strings.ToLower(strings.TrimSpace(name))
		if slices.Contains(columns, name) && name != "" {
			return bad("The column %q stands there twice.", name)
		}
		columns = append(columns, name)
	}
	for _, name := range []string{"handle", "name", "email"} {
		if !slices.Contains(columns, name) {
			return bad("The column %q is missing. Known are: %s.", name, strings.Join(peopleColumns, ", "))
		}
	}
	for {
		row, err := r.Read()
		switch {
		case errors.Is(err, io.EOF):
			return rows, columns, nil
		case err != nil:
			return bad("The file cannot be read: %s.", err)
		case len(rows) == mostPeople:
			return bad("The file has more than %d rows. Send it in parts.", mostPeople)
		}
		rows = append(rows, row)
	}
}
