package obs_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"testing"
	"time"

	"tributary/internal/errs"
	"tributary/internal/obs"
)

func TestAUnitOfWorkIsOneLine(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		err   error
		level string
	}{
		"done":             {nil, "INFO"},
		"a person's error": {errs.New(errs.NotFound, "no_such_order", "there is no such order"), "WARN"},
		"an outage":        {errs.New(errs.Unavailable, "unavailable", "try again"), "ERROR"},
		"our error":        {errors.New("boom"), "ERROR"},
	} {
		var out bytes.Buffer
		line := obs.NewLine(obs.NewLog(&out, "info", "auto"), "request", time.Now())
		line.Add(slog.String("route", "/x"))
		line.Add(slog.Int("orders", 3))
		line.Done(context.Background(), c.err)
		var got map[string]any
		if err := json.Unmarshal(out.Bytes(), &got); err != nil {
			t.Fatalf("%s: not one line of JSON: %s", name, &out)
		}
		if got["level"] != c.level || got["route"] != "/x" || got["orders"] != 3.0 || got["took_ms"] == nil {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestEveryMetricIsDescribedAndOurs(t *testing.T) {
	t.Parallel()
	m := obs.NewMetrics("v1")
	m.Deliveries.WithLabelValues("shopify", "accepted").Inc()
	families, err := m.Registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, f := range families {
		seen[f.GetName()] = true
		if f.GetHelp() == "" {
			t.Errorf("%s has no help", f.GetName())
		}
	}
	for _, name := range []string{"go_goroutines", "tributary_build_info", "tributary_deliveries_received_total", "tributary_intake_batch_size"} {
		if !seen[name] {
			t.Errorf("%s is missing", name)
		}
	}
}
