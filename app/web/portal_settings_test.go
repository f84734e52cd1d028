package web_test

import (
	"bytes"
	"context"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"tributary/app/web"
	"tributary/internal/mail"
	"tributary/internal/mailsink"
	"tributary/internal/notify"
	"tributary/internal/outbox"
	"tributary/internal/program"
	"tributary/internal/store"
)

// telling is a portal whose letters about what has happened come in, too.
func telling(t *testing.T) (*portal, *notify.Teller) {
	t.Helper()
	teller := &notify.Teller{PublicURL: "https://t.example"}
	p := newPortal(t, func(d *web.Deps) { teller.DB, teller.Keys, d.Teller = d.DB, d.Keys, teller })
	sender, err := mail.NewSender(mail.Options{Host: "127.0.0.1", Port: p.sink.Port(), TLS: mail.TLSNone, From: "hello@t.example"})
	if err != nil {
		t.Fatal(err)
	}
	p.runner.Handlers[notify.MailNotice] = func(ctx context.Context, w outbox.Work) error {
		told, err := teller.Letter(ctx, w.ShopID, w.Payload)
		if err != nil || told == nil {
			return err
		}
		return sender.Send(ctx, mail.Envelope{To: told.To, Key: fmt.Sprint(w.ID), At: p.clock.now()}, told.Letter)
	}
	p.runner.Handlers[program.MailApplication] = func(ctx context.Context, w outbox.Work) error {
		to, l, err := teller.ApplicationLetter(ctx, w.ShopID, w.Payload)
		if err != nil || to == "" {
			return err
		}
		return sender.Send(ctx, mail.Envelope{To: to, Key: fmt.Sprint(w.ID), At: p.clock.now()}, l)
	}
	return p, teller
}

// tells runs the tick and sends, and returns the subjects of the new mails to an
// address.
func (p *portal) tells(teller *notify.Teller, to string) []string {
	p.t.Helper()
	before := len(p.sink.To(to))
	if err := teller.Tick(context.Background()); err != nil {
		p.t.Fatal(err)
	}
	for _, s := range []int64{0, p.a.id, p.b.id} {
		if _, err := p.runner.Shop(context.Background(), s); err != nil {
			p.t.Fatal(err)
		}
	}
	p.world.in(p.a, func(tx *store.Tx) error {
		for _, state := range []string{store.OutboxFailed, store.OutboxReady} {
			rows, _, err := tx.ListOutbox(context.Background(), state, store.Page{})
			for _, r := range rows {
				p.t.Errorf("%s is %s: %s", r.Kind, r.State, r.Note)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	var subjects []string
	for _, m := range p.sink.To(to)[before:] {
		subjects = append(subjects, m.Subject)
	}
	return subjects
}

func lastMail(p *portal, to string) mailsink.Mail {
	p.t.Helper()
	all := p.sink.To(to)
	if len(all) == 0 {
		p.t.Fatalf("no mail to %s", to)
	}
	return all[len(all)-1]
}

func TestInfluencersAreToldOnceWhatHappens(t *testing.T) {
	t.Parallel()
	p, teller := telling(t)
	const anna = "anna@example.com"
	a := p.a.agreement("anna")
	p.a.post("/influencers/"+a.str("influencer_id")+"/invite", nil).is(200)
	p.a.post("/influencers/"+a.str("influencer_id")+"/invite", nil).problem(409, "already_invited")
	p.a.post("/agreements/"+a.str("id")+"/offer", nil).is(200)
	if got := strings.Join(p.tells(teller, anna), "; "); !strings.Contains(got, "invites you") || !strings.Contains(got, "An agreement to read and sign") {
		t.Errorf("%s", got)
	}
	if m := lastMail(p, anna); !strings.Contains(m.Text, "https://t.example/portal") || m.Header.Get("List-Unsubscribe") != "" {
		t.Errorf("%v\n%s", m.Header, m.Text)
	}
	if got := p.tells(teller, anna); len(got) != 0 {
		t.Errorf("told again: %v", got)
	}
	p.at(sold.Add(30 * time.Hour))
	p.a.settled(1001, a, 250)
	if got := p.tells(teller, anna); len(got) != 1 || got[0] != "Your first sale" {
		t.Errorf("%v", got)
	}
	if h := lastMail(p, anna).Header; h.Get("List-Unsubscribe-Post") != "List-Unsubscribe=One-Click" {
		t.Errorf("%v", h)
	}
	p.a.settled(1002, a, 100)
	if got := p.tells(teller, anna); len(got) != 0 {
		t.Errorf("a second sale: %v", got)
	}
	// The hold ends, the month is closed, the payout fails.
	p.a.patch("/influencers/"+a.str("influencer_id"), m{"payout_method": "csv", "payout_detail": "DE89"}).is(200)
	p.at(time.Date(2026, 12, 2, 15, 0, 0, 0, time.UTC))
	batch := p.a.post("/payouts/close", m{"period": "2026-11"}).is(200)
	got := strings.Join(p.tells(teller, anna), "; ")
	if !strings.Contains(got, "Earnings have passed their hold") || !strings.Contains(got, "Your statement of 2026-11") {
		t.Errorf("%s", got)
	}
	for _, mail := range p.sink.To(anna) {
		if mail.Subject == "Earnings have passed their hold" && !strings.Contains(mail.Text, "USD: 3.50 USD") {
			t.Errorf("%s", mail.Text)
		}
	}
	path := "/payouts/" + batch.str("id")
	p.a.as("ben").post(path+"/approve", nil).is(200)
	p.a.post(path+"/pay", nil).is(200)
	line := p.a.get(path + "/lines").is(200).list("data")[0].str("id")
	p.a.post(path+"/settlements", "payout_id,status,error\n"+line+",failed,account closed\n", "Content-Type", "text/csv").is(200)
	if got := p.tells(teller, anna); len(got) != 1 || got[0] != "A payout did not go through" || !strings.Contains(lastMail(p, anna).Text, "account closed") {
		t.Errorf("%v", got)
	}
}

func TestWhatOneDoesNotWantToHearIsNotTold(t *testing.T) {
	t.Parallel()
	p, teller := telling(t)
	const anna = "anna@example.com"
	a := p.a.agreement("anna")
	b := p.again("anna@example.com")
	shop := fmt.Sprintf("/shops/shp_%d", p.a.id)
	set := b.post(shop+"/notifications", m{"muted": []string{"statements"}, "digest": "daily"}).is(200)
	if fmt.Sprint(set["muted"]) != "[statements]" || set.str("digest") != "daily" {
		t.Errorf("%v", set)
	}
	b.post(shop+"/notifications", m{"muted": []string{"money"}, "digest": "daily"}).problem(422, "invalid_notifications")
	p.at(sold.Add(30 * time.Hour))
	p.a.settled(1001, a, 250)
	if got := p.tells(teller, anna); len(got) != 0 {
		t.Errorf("before the digest: %v", got)
	}
	p.later(24 * time.Hour)
	got := p.tells(teller, anna)
	if len(got) != 1 || !strings.HasPrefix(got[0], "What has happened") || !strings.Contains(lastMail(p, anna).Text, "Your first sale") {
		t.Errorf("%v", got)
	}
	p.at(time.Date(2026, 12, 2, 15, 0, 0, 0, time.UTC))
	p.a.post("/payouts/close", m{"period": "2026-11"}).is(200)
	p.later(24 * time.Hour)
	for _, s := range p.tells(teller, anna) {
		if strings.Contains(s, "statement") {
			t.Errorf("a muted topic is told: %s", s)
		}
	}
	// The link of a letter mutes its topic without a session, by POST alone.
	link := ""
	for _, mail := range p.sink.To(anna) {
		if l := mail.Header.Get("List-Unsubscribe"); l != "" {
			link = l
		}
	}
	path := strings.TrimPrefix(strings.Trim(link, "<>"), "https://t.example")
	if r := p.call("", "GET", path, nil); r.status != 200 || !bytes.Contains(r.body, []byte("Stop these mails")) {
		t.Errorf("%d %s", r.status, r.body)
	}
	b = p.again("anna@example.com")
	if n := b.get(shop + "/notifications").is(200); fmt.Sprint(n["muted"]) != "[statements]" {
		t.Errorf("looking has muted: %v", n)
	}
	if r := p.call("", "POST", path, "List-Unsubscribe=One-Click", "Content-Type", "application/x-www-form-urlencoded"); r.status != 200 {
		t.Errorf("%d %s", r.status, r.body)
	}
	if n := b.get(shop + "/notifications").is(200); fmt.Sprint(n["muted"]) != "[statements sales]" {
		t.Errorf("%v", n)
	}
	p.call("", "POST", path+"x", nil).problem(404, "unsubscribe_not_found")
}

// again signs somebody in whose other mails do not matter.
func (p *portal) again(email string) *browser {
	p.t.Helper()
	b := p.browser()
	b.post("/sign-in", m{"email": email}).is(200)
	p.deliver()
	all := p.sink.To(email)
	for i := len(all) - 1; i >= 0; i-- {
		if link := inLink.FindStringSubmatch(all[i].Text); link != nil {
			token, _ := url.QueryUnescape(link[1])
			b.post("/sign-in/link", m{"token": token}).is(200)
			b.csrf = b.get("/me").is(200).str("csrf_token")
			return b
		}
	}
	p.t.Fatal("no link came")
	return nil
}

func TestHowOneIsPaidIsSealedAndStandsInTheFileToPayFrom(t *testing.T) {
	t.Parallel()
	p, teller := telling(t)
	a := p.a.agreement("anna")
	b := p.in("anna@example.com")
	shop := fmt.Sprintf("/shops/shp_%d", p.a.id)
	if got := b.get(shop + "/payout-method").is(200); got.str("shown") != "" || got.str("tax_form") != "not_required" {
		t.Errorf("%v", got)
	}
	b.post(shop+"/payout-method", m{"kind": "bank", "account": "DE89370400440532013001", "holder": ""}).problem(422, "invalid_payout_method")
	if got := b.post(shop+"/payout-method", m{"kind": "bank", "account": "DE89 3704 0044 0532 0130 00", "holder": "Anna A."}).is(200); got.str("shown") != "bank …3000" {
		t.Errorf("%v", got)
	}
	if got := p.tells(teller, "anna@example.com"); len(got) != 1 || got[0] != "How you are paid was changed" {
		t.Errorf("%v", got)
	}
	seen := p.a.get("/influencers/" + a.str("influencer_id")).is(200)
	if seen["payout_sealed"] != true || seen.str("payout_detail") != "" {
		t.Errorf("%v", seen)
	}
	p.world.in(p.a, func(tx *store.Tx) error {
		i, err := tx.Influencer(context.Background(), number(t, a.str("influencer_id")))
		if err == nil && strings.Contains(i.PayoutDetail, "3704") {
			t.Errorf("it stands in the clear: %s", i.PayoutDetail)
		}
		return err
	})
	p.a.settled(1001, a, 250)
	p.at(time.Date(2026, 12, 2, 15, 0, 0, 0, time.UTC))
	path := "/payouts/" + p.a.post("/payouts/close", m{"period": "2026-11"}).is(200).str("id")
	p.a.as("ben").post(path+"/approve", nil).is(200)
	p.a.post(path+"/pay", nil).is(200)
	if file := p.a.get(path + "/export.csv"); !bytes.Contains(file.body, []byte("bank DE89370400440532013000 Anna A.,2.50,USD")) {
		t.Errorf("%s", file.body)
	}
}

func TestOneAppliesAndIsToldHowThatWasDecided(t *testing.T) {
	t.Parallel()
	p, teller := telling(t)
	c := p.a.campaign()
	if o := p.a.get("/campaigns/" + c + "/applications").is(200); o["open"] != false {
		t.Errorf("%v", o)
	}
	open := p.a.post("/campaigns/"+c+"/applications", m{"open": true, "pitch": "Sell our <b>serum</b>", "questions": []string{"Why us?"}}).is(200)
	id := strings.TrimPrefix(open.str("url"), "https://t.example/apply/")
	if again := p.a.post("/campaigns/"+c+"/applications", m{"open": true, "pitch": "Sell our <b>serum</b>", "questions": []string{"Why us?"}}).is(200); again.str("url") != open.str("url") {
		t.Error("the address changes")
	}
	p.a.post("/campaigns/"+c+"/applications", m{"open": true, "questions": []string{""}}).problem(422, "invalid_campaign")
	guest := p.browser()
	if l := guest.get("/open-campaigns").is(200).list("data"); len(l) != 1 || l[0].str("id") != id {
		t.Errorf("%v", l)
	}
	guest.post("/open-campaigns/"+id+"/apply", m{"name": "", "email": "nobody"}).problem(422, "invalid_application")
	guest.post("/open-campaigns/nothing/apply", m{"name": "Zoe", "email": "zoe@example.com"}).problem(404, "campaign_not_open")
	guest.post("/open-campaigns/"+id+"/apply", m{"name": "Zoe", "email": "zoe@example.com"}).problem(422, "invalid_application") // no answer
	why := []string{"Because"}
	guest.post("/open-campaigns/"+id+"/apply", m{"name": "Zoe", "email": "Zoe@Example.com", "channels": "tiktok.com/@zoe", "answers": why}).is(200)
	guest.post("/open-campaigns/"+id+"/apply", m{"name": "Zoe", "email": "zoe@example.com", "answers": why}).is(200) // the same again
	page := p.call("", "GET", "/apply/"+id, nil)
	if page.status == 500 {
		t.Log(p.log.String())
	}
	if page.status != 200 || !bytes.Contains(page.body, []byte("Sell our &lt;b&gt;serum&lt;/b&gt;")) {
		t.Errorf("%d %s", page.status, page.body)
	}
	if all := p.call("", "GET", strings.TrimPrefix(open.str("shop_url"), "https://t.example"), nil); all.status != 200 || !bytes.Contains(all.body, []byte(`href="/apply/`+id)) || bytes.Contains(all.body, []byte("<b>serum")) {
		t.Errorf("%d %s", all.status, all.body)
	}
	p.call("", "GET", fmt.Sprintf("/apply/of/shp_%d", p.b.id), nil).problem(404, "campaign_not_open")
	form := func(v url.Values) reply {
		return p.call("", "POST", "/apply/"+id, v.Encode(), "Content-Type", "application/x-www-form-urlencoded")
	}
	if r := form(url.Values{"name": {""}, "email": {"x"}}); r.status != 422 || !bytes.Contains(r.body, []byte(`aria-invalid="true"`)) {
		t.Errorf("%d %s", r.status, r.body)
	}
	if r := form(url.Values{"name": {"Max"}, "email": {"max@example.com"}, "answer": {"Why <i>not</i>?"}}); r.status != 200 || !bytes.Contains(r.body, []byte("answers by mail")) {
		t.Errorf("%d %s", r.status, r.body)
	}
	form(url.Values{"name": {"Bot"}, "email": {"bot@example.com"}, "website": {"x"}})
	list := p.a.get("/applications?state=submitted").is(200).list("data")
	if len(list) != 2 || list[1].str("email") != "zoe@example.com" {
		t.Fatalf("%v", list)
	}
	if got := list[0].list("answers"); len(got) != 1 || got[0].str("question") != "Why us?" || got[0].str("answer") != "Why <i>not</i>?" {
		t.Errorf("%v", got)
	}
	p.b.post("/applications/"+list[0].str("id")+"/approve", m{"handle": "x"}).problem(404, "application_not_found")
	p.a.post("/applications/"+list[0].str("id")+"/reject", m{"reason": ""}).problem(422, "invalid_decision")
	p.a.post("/applications/"+list[0].str("id")+"/reject", m{"reason": "Too far away"}).is(200)
	ok := p.a.post("/applications/"+list[1].str("id")+"/approve", m{"handle": "zoe"}).is(200)
	p.a.post("/applications/"+list[1].str("id")+"/approve", m{"handle": "zoe"}).problem(409, "application_decided")
	if got := p.tells(teller, "zoe@example.com"); len(got) != 1 || got[0] != "You are in" || !strings.HasPrefix(ok.str("influencer_id"), "inf_") {
		t.Errorf("%v %v", got, ok)
	}
	if m := lastMail(p, "max@example.com"); !strings.Contains(m.Text, "Too far away") {
		t.Errorf("%s", m.Text)
	}
	if me := p.in("zoe@example.com").get("/me").is(200); len(me.list("shops")) != 1 {
		t.Errorf("%v", me)
	}
	p.a.post("/campaigns/"+c+"/applications", m{"open": false}).is(200)
	guest.post("/open-campaigns/"+id+"/apply", m{"name": "Zoe", "email": "zoe@example.com"}).problem(404, "campaign_not_open")
}

func TestOneTakesOnesDataAndLeaves(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	ids, shop := p.seeded()
	b := p.in("anna@example.com")
	all := b.get("/shops/" + shop + "/export").is(200)
	if len(all.list("earnings")) != 2 || len(all.list("journals")) != 2 || len(all.list("agreements")) != 1 || len(all.list("codes")) != 1 || all.obj("influencer").str("email") != "anna@example.com" {
		t.Errorf("%v", all)
	}
	if n := len(all.list("agreements")[0].list("versions")); n != 1 {
		t.Errorf("%d versions: a draft is in it", n)
	}
	b.post("/shops/"+shop+"/leave", m{"confirm": false}).problem(422, "confirmation_missing")
	b.post("/shops/"+shop+"/leave", m{"confirm": true}).is(200)
	influencer := p.a.get("/agreements/" + ids["agreements"]).is(200).str("influencer_id")
	if i := p.a.get("/influencers/" + influencer).is(200); i["active"] != false || i["leaving_at"] == nil {
		t.Errorf("%v", i)
	}
	b.post("/forget-me", nil).is(200)
	b.get("/me").problem(401, "signed_out")
}
