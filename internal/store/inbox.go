package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"

	"tributary/internal/domain/order"
)

// DeliveryState is how far a delivery has come.
type DeliveryState int16

// The delivery states.
const (
	DeliveryPending DeliveryState = 0
	DeliveryRetry   DeliveryState = 1 // failed; tried again at NextAt
	DeliveryDone    DeliveryState = 2
	DeliveryParked  DeliveryState = 3 // failed too often: waits for a person
	DeliveryIgnored DeliveryState = 4 // recorded, nothing to do
)

// Delivery is one webhook as it came in.
type Delivery struct {
	ShopID       int64 // 0: no shop of ours
	ID           [16]byte
	Day          time.Time // partition day, UTC midnight
	ConnectionID int64
	Platform     order.Platform
	Topic        string
	Source       string
	TriggeredAt  time.Time // zero: not said
	ReceivedAt   time.Time
	Body         []byte // S2 block
	State        DeliveryState
	Attempts     int16
	NextAt       time.Time
	OrderID      int64
	Note         string
	// Redacted tells that Body is not what came but what was understood of it,
	// without anybody's data.
	Redacted bool
}

const deliveryColumns = "id, day, connection_id, platform, topic, source, triggered_at, received_at, body, attempts, next_at, redacted"

const insertDeliveries = `INSERT INTO deliveries
	(shop_id, id, day, connection_id, platform, topic, source, triggered_at, received_at, body, state, next_at, note)
	SELECT s, i, d, c, p, t, src, tr, r, b, st, r, nullif(n, '')
	FROM unnest($1::bigint[], $2::uuid[], $3::date[], $4::bigint[], $5::smallint[], $6::text[], $7::text[],
	  $8::timestamptz[], $9::timestamptz[], $10::bytea[], $11::smallint[], $12::text[])
	  AS u(s, i, d, c, p, t, src, tr, r, b, st, n)`

// Looking for each delivery before it is stored takes a sixth of the time of
// storing it, and hardly one is there. So they are stored without a look, until
// one was there; then the next commits look.
const (
	insertNewDeliveries = insertDeliveries + " ON CONFLICT DO NOTHING"
	lookAfterRepeat     = 64 // commits
)

// InsertDeliveries stores deliveries of any shops durably in one commit and
// returns how many were new. One that is stored already is left alone.
func (db *DB) InsertDeliveries(ctx context.Context, ds []*Delivery) (int64, error) {
	n := len(ds)
	var (
		shop, conn    = make([]int64, n), make([]int64, n)
		id            = make([]pgtype.UUID, n)
		day           = make([]pgtype.Date, n)
		platform      = make([]int16, n)
		topic, source = make([]string, n), make([]string, n)
		triggered     = make([]pgtype.Timestamptz, n)
		received      = make([]time.Time, n)
		body          = make([][]byte, n)
		state         = make([]int16, n)
		note          = make([]string, n)
	)
	for i, d := range ds {
		shop[i], conn[i], platform[i] = d.ShopID, d.ConnectionID, int16(d.Platform)
		id[i] = pgtype.UUID{Bytes: d.ID, Valid: true}
		day[i] = pgtype.Date{Time: d.Day, Valid: true}
		topic[i], source[i], note[i] = d.Topic, d.Source, d.Note
		triggered[i] = pgtype.Timestamptz{Time: d.TriggeredAt, Valid: !d.TriggeredAt.IsZero()}
		received[i], body[i], state[i] = d.ReceivedAt, d.Body, int16(d.State)
	}
	store := func(q string) (int64, error) {
		// One round trip: a pipeline without BEGIN is one implicit transaction.
		var b pgx.Batch
		b.Queue("SELECT set_config('role', 'tributary_app', true)")
		b.Queue(q, shop, id, day, conn, platform, topic, source, triggered, received, body, state, note)
		res := db.pool.SendBatch(ctx, &b)
		_, err := res.Exec()
		var tag pgconn.CommandTag
		if err == nil {
			tag, err = res.Exec()
		}
		if cerr := res.Close(); err == nil {
			err = cerr
		}
		return tag.RowsAffected(), err
	}
	look := db.looks.Load() > 0
	var fresh int64
	var err error
	if !look {
		fresh, err = store(insertDeliveries)
		look = IsUnique(err, "")
	}
	if look {
		if fresh, err = store(insertNewDeliveries); fresh < int64(n) {
			db.looks.Store(lookAfterRepeat)
		} else {
			db.looks.Add(-1)
		}
	}
	if err != nil {
		return 0, fmt.Errorf("store deliveries: %w", err)
	}
	return fresh, nil
}

// DueCursor walks the due deliveries of a shop; the zero value starts at the
// oldest.
type DueCursor struct {
	nextAt time.Time
	id     pgtype.UUID
}

// DueDeliveries returns up to limit deliveries that wait to be settled, after
// the cursor, which it moves on.
func (tx *Tx) DueDeliveries(ctx context.Context, c *DueCursor, limit int) ([]Delivery, error) {
	from := c.nextAt
	if from.IsZero() {
		from = time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	if !c.id.Valid {
		c.id = pgtype.UUID{Valid: true}
	}
	rows, err := tx.pgx.Query(ctx, `SELECT `+deliveryColumns+`
		FROM deliveries WHERE shop_id = $1 AND state < 2 AND next_at <= $2 AND (next_at, id) > ($3, $4)
		ORDER BY next_at, id LIMIT $5`, tx.ShopID, tx.Now, from, c.id, limit)
	if err != nil {
		return nil, fmt.Errorf("due deliveries: %w", err)
	}
	out, err := scanDeliveries(rows, tx.ShopID)
	if err != nil {
		return nil, fmt.Errorf("due deliveries: %w", err)
	}
	if len(out) > 0 {
		last := out[len(out)-1]
		c.nextAt, c.id = last.NextAt, pgtype.UUID{Bytes: last.ID, Valid: true}
	}
	return out, nil
}

func scanDeliveries(rows pgx.Rows, shopID int64) ([]Delivery, error) {
	defer rows.Close()
	var out []Delivery
	for rows.Next() {
		d := Delivery{ShopID: shopID}
		var id pgtype.UUID
		var day pgtype.Date
		var triggered *time.Time
		if err := rows.Scan(&id, &day, &d.ConnectionID, &d.Platform, &d.Topic, &d.Source, &triggered, &d.ReceivedAt, &d.Body, &d.Attempts, &d.NextAt, &d.Redacted); err != nil {
			return nil, err
		}
		d.ID, d.Day = id.Bytes, day.Time
		if triggered != nil {
			d.TriggeredAt = triggered.UTC()
		}
		d.ReceivedAt = d.ReceivedAt.UTC()
		out = append(out, d)
	}
	return out, rows.Err()
}

// FinishDeliveries writes what became of deliveries: State, Attempts, NextAt,
// OrderID and Note.
func (tx *Tx) FinishDeliveries(ctx context.Context, ds []Delivery) error {
	byDay := map[time.Time][]*Delivery{}
	for i := range ds {
		byDay[ds[i].Day] = append(byDay[ds[i].Day], &ds[i])
	}
	for day, ds := range byDay {
		n := len(ds)
		var (
			id       = make([]pgtype.UUID, n)
			state    = make([]int16, n)
			attempts = make([]int16, n)
			next     = make([]time.Time, n)
			orderID  = make([]int64, n)
			note     = make([]string, n)
		)
		for i, d := range ds {
			id[i] = pgtype.UUID{Bytes: d.ID, Valid: true}
			state[i], attempts[i], next[i], orderID[i], note[i] = int16(d.State), d.Attempts, d.NextAt, d.OrderID, d.Note
		}
		if _, err := tx.pgx.Exec(ctx, `UPDATE deliveries d
			SET state = u.s, attempts = u.a, next_at = u.n, order_id = nullif(u.o, 0), note = nullif(u.note, '')
			FROM unnest($3::uuid[], $4::smallint[], $5::smallint[], $6::timestamptz[], $7::bigint[], $8::text[]) AS u(i, s, a, n, o, note)
			WHERE d.shop_id = $1 AND d.day = $2 AND d.id = u.i`,
			tx.ShopID, pgtype.Date{Time: day, Valid: true}, id, state, attempts, next, orderID, note); err != nil {
			return fmt.Errorf("finish deliveries: %w", err)
		}
	}
	return nil
}

// DueShops returns the shops that have deliveries waiting to be settled.
func (db *DB) DueShops(ctx context.Context) ([]int64, error) {
	return db.shopIDs(ctx, "SELECT shop_id FROM door_due_shops($1)")
}

// Backlog is what waits in the inbox of all shops.
type Backlog struct {
	Waiting int64         // for a worker: due now
	Oldest  time.Duration // how long the first of them has been due
	Parked  int64         // for a person
}

// Backlog counts what waits, over all shops.
func (db *DB) Backlog(ctx context.Context) (b Backlog, err error) {
	err = db.InTx(ctx, 0, func(tx *Tx) error {
		var seconds float64
		err := tx.pgx.QueryRow(ctx, "SELECT waiting, oldest_seconds, parked FROM door_backlog($1)", tx.Now).Scan(&b.Waiting, &seconds, &b.Parked)
		b.Oldest = time.Duration(seconds * float64(time.Second))
		return err
	})
	if err != nil {
		return b, fmt.Errorf("backlog: %w", err)
	}
	return b, nil
}

// ShopsWithHoldsDue returns the shops that have earnings whose hold is over.
func (db *DB) ShopsWithHoldsDue(ctx context.Context) ([]int64, error) {
	return db.shopIDs(ctx, "SELECT shop_id FROM door_holds_due($1)")
}

func (db *DB) shopIDs(ctx context.Context, query string, more ...any) ([]int64, error) {
	var ids []int64
	err := db.InTx(ctx, 0, func(tx *Tx) error {
		rows, err := tx.pgx.Query(ctx, query, append([]any{tx.Now}, more...)...)
		if err != nil {
			return err
		}
		ids, err = pgx.CollectRows(rows, pgx.RowTo[int64])
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("shops with work: %w", err)
	}
	return ids, nil
}

// ShopByDomain finds a shop by the domain its platform knows it by, before the
// tenant is known. ErrNotFound if we have none.
func (db *DB) ShopByDomain(ctx context.Context, p order.Platform, domain string) (id int64, err error) {
	err = db.InTx(ctx, 0, func(tx *Tx) error {
		return notFound(tx.pgx.QueryRow(ctx, "SELECT id FROM door_shop_by_domain($1, $2)", int16(p), domain).Scan(&id))
	})
	return id, err
}

// ConnectionDoor is a WooCommerce connection as intake needs it. Secret is sealed.
type ConnectionDoor struct {
	ShopID, ID int64
	Secret     []byte
	Domain     string
}

// ConnectionByToken finds a live connection by the sha256 of its token, before
// the tenant is known. ErrNotFound if there is none.
func (db *DB) ConnectionByToken(ctx context.Context, tokenHash []byte) (c ConnectionDoor, err error) {
	err = db.InTx(ctx, 0, func(tx *Tx) error {
		return notFound(tx.pgx.QueryRow(ctx, "SELECT shop_id, id, secret, domain FROM door_connection($1)", tokenHash).
			Scan(&c.ShopID, &c.ID, &c.Secret, &c.Domain))
	})
	return c, err
}
