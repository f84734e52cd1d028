package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
)

// Scratch is an empty schema of this program's version with the programme of
// one shop in it: replay builds the shop's ledger anew there.
type Scratch struct {
	*DB
	schema, ownerURL string
}

// programmeTables are copied into a scratch schema, in the order their foreign
// keys want.
var programmeTables = []string{"shops", "influencers", "influencer_spans", "campaigns", "agreements", "agreement_versions", "codes", "links", "evidence"}

// NewScratch makes a scratch schema called name beside the tables of ownerURL.
// Drop it when done.
func NewScratch(ctx context.Context, ownerURL, name string, shopID int64, now time.Time) (_ *Scratch, err error) {
	s := &Scratch{schema: name, ownerURL: ownerURL}
	quoted := pgx.Identifier{name}.Sanitize()
	if err := s.owner(ctx, "CREATE SCHEMA "+quoted, "GRANT USAGE ON SCHEMA "+quoted+" TO tributary_app"); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			_ = s.Drop(context.WithoutCancel(ctx))
		}
	}()
	if _, err := Migrate(ctx, ownerURL, name, now); err != nil {
		return nil, err
	}
	for _, t := range programmeTables {
		column := "shop_id"
		if t == "shops" {
			column = "id"
		}
		if err := s.owner(ctx, fmt.Sprintf("INSERT INTO %s.%s OVERRIDING SYSTEM VALUE SELECT * FROM public.%s WHERE %s = %d", quoted, t, t, column, shopID)); err != nil {
			return nil, err
		}
	}
	if err := s.owner(ctx, fmt.Sprintf("INSERT INTO %s.clicks SELECT * FROM public.clicks WHERE shop_id = %d", quoted, shopID),
		fmt.Sprintf("UPDATE %s.shops SET open_from = '-infinity'", quoted)); err != nil {
		return nil, err
	}
	if s.DB, err = Open(ctx, ownerURL, Options{SearchPath: name, MaxConns: 4, Now: func() time.Time { return now }}); err != nil {
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

// TakeLocks marks the scratch's earnings locked where the original's are, so
// that what counts locked sales counts the same ones.
func (s *Scratch) TakeLocks(ctx context.Context, shopID int64) error {
	return s.owner(ctx, fmt.Sprintf(`UPDATE %[1]s.earnings e SET locked_at = o.locked_at, state = 'locked'
		FROM public.earnings o
		WHERE o.shop_id = %[2]d AND e.shop_id = o.shop_id AND e.kind = 1 AND o.kind = 1 AND e.source = o.source AND e.agreement_id = o.agreement_id
		  AND o.locked_at IS NOT NULL`, pgx.Identifier{s.schema}.Sanitize(), shopID))
}

// ReplayDifferences compares what each source of earnings has posted in the
// original and in the scratch schema.
func (s *Scratch) ReplayDifferences(ctx context.Context, shopID int64) ([]Difference, error) {
	conn, err := pgx.Connect(ctx, s.ownerURL)
	if err != nil {
		return nil, fmt.Errorf("connect as owner: %w", err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	scratch := pgx.Identifier{s.schema}.Sanitize()
	rows, err := conn.Query(ctx, fmt.Sprintf(`SELECT 'replay_gives_the_same_ledger',
		  coalesce(a.name, b.name), coalesce(a.minor, 0)::text, coalesce(b.minor, 0)::text
		FROM (SELECT CASE kind WHEN 1 THEN 'order ' || source ELSE 'milestone ' || rule || ' ' || source END || ', agreement ' || agreement_id AS name, posted AS minor
		      FROM public.earnings WHERE shop_id = $1 AND (posted <> 0 OR kind = 1)) a
		FULL JOIN (SELECT CASE kind WHEN 1 THEN 'order ' || source ELSE 'milestone ' || rule || ' ' || source END || ', agreement ' || agreement_id AS name, posted AS minor
		      FROM %s.earnings WHERE shop_id = $1 AND (posted <> 0 OR kind = 1)) b ON b.name = a.name
		WHERE coalesce(a.minor, 0) <> coalesce(b.minor, 0) ORDER BY 2 LIMIT 100`, scratch), shopID)
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
	rows, err := tx.pgx.Query(ctx, `SELECT id, day, connection_id, platform, topic, source, triggered_at, received_at, body, attempts, next_at
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
	return db.inTx(ctx, shopID, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true}, f)
}
