package page

import (
	"fmt"
	"regexp"
	"strings"
)

// Hosts are those a page may take pictures from and lead to, in lower case; true
// when the store is reached by plain HTTP there (on this machine). Nil skips the
// question, for documents that were checked before.
type Hosts map[string]bool

// addressPattern is what RFC 3986 lets stand in an address, without a user and
// without quotes: scheme, host with port, the rest.
var addressPattern = regexp.MustCompile(`^(https?)://([A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::[0-9]{1,5})?)((?:[/?#][A-Za-z0-9\-._~:/?#@!$&()*+,;=%]*)?)$`)

// check returns the address in the form it is stored in.
func (h Hosts) check(s string) (address, wrong string) {
	m := addressPattern.FindStringSubmatch(s)
	if m == nil || len(s) > 2000 {
		return "", "must be an address of the store, such as https://shop.example.com/products/1; special characters are written like %20"
	}
	host := strings.ToLower(m[2])
	address = m[1] + "://" + host + m[3]
	if h == nil {
		return address, ""
	}
	plain, ours := h[host]
	if !ours {
		plain, ours = h[strings.TrimPrefix(host, "www.")]
	}
	switch {
	case !ours:
		return "", fmt.Sprintf("leads to %s, which is not one of the store's hosts", host)
	case m[1] == "http" && !plain:
		return "", "must begin with https://"
	}
	return address, ""
}

// Origins lists where the document's pictures are, each once, for img-src.
func (d *Document) Origins() []string {
	var out []string
	seen := map[string]bool{}
	add := func(i *Image) {
		if i == nil {
			return
		}
		if m := addressPattern.FindStringSubmatch(i.URL); m != nil && !seen[m[1]+m[2]] {
			seen[m[1]+m[2]] = true
			out = append(out, m[1]+"://"+m[2])
		}
	}
	for i := range d.Sections {
		add(d.Sections[i].Image)
		for k := range d.Sections[i].Products {
			add(d.Sections[i].Products[k].Image)
		}
	}
	return out
}

// Video is a clip on a platform that shows it without cookies.
type Video struct{ Platform, ID string }

// The addresses people copy.
var (
	youtube = regexp.MustCompile(`^https://(?:(?:www\.|m\.)?youtube(?:-nocookie)?\.com/(?:watch\?(?:[^#]*&)?v=|embed/|shorts/|live/)|youtu\.be/)([A-Za-z0-9_-]{11})(?:[?&#/].*)?$`)
	vimeo   = regexp.MustCompile(`^https://(?:(?:www\.)?vimeo\.com/|player\.vimeo\.com/video/)([0-9]{6,12})(?:[?#/].*)?$`)
)

// ParseVideo understands an address of a clip on YouTube or Vimeo.
func ParseVideo(s string) (Video, bool) {
	if m := youtube.FindStringSubmatch(s); m != nil {
		return Video{"YouTube", m[1]}, true
	}
	if m := vimeo.FindStringSubmatch(s); m != nil {
		return Video{"Vimeo", m[1]}, true
	}
	return Video{}, false
}

// Page is the clip's one address in documents.
func (v Video) Page() string {
	if v.Platform == "Vimeo" {
		return "https://vimeo.com/" + v.ID
	}
	return "https://www.youtube.com/watch?v=" + v.ID
}

// Private is where the clip plays without cookies.
func (v Video) Private() string {
	if v.Platform == "Vimeo" {
		return "https://player.vimeo.com/video/" + v.ID + "?dnt=1"
	}
	return "https://www.youtube-nocookie.com/embed/" + v.ID
}
