package web_test

import (
	"testing"
)

func TestAFileOfInfluencersAddsChangesAndSaysWhatIsWrongWithEachRow(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.a.influencer("anna")
	send := func(file string) m {
		return w.a.post("/influencers/import", file, "Content-Type", "text/csv").is(200)
	}
	file := "\xef\xbb\xbfName;Handle;Email;customer_id;tax_form\nAnna Müller;anna;anna@example.com;;\nBen;ben;ben@example.com;12;missing\nCarl;Carl!;carl;x;\nDora;dora;anna@example.com;;\n"
	r := send(file)
	if r["added"] != 1.0 || r["changed"] != 1.0 || r["unchanged"] != 0.0 || len(r.list("problems")) != 2 {
		t.Fatalf("%v", r)
	}
	if p := r.list("problems"); p[0]["line"] != 4.0 || p[1]["line"] != 5.0 {
		t.Errorf("%v", p)
	}
	if l := w.a.get("/influencers?search=ben").is(200).list("data"); len(l) != 1 || l[0].str("customer_id") != "12" || l[0].str("tax_form") != "missing" {
		t.Errorf("%v", l)
	}
	if r := send(file); r["added"] != 0.0 || r["changed"] != 0.0 || r["unchanged"] != 2.0 {
		t.Errorf("again: %v", r)
	}
	w.a.post("/influencers/import", "name,email\n", "Content-Type", "text/csv").problem(422, "invalid_file")
	w.a.post("/influencers/import", "", "Content-Type", "text/csv").problem(400, "malformed_request")
	if l := w.b.get("/influencers").is(200).list("data"); len(l) != 0 {
		t.Errorf("another shop: %v", l)
	}
}

func TestDraftTermsSayWhatTheyEarnForSimpleThings(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, c := range map[string]struct {
		component m
		earns     []string
	}{
		"percentage":    {m{"type": "percentage", "rate_bps": 1250}, []string{"12.50", "6.25"}},
		"revenue share": {m{"type": "revenue_share", "rate_bps": 3000}, []string{"30.00", "15.00"}},
		"by live only":  {m{"type": "percentage", "rate_bps": 1000, "via": []string{"live"}}, []string{"10.00", "5.00"}},
		"per order":     {m{"type": "flat_order", "amount": "7.00"}, []string{"7.00", "7.00"}},
		"per item":      {m{"type": "flat_item", "amount": "2.00"}, []string{"4.00", "2.00"}},
		"tiers":         {m{"type": "rate_tiers", "bands": []m{{"from": "0", "rate_bps": 500}, {"from": "50.00", "rate_bps": 1000}}}, []string{"7.50", "3.75"}},
		"clicks":        {m{"type": "clicks", "unit_price": "0.305", "max_count": 500}, []string{"152.50"}},
		"click budget":  {m{"type": "clicks", "amount": "300.00", "goal": 2000}, []string{"300.00"}},
		"leads":         {m{"type": "leads", "amount": "12.00", "max_amount": "100.00"}, []string{"96.00"}},
		"entries":       {m{"type": "giveaway", "amount": "0.40"}, []string{"4.00"}},
		"engagement":    {m{"type": "engagement", "prices": []m{{"event": "like", "unit_price": "0.01"}}, "gates": []m{{"event": "like", "at_least": 1500}}}, []string{"15.00"}},
		"fee":           {m{"type": "flat_fee", "amount": "250.00"}, []string{"250.00"}},
		"gift":          {m{"type": "gift", "amount": "40.00"}, []string{"0.00"}},
		"milestones":    {m{"type": "milestones", "steps": []m{{"at": "50", "amount": "100.00"}, {"at": "100", "amount": "300.00"}}}, []string{"100.00", "300.00"}},
	} {
		c.component["id"] = "one"
		r := w.call(w.a.read, "POST", "/api/v1/terms/examples", m{"terms": m{"version": 1, "currency": "USD", "components": []m{c.component}}}).is(200)
		var earns []string
		for _, e := range r.list("examples") {
			earns = append(earns, e.obj("earns").str("amount"))
		}
		if len(earns) != len(c.earns) {
			t.Errorf("%s: %v", name, r)
			continue
		}
		for i := range earns {
			if earns[i] != c.earns[i] {
				t.Errorf("%s: %v", name, r)
			}
		}
	}
	w.a.post("/terms/examples", m{"terms": m{"currency": "USD", "components": []m{{"id": "x", "type": "leads"}}}}).problem(422, "terms_invalid")
}

func TestAPreviewOfTheCloseIsWhatTheCloseDoes(t *testing.T) {
	t.Parallel()
	w, anna := payoutWorld(t)
	p := w.a.get("/payouts/preview").is(200)
	line := p.list("lines")[0]
	if p.str("period") != "2026-11" || p["closable"] != true || line.str("influencer_id") != anna || line.obj("pay").str("amount") != "2.50" || p.list("totals")[0].obj("pay").str("amount") != "2.50" {
		t.Fatalf("%v", p)
	}
	if l := w.a.get("/payouts").is(200).list("data"); len(l) != 0 {
		t.Fatalf("the preview closed it: %v", l)
	}
	closed := w.a.post("/payouts/close", m{"period": "2026-11"}).is(200)
	if closed.list("totals")[0].obj("pay").str("amount") != "2.50" {
		t.Errorf("%v", closed)
	}
	if p = w.a.get("/payouts/preview").is(200); p.str("period") != "2026-12" || p["closable"] != false {
		t.Errorf("%v", p)
	}
}
