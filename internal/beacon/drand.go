// Package beacon fetches public randomness that nobody chooses: the rounds of a
// drand chain (https://docs.drand.love/dev-guide/API%20Documentation%20v1/).
package beacon

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// DefaultURL is the chain quicknet of the League of Entropy: a round each three
// seconds.
const DefaultURL = "https://api.drand.sh/52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971"

// Drand is the chain at URL.
type Drand struct{ URL string }

// Chain says when which round is made.
type Chain struct {
	Hash    string // hex; names the chain
	Genesis time.Time
	Period  time.Duration
}

// At is when a round is made.
func (c *Chain) At(round int64) time.Time {
	return c.Genesis.Add(time.Duration(round-1) * c.Period).UTC()
}

// After is the first round that is made after an instant.
func (c *Chain) After(t time.Time) int64 {
	if t.Before(c.Genesis) {
		return 1
	}
	return int64(t.Sub(c.Genesis)/c.Period) + 2
}

// Round is one round: hex Randomness is the sha256 of hex Signature.
type Round struct {
	Number                int64
	Randomness, Signature string
}

// ErrNotYet says that the round has not been made.
var ErrNotYet = errors.New("the round has not been made yet")

const (
	timeout = 10 * time.Second
	maxBody = 64 << 10
)

var client = &http.Client{Timeout: timeout}

// Chain asks for what does not change about the chain.
func (d *Drand) Chain(ctx context.Context) (*Chain, error) {
	var info struct {
		Hash    string `json:"hash"`
		Genesis int64  `json:"genesis_time"`
		Period  int64  `json:"period"`
	}
	if err := d.get(ctx, "/info", &info); err != nil {
		return nil, fmt.Errorf("drand chain: %w", err)
	}
	if sum, err := hex.DecodeString(info.Hash); err != nil || len(sum) != sha256.Size || info.Genesis <= 0 || info.Period <= 0 || info.Period > 86400 {
		return nil, errors.New("drand chain: the answer is not what its document says")
	}
	return &Chain{Hash: info.Hash, Genesis: time.Unix(info.Genesis, 0).UTC(), Period: time.Duration(info.Period) * time.Second}, nil
}

// Round asks for a round and checks that its randomness comes from its
// signature. It returns ErrNotYet before the round is made.
func (d *Drand) Round(ctx context.Context, number int64) (*Round, error) {
	var r struct {
		Round      int64  `json:"round"`
		Randomness string `json:"randomness"`
		Signature  string `json:"signature"`
	}
	if err := d.get(ctx, fmt.Sprintf("/public/%d", number), &r); err != nil {
		return nil, fmt.Errorf("drand round %d: %w", number, err)
	}
	signature, err := hex.DecodeString(r.Signature)
	sum := sha256.Sum256(signature)
	switch {
	case r.Round != number:
		return nil, fmt.Errorf("drand round %d: the answer is round %d", number, r.Round)
	case err != nil || len(signature) == 0 || !strings.EqualFold(hex.EncodeToString(sum[:]), r.Randomness):
		return nil, fmt.Errorf("drand round %d: its randomness is not the sha256 of its signature", number)
	}
	return &Round{Number: number, Randomness: strings.ToLower(r.Randomness), Signature: strings.ToLower(r.Signature)}, nil
}

func (d *Drand) get(ctx context.Context, path string, into any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSuffix(d.URL, "/")+path, nil)
	if err != nil {
		return err
	}
	res, err := client.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, maxBody))
	switch {
	case err != nil:
		return err
	case res.StatusCode == http.StatusNotFound || res.StatusCode == http.StatusTooEarly:
		return ErrNotYet
	case res.StatusCode != http.StatusOK:
		return fmt.Errorf("HTTP %d", res.StatusCode)
	}
	return json.Unmarshal(body, into)
}
