package store_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"tributary/internal/domain/ledger"
	"tributary/internal/domain/order"
	"tributary/internal/pgtest"
	"tributary/internal/store"
)

// books is a database with two shops and one journal of the first, and a
// connection that does what it likes as the application's role.
type books struct {
	t    *testing.T
	db   *store.DB
	conn *pgx.Conn
	a, b int64
}

// thisMonth is a partition that every database has.
func thisMonth() string { return time.Now().UTC().Format("ledger_entries_2006_01") }

var day = time.Date(2026, 10, 31, 12, 0, 0, 0, time.UTC)

func newBooks(t *testing.T) *books {
	t.Helper()
	ctx := context.Background()
	url := pgtest.New(t)
	db, err := store.Open(ctx, url, store.Options{MaxConns: 4})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	bk := &books{t: t, db: db}
	if bk.conn, err = pgx.Connect(ctx, url); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = bk.conn.Close(ctx) })
	for i, id := range []*int64{&bk.a, &bk.b} {
		if err := db.InTx(ctx, 0, func(tx *store.Tx) (err error) {
			*id, err = tx.AddShop(ctx, store.NewShop{Platform: order.Shopify, Domain: fmt.Sprintf("s%d.myshopify.com", i), Name: "s", Currency: "USD", TimeZone: "UTC", HashKey: []byte("x")})
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
	if err := bk.post(bk.a, journal(100, -100)); err != nil {
		t.Fatal(err)
	}
	return bk
}

func journal(minors ...int64) ledger.Journal {
	j := ledger.Journal{Kind: ledger.KindRecord, InfluencerID: 3, EarningID: 5, Currency: "USD", EffectiveAt: day, OriginAt: day}
	for i, m := range minors {
		j.Postings = append(j.Postings, ledger.Posting{Account: ledger.Account(i + 1), Minor: m})
	}
	return j
}

func (bk *books) post(shop int64, js ...ledger.Journal) error {
	ctx := context.Background()
	return bk.db.InTx(ctx, shop, func(tx *store.Tx) error {
		_, err := tx.PostJournals(ctx, js)
		return err
	})
}

// as runs one statement as the application in a shop and returns how many rows
// it touched.
func (bk *books) as(shop int64, sql string) (int64, error) {
	bk.t.Helper()
	ctx := context.Background()
	tx, err := bk.conn.Begin(ctx)
	if err != nil {
		bk.t.Fatal(err)
	}
	defer tx.Rollback(ctx) //nolint:errcheck // nothing to keep
	if _, err := tx.Exec(ctx, "SELECT set_config('role', 'tributary_app', true), set_config('app.shop_id', $1::bigint::text, true)", shop); err != nil {
		bk.t.Fatal(err)
	}
	tag, err := tx.Exec(ctx, sql)
	return tag.RowsAffected(), err
}

func TestWhatIsPostedCannotBeChangedOrTakenAway(t *testing.T) {
	t.Parallel()
	bk := newBooks(t)
	for _, table := range []string{"ledger_entries", thisMonth(), "ledger_entries_default", "attributions", "payout_items", "signatures"} {
		for _, sql := range []string{"UPDATE " + table + " SET shop_id = shop_id", "DELETE FROM " + table, "TRUNCATE " + table} {
			if _, err := bk.as(bk.a, sql); err == nil || !strings.Contains(err.Error(), "permission denied") {
				t.Errorf("%s: %v", sql, err)
			}
		}
	}
}

func TestAJournalThatDoesNotBalanceIsRefused(t *testing.T) {
	t.Parallel()
	bk := newBooks(t)
	two := journal(100, -100)
	two.Postings = append(two.Postings, ledger.Posting{Account: ledger.Cash, Minor: 1})
	for name, js := range map[string][]ledger.Journal{
		"one leg":                      {journal(100)},
		"off by one":                   {journal(100, -99)},
		"one of many":                  {journal(1, -1), two, journal(2, -2)},
		"balanced only with the other": {journal(100, -99), journal(99, -100)},
		"nothing moved":                {journal(0, 0)},
	} {
		if err := bk.post(bk.a, js...); err == nil || (!strings.Contains(err.Error(), "must sum to zero") && !strings.Contains(err.Error(), "check constraint")) {
			t.Errorf("%s: %v", name, err)
		}
	}
	// Currencies do not balance each other.
	if _, err := bk.as(bk.a, fmt.Sprintf(`INSERT INTO ledger_entries (shop_id, journal_id, leg, kind, account, influencer_id, currency, minor, effective_at, origin_at, posted_at)
		VALUES (%d, 1, 0, 1, 1, 3, 'USD', 5, now(), now(), now()), (%d, 1, 1, 1, 2, 3, 'EUR', -5, now(), now(), now())`, bk.a, bk.a)); err == nil || !strings.Contains(err.Error(), "must sum to zero") {
		t.Errorf("two currencies: %v", err)
	}
	if n, err := bk.as(bk.a, "SELECT * FROM ledger_entries"); n != 2 || err != nil {
		t.Errorf("%d rows, %v", n, err)
	}
}

func TestARowOfAnotherShopCannotBeSeenChangedOrMade(t *testing.T) {
	t.Parallel()
	bk := newBooks(t)
	if n, err := bk.as(bk.b, "SELECT * FROM ledger_entries"); n != 0 || err != nil {
		t.Errorf("saw %d rows, %v", n, err)
	}
	if n, err := bk.as(bk.b, "SELECT * FROM shops"); n != 1 || err != nil {
		t.Errorf("saw %d shops, %v", n, err)
	}
	if n, err := bk.as(0, "SELECT * FROM shops"); n != 0 || err != nil {
		t.Errorf("without a shop saw %d shops, %v", n, err)
	}
	if n, err := bk.as(bk.b, fmt.Sprintf("UPDATE shops SET name = 'mine' WHERE id = %d", bk.a)); n != 0 || err != nil {
		t.Errorf("changed %d shops, %v", n, err)
	}
	if _, err := bk.as(bk.b, fmt.Sprintf("UPDATE shops SET id = %d", bk.a)); err == nil {
		t.Error("became another shop")
	}
	if _, err := bk.as(bk.b, fmt.Sprintf("INSERT INTO campaigns (shop_id, name, created_at) VALUES (%d, 'x', now())", bk.a)); err == nil || !strings.Contains(err.Error(), "row-level security") {
		t.Errorf("wrote into another shop: %v", err)
	}
	// A partition named directly is no way around the policy of its parent.
	if _, err := bk.as(bk.b, "SELECT * FROM "+thisMonth()); err == nil || !strings.Contains(err.Error(), "permission denied") {
		t.Errorf("read a partition: %v", err)
	}
}

func TestEveryTableOfTheApplicationIsBehindRowLevelSecurity(t *testing.T) {
	t.Parallel()
	bk := newBooks(t)
	rows, err := bk.conn.Query(context.Background(), `SELECT c.relname::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND NOT c.relrowsecurity AND c.relname <> 'goose_db_version'
		  AND has_table_privilege('tributary_app', c.oid, 'SELECT, INSERT, UPDATE, DELETE')`)
	if err != nil {
		t.Fatal(err)
	}
	open, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil || len(open) != 0 {
		t.Errorf("%v, %v", open, err)
	}
}
