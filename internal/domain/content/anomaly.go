package content

import (
	"slices"
	"strings"
	"time"
)

// The signs that a post's numbers were bought.
const (
	FastLikes    = "likes_per_minute"
	CommentRatio = "comment_to_like"
	FollowerJump = "follower_delta"
)

// The thresholds. A post's own influencer sets the measure once there are
// enough earlier posts to compare with; until then the fixed ones hold.
const (
	enough = 3 // earlier posts that make a history

	shortest       = 10 * time.Minute // snapshots closer together say nothing about speed
	likesPerMinute = 1000             // without a history
	likesFloor     = 100              // with one: never less than this,
	likesTimes     = 5                // and so many times the fastest of the earlier posts

	ratioFrom     = 1000 // likes from which the ratio says something
	ratioLow      = 5    // comments per 10,000 likes, without a history
	ratioHigh     = 5000
	ratioTimes    = 10 // with one: so many times less or more than the median
	followersMin  = 1000
	followersBps  = 2000 // a fifth of the followers, without a history
	followerTimes = 3    // with one: so many times the largest move of the earlier posts
)

// Trace is what an earlier post of the influencer on the same platform is
// compared by.
type Trace struct {
	PeakPerMinute int64 // likes
	CommentRatio  int64 // per 10,000 likes; −1: too few to say
	FollowersBps  int64 // how far followers moved while it was watched, of 10,000
}

// TraceOf is the trace of a post's verified snapshots up to final.
func TraceOf(snapshots []Snapshot, published, final time.Time) Trace {
	t := Trace{CommentRatio: -1}
	at, likes := published, int64(0)
	var first, last *int64
	var end Snapshot
	for _, s := range ordered(snapshots, published, final) {
		if s.Status != "" {
			continue
		}
		if s.Likes != nil {
			if grown := *s.Likes - likes; grown > 0 {
				t.PeakPerMinute = max(t.PeakPerMinute, grown/max(int64(s.At.Sub(at)/time.Minute), int64(shortest/time.Minute)))
			}
			at, likes, end.Likes = s.At, *s.Likes, s.Likes
		}
		if s.Comments != nil {
			end.Comments = s.Comments
		}
		if s.Followers != nil {
			if first == nil {
				first = s.Followers
			}
			last = s.Followers
		}
	}
	if end.Likes != nil && end.Comments != nil && *end.Likes >= ratioFrom {
		t.CommentRatio = scaled(*end.Comments, *end.Likes)
	}
	if first != nil && *first > 0 {
		if moved := max(*last-*first, *first-*last); moved >= followersMin {
			t.FollowersBps = scaled(moved, *first)
		}
	}
	return t
}

// scaled is a/b in ten-thousandths, without overflow for any counts.
func scaled(a, b int64) int64 {
	if a > (1<<62)/10_000 {
		return a / max(b/10_000, 1)
	}
	return a * 10_000 / b
}

// Anomaly names what looks wrong with a post beside the influencer's earlier
// ones, comma-separated; empty when nothing does.
func Anomaly(post Trace, past []Trace) string {
	var signs []string
	history := len(past) >= enough
	var ratios []int64
	var peak, moved int64
	for _, p := range past {
		peak, moved = max(peak, p.PeakPerMinute), max(moved, p.FollowersBps)
		if p.CommentRatio >= 0 {
			ratios = append(ratios, p.CommentRatio)
		}
	}
	limit := int64(likesPerMinute)
	if history {
		limit = max(likesFloor, likesTimes*peak)
	}
	if post.PeakPerMinute > limit {
		signs = append(signs, FastLikes)
	}
	low, high := int64(ratioLow), int64(ratioHigh)
	if len(ratios) >= enough {
		slices.Sort(ratios)
		median := ratios[len(ratios)/2]
		low, high = median/ratioTimes, max(median, 1)*ratioTimes
	}
	if post.CommentRatio >= 0 && (post.CommentRatio < low || post.CommentRatio > high) {
		signs = append(signs, CommentRatio)
	}
	if post.FollowersBps > max(followersBps, followerTimes*moved) {
		signs = append(signs, FollowerJump)
	}
	return strings.Join(signs, ",")
}
