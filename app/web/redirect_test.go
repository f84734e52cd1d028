package web_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"tributary/app/web"
	"tributary/internal/intake"
	"tributary/internal/obs"
	"tributary/internal/platform"
	"tributary/internal/store"
	"tributary/internal/tracking"
)

const (
	phone     = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.0 Mobile/15E148 Safari/604.1"
	appSecret = "shpss_test"
)

// links is a world with open doors for shoppers.
type links struct {
	*world
	proof   *proof
	settler *intake.Settler
	tracker *tracking.Tracker
}

// proof is the outside world: what DNS and hosts say.
type proof struct {
	mu     sync.Mutex
	txt    map[string][]string
	tokens map[string]string
}

func (p *proof) TXT(_ context.Context, name string) ([]string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.txt[name], nil
}

func (p *proof) Token(_ context.Context, host, _ string) (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.tokens[host], nil
}

func newLinks(t *testing.T, change ...func(*web.Deps)) *links {
	t.Helper()
	l := &links{proof: &proof{txt: map[string][]string{}, tokens: map[string]string{}}}
	log := slog.New(slog.DiscardHandler)
	wake := func(int64) {}
	l.world = newWorld(t, append(change, func(d *web.Deps) {
		d.PublicURL = "https://tributary.example"
		d.Proof = l.proof
		d.Doors = tracking.NewDoors(d.DB, d.Keys, log, 10*time.Millisecond)
		d.Clicks = tracking.NewRecorder(d.DB, d.Doors, nil, log, wake)
		inbox := intake.NewInbox(d.DB, log, wake, nil)
		d.Stores = intake.NewReceiver(d.DB, inbox, d.Keys, log, obs.NewMetrics("test"), appSecret)
		l.settler = intake.NewSettler(d.DB, d.Keys, log, obs.NewMetrics("test"))
		l.tracker = &tracking.Tracker{DB: d.DB, Log: log}
		t.Cleanup(d.Doors.Close)
		t.Cleanup(d.Clicks.Close)
		t.Cleanup(inbox.Close)
	})...)
	return l
}

// visit follows a path of a host as a phone does; headers come in pairs.
func (l *links) visit(method, host, path string, headers ...string) *http.Response {
	l.t.Helper()
	req, err := http.NewRequestWithContext(context.Background(), method, l.url+path, nil)
	if err != nil {
		l.t.Fatal(err)
	}
	req.Host = host
	req.Header.Set("User-Agent", phone)
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		l.t.Fatal(err)
	}
	res.Body.Close()
	return res
}

// leads is visit that must be sent on, and where to.
func (l *links) leads(host, path string, headers ...string) *url.URL {
	l.t.Helper()
	res := l.visit("GET", host, path, headers...)
	if res.StatusCode != http.StatusFound {
		l.t.Fatalf("%s: status %d", path, res.StatusCode)
	}
	u, err := url.Parse(res.Header.Get("Location"))
	if err != nil {
		l.t.Fatal(err)
	}
	return u
}

// soon waits until f holds: other processes hear of changes a moment later.
func (l *links) soon(what string, f func() bool) {
	l.t.Helper()
	for end := time.Now().Add(10 * time.Second); !f(); {
		if time.Now().After(end) {
			l.t.Fatal(what)
		}
	}
}

// withCode is an agreement both have signed, with a code.
func (s shop) withCode(handle string, terms m) (agreement, code string) {
	s.w.t.Helper()
	id := s.signed(handle, terms)
	return id, s.post("/codes", m{"code": handle + "10", "agreement_id": id}).is(201).str("id")
}

var perClick = m{"version": 1, "currency": "USD", "components": []m{{"id": "ppc", "type": "clicks", "unit_price": "0.40"}, {"id": "base", "type": "percentage", "rate_bps": 1000}}}

func TestALinkLeadsToTheStoreAndTheOrderThatComesBackIsTheInfluencers(t *testing.T) {
	t.Parallel()
	l := newLinks(t)
	agreement, code := l.a.withCode("anna", perClick)
	link := l.a.post("/links", m{"agreement_id": agreement, "slug": "anna", "destination": "https://a.myshopify.com/products/hat?variant=7&ref=evil", "code_id": code}).is(201)
	if link.str("url") != "https://tributary.example/r/anna" {
		t.Fatal(link)
	}
	res := l.visit("GET", "tributary.example", "/r/anna", "Referer", "https://www.instagram.com/stories/anna/1")
	if res.StatusCode != http.StatusFound || res.Header.Get("Cache-Control") != "no-store" || res.Header.Get("Referrer-Policy") == "" || len(res.Cookies()) != 0 {
		t.Fatalf("%d %v", res.StatusCode, res.Header)
	}
	to, err := url.Parse(res.Header.Get("Location"))
	if err != nil || to.Host != "a.myshopify.com" || to.Scheme != "https" || to.Path != "/discount/ANNA10" {
		t.Fatal(to, err)
	}
	landing, err := url.Parse(to.Query().Get("redirect"))
	if err != nil || landing.Host != "" || landing.Path != "/products/hat" {
		t.Fatal(landing, err)
	}
	q := landing.Query()
	id := q.Get("utm_id")
	if q.Get("ref") != "anna" || q.Get("utm_source") != "anna" || q.Get("utm_medium") != "influencer" || q.Get("utm_campaign") != "cmp_1" || q.Get("variant") != "7" || len(id) != 32 {
		t.Fatal(landing)
	}
	clickedAt := time.Time{}
	l.in(l.a, func(tx *store.Tx) error {
		cs, _, err := tx.ListClicks(context.Background(), store.ClickFilter{}, store.Page{})
		if err == nil && (len(cs) != 1 || cs[0].Referrer != "www.instagram.com" || cs[0].Agent != "mobile" || cs[0].Invalid != "") {
			t.Errorf("%+v", cs)
		}
		clickedAt = cs[0].At
		return err
	})

	if log := l.log.String(); strings.Contains(log, "/r/:slug") || !strings.Contains(log, `"address"`) {
		t.Error("the log tells who followed a link")
	}

	// The order was created an hour after the click; the store names no time.
	orderAt := clickedAt.Add(time.Hour)
	l.clock.mu.Lock()
	l.clock.t = orderAt.Add(time.Minute)
	l.clock.mu.Unlock()
	l.sell(1, orderAt, landing.String())
	why := l.why(1)
	won := why.list("candidates")[0]
	if why.str("outcome") != "attributed" || len(why.list("candidates")) != 1 || !strings.HasPrefix(won.str("touch_id"), "click:") || won.str("at") != clickedAt.Format(time.RFC3339Nano) {
		b, _ := json.MarshalIndent(why, "", " ")
		t.Fatalf("clicked at %s\n%s", clickedAt, b)
	}
	if flags := fmt.Sprint(why["flags"]); strings.Contains(flags, "claimed_time") {
		t.Error(flags)
	}

	// A made-up id, and one of another shop: the ref alone speaks, as a claim.
	other := platform.NewClickIDs(l.keys).Sign(l.b.id, [16]byte{1})
	last := "A"
	if id[31:] == last {
		last = "B"
	}
	for n, forged := range []string{other, id[:31] + last} {
		l.sell(int64(2+n), orderAt, "/?ref=anna&utm_id="+forged)
		if flags := fmt.Sprint(l.why(2 + n)["flags"]); !strings.Contains(flags, "forged_click_id") || !strings.Contains(flags, "claimed_time") {
			t.Errorf("%s: %s", forged, flags)
		}
	}
	if diff, err := l.settler.Verify(context.Background(), l.a.id, nil); err != nil || len(diff) > 0 {
		t.Error(diff, err)
	}
}

// why is the decision in force about an order.
func (l *links) why(id int) m {
	l.t.Helper()
	list := l.a.get(fmt.Sprintf("/orders/%d/why", id)).is(200).list("decisions")
	return list[len(list)-1]
}

// sell sends the webhook of an order of 100.00 and settles it.
func (l *links) sell(id int64, at time.Time, landing string) {
	l.t.Helper()
	body, err := json.Marshal(m{"id": id, "name": fmt.Sprint("#", id), "created_at": at, "processed_at": at, "updated_at": at, "currency": "USD", "presentment_currency": "USD",
		"financial_status": "paid", "total_price": "100.00", "total_tax": "0.00", "landing_site": landing, "email": fmt.Sprintf("buyer%d@example.com", id),
		"line_items": []m{{"id": id*10 + 1, "product_id": 1, "quantity": 1, "current_quantity": 1, "price": "100.00", "total_discount": "0.00"}}})
	if err != nil {
		l.t.Fatal(err)
	}
	r := l.call("", "POST", "/webhooks/shopify", string(body), "X-Shopify-Topic", "orders/create", "X-Shopify-Hmac-Sha256", platform.Sign(body, appSecret),
		"X-Shopify-Shop-Domain", "a.myshopify.com", "X-Shopify-API-Version", "2026-10", "X-Shopify-Webhook-Id", fmt.Sprint("order-", id), "X-Shopify-Triggered-At", at.Format(time.RFC3339Nano))
	if r.status != 200 {
		l.t.Fatalf("%d %s", r.status, r.body)
	}
	if _, err := l.settler.Drain(context.Background(), l.a.id); err != nil {
		l.t.Fatal(err)
	}
}

func TestAThousandFollowersAtOnceAreAllSentOnAndCounted(t *testing.T) {
	t.Parallel()
	l := newLinks(t, func(d *web.Deps) { d.Limits.ClicksPerSecond, d.Limits.ClickBurst = 1e6, 1e6 })
	agreement, _ := l.a.withCode("anna", perClick)
	l.a.post("/links", m{"agreement_id": agreement, "slug": "anna"}).is(201)
	var wg sync.WaitGroup
	var mu sync.Mutex
	ids := map[string]bool{}
	for range 50 {
		wg.Go(func() {
			for range 20 {
				to := l.leads("tributary.example", "/r/anna")
				mu.Lock()
				ids[to.Query().Get("utm_id")] = true
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if _, err := l.tracker.Drain(context.Background(), l.a.id); err != nil {
		t.Fatal(err)
	}
	day := l.a.get("/clicks/days").is(200).list("data")[0]
	if len(ids) != 1000 || day["clicks"] != 1000.0 || day["valid_clicks"] != 1.0 { // one visitor
		t.Fatal(len(ids), day)
	}
}

func TestALinkNeverLeadsElsewhere(t *testing.T) {
	t.Parallel()
	l := newLinks(t)
	agreement, _ := l.a.withCode("anna", perClick)
	for _, bad := range []string{"https://evil.example/", "//evil.example/x", `https://a.myshopify.com\@evil.example/`, "https://a.myshopify.com@evil.example/", "javascript:alert(1)",
		"https://a.myshopify.com.evil.example/", "http://a.myshopify.com/", "https://b.myshopify.com/", "https://www.verified.example/"} {
		if got := l.a.post("/links", m{"agreement_id": agreement, "destination": bad}).problem(422, "invalid_link").fields(); got != "destination" {
			t.Errorf("%s: %s", bad, got)
		}
	}
	l.a.post("/links", m{"agreement_id": agreement, "slug": "anna", "destination": "https://a.myshopify.com//evil.example/?redirect=https://evil.example&url=//evil.example"}).is(201)
	for _, path := range []string{"/r/anna", "/r/anna?redirect=https://evil.example", "/r/anna?url=//evil.example&destination=https://evil.example"} {
		if to := l.leads("tributary.example", path); to.Host != "a.myshopify.com" || to.Scheme != "https" {
			t.Errorf("%s leads to %s", path, to)
		}
	}
	if h := l.visit("GET", "tributary.example", "/r/anna").Header; h.Get("Strict-Transport-Security") == "" || h.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("a link does not say that its host is for https: %v", h)
	}
	if to := l.leads("evil.example", "/r/anna", "X-Forwarded-Host", "evil.example"); to.Host != "a.myshopify.com" {
		t.Errorf("leads to %s", to)
	}
	for _, path := range []string{"/r/", "/r/nobody", "/r/anna%2F..", "/r/..%2f..%2fetc", "/r/" + strings.Repeat("a", 200), "/r/anna%0d%0aSet-Cookie:x=1", "/r/%00"} {
		if res := l.visit("GET", "tributary.example", path); res.StatusCode != http.StatusNotFound || res.Header.Get("Location") != "" || len(res.Cookies()) > 0 {
			t.Errorf("%s: %d %s", path, res.StatusCode, res.Header.Get("Location"))
		}
	}

	// A second host of the store, verified by DNS; when it is taken away, links
	// that lead there lead to the front page.
	dom := l.a.post("/domains", m{"host": "WWW.Verified.example.", "purpose": "store"}).is(201)
	l.proof.txt[dom.str("txt_name")] = []string{"v=spf1", dom.str("txt_value")}
	if got := l.a.post("/domains/"+dom.str("id")+"/check", nil).is(200); got["verified"] != true {
		t.Fatal(got)
	}
	l.a.post("/links", m{"agreement_id": agreement, "slug": "shop", "destination": "https://www.verified.example/hats#red"}).is(201)
	l.soon("the link does not lead to the verified host", func() bool {
		to := l.leads("tributary.example", "/r/shop")
		return to.Host == "www.verified.example" && to.Fragment == "red" && to.Path == "/hats"
	})
	l.a.post("/domains/"+dom.str("id")+"/remove", nil).is(200)
	l.soon("the link still leads to a host that was taken away", func() bool { return l.leads("tributary.example", "/r/shop").Host == "a.myshopify.com" })
}

func TestAShopsOwnDomainServesItsLinksOnceItIsVerified(t *testing.T) {
	t.Parallel()
	l := newLinks(t)
	ours, _ := l.a.withCode("anna", perClick)
	theirs, _ := l.b.withCode("anna", perClick)
	first := l.a.post("/links", m{"agreement_id": ours, "slug": "anna"}).is(201)
	second := l.b.post("/links", m{"agreement_id": theirs, "slug": "anna"}).is(201)
	if first.str("url") != "https://tributary.example/r/anna" || second.str("url") == first.str("url") || second.str("slug") != "anna" {
		t.Fatal(first, second)
	}
	path := strings.TrimPrefix(second.str("url"), "https://tributary.example")
	if a, b := l.leads("tributary.example", "/r/anna"), l.leads("tributary.example", path); a.Host != "a.myshopify.com" || b.Host != "b.myshopify.com" {
		t.Fatal(a, b)
	}

	dom := l.b.post("/domains", m{"host": "go.b.example", "purpose": "links"}).is(201)
	if res := l.visit("GET", "go.b.example", "/anna"); res.StatusCode != http.StatusNotFound {
		t.Errorf("an unverified host serves links: %d", res.StatusCode)
	}
	if got := l.b.post("/domains/"+dom.str("id")+"/check", nil).is(200); got["verified"] != false || !strings.Contains(got.str("problem"), "_tributary.go.b.example") {
		t.Fatal(got)
	}
	// The host points here: our own answer is the proof.
	res := l.call("", "GET", "/.well-known/tributary/"+dom.str("token"), nil)
	if res.status != 404 {
		t.Errorf("the token is given under another host: %d", res.status)
	}
	if res := l.visit("GET", "go.b.example", "/.well-known/tributary/"+dom.str("token")); res.StatusCode != http.StatusOK {
		t.Errorf("no proof: %d", res.StatusCode)
	}
	l.proof.tokens["go.b.example"] = dom.str("token")
	if got := l.b.post("/domains/"+dom.str("id")+"/check", nil).is(200); got["verified"] != true {
		t.Fatal(got)
	}
	l.soon("the verified host does not serve", func() bool { return l.visit("GET", "go.b.example", "/anna").StatusCode == http.StatusFound })
	for _, p := range []string{"/anna", "/r/anna"} {
		if to := l.leads("GO.B.EXAMPLE:443", p); to.Host != "b.myshopify.com" {
			t.Errorf("%s leads to %s", p, to)
		}
	}
	if res := l.visit("GET", "tributary.example", "/anna"); res.StatusCode != http.StatusNotFound {
		t.Errorf("our own host serves links at its root: %d", res.StatusCode)
	}

	// Nobody else can have it, nor see it.
	rival := l.a.post("/domains", m{"host": "go.b.example", "purpose": "links"}).is(201)
	l.proof.txt["_tributary.go.b.example"] = []string{rival.str("txt_value")}
	if got := l.a.post("/domains/"+rival.str("id")+"/check", nil).is(200); got["verified"] != false || got.str("problem") == "" {
		t.Error(got)
	}
	l.a.post("/domains/"+dom.str("id")+"/check", nil).problem(404, "domain_not_found")
	l.a.post("/domains/"+dom.str("id")+"/remove", nil).problem(404, "domain_not_found")
	l.b.post("/domains", m{"host": "go.b.example", "purpose": "links"}).problem(409, "domain_exists")
	if got := l.b.post("/domains", m{"host": "http://x", "purpose": "mail"}).problem(422, "invalid_domain").fields(); got != "host purpose" {
		t.Error(got)
	}
	if got := l.b.post("/domains", m{"host": "tributary.example", "purpose": "links"}).problem(422, "invalid_domain").fields(); got != "host" {
		t.Error(got)
	}
}

func TestLinksAreSwitchedOffWithinAMoment(t *testing.T) {
	t.Parallel()
	l := newLinks(t)
	agreement, code := l.a.withCode("anna", perClick)
	if res := l.visit("GET", "tributary.example", "/r/anna"); res.StatusCode != http.StatusNotFound {
		t.Fatal(res.StatusCode)
	}
	link := l.a.post("/links", m{"agreement_id": agreement, "slug": "anna", "code_id": code}).is(201)
	l.soon("a new link is not served: the miss was remembered", func() bool { return l.visit("GET", "tributary.example", "/r/anna").StatusCode == http.StatusFound })
	l.a.post("/codes/"+code+"/end", m{}).is(200)
	l.soon("a code that has ended is applied", func() bool { return l.leads("tributary.example", "/r/anna").Path == "/" })
	l.a.post("/links/"+link.str("id")+"/disable", nil).is(200)
	l.soon("a link that is off is served", func() bool { return l.visit("GET", "tributary.example", "/r/anna").StatusCode == http.StatusNotFound })
}

func TestProductsAreInTheCartOnTheWay(t *testing.T) {
	t.Parallel()
	l := newLinks(t)
	agreement, code := l.a.withCode("anna", perClick)
	link := l.a.post("/links", m{"agreement_id": agreement, "slug": "box", "code_id": code, "products": []m{{"id": "401", "quantity": 2}, {"id": "402", "quantity": 1}}}).is(201)
	if got := link.list("products"); len(got) != 2 || got[0].str("id") != "401" || got[0]["quantity"] != 2.0 {
		t.Error(link)
	}
	to := l.leads("tributary.example", "/r/box")
	q := to.Query()
	if to.Path != "/cart/401:2,402:1" || q.Get("discount") != "ANNA10" || q.Get("utm_id") == "" || q.Get("attributes[_tributary_click_id]") != q.Get("utm_id") {
		t.Error(to)
	}
	if got := l.a.post("/links", m{"agreement_id": agreement, "products": []m{{"id": "hat", "quantity": 0}}}).problem(422, "invalid_link").fields(); got != "products[0].id products[0].quantity" {
		t.Error(got)
	}
	ben, bens := l.a.withCode("ben", perClick)
	if got := l.a.post("/links", m{"agreement_id": agreement, "code_id": bens}).problem(422, "invalid_link").fields(); got != "code_id" {
		t.Error(got)
	}
	_ = ben
}

func TestWhatIsNoVisitIsSentOnAndNotCounted(t *testing.T) {
	t.Parallel()
	l := newLinks(t)
	agreement, _ := l.a.withCode("anna", perClick)
	l.a.post("/links", m{"agreement_id": agreement, "slug": "anna"}).is(201)
	for _, c := range [][]string{
		{"head", "HEAD"}, {"prefetch", "GET", "Sec-Purpose", "prefetch;prerender"}, {"prefetch", "GET", "Purpose", "prefetch"},
		{"not_navigation", "GET", "Sec-Fetch-Mode", "no-cors", "Sec-Fetch-Dest", "image"}, {"not_navigation", "GET", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "iframe"},
		{"gpc", "GET", "Sec-GPC", "1"}, {"no_consent", "GET", "Cookie", "tributary_consent=denied"}, {"bot", "GET", "User-Agent", "curl/8"}, {"no_agent", "GET", "User-Agent", ""},
	} {
		if res := l.visit(c[1], "tributary.example", "/r/anna", c[2:]...); res.StatusCode != http.StatusFound {
			t.Errorf("%v: %d", c, res.StatusCode)
		}
		newest := l.a.get("/clicks?limit=1").is(200).list("data")[0]
		if newest.str("invalid") != c[0] || newest["valid"] != false {
			t.Errorf("%v: %v", c, newest)
		}
	}
	if res := l.visit("POST", "tributary.example", "/r/anna"); res.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("POST: %d", res.StatusCode)
	}
	// With consent there is a cookie, which lets them be recognised again.
	res := l.visit("GET", "tributary.example", "/r/anna", "Cookie", "tributary_consent=granted")
	if cs := res.Cookies(); len(cs) != 1 || cs[0].Name != "tributary_visitor" || !cs[0].HttpOnly || !cs[0].Secure {
		t.Error(cs)
	}
	if got := l.a.post("/settings/consent", m{"required": true}).is(200); got["required"] != true {
		t.Error(got)
	}
	if got := l.a.get("/settings/consent").is(200); got["required"] != true {
		t.Error(got)
	}
	l.soon("consent is not asked for", func() bool {
		l.leads("tributary.example", "/r/anna")
		return l.a.get("/clicks?limit=1").is(200).list("data")[0].str("invalid") == "no_consent"
	})
}

func TestTooManyClicksFromOneAddressAreRefused(t *testing.T) {
	t.Parallel()
	l := newLinks(t, func(d *web.Deps) { d.Limits.ClicksPerSecond, d.Limits.ClickBurst = 0.001, 3 })
	agreement, _ := l.a.withCode("anna", perClick)
	l.a.post("/links", m{"agreement_id": agreement, "slug": "anna"}).is(201)
	var got []int
	for range 4 {
		got = append(got, l.visit("GET", "tributary.example", "/r/anna").StatusCode)
	}
	if !slices.Equal(got, []int{302, 302, 302, 429}) {
		t.Error(got)
	}
}
