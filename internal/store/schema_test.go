package store_test

import (
	"context"
	"flag"
	"os"
	"strings"
	"testing"

	"tributary/internal/pgtest"
)

var update = flag.Bool("update", false, "write migrations/schema.sql anew")

const schemaFile = "../../migrations/schema.sql"

func TestTheSchemaFileIsCurrent(t *testing.T) {
	t.Parallel()
	got, err := pgtest.Dump(context.Background(), pgtest.New(t))
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(schemaFile, []byte(got), 0o644); err != nil { //nolint:gosec // a public file
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	if string(want) == got {
		return
	}
	have := map[string]bool{}
	for line := range strings.Lines(string(want)) {
		have[line] = true
	}
	for line := range strings.Lines(got) {
		if !have[line] {
			t.Errorf("new or changed: %s", strings.TrimSpace(line))
		}
	}
	t.Error("migrations/schema.sql is not what the migrations make: run `go test ./internal/store -run Schema -update`")
}
