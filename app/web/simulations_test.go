package web_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"tributary/internal/store"
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
	w.a.simulates(m{"terms": tenPercent, "orders": []any{}, "agreement_id": "agr_1"}).problem(422, "agreement_without_orders")
	w.a.simulates(m{}).problem(422, "invalid_request")
	w.a.simulates(nil).problem(400, "malformed_request")
	w.a.simulates(`"`+strings.Repeat("x", 16<<20)+`"`).problem(413, "body_too_large")
	w.call("", "POST", "/api/v1/simulations", m{"terms": tenPercent}).problem(401, "invalid_api_key")
}

// part is what a simulation says of one kind of thing: count, today, simulated.
func part(sim m, kind string) string {
	for _, c := range sim.obj("totals").list("components") {
		if c.str("for") == kind {
			return fmt.Sprintf("%v %s %s", c["count"], c.obj("today").str("amount"), c.obj("simulated").str("amount"))
		}
	}
	return ""
}

// tenth is what sales earn today.
var tenth = m{"id": "base", "type": "percentage", "rate_bps": 1000}

// draft is terms of components.
func draft(components ...m) m { return m{"version": 1, "currency": "USD", "components": components} }

// clicked puts valid clicks on days of the shop under an agreement.
func (s shop) clicked(agreement m, days ...int64) {
	s.w.t.Helper()
	id, version := number(s.w.t, agreement.str("id")), number(s.w.t, agreement.list("versions")[0].str("id"))
	s.w.in(s, func(tx *store.Tx) error {
		for i, n := range days {
			day := time.Date(2026, 11, 10+i, 5, 0, 0, 0, time.UTC) // midnight in New York
			if err := tx.AddClickDays(context.Background(), []store.ClickDay{{AgreementID: id, VersionID: version, LinkID: 1, Day: day, Raw: n + n/2, Valid: n}}); err != nil {
				return err
			}
		}
		return nil
	})
}

func TestClicksAreTriedUpToTheArticlesThousand(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	anna := w.a.paysFor("anna", tenth) // 10 % of sales; her clicks pay nothing today
	w.a.clicked(anna, 700, 550)
	for price, want := range map[string]string{"0.40": "1250 0.00 400.00", "0.30": "1250 0.00 300.00", "1.00": "1250 0.00 1000.00"} {
		sim := w.a.simulates(m{"terms": draft(m{"id": "click", "type": "clicks", "unit_price": price, "max_count": 1000}), "influencer": "anna"}).is(200)
		total := sim.obj("totals")
		if part(sim, "clicks") != want || total.obj("difference").str("amount") != strings.Fields(want)[2] || total.obj("simulated_on_others").str("amount") != strings.Fields(want)[2] {
			t.Errorf("at %s: %v", price, sim)
		}
		if p := sim.list("influencers"); len(p) != 1 || p[0].str("influencer") != "anna" || p[0].obj("simulated")["minor"] != total.obj("simulated")["minor"] {
			t.Errorf("%v", p)
		}
	}
	// R-46 on the first of the days alone, R-47, and a ladder over clicks that nothing else pays for.
	for _, c := range []struct {
		doc  m
		span bool
		kind string
		want string
	}{
		{draft(m{"id": "click", "type": "clicks", "unit_price": "0.0375"}), true, "clicks", "700 0.00 26.25"},
		{draft(m{"id": "click", "type": "clicks", "amount": "500.00", "goal": 2000}), false, "clicks", "1250 0.00 312.50"},
		{draft(m{"id": "goal", "type": "milestones", "mode": "replace", "metric": "clicks", "steps": []m{{"at": "1000", "amount": "75.00"}}}), false, "milestone", "1 0.00 75.00"},
		{draft(m{"id": "goal", "type": "milestones", "mode": "replace", "metric": "clicks", "steps": []m{{"at": "1000", "amount": "75.00"}}}), true, "milestone", "0 0.00 0.00"},
	} {
		body := m{"terms": c.doc}
		if c.span {
			body["to"] = "2026-11-11T05:00:00Z"
		}
		if sim := w.a.simulates(body).is(200); part(sim, c.kind) != c.want {
			t.Errorf("%v: %q, want %q", c.doc, part(sim, c.kind), c.want)
		}
	}
	if sim := w.b.simulates(m{"terms": draft(m{"id": "click", "type": "clicks", "unit_price": "0.40"})}).is(200); part(sim, "clicks") != "0 0.00 0.00" {
		t.Errorf("another shop's clicks: %v", sim)
	}
}

func TestPostsAreTriedAtTheArticlesPrices(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.a.paysFor("anna", m{"id": "e", "type": "engagement", "prices": []m{{"event": "like", "unit_price": "0.01"}}})
	now := w.clock.now()
	post := func(url string, likes, comments, shares int) {
		p := w.a.post("/posts", m{"agreement_id": a.str("id"), "platform": "tiktok", "url": url, "published_at": now, "caption": "#ad serum"}).is(201)
		w.a.post("/posts/"+p.str("id")+"/approve", nil).is(200)
		w.a.post("/posts/"+p.str("id")+"/snapshots", m{"likes": likes, "comments": comments, "shares": shares, "followers": 50_000}).is(201)
	}
	post("https://www.tiktok.com/@anna/video/7106594312292453671", 4200, 800, 0)
	price := func(event, unit string) m { return m{"event": event, "unit_price": unit} }
	gated := m{"id": "post", "type": "engagement", "prices": []m{price("like", "0.05"), price("comment", "0.10")}, "gates": []m{{"event": "like", "at_least": 500}}}
	try := func(c m) string {
		t.Helper()
		return part(w.a.simulates(m{"terms": draft(c)}).is(200), "post")
	}
	w.settle(w.a)
	if got := try(gated); got != "1 42.00 290.00" {
		t.Errorf("4,200 likes and 800 comments: %q", got)
	}
	post("https://www.tiktok.com/@anna/video/7106594312292453672", 499, 300, 0)
	if got := try(gated); !strings.HasSuffix(got, " 290.00") {
		t.Errorf("with one behind its gate: %q", got)
	}
	// 5,000 interactions for $500.
	post("https://www.tiktok.com/@anna/video/7106594312292453673", 3000, 1500, 500)
	blended := m{"id": "post", "type": "engagement", "prices": []m{price("like", "0.05"), price("comment", "0.10"), price("share", "0.40")}, "gates": []m{{"event": "share", "at_least": 1}}}
	if got := try(blended); !strings.HasSuffix(got, " 500.00") {
		t.Errorf("5,000 interactions: %q", got)
	}
}

func TestLeadsAreTriedBetweenFiveAndFiftyDollars(t *testing.T) {
	t.Parallel()
	w := newWorld(t, manyLeads)
	agreement := w.a.signed("anna", leadTerms("12.00"))
	form := w.a.post("/lead-forms", m{"agreement_id": agreement, "title": "Ask for a sample"}).is(201)
	for i := range 6 {
		w.send("/f/"+form.str("public_id"), yes(fmt.Sprintf("person%d@example.com", i)))
	}
	w.settle(w.a)
	var ids []string
	for _, l := range w.a.get("/leads?limit=200").is(200).list("data") {
		ids = append(ids, l.str("id"))
	}
	w.a.post("/leads/decide", m{"ids": ids[:4], "outcome": "qualified"}).is(200)
	w.settle(w.a)
	try := func(c m, more m) m {
		body := m{"terms": draft(c), "agreement_id": agreement}
		for k, v := range more {
			body[k] = v
		}
		return w.a.simulates(body).is(200)
	}
	lead := func(amount string) m { return m{"id": "other", "type": "leads", "amount": amount} }
	for amount, want := range map[string]string{"5.00": "4 48.00 20.00", "50.00": "4 48.00 200.00", "12.00": "4 48.00 48.00"} {
		if got := part(try(lead(amount), nil), "lead"); got != want {
			t.Errorf("at %s: %q, want %q", amount, got, want)
		}
	}
	w.a.simulates(m{"terms": draft(lead("5.00")), "agreement_id": "agr_999999"}).problem(404, "no_such_agreement")
	// Once the hold is over, what counted counts, whatever is found out later.
	w.clock.set(w.clock.now().AddDate(0, 0, 31))
	w.in(w.a, func(tx *store.Tx) error {
		id := number(t, agreement)
		rows, err := tx.EarningsOfKind(context.Background(), id, store.EarningLead)
		if err != nil {
			return err
		}
		var locked []*store.EarningRow
		for i := range rows {
			rows[i].LockedAt, rows[i].State = tx.Now, store.EarningLocked
			locked = append(locked, &rows[i])
		}
		if err := tx.UpsertEarnings(context.Background(), locked); err != nil {
			return err
		}
		for i := range rows {
			l, err := tx.Lead(context.Background(), rows[i].Source)
			if err != nil {
				return err
			}
			l.State, l.Reason = "rejected", "too late"
			if err := tx.SetLeadVerdicts(context.Background(), []*store.Lead{l}); err != nil {
				return err
			}
		}
		return nil
	})
	if got := part(try(lead("50.00"), nil), "lead"); got != "4 48.00 200.00" {
		t.Errorf("after the hold: %q", got)
	}
	// A ladder over leads counts those whose hold is over only when holds stay as they are.
	ladder := m{"id": "four", "type": "milestones", "mode": "replace", "metric": "leads", "count_basis": "locked", "steps": []m{{"at": "4", "amount": "50.00"}}}
	for holds, want := range map[string]string{"over": "1 0.00 50.00", "now": "1 0.00 50.00"} {
		if got := part(try(ladder, m{"holds": holds}), "milestone"); got != want {
			t.Errorf("holds %s: %q", holds, got)
		}
	}
}

func TestADraftTellsWhatItCostsAndWhatAnOrderCosts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	anna := w.a.paysFor("anna", tenth)
	for i := range int64(25) {
		w.a.settled(2001+i, anna, 80) // $8.00 each
	}
	// The article's CPA: $500 for 25 orders are $20 each.
	sim := w.a.simulates(m{"terms": draft(m{"id": "fee", "type": "flat_fee", "amount": "500.00"}), "influencer": "anna"}).is(200)
	cost := sim.obj("totals").obj("cost")
	if part(sim, "fee") != "1 0.00 500.00" || part(sim, "order") != "25 20.00 0.00" || cost.obj("cpa").str("amount") != "20.00" || cost.obj("cpa_today").str("amount") != "0.80" {
		t.Errorf("%v", sim)
	}
	// A gift is owed to nobody, and costs.
	sim = w.a.simulates(m{"terms": draft(m{"id": "base", "type": "percentage", "rate_bps": 2000}, m{"id": "seed", "type": "gift", "amount": "60.00"}), "influencer": "anna"}).is(200)
	total := sim.obj("totals")
	if part(sim, "gift") != "1 0.00 60.00" || total.obj("simulated").str("amount") != "40.00" || total.obj("cost").obj("simulated").str("amount") != "100.00" ||
		total.obj("cost").obj("difference").str("amount") != "80.00" || total.obj("cost").obj("cpa").str("amount") != "4.00" {
		t.Errorf("%v", sim)
	}
	w.a.simulates(m{"terms": tenPercent, "holds": "maybe"}).problem(422, "invalid_request")
}

func TestTheArticlesMilestonesAreTriedOnStoredOrders(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	anna := w.a.paysFor("anna", tenth)
	const first = 3001
	for i := range int64(200) {
		w.a.settled(first+i, anna, 100)
	}
	steps := []m{{"at": "50", "amount": "100.00"}, {"at": "100", "amount": "300.00"}, {"at": "200", "amount": "500.00"}}
	ladder := func(basis string) m {
		return draft(m{"id": "levels", "type": "milestones", "mode": "replace", "metric": "orders", "count_basis": basis, "steps": steps})
	}
	for sales, want := range map[int64]string{49: "0 0.00 0.00", 50: "1 0.00 100.00", 99: "1 0.00 100.00", 100: "1 0.00 300.00", 199: "1 0.00 300.00", 200: "1 0.00 500.00"} {
		to := sold.Add(time.Duration(first+sales) * time.Minute)
		if sim := w.a.simulates(m{"terms": ladder("locked"), "to": to}).is(200); part(sim, "milestone") != want {
			t.Errorf("%d sales: %q, want %q", sales, part(sim, "milestone"), want)
		}
	}
	// None of their holds is over yet.
	if sim := w.a.simulates(m{"terms": ladder("locked"), "holds": "now"}).is(200); part(sim, "milestone") != "0 0.00 0.00" || sim.str("holds") != "now" {
		t.Errorf("%v", sim.obj("totals"))
	}
	if sim := w.a.simulates(m{"terms": ladder("recorded"), "holds": "now"}).is(200); part(sim, "milestone") != "1 0.00 500.00" {
		t.Errorf("%v", sim.obj("totals"))
	}
}
