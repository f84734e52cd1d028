package shopify

import (
	"bytes"
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	goshopify "github.com/bold-commerce/go-shopify/v4"

	"tributary/internal/platform"
)

//go:embed graphql/*.graphql graphql/fragments/*.graphql
var files embed.FS

// Document is one GraphQL document of graphql/, by its name there, with the
// fragments of graphql/fragments/ that it spreads.
type Document struct {
	Name, Text string
	Mutation   bool
}

// Documents are all that we ever send.
var Documents = func() map[string]Document {
	all := map[string]Document{}
	fragments := texts("graphql/fragments")
	for name, text := range texts("graphql") {
		d := Document{Name: name, Text: text, Mutation: strings.HasPrefix(text, "mutation")}
		for _, f := range slices.Sorted(maps.Keys(fragments)) {
			if strings.Contains(text, "..."+f+"\n") {
				d.Text += fragments[f]
			}
		}
		all[name] = d
	}
	return all
}()

// texts are the files of a folder, by their names without the ending.
func texts(folder string) map[string]string {
	entries, err := files.ReadDir(folder)
	if err != nil {
		panic(err)
	}
	out := map[string]string{}
	for _, e := range entries {
		if e.IsDir() {
			continue
		}
		b, err := files.ReadFile(path.Join(folder, e.Name()))
		if err != nil {
			panic(err)
		}
		out[strings.TrimSuffix(e.Name(), ".graphql")] = string(b)
	}
	return out
}

// Access opens a shop's Admin API.
type Access struct{ Shop, Token string }

// UserError is what Shopify has to say about an input that it refused.
type UserError struct {
	Field   []string `json:"field"`
	Code    string   `json:"code"`
	Message string   `json:"message"`
}

// Refused is an error made of all that Shopify says about an input. Nothing
// was changed.
type Refused struct {
	What   string
	Errors []UserError
}

func (r *Refused) Error() string {
	words := make([]string, len(r.Errors))
	for i, e := range r.Errors {
		words[i] = e.Message
	}
	return r.What + ": Shopify refuses it: " + short(strings.Join(words, " "))
}

// Has reports whether one of the errors has the code.
func (r *Refused) Has(code string) bool {
	for _, e := range r.Errors {
		if e.Code == code {
			return true
		}
	}
	return false
}

// Query sends a document and reads the data of the answer into out. Errors are
// *Error, or of ctx: too many calls are waited for, calls that can be repeated
// are, and waiting never outlasts ctx.
func (a *API) Query(ctx context.Context, to Access, document string, vars map[string]any, out any) error {
	doc, ok := Documents[document]
	if !ok {
		return fmt.Errorf("shopify: there is no document %q", document)
	}
	host, ok := ShopDomain(to.Shop)
	if !ok { // before go-shopify, which can be fooled
		_, err := a.address(to.Shop, "")
		return err
	}
	// One client a call: sharing one is a data race, and making one is cheap.
	c, err := goshopify.NewClient(goshopify.App{}, host, to.Token, goshopify.WithVersion(APIVersion),
		goshopify.WithHTTPClient(&http.Client{Transport: &call{api: a, shop: host, doc: doc}, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}))
	if err != nil {
		return fmt.Errorf("shopify client: %w", err)
	}
	start := time.Now()
	err = c.GraphQL.Query(ctx, doc.Text, vars, out)
	var e *Error
	switch {
	case err == nil:
	case errors.As(err, &e): // out of *url.Error
		err = e
	case ctx.Err() != nil:
		err = ctx.Err()
	case errors.Is(err, context.DeadlineExceeded):
		err = context.DeadlineExceeded
	default:
		err = &Error{Shop: host, What: doc.Name, Status: http.StatusOK, Code: CodeNotJSON, Reason: "Shopify's answer cannot be read", Unknown: doc.Mutation, cause: err}
	}
	a.log.DebugContext(ctx, "shopify", "shop", host, "document", doc.Name, "ms", time.Since(start).Milliseconds(), "err", err)
	return err
}

// call is the transport of one query below go-shopify: it sees whole answers,
// and what it gives upwards has been understood.
type call struct {
	api  *API
	shop string
	doc  Document
}

// RoundTrip sends the request until it is answered, within its context.
func (c *call) RoundTrip(req *http.Request) (*http.Response, error) {
	ctx := req.Context()
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return nil, err
	}
	u, err := c.api.address(c.shop, "/admin/api/"+APIVersion+"/graphql.json")
	if err != nil {
		return nil, err
	}
	b := c.api.budget(c.shop)
	for n := 1; ; n++ {
		taken, err := b.take(ctx, c.doc.Name)
		if err != nil {
			return nil, err
		}
		res, answer, err := c.api.send(ctx, u, req.Header, body, Error{Shop: c.shop, What: c.doc.Name})
		b.landed(taken)
		if err == nil {
			err = c.understand(b, res, answer)
		}
		if err == nil {
			return &http.Response{StatusCode: http.StatusOK, Status: "200 OK", Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: req,
				Header: http.Header{"Content-Type": {"application/json"}, "X-Shopify-Api-Version": {APIVersion}},
				Body:   io.NopCloser(bytes.NewReader(answer)), ContentLength: int64(len(answer))}, nil
		}
		var e *Error
		if !errors.As(err, &e) {
			return nil, err
		}
		e.Unknown = e.Unknown && c.doc.Mutation
		if !e.Again() || e.Unknown || n == maxAttempts {
			return nil, e
		}
		if e.Code == CodeThrottled && e.Status == http.StatusOK {
			continue // the budget knows for how long
		}
		if werr := wait(ctx, n, e.RetryAfter); werr != nil {
			return nil, fmt.Errorf("%w (%w)", werr, e)
		}
	}
}

// understand reads what go-shopify would drop: the state of the budget, error
// codes and paths, the version that answered.
func (c *call) understand(b *budget, res *http.Response, answer []byte) error {
	e := Error{Shop: c.shop, What: c.doc.Name, Status: res.StatusCode, RetryAfter: retryAfter(res.Header.Get("Retry-After"))}
	var in struct {
		Data       json.RawMessage `json:"data"`
		Errors     json.RawMessage `json:"errors"`
		Extensions struct {
			Cost *cost `json:"cost"`
		} `json:"extensions"`
	}
	if err := json.Unmarshal(answer, &in); err != nil {
		e.Code, e.Reason, e.Unknown, e.cause = CodeNotJSON, "Shopify's answer is no object", true, err
		return &e
	}
	if in.Extensions.Cost != nil {
		b.learn(c.doc.Name, *in.Extensions.Cost)
	}
	first := firstError(in.Errors)
	switch res.StatusCode {
	case http.StatusOK:
	case http.StatusUnauthorized:
		e.Code, e.Reason = CodeUnauthorized, "the access token is not accepted any more: the app was uninstalled, or must be opened again in the store's admin"
		return &e
	case http.StatusForbidden:
		e.Code, e.Reason = CodeDenied, "Shopify denies access: "+short(first.Message)
		return &e
	case http.StatusPaymentRequired, http.StatusNotFound, http.StatusLocked:
		e.Code, e.Reason = CodeUnavailable, fmt.Sprintf("the shop is frozen, closed or locked (%d)", res.StatusCode)
		return &e
	default:
		e.Code, e.Reason = "http_"+fmt.Sprint(res.StatusCode), fmt.Sprintf("Shopify answers %d: %s", res.StatusCode, short(first.Message))
		return &e
	}
	if v := res.Header.Get("X-Shopify-Api-Version"); v != "" && v != APIVersion {
		e.Code, e.Reason = CodeVersion, fmt.Sprintf("Shopify answers in API version %s, not %s: this program must be brought up to date", v, APIVersion)
		e.Unknown = true
		return &e
	}
	if first.Message != "" || first.Extensions.Code != "" {
		e.Code, e.Reason, e.Path = first.Extensions.Code, "Shopify answers: "+short(first.Message), fmt.Sprint(first.Path...)
		if e.Code == "" {
			e.Code = "graphql"
		}
		if e.Code == "INTERNAL_SERVER_ERROR" {
			e.Code, e.Unknown = CodeServer, true
		}
		if len(in.Data) > 0 && string(in.Data) != "null" && e.Code != CodeThrottled {
			e.Unknown = true // part of it was done
		}
		return &e
	}
	if len(in.Data) == 0 || string(in.Data) == "null" {
		e.Code, e.Reason, e.Unknown = CodeNotJSON, "Shopify's answer has no data in it", true
		return &e
	}
	return nil
}

type graphQLError struct {
	Message    string `json:"message"`
	Path       []any  `json:"path"`
	Extensions struct {
		Code string `json:"code"`
	} `json:"extensions"`
}

// firstError reads errors, which is a list, or a text, or an object.
func firstError(raw json.RawMessage) (e graphQLError) {
	if len(raw) == 0 || string(raw) == "null" {
		return e
	}
	var list []graphQLError
	if json.Unmarshal(raw, &list) == nil {
		for _, one := range list {
			if one.Extensions.Code == CodeThrottled {
				return one
			}
		}
		if len(list) > 0 {
			e = list[0]
			if e.Message == "" {
				e.Message = "an error without a message"
			}
		}
		return e
	}
	var text string
	if json.Unmarshal(raw, &text) != nil {
		text = string(raw)
	}
	e.Message = text
	return e
}

type cost struct {
	Requested float64  `json:"requestedQueryCost"`
	Actual    *float64 `json:"actualQueryCost"`
	Throttle  struct {
		Maximum   float64 `json:"maximumAvailable"`
		Available float64 `json:"currentlyAvailable"`
		Restore   float64 `json:"restoreRate"`
	} `json:"throttleStatus"`
}

// budget is what is left of a shop's leaky bucket, as far as we know: others of
// our processes draw from it too.
type budget struct {
	mu                          sync.Mutex
	maximum, available, restore float64
	at                          time.Time
	flying                      float64            // what calls that have not been answered will cost
	costs                       map[string]float64 // of each document, as last requested
}

func (a *API) budget(shop string) *budget {
	b, _ := a.budgets.LoadOrStore(shop, &budget{costs: map[string]float64{}})
	return b.(*budget)
}

func (b *budget) learn(document string, c cost) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.costs[document] = c.Requested
	b.maximum, b.restore, b.at = c.Throttle.Maximum, c.Throttle.Restore, time.Now()
	b.available = c.Throttle.Available - b.flying
}

// take takes what the document costs out of the bucket, once there is enough in
// it: who comes next waits behind. Of a document that was never sent nothing is
// known, and nothing is taken.
func (b *budget) take(ctx context.Context, document string) (taken float64, err error) {
	b.mu.Lock()
	var d time.Duration
	if b.restore > 0 {
		now := time.Now()
		b.available = min(b.maximum, b.available+b.restore*now.Sub(b.at).Seconds())
		b.at = now
		taken = min(b.costs[document], b.maximum)
		if lacking := taken - b.available; lacking > 0 {
			d = time.Duration(lacking / b.restore * float64(time.Second))
		}
		b.available -= taken
		b.flying += taken
	}
	b.mu.Unlock()
	if d > 0 {
		if err := platform.Sleep(ctx, d); err != nil {
			b.mu.Lock()
			b.available += taken
			b.flying -= taken
			b.mu.Unlock()
			return 0, err
		}
	}
	return taken, nil
}

// landed says that a call was answered, or never will be.
func (b *budget) landed(taken float64) {
	b.mu.Lock()
	b.flying -= taken
	b.mu.Unlock()
}
