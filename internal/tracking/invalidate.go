package tracking

import (
	"context"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"tributary/internal/errs"
	"tributary/internal/store"
)

// Invalidation names clicks that shall not count after all. What is given
// narrows; one of IDs, Visitor, IPHash and LinkID is needed.
type Invalidation struct {
	IDs             []string // as the list of clicks gives them
	Visitor, IPHash string
	LinkID          int64
	From, To        time.Time // half open; zero: open
	Reason          string
}

const mostIDs = 1000

// Invalidate takes clicks out, and leaves their places to those behind them when
// the shop is drained next: as long as the hold of a day runs that changes what
// the day earns; once it is over, only the days after it. It returns how
// many were taken out; the same call again takes out none.
func Invalidate(ctx context.Context, tx *store.Tx, n Invalidation) (int64, error) {
	var wrong []errs.Field
	add := func(path, msg string) { wrong = append(wrong, errs.Field{Path: path, Msg: msg}) }
	if n.Reason = strings.TrimSpace(n.Reason); n.Reason == "" || utf8.RuneCountInString(n.Reason) > 200 || !utf8.ValidString(n.Reason) || strings.ContainsRune(n.Reason, 0) {
		add("reason", "must be a text of up to 200 characters that says why")
	}
	if len(n.IDs) == 0 && n.Visitor == "" && n.IPHash == "" && n.LinkID == 0 {
		add("ids", "must be given, or visitor, ip_hash or link_id")
	}
	if len(n.IDs) > mostIDs {
		add("ids", "must be 1000 at most")
	}
	if !n.To.IsZero() && !n.To.After(n.From) {
		add("to", "must be later than from")
	}
	f := store.ClickFilter{Visitor: n.Visitor, IPHash: n.IPHash, LinkID: n.LinkID, From: n.From, To: n.To}
	for _, s := range n.IDs {
		id, err := uuid.Parse(s)
		if err != nil {
			add("ids", "must be ids as the list of clicks gives them")
			break
		}
		f.IDs = append(f.IDs, id)
	}
	if len(wrong) > 0 {
		return 0, errs.New(errs.Invalid, "invalid_invalidation", "This does not say which clicks shall not count, and why.", wrong...)
	}
	if err := tx.LockShop(ctx); err != nil { // judging reads what this writes
		return 0, err
	}
	return tx.WithdrawClicks(ctx, f, n.Reason)
}
