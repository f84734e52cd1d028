package instagram_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"tributary/internal/social"
	"tributary/internal/social/instagram"
)

const token = "IGQVJ-secret-token"

var auth = social.Auth{Token: token, AccountID: "17841405309211844"}

// server speaks the Instagram Graph API as far as its document says.
func server(t *testing.T, routes map[string]func(w http.ResponseWriter, r *http.Request)) *instagram.API {
	t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if r.URL.Query().Get("access_token") != token {
			refuse(w, 400, 190, 0)
			return
		}
		f := routes[strings.TrimPrefix(r.URL.Path, "/v23.0")]
		if f == nil {
			refuse(w, 400, 100, 33)
			return
		}
		f(w, r)
	}))
	t.Cleanup(srv.Close)
	return &instagram.API{Base: srv.URL + "/v23.0"}
}

func refuse(w http.ResponseWriter, status, code, subcode int) {
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{"error": map[string]any{"message": "failed with " + token, "type": "OAuthException", "code": code, "error_subcode": subcode, "fbtrace_id": "x"}})
}

func says(body string) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(body)) }
}

func TestTheNumbersOfMediaAreRead(t *testing.T) {
	t.Parallel()
	api := server(t, map[string]func(http.ResponseWriter, *http.Request){
		"/17880997618081620":          says(`{"id":"17880997618081620","caption":"#ad serum","timestamp":"2026-10-01T12:00:00+0000","permalink":"https://www.instagram.com/p/CuE2WNQs1vF/","username":"anna","like_count":4200,"comments_count":800}`),
		"/17880997618081620/insights": says(`{"data":[{"name":"views","period":"lifetime","values":[{"value":90000}]},{"name":"saved","values":[{"value":120}]},{"name":"shares","total_value":{"value":33}}]}`),
		"/17871527143187462":          says(`{"id":"17871527143187462","timestamp":"2026-10-01T12:00:00+0000","comments_count":5}`), // of an album: no insights, likes hidden
		"/17871527143187462/insights": func(w http.ResponseWriter, _ *http.Request) { refuse(w, 400, 100, 0) },
	})
	got, err := api.Read(context.Background(), auth, []string{"17880997618081620", "17871527143187462", "17896450804038745"})
	if err != nil || len(got) != 3 {
		t.Fatalf("%+v, %v", got, err)
	}
	full, album, gone := got[0], got[1], got[2]
	if *full.Likes != 4200 || *full.Comments != 800 || *full.Views != 90000 || *full.Saves != 120 || *full.Shares != 33 || full.Author != "anna" ||
		!full.PublishedAt.Equal(time.Date(2026, 10, 1, 12, 0, 0, 0, time.UTC)) || len(full.Evidence) != 64 {
		t.Errorf("%+v", full)
	}
	if album.Likes != nil || *album.Comments != 5 || album.Views != nil || album.Status != "" || album.Evidence == full.Evidence {
		t.Errorf("%+v", album)
	}
	if gone.Status != "deleted" || gone.Comments != nil || gone.Evidence == "" {
		t.Errorf("%+v", gone)
	}
}

func TestAnOddAnswerAboutOneDoesNotKeepTheOthers(t *testing.T) {
	t.Parallel()
	api := server(t, map[string]func(http.ResponseWriter, *http.Request){
		"/10001": says("<html>"),
		"/10002": says(`{"id":"10002","like_count":1}`),
	})
	got, err := api.Read(context.Background(), auth, []string{"10001", "10002"})
	if len(got) != 1 || got[0].ID != "10002" || social.KindOf(err) != social.Unavailable || err == nil {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestASearchGoesThroughItsPages(t *testing.T) {
	t.Parallel()
	since := time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC)
	api := server(t, map[string]func(http.ResponseWriter, *http.Request){
		"/ig_hashtag_search": func(w http.ResponseWriter, r *http.Request) {
			if q := r.URL.Query(); q.Get("user_id") != auth.AccountID || q.Get("q") != "brandxanna" {
				refuse(w, 400, 24, 2207024) // no such hashtag
				return
			}
			says(`{"data":[{"id":"17873440459141021"}]}`)(w, r)
		},
		"/17873440459141021/recent_media": func(w http.ResponseWriter, r *http.Request) {
			n := r.URL.Query().Get("after")
			next := fmt.Sprintf(`,"paging":{"cursors":{"after":"%s1"},"next":"https://elsewhere.example/?access_token=%s"}`, n, token)
			if n == "11" {
				next = ""
			}
			fmt.Fprintf(w, `{"data":[{"id":"1788099761808%d","permalink":"https://www.instagram.com/p/CuE2WNQs1v%d/","timestamp":"2026-10-0%dT12:00:00+0000"}]%s}`, len(n), len(n), len(n)+0, next)
		},
	})
	got, err := api.Search(context.Background(), auth, "brandxanna", since)
	if err != nil || len(got) != 2 || got[0].URL != "https://www.instagram.com/p/CuE2WNQs1v1/" { // the first is of a day that does not exist, so of no time
		t.Fatalf("%+v, %v", got, err)
	}
	if got, err := api.Search(context.Background(), auth, "nobody", since); err != nil || len(got) != 0 {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestFailuresAreToldApartAndNeverHoldTheToken(t *testing.T) {
	t.Parallel()
	for code, want := range map[int]social.Kind{4: social.Quota, 17: social.Quota, 32: social.Quota, 613: social.Quota, 190: social.Unauthorized, 10: social.Unauthorized,
		200: social.Unauthorized, 2: social.Unavailable} {
		api := server(t, map[string]func(http.ResponseWriter, *http.Request){"/10001": func(w http.ResponseWriter, _ *http.Request) { refuse(w, 400, code, 0) }})
		_, err := api.Read(context.Background(), auth, []string{"10001", "10002"})
		if err == nil || social.KindOf(err) != want || strings.Contains(err.Error(), token) {
			t.Errorf("code %d: %v", code, err)
		}
	}
	quiet := server(t, map[string]func(http.ResponseWriter, *http.Request){
		"/10001":          says(`{"id":"10001","like_count":1}`),
		"/10001/insights": func(w http.ResponseWriter, _ *http.Request) { refuse(w, 400, 4, 0) },
	})
	if _, err := quiet.Read(context.Background(), auth, []string{"10001"}); social.KindOf(err) != social.Quota {
		t.Errorf("quota on insights: %v", err)
	}
	if _, err := quiet.Read(context.Background(), auth, []string{"../me"}); err == nil || social.KindOf(err) != social.Unavailable {
		t.Errorf("no number: %v", err)
	}
}
