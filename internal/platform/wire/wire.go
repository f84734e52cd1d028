// Package wire reads JSON from strangers: it takes what is needed from a body,
// skips everything else whatever its type, and says precisely which needed
// field could not be understood.
package wire

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"

	"github.com/go-json-experiment/json/jsontext"

	"tributary/internal/errs"
)

// Reader walks one JSON document. Values it hands out stay valid after it is
// closed, and keep the whole body alive: strings.Clone what is kept for long.
// After the first syntax error every method is a no-op and Err tells.
type Reader struct {
	dec  jsontext.Decoder
	buf  bytes.Buffer
	text string
	name string
	err  error
}

var readers = sync.Pool{New: func() any { return new(Reader) }}

// Open starts reading body. A byte order mark before it is forgiven.
func Open(body []byte) *Reader {
	r := readers.Get().(*Reader)
	r.text = strings.TrimPrefix(string(body), "\ufeff")
	r.buf = *bytes.NewBuffer(body[len(body)-len(r.text):])
	// A repeated name is not worth refusing an order for: the last one counts.
	r.dec.Reset(&r.buf, jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	r.err = nil
	return r
}

// Close gives the Reader back and returns the syntax error, if there was one;
// anything after the document is one too.
func (r *Reader) Close() error {
	if r.err == nil {
		if _, err := r.dec.ReadToken(); err != io.EOF {
			r.err = fmt.Errorf("more than one JSON value")
		}
	}
	err := r.err
	r.text, r.name, r.buf, r.err = "", "", bytes.Buffer{}, nil
	readers.Put(r)
	if err == nil {
		return nil
	}
	return errs.New(errs.Invalid, "payload_not_json", "the delivery's body is not JSON: "+err.Error())
}

// Object enters an object. It reports false, having skipped the value, when
// there is none: null, or something else.
func (r *Reader) Object() bool { return r.begin(jsontext.KindBeginObject) }

// List enters a list. A JSON object counts as the list of its values, because
// PHP writes a list with gaps as one. It reports false, having skipped the
// value, when there is no list.
func (r *Reader) List() bool {
	if r.err == nil && r.dec.PeekKind() == jsontext.KindBeginObject {
		return r.Object()
	}
	return r.begin(jsontext.KindBeginArray)
}

// Needed is List for a list that must not be overlooked: when something else
// than a list or null stands there, p hears of it.
func (r *Reader) Needed(p *Problems, path string) bool {
	if r.err != nil {
		return false
	}
	switch r.dec.PeekKind() {
	case jsontext.KindBeginArray, jsontext.KindBeginObject, jsontext.KindNull, 0:
	default:
		p.Add(path, "want a list, got "+r.Value().describe())
		return false
	}
	return r.List()
}

func (r *Reader) begin(k jsontext.Kind) bool {
	if r.err != nil {
		return false
	}
	if r.dec.PeekKind() != k {
		r.Skip()
		return false
	}
	_, r.err = r.dec.ReadToken()
	return r.err == nil
}

// Next reports whether the entered object has another member. If so, Name is
// its name and the caller must read or skip its value.
func (r *Reader) Next() bool {
	if !r.more() {
		return false
	}
	r.name = r.Value().content()
	return r.err == nil
}

// Name is the name of the member that Next came to.
func (r *Reader) Name() string { return r.name }

// Item reports whether the entered list has another item, which the caller
// must then read or skip.
func (r *Reader) Item() bool {
	if !r.more() {
		return false
	}
	if k, n := r.dec.StackIndex(r.dec.StackDepth()); k == jsontext.KindBeginObject && n%2 == 0 {
		r.Skip() // the name
	}
	return r.err == nil
}

func (r *Reader) more() bool {
	if r.err != nil {
		return false
	}
	switch r.dec.PeekKind() {
	case jsontext.KindEndObject, jsontext.KindEndArray:
		_, r.err = r.dec.ReadToken()
		return false
	}
	return true
}

// Value reads the next value as it stands.
func (r *Reader) Value() Raw {
	if r.err != nil {
		return ""
	}
	v, err := r.dec.ReadValue()
	if err != nil {
		r.err = err
		return ""
	}
	end := r.dec.InputOffset()
	return Raw(r.text[int(end)-len(v) : end])
}

// Skip passes over the next value.
func (r *Reader) Skip() {
	if r.err == nil {
		r.err = r.dec.SkipValue()
	}
}

// Problems collects everything that is wrong with a payload.
type Problems struct {
	fields []errs.Field
}

const maxProblems = 20

// Add notes that the field at path is wrong.
func (p *Problems) Add(path, msg string) {
	if f := (errs.Field{Path: path, Msg: msg}); len(p.fields) < maxProblems && !slices.Contains(p.fields, f) {
		p.fields = append(p.fields, f)
	}
}

// Err is nil when there was none.
func (p *Problems) Err(what string) error {
	if len(p.fields) == 0 {
		return nil
	}
	return errs.New(errs.Invalid, "payload_unreadable", "the "+what+" cannot be read", p.fields...)
}
