package beacon_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"tributary/internal/beacon"
)

func chain(t *testing.T, lie bool) *beacon.Drand {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("/abc/info", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, `{"public_key":"aa","period":30,"genesis_time":1595431050,"hash":"8990e7a9aaed2ffed73dbd7092123d6f289930540d7651336225dc172e51b2ce"}`)
	})
	mux.HandleFunc("/abc/public/{round}", func(w http.ResponseWriter, r *http.Request) {
		if r.PathValue("round") != "7" {
			http.Error(w, `{"error":"not found"}`, http.StatusNotFound)
			return
		}
		sum := sha256.Sum256([]byte{0xab, 0xcd})
		if lie {
			sum[0]++
		}
		fmt.Fprintf(w, `{"round":7,"randomness":"%x","signature":"ABCD"}`, sum)
	})
	srv := httptest.NewServer(mux)
	t.Cleanup(srv.Close)
	return &beacon.Drand{URL: srv.URL + "/abc"}
}

func TestARoundIsBelievedOnlyWhenItComesFromItsSignature(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	r, err := chain(t, false).Round(ctx, 7)
	if err != nil || r.Signature != "abcd" || len(r.Randomness) != 64 {
		t.Fatalf("%+v, %v", r, err)
	}
	if _, err := chain(t, true).Round(ctx, 7); err == nil {
		t.Error("a lie is believed")
	}
	if _, err := chain(t, false).Round(ctx, 8); !errors.Is(err, beacon.ErrNotYet) {
		t.Error(err)
	}
}

func TestAChainSaysWhenItsRoundsAreMade(t *testing.T) {
	t.Parallel()
	c, err := chain(t, false).Chain(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	genesis := time.Unix(1595431050, 0)
	if !c.At(1).Equal(genesis) || !c.At(3).Equal(genesis.Add(time.Minute)) {
		t.Errorf("%s %s", c.At(1), c.At(3))
	}
	for _, at := range []time.Time{genesis.Add(-time.Hour), genesis, genesis.Add(time.Second), genesis.Add(30 * time.Second), genesis.Add(45 * time.Second)} {
		n := c.After(at)
		if !c.At(n).After(at) || n > 1 && c.At(n-1).After(at) {
			t.Errorf("after %s comes round %d at %s", at, n, c.At(n))
		}
	}
}
