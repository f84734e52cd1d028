package errs

import (
	"strings"
	"unicode/utf8"
)

// Wrong collects every wrong field of a request. The zero value is ready.
type Wrong []Field

// When notes the field if bad.
func (w *Wrong) When(bad bool, path, msg string) {
	if bad {
		*w = append(*w, Field{Path: path, Msg: msg})
	}
}

// Text trims s and checks its length in characters.
func (w *Wrong) Text(path, s string, atLeast, atMost int) string {
	s = strings.TrimSpace(s)
	n := utf8.RuneCountInString(s)
	switch {
	case !utf8.ValidString(s) || strings.ContainsRune(s, 0):
		w.When(true, path, "must be text")
	case n < atLeast:
		w.When(true, path, "must not be empty")
	case n > atMost:
		w.When(true, path, "is too long")
	}
	return s
}

// Err is an error of kind Invalid with all fields; nil when there are none.
func (w Wrong) Err(code, msg string) error {
	if len(w) == 0 {
		return nil
	}
	return New(Invalid, code, msg, w...)
}
