package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"tributary/internal/domain/draw"
)

// drawnByDrand is a proof of a draw by round 7 of a chain at url.
func drawnByDrand(t *testing.T) (p draw.Proof, url string) {
	t.Helper()
	signature := []byte{0xab, 0xcd}
	value := sha256.Sum256(signature)
	genesis := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	chain := strings.Repeat("ab", 32)
	mux := http.NewServeMux()
	mux.HandleFunc("/info", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, `{"period":30,"genesis_time":%d,"hash":%q}`, genesis.Unix(), chain)
	})
	mux.HandleFunc("/public/7", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, `{"round":7,"randomness":"%x","signature":"%x"}`, value, signature)
	})
	srv := httptest.NewServer(mux)
	t.Cleanup(srv.Close)
	round := genesis.Add(6 * 30 * time.Second)
	drawn := round.Add(time.Minute)
	p = draw.Proof{Version: 1, Giveaway: "gaw_1", Winners: 1, FrozenAt: genesis.Add(time.Minute), DrawnAt: &drawn,
		Beacon: draw.Beacon{Kind: draw.Drand, AnnouncedAt: genesis, Chain: chain, Round: 7, RoundAt: &round, Value: hex.EncodeToString(value[:]), Signature: "abcd"}}
	for i := range 3 {
		p.Entries = append(p.Entries, draw.FormatID(draw.EntryID(1, fmt.Sprint(i))))
	}
	slices.Sort(p.Entries)
	p.Count, p.ListHash = 3, draw.ListHash(p.Entries)
	p.Drawn = []draw.WinnerEntry{{Place: 1, ID: draw.Rank(value[:], p.Entries)[0]}}
	return p, srv.URL
}

func TestAnyoneCanCheckADraw(t *testing.T) {
	t.Parallel()
	p, drand := drawnByDrand(t)
	honest, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	p.Drawn[0].ID = p.Entries[slices.IndexFunc(p.Entries, func(id string) bool { return id != p.Drawn[0].ID })]
	crooked, _ := json.Marshal(p)
	dir := t.TempDir()
	for name, b := range map[string][]byte{"honest": honest, "crooked": crooked, "text": []byte("hello")} {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Accept") != "application/json" || r.URL.Path != "/g/gaw_1/proof" {
			http.NotFound(w, r)
			return
		}
		_, _ = w.Write(honest)
	}))
	t.Cleanup(srv.Close)
	for _, c := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{filepath.Join(dir, "honest")}, exitOK, "The draw of gaw_1 stands"},
		{[]string{srv.URL + "/g/gaw_1/proof"}, exitOK, "The draw of gaw_1 stands"},
		{[]string{filepath.Join(dir, "honest"), "--drand", drand}, exitOK, "drand itself says the same"},
		{[]string{filepath.Join(dir, "honest"), "--drand", srv.URL}, exitFailed, "NO "},
		{[]string{filepath.Join(dir, "crooked")}, exitFailed, "NO   drawing again gives"},
		{[]string{filepath.Join(dir, "honest"), "--json"}, exitOK, `"honest": true`},
		{[]string{filepath.Join(dir, "crooked"), "--json"}, exitFailed, `"honest": false`},
		{[]string{filepath.Join(dir, "text")}, exitUsage, "is no proof"},
		{[]string{filepath.Join(dir, "nowhere")}, exitNotFound, "no file"},
		{[]string{srv.URL + "/g/gaw_2/proof"}, exitNotFound, "no proof at"},
		{nil, exitUsage, "accepts 1 arg"},
	} {
		var out bytes.Buffer
		if code := run(append([]string{"draw", "verify"}, c.args...), &out, &out); code != c.code || !strings.Contains(out.String(), c.says) {
			t.Errorf("%v: exit %d, want %d, and %q in:\n%s", c.args, code, c.code, c.says, out.String())
		}
	}
}
