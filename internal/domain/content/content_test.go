package content_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"tributary/internal/domain/commission"
	"tributary/internal/domain/content"
)

var (
	published = time.Date(2026, 10, 1, 12, 0, 0, 0, time.UTC)
	final     = published.AddDate(0, 0, 30)
)

func n(v int64) *int64 { return &v }

func likes(after time.Duration, v int64) content.Snapshot {
	return content.Snapshot{At: published.Add(after), Source: "connector", Verified: true, Likes: &v}
}

func TestR49TheLastVerifiedSnapshotInTimeCounts(t *testing.T) {
	t.Parallel()
	day := 24 * time.Hour
	unverified := likes(29*day, 9999)
	unverified.Verified = false
	got := content.Final([]content.Snapshot{likes(2*day, 300), likes(31*day, 900), unverified, likes(30*day, 500), likes(-day, 7), likes(day, 100)}, published, final)
	if got.Events.Likes != 500 || !got.At.Equal(final) || got.Gone != "" {
		t.Fatalf("%+v", got)
	}
}

func TestR49APostThatIsGoneKeepsTheNumbersItWasLastSeenWith(t *testing.T) {
	t.Parallel()
	day := 24 * time.Hour
	gone := content.Snapshot{At: published.Add(5 * day), Source: "connector", Status: content.Private, Verified: true}
	got := content.Final([]content.Snapshot{gone, likes(4*day, 400)}, published, final)
	if got.Events.Likes != 400 || got.Gone != content.Private || !got.At.Equal(published.Add(4*day)) {
		t.Fatalf("%+v", got)
	}
	if back := content.Final([]content.Snapshot{gone, likes(4*day, 400), likes(6*day, 450)}, published, final); back.Gone != "" || back.Events.Likes != 450 {
		t.Fatalf("%+v", back)
	}
}

func TestAnEventASourceDoesNotTellKeepsItsNumber(t *testing.T) {
	t.Parallel()
	full := content.Snapshot{At: published.Add(time.Hour), Source: "csv", Verified: true, Likes: n(10), Shares: n(3)}
	got := content.Final([]content.Snapshot{likes(2*time.Hour, 12), full}, published, final)
	if got.Events != (commission.Engagement{Likes: 12, Shares: 3}) {
		t.Fatalf("%+v", got)
	}
}

func TestTheOrderAndNumberOfSnapshotsDoNotMatter(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		one := rapid.Custom(func(t *rapid.T) content.Snapshot {
			return content.Snapshot{
				At:       published.Add(time.Duration(rapid.IntRange(-2, 40).Draw(t, "day")) * 24 * time.Hour),
				Source:   rapid.SampledFrom([]string{"manual", "csv", "api", "connector"}).Draw(t, "source"),
				Status:   rapid.SampledFrom([]string{"", "", "", content.Deleted, content.Private}).Draw(t, "status"),
				Verified: rapid.IntRange(0, 4).Draw(t, "verified") > 0,
				Likes:    rapid.Ptr(rapid.Int64Range(0, 5000), true).Draw(t, "likes"), Comments: rapid.Ptr(rapid.Int64Range(0, 5000), true).Draw(t, "comments"),
				Followers: rapid.Ptr(rapid.Int64Range(0, 50000), true).Draw(t, "followers"),
			}
		})
		set := rapid.SliceOfN(one, 0, 12).Draw(t, "snapshots")
		want, trace := content.Final(set, published, final), content.TraceOf(set, published, final)
		more := rapid.Permutation(append(append([]content.Snapshot{}, set...), set...)).Draw(t, "again")
		if got := content.Final(more, published, final); got != want {
			t.Fatalf("%+v, want %+v", got, want)
		}
		if got := content.TraceOf(more, published, final); got != trace {
			t.Fatalf("%+v, want %+v", got, trace)
		}
	})
}

func TestR50WhatLooksBoughtIsNamed(t *testing.T) {
	t.Parallel()
	steady := []content.Trace{{PeakPerMinute: 10, CommentRatio: 200}, {PeakPerMinute: 30, CommentRatio: 300}, {PeakPerMinute: 20, CommentRatio: 250}}
	for _, c := range []struct {
		name string
		post content.Trace
		past []content.Trace
		want string
	}{
		{"an ordinary post", content.Trace{PeakPerMinute: 900, CommentRatio: 200}, nil, ""},
		{"too fast for anyone", content.Trace{PeakPerMinute: 1001, CommentRatio: 200}, nil, content.FastLikes},
		{"too fast for this one", content.Trace{PeakPerMinute: 151, CommentRatio: 200}, steady, content.FastLikes},
		{"as fast as ever", content.Trace{PeakPerMinute: 150, CommentRatio: 200}, steady, ""},
		{"two posts are no history", content.Trace{PeakPerMinute: 900, CommentRatio: 200}, steady[:2], ""},
		{"likes without a word", content.Trace{CommentRatio: 4}, nil, content.CommentRatio},
		{"a pod of comments", content.Trace{CommentRatio: 5001}, nil, content.CommentRatio},
		{"other than its own", content.Trace{CommentRatio: 24}, steady, content.CommentRatio},
		{"too few likes to tell", content.Trace{CommentRatio: -1}, steady, ""},
		{"followers from nowhere", content.Trace{CommentRatio: -1, FollowersBps: 2001}, nil, content.FollowerJump},
		{"everything at once", content.Trace{PeakPerMinute: 2000, CommentRatio: 0, FollowersBps: 9000}, nil, "likes_per_minute,comment_to_like,follower_delta"},
	} {
		if got := content.Anomaly(c.post, c.past); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestATraceIsTakenFromTheSnapshots(t *testing.T) {
	t.Parallel()
	followed := func(s content.Snapshot, f, comments int64) content.Snapshot {
		s.Followers, s.Comments = &f, &comments
		return s
	}
	got := content.TraceOf([]content.Snapshot{followed(likes(time.Hour, 6000), 10_000, 60), followed(likes(time.Hour+time.Minute, 18_000), 13_000, 90)}, published, final)
	want := content.Trace{PeakPerMinute: 1200, CommentRatio: 50, FollowersBps: 3000} // 12,000 likes in what counts as ten minutes
	if got != want {
		t.Fatalf("%+v, want %+v", got, want)
	}
}

func TestAPostIsLookedAtLessAndLessAndOnceMoreBeforeTheEnd(t *testing.T) {
	t.Parallel()
	at, looks := published, 0
	for {
		next := content.NextLook(published, final, at)
		if next.IsZero() {
			break
		}
		if !next.After(at) || next.After(final) {
			t.Fatalf("%s after %s", next, at)
		}
		at, looks = next, looks+1
	}
	if !at.Equal(final.Add(-15*time.Minute)) || looks != 48+20+23 {
		t.Fatalf("%d looks, the last at %s", looks, at)
	}
}
