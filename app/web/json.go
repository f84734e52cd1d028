package web

import (
	"encoding/base64"
	"encoding/json"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"tributary/internal/domain/money"
	"tributary/internal/errs"
	"tributary/internal/store"
)

// Money is an exact amount.
type Money struct {
	Amount   string `json:"amount" doc:"Decimal, with exactly the currency's decimals" example:"19.90"`
	Currency string `json:"currency" doc:"ISO 4217" example:"USD"`
}

func asMoney(minor int64, currency string) Money {
	return Money{Amount: money.Format(minor, money.Currency(currency)), Currency: currency}
}

// JSON is a document that is passed through as it is.
type JSON json.RawMessage

// MarshalJSON writes the document.
func (j JSON) MarshalJSON() ([]byte, error) { return json.RawMessage(j).MarshalJSON() }

// UnmarshalJSON keeps the document.
func (j *JSON) UnmarshalJSON(b []byte) error { return (*json.RawMessage)(j).UnmarshalJSON(b) }

// Schema says that any object may stand here.
func (JSON) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeObject, AdditionalProperties: true}
}

var _ huma.SchemaProvider = JSON{}

// Optional is a field of a change: absent leaves it as it is.
type Optional[T any] struct {
	Value *T
}

// UnmarshalJSON keeps the value.
func (o *Optional[T]) UnmarshalJSON(b []byte) error {
	o.Value = new(T)
	return json.Unmarshal(b, o.Value)
}

// Schema is that of the value.
func (Optional[T]) Schema(r huma.Registry) *huma.Schema {
	return r.Schema(reflect.TypeFor[T](), true, "")
}

// List is one page of a list.
type List[T any] struct {
	Data       []T    `json:"data"`
	NextCursor string `json:"next_cursor,omitempty" doc:"Send it as cursor to get the next page; absent on the last one"`
}

// PageIn is how every list is asked for a page.
type PageIn struct {
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"Most rows to return"`
	Cursor string `query:"cursor" maxLength:"200" doc:"next_cursor of the page before"`
}

func (p PageIn) page() (store.Page, error) {
	out := store.Page{Limit: p.Limit}
	if p.Cursor == "" {
		return out, nil
	}
	b, err := base64.RawURLEncoding.DecodeString(p.Cursor)
	major, minor, ok := strings.Cut(string(b), ".")
	var err1, err2 error
	out.After.Major, err1 = strconv.ParseInt(major, 36, 64)
	out.After.Minor, err2 = strconv.ParseInt(minor, 36, 64)
	if err != nil || !ok || err1 != nil || err2 != nil {
		return out, errs.New(errs.Invalid, "invalid_cursor", "This cursor is none of ours. Start again without one.",
			errs.Field{Path: "query.cursor", Msg: "is none of ours"})
	}
	return out, nil
}

// listOf turns rows and the cursor after them into a page.
func listOf[R, T any](rows []R, next *store.Cursor, as func(*R) T) List[T] {
	l := List[T]{Data: make([]T, 0, len(rows))}
	for i := range rows {
		l.Data = append(l.Data, as(&rows[i]))
	}
	if next != nil {
		l.NextCursor = base64.RawURLEncoding.EncodeToString([]byte(strconv.FormatInt(next.Major, 36) + "." + strconv.FormatInt(next.Minor, 36)))
	}
	return l
}

func utc(t *time.Time) *time.Time {
	if t == nil || t.IsZero() {
		return nil
	}
	u := t.UTC()
	return &u
}

func utcOrNil(t time.Time) *time.Time { return utc(&t) }

// IDIn is the id in a path.
type IDIn struct {
	ID string `path:"id" maxLength:"64"`
}

// TimesIn narrows a list to a half-open interval.
type TimesIn struct {
	From time.Time `query:"from" doc:"RFC 3339; from this instant on"`
	To   time.Time `query:"to" doc:"RFC 3339; before this instant"`
}

// triState reads a filter that may be left out.
func triState(s string) *bool {
	if s == "" {
		return nil
	}
	b := s == "true"
	return &b
}
