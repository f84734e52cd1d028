package store

import (
	"context"
	"fmt"
	"time"

	"tributary/internal/domain/ledger"
)

// PostJournals writes journals, all in one statement, and returns their ids in
// order. The database refuses the whole statement if one does not sum to zero.
func (tx *Tx) PostJournals(ctx context.Context, js []ledger.Journal) ([]int64, error) {
	if len(js) == 0 {
		return nil, nil
	}
	ids, err := tx.IDs(ctx, len(js))
	if err != nil {
		return nil, err
	}
	n := 0
	for i := range js {
		n += len(js[i].Postings)
	}
	var (
		journal    = make([]int64, 0, n)
		leg        = make([]int16, 0, n)
		kind       = make([]int16, 0, n)
		account    = make([]int16, 0, n)
		influencer = make([]int64, 0, n)
		earning    = make([]int64, 0, n)
		payout     = make([]int64, 0, n)
		currency   = make([]string, 0, n)
		minor      = make([]int64, 0, n)
		effective  = make([]time.Time, 0, n)
		origin     = make([]time.Time, 0, n)
	)
	for i := range js {
		j := &js[i]
		for l, p := range j.Postings {
			journal = append(journal, ids[i])
			leg = append(leg, int16(l)) //nolint:gosec // a journal has a handful of legs
			kind = append(kind, int16(j.Kind))
			account = append(account, int16(p.Account))
			influencer = append(influencer, j.InfluencerID)
			earning = append(earning, j.EarningID)
			payout = append(payout, j.PayoutID)
			currency = append(currency, string(j.Currency))
			minor = append(minor, p.Minor)
			effective = append(effective, j.EffectiveAt)
			origin = append(origin, j.OriginAt)
		}
	}
	_, err = tx.pgx.Exec(ctx, `INSERT INTO ledger_entries
		(shop_id, journal_id, leg, kind, account, influencer_id, earning_id, payout_id, currency, minor, effective_at, origin_at, posted_at)
		SELECT $1, j, l, k, a, i, e, p, c, m, ef, og, $2
		FROM unnest($3::bigint[], $4::smallint[], $5::smallint[], $6::smallint[], $7::bigint[], $8::bigint[], $9::bigint[],
		  $10::text[], $11::bigint[], $12::timestamptz[], $13::timestamptz[]) AS t(j, l, k, a, i, e, p, c, m, ef, og)`,
		tx.ShopID, tx.Now, journal, leg, kind, account, influencer, earning, payout, currency, minor, effective, origin)
	if err != nil {
		return nil, fmt.Errorf("post %d journals: %w", len(js), err)
	}
	return ids, nil
}
