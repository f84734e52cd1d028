package web_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"tributary/internal/dispute"
	"tributary/internal/payout"
	"tributary/internal/store"
)

// verified fails when an invariant of the shop's books is broken.
func (w *world) verified(s shop) {
	w.t.Helper()
	w.in(s, func(tx *store.Tx) error {
		broken, err := tx.BrokenInvariants(context.Background())
		for _, b := range broken {
			w.t.Errorf("%s: %s should be %s, is %s", b.Invariant, b.Subject, b.Want, b.Got)
		}
		return err
	})
}

func claims(subject string, more m) m {
	body := m{"subject": subject, "claimed": m{"amount": "1.25", "currency": "USD"}, "text": "I sent that buyer."}
	for k, v := range more {
		body[k] = v
	}
	return body
}

func TestADisputedEarningStaysInItsHoldUntilItIsDecided(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	ids, shop := p.seeded()
	b := p.in("anna@example.com")
	at := "/shops/" + shop + "/disputes"
	d := b.post(at, claims("earning", m{"earning_id": ids["earnings"]})).is(200)
	if d.str("state") != "open" || d.str("about") != ids["earnings"] || len(d.list("messages")) != 1 || !strings.HasPrefix(d.str("answer_by"), "2026-12-08T12:00:00") {
		t.Errorf("%v", d)
	}
	evidence := d.obj("evidence")
	if evidence.obj("earning")["posted_minor"] != 250.0 || len(evidence.list("orders")) != 1 || len(evidence.list("orders")[0].list("touches")) != 2 || evidence.str("finding") == "" {
		t.Errorf("the evidence: %v", evidence)
	}
	b.post(at, claims("earning", m{"earning_id": ids["earnings"]})).problem(409, "dispute_open")
	one := b.get("/shops/" + shop + "/earnings/" + ids["earnings"]).is(200)
	if one.str("dispute_id") != d.str("id") || !strings.Contains(one.str("explained"), "disputed") {
		t.Errorf("%v", one)
	}
	// The hold ends for the other order alone, and no month pays the disputed one.
	p.at(time.Date(2026, 12, 2, 12, 0, 0, 0, time.UTC))
	holds := &payout.Closer{DB: p.db}
	if err := holds.Holds(t.Context()); err != nil {
		t.Fatal(err)
	}
	if bal := b.get("/shops/" + shop + "/balances").is(200).list("data")[0]; bal.obj("pending").str("amount") != "2.50" || bal.obj("payable").str("amount") != "1.00" {
		t.Errorf("while it is disputed: %v", bal)
	}
	path := "/disputes/" + d.str("id")
	p.b.get(path).problem(404, "not_found")
	p.a.post(path+"/accept", m{"reason": "", "by": ""}).problem(422, "invalid_decision")
	done := p.a.post(path+"/accept", m{"awarded": m{"amount": "0.75", "currency": "USD"}, "reason": "The second item was missed", "by": "Mia"}).is(200)
	if done.str("state") != "accepted" || done.obj("awarded").str("amount") != "0.75" || !strings.HasPrefix(done.str("journal_id"), "jrn_") {
		t.Errorf("%v", done)
	}
	p.a.post(path+"/reject", m{"reason": "no", "by": "Mia"}).problem(409, "dispute_decided")
	if err := holds.Holds(t.Context()); err != nil {
		t.Fatal(err)
	}
	if bal := b.get("/shops/" + shop + "/balances").is(200).list("data")[0]; bal.obj("pending").str("amount") != "0.00" || bal.obj("payable").str("amount") != "4.25" {
		t.Errorf("after the award: %v", bal)
	}
	st := b.get("/shops/" + shop + "/statement").is(200)
	var award m
	for _, l := range st.list("movements") {
		if l.str("type") == "awarded" {
			award = l
		}
	}
	if award == nil || award.obj("amount").str("amount") != "0.75" || award.str("note") != "dispute "+d.str("id")+": The second item was missed" || st.obj("closing").str("amount") != "4.25" {
		t.Errorf("%v", st)
	}
	p.verified(p.a)
	if again := b.post(at, claims("earning", m{"earning_id": ids["earnings"]})).is(200); again.str("id") == d.str("id") {
		t.Error("the decided dispute was opened again")
	}
}

func TestEverySubjectOfADisputeIsReadAgain(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	ids, shop := p.seeded()
	b := p.in("anna@example.com")
	at := "/shops/" + shop + "/disputes"
	known := b.post(at, claims("missing_order", m{"agreement_id": ids["agreements"], "order": "1001", "day": "2026-11-01"})).is(200)
	if o := known.obj("evidence").list("orders"); len(o) != 1 || o[0]["your_share_bps"] != 10000.0 {
		t.Errorf("%v", known)
	}
	unknown := b.post(at, claims("missing_order", m{"agreement_id": ids["agreements"], "order": "#7777", "day": "2026-11-01"})).is(200)
	if f := unknown.obj("evidence").str("finding"); !strings.Contains(f, "No order #7777") || !strings.Contains(f, "among 2 that did") {
		t.Errorf("%s", f)
	}
	clicks := b.post(at, claims("clicks", m{"link_id": ids["links"], "day": "2026-11-24"})).is(200)
	if f := clicks.obj("evidence").str("finding"); !strings.HasPrefix(f, "0 clicks") {
		t.Errorf("%s", f)
	}
	for what, body := range map[string]m{
		"missing_order": {"agreement_id": ids["agreements"], "order": "", "day": "someday"},
		"clicks":        {"link_id": ids["links"], "day": ""},
	} {
		b.post(at, claims(what, body)).problem(422, "invalid_dispute")
	}
	b.post(at, claims("earning", m{"earning_id": "ern_1"})).problem(404, "earning_not_found")
	b.post(at, claims("earning", m{"earning_id": ids["earnings"], "claimed": m{"amount": "1.00", "currency": "EUR"}})).problem(422, "invalid_dispute")
	b.post(at, claims("payout", m{"payout_id": "pln_1"})).problem(404, "payout_not_found")
	b.post(at, claims("lead", m{"lead_id": "led_1"})).problem(404, "lead_not_found")
	p.at(time.Date(2026, 12, 2, 12, 0, 0, 0, time.UTC))
	p.a.post("/payouts/close", m{"period": "2026-11"}).is(200)
	line := b.get("/shops/" + shop + "/statements").is(200).list("data")[0]
	paid := b.post(at, claims("payout", m{"payout_id": line.str("id")})).is(200)
	if e := paid.obj("evidence").obj("payout"); e["movement_minor"] != 350.0 || e.str("carry_reason") != "no_payout_method" {
		t.Errorf("%v", paid)
	}
}

func TestNobodyDisputesWhatIsAnothers(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	ids, shop := p.seeded()
	p.a.influencer("ben")
	ben := p.in("ben@example.com")
	at := "/shops/" + shop + "/disputes"
	for subject, body := range map[string]m{"earning": {"earning_id": ids["earnings"]}, "missing_order": {"agreement_id": ids["agreements"], "order": "#1", "day": "2026-11-01"},
		"clicks": {"link_id": ids["links"], "day": "2026-11-24"}} {
		if r := ben.post(at, claims(subject, body)); r.status != 404 {
			t.Errorf("%s: %d %s", subject, r.status, r.body)
		}
	}
	d := p.in("anna@example.com").post(at, claims("earning", m{"earning_id": ids["earnings"]})).is(200)
	for _, path := range []string{"", "/messages", "/withdraw"} {
		r := ben.post(at+"/"+d.str("id")+path, m{"text": "mine"})
		if path == "" {
			r = ben.get(at + "/" + d.str("id"))
		}
		if r.status != 404 {
			t.Errorf("%q: %d %s", path, r.status, r.body)
		}
	}
}

func TestDeadlinesOfDisputesRunBothWays(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	ids, shop := p.seeded()
	b := p.in("anna@example.com")
	at := "/shops/" + shop + "/disputes"
	set := p.a.post("/settings/disputes", m{"answer_days": 3, "auto_accept": m{"amount": "1.25", "currency": "USD"}}).is(200)
	if set["answer_days"] != 3.0 || set.obj("auto_accept").str("amount") != "1.25" {
		t.Errorf("%v", set)
	}
	p.a.post("/settings/disputes", m{"answer_days": 3, "auto_accept": m{"amount": "1.25", "currency": "EUR"}}).problem(422, "invalid_settings")
	small := b.post(at, claims("earning", m{"earning_id": ids["earnings"]})).is(200)
	large := b.post(at, claims("clicks", m{"link_id": ids["links"], "day": "2026-11-24", "claimed": m{"amount": "1.26", "currency": "USD"}})).is(200)
	asked := b.post(at, claims("missing_order", m{"agreement_id": ids["agreements"], "order": "#9", "day": "2026-11-20"})).is(200)
	if a := p.a.post("/disputes/"+asked.str("id")+"/answer", m{"text": "Which buyer?"}).is(200); a.str("state") != "asked" || len(a.list("messages")) != 2 {
		t.Errorf("%v", a)
	}
	tick := func() {
		t.Helper()
		if err := dispute.Tick(context.Background(), p.db); err != nil {
			t.Fatal(err)
		}
	}
	tick()
	p.later(4 * 24 * time.Hour)
	tick()
	tick() // again changes nothing
	got := map[string]m{}
	for _, d := range p.a.get("/disputes").is(200).list("data") {
		got[d.str("id")] = d
	}
	if d := got[small.str("id")]; d.str("state") != "accepted" || d.obj("awarded").str("amount") != "1.25" || d.str("decided_by") != "" {
		t.Errorf("silence within the limit: %v", d)
	}
	if d := got[large.str("id")]; d.str("state") != "open" || d["overdue"] != true {
		t.Errorf("silence above the limit: %v", d)
	}
	if d := got[asked.str("id")]; d.str("state") != "lapsed" {
		t.Errorf("the influencer's silence: %v", d)
	}
	if l := p.a.get("/disputes?overdue=true").is(200).list("data"); len(l) != 1 {
		t.Errorf("%v", l)
	}
	// An answer makes it the other's turn again.
	p.a.post("/disputes/"+large.str("id")+"/answer", m{"text": "Bots."}).is(200)
	said := b.post(at+"/"+large.str("id")+"/messages", m{"text": "People."}).is(200)
	if said.str("state") != "open" || said["overdue"] != false || len(said.list("messages")) != 4 {
		t.Errorf("%v", said)
	}
	if w := b.post(at+"/"+large.str("id")+"/withdraw", nil).is(200); w.str("state") != "withdrawn" {
		t.Errorf("%v", w)
	}
	p.verified(p.a)
}

func TestADisputeIsAwardedOnce(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	ids, shop := p.seeded()
	b := p.in("anna@example.com")
	d := b.post("/shops/"+shop+"/disputes", claims("earning", m{"earning_id": ids["earnings"]})).is(200)
	var wg sync.WaitGroup
	var mu sync.Mutex
	answers := map[int]int{}
	for range 8 {
		wg.Go(func() {
			r := p.a.post("/disputes/"+d.str("id")+"/accept", m{"reason": "Yes", "by": "Mia"})
			mu.Lock()
			defer mu.Unlock()
			answers[r.status]++
		})
	}
	wg.Wait()
	if answers[200] != 1 || answers[409] != 7 {
		t.Errorf("%v", answers)
	}
	if bal := b.get("/shops/" + shop + "/balances").is(200).list("data")[0]; bal.obj("payable").str("amount") != "1.25" {
		t.Errorf("%v", bal)
	}
	if k := p.a.get("/kpis?dim=influencer&id=" + fmt.Sprint(b.get("/me").is(200).list("shops")[0].str("influencer_id"))).is(200); !strings.Contains(fmt.Sprint(k), "1.25") {
		t.Errorf("the award is no cost: %v", k)
	}
}
