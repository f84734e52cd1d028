package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
)

// ClickKind is what was touched.
type ClickKind int16

// The kinds of click.
const (
	ClickLink  ClickKind = 1 // a link was followed
	ClickVisit ClickKind = 2 // a landing page was visited
)

// String is the kind in a word.
func (k ClickKind) String() string {
	if k == ClickVisit {
		return "visit"
	}
	return "click"
}

// Click is one click or visit. What follows Withdrawn is the verdict on it.
type Click struct {
	ShopID      int64
	ID          [16]byte // UUID version 7
	At          time.Time
	Kind        ClickKind
	AgreementID int64
	LinkID      int64
	PageID      int64
	Variant     string
	Visitor     string // keyed hash; "" without consent
	IPHash      string // keyed hash
	Agent       string // class of program
	Referrer    string // host
	Refused     string // why it can never be paid for; "" it can
	Withdrawn   string // why a person took it out

	Judged    bool
	Invalid   string // why it does not count; "" it counts
	VersionID int64  // 0: under no signed version
	Day       time.Time
}

const insertClicks = `INSERT INTO clicks (shop_id, id, at, kind, agreement_id, link_id, page_id, variant, visitor, ip_hash, agent, referrer, refused, invalid)
	SELECT s, i, t, k, a, l, p, va, vi, ip, ag, re, ru, ru
	FROM unnest($1::bigint[], $2::uuid[], $3::timestamptz[], $4::smallint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::text[], $9::text[],
	  $10::text[], $11::text[], $12::text[], $13::text[]) AS u(s, i, t, k, a, l, p, va, vi, ip, ag, re, ru)`

// InsertClicks stores clicks of any shops durably in one commit.
func (db *DB) InsertClicks(ctx context.Context, cs []*Click) (int64, error) {
	n := len(cs)
	var (
		shop, agreement, link, page = make([]int64, n), make([]int64, n), make([]int64, n), make([]int64, n)
		id                          = make([]pgtype.UUID, n)
		at                          = make([]time.Time, n)
		kind                        = make([]int16, n)
		variant, visitor, ip        = make([]string, n), make([]string, n), make([]string, n)
		agent, referrer, refused    = make([]string, n), make([]string, n), make([]string, n)
	)
	for i, c := range cs {
		shop[i], agreement[i], link[i], page[i] = c.ShopID, c.AgreementID, c.LinkID, c.PageID
		id[i], at[i], kind[i] = pgtype.UUID{Bytes: c.ID, Valid: true}, c.At, int16(c.Kind)
		variant[i], visitor[i], ip[i] = c.Variant, c.Visitor, c.IPHash
		agent[i], referrer[i], refused[i] = c.Agent, c.Referrer, c.Refused
	}
	// One round trip: a pipeline without BEGIN is one implicit transaction.
	var b pgx.Batch
	b.Queue("SELECT set_config('role', 'tributary_app', true)")
	b.Queue(insertClicks, shop, id, at, kind, agreement, link, page, variant, visitor, ip, agent, referrer, refused)
	res := db.pool.SendBatch(ctx, &b)
	_, err := res.Exec()
	if err == nil {
		_, err = res.Exec()
	}
	if cerr := res.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return 0, fmt.Errorf("store clicks: %w", err)
	}
	return int64(n), nil
}

// ClickShop is what the public door must know of a shop.
type ClickShop struct {
	ID              int64
	Platform        int16
	Domain          string
	Zone            *time.Location
	HashKey         []byte // sealed
	ConsentRequired bool
}

// ClickShop loads the shop of this transaction; ErrNotFound when the app has
// left it.
func (tx *Tx) ClickShop(ctx context.Context) (ClickShop, error) {
	s := ClickShop{ID: tx.ShopID}
	var zone string
	err := tx.pgx.QueryRow(ctx, "SELECT platform, domain, time_zone, hash_key, consent_required FROM shops WHERE id = $1 AND uninstalled_at IS NULL", tx.ShopID).
		Scan(&s.Platform, &s.Domain, &zone, &s.HashKey, &s.ConsentRequired)
	if err != nil {
		return s, fmt.Errorf("load shop %d: %w", tx.ShopID, notFound(err))
	}
	if s.Zone, err = time.LoadLocation(zone); err != nil {
		return s, fmt.Errorf("shop %d: %w", tx.ShopID, err)
	}
	return s, nil
}

// LinkChange is a link that may lead elsewhere now; LinkID 0: all of the shop's.
type LinkChange struct{ ShopID, LinkID int64 }

// LinksChanged lists the links that have changed since the mark, by themselves,
// their code, or the shop's hosts and settings, and the mark to ask with the next
// time; 0 asks for a mark only. Some are named twice; none is left out, whatever
// the order in which transactions commit.
func (db *DB) LinksChanged(ctx context.Context, since int64) (changed []LinkChange, mark int64, err error) {
	err = db.InTx(ctx, 0, func(tx *Tx) error {
		if err := tx.pgx.QueryRow(ctx, "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint").Scan(&mark); err != nil || since == 0 {
			return err
		}
		rows, err := tx.pgx.Query(ctx, "SELECT shop_id, link_id FROM door_links_changed($1::bigint::text::xid8)", since)
		if err != nil {
			return err
		}
		changed, err = pgx.CollectRows(rows, pgx.RowToStructByPos[LinkChange])
		return err
	})
	if err != nil {
		return nil, 0, fmt.Errorf("ask for changed links: %w", err)
	}
	return changed, mark, nil
}

// ShopOfHost finds the shop whose links a host serves. ErrNotFound if none does.
func (db *DB) ShopOfHost(ctx context.Context, host string) (id int64, err error) {
	err = db.InTx(ctx, 0, func(tx *Tx) error {
		return notFound(tx.pgx.QueryRow(ctx, "SELECT shop_id FROM door_host($1)", host).Scan(&id))
	})
	return id, err
}

// CountNewClicks is how many clicks of the shop wait for their verdict.
func (tx *Tx) CountNewClicks(ctx context.Context) (n int64, err error) {
	err = tx.pgx.QueryRow(ctx, "SELECT count(*) FROM clicks WHERE shop_id = $1 AND state = 0", tx.ShopID).Scan(&n)
	return n, err
}
