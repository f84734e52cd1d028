package web_test

import (
	"bytes"
	"context"
	"image/png"
	"testing"
)

func TestClicksAreListedCountedAndTakenOutByTheirShopOnly(t *testing.T) {
	t.Parallel()
	l := newLinks(t)
	agreement, _ := l.a.withCode("anna", perClick)
	link := l.a.post("/links", m{"agreement_id": agreement, "slug": "anna"}).is(201)
	for range 3 {
		l.leads("tributary.example", "/r/anna")
	}
	drain := func() {
		t.Helper()
		if _, err := l.tracker.Drain(context.Background(), l.a.id); err != nil {
			t.Fatal(err)
		}
	}
	drain()
	all := l.a.get("/clicks?link=" + link.str("id")).is(200).list("data")
	if len(all) != 3 || all[2]["valid"] != true || all[1].str("invalid") != "duplicate" {
		t.Fatal(all)
	}
	for query, want := range map[string]int{
		"valid=true": 1, "valid=false": 2, "kind=visit": 0, "kind=click": 3, "agreement=" + agreement: 3, "visitor=" + all[0].str("visitor"): 3, "visitor=x": 0,
		"ip_hash=" + all[0].str("ip_hash"): 3, "from=2027-01-01T00:00:00Z": 0, "page=pag_1": 0,
	} {
		if got := l.a.get("/clicks?" + query).is(200).list("data"); len(got) != want {
			t.Errorf("%s: %d, want %d", query, len(got), want)
		}
	}
	page := l.a.get("/clicks?limit=2").is(200)
	rest := l.a.get("/clicks?limit=2&cursor=" + page.str("next_cursor")).is(200)
	if len(page.list("data")) != 2 || len(rest.list("data")) != 1 || rest.list("data")[0].str("id") != all[2].str("id") {
		t.Error(page, rest)
	}
	if got := l.b.get("/clicks").is(200).list("data"); len(got) != 0 {
		t.Error("another shop sees clicks", got)
	}
	if got := l.b.post("/clicks/invalidate", m{"ids": []string{all[2].str("id")}, "reason": "mine"}).is(200); got["clicks"] != 0.0 {
		t.Error("another shop takes clicks out", got)
	}
	if got := l.a.post("/clicks/invalidate", m{"ids": []string{"x"}, "reason": " ", "from": "2026-11-24T00:00:00Z", "to": "2026-11-23T00:00:00Z"}).problem(422, "invalid_invalidation").fields(); got != "reason to ids" {
		t.Error(got)
	}
	if got := l.a.post("/clicks/invalidate", m{"reason": "all"}).problem(422, "invalid_invalidation").fields(); got != "ids" {
		t.Error(got)
	}
	if got := l.a.post("/clicks/invalidate", m{"ids": []string{all[2].str("id")}, "reason": "bought"}).is(200); got["clicks"] != 1.0 {
		t.Error(got)
	}
	drain()
	all = l.a.get("/clicks").is(200).list("data")
	if all[2].str("withdrawn") != "bought" || all[2].str("invalid") != "withdrawn" || all[1]["valid"] != true { // the next one counts
		t.Error(all)
	}
	day := l.a.get("/clicks/days?link=" + link.str("id")).is(200).list("data")
	if len(day) != 1 || day[0].str("day") != "2026-11-24" || day[0]["clicks"] != 3.0 || day[0]["valid_clicks"] != 1.0 || day[0]["visits"] != 0.0 {
		t.Error(day)
	}
	if got := l.b.get("/clicks/days").is(200).list("data"); len(got) != 0 {
		t.Error(got)
	}
}

func TestALinkIsAQRCode(t *testing.T) {
	t.Parallel()
	l := newLinks(t)
	agreement, _ := l.a.withCode("anna", perClick)
	link := l.a.post("/links", m{"agreement_id": agreement, "slug": "anna"}).is(201)
	r := l.a.get("/links/" + link.str("id") + "/qr?size=300")
	img, err := png.Decode(bytes.NewReader(r.body))
	if r.status != 200 || err != nil || r.header.Get("Content-Type") != "image/png" || img.Bounds().Dx() > 300 || img.Bounds().Dx() < 200 {
		t.Fatal(r.status, err, r.header)
	}
	r = l.a.get("/links/" + link.str("id") + "/qr?format=svg")
	if r.status != 200 || !bytes.HasPrefix(r.body, []byte("<svg ")) || r.header.Get("Content-Type") != "image/svg+xml" {
		t.Fatal(r.status, r.header)
	}
	l.a.get("/links/"+link.str("id")+"/qr?format=pdf&size=5").problem(422, "invalid_request")
	l.b.get("/links/"+link.str("id")+"/qr").problem(404, "not_found")
}
