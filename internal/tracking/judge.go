package tracking

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"

	"tributary/internal/domain/attribution"
	"tributary/internal/domain/click"
	"tributary/internal/domain/kpi"
	"tributary/internal/domain/period"
	"tributary/internal/earning"
	"tributary/internal/store"
)

// judgeAtOnce is how many new clicks one transaction judges.
const judgeAtOnce = 2000

// judge gives new clicks their verdict, changes that of others which that
// changes, keeps the counters, and marks the agreements whose count changed due.
// It returns how many were new. The caller holds the shop's lock.
func (t *Tracker) judge(ctx context.Context, tx *store.Tx) (int, error) {
	fresh, err := tx.NewClicks(ctx, judgeAtOnce)
	if err != nil || len(fresh) == 0 {
		return 0, err
	}
	ids := make([][16]byte, len(fresh))
	for i := range fresh {
		ids[i] = fresh[i].ID
	}
	if err := tx.ClicksCame(ctx, ids); err != nil {
		return 0, err
	}
	j, err := t.newJudgement(ctx, tx, fresh)
	if err != nil {
		return 0, err
	}
	changed, counts, cells := j.decide()
	if err := tx.WriteVerdicts(ctx, changed); err != nil {
		return 0, err
	}
	if err := tx.AddClickDays(ctx, counts); err != nil {
		return 0, err
	}
	if !t.Uncounted {
		if err := tx.AddKPI(ctx, j.zone, cells); err != nil {
			return 0, err
		}
	}
	due := map[int64]bool{}
	for _, d := range counts {
		if d.Valid != 0 && d.LinkID != 0 {
			due[d.AgreementID] = true
		}
	}
	return len(fresh), tx.MarkDue(ctx, tx.Now, slices.Sorted(maps.Keys(due))...)
}

// judgement is the clicks of a set of visitors, and what is known of the
// agreements they are of.
type judgement struct {
	zone     *time.Location
	currency string                    // the shop's
	visitors map[string][]*store.Click // "" has those that cannot count
	versions map[int64][]attribution.Agreement
	active   map[int64][]attribution.Span // by influencer
}

// newJudgement loads what the verdict on the new clicks depends on. One who
// comes back later than ever needs only what counted; one with a click that
// came late, or was taken out, is judged from the beginning.
func (t *Tracker) newJudgement(ctx context.Context, tx *store.Tx, fresh []store.Click) (*judgement, error) {
	first := map[string]time.Time{}
	again := map[string]bool{}
	for i := range fresh {
		c := &fresh[i]
		if c.Visitor == "" {
			continue
		}
		if at, some := first[c.Visitor]; !some || c.At.Before(at) {
			first[c.Visitor] = c.At
		}
		again[c.Visitor] = again[c.Visitor] || !c.Day.IsZero()
	}
	latest, err := tx.LatestJudged(ctx, slices.Sorted(maps.Keys(first)))
	if err != nil {
		return nil, err
	}
	var short, whole []string
	for _, v := range slices.Sorted(maps.Keys(first)) {
		switch last, some := latest[v]; {
		case again[v] || some && !first[v].After(last):
			whole = append(whole, v)
		case some:
			short = append(short, v)
		}
	}
	counting, err := tx.ClicksOfVisitors(ctx, short, true)
	if err != nil {
		return nil, err
	}
	all, err := tx.ClicksOfVisitors(ctx, whole, false)
	if err != nil {
		return nil, err
	}
	have := map[[16]byte]bool{}
	list := append(counting, all...)
	for i := range list {
		have[list[i].ID] = true
	}
	for i := range fresh {
		if !have[fresh[i].ID] {
			list = append(list, fresh[i])
		}
	}
	return t.judgementOf(ctx, tx, list)
}

func (t *Tracker) judgementOf(ctx context.Context, tx *store.Tx, list []store.Click) (*judgement, error) {
	shop, err := tx.ShopForSettling(ctx)
	if err != nil {
		return nil, err
	}
	j := &judgement{zone: shop.Zone, currency: shop.Currency, visitors: map[string][]*store.Click{}, versions: map[int64][]attribution.Agreement{}, active: map[int64][]attribution.Span{}}
	agreements := map[int64]bool{}
	for i := range list {
		c := &list[i]
		j.visitors[c.Visitor] = append(j.visitors[c.Visitor], c)
		agreements[c.AgreementID] = true
	}
	versions, err := t.terms.Versions(ctx, tx, slices.Sorted(maps.Keys(agreements)))
	if err != nil {
		return nil, err
	}
	people := map[int64]bool{}
	for _, v := range versions {
		j.versions[v.ID] = append(j.versions[v.ID], v)
		people[v.InfluencerID] = true
	}
	known, err := tx.InfluencersForAttribution(ctx, slices.Sorted(maps.Keys(people)))
	if err != nil {
		return nil, err
	}
	for _, p := range known {
		for i := range p.ActiveFrom {
			j.active[p.ID] = append(j.active[p.ID], attribution.Span{From: p.ActiveFrom[i], To: p.ActiveTo[i]})
		}
	}
	return j, nil
}

// decide judges each visitor's clicks and returns those whose verdict is new or
// another one, and what that adds to the counters and to the KPIs.
func (j *judgement) decide() (changed []*store.Click, counts []store.ClickDay, cells kpi.Cells) {
	cells = kpi.Cells{}
	sum := map[store.ClickDay]*store.ClickDay{}
	for _, visitor := range slices.Sorted(maps.Keys(j.visitors)) {
		mine := j.visitors[visitor]
		for i, verdict := range j.verdicts(mine) {
			c := mine[i]
			counted, counts := !c.Day.IsZero() && c.Invalid == "", verdict == ""
			was := c.Day
			if c.Judged && c.Invalid == verdict {
				continue
			}
			c.Invalid = verdict
			if was.IsZero() {
				c.Day = j.day(c)
			}
			changed = append(changed, c)
			key := store.ClickDay{AgreementID: c.AgreementID, VersionID: c.VersionID, LinkID: c.LinkID, PageID: c.PageID, Day: c.Day}
			if sum[key] == nil {
				d := key
				sum[key] = &d
			}
			if was.IsZero() {
				sum[key].Raw++
			}
			if counts != counted {
				one := int64(1)
				if !counts {
					one = -1
				}
				sum[key].Valid += one
				if v := j.version(c); v != nil {
					earning.CountClick(cells, j.zone, v.CampaignID, v.InfluencerID, c.LinkID, c.PageID, j.currency, c.At, one)
				}
			}
		}
	}
	for _, d := range sum {
		if d.Raw != 0 || d.Valid != 0 {
			counts = append(counts, *d)
		}
	}
	slices.SortFunc(counts, func(a, b store.ClickDay) int { return a.Day.Compare(b.Day) })
	return changed, counts, cells
}

// verdicts are those on a visitor's clicks.
func (j *judgement) verdicts(mine []*store.Click) []string {
	list := make([]click.Click, len(mine))
	for i, c := range mine {
		k := click.Click{ID: c.ID, At: c.At, Link: c.LinkID, Page: c.PageID, Out: c.Refused}
		v := j.version(c)
		active := v != nil && (c.Day.IsZero() && j.isActive(v.InfluencerID, c.At) || !c.Day.IsZero() && c.Invalid != click.Inactive)
		switch {
		case k.Out != "":
		case c.Withdrawn != "":
			k.Out = click.Withdrawn
		case v == nil:
			k.Out = click.NoAgreement
		case !active:
			k.Out = click.Inactive
		case c.Visitor == "":
			k.Out = refusedConsent
		}
		if v != nil {
			c.VersionID, k.Campaign, k.Rules = v.VersionID, v.CampaignID, click.RulesOf(v.Terms)
		}
		list[i] = k
	}
	return click.Judge(list)
}

// version is the one a click falls under. It is found once: what is signed
// later begins later.
func (j *judgement) version(c *store.Click) *attribution.Agreement {
	vs := j.versions[c.AgreementID]
	for i := range vs {
		v := &vs[i]
		if !c.Day.IsZero() {
			if v.VersionID == c.VersionID {
				return v
			}
		} else if !c.At.Before(v.Effective.From) && (v.Effective.To.IsZero() || c.At.Before(v.Effective.To)) {
			return v
		}
	}
	return nil
}

func (j *judgement) isActive(influencerID int64, at time.Time) bool {
	return slices.ContainsFunc(j.active[influencerID], func(s attribution.Span) bool {
		return !at.Before(s.From) && (s.To.IsZero() || at.Before(s.To))
	})
}

// day is the start of the day of the shop a click is counted on, or that of its
// version when that began later: what a version pays for a day is its own.
func (j *judgement) day(c *store.Click) time.Time {
	from, _ := period.Day(c.At, j.zone)
	for _, v := range j.versions[c.AgreementID] {
		if v.VersionID == c.VersionID && v.Effective.From.After(from) {
			from = v.Effective.From
		}
	}
	return from
}

// verifyAtOnce is how many visitors are judged again under the shop's lock.
const verifyAtOnce = 500

// verifyClicks judges every visitor's clicks again, from the beginning, and
// compares with the verdicts that are stored.
func (t *Tracker) verifyClicks(ctx context.Context, shopID int64) (out []store.Difference, err error) {
	after := ""
	for {
		var visitors []string
		err := t.DB.InTx(ctx, shopID, func(tx *store.Tx) (err error) {
			if err = tx.LockShop(ctx); err != nil {
				return err
			}
			if visitors, err = tx.VisitorsAfter(ctx, after, verifyAtOnce); err != nil || len(visitors) == 0 {
				return err
			}
			after = visitors[len(visitors)-1]
			list, err := tx.ClicksOfVisitors(ctx, visitors, false)
			if err != nil {
				return err
			}
			j, err := t.judgementOf(ctx, tx, list)
			if err != nil {
				return err
			}
			for _, mine := range j.visitors {
				for i, verdict := range j.verdicts(mine) {
					if c := mine[i]; c.Invalid != verdict {
						out = append(out, store.Difference{Invariant: "verdict_is_recomputable", Subject: "click " + uuid.UUID(c.ID).String(), Want: verdict, Got: c.Invalid})
					}
				}
			}
			return nil
		})
		if err != nil || len(visitors) == 0 {
			return out, err
		}
	}
}
