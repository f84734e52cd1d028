package store

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
)

// This file reads the programme for settling: whose codes and links are on a
// batch of orders, and under which signed agreement versions.

// CodeSpan says which agreement a folded code belonged to, and when.
type CodeSpan struct {
	ID, AgreementID int64
	Code            string
	From, To        time.Time // To zero: open
}

// CodeSpans returns every interval of the codes.
func (tx *Tx) CodeSpans(ctx context.Context, codes []string) ([]CodeSpan, error) {
	if len(codes) == 0 {
		return nil, nil
	}
	rows, err := tx.pgx.Query(ctx, `SELECT id, agreement_id, code, valid_from, valid_to FROM codes
		WHERE shop_id = $1 AND code = ANY($2) ORDER BY code, valid_from`, tx.ShopID, codes)
	if err != nil {
		return nil, fmt.Errorf("load codes: %w", err)
	}
	out, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (c CodeSpan, err error) {
		var to pgtype.Timestamptz
		err = r.Scan(&c.ID, &c.AgreementID, &c.Code, &c.From, &to)
		c.From, c.To = c.From.UTC(), fromTimestamptz(to)
		return c, err
	})
	if err != nil {
		return nil, fmt.Errorf("load codes: %w", err)
	}
	return out, nil
}

// LinkRef is a link, or an influencer's handle, that a claim can name.
type LinkRef struct {
	LinkID      int64 // 0: the influencer's handle
	AgreementID int64
	Name        string
}

// LinkRefs resolves link slugs and, for names that are no slug, influencer
// handles; a handle gives each of the influencer's agreements.
func (tx *Tx) LinkRefs(ctx context.Context, names []string) ([]LinkRef, error) {
	if len(names) == 0 {
		return nil, nil
	}
	rows, err := tx.pgx.Query(ctx, `SELECT id, agreement_id, slug FROM links WHERE shop_id = $1 AND slug = ANY($2)
		UNION ALL
		SELECT 0, a.id, i.handle FROM influencers i JOIN agreements a ON a.shop_id = i.shop_id AND a.influencer_id = i.id
		WHERE i.shop_id = $1 AND i.handle = ANY($2)
		  AND NOT EXISTS (SELECT FROM links l WHERE l.shop_id = $1 AND l.slug = i.handle)
		ORDER BY 3, 2, 1`, tx.ShopID, names)
	if err != nil {
		return nil, fmt.Errorf("load links: %w", err)
	}
	out, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (l LinkRef, err error) {
		err = r.Scan(&l.LinkID, &l.AgreementID, &l.Name)
		return l, err
	})
	if err != nil {
		return nil, fmt.Errorf("load links: %w", err)
	}
	return out, nil
}

// ClickRef is a click or visit of ours.
type ClickRef struct {
	ID          string
	Kind        ClickKind
	LinkID      int64
	AgreementID int64
	PageID      int64 // where it was clicked or what was visited; 0: no page of ours
	Variant     string
	At          time.Time
	IPHash      string
}

// ClickRefs finds clicks and visits by id. Whether one is paid for does not
// matter: a second click on a link, or one without consent, led the buyer all the
// same. Those of programs and previews led nobody.
func (tx *Tx) ClickRefs(ctx context.Context, ids [][16]byte) (map[[16]byte]ClickRef, error) {
	out := map[[16]byte]ClickRef{}
	if len(ids) == 0 {
		return out, nil
	}
	rows, err := tx.pgx.Query(ctx, `SELECT id, kind, link_id, agreement_id, page_id, variant, at, ip_hash FROM clicks
		WHERE shop_id = $1 AND id = ANY($2) AND refused NOT IN ('head', 'no_agent', 'bot', 'preview')`, tx.ShopID, uuids(ids))
	if err != nil {
		return nil, fmt.Errorf("load clicks: %w", err)
	}
	var c ClickRef
	var id pgtype.UUID
	if _, err := pgx.ForEachRow(rows, []any{&id, &c.Kind, &c.LinkID, &c.AgreementID, &c.PageID, &c.Variant, &c.At, &c.IPHash}, func() error {
		c.ID, c.At = uuid.UUID(id.Bytes).String(), c.At.UTC()
		out[id.Bytes] = c
		return nil
	}); err != nil {
		return nil, fmt.Errorf("load clicks: %w", err)
	}
	return out, nil
}

// EvidenceRow is evidence about an order that did not come in its payload.
type EvidenceRow struct {
	ID, OrderID, AgreementID, LinkID int64
	Kind                             string
	At                               time.Time
}

// EvidenceOf returns the evidence recorded for the orders.
func (tx *Tx) EvidenceOf(ctx context.Context, orderIDs []int64) ([]EvidenceRow, error) {
	if len(orderIDs) == 0 {
		return nil, nil
	}
	rows, err := tx.pgx.Query(ctx, `SELECT id, order_id, agreement_id, link_id, kind, at FROM evidence
		WHERE shop_id = $1 AND order_id = ANY($2) ORDER BY id`, tx.ShopID, orderIDs)
	if err != nil {
		return nil, fmt.Errorf("load evidence: %w", err)
	}
	out, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (e EvidenceRow, err error) {
		err = r.Scan(&e.ID, &e.OrderID, &e.AgreementID, &e.LinkID, &e.Kind, &e.At)
		e.At = e.At.UTC()
		return e, err
	})
	if err != nil {
		return nil, fmt.Errorf("load evidence: %w", err)
	}
	return out, nil
}

// SignedVersion is an agreement version that was signed by both sides, now or
// once.
type SignedVersion struct {
	ID, AgreementID, InfluencerID, CampaignID int64
	Number                                    int
	Hash                                      string
	From, To                                  time.Time
}

// SignedVersions returns the signed versions of the agreements, ascending.
func (tx *Tx) SignedVersions(ctx context.Context, agreements []int64) ([]SignedVersion, error) {
	if len(agreements) == 0 {
		return nil, nil
	}
	rows, err := tx.pgx.Query(ctx, `SELECT v.id, v.agreement_id, a.influencer_id, a.campaign_id, v.number, v.hash, v.effective_from, v.effective_to
		FROM agreement_versions v JOIN agreements a ON a.shop_id = v.shop_id AND a.id = v.agreement_id
		WHERE v.shop_id = $1 AND v.agreement_id = ANY($2) AND v.effective_from IS NOT NULL
		ORDER BY v.agreement_id, v.number`, tx.ShopID, agreements)
	if err != nil {
		return nil, fmt.Errorf("load agreement versions: %w", err)
	}
	out, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (v SignedVersion, err error) {
		var to pgtype.Timestamptz
		err = r.Scan(&v.ID, &v.AgreementID, &v.InfluencerID, &v.CampaignID, &v.Number, &v.Hash, &v.From, &to)
		v.From, v.To = v.From.UTC(), fromTimestamptz(to)
		return v, err
	})
	if err != nil {
		return nil, fmt.Errorf("load agreement versions: %w", err)
	}
	return out, nil
}

// AgreementsOfVersions returns the agreement of each version id.
func (tx *Tx) AgreementsOfVersions(ctx context.Context, versions []int64) ([]int64, error) {
	rows, err := tx.pgx.Query(ctx, "SELECT DISTINCT agreement_id FROM agreement_versions WHERE shop_id = $1 AND id = ANY($2)", tx.ShopID, versions)
	if err != nil {
		return nil, fmt.Errorf("load agreements of versions: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowTo[int64])
}

// TermsByHash returns the canonical terms documents with these hashes.
func (tx *Tx) TermsByHash(ctx context.Context, hashes []string) (map[string][]byte, error) {
	rows, err := tx.pgx.Query(ctx, "SELECT DISTINCT ON (hash) hash, terms FROM agreement_versions WHERE shop_id = $1 AND hash = ANY($2)", tx.ShopID, hashes)
	if err != nil {
		return nil, fmt.Errorf("load terms: %w", err)
	}
	defer rows.Close()
	out := map[string][]byte{}
	for rows.Next() {
		var hash, doc string
		if err := rows.Scan(&hash, &doc); err != nil {
			return nil, fmt.Errorf("load terms: %w", err)
		}
		out[hash] = []byte(doc)
	}
	return out, rows.Err()
}

// InfluencerSignals is what attribution must know of an influencer.
type InfluencerSignals struct {
	ID                                int64
	EmailHash, PhoneHash, AddressHash string
	CustomerID                        int64
	BannedAt                          time.Time
	ActiveFrom, ActiveTo              []time.Time // pairs; a zero To is open
}

// InfluencersForAttribution loads the influencers with the spans in which they
// were active.
func (tx *Tx) InfluencersForAttribution(ctx context.Context, ids []int64) ([]InfluencerSignals, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	rows, err := tx.pgx.Query(ctx, `SELECT i.id, i.email_hash, i.phone_hash, i.address_hash, i.customer_id, i.banned_at,
		  array_agg(s.active_from ORDER BY s.active_from) FILTER (WHERE s.active_from IS NOT NULL),
		  array_agg(coalesce(s.active_to, 'infinity') ORDER BY s.active_from) FILTER (WHERE s.active_from IS NOT NULL)
		FROM influencers i LEFT JOIN influencer_spans s ON s.shop_id = i.shop_id AND s.influencer_id = i.id
		WHERE i.shop_id = $1 AND i.id = ANY($2)
		GROUP BY i.shop_id, i.id`, tx.ShopID, ids)
	if err != nil {
		return nil, fmt.Errorf("load influencers: %w", err)
	}
	out, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (i InfluencerSignals, err error) {
		var banned pgtype.Timestamptz
		var from, to []pgtype.Timestamptz
		err = r.Scan(&i.ID, &i.EmailHash, &i.PhoneHash, &i.AddressHash, &i.CustomerID, &banned, &from, &to)
		i.BannedAt = fromTimestamptz(banned)
		for k := range from {
			i.ActiveFrom = append(i.ActiveFrom, from[k].Time.UTC())
			end := time.Time{}
			if to[k].InfinityModifier == pgtype.Finite {
				end = to[k].Time.UTC()
			}
			i.ActiveTo = append(i.ActiveTo, end)
		}
		return i, err
	})
	if err != nil {
		return nil, fmt.Errorf("load influencers: %w", err)
	}
	return out, nil
}

// ShopForSettling is what settling must know of the shop.
type ShopForSettling struct {
	Platform int16
	Domain   string
	Currency string
	Zone     *time.Location
	OpenFrom time.Time // zero: no period was ever closed
	HashKey  []byte    // sealed
}

// ShopForSettling loads the shop of this transaction.
func (tx *Tx) ShopForSettling(ctx context.Context) (ShopForSettling, error) {
	var s ShopForSettling
	var zone string
	var open pgtype.Timestamptz
	err := tx.pgx.QueryRow(ctx, "SELECT platform, domain, currency, time_zone, open_from, hash_key FROM shops WHERE id = $1", tx.ShopID).
		Scan(&s.Platform, &s.Domain, &s.Currency, &zone, &open, &s.HashKey)
	if err != nil {
		return s, fmt.Errorf("load shop %d: %w", tx.ShopID, notFound(err))
	}
	if open.InfinityModifier == pgtype.Finite {
		s.OpenFrom = open.Time.UTC()
	}
	if s.Zone, err = time.LoadLocation(zone); err != nil {
		return s, fmt.Errorf("shop %d: %w", tx.ShopID, err)
	}
	return s, nil
}

// AgreementOwners returns the influencer of each agreement.
func (tx *Tx) AgreementOwners(ctx context.Context, agreements []int64) (map[int64]int64, error) {
	out := map[int64]int64{}
	if len(agreements) == 0 {
		return out, nil
	}
	rows, err := tx.pgx.Query(ctx, "SELECT id, influencer_id FROM agreements WHERE shop_id = $1 AND id = ANY($2)", tx.ShopID, agreements)
	if err != nil {
		return nil, fmt.Errorf("load agreements: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var a, i int64
		if err := rows.Scan(&a, &i); err != nil {
			return nil, fmt.Errorf("load agreements: %w", err)
		}
		out[a] = i
	}
	return out, rows.Err()
}
