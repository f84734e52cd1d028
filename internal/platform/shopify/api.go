package shopify

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"tributary/internal/platform"
)

// API calls shops: their token endpoint and their Admin API. It is safe for
// concurrent use and keeps a budget for each shop, so that one that is busy does
// not slow others down. What it logs has neither bodies nor tokens in it.
type API struct {
	http    *http.Client
	app     App
	log     *slog.Logger
	agent   string
	private bool

	bases   sync.Map // shop → base URL, for development
	budgets sync.Map // shop → *budget
}

// App is our registration with Shopify.
type App struct {
	ClientID, ClientSecret string
	// Previous is the client secret before the last rotation, "" when there was
	// none. Shopify may sign with it for an hour.
	Previous string
}

// Options of NewAPI.
type Options struct {
	App     App
	Version string // of this program, for the User-Agent
	Log     *slog.Logger
	// Private lets shops be played by a server on this machine; see Play.
	Private bool
}

const (
	answerWithin = 30 * time.Second
	longestBody  = 16 << 20
	maxAttempts  = 6
	longestWait  = time.Minute
)

// NewAPI makes an API.
func NewAPI(o Options) *API {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &API{
		http: &http.Client{Timeout: answerWithin, Transport: platform.CarefulTransport(o.Private, answerWithin), CheckRedirect: platform.NoRedirect},
		app:  o.App, log: o.Log, agent: "Tributary/" + o.Version, private: o.Private,
	}
}

// App is the registration that the API was made with.
func (a *API) App() App { return a.app }

// Play says that a server on this machine plays a shop, at an address such as
// http://127.0.0.1:4000. It panics unless Options.Private was set.
func (a *API) Play(shop, base string) {
	if !a.private {
		panic("shopify: a shop may be played in development only")
	}
	a.bases.Store(shop, base)
}

// Played tells the address at which a shop is played.
func (a *API) Played(shop string) (base string, ok bool) {
	v, ok := a.bases.Load(shop)
	if ok {
		base, _ = v.(string)
	}
	return base, ok
}

// address is a URL of a shop. The shop is checked again, whoever checked it
// before: what is sent there holds our secrets.
func (a *API) address(shop, path string) (*url.URL, error) {
	host, ok := ShopDomain(shop)
	if !ok {
		return nil, &Error{Shop: "a shop", Code: CodeNotAllowed, Reason: "that is no shop's domain: one ends in .myshopify.com and has nothing around it"}
	}
	if base, ok := a.bases.Load(host); ok {
		return url.Parse(base.(string) + path)
	}
	return &url.URL{Scheme: "https", Host: host, Path: path}, nil
}

// Error is an answer that is not what was asked for, or none. It never shows a
// token or a body.
type Error struct {
	Shop, What string // which shop, and what was asked of it
	Status     int    // HTTP; 0: there was no answer
	// Code is Shopify's own (THROTTLED, ACCESS_DENIED, invalid_grant …) or one of
	// the Code constants.
	Code       string
	Reason     string // for people
	Path       string // of the field that a GraphQL error is about
	RetryAfter time.Duration
	// Unknown says that a mutation was sent and nobody can tell whether it was
	// carried out: look before it is sent again.
	Unknown bool
	cause   error
}

// Codes that are ours.
const (
	CodeNoAnswer     = "no_answer"
	CodeNotJSON      = "not_json"
	CodeRedirected   = "redirected"
	CodeTooLarge     = "too_large"
	CodeNotAllowed   = "not_allowed"
	CodeUnauthorized = "unauthorized" // the token is dead
	CodeUnavailable  = "unavailable"  // the shop is frozen, closed or gone
	CodeServer       = "server"
	CodeVersion      = "api_version"
	CodeThrottled    = "THROTTLED"
	CodeDenied       = "ACCESS_DENIED"
)

func (e *Error) Error() string {
	s := e.Shop
	if e.What != "" {
		s += ", " + e.What
	}
	return s + ": " + e.Reason
}

func (e *Error) Unwrap() error { return e.cause }

// Again tells that the same call may go well later.
func (e *Error) Again() bool {
	switch e.Code {
	case CodeNoAnswer, CodeNotJSON, CodeServer, CodeThrottled, CodeTooLarge:
		return true
	}
	return e.Status == http.StatusTooManyRequests || e.Status >= 500
}

// IsDead reports whether err says that the token is dead: the merchant has to
// open the app again.
func IsDead(err error) bool {
	var e *Error
	return errors.As(err, &e) && (e.Code == CodeUnauthorized || e.Code == "invalid_grant")
}

// IsUnknown reports whether err leaves open if a mutation was carried out.
func IsUnknown(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Unknown
}

// send posts JSON and returns the answer's status, headers and JSON body. A
// redirect, a page of HTML and an answer that is too large are errors.
func (a *API) send(ctx context.Context, u *url.URL, h http.Header, body []byte, e Error) (*http.Response, []byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, u.String(), bytes.NewReader(body))
	if err != nil {
		return nil, nil, err
	}
	req.Header = h.Clone()
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", a.agent)
	res, err := a.http.Do(req)
	if err != nil {
		if ctx.Err() != nil {
			return nil, nil, ctx.Err()
		}
		e.Code, e.Reason, e.cause, e.Unknown = CodeNoAnswer, "Shopify does not answer", err, true
		if errors.Is(err, platform.ErrPrivate) {
			e.Code, e.Reason, e.Unknown = CodeNotAllowed, "the shop's name leads to a private address", false
		}
		return nil, nil, &e
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(res.Body, longestBody+1))
	e.Status, e.RetryAfter = res.StatusCode, retryAfter(res.Header.Get("Retry-After"))
	switch {
	case err != nil && ctx.Err() != nil:
		return nil, nil, ctx.Err()
	case err != nil:
		e.Code, e.Reason, e.cause, e.Unknown = CodeNoAnswer, "Shopify's answer broke off", err, true
	case len(answer) > longestBody:
		e.Code, e.Reason, e.Unknown = CodeTooLarge, fmt.Sprintf("Shopify's answer is larger than %d MiB", longestBody>>20), true
	case res.StatusCode >= 300 && res.StatusCode < 400:
		e.Code, e.Reason = CodeRedirected, "Shopify answers with a redirect, which is not followed: tokens go to the shop's own address only"
	case res.StatusCode == http.StatusTooManyRequests:
		e.Code, e.Reason = CodeThrottled, "Shopify asks for fewer calls"
	case res.StatusCode >= 500:
		e.Code, e.Reason, e.Unknown = CodeServer, fmt.Sprintf("Shopify answers %d", res.StatusCode), true
	case !json.Valid(answer):
		e.Code, e.Unknown = CodeNotJSON, res.StatusCode < 400
		e.Reason = fmt.Sprintf("Shopify answers %d with something that is not JSON", res.StatusCode)
	default:
		return res, answer, nil
	}
	return res, nil, &e
}

// wait sleeps before attempt n+1 (n from 1): what the shop asked for, or twice
// as long each time, and never past ctx.
func wait(ctx context.Context, n int, asked time.Duration) error {
	d := asked
	if d <= 0 {
		d = min(200*time.Millisecond<<n, longestWait)
		d = d/2 + rand.N(d/2) //nolint:gosec // a wait
	}
	return platform.Sleep(ctx, d)
}

// retryAfter reads the header in either form and with fractions, at most a day.
func retryAfter(v string) time.Duration {
	const longest = 24 * time.Hour
	if s, err := strconv.ParseFloat(strings.TrimSpace(v), 64); err == nil && s > 0 {
		return time.Duration(min(s, longest.Seconds()) * float64(time.Second))
	}
	if t, err := http.ParseTime(v); err == nil {
		return min(max(time.Until(t), 0), longest)
	}
	return 0
}
