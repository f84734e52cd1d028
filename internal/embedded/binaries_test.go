package embedded

import (
	"os"
	"path/filepath"
	"testing"
)

// fakeNative is an npm package as it lies on disk when npm ran no scripts.
func fakeNative(t *testing.T) string {
	t.Helper()
	native := filepath.Join(t.TempDir(), "native")
	for name, text := range map[string]string{
		"bin/initdb": "", "bin/postgres": "", "lib/libpq.so.5.18": "library",
		"pg-symlinks.json": `[{"source":"native/lib/libpq.so.5.18","target":"native/lib/libpq.so.5"},
			{"source":"native/lib/libpq.so.5.18","target":"native/../../outside"}]`,
	} {
		path := filepath.Join(native, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return native
}

func TestMissingLinksAreMadeAndNeverOutsideThePackage(t *testing.T) {
	t.Parallel()
	native := fakeNative(t)
	links, err := readLinks(native)
	if err != nil || len(links) != 2 {
		t.Fatal(links, err)
	}
	if err := makeLinks(native, links); err == nil {
		t.Error("a link outside the package was made")
	}
	if err := makeLinks(native, links[:1]); err != nil {
		t.Fatal(err)
	}
	if b, err := os.ReadFile(filepath.Join(native, "lib", "libpq.so.5")); err != nil || string(b) != "library" {
		t.Errorf("%q, %v", b, err)
	}
	if to, _ := os.Readlink(filepath.Join(native, "lib", "libpq.so.5")); to != "libpq.so.5.18" {
		t.Errorf("the link is not relative: %s", to)
	}
}

func TestWhatCannotBeRunInPlaceIsCopiedOnce(t *testing.T) {
	t.Parallel()
	native := fakeNative(t) // nothing in bin is executable
	if err := os.WriteFile(filepath.Join(native, "pg-symlinks.json"), []byte(`[{"source":"native/lib/libpq.so.5.18","target":"native/lib/libpq.so.5"}]`), 0o644); err != nil {
		t.Fatal(err)
	}
	pl := place{dir: t.TempDir()}
	copied, err := makeUsable(native, pl)
	if err != nil || copied == native {
		t.Fatal(copied, err)
	}
	st, err := os.Stat(filepath.Join(copied, "bin", "postgres"))
	if err != nil || st.Mode().Perm() != 0o755 {
		t.Errorf("%v, %v", st, err)
	}
	if _, err := os.Stat(filepath.Join(copied, "lib", "libpq.so.5")); err != nil {
		t.Error(err)
	}
	if again, err := makeUsable(native, pl); err != nil || again != copied {
		t.Error(again, err)
	}
}
