package store

import (
	"cmp"
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// Sealed is one sealed value of a shop. ID and Place say whose it is; what they
// are depends on its kind.
type Sealed struct {
	ID    int64
	Place string
	Value []byte
}

// SealedKind is where sealed values of a shop stand.
type SealedKind string

// The kinds, with what ID and Place of their values are.
const (
	SealedHashKey    SealedKind = "hash key"
	SealedConnection SealedKind = "connection secret" // Place: the token's hash, as are those of the next two
	SealedRestKeys   SealedKind = "REST keys"
	SealedToken      SealedKind = "delivery token"
	SealedAccess     SealedKind = "access token"
	SealedRefresh    SealedKind = "refresh token"
	SealedInstall    SealedKind = "keys of an installation" // ID: its
	SealedSocial     SealedKind = "social account"          // Place: the platform
	SealedCRM        SealedKind = "CRM secret"
	SealedLead       SealedKind = "lead"           // Place: the mailbox's hash
	SealedAnswers    SealedKind = "lead's answers" // likewise
	SealedEntry      SealedKind = "giveaway form"  // ID: the giveaway's; Place: the person
	SealedSubject    SealedKind = "privacy request"
	SealedReport     SealedKind = "privacy report"
	SealedTax        SealedKind = "tax form"      // ID: the influencer's, as of the next
	SealedPayee      SealedKind = "payout method" // text, with a word before it
)

// sealedPlace says of a kind: the table, the value, what ID and Place are, and
// how the value is set to $4, if it is not simply the column.
type sealedPlace struct {
	kind                          SealedKind
	table, column, id, place, set string
}

var sealedPlaces = []sealedPlace{
	{SealedHashKey, "shops", "hash_key", "id", "''", ""},
	{SealedConnection, "connections", "secret", "id", "encode(token_hash, 'hex')", ""},
	{SealedRestKeys, "connections", "rest_keys", "id", "encode(token_hash, 'hex')", ""},
	{SealedToken, "connections", "token", "id", "encode(token_hash, 'hex')", ""},
	{SealedAccess, "shopify_access", "access_token", "shop_id", "''", ""},
	{SealedRefresh, "shopify_access", "refresh_token", "shop_id", "''", ""},
	{SealedInstall, "woo_installs", "keys", "id", "''", ""},
	{SealedSocial, "social_accounts", "token", "id", "platform", ""},
	{SealedCRM, "crm_hooks", "secret", "shop_id", "''", ""},
	{SealedLead, "leads", "email", "id", "email_hash", ""},
	{SealedAnswers, "leads", "answers", "id", "email_hash", ""},
	{SealedEntry, "giveaway_forms", "email", "giveaway_id", "person", ""},
	{SealedSubject, "privacy_requests", "subject", "id", "''", ""},
	{SealedReport, "privacy_requests", "report", "id", "''", ""},
	{SealedTax, "tax_forms", "data", "influencer_id", "''", ""},
	{SealedPayee, "influencers", "(CASE WHEN payout_detail LIKE 'sealed:%' THEN decode(substr(payout_detail, 8), 'base64') END)", "id", "''",
		"payout_detail = 'sealed:' || replace(encode($4, 'base64'), E'\\n', '')"},
}

// SealedKinds lists all there are.
func SealedKinds() (all []SealedKind) {
	for _, p := range sealedPlaces {
		all = append(all, p.kind)
	}
	return all
}

func placeOf(kind SealedKind) sealedPlace {
	for _, p := range sealedPlaces {
		if p.kind == kind {
			return p
		}
	}
	panic("no sealed values are called " + string(kind))
}

// there is the condition for the values that are there, of the shop $1.
func (p *sealedPlace) there() string {
	shop := "shop_id"
	if p.table == "shops" {
		shop = "id"
	}
	return shop + " = $1 AND length(" + p.column + ") > 0"
}

// SealedCurrent counts the values of a kind that begin with prefix.
func (tx *Tx) SealedCurrent(ctx context.Context, kind SealedKind, prefix []byte) (n int, err error) {
	p := placeOf(kind)
	err = tx.pgx.QueryRow(ctx, "SELECT count(*) FROM "+p.table+" WHERE "+p.there()+" AND substr("+p.column+", 1, length($2::bytea)) = $2", tx.ShopID, prefix).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("count the sealed %s: %w", kind, err)
	}
	return n, nil
}

// SealedOtherwise lists values of a kind that do not begin with prefix, up to
// limit.
func (tx *Tx) SealedOtherwise(ctx context.Context, kind SealedKind, prefix []byte, limit int) ([]Sealed, error) {
	p := placeOf(kind)
	rows, err := tx.pgx.Query(ctx, "SELECT "+p.id+", "+p.place+", "+p.column+" FROM "+p.table+" WHERE "+p.there()+
		" AND substr("+p.column+", 1, length($2::bytea)) <> $2 LIMIT $3", tx.ShopID, prefix, limit)
	if err != nil {
		return nil, fmt.Errorf("list the sealed %s: %w", kind, err)
	}
	out, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Sealed])
	if err != nil {
		return nil, fmt.Errorf("list the sealed %s: %w", kind, err)
	}
	return out, nil
}

// Reseal puts value in the place of s.Value and reports whether that was still
// there.
func (tx *Tx) Reseal(ctx context.Context, kind SealedKind, s Sealed, value []byte) (ok bool, err error) {
	if kind == SealedTax { // nobody may change the rest of a form
		if err = tx.pgx.QueryRow(ctx, "SELECT reseal_tax_form($1, $2, $3)", s.ID, value, s.Value).Scan(&ok); err != nil {
			return false, fmt.Errorf("seal the %s of shop %d anew: %w", kind, tx.ShopID, err)
		}
		return ok, nil
	}
	p := placeOf(kind)
	tag, err := tx.pgx.Exec(ctx, "UPDATE "+p.table+" SET "+cmp.Or(p.set, p.column+" = $4")+" WHERE "+p.there()+" AND "+p.id+" = $2 AND "+p.place+" = $3 AND "+p.column+" = $5",
		tx.ShopID, s.ID, s.Place, value, s.Value)
	if err != nil {
		return false, fmt.Errorf("seal the %s of shop %d anew: %w", kind, tx.ShopID, err)
	}
	return tag.RowsAffected() == 1, nil
}

// SealedMail counts mails that wait with something sealed in them that does not
// begin with prefix.
func (tx *Tx) SealedMail(ctx context.Context, prefix []byte) (n int, err error) {
	err = tx.pgx.QueryRow(ctx, `SELECT count(*) FROM outbox WHERE shop_id = $1 AND state IN ('ready', 'failed', 'in_doubt') AND kind LIKE 'mail:%'
		AND jsonb_typeof(payload->'token') = 'string' AND substr(decode(payload->>'token', 'base64'), 1, length($2::bytea)) <> $2`, tx.ShopID, prefix).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("count mails that wait: %w", err)
	}
	return n, nil
}
