package store

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"

	"gorm.io/gorm"
)

// What a domain is for.
const (
	DomainLinks = "links" // it points here and serves the shop's links and pages
	DomainStore = "store" // the store is reached by it: links may lead there
)

// Domain is a host that the shop says is its own.
type Domain struct {
	ShopID     int64 `gorm:"primaryKey;autoIncrement:false"`
	ID         int64 `gorm:"primaryKey;autoIncrement"`
	Host       string
	Purpose    string
	Token      string // what a check must find
	VerifiedAt *time.Time
	CheckedAt  *time.Time
	Problem    string // what the last check said
	RemovedAt  *time.Time
	CreatedAt  time.Time
}

// TableName is for gorm.
func (Domain) TableName() string { return "domains" }

// AddDomain stores d, sets its ID and returns true; false when the shop has it.
func (tx *Tx) AddDomain(ctx context.Context, d *Domain) (bool, error) {
	d.ShopID, d.CreatedAt = tx.ShopID, tx.Now
	err := tx.pgx.QueryRow(ctx, `INSERT INTO domains (shop_id, host, purpose, token, created_at) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT DO NOTHING RETURNING id`, tx.ShopID, d.Host, d.Purpose, d.Token, d.CreatedAt).Scan(&d.ID)
	if IsNotFound(notFound(err)) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("add domain: %w", err)
	}
	return true, nil
}

// Domains lists the shop's domains, oldest first; those taken away are left out.
func (tx *Tx) Domains(ctx context.Context) ([]Domain, error) {
	ds, err := gorm.G[Domain](tx.g).Where("shop_id = ? AND removed_at IS NULL", tx.ShopID).Order("id").Find(ctx)
	if err != nil {
		return nil, fmt.Errorf("list domains: %w", err)
	}
	return ds, nil
}

// Domain returns one domain; ErrNotFound when there is none.
func (tx *Tx) Domain(ctx context.Context, id int64) (*Domain, error) {
	d, err := gorm.G[Domain](tx.g).Where("shop_id = ? AND id = ? AND removed_at IS NULL", tx.ShopID, id).Take(ctx)
	if err != nil {
		return nil, fmt.Errorf("load domain %d: %w", id, notFound(err))
	}
	return &d, nil
}

// SetDomainChecked records what a check found; problem "" verifies the domain.
// It returns false when another shop has verified the host for its links.
func (tx *Tx) SetDomainChecked(ctx context.Context, id int64, problem string) (bool, error) {
	// A savepoint: the unique violation must not end the transaction.
	sub, err := tx.pgx.Begin(ctx)
	if err != nil {
		return false, fmt.Errorf("check domain %d: %w", id, err)
	}
	_, err = sub.Exec(ctx, `UPDATE domains SET checked_at = $3, problem = $4, verified_at = CASE WHEN $4 = '' THEN coalesce(verified_at, $3) ELSE verified_at END
		WHERE shop_id = $1 AND id = $2`, tx.ShopID, id, tx.Now, problem)
	if IsUnique(err, "domains_verified") {
		return false, sub.Rollback(ctx)
	}
	if err != nil {
		return false, fmt.Errorf("check domain %d: %w", id, err)
	}
	return true, sub.Commit(ctx)
}

// RemoveDomain takes a domain away; doing it twice changes nothing.
func (tx *Tx) RemoveDomain(ctx context.Context, id int64) error {
	n, err := gorm.G[Domain](tx.g).Where("shop_id = ? AND id = ?", tx.ShopID, id).Update(ctx, "removed_at", gorm.Expr("coalesce(removed_at, ?)", tx.Now))
	if err != nil {
		return fmt.Errorf("remove domain %d: %w", id, err)
	}
	if n == 0 {
		return fmt.Errorf("remove domain %d: %w", id, ErrNotFound)
	}
	return nil
}

// StoreHosts maps the hosts by which the shop's store is reached to whether
// plain HTTP will do: its own, its connections', and those verified.
func (tx *Tx) StoreHosts(ctx context.Context) (map[string]bool, error) {
	shop, err := tx.Shop(ctx)
	if err != nil {
		return nil, err
	}
	hosts := map[string]bool{strings.ToLower(shop.Domain): loopback(shop.Domain)}
	bases, err := tx.BaseURLs(ctx)
	if err != nil {
		return nil, err
	}
	for _, b := range bases {
		if u, err := url.Parse(b); err == nil && u.Host != "" {
			hosts[strings.ToLower(u.Host)] = u.Scheme == "http"
		}
	}
	ds, err := gorm.G[Domain](tx.g).Where("shop_id = ? AND purpose = ? AND verified_at IS NOT NULL AND removed_at IS NULL", tx.ShopID, DomainStore).Find(ctx)
	if err != nil {
		return nil, fmt.Errorf("list hosts of the store: %w", err)
	}
	for _, d := range ds {
		hosts[d.Host] = hosts[d.Host] || loopback(d.Host)
	}
	return hosts, nil
}

// FrontPage is where the store begins.
func (tx *Tx) FrontPage(ctx context.Context) (string, error) {
	bases, err := tx.BaseURLs(ctx)
	if err != nil || len(bases) > 0 {
		return strings.Join(bases[:min(1, len(bases))], ""), err
	}
	shop, err := tx.Shop(ctx)
	if err != nil {
		return "", err
	}
	return "https://" + shop.Domain + "/", nil
}

func loopback(host string) bool {
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	ip := net.ParseIP(host)
	return host == "localhost" || (ip != nil && ip.IsLoopback())
}

// DomainToken tells whether the token is one that a check of the host looks for.
func (db *DB) DomainToken(ctx context.Context, host, token string) (ours bool, err error) {
	err = db.InTx(ctx, 0, func(tx *Tx) error {
		return tx.pgx.QueryRow(ctx, "SELECT door_domain_token($1, $2)", host, token).Scan(&ours)
	})
	return ours, err
}

// SetConsentRequired says whether visitors of links and pages are recognised
// only once they have agreed.
func (tx *Tx) SetConsentRequired(ctx context.Context, required bool) error {
	if _, err := tx.pgx.Exec(ctx, "UPDATE shops SET consent_required = $2 WHERE id = $1", tx.ShopID, required); err != nil {
		return fmt.Errorf("set consent of shop %d: %w", tx.ShopID, err)
	}
	return nil
}
