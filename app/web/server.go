// Package web is the HTTP edge and the only importer of Echo and huma. What
// there is to call stands in routes.go; how errors leave, in problem.go.
package web

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humaecho"
	"github.com/labstack/echo/v4"

	"tributary/internal/identity"
	"tributary/internal/landing"
	"tributary/internal/notify"
	"tributary/internal/obs"
	"tributary/internal/payout"
	"tributary/internal/program"
	"tributary/internal/seal"
	"tributary/internal/store"
	"tributary/internal/tenant"
	"tributary/internal/tracking"
	"tributary/internal/tracking/giveaway"
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
	// Sessions lets in who works in the admin of a Shopify store; nil lets in
	// API keys only.
	Sessions *identity.Sessions
	// WooSessions lets in who works in the wp-admin of a WooCommerce store; nil
	// does not.
	WooSessions *identity.WooSessions
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
	// Giveaways announces beacons and draws.
	Giveaways *giveaway.Drawer
	// Payouts closes months.
	Payouts *payout.Closer
	// Feed tells when something has happened; without it the live feed looks by
	// itself from time to time.
	Feed Feed
	// Tracker takes in and judges what is not an order; nil leaves its public
	// doors out.
	Tracker *tracking.Tracker
	// Pages are the landing pages; nil leaves them out.
	Pages *landing.Pages
	// Installs lets Shopify shops in; nil leaves the doors of that out.
	Installs *tenant.ShopifyInstaller
	// WooCommerce connects WooCommerce stores; nil leaves the doors of that out.
	WooCommerce *tenant.WooInstaller
	// App is the merchant app as built; nil takes what was built into the program.
	App fs.FS
	// Storefronts show landing pages in stores; nil leaves the app proxy and the
	// plugin's doors out.
	Storefronts *landing.Storefronts
	// Wake wakes a worker for the shop; it must not block.
	Wake func(shopID int64)
	// WakeBackfill asks for reading the history of the shop's store to begin.
	WakeBackfill func(shopID int64)
	// People lets influencers into the portal; nil leaves it out.
	People *identity.People
	// Teller tells influencers what has happened; nil leaves out the page that
	// ends that.
	Teller *notify.Teller
	// WakeOutbox has the outbox of a shop (0: of nobody's) looked at soon; nil
	// leaves it to the tick.
	WakeOutbox func(shopID int64)
	Limits     Limits
}

// Limits are token buckets: requests per second and burst. Zero fields take
// the defaults.
type Limits struct {
	KeyPerSecond, AddressPerSecond, FailuresPerSecond, ClicksPerSecond, EntriesPerSecond float64
	KeyBurst, AddressBurst, FailureBurst, ClickBurst, EntryBurst                         int
	// Attempts to get into the portal, by one address.
	SignInsPerSecond float64
	SignInBurst      int
	// Submissions of one form: by one address, and by all.
	LeadsPerSecond, FormPerSecond float64
	LeadsBurst, FormBurst         int
}

// Server answers HTTP.
type Server struct {
	Deps
	echo *echo.Echo
	api  huma.API
	// portal is the influencers' API; nil without one.
	portal huma.API
	auth   *identity.Keys

	previews *landing.Previews

	byKey     *limiter
	byAddress *limiter
	// failures counts bad signatures and bad keys by address. It answers only
	// those who failed, so that nobody can shut out an honest caller behind the
	// same proxy.
	failures *limiter
	clicks   *limiter // by address
	host     string   // of PublicURL

	noted noted // reads of people

	streams atomic.Int64  // live feeds under way
	ending  chan struct{} // closed when the server is to end

	leadsByAddress, leadsByForm *limiter
	signIns                     *limiter // by address
	// byEntrant counts what an address sends to giveaways' forms.
	byEntrant *limiter
}

const (
	maxBody        = 1 << 20
	requestTimeout = 30 * time.Second
)

// New builds the server: middleware, routes, API document.
func New(d Deps) *Server {
	s := bare(d)
	s.api = humaecho.New(s.echo, apiConfig())
	s.api.UseMiddleware(s.enterAPI)
	s.mount(s.table())
	s.mountPortal()
	s.portalPages()
	s.feedRoute()
	s.pages()
	s.webhookRoutes()
	s.shopifyRoutes()
	s.wooRoutes()
	s.leadRoutes()
	s.publicRoutes()
	s.giveawayPages()
	s.landingRoutes()
	s.appRoutes()
	s.proxyRoutes()
	s.pluginRoutes()
	return s
}

// NewProbe builds the server of a process that answers nobody but those who
// watch it: /healthz, /readyz and /metrics.
func NewProbe(d Deps) *Server {
	s := bare(d)
	s.watched()
	return s
}

// bare is a server without routes.
func bare(d Deps) *Server {
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
	if d.Limits.LeadsPerSecond == 0 {
		d.Limits.LeadsPerSecond, d.Limits.LeadsBurst = 0.2, 10
	}
	if d.Limits.FormPerSecond == 0 {
		d.Limits.FormPerSecond, d.Limits.FormBurst = 20, 200
	}
	if d.Limits.ClicksPerSecond == 0 {
		d.Limits.ClicksPerSecond, d.Limits.ClickBurst = 200, 1000
	}
	if d.Limits.EntriesPerSecond == 0 {
		d.Limits.EntriesPerSecond, d.Limits.EntryBurst = 0.2, 20
	}
	if d.Limits.SignInsPerSecond == 0 {
		d.Limits.SignInsPerSecond, d.Limits.SignInBurst = 0.1, 20
	}
	s := &Server{
		Deps: d, echo: echo.New(), auth: identity.NewKeys(d.DB), ending: make(chan struct{}),
		byKey:     newLimiter(d.Limits.KeyPerSecond, d.Limits.KeyBurst),
		byAddress: newLimiter(d.Limits.AddressPerSecond, d.Limits.AddressBurst),
		failures:  newLimiter(d.Limits.FailuresPerSecond, d.Limits.FailureBurst),
		byEntrant: newLimiter(d.Limits.EntriesPerSecond, d.Limits.EntryBurst),
		clicks:    newLimiter(d.Limits.ClicksPerSecond, d.Limits.ClickBurst),

		signIns:        newLimiter(d.Limits.SignInsPerSecond, d.Limits.SignInBurst),
		leadsByAddress: newLimiter(d.Limits.LeadsPerSecond, d.Limits.LeadsBurst),
		leadsByForm:    newLimiter(d.Limits.FormPerSecond, d.Limits.FormBurst),
	}
	if u, err := url.Parse(d.PublicURL); err == nil {
		s.host = u.Host
	}
	s.echo.HideBanner, s.echo.HidePort = true, true
	s.echo.HTTPErrorHandler = func(err error, c echo.Context) { writeProblem(c, err) }
	s.echo.IPExtractor = addressFrom(d.TrustedProxies)
	s.echo.Pre(s.begin) // first of all: id, log line, metrics, panics
	s.echo.Use(s.headers)
	return s
}

func (s *Server) pages() {
	limit := s.limitAddress
	s.echo.GET("/", s.index, limit)
	s.echo.GET("/api/docs", s.docs, limit)
	s.echo.GET("/assets/plain.css", asset("plain.css", "text/css; charset=utf-8"), limit)
	s.echo.GET("/assets/icon.svg", asset("icon.svg", "image/svg+xml"), limit)
	s.echo.GET("/favicon.ico", asset("icon.svg", "image/svg+xml"), limit)
	s.watched()
}

// watched mounts what machines watch the process by.
func (s *Server) watched() {
	s.echo.Match([]string{http.MethodGet, http.MethodHead}, "/healthz", s.healthz)
	s.echo.Match([]string{http.MethodGet, http.MethodHead}, "/readyz", s.readyz, s.limitAddress)
	s.echo.GET("/metrics", s.metrics(), s.limitAddress, s.operator)
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
	srv.RegisterOnShutdown(sync.OnceFunc(func() { close(s.ending) }))
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
