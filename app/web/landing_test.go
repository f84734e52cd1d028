package web_test

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"tributary/app/web"
	"tributary/internal/landing"
	"tributary/internal/store"
	"tributary/internal/tracking"
)

// withPages gives the server landing pages and a recorder of visits.
func withPages(t *testing.T) func(*web.Deps) {
	return func(d *web.Deps) {
		d.PublicURL = "https://go.example.com"
		d.Doors = tracking.NewDoors(d.DB, d.Keys, d.Log, time.Hour)
		d.Clicks = tracking.NewRecorder(d.DB, d.Doors, nil, d.Log, func(int64) {})
		d.Pages = landing.NewPages(d.DB, d.Log, d.PublicURL, time.Hour)
		t.Cleanup(d.Pages.Close)
		t.Cleanup(d.Clicks.Close)
		t.Cleanup(d.Doors.Close)
	}
}

// agreed is a signed agreement of ten percent.
func (s shop) agreed(handle string) string {
	s.w.t.Helper()
	id, _ := s.withCode(handle, tenPercent)
	return id
}

// simple is a document with one button.
func simple(heading string) m {
	return m{"title": heading, "sections": []m{
		{"type": "hero", "heading": heading, "button": "Go", "link": "https://a.myshopify.com/products/1?x=1"},
		{"type": "banner", "code": "ANNA10", "percent": 10},
	}}
}

// page adds a page and returns it.
func (s shop) page(agreement, slug string, doc m) m {
	s.w.t.Helper()
	return s.post("/pages", m{"agreement_id": agreement, "slug": slug, "document": doc}).is(201)
}

// visit asks for a path as a person with a browser does.
func (w *world) visit(path string, headers ...string) reply {
	w.t.Helper()
	req, err := http.NewRequestWithContext(context.Background(), http.MethodGet, w.url+path, http.NoBody)
	if err != nil {
		w.t.Fatal(err)
	}
	req.Header.Set("User-Agent", phone)
	req.Header.Set("Accept-Encoding", "identity")
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := http.DefaultTransport.RoundTrip(req) // no redirect is followed
	if err != nil {
		w.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return reply{t: w.t, status: res.StatusCode, header: res.Header, body: b}
}

// path is the path of an address of ours.
func path(t *testing.T, address string) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil || (u.Host != "go.example.com" && u.Host != "tributary.example") {
		t.Fatalf("%q is not ours", address)
	}
	return u.RequestURI()
}

func TestAPageIsWrittenPublishedVisitedAndTakenDown(t *testing.T) {
	t.Parallel()
	w := newWorld(t, withPages(t))
	p := w.a.page(w.a.agreed("anna"), "anna-autumn", simple("Hello"))
	at, address := "/pages/"+p.str("id"), path(t, p.str("url"))
	if p.str("state") != "draft" || p["versions"] != 1.0 || !strings.HasSuffix(address, "/anna-autumn") {
		t.Fatalf("%v", p)
	}
	w.visit(address).problem(404, "not_found")

	w.a.post(at+"/versions", m{"document": simple("Hello again"), "note": "friendlier", "author": "Mia"}).is(201)
	if l := w.a.get(at + "/versions").is(200).list("data"); len(l) != 2 || l[0]["number"] != 2.0 || l[0].str("author") != "Mia" || l[0]["document"] != nil {
		t.Errorf("%v", l)
	}
	if v := w.a.get(at + "/versions/1").is(200); v.obj("document").str("title") != "Hello" || len(v.str("hash")) != 64 {
		t.Errorf("%v", v)
	}
	live := w.a.post(at+"/publish", m{}).is(200)
	if live.str("state") != "published" || live.obj("live").list("variants")[0]["version"] != 2.0 {
		t.Fatalf("%v", live)
	}

	r := w.visit(address)
	if r.status != 200 || !strings.Contains(string(r.body), "<h1>Hello again</h1>") || r.header.Get("Content-Type") != "text/html; charset=utf-8" {
		t.Fatalf("%d %s", r.status, r.body)
	}
	if c := r.header.Get("Content-Security-Policy"); !strings.Contains(c, "script-src 'none'") || !strings.Contains(c, "frame-ancestors 'none'") {
		t.Error(c)
	}
	if c := r.header.Get("Cache-Control"); c != "private, no-cache" {
		t.Error(c)
	}
	same := w.visit(address, "If-None-Match", r.header.Get("ETag"))
	if same.status != 304 || len(same.body) != 0 || same.header.Get("ETag") != r.header.Get("ETag") {
		t.Errorf("%d %q", same.status, same.body)
	}
	small := w.visit(address, "Accept-Encoding", "br, gzip")
	z, err := gzip.NewReader(strings.NewReader(string(small.body)))
	if err != nil {
		t.Fatal(err)
	}
	if b, err := io.ReadAll(z); err != nil || string(b) != string(r.body) || small.header.Get("ETag") == r.header.Get("ETag") {
		t.Errorf("%v %s", err, small.header)
	}
	head := w.call("", "HEAD", address, nil)
	if head.status != 200 || len(head.body) != 0 {
		t.Errorf("%d", head.status)
	}
	css := "/assets/page/" + cut(t, string(r.body), "/assets/page/", `"`)
	if r := w.visit(css); r.status != 200 || r.header.Get("Cache-Control") != "public, max-age=31536000, immutable" {
		t.Errorf("%s: %d %s", css, r.status, r.header)
	}
	w.visit("/assets/page/page.000000000000.css").problem(404, "not_found")

	// Another slug: old addresses lead on, and keep what they said.
	w.a.patch(at, m{"slug": "anna"}).is(200)
	if r := w.visit(address + "?utm_source=x"); r.status != 302 || r.header.Get("Location") != strings.TrimSuffix(address, "-autumn")+"?utm_source=x" {
		t.Errorf("%d %s", r.status, r.header.Get("Location"))
	}
	if down := w.a.post(at+"/unpublish", m{}).is(200); down.str("state") != "unpublished" || down["live"] != nil {
		t.Errorf("%v", down)
	}
	w.visit(strings.TrimSuffix(address, "-autumn")).problem(404, "not_found")
	if l := w.a.get("/pages?state=unpublished").is(200).list("data"); len(l) != 1 {
		t.Errorf("%v", l)
	}
}

// cut is what stands between two marks.
func cut(t *testing.T, s, before, after string) string {
	t.Helper()
	_, s, ok := strings.Cut(s, before)
	s, _, ok2 := strings.Cut(s, after)
	if !ok || !ok2 {
		t.Fatalf("no %q", before)
	}
	return s
}

func TestEveryWrongFieldOfAPageIsTold(t *testing.T) {
	t.Parallel()
	w := newWorld(t, withPages(t))
	agreement := w.a.agreed("anna")
	p := w.a.post("/pages", m{"agreement_id": agreement, "slug": "No Slug", "document": m{"title": "", "sections": []m{{"type": "hero", "link": "https://evil.example.com/", "button": "x"}}}}).problem(422, "page_invalid")
	if got := p.fields(); got != "slug document.sections[0].heading document.sections[0].link document.title" {
		t.Errorf("fields %q", got)
	}
	w.a.post("/pages", m{"agreement_id": agreement, "slug": "no-", "document": simple("x")}).problem(422, "invalid_page")
	page := w.a.page(agreement, "anna", simple("x"))
	at := "/pages/" + page.str("id")
	w.a.post("/pages", m{"agreement_id": agreement, "slug": "anna", "document": simple("x")}).problem(409, "slug_taken")
	other := w.a.page(agreement, "other", simple("x"))
	w.a.patch("/pages/"+other.str("id"), m{"slug": "anna"}).problem(409, "slug_taken")
	w.a.post("/pages", m{"agreement_id": "agr_999", "slug": "x", "document": simple("x")}).problem(404, "not_found")
	w.a.post(at+"/publish", m{"version": 9}).problem(422, "no_such_version")
	w.a.post(at+"/publish", m{"version": 1, "publish_at": "2020-01-01T00:00:00Z", "unpublish_at": "2019-01-01T00:00:00Z"}).problem(422, "invalid_schedule")
	w.a.post(at+"/publish", m{"variants": []m{{"version": 1, "weight": 50}, {"version": 1, "weight": 49}}}).problem(422, "invalid_variants")
	w.a.post(at+"/publish", m{"version": 1, "variants": []m{{"version": 1}}}).problem(422, "invalid_variants")
	w.a.post(at+"/unpublish", m{"at": "2020-01-01T00:00:00Z"}).problem(422, "invalid_schedule")
	w.a.post(at+"/preview", m{"version": 9}).problem(404, "not_found")
	w.a.get(at+"/render?for=wix").problem(422, "invalid_request")
	if s := w.a.get("/pages/schema").is(200); s.str("title") != "Landing page of an influencer" {
		t.Errorf("%v", s)
	}
}

func TestAStrangersPagesAreNotThere(t *testing.T) {
	t.Parallel()
	w := newWorld(t, withPages(t))
	p := w.a.page(w.a.agreed("anna"), "anna", simple("Mine"))
	at := "/pages/" + p.str("id")
	b := w.b
	for _, r := range []reply{b.get(at), b.get(at + "/versions"), b.get(at + "/versions/1"), b.get(at + "/render?for=shopify"), b.get(at + "/stats"),
		b.patch(at, m{"slug": "x"}), b.post(at+"/versions", m{"document": m{"title": "x", "sections": []m{{"type": "hero", "heading": "x"}}}}), b.post(at+"/preview", m{}), b.post(at+"/publish", m{"version": 1}), b.post(at+"/unpublish", m{}),
		b.post("/pages", m{"agreement_id": p.str("agreement_id"), "slug": "x", "document": m{"title": "x", "sections": []m{{"type": "hero", "heading": "x"}}}})} {
		r.problem(404, "not_found")
	}
	if l := b.get("/pages").is(200).list("data"); len(l) != 0 {
		t.Errorf("%v", l)
	}
	w.call(w.a.read, "POST", "/api/v1"+at+"/publish", m{}).problem(403, "scope_missing")
}

func TestAPageComesAndGoesByItsScheduleToTheInstant(t *testing.T) {
	t.Parallel()
	w := newWorld(t, withPages(t))
	p := w.a.page(w.a.agreed("anna"), "anna", simple("Soon"))
	at, address := "/pages/"+p.str("id"), path(t, p.str("url"))
	now := w.clock.now()
	s := w.a.post(at+"/publish", m{"version": 1, "publish_at": now.Add(time.Hour), "unpublish_at": now.Add(2 * time.Hour)}).is(200)
	if s.str("state") != "scheduled" || len(s.list("scheduled")) != 1 {
		t.Fatalf("%v", s)
	}
	set := func(d time.Duration) {
		w.clock.mu.Lock()
		defer w.clock.mu.Unlock()
		w.clock.t = now.Add(d)
	}
	for _, c := range []struct {
		after  time.Duration
		status int
		state  string
	}{{59 * time.Minute, 404, "scheduled"}, {time.Hour, 200, "published"}, {2*time.Hour - time.Second, 200, "published"}, {2 * time.Hour, 404, "unpublished"}} {
		set(c.after)
		if r := w.visit(address); r.status != c.status {
			t.Errorf("after %v: %d", c.after, r.status)
		}
		if got := w.a.get(at).is(200).str("state"); got != c.state {
			t.Errorf("after %v: %s", c.after, got)
		}
		for range 2 {
			if err := landing.Tick(context.Background(), w.db); err != nil {
				t.Fatal(err)
			}
		}
		if l := w.a.get("/pages?state=" + c.state).is(200).list("data"); len(l) != 1 {
			t.Errorf("after %v: the list does not say %s", c.after, c.state)
		}
	}
}

func TestAPreviewShowsADraftUntilItExpires(t *testing.T) {
	t.Parallel()
	w := newWorld(t, withPages(t))
	agreement := w.a.agreed("anna")
	p := w.a.page(agreement, "anna", simple("Draft"))
	other := w.a.page(agreement, "other", simple("Other"))
	pre := w.a.post("/pages/"+p.str("id")+"/preview", m{"hours": 1}).is(200)
	address := path(t, pre.str("url"))
	r := w.visit(address)
	if r.status != 200 || !strings.Contains(string(r.body), "<h1>Draft</h1>") || !strings.Contains(string(r.body), "noindex") ||
		r.header.Get("X-Robots-Tag") != "noindex, nofollow" || r.header.Get("Cache-Control") != "private, no-store" {
		t.Fatalf("%d %v %s", r.status, r.header, r.body)
	}
	// Its buttons lead on, and count for nothing.
	if r := w.visit(goTo(t, r)); r.status != 302 || strings.Contains(r.header.Get("Location"), "utm_id") {
		t.Errorf("%d %s", r.status, r.header.Get("Location"))
	}
	_, token, _ := strings.Cut(address, "?preview=")
	for name, a := range map[string]string{
		"a changed token":      strings.Replace(address, token, "B"+token[1:], 1),
		"a shortened token":    address[:len(address)-2],
		"another page's":       path(t, other.str("url")) + "?preview=" + token,
		"no token of any sort": path(t, p.str("url")) + "?preview=x",
	} {
		if r := w.visit(a); r.status != 404 {
			t.Errorf("%s: %d", name, r.status)
		}
	}
	w.clock.mu.Lock()
	w.clock.t = w.clock.t.Add(time.Hour)
	w.clock.mu.Unlock()
	w.visit(address).problem(404, "preview_over")
	if st := w.a.get("/pages/" + p.str("id") + "/stats").is(200).obj("total"); st["views"] != 0.0 || st["button_clicks"] != 0.0 {
		t.Errorf("previews were counted: %v", st)
	}
}

func TestThemesGetAPageAsDataThatIsDead(t *testing.T) {
	t.Parallel()
	w := newWorld(t, withPages(t))
	doc := simple("{{ shop.metafields }} <b>{% raw %}")
	p := w.a.page(w.a.agreed("anna"), "anna", doc)
	at := "/pages/" + p.str("id")
	s := w.a.get(at + "/render?for=shopify").is(200)
	o := s.obj("metaobject")
	if o.obj("handle").str("type") != "$app:influencer_page" || o.obj("handle").str("handle") != "anna" {
		t.Errorf("%v", s)
	}
	fields := map[string]string{}
	for _, f := range o.obj("metaobject").list("fields") {
		fields[f.str("key")] = f.str("value")
	}
	var sections []m
	if err := json.Unmarshal([]byte(fields["sections"]), &sections); err != nil {
		t.Fatal(err)
	}
	want := "&#123;&#123; shop.metafields &#125;&#125; &lt;b&gt;&#123;% raw %&#125;"
	if fields["title"] != want || sections[0].str("heading") != want || fields["code"] != "ANNA10" || !strings.Contains(fields["disclosure"], "anna is paid") {
		t.Errorf("%v", fields)
	}
	if l := sections[0].str("link"); !strings.HasPrefix(l, "https://go.example.com/p/") || !strings.HasSuffix(l, "/go/0?v=a1") {
		t.Error(l)
	}
	b := w.a.get(at + "/render?for=woocommerce&version=1").is(200).obj("block")
	if b.str("name") != "tributary/landing-page" || b.obj("attributes").str("title") != want {
		t.Errorf("%v", b)
	}
	w.a.get(at+"/render?for=shopify&version=2").problem(404, "not_found")
}

// Versions get each number once, however many are added at the same time, and a
// slug is one page's.
func TestVersionsAddedAtOnceGetNumbersOfTheirOwn(t *testing.T) {
	t.Parallel()
	w := newWorld(t, withPages(t))
	agreement := w.a.agreed("anna")
	at := "/pages/" + w.a.page(agreement, "anna", simple("0")).str("id")
	var wg sync.WaitGroup
	var mu sync.Mutex
	made, numbers := 0, map[float64]bool{}
	for i := range 8 {
		wg.Go(func() {
			v := w.a.post(at+"/versions", m{"document": simple(fmt.Sprint(i))}).is(201)
			r := w.a.post("/pages", m{"agreement_id": agreement, "slug": "once", "document": simple("x")})
			mu.Lock()
			defer mu.Unlock()
			numbers[v["number"].(float64)] = true
			if r.status == 201 {
				made++
			}
		})
	}
	wg.Wait()
	if len(numbers) != 8 || made != 1 {
		t.Errorf("%v, %d pages", numbers, made)
	}
}

// Another process sees a change when it asks, whatever else is being committed.
func TestAnotherServerSeesWhatHasChanged(t *testing.T) {
	t.Parallel()
	w := newWorld(t, withPages(t))
	other := landing.NewPages(w.db, nil, "https://go.example.com", time.Hour)
	t.Cleanup(other.Close)
	ctx := context.Background()
	p := w.a.page(w.a.agreed("anna"), "anna", simple("One"))
	at := "/pages/" + p.str("id")
	id := strings.Split(path(t, p.str("url")), "/")[2]
	shown := func() string {
		if err := other.Refresh(ctx); err != nil {
			t.Fatal(err)
		}
		v, err := other.Find(ctx, id)
		if err != nil {
			return ""
		}
		r, err := v.Render(ctx, v.Pick(1, ""))
		if err != nil {
			t.Fatal(err)
		}
		return cut(t, string(r.Body), "<h1>", "</h1>")
	}
	if got := shown(); got != "" {
		t.Errorf("a draft is shown: %q", got)
	}
	// A transaction that is open over the whole of it must not hide anything.
	open, release := make(chan struct{}), make(chan struct{})
	done := make(chan error, 1)
	go func() {
		done <- w.db.InTx(ctx, w.a.id, func(tx *store.Tx) error {
			_, err := tx.AddEvidence(ctx, store.NewEvidence{OrderID: 1, AgreementID: 1, Kind: "manual", At: tx.Now, Note: "x"})
			close(open)
			<-release
			return err
		})
	}()
	<-open
	w.a.post(at+"/publish", m{}).is(200)
	if got := shown(); got != "One" {
		t.Errorf("shows %q", got)
	}
	w.a.post(at+"/versions", m{"document": simple("Two")}).is(201)
	w.a.post(at+"/publish", m{}).is(200)
	close(release)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if got := shown(); got != "Two" {
			t.Errorf("shows %q", got)
		}
	}
	w.a.post(at+"/unpublish", m{}).is(200)
	if got := shown(); got != "" {
		t.Errorf("shows %q", got)
	}
}
