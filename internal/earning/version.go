package earning

import (
	"context"
	"fmt"
	"sync"

	"tributary/internal/domain/attribution"
	"tributary/internal/domain/terms"
	"tributary/internal/store"
)

// Terms keeps parsed terms by hash: they never change. The zero value is ready;
// one serves many transactions at once.
type Terms struct {
	mu sync.RWMutex
	m  map[string]*terms.Terms
}

// mostTerms bounds what Terms keeps.
const mostTerms = 50_000

func (c *Terms) get(hash string) *terms.Terms {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.m[hash]
}

// Versions returns the versions of the agreements that have been signed by
// both, ascending by agreement and number.
func (c *Terms) Versions(ctx context.Context, tx *store.Tx, agreementIDs []int64) ([]attribution.Agreement, error) {
	if len(agreementIDs) == 0 {
		return nil, nil
	}
	signed, err := tx.SignedVersions(ctx, agreementIDs)
	if err != nil {
		return nil, err
	}
	if err := c.fill(ctx, tx, signed); err != nil {
		return nil, err
	}
	out := make([]attribution.Agreement, len(signed))
	for i, v := range signed {
		t := c.get(v.Hash)
		if t == nil {
			return nil, fmt.Errorf("agreement %d, version %d: its terms %s are not stored", v.AgreementID, v.Number, v.Hash)
		}
		out[i] = attribution.Agreement{
			ID: v.AgreementID, VersionID: v.ID, Number: v.Number, InfluencerID: v.InfluencerID, CampaignID: v.CampaignID,
			Hash: v.Hash, Terms: t, Effective: attribution.Span{From: v.From, To: v.To},
		}
	}
	return out, nil
}

// fill loads the documents that are not known yet.
func (c *Terms) fill(ctx context.Context, tx *store.Tx, versions []store.SignedVersion) error {
	var missing []string
	for _, v := range versions {
		if c.get(v.Hash) == nil {
			missing = append(missing, v.Hash)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	docs, err := tx.TermsByHash(ctx, missing)
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.m == nil || len(c.m) > mostTerms {
		c.m = map[string]*terms.Terms{}
	}
	for hash, doc := range docs {
		t, err := terms.Parse(doc)
		if err != nil {
			return fmt.Errorf("stored terms %s: %w", hash, err)
		}
		c.m[hash] = t
	}
	return nil
}
