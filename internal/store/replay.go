package store

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
)

// Scratch is a schema of this program's version with the programme of one shop
// in it, beside the tables it was made from: replay builds the shop's ledger
// anew there.
type Scratch struct {
	*DB
	Original *Original

	schema, ownerURL string
}

// programmeTables are copied into a scratch schema, in the order their foreign
// keys want.
var programmeTables = []string{"shops", "influencers", "influencer_spans", "campaigns", "agreements", "agreement_versions", "codes", "links", "clicks", "evidence",
	"live_sessions", "live_codes"}

// activityTables are what was recorded besides orders, in the order their
// foreign keys want; a scratch schema has them from the beginning.
var activityTables = []string{
	"lead_forms", "leads", "lead_decisions",
	"posts", "post_snapshots",
	"giveaways", "giveaway_agreements", "giveaway_forms", "giveaway_entries", // purchases are made anew of the orders
}

// NewScratch makes a scratch schema called name beside the tables of ownerURL,
// as of tx's snapshot, which InSnapshot gives. Drop it when done.
func NewScratch(ctx context.Context, tx *Tx, ownerURL, name string) (_ *Scratch, err error) {
	s := &Scratch{schema: name, ownerURL: ownerURL}
	var snapshot string
	if err := tx.pgx.QueryRow(ctx, "SELECT pg_export_snapshot()").Scan(&snapshot); err != nil {
		return nil, fmt.Errorf("export snapshot: %w", err)
	}
	quoted := pgx.Identifier{name}.Sanitize()
	if err := s.owner(ctx, "CREATE SCHEMA "+quoted, "GRANT USAGE ON SCHEMA "+quoted+" TO tributary_app"); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			_ = s.Drop(context.WithoutCancel(ctx))
		}
	}()
	if _, err := Migrate(ctx, ownerURL, name, tx.Now); err != nil {
		return nil, err
	}
	copies := []string{"BEGIN ISOLATION LEVEL REPEATABLE READ", "SET TRANSACTION SNAPSHOT '" + snapshot + "'"}
	for _, t := range slices.Concat(programmeTables, activityTables) {
		column := "shop_id"
		if t == "shops" {
			column = "id"
		}
		copies = append(copies, fmt.Sprintf("INSERT INTO %s.%s OVERRIDING SYSTEM VALUE SELECT * FROM public.%s WHERE %s = %d", quoted, t, t, column, tx.ShopID))
	}
	copies = append(copies,
		fmt.Sprintf("UPDATE %s.shops SET open_from = '-infinity'", quoted),
		"INSERT INTO "+quoted+".click_days "+fmt.Sprintf(recountClicks, quoted+".", strconv.FormatInt(tx.ShopID, 10)),
		// What clicks, leads and the like have earned stays once its hold is over.
		fmt.Sprintf("INSERT INTO %s.earnings SELECT * FROM public.earnings WHERE shop_id = %d AND kind > 2 AND locked_at IS NOT NULL", quoted, tx.ShopID),
		fmt.Sprintf("SELECT setval('%s.id_block', (SELECT last_value FROM public.id_block))", quoted), // their ids are taken
		fmt.Sprintf(`CREATE TABLE %s.original_earnings AS SELECT kind, source, rule, agreement_id, version_id, posted, locked_at,
			CASE kind WHEN 2 THEN (%s) END AS paid FROM public.earnings e WHERE shop_id = %d`, quoted, paidOfEarning("public."), tx.ShopID),
		fmt.Sprintf(`CREATE TABLE %s.original_decisions AS SELECT DISTINCT ON (order_id) order_id, decision FROM public.attributions a
			WHERE shop_id = %[2]d AND EXISTS (SELECT FROM public.earnings e WHERE e.shop_id = a.shop_id AND e.kind = 1 AND e.source = a.order_id AND e.locked_at IS NOT NULL)
			ORDER BY order_id, number DESC`, quoted, tx.ShopID),
		fmt.Sprintf("ALTER TABLE %s.original_decisions ADD PRIMARY KEY (order_id)", quoted),
		fmt.Sprintf("GRANT SELECT ON %[1]s.original_earnings, %[1]s.original_decisions TO tributary_app", quoted),
		"COMMIT")
	if err := s.owner(ctx, copies...); err != nil {
		return nil, err
	}
	if s.DB, err = Open(ctx, ownerURL, Options{SearchPath: name, MaxConns: 4, Now: func() time.Time { return tx.Now }}); err != nil {
		return nil, err
	}
	if s.Original, err = s.original(ctx, tx.ShopID); err != nil {
		return nil, err
	}
	return s, nil
}

// Drop removes the schema and all in it.
func (s *Scratch) Drop(ctx context.Context) error {
	if s.DB != nil {
		s.DB.Close()
	}
	return s.owner(ctx, "DROP SCHEMA "+pgx.Identifier{s.schema}.Sanitize()+" CASCADE")
}

// owner runs statements on one connection of the tables' owner.
func (s *Scratch) owner(ctx context.Context, statements ...string) error {
	conn, err := pgx.Connect(ctx, s.ownerURL)
	if err != nil {
		return fmt.Errorf("connect as owner: %w", err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	for _, q := range statements {
		if _, err := conn.Exec(ctx, q); err != nil {
			return fmt.Errorf("scratch schema: %.60s…: %w", q, err)
		}
	}
	return nil
}

// Original is what is history in a shop's ledger and no function of what its
// deliveries say: which decisions are final, and what milestone ladders have
// kept. A nil Original knows nothing.
type Original struct {
	ladders map[ladder]Kept
}

type ladder struct {
	version, start int64
	rule           string
}

// Kept is what the ledger holds for a milestone ladder, and how much of that
// was paid out; minor units.
type Kept struct{ Posted, Paid int64 }

func (s *Scratch) original(ctx context.Context, shopID int64) (*Original, error) {
	o := &Original{ladders: map[ladder]Kept{}}
	err := s.InTx(ctx, shopID, func(tx *Tx) error {
		rows, err := tx.pgx.Query(ctx, "SELECT version_id, source, rule, posted, paid FROM original_earnings WHERE kind = 2")
		if err != nil {
			return err
		}
		var l ladder
		var k Kept
		_, err = pgx.ForEachRow(rows, []any{&l.version, &l.start, &l.rule, &k.Posted, &k.Paid}, func() error {
			o.ladders[l] = k
			return nil
		})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read the original's milestones: %w", err)
	}
	return o, nil
}

// Kept is what the original holds for the milestone; false if o is nil.
func (o *Original) Kept(e *EarningRow) (Kept, bool) {
	if o == nil {
		return Kept{}, false
	}
	return o.ladders[ladder{e.VersionID, e.Source, e.Rule}], true
}

// FinalDecisions returns the encoded decisions of those orders whose decision
// is final in the original. tx is one of the scratch schema.
func (o *Original) FinalDecisions(ctx context.Context, tx *Tx, orderIDs []int64) (map[int64][]byte, error) {
	rows, err := tx.pgx.Query(ctx, "SELECT order_id, decision FROM original_decisions WHERE order_id = ANY($1)", orderIDs)
	if err != nil {
		return nil, fmt.Errorf("final decisions: %w", err)
	}
	out := map[int64][]byte{}
	var id int64
	var d []byte
	if _, err := pgx.ForEachRow(rows, []any{&id, &d}, func() error { out[id] = bytes.Clone(d); return nil }); err != nil {
		return nil, fmt.Errorf("final decisions: %w", err)
	}
	return out, nil
}

// TakeLocks marks the scratch's earnings locked where the original's are, so
// that what counts locked sales counts the same ones.
func (s *Scratch) TakeLocks(ctx context.Context) error {
	return s.owner(ctx, fmt.Sprintf(`UPDATE %[1]s.earnings e SET locked_at = o.locked_at, state = 'locked'
		FROM %[1]s.original_earnings o
		WHERE e.kind = 1 AND o.kind = 1 AND e.source = o.source AND e.agreement_id = o.agreement_id
		  AND e.state NOT IN ('void', 'denied') AND o.locked_at IS NOT NULL`, pgx.Identifier{s.schema}.Sanitize()))
}

// ReplayDifferences compares what each source of earnings has posted in the
// original and in the scratch schema.
func (s *Scratch) ReplayDifferences(ctx context.Context) ([]Difference, error) {
	conn, err := pgx.Connect(ctx, s.ownerURL)
	if err != nil {
		return nil, fmt.Errorf("connect as owner: %w", err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	rows, err := conn.Query(ctx, fmt.Sprintf(`SELECT 'replay_gives_the_same_ledger',
		  CASE kind WHEN 1 THEN 'order ' || source ELSE 'milestone ' || rule || ' ' || source END || ', agreement ' || agreement_id,
		  coalesce(a.posted, 0)::text, coalesce(b.posted, 0)::text
		FROM %[1]s.original_earnings a FULL JOIN %[1]s.earnings b USING (kind, source, agreement_id, rule)
		WHERE coalesce(a.posted, 0) <> coalesce(b.posted, 0) ORDER BY 2 LIMIT 100`, pgx.Identifier{s.schema}.Sanitize()))
	if err != nil {
		return nil, fmt.Errorf("compare ledgers: %w", err)
	}
	return pgx.CollectRows(rows, func(r pgx.CollectableRow) (d Difference, err error) {
		err = r.Scan(&d.Invariant, &d.Subject, &d.Want, &d.Got)
		return d, err
	})
}

// StoredCursor walks all settled deliveries of a shop.
type StoredCursor struct {
	id  pgtype.UUID
	day pgtype.Date
}

// StoredDeliveries returns up to limit settled deliveries after the cursor, in
// the order of their ids, which is no order at all: replay must not depend on
// any.
func (tx *Tx) StoredDeliveries(ctx context.Context, c *StoredCursor, limit int) ([]Delivery, error) {
	if !c.id.Valid {
		c.id, c.day = pgtype.UUID{Valid: true}, pgtype.Date{InfinityModifier: pgtype.NegativeInfinity, Valid: true}
	}
	rows, err := tx.pgx.Query(ctx, `SELECT `+deliveryColumns+`
		FROM deliveries WHERE shop_id = $1 AND state = 2 AND (id, day) > ($2, $3) ORDER BY id, day LIMIT $4`, tx.ShopID, c.id, c.day, limit)
	if err != nil {
		return nil, fmt.Errorf("stored deliveries: %w", err)
	}
	out, err := scanDeliveries(rows, tx.ShopID)
	if err != nil {
		return nil, fmt.Errorf("stored deliveries: %w", err)
	}
	if len(out) > 0 {
		last := out[len(out)-1]
		c.id, c.day = pgtype.UUID{Bytes: last.ID, Valid: true}, pgtype.Date{Time: last.Day, Valid: true}
	}
	return out, nil
}

// CountSettled is how many deliveries StoredDeliveries will give.
func (tx *Tx) CountSettled(ctx context.Context) (n int64, err error) {
	err = tx.pgx.QueryRow(ctx, "SELECT count(*) FROM deliveries WHERE shop_id = $1 AND state = 2", tx.ShopID).Scan(&n)
	return n, err
}

// InSnapshot is InTx for reading only, in which everything is seen as of one
// instant, however long f takes.
func (db *DB) InSnapshot(ctx context.Context, shopID int64, f func(*Tx) error) error {
	return db.inTx(ctx, shopID, "", &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true}, f)
}
