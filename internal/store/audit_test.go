package store_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"tributary/internal/store"
)

// Many note what they did at once; the log holds, and every way to meddle with
// it shows.
func TestALogShowsEveryLineThatWasMeddledWith(t *testing.T) {
	t.Parallel()
	bk := newBooks(t)
	db, shop, other := bk.db, bk.a, bk.b
	owner := func(sql string) {
		t.Helper()
		if _, err := bk.conn.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	note := func(shop int64, i int) {
		if err := db.InTx(t.Context(), shop, func(tx *store.Tx) error {
			return tx.Audit(t.Context(), store.AuditLine{Actor: fmt.Sprintf("key %d|1:x", i), Action: "post-things", Target: "/api/v1/things/ü", Detail: "name,e-mail"})
		}); err != nil {
			t.Error(err)
		}
	}
	var wg sync.WaitGroup
	for i := range 40 {
		wg.Go(func() { note(shop, i) })
	}
	wg.Wait()
	note(other, 0)
	proof := func(shop int64) (p store.AuditProof) {
		if err := db.InTx(t.Context(), shop, func(tx *store.Tx) (err error) { p, err = tx.VerifyAudit(t.Context()); return err }); err != nil {
			t.Fatal(err)
		}
		return p
	}
	good := proof(shop)
	if good.Wrong != "" || good.Lines != 40 || len(good.Head) != 32 {
		t.Fatalf("%+v", good)
	}
	if p := proof(other); p.Wrong != "" || p.Lines != 1 {
		t.Errorf("%+v", p)
	}
	// The application itself can change nothing.
	for _, bad := range []string{"UPDATE audit_log SET actor = 'x'", "DELETE FROM audit_log", "INSERT INTO audit_log SELECT shop_id, 99, at, actor, action, target, detail, prev, hash FROM audit_log LIMIT 1", "UPDATE audit_heads SET seq = 0"} {
		if _, err := bk.as(shop, bad); err == nil || !strings.Contains(err.Error(), "permission denied") {
			t.Errorf("%s: %v", bad, err)
		}
	}
	// Who owns the tables can, and it shows.
	owner("CREATE TABLE audit_copy AS TABLE audit_log")
	for _, c := range []struct{ name, sql, wrong string }{
		{"a line was changed", "UPDATE audit_log SET actor = 'somebody else' WHERE shop_id = %d AND seq = 7", "line 7 was changed"},
		{"a line was taken out", "DELETE FROM audit_log WHERE shop_id = %d AND seq = 9", "line 9 is missing"},
		{"the last was taken out", "DELETE FROM audit_log WHERE shop_id = %d AND seq = 40", "should have 40 lines and has 39"},
		{"a hash was reckoned anew", "UPDATE audit_log SET detail = 'x', hash = sha256('x') WHERE shop_id = %d AND seq = 12", "line 12 was changed"},
		{"the last was made anew", `UPDATE audit_log SET detail = '', hash = sha256(prev || convert_to(format('%%s|%%s|%%s:%%s|%%s:%%s|%%s:%%s|0:', seq, (extract(epoch FROM at) * 1000000)::bigint,
			octet_length(actor), actor, octet_length(action), action, octet_length(target), target), 'UTF8')) WHERE shop_id = %d AND seq = 40`, "line 40 is not the one that was noted last"},
		{"a time was changed", "UPDATE audit_log SET at = at + interval '1 microsecond' WHERE shop_id = %d AND seq = 1", "line 1 was changed"},
	} {
		owner(fmt.Sprintf(c.sql, shop))
		if p := proof(shop); !strings.Contains(p.Wrong, c.wrong) {
			t.Errorf("%s: %+v", c.name, p)
		}
		owner("DELETE FROM audit_log")
		owner("INSERT INTO audit_log SELECT * FROM audit_copy")
	}
	if p := proof(shop); p.Wrong != "" {
		t.Errorf("put back as it was: %+v", p)
	}
}
