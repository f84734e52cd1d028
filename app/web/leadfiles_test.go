package web_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"tributary/internal/platform"
)

func TestTheCRMQualifiesAndRejectsLeads(t *testing.T) {
	t.Parallel()
	w := newWorld(t, manyLeads)
	agreement := w.a.signed("anna", leadTerms("12.00"))
	form := w.a.post("/lead-forms", m{"agreement_id": agreement, "title": "Ask"}).is(201)
	w.send("/f/"+form.str("public_id"), yes("ann@example.com"))
	bea := yes("bea@example.com")
	bea.Set("click", "0198c0de-0000-7000-8000-000000000001")
	w.send("/f/"+form.str("public_id"), bea)
	w.settle(w.a)

	if got := w.a.get("/lead-crm").is(200); got["url"] != nil || len(got.obj("mapping").list("stages")) == 0 {
		t.Errorf("%v", got)
	}
	w.a.patch("/lead-crm", m{"secret": "short", "mapping": m{"email_property": "", "click_property": "clk", "stages": []m{{"property": "a", "value": "b", "outcome": "maybe"}}}}).
		problem(422, "invalid_crm")
	const secret = "a-client-secret-of-an-app"
	crm := w.a.patch("/lead-crm", m{"secret": secret}).is(200)
	path := strings.TrimPrefix(crm.str("url"), "https://t.example")
	hook := func(secret string, sent time.Time, events ...m) reply {
		body, err := json.Marshal(events)
		if err != nil {
			t.Fatal(err)
		}
		sig, at := platform.SignHubSpot(secret, "POST", crm.str("url"), body, sent)
		return w.plain("POST", path, "application/json", string(body), platform.HubSpotSignature, sig, platform.HubSpotTimestamp, at)
	}
	now := w.clock.now()
	stage := func(id int, object int, property, value string) m {
		return m{"eventId": id, "subscriptionType": "contact.propertyChange", "objectId": object, "propertyName": property, "propertyValue": value, "occurredAt": now.UnixMilli()}
	}
	hook("another secret of somebody", now, stage(1, 7, "lifecyclestage", "customer")).problem(401, "signature_invalid")
	hook(secret, now.Add(-6*time.Minute), stage(1, 7, "lifecyclestage", "customer")).problem(401, "signature_expired")
	w.plain("POST", path, "application/json", "[]").problem(401, "signature_missing")
	w.plain("POST", "/webhooks/crm/nosuchhook", "application/json", "[]").problem(404, "crm_not_found")

	// The stage comes before we know who the contact is.
	for range 2 {
		if r := hook(secret, now, stage(1, 7, "lifecyclestage", "customer"), stage(2, 8, "hs_lead_status", "UNQUALIFIED"), stage(3, 9, "lifecyclestage", "customer")); r.status != 200 {
			t.Fatalf("%d %s", r.status, r.body)
		}
	}
	if got := w.a.states(); got["pending_vetting"] != 2 {
		t.Fatalf("%v", got)
	}
	for range 2 {
		if r := hook(secret, now, stage(4, 7, "email", "Ann+crm@example.com"), stage(5, 8, "tributary_click_id", bea.Get("click"))); r.status != 200 {
			t.Fatalf("%d %s", r.status, r.body)
		}
	}
	if got := w.a.states(); got["qualified"] != 1 || got["rejected"] != 1 {
		t.Fatalf("%v", got)
	}
	w.settle(w.a)
	l := w.a.get("/leads?state=qualified").is(200).list("data")[0]
	if ds := w.a.get("/leads/" + l.str("id")).is(200).list("decisions"); len(ds) != 1 || ds[0].str("source") != "crm" || ds[0].str("reason") != "lifecyclestage=customer" {
		t.Errorf("%v", ds)
	}
	if b := w.a.get("/balances").is(200).list("data"); b[0].obj("pending").str("amount") != "12.00" {
		t.Errorf("%v", b)
	}
	w.proven(w.a)
}

func TestFilesOfLeadsAndOutcomesAreSafeToRepeatAndLoseNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	agreement := w.a.signed("anna", leadTerms("12.00"))
	form := w.a.post("/lead-forms", m{"agreement_id": agreement, "title": "Ask"}).is(201)
	day := func(n int) string { return w.clock.now().Add(time.Duration(n-40) * time.Minute).Format(time.RFC3339) }
	file := "\ufeffEmail;form;agreement;submitted_at;external_id;Company\n" +
		"ann@example.com;" + form.str("public_id") + ";;;c1;Acme\n" +
		"bea@example.com;;" + agreement + ";;c2;\"Bea; Sons\"\n" +
		"nobody;;;" + "tomorrow;c3;\n" +
		"cem@example.com;zzz;;;c4;\n" +
		"dan@example.com;;agr_999;;c5;\n" +
		"eve@example.com;;" + agreement + ";;c6;x;y\n" +
		"fay\"@example.com;;" + agreement + ";;c7;\n" +
		"Ann+2@example.com;;" + agreement + ";" + day(90) + ";c8;\n"
	send := func(path, body string) m {
		return w.call(w.a.write, "POST", "/api/v1"+path, body, "Content-Type", "text/csv").is(200)
	}
	first := send("/leads/import", file)
	if first["created"] != 2.0 || first["failed"] != 6.0 || len(first.list("rows")) != 8 {
		t.Fatalf("%v", first)
	}
	rows := first.list("rows")
	for i, want := range []string{"", "", "email form submitted_at", "form", "agreement", "row", "row", "submitted_at"} {
		var got []string
		for _, e := range rows[i].list("errors") {
			got = append(got, e.str("field"))
		}
		if strings.Join(got, " ") != want || rows[i]["line"] != float64(i+2) {
			t.Errorf("row %v, want errors in %q", rows[i], want)
		}
	}
	if again := send("/leads/import", file); again["created"] != 0.0 || again["unchanged"] != 2.0 || again["failed"] != 6.0 {
		t.Errorf("%v", again)
	}
	if l := w.a.get("/leads/" + rows[1].str("lead_id")).is(200); l.str("state") != "pending_vetting" || l.obj("answers").str("company") != "Bea; Sons" {
		t.Errorf("%v", l)
	}
	outcomes := "external_id,email,outcome,reason\nc1,,qualified,\n,bea@example.com,rejected,wrong country\nc2,,rejected,\nc9,,qualified,\n,,maybe,\n"
	done := send("/leads/outcomes", outcomes)
	if done["created"] != 2.0 || done["failed"] != 3.0 {
		t.Fatalf("%v", done)
	}
	if again := send("/leads/outcomes", outcomes); again["created"] != 0.0 || again["unchanged"] != 2.0 || again["failed"] != 3.0 {
		t.Errorf("%v", again)
	}
	w.call(w.a.write, "POST", "/api/v1/leads/import", "name\nx\n", "Content-Type", "text/csv").problem(422, "invalid_file")
	w.settle(w.a)
	if got := w.a.states(); got["qualified"] != 1 || got["rejected"] != 1 {
		t.Errorf("%v", got)
	}
	w.proven(w.a)
}
