package intake_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tributary/internal/domain/attribution"
	"tributary/internal/insight"
	"tributary/internal/platform"
	"tributary/internal/program"
	"tributary/internal/store"
)

// liveTerms pay 10 % on codes and links, and 15 % on what is sold live.
const liveTerms = `{"id":"base","type":"percentage","rate_bps":1000,"via":["code","link"]},{"id":"live","type":"percentage","rate_bps":1500,"via":["live"]}`

func clockTime(s string) time.Time {
	t, err := time.Parse(time.RFC3339, "2026-09-02T"+s+"Z")
	if err != nil {
		panic(err)
	}
	return t
}

// session adds a live session with codes.
func (s *shop) session(agreement int64, from, to string, codes ...string) *store.LiveSession {
	s.t.Helper()
	title, start, end := "Live", clockTime(from), clockTime(to)
	n := program.NewLiveSession{AgreementID: agreement, LiveSessionFields: program.LiveSessionFields{Title: &title, StartsAt: &start, EndsAt: &end}}
	for _, c := range codes {
		n.Codes = append(n.Codes, program.NewLiveCode{Code: c})
	}
	var l *store.LiveSession
	s.in(func(tx *store.Tx) (err error) {
		l, err = program.AddLiveSession(context.Background(), tx, n)
		return err
	})
	return l
}

func (s *shop) in(f func(*store.Tx) error) {
	s.t.Helper()
	if err := s.db.InTx(context.Background(), s.id, f); err != nil {
		s.t.Fatal(err)
	}
}

// click records a click on an agreement's link and returns its id.
func (s *shop) click(agreement int64, at time.Time) string {
	s.t.Helper()
	id := uuid.New()
	s.storeClick(id, agreement, at)
	return s.signed(id)
}

// signed is a click's id as it travels through the store.
func (s *shop) signed(id uuid.UUID) string { return platform.NewClickIDs(s.keys).Sign(s.id, id) }

func (s *shop) storeClick(id uuid.UUID, agreement int64, at time.Time) {
	s.t.Helper()
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, s.url)
	if err != nil {
		s.t.Fatal(err)
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, `INSERT INTO clicks (shop_id, id, at, link_id, agreement_id) SELECT shop_id, $2, $3, id, agreement_id FROM links WHERE shop_id = $1 AND agreement_id = $4 LIMIT 1`,
		s.id, id, at, agreement); err != nil {
		s.t.Fatal(err)
	}
}

// order delivers an order of $100.00, or $90.00 with a code.
func (s *shop) order(id int64, at, landing, code string) {
	s.t.Helper()
	o := sale{id: id, at: clockTime(at), landing: landing, code: code, email: fmt.Sprintf("b%d@example.com", id), updated: clockTime(at)}
	s.deliver(hook{"orders/create", fmt.Sprintf("w%d", id), o.order(5000), o.at})
}

// share is the winner of an order in the decision in force; nil: nobody.
func (s *shop) share(id int64) (won *attribution.Share) {
	s.t.Helper()
	s.in(func(tx *store.Tx) error {
		_, ds, err := insight.Why(context.Background(), tx, id)
		if err == nil && len(ds) > 0 && len(ds[len(ds)-1].Shares) > 0 {
			won = &ds[len(ds)-1].Shares[0]
		}
		return err
	})
	return won
}

// via is how an order was won and in which session: "live 3", "link 0".
func (s *shop) via(id int64) string {
	s.t.Helper()
	w := s.share(id)
	if w == nil {
		return "nobody"
	}
	return fmt.Sprintf("%s %d", w.Via, w.SessionID)
}

func (s *shop) resettle(l *store.LiveSession) {
	s.t.Helper()
	var ids []int64
	s.in(func(tx *store.Tx) (err error) {
		ids, err = tx.OrdersOfLiveSession(context.Background(), l.ID)
		return err
	})
	if err := s.settler.Resettle(context.Background(), s.id, ids...); err != nil {
		s.t.Fatal(err)
	}
}

func TestAnOrderIsLiveByTheSessionsCodeOrAClickInIt(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	anna := s.agreement("anna", "ANNA10", liveTerms)
	l := s.session(anna, "18:00:00", "19:00:00", "LIVE10")
	s.clock.set(at(20, 0))
	in := fmt.Sprintf("live %d", l.ID)
	for i, c := range []struct{ click, order, code, want string }{
		{"18:00:00", "18:10:00", "", in},
		{"17:59:59", "18:10:00", "", "click 0"},
		{"19:00:00", "19:30:00", "", in}, // both ends are in
		{"19:00:01", "19:20:00", "", "click 0"},
		{"18:30:00", "19:30:01", "", "click 0"},
		{"", "18:00:00", "LIVE10", in},
		{"", "19:30:00", "LIVE10", in},
		{"", "19:30:01", "LIVE10", "nobody"},
		{"", "17:59:59", "LIVE10", "nobody"},
		{"", "18:30:00", "ANNA10", "code 0"},   // not the session's code
		{"18:30:00", "18:40:00", "ANNA10", in}, // but the buyer came out of it
		{"18:30:00", "20:00:00", "ANNA10", "code 0"},
	} {
		id := int64(100 + i)
		landing := "/"
		if c.click != "" {
			landing = "/?clk=" + s.click(anna, clockTime(c.click))
		}
		s.order(id, c.order, landing, c.code)
		if got := s.via(id); got != c.want {
			t.Errorf("click %q, order %q, code %q: %s, want %s", c.click, c.order, c.code, got, c.want)
		}
		want := int64(1000)
		switch {
		case c.want == "nobody":
			want = 0
		case c.want == in && c.code != "":
			want = 1350
		case c.want == in:
			want = 1500
		case c.code != "":
			want = 900
		}
		if got := s.earnedByOrder()[fmt.Sprintf("agreement %d, order %d", anna, id)]; got != want {
			t.Errorf("order %d earned %d, want %d", id, got, want)
		}
	}
	s.order(200, "18:20:00", "/?ref=anna-link", "") // when the click was is not known
	if got := s.via(200); got != "click 0" {
		t.Error(got)
	}
	s.verify()
	s.replay()
}

func TestAnOrderBelongsToTheSessionThatStartedLast(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	anna, ben := s.agreement("anna", "ANNA10", liveTerms), s.agreement("ben", "BEN10", liveTerms)
	first := s.session(anna, "18:00:00", "20:00:00", "FIRST10")
	second := s.session(anna, "19:00:00", "19:30:00", "SECOND10")
	theirs := s.session(ben, "19:10:00", "20:00:00", "THEIRS10")
	s.clock.set(at(20, 0))
	early, both, bens := s.click(anna, clockTime("18:30:00")), s.click(anna, clockTime("19:10:00")), s.click(ben, clockTime("19:15:00"))
	for i, c := range []struct {
		order, landing, code string
		want                 *store.LiveSession
		who                  int64
	}{
		{"18:40:00", early, "", first, anna},
		{"19:20:00", early, "", first, anna},                  // the click was before the second began
		{"19:20:00", both, "", second, anna},                  // in both: the one that started last
		{"19:20:00", both, "FIRST10", second, anna},           // also when the code is the first one's
		{"19:20:00", early, "SECOND10", second, anna},         // by code
		{"20:10:00", both, "", first, anna},                   // the second one's grace is over
		{"19:20:00", bens, "", theirs, ben},                   // the last click is Ben's
		{"19:20:00", bens, "SECOND10", second, anna},          // a code goes before a click
		{"19:40:00", bens, "THEIRS10", theirs, ben},           //
		{"19:20:00", "x", "SECOND10", second, anna},           // a click that is none of ours
		{"20:30:00", early, "FIRST10", first, anna},           // the very end of the grace
		{"19:50:00", both, "SECOND10", second, anna},          // in its grace
		{"19:50:00", early, "ANNA10", first, anna},            // the agreement's own code, out of the session
		{"19:20:00", both, "BEN10", nil, ben},                 // Ben's own code, and Anna's session
		{"20:30:01", both, "", nil, anna},                     // after all of them
		{"19:05:00", early + "&clk=" + both, "", first, anna}, // a click after the order proves nothing
	} {
		id := int64(100 + i)
		s.order(id, c.order, "/?clk="+c.landing, c.code)
		w := s.share(id)
		var want int64
		if c.want != nil {
			want = c.want.ID
		}
		if w == nil || w.SessionID != want || w.AgreementID != c.who {
			t.Errorf("%+v: %+v", c, w)
		}
	}
	s.verify()
	s.replay()
}

func TestAClickInASessionGoesBeforeABindingAndALaterClickBeforeIt(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	anna, ben := s.agreement("anna", "ANNA10", liveTerms), s.agreement("ben", "BEN10", tenPercent, `"attribution":{"binding":{"months":3}}`)
	l := s.session(anna, "18:00:00", "19:00:00")
	s.clock.set(at(20, 0))
	buyer := func(id int64, at, landing, code string) {
		o := sale{id: id, at: clockTime(at), landing: landing, code: code, email: "bound@example.com", updated: clockTime(at)}
		s.deliver(hook{"orders/create", fmt.Sprintf("w%d", id), o.order(5000), o.at})
	}
	buyer(1, "10:00:00", "/", "BEN10")
	buyer(2, "12:00:00", "/", "") // bound
	buyer(3, "18:20:00", "/?clk="+s.click(anna, clockTime("18:19:30")), "")
	if a, b := s.share(2), s.share(3); a.AgreementID != ben || a.Via != attribution.Bound || b.AgreementID != anna || b.SessionID != l.ID {
		t.Errorf("%+v\n%+v", a, b)
	}
	buyer(4, "18:50:00", "/?clk="+s.click(anna, clockTime("18:19:30"))+"&clk="+s.click(ben, clockTime("18:40:00")), "")
	if w := s.share(4); w.AgreementID != ben || w.SessionID != 0 {
		t.Errorf("%+v", w)
	}
	s.verify()
	s.replay()
}

func TestAClickThatArrivesLateMakesItsOrderLive(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	anna := s.agreement("anna", "ANNA10", liveTerms)
	l := s.session(anna, "18:00:00", "19:00:00")
	s.clock.set(at(3, 0))
	id := uuid.New()
	s.order(1, "18:30:00", "/?clk="+s.signed(id), "")
	if got := s.via(1); got != "nobody" {
		t.Error(got)
	}
	s.storeClick(id, anna, clockTime("18:20:00"))
	if err := s.settler.Resettle(t.Context(), s.id, 1); err != nil {
		t.Fatal(err)
	}
	if got := s.via(1); got != fmt.Sprintf("live %d", l.ID) || s.earned()[anna] != 1500 {
		t.Errorf("%s, %d", got, s.earned()[anna])
	}
	s.verify()
	s.replay()
}

func TestASessionThatMovesOrIsCancelledSettlesWhatIsNotFinal(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	anna := s.agreement("anna", "ANNA10", liveTerms)
	l := s.session(anna, "18:00:00", "19:00:00", "LIVE10")
	s.clock.set(at(3, 0))
	click := s.click(anna, clockTime("18:20:00"))
	s.order(1, "18:30:00", "/?clk="+click, "")
	s.order(2, "21:30:00", "/", "LIVE10") // not yet valid
	s.order(3, "18:40:00", "/?clk="+click, "")
	in := fmt.Sprintf("live %d", l.ID)
	if a, b := s.via(1), s.via(2); a != in || b != "nobody" {
		t.Errorf("%s, %s", a, b)
	}
	s.lock(3)
	from, to := clockTime("21:00:00"), clockTime("22:00:00")
	s.in(func(tx *store.Tx) (err error) {
		l, err = program.ChangeLiveSession(context.Background(), tx, l.ID, program.LiveSessionFields{StartsAt: &from, EndsAt: &to})
		return err
	})
	s.resettle(l)
	if a, b, c := s.via(1), s.via(2), s.via(3); a != "click 0" || b != in || c != in {
		t.Errorf("%s, %s, %s", a, b, c)
	}
	if got := s.earned()[anna]; got != 1000+1350+1500 {
		t.Errorf("%d", got)
	}
	s.verify()
	s.replay()
	s.in(func(tx *store.Tx) (err error) {
		l, err = program.CancelLiveSession(context.Background(), tx, l.ID)
		return err
	})
	s.resettle(l)
	if a, b, c := s.via(1), s.via(2), s.via(3); a != "click 0" || b != "code 0" || c != in {
		t.Errorf("%s, %s, %s", a, b, c)
	}
	if got := s.earned()[anna]; got != 1000+900+1500 {
		t.Errorf("%d", got)
	}
	s.verify()
	s.replay()
}

// lock ends the hold of an order's earning.
func (s *shop) lock(orderID int64) {
	s.t.Helper()
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, s.url)
	if err != nil {
		s.t.Fatal(err)
	}
	defer conn.Close(ctx)
	var id, influencer, posted int64
	if err := conn.QueryRow(ctx, "UPDATE earnings SET locked_at = $3, release_at = $3, state = 'locked' WHERE shop_id = $1 AND kind = 1 AND source = $2 RETURNING id, influencer_id, posted",
		s.id, orderID, s.clock.now()).Scan(&id, &influencer, &posted); err != nil {
		s.t.Fatal(err)
	}
	if _, err := conn.Exec(ctx, `INSERT INTO ledger_entries (shop_id, journal_id, leg, kind, account, influencer_id, earning_id, currency, minor, effective_at, origin_at, posted_at)
		SELECT $1, 1, leg, 2, account, $2, $3, 'USD', minor, $4, $4, $4 FROM (VALUES (0::smallint, 2::smallint, $5::bigint), (1::smallint, 3::smallint, -$5::bigint)) AS v(leg, account, minor)`,
		s.id, influencer, id, s.clock.now(), posted); err != nil {
		s.t.Fatal(err)
	}
}

func TestASessionIsSummedUpNetOfRefunds(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	anna := s.agreement("anna", "ANNA10", liveTerms)
	l := s.session(anna, "18:00:00", "19:00:00", "LIVE10")
	s.clock.set(at(20, 0))
	s.order(1, "18:10:05", "/", "LIVE10")
	s.order(2, "18:10:55", "/?clk="+s.click(anna, clockTime("18:05:00")), "")
	s.order(3, "18:20:00", "/", "LIVE10")
	s.order(4, "18:30:00", "/", "ANNA10") // not of the session
	s.order(5, "18:31:00", "/", "LIVE10")
	refunded := sale{id: 3, at: clockTime("18:20:00"), code: "LIVE10", email: "b3@example.com", updated: clockTime("20:00:00"), refunded: []refundOf{{id: 31, units: 1, at: clockTime("20:00:00"), cents: 4500}}}
	cancelled := sale{id: 5, at: clockTime("18:31:00"), code: "LIVE10", email: "b5@example.com", updated: clockTime("20:00:00"), cancel: true}
	s.deliver(hook{"orders/updated", "u3", refunded.order(5000), refunded.updated}, hook{"orders/cancelled", "u5", cancelled.order(5000), cancelled.updated})
	s.in(func(tx *store.Tx) error {
		minutes, err := tx.LiveMinutes(t.Context(), l.ID)
		if err != nil {
			return err
		}
		want := []store.LiveMinute{{At: clockTime("18:10:00"), Orders: 2, Gross: 19000, Net: 19000}, {At: clockTime("18:20:00"), Orders: 1, Gross: 9000, Net: 4500}}
		if fmt.Sprint(minutes) != fmt.Sprint(want) {
			t.Errorf("%v, want %v", minutes, want)
		}
		sum, err := insight.Live(t.Context(), tx, l.ID)
		if err != nil {
			return err
		}
		if sum.Orders != 3 || sum.Cancelled != 1 || sum.Gross != 28000 || sum.Net != 23500 || sum.Best.At != clockTime("18:10:00") ||
			len(sum.Commission) != 1 || sum.Commission[0].Minor != 3525 {
			t.Errorf("%+v", sum)
		}
		if p := sum.Products; len(p) != 1 || p[0].Units != 5 || p[0].Gross != 28000 || p[0].Net != 23500 {
			t.Errorf("%+v", p)
		}
		return nil
	})
	s.verify()
	s.replay()
}
