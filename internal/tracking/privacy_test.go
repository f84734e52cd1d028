package tracking_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/klauspost/compress/s2"

	"tributary/internal/domain/lead"
	"tributary/internal/intake"
	"tributary/internal/obs"
	"tributary/internal/platform"
	"tributary/internal/store"
	"tributary/internal/tracking/giveaway"
)

// send delivers a webhook and settles it.
func (s *shop) send(topic, id string, body []byte) {
	s.t.Helper()
	log := slog.New(slog.DiscardHandler)
	inbox := intake.NewInbox(s.db, log, func(int64) {}, nil)
	defer inbox.Close()
	door := intake.NewReceiver(s.db, inbox, s.keys, log, obs.NewMetrics("test"), "hush")
	head := http.Header{}
	for k, v := range map[string]string{"X-Shopify-Topic": topic, "X-Shopify-Hmac-Sha256": platform.Sign(body, "hush"), "X-Shopify-Shop-Domain": "anna-store.myshopify.com",
		"X-Shopify-API-Version": "2026-10", "X-Shopify-Webhook-Id": id, "X-Shopify-Triggered-At": s.clock.now().Format(time.RFC3339Nano)} {
		head.Set(k, v)
	}
	if err := door.Shopify(context.Background(), head, body); err != nil {
		s.t.Fatal(err)
	}
	s.settle()
}

func sample(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile("../../testdata/shopify/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return bytes.ReplaceAll(b, []byte("example-goods.myshopify.com"), []byte("anna-store.myshopify.com"))
}

// found is where in the database any of the words stands: in text of any kind,
// in bytes, and in bytes once they are decompressed.
func (s *shop) found(words ...string) (places []string) {
	s.t.Helper()
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, s.url)
	if err != nil {
		s.t.Fatal(err)
	}
	defer conn.Close(ctx)
	rows, err := conn.Query(ctx, `SELECT c.table_name, c.column_name, c.data_type FROM information_schema.columns c JOIN information_schema.tables t USING (table_schema, table_name)
		WHERE c.table_schema = 'public' AND t.table_type = 'BASE TABLE' AND c.data_type NOT IN ('bigint', 'integer', 'smallint', 'boolean', 'date', 'timestamp with time zone', 'uuid', 'xid8')
		  AND NOT EXISTS (SELECT FROM pg_inherits i WHERE i.inhrelid = (quote_ident(c.table_name))::regclass)`)
	if err != nil {
		s.t.Fatal(err)
	}
	type column struct{ table, name, kind string }
	columns, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (c column, err error) {
		return c, r.Scan(&c.table, &c.name, &c.kind)
	})
	if err != nil {
		s.t.Fatal(err)
	}
	if len(columns) < 100 {
		s.t.Fatalf("only %d columns are looked through", len(columns))
	}
	for _, c := range columns {
		value := fmt.Sprintf("convert_to(%s::text, 'UTF8')", pgx.Identifier{c.name}.Sanitize())
		if c.kind == "bytea" {
			value = pgx.Identifier{c.name}.Sanitize()
		}
		rows, err := conn.Query(ctx, fmt.Sprintf("SELECT %s FROM %s WHERE %s IS NOT NULL", value, pgx.Identifier{c.table}.Sanitize(), pgx.Identifier{c.name}.Sanitize()))
		if err != nil {
			s.t.Fatal(err)
		}
		values, err := pgx.CollectRows(rows, pgx.RowTo[[]byte])
		if err != nil {
			s.t.Fatal(c, err)
		}
		for _, v := range values {
			if plain, err := s2.Decode(nil, v); err == nil {
				v = append(v, plain...)
			}
			for _, w := range words {
				if bytes.Contains(bytes.ToLower(v), []byte(strings.ToLower(w))) {
					places = append(places, fmt.Sprintf("%s.%s has %q", c.table, c.name, w))
				}
			}
		}
	}
	return places
}

// people fills the shop with what a buyer leaves behind, and returns the words
// that tell of them.
func (s *shop) people() (words []string) {
	s.t.Helper()
	s.clock.set(at("2026-10-01T12:00:00Z"))
	anna := s.agreement("anna", `{"id":"base","type":"percentage","rate_bps":1200},{"id":"ppl","type":"leads","amount":"12.00"},`+entryPay)
	body := sample(s.t, "orders_create_one_code.json")
	var o struct {
		ID        int64
		Email     string
		CreatedAt time.Time `json:"created_at"`
		Customer  struct {
			ID        int64
			FirstName string `json:"first_name"`
			LastName  string `json:"last_name"`
		}
		Shipping map[string]any `json:"shipping_address"`
	}
	if err := json.Unmarshal(body, &o); err != nil {
		s.t.Fatal(err)
	}
	words = []string{o.Email, fmt.Sprint(o.Customer.ID)}
	for _, k := range []string{"first_name", "last_name", "address1", "phone", "name"} {
		if w, _ := o.Shipping[k].(string); len(w) > 3 {
			words = append(words, w)
		}
	}
	if len(words) < 5 {
		s.t.Fatalf("the sample says little: %q", words)
	}
	f := s.form(anna, false)
	s.take(f, o.Email)
	s.settle()
	if err := s.say(s.leads()[0].ID, lead.Qualified, "yes"); err != nil {
		s.t.Fatal(err)
	}
	g := s.planned(func(f *giveaway.Fields) {
		opens, closes := at("2026-10-02T00:00:00Z"), o.CreatedAt.Add(30*day)
		f.OpensAt, f.ClosesAt = &opens, &closes
	}, anna)
	s.clock.set(at("2026-10-02T12:00:00Z"))
	s.mustEnter(g, giveaway.Form{Email: o.Email, Country: "US", Way: "free", Ref: "anna"})
	s.clock.set(o.CreatedAt.Add(time.Hour))
	s.send("orders/create", "w1", body)
	s.send("refunds/create", "w2", sample(s.t, "refunds_create_partial.json"))
	s.send("orders/create", "w3", bytes.Replace(body, []byte(`{"id"`), []byte(`{"odd":1,"total_price":{},"id"`), 1)) // cannot be read
	guest := bought{id: 99, at: s.clock.now(), email: o.Email, code: "ANNA10"}
	s.buy(guest)
	other := bought{id: 100, at: s.clock.now(), email: "somebody.else@example.org", code: "ANNA10"}
	s.buy(other)
	s.written(anna, o.Email)
	s.proven()
	return words
}

// written has somebody apply to a campaign, and a dispute speak of them.
func (s *shop) written(agreement int64, email string) {
	s.t.Helper()
	ctx := context.Background()
	s.in(func(tx *store.Tx) error {
		a, err := tx.Agreement(ctx, agreement)
		if err != nil {
			return err
		}
		if err := tx.AddApplication(ctx, &store.Application{CampaignID: a.CampaignID, Name: "Pat", Email: email, Answers: []store.Answered{{Question: "Who are you?", Answer: "I am " + email}}}); err != nil {
			return err
		}
		d := store.Dispute{InfluencerID: a.InfluencerID, Subject: "missing_order", About: "#7", Currency: "USD", Claimed: 100, Evidence: "{}", State: store.DisputeOpen, AnswerBy: tx.Now.Add(day)}
		if err := tx.AddDispute(ctx, &d); err != nil {
			return err
		}
		_, err = tx.AddDisputeMessage(ctx, d.ID, "influencer", "Ask "+strings.ToUpper(email)+", they bought it")
		return err
	})
}

func (s *shop) privacy() {
	s.t.Helper()
	if err := s.settler.Privacy(context.Background()); err != nil {
		s.t.Fatal(err)
	}
}

// asked is what customers/… says of the buyer in the sample.
func (s *shop) asked(topic string, words []string) []byte {
	s.t.Helper()
	about := "orders_to_redact"
	extra := ""
	if topic == intake.DataRequest {
		about, extra = "orders_requested", `,"data_request":{"id":1}`
	}
	return fmt.Appendf(nil, `{"shop_id":1,"shop_domain":"anna-store.myshopify.com","customer":{"id":%s,"email":%q,"phone":"555-625-1199"},%q:[]%s}`, words[1], words[0], about, extra)
}

func TestWhoIsRedactedIsNowhereInTheDatabaseAndTheLedgerStaysAsItIs(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	s := newShop(t)
	words := s.people()
	before := s.sums()
	if got := s.found(words...); len(got) < len(words) {
		t.Fatalf("the test does not see what is there: %q", got)
	}

	s.send("customers/data_request", "p1", s.asked(intake.DataRequest, words))
	s.privacy()
	var x *intake.Export
	s.in(func(tx *store.Tx) error {
		rs, _, err := tx.ListPrivacyRequests(ctx, store.Page{})
		if err != nil {
			return err
		}
		x, err = intake.ReportOf(s.keys, s.id, &rs[0])
		if rs[0].DoneAt.IsZero() || rs[0].Subject != nil {
			t.Errorf("not done: %+v", rs[0])
		}
		return err
	})
	if x == nil || len(x.Orders) != 2 || len(x.Leads) != 1 || x.Leads[0].Email != words[0] || len(x.Entries) != 1 || x.Entries[0].Email != words[0] {
		t.Errorf("the export is %+v", x)
	}

	s.send("customers/redact", "p2", s.asked(intake.RedactCustomer, words))
	s.privacy()
	if got := s.found(words...); len(got) > 0 {
		t.Errorf("still there: %q", got)
	}
	if got := s.found("somebody.else@example.org"); len(got) == 0 {
		t.Error("the other buyer is gone as well")
	}
	s.in(func(tx *store.Tx) error {
		rs, _, err := tx.ListPrivacyRequests(ctx, store.Page{})
		for _, r := range rs {
			if r.DoneAt.IsZero() || r.Subject != nil || r.Report != nil || r.DueAt.Before(r.DoneAt) {
				t.Errorf("%+v", r)
			}
		}
		return err
	})
	if after := s.sums(); after != before {
		t.Errorf("the ledger was %s and is %s", before, after)
	}
	s.settle()
	s.proven()
	s.privacy() // nothing is left to do

	// The buyer is the same one as before to the rules: another order is no first one.
	again := bought{id: 101, at: s.clock.now().Add(time.Hour), email: words[0], code: "ANNA10"}
	s.buy(again)
	s.proven()
}

func TestAShopThatLeftLosesItsPeopleItsKeyAndItsWaysIn(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	words := s.people()
	before := s.sums()
	s.send("shop/redact", "early", sample(t, "shop_redact.json"))
	s.privacy()
	if got := s.found(words...); len(got) == 0 {
		t.Fatal("a shop that has the app was redacted")
	}
	s.send("app/uninstalled", "bye", sample(t, "app_uninstalled.json"))
	s.clock.set(s.clock.now().Add(48 * time.Hour))
	s.send("shop/redact", "late", sample(t, "shop_redact.json"))
	s.privacy()
	if got := s.found(append(words, "somebody.else@example.org")...); len(got) > 0 {
		t.Errorf("still there: %q", got)
	}
	s.in(func(tx *store.Tx) error {
		shop, err := tx.ShopForSettling(t.Context())
		if len(shop.HashKey) != 0 {
			t.Error("the key of the hashes is still there")
		}
		return err
	})
	if after := s.sums(); after != before {
		t.Errorf("the ledger was %s and is %s", before, after)
	}
	s.settle()
	s.proven()
}

// sums is the ledger by account.
func (s *shop) sums() (out string) {
	s.t.Helper()
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, s.url)
	if err != nil {
		s.t.Fatal(err)
	}
	defer conn.Close(ctx)
	if err := conn.QueryRow(ctx, `SELECT string_agg(format('%s/%s/%s: %s in %s', account, influencer_id, currency, minor, n), ', ' ORDER BY account, influencer_id, currency)
		FROM (SELECT account, influencer_id, currency, sum(minor) minor, count(*) n FROM ledger_entries GROUP BY 1, 2, 3) x`).Scan(&out); err != nil {
		s.t.Fatal(err)
	}
	return out
}
