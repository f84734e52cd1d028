package web_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"tributary/app/web"
	"tributary/internal/identity"
	"tributary/internal/mail"
	"tributary/internal/mailsink"
	"tributary/internal/outbox"
	"tributary/internal/payout"
	"tributary/internal/store"
	"tributary/internal/tracking/giveaway"
)

const portalFile = "../../docs/portal-openapi.json"

func TestThePortalsAPIDocumentInDocsIsCurrent(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	var indented bytes.Buffer
	if err := json.Indent(&indented, p.call("", "GET", "/portal/openapi.json", nil).body, "", "  "); err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(portalFile, indented.Bytes(), 0o644); err != nil { //nolint:gosec // a public document
			t.Fatal(err)
		}
	}
	committed, err := os.ReadFile(portalFile)
	if err != nil || !bytes.Equal(bytes.TrimSpace(committed), bytes.TrimSpace(indented.Bytes())) {
		t.Errorf("docs/portal-openapi.json is not what the server serves (%v): run `go test ./app/web -run APIDocument -update`", err)
	}
}

// portal is a world with a portal whose mails come in.
type portal struct {
	*world
	people *identity.People
	sink   *mailsink.Sink
	runner *outbox.Runner
	woken  atomic.Int64
}

func newPortal(t *testing.T, change ...func(*web.Deps)) *portal {
	t.Helper()
	p := &portal{people: &identity.People{PublicURL: "https://t.example"}}
	closer, drawer := &payout.Closer{}, &giveaway.Drawer{}
	p.world = newWorld(t, append(change, func(d *web.Deps) {
		p.people.DB, p.people.Keys, d.People = d.DB, d.Keys, p.people
		d.WakeOutbox = func(int64) { p.woken.Add(1) }
		closer.DB, d.Payouts = d.DB, closer
		drawer.DB, d.Giveaways = d.DB, drawer
		d.Limits.SignInsPerSecond, d.Limits.SignInBurst, d.Limits.AddressPerSecond, d.Limits.AddressBurst = 1000, 1000, 10_000, 10_000
		d.Limits.FailuresPerSecond, d.Limits.FailureBurst = 1000, 10_000
	})...)
	var err error
	if p.sink, err = mailsink.Start("127.0.0.1:0", slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.sink.Close)
	sender, err := mail.NewSender(mail.Options{Host: "127.0.0.1", Port: p.sink.Port(), TLS: mail.TLSNone, From: "hello@t.example"})
	if err != nil {
		t.Fatal(err)
	}
	p.runner = &outbox.Runner{DB: p.db, Log: slog.New(slog.DiscardHandler), Handlers: map[string]outbox.Handler{
		identity.MailSignIn: func(ctx context.Context, w outbox.Work) error {
			to, l, err := p.people.SignInLetter(ctx, w.Payload)
			if err != nil || to == "" {
				return err
			}
			return sender.Send(ctx, mail.Envelope{To: to, Key: fmt.Sprint(w.ID), At: p.clock.now()}, l)
		},
	}}
	return p
}

// deliver sends the mails that wait.
func (p *portal) deliver() {
	p.t.Helper()
	if _, err := p.runner.Shop(context.Background(), 0); err != nil {
		p.t.Fatal(err)
	}
}

// browser is somebody's browser: it keeps cookies and the CSRF token.
type browser struct {
	p    *portal
	jar  map[string]string
	csrf string
}

func (p *portal) browser() *browser { return &browser{p: p, jar: map[string]string{}} }

func (b *browser) send(method, path string, body any, headers ...string) reply {
	b.p.t.Helper()
	var cookies []string
	for k, v := range b.jar {
		cookies = append(cookies, k+"="+v)
	}
	all := append([]string{"Cookie", strings.Join(cookies, "; "), "User-Agent", "Mozilla/5.0 (iPhone) Safari/605"}, headers...)
	if b.csrf != "" && !slices.Contains(headers, "X-CSRF-Token") {
		all = append(all, "X-CSRF-Token", b.csrf)
	}
	r := b.p.call("", method, "/portal/v1"+path, body, all...)
	for _, c := range (&http.Response{Header: r.header}).Cookies() {
		if !c.HttpOnly || !c.Secure || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || !strings.HasPrefix(c.Name, "__Host-") {
			b.p.t.Errorf("a cookie that is not safe: %s", c)
		}
		if c.MaxAge < 0 {
			delete(b.jar, c.Name)
		} else {
			b.jar[c.Name] = c.Value
		}
	}
	return r
}

func (b *browser) get(path string) reply { b.p.t.Helper(); return b.send("GET", path, nil) }
func (b *browser) post(path string, body any) reply {
	b.p.t.Helper()
	if body == nil {
		body = m{}
	}
	return b.send("POST", path, body)
}

var (
	inLink = regexp.MustCompile(`https://t\.example/portal/enter#(\S+)`)
	inCode = regexp.MustCompile(`\n  (\d{6})\n`)
)

// asks asks for a link and returns what the mail says, "" when none came.
func (b *browser) asks(email string) (token, code string) {
	b.p.t.Helper()
	before := len(b.p.sink.To(email))
	b.post("/sign-in", m{"email": " " + strings.ToUpper(email)}).is(200)
	b.p.deliver()
	mails := b.p.sink.To(email)
	if len(mails) == before {
		return "", ""
	}
	text := mails[len(mails)-1].Text
	link, digits := inLink.FindStringSubmatch(text), inCode.FindStringSubmatch(text)
	if link == nil || digits == nil {
		b.p.t.Fatalf("no link or no code in\n%s", text)
	}
	token, err := url.QueryUnescape(link[1])
	if err != nil {
		b.p.t.Fatal(err)
	}
	return token, digits[1]
}

// in signs somebody in.
func (p *portal) in(email string) *browser {
	p.t.Helper()
	b := p.browser()
	token, _ := b.asks(email)
	b.post("/sign-in/link", m{"token": token}).is(200)
	b.csrf = b.get("/me").is(200).str("csrf_token")
	return b
}

func TestAMailedLinkLetsInOnceAndOnlyTheBrowserThatAsked(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	p.a.influencer("anna")
	phone, laptop := p.browser(), p.browser()
	token, _ := phone.asks("anna@example.com")
	if p.woken.Load() != 1 {
		t.Error("nobody is told that a mail waits")
	}
	laptop.post("/sign-in/link", m{"token": token}).problem(409, "other_browser")
	phone.get("/me").problem(401, "signed_out")
	phone.post("/sign-in/link", m{"token": token}).is(200)
	me := phone.get("/me").is(200)
	if me.str("email") != "anna@example.com" || len(me.list("shops")) != 1 || me.list("shops")[0].str("influencer") != "anna" {
		t.Errorf("%v", me)
	}
	p.browser().post("/sign-in/link", m{"token": token}).problem(401, "sign_in_over")
	phone.post("/sign-in/link", m{"token": token}).problem(401, "sign_in_over")
	late := p.browser()
	token, _ = late.asks("anna@example.com")
	p.later(16 * time.Minute)
	late.post("/sign-in/link", m{"token": token}).problem(401, "sign_in_over")
	late.post("/sign-in/link", m{"token": "made-up"}).problem(401, "sign_in_over")
	if bytes.Contains([]byte(p.log.String()), []byte(token)) {
		t.Error("a token is in the log")
	}
}

func (w *world) later(d time.Duration) {
	w.clock.mu.Lock()
	defer w.clock.mu.Unlock()
	w.clock.t = w.clock.t.Add(d)
}

func TestTheCodeIsForAMailReadOnAnotherDeviceAndCannotBeTriedOut(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	p.a.influencer("anna")
	laptop := p.browser()
	_, code := laptop.asks("anna@example.com")
	p.browser().post("/sign-in/code", m{"code": code}).problem(401, "wrong_code") // another browser
	laptop.post("/sign-in/code", m{"code": code}).is(200)
	laptop.get("/me").is(200)
	thief := p.browser()
	_, code = thief.asks("anna@example.com")
	wrong := "000000"
	if code == wrong {
		wrong = "000001"
	}
	for range 5 {
		thief.post("/sign-in/code", m{"code": wrong}).problem(401, "wrong_code")
	}
	thief.post("/sign-in/code", m{"code": code}).problem(401, "wrong_code")
}

func TestNobodyLearnsWhetherAnAddressIsKnown(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	p.a.influencer("anna")
	known, unknown := p.browser(), p.browser()
	a, b := known.post("/sign-in", m{"email": "anna@example.com"}), unknown.post("/sign-in", m{"email": "eve@example.com"})
	if a.status != b.status || a.is(200).str("message") != b.is(200).str("message") || len(known.jar) != len(unknown.jar) || len(a.body) != len(b.body) {
		t.Errorf("%s\n%s", a.body, b.body)
	}
	p.deliver()
	if len(p.sink.To("anna@example.com")) != 1 || len(p.sink.All()) != 1 {
		t.Errorf("%d mails", len(p.sink.All()))
	}
	// The work of both is the same, too.
	p.inNobodys(func(tx *store.Tx) error {
		done, _, err := tx.ListOutbox(context.Background(), store.OutboxDone, store.Page{})
		if len(done) != 2 {
			t.Errorf("%d pieces of work are done, want one for each", len(done))
		}
		return err
	})
	for range 10 { // a stranger cannot fill a mailbox
		p.browser().post("/sign-in", m{"email": "anna@example.com"}).is(200)
	}
	p.deliver()
	if n := len(p.sink.To("anna@example.com")); n != 5 {
		t.Errorf("%d mails in an hour, want 5", n)
	}
	p.browser().post("/sign-in", m{"email": "no address"}).problem(422, "invalid_email")
}

// inNobodys runs f in a transaction of nobody's shop.
func (p *portal) inNobodys(f func(*store.Tx) error) {
	p.t.Helper()
	if err := p.db.InTx(context.Background(), 0, f); err != nil {
		p.t.Fatal(err)
	}
}

func TestAttemptsToGetInAreLimitedByAddress(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(d *web.Deps) {
		d.People = &identity.People{DB: d.DB, Keys: d.Keys, PublicURL: d.PublicURL}
		d.Limits.SignInsPerSecond, d.Limits.SignInBurst = 0.001, 3
	})
	for range 3 {
		w.call("", "POST", "/portal/v1/sign-in", m{"email": "eve@example.com"}).is(200)
	}
	w.call("", "POST", "/portal/v1/sign-in", m{"email": "anna@example.com"}).problem(429, "too_many_requests")
}

func TestSessionsEndRotateAndAreListed(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	p.a.influencer("anna")
	phone, laptop := p.in("anna@example.com"), p.in("anna@example.com")
	devices := phone.get("/devices").is(200).list("data")
	if len(devices) != 2 || devices[1]["current"] != true || devices[0]["current"] != false || devices[0].str("device") != "Safari on iPhone" {
		t.Errorf("%v", devices)
	}
	phone.post("/devices/"+devices[0].str("id")+"/sign-out", nil).is(200)
	laptop.get("/me").problem(401, "signed_out")
	phone.post("/devices/"+devices[0].str("id")+"/sign-out", nil).problem(404, "device_not_found")

	old := phone.jar["__Host-tributary"]
	p.later(25 * time.Hour)
	phone.get("/me").is(200)
	if phone.jar["__Host-tributary"] == old {
		t.Error("the token has not changed after a day")
	}
	before := p.browser()
	before.jar["__Host-tributary"] = old
	before.get("/me").is(200) // a request that was under way
	p.later(2 * time.Minute)
	before.get("/me").problem(401, "signed_out")
	phone.get("/me").is(200)
	for range 6 {
		p.later(13 * 24 * time.Hour)
		phone.get("/me").is(200) // in use
	}
	p.later(12 * 24 * time.Hour)
	phone.get("/me").problem(401, "signed_out") // 90 days
	tablet := p.in("anna@example.com")
	p.later(15 * 24 * time.Hour)
	tablet.get("/me").problem(401, "signed_out") // idle
	again := p.in("anna@example.com")
	again.post("/sign-out", nil).is(200)
	if again.jar["__Host-tributary"] != "" {
		t.Error("the cookie stays")
	}
	again.get("/me").problem(401, "signed_out")
}

func TestWhatChangesSomethingMustComeFromThePortalItself(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	p.a.influencer("anna")
	b := p.in("anna@example.com")
	b.send("POST", "/sign-out", m{}, "X-CSRF-Token", "guess").problem(403, "csrf_token_missing")
	b.send("POST", "/sign-out", m{}, "Sec-Fetch-Site", "cross-site").problem(403, "cross_site")
	b.send("POST", "/sign-out", m{}, "Origin", "https://evil.example").problem(403, "cross_site")
	p.browser().send("POST", "/sign-in", m{"email": "anna@example.com"}, "Sec-Fetch-Site", "cross-site").problem(403, "cross_site")
	other := p.in("anna@example.com")
	other.send("POST", "/sign-out", m{}, "X-CSRF-Token", b.csrf).problem(403, "csrf_token_missing") // another session's
	b.send("POST", "/sign-out", m{}, "Sec-Fetch-Site", "same-origin", "Origin", "https://t.example").is(200)
}

// seeded is a shop in which anna has one of everything, and what names it.
func (p *portal) seeded() (ids map[string]string, shopID string) {
	p.t.Helper()
	a := p.a.paysFor("anna", m{"id": "e", "type": "engagement", "prices": []m{{"event": "like", "unit_price": "0.05"}}})
	agr := a.str("id")
	p.a.post("/agreements/"+agr+"/versions", m{"terms": tenPercent}).is(201) // a draft, which is nobody's business
	signed := p.a.get("/agreements/" + agr).is(200)
	code := p.a.post("/codes", m{"code": "ANNA10", "agreement_id": agr, "valid_from": "2026-10-01T00:00:00Z"}).is(201)
	link := p.a.post("/links", m{"agreement_id": agr, "slug": "anna-link", "destination": "https://a.myshopify.com/"}).is(201)
	post := p.a.post("/posts", m{"agreement_id": agr, "platform": "youtube", "url": "https://youtu.be/annaannaann", "published_at": p.clock.now(), "caption": "anna #ad"}).is(201)
	now := p.clock.now()
	live := p.a.post("/live-sessions", m{"agreement_id": agr, "title": "anna live", "platform": "tiktok", "starts_at": now, "ends_at": now.Add(time.Hour)}).is(201)
	give := p.a.planned(m{"agreement_ids": []string{agr}, "title": "anna gives"})
	page := p.a.page(agr, "anna-page", simple("Anna"))
	asset := p.in("anna@example.com").upload(fmt.Sprintf("/shops/shp_%d/assets?title=annas", p.a.id), pngOf(4, 4)).is(200).str("id")
	earning := p.a.settled(1001, signed, 250)
	p.a.settled(1002, signed, 100)
	return map[string]string{"agreements": agr, "codes": code.str("id"), "links": link.str("id"), "posts": post.str("id"), "live-sessions": live.str("id"),
		"giveaways": give.str("id"), "assets": asset, "pages": page.str("id"), "earnings": fmt.Sprintf("ern_%d", earning)}, fmt.Sprintf("shp_%d", p.a.id)
}

// The test walks the API document, so that an operation that is added is tested
// before anybody thinks of it.
func TestNobodySeesWhatIsAnotherInfluencers(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	ids, shop := p.seeded()
	ids["disputes"] = p.in("anna@example.com").post("/shops/"+shop+"/disputes", claims("clicks", m{"link_id": ids["links"], "day": "2026-11-24"})).is(200).str("id")
	p.a.agreement("ben")   // of the same shop
	p.b.influencer("carl") // of another
	anna, sameShop, otherShop, nobody := p.in("anna@example.com"), p.in("ben@example.com"), p.in("carl@example.com"), p.browser()
	ids["devices"] = anna.get("/devices").is(200).list("data")[0].str("id")
	carlsShop := fmt.Sprintf("shp_%d", p.b.id)
	var doc struct {
		Paths map[string]map[string]struct {
			Security []any `json:"security"`
		} `json:"paths"`
	}
	if err := json.Unmarshal(p.call("", "GET", "/portal/openapi.json", nil).body, &doc); err != nil {
		t.Fatal(err)
	}
	walked := 0
	for path, operations := range doc.Paths {
		path = strings.TrimPrefix(path, "/portal/v1")
		kind := strings.SplitN(strings.TrimPrefix(strings.TrimPrefix(path, "/shops/{shop}"), "/"), "/", 2)[0]
		for method, op := range operations {
			method = strings.ToUpper(method)
			if len(op.Security) == 0 {
				if !strings.HasPrefix(path, "/sign-in") && !strings.HasPrefix(path, "/open-campaigns") {
					t.Errorf("%s %s is open", method, path)
				}
				continue
			}
			walked++
			annas := strings.NewReplacer("{shop}", shop, "{id}", ids[kind]).Replace(path)
			body := portalBody(path, ids)
			call := func(b *browser, path string) reply {
				if method == "GET" {
					return b.get(path)
				}
				return b.post(path, body)
			}
			if r := call(nobody, annas); r.status != 401 {
				t.Errorf("%s %s without a session: %d", method, annas, r.status)
			}
			if !strings.Contains(path, "{shop}") {
				if strings.Contains(path, "{id}") {
					if r := call(sameShop, annas); r.status != 404 {
						t.Errorf("%s %s by somebody else: %d %s", method, annas, r.status, r.body)
					}
				}
				continue
			}
			if r := call(otherShop, annas); r.status != 404 {
				t.Errorf("%s %s by somebody of another shop: %d %s", method, annas, r.status, r.body)
			}
			carls := strings.NewReplacer("{shop}", carlsShop, "{id}", ids[kind]).Replace(path)
			named := strings.Contains(path, "{id}") || method == "POST" && refers(body, ids)
			for who, r := range map[string]reply{"another shop, in it": call(otherShop, carls), "the same shop": call(sameShop, annas)} {
				if named && r.status != 404 {
					t.Errorf("%s %s by somebody of %s: %d %s", method, annas, who, r.status, r.body)
				}
				if r.status >= 500 {
					t.Errorf("%s %s by somebody of %s: %d %s", method, annas, who, r.status, r.body)
				}
				for _, secret := range []string{"anna", "ANNA", ids["earnings"], ids["agreements"] + `"`, "2.50", "#1001"} {
					if r.status == 200 && bytes.Contains(r.body, []byte(secret)) {
						t.Errorf("%s %s by somebody of %s tells %q: %s", method, annas, who, secret, r.body)
					}
				}
			}
			if method == "GET" {
				if r := call(anna, annas); r.status != 200 {
					t.Errorf("%s %s by anna: %d %s", method, annas, r.status, r.body)
				}
			}
		}
	}
	if walked < 25 {
		t.Errorf("only %d operations were walked", walked)
	}
}

func refers(body any, ids map[string]string) bool {
	b, _ := json.Marshal(body)
	for _, id := range ids {
		if bytes.Contains(b, []byte(`"`+id+`"`)) {
			return true
		}
	}
	return false
}

// portalBody is a body that names what is anna's.
func portalBody(path string, ids map[string]string) any {
	switch strings.TrimPrefix(path, "/shops/{shop}") {
	case "/agreements/{id}/sign":
		return m{"signer": "Ben", "consent": true, "hash": "x"}
	case "/agreements/{id}/proposals":
		return m{"terms": tenPercent, "text": "mine"}
	case "/pages/{id}/versions":
		return m{"document": m{"version": 1}}
	case "/tax-form":
		return m{"kind": "w8ben", "name": "Me", "address": "Weg 1", "city": "Berlin", "country": "DE", "born": "1990-05-31", "signer": "Me", "consent": true}
	case "/links":
		return m{"agreement_id": ids["agreements"]}
	case "/disputes":
		return m{"subject": "earning", "earning_id": ids["earnings"], "claimed": m{"amount": "1.00", "currency": "USD"}, "text": "mine"}
	case "/disputes/{id}/messages":
		return m{"text": "mine"}
	case "/payout-method":
		return m{"kind": "paypal", "account": "me@example.com"}
	case "/notifications":
		return m{"muted": []string{}, "digest": "off"}
	case "/leave":
		return m{"confirm": false}
	case "/posts":
		return m{"agreement_id": ids["agreements"], "platform": "youtube", "url": "https://youtu.be/dQw4w9WgXcQ", "published_at": "2026-11-24T10:00:00Z"}
	}
	return m{}
}

func TestTheDatabaseKeepsInfluencersApartWhateverIsAsked(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	ids, _ := p.seeded()
	ben := number(t, p.a.influencer("ben"))
	ctx := t.Context()
	err := p.db.InPortal(ctx, p.a.id, ben, func(tx *store.Tx) error {
		if es, _, err := tx.ListEarnings(ctx, store.EarningFilter{}, store.Page{}); err != nil || len(es) != 0 {
			t.Errorf("ben sees %d earnings, %v", len(es), err)
		}
		if _, err := tx.Agreement(ctx, number(t, ids["agreements"])); !store.IsNotFound(err) {
			t.Errorf("ben sees anna's agreement: %v", err)
		}
		if is, _, err := tx.Influencers(ctx, store.InfluencerFilter{}, store.Page{}); err != nil || len(is) != 1 || is[0].ID != ben {
			t.Errorf("ben sees %v, %v", is, err)
		}
		if bs, _, err := tx.Balances(ctx, tx.Now, 0, store.Page{}); err != nil || len(bs) != 0 {
			t.Errorf("ben sees %v, %v", bs, err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	err = p.db.InPortal(ctx, p.a.id, ben, func(tx *store.Tx) error {
		_, err := tx.AddOutbox(ctx, "mail:x", m{})
		return err
	})
	if err == nil {
		t.Error("the portal's role can write")
	}
	// And shops do not see people.
	token := p.in("anna@example.com").jar["__Host-tributary"]
	if token == "" {
		t.Fatal("anna is not in")
	}
	err = p.db.InTx(ctx, p.a.id, func(tx *store.Tx) error {
		if list, err := tx.Sessions(ctx, 1); err != nil || len(list) != 0 {
			t.Errorf("a shop sees sessions: %v, %v", list, err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestAnInfluencerReadsSignsAndKeepsAnAgreement(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	a := p.a.agreement("anna")
	shop := fmt.Sprintf("/shops/shp_%d", p.a.id)
	b := p.in("anna@example.com")
	path := shop + "/agreements/" + a.str("id")
	if l := b.get(shop + "/agreements").is(200).list("data"); len(l) != 0 {
		t.Errorf("a draft is shown: %v", l)
	}
	b.get(path).problem(404, "not_found")
	p.a.post("/agreements/"+a.str("id")+"/offer", nil).is(200)
	p.a.post("/agreements/"+a.str("id")+"/sign", m{"party": "merchant", "signer": "Shop", "email": "shop@example.com", "hash": a.list("versions")[0].str("hash")}).is(200)
	v := b.get(path).is(200).list("versions")[0]
	if v.str("state") != "offered" || len(v.list("signatures")) != 1 || v.list("signatures")[0].str("ip") != "" {
		t.Errorf("%v", v)
	}
	b.post(path+"/sign", m{"signer": "Anna A.", "consent": false, "hash": v.str("hash")}).problem(422, "consent_missing")
	b.post(path+"/sign", m{"signer": "Anna A.", "consent": true, "hash": "other"}).problem(409, "terms_changed")
	signed := b.post(path+"/sign", m{"signer": "Anna A.", "consent": true, "hash": v.str("hash")}).is(200)
	sg := signed.list("versions")[0].list("signatures")[1]
	if signed.str("state") != "signed" || sg.str("method") != "portal" || sg.str("signer") != "Anna A." || sg.str("email") != "anna@example.com" {
		t.Errorf("%v", signed)
	}
	pdf := b.get(path + "/pdf")
	if pdf.status != 200 || pdf.header.Get("Content-Type") != "application/pdf" || !bytes.HasPrefix(pdf.body, []byte("%PDF-")) {
		t.Errorf("%d %s", pdf.status, pdf.header)
	}
	l := b.post(shop+"/links", m{"agreement_id": a.str("id"), "destination": "https://a.myshopify.com/products/serum"}).is(200)
	if !strings.HasPrefix(l.str("url"), "https://t.example/r/") {
		t.Errorf("%v", l)
	}
	b.post(shop+"/links", m{"agreement_id": a.str("id"), "destination": "https://evil.example/"}).problem(422, "invalid_link")
	if qr := b.get(shop + "/links/" + l.str("id") + "/qr"); qr.status != 200 || qr.header.Get("Content-Type") != "image/png" {
		t.Errorf("%d", qr.status)
	}
}

func TestEarningsAreExplainedWithoutNamingOthers(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	ids, shop := p.seeded()
	b := p.in("anna@example.com")
	list := b.get("/shops/" + shop + "/earnings").is(200).list("data")
	if len(list) != 2 || list[1].str("id") != ids["earnings"] || list[1].str("order") != "#1001" || !strings.Contains(list[1].str("explained"), "hold") || list[1].str("release_at") == "" {
		t.Errorf("%v", list)
	}
	one := b.get("/shops/" + shop + "/earnings/" + ids["earnings"]).is(200)
	if len(one.list("journals")) != 1 {
		t.Errorf("%v", one)
	}
	why := b.get("/shops/" + shop + "/earnings/" + ids["earnings"] + "/why").is(200)
	d := why.list("decisions")[0]
	if d["share_bps"] != 10000.0 || len(d.list("touches")) != 2 || d.list("touches")[0].str("code") != "ANNA10" || d.list("touches")[0]["mine"] != true {
		t.Errorf("%v", why)
	}
	bal := b.get("/shops/" + shop + "/balances").is(200).list("data")
	if len(bal) != 1 || bal[0].obj("pending").str("amount") != "3.50" || bal[0].str("currency") != "USD" {
		t.Errorf("%v", bal)
	}
}

func TestAStatementSaysTheSameAsJSONCSVAndPDF(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	_, shop := p.seeded()
	p.at(time.Date(2026, 12, 2, 12, 0, 0, 0, time.UTC))
	p.a.post("/payouts/close", m{"period": "2026-11"}).is(200)
	b := p.in("anna@example.com")
	months := b.get("/shops/" + shop + "/statements").is(200).list("data")
	if len(months) != 1 || months[0].str("period") != "2026-11" || months[0].str("carry_reason") != "no_payout_method" {
		t.Fatalf("%v", months)
	}
	base := "/shops/" + shop + "/statement?period=2026-11"
	st := b.get(base).is(200)
	if len(st.list("movements")) != 2 || st.obj("closing").str("amount") != "3.50" {
		t.Errorf("%v", st)
	}
	rows, err := csv.NewReader(bytes.NewReader(b.get(base + "&format=csv").body)).ReadAll()
	if err != nil || len(rows) != 5 || rows[4][0] != "closing" || rows[4][9] != "3.50" {
		t.Errorf("%v %v", rows, err)
	}
	pdf := b.get(base + "&format=pdf")
	if pdf.status != 200 || !bytes.HasPrefix(pdf.body, []byte("%PDF-")) || !strings.Contains(pdf.header.Get("Content-Disposition"), "statement-anna-2026-11-USD.pdf") {
		t.Errorf("%d %v", pdf.status, pdf.header)
	}
	b.get("/shops/"+shop+"/statement?period=2026-12").problem(404, "period_not_closed")
	if got := b.get("/shops/" + shop + "/payouts?state=paid").is(200).list("data"); len(got) != 0 {
		t.Errorf("%v", got)
	}
}

func TestPostsOfThePortalAreCheckedForDisclosure(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	ids, shop := p.seeded()
	b := p.in("anna@example.com")
	post := b.post("/shops/"+shop+"/posts", m{"agreement_id": ids["agreements"], "platform": "youtube", "url": "https://youtu.be/dQw4w9WgXcQ", "published_at": p.clock.now(), "caption": "affiliate link below"}).is(200)
	if post.obj("disclosure")["adequate"] != false || post.str("state") != "submitted" {
		t.Errorf("%v", post)
	}
	if l := b.get("/shops/" + shop + "/posts").is(200).list("data"); len(l) != 2 {
		t.Errorf("%v", l)
	}
	if today := b.get("/shops/" + shop + "/today").is(200); today.str("day") != "2026-11-24" {
		t.Errorf("%v", today)
	}
}
