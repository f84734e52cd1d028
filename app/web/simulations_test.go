package web_test

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"
)

// example reads a file of testdata/simulate; one order a line becomes a list.
func example(t *testing.T, name string) json.RawMessage {
	t.Helper()
	b, err := os.ReadFile("../../testdata/simulate/" + name)
	if err != nil {
		t.Fatal(err)
	}
	b = bytes.TrimSpace(b)
	if strings.HasSuffix(name, ".ndjson") {
		b = append(append([]byte("["), bytes.ReplaceAll(b, []byte("\n"), []byte(","))...), ']')
	}
	return b
}

// simulates asks with a key that may only read.
func (s shop) simulates(body any) reply {
	s.w.t.Helper()
	return s.w.call(s.read, "POST", "/api/v1/simulations", body)
}

func TestADraftIsTriedOnGivenOrders(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tiers := example(t, "tiers.json")
	// with the first order refunded: at the original rate / folded anew.
	for file, want := range map[string][]string{
		"orders.json":          {"28.00 28.00", "24.00 24.00", "31.00 31.00", "40.00 40.00"},
		"orders_refunded.json": {"22.00 17.00", "18.00 14.00", "25.00 18.00", "28.00 21.00"},
	} {
		sim := w.a.simulates(m{"terms": tiers, "orders": example(t, file)}).is(200)
		for i, c := range sim.list("rate_tiers") {
			if got := c.obj("at_original_rate").str("amount") + " " + c.obj("refold").str("amount"); got != want[i] {
				t.Errorf("%s, %s: %s, want %s", file, c.str("convention"), got, want[i])
			}
		}
		if sum := sim.obj("totals"); sum.obj("simulated").str("amount") != strings.Fields(want[0])[0] || sum["today"] != nil || sim.str("orders_from") != "file" {
			t.Errorf("%s: %v", file, sim)
		}
		if o := sim.list("orders"); len(o) != 3 || o[0].str("influencer") != "ANNA10" || len(o[0].list("rate_tiers")) != 4 {
			t.Errorf("%s: %v", file, o)
		}
	}
	// 230 sales.
	sim := w.a.simulates(m{"terms": example(t, "milestones.json"), "orders": example(t, "sales.ndjson"), "limit": 2}).is(200)
	if l := sim.list("milestones"); len(l) != 2 || l[0].obj("amount").str("amount") != "500.00" || l[1].obj("amount").str("amount") != "900.00" {
		t.Errorf("%v", sim)
	}
	if len(sim.list("orders")) != 2 || sim["orders_left_out"] != 228.0 || sim["sales"] != 230.0 {
		t.Errorf("%v", sim)
	}
	if sim := w.a.simulates(m{"terms": tiers, "orders": []any{}}).is(200); sim["sales"] != 0.0 {
		t.Errorf("%v", sim)
	}
}

func TestADraftIsTriedOnTheShopsOwnOrders(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	anna, ben := w.a.agreement("anna"), w.a.agreement("ben")
	for i := range int64(4) {
		w.a.settled(1001+i, []m{anna, ben}[i%2], 250)
	}
	// What was signed gives what was posted.
	sim := w.a.simulates(m{"terms": tenPercent}).is(200)
	total := sim.obj("totals")
	if sim["sales"] != 4.0 || total.obj("today").str("amount") != "10.00" || total.obj("simulated").str("amount") != "10.00" || total.obj("difference").str("amount") != "0.00" {
		t.Errorf("%v", sim)
	}
	twenty := m{"version": 1, "currency": "USD", "components": []m{{"id": "base", "type": "percentage", "rate_bps": 2000}}}
	sim = w.a.simulates(m{"terms": twenty, "influencer": "anna", "from": "2026-11-01T04:41:00Z", "to": "2026-11-01T04:43:00Z"}).is(200)
	people := sim.list("influencers")
	if len(people) != 1 || people[0].str("influencer_id") != anna.str("influencer_id") || people[0].obj("simulated").str("amount") != "5.00" || people[0].obj("difference").str("amount") != "2.50" {
		t.Errorf("%v", sim)
	}
	if o := sim.list("orders"); len(o) != 1 || o[0].str("order_id") != "1001" {
		t.Errorf("%v", o)
	}
	w.a.simulates(m{"terms": twenty, "influencer": "carol"}).problem(404, "no_such_influencer")

	// Another shop has neither the orders nor the people.
	if sim := w.b.simulates(m{"terms": twenty}).is(200); sim["sales"] != 0.0 || len(sim.list("orders")) != 0 || sim.str("shop") != "b.myshopify.com" {
		t.Errorf("%v", sim)
	}
	w.b.simulates(m{"terms": twenty, "influencer": "anna"}).problem(404, "no_such_influencer")
}

func TestEverythingWrongWithASimulationIsTold(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.a.simulates(m{"terms": example(t, "broken_terms.json"), "orders": []any{m{"id": 1}, m{"status": "completed", "total": "x"}}}).problem(422, "simulation_invalid")
	for _, field := range []string{"terms.currency", "terms.components[0].convention", "orders[0]", "orders[1]"} {
		if !strings.Contains(p.fields(), field) {
			t.Errorf("%s is missing: %v", field, p)
		}
	}
	w.a.simulates(m{"terms": example(t, "broken_terms.json")}).problem(422, "terms_invalid")
	w.a.simulates(m{"terms": tenPercent, "from": "2026-11-02T00:00:00Z", "to": "2026-11-01T00:00:00Z"}).problem(422, "invalid_span")
	if p := w.a.simulates(m{"terms": tenPercent, "limit": 1001, "nonsense": 1}).problem(422, "invalid_request"); len(p.list("errors")) != 2 {
		t.Errorf("%v", p)
	}
	w.a.simulates(m{}).problem(422, "invalid_request")
	w.a.simulates(nil).problem(400, "malformed_request")
	w.a.simulates(`"`+strings.Repeat("x", 16<<20)+`"`).problem(413, "body_too_large")
	w.call("", "POST", "/api/v1/simulations", m{"terms": tenPercent}).problem(401, "invalid_api_key")
}
