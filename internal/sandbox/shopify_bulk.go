package sandbox

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// bulkRead is one bulkOperationRunQuery over orders: it is running for two looks
// and then has a file, whose address stops working when it is expired.
type bulkRead struct {
	id, status, code string
	looks            int
	lines            []string
	secret           string // in the file's address
}

// startBulk takes the one query the app sends.
func (h *shopifySide) startBulk(query string) any {
	refuse := func(code, msg string) object {
		return object{{"bulkOperation", nil}, {"userErrors", list{object{{"field", list{"query"}}, {"code", code}, {"message", msg}}}}}
	}
	running := 0
	for _, b := range h.bulkReads {
		if b.status == "RUNNING" {
			running++
		}
	}
	if running >= 5 {
		return refuse("OPERATION_IN_PROGRESS", "A bulk query operation for this app and shop is already in progress.")
	}
	from := strings.Index(query, `query: "`)
	if from < 0 || !strings.Contains(query, "edges { node {") {
		return refuse("INVALID", "Bulk queries must contain at least one connection.")
	}
	text, _, _ := strings.Cut(query[from+len(`query: "`):], `"`)
	m := updatedQuery.FindStringSubmatch(text)
	if m == nil || m[1] != "created_at" {
		return refuse("INVALID", "The sandbox cannot search for "+text)
	}
	since, err1 := time.Parse(time.RFC3339, m[2])
	until, err2 := time.Parse(time.RFC3339, m[3])
	if err1 != nil || err2 != nil {
		return refuse("INVALID", "Invalid timestamp")
	}
	s := h.s
	b := &bulkRead{id: gidOf("BulkOperation", s.nextID()), status: "CREATED", secret: fmt.Sprintf("%016x", s.rng.Uint64())}
	for _, o := range s.orders {
		if s.byID[o.ID] != o || o.CreatedAt.Before(since) || !o.CreatedAt.Before(until) {
			continue
		}
		full := s.graphOrder(o)
		line := object{}
		for _, k := range []string{"id", "legacyResourceId", "createdAt", "updatedAt"} {
			v, _ := full.get(k)
			line = append(line, field{k, v})
		}
		v, _ := full.get("totalPriceSet")
		shop, _ := v.(object).get("shopMoney")
		line = append(line, field{"totalPriceSet", object{{"shopMoney", shop}}})
		b.lines = append(b.lines, string(encode(nil, line, rails))+"\n")
	}
	h.bulkReads = append(h.bulkReads, b)
	return object{{"bulkOperation", object{{"id", b.id}, {"status", b.status}}}, {"userErrors", list{}}}
}

// bulkState is running at first, and done at the third look.
func (h *shopifySide) bulkState(id string) any {
	i := slices.IndexFunc(h.bulkReads, func(b *bulkRead) bool { return b.id == id })
	if i < 0 {
		return nil
	}
	b := h.bulkReads[i]
	if b.looks++; b.status == "CREATED" || b.status == "RUNNING" {
		b.status = "RUNNING"
		if b.looks > 2 {
			b.status = "COMPLETED"
		}
	}
	done := b.status == "COMPLETED"
	size := 0
	for _, l := range b.lines {
		size += len(l)
	}
	var url, bytes any
	if done {
		if bytes = fmt.Sprint(size); len(b.lines) > 0 {
			url = fmt.Sprintf("%s/bulk/%s.jsonl?signature=%s", h.s.URL(), b.id[strings.LastIndexByte(b.id, '/')+1:], b.secret)
		}
	}
	var code any
	if b.code != "" {
		code = b.code
	}
	count := len(b.lines)
	if !done {
		count /= 2
	}
	return object{{"id", b.id}, {"status", b.status}, {"errorCode", code}, {"objectCount", fmt.Sprint(count)}, {"fileSize", bytes}, {"url", url}, {"partialDataUrl", nil}}
}

// ExpireFiles makes the addresses of all bulk files stop working; asking for the
// operation gives new ones.
func (s *Store) ExpireFiles() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, b := range s.shop.bulkReads {
		b.secret = fmt.Sprintf("%016x", s.rng.Uint64())
	}
}

// FailBulk ends all bulk operations that are not done as the store does when
// it gives up.
func (s *Store) FailBulk(code string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, b := range s.shop.bulkReads {
		if b.status != "COMPLETED" {
			b.status, b.code = "FAILED", code
		}
	}
}

// bulkFile serves a file with ranges, to whoever has its address.
func (h *shopifySide) bulkFile(rw http.ResponseWriter, r *http.Request) {
	if f, ok := h.fault(r.URL.Path, ""); ok {
		f.write(rw)
		return
	}
	if r.Header.Get("X-Shopify-Access-Token") != "" || r.Header.Get("Authorization") != "" {
		rw.WriteHeader(http.StatusBadRequest) // a token was sent to a stranger
		return
	}
	h.s.mu.Lock()
	var text string
	found := false
	for _, b := range h.bulkReads {
		if strings.HasSuffix(b.id, "/"+strings.TrimSuffix(r.PathValue("file"), ".jsonl")) && b.secret == r.URL.Query().Get("signature") {
			text, found = strings.Join(b.lines, ""), true
		}
	}
	h.s.mu.Unlock()
	if !found {
		rw.WriteHeader(http.StatusForbidden)
		return
	}
	h.mu.Lock()
	h.calls["bulk file"]++
	h.mu.Unlock()
	http.ServeContent(rw, r, "orders.jsonl", time.Time{}, strings.NewReader(text))
}
