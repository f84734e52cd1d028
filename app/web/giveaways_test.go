package web_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"tributary/app/web"
	"tributary/internal/domain/draw"
	"tributary/internal/tracking/giveaway"
)

func giveawayWorld(t *testing.T, change ...func(*web.Deps)) *world {
	t.Helper()
	d := &giveaway.Drawer{}
	return newWorld(t, append(change, func(deps *web.Deps) { d.DB = deps.DB; deps.Giveaways = d })...)
}

func (w *world) at(t time.Time) {
	w.clock.mu.Lock()
	defer w.clock.mu.Unlock()
	w.clock.t = t
}

// planned plans a giveaway of an hour from now on.
func (s shop) planned(change m) m {
	s.w.t.Helper()
	now := s.w.clock.now()
	body := m{"campaign_id": s.campaign(), "title": "Win <b>it</b>", "prize": "A serum", "terms": "Be kind.\nNo <script>.", "opens_at": now, "closes_at": now.Add(time.Hour), "winners": 2,
		"ways": []string{"purchase", "signup", "free"}}
	for k, v := range change {
		body[k] = v
	}
	return s.post("/giveaways", body).is(201)
}

var entryID = regexp.MustCompile(`Your entry is <code>([0-9a-f]{16})</code>`)

// form sends the public form.
func (w *world) form(id string, change url.Values) reply {
	w.t.Helper()
	f := url.Values{"email": {"fan@example.com"}, "country": {"US"}, "way": {"free"}, "agreed": {"yes"}}
	for k, v := range change {
		f[k] = v
	}
	return w.call("", "POST", "/g/"+id, f.Encode(), "Content-Type", "application/x-www-form-urlencoded")
}

func TestAGiveawayRunsFromThePlanToTheProof(t *testing.T) {
	t.Parallel()
	w := giveawayWorld(t)
	a := w.a.paysFor("anna", m{"id": "g", "type": "giveaway", "amount": "2.00"})
	w.a.post("/links", m{"agreement_id": a.str("id"), "slug": "anna-link", "destination": "https://a.myshopify.com/"}).is(201)
	g := w.a.planned(m{"agreement_ids": []string{a.str("id")}, "countries": []string{"us", "DE"}})
	id := g.str("id")
	p := "/giveaways/" + id
	if g.str("state") != "planned" || !strings.HasSuffix(g.str("page"), "/g/"+id) || len(g["countries"].([]any)) != 2 {
		t.Errorf("%v", g)
	}
	w.a.patch(p, m{"prize": "Two serums"}).problem(409, "giveaway_open")

	page := w.call("", "GET", "/g/"+id+"?ref=anna-link&code=%22%3E", nil)
	if body := string(page.body); page.status != 200 || strings.Contains(body, "<b>it") || strings.Contains(body, "<script") || !strings.Contains(body, `value="anna-link"`) ||
		!strings.Contains(body, "Germany") || strings.Contains(body, "France") || !strings.Contains(body, "No purchase is necessary") {
		t.Errorf("%d %s", page.status, page.body)
	}
	if csp := page.header.Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") || !strings.Contains(csp, "form-action 'self'") || strings.Contains(csp, "script") {
		t.Error(csp)
	}
	terms := w.call("", "GET", "/g/"+id+"/terms", nil)
	if body := string(terms.body); terms.status != 200 || !strings.Contains(body, "Be kind.") || strings.Contains(body, "<script") || !strings.Contains(body, "same odds") {
		t.Errorf("%d %s", terms.status, terms.body)
	}
	w.call("", "GET", "/g/"+id+"/proof", nil).problem(404, "proof_not_there")

	first := w.form(id, url.Values{"ref": {"anna-link"}})
	in := entryID.FindSubmatch(first.body)
	if first.status != 200 || in == nil {
		t.Fatalf("%d %s", first.status, first.body)
	}
	if again := entryID.FindSubmatch(w.form(id, url.Values{"email": {"Fan+2@example.com"}}).body); string(again[1]) != string(in[1]) {
		t.Error("a person has two entries")
	}
	for i := range 4 {
		w.form(id, url.Values{"email": {fmt.Sprintf("p%d@example.com", i)}, "way": {"signup"}, "country": {"DE"}})
	}
	if r := w.form(id, url.Values{"email": {"robot@example.com"}, "website": {"http://spam"}}); r.status != 200 || entryID.FindSubmatch(r.body) == nil {
		t.Errorf("a robot learns that it was found out: %d", r.status)
	}
	wrong := w.form(id, url.Values{"email": {"nobody"}, "country": {"FR"}, "way": {"purchase"}, "agreed": {""}})
	if body := string(wrong.body); wrong.status != 422 || !strings.Contains(body, `value="nobody"`) || strings.Count(body, `class="bad"`) != 4 {
		t.Errorf("%d %s", wrong.status, wrong.body)
	}

	entries := w.a.get(p + "/entries?limit=3").is(200)
	rest := w.a.get(p + "/entries?limit=3&cursor=" + entries.str("next_cursor")).is(200)
	if all := append(entries.list("data"), rest.list("data")...); len(all) != 5 || rest.str("next_cursor") != "" || strings.Contains(fmt.Sprint(all), "example.com") {
		t.Errorf("%v", all)
	}
	file := w.call(w.a.read, "GET", "/api/v1"+p+"/entries.csv", nil)
	if lines := strings.Split(strings.TrimSpace(string(file.body)), "\n"); len(lines) != 6 || !strings.Contains(string(file.body), string(in[1])+",free,") || !strings.Contains(string(file.body), a.str("id")) {
		t.Errorf("%s", file.body)
	}

	seed := hex.EncodeToString([]byte("nobody knows"))
	sum := sha256.Sum256([]byte("nobody knows"))
	w.a.post(p+"/freeze", nil).problem(409, "giveaway_still_open")
	if f := w.a.post(p+"/commit", m{"kind": "commit", "commitment": "abc", "round": 3}).problem(422, "invalid_beacon"); f.fields() != "round commitment" {
		t.Errorf("%v", f)
	}
	w.a.post(p+"/commit", m{"kind": "commit", "commitment": hex.EncodeToString(sum[:])}).is(200)
	w.a.post(p+"/draw", nil).problem(409, "giveaway_not_frozen")
	w.at(w.clock.now().Add(2 * time.Hour))
	if r := w.form(id, nil); r.status != 409 || !strings.Contains(string(r.body), "It has closed") {
		t.Errorf("%d %s", r.status, r.body)
	}
	frozen := w.a.post(p+"/freeze", nil).is(200)
	if frozen.str("state") != "frozen" || frozen["entry_count"] != 5.0 || len(frozen.str("list_hash")) != 64 {
		t.Errorf("%v", frozen)
	}
	if again := w.a.post(p+"/freeze", nil).is(200); again.str("list_hash") != frozen.str("list_hash") {
		t.Errorf("%v", again)
	}
	w.a.post(p+"/cancel", nil).problem(409, "giveaway_frozen")
	w.a.post(p+"/draw", m{"seed": "00"}).problem(422, "invalid_seed")
	drawn := w.a.post(p+"/draw", m{"seed": seed}, "Idempotency-Key", "draw-1").is(200)
	if len(drawn.list("drawn")) != 2 {
		t.Errorf("%v", drawn)
	}

	public := w.call("", "GET", "/g/"+id+"/proof", nil)
	var proof draw.Proof
	if err := json.Unmarshal(public.body, &proof); err != nil || public.header.Get("Content-Type") != "application/json" {
		t.Fatalf("%v %s", err, public.body)
	}
	for _, f := range draw.Verify(&proof) {
		if !f.OK {
			t.Error(f.What)
		}
	}
	shown := w.call("", "GET", "/g/"+id+"/proof", nil, "Accept", "text/html,*/*")
	if body := string(shown.body); !strings.Contains(body, proof.Drawn[0].ID) || !strings.Contains(body, proof.ListHash) || strings.Contains(body, "example.com") {
		t.Errorf("%s", shown.body)
	}
	if body := string(w.call("", "GET", "/g/"+id, nil).body); !strings.Contains(body, "/proof") {
		t.Errorf("%s", body)
	}
	if strings.Contains(w.log.String(), "example.com") {
		t.Error("the log holds addresses")
	}
}

func TestEveryWrongFieldOfAGiveawayIsTold(t *testing.T) {
	t.Parallel()
	w := giveawayWorld(t)
	c := w.a.campaign()
	if p := w.a.post("/giveaways", m{"campaign_id": c}).problem(422, "invalid_giveaway"); p.fields() != "title prize terms opens_at closes_at" {
		t.Errorf("%v", p.fields())
	}
	if p := w.a.post("/giveaways", m{"campaign_id": c, "title": "x", "prize": "x", "terms": "x", "opens_at": "2027-01-02T00:00:00Z", "closes_at": "2027-01-01T00:00:00Z", "winners": 0,
		"countries": []string{"USA"}, "ways": []string{"luck"}, "agreement_ids": []string{"agr_99"}}).problem(422, "invalid_giveaway"); p.fields() != "winners closes_at countries[0] ways[0] agreement_ids[0]" {
		t.Errorf("%v", p.fields())
	}
	for _, countries := range [][]string{{}, {"US"}, {"DE", "US"}} {
		p := w.a.post("/giveaways", m{"campaign_id": c, "title": "x", "prize": "x", "terms": "x", "opens_at": "2027-01-01T00:00:00Z", "closes_at": "2027-01-02T00:00:00Z",
			"countries": countries, "ways": []string{"purchase"}}).problem(422, "invalid_giveaway")
		if p.fields() != "ways" {
			t.Errorf("%v", p)
		}
	}
	later := w.a.post("/giveaways", m{"campaign_id": c, "title": "x", "prize": "x", "terms": "x", "opens_at": "2027-01-01T00:00:00Z", "closes_at": "2027-01-02T00:00:00Z",
		"countries": []string{"DE"}, "ways": []string{"purchase"}}).is(201)
	p := "/giveaways/" + later.str("id")
	w.a.patch(p, m{"countries": []string{"US"}}).problem(422, "invalid_giveaway")
	if ch := w.a.patch(p, m{"ways": []string{"purchase", "free"}, "countries": []string{}, "title": "y"}).is(200); ch.str("title") != "y" || ch.str("prize") != "x" {
		t.Errorf("%v", ch)
	}
	if body := string(w.call("", "GET", "/g/"+later.str("id"), nil).body); !strings.Contains(body, "not opened yet") {
		t.Errorf("%s", body)
	}
	if x := w.a.post(p+"/cancel", nil).is(200); x.str("state") != "cancelled" {
		t.Errorf("%v", x)
	}
	if l := w.a.get("/giveaways?state=cancelled&campaign=" + c).is(200).list("data"); len(l) != 1 {
		t.Errorf("%v", l)
	}
}

func TestGiveawaysOfOneShopAreHiddenFromAnother(t *testing.T) {
	t.Parallel()
	w := giveawayWorld(t)
	id := w.a.planned(nil).str("id")
	p := "/giveaways/" + id
	w.b.get(p).problem(404, "not_found")
	w.b.get(p+"/entries").problem(404, "not_found")
	w.b.get(p+"/entries.csv").problem(404, "not_found")
	w.b.get(p+"/proof").problem(404, "not_found")
	w.b.patch(p, m{"title": "x"}).problem(404, "giveaway_not_found")
	w.b.post(p+"/cancel", nil).problem(404, "giveaway_not_found")
	w.b.post(p+"/freeze", nil).problem(404, "giveaway_not_found")
	w.b.post(p+"/draw", nil).problem(404, "giveaway_not_found")
	w.b.post(p+"/commit", m{"kind": "commit", "commitment": strings.Repeat("ab", 32)}).problem(404, "giveaway_not_found")
	if l := w.b.get("/giveaways").is(200).list("data"); len(l) != 0 {
		t.Errorf("%v", l)
	}
	agreement := w.a.paysFor("anna", m{"id": "g", "type": "giveaway", "amount": "2.00"}).str("id")
	now := w.clock.now()
	if q := w.b.post("/giveaways", m{"campaign_id": w.b.campaign(), "title": "x", "prize": "x", "terms": "x", "opens_at": now, "closes_at": now.Add(time.Hour),
		"agreement_ids": []string{agreement}}).problem(422, "invalid_giveaway"); q.fields() != "agreement_ids[0]" {
		t.Errorf("%v", q)
	}
	for _, path := range []string{"/g/gaw_999", "/g/x", "/g/gaw_999/terms", "/g/gaw_999/proof"} {
		w.call("", "GET", path, nil).problem(404, "not_found")
	}
}

func TestTheFormsDoorIsNarrow(t *testing.T) {
	t.Parallel()
	w := giveawayWorld(t, func(d *web.Deps) { d.Limits.EntriesPerSecond, d.Limits.EntryBurst = 0.001, 3 })
	id := w.a.planned(nil).str("id")
	if r := w.form(id, url.Values{"email": {strings.Repeat("x", 20<<10)}}); r.status != 413 {
		t.Errorf("%d", r.status)
	}
	w.form(id, nil)
	w.form(id, nil)
	r := w.form(id, nil)
	r.problem(429, "too_many_requests")
	if r.header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
}
