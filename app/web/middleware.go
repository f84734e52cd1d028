package web

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"regexp"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humaecho"
	"github.com/labstack/echo/v4"

	"tributary/internal/domain/order"
	"tributary/internal/errs"
	"tributary/internal/identity"
	"tributary/internal/obs"
	"tributary/internal/store"
)

// visit is what is known about the request at hand.
type visit struct {
	id      string
	address string
	err     error // what the log line tells
	shopper bool  // followed a link: the log does not tell who, and only what went wrong
	caller  identity.Caller
	path    string   // without its query
	fields  []string // names of the members of the body of a write

	idempotencyKey string
	requestHash    []byte // sha256 of method, path and body
}

type visitKey struct{}

func visitFrom(ctx context.Context) *visit {
	v, _ := ctx.Value(visitKey{}).(*visit)
	return v
}

// callerFrom is who calls; every API handler runs behind enterAPI.
func callerFrom(ctx context.Context) identity.Caller { return visitFrom(ctx).caller }

var requestID = regexp.MustCompile(`^[A-Za-z0-9_-]{8,64}$`)

// begin gives the request its id, its log line and its metrics, and turns a
// panic into an answer.
func (s *Server) begin(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) (err error) {
		r := c.Request()
		start := time.Now()
		v := &visit{id: r.Header.Get(echo.HeaderXRequestID), address: c.RealIP()}
		if v.id == "" || !requestID.MatchString(v.id) {
			var b [8]byte
			_, _ = rand.Read(b[:]) // never fails
			v.id = hex.EncodeToString(b[:])
		}
		c.Response().Header().Set(echo.HeaderXRequestID, v.id)
		c.SetRequest(r.WithContext(context.WithValue(r.Context(), visitKey{}, v)))
		defer func() {
			if p := recover(); p != nil {
				if e, ok := p.(error); ok && errors.Is(e, http.ErrAbortHandler) {
					panic(p)
				}
				writeProblem(c, fmt.Errorf("panic: %v\n%s", p, debug.Stack()))
			}
			s.end(c, v, start)
		}()
		if err := next(c); err != nil {
			writeProblem(c, err)
		}
		return nil
	}
}

func (s *Server) end(c echo.Context, v *visit, start time.Time) {
	route := c.Path()
	if route == "" {
		route = "none"
	}
	status := c.Response().Status
	method := c.Request().Method
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
	default:
		method = "other" // a metric label must not be for callers to choose
	}
	s.Metrics.Requests.WithLabelValues(route, method, statusClass(status)).Inc()
	s.Metrics.RequestSeconds.WithLabelValues(route).Observe(time.Since(start).Seconds())
	ctx, err := c.Request().Context(), v.err
	// The metrics have counted a link that was followed and a delivery that was
	// stored, which is its own record: a line for each would be most of the log.
	line := obs.NewLine(s.Log, "request", start)
	if err == nil && (v.shopper || isDoor(route) && line.Quiet(ctx)) {
		return
	}
	line.Add(slog.String("request_id", v.id), slog.String("method", method), slog.String("route", route), slog.Int("status", status), slog.Int64("bytes", c.Response().Size))
	if v.caller.ShopID != 0 {
		line.Add(slog.Int64("shop", v.caller.ShopID), slog.Int64("key", v.caller.KeyID))
		if v.caller.User != "" {
			line.Add(slog.String("user", v.caller.User))
		}
	}
	if !v.shopper {
		line.Add(slog.String("address", v.address))
	}
	if p := (*Problem)(nil); errors.As(err, &p) { // a person's mistake that huma or the router found
		err = errs.New(errs.Invalid, p.Code, p.Detail)
	}
	if he := (*echo.HTTPError)(nil); errors.As(err, &he) {
		err = errs.New(errs.Invalid, codeOf(he.Code), http.StatusText(he.Code))
	}
	line.Done(ctx, err)
}

func statusClass(status int) string {
	classes := [...]string{"0xx", "1xx", "2xx", "3xx", "4xx", "5xx"}
	if status < 0 || status/100 >= len(classes) {
		return "other"
	}
	return classes[status/100]
}

// headers keep browsers from doing anything with our answers but show them.
// Stores are no browsers, and a link shows nothing: neither needs more than a line
// or two of it.
func (s *Server) headers(next echo.HandlerFunc) echo.HandlerFunc {
	secure := strings.HasPrefix(s.PublicURL, "https://")
	return func(c echo.Context) error {
		h := c.Response().Header()
		h["X-Content-Type-Options"] = nosniff
		if isDoor(c.Path()) {
			return next(c)
		}
		if secure {
			h["Strict-Transport-Security"] = aYear
		}
		if isLink(c.Path()) {
			return next(c)
		}
		h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		return next(c)
	}
}

// What answers share, which is why nobody may change one.
var (
	nosniff = []string{"nosniff"}
	aYear   = []string{"max-age=31536000; includeSubDomains"}
)

func (s *Server) limitAddress(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if !s.byAddress.Take(addressKey(c.RealIP())) {
			return errTooMany
		}
		return next(c)
	}
}

// operator lets in who has the operator's token; without one configured, who
// connects from this machine.
func (s *Server) operator(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if s.OperatorToken == "" {
			host, _, _ := net.SplitHostPort(c.Request().RemoteAddr)
			if ip := net.ParseIP(host); ip != nil && ip.IsLoopback() && c.Request().Header.Get("X-Forwarded-For") == "" {
				return next(c)
			}
			return errs.New(errs.Forbidden, "operator_only", "This page answers on this machine only, until OPERATOR_TOKEN is set.")
		}
		token := strings.TrimPrefix(c.Request().Header.Get("Authorization"), "Bearer ")
		want, got := sha256.Sum256([]byte(s.OperatorToken)), sha256.Sum256([]byte(token))
		if subtle.ConstantTimeCompare(want[:], got[:]) != 1 {
			return errs.New(errs.Unauthorized, "operator_only", "This page needs the operator's token: send it as \"Authorization: Bearer …\".")
		}
		return next(c)
	}
}

// enterAPI stands before every operation of the API: limits, who calls, what
// the key may do, the body, a deadline.
func (s *Server) enterAPI(hc huma.Context, next func(huma.Context)) {
	c := humaecho.Unwrap(hc)
	ctx := hc.Context()
	if hc.Operation().Metadata["stream"] == nil {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, requestTimeout)
		defer cancel()
	}
	if err := s.admit(ctx, c, hc.Operation()); err != nil {
		writeProblem(c, err)
		return
	}
	c.Response().Header().Set("Cache-Control", "no-store")
	next(huma.WithContext(hc, ctx))
}

func (s *Server) admit(ctx context.Context, c echo.Context, op *huma.Operation) error {
	v := visitFrom(ctx)
	address := addressKey(v.address)
	if !s.byAddress.Take(address) {
		return errTooMany
	}
	scope, protected := op.Metadata["scope"].(identity.Scope)
	if !protected {
		return nil // the API document
	}
	caller, err := s.callerOf(ctx, c)
	if err != nil {
		if errs.As(err) != nil && !s.failures.Take(address) {
			return errTooMany
		}
		return err
	}
	v.caller, v.path = caller, c.Request().URL.Path
	if !s.byKey.Take(strconv.FormatInt(caller.KeyID, 10) + "/" + strconv.FormatInt(caller.ShopID, 10)) {
		return errTooMany
	}
	if !caller.Scope.Allows(scope) {
		return errs.New(errs.Forbidden, "scope_missing", fmt.Sprintf("This needs an API key with the scope %q; this one has %q.", scope, caller.Scope))
	}
	if scope == identity.Write {
		return readBody(c, v, op.MaxBodyBytes)
	}
	return nil
}

// retryHeader makes App Bridge, and our own page, ask for a new session token
// and try once more.
const retryHeader = "X-Shopify-Retry-Invalid-Session-Request"

// callerOf tells who calls: the holder of an API key, or somebody in the admin
// of a store. The shop comes from the key or the token and from nowhere else.
func (s *Server) callerOf(ctx context.Context, c echo.Context) (identity.Caller, error) {
	authorization := c.Request().Header.Get("Authorization")
	if s.WooSessions != nil && identity.IsWooToken(authorization) {
		session, err := s.WooSessions.FromHeader(ctx, authorization, s.DB.Now())
		if errors.Is(err, identity.ErrSession) {
			c.Response().Header().Set(retryHeader, "1")
		}
		return identity.Caller{ShopID: session.ShopID, User: session.User, Name: session.Name, Scope: identity.Write}, err
	}
	if s.Sessions == nil || !identity.IsSessionToken(authorization) {
		return s.auth.Authenticate(ctx, authorization)
	}
	session, err := s.Sessions.FromHeader(authorization, s.DB.Now())
	if err != nil {
		if errors.Is(err, identity.ErrSession) { // App Bridge tries once more, with a new token
			c.Response().Header().Set(retryHeader, "1")
		}
		return identity.Caller{}, err
	}
	id, err := s.DB.ShopByDomain(ctx, order.Shopify, session.Shop)
	if store.IsNotFound(err) {
		return identity.Caller{}, errs.New(errs.Forbidden, "shop_not_installed", fmt.Sprintf("%s has not installed the app. Install it from the store's admin.", session.Shop))
	}
	if err != nil {
		return identity.Caller{}, err
	}
	return identity.Caller{ShopID: id, User: session.User, Scope: identity.Write}, nil
}

// readBody reads the whole body once, so that an idempotency key can be tied
// to it, and puts it back for huma.
func readBody(c echo.Context, v *visit, limit int64) error {
	r := c.Request()
	body, err := io.ReadAll(http.MaxBytesReader(c.Response(), r.Body, limit))
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		return errs.New(errs.TooLarge, "body_too_large", fmt.Sprintf("The body is larger than %d MiB.", limit>>20))
	}
	if err != nil {
		return echo.NewHTTPError(http.StatusBadRequest, "read body").SetInternal(err)
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	v.fields = membersOf(body)
	v.idempotencyKey = r.Header.Get("Idempotency-Key")
	if v.idempotencyKey == "" {
		return nil
	}
	if len(v.idempotencyKey) > 255 || strings.ContainsFunc(v.idempotencyKey, func(r rune) bool { return r < 0x21 || r > 0x7e }) {
		return errs.New(errs.Invalid, "invalid_idempotency_key", "Idempotency-Key must have 1 to 255 visible ASCII characters.",
			errs.Field{Path: "header.Idempotency-Key", Msg: "must have 1 to 255 visible ASCII characters"})
	}
	h := sha256.New()
	fmt.Fprintf(h, "%s\n%s\n", r.Method, r.URL.RequestURI())
	h.Write(body)
	v.requestHash = h.Sum(nil)
	return nil
}
