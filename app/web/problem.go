package web

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/labstack/echo/v4"

	"tributary/internal/errs"
	"tributary/internal/store"
)

// Problem is how every error leaves: RFC 9457, as application/problem+json.
type Problem struct {
	Type      string         `json:"type" doc:"URN of the kind of problem; ends with the code" example:"urn:tributary:problem:agreement_not_signed"`
	Title     string         `json:"title" doc:"The HTTP status in words" example:"Conflict"`
	Status    int            `json:"status" doc:"The HTTP status" example:"409"`
	Code      string         `json:"code" doc:"Stable name of the problem, for programs" example:"agreement_not_signed"`
	Detail    string         `json:"detail" doc:"What is wrong and what to do, for people"`
	Errors    []ProblemField `json:"errors,omitempty" doc:"Every field that is wrong"`
	RequestID string         `json:"request_id,omitempty" doc:"Names this request in the server's log"`

	cause error
}

// ProblemField is one wrong field of the request.
type ProblemField struct {
	Field   string `json:"field" doc:"Path of the field in the request" example:"terms.components[0].rate_bps"`
	Message string `json:"message"`
}

// Error makes Problem an error for huma.
func (p *Problem) Error() string { return p.Detail }

// GetStatus is for huma.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType is for huma.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

// status of each kind of error.
var status = map[errs.Kind]int{
	errs.Invalid:      http.StatusUnprocessableEntity,
	errs.NotFound:     http.StatusNotFound,
	errs.Conflict:     http.StatusConflict,
	errs.Unauthorized: http.StatusUnauthorized,
	errs.Forbidden:    http.StatusForbidden,
	errs.Unavailable:  http.StatusServiceUnavailable,
	errs.TooLarge:     http.StatusRequestEntityTooLarge,
	errs.TooMany:      http.StatusTooManyRequests,
	errs.BadRequest:   http.StatusBadRequest,
}

// problemOf turns any error into what the caller may see of it.
func problemOf(ctx context.Context, err error) *Problem {
	if p := (*Problem)(nil); errors.As(err, &p) {
		return p
	}
	e := errs.As(err)
	var he *echo.HTTPError
	switch {
	case e != nil:
	case errors.As(err, &he):
		return newProblem(ctx, he.Code, codeOf(he.Code), sentenceOf(he.Code), err)
	case store.IsNotFound(err):
		e = errs.New(errs.NotFound, "not_found", "There is no such thing in this shop.")
	case store.IsUnavailable(err), errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		e = errs.New(errs.Unavailable, "unavailable", "The server is too busy to answer this now. Try again in a moment.")
	default:
		return newProblem(ctx, http.StatusInternalServerError, "internal", "Internal error.", err)
	}
	code, ok := status[e.Kind]
	if !ok {
		code = http.StatusInternalServerError
	}
	p := newProblem(ctx, code, e.Code, e.Msg, err)
	for _, f := range e.Fields {
		p.Errors = append(p.Errors, ProblemField{Field: f.Path, Message: f.Msg})
	}
	return p
}

// newProblem makes a problem and notes its cause for the request's log line.
func newProblem(ctx context.Context, status int, code, detail string, cause error) *Problem {
	p := &Problem{Type: "urn:tributary:problem:" + code, Title: http.StatusText(status), Status: status, Code: code, Detail: detail, cause: cause}
	if v := visitFrom(ctx); v != nil {
		p.RequestID = v.id
		v.err = cause
		if v.err == nil {
			v.err = p
		}
	}
	return p
}

// writeProblem answers a request outside huma with err.
func writeProblem(c echo.Context, err error) {
	p := problemOf(c.Request().Context(), err)
	if c.Response().Committed {
		return
	}
	h := c.Response().Header()
	h.Set("Content-Type", "application/problem+json")
	h.Set("Cache-Control", "no-store")
	headersFor(h, p.Status)
	c.Response().WriteHeader(p.Status)
	if c.Request().Method != http.MethodHead {
		_ = json.NewEncoder(c.Response()).Encode(p) // the client may be gone
	}
}

// headersFor sets what belongs to a status beside the problem.
func headersFor(h http.Header, status int) {
	switch status {
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		if h.Get("Retry-After") == "" {
			h.Set("Retry-After", strconv.Itoa(1))
		}
	case http.StatusRequestEntityTooLarge:
		h.Set("Connection", "close") // answer now: nobody wants to read the rest first
	case http.StatusUnauthorized:
		h.Set("WWW-Authenticate", `Bearer realm="tributary"`)
	}
}

// codeOf names the plain HTTP errors of the router and of huma.
func codeOf(status int) string {
	switch status {
	case http.StatusBadRequest:
		return "malformed_request"
	case http.StatusUnprocessableEntity:
		return "invalid_request"
	case http.StatusRequestEntityTooLarge:
		return "body_too_large"
	}
	return strings.ReplaceAll(strings.ToLower(http.StatusText(status)), " ", "_")
}

func sentenceOf(status int) string {
	switch status {
	case http.StatusNotFound:
		return "There is nothing at this address. GET /api/docs lists what there is."
	case http.StatusMethodNotAllowed:
		return "This address does not know that method; the Allow header lists those it does."
	case http.StatusRequestEntityTooLarge:
		return "The request is larger than this address takes."
	case http.StatusUnprocessableEntity:
		return "The request is not valid."
	case http.StatusBadRequest:
		return "The request cannot be read."
	case http.StatusUnsupportedMediaType:
		return "Send the body as JSON, with \"Content-Type: application/json\"."
	}
	return http.StatusText(status) + "."
}

// init makes huma's own errors (of validation, mostly) problems too: huma keeps
// the constructor in a package variable, and this package is its only user.
func init() {
	huma.NewErrorWithContext = func(hc huma.Context, status int, msg string, details ...error) huma.StatusError {
		ctx := context.Background()
		if hc != nil {
			ctx = hc.Context()
		}
		if status >= http.StatusInternalServerError {
			return problemOf(ctx, errors.Join(append([]error{errors.New(msg)}, details...)...))
		}
		detail := sentenceOf(status)
		if status == http.StatusBadRequest && msg != "validation failed" {
			detail = capital(msg)
		}
		p := newProblem(ctx, status, codeOf(status), detail, nil)
		for _, d := range details {
			f := ProblemField{Message: d.Error()}
			if hd, ok := d.(huma.ErrorDetailer); ok {
				f = ProblemField{Field: fieldPath(hd.ErrorDetail().Location), Message: plain(hd.ErrorDetail().Message)}
			}
			p.Errors = append(p.Errors, f)
		}
		return p
	}
	huma.NewError = func(status int, msg string, details ...error) huma.StatusError {
		return huma.NewErrorWithContext(nil, status, msg, details...)
	}
}

// plain says in words what huma says in Go.
func plain(message string) string {
	if strings.HasPrefix(message, "invalid date/time for format") || strings.HasPrefix(message, "expected string to be RFC 3339") {
		return "must be an instant such as 2026-11-01T00:00:00Z"
	}
	return message
}

// fieldPath drops huma's "body." so that its paths look like ours.
func fieldPath(location string) string { return strings.TrimPrefix(location, "body.") }

func capital(s string) string {
	if s == "" {
		return ""
	}
	return strings.ToUpper(s[:1]) + strings.TrimSuffix(s[1:], ".") + "."
}
