package tracking_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"

	rules "tributary/internal/domain/content"
	"tributary/internal/domain/kpi"
	"tributary/internal/platform"
	"tributary/internal/program"
	"tributary/internal/store"
	"tributary/internal/tracking/content"
)

// counted is all that was ever counted of one thing.
func (s *shop) counted(dim kpi.Dim, id int64) (m kpi.Measures) {
	s.t.Helper()
	s.in(func(tx *store.Tx) error {
		rows, err := tx.KPIs(context.Background(), store.KPIFilter{Dim: dim, ID: id, Grain: store.KPITotal, From: start.AddDate(-1, 0, 0), To: start.AddDate(2, 0, 0)})
		for i := range rows {
			m.Add(&rows[i].Measures)
		}
		return err
	})
	return m
}

func (s *shop) impressionsOn(day string) (n int64) {
	s.t.Helper()
	s.in(func(tx *store.Tx) error {
		rows, err := tx.KPIs(context.Background(), store.KPIFilter{Dim: kpi.Shop, Grain: store.KPIDay, From: start.AddDate(-1, 0, 0), To: start.AddDate(2, 0, 0)})
		for i := range rows {
			if rows[i].At.Format(time.DateOnly) == day {
				n += rows[i].Measures[kpi.Impressions]
			}
		}
		return err
	})
	return n
}

func TestViewsOfPostsAreImpressionsHoweverTheyAreCorrected(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	anna := s.agreement("anna", priced)
	p := s.video(anna, "aaaaaaaaaaa")
	look := func(after time.Duration, views int64, source string) {
		s.record(p, rules.Snapshot{At: published.Add(after), Source: source, Verified: true, Views: &views})
		s.settle()
	}
	want := func(when string, n int64) {
		t.Helper()
		for dim, id := range map[kpi.Dim]int64{kpi.Shop: 0, kpi.Post: p} {
			if got := s.counted(dim, id)[kpi.Impressions]; got != n {
				t.Errorf("%s: %d impressions of the %s, want %d", when, got, kpi.DimNames[dim], n)
			}
		}
		s.proven()
	}
	look(day, 60_000, "api")
	want("first", 60_000)
	look(3*day, 100_000, "api")
	want("more", 100_000)
	look(day, 50_000, "manual") // at the same instant the API is believed
	want("another word on the first day", 100_000)
	look(2*day, 90_000, "manual") // late: it only moves views to the day before
	want("late", 100_000)
	look(4*day, 80_000, "manual") // the platform took bots away
	want("corrected", 80_000)
	look(4*day, 80_000, "manual") // the same once more
	want("twice", 80_000)
	for day, n := range map[string]int64{"2026-08-02": 60_000, "2026-08-03": 30_000, "2026-08-04": 10_000, "2026-08-05": -20_000} {
		if got := s.impressionsOn(day); got != n {
			t.Errorf("%d on %s, want %d", got, day, n)
		}
	}
	s.in(func(tx *store.Tx) error {
		file := "post,at,views\n" + "pst_1,2026-08-07T12:00:00Z,120000\n" + "pst_1,2026-08-07T12:00:00Z,120000\n"
		rows, err := content.Import(context.Background(), tx, []byte(file), func(string) (int64, error) { return p, nil })
		if err == nil && (rows[0].Result != "wrong" || len(rows) != 2) {
			t.Errorf("a look into the future: %+v", rows)
		}
		return err
	})
	s.clock.set(at("2026-08-07T12:00:00Z"))
	s.in(func(tx *store.Tx) error {
		file := "post,at,views\n" + "pst_1,2026-08-06T12:00:00Z,120000\n"
		_, err := content.Import(context.Background(), tx, []byte(file), func(string) (int64, error) { return p, nil })
		return err
	})
	s.settle()
	want("a file", 120_000)
	s.in(func(tx *store.Tx) error {
		_, err := content.Reject(context.Background(), tx, p, "Not ours", "ben")
		return err
	})
	s.settle()
	want("turned down", 0)
}

func TestPagesLiveSessionsAndPostsHaveTheCostOfWhatTheyBrought(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	s := newShop(t)
	anna := s.agreement("anna", `{"id":"base","type":"percentage","rate_bps":1000},{"id":"eng","type":"engagement","prices":[{"event":"like","unit_price":"0.05"}]}`)
	const page = 5
	visit := uuid.Must(uuid.NewV7())
	begins := start.Add(2 * time.Hour)
	if _, err := s.db.InsertClicks(ctx, []*store.Click{{ShopID: s.id, ID: visit, At: start.Add(time.Minute), Kind: store.ClickLink, AgreementID: anna,
		LinkID: s.linkOf(anna), PageID: page, Visitor: "somebody"}}); err != nil {
		t.Fatal(err)
	}
	var session int64
	s.in(func(tx *store.Tx) error {
		title, ends := "Live", begins.Add(time.Hour)
		l, err := program.AddLiveSession(ctx, tx, program.NewLiveSession{AgreementID: anna, LiveSessionFields: program.LiveSessionFields{Title: &title, StartsAt: &begins, EndsAt: &ends},
			Codes: []program.NewLiveCode{{Code: "LIVE5"}}})
		if err == nil {
			session = l.ID
		}
		return err
	})
	byPage := bought{id: 7, at: start.Add(time.Hour), email: "olga@example.com", click: platform.NewClickIDs(s.keys).Sign(s.id, visit)}
	byLive := bought{id: 8, at: begins.Add(10 * time.Minute), email: "pia@example.com", code: "LIVE5"}
	s.buy(byPage, byLive)
	post := s.video(anna, "aaaaaaaaaaa")
	likes := int64(1000)
	s.record(post, rules.Snapshot{At: s.clock.now(), Source: "api", Verified: true, Likes: &likes})
	s.approve(post)
	s.settle()
	want := func(dim kpi.Dim, id, orders, earned int64) {
		t.Helper()
		if m := s.counted(dim, id); m[kpi.Orders] != orders || m[kpi.Earned] != earned {
			t.Errorf("%s: %d orders and %d earned, want %d and %d", kpi.DimNames[dim], m[kpi.Orders], m[kpi.Earned], orders, earned)
		}
	}
	want(kpi.Page, page, 1, 500)
	want(kpi.Session, session, 1, 500)
	want(kpi.Post, post, 0, 5000)
	s.proven()
	byPage.refunded, byPage.updated = true, byPage.at.Add(3*time.Hour)
	s.buy(byPage)
	want(kpi.Page, page, 1, 0)
	want(kpi.Session, session, 1, 500)
	s.proven()
}
