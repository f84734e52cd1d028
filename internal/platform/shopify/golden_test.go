package shopify_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tributary/internal/platform"
	"tributary/internal/platform/shopify"
)

var update = flag.Bool("update", false, "rewrite the golden files")

const fixtures = "../../../testdata/shopify"

var at = time.Date(2026, 11, 23, 12, 0, 0, 123_000_000, time.UTC)

// plain stands in for the keyed hash, to show what would have been hashed.
func plain(s string) string { return "h(" + s + ")" }

// topicOf reads the topic out of a fixture's name: orders_create_jpy.json.
func topicOf(file string) string {
	base := strings.TrimSuffix(filepath.Base(file), ".json")
	for _, topic := range append([]string{"app/uninstalled", "app/scopes_update", "shop/update", "customers/data_request", "customers/redact", "shop/redact"},
		"orders/create", "orders/paid", "orders/updated", "orders/edited", "orders/cancelled", "orders/delete", "refunds/create") {
		if strings.HasPrefix(base, strings.Replace(topic, "/", "_", 1)) {
			return topic
		}
	}
	return ""
}

func load(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(fixtures, name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestEveryFixtureBecomesWhatItsGoldenFileSays(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join(fixtures, "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no fixtures: %v", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			m, err := shopify.Decode(topicOf(file), load(t, filepath.Base(file)), at, plain)
			if err != nil {
				t.Fatal(err)
			}
			compare(t, strings.TrimSuffix(file, ".json")+".golden", m)
		})
	}
}

func compare(t *testing.T, golden string, m platform.Message) {
	t.Helper()
	var got bytes.Buffer
	enc := json.NewEncoder(&got)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(map[string]any{"kind": m.Kind.String(), "reason": m.Reason, "domain": m.Domain, "fact": m.Fact, "scopes": m.Scopes, "shop": m.Shop, "privacy": m.Privacy}); err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(golden, got.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got.Bytes(), want) {
		t.Errorf("%s differs; run with -update and look at the difference\n%s", golden, got.String())
	}
}
