package web_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"tributary/internal/store"
)

func TestAnInfluencerIsAddedChangedAndListed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	anna := w.a.post("/influencers", m{"handle": "Anna", "name": " Anna ", "email": "anna@example.com", "phone": "+1 555 010 2030", "customer_id": "77"}).is(201)
	if anna.str("handle") != "anna" || anna.str("name") != "Anna" || anna["active"] != true || anna["has_phone"] != true || anna.str("customer_id") != "77" {
		t.Errorf("%v", anna)
	}
	id := anna.str("id")
	if !strings.HasPrefix(id, "inf_") {
		t.Errorf("id %q", id)
	}
	changed := w.a.patch("/influencers/"+id, m{"name": "Anna A.", "payout_method": "csv", "payout_detail": "DE00"}).is(200)
	if changed.str("name") != "Anna A." || changed.str("email") != "anna@example.com" || changed.str("payout_method") != "csv" || changed["has_phone"] != true {
		t.Errorf("%v", changed)
	}
	if got := w.a.get("/influencers/" + id).is(200); got.str("name") != "Anna A." {
		t.Errorf("%v", got)
	}
	w.a.influencer("ben")
	if l := w.a.get("/influencers?search=ANN").is(200).list("data"); len(l) != 1 || l[0].str("id") != id {
		t.Errorf("%v", l)
	}
	if l := w.a.get("/influencers?active=false").is(200).list("data"); len(l) != 0 {
		t.Errorf("%v", l)
	}
}

func TestAnInfluencersActiveTimesAreKept(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := "/influencers/" + w.a.influencer("anna")
	off := w.a.post(p+"/deactivate", nil).is(200)
	if off["active"] != false || len(off.list("active_spans")) != 1 || off.list("active_spans")[0]["to"] == nil {
		t.Errorf("%v", off)
	}
	w.a.post(p+"/deactivate", nil).is(200)
	on := w.a.post(p+"/activate", nil).is(200)
	if on["active"] != true || len(on.list("active_spans")) != 2 {
		t.Errorf("%v", on)
	}
	if again := w.a.post(p+"/activate", nil).is(200); len(again.list("active_spans")) != 2 {
		t.Errorf("%v", again)
	}
	banned := w.a.post(p+"/ban", nil).is(200)
	if banned["active"] != false || banned["banned_at"] == nil {
		t.Errorf("%v", banned)
	}
	w.a.post(p+"/activate", nil).problem(409, "influencer_banned")
	if free := w.a.post(p+"/unban", nil).is(200); free["banned_at"] != nil || free["active"] != false {
		t.Errorf("%v", free)
	}
}

func TestEveryWrongFieldOfAnInfluencerIsTold(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.a.post("/influencers", m{"handle": "no spaces", "name": "", "email": "nobody", "phone": "12", "tax_form": "late", "payout_method": "gold"}).problem(422, "invalid_influencer")
	if got := p.fields(); got != "handle name payout_method tax_form email phone" {
		t.Errorf("fields %q", got)
	}
	w.a.post("/influencers", m{"handle": 3, "shoe": 4}).problem(422, "invalid_request")
	w.a.post("/influencers", `{"handle":`).problem(400, "malformed_request")
	w.a.influencer("anna")
	w.a.post("/influencers", m{"handle": "anna", "name": "x", "email": "x@example.com"}).problem(409, "handle_taken")
	w.a.post("/influencers", m{"handle": "x", "name": "x", "email": "ANNA+tag@example.com"}).problem(409, "email_taken")
}

func TestACampaignIsAddedAndChanged(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.a.post("/campaigns", m{"name": "Autumn", "goal": "100 sales", "starts_at": "2026-09-01T00:00:00+02:00"}).is(201)
	if c.str("state") != "active" || c.str("starts_at") != "2026-08-31T22:00:00Z" {
		t.Errorf("%v", c)
	}
	p := "/campaigns/" + c.str("id")
	w.a.patch(p, m{"ends_at": "2026-08-01T00:00:00Z", "state": "paused"}).problem(422, "invalid_campaign")
	if c := w.a.patch(p, m{"state": "ended"}).is(200); c.str("state") != "ended" || c.str("goal") != "100 sales" {
		t.Errorf("%v", c)
	}
	w.a.campaign()
	if l := w.a.get("/campaigns?state=ended").is(200).list("data"); len(l) != 1 {
		t.Errorf("%v", l)
	}
}

func TestAnAgreementIsInForceWhenBothHaveSignedWhatTheySaw(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.a.agreement("anna")
	p := "/agreements/" + a.str("id")
	v1 := a.list("versions")[0]
	if a.str("state") != "draft" || v1["effective_from"] != nil || len(v1.str("hash")) != 64 {
		t.Fatalf("%v", a)
	}
	sign := func(party, hash string, more ...string) reply {
		return w.a.post(p+"/sign", m{"party": party, "signer": party, "email": party + "@example.com", "hash": hash}, more...)
	}
	sign("merchant", v1.str("hash")).problem(409, "version_state") // not offered yet
	if o := w.a.post(p+"/offer", nil).is(200); o.str("state") != "offered" {
		t.Errorf("%v", o)
	}
	w.a.post(p+"/offer", nil).problem(409, "version_state")
	sign("merchant", strings.Repeat("0", 64)).problem(409, "terms_changed")
	half := sign("merchant", v1.str("hash")).is(200)
	if half.str("state") != "offered" || len(half.list("versions")[0].list("signatures")) != 1 {
		t.Errorf("%v", half)
	}
	sign("merchant", v1.str("hash")).is(200) // twice is once
	whole := sign("influencer", v1.str("hash")).is(200)
	v := whole.list("versions")[0]
	s := v.list("signatures")
	if whole.str("state") != "signed" || len(s) != 2 || v.str("effective_from") != s[1].str("signed_at") || v["effective_to"] != nil {
		t.Fatalf("%v", whole)
	}
	if s[0].str("ip") != "127.0.0.1" || s[0].str("method") != "api" || s[0].str("hash") != v1.str("hash") || s[0].str("party") != "merchant" {
		t.Errorf("%v", s[0])
	}
	w.a.post(p+"/withdraw", nil).problem(409, "version_state")

	// New terms leave the old ones in force until they are signed too.
	w.a.post(p+"/versions", m{"terms": m{"version": 1, "currency": "USD", "components": []m{}}}).problem(422, "terms_invalid")
	two := w.a.post(p+"/versions", m{"terms": m{"version": 1, "currency": "USD", "components": []m{{"id": "base", "type": "percentage", "rate_bps": 1500}}}}).is(201)
	w.a.post(p+"/versions", m{"terms": tenPercent}).problem(409, "version_open")
	v2 := two.list("versions")[1]
	if v2["number"] != 2.0 || two.list("versions")[0].str("state") != "signed" {
		t.Fatalf("%v", two)
	}
	w.a.post(p+"/offer", nil).is(200)
	sign("influencer", v1.str("hash")).problem(409, "terms_changed") // the old page was still open
	sign("influencer", v2.str("hash")).is(200)
	done := sign("merchant", v2.str("hash")).is(200).list("versions")
	if done[0].str("state") != "superseded" || done[0].str("effective_to") != done[1].str("effective_from") || done[1].str("state") != "signed" {
		t.Errorf("%v", done)
	}

	// A third version is declined, a fourth withdrawn.
	w.a.post(p+"/versions", m{"terms": tenPercent}).is(201)
	w.a.post(p+"/decline", nil).problem(409, "version_state")
	w.a.post(p+"/offer", nil).is(200)
	if d := w.a.post(p+"/decline", nil).is(200); d.str("state") != "declined" {
		t.Errorf("%v", d)
	}
	w.a.post(p+"/versions", m{"terms": tenPercent}).is(201)
	if d := w.a.post(p+"/withdraw", nil).is(200); d.str("state") != "withdrawn" || d.list("versions")[1].str("state") != "signed" {
		t.Errorf("%v", d)
	}
	if l := w.a.get("/agreements?state=superseded").is(200).list("data"); len(l) != 1 || len(l[0].list("versions")) != 4 {
		t.Errorf("%v", l)
	}
	if l := w.a.get("/agreements?state=draft").is(200).list("data"); len(l) != 0 {
		t.Errorf("%v", l)
	}
}

func TestEveryErrorInTermsIsTold(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.a.post("/agreements", m{"influencer_id": w.a.influencer("anna"), "campaign_id": w.a.campaign(),
		"terms": m{"version": 1, "currency": "XXX", "components": []m{{"id": "a", "type": "percentage", "rate_bps": -5}}}}).problem(422, "terms_invalid")
	if len(p.list("errors")) < 2 {
		t.Errorf("%v", p)
	}
	w.a.post("/agreements", m{"influencer_id": "inf_999", "campaign_id": w.a.campaign(), "terms": tenPercent}).problem(404, "influencer_not_found")
	if s := w.a.get("/terms/schema").is(200); s["$schema"] == nil {
		t.Errorf("%v", s)
	}
}

func TestTwoPartiesSigningAtOnceMakeOneSignedVersion(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.a.agreement("anna")
	p, hash := "/agreements/"+a.str("id"), a.list("versions")[0].str("hash")
	w.a.post(p+"/offer", nil).is(200)
	var wg sync.WaitGroup
	for i := range 8 {
		party := []string{"merchant", "influencer"}[i%2]
		wg.Go(func() {
			w.a.post(p+"/sign", m{"party": party, "signer": "x", "email": "x@example.com", "hash": hash}).is(200)
		})
	}
	wg.Wait()
	got := w.a.get(p).is(200)
	if got.str("state") != "signed" || len(got.list("versions")[0].list("signatures")) != 2 {
		t.Errorf("%v", got)
	}
}

func TestACodeBelongsToOneAgreementAtATime(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	anna, ben := w.a.agreement("anna").str("id"), w.a.agreement("ben").str("id")
	w.a.post("/codes", m{"code": "bad code", "agreement_id": anna, "valid_from": "2026-02-01T00:00:00Z", "valid_to": "2026-01-01T00:00:00Z"}).problem(422, "invalid_code")
	first := w.a.post("/codes", m{"code": " grok20", "agreement_id": anna, "valid_from": "2026-01-01T00:00:00Z", "valid_to": "2026-02-01T00:00:00Z"}).is(201)
	if first.str("code") != "GROK20" {
		t.Errorf("%v", first)
	}
	for _, overlap := range []m{
		{"valid_from": "2026-01-15T00:00:00Z"},
		{"valid_from": "2025-12-01T00:00:00Z"},
		{"valid_from": "2025-12-01T00:00:00Z", "valid_to": "2026-01-01T00:00:01Z"},
		{"valid_from": "2026-01-10T00:00:00Z", "valid_to": "2026-01-11T00:00:00Z"},
		{"valid_from": "2026-01-31T23:59:59Z", "valid_to": "2026-03-11T00:00:00Z"},
	} {
		overlap["code"], overlap["agreement_id"] = "Grok20", ben
		w.a.post("/codes", overlap).problem(409, "code_taken")
	}
	w.a.post("/codes", m{"code": "GROK20", "agreement_id": ben, "valid_from": "2025-12-01T00:00:00Z", "valid_to": "2026-01-01T00:00:00Z"}).is(201)
	open := w.a.post("/codes", m{"code": "GROK20", "agreement_id": ben, "valid_from": "2026-02-01T00:00:00Z"}).is(201)
	w.a.post("/codes", m{"code": "GROK20", "agreement_id": anna, "valid_from": "2030-02-01T00:00:00Z"}).problem(409, "code_taken")

	end := "/codes/" + open.str("id") + "/end"
	w.a.post(end, m{"at": "2026-02-02T00:00:00Z"}).problem(422, "invalid_end") // past orders keep their influencer
	ended := w.a.post(end, m{}).is(200)
	if ended["valid_to"] == nil {
		t.Errorf("%v", ended)
	}
	w.a.post(end, m{}).problem(409, "code_ended")
	w.a.post("/codes", m{"code": "GROK20", "agreement_id": anna}).is(201)
	if l := w.a.get("/codes?code=grok20&influencer=" + w.a.get("/agreements/"+ben).is(200).str("influencer_id")).is(200).list("data"); len(l) != 2 {
		t.Errorf("%v", l)
	}
	if l := w.a.get("/codes?live_at=2026-01-20T00:00:00Z").is(200).list("data"); len(l) != 1 || l[0].str("id") != first.str("id") {
		t.Errorf("%v", l)
	}
}

func TestACodeThatManyAskForAtOnceGoesToOne(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var agreements []string
	for i := range 4 {
		agreements = append(agreements, w.a.agreement(fmt.Sprint("anna", i)).str("id"))
	}
	var wg sync.WaitGroup
	var mu sync.Mutex
	count := map[int]int{}
	for i := range 16 {
		wg.Go(func() { // bounded intervals: no unique index would notice these
			r := w.a.post("/codes", m{"code": []string{"RACE", "race"}[i%2], "agreement_id": agreements[i%4],
				"valid_from": fmt.Sprintf("2026-01-%02dT00:00:00Z", 1+i), "valid_to": "2026-02-01T00:00:00Z"})
			mu.Lock()
			defer mu.Unlock()
			count[r.status]++
		})
	}
	wg.Wait()
	if count[201] != 1 || count[409] != 15 {
		t.Errorf("%v", count)
	}
}

func TestALinkLeadsToTheStoreOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.a.agreement("anna").str("id")
	l := w.a.post("/links", m{"agreement_id": a, "slug": "anna", "destination": "https://a.myshopify.com/products/1?x=1"}).is(201)
	if l.str("slug") != "anna" || l.str("destination") != "https://a.myshopify.com/products/1?x=1" {
		t.Errorf("%v", l)
	}
	if made := w.a.post("/links", m{"agreement_id": a, "destination": "https://A.myshopify.com/"}).is(201); len(made.str("slug")) != 8 {
		t.Errorf("%v", made)
	}
	for _, bad := range []string{"https://evil.example.com/", "https://a.myshopify.com.evil.example.com", "https://a.myshopify.com@evil.example.com/",
		"http://a.myshopify.com/", "//a.myshopify.com/", "javascript:alert(1)", "https://b.myshopify.com/", `https://evil.example.com\@a.myshopify.com`, "/products"} {
		if p := w.a.post("/links", m{"agreement_id": a, "destination": bad}).problem(422, "invalid_link"); p.fields() != "destination" {
			t.Errorf("%q: %v", bad, p)
		}
	}
	w.a.post("/links", m{"agreement_id": a, "slug": "anna", "destination": "https://a.myshopify.com/"}).problem(409, "slug_taken")
	off := w.a.post("/links/"+l.str("id")+"/disable", nil).is(200)
	if again := w.a.post("/links/"+l.str("id")+"/disable", nil).is(200); off["disabled_at"] == nil || again.str("disabled_at") != off.str("disabled_at") {
		t.Errorf("%v %v", off, again)
	}
	if l := w.a.get("/links?agreement=" + a).is(200).list("data"); len(l) != 2 {
		t.Errorf("%v", l)
	}
}

func TestAKeyOfOneShopNeverSeesAnother(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.a.agreement("anna")
	code := w.a.post("/codes", m{"code": "ANNA10", "agreement_id": a.str("id")}).is(201).str("id")
	link := w.a.post("/links", m{"agreement_id": a.str("id"), "slug": "anna", "destination": "https://a.myshopify.com/"}).is(201).str("id")
	for _, path := range []string{"/influencers/" + a.str("influencer_id"), "/campaigns/" + a.str("campaign_id"), "/agreements/" + a.str("id"),
		"/codes/" + code, "/links/" + link} {
		w.a.get(path).is(200)
		w.b.get(path).problem(404, "not_found")
	}
	for _, path := range []string{"/influencers", "/campaigns", "/agreements", "/codes", "/links"} {
		if l := w.b.get(path).is(200).list("data"); len(l) != 0 {
			t.Errorf("%s: %v", path, l)
		}
	}
	w.b.patch("/influencers/"+a.str("influencer_id"), m{"name": "x"}).problem(404, "influencer_not_found")
	w.b.post("/agreements/"+a.str("id")+"/offer", nil).problem(404, "agreement_not_found")
	w.b.post("/codes/"+code+"/end", m{}).problem(404, "code_not_found")
	w.b.post("/codes", m{"code": "X", "agreement_id": a.str("id")}).problem(404, "agreement_not_found")
	w.b.post("/agreements", m{"influencer_id": a.str("influencer_id"), "campaign_id": w.b.campaign(), "terms": tenPercent}).problem(404, "influencer_not_found")
	w.b.post("/codes", m{"code": "ANNA10", "agreement_id": w.b.agreement("anna").str("id")}).is(201) // their own namespace
}

func TestAListIsWalkedWholeWhileItGrows(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	want := map[string]bool{}
	for i := range 7 {
		want[w.a.influencer(fmt.Sprint("anna", i))] = true
	}
	seen := map[string]int{}
	next, pages := "", 0
	for {
		page := w.a.get("/influencers?limit=2" + next).is(200)
		pages++
		for _, i := range page.list("data") {
			seen[i.str("id")]++
		}
		w.a.influencer(fmt.Sprint("late", pages)) // newest first: it is on no later page
		if page.str("next_cursor") == "" {
			break
		}
		next = "&cursor=" + page.str("next_cursor")
	}
	if pages != 4 || len(seen) != 7 {
		t.Errorf("%d pages, %d seen", pages, len(seen))
	}
	for id, n := range seen {
		if n != 1 || !want[id] {
			t.Errorf("%s seen %d times", id, n)
		}
	}
	w.a.get("/influencers?cursor=nonsense").problem(422, "invalid_cursor")
	w.a.get("/influencers?limit=201").problem(422, "invalid_request")
	w.a.get("/influencers?colour=red").problem(422, "invalid_request")
}

func TestTheDatabaseItselfKeepsShopsApart(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := context.Background()
	w.a.influencer("anna")
	w.in(w.b, func(tx *store.Tx) error {
		is, _, err := tx.Influencers(ctx, store.InfluencerFilter{}, store.Page{})
		if len(is) != 0 {
			t.Errorf("saw %v", is)
		}
		return err
	})
	err := w.db.InTx(ctx, w.b.id, func(tx *store.Tx) error {
		tx.ShopID = w.a.id // a programming error: the code thinks it is in shop a
		is, _, err := tx.Influencers(ctx, store.InfluencerFilter{}, store.Page{})
		if len(is) != 0 {
			t.Errorf("saw %v", is)
		}
		if err != nil {
			return err
		}
		return tx.AddInfluencer(ctx, &store.Influencer{Handle: "x", Name: "x", Email: "x", EmailHash: "x", TaxForm: "missing"})
	})
	if err == nil || !strings.Contains(err.Error(), "row-level security") {
		t.Errorf("wrote into another shop: %v", err)
	}
}
