package earning

import (
	"bytes"
	"context"

	"tributary/internal/domain/content"
	"tributary/internal/domain/kpi"
	"tributary/internal/store"
)

// CountPosts brings what the posts of agreements count for up to date: the views
// that their snapshots tell of. The caller holds the shop's lock.
func (b *Book) CountPosts(ctx context.Context, agreements []int64) error {
	posts, err := b.Tx.PostsOfAgreements(ctx, agreements...)
	if err != nil || len(posts) == 0 {
		return err
	}
	each, err := b.impressions(ctx, posts)
	if err != nil {
		return err
	}
	stored, err := b.Tx.PostKPIs(ctx, postIDs(posts))
	if err != nil {
		return err
	}
	change := kpi.Cells{}
	for i := range posts {
		id := posts[i].ID
		now := each[i].Encode()
		if bytes.Equal(now, stored[id]) {
			continue
		}
		before, err := kpi.Decode(stored[id])
		if err != nil {
			return err
		}
		change.Add(before, -1)
		change.Add(each[i], 1)
		if err := b.Tx.SetPostKPI(ctx, id, now); err != nil {
			return err
		}
	}
	return b.Tx.AddKPI(ctx, b.Shop.Zone, change)
}

// impressions is what each of the posts counts for: views at the hours in which
// its snapshots saw them, a correction downwards taking away. Posts that were
// turned down, or whose numbers were, count nothing.
func (b *Book) impressions(ctx context.Context, posts []store.Post) ([]kpi.Cells, error) {
	snapshots, err := b.Tx.SnapshotsOf(ctx, postIDs(posts))
	if err != nil {
		return nil, err
	}
	agreements := make([]int64, len(posts))
	for i := range posts {
		agreements[i] = posts[i].AgreementID
	}
	parties, err := b.Tx.AgreementParties(ctx, agreements)
	if err != nil {
		return nil, err
	}
	out := make([]kpi.Cells, len(posts))
	for i := range posts {
		p := &posts[i]
		out[i] = kpi.Cells{}
		if p.State == store.PostRejected || p.AnomalyDecision == store.PostRefused {
			continue
		}
		of := parties[p.AgreementID]
		for _, seen := range content.Views(snapshots[p.ID], p.PublishedAt) {
			hour := kpi.HourOf(seen.At, b.Shop.Zone)
			programme(out[i], hour, b.Shop.Currency, of.CampaignID, of.InfluencerID, kpi.Impressions, seen.More)
			out[i].At(kpi.Key{Dim: kpi.Post, ID: p.ID, Hour: hour, Currency: b.Shop.Currency})[kpi.Impressions] += seen.More
		}
	}
	return out, nil
}

// eachImpressions hears what every post of r's thing counts for, counted anew.
func (b *Book) eachImpressions(ctx context.Context, r store.Recount, f func(kpi.Cells)) error {
	const atOnce = 1000
	var after int64
	for {
		posts, err := b.Tx.PostsToCount(ctx, r, after, atOnce)
		if err != nil || len(posts) == 0 {
			return err
		}
		after = posts[len(posts)-1].ID
		each, err := b.impressions(ctx, posts)
		if err != nil {
			return err
		}
		for _, c := range each {
			f(c)
		}
	}
}

func postIDs(posts []store.Post) []int64 {
	ids := make([]int64, len(posts))
	for i := range posts {
		ids[i] = posts[i].ID
	}
	return ids
}
