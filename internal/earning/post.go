package earning

import (
	"context"
	"time"

	"tributary/internal/domain/attribution"
	"tributary/internal/domain/commission"
	"tributary/internal/domain/content"
	"tributary/internal/domain/period"
	"tributary/internal/domain/terms"
	"tributary/internal/store"
)

// Reasons of a post's earning, beside what looks wrong with it.
const (
	awaitsApproval = "post_awaits_approval"
	refused        = "post_rejected"
	gone           = "post_" // with content.Deleted or content.Private: it keeps what it was last seen with
)

// posts are the posts published under a version, each worth what its last
// verified snapshot up to the end of its final days is worth. The hold
// ends with those days. A post that nobody approved yet, or whose numbers look
// wrong, is held.
func (b *Book) posts(ctx context.Context, v *attribution.Agreement, c *terms.Component) ([]unit, error) {
	all, err := b.Tx.PostsOfAgreements(ctx, v.ID)
	if err != nil {
		return nil, err
	}
	var mine []store.Post
	var ids []int64
	for _, p := range all {
		if p.PublishedAt.Before(v.Effective.From) || !v.Effective.To.IsZero() && !p.PublishedAt.Before(v.Effective.To) {
			continue
		}
		mine, ids = append(mine, p), append(ids, p.ID)
	}
	snapshots, err := b.Tx.SnapshotsOf(ctx, ids)
	if err != nil {
		return nil, err
	}
	units := make([]unit, 0, len(mine))
	for i := range mine {
		p := &mine[i]
		final := FinalLook(c, p.PublishedAt, b.Shop.Zone)
		st := content.Final(snapshots[p.ID], p.PublishedAt, final)
		if st.At.IsZero() {
			continue // nobody has seen its numbers
		}
		u := unit{source: p.ID, when: p.PublishedAt, release: final, count: 1, state: store.EarningPending,
			worth: commission.EngagementTarget(c, v.Terms.Currency, st.Events), detail: Detail{Events: &st.Events}}
		switch {
		case p.State == store.PostRejected:
			u.state, u.reason, u.worth, u.count = store.EarningDenied, refused, 0, 0
		case p.AnomalyDecision == store.PostRefused:
			u.state, u.reason, u.worth, u.count = store.EarningDenied, p.Anomaly, 0, 0
		case p.State == store.PostSubmitted:
			u.state, u.reason = store.EarningHeld, awaitsApproval
		case p.Held():
			u.state, u.reason = store.EarningHeld, p.Anomaly
		case st.Gone != "":
			u.reason = gone + st.Gone
		}
		units = append(units, u)
	}
	return units, nil
}

// FinalLook is the instant up to which snapshots of a post count.
func FinalLook(c *terms.Component, published time.Time, zone *time.Location) time.Time {
	return period.Release(published, c.FinalDays, zone)
}
