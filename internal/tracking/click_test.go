package tracking_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"tributary/internal/domain/kpi"
	"tributary/internal/platform"
	"tributary/internal/store"
	"tributary/internal/tracking"
)

// person is the nth of many shoppers, each on a network of their own.
func person(n int) tracking.Seen { return shopper(fmt.Sprintf("10.%d.%d.7", n/250, n%250)) }

// linkOf is the id of the link that a test's agreement has.
func (s *shop) linkOf(agreementID int64) (id int64) {
	s.t.Helper()
	s.in(func(tx *store.Tx) error {
		ls, _, err := tx.Links(context.Background(), store.LinkFilter{AgreementID: agreementID}, store.Page{})
		if err == nil {
			id = ls[0].ID
		}
		return err
	})
	return id
}

// click records a click on the agreement's link.
func (s *shop) click(d *door, agreementID int64, seen tracking.Seen) tracking.ClickID {
	s.t.Helper()
	id, err := d.Record(context.Background(), tracking.Touch{ShopID: s.id, Kind: store.ClickLink, AgreementID: agreementID, LinkID: s.linkOf(agreementID), Seen: seen})
	if err != nil {
		s.t.Fatal(err)
	}
	return id
}

// flood records clicks at the same time.
func (s *shop) flood(d *door, agreementID int64, seen []tracking.Seen) {
	s.t.Helper()
	link := s.linkOf(agreementID)
	var wg sync.WaitGroup
	for part := range slices.Chunk(seen, len(seen)/16+1) {
		wg.Go(func() {
			for _, one := range part {
				if _, err := d.Record(context.Background(), tracking.Touch{ShopID: s.id, Kind: store.ClickLink, AgreementID: agreementID, LinkID: link, Seen: one}); err != nil {
					s.t.Error(err)
				}
			}
		})
	}
	wg.Wait()
}

func (s *shop) clicks(f store.ClickFilter) (out []store.Click) {
	s.t.Helper()
	s.in(func(tx *store.Tx) error {
		var p store.Page
		for {
			cs, next, err := tx.ListClicks(context.Background(), f, p)
			out = append(out, cs...)
			if err != nil || next == nil {
				return err
			}
			p.After = *next
		}
	})
	return out
}

// reasons counts why clicks do not count; "" those that do.
func (s *shop) reasons(f store.ClickFilter) map[string]int {
	out := map[string]int{}
	for _, c := range s.clicks(f) {
		out[c.Invalid]++
	}
	return out
}

func (s *shop) invalidate(n tracking.Invalidation) (count int64) {
	s.t.Helper()
	s.in(func(tx *store.Tx) (err error) {
		count, err = tracking.Invalidate(context.Background(), tx, n)
		return err
	})
	s.settle()
	return count
}

// $0.40, cap 1,000, 1,900 raw → 1,250 valid → 1,000 payable = $400.00.
func TestTheFirstThousandValidClicksAreWorthFourHundredDollars(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	d := s.door("")
	anna := s.agreement("anna", `{"id":"ppc","type":"clicks","unit_price":"0.40","max_count":1000}`)
	var seen []tracking.Seen
	for n := range 1250 {
		seen = append(seen, person(n))
	}
	for n := range 400 {
		seen = append(seen, person(n)) // once more: a duplicate
	}
	for n := range 250 {
		bot := person(2000 + n)
		bot.Agent = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
		seen = append(seen, bot)
	}
	rand.New(rand.NewPCG(1, 2)).Shuffle(len(seen), func(i, j int) { seen[i], seen[j] = seen[j], seen[i] })
	s.flood(d, anna, seen)
	s.settle()
	want := map[string]int{"": 1250, "duplicate": 400, "bot": 250}
	if got := s.reasons(store.ClickFilter{AgreementID: anna}); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%v, want %v", got, want)
	}
	if got := s.earned(anna, store.EarningClicks); got != 40000 {
		t.Errorf("earned %d, want 40000", got)
	}
	s.proven()

	// what is taken out before the hold ends leaves its place to the next.
	out := func(n int) int64 { // of visitors who came once: another click would take the place
		all := s.clicks(store.ClickFilter{AgreementID: anna})
		times := map[string]int{}
		for _, c := range all {
			times[c.Visitor]++
		}
		var ids []string
		for _, c := range all {
			if times[c.Visitor] == 1 && c.Invalid == "" && len(ids) < n {
				ids = append(ids, uuidOf(c.ID))
			}
		}
		return s.invalidate(tracking.Invalidation{IDs: ids, Reason: "bought traffic"})
	}
	if n := out(200); n != 200 {
		t.Errorf("%d taken out", n)
	}
	if got := s.earned(anna, store.EarningClicks); got != 40000 {
		t.Errorf("earned %d with 1,050 valid clicks, want 40000", got)
	}
	out(100)
	if got := s.earned(anna, store.EarningClicks); got != 38000 {
		t.Errorf("earned %d with 950 valid clicks, want 38000", got)
	}
	s.proven()

	// After it the day stays as it was, and later days take what is free.
	s.clock.set(at("2026-09-02T04:00:01Z")) // the day ended 08-02T04:00Z, 30 days and a night ago
	s.settle()
	if es := s.earnings(anna, store.EarningClicks); len(es) != 1 || es[0].State != store.EarningLocked || es[0].Counted != 950 {
		t.Fatalf("%+v", es)
	}
	out(50)
	if got := s.earned(anna, store.EarningClicks); got != 38000 {
		t.Errorf("earned %d after the hold, want 38000", got)
	}
	for n := range 80 {
		s.click(d, anna, person(n))
	}
	s.settle()
	if got := s.earned(anna, store.EarningClicks); got != 40000 {
		t.Errorf("earned %d, want 40000: fifty places were left", got)
	}
	s.proven()
}

// a price below a cent is rounded once; a budget is earned in
// proportion.
func TestPricesBelowACentAndBudgets(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	d := s.door("")
	sub := s.agreement("anna", `{"id":"ppc","type":"clicks","unit_price":"0.0375"}`)
	budget := s.agreement("ben", `{"id":"ppc","type":"clicks","amount":"500.00","goal":400}`)
	var seen []tracking.Seen
	for n := range 1333 {
		seen = append(seen, person(n))
	}
	s.flood(d, sub, seen[:700])
	s.flood(d, budget, seen[:300])
	s.settle()
	if got := s.earned(budget, store.EarningClicks); got != 37500 {
		t.Errorf("three quarters of the goal earned %d, want 37500", got)
	}
	s.clock.set(at("2026-08-03T12:00:00Z"))
	s.flood(d, sub, seen[700:])
	s.flood(d, budget, seen[300:700])
	s.settle()
	if got := s.earned(sub, store.EarningClicks); got != 4999 { // 1,333 × 0.0375 = 49.9875, over two days
		t.Errorf("earned %d, want 4999", got)
	}
	if got := s.earned(budget, store.EarningClicks); got != 50000 {
		t.Errorf("earned %d of the budget, want 50000", got)
	}
	s.proven()
}

func TestWhatIsNoVisitOfAPersonIsKeptAndNotPaid(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	d := s.door("203.0.113.0/24 # a cloud\n2001:db8:1::/48\n")
	anna := s.agreement("anna", `{"id":"ppc","type":"clicks","unit_price":"1.00"}`)
	s.settle()
	with := func(n int, change func(*tracking.Seen)) tracking.Seen {
		seen := person(n)
		change(&seen)
		return seen
	}
	for n, c := range []struct {
		want   string
		change func(*tracking.Seen)
	}{
		{"", func(*tracking.Seen) {}},
		{"head", func(s *tracking.Seen) { s.Method = "HEAD" }},
		{"no_agent", func(s *tracking.Seen) { s.Agent = "" }},
		{"preview", func(s *tracking.Seen) {
			s.Agent = "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)"
		}},
		{"preview", func(s *tracking.Seen) { s.Agent = "WhatsApp/2.23.20.0" }},
		{"preview", func(s *tracking.Seen) { s.Agent = "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)" }},
		{"bot", func(s *tracking.Seen) { s.Agent = "curl/8.5.0" }},
		{"bot", func(s *tracking.Seen) {
			s.Agent = "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; bingbot/2.0)"
		}},
		{"bot", func(s *tracking.Seen) {
			s.Agent = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/140.0.0.0 Safari/537.36"
		}},
		{"prefetch", func(s *tracking.Seen) { s.Prefetch = true }},
		{"not_navigation", func(s *tracking.Seen) { s.Embedded = true }},
		{"data_centre", func(s *tracking.Seen) { s.Address = "203.0.113.99" }},
		{"data_centre", func(s *tracking.Seen) { s.Address = "2001:db8:1:2::3" }},
		{"", func(s *tracking.Seen) { s.Address = "203.0.114.1" }},
		{"gpc", func(s *tracking.Seen) { s.OptedOut = true }},
		{"no_consent", func(s *tracking.Seen) { s.Consent = "denied" }},
		{"", func(s *tracking.Seen) {
			s.Agent = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 Instagram 320.0.0.0"
		}},
	} {
		s.clock.set(s.clock.now().Add(time.Second))
		s.click(d, anna, with(n, c.change))
		s.settle()
		got := s.clicks(store.ClickFilter{})[0]
		if got.Invalid != c.want || !got.Judged {
			t.Errorf("%d: %q, want %q (%s)", n, got.Invalid, c.want, got.Agent)
		}
		if hidden := got.Visitor == "" && got.IPHash == ""; hidden != (c.want == "gpc" || c.want == "no_consent") {
			t.Errorf("%q is recognised: %t", c.want, !hidden)
		}
		if got.Referrer != "www.instagram.com" {
			t.Errorf("referrer %q", got.Referrer)
		}
	}
	if got := s.earned(anna, store.EarningClicks); got != 300 {
		t.Errorf("earned %d, want 300", got)
	}
	s.proven()
}

// where consent is needed, nobody is recognised without it; with it, they
// are on other days too.
func TestWithoutConsentNobodyIsRecognised(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	d := s.door("")
	anna := s.agreement("anna", `{"id":"ppc","type":"clicks","unit_price":"1.00","dedupe_hours":48}`)
	s.in(func(tx *store.Tx) error { return tx.SetConsentRequired(context.Background(), true) })
	s.click(d, anna, person(1))
	agreed := person(2)
	agreed.Consent = "granted"
	cookie := d.VisitorCookie(context.Background(), s.id, &agreed)
	s.click(d, anna, agreed)
	s.clock.set(start.Add(24 * time.Hour)) // the hash of network and agent is another one today
	agreed.Visitor, agreed.Address = cookie, "198.51.100.4"
	s.click(d, anna, agreed)
	forged := person(2)
	forged.Consent, forged.Visitor = "granted", "0123456789abcdef.0123456789abcdef"
	s.click(d, anna, forged)
	s.settle()
	want := map[string]int{"no_consent": 1, "": 2, "duplicate": 1}
	if got := s.reasons(store.ClickFilter{}); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%v, want %v", got, want)
	}
	refusing := person(3)
	if v := d.VisitorCookie(context.Background(), s.id, &refusing); v != "" {
		t.Errorf("a cookie without consent: %q", v)
	}
	s.proven()
}

func TestMilestonesCountClicksThatNothingElsePaysFor(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	d := s.door("")
	anna := s.agreement("anna", `{"id":"steps","type":"milestones","metric":"clicks","mode":"replace","count_basis":"recorded",
		"steps":[{"at":"50","amount":"100.00"},{"at":"100","amount":"300.00"}]}`)
	var seen []tracking.Seen
	for n := range 120 {
		seen = append(seen, person(n))
	}
	s.flood(d, anna, seen[:60])
	s.settle()
	if got := s.earned(anna, store.EarningMilestone); got != 10000 {
		t.Errorf("60 clicks earned %d, want 10000", got)
	}
	s.flood(d, anna, seen[60:])
	s.settle()
	if got, clicks := s.earned(anna, store.EarningMilestone), s.earned(anna, store.EarningClicks); got != 30000 || clicks != 0 {
		t.Errorf("120 clicks earned %d and %d, want 30000 and 0", got, clicks)
	}
	s.proven()
}

func TestAClickIDIsOursAndOfOneShop(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	ids := platform.NewClickIDs(s.keys)
	signed := ids.Sign(7, [16]byte{1, 2, 3})
	if _, looks, ok := ids.Open(7, signed); !looks || !ok {
		t.Error("our own id does not open")
	}
	if _, looks, ok := ids.Open(8, signed); !looks || ok {
		t.Error("the id opens in another shop")
	}
	for i := range signed {
		b := []byte(signed)
		b[i] ^= 1
		if _, _, ok := ids.Open(7, string(b)); ok {
			t.Errorf("changed at %d it still opens", i)
		}
	}
	for _, s := range []string{"", "anna", signed[:31], signed + "A", "018f2d3c-0000-7000-8000-000000000000"} {
		if _, looks, ok := ids.Open(7, s); looks || ok {
			t.Errorf("%q opens", s)
		}
	}
}

func TestValidClicksCountForTheKPIsUntilTheyAreTakenOut(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	anna := s.agreement("anna", `{"id":"click","type":"clicks","unit_price":"0.40"}`)
	d := s.door("")
	for n := range 3 {
		s.click(d, anna, person(n))
	}
	s.click(d, anna, person(0)) // twice within the day
	s.settle()
	counted := func() (n int64) {
		s.in(func(tx *store.Tx) error {
			rows, err := tx.KPIs(t.Context(), store.KPIFilter{Dim: kpi.Link, ID: s.linkOf(anna), Grain: store.KPITotal, From: start.AddDate(0, 0, -2), To: start.AddDate(0, 0, 2)})
			for i := range rows {
				n += rows[i].Measures[kpi.Clicks]
			}
			return err
		})
		return n
	}
	if got := counted(); got != 3 {
		t.Errorf("%d clicks, want 3", got)
	}
	s.proven()
}
