package tracking_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	rules "tributary/internal/domain/content"
	"tributary/internal/errs"
	"tributary/internal/social"
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

// network answers what the test wants, by the posts' ids.
type network struct {
	mu    sync.Mutex
	say   map[string]social.Reading
	found []social.Found
	fail  error
	asked map[string]int
	auth  social.Auth
}

func (p *network) Read(_ context.Context, auth social.Auth, ids []string) (out []social.Reading, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.auth = auth
	for _, id := range ids {
		p.asked[id]++
		if r, ok := p.say[id]; ok && p.fail == nil {
			out = append(out, r)
		}
	}
	return out, p.fail
}

func (p *network) Search(context.Context, social.Auth, string, time.Time) ([]social.Found, error) {
	return p.found, p.fail
}

func (s *shop) reader(p *network) *content.Reader {
	s.t.Helper()
	p.asked = map[string]int{}
	s.in(func(tx *store.Tx) error {
		_, err := content.Connect(context.Background(), tx, s.keys, content.NewAccount{Platform: content.YouTube, Token: "AIzaSy-secret"})
		return err
	})
	return &content.Reader{DB: s.db, Keys: s.keys, Log: slog.New(slog.DiscardHandler), Connectors: map[string]content.Connector{content.YouTube: p}}
}

func number(n int64) *int64 { return &n }

func TestPostsAreReadWhenTheyAreDueAndOnceByManyReaders(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := newShop(t)
	a := s.agreement("anna", priced, `"disclosure":{"clause":"Say #ad.","tags":["#ad"]}`)
	p := &network{say: map[string]social.Reading{}}
	r := s.reader(p)
	var posts []int64
	for i := range 60 {
		id := fmt.Sprintf("video-%05d", i)
		posts = append(posts, s.video(a, id))
		p.say[id] = social.Reading{ID: id, Likes: number(1000), Comments: number(10), Caption: "Serum, no word", Author: "Anna", Evidence: strings.Repeat("ab", 32)}
	}
	p.say["video-00001"] = social.Reading{ID: "video-00001", Status: "deleted", Evidence: strings.Repeat("cd", 32)}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			if err := r.Tick(ctx); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for id, n := range p.asked {
		if n != 1 {
			t.Errorf("%s was asked for %d times", id, n)
		}
	}
	if len(p.asked) != 60 || p.auth.Token != "AIzaSy-secret" {
		t.Fatalf("%d asked for, with %+v", len(p.asked), p.auth)
	}
	first := s.post(posts[0])
	if first.Disclosure != "missing" || first.Author != "Anna" || !first.NextAt.Equal(published.Add(time.Hour)) {
		t.Errorf("%+v", first)
	}
	s.in(func(tx *store.Tx) error {
		snaps, err := tx.SnapshotsOf(ctx, posts[:2])
		if len(snaps[posts[0]]) != 1 || len(snaps[posts[1]]) != 1 || snaps[posts[1]][0].Status != "deleted" || snaps[posts[0]][0].Source != "connector" || !snaps[posts[0]][0].Verified {
			t.Errorf("%+v", snaps)
		}
		return err
	})
	if err := r.Tick(ctx); err != nil || len(p.asked) != 60 || p.asked["video-00000"] != 1 {
		t.Errorf("read again before it is due: %v", err)
	}
	s.clock.set(published.Add(61 * time.Minute))
	if err := r.Tick(ctx); err != nil || p.asked["video-00000"] != 2 {
		t.Errorf("not read again: %v", err)
	}
	s.settle()
	s.proven()
}

func TestAPlatformThatDoesNotAnswerIsLeftAloneForAWhile(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := newShop(t)
	a := s.agreement("anna", priced)
	p := &network{say: map[string]social.Reading{"aaaaaaaaaaa": {ID: "aaaaaaaaaaa", Likes: number(1000)}}}
	r := s.reader(p)
	id := s.video(a, "aaaaaaaaaaa")
	for kind, wait := range map[social.Kind]time.Duration{social.Quota: time.Hour, social.Unauthorized: 6 * time.Hour} {
		p.fail = &social.Error{Kind: kind, Status: 403}
		if err := r.Tick(ctx); social.KindOf(errors.Unwrap(errors.Unwrap(err))) != kind && !strings.Contains(err.Error(), string(kind)) {
			t.Errorf("%v", err)
		}
		if post := s.post(id); !post.NextAt.Equal(s.clock.now().Add(wait)) || post.Note == "" {
			t.Errorf("%s: %+v", kind, post)
		}
		s.in(func(tx *store.Tx) error {
			accounts, err := tx.SocialAccounts(ctx)
			if accounts[0].Health != string(kind) {
				t.Errorf("%+v", accounts)
			}
			return err
		})
		s.clock.set(s.clock.now().Add(wait))
	}
	p.fail = nil
	if err := r.Tick(ctx); err != nil {
		t.Fatal(err)
	}
	if post := s.post(id); post.Note != "" {
		t.Errorf("%+v", post)
	}
	s.in(func(tx *store.Tx) error { // replaced: the old token is forgotten
		if _, err := content.Connect(ctx, tx, s.keys, content.NewAccount{Platform: content.YouTube, Token: "AIzaSy-other"}); err != nil {
			return err
		}
		accounts, err := tx.SocialAccounts(ctx)
		if len(accounts) != 2 || accounts[0].Health != "ok" || len(accounts[1].Token) != 0 || accounts[1].RevokedAt == nil {
			t.Errorf("%+v", accounts)
		}
		return err
	})
}

func TestAPostFoundByItsHashtagWaitsAndIsRejectedUnlessSomebodyApproves(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := newShop(t)
	a := s.agreement("anna", priced)
	p := &network{say: map[string]social.Reading{}}
	r := s.reader(p)
	s.in(func(tx *store.Tx) error {
		_, err := content.Watch(ctx, tx, a, content.YouTube, "#BrandXAnna")
		return err
	})
	s.clock.set(published.Add(time.Hour))
	for i, id := range []string{"aaaaaaaaaaa", "bbbbbbbbbbb"} {
		p.found = append(p.found, social.Found{ID: id, URL: "https://www.youtube.com/watch?v=" + id, Author: "Somebody", Caption: "#BrandXAnna #ad", PublishedAt: published.Add(time.Duration(i) * time.Minute)})
		p.say[id] = social.Reading{ID: id, Likes: number(1000), Comments: number(10), Caption: "#BrandXAnna #ad"}
	}
	p.found = append(p.found, social.Found{ID: "ccccccccccc", URL: "https://www.youtube.com/watch?v=ccccccccccc", PublishedAt: start.Add(-day)}) // before anything was signed
	for range 2 {
		if err := r.Tick(ctx); err != nil {
			t.Fatal(err)
		}
	}
	var posts []store.Post
	s.in(func(tx *store.Tx) (err error) {
		posts, err = tx.PostsOfAgreements(ctx, a)
		return err
	})
	if len(posts) != 2 || posts[0].Origin != "hashtag" || posts[0].State != store.PostSubmitted || posts[0].OnDeadline != "reject" || posts[0].Disclosure != "adequate" {
		t.Fatalf("%+v", posts)
	}
	s.approve(posts[0].ID)
	s.settle()
	s.clock.set(published.AddDate(0, 0, 10))
	s.settle()
	if s.earned(a, store.EarningPost) != 5100 || s.post(posts[1].ID).State != store.PostRejected {
		t.Errorf("%d, %+v", s.earned(a, store.EarningPost), s.post(posts[1].ID))
	}
	s.proven()
}

func TestTheSamePostHasOneAddressHoweverItWasCopied(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ platform, raw, want, id string }{
		{"youtube", "https://youtu.be/dQw4w9WgXcQ?si=x", "https://www.youtube.com/watch?v=dQw4w9WgXcQ", "dQw4w9WgXcQ"},
		{"youtube", "http://m.youtube.com/watch?app=desktop&v=dQw4w9WgXcQ&t=3s", "https://www.youtube.com/watch?v=dQw4w9WgXcQ", "dQw4w9WgXcQ"},
		{"youtube", "https://www.youtube.com/shorts/dQw4w9WgXcQ", "https://www.youtube.com/watch?v=dQw4w9WgXcQ", "dQw4w9WgXcQ"},
		{"youtube", "https://youtube.com.evil.example/watch?v=dQw4w9WgXcQ", "", ""},
		{"youtube", "https://www.youtube.com/@anna", "", ""},
		{"instagram", "https://www.instagram.com/reel/CuE2WNQs1vF/?igsh=x", "https://www.instagram.com/p/CuE2WNQs1vF/", ""},
		{"instagram", "https://instagram.com/anna/p/CuE2WNQs1vF", "https://www.instagram.com/p/CuE2WNQs1vF/", ""},
		{"instagram", "https://www.instagram.com/anna/", "", ""},
		{"tiktok", "https://www.tiktok.com/@Anna.B/video/7106594312292453675?lang=de", "https://www.tiktok.com/@anna.b/video/7106594312292453675", "7106594312292453675"},
		{"tiktok", "https://vm.tiktok.com/ZMabc/", "", ""},
		{"x", "https://twitter.com/anna/status/1445078208190291973/photo/1", "https://x.com/i/status/1445078208190291973", "1445078208190291973"},
		{"x", "https://x.com/anna", "", ""},
		{"other", "http://Blog.Example/a?utm_source=x&id=7#top", "https://blog.example/a?id=7", ""},
		{"other", "javascript:alert(1)", "", ""},
		{"other", "https://user:pw@blog.example/", "", ""},
	} {
		got, id, wrong := content.NormalURL(c.platform, c.raw)
		if got != c.want || id != c.id || (wrong == "") != (c.want != "") {
			t.Errorf("%s: %q %q %q", c.raw, got, id, wrong)
		}
		if got != "" {
			if again, _, _ := content.NormalURL(c.platform, got); again != got {
				t.Errorf("%s is not its own address: %s", got, again)
			}
		}
	}
}
