package web_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"strings"
	"testing"
	"time"
)

func TestOtherTermsAreProposedTakenOverOrDeclined(t *testing.T) {
	t.Parallel()
	p, teller := telling(t)
	const anna = "anna@example.com"
	a := p.a.paysFor("anna", m{"id": "e", "type": "engagement", "prices": []m{{"event": "like", "unit_price": "0.05"}}})
	agr := a.str("id")
	b := p.again(anna)
	path := fmt.Sprintf("/shops/shp_%d/agreements/%s/proposals", p.a.id, agr)
	better := b.get(strings.TrimSuffix(path, "/proposals")).is(200).list("versions")[0].obj("terms")
	better["hold"] = m{"days": 3, "from": "paid_at"}
	b.post(path, m{"terms": better, "text": ""}).problem(422, "invalid_proposal")
	b.post(path, m{"terms": m{"version": 1}, "text": "So"}).is(422)
	first := b.post(path, m{"terms": better, "text": "The hold is long"}).is(200)
	second := b.post(path, m{"terms": better, "text": "The hold is <b>long</b>"}).is(200)
	if l := b.get(path).is(200).list("data"); len(l) != 2 || l[0].str("state") != "open" || l[1].str("state") != "replaced" {
		t.Errorf("%v", l)
	}
	p.a.post("/proposals/"+first.str("id")+"/take", nil).problem(409, "proposal_decided")
	p.b.post("/proposals/"+second.str("id")+"/take", nil).problem(404, "proposal_not_found")
	if l := p.a.get("/proposals?state=open").is(200).list("data"); len(l) != 1 || l[0].str("id") != second.str("id") {
		t.Errorf("%v", l)
	}
	p.a.post("/proposals/"+second.str("id")+"/decline", m{"reason": ""}).problem(422, "invalid_decision")
	p.a.post("/proposals/"+second.str("id")+"/decline", m{"reason": "Goods come back for ten days"}).is(200)
	if got := p.tells(teller, anna); len(got) == 0 || !strings.Contains(lastMail(p, anna).Text, "Goods come back for ten days") {
		t.Errorf("%v", got)
	}
	third := b.post(path, m{"terms": better, "text": "Then three"}).is(200)
	p.a.post("/proposals/"+third.str("id")+"/take", nil).is(200)
	vs := p.a.get("/agreements/" + agr).is(200).list("versions")
	if last := vs[len(vs)-1]; last.str("state") != "draft" || last.obj("terms").obj("hold")["days"] != float64(3) {
		t.Errorf("%v", last)
	}
}

func TestTextsOfAPageAreEditedAsFarAsTheShopAllows(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	agr := p.a.agreement("anna").str("id")
	page := p.a.page(agr, "anna", simple("Hello"))
	b := p.in("anna@example.com")
	path := fmt.Sprintf("/shops/shp_%d/pages/%s", p.a.id, page.str("id"))
	got := b.get(path).is(200)
	if got.str("influencer_edits") != "none" || got.obj("document").str("title") == "" {
		t.Errorf("%v", got)
	}
	doc := got.obj("document")
	doc["title"] = "Anna & <i>friends</i>"
	b.post(path+"/versions", m{"document": doc}).problem(403, "page_not_editable")
	p.a.patch("/pages/"+page.str("id"), m{"influencer_edits": "maybe"}).problem(422, "invalid_page")
	p.a.patch("/pages/"+page.str("id"), m{"influencer_edits": "propose"}).is(200)
	if e := b.post(path+"/versions", m{"document": doc}).is(200); e["versions"] != float64(2) || e.obj("document").str("title") != "Anna & <i>friends</i>" || e.str("state") != "draft" {
		t.Errorf("%v", e)
	}
	p.a.post("/pages/"+page.str("id")+"/publish", m{}).is(200)
	doc["title"] = "Anna again"
	if e := b.post(path+"/versions", m{"document": doc}).is(200); e.obj("live").list("variants")[0]["version"] != float64(2) {
		t.Errorf("shown although only proposed: %v", e)
	}
	p.a.patch("/pages/"+page.str("id"), m{"influencer_edits": "publish"}).is(200)
	doc["title"] = "Anna at once"
	e := b.post(path+"/versions", m{"document": doc}).is(200)
	if e.obj("live").list("variants")[0]["version"] != float64(4) {
		t.Errorf("%v", e)
	}
	if u := b.post(path+"/preview", nil).is(200).str("url"); !strings.Contains(u, "preview=") {
		t.Error(u)
	}
	doc["theme"] = m{"palette": "plum", "scheme": "dark"}
	b.post(path+"/versions", m{"document": doc}).problem(422, "only_words")
	if v := p.a.get("/pages/" + page.str("id") + "/versions").is(200).list("data")[0]; v.str("author") == "" || v.str("note") != "by the influencer" {
		t.Errorf("%v", v)
	}
}

func TestATaxFormIsStoredSealedAndCountsUntilItEnds(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	a := p.a.agreement("anna")
	who := "/influencers/" + a.str("influencer_id")
	p.a.patch(who, m{"tax_form": "missing", "payout_method": "csv", "payout_detail": "x"}).is(200)
	b := p.in("anna@example.com")
	path := fmt.Sprintf("/shops/shp_%d/tax-form", p.a.id)
	if got := b.get(path).is(200); got.str("state") != "missing" || got.obj("threshold").str("amount") != "2000.00" || got.obj("paid").str("amount") != "0.00" {
		t.Errorf("%v", got)
	}
	p.a.post(who+"/tax-form/open", nil).problem(404, "tax_form_not_found")
	form := m{"kind": "w8ben", "name": "Anna Älv", "address": "Weg 1", "city": "10115 Berlin", "country": "de", "tin": "12 345 678 901", "born": "1990-05-31", "signer": "Anna", "consent": true}
	wrong := m{}
	for k, v := range form {
		wrong[k] = v
	}
	wrong["country"], wrong["born"] = "US", "soon"
	if e := b.post(path, wrong).problem(422, "invalid_tax_form"); len(e.list("errors")) != 2 {
		t.Errorf("%v", e)
	}
	wrong["consent"] = false
	b.post(path, wrong).problem(422, "consent_missing")
	if got := b.post(path, form).is(200); got.str("state") != "valid" || got.str("tin") != "…8901" || got.str("valid_until") != "2030-01-01T00:00:00Z" {
		t.Errorf("%v", got)
	}
	if got := p.a.post(who+"/tax-form/open", nil).is(200); got.str("name") != "Anna Älv" || got.str("tin") != "12345678901" {
		t.Errorf("%v", got)
	}
	p.b.post(who+"/tax-form/open", nil).problem(404, "tax_form_not_found")
	if got := p.a.get(who).is(200); got.str("tax_form") != "valid" || bytes.Contains(mustJSON(t, got), []byte("12345678901")) {
		t.Errorf("%v", got)
	}
	// What was sealed is nowhere in the clear, and what has ended is missing.
	if strings.Contains(p.log.String(), "12345678901") {
		t.Error("a tax number is in the log")
	}
	p.at(time.Date(2030, 1, 2, 0, 0, 0, 0, time.UTC))
	if got := p.again("anna@example.com").get(path).is(200); got.str("state") != "missing" {
		t.Errorf("%v", got)
	}
}

func mustJSON(t *testing.T, v any) []byte {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func pngOf(w, h int) []byte {
	var b bytes.Buffer
	_ = png.Encode(&b, image.NewGray(image.Rect(0, 0, w, h))) // memory takes it
	return b.Bytes()
}

// upload sends a file.
func (b *browser) upload(path string, file []byte) reply {
	b.p.t.Helper()
	return b.send("POST", path, string(file), "Content-Type", "application/octet-stream")
}

func TestPicturesGoBothWaysCheckedAndWrittenAnew(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	p.a.agreement("anna")
	p.a.influencer("ben")
	other := p.a.campaign()
	anna, ben := p.in("anna@example.com"), p.in("ben@example.com")
	path := fmt.Sprintf("/shops/shp_%d/assets", p.a.id)
	anna.upload(path+"?title=x", []byte("<svg onload=alert(1)>")).problem(422, "invalid_picture")
	anna.upload(path+"?title=x", append(pngOf(2, 2), make([]byte, 9<<20)...)).is(413)
	mine := anna.upload(path+"?title=Me", append(pngOf(3, 2), "<script>hidden</script>"...)).is(200)
	if mine["width"] != float64(3) || mine.str("content_type") != "image/png" {
		t.Errorf("%v", mine)
	}
	file := anna.get(path + "/" + mine.str("id") + "/file")
	if file.status != 200 || bytes.Contains(file.body, []byte("script")) || file.header.Get("Content-Type") != "image/png" || file.header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("%d %v", file.status, file.header)
	}
	for _, s := range []struct{ query string }{{"?title=Logo"}, {"?title=Secret&campaign=" + other}} {
		p.a.post("/assets"+s.query, string(pngOf(1, 1)), "Content-Type", "application/octet-stream").is(201)
	}
	titles := func(b *browser) (out []string) {
		for _, a := range b.get(path).is(200).list("data") {
			out = append(out, a.str("title"))
		}
		return out
	}
	if got := fmt.Sprint(titles(anna)); got != "[Logo Me]" {
		t.Errorf("anna sees %s", got)
	}
	if got := fmt.Sprint(titles(ben)); got != "[Logo]" {
		t.Errorf("ben sees %s", got)
	}
	logo := ben.get(path).is(200).list("data")[0].str("id")
	ben.post(path+"/"+logo+"/delete", nil).problem(403, "not_yours")
	ben.post(path+"/"+mine.str("id")+"/delete", nil).is(404)
	if l := p.a.get("/assets").is(200).list("data"); len(l) != 3 {
		t.Errorf("%v", l)
	}
	anna.post(path+"/"+mine.str("id")+"/delete", nil).is(200)
	anna.get(path + "/" + mine.str("id") + "/file").is(404)
}
