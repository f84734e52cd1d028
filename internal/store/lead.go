package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
)

// Lead is one lead as it came, with the verdict on it. Zero ids are none, zero
// times are not known.
type Lead struct {
	ID, FormID, AgreementID, VersionID int64
	Via                                string // form, code, click, link, import; "" nobody brought it
	EmailHash                          string
	Email, Answers                     []byte // sealed; nil once redacted
	Consent, ClickID, Ref, Code        string
	IPHash                             string
	ImportKey                          string
	Invalid                            string
	SubmittedAt, ReceivedAt            time.Time
	ConfirmBy, ConfirmedAt             time.Time

	LeadVerdict
}

// LeadVerdict is where a lead stands: what lead.Judge says, stored.
type LeadVerdict struct {
	State, Reason               string
	DuplicateOf                 int64
	VetFrom, VetBy, QualifiedAt time.Time
	NextAt                      time.Time // when time alone may change it
}

// Same tells whether v and w say the same.
func (v *LeadVerdict) Same(w *LeadVerdict) bool {
	return v.State == w.State && v.Reason == w.Reason && v.DuplicateOf == w.DuplicateOf && v.VetFrom.Equal(w.VetFrom) && v.VetBy.Equal(w.VetBy) &&
		v.QualifiedAt.Equal(w.QualifiedAt) && v.NextAt.Equal(w.NextAt)
}

const leadColumns = `id, coalesce(form_id, 0), coalesce(agreement_id, 0), coalesce(version_id, 0), via, email_hash, email, answers, consent, click_id, ref, code, ip_hash,
	coalesce(import_key, ''), invalid, submitted_at, received_at, confirm_by, confirmed_at, state, reason, coalesce(duplicate_of, 0), vet_from, vet_by, qualified_at, next_at`

func (tx *Tx) leads(ctx context.Context, where string, args ...any) ([]Lead, error) {
	rows, err := tx.pgx.Query(ctx, "SELECT "+leadColumns+" FROM leads WHERE shop_id = $1 AND "+where, append([]any{tx.ShopID}, args...)...)
	if err != nil {
		return nil, fmt.Errorf("load leads: %w", err)
	}
	out, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (l Lead, err error) {
		var confirmBy, confirmed, from, by, qualified, next pgtype.Timestamptz
		err = r.Scan(&l.ID, &l.FormID, &l.AgreementID, &l.VersionID, &l.Via, &l.EmailHash, &l.Email, &l.Answers, &l.Consent, &l.ClickID, &l.Ref, &l.Code, &l.IPHash,
			&l.ImportKey, &l.Invalid, &l.SubmittedAt, &l.ReceivedAt, &confirmBy, &confirmed, &l.State, &l.Reason, &l.DuplicateOf, &from, &by, &qualified, &next)
		l.SubmittedAt, l.ReceivedAt = l.SubmittedAt.UTC(), l.ReceivedAt.UTC()
		l.ConfirmBy, l.ConfirmedAt = fromTimestamptz(confirmBy), fromTimestamptz(confirmed)
		l.VetFrom, l.VetBy, l.QualifiedAt, l.NextAt = fromTimestamptz(from), fromTimestamptz(by), fromTimestamptz(qualified), fromTimestamptz(next)
		return l, err
	})
	if err != nil {
		return nil, fmt.Errorf("load leads: %w", err)
	}
	return out, nil
}

// AddLead stores a lead without a verdict and sets its ID. It returns false when
// the row of a file that it comes from is there already; then l has its ID.
func (tx *Tx) AddLead(ctx context.Context, l *Lead) (bool, error) {
	l.ReceivedAt, l.State, l.NextAt = tx.Now, "submitted", tx.Now
	err := tx.pgx.QueryRow(ctx, `INSERT INTO leads (shop_id, form_id, agreement_id, version_id, via, email_hash, email, answers, consent, click_id, ref, code,
		  ip_hash, import_key, invalid, submitted_at, received_at, confirm_by, next_at)
		VALUES ($1, nullif($2::bigint, 0), nullif($3::bigint, 0), nullif($4::bigint, 0), $5, $6, $7, $8, $9, $10, $11, $12, $13, nullif($14, ''), $15, $16, $17, $18, $17)
		ON CONFLICT (shop_id, import_key) WHERE import_key IS NOT NULL DO NOTHING RETURNING id`,
		tx.ShopID, l.FormID, l.AgreementID, l.VersionID, l.Via, l.EmailHash, l.Email, l.Answers, l.Consent, l.ClickID, l.Ref, l.Code,
		l.IPHash, l.ImportKey, l.Invalid, l.SubmittedAt, tx.Now, toTimestamptz(l.ConfirmBy)).Scan(&l.ID)
	if IsNotFound(notFound(err)) {
		err := tx.pgx.QueryRow(ctx, "SELECT id FROM leads WHERE shop_id = $1 AND import_key = $2", tx.ShopID, l.ImportKey).Scan(&l.ID)
		if err != nil {
			return false, fmt.Errorf("add lead: %w", err)
		}
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("add lead: %w", err)
	}
	return true, nil
}

// Lead returns one lead; ErrNotFound when there is none.
func (tx *Tx) Lead(ctx context.Context, id int64) (*Lead, error) {
	ls, err := tx.leads(ctx, "id = $2", id)
	if err != nil {
		return nil, err
	}
	if len(ls) == 0 {
		return nil, fmt.Errorf("load lead %d: %w", id, ErrNotFound)
	}
	return &ls[0], nil
}

// LeadByImportKey returns the lead that a row of a file became; ErrNotFound when
// there is none.
func (tx *Tx) LeadByImportKey(ctx context.Context, key string) (*Lead, error) {
	ls, err := tx.leads(ctx, "import_key = $2", key)
	if err != nil {
		return nil, err
	}
	if len(ls) == 0 {
		return nil, fmt.Errorf("load lead: %w", ErrNotFound)
	}
	return &ls[0], nil
}

// LeadsOfMailboxes returns every lead of the mailboxes.
func (tx *Tx) LeadsOfMailboxes(ctx context.Context, hashes []string) ([]Lead, error) {
	if len(hashes) == 0 {
		return nil, nil
	}
	return tx.leads(ctx, "email_hash = ANY($2) ORDER BY id", hashes)
}

// CountLeads is how many leads of a mailbox have come since an instant.
func (tx *Tx) CountLeads(ctx context.Context, mailbox string, since time.Time) (n int, err error) {
	err = tx.pgx.QueryRow(ctx, "SELECT count(*) FROM leads WHERE shop_id = $1 AND email_hash = $2 AND received_at > $3", tx.ShopID, mailbox, since).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("count leads of a mailbox: %w", err)
	}
	return n, nil
}

// LeadsOfVersion returns the leads that came under an agreement version and can
// count.
func (tx *Tx) LeadsOfVersion(ctx context.Context, agreementID, versionID int64) ([]Lead, error) {
	return tx.leads(ctx, "agreement_id = $2 AND version_id = $3 AND invalid = '' ORDER BY submitted_at, id", agreementID, versionID)
}

// MailboxesDue lists mailboxes whose leads wait for a verdict.
func (tx *Tx) MailboxesDue(ctx context.Context, limit int) ([]string, error) {
	rows, err := tx.pgx.Query(ctx, `SELECT email_hash FROM leads WHERE shop_id = $1 AND next_at <= $2
		GROUP BY email_hash ORDER BY min(next_at), email_hash LIMIT $3`, tx.ShopID, tx.Now, limit)
	if err != nil {
		return nil, fmt.Errorf("list mailboxes due: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

// Mailboxes walks all mailboxes of the shop in order.
func (tx *Tx) Mailboxes(ctx context.Context, after string, limit int) ([]string, error) {
	rows, err := tx.pgx.Query(ctx, "SELECT DISTINCT email_hash FROM leads WHERE shop_id = $1 AND email_hash > $2 ORDER BY 1 LIMIT $3", tx.ShopID, after, limit)
	if err != nil {
		return nil, fmt.Errorf("list mailboxes: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

// SetLeadVerdicts writes the verdicts of leads.
func (tx *Tx) SetLeadVerdicts(ctx context.Context, ls []*Lead) error {
	if len(ls) == 0 {
		return nil
	}
	var id, dup []int64
	var state, reason []string
	var from, by, qualified, next []pgtype.Timestamptz
	for _, l := range ls {
		id, dup, state, reason = append(id, l.ID), append(dup, l.DuplicateOf), append(state, l.State), append(reason, l.Reason)
		from, by = append(from, toTimestamptz(l.VetFrom)), append(by, toTimestamptz(l.VetBy))
		qualified, next = append(qualified, toTimestamptz(l.QualifiedAt)), append(next, toTimestamptz(l.NextAt))
	}
	_, err := tx.pgx.Exec(ctx, `UPDATE leads l SET state = u.s, reason = u.r, duplicate_of = nullif(u.d, 0), vet_from = u.f, vet_by = u.b, qualified_at = u.q, next_at = u.n
		FROM unnest($2::bigint[], $3::text[], $4::text[], $5::bigint[], $6::timestamptz[], $7::timestamptz[], $8::timestamptz[], $9::timestamptz[])
		  AS u(i, s, r, d, f, b, q, n) WHERE l.shop_id = $1 AND l.id = u.i`, tx.ShopID, id, state, reason, dup, from, by, qualified, next)
	if err != nil {
		return fmt.Errorf("store %d verdicts on leads: %w", len(ls), err)
	}
	return nil
}

// FinalLeads tells which of the leads have earned something whose hold is over.
func (tx *Tx) FinalLeads(ctx context.Context, ids []int64) (map[int64]bool, error) {
	rows, err := tx.pgx.Query(ctx, `SELECT DISTINCT source FROM earnings WHERE shop_id = $1 AND kind = 4 AND source = ANY($2)
		AND locked_at IS NOT NULL AND counted > 0`, tx.ShopID, ids)
	if err != nil {
		return nil, fmt.Errorf("load final leads: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return nil, fmt.Errorf("load final leads: %w", err)
	}
	out := make(map[int64]bool, len(list))
	for _, id := range list {
		out[id] = true
	}
	return out, nil
}

// LeadFilter narrows a list; zero fields do not.
type LeadFilter struct {
	State                             string
	FormID, AgreementID, InfluencerID int64
	EmailHash                         string
	VetBefore                         time.Time // in vetting, and due before
	From, To                          time.Time // of submission, half open
}

// ListLeads lists leads, newest first by submission.
func (tx *Tx) ListLeads(ctx context.Context, f LeadFilter, p Page) ([]Lead, *Cursor, error) {
	w := &where{conds: []string{"true"}, args: []any{tx.ShopID}} // leads() says shop_id = $1
	if f.State != "" {
		w.and("state = ?", f.State)
	}
	if f.FormID != 0 {
		w.and("form_id = ?", f.FormID)
	}
	if f.AgreementID != 0 {
		w.and("agreement_id = ?", f.AgreementID)
	}
	if f.InfluencerID != 0 {
		w.and("agreement_id IN (SELECT a.id FROM agreements a WHERE a.shop_id = leads.shop_id AND a.influencer_id = ?)", f.InfluencerID)
	}
	if f.EmailHash != "" {
		w.and("email_hash = ?", f.EmailHash)
	}
	if !f.VetBefore.IsZero() {
		w.and("state = 'pending_vetting' AND vet_by < ?", f.VetBefore)
	}
	w.between("submitted_at", f.From, f.To)
	if p.After != (Cursor{}) {
		w.and("(submitted_at, id) < (?, ?)", time.UnixMicro(p.After.Major).UTC(), p.After.Minor)
	}
	tail := " ORDER BY submitted_at DESC, id DESC " + w.limit(p.limit())
	out, err := tx.leads(ctx, w.String()+tail, w.args[1:]...)
	if err != nil {
		return nil, nil, err
	}
	out, next := cut(out, p, func(l *Lead) Cursor { return Cursor{Major: l.SubmittedAt.UnixMicro(), Minor: l.ID} })
	return out, next, nil
}

// RedactLead forgets who sent a lead. Its hash stays, so that duplicates are
// still told.
func (tx *Tx) RedactLead(ctx context.Context, id int64) error {
	tag, err := tx.pgx.Exec(ctx, "UPDATE leads SET email = NULL, answers = NULL, ip_hash = '' WHERE shop_id = $1 AND id = $2", tx.ShopID, id)
	if err != nil {
		return fmt.Errorf("redact lead %d: %w", id, err)
	}
	if tag.RowsAffected() == 0 {
		return fmt.Errorf("redact lead %d: %w", id, ErrNotFound)
	}
	return nil
}
