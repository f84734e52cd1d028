package store

import (
	"context"
	"crypto/sha256"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// AuditLine is one thing that somebody saw or changed.
type AuditLine struct {
	Seq    int64
	At     time.Time
	Actor  string // "key 3", "user 42" of the store's admin, "operator"
	Action string // of the API's operation, or the command
	Target string // path, without its query
	Detail string // names of fields, never what is in them
	Prev   []byte
	Hash   []byte
}

// Audit adds a line to this shop's log. Call it last in a transaction: from then
// on others of the same shop who have something to note wait for its end.
func (tx *Tx) Audit(ctx context.Context, l AuditLine) error {
	if _, err := tx.pgx.Exec(ctx, "SELECT audit_append($1, $2, $3, $4, $5)", tx.Now, l.Actor, l.Action, l.Target, l.Detail); err != nil {
		return fmt.Errorf("note who did what: %w", err)
	}
	return nil
}

const auditColumns = "seq, at, actor, action, target, detail, prev, hash"

func (tx *Tx) audit(ctx context.Context, where string, args ...any) ([]AuditLine, error) {
	rows, err := tx.pgx.Query(ctx, "SELECT "+auditColumns+" FROM audit_log WHERE shop_id = $1 AND "+where, append([]any{tx.ShopID}, args...)...)
	if err != nil {
		return nil, fmt.Errorf("read who did what: %w", err)
	}
	out, err := pgx.CollectRows(rows, pgx.RowToStructByPos[AuditLine])
	if err != nil {
		return nil, fmt.Errorf("read who did what: %w", err)
	}
	return out, nil
}

// AuditFilter narrows a list; empty fields do not.
type AuditFilter struct{ Actor, Action string }

// AuditLines lists the log, newest first.
func (tx *Tx) AuditLines(ctx context.Context, f AuditFilter, p Page) ([]AuditLine, *Cursor, error) {
	before := p.After.Minor
	if before == 0 {
		before = 1<<63 - 1
	}
	ls, err := tx.audit(ctx, "seq < $2 AND ($3 = '' OR actor = $3) AND ($4 = '' OR action = $4) ORDER BY seq DESC LIMIT $5", before, f.Actor, f.Action, p.limit())
	if err != nil {
		return nil, nil, err
	}
	ls, next := cut(ls, p, func(l *AuditLine) Cursor { return Cursor{Minor: l.Seq} })
	return ls, next, nil
}

// AuditProof is what checking a log came to.
type AuditProof struct {
	Lines int64
	Head  []byte // hash of the last line
	Wrong string // the first thing that does not fit; "" when all does
}

// VerifyAudit reckons every hash of this shop's log anew. One who can change the
// tables at will can make it all anew: a head that was noted elsewhere shows
// that, too.
func (tx *Tx) VerifyAudit(ctx context.Context) (p AuditProof, err error) {
	var headSeq int64
	var head []byte
	err = tx.pgx.QueryRow(ctx, "SELECT seq, hash FROM audit_heads WHERE shop_id = $1", tx.ShopID).Scan(&headSeq, &head)
	if IsNotFound(notFound(err)) {
		err = nil
	}
	if err != nil {
		return p, fmt.Errorf("read the head of the log: %w", err)
	}
	prev := []byte{}
	for {
		ls, err := tx.audit(ctx, "seq > $2 ORDER BY seq LIMIT 1000", p.Lines)
		if err != nil {
			return p, err
		}
		for i := range ls {
			l := &ls[i]
			switch {
			case l.Seq != p.Lines+1:
				p.Wrong = fmt.Sprintf("line %d is missing", p.Lines+1)
			case string(l.Prev) != string(prev):
				p.Wrong = fmt.Sprintf("line %d does not follow the one before it", l.Seq)
			case string(l.hash()) != string(l.Hash):
				p.Wrong = fmt.Sprintf("line %d was changed", l.Seq)
			}
			if p.Wrong != "" {
				return p, nil
			}
			p.Lines, prev = l.Seq, l.Hash
		}
		if len(ls) == 0 {
			break
		}
	}
	switch p.Head = prev; {
	case p.Lines != headSeq:
		p.Wrong = fmt.Sprintf("the log should have %d lines and has %d", headSeq, p.Lines)
	case string(head) != string(prev):
		p.Wrong = fmt.Sprintf("line %d is not the one that was noted last", p.Lines)
	}
	return p, nil
}

// hash is what audit_append reckons.
func (l *AuditLine) hash() []byte {
	h := sha256.New()
	h.Write(l.Prev)
	fmt.Fprintf(h, "%d|%d|%d:%s|%d:%s|%d:%s|%d:%s", l.Seq, l.At.UnixMicro(), len(l.Actor), l.Actor, len(l.Action), l.Action, len(l.Target), l.Target, len(l.Detail), l.Detail)
	return h.Sum(nil)
}

// HasAuditHash reports whether a line of this shop's log has this hash, in
// hexadecimal digits.
func (tx *Tx) HasAuditHash(ctx context.Context, hash string) (has bool, err error) {
	err = tx.pgx.QueryRow(ctx, "SELECT EXISTS (SELECT 1 FROM audit_log WHERE shop_id = $1 AND encode(hash, 'hex') = lower($2))", tx.ShopID, hash).Scan(&has)
	if err != nil {
		return false, fmt.Errorf("look for a line of the log: %w", err)
	}
	return has, nil
}
