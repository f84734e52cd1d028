// Package config reads the settings from the environment: every setting has a
// default or a clear error, and all problems are reported at once.
package config

import (
	"errors"
	"fmt"
	"net"
	"net/mail"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/caarlos0/env/v11"

	"tributary/internal/errs"
	"tributary/internal/seal"
)

// Config is every setting. Tags: env the variable, envDefault its default, doc
// what it means, group its heading in .env.example; secret:"all" is never
// shown, secret:"url" is shown without its password.
type Config struct {
	Env            string `env:"ENV" envDefault:"development" group:"Where it runs" doc:"development or production. Production refuses to start on defaults that are only good for trying things out."`
	Listen         string `env:"LISTEN" envDefault:"127.0.0.1:8080" doc:"Address and port of the HTTP server."`
	WorkListen     string `env:"WORK_LISTEN" doc:"Address and port where work answers /healthz, /readyz and /metrics, such as :9090. Empty: nowhere."`
	PublicURL      string `env:"PUBLIC_URL" doc:"Where stores, merchants and influencers reach this server, such as https://tributary.example.com. Empty: http://LISTEN."`
	TrustedProxies string `env:"TRUSTED_PROXIES" doc:"Networks whose X-Forwarded-For header tells the caller's address, such as 10.0.0.0/8,127.0.0.1. Empty: nobody's is believed; behind a proxy all callers then share its address and its limits."`
	DataDir        string `env:"DATA_DIR" envDefault:"./data" doc:"Directory of the embedded PostgreSQL and of the generated sealing key. Not used when DATABASE_URL and SECRET_KEYS are set."`

	DatabaseURL        string `env:"DATABASE_URL" secret:"url" group:"PostgreSQL and Redis" doc:"PostgreSQL 15 or newer, such as postgres://tributary:password@db/tributary. The user must be a member of the roles tributary_app and tributary_portal. Empty: an embedded PostgreSQL is started in DATA_DIR."`
	MigrateDatabaseURL string `env:"MIGRATE_DATABASE_URL" secret:"url" doc:"The same database as the owner of its tables; used by migrate only. Empty: DATABASE_URL."`
	PostgresBin        string `env:"TRIBUTARY_POSTGRES_BIN" doc:"Directory with initdb and postgres (15 or newer) for the embedded PostgreSQL. Empty: the ones that npm installs, or else the newest on the machine."`
	RedisURL           string `env:"REDIS_URL" secret:"url" doc:"Redis 6.2 or newer, such as redis://cache:6379/0. It only wakes workers up; losing it loses nothing. Empty: an in-process Redis."`

	SecretKeys    string `env:"SECRET_KEYS" secret:"all" group:"Secrets" doc:"Keys that seal secrets at rest, as id:base64 of 32 bytes, separated by commas; the first one seals, all of them open. Make one with: echo k1:$(openssl rand -base64 32). Empty: one is generated and kept in DATA_DIR."`
	OperatorToken string `env:"OPERATOR_TOKEN" secret:"all" doc:"Bearer token for /metrics and the operator's pages. Empty: they answer on a loopback LISTEN only. 16 characters at least."`

	ShopifyClientID             string `env:"SHOPIFY_CLIENT_ID" group:"Shopify" doc:"Client id of the app in the Shopify developer dashboard. Empty: Shopify stores cannot install."`
	ShopifyClientSecret         string `env:"SHOPIFY_CLIENT_SECRET" secret:"all" doc:"Client secret of the app; signs webhooks and sessions."`
	ShopifyClientSecretPrevious string `env:"SHOPIFY_CLIENT_SECRET_PREVIOUS" secret:"all" doc:"The client secret before the last rotation, while Shopify may still sign with it."`

	PrivateStores bool `env:"PRIVATE_STORES" envDefault:"false" group:"WooCommerce" doc:"true lets the server call stores at private addresses and over plain http, for development. Otherwise stores are called at public addresses over https only."`

	DataCentreFile string `env:"DATA_CENTRE_FILE" group:"Clicks" doc:"File of networks no shopper comes from (data centres), one such as 192.0.2.0/24 a line, # begins a remark. Clicks from there are kept and not paid for. It is read at the start."`

	DrandURL     string `env:"DRAND_URL" envDefault:"https://api.drand.sh/52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971" group:"Outside services" doc:"The drand chain whose rounds draw giveaways; here the chain quicknet."`
	YouTubeAPI   string `env:"YOUTUBE_API" envDefault:"https://www.googleapis.com" doc:"Where the YouTube Data API v3 is. Each shop brings its own key."`
	InstagramAPI string `env:"INSTAGRAM_API" envDefault:"https://graph.facebook.com/v23.0" doc:"Where the Instagram Graph API is, with its version. Each shop brings its own token."`

	SMTPHost     string `env:"SMTP_HOST" group:"Mail" doc:"Host of the SMTP server that takes our mails. Empty: mails wait until there is one."`
	SMTPPort     int    `env:"SMTP_PORT" envDefault:"587" doc:"Its port: 587 with starttls, 465 with tls, mostly."`
	SMTPTLS      string `env:"SMTP_TLS" envDefault:"starttls" doc:"starttls, tls (from the first byte) or none. Encryption that the server does not offer is an error, never left out."`
	SMTPUser     string `env:"SMTP_USER" doc:"User to log in as. Empty: no login."`
	SMTPPassword string `env:"SMTP_PASSWORD" secret:"all" doc:"Password of that user."`
	MailFrom     string `env:"MAIL_FROM" envDefault:"tributary@localhost" doc:"Address that mails come from; the name beside it is the shop's."`
	DKIMDomain   string `env:"DKIM_DOMAIN" doc:"Domain that signs mails, where the SMTP server does not do it. Empty: no signature of ours."`
	DKIMSelector string `env:"DKIM_SELECTOR" doc:"Selector: the public key stands in the TXT record SELECTOR._domainkey.DOMAIN."`
	DKIMKey      string `env:"DKIM_KEY" secret:"all" doc:"Private key (RSA or Ed25519) in PEM, or the name of a file with it."`

	Workers           int           `env:"WORKERS" envDefault:"8" group:"Work" doc:"Jobs that one work process runs at the same time, 1 to 256."`
	DeliveryRetention int           `env:"DELIVERY_RETENTION" envDefault:"180" doc:"Days that raw webhook deliveries are kept, 45 to 3650. Whole months are dropped. replay can rebuild only what is kept."`
	ShutdownTimeout   time.Duration `env:"SHUTDOWN_TIMEOUT" envDefault:"20s" doc:"How long requests and jobs under way may take to finish after SIGTERM, 1s to 10m."`

	LogLevel  string `env:"LOG_LEVEL" envDefault:"info" group:"Logging" doc:"debug, info, warn or error."`
	LogFormat string `env:"LOG_FORMAT" envDefault:"auto" doc:"text, json, or auto: text on a terminal and json otherwise."`
}

// Load reads and checks the environment. The error is an *errs.Error of kind
// Invalid that lists every problem, each under the variable's name; the Config
// is returned with it, as far as it could be read.
func Load() (Config, error) {
	environ := env.ToMap(os.Environ())
	for k, v := range environ { // NAME= with nothing after it means "not set", as people write it in files
		if strings.TrimSpace(v) == "" {
			delete(environ, k)
		}
	}
	var c Config
	var p problems
	if err := env.ParseWithOptions(&c, env.Options{Environment: environ}); err != nil {
		p.parse(err)
	}
	c.check(&p)
	return c, p.err()
}

// Production reports whether ENV is production.
func (c *Config) Production() bool { return c.Env == "production" }

// Loopback reports whether the server can be reached from this machine only.
func (c *Config) Loopback() bool {
	host, _, err := net.SplitHostPort(c.Listen)
	if err != nil {
		return false
	}
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || (err == nil && ip.IsLoopback())
}

// BaseURL is PUBLIC_URL without a slash at its end, or http://LISTEN.
func (c *Config) BaseURL() string {
	if c.PublicURL != "" {
		return strings.TrimRight(c.PublicURL, "/")
	}
	return "http://" + c.Listen
}

// Proxies is TRUSTED_PROXIES as networks; an address alone is a network of one.
func (c *Config) Proxies() ([]*net.IPNet, error) {
	var out []*net.IPNet
	for one := range strings.SplitSeq(c.TrustedProxies, ",") {
		one = strings.TrimSpace(one)
		if one == "" {
			continue
		}
		prefix, err := netip.ParsePrefix(one)
		if addr, aerr := netip.ParseAddr(one); aerr == nil {
			prefix, err = netip.PrefixFrom(addr, addr.BitLen()), nil
		}
		if err != nil {
			return nil, fmt.Errorf("%q is neither a network such as 10.0.0.0/8 nor an address", one)
		}
		prefix = prefix.Masked()
		out = append(out, &net.IPNet{IP: prefix.Addr().AsSlice(), Mask: net.CIDRMask(prefix.Bits(), prefix.Addr().BitLen())})
	}
	return out, nil
}

// OwnerURL is MIGRATE_DATABASE_URL, or DATABASE_URL.
func (c *Config) OwnerURL() string {
	if c.MigrateDatabaseURL != "" {
		return c.MigrateDatabaseURL
	}
	return c.DatabaseURL
}

func (c *Config) check(p *problems) {
	oneOf(p, "ENV", c.Env, "development", "production")
	oneOf(p, "LOG_LEVEL", c.LogLevel, "debug", "info", "warn", "error")
	oneOf(p, "LOG_FORMAT", c.LogFormat, "auto", "text", "json")
	checkAddress(p, "LISTEN", c.Listen)
	if c.WorkListen != "" {
		checkAddress(p, "WORK_LISTEN", c.WorkListen)
	}
	if _, err := c.Proxies(); err != nil {
		p.add("TRUSTED_PROXIES", err.Error())
	}
	checkURL(p, "PUBLIC_URL", c.PublicURL, "http", "https")
	checkURL(p, "DRAND_URL", c.DrandURL, "http", "https")
	checkURL(p, "YOUTUBE_API", c.YouTubeAPI, "http", "https")
	checkURL(p, "INSTAGRAM_API", c.InstagramAPI, "http", "https")
	checkURL(p, "DATABASE_URL", c.DatabaseURL, "postgres", "postgresql")
	checkURL(p, "MIGRATE_DATABASE_URL", c.MigrateDatabaseURL, "postgres", "postgresql")
	checkURL(p, "REDIS_URL", c.RedisURL, "redis", "rediss", "redis-socket", "redis-sentinel")
	if c.MigrateDatabaseURL != "" && c.DatabaseURL == "" {
		p.add("MIGRATE_DATABASE_URL", "is set without DATABASE_URL: set both, or neither for the embedded PostgreSQL")
	}
	if c.SecretKeys != "" {
		if _, err := seal.Parse(c.SecretKeys); err != nil {
			p.add("SECRET_KEYS", err.Error())
		}
	}
	if n := len(c.OperatorToken); n > 0 && n < 16 {
		p.add("OPERATOR_TOKEN", "is too short: 16 characters at least")
	}
	if (c.ShopifyClientID == "") != (c.ShopifyClientSecret == "") {
		p.add("SHOPIFY_CLIENT_SECRET", "and SHOPIFY_CLIENT_ID belong together: set both or neither")
	}
	if c.ShopifyClientSecretPrevious != "" && c.ShopifyClientSecret == "" {
		p.add("SHOPIFY_CLIENT_SECRET_PREVIOUS", "is set without SHOPIFY_CLIENT_SECRET")
	}
	c.checkMail(p)
	between(p, "WORKERS", c.Workers, 1, 256, "")
	between(p, "DELIVERY_RETENTION", c.DeliveryRetention, 45, 3650, " days")
	if !p.has("SHUTDOWN_TIMEOUT") && (c.ShutdownTimeout < time.Second || c.ShutdownTimeout > 10*time.Minute) {
		p.add("SHUTDOWN_TIMEOUT", "must be 1s to 10m")
	}
	if c.Production() {
		c.checkProduction(p)
	}
}

func (c *Config) checkMail(p *problems) {
	oneOf(p, "SMTP_TLS", c.SMTPTLS, "starttls", "tls", "none")
	between(p, "SMTP_PORT", c.SMTPPort, 1, 65535, "")
	if a, err := mail.ParseAddress(c.MailFrom); err != nil || a.Address != c.MailFrom {
		p.add("MAIL_FROM", "must be an e-mail address such as hello@example.com")
	}
	if c.SMTPUser != "" && c.SMTPTLS == "none" {
		p.add("SMTP_TLS", "must not be none with SMTP_USER: the password would be sent in the clear")
	}
	if (c.DKIMDomain == "") != (c.DKIMSelector == "") || (c.DKIMDomain == "") != (c.DKIMKey == "") {
		p.add("DKIM_DOMAIN", "DKIM_SELECTOR and DKIM_KEY belong together: set all or none")
	}
}

func (c *Config) checkProduction(p *problems) {
	for _, s := range []struct{ name, value, why string }{
		{"DATABASE_URL", c.DatabaseURL, "the embedded PostgreSQL is for trying things out"},
		{"REDIS_URL", c.RedisURL, "serve and work need a Redis they share"},
		{"SECRET_KEYS", c.SecretKeys, "a generated key is lost with the machine"},
		{"PUBLIC_URL", c.PublicURL, "stores and people must find this server"},
	} {
		if s.value == "" {
			p.add(s.name, "must be set when ENV=production: "+s.why)
		}
	}
	if strings.HasPrefix(c.PublicURL, "http://") {
		p.add("PUBLIC_URL", "must be https when ENV=production")
	}
	if c.PrivateStores {
		p.add("PRIVATE_STORES", "must not be true when ENV=production: a merchant could name any machine of yours as a store")
	}
}

// SealingKeys returns the configured keys, or the one kept in DATA_DIR, which
// is made on first use and is readable by this user only.
func (c *Config) SealingKeys() (*seal.Keys, error) {
	list := c.SecretKeys
	if list == "" {
		var err error
		if list, err = keptKey(c.DataDir); err != nil {
			return nil, fmt.Errorf("sealing key: %w", err)
		}
	}
	keys, err := seal.Parse(list)
	if err != nil {
		return nil, fmt.Errorf("sealing key: %w", err)
	}
	return seal.New(keys)
}

// problems collects what is wrong, one entry per finding.
type problems struct{ fields []errs.Field }

func (p *problems) add(name, msg string) {
	p.fields = append(p.fields, errs.Field{Path: name, Msg: msg})
}

func (p *problems) err() error {
	if len(p.fields) == 0 {
		return nil
	}
	return errs.New(errs.Invalid, "config_invalid", "the settings have problems", p.fields...)
}

// parse takes over what could not be read as its type. The values are not
// quoted: one of them may be a secret in the wrong variable.
func (p *problems) parse(err error) {
	var all env.AggregateError
	if !errors.As(err, &all) {
		p.add("environment", err.Error())
		return
	}
	for _, e := range all.Errors {
		var wrong env.ParseError
		if !errors.As(e, &wrong) {
			p.add("environment", e.Error())
			continue
		}
		for _, s := range settings {
			if s.field == wrong.Name {
				p.add(s.Name, "is not a "+kindOf(wrong))
			}
		}
	}
}

func kindOf(e env.ParseError) string {
	if e.Type.String() == "time.Duration" {
		return "duration, such as 20s or 1m30s"
	}
	return "whole number"
}

func oneOf(p *problems, name, value string, allowed ...string) {
	if !slices.Contains(allowed, value) {
		p.add(name, "must be one of "+strings.Join(allowed, ", "))
	}
}

func between(p *problems, name string, value, least, most int, unit string) {
	if p.has(name) {
		return // it is not a number at all
	}
	if value < least || value > most {
		p.add(name, fmt.Sprintf("must be %d to %d%s", least, most, unit))
	}
}

func (p *problems) has(name string) bool {
	return slices.ContainsFunc(p.fields, func(f errs.Field) bool { return f.Path == name })
}

func checkAddress(p *problems, name, value string) {
	_, port, err := net.SplitHostPort(value)
	if n, perr := strconv.Atoi(port); err != nil || perr != nil || n < 0 || n > 65535 {
		p.add(name, "must be host:port, such as 127.0.0.1:8080 or :8080")
	}
}

func checkURL(p *problems, name, value string, schemes ...string) {
	if value == "" {
		return
	}
	u, err := url.Parse(value)
	if err != nil || !slices.Contains(schemes, u.Scheme) || (u.Host == "" && u.Path == "") {
		p.add(name, "must be a URL that begins with "+strings.Join(schemes, ":// or ")+"://")
	}
}
