package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"tributary/internal/domain/draw"
)

// EntryForm is what a person sent in by a giveaway's form.
type EntryForm struct {
	GiveawayID  int64
	Person      string // keyed hash of the mailbox
	Email       []byte // sealed
	Way         string // draw.BySignup, draw.ByFree
	Country     string
	AgreementID int64
	Via         string
	At          time.Time
}

// AddEntryForm stores f and returns true; false when the person has sent one in
// already: the first one counts.
func (tx *Tx) AddEntryForm(ctx context.Context, f *EntryForm) (bool, error) {
	f.At = tx.Now
	tag, err := tx.pgx.Exec(ctx, `INSERT INTO giveaway_forms (shop_id, giveaway_id, person, email, way, country, agreement_id, via, at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING`,
		tx.ShopID, f.GiveawayID, f.Person, f.Email, f.Way, f.Country, f.AgreementID, f.Via, f.At)
	if err != nil {
		return false, fmt.Errorf("add entry to giveaway %d: %w", f.GiveawayID, err)
	}
	return tag.RowsAffected() == 1, nil
}

// EntryForms returns the forms of some of a giveaway's people.
func (tx *Tx) EntryForms(ctx context.Context, giveawayID int64, persons []string) (map[string]EntryForm, error) {
	rows, err := tx.pgx.Query(ctx, `SELECT giveaway_id, person, email, way, country, agreement_id, via, at FROM giveaway_forms
		WHERE shop_id = $1 AND giveaway_id = $2 AND person = ANY($3)`, tx.ShopID, giveawayID, persons)
	if err != nil {
		return nil, fmt.Errorf("load forms of giveaway %d: %w", giveawayID, err)
	}
	fs, err := pgx.CollectRows(rows, pgx.RowToStructByPos[EntryForm])
	if err != nil {
		return nil, fmt.Errorf("load forms of giveaway %d: %w", giveawayID, err)
	}
	out := make(map[string]EntryForm, len(fs))
	for _, f := range fs {
		out[f.Person] = f
	}
	return out, nil
}

// Purchase is what one order makes of its buyer in one giveaway.
type Purchase struct {
	GiveawayID, OrderID int64
	Person              string
	At                  time.Time
	AgreementID         int64
	Counts              bool
	Reason              string
}

// PurchasesOfOrders returns what is stored of orders.
func (tx *Tx) PurchasesOfOrders(ctx context.Context, orderIDs []int64) ([]Purchase, error) {
	rows, err := tx.pgx.Query(ctx, `SELECT giveaway_id, order_id, person, at, agreement_id, counts, reason FROM giveaway_purchases
		WHERE shop_id = $1 AND order_id = ANY($2) ORDER BY giveaway_id, order_id`, tx.ShopID, orderIDs)
	if err != nil {
		return nil, fmt.Errorf("load giveaway purchases: %w", err)
	}
	ps, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Purchase])
	if err != nil {
		return nil, fmt.Errorf("load giveaway purchases: %w", err)
	}
	for i := range ps {
		ps[i].At = ps[i].At.UTC()
	}
	return ps, nil
}

// UpsertPurchases writes what orders make of their buyers now.
func (tx *Tx) UpsertPurchases(ctx context.Context, ps []Purchase) error {
	if len(ps) == 0 {
		return nil
	}
	n := len(ps)
	giveaway, orderID, agreement := make([]int64, n), make([]int64, n), make([]int64, n)
	person, reason := make([]string, n), make([]string, n)
	counts, at := make([]bool, n), make([]time.Time, n)
	for i, p := range ps {
		giveaway[i], orderID[i], agreement[i], person[i], reason[i], counts[i], at[i] = p.GiveawayID, p.OrderID, p.AgreementID, p.Person, p.Reason, p.Counts, p.At
	}
	_, err := tx.pgx.Exec(ctx, `INSERT INTO giveaway_purchases AS p (shop_id, giveaway_id, order_id, person, at, agreement_id, counts, reason, changed_at)
		SELECT $1, g, o, pe, t, a, c, r, $2 FROM unnest($3::bigint[], $4::bigint[], $5::text[], $6::timestamptz[], $7::bigint[], $8::boolean[], $9::text[]) AS u(g, o, pe, t, a, c, r)
		ON CONFLICT (shop_id, giveaway_id, order_id) DO UPDATE SET person = excluded.person, at = excluded.at, agreement_id = excluded.agreement_id,
		  counts = excluded.counts, reason = excluded.reason, changed_at = excluded.changed_at`,
		tx.ShopID, tx.Now, giveaway, orderID, person, at, agreement, counts, reason)
	if err != nil {
		return fmt.Errorf("store %d giveaway purchases: %w", n, err)
	}
	return nil
}

// EntrySources returns everything that makes people entrants of a giveaway, as
// it was known before the given instant; a zero one is now.
func (tx *Tx) EntrySources(ctx context.Context, giveawayID int64, before time.Time) ([]draw.Source, error) {
	// A purchase that was voided only after the instant counts as it did then.
	rows, err := tx.pgx.Query(ctx, `SELECT person, way, at, 0::bigint, agreement_id, true FROM giveaway_forms WHERE shop_id = $1 AND giveaway_id = $2
		UNION ALL SELECT person, 'purchase', at, order_id, agreement_id, counts OR coalesce(changed_at >= $3, false) FROM giveaway_purchases
		WHERE shop_id = $1 AND giveaway_id = $2`, tx.ShopID, giveawayID, toTimestamptz(before))
	if err != nil {
		return nil, fmt.Errorf("load entries of giveaway %d: %w", giveawayID, err)
	}
	out, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (s draw.Source, err error) {
		err = r.Scan(&s.Person, &s.Way, &s.At, &s.OrderID, &s.AgreementID, &s.Counts)
		s.At = s.At.UTC()
		return s, err
	})
	if err != nil {
		return nil, fmt.Errorf("load entries of giveaway %d: %w", giveawayID, err)
	}
	return out, nil
}

// FrozenEntry is an entry of a frozen list.
type FrozenEntry struct {
	draw.Entry
	Void  string // why it could not win
	Place int    // of a winner; 0: none
}

// FreezeEntries writes a giveaway's list; it never changes again.
func (tx *Tx) FreezeEntries(ctx context.Context, giveawayID int64, es []draw.Entry) error {
	n := len(es)
	id, orderID, agreement := make([]int64, n), make([]int64, n), make([]int64, n)
	person, way, at := make([]string, n), make([]string, n), make([]time.Time, n)
	for i, e := range es {
		id[i], orderID[i], agreement[i], person[i], way[i], at[i] = e.ID, e.OrderID, e.AgreementID, e.Person, e.Way, e.At
	}
	if _, err := tx.pgx.Exec(ctx, `INSERT INTO giveaway_entries (shop_id, giveaway_id, id, person, way, order_id, agreement_id, at)
		SELECT $1, $2, * FROM unnest($3::bigint[], $4::text[], $5::text[], $6::bigint[], $7::bigint[], $8::timestamptz[])`,
		tx.ShopID, giveawayID, id, person, way, orderID, agreement, at); err != nil {
		return fmt.Errorf("freeze the entries of giveaway %d: %w", giveawayID, err)
	}
	return nil
}

// FrozenEntries returns a giveaway's frozen list, ascending by id as published.
func (tx *Tx) FrozenEntries(ctx context.Context, giveawayID int64) ([]FrozenEntry, error) {
	return tx.frozen(ctx, giveawayID, "ORDER BY id")
}

// FrozenEntry returns one entry of a giveaway's frozen list; ErrNotFound when it
// is not in it.
func (tx *Tx) FrozenEntry(ctx context.Context, giveawayID, id int64) (FrozenEntry, error) {
	es, err := tx.frozen(ctx, giveawayID, "AND id = $3", id)
	if err == nil && len(es) == 0 {
		err = fmt.Errorf("load entry of giveaway %d: %w", giveawayID, ErrNotFound)
	}
	if err != nil {
		return FrozenEntry{}, err
	}
	return es[0], nil
}

func (tx *Tx) frozen(ctx context.Context, giveawayID int64, tail string, args ...any) ([]FrozenEntry, error) {
	rows, err := tx.pgx.Query(ctx, `SELECT id, person, way, at, order_id, agreement_id, void, coalesce(place, 0) FROM giveaway_entries
		WHERE shop_id = $1 AND giveaway_id = $2 `+tail, append([]any{tx.ShopID, giveawayID}, args...)...)
	if err != nil {
		return nil, fmt.Errorf("load the frozen entries of giveaway %d: %w", giveawayID, err)
	}
	out, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (e FrozenEntry, err error) {
		err = r.Scan(&e.ID, &e.Person, &e.Way, &e.At, &e.OrderID, &e.AgreementID, &e.Void, &e.Place)
		e.At, e.Counts = e.At.UTC(), true
		return e, err
	})
	if err != nil {
		return nil, fmt.Errorf("load the frozen entries of giveaway %d: %w", giveawayID, err)
	}
	return out, nil
}

// DrawEntries writes which entries could not win, and who won.
func (tx *Tx) DrawEntries(ctx context.Context, giveawayID int64, void map[int64]string, winners []int64) error {
	var ids []int64
	var reasons []string
	for id, why := range void {
		ids, reasons = append(ids, id), append(reasons, why)
	}
	if _, err := tx.pgx.Exec(ctx, `UPDATE giveaway_entries e SET void = u.r FROM unnest($3::bigint[], $4::text[]) AS u(i, r)
		WHERE e.shop_id = $1 AND e.giveaway_id = $2 AND e.id = u.i`, tx.ShopID, giveawayID, ids, reasons); err != nil {
		return fmt.Errorf("void entries of giveaway %d: %w", giveawayID, err)
	}
	tag, err := tx.pgx.Exec(ctx, `UPDATE giveaway_entries e SET place = u.n FROM unnest($3::bigint[]) WITH ORDINALITY AS u(i, n)
		WHERE e.shop_id = $1 AND e.giveaway_id = $2 AND e.id = u.i`, tx.ShopID, giveawayID, winners)
	if err != nil {
		return fmt.Errorf("place the winners of giveaway %d: %w", giveawayID, err)
	}
	if n := tag.RowsAffected(); n != int64(len(winners)) {
		return fmt.Errorf("place the winners of giveaway %d: %d of %d are in the list", giveawayID, n, len(winners))
	}
	return nil
}

// CountOutbox is how much work of a kind the shop has given out.
func (tx *Tx) CountOutbox(ctx context.Context, kind string) (n int64, err error) {
	if err := tx.pgx.QueryRow(ctx, "SELECT count(*) FROM outbox WHERE shop_id = $1 AND kind = $2", tx.ShopID, kind).Scan(&n); err != nil {
		return 0, fmt.Errorf("count %s in the outbox: %w", kind, err)
	}
	return n, nil
}
