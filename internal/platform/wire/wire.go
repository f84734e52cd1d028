// Package wire reads JSON from strangers: it takes what is needed from a body,
// passes over everything else whatever its type, and says precisely which
// needed field could not be understood.
//
// It has a scanner of its own because most of a platform's order is of no
// interest: what is passed over is only checked for balanced brackets and
// quotes, which takes a third of the time of reading it all. What is read
// obeys RFC 8259, except that strings may hold raw control characters and
// invalid UTF-8, and that of repeated names the last one counts.
package wire

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"unsafe"

	"tributary/internal/errs"
)

// Reader walks one JSON document. The values it hands out are parts of the body
// it was opened on: they are valid as long as that is not changed, and keep all
// of it alive. Raw.Text and Raw.Currency give what can be kept. After the first
// syntax error every method is a no-op and Close tells.
type Reader struct {
	s     string
	i     int
	err   error
	name  string
	depth int
	fresh bool // nothing has been read of the innermost container yet
	kinds [maxDepth]byte
}

const (
	maxDepth   = 32  // of what is entered
	maxNesting = 512 // of what is passed over; PHP's own limit
)

var readers = sync.Pool{New: func() any { return new(Reader) }}

// Open starts reading body. A byte order mark before it is forgiven.
func Open(body []byte) *Reader {
	r := readers.Get().(*Reader)
	// The body is only read, and Raw's methods copy what outlives it.
	r.s = unsafe.String(unsafe.SliceData(body), len(body)) //nolint:gosec // see above; saves copying every body
	r.i, r.depth, r.fresh = 0, 0, false
	if len(r.s) >= 3 && r.s[:3] == "\ufeff" {
		r.i = 3
	}
	return r
}

// Close gives the Reader back and returns the syntax error, if there was one;
// anything after the document is one too.
func (r *Reader) Close() error {
	if r.err == nil {
		r.space()
		if r.i != len(r.s) {
			r.fail("something after the end")
		}
	}
	err := r.err
	r.s, r.name, r.err = "", "", nil
	readers.Put(r)
	if err == nil {
		return nil
	}
	return errs.New(errs.Invalid, "payload_not_json", "The delivery's body is not JSON: "+err.Error()+".")
}

// Object enters an object. It reports false, having passed over the value, when
// there is none: null, or something else.
func (r *Reader) Object() bool { return r.begin('{') }

// List enters a list. A JSON object counts as the list of its values, because
// PHP writes a list with gaps as one. It reports false, having passed over the
// value, when there is no list.
func (r *Reader) List() bool {
	if r.peek() == '{' {
		return r.begin('{')
	}
	return r.begin('[')
}

// Needed is List for a list that must not be overlooked: when something else
// than a list or null stands there, p hears of it.
func (r *Reader) Needed(p *Problems, path string) bool {
	switch r.peek() {
	case '[', '{', 'n', 0:
		return r.List()
	}
	if v := r.Value(); r.err == nil && !v.Missing() {
		p.Add(path, v.Describe("a list"))
	}
	return false
}

// Next reports whether the entered object has another member. If so, Name is
// its name and the caller must read or skip its value.
func (r *Reader) Next() bool {
	if !r.more() {
		return false
	}
	r.name = r.member()
	return r.err == nil
}

// Name is the name of the member that Next came to.
func (r *Reader) Name() string { return r.name }

// Item reports whether the entered list has another item, which the caller must
// then read or skip.
func (r *Reader) Item() bool {
	if !r.more() {
		return false
	}
	if r.kinds[r.depth-1] == '{' {
		r.member()
	}
	return r.err == nil
}

// Value reads the next value as it stands.
func (r *Reader) Value() Raw {
	r.space()
	start := r.i
	r.skip()
	if r.err != nil {
		return ""
	}
	return Raw(r.s[start:r.i])
}

// Skip passes over the next value.
func (r *Reader) Skip() {
	r.space()
	r.skip()
}

func (r *Reader) begin(kind byte) bool {
	if r.peek() != kind {
		r.skip()
		return false
	}
	if r.depth == maxDepth {
		r.fail("nested too deeply")
		return false
	}
	r.kinds[r.depth] = kind
	r.depth++
	r.i++
	r.fresh = true
	return true
}

// more comes to the next member or item, or leaves the container.
func (r *Reader) more() bool {
	c := r.peek()
	if r.err != nil || r.depth == 0 {
		return false
	}
	if c == r.kinds[r.depth-1]+2 { // '{' + 2 is '}', '[' + 2 is ']'
		r.i++
		r.depth--
		r.fresh = false
		return false
	}
	if !r.fresh {
		if c != ',' {
			r.fail("a comma is missing")
			return false
		}
		r.i++
	}
	r.fresh = false
	return true
}

// member reads a name and its colon.
func (r *Reader) member() string {
	if r.peek() != '"' {
		r.fail("a name is missing")
		return ""
	}
	start := r.i
	escaped := r.quoted()
	if r.err != nil {
		return ""
	}
	name := r.s[start+1 : r.i-1]
	if escaped {
		name = Raw(r.s[start:r.i]).content()
	}
	if r.peek() != ':' {
		r.fail("a colon is missing")
		return ""
	}
	r.i++
	return name
}

// peek is the first byte of what comes next, 0 at the end and after an error.
func (r *Reader) peek() byte {
	if r.i < len(r.s) && r.s[r.i] > ' ' {
		return r.s[r.i] // stores seldom send spaces
	}
	r.spaces()
	if r.i >= len(r.s) {
		return 0
	}
	return r.s[r.i]
}

func (r *Reader) space() {
	if r.i < len(r.s) && r.s[r.i] <= ' ' {
		r.spaces()
	}
}

func (r *Reader) spaces() {
	for r.i < len(r.s) {
		switch r.s[r.i] {
		case ' ', '\n', '\r', '\t':
			r.i++
		default:
			return
		}
	}
}

// skip passes over the value that begins here.
func (r *Reader) skip() {
	if r.err != nil {
		return
	}
	r.fresh = false
	if r.i >= len(r.s) {
		r.fail("it ends too early")
		return
	}
	switch c := r.s[r.i]; c {
	case '"':
		r.quoted()
	case '{', '[':
		r.nested()
	case 't':
		r.literal("true")
	case 'f':
		r.literal("false")
	case 'n':
		r.literal("null")
	default:
		r.number()
	}
}

// quoted passes over a string and reports whether it has escapes.
func (r *Reader) quoted() (escaped bool) {
	s := r.s
	for i := r.i + 1; i < len(s); i++ {
		switch s[i] {
		case '"':
			r.i = i + 1
			return escaped
		case '\\':
			escaped = true
			i++
		}
	}
	r.fail("a string does not end")
	return escaped
}

// nested passes over an object or a list, matching brackets.
func (r *Reader) nested() {
	var open [maxNesting / 64]uint64 // one bit for each level: 1 is an object
	level := -1
	s := r.s
	for i := r.i; i < len(s); i++ {
		switch c := s[i]; c {
		case '"':
			for i++; i < len(s) && s[i] != '"'; i++ {
				if s[i] == '\\' {
					i++
				}
			}
		case '{', '[':
			if level++; level == maxNesting {
				r.i = i
				r.fail("nested too deeply")
				return
			}
			bit := uint64(1) << (level & 63)
			if c == '{' {
				open[level>>6] |= bit
			} else {
				open[level>>6] &^= bit
			}
		case '}', ']':
			if object := open[level>>6]>>(level&63)&1 == 1; object != (c == '}') {
				r.i = i
				r.fail("brackets do not match")
				return
			}
			if level--; level < 0 {
				r.i = i + 1
				return
			}
		}
	}
	r.i = len(s)
	r.fail("it ends too early")
}

func (r *Reader) literal(want string) {
	if len(r.s)-r.i < len(want) || r.s[r.i:r.i+len(want)] != want {
		r.fail("a value is missing")
		return
	}
	r.i += len(want)
}

// number passes over -?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?
func (r *Reader) number() {
	i, s := r.i, r.s
	digits := func() bool {
		from := i
		for i < len(s) && s[i] >= '0' && s[i] <= '9' {
			i++
		}
		return i > from
	}
	if s[i] == '-' {
		i++
	}
	whole := i
	ok := digits() && (s[whole] != '0' || i == whole+1)
	if ok && i < len(s) && s[i] == '.' {
		i++
		ok = digits()
	}
	if ok && i < len(s) && (s[i] == 'e' || s[i] == 'E') {
		i++
		if i < len(s) && (s[i] == '+' || s[i] == '-') {
			i++
		}
		ok = digits()
	}
	if !ok {
		r.fail("a value is missing")
		return
	}
	r.i = i
}

// fail notes the first error and leaves nothing more to read.
func (r *Reader) fail(why string) {
	if r.err == nil {
		r.err = errors.New(why + fmt.Sprintf(", at byte %d of %d", r.i, len(r.s)))
	}
	r.i = len(r.s)
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
	return errs.New(errs.Invalid, "payload_unreadable", "The "+what+" cannot be read", p.fields...)
}
