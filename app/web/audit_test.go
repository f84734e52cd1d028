package web_test

import (
	"strings"
	"testing"

	"tributary/internal/store"
)

func TestWhoSawOrChangedWhatIsNoted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	inf := w.a.post("/influencers", m{"handle": "anna", "name": "Anna Berg", "email": "anna@example.com"}).is(201).str("id")
	w.a.post("/influencers", m{"handle": "anna", "name": "Anna Berg", "email": "anna@example.com"}).problem(409, "handle_taken")
	w.a.patch("/influencers/"+inf, m{"name": "Anna B."}).is(200)
	for range 3 { // a page that looks again and again is one line
		w.a.get("/influencers/" + inf).is(200)
	}
	w.a.get("/campaigns").is(200) // nobody is in it
	lines := w.a.get("/audit").is(200).list("data")
	got := []string{}
	for _, l := range lines {
		got = append(got, l.str("action"))
		if !strings.HasPrefix(l.str("actor"), "key ") {
			t.Errorf("%v", l)
		}
		if fields, ok := l["fields"].([]any); ok {
			for _, f := range fields {
				if strings.Contains(f.(string), "Anna") || strings.Contains(f.(string), "@") {
					t.Errorf("what was said is in the log: %v", l)
				}
			}
		}
	}
	if strings.Join(got, " ") != "get-influencers-id patch-influencers-id post-influencers" {
		t.Errorf("%v", got)
	}
	if n := len(w.b.get("/audit").is(200).list("data")); n != 0 {
		t.Errorf("another shop sees %d lines", n)
	}
	if only := w.a.get("/audit?action=patch-influencers-id").is(200).list("data"); len(only) != 1 || only[0].str("target") != "/api/v1/influencers/"+inf {
		t.Errorf("%v", only)
	}
	err := w.db.InTx(t.Context(), w.a.id, func(tx *store.Tx) error {
		p, err := tx.VerifyAudit(t.Context())
		if p.Wrong != "" || p.Lines != 4 { // looking at the log is noted, too
			t.Errorf("%+v", p)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestAnInfluencerIsExportedAndErased(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	agreement := w.a.agreement("anna")
	inf := agreement.str("influencer_id")
	all := w.a.get("/influencers/" + inf + "/export").is(200).obj("data")
	for _, part := range []string{"influencer", "agreements", "versions", "signatures", "codes", "links", "posts", "earnings", "ledger", "payouts"} {
		if _, ok := all[part].([]any); !ok {
			t.Errorf("%s is missing: %v", part, all[part])
		}
	}
	if who := all["influencer"].([]any)[0].(map[string]any); who["handle"] != "anna" || who["email"] == "" || who["shop_id"] != nil {
		t.Errorf("%v", who)
	}
	w.b.get("/influencers/"+inf+"/export").problem(404, "not_found")
	gone := w.a.post("/influencers/"+inf+"/erase", nil).is(200)
	if gone.str("name") != "Erased influencer" || gone.str("email") != "" || gone.str("payout_detail") != "" || gone["active"] != false {
		t.Errorf("%v", gone)
	}
	w.a.post("/influencers/"+inf+"/erase", nil).is(200)
	after := w.a.get("/influencers/" + inf + "/export").is(200).obj("data")
	if len(after["agreements"].([]any)) != len(all["agreements"].([]any)) {
		t.Error("agreements are gone")
	}
	for _, s := range after["signatures"].([]any) {
		if s := s.(map[string]any); s["party"] == "influencer" && (s["email"] != "" || s["ip"] != "" || s["signer"] != "Erased influencer") {
			t.Errorf("%v", s)
		}
	}
}
