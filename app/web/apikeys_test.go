package web_test

import (
	"context"
	"strings"
	"testing"

	"tributary/internal/store"
)

func TestAKeyIsMadeShownOnceAndEnded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	made := w.a.post("/api-keys", m{"name": "reporting", "scope": "read"}, "Idempotency-Key", "once").is(201)
	key := made.str("key")
	if !strings.HasPrefix(key, "trb_") {
		t.Fatalf("%v", made)
	}
	if me := w.call(key, "GET", "/api/v1/session", nil).is(200); me.str("actor") != "key reporting" || me.str("scope") != "read" {
		t.Errorf("%v", me)
	}
	w.call(key, "POST", "/api/v1/api-keys", m{"name": "more", "scope": "write"}).problem(403, "scope_missing")
	list := w.a.get("/api-keys")
	if strings.Contains(string(list.body), "trb_") || len(list.is(200).list("data")) != 3 {
		t.Errorf("%s", list.body)
	}
	// It is kept nowhere, not as the answer to a request either.
	w.in(w.a, func(tx *store.Tx) error {
		old, err := tx.ClaimKey(context.Background(), "once", []byte("h"))
		if err == nil && old != nil {
			t.Errorf("the answer was stored: %s", old.Response)
		}
		return err
	})
	if p := w.a.post("/api-keys", m{"name": " ", "scope": "all"}).problem(422, "invalid_api_key"); p.fields() != "name scope" {
		t.Error(p.fields())
	}
	w.b.post("/api-keys/"+made.str("id")+"/revoke", m{}).problem(404, "no_such_key")
	if gone := w.a.post("/api-keys/"+made.str("id")+"/revoke", m{}).is(200); gone.str("revoked_at") == "" {
		t.Errorf("%v", gone)
	}
	w.a.post("/api-keys/"+made.str("id")+"/revoke", m{}).problem(404, "no_such_key")
}
