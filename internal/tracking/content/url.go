package content

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// The platforms that posts are known from.
const (
	YouTube   = "youtube"
	Instagram = "instagram"
	TikTok    = "tiktok"
	X         = "x"
	Other     = "other"
)

// Platforms are all of them.
var Platforms = []string{YouTube, Instagram, TikTok, X, Other}

var (
	videoID   = regexp.MustCompile(`^[A-Za-z0-9_-]{11}$`)
	shortcode = regexp.MustCompile(`^[A-Za-z0-9_-]{5,40}$`)
	number    = regexp.MustCompile(`^[0-9]{5,25}$`)
	hostname  = regexp.MustCompile(`^[A-Za-z0-9](?:[A-Za-z0-9.-]{0,250}[A-Za-z0-9])?\.[A-Za-z0-9-]{2,63}$`)
	tiktoker  = regexp.MustCompile(`^@[A-Za-z0-9._]{1,40}$`)
)

// NormalURL gives the one address that a post has, however it was copied, and
// the platform's own id where the address tells it. wrong says what is wrong.
func NormalURL(platform, raw string) (normal, externalID, wrong string) {
	u, err := url.Parse(strings.TrimSpace(raw))
	if err != nil || len(raw) > 2000 || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil || u.Port() != "" {
		return "", "", "must be the address of the post, such as https://www.youtube.com/watch?v=dQw4w9WgXcQ"
	}
	host := strings.ToLower(u.Hostname())
	for _, prefix := range []string{"www.", "m.", "mobile."} {
		host = strings.TrimPrefix(host, prefix)
	}
	path := strings.FieldsFunc(u.Path, func(r rune) bool { return r == '/' })
	at := func(i int) string {
		if i < len(path) {
			return path[i]
		}
		return ""
	}
	switch platform {
	case YouTube:
		id := ""
		switch {
		case host == "youtu.be":
			id = at(0)
		case host == "youtube.com" && at(0) == "watch":
			id = u.Query().Get("v")
		case host == "youtube.com" && slices.Contains([]string{"shorts", "live", "embed"}, at(0)):
			id = at(1)
		}
		if videoID.MatchString(id) {
			return "https://www.youtube.com/watch?v=" + id, id, ""
		}
		return "", "", "must be the address of a YouTube video, such as https://www.youtube.com/watch?v=dQw4w9WgXcQ"
	case Instagram:
		if i := slices.IndexFunc(path, func(s string) bool { return s == "p" || s == "reel" || s == "reels" || s == "tv" }); host == "instagram.com" && i >= 0 && i < 2 && shortcode.MatchString(at(i+1)) {
			return "https://www.instagram.com/p/" + at(i+1) + "/", "", ""
		}
		return "", "", "must be the address of an Instagram post, such as https://www.instagram.com/p/CuE2WNQs1vF/"
	case TikTok:
		if host == "tiktok.com" && tiktoker.MatchString(at(0)) && (at(1) == "video" || at(1) == "photo") && number.MatchString(at(2)) {
			return "https://www.tiktok.com/" + strings.ToLower(at(0)) + "/video/" + at(2), at(2), ""
		}
		return "", "", "must be the long address of a TikTok, such as https://www.tiktok.com/@anna/video/7106594312292453675; open the short one and copy where it leads"
	case X:
		if i := slices.Index(path, "status"); (host == "x.com" || host == "twitter.com") && i >= 1 && number.MatchString(at(i+1)) {
			return "https://x.com/i/status/" + at(i+1), at(i + 1), ""
		}
		return "", "", "must be the address of a post on X, such as https://x.com/anna/status/1445078208190291973"
	}
	if !hostname.MatchString(u.Hostname()) {
		return "", "", "must be the address of the post on the web"
	}
	q := u.Query()
	for k := range q {
		if strings.HasPrefix(strings.ToLower(k), "utm_") {
			q.Del(k)
		}
	}
	u.Scheme, u.Host, u.Fragment, u.RawQuery = "https", strings.ToLower(u.Host), "", q.Encode()
	return u.String(), "", ""
}
