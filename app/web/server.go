// Package web is the HTTP edge and the only importer of Echo and huma. What
// there is to call stands in routes.go; how errors leave, in problem.go.
package web

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humaecho"
	"github.com/labstack/echo/v4"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"tributary/internal/identity"
	"tributary/internal/landing"
	"tributary/internal/obs"
	"tributary/internal/payout"
	"tributary/internal/program"
	"tributary/internal/seal"
	"tributary/internal/store"
	"tributary/internal/tracking"
)

// Deps is what the edge is built on.
type Deps struct {
	DB      *store.DB
	Keys    *seal.Keys
	Log     *slog.Logger
	Metrics *obs.Metrics
	Version string
	// PublicURL is where stores and people reach this server, without a slash
	// at its end.
	PublicURL string
	// OperatorToken opens /metrics. When it is empty, /metrics answers requests
	// that come from this machine only.
	OperatorToken string
	// TrustedProxies may tell the caller's address in X-Forwarded-For.
	TrustedProxies []*net.IPNet
	// Redis tells whether Redis answers; nil when there is none to ask.
	Redis func(context.Context) error
	// Resettle settles orders again after evidence about them, or the programme,
	// changed. It is called after that change is committed.
	Resettle func(ctx context.Context, shopID int64, orderIDs ...int64) error
	// Stores takes webhooks; nil leaves their doors out.
	Stores Stores
	// Doors and Clicks let shoppers through links; nil leaves their doors out.
	Doors  *tracking.Doors
	Clicks *tracking.Recorder
	// Proof is how hosts of shops are verified.
	Proof program.Proof
	// Payouts closes months.
	Payouts *payout.Closer
	// Pages are the landing pages; nil leaves them out.
	Pages *landing.Pages
	// Wake wakes a worker for the shop; it must not block.
	Wake   func(shopID int64)
	Limits Limits
}

// Limits are token buckets: requests per second and burst. Zero fields take
// the defaults.
type Limits struct {
	KeyPerSecond, AddressPerSecond, FailuresPerSecond, ClicksPerSecond float64
	KeyBurst, AddressBurst, FailureBurst, ClickBurst                   int
}

// Server answers HTTP.
type Server struct {
	Deps
	echo *echo.Echo
	api  huma.API
	auth *identity.Keys

	previews *landing.Previews

	byKey     *limiter
	byAddress *limiter
	// failures counts bad signatures and bad keys by address. It answers only
	// those who failed, so that nobody can shut out an honest caller behind the
	// same proxy.
	failures *limiter
	clicks   *limiter // by address
	host     string   // of PublicURL
}

const (
	maxBody        = 1 << 20
	requestTimeout = 30 * time.Second
)

// New builds the server: middleware, routes, API document.
func New(d Deps) *Server {
	if d.Log == nil {
		d.Log = slog.New(slog.DiscardHandler)
	}
	if d.Metrics == nil {
		d.Metrics = obs.NewMetrics(d.Version)
	}
	if d.Limits.KeyPerSecond == 0 {
		d.Limits.KeyPerSecond, d.Limits.KeyBurst = 200, 400
	}
	if d.Limits.AddressPerSecond == 0 {
		d.Limits.AddressPerSecond, d.Limits.AddressBurst = 400, 800
	}
	if d.Limits.FailuresPerSecond == 0 {
		d.Limits.FailuresPerSecond, d.Limits.FailureBurst = 5, 50
	}
	if d.Limits.ClicksPerSecond == 0 {
		d.Limits.ClicksPerSecond, d.Limits.ClickBurst = 200, 1000
	}
	s := &Server{
		Deps: d, echo: echo.New(), auth: identity.NewKeys(d.DB),
		byKey:     newLimiter(d.Limits.KeyPerSecond, d.Limits.KeyBurst),
		byAddress: newLimiter(d.Limits.AddressPerSecond, d.Limits.AddressBurst),
		failures:  newLimiter(d.Limits.FailuresPerSecond, d.Limits.FailureBurst),
		clicks:    newLimiter(d.Limits.ClicksPerSecond, d.Limits.ClickBurst),
	}
	if u, err := url.Parse(d.PublicURL); err == nil {
		s.host = u.Host
	}
	s.echo.HideBanner, s.echo.HidePort = true, true
	s.echo.HTTPErrorHandler = func(err error, c echo.Context) { writeProblem(c, err) }
	s.echo.IPExtractor = addressFrom(d.TrustedProxies)
	s.echo.Pre(s.begin) // first of all: id, log line, metrics, panics
	s.echo.Use(s.headers)

	s.api = humaecho.New(s.echo, apiConfig())
	s.api.UseMiddleware(s.enterAPI)
	s.mount(s.table())
	s.pages()
	s.webhookRoutes()
	s.publicRoutes()
	s.landingRoutes()
	return s
}

func (s *Server) pages() {
	limit := s.limitAddress
	s.echo.GET("/", s.index, limit)
	s.echo.GET("/api/docs", s.docs, limit)
	s.echo.GET("/assets/plain.css", s.css, limit)
	s.echo.Match([]string{http.MethodGet, http.MethodHead}, "/healthz", s.healthz)
	s.echo.Match([]string{http.MethodGet, http.MethodHead}, "/readyz", s.readyz, limit)
	s.echo.GET("/metrics", echo.WrapHandler(promhttp.HandlerFor(s.Metrics.Registry, promhttp.HandlerOpts{})), limit, s.operator)
}

// ServeHTTP makes Server an http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.echo.ServeHTTP(w, r) }

// OpenAPI is the API document, as GET /api/openapi.json serves it.
func (s *Server) OpenAPI() ([]byte, error) { return s.api.OpenAPI().MarshalJSON() }

// Serve answers on l until ctx ends, then lets requests under way finish for
// at most grace.
func (s *Server) Serve(ctx context.Context, l net.Listener, grace time.Duration) error {
	srv := &http.Server{
		Handler:           s,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       30 * time.Second,
		WriteTimeout:      60 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(s.Log.Handler(), slog.LevelWarn),
	}
	done := make(chan error, 1)
	go func() { done <- srv.Serve(l) }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
	}
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
	defer cancel()
	err := srv.Shutdown(end)
	if serr := <-done; err == nil && !errors.Is(serr, http.ErrServerClosed) {
		err = serr
	}
	return err
}

// addressFrom tells the caller's address. Headers are believed only when the
// connection comes from a trusted proxy.
func addressFrom(trusted []*net.IPNet) echo.IPExtractor {
	if len(trusted) == 0 {
		return echo.ExtractIPDirect()
	}
	opts := []echo.TrustOption{echo.TrustLoopback(false), echo.TrustLinkLocal(false), echo.TrustPrivateNet(false)}
	for _, n := range trusted {
		opts = append(opts, echo.TrustIPRange(n))
	}
	return echo.ExtractIPFromXFFHeader(opts...)
}
