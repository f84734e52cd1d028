package main

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

func TestADemoThatIsThrownAwayLeavesNothing(t *testing.T) {
	t.Parallel()
	bin, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	s := &stack{t: t, bin: bin, dir: openDir(t)}
	s.settings("TMPDIR=" + s.dir)
	p := launch(t, "demo", s.command("demo", "--once"))
	p.said("Playing history")
	p.signal(syscall.SIGTERM)
	if code := p.exit(); code != exitInterrupted {
		t.Errorf("it ended with %d", code)
	}
	// As root the database may have been moved to where PostgreSQL's user can
	// reach it, under a name that begins with that of the directory above.
	moved, _ := filepath.Glob("/var/lib/tributary/" + filepath.Base(s.dir) + "-*")
	left, err := os.ReadDir(s.dir)
	for _, e := range left {
		if e.Name() != "tributary" { // an empty parent of such places
			moved = append(moved, e.Name())
		}
	}
	if err != nil || len(moved) > 0 {
		t.Errorf("it left %q, %v", moved, err)
	}
}
