package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgtype"
)

// The steps of a WooInstall.
const (
	WooBegun     = "begun"     // nobody has opened it in a browser yet
	WooOpened    = "opened"    // a browser was sent to the store
	WooReceived  = "received"  // the store has sent keys
	WooVerified  = "verified"  // the keys open the store
	WooConnected = "connected" // they are a connection's
	WooDenied    = "denied"    // the merchant did not want to
	WooFailed    = "failed"    // the keys do not open the store
	WooExpired   = "expired"
)

// WooInstall is a merchant giving us the keys of a WooCommerce store.
type WooInstall struct {
	ID           int64
	BaseURL      string
	Step         string
	SessionHash  []byte
	Keys         []byte // sealed; nil when there are none, or no longer
	StateHash    []byte
	Rights       string
	ReturnedAt   time.Time // zero: the browser that opened it has not come back
	ConnectionID int64
	Found        string // JSON
	Problems     string // JSON
	BegunAt      time.Time
	Until        time.Time
}

// BeginWooInstall writes down that a merchant wants to connect a store, and
// returns its id.
func (tx *Tx) BeginWooInstall(ctx context.Context, baseURL string, ticketHash []byte, until time.Time) (id int64, err error) {
	err = tx.pgx.QueryRow(ctx, `INSERT INTO woo_installs (shop_id, base_url, ticket_hash, begun_at, until) VALUES ($1, $2, $3, $4, $5) RETURNING id`,
		tx.ShopID, baseURL, ticketHash, tx.Now, until).Scan(&id)
	if err != nil {
		return 0, fmt.Errorf("begin to connect a store: %w", err)
	}
	return id, nil
}

// WooInstall returns one; ErrNotFound when there is none.
func (tx *Tx) WooInstall(ctx context.Context, id int64) (*WooInstall, error) {
	var w WooInstall
	var returned pgtype.Timestamptz
	err := tx.pgx.QueryRow(ctx, `SELECT id, base_url, step, session_hash, keys, state_hash, rights, returned_at, connection_id, found, problems, begun_at, until
		FROM woo_installs WHERE shop_id = $1 AND id = $2`, tx.ShopID, id).
		Scan(&w.ID, &w.BaseURL, &w.Step, &w.SessionHash, &w.Keys, &w.StateHash, &w.Rights, &returned, &w.ConnectionID, &w.Found, &w.Problems, &w.BegunAt, &w.Until)
	if err != nil {
		return nil, fmt.Errorf("load the installation %d: %w", id, notFound(err))
	}
	w.ReturnedAt, w.BegunAt, w.Until = fromTimestamptz(returned), w.BegunAt.UTC(), w.Until.UTC()
	return &w, nil
}

// OpenWooInstall uses the ticket up: the browser that has it is the only one
// that counts from now on. It reports false when it was used, or is too old.
func (tx *Tx) OpenWooInstall(ctx context.Context, id int64, stateHash, sessionHash []byte) (bool, error) {
	return tx.stepWooInstall(ctx, `UPDATE woo_installs SET step = 'opened', state_hash = $3, session_hash = $4
		WHERE shop_id = $1 AND id = $2 AND step = 'begun' AND until > $5`, tx.ShopID, id, stateHash, sessionHash, tx.Now)
}

// GiveWooKeys keeps the keys that a store sent, sealed. It reports false when
// there are some already, or it is too late.
func (tx *Tx) GiveWooKeys(ctx context.Context, id int64, keys []byte, rights string) (bool, error) {
	return tx.stepWooInstall(ctx, `UPDATE woo_installs SET step = 'received', keys = $3, rights = $4
		WHERE shop_id = $1 AND id = $2 AND step = 'opened' AND until > $5`, tx.ShopID, id, keys, rights, tx.Now)
}

// ReturnWooInstall notes that the browser that opened it came back from the
// store. It reports false when it is too late, or was noted before.
func (tx *Tx) ReturnWooInstall(ctx context.Context, id int64) (bool, error) {
	return tx.stepWooInstall(ctx, `UPDATE woo_installs SET returned_at = $3
		WHERE shop_id = $1 AND id = $2 AND step IN ('received', 'verified') AND returned_at IS NULL AND until > $3`, tx.ShopID, id, tx.Now)
}

// EndWooInstall moves it to another step, with what was found and what is wrong,
// both JSON. Keys are kept as long as they have to be verified or used.
func (tx *Tx) EndWooInstall(ctx context.Context, id int64, step, found, problems string, connectionID int64) error {
	_, err := tx.stepWooInstall(ctx, `UPDATE woo_installs SET step = $3, found = $4, problems = $5, connection_id = $6,
		keys = CASE WHEN $3 = 'verified' THEN keys END
		WHERE shop_id = $1 AND id = $2 AND step NOT IN ('connected', 'expired')`, tx.ShopID, id, step, found, problems, connectionID)
	return err
}

func (tx *Tx) stepWooInstall(ctx context.Context, query string, args ...any) (bool, error) {
	tag, err := tx.pgx.Exec(ctx, query, args...)
	if err != nil {
		return false, fmt.Errorf("note how far connecting a store came: %w", err)
	}
	return tag.RowsAffected() == 1, nil
}

// WooInstallByTicket finds one before the tenant is known; ErrNotFound.
func (db *DB) WooInstallByTicket(ctx context.Context, ticketHash []byte) (shopID, id int64, err error) {
	return db.wooDoor(ctx, "SELECT shop_id, id FROM door_woo_ticket($1)", ticketHash)
}

// WooInstallByState finds one before the tenant is known; ErrNotFound.
func (db *DB) WooInstallByState(ctx context.Context, stateHash []byte) (shopID, id int64, err error) {
	return db.wooDoor(ctx, "SELECT shop_id, id FROM door_woo_state($1)", stateHash)
}

func (db *DB) wooDoor(ctx context.Context, query string, hash []byte) (shopID, id int64, err error) {
	err = db.InTx(ctx, 0, func(tx *Tx) error { return notFound(tx.pgx.QueryRow(ctx, query, hash).Scan(&shopID, &id)) })
	if err != nil {
		return 0, 0, fmt.Errorf("find what a browser has begun: %w", err)
	}
	return shopID, id, nil
}
