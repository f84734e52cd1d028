package period_test

import (
	"encoding/json"
	"os"
	"testing"
	"time"

	"tributary/internal/domain/period"
)

func TestVectorOfTheHold(t *testing.T) {
	t.Parallel()
	b, err := os.ReadFile("../../../testdata/domain-vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var all []struct {
		ID      string    `json:"id"`
		Zone    string    `json:"shop_tz"`
		Paid    time.Time `json:"paid_at"`
		Days    int       `json:"hold_days"`
		Release time.Time `json:"expect_release"`
		Hours   int64     `json:"expect_hours"`
		Period  period.Month
	}
	if err := json.Unmarshal(b, &all); err != nil {
		t.Fatal(err)
	}
	for _, v := range all {
		if v.ID != "R-30" {
			continue
		}
		z := zone(t, v.Zone)
		got := period.Release(v.Paid, v.Days, z)
		if !got.Equal(v.Release) || got.Sub(v.Paid) != time.Duration(v.Hours)*time.Hour || period.MonthOf(v.Paid, z) != v.Period {
			t.Errorf("%s, month %s; want %s, month %s", got, period.MonthOf(v.Paid, z), v.Release, v.Period)
		}
		return
	}
	t.Error("there is no vector R-30")
}
