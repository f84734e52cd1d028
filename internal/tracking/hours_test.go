package tracking_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"

	"tributary/internal/domain/kpi"
	"tributary/internal/domain/order"
	"tributary/internal/earning"
	"tributary/internal/platform"
	"tributary/internal/program"
	"tributary/internal/store"
	"tributary/internal/tenant"
)

// hours counts the hours of one thing that begin in [from, to).
func (s *shop) hours(dim kpi.Dim, id int64, from, to time.Time) kpi.Cells {
	s.t.Helper()
	out := kpi.Cells{}
	s.in(func(tx *store.Tx) error {
		book, err := earning.NewBook(context.Background(), tx)
		if err != nil {
			return err
		}
		rows, err := book.Hours(context.Background(), store.KPIFilter{Dim: dim, ID: id, Grain: store.KPIHour, From: from, To: to})
		for i := range rows {
			out.At(kpi.Key{Dim: dim, ID: rows[i].ID, Hour: rows[i].At, Currency: rows[i].Currency}).Add(&rows[i].Measures)
		}
		return err
	})
	return out
}

// kept is what is stored of a grain.
func (s *shop) kept(grain store.KPIGrain) kpi.Cells {
	s.t.Helper()
	out := kpi.Cells{}
	s.in(func(tx *store.Tx) error {
		return tx.EachKPI(context.Background(), grain, func(k kpi.Key, m *kpi.Measures) { out.At(k).Add(m) })
	})
	return out
}

func (s *shop) same(what string, got, want kpi.Cells) {
	s.t.Helper()
	got.Add(want, -1)
	for _, k := range got.Keys() {
		for m, off := range got[k] {
			if off != 0 {
				s.t.Errorf("%s: %s of %s %d at %s is off by %d from %d", what, kpi.Names[m], kpi.DimNames[k.Dim], k.ID, k.Hour.Format(time.RFC3339), off, want.At(k)[m])
			}
		}
	}
}

func TestHoursOfEverythingAddUpToItsDays(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	s := newShop(t)
	s.everything() // of anna
	const split = `"attribution":{"precedence":"split","split_bps":[5000,5000],"late_touch_seconds":0}`
	ben := s.agreement("ben", `{"id":"base","type":"percentage","rate_bps":1000}`, split)
	carl := s.agreement("carl", `{"id":"base","type":"percentage","rate_bps":2000}`, split)
	s.clock.set(at("2026-08-14T03:00:00Z")) // still the 13th in New York
	visit := uuid.Must(uuid.NewV7())
	if _, err := s.db.InsertClicks(ctx, []*store.Click{{ShopID: s.id, ID: visit, At: s.clock.now(), Kind: store.ClickLink, AgreementID: carl, LinkID: s.linkOf(carl), PageID: 9, Visitor: "pia"}}); err != nil {
		t.Fatal(err)
	}
	begins := at("2026-08-14T18:00:00Z")
	s.in(func(tx *store.Tx) error {
		title, ends := "Live", begins.Add(time.Hour)
		_, err := program.AddLiveSession(ctx, tx, program.NewLiveSession{AgreementID: ben, LiveSessionFields: program.LiveSessionFields{Title: &title, StartsAt: &begins, EndsAt: &ends},
			Codes: []program.NewLiveCode{{Code: "LIVE5"}}})
		return err
	})
	shared := bought{id: 21, at: at("2026-08-14T03:59:59Z"), email: "pia@example.com", click: platform.NewClickIDs(s.keys).Sign(s.id, visit), code: "BEN10"}
	live := bought{id: 22, at: begins.Add(10 * time.Minute), email: "quinn@example.com", code: "LIVE5"}
	late := bought{id: 23, at: at("2026-08-15T12:00:00Z"), paid: at("2026-09-02T15:30:00Z"), updated: at("2026-09-02T15:30:00Z"), email: "rosa@example.com", code: "BEN10"}
	again := bought{id: 24, at: at("2026-09-03T03:30:00Z"), email: "pia@example.com"}
	s.buy(shared, live, late, again)
	live.refunded, live.updated = true, at("2026-09-04T09:00:00Z")
	s.buy(live)
	s.proven()

	days := s.kept(store.KPIDay)
	if m := days.At(kpi.Key{Dim: kpi.Influencer, ID: 2, Hour: at("2026-09-02T00:00:00Z"), Currency: "USD"}); m[kpi.Orders] != 1 {
		t.Errorf("the order paid in September counts %d there", m[kpi.Orders])
	}
	if m := days.At(kpi.Key{Dim: kpi.Shop, Hour: at("2026-08-13T00:00:00Z"), Currency: "USD"}); m[kpi.Orders] != 1 || m[kpi.Gross] != 5000 {
		t.Errorf("the order that two share is %d orders of %d on its day", m[kpi.Orders], m[kpi.Gross])
	}
	zone, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	from, to := at("2026-07-31T04:00:00Z"), at("2026-09-30T04:00:00Z")
	things, seen := map[kpi.Key]kpi.Cells{}, map[kpi.Dim]bool{}
	for k, m := range days {
		thing := kpi.Key{Dim: k.Dim, ID: k.ID}
		if things[thing] == nil {
			things[thing] = kpi.Cells{}
		}
		things[thing].At(k).Add(m)
		seen[k.Dim] = true
	}
	if len(seen) != len(kpi.DimNames) {
		t.Errorf("only dimensions %v have anything", seen)
	}
	for thing, want := range things {
		added := kpi.Cells{}
		for k, m := range s.hours(thing.Dim, thing.ID, from, to) {
			if k.Hour.Minute() != 0 {
				t.Errorf("an hour begins at %s", k.Hour)
			}
			y, mo, d := k.Hour.In(zone).Date()
			k.Hour = time.Date(y, mo, d, 0, 0, 0, 0, time.UTC)
			added.At(k).Add(m)
		}
		s.same("hours of "+kpi.DimNames[thing.Dim], added, want)
		for k, m := range want { // a range of one day has that day, and nothing of those beside it
			y, mo, d := k.Hour.Date()
			one := kpi.Cells{}
			for _, h := range s.hours(thing.Dim, thing.ID, time.Date(y, mo, d, 0, 0, 0, 0, zone), time.Date(y, mo, d+1, 0, 0, 0, 0, zone)) {
				one.At(k).Add(h)
			}
			s.same("the hours of one day", one, kpi.Cells{k: m})
		}
	}
	s.same("hours of the shop beside those kept", s.hours(kpi.Shop, 0, from, to), s.kept(store.KPIHour))
	other, err := tenant.AddShop(ctx, s.db, s.keys, tenant.NewShop{Platform: order.Shopify, Domain: "bea-store.myshopify.com", Currency: "USD", TimeZone: "America/New_York"})
	if err != nil {
		t.Fatal(err)
	}
	s.id = other.ID
	for thing := range things {
		if got := s.hours(thing.Dim, thing.ID, from, to); len(got) != 0 {
			t.Errorf("another shop sees %d hours of %s %d", len(got), kpi.DimNames[thing.Dim], thing.ID)
		}
	}
}
