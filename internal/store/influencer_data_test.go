package store_test

import (
	"fmt"
	"strings"
	"testing"

	"tributary/internal/store"
)

// Whoever is erased leaves nothing that they said, wrote or handed in, and nobody
// else of the shop loses anything.
func TestAnErasedInfluencerLeavesNoWordsBehind(t *testing.T) {
	t.Parallel()
	bk := newBooks(t)
	for i, who := range []string{"anna", "berta"} {
		for _, q := range []string{
			"INSERT INTO influencers (shop_id, id, handle, name, email, email_hash, created_at) OVERRIDING SYSTEM VALUE VALUES ($SHOP, $ID, '$WHO', '$WHO', '$WHO@example.com', 'hash $ID', now())",
			"INSERT INTO campaigns (shop_id, id, name, created_at) OVERRIDING SYSTEM VALUE VALUES ($SHOP, $ID, 'Autumn', now())",
			"INSERT INTO agreements (shop_id, id, influencer_id, campaign_id, created_at) OVERRIDING SYSTEM VALUE VALUES ($SHOP, $ID, $ID, $ID, now())",
			"INSERT INTO applications (shop_id, campaign_id, name, email, message, state, influencer_id, created_at) VALUES ($SHOP, $ID, '$WHO', '$WHO@example.com', 'I am $WHO', 'approved', $ID, now())",
			"INSERT INTO proposals (shop_id, agreement_id, number, terms, text, created_at) VALUES ($SHOP, $ID, 1, '{}', 'as $WHO I want more', now())",
			"INSERT INTO disputes (shop_id, id, influencer_id, subject, about, currency, claimed, evidence, state, opened_at) OVERRIDING SYSTEM VALUE VALUES ($SHOP, $ID, $ID, 'clicks', 'x', 'USD', 1, '{}', 'rejected', now())",
			"INSERT INTO dispute_messages (shop_id, dispute_id, author, text, at) VALUES ($SHOP, $ID, 'influencer', '$WHO has counted more', now()), ($SHOP, $ID, 'merchant', 'No.', now())",
			"INSERT INTO assets (shop_id, influencer_id, title, content_type, width, height, data, created_at) VALUES ($SHOP, $ID, '$WHO at the sea', 'image/png', 1, 1, '', now())",
			"INSERT INTO mail_settings (shop_id, influencer_id, problem) VALUES ($SHOP, $ID, 'no $WHO@example.com here')",
			"INSERT INTO tax_forms (shop_id, influencer_id, kind, data, signed_at) VALUES ($SHOP, $ID, 'w9', 'sealed', now())",
		} {
			if _, err := bk.conn.Exec(t.Context(), strings.NewReplacer("$SHOP", fmt.Sprint(bk.a), "$ID", fmt.Sprint(100+i), "$WHO", who).Replace(q)); err != nil {
				t.Fatalf("%s: %v", q, err)
			}
		}
	}
	export := func(id int64) (all string) {
		t.Helper()
		if err := bk.db.InTx(t.Context(), bk.a, func(tx *store.Tx) error {
			data, err := tx.InfluencerData(t.Context(), id)
			for part, rows := range data {
				all += fmt.Sprintf("%s: %s\n", part, rows)
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
		return all
	}
	for _, said := range []string{"I am anna", "as anna I want more", "anna has counted more", "anna at the sea", "no anna@example.com here", `"kind": "w9"`} {
		if before := export(100); !strings.Contains(before, said) {
			t.Errorf("%q is not in the export:\n%s", said, before)
		}
	}
	others := len(export(101))
	if err := bk.db.InTx(t.Context(), bk.a, func(tx *store.Tx) error { return tx.EraseInfluencer(t.Context(), 100) }); err != nil {
		t.Fatal(err)
	}
	after := export(100)
	if strings.Contains(after, "anna") {
		t.Errorf("what is left:\n%s", after)
	}
	for _, kept := range []string{"No.", `"kind": "w9"`, `"claimed": 1`} {
		if !strings.Contains(after, kept) {
			t.Errorf("%q is gone:\n%s", kept, after)
		}
	}
	if n := len(export(101)); n != others {
		t.Errorf("somebody else's data had %d bytes and has %d", others, n)
	}
}
