package tracking_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tributary/internal/domain/lead"
	"tributary/internal/platform"
	"tributary/internal/program"
	"tributary/internal/store"
	"tributary/internal/tracking"
)

// form adds a form of the agreement, and returns it.
func (s *shop) form(agreementID int64, doubleOptIn bool) *store.LeadForm {
	s.t.Helper()
	var f *store.LeadForm
	s.in(func(tx *store.Tx) (err error) {
		title := "Ask"
		f, err = program.AddLeadForm(context.Background(), tx, program.NewLeadForm{AgreementID: agreementID,
			LeadFormFields: program.LeadFormFields{Title: &title, DoubleOptIn: &doubleOptIn}})
		return err
	})
	return f
}

func (s *shop) submit(f *store.LeadForm, email string) error {
	ctx := context.Background()
	return s.tracker.OpenForm(ctx, f.PublicID, func(tx *store.Tx, form *store.LeadForm) error {
		_, err := s.tracker.Submit(ctx, tx, form, tracking.Submission{Email: email, Consented: true, IP: "203.0.113.9"})
		return err
	})
}

func (s *shop) take(f *store.LeadForm, emails ...string) {
	s.t.Helper()
	for _, e := range emails {
		if err := s.submit(f, e); err != nil {
			s.t.Fatal(err)
		}
	}
}

// leads are all leads of the shop, the oldest first.
func (s *shop) leads() (ls []store.Lead) {
	s.t.Helper()
	s.in(func(tx *store.Tx) (err error) {
		ls, _, err = tx.ListLeads(context.Background(), store.LeadFilter{}, store.Page{})
		return err
	})
	for i, j := 0, len(ls)-1; i < j; i, j = i+1, j-1 {
		ls[i], ls[j] = ls[j], ls[i]
	}
	return ls
}

// say decides on a lead; it returns what is in the way of that.
func (s *shop) say(id int64, outcome lead.State, reason string) error {
	return s.db.InTx(context.Background(), s.id, func(tx *store.Tx) error {
		_, err := s.tracker.DecideLead(context.Background(), tx, id, outcome, reason)
		return err
	})
}

func (s *shop) states(want ...lead.State) {
	s.t.Helper()
	got := s.leads()
	for i := range got {
		if i >= len(want) || got[i].State != string(want[i]) {
			s.t.Errorf("lead %d is %s (%s), want %v", i+1, got[i].State, got[i].Reason, want)
		}
	}
	if len(got) != len(want) {
		s.t.Errorf("%d leads, want %d", len(got), len(want))
	}
}

func (s *shop) later(d time.Duration) { s.clock.set(s.clock.now().Add(d)) }

const day = 24 * time.Hour

const leadFor12 = `{"id":"lead","type":"leads","amount":"12.00","vetting_days":3}`

func TestADeadlineDecidesWhatNobodyDid(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	strict := s.agreement("anna", leadFor12)
	kind := s.agreement("ben", `{"id":"lead","type":"leads","amount":"5.00","vetting_days":3,"on_deadline":"qualify"}`)
	s.take(s.form(strict, false), "a@example.com")
	s.later(time.Minute)
	s.take(s.form(kind, false), "b@example.com")
	s.settle()
	s.states(lead.Vetting, lead.Vetting)
	s.later(3*day - 2*time.Minute)
	s.settle()
	s.states(lead.Vetting, lead.Vetting)
	s.later(time.Minute) // the first one's deadline
	if due, err := s.tracker.DueShops(t.Context()); err != nil || len(due) != 1 {
		t.Errorf("due %v, %v", due, err)
	}
	s.settle()
	s.states(lead.Expired, lead.Vetting)
	s.later(time.Minute)
	s.settle()
	s.states(lead.Expired, lead.Qualified)
	if s.earned(strict, store.EarningLead) != 0 || s.earned(kind, store.EarningLead) != 500 {
		t.Errorf("earned %d and %d", s.earned(strict, store.EarningLead), s.earned(kind, store.EarningLead))
	}
	if err := s.say(s.leads()[0].ID, lead.Qualified, ""); err == nil || !strings.Contains(err.Error(), "Nobody decided") {
		t.Errorf("%v", err)
	}
	s.proven()
}

func TestALeadThatTurnsOutBadGivesItsPlaceToTheNextInfluencer(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	anna, ben := s.agreement("anna", leadFor12), s.agreement("ben", leadFor12)
	s.take(s.form(anna, false), "fan@gmail.com")
	s.later(time.Hour)
	s.take(s.form(ben, false), "F.an+x@googlemail.com")
	s.settle()
	s.states(lead.Vetting, lead.Duplicate)
	first, second := s.leads()[0].ID, s.leads()[1].ID
	if err := s.say(second, lead.Qualified, ""); err == nil || !strings.Contains(err.Error(), "duplicate") {
		t.Errorf("%v", err)
	}
	if err := s.say(first, lead.Qualified, ""); err != nil {
		t.Fatal(err)
	}
	s.settle()
	if s.earned(anna, store.EarningLead) != 1200 {
		t.Errorf("anna has %d", s.earned(anna, store.EarningLead))
	}
	s.later(20 * day)
	if err := s.say(first, lead.Rejected, "not a person"); err != nil {
		t.Fatal(err)
	}
	s.states(lead.Rejected, lead.Vetting)
	if err := s.say(second, lead.Qualified, ""); err != nil {
		t.Fatal(err)
	}
	s.settle()
	if a, b := s.earned(anna, store.EarningLead), s.earned(ben, store.EarningLead); a != 0 || b != 1200 {
		t.Errorf("anna has %d, ben %d", a, b)
	}
	e := s.earnings(anna, store.EarningLead)[0]
	if e.State != store.EarningVoid || e.Reason != "rejected: not a person" {
		t.Errorf("%+v", e)
	}
	s.proven()

	// Ben's hold is over: it stays, whatever is said or comes to light.
	s.later(31 * day)
	s.settle()
	if err := s.say(second, lead.Rejected, "bad"); err == nil || !strings.Contains(err.Error(), "hold") {
		t.Errorf("%v", err)
	}
	s.bring("email,agreement,submitted_at\nfan@gmail.com,agr_%d,2026-08-01T12:00:00Z\n", anna)
	s.settle()
	if a, b := s.earned(anna, store.EarningLead), s.earned(ben, store.EarningLead); a != 0 || b != 1200 {
		t.Errorf("anna has %d, ben %d", a, b)
	}
	if e := s.earnings(ben, store.EarningLead)[0]; e.State != store.EarningLocked {
		t.Errorf("%+v", e)
	}
	s.proven()
}

// bring imports a file of leads.
func (s *shop) bring(file string, args ...any) *tracking.Imported {
	s.t.Helper()
	var got *tracking.Imported
	s.in(func(tx *store.Tx) (err error) {
		got, err = s.tracker.ImportLeads(context.Background(), tx, fmt.Appendf(nil, file, args...))
		return err
	})
	return got
}

func TestAnEarlierLeadThatArrivesLateWinsWhileTheHoldRuns(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	anna, ben := s.agreement("anna", leadFor12), s.agreement("ben", leadFor12)
	s.later(day)
	s.take(s.form(ben, false), "fan@example.com")
	s.settle()
	if err := s.say(s.leads()[0].ID, lead.Qualified, ""); err != nil {
		t.Fatal(err)
	}
	s.settle()
	if got := s.bring("email,agreement,submitted_at\nfan@example.com,agr_%d,2026-08-01T13:00:00Z\n", anna); got.Created != 1 {
		t.Fatalf("%+v", got)
	}
	s.settle()
	s.states(lead.Vetting, lead.Duplicate) // by submission: anna's first
	if b := s.earned(ben, store.EarningLead); b != 0 {
		t.Errorf("ben has %d", b)
	}
	s.proven()
}

func TestLeadsStopEarningAtTheCapAndTheNextMovesUp(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	id := s.agreement("anna", `{"id":"lead","type":"leads","amount":"12.00","max_count":2}`, `"threshold":"0.00"`)
	f := s.form(id, false)
	for i := range 3 {
		s.take(f, fmt.Sprintf("p%d@example.com", i))
		s.later(time.Minute)
	}
	s.settle()
	for _, l := range s.leads() {
		if err := s.say(l.ID, lead.Qualified, ""); err != nil {
			t.Fatal(err)
		}
	}
	s.settle()
	if got := s.earned(id, store.EarningLead); got != 2400 {
		t.Errorf("%d", got)
	}
	if err := s.say(s.leads()[0].ID, lead.Rejected, "bad"); err != nil {
		t.Fatal(err)
	}
	s.settle()
	es := s.earnings(id, store.EarningLead)
	if got := s.earned(id, store.EarningLead); got != 2400 || es[0].Posted != 0 || es[2].Posted != 1200 {
		t.Errorf("%d: %+v", got, es)
	}
	s.proven()
}

func TestALadderCountsQualifiedLeads(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	id := s.agreement("anna", `{"id":"ladder","type":"milestones","metric":"leads","count_basis":"recorded","steps":[{"at":"2","amount":"50.00"}]}`)
	f := s.form(id, false)
	s.take(f, "a@example.com", "b@example.com")
	s.settle()
	ls := s.leads()
	if err := s.say(ls[0].ID, lead.Qualified, ""); err != nil {
		t.Fatal(err)
	}
	s.settle()
	if got := s.earned(id, store.EarningMilestone); got != 0 {
		t.Errorf("%d by one lead", got)
	}
	if err := s.say(ls[1].ID, lead.Qualified, ""); err != nil {
		t.Fatal(err)
	}
	s.settle()
	if got := s.earned(id, store.EarningMilestone); got != 5000 {
		t.Errorf("%d by two leads", got)
	}
	s.proven()
}

func TestManySubmissionsAndConfirmationsAtOnceMakeOneLead(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	id := s.agreement("anna", `{"id":"lead","type":"leads","amount":"12.00","on_deadline":"qualify","vetting_days":1}`)
	f := s.form(id, true)
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			if err := s.submit(f, "fan@example.com"); err != nil {
				t.Error(err)
			}
			if _, err := s.tracker.Drain(context.Background(), s.id); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	s.settle()
	var paths []string
	s.in(func(tx *store.Tx) error {
		rows, err := tx.OutboxOfKind(context.Background(), tracking.MailLeadConfirm)
		for _, r := range rows {
			m, err := s.tracker.ConfirmMail(context.Background(), tx, r.Payload)
			if err != nil {
				return err
			}
			paths = append(paths, strings.TrimPrefix(m.Path, "/f/confirm/"))
		}
		return err
	})
	if len(paths) == 0 || len(paths) > 3 {
		t.Fatalf("%d mails", len(paths))
	}
	for i := range 16 {
		wg.Go(func() {
			if c, err := s.tracker.Confirmation(context.Background(), paths[i%len(paths)], true); err != nil || !c.Confirmed {
				t.Errorf("%+v, %v", c, err)
			}
		})
	}
	wg.Wait()
	s.later(25 * time.Hour)
	s.settle()
	if got := s.earned(id, store.EarningLead); got != 1200 || len(s.earnings(id, store.EarningLead)) != 1 {
		t.Errorf("%d", got)
	}
	s.proven()
}

func TestAFileThatIsSentManyTimesAtOnceIsTakenInOnce(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	id := s.agreement("anna", leadFor12)
	var wg sync.WaitGroup
	var created atomic.Int64
	for range 8 {
		wg.Go(func() {
			created.Add(int64(s.bring("email,agreement,external_id\na@example.com,agr_%d,x1\nb@example.com,agr_%d,x2\n", id, id).Created))
		})
	}
	wg.Wait()
	if created.Load() != 2 {
		t.Errorf("%d created", created.Load())
	}
	s.settle()
	s.states(lead.Vetting, lead.Vetting)
}

func TestAMailboxIsEnteredSoOftenADayAndNoMore(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	f := s.form(s.agreement("anna", leadFor12), false)
	for range 50 {
		s.take(f, "fan@example.com")
	}
	if err := s.submit(f, "FAN@example.com"); err == nil || !strings.Contains(err.Error(), "too often") {
		t.Errorf("%v", err)
	}
	s.later(day)
	s.take(f, "fan@example.com")
}

func TestALeadUnderNewTermsEarnsByThem(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	id := s.agreement("anna", leadFor12)
	f := s.form(id, false)
	s.take(f, "a@example.com")
	s.later(time.Hour)
	s.in(func(tx *store.Tx) error {
		doc := `{"version":1,"currency":"USD","components":[{"id":"lead","type":"leads","amount":"20.00","vetting_days":3}]}`
		if _, err := program.DraftVersion(context.Background(), tx, id, []byte(doc)); err != nil {
			return err
		}
		return sign(context.Background(), tx, id)
	})
	s.later(time.Hour)
	s.take(f, "b@example.com")
	s.settle()
	for _, l := range s.leads() {
		if err := s.say(l.ID, lead.Qualified, ""); err != nil {
			t.Fatal(err)
		}
	}
	s.settle()
	if got := s.earned(id, store.EarningLead); got != 3200 {
		t.Errorf("%d", got)
	}
	s.proven()
}

func TestACampaignsLeadIsTheClicksWhileItsWindowRuns(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	id := s.agreement("anna", leadFor12, `"attribution":{"window_days":7}`)
	ctx := context.Background()
	var f *store.LeadForm
	s.in(func(tx *store.Tx) error {
		a, err := tx.Agreement(ctx, id)
		if err != nil {
			return err
		}
		title := "Ask"
		f, err = program.AddLeadForm(ctx, tx, program.NewLeadForm{CampaignID: a.CampaignID, LeadFormFields: program.LeadFormFields{Title: &title}})
		return err
	})
	s.later(20 * day)
	click := func(ago time.Duration, refused string) string {
		conn, err := pgx.Connect(ctx, s.url)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close(ctx)
		n := uuid.New()
		if _, err := conn.Exec(ctx, "INSERT INTO clicks (shop_id, id, at, link_id, agreement_id, refused) SELECT shop_id, $2, $3, id, agreement_id, $4 FROM links WHERE shop_id = $1 LIMIT 1",
			s.id, n, s.clock.now().Add(-ago), refused); err != nil {
			t.Fatal(err)
		}
		return platform.NewClickIDs(s.keys).Sign(s.id, n)
	}
	for i, c := range []struct {
		click, via string
		agreement  int64
	}{
		{click(7*day, ""), "click", id}, {click(7*day+time.Second, ""), "", 0}, {click(time.Hour, "preview"), "", 0}, {uuid.NewString(), "", 0}, {"nonsense", "", 0},
	} {
		err := s.tracker.OpenForm(ctx, f.PublicID, func(tx *store.Tx, form *store.LeadForm) error {
			l, err := s.tracker.Submit(ctx, tx, form, tracking.Submission{Email: fmt.Sprintf("p%d@example.com", i), Consented: true, ClickID: c.click})
			if err == nil && (l.AgreementID != c.agreement || l.Via != c.via) {
				t.Errorf("%+v: agreement %d via %q", c, l.AgreementID, l.Via)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	s.settle()
	s.states(lead.Vetting, lead.Vetting, lead.Vetting, lead.Vetting, lead.Vetting)
	s.proven()
}
