// Package errs is the one kind of error that reaches people. Everything else
// is an internal error to them and a log line to us.
package errs

import "errors"

// Kind decides the HTTP status and the exit code.
type Kind uint8

// The kinds.
const (
	Invalid      Kind = iota + 1 // the request is wrong: 422
	NotFound                     // 404
	Conflict                     // 409
	Unauthorized                 // 401
	Forbidden                    // 403
	Unavailable                  // 503, try again
	TooLarge                     // 413
	TooMany                      // 429
	BadRequest                   // 400: headers or syntax
)

// Error says what is wrong, where, and what to do, in words for people.
type Error struct {
	Kind   Kind
	Code   string // stable, snake_case, for machines: "agreement_not_signed"
	Msg    string
	Fields []Field // every field error, not only the first
}

// Field is one wrong field of the request.
type Field struct {
	Path string // "terms.components[0].rate_bps"
	Msg  string
}

func (e *Error) Error() string {
	s := e.Msg
	for _, f := range e.Fields {
		s += "; " + f.Path + ": " + f.Msg
	}
	return s
}

// New makes an Error.
func New(k Kind, code, msg string, fields ...Field) *Error {
	return &Error{Kind: k, Code: code, Msg: msg, Fields: fields}
}

// As returns the Error in err's chain, or nil.
func As(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return nil
}
