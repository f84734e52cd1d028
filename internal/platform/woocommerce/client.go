package woocommerce

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"tributary/internal/platform"
	"tributary/internal/platform/wire"
)

// Client reads orders and keeps coupons over a store's REST API (wc/v3). A store's address is a
// merchant's word, so it is called with care: no private address behind the
// name, no redirect followed, an answer of limited size and time, and keys never
// over a line that is not encrypted. It is safe for concurrent use.
type Client struct {
	http  *http.Client
	agent string
	plain bool // private addresses, too, and keys over plain http
	now   func() time.Time

	ways sync.Map // Access → way: how a store took the keys last
}

// Access is a store's address and its REST keys.
type Access struct{ BaseURL, Key, Secret string }

const (
	restTimeout = 30 * time.Second
	maxAnswer   = 4 << 20
	perPage     = 100 // the store's own limit
)

// NewClient makes a Client. development also lets it call stores at private
// addresses and over plain http.
func NewClient(version string, development bool) *Client {
	c := &Client{agent: "Tributary/" + version, plain: development, now: time.Now}
	c.http = &http.Client{Timeout: restTimeout, Transport: platform.CarefulTransport(development, restTimeout), CheckRedirect: platform.NoRedirect}
	return c
}

// Error is an answer that is not what was asked for, or none. It never shows a
// key.
type Error struct {
	What       string        // what was asked for, and of whom
	Status     int           // of the answer; 0: there was none
	Code       string        // WooCommerce's own, or ours: "no_answer", "not_json", "redirected", "too_large", "not_allowed", "unexpected"
	Reason     string        // for people
	RetryAfter time.Duration // the store asked for; 0: it did not
	cause      error
}

func (e *Error) Error() string { return e.What + ": " + e.Reason }

func (e *Error) Unwrap() error { return e.cause }

// Gone tells that the store has no such order any more.
func (e *Error) Gone() bool {
	return e.Status == http.StatusNotFound && strings.HasSuffix(e.Code, "_invalid_id")
}

// OfOrder tells that the trouble is with this order; with others it may go well.
func (e *Error) OfOrder() bool { return e.Gone() || e.Code == "too_large" || e.Code == "unexpected" }

// ReadOrder reads an order and its refunds. An order that is gone is a Read
// without Order and no error. Errors are *Error, or of ctx.
func (c *Client) ReadOrder(ctx context.Context, a Access, id int64) (Read, error) {
	out := Read{OrderID: id}
	path := "orders/" + strconv.FormatInt(id, 10)
	var err error
	if out.Refunds, err = c.list(ctx, a, path+"/refunds"); err == nil {
		out.Order, _, err = c.get(ctx, a, path, nil, '{')
	}
	var e *Error
	if errors.As(err, &e) && e.Gone() {
		return Read{OrderID: id}, nil
	}
	return out, err
}

// list reads all pages of a list as one.
func (c *Client) list(ctx context.Context, a Access, path string) ([]byte, error) {
	return c.listAll(ctx, a, path, nil, maxRefunds)
}

// listAll reads the pages of a list as one, up to most items and what is left of
// the last page.
func (c *Client) listAll(ctx context.Context, a Access, path string, query url.Values, most int) ([]byte, error) {
	var items [][]byte
	for page := 1; ; page++ {
		part, pages, err := c.page(ctx, a, path, query, page)
		if err != nil {
			return nil, err
		}
		for _, p := range part {
			items = append(items, p)
		}
		if page >= pages || page*perPage >= most {
			return append(append([]byte{'['}, bytes.Join(items, []byte{','})...), ']'), nil
		}
	}
}

// page reads one page of a list, and how many there are.
func (c *Client) page(ctx context.Context, a Access, path string, query url.Values, n int) (items []json.RawMessage, pages int, err error) {
	q := url.Values{"per_page": {strconv.Itoa(perPage)}, "page": {strconv.Itoa(n)}}
	for k, v := range query {
		q[k] = v
	}
	body, h, err := c.get(ctx, a, path, q, '[')
	if err != nil {
		return nil, 0, err
	}
	if err := json.Unmarshal(body, &items); err != nil {
		return nil, 0, &Error{What: what(a, path), Code: "unexpected", Reason: "the store's list cannot be read", cause: err}
	}
	pages, _ = strconv.Atoi(h.Get("X-WP-TotalPages"))
	return items, pages, nil
}

// get reads one JSON document that begins with first.
func (c *Client) get(ctx context.Context, a Access, path string, query url.Values, first byte) ([]byte, http.Header, error) {
	return c.do(ctx, a, http.MethodGet, path, query, nil, first)
}

// do sends a request, with a JSON body or without, and reads one JSON document
// that begins with first. It is sent once, and again only to be let in another
// way: a store that knows no key has done nothing. What a store did with a
// request that was not answered has to be looked up.
func (c *Client) do(ctx context.Context, a Access, method, path string, query url.Values, content []byte, first byte) ([]byte, http.Header, error) {
	return c.call(ctx, a, "wc/v3", method, path, query, content, first)
}

// call is do in one of the store's namespaces.
func (c *Client) call(ctx context.Context, a Access, namespace, method, path string, query url.Values, content []byte, first byte) ([]byte, http.Header, error) {
	e := &Error{What: what(a, path)}
	u, err := url.Parse(a.BaseURL)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		e.Code, e.Reason = "not_allowed", "the store's address must begin with https:// to be called with its keys"
		return nil, nil, e
	}
	u = u.JoinPath("wp-json", namespace, path)
	ways := c.waysOf(a, u)
	for i, w := range ways {
		doc, h, err := c.once(ctx, a, w, method, *u, query, content, first, *e)
		var no *Error
		unseen := errors.As(err, &no) && no.Status == http.StatusUnauthorized && no.Code != codeWrongKey
		if unseen && i < len(ways)-1 {
			continue
		}
		if unseen {
			c.ways.Delete(a)
		} else if err == nil {
			c.ways.Store(a, w)
		}
		return doc, h, err
	}
	return nil, nil, e // there is one way at least
}

// once sends a request with the keys in one way.
func (c *Client) once(ctx context.Context, a Access, w way, method string, u url.URL, query url.Values, content []byte, first byte, about Error) ([]byte, http.Header, error) {
	e := &about
	query = w.sign(a, method, &u, query, c.now())
	u.RawQuery = encodeQuery(query)
	req, err := http.NewRequestWithContext(ctx, method, u.String(), bytes.NewReader(content))
	if err != nil {
		e.Code, e.Reason, e.cause = "not_allowed", "the store's address cannot be called", err
		return nil, nil, e
	}
	if content != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if w == byHeader {
		req.SetBasicAuth(a.Key, a.Secret)
	}
	req.Header.Set("Accept", "application/json")
	return c.answer(req, first, e)
}

// answer sends a request and reads one JSON document that begins with first.
// What is wrong is written into e.
func (c *Client) answer(req *http.Request, first byte, e *Error) ([]byte, http.Header, error) {
	ctx := req.Context()
	req.Header.Set("User-Agent", c.agent)
	res, err := c.http.Do(req)
	if err != nil {
		if ctx.Err() != nil {
			return nil, nil, ctx.Err()
		}
		// The error's own text has the address in it, and that may have the keys.
		if u := (*url.Error)(nil); errors.As(err, &u) {
			err = u.Err
		}
		e.Code, e.Reason, e.cause = "no_answer", "the store does not answer", err
		if errors.Is(err, platform.ErrPrivate) {
			e.Code, e.Reason = "not_allowed", "the store's name leads to a private address"
		}
		return nil, nil, e
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer+1))
	e.Status = res.StatusCode
	e.RetryAfter = retryAfter(res.Header.Get("Retry-After"))
	switch {
	case err != nil && ctx.Err() != nil:
		return nil, nil, ctx.Err()
	case err != nil:
		e.Code, e.Reason, e.cause = "no_answer", "the store's answer broke off", err
	case len(body) > maxAnswer:
		e.Code, e.Reason = "too_large", fmt.Sprintf("the store's answer is larger than %d MiB", maxAnswer>>20)
	case res.StatusCode >= 300 && res.StatusCode < 400:
		e.Code, e.Reason = "redirected", "the store answers with a redirect"
		if to, err := res.Location(); err == nil {
			e.Reason += " to " + to.Scheme + "://" + to.Host + "; connect it with the address that it uses"
		}
	default:
		doc := document(body)
		if doc == nil {
			e.Code, e.Reason = "not_json", fmt.Sprintf("the store answers %d with something that is not JSON, as firewalls and broken plugins do", res.StatusCode)
		} else if res.StatusCode != http.StatusOK && res.StatusCode != http.StatusCreated {
			e.refused(doc)
		} else if doc[0] == first {
			return doc, res.Header, nil
		} else {
			e.Code, e.Reason = "unexpected", "the store answers with another kind of document"
		}
	}
	return nil, nil, e
}

// what names a request without anything secret.
func what(a Access, path string) string {
	host := "a store"
	if u, err := url.Parse(a.BaseURL); err == nil && u.Host != "" {
		host = u.Host
	}
	return host + ", " + path
}

// refused reads WooCommerce's own error document.
func (e *Error) refused(doc []byte) {
	var code, message wire.Raw
	r := wire.Open(doc)
	if r.Object() {
		for r.Next() {
			switch r.Name() {
			case "code":
				code = r.Value()
			case "message":
				message = r.Value()
			default:
				r.Skip()
			}
		}
	}
	_ = r.Close() // it is JSON: document made sure
	e.Code, e.Reason = code.Text(), fmt.Sprintf("the store answers %d %s: %s", e.Status, code.Text(), message.Text())
}

// document finds the JSON object or list in an answer; nil when there is none.
// A byte order mark, and what a plugin printed before it, are passed over.
func document(body []byte) []byte {
	const tries = 16
	for rest, n := body, 0; n < tries; n++ {
		i := bytes.IndexAny(rest, "{[")
		if i < 0 {
			return nil
		}
		if rest = rest[i:]; json.Valid(rest) {
			return bytes.TrimSpace(rest)
		}
		rest = rest[1:]
	}
	return nil
}

// retryAfter reads the header in either form, at most a day.
func retryAfter(v string) time.Duration {
	const longest = 24 * time.Hour
	if n, err := strconv.Atoi(v); err == nil {
		return time.Duration(min(max(n, 0), int(longest.Seconds()))) * time.Second
	}
	if t, err := http.ParseTime(v); err == nil {
		return min(max(time.Until(t), 0), longest)
	}
	return 0
}
