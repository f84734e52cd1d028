package web_test

import (
	"testing"

	"tributary/internal/program"
	"tributary/internal/store"
)

func TestDiscountsAreKeptOverTheAPI(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	agreement := w.a.agreement("anna").str("id")
	terms := m{"kind": "percent", "percent": "12.5", "min_subtotal": m{"amount": "50.00", "currency": "USD"}, "combines_with": []string{"shipping"}, "ends_at": "2026-12-24T18:00:00Z"}
	d := w.a.post("/discounts", m{"agreement_id": agreement, "pattern": "{HANDLE}-{PERCENT}", "terms": terms}).is(201)
	if d.str("title") != "ANNA-12-50" || d.str("state") != "waiting" || d.str("wanted") != "active" || d["up_to_date"] != false || d.obj("terms").str("percent") != "12.50" {
		t.Errorf("%v", d)
	}
	id := d.str("id")
	codes := w.a.get("/discounts/" + id + "/codes").is(200).list("data")
	if len(codes) != 1 || codes[0].str("code") != "ANNA-12-50" || codes[0].str("in_store") != "waiting" || codes[0].str("discount_id") != id {
		t.Errorf("%v", codes)
	}
	w.a.post("/discounts", m{"agreement_id": agreement, "pattern": "ANNA-12-50", "terms": terms}).problem(409, "code_taken")
	pool := w.a.post("/discounts", m{"agreement_id": agreement, "pattern": "POOL", "pool": 30, "terms": m{"kind": "free_shipping"}}).is(201)
	if pool.obj("codes")["waiting"] != float64(30) || pool.obj("terms")["usage_limit"] != float64(1) {
		t.Errorf("%v", pool)
	}
	if p := w.a.post("/discounts", m{"agreement_id": agreement, "pattern": "X", "terms": m{"kind": "percent", "percent": "a", "products": []string{"x"}}}).problem(422, "invalid_discount"); p.fields() != "percent products[0]" {
		t.Errorf("%v", p)
	}
	ben := w.a.agreement("ben").str("id")
	all := w.a.post("/discounts/bulk", m{"agreement_ids": []string{agreement, ben}, "pattern": "{HANDLE}20", "terms": m{"kind": "percent", "percent": "20"}}).is(200).list("data")
	if len(all) != 2 || all[0].str("title") != "ANNA20" || all[1].str("title") != "BEN20" {
		t.Errorf("%v", all)
	}
	w.a.post("/discounts/bulk", m{"agreement_ids": []string{agreement, "agr_999"}, "pattern": "{HANDLE}30", "terms": m{"kind": "percent", "percent": "30"}}).problem(404, "agreement_not_found")
	if n := len(w.a.get("/discounts").is(200).list("data")); n != 4 {
		t.Errorf("%d discounts: half of a bulk was made", n)
	}
	if d := w.a.post("/discounts/"+id+"/pause", nil).is(200); d.str("wanted") != "paused" {
		t.Errorf("%v", d)
	}
	if d := w.a.patch("/discounts/"+id, m{"terms": m{"kind": "fixed", "amount": m{"amount": "5.00", "currency": "USD"}}}).is(200); d.str("wanted") != "paused" || d.obj("terms").obj("amount").str("amount") != "5.00" {
		t.Errorf("%v", d)
	}
	w.a.post("/discounts/"+id+"/delete", nil).is(200)
	w.a.post("/discounts/"+id+"/resume", nil).problem(409, "discount_deleted")
	// Another shop's, and a key that may only read.
	if r := w.b.get("/discounts/" + id); r.status != 404 {
		t.Errorf("another shop sees it: %d", r.status)
	}
	if r := w.call(w.a.read, "POST", "/api/v1/discounts/"+id+"/check", nil); r.status != 403 {
		t.Errorf("a reader may write: %d", r.status)
	}
	waiting := w.a.get("/outbox?state=ready").is(200).list("data")
	if len(waiting) != 7 || waiting[0].str("kind") != program.CodeApply {
		t.Errorf("waiting outside: %v", waiting)
	}
	w.a.post("/outbox/"+waiting[0].str("id")+"/retry", nil).problem(404, "work_not_failed")
	if n := len(w.b.get("/outbox?state=ready").is(200).list("data")); n != 0 {
		t.Errorf("another shop sees %d pieces of work", n)
	}
	// Each change has left work behind, in the same transaction.
	err := w.db.InTx(t.Context(), w.a.id, func(tx *store.Tx) error {
		rows, err := tx.OutboxOfKind(t.Context(), program.CodeApply)
		if len(rows) != 7 {
			t.Errorf("%d pieces of work for 4 discounts and 3 changes", len(rows))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
