package web

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"tributary/internal/identity"
	"tributary/internal/store"
)

// personal are the reads that show people: each is noted, as all writes are.
var personal = []string{
	"get-influencers", "get-influencers-id", "get-influencers-id-export", "get-agreements-id", "get-leads", "get-leads-id", "get-privacy-requests-id-report",
	"get-giveaways-id-entries", "get-giveaways-id-entries.csv", "get-payouts-id-lines", "get-payouts-id-export.csv", "get-statements", "get-audit",
}

// readsNotedAgain is after how long the same read by the same caller is noted
// again: pages that look every few seconds would fill the log.
const readsNotedAgain = 10 * time.Minute

// noted remembers which reads were noted lately.
type noted struct {
	mu   sync.Mutex
	when map[string]time.Time
}

func (n *noted) again(key string, now time.Time) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.when == nil || len(n.when) > 10_000 {
		n.when = map[string]time.Time{}
	}
	if last, ok := n.when[key]; ok && now.Sub(last) < readsNotedAgain {
		return false
	}
	n.when[key] = now
	return true
}

// actor names who calls, as the log has it.
func actor(c identity.Caller) string {
	switch {
	case c.User != "":
		return "user " + c.User
	case c.KeyID != 0:
		return fmt.Sprintf("key %d", c.KeyID)
	}
	return "nobody"
}

// auditLine is what the log says of the request at hand.
func auditLine(v *visit, op *huma.Operation) store.AuditLine {
	return store.AuditLine{Actor: actor(v.caller), Action: op.OperationID, Target: v.path, Detail: strings.Join(v.fields, ",")}
}

// noteRead notes a read of people in a transaction of its own, if it is one and
// was not noted lately.
func (s *Server) noteRead(ctx context.Context, op *huma.Operation) error {
	if !slices.Contains(personal, op.OperationID) {
		return nil
	}
	v := visitFrom(ctx)
	l := auditLine(v, op)
	if !s.noted.again(fmt.Sprintf("%d %s %s %s", v.caller.ShopID, l.Actor, l.Action, l.Target), time.Now()) {
		return nil
	}
	return s.DB.InTx(ctx, v.caller.ShopID, func(tx *store.Tx) error { return tx.Audit(ctx, l) })
}

// membersOf lists the names of a JSON body's members, sorted; never what is in
// them.
func membersOf(body []byte) (names []string) {
	const most = 40
	var in map[string]json.RawMessage
	if !bytes.HasPrefix(bytes.TrimSpace(body), []byte("{")) || json.Unmarshal(body, &in) != nil {
		return nil
	}
	for k := range in {
		if len(k) <= 60 {
			names = append(names, k)
		}
	}
	slices.Sort(names)
	return names[:min(len(names), most)]
}

// AuditLine is something that somebody saw or changed.
type AuditLine struct {
	Seq    int64     `json:"seq"`
	At     time.Time `json:"at"`
	Actor  string    `json:"actor" example:"user 42"`
	Action string    `json:"action" doc:"The operation's id" example:"patch-influencers-id"`
	Target string    `json:"target" example:"/api/v1/influencers/inf_3"`
	Fields []string  `json:"fields,omitempty" doc:"Which fields were sent, not what was in them"`
	Hash   string    `json:"hash" doc:"Of this line and the one before it"`
}

type auditIn struct {
	PageIn
	Actor  string `query:"actor" doc:"Only of this one"`
	Action string `query:"action" doc:"Only of this operation"`
}

func (s *Server) listAudit(ctx context.Context, tx *store.Tx, in *auditIn) (List[AuditLine], error) {
	p, err := in.page()
	if err != nil {
		return List[AuditLine]{}, err
	}
	rows, next, err := tx.AuditLines(ctx, store.AuditFilter{Actor: in.Actor, Action: in.Action}, p)
	if err != nil {
		return List[AuditLine]{}, err
	}
	return listOf(rows, next, func(l *store.AuditLine) AuditLine {
		out := AuditLine{Seq: l.Seq, At: l.At.UTC(), Actor: l.Actor, Action: l.Action, Target: l.Target, Hash: hex.EncodeToString(l.Hash)}
		if l.Detail != "" {
			out.Fields = strings.Split(l.Detail, ",")
		}
		return out
	}), nil
}
