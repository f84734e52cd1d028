package web_test

import (
	"context"
	"encoding/json"
	"html"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"tributary/app/web"
	"tributary/internal/credential"
	"tributary/internal/domain/order"
	"tributary/internal/identity"
	"tributary/internal/intake"
	"tributary/internal/landing"
	"tributary/internal/outbox"
	platform "tributary/internal/platform/shopify"
	"tributary/internal/platform/woocommerce"
	"tributary/internal/sandbox"
	"tributary/internal/store"
	"tributary/internal/tenant"
)

// front is a world with a sandbox store in it.
type front struct {
	*world
	shop    shop
	store   *sandbox.Store
	fronts  *landing.Storefronts
	runner  *outbox.Runner
	settler *intake.Settler
	host    string // of the store, as links say it
}

const frontShop = "sandbox.myshopify.com"

func newFront(t *testing.T, p sandbox.Platform, change ...func(*web.Deps)) *front {
	t.Helper()
	f := &front{host: frontShop}
	api := platform.NewAPI(platform.Options{App: platform.App{ClientID: "client", ClientSecret: "hush", Previous: "old"}, Private: true})
	var installer *tenant.ShopifyInstaller
	f.world = newWorld(t, append([]func(*web.Deps){withPages(t), withIntake(t, &f.settler), func(d *web.Deps) {
		access := &credential.Shopify{DB: d.DB, Keys: d.Keys, API: api, Log: slog.New(slog.DiscardHandler)}
		installer = &tenant.ShopifyInstaller{DB: d.DB, Keys: d.Keys, Access: access}
		f.fronts = &landing.Storefronts{DB: d.DB, Keys: d.Keys, Log: slog.New(slog.DiscardHandler), Shopify: access, WooCommerce: woocommerce.NewClient("test", true), BaseURL: d.PublicURL}
		d.Installs, d.Storefronts, d.Sessions = installer, f.fronts, identity.NewSessions("client", "hush")
		d.WooSessions = &identity.WooSessions{DB: d.DB, Keys: d.Keys, PublicURL: d.PublicURL}
	}}, change...)...)
	f.clock.set(time.Now().UTC()) // carts and click times are compared with the store's clock
	s, err := sandbox.New(sandbox.Options{Platform: p, Domain: frontShop, Name: "Sandbox", Seed: 7, Now: f.clock.now, ClientID: "client", ClientSecret: "hush", Delivery: sandbox.Delivery{TimeScale: 1e-7}})
	if err == nil {
		t.Cleanup(func() { _ = s.Close() })
		err = s.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	f.store = s
	ctx := context.Background()
	if p == sandbox.Shopify {
		api.Play(frontShop, s.URL())
		id, err := installer.Arrive(ctx, frontShop, s.SessionToken(1))
		if err != nil {
			t.Fatal(err)
		}
		f.shop = f.keyed(id)
		s.Subscribe(f.url+"/webhooks/shopify", sandbox.OrderTopics...)
		s.Proxy(f.url + "/proxy")
	} else {
		s.Embed("https://go.example.com/app")
		f.host = strings.TrimPrefix(s.URL(), "http://")
		n := tenant.NewShop{Platform: order.WooCommerce, Domain: f.host, Currency: "USD", TimeZone: "UTC", BaseURL: s.URL()}
		n.RestKeys.Key, n.RestKeys.Secret = s.AddKey(true)
		added, err := tenant.AddShop(ctx, f.db, f.keys, n)
		if err != nil {
			t.Fatal(err)
		}
		f.shop = f.keyed(added.ID)
		for _, topic := range []string{"order.created", "order.updated"} {
			s.SubscribeWoo(topic, f.url+added.Connection.Path, added.Connection.Secret)
		}
	}
	f.runner = &outbox.Runner{DB: f.db, Log: slog.New(slog.DiscardHandler), Handlers: f.fronts.Handlers()}
	return f
}

// keyed gives a shop keys.
func (w *world) keyed(id int64) shop {
	w.t.Helper()
	s := shop{w: w, id: id}
	w.in(s, func(tx *store.Tx) (err error) {
		if s.read, _, err = identity.CreateKey(context.Background(), tx, "read", identity.Read); err != nil {
			return err
		}
		s.write, _, err = identity.CreateKey(context.Background(), tx, "write", identity.Write)
		return err
	})
	return s
}

// works does what is due outside.
func (f *front) works() {
	f.t.Helper()
	if _, err := f.runner.Shop(f.t.Context(), f.shop.id); err != nil {
		f.t.Fatal(err)
	}
}

// publishes adds a page of one button and publishes it.
func (f *front) publishes(slug, heading string) string {
	f.t.Helper()
	address := "https://" + f.host + "/products/0?x=1"
	if f.store.Platform() == sandbox.WooCommerce {
		address = f.store.URL() + "/products/0?x=1"
	}
	agreement := f.shop.signed(strings.ReplaceAll(slug, "-", ""), m{"version": 1, "currency": "USD", "components": []m{{"id": "base", "type": "percentage", "rate_bps": 1000}}})
	p := f.shop.page(agreement, slug, m{"title": heading, "description": "About & more", "sections": []m{
		{"type": "hero", "heading": heading, "text": "One.\n\nTwo <b>.", "button": "Go", "link": address},
		{"type": "faq", "questions": []m{{"question": "{{ shop.name }}?", "answer": "{% layout none %}"}}},
	}})
	f.shop.post("/pages/"+p.str("id")+"/publish", m{}).is(200)
	f.works()
	return p.str("id")
}

// shopper is a browser that keeps cookies, and what is on our host and the
// store's is asked of the servers that play them.
type shopper struct {
	f      *front
	client *http.Client
}

func (f *front) shopper() *shopper {
	jar, _ := cookiejar.New(nil)
	return &shopper{f, &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

func (b *shopper) do(method, address, body string, headers ...string) (*http.Response, string) {
	b.f.t.Helper()
	for {
		u, err := url.Parse(address)
		if err != nil {
			b.f.t.Fatal(err)
		}
		at := b.f.store.URL()
		if u.Host == "go.example.com" {
			at = b.f.url
		}
		req, err := http.NewRequestWithContext(context.Background(), method, at+u.RequestURI(), strings.NewReader(body))
		if err != nil {
			b.f.t.Fatal(err)
		}
		req.Header.Set("User-Agent", phone)
		for i := 0; i+1 < len(headers); i += 2 {
			req.Header.Set(headers[i], headers[i+1])
		}
		res, err := b.client.Do(req)
		if err != nil {
			b.f.t.Fatal(err)
		}
		out, err := io.ReadAll(res.Body)
		_ = res.Body.Close()
		if err != nil {
			b.f.t.Fatal(err)
		}
		if res.StatusCode != http.StatusFound && res.StatusCode != http.StatusMovedPermanently {
			res.Request.URL.Host = u.Host
			return res, string(out)
		}
		to, err := u.Parse(res.Header.Get("Location"))
		if err != nil {
			b.f.t.Fatal(err)
		}
		address, method, body = to.String(), http.MethodGet, ""
	}
}

var wayOut = regexp.MustCompile(`href="(https://go\.example\.com/p/[^"]+/go/[^"]+)"`)

func TestAPagePublishedIsShownInAShopifyStoreAndItsClickComesBackWithTheOrder(t *testing.T) {
	t.Parallel()
	f := newFront(t, sandbox.Shopify)
	id := f.publishes("anna-autumn", `Anna's "pans" {{ 7 | times: 7 }}`)
	place := f.shop.get("/pages/" + id).is(200).obj("store")
	if place.str("state") != "shown" || place.str("url") != "https://"+frontShop+"/pages/creators/anna-autumn" || place["note"] != nil {
		t.Fatalf("%v", place)
	}

	// The theme shows it by the app's own blocks: escaped once, and disclosed.
	b := f.shopper()
	res, page := b.do("GET", place.str("url"), "")
	if res.StatusCode != http.StatusOK {
		t.Fatalf("%d %s", res.StatusCode, page)
	}
	for _, want := range []string{
		"<h1>Anna&#39;s &#34;pans&#34; &#123;&#123; 7 | times: 7 &#125;&#125;</h1>", "<p>Two &lt;b&gt;.</p>", "is paid when you buy through this page.", "<b>Ad</b>",
		`data-tributary-page="anna-autumn"`, `data-tributary-shown="a1"`, "<title>Anna&#39;s &#34;pans&#34; {{ 7 | times: 7 }}</title>", "&#123;% layout none %&#125;",
		`id="tributary-visits"`, `src="/extension/tributary-visits.js"`, `content="About &amp; more"`,
	} {
		if !strings.Contains(page, want) {
			t.Errorf("no %q in %s", want, page)
		}
	}
	for _, not := range []string{"49", "&amp;#", "<b>."} {
		if strings.Contains(page, not) {
			t.Errorf("%q in %s", not, page)
		}
	}

	// The shopper clicks, allows, and buys: the cart carries what the address says.
	button := wayOut.FindStringSubmatch(page)
	if button == nil {
		t.Fatal(page)
	}
	res, _ = b.do("GET", html.UnescapeString(button[1]), "")
	q := res.Request.URL.Query()
	if res.StatusCode != http.StatusOK || len(q.Get("utm_id")) != 32 || q.Get("ref") == "" || q.Get("utm_medium") != "influencer" || q.Get("x") != "1" {
		t.Fatalf("%d %s", res.StatusCode, res.Request.URL)
	}
	attributes, _ := json.Marshal(m{"attributes": m{"_tributary_click_id": q.Get("utm_id"), "_tributary_ref": q.Get("ref")}})
	if res, out := b.do("POST", "/cart/update.js", string(attributes), "Content-Type", "application/json"); res.StatusCode != http.StatusOK {
		t.Fatalf("%d %s", res.StatusCode, out)
	}
	f.attributed(b, id)
}

// attributed buys with what the browser carries, and looks whose the order is.
func (f *front) attributed(b *shopper, page string) {
	f.t.Helper()
	f.clock.set(f.clock.now().Add(10 * time.Minute))
	res, out := b.do("POST", "/checkout", url.Values{"product": {"0"}}.Encode(), "Content-Type", "application/x-www-form-urlencoded")
	number := res.Header.Get("X-Order-Id")
	if res.StatusCode != http.StatusOK || number == "" {
		f.t.Fatalf("%d %s", res.StatusCode, out)
	}
	if err := f.store.Settle(f.t.Context()); err != nil {
		f.t.Fatal(err)
	}
	if _, err := f.settler.Drain(f.t.Context(), f.shop.id); err != nil {
		f.t.Fatal(err)
	}
	why := f.shop.get("/orders/" + number + "/why").is(200)
	win := why.list("decisions")[0].list("winners")
	if len(win) != 1 || win[0].str("via") != "visit" {
		f.t.Fatalf("%v", why)
	}
	if got := f.shop.get("/pages/" + page + "/stats").is(200).obj("total"); got["button_clicks"] != 1.0 || got["conversions"] != 1.0 {
		f.t.Errorf("%v", got)
	}
}

func TestAWooCommerceStoreShowsAPageByItsPluginAndTheClickComesBackInOrderMeta(t *testing.T) {
	t.Parallel()
	f := newFront(t, sandbox.WooCommerce)
	id := f.publishes("anna-autumn", "Anna's <pans>")
	at := "/pages/" + id
	if place := f.shop.get(at).is(200).obj("store"); place.str("state") != "absent" || !strings.Contains(place.str("note"), "plugin") {
		t.Fatalf("without the plugin: %v", place)
	}
	if got := f.shop.get("/plugin").is(200); got["connected"] != false {
		t.Errorf("%v", got)
	}
	f.shop.post("/plugin/pair", m{}).problem(409, "plugin_absent")

	// Once there is one, what waited is shown.
	f.store.InstallPlugin()
	if got := f.shop.post("/plugin/pair", m{}).is(200); got["connected"] != true || got.str("home_url") != f.store.URL() {
		t.Fatalf("%v", got)
	}
	f.works()
	place := f.shop.get(at).is(200).obj("store")
	if place.str("state") != "shown" || place.str("url") != f.store.URL()+"/creators/anna-autumn/" {
		t.Fatalf("%v", place)
	}
	b := f.shopper()
	res, page := b.do("GET", place.str("url"), "")
	if res.StatusCode != http.StatusOK || !strings.Contains(page, "<h2>Anna&#39;s &lt;pans&gt;</h2>") || !strings.Contains(page, "is paid when you buy") {
		t.Fatalf("%d %s", res.StatusCode, page)
	}
	res, _ = b.do("GET", html.UnescapeString(wayOut.FindStringSubmatch(page)[1]), "")
	q := res.Request.URL.Query()
	if len(q.Get("utm_id")) != 32 {
		t.Fatal(res.Request.URL)
	}
	u, _ := url.Parse(f.store.URL())
	b.client.Jar.SetCookies(u, []*http.Cookie{{Name: "tributary_visit", Value: q.Get("utm_id") + "." + q.Get("ref")}})
	f.attributed(b, id)
}

func TestAStoreFollowsWhatAPageShows(t *testing.T) {
	t.Parallel()
	for _, p := range []sandbox.Platform{sandbox.Shopify, sandbox.WooCommerce} {
		t.Run(string(p), func(t *testing.T) {
			t.Parallel()
			f := newFront(t, p)
			if p == sandbox.WooCommerce {
				f.store.InstallPlugin()
			}
			id := f.publishes("anna", "First")
			at, b := "/pages/"+id, f.shopper()
			address := f.shop.get(at).is(200).obj("store").str("url")
			sees := func(want string, status int) {
				t.Helper()
				if res, page := b.do("GET", address, ""); res.StatusCode != status || !strings.Contains(page, want) {
					t.Fatalf("%s: %d %s", address, res.StatusCode, page)
				}
			}
			sees("First", 200)

			// A new version is seen when it is published, and not before.
			link := "https://" + frontShop + "/"
			if p == sandbox.WooCommerce {
				link = f.store.URL() + "/"
			}
			f.shop.post(at+"/versions", m{"document": m{"title": "Second", "sections": []m{{"type": "hero", "heading": "Second", "button": "Go", "link": link}}}}).is(201)
			f.works()
			sees("First", 200)
			f.shop.post(at+"/publish", m{}).is(200)
			f.works()
			sees("Second", 200)

			// Renamed, its old address leads to the new one.
			f.shop.patch(at, m{"slug": "anna-winter"}).is(200)
			f.works()
			sees("Second", 200)
			if place := f.shop.get(at).is(200).obj("store"); !strings.Contains(place.str("url"), "/anna-winter") {
				t.Errorf("%v", place)
			}

			// Taken down by the clock.
			f.shop.post(at+"/unpublish", m{"at": f.clock.now().Add(time.Hour)}).is(200)
			f.works()
			sees("Second", 200)
			f.clock.set(f.clock.now().Add(2 * time.Hour))
			if err := landing.Tick(t.Context(), f.db); err != nil {
				t.Fatal(err)
			}
			f.works()
			sees("404", 404)
			if place := f.shop.get(at).is(200).obj("store"); place.str("state") != "hidden" {
				t.Errorf("%v", place)
			}
			f.shop.post(at+"/publish", m{}).is(200)
			f.works()
			sees("Second", 200)
		})
	}
}

func TestATakenFolderAndALostAnswerDoNotKeepAPageFromTheStore(t *testing.T) {
	t.Parallel()
	f := newFront(t, sandbox.Shopify)
	f.store.TakePageFolder("creators")
	f.store.Break(1, sandbox.Fault{Status: 502, After: true, Only: "PageTypeCreate"})
	f.store.Break(1, sandbox.Fault{Status: 502, After: true, Only: "PageUpsert"})
	id := f.publishes("anna", "Hello")
	for range 3 { // each lost answer leaves the work for later
		f.clock.set(f.clock.now().Add(time.Hour))
		f.works()
	}
	place := f.shop.get("/pages/" + id).is(200).obj("store")
	if place.str("url") != "https://"+frontShop+"/pages/influencers/anna" {
		t.Fatalf("%v", place)
	}
	if res, page := f.shopper().do("GET", place.str("url"), ""); res.StatusCode != http.StatusOK || !strings.Contains(page, "Hello") {
		t.Errorf("%d %s", res.StatusCode, page)
	}
}

func TestAStoreThatIsNotSetUpShowsNoPageAndNothingFails(t *testing.T) {
	t.Parallel()
	f := newFront(t, sandbox.Shopify)
	f.shop = f.a // added, never installed
	f.host = "a.myshopify.com"
	id := f.publishes("anna", "Hello")
	if place := f.shop.get("/pages/" + id).is(200).obj("store"); place.str("state") != "absent" || !strings.Contains(place.str("note"), "not installed") {
		t.Errorf("%v", place)
	}
	if failed := f.shop.get("/outbox?state=failed").is(200).list("data"); len(failed) != 0 {
		t.Errorf("%v", failed)
	}
}

func TestEachBlockShowsItsSectionsAndNoOthers(t *testing.T) {
	t.Parallel()
	f := newFront(t, sandbox.Shopify)
	at := "https://" + frontShop
	form := f.shop.post("/lead-forms", m{"agreement_id": f.shop.signed("formanna", m{"version": 1, "currency": "USD", "components": []m{{"id": "base", "type": "percentage", "rate_bps": 1000}}}), "title": "Letter"}).is(201)
	sections := []m{
		{"type": "hero", "heading": "A hero", "text": "Of mine", "image": m{"url": at + "/h.png", "alt": "Me & you"}, "button": "Go", "link": at + "/"},
		{"type": "words", "heading": "My words", "text": "One\ntwo", "by": "Anna", "video": "https://youtu.be/dQw4w9WgXcQ"},
		{"type": "products", "heading": "My things", "button": "Look", "products": []m{{"title": "A pan", "price": "$9.00", "was": "$12.00", "link": at + "/products/1", "image": m{"url": at + "/p.png"}}}},
		{"type": "banner", "heading": "A gift", "code": "ANNA15", "percent": 15},
		{"type": "countdown", "heading": "Until then", "ends": "2099-01-01T00:00:00Z", "ended": "Gone"},
		{"type": "reviews", "reviews": []m{{"author": "Maya", "stars": 4, "text": "Good"}}},
		{"type": "faq", "questions": []m{{"question": "Induction?", "answer": "Yes"}}},
		{"type": "disclosure", "text": "Paid partnership with Anna."},
		{"type": "hero", "heading": "Another hero"},
	}
	want := map[string][]string{
		"hero":       {"<h2>A hero</h2>", "<p>Of mine</p>", `src="https://` + frontShop + `/h.png" alt="Me &amp; you"`, "<h2>Another hero</h2>", ">Go</a>"},
		"words":      {"One<br />\ntwo", "youtube-nocookie.com/embed/dQw4w9WgXcQ", "Opens on YouTube, which may use your data.", "<figcaption>Anna</figcaption>"},
		"products":   {"<h3>A pan</h3>", "$9.00", "<s>", "Was ", "Look", "is the one that counts"},
		"banner":     {"<code>ANNA15</code>", "15% off", "A gift"},
		"countdown":  {`data-until="2099-01-01T00:00:00Z"`, `data-ended="Gone"`, `data-units="days|hours|min|sec"`, "2099-01-01 00:00"},
		"reviews":    {"What buyers say", "★★★★", `aria-label="4 of 5 stars"`, "Maya"},
		"faq":        {"Questions and answers", "<summary>Induction?</summary>", "<p>Yes</p>"},
		"disclosure": {"<b>Ad</b> Paid partnership with Anna."},
	}
	sections = append(sections, m{"type": "lead_form", "heading": "A letter", "form": form.str("public_id")}, m{"type": "giveaway", "heading": "A prize", "giveaway": "gaw_1"})
	want["lead-form"], want["giveaway"] = []string{"A letter", "Go to the form"}, []string{"A prize", "Take part"}
	agreement := f.shop.signed("anna", m{"version": 1, "currency": "USD", "components": []m{{"id": "base", "type": "percentage", "rate_bps": 1000}}})
	p := f.shop.page(agreement, "anna", m{"title": "All of it", "sections": sections})
	f.shop.post("/pages/"+p.str("id")+"/publish", m{}).is(200)
	f.works()
	address := f.shop.get("/pages/" + p.str("id")).is(200).obj("store").str("url")
	b := f.shopper()
	pages := map[string]string{}
	for block := range want {
		res, page := b.do("GET", address+"?block="+block, "")
		if res.StatusCode != http.StatusOK {
			t.Fatalf("%s: %d %s", block, res.StatusCode, page)
		}
		pages[block] = page
	}
	_, whole := b.do("GET", address, "")
	for block, texts := range want {
		for _, text := range texts {
			if !strings.Contains(pages[block], text) {
				t.Errorf("%s: no %q in %s", block, text, pages[block])
			}
			if !strings.Contains(strings.ReplaceAll(whole, "h1>", "h2>"), text) {
				t.Errorf("the whole page has no %q", text)
			}
		}
		if other := "A hero"; block != "hero" && strings.Contains(pages[block], other) {
			t.Errorf("%s shows a hero", block)
		}
	}
}
