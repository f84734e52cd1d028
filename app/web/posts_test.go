package web_test

import (
	"fmt"
	"strings"
	"testing"
)

// paysFor is an agreement of one component, signed by both.
func (s shop) paysFor(handle string, component m) m {
	s.w.t.Helper()
	a := s.post("/agreements", m{"influencer_id": s.influencer(handle), "campaign_id": s.campaign(), "terms": m{"version": 1, "currency": "USD", "components": []m{component}}}).is(201)
	p := "/agreements/" + a.str("id")
	s.post(p+"/offer", nil).is(200)
	for _, party := range []string{"merchant", "influencer"} {
		s.post(p+"/sign", m{"party": party, "signer": party, "email": party + "@example.com", "hash": a.list("versions")[0].str("hash")}).is(200)
	}
	return a
}

var perLike = m{"id": "e", "type": "engagement", "prices": []m{{"event": "like", "unit_price": "0.05"}}}

func TestAPostIsSubmittedDecidedAndSeenOverTheAPI(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.a.paysFor("anna", perLike)
	now := w.clock.now()
	submit := m{"agreement_id": a.str("id"), "platform": "youtube", "url": "https://youtu.be/dQw4w9WgXcQ", "published_at": now, "caption": "affiliate link below", "hashtags": []string{"#serum"}}
	p := w.a.post("/posts", submit).is(201)
	path := "/posts/" + p.str("id")
	if p.str("url") != "https://www.youtube.com/watch?v=dQw4w9WgXcQ" || p.str("external_id") != "dQw4w9WgXcQ" || p.str("state") != "submitted" || p.str("on_deadline") != "approve" ||
		p.obj("disclosure")["adequate"] != false || p.obj("disclosure").str("code") != "ambiguous" || p["hold"] != nil {
		t.Errorf("%v", p)
	}
	w.a.post("/posts", submit).problem(409, "post_exists")
	if c := w.a.patch(path, m{"caption": "#ad serum"}).is(200); c.obj("disclosure")["adequate"] != true || fmt.Sprint(c["hashtags"]) != "[serum]" {
		t.Errorf("%v", c)
	}
	w.a.post(path+"/reject", nil).problem(422, "invalid_decision")
	if r := w.a.post(path+"/reject", m{"reason": "Not ours", "by": "ben"}).is(200); r.str("state") != "rejected" || r.str("decided_by") != "ben" {
		t.Errorf("%v", r)
	}
	if r := w.a.post(path+"/approve", nil).is(200); r.str("state") != "approved" || r.str("reason") != "" || r.str("decided_by") != "api" {
		t.Errorf("%v", r)
	}
	w.a.post(path+"/decide", m{"decision": "release", "reason": "fine"}).problem(409, "post_not_held")
	w.a.post(path+"/decide", m{"decision": "wait", "reason": ""}).problem(422, "invalid_decision")

	s := w.a.post(path+"/snapshots", m{"likes": 1000, "followers": 5, "evidence": strings.Repeat("AB", 32)}).is(201)
	if s["likes"] != 1000.0 || s["comments"] != nil || s["verified"] != true || s.str("source") != "api" || s.str("evidence") != strings.Repeat("ab", 32) {
		t.Errorf("%v", s)
	}
	w.a.post(path+"/snapshots", m{"status": "private", "source": "manual"}).is(201)
	if p := w.a.post(path+"/snapshots", m{"at": "2030-01-01T00:00:00Z", "status": "lost", "source": "guess", "evidence": "zz", "shares": -1}).problem(422, "invalid_snapshot"); p.fields() != "at status evidence shares status source" {
		t.Errorf("%v", p.fields())
	}
	if l := w.a.get(path + "/snapshots").is(200).list("data"); len(l) != 2 || l[0].str("status") != "private" {
		t.Errorf("%v", l)
	}
	if l := w.a.get("/posts?state=approved&held=false&platform=youtube&agreement=" + a.str("id") + "&influencer=" + a.str("influencer_id")).is(200).list("data"); len(l) != 1 {
		t.Errorf("%v", l)
	}
	if l := w.a.get("/posts?held=true").is(200).list("data"); len(l) != 0 {
		t.Errorf("%v", l)
	}
	if st := w.a.get(path).is(200).obj("standing"); st["likes"] != 1000.0 || st.str("gone") != "private" || st["at"] == nil {
		t.Errorf("%v", st)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.woken) == 0 {
		t.Error("nobody is woken to settle it")
	}
}

func TestEveryWrongFieldOfAPostIsTold(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.a.paysFor("anna", perLike)
	if p := w.a.post("/posts", m{"agreement_id": a.str("id"), "platform": "youtube", "url": "https://example.com/", "published_at": "2020-01-01T00:00:00Z", "external_id": "x",
		"caption": strings.Repeat("x", 10_001), "hashtags": []string{"two words"}}).problem(422, "invalid_post"); p.fields() != "url external_id caption hashtags[0] published_at" {
		t.Errorf("%v", p.fields())
	}
	if p := w.a.post("/posts", m{"agreement_id": a.str("id"), "platform": "myspace", "url": "x", "published_at": "2030-01-01T00:00:00Z"}).problem(422, "invalid_post"); p.fields() != "platform published_at" {
		t.Errorf("%v", p.fields())
	}
	w.a.post("/posts", m{"agreement_id": "agr_999", "platform": "x", "url": "https://x.com/a/status/12345", "published_at": w.clock.now()}).problem(404, "agreement_not_found")
}

func TestAFileOfSnapshotsIsTakenRowByRow(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.a.paysFor("anna", perLike)
	at := w.clock.now()
	p := w.a.post("/posts", m{"agreement_id": a.str("id"), "platform": "tiktok", "url": "https://www.tiktok.com/@anna/video/7106594312292453675", "published_at": at}).is(201)
	other := w.b.post("/posts", m{"agreement_id": w.b.paysFor("ben", perLike).str("id"), "platform": "x", "url": "https://x.com/ben/status/1445078208190291973", "published_at": w.clock.now()}).is(201)
	stamp := w.clock.now().Format("2006-01-02T15:04:05.000Z07:00")
	file := fmt.Sprintf("\xef\xbb\xbfPost,url,At,likes,shares,status\n%s,,%s,100,5,\n,https://tiktok.com/@Anna/video/7106594312292453675,%[2]s,200,,\n%[1]s,,%[2]s,100,5,\n%s,,%[2]s,1,,\n%[1]s,,yesterday,many,,\n%[1]s,,%[2]s,,,deleted\n,,%[2]s,1,,\n",
		p.str("id"), stamp, other.str("id"))
	r := w.a.post("/posts/import", file, "Content-Type", "text/csv").is(200)
	if r["added"] != 3.0 || r["duplicate"] != 1.0 || r["wrong"] != 3.0 {
		t.Errorf("%v", r)
	}
	rows := r.list("rows")
	if rows[0]["line"] != 2.0 || rows[3].str("result") != "wrong" || rows[3].list("errors")[0].str("field") != "post" || rows[4].list("errors")[0].str("field") != "at" || rows[4].list("errors")[1].str("field") != "likes" {
		t.Errorf("%v", rows)
	}
	again := w.a.post("/posts/import", file, "Content-Type", "text/csv").is(200)
	if again["added"] != 0.0 || again["duplicate"] != 4.0 {
		t.Errorf("%v", again)
	}
	w.a.post("/posts/import", "likes\n1\n", "Content-Type", "text/csv").problem(422, "invalid_file")
	w.a.post("/posts/import", "post,at\n\"broken", "Content-Type", "text/csv").problem(422, "invalid_file")
}

func TestATokenIsNeverShown(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.a.post("/social-accounts", m{"platform": "instagram", "account_id": "17841405309211844", "token": "IGQVJ-very-secret"})
	acc := r.is(201)
	if strings.Contains(string(r.body), "very-secret") || acc.str("health") != "ok" {
		t.Errorf("%s", r.body)
	}
	if l := w.a.get("/social-accounts"); strings.Contains(string(l.body), "secret") || len(l.is(200).list("data")) != 1 {
		t.Errorf("%s", l.body)
	}
	if p := w.a.post("/social-accounts", m{"platform": "instagram", "account_id": "anna", "token": "a b"}).problem(422, "invalid_account"); p.fields() != "account_id token" {
		t.Errorf("%v", p)
	}
	if g := w.a.post("/social-accounts/"+acc.str("id")+"/revoke", nil).is(200); g["revoked_at"] == nil {
		t.Errorf("%v", g)
	}
	a := w.a.paysFor("anna", perLike)
	h := w.a.post("/hashtags", m{"agreement_id": a.str("id"), "platform": "instagram", "tag": "#BrandXAnna"}).is(201)
	if h.str("tag") != "brandxanna" {
		t.Errorf("%v", h)
	}
	w.a.post("/hashtags", m{"agreement_id": a.str("id"), "platform": "instagram", "tag": "brandxanna"}).problem(409, "hashtag_exists")
	w.a.post("/hashtags", m{"agreement_id": a.str("id"), "platform": "x", "tag": "a b"}).problem(422, "invalid_hashtag")
	w.a.post("/hashtags/"+h.str("id")+"/end", nil).is(200)
	w.a.post("/hashtags", m{"agreement_id": a.str("id"), "platform": "instagram", "tag": "brandxanna"}).is(201)
	if strings.Contains(w.log.String(), "very-secret") {
		t.Error("the log holds the token")
	}
	w.b.post("/social-accounts/"+acc.str("id")+"/revoke", nil).problem(404, "social_account_not_found")
	w.b.post("/hashtags/"+h.str("id")+"/end", nil).problem(404, "hashtag_not_found")
	if l := w.b.get("/social-accounts").is(200).list("data"); len(l) != 0 {
		t.Errorf("%v", l)
	}
}

func TestPostsOfOneShopAreHiddenFromAnother(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.a.paysFor("anna", perLike)
	p := "/posts/" + w.a.post("/posts", m{"agreement_id": a.str("id"), "platform": "youtube", "url": "https://youtu.be/dQw4w9WgXcQ", "published_at": w.clock.now()}).is(201).str("id")
	w.b.get(p).problem(404, "not_found")
	w.b.get(p+"/snapshots").problem(404, "not_found")
	w.b.patch(p, m{"caption": "x"}).problem(404, "post_not_found")
	w.b.post(p+"/approve", nil).problem(404, "post_not_found")
	w.b.post(p+"/reject", m{"reason": "x"}).problem(404, "post_not_found")
	w.b.post(p+"/decide", m{"decision": "release", "reason": "x"}).problem(404, "post_not_found")
	w.b.post(p+"/snapshots", m{"likes": 1}).problem(404, "post_not_found")
	w.b.post("/posts", m{"agreement_id": a.str("id"), "platform": "youtube", "url": "https://youtu.be/dQw4w9WgXcQ", "published_at": w.clock.now()}).problem(404, "agreement_not_found")
	if l := w.b.get("/posts").is(200).list("data"); len(l) != 0 {
		t.Errorf("%v", l)
	}
	if r := w.call(w.a.read, "POST", "/api/v1"+p+"/approve", m{}); r.status != 403 {
		t.Errorf("a reading key approves: %d", r.status)
	}
}
