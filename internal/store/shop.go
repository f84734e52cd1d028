package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"tributary/internal/domain/order"
)

// Shop is one store that installed us: the tenant.
type Shop struct {
	ID            int64
	Platform      order.Platform
	Domain        string
	Name          string
	Currency      string
	TimeZone      string
	HashKey       []byte    // sealed
	OpenFrom      time.Time // start of the open period; zero: nothing was ever closed
	InstalledAt   time.Time
	UninstalledAt *time.Time
	Health        string // "ok", or what is wrong with the connection to the store
	HealthAt      *time.Time
}

// Shop returns the shop of this transaction.
func (tx *Tx) Shop(ctx context.Context) (*Shop, error) {
	var s Shop
	var openFrom *time.Time
	err := tx.pgx.QueryRow(ctx, `SELECT id, platform, domain, name, currency, time_zone, hash_key,
		CASE WHEN isfinite(open_from) THEN open_from END, installed_at, uninstalled_at, health, health_at
		FROM shops WHERE id = $1`, tx.ShopID).
		Scan(&s.ID, &s.Platform, &s.Domain, &s.Name, &s.Currency, &s.TimeZone, &s.HashKey,
			&openFrom, &s.InstalledAt, &s.UninstalledAt, &s.Health, &s.HealthAt)
	if err != nil {
		return nil, fmt.Errorf("load shop %d: %w", tx.ShopID, notFound(err))
	}
	if openFrom != nil {
		s.OpenFrom = openFrom.UTC()
	}
	s.InstalledAt = s.InstalledAt.UTC()
	return &s, nil
}

// NewShop is a shop to add. HashKey is sealed.
type NewShop struct {
	Platform                         order.Platform
	Domain, Name, Currency, TimeZone string
	HashKey                          []byte
}

// AddShop adds a shop and returns its id; 0 when the platform and domain are
// there already. One that uninstalled the app comes back as it was. It works in
// a transaction of shop 0.
func (tx *Tx) AddShop(ctx context.Context, n NewShop) (int64, error) {
	var id *int64
	err := tx.pgx.QueryRow(ctx, "SELECT door_add_shop($1, $2, $3, $4, $5, $6, $7)",
		int16(n.Platform), n.Domain, n.Name, n.Currency, n.TimeZone, n.HashKey, tx.Now).Scan(&id)
	if err != nil {
		return 0, fmt.Errorf("add shop %s: %w", n.Domain, err)
	}
	if id == nil {
		return 0, nil
	}
	return *id, nil
}

// ShopRef is what work over all shops needs to begin with one.
type ShopRef struct {
	ID          int64
	Domain      string
	TimeZone    string
	OpenFrom    time.Time // zero: nothing was ever closed
	Uninstalled bool
}

// Shops lists the shops, those that uninstalled the app too, ascending by id.
// It works in a transaction of shop 0.
func (tx *Tx) Shops(ctx context.Context) ([]ShopRef, error) {
	rows, err := tx.pgx.Query(ctx, "SELECT id, domain, time_zone, CASE WHEN isfinite(open_from) THEN open_from END, uninstalled FROM door_shops()")
	if err != nil {
		return nil, fmt.Errorf("list shops: %w", err)
	}
	out, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (ShopRef, error) {
		var s ShopRef
		var from *time.Time
		err := r.Scan(&s.ID, &s.Domain, &s.TimeZone, &from, &s.Uninstalled)
		if from != nil {
			s.OpenFrom = from.UTC()
		}
		return s, err
	})
	if err != nil {
		return nil, fmt.Errorf("list shops: %w", err)
	}
	return out, nil
}

// NewConnection is a connection to add. TokenHash is of the token in its
// delivery URL; Secret, RestKeys and Token are sealed, all but Secret may be nil.
type NewConnection struct {
	TokenHash, Secret, RestKeys, Token []byte
	BaseURL                            string
	// KeepHooks says that the store's webhooks are ours to make and to keep.
	KeepHooks bool
}

// AddConnection adds a connection of this shop and returns its id.
func (tx *Tx) AddConnection(ctx context.Context, n NewConnection) (int64, error) {
	var id int64
	err := tx.pgx.QueryRow(ctx, `INSERT INTO connections (shop_id, token_hash, secret, rest_keys, base_url, created_at, token, hooks_next_at)
		VALUES ($1, $2, $3, $4, $5, $6::timestamptz, $7, CASE WHEN $8 THEN $6::timestamptz END) RETURNING id`,
		tx.ShopID, n.TokenHash, n.Secret, n.RestKeys, n.BaseURL, tx.Now, n.Token, n.KeepHooks).Scan(&id)
	if err != nil {
		return 0, fmt.Errorf("add connection of shop %d: %w", tx.ShopID, err)
	}
	if n.RestKeys != nil {
		return id, tx.pairPlugin(ctx)
	}
	return id, nil
}

// Healthy is the health of a connection that works.
const Healthy = "ok"

// Connection is one way a WooCommerce store talks to us, and we to it.
type Connection struct {
	TokenHash    []byte // sha256 of the token in its delivery URL
	ID           int64
	BaseURL      string
	CreatedAt    time.Time
	RevokedAt    time.Time // zero: it is live
	Health       string    // "ok", or what the store last sent instead of what it should have
	HealthAt     time.Time // since when; zero: never anything but ok
	HasRestKeys  bool
	RestHealth   string // "ok", or what the store last answered to the REST keys
	RestHealthAt time.Time
	Problems     string // what the merchant has to mend, JSON
	KeepsHooks   bool   // the store's webhooks are ours to keep
}

// Connections lists this shop's connections, newest first.
func (tx *Tx) Connections(ctx context.Context) ([]Connection, error) {
	rows, err := tx.pgx.Query(ctx, `SELECT id, base_url, created_at, revoked_at, health, health_at, rest_keys IS NOT NULL, rest_health, rest_health_at, token_hash, problems, hooks_next_at IS NOT NULL
		FROM connections WHERE shop_id = $1 ORDER BY id DESC`, tx.ShopID)
	if err != nil {
		return nil, fmt.Errorf("list connections: %w", err)
	}
	out, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (c Connection, err error) {
		var revoked, health, rest pgtype.Timestamptz
		err = r.Scan(&c.ID, &c.BaseURL, &c.CreatedAt, &revoked, &c.Health, &health, &c.HasRestKeys, &c.RestHealth, &rest, &c.TokenHash, &c.Problems, &c.KeepsHooks)
		c.RevokedAt, c.HealthAt, c.RestHealthAt = fromTimestamptz(revoked), fromTimestamptz(health), fromTimestamptz(rest)
		return c, err
	})
	if err != nil {
		return nil, fmt.Errorf("list connections: %w", err)
	}
	return out, nil
}

// SetConnectionHealth records what the store told over a connection in a
// delivery received at the given instant, unless a later one told otherwise.
func (tx *Tx) SetConnectionHealth(ctx context.Context, id int64, health string, at time.Time) error {
	_, err := tx.pgx.Exec(ctx, `UPDATE connections SET health = $3, health_at = $4
		WHERE shop_id = $1 AND id = $2 AND health <> $3 AND (health_at IS NULL OR health_at <= $4)`, tx.ShopID, id, health, at)
	if err != nil {
		return fmt.Errorf("set health of connection %d: %w", id, err)
	}
	return nil
}

// SetRestHealth records what the store answered to a connection's REST keys.
func (tx *Tx) SetRestHealth(ctx context.Context, id int64, health string) error {
	_, err := tx.pgx.Exec(ctx, "UPDATE connections SET rest_health = $3, rest_health_at = $4 WHERE shop_id = $1 AND id = $2 AND rest_health <> $3",
		tx.ShopID, id, health, tx.Now)
	if err != nil {
		return fmt.Errorf("set health of the REST keys of connection %d: %w", id, err)
	}
	return nil
}

// SetRestKeys gives a connection other REST keys, sealed.
func (tx *Tx) SetRestKeys(ctx context.Context, id int64, keys []byte) error {
	_, err := tx.pgx.Exec(ctx, "UPDATE connections SET rest_keys = $3, rest_health = 'ok', rest_health_at = $4 WHERE shop_id = $1 AND id = $2",
		tx.ShopID, id, keys, tx.Now)
	if err != nil {
		return fmt.Errorf("set REST keys of connection %d: %w", id, err)
	}
	return tx.pairPlugin(ctx)
}

// BaseURLs lists where this shop's live connections say the store is.
func (tx *Tx) BaseURLs(ctx context.Context) ([]string, error) {
	rows, err := tx.pgx.Query(ctx, "SELECT base_url FROM connections WHERE shop_id = $1 AND revoked_at IS NULL ORDER BY id", tx.ShopID)
	if err != nil {
		return nil, fmt.Errorf("list connections: %w", err)
	}
	out, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, fmt.Errorf("list connections: %w", err)
	}
	return out, nil
}

// IsNotFound reports whether err says that no row of this shop matches.
func IsNotFound(err error) bool { return errors.Is(err, ErrNotFound) }
