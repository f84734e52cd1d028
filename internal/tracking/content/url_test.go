package content_test

import (
	"net/url"
	"strings"
	"testing"

	"tributary/internal/tracking/content"
)

func FuzzNormalURL(f *testing.F) {
	for _, s := range []string{"https://youtu.be/dQw4w9WgXcQ", "https://www.instagram.com/p/CuE2WNQs1vF/", "https://www.tiktok.com/@a/video/7106594312292453675",
		"https://x.com/a/status/1445078208190291973", "http://[::1]:80/%2e%2e?utm_a=1", "https://a\\@b/", "https://xn--a.example/?q=%zz"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		for _, p := range content.Platforms {
			normal, id, wrong := content.NormalURL(p, raw)
			if wrong != "" {
				if normal != "" || id != "" {
					t.Fatalf("%s %q: %q %q, and %s", p, raw, normal, id, wrong)
				}
				continue
			}
			u, err := url.Parse(normal)
			if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil || strings.ContainsAny(normal, "\x00\n\"<> ") {
				t.Fatalf("%s %q: %q is no address: %v", p, raw, normal, err)
			}
			again, sameID, wrong := content.NormalURL(p, normal)
			if wrong != "" || again != normal || sameID != id {
				t.Fatalf("%s %q: %q is not its own address, but %q (%s)", p, raw, normal, again, wrong)
			}
		}
	})
}
