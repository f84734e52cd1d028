package tracking_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	rules "tributary/internal/domain/content"
	"tributary/internal/errs"
	"tributary/internal/store"
	"tributary/internal/tracking/content"
)

// priced is the price list of R-48.
const priced = `{"id":"eng","type":"engagement","prices":[{"event":"like","unit_price":"0.05"},{"event":"comment","unit_price":"0.10"},{"event":"share","unit_price":"0.40"}],
	"gates":[{"event":"like","at_least":500}]}`

var published = start.Add(time.Hour)

// video submits a video of the agreement, published an hour after the start.
func (s *shop) video(agreementID int64, id string) int64 {
	s.t.Helper()
	return s.videoAt(agreementID, id, published)
}

func (s *shop) videoAt(agreementID int64, id string, at time.Time) (post int64) {
	s.t.Helper()
	if s.clock.now().Before(at) {
		s.clock.set(at)
	}
	caption := "#ad serum"
	s.in(func(tx *store.Tx) error {
		p, err := content.Submit(context.Background(), tx, content.NewPost{AgreementID: agreementID, Platform: content.YouTube, URL: "https://youtu.be/" + id, PublishedAt: at,
			Fields: content.Fields{Caption: &caption}})
		if err == nil {
			post = p.ID
		}
		return err
	})
	return post
}

func (s *shop) approve(post int64) {
	s.t.Helper()
	s.in(func(tx *store.Tx) error {
		_, err := content.Approve(context.Background(), tx, post, "ben")
		return err
	})
}

// seen records numbers of a post after so much time.
func (s *shop) seen(post int64, after time.Duration, likes, comments, shares int64) {
	s.t.Helper()
	s.record(post, rules.Snapshot{At: published.Add(after), Source: "api", Verified: true, Likes: &likes, Comments: &comments, Shares: &shares})
}

func (s *shop) record(post int64, snap rules.Snapshot) {
	s.t.Helper()
	if s.clock.now().Before(snap.At) {
		s.clock.set(snap.At)
	}
	s.in(func(tx *store.Tx) error {
		_, _, err := content.Record(context.Background(), tx, content.NewSnapshot{PostID: post, Snapshot: snap})
		return err
	})
}

func (s *shop) post(id int64) (p *store.Post) {
	s.t.Helper()
	s.in(func(tx *store.Tx) (err error) {
		p, err = tx.Post(context.Background(), id)
		return err
	})
	return p
}

// one is the one earning of an agreement by posts.
func (s *shop) one(agreementID int64) store.EarningRow {
	s.t.Helper()
	es := s.earnings(agreementID, store.EarningPost)
	if len(es) != 1 {
		s.t.Fatalf("agreement %d has %d earnings by posts", agreementID, len(es))
	}
	return es[0]
}

func TestR48AndR49APostEarnsWhatItsLastSnapshotIsWorth(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	a := s.agreement("anna", priced)
	p := s.video(a, "aaaaaaaaaaa")
	s.seen(p, day, 499, 300, 0)
	s.settle()
	if e := s.one(a); e.Posted != 0 || e.State != store.EarningHeld || e.Reason != "post_awaits_approval" {
		t.Fatalf("%+v", e)
	}
	s.approve(p)
	s.settle()
	if e := s.one(a); e.Posted != 0 || e.State != store.EarningPending {
		t.Fatalf("below the gate: %+v", e)
	}
	for _, c := range []struct{ likes, comments, shares, want int64 }{
		{500, 300, 0, 5500}, {4200, 800, 0, 29000}, {3000, 1500, 500, 50000}, {400, 10, 0, 0}, {4000, 800, 0, 28000},
	} { // up and down again: the difference is posted, negative ones too
		s.clock.set(s.clock.now().Add(day))
		s.seen(p, s.clock.now().Sub(published), c.likes, c.comments, c.shares)
		s.settle()
		if e := s.one(a); e.Posted != c.want || !e.ReleaseAt.Equal(published.AddDate(0, 0, 30)) {
			t.Fatalf("%d likes, %d comments, %d shares: %d until %s, want %d", c.likes, c.comments, c.shares, e.Posted, e.ReleaseAt, c.want)
		}
	}
	s.proven()
	s.clock.set(published.AddDate(0, 0, 30))
	s.settle()
	if e := s.one(a); e.State != store.EarningLocked || e.Posted != 28000 {
		t.Fatalf("%+v", e)
	}
	if err := s.db.InTx(context.Background(), s.id, func(tx *store.Tx) error {
		_, err := content.Reject(context.Background(), tx, p, "Too late", "ben")
		return err
	}); errs.As(err) == nil || errs.As(err).Code != "post_final" {
		t.Errorf("rejected after its hold: %v", err)
	}
	s.seen(p, 29*day, 5000, 5000, 0) // late: the hold is over
	s.seen(p, 31*day, 9000, 9000, 0) // after the final days
	s.settle()
	if e := s.one(a); e.Posted != 28000 {
		t.Fatalf("%+v", e)
	}
	s.proven()
}

func TestTheArticlesFiveThousandInteractionsAreFiveHundredDollars(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	blended := s.agreement("anna", `{"id":"e","type":"engagement","prices":[{"event":"like","unit_price":"0.10"},{"event":"comment","unit_price":"0.10"}]}`)
	listed := s.agreement("ben", priced)
	for agreement, numbers := range map[int64][3]int64{blended: {4200, 800, 0}, listed: {3000, 1500, 500}} {
		p := s.video(agreement, fmt.Sprintf("video-%05d", agreement))
		s.approve(p)
		s.seen(p, day, numbers[0], numbers[1], numbers[2])
	}
	s.settle()
	for _, a := range []int64{blended, listed} {
		if e := s.one(a); e.Posted != 50000 || e.State != store.EarningPending {
			t.Errorf("%+v", e)
		}
	}
	s.proven()
}

func TestSnapshotsMayComeInAnyOrderAndTwice(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	rnd := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // a shuffle that repeats
	var set []rules.Snapshot
	for i := range 12 {
		likes, comments := 500+rnd.Int64N(4000), rnd.Int64N(400)
		snap := rules.Snapshot{At: published.Add(time.Duration(rnd.IntN(20)) * day), Source: []string{"api", "manual"}[i%2], Verified: i%5 > 0, Likes: &likes, Comments: &comments}
		if i == 3 {
			snap.Likes, snap.Comments, snap.Status = nil, nil, rules.Deleted
		}
		set = append(set, snap)
	}
	s.clock.set(published.Add(20 * day))
	var first store.EarningRow
	for i, handle := range []string{"anna", "ben", "cara", "dora"} {
		s.clock.set(start)
		a := s.agreement(handle, priced)
		p := s.video(a, fmt.Sprintf("video-%05d", i))
		s.approve(p)
		s.clock.set(published.Add(20 * day))
		rnd.Shuffle(len(set), func(i, j int) { set[i], set[j] = set[j], set[i] })
		for k, snap := range append(set, set[:5]...) {
			s.record(p, snap)
			if k%3 == i%3 {
				s.settle()
			}
		}
		s.settle()
		e := s.one(a)
		if i == 0 {
			first = e
		}
		if e.Posted != first.Posted || e.State != first.State || e.Reason != first.Reason || string(e.Detail) != string(first.Detail) {
			t.Errorf("%s: %d %s %s %s, and %d %s %s %s", handle, e.Posted, e.State, e.Reason, e.Detail, first.Posted, first.State, first.Reason, first.Detail)
		}
	}
	if first.Posted == 0 {
		t.Error("the test pays nothing")
	}
	s.proven()
}

func TestAPostThatIsGoneKeepsItsLastNumbersAndIsFlagged(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	a := s.agreement("anna", priced)
	p := s.video(a, "aaaaaaaaaaa")
	s.approve(p)
	s.seen(p, day, 1000, 10, 0)
	s.record(p, rules.Snapshot{At: published.Add(2 * day), Source: "manual", Status: rules.Private, Verified: true})
	s.settle()
	if e := s.one(a); e.Posted != 5100 || e.Reason != "post_private" || e.State != store.EarningPending {
		t.Fatalf("%+v", e)
	}
	s.proven()
}

func TestWhatNobodyDecidesIsDecidedByTheTerms(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	lenient := s.agreement("anna", priced)
	strict := s.agreement("ben", `{"id":"e","type":"engagement","prices":[{"event":"like","unit_price":"0.05"}],"vetting_days":3,"on_deadline":"reject"}`)
	pa, pb := s.video(lenient, "aaaaaaaaaaa"), s.video(strict, "bbbbbbbbbbb")
	s.seen(pa, time.Hour, 1000, 10, 0)
	s.seen(pb, time.Hour, 1000, 10, 0)
	s.clock.set(published.AddDate(0, 0, 3).Add(-time.Second))
	s.settle()
	if s.post(pb).State != store.PostSubmitted {
		t.Error("decided before the deadline")
	}
	s.clock.set(published.AddDate(0, 0, 8))
	s.settle()
	if p := s.post(pa); p.State != store.PostApproved || p.DecidedBy != "deadline" || s.one(lenient).Posted != 5100 || s.one(lenient).State != store.EarningPending {
		t.Errorf("%+v", p)
	}
	if p, e := s.post(pb), s.one(strict); p.State != store.PostRejected || p.Reason == "" || e.Posted != 0 || e.State != store.EarningDenied {
		t.Errorf("%+v %+v", p, e)
	}
	s.proven()
}

func TestR50NumbersThatLookWrongWaitForAPerson(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := newShop(t)
	decide := func(post int64, decision string) error {
		return s.db.InTx(ctx, s.id, func(tx *store.Tx) error {
			_, err := content.DecideHold(ctx, tx, post, decision, "We asked them.", "ben")
			return err
		})
	}
	var agreements, posts []int64
	for i, handle := range []string{"anna", "ben", "cara", "dora"} {
		a := s.agreement(handle, priced)
		p := s.video(a, fmt.Sprintf("video-%05d", i))
		s.approve(p)
		agreements, posts = append(agreements, a), append(posts, p)
	}
	for _, p := range posts {
		s.seen(p, time.Hour, 100_000, 3000, 0) // 1,666 a minute
	}
	s.settle()
	for i, a := range agreements {
		if e, p := s.one(a), s.post(posts[i]); e.Posted != 530_000 || e.State != store.EarningHeld || e.Reason != rules.FastLikes || p.AnomalyBy == nil {
			t.Fatalf("%+v %+v", e, p)
		}
	}
	if err := decide(posts[0], "release"); err != nil {
		t.Fatal(err)
	}
	if err := decide(posts[1], "reject"); err != nil {
		t.Fatal(err)
	}
	if err := decide(posts[1], "release"); errs.As(err) == nil || errs.As(err).Code != "post_not_held" {
		t.Errorf("decided twice: %v", err)
	}
	// An earlier snapshot turns up: it grew for an hour, and then it did not.
	s.seen(posts[2], 59*time.Minute, 59_000, 2000, 0)
	s.seen(posts[2], 10*time.Minute, 5_000, 0, 0)
	s.settle()
	if e := s.one(agreements[0]); e.State != store.EarningPending || e.Posted != 530_000 {
		t.Errorf("released: %+v", e)
	}
	if e := s.one(agreements[1]); e.State != store.EarningDenied || e.Posted != 0 || e.Reason != rules.FastLikes {
		t.Errorf("rejected: %+v", e)
	}
	s.proven()
	s.clock.set(published.AddDate(0, 0, 40)) // past the deadline, and past the final days
	s.settle()
	s.settle() // released by the deadline, then past its hold
	if e, p := s.one(agreements[3]), s.post(posts[3]); e.State != store.EarningLocked || p.AnomalyDecision != store.PostReleased || p.AnomalyDecidedBy != "deadline" {
		t.Errorf("nobody decided: %+v %+v", e, p)
	}
	s.proven()
}

func TestAnInfluencersOwnHistoryIsTheMeasure(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	a := s.agreement("anna", priced)
	var last int64
	for i := range 4 {
		at := published.Add(time.Duration(i) * day)
		last = s.videoAt(a, fmt.Sprintf("video-%05d", i), at)
		s.approve(last)
		if i < 3 {
			likes, comments := int64(600), int64(6)
			s.record(last, rules.Snapshot{At: at.Add(time.Hour), Source: "api", Verified: true, Likes: &likes, Comments: &comments}) // 10 a minute
		}
	}
	likes := int64(6060) // 101 a minute: nothing for others, too much for her
	s.record(last, rules.Snapshot{At: published.Add(3*day + time.Hour), Source: "api", Verified: true, Likes: &likes})
	s.settle()
	if p := s.post(last); p.Anomaly != rules.FastLikes {
		t.Errorf("%+v", p)
	}
	// An older post turns out to have been as fast: then this one is not odd.
	fast := int64(3000)
	s.record(last-3, rules.Snapshot{At: published.Add(10 * time.Minute), Source: "manual", Verified: true, Likes: &fast})
	s.settle()
	if p := s.post(last); p.Anomaly != "" || p.AnomalyBy != nil {
		t.Errorf("%+v", p)
	}
	s.proven()
}
