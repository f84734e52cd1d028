package store

import (
	"context"
	"encoding/binary"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
)

// ClickFilter narrows a set of clicks; zero fields do not.
type ClickFilter struct {
	IDs                         [][16]byte
	Visitor, IPHash             string
	Kind                        ClickKind
	AgreementID, LinkID, PageID int64
	Valid                       *bool
	From, To                    time.Time // half open
}

func (tx *Tx) clickFilter(f ClickFilter) *where {
	w := tx.where().and("true")
	if f.IDs != nil {
		ids := make([]pgtype.UUID, len(f.IDs))
		for i, id := range f.IDs {
			ids[i] = pgtype.UUID{Bytes: id, Valid: true}
		}
		w.and("id = ANY(?)", ids)
	}
	if f.Visitor != "" {
		w.and("visitor = ?", f.Visitor)
	}
	if f.IPHash != "" {
		w.and("ip_hash = ?", f.IPHash)
	}
	if f.Kind != 0 {
		w.and("kind = ?", int16(f.Kind))
	}
	if f.AgreementID != 0 {
		w.and("agreement_id = ?", f.AgreementID)
	}
	if f.LinkID != 0 {
		w.and("link_id = ?", f.LinkID)
	}
	if f.PageID != 0 {
		w.and("page_id = ?", f.PageID)
	}
	if f.Valid != nil {
		w.and("(invalid = '') = ?", *f.Valid)
	}
	w.between("at", f.From, f.To)
	return w
}

// ListClicks lists clicks and visits, newest first: their ids begin with the
// time.
func (tx *Tx) ListClicks(ctx context.Context, f ClickFilter, p Page) ([]Click, *Cursor, error) {
	w := tx.clickFilter(f)
	if p.After != (Cursor{}) {
		w.and("id < ?", pgtype.UUID{Bytes: uuidOf(p.After), Valid: true})
	}
	out, err := tx.clicks(ctx, strings.TrimPrefix(w.String(), "shop_id = $1 AND ")+" ORDER BY id DESC "+w.limit(p.limit()), w.args[1:]...)
	if err != nil {
		return nil, nil, err
	}
	out, next := cut(out, p, func(c *Click) Cursor {
		return Cursor{Major: int64(binary.BigEndian.Uint64(c.ID[:8])), Minor: int64(binary.BigEndian.Uint64(c.ID[8:]))} //nolint:gosec // bits, not numbers
	})
	return out, next, nil
}

func uuidOf(c Cursor) (id [16]byte) {
	binary.BigEndian.PutUint64(id[:8], uint64(c.Major)) //nolint:gosec // bits, not numbers
	binary.BigEndian.PutUint64(id[8:], uint64(c.Minor)) //nolint:gosec // bits, not numbers
	return id
}

// WithdrawClicks marks the clicks taken out that could count, to be judged
// again, and returns how many. The caller holds the shop's lock.
func (tx *Tx) WithdrawClicks(ctx context.Context, f ClickFilter, reason string) (int64, error) {
	w := tx.clickFilter(f).and("refused = '' AND withdrawn = ''")
	w.args = append(w.args, reason)
	tag, err := tx.pgx.Exec(ctx, fmt.Sprintf("UPDATE clicks SET withdrawn = $%d, state = 0 WHERE %s", len(w.args), w), w.args...)
	if err != nil {
		return 0, fmt.Errorf("take clicks out: %w", err)
	}
	return tag.RowsAffected(), nil
}

// ClickDayFilter narrows the counters; zero fields do not.
type ClickDayFilter struct {
	AgreementID, InfluencerID, LinkID, PageID int64
	From, To                                  time.Time // of the day's start, half open
}

// DayCount is how many clicks and visits there were on a day of the shop.
type DayCount struct {
	Day                                      string // 2026-11-01
	Clicks, ValidClicks, Visits, ValidVisits int64
}

// ClickStats sums the counters by day of the shop, ascending; at most 400 days.
func (tx *Tx) ClickStats(ctx context.Context, f ClickDayFilter) ([]DayCount, error) {
	shop, err := tx.ShopForSettling(ctx)
	if err != nil {
		return nil, err
	}
	w := tx.where()
	if f.AgreementID != 0 {
		w.and("agreement_id = ?", f.AgreementID)
	}
	if f.InfluencerID != 0 {
		w.and("agreement_id IN (SELECT a.id FROM agreements a WHERE a.shop_id = click_days.shop_id AND a.influencer_id = ?)", f.InfluencerID)
	}
	if f.LinkID != 0 {
		w.and("link_id = ?", f.LinkID)
	}
	if f.PageID != 0 {
		w.and("page_id = ?", f.PageID)
	}
	w.between("day", f.From, f.To)
	w.args = append(w.args, shop.Zone.String())
	rows, err := tx.pgx.Query(ctx, fmt.Sprintf(`SELECT to_char(day AT TIME ZONE $%d, 'YYYY-MM-DD') AS d,
		coalesce(sum(raw) FILTER (WHERE link_id <> 0), 0)::bigint, coalesce(sum(valid) FILTER (WHERE link_id <> 0), 0)::bigint,
		coalesce(sum(raw) FILTER (WHERE link_id = 0), 0)::bigint, coalesce(sum(valid) FILTER (WHERE link_id = 0), 0)::bigint
		FROM click_days WHERE %s GROUP BY d ORDER BY d LIMIT 400`, len(w.args), w), w.args...)
	if err != nil {
		return nil, fmt.Errorf("sum clicks: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[DayCount])
}
