package bench

import (
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"tributary/internal/pgtest"
	"tributary/internal/seal"
)

func TestTheFirstPageShowsWhatTheRawRowsGive(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	keys, err := seal.New([]seal.Key{seal.Generate("bench")})
	if err != nil {
		t.Fatal(err)
	}
	url := pgtest.New(t)
	s := &stage{Options: Options{Clicks: 3000, Progress: func(string, string, int, int) {}}, keys: keys, caches: map[string]any{}}
	until := time.Date(2026, 11, 3, 17, 20, 5, 0, time.UTC) // two days after New York set its clocks back
	if err := s.year(ctx, url, until); err != nil {
		t.Fatal(err)
	}
	shop := s.caches["year shop"].(int64)
	page := func(r role) string {
		a, err := r(ctx, task{DatabaseURL: url, ShopID: shop, Until: until}, nil)
		if err != nil {
			t.Fatal(err)
		}
		return a.Value
	}
	ours, naive := page(homeOurs), page(homeNaive)
	if ours != naive {
		t.Errorf("shows\n%.800s\nand the raw rows give\n%.800s", ours, naive)
	}
	if n := strings.Count(ours, `"Currency":"USD"`); n < 300 {
		t.Errorf("only %d rows are compared", n)
	}

	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, "UPDATE clicks SET invalid = 'withdrawn' WHERE id = (SELECT id FROM clicks WHERE invalid = '' ORDER BY at DESC LIMIT 1)"); err != nil {
		t.Fatal(err)
	}
	if page(homeNaive) == ours {
		t.Error("a click that was taken out makes no difference: the comparison sees nothing")
	}
}
