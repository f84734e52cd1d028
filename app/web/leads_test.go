package web_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"tributary/app/web"
	"tributary/internal/store"
	"tributary/internal/tracking"
)

func leadTerms(amount string, more ...string) m {
	c := m{"id": "lead", "type": "leads", "amount": amount}
	for i := 0; i+1 < len(more); i += 2 {
		c[more[i]] = more[i+1]
	}
	return m{"version": 1, "currency": "USD", "components": []m{c}}
}

// signed makes an agreement that both have signed, and returns its id.
func (s shop) signed(handle string, terms m) string {
	s.w.t.Helper()
	a := s.post("/agreements", m{"influencer_id": s.influencer(handle), "campaign_id": s.campaign(), "terms": terms}).is(201)
	p := "/agreements/" + a.str("id")
	s.post(p+"/offer", nil).is(200)
	for _, party := range []string{"merchant", "influencer"} {
		s.post(p+"/sign", m{"party": party, "signer": party, "email": party + "@example.com", "hash": a.list("versions")[0].str("hash")}).is(200)
	}
	return a.str("id")
}

// send posts a form as a browser does, without following redirects.
func (w *world) send(path string, v url.Values) reply {
	w.t.Helper()
	return w.plain("POST", path, "application/x-www-form-urlencoded", v.Encode())
}

func (w *world) plain(method, path, kind, body string, headers ...string) reply {
	w.t.Helper()
	req, err := http.NewRequestWithContext(context.Background(), method, w.url+path, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	if kind != "" {
		req.Header.Set("Content-Type", kind)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	defer res.Body.Close()
	var b strings.Builder
	buf := make([]byte, 4096)
	for {
		n, err := res.Body.Read(buf)
		b.Write(buf[:n])
		if err != nil {
			break
		}
	}
	return reply{t: w.t, status: res.StatusCode, header: res.Header, body: []byte(b.String())}
}

// settle judges and settles what is due in a shop.
func (w *world) settle(s shop) {
	w.t.Helper()
	if _, err := w.tracker.Drain(context.Background(), s.id); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) proven(s shop) {
	w.t.Helper()
	diff, err := w.tracker.Verify(context.Background(), s.id)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, d := range diff {
		w.t.Errorf("%s: %s should be %s, is %s", d.Invariant, d.Subject, d.Want, d.Got)
	}
}

func (c *clock) set(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = t
}

func manyLeads(d *web.Deps) {
	d.Limits.LeadsPerSecond, d.Limits.LeadsBurst, d.Limits.FormPerSecond, d.Limits.FormBurst = 1000, 1000, 1000, 1000
}

func yes(email string) url.Values { return url.Values{"email": {email}, "consent": {"yes"}} }

func (s shop) states() map[string]int {
	s.w.t.Helper()
	out := map[string]int{}
	for _, l := range s.get("/leads?limit=200").is(200).list("data") {
		out[l.str("state")]++
	}
	return out
}

// 40 leads − 5 duplicates − 6 rejected = 29 × $12 = $348.00.
func TestFortyLeadsEarnWhatTwentyNineAreWorth(t *testing.T) {
	t.Parallel()
	w := newWorld(t, manyLeads)
	agreement := w.a.signed("anna", leadTerms("12.00"))
	form := w.a.post("/lead-forms", m{"agreement_id": agreement, "title": "Ask for a sample"}).is(201)
	address := "/f/" + form.str("public_id")
	for i := range 40 {
		email := fmt.Sprintf("person%d@example.com", i)
		if i >= 35 { // the same people, spelled otherwise
			email = fmt.Sprintf("PERSON%d+again@example.com", i-35)
		}
		if i%2 == 0 {
			if r := w.send(address, yes(email)); r.status != 303 || r.header.Get("Location") != address+"?sent=1" {
				t.Fatalf("%d %v %s", r.status, r.header, r.body)
			}
		} else {
			w.call("", "POST", address, m{"email": email, "consent": true}).is(202)
		}
	}
	w.settle(w.a)
	if got := w.a.states(); got["pending_vetting"] != 35 || got["duplicate"] != 5 {
		t.Fatalf("%v", got)
	}
	queue := w.a.get("/leads?state=pending_vetting&limit=200&vet_before=" + w.clock.now().AddDate(0, 0, 15).Format(time.RFC3339)).is(200).list("data")
	var reject, qualify []string
	for i, l := range queue {
		if i < 6 {
			reject = append(reject, l.str("id"))
		} else {
			qualify = append(qualify, l.str("id"))
		}
	}
	// The duplicates are of people 0 … 4, the oldest; the newest six are rejected.
	w.a.post("/leads/"+reject[0]+"/reject", m{"reason": ""}).problem(422, "reason_missing")
	w.a.post("/leads/"+reject[0]+"/reject", m{"reason": "no such company"}).is(200)
	if d := w.a.post("/leads/decide", m{"ids": reject[1:], "outcome": "rejected", "reason": "test entries"}).is(200); d["decided"] != 5.0 {
		t.Errorf("%v", d)
	}
	w.a.post("/leads/"+qualify[0]+"/qualify", m{}).is(200)
	d := w.a.post("/leads/decide", m{"ids": append(qualify[1:], "led_999999", "nonsense"), "outcome": "qualified"}).is(200)
	if d["decided"] != 28.0 || d["refused"] != 2.0 {
		t.Errorf("%v", d)
	}
	w.settle(w.a)
	w.settle(w.a)
	if got := w.a.states(); got["qualified"] != 29 || got["rejected"] != 6 || got["duplicate"] != 5 {
		t.Errorf("%v", got)
	}
	b := w.a.get("/balances").is(200).list("data")
	if len(b) != 1 || b[0].obj("pending").str("amount") != "348.00" {
		t.Errorf("%v", b)
	}
	es := w.a.get("/earnings?limit=200&agreement=" + agreement).is(200).list("data")
	if len(es) != 29 || es[0].str("kind") != "lead" || es[0].obj("amount").str("amount") != "12.00" || !strings.HasPrefix(es[0].str("source_id"), "led_") {
		t.Errorf("%d earnings, %v", len(es), es[0])
	}
	w.proven(w.a)

	// One of them turns out to be bad while its hold runs, another after it.
	w.a.post("/leads/"+qualify[0]+"/reject", m{"reason": "the number is not in use"}).is(200)
	w.settle(w.a)
	if b := w.a.get("/balances").is(200).list("data"); b[0].obj("pending").str("amount") != "336.00" {
		t.Errorf("%v", b)
	}
	w.clock.set(w.clock.now().AddDate(0, 0, 31))
	w.a.post("/leads/"+qualify[1]+"/reject", m{"reason": "bad after all"}).problem(409, "hold_over")
	w.proven(w.a)
}

func TestLeadsEarnBetweenFiveAndFiftyDollarsAsAgreed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, manyLeads)
	for handle, amount := range map[string]string{"anna": "5.00", "ben": "50.00"} {
		agreement := w.a.signed(handle, leadTerms(amount))
		form := w.a.post("/lead-forms", m{"agreement_id": agreement, "title": "Ask"}).is(201)
		w.send("/f/"+form.str("public_id"), yes(handle+"s-fan@example.com"))
		w.settle(w.a)
		l := w.a.get("/leads?agreement=" + agreement).is(200).list("data")
		w.a.post("/leads/"+l[0].str("id")+"/qualify", m{}).is(200)
		w.settle(w.a)
		if e := w.a.get("/earnings?agreement=" + agreement).is(200).list("data"); len(e) != 1 || e[0].obj("amount").str("amount") != amount {
			t.Errorf("%v", e)
		}
	}
}

func TestAFormIsShownToTheStoreOnlyAndTellsEveryWrongField(t *testing.T) {
	t.Parallel()
	w := newWorld(t, manyLeads)
	agreement := w.a.signed("anna", leadTerms("12.00"))
	bad := w.a.post("/lead-forms", m{"agreement_id": agreement, "campaign_id": w.a.campaign(), "title": "", "redirect_url": "https://evil.example/",
		"fields": []m{{"name": "email", "label": "", "type": "colour"}, {"name": "x", "label": "X", "type": "select"}}}).problem(422, "invalid_lead_form")
	if got := bad.fields(); got != "agreement_id title fields[0].name fields[0].label fields[0].type fields[1].options redirect_url" {
		t.Errorf("%q", got)
	}
	form := w.a.post("/lead-forms", m{"agreement_id": agreement, "title": `<b>"Hi"</b>`, "redirect_url": "https://a.myshopify.com/thanks",
		"fields": []m{{"name": "company", "label": "Company", "type": "text", "required": true}, {"name": "size", "label": "Size", "type": "select", "options": []string{"small", "large"}},
			{"name": "phone", "label": "Phone", "type": "tel"}, {"name": "news", "label": "News", "type": "checkbox"}}}).is(201)
	address := "/f/" + form.str("public_id")
	if form.str("url") != "https://t.example"+address {
		t.Errorf("%v", form)
	}
	shown := w.plain("GET", address+"?clk=abc&ref=anna", "", "")
	csp := shown.header.Get("Content-Security-Policy")
	body := string(shown.body)
	if shown.status != 200 || !strings.Contains(csp, "frame-ancestors 'self' https://a.myshopify.com") || strings.Contains(csp, "unsafe") || shown.header.Get("X-Frame-Options") != "" {
		t.Errorf("%d %q %q", shown.status, csp, shown.header.Get("X-Frame-Options"))
	}
	for _, has := range []string{`&lt;b&gt;&#34;Hi&#34;&lt;/b&gt;`, `for="f-company"`, `name="ref" value="anna"`, `name="click" value="abc"`, `name="website"`, `lang="en"`} {
		if !strings.Contains(body, has) {
			t.Errorf("the page lacks %s", has)
		}
	}
	if strings.Contains(body, "<script") || strings.Contains(body, "style=") {
		t.Error("the page has inline script or style")
	}
	wrong := w.send(address, url.Values{"email": {"nobody"}, "size": {"huge"}, "phone": {"12"}, "company": {""}})
	if wrong.status != 422 {
		t.Fatalf("%d", wrong.status)
	}
	for _, has := range []string{`id="e-email"`, `id="e-company"`, `id="e-size"`, `id="e-phone"`, `id="e-consent"`, `role="alert"`, `value="nobody"`, `aria-invalid="true"`} {
		if !strings.Contains(string(wrong.body), has) {
			t.Errorf("the page with errors lacks %s", has)
		}
	}
	p := w.call("", "POST", address, m{"email": "", "answers": m{"size": "huge"}}).problem(422, "invalid_lead")
	if got := p.fields(); got != "email company size consent" {
		t.Errorf("%q", got)
	}
	ok := yes("ann@example.com")
	ok.Set("company", "Acme")
	if r := w.send(address, ok); r.status != 303 || r.header.Get("Location") != "https://a.myshopify.com/thanks" {
		t.Errorf("%d %v", r.status, r.header)
	}
	w.call("", "POST", address, `{"email":`).problem(400, "malformed_request")
	w.plain("POST", address, "text/plain", "x").problem(400, "unsupported_content_type")
	if r := w.plain("OPTIONS", address, "", "", "Origin", "https://a.myshopify.com", "Access-Control-Request-Method", "POST"); r.status != 204 || r.header.Get("Access-Control-Allow-Origin") != "https://a.myshopify.com" {
		t.Errorf("%d %v", r.status, r.header)
	}
	if r := w.plain("OPTIONS", address, "", "", "Origin", "https://evil.example"); r.header.Get("Access-Control-Allow-Origin") != "" {
		t.Errorf("%v", r.header)
	}
	bot := yes("bot@example.com")
	bot.Set("company", "Acme")
	bot.Set("website", "http://spam.example")
	if r := w.send(address, bot); r.status != 303 {
		t.Errorf("a bot is told: %d", r.status)
	}
	w.settle(w.a)
	if got := w.a.states(); got["invalid"] != 1 || got["pending_vetting"] != 1 {
		t.Errorf("%v", got)
	}
	whole := w.a.get("/leads/" + w.a.get("/leads?state=pending_vetting").is(200).list("data")[0].str("id")).is(200)
	if whole.str("email") != "ann@example.com" || whole.obj("answers").str("company") != "Acme" || whole.str("consent") == "" {
		t.Errorf("%v", whole)
	}
	w.a.patch("/lead-forms/"+form.str("id"), m{"active": false}).is(200)
	if r := w.plain("GET", address, "", ""); r.status != 404 || !strings.Contains(string(r.body), "closed") {
		t.Errorf("%d %s", r.status, r.body)
	}
	w.call("", "POST", address, m{"email": "x@example.com", "consent": true}).problem(404, "lead_form_not_found")
	gone := w.a.post("/leads/"+whole.str("id")+"/redact", nil).is(200)
	if after := w.a.get("/leads/" + gone.str("id")).is(200); after["redacted"] != true || after.str("email") != "" || after.obj("answers") != nil {
		t.Errorf("%v", after)
	}
}

func TestPublicDoorsOfLeadsAreLimited(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(d *web.Deps) {
		d.Limits.LeadsPerSecond, d.Limits.LeadsBurst = 0.001, 2
	})
	form := w.a.post("/lead-forms", m{"agreement_id": w.a.signed("anna", leadTerms("12.00")), "title": "Ask"}).is(201)
	for i := range 3 {
		r := w.call("", "POST", "/f/"+form.str("public_id"), m{"email": fmt.Sprintf("p%d@example.com", i), "consent": true})
		if i < 2 {
			r.is(202)
		} else if r.problem(429, "too_many_requests"); r.header.Get("Retry-After") == "" {
			t.Error("no Retry-After")
		}
	}
}

func TestAMailboxConfirmsByAButtonAndNotByOpeningTheLink(t *testing.T) {
	t.Parallel()
	w := newWorld(t, manyLeads)
	form := w.a.post("/lead-forms", m{"agreement_id": w.a.signed("anna", leadTerms("12.00")), "title": "Ask", "double_opt_in": true}).is(201)
	address := "/f/" + form.str("public_id")
	for range 5 { // impatient
		if r := w.send(address, yes("ann@example.com")); r.header.Get("Location") != address+"?sent=confirm" {
			t.Fatalf("%v", r.header)
		}
		w.settle(w.a)
	}
	if got := w.a.states(); got["pending_confirmation"] != 1 || got["duplicate"] != 4 {
		t.Fatalf("%v", got)
	}
	mails := w.confirmMails(w.a)
	if len(mails) != 3 { // no more than three a day
		t.Fatalf("%d mails", len(mails))
	}
	link := mails[1].Path
	if mails[1].To != "ann@example.com" || !strings.HasPrefix(link, "/f/confirm/") {
		t.Errorf("%+v", mails[1])
	}
	for range 2 { // mail scanners open every link
		if r := w.plain("GET", link, "", ""); r.status != 200 || !strings.Contains(string(r.body), "<button") {
			t.Fatalf("%d %s", r.status, r.body)
		}
	}
	w.settle(w.a)
	if got := w.a.states(); got["pending_confirmation"] != 1 {
		t.Fatalf("opening the page confirmed: %v", got)
	}
	for range 2 {
		if r := w.plain("POST", link, "", ""); r.status != 200 || !strings.Contains(string(r.body), "is confirmed") {
			t.Fatalf("%d %s", r.status, r.body)
		}
	}
	if got := w.a.states(); got["pending_vetting"] != 1 || got["duplicate"] != 4 {
		t.Errorf("%v", got)
	}
	if r := w.plain("GET", "/f/confirm/ABCDEFGH", "", ""); r.status != 404 {
		t.Errorf("%d", r.status)
	}
	// One that never confirms stops standing in the way.
	w.send(address, yes("bea@example.com"))
	w.settle(w.a)
	late := w.confirmMails(w.a)
	w.clock.set(w.clock.now().Add(73 * time.Hour))
	w.settle(w.a)
	if got := w.a.states(); got["invalid"] != 1 {
		t.Errorf("%v", got)
	}
	if r := w.plain("POST", late[len(late)-1].Path, "", ""); r.status != 404 {
		t.Errorf("an expired link answers %d", r.status)
	}
	w.proven(w.a)
}

func (w *world) confirmMails(s shop) (out []*tracking.ConfirmMail) {
	w.t.Helper()
	w.in(s, func(tx *store.Tx) error {
		rows, err := tx.OutboxOfKind(context.Background(), tracking.MailLeadConfirm)
		if err != nil {
			return err
		}
		for _, r := range rows {
			if strings.Contains(string(r.Payload), "@") {
				w.t.Errorf("an address stands in the outbox: %s", r.Payload)
			}
			mail, err := w.tracker.ConfirmMail(context.Background(), tx, r.Payload)
			if err != nil {
				return err
			}
			if mail != nil {
				out = append(out, mail)
			}
		}
		return nil
	})
	return out
}

func TestACampaignsFormFindsWhoBroughtTheLead(t *testing.T) {
	t.Parallel()
	w := newWorld(t, manyLeads)
	campaign := w.a.campaign()
	agree := func(handle, campaign string) string {
		a := w.a.post("/agreements", m{"influencer_id": w.a.influencer(handle), "campaign_id": campaign, "terms": leadTerms("12.00")}).is(201)
		p := "/agreements/" + a.str("id")
		w.a.post(p+"/offer", nil).is(200)
		for _, party := range []string{"merchant", "influencer"} {
			w.a.post(p+"/sign", m{"party": party, "signer": party, "email": party + "@example.com", "hash": a.list("versions")[0].str("hash")}).is(200)
		}
		return a.str("id")
	}
	anna, ben, stranger := agree("anna", campaign), agree("ben", campaign), agree("cara", w.a.campaign())
	w.a.post("/codes", m{"code": "BEN10", "agreement_id": ben}).is(201)
	w.a.post("/links", m{"agreement_id": anna, "slug": "anna", "destination": "https://a.myshopify.com/"}).is(201)
	w.a.post("/links", m{"agreement_id": stranger, "slug": "cara", "destination": "https://a.myshopify.com/"}).is(201)
	form := w.a.post("/lead-forms", m{"campaign_id": campaign, "title": "Ask"}).is(201)
	address := "/f/" + form.str("public_id")
	for i, c := range []struct{ ref, code, want, via string }{
		{"anna", "", anna, "link"}, {"anna", "ben10", ben, "code"}, {"", "", "", ""}, {"cara", "", "", ""}, {"nobody", "NOPE", "", ""},
	} {
		email := fmt.Sprintf("p%d@example.com", i)
		w.call("", "POST", address, m{"email": email, "consent": true, "ref": c.ref, "code": c.code}).is(202)
		w.settle(w.a)
		l := w.a.get("/leads?email=" + email).is(200).list("data")
		if len(l) != 1 || l[0].str("agreement_id") != c.want || l[0].str("via") != c.via || l[0].str("state") != "pending_vetting" {
			t.Errorf("%+v: %v", c, l)
		}
	}
	// Nobody earns by leads of their own.
	w.call("", "POST", address, m{"email": "anna@example.com", "consent": true, "ref": "anna"}).is(202)
	w.settle(w.a)
	if l := w.a.get("/leads?state=invalid").is(200).list("data"); len(l) != 1 || l[0].str("reason") != "self_referral" {
		t.Errorf("%v", l)
	}
}

func TestLeadsOfAShopAreItsOwn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	agreement := w.a.signed("anna", leadTerms("12.00"))
	form := w.a.post("/lead-forms", m{"agreement_id": agreement, "title": "Ask"}).is(201)
	w.send("/f/"+form.str("public_id"), yes("ann@example.com"))
	w.settle(w.a)
	l := w.a.get("/leads").is(200).list("data")[0].str("id")
	for _, path := range []string{"/leads/" + l, "/lead-forms/" + form.str("id")} {
		w.a.get(path).is(200)
		w.b.get(path).problem(404, "not_found")
	}
	for _, path := range []string{"/leads", "/lead-forms"} {
		if got := w.b.get(path).is(200).list("data"); len(got) != 0 {
			t.Errorf("%s: %v", path, got)
		}
	}
	w.b.post("/leads/"+l+"/qualify", m{}).problem(404, "lead_not_found")
	w.b.post("/leads/"+l+"/redact", nil).problem(404, "not_found")
	w.b.post("/lead-forms", m{"agreement_id": agreement, "title": "Ask"}).problem(404, "agreement_not_found")
	w.b.patch("/lead-forms/"+form.str("id"), m{"active": false}).problem(404, "lead_form_not_found")
	w.call(w.a.read, "POST", "/api/v1/leads/"+l+"/qualify", m{}).problem(403, "scope_missing")
	if got := w.b.get("/leads?email=ann@example.com").is(200).list("data"); len(got) != 0 {
		t.Errorf("%v", got)
	}
}
