// Package instagram reads media by the Instagram Graph API.
// https://developers.facebook.com/docs/instagram-platform/reference/instagram-media
package instagram

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"time"

	"tributary/internal/social"
)

// DefaultBase is where the API is, with its version.
const DefaultBase = "https://graph.facebook.com/v23.0"

// API is the Instagram Graph API at Base. Auth.Token is an access token,
// Auth.AccountID the business account that asks.
type API struct{ Base string }

// maxPages bounds a search: some 500 posts a day and tag.
const maxPages = 10

// stamp is how the API writes times: ISO 8601 without a colon in the zone.
const stamp = "2006-01-02T15:04:05-0700"

var mediaID = regexp.MustCompile(`^[0-9]{5,25}$`)

type media struct {
	ID        string `json:"id"`
	Caption   string `json:"caption"`
	Timestamp string `json:"timestamp"`
	Permalink string `json:"permalink"`
	Username  string `json:"username"`
	Likes     *int64 `json:"like_count"` // absent where they are hidden
	Comments  *int64 `json:"comments_count"`
}

func (m *media) at() time.Time {
	t, err := time.Parse(stamp, m.Timestamp)
	if err != nil {
		t, _ = time.Parse(time.RFC3339, m.Timestamp) // zero: not told
	}
	return t.UTC()
}

// Read returns what Instagram says of media, in the order of ids. Media that are
// gone, or were never to be seen with this token, are called deleted: Instagram
// does not tell the two apart.
func (a *API) Read(ctx context.Context, auth social.Auth, ids []string) ([]social.Reading, error) {
	out := make([]social.Reading, 0, len(ids))
	var odd error
	for _, id := range ids {
		r, err := a.read(ctx, auth, id)
		var e *social.Error
		switch {
		case err == nil:
			out = append(out, r)
		case errors.As(err, &e) && e.Kind == social.Unavailable && e.Status != 0:
			odd = err // about this one: others must not wait behind it
		default:
			return out, err
		}
	}
	return out, odd
}

func (a *API) read(ctx context.Context, auth social.Auth, id string) (social.Reading, error) {
	r := social.Reading{ID: id}
	if !mediaID.MatchString(id) {
		return r, &social.Error{Kind: social.Unavailable, Msg: "the media id is no number"}
	}
	raw, err := a.get(ctx, auth, "/"+id, url.Values{"fields": {"id,caption,timestamp,permalink,username,like_count,comments_count"}})
	if errors.Is(err, errGone) {
		sum := sha256.Sum256(raw)
		r.Status, r.Evidence = "deleted", hex.EncodeToString(sum[:])
		return r, nil
	}
	if err != nil {
		return r, err
	}
	var m media
	if err := social.Decode(raw, &m); err != nil {
		return r, err
	}
	r.Likes, r.Comments, r.Author, r.Caption, r.PublishedAt = atLeastZero(m.Likes), atLeastZero(m.Comments), m.Username, m.Caption, m.at()
	insights, err := a.insights(ctx, auth, id, &r)
	sum := sha256.Sum256(slices.Concat(raw, insights))
	r.Evidence = hex.EncodeToString(sum[:])
	return r, err
}

// insights adds what only the owner of the media may see. Media without insights
// (of an album, of another account) keep what is public.
func (a *API) insights(ctx context.Context, auth social.Auth, id string, r *social.Reading) ([]byte, error) {
	raw, err := a.get(ctx, auth, "/"+id+"/insights", url.Values{"metric": {"views,saved,shares"}})
	if err != nil {
		if kind := social.KindOf(err); kind == social.Quota || ctx.Err() != nil {
			return nil, err
		}
		return nil, nil //nolint:nilerr // the public numbers stand without them
	}
	var answer struct {
		Data []struct {
			Name   string `json:"name"`
			Values []struct {
				Value json.Number `json:"value"`
			} `json:"values"`
			Total *struct {
				Value json.Number `json:"value"`
			} `json:"total_value"`
		} `json:"data"`
	}
	if err := social.Decode(raw, &answer); err != nil {
		return nil, err
	}
	for _, d := range answer.Data {
		var n json.Number
		if d.Total != nil {
			n = d.Total.Value
		} else if len(d.Values) > 0 {
			n = d.Values[len(d.Values)-1].Value
		}
		v, err := n.Int64()
		if err != nil || v < 0 {
			continue
		}
		switch d.Name {
		case "views":
			r.Views = &v
		case "saved":
			r.Saves = &v
		case "shares":
			r.Shares = &v
		}
	}
	return raw, nil
}

func atLeastZero(n *int64) *int64 {
	if n == nil || *n < 0 {
		return nil
	}
	return n
}

// Search returns the public media of the last 24 hours that carry a hashtag and
// were published since an instant. Instagram does not say whose they are.
func (a *API) Search(ctx context.Context, auth social.Auth, tag string, since time.Time) ([]social.Found, error) {
	raw, err := a.get(ctx, auth, "/ig_hashtag_search", url.Values{"user_id": {auth.AccountID}, "q": {tag}})
	if errors.Is(err, errGone) {
		return nil, nil // nobody has used the tag
	}
	if err != nil {
		return nil, err
	}
	var tags struct {
		Data []struct {
			ID string `json:"id"`
		} `json:"data"`
	}
	if err := social.Decode(raw, &tags); err != nil {
		return nil, err
	}
	if len(tags.Data) == 0 || !mediaID.MatchString(tags.Data[0].ID) {
		return nil, nil
	}
	var out []social.Found
	q := url.Values{"user_id": {auth.AccountID}, "fields": {"id,caption,permalink,timestamp,like_count,comments_count"}, "limit": {"50"}}
	for range maxPages {
		raw, err := a.get(ctx, auth, "/"+tags.Data[0].ID+"/recent_media", q)
		if err != nil {
			return nil, err
		}
		var page struct {
			Data   []media `json:"data"`
			Paging struct {
				Cursors struct {
					After string `json:"after"`
				} `json:"cursors"`
				Next string `json:"next"`
			} `json:"paging"`
		}
		if err := social.Decode(raw, &page); err != nil {
			return nil, err
		}
		for i := range page.Data {
			if m := &page.Data[i]; m.Permalink != "" && !m.at().Before(since) {
				out = append(out, social.Found{ID: m.ID, URL: m.Permalink, Caption: m.Caption, PublishedAt: m.at()})
			}
		}
		// next holds the access token; the cursor does not.
		if len(page.Data) == 0 || page.Paging.Next == "" || page.Paging.Cursors.After == "" {
			break
		}
		q.Set("after", page.Paging.Cursors.After)
	}
	return out, nil
}

// errGone says that there is no such thing, or none to be seen with this token.
var errGone = errors.New("no such object")

func (a *API) get(ctx context.Context, auth social.Auth, path string, q url.Values) ([]byte, error) {
	q.Set("access_token", auth.Token)
	gone := false
	body, err := social.Get(ctx, cmp.Or(a.Base, DefaultBase), path, q, func(status int, body []byte) *social.Error {
		e := failed(status, body)
		gone = e == nil
		return e
	})
	if err == nil && gone {
		err = errGone
	}
	return body, err
}

// failed reads an error of the Graph API by its code; nil: the object is gone.
// https://developers.facebook.com/docs/graph-api/guides/error-handling
func failed(status int, body []byte) *social.Error {
	var answer struct {
		Error struct {
			Code    int    `json:"code"`
			Subcode int    `json:"error_subcode"`
			Type    string `json:"type"`
		} `json:"error"`
	}
	_ = json.Unmarshal(body, &answer) // what is not JSON has no code
	e := &social.Error{Kind: social.Unavailable, Status: status, Msg: social.Clip(answer.Error.Type)}
	switch code := answer.Error.Code; {
	case code == 100 && answer.Error.Subcode == 33, code == 24:
		return nil
	case slices.Contains([]int{4, 17, 18, 32, 613, 80001, 80002}, code), status == http.StatusTooManyRequests:
		e.Kind = social.Quota
	case code == 190, code == 102, code == 10, code >= 200 && code < 300, status == http.StatusUnauthorized:
		e.Kind = social.Unauthorized
	}
	return e
}
