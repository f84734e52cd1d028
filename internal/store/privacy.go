package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
)

// PrivacyRequest is what somebody asked about personal data. Subject, sealed,
// says about whose; it is forgotten when the request is done. Report, sealed, is
// the answer to a data request.
type PrivacyRequest struct {
	ID                         int64
	Topic                      string
	Subject, Report            []byte
	RequestedAt, DueAt, DoneAt time.Time // DoneAt zero: not done
	Note                       string
}

const privacyColumns = "id, topic, subject, report, coalesce(requested_at, due_at), due_at, done_at, note"

func scanPrivacy(r pgx.CollectableRow) (p PrivacyRequest, err error) {
	var done pgtype.Timestamptz
	err = r.Scan(&p.ID, &p.Topic, &p.Subject, &p.Report, &p.RequestedAt, &p.DueAt, &done, &p.Note)
	p.RequestedAt, p.DueAt, p.DoneAt = p.RequestedAt.UTC(), p.DueAt.UTC(), fromTimestamptz(done)
	return p, err
}

func (tx *Tx) privacyRequests(ctx context.Context, where string, args ...any) ([]PrivacyRequest, error) {
	rows, err := tx.pgx.Query(ctx, "SELECT "+privacyColumns+" FROM privacy_requests WHERE shop_id = $1 AND "+where, append([]any{tx.ShopID}, args...)...)
	if err != nil {
		return nil, fmt.Errorf("load privacy requests: %w", err)
	}
	out, err := pgx.CollectRows(rows, scanPrivacy)
	if err != nil {
		return nil, fmt.Errorf("load privacy requests: %w", err)
	}
	return out, nil
}

// AddPrivacyRequest records a request that the delivery of that id brought, or,
// with an id of its own, somebody else; the same once more changes nothing.
func (tx *Tx) AddPrivacyRequest(ctx context.Context, topic string, deliveryID [16]byte, subject []byte, due time.Time) error {
	_, err := tx.pgx.Exec(ctx, `INSERT INTO privacy_requests (shop_id, topic, delivery_id, subject, due_at, requested_at)
		VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING`, tx.ShopID, topic, pgtype.UUID{Bytes: deliveryID, Valid: true}, subject, due, tx.Now)
	if err != nil {
		return fmt.Errorf("record privacy request: %w", err)
	}
	return nil
}

// PrivacyRequestOf returns the request that AddPrivacyRequest recorded.
func (tx *Tx) PrivacyRequestOf(ctx context.Context, deliveryID [16]byte) (*PrivacyRequest, error) {
	return tx.onePrivacyRequest(ctx, "delivery_id = $2", pgtype.UUID{Bytes: deliveryID, Valid: true})
}

// PrivacyRequest returns one request; ErrNotFound when there is none.
func (tx *Tx) PrivacyRequest(ctx context.Context, id int64) (*PrivacyRequest, error) {
	return tx.onePrivacyRequest(ctx, "id = $2", id)
}

func (tx *Tx) onePrivacyRequest(ctx context.Context, where string, arg any) (*PrivacyRequest, error) {
	rs, err := tx.privacyRequests(ctx, where, arg)
	if err != nil {
		return nil, err
	}
	if len(rs) == 0 {
		return nil, fmt.Errorf("load privacy request: %w", ErrNotFound)
	}
	return &rs[0], nil
}

// OpenPrivacyRequests returns the requests that have not been done, the first
// one first. A shop is redacted after its people.
func (tx *Tx) OpenPrivacyRequests(ctx context.Context) ([]PrivacyRequest, error) {
	return tx.privacyRequests(ctx, "done_at IS NULL ORDER BY topic = 'shop/redact', id")
}

// ListPrivacyRequests lists requests, the newest first.
func (tx *Tx) ListPrivacyRequests(ctx context.Context, p Page) ([]PrivacyRequest, *Cursor, error) {
	before := p.After.Minor
	if before == 0 {
		before = 1<<63 - 1
	}
	rs, err := tx.privacyRequests(ctx, "id < $2 ORDER BY id DESC LIMIT $3", before, p.limit())
	if err != nil {
		return nil, nil, err
	}
	rs, next := cut(rs, p, func(r *PrivacyRequest) Cursor { return Cursor{Minor: r.ID} })
	return rs, next, nil
}

// FinishPrivacyRequest marks a request done and forgets about whom it was.
func (tx *Tx) FinishPrivacyRequest(ctx context.Context, id int64, note string, report []byte) error {
	if _, err := tx.pgx.Exec(ctx, `UPDATE privacy_requests SET done_at = $3, note = $4, report = $5, subject = NULL, customer_id = 0
		WHERE shop_id = $1 AND id = $2`, tx.ShopID, id, tx.Now, note, report); err != nil {
		return fmt.Errorf("finish privacy request %d: %w", id, err)
	}
	return nil
}

// ForgetReports forgets the answers to data requests.
func (tx *Tx) ForgetReports(ctx context.Context, ids []int64) error {
	if _, err := tx.pgx.Exec(ctx, "UPDATE privacy_requests SET report = NULL WHERE shop_id = $1 AND id = ANY($2)", tx.ShopID, ids); err != nil {
		return fmt.Errorf("forget answers to data requests: %w", err)
	}
	return nil
}

// Reports returns the requests that have an answer kept.
func (tx *Tx) Reports(ctx context.Context) ([]PrivacyRequest, error) {
	return tx.privacyRequests(ctx, "report IS NOT NULL ORDER BY id")
}

// ShopsWithPrivacyRequests lists the shops with requests that have not been done.
func (db *DB) ShopsWithPrivacyRequests(ctx context.Context) ([]int64, error) {
	return db.shopIDs(ctx, "SELECT shop_id FROM door_privacy_open($1)")
}

// OrdersOfCustomer lists the orders under any of the keys, and those of ids that
// we know.
func (tx *Tx) OrdersOfCustomer(ctx context.Context, keys []string, ids []int64) ([]OrderRow, error) {
	return tx.orders(ctx, `(id = ANY($2) OR customer_hash = ANY(ARRAY(SELECT hashtextextended(k, $1) FROM unnest($3::text[]) k)) AND customer_key = ANY($3) AND customer_key <> '')
		ORDER BY id`, ids, keys)
}

// InfluencerCustomers tells which of the store's customer ids are influencers.
func (tx *Tx) InfluencerCustomers(ctx context.Context) (map[int64]bool, error) {
	rows, err := tx.pgx.Query(ctx, "SELECT customer_id FROM influencers WHERE shop_id = $1 AND customer_id <> 0", tx.ShopID)
	if err != nil {
		return nil, fmt.Errorf("load influencers who are customers: %w", err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return nil, fmt.Errorf("load influencers who are customers: %w", err)
	}
	out := map[int64]bool{}
	for _, id := range ids {
		out[id] = true
	}
	return out, nil
}

// RawDeliveries returns up to limit deliveries after the cursor whose body is
// still as it came: those of the orders, or with none those that are of no order,
// or with all every one.
func (tx *Tx) RawDeliveries(ctx context.Context, c *StoredCursor, orders []int64, all bool, limit int) ([]Delivery, error) {
	if !c.id.Valid {
		c.id, c.day = pgtype.UUID{Valid: true}, pgtype.Date{InfinityModifier: pgtype.NegativeInfinity, Valid: true}
	}
	cond := "order_id = ANY($5)"
	switch {
	case all:
		cond = "$5::bigint[] IS NULL"
		orders = nil
	case len(orders) == 0:
		cond = "order_id IS NULL AND $5::bigint[] IS NULL"
		orders = nil
	}
	rows, err := tx.pgx.Query(ctx, `SELECT `+deliveryColumns+` FROM deliveries
		WHERE shop_id = $1 AND (id, day) > ($2, $3) AND NOT redacted AND `+cond+` ORDER BY id, day LIMIT $4`, tx.ShopID, c.id, c.day, limit, orders)
	if err != nil {
		return nil, fmt.Errorf("raw deliveries: %w", err)
	}
	out, err := scanDeliveries(rows, tx.ShopID)
	if err != nil {
		return nil, fmt.Errorf("raw deliveries: %w", err)
	}
	if len(out) > 0 {
		last := out[len(out)-1]
		c.id, c.day = pgtype.UUID{Bytes: last.ID, Valid: true}, pgtype.Date{Time: last.Day, Valid: true}
	}
	return out, nil
}

// RedactDelivery puts body, which tells of nobody, in the place of a delivery's.
// One that is understood no more is not tried again.
func (tx *Tx) RedactDelivery(ctx context.Context, d *Delivery, body []byte, understood bool) error {
	if _, err := tx.pgx.Exec(ctx, `UPDATE deliveries SET body = $4, redacted = true,
		  state = CASE WHEN NOT $5 AND state IN (0, 1, 3) THEN 4 ELSE state END, note = CASE WHEN $5 THEN note ELSE 'redacted' END
		WHERE shop_id = $1 AND id = $2 AND day = $3`, tx.ShopID, pgtype.UUID{Bytes: d.ID, Valid: true}, pgtype.Date{Time: d.Day, Valid: true}, body, understood); err != nil {
		return fmt.Errorf("redact delivery: %w", err)
	}
	return nil
}

// LeadsOfMailbox lists the leads of a mailbox, or with "" all, that still tell who sent them.
func (tx *Tx) LeadsOfMailbox(ctx context.Context, emailHash string, limit int) ([]Lead, error) {
	return tx.leads(ctx, "($2 = '' OR email_hash = $2) AND (email IS NOT NULL OR answers IS NOT NULL OR ip_hash <> '') ORDER BY id LIMIT $3", emailHash, limit)
}

// FormsOfPerson lists what a person sent in to enter giveaways.
func (tx *Tx) FormsOfPerson(ctx context.Context, person string) ([]EntryForm, error) {
	rows, err := tx.pgx.Query(ctx, `SELECT giveaway_id, person, email, way, country, agreement_id, via, at FROM giveaway_forms
		WHERE shop_id = $1 AND person = $2 ORDER BY giveaway_id`, tx.ShopID, person)
	if err != nil {
		return nil, fmt.Errorf("load the forms of a person: %w", err)
	}
	fs, err := pgx.CollectRows(rows, pgx.RowToStructByPos[EntryForm])
	if err != nil {
		return nil, fmt.Errorf("load the forms of a person: %w", err)
	}
	return fs, nil
}

// RedactForms forgets the address and country of a person who entered giveaways;
// "" is everybody. Their hash stays, so that nobody enters twice.
func (tx *Tx) RedactForms(ctx context.Context, person string) error {
	if _, err := tx.pgx.Exec(ctx, "UPDATE giveaway_forms SET email = '', country = '' WHERE shop_id = $1 AND ($2 = '' OR person = $2)", tx.ShopID, person); err != nil {
		return fmt.Errorf("redact giveaway entries: %w", err)
	}
	return nil
}

// ForgetMentions forgets kept answers, outgoing work, applications and what was
// said in disputes that mention a text; "" is all of them. Outgoing work that has
// not been done is not done any more.
func (tx *Tx) ForgetMentions(ctx context.Context, text string) error {
	if _, err := tx.pgx.Exec(ctx, `DELETE FROM idempotency_keys WHERE shop_id = $1
		AND (position(convert_to($2, 'UTF8') IN response) > 0 OR position(convert_to(lower($2), 'UTF8') IN response) > 0)`, tx.ShopID, text); err != nil {
		return fmt.Errorf("forget kept answers: %w", err)
	}
	if _, err := tx.pgx.Exec(ctx, `UPDATE outbox SET payload = '{}', note = '', state = CASE state WHEN 'ready' THEN 'failed' ELSE state END
		WHERE shop_id = $1 AND strpos(lower(payload::text || note), lower($2)) > 0`, tx.ShopID, text); err != nil {
		return fmt.Errorf("forget outgoing work: %w", err)
	}
	for _, q := range []string{
		"DELETE FROM applications WHERE shop_id = $1 AND strpos(lower(concat_ws(' ', name, email, channels, message, reason, answers)), lower($2)) > 0",
		"UPDATE dispute_messages SET text = '' WHERE shop_id = $1 AND strpos(lower(text), lower($2)) > 0",
		"UPDATE disputes SET reason = '' WHERE shop_id = $1 AND strpos(lower(reason), lower($2)) > 0",
		"UPDATE disputes SET evidence = '{}' WHERE shop_id = $1 AND strpos(lower(evidence), lower($2)) > 0",
		"UPDATE proposals SET text = '', reason = '' WHERE shop_id = $1 AND strpos(lower(text || ' ' || reason), lower($2)) > 0",
		"UPDATE mail_settings SET problem = '' WHERE shop_id = $1 AND strpos(lower(problem), lower($2)) > 0",
	} {
		if _, err := tx.pgx.Exec(ctx, q, tx.ShopID, text); err != nil {
			return fmt.Errorf("forget what people wrote: %w", err)
		}
	}
	return nil
}

// ForgetShop destroys the key of the shop's hashes, so that nothing hashed can be
// compared with anybody any more, and all that opened the store.
func (tx *Tx) ForgetShop(ctx context.Context) error {
	var b pgx.Batch
	b.Queue("UPDATE shops SET hash_key = '' WHERE id = $1", tx.ShopID)
	b.Queue("DELETE FROM shopify_access WHERE shop_id = $1", tx.ShopID)
	b.Queue("UPDATE connections SET secret = '', rest_keys = NULL, token = NULL, hooks_next_at = NULL, revoked_at = coalesce(revoked_at, $2) WHERE shop_id = $1", tx.ShopID, tx.Now)
	b.Queue("DELETE FROM woo_installs WHERE shop_id = $1", tx.ShopID)
	b.Queue("UPDATE privacy_requests SET report = NULL, subject = NULL, customer_id = 0 WHERE shop_id = $1", tx.ShopID)
	if err := tx.pgx.SendBatch(ctx, &b).Close(); err != nil {
		return fmt.Errorf("forget shop %d: %w", tx.ShopID, err)
	}
	return nil
}
