package web_test

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"tributary/app/web"
	"tributary/internal/landing"
)

// goTo is the path of the first button.
func goTo(t *testing.T, r reply) string {
	t.Helper()
	return "/p/" + strings.ReplaceAll(cut(t, string(r.body), `href="/p/`, `"`), "&amp;", "&")
}

func TestVisitorsAreDealtOutToVariantsAndKeepTheirs(t *testing.T) {
	t.Parallel()
	w := newWorld(t, withPages(t))
	p := w.a.page(w.a.agreed("anna"), "anna", simple("Left"))
	at, address := "/pages/"+p.str("id"), path(t, p.str("url"))
	w.a.post(at+"/versions", m{"document": simple("Right")}).is(201)
	w.a.post(at+"/publish", m{"variants": []m{{"version": 1, "weight": 30}, {"version": 2, "weight": 70}}}).is(200)
	seen := map[bool]int{}
	for i := range 60 {
		agent := fmt.Sprintf("%s v%d", phone, i)
		first := strings.Contains(string(w.visit(address, "User-Agent", agent).body), "Left")
		seen[first]++
		for range 2 {
			if again := strings.Contains(string(w.visit(address, "User-Agent", agent).body), "Left"); again != first {
				t.Fatal("a visitor saw another variant")
			}
		}
	}
	if seen[true] < 6 || seen[false] < 24 {
		t.Errorf("%v", seen)
	}
	// Who may not be recognised sees any of them, unless a link says which.
	both, given := map[bool]int{}, 0
	for range 60 {
		both[strings.Contains(string(w.visit(address, "Sec-GPC", "1").body), "Left")]++
		if strings.Contains(string(w.visit(address+"?v=a", "Sec-GPC", "1").body), "Left") {
			given++
		}
	}
	if both[true] == 0 || both[false] == 0 || given != 60 {
		t.Errorf("%v %d", both, given)
	}
	st := w.a.get(at + "/stats").is(200)
	if v := st.list("variants"); len(v) != 2 || v[0].str("variant") != "a" || st.obj("total")["views"] != 300.0 || st.obj("total")["unique_visitors"] != 60.0 ||
		v[0]["unique_visitors"].(float64)+v[1]["unique_visitors"].(float64) != 60 {
		t.Errorf("%v", st)
	}
}

func TestAButtonLeadsToTheStoreWithItsDiscountAndAClick(t *testing.T) {
	t.Parallel()
	w := newWorld(t, withPages(t))
	p := w.a.page(w.a.agreed("anna"), "anna", simple("Hello"))
	at := "/pages/" + p.str("id")
	w.a.post(at+"/publish", m{}).is(200)
	r := w.visit(goTo(t, w.visit(path(t, p.str("url")))))
	to, err := url.Parse(r.header.Get("Location"))
	if err != nil || r.status != 302 || to.Host != "a.myshopify.com" || to.Path != "/discount/ANNA10" || r.header.Get("Cache-Control") != "no-store" {
		t.Fatalf("%d %v", r.status, to)
	}
	inside, err := url.Parse(to.Query().Get("redirect"))
	if err != nil || inside.Host != "" || inside.Path != "/products/1" || inside.Query().Get("x") != "1" || len(inside.Query().Get("utm_id")) != 32 || inside.Query().Get("utm_source") != "anna" {
		t.Fatalf("%v %v", err, inside)
	}
	w.a.post(at+"/versions", m{"document": m{"title": "T", "sections": []m{{"type": "lead_form", "form": "k2jd8s7q"}, {"type": "giveaway", "giveaway": "gaw_7"}}}}).is(201)
	for place, want := range map[string]string{"0": "/f/k2jd8s7q", "1": "/g/gaw_7"} {
		l, err := url.Parse(w.visit(path(t, p.str("url")) + "/go/" + place + "?v=a2").header.Get("Location"))
		if err != nil || l.Host != "" || l.Path != want || len(l.Query().Get("clk")) != 32 || !strings.HasPrefix(l.Query().Get("ref"), "page-") {
			t.Errorf("%v %v", l, err)
		}
	}
	for _, bad := range []string{"/go/9?v=a1", "/go/0?v=a9", "/go/0?v=", "/go/0", "/go/x?v=a1", "/go/1?v=a1"} {
		if r := w.visit(path(t, p.str("url")) + bad); r.status != 404 {
			t.Errorf("%s: %d", bad, r.status)
		}
	}
	st := w.a.get(at + "/stats").is(200).obj("total")
	if st["views"] != 1.0 || st["button_clicks"] != 3.0 || st["clickers"] != 1.0 || st.obj("click_rate")["bps"] != 10000.0 {
		t.Errorf("%v", st)
	}
}

// Bots, previews of messengers and prefetches are no views.
func TestOnlyPeopleAreCounted(t *testing.T) {
	t.Parallel()
	w := newWorld(t, withPages(t))
	p := w.a.page(w.a.agreed("anna"), "anna", simple("Hello"))
	w.a.post("/pages/"+p.str("id")+"/publish", m{}).is(200)
	address := path(t, p.str("url"))
	for _, h := range [][]string{{"User-Agent", "Googlebot/2.1"}, {"User-Agent", "WhatsApp/2.2"}, {"Sec-Purpose", "prefetch"}, {"Sec-Fetch-Dest", "iframe"}} {
		if r := w.visit(address, h...); r.status != 200 {
			t.Errorf("%v: %d", h, r.status)
		}
	}
	w.call("", "HEAD", address, nil)
	w.visit(address, "Sec-GPC", "1")
	if st := w.a.get("/pages/" + p.str("id") + "/stats").is(200).obj("total"); st["views"] != 1.0 || st["unique_visitors"] != 0.0 || st["click_rate"] != nil {
		t.Errorf("%v", st)
	}
}

// saleTerms pay a share of what links sell and a fee for each sale of a page.
var saleTerms = m{"version": 1, "currency": "USD", "components": []m{
	{"id": "share", "type": "percentage", "rate_bps": 1000, "via": []string{"link"}},
	{"id": "page", "type": "flat_order", "amount": "7.50", "via": []string{"landing_page"}},
}}

// the order whose winning touch is the page is the page's.
func TestAnOrderThatComesOfAPageIsPaidAsThePagesAndCountsForItsVariant(t *testing.T) {
	t.Parallel()
	l := newLinks(t, func(d *web.Deps) {
		d.Pages = landing.NewPages(d.DB, d.Log, "https://go.example.com", time.Hour)
		t.Cleanup(d.Pages.Close)
	})
	agreement, _ := l.a.withCode("anna", saleTerms)
	p := l.a.page(agreement, "anna", simple("Left"))
	at, address := "/pages/"+p.str("id"), path(t, p.str("url"))
	l.a.post(at+"/versions", m{"document": simple("Right")}).is(201)
	l.a.post(at+"/publish", m{"variants": []m{{"version": 1, "weight": 50}, {"version": 2, "weight": 50}}}).is(200)
	land := func(query, agent string) string {
		r := l.world.visit(address+query, "User-Agent", agent)
		to, err := url.Parse(l.world.visit(goTo(t, r), "User-Agent", agent).header.Get("Location"))
		if err != nil {
			t.Fatal(err)
		}
		return to.Query().Get("redirect")
	}
	left, right := land("?v=a", phone), land("?v=b", phone+" second")
	l.a.post("/links", m{"agreement_id": agreement, "slug": "plain"}).is(201)
	plain := l.leads("tributary.example", "/r/plain").RequestURI()

	l.clock.mu.Lock()
	l.clock.t = l.clock.t.Add(2 * time.Hour)
	when := l.clock.t.Add(-time.Minute)
	l.clock.mu.Unlock()
	l.sell(1, when, left)
	l.sell(2, when, right)
	l.sell(3, when, right+"&x=1")
	l.sell(4, when, plain)
	if won := l.why(2).list("candidates")[0]; won.str("kind") != "visit" || won.str("page_id") != p.str("id") || won.str("variant") != "b" || won.str("reason") != "won" {
		t.Errorf("%v", l.why(2))
	}
	if won := l.why(4).list("candidates")[0]; won.str("kind") != "click" || won["page_id"] != nil {
		t.Errorf("%v", won)
	}
	st := l.a.get(at + "/stats").is(200)
	total := st.obj("total")
	if total["conversions"] != 3.0 || total["views"] != 2.0 || total["button_clicks"] != 2.0 || total.list("revenue")[0].obj("net").str("amount") != "300.00" ||
		total.list("revenue")[0].obj("commission").str("amount") != "22.50" {
		t.Errorf("%v", total)
	}
	if v := st.list("variants"); len(v) != 2 || v[0]["conversions"] != 1.0 || v[1]["conversions"] != 2.0 || v[1].list("revenue")[0].obj("commission").str("amount") != "15.00" {
		t.Errorf("%v", v)
	}
	for _, e := range l.a.get("/earnings").is(200).list("data") {
		want := "7.50"
		if e.str("order_id") == "4" {
			want = "10.00"
		}
		if got := e.obj("amount").str("amount"); got != want {
			t.Errorf("%v has %s, want %s", e, got, want)
		}
	}
	ctx := context.Background()
	if _, err := l.tracker.Drain(ctx, l.a.id); err != nil {
		t.Fatal(err)
	}
	if d, err := l.settler.Verify(ctx, l.a.id, nil); err != nil || len(d) > 0 {
		t.Error(d, err)
	}
	if d, err := l.tracker.Verify(ctx, l.a.id); err != nil || len(d) > 0 {
		t.Error(d, err)
	}
}
