package main

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/klauspost/compress/s2"

	"tributary/internal/sandbox"
)

// quiet waits until nothing is left to do.
func (s *stack) quiet() {
	s.t.Helper()
	eventually(s.t, "all deliveries are settled", func() error {
		n, err := s.count("SELECT count(*) FROM deliveries WHERE state < 2")
		if err == nil && n > 0 {
			err = fmt.Errorf("%d wait", n)
		}
		return err
	})
	s.admin.Reset() // no connection from before a crash
}

// check runs one of the program's own checks, which must find nothing.
func (s *stack) check(what string) {
	s.t.Helper()
	out, said, code := s.run(what, "--json")
	var v verdict
	if err := json.Unmarshal([]byte(out), &v); err != nil {
		s.t.Fatalf("%s: exit code %d, %v\n%s%s", what, code, err, out, said)
	}
	if code != exitOK || v.Count != 0 || v.Shops != len(s.shops) {
		s.t.Errorf("%s: exit code %d, %d shops, %d differences: %+v", what, code, v.Shops, v.Count, v.Differences)
	}
}

// sound is what must hold when all is quiet, whatever has happened. A server
// runs.
func (s *stack) sound() {
	s.t.Helper()
	s.quiet()
	if code, body := s.get("/api/v1/deliveries?state=parked"); code != http.StatusOK || !strings.HasPrefix(body, `{"data":[]`) {
		s.t.Errorf("parked deliveries: %d %s", code, body)
	}
	s.stored()
	s.balanced()
	s.earned()
	s.logged()
	s.check("verify")
	s.check("replay")
}

// logged checks that machines can read every line and that nothing panicked.
func (s *stack) logged() {
	s.t.Helper()
	for _, p := range s.lasting {
		for line := range strings.Lines(p.log.String()) {
			whole := strings.HasSuffix(line, "\n") // the last one before a kill -9 may not be
			if strings.Contains(line, "panic") || whole && !json.Valid([]byte(line)) {
				s.t.Errorf("%s logged %q", p.name, line)
			}
		}
	}
}

// balanced checks the legs themselves: each journal and the whole sum to zero.
func (s *stack) balanced() {
	s.t.Helper()
	n, err := s.count(`SELECT count(*) FROM (SELECT 1 FROM ledger_entries GROUP BY shop_id, journal_id, currency HAVING sum(minor) <> 0) x`)
	if err != nil || n != 0 {
		s.t.Errorf("%d journals do not sum to zero, %v", n, err)
	}
	total, err := s.count("SELECT coalesce(sum(minor), 0)::bigint FROM ledger_entries")
	if err != nil || total != 0 {
		s.t.Errorf("the ledger sums to %d, %v", total, err)
	}
}

// stored checks that exactly what was acknowledged is stored, byte for byte.
func (s *stack) stored() {
	s.t.Helper()
	type row struct {
		shop  int64
		topic string
		body  [sha256.Size]byte
	}
	want, got := map[row]int{}, map[row]int{}
	for _, shop := range s.shops {
		seen := map[string]bool{}
		for _, p := range shop.parcels {
			if !p.acked.Load() {
				s.t.Errorf("%s was not acknowledged", p.topic)
			}
			if !seen[p.id] {
				want[row{shop.id, p.topic, sha256.Sum256(p.body)}]++
			}
			seen[p.id] = true
		}
	}
	rows, err := s.admin.Query(s.t.Context(), "SELECT DISTINCT ON (shop_id, id) shop_id, topic, body FROM deliveries WHERE state IN (2, 4)")
	if err != nil {
		s.t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var r row
		var body []byte
		err := rows.Scan(&r.shop, &r.topic, &body)
		if err == nil {
			body, err = s2.Decode(nil, body)
		}
		if err != nil {
			s.t.Fatal(err)
		}
		r.body = sha256.Sum256(body)
		got[r]++
	}
	if err := rows.Err(); err != nil {
		s.t.Fatal(err)
	}
	for r, n := range want {
		if got[r] != n {
			s.t.Errorf("shop %d, %s: %d were acknowledged and %d are stored and done", r.shop, r.topic, n, got[r])
		}
		delete(got, r)
	}
	if len(got) > 0 {
		s.t.Errorf("%d deliveries are stored that nobody sent", len(got))
	}
}

// earned holds what the ledger owes for each order against the stores' own
// books.
func (s *stack) earned() {
	s.t.Helper()
	type due struct {
		shop, order int64
		handle      string
	}
	want, got := map[due]int64{}, map[due]int64{}
	for _, shop := range s.shops {
		detail := sandbox.WithLines
		if shop.store.Platform() == sandbox.WooCommerce {
			detail = sandbox.SumsOnly
		}
		for _, o := range shop.store.Orders(detail) {
			for slug, minor := range o.Commission(plainRate(crashDeals)) {
				want[due{shop.id, o.OrderID, slug}] = minor
			}
		}
	}
	// Accounts 2 and 3 are what is owed to the influencer, as credit.
	rows, err := s.admin.Query(s.t.Context(), `SELECT l.shop_id, e.source, i.handle, -sum(l.minor)::bigint
		FROM ledger_entries l
		JOIN earnings e ON e.shop_id = l.shop_id AND e.id = l.earning_id
		JOIN influencers i ON i.shop_id = l.shop_id AND i.id = l.influencer_id
		WHERE l.account IN (2, 3) GROUP BY 1, 2, 3 HAVING sum(l.minor) <> 0`)
	if err != nil {
		s.t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var d due
		var minor int64
		if err := rows.Scan(&d.shop, &d.order, &d.handle, &minor); err != nil {
			s.t.Fatal(err)
		}
		got[d] = minor
	}
	if err := rows.Err(); err != nil {
		s.t.Fatal(err)
	}
	if len(want) < 60 {
		s.t.Errorf("only %d orders earn anything", len(want))
	}
	for d, minor := range want {
		if got[d] != minor {
			s.t.Errorf("shop %d owes %s %d for order %d, want %d", d.shop, d.handle, got[d], d.order, minor)
		}
	}
	for d, minor := range got {
		if _, ok := want[d]; !ok {
			s.t.Errorf("shop %d owes %s %d for order %d, want nothing", d.shop, d.handle, minor, d.order)
		}
	}
}
