// Package youtube reads videos by the YouTube Data API v3.
// https://developers.google.com/youtube/v3/docs/videos/list
package youtube

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"tributary/internal/social"
)

// DefaultBase is where the API is.
const DefaultBase = "https://www.googleapis.com"

// API is the YouTube Data API at Base. Auth.Token is an API key.
type API struct{ Base string }

const (
	perPage  = 50 // most ids, and most results, of one request
	maxPages = 5  // of a search: each costs 100 units of the day's quota
)

type video struct {
	ID      string `json:"id"`
	Snippet struct {
		PublishedAt  time.Time `json:"publishedAt"`
		ChannelID    string    `json:"channelId"`
		ChannelTitle string    `json:"channelTitle"`
		Title        string    `json:"title"`
		Description  string    `json:"description"`
	} `json:"snippet"`
	Statistics struct {
		Views    string `json:"viewCount"`
		Likes    string `json:"likeCount"`    // absent where they are hidden
		Comments string `json:"commentCount"` // absent where they are switched off
	} `json:"statistics"`
	Status struct {
		Privacy string `json:"privacyStatus"`
		Upload  string `json:"uploadStatus"`
	} `json:"status"`
	Placement struct {
		Paid bool `json:"hasPaidProductPlacement"`
	} `json:"paidProductPlacementDetails"`
}

// Read returns what YouTube says of videos, in the order of ids. A video that an
// API key may not see, private or deleted, is not in the answer at all: it is
// called deleted unless YouTube says more.
func (a *API) Read(ctx context.Context, auth social.Auth, ids []string) ([]social.Reading, error) {
	var out []social.Reading
	for chunk := range slices.Chunk(ids, perPage) {
		videos, evidence, err := a.videos(ctx, auth, chunk)
		if err != nil {
			return nil, err
		}
		followers, err := a.subscribers(ctx, auth, videos)
		if err != nil {
			return nil, err
		}
		for _, id := range chunk {
			r := social.Reading{ID: id, Status: "deleted", Evidence: evidence}
			if i := slices.IndexFunc(videos, func(v video) bool { return v.ID == id }); i >= 0 {
				r = reading(&videos[i], followers, evidence)
			}
			out = append(out, r)
		}
	}
	return out, nil
}

func reading(v *video, followers map[string]int64, evidence string) social.Reading {
	r := social.Reading{ID: v.ID, Evidence: evidence}
	switch {
	case v.Status.Privacy == "private":
		r.Status = "private"
		return r
	case slices.Contains([]string{"deleted", "failed", "rejected"}, v.Status.Upload):
		r.Status = "deleted"
		return r
	}
	r.Views, r.Likes, r.Comments = number(v.Statistics.Views), number(v.Statistics.Likes), number(v.Statistics.Comments)
	if n, ok := followers[v.Snippet.ChannelID]; ok {
		r.Followers = &n
	}
	r.Author, r.Caption, r.PublishedAt, r.PaidPartnership = v.author(), v.caption(), v.Snippet.PublishedAt, v.Placement.Paid
	return r
}

func (v *video) author() string { return cmp.Or(v.Snippet.ChannelTitle, v.Snippet.ChannelID) }
func (v *video) caption() string {
	return strings.TrimSpace(v.Snippet.Title + "\n" + v.Snippet.Description)
}

func number(s string) *int64 {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 0 {
		return nil
	}
	return &n
}

func (a *API) videos(ctx context.Context, auth social.Auth, ids []string) (vs []video, evidence string, err error) {
	body, err := a.get(ctx, auth, "/youtube/v3/videos", url.Values{"part": {"snippet,statistics,status,paidProductPlacementDetails"}, "id": {strings.Join(ids, ",")}, "maxResults": {strconv.Itoa(perPage)}})
	if err != nil {
		return nil, "", err
	}
	var answer struct {
		Kind  string  `json:"kind"`
		Items []video `json:"items"`
	}
	if err := social.Decode(body, &answer); err != nil {
		return nil, "", err
	}
	if answer.Kind != "youtube#videoListResponse" { // else every video would seem to be gone
		return nil, "", &social.Error{Kind: social.Unavailable, Status: http.StatusOK, Msg: "the answer is no list of videos"}
	}
	sum := sha256.Sum256(body)
	return answer.Items, hex.EncodeToString(sum[:]), nil
}

// subscribers of the videos' channels; those that hide them are left out.
func (a *API) subscribers(ctx context.Context, auth social.Auth, vs []video) (map[string]int64, error) {
	var ids []string
	for i := range vs {
		if id := vs[i].Snippet.ChannelID; id != "" && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 {
		return nil, nil //nolint:nilnil // no channels, no subscribers
	}
	body, err := a.get(ctx, auth, "/youtube/v3/channels", url.Values{"part": {"statistics"}, "id": {strings.Join(ids, ",")}, "maxResults": {strconv.Itoa(perPage)}})
	if err != nil {
		return nil, err
	}
	var answer struct {
		Items []struct {
			ID         string `json:"id"`
			Statistics struct {
				Subscribers string `json:"subscriberCount"`
				Hidden      bool   `json:"hiddenSubscriberCount"`
			} `json:"statistics"`
		} `json:"items"`
	}
	if err := social.Decode(body, &answer); err != nil {
		return nil, err
	}
	out := map[string]int64{}
	for _, c := range answer.Items {
		if n := number(c.Statistics.Subscribers); n != nil && !c.Statistics.Hidden {
			out[c.ID] = *n
		}
	}
	return out, nil
}

// Search returns the videos published since an instant that carry a hashtag in
// their title or description.
func (a *API) Search(ctx context.Context, auth social.Auth, tag string, since time.Time) ([]social.Found, error) {
	var out []social.Found
	q := url.Values{"part": {"snippet"}, "type": {"video"}, "order": {"date"}, "q": {"#" + tag}, "maxResults": {strconv.Itoa(perPage)},
		"publishedAfter": {since.UTC().Format(time.RFC3339)}}
	for range maxPages {
		body, err := a.get(ctx, auth, "/youtube/v3/search", q)
		if err != nil {
			return nil, err
		}
		var page struct {
			Next  string `json:"nextPageToken"`
			Items []struct {
				ID struct {
					VideoID string `json:"videoId"`
				} `json:"id"`
			} `json:"items"`
		}
		if err := social.Decode(body, &page); err != nil {
			return nil, err
		}
		var ids []string
		for _, i := range page.Items {
			if i.ID.VideoID != "" {
				ids = append(ids, i.ID.VideoID)
			}
		}
		if len(ids) > 0 { // a search shows the beginning of a description only
			videos, _, err := a.videos(ctx, auth, ids)
			if err != nil {
				return nil, err
			}
			for i := range videos {
				if v := &videos[i]; social.HasTag(v.caption(), tag) {
					out = append(out, social.Found{ID: v.ID, URL: "https://www.youtube.com/watch?v=" + v.ID, Author: v.author(), Caption: v.caption(), PublishedAt: v.Snippet.PublishedAt})
				}
			}
		}
		if page.Next == "" {
			break
		}
		q.Set("pageToken", page.Next)
	}
	return out, nil
}

func (a *API) get(ctx context.Context, auth social.Auth, path string, q url.Values) ([]byte, error) {
	q.Set("key", auth.Token)
	return social.Get(ctx, cmp.Or(a.Base, DefaultBase), path, q, failed)
}

// failed reads an error of Google's: its reason says more than its status.
func failed(status int, body []byte) *social.Error {
	var answer struct {
		Error struct {
			Message string `json:"message"`
			Errors  []struct {
				Reason string `json:"reason"`
			} `json:"errors"`
			Details []struct {
				Reason string `json:"reason"`
			} `json:"details"`
		} `json:"error"`
	}
	_ = json.Unmarshal(body, &answer) // what is not JSON has no reason
	e := &social.Error{Kind: social.Unavailable, Status: status}
	var reasons []string
	for _, r := range answer.Error.Errors {
		reasons = append(reasons, r.Reason)
	}
	for _, r := range answer.Error.Details {
		reasons = append(reasons, r.Reason)
	}
	e.Msg = social.Clip(strings.Join(reasons, " "))
	is := func(set ...string) bool {
		return slices.ContainsFunc(reasons, func(r string) bool { return slices.Contains(set, r) })
	}
	switch {
	case status == http.StatusTooManyRequests, is("quotaExceeded", "dailyLimitExceeded", "rateLimitExceeded", "userRateLimitExceeded"):
		e.Kind = social.Quota
	case status == http.StatusUnauthorized, status == http.StatusForbidden, is("API_KEY_INVALID", "keyInvalid", "keyExpired", "accessNotConfigured"):
		e.Kind = social.Unauthorized
	}
	return e
}
