package landing

import (
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"

	"tributary/internal/domain/page"
)

// `make browser` sets BROWSER; without it there may be no Chromium.
func TestInABrowserThePageIsAccessibleAndItsPolicyHolds(t *testing.T) {
	t.Parallel()
	if os.Getenv("BROWSER") == "" {
		t.Skip("make browser runs it")
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/assets/page/{name}", func(w http.ResponseWriter, r *http.Request) {
		a := Assets[r.PathValue("name")]
		w.Header().Set("Content-Type", a.ContentType)
		_, _ = w.Write(a.Body)
	})
	mux.HandleFunc("/{palette}", func(w http.ResponseWriter, r *http.Request) {
		d := document(t)
		d.Theme.Palette = r.PathValue("palette")
		p := rendered(t, d, scene, when)
		w.Header().Set("Content-Security-Policy", p.SecurityPolicy)
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write(p.Body)
	})
	srv := httptest.NewServer(mux)
	t.Cleanup(srv.Close)
	for _, palette := range page.Palettes {
		args := []string{"look.mjs", srv.URL + "/" + palette}
		if dir := os.Getenv("PICTURES"); dir != "" && palette == page.Palettes[0] {
			args = append(args, dir)
		}
		cmd := exec.Command("node", args...)
		cmd.Dir = "browser"
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Errorf("%s: %v\n%s", palette, err, strings.TrimSpace(string(out)))
		}
	}
}
