package tracking_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	rules "tributary/internal/domain/content"
	"tributary/internal/domain/kpi"
	"tributary/internal/domain/lead"
	"tributary/internal/store"
	"tributary/internal/tracking/giveaway"
)

// everything lets one of all that the KPIs count happen.
func (s *shop) everything() {
	s.t.Helper()
	d := s.door("")
	anna := s.agreement("anna", `{"id":"base","type":"percentage","rate_bps":1000},{"id":"ppc","type":"clicks","unit_price":"0.40"},
		{"id":"ppl","type":"leads","amount":"12.00"},{"id":"win","type":"giveaway","amount":"2.00"},
		{"id":"eng","type":"engagement","prices":[{"event":"like","unit_price":"0.05"}]},{"id":"kit","type":"gift","amount":"80.00"}`)
	s.click(d, anna, person(1))
	if _, err := s.db.InsertClicks(context.Background(), []*store.Click{{ShopID: s.id, ID: uuid.Must(uuid.NewV7()), At: start.Add(time.Minute), Kind: store.ClickVisit, AgreementID: anna,
		PageID: 5, Visitor: "somebody"}}); err != nil {
		s.t.Fatal(err)
	}
	s.take(s.form(anna, false), "lea@example.com")
	s.settle()
	if err := s.say(s.leads()[0].ID, lead.Qualified, "bought a sample"); err != nil {
		s.t.Fatal(err)
	}
	g := s.planned(nil, anna)
	s.clock.set(g.OpensAt.Add(time.Minute))
	s.mustEnter(g, giveaway.Form{Email: "eva@example.com", Country: "US", Way: "free", Ref: "anna"})
	clicked := s.click(d, anna, person(2))
	s.later(time.Hour)
	first := bought{id: 7, at: s.clock.now(), email: "olga@example.com", click: string(clicked)}
	s.buy(first)
	s.later(time.Hour)
	second := bought{id: 8, at: s.clock.now(), email: "olga@example.com", code: "ANNA10"}
	s.buy(second)
	second.refunded, second.updated = true, s.clock.now().Add(time.Hour)
	s.later(2 * time.Hour)
	s.buy(second)
	post := s.video(anna, "aaaaaaaaaaa")
	views, likes := int64(60_000), int64(1000)
	s.record(post, rules.Snapshot{At: s.clock.now(), Source: "api", Verified: true, Views: &views, Likes: &likes})
	s.approve(post)
	s.settle()
}

func TestARecountEqualsEveryMeasureAndFindsEachThatIsOff(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	s := newShop(t)
	s.everything()
	s.proven()
	conn, err := pgx.Connect(ctx, s.url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	sums := s.counted(kpi.Shop, 0)
	for table, at := range map[string]string{"kpi_days": "day", "kpi_hours": "hour"} {
		for m, name := range kpi.Names {
			if sums[m] == 0 {
				t.Errorf("nothing of %s happened, so that nothing is proven of it", name)
				continue
			}
			off := func(by int) {
				t.Helper()
				tag, err := conn.Exec(ctx, fmt.Sprintf(`UPDATE %[1]s SET %[2]s = %[2]s + $1
					WHERE (shop_id, dim, id, %[3]s, currency) = (SELECT shop_id, dim, id, %[3]s, currency FROM %[1]s WHERE dim = 0 ORDER BY %[3]s LIMIT 1)`, table, name, at), by)
				if err != nil || tag.RowsAffected() != 1 {
					t.Fatal(tag, err)
				}
			}
			off(1)
			diff, err := s.tracker.Verify(ctx, s.id)
			if err != nil {
				t.Fatal(err)
			}
			if len(diff) != 1 || diff[0].Invariant != "kpi_equals_recount" || !strings.HasPrefix(diff[0].Subject, name+" of shop") {
				t.Errorf("one more %s in %s: verify says %+v", name, table, diff)
			}
			off(-1)
		}
	}
	s.proven()
}
