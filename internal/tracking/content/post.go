// Package content is the use case of posts that are paid by their engagement:
// they are submitted or found, approved or rejected, seen again and again, and
// held when their numbers look wrong (R-48 … ).
package content

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"tributary/internal/domain/attribution"
	"tributary/internal/domain/content"
	"tributary/internal/domain/disclosure"
	"tributary/internal/domain/period"
	"tributary/internal/domain/terms"
	"tributary/internal/earning"
	"tributary/internal/errs"
	"tributary/internal/store"
)

// Fields is what people may say about a post. In a change, nil leaves a field as
// it is.
type Fields struct {
	ExternalID      *string // the platform's own id; Instagram's media id
	Caption         *string
	Hashtags        *[]string
	PaidPartnership *bool // the platform shows its paid-partnership label
}

// NewPost is a post to submit.
type NewPost struct {
	AgreementID int64
	Platform    string
	URL         string
	PublishedAt time.Time
	Fields
}

const (
	maxCaption  = 10_000
	maxHashtags = 100
)

// Submit adds a post to what an agreement may pay for. It waits to be approved
// until the deadline of the terms, which then decides.
func Submit(ctx context.Context, tx *store.Tx, n NewPost) (*store.Post, error) {
	var w errs.Wrong
	p := store.Post{AgreementID: n.AgreementID, Platform: n.Platform, PublishedAt: n.PublishedAt.UTC().Truncate(time.Microsecond), Origin: "api", Hashtags: []string{}}
	if slices.Contains(Platforms, p.Platform) {
		var wrong string
		p.URL, p.ExternalID, wrong = NormalURL(p.Platform, n.URL)
		w.When(wrong != "", "url", wrong)
	} else {
		w.When(true, "platform", "must be one of: "+strings.Join(Platforms, ", "))
	}
	n.apply(&p, &w)
	if _, err := tx.Agreement(ctx, n.AgreementID); err != nil {
		return nil, missing(err, "agreement")
	}
	v, zone, err := inForce(ctx, tx, n.AgreementID, p.PublishedAt)
	if err != nil {
		return nil, err
	}
	w.When(n.PublishedAt.IsZero(), "published_at", "is missing")
	w.When(p.PublishedAt.After(tx.Now), "published_at", "must not be in the future")
	w.When(v == nil && !n.PublishedAt.IsZero(), "published_at", "is not in the time in which terms signed by both are in force: the post would earn nothing")
	if err := w.Err("invalid_post", "The post cannot be like this."); err != nil {
		return nil, err
	}
	return &p, add(ctx, tx, &p, v, zone)
}

// add submits a checked post under the version in force at its publication.
func add(ctx context.Context, tx *store.Tx, p *store.Post, v *attribution.Agreement, zone *time.Location) error {
	rule := ruleOf(v.Terms)
	p.State, p.DecideBy = store.PostSubmitted, period.Release(tx.Now, rule.VettingDays, zone)
	p.OnDeadline = "approve"
	if rule.OnDeadline == terms.Reject || p.Origin != "api" { // nobody has vouched for what was found
		p.OnDeadline = "reject"
	}
	disclose(p, v.Terms, tx.Now)
	p.NextAt = firstLook(p, tx.Now)
	ok, err := tx.AddPost(ctx, p)
	if err != nil {
		return err
	}
	if !ok {
		return errs.New(errs.Conflict, "post_exists", "This post has been submitted already.", errs.Field{Path: "url", Msg: "is that of a post which is there"})
	}
	return tx.MarkDue(ctx, p.DecideBy, p.AgreementID)
}

// firstLook is when a connector may read the post first: at once, if it can be
// found by the platform's API.
func firstLook(p *store.Post, now time.Time) *time.Time {
	if p.ExternalID == "" || p.Platform != YouTube && p.Platform != Instagram {
		return nil
	}
	return &now
}

func (f *Fields) apply(p *store.Post, w *errs.Wrong) {
	if f.ExternalID != nil {
		id := w.Text("external_id", *f.ExternalID, 0, 100)
		switch p.Platform {
		case Instagram:
			w.When(id != "" && !number.MatchString(id), "external_id", "must be the media id, a number of some 17 digits")
		case YouTube, TikTok, X:
			w.When(id != "" && id != p.ExternalID, "external_id", "is not the one in the address")
			id = p.ExternalID
		}
		p.ExternalID = id
	}
	if f.Caption != nil {
		p.Caption = w.Text("caption", *f.Caption, 0, maxCaption)
	}
	if f.Hashtags != nil {
		w.When(len(*f.Hashtags) > maxHashtags, "hashtags", fmt.Sprintf("must be %d at most", maxHashtags))
		p.Hashtags = []string{}
		for i, h := range *f.Hashtags {
			at := fmt.Sprintf("hashtags[%d]", i)
			tag := strings.TrimPrefix(w.Text(at, h, 1, 100), "#")
			w.When(strings.ContainsAny(tag, " \t\n#,"), at, "must be one word")
			if !slices.Contains(p.Hashtags, tag) {
				p.Hashtags = append(p.Hashtags, tag)
			}
		}
	}
	if f.PaidPartnership != nil {
		p.PaidPartnership = *f.PaidPartnership
	}
}

// Change corrects what is known of a post and checks its disclosure again.
func Change(ctx context.Context, tx *store.Tx, id int64, f Fields) (*store.Post, error) {
	p, err := tx.LockPost(ctx, id)
	if err != nil {
		return nil, missing(err, "post")
	}
	var w errs.Wrong
	f.apply(p, &w)
	if err := w.Err("invalid_post", "The post cannot be like this."); err != nil {
		return nil, err
	}
	v, _, err := inForce(ctx, tx, p.AgreementID, p.PublishedAt)
	if err != nil {
		return nil, err
	}
	if v != nil {
		disclose(p, v.Terms, tx.Now)
	}
	if p.NextAt == nil && f.ExternalID != nil {
		p.NextAt = firstLook(p, tx.Now)
	}
	return p, tx.SetPost(ctx, p)
}

// Approve lets a post earn.
func Approve(ctx context.Context, tx *store.Tx, id int64, by string) (*store.Post, error) {
	return decide(ctx, tx, id, store.PostApproved, "", by)
}

// Reject says that a post earns nothing, and why.
func Reject(ctx context.Context, tx *store.Tx, id int64, reason, by string) (*store.Post, error) {
	var w errs.Wrong
	reason = w.Text("reason", reason, 1, 500)
	if err := w.Err("invalid_decision", "A post is rejected with a reason."); err != nil {
		return nil, err
	}
	return decide(ctx, tx, id, store.PostRejected, reason, by)
}

func decide(ctx context.Context, tx *store.Tx, id int64, state, reason, by string) (*store.Post, error) {
	p, err := tx.LockPost(ctx, id)
	if err != nil {
		return nil, missing(err, "post")
	}
	if p.State == state {
		return p, nil
	}
	if err := open(ctx, tx, p); err != nil {
		return nil, err
	}
	now := tx.Now
	p.State, p.Reason, p.DecidedAt, p.DecidedBy = state, reason, &now, clip(by, 200)
	if err := tx.SetPost(ctx, p); err != nil {
		return nil, err
	}
	return p, tx.MarkPostsDue(ctx, tx.Now, p.AgreementID)
}

// DecideHold decides about a post whose numbers look wrong: what they are worth
// is released, or refused for the given reason.
func DecideHold(ctx context.Context, tx *store.Tx, id int64, decision, reason, by string) (*store.Post, error) {
	var w errs.Wrong
	w.When(decision != "release" && decision != "reject", "decision", "must be release or reject")
	reason = w.Text("reason", reason, 1, 500)
	if err := w.Err("invalid_decision", "A hold is decided with a reason."); err != nil {
		return nil, err
	}
	p, err := tx.LockPost(ctx, id)
	if err != nil {
		return nil, missing(err, "post")
	}
	if !p.Held() {
		return nil, errs.New(errs.Conflict, "post_not_held", "Nothing about this post waits for a decision.")
	}
	if err := open(ctx, tx, p); err != nil {
		return nil, err
	}
	now := tx.Now
	p.AnomalyDecision, p.AnomalyReason, p.AnomalyDecidedAt, p.AnomalyDecidedBy = store.PostReleased, reason, &now, clip(by, 200)
	if decision == "reject" {
		p.AnomalyDecision = store.PostRefused
	}
	if err := tx.SetPost(ctx, p); err != nil {
		return nil, err
	}
	return p, tx.MarkDue(ctx, tx.Now, p.AgreementID)
}

// open refuses a decision that would change nothing: once the hold of what a post
// earns is over, it stays.
func open(ctx context.Context, tx *store.Tx, p *store.Post) error {
	es, err := tx.EarningsOfKind(ctx, p.AgreementID, store.EarningPost)
	if slices.ContainsFunc(es, func(e store.EarningRow) bool { return e.Source == p.ID && !e.LockedAt.IsZero() }) {
		return errs.New(errs.Conflict, "post_final", "What this post earns is final: its hold is over.")
	}
	return err
}

// disclose checks the post's disclosure against the terms.
func disclose(p *store.Post, t *terms.Terms, now time.Time) {
	r := disclosure.Check(disclosure.Post{Platform: p.Platform, Caption: p.Caption, Hashtags: p.Hashtags, Label: p.PaidPartnership, Required: t.Disclosure.Tags})
	p.Disclosure, p.DisclosureDetail, p.DisclosureAt = string(r.Code), r.Detail, &now
}

// inForce is the version of an agreement that was in force at an instant; nil:
// none was.
func inForce(ctx context.Context, tx *store.Tx, agreementID int64, at time.Time) (*attribution.Agreement, *time.Location, error) {
	shop, err := tx.ShopForSettling(ctx)
	if err != nil {
		return nil, nil, err
	}
	vs, err := new(earning.Terms).Versions(ctx, tx, []int64{agreementID})
	if err != nil {
		return nil, nil, err
	}
	return versionAt(vs, agreementID, at), shop.Zone, nil
}

func versionAt(vs []attribution.Agreement, agreementID int64, at time.Time) *attribution.Agreement {
	for i := range vs {
		if v := &vs[i]; v.ID == agreementID && !at.Before(v.Effective.From) && (v.Effective.To.IsZero() || at.Before(v.Effective.To)) {
			return v
		}
	}
	return nil
}

// watched stands in for terms that do not pay for engagement: their posts are
// looked at all the same, for their disclosure.
var watched = terms.Component{FinalDays: 30, VettingDays: 7, OnDeadline: terms.Qualify}

// ruleOf is the component that a post of the terms is looked at under: the one
// that looks longest.
func ruleOf(t *terms.Terms) *terms.Component {
	rule := &watched
	for i := range t.Components {
		if c := &t.Components[i]; c.Type == terms.Engagement && (rule == &watched || c.FinalDays > rule.FinalDays) {
			rule = c
		}
	}
	return rule
}

// nextLook is when a connector reads the post again; nil: no more.
func nextLook(p *store.Post, v *attribution.Agreement, zone *time.Location, now time.Time) *time.Time {
	rule := &watched
	if v != nil {
		rule = ruleOf(v.Terms)
	}
	next := content.NextLook(p.PublishedAt, earning.FinalLook(rule, p.PublishedAt, zone), now)
	if next.IsZero() {
		return nil
	}
	return &next
}

func missing(err error, what string) error {
	if store.IsNotFound(err) {
		return errs.New(errs.NotFound, what+"_not_found", "There is no such "+what+" in this shop.")
	}
	return err
}

// clip is at most n characters of s, as PostgreSQL can keep them.
func clip(s string, n int) string {
	s = strings.ReplaceAll(strings.ToValidUTF8(s, ""), "\x00", "")
	if utf8.RuneCountInString(s) > n {
		return string([]rune(s)[:n])
	}
	return s
}
