package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// CRMHook is where a shop's CRM sends stage changes. Mapping is JSON.
type CRMHook struct {
	PublicID  string
	Secret    []byte // sealed
	Mapping   []byte
	UpdatedAt time.Time
}

// SetCRMHook stores the shop's hook; the public id of the first one stays.
func (tx *Tx) SetCRMHook(ctx context.Context, h *CRMHook) error {
	err := tx.pgx.QueryRow(ctx, `INSERT INTO crm_hooks (shop_id, public_id, secret, mapping, updated_at) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (shop_id) DO UPDATE SET secret = excluded.secret, mapping = excluded.mapping, updated_at = excluded.updated_at
		RETURNING public_id, updated_at`, tx.ShopID, h.PublicID, h.Secret, h.Mapping, tx.Now).Scan(&h.PublicID, &h.UpdatedAt)
	if err != nil {
		return fmt.Errorf("set CRM hook: %w", err)
	}
	h.UpdatedAt = h.UpdatedAt.UTC()
	return nil
}

// CRMHook returns the shop's hook; ErrNotFound when it has none.
func (tx *Tx) CRMHook(ctx context.Context) (*CRMHook, error) {
	var h CRMHook
	err := tx.pgx.QueryRow(ctx, "SELECT public_id, secret, mapping, updated_at FROM crm_hooks WHERE shop_id = $1", tx.ShopID).
		Scan(&h.PublicID, &h.Secret, &h.Mapping, &h.UpdatedAt)
	if err != nil {
		return nil, fmt.Errorf("load CRM hook: %w", notFound(err))
	}
	h.UpdatedAt = h.UpdatedAt.UTC()
	return &h, nil
}

// ShopOfCRMHook tells whose hook it is; ErrNotFound when nobody's. It works in a
// transaction of shop 0.
func (tx *Tx) ShopOfCRMHook(ctx context.Context, public string) (shopID int64, err error) {
	err = tx.pgx.QueryRow(ctx, "SELECT shop_id FROM door_crm_hook($1)", public).Scan(&shopID)
	if err != nil {
		return 0, fmt.Errorf("find CRM hook: %w", notFound(err))
	}
	return shopID, nil
}

// CRMEvent is one change that the CRM told of: who a contact is, or which stage
// it reached, or both.
type CRMEvent struct {
	Key, ObjectID      string
	EmailHash, ClickID string
	Property, Value    string // folded to lower case
	OccurredAt         time.Time
}

// AddCRMEvents stores the events that are new, and returns how many were.
func (tx *Tx) AddCRMEvents(ctx context.Context, es []CRMEvent) (int64, error) {
	var key, object, email, click, property, value []string
	var at []time.Time
	for _, e := range es {
		key, object, email, click = append(key, e.Key), append(object, e.ObjectID), append(email, e.EmailHash), append(click, e.ClickID)
		property, value, at = append(property, e.Property), append(value, e.Value), append(at, e.OccurredAt)
	}
	tag, err := tx.pgx.Exec(ctx, `INSERT INTO crm_events (shop_id, key, object_id, email_hash, click_id, property, value, occurred_at, received_at)
		SELECT $1, k, o, e, c, p, v, a, $2 FROM unnest($3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::timestamptz[])
		  AS u(k, o, e, c, p, v, a) ON CONFLICT (shop_id, key) DO NOTHING`, tx.ShopID, tx.Now, key, object, email, click, property, value, at)
	if err != nil {
		return 0, fmt.Errorf("store %d CRM events: %w", len(es), err)
	}
	return tag.RowsAffected(), nil
}

// CRMStage maps a value of a property to an outcome.
type CRMStage struct{ Property, Value, Outcome string }

// CRMObjects lists the contacts that are one of the mailboxes or clicks.
func (tx *Tx) CRMObjects(ctx context.Context, mailboxes, clicks []string) ([]string, error) {
	rows, err := tx.pgx.Query(ctx, `SELECT DISTINCT object_id FROM crm_events WHERE shop_id = $1
		AND (email_hash <> '' AND email_hash = ANY($2) OR click_id <> '' AND click_id = ANY($3)) ORDER BY 1`, tx.ShopID, mailboxes, clicks)
	if err != nil {
		return nil, fmt.Errorf("find CRM contacts: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

// CRMDecisions says what the stages of the contacts, under a mapping, mean for
// the leads that are the same mailbox or click. A stage that was reached before
// a lead came is not about it.
func (tx *Tx) CRMDecisions(ctx context.Context, objects []string, mapping []CRMStage) (ds []LeadDecision, mailboxes []string, err error) {
	var property, value, outcome []string
	for _, s := range mapping {
		property, value, outcome = append(property, s.Property), append(value, s.Value), append(outcome, s.Outcome)
	}
	rows, err := tx.pgx.Query(ctx, `WITH stage AS (
		  SELECT e.object_id, e.key, e.occurred_at, m.outcome, e.property || '=' || e.value AS reason
		  FROM crm_events e JOIN unnest($2::text[], $3::text[], $4::text[]) AS m(property, value, outcome) ON m.property = e.property AND m.value = e.value
		  WHERE e.shop_id = $1 AND e.object_id = ANY($5)),
		who AS (SELECT DISTINCT object_id, email_hash, click_id FROM crm_events
		  WHERE shop_id = $1 AND object_id = ANY($5) AND (email_hash <> '' OR click_id <> '')),
		found AS (
		  SELECT w.object_id, l.id, l.email_hash, l.submitted_at FROM who w JOIN leads l ON l.shop_id = $1 AND l.email_hash = w.email_hash WHERE w.email_hash <> ''
		  UNION
		  SELECT w.object_id, l.id, l.email_hash, l.submitted_at FROM who w JOIN leads l ON l.shop_id = $1 AND l.click_id = w.click_id AND l.click_id <> '' WHERE w.click_id <> '')
		SELECT f.id, f.email_hash, s.key, s.occurred_at, s.outcome, s.reason FROM stage s JOIN found f USING (object_id)
		WHERE s.occurred_at >= f.submitted_at ORDER BY s.occurred_at, s.key, f.id`, tx.ShopID, property, value, outcome, objects)
	if err != nil {
		return nil, nil, fmt.Errorf("find leads of CRM contacts: %w", err)
	}
	var d LeadDecision
	var mailbox string
	_, err = pgx.ForEachRow(rows, []any{&d.LeadID, &mailbox, &d.Key, &d.At, &d.Outcome, &d.Reason}, func() error {
		d.Source, d.At = "crm", d.At.UTC()
		ds, mailboxes = append(ds, d), append(mailboxes, mailbox)
		return nil
	})
	if err != nil {
		return nil, nil, fmt.Errorf("find leads of CRM contacts: %w", err)
	}
	return ds, mailboxes, nil
}
