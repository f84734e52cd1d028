package store

import (
	"context"
	"encoding/json"
	"fmt"
)

// InfluencerData is all that is kept about an influencer, by what it is.
type InfluencerData map[string]json.RawMessage

// influencerParts are what an influencer's data is made of; $1 is the shop, $2
// the influencer.
var influencerParts = []struct{ name, query string }{
	{"influencer", "SELECT * FROM influencers WHERE shop_id = $1 AND id = $2"},
	{"active_spans", "SELECT * FROM influencer_spans WHERE shop_id = $1 AND influencer_id = $2 ORDER BY active_from"},
	{"agreements", "SELECT * FROM agreements WHERE shop_id = $1 AND influencer_id = $2 ORDER BY id"},
	{"versions", "SELECT v.* FROM agreement_versions v JOIN agreements a ON a.shop_id = v.shop_id AND a.id = v.agreement_id WHERE a.shop_id = $1 AND a.influencer_id = $2 ORDER BY v.id"},
	{"signatures", `SELECT s.* FROM signatures s JOIN agreement_versions v ON v.shop_id = s.shop_id AND v.id = s.version_id
		JOIN agreements a ON a.shop_id = v.shop_id AND a.id = v.agreement_id WHERE a.shop_id = $1 AND a.influencer_id = $2 ORDER BY s.id`},
	{"codes", "SELECT c.* FROM codes c JOIN agreements a ON a.shop_id = c.shop_id AND a.id = c.agreement_id WHERE a.shop_id = $1 AND a.influencer_id = $2 ORDER BY c.id"},
	{"links", "SELECT l.id, l.slug, l.destination, l.created_at, l.disabled_at FROM links l JOIN agreements a ON a.shop_id = l.shop_id AND a.id = l.agreement_id WHERE a.shop_id = $1 AND a.influencer_id = $2 ORDER BY l.id"},
	{"posts", "SELECT p.* FROM posts p JOIN agreements a ON a.shop_id = p.shop_id AND a.id = p.agreement_id WHERE a.shop_id = $1 AND a.influencer_id = $2 ORDER BY p.id"},
	{"earnings", `SELECT id, kind, source, rule, agreement_id, currency, gross_base, net_base, posted, state, reason, occurred_at, locked_at
		FROM earnings WHERE shop_id = $1 AND influencer_id = $2 ORDER BY id`},
	{"ledger", "SELECT journal_id, account, kind, currency, minor, effective_at FROM ledger_entries WHERE shop_id = $1 AND influencer_id = $2 ORDER BY journal_id, account"},
	{"applications", "SELECT * FROM applications WHERE shop_id = $1 AND influencer_id = $2 ORDER BY id"},
	{"proposals", "SELECT p.* FROM proposals p JOIN agreements a ON a.shop_id = p.shop_id AND a.id = p.agreement_id WHERE a.shop_id = $1 AND a.influencer_id = $2 ORDER BY p.id"},
	{"disputes", "SELECT * FROM disputes WHERE shop_id = $1 AND influencer_id = $2 ORDER BY id"},
	{"dispute_messages", "SELECT m.* FROM dispute_messages m JOIN disputes d ON d.shop_id = m.shop_id AND d.id = m.dispute_id WHERE d.shop_id = $1 AND d.influencer_id = $2 ORDER BY m.id"},
	{"tax_forms", "SELECT id, kind, signed_at, valid_until FROM tax_forms WHERE shop_id = $1 AND influencer_id = $2 ORDER BY id"}, // what they say is sealed
	{"pictures", "SELECT id, title, content_type, width, height, created_at FROM assets WHERE shop_id = $1 AND influencer_id = $2 ORDER BY id"},
	{"mail_settings", "SELECT * FROM mail_settings WHERE shop_id = $1 AND influencer_id = $2"},
	{"notices", "SELECT * FROM notices WHERE shop_id = $1 AND influencer_id = $2 ORDER BY at, kind, ref"},
	{"payouts", "SELECT batch_id, currency, opening, movement, pay, state, provider_ref, settled_at FROM payout_lines WHERE shop_id = $1 AND influencer_id = $2 ORDER BY batch_id"},
}

// InfluencerData gathers it. Amounts are minor units.
func (tx *Tx) InfluencerData(ctx context.Context, id int64) (InfluencerData, error) {
	out := InfluencerData{}
	for _, p := range influencerParts {
		var b []byte
		err := tx.pgx.QueryRow(ctx, "SELECT coalesce(jsonb_agg(to_jsonb(t) - 'shop_id'), '[]') FROM ("+p.query+") t", tx.ShopID, id).Scan(&b)
		if err != nil {
			return nil, fmt.Errorf("gather the %s of influencer %d: %w", p.name, id, err)
		}
		out[p.name] = b
	}
	return out, nil
}

// InfluencerOwed reports whether anything is still to be earned by, paid to or
// owed by an influencer: pending, payable or on its way.
func (tx *Tx) InfluencerOwed(ctx context.Context, id int64) (owed bool, err error) {
	err = tx.pgx.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM ledger_entries WHERE shop_id = $1 AND influencer_id = $2 AND account IN (2, 3, 4)
		GROUP BY account, currency HAVING sum(minor) <> 0)`, tx.ShopID, id).Scan(&owed)
	if err != nil {
		return false, fmt.Errorf("see what influencer %d is owed: %w", id, err)
	}
	return owed, nil
}

// EraseInfluencer takes the person out of an influencer: name, addresses, what
// they are paid by, what they signed with, what they wrote and the pictures that
// they handed in. Keyed hashes stay, by which they are told from buyers, and
// so do amounts, agreements, codes and tax forms.
func (tx *Tx) EraseInfluencer(ctx context.Context, id int64) error {
	if _, err := tx.pgx.Exec(ctx, `UPDATE influencers SET handle = 'erased-' || id, name = 'Erased influencer', email = '', payout_method = '', payout_detail = '', customer_id = 0, erased_at = $3
		WHERE shop_id = $1 AND id = $2`, tx.ShopID, id, tx.Now); err != nil {
		return fmt.Errorf("erase influencer %d: %w", id, err)
	}
	if _, err := tx.pgx.Exec(ctx, `UPDATE signatures s SET signer = 'Erased influencer', email = '', ip = '' FROM agreement_versions v, agreements a
		WHERE s.shop_id = $1 AND s.party = 'influencer' AND v.shop_id = s.shop_id AND v.id = s.version_id AND a.shop_id = v.shop_id AND a.id = v.agreement_id AND a.influencer_id = $2`,
		tx.ShopID, id); err != nil {
		return fmt.Errorf("erase the signatures of influencer %d: %w", id, err)
	}
	if _, err := tx.pgx.Exec(ctx, `UPDATE posts p SET author = '' FROM agreements a WHERE p.shop_id = $1 AND a.shop_id = p.shop_id AND a.id = p.agreement_id AND a.influencer_id = $2`,
		tx.ShopID, id); err != nil {
		return fmt.Errorf("erase the author of posts of influencer %d: %w", id, err)
	}
	for _, q := range []string{
		"DELETE FROM applications WHERE shop_id = $1 AND influencer_id = $2",
		"DELETE FROM assets WHERE shop_id = $1 AND influencer_id = $2",
		"UPDATE mail_settings SET problem = '' WHERE shop_id = $1 AND influencer_id = $2",
		"UPDATE proposals p SET text = '' FROM agreements a WHERE p.shop_id = $1 AND a.shop_id = p.shop_id AND a.id = p.agreement_id AND a.influencer_id = $2",
		"UPDATE dispute_messages m SET text = '' FROM disputes d WHERE m.shop_id = $1 AND m.author = 'influencer' AND d.shop_id = m.shop_id AND d.id = m.dispute_id AND d.influencer_id = $2",
	} {
		if _, err := tx.pgx.Exec(ctx, q, tx.ShopID, id); err != nil {
			return fmt.Errorf("erase what influencer %d wrote: %w", id, err)
		}
	}
	return nil
}
