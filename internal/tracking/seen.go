package tracking

import (
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/mileusna/useragent"
)

// The cookies of links and pages. Consent is what the shop's own banner says, on
// a domain it shares with its links; Visitor is ours, and set only with consent.
const (
	ConsentCookie = "tributary_consent" // "granted", "denied"
	VisitorCookie = "tributary_visitor"
)

// Seen is what a request says about who made it. Nothing of it is stored as it
// is.
type Seen struct {
	Address  string // IP
	Agent    string // User-Agent
	Referrer string // the whole Referer
	Method   string
	Prefetch bool // the browser, or a preview, loads ahead
	Embedded bool // an image, a frame or a script: nobody went here
	OptedOut bool // Sec-GPC
	Consent  string
	Visitor  string // our cookie, not checked yet
}

// See reads a request that came from address.
func See(r *http.Request, address string) Seen {
	h := r.Header
	s := Seen{Address: address, Agent: h.Get("User-Agent"), Referrer: h.Get("Referer"), Method: r.Method, OptedOut: h.Get("Sec-GPC") == "1"}
	for _, name := range []string{"Sec-Purpose", "Purpose", "X-Purpose", "X-Moz"} {
		v := strings.ToLower(h.Get(name))
		s.Prefetch = s.Prefetch || strings.Contains(v, "prefetch") || strings.Contains(v, "preview") || strings.Contains(v, "prerender")
	}
	mode, dest := h.Get("Sec-Fetch-Mode"), h.Get("Sec-Fetch-Dest")
	s.Embedded = mode != "" && mode != "navigate" || dest != "" && dest != "document"
	if _, some := h["Cookie"]; some {
		if c, err := r.Cookie(ConsentCookie); err == nil {
			s.Consent = c.Value
		}
		if c, err := r.Cookie(VisitorCookie); err == nil {
			s.Visitor = c.Value
		}
	}
	return s
}

// Why a click cannot be paid for, known when it comes. It is kept.
const (
	refusedHead     = "head"
	refusedNoAgent  = "no_agent"
	refusedPreview  = "preview"
	refusedBot      = "bot"
	refusedPrefetch = "prefetch"
	refusedEmbedded = "not_navigation"
	refusedData     = "data_centre"
	refusedOptOut   = "gpc"        // Global Privacy Control
	refusedConsent  = "no_consent" // the shop asks for it, and it was not given
)

// refused is the first reason that holds, "" when there is none; class is what
// kind of program came.
func (s *Seen) refused(nets *Networks, consentRequired bool) (why, class string) {
	class = classOf(s.Agent)
	switch {
	case s.Method != http.MethodGet:
		return refusedHead, class
	case s.Agent == "":
		return refusedNoAgent, class
	case class == "preview":
		return refusedPreview, class
	case class == "bot":
		return refusedBot, class
	case s.Prefetch:
		return refusedPrefetch, class
	case s.Embedded:
		return refusedEmbedded, class
	case nets.Contains(s.Address):
		return refusedData, class
	case s.OptedOut:
		return refusedOptOut, class
	case !s.mayKnow(consentRequired):
		return refusedConsent, class
	}
	return "", class
}

// mayKnow tells whether the visitor may be recognised.
func (s *Seen) mayKnow(consentRequired bool) bool {
	return !s.OptedOut && s.Consent != "denied" && (!consentRequired || s.Consent == "granted")
}

// previews make the small pictures of links in messages and feeds; libraries are
// no browser. Both are beyond the list that useragent keeps.
var (
	previews = []string{"facebookexternalhit", "facebot", "whatsapp", "telegrambot", "twitterbot", "slackbot", "slack-imgproxy", "discordbot", "linkedinbot",
		"pinterestbot", "pinterest/0", "skypeuripreview", "viber", "embedly", "iframely", "redditbot", "snapchat/", "applebot", "mastodon", "vkshare", "google-pagerenderer", "bitlybot"}
	libraries = []string{"curl/", "wget/", "python", "go-http-client", "java/", "okhttp", "libwww", "httpclient", "node-fetch", "axios", "undici", "ruby", "php/",
		"headlesschrome", "phantomjs", "puppeteer", "playwright", "selenium", "lighthouse", "crawl", "spider", "scrapy", "monitor", "uptime", "pingdom", "bot/", "bot;", "+http"}
)

// classes remembers what classOf has found: few agents make most clicks.
var classes struct {
	known sync.Map
	size  atomic.Int64
}

const (
	mostClasses = 10_000
	longAgent   = 512 // is read, and not remembered
)

// classOf names the kind of program: mobile, tablet, desktop, other, bot, preview.
func classOf(agent string) string {
	if agent == "" {
		return ""
	}
	if class, ok := classes.known.Load(agent); ok {
		return class.(string)
	}
	class := readClass(agent)
	if len(agent) <= longAgent {
		if classes.size.Add(1) > mostClasses {
			classes.known.Clear()
			classes.size.Store(1)
		}
		classes.known.Store(strings.Clone(agent), class)
	}
	return class
}

func readClass(agent string) string {
	lower := strings.ToLower(agent)
	has := func(token string) bool { return strings.Contains(lower, token) }
	// An app's own browser names the app; only its previews come without an engine.
	if slices.ContainsFunc(previews, has) && !has("applewebkit") {
		return "preview"
	}
	if slices.ContainsFunc(libraries, has) {
		return "bot"
	}
	switch ua := useragent.Parse(agent); {
	case ua.Bot:
		return "bot"
	case ua.Tablet:
		return "tablet"
	case ua.Mobile:
		return "mobile"
	case ua.Desktop:
		return "desktop"
	}
	return "other"
}

// hostOf is the host of a referrer: paths and queries may name people.
func hostOf(referrer string) string {
	if len(referrer) > 2048 {
		return ""
	}
	u, err := url.Parse(referrer)
	if err != nil || len(u.Hostname()) > 253 {
		return ""
	}
	return strings.ReplaceAll(strings.ToValidUTF8(strings.ToLower(u.Hostname()), ""), "\x00", "")
}

// network is what is known of an address in a visitor key: an IPv4 /24, an IPv6
// /48. "" for what is no address.
func network(address string) string {
	a, err := netip.ParseAddr(address)
	if err != nil {
		return ""
	}
	bits := 48
	if a = a.Unmap().WithZone(""); a.Is4() {
		bits = 24
	}
	p, err := a.Prefix(bits)
	if err != nil {
		return ""
	}
	return p.String()
}
