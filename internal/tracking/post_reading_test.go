package tracking_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"tributary/internal/social"
	"tributary/internal/store"
	"tributary/internal/tracking/content"
)

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
