// Package social is what the connectors to social platforms share: what they
// read of posts, how they fail, and one careful way to ask over HTTP.
package social

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Auth is how a shop is known to a platform.
type Auth struct {
	Token     string // API key or access token; secret
	AccountID string // Instagram: the business account that asks
}

// Reading is what a platform says of a post. Nil numbers are not told. A post
// that the platform does not know, or does not show, has a Status and nothing
// else.
type Reading struct {
	ID     string
	Status string // "", "deleted", "private"
	Likes, Comments, Shares, Saves, Views,
	Followers *int64
	Author          string
	Caption         string
	PublishedAt     time.Time
	PaidPartnership bool
	Evidence        string // hex sha256 of the raw answer
}

// Found is a post that a search for a hashtag found.
type Found struct {
	ID, URL, Author, Caption string
	PublishedAt              time.Time
}

// Kind is why a platform did not answer.
type Kind string

// The kinds.
const (
	Quota        Kind = "quota"        // asked too often; later it will answer
	Unauthorized Kind = "unauthorized" // the token is wrong or ended; a person must act
	Unavailable  Kind = "unavailable"  // it does not answer, or not in the words of its document
)

// Error is a failed request. It never holds the token.
type Error struct {
	Kind   Kind
	Status int    // HTTP; 0: no answer came
	Msg    string // the platform's
}

func (e *Error) Error() string {
	return strings.TrimSpace(fmt.Sprintf("%s: HTTP %d %s", e.Kind, e.Status, e.Msg))
}

// KindOf is the kind of a connector's error.
func KindOf(err error) Kind {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return Unavailable
}

const (
	timeout = 15 * time.Second
	maxBody = 4 << 20
)

var client = &http.Client{Timeout: timeout, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}

// Get asks base+path and returns the body of a 200. Any other status is passed
// to failed, which makes an error of it; nil means that the body is returned all
// the same.
func Get(ctx context.Context, base, path string, q url.Values, failed func(status int, body []byte) *Error) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSuffix(base, "/")+path+"?"+q.Encode(), nil)
	if err != nil {
		return nil, &Error{Kind: Unavailable, Msg: "the address of the platform cannot be used"}
	}
	req.Header.Set("Accept", "application/json")
	res, err := client.Do(req)
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		var ue *url.Error
		if errors.As(err, &ue) { // its text holds the address, and that the token
			err = ue.Err
		}
		return nil, &Error{Kind: Unavailable, Msg: err.Error()}
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, maxBody+1))
	switch {
	case err != nil:
		return nil, &Error{Kind: Unavailable, Status: res.StatusCode, Msg: "the answer ended early"}
	case len(body) > maxBody:
		return nil, &Error{Kind: Unavailable, Status: res.StatusCode, Msg: "the answer is larger than 4 MiB"}
	case res.StatusCode != http.StatusOK:
		if e := failed(res.StatusCode, body); e != nil {
			return nil, e
		}
	}
	return body, nil
}

// Decode reads a platform's answer.
func Decode(body []byte, into any) error {
	if err := json.Unmarshal(body, into); err != nil {
		return &Error{Kind: Unavailable, Status: http.StatusOK, Msg: "the answer is not what its document says"}
	}
	return nil
}

// Clip shortens what a platform says to what is worth keeping.
func Clip(s string) string {
	s = strings.ToValidUTF8(s, "")
	if len(s) > 200 {
		s = strings.ToValidUTF8(s[:200], "")
	}
	return s
}

// HasTag tells whether a text has a hashtag, folded and without its #, as a
// whole word.
func HasTag(text, tag string) bool {
	for _, word := range strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return strings.ContainsRune(" \t\r\n,.;:!?()\"'", r) }) {
		for _, part := range strings.Split(word, "#")[1:] {
			if part == tag {
				return true
			}
		}
	}
	return false
}
