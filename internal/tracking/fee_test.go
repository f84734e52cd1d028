package tracking_test

import (
	"testing"

	"tributary/internal/program"
	"tributary/internal/store"
)

func TestAFeeIsPayableWhenItFallsDue(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	once := s.agreement("anna", `{"id":"fee","type":"flat_fee","amount":"250.00"}`)
	monthly := s.agreement("ben", `{"id":"retainer","type":"flat_fee","amount":"100.00","due":"monthly"}`)
	dated := s.agreement("cara", `{"id":"launch","type":"flat_fee","amount":"40.00","due":"on_date","due_date":"2026-09-15"}`)
	s.settle()
	for id, want := range map[int64]int64{once: 25000, monthly: 10000, dated: 0} {
		if got := s.earned(id, store.EarningFee); got != want {
			t.Errorf("agreement %d has %d, want %d", id, got, want)
		}
	}
	s.clock.set(at("2026-09-15T03:59:59Z")) // 14 September in New York
	s.settle()
	if got := s.earned(dated, store.EarningFee); got != 0 {
		t.Errorf("%d a moment before the day", got)
	}
	s.clock.set(at("2026-10-01T12:00:00Z"))
	s.settle()
	for id, want := range map[int64]int64{once: 25000, monthly: 30000, dated: 4000} {
		if got := s.earned(id, store.EarningFee); got != want {
			t.Errorf("agreement %d has %d, want %d", id, got, want)
		}
		for _, e := range s.earnings(id, store.EarningFee) {
			if e.State != store.EarningLocked {
				t.Errorf("agreement %d: a fee is %s", id, e.State)
			}
		}
	}
	s.settle()
	s.proven()
}

func TestNewTermsDoNotMakeAFeeDueAgain(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	id := s.agreement("anna", `{"id":"fee","type":"flat_fee","amount":"250.00"},{"id":"retainer","type":"flat_fee","amount":"10.00","due":"monthly"},
		{"id":"kit","type":"gift","amount":"80.00"}`)
	s.settle()
	s.clock.set(at("2026-08-20T12:00:00Z"))
	s.in(func(tx *store.Tx) error {
		if _, err := program.DraftVersion(t.Context(), tx, id, []byte(`{"version":1,"currency":"USD","components":[
			{"id":"fee","type":"flat_fee","amount":"250.00"},{"id":"retainer","type":"flat_fee","amount":"20.00","due":"monthly"},
			{"id":"kit","type":"gift","amount":"80.00"},{"id":"base","type":"percentage","rate_bps":1000}]}`)); err != nil {
			return err
		}
		return sign(t.Context(), tx, id)
	})
	s.settle()
	if got := s.earned(id, store.EarningFee); got != 26000 {
		t.Errorf("%d on the day of the new terms", got)
	}
	s.clock.set(at("2026-09-02T12:00:00Z"))
	s.settle()
	if got := s.earned(id, store.EarningFee); got != 28000 {
		t.Errorf("%d after a month", got)
	}
	if gifts := s.earnings(id, store.EarningGift); len(gifts) != 1 || gifts[0].Posted != 0 || gifts[0].NetBase != 8000 {
		t.Errorf("%+v", gifts)
	}
	s.proven()
}
