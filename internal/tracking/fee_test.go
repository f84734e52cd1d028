package tracking_test

import (
	"testing"

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
