package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

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

// SetShopHealth records what the store last told about the connection to it.
func (tx *Tx) SetShopHealth(ctx context.Context, health string) error {
	_, err := tx.pgx.Exec(ctx, "UPDATE shops SET health = $2, health_at = $3 WHERE id = $1", tx.ShopID, health, tx.Now)
	if err != nil {
		return fmt.Errorf("set health of shop %d: %w", tx.ShopID, err)
	}
	return nil
}

// NewShop is a shop to add. HashKey is sealed.
type NewShop struct {
	Platform                         order.Platform
	Domain, Name, Currency, TimeZone string
	HashKey                          []byte
}

// AddShop adds a shop and returns its id; 0 when the platform and domain are
// there already. It works in a transaction of shop 0.
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
	ID       int64
	Domain   string
	TimeZone string
	OpenFrom time.Time // zero: nothing was ever closed
}

// Shops lists the installed shops, ascending by id. It works in a transaction
// of shop 0.
func (tx *Tx) Shops(ctx context.Context) ([]ShopRef, error) {
	rows, err := tx.pgx.Query(ctx, "SELECT id, domain, time_zone, CASE WHEN isfinite(open_from) THEN open_from END FROM door_shops()")
	if err != nil {
		return nil, fmt.Errorf("list shops: %w", err)
	}
	out, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (ShopRef, error) {
		var s ShopRef
		var from *time.Time
		err := r.Scan(&s.ID, &s.Domain, &s.TimeZone, &from)
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

// AddConnection adds a connection of this shop and returns its id. The hash is
// of the token in its delivery URL, the secret is sealed.
func (tx *Tx) AddConnection(ctx context.Context, tokenHash, secret []byte, baseURL string) (int64, error) {
	var id int64
	err := tx.pgx.QueryRow(ctx, `INSERT INTO connections (shop_id, token_hash, secret, base_url, created_at)
		VALUES ($1, $2, $3, $4, $5) RETURNING id`, tx.ShopID, tokenHash, secret, baseURL, tx.Now).Scan(&id)
	if err != nil {
		return 0, fmt.Errorf("add connection of shop %d: %w", tx.ShopID, err)
	}
	return id, nil
}

// SetConnectionHealth records what the store last told about a connection.
func (tx *Tx) SetConnectionHealth(ctx context.Context, id int64, health string) error {
	_, err := tx.pgx.Exec(ctx, "UPDATE connections SET health = $3, health_at = $4 WHERE shop_id = $1 AND id = $2", tx.ShopID, id, health, tx.Now)
	if err != nil {
		return fmt.Errorf("set health of connection %d: %w", id, err)
	}
	return nil
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
