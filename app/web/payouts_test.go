package web_test

import (
	"strings"
	"testing"
	"time"

	"tributary/app/web"
	"tributary/internal/payout"
)

// payoutWorld is a world in December in which anna's sale of October passed its
// hold in November.
func payoutWorld(t *testing.T) (w *world, anna string) {
	t.Helper()
	closer := &payout.Closer{}
	w = newWorld(t, func(d *web.Deps) { closer.DB = d.DB; d.Payouts = closer })
	a := w.a.agreement("anna")
	anna = a.str("influencer_id")
	w.a.patch("/influencers/"+anna, m{"payout_method": "csv", "payout_detail": "=DE89 3704"}).is(200)
	w.a.settled(1001, a, 250)
	w.clock.mu.Lock()
	w.clock.t = time.Date(2026, 12, 2, 12, 0, 0, 0, time.UTC)
	w.clock.mu.Unlock()
	return w, anna
}

func TestAMonthIsClosedApprovedPaidAndSettledOverTheAPI(t *testing.T) {
	t.Parallel()
	w, anna := payoutWorld(t)
	w.a.post("/payouts/close", m{"period": "2026-12"}).problem(409, "period_not_over")
	w.a.post("/payouts/close", m{"period": "last month"}).problem(422, "invalid_period")
	b := w.a.post("/payouts/close", m{"period": "2026-11"}, "Idempotency-Key", "close-1").is(200)
	if again := w.a.post("/payouts/close", m{"period": "2026-11"}).is(200); again.str("id") != b.str("id") {
		t.Errorf("closed twice: %v", again)
	}
	id := b.str("id")
	total := b.list("totals")[0]
	if b.str("state") != "draft" || b.str("created_by") != "key write" || total.obj("pay").str("amount") != "2.50" || total["payouts"] != 1.0 || total.obj("waiting").str("amount") != "2.50" {
		t.Errorf("batch %v", b)
	}
	if l := w.a.get("/payouts").is(200).list("data"); len(l) != 1 || l[0].str("id") != id {
		t.Errorf("list %v", l)
	}
	w.a.post("/payouts/"+id+"/pay", nil).problem(409, "batch_not_approved")
	w.a.get("/payouts/"+id+"/export.csv").problem(409, "batch_not_paying")
	w.a.post("/payouts/"+id+"/approve", m{"by": "ben"}).problem(403, "own_batch")
	if b = w.a.as("ben").post("/payouts/"+id+"/approve", nil).is(200); b.str("approved_by") != "key ben" {
		t.Errorf("approved %v", b)
	}
	if b = w.a.post("/payouts/"+id+"/pay", nil).is(200); b.str("state") != "paying" {
		t.Errorf("paying %v", b)
	}
	line := w.a.get("/payouts/" + id + "/lines?state=paying").is(200).list("data")[0]
	file := w.a.get("/payouts/" + id + "/export.csv")
	if ct := file.header.Get("Content-Type"); ct != "text/csv; charset=utf-8" || !strings.Contains(string(file.body), line.str("id")+","+line.str("payout_key")+",2026-11,anna,anna,anna@example.com,'=DE89 3704,2.50,USD") {
		t.Errorf("%s: %s", ct, file.body)
	}

	bad := "payout_id,status\npln_1,paid\n" + line.str("id") + ",lost\n"
	if p := w.a.post("/payouts/"+id+"/settlements", bad, "Content-Type", "text/csv").problem(422, "settlement_invalid"); p.fields() != "line 2 line 3" {
		t.Errorf("%v", p)
	}
	good := "payout_id,status,reference\n" + line.str("id") + ",paid,TR-7\n"
	done := w.a.post("/payouts/"+id+"/settlements", good, "Content-Type", "text/csv").is(200)
	if done["paid"] != 1.0 || done.obj("batch").str("state") != "paid" {
		t.Errorf("settled %v", done)
	}
	if done = w.a.post("/payouts/"+id+"/settlements", good, "Content-Type", "text/csv").is(200); done["paid"] != 0.0 || done["unchanged"] != 1.0 {
		t.Errorf("settled again %v", done)
	}

	s := w.a.get("/statements?influencer=" + anna + "&period=2026-11").is(200)
	if mv := s.list("movements"); len(mv) != 1 || mv[0].str("order_name") != "#1001" || mv[0].str("type") != "earned" || s.obj("payout").str("amount") != "2.50" ||
		s.obj("closing").str("amount") != "0.00" || s.obj("line").str("reference") != "TR-7" {
		t.Errorf("statement %v", s)
	}
	table := w.call(w.a.read, "GET", "/api/v1/statements?influencer="+anna+"&period=2026-11", nil, "Accept", "text/csv")
	if table.status != 200 || !strings.HasPrefix(table.header.Get("Content-Type"), "text/csv") || !strings.Contains(string(table.body), "#1001") {
		t.Errorf("%d: %s", table.status, table.body)
	}
	w.a.get("/statements?influencer="+anna+"&period=2026-12").problem(404, "period_not_closed")
	w.a.get("/statements?influencer="+anna+"&currency=nope").problem(422, "invalid_currency")
	if s = w.a.get("/statements?influencer=" + anna).is(200); s["to"] != nil || len(s.list("movements")) != 0 {
		t.Errorf("open statement %v", s)
	}
}

func TestOnlyADebtIsWrittenOffAndByTwoPeople(t *testing.T) {
	t.Parallel()
	w, anna := payoutWorld(t)
	ask := func(change m) m {
		body := m{"influencer_id": anna, "amount": m{"amount": "1.00", "currency": "USD"}, "reason": "goodwill", "requested_by": "Anna"}
		for k, v := range change {
			body[k] = v
		}
		return body
	}
	if p := w.a.post("/write-offs", ask(m{"requested_by": " Key  WRITE ", "reason": " "})).problem(422, "write_off_invalid"); p.fields() != "reason approved_by" {
		t.Errorf("%v", p)
	}
	w.a.post("/write-offs", ask(nil)).problem(409, "debt_smaller")
	w.a.post("/write-offs", ask(m{"amount": m{"amount": "1.005", "currency": "USD"}})).problem(422, "invalid_amount")
}

func TestPayoutsOfOneShopAreHiddenFromAnother(t *testing.T) {
	t.Parallel()
	w, anna := payoutWorld(t)
	id := w.a.post("/payouts/close", m{"period": "2026-11"}).is(200).str("id")
	w.b.get("/payouts/"+id).problem(404, "not_found")
	w.b.get("/payouts/"+id+"/lines").problem(404, "not_found")
	w.b.get("/payouts/"+id+"/export.csv").problem(404, "not_found")
	w.b.post("/payouts/"+id+"/approve", nil).problem(404, "not_found")
	w.b.post("/payouts/"+id+"/settlements", "payout_id,status\n", "Content-Type", "text/csv").problem(404, "not_found")
	w.b.get("/statements?influencer="+anna).problem(404, "not_found")
}

func TestASettlementFileMayBeLargerThanADocument(t *testing.T) {
	t.Parallel()
	w, _ := payoutWorld(t)
	id := w.a.post("/payouts/close", m{"period": "2026-11"}).is(200).str("id")
	w.a.as("ben").post("/payouts/"+id+"/approve", nil).is(200)
	w.a.post("/payouts/"+id+"/pay", nil).is(200)
	line := w.a.get("/payouts/" + id + "/lines").is(200).list("data")[0]
	file := "payout_id,status,note\n" + line.str("id") + ",paid," + strings.Repeat("x", 2<<20) + "\n"
	w.a.post("/payouts/"+id+"/settlements", file, "Content-Type", "text/csv").is(200)
	w.a.post("/payouts/"+id+"/settlements", strings.Repeat("x", 17<<20), "Content-Type", "text/csv").problem(413, "body_too_large")
}
