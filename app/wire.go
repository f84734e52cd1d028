package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/spf13/cobra"

	"tributary/app/web"
	"tributary/internal/beacon"
	"tributary/internal/config"
	"tributary/internal/credential"
	"tributary/internal/embedded"
	"tributary/internal/errs"
	"tributary/internal/identity"
	"tributary/internal/intake"
	"tributary/internal/landing"
	"tributary/internal/mail"
	"tributary/internal/notify"
	"tributary/internal/obs"
	"tributary/internal/outbox"
	"tributary/internal/payout"
	"tributary/internal/platform/shopify"
	"tributary/internal/platform/woocommerce"
	"tributary/internal/program"
	"tributary/internal/seal"
	"tributary/internal/social/instagram"
	"tributary/internal/social/youtube"
	"tributary/internal/store"
	"tributary/internal/tenant"
	"tributary/internal/tracking"
	"tributary/internal/tracking/content"
	"tributary/internal/tracking/giveaway"
	"tributary/jobs"
)

// postgresDir is the embedded PostgreSQL's place in DATA_DIR.
const postgresDir = "postgres"

// needs says what a command uses beyond the settings and the log.
type needs struct {
	db      bool             // DB, Keys
	redis   bool             // RedisURL
	migrate bool             // migrate a database that DATABASE_URL names, too
	clock   func() time.Time // what time it is; nil: the machine's clock
}

// system is everything a command works with, built top to bottom by
// openSystem. Fields of what was not asked for are zero.
type system struct {
	Config  config.Config
	Log     *slog.Logger
	Metrics *obs.Metrics
	proxies []*net.IPNet // trusted

	OwnerURL      string // PostgreSQL as the owner of the tables
	DatabaseURL   string // PostgreSQL as the application
	RedisURL      string
	SchemaVersion int64

	Keys *seal.Keys
	DB   *store.DB

	// Use cases, each built from what stands above it.
	Waker    *jobs.Waker
	Feed     *jobs.Feed
	Settler  *intake.Settler
	Rereader *intake.Rereader
	Tracker  *tracking.Tracker
	Doors    *tracking.Doors    // of serve
	Clicks   *tracking.Recorder // of serve
	Reader   *content.Reader
	Drawer   *giveaway.Drawer
	Pages    *landing.Pages
	Payouts  *payout.Closer
	Shopify  *credential.Shopify
	Installs *tenant.ShopifyInstaller
	Woo      *tenant.WooInstaller
	Sweeper  *intake.Sweeper
	Codes    *program.Codes
	Fronts   *landing.Storefronts
	Outbox   *outbox.Runner
	People   *identity.People
	Teller   *notify.Teller

	// Failed delivers an error when something the program cannot do without
	// has ended for good: the embedded PostgreSQL. nil blocks for ever.
	Failed <-chan error

	closers []func(context.Context)
}

// openSystem builds what the command needs, in order: settings, log, metrics,
// PostgreSQL, schema, Redis, keys, store, use cases. Close it when done.
func openSystem(cmd *cobra.Command, n needs) (_ *system, err error) {
	ctx := cmd.Context()
	sys := &system{}
	defer func() {
		if err != nil {
			sys.Close()
		}
	}()

	// Settings, log, metrics.
	if sys.Config, err = config.Load(); err != nil {
		return nil, err
	}
	if sys.proxies, err = sys.Config.Proxies(); err != nil {
		return nil, err
	}
	played := playedStores{}
	if !n.redis {
		sys.Config.LogLevel = toolLevel(sys.Config)
		if played, err = loadPlayed(&sys.Config); err != nil {
			return nil, err
		}
	}
	sys.Log = obs.NewLog(cmd.ErrOrStderr(), sys.Config.LogLevel, sys.Config.LogFormat)
	sys.Metrics = obs.NewMetrics(version)

	// PostgreSQL and its schema.
	if n.db || n.migrate {
		if err = sys.openPostgres(ctx, n); err != nil {
			return nil, err
		}
	}

	// Redis.
	if n.redis { // it serves or works
		config.TuneMemory()
		if err = sys.openRedis(); err != nil {
			return nil, err
		}
	}

	// Keys and store.
	if n.db {
		if sys.Keys, err = sys.Config.SealingKeys(); err != nil {
			return nil, err
		}
		sys.DB, err = store.Open(ctx, sys.DatabaseURL, store.Options{Now: n.clock})
		if err != nil {
			return nil, unavailable("PostgreSQL (DATABASE_URL)", err)
		}
		sys.onClose(func(context.Context) { sys.DB.Close() })
	}

	// Use cases.
	if n.redis {
		if sys.Waker, err = jobs.NewWaker(sys.RedisURL, sys.Log); err != nil {
			return nil, err
		}
		sys.onClose(func(context.Context) { _ = sys.Waker.Close() })
		if sys.Feed, err = jobs.NewFeed(sys.RedisURL, sys.Log); err != nil {
			return nil, err
		}
		sys.onClose(func(context.Context) { _ = sys.Feed.Close() })
	}
	if n.db {
		sys.Settler = intake.NewSettler(sys.DB, sys.Keys, sys.Log, sys.Metrics)
		sys.Shopify = &credential.Shopify{DB: sys.DB, Keys: sys.Keys, Log: sys.Log, API: shopify.NewAPI(shopify.Options{
			App:     shopify.App{ClientID: sys.Config.ShopifyClientID, ClientSecret: sys.Config.ShopifyClientSecret, Previous: sys.Config.ShopifyClientSecretPrevious},
			Version: version, Log: sys.Log, Private: sys.Config.PrivateStores,
		})}
		for shop, base := range played.Stores {
			sys.Shopify.API.Play(shop, base)
		}
		sys.Installs = &tenant.ShopifyInstaller{DB: sys.DB, Keys: sys.Keys, Access: sys.Shopify, RedirectURL: sys.Config.BaseURL() + "/auth/callback"}
		woo := woocommerce.NewClient(version, sys.Config.PrivateStores)
		sys.Sweeper = &intake.Sweeper{DB: sys.DB, Keys: sys.Keys, Access: sys.Shopify, WooCommerce: woo, Log: sys.Log,
			Files: shopify.NewFiles(sys.Config.PrivateStores), Slots: make(chan struct{}, max(sys.Config.Workers/4, 1))}
		sys.Woo = &tenant.WooInstaller{DB: sys.DB, Keys: sys.Keys, Client: woo, Log: sys.Log, PublicURL: sys.Config.BaseURL()}
		sys.Codes = &program.Codes{DB: sys.DB, Keys: sys.Keys, Log: sys.Log, Shopify: sys.Shopify, WooCommerce: woo}
		sys.Fronts = &landing.Storefronts{DB: sys.DB, Keys: sys.Keys, Log: sys.Log, Shopify: sys.Shopify, WooCommerce: woo, BaseURL: sys.Config.BaseURL()}
		sys.Tracker = &tracking.Tracker{DB: sys.DB, Keys: sys.Keys, Log: sys.Log}
		sys.Rereader = intake.NewRereader(sys.DB, sys.Keys, woo, sys.Log, sys.Config.Workers/4)
		sys.Payouts = &payout.Closer{DB: sys.DB, Log: sys.Log, AfterLock: sys.Settler.Milestones}
		sys.Reader = &content.Reader{DB: sys.DB, Keys: sys.Keys, Log: sys.Log, Connectors: map[string]content.Connector{
			content.YouTube: &youtube.API{Base: sys.Config.YouTubeAPI}, content.Instagram: &instagram.API{Base: sys.Config.InstagramAPI},
		}}
		sys.People = &identity.People{DB: sys.DB, Keys: sys.Keys, PublicURL: sys.Config.BaseURL()}
		sys.Teller = &notify.Teller{DB: sys.DB, Keys: sys.Keys, Log: sys.Log, PublicURL: sys.Config.BaseURL()}
		letters, err := sys.newMail()
		if err != nil {
			return nil, errs.New(errs.Invalid, "config_invalid", "the settings have problems", errs.Field{Path: "MAIL_FROM, DKIM_*", Msg: err.Error()})
		}
		sys.Outbox = &outbox.Runner{DB: sys.DB, Log: sys.Log, Handlers: sys.outboxHandlers(letters)}
		sys.Drawer = &giveaway.Drawer{DB: sys.DB, Beacon: &beacon.Drand{URL: sys.Config.DrandURL}}
	}

	return sys, nil
}

// outboxHandlers is who does which work outside; letters is nil when there is
// no mail server.
func (sys *system) outboxHandlers(letters *mail.Sender) map[string]outbox.Handler {
	handlers := map[string]outbox.Handler{
		program.CodeApply: func(ctx context.Context, w outbox.Work) error {
			var p program.CodePayload
			if err := json.Unmarshal(w.Payload, &p); err != nil {
				return outbox.Final(err)
			}
			err := sys.Codes.Apply(ctx, w.ShopID, p.DiscountID)
			if err != nil && program.Permanent(err) {
				return outbox.Final(err)
			}
			return err
		},
	}
	maps.Copy(handlers, sys.Fronts.Handlers())
	handlers[tenant.WooConnect] = func(ctx context.Context, w outbox.Work) error {
		var p tenant.WooConnectPayload
		if err := json.Unmarshal(w.Payload, &p); err != nil {
			return outbox.Final(err)
		}
		return sys.Woo.Connect(ctx, w.ShopID, p.InstallID)
	}
	if letters != nil {
		handlers[tracking.MailLeadConfirm] = sys.confirmLead(letters)
		handlers[giveaway.MailWinner] = sys.giveawayWinner(letters)
		handlers[identity.MailSignIn] = sys.signIn(letters)
		handlers[notify.MailNotice] = sys.notice(letters)
		handlers[program.MailApplication] = sys.application(letters)
	}
	return handlers
}

// linksFollow is how often a server asks which links have changed.
const linksFollow = time.Second

// openDoors lets shoppers in: links in memory, and the writer of clicks.
func (sys *system) openDoors() error {
	nets, err := tracking.LoadNetworks(sys.Config.DataCentreFile)
	if err != nil {
		return errs.New(errs.Invalid, "config_invalid", "the settings have problems", errs.Field{Path: "DATA_CENTRE_FILE", Msg: err.Error()})
	}
	sys.Doors = tracking.NewDoors(sys.DB, sys.Keys, sys.Log, linksFollow)
	sys.onClose(func(context.Context) { sys.Doors.Close() })
	sys.Clicks = tracking.NewRecorder(sys.DB, sys.Doors, nets, sys.Log, sys.Waker.Wake)
	sys.onClose(func(context.Context) { sys.Clicks.Close() })
	sys.Pages = landing.NewPages(sys.DB, sys.Log, sys.Config.BaseURL(), linksFollow)
	sys.onClose(func(context.Context) { sys.Pages.Close() })
	return nil
}

// toolLevel is how much a tool logs: its answer is what it prints.
func toolLevel(c config.Config) string {
	if os.Getenv("LOG_LEVEL") == "" {
		return "warn"
	}
	return c.LogLevel
}

// openPostgres starts the embedded PostgreSQL or takes the one given. A tool
// takes the embedded one that another process runs, too. The embedded one is
// migrated by who starts it; any other must be at this version unless the
// command migrates.
func (sys *system) openPostgres(ctx context.Context, n needs) error {
	sys.DatabaseURL, sys.OwnerURL = sys.Config.DatabaseURL, sys.Config.OwnerURL()
	if sys.DatabaseURL == "" && !n.redis {
		if url, ok := embedded.Running(ctx, filepath.Join(sys.Config.DataDir, postgresDir)); ok {
			sys.DatabaseURL, sys.OwnerURL = url, url
		}
	}
	if sys.DatabaseURL == "" {
		pg, err := embedded.Start(ctx, embedded.Options{Dir: filepath.Join(sys.Config.DataDir, postgresDir), Log: sys.Log, Bin: sys.Config.PostgresBin})
		if err != nil {
			return err
		}
		sys.onClose(func(ctx context.Context) {
			if err := pg.Stop(ctx); err != nil {
				sys.Log.Error("stop embedded postgres", "error", err)
			}
		})
		sys.DatabaseURL, sys.OwnerURL, sys.Failed = pg.URL(), pg.URL(), pg.Failed()
		n.migrate = true
	}
	if n.migrate {
		v, err := store.Migrate(ctx, sys.OwnerURL, "", time.Now())
		sys.SchemaVersion = v
		if err != nil && (store.IsRefused(err) || store.IsUnavailable(err)) {
			return unavailable("PostgreSQL (MIGRATE_DATABASE_URL or DATABASE_URL)", err)
		}
		return err
	}
	have, want, err := store.SchemaVersion(ctx, sys.DatabaseURL)
	if err != nil {
		return unavailable("PostgreSQL (DATABASE_URL)", err)
	}
	if have < want {
		return errs.New(errs.Conflict, "schema_behind",
			fmt.Sprintf("the database schema is at version %d and this program needs %d: run `tributary migrate` first", have, want))
	}
	sys.SchemaVersion = have
	return nil
}

// redisLog is what the Redis driver has to say. It says all of it as an error
// as well.
type redisLog struct{ *slog.Logger }

func (l redisLog) Printf(ctx context.Context, format string, v ...any) {
	l.DebugContext(ctx, fmt.Sprintf(format, v...), "from", "redis")
}

func (sys *system) openRedis() error {
	redis.SetLogger(redisLog{sys.Log})
	if sys.RedisURL = sys.Config.RedisURL; sys.RedisURL != "" {
		return nil
	}
	r, err := embedded.StartRedis(sys.Log)
	if err != nil {
		return err
	}
	sys.onClose(func(context.Context) { r.Stop() })
	sys.RedisURL = r.URL()
	return nil
}

// onClose registers what Close undoes, last first.
func (sys *system) onClose(f func(context.Context)) { sys.closers = append(sys.closers, f) }

// Close ends everything openSystem started, in reverse, within
// SHUTDOWN_TIMEOUT. It is safe to call twice.
func (sys *system) Close() {
	ctx, cancel := context.WithTimeout(context.Background(), max(sys.Config.ShutdownTimeout, time.Second))
	defer cancel()
	for i := len(sys.closers) - 1; i >= 0; i-- {
		sys.closers[i](ctx)
	}
	sys.closers = nil
}

// unavailable says that something the program needs does not answer, or will
// not have us.
func unavailable(what string, err error) error {
	if store.IsRefused(err) {
		return errs.New(errs.Invalid, "refused", fmt.Sprintf("%s refuses us: %s", what, err))
	}
	return fmt.Errorf("%w: %w", errs.New(errs.Unavailable, "unavailable", what+" does not answer"), err)
}

// webDeps is what the HTTP edge is built on.
func (sys *system) webDeps(stores web.Stores) web.Deps {
	return web.Deps{
		DB: sys.DB, Keys: sys.Keys, Log: sys.Log, Metrics: sys.Metrics, Version: version,
		PublicURL: sys.Config.BaseURL(), OperatorToken: sys.Config.OperatorToken, TrustedProxies: sys.proxies,
		Sessions:    identity.NewSessions(sys.Config.ShopifyClientID, sys.Config.ShopifyClientSecret, sys.Config.ShopifyClientSecretPrevious),
		WooSessions: &identity.WooSessions{DB: sys.DB, Keys: sys.Keys, PublicURL: sys.Config.BaseURL()},
		Redis:       sys.Waker.Ping,
		Resettle:    sys.Settler.Resettle,
		Wake:        sys.Waker.Wake,
		Feed:        sys.Feed,
		Stores:      stores,
		Payouts:     sys.Payouts,
		Tracker:     sys.Tracker,
		Doors:       sys.Doors, Clicks: sys.Clicks, Pages: sys.Pages, Proof: program.NewInternet(),
		Giveaways: sys.Drawer,
		People:    sys.People, WakeOutbox: sys.Waker.Outbox, Teller: sys.Teller,
		Installs: sys.Installs, Storefronts: sys.Fronts,
		WakeBackfill: sys.Waker.Backfill, WooCommerce: sys.Woo,
	}
}

// settle settles everything that is due for a shop: deliveries, and what was
// recorded besides orders.
func (sys *system) settle(ctx context.Context, shopID int64) (intake.Report, error) {
	r, err := sys.Settler.Drain(ctx, shopID)
	settled := 0
	if err == nil {
		settled, err = sys.Tracker.Drain(ctx, shopID)
	}
	if sys.Feed != nil && (r.Postings > 0 || settled > 0) {
		sys.Feed.Publish(ctx, shopID)
	}
	return r, err
}

// verify checks every invariant of a shop and recomputes every target.
func (sys *system) verify(ctx context.Context, shopID int64, progress func(done, total int64)) ([]store.Difference, error) {
	d, err := sys.Settler.Verify(ctx, shopID, progress)
	if err != nil {
		return d, err
	}
	more, err := sys.Tracker.Verify(ctx, shopID)
	return append(d, more...), err
}

// dueShops lists the shops in which something waits to be settled.
func (sys *system) dueShops(ctx context.Context) ([]int64, error) {
	a, err := sys.DB.DueShops(ctx)
	if err != nil {
		return nil, err
	}
	b, err := sys.Tracker.DueShops(ctx)
	ids := append(a, b...)
	slices.Sort(ids)
	return slices.Compact(ids), err
}
