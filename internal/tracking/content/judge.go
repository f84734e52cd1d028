package content

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"tributary/internal/domain/attribution"
	"tributary/internal/domain/content"
	"tributary/internal/domain/period"
	"tributary/internal/domain/terms"
	"tributary/internal/earning"
	"tributary/internal/store"
)

// byDeadline is who decided when nobody did.
const byDeadline = "deadline"

// Judge decides what has passed its deadline, holds the posts of agreements
// whose numbers look wrong, and marks the agreements due for the next deadline.
// The caller holds the shop's lock and settles afterwards.
func Judge(ctx context.Context, tx *store.Tx, t *earning.Terms, agreements []int64) error {
	all, zone, err := verdicts(ctx, tx, t, agreements)
	if err != nil {
		return err
	}
	for i := range all {
		v := &all[i]
		p := &v.post
		late := approveLate(p, tx.Now)
		held := hold(p, v, tx.Now, zone)
		released := releaseLate(p, v.rule, tx.Now)
		if late || held || released {
			if err := tx.SetPost(ctx, p); err != nil {
				return err
			}
		}
		if next := nextDeadline(p); !next.IsZero() {
			if err := tx.MarkDue(ctx, next, p.AgreementID); err != nil {
				return err
			}
		}
	}
	return nil
}

// approveLate does to a post that nobody has decided about what was agreed.
func approveLate(p *store.Post, now time.Time) bool {
	if p.State != store.PostSubmitted || now.Before(p.DecideBy) {
		return false
	}
	at := p.DecideBy
	p.DecidedAt, p.DecidedBy = &at, byDeadline
	if p.State = store.PostApproved; p.OnDeadline == "reject" {
		p.State, p.Reason = store.PostRejected, "Nobody approved it in time."
	}
	return true
}

// hold brings an undecided verdict to what it is now.
func hold(p *store.Post, v *verdict, now time.Time, zone *time.Location) bool {
	if p.AnomalyDecision != "" || p.Anomaly == v.anomaly {
		return false
	}
	switch {
	case v.anomaly == "":
		p.AnomalyBy = nil
	case p.Anomaly == "":
		by := period.Release(now, v.rule.VettingDays, zone)
		p.AnomalyBy = &by
	}
	p.Anomaly = v.anomaly
	return true
}

// releaseLate does to a hold that nobody has decided about what was agreed.
func releaseLate(p *store.Post, rule *terms.Component, now time.Time) bool {
	if !p.Held() || p.AnomalyBy == nil || now.Before(*p.AnomalyBy) {
		return false
	}
	p.AnomalyDecision, p.AnomalyDecidedAt, p.AnomalyDecidedBy = store.PostReleased, p.AnomalyBy, byDeadline
	if rule.OnDeadline == terms.Reject {
		p.AnomalyDecision = store.PostRefused
	}
	p.AnomalyReason = "Nobody decided in time; the terms say what happens then."
	return true
}

func nextDeadline(p *store.Post) (next time.Time) {
	if p.State == store.PostSubmitted {
		next = p.DecideBy
	}
	if p.Held() && p.AnomalyBy != nil && (next.IsZero() || p.AnomalyBy.Before(next)) {
		next = *p.AnomalyBy
	}
	return next
}

// verdict is a post with what looks wrong with it now.
type verdict struct {
	post    store.Post
	rule    *terms.Component
	anomaly string
}

// verdicts judges the posts of agreements, each beside what its influencer
// published on the same platform before it.
func verdicts(ctx context.Context, tx *store.Tx, t *earning.Terms, agreements []int64) ([]verdict, *time.Location, error) {
	shop, err := tx.ShopForSettling(ctx)
	if err != nil {
		return nil, nil, err
	}
	owners, err := tx.AgreementOwners(ctx, agreements)
	if err != nil {
		return nil, nil, err
	}
	influencers := slices.Compact(slices.Sorted(maps.Values(owners)))
	posts, whose, err := tx.PostsOfInfluencers(ctx, influencers)
	if err != nil || len(posts) == 0 {
		return nil, nil, err
	}
	ids := make([]int64, len(posts))
	for i := range posts {
		ids[i] = posts[i].ID
	}
	snapshots, err := tx.SnapshotsOf(ctx, ids)
	if err != nil {
		return nil, nil, err
	}
	versions, err := t.Versions(ctx, tx, slices.Sorted(maps.Keys(whose)))
	if err != nil {
		return nil, nil, err
	}
	type channel struct {
		influencer int64
		platform   string
	}
	past := map[channel][]content.Trace{}
	var out []verdict
	for i := range posts { // ascending by publication
		p := &posts[i]
		rule := ruleAt(versions, p)
		trace := content.TraceOf(snapshots[p.ID], p.PublishedAt, earning.FinalLook(rule, p.PublishedAt, shop.Zone))
		on := channel{whose[p.AgreementID], p.Platform}
		if _, asked := owners[p.AgreementID]; asked {
			out = append(out, verdict{post: *p, rule: rule, anomaly: content.Anomaly(trace, past[on])})
		}
		if len(snapshots[p.ID]) > 0 {
			past[on] = append(past[on], trace)
		}
	}
	return out, shop.Zone, nil
}

func ruleAt(versions []attribution.Agreement, p *store.Post) *terms.Component {
	if v := versionAt(versions, p.AgreementID, p.PublishedAt); v != nil {
		return ruleOf(v.Terms)
	}
	return &watched
}

// Check judges the posts of agreements again and reports where what is stored
// is another verdict. It writes nothing.
func Check(ctx context.Context, tx *store.Tx, t *earning.Terms, agreements []int64, differs func(invariant, subject string, want, got any)) error {
	all, _, err := verdicts(ctx, tx, t, agreements)
	for i := range all {
		if v := &all[i]; v.post.AnomalyDecision == "" && v.post.Anomaly != v.anomaly {
			differs("post_verdict_is_recomputable", fmt.Sprintf("post %d", v.post.ID), v.anomaly, v.post.Anomaly)
		}
	}
	return err
}
