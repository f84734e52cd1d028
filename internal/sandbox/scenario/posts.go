package scenario

import (
	"fmt"
	"net/http"
	"time"
)

// postPlan is one post as it goes: what it had in the end, and what befell it.
type postPlan struct {
	caption string
	day     int
	// Numbers it reaches within ten days.
	likes, comments, shares int64
	views                   int64
	// fate is "" for one that is approved, or: refused (its disclosure is not
	// adequate), bought (its likes come in ten minutes), shrinks (likes are
	// withdrawn, then it is deleted), unseen (nobody decides).
	fate string
	// earns is what it earns by plain arithmetic, in minor units.
	earns int64
}

const adequate = "#ad My favourites of this autumn, all from one small shop."

// paid are the posts of those who are paid by engagement: the vectors of R-48
// and the article's five hundred dollars.
var paid = map[string][]postPlan{
	"ella": {
		{caption: adequate, day: 8, likes: 4200, comments: 800, views: 96_000, earns: 4200*5 + 800*10},
		{caption: adequate, day: 20, likes: 499, comments: 300, views: 14_000}, // the gate stays closed
		{caption: "affiliate link in my bio", day: 28, likes: 2000, comments: 210, views: 41_000, fate: "refused"},
		{caption: adequate, day: 33, likes: 60_000, comments: 90, views: 61_000, fate: "bought"},
		{caption: adequate, day: 45, likes: 3000, comments: 500, views: 58_000, fate: "shrinks", earns: 2600*5 + 500*10},
		{caption: adequate, day: 60, likes: 500, comments: 300, views: 12_000, fate: "unseen", earns: 500*5 + 300*10},
	},
	"emil": {
		{caption: adequate, day: 12, likes: 3000, comments: 1500, shares: 500, views: 100_000, earns: 3000*5 + 1500*10 + 500*40},
		// 12,000 events: 10,000 at the price, 2,000 at half of it.
		{caption: adequate, day: 40, likes: 11_000, comments: 1000, views: 240_000, earns: (11_000*5 + 1000*10) * 11 / 12},
	},
}

// posts are what influencers publish. Everybody shows something now and then:
// that is where impressions come from; a few are paid by it.
func (s *Scenario) posts() {
	n := 0
	for i := range s.Deals {
		p := s.parties[s.Deals[i].Handle]
		if p == nil {
			continue
		}
		plans := paid[p.Handle]
		if plans == nil {
			plans = []postPlan{{caption: adequate, day: 3 + s.rng.IntN(50), likes: 300 + s.rng.Int64N(600), comments: 20 + s.rng.Int64N(60), views: 5000 + s.rng.Int64N(12_000)}}
		}
		for _, plan := range plans {
			n++
			s.publish(p, plan, fmt.Sprintf("https://www.tiktok.com/@%s/video/71065943%011d", p.Handle, n))
		}
	}
}

func (s *Scenario) publish(p *party, plan postPlan, address string) {
	var made struct {
		ID         string
		Disclosure struct{ Adequate bool }
	}
	published := s.at(plan.day, 16)
	s.plan(published.Add(time.Hour), func() error {
		err := s.API.post(s.ctx, "/posts", obj{"agreement_id": p.Agreement, "platform": "tiktok", "url": address, "published_at": published, "caption": plan.caption}, &made)
		if err == nil && made.Disclosure.Adequate != (plan.fate != "refused") {
			err = fmt.Errorf("the disclosure of %q is adequate: %t", plan.caption, made.Disclosure.Adequate)
		}
		return err
	})
	s.plan(published.Add(3*time.Hour), func() error {
		switch plan.fate {
		case "refused":
			return s.API.post(s.ctx, "/posts/"+made.ID+"/reject", obj{"reason": "Nothing that people see says that it is advertising."}, nil)
		case "unseen":
			return nil
		}
		return s.API.post(s.ctx, "/posts/"+made.ID+"/approve", obj{}, nil)
	})
	snapshot := func(at time.Time, part int64, more obj) error {
		body := obj{"at": at, "likes": plan.likes * part / 10, "comments": plan.comments * part / 10, "shares": plan.shares * part / 10, "views": plan.views * part / 10,
			"followers": 50_000}
		for k, v := range more {
			body[k] = v
		}
		return s.API.post(s.ctx, "/posts/"+made.ID+"/snapshots", body, nil)
	}
	if plan.fate == "bought" {
		s.plan(published.Add(4*time.Hour), func() error { return snapshot(s.Store.Now().Add(-3*time.Hour-30*time.Minute), 10, nil) })
		s.plan(published.Add(2*day), func() error {
			return s.API.post(s.ctx, "/posts/"+made.ID+"/decide", obj{"decision": "reject", "reason": "Sixty thousand likes in ten minutes are no fans."}, nil)
		})
		return
	}
	for _, step := range []struct{ day, part int64 }{{1, 3}, {3, 6}, {6, 9}, {10, 10}} {
		s.plan(published.Add(time.Duration(step.day)*day+4*time.Hour), func() error {
			at := s.Store.Now()
			if err := snapshot(at, step.part, nil); err != nil {
				return err
			}
			if step.part == 9 { // the same again, and one that comes late
				if err := snapshot(at, step.part, nil); err != nil {
					return err
				}
				return snapshot(at.Add(-50*time.Hour), 6, nil)
			}
			return nil
		})
	}
	s.plan(published.Add(11*day), func() error { return s.importViews(made.ID, plan.views) })
	if plan.fate == "shrinks" {
		s.plan(published.Add(11*day+2*time.Hour), func() error { return snapshot(s.Store.Now(), 10, obj{"likes": 2600}) })
		s.plan(published.Add(12*day), func() error { return s.API.post(s.ctx, "/posts/"+made.ID+"/snapshots", obj{"status": "deleted"}, nil) })
	}
	s.plan(published.Add(20*day), func() error { // its days are over: no more of it counts
		if plan.earns > 0 {
			s.truth.posts[p.Handle] += plan.earns
		}
		return snapshot(s.Store.Now(), 20, nil)
	})
}

// importViews reports views again in a file.
func (s *Scenario) importViews(id string, views int64) error {
	file := fmt.Appendf(nil, "post,at,views\n%s,%s,%d\n", id, s.Store.Now().Format(time.RFC3339), views)
	var out struct{ Added int }
	err := s.API.call(s.ctx, http.MethodPost, "/posts/import", "text/csv", file, &out)
	if err == nil && out.Added != 1 {
		err = fmt.Errorf("of a file with one snapshot %d were taken", out.Added)
	}
	return err
}
