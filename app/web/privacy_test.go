package web_test

import (
	"context"
	"log/slog"
	"testing"

	"tributary/internal/intake"
	"tributary/internal/obs"
)

func TestAMerchantAsksForAPersonsDataAndForForgettingThem(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	bad := w.a.post("/privacy-requests", map[string]any{"topic": "customers/redact", "customer_id": "x", "order_ids": []string{"7", "-1"}}).is(422)
	if got := len(bad.list("errors")); got != 2 {
		t.Errorf("%d wrong fields, want 2: %v", got, bad)
	}
	w.a.post("/privacy-requests", map[string]any{"topic": "customers/redact"}).is(422)
	w.a.post("/privacy-requests", map[string]any{"topic": "shop/redact", "email": "pat@example.com"}).is(422)
	made := w.a.post("/privacy-requests", map[string]any{"topic": "customers/data_request", "email": "pat@example.com"}).is(201)
	id := made["id"].(string)
	w.a.get("/privacy-requests/" + id + "/report").is(404)
	w.b.get("/privacy-requests/" + id).is(404)
	settler := intake.NewSettler(w.db, w.keys, slog.New(slog.DiscardHandler), obs.NewMetrics("test"))
	for range 2 { // the job may run twice
		if err := settler.Privacy(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	if r := w.a.get("/privacy-requests/" + id).is(200); r["done_at"] == nil || r["has_report"] != true {
		t.Errorf("%v", r)
	}
	if r := w.a.get("/privacy-requests/" + id + "/report").is(200); r["email"] != "pat@example.com" {
		t.Errorf("%v", r)
	}
	w.b.get("/privacy-requests/" + id + "/report").is(404)
	w.a.post("/privacy-requests", map[string]any{"topic": "customers/redact", "email": "Pat@Example.com"}).is(201)
	if err := settler.Privacy(context.Background()); err != nil {
		t.Fatal(err)
	}
	w.a.get("/privacy-requests/" + id + "/report").is(404)
	if got := w.a.get("/privacy-requests").is(200).list("data"); len(got) != 2 {
		t.Errorf("%v", got)
	}
}
