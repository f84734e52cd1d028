package web_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"tributary/app/web"
	"tributary/internal/intake"
	"tributary/internal/obs"
	"tributary/internal/platform"
)

// withIntake lets the world take webhooks in, and settle them.
func withIntake(t *testing.T, settler **intake.Settler) func(*web.Deps) {
	return func(d *web.Deps) {
		log, metrics := slog.New(slog.DiscardHandler), obs.NewMetrics("test")
		inbox := intake.NewInbox(d.DB, log, func(int64) {}, nil)
		t.Cleanup(inbox.Close)
		d.Stores = intake.NewReceiver(d.DB, inbox, d.Keys, log, metrics, "hush")
		*settler = intake.NewSettler(d.DB, d.Keys, log, metrics)
		d.Resettle = (*settler).Resettle
	}
}

// sells delivers a paid Shopify order of two units at $50.00 with a code, of
// which some were given back, and settles it.
func (w *world) sells(settler *intake.Settler, s shop, id int64, at, updated time.Time, code string, back int) {
	w.t.Helper()
	refunds := []any{}
	if back > 0 {
		refunds = append(refunds, m{"id": id * 7, "order_id": id, "created_at": updated, "processed_at": updated,
			"refund_line_items": []m{{"id": id * 70, "line_item_id": id * 10, "quantity": back, "subtotal": 45 * back, "total_tax": 0}},
			"order_adjustments": []m{}, "transactions": []m{{"kind": "refund", "status": "success", "amount": fmt.Sprintf("%d.00", 45*back)}}})
	}
	body, err := json.Marshal(m{"id": id, "name": fmt.Sprint("#", id), "created_at": at, "processed_at": at, "updated_at": updated, "currency": "USD",
		"presentment_currency": "USD", "financial_status": "paid", "taxes_included": false, "total_price": "90.00", "total_tax": "0.00", "test": false,
		"discount_codes": []m{{"code": code, "amount": "10.00", "type": "percentage"}}, "discount_applications": []m{{"type": "discount_code", "code": code, "value": "10.0", "value_type": "percentage"}},
		"landing_site": "/", "email": fmt.Sprintf("b%d@example.com", id), "customer": m{"email": fmt.Sprintf("b%d@example.com", id)},
		"line_items": []m{{"id": id * 10, "product_id": 4711, "quantity": 2, "current_quantity": 2 - back, "price": "50.00", "total_discount": "0.00", "gift_card": false,
			"tax_lines": []m{}, "discount_allocations": []m{{"amount": "10.00", "discount_application_index": 0}}}},
		"shipping_lines": []m{}, "refunds": refunds})
	if err != nil {
		w.t.Fatal(err)
	}
	r := w.plain("POST", "/webhooks/shopify", "application/json", string(body), "X-Shopify-Topic", "orders/updated", "X-Shopify-Hmac-Sha256", platform.Sign(body, "hush"),
		"X-Shopify-Shop-Domain", "a.myshopify.com", "X-Shopify-API-Version", "2026-10", "X-Shopify-Webhook-Id", fmt.Sprintf("w%d-%d", id, back),
		"X-Shopify-Triggered-At", updated.Format(time.RFC3339Nano))
	if r.status != 200 {
		w.t.Fatalf("%d %s", r.status, r.body)
	}
	if _, err := settler.Drain(context.Background(), s.id); err != nil {
		w.t.Fatal(err)
	}
}

func TestSalesOfALiveSessionAreCountedAsTheyHappen(t *testing.T) {
	t.Parallel()
	var settler *intake.Settler
	w := newWorld(t, withIntake(t, &settler))
	agreement := w.a.signed("anna", m{"version": 1, "currency": "USD", "components": []m{{"id": "live", "type": "percentage", "rate_bps": 1500, "via": []string{"live"}}}})
	start := w.clock.now().Truncate(time.Minute).Add(time.Hour)
	at := func(n int) time.Time { return start.Add(time.Duration(n) * time.Minute) }
	live := w.a.post("/live-sessions", m{"agreement_id": agreement, "title": "Autumn live", "platform": "tiktok", "starts_at": at(0), "ends_at": at(60),
		"codes": []m{{"code": "live10"}}}).is(201)
	path := "/live-sessions/" + live.str("id")
	c := live.list("codes")
	if live.str("state") != "scheduled" || live["grace_minutes"] != 30.0 || len(c) != 1 || c[0].str("code") != "LIVE10" || c[0]["follows"] != true {
		t.Fatalf("%v", live)
	}
	w.clock.set(at(20))
	w.sells(settler, w.a, 1, at(10), at(10), "LIVE10", 0)
	w.sells(settler, w.a, 2, at(10).Add(40*time.Second), at(11), "LIVE10", 0)
	w.sells(settler, w.a, 3, at(15), at(15), "LIVE10", 0)
	now := w.a.get(path + "/minutes").is(200)
	if now.str("state") != "live" || now["orders"] != 3.0 || now.obj("net").str("amount") != "270.00" || len(now.list("minutes")) != 2 {
		t.Errorf("%v", now)
	}
	w.clock.set(at(100))
	w.sells(settler, w.a, 3, at(15), at(70), "LIVE10", 2) // given back
	ended := w.a.get(path + "/minutes").is(200)
	if ms := ended.list("minutes"); ended.str("state") != "ended" || len(ms) != 2 || ms[0]["orders"] != 2.0 || ms[0].obj("net").str("amount") != "180.00" || ms[1].obj("net").str("amount") != "0.00" {
		t.Errorf("%v", ended)
	}
	sum := w.a.get(path + "/summary").is(200)
	if sum.obj("gross").str("amount") != "270.00" || sum.obj("net").str("amount") != "180.00" || sum.list("commission")[0].str("amount") != "27.00" ||
		sum.obj("best_minute").str("at") != at(10).Format(time.RFC3339) || sum.list("products")[0].str("product_id") != "4711" || sum.list("products")[0]["units"] != 4.0 {
		t.Errorf("%v", sum)
	}
	why := w.a.get("/orders/1/why").is(200)
	if win := why.list("decisions")[0].list("winners")[0]; win.str("via") != "live" || win.str("session_id") != live.str("id") {
		t.Errorf("%v", win)
	}

	// Moved away from it, an order is nobody's; cancelled, it is the code's.
	moved := w.a.patch(path, m{"starts_at": at(13), "ends_at": at(60)}).is(200)
	if got := moved.list("codes")[0].str("valid_from"); got != at(13).Format(time.RFC3339) {
		t.Errorf("%v", moved)
	}
	if got := w.a.get(path + "/minutes").is(200); got["orders"] != 1.0 {
		t.Errorf("%v", got)
	}
	w.a.patch(path, m{"starts_at": at(0)}).is(200)
	if got := w.a.get(path + "/minutes").is(200); got["orders"] != 3.0 {
		t.Errorf("%v", got)
	}
	if off := w.a.post(path+"/cancel", nil).is(200); off.str("state") != "cancelled" {
		t.Errorf("%v", off)
	}
	w.a.post(path+"/cancel", nil).is(200)
	w.a.patch(path, m{"title": "x"}).problem(409, "session_cancelled")
	w.a.post(path+"/codes", m{"code": "MORE"}).problem(409, "session_cancelled")
	if b := w.a.get("/balances").is(200).list("data"); b[0].obj("pending").str("amount") != "0.00" { // the terms pay for live only
		t.Errorf("%v", b)
	}
	diff, err := settler.Verify(context.Background(), w.a.id, nil)
	if err != nil || len(diff) != 0 {
		t.Errorf("%v %v", diff, err)
	}
}

func TestEveryWrongFieldOfALiveSessionIsTold(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	agreement := w.a.agreement("anna").str("id")
	link := w.a.post("/links", m{"agreement_id": w.a.agreement("ben").str("id"), "destination": "https://a.myshopify.com/"}).is(201).str("id")
	p := w.a.post("/live-sessions", m{"agreement_id": agreement, "title": "", "platform": "radio", "starts_at": "2026-12-01T10:00:00Z", "ends_at": "2026-12-01T09:00:00Z",
		"grace_minutes": -1, "link_id": link}).problem(422, "invalid_live_session")
	if got := p.fields(); got != "title platform ends_at grace_minutes link_id" {
		t.Errorf("%q", got)
	}
	if got := w.a.post("/live-sessions", m{"agreement_id": agreement}).problem(422, "invalid_live_session").fields(); got != "starts_at ends_at title" {
		t.Errorf("%q", got)
	}
	w.a.post("/codes", m{"code": "TAKEN", "agreement_id": agreement, "valid_from": "2026-12-01T00:00:00Z"}).is(201)
	good := m{"agreement_id": agreement, "title": "Live", "starts_at": "2026-12-01T10:00:00Z", "ends_at": "2026-12-01T11:00:00Z", "codes": []m{{"code": "FREE"}, {"code": "taken"}}}
	if got := w.a.post("/live-sessions", good).problem(409, "code_taken").fields(); got != "codes[1].code" {
		t.Errorf("%q", got)
	}
	good["codes"] = []m{{"code": "FREE"}}
	one := w.a.post("/live-sessions", good).is(201)
	w.a.post("/codes", m{"code": "FREE", "agreement_id": agreement, "valid_from": "2026-12-02T00:00:00Z", "valid_to": "2026-12-03T00:00:00Z"}).is(201)
	if got := w.a.patch("/live-sessions/"+one.str("id"), m{"starts_at": "2026-12-02T10:00:00Z", "ends_at": "2026-12-02T11:00:00Z"}).problem(409, "code_taken").fields(); got != "starts_at" {
		t.Errorf("%q", got)
	}
	more := w.a.post("/live-sessions/"+one.str("id")+"/codes", m{"code": "MORE", "valid_from": "2026-12-01T00:00:00Z"}).is(200)
	if cs := more.list("codes"); len(cs) != 2 || cs[1]["follows"] != false {
		t.Errorf("%v", more)
	}
	if l := w.a.get("/live-sessions?state=scheduled&agreement=" + agreement).is(200).list("data"); len(l) != 1 {
		t.Errorf("%v", l)
	}
	for _, path := range []string{"", "/minutes", "/summary"} {
		w.b.get("/live-sessions/"+one.str("id")+path).problem(404, "not_found")
	}
	w.b.patch("/live-sessions/"+one.str("id"), m{"title": "x"}).problem(404, "live_session_not_found")
	w.b.post("/live-sessions/"+one.str("id")+"/cancel", nil).problem(404, "live_session_not_found")
	w.b.post("/live-sessions/"+one.str("id")+"/codes", m{"code": "X"}).problem(404, "not_found")
	w.b.post("/live-sessions", good).problem(404, "agreement_not_found")
	if l := w.b.get("/live-sessions").is(200).list("data"); len(l) != 0 {
		t.Errorf("%v", l)
	}
}
