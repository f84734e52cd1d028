package youtube_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"tributary/internal/social"
	"tributary/internal/social/youtube"
)

const key = "AIzaSy-secret-key"

// server speaks the YouTube Data API as far as its document says.
type server struct {
	mu     sync.Mutex
	videos map[string]map[string]any
	pages  [][]string // of a search
	asked  []string
	last   []byte
	fail   func(w http.ResponseWriter) bool
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	q := r.URL.Query()
	s.asked = append(s.asked, r.URL.Path)
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	if s.fail != nil && s.fail(w) {
		return
	}
	if q.Get("key") != key {
		refuse(w, 400, "badRequest", "API_KEY_INVALID")
		return
	}
	ids := strings.Split(q.Get("id"), ",")
	var answer map[string]any
	switch r.URL.Path {
	case "/youtube/v3/videos":
		items := []any{}
		if len(ids) > 50 {
			refuse(w, 400, "invalidFilters", "")
			return
		}
		for _, id := range ids {
			if v, ok := s.videos[id]; ok {
				items = append(items, v)
			}
		}
		answer = map[string]any{"kind": "youtube#videoListResponse", "items": items}
	case "/youtube/v3/channels":
		items := []any{}
		for _, id := range ids {
			items = append(items, map[string]any{"id": id, "statistics": map[string]any{"subscriberCount": "12300", "hiddenSubscriberCount": id == "UChidden"}})
		}
		answer = map[string]any{"kind": "youtube#channelListResponse", "items": items}
	case "/youtube/v3/search":
		n := 0
		_, _ = fmt.Sscanf(q.Get("pageToken"), "page%d", &n)
		items := []any{}
		for _, id := range s.pages[n] {
			items = append(items, map[string]any{"id": map[string]any{"kind": "youtube#video", "videoId": id}})
		}
		answer = map[string]any{"kind": "youtube#searchListResponse", "items": items}
		if n+1 < len(s.pages) {
			answer["nextPageToken"] = fmt.Sprintf("page%d", n+1)
		}
	default:
		http.NotFound(w, r)
		return
	}
	s.last, _ = json.Marshal(answer)
	if r.URL.Path == "/youtube/v3/videos" {
		sum := sha256.Sum256(s.last)
		w.Header().Set("X-Test-Sum", hex.EncodeToString(sum[:]))
	}
	_, _ = w.Write(s.last)
}

func refuse(w http.ResponseWriter, status int, reason, detail string) {
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{"error": map[string]any{"code": status, "message": "The request " + key + " failed", "errors": []any{map[string]any{"reason": reason}},
		"details": []any{map[string]any{"reason": detail}}}})
}

func film(id, channel, privacy, text string, statistics map[string]any) map[string]any {
	return map[string]any{"id": id, "snippet": map[string]any{"publishedAt": "2026-10-01T12:00:00Z", "channelId": channel, "channelTitle": "Anna", "title": "Serum", "description": text},
		"statistics": statistics, "status": map[string]any{"privacyStatus": privacy, "uploadStatus": "processed"}, "paidProductPlacementDetails": map[string]any{"hasPaidProductPlacement": true}}
}

func start(t *testing.T, s *server) *youtube.API {
	t.Helper()
	srv := httptest.NewServer(s)
	t.Cleanup(srv.Close)
	return &youtube.API{Base: srv.URL}
}

var auth = social.Auth{Token: key}

func TestTheNumbersOfVideosAreRead(t *testing.T) {
	t.Parallel()
	s := &server{videos: map[string]map[string]any{
		"aaaaaaaaaaa": film("aaaaaaaaaaa", "UCanna", "public", "#ad", map[string]any{"viewCount": "9007199254740993", "likeCount": "4200", "commentCount": "800"}),
		"bbbbbbbbbbb": film("bbbbbbbbbbb", "UChidden", "unlisted", "", map[string]any{"viewCount": "7"}),
		"ccccccccccc": film("ccccccccccc", "UCanna", "private", "", nil),
	}}
	got, err := start(t, s).Read(context.Background(), auth, []string{"ccccccccccc", "aaaaaaaaaaa", "ddddddddddd", "bbbbbbbbbbb"})
	if err != nil || len(got) != 4 {
		t.Fatalf("%v, %v", got, err)
	}
	private, full, deleted, hidden := got[0], got[1], got[2], got[3]
	if *full.Views != 9007199254740993 || *full.Likes != 4200 || *full.Comments != 800 || full.Shares != nil || *full.Followers != 12300 || full.Caption != "Serum\n#ad" ||
		!full.PaidPartnership || full.Author != "Anna" || len(full.Evidence) != 64 || full.Status != "" {
		t.Errorf("%+v", full)
	}
	if hidden.Likes != nil || hidden.Comments != nil || hidden.Followers != nil || *hidden.Views != 7 || hidden.Status != "" {
		t.Errorf("%+v", hidden)
	}
	if private.Status != "private" || private.Views != nil || deleted.Status != "deleted" || deleted.Evidence == "" {
		t.Errorf("%+v %+v", private, deleted)
	}
}

func TestManyVideosAreAskedForFiftyAtATime(t *testing.T) {
	t.Parallel()
	s := &server{videos: map[string]map[string]any{}}
	var ids []string
	for i := range 120 {
		id := fmt.Sprintf("video-%05d", i)
		ids = append(ids, id)
		s.videos[id] = film(id, "UCanna", "public", "", map[string]any{"likeCount": fmt.Sprint(i)})
	}
	got, err := start(t, s).Read(context.Background(), auth, ids)
	if err != nil || len(got) != 120 || *got[119].Likes != 119 {
		t.Fatalf("%d, %v", len(got), err)
	}
	if n := len(slices.DeleteFunc(s.asked, func(p string) bool { return p != "/youtube/v3/videos" })); n != 3 {
		t.Errorf("%d requests", n)
	}
}

func TestASearchGoesThroughItsPagesAndKeepsWhatHasTheTag(t *testing.T) {
	t.Parallel()
	s := &server{pages: [][]string{{"aaaaaaaaaaa", "bbbbbbbbbbb"}, {"ccccccccccc"}}, videos: map[string]map[string]any{
		"aaaaaaaaaaa": film("aaaaaaaaaaa", "UCanna", "public", "Love it #BrandXAnna!", nil),
		"bbbbbbbbbbb": film("bbbbbbbbbbb", "UCanna", "public", "about brandxanna and #brandxannabelle", nil),
		"ccccccccccc": film("ccccccccccc", "UCanna", "public", "#ad#brandxanna", nil),
	}}
	got, err := start(t, s).Search(context.Background(), auth, "brandxanna", time.Date(2026, 9, 1, 0, 0, 0, 0, time.UTC))
	if err != nil || len(got) != 2 || got[0].ID != "aaaaaaaaaaa" || got[1].URL != "https://www.youtube.com/watch?v=ccccccccccc" || got[0].PublishedAt.IsZero() {
		t.Fatalf("%+v, %v", got, err)
	}
}

func TestFailuresAreToldApartAndNeverHoldTheKey(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		fail func(http.ResponseWriter) bool
		want social.Kind
	}{
		"quota":     {func(w http.ResponseWriter) bool { refuse(w, 403, "quotaExceeded", ""); return true }, social.Quota},
		"rate":      {func(w http.ResponseWriter) bool { refuse(w, 429, "rateLimitExceeded", ""); return true }, social.Quota},
		"key":       {func(w http.ResponseWriter) bool { refuse(w, 400, "badRequest", "API_KEY_INVALID"); return true }, social.Unauthorized},
		"forbidden": {func(w http.ResponseWriter) bool { refuse(w, 403, "accessNotConfigured", ""); return true }, social.Unauthorized},
		"server":    {func(w http.ResponseWriter) bool { w.WriteHeader(http.StatusServiceUnavailable); return true }, social.Unavailable},
		"words":     {func(w http.ResponseWriter) bool { _, _ = w.Write([]byte("<html>")); return true }, social.Unavailable},
		"empty":     {func(w http.ResponseWriter) bool { _, _ = w.Write([]byte("{}")); return true }, social.Unavailable},
		"large":     {func(w http.ResponseWriter) bool { _, _ = w.Write(make([]byte, 5<<20)); return true }, social.Unavailable},
		"elsewhere": {func(w http.ResponseWriter) bool {
			w.Header().Set("Location", "http://127.0.0.1:1/")
			w.WriteHeader(http.StatusFound)
			return true
		}, social.Unavailable},
		"silence": {func(http.ResponseWriter) bool { panic(http.ErrAbortHandler) }, social.Unavailable},
	} {
		_, err := start(t, &server{fail: c.fail}).Read(context.Background(), auth, []string{"aaaaaaaaaaa"})
		if err == nil || social.KindOf(err) != c.want || strings.Contains(err.Error(), key) {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err := (&youtube.API{Base: "http://127.0.0.1:1"}).Read(context.Background(), auth, []string{"aaaaaaaaaaa"})
	if err == nil || social.KindOf(err) != social.Unavailable || strings.Contains(err.Error(), key) {
		t.Errorf("nobody there: %v", err)
	}
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := start(t, &server{}).Read(ended, auth, []string{"aaaaaaaaaaa"}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}
